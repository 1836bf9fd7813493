//! Hand-edited and damaged documents: errors name file, line and key, and no login is granted.

#![allow(clippy::disallowed_methods, reason = "these tests damage files on purpose")]

use std::fs;

use crate::sandbox::{Run, Sandbox};

const ADDED: &str = "added = 2026-11-24T08:00:00Z\n";

/// Runs a login of alice without a code.
fn login(sandbox: &Sandbox) -> Run {
    sandbox.verify(&["--no-groups", "--qr", "none", "--", "alice"], None)
}

fn is_store_error(run: &Run) -> bool {
    run.code == 4 && run.reason() == "store"
}

/// Guards hand-editing: the error names the file, the line, the key and the fix; nothing is
/// changed.
#[test]
fn problems_are_reported_by_file_line_and_key() {
    let head = "schema = 1\nenabled = true\ncreated = 2026-11-24T08:00:00Z\n";
    let store = |more: &str| format!("{head}{more}");
    for (kind, text, line, words) in [
        ("store", store("colour = 1\n"), 4, "unknown field `colour`"),
        ("store", store("[advanced]\ndiscrepency = 1\n"), 5, "did you mean 'discrepancy'?"),
        ("store", store("[advanced]\ndigits = 13\n"), 5, "digits must be 4 to 12, not 13"),
        ("store", store("[advanced]\ndigits = \"6\"\n"), 5, "digits must be 4 to 12, not string"),
        ("store", store("[advanced]\n\nrequire-client = 1\n"), 6, "true or false"),
        ("store", store("[advanced]\nissuer = \"\"\n"), 5, "1 to 64 characters"),
        ("store", store("[domains]\nfoo = 1\n"), 5, "unknown field `foo`"),
        ("store", store("enabled = true\n"), 4, "duplicate key"),
        ("store", store("[advanced\n"), 4, "unclosed table"),
        ("store", store("importing = true\n"), 4, "an import into this store was not finished"),
        ("store", head.replace("schema = 1", "schema = 2"), 1, "schema 2 is not supported"),
        ("store", head.replace("schema = 1", "schema = \"1\""), 1, "schema must be 1, not string"),
        (
            "store",
            head.replace("enabled = true", "enabled = 1"),
            2,
            "enabled must be true or false",
        ),
        ("store", head.replace("2026-11-24T08", "2026-11-24T25"), 3, "'created'"),
        ("store", head.replace("schema = 1\n", ""), 1, "missing field `schema`"),
        ("store", head.replace("enabled = true\n", ""), 1, "missing field `enabled`"),
        ("users", format!("method = \"fax\"\n{ADDED}"), 1, "'method'"),
        ("users", format!("method = \"app\"\nphone = \"0612\"\n{ADDED}"), 2, "+33612345678"),
        ("users", format!("method = \"app\"\n{ADDED}methods = 1\n"), 3, "unknown field `methods`"),
        ("users", "method = \"app\"\n".into(), 1, "missing field `added`"),
        ("users", format!("method = app\n{ADDED}"), 1, "'method'"),
        ("users", String::new(), 1, "missing field"),
    ] {
        let sandbox = Sandbox::with_users(&["alice"]);
        let path = match kind {
            "store" => sandbox.path().join("store.toml"),
            kind => sandbox.document(kind, "alice"),
        };
        sandbox.write(&path, &text);
        let before = sandbox.contents();
        let tool = sandbox.admin(&["users", "edit", "alice", "--notes", "x"]);
        let expected = if kind == "store" { 4 } else { 1 };
        assert_eq!(tool.code, expected, "{text}: {tool:?}");
        let portal = login(&sandbox);
        assert!(is_store_error(&portal), "{text}: {portal:?}");
        let place = format!("{}, line {line}:", path.display());
        for run in [&tool, &portal] {
            assert!(run.stderr.contains(&place), "{text}: {run:?}");
            assert!(run.stderr.contains(words), "{text}: {run:?}");
        }
        assert!(tool.stderr.contains("hint: "), "{tool:?}");
        assert!(sandbox.contents() == before, "something was written");
    }
}

