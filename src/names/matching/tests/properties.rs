//! Properties: every spelling of a listed account is found, and every whitelisted login is also the listed account.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use super::*;

/// The domain of an entry or login: the text before and after the account.
type Affixes = (&'static str, &'static str);

const ENTRY_DOMAINS: [Affixes; 7] = [
    ("", ""),
    (r".\", ""),
    (r"corp\", ""),
    (r"OTHER\", ""),
    ("", "@alt.example"),
    ("", "@corp.example"),
    ("", "@x.example"),
];

fn account() -> impl Strategy<Value = String> {
    let letters: Vec<char> = "abkos1-._é ßſıøŁæσςΣガつ日٣👍ŉǆﬁЖа".chars().collect();
    proptest::collection::vec(proptest::sample::select(letters), 1..6)
        .prop_map(|letters| letters.into_iter().collect::<String>())
        .prop_filter("a legal account", |text| Name::parse(text).is_ok())
}

fn full_width(c: char) -> char {
    if c.is_ascii_alphanumeric() { char::from_u32(u32::from(c) + 0xfee0).unwrap() } else { c }
}

fn respelled(text: &str, how: usize) -> String {
    match how {
        0 => text.to_uppercase(),
        1 => text.to_lowercase(),
        2 => text.nfd().collect(),
        3 => text.nfkc().collect(),
        4 => text.chars().map(full_width).collect(),
        5 => text.chars().flat_map(|c| [c, '\u{301}']).collect(),
        6 => text.replace("ss", "ß").replace('o', "ø").replace('k', "\u{212a}"),
        7 => crate::names::name::folded(text),
        _ => format!("  {text} "),
    }
}

/// Every domain with which a user may log in to the account of an entry.
fn login_domains((before, after): Affixes, default: Option<&str>) -> Vec<Affixes> {
    let mut fitting =
        vec![(r".\", ""), ("", "@nowhere.invalid"), ("no.where\\", ""), (before, after)];
    let corp: [Affixes; 5] = [
        (r"CORP\", ""),
        ("ｃorp\\", ""),
        ("", "@ALT.example"),
        ("", "@corp.example."),
        (r"corp.example\", ""),
    ];
    let other: [Affixes; 3] = [(r"other\", ""), ("", "@sales.example"), ("", "@other")];
    let is_corp = before == r"corp\" || after == "@alt.example";
    let is_other = before == r"OTHER\";
    if !is_other {
        fitting.extend(corp);
    }
    // `corp.example` may be mapped to CORP by its first label.
    if !is_corp && after != "@corp.example" {
        fitting.extend(other);
    }
    let home = match default {
        None => true,
        Some("corp") => !is_other,
        _ => !is_corp && after != "@corp.example",
    };
    if home {
        fitting.push(("", ""));
    }
    fitting
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    /// Guards the promise of `resolve`: whatever else is listed, no spelling of a listed account is
    /// unlisted, in any domain that may be the account's.
    #[test]
    fn no_respelling_is_unlisted(
        accounts in proptest::collection::vec(account(), 1..3),
        picks in proptest::collection::vec((any::<prop::sample::Index>(), 0..ENTRY_DOMAINS.len()), 1..6),
        target in any::<prop::sample::Index>(),
        hows in proptest::collection::vec(0_usize..9, 0..4),
        default in proptest::sample::select(vec![None, Some("corp"), Some("other")]),
        qualifier in any::<prop::sample::Index>(),
    ) {
        let entries: Vec<Name> = picks.iter().map(|(account, domain)| {
            let (before, after) = ENTRY_DOMAINS[*domain];
            name(&format!("{before}{}{after}", account.get(&accounts)))
        }).collect();
        let (account, domain) = target.get(&picks);
        let domains = Domains { default: default.map(str::to_owned), ..aliased() };
        let fitting = login_domains(ENTRY_DOMAINS[*domain], default);
        let (before, after) = qualifier.get(&fitting);
        let spelt = hows.iter().fold(account.get(&accounts).clone(), |text, how| respelled(&text, *how));
        let login = name(&format!("{before}{spelt}{after}"));
        prop_assert_ne!(
            resolve(&login, &entries, &domains), Resolution::Unlisted,
            "{} among {:?}", login, entries
        );
        let entry = &entries[target.index(picks.len())];
        prop_assert_eq!(login.key(), entry.key());
    }

    /// Guards that whitelisting is stricter than listing: a login that an entry covers also resolves to it.
    #[test]
    fn whitelisted_implies_listed(
        account in account(),
        entry in proptest::sample::select(ENTRY_DOMAINS.to_vec()),
        login in proptest::sample::select(ENTRY_DOMAINS.to_vec()),
        default in proptest::sample::select(vec![None, Some("corp"), Some("other")]),
    ) {
        let entry = name(&format!("{}{account}{}", entry.0, entry.1));
        let login = name(&format!("{}{account}{}", login.0, login.1));
        let domains = Domains { default: default.map(str::to_owned), ..aliased() };
        if whitelisted(&login, &entry, &domains) {
            let entries = [entry];
            prop_assert_eq!(resolve(&login, &entries, &domains), Resolution::Entry(&entries[0]));
        }
    }
}
