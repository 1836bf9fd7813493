//! Grants: what an accepted code allows, for whom, and for how long.

use crate::sandbox::{Run, Sandbox, Secret};

/// Opens a session without a code.
fn session(sandbox: &Sandbox, client: Option<&str>) -> Run {
    match client {
        Some(client) => {
            sandbox.verify(&["--session", "html5", "--client", client, "--", "alice"], None)
        }
        None => sandbox.verify(&["--session", "html5", "--", "alice"], None),
    }
}

fn opens(sandbox: &Sandbox, client: Option<&str>) -> bool {
    let run = session(sandbox, client);
    match (run.code, run.reason().as_str()) {
        (0, "session-valid") => true,
        (3, "code-required") => false,
        _ => panic!("{run:?}"),
    }
}

/// Signs in with the next code.
fn sign_in(sandbox: &Sandbox, secret: &Secret, args: &[&str]) {
    let code = secret.code(sandbox.pass(30).now());
    let run = sandbox.verify(&[args, &["--", "alice"]].concat(), Some(&code));
    assert_eq!(run.reason(), "code-accepted", "{run:?}");
}

fn enrolled() -> (Sandbox, Secret) {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    sandbox.admin_ok(&["users", "revoke", "alice"]);
    (sandbox, secret)
}

#[test]
fn a_grant_belongs_to_the_client_that_earned_it() {
    let (sandbox, secret) = enrolled();
    assert!(!opens(&sandbox, None));
    sign_in(&sandbox, &secret, &["--client", "c1"]);
    assert!(opens(&sandbox, Some("c1")));
    for other in [Some("c2"), Some("C1"), Some("c1 "), None] {
        assert!(!opens(&sandbox, other), "{other:?}");
    }
    sign_in(&sandbox, &secret, &[]);
    assert!(opens(&sandbox, None));
    assert!(!opens(&sandbox, Some("c2")));
    assert!(opens(&sandbox, Some("c1")), "the other grant remains");
}

#[test]
fn a_grant_belongs_to_its_user() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    sandbox.enrol("alice");
    sandbox.enrol("bob");
    sandbox.admin_ok(&["users", "revoke", "alice"]);
    assert!(!opens(&sandbox, None));
}

#[test]
fn the_client_is_stored_hashed() {
    let (sandbox, secret) = enrolled();
    sign_in(&sandbox, &secret, &["--client", "portal-session-0815"]);
    for (path, bytes) in sandbox.contents() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("portal-session-0815"), "{}", path.display());
    }
}

#[test]
fn the_seventeenth_client_ends_the_oldest_grant() {
    let (sandbox, secret) = enrolled();
    let clients: Vec<String> = (1..=17).map(|number| format!("client {number}")).collect();
    for client in &clients {
        sign_in(&sandbox, &secret, &["--client", client]);
    }
    assert_eq!(sandbox.show("alice")["grants"].as_array().unwrap().len(), 16);
    assert!(!opens(&sandbox, Some("client 1")));
    for client in &clients[1..] {
        assert!(opens(&sandbox, Some(client)), "{client}");
    }
    sign_in(&sandbox, &secret, &["--client", "client 17"]);
    assert!(opens(&sandbox, Some("client 2")), "a returning client replaces its own grant");
}

#[test]
fn the_first_session_must_open_in_time_to_the_second() {
    for (after, expected) in [(0, true), (3599, true), (3600, false), (3601, false)] {
        let (sandbox, secret) = enrolled();
        sign_in(&sandbox, &secret, &[]);
        assert_eq!(opens(sandbox.pass(after), None), expected, "{after} s after the code");
    }
    for (after, expected) in [(89, true), (90, false)] {
        let (sandbox, secret) = enrolled();
        sandbox.set("validity-before-first-session", "90");
        sign_in(&sandbox, &secret, &[]);
        assert_eq!(opens(sandbox.pass(after), None), expected, "{after} s after the code");
    }
}

#[test]
fn later_sessions_do_not_extend_the_grant() {
    for (after, expected) in [(8 * 3600 - 1, true), (8 * 3600, false)] {
        let (sandbox, secret) = enrolled();
        sign_in(&sandbox, &secret, &[]);
        let first = session(sandbox.pass(1000), None).json();
        let until = first["grant"]["valid_until"].clone();
        for later in [3600, 3600] {
            let again = session(sandbox.pass(later), None).json();
            assert_eq!(again["reason"], "session-valid");
            assert_eq!(again["grant"]["valid_until"], until, "a later session does not extend it");
        }
        sandbox.pass(after - 7200);
        assert_eq!(opens(&sandbox, None), expected, "{after} s after the first session");
    }
    for (after, expected) in [(119, true), (120, false)] {
        let (sandbox, secret) = enrolled();
        sandbox.set("validity-after-first-session", "2");
        sign_in(&sandbox, &secret, &[]);
        assert!(opens(&sandbox, None));
        assert_eq!(opens(sandbox.pass(after), None), expected, "{after} s after the first session");
    }
}

#[test]
fn a_code_sent_with_a_session_signs_in_and_opens_it() {
    let (sandbox, secret) = enrolled();
    sign_in(&sandbox, &secret, &["--session", "remoteapp"]);
    let grant = &sandbox.show("alice")["grants"][0];
    assert_eq!(grant["first_session"], grant["validated"]);
    assert!(opens(sandbox.pass(8 * 3600 - 1), None));
    assert!(!opens(sandbox.pass(1), None));
}

