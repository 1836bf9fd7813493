//! Attempts that are killed, or denied a system call, at each of their system calls.
//!
//! In every case: a code is compared only after its charge is durable, a valid code is accepted
//! once, nothing but a charge is lost, and the next valid code signs in.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::arena::{Arena, is_full};
use crate::tracer::{self, Call, End};

/// The code that is typed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Typed {
    Wrong,
    Right,
    Used,
}

/// One attempt: a program, and the code that it reads.
struct Attempt {
    arena: Arena,
    typed: Typed,
    is_login: bool,
    command: Command,
    code: String,
}

impl Attempt {
    fn new(is_login: bool, typed: Typed) -> Self {
        let arena = Arena::new();
        let code = match typed {
            Typed::Wrong => arena.alice.wrong_code(arena.sandbox.at_real_time().now()),
            Typed::Right => arena.code(&arena.alice),
            Typed::Used => {
                let code = arena.code(&arena.alice);
                assert_eq!(arena.reason(&["--", "alice"], Some(&code)), "code-accepted");
                code
            }
        };
        let arena = arena.keep();
        let command = if is_login {
            arena.verifier(&["--code-stdin", "--", "alice"])
        } else {
            arena.real.tool(["users", "test", "alice", "--code-stdin"])
        };
        Self { arena, typed, is_login, command, code }
    }

    /// Returns the calls from the first one that concerns the store, and the index of the one that
    /// makes the charge durable.
    fn calls(&self) -> (Vec<Call>, usize) {
        self.arena.restore();
        let log = self.arena.sandbox.beside("strace");
        let calls = tracer::calls(&self.command, &log, &self.stdin(), &self.arena.sandbox.path());
        let charge = calls.iter().position(|call| call.name == "fdatasync");
        (calls, charge.expect("a charge"))
    }

    fn stdin(&self) -> String {
        format!("{}\n", self.code)
    }

    /// Runs the attempt with this fault injected at a call. Returns the end and the failed attempts
    /// of alice.
    fn run(&self, call: &Call, what: &str) -> (End, u64) {
        self.arena.restore();
        let log = self.arena.sandbox.beside("strace");
        let end = tracer::run(&self.command, &log, &call.inject(what), &self.stdin());
        let failures = self.arena.sandbox.show("alice")["failures"].as_u64().unwrap();
        assert!(failures <= 1, "{call:?} {what}: one attempt was charged more than once");
        (end, failures)
    }

    /// Returns whether the program acknowledged the code as valid.
    fn is_acknowledged(&self, end: &End) -> bool {
        let word = if self.is_login { "code-accepted" } else { "is right" };
        end.stdout.contains(word) && end.stdout.ends_with('\n')
    }

    /// Checks what must hold in every case.
    fn check(&self, end: &End, failures: u64, is_charged: bool, place: &str) {
        let is_answered = end.stdout.ends_with('\n') && !end.stdout.contains("\"error\"");
        match self.typed {
            Typed::Wrong => {
                assert!(failures == 1 || !is_charged, "{place}: the charge was lost: {end:?}");
                assert!(
                    failures == 1 || !is_answered,
                    "{place}: answered without a charge: {end:?}"
                );
            }
            Typed::Right | Typed::Used => {
                assert!(
                    failures == 0 || !is_answered,
                    "{place}: accepted, but the count was not reset: {end:?}"
                );
            }
        }
        let again = self.arena.reason(&["--", "alice"], Some(&self.code));
        let expected: &[&str] = match self.typed {
            Typed::Wrong => &["wrong-code"],
            Typed::Used => &["code-used"],
            Typed::Right if self.is_login && self.is_acknowledged(end) => &["code-used"],
            Typed::Right if self.is_login => &["code-used", "code-accepted"],
            Typed::Right => &["code-accepted"],
        };
        assert!(expected.contains(&again.as_str()), "{place}: {end:?}, then {again}");
        if again == "code-accepted" {
            let third = self.arena.reason(&["--", "alice"], Some(&self.code));
            assert_eq!(third, "code-used", "{place}: accepted twice");
        }
        self.arena.assert_all_users_can_sign_in();
        self.arena.assert_sound();
    }
}

/// Lists every program that compares a code, with every kind of code.
fn attempts() -> impl Iterator<Item = Attempt> {
    let kinds = [Typed::Wrong, Typed::Right, Typed::Used];
    kinds.into_iter().flat_map(|typed| [true, false].map(|is_login| Attempt::new(is_login, typed)))
}

/// Chooses the positions to try: all of them, or some around the charge.
fn positions(calls: &[Call], charge: usize) -> BTreeSet<usize> {
    if is_full() {
        return (0..calls.len()).collect();
    }
    let around = charge.saturating_sub(1)..(charge + 3).min(calls.len());
    around.chain((0..calls.len()).step_by(16)).collect()
}

