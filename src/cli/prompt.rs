//! Prompts on the terminal, each answered with a whole line.
//!
//! Replaces `dialoguer`'s own prompts, where a single key answers a question, so that `maybe` means
//! yes, and where Ctrl-C kills the program with the cursor hidden.

use std::io;

use dialoguer::console::{Key, Term};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::platform;
use crate::printable::printable;

/// Asks for a value on the terminal until `check` accepts it. `otherwise` says how to pass the value
/// without a terminal.
///
/// # Errors
/// [`ErrorKind::Interrupted`] on Ctrl-C, [`ErrorKind::System`] when the terminal cannot be used.
pub(super) fn ask<T>(
    question: &str,
    otherwise: &str,
    check: impl Fn(&str) -> std::result::Result<T, String>,
) -> Result<T> {
    until_valid(|| line(question), check).map_err(|error| unanswered(error, otherwise))
}

/// Asks like [`ask`], without showing what is typed.
///
/// # Errors
/// As for [`ask`].
pub(super) fn ask_hidden<T>(
    question: &str,
    otherwise: &str,
    check: impl Fn(&str) -> std::result::Result<T, String>,
) -> Result<T> {
    until_valid(|| hidden(question), check).map_err(|error| unanswered(error, otherwise))
}

/// Builds the error of a question without an answer.
pub(super) fn unanswered(error: io::Error, hint: &str) -> Error {
    match error.kind() {
        io::ErrorKind::Interrupted => interrupted(),
        _ => Error::io(ErrorKind::System, "cannot ask questions on this terminal", error)
            .with_hint(hint),
    }
}

/// Builds the error of a question that Ctrl-C answered.
fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, "interrupted; nothing was changed")
}

/// Asks until `check` accepts the answer, without the spaces around it. Shows what is wrong with
/// the others.
///
/// # Errors
/// Those of `ask`.
fn until_valid<A: AsRef<str>, T>(
    ask: impl Fn() -> io::Result<A>,
    check: impl Fn(&str) -> std::result::Result<T, String>,
) -> io::Result<T> {
    loop {
        match check(ask()?.as_ref().trim()) {
            Ok(value) => return Ok(value),
            Err(problem) => {
                Term::stderr().write_line(&format!("error: {}", printable(&problem)))?;
            }
        }
    }
}

/// Asks for a line.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] on Ctrl-C.
pub(super) fn line(question: &str) -> io::Result<String> {
    let terminal = Term::stderr();
    terminal.write_str(&printable(question))?;
    let mut line = String::new();
    loop {
        match terminal.read_key_raw()? {
            Key::CtrlC | Key::Char('\u{3}') => {
                terminal.write_line("^C")?;
                return Err(io::ErrorKind::Interrupted.into());
            }
            Key::Enter | Key::Escape | Key::Char('\u{4}') => break,
            Key::Backspace if line.pop().is_some() => terminal.clear_chars(1)?,
            Key::Char(key) if !key.is_control() => {
                line.push(key);
                terminal.write_str(key.encode_utf8(&mut [0; 4]))?;
            }
            _ => {}
        }
    }
    terminal.write_line("")?;
    Ok(line)
}

/// Asks for a line without showing it. Echo is off from the question to the answer, so no part of a
/// paste is visible; it is turned on again in every case.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] on Ctrl-C.
fn hidden(question: &str) -> io::Result<Zeroizing<String>> {
    let terminal = Term::stderr();
    let answer = platform::read_hidden_line(|| terminal.write_str(question));
    let is_interrupted =
        answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted);
    terminal.write_line(if is_interrupted { "^C" } else { "" })?;
    answer
}
