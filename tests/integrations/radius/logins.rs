//! Logins of people who type what they should, or nearly.

use super::machine::{Answer, Machine, quoted};

const ALICE: (&str, &str) = ("alice", "correct horse");
const BOB: (&str, &str) = ("bob", "battery 123456");

/// Guards the dialogue: the password gets a challenge, the code of that challenge lets the user in.
#[test]
fn the_password_and_then_the_code_let_a_user_in() {
    let Some(machine) = Machine::new(&[ALICE, BOB]) else { return };
    let secret = machine.enrol("alice");
    let wrong = machine.ask("alice", "wrong password", None);
    assert_eq!((wrong.shown(), &wrong.state), (("Reject", String::new()), &None));
    let state = machine.challenge("alice", ALICE.1);
    // 32 random bytes.
    assert_eq!(state.len(), 2 + 64);
    let code = machine.next_code(&secret);
    let right = machine.ask("alice", &code, Some(&state));
    assert_eq!(right.shown(), ("Accept", String::new()), "{}", machine.log());
    assert_eq!(right.state, None);

    // A used code, then a wrong one, then the next one: each answer but the last is a challenge again.
    let state = machine.challenge("alice", ALICE.1);
    let used = machine.ask("alice", &code, Some(&state));
    assert_eq!(used.kind, "Challenge");
    assert!(used.messages[0].contains("already used"), "{used:?}");
    let wrong = machine.ask("alice", &machine.wrong_code(&secret), used.state.as_deref());
    assert_eq!(wrong.kind, "Challenge");
    assert!(wrong.messages[0].contains("is wrong"), "{wrong:?}");
    let empty = machine.ask("alice", " ", wrong.state.as_deref());
    assert_eq!(empty.shown(), ("Challenge", "Enter the 6 digits that your app shows.".into()));
    let right = machine.ask("alice", &machine.next_code(&secret), empty.state.as_deref());
    assert_eq!(right.kind, "Accept");

    // A user who is not listed needs the password alone.
    assert_eq!(machine.ask("bob", "wrong", None).kind, "Reject");
    assert_eq!(machine.ask("bob", BOB.1, None).shown(), ("Accept", String::new()));
    // While two-factor authentication is off, so does everyone.
    machine.sh("rw2fa --quiet disable --yes >/dev/null");
    assert_eq!(machine.ask("alice", ALICE.1, None).kind, "Accept");
    machine.check_log();
}

/// Guards the grants of the portal: logins by RADIUS leave none, for which a user has little room.
#[test]
fn a_login_leaves_no_grant() {
    let Some(machine) = Machine::new(&[ALICE]) else { return };
    let secret = machine.enrol("alice");
    let grants = || {
        let shown = machine.sh("rw2fa users show alice --format json");
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        shown["users"][0]["grants"].as_array().unwrap().len()
    };
    let before = grants();
    for _ in 0..2 {
        let state = machine.challenge("alice", ALICE.1);
        let answer = machine.ask("alice", &machine.next_code(&secret), Some(&state));
        assert_eq!(answer.kind, "Accept", "{answer:?}");
    }
    assert_eq!(grants(), before);
}

/// Guards recovery codes, and what the user is told after one.
#[test]
fn a_recovery_code_lets_a_user_in() {
    let Some(machine) = Machine::new(&[ALICE]) else { return };
    machine.enrol("alice");
    let code = &machine.recovery_codes("alice")[0];
    let state = machine.challenge("alice", ALICE.1);
    let answer = machine.ask("alice", code, Some(&state));
    assert_eq!(answer.kind, "Accept");
    assert!(answer.messages.concat().contains("recovery"), "{answer:?}");
    machine.check_log();
}

/// Guards clients with one field: password and code together let a listed user in, the password alone only a user
/// who is not listed. Passwords that end in digits, and any signs in them, work.
#[test]
fn password_and_code_fit_into_one_field() {
    let digits = ("carol", "secret654321");
    let strange = ("dave", "a\\nb%{User-Name}\"'`id` é\n\\");
    let Some(machine) = Machine::new(&[ALICE, BOB, digits, strange]) else { return };
    let ask = |user: &str, field: &str| {
        machine.hide(field);
        machine.ask_exactly("127.0.0.3", user, field)
    };
    for (user, password) in [ALICE, digits, strange] {
        let secret = machine.enrol(user);
        let log = || machine.log();
        assert_eq!(ask(user, password), "Challenge", "{user}: {}", log());
        let code = machine.next_code(&secret);
        assert_eq!(ask(user, &format!("x{password}{code}")), "Reject", "{user}");
        let wrong = machine.wrong_code(&secret);
        assert_eq!(ask(user, &format!("{password}{wrong}")), "Reject", "{user}");
        assert!(log().contains("(wrong-code)"), "{user}: {}", log());
        assert_eq!(ask(user, &code), "Reject", "{user}");
        assert_eq!(ask(user, &format!("{password}{code}")), "Accept", "{user}: {}", log());
        assert_eq!(ask(user, &format!("{password}{code}")), "Reject", "{user}");
        // A client that did not ask for it gets no such attempt.
        let code = machine.next_code(&secret);
        let field = format!("{password}{code}");
        assert_eq!(machine.ask_exactly("127.0.0.1", user, &field), "Reject", "{user}");
        assert_eq!(ask(user, &field), "Accept", "{user}: {}", log());
    }
    assert_eq!(ask("bob", BOB.1), "Accept");
    assert_eq!(ask("bob", "battery "), "Reject");
    machine.check_log();
}

