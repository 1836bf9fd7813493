//! `rw2fa init`: a new store, a second run, a foreign directory, and never a second key.

#![allow(clippy::disallowed_methods, reason = "these tests damage files on purpose")]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::sandbox::{Run, Sandbox, shown};

fn run(sandbox: &Sandbox, args: &[&str]) -> Run {
    let run = sandbox.admin(args);
    let place = sandbox.path().display().to_string();
    Run {
        stdout: run.stdout.replace(&place, "<store>"),
        stderr: run.stderr.replace(&place, "<store>").replace(&shown("<store>/"), "<store>/"),
        ..run
    }
}

/// Runs the built program in `directory` on the store `place`.
fn at(directory: &Path, place: &str, command: &str) -> Run {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rw2fa"));
    program.env_clear().current_dir(directory).args(["--store", place, command]);
    let output = program.output().unwrap();
    Run {
        code: u8::try_from(output.status.code().unwrap()).unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Guards a new store: off, private, with a key, every lock, and its first audit line.
#[test]
fn a_new_store_is_off_private_and_complete() {
    let sandbox = Sandbox::new();
    let store = sandbox.path();
    assert_eq!(
        fs::read_to_string(store.join("store.toml")).unwrap(),
        "# Settings of rw2fa; may be edited by hand.\n\
         schema = 1\n\
         enabled = false\n\
         created = 2026-11-24T08:00:00Z\n\
         \n\
         # Keys: rw2fa advanced list\n\
         [advanced]\n\
         \n\
         # Keys: default = \"CORP\", aliases = { \"corp.example\" = \"CORP\" }\n\
         [domains]\n"
    );
    let mut names: Vec<_> = fs::read_dir(&store)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["audit", "groups", "key", "locks", "state", "store.toml", "users", "whitelist"]
    );
    assert_eq!(fs::read_dir(store.join("locks")).unwrap().count(), 259);
    let audit = fs::read_to_string(store.join("audit/2026-11.jsonl")).unwrap();
    assert_eq!(audit.lines().count(), 1);
    assert!(audit.contains(r#""action":"init""#), "{audit}");
}

/// Guards that only the owner can access a new store.
#[test]
#[cfg(unix)]
fn everything_in_a_new_store_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&sandbox.path()), 0o700);
    for path in sandbox.contents().keys() {
        assert_eq!(mode(path), 0o600, "{}", path.display());
        assert_eq!(mode(path.parent().unwrap()), 0o700, "{}", path.display());
    }
}

/// Guards `init` in scripts: a second run changes nothing and says so.
#[test]
fn a_second_init_changes_nothing() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let before = sandbox.contents();
    let again = run(&sandbox, &["init"]);
    assert_eq!(
        again,
        Run { code: 0, stdout: "<store>: unchanged\n".into(), stderr: String::new() }
    );
    let json = run(&sandbox, &["init", "--format", "json"]).json();
    assert_eq!(json["changes"][0]["result"], "unchanged");
    assert_eq!(sandbox.contents(), before);
}

/// Guards the next steps that `init` suggests.
#[test]
fn init_names_the_next_steps() {
    let sandbox = Sandbox::new();
    fs::remove_dir_all(sandbox.path()).unwrap();
    let dry = run(&sandbox, &["init", "--dry-run"]);
    assert_eq!(
        dry,
        Run { code: 0, stdout: "<store>: would be added\n".into(), stderr: String::new() }
    );
    assert!(!sandbox.path().exists(), "--dry-run created the store");
    let first = run(&sandbox, &["init"]);
    assert_eq!(
        first,
        Run {
            code: 0,
            stdout: "<store>: added\n".into(),
            stderr: "hint: add users with 'rw2fa users add', then run 'rw2fa enable'\n\
                     hint: keep a copy of <store>/key separate from copies of the store\n"
                .into(),
        }
    );
}

/// Guards every sealed secret: if store.toml was lost, `init` must not create a new key.
#[test]
fn a_store_without_its_settings_is_not_recreated() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let settings = fs::read_to_string(sandbox.path().join("store.toml")).unwrap();
    fs::remove_file(sandbox.path().join("store.toml")).unwrap();
    let before = sandbox.contents();
    let refused = run(&sandbox, &["init"]);
    assert_eq!(
        refused,
        Run {
            code: 4,
            stdout: String::new(),
            stderr: "error: <store> contains documents of a store, but store.toml is missing\n\
                     hint: restore store.toml from a backup, or use another directory\n"
                .into(),
        }
    );
    assert_eq!(sandbox.contents(), before);
    let status = run(&sandbox, &["status"]);
    assert_eq!(status.code, 4);
    let message = "error: there is no store at <store>: store.toml is missing\n";
    assert!(status.stderr.starts_with(message), "{status:?}");
    assert!(status.stderr.contains("restore it from a backup"), "{status:?}");
    sandbox.write(&sandbox.path().join("store.toml"), &settings);
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).end(), (0, "code-accepted".into()));
}

