//! The system log, which receives copies of the audit trail.

use super::{Finding, Severity};
use crate::platform::SystemLog;

/// Checks that the configured log can be reached.
pub(super) fn check(log: Option<&SystemLog>) -> Option<Finding> {
    let error = log?.check().err()?;
    let message = format!(
        "store.toml asks for a copy of the audit trail in the system's log, which gets none: {error}"
    );
    let finding = Finding::new("syslog", Severity::Warning, message);
    Some(finding.remedy("start the system's log, or set syslog to false under [audit]"))
}
