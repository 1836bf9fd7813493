//! The store as a directory of TOML documents.
//!
//! Owns the layout: which document is which file, which lock protects it, how the audit files follow
//! each other. It does not know what documents say.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::account::name::{AccountKey, Name};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::platform::{self, Owner};
use crate::store::creation::{holds_documents, plain, refuse_link};
use crate::store::{
    AuditEnd, Change, Document, Kind, MakeLines, Scope, Store, Survey, Text, Transaction, file,
    file_name,
};

/// How much of the end of an audit file is read to find its last line, at first.
const AUDIT_TAIL: u64 = 4096;

/// A store in a directory.
pub struct DirStore {
    root: PathBuf,
    owner: Owner,
    key_file: Option<PathBuf>,
}

impl DirStore {
    /// Opens the store at `root`. A program that runs as the system's administrator works as the
    /// store's owner from here on, so that it cannot leave files behind that the owner cannot read.
    ///
    /// # Errors
    /// When there is no store, it belongs to somebody else, or others may use it.
    pub fn open(root: &Path) -> Result<Self> {
        let root = &plain(root);
        let missing = |what: &str| {
            Error::new(ErrorKind::Store, format!("there is no store at {}{what}", root.display()))
        };
        let metadata = match fs::symlink_metadata(root) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(
                    missing("").hint("make one with 'rw2fa init', or name another with --store")
                );
            }
            Err(error) => {
                let denied = error.kind() == std::io::ErrorKind::PermissionDenied;
                let what = format!("cannot use the store at {}", root.display());
                let way_out = if denied { "run as administrator" } else { "check the path" };
                return Err(Error::io(ErrorKind::Store, what, error).hint(way_out));
            }
        };
        refuse_link(root, &metadata)?;
        if !metadata.is_dir() {
            return Err(missing(": it is not a directory").hint("name another with --store"));
        }
        let (owner, current) = (Owner::of(&metadata), Owner::current());
        if !owner.is_same_account(current) {
            if !current.is_administrator() {
                let owner = owner.name();
                return Err(Error::new(
                    ErrorKind::Store,
                    format!("the store at {} belongs to {owner}", root.display()),
                )
                .hint(format!("run as administrator, or as {owner}")));
            }
            owner.assume()?;
            if let Err(error) = fs::symlink_metadata(root) {
                let what = format!("cannot use the store at {}", root.display());
                let owner = owner.name();
                return Err(Error::io(ErrorKind::Store, what, error).hint(format!(
                    "{owner}, its owner, must be able to enter the directories above"
                )));
            }
        }
        file::check_directory(root, owner)?;
        let store = Self { root: root.clone(), owner, key_file: None };
        if store.read(&Document::Settings)?.is_none() {
            let error = missing(": store.toml is missing");
            return Err(if holds_documents(root)? {
                error.hint("restore it from a backup: the other documents are still there")
            } else {
                error.hint("make one with 'rw2fa init', or name another with --store")
            });
        }
        Ok(store)
    }

    /// Looks for the data key at `path` instead of in the store.
    #[must_use]
    pub fn with_key_file(mut self, path: Option<PathBuf>) -> Self {
        self.key_file = path;
        self
    }

    fn directory(&self, kind: Kind) -> PathBuf {
        self.root.join(match kind {
            Kind::User => "users",
            Kind::State => "state",
            Kind::Group => "groups",
            Kind::Whitelist => "whitelist",
        })
    }

    fn shard(&self, kind: Kind, key: &AccountKey) -> PathBuf {
        let directory = self.directory(kind);
        if is_sharded(kind) { directory.join(file_name::shard(key)) } else { directory }
    }

    /// Whether the directory for documents of this account exists; if so it is private and no link.
    fn has_shard(&self, kind: Kind, key: &AccountKey) -> Result<bool> {
        self.check_kind(kind)?;
        if !is_sharded(kind) {
            return Ok(true);
        }
        let shard = self.shard(kind, key);
        match fs::symlink_metadata(&shard) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            _ => file::check_directory(&shard, self.owner).map(|()| true),
        }
    }

    fn path(&self, document: &Document) -> PathBuf {
        match document {
            Document::Settings => self.root.join("store.toml"),
            Document::Key => self.key_file.clone().unwrap_or_else(|| self.root.join("key")),
            Document::Of(kind, name) => {
                let mut path = self.shard(*kind, &name.key());
                path.extend(file_name::encode(name));
                path
            }
        }
    }

    /// All names below a directory of documents.
    fn names_in(directory: &Path) -> Result<Survey> {
        let mut found = Survey::default();
        collect(directory, &mut Vec::new(), &mut |components| {
            let components: Vec<&str> = components.iter().map(String::as_str).collect();
            if let Some(name) = file_name::decode(&components) {
                found.names.push(name);
                return;
            }
            let path = directory.join(components.join("/"));
            let what = "has a name that rw2fa does not give to documents";
            let problem = file::broken(&path, what);
            found.problems.push(problem.hint("remove it, or add the entry with rw2fa"));
        })?;
        Ok(found)
    }

    /// The names in a directory of a sharded kind, for [`Store::survey`].
    fn names_in_shard(directory: &Path, shard: &str) -> Result<Survey> {
        let place = directory.join(shard);
        let mut found = Self::names_in(&place)?;
        let strangers = found.names.extract_if(.., |name| file_name::shard(&name.key()) != shard);
        found.problems.extend(strangers.map(|name| {
            let what = format!("holds a document of '{name}', which does not belong there");
            file::broken(&place, &what)
                .hint("documents are not moved by hand: remove it and add it with rw2fa")
        }));
        Ok(found)
    }

    /// The path of a document whose directories all exist; each is private and no link.
    fn reachable_path(&self, kind: Kind, name: &Name) -> Result<Option<PathBuf>> {
        let mut path = self.directory(kind);
        file::check_directory(&path, self.owner)?;
        let shard = is_sharded(kind).then(|| file_name::shard(&name.key()));
        let mut parts: Vec<String> = shard.into_iter().chain(file_name::encode(name)).collect();
        let file = parts.pop().unwrap_or_default();
        for part in parts {
            path.push(part);
            match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                _ => file::check_directory(&path, self.owner)?,
            }
        }
        path.push(file);
        Ok(Some(path))
    }

    fn lock(&self, scope: Scope<'_>) -> Result<file::Lock> {
        let name = match scope {
            Scope::Settings => "settings".to_owned(),
            Scope::Account(key) => format!("{:02x}", file_name::lock_index(key)),
        };
        file::lock(&self.root.join("locks").join(name), self.owner)
    }

    fn check_kind(&self, kind: Kind) -> Result<()> {
        file::check_directory(&self.directory(kind), self.owner)
    }

    /// The newest audit file and its month; a clock that was set back starts no older one.
    fn newest_audit_file(&self, month: &str) -> Result<PathBuf> {
        let directory = self.root.join("audit");
        file::check_directory(&directory, self.owner)?;
        let newest = file::entries(&directory)?
            .into_iter()
            .filter(|(name, is_directory)| !is_directory && is_audit_file(name))
            .map(|(name, _)| name)
            .chain([format!("{month}.jsonl")])
            .max();
        Ok(directory.join(newest.unwrap_or_default()))
    }

    /// The end of the audit trail before `newest`, which is new: the last line of the file before it.
    fn previous_audit_line(&self, newest: &Path) -> Result<Option<Vec<u8>>> {
        let names = file::entries(&self.root.join("audit"))?;
        let before = names
            .into_iter()
            .filter(|(name, is_directory)| !is_directory && is_audit_file(name))
            .map(|(name, _)| self.root.join("audit").join(name))
            .filter(|path| path < &newest.to_owned())
            .max();
        let Some(path) = before else { return Ok(None) };
        let mut options = platform::private_file();
        match file::open(&path, self.owner, options.read(true))? {
            Some((mut file, _)) => Ok(audit_end(&mut file, &path)?.last_line),
            None => Ok(None),
        }
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
            Document::Settings | Document::Key => Some(self.path(document)),
        };
        path.map_or(Ok(None), |path| file::read(&path, self.owner))
    }

    fn names_like(&self, kind: Kind, key: &AccountKey) -> Result<Vec<Name>> {
        if !self.has_shard(kind, key)? {
            return Ok(Vec::new());
        }
        let Survey { mut names, problems } = Self::names_in(&self.shard(kind, key))?;
        // SECURITY: a document that nobody can be told from may be of this account.
        if let Some(problem) = problems.into_iter().next() {
            return Err(problem);
        }
        names.retain(|name| name.key() == *key);
        names.sort();
        Ok(names)
    }

    fn survey(&self, kind: Kind) -> Result<Survey> {
        self.check_kind(kind)?;
        let directory = self.directory(kind);
        if !is_sharded(kind) {
            let mut all = Self::names_in(&directory)?;
            all.names.sort();
            return Ok(all);
        }
        let mut all = Survey::default();
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

    fn has_any(&self, kind: Kind) -> Result<bool> {
        self.check_kind(kind)?;
        let entries = file::entries(&self.directory(kind))?;
        Ok(entries.iter().any(|(name, is_directory)| *is_directory || is_document_name(name)))
    }

    fn update(&self, scope: Scope<'_>, change: &mut Change<'_>) -> Result<()> {
        let _lock = self.lock(scope)?;
        change(&mut DirTransaction { store: self })
    }
}

