//! Searches the window of accepted steps for a typed code, and tracks spent steps.
//!
//! Owns the order of the search and the rule that a code is accepted once (RFC 6238 §5.2). Must
//! not know users, stores, lockouts or the clock.

use subtle::ConstantTimeEq;

use crate::factor::attempts::Charge;
use crate::otp::{Code, CodeGenerator, Digits, Step};

/// How many spent steps above the last step are kept.
pub const SPENT_LIMIT: usize = 64;

/// A search for one typed code: the position of the window and the steps accepted before.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The step of the server's clock: the middle of the window.
    pub now: Step,
    /// How many steps before and after `now` are searched, limited to
    /// [`Digits::widest_discrepancy`].
    pub discrepancy: u32,
    /// How many steps the user's device was ahead at its last login, or behind if negative (RFC 6238
    /// §6). Sets where the search starts, but never moves the window.
    pub drift: i32,
    /// The last step. It and all earlier steps are spent.
    pub last_step: Option<Step>,
    /// Spent steps above the last one.
    pub spent: &'a [Step],
}

/// The result of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The code of this unused step. Accept it, then [`spend`] the step.
    Fresh(Step),
    /// The code of this spent step.
    Used(Step),
    /// Not a code in the window.
    Wrong,
}

impl Search<'_> {
    /// Searches for a code.
    ///
    /// A code equal to that of the last step or a spent step is [`Match::Used`], whatever else it
    /// matches: a replay must not succeed because another step happens to have the same code.
    /// Otherwise the matching step above the last step that is nearest to the expected one
    /// (`now + drift`) wins, and of two equally near the earlier one. Nearness matters: in a window of
    /// 961 steps, two steps share a six-digit code more than a third of the time. A chance match hours
    /// ahead would spend all the steps up to now. If only steps at or below the last step match, the
    /// code is [`Match::Used`].
    ///
    /// Computes each step of the window at most once, in addition to the spent steps.
    // SECURITY: the charge proves that this guess counts, even if the program is killed now.
    pub fn find(
        &self,
        generator: &CodeGenerator,
        code: &Code,
        digits: Digits,
        _: &Charge,
    ) -> Match {
        // SECURITY: the numeric comparison below is only correct for codes of the same width.
        if code.digits() != digits {
            return Match::Wrong;
        }
        let (typed, modulus) = (code.value(), digits.modulus());
        // SECURITY: constant-time. Ending the search early reveals only which step matched.
        let equals = |step: &Step| bool::from(generator.value(*step, modulus).ct_eq(&typed));

        // SECURITY: checked first, so that no other match can hide a replay.
        if let Some(step) = self.last_step.iter().chain(self.spent).find(|step| equals(step)) {
            return Match::Used(*step);
        }
        let mut used = None;
        // SECURITY: a wider window would make a guess succeed more often than once in 1,000.
        let reach = self.discrepancy.min(digits.widest_discrepancy());
        for step in self.outwards(reach).filter(|step| equals(step)) {
            if self.last_step.is_none_or(|last| step > last) {
                return Match::Fresh(step);
            }
            used = used.or(Some(step));
        }
        used.map_or(Match::Wrong, Match::Used)
    }

    /// Finds the step of a code within `reach` steps of now, for a diagnosis: the nearest one to the expected step.
    // SECURITY: the result says whose code it is, and must never let anyone in.
    pub fn locate(
        &self,
        generator: &CodeGenerator,
        code: &Code,
        reach: u32,
        _: &Charge,
    ) -> Option<Step> {
        let (typed, modulus) = (code.value(), code.digits().modulus());
        let equals = |step: &Step| bool::from(generator.value(*step, modulus).ct_eq(&typed));
        self.outwards(reach).find(equals)
    }

    /// The steps within `reach` of now, each once, outwards from the expected step.
    fn outwards(&self, reach: u32) -> impl Iterator<Item = Step> + use<> {
        let reach = u64::from(reach);
        let lowest = self.now.get().saturating_sub(reach);
        let highest = self.now.get().saturating_add(reach);
        // If the expected step is outside the window, the search starts at the window's edge.
        let expected = self.now.get().saturating_add_signed(i64::from(self.drift));
        let start = expected.clamp(lowest, highest);
        // Odd turns go before the start, even turns after it. The distance grows every other turn.
        let turns = 2 * (start - lowest).max(highest - start);
        (0..=turns).filter_map(move |turn| {
            let distance = turn.div_ceil(2);
            let step = if turn % 2 == 1 {
                start.checked_sub(distance)?
            } else {
                start.checked_add(distance)?
            };
            (lowest..=highest).contains(&step).then(|| Step::new(step))
        })
    }
}

/// Spends the step of an accepted code. Returns the new last step and updates `spent`.
///
/// The last step rises to the accepted one, but not past `now`, and never falls. If it always
/// rose to the accepted step, a phone whose clock is hours ahead would lock its owner out for
/// hours once the clock is corrected. So an accepted step in the future is kept in `spent` by
/// itself, and the steps between it and now stay usable. Steps up to now are spent together,
/// because a phone never needs an earlier code again.
///
/// `spent` is kept sorted and holds at most [`SPENT_LIMIT`] steps, all above the last step. If
/// there is one too many, the lowest is dropped and the last step rises to it. It stays spent,
/// and only the unused steps below it are lost.
// SECURITY: every step that was ever accepted is at or below the last step, or in `spent`.
pub fn spend(last_step: Option<Step>, spent: &mut Vec<Step>, accepted: Step, now: Step) -> Step {
    let reached = accepted.min(now);
    let mut last = last_step.map_or(reached, |last| last.max(reached));
    spent.push(accepted);
    spent.retain(|step| *step > last);
    spent.sort_unstable();
    spent.dedup();
    let too_many = spent.len().saturating_sub(SPENT_LIMIT);
    if let Some(dropped) = spent.drain(..too_many).next_back() {
        last = dropped;
    }
    last
}

#[cfg(test)]
mod tests;
