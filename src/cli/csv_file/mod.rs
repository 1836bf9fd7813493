//! Lists of names as CSV files: what `--from` reads.
//!
//! Knows the format only: who is listed, and what happens to each name, is up to the commands.

mod encoding;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::cli::context::{Context, count};
use crate::cli::file_argument::{self, Limits};
use crate::cli::output::without_guard;
use crate::error::{Error, ErrorKind, Result};
use crate::names::name::Name;
use crate::store::DocumentKind;

/// The columns that commands read. Only the first is required. A similar name is refused as a misspelling, because the
/// loss of the column would go unnoticed; all others are ignored.
const COLUMNS: [&str; 9] =
    ["name", "type", "method", "phone", "notes", "listed", "reason", "until", "state"];

/// What separates columns, in order of preference.
const DELIMITERS: [(u8, &str); 3] = [(b',', "comma"), (b';', "semicolon"), (b'\t', "tab")];

/// How to write a header.
const HEADER: &str =
    "the first line names the columns, such as name,type,method,phone; only name is required";

/// What spreadsheets write for true and false, in the languages that separate columns by semicolons
/// too.
const YES: [&str; 9] =
    ["", "true", "yes", "wahr", "vrai", "verdadero", "vero", "waar", "verdadeiro"];
const NO: [&str; 6] = ["false", "falsch", "faux", "falso", "onwaar", "no"];

/// A list of 100,000 users has about 3 MB. A name has at most 256 bytes; other columns may be
/// longer.
const LIMITS: Limits = Limits { mebibytes: 64, line_mebibytes: 1, may_begin: |_| true };

/// A list of names.
#[derive(Debug, Default)]
pub(super) struct List {
    /// Where it comes from, for messages.
    place: String,
    columns: HashMap<&'static str, usize>,
    /// The lines without problems so far.
    pub(super) lines: Vec<Line>,
    /// The problems so far, by line.
    pub(super) problems: Vec<(u64, Error)>,
}

/// One line of a list.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The line number, counted from 1.
    pub(super) number: u64,
    /// A user or a group.
    pub(super) kind: DocumentKind,
    pub(super) name: Name,
    /// The name as written in the list.
    pub(super) written: String,
    /// Whether the list says that the name is listed itself, not only covered by a group.
    pub(super) is_listed: bool,
    record: StringRecord,
}

impl List {
    /// Reads the list of the option `--from`; `-` is standard input. Must happen before the store
    /// is opened: after that, this may be an account that cannot read the file.
    ///
    /// # Errors
    /// When it cannot be read as text. Bad lines are in the result.
    pub(super) fn read(context: &mut Context<'_>, path: &Path) -> Result<Self> {
        let is_stdin = path == Path::new("-");
        let place = if is_stdin { "standard input".into() } else { path.display().to_string() };
        context.takes_list_from_stdin = is_stdin;
        let bytes = file_argument::read_bytes(context, path, &LIMITS)?;
        let text = encoding::decode(&bytes, &place)?;
        Ok(Self { place, ..Self::parse(&text) })
    }

    /// Parses the text of a list.
    fn parse(text: &str) -> Self {
        let (delimiter, header) = delimiter_and_header(text);
        let mut list = Self::default();
        match columns(&header, delimiter) {
            Ok(columns) => list.columns = columns,
            Err(error) => {
                list.problems.push((1, error));
                return list;
            }
        }
        // Fields are trimmed later: a line break at the end of a field reveals an unclosed quote.
        let mut reader = ReaderBuilder::new();
        let reader = reader.flexible(true).trim(Trim::None).delimiter(delimiter);
        let mut reader = reader.from_reader(text.as_bytes());
        let mut numbers = Numbers { text, at: 0, line: 1 };
        let mut record = StringRecord::new();
        // UTF-8 in memory, with records of any length, cannot fail.
        while reader.read_record(&mut record).unwrap_or(false) {
            let start = record.position().map_or(0, csv::Position::byte);
            let (number, raw) = numbers.of_record(start, reader.position().byte());
            if record.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let syntax = Syntax { width: header.len(), delimiter, raw };
            match syntax.check(&record, &list.columns).and_then(|()| list.line(number, &record)) {
                Ok(line) => list.lines.push(line),
                Err(error) => list.problems.push((number, error)),
            }
        }
        list
    }

