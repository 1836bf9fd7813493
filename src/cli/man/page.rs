//! One manual page, written by `clap_mangen`, as source that passes `mandoc -Tlint`.

use clap::{ArgAction, Command};
use clap_mangen::Man;
use roff::{Roff, bold, roman};

use crate::error::{Error, ErrorKind, Result};

/// When the texts of the pages were last reviewed.
const DATE: &str = "2026-11-24";

/// The title in the header of each page.
const MANUAL: &str = "Two-factor authentication";

/// The program and its version, in the footer of each page.
const SOURCE: &str = concat!("rw2fa ", env!("CARGO_PKG_VERSION"));

/// Source that is written before every part but is needed only once.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// What to change in the source that is generated. The version is in the footer of each page.
const CHANGES: &[(&str, &str)] = &[
    (PREAMBLE, ""),
    (concat!(".SH VERSION\nv", env!("CARGO_PKG_VERSION"), "\n"), ""),
    (".SH EXTRA\nExample", ".SH EXAMPLES\nExample"),
    (".SH EXTRA", ".SH NOTES"),
    // A paragraph within an item: an empty line between two breaks.
    (".br\n\n.br\n", ".sp\n"),
    ("\n\n", "\n.sp\n"),
    (" \n", "\n"),
];

/// A page that is being written.
pub(super) struct Page {
    /// The name of the page's file.
    pub(super) file: String,
    source: Vec<u8>,
}

impl Page {
    /// Starts a page that consists of a title.
    pub(super) fn new(name: &'static str, section: u8) -> Result<Self> {
        Self::start(Command::new(name), section, Man::render_title)
    }

    /// Builds the page of a command, invoked as `called`, from its definition.
    pub(super) fn for_command(command: &Command, name: &str, called: &str) -> Result<Self> {
        let mut shown = command.clone().bin_name(called).display_name(name);
        // Common options are described once.
        if name != called {
            shown = shown.mut_args(|arg| {
                let is_common = arg.is_global_set()
                    || matches!(
                        arg.get_action(),
                        ArgAction::Help
                            | ArgAction::HelpShort
                            | ArgAction::HelpLong
                            | ArgAction::Version
                    );
                arg.hide(is_common)
            });
            let about = command.get_long_about().or_else(|| command.get_about());
            let about = about.map(ToString::to_string).unwrap_or_default();
            shown = shown.long_about(format!("{about}\n\nrw2fa(1) describes the global options."));
        }
        Self::start(shown, 1, Man::render)
    }

    fn start(
        command: Command,
        section: u8,
        render: fn(&Man, &mut dyn std::io::Write) -> std::io::Result<()>,
    ) -> Result<Self> {
        let man = Man::new(command).section(section.to_string()).date(DATE).source(SOURCE);
        let mut page = Self { file: man.get_filename(), source: Vec::new() };
        let title = page.file.rsplit_once('.').map_or("", |(name, _)| name).to_uppercase();
        let man = man.title(title).manual(MANUAL);
        render(&man, &mut page.source).map_err(failed)?;
        Ok(page)
    }

    /// Appends the source of `part`.
    pub(super) fn add(&mut self, part: &Roff) -> Result<()> {
        part.to_writer(&mut self.source).map_err(failed)
    }

    /// Appends source.
    pub(super) fn add_source(&mut self, source: &str) {
        self.source.extend_from_slice(source.as_bytes());
    }

    /// Lists related pages.
    pub(super) fn see_also(&mut self, related: &[(String, u8)]) -> Result<()> {
        let mut section = Roff::new();
        section.control("SH", ["SEE ALSO"]);
        for (at, (name, number)) in related.iter().enumerate() {
            let comma = if at + 1 < related.len() { "," } else { "" };
            section.text([bold(name.as_str()), roman(format!("({number}){comma}"))]);
        }
        self.add(&section)
    }

    /// Returns the complete source.
    pub(super) fn text(&self) -> String {
        let source = String::from_utf8_lossy(&self.source).into_owned();
        let source = CHANGES.iter().fold(source, |text, (from, to)| text.replace(from, to));
        format!("{PREAMBLE}{source}")
    }
}

fn failed(error: std::io::Error) -> Error {
    Error::io(ErrorKind::System, "cannot create the manual pages", error)
}
