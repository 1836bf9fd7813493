//! `rw2fa sms check`: checks the credentials and the balance.

use clap::Args;
use serde_json::json;

use crate::cli::context::{Context, Opened};
use crate::cli::output;
use crate::cli::{Done, Format};
use crate::error::{Error, ErrorKind, Result};
use crate::gateway::twilio::{AccountStatus, Balance};
use crate::printable::printable;

/// Ask Twilio whether the credentials work, without sending anything
///
/// Shows the state of the account and its balance.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa sms check")]
pub(in crate::cli) struct CheckArgs {}

/// What Twilio reports about the account.
pub(in crate::cli) struct Health {
    /// `active`, `suspended` or `closed`, if known.
    pub(in crate::cli) status: Option<String>,
    /// `Trial` or `Full`, if known.
    pub(in crate::cli) kind: Option<String>,
    /// The remaining balance.
    pub(in crate::cli) balance: Option<String>,
    /// The currency of the balance.
    pub(in crate::cli) currency: Option<String>,
}

impl Health {
    /// Returns whether the account can send messages, as far as known.
    pub(in crate::cli) fn is_active(&self) -> bool {
        self.status.as_deref().is_none_or(|status| status == "active")
    }
}

/// Asks Twilio about the account.
///
/// # Errors
/// When nothing could be learned: the credentials are wrong, or there is no network.
pub(in crate::cli) fn health(opened: &Opened) -> Result<Health> {
    let api = super::api(opened)?;
    let (standing, balance) = (api.account_status(), api.balance());
    // An API key may be allowed to send messages and to read only one of these.
    let (standing, balance) = match (standing, balance) {
        (Err(failure), Err(_)) => return Err(failure.error),
        (standing, balance) => (standing.ok(), balance.ok()),
    };
    let AccountStatus { status, kind } =
        standing.unwrap_or(AccountStatus { status: None, kind: None });
    let (balance, currency) = match balance {
        Some(Balance { balance, currency }) => (Some(balance), currency),
        None => (None, None),
    };
    Ok(Health { status, kind, balance, currency })
}

pub(super) fn run(context: &mut Context<'_>, _: &CheckArgs) -> Result<Done> {
    context.no_csv("sms check")?;
    let opened = context.open()?;
    if let Some(problem) = super::problem(&*opened.store, &opened.settings.sms) {
        return Err(problem);
    }
    if opened.settings.sms.account_sid.is_none() {
        return Err(Error::new(
            ErrorKind::Refused,
            "the gateway is a command, which cannot be queried",
        )
        .with_hint("send a message: rw2fa sms test +33…"));
    }
    let health = health(&opened)?;
    if context.globals.format == Format::Json {
        context.print_json(&json!({ "schema": 1, "sms": {
            "credentials": "accepted", "status": health.status, "type": health.kind,
            "balance": health.balance, "currency": health.currency,
        }}))?;
    } else {
        let unknown = || "hidden from this API key".to_owned();
        let balance = health.balance.as_ref().map_or_else(unknown, |balance| {
            format!("{balance} {}", health.currency.as_deref().unwrap_or_default())
        });
        output::pairs(
            context,
            &[
                ("credentials", "accepted".into()),
                ("account", printable(&health.status.clone().unwrap_or_else(unknown))),
                ("type", printable(&health.kind.clone().unwrap_or_else(unknown))),
                ("balance", printable(balance.trim())),
            ],
        )?;
    }
    if health.kind.as_deref() == Some("Trial") {
        context.warn(
            "a trial account can only send to verified numbers: rw2fa sms portal verified-callers",
        );
    }
    if health.is_active() {
        return Ok(Done::All);
    }
    context.complain(
        &Error::new(ErrorKind::Refused, "the account is not active, so nothing is sent")
            .with_hint("see 'rw2fa sms portal console'"),
    );
    Ok(Done::Partly)
}