    fn line(&self, number: u64, record: &StringRecord) -> Result<Line> {
        let cell = |column| self.cell_of(record, column).unwrap_or_default();
        let written = cell("name");
        let name = crate::cli::parse_name(&written)?;
        let kind = match cell("type").to_ascii_lowercase().as_str() {
            "" | "user" => DocumentKind::User,
            "group" => DocumentKind::Group,
            _ => return Err(invalid("type", &cell("type"), "write user or group")),
        };
        let listed = cell("listed").to_lowercase();
        let is_listed = YES.contains(&listed.as_str());
        if !is_listed && !NO.contains(&listed.as_str()) {
            return Err(invalid("value of 'listed'", &listed, "write true or false"));
        }
        Ok(Line { number, kind, name, written, is_listed, record: record.clone() })
    }

    /// Returns the text of a line in a column; `None` if the list has no such column.
    pub(super) fn cell(&self, line: &Line, column: &str) -> Option<String> {
        self.cell_of(&line.record, column)
    }

    fn cell_of(&self, record: &StringRecord, column: &str) -> Option<String> {
        let text = record.get(*self.columns.get(column)?).unwrap_or_default();
        // Notes are kept as they are.
        Some(without_guard(if column == "notes" { text } else { text.trim() }).to_owned())
    }

    /// Removes the lines that `keep` rejects, and returns how many there were.
    pub(super) fn keep(&mut self, keep: impl Fn(&Self, &Line) -> bool) -> usize {
        let lines = std::mem::take(&mut self.lines);
        let before = lines.len();
        let kept: Vec<_> = lines.into_iter().filter(|line| keep(self, line)).collect();
        self.lines = kept;
        before - self.lines.len()
    }

    /// Finds names that the list has twice.
    pub(super) fn find_duplicates(&mut self) {
        let mut seen = HashMap::with_capacity(self.lines.len());
        for line in &self.lines {
            if let Some(first) = seen.insert((line.kind, &line.name), line.number) {
                self.problems.push((line.number, named(&line.name, &twice(first))));
            }
        }
    }

    /// Reports every bad line by its number. `unchanged` says that nothing was done.
    ///
    /// # Errors
    /// When there is any.
    pub(super) fn refuse_problems(
        &mut self,
        context: &mut Context<'_>,
        unchanged: &str,
    ) -> Result<()> {
        let mut problems = std::mem::take(&mut self.problems);
        if problems.is_empty() {
            if self.lines.is_empty() {
                context.note(&format!("{} names 0 users and groups: nothing to do", self.place));
            }
            return Ok(());
        }
        problems.sort_by_key(|(line, _)| *line);
        let place = &self.place;
        for (line, problem) in &problems {
            let problem = problem.about(format!("{place}, line {line}: {problem}"));
            context.complain_about(&problem, Some(*line));
        }
        problems.dedup_by_key(|(line, _)| *line);
        let found = count(problems.len(), "bad line");
        Err(Error::new(ErrorKind::Refused, format!("{place} has {found}; {unchanged}"))
            .with_hint("fix the list and run the command again"))
    }
}

/// Builds the error for a cell that is not valid.
pub(super) fn invalid(what: &str, value: &str, words: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("'{value}' is not a valid {what}: {words}"))
}

/// Builds the error for a name that an earlier line has too.
pub(super) fn twice(first: u64) -> Error {
    Error::new(ErrorKind::Conflict, format!("already in line {first}"))
        .with_hint("remove one of the lines")
}

/// Adds a name to a problem.
pub(super) fn named(name: &Name, problem: &Error) -> Error {
    problem.about(format!("'{name}': {problem}"))
}

/// Chooses the delimiter with which the first line has a column `name`, and returns that line.
fn delimiter_and_header(text: &str) -> (u8, StringRecord) {
    let header = |delimiter| {
        let mut reader = ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true).delimiter(delimiter);
        let mut record = StringRecord::new();
        let found = reader.from_reader(text.as_bytes()).read_record(&mut record);
        // UTF-8 in memory cannot fail.
        found.map_or_else(|_| StringRecord::new(), |_| record)
    };
    let headers = DELIMITERS.map(|(delimiter, _)| (delimiter, header(delimiter)));
    let has_name = |header: &StringRecord| header.iter().any(|field| is_column(field, "name"));
    // Without a name, the error is about the columns that were meant.
    let most = headers.iter().rev().max_by_key(|(_, header)| header.len()).cloned();
    headers.into_iter().find(|(_, header)| has_name(header)).or(most).unwrap_or_default()
}

