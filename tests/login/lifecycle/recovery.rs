//! Recovery codes: each lets its user in once, under the same lock as the codes of the app.

use std::fs;

use serde_json::json;

use crate::sandbox::{Run, Sandbox, Secret};

const ALICE: [&str; 4] = ["--client", "c", "--", "alice"];

/// Creates codes and returns them.
fn made(sandbox: &Sandbox, more: &[&str]) -> Vec<String> {
    let args = [&["users", "recovery-codes", "alice"], more].concat();
    sandbox.admin_ok(&args).lines().map(str::to_owned).collect()
}

/// Creates a store with alice enrolled, and her recovery codes.
fn alice() -> (Sandbox, Secret, Vec<String>) {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let codes = made(&sandbox, &[]);
    (sandbox, secret, codes)
}

fn left(sandbox: &Sandbox) -> serde_json::Value {
    sandbox.show("alice")["recovery_codes_left"].clone()
}

fn sign_in(sandbox: &Sandbox, code: &str) -> Run {
    sandbox.verify(&ALICE, Some(code))
}

/// A well-formed code that was never issued.
const WRONG: &str = "0000-0000-0000-0000";

#[test]
fn each_signs_in_once_in_any_spelling() {
    let (sandbox, secret, codes) = alice();
    assert_eq!((codes.len(), left(&sandbox)), (10, json!(10)));
    let typed = [codes[3].clone(), codes[0].to_lowercase(), codes[9].replace('-', " ")];
    for (used, code) in typed.iter().enumerate() {
        let run = sign_in(&sandbox, code);
        assert_eq!(run.end(), (0, "recovery-code-accepted".into()), "{run:?}");
        let answer = run.json();
        let message = format!("works once; codes left: {}.", 9 - used);
        assert!(answer["message"].as_str().unwrap().ends_with(&message), "{answer}");
        assert_eq!(answer["grant"]["validated"], "2026-11-24T08:00:00Z");
        let session = sandbox
            .verify(&["--session", "html5", "--check", "--client", "c", "--", "alice"], None);
        assert_eq!(session.reason(), "session-valid");
        assert_eq!(left(&sandbox), 9 - used);
        // Two tabs, or a double click: nothing is charged.
        for _ in 0..6 {
            assert_eq!(sign_in(&sandbox, code).end(), (1, "code-used".into()));
        }
    }
    assert_eq!(sandbox.show("alice")["failures"], 0);
    assert_eq!(sandbox.pass(30).login("alice", &secret).reason(), "code-accepted", "app");
    assert_eq!(left(&sandbox), 7, "a code of the app uses up no recovery code");
    let text = sandbox.admin_ok(&["users", "show", "alice"]);
    assert!(text.contains("recovery codes left  7\n"), "{text}");
}

#[test]
fn the_last_one_is_announced() {
    let (sandbox, ..) = alice();
    let codes = made(&sandbox, &["--count", "1", "--yes"]);
    let run = sign_in(&sandbox, &codes[0]);
    assert!(
        run.json()["message"].as_str().unwrap().ends_with("your last recovery code."),
        "{run:?}"
    );
    assert_eq!(left(&sandbox), 0);
}

/// Guards against a recovery code as a way around the lock, or as a free guess.
#[test]
fn wrong_ones_are_charged_and_lock() {
    let (sandbox, secret, codes) = alice();
    for left in [4, 3] {
        let run = sign_in(&sandbox, WRONG);
        assert_eq!(
            (run.reason(), &run.json()["attempts_left"]),
            ("wrong-code".into(), &json!(left))
        );
    }
    for expected in ["wrong-code", "wrong-code", "locked"] {
        let wrong = secret.wrong_code(sandbox.now());
        assert_eq!(sign_in(&sandbox, &wrong).reason(), expected, "one count for both kinds");
    }
    let run = sign_in(&sandbox, &codes[0]);
    assert_eq!(run.reason(), "locked", "a code given while locked is not compared");
    assert_eq!(left(&sandbox), 10);
    sandbox.pass(60);
    assert_eq!(sign_in(&sandbox, WRONG).json()["retry_after"], 120);
    sandbox.pass(120);
    assert_eq!(sign_in(&sandbox, &codes[0]).reason(), "recovery-code-accepted");
    assert_eq!(sandbox.show("alice")["failures"], 0, "a valid code resets the count");
}

