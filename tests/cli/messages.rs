//! The texts of a store for users: export, import, checks and findings.

#![allow(clippy::disallowed_methods, reason = "these tests damage files on purpose")]

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::sandbox::{Run, Sandbox, check_private, make_private};

const GERMAN: &str = "# unsere Worte\nbusy = \"\"\"Einen \"Moment\" bitte.\"\"\"\n";
const POLISH: &str = "no-code-needed = 'Kod nie jest potrzebny.'\n";

/// Writes the texts of a language by hand.
fn write(sandbox: &Sandbox, language: &str, text: &str) {
    let path = document(sandbox, language);
    let directory = path.parent().unwrap();
    if !directory.exists() {
        make_private(directory);
    }
    sandbox.write(&path, text);
}

fn document(sandbox: &Sandbox, language: &str) -> PathBuf {
    sandbox.path().join(format!("messages/{language}.toml"))
}

fn import(sandbox: &Sandbox, file: &str) -> Run {
    sandbox.admin(&["store", "import", file, "--yes", "--format", "json"])
}

/// Returns type, name and result of each change of messages.
fn changes(run: &Run) -> Vec<String> {
    let changes = run.json()["changes"].as_array().unwrap().clone();
    let of_messages = changes.into_iter().filter(|change| change["type"] == "messages");
    of_messages.map(|change| format!("{} {}", change["name"], change["result"])).collect()
}

/// Guards a move and a restore: every byte of the texts arrives, and others are removed.
#[test]
fn texts_are_exported_and_imported() {
    let sandbox = Sandbox::with_users(&["alice"]);
    write(&sandbox, "de", GERMAN);
    write(&sandbox, "pl", POLISH);
    let file = sandbox.beside("export.toml");
    let file = file.to_str().unwrap();
    sandbox.admin_ok(&["store", "export", file]);
    write(&sandbox, "de", "busy = \"Später.\"\n");
    write(&sandbox, "zh-Hant-TW", POLISH);
    fs::remove_file(document(&sandbox, "pl")).unwrap();
    let dry = sandbox.admin(&["store", "import", file, "--dry-run", "--format", "json"]);
    let expected =
        ["\"de\" \"changed\"", "\"pl\" \"added\"", "\"zh-Hant-TW\" \"removed\""].map(str::to_owned);
    assert_eq!((dry.code, changes(&dry)), (0, expected.to_vec()), "{dry:?}");
    assert!(!document(&sandbox, "pl").exists(), "a dry run wrote something");
    let run = import(&sandbox, file);
    assert_eq!((run.code, changes(&run)), (0, expected.to_vec()), "{run:?}");
    for (language, text) in [("de", GERMAN), ("pl", POLISH)] {
        assert_eq!(fs::read_to_string(document(&sandbox, language)).unwrap(), text);
        check_private(&document(&sandbox, language));
    }
    assert!(!document(&sandbox, "zh-Hant-TW").exists());
    // Into a store without such a directory, and from a file without texts.
    fs::remove_dir_all(sandbox.path().join("messages")).unwrap();
    assert_eq!(import(&sandbox, file).code, 0);
    assert_eq!(fs::read_to_string(document(&sandbox, "pl")).unwrap(), POLISH);
    let text = fs::read_to_string(file).unwrap();
    let (before, _) = text.split_once("\n[[messages]]").unwrap();
    sandbox.write(file.as_ref(), &format!("{before}\n# end of export\n"));
    let run = import(&sandbox, file);
    assert_eq!(changes(&run), ["\"de\" \"removed\"", "\"pl\" \"removed\""], "{run:?}");
    assert_eq!(sandbox.admin(&["audit", "verify"]).code, 0);
}

