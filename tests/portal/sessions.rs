//! What an accepted code allows, for how long, and how that ends.

use std::time::{Duration, Instant};

use crate::browser::Browser;
use crate::has_tools;
use crate::stage::{ALICE, Stage, type_code};

fn open(browser: &Browser, what: &str) {
    browser.find(&format!("[aria-label='Open {what}']")).follow();
}

/// Returns how many grants alice has in the store.
fn grants(stage: &Stage) -> usize {
    let shown = stage.admin(&["users", "show", "alice", "--format", "json"]).json();
    shown["users"][0]["grants"].as_array().unwrap().len()
}

/// Each session opens through the verifier, and asks for a code when the grant has ended.
#[test]
fn sessions_open_and_ask_again_when_the_grant_is_over() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let browser = Browser::new();
    let mut phone = stage.enrol_alice(&browser);
    open(&browser, "Windows desktop");
    assert_eq!(browser.path(), "/session/desktop");
    assert!(browser.text().contains("More sessions without a code until"), "{}", browser.text());
    browser.goto(&stage.url("/desktop"));
    open(&browser, "Accounting");
    assert_eq!(browser.path(), "/session/accounting");
    browser.goto(&stage.url("/desktop"));
    assert!(browser.has("[aria-label='Reconnect Windows desktop']"));
    assert!(browser.has("[aria-label='Open Text processor']"));

    stage.admin(&["users", "revoke", "alice"]);
    browser.find("[aria-label='Reconnect Windows desktop']").follow();
    assert_eq!(browser.path(), "/code");
    assert!(browser.text().contains("to open Windows desktop"), "{}", browser.text());
    type_code(&browser, &phone.wrong_codes().next().unwrap());
    assert!(browser.find("[role=alert]").text().contains("4 attempts left"));
    // Still signed in, with the open session.
    browser.goto(&stage.url("/session/accounting"));
    assert_eq!(browser.path(), "/session/accounting");
    browser.goto(&stage.url("/code"));
    let code = phone.code();
    type_code(&browser, &code);
    assert_eq!(browser.path(), "/session/desktop");
    // Code and session came in one call.
    assert!(stage.log().contains("code-accepted: Grant"));
    assert_eq!(stage.log().matches("session-valid: Grant").count(), 2, "{}", stage.log());

    // Locked at that page: what is open stays open, and there is a way back.
    stage.admin(&["users", "revoke", "alice"]);
    stage.admin(&["advanced", "set", "lockout-attempts", "1"]);
    browser.goto(&stage.url("/desktop"));
    browser.find("[aria-label='Open Text processor']").follow();
    type_code(&browser, &phone.wrong_codes().next().unwrap());
    assert_eq!(browser.title(), "Error: Sign-in locked – remote-work");
    browser.find("main a[href='/desktop']").follow();
    assert!(browser.has("[aria-label='Reconnect Windows desktop']"));
    stage.admin(&["users", "unlock", "alice"]);
    stage.admin(&["advanced", "unset", "lockout-attempts"]);

    // With 0, every session needs its own code.
    stage.admin(&["users", "revoke", "alice"]);
    stage.admin(&["advanced", "set", "validity-before-first-session", "0"]);
    stage.admin(&["advanced", "set", "validity-after-first-session", "0"]);
    for what in ["Text processor", "Text processor"] {
        browser.goto(&stage.url("/desktop"));
        browser.find(&format!("[aria-label$='{what}']")).follow();
        assert_eq!(browser.path(), "/code");
        type_code(&browser, &phone.code());
        assert_eq!(browser.path(), "/session/writer");
    }
}

/// A sign-out ends the grants in the store and everything in the portal, even through the back
/// button.
#[test]
fn sign_out_ends_everything() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let browser = Browser::new();
    stage.enrol_alice(&browser);
    open(&browser, "Windows desktop");
    assert_eq!(grants(&stage), 1);
    browser.find(".account button").follow();
    assert_eq!(browser.path(), "/?notice=signed-out");
    assert_eq!(browser.find("[role=status]").text(), "You are signed out.");
    assert_eq!(grants(&stage), 0);
    browser.back();
    let shown = browser.text();
    assert!(!shown.contains("Alice Martin"), "{shown}");
    for path in ["/desktop", "/session/desktop", "/code"] {
        browser.goto(&stage.url(path));
        assert!(browser.path().starts_with("/?") || browser.path() == "/", "{}", browser.path());
    }
}

/// An idle user is signed out, and their grants end.
#[test]
fn sessions_expire() {
    if !has_tools() {
        return;
    }
    let stage = Stage::with(&["alice"], &["--idle", "8"]);
    let browser = Browser::new();
    let mut phone = stage.enrol_alice(&browser);
    assert!(browser.text().contains("Welcome"));
    std::thread::sleep(Duration::from_secs(10));
    browser.reload();
    assert_eq!(browser.path(), "/?notice=expired");
    assert!(browser.find("[role=status]").text().contains("You were signed out"));
    let end = Instant::now() + Duration::from_secs(30);
    while grants(&stage) > 0 {
        assert!(Instant::now() < end, "the grant did not end");
        std::thread::sleep(Duration::from_millis(200));
    }
    // A code page that was left open for too long.
    stage.type_password(&browser, "alice", ALICE);
    std::thread::sleep(Duration::from_secs(10));
    type_code(&browser, &phone.code());
    assert_eq!(browser.path(), "/?notice=expired");
    stage.type_password(&browser, "alice", ALICE);
    type_code(&browser, &phone.code());
    assert_eq!(browser.path(), "/desktop");
}

/// After a reset, the next login shows another QR code. What was opened before needs it, too.
#[test]
fn after_a_reset_the_user_enrols_again() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let browser = Browser::new();
    let mut old = stage.enrol_alice(&browser);
    stage.admin(&["users", "reset", "--yes", "alice"]);
    open(&browser, "Windows desktop");
    assert_eq!(browser.title(), "Set up your authenticator app – remote-work");
    let shown = browser.find("#secret").text();
    let mut phone = crate::stage::Phone::new(&shown);
    type_code(&browser, &old.code());
    assert!(browser.find("[role=alert]").text().contains("The code is wrong"));
    type_code(&browser, &phone.code());
    assert_eq!(browser.path(), "/session/desktop");
    // 2FA is turned off while a user is on the code page.
    browser.find(".account button").follow();
    stage.type_password(&browser, "alice", ALICE);
    assert_eq!(browser.path(), "/code");
    stage.admin(&["disable", "--yes"]);
    browser.reload();
    assert_eq!(browser.path(), "/desktop");
}
