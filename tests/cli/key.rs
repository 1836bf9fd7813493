//! `rw2fa key export`, `rotate` and `reset`.

#![allow(clippy::disallowed_methods, reason = "these tests damage files on purpose")]

use std::fs;
use std::time::Duration;

use crate::sandbox::{Sandbox, Secret, finish, real_now};
use rw2fa::factor::sealed::Field;
use rw2fa::factor::sealed::Sealed;
use rw2fa::names::name::Name;
use rw2fa::store::seal::{DataKey, KeyRing};
use serde_json::{Value, json};

fn key(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path().join("key")).unwrap()
}

fn ring(sandbox: &Sandbox) -> KeyRing {
    KeyRing::parse(&key(sandbox)).unwrap()
}

/// Returns the sealed secret of a user.
fn sealed(sandbox: &Sandbox, user: &str) -> String {
    let text = fs::read_to_string(sandbox.document("state", user)).unwrap();
    let document: toml::Table = text.parse().unwrap();
    document["secret"].as_str().unwrap().to_owned()
}

/// Returns whether the store's key opens the secret of a user.
fn opens(sandbox: &Sandbox, user: &str) -> bool {
    let name = Name::parse(user).unwrap();
    ring(sandbox).open(&name, Field::Secret, &Sealed(sealed(sandbox, user))).is_ok()
}

fn audit_verify(sandbox: &Sandbox) -> (u8, Value) {
    let run = sandbox.admin(&["audit", "verify", "--format", "json"]);
    (run.code, run.json())
}

/// Guards the escrow copy: private, complete, recorded, and only after confirmation.
#[test]
fn the_key_is_exported_to_a_private_file() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let copy = sandbox.beside("copy");
    let path = copy.to_str().unwrap();
    let refused = sandbox.admin(&["key", "export", path]);
    assert_eq!((refused.code, copy.exists()), (2, false), "{refused:?}");
    let run = sandbox.admin(&["key", "export", path, "--yes"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), key(&sandbox));
    crate::sandbox::check_private(&copy);
    let again = sandbox.admin(&["key", "export", path, "--yes"]);
    assert_eq!(again.code, 1, "an existing file was overwritten: {again:?}");
    assert_eq!(sandbox.admin_ok(&["key", "export", "-", "--yes"]), key(&sandbox));
    let trail = sandbox.admin_ok(&["audit"]);
    assert_eq!(trail.matches("key export by").count(), 2, "{trail}");
    let secret = key(&sandbox).split_whitespace().last().unwrap().to_owned();
    assert!(!trail.contains(&secret), "the key is in the trail");
}