/// Guards a state document that was cut short, at every byte: an error, never a grant, never a
/// panic.
#[test]
fn a_state_cut_at_any_byte_is_an_error() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    sandbox.pass(30);
    let state = sandbox.document("state", "alice");
    let whole = fs::read_to_string(&state).unwrap();
    for end in 0..whole.len() {
        sandbox.write(&state, &whole[..end]);
        let run = sandbox.login("alice", &secret);
        assert!(is_store_error(&run), "cut at {end}: {run:?}");
        assert!(run.stderr.contains("rw2fa users reset alice"), "cut at {end}: {run:?}");
        let session = sandbox.verify(&["--session", "html5", "--check", "--", "alice"], None);
        assert!(is_store_error(&session), "cut at {end}: {session:?}");
    }
    // Lines missing from the middle do not cause a grant either.
    for gone in 0..whole.lines().count() {
        let lines = whole.lines().enumerate().filter(|(at, _)| *at != gone);
        let kept: Vec<_> = lines.map(|(_, line)| line).collect();
        sandbox.write(&state, &(kept.join("\n") + "\n"));
        let run = login(&sandbox);
        assert!(run.code == 3 || is_store_error(&run), "line {gone} gone: {run:?}");
    }
    sandbox.write(&state, &whole);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
}

/// Guards store.toml cut at every byte: never a grant to a listed user, never a panic.
#[test]
fn settings_cut_at_any_byte_open_no_door() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    for (key, value) in [("discrepancy", "10"), ("issuer", "corp"), ("lockout-attempts", "3")] {
        sandbox.admin_ok(&["advanced", "set", key, value]);
    }
    let path = sandbox.path().join("store.toml");
    let whole = fs::read_to_string(&path).unwrap() + "default = \"CORP\"\n";
    sandbox.write(&path, &whole);
    assert_eq!(login(&sandbox).end(), (3, "code-required".into()));
    for end in 0..whole.len() {
        sandbox.write(&path, &whole[..end]);
        let run = login(&sandbox);
        assert!(run.code == 3 || is_store_error(&run), "cut at {end}: {run:?}");
        let status = sandbox.admin(&["status"]);
        assert_eq!(status.code == 0, run.code == 3, "cut at {end}: {status:?}");
    }
}

/// Guards both documents of a user: the loss of either is reported, and `reset` or `remove` repairs
/// it.
#[test]
fn a_missing_document_of_a_user_is_reported() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    let state = sandbox.document("state", "alice");
    let kept = fs::read_to_string(&state).unwrap();
    fs::remove_file(&state).unwrap();
    for args in [
        &["users", "show", "alice"][..],
        &["users", "add", "alice"],
        &["users", "unlock", "alice"],
        &["users", "revoke", "alice"],
        &["users", "enrol", "alice"],
        &["users", "list"],
    ] {
        let run = sandbox.admin(args);
        assert!(run.code == 1 || run.code == 4, "{args:?}: {run:?}");
        assert!(run.stderr.contains("is missing, though alice is listed"), "{args:?}: {run:?}");
        assert!(run.stderr.contains("rw2fa users reset alice"), "{args:?}: {run:?}");
    }
    assert!(is_store_error(&login(&sandbox)));
    sandbox.write(&state, &kept);
    let listing = sandbox.document("users", "alice");
    fs::remove_file(&listing).unwrap();
    let run = login(&sandbox);
    assert!(is_store_error(&run), "{run:?}");
    assert!(run.stderr.contains("rw2fa users add alice"), "{run:?}");
    assert_eq!(sandbox.admin(&["users", "list"]).code, 1);
    sandbox.admin_ok(&["users", "remove", "alice", "--yes"]);
    assert_eq!(login(&sandbox).reason(), "not-listed");
    assert_eq!(sandbox.admin_ok(&["users", "list"]), "");
}

/// Guards files saved by Windows editors: a byte order mark and CR LF are read and preserved.
#[test]
fn a_bom_and_crlf_are_accepted() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    for path in [sandbox.path().join("store.toml"), sandbox.document("users", "alice")] {
        let text = fs::read_to_string(&path).unwrap();
        sandbox.write(&path, &format!("\u{feff}# by hand\n{text}").replace('\n', "\r\n"));
    }
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    sandbox.admin_ok(&["users", "edit", "alice", "--notes", "x"]);
    sandbox.admin_ok(&["advanced", "set", "discrepancy", "1"]);
    assert_eq!(sandbox.show("alice")["notes"], "x");
    let text = fs::read_to_string(sandbox.document("users", "alice")).unwrap();
    assert!(text.starts_with("# by hand"), "{text:?}");
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
}

