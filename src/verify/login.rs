//! One login, from request to answer: facts, decision and documents under the account's lock;
//! messages without it.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::factor::attempts::Charge;
use crate::factor::sealed::Sealed;
use crate::factor::sms::state::Ending;
use crate::names::name::Name;
use crate::otp::Secret;
use crate::platform;
use crate::process::{Process, Unreadable};
use crate::settings::Settings;
use crate::store::seal::KeyRing;
use crate::store::{
    self, Document, DocumentKind, Locked, LoginStore, Reader, Scope, Update, records,
};
use crate::time::Timestamp;
use crate::verify::decision::{Ruling, compare, decide};
use crate::verify::documents::{next_state, record, remember};
use crate::verify::facts::{KnownGroups, gather, known_groups};
use crate::verify::messages::Speaker;
use crate::verify::outcome::Decision;
use crate::verify::reason::Reason;
use crate::verify::request::{ClientProblem, Request};
use crate::verify::response::{Presentation, Response};
use crate::verify::sending::{self, SmsCommand, count_today, uncount_today};
use crate::verify::subject::DailyQuota;
use crate::verify::subject::{Facts, Subject};
/// The longest time that the SMS command may take.
pub(crate) const SMS_PATIENCE: Duration = Duration::from_secs(10);
/// The SMS command is not started with less time left than this.
pub(super) const MIN_SMS_TIMEOUT: Duration = Duration::from_secs(1);
/// The deadline of the SMS command, counted from the start of the program. Everything together may take 20 s,
/// and waiting for the lock again may take 5 s of them.
pub(super) const SMS_DEADLINE: Duration = Duration::from_secs(15);
/// The hint when the system does not report the user's groups.
const GROUPS_HINT: &str =
    "fix the system's name service, or let the portal pass --group or --no-groups";

/// A decision and its answer.
pub(super) struct Verdict {
    pub(super) response: Response,
    pub(super) reason: Reason,
    /// The problem behind the decision, which an administrator should fix.
    pub(super) problem: Option<Error>,
}

