//! One line of the audit trail. Only this file writes and reads lines.
//!
//! SECURITY: a line is exactly one canonical JSON object: the bytes that [`Line::write`] writes for its content.
//! Reading a line writes it again and compares the bytes. White space, a different order or spelling, a duplicate
//! or unknown key, or text after the authenticator make it invalid. So two readers cannot see different content in
//! one line, and the authenticator covers everything that a reader sees.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::event::{AdminChange, Archive, Event, Verification};
use crate::store::seal::AuditKey;
use crate::time::Timestamp;

/// The field that ends every line.
const AUTHENTICATOR: &str = ",\"mac\":";

/// The key of a value in the first line of a trail that replaces a lost one.
const REPLACED: &str = "trail";

/// How many hexadecimal digits an authenticator has.
const DIGITS: usize = 32;

/// A canonical line.
#[derive(Debug)]
pub struct Line {
    fields: Fields,
    /// The bytes that the authenticator covers.
    body: Vec<u8>,
}

/// The number and the authenticator of a line, which the next line is chained to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The number of that line; 0 before the first one.
    pub seq: u64,
    /// Its authenticator; `None` before the first line and after a line without a key.
    pub mac: Option<String>,
}

/// The format of a line up to its authenticator.
#[derive(Serialize)]
struct Record<'a> {
    schema: u32,
    seq: u64,
    time: &'a str,
    #[serde(flatten)]
    event: &'a Event<'a>,
    key: Option<&'a str>,
    prev: Option<&'a str>,
}

/// Every field that a line can have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    schema: u32,
    seq: u64,
    time: String,
    event: String,
    user: Option<String>,
    outcome: Option<String>,
    reason: Option<String>,
    session: Option<String>,
    client: Option<String>,
    ip: Option<String>,
    drift: Option<i32>,
    by: Option<String>,
    action: Option<String>,
    object: Option<String>,
    values: Option<Map<String, Value>>,
    attempt: Option<u64>,
    caller: Option<u32>,
    torn_bytes: Option<u64>,
    month: Option<String>,
    last_seq: Option<u64>,
    last_mac: Option<String>,
    key: Option<String>,
    prev: Option<String>,
    mac: Option<String>,
}

impl Line {
    /// Parses a line without its newline; `None` if it is not canonical.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let fields: Fields = serde_json::from_slice(bytes).ok()?;
        let body = body(&fields.record(&fields.event()?)).ok()?;
        let is_hash = |text: &Option<String>| text.as_deref().is_none_or(is_hash);
        let is_canonical = fields.schema == 1
            && is_canonical_time(&fields.time)
            && fields.key.is_some() == fields.mac.is_some()
            && [&fields.mac, &fields.prev, &fields.last_mac].into_iter().all(is_hash)
            && append_mac(&body, fields.mac.as_deref()) == bytes;
        is_canonical.then_some(Self { fields, body })
    }

    /// Writes the line for `event` after `link`. Returns its bytes, without a newline, and the link for the next line.
    /// A line without a key says so and proves nothing.
    ///
    /// # Errors
    /// When the event cannot be written as JSON.
    pub fn write(
        link: &Link,
        key: Option<&AuditKey>,
        now: Timestamp,
        event: &Event<'_>,
    ) -> serde_json::Result<(Vec<u8>, Link)> {
        let seq = link.seq.saturating_add(1);
        let record = Record {
            schema: 1,
            seq,
            time: &now.to_string(),
            event,
            key: key.map(AuditKey::id),
            prev: link.mac.as_deref(),
        };
        let body = body(&record)?;
        let mac = key.map(|key| key.authenticate(&body));
        Ok((append_mac(&body, mac.as_deref()), Link { seq, mac }))
    }

    /// The bytes of the line, without a newline.
    pub fn to_bytes(&self) -> Vec<u8> {
        append_mac(&self.body, self.fields.mac.as_deref())
    }

    /// The event that the line records.
    pub fn event(&self) -> Option<Event<'_>> {
        self.fields.event()
    }

    /// The number of the line.
    pub fn seq(&self) -> u64 {
        self.fields.seq
    }

    /// When the line was written, in RFC 3339 format.
    pub fn time(&self) -> &str {
        &self.fields.time
    }

    /// The name of the event.
    pub fn kind(&self) -> &str {
        &self.fields.event
    }

    /// The id of the key that the line was written under.
    pub fn key(&self) -> Option<&str> {
        self.fields.key.as_deref()
    }

    /// The authenticator of the line.
    pub fn mac(&self) -> Option<&str> {
        self.fields.mac.as_deref()
    }

    /// The link for the next line.
    pub fn link(&self) -> Link {
        Link { seq: self.fields.seq, mac: self.fields.mac.clone() }
    }

    /// The link that the line claims to follow; `None` if its number is 0.
    pub fn follows(&self) -> Option<Link> {
        let seq = self.fields.seq.checked_sub(1)?;
        Some(Link { seq, mac: self.fields.prev.clone() })
    }

    /// Whether the authenticator was made with `key`.
    pub fn is_authentic(&self, key: &AuditKey) -> bool {
        self.mac() == Some(&key.authenticate(&self.body))
    }

    /// The user and the number of the recorded attempt, if any.
    pub fn attempt(&self) -> Option<(&str, u64)> {
        let fields = &self.fields;
        let user = fields.user.as_deref().or(fields.object.as_deref())?;
        Some((user, fields.attempt?))
    }

    /// Whether `init` wrote it as the first line of a new store.
    pub fn is_first(&self) -> bool {
        let fields = &self.fields;
        fields.seq == 1
            && fields.prev.is_none()
            && fields.event == "change"
            && fields.action.as_deref() == Some("init")
            && fields.object.is_none()
    }

    /// Whether it is the first line of a trail that replaces a lost one.
    pub fn replaces_another(&self) -> bool {
        let values = self.fields.values.as_ref();
        self.is_first() && values.is_some_and(|values| values.contains_key(REPLACED))
    }

    /// The length of the line in bytes.
    pub(super) fn length(&self) -> u64 {
        self.to_bytes().len() as u64
    }
}

