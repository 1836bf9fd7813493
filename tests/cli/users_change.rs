//! `rw2fa users add`, `edit`, `enrol`, `reset`, `remove`, `unlock`, `revoke` and `test`.

use std::fs;

use crate::sandbox::{Run, Sandbox, Secret};

/// Guards `add` with many names: each is tried, each failure is reported, and no name is listed
/// twice.
#[test]
fn add_tries_each_name() {
    let sandbox = Sandbox::new();
    assert_eq!(
        sandbox.admin(&["users", "add", "Alice", r"CORP\bob", "a\u{200b}b", "", "ALICE"]),
        Run::new(
            1,
            "user alice: added\nuser corp\\bob: added\nuser alice: unchanged\n",
            "error: 'a\\u{200b}b': the name contains the invisible or meaningless character U+200B: \
             remove it\nerror: '': the name is empty\n",
        )
    );
    assert_eq!(
        sandbox.admin(&["users", "add", "bob", "álice", "alice", "--notes", "x"]),
        Run::new(
            1,
            "",
            "error: user bob: overlaps 'corp\\bob': a login could match both\n\
             hint: use one entry for both, or give both their NetBIOS domain: DOMAIN\\NAME\n\
             error: user álice: overlaps 'alice': a login could match both\n\
             hint: use one entry for both, or give both their NetBIOS domain: DOMAIN\\NAME\n\
             error: user alice: already listed, with different settings\n\
             hint: change them with: rw2fa users edit alice --notes x\n",
        )
    );
    assert_eq!(sandbox.admin_ok(&["users", "list", "--format", "csv"]).lines().count(), 3);
}

/// Guards hints that can be pasted into a shell: names and texts in them are quoted.
#[cfg(unix)]
#[test]
fn hints_quote_what_a_shell_would_change() {
    let sandbox = Sandbox::with_users(&[r"CORP\bob", "x y"]);
    for (name, hint) in [
        (r"CORP\bob", r"rw2fa users edit 'corp\bob' --notes 'new phone'"),
        ("x y", "rw2fa users edit 'x y' --notes 'new phone'"),
    ] {
        let run = sandbox.admin(&["users", "add", name, "--notes", "new phone"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.ends_with(&format!("hint: change them with: {hint}\n")), "{run:?}");
    }
}

/// Guards the report of changes to the byte.
#[test]
fn changes_are_reported_as_json() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let added = sandbox.admin(&["users", "add", "bob", "alice", "a/\u{7f}", "--format", "json"]);
    assert_eq!((added.code, added.stderr.as_str()), (1, ""));
    assert_eq!(
        added.stdout,
        r#"{
  "schema": 1,
  "dry_run": false,
  "changes": [
    {
      "type": "user",
      "name": "bob",
      "result": "added",
      "covered_by": [],
      "error": null
    },
    {
      "type": "user",
      "name": "alice",
      "result": "unchanged",
      "covered_by": [],
      "error": null
    },
    {
      "type": "user",
      "name": "a/\u007f",
      "result": "failed",
      "covered_by": [],
      "error": "'a/\u007f': the name contains the invisible or meaningless character U+007F: remove it",
      "kind": "refused"
    }
  ]
}
"#
    );
    let removed = sandbox.admin(&["users", "remove", "bob", "--yes", "--format", "json"]);
    assert_eq!(
        removed.json().to_string(),
        r#"{"schema":1,"dry_run":false,"changes":[{"type":"user","name":"bob","result":"removed","covered_by":[],"error":null}]}"#
    );
}

