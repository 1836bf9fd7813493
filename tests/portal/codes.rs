//! Later logins: valid, wrong and used codes, and too many of them.

use std::time::Instant;

use crate::browser::Browser;
use crate::has_tools;
use crate::stage::{ALICE, Stage, sign_out, type_code};

/// Valid, wrong and used codes, each with its page.
#[test]
fn later_logins_need_a_fresh_valid_code() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let browser = Browser::new();
    let mut phone = stage.enrol_alice(&browser);
    sign_out(&browser);

    stage.type_password(&browser, "alice", "correct horse 2");
    assert_eq!(browser.find("[role=alert]").text(), "The name or the password is wrong.");
    assert_eq!(browser.title(), "Error: Sign in – remote-work");
    assert_eq!(browser.find("#name").attribute("value"), "alice");
    assert_eq!(browser.run("return document.activeElement.id"), "password");
    browser.find("#password").fill(ALICE);
    browser.find("button[type=submit]").follow();
    assert_eq!(browser.path(), "/code");
    assert_eq!(browser.title(), "Enter your code – remote-work");
    assert!(!browser.has("#secret") && !browser.has("svg"), "{}", browser.text());
    assert_eq!(browser.run("return document.activeElement.id"), "code");

    // Without a code, the browser does not send the form.
    browser.find("form:has(#code) button").click();
    assert!(browser.has("#code:invalid"));
    type_code(&browser, &phone.wrong_codes().next().unwrap());
    assert_eq!(browser.title(), "Error: Enter your code – remote-work");
    let alert = browser.find("[role=alert]").text();
    assert!(alert.contains("The code is wrong") && alert.contains("4 attempts left"), "{alert}");
    let field = browser.find("#code");
    assert_eq!(field.attribute("aria-invalid"), "true");
    assert_eq!(field.attribute("aria-describedby"), "error code-hint");
    assert_eq!(field.attribute("value"), "", "a code is not shown again");
    // After a reload, the page asks again and charges nothing.
    browser.reload();
    assert_eq!(browser.title(), "Enter your code – remote-work");
    let code = phone.code();
    type_code(&browser, &code);
    assert_eq!(browser.path(), "/desktop");
    sign_out(&browser);

    // Someone in another place who has seen the code.
    let other = Browser::new();
    stage.type_password(&other, "alice", ALICE);
    type_code(&other, &code);
    let alert = other.find("[role=alert]").text();
    assert!(alert.contains("This code was already used"), "{alert}");
    assert_eq!(other.path(), "/code");
    type_code(&other, &phone.code());
    assert_eq!(other.path(), "/desktop");
}

/// A double click sends the form twice. The second request finds the code used, checks that this
/// client used it, and gets in. The verifier is slow here, so that both requests overlap.
#[test]
fn a_double_click_signs_in() {
    if !has_tools() {
        return;
    }
    let stage = Stage::with_script(
        &["alice"],
        "case \" $* \" in *' --code-stdin '*) sleep 1 ;; esac\nexec \"$VERIFY\" \"$@\"",
    );
    let browser = Browser::new();
    stage.type_password(&browser, "alice", ALICE);
    let secret = browser.find("#secret").text();
    let mut phone = crate::stage::Phone::new(&secret);
    browser.find("#code").fill(&phone.code());
    browser.find("form:has(#code) button").double_click();
    browser.wait_for("/desktop");
    let log = stage.log();
    for said in ["activated: Grant", "code-used: Deny", "session-valid: Grant"] {
        assert_eq!(log.matches(said).count(), 1, "{said} in\n{log}");
    }
    // The grant of the first click is not lost with its page.
    browser.find("[aria-label='Open Windows desktop']").follow();
    assert_eq!(browser.path(), "/session/desktop");
}

