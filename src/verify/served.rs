//! `--request-stdin`: one request in JSON on standard input, for services that start one verifier for each login.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::process::{Line, Process};
use crate::verify::arguments::{AnswerFormat, VerifyArgs};
use crate::verify::request_line::RequestLine;
use crate::verify::{FAILED, print_error, report_usage_error, run_since};

/// How long to wait for a complete request.
const REQUEST_PATIENCE: Duration = Duration::from_secs(5);

/// The longest request, in bytes. It has room for some thousand groups.
const LONGEST_REQUEST: usize = 256 * 1024;

/// What a caller of the socket cannot see: it follows the answer, as a line of its own.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    /// The exit code of the verifier.
    pub(super) exit_code: u8,
    /// What it wrote to standard error.
    pub(super) stderr: String,
}

/// Reads a request, decides it, and returns the exit code.
pub(super) fn run(process: &mut Process, root: &Path, format: Option<AnswerFormat>) -> u8 {
    let started = Instant::now();
    let (request, caller) = match read(process) {
        Ok(read) => read,
        Err(error) if error.kind() == ErrorKind::Usage => {
            return report_usage_error(process, &error);
        }
        Err(error) => {
            print_error(process, &error);
            return FAILED;
        }
    };
    let errors = (request.report == Some(true)).then(|| copy_errors(process));
    let decided = check_store(&request, root).and_then(|()| request.into_arguments());
    let code = match decided {
        Ok((args, wanted)) => {
            let args = VerifyArgs { caller, ..args };
            let format = wanted.or(format).unwrap_or(AnswerFormat::Json);
            run_since(started, process, root, &args, format)
        }
        Err(error) => report_usage_error(process, &error),
    };
    match errors {
        Some(errors) => report(process, code, &errors),
        None => code,
    }
}

/// Reads the request and the number of the account that sent it over a socket.
fn read(process: &Process) -> Result<(RequestLine, Option<u32>)> {
    let caller = process.caller()?;
    let request = match process.read_line(LONGEST_REQUEST, REQUEST_PATIENCE)? {
        Line::Text(text) => RequestLine::parse(&text)?,
        Line::Unreadable(problem) => {
            return Err(Error::new(ErrorKind::Usage, problem.error().to_string()));
        }
    };
    Ok((request, caller))
}

/// Refuses a request that is meant for another store.
// SECURITY: in another store, the user may need no code.
fn check_store(request: &RequestLine, root: &Path) -> Result<()> {
    match &request.store {
        Some(store) if Path::new(store) != root => {
            let what = format!("this verifier serves the store at {}", root.display());
            Err(Error::new(ErrorKind::Usage, what).with_hint("leave --store out"))
        }
        _ => Ok(()),
    }
}

/// Writes the report behind the answer. An answer without it is not complete.
fn report(process: &mut Process, exit_code: u8, errors: &Copied) -> u8 {
    let stderr = String::from_utf8_lossy(&errors.borrow()).into_owned();
    let written = serde_json::to_string(&Report { exit_code, stderr })
        .map_err(io::Error::from)
        .and_then(|line| writeln!(process.stdout, "{line}"))
        .and_then(|()| process.stdout.flush());
    match written {
        Ok(()) => exit_code,
        Err(error) => {
            print_error(process, &Error::io(ErrorKind::System, "cannot write the answer", error));
            FAILED
        }
    }
}

/// What was written to standard error.
type Copied = Rc<RefCell<Vec<u8>>>;

/// Standard error, with a copy of what is written.
struct Copying {
    stream: Box<dyn Write>,
    copied: Copied,
}

impl Write for Copying {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.copied.borrow_mut().extend_from_slice(bytes);
        // The journal may be gone. The caller still gets the copy.
        let _ = self.stream.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Copies what is written to standard error from now on.
fn copy_errors(process: &mut Process) -> Copied {
    let copied = Copied::default();
    let stream = std::mem::replace(&mut process.stderr, Box::new(io::sink()));
    process.stderr = Box::new(Copying { stream, copied: Rc::clone(&copied) });
    copied
}

/// The code of a request, as text to be sent.
pub(super) fn sent_code(line: Line) -> Zeroizing<String> {
    match line {
        Line::Text(text) => text,
        // Anything that is not a code, so that the answer is the same.
        Line::Unreadable(_) => Zeroizing::new("\u{fffd}".into()),
    }
}
