//! The names and the order of the files of the audit trail: one for each month.
//!
//! If the clock was ahead for a while, a month has further parts: `2026-11b.jsonl` follows
//! `2026-11.jsonl`.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::platform;
use crate::store::file;

/// The length of a month in the name of a file, such as `2026-11`.
const MONTH: usize = 7;

/// Lists the files of the trail in `directory`, oldest first.
pub(super) fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = file::entries(directory)?.into_iter();
    let names = entries.filter(|(name, is_directory)| !is_directory && is_audit_file(name));
    let mut paths: Vec<_> = names.map(|(name, _)| directory.join(name)).collect();
    // Names are distinct.
    paths.sort_unstable();
    Ok(paths)
}

/// Returns whether this is the name of a file of the trail.
pub(super) fn is_audit_file(name: &str) -> bool {
    let Some((month, part)) =
        name.strip_suffix(".jsonl").and_then(|name| name.split_at_checked(MONTH))
    else {
        return false;
    };
    matches!(part.as_bytes(), [] | [b'b'..=b'z'])
        && month.bytes().enumerate().all(|(at, byte)| match at {
            4 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Returns the month in the name of an audit file, such as `2026-11`, without the letter of its part.
fn month_of(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.get(..MONTH).unwrap_or_default()
}

/// Counts the months up to one such as `2026-11`, so that their distance can be told.
fn number_of(month: &str) -> u32 {
    let digits = month.bytes().filter(u8::is_ascii_digit);
    let number =
        digits.fold(0, |number: u32, digit| number.wrapping_mul(10) + u32::from(digit - b'0'));
    number / 100 * 12 + number % 100
}

/// Returns whether a file was begun while the clock was ahead, or the clock is behind now. A file of the
/// next month does no harm: seconds are enough for that.
pub(super) fn is_ahead(path: &Path, month: &str) -> bool {
    number_of(month_of(path)) > number_of(month) + 1
}

/// Renames the files that were begun while the clock was ahead to parts of this month, in the same
/// order, so that the lines of this month are not written to the file of a future one. The caller holds
/// the lock.
///
/// An earlier file must confirm the clock: it may be behind now. A file that cannot be renamed keeps its
/// name: no login depends on it.
pub(super) fn bring_back(files: &mut [PathBuf], directory: &Path, month: &str) {
    let first = files.iter().position(|path| month_of(path) > month).unwrap_or(0);
    if first == 0 || !is_ahead(&files[first], month) {
        return;
    }
    let mut part = directory.join(format!("{month}.jsonl"));
    let mut letters = b'b'..=b'z';
    for at in first..files.len() {
        while part <= files[at - 1] {
            let Some(letter) = letters.next() else { return };
            part = directory.join(format!("{month}{}.jsonl", char::from(letter)));
        }
        if platform::with_retry(|| std::fs::rename(&files[at], &part)).is_err() {
            return;
        }
        files[at].clone_from(&part);
        // A power failure must not keep a later file's new name and lose an earlier one's.
        if platform::sync_directory(directory).is_err() {
            return;
        }
    }
}

/// Returns the file for the next line. A clock that was set back does not start an older file.
pub(super) fn newest(files: &[PathBuf], directory: &Path, month: &str) -> PathBuf {
    let present = directory.join(format!("{month}.jsonl"));
    files.last().filter(|last| **last > present).cloned().unwrap_or(present)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the files after a clock that was ahead: they become parts of the present month, in the same
    /// order. A clock that may be behind now changes no name.
    #[expect(clippy::disallowed_methods, reason = "files of a test, not documents")]
    #[test]
    fn files_of_a_clock_that_was_ahead_become_parts_of_the_month() {
        for (month, names, expected) in [
            ("2026-11", "2026-11 2099-03", "2026-11 2026-11b"),
            ("2026-11", "2026-10 2099-03", "2026-10 2026-11"),
            ("2026-11", "2026-11 2099-03 2099-04", "2026-11 2026-11b 2026-11c"),
            ("2026-11", "2026-11 2026-11b 2027-01", "2026-11 2026-11b 2026-11c"),
            ("2026-11", "2026-09 2027-01 2099-04", "2026-09 2026-11 2026-11b"),
            // The next month: the clock was set by seconds, or the file is soon that of the month.
            ("2026-11", "2026-11 2026-12", "2026-11 2026-12"),
            // A dead battery.
            ("2020-01", "2026-10 2026-11", "2026-10 2026-11"),
            ("2026-05", "2026-05 2026-06 2026-08", "2026-05 2026-06 2026-08"),
            // No earlier file confirms the clock.
            ("2026-11", "2099-03", "2099-03"),
            ("2026-11", "2026-11z 2099-03", "2026-11z 2099-03"),
        ] {
            let directory = tempfile::TempDir::new().unwrap();
            for name in names.split(' ') {
                std::fs::write(directory.path().join(format!("{name}.jsonl")), name).unwrap();
            }
            let mut found = files(directory.path()).unwrap();
            bring_back(&mut found, directory.path(), month);
            assert_eq!(found, files(directory.path()).unwrap(), "{names}");
            let stem = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert_eq!(found.iter().map(stem).collect::<Vec<_>>().join(" "), expected);
            let text = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
            assert_eq!(found.iter().map(text).collect::<Vec<_>>().join(" "), names);
        }
    }

    #[test]
    fn trail_files_are_named_after_months() {
        for (name, is_one) in [
            ("2026-11.jsonl", true),
            ("2026-11.json", false),
            ("2026-1.jsonl", false),
            ("202611.jsonl", false),
            ("2026111.jsonl", false),
            ("minutes.jsonl", false),
            ("2026-111.jsonl", false),
            ("2026-11b.jsonl", true),
            ("2026-11bc.jsonl", false),
            ("2026-11B.jsonl", false),
            ("2026-1é.jsonl", false),
        ] {
            assert_eq!(is_audit_file(name), is_one, "{name}");
        }
    }
}