#[test]
fn a_wrong_bundle_of_texts_is_refused() {
    let sandbox = Sandbox::new();
    write(&sandbox, "de", GERMAN);
    let file = sandbox.beside("export.toml");
    let path = file.to_str().unwrap();
    sandbox.admin_ok(&["store", "export", path]);
    let whole = fs::read_to_string(&file).unwrap();
    let entry = |language: &str, text: &str| {
        format!("[[messages]]\nlanguage = \"{language}\"\ntext = \"{text}\"\n\n# end of export\n")
    };
    let large = "x".repeat(64 * 1024 + 1);
    for (more, problem) in [
        (entry("../x", ""), "messages '../x': this is not a language"),
        (entry("con", ""), "messages 'con': this is not a language"),
        (entry("DE", ""), "messages 'DE' appear twice"),
        (entry("fr", &large), "messages 'fr': the document is larger than 64 KiB"),
        (entry("fr", "").replace("text", "texts"), "unknown field"),
    ] {
        let text = whole.replace("# end of export\n", &more);
        sandbox.write(&file, &text);
        let run = import(&sandbox, path);
        assert_eq!(run.code, 1, "{problem}: {run:?}");
        assert!(run.stderr.contains(problem), "{problem}: {run:?}");
        assert_eq!(fs::read_to_string(document(&sandbox, "de")).unwrap(), GERMAN);
    }
}

/// Guards backups: what cannot be read is not left out silently.
#[test]
fn an_export_without_a_document_fails() {
    let sandbox = Sandbox::new();
    write(&sandbox, "DE", GERMAN);
    let run = sandbox.admin(&["store", "export", sandbox.beside("a").to_str().unwrap()]);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.stderr.contains("DE.toml is not named after a language"), "{run:?}");
    assert!(run.stderr.contains("hint: name it like de.toml"), "{run:?}");
    fs::remove_file(document(&sandbox, "DE")).unwrap();
    // A wrong text is kept as it is.
    write(&sandbox, "de", "busy = \"{nothing}\"\n");
    sandbox.admin_ok(&["store", "export", sandbox.beside("b").to_str().unwrap()]);
    assert_eq!(import(&sandbox, sandbox.beside("b").to_str().unwrap()).code, 0);
}

/// The findings of doctor about messages.
fn findings(sandbox: &Sandbox) -> Vec<String> {
    let document = sandbox.admin(&["doctor", "--format", "json"]).json();
    let all = document["findings"].as_array().unwrap();
    let about_messages = all.iter().filter(|finding| finding["check"] == "messages");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    about_messages
        .map(|finding| {
            assert_ne!(finding["remedy"], Value::Null, "{finding}");
            format!("{}: {}", text(&finding["severity"]), text(&finding["message"]))
        })
        .collect()
}

#[test]
fn doctor_reports_what_is_wrong_with_texts() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for (language, text, problem) in [
        ("de", GERMAN, None),
        ("de", "bussy = \"Moment!\"\n", Some("line 1: bussy is not the key of a message")),
        ("de", "busy = \"{time}\"\n", Some("line 1: busy has the unknown placeholder {time}")),
        ("de", "busy = \"Moment!\n", Some("line 1: ")),
        ("pl", POLISH, Some("texts are missing, such as whitelisted")),
        ("DE", GERMAN, Some("DE.toml is not named after a language")),
        ("deutsch", GERMAN, Some("deutsch.toml is not named after a language")),
    ] {
        write(&sandbox, language, text);
        let found = findings(&sandbox);
        assert_eq!(found.len(), usize::from(problem.is_some()), "{text}: {found:?}");
        let holds = |part: &str| found[0].starts_with("warning: ") && found[0].contains(part);
        assert!(problem.is_none_or(holds), "{found:?}");
        let check = sandbox.admin(&["store", "check"]);
        assert_eq!(check.code, u8::from(problem.is_some()), "{check:?}");
        // A login does not depend on it.
        assert_eq!(sandbox.verify(&["--language=de", "--", "bob"], None).code, 0);
        fs::remove_file(document(&sandbox, language)).unwrap();
    }
    write(&sandbox, "de", GERMAN);
    // Settings, key, two documents of alice, and the texts.
    let check = sandbox.admin(&["store", "check"]);
    assert!(format!("{check:?}").contains("5 documents checked"), "{check:?}");
}

#[test]
fn doctor_reports_a_language_without_messages() {
    let sandbox = Sandbox::new();
    for (language, is_there) in [("pl", false), ("de", true), ("de-CH", true), ("en", true)] {
        sandbox.set("language", language);
        let expected = format!(
            "warning: the setting 'language' is {language}, but there are no messages in that language"
        );
        let expected = if is_there { vec![] } else { vec![expected] };
        assert_eq!(findings(&sandbox), expected);
    }
    sandbox.set("language", "pl");
    write(&sandbox, "pl-PL", POLISH);
    assert!(findings(&sandbox)[0].contains("texts are missing"));
}
