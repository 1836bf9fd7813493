//! `rw2fa sms test`: sends one message in the same way as the verifier sends codes.

use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened};
use crate::cli::{Done, Format};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::sms::message::{fill, segments};
use crate::gateway::number;
use crate::gateway::parse_sender;
use crate::names::listing::Phone;
use crate::platform;
use crate::store::{Scope, Update, records};
use crate::verify::login::SMS_PATIENCE;
use crate::verify::sending::SmsCommand;

/// Send a test message, which costs as much as a real one
///
/// Its text is that of 'sms-message', with zeros in place of the code.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa sms test +33612345678")]
pub(in crate::cli) struct TestArgs {
    /// The number, with '+' and the country code
    #[arg(value_name = "+E164", value_parser = number::parse)]
    to: Phone,
}

/// What the gateway reports about the message.
#[derive(Default)]
struct Outcome {
    sid: Option<String>,
    status: Option<String>,
}

pub(super) fn run(context: &mut Context<'_>, args: &TestArgs) -> Result<Done> {
    context.no_csv("sms test")?;
    let opened = context.open()?;
    if let Some(problem) = super::problem(&*opened.store, &opened.settings.sms) {
        return Err(problem);
    }
    let advanced = &opened.settings.advanced;
    let zeros = "0".repeat(usize::from(advanced.digits().get()));
    let body = fill(&advanced.sms_message, &zeros, &advanced.issuer(&platform::host_name()));
    let (alphabet, parts) = segments(&body);
    let sent = send(&opened, &args.to, body);
    let result = if sent.is_ok() { "sent" } else { "failed" };
    opened.store.update(Scope::Settings, |locked| {
        let to = args.to.masked();
        let values = values("result", None, Some(result));
        let change = Change { action: "sms test", object: Some(&to), values };
        let keys = records::key_ring(locked)?;
        context.audit(locked, Some(&keys), change)
    })?;
    let outcome = sent?;
    if context.globals.format == Format::Json {
        context.print_json(&json!({ "schema": 1, "test": {
            "to": args.to.to_string(), "result": result, "sid": outcome.sid, "status": outcome.status,
            "alphabet": alphabet.as_str(), "segments": parts,
        }}))?;
        return Ok(Done::All);
    }
    let shown = match (&outcome.sid, &outcome.status) {
        (Some(sid), Some(status)) => format!(" ({sid}, {status})"),
        (Some(sid), None) => format!(" ({sid})"),
        _ => String::new(),
    };
    context.print(&format!("{}: sent{shown}\n", args.to))?;
    context.note(&format!("the message takes {parts} SMS in {}", alphabet.as_str()));
    Ok(Done::All)
}

fn send(opened: &Opened, to: &Phone, body: Zeroizing<String>) -> Result<Outcome> {
    let section = &opened.settings.sms;
    if section.command.is_some() {
        let command = SmsCommand::from_settings(&opened.settings, &*opened.store);
        let sent = command.send(&to.to_string(), body, SMS_PATIENCE, false);
        return sent.map(|()| Outcome::default()).map_err(|(_, error)| {
            Error::new(ErrorKind::Refused, error.to_string()).with_hint(
                "run the command by hand: it reads {\"schema\":1,\"to\":\"+…\",\"body\":\"…\"}",
            )
        });
    }
    let from = parse_sender(section.from.as_deref().unwrap_or_default());
    let from = from.map_err(|what| super::wrong(&*opened.store, &("from", what)))?;
    let receipt = super::api(opened)?.send(&from, to, &body).map_err(|failure| failure.error)?;
    Ok(Outcome { sid: Some(receipt.sid), status: receipt.status })
}
