//! Many logins and administrators at once.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use data_encoding::BASE32_NOPAD;
use rw2fa::factor::sealed::Field;
use rw2fa::factor::state::{Enrolment, State};
use rw2fa::names::name::Name;
use rw2fa::otp::Digits;
use rw2fa::store;
use rw2fa::store::{Scope, Update, records};
use rw2fa::time::Timestamp;
use sha2::{Digest, Sha256};

use crate::arena::{Arena, is_full};
use crate::sandbox::{Sandbox, Secret, finish, real_now};
use crate::tracer;

/// Guards two administrators who edit one user while that user logs in twenty times.
#[test]
fn concurrent_edits_and_logins_of_one_user_are_all_kept() {
    let arena = Arena::new();
    for round in 0..if is_full() { 5 } else { 1 } {
        let codes: Vec<String> = (0..20).map(|_| arena.code(&arena.alice)).collect();
        let start = |number: usize, code: &String| {
            let client = format!("client {number}");
            let args = ["--no-groups", "--client", &client, "--", "alice"];
            arena.real.start(&args, Some(code))
        };
        let edit = |key: &str, value: &str| {
            arena.real.tool(["users", "edit", "alice", key, value]).spawn().unwrap()
        };
        let mut logins = Vec::new();
        let mut edits = Vec::new();
        for (number, code) in codes.iter().enumerate() {
            logins.push(start(number, code));
            if number % 4 == 0 {
                edits.push(edit("--notes", &format!("round {round}, edit {number}")));
                edits.push(edit("--phone", &format!("+3361234{round:02}{number:02}")));
            }
        }
        // After all others have ended, the last edit of each kind decides the result.
        for run in edits.into_iter().map(finish) {
            assert_eq!(run.code, 0, "{run:?}");
        }
        let notes = format!("round {round}, the last");
        let phone = format!("+3369999{round:02}99");
        for run in [edit("--notes", &notes), edit("--phone", &phone)].map(finish) {
            assert_eq!(run.code, 0, "{run:?}");
        }
        for run in logins.into_iter().map(finish) {
            assert_eq!(run.end(), (0, "code-accepted".into()), "{run:?}");
        }
        let alice = arena.sandbox.at_real_time().show("alice");
        assert_eq!((&alice["notes"], &alice["phone"]), (&notes.into(), &phone.into()));
        for code in &codes {
            assert_eq!(arena.reason(&["--", "alice"], Some(code)), "code-used");
        }
    }
    arena.assert_sound();
    assert_eq!(arena.strays(), Vec::<std::path::PathBuf>::new());
}

/// How many users take part, and how many logins each of them tries: 6 codes, 4 of them twice.
const USERS: usize = 1000;
const USERS_OF_A_SHORT_RUN: usize = 20;
const CODES: usize = 6;
const REPEATED: usize = 4;
const PROCESSES: usize = 32;

/// One login to try.
#[derive(Clone)]
struct Login {
    user: usize,
    code: String,
}

