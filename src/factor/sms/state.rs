//! The SMS state of a user, and the limits on messages.
//!
//! The state holds sealed codes. [`SentCode`] is the content of one.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::factor::attempts::Charge;
use crate::factor::sealed::Sealed;
use crate::factor::typed::Typed;
use crate::names::listing::Phone;
use crate::otp::{Code, Digits};
use crate::time::Timestamp;

/// How long an unconfirmed message blocks the next one, in seconds.
const IN_FLIGHT: u64 = 60;

/// A code that expires within this many seconds is not sent again. A new one is sent instead.
const WORTH_SENDING: u64 = 60;

const HOUR: u64 = 3600;

/// How the last message of a user ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The gateway accepted it.
    Sent,
    /// The gateway refused it, or could not be reached.
    Refused,
    /// Unknown: the gateway may have accepted it.
    Unknown,
}

impl Ending {
    /// The word for it in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Sent => "sent",
            Ending::Refused => "refused",
            Ending::Unknown => "unknown",
        }
    }
}

/// The `[sms]` table of a state document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SmsState {
    /// The outstanding code.
    pub code: Option<Sealed>,
    /// The code that was accepted last.
    pub used: Option<Sealed>,
    /// When messages were sent or about to be sent: those of the last hour, and always the last one.
    pub sent: Vec<Timestamp>,
    /// When the last message was reserved, while its result is unknown.
    pub unconfirmed: Option<Timestamp>,
    /// When the user entered the first correct code.
    pub proved: Option<Timestamp>,
    /// How the last message ended.
    pub ending: Option<Ending>,
    /// When that message was reserved.
    pub ended: Option<Timestamp>,
}

/// The limits on messages to one user.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The shortest time between two messages, in seconds.
    pub interval: u32,
    /// The most messages within an hour; 0 for no limit.
    pub hourly: u32,
}

impl SmsState {
    /// Seconds until another message may be sent.
    pub fn wait(&self, limits: Limits, now: Timestamp) -> u64 {
        let sent = self.recent(now);
        // A message with an unknown result blocks the next one for a minute only.
        let is_lapsed = self.unconfirmed.is_some() && !self.is_in_flight(now);
        let last = sent.iter().rev().nth(usize::from(is_lapsed));
        let by_interval = last.map_or(0, |last| now.until(last.plus(u64::from(limits.interval))));
        let within_hour = sent.iter().filter(|sent| now < sent.plus(HOUR)).count();
        let surplus = within_hour.checked_sub(limits.hourly as usize);
        // The message that has to become an hour old first. `None` without a limit: the index is then past
        // the end.
        let oldest = surplus.and_then(|surplus| sent.get(sent.len() - within_hour + surplus));
        let by_hour = oldest.map_or(0, |sent| now.until(sent.plus(HOUR)));
        by_interval.max(by_hour)
    }

    /// Whether a message is being sent and its result is not known yet.
    pub fn is_in_flight(&self, now: Timestamp) -> bool {
        self.unconfirmed.is_some_and(|since| since <= now && now < since.plus(IN_FLIGHT))
    }

    /// Whether the outstanding code is being sent or has been sent.
    pub fn is_delivered(&self, now: Timestamp) -> bool {
        self.code.is_some() && (self.unconfirmed.is_none() || self.is_in_flight(now))
    }

    /// The messages that still count, in order. If the clock was set back, messages from the future count as sent
    /// now.
    fn recent(&self, now: Timestamp) -> Vec<Timestamp> {
        let mut sent: Vec<_> = self.sent.iter().map(|sent| *sent.min(&now)).collect();
        sent.sort_unstable();
        let last = sent.last().copied();
        sent.retain(|sent| now < sent.plus(HOUR) || Some(*sent) == last);
        sent
    }

    /// Drops messages that no longer count and moves those from the future to now, so that no limit lasts longer than
    /// its own length from now.
    pub fn rebase(&mut self, now: Timestamp) {
        self.sent = self.recent(now);
        if self.unconfirmed.is_some_and(|since| since > now) {
            self.unconfirmed = None;
        }
    }

    /// Counts a message before it is sent.
    pub fn reserve(&mut self, now: Timestamp) {
        self.rebase(now);
        self.sent.push(now);
        self.unconfirmed = Some(now);
    }

