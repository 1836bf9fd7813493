//! Runs other programs from trusted places, with a clean environment and a time limit.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::platform;

/// The most output that is read, in bytes: a list of groups names all members.
const MAX_OUTPUT: usize = 16 * 1024 * 1024;

/// The result of a program.
#[derive(Debug)]
pub struct Output {
    /// The exit code; `None` if a signal ended the program or the code is unknown. A caller that ignores
    /// SIGCHLD passes that on, and the system then discards exit codes.
    pub code: Option<i32>,
    /// What the program wrote to standard output.
    pub stdout: Vec<u8>,
}

/// Where packages install the administration tool, if it is not beside this program.
// SECURITY: not on Windows, where any user may create a directory of this name.
#[cfg(unix)]
const PACKAGED: Option<&str> = Some("/usr/bin");
#[cfg(not(unix))]
const PACKAGED: Option<&str> = None;

/// Finds the program `name` beside the running one, or where packages install it.
///
/// # Errors
/// If it is in neither place, or, for a set-uid program (`elevated`), if other accounts could have put it
/// there.
pub fn sibling(name: &str, elevated: bool) -> Result<PathBuf> {
    let failed =
        |error| Error::io(ErrorKind::System, "cannot determine the path of this program", error);
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

/// Refuses a program that an account other than the administrator could have put there.
// SECURITY: a set-uid program must never run a file that its caller could have written, for example beside
// a hard link to this program.
pub fn trusted(path: &Path) -> Result<()> {
    match platform::trust_problem(path) {
        None => Ok(()),
        Some(problem) => Err(Error::new(ErrorKind::System, problem)
            .with_hint("install it in a directory that only the administrator can write")),
    }
}

/// Runs a program with `input` on standard input and an empty environment. It inherits only this program's
/// user and group ids.
///
/// # Errors
/// [`ErrorKind::Timeout`] if it does not end within `patience`; it is then killed with everything it
/// started.
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
    let family = platform::Family::from_child(&child);
    let output = exchange(&mut child, input, deadline);
    if !matches!(output, Ok(Some(_))) {
        // If it has just ended, there is nothing to kill.
        family.kill();
        let _ = child.kill();
        let _ = child.wait();
    }
    output.map_err(failed)?.ok_or_else(|| {
        let what = format!("{} did not end within {} s", program.display(), patience.as_secs());
        Error::new(ErrorKind::Timeout, what)
    })
}

/// Writes a program's input and reads its output; `None` at the deadline.
fn exchange(child: &mut Child, input: &[u8], deadline: Instant) -> io::Result<Option<Output>> {
    if let Some(stdin) = child.stdin.take()
        && platform::write_until(stdin, input, deadline)
            .is_err_and(|error| error.kind() == io::ErrorKind::TimedOut)
    {
        return Ok(None);
    }
    // A program that does not read its input reports that with its exit code.
    let mut has_ended = None;
    let stdout = match child.stdout.take() {
        // A process it left running may keep the output open.
        Some(stdout) => platform::read_until(stdout, MAX_OUTPUT, deadline, &mut || {
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

/// An ended program and its exit code, if known.
struct Ended {
    code: Option<i32>,
}

/// Returns how a program ended, or `None` while it runs.
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
    fn a_program_that_hangs_is_killed() {
        let started = Instant::now();
        for script in ["sleep 60", "exec >&-; sleep 60", "echo x; sleep 60"] {
            let error = shell(script, b"", 300).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{script}");
        }
        assert!(started.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn too_much_output_is_cut() {
        let output = shell("yes | head -c 30000000", b"", 20_000).unwrap();
        assert_eq!(output.stdout.len(), MAX_OUTPUT);
    }

    /// Guards the time limit, for a program that never reads and one that prints before it reads.
    #[test]
    fn writing_input_respects_the_time_limit() {
        let large = vec![b'x'; 1_000_000];
        let started = Instant::now();
        assert_eq!(shell("sleep 60", &large, 300).unwrap_err().kind(), ErrorKind::Timeout);
        assert!(started.elapsed() < Duration::from_secs(30));
        let counted = shell("wc -c", &large, 20_000).unwrap();
        assert_eq!(counted.stdout.trim_ascii(), b"1000000");
        assert_eq!(shell("exit 7", &large, 20_000).unwrap().code, Some(7));
    }

    /// Guards against waiting for a background process, and against leaving it running.
    #[test]
    fn background_processes_neither_block_nor_outlive_the_call() {
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