struct DirTransaction<'a> {
    store: &'a DirStore,
}

impl Transaction for DirTransaction<'_> {
    fn write(&mut self, document: &Document, text: &str) -> Result<()> {
        let path = self.store.path(document);
        if let Document::Of(kind, name) = document {
            self.store.check_kind(*kind)?;
            if is_sharded(*kind) {
                file::make_directory(&self.store.shard(*kind, &name.key()))?;
            }
            let components = file_name::encode(name);
            let mut directory = self.store.shard(*kind, &name.key());
            for component in components.iter().take(components.len().saturating_sub(1)) {
                directory.push(component);
                file::make_directory(&directory)?;
            }
        }
        file::replace(&path, text.as_bytes())
    }

    fn remove(&mut self, document: &Document) -> Result<bool> {
        file::remove(&self.store.path(document))
    }

    fn append_audit(&mut self, month: &str, make: &mut MakeLines<'_>) -> Result<()> {
        let _lock = file::lock(&self.store.root.join("locks").join("audit"), self.store.owner)?;
        let path = self.store.newest_audit_file(month)?;
        let mut file = file::open_to_append(&path, self.store.owner)?;
        let mut end = audit_end(&mut file, &path)?;
        if end.last_line.is_none() {
            end.last_line = self.store.previous_audit_line(&path)?;
        }
        let lines = make(&end)?;
        let mut bytes = Vec::with_capacity(lines.len() + 1);
        if end.torn > 0 {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(&lines);
        file.write_all(&bytes).and_then(|()| file.sync_data()).map_err(|error| {
            Error::io(ErrorKind::Store, format!("cannot write {}", path.display()), error)
        })
    }
}

