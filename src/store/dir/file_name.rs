//! Encodes names as file names and decodes them; picks the shard and lock of an account.
//!
//! Owns the encoding only: it knows no directories or documents and makes no system calls.
//!
//! `a-z 0-9 - _ . @` stay as they are; every other byte of the canonical text becomes lowercase `%xx`. The
//! result is ASCII, has no upper case (safe on file systems that ignore case or normalise), no separator,
//! and no trailing dot or space. A component never starts with a dot and is never a Windows device name:
//! its first character is then written as `%xx` too.

use std::fmt::Write as _;

use crc::{CRC_32_ISO_HDLC, Crc, NoTable};

use crate::names::name::{AccountKey, Name};

/// The longest piece of encoded text in one component, before its first character is escaped.
const MAX_CHUNK: usize = 200;

/// The ending of the last component.
const FILE_SUFFIX: &str = ".toml";

/// The ending of all components before the last; encoded text never contains it.
const DIRECTORY_SUFFIX: &str = "+";

/// Returns the path components of a name: directories, then one file. Usually just the file.
///
/// A text of more than 200 characters is split into the longest pieces of up to 200 characters that do not
/// split an escape. No component is longer than 207 characters.
// SECURITY: two names never share a path on any file system, and no name leaves its directory.
pub fn encode(name: &Name) -> Vec<String> {
    let mut components = Vec::new();
    let mut chunk = String::new();
    for byte in name.canonical().bytes() {
        let width = if is_plain(byte) { 1 } else { 3 };
        if chunk.len() + width > MAX_CHUNK {
            components.push(safe_start(&chunk) + DIRECTORY_SUFFIX);
            chunk.clear();
        }
        if is_plain(byte) {
            chunk.push(char::from(byte));
        } else {
            chunk.push_str(&escape(byte));
        }
    }
    components.push(safe_start(&chunk) + FILE_SUFFIX);
    components
}

/// Returns the name that [`encode`] turns into exactly these components, if there is one.
pub fn decode(components: &[&str]) -> Option<Name> {
    let (file, directories) = components.split_last()?;
    let mut text = String::new();
    for directory in directories {
        text.push_str(directory.strip_suffix(DIRECTORY_SUFFIX)?);
    }
    text.push_str(file.strip_suffix(FILE_SUFFIX)?);
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(&text).collect();
    let name = Name::parse(std::str::from_utf8(&bytes).ok()?).ok()?;
    // SECURITY: rejects every other spelling of a path (upper case, needless escapes, other splits), so
    // that a name has only one document.
    (encode(&name) == components).then_some(name)
}

/// Reports whether a file name, below these directories, clearly belongs to another account and need not be
/// decoded. After `false`, [`decode`] must decide.
///
/// A login looks at many names, possibly chosen by an attacker, so this allocates nothing and stops early.
// SECURITY: returns `false` for anything that may belong to the account, including names that no account
// can have.
pub fn is_of_another_account(directories: &[String], file: &[u8], key: &AccountKey) -> bool {
    // A pattern, because comparing with the constant would call a function for each name.
    let [text @ .., b'.', b't', b'o', b'm', b'l'] = file else { return false };
    if text.is_empty() {
        return false;
    }
    // `account` or `DOMAIN\account`, else `account@domain`.
    let is_whole = directories.is_empty();
    let begins = || match directories.first() {
        None => may_be_before_a_suffix(text, key, true),
        Some(first) => may_be_before_a_suffix(first.as_bytes(), key, false),
    };
    !may_be_at_the_end(text, key, is_whole) && !begins()
}

/// Reports whether the account at the end of an encoded text may be that of `key`. Unless the text
/// `is_whole`, the account may begin before it.
fn may_be_at_the_end(text: &[u8], key: &AccountKey, is_whole: bool) -> bool {
    let mut rest = Rest { key: key.as_str().as_bytes(), is_exact: true };
    let mut at = text.len();
    while at > 0 {
        if at >= 3 && text[at - 3] == b'%' {
            if rest.may_be_empty() && BACKSLASHES.iter().any(|end| ends_like(&text[..at], end)) {
                return true;
            }
            let is_foreign = ends_with_foreign_letter(&text[..at]) && key.as_str().is_ascii();
            at -= 3;
            if text[at..at + 3].eq_ignore_ascii_case(b"%5c") {
                return rest.may_be_empty();
            }
            if is_foreign {
                return false;
            }
            rest.is_exact = false;
        } else {
            at -= 1;
            if text[at] == b'\\' {
                return rest.may_be_empty();
            }
            if !rest.takes(text[at], Side::End) {
                return false;
            }
        }
    }
    !is_whole || rest.may_be_empty()
}

