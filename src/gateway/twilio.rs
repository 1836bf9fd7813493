//! Twilio's API: sends messages and queries the account.
//!
//! Every call ends within [`PATIENCE`]. Errors never contain what was sent or received: numbers, codes and
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

use crate::error::{Error, ErrorKind};
use crate::gateway::refusal::{meaning, scrubbed};
use crate::gateway::{Account, Sender, certificates};
use crate::json;
use crate::names::listing::Phone;

/// The time limit of a whole call: less than the 10 s that the verifier waits for its child, so that it
/// learns the result.
pub const PATIENCE: Duration = Duration::from_secs(9);

/// The longest answer of the API, in bytes.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// Whether a failed message may have been sent anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It was not sent.
    NotSent,
    /// It may have been sent.
    Unknown,
}

/// A failed call.
#[derive(Debug)]
pub struct Failure {
    /// Whether the message may have been sent anyway.
    pub certainty: Certainty,
    /// The error to report.
    pub error: Error,
}

/// A message that Twilio accepted.
#[derive(Deserialize)]
pub struct Receipt {
    /// Its SID.
    pub sid: String,
    /// Its delivery status.
    pub status: Option<String>,
    /// Why it failed; null if it has not failed.
    #[serde(default)]
    error_code: Value,
    /// The same in words.
    error_message: Option<String>,
}

impl Receipt {
    /// Returns the failure that a receipt reports although the request was accepted.
    fn failure(&self) -> Option<Failure> {
        let status = self.status.as_deref().unwrap_or_default();
        let has_failed = matches!(status, "failed" | "undelivered" | "canceled");
        if !has_failed && self.error_code.is_null() {
            return None;
        }
        // With any other status, the message may still be on its way.
        let certainty = if has_failed { Certainty::NotSent } else { Certainty::Unknown };
        let code = self.error_code.as_u64().and_then(|code| u32::try_from(code).ok());
        let error = match code {
            Some(code) => {
                let message = self.error_message.clone();
                describe_refusal(ErrorKind::Refused, &Refusal { code, message })
            }
            None if has_failed => Error::new(
                ErrorKind::Refused,
                format!("Twilio accepted the message, and its status is {status}"),
            )
            .with_hint("look the message up in the console: 'rw2fa sms portal console'"),
            None => Error::new(
                ErrorKind::Refused,
                "Twilio accepted the message, then reported an error",
            )
            .with_hint("look the message up in the console: 'rw2fa sms portal console'"),
        };
        Some(Failure { certainty, error })
    }
}

