//! What must not let anyone in.

use super::machine::{Machine, quoted_bytes};

const ALICE: (&str, &str) = ("alice", "correct horse");
const EVE: (&str, &str) = ("eve", "password of eve");

/// Guards State: it belongs to one user, one client and one answer, ends after five minutes, and cannot be invented.
#[test]
fn a_state_is_bound_and_works_once() {
    let Some(machine) = Machine::new(&[ALICE, EVE]) else { return };
    let (secret, eves) = (machine.enrol("alice"), machine.enrol("eve"));
    let refused = |user: &str, code: &str, state: Option<&str>, address: &str, why: &str| {
        let answer = machine.ask_from(address, user, code, state);
        assert_eq!(answer.shown(), ("Reject", String::new()), "{why}: {}", machine.log());
        assert_eq!(answer.state, None);
        assert!(machine.log().contains(why), "{why}: {}", machine.log());
    };
    let here = "127.0.0.1";
    // Without State, a code is a password.
    refused("alice", &machine.next_code(&secret), None, here, "does not match");
    let state = machine.challenge("eve", EVE.1);
    refused("alice", &machine.next_code(&secret), Some(&state), here, "state-of-another");
    refused("eve", &machine.next_code(&eves), Some(&state), here, "state-unknown");
    let state = machine.challenge("alice", ALICE.1);
    refused("alice", &machine.next_code(&secret), Some(&state), "127.0.0.2", "state-of-another");
    let state = machine.challenge("alice", ALICE.1);
    assert_eq!(machine.ask("alice", &machine.next_code(&secret), Some(&state)).kind, "Accept");
    refused("alice", &machine.next_code(&secret), Some(&state), here, "state-unknown");
    let state = machine.challenge("alice", ALICE.1);
    machine.sh(r#"sed -i 's/"until":[0-9]*/"until":1000000000/' /run/freeradius/rw2fa/*.ticket"#);
    refused("alice", &machine.next_code(&secret), Some(&state), here, "state-expired");
    let state = machine.challenge("alice", ALICE.1);
    machine.sh("for ticket in /run/freeradius/rw2fa/*.ticket; do echo damage >\"$ticket\"; done");
    let answer = machine.ask("alice", &machine.next_code(&secret), Some(&state));
    assert_eq!(answer.kind, "Reject");
    let state = machine.challenge("alice", ALICE.1);
    for garbage in ["0x", "0x00", &state[..60], "0x2e2e2f2e2e2f6574632f706173737764"] {
        let code = machine.next_code(&secret);
        let answer = machine.ask("alice", &code, Some(garbage));
        assert_ne!(answer.kind, "Accept", "{garbage}: {answer:?}");
        assert_ne!(answer.kind, "Challenge", "{garbage}: {answer:?}");
    }
    // A restart of FreeRADIUS' unit empties its runtime directory.
    machine.sh("rm -r /run/freeradius/rw2fa");
    refused("alice", &machine.next_code(&secret), Some(&state), here, "state-unknown");
    assert_eq!(machine.sh("stat -c '%a %U' /run/freeradius/rw2fa"), "700 freerad\n");
    machine.check_log();
}

/// Guards the lockout: it holds for challenges, and the user is told.
#[test]
fn wrong_codes_lock_a_user() {
    let Some(machine) = Machine::new(&[ALICE]) else { return };
    let secret = machine.enrol("alice");
    let mut state = Some(machine.challenge("alice", ALICE.1));
    let wrong = machine.wrong_code(&secret);
    let mut answers = Vec::new();
    while let Some(current) = state.take() {
        let answer = machine.ask("alice", &wrong, Some(&current));
        answers.push(answer.kind.clone());
        assert!(answers.len() < 10, "{answers:?}");
        if answer.kind == "Reject" {
            assert!(answer.messages.concat().contains("Too many wrong codes"), "{answer:?}");
        }
        state = answer.state;
    }
    assert_eq!(answers, ["Challenge", "Challenge", "Challenge", "Challenge", "Reject"]);
    let answer = machine.ask("alice", ALICE.1, None);
    assert_eq!(answer.kind, "Reject");
    assert!(answer.messages.concat().contains("Too many wrong codes"), "{answer:?}");
    machine.check_log();
}

/// Guards names: none that FreeRADIUS or a directory might read in another way reaches an unlisted user's answer,
/// and none is expanded or run.
#[test]
fn hostile_names_and_passwords_let_no_one_in() {
    let strange = ("x%{User-Password}`id`$(id)\"'\\", "strange");
    // What the policies put in the place of a password.
    let hidden = ("hal", "hidden");
    let users = [ALICE, strange, hidden, ("DEFAULT", "default")];
    let Some(machine) = Machine::new(&users) else { return };
    machine.enrol("alice");
    for address in ["127.0.0.1", "127.0.0.3"] {
        for password in ["", "0"] {
            let answer = machine.ask_exactly(address, "hal", password);
            assert_eq!(answer, "Reject", "{password:?}: {}", machine.log());
        }
        assert_eq!(machine.ask_exactly(address, "hal", "hidden"), "Accept");
    }
    let long = "a".repeat(253);
    let escapes = vec![0xff; 253];
    let names: [&[u8]; 16] = [
        b"alice\0",
        b"alice\0bob",
        b"alice ",
        b" alice",
        b"alice\n",
        b"ali\tce",
        b"alice\r\n",
        b"\xff\xfe",
        b"alice\xff",
        b"\"alice\"",
        b"\\",
        b"%{User-Password}",
        b"--help",
        b"'; id; '",
        long.as_bytes(),
        &escapes,
    ];
    for name in names {
        for password in ["correct horse", "default"] {
            let text = format!("User-Name = {}, User-Password = '{password}'", quoted_bytes(name));
            let answer = machine.send("127.0.0.1", &text);
            // 'DEFAULT' gives every name that password, so these are users who are not listed.
            let is_unlisted = password == "default"
                && [
                    &b"\"alice\""[..],
                    b"%{User-Password}",
                    b"--help",
                    b"'; id; '",
                    long.as_bytes(),
                ]
                .contains(&name);
            let name = String::from_utf8_lossy(name);
            assert!(!answer.text.contains("uid="), "{name:?}: {answer:?}");
            assert!(!answer.messages.concat().contains("horse"), "{name:?}: {answer:?}");
            assert!(answer.kind != "Accept" || is_unlisted, "{name:?}: {answer:?}");
        }
    }
    // Another spelling of a listed user is that user.
    assert_ne!(machine.ask("ALICE", "default", None).kind, "Accept");
    // Two names, or two passwords: which one counts?
    for more in ["User-Name = bob", "User-Password = 'default'", "State = 0x00, State = 0x01"] {
        let text = format!("User-Name = bob, User-Password = 'default', {more}");
        assert_eq!(machine.send("127.0.0.1", &text).kind, "Reject", "{more}");
    }
    let chap = machine.send("127.0.0.1", "User-Name = bob, CHAP-Password = 'default'");
    assert_eq!(chap.kind, "Reject");
    assert_eq!(machine.ask("bob", "default", None).kind, "Accept");
}

/// Guards against failures of everything that a login needs.
#[test]
fn what_is_broken_lets_no_one_in() {
    let Some(machine) = Machine::new(&[ALICE, EVE]) else { return };
    let secret = machine.enrol("alice");
    let check = |break_it: &str, repair: &str, what: &str| {
        let state = machine.challenge("alice", ALICE.1);
        machine.sh(break_it);
        let answers = [
            machine.ask("alice", ALICE.1, None),
            machine.ask("eve", EVE.1, None),
            machine.ask("alice", &machine.next_code(&secret), Some(&state)),
        ];
        for answer in answers {
            assert_eq!((answer.kind.as_str(), &answer.state), ("Reject", &None), "{what}");
        }
        machine.sh(repair);
        assert_eq!(machine.ask("eve", EVE.1, None).kind, "Accept", "{what} is repaired");
    };
    check("mv /var/lib/rw2fa /var/lib/away", "mv /var/lib/away /var/lib/rw2fa", "the store");
    check(
        "mv /usr/bin/rw2fa-radius /usr/bin/away",
        "mv /usr/bin/away /usr/bin/rw2fa-radius",
        "rw2fa-radius",
    );
    check("chmod 755 /run/freeradius/rw2fa", "chmod 700 /run/freeradius/rw2fa", "the tickets");
    let keep = "mv /usr/bin/rw2fa-verify /usr/bin/away";
    let back = "rm -f /usr/bin/rw2fa-verify; mv /usr/bin/away /usr/bin/rw2fa-verify";
    check(keep, back, "a missing verifier");
    let grant = r#"{"schema":1,"user":"eve","outcome":"grant","reason":"not-listed","message":"","language":"en"}"#;
    for (script, what) in [
        ("exit 0".to_owned(), "silence"),
        ("exit 3".into(), "the exit code for a challenge"),
        ("kill -KILL $$".into(), "a verifier that dies"),
        (format!("echo '{grant}'; exit 3"), "a contradiction"),
        (format!("echo '{grant}'; echo '{grant}'"), "two answers"),
        (format!("echo '{}'", grant.replace("grant", "deny")), "another contradiction"),
        ("echo grant".into(), "an answer that is no JSON"),
    ] {
        machine.write("/var/lib/fake", &format!("#!/bin/sh\n{script}\n"));
        let fake = format!(
            "{keep}; cp /var/lib/fake /usr/bin/rw2fa-verify; chmod 755 /usr/bin/rw2fa-verify"
        );
        check(&fake, back, what);
    }
    machine.write("/var/lib/fake", "#!/bin/sh\nexec sleep 300\n");
    machine.sh(&format!(
        "{keep}; cp /var/lib/fake /usr/bin/rw2fa-verify; chmod 755 /usr/bin/rw2fa-verify"
    ));
    assert_eq!(machine.ask("eve", EVE.1, None).kind, "Reject", "a verifier that hangs");
    machine.sh(back);
    machine.check_log();
}

/// Guards servers whose policy knows nothing of challenges: called from any section, the module refuses a user who
/// needs a code. Without the variable that our policy sets, it refuses everyone.
#[test]
fn a_challenge_refuses_in_every_section() {
    let Some(machine) = Machine::new(&[ALICE, EVE]) else { return };
    machine.enrol("alice");
    for section in ["authorize", "post-auth", "authenticate"] {
        let set = "update request {\n&Rw2fa-Client := \"x\"\n}";
        for (set, eves) in [(set, "Accept"), ("", "Reject")] {
            let call =
                |name: &str| if name == section { format!("{set}\nrw2fa") } else { String::new() };
            let site = format!(
                "server rw2fa {{\nauthorize {{\nfiles\n{}\npap\n}}\n\
                 authenticate {{\nAuth-Type PAP {{\npap\n{}\n}}\n}}\npost-auth {{\n{}\n}}\n}}\n",
                call("authorize"),
                call("authenticate"),
                call("post-auth")
            );
            machine.stop();
            machine.write("/etc/freeradius/3.0/sites-available/rw2fa", &site);
            machine.sh("rm -f /var/log/freeradius/radius.log");
            machine.start();
            assert_eq!(machine.ask("alice", ALICE.1, None).kind, "Reject", "{section}");
            assert_eq!(machine.ask("eve", EVE.1, None).kind, eves, "{site}: {}", machine.log());
        }
    }
}
