use crate::factor::attempts::Charge;
use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;
use crate::otp::Secret;

/// 2026-11-24 12:00:00 UTC, the first second of a step.
const NOON: i64 = 1_795_521_600;

fn generator() -> CodeGenerator {
    CodeGenerator::new(&Secret::from_bytes(*b"12345678901234567890"))
}

fn digits(n: u8) -> Digits {
    Digits::new(n).unwrap()
}

fn later(step: Step, steps: i64) -> Step {
    step.offset(steps).unwrap()
}

/// A search for a user who never logged in.
fn search(now: Step, discrepancy: u32) -> Search<'static> {
    Search { now, discrepancy, drift: 0, last_step: None, spent: &[] }
}

/// Finds two steps with the same code and a wanted distance; the earlier one comes first.
fn collision(digits: Digits, wanted: impl Fn(i64) -> bool) -> (Step, Step, Code) {
    let generator = generator();
    let mut seen: HashMap<u64, Step> = HashMap::new();
    (0..100_000)
        .map(|n| later(Step::at(NOON), n))
        .find_map(|step| {
            let earlier = seen.insert(generator.value(step, digits.modulus()), step)?;
            wanted(step.since(earlier)).then(|| (earlier, step, generator.code(step, digits)))
        })
        .expect("a collision among 100,000 steps")
}

/// Guards the window's edges in wall-clock time: discrepancy 3, server at 12:00:00 UTC.
#[test]
fn time_examples() {
    let generator = generator();
    let now = Step::at(NOON);
    for (device, expected) in [
        (NOON - 80, Some(-3)),             // 11:58:40
        (NOON - 100, None),                // 11:58:20
        (NOON + 119, Some(3)),             // 12:01:59
        (NOON + 120, None),                // 12:02:00
        (NOON + 7200 - 2 * 3600, Some(0)), // 14:00 in UTC+2
        (NOON - 90, Some(-3)),             // 11:58:30, the first second of its step
        (NOON - 91, None),                 // 11:58:29
    ] {
        let code = generator.code(Step::at(device), Digits::DEFAULT);
        let expected = expected.map_or(Match::Wrong, |n| Match::Fresh(later(now, n)));
        assert_eq!(
            search(now, 3).find(&generator, &code, Digits::DEFAULT, &Charge::assumed()),
            expected,
            "{device}"
        );
    }
}

/// Guards the width of the window, from discrepancy 0 to the widest, where it is clamped.
#[test]
fn window_is_clamped_to_the_digits() {
    let generator = generator();
    let now = Step::at(NOON);
    for (width, asked, reach) in
        [(6, 0, 0), (4, 0, 0), (4, 3, 3), (4, 4, 4), (4, 480, 4), (5, u32::MAX, 49), (6, 2880, 499)]
    {
        let digits = digits(width);
        let found = |n: i64| {
            let code = generator.code(later(now, n), digits);
            search(now, asked).find(&generator, &code, digits, &Charge::assumed())
        };
        for n in [-reach, reach] {
            // Another step of the window may have the same code by chance, but a step matches.
            assert!(matches!(found(n), Match::Fresh(_)), "{width} digits, {asked}, {n}");
        }
        for n in [-reach - 1, reach + 1] {
            assert_eq!(found(n), Match::Wrong, "{width} digits, {asked}, {n}");
        }
    }
}

/// Guards the order: outwards from the expected step, every step of the window exactly once,
/// even at the ends of time and with a drift outside the window.
#[test]
fn order_is_outwards_and_complete() {
    for (now, discrepancy, drift, first) in [
        (100, 3, 0, &[100, 99, 101, 98, 102, 97, 103][..]),
        (100, 3, 2, &[102, 101, 103, 100, 99, 98, 97]),
        (100, 3, -2, &[98, 97, 99, 100, 101, 102, 103]),
        (100, 3, 50, &[103, 102, 101, 100, 99, 98, 97]),
        (100, 3, -50, &[97, 98, 99, 100, 101, 102, 103]),
        (100, 3, i32::MAX, &[103, 102, 101, 100, 99, 98, 97]),
        (100, 3, i32::MIN, &[97, 98, 99, 100, 101, 102, 103]),
        (100, 0, 7, &[100]),
        (1, 3, 0, &[1, 0, 2, 3, 4]),
        (0, 2, -9, &[0, 1, 2]),
        (u64::MAX, 2, 5, &[u64::MAX, u64::MAX - 1, u64::MAX - 2]),
    ] {
        let search = Search { drift, ..search(Step::new(now), discrepancy) };
        let steps: Vec<u64> = search.outwards(search.discrepancy).map(Step::get).collect();
        assert_eq!(steps, first, "now {now}, discrepancy {discrepancy}, drift {drift}");
    }
    let search = Search { drift: -123, ..search(Step::at(NOON), 480) };
    let steps: Vec<Step> = search.outwards(search.discrepancy).collect();
    let distinct: BTreeSet<Step> = steps.iter().copied().collect();
    assert_eq!((steps.len(), distinct.len()), (961, 961));
}

