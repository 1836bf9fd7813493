//! Wrong clocks: a device's, and a server's that is set back or forward.

use super::enrol_with_distinct_codes;
use crate::sandbox::{Sandbox, Secret, T0};

const HOUR: i64 = 3600;
const DAY: i64 = 86_400;

#[test]
fn a_phone_that_was_three_hours_ahead_works_as_soon_as_it_is_corrected() {
    let sandbox = Sandbox::with_users(&["alice"]);
    // Its codes from three hours ago to seven hours from now must all differ.
    let secret = loop {
        let shown = sandbox.verify(&["--", "alice"], None);
        let secret = Secret::of(&shown.json());
        let codes = (-480..=480).map(|step| secret.code(T0 + 30 * step));
        if codes.collect::<std::collections::BTreeSet<_>>().len() == 961 {
            break secret;
        }
        sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    };
    let ahead = secret.code(T0 + 3 * HOUR);
    let login = |code: &str| sandbox.verify(&["--", "alice"], Some(code)).reason();
    assert_eq!(login(&ahead), "activated");
    assert_eq!(sandbox.show("alice")["drift_steps"], 360);
    sandbox.at(30);
    assert_eq!(login(&ahead), "code-used");
    assert_eq!(login(&secret.code(T0 + 30)), "code-accepted");
    assert_eq!(sandbox.show("alice")["drift_steps"], 0, "the drift is learned again");
    sandbox.at(3 * HOUR - 30);
    assert_eq!(login(&secret.code(T0 + 3 * HOUR - 30)), "code-accepted");
    assert_eq!(login(&ahead), "code-used", "still used when its step arrives");
    sandbox.at(3 * HOUR);
    assert_eq!(login(&ahead), "code-used");
    sandbox.at(3 * HOUR + 30);
    assert_eq!(login(&ahead), "code-used");
}

#[test]
fn the_drift_of_a_device_is_learned_and_never_moves_the_window() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("discrepancy", "3");
    let secret = enrol_with_distinct_codes(&sandbox, "alice", -10..40);
    for (at, offset, expected, drift) in [
        (300, 3, "code-accepted", 3),
        (330, 3, "code-accepted", 3),
        (360, 4, "wrong-code", 3),
        (600, -2, "code-accepted", -2),
        (630, -3, "code-used", -2),
        (660, 0, "code-accepted", 0),
    ] {
        let code = secret.code(sandbox.at(at).now() + 30 * offset);
        let run = sandbox.verify(&["--", "alice"], Some(&code));
        assert_eq!(run.reason(), expected, "at {at}, {offset} steps off");
        assert_eq!(sandbox.show("alice")["drift_steps"], drift, "at {at}");
    }
}

/// Guards against spending hours of codes: a code shared by two steps counts for the nearer one.
#[test]
fn a_code_shared_by_two_steps_counts_for_the_expected_one() {
    let sandbox = Sandbox::with_users(&["alice"]);
    // An early step whose code also belongs to a step far ahead.
    let (secret, near, far) = loop {
        let secret = sandbox.enrol("alice");
        let codes: Vec<_> = (0..=460).map(|step| secret.code(T0 + 30 * step)).collect();
        let pairs = (1..200).flat_map(|near| (near + 200..=460).map(move |far| (near, far)));
        let mut pairs = pairs.filter(|(near, far)| codes[*near] == codes[*far]);
        if let Some((near, far)) = pairs.next() {
            break (secret, i64::try_from(near).unwrap(), i64::try_from(far).unwrap());
        }
        sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    };
    sandbox.at(30 * near);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    assert_eq!(sandbox.show("alice")["drift_steps"], 0, "steps {near} and {far}");
}

#[test]
fn a_clock_set_back_revives_no_used_code_and_prolongs_no_lock() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let used = [secret.code(T0), secret.code(T0 + 300)];
    assert_eq!(sandbox.at(300).login("alice", &secret).reason(), "code-accepted");
    for back in [0, 150, -HOUR, -3 * HOUR] {
        for code in &used {
            let run = sandbox.at(back).verify(&["--", "alice"], Some(code));
            assert_eq!(run.reason(), "code-used", "clock at {back}");
        }
    }
    sandbox.at(300);
    sandbox.set("lockout-attempts", "1");
    let wrong = secret.wrong_code(sandbox.now());
    assert_eq!(sandbox.verify(&["--", "alice"], Some(&wrong)).json()["retry_after"], 60);
    let retry = |at| sandbox.at(at).verify(&["--", "alice"], None).json()["retry_after"].clone();
    assert_eq!(retry(300 - DAY), 60, "no longer than its own length from now");
    assert_eq!(retry(330 - DAY), 30, "and it runs from then on");
    let open = sandbox.at(360 - DAY).verify(&["--", "alice"], None);
    assert_eq!(open.reason(), "code-required");
}

#[test]
fn a_grant_from_the_future_is_invalid() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    let session = |at| sandbox.at(at).verify(&["--session", "html5", "--", "alice"], None).reason();
    assert_eq!(session(-1), "code-required");
    assert_eq!(session(-DAY), "code-required");
    assert_eq!(session(100), "session-valid");
    assert_eq!(session(99), "code-required", "its first session lies in the future");
    assert_eq!(session(101), "session-valid");
}

#[test]
fn a_pending_secret_from_the_future_has_expired() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let first = Secret::of(&sandbox.verify(&["--", "alice"], None).json());
    let second = Secret::of(&sandbox.at(-1).verify(&["--", "alice"], None).json());
    assert_ne!(first, second, "its age is unknown");
}

#[test]
fn a_clock_set_forward_ends_locks_and_grants_and_nothing_else() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("lockout-attempts", "1");
    let secret = sandbox.enrol("alice");
    sandbox.verify(&["--", "alice"], Some(&secret.wrong_code(sandbox.now())));
    sandbox.at(DAY);
    let session = sandbox.verify(&["--session", "html5", "--", "alice"], None);
    assert_eq!(session.reason(), "code-required");
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "code-required");
    sandbox.at(120);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted", "and back again");
}

/// Guards against a clock far off that causes a panic or a grant.
#[test]
fn a_clock_at_the_ends_of_time_gets_an_answer() {
    for now in [0, 1, 253_402_207_199, i64::MAX - T0] {
        let sandbox = Sandbox::with_users(&["alice"]);
        let secret = sandbox.enrol("alice");
        let run = sandbox.at(now - T0).verify(&["--", "alice"], Some(&secret.wrong_code(T0)));
        assert!(matches!(run.code, 1 | 3), "{now}: {run:?}");
        let session = sandbox.verify(&["--session", "html5", "--", "alice"], None);
        assert_eq!(session.reason(), "code-required", "{now}");
    }
}
