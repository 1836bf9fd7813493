//! From the password to the code, and out again.
//!
//! SECURITY: the password comes first. Nothing before it reveals who has an account, and nothing
//! before it runs the verifier, whose answer reveals who is enrolled.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use crate::auth::ReturnPath;
use crate::pages::second_factor::Field;
use crate::pages::{self, Notice};
use crate::resources::{self, Resource};
use crate::sessions::{Id, Opened, Scope, Session, Stage};
use crate::verifier::{Answer, Ask, Caller, Kind, Outcome};
use crate::web::{Failure, Fields, OwnForm, Visitor, with_cookie};
use crate::{Portal, log};

type Handled = Result<Response, Failure>;

/// `GET /`: the password page, or the page where the visitor belongs.
pub(crate) async fn entrance(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let next = ReturnPath::of_query(query.as_deref());
    match visitor.session(&portal, Scope::Current) {
        Some(mut session) if session.is_signed_in() && session.opening().is_none() => {
            session.next = next;
            Redirect::to(&session.destination("/desktop")).into_response()
        }
        Some(session) if session.is_signed_in() && next.is_none() => {
            Redirect::to("/desktop").into_response()
        }
        Some(_) => {
            portal.sessions.change(&visitor.id, |session| session.next = next);
            Redirect::to("/code").into_response()
        }
        None => {
            let notice = match query.as_deref() {
                Some("notice=expired") => Some(Notice::Expired),
                Some("notice=signed-out") => Some(Notice::SignedOut),
                _ => None,
            };
            let page = pages::sign_in(&visitor.token(&portal), "", next.as_ref(), notice);
            visitor.page(&portal, StatusCode::OK, page)
        }
    }
}

/// `POST /sign-in`: checks the password, and asks the verifier what else is needed.
pub(crate) async fn sign_in(State(portal): State<Arc<Portal>>, form: OwnForm) -> Handled {
    let OwnForm { visitor, fields } = form;
    let next = ReturnPath::parse(&fields.next);
    let found = portal.directory.sign_in(&fields.name, fields.password).await?;
    let Some(account) = found else {
        log("a password was wrong");
        // The same page for a wrong name and a wrong password.
        let token = visitor.token(&portal);
        let page = pages::sign_in(&token, &fields.name, next.as_ref(), Some(Notice::Wrong));
        return Ok(visitor.page(&portal, StatusCode::FORBIDDEN, page));
    };
    let caller = Caller {
        // SECURITY: the directory's spelling of the account, not what was typed.
        account: account.name.clone(),
        groups: account.groups.clone(),
        client: Id::new()?.as_str().to_owned(),
        ip: visitor.ip,
        languages: visitor.languages.clone(),
    };
    let answer = portal.verifier.ask(&caller, Ask::WhatIsNeeded).await;
    let mut session = Session::new(account, caller);
    if answer.is_granted() {
        let_in(&mut session, &answer, None);
    }
    (session.answer, session.next) = (Some(answer), next);
    let is_in = session.is_signed_in();
    let location = if is_in { session.destination("/desktop") } else { "/code".into() };
    // Another user may have been signed in with this browser.
    if let Some(earlier) = visitor.session(&portal, Scope::Current) {
        end(&portal, &earlier).await;
    }
    // SECURITY: a new id, whatever cookie the browser sent.
    let id = portal.sessions.begin(session)?;
    Ok(with_cookie(Redirect::to(&location).into_response(), &portal, Some(&id)))
}

