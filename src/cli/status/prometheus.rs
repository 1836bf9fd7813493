//! The metrics of `status`, in the text format of Prometheus.

use std::fmt::Write as _;

use super::Summary;
use crate::cli::license;
use crate::cli::users::Row;
use crate::license::status::LicenseState;
use crate::names::listing::Method;
use crate::settings::chance;
use crate::time::Timestamp;

/// The states of a user that can be counted.
const STATES: [&str; 4] = ["none", "pending", "active", "locked"];
/// The checks whose problems make logins fail, so that each has a sample while it finds nothing.
const CHECKS: [&str; 8] =
    ["audit-trail", "disk-space", "documents", "inodes", "key", "locks", "read-only", "writing"];

/// One value, with its labels.
struct Sample {
    labels: Vec<(&'static str, String)>,
    value: f64,
}

impl Sample {
    fn plain(value: impl Into<f64>) -> Self {
        Self { labels: Vec::new(), value: value.into() }
    }

    fn count(number: usize) -> Self {
        Self::plain(u32::try_from(number).unwrap_or(u32::MAX))
    }

    fn label(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((name, value.into()));
        self
    }
}

/// The metrics, one family after another. All of them are gauges.
#[derive(Default)]
struct Metrics(String);

impl Metrics {
    /// Adds a family, unless it has no samples.
    fn family(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = Sample>,
    ) -> &mut Self {
        let mut samples = samples.into_iter().peekable();
        if samples.peek().is_some() {
            // Writing to a string cannot fail, here and below.
            let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge\n");
        }
        for Sample { labels, value } in samples {
            let labels: Vec<_> =
                labels.iter().map(|(name, text)| format!("{name}=\"{}\"", escaped(text))).collect();
            let labels = match labels.as_slice() {
                [] => String::new(),
                labels => format!("{{{}}}", labels.join(",")),
            };
            let _ = writeln!(self.0, "{name}{labels} {value}");
        }
        self
    }

