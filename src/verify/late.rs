//! Tests of logins that have run out of time. They fake the start time of the program instead of waiting.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::login::{MIN_SMS_TIMEOUT, SMS_DEADLINE, SMS_PATIENCE};
use super::{arguments, run_since};
use crate::process::{Captured, Process};
use crate::time::Timestamp;
use crate::verify::arguments::AnswerFormat;

/// A store in which alice gets codes by SMS, through a command that logs messages.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { directory: tempfile::tempdir().unwrap() };
        let command = place.directory.path().join("command");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sms/command.sh");
        std::os::unix::fs::symlink(script, &command).unwrap();
        let command = command.to_str().unwrap();
        for args in [
            &["init"][..],
            &["sms", "configure", "--command", command],
            &["users", "add", "alice", "--method", "sms", "--phone", "+33612345678"],
            &["enable"],
            &["advanced", "set", "sms-hourly-limit", "2"],
            &["advanced", "set", "sms-daily-limit", "2"],
        ] {
            let (mut process, _, said) = place.process(args);
            assert_eq!(crate::cli::main(&mut process), 0, "{args:?}: {}", said.text());
        }
        place
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    fn process(&self, args: &[&str]) -> (Process, Captured, Captured) {
        let (stdout, stderr) = (Captured::default(), Captured::default());
        let first = [OsString::from("rw2fa"), "--store".into(), self.store().into()];
        let args = first.into_iter().chain(args.iter().map(OsString::from));
        let now = Timestamp::from_unix(1_795_507_200);
        let streams = (Box::new(stdout.clone()), Box::new(stderr.clone()));
        let process = Process::sandboxed(args, now, Vec::new(), streams.0, streams.1);
        (process, stdout, stderr)
    }

    /// Signs alice in `after` the start of the program; returns exit code, answer and standard error.
    fn sign_in(&self, after: Duration) -> (u8, serde_json::Value, String) {
        let (mut process, stdout, stderr) = self.process(&["--no-groups", "--", "alice"]);
        let args = arguments::parse(&process.args).unwrap().verify;
        let started = Instant::now().checked_sub(after).unwrap();
        let code = run_since(started, &mut process, &self.store(), &args, AnswerFormat::Json);
        (code, serde_json::from_str(&stdout.text()).unwrap(), stderr.text())
    }

    fn messages(&self) -> usize {
        let log = std::fs::read_to_string(self.directory.path().join("command.log"));
        log.map_or(0, |log| log.lines().count())
    }

    fn trail(&self) -> String {
        let file = self.store().join("audit").join("2026-11.jsonl");
        std::fs::read_to_string(file).unwrap()
    }
}

/// Guards a login that waited too long for locks to send a message: nothing is sent, the timeout is reported and
/// recorded, and neither the user's limits nor the daily limit are charged.
#[test]
fn no_message_is_started_that_could_not_finish_in_time() {
    let place = Place::new();
    let late = SMS_DEADLINE.saturating_sub(MIN_SMS_TIMEOUT / 2);
    for after in [late, SMS_DEADLINE, 2 * SMS_DEADLINE] {
        let (code, answer, said) = place.sign_in(after);
        assert_eq!(
            (code, &answer["outcome"], &answer["reason"]),
            (4, &"error".into(), &"timeout".into()),
            "{after:?}: {answer}"
        );
        assert!(said.contains("no time was left to send the message"), "{said}");
        assert_eq!(place.messages(), 0);
        assert!(place.trail().trim_end().lines().last().unwrap().contains("\"timeout\""));
    }
    // Three attempts failed, and both messages of the limit are still left: nothing was charged.
    let in_time = SMS_DEADLINE.saturating_sub(SMS_PATIENCE);
    let (code, answer, said) = place.sign_in(in_time);
    assert_eq!((code, &answer["reason"]), (3, &"sms-sent".into()), "{answer} {said}");
    assert_eq!(place.messages(), 1);
    assert_eq!(place.sign_in(Duration::ZERO).1["reason"], "sms-already-sent");
}
