//! The audit trail: one chained line for each change and each verification, without secrets.

#![allow(clippy::disallowed_methods, reason = "these tests damage files on purpose")]

use std::fs;
use std::path::PathBuf;

use crate::sandbox::{Run, Sandbox};
use rw2fa::audit;
use rw2fa::names::name::Name;
use rw2fa::store;
use rw2fa::store::seal::KeyRing;
use rw2fa::store::{Document, DocumentKind, Scope, Update};
use serde_json::{Value, json};

/// Returns every line of every month, oldest first.
fn lines(sandbox: &Sandbox) -> Vec<String> {
    let files = fs::read_dir(sandbox.path().join("audit")).unwrap();
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.file_name().is_some_and(|name| name.len() == "2026-11.jsonl".len()));
    files.sort();
    let texts = files.iter().map(|path| fs::read(path).unwrap());
    let texts = texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn check(sandbox: &Sandbox) -> Result<Option<String>, audit::Broken> {
    let key = fs::read_to_string(sandbox.path().join("key")).unwrap();
    let keys = KeyRing::parse(&key).unwrap().audit_keys();
    audit::check(lines(sandbox).iter().map(String::as_bytes), &keys)
}

/// Runs something and returns the one line that it appended.
fn appended(sandbox: &Sandbox, run: impl FnOnce() -> Run) -> (Run, Value) {
    let before = lines(sandbox);
    let run = run();
    let after = lines(sandbox);
    assert_eq!(after.len(), before.len() + 1, "not one line: {run:?}");
    assert_eq!(after[..before.len()], before, "older lines were changed: {run:?}");
    (run, serde_json::from_str(&after[before.len()]).unwrap())
}

/// Guards evidence: every command that changes something leaves one line with who, what, and the
/// old and new values.
#[test]
fn every_change_appends_one_line() {
    let sandbox = Sandbox::new();
    let me = rw2fa::platform::caller();
    let mut secrets = Vec::new();
    for (args, action, object, values) in [
        (&["enable"][..], "enable", json!(null), json!({ "enabled": [false, true] })),
        (
            &["users", "add", "alice", "--phone", "+33612345678", "--notes", "n"],
            "users add",
            json!("alice"),
            json!({ "method": [null, "app"], "phone": [null, "+33*******78"], "notes": [null, "n"] }),
        ),
        (
            &["users", "edit", "alice", "--notes", "m", "--phone", "+33612345679"],
            "users edit",
            json!("alice"),
            json!({ "phone": ["+33*******78", "+33*******79"], "notes": ["n", "m"] }),
        ),
        (
            &["users", "enrol", "alice", "--format", "json"],
            "users enrol",
            json!("alice"),
            json!({ "enrolment": ["none", "pending"], "valid-until": [null, "2026-11-25T08:00:00Z"] }),
        ),
        (
            &["advanced", "set", "discrepancy", "4"],
            "advanced",
            json!("discrepancy"),
            json!({ "discrepancy": [480, 4] }),
        ),
        (
            &["advanced", "unset", "discrepancy"],
            "advanced",
            json!("discrepancy"),
            json!({ "discrepancy": [4, 480] }),
        ),
        (
            &["users", "reset", "alice", "--yes"],
            "users reset",
            json!("alice"),
            json!({ "enrolment": ["pending", "none"] }),
        ),
        (
            &["users", "remove", "alice", "--yes"],
            "users remove",
            json!("alice"),
            json!({ "enrolment": ["none", null] }),
        ),
        (&["disable", "--yes"], "disable", json!(null), json!({ "enabled": [true, false] })),
    ] {
        let seq = lines(&sandbox).len() + 1;
        let (run, line) = appended(&sandbox, || sandbox.admin(args));
        assert_eq!(run.code, 0, "{run:?}");
        let actor = line["by"].as_str().unwrap_or_default();
        assert!(actor.starts_with(&me), "{line}");
        assert_eq!(line["action"], action, "{line}");
        assert_eq!(line["object"], object, "{line}");
        assert_eq!(line["values"], values, "{line}");
        assert_eq!((&line["event"], &line["seq"]), (&json!("change"), &json!(seq)), "{line}");
        assert_eq!(line["time"], "2026-11-24T08:00:00Z");
        if action == "users enrol" {
            secrets.push(run.json()["enrolment"]["secret"].as_str().unwrap().to_owned());
        }
    }
    let all = lines(&sandbox).join("\n");
    assert!(secrets.iter().all(|secret| !all.contains(secret)), "a secret is in the trail");
    check(&sandbox).unwrap();
    // A command that changes nothing leaves no line.
    let before = lines(&sandbox);
    for args in [
        &["disable"][..],
        &["users", "add", "bob", "--dry-run"],
        &["users", "list"],
        &["users", "remove", "bob", "--yes"],
        &["advanced", "set", "digits", "99"],
        &["status"],
        &["init"],
    ] {
        sandbox.admin(args);
        assert_eq!(lines(&sandbox), before, "{args:?}");
    }
}

