//! `GET /auth`: whether a request to an application behind nginx may pass, for nginx' `auth_request`.
//!
//! 204 lets it pass, with the user's name in a header. 401 sends the user to the sign-in page, which [`ReturnPath`]
//! leads back from. Anything else refuses.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::Portal;
use crate::resources::APPLICATION;
use crate::sessions::{Scope, Session};
use crate::sign_in::let_in;
use crate::verifier::{Ask, Outcome};
use crate::web::{Failure, Visitor};

/// The header with the name of the account, as the directory spells it.
const USER: HeaderName = HeaderName::from_static("x-portal-user");

/// The longest path that a sign-in leads back to.
const LONGEST_PATH: usize = 2000;

/// A path of this site that the user wanted to see before signing in.
#[derive(Clone)]
pub(crate) struct ReturnPath(String);

impl ReturnPath {
    /// Reads a path with its query, as nginx passes the address of the request.
    // SECURITY: browsers take `//host` and `/\host` for another site, and drop tabs and line breaks.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let is_here = is_plain && !rest.starts_with('/') && text.len() <= LONGEST_PATH;
        is_here.then(|| Self(text.to_owned()))
    }

    /// Reads the path in the query of the sign-in page. It is the whole query, because it may contain `&` itself.
    pub(crate) fn of_query(query: Option<&str>) -> Option<Self> {
        Self::parse(query?.strip_prefix("return=")?)
    }

    /// The path.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Answers whether the visitor may use the application.
pub(crate) async fn auth(
    State(portal): State<Arc<Portal>>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let signed_in = || visitor.session(&portal, Scope::Current).filter(Session::is_signed_in);
    let refused = || StatusCode::UNAUTHORIZED.into_response();
    let Some(session) = signed_in() else { return Ok(refused()) };
    // A page makes many requests at once. The first one asks the verifier, the others wait for its answer.
    let _turn = session.turn.lock().await;
    let Some(session) = signed_in() else { return Ok(refused()) };
    if !session.is_fresh()
        && let Some(status) = ask(&portal, &visitor, &session).await
    {
        return Ok(status.into_response());
    }
    // SECURITY: the user may have signed out while the verifier was running.
    let Some(session) = signed_in() else { return Ok(refused()) };
    let user = HeaderValue::from_bytes(session.account.name.as_bytes())?;
    Ok((StatusCode::NO_CONTENT, [(USER, user)]).into_response())
}

/// Asks the verifier. Returns the refusal, if it is one.
///
/// The first request opens a session, which starts the time of the grant. The others only ask whether it is live.
async fn ask(portal: &Portal, visitor: &Visitor, session: &Session) -> Option<StatusCode> {
    let kind = APPLICATION.kind;
    let ask = if session.has_opened(&APPLICATION) { Ask::Check(kind) } else { Ask::Open(kind) };
    let answer = portal.verifier.ask(&session.caller, ask).await;
    let refusal = match answer.outcome {
        Outcome::Grant => None,
        Outcome::Challenge => Some(StatusCode::UNAUTHORIZED),
        Outcome::Deny | Outcome::Ended => Some(StatusCode::FORBIDDEN),
        Outcome::Error => Some(StatusCode::SERVICE_UNAVAILABLE),
    };
    portal.sessions.change(&visitor.id, |session| match refusal {
        None => {
            let_in(session, &answer, Some(&APPLICATION));
            session.set_fresh();
        }
        // The grant is over: the sign-in page then asks for a code that opens the application again.
        Some(StatusCode::UNAUTHORIZED) => session.needs_code_for(&APPLICATION),
        Some(_) => {}
    });
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards against open redirects.
    #[test]
    fn a_sign_in_leads_back_to_this_site_only() {
        for (path, is_here) in [
            ("/", true),
            ("/app/", true),
            ("/app/a%2fb?x=1&y=//evil.example#z", true),
            ("/app/../x", true),
            ("", false),
            ("app", false),
            ("//evil.example", false),
            ("///evil.example", false),
            ("/\\evil.example", false),
            ("/app\\", false),
            ("/\t/evil.example", false),
            ("/app\r\nSet-Cookie: x=y", false),
            ("/ä", false),
            ("https://evil.example/", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(ReturnPath::parse(path).is_some(), is_here, "{path:?}");
        }
        assert!(ReturnPath::parse(&format!("/{}", "x".repeat(2000))).is_none());
        let of_query = |query| ReturnPath::of_query(query).map(|path| path.0);
        assert_eq!(of_query(Some("return=/app/?a=1&b=2")).as_deref(), Some("/app/?a=1&b=2"));
        assert_eq!(of_query(Some("x=1&return=/app/")), None);
        assert_eq!(of_query(None), None);
    }
}
