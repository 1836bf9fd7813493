use super::*;

fn sid(text: &str) -> Sid {
    Sid::parse(text).unwrap()
}

fn descriptor(owner: Sid, allowed: &[(Sid, u32)]) -> Descriptor {
    Descriptor::read(&descriptor::private(Some(owner), allowed, Below::Same)).unwrap()
}

fn store_of(sid: Sid, service: Option<Sid>) -> Owner {
    Owner { sid, service, is_administrator: false }
}

/// Guards who may use a store: administrators, the system, its owner and its service account. No other
/// account may have any right, and no group that includes everyone.
#[test]
fn a_store_is_closed_to_all_other_accounts() {
    let (portal, eve) = (sid("S-1-5-21-1-2-3-1105"), sid("S-1-5-21-1-2-3-1106"));
    let store = store_of(ADMINISTRATORS, Some(portal));
    let base = [(SYSTEM, FULL), (ADMINISTRATORS, FULL)];
    let path = Path::new(r"C:\store");
    let problem = |owner, more: &[(Sid, u32)]| {
        list_problem(path, &descriptor(owner, &[&base, more].concat()), store)
    };
    for (owner, more) in [
        (ADMINISTRATORS, &[][..]),
        (SYSTEM, &[]),
        (portal, &[(portal, MODIFY)]),
        (ADMINISTRATORS, &[(CREATOR_OWNER, FULL), (OWNER_RIGHTS, READ)]),
        (ADMINISTRATORS, &[(eve, 0)]),
    ] {
        assert_eq!(problem(owner, more), None, "{owner} {more:?}");
    }
    for (owner, stranger, rights) in [
        (ADMINISTRATORS, sid("S-1-1-0"), READ),
        (ADMINISTRATORS, sid("S-1-5-11"), READ),
        (ADMINISTRATORS, sid("S-1-5-32-545"), 1),
        (SYSTEM, eve, FULL),
    ] {
        let (problem, hint) = problem(owner, &[(stranger, rights)]).unwrap();
        assert!(problem.contains("can be used by"), "{problem}");
        assert!(hint.contains(&format!("/remove:g *{stranger}")), "{hint}");
    }
    let (problem, hint) = problem(eve, &[]).unwrap();
    assert!(problem.contains("belongs to"), "{problem}");
    assert!(hint.contains("/setowner *S-1-5-32-544"), "{hint}");
    let open = Descriptor { owner: SYSTEM, allowed: None };
    assert!(list_problem(path, &open, store).unwrap().0.contains("everyone"));
}

/// Guards who may work on a store: no account on that of another account, not even an administrator.
#[test]
fn a_store_belongs_to_administrators_or_to_the_account_that_uses_it() {
    let (bob, portal) = (sid("S-1-5-21-1-2-3-1001"), sid("S-1-5-21-1-2-3-1105"));
    let is = |sid, is_administrator| Owner { sid, service: None, is_administrator };
    for (store, current, expected) in [
        (store_of(ADMINISTRATORS, None), is(bob, true), true),
        (store_of(SYSTEM, None), is(SYSTEM, true), true),
        (store_of(ADMINISTRATORS, None), is(bob, false), false),
        (store_of(ADMINISTRATORS, Some(portal)), is(portal, false), true),
        (store_of(ADMINISTRATORS, Some(portal)), is(bob, false), false),
        (store_of(bob, None), is(bob, false), true),
        (store_of(bob, None), is(portal, true), false),
        // The owner of a store could name any service account.
        (store_of(bob, Some(portal)), is(portal, false), false),
        (store_of(portal, None), is(bob, true), false),
    ] {
        assert_eq!(store.accepts(current), expected, "{store:?} {current:?}");
    }
}

/// Guards the access lists of a new store and of an exported file: protected, with no other accounts.
#[test]
fn new_files_are_private() {
    let list = Descriptor::read(&own_list(Below::Same)).unwrap();
    let current = Owner::current();
    let owner = if current.is_administrator { ADMINISTRATORS } else { current.sid };
    assert_eq!(list.owner, owner);
    let trusted = |entry: &Allowed| entry.who.is_administrative() || entry.who == current.sid;
    assert!(list.allowed.unwrap().iter().all(trusted));
    let control = own_list(Below::Same)[3];
    assert_eq!(control & 0x10, 0x10, "what the directory above lets in would come down");
}