/// Guards against kills: by a cgroup, the OOM killer or a power button.
#[test]
fn a_killed_attempt_is_charged_before_it_is_compared() {
    if !tracer::is_available() {
        return;
    }
    for attempt in attempts() {
        let (calls, charge) = attempt.calls();
        let mut kills = 0;
        for at in positions(&calls, charge) {
            let (end, failures) = attempt.run(&calls[at], "signal=KILL");
            kills += usize::from(end.code.is_none());
            let place = format!("{:?}, killed at {:?}", attempt.typed, calls[at]);
            // Killed when a call returns: from the sync on, the charge is durable.
            attempt.check(&end, failures, at >= charge, &place);
        }
        println!("{:?}: {kills} kills at {} calls", attempt.typed, calls.len());
        assert!(kills > 3, "too few kills");
    }
}

/// Guards against anything that a disk or a limit can refuse.
#[test]
fn a_failing_attempt_is_charged_before_it_is_compared() {
    if !tracer::is_available() {
        return;
    }
    for attempt in attempts() {
        let (calls, charge) = attempt.calls();
        let counted = calls[..charge].iter().rposition(|call| call.name == "write").unwrap();
        let mut refusals = 0;
        for at in positions(&calls, charge) {
            let call = &calls[at];
            for error in errors(call) {
                let (end, failures) = attempt.run(call, &format!("error={error}"));
                refusals += 1;
                let place = format!("{:?}, {error} at {call:?}", attempt.typed);
                assert!(end.code.is_some() && !end.stderr.contains("panicked"), "{place}: {end:?}");
                let fails = end.code == Some(4);
                assert!(!fails || end.stderr.lines().count() >= 1, "{place}: no reason is given");
                if at <= charge && is_part_of_the_charge(call) {
                    assert!(fails, "{place}: went on without a charge: {end:?}");
                }
                if fails && at < counted {
                    assert_eq!(failures, 0, "{place}: charged, and nothing was compared");
                }
                attempt.check(&end, failures, at > charge, &place);
            }
        }
        println!("{:?}: {refusals} refusals at {} calls", attempt.typed, calls.len());
        assert!(refusals > 3, "too few refusals");
    }
}

/// Returns whether a call before the charge writes it or makes it durable.
fn is_part_of_the_charge(call: &Call) -> bool {
    matches!(call.name.as_str(), "write" | "pwrite64" | "fdatasync")
}

/// Returns how a call may fail.
fn errors(call: &Call) -> &'static [&'static str] {
    match call.name.as_str() {
        "write" | "pwrite64" => &["ENOSPC", "EIO", "EDQUOT"],
        "fsync" | "fdatasync" => &["EIO", "ENOSPC", "EDQUOT"],
        "rename" | "mkdir" | "unlink" => &["EROFS", "ENOSPC", "EDQUOT", "EIO"],
        "openat" if call.text.contains("O_CREAT") => &["EROFS", "ENOSPC", "EMFILE", "EDQUOT"],
        "openat" if call.text.contains("O_RDONLY") => &["EMFILE", "EIO"],
        "openat" => &["EROFS", "EMFILE", "EIO"],
        "flock" => &["ENOLCK", "EIO"],
        "read" | "getdents64" | "statx" | "newfstatat" | "lseek" | "fstatfs" => &["EIO"],
        "getrandom" => &["ENOSYS"],
        _ => &[],
    }
}

/// Guards the counter against manual changes: a missing, damaged or lowered counter is an error
/// with a hint, and never a fresh start.
#[test]
fn a_bad_counter_denies_logins_until_an_administrator_unlocks() {
    let arena = Arena::new();
    let counter = arena.sandbox.counter("alice");
    let whole = fs::read_to_string(&counter).unwrap();
    let zero = whole.replace("   1\n", "   0\n");
    assert_ne!(zero, whole);
    let damages: &[(&str, Option<&str>)] = &[
        ("missing", None),
        ("empty", Some("")),
        ("cut", Some(&whole[..whole.len() - 1])),
        ("lower than what is forgiven", Some(&zero)),
        ("no number", Some(&whole.replace("   1\n", "   x\n"))),
    ]
    .map(|(what, text)| {
        (what, text.map(|text| Box::leak(text.to_owned().into_boxed_str()) as &str))
    });
    for (what, text) in damages {
        for repair in [&["users", "unlock", "alice"][..], &["users", "reset", "alice", "--yes"]] {
            arena.restore();
            match text {
                None => fs::remove_file(&counter).unwrap(),
                Some(text) => arena.sandbox.write(&counter, text),
            }
            let run = arena.ask(&["--", "alice"], Some(&arena.code(&arena.alice)));
            assert_eq!(run.end(), (4, "store".into()), "{what}: {run:?}");
            assert!(run.stderr.contains("rw2fa users unlock alice"), "{what}: {run:?}");
            assert_eq!(arena.sandbox.admin(&["store", "check"]).code, 1, "{what}");
            arena.admin(repair);
            let expected =
                if repair[1] == "unlock" { "code-accepted" } else { "enrolment-required" };
            let code = arena.code(&arena.alice);
            let code = (repair[1] == "unlock").then_some(code.as_str());
            assert_eq!(arena.reason(&["--", "alice"], code), expected, "{what}");
            assert_eq!(arena.sandbox.show("alice")["failures"], 0, "{what}");
            arena.assert_sound();
        }
    }
}
