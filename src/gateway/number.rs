//! Checks phone numbers against the world's numbering plans.
//!
//! The verifier reads the checked numbers as plain [`Phone`]s.

use phonenumber::metadata::DATABASE;
use phonenumber::{Metadata, Mode, PhoneNumber, Type};

use crate::names::listing::Phone;
use crate::printable::printable;
use crate::typing;

/// Parses a number that a user typed. Its country must exist, and its length must be valid there.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Phone, String> {
    let example = "write the number with '+' and its country, like +33612345678";
    let Some(phone) = Phone::parse(text) else {
        return Err(match Phone::wrong_character(text) {
            Some(c) => {
                let (shown, number) = (printable(&c.to_string()), u32::from(c));
                format!("'{shown}' (U+{number:04X}) cannot be part of a number: {example}")
            }
            None => example.into(),
        });
    };
    let number = read(&phone)
        .ok_or_else(|| format!("the number does not begin with a known country code: {example}"))?;
    let national = number.national().to_string();
    let plans = DATABASE.by_code(&number.country().code()).unwrap_or_default();
    if !plans.iter().any(|plan| fits(plan, &national)) {
        let code = number.country().code();
        return Err(format!(
            "not a valid number of +{code}: a digit is wrong, missing or too many"
        ));
    }
    // Each number has one form: some countries write a zero that is not dialled from abroad.
    Phone::parse(&number.format().mode(Mode::E164).to_string()).ok_or_else(|| example.into())
}

/// The value of an option that sets a number: nothing visible means none.
#[derive(Clone, Debug)]
pub struct NumberOption(Option<Phone>);

impl NumberOption {
    /// Parses the value.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if typing::is_blank(text) {
            return Ok(Self(None));
        }
        parse(text).map(|phone| Self(Some(phone)))
    }

    /// The number.
    pub fn number(&self) -> Option<&Phone> {
        self.0.as_ref()
    }
}

/// The kinds of numbers that a phone can have.
const KINDS: [Type; 7] = [
    Type::FixedLine,
    Type::Mobile,
    Type::PersonalNumber,
    Type::Voip,
    Type::Pager,
    Type::Uan,
    Type::SharedCost,
];

/// Reports whether a number has a valid prefix and length in this plan.
fn fits(plan: &Metadata, national: &str) -> bool {
    let descriptors = plan.descriptors();
    let is_as_long = |kind: &Type| {
        let lengths = descriptors.get(*kind).map_or(&[][..], |kind| kind.possible_length());
        lengths.iter().any(|length| usize::from(*length) == national.len())
    };
    descriptors.general().is_match(national) && KINDS.iter().any(is_as_long)
}

/// Reports whether the numbering plans know this kind of number. They may not know new ranges yet.
pub fn is_known(phone: &Phone) -> bool {
    read(phone).is_some_and(|number| phonenumber::is_valid(&number))
}

fn read(phone: &Phone) -> Option<PhoneNumber> {
    phonenumber::parse(None, phone.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn possible_numbers_are_converted_to_one_form() {
        for (text, expected, known) in [
            ("+33612345678", Some("+33612345678"), true),
            ("+33 6 12 34 56 78", Some("+33612345678"), true),
            ("+33 (0)6 12 34 56 78", Some("+33612345678"), true),
            ("+1 (415) 555-2671", Some("+14155552671"), true),
            ("+4915112345678", Some("+4915112345678"), true),
            ("+390612345678", Some("+390612345678"), true),
            ("+15005550006", Some("+15005550006"), true),
            ("＋３３ ６ １２\u{2011}３４\u{a0}５６ ７８", Some("+33612345678"), true),
            ("\u{200e}+33612345678\u{200e}", Some("+33612345678"), true),
            ("+33700000001", Some("+33700000001"), false),
            ("0612345678", None, false),
            ("+3361234567", None, false),
            ("+336123456789", None, false),
            ("+999123456789", None, false),
            ("+12345678", None, false),
            ("+33612345678;x", None, false),
            ("", None, false),
        ] {
            let found = parse(text).ok();
            assert_eq!(found.as_ref().map(ToString::to_string).as_deref(), expected, "{text}");
            assert_eq!(found.is_some_and(|phone| is_known(&phone)), known, "{text}");
        }
    }

    /// Guards against a message that shows a number as if it were right: it names the character that is wrong.
    #[test]
    fn a_wrong_character_is_named() {
        for (text, words) in [
            ("+3361234567x", "'x' (U+0078) cannot"),
            ("+3361234567О", "'О' (U+041E) cannot"),
            ("+33612345\u{66b}78", "'\u{66b}' (U+066B) cannot"),
            ("+3361234567²", "'²' (U+00B2) cannot"),
            ("+33612345678\u{7}", "'\\u{7}' (U+0007) cannot"),
            ("+33+612345678", "'+' (U+002B) cannot"),
            ("0612345678", "write the number with '+'"),
        ] {
            let problem = parse(text).unwrap_err();
            assert!(problem.starts_with(words) && problem.contains("+33612345678"), "{problem}");
        }
    }

    /// Guards how a number is cleared.
    #[test]
    fn nothing_visible_is_no_number() {
        for text in ["", "  ", "\u{a0}\u{200b}"] {
            assert!(NumberOption::parse(text).unwrap().number().is_none(), "{text:?}");
        }
        assert!(NumberOption::parse("+33612345678").unwrap().number().is_some());
        assert!(NumberOption::parse("-").is_err());
    }
}
