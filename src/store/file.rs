//! Private files: never opened through a link, and replaced atomically and durably.
//!
//! Works with bytes and paths; it does not know documents.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner};

/// How often to reopen a file that keeps being replaced.
const REOPENINGS: u32 = 100;

/// The prefix of temporary file names.
pub(super) const TEMPORARY: &str = ".tmp-";

/// A size limit.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub(super) bytes: u64,
    pub(super) words: &'static str,
}

/// The size limit of a document.
pub(super) const LARGEST: Limit = Limit { bytes: 1024 * 1024, words: "1 MiB" };

/// The size limit of a document with messages.
pub(super) const LARGEST_MESSAGES: Limit = Limit { bytes: 64 * 1024, words: "64 KiB" };

/// Reads a text file; `None` if it does not exist.
pub(super) fn read(path: &Path, owner: Owner) -> Result<Option<Zeroizing<String>>> {
    read_up_to(LARGEST, path, owner)
}

/// Reads a text file of at most `most`; `None` if it does not exist.
pub(super) fn read_up_to(
    most: Limit,
    path: &Path,
    owner: Owner,
) -> Result<Option<Zeroizing<String>>> {
    let Some((file, metadata)) = open(path, owner, platform::private_file().read(true))? else {
        return Ok(None);
    };
    if metadata.len() > most.bytes {
        let words = most.words;
        return Err(broken(path, &format!("is larger than {words}, the limit for a document"))
            .with_hint("move it away, and restore the document from a backup"));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    // One byte more, so that the buffer need not grow to find the end.
    bytes.reserve_exact(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    // Limited to the size found above, which avoids asking for the size again.
    file.take(most.bytes).read_to_end(&mut bytes).map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot read {}", path.display()), error)
    })?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| {
        broken(path, "is not UTF-8").with_hint("save it as UTF-8, or restore it from a backup")
    })?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// Opens a file that must be regular and private, with a single link.
///
/// A file that was replaced after it was opened has no link left; its replacement is opened instead.
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
    let file = match platform::open_with_retry(options, path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if platform::is_link_error(&error) => {
            return Err(is_a_link(path));
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
        Error::io(ErrorKind::Store, format!("cannot examine {}", path.display()), error)
    })?;
    if !metadata.is_file() {
        return Err(broken(path, "is not a plain file")
            .with_hint("move it away, and restore the file from a backup"));
    }
    Ok(Some((file, metadata)))
}

/// Checks that a directory exists, is not a link, and is private to its owner.
pub(super) fn check_directory(path: &Path, owner: Owner) -> Result<()> {
    if has_directory(path, owner)? {
        return Ok(());
    }
    Err(broken(path, "is missing")
        .with_hint("part of the store is missing: restore it from a backup"))
}

/// Reports whether a directory exists. Anything else at `path`, or a directory that others can use, is an
/// error.
pub(super) fn has_directory(path: &Path, owner: Owner) -> Result<bool> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => {
            return Err(Error::io(
                ErrorKind::Store,
                format!("cannot examine {}", path.display()),
                error,
            ));
        }
    };
    if !metadata.is_dir() {
        return Err(not_a_directory(path));
    }
    check_privacy(path, None, &metadata, owner).map(|()| true)
}

