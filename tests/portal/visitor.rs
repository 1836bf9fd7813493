//! A visitor without a browser: keeps cookies, fills in forms, and can do what no browser would.

use std::net::SocketAddr;

use crate::http::{Response, send};
use crate::stage::Stage;

/// The visitor's state.
#[derive(Clone)]
pub(crate) struct Visitor {
    server: SocketAddr,
    /// The cookie, as `name=value`.
    pub(crate) cookie: String,
    /// The token of the last page.
    pub(crate) token: String,
    origin: String,
    more: Vec<(String, String)>,
}

impl Visitor {
    /// Creates a visitor of this portal.
    pub(crate) fn new(stage: &Stage) -> Self {
        Self::at(stage.address)
    }

    /// Creates a visitor of the portal at this address.
    pub(crate) fn at(server: SocketAddr) -> Self {
        let (cookie, token, origin) = (String::new(), String::new(), format!("http://{server}"));
        Self { server, cookie, token, origin, more: Vec::new() }
    }

    /// Sends this origin with every form from now on.
    pub(crate) fn from(mut self, origin: &str) -> Self {
        origin.clone_into(&mut self.origin);
        self
    }

    /// Sends this header with every request from now on.
    pub(crate) fn saying(mut self, name: &str, value: &str) -> Self {
        self.more.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gets a page.
    pub(crate) fn get(&mut self, path: &str) -> Response {
        let headers = self.headers();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let response = send(self.server, "GET", path, &headers, "");
        self.remember(&response);
        response
    }

    /// Sends a form with the token of the last page.
    pub(crate) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let token = self.token.clone();
        self.post_raw(path, &[&[("token", token.as_str())], fields].concat())
    }

    /// Sends exactly these fields.
    pub(crate) fn post_raw(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let mut headers = self.headers();
        headers.push(("Content-Type", "application/x-www-form-urlencoded".into()));
        if !self.origin.is_empty() {
            headers.push(("Origin", self.origin.clone()));
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let response = send(self.server, "POST", path, &headers, &body.join("&"));
        self.remember(&response);
        response
    }

    /// Opens the sign-in page and sends name and password.
    pub(crate) fn sign_in(&mut self, name: &str, password: &str) -> Response {
        self.get("/");
        self.post("/sign-in", &[("name", name), ("password", password)])
    }

    /// Whether the pages for signed-in users open.
    pub(crate) fn is_in(&self) -> bool {
        let response = self.clone().get("/desktop");
        response.status == 200 && response.body.contains("What would you like to open?")
    }

    fn headers(&self) -> Vec<(&str, String)> {
        let mut headers = Vec::new();
        if !self.cookie.is_empty() {
            headers.push(("Cookie", self.cookie.clone()));
        }
        headers.extend(self.more.iter().map(|(name, value)| (name.as_str(), value.clone())));
        headers
    }

    fn remember(&mut self, response: &Response) {
        if let Some((cookie, _)) = response.header("set-cookie").split_once(';') {
            cookie.clone_into(&mut self.cookie);
        }
        if let Some(token) = field(&response.body, "name=\"token\" value=\"") {
            self.token = token;
        }
    }
}

/// Returns the text between `before` and the next quotation mark.
pub(crate) fn field(body: &str, before: &str) -> Option<String> {
    let (_, rest) = body.split_once(before)?;
    rest.split('"').next().map(str::to_owned)
}

/// Returns the secret on an activation page.
pub(crate) fn secret(body: &str) -> String {
    let uri = field(body, "href=\"otpauth://").expect("an activation page");
    let (_, rest) = uri.split_once("secret=").expect("a secret");
    rest.split('&').next().expect("a text").to_owned()
}
