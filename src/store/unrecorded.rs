//! Changes made while the audit trail could not be written, saved until it can.

use serde::{Deserialize, Serialize};

use crate::time::{Timestamp, readable};

/// A change that is not in the audit trail yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unrecorded {
    /// What the backend finds it by.
    #[serde(skip)]
    pub(super) id: String,
    /// When it was made.
    #[serde(with = "readable")]
    pub at: Timestamp,
    /// The account that ran the command.
    pub by: String,
    /// The command.
    pub action: String,
    /// The old and new value of each changed key.
    pub values: toml::Table,
}

impl Unrecorded {
    /// Describes a change made at `at`.
    pub fn new(at: Timestamp, by: &str, action: &str, values: toml::Table) -> Self {
        let (by, action) = (by.to_owned(), action.to_owned());
        Self { id: String::new(), at, by, action, values }
    }
}
