//! The example portal end to end: in a real Chromium, and by requests that no browser would send.
//!
//! Every stage has a store, a portal and, where it needs one, a browser of its own.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]
#![expect(clippy::format_push_string, reason = "requests are short")]

mod browser;
mod codes;
mod first_login;
mod http;
mod looks;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod stage;

use std::process::{Command, Stdio};

/// Whether to go on. Without its tools a full run fails, and any other says so and passes.
fn has_tools() -> bool {
    let tools = ["chromium", "chromedriver", "oathtool"];
    let is_there = |tool: &&str| {
        let run = Command::new(tool).arg("--version").stdout(Stdio::null()).status();
        run.is_ok_and(|status| status.success())
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
