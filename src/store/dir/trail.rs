//! The audit trail as files, one per month.
//!
//! Reads and appends whole lines, and does not parse them. If the clock was ahead for a while, a month has
//! further parts: `2026-11b.jsonl` follows `2026-11.jsonl`.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner};
use crate::store::dir::creation::NEW_TRAIL_HINT;
use crate::store::upkeep::TrailPosition;
use crate::store::{AuditEnd, EachLine, MakeLines, Place, file};

/// How many bytes at the end of an audit file are read first to find its last line.
const TAIL: u64 = 4096;

/// The longest line. A longer one is passed on truncated and is not a valid record.
const LONGEST_LINE: u64 = 64 * 1024;

/// The length of a month in the name of a file, such as `2026-11`.
const MONTH: usize = 7;

/// Lines at the end of the trail that are not synced yet.
pub(super) struct Appended {
    lines: Vec<u8>,
    file: File,
    path: PathBuf,
}

impl Appended {
    /// Asks the system to start writing the lines to disk.
    pub(super) fn begin_to_sync(&mut self) {
        platform::begin_to_sync(&mut self.file, self.lines.len());
    }

    /// Makes the lines durable and returns them.
    ///
    /// No lock is needed. Lines appended later follow these, and syncing them syncs these too. A later line
    /// in a new file is written only after this file was synced.
    pub(super) fn sync(self) -> Result<Vec<u8>> {
        self.file.sync_data().map_err(|error| file::not_written(&self.path, error))?;
        Ok(self.lines)
    }
}

/// The newest file of the trail, opened before its next line is known.
pub(super) struct Opened {
    file: File,
    path: PathBuf,
}

impl Opened {
    /// Opens the trail in `directory` and checks that there is room for a line.
    pub(super) fn open(directory: &Path, owner: Owner, month: &str) -> Result<Self> {
        check_directory(directory, owner)?;
        let path = newest(&files(directory)?, directory, month);
        let file = file::open_to_append(&path, owner)?;
        if platform::is_full(&file) {
            let what = format!("the disk that holds {} is full", directory.display());
            return Err(Error::new(ErrorKind::Store, what)
                .with_hint("free some disk space; 'rw2fa doctor' shows how much is left"));
        }
        Ok(Self { file, path })
    }

    /// Returns the file if it is still the one at `path`.
    fn file_at(self, path: &Path) -> Option<File> {
        let is_there =
            |file: &File| file.metadata().is_ok_and(|metadata| !platform::was_replaced(&metadata));
        (self.path == path).then_some(self.file).filter(is_there)
    }
}

/// Checks that the directory of the trail exists, is not a link, and is private to its owner.
fn check_directory(directory: &Path, owner: Owner) -> Result<()> {
    if file::has_directory(directory, owner)? {
        return Ok(());
    }
    Err(file::broken(directory, "is missing").with_hint(NEW_TRAIL_HINT))
}

/// Returns the month in the name of an audit file, such as `2026-11`, without the letter of its part.
fn month_of(path: &Path) -> &str {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.get(..MONTH).unwrap_or_default()
}

/// Counts the months up to one such as `2026-11`, so that their distance can be told.
fn number_of(month: &str) -> u32 {
    let digits = month.bytes().filter(u8::is_ascii_digit);
    let number =
        digits.fold(0, |number: u32, digit| number.wrapping_mul(10) + u32::from(digit - b'0'));
    number / 100 * 12 + number % 100
}

/// Returns whether a file was begun while the clock was ahead, or the clock is behind now. A file of the
/// next month does no harm: seconds are enough for that.
pub(super) fn is_ahead(path: &Path, month: &str) -> bool {
    number_of(month_of(path)) > number_of(month) + 1
}

/// Renames the files that were begun while the clock was ahead to parts of this month, in the same
/// order, so that the lines of this month are not written to the file of a future one. The caller holds
/// the lock.
///
/// An earlier file must confirm the clock: it may be behind now. A file that cannot be renamed keeps its
/// name: no login depends on it.
fn bring_back(files: &mut [PathBuf], directory: &Path, month: &str) {
    let first = files.iter().position(|path| month_of(path) > month).unwrap_or(0);
    if first == 0 || !is_ahead(&files[first], month) {
        return;
    }
    let mut part = directory.join(format!("{month}.jsonl"));
    let mut letters = b'b'..=b'z';
    for at in first..files.len() {
        while part <= files[at - 1] {
            let Some(letter) = letters.next() else { return };
            part = directory.join(format!("{month}{}.jsonl", char::from(letter)));
        }
        if platform::with_retry(|| std::fs::rename(&files[at], &part)).is_err() {
            return;
        }
        files[at].clone_from(&part);
        // A power failure must not keep a later file's new name and lose an earlier one's.
        if platform::sync_directory(directory).is_err() {
            return;
        }
    }
}

