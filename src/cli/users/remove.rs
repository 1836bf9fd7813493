//! `rw2fa users remove`.

use clap::Args;

use super::{for_each, who};
use crate::account::state::State;
use crate::cli::Done;
use crate::cli::context::{Change, Context, not_listed, values};
use crate::cli::output::Changed;
use crate::error::Result;
use crate::store::{Document, Kind, Scope, Store, records};

/// Take users off the list and destroy their secrets
///
/// From the next login on a password alone lets them in, unless a listed group covers them.
#[derive(Args, Debug)]
#[command(after_help = "Example, in a script: rw2fa users remove alice --ignore-missing --yes")]
pub(in crate::cli) struct RemoveArgs {
    /// The users
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// A name that is not listed is no failure
    #[arg(long)]
    ignore_missing: bool,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &RemoveArgs) -> Result<Done> {
    context.no_csv("users remove")?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    if !args.dry_run {
        context.confirm(&format!(
            "This removes {}: the secret is destroyed, and a password alone lets the user in.",
            who(&args.names)
        ))?;
    }
    for_each(context, &opened, args.dry_run, &args.names, &mut |context, opened, name| {
        let store = &opened.store;
        let user = Document::Of(Kind::User, name.clone());
        let state = Document::Of(Kind::State, name.clone());
        let mut result = Changed::Unchanged;
        store.update(Scope::Account(&name.key()), &mut |transaction| {
            // Damaged documents can be removed too, so they are not read here.
            if store.read(&user)?.is_none() && store.read(&state)?.is_none() {
                return if args.ignore_missing {
                    Ok(())
                } else {
                    Err(not_listed(store, Kind::User, name))
                };
            }
            result = Changed::Removed;
            if args.dry_run {
                return Ok(());
            }
            // A kill between these steps leaves the user listed as before, or not listed: a state that
            // says 'listed' must never stand alone, or the user could not sign in at all.
            let before = records::state(store, name).ok().flatten();
            let was = before.as_ref().map(|before| before.enrolment);
            if let Some(before) = before.filter(|before| before.listed) {
                records::write_state(transaction, name, &State { listed: false, ..before })?;
            }
            transaction.remove(&user)?;
            transaction.remove(&state)?;
            let name = name.canonical();
            let change = Change {
                action: "users remove",
                object: Some(&name),
                values: values("enrolment", was, None),
            };
            context.audit(transaction, Some(&keys), change)
        })?;
        Ok(result)
    })
}
