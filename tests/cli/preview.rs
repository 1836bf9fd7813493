//! What the next login will get, shown while two-factor authentication is off.

use crate::explain::{answer, explain, found, list_group};
use crate::sandbox::Sandbox;
use serde_json::Value;

/// Creates a store that is off, with a user for each answer to the first login once it is on.
fn waiting_store() -> Sandbox {
    let sandbox = Sandbox::with_users(&["alice", "bob", "late", "locked"]);
    sandbox.enrol("alice");
    sandbox.enrol("locked");
    sandbox.set_failures("locked", 100);
    sandbox.set("enrolment-days", "3");
    sandbox.pass(3 * 86_400);
    sandbox.admin_ok(&["users", "reset", "bob", "--yes"]);
    list_group(&sandbox, "staff");
    sandbox.admin_ok(&["whitelist", "add", "alice"]);
    sandbox.admin_ok(&["disable", "--yes"]);
    sandbox
}

/// Guards the preview while two-factor authentication is off: the answer now, and the answer and its
/// rule once it is on. What is off stays off.
#[test]
fn a_store_that_is_off_previews_the_rules() {
    let sandbox = waiting_store();
    for (user, reason, rule) in [
        ("alice", "code-required", "enrolment"),
        ("bob", "enrolment-required", "enrolment"),
        ("late", "enrolment-closed", "enrolment"),
        ("locked", "locked", "lock"),
        ("eve", "groups-unknown", "groups"),
    ] {
        let explained = explain(&sandbox, &[user]);
        assert_eq!(answer(&explained, "sign-in"), "disabled by enabled", "{user}");
        let later = &explained["once_enabled"];
        assert_eq!(answer(later, "sign-in"), format!("{reason} by {rule}"), "{user}");
        assert_eq!(found(later, "enabled"), "on");
        sandbox.admin_ok(&["enable"]);
        let on = explain(&sandbox, &[user]);
        assert_eq!(on["answers"], later["answers"], "{user}: the preview is what comes");
        assert_eq!(on["once_enabled"], Value::Null);
        sandbox.admin_ok(&["disable", "--yes"]);
    }
    let text = sandbox.admin_ok(&["explain", "alice"]);
    let (now, later) = text.split_once("\nonce two-factor authentication is on:\n").unwrap();
    assert!(now.contains("disabled") && !now.contains("code-required"), "{text}");
    assert!(later.contains("code-required"), "{text}");
    let run = sandbox.admin(&["explain", "alcie", "--no-groups"]);
    assert!(run.stderr.contains("did you mean 'alice'?"), "{run:?}");
}

/// Guards `enable --dry-run` and `explain --all`: both show who gets what before anything is on.
#[test]
fn everybody_is_previewed_before_it_is_on() {
    let sandbox = waiting_store();
    let text = sandbox.admin_ok(&["explain", "--all"]);
    assert_eq!(
        text,
        "\
name    type   asked  outcome  reason    why                               once enabled        whitelisted
staff   group  false  grant    disabled  two-factor authentication is off  enrolment-closed    false
alice   user   false  grant    disabled  two-factor authentication is off  code-required       true
bob     user   false  grant    disabled  two-factor authentication is off  enrolment-required  false
late    user   false  grant    disabled  two-factor authentication is off  enrolment-closed    false
locked  user   false  grant    disabled  two-factor authentication is off  locked              false
"
    );
    let before = sandbox.contents();
    let run = sandbox.admin(&["enable", "--dry-run"]);
    assert_eq!(run.code, 0, "{run:?}");
    let (_, forecast) = run.stderr.split_once("once two-factor authentication is on:\n").unwrap();
    assert_eq!(
        forecast,
        "  asked for a code: 1 (alice)
  may connect by RDP without a code: 1 (alice)
  refused, because of too many wrong codes: 1 (locked)
  refused, because they cannot enrol on their own: 1 (late)
  refused, because they cannot enrol on their own, as new members of a group: 1 (staff)
  shown a QR code: 1 (bob)
"
    );
    assert!(before == sandbox.contents(), "a dry run wrote to the store");
    let many: Vec<_> = (1..=7).map(|number| format!("new{number}")).collect();
    let names: Vec<_> = many.iter().map(String::as_str).collect();
    sandbox.admin_ok(&[&["users", "add"], names.as_slice()].concat());
    let run = sandbox.admin(&["enable", "--dry-run"]);
    let line = "  shown a QR code: 8 (bob, new1, new2, new3, new4 and 3 more)\n";
    assert!(run.stderr.contains(line), "{run:?}");
    assert_eq!(sandbox.admin(&["enable", "--dry-run", "--quiet"]).stderr, "");
}
