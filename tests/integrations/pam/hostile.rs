//! Programs, users and verifiers that misbehave. None of them gets in, and none ends the calling program.

use crate::namespace::{Machine, Owner, PASSWORD, repository};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

/// `PAM_SUCCESS`.
const SUCCESS: u8 = 0;
/// `PAM_AUTH_ERR`.
const REFUSED: u8 = 7;
/// `PAM_CONV_ERR`.
const CANNOT_ASK: u8 = 19;

fn machine(owner: Owner) -> Option<Machine> {
    let machine = Machine::new(owner, &[("cc", "gcc")])?;
    machine.add_users("alice");
    machine.sh("printf 'auth requisite pam_rw2fa.so\\naccount requisite pam_rw2fa.so session=rdp\\n' >/etc/pam.d/caller");
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("caller");
    let built = Command::new("cc")
        .args(["-O1", "-o"])
        .arg(&program)
        .arg(repository("tests/integrations/pam/caller.c"))
        .args(["-l:libpam.so.0", "-lpthread"])
        .status()
        .unwrap();
    assert!(built.success());
    machine.put(&program, "/usr/bin/caller", "755");
    Some(machine)
}

/// Runs the program, and returns the result of PAM with all that it printed.
fn call<A: AsRef<OsStr>>(machine: &Machine, words: &[A]) -> (u8, String) {
    let output = machine.command("caller").arg("caller").args(words).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "the program died: {:?} {text}", output.status);
    let result = text.rsplit("result: ").next().and_then(|rest| rest.trim().parse().ok());
    (result.unwrap_or_else(|| panic!("no result: {text}")), text)
}

#[track_caller]
fn check(machine: &Machine, mode: &str, answers: &[&str], expected: u8) {
    let words = [&["auth", mode, "alice", "192.0.2.7"], answers].concat();
    let (result, text) = call(machine, &words);
    assert_eq!(result, expected, "{mode}: {text}\n{}", machine.log());
    assert!(!text.contains("saw a child"), "{mode}: {text}");
}

/// Guards against programs that answer prompts wrongly.
#[test]
fn conversations_that_fail() {
    let Some(machine) = machine(Owner::Root) else { return };
    let mut app = machine.enrol("alice");
    for (mode, expected) in [
        ("null-response", CANNOT_ASK),
        ("null-everywhere", CANNOT_ASK),
        ("fails", CANNOT_ASK),
        ("unknown-result", CANNOT_ASK),
        ("null-text", CANNOT_ASK),
        ("no-conversation", CANNOT_ASK),
        ("long", REFUSED),
        ("honest", CANNOT_ASK),
    ] {
        check(&machine, mode, &[], expected);
    }
    assert_eq!(machine.show("alice")["failures"], 0, "text that is not a code is not charged");
    for text in ["", "a\nb", "\u{7f}", "--help", "12345", &"1".repeat(300), &"é".repeat(100)] {
        check(&machine, "honest", &[text, text, text], REFUSED);
    }
    check(&machine, "silent", &[&app.code()], SUCCESS);
}

/// Guards the decision against what the calling program does with its children, descriptors and variables.
#[test]
fn processes_that_are_prepared() {
    for owner in [Owner::Root, Owner::Rw2fa] {
        let Some(machine) = machine(owner) else { return };
        let mut app = machine.enrol("alice");
        for mode in [
            "ignores-children",
            "reaps",
            "reaps-in-a-thread",
            "blocks-signals",
            "many-descriptors",
            "few-descriptors",
            "closed-streams",
            "variables",
            "large-variables",
        ] {
            check(&machine, mode, &[&app.code()], SUCCESS);
            check(&machine, mode, &[&app.used_code(), "", ""], REFUSED);
        }
        // PAM_SYSTEM_ERR: the library of PAM needs one, too, and says so after the module's refusal.
        check(&machine, "no-descriptors", &[&app.code()], 4);
    }
}