/// Guards recovery codes in one field.
#[test]
fn a_recovery_code_fits_into_the_field() {
    let Some(machine) = Machine::new(&[ALICE]) else { return };
    machine.enrol("alice");
    for code in machine.recovery_codes("alice").iter().take(2) {
        let code = if code.contains('A') { code.to_lowercase() } else { code.clone() };
        machine.hide(&code);
        let field = format!("{}{code}", ALICE.1);
        assert_eq!(machine.ask_exactly("127.0.0.3", "alice", &field), "Accept", "{code}");
        assert_eq!(machine.ask_exactly("127.0.0.3", "alice", &field), "Reject", "{code}");
    }
    machine.check_log();
}

/// Guards the secret of a new user: without the option, no login shows it, or even makes one.
#[test]
fn a_new_user_is_sent_to_the_portal() {
    let Some(machine) = Machine::new(&[ALICE]) else { return };
    machine.sh("rw2fa --quiet users add alice >/dev/null");
    for address in ["127.0.0.1", "127.0.0.3"] {
        for password in [ALICE.1.to_owned(), format!("{}123456", ALICE.1)] {
            let answer = machine.ask_from(address, "alice", &password, None);
            assert_eq!((answer.kind.as_str(), &answer.state), ("Reject", &None));
            if address == "127.0.0.3" || password == ALICE.1 {
                assert!(answer.messages[0].contains("Sign in to the portal first"), "{answer:?}");
            }
        }
    }
    let shown = machine.sh("rw2fa users show alice --format json");
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["users"][0]["enrolment"].as_str().unwrap_or("none"), "none", "{shown}");
    machine.check_log();
}

