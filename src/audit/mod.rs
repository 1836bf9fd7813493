//! The audit trail: one JSON line for each verification and each administrative change, chained.
//!
//! Every line ends with an authenticator over itself and the authenticator of the line before it, under
//! a key derived from the data key. Where lines are kept is the store's business.

mod chain;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use chain::{Broken, Chain, Gap, check};

use crate::error::{Error, Kind, Result};
use crate::store::seal::AuditKey;
use crate::store::{AuditEnd, Document, Transaction};
use crate::time::Timestamp;

/// The field that ends every line.
const AUTHENTICATOR: &str = ",\"mac\":";

/// Something that is worth a line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event<'a> {
    /// A login or session was decided.
    Verification(Verification<'a>),
    /// An administrator changed something.
    Change(AdminChange<'a>),
    /// A line before this one was cut off while it was written.
    Repair {
        /// Bytes of the line that was cut off.
        torn_bytes: u64,
    },
    /// The key was lost, or given up, and another one took its place: a new chain begins here.
    KeyReset {
        /// The account that ran the command.
        by: &'a str,
    },
}

/// A decision of the verifier.
#[derive(Debug, Serialize)]
pub struct Verification<'a> {
    /// The user, as the store knows him.
    pub user: &'a str,
    /// What was decided.
    pub outcome: &'static str,
    /// Why.
    pub reason: &'static str,
    /// Which session was to be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<&'static str>,
    /// The hash of the portal session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<&'a str>,
    /// From where, as the portal told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<&'a str>,
    /// How many steps the device was ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<i32>,
    /// The number of the attempt that was charged, if a typed code was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
}

/// A change by an administrator.
#[derive(Debug, Serialize)]
pub struct AdminChange<'a> {
    /// The account that ran the command.
    pub by: &'a str,
    /// The command.
    pub action: &'a str,
    /// Which user, group or setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<&'a str>,
    /// Old and new value of what changed, by key; never a secret.
    pub values: Map<String, Value>,
    /// The number of the attempt that was charged, if a typed code was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
}

#[derive(Serialize)]
struct Record<'a> {
    schema: u32,
    seq: u64,
    time: String,
    #[serde(flatten)]
    event: &'a Event<'a>,
    key: Option<&'a str>,
    prev: Option<&'a str>,
}

/// The part of a line that the next one is chained to.
#[derive(Deserialize)]
struct Link {
    seq: u64,
    #[serde(rename = "mac")]
    authenticator: Option<String>,
}

/// Appends `event`. Without a key, because it is lost, the line stands unchained, and says so.
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

fn lines(
    end: &AuditEnd,
    key: Option<&AuditKey>,
    now: Timestamp,
    events: &[Event<'_>],
) -> Result<Vec<u8>> {
    let mut link = end.last_line.as_deref().map_or_else(Link::first, Link::of);
    let mut bytes = Vec::new();
    if end.torn > 0 {
        let repair = Event::Repair { torn_bytes: end.torn };
        link = write_line(&mut bytes, &link, key, now, &repair)?;
    }
    for event in events {
        link = write_line(&mut bytes, &link, key, now, event)?;
    }
    Ok(bytes)
}

fn write_line(
    bytes: &mut Vec<u8>,
    previous: &Link,
    key: Option<&AuditKey>,
    now: Timestamp,
    event: &Event<'_>,
) -> Result<Link> {
    let record = Record {
        schema: 1,
        seq: previous.seq.saturating_add(1),
        time: now.to_string(),
        event,
        key: key.map(AuditKey::id),
        prev: previous.authenticator.as_deref(),
    };
    let mut line = serde_json::to_vec(&record).map_err(|error| {
        Error::new(Kind::Store, format!("cannot write the audit trail: {error}"))
    })?;
    line.pop();
    let authenticator = key.map(|key| key.authenticate(&line));
    line.extend_from_slice(AUTHENTICATOR.as_bytes());
    match &authenticator {
        Some(hex) => line.extend_from_slice(format!("\"{hex}\"").as_bytes()),
        None => line.extend_from_slice(b"null"),
    }
    line.extend_from_slice(b"}\n");
    bytes.extend_from_slice(&line);
    Ok(Link { seq: previous.seq.saturating_add(1), authenticator })
}

impl Link {
    fn first() -> Self {
        Self { seq: 0, authenticator: None }
    }

    /// The link that a line offers; a line that is no record of ours breaks the chain there, which a
    /// check of the chain will tell.
    fn of(line: &[u8]) -> Self {
        serde_json::from_slice(line).unwrap_or_else(|_| Self::first())
    }
}
