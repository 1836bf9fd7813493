//! Lines that rw2fa did not write: they are found, and never shown as what they claim to be.

use std::fs;

use serde_json::json;

use super::{month, shown, two_months, verified};
use crate::sandbox::Sandbox;

const MONTH: &str = "2026-12";

/// Turns the lines of a month into a forgery.
type Forge = fn(&str) -> String;

/// Each turns a line into something that claims a grant for bob.
const FORGERIES: [(&str, Forge); 13] = [
    ("text behind the authenticator", |line| {
        let end = line.len() - 1;
        format!(r#"{},"user":"bob","outcome":"grant","reason":"code-accepted"}}"#, &line[..end])
    }),
    ("a duplicate key before it", |line| {
        line.replacen(r#""outcome":"#, r#""user":"bob","outcome":"grant","outcome":"#, 1)
    }),
    ("a duplicate key without a key of the store", |line| {
        let line = unkeyed(line);
        line.replacen(r#""reason""#, r#""user":"bob","outcome":"grant","reason""#, 1)
    }),
    ("another order", |line| {
        let line = line.replacen(r#""schema":1,"#, "", 1);
        line.replacen('{', r#"{"outcome":"grant","user":"bob","schema":1,"#, 1)
    }),
    ("a space", |line| line.replacen("\":", "\": ", 1)),
    ("a space before", |line| format!(" {line}")),
    ("a space after", |line| format!("{line} ")),
    ("a carriage return", |line| format!("{line}\r")),
    ("a byte order mark", |line| format!("\u{feff}{line}")),
    ("an unknown key", |line| line.replacen(r#","key""#, r#","note":"x","key""#, 1)),
    ("an escaped letter", |line| line.replacen("alice", "\\u0061lice", 1)),
    ("a null", |line| line.replacen(r#","reason""#, r#","session":null,"reason""#, 1)),
    ("no authenticator", |line| format!("{}}}", &line[..line.rfind(r#","mac":"#).unwrap()])),
];

/// Returns the line without key and authenticator, which anyone could write.
fn unkeyed(line: &str) -> String {
    let (before, rest) = line.split_once(r#","key":""#).unwrap();
    let prev = rest.find(r#","prev":"#).unwrap();
    let mac = rest.find(r#","mac":"#).unwrap();
    format!(r#"{before},"key":null{},"mac":null}}"#, &rest[prev..mac])
}

/// Writes the month with its second line, a denied login of alice, replaced by `forge`.
fn forged(sandbox: &Sandbox, good: &str, forge: Forge) {
    let mut lines: Vec<String> = good.lines().map(str::to_owned).collect();
    assert!(lines[1].contains(r#""outcome":"deny""#), "{}", lines[1]);
    lines[1] = forge(&lines[1]);
    assert_ne!(lines.join("\n") + "\n", good);
    sandbox.write(&month(sandbox, MONTH), &(lines.join("\n") + "\n"));
}

/// Guards the evidence: text that is not exactly a line of rw2fa is shown as broken in every
/// format, despite any filter, and verification reports it.
#[test]
fn invalid_lines_are_never_shown_as_valid() {
    let sandbox = two_months();
    let good = fs::read_to_string(month(&sandbox, MONTH)).unwrap();
    let grants = shown(&sandbox, &["--user", "bob", "--outcome", "grant"]).len();
    for (what, forge) in FORGERIES {
        forged(&sandbox, &good, forge);
        let (code, found) = verified(&sandbox, &["--allow-unkeyed"]);
        assert_eq!((code, &found["whole"]), (1, &json!(false)), "{what}: {found}");
        assert_eq!(found["broken"]["line"], 2, "{what}: {found}");
        for args in [&[][..], &["--user", "bob"], &["--outcome", "grant"], &["--outcome", "deny"]] {
            let run = sandbox.admin(&[&["audit", "--format", "json"], args].concat());
            assert_eq!(run.code, 1, "{what}: {run:?}");
            assert!(run.stderr.contains("1 line of the trail cannot be read"), "{what}: {run:?}");
            let lines = run.json()["lines"].as_array().unwrap().clone();
            let broken: Vec<_> = lines.iter().filter(|line| line["event"] == "broken").collect();
            assert_eq!(broken.len(), 1, "{what}: {run:?}");
            assert_eq!((&broken[0]["line"], &broken[0]["outcome"]), (&json!(2), &json!(null)));
            let is_bobs =
                |line: &&serde_json::Value| line["user"] == "bob" && line["outcome"] == "grant";
            assert!(lines.iter().filter(is_bobs).count() <= grants, "{what}: {run:?}");
        }
        let text = sandbox.admin(&["audit", "--since", "2026-12-01"]);
        assert!(
            text.stdout.contains("2026-12.jsonl, line 2\n") && text.code == 1,
            "{what}: {text:?}"
        );
        assert!(!text.stdout.contains("bob  grant"), "{what}: {text:?}");
        let csv = sandbox.admin(&["audit", "--format", "csv"]);
        let broken = csv.stdout.lines().find(|line| line.starts_with(",broken,,,,,,,,,,,,,,,"));
        let is_placed = broken.is_some_and(|line| line.ends_with("2026-12.jsonl,2"));
        assert!(is_placed && csv.code == 1, "{what}: {csv:?}");
    }
}

/// Guards appending: a modified line breaks the chain, no matter what follows.
#[test]
fn later_lines_do_not_repair_a_modified_one() {
    let sandbox = two_months();
    let good = fs::read_to_string(month(&sandbox, MONTH)).unwrap();
    let (whole, last) = good.trim_end().rsplit_once('\n').unwrap();
    let end = last.len() - 1;
    let forged = format!(r#"{},"user":"eve","outcome":"grant"}}"#, &last[..end]);
    sandbox.write(&month(&sandbox, MONTH), &format!("{whole}\n{forged}\n"));
    assert_eq!(verified(&sandbox, &[]).1["broken"]["line"], 3, "the last line");
    sandbox.verify(&["--", "bob"], None);
    let (code, found) = verified(&sandbox, &[]);
    assert_eq!((code, &found["broken"]["line"]), (1, &json!(3)), "{found}");
}

/// Guards lines that anyone could write: lines without a key fail unless allowed, and are then
/// reported.
#[test]
fn lines_without_a_key_fail_unless_they_are_allowed() {
    let sandbox = two_months();
    let path = month(&sandbox, MONTH);
    let good = fs::read_to_string(&path).unwrap();
    let last = good.lines().last().unwrap();
    let head: serde_json::Value = serde_json::from_str(last).unwrap();
    let line = format!(
        r#"{{"schema":1,"seq":{},"time":"2026-12-01T08:00:00Z","event":"verification","user":"bob","outcome":"grant","reason":"code-accepted","key":null,"prev":{},"mac":null}}"#,
        head["seq"].as_u64().unwrap() + 1,
        head["mac"],
    );
    sandbox.write(&path, &format!("{good}{line}\n"));
    let (code, found) = verified(&sandbox, &[]);
    assert_eq!(
        (code, &found["whole"], &found["unkeyed"]),
        (1, &json!(false), &json!(1)),
        "{found}"
    );
    assert_eq!(found["gaps"][0]["line"], 4, "{found}");
    let run = sandbox.admin(&["audit", "verify"]);
    let message = "error: 1 line written without a key, first in ";
    assert!(run.stderr.contains(message) && run.stderr.contains("--allow-unkeyed"), "{run:?}");
    let (code, found) = verified(&sandbox, &["--allow-unkeyed"]);
    assert_eq!((code, &found["whole"], &found["unkeyed"]), (0, &json!(true), &json!(1)), "{found}");
    assert_eq!(found["gaps"].as_array().unwrap().len(), 1, "{found}");
}

/// Guards the beginning: a month that was moved by hand, and a trail that was erased and continued.
#[test]
fn a_trail_that_begins_later_is_broken() {
    let sandbox = two_months();
    fs::rename(month(&sandbox, "2026-11"), sandbox.beside("old.jsonl")).unwrap();
    let (code, found) = verified(&sandbox, &[]);
    assert_eq!((code, &found["broken"]["line"], &found["head"]), (1, &json!(1), &json!(null)));
    let run = sandbox.admin(&["audit", "verify"]);
    assert!(run.stderr.contains("2026-12.jsonl, line 1 is not the beginning"), "{run:?}");
    assert!(run.stderr.contains("hint: ") && run.stderr.contains("audit archive"), "{run:?}");
    fs::remove_file(month(&sandbox, MONTH)).unwrap();
    assert!(sandbox.admin(&["audit", "verify"]).stderr.contains("the trail is empty"));
    // Continuing a trail, or completing the store, does not start a new trail.
    sandbox.admin_ok(&["init"]);
    assert!(sandbox.admin(&["audit", "verify"]).stderr.contains("the trail is empty"));
    sandbox.verify(&["--", "bob"], None);
    sandbox.admin_ok(&["users", "edit", "bob", "--notes", "x"]);
    let (code, found) = verified(&sandbox, &[]);
    assert_eq!((code, &found["broken"]["line"]), (1, &json!(1)), "{found}");
}

/// Guards an `init` killed before it wrote its line: the next one writes it, if the store is still
/// empty.
#[test]
fn an_interrupted_init_writes_its_line_when_it_is_run_again() {
    let sandbox = Sandbox::new();
    fs::remove_file(month(&sandbox, "2026-11")).unwrap();
    assert!(sandbox.admin_ok(&["init"]).ends_with(": changed\n"));
    assert_eq!(verified(&sandbox, &[]).0, 0);
    assert!(sandbox.admin_ok(&["init"]).ends_with(": unchanged\n"));
}
