//! The audit trail: one JSON line for each verification and each administrative change, chained.
//!
//! Every line ends with an authenticator over itself and the authenticator of the line before it, under
//! a key derived from the data key. Where lines are kept is the store's business.

pub mod attempts;
mod chain;
mod event;
mod line;

use std::collections::BTreeMap;

pub use attempts::{AttemptLog, MissingAttempts};
pub use chain::{BEGINS_LATER, Broken, Chain, Gap, NO_LINE, UNKEYED, check};
pub use event::{AdminChange, Archive, Event, Verification};
pub use line::{Line, Link};

use crate::error::{Error, ErrorKind, Result};
use crate::store::seal::AuditKey;
use crate::store::{AuditEnd, Document, Store, Transaction};
use crate::time::Timestamp;

/// Appends `event`. Without a key, because it is lost, the line is not authenticated, and says so.
///
/// # Errors
/// When it could not be made durable.
pub fn append(
    transaction: &mut dyn Transaction,
    key: Option<&AuditKey>,
    now: Timestamp,
    event: &Event<'_>,
) -> Result<()> {
    append_all(transaction, key, now, std::slice::from_ref(event))
}

/// Appends `event`, then puts `text` in the place of a document: never the second without the first.
///
/// # Errors
/// When they could not be made durable.
pub fn append_and_write(
    transaction: &mut dyn Transaction,
    key: Option<&AuditKey>,
    now: Timestamp,
    event: &Event<'_>,
    (document, text): (&Document, &str),
) -> Result<()> {
    let events = std::slice::from_ref(event);
    let mut make = |end: &AuditEnd| lines(end, key, now, events);
    transaction.append_audit_and_write(&now.month(), &mut make, document, text)
}

/// Appends `events`, in this order and in one write.
///
/// # Errors
/// When they could not be made durable.
pub fn append_all(
    transaction: &mut dyn Transaction,
    key: Option<&AuditKey>,
    now: Timestamp,
    events: &[Event<'_>],
) -> Result<()> {
    transaction.append_audit(&now.month(), &mut |end| lines(end, key, now, events))
}

/// Appends that months may be moved away. `end` is the last line of the last of them, if it is the end of the trail
/// still.
///
/// # Errors
/// [`ErrorKind::Busy`] when another line was appended meanwhile, and when they could not be made durable.
pub fn append_archive(
    transaction: &mut dyn Transaction,
    key: &AuditKey,
    now: Timestamp,
    events: &[Event<'_>],
    expected: Option<&Link>,
) -> Result<()> {
    transaction.append_audit(&now.month(), &mut |end| {
        let last = end.last_line.as_deref().map_or_else(Link::first, Link::after);
        if expected.is_some_and(|expected| *expected != last) {
            return Err(Error::new(ErrorKind::Busy, "the audit trail grew while it was read")
                .with_hint("run the command again"));
        }
        lines(end, Some(key), now, events)
    })
}

fn lines(
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

/// The attempts that were charged and that the trail of `store` does not record. `present` holds the number up to
/// which each account has counted.
///
/// Lines that are not canonical are left out: [`Chain`] reports them.
///
/// # Errors
/// When the trail cannot be read, or an account stays locked.
pub fn missing_attempts(
    store: &dyn Store,
    present: &BTreeMap<String, u64>,
) -> Result<Vec<MissingAttempts>> {
    let seen = attempts(store)?;
    let found = seen.finish(present);
    if !seen.is_unsettled(&found) {
        return Ok(found);
    }
    store.drain()?;
    Ok(attempts(store)?.finish(present))
}

fn attempts(store: &dyn Store) -> Result<AttemptLog> {
    let mut attempts = AttemptLog::new();
    store.audit_lines(&mut |_, bytes| {
        if let Some(line) = Line::parse(bytes) {
            // A number that is there twice is not missing.
            let _ = attempts.feed(&line);
        }
        Ok(())
    })?;
    Ok(attempts)
}
