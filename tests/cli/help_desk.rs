//! What the help desk does for a user: temporary codes, handed-over QR codes, lost phones, and tests of codes.

use serde_json::Value;

use crate::sandbox::{Run, Sandbox, Secret};

/// Creates a temporary code for alice with these options, and returns it.
fn temporary_code(sandbox: &Sandbox, options: &[&str]) -> String {
    let args = ["users", "temporary-code", "alice", "--format", "json"];
    let made = sandbox.admin(&[&args[..], options].concat());
    assert_eq!(made.code, 0, "{made:?}");
    made.json()["temporary_code"]["code"].as_str().unwrap().to_owned()
}

fn sign_in(sandbox: &Sandbox, code: Option<&str>) -> String {
    sandbox.verify(&["--client=c1", "--", "alice"], code).reason()
}

/// Guards a temporary code for a user without a phone, enrolled or not: it lets the user in as often and as long as the
/// administrator said, and enrols nobody.
#[test]
fn a_temporary_code_lets_in_and_enrols_nobody() {
    for is_enrolled in [false, true] {
        let sandbox = Sandbox::with_users(&["alice"]);
        if is_enrolled {
            sandbox.enrol("alice");
        }
        let state = sandbox.show("alice")["state"].clone();
        let code = temporary_code(&sandbox, &["--for", "2h", "--uses", "2"]);
        assert_eq!(sign_in(&sandbox, None), "code-required", "{is_enrolled}");
        let lower = code.to_lowercase().replace('-', " ");
        let first = sandbox.verify(&["--client=c1", "--", "alice"], Some(&lower));
        assert_eq!(first.reason(), "temporary-code-accepted");
        let answer = first.json();
        assert_eq!(answer["enrolled"], is_enrolled);
        assert!(answer["message"].as_str().unwrap().contains('1'), "{answer}");
        let details = sandbox.show("alice");
        assert_eq!(
            (&details["state"], &details["temporary_code"]["uses_left"]),
            (&state, &1.into())
        );
        let session = ["--session=html5", "--client=c1", "--", "alice"];
        assert_eq!(sandbox.verify(&session, None).reason(), "session-valid");
        assert_eq!(sign_in(&sandbox, Some(&code)), "temporary-code-accepted");
        // Used up: an enrolled user is told so, and another one enrols as before.
        let after = if is_enrolled { "code-used" } else { "enrolment-required" };
        assert_eq!(sign_in(&sandbox, Some(&code)), after);
        assert_eq!(sandbox.show("alice")["failures"], 0);
        assert_eq!(sandbox.show("alice")["temporary_code"], Value::Null);
        sandbox.admin_ok(&["audit", "verify"]);
    }
}

/// Guards the ends of a temporary code: its time, its revocation, its replacement, and a reset.
#[test]
fn a_temporary_code_ends() {
    let end = |act: &dyn Fn(&Sandbox)| {
        let sandbox = Sandbox::with_users(&["alice"]);
        sandbox.enrol("alice");
        let code = temporary_code(&sandbox, &["--uses", "9"]);
        assert_eq!(sign_in(&sandbox, Some(&code)), "temporary-code-accepted");
        act(&sandbox);
        sign_in(&sandbox, Some(&code))
    };
    let revoke = ["users", "temporary-code", "alice", "--revoke"];
    assert_eq!(end(&|_| ()), "temporary-code-accepted");
    assert_eq!(end(&|sandbox| _ = sandbox.pass(8 * 3600 - 1)), "temporary-code-accepted");
    assert_eq!(end(&|sandbox| _ = sandbox.pass(8 * 3600)), "wrong-code");
    assert_eq!(end(&|sandbox| _ = sandbox.admin_ok(&revoke)), "wrong-code");
    assert_eq!(end(&|sandbox| _ = temporary_code(sandbox, &[])), "wrong-code");
    assert_eq!(
        end(&|sandbox| _ = sandbox.admin_ok(&["users", "reset", "alice", "--yes"])),
        "enrolment-required"
    );
    let sandbox = Sandbox::with_users(&["alice"]);
    assert_eq!(sandbox.admin(&revoke), Run::new(0, "user alice: unchanged\n", ""));
    temporary_code(&sandbox, &[]);
    assert_eq!(sandbox.admin(&revoke), Run::new(0, "user alice: changed\n", ""));
    for (options, code) in [
        (&["--for", "59s"][..], 2),
        (&["--for", "31d"], 2),
        (&["--for", "soon"], 2),
        (&["--uses", "0"], 2),
        (&["--revoke", "--uses", "2"], 2),
    ] {
        let refused = sandbox.admin(&[&["users", "temporary-code", "alice"], options].concat());
        assert_eq!(refused.code, code, "{options:?}: {refused:?}");
    }
    let unknown = sandbox.admin(&["users", "temporary-code", "alic"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""), "{unknown:?}");
}

