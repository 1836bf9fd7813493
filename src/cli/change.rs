//! Administrative changes: what the audit trail records about them, and the order of recording and
//! changing.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::audit::{self, AdminChange, Event};
use crate::cli::context::Context;
use crate::error::Result;
use crate::store::Locked;
use crate::store::seal::KeyRing;
use crate::store::unrecorded::Unrecorded;

/// One administrative change for the audit trail.
pub(super) struct Change<'a> {
    /// The command that makes the change.
    pub(super) action: &'a str,
    /// The user or setting that changes.
    pub(super) object: Option<&'a str>,
    /// The old and new value of each key.
    pub(super) values: Map<String, Value>,
}

impl Context<'_> {
    /// Makes an administrative change with `write`, and records it. For a dry run, does neither.
    ///
    /// # Errors
    /// When the line cannot be made durable, and those of `write`.
    // SECURITY: the line is durable before the change is made, so no change that weakens protection goes unrecorded. A
    // kill in between leaves a line without its change.
    pub(super) fn change(
        &self,
        locked: &mut dyn Locked,
        keys: Option<&KeyRing>,
        dry_run: bool,
        change: Change<'_>,
        write: impl FnOnce(&mut dyn Locked) -> Result<()>,
    ) -> Result<()> {
        if dry_run {
            return Ok(());
        }
        self.audit(locked, keys, change)?;
        write(locked)
    }

    /// Appends an administrative change to the audit trail.
    ///
    /// # Errors
    /// When the line cannot be made durable.
    pub(super) fn audit(
        &self,
        locked: &mut dyn Locked,
        keys: Option<&KeyRing>,
        change: Change<'_>,
    ) -> Result<()> {
        self.audit_all(locked, keys, [change])
    }

    /// Appends an administrative change to the audit trail, with the attempt that it charged, if
    /// any.
    ///
    /// # Errors
    /// When the line cannot be made durable.
    pub(super) fn audit_attempt(
        &self,
        locked: &mut dyn Locked,
        keys: Option<&KeyRing>,
        change: Change<'_>,
        attempt: Option<u64>,
    ) -> Result<()> {
        self.append(locked, keys, &[self.event(change, attempt)])
    }

    /// Appends many administrative changes to the audit trail in one write, after any that are
    /// still unrecorded.
    ///
    /// # Errors
    /// When the lines cannot be made durable.
    pub(super) fn audit_all<'c>(
        &self,
        locked: &mut dyn Locked,
        keys: Option<&KeyRing>,
        changes: impl IntoIterator<Item = Change<'c>>,
    ) -> Result<()> {
        let unrecorded = locked.unrecorded()?;
        let mut events: Vec<_> = unrecorded.iter().map(recorded_late).collect();
        events.extend(changes.into_iter().map(|change| self.event(change, None)));
        self.append(locked, keys, &events)?;
        forget(locked, &unrecorded)
    }

    /// Starts an audit trail with this change as its first line.
    ///
    /// # Errors
    /// When the line cannot be made durable.
    pub(super) fn audit_beginning(
        &self,
        locked: &mut dyn Locked,
        keys: Option<&KeyRing>,
        change: Change<'_>,
    ) -> Result<()> {
        let unrecorded = locked.unrecorded()?;
        let mut events = vec![self.event(change, None)];
        events.extend(unrecorded.iter().map(recorded_late));
        self.append(locked, keys, &events)?;
        forget(locked, &unrecorded)
    }

    /// Records the changes that are still missing from the audit trail, and returns how many there
    /// were.
    ///
    /// # Errors
    /// When the lines cannot be made durable.
    pub(super) fn record_late(
        &self,
        locked: &mut dyn Locked,
        keys: Option<&KeyRing>,
    ) -> Result<usize> {
        let unrecorded = locked.unrecorded()?;
        if unrecorded.is_empty() {
            return Ok(0);
        }
        let events: Vec<_> = unrecorded.iter().map(recorded_late).collect();
        self.append(locked, keys, &events)?;
        forget(locked, &unrecorded).map(|()| unrecorded.len())
    }

    /// Describes a change of this run that cannot be recorded in the audit trail yet.
    pub(super) fn unrecorded(&self, action: &str, values: toml::Table) -> Unrecorded {
        Unrecorded::new(self.now(), self.caller(), action, values)
    }

    fn event<'e>(&'e self, change: Change<'e>, attempt: Option<u64>) -> Event<'e> {
        Event::Change(AdminChange {
            by: self.caller(),
            action: change.action,
            object: change.object,
            values: change.values,
            attempt,
        })
    }

    fn append(
        &self,
        locked: &mut dyn Locked,
        keys: Option<&KeyRing>,
        events: &[Event<'_>],
    ) -> Result<()> {
        audit::append_all(locked, keys.map(KeyRing::audit_key).as_ref(), self.now(), events)
    }

    /// Records in the audit trail that the key was replaced by the key of `keys`.
    ///
    /// # Errors
    /// When the line cannot be made durable.
    pub(super) fn audit_key_reset(&self, locked: &mut dyn Locked, keys: &KeyRing) -> Result<()> {
        let event = Event::KeyReset { by: self.caller() };
        audit::append(locked, Some(&keys.audit_key()), self.now(), &event)
    }
}

/// Builds the audit line of a change that could not be recorded when it was made.
fn recorded_late(change: &Unrecorded) -> Event<'_> {
    let values = change.values.iter().map(|(key, value)| (key.clone(), serde_json::json!(value)));
    let mut values: Map<_, _> = values.collect();
    values.insert("at".into(), serde_json::json!([null, change.at.to_string()]));
    Event::Change(AdminChange {
        by: &change.by,
        action: &change.action,
        object: None,
        values,
        attempt: None,
    })
}

/// Forgets changes whose lines are now in the trail. If a kill prevents this, they are recorded
/// twice.
fn forget(locked: &mut dyn Locked, recorded: &[Unrecorded]) -> Result<()> {
    recorded.iter().try_for_each(|change| locked.forget_unrecorded(change))
}

/// Builds the old and new value of one key, for the audit trail.
pub(super) fn values<V: Serialize>(key: &str, old: V, new: V) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert(key.to_owned(), serde_json::json!([old, new]));
    map
}
