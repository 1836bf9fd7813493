//! The argument `FILE`: where an export goes (a new file that only its owner can read, or standard
//! output), and what an import reads.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::error::{Error, Kind, Result};
use crate::platform;
use crate::store::Text;

/// The text of the argument `FILE` of a command that reads one, of at most `limit` bytes; `-` is
/// standard input.
///
/// # Errors
/// [`Kind::Refused`] when it cannot be read, is too long, or is no UTF-8.
pub(super) fn read_source(context: &Context<'_>, path: &Path, limit: u64) -> Result<Text> {
    if path == Path::new("-") {
        return context.process.read_to_end(limit);
    }
    let failed = |error: std::io::Error| {
        let is_no_text = error.kind() == std::io::ErrorKind::InvalidData;
        let error = Error::io(Kind::Refused, format!("cannot read {}", path.display()), error);
        if is_no_text { error.hint("save it as UTF-8") } else { error }
    };
    let mut text = Text::default();
    let file = File::open(path).map_err(failed)?;
    file.take(limit + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > limit {
        let what = format!("{} is larger than {} MiB", path.display(), limit >> 20);
        return Err(Error::new(Kind::Refused, what));
    }
    Ok(text)
}

/// A new private file, removed again unless it was finished.
pub(super) struct NewFile {
    path: PathBuf,
    file: BufWriter<File>,
    is_finished: bool,
}

impl NewFile {
    /// Makes the file, which must not exist. Done before the program becomes the owner of the store,
    /// who may not write there.
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file = platform::make_private_file(path).map_err(|error| {
            Error::io(Kind::Refused, format!("cannot make {}", path.display()), error)
                .hint("name a file that does not exist, in a directory that does")
        })?;
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

    fn failed(&self, error: std::io::Error) -> Error {
        Error::io(Kind::System, format!("cannot write {}", self.path.display()), error)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_finished {
            // A file that cannot be removed is as private as a finished one.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The argument `FILE` of an export: a new file, or `-`.
pub(super) enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(NewFile),
}

impl Target {
    /// Opens what the argument names.
    pub(super) fn create(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        NewFile::create(path).map(Self::File)
    }

    /// Appends.
    pub(super) fn write(&mut self, context: &mut Context<'_>, text: &str) -> Result<()> {
        match self {
            Self::Stdout => context.print_data(text),
            Self::File(file) => file.write(text.as_bytes()),
        }
    }

    /// Makes it durable.
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

    /// Guards exports to standard output: a file gets them as they are, a terminal is not steered.
    #[test]
    fn a_terminal_is_not_steered_by_an_export() {
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
            let mut target = Target::create(Path::new("-")).unwrap();
            target.write(&mut context, "a\u{9b}2J").unwrap();
            assert_eq!(screen.text(), expected);
        }
    }
}
