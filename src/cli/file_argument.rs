//! The argument `FILE`: where an export goes (a new file that only its owner can read, or standard
//! output), and what an import reads.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::platform;
use crate::store::Text;

/// How much of an argument `FILE` is read. Without a limit, an endless input would fill the memory.
pub(super) struct Limits {
    /// The longest text, in mebibytes.
    pub(super) mebibytes: u64,
    /// The longest line, in mebibytes: detects binary input early.
    pub(super) line_mebibytes: u64,
    /// Returns whether a long text may begin with these bytes.
    pub(super) may_begin: fn(&[u8]) -> bool,
}

/// Reads the text of the argument `FILE`; `-` is standard input.
///
/// # Errors
/// [`ErrorKind::Refused`] when it cannot be read, exceeds `limits`, or is not UTF-8.
pub(super) fn read_source(context: &Context<'_>, path: &Path, limits: &Limits) -> Result<Text> {
    let mut bytes = read_bytes(context, path, limits)?;
    String::from_utf8(std::mem::take(&mut *bytes)).map(Zeroizing::new).map_err(|error| {
        // Invalid UTF-8 may still contain a secret.
        drop(Zeroizing::new(error.into_bytes()));
        let is_stdin = path == Path::new("-");
        let what = if is_stdin { "standard input".into() } else { path.display().to_string() };
        Error::new(ErrorKind::Refused, format!("{what} is not UTF-8")).with_hint("save it as UTF-8")
    })
}

/// Reads the argument `FILE` in any encoding; `-` is standard input.
///
/// # Errors
/// [`ErrorKind::Refused`] when it cannot be read, or exceeds `limits`.
pub(super) fn read_bytes(
    context: &Context<'_>,
    path: &Path,
    limits: &Limits,
) -> Result<Zeroizing<Vec<u8>>> {
    if path == Path::new("-") {
        let what = "standard input";
        return context.process.with_stdin(|stdin| read_all(stdin, what, limits));
    }
    let what = path.display().to_string();
    let file = File::open(path).map_err(|error| unread(&what, error))?;
    let length = file.metadata().map_err(|error| unread(&what, error))?.len();
    if length > limits.mebibytes << 20 {
        return Err(too_long(&what, limits));
    }
    read_all(&mut &file, &what, limits)
}

fn unread(what: &str, error: std::io::Error) -> Error {
    Error::io(ErrorKind::Refused, format!("cannot read {what}"), error)
}

fn too_long(what: &str, limits: &Limits) -> Error {
    let limit = limits.mebibytes;
    Error::new(
        ErrorKind::Refused,
        format!("{what} is larger than {limit} MiB, the limit of this command"),
    )
}

/// Reads to the end, or to the first limit.
fn read_all(from: &mut dyn Read, what: &str, limits: &Limits) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    let mut chunk = Zeroizing::new(vec![0; 64 * 1024]);
    let (mut line, mut line_length) = (1_u64, 0_u64);
    loop {
        let read = match from.read(&mut chunk) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read.map_err(|error| unread(what, error))?,
        };
        let part = chunk.get(..read).unwrap_or_default();
        if part.is_empty() {
            break;
        }
        for byte in part {
            (line, line_length) =
                if *byte == b'\n' { (line + 1, 0) } else { (line, line_length + 1) };
            if line_length > limits.line_mebibytes << 20 {
                let limit = limits.line_mebibytes;
                let what = format!("line {line} of {what} is longer than {limit} MiB");
                return Err(Error::new(ErrorKind::Refused, what));
            }
        }
        let is_first = bytes.len() < chunk.len();
        bytes.extend_from_slice(part);
        if is_first && bytes.len() >= chunk.len() && !(limits.may_begin)(&bytes) {
            let what = format!("{what} does not look like a file for this command");
            return Err(Error::new(ErrorKind::Refused, what));
        }
        if bytes.len() as u64 > limits.mebibytes << 20 {
            return Err(too_long(what, limits));
        }
    }
    Ok(bytes)
}

fn cannot_make(path: &Path, error: std::io::Error) -> Error {
    Error::io(ErrorKind::Refused, format!("cannot create {}", path.display()), error)
        .with_hint("use a new file in an existing directory")
}

/// A new private file, which is removed again unless it is finished.
pub(super) struct NewFile {
    path: PathBuf,
    file: BufWriter<File>,
    is_finished: bool,
}

impl NewFile {
    /// Creates the file, which must not exist. Must happen before the program switches to
    /// the account of the store's owner, which may not be allowed to write there.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file = platform::make_private_file(path).map_err(|error| cannot_make(path, error))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), is_finished: false })
    }

    /// Appends to the file.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| self.failed(error))
    }

    /// Makes the file durable and keeps it.
    pub(super) fn finish(&mut self) -> Result<()> {
        let done = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        done.map_err(|error| self.failed(error))?;
        self.is_finished = true;
        Ok(())
    }

    /// Checks that the file does not exist, and that its directory does.
    fn check(path: &Path) -> Result<()> {
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(cannot_make(path, std::io::ErrorKind::AlreadyExists.into()));
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        std::fs::metadata(directory.unwrap_or(Path::new(".")))
            .map(drop)
            .map_err(|error| cannot_make(path, error))
    }

    fn failed(&self, error: std::io::Error) -> Error {
        Error::io(ErrorKind::System, format!("cannot write {}", self.path.display()), error)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_finished {
            // If it cannot be removed, it is as private as a finished file.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The argument `FILE` of an export: a new file, or `-`.
pub(super) enum Destination {
    Stdout,
    File(NewFile),
}

impl Destination {
    /// Checks, before a question, that [`Self::create`] can succeed.
    pub(super) fn check(path: &Path) -> Result<()> {
        if path == Path::new("-") {
            return Ok(());
        }
        NewFile::check(path)
    }

    /// Opens the target of an export.
    pub(super) fn create(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        NewFile::create(path).map(Self::File)
    }

    /// Appends text.
    pub(super) fn write(&mut self, context: &mut Context<'_>, text: &str) -> Result<()> {
        match self {
            Self::Stdout => context.print_data(text),
            Self::File(file) => file.write(text.as_bytes()),
        }
    }

    /// Makes the output durable.
    pub(super) fn finish(&mut self) -> Result<()> {
        match self {
            Self::Stdout => Ok(()),
            Self::File(file) => file.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Color, Format, Globals};
    use crate::process::{Captured, Process};
    use crate::time::Timestamp;

    /// Guards exports to standard output: a file gets them unchanged, a terminal gets them escaped.
    #[test]
    fn exports_are_escaped_only_on_a_terminal() {
        for (is_terminal, expected) in [(false, "a\u{9b}2J"), (true, "a\\u{9b}2J")] {
            let screen = Captured::default();
            let now = Timestamp::from_unix(0);
            let streams: [Box<dyn Write>; 2] =
                [Box::new(screen.clone()), Box::new(std::io::sink())];
            let [out, err] = streams;
            let mut process = Process::sandboxed(["rw2fa"], now, Vec::new(), out, err);
            process.terminals.stdout = is_terminal;
            let globals = Globals {
                store: None,
                format: Format::Text,
                yes: false,
                quiet: false,
                color: Color::Never,
            };
            let mut context = Context::new(&mut process, globals);
            let mut target = Destination::create(Path::new("-")).unwrap();
            target.write(&mut context, "a\u{9b}2J").unwrap();
            assert_eq!(screen.text(), expected);
        }
    }
}
