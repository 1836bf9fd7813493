//! What a decision results in: a reason, the next state of the user, and a message to send.

use crate::factor::sms::state::SentCode;
use crate::factor::state::State;
use crate::names::listing::Phone;
use crate::otp::{Code, Secret};
use crate::verify::details::Details;
use crate::verify::reason::Reason;

/// The result of [`decide`](super::decision::decide) or [`compare`](super::decision::compare).
pub struct Decision {
    /// Why it was decided this way.
    pub reason: Reason,
    /// Further fields of the answer.
    pub details: Details,
    /// The next state of the user, if it changed.
    pub next: Option<State>,
    /// The new secret to seal into `next`, if one was generated.
    pub new_secret: Option<Secret>,
    /// The message to send once `next` is written.
    pub outgoing: Option<Outgoing>,
}

/// A message to send.
pub struct Outgoing {
    /// The recipient.
    pub to: Phone,
    /// The code.
    pub code: Code,
    /// The same code, to be sealed, if it was generated for this message.
    pub made: Option<SentCode>,
}

impl Decision {
    pub(super) fn plain(reason: Reason) -> Self {
        let details = Details::default();
        Self { reason, details, next: None, new_secret: None, outgoing: None }
    }

    pub(super) fn remember(&mut self, next: State, old: &State) {
        if next != *old {
            self.next = Some(next);
        }
    }
}