#[test]
fn malformed_ones_are_neither_compared_nor_charged() {
    let (sandbox, _, codes) = alice();
    let seventeen = format!("{}0", codes[0]);
    for typed in [&codes[0][..18], &seventeen, "UUUU-UUUU-UUUU-UUUU", "éééé-éééé"] {
        assert_eq!(sign_in(&sandbox, typed).end(), (1, "wrong-code".into()), "{typed}");
    }
    assert_eq!(sandbox.show("alice")["failures"], 0);
    // A user without recovery codes is charged, too: the answer must not reveal that there are
    // none.
    sandbox.admin_ok(&["users", "add", "bob"]);
    sandbox.enrol("bob");
    assert_eq!(sandbox.verify(&["--", "bob"], Some(WRONG)).json()["attempts_left"], 4);
    // Before the enrolment there is nothing to compare with.
    sandbox.admin_ok(&["users", "add", "carol"]);
    sandbox.verify(&["--", "carol"], None);
    assert_eq!(sandbox.verify(&["--", "carol"], Some(WRONG)).reason(), "wrong-code");
    assert_eq!(sandbox.show("carol")["failures"], 0);
}

#[test]
fn a_session_may_come_with_one() {
    let (sandbox, _, codes) = alice();
    let session = ["--session", "html5", "--client", "d", "--", "alice"];
    let run = sandbox.verify(&session, Some(&codes[0]));
    assert_eq!(run.reason(), "recovery-code-accepted");
    assert_eq!(run.json()["grant"]["valid_until"], "2026-11-24T16:00:00Z");
    assert_eq!(sandbox.verify(&session, None).reason(), "session-valid");
}

#[test]
fn only_enrolled_users_get_them() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for (name, code, words) in
        [("alice", 1, "alice has not enrolled yet"), ("bob", 1, "no user is called 'bob'")]
    {
        let run = sandbox.admin(&["users", "recovery-codes", name]);
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.stderr.contains(words) && run.stderr.contains("hint: "), "{run:?}");
    }
    sandbox.enrol("alice");
    for count in ["0", "51", "-1", "x"] {
        let run = sandbox.admin(&["users", "recovery-codes", "alice", "--count", count]);
        assert_eq!(run.code, 2, "{run:?}");
    }
    assert_eq!(made(&sandbox, &["--count", "50"]).len(), 50);
}

#[test]
fn new_ones_replace_the_old_after_a_question() {
    let (sandbox, _, codes) = alice();
    let before = sandbox.contents();
    let again = sandbox.admin(&["users", "recovery-codes", "alice"]);
    assert_eq!((again.code, again.stdout.as_str()), (2, ""), "{again:?}");
    assert!(again.stderr.contains("--yes"), "{again:?}");
    let dry = sandbox.admin(&["users", "recovery-codes", "alice", "--dry-run", "--format", "json"]);
    assert_eq!(
        (dry.code, &dry.json()["changes"][0]["result"], &dry.json()["dry_run"]),
        (0, &json!("changed"), &json!(true))
    );
    assert!(sandbox.contents() == before, "a question and a dry run change nothing");
    let json = made(&sandbox, &["--yes", "--format", "json", "--count", "2"]).join("\n");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let new: Vec<_> = json["recovery_codes"]["codes"].as_array().unwrap().clone();
    assert_eq!((new.len(), &json["recovery_codes"]["name"]), (2, &json!("alice")));
    assert_eq!(sign_in(&sandbox, &codes[0]).reason(), "wrong-code", "the old ones no longer work");
    let run = sign_in(&sandbox, new[1].as_str().unwrap());
    assert_eq!(run.reason(), "recovery-code-accepted");
    // No confirmation is needed where nothing is lost.
    sign_in(&sandbox, new[0].as_str().unwrap());
    assert_eq!(made(&sandbox, &[]).len(), 10);
}

#[test]
fn a_reset_deletes_them() {
    let (sandbox, secret, codes) = alice();
    sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    assert_eq!(left(&sandbox), 0);
    assert_eq!(sign_in(&sandbox, &codes[0]).reason(), "enrolment-required");
    sandbox.enrol("alice");
    assert_eq!(sign_in(&sandbox, &codes[0]).reason(), "wrong-code");
    // So does a lost key.
    let codes = made(&sandbox, &[]);
    fs::remove_file(sandbox.path().join("key")).unwrap();
    sandbox.admin_ok(&["key", "reset", "--yes"]);
    assert_eq!(left(&sandbox), 0);
    assert_eq!(sign_in(&sandbox, &codes[0]).reason(), "enrolment-required");
    assert_ne!(sandbox.enrol("alice"), secret);
}

