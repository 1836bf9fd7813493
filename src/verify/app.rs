//! The rules about codes of an authenticator app: when a secret is shown, and what a right code earns.

use crate::factor::app::showing::{Showing, show_secret};
use crate::factor::app::window::{Match, spend};
use crate::factor::attempts::Charge;
use crate::factor::state::{Enrolment, State};
use crate::factor::typed::Typed;
use crate::names::listing::Method;
use crate::otp::{Secret, Step};
use crate::verify::outcome::Decision;
use crate::verify::reason::Reason;
use crate::verify::sign_in::SignIn;
use crate::verify::trial::search;

impl SignIn<'_> {
    /// The secret that an app's code is compared with.
    pub(super) fn secret(&self) -> Option<&Secret> {
        let is_usable = self.rules.is_active()
            || self.rules.account.state.has_live_pending_secret(self.rules.now);
        self.rules.account.secret.as_ref().filter(|_| is_usable)
    }

    /// Shows the pending secret; generates one if none is live.
    pub(super) fn enrol(&self) -> Decision {
        if self.rules.request.check {
            return self.ask_for_code(Reason::EnrolmentRequired);
        }
        self.show(&self.rules.account.state)
    }

    /// Shows the pending secret of `state`, which the caller is about to write.
    pub(super) fn show(&self, state: &State) -> Decision {
        let mut decision = self.ask_for_code(Reason::EnrolmentRequired);
        let (next, new_secret) = show_secret(
            state,
            self.rules.advanced.digits(),
            self.rules.now,
            self.fresh,
            Showing {
                ip: self.rules.request.address().map(str::to_owned),
                domain: self.rules.account.domain.clone(),
                handed_over_until: None,
            },
        );
        decision.details.method = Some(Method::App);
        decision.details.digits = next.digits;
        decision.details.shown_secret =
            new_secret.clone().or_else(|| self.rules.account.secret.clone());
        decision.new_secret = new_secret;
        decision.remember(next, &self.rules.account.state);
        decision
    }

    /// Compares the typed code with the user's secret.
    pub(super) fn compare(&self, typed: &str, charge: &Charge) -> Decision {
        let state = &self.rules.account.state;
        match (self.secret(), Typed::parse(typed, self.rules.digits())) {
            (Some(secret), Typed::Code(code)) => {
                match search(self.rules.advanced, state, secret, &code, self.rules.now, charge) {
                    Match::Fresh(step) => self.accept(step),
                    Match::Used(_) => self.reject_used(),
                    Match::Wrong => self.reject_wrong(),
                }
            }
            (Some(_), Typed::Recovery(code)) if self.rules.is_active() => {
                self.recover(&code, charge)
            }
            _ => self.reject_wrong(),
        }
    }

    /// Accepts the code of `step`: spends it and earns a grant.
    pub(super) fn accept(&self, step: Step) -> Decision {
        let state = &self.rules.account.state;
        let first_time = !self.rules.is_active();
        let now_step = Step::at(self.rules.now.unix());
        let mut next = state.clone();
        next.last_step = Some(spend(state.last_step, &mut next.spent, step, now_step));
        next.drift = i32::try_from(step.since(now_step)).unwrap_or(0);
        let drift = next.drift;
        if first_time {
            next.enrolment = Enrolment::Active;
            next.activated = Some(self.rules.now);
            next.handed_over = false;
            next.pending_until = None;
        }
        let reason = if first_time { Reason::Activated } else { Reason::CodeAccepted };
        let mut decision = self.admit(next, reason);
        if first_time {
            decision.details.shown.clone_from(&state.shown);
            let last = state.shown.as_ref().map_or(self.rules.now, |shown| shown.last);
            decision.details.shown_ago = last.until(self.rules.now);
        }
        decision.details.method = Some(Method::App);
        decision.details.drift = Some(drift);
        decision
    }
}