/// Guards a rotation: every secret is resealed, the old key opens nothing, users notice nothing,
/// and the trail can be verified from its first line.
#[test]
fn a_rotation_reseals_everything() {
    let sandbox = Sandbox::with_users(&["alice", "bob", "carol"]);
    let secret = sandbox.enrol("alice");
    sandbox.verify(&["--", "bob"], None);
    let old = ring(&sandbox);
    let before = [sealed(&sandbox, "alice"), sealed(&sandbox, "bob")];
    assert_eq!(sandbox.admin(&["key", "rotate"]).code, 2, "no confirmation was required");
    sandbox.admin_ok(&["key", "rotate", "--dry-run"]);
    assert_eq!(ring(&sandbox).id(), old.id());
    let run = sandbox.admin(&["key", "rotate", "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("sealed with the new key: 2 secrets"), "{run:?}");
    assert_ne!(ring(&sandbox).id(), old.id());
    assert_eq!(ring(&sandbox).previous_id(), None);
    assert_ne!([sealed(&sandbox, "alice"), sealed(&sandbox, "bob")], before);
    for user in ["alice", "bob"] {
        let name = Name::parse(user).unwrap();
        assert!(old.open(&name, Field::Secret, &Sealed(sealed(&sandbox, user))).is_err(), "{user}");
    }
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    let (code, found) = audit_verify(&sandbox);
    assert_eq!((code, &found["gaps"]), (0, &json!([])), "{found}");
    // Lines written under the first key are still verified, not skipped.
    let path = sandbox.path().join("audit/2026-11.jsonl");
    sandbox.edit(&path, "enrolment-required", "enrolment-requited");
    assert_eq!(audit_verify(&sandbox).0, 1);
}

/// Guards an interrupted rotation: everything opens, and the next run completes it.
#[test]
fn an_interrupted_rotation_is_finished_by_the_next() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let secret = sandbox.enrol("alice");
    let during = ring(&sandbox).begin_rotation(DataKey::new([7; 32])).unwrap();
    sandbox.write(&sandbox.path().join("key"), &during.document());
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    sandbox.verify(&["--", "bob"], None);
    sandbox.admin_ok(&["key", "rotate", "--yes"]);
    assert_eq!(ring(&sandbox).id(), during.id(), "a third key was made");
    assert_eq!(ring(&sandbox).previous_id(), None);
    assert!(opens(&sandbox, "alice") && opens(&sandbox, "bob"));
    assert_eq!(audit_verify(&sandbox).0, 0);
}

/// Guards a damaged document: a key that it may need is not dropped.
#[test]
fn a_rotation_keeps_the_old_key_while_a_document_is_damaged() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    sandbox.enrol("alice");
    let path = sandbox.document("state", "alice");
    let good = fs::read_to_string(&path).unwrap();
    sandbox.edit(&path, "# end", "");
    let run = sandbox.admin(&["key", "rotate", "--yes"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("alice") && run.stderr.contains("key rotate' again"), "{run:?}");
    assert!(ring(&sandbox).previous_id().is_some());
    sandbox.write(&path, &good);
    assert!(opens(&sandbox, "alice"));
    sandbox.admin_ok(&["key", "rotate", "--yes"]);
    assert!(opens(&sandbox, "alice") && ring(&sandbox).previous_id().is_none());
}

/// Guards recovery from a lost key: every user enrols again, and the trail says so.
#[test]
fn a_lost_key_is_replaced() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let secret = sandbox.enrol("alice");
    sandbox.admin_ok(&["disable", "--yes"]);
    fs::remove_file(sandbox.path().join("key")).unwrap();
    // Logins are recorded without a key too, unsigned, while enforcement is off.
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "disabled");
    assert_eq!(sandbox.verify(&["--", "bob"], None).reason(), "disabled");
    assert_eq!(sandbox.admin(&["enable"]).code, 4);
    assert_eq!(sandbox.admin(&["key", "reset"]).code, 2, "no confirmation was required");
    let dry = sandbox.admin_ok(&["key", "reset", "--dry-run"]);
    assert_eq!(dry, "user alice: would be changed\n");
    assert!(!sandbox.path().join("key").exists());
    let done = sandbox.admin(&["key", "reset", "--yes"]);
    assert_eq!(done.code, 0, "{done:?}");
    sandbox.admin_ok(&["enable"]);
    assert_eq!(sandbox.show("alice")["enrolment"], "none");
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "enrolment-required");
    sandbox.enrol("bob");
    assert_eq!(audit_verify(&sandbox).0, 1, "lines without a key");
    let run = sandbox.admin(&["audit", "verify", "--allow-unkeyed", "--format", "json"]);
    let (code, found) = (run.code, run.json());
    assert_eq!(code, 0, "{found}");
    let gaps: Vec<_> = found["gaps"].as_array().unwrap().iter().collect();
    assert_eq!(gaps.len(), 2, "{found}");
    assert!(gaps[0]["what"].as_str().unwrap().contains("without a key"), "{found}");
    assert!(gaps[1]["what"].as_str().unwrap().contains("key was reset"), "{found}");
    let trail = sandbox.admin_ok(&["audit", "--user", "alice"]);
    assert!(trail.contains("key reset by") && trail.contains("active → none"), "{trail}");
}

/// Guards a key that is reset although it still exists: its lines can still be verified.
#[test]
fn a_key_reset_on_purpose_still_verifies_its_lines() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    sandbox.admin_ok(&["key", "reset", "--yes"]);
    assert_eq!(audit_verify(&sandbox).0, 0);
    let path = sandbox.path().join("audit/2026-11.jsonl");
    sandbox.edit(&path, "enrolment-required", "enrolment-requited");
    assert_eq!(audit_verify(&sandbox).0, 1);
}

