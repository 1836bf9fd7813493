//! The clock of this server, compared with the system, a time server and the users' devices.

use std::collections::BTreeMap;

use super::{Finding, Names, Severity};
use crate::error::Result;
use crate::otp::PERIOD;
use crate::platform::CLOCK_REMEDY;
use crate::settings::duration;

/// How many devices must agree before the server's clock is suspected.
const ENOUGH_DEVICES: usize = 5;

/// How many steps a device, or most devices, may be off.
const TOLERATED: i32 = 2;

/// Checks what the system reports about its clock.
pub(super) fn synchronised(state: Option<bool>) -> Option<Finding> {
    let check = "clock";
    match state {
        Some(true) => None,
        Some(false) => {
            let message = "the clock of this server is not synchronised: if it drifts, codes will \
                           be refused";
            Some(Finding::new(check, Severity::Error, message).remedy(CLOCK_REMEDY))
        }
        None => {
            let message = "the system does not report whether its clock is synchronised";
            Some(
                Finding::new(check, Severity::Info, message)
                    .remedy("compare it with a time server: rw2fa doctor --ntp pool.ntp.org"),
            )
        }
    }
}

/// Checks the offset from a time server, in milliseconds. Positive: this clock is behind.
pub(super) fn compared(host: &str, offset: Result<i64>) -> Finding {
    let check = "ntp";
    let offset = match offset {
        Ok(offset) => offset,
        Err(problem) => return Finding::from_problem(check, Severity::Warning, &problem),
    };
    let (seconds, millis) = (offset.unsigned_abs() / 1000, offset.unsigned_abs() % 1000);
    let side = if offset > 0 { "behind" } else { "ahead of" };
    let message = format!("the clock of this server is {seconds}.{millis:03} s {side} {host}");
    match seconds {
        0..5 => Finding::new(check, Severity::Info, message),
        5..30 => Finding::new(check, Severity::Warning, message).remedy(CLOCK_REMEDY),
        _ => Finding::new(check, Severity::Error, message).remedy(CLOCK_REMEDY),
    }
}

/// Checks the drift of the devices, in steps, and distinguishes a few wrong devices from a wrong
/// server clock.
pub(super) fn drift(drifts: &BTreeMap<i32, Names>) -> Vec<Finding> {
    let check = "drift";
    let total: usize = drifts.values().map(|names| names.all.len()).sum();
    if total == 0 {
        return Vec::new();
    }
    let steps = drifts.iter().map(|(steps, names)| format!("{steps:+}: {}", names.all.len()));
    let histogram = steps.collect::<Vec<_>>().join(", ");
    let message = format!("clock drift of devices, in steps of 30 s (+ is ahead): {histogram}");
    let mut findings = vec![Finding::new(check, Severity::Info, message)];
    let median = median(drifts, total);
    let agree = drifts.iter().filter(|(steps, _)| steps.abs_diff(median) <= 1);
    let agree: usize = agree.map(|(_, names)| names.all.len()).sum();
    let is_server = total >= ENOUGH_DEVICES && median.abs() >= TOLERATED && agree * 2 > total;
    if is_server {
        let side = if median > 0 { "behind" } else { "ahead" };
        let message = format!(
            "{agree} of {total} devices agree that the clock of this server is about {} {side}",
            in_words(median)
        );
        findings.push(Finding::new(check, Severity::Error, message).remedy(CLOCK_REMEDY));
    }
    let right = if is_server { median } else { 0 };
    for (steps, names) in
        drifts.iter().filter(|(steps, _)| steps.abs_diff(right) > TOLERATED.unsigned_abs())
    {
        let side = if *steps > right { "ahead" } else { "behind" };
        let message = format!(
            "devices whose clock is about {} {side}: {}",
            in_words(steps.saturating_sub(right)),
            names.summary()
        );
        let finding = Finding::new(check, Severity::Warning, message).names(names);
        findings.push(finding.remedy("turn on automatic time on the phone"));
    }
    findings
}