/// Users and states are many: their documents are spread over 4096 directories.
fn is_sharded(kind: Kind) -> bool {
    matches!(kind, Kind::User | Kind::State)
}

fn is_audit_file(name: &str) -> bool {
    let Some(month) = name.strip_suffix(".jsonl") else { return false };
    month.len() == 7
        && month.bytes().enumerate().all(|(at, byte)| match at {
            4 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Walks the documents below `directory`; long names continue in directories of their own.
fn collect(
    directory: &Path,
    above: &mut Vec<String>,
    found: &mut dyn FnMut(&[String]),
) -> Result<()> {
    for (name, is_directory) in file::entries(directory)? {
        let is_part = name.ends_with('+');
        if !is_part && !is_document_name(&name) {
            continue;
        }
        let below = directory.join(&name);
        above.push(name);
        if is_part && is_directory {
            collect(&below, above, found)?;
        } else {
            found(above);
        }
        above.pop();
    }
    Ok(())
}

fn is_document_name(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "toml")
}

fn is_shard_name(name: &str) -> bool {
    name.len() == 3 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The last whole line of an audit file, and how many bytes follow it.
fn audit_end(file: &mut File, path: &Path) -> Result<AuditEnd> {
    let failed =
        |error| Error::io(ErrorKind::Store, format!("cannot read {}", path.display()), error);
    let length = file.metadata().map_err(failed)?.len();
    let mut wanted = AUDIT_TAIL;
    loop {
        let start = length.saturating_sub(wanted);
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let mut tail = Vec::new();
        Read::by_ref(file).take(length - start).read_to_end(&mut tail).map_err(failed)?;
        let whole = tail.iter().rposition(|byte| *byte == b'\n');
        let torn = tail.len() - whole.map_or(0, |at| at + 1);
        let before = whole.map_or(&[][..], |at| &tail[..at]);
        let begin = before.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        if let (Some(_), Some(begin)) = (whole, begin.or((start == 0).then_some(0))) {
            let last_line = Some(before[begin..].to_vec());
            return Ok(AuditEnd { last_line, torn: torn as u64 });
        }
        if start == 0 {
            return Ok(AuditEnd { last_line: None, torn: torn as u64 });
        }
        wanted = wanted.saturating_mul(4);
    }
}
