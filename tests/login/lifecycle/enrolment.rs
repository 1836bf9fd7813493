//! Enrolment: when a secret is created, who sees it, and when it expires.

use serde_json::json;

use crate::sandbox::{Sandbox, Secret};

#[test]
fn the_same_secret_is_shown_for_thirty_minutes_and_then_another() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let show = |at| Secret::of(&sandbox.at(at).verify(&["--", "alice"], None).json());
    let first = show(0);
    assert_eq!(show(1), first);
    assert_eq!(show(1799), first, "a later showing does not lengthen its life");
    let second = show(1800);
    assert_ne!(second, first);
    assert_eq!(show(1800 + 1799), second);
    assert_ne!(show(1800 + 1800), second);
}

#[test]
fn two_users_get_two_secrets() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let show = |user| Secret::of(&sandbox.verify(&["--", user], None).json());
    assert_ne!(show("alice"), show("bob"));
}

#[test]
fn showings_are_counted_and_reported_at_activation() {
    let sandbox = Sandbox::with_users(&["alice"]);
    assert_eq!(sandbox.show("alice")["shown"], json!(null));
    sandbox.verify(&["--ip", "192.0.2.7", "--", "alice"], None);
    let shown = sandbox.at(60).verify(&["--ip", "198.51.100.9", "--", "alice"], None);
    let secret = Secret::of(&shown.json());
    let expected = json!({"times": 2, "last": "2026-11-24T08:01:00Z", "ip": "198.51.100.9"});
    assert_eq!(sandbox.show("alice")["shown"], expected);
    assert_eq!(sandbox.show("alice")["enrolment"], "pending");
    let activated = sandbox.at(90).login("alice", &secret);
    assert_eq!(activated.end(), (0, "activated".to_owned()));
    assert_eq!(
        activated.json()["message"],
        "Your authenticator app is set up and you are signed in. The QR code was shown 2 times, last \
         30 s ago, to 198.51.100.9. If one of them was not you, tell your \
         administrator."
    );
    let row = sandbox.show("alice");
    assert_eq!(row["shown"], expected, "the record outlives the activation");
    assert_eq!(row["enrolment"], "active");
    assert_eq!(row["activated"], "2026-11-24T08:01:30Z");
}

#[test]
fn a_new_secret_has_a_new_record() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.verify(&["--ip", "192.0.2.7", "--", "alice"], None);
    sandbox.at(1800).verify(&["--", "alice"], None);
    let expected = json!({"times": 1, "last": "2026-11-24T08:30:00Z", "ip": null});
    assert_eq!(sandbox.show("alice")["shown"], expected);
}

#[test]
fn the_first_valid_code_activates_and_the_secret_is_never_shown_again() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    for args in [&["--", "alice"][..], &["--session", "html5", "--client", "c", "--", "alice"]] {
        for at in [0, 1800, 86_400] {
            let run = sandbox.at(at).verify(args, None);
            assert_eq!(run.end(), (3, "code-required".to_owned()));
            assert!(!run.stdout.contains("enrolment"), "{run:?}");
        }
    }
    let wrong = sandbox.verify(&["--", "alice"], Some(&secret.wrong_code(sandbox.now())));
    assert!(!wrong.stdout.contains("enrolment\""), "{wrong:?}");
    let shown = sandbox.show("alice").to_string();
    assert!(!shown.contains(&secret.to_base32()), "{shown}");
    let everything = sandbox.contents();
    for (path, bytes) in everything {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&secret.to_base32()), "{} contains the secret", path.display());
    }
}

#[test]
fn a_code_of_an_expired_secret_shows_the_next_secret_and_is_not_charged() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let old = Secret::of(&sandbox.verify(&["--", "alice"], None).json());
    let run = sandbox.at(1800).login("alice", &old);
    assert_eq!(run.end(), (3, "enrolment-required".to_owned()));
    let new = Secret::of(&run.json());
    assert_ne!(new, old);
    assert_eq!(sandbox.show("alice")["failures"], 0);
    assert_eq!(sandbox.login("alice", &new).reason(), "activated");
}

#[test]
fn a_code_before_any_showing_shows_the_secret() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for args in [&["--", "alice"][..], &["--session", "html5", "--", "alice"]] {
        let run = sandbox.verify(args, Some("123456"));
        assert_eq!(run.end(), (3, "enrolment-required".to_owned()));
        Secret::of(&run.json());
        sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    }
}

#[test]
fn wrong_codes_of_a_pending_secret_are_charged() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("lockout-attempts", "2");
    let secret = Secret::of(&sandbox.verify(&["--", "alice"], None).json());
    let wrong = secret.wrong_code(sandbox.now());
    assert_eq!(sandbox.verify(&["--", "alice"], Some(&wrong)).reason(), "wrong-code");
    assert_eq!(sandbox.verify(&["--", "alice"], Some(&wrong)).reason(), "locked");
    let locked = sandbox.verify(&["--", "alice"], None);
    assert_eq!(locked.reason(), "locked", "a locked user sees no secret");
    assert!(!locked.stdout.contains(&secret.to_base32()));
    assert_eq!(sandbox.at(60).login("alice", &secret).reason(), "activated");
}

#[test]
fn a_reset_creates_a_new_secret_and_the_old_one_stops_working() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let old = sandbox.enrol("alice");
    sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    assert_eq!(sandbox.show("alice")["enrolment"], "none");
    let new = Secret::of(&sandbox.verify(&["--", "alice"], None).json());
    assert_ne!(new, old);
    let stale = (1..).map(|step| old.code(sandbox.now() + 30 * step));
    let right: Vec<_> = (-480..=480).map(|step| new.code(sandbox.now() + 30 * step)).collect();
    let stale = stale.filter(|code| !right.contains(code)).take(3);
    for code in stale {
        assert_eq!(sandbox.verify(&["--", "alice"], Some(&code)).reason(), "wrong-code");
    }
    assert_eq!(sandbox.login("alice", &new).reason(), "activated");
}