    fn one(&mut self, name: &str, help: &str, sample: Sample) -> &mut Self {
        self.family(name, help, [sample])
    }
}

/// Escapes the value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

/// Adds the metrics that exist whether or not the store can be read.
fn begin(is_up: bool, now: Timestamp) -> Metrics {
    let mut metrics = Metrics::default();
    metrics
        .one("rw2fa_up", "Whether the store can be read.", Sample::plain(is_up))
        .one(
            "rw2fa_build_info",
            "The version of the program, as a label.",
            Sample::plain(1).label("version", env!("CARGO_PKG_VERSION")),
        )
        .one(
            "rw2fa_status_timestamp_seconds",
            "When these metrics were taken.",
            // Seconds since 1970 fit exactly for millions of years.
            #[allow(clippy::cast_precision_loss, reason = "times are far smaller than 2^53")]
            Sample::plain(now.unix() as f64),
        );
    metrics
}

/// Returns the metrics of a store that cannot be read.
pub(super) fn down(now: Timestamp) -> String {
    begin(false, now).0
}

/// Returns the metrics of a store.
pub(super) fn metrics(summary: &Summary<'_>, rows: &[Row], now: Timestamp) -> String {
    let mut metrics = begin(true, now);
    let has_problems = !summary.problems.is_empty();
    metrics
        .one(
            "rw2fa_enabled",
            "Whether two-factor authentication is on.",
            Sample::plain(summary.settings.enabled),
        )
        .one(
            "rw2fa_healthy",
            "Whether logins work: 0 if rw2fa_problems has any.",
            Sample::plain(!has_problems),
        )
        .family(
            "rw2fa_problems",
            "Problems that make logins fail, by the check of 'rw2fa doctor' that finds them.",
            problems(summary),
        );
    add_people(&mut metrics, summary, rows);
    add_license(&mut metrics, summary, rows);
    add_surroundings(&mut metrics, summary);
    metrics.0
}

fn problems(summary: &Summary<'_>) -> Vec<Sample> {
    let found = summary.problems.iter().map(|problem| problem.check);
    let mut checks: Vec<_> = CHECKS.into_iter().chain(found.clone()).collect();
    checks.sort_unstable();
    checks.dedup();
    let samples = checks.into_iter().map(|check| {
        let number = found.clone().filter(|found| *found == check).count();
        Sample::count(number).label("check", check)
    });
    samples.collect()
}

/// Adds users, groups and the whitelist.
fn add_people(metrics: &mut Metrics, summary: &Summary<'_>, rows: &[Row]) {
    let users = STATES.iter().flat_map(|state| {
        [Method::App, Method::Sms].map(|method| {
            let is_counted = |row: &&Row| {
                // Members of a group that is no longer listed have no method. They get codes by app.
                row.is_user() && row.state() == *state && row.method().unwrap_or_default() == method
            };
            let number = rows.iter().filter(is_counted).count();
            Sample::count(number).label("state", *state).label("method", method.as_str())
        })
    });
    let (valid, expired) = summary.whitelist;
    metrics
        .family("rw2fa_users", "Users, listed or seen, by state and method.", users)
        .one("rw2fa_groups", "Listed groups.", Sample::count(summary.groups))
        .family(
            "rw2fa_whitelist_entries",
            "Entries that let a user connect by RDP without a code.",
            [
                Sample::count(valid).label("state", "valid"),
                Sample::count(expired).label("state", "expired"),
            ],
        )
        .one(
            "rw2fa_unreadable_documents",
            "Documents of users and groups that cannot be read.",
            Sample::count(summary.broken),
        );
}

fn add_license(metrics: &mut Metrics, summary: &Summary<'_>, rows: &[Row]) {
    let licence = summary.license;
    let states = [LicenseState::Trial, LicenseState::Licensed, LicenseState::Expired];
    let states =
        states.map(|state| Sample::plain(state == licence.state).label("state", state.as_str()));
    let days = licence.days_left.map(|days| f64::from(u32::try_from(days).unwrap_or(u32::MAX)));
    metrics
        .family("rw2fa_license_state", "1 for the state of the licence, 0 for the others.", states)
        .family(
            "rw2fa_license_remaining_seconds",
            "Time until the licence or the trial ends, in whole days; absent if never.",
            days.map(|days| Sample::plain(days * 86_400.0)),
        )
        .one(
            "rw2fa_license_users",
            "Users that count toward the limit of the licence.",
            Sample::count(rows.iter().filter(|row| row.counts()).count()),
        )
        .family(
            "rw2fa_license_max_users",
            "The limit of the licence; absent if there is none.",
            licence.max_users().map(Sample::plain),
        )
        .one(
            "rw2fa_license_development_key",
            "Whether anyone can issue licences for this build.",
            Sample::plain(license::has_development_key()),
        );
}

/// Adds the trail, the clock, the gateway and the chance of guessing.
fn add_surroundings(metrics: &mut Metrics, summary: &Summary<'_>) {
    let advanced = &summary.settings.advanced;
    let chances = chance::of_guessing(advanced.discrepancy, advanced.digits(), advanced.lockout());
    #[allow(clippy::cast_precision_loss, reason = "times are far smaller than 2^53")]
    let message = summary
        .last_message
        .map(|(at, ending)| Sample::plain(at.unix() as f64).label("result", ending));
    metrics
        .one(
            "rw2fa_audit_unrecorded_changes",
            "Changes that the audit trail does not show yet.",
            Sample::count(summary.unrecorded),
        )
        .family(
            "rw2fa_clock_synchronised",
            "Whether the clock is synchronised; absent if unknown.",
            summary.synchronised.map(Sample::plain),
        )
        .one(
            "rw2fa_sms_configured",
            "Whether an SMS gateway is configured.",
            Sample::plain(summary.settings.sms.is_configured()),
        )
        .family(
            "rw2fa_sms_last_message_timestamp_seconds",
            "When the last message ended, with its result as a label; absent before the first one.",
            message,
        )
        .one(
            "rw2fa_guess_chance_ratio",
            "The chance that one guessed code of an app is right.",
            Sample::plain(chances.one),
        );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the format: one HELP and TYPE for each family, and labels that cannot end early.
    #[test]
    fn labels_are_escaped() {
        let mut metrics = Metrics::default();
        let odd = Sample::plain(0.5).label("a", "x\\\"\n").label("b", "é");
        metrics.family("m", "What it means.", [odd, Sample::count(7)]).family("n", "None.", []);
        let expected = "# HELP m What it means.\n# TYPE m gauge\n\
                        m{a=\"x\\\\\\\"\\n\",b=\"é\"} 0.5\nm 7\n";
        assert_eq!(metrics.0, expected);
    }
}
