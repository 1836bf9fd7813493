mod properties;

use super::*;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn names(texts: &[&str]) -> Vec<Name> {
    texts.iter().map(|text| name(text)).collect()
}

/// No domain settings.
fn no_settings() -> Domains {
    Domains::default()
}

/// Two domains with aliases, and no default.
fn aliased() -> Domains {
    Domains::new(None, [("alt.example", "CORP"), ("sales.example", "OTHER")])
}

/// The aliases, with CORP as the default domain.
fn home_corp() -> Domains {
    Domains { default: Some("corp".into()), ..aliased() }
}

/// Resolves `login`: `-` for unlisted, the entry, or ambiguous entries joined by `|`.
fn outcome(login: &str, entries: &[&str], domains: &Domains) -> String {
    match resolve(&name(login), &names(entries), domains) {
        Resolution::Unlisted => "-".into(),
        Resolution::Entry(entry) => entry.canonical(),
        Resolution::Ambiguous(all) => {
            assert!(all.len() > 1, "an ambiguous result needs two entries");
            all.iter().map(|entry| entry.canonical()).collect::<Vec<_>>().join("|")
        }
    }
}

/// The rule, the settings, the listed names, a login, and the expected [`outcome`].
struct Case(&'static str, fn() -> Domains, &'static [&'static str], &'static str, &'static str);

#[rustfmt::skip]
const DOMAIN_RULES: &[Case] = &[
    Case("other account", no_settings, &["alice"], "bob", "-"),
    Case("longer account", no_settings, &["alice"], "alice2", "-"),
    Case("nothing listed", no_settings, &[], "alice", "-"),
    // An unqualified entry matches any spelling.
    Case("entry unqualified", no_settings, &["alice"], "alice", "alice"),
    Case("entry unqualified", no_settings, &["alice"], r"CORP\alice", "alice"),
    Case("entry unqualified", no_settings, &["alice"], "alice@corp.example", "alice"),
    Case("entry unqualified", no_settings, &["alice"], r".\alice", "alice"),
    Case("entry unqualified", home_corp, &["alice"], r"OTHER\alice", "alice"),
    Case("entry unqualified", home_corp, &["alice"], "alice@sales.example", "alice"),
    // An unqualified login matches any domain, or the default one.
    Case("login unqualified", no_settings, &[r"CORP\alice"], "alice", r"corp\alice"),
    Case("login unqualified", no_settings, &["alice@x.example"], "alice", "alice@x.example"),
    Case("login unqualified", no_settings, &[r".\alice"], "alice", r".\alice"),
    Case("default is it", home_corp, &[r"CORP\alice"], "alice", r"corp\alice"),
    Case("default is it by alias", home_corp, &["alice@alt.example"], "alice", "alice@alt.example"),
    Case("default is another", home_corp, &[r"OTHER\alice"], "alice", "-"),
    Case("default is another by alias", home_corp, &["alice@sales.example"], "alice", "-"),
    Case("default, entry unmapped", home_corp, &["alice@x.example"], "alice", "alice@x.example"),
    Case("default, entry local", home_corp, &[r".\alice"], "alice", r".\alice"),
    Case("default chooses", home_corp, &[r"CORP\alice", r"OTHER\alice"], "alice", r"corp\alice"),
    // Two NetBIOS prefixes.
    Case("same prefix", no_settings, &[r"CORP\alice"], r"corp\ALICE", r"corp\alice"),
    Case("other prefix", no_settings, &[r"CORP\alice"], r"OTHER\alice", "-"),
    Case("prefix spelt otherwise", no_settings, &[r"CORP\alice"], r"ＣＯＲＰ\alice", r"corp\alice"),
    Case("prefix with accents", no_settings, &[r"CORP\alice"], r"Çörp\alice", r"corp\alice"),
    Case("two domains, one login", no_settings, &[r"CORP\alice", r"OTHER\alice"], r"OTHER\alice", r"other\alice"),
    Case("two domains, bare login", no_settings, &[r"CORP\alice", r"OTHER\alice"], "alice", r"corp\alice|other\alice"),
    Case("two domains, third login", no_settings, &[r"CORP\alice", r"OTHER\alice"], r"THIRD\alice", "-"),
    Case("bare and qualified", no_settings, &["alice", r"CORP\alice"], r"CORP\alice", r"alice|corp\alice"),
    Case("same entry twice", no_settings, &["alice", "ALICE"], "alice", "alice"),
    // `.\` is not a domain prefix.
    Case("login local", home_corp, &[r"OTHER\alice"], r".\alice", r"other\alice"),
    Case("login local, two", home_corp, &[r"CORP\alice", r"OTHER\alice"], r".\alice", r"corp\alice|other\alice"),
    Case("entry local", home_corp, &[r".\alice"], r"OTHER\alice", r".\alice"),
    Case("entry local, UPN", home_corp, &[r".\alice"], "alice@sales.example", r".\alice"),
    Case("full width dot", no_settings, &[r"CORP\alice"], r"．\alice", r"corp\alice"),
    // Suffix by alias.
    Case("alias", aliased, &[r"CORP\alice"], "alice@ALT.example.", r"corp\alice"),
    Case("alias of another", aliased, &[r"CORP\alice"], "alice@sales.example", "-"),
    Case("alias before label", || Domains::new(None, [("corp.example", "OTHER")]), &[r"CORP\alice"], "alice@corp.example", "-"),
    Case("alias chooses", aliased, &[r"CORP\alice", r"OTHER\alice"], "alice@alt.example", r"corp\alice"),
    Case("two aliases of one", || Domains::new(None, [("a.example", "CORP"), ("b.example", "CORP")]), &["alice@a.example"], "alice@b.example", "alice@a.example"),
    Case("two aliases of two", aliased, &["alice@alt.example"], "alice@sales.example", "-"),
    Case("entry by alias", aliased, &["alice@alt.example"], r"CORP\alice", "alice@alt.example"),
    Case("entry by alias, other", aliased, &["alice@alt.example"], r"OTHER\alice", "-"),
    Case("odd suffix is unknown", aliased, &[r"OTHER\alice"], "alice@ａlt.example", r"other\alice"),
    Case("alias to a DNS name", || Domains::new(None, [("a.example", "b.example")]), &[r"CORP\alice"], "alice@a.example", r"corp\alice"),
    // A suffix maps by its first label only if an entry has that domain.
    Case("label", no_settings, &[r"CORP\alice", r"OTHER\alice"], "alice@corp.example", r"corp\alice"),
    Case("label without dot", no_settings, &[r"CORP\alice", r"OTHER\alice"], "alice@corp", r"corp\alice"),
    Case("label of no entry", no_settings, &[r"OTHER\alice"], "alice@corp.example", r"other\alice"),
    Case("label is the default", home_corp, &[r"OTHER\alice"], "alice@corp.example", r"other\alice"),
    Case("label of another account", no_settings, &[r"OTHER\alice", r"CORP\bob"], "alice@corp.example", r"other\alice"),
    Case("unmapped, two", no_settings, &[r"CORP\alice", r"OTHER\alice"], "alice@x.example", r"corp\alice|other\alice"),
    Case("unmapped entry", no_settings, &["alice@x.example"], r"CORP\alice", "alice@x.example"),
    Case("two unmapped", no_settings, &["alice@x.example"], "alice@y.example", "alice@x.example"),
    // A DNS name before the backslash.
    Case("DNS prefix, label", no_settings, &[r"CORP\alice"], r"corp.example\alice", r"corp\alice"),
    Case("DNS prefix, alias", aliased, &[r"CORP\alice", r"OTHER\alice"], r"alt.example.\alice", r"corp\alice"),
    Case("DNS prefix, unmapped", no_settings, &[r"CORP\alice"], r"x.example\alice", r"corp\alice"),
    Case("DNS prefix, ideographic dot", no_settings, &[r"CORP\alice"], r"x。example\alice", r"corp\alice"),
    Case("DNS default", || Domains::new(Some("corp.example"), [("", "")]), &[r"OTHER\alice"], "alice", r"other\alice"),
    Case("empty default", || Domains { default: Some(String::new()), ..no_settings() }, &[r"CORP\alice"], "alice", r"corp\alice"),
    Case("raw default", || Domains { default: Some("CORP".into()), ..no_settings() }, &[r"CORP\alice"], "alice", r"corp\alice"),
    Case("raw alias value", || Domains { default: None, aliases: [("a.example".into(), "CORP".into())].into() }, &[r"CORP\alice"], "alice@a.example", r"corp\alice"),
    Case("empty alias value", || Domains { default: None, aliases: [("a.example".into(), String::new())].into() }, &[r"CORP\alice"], "alice@a.example", r"corp\alice"),
];

/// Guards every domain rule: which logins belong to another domain, and above all which do not.
#[test]
fn domain_rules() {
    for Case(rule, domains, entries, login, expected) in DOMAIN_RULES {
        assert_eq!(
            outcome(login, entries, &domains()),
            *expected,
            "{rule}: {login} among {entries:?}"
        );
    }
}

#[rustfmt::skip]
const SPELLINGS: &[(&str, &str, &str)] = &[
    ("case", "alice", "ALiCE"),
    ("accent added", "alice", "álicë"),
    ("accent dropped", "Müller", "muller"),
    ("combining accents", "alice", "a\u{301}lice\u{308}"),
    ("composed and not", "jos\u{e9}", "jose\u{301}"),
    ("full width", "alice", "ＡＬＩＣＥ"),
    ("circled", "alice", "Ⓐⓛⓘⓒⓔ"),
    ("ligature", "office", "oﬀice"),
    ("sharp s", "strauß", "STRAUSS"),
    ("capital sharp s", "strauss", "STRAUẞ"),
    ("long s", "sam", "ſam"),
    ("final sigma", "αντώνησ", "ΑΝΤΏΝΗΣ"),
    ("sigma", "αντώνης", "αντώνησ"),
    ("Kelvin sign", "karl", "\u{212a}arl"),
    ("Turkish dotted I", "ilker", "İLKER"),
    ("Turkish dotless i, upper case", "ışık", "IŞIK"),
    ("micro sign", "µ1", "μ1"),
    ("stroke", "soren", "SØREN"),
    ("Polish l", "łukasz", "lukasz"),
    ("ae", "ægir", "aegir"),
    ("thorn", "þor", "thor"),
    ("kana", "つき", "ツキ"),
    ("half width kana", "ガス", "ｶﾞｽ"),
    ("circled kana", "つ", "㋡"),
    ("voiced kana", "か", "が"),
    ("digits", "user1", "user۱"),
    ("superscript digit", "user2", "user²"),
    ("no-break space", "alice smith", "alice\u{a0}smith"),
    ("two spaces", "alice smith", "alice  smith"),
    ("spacing accent at the end", "alice", "alice´"),
    ("variation selector", "❤️", "❤"),
];

/// Guards spellings, in both directions: no spelling that a directory accepts is unlisted.
#[test]
fn spellings_of_an_account_match() {
    for (what, one, two) in SPELLINGS {
        for (entry, login) in [(one, two), (two, one)] {
            let listed = name(entry).canonical();
            assert_eq!(outcome(login, &[entry], &no_settings()), listed, "{what}: {login}");
            let qualified = format!(r"CORP\{entry}");
            let login = format!("{login}@alt.example");
            let listed = format!(r"corp\{listed}");
            assert_eq!(outcome(&login, &[&qualified], &aliased()), listed, "{what}: {login}");
        }
    }
}

/// Guards against folding too much: these are different people.
#[test]
fn different_accounts_stay_unlisted() {
    #[rustfmt::skip]
        let pairs = [
            ("bjorn", "bjoern"), ("alice", "al1ce"), ("alice", "аlice"), ("a.b", "ab"),
            ("alice", "alice."), ("a b", "ab"), ("alice", "alice$"), ("つ", "す"), ("user1", "user۲"),
        ];
    for (entry, login) in pairs {
        assert_eq!(outcome(login, &[entry], &no_settings()), "-", "{login} is not {entry}");
    }
}

/// Guards the precedence: the canonical spelling wins, but only in its own domain.
#[test]
fn canonical_spelling_comes_first() {
    let both: &[&str] = &["alice", "álice"];
    assert_eq!(outcome("ALICE", both, &no_settings()), "alice");
    assert_eq!(outcome("A\u{301}LICE", both, &no_settings()), "álice");
    assert_eq!(outcome("alicë", both, &no_settings()), "alice|álice");
    let mixed: &[&str] = &[r"CORP\alice", "álice"];
    assert_eq!(outcome(r"OTHER\alice", mixed, &no_settings()), "álice");
    assert_eq!(outcome(r"CORP\alice", mixed, &no_settings()), r"corp\alice");
}

/// Guards the constructor: it converts an administrator's settings to the compared form.
#[test]
fn domains_become_canonical() {
    let domains = Domains::new(
        Some(" CORP "),
        [("@Alt.Example. ", "Corp"), ("x.example", "A"), ("X.EXAMPLE", "B"), ("y", " ")],
    );
    assert_eq!(domains.default.as_deref(), Some("corp"));
    let aliases: Vec<_> = domains.aliases.iter().collect();
    assert_eq!(aliases, [(&"alt.example".to_owned(), &"corp".to_owned())]);
    assert_eq!(Domains::new(Some("  "), Vec::<(String, String)>::new()), Domains::default());
}

/// A name, the settings, the listed names, and the expected result.
type Choice = (&'static str, fn() -> Domains, &'static [&'static str], Option<&'static str>);

/// A whitelist entry, a login, the settings, and whether the entry covers the login.
type WhitelistCase = (&'static str, &'static str, fn() -> Domains, bool);

/// Guards the domain that a user's state is bound to: one text for all its spellings.
#[test]
fn netbios_domain_of_a_login() {
    #[rustfmt::skip]
        let cases: &[Choice] = &[
            (r"CORP\alice", no_settings, &["alice"], Some("corp")),
            (r"ＣＯＲＰ\alice", no_settings, &["alice"], Some("corp")),
            ("alice@alt.example", aliased, &["alice"], Some("corp")),
            ("alice@corp.example", no_settings, &[r"CORP\álice"], Some("corp")),
            (r"corp.example\alice", no_settings, &[r"CORP\alice"], Some("corp")),
            ("alice@corp.example", no_settings, &["alice", r"CORP\bob"], None),
            ("alice@corp.example", home_corp, &["alice"], None),
            ("alice", home_corp, &["alice"], Some("corp")),
            ("alice", aliased, &[r"CORP\alice"], None),
            (r".\alice", home_corp, &[r"CORP\alice"], None),
        ];
    for (login, domains, entries, expected) in cases {
        let found = netbios_of(&name(login), &names(entries), &domains());
        assert_eq!(found.as_deref(), *expected, "{login} among {entries:?}");
    }
}

/// Guards adding entries: a second entry for the same account overlaps, one for another domain does not.
#[test]
fn overlapping_entries() {
    #[rustfmt::skip]
        let cases: &[Choice] = &[
            ("alice", no_settings, &["alice"], None),
            ("alice", no_settings, &["bob"], None),
            ("alice", no_settings, &["álice"], Some("álice")),
            ("alice", no_settings, &[r"CORP\alice"], Some(r"corp\alice")),
            (r"CORP\alice", no_settings, &["alice"], Some("alice")),
            (r"CORP\alice", no_settings, &[r"OTHER\alice"], None),
            (r"CORP\alice", no_settings, &[r"CORP\alicé"], Some(r"corp\alicé")),
            (r"CORP\alice", no_settings, &[r"OTHER\alice", r"cörp\alice"], Some(r"cörp\alice")),
            (r".\alice", home_corp, &[r"OTHER\alice"], Some(r"other\alice")),
            ("alice", home_corp, &[r"OTHER\alice"], Some(r"other\alice")),
            (r"OTHER\alice", home_corp, &["alice"], Some("alice")),
            ("alice@x.example", no_settings, &[r"OTHER\alice"], Some(r"other\alice")),
            (r"OTHER\alice", no_settings, &["alice@x.example"], Some("alice@x.example")),
            ("alice@alt.example", aliased, &[r"OTHER\alice"], None),
            ("alice@alt.example", aliased, &[r"CORP\alice"], Some(r"corp\alice")),
            ("alice@corp.example", no_settings, &[r"OTHER\alice", r"CORP\alice"], Some(r"other\alice")),
        ];
    for (new, domains, entries, expected) in cases {
        let entries = names(entries);
        let found = overlapping(&name(new), &entries, &domains()).map(Name::canonical);
        assert_eq!(found.as_deref(), *expected, "{new} beside {entries:?}");
    }
}

/// Guards groups: the same comparison as for users, every match once, in the order of the list.
#[test]
fn groups_cover_their_members() {
    let listed =
        names(&[r"OTHER\Staff", "vpn users", r"CORP\Staff", "élan", r"CORP\Staff", "nobody"]);
    #[rustfmt::skip]
        let cases: &[(&[&str], &[&str])] = &[
            (&[], &[]),
            (&["guests"], &[]),
            (&[r"CORP\staff"], &[r"corp\staff"]),
            (&["staff@alt.example"], &[r"corp\staff"]),
            (&["staff"], &[r"other\staff", r"corp\staff"]),
            (&["staff@corp.example"], &[r"corp\staff"]),
            (&[r"THIRD\staff"], &[]),
            (&[r"BUILTIN\VPN Users", "ELAN", "vpn users@x.example"], &["vpn users", "élan"]),
        ];
    for (memberships, expected) in cases {
        let found = covering_groups(&names(memberships), &listed, &aliased());
        let found: Vec<String> = found.into_iter().map(Name::canonical).collect();
        assert_eq!(&found, expected, "{memberships:?}");
    }
    let default = covering_groups(&names(&["staff"]), &listed, &home_corp());
    assert_eq!(default, [&listed[2]], "an unqualified group belongs to the default domain");
}

/// Guards the cost of many memberships: a few lookups each instead of a comparison per pair.
#[test]
fn many_memberships_are_cheap() {
    let listed: Vec<Name> = (0..2_000).map(|i| name(&format!(r"corp\listed{i}"))).collect();
    let mut memberships: Vec<Name> =
        (0..10_000).map(|i| name(&format!(r"corp\group{i}"))).collect();
    memberships.push(name("listed1999@corp.example"));
    // Comparing every pair would fold 20 million names, which takes minutes in a debug build.
    let found = covering_groups(&memberships, &listed, &no_settings());
    assert_eq!(found, [&listed[1999]]);
}

/// Guards the whitelist: which logins an entry covers, and that it covers no others.
#[test]
fn whitelist_is_narrow() {
    #[rustfmt::skip]
        let cases: &[WhitelistCase] = &[
            ("alice", "ALICE", no_settings, true),
            ("alice", r".\alice", no_settings, true),
            ("alice", r"CORP\alice", no_settings, false),
            ("alice", "alice@alt.example", aliased, false),
            ("alice", "álice", no_settings, false),
            ("josé", "jose\u{301}", no_settings, true),
            ("alice", "bob", no_settings, false),
            ("strauß", "strauss", no_settings, false),
            ("alice", "alice", home_corp, true),
            ("alice", r".\alice", home_corp, true),
            ("alice", r"CORP\alice", home_corp, false),
            (r"CORP\alice", r"corp\Alice", no_settings, true),
            (r"CORP\alice", r"cörp\alice", no_settings, false),
            (r"CORP\alice", r"ＣＯＲＰ\alice", no_settings, false),
            (r"CORP\alice", r"OTHER\alice", no_settings, false),
            (r"CORP\alice", "alice", no_settings, false),
            (r"CORP\alice", "alice", home_corp, true),
            (r"OTHER\alice", "alice", home_corp, false),
            (r"CORP\alice", r".\alice", home_corp, false),
            (r"CORP\alice", "alice@alt.example", aliased, true),
            (r"CORP\alice", "alice@sales.example", aliased, false),
            (r"CORP\alice", "alice@corp.example", no_settings, false),
            (r"CORP\alice", "alice@corp", no_settings, false),
            (r"CORP\alice", r"corp.example\alice", no_settings, false),
            ("alice@alt.example", r"CORP\alice", aliased, true),
            ("alice@x.example", "Alice@X.example.", no_settings, true),
            ("alice@x.example", "alice@y.example", no_settings, false),
            ("alice@x.example", "alice", no_settings, false),
            ("alice@x.example", r"x.example\alice", no_settings, false),
            ("alice@alt.example", "alice", home_corp, true),
            (r".\alice", r".\ALICE", home_corp, true),
            (r".\alice", "alice", no_settings, false),
            (r".\alice", r"CORP\alice", no_settings, false),
        ];
    for (entry, login, domains, expected) in cases {
        assert_eq!(
            whitelisted(&name(login), &name(entry), &domains()),
            *expected,
            "{login} by {entry}"
        );
    }
}
