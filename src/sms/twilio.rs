//! Twilio's API: sending a message, and asking about the account.
//!
//! Ends within [`PATIENCE`]. What it sent and what it was told stands in no error: numbers, codes and
//! tokens are left out.

use std::error::Error as _;
use std::io::Read;
use std::sync::Once;
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, RequestBuilder};
use reqwest::{Proxy, StatusCode, redirect, retry};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::account::listing::Phone;
use crate::error::{Error, ErrorKind};
use crate::json;
use crate::sms::gateway::{Account, Sender, certificates};
use crate::sms::refusal::{meaning, scrubbed};

/// How long everything together may take: less than the 10 s that the verifier waits for its child, so
/// that it hears how it ended.
pub const PATIENCE: Duration = Duration::from_secs(9);

/// No answer of the API is longer.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// Whether a message may have been taken all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It was not.
    NotSent,
    /// Nobody knows.
    Unknown,
}

/// Why something failed.
#[derive(Debug)]
pub struct Failure {
    /// Whether the gateway may have taken the message.
    pub certainty: Certainty,
    /// What to tell.
    pub error: Error,
}

/// A message that Twilio took.
#[derive(Deserialize)]
pub struct Receipt {
    /// Its SID.
    pub sid: String,
    /// What becomes of it.
    pub status: Option<String>,
    /// Why it failed; null while it has not.
    #[serde(default)]
    error_code: Value,
}

impl Receipt {
    /// The failure that a receipt reports although the request was accepted.
    fn failure(&self) -> Option<Failure> {
        let status = self.status.as_deref().unwrap_or_default();
        let has_failed = matches!(status, "failed" | "undelivered" | "canceled");
        if !has_failed && self.error_code.is_null() {
            return None;
        }
        // With any other status the message may still be on its way.
        let certainty = if has_failed { Certainty::NotSent } else { Certainty::Unknown };
        let code = self.error_code.as_u64().and_then(|code| u32::try_from(code).ok());
        let error = match code {
            Some(code) => refused(ErrorKind::Refused, &Refusal { code, message: None }),
            None if has_failed => Error::new(
                ErrorKind::Refused,
                format!("Twilio took the message, and it is {status}"),
            )
            .with_hint("look the message up in the console: 'rw2fa sms portal console'"),
            None => Error::new(ErrorKind::Refused, "Twilio took the message, and reports an error")
                .with_hint("look the message up in the console: 'rw2fa sms portal console'"),
        };
        Some(Failure { certainty, error })
    }
}