/// Guards `--dry-run` of every command: it reports what would happen, asks nothing, and writes
/// nothing.
#[test]
fn dry_runs_write_nothing_and_never_ask() {
    let sandbox = Sandbox::with_users(&["alice", "bob", "carl"]);
    let secret = sandbox.enrol("alice");
    for code in secret.wrong_codes(sandbox.now()).take(2) {
        sandbox.verify(&["--", "alice"], Some(&code));
    }
    let picture = sandbox.beside("qr.png");
    let before = sandbox.contents();
    for (args, stdout) in [
        (&["users", "add", "dora"][..], "user dora: would be added\n"),
        (&["users", "edit", "alice", "--notes", "x"], "user alice: would be changed\n"),
        (&["users", "reset", "alice"], "user alice: would be changed\n"),
        (
            &["users", "reset", "--all"],
            "user alice: would be changed\nuser bob: would be unchanged\nuser carl: would be unchanged\n",
        ),
        (
            &["users", "remove", "alice", "bob"],
            "user alice: would be removed\nuser bob: would be removed\n",
        ),
        (&["users", "unlock", "alice"], "user alice: would be changed\n"),
        (&["users", "revoke", "alice"], "user alice: would be changed\n"),
        (&["users", "enrol", "bob"], ""),
        (&["users", "enrol", "bob", "--qr-file", picture.to_str().unwrap()], ""),
        (&["advanced", "set", "discrepancy", "1"], "setting discrepancy: would be changed\n"),
        (&["advanced", "unset", "discrepancy"], "setting discrepancy: would be unchanged\n"),
        (&["disable"], "two-factor authentication off: would be changed\n"),
        (&["enable"], "two-factor authentication on: would be unchanged\n"),
    ] {
        let run = sandbox.admin(&[args, &["--dry-run"]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (0, stdout), "{args:?}: {run:?}");
        assert!(sandbox.contents() == before, "{args:?} wrote to the store");
    }
    assert!(!picture.exists());
    let json = sandbox.admin(&["users", "reset", "alice", "--dry-run", "--format", "json"]).json();
    assert_eq!(json["dry_run"], true);
}

/// Guards `edit`: the attributes change; the secret and the document's comments and order stay.
#[test]
fn edit_keeps_the_secret_and_the_comments() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let document = sandbox.document("users", "alice");
    sandbox.write(
        &document,
        "# head of sales\nadded = 2026-11-24T08:00:00Z\nmethod = \"app\" # as she wished\n",
    );
    let phone = ["users", "edit", "alice", "--phone", "+33 6 12 34 56 78", "--notes", "a \"b\"\nc"];
    assert_eq!(sandbox.admin(&phone), Run::new(0, "user alice: changed\n", ""));
    assert_eq!(sandbox.admin(&phone), Run::new(0, "user alice: unchanged\n", ""));
    let text = fs::read_to_string(&document).unwrap();
    assert!(
        text.starts_with(
            "# head of sales\nadded = 2026-11-24T08:00:00Z\nmethod = \"app\" # as she wished\n\
             phone = \"+33612345678\"\nnotes = "
        ),
        "{text}"
    );
    assert_eq!(sandbox.show("alice")["notes"], "a \"b\"\nc");
    assert_eq!(
        sandbox.admin_ok(&["users", "edit", "alice", "--notes", ""]),
        "user alice: changed\n"
    );
    assert!(!fs::read_to_string(&document).unwrap().contains("notes"));
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    for (args, words) in [
        (&["alice"][..], "--method, --phone or --notes"),
        (&["alice", "--phone", "0612345678"], "like +33612345678"),
        (&["alice", "bob", "--phone", "+33612345678"], "one user at a time"),
    ] {
        let refused = sandbox.admin(&[&["users", "edit"], args].concat());
        assert_eq!(refused.code, 2, "{args:?}: {refused:?}");
        assert!(refused.stderr.contains(words), "{args:?}: {refused:?}");
    }
    let unknown = sandbox.admin(&["users", "edit", "alic", "--notes", "x"]);
    assert_eq!(
        unknown,
        Run::new(1, "", "error: no user is called 'alic'\nhint: did you mean 'alice'?\n")
    );
}

/// Guards handing over in person: the printed secret and the login use the same one until it is
/// used.
#[test]
fn enrol_hands_over_the_pending_secret() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["advanced", "set", "issuer", "corp"]);
    let first = sandbox.admin(&["users", "enrol", "alice", "--format", "json"]);
    let enrolment = &first.json()["enrolment"];
    let text = enrolment["secret"].as_str().unwrap();
    let secret = Secret::from_base32(text);
    assert_eq!(
        enrolment.to_string(),
        format!(
            r#"{{"name":"alice","uri":"otpauth://totp/corp:alice?secret={text}&issuer=corp&algorithm=SHA1&digits=6&period=30","secret":"{text}","qr_file":null,"valid_until":"2026-11-25T08:00:00Z"}}"#
        )
    );
    let drawn = sandbox.admin(&["users", "enrol", "alice"]);
    assert!(drawn.stdout.contains(&format!("secret  {text}\n")), "another secret: {drawn:?}");
    assert_eq!(
        drawn.stderr,
        "valid until 2026-11-25T08:00:00Z; the first correct code activates it\n"
    );
    let picture = sandbox.beside("qr.svg");
    let args = ["users", "enrol", "alice", "--qr-file", picture.to_str().unwrap()];
    assert_eq!(sandbox.admin(&args).code, 0);
    assert!(fs::read_to_string(&picture).unwrap().contains("<svg"));
    let again = sandbox.admin(&args);
    assert_eq!(again.code, 1, "an existing file is never overwritten: {again:?}");
    assert!(again.stderr.contains("use a new file"), "{again:?}");
    assert_eq!(sandbox.show("alice")["shown"]["times"], 3);
    assert_eq!(sandbox.login("alice", &secret).reason(), "activated");
    let other = sandbox.beside("other.png");
    let late = sandbox.admin(&["users", "enrol", "alice", "--qr-file", other.to_str().unwrap()]);
    assert_eq!(
        late,
        Run::new(
            1,
            "",
            "error: alice has already enrolled\n\
             hint: start over with a new secret: rw2fa users reset alice\n"
        )
    );
    assert!(!other.exists(), "a refused command left a file behind");
    assert_eq!(sandbox.admin(&["users", "enrol", "bob"]).code, 1);
    assert_eq!(sandbox.admin(&["users", "enrol", "alice", "--qr-file", "x.gif"]).code, 2);
}