/// Guards the lockout: guesses of a temporary code count as those of any other, and a locked user is not let in by one.
#[test]
fn a_temporary_code_is_guarded_by_the_lockout() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let code = temporary_code(&sandbox, &[]);
    for number in 0..5 {
        let guess = format!("0000-0000-0000-000{number}");
        let reason = sign_in(&sandbox, Some(&guess));
        assert_eq!(reason, if number < 4 { "wrong-code" } else { "locked" }, "{number}");
    }
    assert_eq!(sign_in(&sandbox, Some(&code)), "locked");
    let made = sandbox.admin(&["users", "temporary-code", "alice"]);
    assert!(made.stderr.contains("rw2fa users unlock alice"), "{made:?}");
    sandbox.admin_ok(&["users", "unlock", "alice"]);
    assert_eq!(sign_in(&sandbox, Some(made.stdout.trim())), "temporary-code-accepted");
    // Text that cannot be a code is not charged, although this user has no app to compare with.
    let code = temporary_code(&sandbox, &[]);
    for text in ["123456", "hello", "0000-0000"] {
        assert_eq!(sign_in(&sandbox, Some(text)), "wrong-code", "{text}");
    }
    assert_eq!(sandbox.show("alice")["failures"], 0);
    assert_eq!(sign_in(&sandbox, Some(&code)), "temporary-code-accepted");
}

/// Guards a temporary code through an export and an import: it is not in the file, and the present one stays.
#[test]
fn a_temporary_code_is_not_exported() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    let old = temporary_code(&sandbox, &["--uses", "5"]);
    let exported = sandbox.admin_ok(&["store", "export", "-", "--yes"]);
    assert!(!exported.contains("temporary"), "{exported}");
    let new = temporary_code(&sandbox, &["--uses", "5"]);
    let imported =
        sandbox.admin_with_stdin(&["store", "import", "-", "--yes"], exported.as_bytes());
    assert_eq!(imported.code, 0, "{imported:?}");
    assert_eq!(sign_in(&sandbox, Some(&old)), "wrong-code");
    assert_eq!(sign_in(&sandbox, Some(&new)), "temporary-code-accepted");
}

/// Guards that a preview of an enrolment is a document, as that of any other change, and changes nothing.
#[test]
fn a_preview_of_an_enrolment_is_a_document() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let before = sandbox.contents();
    let preview = sandbox.admin(&["users", "enrol", "alice", "--dry-run", "--format", "json"]);
    let document = preview.json();
    assert_eq!((preview.code, &document["schema"]), (0, &1.into()), "{preview:?}");
    assert_eq!(document["dry_run"], true, "{preview:?}");
    assert_eq!(document["changes"][0]["name"], "alice", "{preview:?}");
    assert_eq!(document["changes"][0]["result"], "changed", "{preview:?}");
    assert_eq!(sandbox.contents(), before);
    // In words, too.
    let preview = sandbox.admin(&["users", "enrol", "alice", "--dry-run"]);
    assert!(preview.stderr.contains("would create a secret"), "{preview:?}");
    let unknown = sandbox.admin(&["users", "enrol", "bob", "--dry-run", "--format", "json"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (1, ""), "{unknown:?}");
}

