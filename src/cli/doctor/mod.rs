//! `rw2fa doctor`: finds problems before they affect a login, each with a hint.
//!
//! Each check is a small unit from values to findings; this file gathers the values.

mod clock;
mod disk;
mod files;
mod license;
mod lists;
mod messages;
pub(super) mod nagios;
mod names;
mod settings;
mod sms;
mod sntp;
#[cfg(target_os = "linux")]
mod socket;
mod syslog;
mod trail;
mod users;
mod verifier;

use std::collections::BTreeSet;

use clap::Args;
use serde::Serialize;

use crate::cli::alike::{self, Alike};
use crate::cli::context::{Context, Opened, count};
use crate::cli::license::{counted, current_status};
use crate::cli::output::{self, Column};
use crate::cli::progress::Progress;
use crate::cli::target::first_few;
use crate::cli::{Done, Format};
use crate::error::{Error, Result};
use crate::platform;
use crate::store::inspection::{Inspection, inspect};
use crate::store::upkeep::Extent;
use crate::store::{self, Store, records};
use crate::time::Timestamp;

/// Find problems with the store and this server before they affect a login
///
/// Does what a login does: takes each lock, opens the audit trail, writes and removes temporary
/// files. Exits with 1 if a finding is an error. Changes nothing. With '--format nagios', prints and
/// exits as a plugin of Nagios or Icinga does.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa doctor --ntp pool.ntp.org")]
pub(super) struct DoctorArgs {
    /// Also ask this time server how far off the clock is
    #[arg(long, value_name = "HOST[:PORT]")]
    ntp: Option<String>,
    /// Also ask the SMS gateway about the credentials and the balance
    #[arg(long)]
    online: bool,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    /// A user is or will be wrongly refused, or wrongly let in.
    Error,
    /// It works now, but may fail later.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// What a check found.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: &'static str,
    severity: Severity,
    message: String,
    remedy: Option<String>,
    /// The files that it concerns, if there may be many.
    paths: Vec<String>,
    /// The users or groups that it is about, if there can be several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
}

impl Finding {
    fn new(check: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            check,
            severity,
            message: message.into(),
            remedy: None,
            paths: Vec::new(),
            names: Vec::new(),
        }
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    fn names(mut self, names: &Names) -> Self {
        self.names.clone_from(&names.all);
        self
    }

    /// Builds a finding from a problem and its hint.
    fn from_problem(check: &'static str, severity: Severity, problem: &Error) -> Self {
        let remedy = problem.hint().map(str::to_owned);
        Self { remedy, ..Self::new(check, severity, problem.to_string()) }
    }

    /// Builds one finding from problems that have the same words.
    fn from_alike(check: &'static str, severity: Severity, group: &Alike) -> Self {
        let (remedy, paths) = (group.hint().map(str::to_owned), group.paths.clone());
        Self { remedy, paths, ..Self::new(check, severity, group.message()) }
    }
}

/// Names, of which a finding shows the first few.
#[derive(Debug, Default)]
struct Names {
    all: Vec<String>,
}

impl Names {
    fn add(&mut self, name: &impl ToString) {
        self.all.push(name.to_string());
    }

    fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Returns the first name as an argument of a command.
    fn first_quoted(&self) -> String {
        self.all.first().map(platform::quoted).unwrap_or_default()
    }

    /// Formats the names as `alice, bob and 3 more`.
    fn summary(&self) -> String {
        first_few(&self.all)
    }
}

const COLUMNS: &[Column<Finding>] = &[
    Column { name: "check", cell: |row| row.check.into(), is_useful: |_| true },
    Column { name: "severity", cell: |row| row.severity.as_str().into(), is_useful: |_| true },
    Column { name: "message", cell: |row| row.message.clone(), is_useful: |_| true },
    Column {
        name: "remedy",
        cell: |row| row.remedy.clone().unwrap_or_default(),
        is_useful: |row| row.remedy.is_some(),
    },
];

pub(super) fn run(context: &mut Context<'_>, args: &DoctorArgs) -> Result<Done> {
    let findings = findings(context, args)?;
    if context.globals.format == Format::Text {
        for finding in &findings {
            let Finding { severity, check, message, .. } = finding;
            context.print_words(&format!("{}: {check}: {message}\n", severity.as_str()))?;
            if let Some(remedy) = &finding.remedy {
                context.print_words(&format!("  hint: {remedy}\n"))?;
            }
        }
        let number = |severity| findings.iter().filter(|f| f.severity == severity).count();
        let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
        context.print(&format!("{}, {}\n", count(errors, "error"), count(warnings, "warning")))?;
    } else {
        output::list(context, "findings", &findings, COLUMNS)?;
    }
    let is_ill = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if is_ill { Done::Partly } else { Done::All })
}

