//! The audit trail, and changes that it does not show yet.

use super::*;
use crate::store::upkeep::TrailPosition;

pub(super) fn the_trail_keeps_its_order(backend: &dyn Backend) {
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

pub(super) fn new_lines_can_be_followed(backend: &dyn Backend) {
    let store = backend.open();
    let mut position = TrailPosition::default();
    let mut seen = Vec::new();
    let mut expected = Vec::new();
    for (number, month) in
        ["2026-11", "2026-11", "2026-12", "2027-01", "2027-01"].iter().enumerate()
    {
        store.update(Scope::Settings, |l| append(l, month, &format!("line {number}"))).unwrap();
        // Two months begin between two looks.
        if number == 2 {
            continue;
        }
        let mut places = Vec::new();
        let read = store.audit_lines_after(&mut position, &mut |place, line| {
            places.push(place.line);
            seen.push(String::from_utf8(line.to_vec()).unwrap());
            Ok(())
        });
        read.unwrap();
        expected.push((*month, places));
    }
    let read: Vec<_> = (0..5).map(|number| format!("line {number}")).collect();
    assert_eq!(seen, read, "each line once");
    assert_eq!(
        expected,
        [("2026-11", vec![1]), ("2026-11", vec![2]), ("2027-01", vec![1, 1]), ("2027-01", vec![2])]
    );
    assert_eq!((position.month.as_str(), position.lines), ("2027-01", 2));
}

pub(super) fn a_clock_set_back_does_not_reorder_the_trail(backend: &dyn Backend) {
    let store = backend.open();
    for (month, line) in [("2027-01", "first"), ("2026-11", "second"), ("2027-02", "third")] {
        store.update(Scope::Settings, |locked| append(locked, month, line)).unwrap();
    }
    assert_eq!(lines(&*store), ["first", "second", "third"]);
    assert_eq!(store.audit_months().unwrap(), ["2027-01", "2027-02"]);
}

pub(super) fn nothing_is_written_without_its_line(backend: &dyn Backend) {
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

pub(super) fn preparing_changes_nothing(backend: &dyn Backend) {
    let store = backend.open();
    let document = of(DocumentKind::State, "alice");
    let key = name("alice").key();
    store.update(Scope::Account(&key), |locked| locked.prepare("2026-11", &document)).unwrap();
    assert_eq!(text(&*store, &document), None);
    assert!(store.scan(DocumentKind::State).unwrap().is_empty() && lines(&*store).is_empty());
}

pub(super) fn unrecorded_changes_stay_until_they_are_forgotten(backend: &dyn Backend) {
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

pub(super) fn a_trail_is_never_begun_over_another(backend: &dyn Backend) {
    let store = backend.open();
    assert!(store.is_unused().unwrap());
    store.make_trail().unwrap();
    store.update(Scope::Settings, |locked| append(locked, "2026-11", "first")).unwrap();
    assert_eq!(store.make_trail().unwrap_err().kind(), ErrorKind::Refused);
    assert!(!store.is_unused().unwrap());
}
