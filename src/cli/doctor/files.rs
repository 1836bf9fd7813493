//! Files of the store: who may use them, links, what was left behind, where the key lies.

use super::{Finding, Severity};
use crate::store::dir::DirStore;
use crate::store::tidiness::Oddity;
use crate::time::Timestamp;

/// Looks at every file of the store.
pub(super) fn check(store: &DirStore, now: Timestamp) -> Vec<Finding> {
    match store.oddities(now) {
        Ok(oddities) => oddities.iter().map(finding).collect(),
        Err(problem) => vec![Finding::of("files", Severity::Error, &problem)],
    }
}

fn finding(oddity: &Oddity) -> Finding {
    match oddity {
        Oddity::Open(problem) => Finding::of("permissions", Severity::Error, problem),
        Oddity::Link(problem) => Finding::of("links", Severity::Error, problem),
        Oddity::Temporary(_, problem) => Finding::of("temporary-files", Severity::Warning, problem),
    }
}

/// Lock files that are gone, without which accounts are refused.
pub(super) fn locks(store: &DirStore) -> Option<Finding> {
    let missing = store.missing_locks();
    let first = missing.first()?.display();
    let message = match missing.len() {
        1 => format!("{first} is missing: whoever needs this lock is refused"),
        many => {
            format!("{many} lock files are missing, such as {first}: whoever needs one is refused")
        }
    };
    Some(Finding::new("locks", Severity::Error, message).remedy("rw2fa init"))
}

/// The key lies where the secrets lie that it opens.
pub(super) fn key_inside(place: &str) -> Finding {
    let message = format!(
        "the key lies in the store ({place}): a copy of the whole store opens every secret"
    );
    Finding::new("key", Severity::Info, message)
        .remedy("keep a copy of the key apart, and leave it out of copies of the store: rw2fa key export FILE")
}