/// What Twilio knows of the account.
#[derive(Deserialize)]
pub struct AccountStatus {
    /// `active`, `suspended` or `closed`.
    pub status: Option<String>,
    /// `Trial` or `Full`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// What is left to spend.
#[derive(Deserialize)]
pub struct Balance {
    /// An amount, as Twilio writes it.
    pub balance: String,
    /// Of which currency.
    pub currency: Option<String>,
}

/// Twilio's error document.
#[derive(Deserialize)]
struct Refusal {
    code: u32,
    message: Option<String>,
}

/// A connection to the API.
pub struct Api {
    client: Client,
    account: Account,
    deadline: Instant,
}

impl Api {
    /// Prepares to talk to the API.
    ///
    /// # Errors
    /// When certificates or the proxy cannot be used.
    pub fn new(account: Account) -> Result<Self, Error> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Only fails where one is installed already.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let wrong = |key: &str, what: String| {
            Error::new(ErrorKind::System, format!("[sms] {key}: {what}"))
                .with_hint("correct it with 'rw2fa sms configure'")
        };
        // SECURITY: no redirects, which could lead the token elsewhere, and nothing from the environment.
        let mut builder = Client::builder()
            .user_agent(concat!("rw2fa/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy();
        if let Some(proxy) = &account.proxy {
            let proxy = Proxy::all(proxy).map_err(|_| wrong("proxy", "is no address".into()))?;
            builder = builder.proxy(proxy);
        }
        if let Some(path) = &account.ca_file {
            let found = certificates(path).map_err(|problem| wrong("ca-file", problem))?;
            builder = builder.tls_certs_merge(found);
        }
        let client = builder.build().map_err(|error| {
            Error::new(ErrorKind::System, format!("cannot prepare TLS: {}", reason(&error)))
                .with_hint(
                    "install the system's root certificates (Debian: ca-certificates), or correct 'ca-file' with \
                     'rw2fa sms configure'",
                )
        })?;
        Ok(Self { client, account, deadline: Instant::now() + PATIENCE })
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Why it was not taken, and whether that is certain.
    pub fn send(&self, from: &Sender, to: &Phone, body: &str) -> Result<Receipt, Failure> {
        let url = format!("{}/Messages.json", self.account_url());
        let (key, value) = match from {
            Sender::From(value) => ("From", value),
            Sender::Service(value) => ("MessagingServiceSid", value),
        };
        let to = to.to_string();
        let form = [("To", to.as_str()), ("Body", body), (key, value.as_str())];
        let receipt: Receipt = self.ask(|| self.client.post(&url).form(&form))?;
        match receipt.failure() {
            Some(failure) => Err(failure),
            None => Ok(receipt),
        }
    }

    /// What the account is.
    ///
    /// # Errors
    /// Why it was not told.
    pub fn standing(&self) -> Result<AccountStatus, Failure> {
        let url = format!("{}.json", self.account_url());
        self.ask(|| self.client.get(&url))
    }

    /// What is left to spend.
    ///
    /// # Errors
    /// Why it was not told.
    pub fn balance(&self) -> Result<Balance, Failure> {
        let url = format!("{}/Balance.json", self.account_url());
        self.ask(|| self.client.get(&url))
    }

    fn account_url(&self) -> String {
        format!("{}/2010-04-01/Accounts/{}", self.account.base, self.account.sid)
    }

    /// Asks once, and a second time only where no connection was made: whatever reached Twilio may have
    /// been taken.
    fn ask<T: DeserializeOwned>(&self, request: impl Fn() -> RequestBuilder) -> Result<T, Failure> {
        match self.try_once(&request) {
            Err((failure, true)) if self.left() > Duration::from_secs(1) => {
                drop(failure);
                std::thread::sleep(Duration::from_millis(200));
                self.try_once(&request).map_err(|(failure, _)| failure)
            }
            answer => answer.map_err(|(failure, _)| failure),
        }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Asks once; a failure tells whether a second try may help and cannot harm.
    fn try_once<T: DeserializeOwned>(
        &self,
        request: &impl Fn() -> RequestBuilder,
    ) -> Result<T, (Failure, bool)> {
        let request = request()
            .basic_auth(&self.account.user, Some(self.account.token.as_str()))
            .timeout(self.left());
        let response = request.send().map_err(|error| {
            let is_unreached = error.is_connect();
            let may_retry = is_unreached && !error.is_timeout();
            (self.unreached(&error, is_unreached), may_retry)
        })?;
        let status = response.status();
        let mut text = Zeroizing::new(Vec::new());
        // What is cut off here is no JSON any more.
        let read = response.take(LONGEST_ANSWER).read_to_end(&mut text);
        let answer = read.map_err(|_| "was cut off".to_owned());
        let answer = answer.and_then(|_| understood(status, &text));
        answer.map_err(|what| (self.told(status, &text, &what), false))
    }

    fn unreached(&self, error: &reqwest::Error, is_unreached: bool) -> Failure {
        let host = &self.account.base;
        let certainty = if is_unreached { Certainty::NotSent } else { Certainty::Unknown };
        let what = if error.is_timeout() {
            format!("{host} did not answer within {} s", PATIENCE.as_secs())
        } else if is_unreached {
            format!("cannot connect to {host}: {}", reason(error))
        } else {
            format!("{host} gave no answer: {}", reason(error))
        };
        let hint = "check the network, --proxy and --ca-file: 'rw2fa sms check'";
        Failure { certainty, error: Error::new(ErrorKind::System, what).with_hint(hint) }
    }

    /// The failure that an answer tells of.
    fn told(&self, status: StatusCode, text: &[u8], what: &str) -> Failure {
        let is_refused = status.is_client_error();
        let certainty = if is_refused { Certainty::NotSent } else { Certainty::Unknown };
        let kind = if is_refused { ErrorKind::Refused } else { ErrorKind::System };
        let number = status.as_u16();
        let error = match json::from_slice::<Refusal>(text) {
            Ok(refusal) if !status.is_success() => refused(kind, &refusal),
            _ if number == 429 => Error::new(kind, "Twilio refused: too many requests (429)")
                .with_hint("wait a minute"),
            _ if status.is_server_error() => {
                Error::new(kind, format!("{} has a fault (HTTP {number})", self.account.base))
                    .with_hint("wait, and look at 'rw2fa sms portal status'")
            }
            _ if status.is_success() => {
                Error::new(kind, format!("the answer of {} {what}", self.account.base))
                    .with_hint("check --api-base and --proxy: 'rw2fa sms show'")
            }
            _ => Error::new(kind, format!("{} refused (HTTP {number})", self.account.base))
                .with_hint("check --api-base and --proxy: 'rw2fa sms show'"),
        };
        Failure { certainty, error }
    }
}

/// Twilio's error in one sentence.
fn refused(kind: ErrorKind, refusal: &Refusal) -> Error {
    let code = refusal.code;
    if let Some((what, hint)) = meaning(code) {
        return Error::new(kind, format!("Twilio refused: {what} ({code})")).with_hint(hint);
    }
    let said = scrubbed(refusal.message.as_deref().unwrap_or("no reason"));
    Error::new(kind, format!("Twilio refused: {said} ({code})"))
        .with_hint(format!("see https://www.twilio.com/docs/api/errors/{code}"))
}

/// The document of a good answer.
fn understood<T: DeserializeOwned>(status: StatusCode, text: &[u8]) -> Result<T, String> {
    if !status.is_success() {
        return Err("is a refusal".into());
    }
    json::from_slice(text).map_err(|_| "is not one of Twilio's".into())
}

/// The innermost reason of an error, which names no address.
fn reason(error: &reqwest::Error) -> String {
    let mut source = error.source();
    while let Some(inner) = source.and_then(|error| error.source()) {
        source = Some(inner);
    }
    source.map_or_else(|| "unknown".into(), |inner| scrubbed(&inner.to_string()))
}
