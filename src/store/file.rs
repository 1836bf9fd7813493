//! Files: private, never through a link, replaced atomically and durably.
//!
//! This file knows bytes and paths; it does not know documents.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner};

/// How long a lock is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How often a file that is replaced again and again is opened.
const REOPENINGS: u32 = 100;

/// What the names of temporary files begin with.
pub(super) const TEMPORARY: &str = ".tmp-";

/// A document larger than this, in bytes, is not one of ours.
pub(super) const LARGEST: u64 = 1024 * 1024;

/// The text of a file; `None` if it does not exist.
pub(super) fn read(path: &Path, owner: Owner) -> Result<Option<Zeroizing<String>>> {
    let Some((file, metadata)) = open(path, owner, platform::private_file().read(true))? else {
        return Ok(None);
    };
    if metadata.len() > LARGEST {
        return Err(broken(path, "is larger than 1 MiB, the most a document has")
            .with_hint("move it away, and restore the document from a backup"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    // One byte more, so that the buffer does not grow again to find the end.
    bytes.reserve_exact(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    // Limited by what was found above, and so without asking for the size again.
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot read {}", path.display()), error)
    })?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| {
        broken(path, "is not UTF-8").with_hint("save it as UTF-8, or restore it from a backup")
    })?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// Opens a file that must be regular, private, and have one link.
///
/// A file that another one took the place of meanwhile has no link any more: then that one is opened.
pub(super) fn open(
    path: &Path,
    owner: Owner,
    options: &fs::OpenOptions,
) -> Result<Option<(File, Metadata)>> {
    let mut tries = 0;
    loop {
        let Some((file, metadata)) = open_once(path, options)? else { return Ok(None) };
        tries += 1;
        if platform::was_replaced(&metadata) && tries < REOPENINGS {
            continue;
        }
        check_privacy(path, Some(&file), &metadata, owner)?;
        return Ok(Some((file, metadata)));
    }
}

fn open_once(path: &Path, options: &fs::OpenOptions) -> Result<Option<(File, Metadata)>> {
    let file = match platform::open_patiently(options, path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if platform::is_link_error(&error) => {
            return Err(broken(path, "is a link")
                .with_hint("documents must be plain files: remove the link"));
        }
        Err(error) => {
            return Err(Error::io(
                ErrorKind::Store,
                format!("cannot open {}", path.display()),
                error,
            ));
        }
    };
    let metadata = file.metadata().map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot look at {}", path.display()), error)
    })?;
    if !metadata.is_file() {
        return Err(broken(path, "is not a plain file")
            .with_hint("move it away, and restore the file from a backup"));
    }
    Ok(Some((file, metadata)))
}

/// Checks that a directory exists, is no link, and that only its owner may use it.
pub(super) fn check_directory(path: &Path, owner: Owner) -> Result<()> {
    if has_directory(path, owner)? {
        return Ok(());
    }
    Err(broken(path, "is missing")
        .with_hint("a part of the store is gone: restore it from a backup"))
}

/// Whether anything is at `path`; if so it must be a directory, no link, that only its owner may use.
pub(super) fn has_directory(path: &Path, owner: Owner) -> Result<bool> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => {
            return Err(Error::io(
                ErrorKind::Store,
                format!("cannot look at {}", path.display()),
                error,
            ));
        }
    };
    if !metadata.is_dir() {
        return Err(not_a_directory(path));
    }
    check_privacy(path, None, &metadata, owner).map(|()| true)
}

/// The error that a link or a file is where a directory of the store should be.
pub(super) fn not_a_directory(path: &Path) -> Error {
    broken(path, "is not a directory")
        .with_hint("a part of the store is gone: restore the directory from a backup")
}

fn check_privacy(
    path: &Path,
    file: Option<&File>,
    metadata: &Metadata,
    owner: Owner,
) -> Result<()> {
    match platform::privacy_problem(path, file, metadata, owner) {
        None => Ok(()),
        Some((problem, hint)) => Err(Error::new(ErrorKind::Store, problem).with_hint(hint)),
    }
}

