//! The odds of guessing a code.

use crate::factor::lockout::{HARD_STOP, Rules};
use crate::otp::Digits;

/// The chance of guessing a code under given settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// With one guess.
    pub one: f64,
    /// With a day of guesses under the lockout rules.
    pub day: f64,
    /// With all guesses until the hard stop.
    pub hard_stop: f64,
}

/// Computes the chance for codes of `digits` in a window of `discrepancy` steps on either side.
pub fn of_guessing(discrepancy: u32, digits: Digits, rules: Rules) -> Chance {
    let steps = f64::from(discrepancy.min(digits.widest_discrepancy())) * 2.0 + 1.0;
    let one = steps / 10_f64.powi(i32::from(digits.get()));
    let after = |guesses: u32| 1.0 - (1.0 - one).powf(f64::from(guesses));
    Chance { one, day: after(guesses_in_a_day(rules)), hard_stop: after(HARD_STOP) }
}

/// Returns how many codes an attacker who waits for every lock to end can try in a day.
fn guesses_in_a_day(rules: Rules) -> u32 {
    guesses_within(86_400, rules)
}

/// Returns how many codes an attacker who waits for every lock to end can try within `seconds`.
fn guesses_within(seconds: u64, rules: Rules) -> u32 {
    let mut waited = 0;
    for guess in 1..=HARD_STOP {
        waited += rules.lock_after(guess).unwrap_or(0);
        if waited >= seconds {
            return guess;
        }
    }
    HARD_STOP
}

/// Formats a chance in per cent: `0.096 %`.
pub fn percent(chance: f64) -> String {
    let percent = chance * 100.0;
    if percent <= 0.0 {
        return "0 %".into();
    }
    // One decimal place above 1 %, otherwise three or as many as the first significant digit needs.
    let mut places = if percent >= 1.0 { 1 } else { 3 };
    while places < 12 && percent < 0.95 * 10_f64.powi(-places) {
        places += 1;
    }
    let places = usize::try_from(places).unwrap_or(12);
    let text = format!("{percent:.places$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} %")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::advanced::Advanced;
    use crate::verify::login::SMS_PATIENCE;

    const RULES: Rules = Rules { attempts: 5, seconds: 60 };

    fn words(discrepancy: u32, digits: u8) -> [String; 3] {
        let digits = Digits::new(digits).unwrap();
        let chance = of_guessing(discrepancy, digits, RULES);
        [percent(chance.one), percent(chance.day), percent(chance.hard_stop)]
    }

    #[test]
    fn the_defaults_give_the_documented_chances() {
        assert_eq!(words(480, 6), ["0.096 %", "3.1 %", "9.2 %"]);
        assert_eq!(words(1, 6), ["0.0003 %", "0.01 %", "0.03 %"]);
    }

    /// Guards the figures for SMS codes in SECURITY.md: each follows from the defaults.
    #[test]
    fn codes_by_sms_have_the_documented_figures() {
        let defaults = Advanced::default();
        let rules = defaults.lockout();
        let document = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/SECURITY.md"));
        let (_, section) = document.split_once("\n### Codes by SMS\n").unwrap();
        let (section, _) = section.split_once("\n### ").unwrap();
        let section = section.replace('\n', " ");
        let holds = |words: String| assert!(section.contains(&words), "not documented: {words}");
        // Only one SMS code is valid, not a window of them.
        let chance = of_guessing(0, defaults.digits(), rules);
        let tries = guesses_within(defaults.sms_validity.into(), rules);
        let locks: Vec<_> = (rules.attempts..tries).filter_map(|at| rules.lock_after(at)).collect();
        holds(format!(
            "has {} digits, and lives {} minutes",
            defaults.digits().get(),
            defaults.sms_validity / 60
        ));
        holds(format!("try {tries} codes while one lives: {}, and after", rules.attempts));
        holds(format!("(after {}, {} and {} s)", locks[0], locks[1], locks[2]));
        assert_eq!(locks.len(), 3);
        holds(format!(
            "One guess succeeds with {}, the {tries} with {}, a day of guessing ({} tries) with {}, all \
             {HARD_STOP} tries until the hard stop with {}.",
            percent(chance.one),
            percent(1.0 - (1.0 - chance.one).powf(tries.into())),
            guesses_in_a_day(rules),
            percent(chance.day),
            percent(chance.hard_stop),
        ));
        let years = 2_f64.ln() / (2.0 * f64::from(rules.attempts - 1) * chance.one) / 365.25;
        holds(format!("takes {years:.0} years"));
        holds(format!("{} are expected to fall", (10_000.0 * chance.hard_stop).round() / 10.0));
        let (hourly, interval) = (defaults.sms_hourly_limit, defaults.sms_interval);
        holds(format!(
            "`sms-interval` {interval} s, `sms-hourly-limit` {hourly}, `sms-daily-limit` off"
        ));
        assert_eq!(defaults.sms_daily_limit, 0);
        holds(format!("have {hourly} messages an hour sent to that user, {} a day", 24 * hourly));
        holds(format!("{},000 messages an hour and {},000 a day", hourly, 24 * hourly));
        holds(format!(
            "{} cents an hour and {:.2} a day",
            5 * hourly,
            0.05 * 24.0 * f64::from(hourly)
        ));
        holds(format!("Keep each login waiting for {} s", SMS_PATIENCE.as_secs()));
    }

    #[test]
    fn no_guess_succeeds_more_often_than_one_in_a_thousand() {
        for digits in 4..=12 {
            let digits = Digits::new(digits).unwrap();
            assert!(of_guessing(2880, digits, RULES).one <= 0.001, "{digits:?}");
        }
    }

    #[test]
    fn a_lenient_lockout_reaches_the_hard_stop_within_a_day() {
        assert_eq!(guesses_in_a_day(Rules { attempts: 100, seconds: 1 }), 100);
        assert_eq!(guesses_in_a_day(Rules { attempts: 1, seconds: 86_400 }), 1);
        assert_eq!(guesses_in_a_day(RULES), 33);
    }
}
