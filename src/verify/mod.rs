//! The portal protocol: request → facts → decision → documents → answer.
//!
//! `rw2fa-verify` and `rw2fa verify` are this module. No command of the administration tool, no prompt
//! and no network code is reachable from here.

pub mod arguments;
pub mod decision;
mod documents;
pub mod facts;
#[cfg(unix)]
#[cfg(test)]
mod late;
#[cfg(test)]
mod model;
pub mod reason;
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
use crate::account::sms::Ending;
use crate::account::state::Sealed;
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

/// What to do about limits of the set-uid verifier.
const LIMITS_HINT: &str = "start the portal without limits of files, processor time and memory";
/// Exit code of a bug in the caller.
pub(crate) const USAGE: u8 = 2;
/// Exit code when the answer could not be given.
const FAILED: u8 = 4;
/// How long the SMS command may take.
pub(crate) const SMS_PATIENCE: Duration = Duration::from_secs(10);
/// With less than this left nothing is tried.
const LEAST_PATIENCE: Duration = Duration::from_secs(1);
/// When the message must have ended, from the start of the program: the lock may take 5 s once more, and
/// everything together 20 s.
const BEFORE_CONFIRMING: Duration = Duration::from_secs(15);
/// The way out where the system does not tell groups.
const MEND_GROUPS: &str =
    "mend the system's name service, or let the portal pass --group or --no-groups";

/// The whole program `rw2fa-verify`; returns its exit code.
pub fn main(process: &mut Process) -> u8 {
    match arguments::parse(&process.args) {
        Ok(cli) => {
            let root = process.named_store(cli.store).unwrap_or_else(platform::system_store);
            run(process, &root, &cli.verify, cli.format.unwrap_or(AnswerFormat::Json))
        }
        Err(error) => misused(process, &error),
    }
}

/// Verifies, answers, and returns the exit code.
pub fn run(process: &mut Process, root: &Path, args: &VerifyArgs, format: AnswerFormat) -> u8 {
    run_since(Instant::now(), process, root, args, format)
}

/// The same for a program that `started` at some time.
fn run_since(
    started: Instant,
    process: &mut Process,
    root: &Path,
    args: &VerifyArgs,
    format: AnswerFormat,
) -> u8 {
    let login = match args.login() {
        Ok(login) => login,
        Err(error) => return misused(process, &error),
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
        Ok(Verdict { response, reason, doubt }) => {
            if let Some(doubt) = doubt {
                complain(process, &doubt);
            }
            (response, reason)
        }
        Err(Failure::MissingClient) => {
            let error = Error::new(ErrorKind::Usage, "this store requires --client")
                .with_hint("pass the portal's session id, or set require-client to false");
            return misused(process, &error);
        }
        Err(Failure::Error(error)) if error.kind() == ErrorKind::Usage => {
            return misused(process, &error);
        }
        Err(Failure::Error(error)) => {
            complain(process, &error);
            let reason = reason_of(error.kind());
            (Response::failure(&login, reason), reason)
        }
    };
    answer(process, &response, reason, format)
}

/// What was decided.
struct Verdict {
    response: Response,
    reason: Reason,
    /// What is to be mended, where that decided.
    doubt: Option<Error>,
}

/// Why nothing was decided.
enum Failure {
    MissingClient,
    Error(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

/// One login from request to answer: facts, decision and documents under the account's lock.
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
            // The allowance is reserved; what is recorded is how the message ended.
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
        let response = respond(name, &decision, &settings, request)?;
        let doubt = missing_gateway(&facts, decision.reason);
        result = Ok(Verdict { response, reason: decision.reason, doubt });
        Ok(())
    })?;
    if let Some(reserved) = reserved {
        return Ok(send(process, &store, &settings, request, reserved, started)?);
    }
    let mut verdict = result?;
    if let (Reason::GroupsUnknown, KnownGroups::Unknown(doubt)) = (verdict.reason, groups) {
        let has_way_out = doubt.hint().is_some();
        verdict.doubt = Some(if has_way_out { doubt } else { doubt.with_hint(MEND_GROUPS) });
    }
    Ok(verdict)
}

/// Charges the attempt that is about to be made. Before that, there is room for its line and for the next state: an
/// honest user is not charged for a full disk.
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

/// A message whose allowance is reserved.
struct Reserved {
    name: Name,
    decision: Decision,
    /// The code as it stands in the state, if it was made for this message.
    made: Option<Sealed>,
}

/// Sends a message without a lock, and confirms it under the lock.
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
        let Some(patience) = patience(started.elapsed()) else {
            let what = "no time was left to send the message";
            return Err((Ending::Refused, Error::new(ErrorKind::Timeout, what)));
        };
        let command = SmsCommand::of(settings, store);
        let body = sending::body(settings, outgoing);
        command.send(&outgoing.to.to_string(), body, patience, process.elevated)
    });
    let ending = sent.as_ref().map_or_else(|(ending, _)| *ending, |()| Ending::Sent);
    if let Err((ending, error)) = &sent {
        let is_late = *ending == Ending::Refused && error.kind() == ErrorKind::Timeout;
        decision.reason = if is_late { Reason::Timeout } else { Reason::SmsFailed };
    }
    store.update(Scope::Account(&request.login.key()), &mut |transaction| {
        // The key may have been replaced meanwhile, and the user removed.
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
    let response = respond(&name, &decision, settings, request)?;
    Ok(Verdict { response, reason: decision.reason, doubt: sent.err().map(|(_, error)| error) })
}

/// How long the SMS command may take, this long after the start of the program; `None` if it is too late
/// to try.
fn patience(elapsed: Duration) -> Option<Duration> {
    let left = SMS_PATIENCE.min(BEFORE_CONFIRMING.saturating_sub(elapsed));
    (left >= LEAST_PATIENCE).then_some(left)
}

/// Why no message could even be tried.
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

/// The keys; a store that is switched off does without.
pub(crate) fn keys(store: &dyn Store, settings: &Settings) -> Result<Option<KeyRing>> {
    match records::key_ring(store) {
        Ok(keys) => Ok(Some(keys)),
        Err(_) if !settings.enabled => Ok(None),
        Err(error) => Err(error),
    }
}

fn respond(
    name: &Name,
    decision: &Decision,
    settings: &Settings,
    request: &Request,
) -> Result<Response> {
    let issuer = match decision.details.shown_secret {
        Some(_) => settings.advanced.issuer(&platform::host_name()),
        None => String::new(),
    };
    let validity = settings.advanced.validity();
    Response::new(name, decision, &Presentation { issuer: &issuer, validity, qr: request.qr })
}

/// The reason that the portal is told when an error kept the verifier from deciding.
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

/// Gives the answer. One that cannot be given in full is no grant.
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
            complain(process, &error);
            FAILED
        }
    }
}

fn misused(process: &mut Process, error: &Error) -> u8 {
    complain(process, error);
    USAGE
}

/// Tells an error to whoever reads standard error.
fn complain(process: &mut Process, error: &Error) {
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

    /// Guards the 20 s that everything may take together: what waited long has less time to send.
    #[test]
    fn a_message_is_tried_for_as_long_as_is_left_and_not_for_less_than_a_second() {
        for (elapsed, left) in [
            (0, Some(10_000)),
            (5000, Some(10_000)),
            (5001, Some(9999)),
            (14_000, Some(1000)),
            (14_001, None),
            (15_001, None),
        ] {
            let left = left.map(Duration::from_millis);
            assert_eq!(patience(Duration::from_millis(elapsed)), left, "{elapsed} ms");
        }
    }
}
