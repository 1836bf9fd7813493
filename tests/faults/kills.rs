//! Programs that are killed at each of their system calls.
//!
//! After each kill, acknowledged changes are there, and everything else is as before or as after.
//! Every document can be read. The trail is intact and records every listed user. Repeating the
//! command succeeds and leaves no stray file. Every user can sign in.

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rw2fa::time::Timestamp;

use crate::arena::{Arena, is_full};
use crate::sandbox::{Run, Secret, real_now};
use crate::tracer::{self, Call, End};

/// The approximate number of kills for each kind of work.
const FULL: usize = 64;

/// The same without `RW2FA_TEST_FULL`.
const SHORT: usize = 6;

/// The number of kinds of work, and the minimum total of kills in a full run.
const KINDS: usize = 16;
const LEAST: usize = 500;

/// One kind of work.
struct Work<'a> {
    arena: &'a Arena,
    command: Command,
    stdin: String,
}

impl Work<'_> {
    /// Kills it at each of its calls; `check` gets how it ended and examines what is left.
    fn at_each_call(&self, check: &dyn Fn(&End, &Call)) {
        let log = self.arena.sandbox.beside("strace");
        self.arena.restore();
        let calls = tracer::calls(&self.command, &log, &self.stdin, &self.arena.sandbox.path());
        let total = calls.len();
        let most = if is_full() { FULL } else { SHORT };
        let chosen = tracer::chosen(calls, most);
        let (mut kills, mut survivors) = (0, 0);
        for call in &chosen {
            self.arena.restore();
            let options = call.inject("signal=KILL");
            let end = tracer::run(&self.command, &log, &options, &self.stdin);
            if end.code.is_none() {
                kills += 1;
            } else {
                survivors += 1;
            }
            check(&end, call);
        }
        println!("{kills} kills at {total} calls, {survivors} survivors");
        assert!(survivors * 20 <= chosen.len(), "too few kills: {kills} of {}", chosen.len());
        let least = LEAST.div_ceil(KINDS).min(total * 9 / 10);
        assert!(!is_full() || kills >= least, "{kills} kills, expected at least {least}");
    }
}

/// Guards a login with a valid code.
#[test]
fn a_killed_login_accepts_its_code_once() {
    let Some(arena) = arena() else { return };
    let code = arena.code(&arena.alice);
    let alice = ["--client", "c", "--", "alice"];
    let command = arena.verifier(&[&["--code-stdin"][..], &alice].concat());
    let work = Work { arena: &arena, command, stdin: format!("{code}\n") };
    work.at_each_call(&|end, call| {
        arena.assert_sound();
        let accepted =
            end.stdout.contains("\"reason\":\"code-accepted\"") && end.stdout.ends_with('\n');
        let is_recorded = arena.trail().contains("\"code-accepted\"");
        let again = arena.reason(&alice, Some(&code));
        match (accepted, again.as_str()) {
            // An acknowledged or spent code is recorded in the trail.
            (_, "code-used") => assert!(is_recorded, "{call:?}"),
            (false, "code-accepted") => {}
            _ => panic!("{call:?}: {end:?}, then {again}"),
        }
        assert_eq!(arena.reason(&alice, Some(&code)), "code-used", "{call:?}");
        let session = ["--session", "html5", "--client", "c", "--", "alice"];
        assert_eq!(arena.reason(&session, None), "session-valid", "{call:?}");
        assert_eq!(arena.sandbox.show("alice")["failures"], 0, "{call:?}");
        assert_recovered_after(&arena, call);
    });
}

/// Guards the trail while files of a clock that was ahead get new names: its order stays, whenever the
/// login is killed.
#[test]
fn a_killed_login_keeps_the_trail_of_a_clock_that_was_ahead() {
    if !tracer::sees_arguments() {
        return;
    }
    let arena = Arena::with(|sandbox| {
        for (years, number) in [(50, "3"), (51, "4")] {
            sandbox.at_real_time();
            sandbox.pass(years * 365 * 86_400);
            sandbox.admin_ok(&["advanced", "set", "discrepancy", number]);
        }
        sandbox.at_real_time();
    });
    let command = arena.verifier(&["--", "nobody"]);
    let renamed = Cell::new(0);
    Work { arena: &arena, command, stdin: String::new() }.at_each_call(&|_, call| {
        arena.assert_sound();
        let trail = fs::read_dir(arena.sandbox.path().join("audit")).unwrap();
        let names = trail.map(|file| file.unwrap().file_name().into_string().unwrap());
        renamed.set(renamed.get() + usize::from(names.filter(|name| name.len() > 13).count() == 2));
        assert_recovered_after(&arena, call);
    });
    assert!(renamed.get() > 0);
}

