//! The verifier with the real account database of this machine, or with a fake `rw2fa` beside it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::unistd::{Group, User, getgrouplist};
use tempfile::TempDir;

use super::with_groups;
use crate::sandbox::{Real, Run, Sandbox, copy_program, finish, is_unlocked, write_script};

/// Returns an account of this machine that is not in the group `root`.
fn outsider() -> Option<String> {
    let root = Group::from_name("root").unwrap()?.gid;
    ["daemon", "nobody", "mail"].into_iter().find_map(|name| {
        let user = User::from_name(name).unwrap()?;
        let groups = getgrouplist(&std::ffi::CString::new(name).unwrap(), user.gid).unwrap();
        (!groups.contains(&root)).then(|| name.to_owned())
    })
}

/// Guards the lookup in the real system: a member, a non-member, and an unknown account.
#[test]
fn the_accounts_of_this_machine_are_looked_up() {
    let Some(outsider) = outsider() else {
        crate::sandbox::skipped("this machine has no group 'root' and no account outside of it");
        return;
    };
    let sandbox = with_groups(&["root"]);
    let real = sandbox.real();
    for (login, end) in [
        ("root", (3, "enrolment-required")),
        ("ROOT", (3, "enrolment-required")),
        (r".\root", (3, "enrolment-required")),
        (&outsider, (0, "not-listed")),
        ("no-such-account-here", (4, "groups-unknown")),
        ("root@corp.example", (4, "groups-unknown")),
        (r"CORP\root", (4, "groups-unknown")),
        ("0", (4, "groups-unknown")),
    ] {
        let run = real.verify(&["--qr", "none", "--check", "--", login], None);
        assert_eq!(run.end(), (end.0, end.1.to_owned()), "{login}: {run:?}");
    }
    let warned = real.admin(&["users", "add", "root", "no-such-account-here", "--group", "root"]);
    assert!(warned.stderr.contains("called no-such-account-here:"), "{warned:?}");
    assert!(!warned.stderr.contains("called root"), "{warned:?}");
    let refused = real.admin(&["users", "add", "--must-exist", "--group", "no-such-group-here"]);
    assert_eq!(refused.code, 1, "{refused:?}");
}

/// Guards portals that ignore SIGCHLD, which the verifier inherits: the system then forgets how a
/// child ended, but the groups are still found.
#[test]
fn groups_are_found_for_a_caller_that_ignores_sigchld() {
    let ignoring = || {
        let mut env = Command::new("env");
        env.arg("--ignore-signal=CHLD");
        env
    };
    let Some(outsider) = outsider() else { return };
    if !ignoring().arg("true").output().is_ok_and(|output| output.status.success()) {
        crate::sandbox::skipped("no env of coreutils can ignore signals here");
        return;
    }
    let sandbox = with_groups(&["root"]);
    for (login, reason) in [
        ("root", "enrolment-required"),
        (&outsider, "not-listed"),
        ("no-such-account-here", "groups-unknown"),
    ] {
        let mut env = ignoring();
        env.arg(env!("CARGO_BIN_EXE_rw2fa-verify")).arg("--store").arg(sandbox.path());
        env.args(["--qr", "none", "--check", "--", login]);
        env.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let run = finish(env.spawn().unwrap());
        assert_eq!(run.reason(), reason, "{login}: {run:?}");
    }
}

/// A copy of the verifier beside a fake `rw2fa`.
struct Beside {
    directory: TempDir,
    sandbox: Sandbox,
}

impl Beside {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let verifier = directory.path().join("rw2fa-verify");
        // A link, because a file that was just written may still be busy.
        if fs::hard_link(env!("CARGO_BIN_EXE_rw2fa-verify"), &verifier).is_err() {
            copy_program(env!("CARGO_BIN_EXE_rw2fa-verify"), &verifier);
        }
        Self { directory, sandbox: with_groups(&["staff"]) }
    }

    fn tool(&self) -> PathBuf {
        self.directory.path().join("rw2fa")
    }

    /// Makes this shell script the fake `rw2fa`.
    fn script(&self, script: &str) -> &Self {
        write_script(&self.tool(), script);
        self
    }

    fn verifier(&self) -> Command {
        let mut command = Command::new(self.directory.path().join("rw2fa-verify"));
        command.arg("--store").arg(self.sandbox.path()).args(["--qr", "none", "--", "alice"]);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn knock(&self) -> Run {
        finish(self.verifier().spawn().unwrap())
    }
}

