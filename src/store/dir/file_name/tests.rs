use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn round_trip(name: &Name) -> Option<Name> {
    let components = encode(name);
    decode(&components.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Lists what is wrong with a component on any file system.
fn faults(component: &str, last: bool) -> Vec<&'static str> {
    let stem = component.split('.').next().unwrap_or_default();
    let devices = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];
    let numbered = ["com", "lpt"].iter().any(|device| {
        stem.strip_prefix(device)
            .is_some_and(|rest| rest.chars().count() == 1 && "0123456789¹²³".contains(rest))
    });
    let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "%-_.@".contains(c);
    let text = component.strip_suffix(if last { ".toml" } else { "+" });
    [
        (text.is_none(), "suffix"),
        (text.is_some_and(|text| text.is_empty() || !text.chars().all(safe)), "character"),
        (component.len() > 210, "length"),
        (component.starts_with('.'), "leading dot"),
        (component.ends_with(['.', ' ']), "trailing dot or blank"),
        (numbered || devices.contains(&stem), "device"),
    ]
    .into_iter()
    .filter_map(|(faulty, what)| faulty.then_some(what))
    .collect()
}

/// Guards the encoding on disk, which must never change.
#[test]
fn encoded_spellings() {
    #[rustfmt::skip]
    let cases = [
        ("Alice", "alice.toml"),
        (r"CORP\alice", "corp%5calice.toml"),
        (r".\alice", "%2e%5calice.toml"),
        ("alice@corp.example", "alice@corp.example.toml"),
        ("a/b", "a%2fb.toml"),
        ("..", "%2e..toml"),
        (r".\..", "%2e%5c...toml"),
        ("alice.", "alice..toml"),
        ("a b+c%d", "a%20b%2bc%25d.toml"),
        ("é", "%c3%a9.toml"),
        ("CON", "%63on.toml"),
        ("con.txt", "%63on.txt.toml"),
        ("console", "console.toml"),
        ("con@x", "con@x.toml"),
        ("nul", "%6eul.toml"),
        ("aux", "%61ux.toml"),
        ("prn.", "%70rn..toml"),
        ("com0", "%63om0.toml"),
        ("COM9.x", "%63om9.x.toml"),
        ("com10", "com10.toml"),
        ("lpt7", "%6cpt7.toml"),
        ("com¹", "com%c2%b9.toml"),
        ("conin$", "conin%24.toml"),
    ];
    for (text, file) in cases {
        assert_eq!(encode(&name(text)), [file], "{text:?}");
        assert_eq!(decode(&[file]), Some(name(text)), "{file}");
    }
}

/// Guards long names: where they are split, and that no piece is a device name, hidden, or half an
/// escape.
#[test]
fn long_names_become_directories() {
    let a = "a".repeat(200);
    assert_eq!(encode(&name(&a)), [format!("{a}.toml")]);
    assert_eq!(encode(&name(&format!("{a}b"))), [format!("{a}+"), "b.toml".into()]);
    assert_eq!(encode(&name(&format!("{a}con"))), [format!("{a}+"), "%63on.toml".into()]);
    assert_eq!(encode(&name(&format!("{a}..b"))), [format!("{a}+"), "%2e.b.toml".into()]);
    let con = format!("con.{}", "x".repeat(200));
    let expected = [format!("%63on.{}+", "x".repeat(196)), "xxxx.toml".into()];
    assert_eq!(encode(&name(&con)), expected);
    let escapes = "日".repeat(85);
    let lengths: Vec<usize> = encode(&name(&escapes)).iter().map(String::len).collect();
    assert_eq!(lengths, [199, 199, 199, 171 + 5]);
    for text in [a + "con", con, escapes] {
        let long = name(&text);
        assert_eq!(round_trip(&long).as_ref(), Some(&long), "{text}");
    }
}

/// Guards strict decoding: a file with any other spelling is not a document.
#[test]
fn other_spellings_do_not_decode() {
    let a199 = "a".repeat(199);
    let (half, short, long) = (format!("{a199}+"), format!("{a199}a+"), format!("{a199}aa.toml"));
    #[rustfmt::skip]
    let cases: &[&[&str]] = &[
        &[], &[""], &[".toml"], &["alice"], &["alice.tom"], &["alice.toml.bak"], &["alice+"],
        &["Alice.toml"], &["alice.TOML"], &["%41lice.toml"], &["%61lice.toml"], &["a%2Fb.toml"],
        &["a/b.toml"], &["a b.toml"], &["a%2.toml"], &["a%zz.toml"], &["a%.toml"], &["%ff.toml"],
        &["%c3%89.toml"], &["e%cc%81.toml"], &["%20alice.toml"], &["a%00.toml"], &["é.toml"],
        &[".%5calice.toml"], &["..toml"], &["...toml"], &["con.toml"], &["com1.x.toml"],
        &["corp%5c.toml"], &["a%5cb%5cc.toml"], &["alice@x..toml"], &["%2f%2e.toml"],
        &["al+", "ice.toml"], &["+", "alice.toml"], &["alice.toml", "alice.toml"],
        &[&half, "ab.toml"], &[&short, "+", "b.toml"], &[&short, ".toml"], &[&long],
        &[&short, "con.toml"], &[&short, "b+"],
    ];
    for components in cases {
        assert_eq!(decode(components), None, "{components:?}");
    }
    assert!(
        decode(&[&short, "b.toml"]).is_some(),
        "the rejected pieces differ only slightly from valid ones"
    );
}

