//! The portal protocol: request → facts → decision → documents → answer.
//!
//! Implements `rw2fa-verify` and `rw2fa verify`. No administration command, prompt or network code is
//! reachable from here.

pub mod arguments;
pub mod decision;
pub mod details;
mod documents;
pub mod facts;
#[cfg(unix)]
#[cfg(test)]
mod late;
#[cfg(test)]
mod model;
pub mod options;
pub mod reason;
pub mod report;
pub mod request;
pub mod response;
pub mod rules;
pub(crate) mod sending;
pub mod sms;
pub mod trial;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::account::attempts::Charge;
use crate::account::name::Name;
use crate::account::sealed::Sealed;
use crate::account::sms::Ending;
use crate::error::{Error, ErrorKind, Result};
use crate::otp::Secret;
use crate::platform;
use crate::printable::printable;
use crate::process::Process;
use crate::settings::Settings;
use crate::store::dir::DirStore;
use crate::store::seal::KeyRing;
use crate::store::{Document, DocumentKind, Scope, Store, Transaction, records};
use crate::time::Timestamp;
use crate::verify::arguments::{AnswerFormat, VerifyArgs};
use crate::verify::decision::{Decision, Facts, Ruling, Subject, compare, decide};
use crate::verify::documents::{next_state, record, remember};
use crate::verify::facts::{KnownGroups, gather, known_groups};
use crate::verify::reason::Reason;
use crate::verify::request::Request;
use crate::verify::response::{Presentation, Response};
use crate::verify::sending::{SmsCommand, count_today, uncount_today};
use crate::verify::sms::DailyQuota;

/// The hint for resource limits on a set-uid verifier.
const LIMITS_HINT: &str = "start the portal without limits of files, processor time and memory";
/// The exit code for a bug in the caller.
pub(crate) const USAGE: u8 = 2;
/// The exit code when the answer could not be written.
const FAILED: u8 = 4;
/// The longest time that the SMS command may take.
pub(crate) const SMS_PATIENCE: Duration = Duration::from_secs(10);
/// The SMS command is not started with less time left than this.
const MIN_SMS_TIMEOUT: Duration = Duration::from_secs(1);
/// The deadline of the SMS command, counted from the start of the program. Everything together may take 20 s,
/// and waiting for the lock again may take 5 s of them.
const SMS_DEADLINE: Duration = Duration::from_secs(15);
/// The hint when the system does not report the user's groups.
const GROUPS_HINT: &str =
    "fix the system's name service, or let the portal pass --group or --no-groups";

/// Runs `rw2fa-verify` and returns its exit code.
pub fn main(process: &mut Process) -> u8 {
    match arguments::parse(&process.args) {
        Ok(cli) => {
            let root = process.named_store(cli.store).unwrap_or_else(platform::system_store);
            run(process, &root, &cli.verify, cli.format.unwrap_or(AnswerFormat::Json))
        }
        Err(error) => report_usage_error(process, &error),
    }
}

/// Verifies one request, prints the answer, and returns the exit code.
pub fn run(process: &mut Process, root: &Path, args: &VerifyArgs, format: AnswerFormat) -> u8 {
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
        Err(Failure::MissingClient) => {
            let error = Error::new(ErrorKind::Usage, "this store requires --client")
                .with_hint("pass the portal's session id, or set require-client to false");
            return report_usage_error(process, &error);
        }
        Err(Failure::Error(error)) if error.kind() == ErrorKind::Usage => {
            return report_usage_error(process, &error);
        }
        Err(Failure::Error(error)) => {
            print_error(process, &error);
            let reason = reason_of(error.kind());
            (Response::failure(&login, reason), reason)
        }
    };
    answer(process, &response, reason, format)
}

/// A decision and its answer.
struct Verdict {
    response: Response,
    reason: Reason,
    /// The problem behind the decision, which an administrator should fix.
    problem: Option<Error>,
}

