//! `rw2fa status`: one screen that answers "are my users protected?"

mod prometheus;

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::alike;
use crate::cli::context::{Context, Opened, count};
use crate::cli::users::{Row, Rows};
use crate::cli::{Done, Format};
use crate::cli::{license, output};
use crate::error::{Error, ErrorKind, Result};
use crate::license::status::LicenseStatus;
use crate::otp::PERIOD;
use crate::settings::advanced::Advanced;
use crate::settings::chance::{self, percent};
use crate::settings::sms::SmsSection;
use crate::settings::{SCHEMA, Settings, duration};
use crate::store::seal::KeyRing;
use crate::store::upkeep::Extent;
use crate::store::user::open_secret;
use crate::store::{DocumentKind, NameList, Reader, records};
use crate::time::Timestamp;

/// How many users are searched for a secret.
const TRIED: usize = 100;

/// Show whether users are protected, and whether logins work
///
/// Checks what every login needs: the key, the locks, the audit trail, space and permissions. If
/// logins fail, shows the reasons (in JSON as 'problems') and exits with 1. 'rw2fa doctor' checks
/// more. '--format prometheus' prints metrics.
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
fn whitelist(
    store: &dyn Reader,
    now: Timestamp,
    broken: &mut Vec<Error>,
) -> Result<(usize, usize)> {
    let NameList { names, problems } = store.list(DocumentKind::Whitelist)?;
    broken.extend(problems);
    let (mut valid, mut expired) = (0, 0);
    for name in names {
        match records::whitelist_entry(store, &name) {
            Ok(Some(entry)) if entry.is_valid(now) => valid += 1,
            Ok(_) => expired += 1,
            Err(error) => broken.push(error),
        }
    }
    Ok((valid, expired))
}

/// A reason why logins fail.
#[derive(Serialize)]
struct Problem {
    kind: &'static str,
    /// The check of `doctor` that finds it too.
    check: &'static str,
    message: String,
    hint: Option<String>,
}

impl Problem {
    fn new(check: &'static str, error: &Error) -> Self {
        let (kind, hint) = (error.kind().as_str(), error.hint().map(str::to_owned));
        Self { kind, check, message: error.to_string(), hint }
    }
}

/// Tries the first secret in the store: with the key of another store, none opens.
fn unopened_secret(store: &dyn Reader, keys: &KeyRing) -> Option<Error> {
    let names = store.list(DocumentKind::State).ok()?.names;
    let (name, secret) = names.into_iter().take(TRIED).find_map(|name| {
        let secret = records::state_document(store, &name).ok()??.secret?;
        Some((name, secret))
    })?;
    open_secret(store, Some(keys), &name, &secret).err()
}

/// Returns why logins fail: what every login needs, and these problems of documents.
fn problems(
    opened: &Opened,
    keys: Result<&KeyRing, &Error>,
    now: Timestamp,
    documents: &[&Error],
) -> Vec<Problem> {
    let store = &*opened.store;
    let mut found = Vec::new();
    // While two-factor authentication is off, no login needs the key.
    match keys {
        Ok(keys) => found
            .extend(unopened_secret(store, keys).as_ref().map(|error| Problem::new("key", error))),
        Err(error) => found.extend(opened.settings.enabled.then(|| Problem::new("key", error))),
    }
    let health = store.health_problems(now, Extent::Shared).into_iter();
    let health = health.filter(|problem| problem.is_error);
    found.extend(health.map(|problem| Problem::new(problem.part, &problem.error)));
    let documents = documents.iter().map(|error| (None, *error));
    found.extend(alike::group(&store.location(), documents).iter().map(|group| Problem {
        kind: ErrorKind::Store.as_str(),
        check: "documents",
        message: group.message(),
        hint: group.hint().map(str::to_owned),
    }));
    found
}

pub(super) fn run(context: &mut Context<'_>, _: &StatusArgs) -> Result<Done> {
    context.no_csv("status")?;
    let shown = show(context);
    if shown.is_err() && context.globals.format == Format::Prometheus {
        let down = prometheus::down(context.now());
        context.print(&down)?;
    }
    shown
}

