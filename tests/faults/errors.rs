//! Programs that are denied a system call, at each of their calls.
//!
//! In every case: a grant is given only if it is durable and recorded, everything else ends with an
//! error and a non-zero exit code, no document is damaged, and afterwards every user can sign in.

use std::fs;
use std::process::Command;

use crate::arena::{Arena, is_full};
use crate::tracer::{self, Call, End};

/// Returns how a call that the system does not carry out may fail.
fn failures(call: &Call) -> &'static [&'static str] {
    match call.name.as_str() {
        "fsync" | "fdatasync" | "syncfs" => &["EIO", "ENOSPC"],
        "write" | "pwrite64" => &["ENOSPC", "EIO"],
        "rename" | "mkdir" | "unlink" => &["EROFS", "ENOSPC"],
        "openat" if call.text.contains("O_CREAT") => &["EROFS", "ENOSPC", "EMFILE"],
        "openat" => &["EMFILE", "EIO", "EACCES"],
        "flock" => &["ENOLCK", "EIO"],
        "read" | "getdents64" | "statx" | "newfstatat" | "lseek" => &["EIO"],
        "getrandom" => &["ENOSYS"],
        _ => &[],
    }
}

/// Makes `command` fail at each of its calls, one after the other.
fn at_each_call(
    arena: &Arena,
    command: &Command,
    stdin: &str,
    most: usize,
    check: &dyn Fn(&End, &Call, &str),
) {
    let log = arena.sandbox.beside("strace");
    arena.restore();
    let mut calls = tracer::calls(command, &log, stdin, &arena.sandbox.path());
    // Calls that cannot fail must not use up the few that are tried.
    calls.retain(|call| !failures(call).is_empty());
    let mut tried = 0;
    for call in tracer::chosen(calls, most) {
        for error in failures(&call) {
            arena.restore();
            let options = call.inject(&format!("error={error}"));
            let end = tracer::run(command, &log, &options, stdin);
            assert!(end.code.is_some(), "{call:?} {error}: {end:?}");
            assert!(!end.stderr.contains("panicked"), "{call:?} {error}: {end:?}");
            check(&end, &call, error);
            tried += 1;
        }
    }
    println!("{tried} failures");
    assert!(tried > most / 2, "{tried}");
}

fn most(full: usize) -> usize {
    if is_full() { full } else { 8 }
}

#[test]
fn a_login_grants_only_what_is_durable() {
    if !tracer::sees_arguments() {
        return;
    }
    let arena = Arena::new();
    let code = arena.code(&arena.alice);
    let alice = ["--client", "c", "--", "alice"];
    let command = arena.verifier(&[&["--code-stdin"][..], &alice].concat());
    at_each_call(&arena, &command, &format!("{code}\n"), most(70), &|end, call, error| {
        arena.assert_sound();
        let is_grant = end.stdout.contains("\"outcome\":\"grant\"") && end.stdout.ends_with('\n');
        assert_eq!(is_grant, end.code == Some(0), "{call:?} {error}: {end:?}");
        assert!(matches!(end.code, Some(0 | 4)), "{call:?} {error}: {end:?}");
        let matters = ["write", "fsync", "fdatasync", "rename"].contains(&call.name.as_str());
        assert!(
            !(matters && is_grant),
            "{call:?} {error}: granted although the call failed: {end:?}"
        );
        if is_grant {
            assert!(
                end.stdout.contains("\"reason\":\"code-accepted\""),
                "{call:?} {error}: {end:?}"
            );
            assert!(arena.trail().contains("\"code-accepted\""), "{call:?} {error}");
            assert_eq!(arena.reason(&alice, Some(&code)), "code-used", "{call:?} {error}");
        } else {
            assert!(!end.stderr.is_empty(), "{call:?} {error}: the error is silent");
            let session = ["--session", "html5", "--check", "--client", "c", "--", "alice"];
            if arena.reason(&session, None) == "session-valid" {
                let is_early = call.name == "fdatasync" || call.name == "fsync" && call.nth == 1;
                assert!(!is_early, "{call:?} {error}: in place before it is durable");
                let is_recorded = arena.trail().contains("\"code-accepted\"");
                assert!(is_recorded, "{call:?} {error}: a grant that is not in the trail");
            }
        }
        for text in [&end.stdout, &end.stderr] {
            assert!(!text.contains(&code), "{call:?} {error}: the code is shown: {end:?}");
        }
        arena.assert_all_users_can_sign_in();
        assert_eq!(arena.strays(), Vec::<std::path::PathBuf>::new(), "{call:?} {error}");
        arena.assert_sound();
    });
}