/// Guards evidence of cleared lockouts and grants.
#[test]
fn unlock_and_revoke_record_what_they_cleared() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    for code in secret.wrong_codes(sandbox.now()).take(5) {
        sandbox.verify(&["--", "alice"], Some(&code));
    }
    let (_, line) = appended(&sandbox, || sandbox.admin(&["users", "unlock", "alice"]));
    assert_eq!(line["values"], json!({ "failures": [5, 0] }));
    let (_, line) = appended(&sandbox, || sandbox.admin(&["users", "revoke", "alice"]));
    assert_eq!(line["values"], json!({ "grants": [1, 0] }));
    let test = ["users", "test", "alice", "--code-stdin"];
    let wrong = secret.wrong_code(sandbox.now());
    let (_, line) = appended(&sandbox, || sandbox.admin_with_stdin(&test, wrong.as_bytes()));
    assert_eq!(line["values"], json!({ "result": [null, "wrong"] }));
    check(&sandbox).unwrap();
}

/// Guards evidence of logins: one line each, whatever the decision, without a code or a secret.
#[test]
fn every_verification_appends_one_line() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let verify = |args: &[&str], code: Option<&str>, outcome: &str, reason: &str| {
        let (run, line) = appended(&sandbox, || sandbox.verify(args, code));
        assert_eq!(run.reason(), reason, "{run:?}");
        assert_eq!((&line["event"], &line["outcome"]), (&json!("verification"), &json!(outcome)));
        assert_eq!(line["reason"], reason, "{line}");
        let text = line.to_string();
        assert!(code.is_none_or(|code| !text.contains(code)), "a code is in the trail: {text}");
        assert!(!text.contains("cookie"), "the client must only appear as a hash: {text}");
        (run, line)
    };
    let alice = ["--client", "cookie", "--ip", "192.0.2.1", "--", "ALICE"];
    let (shown, line) = verify(&alice, None, "challenge", "enrolment-required");
    assert_eq!((&line["user"], &line["ip"]), (&json!("alice"), &json!("192.0.2.1")));
    let secret = crate::sandbox::Secret::of(&shown.json());
    let right = secret.code(sandbox.now());
    verify(&alice, Some(&right), "grant", "activated");
    verify(&alice, Some(&right), "deny", "code-used");
    let mut wrong = secret.wrong_codes(sandbox.now());
    verify(&alice, wrong.next().as_deref(), "deny", "wrong-code");
    verify(&alice, Some("12345"), "deny", "wrong-code");
    let session = ["--session", "html5", "--client", "cookie", "--", "alice"];
    let (_, line) = verify(&session, None, "grant", "session-valid");
    assert_eq!(line["session"], "html5");
    sandbox.pass(90);
    let (_, line) =
        verify(&alice, Some(&secret.code(sandbox.now() + 60)), "grant", "code-accepted");
    assert_eq!(line["drift"], 2);
    verify(&["--session", "rdp", "--", "alice"], None, "deny", "rdp-not-allowed");
    verify(&["--client", "cookie", "--end", "--", "alice"], None, "ended", "ended");
    verify(&["--", "stranger"], None, "grant", "not-listed");
    let before = lines(&sandbox);
    sandbox.verify(&["--session", "html5", "--check", "--", "alice"], None);
    assert_eq!(lines(&sandbox), before, "--check wrote to the trail");
    let all = before.join("\n");
    assert!(!all.contains(&secret.to_base32()));
    check(&sandbox).unwrap();
}

