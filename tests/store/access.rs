//! Who may access a store, and what may replace its files (Unix).

#![allow(clippy::print_stdout, reason = "a skipped test reports it")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::sandbox::{Run, Sandbox, copy_program};
use nix::sys::stat::Mode;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Runs both programs on the store; both must fail and name `path`.
fn refused(sandbox: &Sandbox, path: &Path, words: &str) -> [Run; 2] {
    let login =
        sandbox.verify(&["--session", "html5", "--no-groups", "--", "alice"], Some("123456"));
    assert_eq!(login.end(), (4, "store".into()), "{words}: {login:?}");
    let tool = sandbox.admin(&["users", "unlock", "alice"]);
    assert!(tool.code == 4 || tool.code == 1, "{words}: {tool:?}");
    for run in [&login, &tool] {
        assert!(run.stderr.contains(path.to_str().unwrap()), "{words}: {run:?}");
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    [login, tool]
}

fn works(sandbox: &Sandbox) {
    let login = sandbox.verify(&["--no-groups", "--", "alice"], None);
    assert_eq!(login.end(), (3, "code-required".into()), "{login:?}");
    assert_eq!(sandbox.admin(&["users", "show", "alice"]).code, 0);
}

fn enrolled() -> Sandbox {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    works(&sandbox);
    sandbox
}

/// Returns the files and directories that a login of alice reads.
fn parts(sandbox: &Sandbox) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let store = sandbox.path();
    let (user, state) = (sandbox.document("users", "alice"), sandbox.document("state", "alice"));
    let mut directories: Vec<_> = ["users", "state"].iter().map(|name| store.join(name)).collect();
    directories.extend([&user, &state].map(|path| path.parent().unwrap().to_owned()));
    (vec![store.join("store.toml"), store.join("key"), user, state], directories)
}

/// Guards secrecy: a file that others could read or write is refused, with the chmod that fixes it.
#[test]
fn files_accessible_to_others_are_refused() {
    let sandbox = enrolled();
    let (mut files, directories) = parts(&sandbox);
    files.push(sandbox.path().join("locks/27"));
    let all =
        files.iter().map(|path| (path, 0o600)).chain(directories.iter().map(|path| (path, 0o700)));
    let store = sandbox.path();
    for (path, right) in all.chain([(&store, 0o700)]) {
        for wrong in [0o040, 0o020, 0o004, 0o002, 0o010, 0o001] {
            mode(path, right | wrong);
            let login = sandbox.verify(&["--no-groups", "--", "alice"], None);
            assert_eq!(login.end(), (4, "store".into()), "{} {wrong:o}: {login:?}", path.display());
            let hint = format!("chmod go-rwx {}", path.display());
            assert!(login.stderr.contains(&hint), "{login:?}");
            assert!(login.stderr.contains("can be used by others (mode 0"), "{login:?}");
        }
        mode(path, right | 0o040);
        let tool = sandbox.admin(&["users", "unlock", "alice"]);
        assert!(tool.code == 4 || tool.code == 1, "{}: {tool:?}", path.display());
        assert!(tool.stderr.contains("chmod go-rwx "), "{tool:?}");
        mode(path, right);
    }
    works(&sandbox);
}

