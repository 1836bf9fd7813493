//! Who is a member of a listed group: named by the portal, looked up in the system, or unknown.

use rw2fa::error::ErrorKind;

use super::{knock, with_groups};
use crate::sandbox::{FakeAccounts, Run, Sandbox, is_unlocked};

/// Creates a store that lists `staff`, on a system that knows some accounts.
fn asked() -> (Sandbox, FakeAccounts) {
    let sandbox = with_groups(&["staff"]);
    let system = sandbox.system();
    system.set("alice", &["users", "staff"]);
    system.set("bob", &["users"]);
    (sandbox, system)
}

/// Guards the groups that the portal names: they count, and the system is not asked.
#[test]
fn groups_named_by_the_portal_count() {
    let (sandbox, system) = asked();
    for (options, user, reason) in [
        (&["--group", "staff"][..], "bob", "enrolment-required"),
        (&["--group", "users", "--group", "STAFF"], "bob", "enrolment-required"),
        (&["--group", "users"], "alice", "not-listed"),
        (&["--no-groups"], "alice", "not-listed"),
        (&["--group", "staff", "--session", "html5"], "bob", "code-required"),
        (&["--group", "staff", "--session", "rdp"], "bob", "rdp-not-allowed"),
        (&["--group", "staff", "--check"], "eve", "enrolment-required"),
        (&["--no-groups", "--session", "rdp"], "alice", "not-listed"),
    ] {
        assert_eq!(knock(&sandbox, options, user).reason(), reason, "{options:?} {user}");
    }
    assert_eq!(system.questions().len(), 0, "asked although the portal named the groups");
}

/// Guards the lookup in the system: it happens once, with the name as it was first written.
#[test]
fn groups_known_to_the_system_count() {
    let (sandbox, system) = asked();
    assert_eq!(knock(&sandbox, &[], "alice").reason(), "enrolment-required");
    assert_eq!(system.questions(), [["alice"]]);
    assert_eq!(knock(&sandbox, &[], "bob").reason(), "not-listed");
    assert_eq!(knock(&sandbox, &[], "ALICE").reason(), "enrolment-required");
    assert_eq!(system.questions()[1], ["ALICE", "alice"]);
    assert_eq!(knock(&sandbox, &[], r".\Alice").reason(), "enrolment-required");
    assert_eq!(system.questions(), [[r".\Alice", r".\alice", "alice"]]);
    // The domain is never dropped: the account without it may be someone else.
    assert_eq!(knock(&sandbox, &[], r"OTHER\bob").end(), (4, "groups-unknown".into()));
    assert_eq!(system.questions(), [[r"OTHER\bob", r"other\bob"]]);
    for options in [&["--check"][..], &["--session", "html5"], &["--session", "rdp"]] {
        assert_eq!(knock(&sandbox, options, "bob").reason(), "not-listed", "{options:?}");
    }
    assert_eq!(system.questions().len(), 3);
}

/// Guards that lookups fail closed. If the system cannot answer, every kind of request ends in an
/// error that says on standard error what to do.
#[test]
fn unknown_groups_are_an_error() {
    let (sandbox, system) = asked();
    system.set("odd", &["users", "in\u{7}valid"]);
    system.set("empty", &[""]);
    let before = sandbox.contents();
    let unknown = |user: &str, words: &str| {
        for options in [&[][..], &["--session", "html5"], &["--session", "rdp"], &["--check"]] {
            let run = knock(&sandbox, options, user);
            assert_eq!(run.end(), (4, "groups-unknown".into()), "{user} {options:?}: {run:?}");
            assert!(run.stderr.contains(words), "{run:?}");
            assert!(run.stderr.contains("--group or --no-groups"), "{run:?}");
            let code = sandbox.verify(&["--", user], Some("123456"));
            assert_eq!(code.end(), (4, "groups-unknown".into()), "{code:?}");
        }
    };
    unknown("nobody", "knows no such account");
    unknown("odd", "names a group 'in\\u{7}valid'");
    unknown("empty", "names a group ''");
    for kind in [ErrorKind::System, ErrorKind::Timeout, ErrorKind::NotFound] {
        system.fail(kind);
        unknown("alice", "the fake system failed");
        unknown("bob", "the fake system failed");
    }
    let after = sandbox.contents();
    let documents = |contents: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        let mut kept = contents.clone();
        kept.retain(|path, _| path.extension().is_none_or(|ending| ending != "jsonl"));
        kept
    };
    assert!(documents(&before) == documents(&after), "an error left documents behind");
    assert!(before != after, "errors are in the audit trail");
}

/// Guards the cost of a login, and logins while the directory is unreachable: the system is asked
/// only where the answer matters.
#[test]
fn the_system_is_asked_only_where_it_matters() {
    let (sandbox, system) = asked();
    sandbox.admin_ok(&["users", "add", "carol", r"CORP\dora", "--quiet"]);
    system.fail(ErrorKind::Timeout);
    for (user, options, reason) in [
        ("carol", &[][..], "enrolment-required"),
        ("CAROL@x.example", &[], "enrolment-required"),
        ("dora", &[], "enrolment-required"),
        ("carol", &["--session", "html5"], "code-required"),
        ("alice", &["--end"], "ended"),
        ("carol", &["--end"], "ended"),
    ] {
        assert_eq!(knock(&sandbox, options, user).reason(), reason, "{user} {options:?}");
    }
    assert_eq!(system.questions().len(), 0, "asked about a listed user, or at a sign-out");
    assert_eq!(knock(&sandbox, &[], r"OTHER\dora").reason(), "groups-unknown");
    assert_eq!(system.questions().len(), 1, "a user listed in another domain is not listed");
    sandbox.admin_ok(&["disable", "--yes"]);
    assert_eq!(knock(&sandbox, &[], "alice").reason(), "disabled");
    sandbox.admin_ok(&["enable"]);
    sandbox.admin_ok(&["users", "remove", "--group", "staff", "--yes"]);
    assert_eq!(knock(&sandbox, &[], "alice").reason(), "not-listed");
    assert_eq!(system.questions().len(), 0, "asked while it was off, or with no group listed");
}

