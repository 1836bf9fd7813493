//! `rw2fa store check`, `export` and `import`.

#![allow(clippy::disallowed_methods, reason = "these tests damage files on purpose")]

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::sandbox::{Sandbox, Secret};
use serde_json::{Value, json};

const GROUP: &str = "# the sales people\nmethod = \"app\"\nadded = 2026-11-24T08:00:00Z\n";
const ENTRY: &str = "reason = \"kiosk\"\nadded = 2026-11-24T08:00:00Z\n";

/// Creates a store that contains everything, and returns the secret of alice.
fn full() -> (Sandbox, Secret) {
    let sandbox = Sandbox::with_users(&["alice", "bob", "CORP\\carol"]);
    // Every sandbox starts with the same key.
    sandbox.admin_ok(&["key", "rotate", "--yes"]);
    sandbox.write(&sandbox.path().join("groups/sales.toml"), GROUP);
    sandbox.write(&sandbox.path().join("whitelist/kiosk.toml"), ENTRY);
    let users = sandbox.document("users", "bob");
    let text = fs::read_to_string(&users).unwrap();
    sandbox.write(&users, &format!("# bob has no phone\n{text}"));
    sandbox.edit(&sandbox.path().join("store.toml"), "[advanced]", "# ours\n[advanced]");
    sandbox.admin_ok(&["advanced", "set", "discrepancy", "4"]);
    sandbox.verify(&["--no-groups", "--", "bob"], None);
    let shown = sandbox.verify(&["--no-groups", "--qr", "none", "--", "alice"], None);
    let secret = Secret::of(&shown.json());
    let run = sign_in(&sandbox, &secret);
    assert_eq!(run, "activated");
    (sandbox, secret)
}

/// Signs alice in with the current code.
fn sign_in(sandbox: &Sandbox, secret: &Secret) -> String {
    let code = secret.code(sandbox.now());
    sandbox.verify(&["--no-groups", "--client", "c", "--", "alice"], Some(&code)).reason()
}

/// Exports to a new file.
fn export(sandbox: &Sandbox, name: &str, more: &[&str]) -> PathBuf {
    let file = sandbox.beside(name);
    sandbox.admin_ok(&[&["store", "export", file.to_str().unwrap()], more].concat());
    file
}

fn import(sandbox: &Sandbox, file: &std::path::Path) -> crate::sandbox::Run {
    sandbox.admin(&["store", "import", file.to_str().unwrap(), "--yes"])
}

/// Creates a second server at the same time with the key of the first.
fn elsewhere(first: &Sandbox) -> Sandbox {
    let second = Sandbox::new();
    second.at(first.now() - crate::sandbox::T0);
    fs::remove_dir_all(second.path()).unwrap();
    crate::sandbox::make_private(&second.path());
    let key = second.path().join("key");
    first.admin_ok(&["key", "export", key.to_str().unwrap(), "--yes"]);
    second.admin_ok(&["init"]);
    second
}

/// Returns everything but the trail, the locks and the server's own data.
fn documents(sandbox: &Sandbox) -> Vec<(PathBuf, String)> {
    let root = sandbox.path();
    let contents = sandbox.contents().into_iter();
    let kept = contents.map(|(path, bytes)| (path.strip_prefix(&root).unwrap().to_owned(), bytes));
    let kept = kept.filter(|(path, _)| !path.starts_with("audit") && !path.starts_with("locks"));
    kept.map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

/// Guards the move to another server: the same device works, no code works twice, and nothing is
/// lost.
#[test]
fn a_user_signs_in_on_the_other_server_with_the_same_phone() {
    let (first, secret) = full();
    let file = export(&first, "export.toml", &[]);
    crate::sandbox::check_private(&file);
    let text = fs::read_to_string(&file).unwrap();
    let key = fs::read_to_string(first.path().join("key")).unwrap();
    assert!(!text.contains(key.split_whitespace().last().unwrap()), "the key was exported");
    assert!(!text.contains(&secret.to_base32()));
    first.pass(30);
    assert_eq!(sign_in(&first, &secret), "code-accepted");

    let second = elsewhere(&first);
    second.admin_ok(&["users", "add", "dave"]);
    let run = import(&second, &file);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout.contains("user dave: removed") && run.stdout.contains("user alice: added"),
        "{run:?}"
    );
    let session = ["--no-groups", "--session", "html5", "--client", "c", "--", "alice"];
    assert_eq!(second.verify(&session, None).reason(), "code-required", "a grant was carried over");
    assert_eq!(sign_in(&second, &secret), "code-used", "a code is accepted by both");
    second.pass(30);
    assert_eq!(sign_in(&second, &secret), "code-accepted");
    assert_eq!(second.verify(&["--no-groups", "--", "dave"], None).reason(), "not-listed");
    assert_eq!(second.verify(&["--no-groups", "--", "carol"], None).reason(), "enrolment-required");
    let all = documents(&second);
    let of = |name: &str| &all.iter().find(|(path, _)| path.ends_with(name)).unwrap().1;
    assert_eq!((of("sales.toml").as_str(), of("kiosk.toml").as_str()), (GROUP, ENTRY));
    assert!(
        all.iter().any(|(_, text)| text.starts_with("# bob has no phone\n")),
        "a comment is lost"
    );
    let settings = of("store.toml");
    assert!(settings.contains("# ours") && settings.contains("discrepancy = 4"), "{settings}");
    assert!(!settings.contains("importing"), "{settings}");
    let check = second.admin(&["store", "check"]);
    assert_eq!(check.code, 0, "{check:?}");
    // Settings, key, two of each of three users, a group, a whitelist entry.
    assert!(format!("{check:?}").contains("10 documents"), "{check:?}");
    let verify = second.admin(&["audit", "verify"]);
    assert_eq!(verify.code, 0, "{verify:?}");
}

