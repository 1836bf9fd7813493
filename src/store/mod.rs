//! Storage: a contract for documents, locks and the audit trail, and the code that works through
//! it.
//!
//! [`dir`] is the backend: it alone knows that a store is a directory. All other code names
//! documents, and changes them while it holds a lock. `contract` contains the tests that every
//! backend passes, and `memory` is a second backend, for tests.

pub mod bundle;
#[cfg(test)]
mod contract;
pub mod dir;
pub mod editing;
mod file;
pub mod inspection;
pub mod key_file;
#[cfg(test)]
pub(crate) mod memory;
mod opening;
pub mod records;
pub mod restore;
pub mod seal;
pub mod unrecorded;
pub mod upkeep;
pub mod user;

pub use opening::{Made, configure, create, look, open};

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::names::name::{AccountKey, Name};
use crate::platform::SystemLog;
use crate::store::key_file::KeyFile;
use crate::store::unrecorded::Unrecorded;
use crate::store::upkeep::Upkeep;

/// Kinds of documents that exist once per name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// The administrator's settings for a user.
    User,
    /// The program's own data about a user.
    State,
    /// A listed group.
    Group,
    /// A whitelist entry.
    Whitelist,
}

/// A document of a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    /// The settings of the store.
    Settings,
    /// The number of messages sent today; kept only while there is a daily limit.
    SmsCount,
    /// A user's attempt counter, overwritten in place.
    Attempts(Name),
    /// A document of this kind for one name.
    Of(DocumentKind, Name),
}

/// What a lock protects.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// The settings and the key.
    Settings,
    /// The number of messages sent today. Taken inside an account's lock, never the other way round.
    SmsCount,
    /// All documents of an account, in every spelling of its name.
    Account(&'a AccountKey),
}

/// The text of a document, wiped on drop because it may hold secrets.
pub type Text = Zeroizing<String>;

/// Reads documents.
///
/// Reading needs no lock: a reader sees either the old or the new document. A change that depends on what it read
/// reads under a lock, through [`Locked`].
pub trait Reader {
    /// The store's location, for display.
    fn location(&self) -> String;

    /// A document's location, for error messages.
    fn describe(&self, document: &Document) -> String;

    /// The file of the data key, which is not a document.
    fn key_file(&self) -> &KeyFile;

    /// Reads the text of a document; `None` if it does not exist.
    ///
    /// # Errors
    /// If it cannot be read, or other accounts could have written it.
    fn read(&self, document: &Document) -> Result<Option<Text>>;

    /// Lists the names of this kind whose account part folds to `key`.
    ///
    /// # Errors
    /// If a document has a name that this program would not have given it.
    fn names_like(&self, kind: DocumentKind, key: &AccountKey) -> Result<Vec<Name>>;

    /// Lists all names of this kind in order, and everything among their documents that does not belong
    /// there.
    ///
    /// # Errors
    /// If the documents cannot be listed at all.
    fn list(&self, kind: DocumentKind) -> Result<NameList>;

    /// Lists all names of this kind in order, and fails if anything else is among their documents.
    ///
    /// # Errors
    /// The first problem that [`Reader::list`] found.
    fn scan(&self, kind: DocumentKind) -> Result<Vec<Name>> {
        let NameList { names, problems } = self.list(kind)?;
        problems.into_iter().next().map_or(Ok(names), Err)
    }

    /// Reports whether any document of this kind exists.
    fn has_any(&self, kind: DocumentKind) -> Result<bool>;

    /// Passes each line of the audit trail to `each`, oldest first, without its newline. Stops when `each`
    /// fails.
    ///
    /// # Errors
    /// If the trail cannot be read, and any error of `each`.
    fn audit_lines(&self, each: &mut EachLine<'_>) -> Result<()>;

    /// Lists the changes that are not in the audit trail yet, oldest first.
    ///
    /// # Errors
    /// If one of them cannot be read.
    fn unrecorded(&self) -> Result<Vec<Unrecorded>>;
}

/// Something that reads its documents from another reader.
pub trait ReadsFrom {
    /// The reader.
    fn reader(&self) -> &dyn Reader;
}

impl<T: ReadsFrom> Reader for T {
    fn location(&self) -> String {
        self.reader().location()
    }

    fn describe(&self, document: &Document) -> String {
        self.reader().describe(document)
    }

    fn key_file(&self) -> &KeyFile {
        self.reader().key_file()
    }

    fn read(&self, document: &Document) -> Result<Option<Text>> {
        self.reader().read(document)
    }

    fn names_like(&self, kind: DocumentKind, key: &AccountKey) -> Result<Vec<Name>> {
        self.reader().names_like(kind, key)
    }

    fn list(&self, kind: DocumentKind) -> Result<NameList> {
        self.reader().list(kind)
    }

    fn has_any(&self, kind: DocumentKind) -> Result<bool> {
        self.reader().has_any(kind)
    }

    fn audit_lines(&self, each: &mut EachLine<'_>) -> Result<()> {
        self.reader().audit_lines(each)
    }

