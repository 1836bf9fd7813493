//! Whitelist and groups: entries that have expired or never had an effect.

use std::collections::BTreeSet;

use super::{Finding, Names, Severity};
use crate::store::{DocumentKind, Reader, records};
use crate::time::Timestamp;

/// Checks the readable whitelist entries.
pub(super) fn whitelist(store: &dyn Reader, now: Timestamp) -> Vec<Finding> {
    let (mut expired, mut unexplained) = (Names::default(), Names::default());
    for name in store.list(DocumentKind::Whitelist).unwrap_or_default().names {
        let Ok(Some(entry)) = records::whitelist_entry(store, &name) else { continue };
        if !entry.is_valid(now) {
            expired.add(&name);
        } else if entry.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
            unexplained.add(&name);
        }
    }
    [
        (Severity::Info, expired, "expired whitelist entries", "rw2fa whitelist remove {}"),
        (
            Severity::Warning,
            unexplained,
            "whitelist entries without a reason",
            "rw2fa whitelist add {} --reason TEXT",
        ),
    ]
    .into_iter()
    .filter(|(_, names, ..)| !names.is_empty())
    .map(|(severity, names, what, remedy)| {
        Finding::new("whitelist", severity, format!("{what}: {}", names.summary()))
            .remedy(remedy.replace("{}", &names.first_quoted()))
    })
    .collect()
}

/// Finds listed groups without any member seen since they were listed.
pub(super) fn groups(store: &dyn Reader, seen: &BTreeSet<String>) -> Option<Finding> {
    let mut empty = Names::default();
    let listed = store.list(DocumentKind::Group).unwrap_or_default().names;
    for name in listed.iter().filter(|name| !seen.contains(&name.canonical())) {
        empty.add(name);
    }
    if empty.is_empty() {
        return None;
    }
    let message = format!("groups whose members have never signed in: {}", empty.summary());
    let finding = Finding::new("groups", Severity::Warning, message);
    Some(finding.remedy(
        "make sure that the portal passes --group, spelled as in 'rw2fa users list --type group'",
    ))
}
