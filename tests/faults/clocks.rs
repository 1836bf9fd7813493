//! The server's clock, set forward and back by a day, for the real programs. libfaketime provides
//! the time.

use std::fs;
use std::path::PathBuf;

use crate::arena::Arena;
use crate::sandbox::{Run, Secret, finish, real_now, skipped};

const DAY: i64 = 86_400;

/// Returns the library of Debian's package libfaketime.
fn library() -> Option<PathBuf> {
    let places = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    let found = places.map(|entry| entry.path().join("faketime/libfaketime.so.1"));
    let found = found.into_iter().find(|path| path.exists());
    if found.is_none() {
        skipped("libfaketime is not installed");
    }
    found
}

/// Logs in with a clock that is off by this many seconds.
fn login(arena: &Arena, off: i64, user: &str, code: &str) -> Run {
    let mut verifier = arena.verifier(&["--code-stdin", "--client", "c", "--", user]);
    shift(&mut verifier, off);
    let mut child = verifier.spawn().unwrap();
    crate::tracer::feed(&mut child, &format!("{code}\n"));
    finish(child)
}

fn shift(command: &mut std::process::Command, off: i64) {
    if off != 0 {
        command.env("LD_PRELOAD", library().unwrap()).env("FAKETIME", format!("{off:+}s"));
    }
}

fn session(arena: &Arena, off: i64, user: &str) -> String {
    let mut verifier = arena.verifier(&["--session", "html5", "--client", "c", "--", user]);
    shift(&mut verifier, off);
    finish(verifier.spawn().unwrap()).reason()
}

fn code(secret: &Secret, off: i64) -> String {
    secret.code(real_now() + off)
}

#[test]
fn a_clock_set_forward_by_a_day_lets_users_in_and_ends_their_locks() {
    if library().is_none() {
        return;
    }
    let arena = Arena::new();
    let wrong: Vec<String> = arena.bob.wrong_codes(real_now()).take(5).collect();
    for code in &wrong {
        login(&arena, 0, "bob", code);
    }
    assert_eq!(login(&arena, 0, "bob", &code(&arena.bob, 60)).reason(), "locked");
    for (user, secret) in [("alice", &arena.alice), ("bob", &arena.bob)] {
        let run = login(&arena, DAY, user, &code(secret, DAY));
        assert_eq!(run.end(), (0, "code-accepted".into()), "{run:?}");
        let run = login(&arena, DAY, user, &code(secret, DAY));
        // At a step boundary the next step applies, which is valid too.
        assert!(["code-used", "code-accepted"].contains(&&*run.reason()), "{run:?}");
    }
    // Back again: a grant from the future is invalid, and no code works twice.
    assert_eq!(session(&arena, 0, "alice"), "code-required");
    assert_eq!(login(&arena, 0, "alice", &code(&arena.alice, 30)).reason(), "code-used");
    let doctor = arena.real.admin(&["doctor", "--format", "json"]);
    assert!(doctor.stdout.contains("clock-set-back"), "{doctor:?}");
    arena.admin(&["users", "reset", "alice", "--yes"]);
    arena.sandbox.enrol("alice");
    arena.assert_sound();
}

#[test]
fn a_clock_set_back_by_a_day_grants_nothing_and_prolongs_no_lock() {
    if library().is_none() {
        return;
    }
    let arena = Arena::new();
    let now = arena.code(&arena.alice);
    assert_eq!(login(&arena, 0, "alice", &now).reason(), "code-accepted");
    assert_eq!(login(&arena, -DAY, "alice", &code(&arena.alice, -DAY)).reason(), "code-used");
    assert_eq!(session(&arena, -DAY, "alice"), "code-required", "a grant from the future");
    let wrong: Vec<String> = arena.bob.wrong_codes(real_now()).take(5).collect();
    for code in &wrong {
        login(&arena, 0, "bob", code);
    }
    let locked = login(&arena, -DAY, "bob", &wrong[0]).json();
    assert_eq!(locked["reason"], "locked");
    assert!(locked["retry_after"].as_i64().unwrap() <= 60, "{locked}");
    // With the right time again, everything is as before.
    assert_eq!(login(&arena, 0, "alice", &arena.code(&arena.alice)).reason(), "code-accepted");
    arena.assert_sound();
}
