//! Files of the store: permissions, links, leftovers, and the location of the key.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Finding, Severity};
use crate::cli::alike;
use crate::cli::target::FEW;
use crate::store::Store;
use crate::store::unrecorded::Unrecorded;
use crate::store::upkeep::{FileFlaw, FileProblem, HealthProblem};
use crate::time::Timestamp;

/// Checks every file of the store. Returns the findings and the messages they cover.
pub(super) fn check(store: &dyn Store, now: Timestamp) -> (Vec<Finding>, BTreeSet<String>) {
    let problems = match store.file_problems(now) {
        Ok(problems) => problems,
        Err(problem) => {
            let finding = Finding::from_problem("files", Severity::Error, &problem);
            return (vec![finding], BTreeSet::new());
        }
    };
    let messages = problems.iter().map(|found| found.error.to_string()).collect();
    let mut findings = Vec::new();
    for flaw in [FileFlaw::Open, FileFlaw::Exposed, FileFlaw::Link, FileFlaw::Temporary] {
        let found: Vec<_> = problems.iter().filter(|found| found.flaw == flaw).collect();
        if flaw == FileFlaw::Exposed && found.len() > 1 {
            // Their modes may differ.
            findings.push(exposed(store, &found));
            continue;
        }
        let (check, severity) = match flaw {
            FileFlaw::Open | FileFlaw::Exposed => ("permissions", Severity::Error),
            FileFlaw::Link => ("links", Severity::Error),
            FileFlaw::Temporary => ("temporary-files", Severity::Warning),
        };
        let errors = found.iter().map(|found| (None, &found.error));
        findings.extend(alike::group(&store.location(), errors).iter().map(|group| {
            let finding = Finding::from_alike(check, severity, group);
            if group.is_one() { finding } else { finding.remedy(store.hint_for_all(flaw)) }
        }));
    }
    (findings, messages)
}

fn exposed(store: &dyn Store, found: &[&FileProblem]) -> Finding {
    let paths: Vec<_> = found.iter().map(|found| found.path.display().to_string()).collect();
    let first = paths.iter().take(FEW).map(String::as_str).collect::<Vec<_>>().join(", ");
    let number = paths.len();
    let message = format!("{number} files and directories can be used by others, such as {first}");
    let mut finding = Finding::new("permissions", Severity::Error, message)
        .remedy(store.hint_for_all(FileFlaw::Exposed));
    finding.paths = paths;
    finding
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
