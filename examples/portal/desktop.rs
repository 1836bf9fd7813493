//! The desktop page, and the sessions that a signed-in user opens.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::sessions::{Scope, Session, Stage};
use crate::sign_in::let_in;
use crate::verifier::{Ask, Outcome};
use crate::web::{Failure, OwnForm, Visitor};
use crate::{Portal, pages, resources};

type Handled = Result<Response, Failure>;

/// `GET /desktop`: what the user can open.
pub(crate) async fn desktop(State(portal): State<Arc<Portal>>, visitor: Visitor) -> Handled {
    let session = signed_in(&portal, &visitor)?;
    // The verifier's message at the sign-in is shown once.
    portal.sessions.change(&visitor.id, |session| session.answer = None);
    let page = pages::desktop::desktop(&visitor.token(&portal), &session);
    Ok(visitor.page(&portal, StatusCode::OK, page))
}

/// `POST /open`: opens or reconnects a session if the verifier allows it.
///
/// SECURITY: the verifier is asked each time. Being signed in opens nothing: grants end with time,
/// at a sign-out elsewhere, or when an administrator revokes them.
pub(crate) async fn open(State(portal): State<Arc<Portal>>, form: OwnForm) -> Handled {
    let OwnForm { visitor, fields } = form;
    let session = signed_in(&portal, &visitor)?;
    let Some(resource) = resources::find(&fields.resource) else {
        return Ok(not_found(State(portal), visitor).await);
    };
    let answer = portal.verifier.ask(&session.caller, Ask::Open(resource.kind)).await;
    if answer.is_granted() {
        portal.sessions.change(&visitor.id, |session| let_in(session, &answer, Some(resource)));
        // A real portal hands over the connection here, with a short-lived ticket that works once.
        return Ok(Redirect::to(&format!("/session/{}", resource.id)).into_response());
    }
    portal.sessions.change(&visitor.id, |session| {
        if let Stage::SignedIn { opening, .. } = &mut session.stage {
            *opening = Some(resource);
        }
        // A challenge only says that a code is needed. The code page finds out how the user gets
        // one.
        session.answer = (answer.outcome != Outcome::Challenge).then_some(answer);
    });
    Ok(Redirect::to("/code").into_response())
}

/// `GET /session/ID`: an open session. A STAND-IN for the HTML5 client.
pub(crate) async fn session(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Handled {
    let session = signed_in(&portal, &visitor)?;
    let Stage::SignedIn { opened, .. } = &session.stage else { return Err(visitor.to_sign_in()) };
    let Some(found) = opened.iter().find(|opened| opened.resource.id == id) else {
        return Ok(not_found(State(portal), visitor).await);
    };
    let page = pages::desktop::session(&visitor.token(&portal), &session, found);
    Ok(visitor.page(&portal, StatusCode::OK, page))
}

/// Every other address.
pub(crate) async fn not_found(State(portal): State<Arc<Portal>>, visitor: Visitor) -> Response {
    visitor.page(&portal, StatusCode::NOT_FOUND, pages::not_found())
}

/// Returns the session of a signed-in user, or where the visitor must go instead.
fn signed_in(portal: &Portal, visitor: &Visitor) -> Result<Session, Failure> {
    let session = visitor.session(portal, Scope::Current).ok_or_else(|| visitor.to_sign_in())?;
    if session.is_signed_in() { Ok(session) } else { Err(Failure::Elsewhere("/code")) }
}