/// Reports a link or file where the store should have a directory.
pub(super) fn not_a_directory(path: &Path) -> Error {
    broken(path, "is not a directory")
        .with_hint("part of the store is missing: restore the directory from a backup")
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

/// Reports a link where a file or directory of the store belongs.
// The hint keeps what the link points to: without the document of a group, its members need no code.
pub(super) fn is_a_link(path: &Path) -> Error {
    broken(path, "is a link").with_hint(
        "if it points to a part of this store, put that itself in the place of the link; otherwise restore the file \
         from a backup",
    )
}

/// An error about the file at `path`.
pub(super) fn broken(path: &Path, what: &str) -> Error {
    Error::new(ErrorKind::Store, format!("{} {what}", path.display()))
}

/// Overwrites the file at `path` in place and makes it durable, without allocating disk space. A file that
/// is missing or has another length is replaced. The caller holds the lock.
pub(super) fn overwrite(path: &Path, text: &[u8], owner: Owner) -> Result<()> {
    let found = open(path, owner, platform::private_file().write(true))?;
    let Some((mut file, _)) = found.filter(|(_, metadata)| metadata.len() == text.len() as u64)
    else {
        return replace(path, text);
    };
    let written = file.write_all(text).and_then(|()| file.sync_data());
    written.map_err(|error| not_written(path, error))
}

/// Replaces the file at `path` with `text`. The caller holds the lock.
pub(super) fn replace(path: &Path, text: &[u8]) -> Result<()> {
    Replacement::begin(path, text)?.publish()
}

/// The new text of a file, in a temporary file beside it. Deleted if dropped before it is published.
///
/// A kill at any point leaves either the old or the new text. All writers of a file share one temporary
/// name, so the next writer replaces what a killed one left behind.
pub(super) struct Replacement {
    path: PathBuf,
    parent: PathBuf,
    temporary: PathBuf,
    /// Open until its contents are durable.
    file: Option<File>,
    is_published: bool,
}

impl Replacement {
    /// Writes the new text of the file at `path`. The caller holds the lock.
    pub(super) fn begin(path: &Path, text: &[u8]) -> Result<Self> {
        let (parent, temporary) = temporary_of(path)?;
        let mut file = create_fresh(&temporary).map_err(|error| not_written(path, error))?;
        let written = file.write_all(text);
        let (path, parent) = (path.to_owned(), parent.to_owned());
        let begun = Self { path, parent, temporary, file: Some(file), is_published: false };
        written.map_err(|error| begun.not_written(error))?;
        Ok(begun)
    }

    /// Makes the new text durable without moving it into place.
    pub(super) fn sync(&mut self) -> Result<()> {
        let synced = self.file.take().map_or(Ok(()), |file| file.sync_all());
        synced.map_err(|error| self.not_written(error))
    }

    /// Moves the new text into place, durably.
    pub(super) fn publish(mut self) -> Result<()> {
        self.sync()?;
        platform::with_retry(|| fs::rename(&self.temporary, &self.path))
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

/// Reports that the file at `path` could not be written.
pub(super) fn not_written(path: &Path, error: std::io::Error) -> Error {
    Error::io(ErrorKind::Store, format!("cannot write {}", path.display()), error)
}

/// Returns the directory of the file at `path`, and the path of its temporary file.
pub(super) fn temporary_of(path: &Path) -> Result<(&Path, PathBuf)> {
    match (path.parent(), path.file_name().and_then(|name| name.to_str())) {
        (Some(parent), Some(name)) => Ok((parent, parent.join(format!("{TEMPORARY}{name}")))),
        _ => Err(broken(path, "has no directory")),
    }
}

/// Creates a private file, replacing what a killed writer left behind.
pub(super) fn create_fresh(temporary: &Path) -> std::io::Result<File> {
    let mut options = platform::private_file();
    options.write(true).create_new(true);
    match options.open(temporary) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            platform::with_retry(|| fs::remove_file(temporary))?;
            platform::with_retry(|| options.open(temporary))
        }
        other => other,
    }
}

/// Removes a file and its temporary file. Returns whether the file existed. The caller holds the lock.
pub(super) fn remove(path: &Path) -> Result<bool> {
    let failed =
        |error| Error::io(ErrorKind::Store, format!("cannot remove {}", path.display()), error);
    if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
        // SECURITY: the temporary file may hold the secret that is to be destroyed.
        let temporary = path.with_file_name(format!("{TEMPORARY}{name}"));
        match platform::with_retry(|| fs::remove_file(&temporary)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    match platform::with_retry(|| fs::remove_file(path)) {
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

/// Creates a directory that only its owner can enter, unless it exists.
pub(super) fn make_directory(path: &Path) -> Result<()> {
    let failed =
        |error| Error::io(ErrorKind::Store, format!("cannot create {}", path.display()), error);
    match platform::make_inner_directory(path) {
        Ok(()) => {
            path.parent().map_or(Ok(()), |parent| platform::sync_directory(parent).map_err(failed))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

/// Lists the possible documents and subdirectories of a directory.
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

/// Calls `each` with every entry that [`entries`] lists, as bytes that may not be UTF-8. A missing
/// directory counts as empty.
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

/// Opens a file for appending, creating it if it does not exist.
pub(super) fn open_to_append(path: &Path, owner: Owner) -> Result<File> {
    let mut options = platform::private_file();
    options.read(true).append(true);
    if let Some((file, _)) = open(path, owner, &options)? {
        return Ok(file);
    }
    options.create_new(true);
    let file = options.open(path).map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot create {}", path.display()), error)
    })?;
    let parent = path.parent().map(PathBuf::from).unwrap_or_default();
    platform::sync_directory(&parent).map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot create {}", path.display()), error)
    })?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards against failing open: a file that cannot be checked is an error, never "not found".
    #[cfg(unix)]
    #[test]
    fn an_unclear_answer_is_an_error() {
        let directory = tempfile::TempDir::new().unwrap();
        let owner = Owner::current();
        let document = directory.path().join("document");
        create_fresh(&document).unwrap();
        let below = document.join("below");
        assert!(has_directory(&below, owner).is_err());
        assert!(make_directory(&below).is_err());
        assert!(entries(&document).is_err());
        assert!(remove(directory.path()).is_err(), "a directory is not a document");
        let message = read(&below, owner).unwrap_err().to_string();
        assert!(message.contains("cannot open"), "{message}");
        let missing = directory.path().join("missing");
        assert!(!has_directory(&missing, owner).unwrap() && !remove(&missing).unwrap());
        assert!(read(&missing, owner).unwrap().is_none() && entries(&missing).unwrap().is_empty());
        // A killed writer's leftover may be a secret, so it must be removed first.
        fs::create_dir(directory.path().join(".tmp-document")).unwrap();
        assert!(remove(&document).is_err() && document.exists());
    }

    /// Guards the size limit of documents, to the byte.
    #[test]
    fn documents_are_read_up_to_one_mebibyte() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("document");
        let largest = 1 << 20;
        for length in [0, 1, 2049, largest, largest + 1] {
            create_fresh(&path).unwrap().write_all(&vec![b'#'; length]).unwrap();
            let text = read(&path, Owner::current()).map(Option::unwrap);
            match text {
                Ok(text) => assert_eq!((text.len(), length <= largest), (length, true)),
                Err(error) => assert!(length > largest, "{length} bytes: {error}"),
            }
        }
    }
}
