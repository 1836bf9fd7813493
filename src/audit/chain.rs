//! Checking the chain of the audit trail, line after line, in constant memory.
//!
//! It knows lines and keys; where lines are kept is the store's business.

use serde_json::{Map, Value};

use crate::audit::AUTHENTICATOR;
use crate::store::seal::AuditKey;

/// What is told of a line that was written while there was no key.
const UNCHAINED: &str = "was written without a key: it proves nothing";

/// What is wrong with a line whose key nobody has.
const UNKNOWN_KEY: &str = "was made under a key that this store does not have";

/// A line that does not fit the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which line, counted from 1 through all files.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// A place at which the chain begins anew, or proves less than elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which line, counted from 1 through all files.
    pub line: usize,
    /// What is to be known about it.
    pub what: &'static str,
}

/// What a line is chained to.
#[derive(Clone, Debug, PartialEq)]
struct Joint {
    authenticator: Option<String>,
    seq: Option<u64>,
}

/// A check that is fed one line after the other, oldest first.
///
/// The first line's link to what came before it is taken as given, so that old months may be moved away.
pub struct Chain<'k> {
    keys: &'k [AuditKey],
    count: usize,
    previous: Option<Joint>,
    torn: bool,
    /// The joint before the last line, and the length of that line.
    last: (Option<Joint>, u64),
    gaps: Vec<Gap>,
    /// The first line of a key that is not there; a reset of the key must follow.
    lost: Option<usize>,
}

impl<'k> Chain<'k> {
    /// A check with these keys: the present one and what is kept of earlier ones.
    pub fn new(keys: &'k [AuditKey]) -> Self {
        Self {
            keys,
            count: 0,
            previous: None,
            torn: false,
            last: (None, 0),
            gaps: Vec::new(),
            lost: None,
        }
    }

    /// Checks the next line, given without its newline.
    ///
    /// # Errors
    /// When it was edited or inserted, or its predecessor is gone.
    pub fn feed(&mut self, line: &[u8]) -> Result<(), Broken> {
        self.count += 1;
        let at = self.count;
        let broken = |what| Err(Broken { line: at, what });
        let Ok(record) = serde_json::from_slice::<Map<String, Value>>(line) else {
            if self.torn {
                return broken("is not a record");
            }
            self.torn = true;
            return Ok(());
        };
        let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        let event = text("event").unwrap_or_default();
        let follows_record = !std::mem::take(&mut self.torn);
        if !follows_record && event != "repair" {
            return broken("follows a line that is not a record");
        }
        let torn_bytes = record.get("torn_bytes").and_then(Value::as_u64);
        if follows_record && event == "repair" && torn_bytes == Some(self.last.1) {
            // Of the last line only the newline was lost: it reads as a record, and was never answered.
            self.previous = self.last.0.take();
        }
        let seq = record.get("seq").and_then(Value::as_u64);
        if self.previous.as_ref().is_some_and(|previous| {
            previous.authenticator != text("prev")
                || previous.seq.and_then(|seq| seq.checked_add(1)) != seq
        }) {
            return broken("does not follow the line before it");
        }
        let authenticator = text("mac");
        match (&authenticator, text("key")) {
            (None, None) => self.note_unchained(),
            (None, Some(_)) => return broken("has no authenticator"),
            (Some(authenticator), id) => {
                let id = id.unwrap_or_default();
                match self.keys.iter().find(|key| key.id() == id) {
                    Some(key) if !proves(key, line, authenticator) => return broken("was changed"),
                    Some(_) => {}
                    None => self.lost = self.lost.or(Some(at)),
                }
                let is_known = self.keys.iter().any(|key| key.id() == id);
                if event == "key-reset" && is_known {
                    self.note_reset();
                }
            }
        }
        self.last = (self.previous.take(), line.len() as u64);
        self.previous = Some(Joint { authenticator, seq });
        Ok(())
    }

