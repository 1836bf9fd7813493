//! The search for a typed code in the window of accepted steps, and which steps are spent.
//!
//! Owns the order of the search and the rule that a code is accepted once (RFC 6238 §5.2). Must
//! not know users, stores, lockouts or the clock.

use subtle::ConstantTimeEq;

use crate::account::attempts::Charge;

use super::code::{Code, CodeGenerator, Digits, Step};

/// How many spent steps above the last one are remembered.
pub const SPENT_LIMIT: usize = 64;

/// A search for one typed code: where the window lies and what was accepted before.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The step of the server's clock: the middle of the window.
    pub now: Step,
    /// Steps accepted before and after `now`. Never more than
    /// [`Digits::widest_discrepancy`] are searched.
    pub discrepancy: u32,
    /// How many steps the user's device was ahead (negative: behind) when last seen (RFC 6238
    /// §6). It says where to look first and never moves the window.
    pub drift: i32,
    /// The last step: it and all earlier ones are spent.
    pub last_step: Option<Step>,
    /// Spent steps above the last one.
    pub spent: &'a [Step],
}

/// What a typed code turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The code of this step, which was not used before: accept it, then [`spend`] the step.
    Fresh(Step),
    /// The code of this step, which is spent.
    Used(Step),
    /// No code of the window.
    Wrong,
}

impl Search<'_> {
    /// Looks for a code.
    ///
    /// A code equal to that of the last step or of a spent step is used, whatever else it
    /// matches: somebody who replays it must not be let in because another step happens to have
    /// the same code. Otherwise the matching step nearest to the expected one (`now + drift`)
    /// wins if it is above the last step; of two equally near the earlier one. Nearness matters:
    /// in a window of 961 steps two share a six-digit code more than a third of the time, and a
    /// match hours ahead taken by chance would spend all the steps up to now. Otherwise a match
    /// at or below the last step is used.
    ///
    /// Each step of the window is computed at most once, in addition to the spent ones.
    // SECURITY: the charge is the proof that this guess counts, whatever happens to the program now.
    pub fn find(
        &self,
        generator: &CodeGenerator,
        code: &Code,
        digits: Digits,
        _: &Charge,
    ) -> Match {
        // SECURITY: codes are compared as numbers below, which is right for one width only.
        if code.digits() != digits {
            return Match::Wrong;
        }
        let (typed, modulus) = (code.value(), digits.modulus());
        // SECURITY: constant-time. That the search ends early shows only which step matched.
        let equals = |step: &Step| bool::from(generator.value(*step, modulus).ct_eq(&typed));

        // SECURITY: before anything else, so that no other match can hide a replay.
        if let Some(step) = self.last_step.iter().chain(self.spent).find(|step| equals(step)) {
            return Match::Used(*step);
        }
        let mut used = None;
        for step in self.outwards(digits).filter(|step| equals(step)) {
            if self.last_step.is_none_or(|last| step > last) {
                return Match::Fresh(step);
            }
            used = used.or(Some(step));
        }
        used.map_or(Match::Wrong, Match::Used)
    }

    /// The steps of the window, each once, from the expected one outwards.
    fn outwards(&self, digits: Digits) -> impl Iterator<Item = Step> + use<> {
        // SECURITY: a wider window would make guessing easier than once in 1,000.
        let reach = u64::from(self.discrepancy.min(digits.widest_discrepancy()));
        let lowest = self.now.get().saturating_sub(reach);
        let highest = self.now.get().saturating_add(reach);
        // Seen from an expected step outside the window, the order is that from the window's edge.
        let expected = self.now.get().saturating_add_signed(i64::from(self.drift));
        let start = expected.clamp(lowest, highest);
        // Odd turns look before the start, even turns after it; the distance grows every other turn.
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
/// hours once the clock is put right. So an accepted step that lies in the future is kept in
/// `spent` by itself, and the steps between it and now stay usable. Steps up to now are spent
/// together: a phone has no business to go back.
///
/// `spent` is kept sorted and holds at most [`SPENT_LIMIT`] steps, all above the last step. If
/// there is one too many, the lowest is dropped and the last step rises to it: then it is still
/// spent, and all that is lost are the unused steps below it.
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
