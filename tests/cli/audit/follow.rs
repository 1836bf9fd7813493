//! `rw2fa audit -n` and `rw2fa audit --follow`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::{month, shown, two_months};
use crate::sandbox::Sandbox;
use serde_json::Value;

/// Guards `-n`: the last lines of those that match, in each format.
#[test]
fn the_last_lines_are_shown() {
    let sandbox = two_months();
    let all = shown(&sandbox, &[]);
    for (args, expected) in [
        (&["-n", "2"][..], &all[all.len() - 2..]),
        (&["--lines", "0"], &[]),
        (&["-n", "99999999999"], &all[..]),
        (&["-n", "1", "--until", "2026-11-30"], &all[all.len() - 4..all.len() - 3]),
    ] {
        assert_eq!(shown(&sandbox, args), expected, "{args:?}");
    }
    assert_eq!(sandbox.admin_ok(&["audit", "-n", "1"]).lines().count(), 1);
    assert_eq!(sandbox.admin_ok(&["audit", "-n1", "--format", "csv"]).lines().count(), 2);
    for args in
        [&["-n", "-1"][..], &["-n", "x"], &["-f", "--until", "1h"], &["-f", "--archive", "x"]]
    {
        assert_eq!(sandbox.admin(&[&["audit"], args].concat()).code, 2, "{args:?}");
    }
}

/// A running `rw2fa audit --follow`, and the lines that it prints.
struct Follower {
    child: Child,
    lines: Receiver<String>,
}

impl Follower {
    fn start(sandbox: &Sandbox, args: &[&str]) -> Self {
        let args = [&["audit", "--follow"], args].concat();
        Self::of(sandbox.real().tool(args))
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(60)).expect("a line")
    }

    fn is_silent(&self) -> bool {
        self.lines.recv_timeout(Duration::from_secs(3)).is_err()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Guards `--follow`: earlier lines first, then each new one once, also after the turn of a month
/// and while a line is being written.
#[test]
fn new_lines_are_followed() {
    let sandbox = two_months();
    let last = shown(&sandbox, &["-n", "1"]).remove(0);
    let follower = Follower::start(&sandbox, &["-n", "1", "--format", "json"]);
    let json = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    assert_eq!(json(&follower.next()), last, "each line is one document");
    sandbox.verify(&["--", "bob"], None);
    assert_eq!(json(&follower.next())["user"], "bob");
    // The next month.
    sandbox.pass(31 * 86_400);
    sandbox.admin_ok(&["whitelist", "add", "carl"]);
    sandbox.admin_ok(&["whitelist", "add", "dora"]);
    assert_eq!(json(&follower.next())["object"], "carl");
    assert_eq!(json(&follower.next())["object"], "dora");
    assert!(month(&sandbox, "2027-01").exists());
    // A line that is not complete yet.
    let path = month(&sandbox, "2027-01");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, b"{\"seq\":").unwrap();
    assert!(follower.is_silent());
    file.set_len(text.len() as u64).unwrap();
    sandbox.admin_ok(&["whitelist", "add", "erin"]);
    assert_eq!(json(&follower.next())["object"], "erin");
}

/// Guards following while the clock is ahead for a while: the file that is followed gets a new name.
#[test]
fn lines_are_followed_after_the_clock_was_ahead() {
    let sandbox = two_months();
    let year = 365 * 86_400;
    sandbox.pass(50 * year);
    sandbox.admin_ok(&["whitelist", "add", "alan"]);
    let follower = Follower::start(&sandbox, &["-n", "1", "--format", "json"]);
    assert!(follower.next().contains("\"alan\""));
    sandbox.pass(-50 * year);
    for name in ["bert", "carl"] {
        sandbox.admin_ok(&["whitelist", "add", name]);
        assert!(follower.next().contains(name));
    }
    assert!(month(&sandbox, "2026-12b").exists());
}

/// Guards the beginning: the last 10 lines without an option, all since a time, and filters.
#[test]
fn following_begins_with_the_last_lines() {
    let sandbox = two_months();
    let names: Vec<_> = (0..20).map(|n| format!("user{n}")).collect();
    let args: Vec<_> =
        ["users", "add"].into_iter().chain(names.iter().map(String::as_str)).collect();
    sandbox.admin_ok(&args);
    let follower = Follower::start(&sandbox, &[]);
    for n in 10..20 {
        assert!(follower.next().contains(&format!("user{n}")));
    }
    let filtered = Follower::start(&sandbox, &["--outcome", "deny", "--format", "csv"]);
    assert!(filtered.next().starts_with("time,event,user,"));
    assert!(filtered.next().contains("wrong-code"));
    let since = Follower::start(&sandbox, &["--since", "2026-12-01"]);
    assert!(since.next().contains("alice"));
}

/// Guards Ctrl-C: it ends the command at once, without a message.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_following_quietly() {
    use std::io::Read;
    use std::os::unix::process::ExitStatusExt;
    let sandbox = two_months();
    let tool = sandbox.real().tool(["audit", "--follow", "-n", "1"]);
    // A program that was started in the background may ignore interrupts, and so would the tests and their children.
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(tool.get_program()).args(tool.get_args());
    for (name, value) in tool.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut follower = Follower::of(command);
    follower.next();
    let pid = follower.child.id().to_string();
    Command::new("kill").args(["-INT", &pid]).status().unwrap();
    let end = (0..600).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        follower.child.try_wait().unwrap()
    });
    let end = end.expect("the interrupt ends it");
    let mut messages = String::new();
    follower.child.stderr.take().unwrap().read_to_string(&mut messages).unwrap();
    assert_eq!((end.signal(), messages.as_str()), (Some(2), ""), "{end:?}");
}
