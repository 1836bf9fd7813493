//! Standard input that never ends, and standard output without a reader.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::enrolled;
use crate::sandbox::{Sandbox, finish};

#[test]
fn a_silent_standard_input_is_an_error_after_five_seconds() {
    let (sandbox, secrets) = enrolled(&["alice"]);
    let before = sandbox.contents();
    let started = Instant::now();
    let mut child = sandbox.real().verifier(["--code-stdin", "--", "alice"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A code without a line ending is not complete.
    write!(stdin, "{}", secrets[0].code(sandbox.now() + 30)).unwrap();
    let run = finish(child);
    assert_eq!(run.end(), (4, "timeout".to_owned()), "{run:?}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(sandbox.contents(), before, "nothing was spent or charged");
    drop(stdin);
}

/// Guards against a sender that keeps the portal waiting byte by byte.
#[test]
fn a_trickle_on_standard_input_ends_in_time() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let started = Instant::now();
    let mut child = sandbox.real().verifier(["--code-stdin", "--", "alice"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let trickle = std::thread::spawn(move || {
        while stdin.write_all(b"1").is_ok() {
            std::thread::sleep(Duration::from_millis(300));
        }
    });
    let run = finish(child);
    assert_eq!(run.end(), (4, "timeout".to_owned()), "{run:?}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    trickle.join().unwrap();
}

#[test]
fn an_endless_line_is_not_a_code_and_is_not_charged() {
    let (sandbox, _) = enrolled(&["alice"]);
    let started = Instant::now();
    let mut child = sandbox.real().verifier(["--code-stdin", "--", "alice"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let flood = std::thread::spawn(move || while stdin.write_all(&[b'1'; 4096]).is_ok() {});
    let run = finish(child);
    assert_eq!(run.end(), (1, "wrong-code".to_owned()), "{run:?}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    flood.join().unwrap();
    assert_eq!(sandbox.show("alice")["failures"], 0);
}

#[test]
fn a_closed_standard_input_is_not_a_code() {
    let (sandbox, _) = enrolled(&["alice"]);
    let mut command = sandbox.real().verifier(["--code-stdin", "--", "alice"]);
    let run = finish(command.stdin(Stdio::null()).spawn().unwrap());
    assert_eq!(run.end(), (3, "code-required".to_owned()), "{run:?}");
}

/// Guards a portal that reads only the exit code: an answer that did not arrive is not a grant.
#[test]
fn an_unread_answer_does_not_exit_with_zero() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let real = sandbox.real();
    assert_eq!(real.verify(&["--", "bob"], None).code, 0, "a grant, if the answer arrives");
    let unread = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    // A closed reader is neither a failure of the tool (141 is the exit code for SIGPIPE) nor a
    // success.
    for (mut command, code) in [
        (real.verifier(["--", "bob"]), 4),
        (real.verifier(["--format", "text", "--", "bob"]), 4),
        (real.tool(["verify", "--", "bob"]), 4),
        (real.tool(["status"]), 141),
        (real.tool(["users", "list"]), 141),
        (real.tool(["users", "list", "--format", "json"]), 141),
    ] {
        let run = finish(command.stdout(unread()).spawn().unwrap());
        assert_eq!(run.code, code, "{command:?}: {run:?}");
    }
    // The same applies to an error whose output is closed.
    let mut command = real.verifier(["--", "bob"]);
    let run = finish(command.stdout(unread()).stderr(unread()).spawn().unwrap());
    assert_eq!(run.code, 4);
}

/// Guards against a full disk: a script that redirects the answer must not get exit code 0.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_on_a_full_disk_does_not_exit_with_zero() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let real = sandbox.real();
    for mut command in [real.verifier(["--", "bob"]), real.tool(["users", "list"])] {
        let run = finish(command.stdout(full()).spawn().unwrap());
        assert_eq!(run.code, 4, "{command:?}: {run:?}");
    }
}

/// Guards that a grant whose answer failed is not lost to the user for good.
#[test]
fn the_next_code_works_after_an_unread_answer() {
    let (sandbox, secrets) = enrolled(&["alice"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = sandbox.real().verifier(["--code-stdin", "--", "alice"]);
    let mut child = command.stdout(writer).spawn().unwrap();
    let code = secrets[0].code(sandbox.now() + 60);
    writeln!(child.stdin.take().unwrap(), "{code}").unwrap();
    assert_eq!(finish(child).code, 4);
    let again = sandbox.real().verify(&["--", "alice"], Some(&code));
    assert_eq!(again.reason(), "code-used", "it was decided and is durable");
    let next = secrets[0].code(sandbox.now() + 90);
    assert_eq!(sandbox.real().verify(&["--", "alice"], Some(&next)).reason(), "code-accepted");
}

/// Guards against a document taking the place of a stream that the portal closed, which would
/// receive the answer.
#[cfg(unix)]
#[test]
fn closed_streams_reach_no_document() {
    let (sandbox, secrets) = enrolled(&["alice"]);
    let real = sandbox.real();
    for (steps, closed, code) in [
        (1, "<&-", 3),
        (1, "<&- >&-", 3),
        (1, "<&- 2>&-", 3),
        (1, "<&- >&- 2>&-", 3),
        (1, ">&-", 0),
        (2, "2>&-", 0),
        (3, ">&- 2>&-", 0),
    ] {
        let verifier = real.verifier(["--code-stdin", "--", "alice"]);
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("exec \"$@\" {closed}"), "sh"]);
        command.arg(verifier.get_program()).args(verifier.get_args());
        for (name, value) in verifier.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        let streams = [Stdio::piped(), Stdio::piped(), Stdio::piped()];
        let [stdin, stdout, stderr] = streams;
        let mut child = command.stdin(stdin).stdout(stdout).stderr(stderr).spawn().unwrap();
        // Only root can: the program is not dumpable.
        #[cfg(target_os = "linux")]
        if code == 0 && crate::sandbox::is_root() {
            assert_leading_nowhere(&child, closed.matches("&-").count());
        }
        // A program that does not read its input may have ended.
        let _ = writeln!(
            child.stdin.take().unwrap(),
            "{}",
            secrets[0].code(sandbox.now() + 30 * steps)
        );
        let run = finish(child);
        assert_eq!(run.code, code, "{closed}: {run:?}");
        let check = real.admin(&["store", "check"]);
        assert_eq!(check.code, 0, "{closed}: {check:?}");
        for (name, text) in sandbox.contents() {
            let text = String::from_utf8_lossy(&text).into_owned();
            assert!(!text.contains("\"message\""), "{closed}: {name:?} holds an answer: {text}");
        }
    }
}

/// Waits until this many streams of a verifier that waits for a code lead to /dev/null.
#[cfg(target_os = "linux")]
#[track_caller]
fn assert_leading_nowhere(child: &std::process::Child, closed: usize) {
    let started = Instant::now();
    let leads_nowhere = |stream: &i32| {
        std::fs::read_link(format!("/proc/{}/fd/{stream}", child.id()))
            .is_ok_and(|target| target == std::path::Path::new("/dev/null"))
    };
    // The shell becomes the verifier, which takes a moment.
    while [0, 1, 2].iter().filter(|stream| leads_nowhere(stream)).count() != closed {
        assert!(started.elapsed() < Duration::from_secs(4), "{closed} streams were closed");
        std::thread::sleep(Duration::from_millis(5));
    }
}
