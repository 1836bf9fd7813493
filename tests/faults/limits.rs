//! A file system that cannot be written, and no descriptors.

use std::process::{Command, Stdio};

use crate::arena::Arena;
use crate::sandbox::{is_root, skipped};

/// Guards each open of a file: from "none can be opened" to "all can".
#[test]
fn without_descriptors_nothing_is_granted() {
    let arena = Arena::new();
    let alice = ["--client", "c", "--", "alice"];
    let verifier = arena.verifier(&[&["--code-stdin"][..], &alice].concat());
    let mut codes = Vec::new();
    for limit in 3..16 {
        arena.restore();
        let code = arena.code(&arena.alice);
        let mut limited = Command::new("sh");
        limited.args(["-c", &format!("ulimit -n {limit}; exec \"$@\""), "sh"]);
        limited.arg(verifier.get_program()).args(verifier.get_args()).env_clear();
        limited.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = limited.spawn().unwrap();
        crate::tracer::feed(&mut child, &format!("{code}\n"));
        let output = child.wait_with_output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let ended = output.status.code();
        assert_ne!(ended, Some(3), "{limit}: {stdout}");
        assert_eq!(ended == Some(0), stdout.contains("\"outcome\":\"grant\""), "{limit}: {stdout}");
        let again = arena.reason(&alice, Some(&code));
        let expected = if ended == Some(0) { "code-used" } else { "code-accepted" };
        // A grant that could not be told may be spent.
        assert!(
            again == expected || (ended != Some(0) && again == "code-used"),
            "{limit}: {again}"
        );
        arena.is_sound();
        arena.lets_everybody_in();
        assert_eq!(arena.strays(), Vec::<std::path::PathBuf>::new(), "{limit}");
        codes.push(ended);
    }
    assert!(codes[0] != Some(0) && codes[12] == Some(0), "{codes:?}");
}

/// Guards logins and changes on a file system that became read-only, as it does after a fault of the disk.
#[test]
fn a_read_only_file_system_changes_nothing() {
    let arena = Arena::new();
    let place = arena.sandbox.path();
    let Some(mount) = ReadOnly::mount(&place) else { return };
    let before = arena.sandbox.contents();
    for _ in 0..2 {
        let code = arena.code(&arena.alice);
        let login = arena.real.verify(&["--no-groups", "--", "alice"], Some(&code));
        assert_eq!(login.end(), (4, "store".into()), "{login:?}");
        assert!(!login.stderr.contains(&code), "{login:?}");
    }
    for args in [
        &["users", "add", "dave"][..],
        &["users", "edit", "alice", "--notes", "x"],
        &["users", "reset", "alice", "--yes"],
        &["users", "recovery-codes", "alice"],
        &["advanced", "set", "discrepancy", "1"],
        &["key", "rotate", "--yes"],
    ] {
        let run = arena.real.admin(args);
        assert!(matches!(run.code, 1 | 4) && run.stderr.contains("error: "), "{args:?}: {run:?}");
    }
    let list = arena.real.admin(&["users", "list"]);
    assert_eq!(list.code, 0, "reading goes on: {list:?}");
    assert!(arena.sandbox.contents() == before);
    drop(mount);
    arena.lets_everybody_in();
    arena.is_sound();
}

/// A directory that is mounted read-only on itself.
struct ReadOnly(std::path::PathBuf);

impl ReadOnly {
    fn mount(place: &std::path::Path) -> Option<Self> {
        let mount = |options: &[&str]| {
            let mut mount = Command::new("mount");
            mount.args(options).arg(place).output().is_ok_and(|output| output.status.success())
        };
        let path = place.to_str().unwrap();
        if !is_root() {
            return None;
        }
        if !mount(&["--bind", path]) {
            skipped("a read-only file system cannot be mounted here");
            return None;
        }
        let mounted = Self(place.to_owned());
        assert!(mount(&["-o", "remount,ro,bind"]), "the mount could not be made read-only");
        Some(mounted)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}