#[test]
fn a_removed_user_is_not_listed_at_once_and_starts_over_when_added_again() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let old = sandbox.enrol("alice");
    sandbox.admin_ok(&["users", "remove", "alice", "--yes"]);
    assert_eq!(sandbox.verify(&["--", "alice"], None).end(), (0, "not-listed".to_owned()));
    sandbox.admin_ok(&["users", "add", "alice"]);
    let shown = sandbox.verify(&["--", "alice"], None);
    assert_ne!(Secret::of(&shown.json()), old);
}

#[test]
fn after_the_enrolment_days_a_user_cannot_enrol_alone() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    sandbox.set("enrolment-days", "3");
    let bob = sandbox.enrol("bob");
    let last = sandbox.at(3 * 86_400 - 1).verify(&["--", "alice"], None);
    assert_eq!(last.reason(), "enrolment-required");
    let closed = sandbox.at(3 * 86_400).verify(&["--", "alice"], None);
    assert_eq!(closed.end(), (1, "enrolment-closed".to_owned()));
    let late = sandbox.login("alice", &Secret::of(&last.json()));
    assert_eq!(late.reason(), "enrolment-closed", "a pending secret does not help");
    assert_eq!(sandbox.login("bob", &bob).reason(), "code-accepted", "active users still sign in");
    sandbox.admin_ok(&["users", "reset", "bob", "--yes"]);
    let again = sandbox.at(6 * 86_400 - 1).verify(&["--", "bob"], None);
    assert_eq!(again.reason(), "enrolment-required", "a reset reopens enrolment for three days");
}

#[test]
fn an_administrator_can_hand_a_secret_over_after_the_enrolment_days() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("enrolment-days", "1");
    let hand_over = || {
        let shown = sandbox.admin_ok(&["users", "enrol", "alice", "--format", "json"]);
        Secret::of(&serde_json::from_str(&shown).unwrap())
    };
    sandbox.at(2 * 86_400);
    let first = hand_over();
    let uncoded = sandbox.verify(&["--", "alice"], None);
    assert_eq!(uncoded.end(), (3, "code-required".to_owned()), "it is not shown at a login");
    sandbox.pass(86_400);
    assert_eq!(sandbox.login("alice", &first).reason(), "enrolment-closed", "it has expired");
    let second = hand_over();
    assert_ne!(second, first);
    assert_eq!(sandbox.pass(86_399).login("alice", &second).reason(), "activated");
    let refused = sandbox.admin(&["users", "enrol", "alice"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "refused once active");
    assert!(refused.stderr.contains("users reset alice"), "{refused:?}");
}

/// Guards against a thief of the password who asks for the QR code that the user received in
/// person.
#[test]
fn a_secret_that_was_handed_over_is_never_shown_at_a_login() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let hand_over = || {
        let text = sandbox.admin_ok(&["users", "enrol", "alice", "--format", "json"]);
        Secret::of(&serde_json::from_str(&text).unwrap())
    };
    let handed = hand_over();
    for args in [&["--", "alice"][..], &["--check", "--", "alice"]] {
        let answer = sandbox.verify(args, None);
        assert_eq!((answer.code, answer.reason().as_str()), (3, "code-required"), "{answer:?}");
        let json = answer.json();
        assert_eq!((&json["enrolled"], &json["enrolment"]), (&false.into(), &().into()));
    }
    assert_eq!(hand_over(), handed, "the help desk may draw it again");
    assert_eq!(sandbox.pass(1799).login("alice", &handed).reason(), "activated");
}

/// Guards against handing over a secret that someone copied from a login page.
#[test]
fn a_secret_shown_at_a_login_is_not_handed_over() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let seen = Secret::of(&sandbox.verify(&["--ip", "192.0.2.66", "--", "alice"], None).json());
    let run = sandbox.admin(&["users", "enrol", "alice", "--format", "json"]);
    let words = "(1 time, last to 192.0.2.66); that one no longer works";
    assert!(run.code == 0 && run.stderr.contains(words), "{run:?}");
    let handed = Secret::of(&run.json());
    assert_ne!(handed, seen);
    assert_eq!(sandbox.login("alice", &seen).reason(), "wrong-code");
    assert_eq!(sandbox.login("alice", &handed).reason(), "activated");
}

/// Guards against a second secret, or a second count of failures, through another spelling.
#[test]
fn all_spellings_share_one_secret_and_one_count_of_failures() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let wrong = secret.wrong_code(sandbox.now());
    let spellings = ["Alice", "ALICE", ".\\alice", "a\u{301}lice", "ａｌｉｃｅ"];
    for (spelling, failures) in spellings.into_iter().zip(1..) {
        let run = sandbox.verify(&["--", spelling], Some(&wrong));
        assert_eq!(run.json()["user"], "alice", "{spelling}");
        assert_eq!(sandbox.show("alice")["failures"], failures, "{spelling}");
    }
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "locked");
}

#[test]
fn an_entry_without_a_domain_belongs_to_the_domain_that_enrolled() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("CORP\\alice");
    for (login, expected) in [
        ("CORP\\alice", (0, "code-accepted")),
        ("alice", (0, "code-accepted")),
        ("EMEA\\alice", (4, "ambiguous-user")),
    ] {
        let run = sandbox.pass(30).login(login, &secret);
        assert_eq!((run.code, run.reason().as_str()), expected, "{login}");
    }
}