fn median(drifts: &BTreeMap<i32, Names>, total: usize) -> i32 {
    let mut seen = 0;
    for (steps, names) in drifts {
        seen += names.all.len();
        if seen * 2 > total {
            return *steps;
        }
    }
    0
}

fn in_words(steps: i32) -> String {
    duration::words(u64::from(steps.unsigned_abs()) * PERIOD.unsigned_abs())
}

/// Checks for users whose last login is in the future.
pub(super) fn set_back(names: &Names) -> Option<Finding> {
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "the clock was set back: the last codes of {} are in the future, and earlier codes are \
         refused",
        names.summary()
    );
    let finding = Finding::new("clock-set-back", Severity::Error, message).names(names);
    Some(finding.remedy(format!(
        "set the clock. If it is correct already, and a backup was imported while it was ahead, import the same file \
         again: rw2fa store import FILE. Otherwise: rw2fa users reset {}",
        names.first_quoted()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, ErrorKind};

    fn devices(steps: &[i32]) -> BTreeMap<i32, Names> {
        let mut drifts: BTreeMap<i32, Names> = BTreeMap::new();
        for (number, steps) in steps.iter().enumerate() {
            drifts.entry(*steps).or_default().add(&number);
        }
        drifts
    }

    /// Guards the difference between one wrong phone and a wrong server clock.
    #[test]
    fn one_wrong_phone_is_not_a_wrong_server_clock() {
        use Severity::{Error, Info, Warning};
        for (name, steps, expected) in [
            ("nobody", &[][..], &[][..]),
            ("all right", &[0, 0, 1, -1, 0, 0], &[Info]),
            ("one bad phone", &[0, 0, 0, 0, 0, 20], &[Info, Warning]),
            ("a bad server", &[-6, -6, -5, -6, -7, -6], &[Info, Error]),
            ("both", &[-6, -6, -6, -6, -6, 20], &[Info, Error, Warning]),
            ("too few to tell", &[6, 6], &[Info, Warning]),
            (
                "no agreement",
                &[-40, -20, 5, 20, 40],
                &[Info, Warning, Warning, Warning, Warning, Warning],
            ),
        ] {
            let found: Vec<_> = drift(&devices(steps)).iter().map(|f| f.severity).collect();
            assert_eq!(found, expected, "{name}");
        }
        let found = drift(&devices(&[-6; 6]));
        assert!(found[1].message.contains("3 min ahead"), "{}", found[1].message);
    }

    /// Guards the finding about the system's clock.
    #[test]
    fn the_system_clock_is_checked() {
        let severity = |state| synchronised(state).map(|finding| finding.severity);
        assert_eq!(severity(Some(true)), None);
        assert_eq!(severity(Some(false)), Some(Severity::Error));
        assert_eq!(severity(None), Some(Severity::Info));
        for (offset, expected, words) in [
            (120, Severity::Info, "0.120 s behind ntp"),
            (-4999, Severity::Info, "4.999 s ahead of ntp"),
            (5000, Severity::Warning, "5.000 s behind"),
            (-30_000, Severity::Error, "30.000 s ahead"),
        ] {
            let found = compared("ntp", Ok(offset));
            assert_eq!(found.severity, expected, "{offset}");
            assert!(found.message.contains(words), "{}", found.message);
        }
        let silent = compared("ntp", Err(Error::new(ErrorKind::Timeout, "no answer")));
        assert_eq!(silent.severity, Severity::Warning);
    }

    /// Guards the error about users who are refused until the clock has caught up.
    #[test]
    fn a_clock_that_was_set_back_is_an_error() {
        let mut names = Names::default();
        assert_eq!(set_back(&names), None);
        names.add(&"alice");
        assert_eq!(set_back(&names).unwrap().severity, Severity::Error);
    }
}
