//! Moves months of the audit trail to another directory.
//!
//! Each month is copied, synced and compared before the original is removed, so a kill leaves it in one
//! place or in both. Works with whole files and does not parse lines.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::platform;
use crate::store::dir::files::Files;
use crate::store::dir::lock_file;
use crate::store::dir::months;
use crate::store::dir::trail::{self, TornEnd};
use crate::store::upkeep::{Archive, TrailPosition};
use crate::store::{EachLine, file};

/// The lock file of an archive. It stops two programs from copying into it at once.
const LOCK: &str = ".lock";

/// How many bytes are compared at a time.
const CHUNK: usize = 64 * 1024;

/// An archive directory, locked until it is dropped.
pub(super) struct DirArchive<'a> {
    files: &'a Files,
    directory: &'a Path,
    _lock: lock_file::Lock,
}

impl Files {
    /// Lists the months of the trail, oldest first, such as `2026-09`.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub(super) fn audit_months(&self) -> Result<Vec<String>> {
        months_in(&self.trail_directory())
    }

    /// Passes each line of one month of the trail to `each`.
    ///
    /// # Errors
    /// If the month is missing or cannot be read, and any error of `each`.
    pub(super) fn audit_month(&self, month: &str, each: &mut EachLine<'_>) -> Result<()> {
        let path = month_path(&self.trail_directory(), month);
        if trail::file_lines(&path, self.owner(), each)? { Ok(()) } else { Err(vanished(&path)) }
    }

    /// Passes each line after `position` to `each`, oldest first, and moves the position behind it.
    ///
    /// # Errors
    /// If the trail cannot be read or became shorter, and any error of `each`.
    pub(super) fn audit_lines_after(
        &self,
        position: &mut TrailPosition,
        each: &mut EachLine<'_>,
    ) -> Result<()> {
        let months = self.audit_months()?;
        // The newest file was renamed: it had been begun while the clock was ahead.
        if let Some(newest) = months.last().filter(|newest| **newest < position.month) {
            position.month.clone_from(newest);
        }
        for (at, month) in months.iter().enumerate() {
            if *month < position.month {
                continue;
            }
            if *month > position.month {
                *position = TrailPosition { month: month.clone(), ..TrailPosition::default() };
            }
            // Nothing is appended to a month once the next one exists.
            let end = if at + 1 < months.len() { TornEnd::Passed } else { TornEnd::Left };
            let path = month_path(&self.trail_directory(), month);
            // A month that was moved away meanwhile was an old one.
            trail::lines_after(&path, self.owner(), position, end, each)?;
        }
        Ok(())
    }

    /// Passes each line of the archive in `directory` and of the trail to `each`, oldest first. A month
    /// that a kill left in both is read once.
    ///
    /// # Errors
    /// If a month cannot be read or differs between the two, and any error of `each`.
    pub(super) fn archived_lines(&self, directory: &Path, each: &mut EachLine<'_>) -> Result<()> {
        self.check_archive(directory)?;
        let (archived, present) = (months_in(directory)?, self.audit_months()?);
        let mut all: Vec<_> = archived.iter().chain(&present).collect();
        all.sort();
        all.dedup();
        for month in all {
            let (copy, original) =
                (month_path(directory, month), month_path(&self.trail_directory(), month));
            let is_archived = archived.contains(month);
            if is_archived && present.contains(month) && self.differs(&copy, &original)? {
                return Err(differing(&copy, &original));
            }
            let path = if is_archived { &copy } else { &original };
            if !trail::file_lines(path, self.owner(), each)? {
                return Err(vanished(path));
            }
        }
        Ok(())
    }

    /// Locks the archive in `directory`, which must exist, be private, and be outside the store.
    ///
    /// # Errors
    /// If it does not meet these conditions, or another program is archiving into it.
    pub(super) fn archive<'a>(&'a self, directory: &'a Path) -> Result<DirArchive<'a>> {
        self.refuse_inside(directory)?;
        self.check_archive(directory)?;
        let lock =
            lock_file::lock(&directory.join(LOCK), self.owner(), lock_file::IfMissing::Create)?;
        Ok(DirArchive { files: self, directory, _lock: lock })
    }

    /// Refuses a directory inside the store.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`].
    pub(super) fn refuse_inside(&self, directory: &Path) -> Result<()> {
        let place = directory.ancestors().find_map(|part| {
            let part = if part.as_os_str().is_empty() { Path::new(".") } else { part };
            fs::canonicalize(part).ok()
        });
        let root = fs::canonicalize(self.root()).ok();
        if place.zip(root).is_some_and(|(place, root)| place.starts_with(root)) {
            let what = format!("{} is in the store", directory.display());
            return Err(
                Error::new(ErrorKind::Refused, what).with_hint("use a directory outside the store")
            );
        }
        Ok(())
    }

    fn check_archive(&self, directory: &Path) -> Result<()> {
        if file::has_directory(directory, self.owner())? {
            return Ok(());
        }
        let what = format!("the directory {} does not exist", directory.display());
        Err(Error::new(ErrorKind::Refused, what)
            .with_hint("use the directory to which 'rw2fa audit archive' moved months"))
    }

    fn trail_directory(&self) -> PathBuf {
        self.root().join("audit")
    }

    /// Compares the contents of two existing files.
    fn differs(&self, one: &Path, other: &Path) -> Result<bool> {
        let open = |path: &Path| {
            let mut options = platform::private_file();
            let found = file::open(path, self.owner(), options.read(true))?;
            found.map(|(file, _)| file).ok_or_else(|| vanished(path))
        };
        let failed = |path: &Path, error| {
            Error::io(ErrorKind::Store, format!("cannot read {}", path.display()), error)
        };
        let (mut left, mut right) = (BufReader::new(open(one)?), BufReader::new(open(other)?));
        loop {
            let (mut first, mut second) = (Vec::new(), Vec::new());
            let limit = CHUNK as u64;
            (&mut left).take(limit).read_to_end(&mut first).map_err(|error| failed(one, error))?;
            (&mut right)
                .take(limit)
                .read_to_end(&mut second)
                .map_err(|error| failed(other, error))?;
            if first != second {
                return Ok(true);
            }
            if first.is_empty() {
                return Ok(false);
            }
        }
    }
}

