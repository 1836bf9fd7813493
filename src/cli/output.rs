//! Renders rows as tables, JSON and CSV from one definition of the columns.

use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets,
};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::cli::context::Context;
use crate::cli::{Done, Format};
use crate::error::{Error, ErrorKind, Result};
use crate::printable::{LONGEST_MESSAGE, printable, shortened};
use crate::settings::advanced::KEYS;

/// A column: its name in CSV, and the cell of a row.
pub(super) struct Column<T> {
    pub(super) name: &'static str,
    pub(super) cell: fn(&T) -> String,
    /// Returns whether a row makes the column worth showing in a table for people.
    pub(super) is_useful: fn(&T) -> bool,
}

/// Prints rows in the requested format; in JSON as the list `key`.
pub(super) fn list<T: Serialize>(
    context: &mut Context<'_>,
    key: &str,
    rows: &[T],
    columns: &[Column<T>],
) -> Result<()> {
    match context.globals.format {
        Format::Json => context.print_json(&Listed { key, rows }),
        Format::Csv => print_csv(context, rows, columns),
        Format::Text | Format::Prometheus | Format::Nagios => {
            // The first column identifies the row.
            let worth =
                |(at, column): &(usize, &Column<T>)| *at == 0 || rows.iter().any(column.is_useful);
            let kept: Vec<_> = columns.iter().enumerate().filter(worth).collect();
            let mut table = plain_table(context);
            let header = kept.iter().map(|(_, column)| column.name.replace('_', " "));
            table.set_header(header.map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
            for row in rows {
                table.add_row(kept.iter().map(|(_, column)| styled(&(column.cell)(row))));
            }
            if context.process.terminals.stdout {
                share_width(&mut table);
            }
            print_table(context, table)
        }
    }
}

/// Prints rows like [`list`], or `nothing` as text if there are no rows.
pub(super) fn list_or<T: Serialize>(
    context: &mut Context<'_>,
    key: &str,
    rows: &[T],
    columns: &[Column<T>],
    nothing: &str,
) -> Result<()> {
    if rows.is_empty() && context.globals.format == Format::Text {
        context.note(nothing);
        return Ok(());
    }
    list(context, key, rows, columns)
}

/// The JSON document of a list, without a copy of its rows: there may be many.
struct Listed<'a, T> {
    key: &'a str,
    rows: &'a [T],
}

impl<T: Serialize> Serialize for Listed<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("schema", &1)?;
        map.serialize_entry(self.key, self.rows)?;
        map.end()
    }
}

fn print_csv<T>(context: &mut Context<'_>, rows: &[T], columns: &[Column<T>]) -> Result<()> {
    let mut text = csv_line(columns.iter().map(|column| column.name))?;
    for row in rows {
        text += &csv_line(columns.iter().map(|column| for_spreadsheets((column.cell)(row))))?;
    }
    context.print_data(&text)
}

/// Escapes a cell of CSV for spreadsheets, which would run some texts as formulas: those get an
/// apostrophe in front. [`without_guard`] removes it.
///
/// Numbers, phone numbers and a lone `-` are not formulas: `-1`, `+33612345678`.
// SECURITY: anyone who visits a portal can choose a name that ends up in the trail, and so in
// a CSV file.
pub(super) fn for_spreadsheets(cell: String) -> String {
    if has_guard(&cell) { format!("'{cell}") } else { cell }
}

/// Removes the apostrophe that [`for_spreadsheets`] added.
pub(super) fn without_guard(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| has_guard(cell)).unwrap_or(cell)
}

/// Returns whether a cell gets an apostrophe. So does a formula that already begins with one:
/// otherwise reading could not tell whether it was added.
fn has_guard(cell: &str) -> bool {
    let text = cell.trim_start_matches('\'');
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.starts_with(FORMULA_STARTS) && !is_number
}

/// What formulas begin with in various spreadsheets; some accept full-width characters too.
const FORMULA_STARTS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Formats one line of CSV.
pub(super) fn csv_line<T: AsRef<[u8]>>(cells: impl IntoIterator<Item = T>) -> Result<String> {
    let failed = |what: String| Error::new(ErrorKind::System, format!("cannot write CSV: {what}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(|error| failed(error.to_string()))?;
    let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Builds a table without borders, as wide as the terminal.
fn plain_table(context: &Context<'_>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if context.uses_color() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    if context.process.terminals.stdout {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

/// Shares the width so that the first column, which identifies rows, wraps last on a narrow
/// terminal.
fn share_width(table: &mut Table) {
    let widths = table.column_max_content_widths();
    let last = widths.len().saturating_sub(1);
    for (at, (column, width)) in table.column_iter_mut().zip(widths).enumerate() {
        if at == 0 {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width.min(32) + 2)));
        } else if at < last {
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Percentage(28)));
        }
    }
}

fn print_table(context: &mut Context<'_>, mut table: Table) -> Result<()> {
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    context.print(&format!("{}\n", table.trim_fmt()))
}

/// Builds a cell in the colour of its meaning.
fn styled(text: &str) -> Cell {
    let color = match text {
        "active" | "on" | "valid" => Some(Color::Green),
        "pending" | "none" | "expiring" => Some(Color::Yellow),
        "locked" | "off" | "expired" | "broken" => Some(Color::Red),
        _ => None,
    };
    let cell = Cell::new(printable(text));
    match color {
        Some(color) => cell.fg(color),
        None => cell,
    }
}

