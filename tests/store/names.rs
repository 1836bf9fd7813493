//! Unusual names: each is listed, found, logged in and removed under a safe path.

use std::collections::BTreeSet;
use std::fs;

use crate::sandbox::Sandbox;

/// Guards listing, login and removal of a name, whatever it looks like as a path.
#[test]
fn unusual_names_work_everywhere() {
    let longest = "n".repeat(256);
    let wide = "日".repeat(85);
    for (typed, canonical) in [
        ("CON", "con"),
        ("con.txt", "con.txt"),
        ("LPT1", "lpt1"),
        ("..", ".."),
        (".", "."),
        ("a/b", "a/b"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("ÄRGER", "ärger"),
        ("A\u{308}rger", "ärger"),
        ("alice.", "alice."),
        (".hidden", ".hidden"),
        (".tmp-alice.toml", ".tmp-alice.toml"),
        ("alice.toml", "alice.toml"),
        ("😀", "😀"),
        ("a%41b", "a%41b"),
        ("-x", "-x"),
        ("--all", "--all"),
        ("a b+c", "a b+c"),
        ("o'hara \"x\" $(id)", "o'hara \"x\" $(id)"),
        (r"CORP\con", r"corp\con"),
        (r".\alice", r".\alice"),
        ("bob@corp.example", "bob@corp.example"),
        (longest.as_str(), longest.as_str()),
        (wide.as_str(), wide.as_str()),
    ] {
        let sandbox = Sandbox::with_users(&[]);
        let root = sandbox.beside("");
        let outside = |sandbox: &Sandbox| {
            let names = fs::read_dir(sandbox.beside("")).unwrap();
            names.map(|entry| entry.unwrap().file_name()).collect::<BTreeSet<_>>()
        };
        // A new name with a slash must be one that the system knows.
        sandbox.system().set(typed, &[]);
        assert_eq!(sandbox.admin(&["users", "add", "--", typed]).code, 0, "{typed}");
        let list = sandbox.admin(&["users", "list", "--format", "json"]).json();
        assert_eq!(list["entries"][0]["name"], canonical, "{typed}");
        assert_eq!(list["entries"].as_array().unwrap().len(), 1, "{typed}");
        let shown = sandbox.admin(&["users", "show", "--format", "json", "--", typed]).json();
        assert_eq!(shown["users"][0]["name"], canonical, "{typed}");
        let secret = sandbox.enrol(typed);
        sandbox.pass(30);
        assert_eq!(sandbox.login(canonical, &secret).end(), (0, "code-accepted".into()), "{typed}");
        for path in sandbox.contents().keys() {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(name.is_ascii() && !name.starts_with('.') && name.len() < 210, "{name}");
            assert_eq!(name.to_ascii_lowercase(), name);
        }
        assert_eq!(outside(&sandbox), BTreeSet::from(["store".into()]), "{typed} left the store");
        assert!(root.join("store/users").is_dir());
        let removed = sandbox.admin(&["users", "remove", "--yes", "--", typed]);
        assert_eq!(removed.stdout, format!("{canonical}: removed\n"), "{typed}");
        assert_eq!(sandbox.login(typed, &secret).reason(), "not-listed", "{typed}");
        assert_eq!(sandbox.admin_ok(&["users", "list"]), "", "{typed}");
    }
}

/// Guards against one user with two entries: names that a directory treats as equal overlap.
#[test]
fn names_that_differ_in_case_or_accents_are_one_user() {
    for (listed, others) in [
        ("alice", &["álice", "ａｌｉｃｅ", r"CORP\alice", "alice@corp.example", r".\alice"][..]),
        ("strauß", &["STRAUSS"]),
        ("ÄRGER", &["arger"]),
        ("a%41b", &["A%41B\u{301}"]),
    ] {
        let sandbox = Sandbox::with_users(&[listed]);
        let secret = sandbox.enrol(listed);
        for other in others {
            let added = sandbox.admin(&["users", "add", other]);
            assert_eq!(added.code, 1, "{listed}, {other}: {added:?}");
            assert!(added.stderr.contains("a login could match both"), "{added:?}");
            sandbox.pass(30);
            assert_eq!(
                sandbox.login(other, &secret).reason(),
                "code-accepted",
                "{listed}, {other}"
            );
        }
        let list = sandbox.admin_ok(&["users", "list", "--format", "csv"]);
        assert_eq!(list.lines().count(), 2, "{list}");
    }
}

/// Guards names of different users: each has a separate document and secret.
#[test]
fn names_that_only_look_alike_on_disk_are_kept_apart() {
    let names = ["a%2fb", "a/b", "a%252fb", "con", "%63on", "x.", "x", "a+", "a", ".a"];
    let sandbox = Sandbox::with_users(&[]);
    for name in names {
        sandbox.system().set(name, &[]);
    }
    sandbox.admin_ok(&[&["users", "add"], &names[..]].concat());
    let listed = sandbox.admin_ok(&["users", "list", "--format", "csv"]);
    assert_eq!(listed.lines().count(), names.len() + 1);
    let secrets: BTreeSet<_> = names.iter().map(|name| sandbox.enrol(name).to_base32()).collect();
    assert_eq!(secrets.len(), names.len());
}

/// Guards existing stores: documents keep their places, and a foreign file is a problem only if it
/// could be taken for a user.
#[test]
fn documents_have_their_places() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["users", "add", "--group", "staff"]);
    for place in ["users/278/alice.toml", "state/278/alice.toml", "groups/staff.toml"] {
        assert!(sandbox.path().join(place).is_file(), "{place}");
    }
    let another_case = cfg!(windows).then_some("has a name");
    for (file, problem) in [
        ("notes", None),
        ("notes.txt", None),
        ("27", None),
        ("27g", None),
        ("2789", None),
        ("27A", None),
        ("279", Some("is not a directory")),
        ("abc", Some("is not a directory")),
        ("278/notes.txt", None),
        ("278/bob", None),
        ("278/BOB.TOML", another_case),
        ("278/BOB.toml", Some("has a name")),
        ("278/bob.toml", Some("does not belong there")),
        ("278/bob+", Some("has a name")),
    ] {
        let path = sandbox.path().join("users").join(file);
        sandbox.write(&path, "");
        let check = sandbox.admin(&["store", "check"]);
        assert_eq!(check.code != 0, problem.is_some(), "{file}: {check:?}");
        assert!(check.stderr.contains(problem.unwrap_or_default()), "{file}: {check:?}");
        fs::remove_file(&path).unwrap();
    }
}