/// Why no decision was made.
pub(super) enum Failure {
    Client(ClientProblem),
    Error(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

impl From<ClientProblem> for Failure {
    fn from(problem: ClientProblem) -> Self {
        Failure::Client(problem)
    }
}

/// Processes one login from request to answer: facts, decision and documents under the account's lock.
pub(super) fn verify(
    process: &Process,
    root: &Path,
    request: &Request,
    started: Instant,
) -> Result<Verdict, Failure> {
    verify_in(process, &mut *store::open_for_login(root)?, request, started)
}

/// Like [`verify`], for a store that is open.
fn verify_in(
    process: &Process,
    store: &mut dyn LoginStore,
    request: &Request,
    started: Instant,
) -> Result<Verdict, Failure> {
    let settings = records::settings(store)?;
    store::configure(store, &settings, process.system_log());
    let groups = known_groups(store, &settings, request, process.accounts())?;
    let login = Login { process, settings: &settings, request, groups: &groups };
    let under_lock = store
        .update(Scope::Account(&request.login.key()), |locked| decide_under_lock(&login, locked))?;
    match under_lock {
        UnderLock::Reserved(reserved) => {
            Ok(send(process, store, &settings, request, reserved, started)?)
        }
        UnderLock::Decided(Decided { name, decision, problem }) => {
            let reason = decision.reason;
            let problem = match (reason, groups) {
                (Reason::GroupsUnknown, KnownGroups::Unknown(problem)) => {
                    let has_hint = problem.hint().is_some();
                    Some(if has_hint { problem } else { problem.with_hint(GROUPS_HINT) })
                }
                _ => problem,
            };
            let speaker = Speaker::new(&request.languages, &settings.advanced, store);
            let response = respond(&name, decision, &settings, request, &speaker)?;
            Ok(Verdict { response, reason, problem })
        }
    }
}

/// The inputs of a decision that are known before the account is locked.
struct Login<'a> {
    process: &'a Process,
    settings: &'a Settings,
    request: &'a Request,
    groups: &'a KnownGroups,
}

/// How far a login got while its account was locked.
#[allow(clippy::large_enum_variant, reason = "there is one of it in each login")]
enum UnderLock {
    /// Decided and recorded.
    Decided(Decided),
    /// A message must be sent first, without the lock.
    Reserved(Reserved),
}

/// A decision that is recorded.
struct Decided {
    name: Name,
    decision: Decision,
    /// The problem behind it, which an administrator should fix.
    problem: Option<Error>,
}

/// Decides a login and records the decision.
fn decide_under_lock(login: &Login<'_>, locked: &mut dyn Locked) -> Result<UnderLock, Failure> {
    let Login { process, settings, request, groups } = *login;
    let now = process.now();
    let keys = keys(locked, settings)?;
    let mut facts = gather(locked, settings, request, groups, keys.as_ref(), now)?;
    let fresh = Secret::from_bytes(*process.random()?);
    let mut decision = match decide(&facts, request, now, &fresh)? {
        Ruling::Decided(decision) => decision,
        Ruling::Compare => {
            let charge = charge(locked, &mut facts, now)?;
            compare(&facts, request, now, &fresh, &charge)
        }
    };
    let limit = settings.advanced.sms_daily_limit;
    if decision.outgoing.is_some() && limit > 0 {
        facts.today = count_today(locked, limit, now)?;
        if facts.today != DailyQuota::Open {
            decision = match decide(&facts, request, now, &fresh)? {
                Ruling::Decided(decision) => decision,
                Ruling::Compare => {
                    let what = "a decision to send a message became one to compare a code";
                    return Err(Error::new(ErrorKind::System, what).into());
                }
            };
        }
    }
    let name = match &facts.subject {
        Subject::Known(account) => &account.name,
        _ => &request.login,
    };
    let next =
        if request.check { None } else { next_state(process, &facts, &decision, keys.as_ref())? };
    if decision.outgoing.is_some() {
        // Only reserves the message here. `send` records the outcome.
        if let Some(next) = &next {
            locked.write(&next.document, &next.text)?;
        }
        let made = next.and_then(|next| next.made);
        return Ok(UnderLock::Reserved(Reserved { name: name.clone(), decision, made }));
    }
    if !request.check {
        remember(locked, name, request, &decision, next.as_ref(), keys.as_ref(), now)?;
    }
    let unreadable = request.unreadable.filter(|_| decision.reason == Reason::WrongCode);
    let unreadable = unreadable.map(Unreadable::error);
    let problem = unreadable.or_else(|| missing_gateway(&facts, decision.reason));
    Ok(UnderLock::Decided(Decided { name: name.clone(), decision, problem }))
}

/// Charges the attempt that is about to be made. First makes sure that the audit line and the next state fit on
/// the disk, so that a full disk does not cost an honest user an attempt.
fn charge(locked: &mut dyn Locked, facts: &mut Facts<'_>, now: Timestamp) -> Result<Charge> {
    let Subject::Known(account) = &mut facts.subject else {
        return Err(Error::new(ErrorKind::System, "no user to count the attempt for"));
    };
    let state = Document::Of(DocumentKind::State, account.name.clone());
    locked.prepare(&now.month(), &state)?;
    let rules = facts.settings.advanced.lockout();
    records::charge(locked, &account.name, &mut account.state, rules, now)
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
    store: &dyn LoginStore,
    settings: &Settings,
    request: &Request,
    reserved: Reserved,
    started: Instant,
) -> Result<Verdict> {
    let Reserved { name, mut decision, made } = reserved;
    let now = process.now();
    let speaker = Speaker::new(&request.languages, &settings.advanced, store);
    let sent = decision.outgoing.as_ref().map_or(Ok(()), |outgoing| {
        let Some(timeout) = sms_timeout(started.elapsed()) else {
            let what = "no time was left to send the message";
            return Err((Ending::Refused, Error::new(ErrorKind::Timeout, what)));
        };
        let command = SmsCommand::from_settings(settings, store);
        let body = sending::body(settings, outgoing, &speaker);
        command.send(&outgoing.to.to_string(), body, timeout, process.elevated)
    });
    let ending = sent.as_ref().map_or_else(|(ending, _)| *ending, |()| Ending::Sent);
    if let Err((ending, error)) = &sent {
        let is_late = *ending == Ending::Refused && error.kind() == ErrorKind::Timeout;
        decision.reason = if is_late { Reason::Timeout } else { Reason::SmsFailed };
    }
    store.update(Scope::Account(&request.login.key()), |locked| {
        // In the meantime, the key may have been replaced or the user removed.
        let keys = keys(locked, settings)?;
        if ending == Ending::Refused && settings.advanced.sms_daily_limit > 0 {
            uncount_today(locked, now)?;
        }
        if let Some(mut state) = records::state(locked, &name)? {
            state.sms.settle(now, ending, made.as_ref());
            records::write_state(locked, &name, &state)?;
        }
        record(locked, &name, request, &decision, keys.as_ref(), now)
    })?;
    let reason = decision.reason;
    let response = respond(&name, decision, settings, request, &speaker)?;
    Ok(Verdict { response, reason, problem: sent.err().map(|(_, error)| error) })
}

/// Returns how long the SMS command may take, `elapsed` after the start of the program; `None` if
/// it is too late to start it.
fn sms_timeout(elapsed: Duration) -> Option<Duration> {
    let left = SMS_PATIENCE.min(SMS_DEADLINE.saturating_sub(elapsed));
    (left >= MIN_SMS_TIMEOUT).then_some(left)
}

/// Returns the error when no message could be attempted: the gateway or the phone number is
/// missing.
fn missing_gateway(facts: &Facts<'_>, reason: Reason) -> Option<Error> {
    let (Reason::SmsFailed, Subject::Known(account)) = (reason, &facts.subject) else {
        return None;
    };
    let name = &account.name;
    Some(if facts.settings.sms.is_configured() {
        Error::new(ErrorKind::Refused, format!("{name} has no phone number")).with_hint(format!(
            "rw2fa users edit {} --phone +…",
            platform::quoted(name.canonical())
        ))
    } else {
        Error::new(ErrorKind::Refused, "no SMS gateway is configured")
            .with_hint("rw2fa sms configure")
    })
}

/// Returns the keys of the store. A store that is switched off may have none.
pub(crate) fn keys(store: &dyn Reader, settings: &Settings) -> Result<Option<KeyRing>> {
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
    speaker: &Speaker<'_>,
) -> Result<Response> {
    let issuer = match decision.details.shown_secret {
        Some(_) => settings.advanced.issuer(&platform::host_name()),
        None => String::new(),
    };
    Response::new(name, decision, &Presentation { issuer: &issuer, qr: request.qr, speaker })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factor::attempts::Attempts;
    use crate::factor::state::State;
    use crate::names::listing::Listing;
    use crate::otp::{CodeGenerator, Digits, Step};
    use crate::process::Captured;
    use crate::settings;
    use crate::store::memory::Memory;
    use crate::store::seal::DataKey;
    use crate::verify::request::{Ask, Memberships};

    /// A store in memory in which alice is listed and codes are required.
    fn store_with_alice(now: Timestamp) -> (Memory, Name) {
        let (memory, alice) = (Memory::default(), Name::parse("alice").unwrap());
        let text = settings::initial_text(now).replace("enabled = false", "enabled = true");
        let listing: Listing = toml::from_str("method = \"app\"\nadded = 2026-11-24").unwrap();
        let update = memory.open().update(Scope::Settings, |locked| {
            records::write_key_ring(locked, &KeyRing::from_key(DataKey::new([7; 32])))?;
            locked.write(&Document::Settings, &text)?;
            records::write_listing(locked, DocumentKind::User, &alice, &listing)?;
            records::write_state(locked, &alice, &State { listed: true, ..State::new(now) })
        });
        update.unwrap();
        (memory, alice)
    }

    /// Signs alice in at this time; returns the reason and the shown secret.
    fn sign_in(
        memory: &Memory,
        alice: &Name,
        now: Timestamp,
        code: Option<&str>,
    ) -> (Reason, Option<Secret>) {
        let streams = (Box::<Captured>::default(), Box::<Captured>::default());
        let process = Process::sandboxed([""; 0], now, Vec::new(), streams.0, streams.1);
        // The same secret in every run, so that no wrong code is right by chance.
        let process = process.with_random(|bytes| {
            bytes.fill(7);
            true
        });
        let request = Request {
            memberships: Memberships::Given(Vec::new()),
            code: code.map(|code| code.to_owned().into()),
            check: false,
            ..Request::asking(alice, Ask::SignIn)
        };
        let verified = verify_in(&process, &mut *memory.open(), &request, Instant::now());
        let Ok(Verdict { response, reason, .. }) = verified else { panic!("no decision") };
        let answer: serde_json::Value = serde_json::from_str(&response.json().unwrap()).unwrap();
        let secret = answer["enrolment"]["secret"].as_str().map(Secret::from_base32);
        (reason, secret.flatten())
    }

    /// Guards the steps around a decision with a store that has no files: what is charged, used and recorded.
    #[test]
    fn logins_are_charged_and_recorded_in_a_store_in_memory() {
        let start = Timestamp::from_unix(1_795_507_200);
        let (memory, alice) = store_with_alice(start);
        let (reason, secret) = sign_in(&memory, &alice, start, None);
        assert_eq!(reason, Reason::EnrolmentRequired);
        let generator = CodeGenerator::new(&secret.unwrap());
        let code_at = |now: Timestamp| generator.code(Step::at(now.unix()), Digits::DEFAULT);
        let mut now = start;
        let first = code_at(now).as_str().to_owned();
        for (code, reason) in [(&first, Reason::Activated), (&first, Reason::CodeUsed)] {
            assert_eq!(sign_in(&memory, &alice, now, Some(code)).0, reason);
        }
        let wrong = code_at(now.plus(10 * 86_400)).as_str().to_owned();
        for reason in [Reason::WrongCode; 4].into_iter().chain([Reason::Locked; 2]) {
            assert_eq!(sign_in(&memory, &alice, now, Some(&wrong)).0, reason);
        }
        now = now.plus(60);
        let second = code_at(now).as_str().to_owned();
        assert_eq!(sign_in(&memory, &alice, now, Some(&second)).0, Reason::CodeAccepted);
        assert_eq!(sign_in(&memory, &alice, now, Some("not a code")).0, Reason::WrongCode);
        let store = memory.open();
        let state = records::state(&*store, &alice).unwrap().unwrap();
        // Two codes at first, five wrong ones, and the last: the sixth wrong one was not compared, nor was the text.
        assert_eq!(state.attempts, Attempts { count: 8, lockout: state.attempts.lockout });
        assert_eq!(state.failures().count, 0);
        let mut lines = 0;
        store
            .audit_lines(&mut |_, _| {
                lines += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(lines, 11);
    }

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
