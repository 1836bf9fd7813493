//! `doctor`, `store check` and `status` agree with the verifier: a store on which logins fail is never called healthy.

#![allow(clippy::disallowed_methods, reason = "these tests damage files on purpose")]

use std::fs;

use serde_json::Value;

use crate::sandbox::{Sandbox, Secret, make_private};

/// Creates a store in which alice has enrolled.
fn enrolled() -> (Sandbox, Secret) {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let secret = sandbox.enrol("alice");
    sandbox.pass(60);
    (sandbox, secret)
}

/// Damages a store.
type Trouble = fn(&Sandbox);

/// A name, the damage, and what `status` calls it.
const TROUBLES: &[(&str, Trouble, &str)] = &[
    ("the key is missing", |s| fs::remove_file(s.path().join("key")).unwrap(), "key"),
    ("the key is cut short", |s| fs::write(s.path().join("key"), "x").unwrap(), "key"),
    ("the key is a directory", |s| replace(s, "key"), "key"),
    ("the key of another store", foreign_key, "key"),
    ("audit/ is missing", |s| move_away(s, "audit"), "audit-trail"),
    ("audit/ is a file", |s| replace_directory(s, "audit"), "audit-trail"),
    ("the trail is a directory", |s| replace(s, "audit/2026-11.jsonl"), "audit-trail"),
    ("locks/ is missing", |s| move_away(s, "locks"), "locks"),
    ("every lock is missing", |s| empty(s, "locks"), "locks"),
    ("a lock is a directory", |s| replace(s, "locks/audit"), "locks"),
    (
        "the next document is a directory",
        |s| make_private(&s.document("state", "alice").with_file_name(".tmp-alice.toml")),
        "",
    ),
    ("the state is a directory", |s| replace_document(s, "state"), "documents"),
    ("the user is a directory", |s| replace_document(s, "users"), "documents"),
    (
        "the counter is a directory",
        |s| {
            let path = s.document("state", "alice").with_extension("attempts");
            fs::remove_file(&path).unwrap();
            make_private(&path);
        },
        "documents",
    ),
];

fn move_away(sandbox: &Sandbox, part: &str) {
    fs::rename(sandbox.path().join(part), sandbox.beside("away")).unwrap();
}

/// Replaces a file with a directory.
fn replace(sandbox: &Sandbox, file: &str) {
    let path = sandbox.path().join(file);
    fs::remove_file(&path).unwrap();
    make_private(&path);
}

fn replace_document(sandbox: &Sandbox, kind: &str) {
    let path = sandbox.document(kind, "alice");
    fs::remove_file(&path).unwrap();
    make_private(&path);
}

/// Replaces a directory with a file.
fn replace_directory(sandbox: &Sandbox, part: &str) {
    move_away(sandbox, part);
    sandbox.write(&sandbox.path().join(part), "");
}

fn empty(sandbox: &Sandbox, part: &str) {
    for entry in fs::read_dir(sandbox.path().join(part)).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
}

fn foreign_key(sandbox: &Sandbox) {
    let other = Sandbox::new();
    // Every sandbox starts with the same key.
    other.admin_ok(&["key", "rotate", "--yes"]);
    let key = fs::read_to_string(other.path().join("key")).unwrap();
    sandbox.write(&sandbox.path().join("key"), &key);
}

