//! The CSV file of `rw2fa users add --from`: parses lines into entries or errors.
//!
//! Knows the format of the file only, not who is listed already.

use csv::{Position, ReaderBuilder, StringRecord, Trim};

use crate::error::{Error, ErrorKind, Result};
use crate::gateway::number;
use crate::names::listing::{Listing, Method, Phone};
use crate::names::name::Name;
use crate::printable::printable;
use crate::store::DocumentKind;
use crate::time::Timestamp;
use crate::typing;

/// The required columns, in any order.
const COLUMNS: [&str; 4] = ["name", "type", "method", "phone"];

/// The error for a wrong header.
const HEADER: &str = "the first line must name the columns name,type,method,phone";

/// One line of the file.
#[derive(Debug)]
pub(super) struct Entry {
    /// The line number, counted from 1.
    pub(super) line: u64,
    pub(super) kind: DocumentKind,
    pub(super) name: Name,
    /// The name as written in the file.
    pub(super) written: String,
    /// How the user gets codes.
    pub(super) method: Method,
    /// The number that SMS are sent to.
    pub(super) phone: Option<Phone>,
}

/// Parses a file into entries and errors. Lines without a method get `method`.
pub(super) fn parse(text: &str, method: Method) -> (Vec<Entry>, Vec<(u64, Error)>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Fields are trimmed later: a line break at the end of a field reveals an unclosed quote.
    let mut reader =
        ReaderBuilder::new().flexible(true).trim(Trim::None).from_reader(text.as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let columns = match in_one_line(&header).and_then(|()| columns(&header)) {
        Ok(columns) => columns,
        Err(error) => return (Vec::new(), vec![(1, error)]),
    };
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    let mut lines = Lines { text, at: 0, line: 1 };
    for record in reader.into_records() {
        // UTF-8 in memory, with records of any length, cannot fail in other ways.
        let Ok(record) = record else { continue };
        let line = lines.number(record.position());
        match entry(&record, line, header.len(), columns, method) {
            Ok(entry) => entries.push(entry),
            Err(error) => problems.push((line, error)),
        }
    }
    (entries, problems)
}

/// Counts lines as an editor does, including empty ones.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// Returns the line of a record at or after the previous one.
    fn number(&mut self, position: Option<&Position>) -> u64 {
        let start = position.and_then(|position| usize::try_from(position.byte()).ok());
        let start = start.unwrap_or(self.at).clamp(self.at, self.text.len());
        // The reader counts empty lines, and the end of the previous line, as part of a record.
        let rest = self.text[start..].trim_start_matches(['\r', '\n']);
        let start = self.text.len() - rest.len();
        self.line += self.text[self.at..start].matches('\n').count() as u64;
        self.at = start;
        self.line
    }
}

/// Rejects a record that spans lines, even in unused columns.
fn in_one_line(record: &StringRecord) -> Result<()> {
    if record.iter().any(|field| field.contains(['\n', '\r'])) {
        // An open quote swallows the lines after it: no user may be skipped silently.
        return Err(Error::new(ErrorKind::Refused, "a field spans several lines")
            .with_hint("look for an unclosed quote"));
    }
    Ok(())
}

/// Finds the positions of the columns.
fn columns(header: &StringRecord) -> Result<[usize; 4]> {
    let refused = |what: String| Err(Error::new(ErrorKind::Refused, what).with_hint(HEADER));
    let mut places = [0; 4];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        let mut found =
            header.iter().enumerate().filter(|(_, name)| name.trim().eq_ignore_ascii_case(column));
        match (found.next(), found.next()) {
            (Some((at, _)), None) => *place = at,
            (Some(_), Some(_)) => {
                return refused(format!("the column '{column}' appears twice"));
            }
            (None, _)
                if header.len() == 1 && header.iter().any(|name| name.contains([';', '\t'])) =>
            {
                return refused("the columns are not separated by commas".into());
            }
            (None, _) => return refused(format!("the header has no column '{column}'")),
        }
    }
    Ok(places)
}

fn entry(
    record: &StringRecord,
    line: u64,
    width: usize,
    [name, kind, method, phone]: [usize; 4],
    default: Method,
) -> Result<Entry> {
    let refused = |what: String| Error::new(ErrorKind::Refused, what);
    in_one_line(record)?;
    if record.len() != width {
        let what = format!("has {} fields, but the header has {width}", record.len());
        return Err(refused(what).with_hint("put a name that contains a comma in quotes"));
    }
    let field = |at: usize| record.get(at).unwrap_or_default().trim();
    let unknown = |column: &str, value: &str, words: &str| {
        refused(format!("'{}' is not a valid {column}: {words}", printable(value)))
    };
    let written = field(name);
    let name = crate::cli::parse_name(written)?;
    let kind = match field(kind).to_ascii_lowercase().as_str() {
        "" | "user" => DocumentKind::User,
        "group" => DocumentKind::Group,
        _ => return Err(unknown("type", field(kind), "write user or group")),
    };
    let method = match field(method).to_ascii_lowercase().as_str() {
        "" => default,
        "app" => Method::App,
        "sms" => Method::Sms,
        _ => return Err(unknown("method", field(method), "write app or sms")),
    };
    let phone = match field(phone) {
        text if typing::is_blank(text) => None,
        text => Some(number::parse(text).map_err(|hint| {
            refused(format!("'{}' is not a phone number", printable(text))).with_hint(hint)
        })?),
    };
    if phone.is_some() && kind == DocumentKind::Group {
        return Err(refused(format!("'{name}' is a group and has a phone number"))
            .with_hint("only users have phone numbers: leave the field empty"));
    }
    Ok(Entry { line, kind, name, written: written.to_owned(), method, phone })
}

