//! What every backend promises: one suite of tests, run against each of them.
//!
//! To add a backend, add a line in [`contract`] and an implementation of [`Backend`].

mod documents;
mod locks;
mod trail;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::language::Tag;
use crate::names::name::Name;
use crate::store::memory::Memory;
use crate::store::unrecorded::Unrecorded;
use crate::store::{AuditEnd, Document, DocumentKind, Draft, Locked, Reader, Scope, Store, Update};
use crate::time::Timestamp;

/// A new, empty store.
trait Backend: Sync {
    /// Opens it, as another process would.
    fn open(&self) -> Box<dyn Store>;
}

impl Backend for Memory {
    fn open(&self) -> Box<dyn Store> {
        Memory::open(self)
    }
}

/// A store in a temporary directory.
struct Directory(tempfile::TempDir);

impl Default for Directory {
    fn default() -> Self {
        let directory = tempfile::tempdir().unwrap();
        crate::store::create(&directory.path().join("store"), None, "", "").unwrap();
        Self(directory)
    }
}

impl Backend for Directory {
    fn open(&self) -> Box<dyn Store> {
        crate::store::open(&self.0.path().join("store")).unwrap()
    }
}

/// Runs every test against every backend.
macro_rules! contract {
    ($($room:ident::$test:ident)*) => {
        contract! { directory: Directory; $($room::$test)* }
        contract! { memory: Memory; $($room::$test)* }
    };
    ($module:ident: $backend:ty; $($room:ident::$test:ident)*) => {
        mod $module {
            use super::*;

            $(#[test] fn $test() { super::$room::$test(&<$backend>::default()); })*
        }
    };
}

contract! {
    documents::a_document_is_read_as_it_was_written
    documents::a_name_in_every_spelling_has_its_own_document
    documents::names_are_listed_in_order
    documents::languages_are_listed_in_order
    locks::an_update_returns_what_its_change_returns
    locks::parallel_updates_of_one_account_lose_nothing
    locks::updates_of_different_accounts_run_at_once
    locks::a_lock_is_waited_for_and_then_busy
    locks::locks_nest_in_their_order
    documents::a_reader_sees_the_old_or_the_new_text
    locks::an_update_sees_its_own_writes
    locks::a_change_that_ends_early_keeps_what_it_wrote_and_frees_its_lock
    trail::the_trail_keeps_its_order
    trail::new_lines_can_be_followed
    trail::a_clock_set_back_does_not_reorder_the_trail
    trail::nothing_is_written_without_its_line
    trail::preparing_changes_nothing
    trail::unrecorded_changes_stay_until_they_are_forgotten
    documents::staged_texts_are_invisible_until_published
    trail::a_trail_is_never_begun_over_another
    locks::draining_waits_for_running_updates
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn of(kind: DocumentKind, text: &str) -> Document {
    Document::Of(kind, name(text))
}

fn write(store: &dyn Store, document: &Document, text: &str) {
    let scope = name("anyone").key();
    store.update(Scope::Account(&scope), |locked| locked.write(document, text)).unwrap();
}

fn text(reader: &dyn Reader, document: &Document) -> Option<String> {
    reader.read(document).unwrap().map(|text| text.to_string())
}

fn lines(reader: &dyn Reader) -> Vec<String> {
    let mut all = Vec::new();
    reader
        .audit_lines(&mut |place, line| {
            assert!(place.is_ended);
            all.push(String::from_utf8(line.to_vec()).unwrap());
            Ok(())
        })
        .unwrap();
    all
}

fn append(locked: &mut dyn Locked, month: &str, line: &str) -> Result<()> {
    locked.append_audit(month, &mut |_| Ok(format!("{line}\n").into_bytes()))
}
