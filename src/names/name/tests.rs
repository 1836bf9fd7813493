use proptest::prelude::*;

use super::*;

fn canonical(text: &str) -> String {
    Name::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}")).canonical()
}

/// Guards the accepted forms and their parts.
#[test]
fn accepted_forms() {
    let suffix = |text: &str| Domain::Suffix(text.into());
    let netbios = |text: &str| Domain::NetBios(text.into());
    #[rustfmt::skip]
        let cases = [
            ("alice", "alice", "alice", Domain::Unqualified),
            ("  Alice\u{a0}", "alice", "alice", Domain::Unqualified),
            (r"CORP\Alice", r"corp\alice", "alice", netbios("corp")),
            (r" CORP \ Alice ", r"corp\alice", "alice", netbios("corp")),
            (r"corp.example\alice", r"corp.example\alice", "alice", netbios("corp.example")),
            (r" . \Alice", r".\alice", "alice", Domain::Local),
            ("Alice@Corp.Example", "alice@corp.example", "alice", suffix("corp.example")),
            ("alice @ corp.example.", "alice@corp.example", "alice", suffix("corp.example")),
            ("alice@corp.example. ..", "alice@corp.example", "alice", suffix("corp.example")),
            ("a@b@c", "a@b@c", "a@b", suffix("c")),
            ("a/b", "a/b", "a/b", Domain::Unqualified),
            ("..", "..", "..", Domain::Unqualified),
            (r".\..", r".\..", "..", Domain::Local),
            ("CON", "con", "con", Domain::Unqualified),
            ("alice.", "alice.", "alice.", Domain::Unqualified),
            ("👍🏽", "👍🏽", "👍🏽", Domain::Unqualified),
            ("Domain Users", "domain users", "domain users", Domain::Unqualified),
            ("JOSE\u{301}", "jos\u{e9}", "jos\u{e9}", Domain::Unqualified),
            ("J\u{30c}", "\u{1f0}", "\u{1f0}", Domain::Unqualified),
            ("\u{212a}arl", "karl", "karl", Domain::Unqualified),
            ("İ", "i\u{307}", "i\u{307}", Domain::Unqualified),
            ("ΑΝΤΏΝΗΣ", "αντώνης", "αντώνης", Domain::Unqualified),
            ("ＡＬＩＣＥ", "ａｌｉｃｅ", "ａｌｉｃｅ", Domain::Unqualified),
            ("%:*\"<>|", "%:*\"<>|", "%:*\"<>|", Domain::Unqualified),
        ];
    for (input, text, account, domain) in cases {
        let name = Name::parse(input).unwrap_or_else(|error| panic!("{input:?}: {error}"));
        assert_eq!(name.canonical(), text, "{input:?}");
        assert_eq!(name.to_string(), text, "{input:?}");
        assert_eq!((name.account(), name.domain()), (account, &domain), "{input:?}");
    }
}

