//! The example portal end to end: in a real Chromium, and with requests that no browser would send.
//!
//! Every stage has its own store and portal, and a browser where it needs one.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]
#![expect(clippy::format_push_string, reason = "requests are short")]

mod beside;
mod browser;
mod camera;
mod codes;
mod failing;
mod first_login;
mod gateway;
mod guard;
mod http;
mod languages;
mod looks;
mod program;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod sessions;
mod sms;
mod stage;
mod tls;
mod visitor;

/// Whether the tools are installed. Without them a full run fails, and any other run passes with a
/// message.
fn has_tools() -> bool {
    [
        ("chromium", "chromium"),
        ("chromedriver", "chromium-driver"),
        ("oathtool", "oathtool"),
        ("openssl", "openssl"),
        ("socat", "socat"),
    ]
    .into_iter()
    .all(|(tool, package)| sandbox::has(tool, &format!("apt-get install {package}")))
}
