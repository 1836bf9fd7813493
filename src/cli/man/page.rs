//! One manual page: its parts, and source that passes `mandoc -Tlint`.

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

/// The longest line of source, where it can be broken.
const WIDTH: usize = 78;

/// Source that `clap_mangen` writes before every section but is needed only once.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// A page that is being written.
pub(super) struct Page {
    name: String,
    section: u8,
    source: Vec<u8>,
}

impl Page {
    /// Starts a page that consists of a header.
    pub(super) fn new(name: &str, section: u8) -> Result<Self> {
        let mut page = Self { name: name.into(), section, source: Vec::new() };
        let mut head = Roff::new();
        let title = name.to_uppercase();
        head.control("TH", [title.as_str(), &section.to_string(), DATE, SOURCE, MANUAL]);
        page.add(&head)?;
        Ok(page)
    }

    /// Builds the page of a command, invoked as `called`, from its definition.
    pub(super) fn for_command(command: &Command, name: &str, called: &str) -> Result<Self> {
        let mut page = Self::new(name, 1)?;
        let is_root = name == called;
        let shown = command.clone().bin_name(called).display_name(name);
        // Common options are described once.
        let shown = if is_root {
            shown
        } else {
            shown.mut_args(|arg| {
                let is_common = arg.is_global_set()
                    || matches!(
                        arg.get_action(),
                        ArgAction::Help
                            | ArgAction::HelpShort
                            | ArgAction::HelpLong
                            | ArgAction::Version
                    );
                arg.hide(is_common)
            })
        };
        let has_options = shown.get_arguments().any(|arg| !arg.is_hide_set());
        let has_subcommands = shown.has_subcommands();
        let man = Man::new(shown);
        let source = &mut page.source;
        man.render_name_section(source)
            .and_then(|()| man.render_synopsis_section(source))
            .and_then(|()| man.render_description_section(source))
            .and_then(|()| if has_options { man.render_options_section(source) } else { Ok(()) })
            .and_then(
                |()| {
                    if has_subcommands { man.render_subcommands_section(source) } else { Ok(()) }
                },
            )
            .map_err(failed)?;
        let more = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        page.add_notes(
            &more,
            if is_root { None } else { Some("Options of every command are told in") },
        )?;
        Ok(page)
    }

    /// Adds the end of the help: remarks and examples.
    fn add_notes(&mut self, text: &str, common: Option<&str>) -> Result<()> {
        let (examples, notes): (Vec<_>, Vec<_>) = text
            .split("\n\n")
            .filter(|text| !text.is_empty())
            .partition(|text| text.starts_with("Example"));
        let mut section = Roff::new();
        if !notes.is_empty() || common.is_some() {
            section.control("SH", ["NOTES"]);
        }
        for note in &notes {
            section.text([roman(*note)]);
            section.control("PP", []);
        }
        if let Some(common) = common {
            section.text([roman(format!("{common} ")), bold("rw2fa"), roman("(1).")]);
        }
        if !examples.is_empty() {
            section.control("SH", ["EXAMPLES"]);
            section.control("nf", []);
            for line in examples.iter().flat_map(|text| text.lines()) {
                let line = line.trim_start();
                if let Some((_, example)) =
                    line.split_once(": ").filter(|(word, _)| word.starts_with("Example"))
                {
                    section.text([roman(example)]);
                } else if !line.starts_with("Example") {
                    section.text([roman(line)]);
                }
            }
            section.control("fi", []);
        }
        self.add(&section)
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

    /// Returns the name of the page's file.
    pub(super) fn file(&self) -> String {
        format!("{}.{}", self.name, self.section)
    }

    /// Returns the complete source.
    pub(super) fn text(&self) -> String {
        let source = String::from_utf8_lossy(&self.source).replace(PREAMBLE, "");
        let mut text = format!("{PREAMBLE}{source}");
        // A paragraph within an item: `clap_mangen` writes it as an empty line between two breaks.
        for (written, meant) in [
            (".br\n\n.br\n", ".sp\n"),
            ("\n\n", "\n.sp\n"),
            (".br\n.sp\n", ".sp\n"),
            (".sp\n.br\n", ".sp\n"),
            (".PP\n.SH", ".SH"),
        ] {
            text = text.replace(written, meant);
        }
        let mut is_literal = false;
        let mut lines = String::new();
        for line in text.lines() {
            let line = line.trim_end();
            match line {
                ".nf" => is_literal = true,
                ".fi" => is_literal = false,
                _ => {}
            }
            if is_literal || line.starts_with(['.', '\'']) {
                lines += line;
                lines.push('\n');
            } else {
                wrap(line, &mut lines);
            }
        }
        lines
    }
}

/// Breaks a line of text at blanks.
fn wrap(line: &str, lines: &mut String) {
    let mut length = 0;
    for word in line.split(' ') {
        if length > 0 && length + 1 + word.len() > WIDTH && !word.is_empty() {
            lines.push('\n');
            length = 0;
            if word.starts_with(['.', '\'']) {
                // Text that looks like a macro at the start of a line.
                lines.push_str("\\&");
            }
        } else if length > 0 {
            lines.push(' ');
            length += 1;
        }
        lines.push_str(word);
        length += word.len();
    }
    lines.push('\n');
}

fn failed(error: std::io::Error) -> Error {
    Error::io(ErrorKind::System, "cannot make the manual pages", error)
}
