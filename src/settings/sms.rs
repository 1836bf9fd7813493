//! The section `[sms]` of `store.toml`: the SMS gateway.
//!
//! Checks only the keys and that each value is text. [`crate::sms::gateway`], which the verifier does not
//! use, checks the values.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use crate::account::sealed::Sealed;

/// The contents of the section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SmsSection {
    /// The Twilio account.
    pub account_sid: Option<String>,
    /// An API key of the account, used instead of its token.
    pub api_key: Option<String>,
    /// The token of the account, or the secret of the API key; sealed.
    pub auth_token: Option<Sealed>,
    /// The sender.
    pub from: Option<String>,
    /// The address of the API, if it is not the usual one.
    pub api_base: Option<String>,
    /// The HTTP proxy to use.
    pub proxy: Option<String>,
    /// Certificates to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// A program that sends messages instead of Twilio.
    pub command: Option<PathBuf>,
}

/// The section alone, with any values.
#[derive(Deserialize)]
struct Section {
    sms: Option<Spanned<BTreeMap<Spanned<String>, toml::Value>>>,
}

impl SmsSection {
    /// The key path of the sealed token.
    pub const TOKEN: &[&str] = &["sms", "auth-token"];

    /// Returns the byte position of a key of the section, or of the section if the key is missing.
    pub fn position_of(key: &str, text: &str) -> Option<usize> {
        let section = toml::from_str::<Section>(text).ok()?.sms?;
        let found = section.get_ref().keys().find(|found| found.get_ref() == key);
        Some(found.map_or(section.span(), Spanned::span).start)
    }

    /// Reports whether a gateway is configured.
    pub fn is_configured(&self) -> bool {
        let has_account = self.account_sid.is_some() && self.auth_token.is_some();
        self.command.is_some() || has_account && self.from.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::records::line_of;

    #[test]
    fn keys_are_found_in_every_notation() {
        for (text, key, line) in [
            ("a = 1\n\n[sms]\n# x\nfrom = \"12345\"\nproxy = 5\n", "from", Some(5)),
            ("a = 1\n\n[sms]\n# x\nfrom = \"12345\"\nproxy = 5\n", "proxy", Some(6)),
            ("a = 1\n\n[sms]\nfrom = \"12345\"\n[advanced]\nproxy = 1\n", "proxy", Some(3)),
            ("sms = { from = \"1\",\n  \"proxy\" = \"\" }\n", "proxy", Some(2)),
            ("x = 1\nsms.from = \"1\"\nsms.proxy = \"\"\n", "proxy", Some(3)),
            ("from = 1\n", "from", None),
            ("[sms\n", "from", None),
        ] {
            let at = SmsSection::position_of(key, text);
            assert_eq!(at.map(|at| line_of(text, at)), line, "{key} in {text}");
        }
    }
}