/// Guards the reader from files that are not documents: size, bytes, an empty file.
#[test]
fn invalid_document_files_are_refused() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    sandbox.pass(30);
    for path in [
        sandbox.path().join("store.toml"),
        sandbox.path().join("key"),
        sandbox.document("users", "alice"),
        sandbox.document("state", "alice"),
    ] {
        let whole = fs::read(&path).unwrap();
        let large = [whole.as_slice(), &vec![b'\n'; 2 << 20]].concat();
        let latin = [b"# \xe9\n".as_slice(), &whole].concat();
        let utf16: Vec<u8> = whole.iter().flat_map(|byte| [*byte, 0]).collect();
        for (bytes, words) in [
            (&large, "is larger than 1 MiB, the limit for a document"),
            (&latin, "is not UTF-8"),
            (&utf16, ""),
            (&Vec::new(), ""),
            (&vec![0; 64], ""),
        ] {
            fs::write(&path, bytes).unwrap();
            let run = sandbox.login("alice", &secret);
            assert!(is_store_error(&run), "{}: {run:?}", path.display());
            assert!(run.stderr.contains(path.to_str().unwrap()), "{run:?}");
            assert!(run.stderr.contains(words), "{run:?}");
        }
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
}

/// Guards secrets: an error about a document never repeats a sealed secret or a key.
#[test]
fn errors_never_quote_a_secret() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    sandbox.enrol("alice");
    sandbox.enrol("bob");
    let state = sandbox.document("state", "alice");
    let whole = fs::read_to_string(&state).unwrap();
    let sealed = value_of(&whole, "secret");
    let key_path = sandbox.path().join("key");
    let key_text = fs::read_to_string(&key_path).unwrap();
    let key = key_text.split_whitespace().last().expect("a key").to_owned();
    let foreign =
        value_of(&fs::read_to_string(sandbox.document("state", "bob")).unwrap(), "secret");
    let mut cases = Vec::new();
    for (old, new) in [
        ("secret = ", "sekret = "),
        ("secret = \"", "secret = "),
        ("secret = \"", "secret \""),
        ("secret = \"", "digits = \""),
        ("secret = ", "enrolment = "),
        ("secret = ", "last-step = "),
        ("digits = 6", &format!("digits = \"{sealed}\"")),
        ("enrolment = \"active\"", &format!("enrolment = \"{sealed}\"")),
        ("open-since = ", &format!("open-since = \"{sealed}\" # ")),
        (&sealed, &foreign),
        (&sealed, &sealed[..sealed.len() - 1]),
        (&sealed, &sealed.to_uppercase()),
    ] {
        assert!(whole.contains(old), "{old}: {whole}");
        cases.push((&state, whole.replacen(old, new, 1)));
    }
    for (old, new) in
        [("current ", "curent "), ("current ", "current"), ("current ", "previous "), (&key, "x")]
    {
        cases.push((&key_path, key_text.replacen(old, new, 1)));
    }
    cases.push((&key_path, key_text.replace(&key, &format!("{}A", &key[..key.len() - 1]))));
    for (path, text) in cases {
        let before = fs::read_to_string(path).unwrap();
        sandbox.write(path, &text);
        let code = ["--no-groups", "--code-stdin", "--", "alice"];
        for run in [
            sandbox.verify_with_stdin(&code, b"123456\n"),
            sandbox.admin(&["users", "show", "alice"]),
            sandbox.admin(&["users", "list", "--format", "json"]),
            sandbox.admin_with_stdin(&["users", "test", "alice", "--code-stdin"], b"123456"),
        ] {
            for hidden in [&sealed, &foreign, &key] {
                let piece = &hidden[hidden.len() / 2..];
                assert!(!run.stderr.contains(piece), "{text}\n{run:?}");
                assert!(!run.stdout.contains(piece), "{text}\n{run:?}");
            }
        }
        assert_ne!(sandbox.verify_with_stdin(&code, b"123456\n").code, 0, "{text}");
        sandbox.write(path, &before);
    }
}

fn value_of(text: &str, key: &str) -> String {
    let line = text.lines().find(|line| line.starts_with(&format!("{key} = \""))).expect(key);
    line.split('"').nth(1).expect("a value").to_owned()
}
