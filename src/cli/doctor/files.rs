//! Files of the store: permissions, links, leftovers, and the location of the key.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Finding, Severity};
use crate::error::Error;
use crate::store::Store;
use crate::store::unrecorded::Unrecorded;
use crate::store::upkeep::{FileProblem, HealthProblem};
use crate::time::Timestamp;

/// Checks every file of the store. Returns the findings and the messages they cover.
pub(super) fn check(store: &dyn Store, now: Timestamp) -> (Vec<Finding>, BTreeSet<String>) {
    let file_problems = match store.file_problems(now) {
        Ok(file_problems) => file_problems,
        Err(problem) => {
            let finding = Finding::from_problem("files", Severity::Error, &problem);
            return (vec![finding], BTreeSet::new());
        }
    };
    let messages = file_problems.iter().map(|found| error_of(found).to_string()).collect();
    let mut findings = Vec::new();
    let mut exposed = Vec::new();
    for problem in &file_problems {
        match problem {
            FileProblem::Exposed(path, problem) => exposed.push((path, problem)),
            FileProblem::Open(problem) => {
                findings.push(Finding::from_problem("permissions", Severity::Error, problem));
            }
            FileProblem::Link(problem) => {
                findings.push(Finding::from_problem("links", Severity::Error, problem));
            }
            FileProblem::Temporary(_, problem) => {
                findings.push(Finding::from_problem("temporary-files", Severity::Warning, problem));
            }
        }
    }
    findings.extend(match exposed[..] {
        [] => None,
        [(_, problem)] => Some(Finding::from_problem("permissions", Severity::Error, problem)),
        [(first, _), ..] => {
            let (count, first) = (exposed.len(), first.display());
            let message =
                format!("{count} files and directories can be used by others, such as {first}");
            let finding = Finding::new("permissions", Severity::Error, message);
            Some(finding.remedy(store.close_command()))
        }
    });
    (findings, messages)
}

fn error_of(found: &FileProblem) -> &Error {
    match found {
        FileProblem::Open(problem)
        | FileProblem::Exposed(_, problem)
        | FileProblem::Link(problem)
        | FileProblem::Temporary(_, problem) => problem,
    }
}

/// Reports problems that prevent logins.
pub(super) fn health(problems: &[HealthProblem]) -> impl Iterator<Item = Finding> {
    problems.iter().map(|problem| {
        let severity = if problem.is_error { Severity::Error } else { Severity::Warning };
        Finding::from_problem(problem.part, severity, &problem.error)
    })
}

/// Reports changes that are not recorded in the audit trail yet.
pub(super) fn unrecorded(changes: crate::error::Result<Vec<Unrecorded>>) -> Option<Finding> {
    let check = "unrecorded";
    let changes = match changes {
        Ok(changes) => changes,
        Err(problem) => return Some(Finding::from_problem(check, Severity::Error, &problem)),
    };
    let first = changes.first()?;
    let what = format!("'{}' at {} by {}", first.action, first.at, first.by);
    let message = match changes.len() {
        1 => format!("the audit trail does not show a change yet: {what}"),
        many => format!("the audit trail does not show {many} changes yet; the first: {what}"),
    };
    // A problem that prevents writing the trail has its own finding.
    Some(Finding::new(check, Severity::Warning, message).remedy("rw2fa init"))
}

/// Reports that the key is stored beside the secrets it opens.
pub(super) fn key_inside(place: &Path) -> Finding {
    let place = place.display();
    let message = format!(
        "the key is inside the store ({place}): anyone with a copy of the whole store can open \
         every secret"
    );
    Finding::new("key", Severity::Info, message)
        .remedy("keep a copy of the key elsewhere, and exclude the key from copies of the store: rw2fa key export FILE")
}
