//! Attempt numbers: charged attempts that were never recorded are found.

use rw2fa::audit::{self, Event, Verification};
use rw2fa::store;
use rw2fa::store::seal::KeyRing;
use rw2fa::store::{Scope, Update};
use rw2fa::time::Timestamp;
use serde_json::json;

use super::verified;
use crate::sandbox::Sandbox;

/// Appends the line of an attempt.
fn attempt(sandbox: &Sandbox, user: &str, number: u64) {
    let store = store::open(&sandbox.path()).unwrap();
    let key = std::fs::read_to_string(sandbox.path().join("key")).unwrap();
    let key = KeyRing::parse(&key).unwrap().audit_key();
    let event = Event::Verification(Verification {
        user,
        outcome: "deny",
        reason: "wrong-code",
        session: None,
        client: None,
        ip: None,
        drift: None,
        attempt: Some(number),
        caller: None,
    });
    let now = Timestamp::from_unix(sandbox.now());
    store.update(Scope::Settings, |locked| audit::append(locked, Some(&key), now, &event)).unwrap();
}

/// Guards against guesses that leave no trace: a missing number fails verification, a repeated one
/// breaks the trail.
#[test]
fn missing_attempts_are_reported_and_repeated_ones_break_the_trail() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    for (user, number) in [("alice", 1), ("bob", 1), ("alice", 2)] {
        attempt(&sandbox, user, number);
    }
    assert_eq!(verified(&sandbox, &[]).0, 0);
    attempt(&sandbox, "alice", 5);
    attempt(&sandbox, "bob", 3);
    let (code, found) = verified(&sandbox, &[]);
    let missing = json!([
        { "user": "alice", "first": 3, "last": 4 },
        { "user": "bob", "first": 2, "last": 2 },
    ]);
    assert_eq!((code, &found["whole"], &found["broken"]), (1, &json!(false), &json!(null)));
    assert_eq!(found["missing_attempts"], missing);
    let run = sandbox.admin(&["audit", "verify"]);
    assert!(run.stderr.contains("error: alice: attempts 3 to 4 were counted but never recorded\n"));
    assert!(
        run.stderr.contains("error: bob: attempt 2 was counted but never recorded\n"),
        "{run:?}"
    );

    // The count of a removed user starts at 1 again.
    sandbox.admin_ok(&["users", "remove", "alice", "bob", "--yes"]);
    attempt(&sandbox, "alice", 1);
    assert_eq!(verified(&sandbox, &[]).1["missing_attempts"], missing);
    attempt(&sandbox, "alice", 1);
    let (code, found) = verified(&sandbox, &[]);
    assert_eq!(code, 1);
    let what = found["broken"]["what"].as_str().unwrap();
    assert!(what.contains("repeats the number of an attempt"), "{found}");
}

/// Guards the check of `doctor`: attempts missing at the end are found by the accounts' numbers.
#[test]
fn missing_attempts_are_found_without_the_key() {
    let sandbox = Sandbox::with_users(&["alice"]);
    attempt(&sandbox, "alice", 2);
    let store = store::open(&sandbox.path()).unwrap();
    for (present, expected) in
        [(None, "alice 1-1"), (Some(2), "alice 1-1"), (Some(4), "alice 1-1, alice 3-4")]
    {
        let present = present.map(|count| ("alice".to_owned(), count)).into_iter().collect();
        let missing =
            audit::survey(&*store, &present, Timestamp::from_unix(sandbox.now())).unwrap().missing;
        let missing: Vec<_> = missing
            .iter()
            .map(|found| format!("{} {}-{}", found.user, found.first, found.last))
            .collect();
        assert_eq!(missing.join(", "), expected);
    }
}

/// Guards attempts that a kill kept out of the trail: both commands report the missing numbers.
#[test]
fn unrecorded_attempts_are_reported() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let secret = sandbox.enrol("alice");
    assert_eq!(verified(&sandbox, &[]).0, 0);
    // As if three programs had been killed right after their charges.
    sandbox.set_failures("alice", 3);
    let (code, found) = verified(&sandbox, &[]);
    let missing = json!([{ "user": "alice", "first": 2, "last": 4 }]);
    assert_eq!((code, &found["whole"], &found["missing_attempts"]), (1, &json!(false), &missing));
    let (code, found) = verified(&sandbox, &["--allow-missing-attempts"]);
    assert_eq!((code, &found["whole"], &found["missing_attempts"]), (0, &json!(true), &missing));
    let doctor = sandbox.admin(&["doctor", "--format", "json"]).json();
    let findings = doctor["findings"].as_array().unwrap().iter();
    let attempts: Vec<_> = findings.filter(|finding| finding["check"] == "attempts").collect();
    assert_eq!(attempts.len(), 1, "{doctor}");
    let message = "alice: attempts 2 to 4 were counted but never recorded";
    assert_eq!(attempts[0]["message"], message);
    assert_eq!(attempts[0]["severity"], "warning");
    // The next attempt carries the next number.
    let wrong = secret.wrong_code(sandbox.now());
    assert_eq!(sandbox.verify(&["--", "alice"], Some(&wrong)).reason(), "wrong-code");
    assert_eq!(verified(&sandbox, &[]).1["missing_attempts"], missing);
}
