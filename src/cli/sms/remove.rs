//! `rw2fa sms remove`.

use clap::Args;

use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, count};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::users;
use crate::error::Result;
use crate::settings::sms::SmsSection;
use crate::store::{Document, Scope, Update, editing, records};

/// Remove the gateway and its token
///
/// Users who get codes by SMS can no longer sign in, and the token has to be typed in again to undo
/// this.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa sms remove --dry-run")]
pub(in crate::cli) struct RemoveArgs {
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &RemoveArgs) -> Result<Done> {
    context.no_csv("sms remove")?;
    let opened = context.open()?;
    let store = &*opened.store;
    let users = users::by_sms(store)?;
    let present = &opened.settings.sms;
    if *present != SmsSection::default() && !args.dry_run {
        context.confirm(&question(users))?;
    }
    let changed = store.update(Scope::Settings, |locked| {
        let section = records::settings(locked)?.sms;
        if section == SmsSection::default() {
            return Ok(Changed::Unchanged);
        }
        if section != *present && !context.globals.yes {
            return Err(super::changed_meanwhile());
        }
        let text = editing::edit(locked, &Document::Settings, &[(&["sms"], None)])?;
        records::parse_settings(locked, &text)?;
        let values = values("configured", true, false);
        let change = Change { action: "sms remove", object: None, values };
        let keys = records::key_ring(locked).ok();
        context.change(locked, keys.as_ref(), args.dry_run, change, |locked| {
            locked.write(&Document::Settings, &text)
        })?;
        Ok(Changed::Removed)
    })?;
    if changed == Changed::Removed && users > 0 {
        context.warn(&format!("{} can no longer get a code", count(users, "user")));
    }
    let row = ChangeRow::new("setting", "SMS gateway", Ok(changed));
    output::changes(context, args.dry_run, &[row])
}

fn question(users: usize) -> String {
    let users = match users {
        0 => "No user gets codes by SMS now.".to_owned(),
        1 => "1 user who gets codes by SMS can no longer sign in.".to_owned(),
        users => format!("{users} users who get codes by SMS can no longer sign in."),
    };
    format!("This removes the SMS gateway and its token. {users}")
}
