//! A store in memory, for tests of code that uses a store. It passes the same contract as the
//! directory.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::names::name::{AccountKey, Name};
use crate::platform::{Owner, SystemLog};
use crate::store::key_file::KeyFile;
use crate::store::unrecorded::Unrecorded;
use crate::store::upkeep::{TrailPosition, Upkeep};
use crate::store::{
    AuditEnd, Bulk, Document, DocumentKind, Draft, EachLine, LanguageList, Locked, Locks,
    LoginStore, MakeLines, NameList, Place, Reader, ReadsFrom, Scope, Store, Text,
};

/// How long to wait for a lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// The contents of a store; every clone is the same store.
#[derive(Clone)]
pub(crate) struct Memory(Arc<Shared>);

struct Shared {
    key_file: KeyFile,
    /// Holds the key.
    _directory: tempfile::TempDir,
    contents: Mutex<Contents>,
    /// The names of the held locks.
    locks: Mutex<BTreeSet<String>>,
    freed: Condvar,
}

#[derive(Default)]
struct Contents {
    documents: BTreeMap<Document, String>,
    /// The lines of each month.
    trail: BTreeMap<String, Vec<Vec<u8>>>,
    unrecorded: BTreeMap<String, Unrecorded>,
}

impl Default for Memory {
    fn default() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self(Arc::new(Shared {
            key_file: KeyFile::new(directory.path().join("key"), Owner::current()),
            _directory: directory,
            contents: Mutex::default(),
            locks: Mutex::default(),
            freed: Condvar::new(),
        }))
    }
}

impl Memory {
    /// Opens the store.
    pub(crate) fn open(&self) -> Box<dyn Store> {
        Box::new(MemoryStore { memory: self.clone(), held: Cell::new(0) })
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn names(&self, wanted: DocumentKind) -> Vec<Name> {
        let contents = self.contents();
        let name = |document: &Document| match document {
            Document::Of(kind, name) if *kind == wanted => Some(name.clone()),
            _ => None,
        };
        contents.documents.keys().filter_map(name).collect()
    }

    fn lock(&self, scope: Scope<'_>) -> Result<String> {
        let name = match scope {
            Scope::Settings => "settings".to_owned(),
            Scope::SmsCount => "sms".to_owned(),
            Scope::Account(key) => format!("account {key:?}"),
        };
        let locks = self.0.locks.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .0
            .freed
            .wait_timeout_while(locks, PATIENCE, |locks| locks.contains(&name))
            .unwrap_or_else(PoisonError::into_inner);
        let (mut locks, timeout) = waited;
        if timeout.timed_out() {
            return Err(Error::new(ErrorKind::Busy, format!("the lock of {name} is held")));
        }
        locks.insert(name.clone());
        Ok(name)
    }

    fn drain(&self) -> Result<()> {
        let locks = self.0.locks.lock().unwrap_or_else(PoisonError::into_inner);
        let is_running =
            |locks: &mut BTreeSet<String>| locks.iter().any(|name| name.starts_with("account"));
        let waited = self
            .0
            .freed
            .wait_timeout_while(locks, PATIENCE, is_running)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.1.timed_out() {
            return Err(Error::new(ErrorKind::Busy, "an account is locked"));
        }
        Ok(())
    }
}

impl Reader for Memory {
    fn location(&self) -> String {
        "memory".into()
    }

    fn describe(&self, document: &Document) -> String {
        match document {
            Document::Settings => "memory/store.toml".into(),
            Document::Attempts(name) => format!("memory/attempts/{name}"),
            Document::Of(kind, name) => format!("memory/{kind}/{name}"),
            Document::SmsCount => "memory/sms-count.toml".into(),
            Document::Messages(language) => format!("memory/messages/{language}.toml"),
        }
    }

    fn key_file(&self) -> &KeyFile {
        &self.0.key_file
    }

    fn read(&self, document: &Document) -> Result<Option<Text>> {
        Ok(self.contents().documents.get(document).cloned().map(Text::new))
    }

    fn names_like(&self, kind: DocumentKind, key: &AccountKey) -> Result<Vec<Name>> {
        let mut names = self.names(kind);
        names.retain(|name| name.key() == *key);
        Ok(names)
    }

    fn list(&self, kind: DocumentKind) -> Result<NameList> {
        Ok(NameList { names: self.names(kind), problems: Vec::new() })
    }

    fn has_any(&self, kind: DocumentKind) -> Result<bool> {
        Ok(!self.names(kind).is_empty())
    }

    fn languages(&self) -> Result<LanguageList> {
        let contents = self.contents();
        let language = |document: &Document| match document {
            Document::Messages(language) => Some(language.clone()),
            _ => None,
        };
        let languages = contents.documents.keys().filter_map(language).collect();
        Ok(LanguageList { languages, problems: Vec::new() })
    }

    fn audit_lines(&self, each: &mut EachLine<'_>) -> Result<()> {
        let trail = self.contents().trail.clone();
        for (month, lines) in trail {
            let file = format!("{month}.jsonl");
            for (at, line) in lines.iter().enumerate() {
                each(&Place { file: &file, line: at + 1, is_ended: true }, line)?;
            }
        }
        Ok(())
    }

    fn unrecorded(&self) -> Result<Vec<Unrecorded>> {
        let contents = self.contents();
        let changes = contents.unrecorded.iter();
        Ok(changes.map(|(id, change)| Unrecorded { id: id.clone(), ..change.clone() }).collect())
    }
}

struct MemoryStore {
    memory: Memory,
    /// The number of locks held through this value.
    held: Cell<u32>,
}

impl ReadsFrom for MemoryStore {
    fn reader(&self) -> &dyn Reader {
        debug_assert_eq!(self.held.get(), 0, "an update reads around its lock");
        &self.memory
    }
}

impl Locks for MemoryStore {
    fn lock(&self, scope: Scope<'_>) -> Result<Box<dyn Locked + '_>> {
        MemoryLocked::wait_for(&self.memory, &self.held, scope)
    }

    fn drain(&self) -> Result<()> {
        self.memory.drain()
    }
}

impl Upkeep for MemoryStore {
    fn is_unused(&self) -> Result<bool> {
        Ok(self.memory.contents().trail.is_empty())
    }

