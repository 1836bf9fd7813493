//! Whitelist and groups: entries that have outlived their purpose, or never worked.

use super::{Finding, Names, Severity};
use crate::store::{Kind, Store, records};
use crate::time::Timestamp;

/// Looks at the whitelist entries that can be read.
pub(super) fn whitelist(store: &dyn Store, now: Timestamp) -> Vec<Finding> {
    let (mut expired, mut unexplained) = (Names::default(), Names::default());
    for name in store.survey(Kind::Whitelist).unwrap_or_default().names {
        let Ok(Some(entry)) = records::whitelist_entry(store, &name) else { continue };
        if !entry.is_valid(now) {
            expired.add(&name);
        } else if entry.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
            unexplained.add(&name);
        }
    }
    [
        (Severity::Info, expired, "whitelist entries past their date", "rw2fa whitelist remove"),
        (
            Severity::Warning,
            unexplained,
            "whitelist entries without a reason",
            "rw2fa whitelist add --reason",
        ),
    ]
    .into_iter()
    .filter(|(_, names, ..)| !names.is_empty())
    .map(|(severity, names, what, remedy)| {
        Finding::new("whitelist", severity, format!("{what}: {}", names.told())).remedy(remedy)
    })
    .collect()
}

/// Judges listed groups of which nobody was ever seen.
pub(super) fn groups(listed: usize, members: usize) -> Option<Finding> {
    if listed == 0 || members > 0 {
        return None;
    }
    let message = "groups are listed, and no member of one ever signed in";
    let finding = Finding::new("groups", Severity::Warning, message);
    Some(finding.remedy(
        "see that the portal passes --group, spelled as 'rw2fa users list --type group' shows it",
    ))
}
