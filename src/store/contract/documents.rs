//! Documents, the names of a kind, and batches of new documents.

use super::*;

pub(super) fn a_document_is_read_as_it_was_written(backend: &dyn Backend) {
    let store = backend.open();
    let documents = [
        Document::Settings,
        Document::SmsCount,
        Document::Attempts(name("alice")),
        Document::Messages(Tag::english()),
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

pub(super) fn a_name_in_every_spelling_has_its_own_document(backend: &dyn Backend) {
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

pub(super) fn names_are_listed_in_order(backend: &dyn Backend) {
    let store = backend.open();
    for number in (0..60).rev() {
        write(&*store, &of(DocumentKind::User, &format!("user{}", number * 7 % 60)), "");
    }
    let names = store.list(DocumentKind::User).unwrap();
    assert!(names.problems.is_empty() && names.names.len() == 60);
    assert!(names.names.is_sorted());
    assert!(store.scan(DocumentKind::State).unwrap().is_empty());
}

pub(super) fn languages_are_listed_in_order(backend: &dyn Backend) {
    let store = backend.open();
    assert!(store.languages().unwrap().languages.is_empty());
    let languages = ["de", "de-AT", "es-419", "pl", "zh-Hant-TW"];
    for language in languages.iter().rev() {
        write(&*store, &Document::Messages(Tag::parse(language).unwrap()), language);
    }
    let list = backend.open().languages().unwrap();
    assert!(list.problems.is_empty(), "{:?}", list.problems);
    assert_eq!(list.languages.iter().map(Tag::as_str).collect::<Vec<_>>(), languages);
    for language in list.languages {
        let document = Document::Messages(language.clone());
        assert_eq!(text(&*store, &document).as_deref(), Some(language.as_str()));
    }
}

pub(super) fn a_reader_sees_the_old_or_the_new_text(backend: &dyn Backend) {
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

pub(super) fn staged_texts_are_invisible_until_published(backend: &dyn Backend) {
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
