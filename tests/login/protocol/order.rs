//! The order of the rules: where two of them apply, the earlier one decides.

use std::fs::File;

use crate::sandbox::Sandbox;

const BY_APP: &str = "method = \"app\"\nadded = 2026-11-24T08:00:00Z\n";

fn reason(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.verify(args, None).reason()
}

fn hold_all_locks(sandbox: &Sandbox) -> Vec<File> {
    std::fs::read_dir(sandbox.path().join("locks"))
        .unwrap()
        .map(|entry| File::open(entry.unwrap().path()).unwrap())
        .inspect(|file| file.lock().unwrap())
        .collect()
}

#[test]
fn an_unusable_or_busy_store_comes_before_disabled() {
    let sandbox = Sandbox::new();
    let held = hold_all_locks(&sandbox);
    assert_eq!(reason(&sandbox, &["--", "alice"]), "busy");
    drop(held);
    assert_eq!(reason(&sandbox, &["--", "alice"]), "disabled");
    sandbox.edit(&sandbox.path().join("store.toml"), "created", "creatd");
    assert_eq!(reason(&sandbox, &["--", "alice"]), "store");
}

#[test]
fn disabled_comes_before_groups_names_rdp_and_codes() {
    let sandbox = Sandbox::new();
    sandbox.admin_ok(&["users", "add", "CORP\\alice", "EMEA\\alice", "bob"]);
    sandbox.write(&sandbox.document("groups", "staff"), BY_APP);
    for user in ["alice", "bob", "carol"] {
        assert_eq!(reason(&sandbox, &["--", user]), "disabled");
        assert_eq!(reason(&sandbox, &["--session", "rdp", "--", user]), "disabled");
        assert_eq!(reason(&sandbox, &["--session", "html5", "--", user]), "disabled");
        let coded = sandbox.verify(&["--", user], Some("123456"));
        assert_eq!(coded.end(), (0, "disabled".to_owned()));
    }
    std::fs::remove_file(sandbox.path().join("key")).unwrap();
    assert_eq!(reason(&sandbox, &["--", "bob"]), "disabled", "it needs no key");
}

#[test]
fn unknown_groups_and_ambiguous_names_come_before_not_listed_and_rdp() {
    let sandbox = Sandbox::with_users(&["CORP\\alice", "EMEA\\alice"]);
    sandbox.write(&sandbox.document("groups", "staff"), BY_APP);
    for session in [&[][..], &["--session", "rdp"], &["--session", "html5"]] {
        let ask = |args: &[&str]| reason(&sandbox, &[session, args].concat());
        assert_eq!(ask(&["--", "carol"]), "groups-unknown");
        assert_eq!(ask(&["--no-groups", "--", "alice"]), "ambiguous-user");
        assert_eq!(ask(&["--no-groups", "--", "carol"]), "not-listed");
        assert_eq!(ask(&["--group", "guests", "--", "carol"]), "not-listed");
    }
    for (login, expected) in [
        ("CORP\\alice", "enrolment-required"),
        ("emea\\ALICE", "enrolment-required"),
        ("OTHER\\alice", "not-listed"),
    ] {
        assert_eq!(reason(&sandbox, &["--no-groups", "--", login]), expected, "{login}");
    }
}

#[test]
fn a_member_of_a_listed_group_needs_a_code_and_others_do_not() {
    let sandbox = Sandbox::with_users(&[]);
    sandbox.write(&sandbox.document("groups", "staff"), BY_APP);
    for groups in [&["--group", "STAFF"][..], &["--group", "guests", "--group", "CORP\\staff"]] {
        let asked = sandbox.verify(&[groups, &["--", "carol"]].concat(), None);
        assert_eq!(asked.reason(), "enrolment-required", "{groups:?}");
    }
    assert_eq!(reason(&sandbox, &["--no-groups", "--", "carol"]), "not-listed");
    assert_eq!(reason(&sandbox, &["--group", "staffers", "--", "carol"]), "not-listed");
}

