//! What every backend promises: one suite of tests, run against each of them.
//!
//! To add a backend, add a line in [`contract`] and an implementation of [`Backend`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
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
    ($($test:ident)*) => {
        contract! { directory: Directory; $($test)* }
        contract! { memory: Memory; $($test)* }
    };
    ($module:ident: $backend:ty; $($test:ident)*) => {
        mod $module {
            use super::*;

            $(#[test] fn $test() { super::$test(&<$backend>::default()); })*
        }
    };
}

contract! {
    a_document_is_read_as_it_was_written
    a_name_in_every_spelling_has_its_own_document
    names_are_listed_in_order
    an_update_returns_what_its_change_returns
    parallel_updates_of_one_account_lose_nothing
    updates_of_different_accounts_run_at_once
    a_lock_is_waited_for_and_then_busy
    locks_nest_in_their_order
    a_reader_sees_the_old_or_the_new_text
    an_update_sees_its_own_writes
    a_change_that_ends_early_keeps_what_it_wrote_and_frees_its_lock
    the_trail_keeps_its_order
    a_clock_set_back_does_not_reorder_the_trail
    nothing_is_written_without_its_line
    preparing_changes_nothing
    unrecorded_changes_stay_until_they_are_forgotten
    staged_texts_are_invisible_until_published
    a_trail_is_never_begun_over_another
    draining_waits_for_running_updates
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

fn a_document_is_read_as_it_was_written(backend: &dyn Backend) {
    let store = backend.open();
    let documents = [
        Document::Settings,
        Document::SmsCount,
        Document::Attempts(name("alice")),
        of(DocumentKind::User, "alice"),
        of(DocumentKind::State, "alice"),
        of(DocumentKind::Group, "alice"),
        of(DocumentKind::Whitelist, "alice"),
    ];
    for (at, document) in documents.iter().enumerate() {
        let long = format!("# Grüße, {at}\n").repeat(2000);
        for written in ["a = 1\n", "", &long] {
            write(&*store, document, written);
            // Another process sees it at once.
            assert_eq!(text(&*backend.open(), document).as_deref(), Some(written), "{document:?}");
        }
    }
    for document in &documents[1..] {
        let removed = || store.update(Scope::Settings, |locked| locked.remove(document)).unwrap();
        assert!(removed() && !removed(), "{document:?}");
        assert_eq!(text(&*store, document), None, "{document:?}");
    }
}

/// Names that file systems, shells and query languages treat specially.
fn hostile_names() -> Vec<String> {
    let fixed = [
        "alice",
        "o'brien",
        "quote\"d",
        "semi;colon",
        "percent%20",
        "con",
        "nul.txt",
        "trailing.x",
        "..x",
        "-x",
        "ünïcödé",
        "李小龍",
        "e\u{301}",
        "user name",
        "a+b",
        "a.toml",
        "a.attempts",
        "CORP\\alice",
        "CORP\\o'brien",
        "alice@corp.example",
        "$HOME",
        "`id`",
        "%s%n",
        "--",
        "' or 1=1",
    ];
    let long = ["x".repeat(200), format!("CORP\\{}", "ü".repeat(100))];
    fixed.iter().map(|name| (*name).to_owned()).chain(long).collect()
}

fn a_name_in_every_spelling_has_its_own_document(backend: &dyn Backend) {
    let store = backend.open();
    let names: Vec<Name> =
        hostile_names().iter().filter_map(|text| Name::parse(text).ok()).collect();
    assert!(names.len() > 20, "only {} of the names are names", names.len());
    for kind in
        [DocumentKind::User, DocumentKind::State, DocumentKind::Group, DocumentKind::Whitelist]
    {
        assert!(!store.has_any(kind).unwrap());
        for name in &names {
            write(&*store, &Document::Of(kind, name.clone()), &format!("# {name}\n"));
        }
        assert!(store.has_any(kind).unwrap());
        let mut listed = names.clone();
        listed.sort();
        listed.dedup();
        assert_eq!(store.scan(kind).unwrap(), listed, "{kind}");
        for name in &names {
            let written = text(&*store, &Document::Of(kind, name.clone()));
            assert_eq!(written, Some(format!("# {name}\n")), "{kind} {name}");
            let alike = store.names_like(kind, &name.key()).unwrap();
            assert!(alike.contains(name) && alike.iter().all(|other| other.key() == name.key()));
        }
    }
    // The account part is the same; the documents are not.
    let key = name("alice").key();
    let alike = store.names_like(DocumentKind::User, &key).unwrap();
    assert_eq!(alike.len(), 3, "{alike:?}");
    store
        .update(Scope::Account(&key), |locked| locked.remove(&of(DocumentKind::User, "alice")))
        .unwrap();
    assert_eq!(store.names_like(DocumentKind::User, &key).unwrap().len(), 2);
}

fn names_are_listed_in_order(backend: &dyn Backend) {
    let store = backend.open();
    for number in (0..60).rev() {
        write(&*store, &of(DocumentKind::User, &format!("user{}", number * 7 % 60)), "");
    }
    let names = store.list(DocumentKind::User).unwrap();
    assert!(names.problems.is_empty() && names.names.len() == 60);
    assert!(names.names.is_sorted());
    assert!(store.scan(DocumentKind::State).unwrap().is_empty());
}

fn an_update_returns_what_its_change_returns(backend: &dyn Backend) {
    let store = backend.open();
    let key = name("alice").key();
    assert_eq!(store.update(Scope::Account(&key), |_| Ok::<_, Error>(7)).unwrap(), 7);
    let failed =
        store.update(Scope::Account(&key), |_| Err::<(), _>(Error::new(ErrorKind::Refused, "no")));
    assert_eq!(failed.unwrap_err().to_string(), "no");
    // The lock is free again.
    store.update(Scope::Account(&key), |_| Ok::<_, Error>(())).unwrap();
}

fn parallel_updates_of_one_account_lose_nothing(backend: &dyn Backend) {
    let key = name("alice").key();
    let counter = of(DocumentKind::State, "alice");
    let count =
        |reader: &dyn Reader| text(reader, &counter).map_or(0, |text| text.parse().unwrap());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let store = backend.open();
                for _ in 0..25 {
                    let update = store.update(Scope::Account(&key), |locked| {
                        let next: u32 = count(locked) + 1;
                        locked.write(&counter, &next.to_string())
                    });
                    update.unwrap();
                }
            });
        }
    });
    assert_eq!(count(&*backend.open()), 100);
}