/// `GET /code`: the verifier's last answer, or a new one.
///
/// An answer is drawn once. After a reload, the page asks again: the end of a lock, a reset by the
/// administrator, or 2FA being off show at once.
pub(crate) async fn code_page(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Handled {
    let Some(mut session) = visitor.session(&portal, Scope::Current) else {
        return Err(visitor.to_sign_in());
    };
    let opening = session.opening();
    if session.is_signed_in() && opening.is_none() {
        return Ok(Redirect::to("/desktop").into_response());
    }
    let kept = session.answer.take();
    portal.sessions.change(&visitor.id, |session| session.answer = None);
    let answer = match kept {
        Some(answer) => answer,
        // Without a session, even if one is to be opened: asked with a session, the verifier sends
        // no SMS and shows no QR code.
        None => portal.verifier.ask(&session.caller, Ask::WhatIsNeeded).await,
    };
    if answer.is_granted() {
        // Meanwhile 2FA was turned off, or the user is no longer listed.
        let_in(&mut session, &answer, None);
        let location = session.destination("/desktop");
        return advance(&portal, &visitor, session, None, &location).await;
    }
    let status = match answer.outcome {
        Outcome::Error | Outcome::Ended => StatusCode::SERVICE_UNAVAILABLE,
        Outcome::Deny => StatusCode::FORBIDDEN,
        Outcome::Challenge | Outcome::Grant => StatusCode::OK,
    };
    let field = match query.as_deref() {
        Some("with=recovery-code") => Field::RecoveryCode,
        _ => Field::Code,
    };
    let page = pages::second_factor::page(&visitor.token(&portal), &session, &answer, field);
    Ok(visitor.page(&portal, status, page))
}

/// `POST /code`: tries a code, or sends the SMS again.
pub(crate) async fn code(State(portal): State<Arc<Portal>>, form: OwnForm) -> Handled {
    let OwnForm { visitor, fields } = form;
    let Some(session) = visitor.session(&portal, Scope::JustReplaced) else {
        return Err(visitor.to_sign_in());
    };
    // SECURITY: one at a time, so that the second of two clicks finds the result of the first, and
    // the code that earned it. And to the end, even if the browser disconnects, as it does at the
    // second click.
    let turn = session.turn.lock_owned().await;
    let tried = tokio::spawn(async move {
        let handled = try_code(&portal, &visitor, fields).await;
        drop(turn);
        handled
    });
    tried.await?
}

/// Does the same when it is this request's turn.
async fn try_code(portal: &Portal, visitor: &Visitor, fields: Fields) -> Handled {
    let Some(mut session) = visitor.session(portal, Scope::JustReplaced) else {
        return Err(visitor.to_sign_in());
    };
    let code = fields.resend.is_none().then_some(fields.code);
    // SECURITY: a replaced id is good for nothing but the code that replaced it. Many other codes
    // are `code-used`, too: every one up to the last accepted step, used or not.
    let is_accepted = |code: &String| portal.sessions.is_accepted(&session, code);
    if session.is_retired() && !code.as_ref().is_some_and(is_accepted) {
        return Err(visitor.to_sign_in());
    }
    // Without a code, the verifier would show the QR code or send an SMS once more. Browsers require the field
    // to be filled in, but accept spaces. No content: the browser stays on the page.
    if code.as_ref().is_some_and(|code| code.trim().is_empty()) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let opening = session.opening();
    let kind = opening.map(|resource| resource.kind);
    let ask = code.clone().map_or(Ask::Resend, |code| Ask::Code(code, kind));
    let mut answer = portal.verifier.ask(&session.caller, ask).await;
    if session.is_retired() && answer.reason == "code-used" {
        // The second of two clicks: the first has let this client in. SECURITY: the verifier says
        // whether that is still true.
        let again = kind.map_or(Ask::Check(Kind::Html5), Ask::Open);
        let again = portal.verifier.ask(&session.caller, again).await;
        if again.is_granted() {
            answer = again;
        }
    }
    if answer.is_granted() {
        let_in(&mut session, &answer, opening);
        session.answer = Some(answer);
        let page = opening.filter(|opened| resources::find(opened.id).is_some());
        let page = page.map_or("/desktop".into(), |opened| format!("/session/{}", opened.id));
        let location = session.destination(&page);
        return advance(portal, visitor, session, code.as_deref(), &location).await;
    }
    portal.sessions.change(&visitor.id, |session| session.answer = Some(answer));
    Ok(Redirect::to("/code").into_response())
}

/// `POST /sign-out`: ends the grants, and everything of this sign-in in the portal.
pub(crate) async fn sign_out(State(portal): State<Arc<Portal>>, form: OwnForm) -> Handled {
    let OwnForm { visitor, .. } = form;
    // SECURITY: even if a code is being accepted and the browser does not know its new id yet.
    if let Some(session) = visitor.session(&portal, Scope::JustReplaced) {
        end(&portal, &session).await;
    }
    let response = Redirect::to("/?notice=signed-out").into_response();
    let mut response = with_cookie(response, &portal, None);
    // Removes what the browser kept for its back button.
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// Ends a sign-in under all its ids, here and in the store.
async fn end(portal: &Portal, session: &Session) {
    // SECURITY: first here, so that nothing stays open if the verifier fails. The grants are
    // worthless then: no one else knows the client.
    portal.sessions.end(&session.caller.client);
    portal.verifier.ask(&session.caller, Ask::End).await;
}

/// Records that the verifier granted the sign-in.
pub(crate) fn let_in(session: &mut Session, answer: &Answer, resource: Option<&'static Resource>) {
    let mut opened = match &mut session.stage {
        Stage::CodeWanted => Vec::new(),
        Stage::SignedIn { opened, .. } => std::mem::take(opened),
    };
    if let Some(resource) = resource {
        opened.retain(|other: &Opened| other.resource.id != resource.id);
        let valid_until = answer.grant.as_ref().and_then(|grant| grant.valid_until.clone());
        opened.push(Opened { resource, valid_until });
    }
    session.stage = Stage::SignedIn { opened, opening: None };
}

/// Goes to the next page under a new id, after the user has proved more, possibly by this code.
async fn advance(
    portal: &Portal,
    visitor: &Visitor,
    session: Session,
    code: Option<&str>,
    location: &str,
) -> Handled {
    let caller = session.caller.clone();
    let Some(id) = portal.sessions.advance(&visitor.id, session, code)? else {
        // Signed out while the verifier was running, which may have granted something since.
        portal.verifier.ask(&caller, Ask::End).await;
        return Err(visitor.to_sign_in());
    };
    Ok(with_cookie(Redirect::to(location).into_response(), portal, Some(&id)))
}
