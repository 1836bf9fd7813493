//! Many logins at once.

use std::time::{Duration, Instant};

use super::{coming_codes, enrolled};
use crate::sandbox::{Run, Sandbox, Secret, finish};

/// Starts these logins as real processes at once, and waits for all of them.
fn at_once(sandbox: &Sandbox, logins: &[(&str, Option<&str>)]) -> Vec<Run> {
    let real = sandbox.real();
    let start = |(user, code): &(&str, Option<&str>)| {
        real.start(&["--qr", "none", "--client", "c1", "--", user], *code)
    };
    let children: Vec<_> = logins.iter().map(start).collect();
    children.into_iter().map(finish).collect()
}

/// Returns how many rounds to run. Under Wine each process starts slowly.
const fn rounds(usual: usize) -> usize {
    if cfg!(windows) { usual.div_ceil(4) } else { usual }
}

fn count(runs: &[Run], code: u8, reason: &str) -> usize {
    runs.iter().filter(|run| run.end() == (code, reason.to_owned())).count()
}

#[test]
fn the_same_code_twenty_times_is_accepted_once() {
    let (sandbox, secrets) = enrolled(&["alice"]);
    for code in coming_codes(&secrets[0]).take(rounds(8)) {
        let runs = at_once(&sandbox, &[("alice", Some(&*code)); 20]);
        assert_eq!(count(&runs, 0, "code-accepted"), 1, "{runs:?}");
        assert_eq!(count(&runs, 1, "code-used"), 19, "{runs:?}");
    }
    assert_eq!(sandbox.show("alice")["failures"], 0);
}

#[test]
fn the_same_recovery_code_twenty_times_is_accepted_once() {
    let (sandbox, _) = enrolled(&["alice"]);
    let codes = sandbox.admin_ok(&["users", "recovery-codes", "alice"]);
    for (used, code) in codes.lines().take(4).enumerate() {
        let runs = at_once(&sandbox, &[("alice", Some(code)); 20]);
        assert_eq!(count(&runs, 0, "recovery-code-accepted"), 1, "{runs:?}");
        assert_eq!(count(&runs, 1, "code-used"), 19, "{runs:?}");
        assert_eq!(sandbox.show("alice")["recovery_codes_left"], 9 - used);
    }
    assert_eq!(sandbox.show("alice")["failures"], 0);
}

#[test]
fn the_same_first_code_twenty_times_activates_once() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for _ in 0..rounds(3) {
        sandbox.at_real_time();
        let shown = sandbox.verify(&["--qr", "none", "--", "alice"], None);
        let code = Secret::of(&shown.json()).code(sandbox.now());
        let runs = at_once(&sandbox, &[("alice", Some(&*code)); 20]);
        assert_eq!(count(&runs, 0, "activated"), 1, "{runs:?}");
        assert_eq!(count(&runs, 1, "code-used"), 19, "{runs:?}");
        sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    }
}

#[test]
fn twenty_users_at_once_all_get_in() {
    let names: Vec<String> = (0..20).map(|number| format!("user{number}")).collect();
    let users: Vec<&str> = names.iter().map(String::as_str).collect();
    let (sandbox, secrets) = enrolled(&users);
    let codes: Vec<Vec<String>> =
        secrets.iter().map(|secret| coming_codes(secret).take(4).collect()).collect();
    for round in 0..rounds(4) {
        let logins: Vec<_> =
            users.iter().zip(&codes).map(|(user, codes)| (*user, Some(&*codes[round]))).collect();
        let runs = at_once(&sandbox, &logins);
        assert_eq!(count(&runs, 0, "code-accepted"), 20, "{runs:?}");
    }
}

/// Guards against a burst of guesses that passes the limit before the first one is counted.
#[test]
fn five_of_twenty_wrong_codes_at_once_are_charged() {
    for _ in 0..rounds(3) {
        let (sandbox, secrets) = enrolled(&["alice"]);
        let wrong: Vec<String> = secrets[0].wrong_codes(sandbox.now()).take(20).collect();
        let logins: Vec<_> = wrong.iter().map(|code| ("alice", Some(&**code))).collect();
        let runs = at_once(&sandbox, &logins);
        assert_eq!(count(&runs, 1, "wrong-code"), 4, "{runs:?}");
        assert_eq!(count(&runs, 1, "locked"), 16, "{runs:?}");
        assert_eq!(sandbox.show("alice")["failures"], 5);
    }
}

