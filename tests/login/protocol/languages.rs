//! Messages in the language of the user: `--language`, the setting, and the texts of a store.

#![allow(clippy::disallowed_methods, reason = "these tests damage files on purpose")]

use std::fs;

use serde_json::Value;

use crate::sandbox::{Sandbox, Secret, make_private};

/// The message and its language in an answer to a sign-in with these options.
fn said(sandbox: &Sandbox, options: &[&str]) -> (String, String) {
    let run = sandbox.verify(&[options, &["--no-groups", "--", "alice"]].concat(), None);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    both(&run.json())
}

fn both(answer: &Value) -> (String, String) {
    let text = |field: &str| answer[field].as_str().unwrap().to_owned();
    (text("message"), text("language"))
}

fn pair(text: &str, language: &str) -> (String, String) {
    (text.to_owned(), language.to_owned())
}

/// Writes the texts of a language into the store, as an administrator does.
fn write(sandbox: &Sandbox, language: &str, text: &str) {
    let directory = sandbox.path().join("messages");
    if !directory.exists() {
        make_private(&directory);
    }
    sandbox.write(&directory.join(format!("{language}.toml")), text);
}

const ENGLISH: &str = "No code is needed.";
const GERMAN: &str = "Es ist kein Code erforderlich.";
const FRENCH: &str = "Aucun code n'est nécessaire.";

/// Guards logins: whatever a browser sends as its language, the decision is the same.
#[test]
fn no_language_refuses_a_login() {
    let sandbox = Sandbox::new();
    let long = "de-AT,".repeat(10_000);
    for (language, expected) in [
        ("de", pair(GERMAN, "de")),
        ("de-AT", pair(GERMAN, "de")),
        ("DE_at", pair(GERMAN, "de")),
        ("fr-CA,fr;q=0.9,en;q=0.8", pair(FRENCH, "fr")),
        ("en-US,en;q=0.5,de;q=0.3", pair(ENGLISH, "en")),
        ("tlh,de;q=0.1", pair(GERMAN, "de")),
        (&long, pair(GERMAN, "de")),
        ("", pair(ENGLISH, "en")),
        ("*", pair(ENGLISH, "en")),
        ("../../etc/passwd", pair(ENGLISH, "en")),
        ("\u{1b}[2J\u{202e}", pair(ENGLISH, "en")),
        (";;q=,,=", pair(ENGLISH, "en")),
        ("de;q=0", pair(ENGLISH, "en")),
    ] {
        assert_eq!(
            said(&sandbox, &[&format!("--language={language}")]),
            expected,
            "{language:.40}"
        );
    }
    assert_eq!(said(&sandbox, &[]), pair(ENGLISH, "en"));
    // The same through the administration tool.
    let json = ["verify", "--format", "json", "--language", "de", "--no-groups", "--", "alice"];
    let run = sandbox.admin(&json);
    assert_eq!((run.code, both(&run.json())), (0, pair(GERMAN, "de")), "{run:?}");
}

#[cfg(unix)]
#[test]
fn a_language_that_is_not_text_refuses_no_login() {
    use std::os::unix::ffi::OsStringExt as _;
    let sandbox = Sandbox::new();
    let mut verifier = sandbox.real().verifier(["--no-groups"]);
    verifier
        .arg(std::ffi::OsString::from_vec(b"--language=\xff,de".to_vec()))
        .args(["--", "alice"]);
    let output = verifier.output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), both(&answer)), (Some(0), pair(GERMAN, "de")));
}

#[test]
fn the_setting_is_the_language_without_another() {
    let sandbox = Sandbox::new();
    sandbox.set("language", "fr");
    for (options, expected) in [
        (&[][..], pair(FRENCH, "fr")),
        (&["--language=pl"], pair(FRENCH, "fr")),
        (&["--language=de"], pair(GERMAN, "de")),
        (&["--language=en"], pair(ENGLISH, "en")),
    ] {
        assert_eq!(said(&sandbox, options), expected, "{options:?}");
    }
    // A login that fails before it is decided has the same language.
    fs::remove_dir_all(sandbox.path().join("locks")).unwrap();
    for (options, language) in [(&[][..], "fr"), (&["--language=de"], "de")] {
        let run = sandbox.verify(&[options, &["--no-groups", "--", "alice"]].concat(), None);
        assert_eq!((run.code, run.reason().as_str()), (4, "store"), "{run:?}");
        assert_eq!(run.json()["language"], language, "{run:?}");
    }
    // Without a store, only what the portal passes is known.
    fs::remove_file(sandbox.path().join("store.toml")).unwrap();
    for (options, language) in [(&[][..], "en"), (&["--language=de"], "de")] {
        let run = sandbox.verify(&[options, &["--no-groups", "--", "alice"]].concat(), None);
        assert_eq!((run.code, &run.json()["language"]), (4, &language.into()), "{run:?}");
    }
    for value in ["", "german", "de/AT", "../x"] {
        let run = sandbox.admin(&["advanced", "set", "language", value]);
        assert_eq!(run.code, 2, "{value}: {run:?}");
        assert!(run.stderr.contains("language must be a language, such as de or pt-BR"), "{run:?}");
    }
}

