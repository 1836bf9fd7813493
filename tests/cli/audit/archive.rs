//! `rw2fa audit archive`: archived months, and the chain across trail and archive.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::{month, shown, verified};
use crate::sandbox::{self, Run, Sandbox};

/// Creates a store with lines in September to December 2026, in December.
fn four_months() -> Sandbox {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    fs::rename(month(&sandbox, "2026-11"), month(&sandbox, "2026-09")).unwrap();
    for (days, name) in [(0, "2026-10"), (7, "")] {
        sandbox.pass(days * 86_400);
        sandbox.verify(&["--", "alice"], None);
        sandbox.verify(&["--", "bob"], None);
        if !name.is_empty() {
            fs::rename(month(&sandbox, "2026-11"), month(&sandbox, name)).unwrap();
            sandbox.verify(&["--", "alice"], None);
        }
    }
    assert_eq!(verified(&sandbox, &[]).0, 0);
    assert_eq!(months(&sandbox), ["2026-09", "2026-10", "2026-11", "2026-12"]);
    sandbox
}

fn months(sandbox: &Sandbox) -> Vec<String> {
    names(&sandbox.path().join("audit"))
}

/// Lists the months in a directory.
fn names(directory: &std::path::Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut months: Vec<_> =
        names.filter_map(|name| name.strip_suffix(".jsonl").map(str::to_owned)).collect();
    months.sort();
    months
}

fn archive(sandbox: &Sandbox, before: &str, more: &[&str]) -> (Run, PathBuf) {
    let directory = sandbox.beside("archive");
    let path = directory.to_str().unwrap();
    let run = sandbox.admin(&[&["audit", "archive", "--before", before, path], more].concat());
    (run, directory)
}

/// Verifies trail and archive as one chain.
fn across(sandbox: &Sandbox) -> (u8, serde_json::Value) {
    verified(sandbox, &["--archive", sandbox.beside("archive").to_str().unwrap()])
}

/// Guards archiving in steps: the rest can be verified alone, both as one chain, and nothing is
/// lost.
#[test]
fn archived_months_can_be_verified() {
    let sandbox = four_months();
    let before = shown(&sandbox, &[]);
    let texts: Vec<_> =
        months(&sandbox).iter().map(|name| fs::read(month(&sandbox, name)).unwrap()).collect();
    let (dry, directory) = archive(&sandbox, "2026-10", &["--dry-run"]);
    assert_eq!((dry.code, dry.stdout.as_str()), (0, "month 2026-09: would be moved\n"), "{dry:?}");
    assert_eq!((directory.exists(), months(&sandbox).len()), (false, 4));
    let (run, _) = archive(&sandbox, "2026-10", &[]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "month 2026-09: moved\n"), "{run:?}");
    assert_eq!(names(&directory), ["2026-09"]);
    assert_eq!(months(&sandbox), ["2026-10", "2026-11", "2026-12"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o700);
    }
    sandbox::check_private(&directory.join("2026-09.jsonl"));
    assert_eq!(verified(&sandbox, &[]).0, 0);
    assert_eq!(across(&sandbox).0, 0);
    let (run, _) = archive(&sandbox, "2026-12", &["--format", "json"]);
    assert_eq!(run.json()["changes"].as_array().unwrap().len(), 2, "{run:?}");
    assert_eq!(run.json()["changes"][0]["result"], "moved");
    assert_eq!((names(&directory).len(), months(&sandbox).len()), (3, 1));
    for (name, text) in names(&directory).iter().zip(&texts) {
        assert_eq!(fs::read(directory.join(format!("{name}.jsonl"))).unwrap(), *text, "{name}");
    }
    assert_eq!(sandbox.verify(&["--", "carol"], None).reason(), "not-listed");
    assert_eq!(verified(&sandbox, &[]).0, 0);
    let (code, whole) = across(&sandbox);
    assert_eq!((code, &whole["lines"]), (0, &json!(before.len() + 4)), "{whole}");
    // Earlier lines are shown as before, followed by those written since.
    let path = directory.to_str().unwrap();
    let after = shown(&sandbox, &["--archive", path]);
    assert_eq!(after[..before.len()], before);
    let months: Vec<_> =
        after[before.len()..].iter().filter_map(|line| line["month"].as_str()).collect();
    assert_eq!(months, ["2026-09", "2026-10", "2026-11"]);
    let text = sandbox.admin_ok(&["audit"]);
    assert!(text.contains("2026-11 archived by "), "{text}");
    // Nothing is left to archive.
    let (run, _) = archive(&sandbox, "2026-12", &[]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    assert!(run.stderr.contains("no month before 2026-12"), "{run:?}");
    // An earlier head is found in its month's new place.
    let head = first_mac(&directory);
    assert_eq!(verified(&sandbox, &["--head", &head]).0, 1);
    assert_eq!(verified(&sandbox, &["--head", &head, "--archive", path]).0, 0);
}

