//! Storage: one narrow trait, behind which documents, locks and the audit trail live.
//!
//! Callers speak of documents and names. What opens, makes and examines a store knows that it is a
//! directory; a login and a change do not.

pub mod archive;
mod bulk;
pub mod bundle;
pub mod creation;
pub mod dir;
mod file;
pub mod file_name;
pub mod health;
pub mod inspection;
pub mod records;
pub mod restore;
pub mod seal;
pub mod tidiness;
mod trail;
pub mod unrecorded;
pub mod user;

use std::fmt;

use zeroize::Zeroizing;

use crate::account::name::{AccountKey, Name};
use crate::error::{Error, Result};
use crate::store::unrecorded::Unrecorded;

/// Kinds of documents of which there is one for each name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// What the administrator set for a user.
    User,
    /// What the program keeps of a user.
    State,
    /// A listed group.
    Group,
    /// A whitelist entry.
    Whitelist,
}

/// A document of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// The settings of the store.
    Settings,
    /// The key that seals secrets.
    Key,
    /// How many messages were sent today; only kept while their number is limited.
    SmsCount,
    /// The attempt counter of a user, which is overwritten in place.
    Attempts(Name),
    /// The document of one name.
    Of(DocumentKind, Name),
}

/// What a lock protects.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// The settings and the key.
    Settings,
    /// How many messages were sent today. Taken inside an account's lock, never the other way round.
    SmsCount,
    /// All documents of an account, whatever its spelling.
    Account(&'a AccountKey),
}

/// The text of a document. It may hold secrets, so it is wiped.
pub type Text = Zeroizing<String>;

/// Where documents are kept.
///
/// Reading needs no lock: a reader sees the old or the new document. Whoever decides by what he read
/// and then writes does both inside [`Store::update`].
pub trait Store {
    /// Where the store is, for people.
    fn location(&self) -> String;

    /// Where a document is, for people who have to mend it.
    fn describe(&self, document: &Document) -> String;

    /// The text of a document, if there is one.
    ///
    /// # Errors
    /// When it cannot be read, or others could have written it.
    fn read(&self, document: &Document) -> Result<Option<Text>>;

    /// The names of this kind whose account part folds to `key`.
    ///
    /// # Errors
    /// When a document has a name that this program would not have given it.
    fn names_like(&self, kind: DocumentKind, key: &AccountKey) -> Result<Vec<Name>>;

    /// All names of this kind, in order, and what lies among their documents and is none.
    ///
    /// # Errors
    /// When the documents cannot be listed at all.
    fn list(&self, kind: DocumentKind) -> Result<NameList>;

    /// All names of this kind, in order.
    ///
    /// # Errors
    /// When there is anything among the documents that is none.
    fn scan(&self, kind: DocumentKind) -> Result<Vec<Name>> {
        let NameList { names, problems } = self.list(kind)?;
        problems.into_iter().next().map_or(Ok(names), Err)
    }

    /// Whether there is any document of this kind.
    fn has_any(&self, kind: DocumentKind) -> Result<bool>;

    /// Runs `change` alone among all that would lock the same scope. What it did is durable when it
    /// returns.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Busy`] when the lock was not had within 5 s, and what `change` returns.
    fn update(&self, scope: Scope<'_>, change: &mut Change<'_>) -> Result<()>;

    /// Waits until every update of an account that runs now has ended.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Busy`] when one of them takes more than 5 s.
    fn drain(&self) -> Result<()>;

    /// Gives each line of the audit trail, oldest first, without its newline, until `each` fails.
    ///
    /// # Errors
    /// When the trail cannot be read, and what `each` returns.
    fn audit_lines(&self, each: &mut EachLine<'_>) -> Result<()>;

    /// The changes that the audit trail does not show yet, oldest first.
    ///
    /// # Errors
    /// When one of them cannot be read.
    fn unrecorded(&self) -> Result<Vec<Unrecorded>>;
}

/// Looks at one line of the audit trail.
pub type EachLine<'a> = dyn FnMut(&Place<'_>, &[u8]) -> Result<()> + 'a;