    /// What can be said only after the last line.
    ///
    /// # Errors
    /// When lines were made under a key that nobody has and that was not given up.
    pub fn finish(&self) -> Result<(), Broken> {
        self.lost.map_or(Ok(()), |line| Err(Broken { line, what: UNKNOWN_KEY }))
    }

    /// The authenticator of the last line: noted elsewhere, it shows later that nothing was cut off.
    pub fn head(&self) -> Option<&str> {
        self.previous.as_ref()?.authenticator.as_deref()
    }

    /// How many lines there were.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Where the chain begins anew or proves less; of a series of lines without a key, the first.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn note_unchained(&mut self) {
        let continues = self.previous.as_ref().is_some_and(|last| last.authenticator.is_none());
        if !continues {
            self.gaps.push(Gap { line: self.count, what: UNCHAINED });
        }
    }

    fn note_reset(&mut self) {
        let what = match self.lost.take() {
            None => "begins a new chain: the key was reset",
            Some(_) => {
                "begins a new chain: the key was reset; of older lines made under the lost key only \
                 the order was checked, not what they say"
            }
        };
        self.gaps.push(Gap { line: self.count, what });
    }
}

/// Whether `authenticator` is that of `line` under `key`.
fn proves(key: &AuditKey, line: &[u8], authenticator: &str) -> bool {
    let mut windows = line.windows(AUTHENTICATOR.len());
    let end = windows.rposition(|window| window == AUTHENTICATOR.as_bytes());
    end.is_some_and(|end| key.authenticate(&line[..end]) == *authenticator)
}

