//! Wrong calls and damaged group documents: a clear error, no one let in, nothing lost.

use std::fs;
use std::time::{Duration, Instant};

use super::{enrol_member, knock, with_groups};
use crate::sandbox::{Run, Sandbox, Secret};

/// Runs a call with a caller's mistake: exit code 2, nothing on standard output, nothing written.
#[track_caller]
fn misused(sandbox: &Sandbox, args: &[&str], words: &str) -> Run {
    let before = sandbox.contents();
    let run = sandbox.verify(args, None);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {run:?}");
    assert!(run.stderr.contains(words), "{args:?}: {run:?}");
    assert!(sandbox.contents() == before, "{args:?} wrote to the store");
    run
}

/// Guards the portal's command line: an invalid session, or an invalid client of a user who needs a code,
/// refuses the whole call.
#[test]
fn invalid_options_are_usage_errors() {
    let sandbox = with_groups(&["staff"]);
    let long = "x".repeat(129);
    for (args, words) in [
        (&["--session", "vnc"][..], "--session must be html5, remoteapp or rdp"),
        (&["--session", ""], "--session must be html5"),
        (&["--session", "HTML5"], "--session must be html5"),
        (&["--group", "staff", "--client", ""], "1 to 128 printable ASCII"),
        (&["--group", "staff", "--client", &long], "1 to 128 printable ASCII"),
        (&["--group", "staff", "--client", "a\nb"], "1 to 128 printable ASCII"),
        (&["--group", "staff", "--client", "a\u{7f}"], "1 to 128 printable ASCII"),
        (&["--group", "staff", "--client", "sé"], "1 to 128 printable ASCII"),
        (&["--group", "staff", "--no-groups"], "--group and --no-groups cannot be used together"),
        (&["--groups", "staff"], "unexpected argument"),
    ] {
        let run = misused(&sandbox, &[args, &["--", "alice"]].concat(), words);
        assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains('\u{202e}'), "{run:?}");
    }
    let client = "x".repeat(128);
    assert_eq!(
        knock(&sandbox, &["--group", "staff", "--client", &client], "a").reason(),
        "enrolment-required"
    );
    // A value that looks like an option is a value or an error, never an option.
    misused(&sandbox, &["--group", "--no-groups", "--", "alice"], "--group needs a value");
    assert_eq!(knock(&sandbox, &["--group=--no-groups"], "alice").reason(), "not-listed");
}

/// Guards groups whose names cannot be read: they refuse a login only where groups decide about it, and then
/// with the name and the problem.
#[test]
fn an_unreadable_group_refuses_only_where_groups_matter() {
    let longest_name = "n".repeat(257);
    let groups: &[(&[&str], &str)] = &[
        (
            &["--group", r"CORP\Support@Night"],
            r"--group 'CORP\Support@Night': the name contains both",
        ),
        (&["--group", ""], "--group '': the name is empty"),
        (&["--group", "  "], "--group '  ': the name is empty"),
        (&["--group", &longest_name], "the name is longer than 256 bytes"),
        (&["--group", "a\u{1b}[2Jb"], "--group 'a\\u{1b}[2Jb': the name contains the invisible"),
        (&["--group", "a\u{202e}b"], "--group 'a\\u{202e}b': the name contains the invisible"),
        (&["--group", r"a\b\c"], "the name contains more than one backslash"),
        (&["--group", "staff", "--group", ""], "--group '': the name is empty"),
        (&["--group", "", "--group", "staff"], "--group '': the name is empty"),
    ];
    let sandbox = Sandbox::with_users(&["alice"]);
    let all_end = |name: &str, end: (u8, &str)| {
        for (group, _) in groups {
            let run = sandbox.verify(&[group, &["--", name][..]].concat(), None);
            assert_eq!(run.end(), (end.0, end.1.to_owned()), "{group:?}: {run:?}");
            assert_eq!(run.stderr, "", "{group:?}");
        }
    };
    // No group is listed.
    all_end("bob", (0, "not-listed"));
    // A group is listed, but alice needs a code whatever her groups are.
    sandbox.admin_ok(&["users", "add", "--group", "staff"]);
    all_end("alice", (3, "enrolment-required"));
    for (group, words) in groups {
        for rest in
            [&["--", "bob"][..], &["--check", "--", "bob"], &["--session", "rdp", "--", "bob"]]
        {
            let run = sandbox.verify(&[group, rest].concat(), None);
            assert_eq!(run.end(), (4, "groups-unknown".to_owned()), "{group:?}: {run:?}");
            assert!(run.stderr.contains(words) && run.stderr.contains("\nhint: "), "{run:?}");
            assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains('\u{202e}'), "{run:?}");
        }
        let explained = sandbox.admin(&[&["explain", "bob"], *group].concat());
        assert!(explained.code == 2 && explained.stderr.contains(words), "{explained:?}");
        // Signing out needs no groups.
        let run = sandbox.verify(&[group, &["--end", "--", "bob"][..]].concat(), None);
        assert_eq!(run.code, 5, "{run:?}");
    }
    sandbox.admin_ok(&["disable", "--yes"]);
    all_end("bob", (0, "disabled"));
    all_end("alice", (0, "disabled"));
}