/// Guards `reset`: the old secret is invalid, a second reset changes nothing, a damaged state is
/// repaired.
#[test]
fn reset_forgets_the_secret() {
    let sandbox = Sandbox::with_users(&["alice"]);
    assert_eq!(
        sandbox.admin(&["users", "reset", "alice", "--yes"]),
        Run::new(0, "user alice: unchanged\n", "")
    );
    let secret = sandbox.enrol("alice");
    let wrong = secret.wrong_codes(sandbox.now()).take(5);
    wrong.for_each(|code| _ = sandbox.verify(&["--", "alice"], Some(&code)));
    assert_eq!(
        sandbox.admin(&["users", "reset", "alice", "--yes"]),
        Run::new(0, "user alice: changed\n", "")
    );
    assert_eq!(
        sandbox.admin(&["users", "reset", "--all", "--yes"]),
        Run::new(0, "user alice: unchanged\n", "")
    );
    let shown = sandbox.show("alice");
    assert_eq!((&shown["state"], &shown["failures"]), (&"none".into(), &0.into()));
    assert_eq!(shown["grants"].as_array().unwrap().len(), 0);
    sandbox.pass(30);
    assert_ne!(sandbox.login("alice", &secret).code, 0);
    assert_ne!(sandbox.enrol("alice"), secret);
    let state = sandbox.document("state", "alice");
    for damage in ["", "enrolment = \"active\"\n# end\n", "\u{0}"] {
        sandbox.write(&state, damage);
        assert_eq!(sandbox.verify(&["--", "alice"], None).end(), (4, "store".into()));
        assert_eq!(
            sandbox.admin_ok(&["users", "reset", "alice", "--yes"]),
            "user alice: changed\n"
        );
        sandbox.enrol("alice");
    }
    fs::remove_file(&state).unwrap();
    assert_eq!(sandbox.admin_ok(&["users", "reset", "alice", "--yes"]), "user alice: changed\n");
    sandbox.enrol("alice");
}

/// Guards `enrolment-days`: a reset reopens enrolment, even for users who never enrolled.
#[test]
fn reset_opens_enrolment_again() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["advanced", "set", "enrolment-days", "7"]);
    sandbox.pass(8 * 86_400);
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "enrolment-closed");
    assert_eq!(sandbox.admin_ok(&["users", "reset", "alice", "--yes"]), "user alice: changed\n");
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "enrolment-required");
}

/// Guards `remove`: the user is unlisted at once, and gets another secret when listed again.
#[test]
fn remove_destroys_the_secret() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let secret = sandbox.enrol("alice");
    assert_eq!(
        sandbox.admin(&["users", "remove", "alice", "ghost", "--yes"]),
        Run::new(
            1,
            "user alice: removed\n",
            "error: no user is called 'ghost'\nhint: 'rw2fa users list' shows every user and group\n"
        )
    );
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "not-listed");
    let again = ["users", "remove", "alice", "--yes", "--ignore-missing"];
    assert_eq!(sandbox.admin(&again), Run::new(0, "user alice: unchanged\n", ""));
    sandbox.admin_ok(&["users", "add", "alice"]);
    assert_ne!(sandbox.enrol("alice"), secret);
    // Damaged documents can be removed, too.
    sandbox.write(&sandbox.document("state", "bob"), "?");
    assert_eq!(sandbox.admin_ok(&["users", "remove", "bob", "--yes"]), "user bob: removed\n");
    assert_eq!(sandbox.verify(&["--", "bob"], None).reason(), "not-listed");
}