/// Guards a whole login in another language, with its details.
#[test]
fn a_login_is_in_one_language() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let german = ["--language=de-CH,de;q=0.9,en;q=0.5", "--ip=192.0.2.7", "--", "alice"];
    let shown = sandbox.verify(&german, None).json();
    let secret = Secret::of(&shown);
    let activated = sandbox.at(29).verify(&german, Some(&secret.code(sandbox.now()))).json();
    let wrong = sandbox.verify(&german, Some(&secret.wrong_code(sandbox.now()))).json();
    sandbox.set_failures("alice", 10);
    let locked = sandbox.verify(&german, Some(&secret.wrong_code(sandbox.now()))).json();
    let again = sandbox.at(7200).verify(&german, None).json();
    for (answer, expected) in [
        (
            shown,
            "Scannen Sie den QR-Code mit Ihrer Authenticator-App und geben Sie dann den Code ein, den sie anzeigt.",
        ),
        (
            activated,
            "Ihre Authenticator-App ist eingerichtet und Sie sind angemeldet. Der QR-Code wurde einmal angezeigt, \
             vor 29 s, auf dem Gerät 192.0.2.7.",
        ),
        (
            wrong,
            "Der Code ist falsch. Prüfen Sie die Uhr Ihres Geräts und versuchen Sie es mit dem nächsten Code.",
        ),
        (
            locked,
            "Zu viele falsche Codes. Versuchen Sie es in 1 h mit einem neuen Code noch einmal.",
        ),
        (again, "Geben Sie die 6 Ziffern ein, die Ihre App anzeigt."),
    ] {
        assert_eq!(both(&answer), pair(expected, "de"));
    }
}

#[test]
fn the_texts_of_a_store_replace_and_add_languages() {
    let sandbox = Sandbox::new();
    write(&sandbox, "de", "no-code-needed = \"Kein Code nötig.\"\n");
    write(&sandbox, "pl", "# nic więcej\nno-code-needed = \"Kod nie jest potrzebny.\"\n");
    for (language, expected) in [
        ("de", pair("Kein Code nötig.", "de")),
        ("pl-PL,pl;q=0.9,en;q=0.8", pair("Kod nie jest potrzebny.", "pl")),
        ("fr", pair(FRENCH, "fr")),
        ("en", pair(ENGLISH, "en")),
    ] {
        assert_eq!(said(&sandbox, &[&format!("--language={language}")]), expected);
    }
    // A message that Polish lacks is in the language of the setting.
    sandbox.set("language", "de");
    let ended = |language: &str| {
        sandbox.verify(&[&format!("--language={language}"), "--end", "--", "alice"], None)
    };
    assert_eq!(both(&ended("pl").json()), pair("Sie sind abgemeldet.", "de"));
    // The real program does the same.
    let run = sandbox.real().verify(&["--language=pl", "--no-groups", "--", "alice"], None);
    assert_eq!(both(&run.json()), pair("Kod nie jest potrzebny.", "pl"), "{run:?}");
}

/// Damages the texts of German.
type Damage = fn(&Sandbox);