/// Guards other logins of the account: none waits for a slow directory.
#[test]
fn no_lock_is_held_while_the_system_is_asked() {
    let (sandbox, system) = asked();
    let locks = sandbox.path().join("locks");
    system.meanwhile(move || {
        for entry in std::fs::read_dir(&locks).unwrap() {
            let path = entry.unwrap().path();
            assert!(is_unlocked(&path), "{} is held", path.display());
        }
    });
    assert_eq!(knock(&sandbox, &[], "alice").reason(), "enrolment-required");
    assert_eq!(
        sandbox.admin_ok(&["users", "remove", "alice", "--yes"]),
        "user alice: removed (still covered by group staff)\n"
    );
    assert_eq!(system.questions().len(), 2);
}

/// Guards against a group that is listed during the lookup: the answer is judged by the groups that
/// are listed by then.
#[test]
fn a_group_listed_during_the_lookup_counts() {
    let (sandbox, system) = asked();
    let document = sandbox.document("groups", "users");
    let text = std::fs::read_to_string(sandbox.document("groups", "staff")).unwrap();
    system.meanwhile(move || crate::sandbox::write_private(&document, &text));
    assert_eq!(knock(&sandbox, &[], "bob").reason(), "enrolment-required");
}

/// Guards the spellings of group names: they are compared like user names, and any match counts.
#[test]
fn a_group_matches_in_every_spelling() {
    let sandbox = with_groups(&[r"CORP\Remote Staff", "élan"]);
    sandbox.domains(r#"aliases = { "a.example" = "CORP", "b.example" = "OTHER" }"#);
    let system = sandbox.system();
    for (group, covers) in [
        (r"corp\remote staff", true),
        ("Remote Staff", true),
        ("remote staff@a.example", true),
        ("remote staff@corp.example", true),
        ("remote staff@c.example", true),
        ("ＲＥＭＯＴＥ staff", true),
        (r".\remote staff", true),
        ("ELAN", true),
        ("e\u{301}lan", true),
        (r"OTHER\remote staff", false),
        ("remote staff@b.example", false),
        ("remote", false),
        ("staff", false),
        ("remotestaff", false),
    ] {
        system.set("alice", &["users", group]);
        let reason = if covers { "enrolment-required" } else { "not-listed" };
        assert_eq!(knock(&sandbox, &["--check"], "alice").reason(), reason, "{group}");
        assert_eq!(
            knock(&sandbox, &["--check", "--group", group], "eve").reason(),
            reason,
            "{group}"
        );
    }
}

/// Guards `names = portal`: the system is never asked, and a portal that passes no groups gets an error
/// as long as a group is listed.
#[test]
fn with_names_of_the_portal_the_system_is_never_asked() {
    let (sandbox, system) = asked();
    sandbox.set("names", "portal");
    for options in [&[][..], &["--check"], &["--session", "html5"], &["--session", "rdp"]] {
        for user in ["alice", "bob", "eve"] {
            let run = knock(&sandbox, options, user);
            assert_eq!(run.end(), (4, "groups-unknown".into()), "{user} {options:?}");
            assert!(run.stderr.contains("the setting 'names' is 'portal'"), "{run:?}");
        }
    }
    assert_eq!(knock(&sandbox, &["--group", "staff"], "bob").reason(), "enrolment-required");
    assert_eq!(knock(&sandbox, &["--no-groups"], "alice").reason(), "not-listed");
    let explained = sandbox.admin(&["explain", "alice"]);
    assert!(explained.stdout.contains("groups-unknown"), "{explained:?}");
    // A user listed by name needs no groups.
    let added = sandbox.admin(&["users", "add", "zoe", "--group", "external"]);
    assert_eq!(added, Run::new(0, "user zoe: added\ngroup external: added\n", ""), "no warning");
    assert_eq!(knock(&sandbox, &[], "zoe").reason(), "enrolment-required");
    let refused = sandbox.admin(&["users", "add", "zoe2", "--must-exist"]);
    assert!(refused.code == 1 && refused.stderr.contains("'names' is 'portal'"), "{refused:?}");
    let csv = b"name,type,method,phone\nzoe3,,,\n";
    let from = sandbox.admin_with_stdin(&["users", "add", "--from", "-"], csv);
    assert_eq!(from, Run::new(0, "user zoe3: added\n", ""), "no warning");
    let doctor = sandbox.admin(&["doctor", "--format", "csv"]).stdout;
    assert!(!doctor.contains("does not know"), "{doctor}");
    assert_eq!(sandbox.admin_ok(&["users", "remove", "zoe", "--yes"]), "user zoe: removed\n");
    assert_eq!(system.questions().len(), 0, "the system was asked");
    // Without a listed group, no groups are needed.
    sandbox.admin_ok(&["users", "remove", "--group", "staff", "--group", "external", "--yes"]);
    assert_eq!(knock(&sandbox, &[], "alice").reason(), "not-listed");
    // The system is asked again as soon as it may be.
    sandbox.admin_ok(&["advanced", "unset", "names"]);
    sandbox.admin_ok(&["users", "add", "--group", "staff"]);
    assert_eq!(knock(&sandbox, &[], "alice").reason(), "enrolment-required");
}
