//! A full disk: a login is an error, nothing is lost, and logins work again once there is space.

#![allow(clippy::disallowed_methods, reason = "real processes have the real clock")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use crate::sandbox::{Sandbox, Secret, fill_disk, skipped};
use rw2fa::audit;
use rw2fa::factor::lockout::Rules;
use rw2fa::names::name::Name;
use rw2fa::store;
use rw2fa::store::seal::KeyRing;
use rw2fa::store::{Scope, Update, records};
use rw2fa::time::Timestamp;

/// A small file system mounted on the store, until dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(place: PathBuf, size: &str) -> Option<Self> {
        let options = &format!("size={size},mode=0700");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "rw2fa-test"]).arg(&place);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(place))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// Mounts a file system on a new store in which alice has enrolled. `None` for accounts other than root, and where
/// nothing can be mounted.
fn mounted_store<T>(
    mount: impl FnOnce(PathBuf, &std::path::Path) -> Option<T>,
) -> Option<(Sandbox, T, Secret)> {
    if !crate::sandbox::is_root() {
        return None;
    }
    let sandbox = Sandbox::new();
    let root = sandbox.path();
    fs::remove_dir_all(&root).unwrap();
    fs::create_dir(&root).unwrap();
    let Some(disk) = mount(root.clone(), &sandbox.beside("image")) else {
        skipped("a small file system cannot be made and mounted here");
        return None;
    };
    // Only ext4 has this directory.
    let _ = fs::remove_dir(root.join("lost+found"));
    fs::set_permissions(&root, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    sandbox.admin_ok(&["init"]);
    sandbox.admin_ok(&["users", "add", "alice"]);
    sandbox.admin_ok(&["enable"]);
    let secret = sandbox.enrol("alice");
    Some((sandbox, disk, secret))
}

fn chain_is_whole(sandbox: &Sandbox) -> bool {
    let key = fs::read_to_string(sandbox.path().join("key")).unwrap();
    let key = KeyRing::parse(&key).unwrap().audit_key();
    let mut files: Vec<_> = sandbox.contents().into_keys().collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    files.sort();
    let text: Vec<u8> = files.iter().flat_map(|path| fs::read(path).unwrap()).collect();
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    audit::check(lines, &[key]).is_ok()
}

/// Guards logins and changes on a really full file system.
#[test]
fn a_full_disk_loses_nothing() {
    let Some((sandbox, _disk, secret)) = mounted_store(|place, _| SmallDisk::mount(place, "256k"))
    else {
        return;
    };
    let filler = sandbox.path().join(".filler");
    for round in 0..3 {
        fill_disk(&filler);
        let documents = |sandbox: &Sandbox| {
            let mut contents = sandbox.contents();
            contents.retain(|path, _| path.extension().is_some_and(|ending| ending == "toml"));
            contents
        };
        let before = documents(&sandbox);
        sandbox.pass(30);
        let login = sandbox.login("alice", &secret);
        assert_eq!(login.end(), (4, "store".into()), "{round}: {login:?}");
        assert!(login.stderr.contains("free some disk space"), "{login:?}");
        for args in [
            &["users", "add", "bob"][..],
            &["users", "edit", "alice", "--notes", "x"],
            &["users", "reset", "alice", "--yes"],
            &["advanced", "set", "discrepancy", "1"],
        ] {
            let run = sandbox.admin(args);
            assert!(run.code == 1 || run.code == 4, "{args:?}: {run:?}");
            assert!(run.stderr.contains("free some disk space"), "{args:?}: {run:?}");
        }
        assert!(documents(&sandbox) == before, "{round}: a document was changed or left behind");
        assert_eq!(sandbox.admin(&["users", "list"]).code, 0);
        fs::remove_file(&filler).unwrap();
        sandbox.pass(30);
        assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted", "{round}");
    }
    sandbox.admin_ok(&["users", "add", "bob"]);
    assert!(chain_is_whole(&sandbox));
}

/// Guards logins on a file system without a size, which reports that no block is free.
#[test]
fn a_file_system_without_a_size_is_not_full() {
    let Some((sandbox, _disk, secret)) = mounted_store(|place, _| SmallDisk::mount(place, "0"))
    else {
        return;
    };
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    let found = sandbox.admin(&["doctor"]).stdout;
    assert!(found.contains("info: disk-space: cannot determine the free disk space"), "{found}");
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Guards each place at which a write can fail, even where no disk can be filled: a limit on the
/// size of files, from "nothing can be written" to "everything fits".
#[test]
fn a_write_that_fails_anywhere_is_not_a_grant() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let real = sandbox.real();
    let shown = real.verify(&["--qr", "none", "--", "alice"], None);
    let secret = Secret::of(&shown.json());
    assert_eq!(real.verify(&["--", "alice"], Some(&secret.code(now()))).reason(), "activated");
    // The trail is longer than a state document: so some limits allow only the document to be
    // written.
    while audit_length(&sandbox) < 6000 {
        real.verify(&["--", "stranger"], None);
    }
    let mut ends = Vec::new();
    for (step, blocks) in [0, 2, 4, 6, 8, 10, 12, 1000].into_iter().enumerate() {
        let state = fs::read(sandbox.document("state", "alice")).unwrap();
        let code = secret.code(now() + 30 * (i64::try_from(step).unwrap() + 2));
        let client = format!("client {step}");
        let verifier = real.verifier(["--code-stdin", "--client", &client, "--", "alice"]);
        let mut limited = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
        limited.env_clear().args(["-c", &script, "sh"]).arg(verifier.get_program());
        limited.args(verifier.get_args()).stdin(std::process::Stdio::piped());
        limited.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = limited.spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{code}").unwrap();
        let output = child.wait_with_output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        // A grant that was not recorded opens no session either.
        let session =
            real.verify(&["--session", "html5", "--client", &client, "--", "alice"], None);
        let opens = session.reason() == "session-valid";
        assert_eq!(opens, answer["outcome"] == "grant", "{blocks}: {answer} {session:?}");
        let end = (output.status.code().unwrap(), answer["reason"].as_str().unwrap().to_owned());
        if end.0 == 0 {
            assert_eq!(end.1, "code-accepted");
        } else {
            assert_eq!(end, (4, "store".into()), "{answer}");
        }
        if blocks == 0 {
            let unchanged = fs::read(sandbox.document("state", "alice")).unwrap() == state;
            assert!(unchanged, "a document was changed by a write that failed");
        }
        let temporary = sandbox
            .contents()
            .into_keys()
            .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(".tmp-"));
        assert_eq!(temporary, None, "a temporary file was left behind");
        ends.push(end.0);
        // An attempt whose outcome could not be written stays charged.
        let unlock = ["users", "unlock", "alice"];
        assert_eq!(real.admin(&unlock).code, 0);
    }
    assert_eq!((ends[0], ends[ends.len() - 1]), (4, 0), "{ends:?}");
    assert!(ends.is_sorted_by(|a, b| a >= b), "{ends:?}");
    assert!(chain_is_whole(&sandbox));
}

