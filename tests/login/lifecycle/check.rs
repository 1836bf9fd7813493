//! `--check`: an answer that writes nothing and shows nothing.

use crate::sandbox::{Sandbox, Secret};

/// Runs `--check`, which must change no byte of the store and show no secret.
#[track_caller]
fn check(sandbox: &Sandbox, args: &[&str]) -> String {
    let before = sandbox.contents();
    let run = sandbox.verify(&[&["--check"], args].concat(), None);
    assert!(before == sandbox.contents(), "{args:?} wrote to the store");
    let answer = run.json();
    assert_eq!(answer.get("enrolment"), None, "{args:?} shows a secret");
    run.reason()
}

#[test]
fn checking_changes_and_shows_nothing_in_any_state() {
    let sandbox = Sandbox::new();
    sandbox.admin_ok(&["users", "add", "alice"]);
    assert_eq!(check(&sandbox, &["--", "alice"]), "disabled");
    sandbox.admin_ok(&["enable"]);
    sandbox.set("lockout-attempts", "1");
    assert_eq!(check(&sandbox, &["--", "bob"]), "not-listed");
    assert_eq!(check(&sandbox, &["--", "alice"]), "enrolment-required");
    let secret = Secret::of(&sandbox.verify(&["--", "alice"], None).json());
    assert_eq!(check(&sandbox, &["--", "alice"]), "enrolment-required");
    assert_eq!(check(sandbox.at(1800), &["--", "alice"]), "enrolment-required");
    sandbox.at(0).login("alice", &secret);
    assert_eq!(check(&sandbox, &["--", "alice"]), "code-required");
    assert_eq!(check(&sandbox, &["--session", "rdp", "--", "alice"]), "rdp-not-allowed");
    assert_eq!(check(&sandbox, &["--session", "html5", "--", "alice"]), "session-valid");
    assert_eq!(
        check(&sandbox, &["--session", "html5", "--client", "c", "--", "alice"]),
        "code-required"
    );
    sandbox.verify(&["--", "alice"], Some(&secret.wrong_code(sandbox.now())));
    assert_eq!(check(&sandbox, &["--", "alice"]), "locked");
    assert_eq!(check(sandbox.at(-86_400), &["--", "alice"]), "locked");
    sandbox.set("enrolment-days", "1");
    sandbox.at(86_400).admin_ok(&["users", "add", "carol"]);
    assert_eq!(check(sandbox.at(2 * 86_400), &["--", "carol"]), "enrolment-closed");
}

#[test]
fn a_check_creates_no_document_for_a_group_member() {
    let sandbox = Sandbox::with_users(&[]);
    let document = sandbox.document("groups", "staff");
    sandbox.write(&document, "method = \"app\"\nadded = 2026-11-24T08:00:00Z\n");
    assert_eq!(check(&sandbox, &["--group", "staff", "--", "carol"]), "enrolment-required");
    let run = sandbox.verify(&["--group", "staff", "--session", "html5", "--", "carol"], None);
    assert_eq!(run.reason(), "code-required");
    sandbox.verify(&["--group", "staff", "--", "carol"], None);
    let row = sandbox.show("carol");
    assert_eq!((&row["listed"], &row["enrolment"]), (&false.into(), &"pending".into()));
}

/// Guards the portal's answer to a double submit: checking whether the other tab earned the grant.
#[test]
fn a_check_does_not_start_the_clock_of_the_first_session() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    assert_eq!(check(sandbox.at(3599), &["--session", "html5", "--", "alice"]), "session-valid");
    assert_eq!(check(sandbox.at(3600), &["--session", "html5", "--", "alice"]), "code-required");
}

/// Guards that sessions never lead to an enrolment page, nor to a secret.
#[test]
fn a_session_without_a_code_never_shows_a_secret() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let session = |at| sandbox.at(at).verify(&["--session", "html5", "--", "alice"], None);
    let states = |sandbox: &Sandbox| std::fs::read(sandbox.document("state", "alice")).unwrap();
    let before = states(&sandbox);
    assert_eq!(session(0).json().get("enrolment"), None);
    assert_eq!(states(&sandbox), before, "and creates none");
    let shown = sandbox.verify(&["--", "alice"], None);
    for at in [0, 1800] {
        let run = session(at);
        assert_eq!(run.end(), (3, "code-required".to_owned()));
        assert!(!run.stdout.contains(&Secret::of(&shown.json()).to_base32()));
    }
}
