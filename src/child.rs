//! Other programs: found in a place that can be trusted, run with a clean environment and a time limit.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::platform;

/// More output than this is not read.
const MOST_OUTPUT: usize = 1024 * 1024;

/// What a program left behind.
#[derive(Debug)]
pub struct Output {
    /// Its exit code; `None` if a signal ended it, or if nobody can tell: a caller that ignores SIGCHLD
    /// hands that down, and the system then forgets how a child ended.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
}

/// Where packages put the administration tool, when it is not beside this program.
// SECURITY: not on Windows, where anybody may make a directory that is called so.
#[cfg(unix)]
const PACKAGED: Option<&str> = Some("/usr/bin");
#[cfg(not(unix))]
const PACKAGED: Option<&str> = None;

/// The program called `name`: beside the running one, or where packages put it.
///
/// # Errors
/// When it is in neither place; and, when this program runs set-uid (`elevated`), when others could
/// have put it there.
pub fn sibling(name: &str, elevated: bool) -> Result<PathBuf> {
    let failed = |error| Error::io(ErrorKind::System, "cannot tell where this program is", error);
    let this = std::env::current_exe().map_err(failed)?;
    let beside = this.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let packaged = PACKAGED.map(|directory| Path::new(directory).join(name));
    let mut places = [Some(beside.clone()), packaged].into_iter().flatten();
    let Some(path) = places.find(|path| path.is_file()) else {
        return Err(Error::new(ErrorKind::System, format!("{} is missing", beside.display()))
            .with_hint("install both programs in the same directory"));
    };
    if elevated {
        trusted(&path)?;
    }
    Ok(path)
}

/// Refuses a program that somebody else than the administrator could have put there.
// SECURITY: a set-uid program must never run what its caller could have written, for example beside a
// hard link to this one.
pub fn trusted(path: &Path) -> Result<()> {
    match platform::trust_problem(path) {
        None => Ok(()),
        Some(problem) => Err(Error::new(ErrorKind::System, problem)
            .with_hint("install it in a directory that only the administrator can write")),
    }
}

/// Runs a program with `input` on its standard input, an empty environment, and nothing of this
/// program's but its ids.
///
/// # Errors
/// [`ErrorKind::Timeout`] when it has not ended within `patience`; it is killed then, and what it started too.
pub fn run<A: AsRef<OsStr>>(
    program: &Path,
    args: &[A],
    input: &[u8],
    patience: Duration,
) -> Result<Output> {
    let deadline = Instant::now() + patience;
    let failed =
        |error| Error::io(ErrorKind::System, format!("cannot run {}", program.display()), error);
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .current_dir("/")
        .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    platform::prepare_child(&mut command);
    let mut child = command.spawn().map_err(failed)?;
    let family = platform::Family::of(&child);
    let output = attend(&mut child, input, deadline);
    if !matches!(output, Ok(Some(_))) {
        // It may have ended in this instant; then there is nothing to kill.
        family.kill();
        let _ = child.kill();
        let _ = child.wait();
    }
    output.map_err(failed)?.ok_or_else(|| {
        let what = format!("{} did not end within {} s", program.display(), patience.as_secs());
        Error::new(ErrorKind::Timeout, what)
    })
}

/// Gives a program its input and takes its output; `None` at the deadline.
fn attend(child: &mut Child, input: &[u8], deadline: Instant) -> io::Result<Option<Output>> {
    if let Some(stdin) = child.stdin.take()
        && platform::write_until(stdin, input, deadline)
            .is_err_and(|error| error.kind() == io::ErrorKind::TimedOut)
    {
        return Ok(None);
    }
    // A program that does not read its input says so by its exit code.
    let mut has_ended = None;
    let stdout = match child.stdout.take() {
        // What it left running may keep the output open.
        Some(stdout) => platform::read_until(stdout, MOST_OUTPUT, deadline, &mut || {
            has_ended = ended(child)?;
            Ok(has_ended.is_some())
        }),
        None => Ok(Vec::new()),
    };
    let stdout = match stdout {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(None),
        stdout => stdout?,
    };
    while has_ended.is_none() && Instant::now() < deadline {
        has_ended = ended(child)?;
        if has_ended.is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(has_ended.map(|Ended { code }| Output { code, stdout }))
}

/// That a program has ended, and its exit code as far as the system tells.
struct Ended {
    code: Option<i32>,
}

/// Whether a program has ended.
fn ended(child: &mut Child) -> io::Result<Option<Ended>> {
    match child.try_wait() {
        Err(error) if platform::is_forgotten_child(&error) => Ok(Some(Ended { code: None })),
        status => Ok(status?.map(|status| Ended { code: status.code() })),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, input: &[u8], patience: u64) -> Result<Output> {
        run(Path::new("/bin/sh"), &["-c", script], input, Duration::from_millis(patience))
    }

    #[test]
    fn input_and_output_pass_and_the_environment_does_not() {
        let output = shell("cat; /usr/bin/env | grep -c HOME; exit 3", b"hello\n", 10_000).unwrap();
        assert_eq!((output.code, output.stdout.as_slice()), (Some(3), &b"hello\n0\n"[..]));
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let started = Instant::now();
        for script in ["sleep 60", "exec >&-; sleep 60", "echo x; sleep 60"] {
            let error = shell(script, b"", 300).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{script}");
        }
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_flood_of_output_is_cut() {
        let output = shell("yes | head -c 3000000", b"", 20_000).unwrap();
        assert_eq!(output.stdout.len(), MOST_OUTPUT);
    }

    /// Guards the time limit against a program that never reads, and one that prints before it does.
    #[test]
    fn input_is_given_within_the_time_limit() {
        let large = vec![b'x'; 1_000_000];
        let started = Instant::now();
        assert_eq!(shell("sleep 60", &large, 300).unwrap_err().kind(), ErrorKind::Timeout);
        assert!(started.elapsed() < Duration::from_secs(30));
        let counted = shell("wc -c", &large, 20_000).unwrap();
        assert_eq!(counted.stdout.trim_ascii(), b"1000000");
        assert_eq!(shell("exit 7", &large, 20_000).unwrap().code, Some(7));
    }

    /// Guards against waiting for what a program left running, and against leaving it running.
    #[test]
    fn what_a_program_started_neither_holds_nor_outlives_the_call() {
        let started = Instant::now();
        let output = shell("sleep 60 & exit 5", b"", 30_000).unwrap();
        assert_eq!(output.code, Some(5));
        let directory = tempfile::tempdir().unwrap();
        let mark = directory.path().join("mark");
        let script = format!("(sleep 1; : >'{}') & wait", mark.display());
        assert_eq!(shell(&script, b"", 300).unwrap_err().kind(), ErrorKind::Timeout);
        std::thread::sleep(Duration::from_millis(1500));
        assert!(!mark.exists(), "it went on");
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let none: [&str; 0] = [];
        let missing = run(Path::new("/nonexistent/x"), &none, b"", Duration::from_secs(1));
        assert_eq!(missing.unwrap_err().kind(), ErrorKind::System);
    }
}
