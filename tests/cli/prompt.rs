//! Prompts on a real terminal: yes, no, Enter, Ctrl-C, and a question wider than the terminal.
//!
//! `script` of util-linux provides the terminal. Without it, a full run fails, and any other run
//! skips these tests.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::sandbox::{Sandbox, has};

/// Runs `rw2fa` on a terminal, types `keys` at the prompt, and returns the exit code and the
/// screen.
fn on_terminal(sandbox: &Sandbox, args: &str, keys: &str) -> Option<(i32, String)> {
    let program = env!("CARGO_BIN_EXE_rw2fa");
    let command = format!("'{program}' --store '{}' {args}", sandbox.path().display());
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).env_clear().env("TERM", "xterm");
    script.env("PATH", "/usr/bin:/bin").stdin(Stdio::piped()).stdout(Stdio::piped());
    if !has("script", "apt-get install bsdutils") {
        return None;
    }
    let mut child = script.spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut screen = Vec::new();
    let mut byte = [0];
    while stdout.read(&mut byte).is_ok_and(|read| read > 0) {
        screen.extend_from_slice(&byte);
        if screen.ends_with(b"[y/N] ") {
            // Leaves a human pause before typing.
            std::thread::sleep(Duration::from_secs(1));
            stdin.write_all(keys.as_bytes()).unwrap();
            stdin.flush().unwrap();
        }
    }
    let code = child.wait().unwrap().code()?;
    Some((code, String::from_utf8_lossy(&screen).replace("\r\n", "\n")))
}

/// Guards every answer: its exit code, its effect, and that the cursor is never left hidden.
#[test]
fn every_answer_has_its_effect() {
    for (keys, code, screen, is_left) in [
        ("y\r", 0, "y\nuser alice: removed\n", false),
        ("Yes\r", 0, "Yes\nuser alice: removed\n", false),
        ("n\r", 1, "n\nerror: nothing was changed\n", true),
        ("\r", 1, "\nerror: nothing was changed\n", true),
        ("maybe\r", 1, "maybe\nerror: nothing was changed\n", true),
        ("yikes\r", 1, "yikes\nerror: nothing was changed\n", true),
        ("\u{3}", 130, "^C\nerror: interrupted; nothing was changed\n", true),
    ] {
        let sandbox = Sandbox::with_users(&["alice"]);
        let Some(end) = on_terminal(&sandbox, "users remove alice", keys) else { return };
        assert_eq!(end.0, code, "{keys:?}: {end:?}");
        assert!(end.1.ends_with(screen), "{keys:?}: {end:?}");
        assert!(!end.1.contains("\u{1b}[?25l"), "the cursor was hidden: {end:?}");
        let listed = sandbox.admin(&["users", "show", "alice"]).code == 0;
        assert_eq!(listed, is_left, "{keys:?}");
    }
}

/// Guards the question: asked once, in full, and not at all with `--yes`.
#[test]
fn the_question_says_what_will_happen() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    for (args, question) in [
        (
            "users remove alice bob",
            "This removes alice, bob: their secrets are destroyed, and they can sign in with a password \
             alone.",
        ),
        (
            "users remove --group staff",
            "This removes the group staff: the members can sign in with a password alone; their secrets are \
             kept.",
        ),
        (
            "users reset --all",
            "This deletes the secrets, recovery codes and grants of alice, bob. At the next login, the password alone is enough to see a new \
             QR code.",
        ),
        (
            "disable",
            "This turns two-factor authentication off: everyone, including 2 listed users, can sign in with a \
             password alone.",
        ),
    ] {
        sandbox.admin(&["users", "add", "--group", "staff"]);
        if args.starts_with("users reset") {
            // Only users with a secret are asked about.
            sandbox.enrol("alice");
            sandbox.enrol("bob");
        }
        let Some((code, screen)) = on_terminal(&sandbox, args, "n\r") else { return };
        assert_eq!(code, 1, "{screen}");
        assert_eq!(screen.matches(question).count(), 1, "{screen}");
        assert_eq!(screen.matches("Continue? [y/N] ").count(), 1, "{screen}");
        let Some((code, screen)) = on_terminal(&sandbox, &format!("{args} --yes"), "") else {
            return;
        };
        assert_eq!(code, 0, "{screen}");
        assert!(!screen.contains("Continue?"), "{screen}");
        sandbox.admin(&["users", "add", "alice", "bob"]);
    }
}

/// Guards JSON at an interactive prompt: a refusal is also a JSON document.
#[test]
fn a_declined_question_is_an_error_in_json() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let args = "users remove alice --format json";
    let Some((code, screen)) = on_terminal(&sandbox, args, "n\r") else { return };
    assert_eq!(code, 1);
    let error =
        r#"{"schema":1,"error":{"kind":"declined","message":"nothing was changed","hint":null}}"#;
    assert!(screen.ends_with(&format!("{error}\n")), "{screen}");
}