fn updates_of_different_accounts_run_at_once(backend: &dyn Backend) {
    let store = backend.open();
    let keys: Vec<_> = (0..50).map(|number| name(&format!("user{number}")).key()).collect();
    let first = &keys[0];
    let is_elsewhere = |key: &&_| store.lock_shard(key) != store.lock_shard(first);
    let second = keys.iter().find(is_elsewhere).unwrap();
    let outer = store.lock(Scope::Account(first)).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            backend.open().update(Scope::Account(second), |_| Ok::<_, Error>(())).unwrap();
        });
    });
    drop(outer);
}

fn a_lock_is_waited_for_and_then_busy(backend: &dyn Backend) {
    let store = backend.open();
    let (patient, impatient) = (name("patient").key(), name("impatient").key());
    thread::scope(|scope| {
        let held = store.lock(Scope::Account(&patient)).unwrap();
        let waiting =
            scope.spawn(|| backend.open().update(Scope::Account(&patient), |_| Ok::<_, Error>(())));
        thread::sleep(Duration::from_millis(100));
        drop(held);
        waiting.join().unwrap().unwrap();
        let _held = store.lock(Scope::Account(&impatient)).unwrap();
        let refused = scope
            .spawn(|| backend.open().update(Scope::Account(&impatient), |_| Ok::<_, Error>(())));
        assert_eq!(refused.join().unwrap().unwrap_err().kind(), ErrorKind::Busy);
    });
}

fn locks_nest_in_their_order(backend: &dyn Backend) {
    let store = backend.open();
    let document = of(DocumentKind::Group, "staff");
    let update = store.update(Scope::Settings, |settings| {
        let key = name("alice").key();
        settings.update(Scope::Account(&key), |account| {
            account.update(Scope::SmsCount, |count| count.write(&Document::SmsCount, "1"))?;
            assert_eq!(text(account, &Document::SmsCount).as_deref(), Some("1"));
            account.write(&document, "")
        })?;
        settings.write(&Document::Settings, "a = 1\n")
    });
    update.unwrap();
    assert_eq!(text(&*store, &document).as_deref(), Some(""));
    assert_eq!(text(&*store, &Document::Settings).as_deref(), Some("a = 1\n"));
}