/// Reports whether the account at the start of an encoded text, before an `@`, may be that of `key`. Unless
/// the text `is_whole`, the `@` may come after it.
fn may_be_before_a_suffix(text: &[u8], key: &AccountKey, is_whole: bool) -> bool {
    let mut rest = Rest { key: key.as_str().as_bytes(), is_exact: true };
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'%' => {
                // Valid names never contain this, but the account may end here.
                if text[at..].starts_with(b"%40")
                    || rest.may_be_empty()
                        && AT_SIGNS.iter().any(|sign| begins_like(&text[at..], sign))
                {
                    return true;
                }
                rest.is_exact = false;
                at += 3;
            }
            // The account ends here, or continues with an `@` of its own.
            b'@' if rest.may_be_empty() || rest.key.starts_with(b"@") => return true,
            byte => {
                if !rest.takes(byte, Side::Start) {
                    return false;
                }
                at += 1;
            }
        }
    }
    !is_whole
}

/// Characters that some systems read as a backslash, escaped. Valid names never contain them. A
/// file name with one is reported as an error for the account that it may belong to.
const BACKSLASHES: [&[u8]; 7] =
    [b"%ef%bc%bc", b"%ef%b9%a8", b"%c2%a5", b"%ef%bf%a5", b"%e2%82%a9", b"%ef%bf%a6", b"%e2%88%96"];

/// Characters that some systems read as `@`, escaped.
const AT_SIGNS: [&[u8]; 2] = [b"%ef%bc%a0", b"%ef%b9%ab"];

fn ends_like(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

fn begins_like(text: &[u8], start: &[u8]) -> bool {
    text.len() >= start.len() && text[..start.len()].eq_ignore_ascii_case(start)
}

/// Reports whether an encoded text ends with an ideograph (U+4000 to U+9FFF) or a letter from U+0400 to
/// U+047F. These never fold to ASCII, so such names need no decoding when the key is ASCII.
fn ends_with_foreign_letter(text: &[u8]) -> bool {
    matches!(text, [.., b'%', b'e', b'4'..=b'9', b'%', _, _, b'%', _, _])
        || matches!(text, [.., b'%', b'd', b'0' | b'1', b'%', _, _])
}

/// The rest of a key while it is compared with an encoded account from one side. A plain character folds to
/// itself. An escaped one may fold to anything; after it, only the order of the other characters counts.
struct Rest<'k> {
    key: &'k [u8],
    is_exact: bool,
}

#[derive(Clone, Copy)]
enum Side {
    Start,
    End,
}

impl Rest<'_> {
    fn may_be_empty(&self) -> bool {
        !self.is_exact || self.key.is_empty()
    }

    /// Consumes a byte of the account from one side; `false` if the key cannot have it there.
    fn takes(&mut self, byte: u8, side: Side) -> bool {
        if !is_plain(byte) {
            self.is_exact = false;
            return true;
        }
        let found = match (side, self.is_exact) {
            (Side::Start, true) => self.key.first().filter(|first| **first == byte).map(|_| 0),
            (Side::End, true) => {
                self.key.last().filter(|last| **last == byte).map(|_| self.key.len() - 1)
            }
            (Side::Start, false) => self.key.iter().position(|other| *other == byte),
            (Side::End, false) => self.key.iter().rposition(|other| *other == byte),
        };
        let Some(at) = found else { return false };
        self.key = match side {
            Side::Start => &self.key[at + 1..],
            Side::End => &self.key[..at],
        };
        true
    }
}

/// Returns the directory for an account's documents: three lowercase hexadecimal digits, the first twelve
/// bits of the CRC-32 of the folded account part. It only has to spread names evenly.
pub fn shard(key: &AccountKey) -> String {
    format!("{:03x}", hash(key) >> 20)
}

/// Returns which of the 256 locks protects an account's documents: the first eight of the same bits.
pub fn lock_index(key: &AccountKey) -> u8 {
    hash(key).to_be_bytes()[0]
}

fn hash(key: &AccountKey) -> u32 {
    Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC).checksum(key.as_str().as_bytes())
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'@')
}

fn escape(byte: u8) -> String {
    let mut escaped = String::with_capacity(3);
    // Writing to a string cannot fail.
    let _ = write!(escaped, "%{byte:02x}");
    escaped
}

/// Escapes the first character of a chunk that would be hidden or a device name.
fn safe_start(chunk: &str) -> String {
    match chunk.bytes().next() {
        Some(first) if first == b'.' || is_device(chunk) => escape(first) + &chunk[1..],
        _ => chunk.to_owned(),
    }
}

/// Reports whether Windows treats a file of this name as a device, whatever follows the first dot.
///
/// `CONIN$`, `CONOUT$`, `CLOCK$` and `COM¹` need no check: `$` and `¹` are always escaped.
fn is_device(chunk: &str) -> bool {
    let stem = chunk.split('.').next().unwrap_or(chunk);
    match stem.as_bytes() {
        b"con" | b"prn" | b"aux" | b"nul" => true,
        [b'c', b'o', b'm', digit] | [b'l', b'p', b't', digit] => digit.is_ascii_digit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
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
        let (half, short, long) =
            (format!("{a199}+"), format!("{a199}a+"), format!("{a199}aa.toml"));
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
            let file = if is_at {
                format!("alice{escaped}x.toml")
            } else {
                format!("x{escaped}alice.toml")
            };
            for file in [
                file.clone(),
                file.to_uppercase().replace("ALICE", "alice").replace(".TOML", ".toml"),
            ] {
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
}