/// Checks the chain of consecutive lines, oldest first; its head, if the last line has one.
///
/// # Errors
/// The first line that does not fit.
pub fn check<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
    keys: &[AuditKey],
) -> Result<Option<String>, Broken> {
    let mut chain = Chain::new(keys);
    for line in lines {
        chain.feed(line)?;
    }
    chain.finish()?;
    Ok(chain.head().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Event, Verification, lines};
    use crate::store::AuditEnd;
    use crate::store::seal::{DataKey, KeyRing};
    use crate::time::Timestamp;

    fn key_of(byte: u8) -> AuditKey {
        KeyRing::parse(&DataKey::new([byte; 32]).document()).unwrap().audit_key()
    }

    fn key() -> AuditKey {
        key_of(1)
    }

    /// Appends what `event` becomes under `key`.
    fn append(trail: &mut Vec<Vec<u8>>, key: Option<&AuditKey>, event: &Event<'_>) {
        let end = AuditEnd { last_line: trail.last().cloned(), torn: 0 };
        let bytes = lines(&end, key, Timestamp::from_unix(0), std::slice::from_ref(event)).unwrap();
        trail.push(bytes.strip_suffix(b"\n").unwrap().to_vec());
    }

    fn trail(count: u32) -> Vec<Vec<u8>> {
        let mut trail: Vec<Vec<u8>> = Vec::new();
        for number in 0..count {
            let end = AuditEnd { last_line: trail.last().cloned(), torn: 0 };
            let user = format!("user {number}");
            let event = Event::Verification(Verification {
                user: &user,
                outcome: "grant",
                reason: "code-accepted",
                session: None,
                client: None,
                ip: Some("192.0.2.1"),
                drift: Some(0),
                attempt: None,
            });
            let bytes =
                lines(&end, Some(&key()), Timestamp::from_unix(0), std::slice::from_ref(&event))
                    .unwrap();
            trail.push(bytes.strip_suffix(b"\n").unwrap().to_vec());
        }
        trail
    }

    fn checked(trail: &[Vec<u8>]) -> Result<Option<String>, Broken> {
        check(trail.iter().map(Vec::as_slice), &[key()])
    }

    #[test]
    fn an_untouched_trail_is_whole() {
        assert!(checked(&trail(5)).unwrap().is_some());
        assert!(checked(&trail(5)[2..]).is_ok(), "old lines may be moved away");
    }

    #[test]
    fn edited_removed_reordered_and_inserted_lines_are_found() {
        let good = trail(5);
        let mut edited = good.clone();
        edited[2] =
            String::from_utf8(edited[2].clone()).unwrap().replace("user 2", "user 9").into();
        assert_eq!(checked(&edited).unwrap_err(), Broken { line: 3, what: "was changed" });
        let mut removed = good.clone();
        removed.remove(2);
        assert_eq!(checked(&removed).unwrap_err().line, 3);
        let mut reordered = good.clone();
        reordered.swap(2, 3);
        assert_eq!(checked(&reordered).unwrap_err().line, 3);
        let mut inserted = good.clone();
        inserted.insert(3, good[1].clone());
        assert_eq!(checked(&inserted).unwrap_err().line, 4);
    }

    #[test]
    fn a_torn_line_is_closed_by_a_recorded_repair() {
        let mut trail = trail(2);
        let torn = trail[1][..20].to_vec();
        let end = AuditEnd { last_line: Some(trail[1].clone()), torn: 20 };
        let event = Event::Repair { torn_bytes: 0 };
        let bytes =
            lines(&end, Some(&key()), Timestamp::from_unix(0), std::slice::from_ref(&event))
                .unwrap();
        trail.push(torn);
        assert!(checked(&trail).is_ok(), "a torn line at the end was never answered");
        trail.extend(
            bytes.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec),
        );
        assert_eq!(trail.len(), 5);
        assert!(checked(&trail).is_ok());
        trail.remove(3);
        assert!(checked(&trail).is_err());
    }

    /// Guards that a line nobody signed shows, and that none of a series of them can vanish.
    #[test]
    fn lines_without_a_key_are_told_and_counted() {
        let mut trail = trail(2);
        for _ in 0..3 {
            append(&mut trail, None, &Event::Repair { torn_bytes: 0 });
        }
        append(&mut trail, Some(&key()), &Event::KeyReset { by: "root" });
        let keys = [key()];
        let mut chain = Chain::new(&keys);
        for line in &trail {
            chain.feed(line).unwrap();
        }
        assert_eq!(chain.finish(), Ok(()));
        assert_eq!(chain.gaps().len(), 2, "{:?}", chain.gaps());
        assert_eq!(chain.gaps()[0], Gap { line: 3, what: UNCHAINED });
        trail.remove(3);
        assert_eq!(checked(&trail).unwrap_err().line, 4, "a line without a key was removed");
    }

    /// Guards the lost key: its lines need a reset after them, by a key that is there.
    #[test]
    fn lines_of_a_lost_key_need_a_reset_after_them() {
        let mut trail = trail(3);
        append(&mut trail, Some(&key_of(2)), &Event::Repair { torn_bytes: 0 });
        assert_eq!(checked(&trail).unwrap_err(), Broken { line: 4, what: UNKNOWN_KEY });
        append(&mut trail, Some(&key()), &Event::Repair { torn_bytes: 0 });
        assert_eq!(checked(&trail).unwrap_err().line, 4, "no reset");
        append(&mut trail, Some(&key()), &Event::KeyReset { by: "root" });
        assert!(checked(&trail).is_ok());
        let forged = String::from_utf8(trail[5].clone()).unwrap().replace("root", "ruth");
        trail[5] = forged.into();
        assert_eq!(checked(&trail).unwrap_err(), Broken { line: 6, what: "was changed" });
    }

    /// Guards rotation: lines of earlier keys are checked with what is kept of them.
    #[test]
    fn every_line_is_checked_with_its_own_key() {
        let mut trail = trail(3);
        append(&mut trail, Some(&key_of(2)), &Event::Repair { torn_bytes: 0 });
        let keys = [key_of(2), key()];
        assert!(check(trail.iter().map(Vec::as_slice), &keys).is_ok());
        let edited = String::from_utf8(trail[1].clone()).unwrap().replace("user 1", "user 9");
        trail[1] = edited.into();
        assert_eq!(check(trail.iter().map(Vec::as_slice), &keys).unwrap_err().line, 2);
    }
}
