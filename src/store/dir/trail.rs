//! The audit trail as files, one per month.
//!
//! Reads and appends whole lines, and does not parse them. `months` names the files.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner};
use crate::store::dir::creation::NEW_TRAIL_HINT;
use crate::store::dir::months;
use crate::store::upkeep::TrailPosition;
use crate::store::{AuditEnd, EachLine, MakeLines, Place, file};

/// How many bytes at the end of an audit file are read first to find its last line.
const TAIL: u64 = 4096;

/// The longest line. A longer one is passed on truncated and is not a valid record.
const LONGEST_LINE: u64 = 64 * 1024;

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
        let path = months::newest(&months::files(directory)?, directory, month);
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
    let mut files = months::files(directory)?;
    months::bring_back(&mut files, directory, month);
    let path = &months::newest(&files, directory, month);
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
    for path in months::files(directory)? {
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
}