/// Guards a restore into the same store: codes used since the backup stay used.
#[test]
fn a_restored_backup_replays_nothing() {
    let (sandbox, secret) = full();
    let file = export(&sandbox, "backup.toml", &[]);
    // A device that is a minute ahead: the code is accepted while still in the future.
    sandbox.pass(60);
    let ahead = secret.code(sandbox.now() + 60);
    let alice = ["--no-groups", "--client", "c", "--", "alice"];
    assert_eq!(sandbox.verify(&alice, Some(&ahead)).reason(), "code-accepted");
    assert_eq!(import(&sandbox, &file).code, 0);
    for pass in [0, 30, 30] {
        sandbox.pass(pass);
        assert_eq!(sandbox.verify(&alice, Some(&ahead)).reason(), "code-used", "after {pass}");
    }
    sandbox.pass(60);
    assert_eq!(sign_in(&sandbox, &secret), "code-accepted");
}

/// Guards confirmation, and dry runs.
#[test]
fn nothing_is_written_before_confirmation_and_checks() {
    let (first, _) = full();
    let file = export(&first, "export.toml", &[]);
    let path = file.to_str().unwrap();
    let second = elsewhere(&first);
    let before = documents(&second);
    assert_eq!(second.admin(&["store", "import", path]).code, 2, "no confirmation was required");
    let dry = second.admin(&["store", "import", path, "--dry-run", "--format", "json"]);
    assert_eq!((dry.code, &dry.json()["dry_run"]), (0, &json!(true)));
    assert_eq!(dry.json()["changes"].as_array().unwrap().len(), 6, "{dry:?}");
    let stranger = Sandbox::new();
    let untouched = documents(&stranger);
    let refused = import(&stranger, &file);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("alice") && refused.stderr.contains("key"), "{refused:?}");
    assert_eq!(documents(&stranger), untouched);
    // Each of these is refused as a whole, and the error names its entry.
    let good = fs::read_to_string(&file).unwrap();
    for (name, old, new, words) in [
        (
            "unknown key",
            "[[users]]\nname = \"alice\"",
            "[[users]]\ncolour = 1\nname = \"alice\"",
            "colour",
        ),
        ("twice", "name = \"bob\"", "name = \"Alice\"", "'Alice' appears twice"),
        ("no name", "name = \"bob\"", "name = \"a\\\\b\\\\c\"", "user 'a"),
        ("bad settings", "discrepancy = 4", "discrepancy = 99999", "settings, line"),
        (
            "bad listing",
            "# the sales people\nmethod = \"app\"",
            "method = \"fax\"",
            "group 'sales'",
        ),
        ("bad whitelist", "reason = \"kiosk\"", "reasons = 1", "whitelist entry 'kiosk'"),
        ("no state", "[users.state]\nenrolment = \"none\"\n", "[users.stat]\n", "stat"),
        ("overlap", "name = \"bob\"", "name = \"carol\"", "overlaps"),
        ("contradiction", "secret = \"s1:", "domain = \"s1:", "no secret"),
        ("schema", "schema = 1\nexported", "schema = 2\nexported", "schema 2"),
        ("cut", "[[whitelist]]", "[[whitelist", "line"),
    ] {
        assert!(good.contains(old), "{name}: {old}\n{good}");
        let bad = second.beside(&name.replace(' ', "-"));
        second.write(&bad, &good.replacen(old, new, 1));
        let run = import(&second, &bad);
        assert_eq!(run.code, 1, "{name}: {run:?}");
        assert!(run.stderr.contains(words), "{name}: {}", run.stderr);
        assert!(!run.stderr.contains("s1:"), "{name}: a sealed value is shown: {}", run.stderr);
    }
    assert_eq!(documents(&second), before);
}