/// Guards the administration tool in the same way.
#[test]
fn each_invalid_group_name_is_reported() {
    let sandbox = Sandbox::new();
    let long = "n".repeat(257);
    let names = ["", "a\u{7}", &long, "a\\b\\c", "fine"];
    let args: Vec<&str> = names.iter().flat_map(|name| ["--group", name]).collect();
    let run = sandbox.admin(&[&["users", "add"], args.as_slice()].concat());
    assert_eq!((run.code, run.stdout.as_str()), (1, "group fine: added\n"), "{run:?}");
    assert_eq!(run.stderr.matches("error: ").count(), 4, "{run:?}");
    assert!(!run.stderr.contains('\u{7}'), "{run:?}");
}

/// Guards a user with very many groups: the login stays fast, and the listed group is found.
#[test]
fn a_login_with_ten_thousand_groups_is_fast() {
    let sandbox = with_groups(&["staff", "vpn"]);
    let names: Vec<String> = (0..10_000).map(|at| format!("CORP\\group {at}")).collect();
    let mut options: Vec<&str> = names.iter().flat_map(|name| ["--group", name.as_str()]).collect();
    let started = Instant::now();
    assert_eq!(knock(&sandbox, &options, "alice").reason(), "not-listed");
    options.extend(["--group", "Staff"]);
    assert_eq!(knock(&sandbox, &options, "alice").reason(), "enrolment-required");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(
        sandbox.show("alice")["covered_by"],
        serde_json::json!(["staff"]),
        "only listed groups are kept"
    );
    // The same, with groups from the system.
    let system = sandbox.system();
    let groups: Vec<&str> = names.iter().map(String::as_str).chain(["vpn"]).collect();
    system.set("bob", &groups);
    assert_eq!(knock(&sandbox, &[], "bob").reason(), "enrolment-required");
}

/// Guards groups with damaged documents. Members are refused, others are not affected, the error
/// names the document, and a member's secret survives.
#[test]
fn a_damaged_group_lets_no_member_in() {
    for damage in
        ["", "?", "method = \"app\"\n", "method = \"fax\"\nadded = 2026-11-24T08:00:00Z\n", "\u{0}"]
    {
        let sandbox = with_groups(&["staff", "zoo"]);
        let secret = enrol_member(&sandbox, &["staff"], "alice");
        let document = sandbox.document("groups", "staff");
        let text = fs::read_to_string(&document).unwrap();
        sandbox.write(&document, damage);
        closed(&sandbox, &document, damage);
        sandbox.write(&document, &text);
        open_again(&sandbox, &secret);
    }
}

