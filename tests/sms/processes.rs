//! Concurrent real processes: one message, one grant, no one delayed, nothing lost by a kill.

use std::time::{Duration, Instant};

use crate::sandbox::{Real, Run, Sandbox, finish, real_now};
use crate::{Outbox, with_alice};

/// Creates a store for real processes, and its command.
fn real() -> (Sandbox, Outbox, Real) {
    let (sandbox, outbox) = with_alice();
    let real = sandbox.real();
    (sandbox, outbox, real)
}

fn at_once(real: &Real, count: usize, args: &[&str], code: Option<&str>) -> Vec<Run> {
    let children: Vec<_> = (0..count).map(|_| real.start(args, code)).collect();
    children.into_iter().map(finish).collect()
}

fn count(runs: &[Run], reason: &str) -> usize {
    runs.iter().filter(|run| run.reason() == reason).count()
}

/// Guards the bill and the code: 20 logins at once send one message, and 20 valid codes earn one
/// grant.
#[test]
fn twenty_logins_send_one_message_and_twenty_codes_earn_one_grant() {
    for round in 0..3 {
        let (_sandbox, outbox, real) = real();
        let runs = at_once(&real, 20, &["--", "alice"], None);
        let ends = (count(&runs, "sms-sent"), count(&runs, "sms-already-sent"));
        assert_eq!(ends, (1, 19), "round {round}: {runs:?}");
        assert_eq!(outbox.count(), 1, "round {round}");
        let runs = at_once(&real, 20, &["--resend", "--", "alice"], None);
        assert_eq!(count(&runs, "sms-not-yet"), 20, "round {round}: {runs:?}");
        let runs = at_once(&real, 20, &["--", "alice"], Some(&outbox.code()));
        let ends = (count(&runs, "activated"), count(&runs, "code-used"));
        assert_eq!(ends, (1, 19), "round {round}: {runs:?}");
    }
}

#[test]
fn concurrent_messages_of_a_day_are_counted_exactly() {
    let (sandbox, outbox, real) = real();
    let names: Vec<String> = (0..12).map(|number| format!("user{number}")).collect();
    for (number, name) in names.iter().enumerate() {
        let phone = format!("+336123456{number:02}");
        sandbox.admin_ok(&["users", "add", name, "--method", "sms", "--phone", &phone]);
    }
    sandbox.admin_ok(&["advanced", "set", "sms-daily-limit", "5"]);
    // A store of an earlier version lacks the lock. Whichever process creates it, all hold the same
    // one.
    std::fs::remove_file(sandbox.path().join("locks/sms")).unwrap();
    let children: Vec<_> = names.iter().map(|name| real.start(&["--", name], None)).collect();
    let runs: Vec<_> = children.into_iter().map(finish).collect();
    // At midnight another day begins, with another count.
    let sent = count(&runs, "sms-sent");
    assert_eq!(
        (sent == 5 || real_now() % 86_400 < 60, sent + count(&runs, "sms-not-yet")),
        (true, 12)
    );
    assert_eq!(outbox.count(), sent, "{runs:?}");
}

/// Guards users against slow messages, their own and each other's: the lock is free while one is
/// sent.
#[test]
fn no_one_waits_for_a_message() {
    let (_sandbox, outbox, real) = real();
    outbox.mode("slow");
    let slow = real.start(&["--", "alice"], None);
    let started = Instant::now();
    while outbox.count() == 0 {
        assert!(started.elapsed() < Duration::from_secs(30), "the command never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    let began = Instant::now();
    let second = real.verify(&["--", "alice"], None);
    assert_eq!(second.reason(), "sms-already-sent", "{second:?}");
    let early = real.verify(&["--", "alice"], Some(&outbox.code()));
    assert_eq!(early.reason(), "activated", "the message was faster than its command: {early:?}");
    assert!(began.elapsed() < Duration::from_millis(2500), "{:?}", began.elapsed());
    let run = finish(slow);
    assert_eq!(run.reason(), "sms-sent", "{run:?}");
    assert_eq!(real.verify(&["--", "alice"], Some(&outbox.code())).reason(), "code-used");
}

/// Guards against a kill between reservation and confirmation. It costs one message of the hour and
/// a minute; a code that did arrive is valid.
#[test]
fn a_kill_while_sending_costs_one_message() {
    let (sandbox, outbox, real) = real();
    sandbox.admin_ok(&["advanced", "set", "sms-hourly-limit", "3"]);
    outbox.mode("slow");
    let mut child = real.start(&["--", "alice"], None);
    let started = Instant::now();
    while outbox.count() == 0 {
        assert!(started.elapsed() < Duration::from_secs(30), "the command never began");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    outbox.mode("");
    let code = outbox.code();
    sandbox.at_real_time();
    assert_eq!(crate::sign_in(&sandbox).reason(), "sms-already-sent");
    sandbox.pass(70);
    assert_eq!(crate::sign_in(&sandbox).reason(), "sms-sent");
    assert_eq!(outbox.code(), code, "the same code is sent again");
    sandbox.pass(40);
    assert_eq!(crate::resend(&sandbox).reason(), "sms-sent");
    sandbox.pass(40);
    assert_eq!(crate::resend(&sandbox).reason(), "sms-not-yet", "three messages in all");
    assert_eq!(crate::type_code(&sandbox, &code).reason(), "activated");
    assert_eq!(sandbox.admin(&["audit", "verify"]).code, 0);
}

/// Guards against other accounts that look at a process: it shows no code, no number, no token.
#[cfg(target_os = "linux")]
#[test]
fn arguments_and_variables_of_the_command_contain_no_secret() {
    let (_sandbox, outbox, real) = real();
    outbox.mode("slow");
    let child = real.start(&["--", "alice"], None);
    let started = Instant::now();
    let mut seen = String::new();
    while outbox.count() == 0 || !seen.contains("command") {
        assert!(started.elapsed() < Duration::from_secs(30), "the command was not seen: {seen}");
        seen += &processes_below(child.id());
        std::thread::sleep(Duration::from_millis(5));
    }
    for secret in [crate::NUMBER, "612345678", &outbox.code()] {
        assert!(!seen.contains(secret), "{secret}: {seen}");
    }
    finish(child);
}

/// Returns the arguments and variables of a process and its children.
#[cfg(target_os = "linux")]
fn processes_below(id: u32) -> String {
    let read = |name: &str| std::fs::read(format!("/proc/{id}/{name}")).unwrap_or_default();
    let mut seen =
        String::from_utf8_lossy(&[read("cmdline"), read("environ")].concat()).into_owned();
    let children = read(&format!("task/{id}/children"));
    for child in String::from_utf8_lossy(&children).split_whitespace() {
        seen += &processes_below(child.parse().unwrap());
    }
    seen
}