/// Guards against a distant chance match: of two steps with the same code the nearer one wins, and
/// drift decides which is nearer.
#[test]
fn nearest_match_wins() {
    let generator = generator();
    let (early, late, code) = collision(Digits::DEFAULT, |apart| (300..=480).contains(&apart));
    let apart = i32::try_from(late.since(early)).unwrap();
    for (now, drift, winner) in [
        (early, 0, early),
        (early, 5, early),
        (early, apart, late),
        (early, 480, late),
        (late, 0, late),
        (late, -5, late),
        (late, -apart, early),
        (late, -480, early),
    ] {
        let search = Search { drift, ..search(now, 480) };
        let found = search.find(&generator, &code, Digits::DEFAULT, &Charge::assumed());
        assert_eq!(found, Match::Fresh(winner), "now {now:?}, drift {drift}");
    }
}

/// Guards a tie: of two equally near steps the earlier one wins, because it spends less.
#[test]
fn the_earlier_of_two_equally_near_steps_wins() {
    let generator = generator();
    let (early, late, code) = collision(digits(4), |apart| [2, 4, 6, 8].contains(&apart));
    let middle = later(early, late.since(early) / 2);
    let found = search(middle, 4).find(&generator, &code, digits(4), &Charge::assumed());
    assert_eq!(found, Match::Fresh(early));
}

/// Guards every rule about spent codes with two steps that really share a code.
#[test]
fn collisions_with_spent_steps() {
    let generator = generator();
    let digits = digits(4);
    let (early, late, code) = collision(digits, |apart| (3..=8).contains(&apart));
    let middle = later(early, late.since(early) / 2);
    let before = later(early, -1);
    let find = |last_step: Option<Step>, spent: &[Step], drift: i32| {
        let search = Search { now: middle, discrepancy: 4, drift, last_step, spent };
        search.find(&generator, &code, digits, &Charge::assumed())
    };
    // Nothing is spent: the nearest step wins.
    assert_eq!(find(None, &[], -4), Match::Fresh(early));
    assert_eq!(find(None, &[], 4), Match::Fresh(late));
    // The last step has the code: used, although a later step has it as well.
    assert_eq!(find(Some(early), &[], 4), Match::Used(early));
    // A spent step has the code: used, although an earlier unspent step has it as well.
    assert_eq!(find(Some(before), &[late], -4), Match::Used(late));
    assert_eq!(find(None, &[late], -4), Match::Used(late));
    // The nearest match is below the last step: the other one wins, at any distance.
    assert_eq!(find(Some(later(early, 1)), &[], -4), Match::Fresh(late));
    // Both are at or below the last step: used, and the nearer one is returned.
    assert_eq!(find(Some(later(late, 1)), &[], -4), Match::Used(early));
    assert_eq!(find(Some(later(late, 1)), &[], 4), Match::Used(late));
    // Other spent steps change nothing.
    assert_eq!(find(Some(before), &[middle], -4), Match::Fresh(early));
}

/// Guards that a spent code counts as used even when its step has left the window.
#[test]
fn spent_steps_outside_the_window_count() {
    let generator = generator();
    let now = Step::at(NOON);
    let code = generator.code(later(now, 100), Digits::DEFAULT);
    let spent = [later(now, 100)];
    let search = Search { spent: &spent, ..search(now, 3) };
    assert_eq!(
        search.find(&generator, &code, Digits::DEFAULT, &Charge::assumed()),
        Match::Used(later(now, 100))
    );
    let search = Search { last_step: Some(later(now, 100)), spent: &[], ..search };
    assert_eq!(
        search.find(&generator, &code, Digits::DEFAULT, &Charge::assumed()),
        Match::Used(later(now, 100))
    );
}

/// Guards codes of the wrong width: 0042 is not 000042.
#[test]
fn another_width_is_wrong() {
    let generator = generator();
    let now = (0..1_000_000)
        .map(Step::new)
        .find(|step| generator.value(*step, Digits::DEFAULT.modulus()) < 10_000)
        .unwrap();
    let short = generator.code(now, digits(4));
    assert_eq!(short.value(), generator.value(now, Digits::DEFAULT.modulus()));
    assert_eq!(
        search(now, 0).find(&generator, &short, Digits::DEFAULT, &Charge::assumed()),
        Match::Wrong
    );
}