const DAMAGES: &[(&str, Damage)] = &[
    ("not TOML", |sandbox| write(sandbox, "de", "no-code-needed")),
    ("huge", |sandbox| {
        let text = "no-code-needed = \"x\"\n".to_owned() + &"#".repeat(64 * 1024);
        write(sandbox, "de", &text);
    }),
    ("NUL", |sandbox| write(sandbox, "de", "no-code-needed = \"a\0b\"\n")),
    ("escaped NUL", |sandbox| write(sandbox, "de", "no-code-needed = \"a\\u0000b\"\n")),
    ("escape sequence", |sandbox| write(sandbox, "de", "no-code-needed = \"\\u001b[2J\"\n")),
    ("direction mark", |sandbox| write(sandbox, "de", "no-code-needed = \"\\u202eabc\"\n")),
    ("two lines", |sandbox| write(sandbox, "de", "no-code-needed = \"a\\nb\"\n")),
    ("another placeholder", |sandbox| write(sandbox, "de", "no-code-needed = \"{time}\"\n")),
    ("empty", |sandbox| write(sandbox, "de", "no-code-needed = \"\"\n")),
    ("a number", |sandbox| write(sandbox, "de", "no-code-needed = 1\n")),
    ("a table", |sandbox| write(sandbox, "de", "[no-code-needed]\n")),
    ("not UTF-8", |sandbox| {
        write(sandbox, "de", "");
        fs::write(sandbox.path().join("messages/de.toml"), b"no-code-needed = \"\xff\"\n").unwrap();
    }),
    ("a directory", |sandbox| {
        write(sandbox, "fr", "");
        make_private(&sandbox.path().join("messages/de.toml"));
    }),
    ("a file in place of the directory", |sandbox| {
        sandbox.write(&sandbox.path().join("messages"), "");
    }),
    #[cfg(unix)]
    ("a link", |sandbox| {
        let target = sandbox.beside("elsewhere.toml");
        sandbox.write(&target, "no-code-needed = \"x\"\n");
        write(sandbox, "fr", "");
        std::os::unix::fs::symlink(target, sandbox.path().join("messages/de.toml")).unwrap();
    }),
    #[cfg(unix)]
    ("a link to the directory", |sandbox| {
        let target = sandbox.beside("elsewhere");
        make_private(&target);
        sandbox.write(&target.join("de.toml"), "no-code-needed = \"x\"\n");
        std::os::unix::fs::symlink(target, sandbox.path().join("messages")).unwrap();
    }),
    #[cfg(unix)]
    ("a hard link", |sandbox| {
        write(sandbox, "fr", "no-code-needed = \"x\"\n");
        let messages = sandbox.path().join("messages");
        fs::hard_link(messages.join("fr.toml"), messages.join("de.toml")).unwrap();
    }),
    #[cfg(unix)]
    ("writable for others", |sandbox| {
        write(sandbox, "de", "no-code-needed = \"x\"\n");
        set_mode(sandbox, "messages/de.toml", 0o666);
    }),
    #[cfg(unix)]
    ("in a directory that is writable for others", |sandbox| {
        write(sandbox, "de", "no-code-needed = \"x\"\n");
        set_mode(sandbox, "messages", 0o777);
    }),
    #[cfg(unix)]
    ("a pipe", |sandbox| {
        write(sandbox, "fr", "");
        let path = sandbox.path().join("messages/de.toml");
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    }),
];

#[cfg(unix)]
fn set_mode(sandbox: &Sandbox, path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(sandbox.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
}

/// Guards logins from damaged texts: neither the decision nor the message changes, and doctor reports the damage.
#[test]
fn damaged_texts_change_no_login() {
    for (what, damage) in DAMAGES {
        let sandbox = Sandbox::new();
        damage(&sandbox);
        assert_eq!(said(&sandbox, &["--language=de"]), pair(GERMAN, "de"), "{what}");
        let run = sandbox.real().verify(&["--language=de", "--no-groups", "--", "alice"], None);
        assert_eq!((run.code, both(&run.json())), (0, pair(GERMAN, "de")), "{what}: {run:?}");
        assert_eq!(run.stdout.lines().count(), 1, "{what}: {run:?}");
        let findings = sandbox.admin(&["doctor", "--format", "json"]).json();
        let found = findings["findings"].as_array().unwrap();
        let is_about_it = |finding: &&Value| {
            finding["message"].as_str().unwrap().contains("messages")
                && finding["remedy"] != Value::Null
        };
        assert!(found.iter().any(|finding| is_about_it(&finding)), "{what}: {findings}");
        let check = sandbox.admin(&["store", "check"]);
        assert_eq!(check.code, 1, "{what}: {check:?}");
        assert!(check.stderr.contains("messages"), "{what}: {check:?}");
    }
}
