//! Random histories of one user, compared with a model that does everything in a slow and plain
//! way.
//!
//! The model implements the manual, not the program: it lists the codes of the whole window and
//! remembers every step that was ever accepted.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::sandbox::{Run, Sandbox, Secret};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// An event in a history.
#[derive(Clone, Debug)]
enum Event {
    /// A code of the step this far from now, from this client.
    Code(i64, u8),
    /// The same, with a session.
    CodeWithSession(i64, u8),
    /// A code that was accepted before.
    Replay(usize, u8),
    Wrong,
    /// A recovery code that was made at some time, from this client.
    Recovery(usize, u8),
    WrongRecovery,
    MakeRecovery(u8),
    Malformed,
    SignIn,
    Session(u8),
    CheckSession(u8),
    Rdp,
    End(u8),
    Clock(i64),
    Reset,
    Unlock,
    Revoke,
    Discrepancy(i64),
    Attempts(u32),
    BeforeFirst(i64),
    AfterFirst(i64),
    RdpAfterPortal(i64),
}

fn event() -> impl Strategy<Value = Event> {
    let offset = prop_oneof![3 => -1_i64..=1, 2 => -6_i64..=6, 1 => -70_i64..=70];
    let clock = prop_oneof![
        6 => Just(30_i64),
        3 => 0_i64..600,
        2 => -600_i64..0,
        1 => prop_oneof![Just(3600_i64), Just(86_400), Just(-3600), Just(-86_400)],
    ];
    prop_oneof![
        8 => (offset.clone(), 0..3_u8).prop_map(|(offset, client)| Event::Code(offset, client)),
        3 => (offset, 0..3_u8).prop_map(|(offset, client)| Event::CodeWithSession(offset, client)),
        4 => (any::<usize>(), 0..3_u8).prop_map(|(which, client)| Event::Replay(which, client)),
        4 => Just(Event::Wrong),
        5 => (any::<usize>(), 0..3_u8).prop_map(|(which, client)| Event::Recovery(which, client)),
        1 => Just(Event::WrongRecovery),
        3 => (1..4_u8).prop_map(Event::MakeRecovery),
        1 => Just(Event::Malformed),
        2 => Just(Event::SignIn),
        4 => (0..3_u8).prop_map(Event::Session),
        1 => (0..3_u8).prop_map(Event::CheckSession),
        4 => Just(Event::Rdp),
        1 => (0..3_u8).prop_map(Event::End),
        8 => clock.prop_map(Event::Clock),
        1 => Just(Event::Reset),
        1 => Just(Event::Unlock),
        1 => Just(Event::Revoke),
        1 => prop_oneof![Just(0_i64), Just(3), Just(20), Just(60)].prop_map(Event::Discrepancy),
        1 => (1..6_u32).prop_map(Event::Attempts),
        1 => prop_oneof![Just(0_i64), Just(60), Just(3600)].prop_map(Event::BeforeFirst),
        1 => prop_oneof![Just(0_i64), Just(1), Just(480)].prop_map(Event::AfterFirst),
        1 => prop_oneof![Just(0_i64), Just(60), Just(300)].prop_map(Event::RdpAfterPortal),
    ]
}

/// One user according to the manual.
struct Model {
    secret: Option<Secret>,
    active: bool,
    shown_first: i64,
    /// Every accepted step, with the step of the clock at that moment.
    accepted: BTreeMap<i64, i64>,
    last: Option<i64>,
    drift: i64,
    /// The current recovery codes, and whether each was used.
    recovery: BTreeMap<String, bool>,
    failures: u32,
    /// When the lock ends, and its length.
    lock: Option<(i64, i64)>,
    /// By client: when the code was accepted, and when the first session was opened.
    grants: BTreeMap<u8, (i64, Option<i64>)>,
    /// By client: when the last session was opened, while `rdp-after-portal` was on.
    opened: BTreeMap<u8, i64>,
    discrepancy: i64,
    attempts: u32,
    before_first: i64,
    after_first: i64,
    rdp_after_portal: i64,
}

impl Model {
    fn new() -> Self {
        Self {
            secret: None,
            active: false,
            shown_first: 0,
            accepted: BTreeMap::new(),
            last: None,
            drift: 0,
            recovery: BTreeMap::new(),
            failures: 0,
            lock: None,
            grants: BTreeMap::new(),
            opened: BTreeMap::new(),
            discrepancy: 60,
            attempts: 5,
            before_first: 3600,
            after_first: 480,
            rdp_after_portal: 60,
        }
    }

    fn forget(&mut self) {
        let (discrepancy, attempts) = (self.discrepancy, self.attempts);
        let (before_first, after_first) = (self.before_first, self.after_first);
        let rdp_after_portal = self.rdp_after_portal;
        let fresh = Self::new();
        *self =
            Self { discrepancy, attempts, before_first, after_first, rdp_after_portal, ..fresh };
    }

