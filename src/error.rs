//! The library's only error type: the kind of failure, a message and a hint.
//!
//! Each kind has one exit code and one name in JSON. Messages are lowercase, name the file, user or key,
//! and never contain a secret or a submitted code.

use std::fmt;

use crate::printable::{LONGEST_MESSAGE, shortened};

/// The result of every fallible function in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line is invalid.
    Usage,
    /// The command is valid but could not be carried out, for the reason in the message.
    Refused,
    /// The user, group or setting does not exist.
    NotFound,
    /// A name is taken, or overlaps an existing one.
    Conflict,
    /// The user answered a question with no.
    Declined,
    /// The user pressed Ctrl-C at a question.
    Interrupted,
    /// The store cannot be used: missing, damaged, or open to others.
    Store,
    /// Another process holds the lock.
    Busy,
    /// The operating system failed.
    System,
    /// A wait exceeded its time limit.
    Timeout,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: [ErrorKind; 10] = [
        ErrorKind::Usage,
        ErrorKind::Refused,
        ErrorKind::NotFound,
        ErrorKind::Conflict,
        ErrorKind::Declined,
        ErrorKind::Interrupted,
        ErrorKind::Store,
        ErrorKind::Busy,
        ErrorKind::System,
        ErrorKind::Timeout,
    ];

    /// Returns the exit code for this kind of error.
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Usage => 2,
            ErrorKind::Refused
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::Declined => 1,
            ErrorKind::Store | ErrorKind::Busy | ErrorKind::System | ErrorKind::Timeout => 4,
            ErrorKind::Interrupted => 130,
        }
    }

    /// Returns the name of this kind in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::Usage => "usage",
            ErrorKind::Refused => "refused",
            ErrorKind::NotFound => "not-found",
            ErrorKind::Conflict => "conflict",
            ErrorKind::Declined => "declined",
            ErrorKind::Interrupted => "interrupted",
            ErrorKind::Store => "store",
            ErrorKind::Busy => "busy",
            ErrorKind::System => "system",
            ErrorKind::Timeout => "timeout",
        }
    }
}

/// A failure with a hint.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    #[source]
    source: Option<std::io::Error>,
}

impl Error {
    /// Creates an error of `kind` with this message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = shortened(message.into(), LONGEST_MESSAGE);
        Self { kind, message, hint: None, source: None }
    }

    /// Creates an error for a system failure while doing `what`.
    pub fn io(kind: ErrorKind, what: impl fmt::Display, source: std::io::Error) -> Self {
        let mut error = Self::new(kind, format!("{what}: {}", describe(&source)));
        error.hint = match source.kind() {
            std::io::ErrorKind::StorageFull => {
                Some("free some disk space and try again; nothing was lost".into())
            }
            std::io::ErrorKind::ReadOnlyFilesystem => Some(
                "the file system is read-only: look for the reason in the system's log, and mount it for writing"
                    .into(),
            ),
            _ if kind == ErrorKind::Store && is_disk_failure(&source) => Some(
                "the disk is failing: look in the system's log, and move the store to another disk".into(),
            ),
            _ => None,
        };
        error.source = Some(source);
        error
    }

    /// Returns an error of the same kind and with the same hint, but with another message.
    #[must_use]
    pub fn about(&self, message: impl Into<String>) -> Self {
        let error = Self::new(self.kind, message);
        match self.hint() {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }

    /// Adds a hint that tells the user what to do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(shortened(hint.into(), LONGEST_MESSAGE));
        self
    }

    /// The kind of this failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Reports whether the reader of the output has gone away.
    pub fn is_broken_pipe(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// Returns the system's message without Rust's `(os error 13)`.
fn describe(error: &std::io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = plain.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().collect::<String>() + letters.as_str()
    })
}

/// Reports whether an error means that the disk failed.
fn is_disk_failure(error: &std::io::Error) -> bool {
    // EIO, or on Windows ERROR_IO_DEVICE and ERROR_CRC.
    let codes: &[i32] = if cfg!(windows) { &[1117, 23] } else { &[5] };
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_nonzero_exit_code() {
        for kind in ErrorKind::ALL {
            assert!(matches!(kind.exit_code(), 1 | 2 | 4 | 130), "{kind:?}");
            assert!(!kind.as_str().contains(' '), "{kind:?}");
        }
    }

    /// Guards the hint for disk failures; a closed terminal is not a disk failure.
    #[test]
    fn disk_failures_have_a_hint() {
        let failure = || std::io::Error::from_raw_os_error(if cfg!(windows) { 1117 } else { 5 });
        for (kind, source, words) in [
            (ErrorKind::Store, std::io::ErrorKind::StorageFull.into(), Some("disk space")),
            (ErrorKind::Store, std::io::ErrorKind::ReadOnlyFilesystem.into(), Some("read-only")),
            (ErrorKind::Store, failure(), Some("the disk is failing")),
            (ErrorKind::System, failure(), None),
            (ErrorKind::Store, std::io::ErrorKind::PermissionDenied.into(), None),
        ] {
            let error = Error::io(kind, "cannot write x", source);
            let hint = error.hint();
            assert_eq!(hint.is_some(), words.is_some(), "{error}: {hint:?}");
            assert!(words.is_none_or(|words| hint.unwrap().contains(words)), "{error}: {hint:?}");
        }
    }
}
