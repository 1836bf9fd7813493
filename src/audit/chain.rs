//! Checks the hash chain of the audit trail, line by line, in constant memory.
//!
//! Knows lines and keys, but not where lines are stored.

use super::event::{Archive, Event};
use super::line::{Line, Link};
use crate::store::Place;
use crate::store::seal::AuditKey;

/// The problem of text that is not a canonical line.
pub const NOT_CANONICAL: &str = "is not a line that rw2fa wrote";

/// The problem of the first line of a trail whose beginning is missing.
pub const BEGINS_LATER: &str = "is not the beginning of the trail: the lines before it are gone";

/// The problem of a line that was written without a key.
pub const UNKEYED: &str = "was written without a key, so it proves nothing";

/// The first line of a trail that replaces a lost one.
const REPLACES: &str = "begins a new trail: the one before it was lost";

const UNKNOWN_KEY: &str = "was written with a key that this store does not have";

/// A line that breaks the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file of the trail, for people.
    pub file: String,
    /// The line number in it, from 1.
    pub line: usize,
    /// The problem.
    pub what: &'static str,
}

/// A line where a new chain begins, or that proves less than others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The file of the trail, for people.
    pub file: String,
    /// The line number in it, from 1.
    pub line: usize,
    /// What to know about it.
    pub what: &'static str,
}

/// A check that takes one line after another, oldest first.
///
/// The chain begins with the line of `init`, or with the line after a month that a later line records as moved
/// away.
pub struct Chain<'k> {
    keys: &'k [AuditKey],
    count: usize,
    unkeyed: usize,
    begin: Begin,
    /// The link that the next line has to follow; `None` before the first line.
    end: Option<Link>,
    /// The link that the last line had to follow, and its length.
    last: (Option<Link>, u64),
    torn: Option<Torn>,
    gaps: Vec<Gap>,
    /// The first line under a missing key. A reset of the key must follow.
    lost: Option<Broken>,
}

/// How the chain begins.
enum Begin {
    /// With the line of `init`, or after a month that was moved away. Also the value before the first line.
    Known,
    /// After a line that no later line has recorded as moved away so far.
    After(Link, Broken),
}

/// Text that is not a line, such as a crash leaves behind.
struct Torn {
    first: Broken,
    bytes: u64,
    /// Whether the text ends with a newline, so that another line follows.
    is_ended: bool,
}

impl<'k> Chain<'k> {
    /// A check with these keys: the current one and the audit keys kept from earlier ones.
    pub fn new(keys: &'k [AuditKey]) -> Self {
        Self {
            keys,
            count: 0,
            unkeyed: 0,
            begin: Begin::Known,
            end: None,
            last: (None, 0),
            torn: None,
            gaps: Vec::new(),
            lost: None,
        }
    }

    /// Checks the next line, given without its newline. Returns `None` for text that is not a line. Such text is
    /// accepted only at the end of the trail or before a repair.
    ///
    /// # Errors
    /// When the line was edited or inserted, or its predecessor is missing.
    pub fn feed(&mut self, place: &Place<'_>, bytes: &[u8]) -> Result<Option<Line>, Broken> {
        self.count += 1;
        let broken = |what| Broken { file: place.file.to_owned(), line: place.line, what };
        let Some(line) = Line::parse(bytes) else {
            let torn = self.torn.get_or_insert(Torn {
                first: broken(NOT_CANONICAL),
                bytes: 0,
                is_ended: false,
            });
            torn.bytes += bytes.len() as u64;
            torn.is_ended = place.is_ended;
            return Ok(None);
        };
        let event = line.event();
        if let Some(Event::Repair { torn_bytes }) = event {
            self.repair(torn_bytes);
        }
        if let Some(torn) = self.torn.take() {
            return Err(torn.first);
        }
        match &self.end {
            None => self.begin(&line, broken(BEGINS_LATER)),
            Some(end) if line.follows().as_ref() != Some(end) => {
                return Err(broken("does not follow the line before it"));
            }
            Some(_) => {}
        }
        self.check_key(&line, event.as_ref(), &broken)?;
        self.last = (self.end.replace(line.link()), line.length());
        Ok(Some(line))
    }

