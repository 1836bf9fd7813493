//! A model of parallel logins that can be killed: explores every order of steps, with a kill before each step.
//!
//! The decision and the charge are the real code. The store is a value whose writes are durable at once. The model
//! checks the order of the steps: charge, compare, record, write, answer.

use zeroize::Zeroizing;

use crate::factor::attempts::{Attempts, Charge};
use crate::factor::lockout::LockoutState;
use crate::factor::sealed::Sealed;
use crate::factor::state::{Enrolment, State};
use crate::names::listing::Method;
use crate::names::name::Name;
use crate::otp::{CodeGenerator, Digits, Secret, Step};
use crate::settings::{self, Settings};
use crate::time::Timestamp;
use crate::verify::decision::{Ruling, compare, decide};
use crate::verify::outcome::Decision;
use crate::verify::reason::Reason;
use crate::verify::request::{Ask, Memberships, Request, Session};
use crate::verify::subject::DailyQuota;
use crate::verify::subject::{Account, Facts, Subject};

const NOW: i64 = 1_795_507_215;
/// How many wrong codes lock the account.
const LIMIT: u32 = 3;

fn now() -> Timestamp {
    Timestamp::from_unix(NOW)
}

fn secret() -> Secret {
    Secret::from_bytes([7; 20])
}

/// What a client does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Act {
    /// Types a right code.
    Right,
    /// Types a wrong code.
    Wrong,
    /// Opens a session in the portal.
    Open,
    /// Connects by plain RDP.
    Rdp,
    /// Signs out.
    End,
}

/// Where a client is in one login.
#[derive(Clone)]
enum At {
    /// Waiting for the account's lock.
    Lock,
    /// Holds the lock and is about to read.
    Read,
    /// About to charge an attempt against the state it read.
    Charge(State),
    /// Has charged and is about to compare.
    Compare(State, Attempts),
    /// About to record the decision, then to write this state if there is one.
    Record(Reason, Option<u64>, Option<State>),
    /// About to write this state.
    Write(Reason, State),
    /// About to answer.
    Answer(Reason),
}

/// One client: what it has yet to do, and its progress with the first of it.
#[derive(Clone)]
struct Client {
    acts: Vec<Act>,
    at: At,
}

/// The whole state of the model: what is durable, who holds the lock, and what happened.
#[derive(Clone)]
struct World {
    counter: Attempts,
    state: State,
    trail: Vec<(u64, Reason)>,
    holder: Option<usize>,
    clients: [Client; 2],
    kills: u32,
    wrong: u32,
    /// Wrong codes compared since the last correct one was written.
    unforgiven: u32,
    granted: u32,
    /// Whether a session is recorded that opened since the last sign-out was written.
    opened: bool,
    /// Whether a session was answered that opened since the last sign-out was begun.
    confirmed: bool,
}

struct Model {
    settings: Settings,
    right: String,
    wrong: String,
    worlds: usize,
}

impl Model {
    fn new() -> Self {
        let text =
            settings::initial_text(now()).replace("enabled = false", "enabled = true").replace(
                "[advanced]",
                &format!(
                    "[advanced]\ndiscrepancy = 1\nrdp-after-portal = 60\nlockout-attempts = {LIMIT}"
                ),
            );
        let settings = settings::parse(&text).ok().unwrap();
        let generator = CodeGenerator::new(&secret());
        let step = Step::at(NOW);
        let codes = [-1, 0, 1].map(|by| {
            let step = step.offset(by).unwrap();
            generator.code(step, Digits::DEFAULT).as_str().to_owned()
        });
        let wrong = (0..4).map(|n| format!("{n:06}")).find(|code| !codes.contains(code)).unwrap();
        Self { settings, right: codes[1].clone(), wrong, worlds: 0 }
    }

    fn request(&self, act: Act) -> Request {
        let (ask, text) = match act {
            Act::Right => (Ask::SignIn, Some(&self.right)),
            Act::Wrong => (Ask::SignIn, Some(&self.wrong)),
            Act::Open => (Ask::Open(Session::Html5), None),
            Act::Rdp => (Ask::Open(Session::Rdp), None),
            Act::End => (Ask::End, None),
        };
        Request {
            memberships: Memberships::Given(Vec::new()),
            code: text.cloned().map(Zeroizing::new),
            check: false,
            ..Request::asking(&Name::parse("alice").unwrap(), ask)
        }
    }

