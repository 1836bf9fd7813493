//! `rw2fa audit`: reads the audit trail, and checks its chain.
//!
//! Lines are read, filtered and printed one after the other: a trail of years needs no more memory than
//! one of a day.

mod verify;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::account::name::{Domain, Name};
use crate::cli::context::Context;
use crate::cli::output::{csv_line, for_spreadsheets};
use crate::cli::{Done, Format, parse_name};
use crate::error::{Error, Kind, Result};
use crate::printable::{printable, printable_json};
use crate::settings::duration;
use crate::store::Store;
use crate::time::Timestamp;
use crate::verify::reason::Outcome;

/// Read the audit trail
///
/// Shows every login that was decided and every change by an administrator, oldest first.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:\n  rw2fa audit --user alice --since 2d\n  \
                        rw2fa audit --outcome deny --since 2026-11-01 --until 2026-11-30 --format csv")]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: Option<AuditCommand>,
    /// Only lines about this user, group or setting
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only decisions with this outcome
    #[arg(long, value_parser = Outcome::ALL.map(Outcome::as_str))]
    outcome: Option<String>,
    /// Only lines from this time on: 2026-11-24T08:00:00Z, a date, or how long ago (90m, 8h, 2d)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only lines up to this time, written as for --since; a date means its last second
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

#[derive(Subcommand, Debug)]
enum AuditCommand {
    Verify(verify::AuditVerifyArgs),
}

pub(super) fn run(context: &mut Context<'_>, args: &AuditArgs) -> Result<Done> {
    match &args.command {
        Some(AuditCommand::Verify(args)) => verify::run(context, args),
        None => show(context, args),
    }
}

/// One line of the trail, as it is shown.
#[derive(Serialize)]
struct Row {
    time: Option<String>,
    event: Option<String>,
    user: Option<String>,
    outcome: Option<String>,
    reason: Option<String>,
    session: Option<String>,
    client: Option<String>,
    ip: Option<String>,
    drift: Option<i64>,
    by: Option<String>,
    action: Option<String>,
    object: Option<String>,
    values: Option<Value>,
    seq: Option<u64>,
}

/// The columns of CSV, in the order of [`Row::cells`].
const COLUMNS: [&str; 14] = [
    "time", "event", "user", "outcome", "reason", "session", "client", "ip", "drift", "by",
    "action", "object", "values", "seq",
];

impl Row {
    fn of(line: &[u8]) -> Option<Self> {
        let record: Map<String, Value> = serde_json::from_slice(line).ok()?;
        let text = |name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            time: text("time"),
            event: text("event"),
            user: text("user"),
            outcome: text("outcome"),
            reason: text("reason"),
            session: text("session"),
            client: text("client"),
            ip: text("ip"),
            drift: record.get("drift").and_then(Value::as_i64),
            by: text("by"),
            action: text("action"),
            object: text("object"),
            values: record.get("values").cloned(),
            seq: record.get("seq").and_then(Value::as_u64),
        })
    }

    fn cells(&self) -> [String; COLUMNS.len()] {
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
        ]
    }

    /// One line for people.
    fn sentence(&self) -> String {
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
            other => format!("{:<24}  {other}", ""),
        };
        printable(&format!("{}  {}", text(&self.time), what)).trim_end().replace('\n', " ") + "\n"
    }
}

/// ` enrolment none → pending`, for each value.
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

