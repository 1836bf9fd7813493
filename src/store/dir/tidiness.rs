//! Finds files in a store that do not belong there or are exposed, and measures the trail.
//!
//! Checks names, types, owners and modes of files, never their contents.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::error::{Error, ErrorKind, Result};
use crate::names::name::AccountKey;
use crate::platform;
use crate::store::dir::files::Files;
use crate::store::dir::{file_name, staging};
use crate::store::upkeep::{FileFlaw, FileProblem};
use crate::store::{Scope, file};
use crate::time::Timestamp;

/// The age, in seconds, after which no running writer can own a temporary file.
const LONGEST_WRITE: u64 = 60;

impl Files {
    /// Checks every file and directory.
    ///
    /// # Errors
    /// If a directory cannot be listed.
    pub(super) fn file_problems(&self, now: Timestamp) -> Result<Vec<FileProblem>> {
        let mut found = Vec::new();
        self.walk(self.root(), now, &mut found)?;
        Ok(found)
    }

    /// Returns what fixes a flaw of many files at once.
    pub(super) fn hint_for_all(&self, flaw: FileFlaw) -> String {
        let root = self.root();
        match flaw {
            FileFlaw::Open => platform::hint_for_strangers(root, self.owner()),
            FileFlaw::Exposed => platform::close_command(root),
            FileFlaw::Link => platform::hint_for_links(root),
            FileFlaw::Temporary => "rw2fa init".to_owned(),
        }
    }

    /// Removes the leftovers of killed writers. Returns the number of files removed.
    ///
    /// # Errors
    /// If one of them cannot be removed, or another process holds its file's lock.
    pub(super) fn tidy(&self, now: Timestamp) -> Result<usize> {
        let mut count = 0;
        for problem in self.file_problems(now)? {
            let FileProblem { path, flaw: FileFlaw::Temporary, .. } = problem else { continue };
            count += if staging::is_staging_directory(self, &path) {
                staging::tidy(self)?
            } else {
                usize::from(self.remove_left_behind(&path, now)?)
            };
        }
        Ok(count)
    }

    /// Removes a temporary file under the lock of its writer, unless it has been rewritten in the
    /// meantime.
    fn remove_left_behind(&self, path: &Path, now: Timestamp) -> Result<bool> {
        let _lock = match self.account_of(path) {
            Some(key) => self.lock(Scope::Account(&key))?,
            None if path.ends_with(format!("{}sms-count.toml", file::TEMPORARY)) => {
                self.lock(Scope::SmsCount)?
            }
            None => self.lock(Scope::Settings)?,
        };
        match fs::symlink_metadata(path) {
            Ok(metadata) if is_left_behind(path, &metadata, now) => {}
            _ => return Ok(false),
        }
        match fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => {
                let what = format!("cannot remove {}", path.display());
                Err(Error::io(ErrorKind::Store, what, error))
            }
        }
    }

    /// The account that owns the document of a temporary file.
    fn account_of(&self, path: &Path) -> Option<AccountKey> {
        let below = path.strip_prefix(self.root()).ok()?;
        let parts: Option<Vec<&str>> = below.iter().map(std::ffi::OsStr::to_str).collect();
        let mut parts = parts?;
        let file = parts.pop()?.strip_prefix(file::TEMPORARY)?;
        let counter = file.strip_suffix(".attempts").map(|stem| format!("{stem}.toml"));
        parts.push(counter.as_deref().unwrap_or(file));
        // The path below the directory of the kind, and below the shard if there is one.
        let above = match *parts.first()? {
            "users" | "state" => 2,
            "groups" | "whitelist" => 1,
            _ => return None,
        };
        file_name::decode(parts.get(above..)?).map(|name| name.key())
    }

    fn walk(&self, directory: &Path, now: Timestamp, found: &mut Vec<FileProblem>) -> Result<()> {
        let failed = |error| {
            Error::io(ErrorKind::Store, format!("cannot list {}", directory.display()), error)
        };
        for entry in fs::read_dir(directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            // A file that vanishes in the meantime was temporary.
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if metadata.is_symlink() {
                let error = file::is_a_link(&path);
                found.push(FileProblem { path, flaw: FileFlaw::Link, error });
                continue;
            }
            if let Some((problem, hint)) =
                platform::privacy_problem(&path, None, &metadata, self.owner())
            {
                let is_exposed = platform::is_exposed(&metadata, self.owner());
                let flaw = if is_exposed { FileFlaw::Exposed } else { FileFlaw::Open };
                let error = Error::new(ErrorKind::Store, problem).with_hint(hint);
                found.push(FileProblem { path: path.clone(), flaw, error });
            }
            if metadata.is_dir() && staging::is_staging_directory(self, &path) {
                // Its contents change while another program adds users from a file.
                if staging::is_left_behind(&path) {
                    found.push(left_behind(path));
                }
            } else if metadata.is_dir() {
                self.walk(&path, now, found)?;
            } else if is_left_behind(&path, &metadata, now) {
                found.push(left_behind(path));
            }
        }
        Ok(())
    }

    /// Returns the size of the audit trail in bytes, and its number of months.
    pub(super) fn audit_size(&self) -> (u64, u64) {
        let files = file::entries(&self.root().join("audit")).unwrap_or_default();
        let sizes =
            files.iter().filter(|(_, is_directory)| !is_directory).filter_map(|(name, _)| {
                fs::symlink_metadata(self.root().join("audit").join(name)).ok()
            });
        sizes.fold((0, 0), |(bytes, months), file| (bytes + file.len(), months + 1))
    }
}

