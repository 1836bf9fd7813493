//! `rw2fa audit`: reads the audit trail, verifies its chain, and archives old months.
//!
//! Reads, filters and prints one line at a time, so memory use does not grow with the trail.

mod archive;
mod follow;
mod printer;
mod row;
mod verify;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueHint};

use self::printer::{Fragments, Printer, Shape};
use self::row::Row;

use crate::audit::Line;
use crate::cli::context::{Context, Opened};
use crate::cli::moment::{Counts, Moment};
use crate::cli::{Done, parse_name};
use crate::error::Result;
use crate::names::matching::{Domains, Resolution, resolve};
use crate::names::name::{Domain, Name};
use crate::store::{EachLine, Place};
use crate::time::Timestamp;
use crate::verify::reason::Outcome;

/// Read the audit trail
///
/// Shows every login that was decided and every change by an administrator, oldest first.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:\n  rw2fa audit --user alice --since 2d\n  \
                        rw2fa audit --outcome deny --since 2026-11-01 --until 2026-11-30 --format csv\n  \
                        rw2fa audit --follow --outcome deny --format json")]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: Option<AuditCommand>,
    /// Show only lines about this user, group or setting
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Show only decisions with this outcome
    #[arg(long, value_parser = outcomes())]
    outcome: Option<String>,
    /// Show only lines since a date, a time, or this long ago: 2026-12-31, 2026-12-31T18:00 (UTC),
    /// 2026-12-31T18:00+01:00, 30m, 8h, 3d, 2w
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Show only lines until then, in the same form as --since; a date includes that whole day
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Include the archived months in this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    archive: Option<PathBuf>,
    /// Show only the last N of these lines
    #[arg(long, short = 'n', value_name = "N")]
    lines: Option<usize>,
    /// Keep running, and show each new line; begins with the last 10, or with those of -n or --since
    #[arg(long, short = 'f', conflicts_with_all = ["until", "archive"])]
    follow: bool,
}

#[derive(Subcommand, Debug)]
enum AuditCommand {
    Verify(verify::AuditVerifyArgs),
    Archive(archive::AuditArchiveArgs),
}

pub(super) fn run(context: &mut Context<'_>, args: &AuditArgs) -> Result<Done> {
    match &args.command {
        Some(AuditCommand::Verify(args)) => verify::run(context, args),
        Some(AuditCommand::Archive(args)) => archive::run(context, args),
        None => show(context, args),
    }
}

/// Parses an outcome. Participles such as `denied` mean the same.
fn outcomes() -> impl TypedValueParser<Value = String> {
    let participle = |outcome| match outcome {
        Outcome::Grant => "granted",
        Outcome::Deny => "denied",
        Outcome::Challenge => "challenged",
        Outcome::Error => "failed",
        Outcome::Ended => "end",
    };
    let words =
        Outcome::ALL.map(|outcome| PossibleValue::new(outcome.as_str()).alias(participle(outcome)));
    PossibleValuesParser::new(words).map(move |word| {
        let is_meant = |outcome: &Outcome| participle(*outcome).eq_ignore_ascii_case(&word);
        let meant = Outcome::ALL.into_iter().find(is_meant).map(Outcome::as_str);
        meant.map_or_else(|| word.to_lowercase(), str::to_owned)
    })
}

/// Selects the lines to show.
struct Filter {
    name: Option<Name>,
    domains: Domains,
    outcome: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Filter {
    fn new(args: &AuditArgs, domains: &Domains, now: Timestamp) -> Result<Self> {
        let moment = |option, text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| Moment::parse(option, text, now, Counts::Back)).transpose()
        };
        Ok(Self {
            name: args.user.as_deref().map(parse_name).transpose()?,
            domains: domains.clone(),
            outcome: args.outcome.clone(),
            since: moment("--since", &args.since)?.map(Moment::start),
            until: moment("--until", &args.until)?.map(Moment::last),
        })
    }

    fn wants(&self, row: &Row) -> bool {
        let time = row.time.as_deref().and_then(Timestamp::parse);
        let is_later = |limit| time.is_some_and(|time| time >= limit);
        let is_earlier = |limit| time.is_some_and(|time| time <= limit);
        self.since.is_none_or(is_later)
            && self.until.is_none_or(is_earlier)
            && self.outcome.as_ref().is_none_or(|outcome| row.outcome.as_ref() == Some(outcome))
            && self.name.as_ref().is_none_or(|name| concerns(row, name, &self.domains))
    }
}

