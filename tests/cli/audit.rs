//! `rw2fa audit`, `rw2fa audit verify` and `rw2fa audit archive`.

#![allow(clippy::disallowed_methods, reason = "these tests damage files on purpose")]

mod archive;
mod attempts;
mod forged;

use std::fs;
use std::path::PathBuf;

use crate::sandbox::Sandbox;
use serde_json::{Value, json};

/// Creates a trail with lines of two months, two users and several outcomes.
fn two_months() -> Sandbox {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let secret = sandbox.enrol("alice");
    sandbox.pass(7 * 86_400);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    let wrong = secret.wrong_code(sandbox.now());
    sandbox.verify(&["--ip", "192.0.2.7", "--", "alice"], Some(&wrong));
    sandbox.verify(&["--", "bob"], None);
    sandbox
}

/// Returns the file of a month.
fn month(sandbox: &Sandbox, month: &str) -> PathBuf {
    sandbox.path().join("audit").join(format!("{month}.jsonl"))
}

fn shown(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let text = sandbox.admin_ok(&[&["audit", "--format", "json"], args].concat());
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["schema"], 1);
    document["lines"].as_array().unwrap().clone()
}

/// Guards the filters, alone and combined, and the order of the trail.
#[test]
fn lines_are_filtered() {
    let sandbox = two_months();
    let all = shown(&sandbox, &[]);
    let seqs: Vec<_> = all.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=all.len() as u64).collect::<Vec<_>>());
    let count = |args: &[&str]| shown(&sandbox, args).len();
    for (args, expected) in [
        (&["--user", "ALICE"][..], 5),
        (&["--user", "alice", "--outcome", "grant"], 2),
        (&["--outcome", "deny"], 1),
        (&["--outcome", "ended"], 0),
        (&["--since", "1h"], 3),
        (&["--since", "2026-12-01"], 3),
        (&["--until", "2026-11-30"], all.len() - 3),
        (&["--since", "2026-12-01T08:00:00Z", "--until", "2026-12-01"], 3),
        (&["--since", "2026-12-02"], 0),
    ] {
        assert_eq!(count(args), expected, "{args:?}");
    }
    let denied = &shown(&sandbox, &["--outcome", "deny"])[0];
    assert_eq!(
        (&denied["user"], &denied["reason"], &denied["ip"], &denied["by"]),
        (&json!("alice"), &json!("wrong-code"), &json!("192.0.2.7"), &json!(null))
    );
    let bad = sandbox.admin(&["audit", "--since", "yesterday"]);
    assert_eq!(bad.code, 2, "{bad:?}");
}

/// Guards the other two formats: text for people, and CSV with a fixed header.
#[test]
fn lines_are_shown_to_people_and_as_csv() {
    let sandbox = two_months();
    let text = sandbox.admin_ok(&["audit", "--outcome", "deny"]);
    assert_eq!(
        text,
        "2026-12-01T08:00:00Z  alice                     deny (wrong-code)  from 192.0.2.7\n"
    );
    let text = sandbox.admin_ok(&["audit", "--until", "2026-11-30"]);
    assert!(text.contains("users add by ") && text.contains("  method: none → app"), "{text}");
    let csv = sandbox.admin_ok(&["audit", "--outcome", "deny", "--format", "csv"]);
    let mut lines = csv.lines();
    assert_eq!(
        lines.next().unwrap(),
        "time,event,user,outcome,reason,session,client,ip,drift,by,action,object,values,seq,attempt,month,file,line"
    );
    assert_eq!(lines.count(), 1);
    // The key is needed to verify the trail, not to read it.
    fs::remove_file(sandbox.path().join("key")).unwrap();
    assert_eq!(sandbox.admin(&["audit"]).code, 0);
    assert_eq!(sandbox.admin(&["audit", "verify"]).code, 4);
}

