//! The store as a directory of TOML documents.
//!
//! Owns the layout: the file and the lock of each document. It does not know their contents.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::account::name::{AccountKey, Name};
use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner, SystemLog};
use crate::printable::printable_json;
use crate::store::creation::{
    ACCOUNT_LOCKS, SMS_LOCK, holds_documents, refuse_link, without_trailing_slash,
};
use crate::store::file::IfMissing;
use crate::store::trail::Appended;
use crate::store::unrecorded::Unrecorded;
use crate::store::{
    Change, Document, DocumentKind, EachLine, MakeLines, NameList, Scope, Store, Text, Transaction,
    file, file_name, trail,
};

/// The extension of attempt counters, which are next to the state documents.
const COUNTER: &str = "attempts";

/// A store in a directory.
pub struct DirStore {
    root: PathBuf,
    owner: Owner,
    key_file: Option<PathBuf>,
    system_log: Option<SystemLog>,
}

impl DirStore {
    /// Opens the store at `root`. A program running as root or administrator switches to the store's owner,
    /// so that it never leaves files behind that the owner cannot read.
    ///
    /// # Errors
    /// If there is no store, it belongs to another account, or other accounts can use it.
    pub fn open(root: &Path) -> Result<Self> {
        let root = &without_trailing_slash(root);
        let missing = |what: &str| {
            Error::new(ErrorKind::Store, format!("there is no store at {}{what}", root.display()))
        };
        let metadata = match fs::symlink_metadata(root) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(missing("")
                    .with_hint("make one with 'rw2fa init', or name another with --store"));
            }
            Err(error) => {
                let denied = error.kind() == std::io::ErrorKind::PermissionDenied;
                let what = format!("cannot use the store at {}", root.display());
                let hint = if denied { "run as administrator" } else { "check the path" };
                return Err(Error::io(ErrorKind::Store, what, error).with_hint(hint));
            }
        };
        refuse_link(root, &metadata)?;
        if !metadata.is_dir() {
            return Err(missing(": it is not a directory").with_hint("name another with --store"));
        }
        let (owner, current) = (Owner::of_store(root, &metadata)?, Owner::current());
        if !owner.accepts(current) {
            if !current.is_administrator() {
                let (obstacle, owner) = (platform::set_uid_obstacle(owner), owner.name());
                return Err(Error::new(
                    ErrorKind::Store,
                    format!("the store at {} belongs to {owner}", root.display()),
                )
                .with_hint(
                    obstacle.map_or_else(
                        || format!("run as administrator, or as {owner}"),
                        str::to_owned,
                    ),
                ));
            }
            owner.assume()?;
            if let Err(error) = fs::symlink_metadata(root) {
                let what = format!("cannot use the store at {}", root.display());
                let owner = owner.name();
                return Err(Error::io(ErrorKind::Store, what, error).with_hint(format!(
                    "{owner}, its owner, must be able to enter the directories above"
                )));
            }
        }
        file::check_directory(root, owner)?;
        let store = Self { root: root.clone(), owner, key_file: None, system_log: None };
        let settings = fs::symlink_metadata(store.path(&Document::Settings));
        if settings.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            let error = missing(": store.toml is missing");
            return Err(if holds_documents(root)? {
                error.with_hint("restore it from a backup: the other documents are still there")
            } else {
                error.with_hint("make one with 'rw2fa init', or name another with --store")
            });
        }
        Ok(store)
    }

    /// Reads the data key from `path` instead of from the store.
    #[must_use]
    pub fn with_key_file(mut self, path: Option<PathBuf>) -> Self {
        self.key_file = path;
        self
    }

    /// Sends a copy of each line of the audit trail to the system log.
    #[must_use]
    pub fn with_system_log(mut self, log: Option<SystemLog>) -> Self {
        self.system_log = log;
        self
    }

    /// The directory of the store.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The account that owns the store.
    pub(super) fn owner(&self) -> Owner {
        self.owner
    }

    fn directory(&self, kind: DocumentKind) -> PathBuf {
        self.root.join(match kind {
            DocumentKind::User => "users",
            DocumentKind::State => "state",
            DocumentKind::Group => "groups",
            DocumentKind::Whitelist => "whitelist",
        })
    }

    fn shard(&self, kind: DocumentKind, key: &AccountKey) -> PathBuf {
        let directory = self.directory(kind);
        if is_sharded(kind) { directory.join(file_name::shard(key)) } else { directory }
    }

    /// Reports whether the directory for this account's documents exists, and checks that it is private and
    /// not a link.
    fn has_shard(&self, kind: DocumentKind, key: &AccountKey) -> Result<bool> {
        self.check_kind(kind)?;
        if !is_sharded(kind) {
            return Ok(true);
        }
        file::has_directory(&self.shard(kind, key), self.owner)
    }

    fn path(&self, document: &Document) -> PathBuf {
        match document {
            Document::Settings => self.root.join("store.toml"),
            Document::Key => self.key_file.clone().unwrap_or_else(|| self.root.join("key")),
            Document::SmsCount => self.root.join("sms-count.toml"),
            Document::Attempts(name) => {
                self.document_path(DocumentKind::State, name).with_extension(COUNTER)
            }
            Document::Of(kind, name) => self.document_path(*kind, name),
        }
    }

    fn document_path(&self, kind: DocumentKind, name: &Name) -> PathBuf {
        let mut path = self.shard(kind, &name.key());
        path.extend(file_name::encode(name));
        path
    }

    /// Lists the names below a directory of documents: all of them, or only those that may belong to the
    /// account `wanted`.
    fn names_in(directory: &Path, wanted: Option<&AccountKey>) -> Result<NameList> {
        let mut found = NameList::default();
        collect(directory, &mut Vec::new(), wanted, &mut |components| {
            let components: Vec<&str> = components.iter().map(String::as_str).collect();
            if let Some(name) = file_name::decode(&components) {
                found.names.push(name);
                return;
            }
            let path = directory.join(components.join("/"));
            let what = "has a name that rw2fa does not give to documents";
            let problem = file::broken(&path, what);
            found.problems.push(problem.with_hint("remove it, or add the entry with rw2fa"));
        })?;
        Ok(found)
    }

    /// Lists the names in one directory of a sharded kind, for [`Store::list`].
    fn names_in_shard(directory: &Path, shard: &str) -> Result<NameList> {
        let place = directory.join(shard);
        let mut found = Self::names_in(&place, None)?;
        let misplaced = found.names.extract_if(.., |name| file_name::shard(&name.key()) != shard);
        found.problems.extend(misplaced.map(|name| {
            let what = format!("holds a document of '{name}', which does not belong there");
            file::broken(&place, &what)
                .with_hint("documents are not moved by hand: remove it and add it with rw2fa")
        }));
        Ok(found)
    }

    /// Returns the path of a document if all its directories exist, and checks that each is private and not
    /// a link.
    fn reachable_path(&self, kind: DocumentKind, name: &Name) -> Result<Option<PathBuf>> {
        let mut path = self.directory(kind);
        file::check_directory(&path, self.owner)?;
        let shard = is_sharded(kind).then(|| file_name::shard(&name.key()));
        let mut parts: Vec<String> = shard.into_iter().chain(file_name::encode(name)).collect();
        let file = parts.pop().unwrap_or_default();
        for part in parts {
            path.push(part);
            if !file::has_directory(&path, self.owner)? {
                return Ok(None);
            }
        }
        path.push(file);
        Ok(Some(path))
    }

    pub(super) fn lock(&self, scope: Scope<'_>) -> Result<file::Lock> {
        match scope {
            Scope::Settings => self.lock_file("settings"),
            Scope::SmsCount => file::lock(&self.lock_path(SMS_LOCK), self.owner, IfMissing::Create),
            Scope::Account(key) => self.lock_file(&format!("{:02x}", file_name::lock_index(key))),
        }
    }

    fn lock_file(&self, name: &str) -> Result<file::Lock> {
        file::lock(&self.lock_path(name), self.owner, IfMissing::Refuse)
    }

    pub(super) fn lock_path(&self, name: &str) -> PathBuf {
        self.root.join("locks").join(name)
    }

    fn check_kind(&self, kind: DocumentKind) -> Result<()> {
        file::check_directory(&self.directory(kind), self.owner)
    }
}

