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
use crate::verify::request_line::RequestLine;
use crate::verify::served::{Report, sent_code};
use crate::verify::print_error;

/// Where the owner's verifier listens.
const SOCKET: &str = "/run/rw2fa/verify.sock";

/// The variable that names another socket.
const SOCKET_VARIABLE: &str = "RW2FA_SOCKET";

/// How long a login may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest answer, in bytes.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// The hint when the service does not answer.
const HINT: &str = "look at the service: systemctl status rw2fa-verify.socket; journalctl -u 'rw2fa-verify@*'";

/// The store that the login is about.
#[derive(Clone, Copy)]
pub(super) struct Store<'a> {
    /// Its place.
    pub(super) root: &'a Path,
    /// Whether the caller named it.
    pub(super) is_named: bool,
}

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

/// What the service sent back.
struct Answer {
    text: Zeroizing<Vec<u8>>,
    report: Report,
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
    let (request, unreadable) = request(process, store, args, format)?;
    let Answer { text, report } = ask(socket, store.root, &request, deadline)?;
    let stdout = &mut process.stdout;
    stdout
        .write_all(&text)
        .and_then(|()| stdout.flush())
        .map_err(|error| Error::io(ErrorKind::System, "cannot write the answer", error))?;
    if let Some(problem) = unreadable {
        print_error(process, &problem);
    }
    let _ = process.stderr.write_all(report.stderr.as_bytes());
    Ok(report.exit_code)
}

/// The request as a line of JSON, and what is wrong with the code on standard input.
fn request(
    process: &Process,
    store: Store<'_>,
    args: &VerifyArgs,
    format: AnswerFormat,
) -> Result<(Zeroizing<String>, Option<Error>)> {
    let line = if args.code_stdin { Some(read_code(process)?) } else { None };
    let unreadable = match &line {
        Some(Line::Unreadable(problem)) => Some(problem.error()),
        _ => None,
    };
    let mut request = RequestLine::of(args, line.map(sent_code));
    request.store = store.is_named.then(|| store.root.to_string_lossy().into_owned());
    request.format = (format == AnswerFormat::Text).then(|| "text".into());
    request.report = Some(true);
    let mut text = Zeroizing::new(serde_json::to_string(&request).map_err(|error| {
        Error::new(ErrorKind::System, format!("cannot write the request: {error}"))
    })?);
    text.push('\n');
    Ok((text, unreadable))
}

/// Sends the request and receives the answer.
fn ask(socket: &Path, root: &Path, request: &str, deadline: Instant) -> Result<Answer> {
    let bytes = platform::exchange(socket, root, request.as_bytes(), LONGEST_ANSWER, deadline)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::TimedOut => unanswered(socket, ErrorKind::Timeout, "it took too long"),
            _ => unanswered(socket, ErrorKind::System, &error.to_string()),
        })?;
    let bytes = Zeroizing::new(bytes);
    let whole = bytes.strip_suffix(b"\n").unwrap_or_default();
    // The answer is empty, or ends with a line break.
    let start = whole.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (text, last) = whole.split_at(start);
    let report: Report = crate::json::from_slice(last)
        .map_err(|_| unanswered(socket, ErrorKind::System, "the answer is incomplete"))?;
    Ok(Answer { text: Zeroizing::new(text.to_vec()), report })
}

fn unanswered(socket: &Path, kind: ErrorKind, problem: &str) -> Error {
    let what = format!("no answer from the verifier at {}: {problem}", socket.display());
    Error::new(kind, what).with_hint(HINT)
}