/// Prints names and their values for people.
pub(super) fn pairs(context: &mut Context<'_>, pairs: &[(&str, String)]) -> Result<()> {
    let mut table = plain_table(context);
    for (name, value) in pairs {
        table.add_row([Cell::new(*name).add_attribute(Attribute::Bold), styled(value)]);
    }
    print_table(context, table)
}

/// What happened to one entry that a command was to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::enum_variant_names, reason = "the variants are the words of the output")]
pub(super) enum Changed {
    Added,
    Changed,
    Unchanged,
    Removed,
    Moved,
    Failed,
}

impl Changed {
    fn as_str(self) -> &'static str {
        match self {
            Changed::Added => "added",
            Changed::Changed => "changed",
            Changed::Unchanged => "unchanged",
            Changed::Removed => "removed",
            Changed::Moved => "moved",
            Changed::Failed => "failed",
        }
    }
}

/// One line of the report of a command that makes changes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ChangeRow {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) result: Changed,
    pub(super) covered_by: Vec<String>,
    pub(super) error: Option<String>,
    /// The kind of the error.
    #[serde(rename = "kind", skip_serializing_if = "Option::is_none")]
    pub(super) error_kind: Option<&'static str>,
    /// How to fix a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
    /// When the entry ends, if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<String>,
}

impl ChangeRow {
    /// Builds the row of an attempted change.
    pub(super) fn new(
        kind: &'static str,
        name: impl Into<String>,
        result: Result<Changed>,
    ) -> Self {
        let (result, error) = match result {
            Ok(result) => (result, None),
            Err(error) => (Changed::Failed, Some(error)),
        };
        Self {
            kind,
            name: shortened(name.into(), LONGEST_MESSAGE),
            result,
            covered_by: Vec::new(),
            error: error.as_ref().map(ToString::to_string),
            error_kind: error.as_ref().map(|error| error.kind().as_str()),
            hint: error.as_ref().and_then(Error::hint).map(str::to_owned),
            until: None,
        }
    }

    /// Formats what the row is about: what it is, and its name.
    fn subject(&self) -> String {
        let is_key = |name: &str| KEYS.iter().any(|key| key.name == name);
        let what = match self.kind {
            "whitelist" => "whitelist entry",
            "license" => "licence",
            // Others say what they are: 'SMS gateway', 'two-factor authentication on'.
            "setting" if !is_key(&self.name) => return self.name.clone(),
            kind => kind,
        };
        format!("{what} {}", self.name)
    }

    /// Formats the result as one line for people.
    fn sentence(&self, dry_run: bool) -> String {
        let would = if dry_run { "would be " } else { "" };
        let covered = match self.covered_by.as_slice() {
            [] => String::new(),
            groups => format!(" (still covered by group {})", groups.join(", ")),
        };
        let until = match &self.until {
            Some(until) => format!(" (until {until})"),
            // Only a whitelist entry can end.
            None if self.kind == "whitelist" && self.result == Changed::Added => " (no end)".into(),
            None => String::new(),
        };
        let (subject, result) = (self.subject(), self.result.as_str());
        printable(&format!("{subject}: {would}{result}{covered}{until}"))
    }
}

/// The JSON document of a command that makes changes.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    dry_run: bool,
    changes: &'a [ChangeRow],
    /// How many lines of a list were skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<usize>,
}

/// Reports what a command changed, or would change.
pub(super) fn changes(
    context: &mut Context<'_>,
    dry_run: bool,
    rows: &[ChangeRow],
) -> Result<Done> {
    changes_of_list(context, dry_run, rows, None)
}

/// Reports like [`changes`], and says how many lines of a list were skipped.
pub(super) fn changes_of_list(
    context: &mut Context<'_>,
    dry_run: bool,
    rows: &[ChangeRow],
    skipped: Option<usize>,
) -> Result<Done> {
    report(context, &Report { schema: 1, dry_run, changes: rows, skipped })
}

fn report(context: &mut Context<'_>, report: &Report<'_>) -> Result<Done> {
    if context.globals.format == Format::Json {
        context.print_json(report)?;
    } else {
        for row in report.changes {
            if let Some(error) = &row.error {
                let quoted = format!("'{}'", row.name);
                let error = if error.contains(&quoted) || row.name.is_empty() {
                    error.clone()
                } else {
                    format!("{}: {error}", row.subject())
                };
                context.complain_in_words(&error, row.hint.as_deref());
            } else if !context.globals.quiet {
                context.print(&format!("{}\n", row.sentence(report.dry_run)))?;
            }
        }
    }
    let failed = report.changes.iter().any(|row| row.result == Changed::Failed);
    Ok(if failed { Done::Partly } else { Done::All })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards spreadsheets: no text runs as a formula, no number becomes text, and each cell is read
    /// back as it was.
    #[test]
    fn no_cell_is_a_formula() {
        for (cell, expected) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("-1-cmd", "'-1-cmd"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("+33612345678", "+33612345678"),
            ("-1", "-1"),
            ("-1.5", "-1.5"),
            ("-", "-"),
            ("", ""),
            ("alice", "alice"),
            ("a=b", "a=b"),
            ("'quoted", "'quoted"),
            ("'", "'"),
            ("'=1", "''=1"),
            ("''@x", "'''@x"),
            ("'-1", "'-1"),
        ] {
            assert_eq!(for_spreadsheets(cell.to_owned()), expected, "{cell:?}");
            assert_eq!(without_guard(expected), cell, "{expected:?}");
        }
    }
}
