//! Random spellings of one account: none is let in without a code, and none has a failure count or
//! a secret of its own.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::sandbox::{Run, Sandbox, Secret};

/// An account of the domain CORP, whose UPN suffixes are `corp.example` and `mail.example`.
const ACCOUNTS: &[&str] = &["alice", "müller", "strauß", "jo ann", "ガス"];

/// Settings about domains; each is true of CORP.
const SETTINGS: &[&str] = &[
    "",
    "default = \"CORP\"",
    "aliases = { \"corp.example\" = \"CORP\" }",
    "aliases = { \"mail.example\" = \"CORP\", \"other.example\" = \"OTHER\" }",
    "default = \"corp\"\naliases = { \"Corp.Example\" = \"CORP\", \"mail.example\" = \"Corp\" }",
];

/// How the domain is written.
#[derive(Clone, Copy, Debug)]
enum Form {
    Bare,
    Local,
    NetBios,
    Dns,
    Upn,
    Alternative,
}

/// How the letters are written.
#[derive(Clone, Copy, Debug)]
enum Letters {
    AsTheyAre,
    Upper,
    Wide,
    Accented,
    Decomposed,
    Plain,
    Blanks,
}

#[derive(Clone, Copy, Debug)]
struct Spelling(Form, Letters);

impl Spelling {
    fn of(self, account: &str) -> String {
        let text = match self.0 {
            Form::Bare => account.to_owned(),
            Form::Local => format!(r".\{account}"),
            Form::NetBios => format!(r"CORP\{account}"),
            Form::Dns => format!(r"corp.example\{account}"),
            Form::Upn => format!("{account}@corp.example"),
            Form::Alternative => format!("{account}@mail.example"),
        };
        match self.1 {
            Letters::AsTheyAre => text,
            Letters::Upper => text.to_uppercase(),
            Letters::Wide => letters(&text, |letter| match letter {
                'a'..='z' | 'A'..='Z' => char::from_u32(u32::from(letter) + 0xFEE0).unwrap().into(),
                other => other.into(),
            }),
            // Only in the account: suffixes are compared literally, so an altered one is an unknown
            // one.
            Letters::Accented => text.replace(
                account,
                &letters(account, |letter| match letter {
                    'a' | 'e' | 'i' | 'o' | 'u' => format!("{letter}\u{301}"),
                    other => other.into(),
                }),
            ),
            Letters::Decomposed => account_in(
                &text,
                account,
                &account.replace('ü', "u\u{308}").replace('ガ', "カ\u{3099}"),
            ),
            Letters::Plain => account_in(
                &text,
                account,
                &account.replace('ü', "u").replace('ß', "ss").replace('ガ', "ｶﾞ"),
            ),
            Letters::Blanks => format!("  {} ", text.replace(' ', "\u{a0}")),
        }
    }
}

fn account_in(text: &str, account: &str, written: &str) -> String {
    text.replace(account, written)
}

fn letters(text: &str, change: impl Fn(char) -> String) -> String {
    text.chars().map(change).collect()
}

fn spelling() -> impl Strategy<Value = Spelling> {
    let form = prop_oneof![
        Just(Form::Bare),
        Just(Form::Local),
        Just(Form::NetBios),
        Just(Form::Dns),
        Just(Form::Upn),
        Just(Form::Alternative),
    ];
    let letters = prop_oneof![
        Just(Letters::AsTheyAre),
        Just(Letters::Upper),
        Just(Letters::Wide),
        Just(Letters::Accented),
        Just(Letters::Decomposed),
        Just(Letters::Plain),
        Just(Letters::Blanks),
    ];
    (form, letters).prop_map(|(form, letters)| Spelling(form, letters))
}

#[derive(Clone, Debug)]
struct Story {
    account: &'static str,
    settings: &'static str,
    /// How the user is listed; `None` if only their group is.
    listed_as: Option<Spelling>,
    /// How the group is listed, and how the portal names it.
    group: [Spelling; 2],
    logins: Vec<Spelling>,
}

fn story() -> impl Strategy<Value = Story> {
    let listed_as = prop_oneof![spelling().prop_map(Some), Just(None)];
    let group = [spelling(), spelling()];
    let logins = prop::collection::vec(spelling(), 8);
    let account = prop::sample::select(ACCOUNTS);
    (account, prop::sample::select(SETTINGS), listed_as, group, logins).prop_map(
        |(account, settings, listed_as, group, logins)| Story {
            account,
            settings,
            listed_as,
            group,
            logins,
        },
    )
}

/// Runs one story in a new store.
fn tell(story: &Story) {
    let sandbox = Sandbox::with_users(&[]);
    sandbox.domains(story.settings);
    sandbox.admin_ok(&["advanced", "set", "discrepancy", "5"]);
    sandbox.admin_ok(&["advanced", "set", "lockout-attempts", "5"]);
    let memberships = story.group[1].of("remote staff");
    let options = if let Some(spelling) = story.listed_as {
        sandbox.admin_ok(&["users", "add", &spelling.of(story.account)]);
        vec!["--no-groups"]
    } else {
        sandbox.admin_ok(&["users", "add", "--group", &story.group[0].of("remote staff")]);
        vec!["--group", "everybody", "--group", memberships.as_str()]
    };
    let logins: Vec<String> = story.logins.iter().map(|login| login.of(story.account)).collect();
    let ask = |at: usize, code: Option<&str>| -> Run {
        let run =
            sandbox.verify(&[&["--qr", "none"], &options[..], &["--", &logins[at]]].concat(), code);
        assert_ne!(run.code, 2, "{:?}: {run:?}", logins[at]);
        run
    };
    // One secret, whatever the spelling.
    let secret = Secret::of(&ask(0, None).json());
    assert_eq!(Secret::of(&ask(1, None).json()), secret, "a second secret for {:?}", logins[1]);
    let code = secret.code(sandbox.now());
    assert_eq!(ask(2, Some(&code)).reason(), "activated", "{:?}", logins[2]);
    assert_eq!(ask(3, Some(&code)).reason(), "code-used", "{:?}", logins[3]);
    assert_eq!(ask(4, None).reason(), "code-required", "{:?}", logins[4]);
    // One count of failures.
    for (at, wrong) in secret.wrong_codes(sandbox.now()).take(5).enumerate() {
        let run = ask(3 + at, Some(&wrong));
        let expected = if at == 4 { "locked" } else { "wrong-code" };
        assert_eq!(run.reason(), expected, "failure {at} of {:?}", logins[3 + at]);
    }
    sandbox.pass(60);
    assert_eq!(
        ask(7, Some(&secret.code(sandbox.now()))).reason(),
        "code-accepted",
        "{:?}",
        logins[7]
    );
    let rows = sandbox.admin_ok(&["users", "list", "--type", "user", "--format", "csv"]);
    assert_eq!(rows.lines().count(), 2, "one user: {rows}");
}

/// Guards the rule behind all rules of names, end to end: a different spelling is never
/// `not-listed`, and never has a second failure count or a second secret.
#[test]
fn no_spelling_is_a_way_around() {
    let mut runner =
        TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&story(), |story| {
            tell(&story);
            Ok(())
        })
        .unwrap();
}
