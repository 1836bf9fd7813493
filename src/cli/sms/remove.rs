//! `rw2fa sms remove`.

use clap::Args;

use crate::cli::Done;
use crate::cli::context::{Change, Context, count, values};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::error::Result;
use crate::settings::sms::SmsSection;
use crate::store::{Document, Scope, Store, records};

/// Forget the gateway and its token
///
/// Users whose codes come by SMS cannot sign in from then on.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa sms remove --dry-run")]
pub(in crate::cli) struct RemoveArgs {
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &RemoveArgs) -> Result<Done> {
    context.no_csv("sms remove")?;
    let opened = context.open()?;
    let store = &opened.store;
    let mut result = Changed::Unchanged;
    store.update(Scope::Settings, &mut |transaction| {
        if records::settings(store)?.sms == SmsSection::default() {
            return Ok(());
        }
        result = Changed::Removed;
        if args.dry_run {
            return Ok(());
        }
        let text = records::edit(store, &Document::Settings, &[(&["sms"], None)])?;
        records::parse_settings(store, &text)?;
        let values = values("configured", true, false);
        let change = Change { action: "sms remove", object: None, values };
        context.audit(transaction, opened.keys().ok().as_ref(), change)?;
        transaction.write(&Document::Settings, &text)
    })?;
    let users = crate::cli::users::by_sms(store)?;
    if result == Changed::Removed && users > 0 {
        context.warn(&format!("{} cannot get a code any more", count(users, "user")));
    }
    let row = ChangeRow::new("setting", "SMS gateway", Ok(result));
    output::changes(context, args.dry_run, &[row])
}