/// Where a line of the audit trail is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The part of the trail, for people.
    pub file: &'a str,
    /// The line in it, counted from 1.
    pub line: usize,
    /// Whether a newline ends it. One without may still be written, or a crash cut it off.
    pub is_ended: bool,
}

/// The names of a kind of documents.
#[derive(Debug, Default)]
pub struct NameList {
    /// In order.
    pub names: Vec<Name>,
    /// Files and directories that only a hand can have put there; each stands for somebody unknown.
    pub problems: Vec<Error>,
}

/// Work done under a lock.
pub type Change<'a> = dyn FnMut(&mut dyn Transaction) -> Result<()> + 'a;

/// What can be changed under a lock. Each step is durable when it returns.
pub trait Transaction {
    /// Puts `text` in the place of a document. An attempt counter that exists is overwritten in place, which
    /// takes no space.
    fn write(&mut self, document: &Document, text: &str) -> Result<()>;

    /// Makes sure, as far as a store can, that a line can be appended to the audit trail and `document` be written
    /// later in this transaction: opens the trail, and takes room. `month` is the present month.
    ///
    /// # Errors
    /// When either could not be done.
    fn prepare(&mut self, month: &str, document: &Document) -> Result<()>;

    /// Removes a document; whether there was one.
    fn remove(&mut self, document: &Document) -> Result<bool>;

    /// Appends to the audit trail what `make` makes of its end. `month` is the present month, `2026-11`.
    fn append_audit(&mut self, month: &str, make: &mut MakeLines<'_>) -> Result<()>;

    /// Appends to the audit trail, then puts `text` in the place of a document: never the second without the
    /// first. A store that waits for a disk may wait once for both.
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

    /// The changes that the audit trail does not show yet, oldest first.
    fn unrecorded(&self) -> Result<Vec<Unrecorded>>;

    /// Keeps a change until it is recorded. The caller holds the lock of the settings.
    fn keep_unrecorded(&mut self, change: &Unrecorded) -> Result<()>;

    /// Forgets a change whose line is in the trail.
    fn forget_unrecorded(&mut self, change: &Unrecorded) -> Result<()>;
}

/// A store that takes many new documents more cheaply than one after the other. Apart from [`Store`],
/// because no login does so.
pub trait BulkStore: Store {
    /// Which accounts are locked together: an update of one shuts out updates of all that have the same
    /// number, so that work on many of them can be done in one.
    fn lock_shard(&self, key: &AccountKey) -> u32;

    /// Begins such work.
    fn bulk(&self) -> Box<dyn Bulk + '_>;
}

/// Work on many documents: first all texts are put aside, then they get their places.
pub trait Bulk {
    /// Puts a text aside. Nobody sees it yet.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Busy`] while another program has put some aside.
    fn prepare(&mut self, text: &str) -> Result<Draft>;

    /// Makes durable what was put aside.
    fn prepared(&mut self) -> Result<()>;

    /// The same as [`Store::update`], except that what is published in it is durable only after
    /// [`Bulk::finish`]. A power failure before leaves documents that were published early.
    fn update(&mut self, scope: Scope<'_>, change: &mut BulkChange<'_>) -> Result<()>;

    /// Makes everything durable that was published, and forgets what was not.
    fn finish(&mut self) -> Result<()>;
}

/// A text that was put aside.
#[derive(Debug)]
pub enum Draft {
    /// On the disk, under this number.
    Stored(u64),
    /// In memory.
    Text(Text),
}

/// Work on many documents, done under a lock.
pub type BulkChange<'a> = dyn FnMut(&mut dyn BulkTransaction) -> Result<()> + 'a;

/// A transaction that can publish what was put aside.
pub trait BulkTransaction: Transaction {
    /// Puts a text that was put aside in the place of a document.
    fn publish(&mut self, document: &Document, draft: Draft) -> Result<()>;
}

/// Makes the lines to append from the end of the audit trail.
pub type MakeLines<'a> = dyn FnMut(&AuditEnd) -> Result<Vec<u8>> + 'a;

/// The end of the audit trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEnd {
    /// The last whole line, without its newline.
    pub last_line: Option<Vec<u8>>,
    /// Bytes after it: a line that was cut off while it was written.
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