impl Store for DirStore {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn describe(&self, document: &Document) -> String {
        self.path(document).display().to_string()
    }

    fn read(&self, document: &Document) -> Result<Option<Text>> {
        let path = match document {
            Document::Of(kind, name) => self.reachable_path(*kind, name)?,
            Document::Attempts(name) => {
                let path = self.reachable_path(DocumentKind::State, name)?;
                path.map(|path| path.with_extension(COUNTER))
            }
            Document::Settings | Document::Key | Document::SmsCount => Some(self.path(document)),
        };
        path.map_or(Ok(None), |path| file::read(&path, self.owner))
    }

    fn names_like(&self, kind: DocumentKind, key: &AccountKey) -> Result<Vec<Name>> {
        if !self.has_shard(kind, key)? {
            return Ok(Vec::new());
        }
        let NameList { mut names, problems } = Self::names_in(&self.shard(kind, key), Some(key))?;
        // SECURITY: a document with an invalid name may belong to this account.
        if let Some(problem) = problems.into_iter().next() {
            return Err(problem);
        }
        names.retain(|name| name.key() == *key);
        names.sort();
        Ok(names)
    }

    fn list(&self, kind: DocumentKind) -> Result<NameList> {
        self.check_kind(kind)?;
        let directory = self.directory(kind);
        if !is_sharded(kind) {
            let mut all = Self::names_in(&directory, None)?;
            all.names.sort();
            return Ok(all);
        }
        let mut all = NameList::default();
        for (shard, is_directory) in file::entries(&directory)? {
            if is_directory {
                let found = Self::names_in_shard(&directory, &shard)?;
                all.names.extend(found.names);
                all.problems.extend(found.problems);
            } else if is_shard_name(&shard) {
                all.problems.push(file::not_a_directory(&directory.join(shard)));
            }
        }
        all.names.sort();
        Ok(all)
    }

