//! Changing how a user gets codes, and who may do so.

use crate::sandbox::{Sandbox, Secret};
use crate::{MASKED, NUMBER, Outbox, another, sign_in, type_code, with_alice, with_proved_alice};

fn edit(sandbox: &Sandbox, args: &[&str]) -> String {
    let run = sandbox.admin(&[&["users", "edit", "alice"], args].concat());
    assert_eq!(run.code, 0, "{run:?}");
    run.stderr
}

#[test]
fn from_app_to_sms_and_back_keeps_a_proved_secret() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let outbox = Outbox::of(&sandbox);
    let secret = sandbox.enrol("alice");
    let live = |sandbox: &Sandbox| sandbox.show("alice")["grants"].as_array().unwrap().len();
    assert_eq!(live(&sandbox), 1);
    edit(&sandbox, &["--method", "sms", "--phone", NUMBER]);
    assert_eq!(live(&sandbox), 0, "grants earned with the app have ended");
    assert_eq!(sandbox.show("alice")["enrolment"], "none");
    sandbox.pass(60);
    let sent = sign_in(&sandbox);
    assert_eq!((sent.reason().as_str(), &sent.json()["enrolled"]), ("sms-sent", &false.into()));
    assert_eq!(sandbox.show("alice")["enrolment"], "pending");
    let app = secret.code(sandbox.now());
    assert_eq!(
        type_code(&sandbox, &app).reason(),
        "wrong-code",
        "codes of the app are not accepted"
    );
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "activated");
    sign_in(sandbox.pass(60));
    let outstanding = outbox.code();
    assert_eq!(edit(&sandbox, &["--method", "app"]), "");
    assert_eq!(live(&sandbox), 0);
    assert_eq!(sandbox.show("alice")["enrolment"], "active");
    assert_eq!(sign_in(sandbox.pass(60)).reason(), "code-required");
    assert_eq!(type_code(&sandbox, &outstanding).reason(), "wrong-code");
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
}

/// Guards the secret of the app: a user who has signed in by SMS sees it only after a code by SMS,
/// each time.
#[test]
fn from_sms_to_app_the_qr_code_is_shown_after_a_code_by_sms_only() {
    let (sandbox, outbox) = with_proved_alice();
    let note = edit(&sandbox, &["--method", "app"]);
    assert!(note.contains("no authenticator app set up yet") && note.contains("alice"), "{note}");
    assert_eq!(sandbox.show("alice")["enrolment"], "pending");
    for args in [&["--check"][..], &["--session", "html5"]] {
        let run = sandbox.verify(&[args, &["--", "alice"]].concat(), None);
        assert_eq!(run.reason(), "code-required", "{run:?}");
    }
    let sent = sign_in(&sandbox);
    assert_eq!(sent.end(), (3, "sms-sent".to_owned()), "{sent:?}");
    assert_eq!(
        (&sent.json()["method"], &sent.json()["sms"]["to"]),
        (&"sms".into(), &MASKED.into())
    );
    assert!(sent.json()["enrolment"].is_null(), "{sent:?}");
    let wrong = type_code(&sandbox, &another(&outbox.code()));
    assert_eq!(wrong.reason(), "wrong-code", "{wrong:?}");
    let shown = type_code(&sandbox, &outbox.code());
    assert_eq!(shown.end(), (3, "enrolment-required".to_owned()), "{shown:?}");
    assert_eq!(shown.json()["method"], "app");
    let secret = Secret::of(&shown.json());
    assert_eq!(sandbox.show("alice")["grants"].as_array().unwrap().len(), 0, "no grant yet");
    // A reload by an unknown visitor: the secret is not shown again, and a code is sent.
    sandbox.pass(60);
    let reload = sign_in(&sandbox);
    assert_eq!(reload.reason(), "sms-sent", "{reload:?}");
    assert!(!reload.stdout.contains(&secret.to_base32()));
    assert_eq!(type_code(&sandbox, &another(&outbox.code())).reason(), "wrong-code");
    let right = sandbox.login("alice", &secret);
    assert_eq!(right.end(), (0, "activated".to_owned()), "{right:?}");
    assert_eq!(sign_in(sandbox.pass(60)).reason(), "code-required", "from now on by app");
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "wrong-code");
    assert_eq!(outbox.count(), 3);
}

