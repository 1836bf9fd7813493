//! `rw2fa sms show`.

use clap::Args;
use serde_json::json;

use super::MASK;
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::{Done, Format};
use crate::error::Result;
use crate::sms::gateway::API;

/// Show the gateway; the token is masked
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa sms show --format json")]
pub(in crate::cli) struct ShowArgs {}

pub(super) fn run(context: &mut Context<'_>, _: &ShowArgs) -> Result<Done> {
    context.no_csv("sms show")?;
    let opened = context.open()?;
    let sms = &opened.settings.sms;
    let token = sms.auth_token.as_ref().map(|_| MASK);
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|p| p.display().to_string());
    let (ca_file, command) = (path(&sms.ca_file), path(&sms.command));
    let problem = super::problem(&*opened.store, sms);
    if context.globals.format == Format::Json {
        context.print_json(&json!({
            "schema": 1,
            "sms": {
                "configured": sms.is_configured(),
                "account_sid": sms.account_sid,
                "api_key": sms.api_key,
                "auth_token": token,
                "from": sms.from,
                "api_base": sms.api_base,
                "proxy": sms.proxy,
                "ca_file": ca_file,
                "command": command,
                "problem": problem.as_ref().map(ToString::to_string),
            }
        }))?;
        return Ok(Done::All);
    }
    let gateway = match (&command, &sms.account_sid) {
        (Some(_), _) => "a command",
        (None, Some(_)) => "Twilio",
        (None, None) => "none",
    };
    let mut lines = vec![("gateway", gateway.to_owned())];
    let base = sms.account_sid.as_ref().map(|_| sms.api_base.as_deref().unwrap_or(API));
    for (name, value) in [
        ("command", command.as_deref()),
        ("account SID", sms.account_sid.as_deref()),
        ("API key", sms.api_key.as_deref()),
        ("token", token),
        ("sender", sms.from.as_deref()),
        ("API", base),
        ("proxy", sms.proxy.as_deref()),
        ("CA file", ca_file.as_deref()),
    ] {
        lines.extend(value.map(|value| (name, value.to_owned())));
    }
    output::pairs(context, &lines)?;
    if let Some(problem) = problem {
        context.warn(&problem.to_string());
        context.note(problem.hint().unwrap_or_default());
    }
    Ok(Done::All)
}
