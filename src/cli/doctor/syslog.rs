//! The system log, which receives copies of the audit trail.

use super::{Finding, Severity};
use crate::platform::SystemLog;

/// Checks that the configured log can be reached.
pub(super) fn check(log: Option<&SystemLog>) -> Option<Finding> {
    let error = log?.check().err()?;
    let message =
        format!("cannot copy the audit trail to the system's log, as store.toml asks: {error}");
    let finding = Finding::new("syslog", Severity::Warning, message);
    Some(
        finding
            .remedy("start the system's log, or set 'syslog = false' under [audit] in store.toml"),
    )
}
