//! The section `[sms]` of `store.toml`: through which gateway messages go.
//!
//! Only the keys are checked here, and that each is a text. What they mean is found out by
//! [`crate::sms::gateway`], which the verifier does without.

use std::path::PathBuf;

use serde::Deserialize;

use crate::account::state::Sealed;

/// What stands in the section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SmsSection {
    /// The Twilio account.
    pub account_sid: Option<String>,
    /// An API key of the account, if its token is not used.
    pub api_key: Option<String>,
    /// The token of the account, or the secret of the API key; sealed.
    pub auth_token: Option<Sealed>,
    /// The sender.
    pub from: Option<String>,
    /// Where the API is, if not at its usual place.
    pub api_base: Option<String>,
    /// The HTTP proxy to go through.
    pub proxy: Option<String>,
    /// Certificates to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The program that sends, instead of Twilio.
    pub command: Option<PathBuf>,
}

impl SmsSection {
    /// The key of the sealed token.
    pub const TOKEN: &[&str] = &["sms", "auth-token"];

    /// Whether there is a gateway.
    pub fn is_configured(&self) -> bool {
        let has_account = self.account_sid.is_some() && self.auth_token.is_some();
        self.command.is_some() || has_account && self.from.is_some()
    }
}