/// Adds the entry's name to a problem.
pub(super) fn named(entry: &Entry, problem: &Error) -> Error {
    let error = Error::new(problem.kind(), format!("'{}': {problem}", entry.name));
    match problem.hint() {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// Builds the listing that an entry asks for.
pub(super) fn listing(entry: &Entry, added: Timestamp) -> Listing {
    Listing { method: entry.method, phone: entry.phone.clone(), notes: None, added }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<(u64, String)> {
        let (entries, problems) = parse(text, Method::App);
        assert!(problems.is_empty(), "{text:?}: {problems:?}");
        entries.into_iter().map(|entry| (entry.line, entry.name.canonical())).collect()
    }

    fn problems(text: &str) -> Vec<(u64, String)> {
        let (_, problems) = parse(text, Method::App);
        problems.into_iter().map(|(line, error)| (line, error.to_string())).collect()
    }

    /// Guards the formats that spreadsheets and this program write.
    #[test]
    fn accepted_file_formats() {
        let alice = |line| vec![(line, "alice".to_owned())];
        for (text, expected) in [
            ("name,type,method,phone\nalice,user,app,\n", alice(2)),
            ("\u{feff}name,type,method,phone\r\nalice,user,app,\r\n", alice(2)),
            ("\"name\",\"type\",\"method\",\"phone\"\n\"alice\",\"user\",\"app\",\"\"", alice(2)),
            ("phone, Method,TYPE ,name\n,,, alice \n", alice(2)),
            ("name,type,method,phone\nalice, user,app , \n", alice(2)),
            ("name,type,method,phone\n\n\nalice,,,\n", alice(4)),
            ("name,type,method,phone,notes\nalice,,,,\"x, \"\"y\"\"\"\n", alice(2)),
            (
                "name,type,method,phone\n\"Staff, Remote\",group,,\n",
                vec![(2, "staff, remote".into())],
            ),
            ("name,type,method,phone\n", vec![]),
        ] {
            assert_eq!(names(text), expected, "{text:?}");
        }
    }

    /// Guards the attributes, and that an empty method means that of the command line.
    #[test]
    fn attributes_of_a_line() {
        let text = "name,type,method,phone\nalice,user,SMS,+33 6 12 34 56 78\nstaff,Group,,\n";
        let (entries, problems) = parse(text, Method::Sms);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(entries[0].method, Method::Sms);
        assert_eq!(
            entries[0].phone.as_ref().map(ToString::to_string).as_deref(),
            Some("+33612345678")
        );
        assert_eq!((entries[1].kind, entries[1].method), (DocumentKind::Group, Method::Sms));
    }

    /// Guards that every bad line is reported by its number, and that none hides another.
    #[test]
    fn bad_lines_are_reported_by_number() {
        let head = "name,type,method,phone\n";
        for (text, expected) in [
            ("", vec![(1, "the header has no column 'name'")]),
            ("alice\n", vec![(1, "the header has no column 'name'")]),
            ("name,type,methode,phone\n", vec![(1, "the header has no column 'method'")]),
            ("name;type;method;phone\n", vec![(1, "the columns are not separated by commas")]),
            ("name,name,type,method,phone\n", vec![(1, "the column 'name' appears twice")]),
            (
                "alice,user,app\n,,,\nbob,usr,,\ncarol,,push,\ndave,,,0612\nstaff,group,,+33612345678\n",
                vec![
                    (2, "has 3 fields, but the header has 4"),
                    (3, "'': the name is empty"),
                    (4, "'usr' is not a valid type: write user or group"),
                    (5, "'push' is not a valid method: write app or sms"),
                    (6, "'0612' is not a phone number"),
                    (7, "'staff' is a group and has a phone number"),
                ],
            ),
            ("a,,,,\n", vec![(2, "has 5 fields, but the header has 4")]),
            ("a,,,\"x\nb,,,\nc,,,\n", vec![(2, "a field spans several lines")]),
            ("a,,,\"\nb,,,\n", vec![(2, "a field spans several lines")]),
            ("a,,,\"\r\n", vec![(2, "a field spans several lines")]),
        ] {
            let whole = if expected[0].0 == 1 { text.to_owned() } else { format!("{head}{text}") };
            let found = problems(&whole);
            let found: Vec<_> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    /// Guards that an unclosed quote never swallows users silently: at the end of a line, in an
    /// unused column, or in the header.
    #[test]
    fn an_unclosed_quote_swallows_no_lines() {
        let broken = |line| (line, "a field spans several lines".to_owned());
        for (text, expected) in [
            ("name,type,method,phone,notes\nalice,user,app,,\"\nbob,user,app,,\n", 2),
            ("name,type,method,phone,x\nm0,,,,\nm1,user,app,,\"\nm2,user,app,,\nm3,,,,", 3),
            ("name,type,method,phone,x\rm1,user,app,,\"\rm2,user,app,,\r", 1),
            ("notes,name,type,method,phone\n\"\n,eve1,user,app,\n\",eve2,user,app,\n", 2),
            ("name,type,method,phone,\"notes\nalice,user,app,,\nbob,user,app,,\n", 1),
            ("name,type,method,phone,\"\nalice,user,app,,\n", 1),
        ] {
            let (entries, _) = parse(text, Method::App);
            assert!(entries.iter().all(|entry| entry.written == "m0"), "{text:?}: {entries:?}");
            assert_eq!(problems(text), [broken(expected)], "{text:?}");
        }
    }
}
