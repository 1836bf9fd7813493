//! The portal protocol: request → facts → decision → documents → answer.
//!
//! Implements `rw2fa-verify` and `rw2fa verify`. No administration command, prompt or network code is
//! reachable from here.

mod app;
pub mod arguments;
pub mod decision;
pub mod details;
mod documents;
pub mod facts;
mod forward;
#[cfg(unix)]
#[cfg(test)]
mod late;
pub(crate) mod login;
mod members;
pub mod messages;
#[cfg(test)]
mod model;
pub mod options;
pub mod outcome;
pub mod reason;
pub mod report;
pub mod request;
mod request_line;
pub mod response;
pub mod rules;
pub(crate) mod sending;
mod served;
mod sign_in;
pub mod sms;
pub mod subject;
pub mod trial;
pub mod wording;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind};
use crate::names::name::Name;
use crate::platform;
use crate::printable::printable;
use crate::process::Process;
use crate::store::{self, records};
use crate::verify::arguments::{AnswerFormat, HELP, Rejected, VERSION, VerifyArgs};
#[cfg(target_os = "linux")]
pub(crate) use crate::verify::forward::SOCKET;
use crate::verify::login::{Failure, Verdict, verify};
use crate::verify::messages::Speaker;
use crate::verify::reason::Reason;
use crate::verify::request::Request;
use crate::verify::response::Response;

/// The hint for resource limits on a set-uid verifier.
const LIMITS_HINT: &str = "remove the portal's limits on files, processor time and memory";
/// The exit code for a bug in the caller.
pub(crate) const USAGE: u8 = 2;
/// The exit code when the answer could not be written.
const FAILED: u8 = 4;

/// How long the verifier waits for the portal to read its answer. No lock is held by then.
const ANSWER_PATIENCE: Duration = Duration::from_secs(5);

/// Runs `rw2fa-verify` and returns its exit code.
pub fn main(process: &mut Process) -> u8 {
    process.limit_waiting(ANSWER_PATIENCE);
    match arguments::parse(&process.args) {
        Ok(cli) => match process.named_store(cli.store) {
            Ok(named) => run_or_forward(process, named, &cli.verify, cli.format),
            Err(error) => report_usage_error(process, &error),
        },
        // SECURITY: on standard error and with the code for a bug in the caller, so that a portal that passes a
        // user called `--help` does not take the text for an answer.
        Err(Rejected::Help) => print_instead_of_answer(process, HELP),
        Err(Rejected::Version) => print_instead_of_answer(process, VERSION),
        Err(Rejected::Invalid(error)) => report_usage_error(process, &error),
    }
}

/// Decides a login, or has it decided by the verifier of the store's owner.
fn run_or_forward(
    process: &mut Process,
    named: Option<PathBuf>,
    args: &VerifyArgs,
    format: Option<AnswerFormat>,
) -> u8 {
    let is_named = named.is_some();
    let root = named.unwrap_or_else(platform::system_store);
    let store = forward::Store { root: &root, is_named };
    match forward::socket(process, store) {
        Some(socket) if !args.request_stdin => forward(process, &socket, store, args, format),
        _ => run(process, &root, args, format),
    }
}

/// Forwards one request. A failure has the answer and the exit code of any other error.
fn forward(
    process: &mut Process,
    socket: &Path,
    store: forward::Store<'_>,
    args: &VerifyArgs,
    format: Option<AnswerFormat>,
) -> u8 {
    let login = match args.login() {
        Ok(login) => login,
        Err(error) => return report_usage_error(process, &error),
    };
    let format = format.unwrap_or(AnswerFormat::Json);
    forward::run(process, socket, store, args, format).unwrap_or_else(|error| {
        print_error(process, &error);
        let (reason, speaker) =
            (reason_of(error.kind()), Speaker::without_store(&args.languages()));
        answer(process, &Response::failure(&login, reason, &speaker), reason, format)
    })
}

