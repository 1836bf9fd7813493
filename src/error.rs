//! The one error type of the library: what kind of failure it is, what happened, and the way out.
//!
//! Every kind has exactly one exit code and one name in JSON. Messages are lowercase, name the file,
//! user or key, and never hold a secret or a submitted code.

use std::fmt;

use crate::platform;
use crate::printable::{LONGEST_MESSAGE, shortened};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line is not one this program understands.
    Usage,
    /// The command was understood and could not be done, for a reason the message names.
    Refused,
    /// A user, group or setting of that name does not exist.
    NotFound,
    /// A name is taken, or overlaps one that is.
    Conflict,
    /// A question was answered with no.
    Declined,
    /// A question was answered with Ctrl-C.
    Interrupted,
    /// The store cannot be used: missing, damaged, or open to others.
    Store,
    /// Somebody else holds the lock.
    Busy,
    /// The operating system failed.
    System,
    /// A wait took longer than it may.
    Timeout,
}

impl ErrorKind {
    /// The exit code of a command that ends with this kind of error.
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

    /// The name of this kind in JSON.
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

/// A failure with a way out.
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
    /// An error of `kind` that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = shortened(message.into(), LONGEST_MESSAGE);
        Self { kind, message, hint: None, source: None }
    }

    /// A failure of the operating system while doing `what`.
    pub fn io(kind: ErrorKind, what: impl fmt::Display, source: std::io::Error) -> Self {
        let mut error = Self::new(kind, format!("{what}: {}", describe(&source)));
        error.hint = match source.kind() {
            std::io::ErrorKind::StorageFull => {
                Some("free some disk space and try again; nothing was lost".into())
            }
            std::io::ErrorKind::ReadOnlyFilesystem => Some(
                "the file system is read-only: look in the system's log why, and mount it for writing"
                    .into(),
            ),
            _ if kind == ErrorKind::Store && platform::is_disk_failure(&source) => Some(
                "the disk fails: look in the system's log, and move the store to another disk".into(),
            ),
            _ => None,
        };
        error.source = Some(source);
        error
    }

    /// The same error with the way out: what the reader can do.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(shortened(hint.into(), LONGEST_MESSAGE));
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether nobody reads any more what is written.
    pub fn is_broken_pipe(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// What the reader can do about it.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// What the system said, without Rust's `(os error 13)`.
fn describe(error: &std::io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = plain.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().collect::<String>() + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_an_exit_code_that_is_not_success() {
        for kind in [
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
        ] {
            assert!(matches!(kind.exit_code(), 1 | 2 | 4 | 130), "{kind:?}");
            assert!(!kind.as_str().contains(' '), "{kind:?}");
        }
    }

    /// Guards the way out of what disks do; a terminal that is gone is no disk.
    #[test]
    fn a_disk_that_takes_nothing_names_the_way_out() {
        let failure = || std::io::Error::from_raw_os_error(if cfg!(windows) { 1117 } else { 5 });
        for (kind, source, words) in [
            (ErrorKind::Store, std::io::ErrorKind::StorageFull.into(), Some("disk space")),
            (ErrorKind::Store, std::io::ErrorKind::ReadOnlyFilesystem.into(), Some("read-only")),
            (ErrorKind::Store, failure(), Some("the disk fails")),
            (ErrorKind::System, failure(), None),
            (ErrorKind::Store, std::io::ErrorKind::PermissionDenied.into(), None),
        ] {
            let error = Error::io(kind, "cannot write x", source);
            let told = error.hint();
            assert_eq!(told.is_some(), words.is_some(), "{error}: {told:?}");
            assert!(words.is_none_or(|words| told.unwrap().contains(words)), "{error}: {told:?}");
        }
    }
}
