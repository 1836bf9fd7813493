//! The events that the audit trail records.

use serde::Serialize;
use serde_json::{Map, Value};

/// An event of the audit trail.
///
/// The fields are in the order of the line: see [`super::Line`]. A new field must be optional and omitted if empty,
/// so that older lines stay canonical.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event<'a> {
    /// A login or session was decided.
    Verification(Verification<'a>),
    /// An administrator changed something.
    Change(AdminChange<'a>),
    /// An earlier line was cut off while it was being written.
    Repair {
        /// How many bytes were left of it.
        torn_bytes: u64,
    },
    /// The key was lost or given up, and replaced. A new chain begins here.
    KeyReset {
        /// The account that ran the command.
        by: &'a str,
    },
    /// A month may be moved away. The trail may then begin with the line after it.
    Archive(Archive<'a>),
}

/// A decision of the verifier.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verification<'a> {
    /// The canonical name of the user.
    pub user: &'a str,
    /// The outcome of the decision.
    pub outcome: &'a str,
    /// The reason of the decision.
    pub reason: &'a str,
    /// The session to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<&'a str>,
    /// The hash of the portal session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<&'a str>,
    /// The address of the device, as passed by the portal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<&'a str>,
    /// Clock drift of the device in steps; positive if it was ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<i32>,
    /// The number of the charged attempt, if a typed code was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// The number of the account that sent the request over a socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<u32>,
}

/// A change by an administrator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdminChange<'a> {
    /// The account that ran the command.
    pub by: &'a str,
    /// The command.
    pub action: &'a str,
    /// The user, group or setting that changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<&'a str>,
    /// Old and new values by key. Never contains a secret.
    pub values: Map<String, Value>,
    /// The number of the charged attempt, if a typed code was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
}

/// The end of a month that may be moved away.
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