/// An error about the file at `path`.
pub(super) fn broken(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::Store, format!("{} {what}", path.display()))
}

/// Overwrites the file at `path` in place and makes it durable, which allocates nothing. A file that is missing
/// or has another length is replaced. The caller holds the lock.
pub(super) fn overwrite(path: &Path, text: &[u8], owner: Owner) -> Result<()> {
    let found = open(path, owner, platform::private_file().write(true))?;
    let Some((mut file, _)) = found.filter(|(_, metadata)| metadata.len() == text.len() as u64)
    else {
        return replace(path, text);
    };
    let written = file.write_all(text).and_then(|()| file.sync_data());
    written.map_err(|error| not_written(path, error))
}

/// Puts `text` in the place of the file at `path`. Whoever calls this holds the lock.
pub(super) fn replace(path: &Path, text: &[u8]) -> Result<()> {
    Replacement::begin(path, text)?.publish()
}

/// The next text of a file, written beside it. Dropped before it is published, it is gone.
///
/// A kill at any instruction leaves the old or the new text. What a killed writer left behind is
/// replaced by the next one, because all writers of a file use the same temporary name.
pub(super) struct Replacement {
    path: PathBuf,
    parent: PathBuf,
    temporary: PathBuf,
    /// Open until it is durable.
    file: Option<File>,
    is_published: bool,
}

impl Replacement {
    /// Writes the next text of the file at `path`. The caller holds the lock.
    pub(super) fn begin(path: &Path, text: &[u8]) -> Result<Self> {
        let (parent, temporary) = temporary_of(path)?;
        let mut file = create_anew(&temporary).map_err(|error| not_written(path, error))?;
        let written = file.write_all(text);
        let (path, parent) = (path.to_owned(), parent.to_owned());
        let begun = Self { path, parent, temporary, file: Some(file), is_published: false };
        written.map_err(|error| begun.not_written(error))?;
        Ok(begun)
    }

    /// Takes room for a next text of `length` bytes, which [`Self::fill`] gives. The caller holds the lock.
    pub(super) fn reserve(path: &Path, length: usize) -> Result<Self> {
        Self::begin(path, &vec![b'\n'; length])
    }

    /// Writes the text for which room was taken.
    pub(super) fn fill(&mut self, text: &[u8]) -> Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let filled = file.rewind().and_then(|()| file.write_all(text));
        let filled = filled.and_then(|()| file.set_len(text.len() as u64));
        filled.map_err(|error| self.not_written(error))
    }

    /// Whether this is the next text of the file at `path`.
    pub(super) fn is_of(&self, path: &Path) -> bool {
        self.path == path
    }

    /// Makes the text durable, though not yet in its place.
    pub(super) fn sync(&mut self) -> Result<()> {
        let synced = self.file.take().map_or(Ok(()), |file| file.sync_all());
        synced.map_err(|error| self.not_written(error))
    }

    /// Puts the text in its place, durably.
    pub(super) fn publish(mut self) -> Result<()> {
        self.sync()?;
        platform::patiently(|| fs::rename(&self.temporary, &self.path))
            .map_err(|error| self.not_written(error))?;
        self.is_published = true;
        platform::sync_directory(&self.parent).map_err(|error| self.not_written(error))
    }

    fn not_written(&self, error: std::io::Error) -> Error {
        not_written(&self.path, error)
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.is_published {
            self.file = None;
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// The error that the file at `path` could not be written.
pub(super) fn not_written(path: &Path, error: std::io::Error) -> Error {
    Error::io(ErrorKind::Store, format!("cannot write {}", path.display()), error)
}

/// The directory of the file at `path`, and the name under which its next text is written.
pub(super) fn temporary_of(path: &Path) -> Result<(&Path, PathBuf)> {
    match (path.parent(), path.file_name().and_then(|name| name.to_str())) {
        (Some(parent), Some(name)) => Ok((parent, parent.join(format!("{TEMPORARY}{name}")))),
        _ => Err(broken(path, "has no directory")),
    }
}

/// Makes a new private file, in the place of what a killed writer left behind.
pub(super) fn create_anew(temporary: &Path) -> std::io::Result<File> {
    let mut options = platform::private_file();
    options.write(true).create_new(true);
    match options.open(temporary) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            platform::patiently(|| fs::remove_file(temporary))?;
            platform::patiently(|| options.open(temporary))
        }
        other => other,
    }
}