/// Guards that an import leaves nothing of the previous contents, including members of groups.
#[test]
fn an_import_removes_entries_missing_from_the_export() {
    let (sandbox, _) = full();
    let file = export(&sandbox, "export.toml", &[]);
    let lists = |sandbox: &Sandbox| {
        [&["users", "list"][..], &["whitelist", "list"]].map(|args| sandbox.admin_ok(args))
    };
    let before = lists(&sandbox);
    sandbox.admin_ok(&["users", "add", "eve"]);
    sandbox.admin_ok(&["users", "add", "--group", "others"]);
    sandbox.admin_ok(&["whitelist", "add", "kiosk2", "--reason", "x"]);
    sandbox.verify(&["--group", "sales", "--", "dave"], None);
    assert!(sandbox.document("state", "dave").exists());
    assert_eq!(import(&sandbox, &file).code, 0);
    assert!(!sandbox.document("state", "dave").exists());
    assert_eq!(lists(&sandbox), before);
}

/// Guards errors about a damaged export: line numbers start at 1, and lost settings are not
/// mistaken for removed ones.
#[test]
fn an_import_reports_the_line_and_a_missing_document() {
    let (sandbox, _) = full();
    sandbox.verify(&["--group", "sales", "--", "dave"], None);
    let file = export(&sandbox, "export.toml", &[]);
    assert_eq!(import(&sandbox, &file).code, 0, "a member of a group has only a state document");
    let good = fs::read_to_string(&file).unwrap();
    let settings = fs::read_to_string(sandbox.path().join("store.toml")).unwrap();
    let line = |text: &str, words: &str| 1 + text.lines().position(|l| l.contains(words)).unwrap();
    let (before, bob) = good.split_once("name = \"bob\"\n").unwrap();
    let (_, state) = bob.split_once("[users.state]").unwrap();
    for (bad, words) in [
        (
            good.replace("discrepancy = 4", "discrepancy = 99999"),
            format!("settings, line {}: ", line(&settings, "discrepancy = 4")),
        ),
        (
            good.replace("[[whitelist]]", "[[whitelist"),
            format!(": line {}: ", line(&good, "[[whitelist]]")),
        ),
        (
            format!("{before}name = \"bob\"\n[users.state]{state}"),
            "user 'bob': the settings are missing, though the user is listed".to_owned(),
        ),
    ] {
        sandbox.write(&file, &bad);
        let run = import(&sandbox, &file);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains(&words), "{words}: {}", run.stderr);
    }
}

/// Guards the move without the key: secrets are exported in plain text after confirmation, and
/// sealed on import.
#[test]
fn revealed_secrets_go_to_a_store_with_another_key() {
    let (first, secret) = full();
    let file = first.beside("open.toml");
    let args = ["store", "export", file.to_str().unwrap(), "--reveal-secrets"];
    assert_eq!(
        (first.admin(&args).code, file.exists()),
        (2, false),
        "no confirmation was required"
    );
    let file = export(&first, "open.toml", &["--reveal-secrets", "--yes"]);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(&secret.to_base32()) && text.starts_with("# A whole rw2fa store, WITH"));
    let second = Sandbox::new();
    second.at(first.now() - crate::sandbox::T0);
    let run = second.admin_with_stdin(&["store", "import", "-", "--yes"], text.as_bytes());
    assert_eq!(run.code, 0, "{run:?}");
    for (path, text) in documents(&second) {
        assert!(
            !text.contains(&secret.to_base32()),
            "{} contains it in plain text",
            path.display()
        );
    }
    second.pass(30);
    assert_eq!(sign_in(&second, &secret), "code-accepted");
    assert_eq!(second.admin(&["store", "check"]).code, 0);
}

