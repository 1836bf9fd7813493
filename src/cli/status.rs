//! `rw2fa status`: one screen that answers "are my users protected?"

use clap::Args;
use serde_json::{Value, json};

use crate::cli::context::{Context, count};
use crate::cli::users::{Row, Rows};
use crate::cli::{Done, Format};
use crate::cli::{license, output};
use crate::error::Result;
use crate::license::status::LicenseStatus;
use crate::otp::PERIOD;
use crate::settings::advanced::Advanced;
use crate::settings::chance::{self, percent};
use crate::settings::sms::SmsSection;
use crate::settings::{SCHEMA, Settings, duration};
use crate::store::{DocumentKind, NameList, Reader, records};
use crate::time::Timestamp;

/// Show whether users are protected
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa status --format json")]
pub(super) struct StatusArgs {}

#[derive(Default)]
struct Counts {
    none: usize,
    pending: usize,
    active: usize,
    locked: usize,
}

impl Counts {
    fn from_rows(rows: &[Row]) -> Self {
        let mut counts = Self::default();
        for row in rows {
            match row.state() {
                "locked" => counts.locked += 1,
                "active" => counts.active += 1,
                "pending" => counts.pending += 1,
                "none" => counts.none += 1,
                // Groups have no state; the state of a damaged document is unknown.
                _ => {}
            }
        }
        counts
    }
}

impl Counts {
    /// Summarizes the users in one line.
    fn describe(&self, total: usize, broken: usize) -> String {
        let line = format!(
            "{total} listed or seen: {} active, {} pending, {} never enrolled, {} locked",
            self.active, self.pending, self.none, self.locked
        );
        match broken {
            0 => line,
            broken => format!("{line}; {} cannot be read", count(broken, "document")),
        }
    }
}

/// Counts valid and expired whitelist entries.
fn whitelist(context: &mut Context<'_>, store: &dyn Reader) -> Result<(usize, usize)> {
    let NameList { names, problems } = store.list(DocumentKind::Whitelist)?;
    for problem in &problems {
        context.complain(problem);
    }
    let (mut valid, mut expired) = (0, 0);
    for name in names {
        match records::whitelist_entry(store, &name) {
            Ok(Some(entry)) if entry.is_valid(context.now()) => valid += 1,
            Ok(_) => expired += 1,
            Err(error) => context.complain(&error),
        }
    }
    Ok((valid, expired))
}

pub(super) fn run(context: &mut Context<'_>, _: &StatusArgs) -> Result<Done> {
    context.no_csv("status")?;
    let opened = context.open()?;
    let (store, settings) = (&*opened.store, &opened.settings);
    let now = context.now();
    let Rows { rows, strays } = super::users::rows(store, now)?;
    for problem in strays.iter().chain(rows.iter().filter_map(Row::problem)) {
        context.complain(problem);
    }
    let unrecorded = unrecorded(context, store);
    let counts = Counts::from_rows(&rows);
    let users: Vec<_> = rows.iter().filter(|row| row.is_user()).collect();
    let broken = rows.iter().filter(|row| row.problem().is_some()).count() + strays.len();
    let groups = rows.len() - users.len();
    let (valid, expired) = whitelist(context, store)?;
    let license_status = license::current_status(context, settings)?;
    let advanced = &settings.advanced;
    let synchronised = context.process.clock_is_synchronised();
    if let Err(error) = opened.keys() {
        context.complain(&error);
    }
    let chances = chance::of_guessing(advanced.discrepancy, advanced.digits(), advanced.lockout());
    let last = rows.iter().filter_map(Row::last_message).max();
    if context.globals.format == Format::Json {
        let summary = Summary {
            settings,
            location: store.location(),
            license: &license_status,
            users: users.len(),
            counts: &counts,
            groups,
            whitelist: (valid, expired),
            last_message: last,
            unrecorded,
            synchronised,
        };
        context.print_json(&summary.json())?;
        return Ok(Done::All);
    }
    output::pairs(
        context,
        &[
            ("two-factor authentication", if settings.enabled { "on" } else { "off" }.into()),
            ("users", counts.describe(users.len(), broken)),
            ("groups", groups.to_string()),
            ("whitelist", format!("{valid} valid, {expired} expired")),
            ("SMS", describe_sms(store, &settings.sms, last)),
            ("licence", describe_license(&license_status)),
            ("clock", describe_clock(synchronised).into()),
            ("window", describe_window(advanced)),
            ("chance per guess", percent(chances.one)),
            ("store", store.location()),
        ],
    )?;
    warn_of_missing_lines(context, unrecorded);
    if !settings.enabled {
        context.warn("two-factor authentication is off: no login needs a code");
        context.hint("turn it on with: rw2fa enable");
    } else if users.is_empty() && groups == 0 {
        context.warn("no users are listed, so no login needs a code");
        context.hint("add one with: rw2fa users add NAME");
    }
    let counted = rows.iter().filter(|row| row.counts()).count();
    license::warn(context, &license_status, counted);
    Ok(Done::All)
}

