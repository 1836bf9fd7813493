//! The audit trail: whether it records every charged attempt, how it begins, and lines from the future.

use super::{Finding, Severity};
use crate::audit::{Beginning, Future, MissingAttempts, Survey};
use crate::cli::context::count;

/// How many users are named individually.
const LISTED: usize = 5;

/// Checks what the trail shows.
pub(super) fn check(survey: &Survey) -> Vec<Finding> {
    let found =
        [missing(&survey.missing), beginning(survey.beginning), survey.future.as_ref().map(future)];
    found.into_iter().flatten().collect()
}

/// Reports charged attempts that are missing from the trail.
fn missing(missing: &[MissingAttempts]) -> Option<Finding> {
    let first: Vec<_> = missing.iter().take(LISTED).map(ToString::to_string).collect();
    let more = match missing.len() - first.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let message = format!("{}{more}", first.join("; "));
    let remedy = "a program was killed, or the disk was full, before it wrote the line; if it happens often, someone \
         may be guessing codes: rw2fa audit verify";
    (!first.is_empty()).then(|| Finding::new("attempts", Severity::Warning, message).remedy(remedy))
}

/// Reports a trail that begins again after an earlier one was lost.
fn beginning(beginning: Beginning) -> Option<Finding> {
    let check = "audit-begin";
    match beginning {
        Beginning::Regular => None,
        Beginning::Replaced => {
            let message = "the audit trail begins again after an earlier one was lost, as its first line says";
            let remedy = "keep any files of the earlier one outside the store: they do not belong to this one";
            Some(Finding::new(check, Severity::Info, message).remedy(remedy))
        }
        Beginning::Restarted => {
            let message = "the audit trail does not begin with the line of 'rw2fa init': an earlier trail was \
                           removed";
            let remedy = "restore the files from a backup; without one: move all files out of audit/, then rw2fa init \
                          --new-trail, which records the loss";
            Some(Finding::new(check, Severity::Warning, message).remedy(remedy))
        }
    }
}

/// Reports lines that were written while the clock was ahead.
fn future(Future { lines, latest }: &Future) -> Finding {
    let message = format!(
        "the audit trail holds {} dated in the future, up to {latest}: the clock of this server was ahead, or is \
         behind now",
        count(*lines, "line")
    );
    let remedy =
        "check the clock. Nothing is lost; to confirm the order of the lines: rw2fa audit verify";
    Finding::new("audit-time", Severity::Info, message).remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_attempts_are_a_warning_that_names_the_first_users() {
        assert_eq!(check(&Survey::default()), []);
        let of = |number| MissingAttempts { user: format!("user {number}"), first: 2, last: 4 };
        let survey = Survey { missing: (0..7).map(of).collect(), ..Survey::default() };
        let [finding] = &check(&survey)[..] else { panic!("{survey:?}") };
        let start = "user 0: attempts 2 to 4 were counted but never recorded; user 1:";
        assert!(finding.message.starts_with(start), "{finding:?}");
        assert!(finding.message.ends_with("; and 2 more"), "{finding:?}");
        assert_eq!(finding.severity, Severity::Warning);
    }
}