fn a_reader_sees_the_old_or_the_new_text(backend: &dyn Backend) {
    let document = of(DocumentKind::User, "alice");
    let texts = ["a".repeat(9000), "b".repeat(3000)];
    write(&*backend.open(), &document, &texts[0]);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let store = backend.open();
            for round in 0..60 {
                write(&*store, &document, &texts[round % 2]);
            }
            is_over.store(true, Ordering::Release);
        });
        let store = backend.open();
        while !is_over.load(Ordering::Acquire) {
            let read = text(&*store, &document).unwrap();
            assert!(texts.contains(&read), "{} bytes", read.len());
        }
    });
}

fn an_update_sees_its_own_writes(backend: &dyn Backend) {
    let store = backend.open();
    let document = of(DocumentKind::User, "alice");
    let key = name("alice").key();
    let update = store.update(Scope::Account(&key), |locked| {
        locked.write(&document, "1")?;
        assert_eq!(text(locked, &document).as_deref(), Some("1"));
        assert_eq!(locked.names_like(DocumentKind::User, &key)?, [name("alice")]);
        assert!(locked.has_any(DocumentKind::User)? && locked.remove(&document)?);
        assert!(
            !locked.has_any(DocumentKind::User)? || locked.scan(DocumentKind::User)?.is_empty()
        );
        Ok::<_, Error>(text(locked, &document))
    });
    assert_eq!(update.unwrap(), None);
}

/// Guards against a crash in the middle: each step is durable by itself, and none is undone.
fn a_change_that_ends_early_keeps_what_it_wrote_and_frees_its_lock(backend: &dyn Backend) {
    let (first, second) = (of(DocumentKind::State, "alice"), of(DocumentKind::User, "alice"));
    let key = name("alice").key();
    let store = backend.open();
    write(&*store, &second, "old");
    let crashed = catch_unwind(AssertUnwindSafe(|| {
        store.update(Scope::Account(&key), |locked| {
            locked.write(&first, "new")?;
            append(locked, "2026-11", "charged")?;
            assert!(text(locked, &first).is_none(), "the change ends here");
            locked.write(&second, "new")
        })
    }));
    assert!(crashed.is_err());
    let store = backend.open();
    assert_eq!(text(&*store, &first).as_deref(), Some("new"));
    assert_eq!(text(&*store, &second).as_deref(), Some("old"));
    store.update(Scope::Account(&key), |locked| append(locked, "2026-11", "next")).unwrap();
    assert_eq!(lines(&*store), ["charged", "next"]);
}

fn the_trail_keeps_its_order(backend: &dyn Backend) {
    let store = backend.open();
    assert!(lines(&*store).is_empty() && store.audit_months().unwrap().is_empty());
    let key = name("alice").key();
    let mut expected = Vec::new();
    for (month, number) in [("2026-10", 1), ("2026-10", 2), ("2026-11", 3), ("2026-12", 4)] {
        let update = store.update(Scope::Account(&key), |locked| {
            locked.append_audit(month, &mut |end| {
                let last = expected.last().map(|line: &String| line.clone().into_bytes());
                assert_eq!(*end, AuditEnd { last_line: last, torn: 0 });
                Ok(format!("line {number}\nand {number}\n").into_bytes())
            })
        });
        update.unwrap();
        expected.extend([format!("line {number}"), format!("and {number}")]);
    }
    assert_eq!(lines(&*backend.open()), expected);
    assert_eq!(store.audit_months().unwrap(), ["2026-10", "2026-11", "2026-12"]);
    let mut places = Vec::new();
    store
        .audit_month("2026-10", &mut |place, _| {
            places.push(place.line);
            Ok(())
        })
        .unwrap();
    assert_eq!(places, [1, 2, 3, 4]);
    // An error of the caller stops the reading.
    let stopped = store.audit_lines(&mut |_, _| Err(Error::new(ErrorKind::Declined, "enough")));
    assert_eq!(stopped.unwrap_err().to_string(), "enough");
}

fn a_clock_set_back_does_not_reorder_the_trail(backend: &dyn Backend) {
    let store = backend.open();
    for (month, line) in [("2027-01", "first"), ("2026-11", "second"), ("2027-02", "third")] {
        store.update(Scope::Settings, |locked| append(locked, month, line)).unwrap();
    }
    assert_eq!(lines(&*store), ["first", "second", "third"]);
    assert_eq!(store.audit_months().unwrap(), ["2027-01", "2027-02"]);
}