/// Guards an export during a rotation: it opens with the new key alone.
#[test]
fn an_export_during_a_rotation_needs_one_key() {
    use rw2fa::store::seal::{DataKey, KeyRing};

    let (first, secret) = full();
    let key = first.path().join("key");
    let ring = KeyRing::parse(&fs::read_to_string(&key).unwrap()).unwrap();
    let during = ring.begin_rotation(DataKey::new([7; 32])).unwrap();
    first.write(&key, &during.document());
    let file = export(&first, "export.toml", &[]);
    first.write(&key, &during.end_rotation().document());
    let second = elsewhere(&first);
    assert_eq!(import(&second, &file).code, 0);
    second.pass(30);
    assert_eq!(sign_in(&second, &secret), "code-accepted");
}

/// Guards what belongs to the server and not to its users: the path of its key, the start of its
/// trial.
#[test]
fn an_import_keeps_what_belongs_to_the_server() {
    let (first, _) = full();
    let file = export(&first, "export.toml", &[]);
    let second = elsewhere(&first);
    let vault = second.beside("vault");
    crate::sandbox::make_private(&vault);
    fs::rename(second.path().join("key"), vault.join("key")).unwrap();
    let settings = second.path().join("store.toml");
    let line =
        format!("created = 2020-01-01T00:00:00Z\nkey-file = '{}'", vault.join("key").display());
    second.edit(&settings, "created = 2026-11-24T08:00:00Z", &line);
    assert_eq!(second.admin(&["status"]).code, 0);
    assert_eq!(import(&second, &file).code, 0);
    let text = fs::read_to_string(&settings).unwrap();
    assert!(text.contains("created = 2020-01-01T00:00:00Z") && text.contains("key-file"), "{text}");
}

