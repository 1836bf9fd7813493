//! Which text an answer has, and what is filled in.

use crate::factor::state::Shown;
use crate::names::listing::Method;
use crate::verify::details::{Details, RetryAfter};
use crate::verify::messages::key::Key;
use crate::verify::messages::{Phrase, Value};
use crate::verify::reason::Reason;

/// Returns the message for the user.
pub fn message(reason: Reason, details: &Details) -> Phrase {
    let by_sms = details.method == Some(Method::Sms);
    let either = |sms: Key, app: Key| Phrase::from(if by_sms { sms } else { app });
    match reason {
        Reason::Disabled | Reason::NotListed => Key::NoCodeNeeded.into(),
        Reason::Whitelisted => Key::Whitelisted.into(),
        Reason::SessionValid => Key::SessionValid.into(),
        Reason::CodeAccepted => Key::CodeAccepted.into(),
        Reason::Activated if by_sms => Key::ActivatedBySms.into(),
        Reason::Activated => match &details.shown {
            Some(shown) => activated(shown, details.shown_ago),
            None => Key::Activated.into(),
        },
        Reason::RecoveryCodeAccepted => match details.recovery_codes_left {
            Some(left) if left > 0 => Phrase::counted(Key::RecoveryCodeAccepted, left as u64),
            _ => Key::RecoveryCodeAcceptedLast.into(),
        },
        Reason::TemporaryCodeAccepted => match details.temporary_uses_left {
            Some(left) if left > 0 => Phrase::counted(Key::TemporaryCodeAccepted, left.into()),
            _ => Key::TemporaryCodeAcceptedLast.into(),
        },
        Reason::RdpNotAllowed => Key::RdpNotAllowed.into(),
        Reason::Locked => match details.retry_after {
            Some(RetryAfter::Seconds(seconds)) => {
                Phrase::new(Key::LockedFor, vec![("time", Value::Time(seconds))])
            }
            Some(RetryAfter::Unlocked) | None => Key::Locked.into(),
        },
        Reason::EnrolmentClosed => Key::EnrolmentClosed.into(),
        Reason::CodeUsed => either(Key::CodeUsedBySms, Key::CodeUsed),
        Reason::WrongCode if details.malformed => not_a_code(details),
        Reason::WrongCode if details.attempts_left == Some(1) => Key::WrongCodeBeforeLock.into(),
        Reason::WrongCode => either(Key::WrongCodeBySms, Key::WrongCode),
        Reason::CodeRequired if details.expects_temporary => {
            let has_app = details.enrolled == Some(true) && !by_sms;
            let key =
                if has_app { Key::CodeRequiredOrTemporary } else { Key::CodeRequiredTemporary };
            key.into()
        }
        Reason::CodeRequired if by_sms => Key::CodeRequiredBySms.into(),
        Reason::CodeRequired => match details.digits {
            Some(digits) => {
                let digits = Value::Text(digits.get().to_string());
                Phrase::new(Key::CodeRequiredDigits, vec![("digits", digits)])
            }
            None => Key::CodeRequired.into(),
        },
        Reason::EnrolmentRequired => Key::EnrolmentRequired.into(),
        Reason::SmsSent => about_message(Key::SmsSent, details),
        Reason::SmsAlreadySent => about_message(Key::SmsAlreadySent, details),
        Reason::SmsNotYet => about_message(Key::SmsNotYet, details),
        Reason::Store | Reason::GroupsUnknown => Key::Unavailable.into(),
        Reason::Busy => Key::Busy.into(),
        Reason::AmbiguousUser => Key::AmbiguousUser.into(),
        Reason::SmsFailed => Key::SmsFailed.into(),
        Reason::Timeout => Key::Timeout.into(),
        Reason::Ended => Key::Ended.into(),
    }
}

/// The message about text that cannot be a code: what a code looks like.
fn not_a_code(details: &Details) -> Phrase {
    let key = match (details.enrolled, details.expects_temporary) {
        (Some(true), _) => Key::NotACodeOrRecovery,
        (_, true) => return Key::NotATemporaryCode.into(),
        (_, false) => Key::NotACode,
    };
    match details.digits {
        Some(digits) => Phrase::new(key, vec![("digits", Value::Text(digits.get().to_string()))]),
        None => Key::WrongCode.into(),
    }
}

/// A text about a message to a phone.
fn about_message(key: Key, details: &Details) -> Phrase {
    match &details.sms {
        Some(sms) => {
            let (phone, time) = (Value::Text(sms.to.clone()), Value::Time(sms.retry_after));
            Phrase::new(key, vec![("phone", phone), ("time", time)])
        }
        None => Key::CodeRequiredBySms.into(),
    }
}

/// The message after the first code of an app: when and where its QR code was shown.
fn activated(shown: &Shown, ago: u64) -> Phrase {
    // A relative time, because the user's time zone is unknown.
    let when = match ago {
        0 => Key::ShownNow.into(),
        seconds => Phrase::new(Key::ShownAgo, vec![("time", Value::Time(seconds))]),
    };
    let place = shown.ip.as_ref().map_or(Value::Text(String::new()), |ip| {
        Value::Phrase(Phrase::new(Key::ShownTo, vec![("ip", Value::Text(ip.clone()))]))
    });
    let key = if shown.times > 1 { Key::ActivatedShownOften } else { Key::ActivatedShownOnce };
    let head = Value::Phrase(Key::Activated.into());
    let times = Value::Text(shown.times.to_string());
    let when = Value::Phrase(when);
    Phrase::new(key, vec![("activated", head), ("when", when), ("place", place), ("times", times)])
}