fn first_mac(directory: &std::path::Path) -> String {
    let text = fs::read_to_string(directory.join("2026-09.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    line["mac"].as_str().unwrap().to_owned()
}

/// Guards the month of the last login: it can be archived even without later logins.
#[test]
fn the_newest_month_can_be_archived_once_it_has_ended() {
    let sandbox = four_months();
    sandbox.pass(40 * 86_400);
    let (run, directory) = archive(&sandbox, "2027-01", &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!((names(&directory).len(), months(&sandbox)), (4, vec!["2027-01".to_owned()]));
    assert_eq!((verified(&sandbox, &[]).0, across(&sandbox).0), (0, 0));
    sandbox.verify(&["--", "alice"], None);
    assert_eq!((verified(&sandbox, &[]).0, across(&sandbox).0), (0, 0));
}

/// Guards a kill at each step: the rest is valid, nothing is lost, and the same command completes
/// the work.
#[test]
fn an_interrupted_archive_is_completed_by_the_same_command() {
    let finished = four_months();
    assert_eq!(archive(&finished, "2026-12", &[]).0.code, 0);
    let moved = ["2026-09", "2026-10", "2026-11"];
    // How many months were copied, and how many of these were removed; half of the next copy is
    // written.
    for (copied, removed) in [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2), (3, 3)] {
        let sandbox = four_months();
        let before = shown(&sandbox, &[]).len();
        let (run, directory) = archive(&sandbox, "2026-12", &[]);
        assert_eq!(run.code, 0, "{run:?}");
        let lines = shown(&sandbox, &[]).len();
        for (at, name) in moved.iter().enumerate() {
            let copy = directory.join(format!("{name}.jsonl"));
            let text = fs::read_to_string(&copy).unwrap();
            if at >= removed {
                sandbox.write(&month(&sandbox, name), &text);
            }
            if at >= copied {
                fs::remove_file(&copy).unwrap();
            }
            if at == copied {
                let part = directory.join(format!(".tmp-{name}.jsonl"));
                sandbox.write(&part, &text[..text.len() / 2]);
            }
        }
        let state = format!("{copied} copied, {removed} removed");
        assert_eq!(verified(&sandbox, &[]).0, 0, "{state}");
        let (code, found) = across(&sandbox);
        assert_eq!((code, &found["lines"]), (0, &json!(before + 3)), "{state}: {found}");
        sandbox.verify(&["--", "carol"], None);
        let (run, _) = archive(&sandbox, "2026-12", &[]);
        assert_eq!(run.code, 0, "{state}: {run:?}");
        assert_eq!((names(&directory).len(), months(&sandbox).len()), (3, 1), "{state}");
        assert_eq!(shown(&sandbox, &[]).len(), lines + 1, "{state}: moved twice");
        assert_eq!((verified(&sandbox, &[]).0, across(&sandbox).0), (0, 0), "{state}");
        assert_eq!(
            fs::read_dir(&directory).unwrap().count(),
            4,
            "{state}: three months and the lock"
        );
    }
}

/// Guards against an archive that was modified, belongs to another store, or lacks a month.
#[test]
fn a_changed_archive_is_found() {
    let sandbox = four_months();
    let (run, directory) = archive(&sandbox, "2026-12", &[]);
    assert_eq!(run.code, 0, "{run:?}");
    let foreign = four_months();
    foreign.admin_ok(&["key", "rotate", "--yes"]);
    let file = |name: &str| directory.join(format!("{name}.jsonl"));
    let good = |name: &str| fs::read_to_string(file(name)).unwrap();
    let october = good("2026-10");
    for (what, text) in [
        ("edited", october.replacen("enrolment-required", "code-accepted", 1)),
        ("cut", october.lines().next().unwrap().to_owned() + "\n"),
        ("longer", format!("{october}{}\n", october.lines().last().unwrap())),
        ("of another store", fs::read_to_string(month(&foreign, "2026-12")).unwrap()),
        ("empty", String::new()),
    ] {
        sandbox.write(&file("2026-10"), &text);
        let (code, found) = across(&sandbox);
        assert_eq!((code, &found["whole"]), (1, &json!(false)), "{what}: {found}");
        assert_eq!(verified(&sandbox, &[]).0, 0, "{what}: the trail alone is sound");
    }
    fs::remove_file(file("2026-10")).unwrap();
    assert_eq!(across(&sandbox).0, 1, "a month is gone");
    sandbox.write(&file("2026-10"), &october);
    assert_eq!(across(&sandbox).0, 0);
    fs::remove_file(file("2026-09")).unwrap();
    assert_eq!(across(&sandbox).0, 0, "the rest of the archive starts after September");
    fs::remove_file(file("2026-10")).unwrap();
    fs::remove_file(file("2026-11")).unwrap();
    assert_eq!(across(&sandbox).0, 0, "an empty archive");
    // More is missing than the archived months.
    let text = fs::read_to_string(month(&sandbox, "2026-12")).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    sandbox.write(&month(&sandbox, "2026-12"), rest);
    assert_eq!(verified(&sandbox, &[]).0, 1);
    let run = sandbox.admin(&["audit", "verify", "--archive", "/nowhere/at/all"]);
    assert!(
        run.code == 1 && run.stderr.contains("the directory /nowhere/at/all does not exist"),
        "{run:?}"
    );
}

/// Guards existing files: an archive file is never replaced. If one would be, nothing is moved.
#[test]
fn an_existing_archive_file_is_never_replaced() {
    let sandbox = four_months();
    let directory = sandbox.beside("archive");
    rw2fa::platform::make_private_directory(&directory).unwrap();
    let foreign = directory.join("2026-10.jsonl");
    sandbox.write(&foreign, "of another store\n");
    let before = sandbox.contents();
    let (run, _) = archive(&sandbox, "2026-12", &[]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.stderr.contains("2026-10.jsonl differs from ") && run.stderr.contains("hint: "),
        "{run:?}"
    );
    assert_eq!(fs::read_to_string(&foreign).unwrap(), "of another store\n");
    assert_eq!(sandbox.contents(), before, "something was changed");
}

/// Guards against archiving too much.
#[test]
fn invalid_archive_requests_are_refused() {
    let sandbox = four_months();
    let before = sandbox.contents();
    for (month, code, words) in [
        ("2027-01", 1, "2026-12 is still being written"),
        ("2026-13", 2, "'2026-13' is not a month"),
        ("2026-1", 2, "is not a month"),
        ("september", 2, "is not a month"),
        ("2026-09-01", 2, "is not a month"),
    ] {
        let (run, directory) = archive(&sandbox, month, &[]);
        assert_eq!((run.code, directory.exists()), (code, false), "{month}: {run:?}");
        assert!(run.stderr.contains(words) && run.stderr.contains("hint: "), "{month}: {run:?}");
    }
    let inside = sandbox.path().join("audit");
    let run = sandbox.admin(&["audit", "archive", "--before", "2026-12", inside.to_str().unwrap()]);
    assert!(run.code == 1 && run.stderr.contains("is in the store"), "{run:?}");
    assert_eq!(sandbox.contents(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let directory = sandbox.beside("archive");
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        let (run, _) = archive(&sandbox, "2026-12", &[]);
        assert!(run.code == 4 && run.stderr.contains("can be used by others"), "{run:?}");
        assert_eq!(sandbox.contents(), before);
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    }
    // A broken trail is evidence and is not moved.
    let path = month(&sandbox, "2026-10");
    let text = fs::read_to_string(&path).unwrap();
    sandbox.write(&path, &text.replacen("alice", "carol", 1));
    let (run, _) = archive(&sandbox, "2026-12", &[]);
    assert!(run.code == 1 && run.stderr.contains("the trail is broken: "), "{run:?}");
    assert_eq!(months(&sandbox).len(), 4);
}

/// Guards lines that were written while the key was lost: they are archived only on request.
#[test]
fn lines_without_a_key_are_archived_only_on_request() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["disable", "--yes"]);
    fs::remove_file(sandbox.path().join("key")).unwrap();
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "disabled");
    sandbox.pass(7 * 86_400);
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "disabled");
    sandbox.admin_ok(&["key", "reset", "--yes"]);
    assert_eq!(verified(&sandbox, &["--allow-unkeyed"]).0, 0);
    let (run, _) = archive(&sandbox, "2026-12", &[]);
    assert!(run.code == 1 && run.stderr.contains("--allow-unkeyed"), "{run:?}");
    let (run, directory) = archive(&sandbox, "2026-12", &["--allow-unkeyed"]);
    assert_eq!(run.code, 0, "{run:?}");
    let path = directory.to_str().unwrap();
    assert_eq!(verified(&sandbox, &["--allow-unkeyed"]).0, 0);
    assert_eq!(verified(&sandbox, &["--allow-unkeyed", "--archive", path]).0, 0);
    assert_eq!(verified(&sandbox, &["--archive", path]).0, 1);
}

