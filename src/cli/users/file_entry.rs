//! An entry of the list that `rw2fa users add --from` reads: one line with its attributes checked.

use super::parse_notes;
use crate::cli::csv_file::{Line, List, invalid};
use crate::error::{Error, ErrorKind, Result};
use crate::gateway::number;
use crate::names::listing::{Listing, Method, Phone};
use crate::names::name::Name;
use crate::store::DocumentKind;
use crate::time::Timestamp;
use crate::typing;

/// One entry to add.
#[derive(Debug)]
pub(super) struct Entry {
    /// The line number, counted from 1.
    pub(super) line: u64,
    pub(super) kind: DocumentKind,
    pub(super) name: Name,
    /// The name as written in the list.
    pub(super) written: String,
    /// How the user gets codes.
    pub(super) method: Method,
    /// The number that SMS are sent to.
    pub(super) phone: Option<Phone>,
    pub(super) notes: Option<String>,
}

impl Entry {
    /// Reads the attributes of a line. Without a method, it gets `default`.
    pub(super) fn of_line(list: &List, line: &Line, default: Method) -> Result<Self> {
        let cell = |column| list.cell(line, column).unwrap_or_default();
        let refused = |what: String| Error::new(ErrorKind::Refused, what);
        let method = match cell("method").to_ascii_lowercase().as_str() {
            "" => default,
            "app" => Method::App,
            "sms" => Method::Sms,
            _ => return Err(invalid("method", &cell("method"), "write app or sms")),
        };
        let phone = match cell("phone").as_str() {
            text if typing::is_blank(text) => None,
            text => Some(number::parse(text).map_err(|hint| {
                refused(format!("'{text}' is not a phone number")).with_hint(hint)
            })?),
        };
        if phone.is_some() && line.kind == DocumentKind::Group {
            let what = format!("'{}' is a group and has a phone number", line.name);
            return Err(
                refused(what).with_hint("only users have phone numbers: leave the field empty")
            );
        }
        let notes = Some(cell("notes")).filter(|notes| !notes.is_empty());
        if let Some(Err(problem)) = notes.as_deref().map(parse_notes) {
            return Err(refused(format!("the notes of '{}' are too long: {problem}", line.name)));
        }
        Ok(Self {
            line: line.number,
            kind: line.kind,
            name: line.name.clone(),
            written: line.written.clone(),
            method,
            phone,
            notes,
        })
    }

    /// Builds the listing that the entry asks for.
    pub(super) fn listing(&self, added: Timestamp) -> Listing {
        Listing { method: self.method, phone: self.phone.clone(), notes: self.notes.clone(), added }
    }
}