    fn has_any(&self, kind: DocumentKind) -> Result<bool> {
        self.check_kind(kind)?;
        let entries = file::entries(&self.directory(kind))?;
        Ok(entries
            .iter()
            .any(|(name, is_directory)| *is_directory || is_document_name(name.as_bytes())))
    }

    fn update(&self, scope: Scope<'_>, change: &mut Change<'_>) -> Result<()> {
        let _lock = self.lock(scope)?;
        change(&mut DirTransaction::new(self))
    }

    fn drain(&self) -> Result<()> {
        (0..ACCOUNT_LOCKS).try_for_each(|number| self.lock_file(&format!("{number:02x}")).map(drop))
    }

    fn audit_lines(&self, each: &mut EachLine<'_>) -> Result<()> {
        trail::lines(&self.root.join("audit"), self.owner, each)
    }

    fn unrecorded(&self) -> Result<Vec<Unrecorded>> {
        self.read_unrecorded()
    }
}

/// The trail, opened to append a line later.
struct Prepared {
    opened: trail::Opened,
    lock_file: Option<File>,
    /// How much longer the lock may be waited for: both times together are no more than one.
    patience: Duration,
}

/// What can be changed while a lock of the directory is held.
pub(super) struct DirTransaction<'a> {
    pub(super) store: &'a DirStore,
    /// The trail and its lock file, if they were opened to append a line later.
    trail: Option<Prepared>,
}

impl<'a> DirTransaction<'a> {
    pub(super) fn new(store: &'a DirStore) -> Self {
        Self { store, trail: None }
    }

    /// Returns the path of a document, creating missing directories.
    pub(super) fn place(
        &self,
        document: &Document,
        make: fn(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let owned = match document {
            Document::Of(kind, name) => Some((*kind, name)),
            Document::Attempts(name) => Some((DocumentKind::State, name)),
            Document::Settings | Document::Key | Document::SmsCount => None,
        };
        if let Some((kind, name)) = owned {
            self.store.check_kind(kind)?;
            let mut directory = self.store.shard(kind, &name.key());
            if is_sharded(kind) {
                make(&directory)?;
            }
            let components = file_name::encode(name);
            for component in components.iter().take(components.len().saturating_sub(1)) {
                directory.push(component);
                make(&directory)?;
            }
        }
        Ok(self.store.path(document))
    }

    /// Appends to the trail. Releases its lock before the lines are durable, so that no login waits for
    /// another one's disk sync.
    fn append(&mut self, month: &str, make: &mut MakeLines<'_>) -> Result<Appended> {
        let (opened, _lock) = match self.trail.take() {
            Some(Prepared { opened, lock_file: Some(lock_file), patience }) => {
                let path = self.store.lock_path("audit");
                (Some(opened), file::take(&path, lock_file, patience)?)
            }
            Some(Prepared { opened, .. }) => (Some(opened), self.store.lock_file("audit")?),
            None => (None, self.store.lock_file("audit")?),
        };
        trail::append(&self.store.root.join("audit"), self.store.owner, month, opened, make)
    }

    /// Makes lines durable and sends their copy to the system log.
    fn make_durable(&self, appended: Appended) -> Result<()> {
        let lines = appended.sync()?;
        if let Some(log) = &self.store.system_log {
            copy(&lines, log);
        }
        Ok(())
    }
}

impl Transaction for DirTransaction<'_> {
    fn write(&mut self, document: &Document, text: &str) -> Result<()> {
        let path = self.place(document, file::make_directory)?;
        if let Document::Attempts(_) = document {
            return file::overwrite(&path, text.as_bytes(), self.store.owner);
        }
        file::replace(&path, text.as_bytes())
    }