/// Which lines are wanted.
struct Filter {
    name: Option<Name>,
    outcome: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Filter {
    fn of(args: &AuditArgs, now: Timestamp) -> Result<Self> {
        let time = |text: &Option<String>, is_end| {
            text.as_deref().map(|text| point_in_time(text, now, is_end)).transpose()
        };
        Ok(Self {
            name: args.user.as_deref().map(parse_name).transpose()?,
            outcome: args.outcome.clone(),
            since: time(&args.since, false)?,
            until: time(&args.until, true)?,
        })
    }

    fn wants(&self, row: &Row) -> bool {
        let time = row.time.as_deref().and_then(Timestamp::parse);
        let is_later = |limit| time.is_some_and(|time| time >= limit);
        let is_earlier = |limit| time.is_some_and(|time| time <= limit);
        self.since.is_none_or(is_later)
            && self.until.is_none_or(is_earlier)
            && self.outcome.as_ref().is_none_or(|outcome| row.outcome.as_ref() == Some(outcome))
            && self.name.as_ref().is_none_or(|name| concerns(row, name))
    }
}

/// Whether a line is about `name`; a name without a domain means that of every domain.
fn concerns(row: &Row, name: &Name) -> bool {
    [&row.user, &row.object].into_iter().flatten().any(|text| {
        Name::parse(text).is_ok_and(|other| {
            other.key() == name.key()
                && (*name.domain() == Domain::Unqualified || other.canonical() == name.canonical())
        })
    })
}

/// Reads a time, a date, or how long ago. `is_end`: a date means its last second.
fn point_in_time(text: &str, now: Timestamp, is_end: bool) -> Result<Timestamp> {
    if let Some(ago) = duration::seconds(text) {
        let ago = i64::try_from(ago).unwrap_or(i64::MAX);
        return Ok(Timestamp::from_unix(now.unix().saturating_sub(ago)));
    }
    let time = Timestamp::parse(text).ok_or_else(|| {
        Error::new(Kind::Usage, format!("'{}' is no time", printable(text)))
            .hint("write 2026-11-24T08:00:00Z, 2026-11-24, or how long ago: 90m, 8h, 2d")
    })?;
    let is_date = text.trim().len() == "2026-11-24".len();
    Ok(if is_end && is_date { time.plus(86_399) } else { time })
}

fn show(context: &mut Context<'_>, args: &AuditArgs) -> Result<Done> {
    let opened = context.open()?;
    let filter = Filter::of(args, context.now())?;
    let mut printer = Printer::begin(context)?;
    let mut unreadable = 0_usize;
    opened.store.audit_lines(&mut |_, line| {
        match Row::of(line) {
            Some(row) if filter.wants(&row) => printer.print(context, &row)?,
            Some(_) => {}
            None => unreadable += 1,
        }
        Ok(())
    })?;
    printer.end(context)?;
    if unreadable > 0 {
        context.warn(&format!(
            "{} of the trail cannot be read; 'rw2fa audit verify' tells whether that is a crash's doing",
            crate::cli::context::count(unreadable, "line")
        ));
    }
    Ok(Done::All)
}

/// Prints rows as they come.
struct Printer {
    is_first: bool,
}

impl Printer {
    fn begin(context: &mut Context<'_>) -> Result<Self> {
        match context.globals.format {
            Format::Text => {}
            Format::Json => context.print("{\n  \"schema\": 1,\n  \"lines\": [")?,
            Format::Csv => context.print(&csv_line(COLUMNS)?)?,
        }
        Ok(Self { is_first: true })
    }

    fn print(&mut self, context: &mut Context<'_>, row: &Row) -> Result<()> {
        let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
        match context.globals.format {
            Format::Text => context.print(&row.sentence()),
            Format::Json => {
                let text = serde_json::to_string(row).map_err(|error| {
                    Error::new(Kind::System, format!("cannot write JSON: {error}"))
                })?;
                context.print(&format!("{comma}\n    {}", printable_json(&text)))
            }
            Format::Csv => context.print_data(&csv_line(row.cells())?),
        }
    }

    fn end(self, context: &mut Context<'_>) -> Result<()> {
        match context.globals.format {
            Format::Json if self.is_first => context.print("]\n}\n"),
            Format::Json => context.print("\n  ]\n}\n"),
            Format::Text | Format::Csv => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the three ways to write a time.
    #[test]
    fn times_are_points_dates_and_durations() {
        let now = Timestamp::parse("2026-11-24T08:00:00Z").unwrap();
        for (text, is_end, expected) in [
            ("2026-11-24T07:00:00+01:00", false, Some("2026-11-24T06:00:00Z")),
            ("2026-11-23", false, Some("2026-11-23T00:00:00Z")),
            ("2026-11-23", true, Some("2026-11-23T23:59:59Z")),
            ("2h", true, Some("2026-11-24T06:00:00Z")),
            ("99999999d", false, Some("1970-01-01T00:00:00Z")),
            ("yesterday", false, None),
            ("", false, None),
        ] {
            let time = point_in_time(text, now, is_end).ok().map(|time| time.to_string());
            assert_eq!(time.as_deref(), expected, "{text}");
        }
    }

    /// Guards that a name finds its lines in every spelling, and no other domain's.
    #[test]
    fn a_name_concerns_its_own_lines() {
        let row = |user: &str| Row::of(format!("{{\"user\":{user:?}}}").as_bytes()).unwrap();
        for (filter, user, found) in [
            ("Alice", "alice", true),
            ("alice", "corp\\alice", true),
            ("CORP\\alice", "corp\\alice", true),
            ("CORP\\alice", "lab\\alice", false),
            ("alice", "bob", false),
        ] {
            assert_eq!(
                concerns(&row(user), &Name::parse(filter).unwrap()),
                found,
                "{filter} {user}"
            );
        }
    }
}