/// Guards against names and addresses that are taken for something else, on the command line or in the log.
#[test]
fn names_and_addresses() {
    let Some(machine) = machine(Owner::Rw2fa) else { return };
    let longest = "n".repeat(256);
    let names: [&[u8]; 12] = [
        b"-x",
        b"--help",
        b"--",
        b"--user=bob",
        b" ",
        b"a b",
        b"a\nb: granted: not-listed",
        b"\x1b[2J",
        b"\xff\xfe",
        b"alice\n",
        b"%s%n",
        longest.as_bytes(),
    ];
    for name in names {
        let words = ["auth", "honest"].map(OsStr::new);
        let words = [&words[..], &[OsStr::from_bytes(name), OsStr::new("-h\n")]].concat();
        let (result, text) = call(&machine, &words);
        let shown = String::from_utf8_lossy(name);
        // Names that are valid are of users who are not listed.
        let is_valid =
            ["-x", "--help", "--user=bob", "a b", "%s%n", "--", &longest].contains(&&*shown);
        assert!(result == REFUSED || is_valid && result == SUCCESS, "{shown:?}: {result} {text}");
        assert!(!text.contains("Usage"), "{text}");
    }
    let mut app = machine.enrol("alice");
    let log = machine.log();
    let lines = log.lines().filter(|line| !line.is_empty());
    assert!(lines.clone().all(|line| line.contains("pam_rw2fa(caller:auth): ")), "{log}");
    assert!(
        log.contains("user 'a\\nb: granted: not-listed' from '-h\\n': ") && !log.contains('\x1b'),
        "{log}"
    );
    // A listed name is asked for a code, in every spelling.
    for name in ["alice", "ALICE", "Alice"] {
        assert_eq!(call(&machine, &["auth", "honest", name, ""]).0, CANNOT_ASK, "{name}");
    }
    for address in ["--end", "a\nb", "\u{1b}[2J", &"9".repeat(4_000), "; reboot"] {
        let (result, text) = call(&machine, &["auth", "honest", "alice", address, &app.code()]);
        assert_eq!(result, SUCCESS, "{text}");
    }
    assert_eq!(machine.sh("rw2fa audit verify >/dev/null; echo $?"), "0\n");
}

/// Guards against verifiers that are not the verifier.
#[test]
fn verifiers_that_misbehave() {
    let Some(machine) = machine(Owner::Root) else { return };
    let grant = r#"{"schema":1,"user":"x","outcome":"grant","reason":"disabled","message":"m","language":"en"}"#;
    let twice = grant.replace(r#""user""#, r#""outcome":"deny","user""#);
    for (script, expected) in [
        (format!("echo '{grant}'"), SUCCESS),
        (format!("echo '{grant}'; exit 1"), REFUSED),
        (format!("echo '{grant}'; kill -9 $$"), REFUSED),
        (format!("echo '{grant}{grant}'"), REFUSED),
        (format!("echo '{twice}'"), REFUSED),
        (format!("echo '{}'", grant.replace(":1", ":2")), REFUSED),
        ("exit 0".to_owned(), REFUSED),
        ("exec >&-; exit 0".to_owned(), REFUSED),
        ("echo grant".to_owned(), REFUSED),
        ("head -c 1000000 /dev/urandom".to_owned(), REFUSED),
        (format!("head -c 1000000 /dev/zero >&2; echo '{grant}'"), SUCCESS),
        (format!("printf '%s' '{}'; exit 0", &grant[..grant.len() - 1]), REFUSED),
        (format!("sleep 600 & echo '{grant}'"), SUCCESS),
        ("printf '\\033[2J%s\\n' \"$*\" >&2; exit 4".to_owned(), REFUSED),
        ("exit 127".to_owned(), REFUSED),
    ] {
        let file = "/usr/bin/rw2fa-verify";
        machine.sh(&format!(
            "rm -f {file}; cat >{file} <<'END'\n#!/bin/sh\n{script}\nEND\nchmod 755 {file}"
        ));
        let (result, text) = call(&machine, &["auth", "honest", "bob", ""]);
        assert_eq!(result, expected, "{script}: {text}\n{}", machine.log());
    }
    let log = machine.log();
    assert!(!log.contains('\x1b'), "{log}");
    for what in ["/nonexistent", "/usr", "/etc/passwd"] {
        machine
            .sh(&format!("echo 'auth requisite pam_rw2fa.so verifier={what}' >/etc/pam.d/caller"));
        assert_eq!(call(&machine, &["auth", "honest", "bob", ""]).0, REFUSED, "{what}");
    }
}

/// Guards a stack that this module alone decides: `pam_setcred` must not undo what was granted.
#[test]
fn credentials_are_granted() {
    let Some(machine) = machine(Owner::Root) else { return };
    assert_eq!(call(&machine, &["cred", "honest", "alice", ""]).0, SUCCESS);
    let account = |user: &str| call(&machine, &["account", "no-conversation", user, ""]).0;
    // `PAM_PERM_DENIED`.
    assert_eq!((account("bob"), account("alice")), (SUCCESS, 6));
}

/// Guards secrets and codes in the memory of the calling program, which may live long or dump its memory.
#[test]
fn nothing_secret_is_left_in_memory() {
    let Some(machine) = machine(Owner::Root) else { return };
    machine.sh(
        "printf 'auth requisite pam_unix.so\\nauth requisite pam_rw2fa.so\\n' >/etc/pam.d/caller",
    );
    let codes = ["734095", "734095", "734095"];
    let words = [&["auth", "scans", "alice", "", PASSWORD], &codes[..]].concat();
    let (result, text) = call(&machine, &words);
    let expected =
        "control: 1\nsecret was shown: 1\ncopies of the secret: 0\ncopies of the code: 0\n";
    assert!(result == REFUSED && text.starts_with(expected), "{result}: {text}");
}
