//! `rw2fa sms show`.

use clap::Args;
use serde_json::{Map, json};

use super::{MASK, TOKEN};
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::{Done, Format};
use crate::error::Result;
use crate::settings::key::{Key, Section};
use crate::settings::sms::SmsSection;

/// Show the gateway; the token is masked
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa sms show --format json")]
pub(in crate::cli) struct ShowArgs {}

/// Returns the value of a key; the token is masked.
fn shown_text(key: &Key<SmsSection>, section: &SmsSection) -> Option<String> {
    let text = key.text(section);
    if key.name == TOKEN { text.map(|_| MASK.to_owned()) } else { text }
}

pub(super) fn run(context: &mut Context<'_>, _: &ShowArgs) -> Result<Done> {
    context.no_csv("sms show")?;
    let opened = context.open()?;
    let sms = &opened.settings.sms;
    let problem = super::problem(&*opened.store, sms);
    if context.globals.format == Format::Json {
        let mut shown = Map::new();
        shown.insert("configured".into(), sms.is_configured().into());
        for key in SmsSection::KEYS {
            shown.insert(key.name.replace('-', "_"), shown_text(key, sms).into());
        }
        shown.insert("problem".into(), problem.as_ref().map(ToString::to_string).into());
        context.print_json(&json!({ "schema": 1, "sms": shown }))?;
        return Ok(Done::All);
    }
    let gateway = match (&sms.command, &sms.account_sid) {
        (Some(_), _) => "a command",
        (None, Some(_)) => "Twilio",
        (None, None) => "none",
    };
    let mut lines = vec![("gateway", gateway.to_owned())];
    // The command, if there is one, is used instead of everything else.
    let (first, others): (Vec<_>, _) =
        SmsSection::KEYS.iter().partition(|key| key.name == "command");
    for key in [first, others].concat() {
        let default = key.spec.default_words.filter(|_| sms.account_sid.is_some());
        let shown = shown_text(key, sms).or_else(|| default.map(str::to_owned));
        let label = key.spec.option.map(|option| option.label);
        lines.extend(label.zip(shown));
    }
    output::pairs(context, &lines)?;
    if let Some(problem) = problem {
        context.warn(&problem.to_string());
        if let Some(hint) = problem.hint() {
            context.hint(hint);
        }
    }
    Ok(Done::All)
}