/// Twilio's data about the account.
#[derive(Deserialize)]
pub struct AccountStatus {
    /// `active`, `suspended` or `closed`.
    pub status: Option<String>,
    /// `Trial` or `Full`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// The account's balance.
#[derive(Deserialize)]
pub struct Balance {
    /// The amount, as Twilio writes it.
    pub balance: String,
    /// The currency.
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
    /// Prepares a connection to the API.
    ///
    /// # Errors
    /// If the certificates or the proxy cannot be used.
    pub fn new(account: Account) -> Result<Self, Error> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Fails only if a provider is already installed.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let wrong = |key: &str, what: String| {
            Error::new(ErrorKind::System, format!("[sms] {key}: {what}"))
                .with_hint("correct it with 'rw2fa sms configure'")
        };
        // SECURITY: no redirects, which could send the token elsewhere, and no settings from the
        // environment.
        let mut builder = Client::builder()
            .user_agent(concat!("rw2fa/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy();
        if let Some(proxy) = &account.proxy {
            let proxy =
                Proxy::all(proxy).map_err(|_| wrong("proxy", "is not a valid address".into()))?;
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
    /// Why it was not accepted, and whether that is certain.
    pub fn send(&self, from: &Sender, to: &Phone, body: &str) -> Result<Receipt, Failure> {
        let url = format!("{}/Messages.json", self.account_url());
        let (key, value) = match from {
            Sender::From(value) => ("From", value),
            Sender::Service(value) => ("MessagingServiceSid", value),
        };
        let to = to.to_string();
        let form = [("To", to.as_str()), ("Body", body), (key, value.as_str())];
        let receipt: Receipt = self.request_with_retry(|| self.client.post(&url).form(&form))?;
        match receipt.failure() {
            Some(failure) => Err(failure),
            None => Ok(receipt),
        }
    }

    /// Queries the status of the account.
    ///
    /// # Errors
    /// Why the query failed.
    pub fn account_status(&self) -> Result<AccountStatus, Failure> {
        let url = format!("{}.json", self.account_url());
        self.request_with_retry(|| self.client.get(&url))
    }

    /// Queries the balance.
    ///
    /// # Errors
    /// Why the query failed.
    pub fn balance(&self) -> Result<Balance, Failure> {
        let url = format!("{}/Balance.json", self.account_url());
        self.request_with_retry(|| self.client.get(&url))
    }

    fn account_url(&self) -> String {
        format!("{}/2010-04-01/Accounts/{}", self.account.base, self.account.sid)
    }

    /// Sends a request, and retries it only if no connection was made: Twilio may have accepted anything
    /// that reached it.
    fn request_with_retry<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<T, Failure> {
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

    /// Sends a request once. On failure, returns whether a retry may help and is safe.
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
        // A truncated answer is no longer valid JSON.
        let read = response.take(LONGEST_ANSWER).read_to_end(&mut text);
        let answer = read.map_err(|_| "was cut off".to_owned());
        let answer = answer.and_then(|_| parse_answer(status, &text));
        answer.map_err(|what| (self.failure(status, &text, &what), false))
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

    /// Converts an error answer to a failure.
    fn failure(&self, status: StatusCode, text: &[u8], what: &str) -> Failure {
        let is_refused = status.is_client_error();
        let certainty = if is_refused { Certainty::NotSent } else { Certainty::Unknown };
        let kind = if is_refused { ErrorKind::Refused } else { ErrorKind::System };
        let number = status.as_u16();
        let error = match json::from_slice::<Refusal>(text) {
            Ok(refusal) if !status.is_success() => describe_refusal(kind, &refusal),
            _ if number == 429 => Error::new(kind, "Twilio refused: too many requests (429)")
                .with_hint("wait a minute"),
            _ if status.is_server_error() => Error::new(
                kind,
                format!("{} reported an internal error (HTTP {number})", self.account.base),
            )
            .with_hint("wait, and look at 'rw2fa sms portal status'"),
            _ if status.is_success() => {
                Error::new(kind, format!("the answer from {} {what}", self.account.base))
                    .with_hint("check --api-base and --proxy: 'rw2fa sms show'")
            }
            _ => Error::new(kind, format!("{} refused (HTTP {number})", self.account.base))
                .with_hint("check --api-base and --proxy: 'rw2fa sms show'"),
        };
        Failure { certainty, error }
    }
}

/// Describes Twilio's error in one sentence.
fn describe_refusal(kind: ErrorKind, refusal: &Refusal) -> Error {
    let code = refusal.code;
    if let Some((what, hint)) = meaning(code) {
        return Error::new(kind, format!("Twilio refused: {what} ({code})")).with_hint(hint);
    }
    let said = scrubbed(refusal.message.as_deref().unwrap_or("no reason"));
    Error::new(kind, format!("Twilio refused: {said} ({code})"))
        .with_hint(format!("see https://www.twilio.com/docs/api/errors/{code}"))
}

/// Parses the document of a successful answer.
fn parse_answer<T: DeserializeOwned>(status: StatusCode, text: &[u8]) -> Result<T, String> {
    if !status.is_success() {
        return Err("is a refusal".into());
    }
    json::from_slice(text).map_err(|_| "is not one of Twilio's".into())
}

/// Returns the innermost cause of an error, which contains no address.
fn reason(error: &reqwest::Error) -> String {
    let mut source = error.source();
    while let Some(inner) = source.and_then(|error| error.source()) {
        source = Some(inner);
    }
    source.map_or_else(|| "unknown".into(), |inner| scrubbed(&inner.to_string()))
}