/// Guards a torn line at the end of a month: the month can be archived, and the repair stays.
#[test]
fn a_month_that_ends_with_a_torn_line_can_be_archived() {
    for cut in [1, 30] {
        let sandbox = Sandbox::with_users(&["alice"]);
        sandbox.verify(&["--", "alice"], None);
        let november = month(&sandbox, "2026-11");
        let text = fs::read_to_string(&november).unwrap();
        sandbox.write(&november, &text[..text.len() - cut]);
        sandbox.pass(7 * 86_400);
        if cut == 30 {
            sandbox.verify(&["--", "alice"], None);
        }
        let (run, _) = archive(&sandbox, "2026-12", &[]);
        assert_eq!(run.code, 0, "{cut}: {run:?}");
        assert_eq!((verified(&sandbox, &[]).0, across(&sandbox).0), (0, 0), "{cut}");
        let run = sandbox.admin(&["audit"]);
        assert_eq!(run.code, 0, "{cut}: {run:?}");
    }
}

/// Guards concurrent logins: each gets its answer and its line.
#[test]
fn logins_continue_while_months_are_archived() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let file = |name: &str| month(&sandbox, name);
    let text = fs::read_to_string(file("2026-11")).unwrap();
    fs::remove_file(file("2026-11")).unwrap();
    for (line, name) in text.lines().zip(["2020-01", "2020-02", "2020-03"]) {
        sandbox.write(&file(name), &format!("{line}\n"));
    }
    let before = shown(&sandbox, &[]).len();
    sandbox.at_real_time();
    let real = sandbox.real();
    let logins: Vec<_> = (0..20)
        .map(|_| real.verifier(["--no-groups", "--", "stranger"]).spawn().unwrap())
        .collect();
    let directory = sandbox.beside("archive");
    let present = rw2fa::time::Timestamp::from_unix(sandbox.now()).month();
    let mut archived = 0;
    for month in ["2020-02", "2020-03", present.as_str()] {
        let args = ["audit", "archive", "--before", month, directory.to_str().unwrap()];
        let run = real.admin(&args);
        assert_eq!(run.code, 0, "{run:?}");
        archived += 1;
    }
    for mut login in logins {
        assert_eq!(login.wait().unwrap().code(), Some(0));
    }
    assert_eq!(verified(&sandbox, &[]).0, 0);
    let (code, whole) = across(&sandbox);
    assert_eq!((code, &whole["lines"]), (0, &json!(before + 20 + archived)), "{whole}");
}