#[test]
fn not_listed_comes_before_rdp_and_needs_no_client() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["advanced", "set", "require-client", "true"]);
    for session in [&[][..], &["--session", "rdp"], &["--session", "remoteapp"]] {
        assert_eq!(reason(&sandbox, &[session, &["--", "bob"]].concat()), "not-listed");
    }
}

#[test]
fn rdp_is_decided_by_the_whitelist_alone() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["advanced", "set", "lockout-attempts", "1"]);
    let secret = sandbox.enrol("alice");
    let rdp = ["--session", "rdp", "--", "alice"];
    assert_eq!(reason(&sandbox, &rdp), "rdp-not-allowed", "a live grant is not a permission");
    let before = sandbox.show("alice");
    let code = secret.code(sandbox.pass(30).now());
    assert_eq!(sandbox.verify(&rdp, Some(&code)).reason(), "rdp-not-allowed");
    assert_eq!(sandbox.verify(&rdp, Some("000000")).reason(), "rdp-not-allowed");
    assert_eq!(sandbox.show("alice"), before, "the code was neither compared nor charged");

    sandbox.verify(&["--", "alice"], Some(&secret.wrong_code(sandbox.now())));
    let document = sandbox.document("whitelist", "alice");
    sandbox.write(&document, "added = 2026-11-24T08:00:00Z\nuntil = 2026-11-24T09:00:00Z\n");
    sandbox.admin_ok(&["advanced", "set", "require-client", "true"]);
    assert_eq!(reason(sandbox.at(3599), &rdp), "whitelisted", "a locked user may be whitelisted");
    assert_eq!(reason(sandbox.at(3600), &rdp), "rdp-not-allowed", "the entry has expired");
}

#[test]
fn the_whitelist_matches_no_other_spelling() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.write(&sandbox.document("whitelist", "alice"), "added = 2026-11-24T08:00:00Z\n");
    for (login, expected) in [
        ("alice", "whitelisted"),
        ("ALICE", "whitelisted"),
        (".\\alice", "whitelisted"),
        ("CORP\\alice", "rdp-not-allowed"),
        ("alice@corp.example", "rdp-not-allowed"),
        ("alicé", "rdp-not-allowed"),
    ] {
        assert_eq!(reason(&sandbox, &["--session", "rdp", "--", login]), expected, "{login}");
    }
}

#[test]
fn a_session_without_a_code_asks_for_one_and_never_shows_or_locks() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["advanced", "set", "lockout-attempts", "1"]);
    let session = ["--session", "html5", "--", "alice"];
    assert_eq!(reason(&sandbox, &session), "code-required", "not enrolled");
    sandbox.admin_ok(&["advanced", "set", "enrolment-days", "1"]);
    assert_eq!(reason(sandbox.at(100_000), &session), "code-required", "closed");
    sandbox.admin_ok(&["advanced", "unset", "enrolment-days"]);
    let secret = sandbox.enrol("alice");
    sandbox.verify(&["--", "alice"], Some(&secret.wrong_code(sandbox.now())));
    assert_eq!(reason(&sandbox, &session), "session-valid", "a lockout keeps grants");
    sandbox.admin_ok(&["users", "revoke", "alice"]);
    assert_eq!(reason(&sandbox, &session), "code-required", "locked");
}

#[test]
fn locked_comes_before_enrolment_closed_and_that_before_the_secret() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["advanced", "set", "lockout-attempts", "1"]);
    sandbox.admin_ok(&["advanced", "set", "enrolment-days", "1"]);
    let shown = sandbox.at(86_399).verify(&["--", "alice"], None);
    let secret = crate::sandbox::Secret::of(&shown.json());
    let wrong = secret.wrong_code(sandbox.now());
    assert_eq!(sandbox.verify(&["--", "alice"], Some(&wrong)).reason(), "locked");
    sandbox.pass(1);
    assert_eq!(reason(&sandbox, &["--", "alice"]), "locked");
    sandbox.pass(60);
    let closed = sandbox.verify(&["--", "alice"], None);
    assert_eq!(closed.end(), (1, "enrolment-closed".to_owned()));
    assert_eq!(closed.json().get("enrolment"), None);
    assert_eq!(sandbox.login("alice", &secret).reason(), "enrolment-closed");
}
