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
        Format::Csv => print_csv(context, rows, columns, for_spreadsheets),
        Format::Text => {
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

/// Prints rows like [`list`], for a command that reads them back as CSV: cells are not altered.
pub(super) fn list_to_read_back<T: Serialize>(
    context: &mut Context<'_>,
    key: &str,
    rows: &[T],
    columns: &[Column<T>],
    nothing: &str,
) -> Result<()> {
    if context.globals.format == Format::Csv {
        return print_csv(context, rows, columns, |cell| cell);
    }
    list_or(context, key, rows, columns, nothing)
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

fn print_csv<T>(
    context: &mut Context<'_>,
    rows: &[T],
    columns: &[Column<T>],
    form: fn(String) -> String,
) -> Result<()> {
    let mut text = csv_line(columns.iter().map(|column| column.name))?;
    for row in rows {
        text += &csv_line(columns.iter().map(|column| form((column.cell)(row))))?;
    }
    context.print_data(&text)
}

/// Escapes a cell of CSV for spreadsheets, which would run some texts as formulas: those get an
/// apostrophe in front.
///
/// Numbers, phone numbers and a lone `-` are not formulas: `-1`, `+33612345678`.
// SECURITY: anyone who visits a portal can choose a name that ends up in the trail, and so in
// a CSV file.
pub(super) fn for_spreadsheets(cell: String) -> String {
    let is_number = || {
        let digits = cell.strip_prefix(['+', '-']).unwrap_or(&cell);
        digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    if cell.starts_with(FORMULA_STARTS) && !is_number() { format!("'{cell}") } else { cell }
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
    /// When the entry ends, if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<String>,
    /// How to fix a failure; shown to people.
    #[serde(skip)]
    pub(super) hint: Option<String>,
}

impl ChangeRow {
    /// Builds the row of an attempted change.
    pub(super) fn new(
        kind: &'static str,
        name: impl Into<String>,
        result: Result<Changed>,
    ) -> Self {
        let (result, error, hint) = match result {
            Ok(result) => (result, None, None),
            Err(error) => {
                (Changed::Failed, Some(error.to_string()), error.hint().map(str::to_owned))
            }
        };
        Self {
            kind,
            name: shortened(name.into(), LONGEST_MESSAGE),
            result,
            covered_by: Vec::new(),
            error,
            until: None,
            hint,
        }
    }
}

/// The JSON document of a command that makes changes.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    dry_run: bool,
    changes: &'a [ChangeRow],
}

/// Reports what a command changed, or would change.
pub(super) fn changes(
    context: &mut Context<'_>,
    dry_run: bool,
    rows: &[ChangeRow],
) -> Result<Done> {
    if context.globals.format == Format::Json {
        context.print_json(&Report { schema: 1, dry_run, changes: rows })?;
    } else {
        for row in rows {
            let name = printable(&row.name);
            if let Some(error) = &row.error {
                let quoted = format!("'{name}'");
                let error = if error.contains(&quoted) || row.name.is_empty() {
                    error.clone()
                } else {
                    format!("{name}: {error}")
                };
                context.complain_in_words(&error, row.hint.as_deref());
            } else if !context.globals.quiet {
                let would = if dry_run { "would be " } else { "" };
                let covered = match row.covered_by.as_slice() {
                    [] => String::new(),
                    groups => {
                        format!(" (still covered by group {})", printable(&groups.join(", ")))
                    }
                };
                let until = match &row.until {
                    Some(until) => format!(" (until {until})"),
                    // Only a whitelist entry can end.
                    None if row.kind == "whitelist" && row.result == Changed::Added => {
                        " (no end)".to_owned()
                    }
                    None => String::new(),
                };
                let result = row.result.as_str();
                context.print(&format!("{name}: {would}{result}{covered}{until}\n"))?;
            }
        }
    }
    let failed = rows.iter().any(|row| row.result == Changed::Failed);
    Ok(if failed { Done::Partly } else { Done::All })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards spreadsheets: no text runs as a formula, and no number becomes text.
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
        ] {
            assert_eq!(for_spreadsheets(cell.to_owned()), expected, "{cell:?}");
        }
    }
}
