//! The layout of the directory: the file of each document, and reading them.

use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::names::name::{AccountKey, Name};
use crate::platform::{Owner, SystemLog};
use crate::store::dir::lock_file;
use crate::store::dir::{file_name, trail};
use crate::store::file;
use crate::store::key_file::KeyFile;
use crate::store::unrecorded::Unrecorded;
use crate::store::{Document, DocumentKind, EachLine, NameList, Reader, Scope, Text};

/// The number of account lock files; the hash of an account's folded name selects one.
pub(super) const ACCOUNT_LOCKS: u32 = 256;

/// The lock of the daily message count. Stores made by the first version do not have it.
pub(super) const SMS_LOCK: &str = "sms";

/// The name of the data key's file.
pub(super) const KEY: &str = "key";

/// The extension of attempt counters, which are next to the state documents.
const COUNTER: &str = "attempts";

/// The files of a store.
pub(super) struct Files {
    pub(super) root: PathBuf,
    /// The account that owns the store.
    pub(super) owner: Owner,
    pub(super) key_file: KeyFile,
    pub(super) system_log: Option<SystemLog>,
}

impl Files {
    /// The files of the store at `root`.
    pub(super) fn new(root: PathBuf, owner: Owner) -> Self {
        let key_file = KeyFile::new(root.join(KEY), owner);
        Self { root, owner, key_file, system_log: None }
    }

    /// The directory of the store.
    pub(super) fn root(&self) -> &Path {
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

    pub(super) fn shard(&self, kind: DocumentKind, key: &AccountKey) -> PathBuf {
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

    pub(super) fn path(&self, document: &Document) -> PathBuf {
        match document {
            Document::Settings => self.root.join("store.toml"),
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
            let what = "has a name that rw2fa never uses for documents";
            let problem = file::broken(&path, what);
            // The hint does not leave anyone unlisted for longer than necessary.
            found.problems.push(problem.with_hint(
                "if it lists someone, move it out of the store and add the entry with rw2fa at once: in between, the \
                 password alone is enough; otherwise remove it",
            ));
        })?;
        Ok(found)
    }

    /// Lists the names in one directory of a sharded kind, for [`Reader::list`].
    fn names_in_shard(directory: &Path, shard: &str) -> Result<NameList> {
        let place = directory.join(shard);
        let mut found = Self::names_in(&place, None)?;
        let misplaced = found.names.extract_if(.., |name| file_name::shard(&name.key()) != shard);
        found.problems.extend(misplaced.map(|name| {
            let what = format!("contains the document of '{name}', which does not belong there");
            file::broken(&place, &what).with_hint(
                "do not move documents by hand: add the entry with rw2fa, then remove this file",
            )
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

    pub(super) fn lock(&self, scope: Scope<'_>) -> Result<lock_file::Lock> {
        match scope {
            Scope::Settings => self.lock_file("settings"),
            Scope::SmsCount => {
                lock_file::lock(&self.lock_path(SMS_LOCK), self.owner, lock_file::IfMissing::Create)
            }
            Scope::Account(key) => self.lock_file(&format!("{:02x}", file_name::lock_index(key))),
        }
    }

    pub(super) fn lock_file(&self, name: &str) -> Result<lock_file::Lock> {
        lock_file::lock(&self.lock_path(name), self.owner, lock_file::IfMissing::Refuse)
    }

    pub(super) fn lock_path(&self, name: &str) -> PathBuf {
        self.root.join("locks").join(name)
    }

    /// See [`crate::store::Locks::drain`].
    pub(super) fn drain(&self) -> Result<()> {
        (0..ACCOUNT_LOCKS).try_for_each(|number| self.lock_file(&format!("{number:02x}")).map(drop))
    }

    pub(super) fn check_kind(&self, kind: DocumentKind) -> Result<()> {
        file::check_directory(&self.directory(kind), self.owner)
    }
}

impl Reader for Files {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn describe(&self, document: &Document) -> String {
        self.path(document).display().to_string()
    }

    fn key_file(&self) -> &KeyFile {
        &self.key_file
    }

    fn read(&self, document: &Document) -> Result<Option<Text>> {
        let path = match document {
            Document::Of(kind, name) => self.reachable_path(*kind, name)?,
            Document::Attempts(name) => {
                let path = self.reachable_path(DocumentKind::State, name)?;
                path.map(|path| path.with_extension(COUNTER))
            }
            Document::Settings | Document::SmsCount => Some(self.path(document)),
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

    fn audit_lines(&self, each: &mut EachLine<'_>) -> Result<()> {
        trail::lines(&self.root.join("audit"), self.owner, each)
    }

    fn unrecorded(&self) -> Result<Vec<Unrecorded>> {
        self.read_unrecorded()
    }
}

/// Users and states can be numerous, so their documents are spread over 4096 directories.
pub(super) fn is_sharded(kind: DocumentKind) -> bool {
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