/// Verifies one request, prints the answer, and returns the exit code. The default format is JSON.
pub fn run(
    process: &mut Process,
    root: &Path,
    args: &VerifyArgs,
    format: Option<AnswerFormat>,
) -> u8 {
    process.limit_waiting(ANSWER_PATIENCE);
    if args.request_stdin {
        return served::run(process, root, format);
    }
    let format = format.unwrap_or(AnswerFormat::Json);
    run_since(Instant::now(), process, root, args, format)
}

/// Like [`run`], for a program that started at `started`.
fn run_since(
    started: Instant,
    process: &mut Process,
    root: &Path,
    args: &VerifyArgs,
    format: AnswerFormat,
) -> u8 {
    let login = match args.login() {
        Ok(login) => login,
        Err(error) => return report_usage_error(process, &error),
    };
    let limits = if process.elevated { platform::limit_problem() } else { None };
    let verified = limits
        .map_or(
            Ok(()),
            |problem| Err(Error::new(ErrorKind::System, problem).with_hint(LIMITS_HINT)),
        )
        .and_then(|()| Request::read(args, process))
        .map_err(Failure::from)
        .and_then(|request| verify(process, root, &request, started));
    let (response, reason) = match verified {
        Ok(Verdict { response, reason, problem }) => {
            if let Some(problem) = problem {
                print_error(process, &problem);
            }
            (response, reason)
        }
        Err(Failure::Client(problem)) => return report_usage_error(process, &problem.error()),
        Err(Failure::Error(error)) if error.kind() == ErrorKind::Usage => {
            return report_usage_error(process, &error);
        }
        Err(Failure::Error(error)) => {
            print_error(process, &error);
            let reason = reason_of(error.kind());
            (without_decision(root, &login, reason, args), reason)
        }
    };
    answer(process, &response, reason, format)
}

/// The reason that the portal gets when an error kept the verifier from deciding.
pub(crate) fn reason_of(kind: ErrorKind) -> Reason {
    match kind {
        ErrorKind::Busy => Reason::Busy,
        ErrorKind::Timeout => Reason::Timeout,
        ErrorKind::Usage
        | ErrorKind::Refused
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::Declined
        | ErrorKind::Interrupted
        | ErrorKind::Store
        | ErrorKind::System => Reason::Store,
    }
}

/// The answer when no decision was possible, in the language that the store asks for, if it can be read.
fn without_decision(root: &Path, login: &Name, reason: Reason, args: &VerifyArgs) -> Response {
    let languages = args.languages();
    let opened =
        store::open_for_login(root).and_then(|store| Ok((records::settings(&*store)?, store)));
    let speaker = match &opened {
        Ok((settings, store)) => Speaker::new(&languages, &settings.advanced, &**store),
        Err(_) => Speaker::without_store(&languages),
    };
    Response::failure(login, reason, &speaker)
}

/// Prints the answer. An answer that cannot be written in full is not a grant.
fn answer(process: &mut Process, response: &Response, reason: Reason, format: AnswerFormat) -> u8 {
    let text = match format {
        AnswerFormat::Json => response.json(),
        AnswerFormat::Text => {
            let ink = process.terminals.stdout.then(|| process.ink());
            Ok(response.text(ink))
        }
    };
    let written = text.and_then(|text| {
        let stdout = &mut process.stdout;
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
            .map_err(|error| Error::io(ErrorKind::System, "cannot write the answer", error))
    });
    match written {
        Ok(()) => reason.outcome().exit_code(),
        Err(error) => {
            print_error(process, &error);
            FAILED
        }
    }
}

fn print_instead_of_answer(process: &mut Process, text: &str) -> u8 {
    // If standard error is closed, there is nowhere to report that.
    let _ = process.stderr.write_all(text.as_bytes());
    USAGE
}

fn report_usage_error(process: &mut Process, error: &Error) -> u8 {
    print_error(process, error);
    USAGE
}

/// Prints an error and its hint to standard error.
fn print_error(process: &mut Process, error: &Error) {
    let mut text = format!("rw2fa-verify: {error}\n");
    if let Some(hint) = error.hint() {
        text.push_str("hint: ");
        text.push_str(hint);
        text.push('\n');
    }
    let _ = process.stderr.write_all(printable(&text).as_bytes());
}
