//! `rw2fa sms deliver`: the SMS command that the verifier runs. Hidden: reads one message from
//! standard input, and its output is for the verifier only.

use clap::Args;

use crate::cli::Done;
use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::factor::sms::message::Message;
use crate::gateway::parse_sender;
use crate::gateway::twilio::{Certainty, Failure};
use crate::json;
use crate::names::listing::Phone;
use crate::verify::sending::TAKEN;

/// The longest message.
const LONGEST: u64 = 16 * 1024;

/// Send the message on standard input through Twilio
///
/// Exit codes: 0 accepted, 1 certainly not sent, anything else unknown.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa sms deliver <message.json")]
pub(in crate::cli) struct DeliverArgs {}

pub(super) fn run(context: &mut Context<'_>, _: &DeliverArgs) -> Result<Done> {
    let failure = match deliver(context) {
        Ok(()) => {
            context.print(TAKEN)?;
            return Ok(Done::All);
        }
        Err(failure) => failure,
    };
    let hint = failure.error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
    context.print(&format!("{}{hint}\n", failure.error))?;
    match failure.certainty {
        Certainty::NotSent => Ok(Done::Partly),
        // Pass on what is known.
        Certainty::Unknown => {
            context.flush()?;
            Err(Error::new(ErrorKind::System, "it is not known whether the message was sent"))
        }
    }
}

fn deliver(context: &mut Context<'_>) -> Result<(), Failure> {
    let not_sent = |error| Failure { certainty: Certainty::NotSent, error };
    let opened = context.open().map_err(not_sent)?;
    let text = context.process.read_to_end(LONGEST).map_err(not_sent)?;
    // SECURITY: a parser's error would quote unexpected input.
    let wrong = || {
        not_sent(Error::new(
            ErrorKind::Usage,
            "standard input does not contain a message of schema 1",
        ))
    };
    let message: Message = json::from_slice(text.as_bytes()).map_err(|_| wrong())?;
    let to = Phone::parse(&message.to).filter(|_| message.schema == 1).ok_or_else(wrong)?;
    let api = super::api(&opened).map_err(not_sent)?;
    let from = opened.settings.sms.from.as_deref().unwrap_or_default();
    let from = parse_sender(from)
        .map_err(|what| not_sent(super::wrong(&*opened.store, &("from", what))))?;
    api.send(&from, &to, &message.body).map(drop)
}
