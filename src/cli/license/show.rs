//! `rw2fa license show`.

use clap::Args;
use serde_json::json;

use super::{counted, current_status, describe, has_development_key, serial, warn};
use crate::cli::context::Context;
use crate::cli::{Done, Format, output};
use crate::error::Result;
use crate::license::serial::Serial;

/// Show the licence, or how long the trial lasts
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa license show --format json")]
pub(in crate::cli) struct ShowArgs {}

pub(super) fn run(context: &mut Context<'_>) -> Result<Done> {
    context.no_csv("license show")?;
    let opened = context.open()?;
    let status = current_status(context, &opened.settings)?;
    let users = counted(&*opened.store)?;
    let machine = serial(context);
    let license = status.license.as_ref();
    if context.globals.format == Format::Json {
        context.print_json(&json!({
            "schema": 1,
            "license": {
                "state": status.state.as_str(),
                "days_left": status.days_left,
                "max_users": status.max_users(),
                "development_key": has_development_key(),
                "users": users,
                "serial": machine.as_ref().ok().map(Serial::as_str),
                "edition": license.map(|license| license.edition),
                "order_number": license.map(|license| &license.order_number),
                "email": license.map(|license| &license.email),
                "issued": license.map(|license| license.issued.to_string()),
                "expires": license.and_then(|license| license.expires).map(|end| end.to_string()),
                "problem": status.refusal.as_ref().map(ToString::to_string),
            },
        }))?;
        return Ok(Done::All);
    }
    let mut lines = vec![("licence", describe(&status))];
    if let Some(license) = license {
        lines.push(("order number", license.order_number.clone()));
        lines.push(("e-mail", license.email.clone()));
        lines.push(("issued", license.issued.to_string()));
        let end = license.expires.map_or("never".into(), |end| end.to_string());
        lines.push(("ends", end));
    }
    let counted = match status.max_users() {
        Some(most) => format!("{users} of {most}"),
        None => users.to_string(),
    };
    lines.push(("users counted", counted));
    match &machine {
        Ok(serial) => lines.push(("serial number", serial.to_string())),
        Err(error) => lines.push(("serial number", format!("not known: {error}"))),
    }
    if let Some(refusal) = &status.refusal {
        lines.push(("problem", format!("the stored licence is not used: {refusal}")));
        lines.push(("hint", refusal.hint().into()));
    }
    if has_development_key() {
        lines.push(("key", "DEVELOPMENT KEY: anyone can issue licences for this build".into()));
    }
    output::pairs(context, &lines)?;
    warn(context, &status, users);
    Ok(Done::All)
}