/// Guards a stolen or restored copy: it reveals no code, and no code works twice.
#[test]
fn exports_contain_digests_and_revive_no_used_code() {
    let (sandbox, _, codes) = alice();
    sandbox.admin_ok(&["key", "rotate", "--yes"]);
    let files = ["sealed.toml", "revealed.toml"].map(|name| sandbox.beside(name));
    let [sealed, revealed] = files.each_ref().map(|path| path.to_str().unwrap());
    sandbox.admin_ok(&["store", "export", sealed]);
    sandbox.admin_ok(&["store", "export", revealed, "--reveal-secrets", "--yes"]);
    let mut texts: Vec<String> = files.iter().map(|f| fs::read_to_string(f).unwrap()).collect();
    texts.extend(sandbox.contents().into_values().map(|b| String::from_utf8(b).unwrap()));
    for code in &codes {
        for text in &texts {
            assert!(!text.contains(code.as_str()) && !text.contains(&code.replace('-', "")));
        }
    }
    assert_eq!(sign_in(&sandbox, &codes[0]).reason(), "recovery-code-accepted");
    sandbox.admin_ok(&["store", "import", sealed, "--yes"]);
    assert_eq!(left(&sandbox), 9, "only codes left in both are left");
    assert_eq!(sign_in(&sandbox, &codes[0]).reason(), "wrong-code", "used since the backup");
    assert_eq!(sign_in(&sandbox, &codes[1]).reason(), "recovery-code-accepted");
    sandbox.admin_ok(&["users", "remove", "alice", "--yes"]);
    sandbox.admin_ok(&["store", "import", revealed, "--yes"]);
    assert_eq!(left(&sandbox), 0, "a store without recovery codes accepts none from a backup");
}

#[test]
fn a_damaged_document_is_an_error() {
    let (sandbox, secret, codes) = alice();
    let state = sandbox.document("state", "alice");
    sandbox.edit(&state, "recovery-codes = \"left:", "recovery-codes = \"left:_");
    for code in [&codes[1], &secret.code(sandbox.pass(30).now())] {
        let run = sign_in(&sandbox, code);
        assert_eq!(run.end(), (4, "store".into()), "{run:?}");
        assert!(run.stderr.contains("'recovery-codes' is damaged"), "{run:?}");
        assert!(!run.stderr.contains("left:"), "{run:?}");
    }
}

#[test]
fn the_trail_records_who_made_and_used_them_but_no_code() {
    let (sandbox, _, codes) = alice();
    sign_in(&sandbox, &codes[0]);
    let trail = sandbox.admin_ok(&["audit", "--format", "json"]);
    for words in ["users recovery-codes", "recovery-code-accepted"] {
        assert!(trail.contains(words), "{trail}");
    }
    assert!(codes.iter().all(|code| !trail.contains(code.as_str())));
    assert_eq!(sandbox.admin(&["audit", "verify"]).code, 0);
}

/// Guards the help desk: it can check a code, and spends none.
#[test]
fn users_test_spends_none() {
    let (sandbox, _, codes) = alice();
    sign_in(&sandbox, &codes[1]);
    let test = |code: &str| {
        let args = ["users", "test", "alice", "--code-stdin", "--format", "json"];
        let run = sandbox.admin_with_stdin(&args, format!("{code}\n").as_bytes());
        (run.code, run.json()["test"]["result"].as_str().unwrap().to_owned())
    };
    assert_eq!(test(&codes[0]), (0, "right".into()));
    assert_eq!(test(&codes[1]), (0, "used".into()));
    assert_eq!((left(&sandbox), test(WRONG)), (json!(9), (1, "wrong".into())));
    assert_eq!(sandbox.show("alice")["failures"], 1, "charged as at a login");
    sandbox.set("lockout-attempts", "1");
    assert_eq!(test(WRONG).1, "wrong");
    assert_eq!(test(&codes[0]).1, "locked");
    sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    sandbox.verify(&["--", "alice"], None);
    assert_eq!(test(WRONG), (1, "malformed".into()), "a user who is not active has none");
    assert_eq!(sandbox.show("alice")["failures"], 0);
}
