//! Determines whether the files of a store can be written: creates temporary ones, and opens the documents for writing.
//!
//! Leaves nothing behind.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind};
use crate::platform;
use crate::store::dir::files::Files;
use crate::store::dir::health::with_hint;
use crate::store::file;
use crate::store::upkeep::{Extent, HealthProblem};

/// The disk space of one document.
const PROBE: [u8; 4096] = [0; 4096];

/// The directories of documents.
const KINDS: [&str; 4] = ["state", "users", "groups", "whitelist"];

/// Why something cannot be written.
#[derive(Debug)]
enum Obstacle {
    /// The system refuses it.
    Io(io::Error),
    /// A directory has the name of the temporary file.
    Directory,
}

impl Files {
    /// Creates, writes and removes a file in the directories that a login or a command writes to: in each of them,
    /// or in one of each kind.
    pub(super) fn directories(&self, extent: Extent) -> Vec<HealthProblem> {
        let root = unwritable_directory(&[self.root().to_owned()]);
        let mut found: Vec<_> = root.into_iter().collect();
        for kind in KINDS.into_iter().chain(["audit"]) {
            let top = self.root().join(kind);
            // Other checks report a missing directory.
            if !matches!(file::has_directory(&top, self.owner()), Ok(true)) {
                continue;
            }
            let mut directories = vec![top.clone()];
            match extent {
                Extent::Whole if KINDS.contains(&kind) => {
                    collect_directories(&top, &mut directories);
                }
                Extent::Whole => {}
                Extent::Shared => {
                    let below = file::entries(&top).unwrap_or_default();
                    let mut below = below.into_iter().filter(|(_, is_directory)| *is_directory);
                    directories.extend(below.next().map(|(name, _)| top.join(name)));
                }
            }
            found.extend(unwritable_directory(&directories));
        }
        found
    }

    /// Finds documents that cannot be replaced. A login must be able to change those in `state/`, and the number of
    /// messages.
    pub(super) fn unwritable(&self) -> Vec<HealthProblem> {
        let mut found = Vec::new();
        let mut add = |files: Vec<(PathBuf, Obstacle)>, top: &Path, is_error: bool| {
            let problem = unwritable_files(files, top);
            found.extend(problem.map(|error| HealthProblem { part: "writing", is_error, error }));
        };
        for kind in KINDS {
            let directory = self.root().join(kind);
            let mut files = Vec::new();
            find_unwritable(&directory, &mut files);
            // An administrator may deliberately have made the lists immutable.
            add(files, &directory, kind == "state");
        }
        for (name, is_error) in [("sms-count.toml", true), ("store.toml", false)] {
            let path = self.root().join(name);
            let temporary = self.root().join(format!("{}{name}", file::TEMPORARY));
            let files = [obstacle(&path), obstacle(&temporary)];
            add(files.into_iter().flatten().collect(), self.root(), is_error);
        }
        found
    }
}

/// Reports the directories that cannot be written, as one problem.
fn unwritable_directory(directories: &[PathBuf]) -> Option<HealthProblem> {
    let mut failed = directories.iter().enumerate().filter_map(|(at, directory)| {
        // One durable write for each kind; the others find out what prevents writing in a single directory.
        let depth = if at < 2 { Depth::Durable } else { Depth::Created };
        let error = write_and_remove(directory, depth).err()?;
        Some((directory, error))
    });
    let (first, error) = failed.next()?;
    let more = failed.count();
    let (what, hint) = match more {
        0 => (
            format!("cannot write in {}", first.display()),
            platform::unlock_command(first, false, &error),
        ),
        more => (
            format!("cannot write in {} directories, such as {}", more + 1, first.display()),
            platform::unlock_command(directories.first().unwrap_or(first), true, &error),
        ),
    };
    let problem = with_hint(Error::io(ErrorKind::Store, what, error), hint);
    Some(HealthProblem::error("writing", problem))
}

/// Describes files below `top` that cannot be written.
fn unwritable_files(files: Vec<(PathBuf, Obstacle)>, top: &Path) -> Option<Error> {
    let count = files.len();
    let (path, obstacle) = files.into_iter().min_by(|(one, _), (other, _)| one.cmp(other))?;
    let error = match obstacle {
        Obstacle::Directory => {
            let what = "is a directory with the name of a temporary file: the document beside it cannot be written";
            return Some(file::broken(&path, what).with_hint(platform::set_aside_command(&path)));
        }
        Obstacle::Io(error) => error,
    };
    let place = path.display();
    let (what, hint) = match count {
        1 => (format!("cannot write {place}"), platform::unlock_command(&path, false, &error)),
        _ => (
            format!("cannot write {count} documents, such as {place}"),
            platform::unlock_command(top, true, &error),
        ),
    };
    Some(with_hint(Error::io(ErrorKind::Store, what, error), hint))
}

/// How much of a write is tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// A file is created.
    Created,
    /// It is also written twice and synced.
    Durable,
}

/// Creates a file and removes it. In between, writes it as far as `depth` says.
fn write_and_remove(directory: &Path, depth: Depth) -> io::Result<()> {
    let path = directory.join(format!("{}health-{}", file::TEMPORARY, std::process::id()));
    let written = write(&path, depth);
    let removed = match fs::remove_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    written.and(removed)
}

fn write(path: &Path, depth: Depth) -> io::Result<()> {
    let mut file = file::create_fresh(path)?;
    if depth == Depth::Created {
        return Ok(());
    }
    file.write_all(&PROBE)?;
    file.sync_all()?;
    drop(file);
    let mut file = platform::open_with_retry(platform::private_file().write(true), path)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&PROBE[..8])?;
    file.sync_data()
}

/// Collects the directories below `directory`, except those with temporary names.
fn collect_directories(directory: &Path, found: &mut Vec<PathBuf>) {
    for (name, is_directory) in file::entries(directory).unwrap_or_default() {
        if is_directory {
            let path = directory.join(name);
            found.push(path.clone());
            collect_directories(&path, found);
        }
    }
}

/// Collects the files below `directory` that cannot be opened for writing. Other checks report unreadable
/// directories.
fn find_unwritable(directory: &Path, found: &mut Vec<(PathBuf, Obstacle)>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_directory && !is_temporary(&path) {
            find_unwritable(&path, found);
        } else {
            found.extend(obstacle(&path));
        }
    }
}

/// Returns why the file at `path` cannot be written. A missing file can be.
fn obstacle(path: &Path) -> Option<(PathBuf, Obstacle)> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    let obstacle = if kind.is_dir() && is_temporary(path) {
        Obstacle::Directory
    } else if kind.is_file() {
        match platform::open_with_retry(platform::private_file().write(true), path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Obstacle::Io(error),
            _ => return None,
        }
    } else {
        return None;
    };
    Some((path.to_owned(), obstacle))
}

fn is_temporary(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(file::TEMPORARY.as_bytes()))
}