/// Guards every path from links: a document, the key, a shard, a directory, a lock, the audit file.
#[test]
fn links_are_not_followed() {
    let sandbox = enrolled();
    let (mut files, directories) = parts(&sandbox);
    files.extend(["locks/27", "audit/2026-11.jsonl"].map(|name| sandbox.path().join(name)));
    let empty = sandbox.beside("empty");
    fs::create_dir(&empty).unwrap();
    mode(&empty, 0o700);
    for path in files.iter().chain(&directories) {
        let aside = sandbox.beside("aside");
        fs::rename(path, &aside).unwrap();
        symlink(&aside, path).unwrap();
        let words = if aside.is_dir() { "is not a directory" } else { "is a link" };
        let login = sandbox.verify(&["--no-groups", "--", "alice"], Some("123456"));
        assert_eq!(login.end(), (4, "store".into()), "{}: {login:?}", path.display());
        assert!(login.stderr.contains(words), "{}: {login:?}", path.display());
        let list = sandbox.admin(&["users", "list"]);
        let is_shown = ["locks/27", "jsonl", "key"].iter().any(|end| path.ends_with(end));
        if !is_shown && !path.to_str().unwrap().ends_with("jsonl") {
            assert_ne!(list.code, 0, "{}: {list:?}", path.display());
            assert!(list.stderr.contains(words), "{}: {list:?}", path.display());
        }
        fs::remove_file(path).unwrap();
        if aside.is_dir() {
            // An empty directory contains nothing that could be refused.
            symlink(&empty, path).unwrap();
            let login = sandbox.verify(&["--no-groups", "--", "alice"], None);
            assert_eq!(login.end(), (4, "store".into()), "{}: {login:?}", path.display());
            assert!(login.stderr.contains(words), "{}: {login:?}", path.display());
            fs::remove_file(path).unwrap();
        }
        fs::rename(&aside, path).unwrap();
    }
    works(&sandbox);
}

/// Guards documents from a second name, through which another account could keep or change them.
#[test]
fn hard_links_are_refused() {
    let sandbox = enrolled();
    for path in parts(&sandbox).0 {
        let other = sandbox.beside("other");
        fs::hard_link(&path, &other).unwrap();
        for run in refused(&sandbox, &path, "has 2 hard links").iter().take(1) {
            assert!(run.stderr.contains("-samefile"), "{run:?}");
        }
        fs::remove_file(&other).unwrap();
    }
    works(&sandbox);
}

/// Guards logins from hanging, or being granted, when a document is replaced with something else.
#[test]
fn anything_but_a_plain_file_is_refused_at_once() {
    let sandbox = enrolled();
    let (mut files, _) = parts(&sandbox);
    files.extend(
        ["locks/27", "locks/audit", "audit/2026-11.jsonl"].map(|name| sandbox.path().join(name)),
    );
    let aside = sandbox.beside("aside");
    for path in files {
        fs::rename(&path, &aside).unwrap();
        for thing in ["fifo", "directory"] {
            if thing == "fifo" {
                nix::unistd::mkfifo(&path, Mode::from_bits_truncate(0o600)).unwrap();
            } else {
                fs::create_dir(&path).unwrap();
                mode(&path, 0o700);
            }
            let started = Instant::now();
            let login = sandbox.verify(&["--no-groups", "--", "alice"], Some("123456"));
            assert_eq!(login.end(), (4, "store".into()), "{thing} {}: {login:?}", path.display());
            assert!(login.stderr.contains(path.to_str().unwrap()), "{thing}: {login:?}");
            assert!(started.elapsed() < Duration::from_secs(60), "{thing} {}", path.display());
            let tool = sandbox.admin(&["users", "unlock", "alice"]);
            assert!(tool.code == 0 || tool.stderr.contains("error: "), "{tool:?}");
            if thing == "fifo" {
                fs::remove_file(&path).unwrap();
            } else {
                fs::remove_dir(&path).unwrap();
            }
        }
        fs::rename(&aside, &path).unwrap();
    }
    works(&sandbox);
}

