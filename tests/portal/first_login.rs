//! From the password to the first code.

use crate::browser::Browser;
use crate::camera::scan;
use crate::has_tools;
use crate::stage::{ALICE, CAROL, Phone, Stage, type_code};
use crate::visitor::Visitor;

/// A new user's path: password, the QR code as the camera sees it, a code from another
/// implementation. In both colour schemes, on a desktop and on a phone.
#[test]
fn a_new_user_scans_the_code_and_is_in() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let browser = Browser::new();
    stage.type_password(&browser, " ALICE ", ALICE);
    assert_eq!(browser.path(), "/code");
    assert_eq!(browser.title(), "Set up your authenticator app – remote-work");
    let uri = scan(&browser.screenshot());
    let written = browser.find("#secret").text();
    assert_eq!(written.len(), 32);
    let copied = "getSelection().selectAllChildren(document.querySelector('#secret'));
                  return getSelection().toString()";
    assert_eq!(browser.run(copied), written.as_str(), "copied as one word");
    assert!(uri.starts_with("otpauth://totp/"), "{uri}");
    assert!(uri.contains(":alice?"), "{uri}");
    assert!(uri.contains(&format!("secret={written}&")), "{uri} and {written}");
    assert_eq!(browser.find("a[href^=otpauth]").attribute("href"), uri);

    // A reload shows the same secret.
    browser.prefer("dark");
    browser.resize(320, 900);
    browser.reload();
    assert_eq!(scan(&browser.screenshot()), uri, "dark, 320 px");

    let secret = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap();
    let mut phone = Phone::new(secret);
    let code = phone.code();
    // Typed as people write it down. The verifier accepts spaces and dashes.
    type_code(&browser, &format!("{} {}", &code[..3], &code[3..]));
    assert_eq!(browser.path(), "/desktop");
    let notice = browser.find("[role=status]").text();
    assert!(notice.contains("The QR code was shown 2 times"), "{notice}");
    assert!(notice.contains("127.0.0.1"), "{notice}");
    browser.reload();
    assert!(!browser.text().contains("QR code"), "shown once: {}", browser.text());
    assert!(stage.log().contains("\"alice\" activated"), "what was typed: {}", stage.log());
    assert!(!stage.log().contains(secret), "a secret in the log");
    assert!(!stage.log().contains(&code), "a code in the log");

    // No one sees the secret again.
    browser.goto(&stage.url("/code"));
    assert_eq!(browser.path(), "/desktop");
    assert!(!browser.has("#secret"));
}

/// Random ids sometimes begin with a dash, and must not be taken for options.
#[test]
fn every_sign_in_reaches_the_verifier() {
    if !has_tools() {
        return;
    }
    let stage = Stage::with_script(
        &["alice"],
        "case \" $* \" in *' --client=-'*) echo dash >&2 ;; esac\nexec \"$VERIFY\" \"$@\"",
    );
    for _ in 0..1500 {
        let mut visitor = Visitor::new(&stage);
        visitor.sign_in("alice", ALICE);
        assert_eq!(visitor.get("/code").status, 200, "{}", stage.log());
        if stage.log().contains("dash") {
            return;
        }
    }
    panic!("none of 1500 ids began with a dash");
}

/// A wrong first code does not show the secret again, but the user may ask for it.
#[test]
fn a_wrong_first_code_hides_the_qr_code() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let browser = Browser::new();
    stage.type_password(&browser, "alice", ALICE);
    let secret = browser.find("#secret").text();
    let mut phone = Phone::new(&secret);
    type_code(&browser, &phone.wrong_codes().next().unwrap());
    assert!(browser.find("#error").text().contains("The code is wrong"));
    assert!(!browser.has("#secret"));
    browser.find("a[href='/code']").follow();
    assert_eq!(browser.find("#secret").text(), secret);
    type_code(&browser, &phone.code());
    assert_eq!(browser.path(), "/desktop");
}

/// A user who is not listed gets in with the password, and sees no page about codes.
#[test]
fn a_user_who_is_not_listed_needs_no_code() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let browser = Browser::new();
    stage.type_password(&browser, "carol", CAROL);
    assert_eq!(browser.path(), "/desktop");
    browser.find("[aria-label='Open Windows desktop']").follow();
    assert_eq!(browser.path(), "/session/desktop");
    // Groups count as the directory reports them.
    stage.admin(&["users", "add", "--group", "Remote Staff"]);
    stage.type_password(&Browser::new(), "carol", CAROL);
    browser.goto(&stage.url("/desktop"));
    browser.find("[aria-label='Open Accounting']").follow();
    assert_eq!(browser.title(), "Set up your authenticator app – remote-work");
    assert!(browser.text().contains("to open Accounting"));
}
