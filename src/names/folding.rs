//! Folds account names the way a directory compares them, so that all spellings of a name are equal.
//!
//! This file must not know name formats, domains or lists.
//!
//! Active Directory accepts `ååå` as a login of `aaa` and `søren` as one of `soren`, and treats `つ`, `ツ` and
//! `㋡` as one letter. So folding ignores case, accents, strokes, width and the kind of kana.

use std::borrow::Cow;

use caseless::Caseless as _;
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

use crate::typing::plain_digit;

/// Folds a text: compatibility decomposition (NFKD) without combining marks, then full case folding,
/// repeated until nothing changes.
///
/// Like Windows and LDAP (RFC 4518), it also maps letters with a stroke or hook to the plain letter,
/// katakana to hiragana, decimal digits of all scripts to 0 to 9, and a run of blanks to one space. Blanks
/// at the ends are dropped.
// SECURITY: the result chooses shards and locks of documents already on disk. Folding more requires a
// migration; folding less lets a spelling bypass the list.
pub fn folded(text: &str) -> String {
    fold(text).into_owned()
}

/// [`folded`] without a copy if the text is already folded, as most account names are.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let plain = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
        return if text.bytes().all(plain) {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(single_spaced(&text.to_ascii_lowercase()))
        };
    }
    let mut text = text.to_owned();
    loop {
        let next = single_spaced(&fold_once(&text));
        if next == text {
            return Cow::Owned(text);
        }
        text = next;
    }
}

fn fold_once(text: &str) -> String {
    let unmarked = |c: &char| c.general_category_group() != GeneralCategoryGroup::Mark;
    // Lowercase first: the standard library knows newer letters than the folding table.
    let letters = text.nfkd().filter(unmarked).flat_map(char::to_lowercase).default_case_fold();
    let mut folded = String::with_capacity(text.len());
    for c in letters.nfkd().filter(unmarked) {
        match plain_letters(c) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(plain_digit(c).unwrap_or_else(|| hiragana(c))),
        }
    }
    folded
}

fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn hiragana(c: char) -> char {
    match c {
        '\u{30a1}'..='\u{30f6}' | '\u{30fd}' | '\u{30fe}' => {
            char::from_u32(u32::from(c) - 0x60).unwrap_or(c)
        }
        _ => c,
    }
}