/// Returns the file for the next line. A clock that was set back does not start an older file.
fn newest(files: &[PathBuf], directory: &Path, month: &str) -> PathBuf {
    let present = directory.join(format!("{month}.jsonl"));
    files.last().filter(|last| **last > present).cloned().unwrap_or(present)
}

/// Appends the lines that `make` builds from the end of the trail in `directory`. Uses the file that was
/// `opened` earlier, if any. The caller holds the lock.
pub(super) fn append(
    directory: &Path,
    owner: Owner,
    month: &str,
    opened: Option<Opened>,
    make: &mut MakeLines<'_>,
) -> Result<Appended> {
    check_directory(directory, owner)?;
    let mut files = files(directory)?;
    bring_back(&mut files, directory, month);
    let path = &newest(&files, directory, month);
    let mut file = match opened.and_then(|opened| opened.file_at(path)) {
        Some(file) => file,
        None => file::open_to_append(path, owner)?,
    };
    let mut end = end(&mut file, path)?;
    let is_torn_here = end.torn > 0;
    if end.last_line.is_none() {
        let before = end_before(&files, path, owner)?;
        end = AuditEnd { last_line: before.last_line, torn: end.torn + before.torn };
    }
    let lines = make(&end)?;
    // A longer line could be written but not read back.
    if lines.split(|byte| *byte == b'\n').any(|line| line.len() as u64 >= LONGEST_LINE) {
        return Err(Error::new(ErrorKind::Refused, "the line is too long for the audit trail")
            .with_hint("shorten the new value, and the old one in the document, then try again"));
    }
    let mut bytes = Vec::with_capacity(lines.len() + 1);
    if is_torn_here {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(&lines);
    file.write_all(&bytes).map_err(|error| file::not_written(path, error))?;
    Ok(Appended { lines, file, path: path.clone() })
}

/// Passes each line of the trail in `directory` to `each`, oldest first, in constant memory.
pub(super) fn lines(directory: &Path, owner: Owner, each: &mut EachLine<'_>) -> Result<()> {
    check_directory(directory, owner)?;
    let mut has_begun = false;
    for path in files(directory)? {
        if file_lines(&path, owner, each)? {
            has_begun = true;
        } else if has_begun {
            // Months are moved away oldest first, so a gap after the first file is an error.
            let what = format!("{} was moved away while the trail was read", path.display());
            return Err(Error::new(ErrorKind::Busy, what).with_hint("run the command again"));
        }
    }
    Ok(())
}

/// Passes each line of one file to `each`. Returns whether the file exists.
pub(super) fn file_lines(path: &Path, owner: Owner, each: &mut EachLine<'_>) -> Result<bool> {
    lines_after(path, owner, &mut TrailPosition::default(), TornEnd::Passed, each)
}

/// What happens to a last line without its newline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TornEnd {
    /// It is passed on: it was cut off.
    Passed,
    /// It is left for later: it is still being written.
    Left,
}

/// Passes each line of one file after `position` to `each`, and moves the position behind it.
/// Returns whether the file exists.
pub(super) fn lines_after(
    path: &Path,
    owner: Owner,
    position: &mut TrailPosition,
    end: TornEnd,
    each: &mut EachLine<'_>,
) -> Result<bool> {
    let mut options = platform::private_file();
    let Some((file, metadata)) = file::open(path, owner, options.read(true))? else {
        return Ok(false);
    };
    let name = path.display().to_string();
    let failed = |error| Error::io(ErrorKind::Store, format!("cannot read {name}"), error);
    if metadata.len() < position.bytes {
        let what = format!("{name} became shorter while it was read");
        return Err(Error::new(ErrorKind::Store, what).with_hint("see 'rw2fa audit verify'"));
    }
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(position.bytes)).map_err(failed)?;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let mut limited = Read::by_ref(&mut reader).take(LONGEST_LINE);
        let mut length = limited.read_until(b'\n', &mut buffer).map_err(failed)? as u64;
        if length == 0 {
            break;
        }
        let mut is_ended = buffer.last() == Some(&b'\n');
        if !is_ended && length == LONGEST_LINE {
            length += skip_line(&mut reader).map_err(failed)?;
            // Not a valid line, wherever it ends.
            is_ended = true;
        }
        if !is_ended && end == TornEnd::Left {
            break;
        }
        let text = buffer.strip_suffix(b"\n").unwrap_or(&buffer);
        position.bytes += length;
        position.lines += 1;
        each(&Place { file: &name, line: position.lines, is_ended }, text)?;
    }
    Ok(true)
}

