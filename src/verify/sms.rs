//! The rules about codes by SMS: when one is sent, and what a typed one earns.
//!
//! Functions without input or output, like the decision. The message itself is sent by
//! `sending.rs`.

use crate::account::attempts::Charge;
use crate::account::listing::{Method, Phone};
use crate::account::sms::{Limits, SentCode};
use crate::otp::{Code, Digits, Match, Typed};
use crate::settings::advanced::Advanced;
use crate::time::Timestamp;
use crate::verify::decision::{Account, Decision, Login};
use crate::verify::reason::Reason;
use crate::verify::rules::Rules;
use crate::verify::trial::search;

/// Whether the deployment may send one more message today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DailyQuota {
    /// It may.
    Open,
    /// It may again after so many seconds.
    Spent(u64),
}

/// A message that is to be sent.
pub struct Outgoing {
    /// To whom.
    pub to: Phone,
    /// The code.
    pub code: Code,
    /// The same code to be sealed, if it was made now.
    pub made: Option<SentCode>,
}

/// What an answer tells of a message.
pub struct SmsNotice {
    /// The number, masked.
    pub to: String,
    /// Seconds until another message may be sent.
    pub retry_after: u64,
}

impl Advanced {
    /// How many messages a user may get.
    pub fn sms_limits(&self) -> Limits {
        Limits { interval: self.sms_interval, hourly: self.sms_hourly_limit }
    }
}

impl Rules<'_> {
    /// Whether the next code has to come by SMS: by the method, or because who proved himself by SMS
    /// only is to be shown the secret of an app.
    // SECURITY: otherwise a change of method would show it to whoever knows the password.
    pub fn needs_sms(self) -> bool {
        self.account.method == Method::Sms
            || !self.is_active() && self.account.state.sms.proved.is_some()
    }

    /// How many digits the next code by SMS has.
    pub(super) fn sms_digits(self) -> Digits {
        let outstanding = outstanding(self.account, self.now);
        outstanding.map_or_else(|| self.advanced.digits(), |sent| sent.code.digits())
    }
}

/// The outstanding code, if it may be typed. One that went to another number is over.
fn outstanding(account: &Account, now: Timestamp) -> Option<&SentCode> {
    let code = account.sent_code.as_ref()?;
    (code.is_live(now) && account.phone.as_ref() == Some(&code.to)).then_some(code)
}

impl Login<'_> {
    fn outstanding(&self) -> Option<&SentCode> {
        outstanding(self.account, self.now)
    }

    /// Sends a code, or tells why none is sent now.
    pub(super) fn send_code(&self) -> Decision {
        let mut decision = self.asking(Reason::CodeRequired);
        let Some(to) =
            self.account.phone.as_ref().filter(|_| self.facts.settings.sms.is_configured())
        else {
            decision.reason = Reason::SmsFailed;
            return decision;
        };
        if self.request.check {
            return decision;
        }
        let old = &self.account.state;
        let mut next = old.clone();
        next.sms.rebase(self.now);
        let limits = self.advanced.sms_limits();
        let wait = match (next.sms.wait(limits, self.now), self.facts.today) {
            (wait, DailyQuota::Open) => wait,
            (wait, DailyQuota::Spent(until)) => wait.max(until),
        };
        let outstanding = self.outstanding();
        let mut told = SmsNotice { to: to.masked(), retry_after: wait };
        decision.reason =
            if outstanding.is_some() && next.sms.is_delivered(self.now) && !self.request.resend {
                Reason::SmsAlreadySent
            } else if wait > 0 {
                Reason::SmsNotYet
            } else {
                let again = outstanding.filter(|sent| sent.is_worth_sending(self.now));
                let made = again.is_none().then(|| self.new_code(to));
                if let Some(sent) = again.or(made.as_ref()) {
                    decision.details.digits = Some(sent.code.digits());
                    let code = sent.code.clone();
                    decision.outgoing = Some(Outgoing { to: to.clone(), code, made });
                }
                next.sms.reserve(self.now);
                if !self.is_bound() {
                    next.domain.clone_from(&self.account.domain);
                }
                told.retry_after = next.sms.wait(limits, self.now);
                Reason::SmsSent
            };
        decision.details.sms = Some(told);
        decision.remember(next, old);
        decision
    }

    fn new_code(&self, to: &Phone) -> SentCode {
        // The fresh secret has bytes to spare: no login makes a code and a secret.
        let number =
            self.fresh.as_bytes().iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte));
        SentCode {
            made: self.now,
            expires: self.now.plus(u64::from(self.advanced.sms_validity)),
            to: to.clone(),
            code: Code::from_number(number, self.advanced.digits()),
        }
    }

    /// Compares what was typed with the outstanding code.
    pub(super) fn compare_sent(&self, typed: &str, charge: &Charge) -> Decision {
        if self.outstanding().is_some_and(|sent| sent.is(typed, charge)) {
            return self.accept_sent();
        }
        if self.account.used_code.as_ref().is_some_and(|used| used.is(typed, charge)) {
            return self.used();
        }
        let state = &self.account.state;
        // After a code by SMS showed the secret of an app, the user types that of the app.
        if let Some(secret) = self.account.secret.as_ref().filter(|_| self.has_pending_secret())
            && let Some(digits) = state.digits
            && let Typed::Code(code) = Typed::parse(typed, digits)
        {
            match search(self.advanced, state, secret, &code, self.now, charge) {
                Match::Fresh(step) => return self.accept(step),
                Match::Used(_) => return self.used(),
                Match::Wrong => {}
            }
        }
        match Typed::parse(typed, self.digits()) {
            Typed::Recovery(code) if self.is_active() => self.recover(&code, charge),
            _ => self.wrong(),
        }
    }

    /// The code is right: it is used up. It earns a grant, or to be shown the secret of an app.
    fn accept_sent(&self) -> Decision {
        let old = &self.account.state;
        let mut next = old.clone();
        next.sms.used = next.sms.code.take();
        next.sms.unconfirmed = None;
        if self.account.method == Method::App {
            next.forgive_all();
            return self.show(&next);
        }
        let first_time = next.sms.proved.is_none();
        next.sms.proved.get_or_insert(self.now);
        self.admit(next, if first_time { Reason::Activated } else { Reason::CodeAccepted })
    }
}