/// Why no decision was made.
enum Failure {
    MissingClient,
    Error(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

/// Processes one login from request to answer: facts, decision and documents under the account's lock.
fn verify(
    process: &Process,
    root: &Path,
    request: &Request,
    started: Instant,
) -> Result<Verdict, Failure> {
    let store = DirStore::open(root)?;
    let settings = records::settings(&store)?;
    let log = process.system_log().filter(|_| settings.syslog).cloned();
    let store = store.with_key_file(settings.key_file.clone()).with_system_log(log);
    let groups = known_groups(&store, &settings, request, process.accounts())?;
    let mut result = Err(Failure::MissingClient);
    let mut reserved = None;
    store.update(Scope::Account(&request.login.key()), &mut |transaction| {
        let now = process.now();
        let keys = keys(&store, &settings)?;
        let mut facts = gather(&store, &settings, request, &groups, keys.as_ref(), now)?;
        let fresh = Secret::from_bytes(*process.random()?);
        let Ok(ruling) = decide(&facts, request, now, &fresh) else { return Ok(()) };
        let mut decision = match ruling {
            Ruling::Decided(decision) => decision,
            Ruling::Compare => {
                let charge = charge(transaction, &mut facts, now)?;
                compare(&facts, request, now, &fresh, &charge)
            }
        };
        let limit = settings.advanced.sms_daily_limit;
        if decision.outgoing.is_some() && limit > 0 {
            facts.today = count_today(&store, limit, now)?;
            if facts.today != DailyQuota::Open {
                match decide(&facts, request, now, &fresh) {
                    Ok(Ruling::Decided(again)) => decision = again,
                    Ok(Ruling::Compare) => {
                        let what = "a decision to send a message became one to compare a code";
                        return Err(Error::new(ErrorKind::System, what));
                    }
                    Err(_) => return Ok(()),
                }
            }
        }
        let name = match &facts.subject {
            Subject::Known(account) => &account.name,
            _ => &request.login,
        };
        let next = if request.check {
            None
        } else {
            next_state(process, &facts, &decision, keys.as_ref())?
        };
        if decision.outgoing.is_some() {
            // Only reserves the message here. `send` records the outcome.
            if let Some(next) = &next {
                transaction.write(&next.document, &next.text)?;
            }
            let made = next.and_then(|next| next.made);
            reserved = Some(Reserved { name: name.clone(), decision, made });
            return Ok(());
        }
        if !request.check {
            remember(transaction, name, request, &decision, next.as_ref(), keys.as_ref(), now)?;
        }
        let reason = decision.reason;
        let response = respond(name, decision, &settings, request)?;
        let problem = missing_gateway(&facts, reason);
        result = Ok(Verdict { response, reason, problem });
        Ok(())
    })?;
    if let Some(reserved) = reserved {
        return Ok(send(process, &store, &settings, request, reserved, started)?);
    }
    let mut verdict = result?;
    if let (Reason::GroupsUnknown, KnownGroups::Unknown(problem)) = (verdict.reason, groups) {
        let has_hint = problem.hint().is_some();
        verdict.problem = Some(if has_hint { problem } else { problem.with_hint(GROUPS_HINT) });
    }
    Ok(verdict)
}

/// Charges the attempt that is about to be made. First makes sure that the audit line and the next state fit on
/// the disk, so that a full disk does not cost an honest user an attempt.
fn charge(
    transaction: &mut dyn Transaction,
    facts: &mut Facts<'_>,
    now: Timestamp,
) -> Result<Charge> {
    let Subject::Known(account) = &mut facts.subject else {
        return Err(Error::new(ErrorKind::System, "there is no user to charge an attempt to"));
    };
    let state = Document::Of(DocumentKind::State, account.name.clone());
    transaction.prepare(&now.month(), &state)?;
    let rules = facts.settings.advanced.lockout();
    records::charge(transaction, &account.name, &mut account.state, rules, now)
}

/// A message that is counted against the limits but not sent yet.
struct Reserved {
    name: Name,
    decision: Decision,
    /// The sealed code in the state, if it was made for this message.
    made: Option<Sealed>,
}

/// Sends a message without holding a lock, then confirms it under the lock.
fn send(
    process: &Process,
    store: &DirStore,
    settings: &Settings,
    request: &Request,
    reserved: Reserved,
    started: Instant,
) -> Result<Verdict> {
    let Reserved { name, mut decision, made } = reserved;
    let now = process.now();
    let sent = decision.outgoing.as_ref().map_or(Ok(()), |outgoing| {
        let Some(timeout) = sms_timeout(started.elapsed()) else {
            let what = "no time was left to send the message";
            return Err((Ending::Refused, Error::new(ErrorKind::Timeout, what)));
        };
        let command = SmsCommand::from_settings(settings, store);
        let body = sending::body(settings, outgoing);
        command.send(&outgoing.to.to_string(), body, timeout, process.elevated)
    });
    let ending = sent.as_ref().map_or_else(|(ending, _)| *ending, |()| Ending::Sent);
    if let Err((ending, error)) = &sent {
        let is_late = *ending == Ending::Refused && error.kind() == ErrorKind::Timeout;
        decision.reason = if is_late { Reason::Timeout } else { Reason::SmsFailed };
    }
    store.update(Scope::Account(&request.login.key()), &mut |transaction| {
        // Meanwhile, the key may have been replaced or the user removed.
        let keys = keys(store, settings)?;
        if ending == Ending::Refused && settings.advanced.sms_daily_limit > 0 {
            uncount_today(store, now)?;
        }
        if let Some(mut state) = records::state(store, &name)? {
            state.sms.settle(now, ending, made.as_ref());
            records::write_state(transaction, &name, &state)?;
        }
        record(transaction, &name, request, &decision, keys.as_ref(), now)
    })?;
    let reason = decision.reason;
    let response = respond(&name, decision, settings, request)?;
    Ok(Verdict { response, reason, problem: sent.err().map(|(_, error)| error) })
}

/// How long the SMS command may take, `elapsed` after the start of the program; `None` if it is too late to
/// start it.
fn sms_timeout(elapsed: Duration) -> Option<Duration> {
    let left = SMS_PATIENCE.min(SMS_DEADLINE.saturating_sub(elapsed));
    (left >= MIN_SMS_TIMEOUT).then_some(left)
}

/// The error when no message could be attempted: the gateway or the phone number is missing.
fn missing_gateway(facts: &Facts<'_>, reason: Reason) -> Option<Error> {
    let (Reason::SmsFailed, Subject::Known(account)) = (reason, &facts.subject) else {
        return None;
    };
    let name = &account.name;
    Some(if facts.settings.sms.is_configured() {
        Error::new(ErrorKind::Refused, format!("{name} has no phone number"))
            .with_hint(format!("rw2fa users edit {name} --phone +…"))
    } else {
        Error::new(ErrorKind::Refused, "no SMS gateway is configured")
            .with_hint("rw2fa sms configure")
    })
}

/// The keys of the store. A store that is switched off may have none.
pub(crate) fn keys(store: &dyn Store, settings: &Settings) -> Result<Option<KeyRing>> {
    match records::key_ring(store) {
        Ok(keys) => Ok(Some(keys)),
        Err(_) if !settings.enabled => Ok(None),
        Err(error) => Err(error),
    }
}

fn respond(
    name: &Name,
    decision: Decision,
    settings: &Settings,
    request: &Request,
) -> Result<Response> {
    let issuer = match decision.details.shown_secret {
        Some(_) => settings.advanced.issuer(&platform::host_name()),
        None => String::new(),
    };
    Response::new(name, decision, &Presentation { issuer: &issuer, qr: request.qr })
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

/// Prints the answer. An answer that cannot be written in full is not a grant.
fn answer(process: &mut Process, response: &Response, reason: Reason, format: AnswerFormat) -> u8 {
    let text = match format {
        AnswerFormat::Json => response.json(),
        AnswerFormat::Text => Ok(response.text(process.terminals.stdout)),
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

fn report_usage_error(process: &mut Process, error: &Error) -> u8 {
    print_error(process, error);
    USAGE
}

/// Prints an error and its hint to standard error.
fn print_error(process: &mut Process, error: &Error) {
    let mut text = format!("rw2fa-verify: {error}\n");
    if let Some(hint) = error.hint() {
        text.push_str("  ");
        text.push_str(hint);
        text.push('\n');
    }
    let _ = process.stderr.write_all(printable(&text).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the total of 20 s: a login that waited long has less time to send.
    #[test]
    fn the_sms_timeout_shrinks_with_the_time_left() {
        for (elapsed, left) in [
            (0, Some(10_000)),
            (5000, Some(10_000)),
            (5001, Some(9999)),
            (14_000, Some(1000)),
            (14_001, None),
            (15_001, None),
        ] {
            let left = left.map(Duration::from_millis);
            assert_eq!(sms_timeout(Duration::from_millis(elapsed)), left, "{elapsed} ms");
        }
    }
}