/// Skips to the end of the line, and returns how many bytes that were.
fn skip_line(reader: &mut impl BufRead) -> std::io::Result<u64> {
    let mut skipped = 0;
    loop {
        let chunk = reader.fill_buf()?;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let is_over = end.is_some() || chunk.is_empty();
        let length = end.map_or(chunk.len(), |end| end + 1);
        reader.consume(length);
        skipped += length as u64;
        if is_over {
            return Ok(skipped);
        }
    }
}

/// Lists the files of the trail in `directory`, oldest first.
pub(super) fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = file::entries(directory)?.into_iter();
    let names = entries.filter(|(name, is_directory)| !is_directory && is_audit_file(name));
    let mut paths: Vec<_> = names.map(|(name, _)| directory.join(name)).collect();
    // Names are distinct.
    paths.sort_unstable();
    Ok(paths)
}

/// Returns the end of the trail before `newest`, which has no whole line: the end of the last
/// earlier file that has one, made durable. A line that follows in another file must not outlive
/// it.
fn end_before(files: &[PathBuf], newest: &Path, owner: Owner) -> Result<AuditEnd> {
    let mut torn = 0;
    // A month without a whole line, which a kill may leave, does not end the chain.
    for path in files.iter().rev().filter(|path| path.as_path() < newest) {
        let mut options = platform::private_file();
        let Some((mut file, _)) = file::open(path, owner, options.read(true))? else { continue };
        platform::sync_read_file(&file, path).map_err(|error| file::not_written(path, error))?;
        let found = end(&mut file, path)?;
        torn += found.torn;
        if found.last_line.is_some() {
            return Ok(AuditEnd { torn, ..found });
        }
    }
    Ok(AuditEnd { last_line: None, torn })
}