    fn make_trail(&self) -> Result<()> {
        if self.memory.contents().trail.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Refused, "there is an audit trail"))
    }

    fn audit_months(&self) -> Result<Vec<String>> {
        Ok(self.memory.contents().trail.keys().cloned().collect())
    }

    fn audit_month(&self, month: &str, each: &mut EachLine<'_>) -> Result<()> {
        let file = format!("{month}.jsonl");
        self.memory.audit_lines(&mut |place, line| {
            if place.file == file { each(place, line) } else { Ok(()) }
        })
    }

    fn audit_lines_after(
        &self,
        position: &mut TrailPosition,
        each: &mut EachLine<'_>,
    ) -> Result<()> {
        for month in self.audit_months()? {
            if month < position.month {
                continue;
            }
            if month > position.month {
                *position = TrailPosition { month: month.clone(), ..TrailPosition::default() };
            }
            let read = position.lines;
            self.audit_month(&month, &mut |place, line| {
                if place.line <= read {
                    return Ok(());
                }
                position.lines = place.line;
                position.bytes += line.len() as u64 + 1;
                each(place, line)
            })?;
        }
        Ok(())
    }
}

impl LoginStore for MemoryStore {
    fn argument(&self) -> Result<OsString> {
        Ok("memory".into())
    }

    fn copy_to_system_log(&mut self, _: SystemLog) {}

    fn use_key_file(&mut self, _: PathBuf) {}
}

impl Store for MemoryStore {
    fn lock_shard(&self, key: &AccountKey) -> u32 {
        format!("{key:?}").bytes().fold(0, |sum, byte| sum.wrapping_mul(31) + u32::from(byte))
    }

    fn bulk(&self) -> Box<dyn Bulk + '_> {
        Box::new(MemoryBulk { store: self })
    }
}

struct MemoryLocked<'a> {
    memory: &'a Memory,
    held: &'a Cell<u32>,
    lock: String,
}

impl<'a> MemoryLocked<'a> {
    fn wait_for(
        memory: &'a Memory,
        held: &'a Cell<u32>,
        scope: Scope<'_>,
    ) -> Result<Box<dyn Locked + 'a>> {
        let lock = memory.lock(scope)?;
        held.set(held.get() + 1);
        Ok(Box::new(Self { memory, held, lock }))
    }
}

impl Drop for MemoryLocked<'_> {
    fn drop(&mut self) {
        self.held.set(self.held.get() - 1);
        let mut locks = self.memory.0.locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.remove(&self.lock);
        self.memory.0.freed.notify_all();
    }
}

impl ReadsFrom for MemoryLocked<'_> {
    fn reader(&self) -> &dyn Reader {
        self.memory
    }
}

impl Locks for MemoryLocked<'_> {
    fn lock(&self, scope: Scope<'_>) -> Result<Box<dyn Locked + '_>> {
        MemoryLocked::wait_for(self.memory, self.held, scope)
    }

    fn drain(&self) -> Result<()> {
        self.memory.drain()
    }
}

impl Locked for MemoryLocked<'_> {
    fn write(&mut self, document: &Document, text: &str) -> Result<()> {
        self.memory.contents().documents.insert(document.clone(), text.to_owned());
        Ok(())
    }

    fn prepare(&mut self, _: &str, _: &Document) -> Result<()> {
        Ok(())
    }

    fn remove(&mut self, document: &Document) -> Result<bool> {
        Ok(self.memory.contents().documents.remove(document).is_some())
    }

    fn append_audit(&mut self, month: &str, make: &mut MakeLines<'_>) -> Result<()> {
        let mut contents = self.memory.contents();
        let newest = contents.trail.keys().next_back().cloned().unwrap_or_default();
        let last_line = contents.trail.get(&newest).and_then(|lines| lines.last()).cloned();
        let bytes = make(&AuditEnd { last_line, torn: 0 })?;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let month = newest.max(month.to_owned());
        contents.trail.entry(month).or_default().extend(lines.map(<[u8]>::to_vec));
        Ok(())
    }

    fn publish(&mut self, document: &Document, draft: Draft) -> Result<()> {
        match draft {
            Draft::Text(text) => self.write(document, &text),
            Draft::Stored(_) => Err(Error::new(ErrorKind::Store, "nothing is staged here")),
        }
    }

    fn keep_unrecorded(&mut self, change: &Unrecorded) -> Result<()> {
        let mut contents = self.memory.contents();
        let id = format!("{:012}-{}", change.at.unix(), contents.unrecorded.len());
        contents.unrecorded.insert(id, change.clone());
        Ok(())
    }

    fn forget_unrecorded(&mut self, change: &Unrecorded) -> Result<()> {
        self.memory.contents().unrecorded.remove(&change.id);
        Ok(())
    }
}

struct MemoryBulk<'a> {
    store: &'a MemoryStore,
}

impl Bulk for MemoryBulk<'_> {
    fn prepare(&mut self, text: &str) -> Result<Draft> {
        Ok(Draft::Text(Text::new(text.to_owned())))
    }

    fn prepared(&mut self) -> Result<()> {
        Ok(())
    }

    fn lock(&self, scope: Scope<'_>) -> Result<Box<dyn Locked + '_>> {
        self.store.lock(scope)
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}
