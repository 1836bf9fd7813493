//! Processes that are killed at any moment of their work.

use std::process::Child;
use std::time::{Duration, Instant};

use super::{coming_codes, enrolled};
use crate::sandbox::{Real, Run, Sandbox, Secret, finish, real_now, was_killed};

/// The number of kills that must hit a running process. Under Wine each process starts slowly.
const KILLS: u32 = if cfg!(windows) { 10 } else { 120 };

/// Random numbers that differ at each run of the tests.
struct Random(u64);

impl Random {
    fn thrown() -> Self {
        Self(u64::from(std::process::id()) << 32 | u64::try_from(real_now()).unwrap() | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Kills a process after a pause. Returns how it ended if it was faster.
fn kill_after(mut child: Child, pause: Duration) -> Option<Run> {
    std::thread::sleep(pause);
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    output.status.code().filter(|_| !was_killed(&output)).map(|code| Run {
        code: u8::try_from(code).unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    })
}

/// A store whose processes are killed.
struct Battlefield {
    sandbox: Sandbox,
    real: Real,
    dice: Random,
    /// The duration of a run.
    usual: Duration,
    kills: u32,
    survivors: u32,
}

impl Battlefield {
    fn new(sandbox: Sandbox) -> Self {
        let real = sandbox.real();
        let started = Instant::now();
        for _ in 0..5 {
            finish(real.start(&["--end", "--", "alice"], None));
        }
        let usual = started.elapsed() / 5;
        Self { sandbox, real, dice: Random::thrown(), usual, kills: 0, survivors: 0 }
    }

    /// Kills a process at a random moment; `None` if it was hit before it ended.
    fn kill_randomly(&mut self, child: Child) -> Option<Run> {
        let most = u64::try_from(self.usual.as_micros()).unwrap() * 3 / 2;
        let run = kill_after(child, Duration::from_micros(self.dice.below(most.max(2))));
        match run {
            Some(_) => self.survivors += 1,
            None => self.kills += 1,
        }
        run
    }

    fn goes_on(&self) -> bool {
        assert!(self.survivors < 20 * KILLS, "the processes end before they can be killed");
        self.kills < KILLS
    }

    /// Runs the verifier in this process; a lock left behind, or half a document, would cause an
    /// error.
    fn ask(&self, args: &[&str], code: Option<&str>) -> String {
        let run = self.sandbox.at_real_time().verify(args, code);
        assert_ne!(run.code, 4, "a kill left something behind: {run:?}");
        run.reason()
    }
}

#[test]
fn a_killed_login_loses_nothing_and_accepts_no_code_twice() {
    let (sandbox, secrets) = enrolled(&["alice"]);
    let mut field = Battlefield::new(sandbox);
    let mut secret: Secret = secrets[0].clone();
    let mut codes: Vec<String> = coming_codes(&secret).collect();
    codes.reverse();
    let alice = ["--client", "c1", "--", "alice"];
    while field.goes_on() {
        let Some(code) = codes.pop() else {
            field.sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
            secret = field.sandbox.at_real_time().enrol("alice");
            codes = coming_codes(&secret).collect();
            codes.reverse();
            continue;
        };
        let run = field.kill_randomly(field.real.start(&alice, Some(&code)));
        let again = field.ask(&alice, Some(&code));
        match run {
            Some(run) => {
                assert_eq!(run.reason(), "code-accepted", "{run:?}");
                assert_eq!(again, "code-used", "an acknowledged code is durable");
            }
            None => assert!(["code-used", "code-accepted"].contains(&&*again), "{again}"),
        }
        assert_eq!(field.ask(&alice, Some(&code)), "code-used");
        let session = ["--session", "html5", "--client", "c1", "--", "alice"];
        assert_eq!(field.ask(&session, None), "session-valid", "its grant is durable too");
    }
    assert_eq!(field.sandbox.show("alice")["failures"], 0);
}

#[test]
fn a_killed_first_login_leaves_one_secret_and_lets_the_user_enrol() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let mut field = Battlefield::new(sandbox);
    let alice = ["--qr", "none", "--", "alice"];
    while field.goes_on() {
        let run = field.kill_randomly(field.real.start(&alice, None));
        let shown = field.sandbox.at_real_time().verify(&alice, None);
        if let Some(run) = run {
            assert_eq!(Secret::of(&run.json()), Secret::of(&shown.json()), "shown and forgotten");
        }
        let code = Secret::of(&shown.json()).code(field.sandbox.now());
        assert_eq!(field.ask(&alice, Some(&code)), "activated");
        field.sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    }
}

/// Guards the two documents of a listed user: a kill between the writes locks out no user.
#[test]
fn killed_administrators_leave_the_old_or_the_new_state() {
    let (sandbox, _) = enrolled(&["alice", "bob"]);
    let mut field = Battlefield::new(sandbox);
    let mut seconds = 60;
    while field.goes_on() {
        let name = format!("user{}", field.kills + field.survivors);
        let check = ["--check", "--", &name];
        let added = field.kill_randomly(field.real.tool(["users", "add", &name]).spawn().unwrap());
        let found = field.ask(&check, None);
        match added {
            Some(run) => assert_eq!((run.code, &*found), (0, "enrolment-required"), "{run:?}"),
            None => assert!(["enrolment-required", "not-listed"].contains(&&*found), "{found}"),
        }
        field.sandbox.admin_ok(&["users", "add", &name]);
        assert_eq!(field.ask(&check, None), "enrolment-required");

        let remove = ["users", "remove", "--yes", &name];
        let removed = field.kill_randomly(field.real.tool(remove).spawn().unwrap());
        let found = field.ask(&check, None);
        match removed {
            Some(run) => assert_eq!((run.code, &*found), (0, "not-listed"), "{run:?}"),
            None => assert!(["enrolment-required", "not-listed"].contains(&&*found), "{found}"),
        }
        field.sandbox.admin_ok(&["users", "remove", "--yes", "--ignore-missing", &name]);
        assert_eq!(field.ask(&check, None), "not-listed");

        let reset = ["users", "reset", "--yes", "bob"];
        let reset = field.kill_randomly(field.real.tool(reset).spawn().unwrap());
        let found = field.ask(&["--check", "--", "bob"], None);
        match reset {
            Some(run) => assert_eq!((run.code, &*found), (0, "enrolment-required"), "{run:?}"),
            None => assert!(["enrolment-required", "code-required"].contains(&&*found), "{found}"),
        }
        if found == "enrolment-required" {
            field.sandbox.enrol("bob");
        }

        let next = seconds + 1;
        let set = ["advanced", "set", "lockout-seconds", &next.to_string()];
        let set = field.kill_randomly(field.real.tool(set).spawn().unwrap());
        let found = field.sandbox.admin_ok(&["advanced", "get", "lockout-seconds"]);
        let found: i64 = found.trim().parse().unwrap();
        assert!(found == next || (set.is_none() && found == seconds), "{found}, {set:?}");
        seconds = found;
    }
    let listed = field.sandbox.admin_ok(&["users", "list", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let names: Vec<_> = listed["entries"].as_array().unwrap().iter().map(|e| &e["name"]).collect();
    assert_eq!(names, ["alice", "bob"]);
}