/// Guards a login against a power failure: its audit line and its state are durable before the
/// state is published, and the publication before the answer. A line that begins a month does not
/// outlive earlier lines.
#[test]
fn a_login_is_recorded_before_it_is_published_and_published_before_it_is_answered() {
    if !tracer::sees_arguments() {
        return;
    }
    for begins_month in [false, true] {
        let arena = Arena::with(|sandbox| {
            if begins_month {
                let trail = sandbox.path().join("audit");
                let newest = fs::read_dir(&trail).unwrap().next().unwrap().unwrap().path();
                fs::rename(&newest, trail.join("2020-01.jsonl")).unwrap();
            }
        });
        let command = arena.verifier(&["--code-stdin", "--client", "c", "--", "alice"]);
        let log = arena.sandbox.beside("strace");
        let code = format!("{}\n", arena.code(&arena.alice));
        let steps = tracer::steps(&command, &log, &code);
        let trail = arena.sandbox.path().join("audit");
        let months = fs::read_dir(trail).unwrap().map(|month| month.unwrap().file_name());
        let month = months.max().unwrap().into_string().unwrap();
        let shard = arena.sandbox.document("state", "alice");
        let shard = shard.parent().unwrap().file_name().unwrap().to_str().unwrap();
        // The trail is open before any comparison.
        let steps_of_a_charge =
            ["write alice.attempts", "sync alice.attempts", "write .tmp-alice.toml"];
        let mut expected = steps_of_a_charge.map(str::to_owned).to_vec();
        if begins_month {
            expected.insert(0, "sync audit".into());
            expected.push("sync 2020-01.jsonl".into());
        }
        expected.extend([
            format!("write {month}"),
            "sync .tmp-alice.toml".into(),
            format!("sync {month}"),
            "put alice.toml in place".into(),
            format!("sync {shard}"),
            "answer".into(),
        ]);
        assert_eq!(steps, expected);
    }
}

/// Guards against a failure that makes guesses free.
#[test]
fn a_wrong_code_is_charged_before_it_is_answered() {
    if !tracer::sees_arguments() {
        return;
    }
    let arena = Arena::new();
    let wrong = arena.alice.wrong_code(arena.sandbox.now());
    let command = arena.verifier(&["--code-stdin", "--", "alice"]);
    at_each_call(&arena, &command, &format!("{wrong}\n"), most(40), &|end, call, error| {
        assert!(matches!(end.code, Some(1 | 4)), "{call:?} {error}: {end:?}");
        let is_charged = arena.sandbox.show("alice")["failures"] == 1;
        assert!(is_charged || end.code == Some(4), "{call:?} {error}: {end:?}");
        arena.assert_sound();
        arena.assert_all_users_can_sign_in();
    });
}

#[test]
fn failed_changes_are_reported() {
    if !tracer::sees_arguments() {
        return;
    }
    let arena = Arena::new();
    for (args, action, is_done) in [
        (
            &["users", "add", "dave"][..],
            "users add",
            (|arena: &Arena| arena.reason(&["--check", "--", "dave"], None) == "enrolment-required")
                as fn(&Arena) -> bool,
        ),
        (&["users", "edit", "alice", "--notes", "new"], "users edit", |arena| {
            arena.sandbox.show("alice")["notes"] == "new"
        }),
        (&["users", "reset", "bob", "--yes"], "users reset", |arena| {
            arena.reason(&["--check", "--", "bob"], None) == "enrolment-required"
        }),
        (&["key", "rotate", "--yes"], "key rotate", |arena| {
            let key = std::fs::read_to_string(arena.sandbox.path().join("key")).unwrap();
            key.contains("retired")
        }),
    ] {
        let line = format!("\"action\":\"{action}\"");
        let before = arena.trail().matches(&line).count();
        let command = arena.real.tool(args);
        at_each_call(&arena, &command, "", most(40), &|end, call, error| {
            arena.assert_sound();
            assert!(matches!(end.code, Some(0 | 1 | 4)), "{call:?} {error}: {end:?}");
            let reported = end.code == Some(0);
            assert!(
                !reported || is_done(&arena),
                "{call:?} {error}: reported as done, but it is not: {end:?}"
            );
            let recorded = arena.trail().matches(&line).count() > before;
            assert!(
                !reported || recorded,
                "{call:?} {error}: reported as done, but not recorded: {end:?}"
            );
            assert!(reported || end.stderr.contains("error: "), "{call:?} {error}: {end:?}");
            arena.admin(args);
            assert!(is_done(&arena), "{call:?} {error}");
            arena.assert_tidied();
            arena.assert_sound();
            let alice = arena.code(&arena.alice);
            assert_eq!(arena.reason(&["--", "alice"], Some(&alice)), "code-accepted");
        });
    }
}