/// Guards "absence opens no door": each folder, the key, each lock.
#[test]
fn a_missing_part_is_an_error() {
    let sandbox = enrolled();
    let aside = sandbox.beside("aside");
    for (name, login_needs_it) in [
        ("users", true),
        ("state", true),
        ("groups", true),
        ("whitelist", false),
        ("audit", true),
        ("locks", true),
        ("key", true),
        ("locks/27", true),
        ("locks/audit", true),
        ("store.toml", true),
    ] {
        let path = sandbox.path().join(name);
        fs::rename(&path, &aside).unwrap();
        let groups = if name == "groups" { "--group=staff" } else { "--no-groups" };
        let user = if name == "groups" { "bob" } else { "alice" };
        let login = sandbox.verify(&[groups, "--", user], None);
        if login_needs_it {
            assert_eq!(login.end(), (4, "store".into()), "{name}: {login:?}");
            assert!(login.stderr.contains("is missing"), "{name}: {login:?}");
            assert!(login.stderr.contains(sandbox.path().to_str().unwrap()), "{name}: {login:?}");
        }
        let rdp = sandbox.verify(&["--session", "rdp", groups, "--", user], None);
        assert_ne!(rdp.code, 0, "{name}: {rdp:?}");
        let tool = sandbox.admin(&["users", "remove", "alice", "--dry-run"]);
        let status = sandbox.admin(&["status"]);
        let init = sandbox.admin(&["init"]);
        match name {
            "users" => assert_ne!(tool.code, 0, "{name}: {tool:?}"),
            "locks/27" => assert_eq!(init.code, 0, "{name}: init recreates locks: {init:?}"),
            "audit" => {
                assert_eq!(init.code, 0, "{name}: init starts a new trail: {init:?}");
                assert!(init.stderr.contains("the previous one is lost"), "{init:?}");
                fs::remove_dir_all(&path).unwrap();
            }
            _ => {}
        }
        if matches!(name, "users" | "state" | "groups" | "whitelist" | "store.toml") {
            assert_eq!(status.code, 4, "{name}: {status:?}");
            assert_eq!(init.code, 4, "{name}: {init:?}");
            assert!(init.stderr.contains("restore"), "{name}: {init:?}");
        }
        let _ = fs::remove_file(&path);
        fs::rename(&aside, &path).unwrap();
    }
    works(&sandbox);
}

/// Guards a lost lock file: the hint actually works.
#[test]
fn a_missing_lock_is_recreated_by_init() {
    let sandbox = enrolled();
    fs::remove_file(sandbox.path().join("locks/27")).unwrap();
    let run = sandbox.admin(&["users", "unlock", "alice"]);
    assert!(run.stderr.contains("create it again: rw2fa init"), "{run:?}");
    let init = sandbox.admin(&["init"]);
    assert!(init.stdout.ends_with(": changed\n"), "{init:?}");
    assert_eq!(init.stderr, "created 1 lock file again\n");
    assert!(sandbox.admin_ok(&["init"]).ends_with(": unchanged\n"));
    works(&sandbox);
}

/// Guards a store that cannot be written: a login is an error and nothing is lost.
#[test]
fn a_directory_that_cannot_be_written_is_an_error() {
    if nix::unistd::geteuid().is_root() {
        println!("skipped: root may write everywhere");
        return;
    }
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    sandbox.pass(30);
    let shard = sandbox.document("state", "alice").parent().unwrap().to_owned();
    mode(&shard, 0o500);
    let run = sandbox.login("alice", &secret);
    assert_eq!(run.end(), (4, "store".into()), "{run:?}");
    assert!(run.stderr.contains("permission denied"), "{run:?}");
    mode(&shard, 0o700);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
}

/// Guards everything that root writes: it belongs to the owner of the store, and only the owner may
/// read it.
#[test]
fn root_works_as_the_owner_of_the_store() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can work as another account");
        return;
    }
    let sandbox = Sandbox::new();
    let nobody = nix::unistd::User::from_name("nobody").unwrap().expect("an account nobody");
    mode(&sandbox.beside(""), 0o711);
    fs::remove_dir_all(sandbox.path()).unwrap();
    let real = sandbox.real();
    let ok = |args: &[&str]| {
        let run = real.admin(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
    };
    ok(&["init", "--owner", "nobody"]);
    ok(&["enable"]);
    ok(&["users", "add", "alice"]);
    ok(&["users", "edit", "alice", "--notes", "x"]);
    let picture = sandbox.beside("qr.png");
    ok(&["users", "enrol", "alice", "--qr-file", picture.to_str().unwrap()]);
    assert_eq!(
        fs::metadata(&picture).unwrap().uid(),
        0,
        "the file belongs to the account that asked for it"
    );
    assert_eq!(real.verify(&["--", "alice"], None).code, 3);
    ok(&["advanced", "set", "digits", "8"]);
    ok(&["init"]);
    for path in sandbox.contents().keys() {
        for path in [path.as_path(), path.parent().unwrap()] {
            let metadata = fs::metadata(path).unwrap();
            assert_eq!(metadata.uid(), nobody.uid.as_raw(), "{}", path.display());
            assert_eq!(metadata.mode() & 0o077, 0, "{}", path.display());
        }
    }
    // A file inside the store that belongs to another account is refused.
    let state = sandbox.document("state", "alice");
    std::os::unix::fs::chown(&state, Some(12345), None).unwrap();
    let foreign = real.verify(&["--", "alice"], None);
    assert_eq!(foreign.end(), (4, "store".into()), "{foreign:?}");
    // The owner must be able to traverse the directories above the store.
    mode(&sandbox.beside(""), 0o700);
    let closed = real.admin(&["status"]);
    assert_eq!(closed.code, 4);
    assert!(closed.stderr.contains("nobody, its owner, must be able to enter"), "{closed:?}");
}

