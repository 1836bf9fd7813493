//! Locks: what wrong codes cost, and what ends a lock.

use serde_json::{Value, json};

use crate::sandbox::{Run, Sandbox, Secret};

fn wrong(sandbox: &Sandbox, secret: &Secret) -> Run {
    sandbox.verify(&["--", "alice"], Some(&secret.wrong_code(sandbox.now())))
}

fn retry_after(run: &Run) -> Value {
    let answer = run.json();
    assert_eq!(answer["reason"], "locked", "{run:?}");
    answer.get("retry_after").expect("always present, even if null").clone()
}

#[test]
fn locks_double_to_an_hour_and_the_hundredth_wrong_code_stops_for_good() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    for left in [4, 3, 2, 1] {
        let run = wrong(&sandbox, &secret);
        assert_eq!(
            (run.reason().as_str(), &run.json()["attempts_left"]),
            ("wrong-code", &json!(left))
        );
    }
    for failures in 5..100 {
        let length = 3600.min(60_i64 << (failures - 5).min(6));
        assert_eq!(retry_after(&wrong(&sandbox, &secret)), length, "after {failures}");
        assert_eq!(sandbox.show("alice")["failures"], failures);
        sandbox.pass(length - 1);
        assert_eq!(retry_after(&sandbox.verify(&["--", "alice"], None)), 1);
        sandbox.pass(1);
        let open = sandbox.verify(&["--", "alice"], None);
        assert_eq!(open.reason(), "code-required", "after {failures}");
    }
    assert_eq!(retry_after(&wrong(&sandbox, &secret)), json!(null));
    let row = sandbox.show("alice");
    assert_eq!((&row["permanently_locked"], &row["failures"]), (&json!(true), &json!(100)));
    sandbox.pass(366 * 86_400);
    assert_eq!(retry_after(&sandbox.login("alice", &secret)), json!(null), "time does not help");
    sandbox.pass(-2 * 366 * 86_400);
    assert_eq!(retry_after(&sandbox.verify(&["--", "alice"], None)), json!(null));
}

/// Guards the count against replays of a used code: between wrong codes they change nothing, from
/// the first wrong code to the hard stop.
#[test]
fn used_codes_between_wrong_ones_forgive_no_guess() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let used = secret.code(sandbox.now());
    let replay = || {
        let run = sandbox.verify(&["--", "alice"], Some(&used));
        assert_eq!(run.reason(), "code-used", "{run:?}");
    };
    // After more locks, the used code would be outside the window.
    for failures in 1..10 {
        replay();
        replay();
        let run = wrong(&sandbox, &secret);
        assert_eq!(sandbox.show("alice")["failures"], failures);
        if failures >= 5 {
            let length = 60_i64 << (failures - 5);
            assert_eq!(retry_after(&run), length, "after {failures}");
            sandbox.pass(length);
        }
    }
    sandbox.set_failures("alice", 99);
    replay();
    assert_eq!(retry_after(&wrong(&sandbox, &secret)), json!(null));
    assert_eq!(sandbox.show("alice")["failures"], 100);
}

/// Creates a user at the hard stop.
fn stopped() -> (Sandbox, Secret) {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    wrong(&sandbox, &secret);
    sandbox.set_failures("alice", 99);
    assert_eq!(retry_after(&wrong(&sandbox, &secret)), json!(null));
    (sandbox, secret)
}

#[test]
fn unlocking_ends_the_hard_stop() {
    let (sandbox, secret) = stopped();
    sandbox.admin_ok(&["users", "unlock", "alice"]);
    assert_eq!(sandbox.pass(30).login("alice", &secret).reason(), "code-accepted");
    assert_eq!(wrong(&sandbox, &secret).json()["attempts_left"], 4, "the count starts over");
}

#[test]
fn a_reset_ends_the_hard_stop() {
    let (sandbox, _) = stopped();
    sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    sandbox.enrol("alice");
    assert_eq!(sandbox.show("alice")["failures"], 0);
}

#[test]
fn unlocking_ends_a_running_lock() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("lockout-attempts", "1");
    let secret = sandbox.enrol("alice");
    assert_eq!(retry_after(&wrong(&sandbox, &secret)), 60);
    sandbox.admin_ok(&["users", "unlock", "--all"]);
    assert_eq!(sandbox.pass(30).login("alice", &secret).reason(), "code-accepted");
}

#[test]
fn a_right_code_resets_the_count_and_the_length_of_locks() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("lockout-attempts", "2");
    let secret = sandbox.enrol("alice");
    for _ in 0..3 {
        assert_eq!(wrong(&sandbox, &secret).reason(), "wrong-code");
        assert_eq!(sandbox.pass(30).login("alice", &secret).reason(), "code-accepted");
        assert_eq!(sandbox.show("alice")["failures"], 0);
    }
    wrong(&sandbox, &secret);
    assert_eq!(retry_after(&wrong(&sandbox, &secret)), 60);
    sandbox.pass(60);
    assert_eq!(retry_after(&wrong(&sandbox, &secret)), 120);
    assert_eq!(sandbox.pass(120).login("alice", &secret).reason(), "code-accepted");
    wrong(&sandbox, &secret);
    assert_eq!(retry_after(&wrong(&sandbox, &secret)), 60, "not 240");
}

