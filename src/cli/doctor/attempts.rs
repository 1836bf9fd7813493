//! Attempts: checks that the audit trail records every charged attempt.

use super::{Finding, Severity};
use crate::audit::MissingAttempts;
use crate::error::Result;

/// How many users are named individually.
const LISTED: usize = 5;

/// Reports charged attempts that are missing from the trail.
pub(super) fn check(missing: Result<Vec<MissingAttempts>>) -> Option<Finding> {
    let check = "attempts";
    let missing = match missing {
        Ok(missing) => missing,
        Err(problem) => return Some(Finding::from_problem(check, Severity::Error, &problem)),
    };
    let first: Vec<_> = missing.iter().take(LISTED).map(ToString::to_string).collect();
    let more = match missing.len() - first.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let message = format!("{}{more}", first.join("; "));
    let remedy = "a program was killed, or the disk was full, before it wrote the line; if it happens often, someone \
         may be guessing codes: see 'rw2fa audit verify'";
    (!first.is_empty()).then(|| Finding::new(check, Severity::Warning, message).remedy(remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_attempts_are_a_warning_that_names_the_first_users() {
        assert_eq!(check(Ok(Vec::new())), None);
        let of = |number| MissingAttempts { user: format!("user {number}"), first: 2, last: 4 };
        let finding = check(Ok((0..7).map(of).collect())).unwrap();
        let start = "user 0: attempts 2 to 4 were counted but never recorded; user 1:";
        assert!(finding.message.starts_with(start), "{finding:?}");
        assert!(finding.message.ends_with("; and 2 more"), "{finding:?}");
        assert_eq!(finding.severity, Severity::Warning);
    }
}