#[track_caller]
fn closed(sandbox: &Sandbox, document: &std::path::Path, what: &str) {
    let place = document.to_str().unwrap();
    for user in ["alice", "new"] {
        let run = knock(sandbox, &["--group", "staff"], user);
        assert_eq!(run.end(), (4, "store".into()), "{what} {user}: {run:?}");
        assert!(run.stderr.contains(place), "{what}: {run:?}");
    }
    assert_eq!(knock(sandbox, &["--group", "zoo"], "eve").reason(), "enrolment-required", "{what}");
    assert_eq!(knock(sandbox, &["--group", "other"], "eve").reason(), "not-listed", "{what}");
    let list = sandbox.admin(&["users", "list"]);
    assert_eq!(list.code, 1, "{what}: {list:?}");
    assert!(list.stderr.contains(place), "{what}: {list:?}");
    assert!(list.stdout.contains("zoo "), "others are listed: {list:?}");
    let edit = sandbox.admin(&["users", "edit", "--group", "staff", "--notes", "x"]);
    assert_eq!(edit.code, 1, "{what}: {edit:?}");
}

#[track_caller]
fn open_again(sandbox: &Sandbox, secret: &Secret) {
    sandbox.pass(30);
    let code = secret.code(sandbox.now());
    let run = sandbox.verify(&["--group", "staff", "--", "alice"], Some(&code));
    assert_eq!(run.reason(), "code-accepted", "{run:?}");
}

/// Guards against anything else in the place of a document: a directory, a link, a FIFO (which must
/// not be waited for), a hard link, a file that others can write.
#[cfg(unix)]
#[test]
fn anything_but_a_document_lets_no_member_in() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    /// Puts something in the place of a document; the original is kept elsewhere.
    type Maker<'a> = &'a dyn Fn(&Path, &Path);

    let fifo = |path: &Path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let shared = |path: &Path| {
        fs::write(path, "method = \"app\"\nadded = 2026-11-24T08:00:00Z\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
    };
    let makers: [(&str, Maker<'_>); 6] = [
        ("a directory", &|path, _| fs::create_dir(path).unwrap()),
        ("a link", &|path, kept| symlink(kept, path).unwrap()),
        ("a link to nothing", &|path, _| symlink("/nonexistent/group", path).unwrap()),
        ("a FIFO", &|path, _| fifo(path)),
        ("a hard link", &|path, kept| fs::hard_link(kept, path).unwrap()),
        ("a world-writable file", &|path, _| shared(path)),
    ];
    for (what, make) in makers {
        let sandbox = with_groups(&["staff", "zoo"]);
        let secret = enrol_member(&sandbox, &["staff"], "alice");
        let document = sandbox.document("groups", "staff");
        let kept = sandbox.beside("kept.toml");
        fs::rename(&document, &kept).unwrap();
        make(&document, &kept);
        let started = Instant::now();
        closed(&sandbox, &document, what);
        assert!(started.elapsed() < Duration::from_secs(20), "{what} was waited for");
        if document.is_dir() {
            fs::remove_dir(&document).unwrap();
        } else {
            fs::remove_file(&document).unwrap();
        }
        fs::rename(&kept, &document).unwrap();
        open_again(&sandbox, &secret);
    }
}

/// Guards against unknown files among the group documents, and a missing folder. An unknown file
/// could be any group, so no one whose groups matter is let in.
#[test]
fn unknown_files_and_missing_folders_let_no_one_in() {
    let sandbox = with_groups(&["staff"]);
    let stranger = sandbox.path().join("groups/Staff & Friends.toml");
    sandbox.write(&stranger, "method = \"app\"\nadded = 2026-11-24T08:00:00Z\n");
    for options in [&["--group", "other"][..], &["--group", "staff"]] {
        let run = knock(&sandbox, options, "alice");
        assert_eq!(run.end(), (4, "store".into()), "{run:?}");
        assert!(run.stderr.contains("Staff & Friends.toml"), "{run:?}");
    }
    fs::remove_file(&stranger).unwrap();
    fs::remove_dir_all(sandbox.path().join("groups")).unwrap();
    for options in [&["--group", "other"][..], &[]] {
        let run = knock(&sandbox, options, "alice");
        assert_eq!(run.end(), (4, "store".into()), "{options:?}: {run:?}");
    }
}
