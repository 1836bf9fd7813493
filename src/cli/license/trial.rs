//! The start of the trial: `created` in the settings, unless the clock was wrong when the store was made.

use crate::cli::change::{Change, values};
use crate::cli::context::Context;
use crate::error::Result;
use crate::license::status::{TRIAL_DAYS, is_before_rw2fa};
use crate::settings::Settings;
use crate::store::{Document, Scope, Store, Update, editing, records};
use crate::time::Timestamp;

/// The key of the start of the trial.
const CREATED: &[&str] = &["created"];

/// Warns that a store that is made now has no trial yet.
pub(in crate::cli) fn warn_of_clock(context: &mut Context<'_>) {
    let now = context.now();
    if is_before_rw2fa(now) {
        context.warn(&format!("the clock of this server says {now}: the trial does not start yet"));
        context.hint("set the clock, then run 'rw2fa init' again");
    }
}

/// Returns the change of the settings that starts the trial at `now`, if it has not started and the clock is right
/// again.
pub(in crate::cli) fn beginning(
    settings: &Settings,
    now: Timestamp,
) -> Option<(&'static [&'static str], Option<toml_edit::Value>)> {
    let is_due = is_before_rw2fa(settings.created) && !is_before_rw2fa(now);
    is_due.then(|| (CREATED, Some(toml::value::Datetime::from(now).into())))
}

/// Starts the trial if that is due. Returns whether it did.
///
/// # Errors
/// When the settings cannot be written.
pub(in crate::cli) fn start(context: &mut Context<'_>, store: &dyn Store) -> Result<bool> {
    let now = context.now();
    // An interrupted import, or settings that cannot be read, are reported elsewhere.
    if !records::settings(store).is_ok_and(|settings| beginning(&settings, now).is_some()) {
        return Ok(false);
    }
    let keys = records::key_ring(store)?;
    store.update(Scope::Settings, |locked| {
        let settings = records::settings(locked)?;
        let Some(edit) = beginning(&settings, now) else { return Ok(()) };
        let text = editing::edit(locked, &Document::Settings, &[edit])?;
        let values = values("created", settings.created.to_string(), now.to_string());
        context.audit(locked, Some(&keys), Change { action: "init", object: None, values })?;
        locked.write(&Document::Settings, &text)
    })?;
    context.note(&format!("the trial of {TRIAL_DAYS} days starts now"));
    Ok(true)
}
