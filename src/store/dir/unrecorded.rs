//! The changes that are not in the trail yet, as files in `unrecorded/`.
//!
//! Each is removed once its line is in the trail. Recording needs no lock: two programs that record the same change at
//! once record it twice, and none is lost.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::store::dir::Files;
use crate::store::file;
use crate::store::unrecorded::Unrecorded;

impl Files {
    fn unrecorded_directory(&self) -> PathBuf {
        self.root().join("unrecorded")
    }

    /// Reads the changes that are not in the audit trail yet, oldest first.
    pub(super) fn read_unrecorded(&self) -> Result<Vec<Unrecorded>> {
        let directory = self.unrecorded_directory();
        if !file::has_directory(&directory, self.owner())? {
            return Ok(Vec::new());
        }
        let mut names: Vec<_> =
            file::entries(&directory)?.into_iter().map(|(name, _)| name).collect();
        // Skips backup copies of editors.
        names.retain(|name| Path::new(name).extension().is_some_and(|ending| ending == "toml"));
        names.sort();
        let mut changes = Vec::with_capacity(names.len());
        for name in names {
            let path = directory.join(&name);
            // Another program may have recorded it in the meantime.
            let Some(text) = file::read(&path, self.owner())? else { continue };
            let change: Unrecorded = toml::from_str(&text).map_err(|error| {
                let what = format!("{}: {}", path.display(), error.message());
                Error::new(ErrorKind::Store, what).with_hint(
                    "it contains a change that the audit trail does not show: restore the file, \
                     or write down its contents and remove it",
                )
            })?;
            changes.push(Unrecorded { id: name, ..change });
        }
        Ok(changes)
    }

    /// Saves a change durably until it is recorded. The caller holds the settings lock.
    pub(super) fn keep_unrecorded(&self, change: &Unrecorded) -> Result<()> {
        let directory = self.unrecorded_directory();
        file::make_directory(&directory)?;
        file::check_directory(&directory, self.owner())?;
        let taken = file::entries(&directory)?;
        // Tries one more name than there are files, so one of them is free.
        let name = (0..=taken.len())
            .map(|number| format!("{:012}-{number}.toml", change.at.unix()))
            .find(|name| !taken.iter().any(|(taken, _)| taken == name))
            .unwrap_or_default();
        let text = toml::to_string(change).map_err(|error| {
            Error::new(ErrorKind::Store, format!("cannot write a document: {error}"))
        })?;
        file::replace(&directory.join(name), text.as_bytes())
    }

    /// Deletes a saved change once its line is in the trail.
    pub(super) fn forget_unrecorded(&self, change: &Unrecorded) -> Result<()> {
        file::remove(&self.unrecorded_directory().join(&change.id)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::dir::find;
    use crate::time::Timestamp;

    /// Guards that no change is lost: each is saved under its own name, in order, until it is recorded.
    #[test]
    fn changes_are_kept_in_order_until_they_are_recorded() {
        let directory = tempfile::TempDir::new().unwrap();
        let root = directory.path().join("store");
        crate::store::create(&root, None, "", "").unwrap();
        let store = find(&root).unwrap().open().unwrap().files;
        assert_eq!(store.read_unrecorded().unwrap(), []);
        let values: toml::Table = toml::from_str("enabled = [true, false]").unwrap();
        for (at, by) in [(2000, "root"), (1000, "ann"), (2000, "zoe")] {
            let change = Unrecorded::new(Timestamp::from_unix(at), by, "disable", values.clone());
            store.keep_unrecorded(&change).unwrap();
        }
        let kept = store.read_unrecorded().unwrap();
        assert_eq!(
            kept.iter().map(|change| &*change.by).collect::<Vec<_>>(),
            ["ann", "root", "zoe"]
        );
        assert!(kept.iter().all(|change| change.values == values && change.action == "disable"));
        store.forget_unrecorded(&kept[1]).unwrap();
        // Happens when two programs record the same change at once.
        store.forget_unrecorded(&kept[1]).unwrap();
        let left = store.read_unrecorded().unwrap();
        assert_eq!(left, [kept[0].clone(), kept[2].clone()]);
        let damaged = root.join("unrecorded").join(&kept[0].id);
        file::replace(&damaged, b"by = 1\n").unwrap();
        let problem = store.read_unrecorded().unwrap_err();
        assert!(problem.to_string().contains("unrecorded") && problem.hint().is_some());
    }
}