fn audit_length(sandbox: &Sandbox) -> u64 {
    let files = fs::read_dir(sandbox.path().join("audit")).unwrap();
    files.map(|entry| entry.unwrap().metadata().unwrap().len()).max().unwrap()
}

/// A small ext4 mounted on the store, until dropped.
struct SmallExt4(PathBuf);

impl SmallExt4 {
    fn mount(place: PathBuf, image: &std::path::Path) -> Option<Self> {
        fs::File::create(image).unwrap().set_len(8 << 20).unwrap();
        let ok = |command: &mut Command| command.output().is_ok_and(|run| run.status.success());
        // No blocks are reserved for root, and no journal takes half of the space.
        let made =
            ok(Command::new("mkfs.ext4").args(["-q", "-m", "0", "-O", "^has_journal"]).arg(image));
        let mounted = made && ok(Command::new("mount").args(["-o", "loop"]).arg(image).arg(&place));
        mounted.then_some(Self(place))
    }
}

impl Drop for SmallExt4 {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// Guards against guesses on a disk whose free space an attacker controls: without space nothing is
/// compared, and if the space vanishes after the check, the charge needs none.
#[test]
fn a_full_disk_prevents_comparison_but_not_charging() {
    let Some((sandbox, _disk, secret)) = mounted_store(SmallExt4::mount) else { return };
    fill_disk(&sandbox.path().join(".filler"));
    for code in secret.wrong_codes(sandbox.now()).take(20) {
        let run = sandbox.verify(&["--", "alice"], Some(&code));
        assert_eq!(run.end(), (4, "store".into()), "{run:?}");
        assert!(run.stderr.contains("is full"), "{run:?}");
    }
    assert_eq!(sandbox.show("alice")["failures"], 0, "nothing was compared, so nothing is charged");
    // The attacker filled the disk after the verifier checked it.
    let store = store::open(&sandbox.path()).unwrap();
    let name = Name::parse("alice").unwrap();
    for expected in 1..=3 {
        store
            .update(Scope::Account(&name.key()), |locked| {
                let mut state = records::state(locked, &name)?.expect("a state");
                let rules = Rules { attempts: 5, seconds: 60 };
                let now = Timestamp::from_unix(sandbox.now());
                records::charge(locked, &name, &mut state, rules, now).map(drop)
            })
            .unwrap();
        assert_eq!(sandbox.show("alice")["failures"], expected);
    }
}

/// Guards honest users: where the outcome of a login cannot be written, right codes are refused and cost nothing.
#[test]
fn right_codes_are_not_charged_where_the_state_is_immutable() {
    let Some((sandbox, _disk, secret)) = mounted_store(SmallExt4::mount) else { return };
    let state = sandbox.document("state", "alice");
    let chattr = |attribute: &str| {
        let run = Command::new("chattr").arg(attribute).arg(state.parent().unwrap()).output();
        run.is_ok_and(|run| run.status.success())
    };
    if !chattr("+i") {
        skipped("files cannot be made immutable here");
        return;
    }
    for _ in 0..6 {
        let login = sandbox.pass(30).login("alice", &secret);
        assert_eq!(login.end(), (4, "store".into()), "{login:?}");
    }
    assert!(chattr("-i"));
    assert_eq!(sandbox.show("alice")["failures"], 0);
    assert_eq!(sandbox.pass(30).login("alice", &secret).reason(), "code-accepted");
}