/// Guards the owner of a phone that was three hours ahead. Once its clock is corrected, the next
/// code is accepted at once, and the early code cannot be replayed when its time comes.
#[test]
fn phone_three_hours_ahead_is_corrected() {
    let generator = generator();
    let digits = Digits::DEFAULT;
    let (mut last, mut spent) = (None, Vec::new());
    let now = Step::at(NOON);
    let ahead = later(now, 360);

    let early = generator.code(ahead, digits);
    let found = search(now, 480).find(&generator, &early, digits, &Charge::assumed());
    assert_eq!(found, Match::Fresh(ahead));
    last = Some(spend(last, &mut spent, ahead, now));
    assert_eq!((last, spent.as_slice()), (Some(now), &[ahead][..]));

    let now = later(now, 1);
    let code = generator.code(now, digits);
    let search = Search { now, discrepancy: 480, drift: 360, last_step: last, spent: &spent };
    assert_eq!(search.find(&generator, &code, digits, &Charge::assumed()), Match::Fresh(now));
    last = Some(spend(last, &mut spent, now, now));
    assert_eq!((last, spent.as_slice()), (Some(now), &[ahead][..]));

    for now in [now, ahead, later(ahead, 1), later(ahead, 300)] {
        let search = Search { now, discrepancy: 480, drift: 0, last_step: last, spent: &spent };
        assert_eq!(search.find(&generator, &early, digits, &Charge::assumed()), Match::Used(ahead));
    }
}

/// Guards each rule of spending.
#[test]
fn spending() {
    let steps = |numbers: &[u64]| numbers.iter().copied().map(Step::new).collect::<Vec<_>>();
    for (last, spent, accepted, now, new_last, new_spent) in [
        (None, &[][..], 90, 100, 90, &[][..]),
        (None, &[], 100, 100, 100, &[]),
        (None, &[], 110, 100, 100, &[110]),
        (Some(90), &[], 95, 100, 95, &[]),
        // The clock goes back: the last step does not.
        (Some(90), &[], 95, 50, 90, &[95]),
        (Some(90), &[95], 93, 50, 90, &[93, 95]),
        // Time passes: spent steps that it has reached are dropped.
        (Some(90), &[95, 110], 105, 120, 105, &[110]),
        (Some(90), &[95, 110], 110, 120, 110, &[]),
        // An unsorted list is repaired.
        (Some(90), &[110, 95, 110, 80], 96, 90, 90, &[95, 96, 110]),
    ] {
        let mut list = steps(spent);
        let reached = spend(last.map(Step::new), &mut list, Step::new(accepted), Step::new(now));
        assert_eq!((reached, list), (Step::new(new_last), steps(new_spent)), "{accepted} at {now}");
    }
}

/// Guards the limit of 64: the lowest is dropped and the last step rises to it, past now.
#[test]
fn spent_steps_are_bounded() {
    let now = Step::new(1000);
    let mut last = None;
    let mut spent = Vec::new();
    for n in 1..=64 {
        last = Some(spend(last, &mut spent, Step::new(1000 + 2 * n), now));
    }
    assert_eq!((last, spent.len()), (Some(now), 64));
    last = Some(spend(last, &mut spent, Step::new(1500), now));
    assert_eq!((last, spent.len()), (Some(Step::new(1002)), 64));
    assert_eq!(spent.first(), Some(&Step::new(1004)));
    // The newly accepted step may itself be the lowest.
    last = Some(spend(last, &mut spent, Step::new(1003), now));
    assert_eq!((last, spent.len()), (Some(Step::new(1003)), 64));
    // A list that is far too long is shortened at once.
    let mut long: Vec<Step> = (2000..2200).map(Step::new).collect();
    assert_eq!(spend(last, &mut long, now, now), Step::new(2135));
    assert_eq!((long.len(), long.first()), (64, Some(&Step::new(2136))));
}

/// A second implementation of the rules, as simple as possible and without regard for speed.
#[derive(Default)]
struct Naive {
    last: Option<u64>,
    spent: BTreeSet<u64>,
}

impl Naive {
    fn find(
        &self,
        now: u64,
        discrepancy: u64,
        drift: i64,
        is_code_of: impl Fn(u64) -> bool,
    ) -> Match {
        for step in self.last.into_iter().chain(self.spent.iter().copied()) {
            if is_code_of(step) {
                return Match::Used(Step::new(step));
            }
        }
        let mut matches: Vec<u64> =
            (now - discrepancy..=now + discrepancy).filter(|step| is_code_of(*step)).collect();
        let expected = now.checked_add_signed(drift).unwrap();
        matches.sort_by_key(|step| (step.abs_diff(expected), *step));
        let fresh = matches.iter().find(|step| self.last.is_none_or(|last| **step > last));
        match (fresh, matches.first()) {
            (Some(step), _) => Match::Fresh(Step::new(*step)),
            (None, Some(step)) => Match::Used(Step::new(*step)),
            (None, None) => Match::Wrong,
        }
    }