fn left_behind(path: PathBuf) -> FileProblem {
    let error = file::broken(&path, "was left behind by a program that was killed");
    FileProblem { path, flaw: FileFlaw::Temporary, error: error.with_hint("rw2fa init") }
}

fn is_left_behind(path: &Path, metadata: &Metadata, now: Timestamp) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !name.starts_with(file::TEMPORARY) {
        return false;
    }
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let changed = changed.and_then(|time| i64::try_from(time.as_secs()).ok()).unwrap_or(0);
    now.unix().abs_diff(changed) > LONGEST_WRITE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::name::Name;
    use crate::store::dir::find;

    fn store(directory: &tempfile::TempDir) -> Files {
        let root = directory.path().join("store");
        crate::store::create(&root, None, "", "").unwrap();
        find(&root).unwrap().open().unwrap().files
    }

    /// Guards running writers: their files are removed only under the lock that they hold.
    #[test]
    fn a_temporary_file_belongs_to_the_account_of_its_document() {
        let directory = tempfile::TempDir::new().unwrap();
        let store = store(&directory);
        for (path, account) in [
            ("users/278/.tmp-alice.toml", Some("alice")),
            ("state/278/.tmp-alice.toml", Some("alice")),
            ("state/278/.tmp-alice.attempts", Some("alice")),
            ("state/278/.tmp-alice.attempts.toml", Some("alice.attempts")),
            ("groups/.tmp-staff.toml", Some("staff")),
            ("whitelist/.tmp-kiosk.toml", Some("kiosk")),
            (".tmp-store.toml", None),
            (".tmp-key", None),
            ("users/278/alice.toml", None),
            ("audit/.tmp-alice.toml", None),
        ] {
            let key = account.map(|name| Name::parse(name).unwrap().key());
            assert_eq!(store.account_of(&store.root().join(path)), key, "{path}");
        }
        assert_eq!(store.account_of(Path::new("/users/278/.tmp-alice.toml")), None);
    }

    /// Guards slow writers: they have one minute, to the second.
    #[test]
    fn files_older_than_a_minute_are_leftovers() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join(".tmp-document");
        file::create_fresh(&path).unwrap();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let written = metadata.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let written = i64::try_from(written).unwrap();
        for (after, expected) in [(0, false), (60, false), (61, true), (-60, false), (-61, true)] {
            let now = Timestamp::from_unix(written + after);
            assert_eq!(is_left_behind(&path, &metadata, now), expected, "{after}");
            assert!(!is_left_behind(&path.with_file_name("document"), &metadata, now));
        }
    }

    #[test]
    fn the_size_of_the_trail_is_the_sum_of_its_files() {
        let directory = tempfile::TempDir::new().unwrap();
        let store = store(&directory);
        assert_eq!(store.audit_size(), (0, 0));
        let audit = store.root().join("audit");
        for (name, length) in [("2026-10.jsonl", 5), ("2026-11.jsonl", 1000)] {
            file::replace(&audit.join(name), &vec![b'x'; length]).unwrap();
        }
        fs::create_dir(audit.join("directory")).unwrap();
        assert_eq!(store.audit_size(), (1005, 2));
    }
}