/// Guards against hand edits and a removed number: neither shows the secret for a password alone.
#[test]
fn no_hand_edit_shows_the_secret_for_a_password_alone() {
    let (sandbox, outbox) = with_proved_alice();
    let document = sandbox.document("users", "alice");
    sandbox.edit(&document, "method = \"sms\"", "method = \"app\"");
    assert_eq!(sign_in(&sandbox).reason(), "sms-sent");
    sandbox.edit(&document, "phone = ", "# phone = ");
    for code in [None, Some(outbox.code())] {
        let run = sandbox.verify(&["--", "alice"], code.as_deref());
        assert!(run.json()["enrolment"].is_null(), "{run:?}");
        assert!(["sms-failed", "wrong-code"].contains(&run.reason().as_str()), "{run:?}");
    }
    sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    assert_eq!(sign_in(&sandbox).reason(), "enrolment-required", "the administrator can reset");
}

#[test]
fn from_sms_never_proved_to_app_is_a_plain_enrolment() {
    let (sandbox, outbox) = with_alice();
    sign_in(&sandbox);
    edit(&sandbox, &["--method", "app"]);
    let shown = sign_in(&sandbox);
    assert_eq!(shown.reason(), "enrolment-required");
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "wrong-code");
    assert_eq!(sandbox.login("alice", &Secret::of(&shown.json())).reason(), "activated");
}

#[test]
fn a_secret_handed_over_in_person_is_confirmed_without_a_message() {
    let (sandbox, outbox) = with_proved_alice();
    let refused = sandbox.admin(&["users", "enrol", "alice"]);
    assert!(refused.code == 1 && refused.stderr.contains("--method app"), "{refused:?}");
    edit(&sandbox, &["--method", "app"]);
    let text = sandbox.admin_ok(&["users", "enrol", "alice", "--format", "json"]);
    let enrolment: serde_json::Value = serde_json::from_str(&text).unwrap();
    let secret = Secret::of(&enrolment);
    // Whoever has the SIM card and the password is shown nothing.
    for args in [&["--", "alice"][..], &["--resend", "--", "alice"]] {
        let asked = sandbox.pass(60).verify(args, None);
        assert_eq!(
            (asked.reason().as_str(), &asked.json()["method"]),
            ("code-required", &"app".into())
        );
        assert!(asked.json()["enrolment"].is_null(), "{asked:?}");
    }
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "wrong-code");
    assert_eq!(sandbox.login("alice", &secret).reason(), "activated");
    assert_eq!(outbox.count(), 1);
}

/// Guards a temporary code beside SMS: where enrolment is closed, it opens no other way in.
#[test]
fn a_temporary_code_sends_no_message_to_a_user_who_may_not_enrol() {
    let (sandbox, outbox) = with_proved_alice();
    sandbox.admin_ok(&["advanced", "set", "enrolment", "handed-over"]);
    let warned = edit(&sandbox, &["--method", "app"]);
    assert!(warned.contains("no login lets them enrol: alice"), "{warned}");
    sandbox.pass(60);
    assert_eq!(sign_in(&sandbox).reason(), "enrolment-closed");
    let code = sandbox.admin_ok(&["users", "temporary-code", "alice"]);
    for args in [&["--", "alice"][..], &["--resend", "--", "alice"]] {
        assert_eq!(sandbox.verify(args, None).reason(), "code-required", "{args:?}");
    }
    assert_eq!(outbox.count(), 1);
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "wrong-code");
    assert_eq!(type_code(&sandbox, code.trim()).reason(), "temporary-code-accepted");
}