/// Guards the report of many users: every reported user was added, and every listed user is
/// reported and recorded in the trail.
#[test]
fn users_added_from_a_file_are_reported() {
    if !tracer::sees_arguments() {
        return;
    }
    let arena = Arena::new();
    let file = arena.sandbox.beside("staff.csv");
    let names: Vec<_> = (0..20).map(|n| format!("user{n}")).collect();
    let lines: Vec<_> = names.iter().map(|name| format!("{name},,,\n")).collect();
    arena
        .sandbox
        .write(&file, &format!("name,type,method,phone\nstaff,group,,\n{}", lines.concat()));
    let args = ["users", "add", "--format", "json", "--from", file.to_str().unwrap()];
    let command = arena.real.tool(args);
    let before = {
        arena.restore();
        arena.listed()
    };
    let reported_as_nothing_added = std::cell::Cell::new(0);
    let reported_as_uncertain = std::cell::Cell::new(0);
    at_each_call(&arena, &command, "", most(90), &|end, call, error| {
        arena.assert_sound();
        assert!(matches!(end.code, Some(0 | 1 | 4)), "{call:?} {error}: {end:?}");
        let listed = arena.listed();
        let Ok(answer) = serde_json::from_str::<serde_json::Value>(&end.stdout) else {
            assert_ne!(end.code, Some(0), "{call:?} {error}: {end:?}");
            if !end.stderr.contains("standard output") {
                assert_eq!(listed, before, "{call:?} {error}: {end:?}");
                reported_as_nothing_added.set(reported_as_nothing_added.get() + 1);
            }
            return;
        };
        let rows = answer["changes"].as_array().unwrap();
        assert_eq!(rows.len(), 21, "{call:?} {error}: {end:?}");
        for row in rows {
            let name = row["name"].as_str().unwrap().to_owned();
            let is_added = row["result"] == "added";
            let why = row["error"].as_str().unwrap_or_default();
            assert!(is_added || end.code != Some(0), "{call:?} {error}: {end:?}");
            let is_doubted = why.contains("on the list");
            assert_eq!(
                is_added || is_doubted,
                listed.contains(&name),
                "{call:?} {error}: {name}: {row}"
            );
            reported_as_uncertain.set(reported_as_uncertain.get() + usize::from(is_doubted));
        }
        arena.admin(&args);
        assert_eq!(arena.listed().len(), before.len() + 21);
        arena.assert_sound();
    });
    // The sync of the prepared documents, and that of the published ones.
    for (nth, message) in [(1, "no one was added"), (2, "a power failure could undo 20 new names")]
    {
        arena.restore();
        let inject = format!("--inject=syncfs:error=EIO:when={nth}");
        let options = ["--trace=syncfs".to_owned(), inject];
        let end = tracer::run(&command, &arena.sandbox.beside("strace"), &options, "");
        assert!(end.code == Some(4) && end.stderr.contains(message), "{end:?}");
    }
    assert!(!is_full() || reported_as_nothing_added.get() > 0 && reported_as_uncertain.get() > 0);
}

/// Guards many new users against a power failure: their documents are durable before they are
/// published, and the publication before the report.
#[test]
fn users_of_a_file_are_durable_before_and_after_they_are_published() {
    if !tracer::sees_arguments() {
        return;
    }
    let arena = Arena::new();
    let list = arena.sandbox.beside("list.csv");
    // Small numbers are added one by one.
    let mut lines = vec!["name,type,method,phone".to_owned()];
    lines.extend((0..100).map(|number| format!("user{number},user,app,")));
    std::fs::write(&list, lines.join("\n")).unwrap();
    let command = arena.real.tool(["users", "add", "--from", list.to_str().unwrap()]);
    let log = arena.sandbox.beside("strace");
    arena.restore();
    let calls = tracer::calls(&command, &log, "", &arena.sandbox.path());
    let step = |call: &Call| match call.name.as_str() {
        "syncfs" => Some("sync"),
        name if name.starts_with("rename") && call.text.contains(".tmp-bulk/") => Some("publish"),
        _ => None,
    };
    let mut steps: Vec<_> = calls.iter().filter_map(step).collect();
    steps.dedup();
    assert_eq!(steps, ["sync", "publish", "sync"], "{calls:#?}");
    for call in calls.iter().filter(|call| call.name == "syncfs") {
        arena.restore();
        let end = tracer::run(&command, &log, &call.inject("error=EIO"), "");
        assert_eq!(end.code, Some(4), "{call:?}: {end:?}");
        assert!(end.stderr.contains("cannot sync"), "{call:?}: {end:?}");
    }
}

/// Guards `init` on a failing disk: a path that cannot be inspected counts as existing, and a
/// failure to create is reported.
#[test]
fn init_reports_what_it_cannot_inspect_or_create() {
    if !tracer::sees_arguments() {
        return;
    }
    let arena = Arena::new();
    let lock = arena.sandbox.path().join("locks/7f");
    std::fs::remove_file(&lock).unwrap();
    let command = arena.real.tool(["init"]);
    let log = arena.sandbox.beside("strace");
    let calls = tracer::calls(&command, &log, "", &arena.sandbox.path());
    assert!(lock.exists());
    let mut tried = 0;
    for (place, creates, words) in
        [("/store.toml\"", false, "cannot examine"), ("/locks/7f\"", true, "cannot create")]
    {
        let is_it = |call: &&Call| {
            call.text.contains(place)
                && creates == call.text.contains("O_CREAT")
                && (creates || call.name.contains("stat"))
        };
        for call in calls.iter().filter(is_it).take(1) {
            let _ = std::fs::remove_file(&lock);
            let end = tracer::run(&command, &log, &call.inject("error=EIO"), "");
            assert_eq!(end.code, Some(4), "{call:?}: {end:?}");
            assert!(end.stderr.contains(words), "{call:?}: {end:?}");
            tried += 1;
        }
    }
    assert_eq!(tried, 2, "{calls:#?}");
}