pub(super) fn is_audit_file(name: &str) -> bool {
    let Some((month, part)) =
        name.strip_suffix(".jsonl").and_then(|name| name.split_at_checked(MONTH))
    else {
        return false;
    };
    matches!(part.as_bytes(), [] | [b'b'..=b'z'])
        && month.bytes().enumerate().all(|(at, byte)| match at {
            4 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Returns the last complete line of an audit file and the number of bytes after it.
fn end(file: &mut File, path: &Path) -> Result<AuditEnd> {
    let failed =
        |error| Error::io(ErrorKind::Store, format!("cannot read {}", path.display()), error);
    let length = file.metadata().map_err(failed)?.len();
    let mut wanted = TAIL;
    loop {
        let start = length.saturating_sub(wanted);
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        // One extra byte, so that the buffer need not grow to find the end.
        let mut tail = Vec::with_capacity(usize::try_from(length - start).unwrap_or(0) + 1);
        Read::by_ref(file).take(length - start).read_to_end(&mut tail).map_err(failed)?;
        let whole = tail.iter().rposition(|byte| *byte == b'\n');
        let torn = tail.len() - whole.map_or(0, |at| at + 1);
        let before = whole.map_or(&[][..], |at| &tail[..at]);
        let begin = before.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        if let (Some(_), Some(begin)) = (whole, begin.or((start == 0).then_some(0))) {
            let last_line = Some(before[begin..].to_vec());
            return Ok(AuditEnd { last_line, torn: torn as u64 });
        }
        if start == 0 {
            return Ok(AuditEnd { last_line: None, torn: torn as u64 });
        }
        wanted = wanted.saturating_mul(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards that every line that can be written can be read back, up to 64 KiB with its newline.
    #[test]
    fn the_longest_line_is_read_back_and_a_longer_one_refused() {
        let directory = tempfile::TempDir::new().unwrap();
        let place = directory.path().join("audit");
        platform::make_private_directory(&place).unwrap();
        let owner = Owner::current();
        let mut last = None;
        let mut write = |length: usize| {
            let line = vec![b'x'; length];
            let lines = [&line[..], b"\n"].concat();
            let written = append(&place, owner, "2026-11", None, &mut |end| {
                assert_eq!(*end, AuditEnd { last_line: last.clone(), torn: 0 });
                Ok(lines.clone())
            });
            last = Some(line);
            written.and_then(Appended::sync).map(|lines| lines.len())
        };
        let longest = (1 << 16) - 1;
        for length in [1, longest, 2] {
            assert_eq!(write(length).unwrap(), length + 1);
        }
        assert!(write(longest + 1).is_err());
        let mut found = Vec::new();
        lines(&place, owner, &mut |place, line| {
            found.push((place.line, line.len()));
            Ok(())
        })
        .unwrap();
        assert_eq!(found, [(1, 1), (2, longest), (3, 2)]);
    }

    /// Guards the chain after a kill that left a month without a line: the next line follows the
    /// last existing one.
    #[test]
    fn a_month_without_a_line_does_not_end_the_chain() {
        let directory = tempfile::TempDir::new().unwrap();
        let place = directory.path().join("audit");
        platform::make_private_directory(&place).unwrap();
        let owner = Owner::current();
        let mut seen = Vec::new();
        for (month, has_line) in
            [("2026-09", true), ("2026-10", false), ("2026-11", false), ("2026-12", true)]
        {
            let opened = Opened::open(&place, owner, month).unwrap();
            if has_line {
                append(&place, owner, month, Some(opened), &mut |end| {
                    seen.push(end.last_line.clone());
                    Ok(format!("{month}\n").into_bytes())
                })
                .and_then(Appended::sync)
                .unwrap();
            }
        }
        assert_eq!(seen, [None, Some(b"2026-09".to_vec())]);
    }

    /// Guards the files after a clock that was ahead: they become parts of the present month, in the same
    /// order. A clock that may be behind now changes no name.
    #[expect(clippy::disallowed_methods, reason = "files of a test, not documents")]
    #[test]
    fn files_of_a_clock_that_was_ahead_become_parts_of_the_month() {
        for (month, names, expected) in [
            ("2026-11", "2026-11 2099-03", "2026-11 2026-11b"),
            ("2026-11", "2026-10 2099-03", "2026-10 2026-11"),
            ("2026-11", "2026-11 2099-03 2099-04", "2026-11 2026-11b 2026-11c"),
            ("2026-11", "2026-11 2026-11b 2027-01", "2026-11 2026-11b 2026-11c"),
            ("2026-11", "2026-09 2027-01 2099-04", "2026-09 2026-11 2026-11b"),
            // The next month: the clock was set by seconds, or the file is soon that of the month.
            ("2026-11", "2026-11 2026-12", "2026-11 2026-12"),
            // A dead battery.
            ("2020-01", "2026-10 2026-11", "2026-10 2026-11"),
            ("2026-05", "2026-05 2026-06 2026-08", "2026-05 2026-06 2026-08"),
            // No earlier file confirms the clock.
            ("2026-11", "2099-03", "2099-03"),
            ("2026-11", "2026-11z 2099-03", "2026-11z 2099-03"),
        ] {
            let directory = tempfile::TempDir::new().unwrap();
            for name in names.split(' ') {
                std::fs::write(directory.path().join(format!("{name}.jsonl")), name).unwrap();
            }
            let mut found = files(directory.path()).unwrap();
            bring_back(&mut found, directory.path(), month);
            assert_eq!(found, files(directory.path()).unwrap(), "{names}");
            let stem = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert_eq!(found.iter().map(stem).collect::<Vec<_>>().join(" "), expected);
            let text = |path: &PathBuf| std::fs::read_to_string(path).unwrap();
            assert_eq!(found.iter().map(text).collect::<Vec<_>>().join(" "), names);
        }
    }

    #[test]
    fn trail_files_are_named_after_months() {
        for (name, is_one) in [
            ("2026-11.jsonl", true),
            ("2026-11.json", false),
            ("2026-1.jsonl", false),
            ("202611.jsonl", false),
            ("2026111.jsonl", false),
            ("minutes.jsonl", false),
            ("2026-111.jsonl", false),
            ("2026-11b.jsonl", true),
            ("2026-11bc.jsonl", false),
            ("2026-11B.jsonl", false),
            ("2026-1é.jsonl", false),
        ] {
            assert_eq!(is_audit_file(name), is_one, "{name}");
        }
    }
}
