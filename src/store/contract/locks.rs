//! Locks, and changes that run under them.

use super::*;

pub(super) fn an_update_returns_what_its_change_returns(backend: &dyn Backend) {
    let store = backend.open();
    let key = name("alice").key();
    assert_eq!(store.update(Scope::Account(&key), |_| Ok::<_, Error>(7)).unwrap(), 7);
    let failed =
        store.update(Scope::Account(&key), |_| Err::<(), _>(Error::new(ErrorKind::Refused, "no")));
    assert_eq!(failed.unwrap_err().to_string(), "no");
    // The lock is free again.
    store.update(Scope::Account(&key), |_| Ok::<_, Error>(())).unwrap();
}

pub(super) fn parallel_updates_of_one_account_lose_nothing(backend: &dyn Backend) {
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

pub(super) fn updates_of_different_accounts_run_at_once(backend: &dyn Backend) {
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

pub(super) fn a_lock_is_waited_for_and_then_busy(backend: &dyn Backend) {
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

pub(super) fn locks_nest_in_their_order(backend: &dyn Backend) {
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

pub(super) fn an_update_sees_its_own_writes(backend: &dyn Backend) {
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
pub(super) fn a_change_that_ends_early_keeps_what_it_wrote_and_frees_its_lock(
    backend: &dyn Backend,
) {
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

pub(super) fn draining_waits_for_running_updates(backend: &dyn Backend) {
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
