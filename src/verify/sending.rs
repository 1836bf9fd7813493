//! Sends a code with the SMS command and counts the messages of the day.
//!
//! No account lock is held here. The message text goes only to the command's standard input, never into
//! arguments, environment variables or errors.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::factor::sms::message::{Message, fill};
use crate::factor::sms::state::Ending;
use crate::platform;
use crate::platform::child::{self, Output};
use crate::printable::printable;
use crate::settings::Settings;
use crate::store::{Locked, LoginStore, Scope, Update, records};
use crate::time::Timestamp;
use crate::verify::messages::Speaker;
use crate::verify::outcome::Outgoing;
use crate::verify::subject::DailyQuota;

/// What the default command prints when the gateway accepted the message.
pub(crate) const TAKEN: &str = "taken\n";

/// The longest output of a command that is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

const DAY: i64 = 86_400;

/// The program that sends messages.
pub(crate) enum SmsCommand<'a> {
    /// `rw2fa sms deliver`, for this store.
    Default(&'a dyn LoginStore),
    /// The program that the administrator set in this store.
    Other(&'a Path, &'a dyn LoginStore),
}

/// The result of sending a message: on failure, how it ended and why.
pub(crate) type Sent = std::result::Result<(), (Ending, Error)>;

impl<'a> SmsCommand<'a> {
    /// The command that the settings name.
    pub(crate) fn from_settings(settings: &'a Settings, store: &'a dyn LoginStore) -> Self {
        match settings.sms.command.as_deref() {
            None => Self::Default(store),
            Some(program) => Self::Other(program, store),
        }
    }

    /// Sends `body` to the number `to`, within `patience`.
    pub(crate) fn send(
        &self,
        to: &str,
        body: Zeroizing<String>,
        patience: Duration,
        elevated: bool,
    ) -> Sent {
        let message = Message { schema: 1, to: to.to_owned(), body };
        let run = || {
            let input = serde_json::to_string(&message).map(Zeroizing::new).map_err(|_| {
                Error::new(ErrorKind::System, "cannot write the message for the SMS command")
            })?;
            self.run(input.as_bytes(), patience, elevated)
        };
        match run() {
            Ok(output) => self.interpret(&output),
            Err(error) if error.kind() == ErrorKind::Timeout => Err((Ending::Unknown, error)),
            // The command did not start.
            Err(error) => Err((Ending::Refused, error)),
        }
    }

    fn run(&self, input: &[u8], patience: Duration, elevated: bool) -> Result<Output> {
        match self {
            Self::Default(store) => {
                let store = store.argument()?;
                let program = child::sibling("rw2fa", elevated)?;
                let args =
                    ["--store".as_ref(), store.as_os_str(), "sms".as_ref(), "deliver".as_ref()];
                child::run(&program, &args, input, patience)
            }
            Self::Other(program, store) => {
                if !program.is_absolute() {
                    let what = format!("{} is not an absolute path", program.display());
                    return Err(records::wrong_sms(*store, ErrorKind::System, "command", &what)
                        .with_hint("correct it with 'rw2fa sms configure --command PATH'"));
                }
                if elevated {
                    child::trusted(program)?;
                }
                let none: [&OsStr; 0] = [];
                child::run(program, &none, input, patience)
            }
        }
    }

    /// Interprets the exit code and the output of the command.
    fn interpret(&self, output: &Output) -> Sent {
        let text =
            std::str::from_utf8(&output.stdout).ok().filter(|text| text.len() <= LONGEST_ANSWER);
        let ended = match output.code {
            Some(code) => format!("ended with exit code {code}"),
            None => "was ended by a signal".into(),
        };
        match self {
            // Complete output counts even if the system cannot report the exit code.
            Self::Default(_) if matches!(output.code, Some(0) | None) && text == Some(TAKEN) => {
                Ok(())
            }
            Self::Default(_) => {
                let ending = if output.code == Some(1) { Ending::Refused } else { Ending::Unknown };
                let why = text.map(str::trim).filter(|text| !text.is_empty());
                let why = why.map_or_else(|| format!("'rw2fa sms deliver' {ended}"), printable);
                Err((ending, Error::new(ErrorKind::System, format!("no SMS was sent: {why}"))))
            }
            Self::Other(program, _) => {
                let ending = match (output.code, text) {
                    (Some(0), Some(_)) => return Ok(()),
                    (Some(1), _) => Ending::Refused,
                    _ => Ending::Unknown,
                };
                let ended =
                    if text.is_none() { "printed something that is not text" } else { &ended };
                // SECURITY: the output is not reported, because it may repeat the input.
                let what = format!("the SMS command {} {ended}", program.display());
                Err((ending, Error::new(ErrorKind::System, what)))
            }
        }
    }
}

/// The text of a message.
pub(super) fn body(
    settings: &Settings,
    outgoing: &Outgoing,
    speaker: &Speaker<'_>,
) -> Zeroizing<String> {
    let advanced = &settings.advanced;
    let template = speaker.sms_template(advanced);
    fill(&template, outgoing.code.as_str(), &advanced.issuer(&platform::host_name()))
}

/// How many messages were sent on one day.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DayCount {
    /// The day, as days since 1970 in UTC.
    day: i64,
    /// The number of messages.
    count: u32,
}

/// Counts one more message for today, unless `limit` is reached. The new count is durable on return.
///
/// # Errors
/// When the count cannot be read or written.
pub(super) fn count_today(locks: &dyn Locked, limit: u32, now: Timestamp) -> Result<DailyQuota> {
    let next = |count: u32| (count < limit).then_some(count + 1);
    let counted = update_count(locks, now, next)?;
    let left = (DAY - now.unix() % DAY).unsigned_abs();
    Ok(if counted { DailyQuota::Open } else { DailyQuota::Spent(left) })
}

/// Takes back one message from today's count.
///
/// # Errors
/// When the count cannot be read or written.
pub(super) fn uncount_today(locks: &dyn Locked, now: Timestamp) -> Result<()> {
    update_count(locks, now, |count| Some(count.saturating_sub(1))).map(drop)
}

/// Replaces today's count by what `next` makes of it. Returns whether that was anything.
fn update_count(
    locks: &dyn Locked,
    now: Timestamp,
    next: impl FnOnce(u32) -> Option<u32>,
) -> Result<bool> {
    let day = now.unix() / DAY;
    locks.update(Scope::SmsCount, |locked| {
        let kept = records::sms_count::<DayCount>(locked)?;
        let kept = kept.filter(|kept| kept.day == day).unwrap_or_default();
        let Some(count) = next(kept.count) else { return Ok(false) };
        records::write_sms_count(locked, &DayCount { day, count })?;
        Ok(true)
    })
}
