//! Codes by SMS, through a gateway on loopback.

use crate::browser::Browser;
use crate::gateway::Gateway;
use crate::has_tools;
use crate::stage::{BOB, Phone, Stage, sign_out, type_code};

/// Creates a portal whose user bob gets codes by SMS.
fn stage() -> (Stage, Gateway) {
    let stage = Stage::new(&[]);
    let gateway = Gateway::of(&stage);
    stage.admin(&["users", "add", "bob", "--method", "sms", "--phone", "+33612345678"]);
    stage.admin(&["advanced", "set", "sms-interval", "0"]);
    (stage, gateway)
}

/// First and later logins: the code arrives, is sent again on request, and is accepted once.
#[test]
fn codes_come_by_sms() {
    if !has_tools() {
        return;
    }
    let (stage, gateway) = stage();
    let browser = Browser::new();
    stage.type_password(&browser, "bob", "wrong");
    assert_eq!(gateway.messages().len(), 0, "before the password");
    stage.type_password(&browser, "bob", BOB);
    assert_eq!(browser.title(), "Check your phone – remote-work");
    assert!(
        browser.find("[role=status]").text().contains("sent to +33*******78"),
        "{}",
        browser.text()
    );
    assert!(!browser.text().contains("612345678"));
    assert_eq!(gateway.messages().len(), 1);
    assert_eq!(gateway.messages()[0].to, "+33612345678");
    let first = gateway.code();
    // A reload sends nothing.
    browser.reload();
    assert_eq!(gateway.messages().len(), 1);
    browser.find("[name=resend]").follow();
    assert_eq!(browser.path(), "/code");
    assert_eq!(gateway.messages().len(), 2);
    assert_eq!(gateway.code(), first, "the same code");
    let wrong = if first == "123456" { "123457" } else { "123456" };
    type_code(&browser, wrong);
    assert_eq!(browser.title(), "Error: Check your phone – remote-work");
    let alert = browser.find("[role=alert]").text();
    assert!(alert.contains("The code is wrong") && alert.contains("4 attempts left"), "{alert}");
    type_code(&browser, &first);
    assert_eq!(browser.path(), "/desktop");
    assert!(browser.find("[role=status]").text().contains("Your number is confirmed"));
    assert!(!stage.log().contains(&first));
    browser.find("[aria-label='Open Windows desktop']").follow();
    assert_eq!(browser.path(), "/session/desktop");

    // The grant has ended: the code for the session also comes by SMS.
    stage.admin(&["users", "revoke", "bob"]);
    browser.goto(&stage.url("/desktop"));
    browser.find("[aria-label='Open Accounting']").follow();
    assert_eq!(browser.title(), "Check your phone – remote-work");
    assert_eq!(gateway.messages().len(), 3);
    let second = gateway.code();
    type_code(&browser, &first);
    assert!(browser.find("[role=alert]").text().contains("This code was already used"));
    type_code(&browser, &second);
    assert_eq!(browser.path(), "/session/accounting");
    sign_out(&browser);

    // From SMS to app: first the code that proves the number, then the QR code.
    stage.admin(&["users", "edit", "bob", "--method", "app"]);
    stage.type_password(&browser, "bob", BOB);
    assert_eq!(browser.title(), "Check your phone – remote-work");
    type_code(&browser, &gateway.code());
    assert_eq!(browser.title(), "Set up your authenticator app – remote-work");
    let mut phone = Phone::new(&browser.find("#secret").text());
    type_code(&browser, &phone.code());
    assert_eq!(browser.path(), "/desktop");
}

/// Too soon, or a gateway that refuses: the page says so, and what to do next.
#[test]
fn the_page_explains_why_no_message_was_sent() {
    if !has_tools() {
        return;
    }
    let (stage, gateway) = stage();
    stage.admin(&["advanced", "set", "sms-interval", "3600"]);
    let browser = Browser::new();
    gateway.refuse(true);
    stage.type_password(&browser, "bob", BOB);
    assert_eq!(browser.title(), "Error: Sign-in is not available – remote-work");
    assert!(browser.find("[role=alert]").text().contains("No code could be sent"));
    gateway.refuse(false);
    browser.find("main a.primary").follow();
    assert_eq!(browser.title(), "Check your phone – remote-work");
    browser.find("[name=resend]").follow();
    assert!(browser.text().contains("Another code cannot be sent yet"), "{}", browser.text());
    assert_eq!(gateway.messages().len(), 1);
    type_code(&browser, &gateway.code());
    assert_eq!(browser.path(), "/desktop");
}