/// Guards against names that look identical.
#[test]
fn invisible_characters_are_refused() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let before = sandbox.contents();
    let long = "n".repeat(257);
    for (name, words) in [
        ("a\u{200b}lice", "U+200B"),
        ("a\u{202e}lice", "U+202E"),
        ("a\u{2066}lice", "U+2066"),
        ("a\u{feff}lice", "U+FEFF"),
        ("a\u{ad}lice", "U+00AD"),
        ("a\nlice", "U+000A"),
        ("a\u{1b}[2J", "U+001B"),
        ("a\u{85}lice", "U+0085"),
        ("a\u{2028}lice", "U+2028"),
        ("CORP＼alice", "U+FF3C"),
        ("", "the name is empty"),
        ("  ", "the name is empty"),
        (r"CORP\", "no account part"),
        ("alice@", "no domain part"),
        (r"a\b\c", "more than one backslash"),
        (long.as_str(), "longer than 256 bytes"),
    ] {
        for command in ["add", "show", "enrol", "unlock", "revoke"] {
            let run = sandbox.admin(&["users", command, "--", name]);
            assert_eq!(run.code, 1, "{command} {name:?}: {run:?}");
            assert!(run.stderr.contains(words), "{command} {name:?}: {run:?}");
        }
        let login = sandbox.verify(&["--", name], None);
        assert_ne!(login.code, 0, "{name:?}: {login:?}");
    }
    let users: Vec<_> = sandbox
        .contents()
        .into_iter()
        .filter(|(path, _)| !path.ends_with("2026-11.jsonl"))
        .collect();
    assert_eq!(users.len(), before.len() - 1, "a document was created");
}