/// Guards the chain over months, and against a clock that is set back.
#[test]
fn the_chain_continues_over_months() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let file = |month: &str| sandbox.path().join(format!("audit/{month}.jsonl"));
    let november = lines(&sandbox).len();
    sandbox.pass(7 * 86_400);
    let (_, line) = appended(&sandbox, || sandbox.verify(&["--", "alice"], None));
    let last: Value = serde_json::from_str(&lines(&sandbox)[november - 1]).unwrap();
    assert_eq!(line["prev"], last["mac"], "the new month is not chained to the old one");
    assert_eq!(line["seq"], november + 1);
    assert_eq!(fs::read_to_string(file("2026-12")).unwrap().lines().count(), 1);
    sandbox.pass(-20 * 86_400);
    let (_, line) = appended(&sandbox, || sandbox.verify(&["--", "bob"], None));
    assert_eq!(line["time"], "2026-11-11T08:00:00Z");
    assert_eq!(fs::read_to_string(file("2026-12")).unwrap().lines().count(), 2);
    sandbox.pass(51 * 86_400);
    appended(&sandbox, || sandbox.verify(&["--", "bob"], None));
    assert_eq!(fs::read_to_string(file("2027-01")).unwrap().lines().count(), 1);
    check(&sandbox).unwrap();
    // Other files beside the trail are not part of it.
    sandbox.write(&sandbox.path().join("audit/2099-01.jsonl.bak"), "x");
    sandbox.write(&sandbox.path().join("audit/remarks.jsonl.txt"), "x");
    appended(&sandbox, || sandbox.verify(&["--", "bob"], None));
    assert_eq!(fs::read_to_string(file("2027-01")).unwrap().lines().count(), 2);
    // A missing month is found, even the first one.
    let first = fs::read_to_string(file("2026-11")).unwrap();
    let december = fs::read_to_string(file("2026-12")).unwrap();
    fs::remove_file(file("2026-12")).unwrap();
    assert_eq!(check(&sandbox).unwrap_err().line, november + 1);
    fs::remove_file(file("2026-11")).unwrap();
    assert_eq!(check(&sandbox).unwrap_err().line, 1, "the first month is missing");
    sandbox.write(&file("2026-11"), &first);
    sandbox.write(&file("2026-12"), &december);
    assert!(check(&sandbox).is_ok());
    sandbox.write(&file("2026-12"), december.lines().next().unwrap());
    assert!(check(&sandbox).is_err(), "a line was cut from the end of a month");
}

/// Guards a torn line: wherever it was cut, it is closed by a recorded repair.
#[test]
fn a_torn_line_is_repaired_and_recorded() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.verify(&["--", "alice"], None);
    let path = sandbox.path().join("audit/2026-11.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let start = whole.trim_end().rfind('\n').unwrap() + 1;
    let before = whole[..start].lines().count();
    for end in (start + 1..whole.len()).step_by(7).chain([whole.len() - 1]) {
        sandbox.write(&path, &whole[..end]);
        let run = sandbox.verify(&["--", "bob"], None);
        assert_eq!(run.end(), (0, "not-listed".into()), "{end}: {run:?}");
        let all = lines(&sandbox);
        assert_eq!(all.len(), before + 3, "{end}");
        let repair: Value = serde_json::from_str(&all[before + 1]).unwrap();
        assert_eq!(
            (&repair["event"], &repair["torn_bytes"]),
            (&json!("repair"), &json!(end - start))
        );
        assert_eq!(check(&sandbox).map(|_| ()), Ok(()), "{end}: {all:?}");
    }
}