/// Guards the life of a QR code that was handed over: until it ends no login shows it, and afterwards nobody enrols with
/// the password alone.
#[test]
fn a_handed_over_qr_code_lapses_into_closed_enrolment() {
    for (options, life) in
        [(&[][..], 86_400), (&["--for", "3d"], 3 * 86_400), (&["--for", "1h"], 3600)]
    {
        let sandbox = Sandbox::with_users(&["alice"]);
        let enrol = |sandbox: &Sandbox| {
            let args = [&["users", "enrol", "alice", "--format", "json"], options].concat();
            let enrolment = sandbox.admin(&args).json()["enrolment"].clone();
            Secret::from_base32(enrolment["secret"].as_str().unwrap())
        };
        let secret = enrol(&sandbox);
        sandbox.pass(life - 1);
        assert_eq!(sign_in(&sandbox, None), "code-required", "{options:?}");
        sandbox.pass(1);
        assert_eq!(sign_in(&sandbox, None), "enrolment-closed", "{options:?}");
        assert_eq!(sandbox.login("alice", &secret).reason(), "enrolment-closed");
        let why = sandbox.admin(&["explain", "alice"]);
        assert!(why.stdout.contains("rw2fa users enrol alice"), "{why:?}");
        let again = enrol(&sandbox);
        assert_ne!(again, secret, "an expired secret was handed over again");
        assert_eq!(sandbox.login("alice", &again).reason(), "activated");
        sandbox.pass(10 * life);
        assert_eq!(sandbox.login("alice", &again).reason(), "code-accepted");
    }
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["users", "enrol", "alice"]);
    sandbox.pass(86_400);
    sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    assert_eq!(sign_in(&sandbox, None), "enrolment-required", "a reset lets the user enrol alone");
}

/// Guards the setting `enrolment`: with `handed-over`, no login ever shows a QR code.
#[test]
fn enrolment_can_be_left_to_administrators() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let refused = sandbox.admin(&["advanced", "set", "enrolment", "by-hand"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("self-service or handed-over"), "{refused:?}");
    sandbox.admin_ok(&["advanced", "set", "enrolment", "handed-over"]);
    assert_eq!(sign_in(&sandbox, None), "enrolment-closed");
    assert_eq!(sign_in(&sandbox, Some("123456")), "enrolment-closed");
    let code = temporary_code(&sandbox, &[]);
    assert_eq!(sign_in(&sandbox, Some(&code)), "temporary-code-accepted");
    assert_eq!(sign_in(&sandbox, None), "enrolment-closed");
    let made = sandbox.admin(&["users", "enrol", "alice", "--format", "json"]).json();
    let secret = Secret::from_base32(made["enrolment"]["secret"].as_str().unwrap());
    assert_eq!(sandbox.login("alice", &secret).reason(), "activated");
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    assert_eq!(sign_in(&sandbox, None), "enrolment-closed");
    sandbox.admin_ok(&["advanced", "set", "enrolment", "self-service"]);
    assert_eq!(sign_in(&sandbox, None), "enrolment-required");
}

