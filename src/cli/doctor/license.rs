//! The licence: its expiry, its limit, and development keys. No login depends on it.

use super::{Finding, Severity};
use crate::cli::license::{Concern, concerns};
use crate::license::status::LicenseStatus;

/// Checks the licence of a store with this number of users.
pub(super) fn check(status: &LicenseStatus, users: usize) -> Vec<Finding> {
    let finding = |Concern { message, remedy }| {
        Finding::new("license", Severity::Warning, message).remedy(remedy)
    };
    concerns(status, users).into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::license::claims::{Edition, License};
    use crate::time::Timestamp;

    const DAY: u64 = 86_400;

    /// Returns the findings for a trial that began this many days ago.
    fn trial_findings(days: u64) -> String {
        let begun = Timestamp::from_unix(1_700_000_000);
        messages(&LicenseStatus::new(begun, None, begun.plus(days * DAY)), 1)
    }

    /// Joins the findings into one text, without the one about the key of this build.
    fn messages(status: &LicenseStatus, users: usize) -> String {
        let found = check(status, users).into_iter();
        let messages = found.map(|finding| finding.message);
        messages.filter(|message| !message.contains("development key")).collect()
    }

    /// Guards that an expiry is reported shortly before it happens, and not long before.
    #[test]
    fn the_end_of_a_trial_is_reported_a_week_before() {
        assert_eq!(trial_findings(0), "");
        assert_eq!(trial_findings(22), "");
        assert!(trial_findings(23).contains("the trial ends in 7 days"), "{}", trial_findings(23));
        assert!(trial_findings(30).contains("the trial is over"), "{}", trial_findings(30));
    }

    #[test]
    fn the_end_and_the_limit_of_a_licence_are_reported() {
        let now = Timestamp::from_unix(1_700_000_000);
        let judged = |days: Option<u64>, most: Option<u32>, users| {
            let license = License {
                order_number: "A-1".into(),
                email: "it@example.com".into(),
                serial: "0000-0000-0000-0000".into(),
                edition: Edition::Enterprise,
                issued: now,
                expires: days.map(|days| now.plus(days * DAY)),
                max_users: most.and_then(NonZeroU32::new),
            };
            messages(&LicenseStatus::new(now, Some(Ok(license)), now), users)
        };
        assert_eq!(judged(None, None, 1_000_000), "");
        assert_eq!(judged(Some(31), Some(2), 2), "");
        assert!(judged(Some(30), None, 1).contains("the licence ends in 30 days"));
        assert!(judged(None, Some(2), 3).contains("for 2 users, and there are 3"));
        assert!(judged(Some(0), None, 1).contains("the licence is over"));
    }
}
