//! Where stores are, and who owns them.

use std::path::Path;
use std::process::Command;

use crate::sandbox::{Run, Sandbox, finish, skipped};

/// Runs the built program with only these variables in its environment.
fn tool(args: &[&str], variables: &[(&str, &str)]) -> Run {
    program(env!("CARGO_BIN_EXE_rw2fa"), args, variables)
}

fn program(program: &str, args: &[&str], variables: &[(&str, &str)]) -> Run {
    let mut command = Command::new(program);
    command.env_clear().envs(variables.iter().copied()).args(args);
    command.stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    finish(command.spawn().unwrap())
}

/// Guards the path of the system's store, which only `RW2FA_STORE` can move, and the precedence of
/// the settings that name a store.
#[test]
fn the_system_store_is_in_program_data() {
    let sandbox = Sandbox::with_users(&[]);
    let system = Path::new(r"C:\ProgramData\rw2fa");
    assert!(!system.exists(), "this test needs a machine without a store");
    let missing = tool(&["status"], &[("ProgramData", r"C:\elsewhere")]);
    assert_eq!(missing.code, 4, "{missing:?}");
    assert!(missing.stderr.contains(r"there is no store at C:\ProgramData\rw2fa"), "{missing:?}");
    let verifier = env!("CARGO_BIN_EXE_rw2fa-verify");
    let run = program(verifier, &["--", "alice"], &[]);
    assert_eq!(run.end(), (4, "store".into()), "{run:?}");

    let made = tool(&["init"], &[]);
    assert_eq!(made.code, 0, "{made:?}");
    let end = |args: &[&str], variables: &[(&str, &str)]| program(verifier, args, variables).end();
    assert_eq!(end(&["--", "alice"], &[]), (0, "disabled".into()));
    let other = sandbox.path().display().to_string();
    assert_eq!(end(&["--", "alice"], &[("RW2FA_STORE", &other)]), (0, "not-listed".into()));
    let both = [("RW2FA_STORE", r"C:\nowhere")];
    assert_eq!(end(&["--store", &other, "--", "alice"], &both), (0, "not-listed".into()));
    assert_eq!(end(&["--", "alice"], &both), (4, "store".into()));
    std::fs::remove_dir_all(system).unwrap();
}

/// Guards against a directory that another account created and could use to decide who gets in.
#[test]
fn a_store_of_another_account_is_refused() {
    let Some(foreign) = std::env::var_os("RW2FA_TEST_FOREIGN") else {
        return skipped("there is no directory of another account");
    };
    // Only root can create one.
    if foreign.is_empty() {
        return;
    }
    let foreign = foreign.into_string().unwrap();
    for command in ["init", "status"] {
        let run = tool(&["--store", &foreign, command], &[]);
        assert!(run.code == 4 || run.code == 1, "{run:?}");
        assert!(run.stderr.contains("belongs to"), "{run:?}");
    }
    let store = ["--store", &foreign, "--", "alice"];
    let run = program(env!("CARGO_BIN_EXE_rw2fa-verify"), &store, &[]);
    assert_eq!(run.end(), (4, "store".into()), "{run:?}");
}

/// Guards `init` on Windows: the service account must exist, must be a single account, and is
/// recorded; the option of other systems is refused.
#[test]
fn init_accepts_a_service_account() {
    let sandbox = Sandbox::new();
    let place = sandbox.beside("served").display().to_string();
    let init =
        |account: &str| tool(&["--store", &place, "init", "--service-account", account], &[]);
    for (account, code, message) in
        [("nobody here", 1, "no account is called"), ("Everyone", 1, "is not a single account")]
    {
        let run = init(account);
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.stderr.contains(message), "{run:?}");
        assert!(!Path::new(&place).exists());
    }
    let made = init("NETWORK SERVICE");
    assert_eq!(made.code, 0, "{made:?}");
    assert!(made.stderr.contains("read the secrets in it"), "{made:?}");
    let record = std::fs::read_to_string(Path::new(&place).join("service-account")).unwrap();
    assert_eq!(record, "S-1-5-20\n");
    let again = init("NETWORK SERVICE");
    assert_eq!((again.code, again.stdout.contains("unchanged")), (0, true), "{again:?}");
    let changed = init("LOCAL SERVICE");
    assert_eq!((changed.code, changed.stdout.contains("changed")), (0, true), "{changed:?}");
    let trail = tool(&["--store", &place, "audit", "--format", "json"], &[]);
    assert!(trail.stdout.contains("S-1-5-19"), "{trail:?}");
    let run = tool(&["--store", &place, "init", "--owner", "root"], &[]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("--service-account"), "{run:?}");
}

/// Guards the clock check of `doctor`: it asks the system's own program and understands the answer.
/// Wine has none, so a stand-in returns the answer that this test writes.
#[test]
fn the_time_service_is_asked() {
    let Some(answer) = std::env::var_os("RW2FA_TEST_TIME_SERVICE") else {
        return skipped("no program stands in for w32tm");
    };
    let sandbox = Sandbox::with_users(&[]);
    let real = sandbox.real();
    for (status, expected) in [
        (Some("Leap Indicator: 0(no warning)\r\nStratum: 4 (secondary reference)\r\n"), None),
        (
            Some("Leap Indicator: 3(not synchronized)\r\nStratum: 0 (unspecified)\r\n"),
            Some("is not synchronised"),
        ),
        (None, Some("does not report whether its clock is synchronised")),
    ] {
        match status {
            Some(text) => std::fs::write(&answer, text).unwrap(),
            None => std::fs::remove_file(&answer).unwrap(),
        }
        let run = real.admin(&["doctor", "--format", "json"]);
        let findings = run.json()["findings"].as_array().unwrap().clone();
        let clock = findings.iter().find(|finding| finding["check"] == "clock");
        let message = clock.map(|finding| finding["message"].as_str().unwrap().to_owned());
        match (expected, &message) {
            (None, None) => {}
            (Some(words), Some(message)) => assert!(message.contains(words), "{message}"),
            _ => panic!("{status:?}: {message:?}"),
        }
    }
}
