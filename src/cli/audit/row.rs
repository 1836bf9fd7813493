//! A line of the trail as `rw2fa audit` shows it.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::audit::{Event, Line};
use crate::cli::output::for_spreadsheets;
use crate::printable::printable;

/// The event of a row for text that is not a valid line.
const BROKEN: &str = "broken";

/// One line of the trail, as displayed.
#[derive(Default, Serialize)]
pub(super) struct Row {
    pub(super) time: Option<String>,
    pub(super) event: Option<String>,
    pub(super) user: Option<String>,
    pub(super) outcome: Option<String>,
    reason: Option<String>,
    session: Option<String>,
    client: Option<String>,
    ip: Option<String>,
    drift: Option<i32>,
    by: Option<String>,
    action: Option<String>,
    pub(super) object: Option<String>,
    values: Option<Value>,
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u64>,
    /// The account that sent the request over a socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<u32>,
    /// The month that an archive line names.
    #[serde(skip_serializing_if = "Option::is_none")]
    month: Option<String>,
    /// The file that contains the broken text.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

/// The columns of CSV, in the order of [`Row::cells`].
pub(super) const COLUMNS: [&str; 18] = [
    "time", "event", "user", "outcome", "reason", "session", "client", "ip", "drift", "by",
    "action", "object", "values", "seq", "attempt", "month", "file", "line",
];

impl Row {
    /// Builds the row of a canonical line.
    pub(super) fn from_line(line: &Line) -> Option<Self> {
        let own = |text: &str| Some(text.to_owned());
        let mut row = Self {
            time: own(line.time()),
            event: own(line.kind()),
            seq: Some(line.seq()),
            ..Self::default()
        };
        match line.event()? {
            Event::Verification(verification) => {
                row.user = own(verification.user);
                row.outcome = own(verification.outcome);
                row.reason = own(verification.reason);
                row.session = verification.session.and_then(own);
                row.client = verification.client.and_then(own);
                row.ip = verification.ip.and_then(own);
                row.drift = verification.drift;
                row.attempt = verification.attempt;
                row.caller = verification.caller;
            }
            Event::Change(change) => {
                row.by = own(change.by);
                row.action = own(change.action);
                row.object = change.object.and_then(own);
                row.values = Some(change.values.into());
                row.attempt = change.attempt;
            }
            Event::Repair { .. } => {}
            Event::KeyReset { by } => row.by = own(by),
            Event::Archive(archive) => {
                row.by = own(archive.by);
                row.month = own(archive.month);
            }
        }
        Some(row)
    }

    /// Builds the row of text that is not a valid line. None of the text itself is shown.
    pub(super) fn broken(file: &str, line: usize) -> Self {
        let event = Some(BROKEN.to_owned());
        Self { event, file: Some(file.to_owned()), line: Some(line), ..Self::default() }
    }

    pub(super) fn cells(&self) -> [String; COLUMNS.len()] {
        let text = |value: &Option<String>| for_spreadsheets(value.clone().unwrap_or_default());
        [
            text(&self.time),
            text(&self.event),
            text(&self.user),
            text(&self.outcome),
            text(&self.reason),
            text(&self.session),
            text(&self.client),
            text(&self.ip),
            self.drift.map(|drift| drift.to_string()).unwrap_or_default(),
            text(&self.by),
            text(&self.action),
            text(&self.object),
            self.values
                .as_ref()
                .map(|values| for_spreadsheets(values.to_string()))
                .unwrap_or_default(),
            self.seq.map(|seq| seq.to_string()).unwrap_or_default(),
            self.attempt.map(|attempt| attempt.to_string()).unwrap_or_default(),
            text(&self.month),
            text(&self.file),
            self.line.map(|line| line.to_string()).unwrap_or_default(),
        ]
    }

    /// Formats the row as one line for people.
    pub(super) fn sentence(&self) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let what = match text(&self.event).as_str() {
            "verification" => {
                let mut what = format!(
                    "{:<24}  {} ({})",
                    text(&self.user),
                    text(&self.outcome),
                    text(&self.reason)
                );
                for (name, value) in [("session", &self.session), ("from", &self.ip)] {
                    if let Some(value) = value {
                        what.extend(["  ", name, " ", value]);
                    }
                }
                what
            }
            "change" => {
                let object = text(&self.object);
                let values = self.values.as_ref().and_then(Value::as_object);
                let values = values.map(changes_in_words).unwrap_or_default();
                format!("{object:<24}  {} by {}{values}", text(&self.action), text(&self.by))
            }
            "key-reset" => format!("{:<24}  key reset by {}", "", text(&self.by)),
            "archive" => {
                format!("{:<24}  {} archived by {}", "", text(&self.month), text(&self.by))
            }
            BROKEN => {
                let line = self.line.unwrap_or_default();
                let place = format!("{}, line {line}", text(&self.file));
                return printable(&format!("broken line: {place}")).replace('\n', " ") + "\n";
            }
            other => format!("{:<24}  {other}", ""),
        };
        printable(&format!("{}  {}", text(&self.time), what)).trim_end().replace('\n', " ") + "\n"
    }
}

/// Formats each changed value, as in ` enrolment none → pending`.
fn changes_in_words(values: &Map<String, Value>) -> String {
    let word = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let change = |(key, pair): (&String, &Value)| {
        format!("  {key}: {} → {}", word(pair.get(0)), word(pair.get(1)))
    };
    values.iter().map(change).collect()
}
