//! A table: settings, entries and a login on the left, the verifier's answer on the right.

use crate::sandbox::Sandbox;
use rw2fa::names::name::Name;
use rw2fa::store::dir::file_name;

/// No settings.
const OPEN: &str = "";
/// Two companies with known suffixes; CORP has a second one for its UPNs.
const ALIASED: &str =
    r#"aliases = { "corp.example" = "CORP", "mail.example" = "CORP", "other.example" = "OTHER" }"#;
/// The same, with CORP as the default domain.
const HOME: &str = "default = \"CORP\"\n\
    aliases = { \"corp.example\" = \"CORP\", \"mail.example\" = \"CORP\", \"other.example\" = \"OTHER\" }";

/// Creates an enabled store with these settings and entries.
fn store(domains: &str, users: &[&str], groups: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_users(users);
    sandbox.domains(domains);
    for group in groups {
        sandbox.admin_ok(&["users", "add", "--group", group]);
    }
    sandbox
}

fn check(sandbox: &Sandbox, options: &[&str], login: &str) -> String {
    sandbox.verify(&[&["--check"], options, &["--", login]].concat(), None).reason()
}

/// Whether a user listed as `entry` needs a code when signing in as `login`.
struct Case(&'static str, &'static str, &'static [&'static str], &'static str, &'static str);

const ASKED: &str = "enrolment-required";
const FREE: &str = "not-listed";
const BOTH: &str = "ambiguous-user";

#[rustfmt::skip]
const USERS: &[Case] = &[
    // What is tested, the settings, the listed names, the login, the answer.
    Case("case", OPEN, &["alice"], "ALiCE", ASKED),
    Case("blanks around", OPEN, &["alice"], "  alice ", ASKED),
    Case("accent added", OPEN, &["alice"], "álicë", ASKED),
    Case("accent dropped", OPEN, &["müller"], "Muller", ASKED),
    Case("combining form", OPEN, &["müller"], "mu\u{308}ller", ASKED),
    Case("combining accents", OPEN, &["alice"], "a\u{301}lice\u{308}", ASKED),
    Case("full width", OPEN, &["alice"], "ＡＬＩＣＥ", ASKED),
    Case("half width", OPEN, &["ガス"], "ｶﾞｽ", ASKED),
    Case("ligature", OPEN, &["office"], "oﬀice", ASKED),
    Case("sharp s", OPEN, &["strauß"], "STRAUSS", ASKED),
    Case("Turkish I", OPEN, &["ilker"], "İLKER", ASKED),
    Case("Kelvin sign", OPEN, &["karl"], "\u{212a}arl", ASKED),
    Case("someone else", OPEN, &["alice"], "alice2", FREE),
    Case("another alphabet", OPEN, &["alice"], "аlice", FREE),
    Case("NetBIOS for a bare entry", OPEN, &["alice"], r"CORP\alice", ASKED),
    Case("UPN for a bare entry", OPEN, &["alice"], "alice@corp.example", ASKED),
    Case("local for a bare entry", OPEN, &["alice"], r".\alice", ASKED),
    Case("bare for NetBIOS", OPEN, &[r"CORP\alice"], "alice", ASKED),
    Case("local for NetBIOS", OPEN, &[r"CORP\alice"], r".\alice", ASKED),
    Case("NetBIOS in another case", OPEN, &[r"CORP\alice"], r"corp\ALICE", ASKED),
    Case("NetBIOS in full width", OPEN, &[r"CORP\alice"], r"ＣＯＲＰ\alice", ASKED),
    Case("NetBIOS with accents", OPEN, &[r"CORP\alice"], r"Çörp\alice", ASKED),
    Case("another NetBIOS", OPEN, &[r"CORP\alice"], r"OTHER\alice", FREE),
    Case("UPN by its first label", OPEN, &[r"CORP\alice"], "alice@corp.example", ASKED),
    Case("UPN that is not known", OPEN, &[r"CORP\alice"], "alice@mail.example", ASKED),
    Case("DNS name before the backslash", OPEN, &[r"CORP\alice"], r"corp.example\alice", ASKED),
    Case("UPN with a dot at the end", OPEN, &["alice@corp.example"], "ALICE@Corp.Example.", ASKED),
    Case("two UPN suffixes", OPEN, &["alice@corp.example"], "alice@mail.example", ASKED),
    Case("alternative suffix", ALIASED, &[r"CORP\alice"], "alice@mail.example", ASKED),
    Case("alternative suffix, UPN entry", ALIASED, &["alice@corp.example"], "alice@mail.example", ASKED),
    Case("NetBIOS, UPN entry", ALIASED, &["alice@mail.example"], r"CORP\álice", ASKED),
    Case("suffix of another", ALIASED, &[r"CORP\alice"], "alice@other.example", FREE),
    Case("suffix of another, UPN entry", ALIASED, &["alice@corp.example"], "alice@other.example", FREE),
    Case("suffix not configured", ALIASED, &[r"CORP\alice"], "alice@third.example", ASKED),
    Case("bare with a default", HOME, &[r"CORP\alice"], "alice", ASKED),
    Case("bare with another default", HOME, &[r"OTHER\alice"], "alice", FREE),
    Case("local with another default", HOME, &[r"OTHER\alice"], r".\alice", ASKED),
    Case("bare entry with a default", HOME, &["alice"], r"OTHER\alice", ASKED),
    Case("two domains, bare", OPEN, &[r"CORP\alice", r"OTHER\alice"], "alice", BOTH),
    Case("two domains, local", OPEN, &[r"CORP\alice", r"OTHER\alice"], r".\ÁLICE", BOTH),
    Case("two domains, unknown suffix", OPEN, &[r"CORP\alice", r"OTHER\alice"], "alice@x.example", BOTH),
    Case("two domains, qualified", OPEN, &[r"CORP\alice", r"OTHER\alice"], r"OTHER\alice", ASKED),
    Case("two domains, suffix", ALIASED, &[r"CORP\alice", r"OTHER\alice"], "alice@mail.example", ASKED),
    Case("two domains, a third", OPEN, &[r"CORP\alice", r"OTHER\alice"], r"THIRD\alice", FREE),
    Case("two domains, default", HOME, &[r"CORP\alice", r"OTHER\alice"], "alice", ASKED),
];