    fn facts(&self, state: &State) -> Facts<'_> {
        Facts {
            settings: &self.settings,
            subject: Subject::Known(Box::new(Account {
                name: Name::parse("alice").unwrap(),
                method: Method::App,
                listed: true,
                groups: None,
                state: state.clone(),
                secret: Some(secret()),
                phone: None,
                sent_code: None,
                used_code: None,
                domain: None,
                whitelisted: false,
            })),
            today: DailyQuota::Open,
        }
    }

    /// The world after the next step of a client; `None` if it has to wait or is done.
    fn step(&self, world: &World, who: usize) -> Option<World> {
        let mut next = world.clone();
        let act = *world.clients[who].acts.first()?;
        let at = match world.clients[who].at.clone() {
            At::Lock if world.holder.is_some() => return None,
            At::Lock => {
                next.holder = Some(who);
                At::Read
            }
            At::Read => {
                next.confirmed &= act != Act::End;
                self.read(world, act)
            }
            At::Charge(state) => {
                let rules = self.settings.advanced.lockout();
                let record = |attempts| {
                    next.counter = attempts;
                    Ok(())
                };
                let charge = state.attempts.charge(state.failures(), rules, now(), record).unwrap();
                At::Compare(State { attempts: charge.attempts(), ..state }, charge.attempts())
            }
            At::Compare(state, attempts) => self.compare(&mut next, act, &state, attempts),
            At::Record(reason, attempt, state) => {
                next.trail.extend(attempt.map(|attempt| (attempt, reason)));
                next.opened |= (act, reason) == (Act::Open, Reason::SessionValid);
                state.map_or(At::Answer(reason), |state| At::Write(reason, state))
            }
            At::Write(reason, state) => {
                next.state = State { attempts: Attempts::default(), ..state };
                next.unforgiven *= u32::from(reason != Reason::CodeAccepted);
                next.opened &= act != Act::End;
                At::Answer(reason)
            }
            At::Answer(reason) => {
                next.granted += u32::from(reason == Reason::CodeAccepted);
                next.confirmed |= (act, reason) == (Act::Open, Reason::SessionValid);
                next.leave(who);
                At::Lock
            }
        };
        next.clients[who].at = at;
        Some(next)
    }

    fn read(&self, world: &World, act: Act) -> At {
        assert!(
            world.counter.count >= world.state.forgiven.unwrap_or(0),
            "more attempts forgiven than charged"
        );
        let state = State { attempts: world.counter, ..world.state.clone() };
        let ruling = decide(&self.facts(&state), &self.request(act), now(), &secret());
        match ruling.unwrap() {
            Ruling::Compare => At::Charge(state),
            Ruling::Decided(Decision { reason, next, .. }) => {
                let follows = act == Act::Rdp && reason == Reason::SessionValid;
                assert!(!follows || world.opened, "RDP follows no recorded session");
                assert!(
                    follows || act != Act::Rdp || !world.confirmed,
                    "RDP was refused to a session"
                );
                At::Record(reason, None, next)
            }
        }
    }

    fn compare(&self, world: &mut World, act: Act, state: &State, attempts: Attempts) -> At {
        assert_eq!(world.counter, attempts, "compared without a durable charge");
        let charge = Charge::assumed_for(attempts);
        world.wrong += u32::from(act == Act::Wrong);
        world.unforgiven += u32::from(act == Act::Wrong);
        let Decision { reason, next, details, .. } =
            compare(&self.facts(state), &self.request(act), now(), &secret(), &charge);
        assert_eq!(details.attempt, Some(attempts.count));
        At::Record(reason, details.attempt, next)
    }

    /// Explores every continuation of `world`.
    fn explore(&mut self, world: &World) {
        self.worlds += 1;
        Self::check(world);
        for who in 0..2 {
            if let Some(next) = self.step(world, who) {
                self.explore(&next);
                let mut killed = world.clone();
                killed.kills += 1;
                killed.leave(who);
                self.explore(&killed);
            }
        }
    }

    fn check(world: &World) {
        let state = State { attempts: world.counter, ..world.state.clone() };
        let failures = state.failures();
        assert!(world.granted <= 1, "a code was accepted twice");
        assert!(
            failures.count <= world.wrong + world.kills + world.in_flight(),
            "charged too much"
        );
        assert!(failures.count >= world.unforgiven, "a guess was free");
        let is_open = failures.state_at(now()) == LockoutState::Open;
        assert_eq!(is_open, failures.count < LIMIT, "locked by {failures:?}");
        assert!(
            is_open || world.wrong + world.kills + world.in_flight() >= LIMIT,
            "locked too early"
        );
        assert!(world.granted == 0 || state.last_step.is_some(), "granted but not spent");
        let numbers: Vec<_> = world.trail.iter().map(|(number, _)| *number).collect();
        assert!(
            numbers.is_sorted() && numbers.windows(2).all(|pair| pair[0] != pair[1]),
            "{numbers:?}"
        );
        let unrecorded = world.counter.count - numbers.len() as u64;
        assert!(
            unrecorded <= u64::from(world.kills + world.in_flight()),
            "an attempt is not recorded"
        );
        let recorded = world.trail.iter().filter(|(_, reason)| *reason == Reason::CodeAccepted);
        assert!(state.last_step.is_none() || recorded.count() > 0, "accepted but not recorded");
    }
}