/// Maps a Latin letter with a stroke, hook or similar, which has no decomposition, to its plain letters.
fn plain_letters(c: char) -> Option<&'static str> {
    if c.is_ascii() {
        return None;
    }
    Some(match c {
        'ᶏ' | 'ⱥ' => "a",
        'æ' => "ae",
        'ƀ' | 'ƃ' | 'ɓ' | 'ᵬ' | 'ᶀ' | 'ꞗ' => "b",
        'ƈ' | 'ȼ' | 'ɕ' | 'ꞓ' | 'ꞔ' | '𝼝' => "c",
        'ð' | 'đ' | 'ƌ' | 'ȡ' | 'ɖ' | 'ɗ' | 'ᵭ' | 'ᶁ' | 'ᶑ' | 'ꟈ' => "d",
        'ɇ' | 'ᶒ' | 'ⱸ' | 'ꬴ' => "e",
        'ƒ' | 'ᵮ' | 'ᶂ' | 'ꞙ' => "f",
        'ǥ' | 'ɠ' | 'ᶃ' | 'ꞡ' => "g",
        'ħ' | 'ɦ' | 'ⱨ' | 'ꞕ' => "h",
        'ı' | 'ɨ' | 'ᶖ' | '𝼚' => "i",
        'ȷ' | 'ɉ' | 'ɟ' | 'ʄ' | 'ʝ' => "j",
        'ƙ' | 'ᶄ' | 'ⱪ' | 'ꝁ' | 'ꝃ' | 'ꝅ' | 'ꞣ' => "k",
        'ł' | 'ƚ' | 'ȴ' | 'ɫ' | 'ɬ' | 'ɭ' | 'ᶅ' | 'ⱡ' | 'ꝉ' | 'ꞎ' | 'ꬷ' | 'ꬸ' | 'ꬹ' | '𝼑' | '𝼓' => {
            "l"
        }
        'ɱ' | 'ᵯ' | 'ᶆ' | 'ꬺ' => "m",
        'ŋ' | 'ƞ' | 'ȵ' | 'ɲ' | 'ɳ' | 'ᵰ' | 'ᶇ' | 'ꞑ' | 'ꞥ' | 'ꬻ' => "n",
        'ø' | 'ⱺ' | 'ꝋ' | 'ꝍ' | '𝼛' => "o",
        'œ' => "oe",
        'ƥ' | 'ᵱ' | 'ᵽ' | 'ᶈ' | 'ꝑ' | 'ꝓ' | 'ꝕ' => "p",
        'ɋ' | 'ʠ' | 'ꝗ' | 'ꝙ' => "q",
        'ɍ' | 'ɼ' | 'ɽ' | 'ɾ' | 'ᵲ' | 'ᵳ' | 'ᶉ' | 'ꞧ' | 'ꭉ' | '𝼖' => "r",
        'ȿ' | 'ʂ' | 'ᵴ' | 'ᶊ' | 'ꞩ' | 'ꟊ' | '𝼞' => "s",
        'ŧ' | 'ƫ' | 'ƭ' | 'ȶ' | 'ʈ' | 'ᵵ' | 'ⱦ' | '𝼉' => "t",
        'þ' => "th",
        'ᶙ' | 'ꞹ' | 'ꭎ' | 'ꭒ' => "u",
        'ʋ' | 'ᶌ' | 'ⱱ' | 'ⱴ' | 'ꝟ' => "v",
        'ⱳ' => "w",
        'ᶍ' | 'ꭖ' | 'ꭗ' | 'ꭘ' | 'ꭙ' => "x",
        'ƴ' | 'ɏ' | 'ỿ' | 'ꭚ' => "y",
        'ƶ' | 'ȥ' | 'ɀ' | 'ʐ' | 'ʑ' | 'ᵶ' | 'ᶎ' | 'ⱬ' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_properties::GeneralCategory;

    use super::*;
    use crate::names::name::canonical_text;

    /// Every character that can have a case, a decomposition or a mark. Ideographs are left out.
    fn characters() -> impl Iterator<Item = char> {
        ('\0'..'\u{3400}').chain('\u{a000}'..'\u{20000}').chain('\u{2f800}'..'\u{2fa20}')
    }

    /// Guards each folding rule.
    #[test]
    fn folding_rules() {
        #[rustfmt::skip]
        let cases = [
            ("Alice", "alice"), ("ÀÉÎ", "aei"), ("a\u{308}", "a"), ("ﬁﬀ", "fiff"), ("ẞß", "ssss"),
            ("Σςσ", "σσσ"), ("İIıi", "iiii"), ("\u{212a}K", "kk"), ("\u{212b}", "a"), ("µμ", "μμ"),
            ("ＡＺ０", "az0"), ("①Ⅳ²", "1iv2"), ("ΐ", "ι"), ("ᾳ", "α"), ("ŉ", "ʼn"), ("Ǆ", "dz"),
            ("Ꭰꭰ", "ᎠᎠ"), ("ØŁĐÆŒÞ", "oldaeoeth"), ("ꞹⱳꭖ", "uwx"), ("ツﾂつ㋡", "つつつつ"), ("ガ", "か"),
            ("٣۳३", "333"), ("𝟗", "9"), (" a \u{a0} b ", "a b"), ("A  B", "a b"), ("´", ""),
            ("ی", "ی"), ("한", "\u{1112}\u{1161}\u{11ab}"), ("Ж", "ж"), ("№", "no"),
        ];
        for (text, expected) in cases {
            assert_eq!(folded(text), expected, "{text:?}");
        }
    }

    /// Guards against a Unicode upgrade that would move documents to other shards.
    #[test]
    fn folding_is_pinned() {
        use sha2::{Digest as _, Sha256};
        // Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic and the letter-like forms.
        let assigned =
            ('\0'..'\u{700}').chain('\u{1e00}'..'\u{2000}').chain('\u{ff00}'..'\u{ffe0}');
        let mut hash = Sha256::new();
        for c in assigned.filter(|c| c.general_category() != GeneralCategory::Unassigned) {
            hash.update(folded(&c.to_string()));
            hash.update(b"\n");
        }
        let digest = data_encoding::HEXLOWER.encode(&hash.finalize()[..8]);
        assert_eq!(digest, "a83d3eb2b9cef553");
    }

    /// Guards the fast path: it borrows only text that is already folded.
    #[test]
    fn folded_text_is_borrowed() {
        assert!(matches!(fold("alice-1.b@x"), Cow::Borrowed(_)));
        assert!(matches!(fold("Alice"), Cow::Owned(_)));
        assert_eq!(fold("a\u{b} \t b"), "a b");
    }

    /// Guards every character: folding terminates and is stable, every case and normal form folds alike, and
    /// canonical text stays canonical.
    #[test]
    fn every_character_folds_safely() {
        for c in characters() {
            let text = c.to_string();
            let fold = folded(&text);
            assert_eq!(folded(&fold), fold, "U+{:04X}", u32::from(c));
            // A directory treats the iota under a Greek vowel as a mark, but full upper case turns it
            // into a letter: `ᾳ` folds to `α`, and `ΑΙ` is a different name.
            if text.nfd().any(|part| part == '\u{345}') {
                continue;
            }
            let upper: String = c.to_uppercase().collect();
            let lower: String = c.to_lowercase().collect();
            let title_of_lower: String = lower.to_uppercase();
            let forms: [String; 7] = [
                upper,
                lower,
                title_of_lower,
                text.nfc().collect(),
                text.nfd().collect(),
                text.nfkc().collect(),
                canonical_text(&text),
            ];
            for form in forms.into_iter().filter(|form| *form != text) {
                assert_eq!(folded(&form), fold, "U+{:04X} as {form:?}", u32::from(c));
            }
            let canonical = canonical_text(&text);
            assert_eq!(canonical_text(&canonical), canonical, "U+{:04X}", u32::from(c));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..Default::default() })]

        /// Guards that folding twice changes nothing, for whole texts.
        #[test]
        fn folding_is_stable(text in proptest::collection::vec(prop_oneof![proptest::sample::select(ODD.to_vec()), any::<char>()], 0..12)) {
            let text: String = text.into_iter().collect();
            let fold = folded(&text);
            prop_assert_eq!(folded(&fold), fold.clone());
            prop_assert_eq!(folded(&canonical_text(&text)), fold);
        }
    }

    /// Characters that fold in unusual ways, alone or combined.
    const ODD: &[char] = &[
        'a', 'Z', '9', ' ', '\u{301}', '\u{308}', '\u{323}', '\u{338}', '\u{345}', '\u{a0}', 'ß',
        'ẞ', 'İ', 'ı', 'Σ', 'ς', 'ΐ', 'ᾳ', 'ŉ', 'ǅ', 'J', '\u{30c}', 'ﬁ', 'Ａ', 'ツ', 'ｶ', 'ﾞ',
        '한', 'ᄀ', '\u{1161}', '٣', 'Ꭰ', '´', 'ø',
    ];
}