/// Guards the health checks: whatever makes the login of an honest user an error is reported by all of them.
#[test]
fn what_breaks_a_login_is_reported_by_every_check() {
    for (what, trouble, check) in TROUBLES {
        let (sandbox, secret) = enrolled();
        trouble(&sandbox);
        let login = sandbox.login("alice", &secret);
        assert_eq!(login.end(), (4, "store".into()), "{what}: {login:?}");
        for command in [&["doctor"][..], &["store", "check"]] {
            let run = sandbox.admin(command);
            assert_eq!(run.code, 1, "{what}: {command:?}: {run:?}");
        }
        if check.is_empty() {
            // Only the checks that look at each user can find it.
            continue;
        }
        let text = sandbox.admin(&["status"]);
        assert_eq!(text.code, 1, "{what}: {text:?}");
        assert!(text.stdout.starts_with("two-factor authentication  on\n"), "{what}: {text:?}");
        assert!(text.stderr.contains("error: "), "{what}: {text:?}");
        let run = sandbox.admin(&["status", "--format", "json"]);
        assert_eq!(run.code, 1, "{what}: {run:?}");
        let problems = run.json()["problems"].as_array().unwrap().clone();
        let found = problems.iter().find(|problem| problem["check"] == *check);
        let found = found.unwrap_or_else(|| panic!("{what}: {problems:?}"));
        assert_eq!(found["kind"], "store", "{what}");
        assert!(text.stderr.contains(found["message"].as_str().unwrap()), "{what}: {text:?}");
        assert!(found["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{what}: {found}");
    }
}

/// Guards against false alarms: a sound store, and one without a key while no login needs it.
#[test]
fn status_exits_with_0_while_logins_work() {
    let (sandbox, secret) = enrolled();
    let sound = sandbox.admin(&["status", "--format", "json"]);
    assert_eq!((sound.code, &sound.json()["problems"]), (0, &Value::Array(Vec::new())));
    let before = sandbox.contents();
    sandbox.admin_ok(&["status"]);
    assert_eq!(sandbox.contents(), before, "status changed something");
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    sandbox.admin_ok(&["disable", "--yes"]);
    fs::remove_file(sandbox.path().join("key")).unwrap();
    assert_eq!(sandbox.verify(&["--", "alice"], None).end(), (0, "disabled".into()));
    let off = sandbox.admin(&["status"]);
    assert!(off.code == 0 && off.stderr.contains("key is missing"), "{off:?}");
    // Of a login while it is off, only the trail is left.
    fs::remove_dir_all(sandbox.path().join("audit")).unwrap();
    assert_eq!(sandbox.verify(&["--", "alice"], None).end(), (4, "store".into()));
    assert_eq!(sandbox.admin(&["status"]).code, 1);
}

/// Returns the findings of this check.
fn findings(sandbox: &Sandbox, check: &str) -> Vec<Value> {
    let document = sandbox.admin(&["doctor", "--format", "json"]).json();
    let all = document["findings"].as_array().unwrap().iter();
    all.filter(|finding| finding["check"] == check).cloned().collect()
}

/// Guards readable reports: the same problem of many files is one finding with one hint, and the JSON lists the files.
#[test]
fn the_same_problem_of_many_files_is_one_finding() {
    let names: Vec<_> = (0..9).map(|number| format!("user{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let damages: [(&str, Trouble, &str); 5] = [
        ("documents", foreign_key, "rw2fa users reset NAME"),
        ("documents", |s| empty_documents(s, "users"), "rw2fa users add NAME"),
        ("temporary-files", leave_behind, "rw2fa init"),
        #[cfg(unix)]
        ("links", link_documents, "-type l"),
        #[cfg(not(unix))]
        ("documents", |s| empty_documents(s, "state"), "rw2fa users reset NAME"),
        #[cfg(unix)]
        ("permissions", give_second_names, "-links +1"),
        #[cfg(not(unix))]
        ("documents", |s| empty_documents(s, "state"), "rw2fa users reset NAME"),
    ];
    for (check, damage, hint) in damages {
        let sandbox = Sandbox::with_users(&names);
        for name in &names {
            sandbox.verify(&["--", name], None);
        }
        damage(&sandbox);
        let found = findings(&sandbox, check);
        let [finding] = &found[..] else { panic!("{check}: {found:?}") };
        assert_eq!(finding["paths"].as_array().unwrap().len(), 9, "{check}: {finding}");
        let message = finding["message"].as_str().unwrap();
        assert!(message.contains("; the same is true of 8 more, such as "), "{message}");
        assert!(finding["remedy"].as_str().unwrap().contains(hint), "{check}: {finding}");
        if check == "documents" {
            let document = sandbox.admin(&["store", "check", "--format", "json"]).json();
            let problems = document["problems"].as_array().unwrap();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!(problems[0]["paths"], finding["paths"]);
        }
    }
}

/// Calls `each` with the document of every user.
fn for_each_document(sandbox: &Sandbox, kind: &str, each: fn(&std::path::Path)) {
    (0..9).for_each(|number| each(&sandbox.document(kind, &format!("user{number}"))));
}

fn empty_documents(sandbox: &Sandbox, kind: &str) {
    for_each_document(sandbox, kind, |path| fs::remove_file(path).unwrap());
}

fn leave_behind(sandbox: &Sandbox) {
    for_each_document(sandbox, "state", |path| {
        let name = format!(".tmp-{}", path.file_name().unwrap().to_str().unwrap());
        let path = path.with_file_name(name);
        fs::copy(
            path.with_file_name(path.file_name().unwrap().to_str().unwrap().replace(".tmp-", "")),
            &path,
        )
        .unwrap();
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    });
}

#[cfg(unix)]
fn link_documents(sandbox: &Sandbox) {
    for_each_document(sandbox, "users", |path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", path.with_file_name(format!("z{name}")))
            .unwrap();
    });
}

#[cfg(unix)]
fn give_second_names(sandbox: &Sandbox) {
    for_each_document(sandbox, "state", |path| {
        // Outside of the store.
        let outside = path.ancestors().nth(4).unwrap().join(path.file_name().unwrap());
        fs::hard_link(path, outside).unwrap();
    });
}

/// Guards against hints that open a door: a user whose document is gone is listed again, and the hint works.
#[test]
fn the_hint_for_a_missing_user_document_keeps_the_second_factor() {
    let (sandbox, secret) = enrolled();
    fs::remove_file(sandbox.document("users", "alice")).unwrap();
    let [finding] = &findings(&sandbox, "documents")[..] else { panic!("not one finding") };
    let hint = finding["remedy"].as_str().unwrap();
    let command = hint.split_once("rw2fa ").unwrap().1;
    sandbox.admin_ok(&command.split(' ').collect::<Vec<_>>());
    assert_eq!(findings(&sandbox, "documents"), Vec::<Value>::new());
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "code-required");
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
}

