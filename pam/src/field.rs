//! Text that a user typed: whether it can be a code, and where a code begins in a field that also holds a password.

/// How many characters a recovery code and a temporary code have: four groups of four letters and digits, with
/// dashes between them.
const LONG_CODE: usize = 19;

/// Whether this can be a code of the user's app. Used before a password from another module is sent as a code.
pub(crate) fn looks_like_code(text: &[u8], digits: usize) -> bool {
    let typed = || text.iter().filter(|byte| !matches!(byte, b' ' | b'-'));
    is_long_code(text) || typed().count() == digits && typed().all(u8::is_ascii_digit)
}

/// Splits a field into the password and the code after it: `digits` digits, or a recovery code or temporary code
/// with its dashes. `None` if the field does not end with a code.
pub(crate) fn split(field: &[u8], digits: usize) -> Option<(&[u8], &[u8])> {
    let long = field.len().checked_sub(LONG_CODE).and_then(|at| field.split_at_checked(at));
    if let Some((password, code)) = long
        && is_long_code(code)
    {
        return Some((password, code));
    }
    let (password, code) = field.split_at_checked(field.len().checked_sub(digits)?)?;
    code.iter().all(u8::is_ascii_digit).then_some((password, code))
}

fn is_long_code(text: &[u8]) -> bool {
    let groups = text.split(|byte| *byte == b'-');
    text.len() == LONG_CODE
        && groups.clone().count() == 4
        && groups
            .into_iter()
            .all(|group| group.len() == 4 && group.iter().all(u8::is_ascii_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards that the password reaches the next module exactly as it was typed.
    #[test]
    fn a_field_is_split_before_its_code() {
        for (field, digits, password, code) in [
            ("secret123456", 6, "secret", "123456"),
            ("secret12345678", 8, "secret", "12345678"),
            ("secret 99123456", 6, "secret 99", "123456"),
            ("123456", 6, "", "123456"),
            ("pässword000000", 6, "pässword", "000000"),
            ("secretABCD-EFGH-2345-WXYZ", 6, "secret", "ABCD-EFGH-2345-WXYZ"),
            ("abcd-efgh-2345-1234", 6, "", "abcd-efgh-2345-1234"),
        ] {
            let expected = (password.as_bytes(), code.as_bytes());
            assert_eq!(split(field.as_bytes(), digits), Some(expected), "{field}");
        }
        for (field, digits) in
            [("", 6), ("12345", 6), ("secret", 6), ("123456x", 6), ("secret12 456", 6), ("aé", 2)]
        {
            assert_eq!(split(field.as_bytes(), digits), None, "{field}");
        }
    }

    /// Guards passwords against being sent as codes.
    #[test]
    fn a_password_does_not_look_like_a_code() {
        for (text, expected) in [
            ("123456", true),
            ("123 456", true),
            ("123-456", true),
            ("ABCD-EFGH-2345-WXYZ", true),
            ("12345", false),
            ("1234567", false),
            ("secret", false),
            ("", false),
            ("correct-horse-battery", false),
        ] {
            assert_eq!(looks_like_code(text.as_bytes(), 6), expected, "{text}");
        }
    }
}
