mod properties;

use super::*;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn names(texts: &[&str]) -> Vec<Name> {
    texts.iter().map(|text| name(text)).collect()
}

/// No setting at all.
fn open() -> Domains {
    Domains::default()
}

/// Two companies whose suffixes are told, and no default.
fn aliased() -> Domains {
    Domains::new(None, [("alt.example", "CORP"), ("sales.example", "OTHER")])
}

/// The same with CORP as the default.
fn home_corp() -> Domains {
    Domains { default: Some("corp".into()), ..aliased() }
}

/// `-` for unlisted, the entry, or the entries joined by `|`.
fn outcome(login: &str, entries: &[&str], domains: &Domains) -> String {
    match resolve(&name(login), &names(entries), domains) {
        Resolution::Unlisted => "-".into(),
        Resolution::Entry(entry) => entry.canonical(),
        Resolution::Ambiguous(all) => {
            assert!(all.len() > 1, "ambiguous needs two");
            all.iter().map(|entry| entry.canonical()).collect::<Vec<_>>().join("|")
        }
    }
}

/// The rule, the settings, what is listed, a login, and the expected [`outcome`].
struct Case(&'static str, fn() -> Domains, &'static [&'static str], &'static str, &'static str);

#[rustfmt::skip]
const DOMAIN_RULES: &[Case] = &[
    Case("other account", open, &["alice"], "bob", "-"),
    Case("longer account", open, &["alice"], "alice2", "-"),
    Case("nothing listed", open, &[], "alice", "-"),
    // An unqualified entry matches any spelling.
    Case("entry unqualified", open, &["alice"], "alice", "alice"),
    Case("entry unqualified", open, &["alice"], r"CORP\alice", "alice"),
    Case("entry unqualified", open, &["alice"], "alice@corp.example", "alice"),
    Case("entry unqualified", open, &["alice"], r".\alice", "alice"),
    Case("entry unqualified", home_corp, &["alice"], r"OTHER\alice", "alice"),
    Case("entry unqualified", home_corp, &["alice"], "alice@sales.example", "alice"),
    // An unqualified login matches any domain, or the default one.
    Case("login unqualified", open, &[r"CORP\alice"], "alice", r"corp\alice"),
    Case("login unqualified", open, &["alice@x.example"], "alice", "alice@x.example"),
    Case("login unqualified", open, &[r".\alice"], "alice", r".\alice"),
    Case("default is it", home_corp, &[r"CORP\alice"], "alice", r"corp\alice"),
    Case("default is it by alias", home_corp, &["alice@alt.example"], "alice", "alice@alt.example"),
    Case("default is another", home_corp, &[r"OTHER\alice"], "alice", "-"),
    Case("default is another by alias", home_corp, &["alice@sales.example"], "alice", "-"),
    Case("default, entry unmapped", home_corp, &["alice@x.example"], "alice", "alice@x.example"),
    Case("default, entry local", home_corp, &[r".\alice"], "alice", r".\alice"),
    Case("default chooses", home_corp, &[r"CORP\alice", r"OTHER\alice"], "alice", r"corp\alice"),
    // Two NetBIOS prefixes.
    Case("same prefix", open, &[r"CORP\alice"], r"corp\ALICE", r"corp\alice"),
    Case("other prefix", open, &[r"CORP\alice"], r"OTHER\alice", "-"),
    Case("prefix spelt otherwise", open, &[r"CORP\alice"], r"ＣＯＲＰ\alice", r"corp\alice"),
    Case("prefix with accents", open, &[r"CORP\alice"], r"Çörp\alice", r"corp\alice"),
    Case("two domains, one login", open, &[r"CORP\alice", r"OTHER\alice"], r"OTHER\alice", r"other\alice"),
    Case("two domains, bare login", open, &[r"CORP\alice", r"OTHER\alice"], "alice", r"corp\alice|other\alice"),
    Case("two domains, third login", open, &[r"CORP\alice", r"OTHER\alice"], r"THIRD\alice", "-"),
    Case("bare and qualified", open, &["alice", r"CORP\alice"], r"CORP\alice", r"alice|corp\alice"),
    Case("same entry twice", open, &["alice", "ALICE"], "alice", "alice"),
    // `.\` is no prefix.
    Case("login local", home_corp, &[r"OTHER\alice"], r".\alice", r"other\alice"),
    Case("login local, two", home_corp, &[r"CORP\alice", r"OTHER\alice"], r".\alice", r"corp\alice|other\alice"),
    Case("entry local", home_corp, &[r".\alice"], r"OTHER\alice", r".\alice"),
    Case("entry local, UPN", home_corp, &[r".\alice"], "alice@sales.example", r".\alice"),
    Case("full width dot", open, &[r"CORP\alice"], r"．\alice", r"corp\alice"),
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
    // Suffix by first label, only with an entry of that name.
    Case("label", open, &[r"CORP\alice", r"OTHER\alice"], "alice@corp.example", r"corp\alice"),
    Case("label without dot", open, &[r"CORP\alice", r"OTHER\alice"], "alice@corp", r"corp\alice"),
    Case("label of no entry", open, &[r"OTHER\alice"], "alice@corp.example", r"other\alice"),
    Case("label is the default", home_corp, &[r"OTHER\alice"], "alice@corp.example", r"other\alice"),
    Case("label of another account", open, &[r"OTHER\alice", r"CORP\bob"], "alice@corp.example", r"other\alice"),
    Case("unmapped, two", open, &[r"CORP\alice", r"OTHER\alice"], "alice@x.example", r"corp\alice|other\alice"),
    Case("unmapped entry", open, &["alice@x.example"], r"CORP\alice", "alice@x.example"),
    Case("two unmapped", open, &["alice@x.example"], "alice@y.example", "alice@x.example"),
    // A DNS name before the backslash.
    Case("DNS prefix, label", open, &[r"CORP\alice"], r"corp.example\alice", r"corp\alice"),
    Case("DNS prefix, alias", aliased, &[r"CORP\alice", r"OTHER\alice"], r"alt.example.\alice", r"corp\alice"),
    Case("DNS prefix, unmapped", open, &[r"CORP\alice"], r"x.example\alice", r"corp\alice"),
    Case("DNS prefix, ideographic dot", open, &[r"CORP\alice"], r"x。example\alice", r"corp\alice"),
    Case("DNS default", || Domains::new(Some("corp.example"), [("", "")]), &[r"OTHER\alice"], "alice", r"other\alice"),
    Case("empty default", || Domains { default: Some(String::new()), ..open() }, &[r"CORP\alice"], "alice", r"corp\alice"),
    Case("raw default", || Domains { default: Some("CORP".into()), ..open() }, &[r"CORP\alice"], "alice", r"corp\alice"),
    Case("raw alias value", || Domains { default: None, aliases: [("a.example".into(), "CORP".into())].into() }, &[r"CORP\alice"], "alice@a.example", r"corp\alice"),
    Case("empty alias value", || Domains { default: None, aliases: [("a.example".into(), String::new())].into() }, &[r"CORP\alice"], "alice@a.example", r"corp\alice"),
];

/// Guards every domain rule: who is another domain's, and above all who is not.
#[test]
fn domains_decide_by_the_table() {
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

/// Guards the second rule: no spelling that a directory accepts is unlisted, in both directions.
#[test]
fn spellings_of_an_account_match() {
    for (what, one, two) in SPELLINGS {
        for (entry, login) in [(one, two), (two, one)] {
            let listed = name(entry).canonical();
            assert_eq!(outcome(login, &[entry], &open()), listed, "{what}: {login}");
            let qualified = format!(r"CORP\{entry}");
            let login = format!("{login}@alt.example");
            let listed = format!(r"corp\{listed}");
            assert_eq!(outcome(&login, &[&qualified], &aliased()), listed, "{what}: {login}");
        }
    }
}

/// Guards against folding so much that strangers match: these are other people.
#[test]
fn different_accounts_stay_unlisted() {
    #[rustfmt::skip]
        let pairs = [
            ("bjorn", "bjoern"), ("alice", "al1ce"), ("alice", "аlice"), ("a.b", "ab"),
            ("alice", "alice."), ("a b", "ab"), ("alice", "alice$"), ("つ", "す"), ("user1", "user۲"),
        ];
    for (entry, login) in pairs {
        assert_eq!(outcome(login, &[entry], &open()), "-", "{login} is not {entry}");
    }
}

/// Guards the order of the two rules: the canonical spelling wins, but only in its domain.
#[test]
fn canonical_spelling_comes_first() {
    let both: &[&str] = &["alice", "álice"];
    assert_eq!(outcome("ALICE", both, &open()), "alice");
    assert_eq!(outcome("A\u{301}LICE", both, &open()), "álice");
    assert_eq!(outcome("alicë", both, &open()), "alice|álice");
    let mixed: &[&str] = &[r"CORP\alice", "álice"];
    assert_eq!(outcome(r"OTHER\alice", mixed, &open()), "álice");
    assert_eq!(outcome(r"CORP\alice", mixed, &open()), r"corp\alice");
}

/// Guards the constructor: what an administrator writes becomes what is compared.
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

/// A name, the settings, what is listed, and the expected answer.
type Choice = (&'static str, fn() -> Domains, &'static [&'static str], Option<&'static str>);

/// An entry of the whitelist, a login, the settings, and whether it is let in.
type Door = (&'static str, &'static str, fn() -> Domains, bool);

/// Guards what a user's state is bound to: one text for all spellings of a domain.
#[test]
fn netbios_domain_of_a_login() {
    #[rustfmt::skip]
        let cases: &[Choice] = &[
            (r"CORP\alice", open, &["alice"], Some("corp")),
            (r"ＣＯＲＰ\alice", open, &["alice"], Some("corp")),
            ("alice@alt.example", aliased, &["alice"], Some("corp")),
            ("alice@corp.example", open, &[r"CORP\álice"], Some("corp")),
            (r"corp.example\alice", open, &[r"CORP\alice"], Some("corp")),
            ("alice@corp.example", open, &["alice", r"CORP\bob"], None),
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

/// Guards adding: a second entry for one account is refused, one for another domain is not.
#[test]
fn overlapping_entries() {
    #[rustfmt::skip]
        let cases: &[Choice] = &[
            ("alice", open, &["alice"], None),
            ("alice", open, &["bob"], None),
            ("alice", open, &["álice"], Some("álice")),
            ("alice", open, &[r"CORP\alice"], Some(r"corp\alice")),
            (r"CORP\alice", open, &["alice"], Some("alice")),
            (r"CORP\alice", open, &[r"OTHER\alice"], None),
            (r"CORP\alice", open, &[r"CORP\alicé"], Some(r"corp\alicé")),
            (r"CORP\alice", open, &[r"OTHER\alice", r"cörp\alice"], Some(r"cörp\alice")),
            (r".\alice", home_corp, &[r"OTHER\alice"], Some(r"other\alice")),
            ("alice", home_corp, &[r"OTHER\alice"], Some(r"other\alice")),
            (r"OTHER\alice", home_corp, &["alice"], Some("alice")),
            ("alice@x.example", open, &[r"OTHER\alice"], Some(r"other\alice")),
            (r"OTHER\alice", open, &["alice@x.example"], Some("alice@x.example")),
            ("alice@alt.example", aliased, &[r"OTHER\alice"], None),
            ("alice@alt.example", aliased, &[r"CORP\alice"], Some(r"corp\alice")),
            ("alice@corp.example", open, &[r"OTHER\alice", r"CORP\alice"], Some(r"other\alice")),
        ];
    for (new, domains, entries, expected) in cases {
        let entries = names(entries);
        let found = overlapping(&name(new), &entries, &domains()).map(Name::canonical);
        assert_eq!(found.as_deref(), *expected, "{new} beside {entries:?}");
    }
}

/// Guards group cover: the same comparison, any match, each once, in the order of the list.
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
    assert_eq!(default, [&listed[2]], "an unqualified group is of the default domain");
}

/// Guards the cost of many memberships: a few look-ups each, not one per pair.
#[test]
fn many_memberships_are_cheap() {
    let listed: Vec<Name> = (0..2_000).map(|i| name(&format!(r"corp\listed{i}"))).collect();
    let mut memberships: Vec<Name> =
        (0..10_000).map(|i| name(&format!(r"corp\group{i}"))).collect();
    memberships.push(name("listed1999@corp.example"));
    // Comparing each pair would fold 20 million names: minutes in a debug build.
    let found = covering_groups(&memberships, &listed, &open());
    assert_eq!(found, [&listed[1999]]);
}

/// Guards the door: what the whitelist lets in, and that nothing else comes along.
#[test]
fn whitelist_is_narrow() {
    #[rustfmt::skip]
        let cases: &[Door] = &[
            ("alice", "ALICE", open, true),
            ("alice", r".\alice", open, true),
            ("alice", r"CORP\alice", open, false),
            ("alice", "alice@alt.example", aliased, false),
            ("alice", "álice", open, false),
            ("josé", "jose\u{301}", open, true),
            ("alice", "bob", open, false),
            ("strauß", "strauss", open, false),
            ("alice", "alice", home_corp, true),
            ("alice", r".\alice", home_corp, true),
            ("alice", r"CORP\alice", home_corp, false),
            (r"CORP\alice", r"corp\Alice", open, true),
            (r"CORP\alice", r"cörp\alice", open, false),
            (r"CORP\alice", r"ＣＯＲＰ\alice", open, false),
            (r"CORP\alice", r"OTHER\alice", open, false),
            (r"CORP\alice", "alice", open, false),
            (r"CORP\alice", "alice", home_corp, true),
            (r"OTHER\alice", "alice", home_corp, false),
            (r"CORP\alice", r".\alice", home_corp, false),
            (r"CORP\alice", "alice@alt.example", aliased, true),
            (r"CORP\alice", "alice@sales.example", aliased, false),
            (r"CORP\alice", "alice@corp.example", open, false),
            (r"CORP\alice", "alice@corp", open, false),
            (r"CORP\alice", r"corp.example\alice", open, false),
            ("alice@alt.example", r"CORP\alice", aliased, true),
            ("alice@x.example", "Alice@X.example.", open, true),
            ("alice@x.example", "alice@y.example", open, false),
            ("alice@x.example", "alice", open, false),
            ("alice@x.example", r"x.example\alice", open, false),
            ("alice@alt.example", "alice", home_corp, true),
            (r".\alice", r".\ALICE", home_corp, true),
            (r".\alice", "alice", open, false),
            (r".\alice", r"CORP\alice", open, false),
        ];
    for (entry, login, domains, expected) in cases {
        assert_eq!(
            whitelisted(&name(login), &name(entry), &domains()),
            *expected,
            "{login} by {entry}"
        );
    }
}
