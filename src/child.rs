//! Other programs: found in a place that can be trusted, run with a clean environment and a time limit.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
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

/// The program called `name` beside the running one.
///
/// # Errors
/// When it is not there; and, when this program runs set-uid (`elevated`), when others could have put
/// it there.
pub fn sibling(name: &str, elevated: bool) -> Result<PathBuf> {
    let failed = |error| Error::io(Kind::System, "cannot tell where this program is", error);
    let this = std::env::current_exe().map_err(failed)?;
    let path = this.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.is_file() {
        return Err(Error::new(Kind::System, format!("{} is missing", path.display()))
            .hint("install both programs in the same directory"));
    }
    // SECURITY: a set-uid program must never run what its caller could have written, for example
    // beside a hard link to this one.
    if elevated && let Some(problem) = platform::trust_problem(&path) {
        return Err(Error::new(Kind::System, problem)
            .hint("install both programs in a directory that only the administrator can write"));
    }
    Ok(path)
}

/// Runs a program with `input` on its standard input and an empty environment.
///
/// # Errors
/// [`Kind::Timeout`] when it has not ended within `patience`; it is killed then.
pub fn run(program: &Path, args: &[&str], input: &[u8], patience: Duration) -> Result<Output> {
    let deadline = Instant::now() + patience;
    let failed =
        |error| Error::io(Kind::System, format!("cannot run {}", program.display()), error);
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    platform::prepare_child(&mut command);
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input says so by its exit code.
        let _ = stdin.write_all(input);
    }
    let read = match child.stdout.take() {
        Some(stdout) => platform::read_until(stdout, MOST_OUTPUT, deadline),
        None => Ok(Vec::new()),
    };
    let mut status = None;
    while read.is_ok() && status.is_none() && Instant::now() < deadline {
        status = match child.try_wait() {
            Ok(status) => status.map(|status| status.code()),
            Err(error) if platform::is_forgotten_child(&error) => Some(None),
            Err(error) => return Err(failed(error)),
        };
        if status.is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    if let (Ok(stdout), Some(code)) = (read, status) {
        return Ok(Output { code, stdout });
    }
    // It may have ended in this instant; then there is nothing to kill.
    let _ = child.kill();
    let _ = child.wait();
    let what = format!("{} did not end within {} s", program.display(), patience.as_secs());
    Err(Error::new(Kind::Timeout, what))
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
            assert_eq!(error.kind(), Kind::Timeout, "{script}");
        }
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_flood_of_output_is_cut() {
        let output = shell("yes | head -c 3000000", b"", 20_000).unwrap();
        assert_eq!(output.stdout.len(), MOST_OUTPUT);
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let missing = run(Path::new("/nonexistent/x"), &[], b"", Duration::from_secs(1));
        assert_eq!(missing.unwrap_err().kind(), Kind::System);
    }
}