impl Link {
    /// The link before the first line.
    pub fn first() -> Self {
        Self { seq: 0, mac: None }
    }

    /// The link that the last line of a trail offers, by its beginning and its end alone: a login does not pay for
    /// reading the rest. A line that is not canonical breaks the chain whatever follows it.
    pub fn after(last_line: &[u8]) -> Self {
        Self::at_the_ends(last_line).unwrap_or_else(Self::first)
    }

    fn at_the_ends(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?;
        let (seq, rest) = text.strip_prefix("{\"schema\":1,\"seq\":")?.split_once(',')?;
        let (_, mac) = rest.rsplit_once(AUTHENTICATOR)?;
        let mac = match mac.strip_suffix('}')? {
            "null" => None,
            quoted => Some(quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned()),
        };
        mac.as_deref().is_none_or(is_hash).then_some(Self { seq: seq.parse().ok()?, mac })
    }
}

impl Fields {
    fn record<'a>(&'a self, event: &'a Event<'a>) -> Record<'a> {
        Record {
            schema: self.schema,
            seq: self.seq,
            time: &self.time,
            event,
            key: self.key.as_deref(),
            prev: self.prev.as_deref(),
        }
    }

    /// The event, if all its fields are present. Fields of other events are dropped, so a line that has them is not
    /// canonical.
    fn event(&self) -> Option<Event<'_>> {
        Some(match self.event.as_str() {
            "verification" => Event::Verification(Verification {
                user: self.user.as_deref()?,
                outcome: self.outcome.as_deref()?,
                reason: self.reason.as_deref()?,
                session: self.session.as_deref(),
                client: self.client.as_deref(),
                ip: self.ip.as_deref(),
                drift: self.drift,
                attempt: self.attempt,
                caller: self.caller,
            }),
            "change" => Event::Change(AdminChange {
                by: self.by.as_deref()?,
                action: self.action.as_deref()?,
                object: self.object.as_deref(),
                values: self.values.clone()?,
                attempt: self.attempt,
            }),
            "repair" => Event::Repair { torn_bytes: self.torn_bytes? },
            "key-reset" => Event::KeyReset { by: self.by.as_deref()? },
            "archive" => Event::Archive(Archive {
                by: self.by.as_deref()?,
                month: self.month.as_deref()?,
                last_seq: self.last_seq?,
                last_mac: self.last_mac.as_deref(),
            }),
            _ => return None,
        })
    }
}

/// The bytes that the authenticator covers: the object without its last brace.
fn body(record: &Record<'_>) -> serde_json::Result<Vec<u8>> {
    let mut body = serde_json::to_vec(record)?;
    body.pop();
    Ok(body)
}

fn append_mac(body: &[u8], mac: Option<&str>) -> Vec<u8> {
    let mut line = Vec::with_capacity(body.len() + AUTHENTICATOR.len() + DIGITS + 4);
    line.extend_from_slice(body);
    line.extend_from_slice(AUTHENTICATOR.as_bytes());
    match mac {
        Some(hex) => line.extend([b"\"", hex.as_bytes(), b"\""].concat()),
        None => line.extend_from_slice(b"null"),
    }
    line.push(b'}');
    line
}

fn is_hash(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_canonical_time(text: &str) -> bool {
    Timestamp::parse(text).is_some_and(|time| time.to_string() == text)
}

#[cfg(test)]
mod tests;