/// Guards the location on disk, which must never change: the CRC-32 of `alice` is 278ebc47.
#[test]
fn shards_and_locks() {
    let key = name("alice").key();
    assert_eq!((shard(&key).as_str(), lock_index(&key)), ("278", 0x27));
    for spelling in ["ALICE", r"CORP\alice", "álice@corp.example", "ａｌｉｃｅ"] {
        assert_eq!(name(spelling).key(), key, "{spelling}");
    }
    assert_ne!(shard(&name("bob").key()), shard(&key));
}

/// Guards the shortcut: skips names that clearly belong to other accounts, and never skips malformed
/// ones.
#[test]
fn other_accounts_are_skipped() {
    let key = name("alice").key();
    for (file, is_skipped) in [
        ("bob.toml", true),
        ("corp%5cbob.toml", true),
        ("bob@corp.example.toml", true),
        ("alice.toml", false),
        ("corp%5calice.toml", false),
        ("alice@corp.example.toml", false),
        ("ALICE.toml", false),
        ("BOB.toml", false),
        ("%c3%a1lice.toml", false),
        ("alic%c3%a9.toml", false),
        ("%c3%a1%4cice@corp.toml", false),
        ("%63on.toml", true),
        ("%c3%a91.toml", true),
        ("1%c3%a9.toml", true),
        ("%e6%97%a51%e6%9c%ac.toml", true),
        ("xalice.toml", true),
        ("alicex.toml", true),
        ("alicex@corp.toml", true),
        ("corp%5cxalice.toml", true),
        ("alice@alice.toml", false),
        ("bob@alice.toml", true),
        ("%61lice.toml", false),
        ("alice%40corp.toml", false),
        ("corp%5Calice.toml", false),
        ("corp\\alice.toml", false),
        ("a%5cb%5calice.toml", false),
        ("al%e2%80%8bice.toml", false),
        ("alice%", false),
        ("alice%2.toml", true),
        ("bob", false),
        (".toml", false),
    ] {
        assert_eq!(is_of_another_account(&[], file.as_bytes(), &key), is_skipped, "{file}");
    }
    // A long name continues in directories: the account is at its end, or before an '@'.
    for (directory, file, is_skipped) in [
        ("ddd+", "ddd%5calice.toml", false),
        ("ddd+", "ddd%5cbob.toml", true),
        ("ddd%5cal+", "ice.toml", false),
        ("xxx+", "xxx.toml", true),
        ("alice@xxx+", "xxx.toml", false),
        ("alice+", "@xxx.toml", false),
        ("bob@xxx+", "xxx.toml", true),
    ] {
        let found = is_of_another_account(&[directory.into()], file.as_bytes(), &key);
        assert_eq!(found, is_skipped, "{directory}/{file}");
    }
    let key = name("a@b@corp").key();
    for (file, is_skipped) in [
        ("a@b@corp.toml", false),
        ("x%5ca@b.toml", false),
        ("a@b.toml", false),
        // Only decoding can decide.
        ("a@c@corp.toml", false),
        ("b@c@corp.toml", true),
    ] {
        assert_eq!(is_of_another_account(&[], file.as_bytes(), &key), is_skipped, "{file}");
    }
}

/// Guards the letters that the shortcut treats as never folding to ASCII.
#[test]
fn foreign_letters_never_fold_to_ascii() {
    let key = name("alice").key();
    let mut seen = 0;
    for c in '\u{80}'..=char::MAX {
        let escaped: String = c.to_string().bytes().map(escape).collect();
        if ends_with_foreign_letter(escaped.as_bytes()) {
            let folded = name(&c.to_string()).key();
            assert!(!folded.as_str().is_empty() && !folded.as_str().is_ascii(), "{c}");
            let file = format!("{escaped}alice.toml");
            assert!(is_of_another_account(&[], file.as_bytes(), &key), "{file}");
            seen += 1;
        }
    }
    assert_eq!(seen, 0x6000 + 0x80);
    let listed = name("日本").key();
    let file = format!("x%5c{}", encode(&name("日本"))[0]);
    assert!(!is_of_another_account(&[], file.as_bytes(), &listed));
}

