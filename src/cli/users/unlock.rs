//! `rw2fa users unlock` and `rw2fa users revoke`.

use clap::Args;
use serde_json::{Map, Value};

use super::{Selection, for_each, known_state, users};
use crate::account::state::State;
use crate::cli::Done;
use crate::cli::context::{Change, Context, values};
use crate::cli::output::Changed;
use crate::error::Result;
use crate::store::{Scope, Store, records};

/// Clear lockouts: users may try codes again at once
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa users unlock alice")]
pub(in crate::cli) struct UnlockArgs {
    #[command(flatten)]
    selection: Selection,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

/// End grants: the next session needs a new code; running sessions are not cut
#[derive(Args, Debug)]
#[command(after_help = "Example, after a notebook was stolen: rw2fa users revoke alice")]
pub(in crate::cli) struct RevokeArgs {
    #[command(flatten)]
    selection: Selection,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn unlock(context: &mut Context<'_>, args: &UnlockArgs) -> Result<Done> {
    clear(context, "users unlock", &args.selection, args.dry_run, |state| {
        let failures = std::mem::take(&mut state.failures);
        state.lockout = None;
        values("failures", failures, 0)
    })
}

pub(super) fn revoke(context: &mut Context<'_>, args: &RevokeArgs) -> Result<Done> {
    clear(context, "users revoke", &args.selection, args.dry_run, |state| {
        values("grants", std::mem::take(&mut state.grants).len(), 0)
    })
}

/// Clears a part of the state of users, which tells its old and new value.
fn clear(
    context: &mut Context<'_>,
    action: &str,
    selection: &Selection,
    dry_run: bool,
    part: fn(&mut State) -> Map<String, Value>,
) -> Result<Done> {
    context.no_csv(action)?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let names = selection.texts(&opened.store)?;
    for_each(context, &opened, dry_run, users(&names), &mut |context, opened, target| {
        let (store, name) = (&opened.store, target.name);
        let mut result = Changed::Unchanged;
        store.update(Scope::Account(&name.key()), &mut |transaction| {
            let before = known_state(store, name)?;
            let mut after = before.clone();
            let values = part(&mut after);
            if after == before {
                return Ok(());
            }
            result = Changed::Changed;
            if dry_run {
                return Ok(());
            }
            let object = name.canonical();
            let change = Change { action, object: Some(&object), values };
            // SECURITY: the line is durable first: a change that opens a door never stands unrecorded.
            context.audit(transaction, Some(&keys), change)?;
            records::write_state(transaction, name, &after)
        })?;
        Ok(result.into())
    })
}