/// Guards who needs a code, by settings and spelling.
#[test]
fn users_match_as_the_table_says() {
    for Case(what, domains, users, login, expected) in USERS {
        let sandbox = store(domains, users, &[]);
        assert_eq!(
            check(&sandbox, &["--no-groups"], login),
            *expected,
            "{what}: {login} among {users:?}"
        );
    }
}

#[rustfmt::skip]
const GROUPS: &[Case] = &[
    Case("case", OPEN, &["staff"], "Staff", ASKED),
    Case("accents", OPEN, &["élan vital"], "ELAN Vital", ASKED),
    Case("combining form", OPEN, &["élan"], "e\u{301}lan", ASKED),
    Case("width", OPEN, &["staff"], "ｓｔａｆｆ", ASKED),
    Case("two blanks", OPEN, &["remote staff"], "remote  staff", ASKED),
    Case("NetBIOS for a bare entry", OPEN, &["staff"], r"CORP\staff", ASKED),
    Case("BUILTIN for a bare entry", OPEN, &["users"], r"BUILTIN\Users", ASKED),
    Case("bare for NetBIOS", OPEN, &[r"CORP\staff"], "staff", ASKED),
    Case("another domain", OPEN, &[r"CORP\staff"], r"OTHER\staff", FREE),
    Case("suffix that is not known", OPEN, &[r"CORP\staff"], "staff@x.example", ASKED),
    Case("alias", ALIASED, &[r"CORP\staff"], "staff@mail.example", ASKED),
    Case("alias of another", ALIASED, &[r"CORP\staff"], "staff@other.example", FREE),
    Case("default", HOME, &[r"CORP\staff"], "staff", ASKED),
    Case("another default", HOME, &[r"OTHER\staff"], "staff", FREE),
    Case("any match counts", OPEN, &[r"CORP\staff", r"OTHER\staff"], "staff", ASKED),
    Case("any match counts, unknown suffix", OPEN, &[r"CORP\staff", "staff"], "staff@x.example", ASKED),
    Case("someone else's", OPEN, &["staff"], "staff2", FREE),
];

/// Guards which group covers a member. Groups are compared in the same way; the member's own name
/// does not matter.
#[test]
fn groups_match_as_the_table_says() {
    for Case(what, domains, groups, membership, expected) in GROUPS {
        let sandbox = store(domains, &[], groups);
        for login in ["eve", r"THIRD\eve", "eve@mail.example"] {
            let options = ["--group", "everybody", "--group", membership];
            assert_eq!(
                check(&sandbox, &options, login),
                *expected,
                "{what}: {membership} of {groups:?}"
            );
        }
    }
}