/// Guards a lost phone: everything that the finder could use ends, and the password alone shows no QR code.
#[test]
fn a_lost_phone_is_replaced_in_one_step() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let lost = sandbox.enrol("alice");
    let recovery = sandbox.admin_ok(&["users", "recovery-codes", "alice", "--count", "1"]);
    let temporary = temporary_code(&sandbox, &["--uses", "9"]);
    let session = ["--session=html5", "--", "alice"];
    assert_eq!(sandbox.verify(&session, None).reason(), "session-valid");
    let asked = sandbox.admin(&["users", "lost-phone", "alice"]);
    assert_eq!(asked.code, 2, "it asks first: {asked:?}");
    let dry = sandbox.admin_ok(&["users", "lost-phone", "alice", "--dry-run"]);
    assert_eq!(dry, "user alice: would be changed\n");
    assert_eq!(
        sandbox.verify(&session, None).reason(),
        "session-valid",
        "a dry run changed something"
    );
    let made = sandbox.admin(&["users", "lost-phone", "alice", "--yes", "--format", "json"]).json();
    let new = Secret::from_base32(made["enrolment"]["secret"].as_str().unwrap());
    for code in [recovery.trim(), temporary.as_str()] {
        assert_eq!(sign_in(&sandbox, Some(code)), "wrong-code");
    }
    assert_eq!(sandbox.verify(&session, None).reason(), "code-required");
    sandbox.pass(60);
    assert_eq!(sandbox.login("alice", &lost).reason(), "wrong-code");
    assert_eq!(sign_in(&sandbox, None), "code-required", "a QR code for anyone with the password");
    assert_eq!(sandbox.login("alice", &new).reason(), "activated");
    sandbox.admin_ok(&["users", "lost-phone", "alice", "--self-service", "--yes"]);
    assert_eq!(sign_in(&sandbox, None), "enrolment-required");
    let both = ["users", "lost-phone", "alice", "--self-service", "--for", "3d"];
    assert_eq!(sandbox.admin(&both).code, 2);
    let unknown = sandbox.admin(&["users", "lost-phone", "alic"]);
    assert_eq!(unknown.code, 1, "it asked about an unknown user: {unknown:?}");
}

/// Guards `users test` as a diagnosis: the codes of a device whose clock is up to a day off are recognised and never
/// count as failed attempts, and those of another device do.
#[test]
fn test_recognises_a_device_with_a_wrong_clock() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    sandbox.admin_ok(&["advanced", "set", "discrepancy", "1"]);
    sandbox.pass(3 * 86_400);
    let test = |code: &str| {
        sandbox.admin_with_stdin(&["users", "test", "alice", "--code-stdin"], code.as_bytes())
    };
    for (off, words, code) in [
        (0, "right code; the device's clock is right", 0),
        (30, "right code; the device's clock is about 30 s fast, and logins accept up to 30 s", 0),
        (-30, "right code; the device's clock is about 30 s slow, and logins accept up to 30 s", 0),
        (
            90,
            "right code, but the device's clock is about 1 min 30 s fast, and logins accept at most 30 s: turn on \
             automatic time on the device",
            1,
        ),
        (
            -86_400,
            "right code, but the device's clock is about 1 d slow, and logins accept at most 30 s: turn on \
             automatic time on the device",
            1,
        ),
    ] {
        for _ in 0..6 {
            let typed = secret.code(sandbox.now() + off);
            assert_eq!(test(&typed), Run::new(code, &format!("alice: {words}\n"), ""), "{off}");
        }
    }
    assert_eq!(sandbox.show("alice")["failures"], 0);
    let args = ["users", "test", "alice", "--code-stdin", "--format", "json"];
    let typed = secret.code(sandbox.now() + 300);
    let json = sandbox.admin_with_stdin(&args, typed.as_bytes()).json();
    assert_eq!(
        (&json["test"]["result"], &json["test"]["drift_steps"]),
        (&"outside-window".into(), &10.into())
    );
    assert_eq!(json["test"]["window_steps"], 1);
    // A login accepts none of them: the test must not widen the window.
    assert_eq!(sign_in(&sandbox, Some(&typed)), "wrong-code");
    let other = Secret::from_base32("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
    let days = 2 * 86_400;
    let wrong = test(&other.code(sandbox.now() + days));
    let words = "alice: not a code from this device; this counts as a failed attempt\n";
    assert_eq!(wrong, Run::new(1, words, ""));
    assert_eq!(sandbox.show("alice")["failures"], 2);
    let recovery = sandbox.admin_ok(&["users", "recovery-codes", "alice", "--count", "1"]);
    assert!(test(recovery.trim()).stdout.contains("recovery code that can still be used"));
    let temporary = temporary_code(&sandbox, &["--uses", "3"]);
    assert!(test(&temporary).stdout.contains("the user's temporary code; uses left: 3"));
    assert_eq!(sandbox.show("alice")["temporary_code"]["uses_left"], 3, "the test used it up");
}