    /// Returns the seconds for which the user is locked.
    fn locked(&mut self, now: i64) -> Option<i64> {
        let (until, length) = self.lock?;
        let until = until.min(now + length);
        self.lock = Some((until, length));
        (now < until).then_some(until - now)
    }

    fn shows(&self, now: i64) -> bool {
        let age = now - self.shown_first;
        self.secret.is_some() && !self.active && (0..1800).contains(&age)
    }

    /// Returns the expected answer to a sign-in with a code, and the step that it spends.
    fn code(&mut self, code: &str, now: i64) -> (&'static str, Option<i64>) {
        if self.locked(now).is_some() {
            return ("locked", None);
        }
        if !self.active && !self.shows(now) {
            return ("enrolment-required", None);
        }
        let secret = self.secret.as_ref().unwrap();
        let is_code_of = |step: i64| secret.code(step * 30) == code;
        let last = self.last.unwrap_or(i64::MIN);
        let above = self.accepted.keys().copied().filter(|step| *step > last);
        if above.chain(self.last).any(is_code_of) {
            return ("code-used", None);
        }
        let step = now.div_euclid(30);
        let window = step - self.discrepancy..=step + self.discrepancy;
        let matches: Vec<i64> = window.clone().filter(|step| is_code_of(*step)).collect();
        let expected = (step + self.drift).clamp(*window.start(), *window.end());
        let fresh = matches.iter().filter(|step| **step > last);
        match fresh.min_by_key(|step| ((**step - expected).abs(), **step)) {
            Some(found) => {
                let reason = if self.active { "code-accepted" } else { "activated" };
                self.active = true;
                self.last = Some(last.max(step.min(*found)));
                self.drift = found - step;
                (self.failures, self.lock) = (0, None);
                (reason, Some(*found))
            }
            None if matches.is_empty() => (self.charge(now), None),
            None => ("code-used", None),
        }
    }

    fn charge(&mut self, now: i64) -> &'static str {
        self.failures += 1;
        let Some(beyond) = self.failures.checked_sub(self.attempts) else {
            return "wrong-code";
        };
        let length = 3600.min(60 << beyond.min(6));
        self.lock = Some((now + length, length));
        "locked"
    }

    /// Returns the expected answer to a sign-in with a text in the form of a recovery code.
    fn recover(&mut self, code: &str, now: i64) -> &'static str {
        if self.locked(now).is_some() {
            return "locked";
        }
        if !self.active {
            return if self.shows(now) { "wrong-code" } else { "enrolment-required" };
        }
        match self.recovery.get_mut(code) {
            None => self.charge(now),
            Some(true) => "code-used",
            Some(used) => {
                *used = true;
                (self.failures, self.lock) = (0, None);
                "recovery-code-accepted"
            }
        }
    }

    /// Notes that a session of this client opened.
    fn open(&mut self, client: u8, now: i64) {
        if self.rdp_after_portal > 0 {
            self.opened.insert(client, now);
        }
    }

    /// Returns whether plain RDP may follow a session in the portal.
    fn lets_rdp_follow(&self, now: i64) -> bool {
        self.opened.values().any(|opened| (0..self.rdp_after_portal).contains(&(now - opened)))
    }

    fn is_live(&self, client: u8, now: i64) -> bool {
        let Some((validated, first)) = self.grants.get(&client) else { return false };
        let end =
            first.map_or(validated + self.before_first, |first| first + 60 * self.after_first);
        *validated <= now && first.is_none_or(|first| first <= now) && now < end
    }
}

/// One history: the program and the model side by side.
struct Story<'a> {
    sandbox: &'a Sandbox,
    user: String,
    model: Model,
    secrets: BTreeSet<String>,
    spent: Vec<String>,
    /// Every recovery code that was ever made.
    recovery: Vec<String>,
    /// How many of them were accepted.
    recovered: usize,
    /// How often plain RDP followed a session.
    followed: usize,
}