/// Guards a torn line at the end of a month: the next month begins with the repair.
#[test]
fn a_line_torn_at_the_end_of_a_month_is_repaired_in_the_next() {
    for cut in [1, 40] {
        let sandbox = Sandbox::with_users(&["alice"]);
        sandbox.verify(&["--", "alice"], None);
        let november = sandbox.path().join("audit/2026-11.jsonl");
        let whole = fs::read_to_string(&november).unwrap();
        let length = whole.lines().last().unwrap().len() + 1;
        sandbox.write(&november, &whole[..whole.len() - cut]);
        let before = fs::read(&november).unwrap();
        sandbox.pass(7 * 86_400);
        let run = sandbox.verify(&["--", "bob"], None);
        assert_eq!(run.end(), (0, "not-listed".into()), "{cut}: {run:?}");
        assert_eq!(fs::read(&november).unwrap(), before, "{cut}: an old month was changed");
        let december = fs::read_to_string(sandbox.path().join("audit/2026-12.jsonl")).unwrap();
        let first = december.lines().next().unwrap();
        let repair: Value = serde_json::from_str(first).unwrap();
        let torn = (&repair["event"], &repair["torn_bytes"]);
        assert_eq!(torn, (&json!("repair"), &json!(length - cut)), "{cut}");
        assert_eq!(december.lines().count(), 2, "{cut}");
        assert_eq!(check(&sandbox).map(|_| ()), Ok(()), "{cut}: {december}");
    }
}

/// Guards "a login that cannot be recorded is not granted", and that logins work once the trail
/// does.
#[test]
fn a_login_that_cannot_be_recorded_is_not_granted() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let path = sandbox.path().join("audit/2026-11.jsonl");
    let aside = sandbox.beside("aside");
    fs::rename(&path, &aside).unwrap();
    fs::create_dir(&path).unwrap();
    sandbox.pass(30);
    let code = secret.code(sandbox.now());
    for (args, code) in [
        (&["--", "alice"][..], Some(code.as_str())),
        (&["--", "alice"], None),
        (&["--", "stranger"], None),
        (&["--session", "html5", "--", "alice"], None),
    ] {
        let run = sandbox.verify(args, code);
        assert_eq!(run.end(), (4, "store".into()), "{args:?}: {run:?}");
        assert!(run.stderr.contains("2026-11.jsonl"), "{run:?}");
    }
    let tool = sandbox.admin(&["advanced", "set", "digits", "8"]);
    assert_eq!(tool.code, 4, "{tool:?}");
    fs::remove_dir(&path).unwrap();
    fs::rename(&aside, &path).unwrap();
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    check(&sandbox).unwrap();
}

/// Guards verification itself: a change of any byte of a line is found.
#[test]
fn an_edited_trail_is_found() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let path = sandbox.path().join("audit/2026-11.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    let first = whole.find('\n').unwrap();
    let second = first + 1 + whole[first + 1..].find('\n').unwrap();
    for at in first + 1..second {
        let mut bytes = whole.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        fs::write(&path, bytes).unwrap();
        assert!(check(&sandbox).is_err(), "byte {at} was changed");
    }
}

/// Guards the first moment of a month: logins of different users begin its file together.
#[test]
fn many_accounts_begin_a_month_at_the_same_time() {
    let names = ["alice", "bob", "carol", "dave"];
    let sandbox = Sandbox::with_users(&names);
    let root = sandbox.path();
    let prepare = |name: &str| {
        let store = store::open(&root).unwrap();
        let name = Name::parse(name).unwrap();
        let state = Document::Of(DocumentKind::State, name.clone());
        for month in 1..=60 {
            let month = format!("20{:02}-{:02}", 30 + month / 12, month % 12 + 1);
            store
                .update(Scope::Account(&name.key()), |locked| locked.prepare(&month, &state))
                .unwrap();
        }
    };
    std::thread::scope(|scope| {
        let prepare = &prepare;
        let started = names.map(|name| scope.spawn(move || prepare(name)));
        for thread in started {
            thread.join().unwrap();
        }
    });
    // Months without a line change nothing about the chain.
    sandbox.admin_ok(&["users", "edit", "alice", "--notes", "x"]);
    assert!(check(&sandbox).is_ok());
}