impl Archive for DirArchive<'_> {
    fn check(&self, month: &str) -> Result<()> {
        let (copy, original) = self.places(month);
        match fs::symlink_metadata(&copy) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => {
                let what = format!("cannot examine {}", copy.display());
                Err(Error::io(ErrorKind::Store, what, error))
            }
            Ok(_) if self.files.differs(&copy, &original)? => Err(differing(&copy, &original)),
            Ok(_) => Ok(()),
        }
    }

    fn take(&self, month: &str) -> Result<()> {
        let (copy, original) = self.places(month);
        self.check(month)?;
        if !copy.exists() {
            self.copy(&original, &copy)?;
        }
        // SECURITY: the original is removed only after the same bytes are durable in the archive.
        if self.files.differs(&copy, &original)? {
            return Err(differing(&copy, &original));
        }
        // A copy that was there already may not be durable.
        let mut options = platform::private_file();
        let found = file::open(&copy, self.files.owner(), options.read(true))?;
        let (copied, _) = found.ok_or_else(|| vanished(&copy))?;
        platform::sync_read_file(&copied, &copy)
            .map_err(|error| file::not_written(&copy, error))?;
        platform::sync_directory(self.directory)
            .map_err(|error| file::not_written(&copy, error))?;
        file::remove(&original).map(|_| ())
    }
}

impl DirArchive<'_> {
    fn copy(&self, original: &Path, copy: &Path) -> Result<()> {
        let mut options = platform::private_file();
        let found = file::open(original, self.files.owner(), options.read(true))?;
        let (mut source, _) = found.ok_or_else(|| vanished(original))?;
        let (_, temporary) = file::temporary_of(copy)?;
        let failed = |error| file::not_written(copy, error);
        let written = file::create_fresh(&temporary).and_then(|mut target: File| {
            std::io::copy(&mut source, &mut target)?;
            target.sync_all()
        });
        let placed = written.and_then(|()| platform::with_retry(|| fs::rename(&temporary, copy)));
        if placed.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        placed.map_err(failed)
    }

    fn places(&self, month: &str) -> (PathBuf, PathBuf) {
        (month_path(self.directory, month), month_path(&self.files.trail_directory(), month))
    }
}

fn months_in(directory: &Path) -> Result<Vec<String>> {
    let stem = |path: PathBuf| path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    Ok(months::files(directory)?.into_iter().filter_map(stem).collect())
}

fn month_path(directory: &Path, month: &str) -> PathBuf {
    directory.join(format!("{month}.jsonl"))
}

fn differing(copy: &Path, original: &Path) -> Error {
    let what = format!("{} differs from {}", copy.display(), original.display());
    Error::new(ErrorKind::Refused, what)
        .with_hint("it belongs to another store, or was changed: use another directory")
}

fn vanished(path: &Path) -> Error {
    let what = format!("{} was moved away meanwhile", path.display());
    Error::new(ErrorKind::Busy, what).with_hint("run the command again")
}
