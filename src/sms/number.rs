//! Whether a phone number can exist, by the numbering plans of the world.
//!
//! The verifier reads numbers that were checked here as plain [`Phone`]s.

use crate::account::listing::Phone;

/// Reads a number that somebody typed.
///
/// # Errors
/// What is wrong with it.
pub fn parse(text: &str) -> Result<Phone, String> {
    let example = "write the number with '+' and its country, like +33612345678";
    let Some(phone) = Phone::parse(text) else { return Err(example.into()) };
    let number = phonenumber::parse(None, phone.to_string())
        .map_err(|_| format!("no country has the code that this number begins with: {example}"))?;
    if !phonenumber::is_valid(&number) {
        let country = number.country().id().map_or(String::new(), |id| format!(" in {id:?}"));
        return Err(format!(
            "there is no such number{country}: a digit is wrong, missing or too many"
        ));
    }
    // One form for each number: some countries write a zero that is not dialled from abroad.
    let plain = number.format().mode(phonenumber::Mode::E164).to_string();
    Phone::parse(&plain).ok_or_else(|| example.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_can_exist_are_taken_in_one_form() {
        for (text, expected) in [
            ("+33612345678", Some("+33612345678")),
            ("+33 6 12 34 56 78", Some("+33612345678")),
            ("+33 (0)6 12 34 56 78", Some("+33612345678")),
            ("+1 (415) 555-2671", Some("+14155552671")),
            ("+4915112345678", Some("+4915112345678")),
            ("+390612345678", Some("+390612345678")),
            ("0612345678", None),
            ("+3361234567", None),
            ("+336123456789", None),
            ("+999123456789", None),
            ("+12345678", None),
            ("+33612345678;x", None),
            ("", None),
        ] {
            let found = parse(text).ok().map(|phone| phone.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