/// Guards `enable`: it says who sees a QR code, who has one, and who could not sign in at all.
#[test]
fn enable_says_what_the_first_login_does() {
    let sandbox = Sandbox::with_users(&["alice", "bob", "carol"]);
    sandbox.admin_ok(&["users", "enrol", "alice"]);
    let text = sandbox.admin(&["enable"]).stderr;
    assert!(
        text.contains(
            "already given a QR code or a temporary code: 1 user; each is asked for a code"
        ),
        "{text}"
    );
    assert!(text.contains("not enrolled yet: 2 users; each sees a QR code"), "{text}");
    sandbox.admin_ok(&["advanced", "set", "enrolment", "handed-over"]);
    let text = sandbox.admin(&["enable"]).stderr;
    assert!(!text.contains("sees a QR code"), "{text}");
    assert!(
        text.contains("not enrolled, and no login lets them enrol: 2 users; they cannot sign in"),
        "{text}"
    );
    sandbox.pass(86_400);
    sandbox.admin_ok(&["advanced", "set", "enrolment", "self-service"]);
    let text = sandbox.admin(&["enable"]).stderr;
    assert!(text.contains("no login lets them enrol: 1 user"), "an expired QR code: {text}");
}

/// Guards against a stranger who saw a QR code while logins still showed it: a temporary code for the real user does not
/// reopen an enrolment that was closed since.
#[test]
fn a_temporary_code_reopens_no_enrolment() {
    for (setting, value, later) in
        [("enrolment", "handed-over", 60), ("enrolment-days", "1", 86_400)]
    {
        let sandbox = Sandbox::with_users(&["alice"]);
        sandbox.pass(86_400 - 600);
        let seen = Secret::of(&sandbox.verify(&["--", "alice"], None).json());
        sandbox.admin_ok(&["advanced", "set", setting, value]);
        sandbox.at(later.max(86_400));
        assert_eq!(sandbox.login("alice", &seen).reason(), "enrolment-closed", "{setting}");
        let code = temporary_code(&sandbox, &["--uses", "2"]);
        assert_eq!(sandbox.login("alice", &seen).reason(), "wrong-code", "{setting}");
        assert_eq!(sandbox.show("alice")["state"], "pending");
        for args in [&["--", "alice"][..], &["--resend", "--", "alice"]] {
            assert_eq!(sandbox.verify(args, None).reason(), "code-required", "{args:?}");
        }
        assert_eq!(sign_in(&sandbox, Some(&code)), "temporary-code-accepted", "{setting}");
        assert_eq!(sandbox.login("alice", &seen).reason(), "wrong-code", "{setting}");
    }
}

/// Guards `users test` for short codes: in a day's window a made-up one would match by chance.
#[test]
fn test_recognises_no_short_code_outside_the_window() {
    let sandbox = Sandbox::new();
    sandbox.admin_ok(&["advanced", "set", "digits", "4"]);
    sandbox.admin_ok(&["users", "add", "alice"]);
    sandbox.admin_ok(&["enable"]);
    let secret = Secret::of(&sandbox.verify(&["--", "alice"], None).json());
    let typed = secret.code(sandbox.now() + 3 * 3600);
    let args = ["users", "test", "alice", "--code-stdin", "--format", "json"];
    let tested = sandbox.admin_with_stdin(&args, &typed.as_bytes()[typed.len() - 4..]).json();
    assert_eq!(tested["test"]["result"], "wrong");
    assert_eq!(sandbox.show("alice")["failures"], 1);
}

/// Guards changes after which users cannot sign in: each command says so.
#[test]
fn commands_say_who_needs_a_qr_code() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["advanced", "set", "enrolment", "handed-over"]);
    let listing = "method = \"sms\"\nphone = \"+33612345678\"\nadded = 2026-11-24T08:00:00Z\n";
    sandbox.write(&sandbox.document("users", "alice"), listing);
    let edited = sandbox.admin(&["users", "edit", "alice", "--method", "app"]);
    assert!(edited.stderr.contains("no login lets them enrol: alice"), "{edited:?}");
    assert!(edited.stderr.contains("rw2fa users enrol alice"), "{edited:?}");
    assert!(!edited.stderr.contains("shows a QR code"), "{edited:?}");
}
