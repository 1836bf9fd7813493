//! Codes by SMS: the rules, the gateway at Twilio, other gateways, and the commands.

#![allow(clippy::print_stdout, reason = "a skipped test reports it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

#[path = "../sandbox/mod.rs"]
mod sandbox;

mod codes;
mod commands;
mod keys;
mod limits;
mod methods;
mod processes;
mod prompts;
mod server;
#[cfg(unix)]
mod set_uid;
mod tls;
mod twilio;

use std::fs;
use std::path::{Path, PathBuf};

use sandbox::{Run, Sandbox};
use serde_json::Value;

/// The number of alice.
const NUMBER: &str = "+33612345678";
/// The same number, masked.
const MASKED: &str = "+33*******78";

/// An SMS command that records messages.
struct Outbox {
    path: PathBuf,
}

impl Outbox {
    /// Creates a command beside the store and configures the store to use it.
    fn of(sandbox: &Sandbox) -> Self {
        let path = sandbox.beside(if cfg!(windows) { "command.exe" } else { "command" });
        #[cfg(unix)]
        {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sms/command.sh");
            std::os::unix::fs::symlink(script, &path).unwrap();
        }
        #[cfg(windows)]
        fs::copy(made_command(), &path).unwrap();
        sandbox.admin_ok(&["sms", "configure", "--command", path.to_str().unwrap()]);
        Self { path }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        PathBuf::from(format!("{}.{ending}", self.path.display()))
    }

    /// Makes the command end like this from now on.
    fn mode(&self, mode: &str) -> &Self {
        sandbox::write_private(&self.beside("mode"), mode);
        self
    }

    /// Returns every message so far.
    fn messages(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.beside("log")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// Returns how many messages there were.
    fn count(&self) -> usize {
        self.messages().len()
    }

    /// Returns the code of the last message.
    fn code(&self) -> String {
        code_in(self.messages().last().expect("a message")["body"].as_str().unwrap())
    }
}

/// Returns the program that `tests/windows.sh` builds from `command.rs`: Windows cannot run
/// scripts.
#[cfg(windows)]
fn made_command() -> std::ffi::OsString {
    #[expect(clippy::disallowed_methods, reason = "the test script sets this variable")]
    let path = std::env::var_os("RW2FA_TEST_SMS_COMMAND");
    path.expect("the path of the SMS command in RW2FA_TEST_SMS_COMMAND")
}

/// Returns the code at the end of a text.
fn code_in(body: &str) -> String {
    let code = body.rsplit(' ').next().unwrap();
    assert!(code.bytes().all(|byte| byte.is_ascii_digit()), "{body}");
    code.to_owned()
}

/// Creates a store in which alice gets codes by SMS.
fn with_alice() -> (Sandbox, Outbox) {
    let sandbox = Sandbox::new();
    let outbox = Outbox::of(&sandbox);
    sandbox.admin_ok(&["users", "add", "alice", "--method", "sms", "--phone", NUMBER]);
    sandbox.admin_ok(&["enable"]);
    (sandbox, outbox)
}

/// Creates a store in which alice has signed in by SMS before.
fn with_proved_alice() -> (Sandbox, Outbox) {
    let (sandbox, outbox) = with_alice();
    assert_eq!(sign_in(&sandbox).reason(), "sms-sent");
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "activated");
    sandbox.pass(3600);
    (sandbox, outbox)
}

fn sign_in(sandbox: &Sandbox) -> Run {
    sandbox.verify(&["--qr", "none", "--", "alice"], None)
}

fn resend(sandbox: &Sandbox) -> Run {
    sandbox.verify(&["--resend", "--", "alice"], None)
}

fn type_code(sandbox: &Sandbox, code: &str) -> Run {
    sandbox.verify(&["--qr", "none", "--", "alice"], Some(code))
}

/// Returns a code other than this one.
fn another(code: &str) -> String {
    let first = if code.starts_with('0') { "1" } else { "0" };
    format!("{first}{}", &code[1..])
}

/// Returns everything in the store and its trail as text.
fn everything(sandbox: &Sandbox) -> String {
    let contents = sandbox.contents();
    let users = sandbox.path().join("users");
    let texts = contents.iter().filter(|(path, _)| !path.starts_with(&users));
    texts.map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}