/// Guards that a wrong code stays charged after a kill, and is never charged twice.
#[test]
fn a_killed_wrong_code_is_charged_at_most_once() {
    let Some(arena) = arena() else { return };
    let wrong = arena.alice.wrong_code(arena.sandbox.now());
    let command = arena.verifier(&["--code-stdin", "--", "alice"]);
    let work = Work { arena: &arena, command, stdin: format!("{wrong}\n") };
    work.at_each_call(&|end, call| {
        arena.assert_sound();
        let failures = arena.sandbox.show("alice")["failures"].as_u64().unwrap();
        let is_answered = end.stdout.ends_with('\n');
        assert!(failures == 1 || (failures == 0 && !is_answered), "{call:?}: {failures}, {end:?}");
        assert_recovered_after(&arena, call);
    });
}

#[test]
fn a_killed_login_accepts_its_recovery_code_once() {
    if !tracer::sees_arguments() {
        return;
    }
    let mut made = String::new();
    let arena = Arena::with(|sandbox| {
        made = sandbox.admin_ok(&["users", "recovery-codes", "alice"]);
    });
    let code = made.lines().next().unwrap();
    let command = arena.verifier(&["--code-stdin", "--", "alice"]);
    let work = Work { arena: &arena, command, stdin: format!("{code}\n") };
    work.at_each_call(&|end, call| {
        arena.assert_sound();
        let accepted = end.stdout.contains("recovery-code-accepted") && end.stdout.ends_with('\n');
        let again = arena.reason(&["--", "alice"], Some(code));
        assert!(
            again == "code-used" || (again == "recovery-code-accepted" && !accepted),
            "{call:?}"
        );
        assert_eq!(arena.reason(&["--", "alice"], Some(code)), "code-used", "{call:?}");
        assert_eq!(arena.sandbox.show("alice")["recovery_codes_left"], 9, "{call:?}");
        assert_recovered_after(&arena, call);
    });
}

#[test]
fn a_killed_first_login_keeps_the_secret_it_showed() {
    let Some(arena) = arena() else { return };
    let command = arena.verifier(&["--", "carol"]);
    let work = Work { arena: &arena, command, stdin: String::new() };
    work.at_each_call(&|end, call| {
        arena.assert_sound();
        let shown = arena.ask(&["--", "carol"], None).json();
        if end.stdout.ends_with('\n') {
            let answer = serde_json::from_str(&end.stdout).unwrap();
            assert_eq!(Secret::of(&answer), Secret::of(&shown), "{call:?}: shown and forgotten");
        }
        let code = Secret::of(&shown).code(arena.sandbox.now());
        assert_eq!(arena.reason(&["--", "carol"], Some(&code)), "activated", "{call:?}");
        assert_recovered_after(&arena, call);
    });
}

/// Guards the first line of a month, which creates a file.
#[test]
fn a_kill_at_the_first_line_of_a_month_loses_no_answer() {
    if !tracer::sees_arguments() {
        return;
    }
    let arena = Arena::with(|sandbox| {
        let directory = sandbox.path().join("audit");
        let file = fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
        fs::rename(file, directory.join("2020-01.jsonl")).unwrap();
    });
    let command = arena.verifier(&["--end", "--", "alice"]);
    let work = Work { arena: &arena, command, stdin: String::new() };
    work.at_each_call(&|end, call| {
        arena.assert_sound();
        let is_recorded = arena.trail().contains("\"ended\"");
        assert!(is_recorded || !end.stdout.ends_with('\n'), "{call:?}: {end:?}");
        assert_recovered_after(&arena, call);
    });
}

