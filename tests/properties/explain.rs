//! `rw2fa explain` always says what the verifier answers.
//!
//! Random stores and random logins: each answer of `explain` is compared with `verify --check`,
//! called as the portal calls it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::sandbox::{Sandbox, T0};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

/// Spellings of two accounts, in two domains.
const NAMES: &[&str] = &[
    "alice",
    "ALICE",
    ".\\alice",
    "CORP\\alice",
    "EMEA\\alice",
    "alice@corp.example",
    "alice@emea.example",
    "alice@x.example",
    "corp.example\\alice",
    "alicé",
    "CORP\\alicé",
    "bob",
    "CORP\\bob",
    "bob@emea.example",
];

const GROUPS: &[&str] = &["staff", "CORP\\staff", "staff@emea.example", "guests"];
const CLIENTS: &[&str] = &["", "c1", "c2"];
const SESSIONS: &[&str] = &["", "html5", "remoteapp", "rdp"];

/// What the program stores about a user.
#[derive(Clone, Debug)]
struct Kept {
    enrolment: &'static str,
    /// Since when, in seconds from now.
    pending: i64,
    domain: Option<&'static str>,
    failures: u32,
    /// When the lock ends, and its length.
    lock: Option<(i64, u64)>,
    open_since: i64,
    /// The client, when the code was accepted, and the first and the last session after that.
    grants: Vec<(&'static str, i64, Option<i64>, Option<i64>)>,
    handed_over: bool,
}

#[derive(Clone, Debug)]
struct User {
    name: &'static str,
    /// Whether the user is listed, and whether there is a state; usually both.
    listed: bool,
    has_state: bool,
    says_listed: bool,
    method: &'static str,
    kept: Kept,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate setting")]
struct World {
    enabled: bool,
    require_client: bool,
    enrolment_days: u64,
    before_first: u64,
    rdp_after_portal: u64,
    default: bool,
    aliases: bool,
    users: Vec<User>,
    groups: Vec<(&'static str, &'static str)>,
    /// The entry, and its end in seconds from now.
    whitelist: Vec<(&'static str, Option<i64>)>,
    has_key: bool,
}

/// A login, and what the portal passes with it.
#[derive(Clone, Debug)]
struct Call {
    login: &'static str,
    /// `None`: the portal says nothing about groups.
    groups: Option<Vec<&'static str>>,
    client: &'static str,
}

/// Returns seconds from now, often a moment at which something changes.
fn moment() -> impl Strategy<Value = i64> {
    let edges = [-86_401, -86_400, -86_399, -3601, -3600, -3599, -1801, -1800, -1799, -1, 0, 1, 60];
    prop_oneof![3 => select(edges.to_vec()), 1 => -200_000_i64..100_000]
}

fn kept() -> impl Strategy<Value = Kept> {
    let session = || proptest::option::of(moment());
    let grant = (select(CLIENTS.to_vec()), moment(), session(), session());
    (
        select(vec!["none", "pending", "active"]),
        moment(),
        select(vec![None, None, Some("corp"), Some("emea")]),
        prop_oneof![3 => Just(0_u32), 1 => select(vec![1_u32, 5, 99, 100])],
        proptest::option::weighted(0.5, (moment(), 1_u64..7200)),
        moment(),
        proptest::collection::vec(grant, 0..3),
        any::<bool>(),
    )
        .prop_map(
            |(enrolment, pending, domain, failures, lock, open_since, grants, handed_over)| Kept {
                enrolment,
                pending,
                domain,
                failures,
                lock,
                open_since,
                grants,
                handed_over,
            },
        )
}

fn user() -> impl Strategy<Value = User> {
    let name = select(NAMES.to_vec());
    let method = prop_oneof![5 => Just("app"), 1 => Just("sms")];
    let present = || prop_oneof![20 => Just(true), 1 => Just(false)];
    (name, prop_oneof![5 => Just(true), 1 => Just(false)], present(), present(), method, kept())
        .prop_map(|(name, listed, has_state, consistent, method, kept)| User {
            name,
            listed,
            has_state,
            says_listed: listed == consistent,
            method,
            kept,
        })
}

fn world() -> impl Strategy<Value = World> {
    let group = (select(GROUPS.to_vec()), prop_oneof![4 => Just("app"), 1 => Just("sms")]);
    let entry = (select(NAMES.to_vec()), proptest::option::of(moment()));
    let mostly = |odds: u32| prop_oneof![odds => Just(true), 1 => Just(false)];
    let settings = (
        mostly(12),
        prop_oneof![3 => Just(false), 1 => Just(true)],
        select(vec![0_u64, 1, 1, 2]),
        select(vec![3600_u64, 3600, 0]),
        select(vec![0_u64, 0, 2, 300]),
        any::<bool>(),
        any::<bool>(),
        mostly(12),
    );
    let users = proptest::collection::vec(user(), 1..4);
    let groups = prop_oneof![
        2 => Just(Vec::new()),
        1 => proptest::collection::vec(group, 1..3),
    ];
    (settings, users, groups, proptest::collection::vec(entry, 0..4)).prop_map(
        |(settings, users, groups, whitelist)| {
            let (enabled, require_client, enrolment_days, before_first, rdp_after_portal, ..) =
                settings;
            let (.., default, aliases, has_key) = settings;
            World {
                enabled,
                require_client,
                enrolment_days,
                before_first,
                rdp_after_portal,
                default,
                aliases,
                users,
                groups,
                whitelist,
                has_key,
            }
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    let groups = proptest::collection::vec(select(GROUPS.to_vec()), 0..3);
    (select(NAMES.to_vec()), proptest::option::weighted(0.8, groups), select(CLIENTS.to_vec()))
        .prop_map(|(login, groups, client)| Call { login, groups, client })
}

fn time(seconds_from_now: i64) -> String {
    rw2fa::time::Timestamp::from_unix(T0 + seconds_from_now).to_string()
}

/// Returns the state document as the program writes it. A check never opens the secret.
fn state(user: &User) -> String {
    use std::fmt::Write as _;
    let kept = &user.kept;
    let mut text = format!(
        "enrolment = \"{}\"\nlisted = {}\nopen-since = {}\nfailures = {}\n",
        kept.enrolment,
        user.says_listed,
        T0 + kept.open_since,
        kept.failures
    );
    if let Some(domain) = kept.domain {
        writeln!(text, "domain = \"{domain}\"").unwrap();
    }
    if kept.enrolment != "none" {
        writeln!(text, "secret = \"sealed\"\ndigits = 6").unwrap();
    }
    if kept.enrolment == "pending" {
        writeln!(text, "pending-since = {}", T0 + kept.pending).unwrap();
        writeln!(text, "handed-over = {}", kept.handed_over).unwrap();
    }
    if let Some((until, seconds)) = kept.lock {
        writeln!(text, "[lockout]\nuntil = {}\nseconds = {seconds}", T0 + until).unwrap();
    }
    for (client, validated, first, last) in &kept.grants {
        writeln!(text, "[[grants]]\nvalidated = {}", T0 + validated).unwrap();
        if !client.is_empty() {
            let hash = rw2fa::factor::grant::ClientHash::new(client);
            writeln!(text, "client = \"{}\"", hash.as_str()).unwrap();
        }
        if let Some(first) = first {
            writeln!(text, "first-session = {}", T0 + first).unwrap();
        }
        if let Some(last) = last {
            writeln!(text, "last-session = {}", T0 + last).unwrap();
        }
    }
    text + "# end\n"
}

/// Replaces the contents of the store by this world. The library knows where each document belongs.
fn build(sandbox: &Sandbox, key: &str, world: &World) {
    use rw2fa::names::name::Name;
    use rw2fa::store;
    use rw2fa::store::{Document, DocumentKind};
    for kind in ["users", "state", "groups", "whitelist"] {
        for entry in fs::read_dir(sandbox.path().join(kind)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
    }
    let store = store::open(&sandbox.path()).unwrap();
    // The store itself would wait for the disk at each document.
    let write = |kind: DocumentKind, name: &str, text: &str| {
        let place = store.describe(&Document::Of(kind, Name::parse(name).unwrap()));
        let place = Path::new(&place);
        let mut directory = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
        directory.recursive(true).create(place.parent().unwrap()).unwrap();
        sandbox.write(place, text);
    };
    for user in &world.users {
        if user.listed {
            let text = format!("method = \"{}\"\nadded = {}\n", user.method, time(0));
            write(DocumentKind::User, user.name, &text);
        }
        if user.has_state {
            write(DocumentKind::State, user.name, &state(user));
        }
    }
    for (name, method) in &world.groups {
        write(
            DocumentKind::Group,
            name,
            &format!("method = \"{method}\"\nadded = {}\n", time(-90_000)),
        );
    }
    for (name, until) in &world.whitelist {
        let until = until.map_or(String::new(), |until| format!("until = {}\n", time(until)));
        write(DocumentKind::Whitelist, name, &format!("added = {}\n{until}", time(0)));
    }
    let default = if world.default { "default = \"CORP\"\n" } else { "" };
    let aliases = if world.aliases {
        "aliases = { \"corp.example\" = \"CORP\", \"emea.example\" = \"EMEA\" }\n"
    } else {
        ""
    };
    let settings = format!(
        "schema = 1\nenabled = {}\ncreated = {}\n[advanced]\nrequire-client = {}\n\
         enrolment-days = {}\nvalidity-before-first-session = {}\nrdp-after-portal = {}\n[domains]\n\
         {default}{aliases}",
        world.enabled,
        time(0),
        world.require_client,
        world.enrolment_days,
        world.before_first,
        world.rdp_after_portal
    );
    sandbox.write(&sandbox.path().join("store.toml"), &settings);
    let place = sandbox.path().join("key");
    if world.has_key {
        sandbox.write(&place, key);
    } else if place.exists() {
        fs::remove_file(place).unwrap();
    }
}

/// Returns the options of a call that both programs understand.
fn options(call: &Call) -> Vec<&str> {
    let mut options = Vec::new();
    match &call.groups {
        None => {}
        Some(groups) if groups.is_empty() => options.push("--no-groups"),
        Some(groups) => groups.iter().for_each(|group| options.extend(["--group", group])),
    }
    if !call.client.is_empty() {
        options.extend(["--client", call.client]);
    }
    options
}

/// Returns the verifier's answers, one request a line.
fn verified(sandbox: &Sandbox, call: &Call) -> Vec<String> {
    let ask = |session: &&str| {
        let mut args = vec!["--check"];
        args.extend(options(call));
        if !session.is_empty() {
            args.extend(["--session", session]);
        }
        args.extend(["--", call.login]);
        let run = sandbox.verify(&args, None);
        let ask = if session.is_empty() { "sign-in" } else { session };
        if run.stdout.is_empty() {
            return format!("{ask} {} - -", run.code);
        }
        let answer = run.json();
        let word = |field: &str| answer[field].as_str().unwrap().to_owned();
        format!("{ask} {} {} {}", run.code, word("outcome"), word("reason"))
    };
    SESSIONS.iter().map(ask).collect()
}

/// Returns the answers that `explain` expects, and the rule behind each.
fn explained(sandbox: &Sandbox, call: &Call, session: Option<&str>) -> Vec<(String, String)> {
    let mut args = vec!["explain", "--format", "json"];
    args.extend(options(call));
    args.extend(session.iter().flat_map(|session| ["--session", session]));
    args.extend(["--", call.login]);
    let run = sandbox.admin(&args);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}: {run:?}");
    let document = run.json();
    let chain: Vec<_> = document["chain"].as_array().unwrap().iter().map(|l| &l["rule"]).collect();
    let answers = document["answers"].as_array().unwrap().iter();
    let answers = answers.map(|answer| {
        assert!(chain.contains(&&answer["rule"]), "the rule is in the chain: {document}");
        let word = |field: &str| answer[field].as_str().unwrap_or("-").to_owned();
        let (code, outcome, reason) = (&answer["exit_code"], word("outcome"), word("reason"));
        (format!("{} {code} {outcome} {reason}", word("ask")), word("rule"))
    });
    answers.collect()
}

/// Guards that there is one decision: the help desk sees what the portal gets, whatever the store
/// contains and however the name is spelled. Explaining changes no byte.
#[test]
fn explain_answers_what_the_verifier_answers() {
    let seen = RefCell::new(BTreeMap::<String, u32>::new());
    let config = Config { cases: 180, failure_persistence: None, ..Config::default() };
    let strategy = (world(), proptest::collection::vec(call(), 3));
    let sandbox = Sandbox::new();
    let key = fs::read_to_string(sandbox.path().join("key")).unwrap();
    let result = TestRunner::new(config).run(&strategy, |(world, calls)| {
        build(&sandbox, &key, &world);
        let before = sandbox.contents();
        for call in &calls {
            let explained_all = explained(&sandbox, call, None);
            let for_session = explained(&sandbox, call, Some("rdp"));
            let answers: Vec<_> = explained_all.iter().map(|(answer, _)| answer.clone()).collect();
            prop_assert_eq!(&answers, &verified(&sandbox, call), "{:?}", call);
            prop_assert_eq!(&for_session[0].0, &answers[3]);
            for (answer, rule) in explained_all {
                let reason = answer.rsplit(' ').next().unwrap_or_default();
                *seen.borrow_mut().entry(format!("{reason} by {rule}")).or_default() += 1;
            }
        }
        prop_assert!(before == sandbox.contents(), "explain wrote to the store");
        Ok(())
    });
    result.unwrap();
    // The comparison proves nothing about answers that never came up.
    let seen = seen.into_inner();
    for expected in [
        "disabled by enabled",
        "store by store",
        "groups-unknown by groups",
        "not-listed by listed",
        "ambiguous-user by ambiguous",
        "whitelisted by whitelist",
        "rdp-not-allowed by whitelist",
        "rdp-not-allowed by rdp-after-portal",
        "session-valid by rdp-after-portal",
        "- by require-client",
        "session-valid by grant",
        "code-required by grant",
        "locked by lock",
        "enrolment-required by enrolment",
        "enrolment-closed by enrolment",
        "code-required by enrolment",
        "sms-failed by method",
    ] {
        assert!(seen.contains_key(expected), "{expected} never came up: {seen:?}");
    }
    assert_eq!(seen.len(), 17, "an answer from a rule that cannot give it: {seen:?}");
}
