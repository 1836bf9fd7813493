//! Checks phone numbers against the world's numbering plans.
//!
//! The verifier reads the checked numbers as plain [`Phone`]s.

use phonenumber::metadata::DATABASE;
use phonenumber::{Metadata, Mode, PhoneNumber, Type};

use crate::names::listing::Phone;

/// Parses a number that a user typed. Its country must exist, and its length must be valid there.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Phone, String> {
    let example = "write the number with '+' and its country, like +33612345678";
    let Some(phone) = Phone::parse(text) else { return Err(example.into()) };
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
}