/// Guards archiving: each line is in the trail, in the archive, or in both, and the two form one
/// chain.
#[test]
fn a_killed_archive_loses_no_line() {
    if !tracer::is_available() {
        return;
    }
    let arena = Arena::with(|sandbox| {
        let directory = sandbox.path().join("audit");
        let file = fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
        let text = fs::read_to_string(&file).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        fs::remove_file(file).unwrap();
        sandbox.write(&directory.join("2020-01.jsonl"), &format!("{first}\n"));
        sandbox.write(&directory.join("2020-02.jsonl"), rest);
    });
    let whole = arena.trail();
    let archive = arena.archive();
    let month = Timestamp::from_unix(real_now()).month();
    let path = archive.to_str().unwrap();
    let args = ["audit", "archive", "--before", &month, path];
    let assert_sound = |call: &Call, is_there: bool| {
        let verify = arena.sandbox.admin(&["audit", "verify"]);
        assert_eq!(verify.code, 0, "{call:?}: {verify:?}");
        if is_there {
            let verify = arena.sandbox.admin(&["audit", "verify", "--archive", path]);
            assert_eq!(verify.code, 0, "{call:?}: {verify:?}");
        }
    };
    administration(&arena, &args).at_each_call(&|_, call| {
        assert_sound(call, archive.exists());
        assert_eq!(arena.ask(&["--", "stranger"], None).reason(), "not-listed", "{call:?}");
        let again = arena.sandbox.at_real_time().admin(&args);
        assert_eq!(again.code, 0, "{call:?}: {again:?}");
        assert_sound(call, true);
        let names = fs::read_dir(&archive).unwrap().map(|entry| entry.unwrap().path());
        let mut months: Vec<_> = names.filter(|path| !path.ends_with(".lock")).collect();
        months.sort();
        let moved: String = months.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        assert_eq!(moved, whole, "{call:?}: {months:?}");
        let trail = arena.trail();
        assert!(
            !trail.contains(whole.lines().last().unwrap()),
            "{call:?}: a month was not removed"
        );
        assert_eq!(trail.matches("\"event\":\"archive\"").count(), 2, "{call:?}: {trail}");
        assert_eq!(arena.strays(), Vec::<PathBuf>::new(), "{call:?}");
    });
}

#[test]
fn a_killed_add_is_completed_by_the_next() {
    let Some(arena) = arena() else { return };
    an_administrator(&arena, &["users", "add", "dave"], "users add", &|done| {
        let found = arena.reason(&["--check", "--", "dave"], None);
        assert!(found == "enrolment-required" || (found == "not-listed" && !done), "{found}");
    });
    assert_eq!(arena.reason(&["--check", "--", "dave"], None), "enrolment-required");
    assert!(arena.is_marked("dave"));
}

/// A few entries are written one by one, including a group.
#[test]
fn a_killed_add_of_a_few_from_a_file_is_completed_by_the_next() {
    adding_from_a_file(2);
}

/// Many entries are prepared first.
#[test]
fn a_killed_add_of_many_from_a_file_is_completed_by_the_next() {
    adding_from_a_file(20);
}

/// Guards that a kill leaves no user listed without an audit line, and that the same command
/// completes the rest, including the marks.
fn adding_from_a_file(users: usize) {
    let Some(arena) = arena() else { return };
    let file = arena.sandbox.beside("staff.csv");
    let names: Vec<_> = (0..users).map(|n| format!("user{n}")).collect();
    let lines: Vec<_> = names.iter().map(|name| format!("{name},,,\n")).collect();
    arena
        .sandbox
        .write(&file, &format!("name,type,method,phone\nstaff,group,,\n{}", lines.concat()));
    let args = ["users", "add", "--from", file.to_str().unwrap()];
    administration(&arena, &args).at_each_call(&|end, call| {
        arena.assert_sound();
        let is_done = end.code == Some(0);
        let listed = arena.listed();
        assert!(!is_done || listed.len() == users + 4, "{call:?}: {listed:?}");
        arena.admin(&args);
        // Prepared documents stay until the next command that prepares some, or 'init'.
        arena.admin(&["init"]);
        arena.assert_sound();
        assert_eq!(arena.listed().len(), users + 4, "{call:?}");
        for name in &names {
            assert!(arena.is_marked(name), "{call:?}: {name}");
        }
        assert!(!arena.sandbox.path().join(".tmp-bulk").exists(), "{call:?}");
    });
}

#[test]
fn a_killed_edit_changes_all_or_nothing() {
    let Some(arena) = arena() else { return };
    an_administrator(
        &arena,
        &["users", "edit", "alice", "--notes", "new"],
        "users edit",
        &|done| {
            let notes = arena.sandbox.show("alice")["notes"].clone();
            assert!(notes == "new" || (notes.is_null() && !done), "{notes}");
        },
    );
}

#[test]
fn a_killed_reset_changes_all_or_nothing() {
    let Some(arena) = arena() else { return };
    an_administrator(&arena, &["users", "reset", "bob", "--yes"], "users reset", &|done| {
        let found = arena.reason(&["--check", "--", "bob"], None);
        assert!(found == "enrolment-required" || (found == "code-required" && !done), "{found}");
    });
}

