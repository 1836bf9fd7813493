//! Read-only file systems and exhausted descriptors.

use std::process::{Command, Stdio};

use crate::arena::Arena;
use crate::sandbox::{fill_disk, is_root, skipped};

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
        // A grant whose answer failed may be spent.
        assert!(
            again == expected || (ended != Some(0) && again == "code-used"),
            "{limit}: {again}"
        );
        arena.assert_sound();
        arena.assert_all_users_can_sign_in();
        assert_eq!(arena.strays(), Vec::<std::path::PathBuf>::new(), "{limit}");
        codes.push(ended);
    }
    assert!(codes[0] != Some(0) && codes[12] == Some(0), "{codes:?}");
}

/// Guards logins and changes on a file system that became read-only, as after a disk fault.
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
    assert_eq!(list.code, 0, "reading still works: {list:?}");
    assert!(arena.sandbox.contents() == before);
    drop(mount);
    arena.assert_all_users_can_sign_in();
    arena.assert_sound();
}

/// Checks that `doctor`, `store check` and `status` all report why every login fails.
fn assert_all_report(arena: &Arena, words: &[&str]) {
    assert_reported_as_broken(arena, words);
    let status = arena.real.admin(&["status"]);
    assert_eq!(status.code, 1, "{words:?}: {status:?}");
    assert!(words.iter().all(|words| status.stderr.contains(words)), "{words:?}: {status:?}");
}

/// Checks that `doctor` and `store check` both report why logins fail.
fn assert_reported_as_broken(arena: &Arena, words: &[&str]) {
    let code = arena.code(&arena.alice);
    let login = arena.real.verify(&["--no-groups", "--", "alice"], Some(&code));
    assert_eq!(login.code, 4, "{words:?}: logins work: {login:?}");
    for command in [&["doctor"][..], &["store", "check"]] {
        let run = arena.real.admin(command);
        assert_eq!(run.code, 1, "{words:?}: {command:?}: {run:?}");
        let said = format!("{}{}", run.stdout, run.stderr);
        for words in words {
            assert!(said.contains(words), "{words}: {command:?}: {run:?}");
        }
    }
}

/// Guards the diagnosis of a file system that became read-only.
#[test]
fn a_read_only_store_is_reported() {
    let arena = Arena::new();
    let Some(mount) = ReadOnly::mount(&arena.sandbox.path()) else { return };
    assert_all_report(&arena, &["read-only file system: no login is granted", "remount,rw"]);
    let disable = arena.real.admin(&["disable", "--yes"]);
    assert!(disable.code == 4 && disable.stderr.contains("read-only"), "{disable:?}");
    drop(mount);
    arena.assert_sound();
    // Each part may be on a file system of its own.
    for part in ["audit", "locks", "state"] {
        let mount = ReadOnly::mount(&arena.sandbox.path().join(part)).unwrap();
        assert_all_report(&arena, &["ead-only file system", part]);
        drop(mount);
        arena.assert_sound();
    }
}