impl Story<'_> {
    fn ask(&self, args: &[&str], client: u8, code: Option<&str>) -> Run {
        let client = format!("client{client}");
        self.sandbox.verify(&[args, &["--client", &client, "--", &self.user]].concat(), code)
    }

    fn set(&self, key: &str, value: &impl ToString) {
        self.sandbox.set(key, &value.to_string());
    }

    /// Records the secret that an answer shows.
    fn show(&mut self, run: &Run) {
        let now = self.sandbox.now();
        let secret = Secret::of(&run.json());
        if self.model.shows(now) {
            assert_eq!(Some(&secret), self.model.secret.as_ref(), "shown within 30 minutes");
            return;
        }
        assert!(self.secrets.insert(secret.to_base32()), "a secret was issued twice");
        self.spent.clear();
        let model = &mut self.model;
        (model.secret, model.shown_first) = (Some(secret), now);
        (model.last, model.drift) = (None, 0);
        model.accepted.clear();
    }

    fn code(&mut self, code: &str, client: u8, session: bool) {
        let now = self.sandbox.now();
        let args: &[&str] = if session { &["--session", "html5"] } else { &[] };
        let run = self.ask(args, client, Some(code));
        let (expected, spent) = self.model.code(code, now);
        assert_eq!(run.reason(), expected);
        assert_eq!(run.code == 0, spent.is_some(), "no grant without a valid unspent code");
        match expected {
            "enrolment-required" => self.show(&run),
            "locked" => {
                let left = self.model.locked(now);
                assert_eq!(run.json()["retry_after"].as_i64(), left);
                assert!(left.is_some_and(|left| left <= 3600));
            }
            _ => {}
        }
        let Some(step) = spent else { return };
        let drift = self.sandbox.show(&self.user)["drift_steps"].as_i64().unwrap();
        assert_eq!(now.div_euclid(30) + drift, step, "the step that was spent");
        let twice = self.model.accepted.insert(step, now.div_euclid(30));
        assert_eq!(twice, None, "a step is accepted once");
        self.spent.push(code.to_owned());
        self.earn(client, session);
    }

    fn earn(&mut self, client: u8, session: bool) {
        let now = self.sandbox.now();
        let live: Vec<u8> = (0..3).filter(|client| self.model.is_live(*client, now)).collect();
        self.model.grants.retain(|client, _| live.contains(client));
        self.model.opened.retain(|other, _| live.contains(other) && *other != client);
        self.model.grants.insert(client, (now, session.then_some(now)));
        if session {
            self.model.open(client, now);
        }
    }

    fn recover(&mut self, code: &str, client: u8) {
        let run = self.ask(&[], client, Some(code));
        let expected = self.model.recover(code, self.sandbox.now());
        assert_eq!(run.reason(), expected);
        assert_eq!(run.code == 0, expected == "recovery-code-accepted");
        match expected {
            "enrolment-required" => self.show(&run),
            "recovery-code-accepted" => {
                self.recovered += 1;
                self.earn(client, false);
            }
            _ => {}
        }
    }

    fn make_recovery_codes(&mut self, count: u8) {
        let count = count.to_string();
        let args = ["users", "recovery-codes", &self.user, "--yes", "--count", &count];
        let run = self.sandbox.admin(&args);
        assert_eq!(run.code == 0, self.model.active, "{run:?}");
        let codes = run.stdout.lines().map(str::to_owned);
        if self.model.active {
            self.model.recovery = codes.clone().map(|code| (code, false)).collect();
            self.recovery.extend(codes);
        }
    }

    fn session(&mut self, client: u8, check: bool) {
        let now = self.sandbox.now();
        let args: &[&str] =
            if check { &["--check", "--session", "html5"] } else { &["--session", "html5"] };
        let run = self.ask(args, client, None);
        let live = self.model.is_live(client, now);
        let expected = if live { (0, "session-valid") } else { (3, "code-required") };
        assert_eq!((run.code, run.reason().as_str()), expected);
        if let (true, false, Some((_, first))) = (live, check, self.model.grants.get_mut(&client)) {
            first.get_or_insert(now);
            self.model.open(client, now);
        }
    }

    fn rdp(&mut self) {
        let run = self.sandbox.verify(&["--session", "rdp", "--", &self.user], None);
        let follows = self.model.lets_rdp_follow(self.sandbox.now());
        let expected = if follows { (0, "session-valid") } else { (1, "rdp-not-allowed") };
        assert_eq!((run.code, run.reason().as_str()), expected);
        self.followed += usize::from(follows);
    }

    fn sign_in(&mut self) {
        let now = self.sandbox.now();
        let run = self.ask(&[], 0, None);
        let expected = match (self.model.locked(now), self.model.active) {
            (Some(_), _) => "locked",
            (None, true) => "code-required",
            (None, false) => "enrolment-required",
        };
        assert_eq!(run.reason(), expected);
        if expected == "enrolment-required" {
            self.show(&run);
        }
    }

    fn happen(&mut self, event: &Event) {
        let now = self.sandbox.now();
        let of_step = |model: &Model, offset: i64| match &model.secret {
            Some(secret) => secret.code(now + 30 * offset),
            None => "123456".to_owned(),
        };
        match *event {
            Event::Code(offset, client) => {
                self.code(&of_step(&self.model, offset), client, false);
            }
            Event::CodeWithSession(offset, client) => {
                self.code(&of_step(&self.model, offset), client, true);
            }
            Event::Replay(which, client) => {
                if let Some(code) = self.spent.get(which % self.spent.len().max(1)) {
                    self.code(&code.clone(), client, false);
                }
            }
            Event::Wrong => {
                let wrong = self.model.secret.as_ref().map(|secret| secret.wrong_code(now));
                self.code(&wrong.unwrap_or_else(|| "123456".into()), 0, false);
            }
            Event::Recovery(which, client) => {
                if let Some(code) = self.recovery.get(which % self.recovery.len().max(1)) {
                    self.recover(&code.clone(), client);
                }
            }
            Event::WrongRecovery => self.recover("0000-0000-0000-0000", 0),
            Event::MakeRecovery(count) => self.make_recovery_codes(count),
            Event::Malformed => {
                let locked = self.model.locked(now).is_some();
                if !locked && (self.model.active || self.model.shows(now)) {
                    assert_eq!(self.ask(&[], 0, Some("12345")).end(), (1, "wrong-code".into()));
                }
            }
            Event::SignIn => self.sign_in(),
            Event::Session(client) => self.session(client, false),
            Event::CheckSession(client) => self.session(client, true),
            Event::Rdp => self.rdp(),
            Event::End(client) => {
                assert_eq!(self.ask(&["--end"], client, None).code, 5);
                self.model.grants.remove(&client);
                self.model.opened.remove(&client);
            }
            Event::Clock(seconds) => _ = self.sandbox.pass(seconds),
            Event::Reset => {
                self.sandbox.admin_ok(&["users", "reset", &self.user, "--yes"]);
                self.model.forget();
                self.spent.clear();
            }
            Event::Unlock => {
                self.sandbox.admin_ok(&["users", "unlock", &self.user]);
                (self.model.failures, self.model.lock) = (0, None);
            }
            Event::Revoke => {
                self.sandbox.admin_ok(&["users", "revoke", &self.user]);
                self.model.grants.clear();
                self.model.opened.clear();
            }
            Event::Discrepancy(steps) => {
                self.set("discrepancy", &steps);
                self.model.discrepancy = steps;
            }
            Event::Attempts(attempts) => {
                self.set("lockout-attempts", &attempts);
                self.model.attempts = attempts;
            }
            Event::BeforeFirst(seconds) => {
                self.set("validity-before-first-session", &seconds);
                self.model.before_first = seconds;
            }
            Event::AfterFirst(minutes) => {
                self.set("validity-after-first-session", &minutes);
                self.model.after_first = minutes;
            }
            Event::RdpAfterPortal(seconds) => {
                self.set("rdp-after-portal", &seconds);
                self.model.rdp_after_portal = seconds;
            }
        }
        let row = self.sandbox.show(&self.user);
        assert_eq!(row["failures"].as_u64(), Some(u64::from(self.model.failures)), "{event:?}");
        assert_eq!(row["enrolment"] == "active", self.model.active, "{event:?}");
        let left = self.model.recovery.values().filter(|used| !**used).count();
        assert_eq!(row["recovery_codes_left"], left, "{event:?}");
    }
}

