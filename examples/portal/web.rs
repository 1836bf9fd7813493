//! What every request goes through: cookies, forms from our own pages, and headers.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use anyhow::Result;
use axum::Form;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::Markup;
use serde::Deserialize;

use crate::sessions::{Id, Scope, Session};
use crate::{Portal, log, pages};

/// The longest `Accept-Language` header that is passed on; browsers send less than 100 bytes.
const LONGEST_LANGUAGES: usize = 1000;

/// How the portal is reached.
pub(crate) struct Site {
    /// The origins of the portal as browsers write them: `https://portal.example`.
    pub(crate) origins: Vec<String>,
    /// Whether a reverse proxy on this machine handles TLS.
    pub(crate) is_behind_tls: bool,
}

impl Site {
    /// SECURITY: `__Host-` makes browsers refuse such a cookie from any other host, from a
    /// subdomain, and over plain HTTP. It requires TLS.
    fn cookie_name(&self) -> &'static str {
        if self.is_behind_tls { "__Host-portal" } else { "portal" }
    }

    /// Builds a cookie that ends with the browser, or without an id, one that ends now.
    fn cookie(&self, id: Option<&Id>) -> String {
        // SECURITY: scripts cannot read it, and forms of other sites come without it. `Lax`, not
        // `Strict`: with `Strict`, a link in an e-mail would arrive without the cookie and sign the
        // user out.
        let mut cookie = format!("{}=", self.cookie_name());
        match id {
            Some(id) => cookie.push_str(id.as_str()),
            None => cookie.push_str("; Max-Age=0"),
        }
        cookie.push_str("; Path=/; HttpOnly; SameSite=Lax");
        if self.is_behind_tls {
            cookie.push_str("; Secure");
        }
        cookie
    }
}

/// The sender of a request.
pub(crate) struct Visitor {
    /// The id in the cookie, or a new one. There may be no session with it.
    pub(crate) id: Id,
    /// Whether the cookie must be set.
    is_new: bool,
    /// Where the request comes from.
    pub(crate) ip: Option<IpAddr>,
    /// The languages that the browser asks for.
    pub(crate) languages: Option<String>,
}

impl Visitor {
    /// Returns the visitor's session.
    pub(crate) fn session(&self, portal: &Portal, scope: Scope) -> Option<Session> {
        portal.sessions.get(&self.id, scope)
    }

    /// Builds a page for the visitor.
    pub(crate) fn page(&self, portal: &Portal, status: StatusCode, page: Markup) -> Response {
        let response = (status, Html(page.into_string())).into_response();
        if self.is_new { with_cookie(response, portal, Some(&self.id)) } else { response }
    }

    /// Returns the token for the visitor's forms.
    pub(crate) fn token(&self, portal: &Portal) -> String {
        portal.sessions.form_token(&self.id)
    }

    /// Sends a visitor without a session to the sign-in page.
    pub(crate) fn to_sign_in(&self) -> Failure {
        Failure::Elsewhere(if self.is_new { "/" } else { "/?notice=expired" })
    }
}

impl FromRequestParts<Arc<Portal>> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Arc<Portal>) -> Result<Self, Failure> {
        let known = cookie_of(&parts.headers, portal.site.cookie_name());
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let ip = if portal.site.is_behind_tls { forwarded(&parts.headers) } else { peer };
        let is_new = known.is_none();
        let id = known.map_or_else(Id::new, Ok)?;
        let languages = languages(&parts.headers);
        Ok(Self { id, is_new, ip, languages })
    }
}

/// Returns the id in the cookie.
fn cookie_of(headers: &HeaderMap, name: &str) -> Option<Id> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(found, _)| found.trim() == name).and_then(|(_, value)| Id::parse(value.trim()))
}

/// Returns the languages that the browser asks for, as it wrote them.
fn languages(headers: &HeaderMap) -> Option<String> {
    let line = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    (line.len() <= LONGEST_LANGUAGES).then(|| line.to_owned())
}

/// Returns the user's address as reported by the proxy. SECURITY: the last one, which our proxy
/// added; anything before it was sent by the user.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let line = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next()?.trim().parse().ok()
}

/// Sets the cookie of a response.
pub(crate) fn with_cookie(mut response: Response, portal: &Portal, id: Option<&Id>) -> Response {
    if let Ok(cookie) = HeaderValue::from_str(&portal.site.cookie(id)) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Every field of every form. SECURITY: not `Debug`, because it contains passwords and codes.
#[derive(Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    token: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) password: String,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) resend: Option<String>,
    #[serde(default)]
    pub(crate) resource: String,
    #[serde(default)]
    pub(crate) next: String,
}

/// A form that one of our own pages sent. POST handlers accept nothing else.
pub(crate) struct OwnForm {
    pub(crate) visitor: Visitor,
    pub(crate) fields: Fields,
}

impl FromRequest<Arc<Portal>> for OwnForm {
    type Rejection = Response;

    async fn from_request(request: Request, portal: &Arc<Portal>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, portal)
            .await
            .map_err(IntoResponse::into_response)?;
        let refuse = |visitor: &Visitor, status| visitor.page(portal, status, pages::out_of_date());
        // SECURITY: two checks against forged requests: the browser says where the form comes from,
        // and the form brings a token that only our pages know. Every browser sends `Origin` with a
        // POST.
        let origin = parts.headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        if !origin.is_some_and(|origin| portal.site.origins.iter().any(|own| own == origin)) {
            log(&format!("a form from another site was refused: {origin:?}"));
            return Err(refuse(&visitor, StatusCode::FORBIDDEN));
        }
        let form = Form::<Fields>::from_request(Request::from_parts(parts, body), portal).await;
        let Ok(Form(fields)) = form else { return Err(refuse(&visitor, StatusCode::BAD_REQUEST)) };
        if !portal.sessions.is_form_token(&visitor.id, &fields.token) {
            return Err(refuse(&visitor, StatusCode::FORBIDDEN));
        }
        Ok(Self { visitor, fields })
    }
}

/// Why a page is not shown.
pub(crate) enum Failure {
    /// The visitor belongs to another page.
    Elsewhere(&'static str),
    /// An internal failure. The user sees a page, the log the cause.
    Broken(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Elsewhere(path) => Redirect::to(path).into_response(),
            Self::Broken(error) => {
                log(&format!("failed: {error:#}"));
                let page = Html(pages::failed().into_string());
                (StatusCode::INTERNAL_SERVER_ERROR, page).into_response()
            }
        }
    }
}

/// Adds the headers of every response.
pub(crate) async fn headers(State(portal): State<Arc<Portal>>, mut response: Response) -> Response {
    /// No scripts, no inline styles, nothing from other sites, no frames.
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                          frame-ancestors 'none'; base-uri 'none'";
    let mut set = |name: HeaderName, value| {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Codes, secrets and names: neither proxies nor the browser's history may keep them.
    set(header::CACHE_CONTROL, "no-store");
    // Not `no-referrer`: with it, browsers send `Origin: null` with our own forms.
    set(header::REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    if portal.site.is_behind_tls {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}
