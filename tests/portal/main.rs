//! The example portal end to end: in a real Chromium, and by requests that no browser would send.
//!
//! Every stage has a store, a portal and, where it needs one, a browser of its own.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]
#![expect(clippy::format_push_string, reason = "requests are short")]

mod beside;
mod browser;
mod codes;
mod failing;
mod first_login;
mod gateway;
mod guard;
mod http;
mod looks;
mod program;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod sessions;
mod sms;
mod stage;
mod tls;
mod visitor;

use std::process::Command;

/// Whether to go on. Without its tools a full run fails, and any other says so and passes.
fn has_tools() -> bool {
    let tools = ["chromium", "chromedriver", "oathtool", "openssl", "socat"];
    let is_there = |tool: &&str| {
        let found = Command::new("sh").args(["-c", "command -v \"$1\"", "sh", tool]).output();
        found.is_ok_and(|found| found.status.success())
    };
    let missing: Vec<&str> = tools.into_iter().filter(|tool| !is_there(tool)).collect();
    #[expect(clippy::disallowed_methods, reason = "the test script asks for a full run this way")]
    let full = std::env::var_os("RW2FA_TEST_FULL").is_some();
    assert!(missing.is_empty() || !full, "missing: {missing:?}");
    if !missing.is_empty() {
        #[expect(clippy::print_stderr, reason = "the reader has to know that nothing was tested")]
        {
            eprintln!("SKIPPED: {missing:?} not installed, the portal was not tested");
        }
    }
    missing.is_empty()
}