/// Guards `unlock` and `revoke`: each clears its own part and nothing else.
#[test]
fn unlock_and_revoke_clear_their_part() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let secret = sandbox.enrol("alice");
    let wrong = secret.wrong_codes(sandbox.now()).take(5);
    wrong.for_each(|code| _ = sandbox.verify(&["--", "alice"], Some(&code)));
    let shown = sandbox.show("alice");
    assert_eq!((&shown["state"], &shown["failures"]), (&"locked".into(), &5.into()));
    assert_eq!(
        sandbox.admin(&["users", "unlock", "--all"]),
        Run::new(0, "user alice: changed\nuser bob: unchanged\n", "")
    );
    let shown = sandbox.show("alice");
    assert_eq!((&shown["state"], &shown["failures"]), (&"active".into(), &0.into()));
    assert_eq!(shown["grants"].as_array().unwrap().len(), 1);
    let check = ["--session", "html5", "--check", "--", "alice"];
    assert_eq!(sandbox.verify(&check, None).reason(), "session-valid");
    assert_eq!(
        sandbox.admin(&["users", "revoke", "alice"]),
        Run::new(0, "user alice: changed\n", "")
    );
    assert_eq!(
        sandbox.admin(&["users", "revoke", "alice"]),
        Run::new(0, "user alice: unchanged\n", "")
    );
    assert_eq!(sandbox.verify(&check, None).reason(), "code-required");
    let both = sandbox.admin(&["users", "unlock", "alice", "--all"]);
    assert_eq!(both.code, 2, "{both:?}");
    assert_eq!(sandbox.admin(&["users", "unlock"]).code, 2);
}

/// Guards `users test`: it does not spend the code, and a wrong code counts as at a login.
#[test]
fn test_does_not_spend_the_code() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let test = |code: &str| {
        sandbox.admin_with_stdin(&["users", "test", "alice", "--code-stdin"], code.as_bytes())
    };
    assert_eq!(
        test("123456"),
        Run::new(
            1,
            "alice: the user has no code to check yet; 'rw2fa explain' shows what the next login does\n",
            ""
        )
    );
    let secret = sandbox.enrol("alice");
    sandbox.pass(600);
    let ahead = secret.code(sandbox.now() + 90);
    let expected = "alice: right code; the device's clock is about 1 min 30 s fast, and logins accept up to 4 h\n";
    assert_eq!(test(&ahead), Run::new(0, expected, ""));
    assert_eq!(test(&ahead), Run::new(0, expected, ""), "it was spent");
    let args = ["users", "test", "alice", "--code-stdin", "--format", "json"];
    let json = sandbox.admin_with_stdin(&args, ahead.as_bytes()).json();
    assert_eq!(
        json.to_string(),
        r#"{"schema":1,"test":{"name":"alice","result":"right","step":59850263,"time":"2026-11-24T08:11:30Z","drift_steps":3,"window_steps":480,"retry_after":null}}"#
    );
    assert_eq!(sandbox.show("alice")["failures"], 0);
    assert_eq!(
        test("12345x").stdout,
        "alice: this is not a code; it does not count as an attempt\n"
    );
    assert_eq!(test("").code, 2);
    for (at, code) in secret.wrong_codes(sandbox.now()).take(5).enumerate() {
        let wrong = test(&code);
        assert_eq!(wrong.code, 1);
        assert!(!wrong.stdout.contains(&code) && !wrong.stderr.contains(&code), "{wrong:?}");
        assert_eq!(sandbox.show("alice")["failures"], at + 1);
    }
    assert_eq!(
        test(&ahead),
        Run::new(1, "alice: locked for 1 min; the code was not checked\n", "")
    );
    sandbox.pass(60);
    assert_eq!(sandbox.verify(&["--", "alice"], Some(&ahead)).reason(), "code-accepted");
}

/// Guards an `add` that was killed before its last step. The same command completes and records the
/// entry, even after the trial because no user is added, and leaves the document as it is.
#[test]
fn an_interrupted_add_is_completed_by_the_same_command() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let documents = ["alice", "bob"].map(|name| sandbox.document("users", name));
    for (name, listing) in ["alice", "bob"].iter().zip(&documents) {
        sandbox.edit(&sandbox.document("state", name), "listed = true", "listed = false");
        sandbox.edit(listing, "method = \"app\"", "method = \"app\" # by hand");
    }
    let lines = || sandbox.admin_ok(&["audit", "--format", "json"]).matches("users add").count();
    let before = lines();
    sandbox.pass(31 * 86_400);
    let dry = sandbox.admin_ok(&["users", "add", "alice", "--dry-run"]);
    assert_eq!(dry, "user alice: would be added\n");
    assert_eq!(sandbox.admin_ok(&["users", "add", "alice"]), "user alice: added\n");
    let file = b"name,type,method,phone\nbob,,,\n";
    let added = sandbox.admin_with_stdin(&["users", "add", "--from", "-"], file);
    assert_eq!((added.code, added.stdout.as_str()), (0, "user bob: added\n"), "{added:?}");
    assert_eq!(lines(), before + 2);
    for (name, listing) in ["alice", "bob"].iter().zip(&documents) {
        assert_eq!(sandbox.admin_ok(&["users", "add", name]), format!("user {name}: unchanged\n"));
        let state = std::fs::read_to_string(sandbox.document("state", name)).unwrap();
        assert!(state.contains("listed = true"), "{state}");
        assert!(std::fs::read_to_string(listing).unwrap().contains("# by hand"));
    }
    assert_eq!(lines(), before + 2);
}