/// Shows the status of a store that can be read.
fn show(context: &mut Context<'_>) -> Result<Done> {
    let opened = context.open()?;
    let (store, settings) = (&*opened.store, &opened.settings);
    let now = context.now();
    let Rows { rows, strays } = super::users::rows(store, now)?;
    let mut damaged = Vec::new();
    let unrecorded = unrecorded(store, &mut damaged);
    let whitelist = whitelist(store, now, &mut damaged)?;
    let documents = strays.iter().chain(rows.iter().filter_map(Row::problem)).chain(&damaged);
    let keys = opened.keys();
    let problems = problems(&opened, keys.as_ref(), now, &documents.collect::<Vec<_>>());
    let users = rows.iter().filter(|row| row.is_user()).count();
    let summary = Summary {
        settings,
        location: store.location(),
        license: &license::current_status(context, settings)?,
        users,
        counts: &Counts::from_rows(&rows),
        broken: rows.iter().filter(|row| row.problem().is_some()).count() + strays.len(),
        groups: rows.len() - users,
        whitelist,
        last_message: rows.iter().filter_map(Row::last_message).max(),
        unrecorded,
        synchronised: context.process.clock_is_synchronised(),
        problems: &problems,
    };
    match context.globals.format {
        Format::Json => context.print_json(&summary.json())?,
        Format::Prometheus => {
            context.print(&prometheus::metrics(&summary, &rows, now))?;
            complain(context, &problems);
        }
        Format::Text | Format::Csv | Format::Nagios => {
            output::pairs(context, &summary.pairs(store))?;
            complain(context, &problems);
            warn(context, keys.err().as_ref(), &summary);
            let counted = rows.iter().filter(|row| row.counts()).count();
            license::warn(context, summary.license, counted);
        }
    }
    Ok(if problems.is_empty() { Done::All } else { Done::Partly })
}

/// Reports why logins fail.
fn complain(context: &mut Context<'_>, problems: &[Problem]) {
    for problem in problems {
        context.complain_in_words(&problem.message, problem.hint.as_deref());
    }
}

/// Warns of what does not make a login fail.
fn warn(context: &mut Context<'_>, no_key: Option<&Error>, summary: &Summary<'_>) {
    warn_of_missing_lines(context, summary.unrecorded);
    if !summary.settings.enabled {
        if let Some(error) = no_key {
            context.warn(&error.to_string());
            error.hint().into_iter().for_each(|hint| context.hint(hint));
        }
        context.warn("two-factor authentication is off: no login needs a code");
        context.hint("turn it on with: rw2fa enable");
    } else if summary.users == 0 && summary.groups == 0 {
        context.warn("no users are listed, so no login needs a code");
        context.hint("add one with: rw2fa users add NAME");
    }
}

/// What `status` shows.
struct Summary<'a> {
    settings: &'a Settings,
    location: String,
    license: &'a LicenseStatus,
    users: usize,
    counts: &'a Counts,
    /// How many documents cannot be read.
    broken: usize,
    groups: usize,
    /// How many entries are valid, and how many have expired.
    whitelist: (usize, usize),
    last_message: Option<(Timestamp, &'static str)>,
    unrecorded: usize,
    synchronised: Option<bool>,
    problems: &'a [Problem],
}

impl Summary<'_> {
    fn pairs(&self, store: &dyn Reader) -> [(&'static str, String); 10] {
        let (settings, advanced) = (self.settings, &self.settings.advanced);
        let chances =
            chance::of_guessing(advanced.discrepancy, advanced.digits(), advanced.lockout());
        let (valid, expired) = self.whitelist;
        [
            ("two-factor authentication", if settings.enabled { "on" } else { "off" }.into()),
            ("users", self.counts.describe(self.users, self.broken)),
            ("groups", self.groups.to_string()),
            ("whitelist", format!("{valid} valid, {expired} expired")),
            ("SMS", describe_sms(store, &settings.sms, self.last_message)),
            ("licence", describe_license(self.license)),
            ("clock", describe_clock(self.synchronised).into()),
            ("window", describe_window(advanced)),
            ("chance of one guess", percent(chances.one)),
            ("store", self.location.clone()),
        ]
    }

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
            "problems": self.problems,
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
fn unrecorded(store: &dyn Reader, damaged: &mut Vec<Error>) -> usize {
    store.unrecorded().map_or_else(
        |problem| {
            damaged.push(problem);
            0
        },
        |changes| changes.len(),
    )
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
        0 => "a code is valid only during its own 30 s".into(),
        seconds => {
            format!("a code is valid {} before and after its own 30 s", duration::words(seconds))
        }
    }
}