/// Creates a store at the real time with these users enrolled.
fn enrolled(users: &[String]) -> (Sandbox, Vec<Secret>) {
    let names: Vec<&str> = users.iter().map(String::as_str).collect();
    let sandbox = Sandbox::with_users(&names);
    sandbox.at_real_time().pass(-3600);
    let secrets = users.iter().map(|user| sandbox.enrol(user)).collect();
    sandbox.at_real_time();
    (sandbox, secrets)
}

/// Guards a kill at any moment of a rotation: everything opens, and the last run completes it.
#[test]
fn a_killed_rotation_loses_nothing() {
    let users: Vec<String> = (0..24).map(|number| format!("user{number}")).collect();
    let (sandbox, _) = enrolled(&users);
    let real = sandbox.real();
    let started = std::time::Instant::now();
    assert_eq!(real.admin(&["key", "rotate", "--yes"]).code, 0);
    let mut usual = started.elapsed();
    let mut killed = 0;
    for round in 0..40_u32 {
        let mut child = real.tool(["key", "rotate", "--yes"]).spawn().unwrap();
        std::thread::sleep(usual * round / 40 + Duration::from_millis(1));
        child.kill().unwrap();
        if crate::sandbox::was_killed(&child.wait_with_output().unwrap()) {
            killed += 1;
        } else {
            // The machine is faster now than when the time was measured.
            usual = usual * 4 / 5;
        }
        for user in &users {
            assert!(opens(&sandbox, user), "round {round}: {user} is lost");
        }
    }
    assert!(killed > 10, "only {killed} kills hit a running rotation");
    assert_eq!(real.admin(&["key", "rotate", "--yes"]).code, 0);
    assert_eq!(ring(&sandbox).previous_id(), None);
    assert!(users.iter().all(|user| opens(&sandbox, user)));
    let (code, found) = audit_verify(&sandbox);
    assert_eq!((code, &found["gaps"]), (0, &json!([])), "{found}");
}

/// Guards logins during rotations: enrolled users get in, and new secrets are never sealed with a
/// dropped key.
#[test]
fn logins_continue_while_the_key_is_rotated() {
    let users: Vec<String> = (0..8).map(|number| format!("user{number}")).collect();
    let (sandbox, secrets) = enrolled(&users);
    let fresh: Vec<String> = (0..12).map(|number| format!("new{number}")).collect();
    let names: Vec<&str> = fresh.iter().map(String::as_str).collect();
    sandbox.admin_ok(&[&["users", "add"], names.as_slice()].concat());
    let real = sandbox.real();
    let rotating = real.clone();
    let rotations = std::thread::spawn(move || {
        (0..4).map(|_| rotating.admin(&["key", "rotate", "--yes"])).collect::<Vec<_>>()
    });
    for (user, secret) in users.iter().zip(&secrets) {
        let run = real.verify(&["--", user], Some(&secret.code(real_now())));
        assert_eq!(run.reason(), "code-accepted", "{user}: {run:?}");
    }
    for user in &fresh {
        let child = real.start(&["--qr", "none", "--", user], None);
        assert_eq!(finish(child).reason(), "enrolment-required", "{user}");
    }
    for run in rotations.join().unwrap() {
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert!(users.iter().chain(&fresh).all(|user| opens(&sandbox, user)));
    assert_eq!(audit_verify(&sandbox).0, 0);
}

/// Guards a condition of rotation: it waits for a login that has read the key ring before it.
#[test]
fn draining_waits_for_running_updates() {
    use rw2fa::store;
    use rw2fa::store::{Scope, Update};
    use std::sync::mpsc::channel;

    let sandbox = Sandbox::new();
    let (inside, is_inside) = channel();
    let (go_on, goes_on) = channel::<()>();
    let path = sandbox.path();
    let login = std::thread::spawn(move || {
        let store = store::open(&path).unwrap();
        let key = Name::parse("alice").unwrap().key();
        store.update(Scope::Account(&key), |_| {
            inside.send(()).unwrap();
            goes_on.recv().unwrap();
            Ok::<_, rw2fa::error::Error>(())
        })
    });
    is_inside.recv().unwrap();
    let store = store::open(&sandbox.path()).unwrap();
    assert_eq!(store.drain().unwrap_err().kind(), rw2fa::error::ErrorKind::Busy);
    go_on.send(()).unwrap();
    login.join().unwrap().unwrap();
    store.drain().unwrap();
}