/// Removes a file, and what a killed writer of it left behind; whether there was one. Whoever calls this
/// holds the lock.
pub(super) fn remove(path: &Path) -> Result<bool> {
    let failed =
        |error| Error::io(ErrorKind::Store, format!("cannot remove {}", path.display()), error);
    if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
        // SECURITY: a secret that is to be destroyed may stand there too.
        let temporary = path.with_file_name(format!("{TEMPORARY}{name}"));
        match platform::patiently(|| fs::remove_file(&temporary)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    match platform::patiently(|| fs::remove_file(path)) {
        Ok(()) => {
            if let Some(parent) = path.parent() {
                platform::sync_directory(parent).map_err(failed)?;
            }
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

/// Makes a directory that only its owner can enter, unless it is there.
pub(super) fn make_directory(path: &Path) -> Result<()> {
    let failed =
        |error| Error::io(ErrorKind::Store, format!("cannot make {}", path.display()), error);
    match platform::make_inner_directory(path) {
        Ok(()) => {
            path.parent().map_or(Ok(()), |parent| platform::sync_directory(parent).map_err(failed))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

/// The lock on a lock file, held until it is dropped. The system frees it when the process dies.
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Gives the lock back, and keeps the lock file open for [`take`].
    pub(super) fn release(self) -> std::io::Result<File> {
        self.file.unlock().map(|()| self.file)
    }
}

/// What is done where a lock file is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// It is a part of the store that is gone.
    Refused,
    /// It is made: stores of earlier versions lack it.
    Made,
}

/// Takes the lock on the file at `path`.
///
/// # Errors
/// [`ErrorKind::Busy`] when another process holds it for 5 s; the error names that process.
pub(super) fn lock(path: &Path, owner: Owner, absent: Absent) -> Result<Lock> {
    let mut found = open_lock(path, owner)?;
    if found.is_none() && absent == Absent::Made {
        if let Some(directory) = path.parent() {
            check_directory(directory, owner)?;
        }
        let mut options = platform::private_file();
        options.read(true).write(true).create(true);
        // Whoever makes it first, all open the same file.
        found = open(path, owner, &options)?.map(|(file, _)| file);
    }
    let Some(file) = found else {
        return Err(
            broken(path, "is missing").with_hint("lock files are never removed: run 'rw2fa init'")
        );
    };
    take(path, file, PATIENCE)
}

/// Takes the lock on an open lock file.
///
/// # Errors
/// As for [`lock`].
pub(super) fn take(path: &Path, file: File, patience: Duration) -> Result<Lock> {
    let started = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { file }),
            Err(fs::TryLockError::WouldBlock) if started.elapsed() < patience => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(5));
            }
            Err(fs::TryLockError::WouldBlock) => return last_try(path, file),
            Err(fs::TryLockError::Error(error)) => return Err(not_locked(path, error)),
        }
    }
}

/// Opens the lock file at `path`; `None` if it is missing.
pub(super) fn open_lock(path: &Path, owner: Owner) -> Result<Option<File>> {
    let mut options = platform::private_file();
    options.read(true).write(true);
    Ok(open(path, owner, &options)?.map(|(file, _)| file))
}