/// Guards against guessing during a lock, and against a lock that reveals which codes are right.
#[test]
fn codes_during_a_lock_are_neither_compared_nor_charged() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("lockout-attempts", "1");
    let secret = sandbox.enrol("alice");
    let lock = wrong(&sandbox, &secret);
    let before = sandbox.show("alice");
    let right = secret.code(sandbox.pass(30).now());
    let used = secret.code(sandbox.now() - 30);
    for code in [&right, &secret.wrong_code(sandbox.now()), &used, "abc"] {
        let run = sandbox.verify(&["--", "alice"], Some(code));
        assert_eq!(retry_after(&run), 30, "{code}");
        assert_eq!(run.stdout.replace("30 s", "1 min").replace(":30", ":60"), lock.stdout);
        assert_eq!(sandbox.show("alice"), before, "{code}");
    }
    let session = sandbox.verify(&["--session", "html5", "--", "alice"], Some(&right));
    assert_eq!(retry_after(&session), 30);
    sandbox.pass(30);
    let after = sandbox.verify(&["--", "alice"], Some(&right));
    assert_eq!(after.reason(), "code-accepted", "it was not spent");
}

#[test]
fn the_lockout_settings_apply() {
    for (attempts, seconds, locks) in [
        (1, 1, vec![1, 2, 4]),
        (3, 1000, vec![1000, 2000, 3600, 3600]),
        (1, 86_400, vec![86_400; 3]),
    ] {
        let sandbox = Sandbox::with_users(&["alice"]);
        sandbox.set("lockout-attempts", &attempts.to_string());
        sandbox.set("lockout-seconds", &seconds.to_string());
        let secret = sandbox.enrol("alice");
        for left in (1..attempts).rev() {
            assert_eq!(wrong(&sandbox, &secret).json()["attempts_left"], left);
        }
        for length in locks {
            assert_eq!(retry_after(&wrong(&sandbox, &secret)), length);
            sandbox.pass(length);
        }
    }
}

#[test]
fn wrong_codes_affect_only_their_user() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    sandbox.set("lockout-attempts", "1");
    let (alice, bob) = (sandbox.enrol("alice"), sandbox.enrol("bob"));
    assert_eq!(retry_after(&wrong(&sandbox, &alice)), 60);
    assert_eq!(sandbox.pass(30).login("bob", &bob).reason(), "code-accepted");
}

#[test]
fn after_a_lock_one_wrong_code_locks_again_and_the_answer_says_so() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("lockout-attempts", "2");
    let secret = sandbox.enrol("alice");
    wrong(&sandbox, &secret);
    wrong(&sandbox, &secret);
    let malformed = sandbox.pass(60).verify(&["--", "alice"], Some("abc")).json();
    assert_eq!(
        (&malformed["reason"], &malformed["attempts_left"]),
        (&json!("wrong-code"), &json!(1))
    );
    assert_eq!(retry_after(&wrong(&sandbox, &secret)), 120);
}

/// Rewrites the documents of an enrolled user in the form used before attempt counters.
fn make_old(sandbox: &Sandbox, failures: u32) {
    let state = sandbox.document("state", "alice");
    let text = std::fs::read_to_string(&state).unwrap();
    let kept = text.lines().map(|line| match line {
        line if line.starts_with("forgiven = ") => format!("failures = {failures}\n"),
        line => format!("{line}\n"),
    });
    let text: String = kept.collect();
    assert!(text.contains("failures = "), "{text}");
    sandbox.write(&state, &text);
    std::fs::remove_file(sandbox.counter("alice")).unwrap();
}

/// Guards upgrades: users of a store without attempt counters can sign in, their wrong codes still
/// count, and after the first code the counter must exist.
#[test]
fn a_user_of_an_earlier_version_keeps_secret_and_failures() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    make_old(&sandbox, 3);
    assert_eq!(sandbox.show("alice")["failures"], 3);
    assert_eq!(sandbox.admin(&["store", "check"]).code, 0);
    assert_eq!(wrong(&sandbox, &secret).json()["attempts_left"], 1);
    assert_eq!(retry_after(&wrong(&sandbox, &secret)), json!(60));
    assert_eq!(sandbox.show("alice")["failures"], 5);
    sandbox.pass(60);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    assert_eq!(sandbox.show("alice")["failures"], 0);
    // After one wrong code, the counter must exist.
    make_old(&sandbox, 0);
    wrong(&sandbox, &secret);
    std::fs::remove_file(sandbox.counter("alice")).unwrap();
    assert_eq!(sandbox.pass(30).login("alice", &secret).end(), (4, "store".into()));
}