/// Guards an import while the clock is wrong: behind, it is refused; ahead, it can be repeated once the clock is right.
#[test]
fn an_import_with_a_wrong_clock_can_be_repeated() {
    let (sandbox, secret) = enrolled();
    let file = sandbox.beside("export.toml");
    let file = file.to_str().unwrap();
    sandbox.admin_ok(&["store", "export", file]);
    let (before, now) = (sandbox.contents(), sandbox.now() - crate::sandbox::T0);
    sandbox.at(now - 86_400);
    for args in [&["store", "import", file, "--yes"][..], &["store", "import", file, "--dry-run"]] {
        let run = sandbox.admin(args);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("the file was exported at 2026-11-24T08:01:00Z"), "{run:?}");
        assert!(run.stderr.contains("hint: set the clock, then import the file again"), "{run:?}");
    }
    assert!(sandbox.contents() == before, "a refused import changed something");
    sandbox.at(now + 70 * 365 * 86_400);
    sandbox.admin_ok(&["store", "import", file, "--yes"]);
    sandbox.at(now + 60);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-used");
    let [finding] = &findings(&sandbox, "clock-set-back")[..] else { panic!("not one finding") };
    assert!(finding["remedy"].as_str().unwrap().contains("rw2fa store import FILE"), "{finding}");
    sandbox.admin_ok(&["store", "import", file, "--yes"]);
    assert_eq!(findings(&sandbox, "clock-set-back"), Vec::<Value>::new());
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-used", "a replay");
    assert_eq!(sandbox.pass(30).login("alice", &secret).reason(), "code-accepted");
}

/// Guards the trial of a store that was made while the clock had never been set: it starts once the clock is right.
#[test]
fn the_trial_starts_when_the_clock_is_right() {
    for start in ["init", "enable"] {
        let sandbox = Sandbox::new();
        fs::remove_dir_all(sandbox.path()).unwrap();
        sandbox.at(-crate::sandbox::T0 + 60);
        let run = sandbox.admin(&["init"]);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stderr.contains("the trial does not start yet"), "{run:?}");
        sandbox.at(0);
        let status = sandbox.admin(&["status"]);
        assert!(status.stdout.contains("trial, not started yet"), "{status:?}");
        assert!(status.stderr.contains("hint: set the clock, then: rw2fa init"), "{status:?}");
        sandbox.admin_ok(&["users", "add", "alice"]);
        sandbox.admin_ok(&[start]);
        let left = |sandbox: &Sandbox| {
            sandbox.admin(&["status", "--format", "json"]).json()["license"]["days_left"].clone()
        };
        assert_eq!(left(&sandbox), 30, "{start}");
        sandbox.pass(10 * 86_400);
        // Neither starts it twice.
        sandbox.admin_ok(&["init"]);
        sandbox.admin_ok(&["enable"]);
        assert_eq!(left(&sandbox), 20, "{start}");
        assert_eq!(sandbox.admin(&["audit", "verify"]).code, 0);
    }
}
