//! The rules about codes by SMS: when one is sent, and what a correct one earns.
//!
//! Like the decision, this does no I/O. `sending.rs` sends the message.

use crate::factor::app::window::Match;
use crate::factor::attempts::Charge;
use crate::factor::sms::state::{Limits, SentCode};
use crate::factor::typed::Typed;
use crate::names::listing::{Method, Phone};
use crate::otp::{Code, Digits};
use crate::settings::advanced::Advanced;
use crate::time::Timestamp;
use crate::verify::details::SmsNotice;
use crate::verify::outcome::{Decision, Outgoing};
use crate::verify::reason::Reason;
use crate::verify::rules::Rules;
use crate::verify::sign_in::SignIn;
use crate::verify::subject::{Account, DailyQuota};
use crate::verify::trial::search;

impl Advanced {
    /// How many messages one user may receive.
    pub fn sms_limits(&self) -> Limits {
        Limits { interval: self.sms_interval, hourly: self.sms_hourly_limit }
    }
}

impl Rules<'_> {
    /// Whether the next code has to come by SMS. This also holds for a user who has only ever used SMS and is about
    /// to be shown an app secret by a login.
    // SECURITY: otherwise a change of method would reveal the secret to anyone who knows the password. A secret that
    // was handed over is shown by no login, not even after a code by SMS.
    pub fn needs_sms(self) -> bool {
        let is_shown_next = !self.is_active() && !self.is_handed_over();
        self.account.method == Method::Sms
            || is_shown_next && self.account.state.sms.proved.is_some()
    }

    /// How many digits the next code by SMS has.
    pub(super) fn sms_digits(self) -> Digits {
        let outstanding = outstanding(self.account, self.now);
        outstanding.map_or_else(|| self.advanced.digits(), |sent| sent.code.digits())
    }
}

/// The outstanding code, if it is still valid. A code sent to an old number is not.
fn outstanding(account: &Account, now: Timestamp) -> Option<&SentCode> {
    let code = account.sent_code.as_ref()?;
    (code.is_live(now) && account.phone.as_ref() == Some(&code.to)).then_some(code)
}

impl SignIn<'_> {
    fn outstanding(&self) -> Option<&SentCode> {
        outstanding(self.rules.account, self.rules.now)
    }

    /// Sends a code, or says why none is sent now.
    pub(super) fn send_code(&self) -> Decision {
        let mut decision = self.ask_for_code(Reason::CodeRequired);
        let Some(to) =
            self.rules.account.phone.as_ref().filter(|_| self.facts.settings.sms.is_configured())
        else {
            decision.reason = Reason::SmsFailed;
            return decision;
        };
        if self.rules.request.check {
            return decision;
        }
        let old = &self.rules.account.state;
        let mut next = old.clone();
        next.sms.rebase(self.rules.now);
        let limits = self.rules.advanced.sms_limits();
        let wait = match (next.sms.wait(limits, self.rules.now), self.facts.today) {
            (wait, DailyQuota::Open) => wait,
            (wait, DailyQuota::Spent(until)) => wait.max(until),
        };
        let outstanding = self.outstanding();
        let mut notice = SmsNotice { to: to.masked(), retry_after: wait };
        decision.reason = if outstanding.is_some()
            && next.sms.is_delivered(self.rules.now)
            && !self.rules.request.resend
        {
            Reason::SmsAlreadySent
        } else if wait > 0 {
            Reason::SmsNotYet
        } else {
            let again = outstanding.filter(|sent| sent.is_worth_sending(self.rules.now));
            let made = again.is_none().then(|| self.new_code(to));
            if let Some(sent) = again.or(made.as_ref()) {
                decision.details.digits = Some(sent.code.digits());
                let code = sent.code.clone();
                decision.outgoing = Some(Outgoing { to: to.clone(), code, made });
            }
            next.sms.reserve(self.rules.now);
            if !self.rules.is_bound() {
                next.domain.clone_from(&self.rules.account.domain);
            }
            notice.retry_after = next.sms.wait(limits, self.rules.now);
            Reason::SmsSent
        };
        decision.details.sms = Some(notice);
        decision.remember(next, old);
        decision
    }

    fn new_code(&self, to: &Phone) -> SentCode {
        // The bytes of the fresh secret are free: no login needs both a code and a secret.
        let number =
            self.fresh.as_bytes().iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte));
        SentCode {
            made: self.rules.now,
            expires: self.rules.now.plus(u64::from(self.rules.advanced.sms_validity)),
            to: to.clone(),
            code: Code::from_number(number, self.rules.advanced.digits()),
        }
    }

    /// Compares the typed code with the outstanding code.
    pub(super) fn compare_sent(&self, typed: &str, charge: &Charge) -> Decision {
        if self.outstanding().is_some_and(|sent| sent.matches(typed, charge)) {
            return self.accept_sent();
        }
        if self.rules.account.used_code.as_ref().is_some_and(|used| used.matches(typed, charge)) {
            return self.reject_used();
        }
        let state = &self.rules.account.state;
        // Once an SMS code has unlocked the app secret, the user types a code from the app.
        if let Some(secret) =
            self.rules.account.secret.as_ref().filter(|_| self.rules.has_pending_secret())
            && let Some(digits) = state.digits
            && let Typed::Code(code) = Typed::parse(typed, digits)
        {
            match search(self.rules.advanced, state, secret, &code, self.rules.now, charge) {
                Match::Fresh(step) => return self.accept(step),
                Match::Used(_) => return self.reject_used(),
                Match::Wrong => {}
            }
        }
        match Typed::parse(typed, self.rules.digits()) {
            Typed::Recovery(code) if self.rules.is_active() => self.recover(&code, charge),
            _ => self.reject_wrong(),
        }
    }

    /// Accepts the outstanding code and marks it used. It earns a grant, or the display of an app secret.
    fn accept_sent(&self) -> Decision {
        let old = &self.rules.account.state;
        let mut next = old.clone();
        next.sms.used = next.sms.code.take();
        next.sms.unconfirmed = None;
        if self.rules.account.method == Method::App {
            next.forgive_all();
            return self.show(&next);
        }
        let first_time = next.sms.proved.is_none();
        next.sms.proved.get_or_insert(self.rules.now);
        self.admit(next, if first_time { Reason::Activated } else { Reason::CodeAccepted })
    }
}
