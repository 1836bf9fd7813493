//! The spaces and dashes that people put between groups of characters.

use zeroize::Zeroizing;

/// The longest typed text that is parsed, in bytes. Longer text is malformed.
const LONGEST_TYPED: usize = 256;

/// Removes white space around typed text, and spaces and dashes between groups. `None` if the
/// text is too long.
pub(super) fn without_separators(typed: &str) -> Option<Zeroizing<String>> {
    if typed.len() > LONGEST_TYPED {
        return None;
    }
    // Reserves the whole length: a growing string would leave unwiped copies behind.
    let mut plain = Zeroizing::new(String::with_capacity(typed.len()));
    plain.extend(typed.trim().chars().filter(|c| !matches!(c, ' ' | '-')));
    Some(plain)
}