/// Guards unusual file names: lookalikes of separators are never skipped.
#[test]
fn lookalikes_of_separators_are_never_skipped() {
    let key = name("alice").key();
    let is_lookalike = |c: &char| {
        let parsed = Name::parse(&format!("a{c}b"));
        matches!(parsed, Err(crate::names::name::NameError::SeparatorLookalike(_)))
    };
    let lookalikes: Vec<char> = ('\u{80}'..=char::MAX).filter(is_lookalike).collect();
    assert!(lookalikes.contains(&'＼') && lookalikes.contains(&'＠'));
    for c in lookalikes {
        let escaped: String = c.to_string().bytes().map(escape).collect();
        let is_at = matches!(c, '＠' | '﹫');
        let file =
            if is_at { format!("alice{escaped}x.toml") } else { format!("x{escaped}alice.toml") };
        for file in
            [file.clone(), file.to_uppercase().replace("ALICE", "alice").replace(".TOML", ".toml")]
        {
            assert!(!is_of_another_account(&[], file.as_bytes(), &key), "{file}");
        }
    }
}

/// Guards the distribution: none of the 4,096 shards and 256 locks is crowded.
#[test]
fn names_spread_evenly_over_shards() {
    let mut shards: HashMap<String, u32> = HashMap::new();
    for i in 0..20_000 {
        *shards.entry(shard(&name(&format!("user{i}")).key())).or_default() += 1;
    }
    assert!(shards.len() > 4_000 && shards.values().all(|count| *count < 25));
    assert!(shards.keys().all(|shard| shard.len() == 3));
}

fn names() -> impl Strategy<Value = Name> {
    let odd: Vec<char> = "aconulp19.-_@\\/%+:$ ~é日Σ👍\u{301}".chars().collect();
    let character = prop_oneof![9 => proptest::sample::select(odd), 1 => any::<char>()];
    let short = proptest::collection::vec(character.clone(), 1..8);
    let tail = proptest::collection::vec(character, 0..40);
    let long = (190_usize..204, tail).prop_map(|(length, tail)| {
        let mut text = vec!['a'; length];
        text.extend(tail);
        text
    });
    let devices = proptest::sample::select(vec!["con", "nul.x", "com1", "lpt9.", "CONIN$"])
        .prop_map(|text| text.chars().collect());
    prop_oneof![4 => short, 2 => long, 1 => devices]
        .prop_map(|text| Name::parse(&text.into_iter().collect::<String>()))
        .prop_filter_map("a legal name", Result::ok)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    /// Guards that no name is lost: every path decodes to its name.
    #[test]
    fn decode_inverts_encode(name in names()) {
        prop_assert_eq!(round_trip(&name), Some(name));
    }

    /// Guards the shortcut: it never skips a document of the account it looks for.
    #[test]
    fn no_document_of_the_account_is_skipped(name in names(), ascii in "[a-zA-Z0-9@.\\\\ _-]{1,12}") {
        for name in [Some(name), Name::parse(&ascii).ok()].into_iter().flatten() {
            let mut components = encode(&name);
            let file = components.pop().unwrap_or_default();
            prop_assert!(!is_of_another_account(&components, file.as_bytes(), &name.key()));
        }
    }

    /// Guards file-system safety: each component is valid everywhere.
    #[test]
    fn components_are_safe(name in names()) {
        let components = encode(&name);
        for (i, component) in components.iter().enumerate() {
            let faults = faults(component, i + 1 == components.len());
            prop_assert!(faults.is_empty(), "{:?} {:?}", component, faults);
        }
    }

    /// Guards against two names sharing a document, even on a file system that ignores case.
    #[test]
    fn names_do_not_collide(names in proptest::collection::vec(names(), 2..12)) {
        let mut seen: HashMap<String, Name> = HashMap::new();
        for name in names {
            let path = encode(&name).join("/");
            prop_assert_eq!(&path.to_ascii_lowercase(), &path);
            let first = seen.entry(path).or_insert_with(|| name.clone());
            prop_assert_eq!(first, &name);
        }
    }

    /// Guards against foreign paths: every path that decodes encodes back to itself.
    #[test]
    fn encode_inverts_decode(
        text in proptest::collection::vec(
            proptest::sample::select("abcn%2e5cCA.@+\\é".chars().collect::<Vec<_>>()), 0..10
        )
    ) {
        let file = text.into_iter().collect::<String>() + ".toml";
        if let Some(name) = decode(&[&file]) {
            prop_assert_eq!(encode(&name), vec![file]);
        }
    }
}