    /// Completes the check after the last line.
    ///
    /// # Errors
    /// When the trail ends with a line that is not canonical, has lines under a lost key that was never reset, or
    /// lacks its beginning.
    pub fn finish(&self) -> Result<(), Broken> {
        let torn = self.torn.as_ref().filter(|torn| torn.is_ended).map(|torn| &torn.first);
        let begin = match &self.begin {
            Begin::Known => None,
            Begin::After(_, broken) => Some(broken),
        };
        begin.or(torn).or(self.lost.as_ref()).cloned().map_or(Ok(()), Err)
    }

    /// The authenticator of the last line. A copy kept elsewhere shows later that nothing was cut off.
    pub fn head(&self) -> Option<&str> {
        self.end.as_ref()?.mac.as_deref()
    }

    /// How many lines were checked.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many of them were written without a key.
    pub fn unkeyed(&self) -> usize {
        self.unkeyed
    }

    /// Where a new chain begins or lines prove less. A run of lines without a key is reported once, at its first line.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// Discards the text that a repair records as cut off.
    fn repair(&mut self, torn_bytes: u64) {
        let torn = self.torn.as_ref().map_or(0, |torn| torn.bytes);
        // Before the first line, the rest of the text may be at the end of a month that was moved away.
        if torn_bytes == torn || self.end.is_none() && torn_bytes > torn {
            self.torn = None;
        } else if self.last.1 > 0 && torn_bytes == torn + self.last.1 {
            // The last line lost only its newline. It parses as a line, but the login was never answered.
            self.torn = None;
            self.end = self.last.0.take();
        }
    }

    /// Records how the chain begins.
    fn begin(&mut self, line: &Line, broken: Broken) {
        if !line.is_first() || line.key().is_none() {
            let before = line.follows().unwrap_or_else(Link::first);
            self.begin = Begin::After(before, broken);
        } else if line.replaces_another() {
            self.gaps.push(Gap { what: REPLACES, ..broken.into() });
        }
    }

    fn check_key(
        &mut self,
        line: &Line,
        event: Option<&Event<'_>>,
        broken: &dyn Fn(&'static str) -> Broken,
    ) -> Result<(), Broken> {
        let Some(id) = line.key() else {
            self.unkeyed += 1;
            self.note_unkeyed(broken(UNKEYED));
            return Ok(());
        };
        match self.keys.iter().find(|key| key.id() == id) {
            Some(key) if !line.is_authentic(key) => return Err(broken("was changed")),
            Some(_) if matches!(event, Some(Event::KeyReset { .. })) => self.note_reset(broken),
            None if self.lost.is_none() => self.lost = Some(broken(UNKNOWN_KEY)),
            Some(_) | None => {}
        }
        if let Some(Event::Archive(archive)) = event {
            self.note_archive(archive);
        }
        Ok(())
    }

    /// Accepts the beginning if the line before it is the last line of the archived month.
    fn note_archive(&mut self, archive: &Archive<'_>) {
        if let Begin::After(link, _) = &self.begin
            && link.seq > 0
            && (archive.last_seq, archive.last_mac) == (link.seq, link.mac.as_deref())
        {
            self.begin = Begin::Known;
        }
    }

    fn note_unkeyed(&mut self, broken: Broken) {
        let continues = self.end.as_ref().is_some_and(|last| last.mac.is_none());
        if !continues {
            self.gaps.push(broken.into());
        }
    }

    fn note_reset(&mut self, broken: &dyn Fn(&'static str) -> Broken) {
        let what = match self.lost.take() {
            None => "begins a new chain: the key was reset",
            Some(_) => {
                "begins a new chain: the key was reset; for older lines, written with the lost key, only the order \
                 was checked, not the contents"
            }
        };
        self.gaps.push(broken(what).into());
    }
}

impl From<Broken> for Gap {
    fn from(Broken { file, line, what }: Broken) -> Self {
        Self { file, line, what }
    }
}

/// Checks the chain of consecutive lines, oldest first. Returns its head, if the last line has one. Rejects lines
/// without a key.
///
/// # Errors
/// The first line that breaks the chain.
pub fn check<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
    keys: &[AuditKey],
) -> Result<Option<String>, Broken> {
    let mut chain = Chain::new(keys);
    let mut lines = lines.into_iter().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        let is_ended = lines.peek().is_some();
        chain.feed(&Place { file: "", line: at + 1, is_ended }, line)?;
    }
    chain.finish()?;
    if let Some(gap) = chain.gaps().iter().find(|gap| gap.what == UNKEYED) {
        return Err(Broken { file: gap.file.clone(), line: gap.line, what: gap.what });
    }
    Ok(chain.head().map(str::to_owned))
}

#[cfg(test)]
mod tests;