/// Guards an `init` killed before its last step: the next one continues with the existing key.
#[test]
fn the_next_init_completes_an_interrupted_one() {
    let sandbox = Sandbox::new();
    fs::remove_file(sandbox.path().join("store.toml")).unwrap();
    fs::remove_file(sandbox.path().join("audit/2026-11.jsonl")).unwrap();
    fs::remove_file(sandbox.path().join("locks/7f")).unwrap();
    let key = fs::read(sandbox.path().join("key")).unwrap();
    assert_eq!(run(&sandbox, &["init"]).stdout, "<store>: added\n");
    assert_eq!(fs::read(sandbox.path().join("key")).unwrap(), key);
    assert!(sandbox.path().join("locks/7f").exists());
    assert_eq!(sandbox.admin(&["status"]).code, 0);
}

/// Guards foreign files: `init` refuses a directory that contains anything else.
#[test]
fn a_foreign_directory_is_refused() {
    let sandbox = Sandbox::new();
    for name in ["mail", "deep"] {
        fs::create_dir(sandbox.beside(name)).unwrap();
    }
    fs::write(sandbox.beside("mail").join("inbox"), "").unwrap();
    fs::write(sandbox.beside("file"), "x").unwrap();
    for (place, code, message, hint) in [
        ("mail", 1, "already contains something else (inbox)", "is empty"),
        ("file", 4, "is not a directory", "another place"),
        ("missing/store", 4, "cannot create", "create the directory above it first"),
    ] {
        let path = sandbox.beside(place);
        let run = at(&sandbox.beside(""), path.to_str().unwrap(), "init");
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.stderr.contains(message) && run.stderr.contains(hint), "{run:?}");
    }
    assert_eq!(fs::read(sandbox.beside("file")).unwrap(), b"x");
}

/// Guards the owner: an account that does not exist, and an option of the other system.
#[test]
#[cfg(unix)]
fn owners_are_checked() {
    let sandbox = Sandbox::new();
    let unknown = sandbox.admin(&["init", "--owner", "nobody-of-this-name"]);
    assert_eq!(
        (unknown.code, unknown.stderr.as_str()),
        (
            1,
            "error: no account is called 'nobody-of-this-name'\n\
             hint: create the account first, for example: useradd --system NAME\n"
        )
    );
    let windows = sandbox.admin(&["init", "--service-account", "x"]);
    assert_eq!(windows.code, 2);
    assert!(windows.stderr.contains("--owner NAME"), "{windows:?}");
}

/// Guards `--store`: a relative path and a trailing slash are accepted, a link is refused.
#[test]
#[cfg(unix)]
fn a_relative_store_path_is_accepted_and_a_link_refused() {
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink(sandbox.path(), sandbox.beside("link")).unwrap();
    std::os::unix::fs::symlink("nowhere", sandbox.beside("dangling")).unwrap();
    for place in ["store", "store/", "./store", "../{}/store//"] {
        let above = sandbox.beside("");
        let place = place.replace("{}", above.file_name().unwrap().to_str().unwrap());
        let run = at(&above, &place, "status");
        assert_eq!(run.code, 0, "{place}: {run:?}");
    }
    for place in ["link", "link/", "dangling"] {
        for command in ["status", "init"] {
            let run = at(&sandbox.beside(""), place, command);
            assert_eq!(run.code, 4, "{place}: {run:?}");
            let plain = place.trim_end_matches('/');
            assert!(run.stderr.starts_with(&format!("error: {plain} is a link\n")), "{run:?}");
            assert!(run.stderr.contains("--store"), "{run:?}");
        }
    }
    assert!(!sandbox.beside("nowhere").exists());
}

/// Guards the error for a missing store, and its hint.
#[test]
fn every_command_reports_a_missing_store() {
    let sandbox = Sandbox::new();
    fs::remove_dir_all(sandbox.path()).unwrap();
    for args in [
        &["status"][..],
        &["enable"],
        &["disable"],
        &["users", "list"],
        &["users", "show", "alice"],
        &["users", "add", "alice"],
        &["users", "edit", "alice", "--notes", "x"],
        &["users", "enrol", "alice"],
        &["users", "reset", "alice"],
        &["users", "remove", "alice"],
        &["users", "unlock", "alice"],
        &["users", "revoke", "alice"],
        &["advanced", "list"],
        &["advanced", "get", "digits"],
        &["advanced", "set", "digits", "6"],
        &["advanced", "unset", "digits"],
    ] {
        assert_eq!(
            run(&sandbox, args),
            Run {
                code: 4,
                stdout: String::new(),
                stderr: "error: there is no store at <store>\n\
                         hint: create one with 'rw2fa init', or use another with --store\n"
                    .into(),
            },
            "{args:?}"
        );
    }
    assert!(!sandbox.path().exists());
}

/// Guards that a path that cannot be inspected is not taken for a missing store.
#[test]
#[cfg(unix)]
fn a_path_below_a_file_is_an_error() {
    let sandbox = Sandbox::new();
    let run = at(&sandbox.path(), "key/store", "status");
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.stderr.starts_with("error: cannot use the store at key/store: "), "{run:?}");
    assert!(run.stderr.ends_with("hint: check the path\n"), "{run:?}");
}