fn is_column(field: &str, column: &str) -> bool {
    field.trim().eq_ignore_ascii_case(column)
}

/// Finds the positions of the columns.
fn columns(header: &StringRecord, delimiter: u8) -> Result<HashMap<&'static str, usize>> {
    let refused = |what: String| Err(Error::new(ErrorKind::Refused, what).with_hint(HEADER));
    Syntax { width: header.len(), delimiter, raw: "" }.check(header, &HashMap::new())?;
    let mut places = HashMap::new();
    for column in COLUMNS {
        let mut found = header.iter().enumerate().filter(|(_, field)| is_column(field, column));
        if let Some((at, _)) = found.next() {
            places.insert(column, at);
            if found.next().is_some() {
                return refused(format!("the column '{column}' appears twice"));
            }
        }
    }
    for field in header.iter().map(|field| field.trim().to_lowercase()) {
        let is_meant = |column: &&str| {
            !places.contains_key(column) && strsim::damerau_levenshtein(&field, column) == 1
        };
        if let Some(column) = COLUMNS.into_iter().find(is_meant) {
            return refused(format!("the header has a column '{field}': did you mean '{column}'?"));
        }
    }
    if !places.contains_key("name") {
        return refused("the header has no column 'name'".into());
    }
    Ok(places)
}

/// What a record must look like to be one line.
struct Syntax<'t> {
    /// The number of columns.
    width: usize,
    delimiter: u8,
    /// The text of the record.
    raw: &'t str,
}

impl Syntax<'_> {
    /// Rejects records that may have swallowed other lines, and those with too few or too many
    /// fields.
    fn check(&self, record: &StringRecord, columns: &HashMap<&str, usize>) -> Result<()> {
        let refused =
            |what: String, hint: String| Err(Error::new(ErrorKind::Refused, what).with_hint(hint));
        let notes = columns.get("notes").copied();
        for (at, field) in record.iter().enumerate() {
            if field.contains(['\n', '\r']) && !(notes == Some(at) && self.is_one_cell(field)) {
                return refused(
                    "a field spans several lines".into(),
                    "look for an unclosed quote".into(),
                );
            }
        }
        if record.len() != self.width {
            let named = DELIMITERS.iter().find(|(byte, _)| *byte == self.delimiter);
            let delimiter = named.map_or("comma", |(_, name)| *name);
            return refused(
                format!("has {} fields, but the header has {}", record.len(), self.width),
                format!("put a field that contains a {delimiter} in quotes"),
            );
        }
        Ok(())
    }

    /// Returns whether notes of several lines are one quoted cell. Text that looks like whole
    /// records was swallowed by an unclosed quote.
    // SECURITY: no user may be skipped silently.
    fn is_one_cell(&self, field: &str) -> bool {
        let delimiter = char::from(self.delimiter);
        let quoted = format!("\"{}\"", field.replace('"', "\"\""));
        let is_whole = self.raw.match_indices(&quoted).any(|(at, _)| {
            let (before, after) = (&self.raw[..at], &self.raw[at + quoted.len()..]);
            let is_edge = |c: char| c == delimiter || c == '\n' || c == '\r';
            before.chars().next_back().is_none_or(is_edge)
                && after.chars().next().is_none_or(is_edge)
        });
        let is_record = |line: &str| line.matches(delimiter).count() + 1 >= self.width;
        is_whole && !field.split(['\n', '\r']).any(is_record)
    }
}

/// Counts lines as an editor does, including empty ones.
struct Numbers<'t> {
    text: &'t str,
    at: usize,
    line: u64,
}

impl<'t> Numbers<'t> {
    /// Returns the line number and the text of a record after the previous one.
    fn of_record(&mut self, start: u64, end: u64) -> (u64, &'t str) {
        let place =
            |at: u64| usize::try_from(at).unwrap_or(self.at).clamp(self.at, self.text.len());
        let (start, end) = (place(start), place(end));
        // The reader counts empty lines, and the end of the previous line, as part of a record.
        let rest = self.text.get(start..).unwrap_or_default().trim_start_matches(['\r', '\n']);
        let start = self.text.len() - rest.len();
        self.line += self.text[self.at..start].matches('\n').count() as u64;
        self.at = start;
        (self.line, self.text.get(start..end).unwrap_or_default())
    }
}