/// Guards ten thousand logins in 32 processes during edits: each code is accepted exactly once, no
/// user is locked out, and every acknowledged edit is kept.
#[test]
fn ten_thousand_logins_and_edits_do_not_disturb_each_other() {
    let users = if is_full() { USERS } else { USERS_OF_A_SHORT_RUN };
    let (sandbox, secrets) = enrolled(users);
    let mut logins: Vec<Login> = Vec::new();
    for (user, secret) in secrets.iter().enumerate() {
        let mut codes: Vec<String> = Vec::new();
        let mut step = 2;
        while codes.len() < CODES {
            let code = secret.code(real_now() + 30 * step);
            step += 1;
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes.extend_from_within(..REPEATED);
        logins.extend(codes.into_iter().map(|code| Login { user, code }));
    }
    shuffle(&mut logins);
    let total = logins.len();
    let queue = Mutex::new(logins);
    let ends: Mutex<BTreeMap<(usize, String), Vec<String>>> = Mutex::default();
    let (busy, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let real = sandbox.real();
    let work = |worker: usize| {
        loop {
            let Some(login) = queue.lock().unwrap().pop() else { return };
            let (user, client) = (name(login.user), format!("worker {worker}"));
            let args = ["--no-groups", "--client", &client, "--", &user];
            let run = real.verify(&args, Some(&login.code));
            let reason = run.reason();
            if reason == "busy" {
                busy.fetch_add(1, Ordering::Relaxed);
                queue.lock().unwrap().push(login);
                continue;
            }
            assert_eq!(run.code == 0, reason == "code-accepted", "{run:?}");
            ends.lock().unwrap().entry((login.user, login.code)).or_default().push(reason);
        }
    };
    let administer = || {
        let mut edits = Vec::new();
        while !is_over.load(Ordering::Relaxed) && edits.len() < users {
            let number = edits.len();
            let notes = format!("edit {number}");
            let run = real.admin(&["users", "edit", &name(number), "--notes", &notes]);
            assert_eq!(run.code, 0, "{run:?}");
            edits.push(notes);
        }
        edits
    };
    let edits = thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> =
            (0..PROCESSES).map(|worker| scope.spawn(move || work(worker))).collect();
        let administrator = scope.spawn(administer);
        let ended: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(ended.iter().all(Result::is_ok), "a worker failed");
        administrator.join().unwrap()
    });

    let ends = ends.lock().unwrap();
    let count = |reason: &str| ends.values().flatten().filter(|end| *end == reason).count();
    println!("{total} logins, {} edits, busy {busy:?}", edits.len());
    for (login, reasons) in &*ends {
        let accepted = reasons.iter().filter(|reason| *reason == "code-accepted").count();
        assert_eq!(accepted, 1, "{login:?}: {reasons:?}");
    }
    assert_eq!((count("code-accepted"), count("code-used")), (users * CODES, users * REPEATED));
    assert!(busy.load(Ordering::Relaxed) <= total / 100, "{busy:?} of {total} found it busy");
    let least = if is_full() { 20 } else { 1 };
    assert!(edits.len() >= least, "the administrator was kept waiting: {}", edits.len());
    sandbox.at_real_time();
    for (number, notes) in edits.iter().enumerate() {
        assert_eq!(sandbox.show(&name(number))["notes"], notes.as_str());
    }
    let listed = sandbox.admin_ok(&["users", "list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let states: Vec<_> =
        listed["entries"].as_array().unwrap().iter().map(|row| &row["state"]).collect();
    assert_eq!(states.iter().filter(|state| **state == "active").count(), users, "locked out");
    for args in [["store", "check"], ["audit", "verify"]] {
        let run = sandbox.admin(&args);
        assert_eq!(run.code, 0, "{run:?}");
    }
}

/// How many users sign in at once on a slow disk, and how many µs each sync of the trail takes: one
/// after another, the last would wait longer than any lock allows.
const CROWD: usize = 24;
const SYNC: u32 = 600_000;

/// Guards the Monday-morning rush: a login that waits for the disk does not keep others from
/// writing to the trail.
#[test]
fn many_users_at_once_get_in_despite_a_slow_disk() {
    if !tracer::is_available() {
        return;
    }
    let (sandbox, secrets) = enrolled(CROWD);
    let real = sandbox.real();
    let options =
        ["--trace=fdatasync".to_owned(), format!("--inject=fdatasync:delay_enter={SYNC}")];
    let start = |(user, secret): (usize, &Secret)| {
        let verifier = real.verifier(["--no-groups", "--code-stdin", "--", &name(user)]);
        let log = sandbox.beside(&format!("strace-{user}"));
        let mut login = tracer::traced(&verifier, &log, &options).spawn().unwrap();
        tracer::feed(&mut login, &format!("{}\n", secret.code(real_now())));
        (login, log)
    };
    let logins: Vec<_> = secrets.iter().enumerate().map(start).collect();
    for (login, log) in logins {
        let run = finish(login);
        assert_eq!(run.end(), (0, "code-accepted".into()), "{run:?}");
        let syncs = std::fs::read_to_string(log).unwrap();
        assert_eq!(syncs.matches("(DELAYED)").count(), 1, "{syncs}");
    }
    let run = sandbox.admin(&["audit", "verify"]);
    assert_eq!(run.code, 0, "{run:?}");
}

fn name(user: usize) -> String {
    format!("user{user:04}")
}

/// Creates a store with this many enrolled users, in memory if possible.
fn enrolled(users: usize) -> (Sandbox, Vec<Secret>) {
    let sandbox = Sandbox::in_memory();
    sandbox.at_real_time();
    let names: Vec<String> = (0..users).map(name).collect();
    let add: Vec<&str> = ["users", "add"].into_iter().chain(names.iter().map(|n| &**n)).collect();
    sandbox.admin_ok(&add);
    sandbox.admin_ok(&["enable"]);
    let store = store::open(&sandbox.path()).unwrap();
    let keys = records::key_ring(&*store).unwrap();
    let now = Timestamp::from_unix(sandbox.now());
    let secrets = names.iter().map(|name| {
        let bytes = &Sha256::digest(name)[..20];
        let account = Name::parse(name).unwrap();
        let nonce = Sha256::digest(bytes)[..24].try_into().unwrap();
        store
            .update(Scope::Account(&account.key()), |locked| {
                let state = records::state(locked, &account)?.unwrap();
                let next = State {
                    enrolment: Enrolment::Active,
                    secret: Some(keys.seal(&account, Field::Secret, bytes, &nonce)),
                    digits: Some(Digits::DEFAULT),
                    activated: Some(now),
                    ..state
                };
                records::write_state(locked, &account, &next)
            })
            .unwrap();
        Secret::from_base32(&BASE32_NOPAD.encode(bytes))
    });
    let secrets = secrets.collect();
    (sandbox, secrets)
}

/// Shuffles the logins, in the same way at each run.
fn shuffle(logins: &mut [Login]) {
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    for at in (1..logins.len()).rev() {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        logins.swap(at, usize::try_from(dice % (at as u64 + 1)).unwrap());
    }
}
