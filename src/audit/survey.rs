//! What one reading of the trail shows: attempts without a line, how it begins, and lines from the future.
//!
//! Skips lines that are not canonical. [`super::Chain`] reports those.

use std::collections::BTreeMap;

use super::{AttemptLog, Line, MissingAttempts};
use crate::error::Result;
use crate::store::{Reader, Store};
use crate::time::Timestamp;

/// How far ahead of the clock a line may be, in seconds. Several gateways may write to one trail.
const TOLERATED: u64 = 600;

/// How a trail begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beginning {
    /// With the line of `init`, or after months that were moved away.
    #[default]
    Regular,
    /// With a line that says that an earlier trail was lost.
    Replaced,
    /// With another line, which followed nothing: the earlier trail was removed, and the next login began again.
    Restarted,
}

/// Lines that are dated in the future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Future {
    /// How many there are.
    pub lines: usize,
    /// The latest date.
    pub latest: Timestamp,
}

/// The result of reading a trail.
#[derive(Debug, Default)]
pub struct Survey {
    /// Charged attempts that the trail does not record.
    pub missing: Vec<MissingAttempts>,
    /// How the trail begins.
    pub beginning: Beginning,
    /// The lines from the future, if any.
    pub future: Option<Future>,
}

/// Reads the trail of `store`. `present` maps each account to its attempt counter.
///
/// # Errors
/// When the trail cannot be read, or an account's lock is not released.
pub fn survey(
    store: &dyn Store,
    present: &BTreeMap<String, u64>,
    now: Timestamp,
) -> Result<Survey> {
    let (attempts, mut found) = read(store, now)?;
    found.missing = attempts.finish(present);
    if attempts.is_unsettled(&found.missing) {
        store.drain()?;
        found.missing = read(store, now)?.0.finish(present);
    }
    Ok(found)
}

fn read(store: &dyn Reader, now: Timestamp) -> Result<(AttemptLog, Survey)> {
    let (mut attempts, mut found) = (AttemptLog::new(), Survey::default());
    let latest_allowed = now.plus(TOLERATED);
    let mut is_first = true;
    store.audit_lines(&mut |_, bytes| {
        let Some(line) = Line::parse(bytes) else { return Ok(()) };
        if std::mem::take(&mut is_first) {
            found.beginning = beginning(&line);
        }
        if let Some(time) = Timestamp::parse(line.time()).filter(|time| *time > latest_allowed) {
            let future = found.future.get_or_insert(Future { lines: 0, latest: time });
            future.lines += 1;
            future.latest = future.latest.max(time);
        }
        // A repeated number is not a missing one.
        let _ = attempts.feed(&line);
        Ok(())
    })?;
    Ok((attempts, found))
}

fn beginning(line: &Line) -> Beginning {
    match line.seq() {
        1 if !line.is_first() => Beginning::Restarted,
        1 if line.replaces_another() => Beginning::Replaced,
        _ => Beginning::Regular,
    }
}