/// Guards the option: the secret is in the challenge, in no log, and its code lets the user in.
#[test]
fn a_new_user_gets_the_secret_if_that_is_wanted() {
    let Some(machine) = Machine::new(&[ALICE]) else { return };
    machine.sh("rw2fa --quiet users add alice >/dev/null
                sed -i 's|/rw2fa-radius\"|/rw2fa-radius --show-enrolment\"|' /etc/freeradius/3.0/mods-available/rw2fa");
    machine.stop();
    machine.sh("rm -f /var/log/freeradius/radius.log");
    machine.start();
    let answer = machine.ask("alice", ALICE.1, None);
    let text = answer.messages.concat();
    let (_, key) = text.split_once("this key: ").unwrap_or_else(|| panic!("{answer:?}"));
    let (key, _) = key.split_once(" - ").unwrap();
    machine.hide(key);
    let key = key.replace(' ', "");
    machine.hide(&key);
    let secret = crate::sandbox::Secret::from_base32(&key);
    let answer = machine.ask("alice", &machine.next_code(&secret), answer.state.as_deref());
    assert_eq!(answer.kind, "Accept");
    assert!(answer.messages.concat().contains("is set up"), "{answer:?}");
    machine.check_log();
}

/// Guards against two users of one code: of twenty logins at once, one gets in.
#[test]
fn a_code_lets_one_of_many_in() {
    let Some(machine) = Machine::new(&[ALICE]) else { return };
    let secret = machine.enrol("alice");
    let states: Vec<_> = (0..20).map(|_| machine.challenge("alice", ALICE.1)).collect();
    let code = machine.next_code(&secret);
    let request = |state: &str, password: &str| {
        let password = quoted(password);
        machine.begin(
            "127.0.0.1",
            &format!("User-Name = alice, User-Password = {password}, State = {state}"),
        )
    };
    let kinds = |children: Vec<std::process::Child>| -> Vec<String> {
        let outputs = children.into_iter().map(|child| child.wait_with_output().unwrap());
        outputs.map(|output| Answer::read(&output).kind).collect()
    };
    let answers = kinds(states.iter().map(|state| request(state, &code)).collect());
    let count =
        |answers: &[String], kind: &str| answers.iter().filter(|found| *found == kind).count();
    assert_eq!(count(&answers, "Accept"), 1, "{answers:?}");
    // A State is good for one answer, whatever its code.
    let state = machine.challenge("alice", ALICE.1);
    let codes: Vec<_> = (0..20).map(|_| machine.next_code(&secret)).collect();
    let answers = kinds(codes.iter().map(|code| request(&state, code)).collect());
    assert_eq!((count(&answers, "Accept"), count(&answers, "Reject")), (1, 19), "{answers:?}");
    machine.check_log();
}

/// Guards the policy for accounts of the machine: the passwords come from PAM, as the page says.
#[test]
fn passwords_can_come_from_pam() {
    let Some(machine) = Machine::new(&[]) else { return };
    machine.hide(ALICE.1);
    machine.sh(&format!(
        r"mkdir /var/lib/etc; cd /var/lib/etc; cp -p /etc/passwd /etc/shadow .
        echo 'alice:x:4242:65534::/:/bin/sh' >>passwd
        echo 'alice:{}:19000::::::' >>shadow
        printf 'auth required pam_unix.so\naccount required pam_unix.so\n' >radiusd
        mount --bind passwd /etc/passwd; mount --bind shadow /etc/shadow
        mount --bind radiusd /etc/pam.d/radiusd
        cd /etc/freeradius/3.0; ln -s ../mods-available/pam mods-enabled/
        sed -i '/^rw2fa_find_user/,/^}}/{{/^\tfiles$/d; /^\tpap$/d}}; /^rw2fa_check_password/,/^}}/s/^\tpap$/\tpam/' policy.d/rw2fa
        grep -A1 '^rw2fa_find_user' policy.d/rw2fa | grep -qx '}}'",
        machine.sh(&format!("openssl passwd -6 '{}'", ALICE.1)).trim()
    ));
    machine.stop();
    machine.sh("rm -f /var/log/freeradius/radius.log");
    machine.start();
    assert_eq!(machine.ask("alice", "wrong", None).kind, "Reject");
    assert_eq!(machine.ask("alice", ALICE.1, None).kind, "Accept", "{}", machine.log());
    let secret = machine.enrol("alice");
    let state = machine.challenge("alice", ALICE.1);
    assert_eq!(machine.ask("alice", ALICE.1, Some(&state)).kind, "Challenge");
    let state = machine.challenge("alice", ALICE.1);
    assert_eq!(machine.ask("alice", &machine.next_code(&secret), Some(&state)).kind, "Accept");
    let field = format!("{}{}", ALICE.1, machine.next_code(&secret));
    assert_eq!(machine.ask_exactly("127.0.0.3", "alice", &field), "Accept", "{}", machine.log());
    machine.check_log();
}

/// Guards codes by SMS: the right password sends one message, and its code lets the user in.
#[test]
fn a_code_by_sms_lets_a_user_in() {
    let Some(machine) = Machine::new(&[ALICE]) else { return };
    machine
        .write("/var/lib/send", "#!/bin/sh\ncat >>/var/lib/sms/sent; echo >>/var/lib/sms/sent\n");
    machine.sh("chmod 755 /var/lib/send; install -d -o freerad /var/lib/sms
                rw2fa --quiet sms configure --command /var/lib/send </dev/null
                rw2fa --quiet users add alice --method sms --phone +33612345678 >/dev/null");
    assert_eq!(machine.ask("alice", "wrong", None).kind, "Reject");
    assert_eq!(machine.sh("cat /var/lib/sms/sent || true"), "");
    let answer = machine.ask("alice", ALICE.1, None);
    assert_eq!(answer.shown(), ("Challenge", "A code was sent to +33*******78.".into()));
    let again = machine.ask("alice", ALICE.1, None);
    assert!(again.messages.concat().contains("already sent"), "{again:?}");
    let empty = machine.ask("alice", " ", again.state.as_deref());
    assert_eq!(empty.kind, "Challenge", "{empty:?}");
    let sent = machine.sh("cat /var/lib/sms/sent");
    assert_eq!(sent.lines().count(), 1, "{sent}");
    let (_, code) = sent.trim().trim_end_matches("\"}").rsplit_once(' ').unwrap();
    machine.hide(code);
    let right = machine.ask("alice", code, answer.state.as_deref());
    assert_eq!(right.kind, "Accept", "{sent}: {right:?}\n{}", machine.log());
    let used = machine.ask("alice", code, empty.state.as_deref());
    assert_ne!(used.kind, "Accept");
    machine.check_log();
}