/// Examines everything, and returns each finding once, the worst first.
fn findings(context: &mut Context<'_>, args: &DoctorArgs) -> Result<Vec<Finding>> {
    let mut findings = examine(context, args)?;
    findings.sort_by_key(|finding| finding.severity);
    let mut seen = BTreeSet::new();
    findings.retain(|finding| seen.insert(finding.message.clone()));
    Ok(findings)
}

/// Checks the documents and files of the store, and tries what a login needs.
fn documents(store: &dyn Store, inspection: &Inspection, now: Timestamp) -> Vec<Finding> {
    let (mut findings, known) = files::check(store, now);
    // A file with wrong permissions can fail as a document, a lock and a trail: report it once.
    let is_new = |problem: &Error| !known.contains(&problem.to_string());
    let problems = inspection.problems().filter(|(_, problem)| is_new(problem));
    findings.extend(
        alike::group(&store.location(), problems)
            .iter()
            .map(|group| Finding::from_alike("documents", Severity::Error, group)),
    );
    findings.extend(messages::catalogues(store, is_new));
    let mut problems = store.health_problems(now, Extent::Whole);
    problems.retain(|problem| is_new(&problem.error));
    findings.extend(files::health(&problems));
    findings.extend(files::unrecorded(store.unrecorded()));
    findings
}

fn examine(context: &mut Context<'_>, args: &DoctorArgs) -> Result<Vec<Finding>> {
    let mut store = context.open_store()?;
    let settings = records::settings(&*store).ok();
    // Unreadable settings or an interrupted import do not matter to the key.
    let unfinished = records::unfinished_settings(&*store).ok();
    if let Some(settings) = &unfinished {
        store::configure(&mut *store, settings, None);
    }
    let is_key_inside = store.contains(store.key_file().path());
    let now = context.now();
    let enrolment_days = settings.as_ref().map_or(0, |settings| settings.advanced.enrolment_days);
    let mut census = users::Census::new(enrolment_days);
    let mut progress = Progress::deferred(context, "checking");
    let inspection = inspect(&*store, &mut |seen| census.add(seen, now), &mut progress);
    drop(progress);
    let mut findings = documents(&*store, &inspection, now);
    if let Some(settings) = &settings {
        findings.extend(settings::check(settings, census.widest_drift()));
        findings.extend(messages::language(&*store, &settings.advanced));
        let log = context.process.system_log().filter(|_| settings.syslog);
        findings.extend(syslog::check(log));
    }
    if inspection.has_keys && is_key_inside {
        findings.push(files::key_inside(store.key_file().path()));
    }
    let disk = store.disk();
    // A full disk already has a finding.
    if findings.iter().all(|finding| finding.check != "disk-space") {
        findings.extend(disk::space(disk.free, disk.audit_size, disk.audit_months));
    }
    findings.extend(disk.file_system.as_ref().and_then(disk::file_system));
    findings.extend(clock::synchronised(context.process.clock_is_synchronised()));
    findings.extend(clock::drift(&census.drifts));
    findings.extend(clock::set_back(&census.from_the_future));
    if let Some(host) = args.ntp.as_deref() {
        findings.push(clock::compared(host, sntp::offset(context.process, host)));
    }
    findings.extend(lists::whitelist(&*store, now));
    findings.extend(lists::groups(&*store, &census.groups));
    findings.extend(users::check(&census));
    check_trail(&*store, &census, now, &mut findings);
    if let Some(settings) = &settings {
        let status = current_status(context, settings)?;
        let users = status.max_users().map_or(Ok(0), |_| counted(&*store))?;
        findings.extend(license::check(&status, users));
        let problem = crate::cli::sms::problem(&*store, &settings.sms);
        findings.extend(sms::check(settings, problem.as_ref(), &census.by_sms));
        #[cfg(target_os = "linux")]
        findings.extend(socket::check(!census.by_sms.is_empty()));
    }
    if settings.as_ref().is_none_or(|settings| settings.advanced.asks_system()) {
        findings.extend(names::check(&*store, context.process));
    }
    findings.extend(verifier::check(platform::program().as_deref()));
    if let Some(settings) =
        settings.filter(|settings| args.online && settings.sms.account_sid.is_some())
    {
        findings.extend(sms::online(&crate::cli::sms::health(&Opened { store, settings })));
    }
    Ok(findings)
}

/// Checks the trail as a whole, and for attempts without a line.
fn check_trail(
    store: &dyn Store,
    census: &users::Census,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    match crate::audit::survey(store, &census.attempts, now) {
        Ok(survey) => findings.extend(trail::check(&survey)),
        // An unreadable trail already has a finding.
        Err(_) if findings.iter().any(|finding| finding.severity == Severity::Error) => {}
        Err(problem) => {
            findings.push(Finding::from_problem("attempts", Severity::Error, &problem));
        }
    }
}
