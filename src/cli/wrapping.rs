//! Wraps text for people at words, as wide as their terminal.

use dialoguer::console::Term;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// Narrower terminals get text that is not wrapped.
const NARROWEST: u16 = 20;

/// Stands for a space that must not become the end of a line. No printable text contains it.
const HARD_SPACE: &str = "\u{e000}";

/// Programs that hints suggest to run.
const PROGRAMS: [&str; 10] =
    ["rw2fa", "rw2fa-verify", "chmod", "chown", "df", "find", "mount", "mv", "takeown", "umask"];

/// Returns how wide text on `terminal` may be; `None` if it need not be wrapped.
pub(super) fn width_of(terminal: &Term) -> Option<usize> {
    let (_, columns) = terminal.size_checked()?;
    (columns >= NARROWEST).then_some(columns.into())
}

/// Wraps each line of printable text. A command, or a text in quotes, stays in one piece, so that it can be copied.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let mut all = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let indent = &line[..line.len() - line.trim_start().len()];
        let options = Options::new(width)
            .subsequent_indent(indent)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        let whole = joined(line);
        all.push_str(&textwrap::wrap(&whole, options).join("\n").replace(HARD_SPACE, " "));
        all.push_str(end);
    }
    all
}

/// Joins the words of commands and of quoted texts with hard spaces.
fn joined(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut words = line.split(' ').peekable();
    let (mut is_command, mut is_quoted, mut last) = (false, false, "");
    while let Some(word) = words.next() {
        let bare = word.trim_start_matches('(');
        is_command |= (last.is_empty() || last.ends_with(':')) && PROGRAMS.contains(&bare);
        is_quoted |= bare.starts_with('\'');
        // An apostrophe, as in "device's", has letters on both sides.
        let closes = word.trim_end_matches([',', ';', '.', ':', ')', '?']).ends_with('\'');
        is_quoted &= !(closes && bare.len() > 1);
        is_command &= is_quoted || !word.ends_with([',', ';', ')']);
        last = word;
        text.push_str(word);
        if words.peek().is_some() {
            text.push_str(if is_command || is_quoted { HARD_SPACE } else { " " });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards where lines end: at words, and never inside a command or a quoted text.
    #[test]
    fn lines_end_at_words_and_never_inside_a_command() {
        for (text, expected) in [
            ("", ""),
            ("short\n", "short\n"),
            ("one two three four five six\n", "one two three four\nfive six\n"),
            ("  hint: one two three four\n", "  hint: one two\n  three four\n"),
            ("first line\nand a second one, longer", "first line\nand a second one,\nlonger"),
            ("turn it on: rw2fa enable --dry-run", "turn it on:\nrw2fa enable --dry-run"),
            ("turn it on: rw2fa enable; then wait", "turn it on:\nrw2fa enable; then\nwait"),
            ("run 'rw2fa disable' first, then", "run\n'rw2fa disable'\nfirst, then"),
            ("run: rw2fa users add 'a b, c' d", "run:\nrw2fa users add 'a b, c' d"),
            ("the device's clock is 5 min off", "the device's clock\nis 5 min off"),
            ("(see 'rw2fa audit verify'), and so on", "(see\n'rw2fa audit verify'),\nand so on"),
            ("名前名前 名前名前 名前", "名前名前 名前名前\n名前"),
        ] {
            assert_eq!(wrapped(text, 18), expected, "{text}");
            assert_eq!(wrapped(text, 200), text, "{text}");
        }
    }
}
