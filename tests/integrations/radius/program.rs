//! `rw2fa-radius` alone, as FreeRADIUS' exec module runs it, with verifiers that answer anything.

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::sandbox::write_script;

/// A directory for tickets, and a verifier.
struct Place(TempDir);

impl Place {
    /// Makes a place with a verifier that prints this and ends with this exit code.
    fn new(printed: &str, exit_code: u8) -> Self {
        let place = Self(TempDir::new().unwrap());
        write_script(&place.verifier(), &format!("echo '{printed}'; exit {exit_code}"));
        place
    }

    fn verifier(&self) -> PathBuf {
        self.0.path().join("verifier")
    }

    fn run(&self, args: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rw2fa-radius"));
        command.env_clear().envs(environment.iter().copied()).args(args);
        command.arg("--tickets").arg(self.0.path().join("tickets"));
        command.arg("--verifier").arg(self.verifier()).output().unwrap()
    }
}

fn answer(outcome: &str, reason: &str) -> String {
    format!(
        r#"{{"schema":1,"user":"a","outcome":"{outcome}","reason":"{reason}","method":"app","message":"text"}}"#
    )
}

const USER: (&str, &str) = ("USER_NAME", "\"alice\"");
const CLIENT: (&str, &str) = ("RW2FA_CLIENT", "\"vpn\"");

/// Guards the exit codes that FreeRADIUS takes for a success: of everything that a verifier can say, only a grant
/// gets one.
#[test]
fn only_a_grant_is_a_success() {
    for outcome in ["grant", "deny", "challenge", "error", "ended", "unknown", ""] {
        for exit_code in 0..=6 {
            for reason in ["code-accepted", "code-required", "enrolment-required", "wrong-code"] {
                let place = Place::new(&answer(outcome, reason), exit_code);
                let output = place.run(&[], &[USER, CLIENT]);
                let code = output.status.code().unwrap();
                let is_grant = (outcome, exit_code) == ("grant", 0);
                // A challenge that a login may not show is a refusal, whatever else the answer says.
                let expected: &[i32] = match (outcome, exit_code) {
                    _ if reason == "enrolment-required" => &[1, 2],
                    ("grant", 0) => &[0],
                    ("challenge", 3) => &[6],
                    _ => &[1, 2],
                };
                assert!(expected.contains(&code), "{outcome} {exit_code} {reason}: {output:?}");
                assert!(code != 0 || is_grant);
                assert_ne!(code, 3);
            }
        }
    }
}

/// Guards calls by mistake: none is a success, not even a call for help.
#[test]
fn no_wrong_call_is_a_success() {
    let place = Place::new(&answer("grant", "not-listed"), 0);
    let good = place.run(&[], &[USER, CLIENT]);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    let (state, handle) = (("STATE", "0x00"), ("RW2FA_HANDLE", "0x00"));
    for (args, environment) in [
        (&["--help"][..], &[USER, CLIENT][..]),
        (&["--version"], &[USER, CLIENT]),
        (&["--nonsense"], &[USER, CLIENT]),
        (&["alice"], &[USER, CLIENT]),
        (&[], &[]),
        (&[], &[USER]),
        (&[], &[CLIENT]),
        (&[], &[("User-Name", "alice"), CLIENT]),
        (&[], &[("USER_NAME", "alice"), CLIENT]),
        (&[], &[("USER_NAME", "\"\\377\""), CLIENT]),
        (&[], &[("USER_NAME", "\"a\\000\""), CLIENT]),
        (&[], &[USER, CLIENT, state]),
        (&[], &[USER, CLIENT, ("STATE", "\"0x00\"")]),
        (&["--reply"], &[USER, CLIENT]),
        (&["--reply"], &[handle]),
    ] {
        let output = place.run(args, environment);
        let code = output.status.code().unwrap();
        assert!([1, 2].contains(&code), "{args:?} {environment:?}: {output:?}");
    }
}

/// Guards what FreeRADIUS logs: the first call prints no State and no secret, the second prints them, once.
#[test]
fn a_challenge_is_printed_by_the_second_call() {
    let secret = r#","enrolment":{"uri":"u","secret":"ABCDEFGHIJKLMNOP"}}"#;
    let text = answer("challenge", "enrolment-required").replace('}', secret);
    let place = Place::new(&text, 3);
    let first = place.run(&["--show-enrolment"], &[USER, CLIENT]);
    assert_eq!(first.status.code(), Some(6), "{first:?}");
    let printed = String::from_utf8(first.stdout).unwrap();
    let handle = printed.strip_prefix("Rw2fa-Reason := 'enrolment-required', Rw2fa-Handle := ");
    let handle = handle.unwrap_or_else(|| panic!("{printed}")).trim();
    assert_eq!(handle.len(), 2 + 32, "{printed}");
    let second = place.run(&["--reply"], &[("RW2FA_HANDLE", handle)]);
    assert_eq!(second.status.code(), Some(0), "{second:?}");
    let printed = String::from_utf8(second.stdout).unwrap();
    assert!(printed.starts_with("State := 0x"), "{printed}");
    assert!(printed.contains("ABCD EFGH IJKL MNOP"), "{printed}");
    let third = place.run(&["--reply"], &[("RW2FA_HANDLE", handle)]);
    assert_eq!(third.status.code(), Some(1), "{third:?}");
    assert!(!String::from_utf8_lossy(&third.stdout).contains("State"));
}