/// Takes a lock that was waited for long enough, if it is free by now; else names its holder.
fn last_try(path: &Path, file: File) -> Result<Lock> {
    let holder = platform::lock_holder(&file);
    match file.try_lock() {
        Ok(()) => Ok(Lock { file }),
        Err(fs::TryLockError::WouldBlock) => {
            let message = format!("{holder} held the lock {} for 5 s", path.display());
            Err(Error::new(ErrorKind::Busy, message).with_hint(holder.hint()))
        }
        Err(fs::TryLockError::Error(error)) => Err(not_locked(path, error)),
    }
}

pub(super) fn not_locked(path: &Path, error: std::io::Error) -> Error {
    Error::io(ErrorKind::Store, format!("cannot lock {}", path.display()), error)
}

/// Entries of a directory: file names that can be documents, and directories of theirs.
///
/// Names that begin with a dot are left out: temporary files, and an editor's copies.
pub(super) fn entries(path: &Path) -> Result<Vec<(String, bool)>> {
    let mut names = Vec::new();
    for_each_entry(path, &mut |name, is_directory| {
        if let Ok(name) = std::str::from_utf8(name) {
            names.push((name.to_owned(), is_directory));
        }
    })?;
    Ok(names)
}

/// Calls `each` with what [`entries`] lists, as bytes that need not be text. A missing directory has none.
pub(super) fn for_each_entry(path: &Path, each: &mut dyn FnMut(&[u8], bool)) -> Result<()> {
    let listed = platform::for_each_entry(path, &mut |name, is_directory| {
        if name.first() != Some(&b'.') {
            each(name, is_directory);
        }
    });
    match listed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => {
            Err(Error::io(ErrorKind::Store, format!("cannot list {}", path.display()), error))
        }
        Ok(()) => Ok(()),
    }
}

/// Opens a file to append to it, made if it does not exist.
pub(super) fn open_to_append(path: &Path, owner: Owner) -> Result<File> {
    let mut options = platform::private_file();
    options.read(true).append(true);
    if let Some((file, _)) = open(path, owner, &options)? {
        return Ok(file);
    }
    options.create_new(true);
    let file = options.open(path).map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot make {}", path.display()), error)
    })?;
    let parent = path.parent().map(PathBuf::from).unwrap_or_default();
    platform::sync_directory(&parent).map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot make {}", path.display()), error)
    })?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards doors: what cannot be told is an error, never a "there is none".
    #[cfg(unix)]
    #[test]
    fn a_doubt_is_an_error_and_not_a_no() {
        let directory = tempfile::TempDir::new().unwrap();
        let owner = Owner::current();
        let document = directory.path().join("document");
        create_anew(&document).unwrap();
        let below = document.join("below");
        assert!(has_directory(&below, owner).is_err());
        assert!(make_directory(&below).is_err());
        assert!(entries(&document).is_err());
        assert!(remove(directory.path()).is_err(), "a directory is no document");
        let message = read(&below, owner).unwrap_err().to_string();
        assert!(message.contains("cannot open"), "{message}");
        let missing = directory.path().join("missing");
        assert!(!has_directory(&missing, owner).unwrap() && !remove(&missing).unwrap());
        assert!(read(&missing, owner).unwrap().is_none() && entries(&missing).unwrap().is_empty());
        // What a killed writer left behind may be a secret: nothing is gone before that is.
        fs::create_dir(directory.path().join(".tmp-document")).unwrap();
        assert!(remove(&document).is_err() && document.exists());
    }

    /// Guards the size from which on a file is none of ours, to the byte.
    #[test]
    fn a_document_of_a_mebibyte_is_read_and_no_larger_one() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("document");
        let largest = 1 << 20;
        for length in [0, 1, 2049, largest, largest + 1] {
            create_anew(&path).unwrap().write_all(&vec![b'#'; length]).unwrap();
            let text = read(&path, Owner::current()).map(Option::unwrap);
            match text {
                Ok(text) => assert_eq!((text.len(), length <= largest), (length, true)),
                Err(error) => assert!(length > largest, "{length} bytes: {error}"),
            }
        }
    }
}