#[test]
fn a_killed_removal_changes_all_or_nothing() {
    let Some(arena) = arena() else { return };
    let args = ["users", "remove", "carol", "--yes", "--ignore-missing"];
    an_administrator(&arena, &args, "users remove", &|done| {
        let found = arena.reason(&["--check", "--", "carol"], None);
        assert!(found == "not-listed" || (found == "enrolment-required" && !done), "{found}");
    });
}

/// Guards a user with an attempt counter: removed halfway, the user is listed or not, and never
/// refused.
#[test]
fn a_killed_removal_never_locks_an_enrolled_user_out() {
    let Some(arena) = arena() else { return };
    let args = ["users", "remove", "bob", "--yes", "--ignore-missing"];
    an_administrator(&arena, &args, "users remove", &|done| {
        let found = arena.reason(&["--check", "--", "bob"], None);
        assert!(found == "not-listed" || (found == "code-required" && !done), "{found}");
    });
}

#[test]
fn killed_recovery_codes_are_the_old_or_the_new_ones() {
    let Some(arena) = arena() else { return };
    let args = ["users", "recovery-codes", "alice", "--yes"];
    an_administrator(&arena, &args, "users recovery-codes", &|done| {
        let left = arena.sandbox.show("alice")["recovery_codes_left"].clone();
        assert!(left == 10 || (left == 0 && !done), "{left}");
    });
}

/// Guards the key: at every moment of a rotation, every secret opens.
#[test]
fn a_killed_rotation_keeps_every_secret_readable() {
    let Some(arena) = arena() else { return };
    an_administrator(&arena, &["key", "rotate", "--yes"], "key rotate", &|_| {
        arena.assert_all_users_can_sign_in();
    });
}

/// Guards a restore: logins fail while it is incomplete, and work after the next run.
#[test]
fn a_killed_import_denies_logins_until_it_is_repeated() {
    let Some(arena) = arena() else { return };
    let file = arena.sandbox.beside("export.toml");
    let file = file.to_str().unwrap();
    arena.admin(&["store", "export", file]);
    let import = ["store", "import", file, "--yes"];
    let work = administration(&arena, &import);
    work.at_each_call(&|end, call| {
        let run = arena.ask(&["--", "alice"], None);
        let is_open = run.code == 3;
        assert!(is_open || run.end() == (4, "store".into()), "{call:?}: {run:?}");
        assert!(
            is_open || end.code != Some(0),
            "{call:?}: reported as done, but logins still fail"
        );
        arena.admin(&import);
        assert_eq!(arena.strays(), Vec::<PathBuf>::new(), "{call:?}");
        arena.assert_sound();
        let text = fs::read_to_string(arena.sandbox.path().join("store.toml")).unwrap();
        assert!(!text.contains("importing"), "{call:?}");
        arena.assert_all_users_can_sign_in();
    });
}

/// Creates the arena, if programs can be traced.
fn arena() -> Option<Arena> {
    tracer::sees_arguments().then(Arena::new)
}

fn administration<'a>(arena: &'a Arena, args: &[&str]) -> Work<'a> {
    Work { arena, command: arena.real.tool(args), stdin: String::new() }
}

/// Kills a command at each of its calls. `check` gets whether it was acknowledged.
fn an_administrator(arena: &Arena, args: &[&str], action: &str, check: &dyn Fn(bool)) {
    let line = format!("\"action\":\"{action}\"");
    let before = arena.trail().matches(&line).count();
    administration(arena, args).at_each_call(&|end, call| {
        arena.assert_sound();
        let done = end.code == Some(0) || end.stdout.ends_with('\n');
        let recorded = arena.trail().matches(&line).count();
        assert!(!done || recorded > before, "{call:?}: reported as done, but not recorded");
        check(done);
        // An administrator without an answer repeats the command.
        let run: Run = arena.sandbox.at_real_time().admin(args);
        assert_eq!(run.code, 0, "{call:?}: {run:?}");
        arena.assert_tidied();
        arena.assert_sound();
        let alice = arena.code(&arena.alice);
        assert_eq!(arena.reason(&["--", "alice"], Some(&alice)), "code-accepted", "{call:?}");
    });
}

/// Checks that no user is locked out, nothing is left behind, and the trail continues.
fn assert_recovered_after(arena: &Arena, call: &Call) {
    arena.assert_all_users_can_sign_in();
    assert_eq!(arena.strays(), Vec::<PathBuf>::new(), "{call:?}");
    arena.assert_sound();
}
