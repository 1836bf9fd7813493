//! Files on Windows: opened by other programs, case-insensitive names, devices, BOM and CRLF, long
//! paths.

use std::fs::{File, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;

/// Shared for reading only: a file that is opened this way cannot be replaced.
const SHARE_READ: u32 = 1;

fn keep_open(path: &Path, share: u32) -> File {
    OpenOptions::new().read(true).share_mode(share).open(path).unwrap()
}

/// Guards against a virus scanner or an editor that opens a document for a moment.
#[test]
fn an_open_document_is_waited_for() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let document = sandbox.document("users", "alice");
    for share in [SHARE_READ, 0] {
        let open = keep_open(&document, share);
        let closing = spawn(move || {
            sleep(Duration::from_millis(400));
            drop(open);
        });
        let started = Instant::now();
        let phone = format!("+3361234567{share}");
        sandbox.admin_ok(&["users", "edit", "alice", "--phone", &phone]);
        assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
        assert_eq!(sandbox.show("alice")["phone"], phone);
        closing.join().unwrap();
    }
}

/// Guards the limit of the wait: an error after a second, and the old document.
#[test]
fn a_document_that_stays_open_is_an_error_and_is_kept() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let document = sandbox.document("state", "alice");
    let before = sandbox.contents();
    let open = keep_open(&document, SHARE_READ);
    sandbox.pass(60);
    let started = Instant::now();
    let code = secret.code(sandbox.now());
    let run = sandbox.verify(&["--", "alice"], Some(&code));
    assert_eq!(run.end(), (4, "store".into()), "{run:?}");
    let waited = started.elapsed();
    assert!(waited >= Duration::from_secs(1) && waited < Duration::from_secs(5), "{waited:?}");
    drop(open);
    let mut after = sandbox.contents();
    // The trail records what would have been granted, and the attempt stays charged. Nothing else
    // changed, and no copy was left behind.
    let is_document = |ending: &std::ffi::OsStr| ending != "jsonl" && ending != "attempts";
    after.retain(|path, _| path.extension().is_some_and(is_document));
    let kept = before.iter().filter(|(path, _)| after.contains_key(*path));
    assert!(kept.eq(after.iter()));
    assert_eq!(sandbox.verify(&["--", "alice"], Some(&code)).reason(), "code-accepted");
}

/// Guards case-insensitive file names that another tool may have written.
#[test]
fn the_case_of_file_names_hides_no_one() {
    let sandbox = Sandbox::with_users(&["alice"]);
    assert!(sandbox.path().join("STORE.TOML").exists(), "case matters here");
    assert_eq!(sandbox.admin_ok(&["users", "add", "ALICE"]), "user alice: unchanged\n");
    let document = sandbox.document("users", "alice");
    std::fs::rename(&document, document.with_file_name("ALICE.TOML")).unwrap();
    let run = sandbox.verify(&["--", "alice"], None);
    assert!([3, 4].contains(&run.code), "never not-listed: {run:?}");
    sandbox.write(&sandbox.path().join("groups").join("HR.TOML"), "");
    let run = sandbox.verify(&["--group", "hr", "--", "bob"], None);
    assert_eq!(run.end(), (4, "store".into()), "never not-listed: {run:?}");
    assert!(run.stderr.contains("HR.TOML"), "{run:?}");
}

/// Guards names that Windows takes for devices, or would truncate.
#[test]
fn device_names_are_ordinary_users() {
    let names = ["con", "PRN", "aux", "com1", "LPT9", "con.txt", "dot.", "CORP\\nul", "a:b"];
    let sandbox = Sandbox::with_users(&names);
    for name in names {
        let secret = sandbox.enrol(name);
        sandbox.pass(30);
        assert_eq!(sandbox.login(name, &secret).reason(), "code-accepted", "{name}");
    }
    let listed = sandbox.admin_ok(&["users", "list", "--format", "csv"]);
    assert_eq!(listed.lines().count(), names.len() + 1, "{listed}");
    sandbox.admin_ok(&[&["users", "remove", "--yes"], &names[..]].concat());
    assert_eq!(sandbox.verify(&["--", "con"], None).reason(), "not-listed");
}

/// Guards documents that were edited with a Windows editor.
#[test]
fn a_byte_order_mark_and_crlf_are_accepted() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    for document in [sandbox.path().join("store.toml"), sandbox.document("users", "alice")] {
        let text = std::fs::read_to_string(&document).unwrap();
        sandbox.write(&document, &format!("\u{feff}{}", text.replace('\n', "\r\n")));
    }
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    sandbox.admin_ok(&["users", "edit", "alice", "--notes", "n"]);
    sandbox.admin_ok(&["advanced", "set", "discrepancy", "3"]);
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
}

/// Guards paths longer than 260 characters, which many programs cannot open.
#[test]
fn the_longest_names_have_documents() {
    let name = "é".repeat(128);
    let sandbox = Sandbox::with_users(&[&name]);
    let secret = sandbox.enrol(&name);
    sandbox.pass(30);
    assert_eq!(sandbox.login(&name, &secret).reason(), "code-accepted");
    let longest = sandbox.contents().into_keys().map(|path| path.as_os_str().len()).max();
    assert!(longest > Some(260), "{longest:?}");
}

/// Guards exported files: no one else can read them, in any directory.
#[test]
fn exported_files_are_private() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let target = sandbox.beside("key");
    sandbox.admin_ok(&["key", "export", "--yes", target.to_str().unwrap()]);
    let root = sandbox.path();
    let owner = rw2fa::platform::Owner::of_store(&root, &root.metadata().unwrap()).unwrap();
    let metadata = target.metadata().unwrap();
    assert!(metadata.len() > 0);
    assert_eq!(rw2fa::platform::privacy_problem(&target, None, &metadata, owner), None);
    let again = sandbox.admin(&["key", "export", "--yes", target.to_str().unwrap()]);
    assert_eq!(again.code, 1, "{again:?}");
}
