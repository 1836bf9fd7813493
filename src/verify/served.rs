//! `--request-stdin`: one request in JSON on standard input, for services that start one verifier for each login.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::process::{Line, Process};
use crate::verify::arguments::{AnswerFormat, Cli};
use crate::verify::members::Members;
use crate::verify::request_line::{self, RequestLine};
use crate::verify::{FAILED, USAGE, print_error, report_usage_error, run_since};

/// How long to wait for a complete request.
const REQUEST_PATIENCE: Duration = Duration::from_secs(5);

/// The longest request, in bytes. It has room for some thousand groups.
const LONGEST_REQUEST: usize = 256 * 1024;

/// Reads a request, decides it, and returns the exit code.
pub(super) fn run(process: &mut Process, root: &Path, format: Option<AnswerFormat>) -> u8 {
    let started = Instant::now();
    let read = match read(process) {
        Ok(read) => read,
        Err(error) => {
            print_error(process, &error);
            return if error.kind() == ErrorKind::Usage { USAGE } else { FAILED };
        }
    };
    let RequestLine { cli: Cli { store, format: wanted, verify }, wants_report } = read;
    let errors = wants_report.then(|| copy_errors(process));
    let exit_code = if store.is_none_or(|store| store == root) {
        let format = wanted.or(format).unwrap_or(AnswerFormat::Json);
        run_since(started, process, root, &verify, format)
    } else {
        // SECURITY: in another store, the user may need no code.
        let what = format!("this verifier serves the store at {}", root.display());
        let hint = "leave --store and RW2FA_STORE out, or name the socket of that store";
        report_usage_error(process, &Error::new(ErrorKind::Usage, what).with_hint(hint))
    };
    match errors {
        Some(errors) => report(process, exit_code, &errors),
        None => exit_code,
    }
}

/// Reads the request. The account that sent it over a socket becomes a part of it.
fn read(process: &Process) -> Result<RequestLine> {
    let caller = process.caller()?;
    match process.read_line(LONGEST_REQUEST, REQUEST_PATIENCE)? {
        Line::Text(text) => {
            let mut request = request_line::read(text.as_bytes())?;
            request.cli.verify.caller = caller;
            Ok(request)
        }
        Line::Unreadable(problem) => Err(Error::new(ErrorKind::Usage, problem.error().to_string())),
    }
}

/// Writes what the caller of a socket cannot see behind the answer, as a line of its own. An answer without it is
/// not complete.
fn report(process: &mut Process, exit_code: u8, errors: &Copied) -> u8 {
    let errors = Value::from(String::from_utf8_lossy(&errors.borrow()));
    let line = format!("{{\"exit_code\":{exit_code},\"stderr\":{errors}}}\n");
    let stdout = &mut process.stdout;
    match stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => exit_code,
        Err(error) => {
            print_error(process, &Error::io(ErrorKind::System, "cannot write the answer", error));
            FAILED
        }
    }
}

/// Reads the line that [`report`] writes: the exit code and the text of standard error.
pub(super) fn read_report(line: &[u8]) -> Option<(u8, String)> {
    let mut members = Members::parse(line)?;
    match members.0.as_mut_slice() {
        [(first, Value::Number(code)), (second, Value::String(errors))]
            if first == "exit_code" && second == "stderr" =>
        {
            let code = code.as_u64().and_then(|code| u8::try_from(code).ok())?;
            Some((code, std::mem::take(errors)))
        }
        _ => None,
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