/// Guards the path of a store that root gives to another account: no third account can replace a
/// directory on it, however the path is written. Only root can give away an empty directory.
#[test]
fn root_gives_a_store_away_only_on_a_trusted_path() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can give a store to another account");
        return;
    }
    let sandbox = Sandbox::new();
    mode(&sandbox.beside(""), 0o711);
    let place = sandbox.beside("place");
    fs::create_dir(&place).unwrap();
    let init = |store: &str, more: &[&str]| {
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_rw2fa"));
        run.env_clear().current_dir(&place).args(["--store", store, "init"]).args(more);
        let output = run.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let owner = ["--owner", "nobody"];
    mode(&place, 0o777);
    let absolute = place.join("store");
    for store in [absolute.to_str().unwrap(), "../place/store", "./store", "store", "store/"] {
        let (code, message) = init(store, &owner);
        assert_eq!(code, 1, "{store}: {message}");
        assert!(message.contains("can be written by others"), "{store}: {message}");
        assert!(!absolute.exists(), "{store}");
    }
    mode(&place, 0o755);
    for (name, from, more, expected) in
        [("ours", 0, &owner[..], 0), ("theirs", 12345, &[], 1), ("theirs", 12345, &owner, 1)]
    {
        let store = place.join(name);
        let _ = fs::create_dir(&store);
        mode(&store, 0o700);
        std::os::unix::fs::chown(&store, Some(from), None).unwrap();
        let (code, message) = init(name, more);
        assert_eq!(
            (code, message.contains("belongs to")),
            (expected, expected == 1),
            "{name}: {message}"
        );
    }
}

/// Guards a store against other accounts: it is refused, and the error says how to get access.
#[test]
fn a_store_of_another_account_is_refused() {
    let sandbox = Sandbox::new();
    let (program, place) = if nix::unistd::geteuid().is_root() {
        mode(&sandbox.beside(""), 0o711);
        let program = sandbox.beside("rw2fa");
        copy_program(env!("CARGO_BIN_EXE_rw2fa"), &program);
        mode(&program, 0o755);
        (program, sandbox.path())
    } else {
        println!("without root: only a directory of root is tried");
        (env!("CARGO_BIN_EXE_rw2fa").into(), PathBuf::from("/etc"))
    };
    let beside = place.with_file_name("rw2fa-of-nobody");
    for (command, place) in [("status", &place), ("init", &place), ("init", &beside)] {
        let mut run = std::process::Command::new(&program);
        run.env_clear().arg("--store").arg(place).arg(command).current_dir("/");
        if nix::unistd::geteuid().is_root() {
            std::os::unix::process::CommandExt::uid(&mut run, 65_534);
            std::os::unix::process::CommandExt::gid(&mut run, 65_534);
        }
        let output = run.output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{message}");
        assert!(message.contains("run as root"), "{command}: {message}");
        assert!(message.contains(place.to_str().unwrap()), "{command}: {message}");
    }
}