impl World {
    fn new(acts: [&[Act]; 2]) -> Self {
        let mut state = State::new(now());
        state.enrolment = Enrolment::Active;
        state.secret = Some(Sealed("sealed".into()));
        state.digits = Some(Digits::DEFAULT);
        state.forgiven = Some(0);
        let clients = acts.map(|acts| Client { acts: acts.to_vec(), at: At::Lock });
        let counter = Attempts::default();
        Self {
            counter,
            state,
            trail: Vec::new(),
            holder: None,
            clients,
            kills: 0,
            wrong: 0,
            unforgiven: 0,
            granted: 0,
            opened: false,
            confirmed: false,
        }
    }

    /// Ends a client's login, by answer or kill: frees the lock and moves on to the next act.
    fn leave(&mut self, who: usize) {
        self.clients[who].acts.remove(0);
        self.clients[who].at = At::Lock;
        if self.holder == Some(who) {
            self.holder = None;
        }
    }

    /// How many clients may be between a charge and its outcome: at most the one that holds the lock.
    fn in_flight(&self) -> u32 {
        u32::from(self.holder.is_some())
    }
}

/// Guards the order of steps in a login, for every interleaving of two clients and a kill at every point.
#[test]
fn no_interleaving_or_kill_gives_a_free_guess_or_accepts_a_code_twice() {
    use Act::{Right, Wrong};
    let mut model = Model::new();
    let programs: &[&[Act]] = &[
        &[],
        &[Right],
        &[Wrong],
        &[Wrong, Wrong],
        &[Right, Right],
        &[Wrong, Right],
        &[Right, Wrong],
        &[Wrong, Wrong, Wrong],
    ];
    for first in programs {
        for second in programs.iter().filter(|second| first.len() + second.len() <= 3) {
            model.explore(&World::new([first, second]));
        }
    }
    // Logins after the account has locked.
    model.explore(&World::new([&[Wrong, Wrong, Wrong, Right], &[]]));
    model.explore(&World::new([&[Right, Wrong, Wrong, Right, Wrong], &[]]));
    assert!(model.worlds > 10_000, "{} worlds are too few", model.worlds);
}

/// Guards `rdp-after-portal` in the same way: plain RDP follows only a session that is recorded and was not ended. It
/// always follows one whose answer the portal got.
#[test]
fn rdp_follows_only_recorded_sessions() {
    use Act::{End, Open, Rdp, Right};
    let mut model = Model::new();
    for (first, second) in [
        (&[Right, Open, Rdp][..], &[Rdp][..]),
        (&[Right, Open, Rdp], &[End]),
        (&[Right, Open, End, Rdp], &[]),
        (&[Right, Open], &[End, Rdp]),
        (&[Right, End], &[Open, Rdp]),
    ] {
        model.explore(&World::new([first, second]));
    }
    assert!(model.worlds > 10_000, "{} worlds are too few", model.worlds);
}
