//! `rw2fa users unlock` and `rw2fa users revoke`.

use clap::Args;
use serde_json::{Map, Value};

use super::{Selection, for_each, known_state, repairable_state, repaired, users};
use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::Context;
use crate::cli::output::Changed;
use crate::error::Result;
use crate::factor::lockout::{Failures, HARD_STOP};
use crate::factor::state::State;
use crate::names::name::Name;
use crate::store::{Reader, Scope, Update, records};

/// Clear lockouts, so that users can try codes again at once
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa users unlock alice")]
pub(in crate::cli) struct UnlockArgs {
    #[command(flatten)]
    selection: Selection,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

/// End grants, so that the next session needs a new code; open sessions continue
#[derive(Args, Debug)]
#[command(after_help = "Example, after a notebook was stolen: rw2fa users revoke alice")]
pub(in crate::cli) struct RevokeArgs {
    #[command(flatten)]
    selection: Selection,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn unlock(context: &mut Context<'_>, args: &UnlockArgs) -> Result<Done> {
    clear(context, "users unlock", &args.selection, args.dry_run, repairable_state, |state| {
        let failures = state.failures();
        if failures.count >= HARD_STOP {
            // The hard stop ends every grant; unlocking does not restore them.
            state.grants.clear();
        }
        if failures != Failures::default() {
            state.forgive_all();
        }
        values("failures", failures.count, 0)
    })
}

pub(super) fn revoke(context: &mut Context<'_>, args: &RevokeArgs) -> Result<Done> {
    let load = |store: &dyn Reader, name: &Name| Ok((known_state(store, name)?, false));
    clear(context, "users revoke", &args.selection, args.dry_run, load, |state| {
        values("grants", std::mem::take(&mut state.grants).len(), 0)
    })
}

/// Clears part of the users' state. `part` clears it and returns its old and new value.
fn clear(
    context: &mut Context<'_>,
    action: &str,
    selection: &Selection,
    dry_run: bool,
    load: fn(&dyn Reader, &Name) -> Result<(State, bool)>,
    part: fn(&mut State) -> Map<String, Value>,
) -> Result<Done> {
    context.no_csv(action)?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let names = selection.texts(&*opened.store)?;
    for_each(context, &opened, dry_run, users(&names), &mut |context, opened, target| {
        let (store, name) = (&*opened.store, target.name);
        let changed = store.update(Scope::Account(&name.key()), |locked| {
            let (before, is_repaired) = load(locked, name)?;
            let mut after = before.clone();
            let mut values = part(&mut after);
            if is_repaired {
                values.extend(repaired(after.attempts));
            } else if after == before {
                return Ok(Changed::Unchanged);
            }
            let object = name.canonical();
            let change = Change { action, object: Some(&object), values };
            context.change(locked, Some(&keys), dry_run, change, |locked| {
                if is_repaired {
                    records::write_attempts(locked, name, after.attempts)?;
                }
                records::write_state(locked, name, &after)
            })?;
            Ok(Changed::Changed)
        })?;
        Ok(changed.into())
    })
}
