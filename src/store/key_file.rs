//! The data key: a private file, in the store's directory or elsewhere. No backend reads it.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::platform::Owner;
use crate::store::seal::KeyRing;
use crate::store::{Text, file};

/// The hint when there is no usable key.
const HINT: &str =
    "restore your copy of the key; without one, let everyone enrol again: rw2fa key reset";

/// The file of the data key.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    owner: Owner,
}

impl KeyFile {
    /// The file at `path`, which only `owner` may be able to read.
    pub(super) fn new(path: PathBuf, owner: Owner) -> Self {
        Self { path, owner }
    }

    /// Uses the file at `path` instead.
    pub(super) fn relocate(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// The file's location.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the text of the file; `None` if it does not exist.
    ///
    /// # Errors
    /// If it cannot be read, or other accounts could have written it.
    pub fn read(&self) -> Result<Option<Text>> {
        file::read(&self.path, self.owner)
    }

    /// Reads the keys.
    ///
    /// # Errors
    /// If the file is missing, damaged or unreadable.
    pub fn ring(&self) -> Result<KeyRing> {
        let place = self.path.display();
        let text = self.read()?.ok_or_else(|| {
            Error::new(ErrorKind::Store, format!("{place} is missing")).with_hint(HINT)
        })?;
        KeyRing::parse(&text).map_err(|problem| {
            Error::new(ErrorKind::Store, format!("{place}: {problem}")).with_hint(HINT)
        })
    }

    /// Replaces the keys.
    pub(super) fn write(&self, keys: &KeyRing) -> Result<()> {
        file::replace(&self.path, keys.document().as_bytes())
    }

    /// Creates the file with this text, unless it exists.
    // SECURITY: a new key would make every sealed secret useless.
    pub(super) fn create(&self, text: &str) -> Result<()> {
        if self.read()?.is_some() {
            return Ok(());
        }
        file::replace(&self.path, text.as_bytes())
    }
}
