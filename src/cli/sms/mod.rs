//! `rw2fa sms`: the gateway that sends codes.
//!
//! Also answers what other commands ask: whether a gateway is configured, and who relies on it.

mod check;
mod configure;
mod deliver;
mod portal;
mod remove;
mod show;
mod test;

use clap::Subcommand;

use crate::cli::Done;
use crate::cli::context::{Context, Opened};
use crate::error::{Error, ErrorKind, Result};
use crate::gateway::twilio::Api;
use crate::gateway::{self, Account};
use crate::settings::sms::SmsSection;
use crate::store::{Reader, records};

pub(super) use check::{Health, health};

/// Manage the gateway that sends codes by SMS
#[derive(Subcommand, Debug)]
#[command(
    after_help = "Example: rw2fa sms configure --account-sid AC… --auth-token-stdin --from +…"
)]
pub(super) enum SmsCommand {
    Configure(configure::ConfigureArgs),
    Show(show::ShowArgs),
    Check(check::CheckArgs),
    Test(test::TestArgs),
    Remove(remove::RemoveArgs),
    Portal(portal::PortalArgs),
    #[command(hide = true)]
    Deliver(deliver::DeliverArgs),
}

pub(super) fn run(context: &mut Context<'_>, command: &SmsCommand) -> Result<Done> {
    match command {
        SmsCommand::Configure(args) => configure::run(context, args),
        SmsCommand::Show(args) => show::run(context, args),
        SmsCommand::Check(args) => check::run(context, args),
        SmsCommand::Test(args) => test::run(context, args),
        SmsCommand::Remove(args) => remove::run(context, args),
        SmsCommand::Portal(args) => portal::run(context, args),
        SmsCommand::Deliver(args) => deliver::run(context, args),
    }
}

/// The text shown in place of a token.
const MASK: &str = "********";
/// The key of the token.
const TOKEN: &str = "auth-token";

/// Builds the error that no gateway is configured.
pub(super) fn not_configured() -> Error {
    Error::new(ErrorKind::Refused, "no SMS gateway is configured")
        .with_hint("run 'rw2fa sms configure' first")
}

/// Builds the error that the gateway is no longer as this command found it.
fn changed_meanwhile() -> Error {
    Error::new(ErrorKind::Refused, "the gateway was changed by another command")
        .with_hint("check it with 'rw2fa sms show', then try again")
}

/// Returns why the gateway as configured cannot send a message, if so. Does not use the network.
pub(super) fn problem(store: &dyn Reader, section: &SmsSection) -> Option<Error> {
    if *section == SmsSection::default() {
        return Some(not_configured());
    }
    gateway::problem(section).map(|found| wrong(store, &found))
}

/// Builds the error that a key of the section is wrong.
fn wrong(store: &dyn Reader, (key, what): &(&'static str, String)) -> Error {
    records::wrong_sms(store, ErrorKind::Refused, key, what)
}

/// Returns the account at Twilio.
fn account(opened: &Opened) -> Result<Account> {
    if opened.settings.sms.account_sid.is_none() {
        return Err(not_configured());
    }
    gateway::account(&opened.settings.sms, &opened.keys()?)
        .map_err(|found| wrong(&*opened.store, &found))
}

/// Opens a connection to Twilio.
fn api(opened: &Opened) -> Result<Api> {
    Api::new(account(opened)?)
}
