//! The module's options in stacks with other modules, through pamtester.

use std::io::Write;
use std::process::Stdio;

use crate::namespace::{Machine, Owner, PASSWORD};
use crate::terminal::Terminal;

fn machine() -> Option<Machine> {
    let machine = Machine::new(Owner::Rw2fa, &[("pamtester", "pamtester")])?;
    machine.add_users("alice carol");
    Some(machine)
}

/// Runs pamtester with a stack, types these lines, and returns whether it succeeded, with all it printed.
fn test(
    machine: &Machine,
    stack: &str,
    operation: &str,
    user: &str,
    typed: &[&str],
) -> (bool, String) {
    machine.sh(&format!("cat >/etc/pam.d/stack <<'END'\n{stack}\nEND"));
    let mut child = machine
        .command("pamtester")
        .args(["-I", "rhost=192.0.2.7", "stack", user, operation])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in typed {
        // A program that has ended does not read.
        let _ = writeln!(stdin, "{line}");
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[track_caller]
fn check(machine: &Machine, stack: &str, user: &str, typed: &[&str], expected: bool) -> String {
    let (is_in, text) = test(machine, stack, "authenticate", user, typed);
    assert_eq!(is_in, expected, "{stack} {user} {typed:?}: {text}\n{}", machine.log());
    text
}

/// Guards `forward_pass`: the code is split off, and the next module gets exactly the password.
#[test]
fn password_and_code_in_one_field() {
    let Some(machine) = machine() else { return };
    let mut app = machine.enrol("alice");
    let stack =
        "auth requisite pam_rw2fa.so forward_pass\nauth required pam_unix.so use_first_pass";
    let field = format!("{PASSWORD}{}", app.code());
    let text = check(&machine, stack, "alice", &[&field], true);
    assert!(text.contains("Password and code: "), "{text}");
    check(&machine, stack, "alice", &[&field], false);
    check(&machine, stack, "alice", &[&format!("wrong{}", app.code())], false);
    check(&machine, stack, "alice", &[PASSWORD], false);
    check(&machine, stack, "alice", &[&format!("{PASSWORD}{}", app.wrong_code())], false);
    check(&machine, stack, "bob", &[PASSWORD], true);
    check(&machine, stack, "bob", &["wrong"], false);
    // Not enrolled: nothing may be shown, because the password is not checked yet.
    let text = check(&machine, stack, "carol", &[&format!("{PASSWORD}123456")], false);
    assert!(text.contains("not set up yet") && !text.contains("Secret"), "{text}");
    assert_eq!(machine.show("carol")["shown"]["times"].as_u64().unwrap_or(0), 0);
    // A recovery code, which has letters and dashes.
    let codes = machine.sh("rw2fa --quiet users recovery-codes alice --yes 2>/dev/null");
    let recovery = codes.split_whitespace().find(|word| word.len() == 19).expect(&codes);
    check(&machine, stack, "alice", &[&format!("{PASSWORD}{recovery}")], true);
    // A wrong code may be corrected without typing the password again.
    let field = format!("{PASSWORD}{}", app.wrong_code());
    check(&machine, stack, "alice", &[&field, &app.code()], true);
    // The module takes what an earlier one asked for.
    let first = "auth optional pam_unix.so\nauth requisite pam_rw2fa.so forward_pass use_first_pass\n\
                 auth required pam_unix.so use_first_pass";
    check(&machine, first, "alice", &[&format!("{PASSWORD}{}", app.code())], true);
    check(&machine, first, "alice", &[&format!("wrong{}", app.code())], false);
}

/// Guards the module after and before `pam_unix`, and alone.
#[test]
fn the_places_in_a_stack() {
    let Some(machine) = machine() else { return };
    let mut app = machine.enrol("alice");
    let after = "auth requisite pam_unix.so\nauth requisite pam_rw2fa.so";
    check(&machine, after, "alice", &[PASSWORD, &app.code()], true);
    check(&machine, after, "alice", &[PASSWORD, &app.wrong_code(), "", &app.code()], true);
    check(&machine, after, "alice", &["wrong", &app.code()], false);
    check(&machine, after, "alice", &[PASSWORD, PASSWORD, PASSWORD, PASSWORD], false);
    check(&machine, after, "alice", &[PASSWORD], false);
    let one = "auth requisite pam_unix.so\nauth requisite pam_rw2fa.so retries=1";
    check(&machine, one, "alice", &[PASSWORD, &app.wrong_code(), &app.code()], false);
    check(&machine, one, "alice", &[PASSWORD, &app.code()], true);
    let text = check(&machine, after, "carol", &[PASSWORD, "0"], false);
    assert!(text.contains("Secret: "), "{text}");
    // Before the password: a code is asked for, and no secret is shown.
    let before = "auth requisite pam_rw2fa.so\nauth requisite pam_unix.so";
    check(&machine, before, "alice", &[&app.code(), PASSWORD], true);
    let text = check(&machine, before, "carol", &["0", PASSWORD], false);
    assert!(!text.contains("Secret: "), "{text}");
    // As Debian's pam-auth-update writes it: what is not a success leads to pam_deny.
    let debian = "auth [success=1 default=ignore] pam_rw2fa.so\nauth requisite pam_deny.so\nauth required pam_permit.so";
    check(&machine, debian, "alice", &[&app.code()], true);
    check(&machine, debian, "alice", &[&app.wrong_code()], false);
    // The exception of the document: members of a group need no code.
    let emergency = "@include common-auth\n\
                     auth [success=1 default=ignore] pam_succeed_if.so quiet user ingroup emergency\n\
                     auth requisite pam_rw2fa.so";
    check(&machine, emergency, "alice", &[PASSWORD], false);
    machine.sh("echo emergency:x:60200:alice >>/etc/group");
    check(&machine, emergency, "alice", &[PASSWORD], true);
    check(&machine, emergency, "alice", &["wrong"], false);
    // An earlier module's password is the code itself.
    let first = "auth optional pam_unix.so\nauth requisite pam_rw2fa.so use_first_pass";
    check(&machine, first, "alice", &[&app.code()], true);
    check(&machine, first, "alice", &[&app.wrong_code(), &app.code()], false);
    let first = "auth optional pam_unix.so\nauth requisite pam_rw2fa.so try_first_pass";
    check(&machine, first, "alice", &[PASSWORD, &app.code()], true);
}

/// Guards the rest of PAM's functions, and the options of the prompt.
#[test]
fn other_stages_and_options() {
    let Some(machine) = machine() else { return };
    let mut app = machine.enrol("alice");
    let stack = "auth requisite pam_rw2fa.so [prompt=Code of your app: ] echo debug language=de\n\
                 account requisite pam_rw2fa.so session=rdp";
    let text = check(&machine, stack, "alice", &[&app.wrong_code(), &app.code()], true);
    assert!(text.contains("Code of your app: ") && text.contains("Der Code ist falsch"), "{text}");
    assert!(machine.log().contains("debug: code: wrong-code after "), "{}", machine.log());
    let account = |user: &str| test(&machine, stack, "acct_mgmt", user, &[]).0;
    assert!(!account("alice") && account("bob"));
    machine.sh("rw2fa --quiet whitelist add alice");
    assert!(account("alice"));
    let (is_in, text) =
        test(&machine, stack, "authenticate(0) setcred(ESTABLISH_CRED)", "bob", &[]);
    let _ = (is_in, text);
    for (line, problem) in [
        ("auth requisite pam_rw2fa.so nullok", "unknown option 'nullok'"),
        ("auth requisite pam_rw2fa.so retries=many", "retries= must be a number from 1 to 10"),
        ("auth requisite pam_rw2fa.so verifier=rw2fa-verify", "verifier= must be an absolute path"),
    ] {
        check(&machine, line, "bob", &[], false);
        machine.wait_for_log(&format!("pam_rw2fa(stack:auth): refused: {problem}"));
    }
    for line in ["account required pam_rw2fa.so", "account required pam_rw2fa.so session=html5"] {
        assert!(!test(&machine, line, "acct_mgmt", "bob", &[]).0, "{line}");
    }
    machine.wait_for_log(
        "pam_rw2fa(stack:account): refused: in account, the module needs session=rdp",
    );
    machine.sh("rw2fa --quiet advanced set require-client true");
    check(&machine, stack, "alice", &[&app.code()], true);
    assert!(account("alice"));
}

/// Guards codes by SMS: the message is sent after the password, and once.
#[test]
fn codes_by_sms() {
    let Some(machine) = machine() else { return };
    machine.sh(
        "printf '#!/bin/sh\\ncat >/tmp/message\\n' >/usr/bin/send-sms && chmod 755 /usr/bin/send-sms
         rw2fa --quiet sms configure --command /usr/bin/send-sms
         rw2fa --quiet users edit carol --method sms --phone +33612345678
         printf 'auth requisite pam_unix.so\\nauth requisite pam_rw2fa.so\\n' >/etc/pam.d/stack",
    );
    let login = |password: &str| {
        let mut login = Terminal::start(&machine, "root", "pamtester stack carol authenticate");
        login.expect("Password: ");
        login.type_line(password);
        login
    };
    let (code, text) = login("wrong").end();
    assert!(code != 0 && !text.contains("sent"), "{text}");
    assert_eq!(machine.sh("ls /tmp"), "", "a message was sent without the password");
    let mut first = login(PASSWORD);
    first.expect("A code was sent to +33*******78.");
    first.expect("Code: ");
    let message = machine.sh("cat /tmp/message");
    let numbers = message.split(|c: char| !c.is_ascii_digit());
    let code = numbers.into_iter().find(|number| number.len() == 6).expect(&message).to_owned();
    first.type_line(&code);
    let (end, text) = first.end();
    assert_eq!(end, 0, "{code} of {message}: {text}");
    // Another message so soon is one too many.
    let (end, text) = login(PASSWORD).end();
    assert!(end != 0 && !text.contains("Code: "), "{text}");
    machine.wait_for_log("user 'carol': denied: sms-not-yet");
    assert!(!machine.log().contains(&code), "{}", machine.log());
}
