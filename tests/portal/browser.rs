//! A real headless Chromium, driven over `WebDriver` (W3C) through chromedriver.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::beside::Beside;
use crate::http;

/// The JSON key under which `WebDriver` returns an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with its own profile. It ends when this value is dropped, and after three minutes in
/// any case.
pub(crate) struct Browser {
    _driver: Beside,
    server: SocketAddr,
    session: String,
    profile: TempDir,
}

/// An element of the page.
pub(crate) struct Element<'a> {
    browser: &'a Browser,
    id: String,
}

impl Browser {
    /// Starts a browser.
    pub(crate) fn new() -> Self {
        let profile = TempDir::new().expect("a temporary directory");
        let mut command = Beside::command("chromedriver");
        command.arg("--port=0").env("LC_ALL", "C.UTF-8").stderr(Stdio::null());
        for home in ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env(home, profile.path());
        }
        let mut driver = Beside::start(&mut command);
        let lines = driver.lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, rest) = line.split_once("started successfully on port ")?;
                rest.trim_end_matches('.').parse::<u16>().ok()
            })
            .expect("the port of chromedriver");
        let server = SocketAddr::from(([127, 0, 0, 1], port));
        let mut browser = Self { _driver: driver, server, session: String::new(), profile };
        // Tests run in containers and as root, where Chromium cannot create its sandbox.
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--remote-debugging-pipe",
            &format!("--user-data-dir={}", browser.profile.path().join("profile").display()),
        ];
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "acceptInsecureCerts": true,
            "goog:chromeOptions": {"args": args},
        }}});
        let begun = browser.call("POST", "/session", &capabilities);
        begun["sessionId"].as_str().expect("a session").clone_into(&mut browser.session);
        browser.resize(1024, 800);
        browser
    }

    /// Goes to an address.
    pub(crate) fn goto(&self, url: &str) {
        self.command("POST", "/url", &json!({"url": url}));
    }

    /// Returns the current address.
    pub(crate) fn url(&self) -> String {
        text_of(&self.command("GET", "/url", &json!({})))
    }

    /// Returns the path of the current address.
    pub(crate) fn path(&self) -> String {
        let url = self.url();
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        rest.find('/').map_or("", |at| &rest[at..]).to_owned()
    }

    /// Returns the title of the page.
    pub(crate) fn title(&self) -> String {
        text_of(&self.command("GET", "/title", &json!({})))
    }

    /// Goes back one step in the history.
    pub(crate) fn back(&self) {
        self.command("POST", "/back", &json!({}));
    }

    /// Loads the page again.
    pub(crate) fn reload(&self) {
        self.command("POST", "/refresh", &json!({}));
    }

    /// Returns the current tab.
    pub(crate) fn tab(&self) -> String {
        text_of(&self.command("GET", "/window", &json!({})))
    }

    /// Opens another tab and shows it.
    pub(crate) fn new_tab(&self) -> String {
        let tab = text_of(&self.command("POST", "/window/new", &json!({"type": "tab"}))["handle"]);
        self.switch_to(&tab);
        tab
    }

    /// Switches to a tab.
    pub(crate) fn switch_to(&self, tab: &str) {
        self.command("POST", "/window", &json!({"handle": tab}));
    }

    /// Returns the first element that matches.
    pub(crate) fn find(&self, css: &str) -> Element<'_> {
        let found = self.try_call("POST", &self.path_of("/element"), &using(css));
        let id = found.unwrap_or_else(|error| panic!("{css}: {error}\n{}", self.text()));
        Element { browser: self, id: text_of(&id[ELEMENT]) }
    }

    /// Whether an element matches.
    pub(crate) fn has(&self, css: &str) -> bool {
        let found = self.command("POST", "/elements", &using(css));
        found.as_array().is_some_and(|found| !found.is_empty())
    }

    /// Returns the text of the page.
    pub(crate) fn text(&self) -> String {
        let page = text_of(&self.run("return document.body.innerText"));
        format!("[{}] {page}", self.path())
    }

    /// Presses keys; they go to the focused element.
    pub(crate) fn type_keys(&self, keys: &str) {
        let focus = self.command("GET", "/element/active", &json!({}));
        let focus = Element { browser: self, id: text_of(&focus[ELEMENT]) };
        focus.fill(keys);
    }

    /// Presses keys, and waits for the page that follows.
    pub(crate) fn follow_keys(&self, keys: &str) {
        self.wait_for_page(|| self.type_keys(keys));
    }

    /// Does something, and waits for the page that follows.
    fn wait_for_page(&self, act: impl FnOnce()) {
        self.run("document.documentElement.dataset.before = 'yes'");
        act();
        let came =
            "return document.readyState == 'complete' && !document.documentElement.dataset.before";
        let end = Instant::now() + Duration::from_secs(30);
        let script = json!({"script": came, "args": []});
        // Between two pages, nothing can run the script.
        while self.try_call("POST", &self.path_of("/execute/sync"), &script) != Ok(true.into()) {
            assert!(Instant::now() < end, "no page followed: {}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Runs a script, which the page's own policy forbids to the page.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.command("POST", "/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Returns the cookies of the page.
    pub(crate) fn cookies(&self) -> Vec<Value> {
        self.command("GET", "/cookie", &json!({})).as_array().expect("cookies").clone()
    }

    /// Sets the size of the window, in CSS pixels.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Sets the colour scheme that the user prefers: `light` or `dark`.
    pub(crate) fn prefer(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// Returns what is visible, as a PNG file.
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        let picture = text_of(&self.command("GET", "/screenshot", &json!({})));
        data_encoding::BASE64.decode(picture.as_bytes()).expect("base64")
    }

    /// Waits until the browser is on this path.
    pub(crate) fn wait_for(&self, path: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while self.path() != path {
            assert!(Instant::now() < end, "not at {path}: {}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn devtools(&self, method: &str, params: &Value) {
        self.command("POST", "/goog/cdp/execute", &json!({"cmd": method, "params": params}));
    }

    fn path_of(&self, path: &str) -> String {
        format!("/session/{}{path}", self.session)
    }

    fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &self.path_of(path), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.try_call(method, path, body);
        answer.unwrap_or_else(|error| panic!("{method} {path} {body}: {error}"))
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let headers = [("Content-Type", "application/json")];
        let response = http::send(self.server, method, path, &headers, &body);
        let mut answer: Value = serde_json::from_str(&response.body).expect("JSON");
        let value = answer["value"].take();
        if response.status == 200 { Ok(value) } else { Err(value["message"].to_string()) }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.try_call("DELETE", &self.path_of(""), &json!({}));
        }
    }
}

impl Element<'_> {
    /// Returns its text.
    pub(crate) fn text(&self) -> String {
        text_of(&self.command("GET", "/text", &json!({})))
    }

    /// Returns an attribute, or an empty text if there is none.
    pub(crate) fn attribute(&self, name: &str) -> String {
        text_of(&self.command("GET", &format!("/attribute/{name}"), &json!({})))
    }

    /// Presses it.
    pub(crate) fn click(&self) {
        self.command("POST", "/click", &json!({}));
    }

    /// Presses it, and waits for the page that follows.
    pub(crate) fn follow(&self) {
        self.browser.wait_for_page(|| self.click());
    }

    /// Types into it. `\u{e007}` is the Enter key.
    pub(crate) fn fill(&self, text: &str) {
        self.command("POST", "/value", &json!({"text": text}));
    }

    /// Presses it twice, as quickly as people who double-click everything.
    pub(crate) fn double_click(&self) {
        let origin = json!({ELEMENT: self.id});
        let press = |kind: &str| json!({"type": kind, "button": 0});
        let actions = json!({"actions": [{"type": "pointer", "id": "mouse", "actions": [
            {"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin": origin},
            press("pointerDown"), press("pointerUp"),
            {"type": "pause", "duration": 150},
            press("pointerDown"), press("pointerUp"),
        ]}]});
        self.browser.command("POST", "/actions", &actions);
    }

    fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        self.browser.command(method, &format!("/element/{}{path}", self.id), body)
    }
}

fn using(css: &str) -> Value {
    json!({"using": "css selector", "value": css})
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