#[test]
fn sms_needs_a_gateway_and_a_number_first() {
    let sandbox = Sandbox::new();
    let add = |args: &[&str]| sandbox.admin(&[&["users", "add", "alice"], args].concat());
    let run = add(&["--method", "sms", "--phone", NUMBER]);
    assert!(run.code == 1 && run.stderr.contains("'rw2fa sms configure' first"), "{run:?}");
    Outbox::of(&sandbox);
    let run = add(&["--method", "sms"]);
    assert!(run.code == 1 && run.stderr.contains("--phone"), "{run:?}");
    for wrong in ["0612345678", "+3361234567", "+336123456789", "+999123456", "x"] {
        assert_eq!(add(&["--method", "sms", "--phone", wrong]).code, 2, "{wrong}");
    }
    let group = sandbox.admin(&["users", "add", "--group", "staff", "--method", "sms"]);
    assert!(group.code == 1 && group.stderr.contains("one by one"), "{group:?}");
    assert_eq!(add(&[]).code, 0);
    let edit = |args: &[&str]| sandbox.admin(&[&["users", "edit", "alice"], args].concat());
    let run = edit(&["--method", "sms"]);
    assert!(run.code == 1 && run.stdout.is_empty() && run.stderr.contains("--phone"), "{run:?}");
    assert_eq!(edit(&["--method", "sms", "--phone", "+33 (0)6 12 34 56 78"]).code, 0);
    assert_eq!(sandbox.show("alice")["phone"], NUMBER, "unmasked for the administrator");
    let unknown = edit(&["--phone", "+33700000001"]);
    assert!(
        unknown.code == 0 && unknown.stderr.contains("not in any known number range"),
        "{unknown:?}"
    );
    let enabled = sandbox.admin(&["enable"]);
    assert!(enabled.stderr.contains("codes by SMS: 1 user"), "{enabled:?}");
    let removed = sandbox.admin(&["sms", "remove", "--yes"]);
    assert!(removed.stderr.contains("1 user can no longer get a code"), "{removed:?}");
    let enabled = sandbox.admin(&["enable"]);
    assert!(enabled.stderr.contains("cannot get a code by SMS: no SMS gateway"), "{enabled:?}");
    let doctor = sandbox.admin(&["doctor", "--format", "json"]);
    assert!(doctor.code == 1 && doctor.stdout.contains("sms-gateway"), "{doctor:?}");
}

#[test]
fn recovery_codes_work_for_users_of_sms() {
    let (sandbox, outbox) = with_proved_alice();
    let text = sandbox.admin_ok(&["users", "recovery-codes", "alice", "--count", "1"]);
    let code = text.lines().next().unwrap();
    assert_eq!(type_code(&sandbox, code).reason(), "recovery-code-accepted");
    assert_eq!(type_code(&sandbox, code).reason(), "code-used");
    assert_eq!(outbox.count(), 1);
}

#[test]
fn the_help_desk_can_check_a_code_by_sms() {
    let (sandbox, outbox) = with_alice();
    let test = |code: &str| {
        sandbox.admin_with_stdin(
            &["users", "test", "alice", "--code-stdin", "--format", "json"],
            format!("{code}\n").as_bytes(),
        )
    };
    let result = |code: &str| test(code).json()["test"]["result"].as_str().unwrap().to_owned();
    assert_eq!(result("123456"), "no-secret");
    sign_in(&sandbox);
    let code = outbox.code();
    assert_eq!((result(&code).as_str(), result(&code).as_str()), ("right", "right"), "not spent");
    assert_eq!(result(&another(&code)), "wrong");
    assert_eq!(sandbox.show("alice")["failures"], 1, "charged");
    assert_eq!(type_code(&sandbox, &code).reason(), "activated");
    assert_eq!(result(&code), "used");
}

#[test]
fn explain_shows_where_a_code_would_go_and_sends_none() {
    let (sandbox, outbox) = with_proved_alice();
    let text = sandbox.admin_ok(&["explain", "alice", "--format", "json"]);
    let explained: serde_json::Value = serde_json::from_str(&text).unwrap();
    let method = explained["chain"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&method["rule"], &method["result"]), (&"method".into(), &"sms".into()));
    assert_eq!(method["detail"], format!("a sign-in sends a code to {MASKED}"));
    assert_eq!(method["decides"], serde_json::json!(["sign-in"]));
    assert!(!text.contains(NUMBER), "{text}");
    assert_eq!(outbox.count(), 1);
}