    fn spend(&mut self, accepted: u64, now: u64) {
        self.last = self.last.max(Some(accepted.min(now)));
        self.spent.insert(accepted);
        self.spent.retain(|step| Some(*step) > self.last);
        while self.spent.len() > 64 {
            self.last = self.spent.pop_first();
        }
    }
}

/// One attempt in a history.
#[derive(Debug, Clone)]
struct Attempt {
    /// How many steps the server's clock moves first.
    passed: i64,
    /// How many steps from now the step of the typed code is.
    ahead: i64,
    /// If set, types the code that was accepted this many times ago instead.
    replay: Option<usize>,
    drift: i32,
}

fn attempts() -> impl Strategy<Value = Vec<Attempt>> {
    let passed = prop_oneof![6 => 0..3i64, 2 => -60..60i64, 1 => -3000..3000i64];
    let ahead = prop_oneof![-55..55i64, 0..50i64];
    let replay = prop_oneof![3 => Just(None), 1 => (0..8usize).prop_map(Some)];
    let attempt = (passed, ahead, replay, -60..60i32)
        .prop_map(|(passed, ahead, replay, drift)| Attempt { passed, ahead, replay, drift });
    prop::collection::vec(attempt, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Guards single use over whole histories with clock jumps and replays: no step is accepted
    /// twice, nothing outside the window is accepted, the last step never falls, and the simple
    /// rules agree. Uses five digits, so that codes do collide.
    #[test]
    fn no_step_is_accepted_twice(history in attempts(), secret: [u8; 20]) {
        let digits = digits(5);
        let generator = CodeGenerator::new(&Secret::from_bytes(secret));
        let mut naive = Naive::default();
        let (mut last, mut spent) = (None, Vec::new());
        let mut accepted: Vec<Step> = Vec::new();
        let mut now = Step::at(NOON);
        for Attempt { passed, ahead, replay, drift } in history {
            now = later(now, passed);
            let step = replay
                .and_then(|ago| accepted.iter().rev().nth(ago).copied())
                .unwrap_or_else(|| later(now, ahead));
            let code = generator.code(step, digits);
            let search = Search { now, discrepancy: 49, drift, last_step: last, spent: &spent };
            let found = search.find(&generator, &code, digits, &Charge::assumed());
            let expected = naive.find(now.get(), 49, i64::from(drift), |step| {
                generator.code(Step::new(step), digits).as_str() == code.as_str()
            });
            prop_assert_eq!(found, expected);
            if let Match::Fresh(step) = found {
                prop_assert!(!accepted.contains(&step), "accepted twice");
                prop_assert!(step.since(now).abs() <= 49);
                accepted.push(step);
                let new_last = spend(last, &mut spent, step, now);
                naive.spend(step.get(), now.get());
                prop_assert!(last.is_none_or(|last| new_last >= last));
                last = Some(new_last);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Guards spent steps over long histories that reach the limit: every accepted step stays spent,
    /// the last step never falls, and the list stays sorted and bounded.
    #[test]
    fn accepted_steps_stay_spent(
        history in prop::collection::vec((0..400u64, 0..400u64), 1..200),
        rising in any::<bool>(),
    ) {
        let mut naive = Naive::default();
        let (mut last, mut spent): (Option<Step>, Vec<Step>) = (None, Vec::new());
        let mut accepted = Vec::new();
        for (step, now) in history {
            let (step, now) = (Step::new(step), Step::new(if rising { now / 8 } else { now }));
            if last.is_some_and(|last| step <= last) || spent.contains(&step) {
                continue;
            }
            accepted.push(step);
            let new_last = spend(last, &mut spent, step, now);
            naive.spend(step.get(), now.get());
            prop_assert!(last.is_none_or(|last| new_last >= last));
            prop_assert!(new_last >= step.min(now));
            prop_assert!(spent.len() <= SPENT_LIMIT);
            prop_assert!(spent.is_sorted_by(|a, b| a < b));
            prop_assert!(spent.iter().all(|step| *step > new_last));
            prop_assert!(accepted.iter().all(|step| *step <= new_last || spent.contains(step)));
            prop_assert_eq!(naive.last, Some(new_last.get()));
            prop_assert!(naive.spent.iter().copied().eq(spent.iter().map(|step| step.get())));
            last = Some(new_last);
        }
    }
}