fn verified(sandbox: &Sandbox, args: &[&str]) -> (u8, Value) {
    let run = sandbox.admin(&[&["audit", "verify", "--format", "json"], args].concat());
    (run.code, run.json())
}

/// Guards the evidence: an edited, removed, moved or inserted line is reported with its file and
/// line number.
#[test]
fn a_modified_line_is_reported_with_its_place() {
    let sandbox = two_months();
    let (code, whole) = verified(&sandbox, &[]);
    assert_eq!((code, &whole["whole"], &whole["gaps"]), (0, &json!(true), &json!([])));
    assert_eq!((&whole["unkeyed"], &whole["missing_attempts"]), (&json!(0), &json!([])));
    let path = month(&sandbox, "2026-12");
    let good = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let join = |lines: &[&str]| lines.join("\n") + "\n";
    for (name, text, line) in [
        ("edited", good.replacen("grant", "grand", 1), 1),
        ("removed", join(&[lines[0], lines[2]]), 2),
        ("reordered", join(&[lines[0], lines[2], lines[1]]), 2),
        ("inserted", join(&[lines[0], lines[1], lines[0], lines[2]]), 3),
        ("unsigned", join(&[lines[0], r#"{"schema":1,"seq":9,"mac":null}"#, lines[1]]), 2),
        ("not a line", join(&[lines[0], "x", lines[1]]), 2),
        ("not a line, at the end", join(&[&lines[..], &["x"]].concat()), 4),
    ] {
        sandbox.write(&path, &text);
        let (code, found) = verified(&sandbox, &[]);
        assert_eq!((code, &found["whole"]), (1, &json!(false)), "{name}: {found}");
        assert_eq!(found["broken"]["line"], line, "{name}: {found}");
        assert_eq!(found["broken"]["file"], path.display().to_string(), "{name}");
        let run = sandbox.admin(&["audit", "verify"]);
        let place = format!("2026-12.jsonl, line {line} ");
        assert!(run.stderr.contains(&place) && run.code == 1, "{name}: {run:?}");
    }
    sandbox.write(&path, &good);
    assert_eq!(verified(&sandbox, &[]).0, 0);
}

/// Guards the end of the trail: a head stored elsewhere reveals that lines were cut off.
#[test]
fn a_cut_tail_is_found_by_the_stored_head() {
    let sandbox = two_months();
    let (_, before) = verified(&sandbox, &[]);
    let head = before["head"].as_str().unwrap();
    let text = sandbox.admin_ok(&["audit", "verify"]);
    assert_eq!(text, format!("{} lines checked\nhead {head}\n", before["lines"]));
    let path = sandbox.path().join("audit").join("2026-12.jsonl");
    let good = fs::read_to_string(&path).unwrap();
    sandbox.verify(&["--", "bob"], None);
    assert_eq!(
        verified(&sandbox, &["--head", head]).0,
        0,
        "a longer trail still contains the head"
    );
    let lines: Vec<&str> = good.lines().take(2).collect();
    sandbox.write(&path, &(lines.join("\n") + "\n"));
    assert_eq!(verified(&sandbox, &[]).0, 0, "undetectable without a head");
    let (code, found) = verified(&sandbox, &["--head", head]);
    assert_eq!((code, &found["head_found"]), (1, &json!(false)), "{found}");
}

/// Guards memory: a line longer than any valid one is reported as broken, and is not read in full.
#[test]
fn an_overlong_line_is_reported_as_broken() {
    let sandbox = two_months();
    let path = sandbox.path().join("audit").join("2026-12.jsonl");
    let good = fs::read_to_string(&path).unwrap();
    sandbox.write(&path, &format!("{}\n{good}", "x".repeat(200_000)));
    let (code, found) = verified(&sandbox, &[]);
    assert_eq!((code, &found["broken"]["line"]), (1, &json!(1)), "{found}");
    let run = sandbox.admin(&["audit"]);
    assert!(run.stderr.contains("1 line of the trail") && run.code == 1, "{run:?}");
}