fn nothing_is_written_without_its_line(backend: &dyn Backend) {
    let store = backend.open();
    let document = of(DocumentKind::State, "alice");
    let key = name("alice").key();
    write(&*store, &document, "old");
    let write_both = |line: Option<&str>| {
        store.update(Scope::Account(&key), |locked| {
            locked.prepare("2026-11", &document)?;
            let mut make = |_: &AuditEnd| {
                let line = line.ok_or_else(|| Error::new(ErrorKind::Refused, "no line"))?;
                Ok(format!("{line}\n").into_bytes())
            };
            locked.append_audit_and_write("2026-11", &mut make, &document, "new")
        })
    };
    assert_eq!(write_both(None).unwrap_err().to_string(), "no line");
    assert_eq!(text(&*store, &document).as_deref(), Some("old"));
    assert!(lines(&*store).is_empty());
    write_both(Some("granted")).unwrap();
    assert_eq!(text(&*store, &document).as_deref(), Some("new"));
    assert_eq!(lines(&*store), ["granted"]);
}

fn preparing_changes_nothing(backend: &dyn Backend) {
    let store = backend.open();
    let document = of(DocumentKind::State, "alice");
    let key = name("alice").key();
    store.update(Scope::Account(&key), |locked| locked.prepare("2026-11", &document)).unwrap();
    assert_eq!(text(&*store, &document), None);
    assert!(store.scan(DocumentKind::State).unwrap().is_empty() && lines(&*store).is_empty());
}

fn unrecorded_changes_stay_until_they_are_forgotten(backend: &dyn Backend) {
    let store = backend.open();
    let at = |seconds, by: &str| {
        Unrecorded::new(Timestamp::from_unix(seconds), by, "disable", toml::Table::new())
    };
    for change in [at(2000, "root"), at(1000, "ann"), at(2000, "zoe")] {
        store.update(Scope::Settings, |locked| locked.keep_unrecorded(&change)).unwrap();
    }
    let kept = backend.open().unrecorded().unwrap();
    assert_eq!(kept.iter().map(|change| &*change.by).collect::<Vec<_>>(), ["ann", "root", "zoe"]);
    // Two programs may record the same change at once.
    for _ in 0..2 {
        store.update(Scope::Settings, |locked| locked.forget_unrecorded(&kept[1])).unwrap();
    }
    let left = store.unrecorded().unwrap();
    assert_eq!(left.iter().map(|change| &*change.by).collect::<Vec<_>>(), ["ann", "zoe"]);
}

fn staged_texts_are_invisible_until_published(backend: &dyn Backend) {
    let store = backend.open();
    let mut bulk = store.bulk();
    let drafts: Vec<(Name, Draft)> = (0..10)
        .map(|number| {
            let draft = bulk.prepare(&format!("# {number}\n")).unwrap();
            (name(&format!("user{number}")), draft)
        })
        .collect();
    bulk.prepared().unwrap();
    assert!(backend.open().scan(DocumentKind::User).unwrap().is_empty());
    for (name, draft) in drafts.into_iter().take(6) {
        let mut locked = bulk.lock(Scope::Account(&name.key())).unwrap();
        locked.publish(&Document::Of(DocumentKind::User, name), draft).unwrap();
    }
    bulk.finish().unwrap();
    drop(bulk);
    let store = backend.open();
    assert_eq!(store.scan(DocumentKind::User).unwrap().len(), 6);
    assert_eq!(text(&*store, &of(DocumentKind::User, "user5")).as_deref(), Some("# 5\n"));
    assert_eq!(store.tidy(Timestamp::from_unix(i64::from(u32::MAX))).unwrap(), 0);
}

fn a_trail_is_never_begun_over_another(backend: &dyn Backend) {
    let store = backend.open();
    assert!(store.is_unused().unwrap());
    store.make_trail().unwrap();
    store.update(Scope::Settings, |locked| append(locked, "2026-11", "first")).unwrap();
    assert_eq!(store.make_trail().unwrap_err().kind(), ErrorKind::Refused);
    assert!(!store.is_unused().unwrap());
}

fn draining_waits_for_running_updates(backend: &dyn Backend) {
    let document = of(DocumentKind::State, "alice");
    let key = name("alice").key();
    let has_begun = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let update = backend.open().update(Scope::Account(&key), |locked| {
                has_begun.store(true, Ordering::Release);
                thread::sleep(Duration::from_millis(100));
                locked.write(&document, "done")
            });
            update.unwrap();
        });
        while !has_begun.load(Ordering::Acquire) {
            thread::yield_now();
        }
        let store = backend.open();
        store.drain().unwrap();
        assert_eq!(text(&*store, &document).as_deref(), Some("done"));
    });
}