    /// Records how the message reserved at `reserved` ended. A refused message no longer counts, and the code made
    /// for it (`made`) is dropped.
    pub fn settle(&mut self, reserved: Timestamp, ending: Ending, made: Option<&Sealed>) {
        self.ending = Some(ending);
        self.ended = Some(reserved);
        if self.unconfirmed == Some(reserved) && ending != Ending::Unknown {
            self.unconfirmed = None;
        }
        if ending == Ending::Refused {
            if let Some(at) = self.sent.iter().rposition(|sent| *sent == reserved) {
                self.sent.remove(at);
            }
            if made.is_some() && self.code.as_ref() == made {
                self.code = None;
            }
        }
    }

    /// Drops the outstanding code.
    pub fn drop_code(&mut self) {
        self.code = None;
        self.unconfirmed = None;
    }
}

/// A code sent by SMS. All fields are sealed as one text, so that none can be swapped.
#[derive(Clone)]
pub struct SentCode {
    /// When it was made.
    pub made: Timestamp,
    /// When it expires.
    pub expires: Timestamp,
    /// The number it was sent to.
    pub to: Phone,
    /// The code.
    pub code: Code,
}

impl SentCode {
    /// The plain text to seal.
    pub fn to_plain(&self) -> Zeroizing<String> {
        let (made, expires) = (self.made.unix(), self.expires.unix());
        Zeroizing::new(format!("{made} {expires} {} {}", self.to, self.code.as_str()))
    }

    /// Parses the plain text of a sealed code.
    pub fn from_plain(plain: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(plain).ok()?.split(' ');
        let mut time = || Some(Timestamp::from_unix(words.next()?.parse().ok()?));
        let (made, expires) = (time()?, time()?);
        let (to, code) = (Phone::parse(words.next()?)?, words.next()?);
        let digits = Digits::new(u8::try_from(code.len()).ok()?)?;
        Some(Self { made, expires, to, code: Code::parse(code, digits)? })
    }

    /// Whether `typed` is this code.
    pub fn matches(&self, typed: &str, _: &Charge) -> bool {
        matches!(Typed::parse(typed, self.code.digits()), Typed::Code(code) if code == self.code)
    }

    /// Whether the code is valid at `now`. A code from the future has no known age and counts as expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.made <= now && now < self.expires
    }

    /// Whether the code stays valid long enough to be sent again.
    pub fn is_worth_sending(&self, now: Timestamp) -> bool {
        now.until(self.expires) >= WORTH_SENDING
    }
}