/// Guards against invalid answers of every form: none is taken for "no groups".
#[test]
fn an_incomplete_answer_is_an_error() {
    let beside = Beside::new();
    let missing = beside.knock();
    assert_eq!(missing.end(), (4, "groups-unknown".into()), "{missing:?}");
    assert!(missing.stderr.contains("is missing\nhint: install both programs"), "{missing:?}");
    fs::create_dir(beside.tool()).unwrap();
    assert_eq!(beside.knock().end(), (4, "groups-unknown".into()), "a directory");
    fs::remove_dir(beside.tool()).unwrap();
    for script in [
        "echo hello",
        "exit 0",
        "exit 1",
        "exit 4",
        "printf 'users\\0'",
        "printf 'users\\n'",
        "printf '\\0\\n'",
        "printf 'users\\0\\0\\n'",
        "printf 'us\\033ers\\0\\n'",
        "printf 'us\\377ers\\0\\n'",
        "printf 'users\\0\\n'; exit 1",
        "printf 'users\\0\\n'; exit 4",
        "printf 'users\\0'; kill -9 $$",
        "while :; do echo users; done",
        "echo x >&2",
    ] {
        let run = beside.script(script).knock();
        assert_eq!(run.end(), (4, "groups-unknown".into()), "{script}: {run:?}");
        assert!(run.stderr.contains("--group or --no-groups"), "{script}: {run:?}");
    }
    fs::set_permissions(beside.tool(), std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .unwrap();
    assert_eq!(beside.knock().end(), (4, "groups-unknown".into()), "not executable");
    fs::remove_file(beside.tool()).unwrap();
    // Complete answers are accepted, so the checks above prove something.
    assert_eq!(beside.script("printf 'users\\0\\n'").knock().end(), (0, "not-listed".into()));
    let member = beside.script("printf 'users\\0staff\\0\\n'").knock();
    assert_eq!(member.end(), (3, "enrolment-required".into()));
    // Both spellings are looked up, and nothing of the environment is passed on.
    let log = beside.directory.path().join("log");
    let script = format!("echo \"$*\" >'{0}'; env >>'{0}'; exit 1", log.display());
    beside.script(&script);
    let mut verifier = beside.verifier();
    verifier.env("SECRET_OF_THE_PORTAL", "x").env("RW2FA_STORE", "/nonexistent");
    assert_eq!(finish(verifier.spawn().unwrap()).reason(), "groups-unknown");
    let log = fs::read_to_string(&log).unwrap();
    assert!(log.starts_with("system-groups -- alice\n"), "{log}");
    assert!(!log.contains("SECRET") && !log.contains("RW2FA"), "{log}");
}

fn all_locks_are_free(store: &Path) -> bool {
    let mut locks = fs::read_dir(store.join("locks")).unwrap();
    locks.all(|lock| is_unlocked(&lock.unwrap().path()))
}

/// Guards the wait: a hanging name service costs at most 5 s, holds no lock, and lets no one in.
#[test]
fn a_hanging_name_service_is_given_up() {
    let hangs = ["exec sleep 60", "exec >&-; exec sleep 60", "printf 'users\\0\\n'; exec sleep 60"];
    let waiting: Vec<_> = hangs
        .into_iter()
        .map(|hang| {
            let beside = Beside::new();
            let mark = beside.directory.path().join("asked");
            beside.script(&format!(": >'{}'; {hang}", mark.display()));
            let started = Instant::now();
            let child = beside.verifier().spawn().unwrap();
            (hang, beside, mark, started, child)
        })
        .collect();
    for (hang, beside, mark, started, child) in waiting {
        while !mark.exists() {
            assert!(started.elapsed() < Duration::from_secs(5), "{hang}: the system was not asked");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(
            all_locks_are_free(&beside.sandbox.path()),
            "{hang}: a lock was held during the lookup"
        );
        let run = finish(child);
        let took = started.elapsed();
        assert_eq!(run.end(), (4, "groups-unknown".into()), "{hang}: {run:?}");
        assert!(run.stderr.contains("did not end within 5 s"), "{hang}: {run:?}");
        assert!(took < Duration::from_secs(7), "{hang}: {took:?}");
    }
}

/// Guards the moment between the lookup and the lock. The groups of a listed user are not looked
/// up. If the listing vanishes in between, the user must not get in as not listed.
#[test]
fn a_listing_that_vanishes_during_a_login_lets_no_one_in() {
    let sandbox = with_groups(&["staff"]);
    sandbox.admin_ok(&["users", "add", "alice", "--quiet"]);
    let real: Real = sandbox.real();
    let held: Vec<File> = fs::read_dir(sandbox.path().join("locks"))
        .unwrap()
        .map(|entry| {
            let file = File::options().write(true).open(entry.unwrap().path()).unwrap();
            file.lock().unwrap();
            file
        })
        .collect();
    let child = real.start(&["--qr", "none", "--", "alice"], None);
    std::thread::sleep(Duration::from_millis(1500));
    for kind in ["users", "state"] {
        fs::remove_file(sandbox.document(kind, "alice")).unwrap();
    }
    drop(held);
    let run = finish(child);
    assert_eq!(run.end(), (4, "groups-unknown".into()), "{run:?}");
    assert!(run.stderr.contains("the user is listed by name"), "{run:?}");
}
