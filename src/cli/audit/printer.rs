//! Prints the rows of the trail, and finds text that is not a valid line.

use super::row::{COLUMNS, Row};
use crate::audit::{Event, Line};
use crate::cli::context::{Context, cannot_write_json, count};
use crate::cli::output::csv_line;
use crate::cli::{Done, Format};
use crate::error::Result;
use crate::printable::printable_json;
use crate::store::Place;

/// Finds text that is not a valid line. Such text is broken unless the next line repairs it.
#[derive(Default)]
pub(super) struct Fragments {
    /// The latest such text, its length in bytes, and whether a newline ends it.
    pending: Option<(Row, u64, bool)>,
    torn: usize,
    broken: usize,
}

impl Fragments {
    /// Returns the row of the text before this line, if that text is broken.
    pub(super) fn next(
        &mut self,
        place: &Place<'_>,
        bytes: &[u8],
        line: Option<&Line>,
    ) -> Option<Row> {
        let pending = self.pending.take();
        if line.is_none() {
            let row = Row::broken(place.file, place.line);
            self.pending = Some((row, bytes.len() as u64, place.is_ended));
        }
        let (row, length, _) = pending?;
        match line.and_then(Line::event) {
            Some(Event::Repair { torn_bytes }) if torn_bytes == length => self.torn += 1,
            _ => {
                self.broken += 1;
                return Some(row);
            }
        }
        None
    }

    /// Returns the row of the text at the end, if it is broken. Text without a newline is either
    /// still being written or cut off.
    pub(super) fn last(&mut self) -> Option<Row> {
        let (row, _, is_ended) = self.pending.take()?;
        if is_ended {
            self.broken += 1;
        } else {
            self.torn += 1;
        }
        is_ended.then_some(row)
    }

    /// Warns of what was found.
    pub(super) fn report(&self, context: &mut Context<'_>) -> Done {
        if self.torn > 0 {
            context.warn(&format!("{} cut off by a crash", count(self.torn, "line")));
        }
        if self.broken == 0 {
            return Done::All;
        }
        let lines = count(self.broken, "line");
        context.warn(&format!(
            "{lines} of the trail cannot be read and may have been changed; see 'rw2fa audit verify'"
        ));
        Done::Partly
    }
}

/// What the rows form as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One document.
    Document,
    /// A document on each line, because there is no end.
    Lines,
}

/// Prints rows as they arrive.
pub(super) struct Printer {
    shape: Shape,
    is_first: bool,
}

impl Printer {
    /// Prints what comes before the rows.
    pub(super) fn begin(context: &mut Context<'_>, shape: Shape) -> Result<Self> {
        match context.globals.format {
            Format::Json if shape == Shape::Document => {
                context.print("{\n  \"schema\": 1,\n  \"lines\": [")?;
            }
            Format::Text | Format::Json | Format::Prometheus | Format::Nagios => {}
            Format::Csv => context.print(&csv_line(COLUMNS)?)?,
        }
        Ok(Self { shape, is_first: true })
    }

    /// Prints a row.
    pub(super) fn print(&mut self, context: &mut Context<'_>, row: &Row) -> Result<()> {
        let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
        match context.globals.format {
            Format::Text | Format::Prometheus | Format::Nagios => context.print(&row.sentence()),
            Format::Json => {
                let text = serde_json::to_string(row).map_err(|error| cannot_write_json(&error))?;
                let text = printable_json(&text);
                match self.shape {
                    Shape::Document => context.print(&format!("{comma}\n    {text}")),
                    Shape::Lines => context.print(&format!("{text}\n")),
                }
            }
            Format::Csv => context.print_data(&csv_line(row.cells())?),
        }
    }

    /// Prints what comes after the rows of a document, with the warnings so far.
    pub(super) fn end(self, context: &mut Context<'_>) -> Result<()> {
        if context.globals.format != Format::Json {
            return Ok(());
        }
        let close = if self.is_first { "]" } else { "\n  ]" };
        let warnings = printable_json(&context.warnings_in_json()?);
        context.print(&format!("{close}{warnings}\n}}\n"))
    }
}