/// Guards invalid names, each with its own error.
#[test]
fn refused_names() {
    use NameError as E;
    #[rustfmt::skip]
        let cases = [
            ("", E::Empty),
            (" \u{3000}\u{a0}", E::Empty),
            (r"\alice", E::EmptyDomain),
            (r"  \alice", E::EmptyDomain),
            ("alice@", E::EmptyDomain),
            ("alice@ . ", E::EmptyDomain),
            (r"CORP\", E::EmptyAccount),
            (r".\ ", E::EmptyAccount),
            ("@corp", E::EmptyAccount),
            ("@", E::EmptyAccount),
            (r"\", E::EmptyAccount),
            ("alice@@corp", E::EmptyAccount),
            ("alice@ @corp", E::EmptyAccount),
            (r"CORP\SUB\alice", E::SeveralBackslashes),
            (r"\\server\alice", E::SeveralBackslashes),
            (r"CORP\alice@corp.example", E::BackslashAndAt),
            (r"alice@corp\x", E::BackslashAndAt),
            ("al\0ice", E::InvisibleCharacter(0)),
            ("alice\n", E::InvisibleCharacter(0x0a)),
            ("\talice", E::InvisibleCharacter(0x09)),
            ("alice\r", E::InvisibleCharacter(0x0d)),
            ("\x1b[31malice", E::InvisibleCharacter(0x1b)),
            ("alice\x7f", E::InvisibleCharacter(0x7f)),
            ("alice\u{85}", E::InvisibleCharacter(0x85)),
            ("al\u{ad}ice", E::InvisibleCharacter(0xad)),
            ("al\u{200b}ice", E::InvisibleCharacter(0x200b)),
            ("al\u{200d}ice", E::InvisibleCharacter(0x200d)),
            ("\u{200f}alice", E::InvisibleCharacter(0x200f)),
            ("\u{202e}alice", E::InvisibleCharacter(0x202e)),
            ("alice\u{2066}", E::InvisibleCharacter(0x2066)),
            ("\u{feff}alice", E::InvisibleCharacter(0xfeff)),
            ("alice\u{2028}", E::InvisibleCharacter(0x2028)),
            ("alice\u{2029}", E::InvisibleCharacter(0x2029)),
            ("alice\u{e0041}", E::InvisibleCharacter(0xe0041)),
            ("alice\u{378}", E::InvisibleCharacter(0x378)),
            ("alice\u{ffff}", E::InvisibleCharacter(0xffff)),
            ("alice\u{3164}", E::InvisibleCharacter(0x3164)),
            ("j\u{fffd}rg", E::LostLetter("U+FFFD")),
            ("?mile", E::LostLetter("'?'")),
            ("em?le", E::LostLetter("'?'")),
            ("????", E::LostLetter("'?'")),
            (r"CORP\emil?", E::LostLetter("'?'")),
            (r"C?RP\emile", E::LostLetter("'?'")),
            ("emile@c?rp.example", E::LostLetter("'?'")),
            ("CORP\u{200b}\\alice", E::InvisibleCharacter(0x200b)),
            ("alice＠corp.example", E::SeparatorLookalike(0xff20)),
            ("alice﹫corp.example", E::SeparatorLookalike(0xfe6b)),
            ("CORP＼alice", E::SeparatorLookalike(0xff3c)),
            ("CORP﹨alice", E::SeparatorLookalike(0xfe68)),
            ("CORP¥alice", E::SeparatorLookalike(0xa5)),
            ("CORP￥alice", E::SeparatorLookalike(0xffe5)),
            ("CORP₩alice", E::SeparatorLookalike(0x20a9)),
            ("CORP∖alice", E::SeparatorLookalike(0x2216)),
            ("\u{301}", E::OnlyMarks),
            ("´", E::OnlyMarks),
            ("CORP\\\u{301}", E::OnlyMarks),
            ("\u{301}\u{20dd}@corp", E::OnlyMarks),
            ("\u{301}\\alice", E::OnlyMarks),
            ("alice@\u{301}", E::OnlyMarks),
            ("alice@\u{301}@corp", E::OnlyMarks),
        ];
    for (input, error) in cases {
        assert_eq!(Name::parse(input), Err(error), "{input:?}");
    }
}

/// Guards both sides of the length limit, in the trimmed and in the canonical text.
#[test]
fn length_limit() {
    let longest = "a".repeat(MAX_NAME_BYTES);
    assert_eq!(canonical(&format!("  {longest}  ")), longest);
    assert_eq!(Name::parse(&format!("{longest}a")), Err(NameError::TooLong));
    assert_eq!(Name::parse(&"é".repeat(129)), Err(NameError::TooLong));
    // U+0130 takes two bytes, its lowercase form three.
    assert_eq!(Name::parse(&"İ".repeat(86)), Err(NameError::TooLong));
    assert_eq!(canonical(&"İ".repeat(85)).len(), 255);
    let qualified = format!("{}@corp", "İ".repeat(84));
    assert_eq!(Name::parse(&qualified), Err(NameError::TooLong));
}

/// Guards terminals and logs: a message is one lowercase line that never contains the offending character.
#[test]
fn messages_do_not_echo() {
    for input in
        ["", "@x", "x@", "\x1b", "\u{202e}", "＠", "a\\b\\c", "a\\b@c", "\u{301}", "a?", "\u{fffd}"]
    {
        let message = Name::parse(input).unwrap_err().to_string();
        assert!(message.bytes().all(|byte| (b' '..0x7f).contains(&byte)), "{message:?}");
        assert!(message.starts_with(|c: char| c.is_ascii_lowercase()), "{message:?}");
    }
    let message = Name::parse("\x1b[2J").unwrap_err().to_string();
    assert!(message.contains("U+001B"), "{message}");
}

/// Guards the order of lists: by canonical text across domains.
#[test]
fn ordered_by_canonical_text() {
    let mut names: Vec<Name> =
        ["bob@a", r"c\a", "bob", r".\z", "alice", "a@b@c", "bob.x", r"bob\a", "é"]
            .map(|text| Name::parse(text).unwrap())
            .into();
    names.sort();
    assert!(names.is_sorted_by_key(Name::canonical), "{names:?}");
    assert_eq!(names[0].canonical(), r".\z");
}

/// Guards that no accepted character becomes a separator in folded or canonical form.
#[test]
fn no_character_becomes_a_separator() {
    for c in ('\u{80}'..'\u{20000}').filter(|c| !is_separator_lookalike(*c)) {
        let text = c.to_string();
        assert!(!folded(&text).contains(['\\', '@']), "U+{:04X}", u32::from(c));
        assert!(!canonical_text(&text).contains(['\\', '@']), "U+{:04X}", u32::from(c));
    }
}

/// Characters that fold in unusual ways, separators, blanks and arbitrary characters.
fn texts() -> impl Strategy<Value = String> {
    let odd: Vec<char> =
            "aAzZ19 .\\@\u{301}\u{308}\u{323}\u{338}\u{a0}ßẞſİıKΣςσάΆΐŉǅJ\u{30c}ﬁＡ＠つツｶﾞ한ᄀ\u{1161}٣👍é"
                .chars()
                .collect();
    let character = prop_oneof![4 => proptest::sample::select(odd), 1 => any::<char>()];
    proptest::collection::vec(character, 0..12).prop_map(|text| text.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..Default::default() })]

    /// Guards that the canonical text of a name parses back to the same name.
    #[test]
    fn canonical_text_is_stable(text in texts()) {
        if let Ok(name) = Name::parse(&text) {
            prop_assert_eq!(Name::parse(&name.canonical()), Ok(name.clone()));
            let account = Name::parse(&format!(r".\{}", name.account()));
            if let Ok(account) = account {
                prop_assert_eq!(account.key(), name.key());
            }
        }
    }

    /// Guards the shared lock: case and normal form never change the key. Leaves out the Greek iota below a
    /// vowel, which becomes a letter in upper case. Directories drop it as a mark and do not equate the two.
    #[test]
    fn variants_share_the_key(text in texts()) {
        prop_assume!(!text.nfkd().any(|c| c == '\u{345}'));
        if let Ok(name) = Name::parse(&text) {
            let variants = [
                text.to_uppercase(),
                text.to_lowercase(),
                text.nfc().collect(),
                text.nfd().collect(),
                name.canonical().to_uppercase(),
                format!(" {text} "),
            ];
            for variant in variants {
                let key = Name::parse(&variant).map(|name| name.key());
                prop_assert_eq!(key, Ok(name.key()), "{:?}", variant);
            }
        }
    }

    /// Guards that the order agrees with equality and with the canonical texts.
    #[test]
    fn order_is_that_of_the_text(one in texts(), other in texts()) {
        if let (Ok(one), Ok(other)) = (Name::parse(&one), Name::parse(&other)) {
            prop_assert_eq!(one.cmp(&other), one.canonical().cmp(&other.canonical()));
            prop_assert_eq!(one == other, one.canonical() == other.canonical());
        }
    }
}
