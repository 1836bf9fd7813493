//! The disk: free space for the coming months, and a local file system.

use super::{Finding, Severity};
use crate::platform::FileSystem;

const MIB: u64 = 1024 * 1024;

/// Below this, the next login may not be recorded, and is then refused.
const TOO_LITTLE: u64 = 50 * MIB;

/// Below this, an administrator should act.
const LITTLE: u64 = 500 * MIB;

/// The audit trail should have space for at least this many months.
const MONTHS: u64 = 12;

/// Checks the free space, in bytes, given the size of the audit trail and the months it covers.
pub(super) fn space(free: Option<u64>, audit: u64, months: u64) -> Option<Finding> {
    let check = "disk-space";
    let Some(free) = free else {
        return Some(Finding::new(check, Severity::Info, "cannot determine the free disk space"));
    };
    let a_month = audit / months.max(1);
    let shown = format!("{} MiB of disk space is left for the store", free / MIB);
    let move_away = "free some disk space, or archive old months of the audit trail: rw2fa audit archive --before MONTH DIR";
    let (severity, message) = if free < TOO_LITTLE {
        (Severity::Error, format!("{shown}: no login is granted when the disk is full"))
    } else if free < LITTLE {
        (Severity::Warning, shown)
    } else if a_month > 0 && free / a_month < MONTHS {
        let message =
            format!("{shown}, and the audit trail grows by {} MiB a month", a_month / MIB);
        (Severity::Warning, message)
    } else {
        return None;
    };
    Some(Finding::new(check, severity, message).remedy(move_away))
}

/// Checks the file system of the store.
pub(super) fn file_system(found: &FileSystem) -> Option<Finding> {
    let check = "file-system";
    let remedy = "move the store to a local disk: rw2fa store export, then import there";
    match found {
        FileSystem::Local => None,
        FileSystem::Network(name) => {
            let message = format!(
                "the store is on a network file system ({name}), where locks and durable writes are not reliable"
            );
            Some(Finding::new(check, Severity::Error, message).remedy(remedy))
        }
        FileSystem::Unknown(name) => {
            let message =
                format!("the store is on a file system ({name}) that may be a network file system");
            Some(Finding::new(check, Severity::Info, message).remedy(remedy))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the warning before the disk is full, including for a fast-growing trail.
    #[test]
    fn free_space_is_compared_with_the_growth_of_the_trail() {
        for (free, audit, months, expected) in [
            (Some(100_000 * MIB), 10 * MIB, 3, None),
            (Some(10 * MIB), 0, 0, Some(Severity::Error)),
            (Some(300 * MIB), 0, 0, Some(Severity::Warning)),
            (Some(6_000 * MIB), 3_000 * MIB, 3, Some(Severity::Warning)),
            (Some(6_000 * MIB), 300 * MIB, 3, None),
            (None, 0, 0, Some(Severity::Info)),
        ] {
            let found = space(free, audit, months).map(|finding| finding.severity);
            assert_eq!(found, expected, "{free:?} {audit} {months}");
        }
    }

    /// Guards the error about a file system whose locks work on one server only.
    #[test]
    fn a_network_file_system_is_an_error() {
        let severity = |found| file_system(&found).map(|finding| finding.severity);
        assert_eq!(severity(FileSystem::Local), None);
        assert_eq!(severity(FileSystem::Network("NFS")), Some(Severity::Error));
        assert_eq!(severity(FileSystem::Unknown("FUSE")), Some(Severity::Info));
    }
}
