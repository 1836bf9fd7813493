//! The table `[sms]` of `store.toml`: the SMS gateway.
//!
//! Checks only the keys and that each value is text. [`crate::gateway`], which the verifier does not
//! use, checks the values.

use std::path::PathBuf;

use crate::factor::sealed::Sealed;
use crate::settings::key::{Spec, section};

section! {
    /// The SMS gateway, written by 'rw2fa sms configure'.
    SmsSection = "sms";
    /// the SID of the Twilio account
    "account-sid" account_sid: Option<String> = None,
        Spec::word("AC and 32 hexadecimal digits").option("account SID", "AC…");
    /// the SID of an API key of the account; the token is then the secret of the key
    "api-key" api_key: Option<String> = None,
        Spec::word("SK and 32 hexadecimal digits").option("API key", "SK…");
    /// the token of the account, or the secret of the API key; sealed
    "auth-token" auth_token: Option<Sealed> = None,
        Spec::word("written by 'rw2fa sms configure'").option("token", "");
    /// the sender: a number, a messaging service, a short code or a name
    "from" from: Option<String> = None,
        Spec::word("+E164, MG and 32 hexadecimal digits, 3 to 8 digits, or a name of at most 11 characters")
            .option("sender", "+E164|MG…|NAME");
    /// where the API is, for an account of another region, such as
    /// `https://api.dublin.ie1.twilio.com`; only https, except on this machine
    "api-base" api_base: Option<String> = None,
        Spec::word("an https address, or an http address of this machine")
            .or("https://api.twilio.com")
            .option("API", "URL");
    /// the HTTP proxy to go through; variables such as `HTTPS_PROXY` are ignored
    "proxy" proxy: Option<String> = None,
        Spec::word("an http or https address without a path").option("proxy", "URL");
    /// certificates (PEM) to trust besides the system's, such as those of an inspecting proxy; the store's
    /// owner must be able to read the file
    "ca-file" ca_file: Option<PathBuf> = None,
        Spec::word("an absolute path").option("CA file", "FILE");
    /// the program that sends, in place of Twilio; an absolute path
    "command" command: Option<PathBuf> = None,
        Spec::word("an absolute path").option("command", "PATH");
}

impl SmsSection {
    /// The key path of the sealed token.
    pub const TOKEN: &[&str] = &["sms", "auth-token"];

    /// Reports whether a gateway is configured.
    pub fn is_configured(&self) -> bool {
        let has_account = self.account_sid.is_some() && self.auth_token.is_some();
        self.command.is_some() || has_account && self.from.is_some()
    }
}