#[test]
fn first_logins_at_once_show_the_same_secret() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for _ in 0..rounds(5) {
        let runs = at_once(&sandbox, &[("alice", None); 4]);
        assert_eq!(count(&runs, 3, "enrolment-required"), 4, "{runs:?}");
        let secrets: Vec<_> = runs.iter().map(|run| Secret::of(&run.json())).collect();
        assert!(secrets.iter().all(|secret| *secret == secrets[0]), "{runs:?}");
        assert_eq!(sandbox.show("alice")["shown"]["times"], 4);
        sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    }
}

/// Guards the grants of a user who signs in from several places at the same moment.
#[test]
fn no_grant_is_lost_when_clients_sign_in_at_once() {
    let (sandbox, secrets) = enrolled(&["alice"]);
    let real = sandbox.real();
    let codes: Vec<String> = coming_codes(&secrets[0]).take(12).collect();
    let clients: Vec<String> = (0..12).map(|number| format!("client {number}")).collect();
    let children: Vec<_> = codes
        .iter()
        .zip(&clients)
        .map(|(code, client)| real.start(&["--client", client, "--", "alice"], Some(code)))
        .collect();
    for child in children {
        assert_eq!(finish(child).reason(), "code-accepted");
    }
    for client in &clients {
        let args = ["--session", "html5", "--client", client, "--", "alice"];
        assert_eq!(real.verify(&args, None).reason(), "session-valid", "{client}");
    }
}

/// Guards that edits of an administrator and logins do not overwrite each other.
#[test]
fn logins_and_edits_at_once_lose_nothing() {
    let (sandbox, secrets) = enrolled(&["alice"]);
    let real = sandbox.real();
    for (number, code) in coming_codes(&secrets[0]).take(10).enumerate() {
        let seconds = (600 + number).to_string();
        let login = real.start(&["--", "alice"], Some(&code));
        let added = real.tool(["users", "add", &format!("new{number}")]).spawn().unwrap();
        let set = real.tool(["advanced", "set", "sms-validity", &seconds]).spawn().unwrap();
        let attempts = (number + 1).to_string();
        let other = real.tool(["advanced", "set", "lockout-attempts", &attempts]).spawn().unwrap();
        assert_eq!(finish(login).reason(), "code-accepted");
        for child in [added, set, other] {
            let run = finish(child);
            assert_eq!(run.code, 0, "{run:?}");
        }
        assert_eq!(sandbox.admin_ok(&["advanced", "get", "sms-validity"]).trim(), seconds);
        assert_eq!(sandbox.admin_ok(&["advanced", "get", "lockout-attempts"]).trim(), attempts);
        assert_eq!(sandbox.show(&format!("new{number}"))["listed"], true);
        assert_eq!(sandbox.verify(&["--", "alice"], Some(&code)).reason(), "code-used");
    }
}

/// Guards that a stopped program that holds the lock cannot hang the portal.
#[test]
fn a_held_lock_is_an_error_after_five_seconds() {
    let (sandbox, secrets) = enrolled(&["alice"]);
    let code = secrets[0].code(sandbox.now() + 30);
    let before = sandbox.contents();
    let locks = std::fs::read_dir(sandbox.path().join("locks")).unwrap();
    let held: Vec<std::fs::File> = locks
        .map(|entry| std::fs::File::open(entry.unwrap().path()).unwrap())
        .inspect(|file| file.lock().unwrap())
        .collect();
    let started = Instant::now();
    let run = sandbox.real().verify(&["--", "alice"], Some(&code));
    let waited = started.elapsed();
    assert_eq!(run.end(), (4, "busy".to_owned()), "{run:?}");
    assert!(waited >= Duration::from_secs(5), "{waited:?}");
    assert!(waited < Duration::from_secs(15), "{waited:?}");
    assert_eq!(sandbox.contents(), before);
    drop(held);
    let run = sandbox.real().verify(&["--", "alice"], Some(&code));
    assert_eq!(run.end(), (0, "code-accepted".to_owned()), "the code was not spent");
}

/// Guards a reader whose open document is being replaced.
#[test]
fn a_reader_sees_the_old_or_the_new_document() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let sandbox = Sandbox::with_users(&["alice"]);
    let (document, copy) = (sandbox.path().join("store.toml"), sandbox.path().join(".copy"));
    let text = std::fs::read_to_string(&document).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                crate::sandbox::write_private(&copy, &text);
                let replace = || std::fs::rename(&copy, &document);
                rw2fa::platform::with_retry(replace).unwrap();
            }
        });
        let runs: Vec<Run> = (0..400).map(|_| sandbox.verify(&["--", "bob"], None)).collect();
        done.store(true, Ordering::Relaxed);
        let failed = runs.iter().find(|run| run.reason() != "not-listed");
        assert_eq!(failed, None);
    });
}
