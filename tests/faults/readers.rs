//! Standard streams that do not block: output waits for its reader, and input for its writer.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::sandbox::{Sandbox, finish};

/// A pipe of 4 KiB whose writing end does not block.
fn small_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, writer) = std::io::pipe().unwrap();
    fcntl(writer.as_fd(), FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
    unblock(&writer);
    (reader, writer)
}

fn unblock(end: &impl AsFd) {
    fcntl(end.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
}

/// Runs a command whose standard output or standard error is read slowly; returns its exit code and what
/// arrived.
fn read_slowly(mut command: Command, is_error: bool) -> (Option<i32>, Vec<u8>) {
    let (mut reader, writer) = small_pipe();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if is_error {
        command.stderr(writer)
    } else {
        command.stdout(writer)
    };
    let mut child = command.spawn().unwrap();
    // It keeps its copy of the writing end.
    drop(command);
    let (mut text, mut part) = (Vec::new(), [0; 3000]);
    loop {
        std::thread::sleep(Duration::from_millis(20));
        match reader.read(&mut part).unwrap() {
            0 => break,
            read => text.extend_from_slice(&part[..read]),
        }
    }
    (child.wait().unwrap().code(), text)
}

/// A store whose list does not fit into any pipe.
fn with_many_users() -> Sandbox {
    let sandbox = Sandbox::with_users(&["alice"]);
    let names = (0..500).map(|at| format!("user-{at},,,\n")).collect::<Vec<_>>().concat();
    let file = format!("name,type,method,phone\n{names}");
    let run = sandbox.admin_with_stdin(&["users", "add", "--from", "-"], file.as_bytes());
    assert_eq!(run.code, 0, "{run:?}");
    sandbox
}

/// Guards long output of both programs: a full pipe is not an error, and nothing is cut.
#[test]
fn output_waits_for_a_slow_reader() {
    let sandbox = with_many_users();
    let real = sandbox.real();
    let list = ["users", "list", "--format", "json"];
    let plain = real.tool(list).output().unwrap();
    assert!(plain.stdout.len() > 80_000, "longer than a pipe: {}", plain.stdout.len());
    let (code, text) = read_slowly(real.tool(list), false);
    assert_eq!((code, text.len()), (Some(0), plain.stdout.len()));
    assert!(text == plain.stdout);
    for program in
        [real.verifier(["--", "alice"]), real.tool(["verify", "--format=json", "--", "alice"])]
    {
        let (code, text) = read_slowly(program, false);
        assert_eq!(code, Some(3));
        assert!(text.len() > 5000, "longer than the pipe: {}", text.len());
        let answer: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert!(answer["enrolment"]["qr"].as_str().unwrap().ends_with("</svg>"), "{answer}");
    }
}

/// Guards long lists of errors in the same way.
#[test]
fn standard_error_waits_for_a_slow_reader() {
    let sandbox = Sandbox::new();
    let names: Vec<String> = (0..300).map(|at| format!("nobody-{at}")).collect();
    let mut args = vec!["users", "remove", "--yes"];
    args.extend(names.iter().map(String::as_str));
    let (code, text) = read_slowly(sandbox.real().tool(&args), true);
    let text = String::from_utf8(text).unwrap();
    assert_eq!((code, text.matches("error: ").count()), (Some(1), 300), "{text}");
}

/// Guards input whose writer is slow.
#[test]
fn input_waits_for_a_slow_writer() {
    let sandbox = Sandbox::new();
    let (reader, mut writer) = std::io::pipe().unwrap();
    unblock(&reader);
    let mut command = sandbox.real().tool(["users", "add", "--from", "-"]);
    let child = command.stdin(reader).spawn().unwrap();
    drop(command);
    for line in ["name,type,method,phone\n", "alice,,,\n", "bob,,,\n"] {
        std::thread::sleep(Duration::from_millis(200));
        writer.write_all(line.as_bytes()).unwrap();
    }
    drop(writer);
    let run = finish(child);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (0, "user alice: added\nuser bob: added\n"),
        "{run:?}"
    );
}

/// Guards against an error message when a reader leaves while a program waits for it.
#[test]
fn a_reader_that_leaves_is_not_an_error() {
    let sandbox = with_many_users();
    let real = sandbox.real();
    for (mut command, expected) in
        [(real.tool(["users", "list"]), 141), (real.verifier(["--", "alice"]), 4)]
    {
        let (reader, writer) = small_pipe();
        let child = command.stdin(Stdio::null()).stdout(writer).spawn().unwrap();
        drop(command);
        std::thread::sleep(Duration::from_millis(500));
        drop(reader);
        let run = finish(child);
        assert_eq!(run.code, expected, "{run:?}");
        assert_eq!(run.stderr.is_empty(), expected == 141, "{run:?}");
    }
}

/// Guards the lock of an account and the end of the verifier: a portal that never reads its answer blocks no
/// other login, and gets no grant.
#[test]
fn an_answer_that_is_never_read_holds_no_lock_and_ends() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let real = sandbox.real();
    let (reader, writer) = small_pipe();
    let started = Instant::now();
    let mut command = real.verifier(["--", "alice"]);
    let mut child = command.stdin(Stdio::null()).stdout(writer).spawn().unwrap();
    drop(command);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(real.verify(&["--", "alice"], None).reason(), "enrolment-required");
    assert_eq!(child.try_wait().unwrap(), None, "the other login waited for it");
    let run = finish(child);
    assert!(started.elapsed() > Duration::from_secs(4), "{:?}", started.elapsed());
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.stderr.contains("cannot write the answer"), "{run:?}");
    drop(reader);
}