/// Guards the diagnosis of a file system without locks.
#[test]
fn locks_that_the_file_system_does_not_support_are_reported() {
    if !crate::tracer::is_available() {
        return;
    }
    let arena = Arena::new();
    for command in [&["doctor"][..], &["store", "check"], &["status"]] {
        let tool = arena.real.tool(command);
        let mut traced = Command::new("strace");
        traced.args(["-f", "-o", "/dev/null", "--trace=flock", "--inject=flock:error=ENOLCK"]);
        let output = traced.arg(tool.get_program()).args(tool.get_args()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        assert!(said.contains("locks cannot be used"), "{command:?}: {said}");
        assert!(said.contains("hint: move the store to a local disk"), "{command:?}: {said}");
    }
}

/// A small ext4 file system in a file.
struct Ext4(std::path::PathBuf);

impl Ext4 {
    fn mount(place: &std::path::Path, image: &std::path::Path) -> Option<Self> {
        if !is_root() {
            return None;
        }
        std::fs::File::create(image).unwrap().set_len(4 << 20).unwrap();
        let run = |program: &str, args: &[&std::ffi::OsStr]| {
            Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
        };
        let path = image.as_os_str();
        let made = run("mkfs.ext4", &["-q".as_ref(), "-N".as_ref(), "700".as_ref(), path]);
        if !made || !run("mount", &["-o".as_ref(), "loop".as_ref(), path, place.as_os_str()]) {
            skipped("no ext4 file system can be made and mounted here");
            return None;
        }
        Some(Self(place.to_owned()))
    }
}

impl Drop for Ext4 {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// Guards the diagnosis of faults that only the file system knows: no inodes left, or immutable
/// files.
#[test]
fn missing_inodes_and_immutable_files_are_reported() {
    let place = tempfile::tempdir().unwrap();
    let image = tempfile::tempdir().unwrap();
    let Some(_mount) = Ext4::mount(place.path(), &image.path().join("image")) else { return };
    let arena = Arena::with(|sandbox| {
        let copied = Command::new("cp").arg("-a").arg(sandbox.path()).arg(place.path()).status();
        assert!(copied.unwrap().success());
        std::fs::remove_dir_all(sandbox.path()).unwrap();
        std::fs::create_dir(sandbox.path()).unwrap();
        let mut mount = Command::new("mount");
        mount.arg("--bind").arg(place.path().join("store")).arg(sandbox.path());
        assert!(mount.status().unwrap().success());
    });
    let root = arena.sandbox.path();
    let _bound = Ext4(root.clone());
    arena.assert_sound();
    let filler = place.path().join("filler");
    std::fs::create_dir(&filler).unwrap();
    let mut number = 0;
    while std::fs::File::create(filler.join(number.to_string())).is_ok() {
        number += 1;
    }
    assert_all_report(&arena, &["no inode left", "df -i"]);
    // A login needs more than a few.
    std::fs::remove_file(filler.join("0")).unwrap();
    std::fs::remove_file(filler.join("1")).unwrap();
    assert_all_report(&arena, &["2 inodes left: no login is granted", "df -i"]);
    std::fs::remove_dir_all(&filler).unwrap();
    arena.assert_sound();
    // So does space: more than one block.
    fill_disk(&filler);
    let mut truncate = Command::new("truncate");
    assert!(truncate.args(["-s", "-32K"]).arg(&filler).status().unwrap().success());
    assert_all_report(&arena, &["disk that is full", "free some disk space"]);
    std::fs::remove_file(&filler).unwrap();
    arena.assert_sound();
    let chattr = |args: &[&str], path: &std::path::Path| {
        let mut chattr = Command::new("chattr");
        assert!(chattr.args(args).arg(path).status().unwrap().success(), "{args:?}");
    };
    let month = std::fs::read_dir(root.join("audit")).unwrap().next().unwrap().unwrap().path();
    for (path, args) in [
        (root.join("state"), &["-R", "+i"][..]),
        (arena.sandbox.document("state", "alice"), &["+i"]),
        (arena.sandbox.document("state", "alice").parent().unwrap().to_owned(), &["+i"]),
        (root.join("locks/audit"), &["+i"]),
        (root.join("audit"), &["+i"]),
        (month.clone(), &["+i"]),
    ] {
        chattr(args, &path);
        if path.ends_with("audit") && path.is_dir() {
            // A login needs no new file there until the month ends.
            let doctor = arena.real.admin(&["doctor"]);
            assert!(doctor.code == 1 && doctor.stdout.contains("cannot write in "), "{doctor:?}");
        } else {
            assert_reported_as_broken(&arena, &["operation not permitted", "chattr "]);
        }
        chattr(&["-R", "-i"], &path);
        arena.assert_sound();
    }
    // An append-only trail is allowed.
    chattr(&["+a"], &month);
    arena.assert_sound();
    arena.assert_all_users_can_sign_in();
    chattr(&["-a"], &month);
}

/// Guards the diagnosis of locks and a trail that the store's owner cannot use.
#[test]
fn files_that_the_owner_cannot_use_are_reported() {
    use std::os::unix::fs::PermissionsExt;

    if !is_root() {
        return;
    }
    let arena = Arena::new();
    let root = arena.sandbox.path();
    // Lets another account reach the store, which then belongs to it.
    let above = root.parent().unwrap();
    std::fs::set_permissions(above, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Command::new("chown").args(["-R", "daemon:"]).arg(&root).status().unwrap().success());
    arena.assert_sound_for_real_programs();
    let month = std::fs::read_dir(root.join("audit")).unwrap().next().unwrap().unwrap().path();
    for (path, words) in [
        (root.join("locks/audit"), "cannot open "),
        (month, "cannot open "),
        (root.join("audit"), "audit"),
        (root.join("locks"), "locks"),
    ] {
        let before = std::fs::metadata(&path).unwrap().permissions();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
        assert_reported_as_broken(&arena, &[words, "ermission denied"]);
        std::fs::set_permissions(&path, before).unwrap();
        arena.assert_sound_for_real_programs();
    }
}

/// A directory that is mounted read-only over itself.
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
