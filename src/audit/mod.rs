//! The audit trail: one JSON line per verification and per administrative change, linked in a hash chain.
//!
//! Every line ends with an authenticator over itself and the authenticator of the previous line, under a key
//! derived from the data key. The store decides where lines are kept.

pub mod attempts;
mod chain;
mod event;
mod line;
mod survey;

pub use attempts::{AttemptLog, MissingAttempts};
pub use chain::{BEGINS_LATER, Broken, Chain, Gap, NOT_CANONICAL, UNKEYED, check};
pub use event::{AdminChange, Archive, Event, Verification};
pub use line::{Line, Link};
pub use survey::{Beginning, Future, Survey, survey};

use crate::error::{Error, ErrorKind, Result};
use crate::store::seal::AuditKey;
use crate::store::{AuditEnd, Document, Locked};
use crate::time::Timestamp;

/// Appends `event`. If the key is lost, the line is written without a key and says so.
///
/// # Errors
/// When the line cannot be made durable.
pub fn append(
    locked: &mut dyn Locked,
    key: Option<&AuditKey>,
    now: Timestamp,
    event: &Event<'_>,
) -> Result<()> {
    append_all(locked, key, now, std::slice::from_ref(event))
}

/// Appends `event`, then replaces a document with `text`. Never replaces the document without the line.
///
/// # Errors
/// When they could not be made durable.
pub fn append_and_write(
    locked: &mut dyn Locked,
    key: Option<&AuditKey>,
    now: Timestamp,
    event: &Event<'_>,
    (document, text): (&Document, &str),
) -> Result<()> {
    let events = std::slice::from_ref(event);
    let mut make = |end: &AuditEnd| write_lines(end, key, now, events);
    locked.append_audit_and_write(&now.month(), &mut make, document, text)
}

/// Appends `events` in this order, in one write.
///
/// # Errors
/// When they could not be made durable.
pub fn append_all(
    locked: &mut dyn Locked,
    key: Option<&AuditKey>,
    now: Timestamp,
    events: &[Event<'_>],
) -> Result<()> {
    locked.append_audit(&now.month(), &mut |end| write_lines(end, key, now, events))
}

/// Appends events that allow months to be moved away. `expected` is the link of the last line of the last month,
/// if that is the end of the trail.
///
/// # Errors
/// [`ErrorKind::Busy`] when another line was appended in the meantime, and when the lines cannot be made durable.
pub fn append_archive(
    locked: &mut dyn Locked,
    key: &AuditKey,
    now: Timestamp,
    events: &[Event<'_>],
    expected: Option<&Link>,
) -> Result<()> {
    locked.append_audit(&now.month(), &mut |end| {
        let last = end.last_line.as_deref().map_or_else(Link::first, Link::after);
        if expected.is_some_and(|expected| *expected != last) {
            return Err(Error::new(ErrorKind::Busy, "the audit trail grew during reading")
                .with_hint("run the command again"));
        }
        write_lines(end, Some(key), now, events)
    })
}

fn write_lines(
    end: &AuditEnd,
    key: Option<&AuditKey>,
    now: Timestamp,
    events: &[Event<'_>],
) -> Result<Vec<u8>> {
    let mut link = end.last_line.as_deref().map_or_else(Link::first, Link::after);
    let mut bytes = Vec::new();
    let repair = (end.torn > 0).then_some(Event::Repair { torn_bytes: end.torn });
    for event in repair.iter().chain(events) {
        let (text, next) = Line::write(&link, key, now, event).map_err(|error| {
            Error::new(ErrorKind::Store, format!("cannot write the audit trail: {error}"))
        })?;
        bytes.extend_from_slice(&text);
        bytes.push(b'\n');
        link = next;
    }
    Ok(bytes)
}