/// Guards the check of real files: refuses a file that is open to everyone, and one with a second name.
#[test]
fn a_file_that_everyone_may_read_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("store");
    make_private_directory(&root).unwrap();
    let owner = Owner::of_store(&root, &root.metadata().unwrap()).unwrap();
    assert!(owner.accepts(Owner::current()));
    let problem = |path: &Path| privacy_problem(path, None, &path.metadata().unwrap(), owner);
    assert_eq!(problem(&root), None);
    let inner = root.join("users");
    make_inner_directory(&inner).unwrap();
    let file = root.join("key");
    drop(make_private_file(&file).unwrap());
    assert_eq!(problem(&file), None);
    let everybody = sid("S-1-1-0");
    for (path, rights) in [(&file, READ), (&file, FULL), (&inner, READ), (&root, FULL)] {
        let mut allowed = vec![(SYSTEM, FULL), (ADMINISTRATORS, FULL), (owner.sid, FULL)];
        allowed.push((everybody, rights));
        let list = descriptor::private(None, &allowed, Below::Same);
        let opened = looking_at(WRITE_DAC).open(path).unwrap();
        files::set_descriptor(&opened, &list).unwrap();
        let (problem, _) = problem(path).unwrap();
        assert!(problem.contains("can be used by"), "{problem}");
        allowed.pop();
        let list = descriptor::private(None, &allowed, Below::Same);
        files::set_descriptor(&opened, &list).unwrap();
    }
    assert_eq!(problem(&file), None);
    std::fs::hard_link(&file, root.join("second")).unwrap();
    assert!(problem(&file).unwrap().0.contains("2 hard links"));
}

/// Guards the service account of a store: a single account of this name, set by an administrator.
#[test]
fn a_service_account_is_a_single_account() {
    for group in ["Administrators", "Everyone", r"NT AUTHORITY\Authenticated Users", "Users"] {
        let refused = Owner::named(group).unwrap_err();
        assert!(refused.to_string().contains("is not a single account"), "{group}: {refused}");
    }
    assert!(Owner::named("no such account").is_err());
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("store");
    make_private_directory(&root).unwrap();
    let service = Owner::named(r"NT AUTHORITY\NETWORK SERVICE").unwrap();
    assert_eq!(service.sid.to_string(), "S-1-5-20");
    service.give(&root).unwrap();
    let metadata = root.metadata().unwrap();
    assert_eq!(Owner::of_store(&root, &metadata).unwrap().service, Some(service.sid));
    std::fs::File::create(root.join(SERVICE_ACCOUNT)).unwrap();
    assert!(Owner::of_store(&root, &metadata).is_err(), "an empty record names no account");
}

/// Guards an administrator against accounts that may already use the store: nothing in it leads the walk to
/// files elsewhere, and no directory can be swapped meanwhile.
#[test]
fn a_service_account_gets_no_access_elsewhere() {
    let parent = tempfile::tempdir().unwrap();
    let (root, elsewhere) = (parent.path().join("store"), parent.path().join("elsewhere"));
    make_private_directory(&root).unwrap();
    File::create(&elsewhere).unwrap();
    std::fs::hard_link(&elsewhere, root.join("second")).unwrap();
    let service = Owner::named(r"NT AUTHORITY\NETWORK SERVICE").unwrap();
    let refused = service.give(&root).unwrap_err().to_string();
    assert!(refused.contains("has another hard link"), "{refused}");
    std::fs::remove_file(root.join("second")).unwrap();
    service.give(&root).unwrap();

    let inner = root.join("users");
    make_inner_directory(&inner).unwrap();
    let held = held(&inner).unwrap();
    assert!(std::fs::rename(&inner, root.join("other")).is_err(), "it could be exchanged");
    drop(held);
    std::fs::rename(&inner, root.join("other")).unwrap();
}

/// Guards exports: a dangling link in the way is not followed.
#[test]
fn a_private_file_is_created_at_its_own_path() {
    let parent = tempfile::tempdir().unwrap();
    let (link, target) = (parent.path().join("link"), parent.path().join("target"));
    File::create(&target).unwrap();
    assert!(make_private_file(&target).is_err(), "it was there");
    std::fs::remove_file(&target).unwrap();
    // Wine claims to support links but does not, and some accounts may not create them.
    let _ = std::os::windows::fs::symlink_file(&target, &link);
    if std::fs::symlink_metadata(&link).is_ok() {
        assert!(make_private_file(&link).is_err(), "it was followed");
    }
    assert!(!target.exists());
}
