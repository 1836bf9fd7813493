//! The audit trail: one JSON line for each verification and each administrative change, chained.
//!
//! Every line ends with an authenticator over itself and the authenticator of the line before it, under
//! a key derived from the data key. Where lines are kept is the store's business.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::store::seal::AuditKey;
use crate::store::{AuditEnd, Transaction};
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
    transaction.append_audit(&now.month(), &mut |end| lines(end, key, now, event))
}

fn lines(
    end: &AuditEnd,
    key: Option<&AuditKey>,
    now: Timestamp,
    event: &Event<'_>,
) -> Result<Vec<u8>> {
    let mut link = end.last_line.as_deref().map_or_else(Link::first, Link::of);
    let mut bytes = Vec::new();
    if end.torn > 0 {
        let repair = Event::Repair { torn_bytes: end.torn };
        link = write_line(&mut bytes, &link, key, now, &repair)?;
    }
    write_line(&mut bytes, &link, key, now, event)?;
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
        seq: previous.seq + 1,
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
    Ok(Link { seq: previous.seq + 1, authenticator })
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

/// A line that does not fit the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Checks the chain of consecutive lines, oldest first. The first line's link to what came before it
/// is taken as given, so that old months may be moved away.
///
/// # Errors
/// The first line that was edited, inserted, or whose predecessor is gone.
pub fn check<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
    key: &AuditKey,
) -> Result<Option<String>, Broken> {
    let mut previous: Option<Option<String>> = None;
    let mut torn = false;
    // The link before the last line, and the length of that line.
    let mut last = (None, 0);
    for (index, line) in lines.into_iter().enumerate() {
        let broken = |what| Broken { line: index + 1, what };
        let Ok(record) = serde_json::from_slice::<Map<String, Value>>(line) else {
            if torn {
                return Err(broken("is not a record"));
            }
            torn = true;
            continue;
        };
        let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        if torn && text("event").as_deref() != Some("repair") {
            return Err(broken("follows a line that is not a record"));
        }
        let follows_record = !std::mem::take(&mut torn);
        let torn_bytes = record.get("torn_bytes").and_then(Value::as_u64);
        let is_repair = text("event").as_deref() == Some("repair");
        if follows_record && is_repair && torn_bytes == Some(last.1) {
            // Of the last line only the newline was lost: it reads as a record, and was never answered.
            previous = last.0.take();
        }
        if previous.as_ref().is_some_and(|previous| *previous != text("prev")) {
            return Err(broken("does not follow the line before it"));
        }
        let authenticator = text("mac");
        if let Some(authenticator) = &authenticator {
            let Some(at) = line
                .windows(AUTHENTICATOR.len())
                .rposition(|window| window == AUTHENTICATOR.as_bytes())
            else {
                return Err(broken("has no authenticator"));
            };
            if key.authenticate(&line[..at]) != *authenticator {
                return Err(broken("was changed"));
            }
        } else if text("key").is_some() {
            return Err(broken("has no authenticator"));
        }
        last = (previous.take(), line.len() as u64);
        previous = Some(authenticator);
    }
    Ok(previous.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::seal::{DataKey, KeyRing};

    fn key() -> AuditKey {
        KeyRing::parse(&DataKey::new([1; 32]).document()).unwrap().audit_key()
    }

    fn trail(count: u32) -> Vec<Vec<u8>> {
        let mut trail: Vec<Vec<u8>> = Vec::new();
        for number in 0..count {
            let end = AuditEnd { last_line: trail.last().cloned(), torn: 0 };
            let user = format!("user {number}");
            let event = Event::Verification(Verification {
                user: &user,
                outcome: "grant",
                reason: "code-accepted",
                session: None,
                client: None,
                ip: Some("192.0.2.1"),
                drift: Some(0),
            });
            let bytes = lines(&end, Some(&key()), Timestamp::from_unix(0), &event).unwrap();
            trail.push(bytes.strip_suffix(b"\n").unwrap().to_vec());
        }
        trail
    }

    fn checked(trail: &[Vec<u8>]) -> Result<Option<String>, Broken> {
        check(trail.iter().map(Vec::as_slice), &key())
    }

    #[test]
    fn an_untouched_trail_is_whole() {
        assert!(checked(&trail(5)).unwrap().is_some());
        assert!(checked(&trail(5)[2..]).is_ok(), "old lines may be moved away");
    }

    #[test]
    fn edited_removed_reordered_and_inserted_lines_are_found() {
        let good = trail(5);
        let mut edited = good.clone();
        edited[2] =
            String::from_utf8(edited[2].clone()).unwrap().replace("user 2", "user 9").into();
        assert_eq!(checked(&edited).unwrap_err(), Broken { line: 3, what: "was changed" });
        let mut removed = good.clone();
        removed.remove(2);
        assert_eq!(checked(&removed).unwrap_err().line, 3);
        let mut reordered = good.clone();
        reordered.swap(2, 3);
        assert_eq!(checked(&reordered).unwrap_err().line, 3);
        let mut inserted = good.clone();
        inserted.insert(3, good[1].clone());
        assert_eq!(checked(&inserted).unwrap_err().line, 4);
    }

    #[test]
    fn a_torn_line_is_closed_by_a_recorded_repair() {
        let mut trail = trail(2);
        let torn = trail[1][..20].to_vec();
        let end = AuditEnd { last_line: Some(trail[1].clone()), torn: 20 };
        let event = Event::Repair { torn_bytes: 0 };
        let bytes = lines(&end, Some(&key()), Timestamp::from_unix(0), &event).unwrap();
        trail.push(torn);
        assert!(checked(&trail).is_ok(), "a torn line at the end was never answered");
        trail.extend(
            bytes.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec),
        );
        assert_eq!(trail.len(), 5);
        assert!(checked(&trail).is_ok());
        trail.remove(3);
        assert!(checked(&trail).is_err());
    }
}