impl fmt::Debug for SentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentCode(REDACTED)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { interval: 30, hourly: 3 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(100_000 + seconds)
    }

    fn sent(times: &[i64], unconfirmed: Option<i64>) -> SmsState {
        let sent = times.iter().map(|time| at(*time)).collect();
        SmsState { sent, unconfirmed: unconfirmed.map(at), ..SmsState::default() }
    }

    /// Guards that both limits end at the exact second.
    #[test]
    fn messages_wait_for_the_interval_and_for_the_hour() {
        for (times, now, wait) in [
            (&[][..], 0, 0),
            (&[0], 0, 30),
            (&[0], 29, 1),
            (&[0], 30, 0),
            (&[0, 100, 200], 230, 3370),
            (&[0, 100, 200], 3599, 1),
            (&[0, 100, 200], 3600, 0),
            (&[0, 100, 200, 3600], 3630, 70),
            (&[-7000, 0], 10, 20),
            // More than the limit, which was lowered later.
            (&[0, 100, 200, 300], 400, 3300),
            (&[-7000, 0, 100, 200, 300], 400, 3300),
        ] {
            assert_eq!(sent(times, None).wait(LIMITS, at(now)), wait, "{times:?} {now}");
        }
        let unlimited = Limits { interval: 0, hourly: 0 };
        assert_eq!(sent(&[0, 0, 0, 0, 0, 0, 0], None).wait(unlimited, at(0)), 0);
        let slow = Limits { interval: 86_400, hourly: 3 };
        let mut state = sent(&[0], None);
        state.rebase(at(80_000));
        assert_eq!(
            state.wait(slow, at(80_000)),
            6400,
            "the last message is kept for a long interval"
        );
    }

    /// Guards against a clock that was set back: a limit lasts no longer than its own length.
    #[test]
    fn a_message_from_the_future_counts_as_sent_now() {
        let mut state = sent(&[1_000_000, 1_000_001, 1_000_002], Some(1_000_002));
        assert!(!state.is_in_flight(at(0)));
        state.rebase(at(0));
        assert_eq!(state.unconfirmed, None);
        assert_eq!((state.wait(LIMITS, at(0)), state.wait(LIMITS, at(3600))), (3600, 0));
        for now in [5, 6] {
            let mut state = sent(&[5], Some(5));
            state.rebase(at(now));
            assert_eq!(state.unconfirmed, Some(at(5)), "a past message stays");
        }
    }

    #[test]
    fn messages_are_dropped_after_exactly_an_hour() {
        for (now, kept) in [(3599, &[0, 10][..]), (3600, &[10]), (9000, &[10])] {
            let mut state = sent(&[0, 10], None);
            state.rebase(at(now));
            assert_eq!(state.sent, kept.iter().map(|time| at(*time)).collect::<Vec<_>>(), "{now}");
        }
    }

    /// Guards the cost of a crash: a minute's wait, and one message of the hourly limit.
    #[test]
    fn an_unconfirmed_message_blocks_the_next_for_a_minute_and_still_counts() {
        let slow = Limits { interval: 1800, hourly: 2 };
        let state = SmsState { code: Some(Sealed("x".into())), ..sent(&[0], Some(0)) };
        assert!(state.is_delivered(at(59)) && !state.is_delivered(at(60)));
        assert_eq!((state.wait(slow, at(59)), state.wait(slow, at(60))), (1741, 0));
        let mut state = state;
        state.reserve(at(60));
        state.settle(at(60), Ending::Sent, None);
        assert_eq!(state.wait(Limits { interval: 0, hourly: 2 }, at(61)), 3539);
    }

    #[test]
    fn only_a_refused_message_no_longer_counts() {
        for (ending, sent, has_code, in_flight) in [
            (Ending::Sent, 1, true, false),
            (Ending::Unknown, 1, true, true),
            (Ending::Refused, 0, false, false),
        ] {
            let made = Sealed("x".into());
            let mut state = SmsState { code: Some(made.clone()), ..SmsState::default() };
            state.reserve(at(0));
            state.settle(at(0), ending, Some(&made));
            let found = (state.sent.len(), state.code.is_some(), state.is_in_flight(at(1)));
            assert_eq!(found, (sent, has_code, in_flight), "{ending:?}");
        }
        let mut state = SmsState { code: Some(Sealed("old".into())), ..SmsState::default() };
        state.reserve(at(0));
        state.settle(at(0), Ending::Refused, None);
        assert!(state.code.is_some(), "a code sent earlier stays");
        state.reserve(at(100));
        state.settle(at(0), Ending::Refused, Some(&Sealed("older".into())));
        assert!(state.code.is_some(), "a different code stays");
        assert!(state.is_in_flight(at(100)), "a message sent in the meantime stays");
    }

    #[test]
    fn a_sent_code_round_trips_and_is_live_until_it_expires() {
        let code = SentCode {
            made: at(0),
            expires: at(600),
            to: Phone::parse("+33612345678").unwrap(),
            code: Code::from_number(42, Digits::DEFAULT),
        };
        let read = SentCode::from_plain(code.to_plain().as_bytes()).unwrap();
        assert_eq!((read.made, read.expires, read.to.masked()), (at(0), at(600), code.to.masked()));
        assert_eq!(read.code.as_str(), "000042");
        for (now, live) in [(-1, false), (0, true), (599, true), (600, false)] {
            assert_eq!(read.is_live(at(now)), live, "{now}");
        }
        assert!(read.is_worth_sending(at(540)) && !read.is_worth_sending(at(541)));
        for damaged in ["", "1 2 3", "1 2 +33612345678 12", "x 2 +33612345678 123456"] {
            assert!(SentCode::from_plain(damaged.as_bytes()).is_none(), "{damaged}");
        }
        assert_eq!(format!("{code:?}"), "SentCode(REDACTED)");
    }
}