    fn prepare(&mut self, month: &str, document: &Document) -> Result<()> {
        let directory = self.store.root.join("audit");
        let started = Instant::now();
        // Under the lock: two logins may begin a month at the same time. Where the lock cannot be had, no line could
        // be appended later either.
        let lock = self.store.lock_file("audit")?;
        let opened = trail::Opened::open(&directory, self.store.owner, month)?;
        let lock_file = lock.release();
        let patience = file::PATIENCE.saturating_sub(started.elapsed());
        self.trail = Some(Prepared { opened, lock_file, patience });
        let path = self.place(document, file::make_directory)?;
        let directory = path.parent().unwrap_or(&path);
        platform::check_writable(directory).map_err(|error| file::not_written(&path, error))?;
        Ok(())
    }

    fn remove(&mut self, document: &Document) -> Result<bool> {
        file::remove(&self.store.path(document))
    }

    fn append_audit(&mut self, month: &str, make: &mut MakeLines<'_>) -> Result<()> {
        let appended = self.append(month, make)?;
        self.make_durable(appended)
    }

    fn append_audit_and_write(
        &mut self,
        month: &str,
        make: &mut MakeLines<'_>,
        document: &Document,
        text: &str,
    ) -> Result<()> {
        let path = self.place(document, file::make_directory)?;
        let mut replacement = file::Replacement::begin(&path, text.as_bytes())?;
        // Writes both before waiting for either.
        let mut appended = self.append(month, make)?;
        appended.begin_to_sync();
        replacement.sync()?;
        self.make_durable(appended)?;
        replacement.publish()
    }

    fn unrecorded(&self) -> Result<Vec<Unrecorded>> {
        self.store.read_unrecorded()
    }

    fn keep_unrecorded(&mut self, change: &Unrecorded) -> Result<()> {
        self.store.keep_unrecorded(change)
    }

    fn forget_unrecorded(&mut self, change: &Unrecorded) -> Result<()> {
        self.store.forget_unrecorded(change)
    }
}

/// Copies audit lines to the system log. The trail is authoritative; the copy may be lost.
fn copy(lines: &[u8], log: &SystemLog) {
    let text = String::from_utf8_lossy(lines);
    for line in text.lines() {
        let _ = log.send(&printable_json(line));
    }
}

/// There can be many users and states, so their documents are spread over 4096 directories.
fn is_sharded(kind: DocumentKind) -> bool {
    matches!(kind, DocumentKind::User | DocumentKind::State)
}

/// Walks the documents below `directory`; long names continue in subdirectories. Skips documents that
/// clearly belong to an account other than `wanted`.
fn collect(
    directory: &Path,
    above: &mut Vec<String>,
    wanted: Option<&AccountKey>,
    found: &mut dyn FnMut(&[String]),
) -> Result<()> {
    let mut below = Vec::new();
    file::for_each_entry(directory, &mut |name, is_directory| {
        // Other accounts can fill the directory with names, so check before copying the name.
        if wanted.is_some_and(|key| file_name::is_of_another_account(above, name, key)) {
            return;
        }
        let is_part = name.ends_with(b"+");
        if !is_part && !is_document_name(name) {
            return;
        }
        let Ok(name) = std::str::from_utf8(name) else { return };
        if is_part && is_directory {
            below.push(name.to_owned());
        } else {
            above.push(name.to_owned());
            found(above);
            above.pop();
        }
    })?;
    for name in below {
        let path = directory.join(&name);
        above.push(name);
        collect(&path, above, wanted, found)?;
        above.pop();
    }
    Ok(())
}

fn is_document_name(name: &[u8]) -> bool {
    let Some(at) = name.len().checked_sub(b".toml".len()).filter(|at| *at > 0) else {
        return false;
    };
    let ending = &name[at..];
    // SECURITY: on a file system that ignores case, another tool may have changed the ending. The file is
    // then a document with an invalid name; do not ignore it.
    ending == b".toml" || cfg!(windows) && ending.eq_ignore_ascii_case(b".toml")
}

fn is_shard_name(name: &str) -> bool {
    name.len() == 3 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
