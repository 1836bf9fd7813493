//! What a line of the audit trail can be about.

use serde::Serialize;
use serde_json::{Map, Value};

/// Something that is worth a line.
///
/// The order of the fields is that of the line: see [`super::Line`]. A new field is optional and left out where
/// it has no value, so that older lines stay canonical.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// A month may be moved away: the trail may begin with the line after it.
    Archive(Archive<'a>),
}

/// A decision of the verifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verification<'a> {
    /// The canonical name of the user.
    pub user: &'a str,
    /// What was decided.
    pub outcome: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Which session was to be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<&'a str>,
    /// The hash of the portal session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<&'a str>,
    /// The address of the device, as the portal gave it.
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
#[derive(Clone, Debug, PartialEq, Serialize)]
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

/// The end of a month that was moved away.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Archive<'a> {
    /// The account that ran the command.
    pub by: &'a str,
    /// The month, as `2026-09`.
    pub month: &'a str,
    /// The number of its last line.
    pub last_seq: u64,
    /// The authenticator of its last line.
    pub last_mac: Option<&'a str>,
}