#[test]
fn with_a_validity_of_zero_the_code_must_come_with_the_session() {
    let (sandbox, secret) = enrolled();
    sandbox.set("validity-before-first-session", "0");
    sign_in(&sandbox, &secret, &[]);
    assert!(!opens(&sandbox, None));
    sign_in(&sandbox, &secret, &["--session", "html5"]);
    assert!(opens(&sandbox, None));
    sandbox.set("validity-after-first-session", "0");
    assert!(!opens(&sandbox, None));
    sign_in(&sandbox, &secret, &["--session", "html5"]);
    assert!(!opens(&sandbox, None), "each session needs its code");
}

#[test]
fn a_new_code_replaces_the_grant_of_its_client() {
    let (sandbox, secret) = enrolled();
    sign_in(&sandbox, &secret, &["--session", "html5"]);
    sandbox.pass(4 * 3600);
    sign_in(&sandbox, &secret, &[]);
    assert_eq!(sandbox.show("alice")["grants"].as_array().unwrap().len(), 1);
    assert!(opens(&sandbox, None));
    assert!(opens(sandbox.pass(8 * 3600 - 1), None));
}

/// Guards the sign-out: a counter that cannot be trusted must not keep a session alive.
#[test]
fn signing_out_needs_no_attempt_counter() {
    let (sandbox, secret) = enrolled();
    sign_in(&sandbox, &secret, &["--client", "c1"]);
    assert!(opens(&sandbox, Some("c1")));
    std::fs::remove_file(sandbox.counter("alice")).unwrap();
    assert_eq!(session(&sandbox, Some("c1")).end(), (4, "store".to_owned()));
    let end = sandbox.verify(&["--end", "--client", "c1", "--", "alice"], None);
    assert_eq!(end.end(), (5, "ended".to_owned()), "{end:?}");
    sandbox.admin_ok(&["users", "unlock", "alice"]);
    assert!(!opens(&sandbox, Some("c1")));
}

#[test]
fn signing_out_ends_only_the_grant_of_this_client() {
    let (sandbox, secret) = enrolled();
    for args in [&[][..], &["--client", "c1"], &["--client", "c2"]] {
        sign_in(&sandbox, &secret, args);
    }
    let end = |args: &[&str]| sandbox.verify(&[&["--end"], args, &["--", "alice"]].concat(), None);
    assert_eq!(end(&["--client", "c1"]).end(), (5, "ended".to_owned()));
    assert!(!opens(&sandbox, Some("c1")));
    assert!(opens(&sandbox, Some("c2")) && opens(&sandbox, None));
    assert_eq!(end(&[]).end(), (5, "ended".to_owned()));
    assert!(!opens(&sandbox, None));
    assert!(opens(&sandbox, Some("c2")));
    assert_eq!(end(&["--client", "c1"]).end(), (5, "ended".to_owned()), "ending twice is fine");
    assert_eq!(sandbox.verify(&["--end", "--", "nobody"], None).code, 5);
    sandbox.admin_ok(&["disable", "--yes"]);
    assert_eq!(end(&["--client", "c2"]).code, 5);
    sandbox.admin_ok(&["enable"]);
    assert!(!opens(&sandbox, Some("c2")), "also while two-factor authentication was off");
}

#[test]
fn administrators_can_end_grants() {
    for command in [
        &["users", "revoke", "alice"][..],
        &["users", "revoke", "--all"],
        &["users", "reset", "alice", "--yes"],
        &["users", "reset", "--all", "--yes"],
    ] {
        let (sandbox, secret) = enrolled();
        sign_in(&sandbox, &secret, &[]);
        sign_in(&sandbox, &secret, &["--client", "c1"]);
        sandbox.admin_ok(command);
        assert!(!opens(&sandbox, None) && !opens(&sandbox, Some("c1")), "{command:?}");
    }
    let (sandbox, secret) = enrolled();
    sign_in(&sandbox, &secret, &[]);
    sandbox.admin_ok(&["users", "remove", "alice", "--yes"]);
    sandbox.admin_ok(&["users", "add", "alice"]);
    assert!(!opens(&sandbox, None), "removed and added again");
}

#[test]
fn a_lockout_keeps_grants_and_the_hard_stop_ends_them() {
    let (sandbox, secret) = enrolled();
    sandbox.set("lockout-attempts", "1");
    sign_in(&sandbox, &secret, &["--session", "html5"]);
    let wrong = |sandbox: &Sandbox| {
        let code = secret.wrong_code(sandbox.now());
        assert_eq!(sandbox.verify(&["--", "alice"], Some(&code)).reason(), "locked");
    };
    wrong(&sandbox);
    assert!(opens(&sandbox, None));
    sandbox.set_failures("alice", 99);
    sandbox.pass(60);
    assert!(opens(&sandbox, None));
    wrong(&sandbox);
    assert!(!opens(&sandbox, None));
    sandbox.admin_ok(&["users", "unlock", "alice"]);
    assert!(!opens(&sandbox, None), "unlocking restores no grant");
}

#[test]
fn used_and_wrong_codes_neither_end_nor_create_a_grant() {
    let (sandbox, secret) = enrolled();
    sign_in(&sandbox, &secret, &["--client", "c1"]);
    let used = secret.code(sandbox.now());
    let wrong = secret.wrong_code(sandbox.now());
    for (code, reason) in [(&used, "code-used"), (&wrong, "wrong-code")] {
        for client in ["c1", "c2"] {
            let args = ["--session", "html5", "--client", client, "--", "alice"];
            let run = sandbox.verify(&args, Some(code));
            assert_eq!(run.end(), (1, reason.to_owned()), "a grant does not replace a code");
        }
    }
    assert!(opens(&sandbox, Some("c1")));
    assert!(!opens(&sandbox, Some("c2")));
}

#[test]
fn asking_for_a_code_ends_no_grant() {
    let (sandbox, secret) = enrolled();
    sign_in(&sandbox, &secret, &[]);
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "code-required");
    assert!(opens(&sandbox, None));
}
