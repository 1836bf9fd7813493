//! `rw2fa users reset`.

use clap::Args;

use super::{Selection, for_each, who};
use crate::account::state::State;
use crate::cli::Done;
use crate::cli::context::{Change, Context, not_listed, values};
use crate::cli::output::Changed;
use crate::error::Result;
use crate::store::{Document, Kind, Scope, Store, records};
use crate::verify::facts::missing_half;

/// Forget secrets: the next login presents a new QR code
///
/// Failures, lockouts, grants and recovery codes are cleared too; method and phone stay.
#[derive(Args, Debug)]
#[command(after_help = "Example, after a phone was lost: rw2fa users reset alice")]
pub(in crate::cli) struct ResetArgs {
    #[command(flatten)]
    selection: Selection,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &ResetArgs) -> Result<Done> {
    context.no_csv("users reset")?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let names = args.selection.texts(&opened.store)?;
    if !args.dry_run {
        context.confirm(&format!(
            "This forgets the secret of {}: the next login with the password alone shows a new QR code.",
            who(&names)
        ))?;
    }
    for_each(context, &opened, args.dry_run, &names, &mut |context, opened, name| {
        let store = &opened.store;
        let mut result = Changed::Unchanged;
        store.update(Scope::Account(&name.key()), &mut |transaction| {
            let listing = records::listing(store, Kind::User, name)?;
            let document = Document::Of(Kind::State, name.clone());
            let old = store.read(&document)?;
            if listing.is_none() && old.is_none() {
                return Err(not_listed(store, Kind::User, name));
            }
            // A damaged state is mended by this, so it is not read.
            let fresh = State::new(context.now());
            let before = records::state(store, name).ok().flatten();
            if listing.is_none() && before.as_ref().is_some_and(|before| before.listed) {
                return Err(missing_half(store, Kind::User, name));
            }
            let was = before.as_ref().map(|before| before.enrolment);
            let fresh = State { listed: listing.is_some(), ..fresh };
            // Where enrolment closes after some days, a reset opens it again.
            let closes = opened.settings.advanced.enrolment_days > 0;
            let is_fresh = |old: &State| {
                let open_since = if closes { fresh.open_since } else { old.open_since };
                *old == State { open_since, listed: old.listed, ..fresh.clone() }
            };
            if before.as_ref().is_some_and(is_fresh) {
                return Ok(());
            }
            result = Changed::Changed;
            if args.dry_run {
                return Ok(());
            }
            records::write_state(transaction, name, &fresh)?;
            let name = name.canonical();
            let change = Change {
                action: "users reset",
                object: Some(&name),
                values: values("enrolment", was, Some(fresh.enrolment)),
            };
            context.audit(transaction, Some(&keys), change)
        })?;
        Ok(result)
    })
}
