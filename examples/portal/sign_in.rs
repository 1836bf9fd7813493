//! From the password to the code, and out again.
//!
//! SECURITY: the password comes first. Nothing before it tells who has an account, and nothing before
//! it runs the verifier, whose answer tells who is enrolled.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use crate::pages::second_factor::Field;
use crate::pages::{self, Notice};
use crate::resources::Resource;
use crate::sessions::{Id, Opened, Scope, Session, Stage};
use crate::verifier::{Answer, Ask, Caller, Kind, Outcome};
use crate::web::{Failure, Fields, OwnForm, Visitor, with_cookie};
use crate::{Portal, log};

type Handled = Result<Response, Failure>;

/// `GET /`: the password page, or where the visitor belongs.
pub(crate) async fn entrance(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    match visitor.session(&portal, Scope::Current) {
        Some(session) if session.is_signed_in() => Redirect::to("/desktop").into_response(),
        Some(_) => Redirect::to("/code").into_response(),
        None => {
            let notice = match query.as_deref() {
                Some("notice=expired") => Some(Notice::Expired),
                Some("notice=signed-out") => Some(Notice::SignedOut),
                _ => None,
            };
            let page = pages::sign_in(&visitor.token(&portal), "", notice);
            visitor.page(&portal, StatusCode::OK, page)
        }
    }
}

/// `POST /sign-in`: checks the password, and asks the verifier what is needed besides.
pub(crate) async fn sign_in(State(portal): State<Arc<Portal>>, form: OwnForm) -> Handled {
    let OwnForm { visitor, fields } = form;
    let found = portal.directory.sign_in(&fields.name, fields.password).await?;
    let Some(account) = found else {
        log("a password was wrong");
        // The same page whether the name or the password was wrong.
        let page = pages::sign_in(&visitor.token(&portal), &fields.name, Some(Notice::Wrong));
        return Ok(visitor.page(&portal, StatusCode::FORBIDDEN, page));
    };
    let caller = Caller {
        // SECURITY: what the directory calls the account, not what was typed.
        account: account.name.clone(),
        groups: account.groups.clone(),
        client: Id::new()?.as_str().to_owned(),
        ip: visitor.ip,
    };
    let answer = portal.verifier.ask(&caller, Ask::WhatIsNeeded).await;
    let mut session = Session::new(account, caller);
    if answer.is_granted() {
        let_in(&mut session, &answer, None);
    }
    session.answer = Some(answer);
    let location = if session.is_signed_in() { "/desktop" } else { "/code" };
    // Somebody else may have been signed in with this browser.
    if let Some(earlier) = visitor.session(&portal, Scope::Current) {
        end(&portal, &earlier).await;
    }
    // SECURITY: a new id, whatever the browser brought.
    let id = portal.sessions.begin(session)?;
    Ok(with_cookie(Redirect::to(location).into_response(), &portal, Some(&id)))
}

/// `GET /code`: what the verifier said last, or says now.
///
/// A page is drawn from the last answer once. Loaded again, it asks anew: the end of a lock, a reset by
/// the administrator, or 2FA being off all show at once.
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
        // Without a session of its kind, also where one is to be opened: asked with it, the verifier
        // sends no SMS and shows no QR code.
        None => portal.verifier.ask(&session.caller, Ask::WhatIsNeeded).await,
    };
    if answer.is_granted() {
        // 2FA is off meanwhile, or the user is no longer listed.
        let_in(&mut session, &answer, None);
        return advance(&portal, &visitor, session, None, "/desktop").await;
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
    // SECURITY: one after the other, so that the second of two clicks finds what the first has earned,
    // and with which code. And to the end, also when the browser hangs up meanwhile, as it does at the
    // second click.
    let turn = session.turn.lock_owned().await;
    let tried = tokio::spawn(async move {
        let handled = try_code(&portal, &visitor, fields).await;
        drop(turn);
        handled
    });
    tried.await?
}

/// The same, when it is its turn.
async fn try_code(portal: &Portal, visitor: &Visitor, fields: Fields) -> Handled {
    let Some(mut session) = visitor.session(portal, Scope::JustReplaced) else {
        return Err(visitor.to_sign_in());
    };
    let code = fields.resend.is_none().then_some(fields.code);
    // SECURITY: an id that was replaced is good for nothing but the code that replaced it. Many other
    // codes are `code-used` too: all up to the last accepted one, whether used or not.
    let is_accepted = |code: &String| portal.sessions.is_accepted(&session, code);
    if session.is_retired() && !code.as_ref().is_some_and(is_accepted) {
        return Err(visitor.to_sign_in());
    }
    let opening = session.opening();
    let kind = opening.map(|resource| resource.kind);
    let ask = code.clone().map_or(Ask::Resend, |code| Ask::Code(code, kind));
    let mut answer = portal.verifier.ask(&session.caller, ask).await;
    if session.is_retired() && answer.reason == "code-used" {
        // The second of two clicks: the first has let this client in. SECURITY: the verifier says
        // whether that still holds.
        let again = kind.map_or(Ask::Check(Kind::Html5), Ask::Open);
        let again = portal.verifier.ask(&session.caller, again).await;
        if again.is_granted() {
            answer = again;
        }
    }
    if answer.is_granted() {
        let_in(&mut session, &answer, opening);
        session.answer = Some(answer);
        let location =
            opening.map_or("/desktop".into(), |opened| format!("/session/{}", opened.id));
        return advance(portal, visitor, session, code.as_deref(), &location).await;
    }
    portal.sessions.change(&visitor.id, |session| session.answer = Some(answer));
    Ok(Redirect::to("/code").into_response())
}

/// `POST /sign-out`: ends the grants, and everything that this sign-in has here.
pub(crate) async fn sign_out(State(portal): State<Arc<Portal>>, form: OwnForm) -> Handled {
    let OwnForm { visitor, .. } = form;
    // SECURITY: also when a code is accepted just now and the browser has not heard of its new id.
    if let Some(session) = visitor.session(&portal, Scope::JustReplaced) {
        end(&portal, &session).await;
    }
    let response = Redirect::to("/?notice=signed-out").into_response();
    let mut response = with_cookie(response, &portal, None);
    // What the browser kept for its back button.
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}

/// Ends a sign-in under all its ids, here and in the store.
async fn end(portal: &Portal, session: &Session) {
    // SECURITY: here first, so that nothing is left open when the verifier fails. Its grants are worth
    // nothing then: nobody else knows the client.
    portal.sessions.end(&session.caller.client);
    portal.verifier.ask(&session.caller, Ask::End).await;
}

/// The verifier said yes.
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

/// Goes on to the next page as somebody who has proved more, by this code if by one: under a new id.
async fn advance(
    portal: &Portal,
    visitor: &Visitor,
    session: Session,
    code: Option<&str>,
    location: &str,
) -> Handled {
    let caller = session.caller.clone();
    let Some(id) = portal.sessions.advance(&visitor.id, session, code)? else {
        // Signed out while the verifier was asked, which may have granted something after that.
        portal.verifier.ask(&caller, Ask::End).await;
        return Err(visitor.to_sign_in());
    };
    Ok(with_cookie(Redirect::to(location).into_response(), portal, Some(&id)))
}