#[test]
fn no_history_earns_a_grant_without_a_valid_unspent_code() {
    let sandbox = Sandbox::with_users(&[]);
    let users = Cell::new(0);
    let (accepted, recovered, followed) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let history = proptest::collection::vec(event(), 1..50);
    let result = TestRunner::new(config).run(&history, |history| {
        users.set(users.get() + 1);
        let user = format!("user{}", users.get());
        sandbox.at(0).admin_ok(&["users", "add", &user]);
        let story_model = Model::new();
        let mut story = Story {
            sandbox: &sandbox,
            user,
            model: story_model,
            secrets: BTreeSet::new(),
            spent: Vec::new(),
            recovery: Vec::new(),
            recovered: 0,
            followed: 0,
        };
        story.set("discrepancy", &story.model.discrepancy);
        story.set("lockout-attempts", &story.model.attempts);
        story.set("validity-before-first-session", &story.model.before_first);
        story.set("validity-after-first-session", &story.model.after_first);
        story.set("rdp-after-portal", &story.model.rdp_after_portal);
        story.sign_in();
        for event in &history {
            story.happen(event);
        }
        accepted.set(accepted.get() + story.model.accepted.len());
        recovered.set(recovered.get() + story.recovered);
        followed.set(followed.get() + story.followed);
        Ok(())
    });
    result.unwrap();
    assert!(followed.get() > 3, "plain RDP followed too few sessions: {followed:?}");
    assert!(recovered.get() > 5, "too few recovery codes were accepted: {recovered:?}");
    assert!(accepted.get() > 50, "too few codes were accepted to prove anything: {accepted:?}");
}