/// Guards an interrupted import: no user is let in, and running it again repairs it.
#[test]
fn a_killed_import_denies_logins_and_the_next_repairs_it() {
    let names: Vec<String> = (0..30).map(|number| format!("user{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (first, _) = full();
    first.admin_ok(&[&["users", "add"], names.as_slice()].concat());
    let file = export(&first, "export.toml", &[]);
    let second = elsewhere(&first);
    second.admin_ok(&["users", "add", "dave"]);
    second.admin_ok(&["enable"]);
    let real = second.real();
    let args = ["store", "import", file.to_str().unwrap(), "--yes"];
    let started = std::time::Instant::now();
    assert_eq!(real.admin(&args).code, 0);
    let usual = started.elapsed();
    let mut unfinished = 0;
    for round in 0..40_u32 {
        let mut child = real.tool(args).spawn().unwrap();
        std::thread::sleep(usual * round / 40 + Duration::from_millis(1));
        child.kill().unwrap();
        child.wait().unwrap();
        let settings = fs::read_to_string(second.path().join("store.toml")).unwrap();
        let reason = second.verify(&["--no-groups", "--check", "--", "user7"], None).reason();
        let stranger = second.verify(&["--no-groups", "--", "nobody"], None).end();
        if settings.contains("importing") {
            unfinished += 1;
            assert_eq!(
                (reason.as_str(), stranger),
                ("store", (4, "store".into())),
                "round {round}"
            );
            assert_eq!(second.admin(&["users", "list"]).code, 4);
        } else {
            assert_eq!((reason.as_str(), stranger.0), ("enrolment-required", 0), "round {round}");
        }
    }
    assert!(unfinished > 5, "only {unfinished} kills left an import unfinished");
    assert_eq!(real.admin(&args).code, 0);
    assert_eq!(second.admin(&["store", "check"]).code, 0);
    assert_eq!(second.admin(&["audit", "verify"]).code, 0);
    assert_eq!(second.verify(&["--no-groups", "--", "nobody"], None).reason(), "not-listed");
}

fn problems(sandbox: &Sandbox) -> (u8, Vec<Value>) {
    let run = sandbox.admin(&["store", "check", "--format", "json"]);
    (run.code, run.json()["problems"].as_array().unwrap().clone())
}

/// Guards the check: a healthy store has no problems, and each kind of damage is reported with a
/// hint.
#[test]
fn every_damaged_document_is_reported() {
    type Damage = fn(&Sandbox);
    fn state(sandbox: &Sandbox) -> PathBuf {
        sandbox.document("state", "alice")
    }
    let cases: &[(&str, Damage, &str)] = &[
        (
            "settings",
            |s| s.edit(&s.path().join("store.toml"), "enabled", "enable"),
            "store.toml, line",
        ),
        (
            "import",
            |s| s.edit(&s.path().join("store.toml"), "enabled", "importing = true\nenabled"),
            "import",
        ),
        ("key", |s| fs::remove_file(s.path().join("key")).unwrap(), "key is missing"),
        ("cut", |s| s.edit(&state(s), "# end", ""), "alice.toml: the document is cut short"),
        ("moved secret", |s| s.edit(&state(s), "s1:", "s2:"), "damaged"),
        ("user", |s| s.edit(&s.document("users", "bob"), "app", "fax"), "bob.toml, line"),
        ("half", |s| fs::remove_file(s.document("users", "bob")).unwrap(), "though bob is listed"),
        (
            "other half",
            |s| fs::remove_file(s.document("state", "bob")).unwrap(),
            "though bob is listed",
        ),
        (
            "one half damaged, one missing",
            |s| {
                s.edit(&s.document("users", "bob"), "app", "fax");
                fs::remove_file(s.document("state", "bob")).unwrap();
            },
            "bob.toml, line",
        ),
        ("group", |s| s.edit(&s.path().join("groups/sales.toml"), "added", "add"), "sales.toml"),
        (
            "whitelist",
            |s| s.edit(&s.path().join("whitelist/kiosk.toml"), "added", "add"),
            "kiosk.toml",
        ),
        ("stray", |s| s.write(&s.path().join("groups/Sales People.toml"), ""), "Sales People.toml"),
        (
            "folder",
            |s| fs::remove_dir_all(s.path().join("whitelist")).unwrap(),
            "whitelist is missing",
        ),
    ];
    for (name, damage, words) in cases {
        let (sandbox, _) = full();
        assert_eq!(problems(&sandbox), (0, vec![]), "{name}");
        damage(&sandbox);
        let before = sandbox.contents();
        let (code, found) = problems(&sandbox);
        assert_eq!((code, found.len()), (1, 1), "{name}: {found:?}");
        let message = found[0]["message"].as_str().unwrap();
        assert!(message.contains(words), "{name}: {message}");
        assert!(found[0]["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{name}");
        assert_eq!(sandbox.contents(), before, "{name}: the check changed something");
        let text = sandbox.admin(&["store", "check"]);
        assert!(text.code == 1 && text.stderr.contains(words), "{name}: {text:?}");
    }
}

/// Guards memory: input that is endless or not an export is rejected early.
#[cfg(unix)]
#[test]
fn an_endless_import_is_rejected() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let before = sandbox.contents();
    let refused = |what: &str, run: &crate::sandbox::Run, words: &str| {
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{what}: {run:?}");
        assert!(run.stderr.contains(words), "{what} {words}: {run:?}");
        assert_eq!(sandbox.contents(), before, "{what}");
    };
    let import = |file: &str| sandbox.admin(&["store", "import", file, "--yes"]);
    refused("zeros", &import("/dev/zero"), "/dev/zero does not look like a file");
    // Sparse: takes no space on the disk.
    let huge = sandbox.beside("huge.toml");
    fs::File::create(&huge).unwrap().set_len(10 << 30).unwrap();
    refused("10 GiB", &import(huge.to_str().unwrap()), "huge.toml is larger than 256 MiB");
    let mut line = b"schema = 1\nsettings = '".to_vec();
    line.resize(5 << 20, b'x');
    let run = sandbox.admin_with_stdin(&["store", "import", "-", "--yes"], &line);
    refused("a line", &run, "line 2 of standard input is longer than 4 MiB");
    let run = sandbox.admin_with_stdin(&["store", "import", "-", "--yes"], b"schema = 1\n\xff");
    refused("no text", &run, "standard input is not UTF-8");
    let run = sandbox.admin(&["users", "add", "--from", "/dev/zero"]);
    refused("a list", &run, "line 1 of /dev/zero is longer than 1 MiB");
    let run = sandbox.admin_with_stdin(&["sms", "deliver"], &vec![b' '; 20_000]);
    assert!(run.stdout.contains("standard input is longer than 16384 bytes"), "{run:?}");
}

/// Guards stores: a document that would be too long to read back is not imported.
#[test]
fn a_document_that_is_too_long_is_not_imported() {
    let (sandbox, _) = full();
    let file = export(&sandbox, "backup.toml", &[]);
    let comment =
        format!("# the sales people\n{}", format!("# {}\n", "x".repeat(1000)).repeat(1100));
    sandbox.edit(&file, "# the sales people\n", &comment);
    let run = import(&sandbox, &file);
    assert_eq!(run.code, 1, "{run:?}");
    let words = "group 'sales': the document is larger than 1 MiB";
    assert!(run.stderr.contains(words), "{run:?}");
}