/// Guards a member who signs in through an alias of their domain: one state, whichever spelling
/// came first.
#[test]
fn a_member_is_the_same_through_an_alias() {
    let spellings =
        [r"CORP\alice", "alice@corp.example", "Alice@mail.example", r"corp.example\ÁLICE", "alice"];
    for first in spellings {
        let sandbox = store(HOME, &[], &["staff"]);
        let options = ["--qr", "none", "--group", "staff", "--"];
        let shown = |login| sandbox.verify(&[&options[..], &[login]].concat(), None).json();
        let answer = shown(first);
        let (secret, user) = (answer["enrolment"]["secret"].clone(), answer["user"].clone());
        assert!(user.as_str().unwrap().starts_with(r"corp\"), "{first} is {user}");
        for login in spellings {
            let answer = shown(login);
            assert_eq!(answer["enrolment"]["secret"], secret, "{first}, then {login}");
            assert_eq!(answer["user"], user, "{first}, then {login}");
        }
        assert_ne!(shown(r"OTHER\alice")["enrolment"]["secret"], secret, "someone else");
    }
}

/// A hand-written whitelist entry, a login, the settings, and whether the entry applies.
struct Door(&'static str, &'static str, &'static str, &'static str, bool);

#[rustfmt::skip]
const DOORS: &[Door] = &[
    // What is tested, the settings, the entry, the login, whether it is let in.
    Door("the same", OPEN, "alice", "alice", true),
    Door("case", OPEN, "alice", "ALICE", true),
    Door("composed and not", OPEN, "josé", "jose\u{301}", true),
    Door("local for bare", OPEN, "alice", r".\alice", true),
    Door("accent added", OPEN, "alice", "álice", false),
    Door("accent dropped", OPEN, "josé", "jose", false),
    Door("width", OPEN, "alice", "ａｌｉｃｅ", false),
    Door("sharp s", OPEN, "strauss", "strauß", false),
    Door("NetBIOS for bare", OPEN, "alice", r"CORP\alice", false),
    Door("UPN for bare", OPEN, "alice", "alice@corp.example", false),
    Door("default for bare", HOME, "alice", r"CORP\alice", false),
    Door("bare for NetBIOS", OPEN, r"CORP\alice", "alice", false),
    Door("bare with the default", HOME, r"CORP\alice", "alice", true),
    Door("local with the default", HOME, r"CORP\alice", r".\alice", false),
    Door("bare with another default", HOME, r"OTHER\alice", "alice", false),
    Door("NetBIOS in another case", OPEN, r"CORP\alice", r"corp\Alice", true),
    Door("NetBIOS with accents", OPEN, r"CORP\alice", r"Çorp\alice", false),
    Door("another NetBIOS", OPEN, r"CORP\alice", r"OTHER\alice", false),
    Door("alias", ALIASED, r"CORP\alice", "alice@mail.example", true),
    Door("alias of the entry", ALIASED, "alice@mail.example", r"CORP\alice", true),
    Door("two suffixes of one domain", ALIASED, "alice@corp.example", "alice@mail.example", true),
    Door("alias of another", ALIASED, r"CORP\alice", "alice@other.example", false),
    Door("first label", OPEN, r"CORP\alice", "alice@corp.example", false),
    Door("DNS name before the backslash", OPEN, r"CORP\alice", r"corp.example\alice", false),
    Door("the same UPN", OPEN, "alice@corp.example", "alice@CORP.example.", true),
    Door("another UPN", OPEN, "alice@corp.example", "alice@mail.example", false),
    Door("local entry", OPEN, r".\alice", r".\alice", true),
    Door("bare for local", OPEN, r".\alice", "alice", false),
];

/// Guards the whitelist: only the same account of the same domain passes. Everyone else is asked
/// for a code as usual, and is never `not-listed`.
#[test]
fn the_whitelist_matches_narrowly() {
    for Door(what, domains, entry, login, opens) in DOORS {
        // Listed so that every spelling needs a code.
        let user = Name::parse(entry).unwrap().account().to_owned();
        let sandbox = store(domains, &[&user], &[]);
        let mut file = sandbox.path().join("whitelist");
        file.extend(file_name::encode(&Name::parse(entry).unwrap()));
        sandbox.write(&file, "added = 2026-11-24T08:00:00Z\n");
        let expected = if *opens { "whitelisted" } else { "rdp-not-allowed" };
        for options in
            [&["--no-groups", "--session", "rdp"][..], &["--group", "x", "--session", "rdp"]]
        {
            assert_eq!(check(&sandbox, options, login), expected, "{what}: {login} by {entry}");
        }
        assert_eq!(
            check(&sandbox, &["--session", "html5"], login),
            "code-required",
            "{what}: RDP only"
        );
        sandbox.write(&file, "added = 2026-11-24T07:00:00Z\nuntil = 2026-11-24T08:00:00Z\n");
        assert_eq!(
            check(&sandbox, &["--session", "rdp"], login),
            "rdp-not-allowed",
            "{what}: expired"
        );
    }
}

/// Guards group members: the whitelist contains accounts, not groups.
#[test]
fn the_whitelist_lets_a_member_in() {
    let sandbox = store(ALIASED, &[], &["staff"]);
    let mut file = sandbox.path().join("whitelist");
    file.extend(file_name::encode(&Name::parse(r"CORP\alice").unwrap()));
    sandbox.write(&file, "added = 2026-11-24T08:00:00Z\n");
    let mut group = sandbox.path().join("whitelist");
    group.extend(file_name::encode(&Name::parse("staff").unwrap()));
    sandbox.write(&group, "added = 2026-11-24T08:00:00Z\n");
    let options = ["--group", "staff", "--session", "rdp"];
    assert_eq!(check(&sandbox, &options, "alice@mail.example"), "whitelisted");
    assert_eq!(check(&sandbox, &options, "alice@other.example"), "rdp-not-allowed");
    assert_eq!(check(&sandbox, &options, "bob"), "rdp-not-allowed");
    assert_eq!(check(&sandbox, &["--no-groups", "--session", "rdp"], "alice"), "not-listed");
}
