//! Forwards a login to the socket of the store's owner, when this account cannot decide it itself.
//!
//! systemd starts one verifier for each connection: see `examples/systemd/rw2fa-verify.socket`. No program needs to be
//! set-uid then.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::platform;
use crate::process::{Line, Process};
use crate::verify::arguments::{AnswerFormat, VerifyArgs};
use crate::verify::request::read_code;
use crate::verify::request_line;
use crate::verify::served::read_report;
use crate::verify::{FAILED, print_error};

/// What is sent for input that is not text. It is not a code either, so the answer is the same.
const NOT_A_CODE: &str = "\u{fffd}";

/// Where the owner's verifier listens.
pub(crate) const SOCKET: &str = "/run/rw2fa/verify.sock";

/// The variable that names another socket.
const SOCKET_VARIABLE: &str = "RW2FA_SOCKET";

/// How long a login may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest answer, in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// The hint when the service does not answer.
const HINT: &str =
    "check the service: systemctl status rw2fa-verify.socket; journalctl -u 'rw2fa-verify@*'";

/// The store that the login is about.
#[derive(Clone, Copy)]
pub(super) struct Store<'a> {
    /// Its place.
    pub(super) root: &'a Path,
    /// Whether the caller named it.
    pub(super) is_named: bool,
}

/// The hint when this account may not ask.
const GROUP_HINT: &str = "members of the socket's group may ask: 'usermod --append --groups rw2fa-portal ACCOUNT', then \
                          restart that account's service";

/// Returns the socket that decides for the store; `None` if this program decides itself.
// SECURITY: a set-uid program decides itself, whatever its caller's variables say. A store that the caller named is
// never replaced by that of the system: only a caller who also names a socket means its store.
pub(super) fn socket(process: &Process, store: Store<'_>) -> Option<PathBuf> {
    if process.elevated || !platform::is_of_another_account(store.root) {
        return None;
    }
    let named = process.variable(SOCKET_VARIABLE).map(PathBuf::from);
    match named {
        Some(socket) => Some(socket),
        None if store.is_named => None,
        None => Some(PathBuf::from(SOCKET)).filter(|socket| socket.exists()),
    }
}

/// Forwards a login and prints the answer.
///
/// # Errors
/// If the service cannot be reached, does not belong to root or the store's owner, or sends no complete answer in time.
pub(super) fn run(
    process: &mut Process,
    socket: &Path,
    store: Store<'_>,
    args: &VerifyArgs,
    format: AnswerFormat,
) -> Result<u8> {
    let deadline = Instant::now() + PATIENCE;
    let line = if args.code_stdin { Some(read_code(process)?) } else { None };
    let (code, unreadable) = match &line {
        Some(Line::Text(text)) => (Some(text.as_str()), None),
        Some(Line::Unreadable(problem)) => (Some(NOT_A_CODE), Some(*problem)),
        None => (None, None),
    };
    let named = store.is_named.then_some(store.root.as_os_str());
    let request = request_line::write(args, format, named, code);
    let bytes = ask(socket, store.root, &request, deadline)?;
    let whole = bytes.strip_suffix(b"\n").unwrap_or_default();
    // The answer is empty, or ends with a line break.
    let start = whole.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (text, last) = whole.split_at(start);
    let (exit_code, errors) = read_report(last)
        .ok_or_else(|| unanswered(socket, ErrorKind::System, "the answer is incomplete"))?;
    if let Some(problem) = unreadable {
        print_error(process, &problem.error());
    }
    let _ = process.stderr.write_all(errors.as_bytes());
    let stdout = &mut process.stdout;
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(exit_code),
        Err(error) => {
            print_error(process, &Error::io(ErrorKind::System, "cannot write the answer", error));
            Ok(FAILED)
        }
    }
}

/// Sends the request and receives the answer.
fn ask(socket: &Path, root: &Path, request: &str, deadline: Instant) -> Result<Zeroizing<Vec<u8>>> {
    let bytes = platform::exchange(socket, root, request.as_bytes(), LONGEST_ANSWER, deadline);
    bytes.map(Zeroizing::new).map_err(|error| match error.kind() {
        std::io::ErrorKind::TimedOut => unanswered(socket, ErrorKind::Timeout, "it took too long"),
        std::io::ErrorKind::PermissionDenied => {
            unanswered(socket, ErrorKind::System, &error.to_string()).with_hint(GROUP_HINT)
        }
        _ => unanswered(socket, ErrorKind::System, &error.to_string()),
    })
}

fn unanswered(socket: &Path, kind: ErrorKind, problem: &str) -> Error {
    let what = format!("no answer from the verifier at {}: {problem}", socket.display());
    Error::new(kind, what).with_hint(HINT)
}