/// What `status` shows.
struct Summary<'a> {
    settings: &'a Settings,
    location: String,
    license: &'a LicenseStatus,
    users: usize,
    counts: &'a Counts,
    groups: usize,
    /// How many entries are valid, and how many have expired.
    whitelist: (usize, usize),
    last_message: Option<(Timestamp, &'static str)>,
    unrecorded: usize,
    synchronised: Option<bool>,
}

impl Summary<'_> {
    fn json(&self) -> Value {
        let advanced = &self.settings.advanced;
        let chances =
            chance::of_guessing(advanced.discrepancy, advanced.digits(), advanced.lockout());
        json!({
            "schema": 1,
            "enabled": self.settings.enabled,
            "store": { "location": self.location, "schema": SCHEMA },
            "license": {
                "state": self.license.state.as_str(),
                "days_left": self.license.days_left,
                "max_users": self.license.max_users(),
                "development_key": license::has_development_key(),
            },
            "users": {
                "total": self.users,
                "none": self.counts.none,
                "pending": self.counts.pending,
                "active": self.counts.active,
                "locked": self.counts.locked,
            },
            "groups": self.groups,
            "whitelist": { "active": self.whitelist.0, "expired": self.whitelist.1 },
            "sms": {
                "configured": self.settings.sms.is_configured(),
                "last_result": self.last_message.map(|(_, ending)| ending),
                "last_at": self.last_message.map(|(at, _)| at.to_string()),
            },
            "audit": { "unrecorded": self.unrecorded },
            "clock": { "synchronised": self.synchronised },
            "window": {
                "discrepancy": advanced.discrepancy_for(advanced.digits()),
                "seconds": window_seconds(advanced),
                "guess_chance": chances.one,
            },
        })
    }
}

fn describe_license(status: &LicenseStatus) -> String {
    let mut text = license::describe(status);
    if license::has_development_key() {
        text.push_str(" (DEVELOPMENT KEY)");
    }
    text
}

fn describe_clock(synchronised: Option<bool>) -> &'static str {
    match synchronised {
        Some(true) => "synchronised",
        Some(false) => "not synchronised",
        None => "synchronisation unknown",
    }
}

/// Counts the changes that are still missing from the audit trail.
fn unrecorded(context: &mut Context<'_>, store: &dyn Reader) -> usize {
    match store.unrecorded() {
        Ok(changes) => changes.len(),
        Err(problem) => {
            context.complain(&problem);
            0
        }
    }
}

fn warn_of_missing_lines(context: &mut Context<'_>, unrecorded: usize) {
    if unrecorded > 0 {
        let lines = count(unrecorded, "change");
        context.warn(&format!(
            "the audit trail does not show {lines} yet; 'rw2fa doctor' shows the cause"
        ));
    }
}

/// Describes the SMS gateway and the result of the last message.
fn describe_sms(
    store: &dyn Reader,
    section: &SmsSection,
    last: Option<(Timestamp, &'static str)>,
) -> String {
    if *section == SmsSection::default() {
        return "not configured".into();
    }
    match (crate::cli::sms::problem(store, section), last) {
        (Some(problem), _) => problem.to_string(),
        (None, Some((at, ending))) => format!("configured; last message {ending} at {at}"),
        (None, None) => "configured".into(),
    }
}

/// Returns how long a code is valid before and after its own 30 seconds.
fn window_seconds(advanced: &Advanced) -> u64 {
    u64::from(advanced.discrepancy_for(advanced.digits())) * PERIOD.unsigned_abs()
}

/// Describes the window of codes.
pub(super) fn describe_window(advanced: &Advanced) -> String {
    match window_seconds(advanced) {
        0 => "a code is valid in its own 30 s only".into(),
        seconds => {
            format!("a code is valid {} before and after its own 30 s", duration::words(seconds))
        }
    }
}