impl Filter {
    /// Passes the row of a line to `each`, if it is wanted.
    fn pass(
        &self,
        place: &Place<'_>,
        bytes: &[u8],
        fragments: &mut Fragments,
        each: &mut dyn FnMut(Row) -> Result<()>,
    ) -> Result<()> {
        let line = Line::parse(bytes);
        // SECURITY: text that is not a valid line is shown despite any filter: it may have been
        // about anything.
        if let Some(broken) = fragments.next(place, bytes, line.as_ref()) {
            each(broken)?;
        }
        let row = line.as_ref().and_then(Row::from_line).filter(|row| self.wants(row));
        row.map_or(Ok(()), each)
    }
}

/// Returns whether a line is about `name`. A name without a domain matches every domain, and a name with
/// one also matches entries that it may belong to.
fn concerns(row: &Row, name: &Name, domains: &Domains) -> bool {
    [&row.user, &row.object].into_iter().flatten().any(|text| {
        Name::parse(text).is_ok_and(|other| {
            other.key() == name.key()
                && (*name.domain() == Domain::Unqualified
                    || resolve(name, &[other], domains) != Resolution::Unlisted)
        })
    })
}

/// Passes each line of the trail to `each`, after those of an archive, if one is given.
fn read(opened: &Opened, archive: Option<&Path>, each: &mut EachLine<'_>) -> Result<()> {
    match archive {
        Some(directory) => opened.store.archived_lines(directory, each),
        None => opened.store.audit_lines(each),
    }
}

fn show(context: &mut Context<'_>, args: &AuditArgs) -> Result<Done> {
    let opened = context.open()?;
    let filter = Filter::new(args, &opened.settings.domains, context.now())?;
    if args.follow {
        return follow::run(context, &opened, &filter, args);
    }
    let mut rows = Rows::new(Printer::begin(context, Shape::Document)?, args.lines);
    let mut fragments = Fragments::default();
    read(&opened, args.archive.as_deref(), &mut |place, bytes| {
        filter.pass(place, bytes, &mut fragments, &mut |row| rows.add(context, row))
    })?;
    if let Some(broken) = fragments.last() {
        rows.add(context, broken)?;
    }
    let printer = rows.print(context)?;
    let done = fragments.report(context);
    printer.end(context)?;
    Ok(done)
}

/// The rows to show: all as they come, or the last few.
struct Rows {
    printer: Printer,
    /// How many rows at the end to show; all without a number.
    most: Option<usize>,
    last: VecDeque<Row>,
}

impl Rows {
    fn new(printer: Printer, most: Option<usize>) -> Self {
        Self { printer, most, last: VecDeque::new() }
    }

    fn add(&mut self, context: &mut Context<'_>, row: Row) -> Result<()> {
        let Some(most) = self.most else { return self.printer.print(context, &row) };
        self.last.push_back(row);
        if self.last.len() > most {
            self.last.pop_front();
        }
        Ok(())
    }

    /// Prints the last rows.
    fn print(mut self, context: &mut Context<'_>) -> Result<Printer> {
        self.last.iter().try_for_each(|row| self.printer.print(context, row))?;
        Ok(self.printer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards that a name finds its lines in every spelling, and no lines of another domain.
    #[test]
    fn a_name_matches_only_its_own_lines() {
        let row = |user: &str| {
            let mut row = Row::broken("", 0);
            row.user = Some(user.into());
            row
        };
        let domains = Domains::new(None, [("corp.example", "CORP")]);
        for (filter, user, found) in [
            ("Alice", "alice", true),
            ("alice", "corp\\alice", true),
            ("CORP\\alice", "corp\\alice", true),
            ("CORP\\alice", "alice", true),
            ("alice@corp.example", "alice", true),
            ("alice@corp.example", "corp\\alice", true),
            ("alice@corp.example", "lab\\alice", false),
            ("CORP\\alice", "lab\\alice", false),
            ("alice", "bob", false),
        ] {
            assert_eq!(
                concerns(&row(user), &Name::parse(filter).unwrap(), &domains),
                found,
                "{filter} {user}"
            );
        }
    }
}