    fn unrecorded(&self) -> Result<Vec<Unrecorded>> {
        self.reader().unrecorded()
    }
}

/// Takes locks. A lock can be taken inside another one, in this order: settings, account, number of messages.
pub trait Locks {
    /// Waits for exclusive access to `scope`, which lasts until the result is dropped.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Busy`] if the lock is not free within 5 s.
    fn lock(&self, scope: Scope<'_>) -> Result<Box<dyn Locked + '_>>;

    /// Waits until every account update that is running now has ended.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Busy`] if one of them takes more than 5 s.
    fn drain(&self) -> Result<()>;
}

/// Runs changes under a lock.
pub trait Update: Locks {
    /// Runs `change` with exclusive access to `scope`, and returns its result. Everything that the change depends on
    /// is read from its argument.
    ///
    /// # Errors
    /// Those of [`Locks::lock`] and of `change`.
    fn update<T, E: From<Error>>(
        &self,
        scope: Scope<'_>,
        change: impl FnOnce(&mut dyn Locked) -> Result<T, E>,
    ) -> Result<T, E> {
        change(&mut *self.lock(scope)?)
    }
}

impl<L: Locks + ?Sized> Update for L {}

/// A place that keeps documents.
pub trait Store: Reader + Locks + Upkeep {
    /// The store's location as an argument of `--store` that every directory understands.
    ///
    /// # Errors
    /// If the system does not report the current directory.
    fn argument(&self) -> Result<OsString>;

    /// Sends a copy of each line of the audit trail to the system log from now on.
    fn copy_to_system_log(&mut self, log: SystemLog);

    /// Reads the data key from `path` from now on.
    fn use_key_file(&mut self, path: PathBuf);

    /// The number of the lock for this account. Accounts with the same number are locked together, so one
    /// update can change many of them.
    fn lock_shard(&self, key: &AccountKey) -> u32;

    /// Starts creating many documents in one batch.
    fn bulk(&self) -> Box<dyn Bulk + '_>;
}

/// A callback for one line of the audit trail.
pub type EachLine<'a> = dyn FnMut(&Place<'_>, &[u8]) -> Result<()> + 'a;

/// The position of a line in the audit trail.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The part of the trail, for display.
    pub file: &'a str,
    /// The line number, counted from 1.
    pub line: usize,
    /// Whether a newline ends the line. Without one, it is still being written or was cut off by a crash.
    pub is_ended: bool,
}

/// The names of all documents of one kind.
#[derive(Debug, Default)]
pub struct NameList {
    /// The names, in order.
    pub names: Vec<Name>,
    /// Files and directories that this program did not create. Each may be a document of an unknown
    /// account.
    pub problems: Vec<Error>,
}

/// Reads and changes documents while a lock is held. Each change is durable when it returns.
pub trait Locked: Reader + Locks {
    /// Replaces a document with `text`. An existing attempt counter is overwritten in place, which takes no
    /// disk space.
    fn write(&mut self, document: &Document, text: &str) -> Result<()>;

    /// Prepares for appending a line to the audit trail and writing `document` later under this lock:
    /// opens the trail, and checks that there is disk space and that both can be written. `month` is the current
    /// month.
    ///
    /// # Errors
    /// If either fails.
    fn prepare(&mut self, month: &str, document: &Document) -> Result<()>;

    /// Removes a document. Returns whether it existed.
    fn remove(&mut self, document: &Document) -> Result<bool>;

    /// Appends the lines that `make` builds from the end of the audit trail. `month` is the current month,
    /// such as `2026-11`.
    fn append_audit(&mut self, month: &str, make: &mut MakeLines<'_>) -> Result<()>;

    /// Appends to the audit trail, then replaces a document with `text`: never the second without the
    /// first. A store on a disk may sync once for both.
    fn append_audit_and_write(
        &mut self,
        month: &str,
        make: &mut MakeLines<'_>,
        document: &Document,
        text: &str,
    ) -> Result<()> {
        self.append_audit(month, make)?;
        self.write(document, text)
    }

    /// Replaces a document with a staged text. See [`Bulk::finish`] for when it is durable.
    ///
    /// # Errors
    /// If the text was not staged by the batch that took this lock.
    fn publish(&mut self, document: &Document, draft: Draft) -> Result<()>;

    /// Saves a change until it is recorded in the audit trail. The caller holds the settings lock.
    fn keep_unrecorded(&mut self, change: &Unrecorded) -> Result<()>;

    /// Deletes a saved change once its line is in the trail.
    fn forget_unrecorded(&mut self, change: &Unrecorded) -> Result<()>;
}

/// A batch of new documents: all texts are staged first, then moved into place.
pub trait Bulk {
    /// Stages a text without making it visible.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Busy`] while another program has staged texts.
    fn prepare(&mut self, text: &str) -> Result<Draft>;

    /// Makes all staged texts durable.
    fn prepared(&mut self) -> Result<()>;

    /// Works like [`Locks::lock`], and the result can publish what was staged. Published documents are durable only
    /// after [`Bulk::finish`]: after a power failure, some of them may remain.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Busy`] if the lock is not free within 5 s.
    fn lock(&self, scope: Scope<'_>) -> Result<Box<dyn Locked + '_>>;

    /// Makes all published documents durable and discards the rest.
    fn finish(&mut self) -> Result<()>;
}

/// A staged text.
#[derive(Debug)]
pub enum Draft {
    /// On disk, under this number.
    Stored(u64),
    /// In memory.
    Text(Text),
}

/// Builds the lines to append from the end of the audit trail.
pub type MakeLines<'a> = dyn FnMut(&AuditEnd) -> Result<Vec<u8>> + 'a;

/// The end of the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEnd {
    /// The last complete line, without its newline.
    pub last_line: Option<Vec<u8>>,
    /// The number of bytes after it: a line that was cut off during a write.
    pub torn: u64,
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DocumentKind::User => "user",
            DocumentKind::State => "state",
            DocumentKind::Group => "group",
            DocumentKind::Whitelist => "whitelist entry",
        })
    }
}