/// Two tabs of one browser: the second one finds the user signed in.
#[test]
fn two_tabs_share_a_sign_in() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let browser = Browser::new();
    let mut phone = stage.enrol_alice(&browser);
    sign_out(&browser);
    stage.type_password(&browser, "alice", ALICE);
    let first = browser.tab();
    let second = browser.new_tab();
    browser.goto(&stage.url("/code"));
    browser.switch_to(&first);
    let code = phone.code();
    type_code(&browser, &code);
    assert_eq!(browser.path(), "/desktop");
    browser.switch_to(&second);
    type_code(&browser, &code);
    assert!(browser.text().contains("This page is out of date"), "{}", browser.text());
    browser.find("main a").follow();
    assert_eq!(browser.path(), "/desktop");
}

/// Five wrong codes lock the account. The page says for how long, and lets the user in afterwards.
#[test]
fn five_wrong_codes_lock_the_account_for_a_while() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    stage.admin(&["advanced", "set", "lockout-seconds", "4"]);
    let browser = Browser::new();
    let mut phone = stage.enrol_alice(&browser);
    browser.find("[aria-label='Open Windows desktop']").follow();
    let other = Browser::new();
    stage.type_password(&other, "alice", ALICE);
    for (code, left) in
        phone.wrong_codes().zip(["4 attempts", "3 attempts", "2 attempts", "1 attempt"])
    {
        type_code(&other, &code);
        assert!(other.find("[role=alert]").text().contains(&format!("{left} left")));
    }
    type_code(&other, &phone.wrong_codes().nth(5).unwrap());
    let locked = Instant::now();
    assert_eq!(other.title(), "Error: Sign-in locked – remote-work");
    let alert = other.find("[role=alert]").text();
    assert!(alert.contains("Too many wrong codes") && alert.contains(" s "), "{alert}");
    assert!(!other.has("#code"));
    // A signed-in user stays signed in, and can open more.
    browser.goto(&stage.url("/desktop"));
    browser.find("[aria-label='Open Accounting']").follow();
    assert_eq!(browser.path(), "/session/accounting");
    std::thread::sleep(std::time::Duration::from_secs(5).saturating_sub(locked.elapsed()));
    other.find("main a.primary").follow();
    type_code(&other, &phone.code());
    assert_eq!(other.path(), "/desktop");

    // The hard stop: only an administrator can help.
    sign_out(&other);
    stage.admin(&["advanced", "set", "lockout-attempts", "1"]);
    stage.admin(&["advanced", "set", "lockout-seconds", "86400"]);
    stage.type_password(&other, "alice", ALICE);
    type_code(&other, &phone.wrong_codes().next().unwrap());
    assert!(other.find("[role=alert]").text().contains("Too many wrong codes"));
    stage.admin(&["users", "unlock", "alice"]);
    other.find("main a.primary").follow();
    type_code(&other, &phone.code());
    assert_eq!(other.path(), "/desktop");
}

/// The phone is at home: a code on paper signs in once.
#[test]
fn a_recovery_code_signs_in_once() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let browser = Browser::new();
    stage.enrol_alice(&browser);
    let codes = stage.admin(&["users", "recovery-codes", "alice", "--count", "2"]).stdout;
    let code = codes.lines().next().unwrap();
    sign_out(&browser);
    stage.type_password(&browser, "alice", ALICE);
    browser.find("a[href='/code?with=recovery-code']").follow();
    assert_eq!(browser.title(), "Enter a recovery code – remote-work");
    let field = browser.find("#code");
    assert_eq!(
        (field.attribute("inputmode"), field.attribute("autocomplete")),
        ("text".into(), "off".into())
    );
    type_code(&browser, &code.to_lowercase());
    assert_eq!(browser.path(), "/desktop");
    assert!(browser.find("[role=status]").text().contains("left: 1"), "{}", browser.text());
    sign_out(&browser);
    stage.type_password(&browser, "alice", ALICE);
    type_code(&browser, code);
    assert!(browser.find("[role=alert]").text().contains("This code was already used"));
    assert!(!stage.log().contains(code));
}
