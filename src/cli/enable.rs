//! `rw2fa enable` and `rw2fa disable`: the switch for the whole deployment.

use clap::Args;

use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened, count};
use crate::cli::explain;
use crate::cli::license::{Gate, trial};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::state::{Enrolment, State};
use crate::names::listing::Method;
use crate::settings::Settings;
use crate::settings::advanced::Advanced;
use crate::settings::license::LicenseSection;
use crate::store::user::missing_half;
use crate::store::{Document, DocumentKind, Locked, NameList, Scope, Update, editing, records};
use crate::time::Timestamp;

/// Turn two-factor authentication on
///
/// From the next login on, every listed user needs a code. Shows first how many users are listed,
/// and how many of them have not enrolled yet. With --dry-run, also who will be asked for a code, shown
/// a QR code or refused at the next login.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa enable --dry-run")]
pub(super) struct EnableArgs {
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

/// Turn two-factor authentication off: a password alone is enough to sign in
///
/// Needs neither the key nor a licence. Keeps users, secrets and settings. Works even if the audit
/// trail cannot be written: the next change or 'rw2fa init' then records it.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa disable --dry-run")]
pub(super) struct DisableArgs {
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn enable(context: &mut Context<'_>, args: &EnableArgs) -> Result<Done> {
    context.no_csv("enable")?;
    let mut opened = context.open()?;
    opened.keys()?;
    // Required only the first time: enforcement can always be turned on again.
    if !opened.settings.enabled && !opened.settings.license.was_enabled() {
        Gate::new(context, &opened)?.check()?;
    }
    report_affected_users(context, &opened)?;
    if args.dry_run {
        explain::report_forecast(context, &mut opened)?;
    }
    switch(context, &opened, true, args.dry_run)
}

pub(super) fn disable(context: &mut Context<'_>, args: &DisableArgs) -> Result<Done> {
    context.no_csv("disable")?;
    let opened = context.open()?;
    if opened.settings.enabled && !args.dry_run {
        // A list that cannot be read must not prevent turning it off.
        let users = opened.store.list(DocumentKind::User).map(|found| found.names.len());
        let users = users.map_or("every listed user".into(), |users| count(users, "listed user"));
        context.confirm(&format!(
            "This turns two-factor authentication off: everyone, including {users}, can sign in with a password alone."
        ))?;
    }
    switch(context, &opened, false, args.dry_run)
}

fn switch(context: &mut Context<'_>, opened: &Opened, on: bool, dry_run: bool) -> Result<Done> {
    let (changed, unrecorded) = opened.store.update(Scope::Settings, |locked| {
        let settings = records::settings(locked)?;
        let is_confirmed = opened.settings.enabled || dry_run || context.globals.yes;
        if !on && settings.enabled && !is_confirmed {
            return Err(Error::new(
                ErrorKind::Refused,
                "another command turned two-factor authentication on meanwhile",
            )
            .with_hint("run 'rw2fa disable' again to turn it off"));
        }
        let changed = if settings.enabled == on { Changed::Unchanged } else { Changed::Changed };
        let unrecorded = match changed {
            _ if dry_run => None,
            Changed::Unchanged => {
                let keys = records::key_ring(locked).ok();
                context.record_late(locked, keys.as_ref()).err()
            }
            _ => write_switch(context, locked, &settings, on)?,
        };
        Ok((changed, unrecorded))
    })?;
    match unrecorded {
        Some(problem) if on => return Err(problem),
        Some(problem) => warn_of_missing_line(context, &problem),
        None => {}
    }
    let name = if on { "two-factor authentication on" } else { "two-factor authentication off" };
    output::changes(context, dry_run, &[ChangeRow::new("setting", name, Ok(changed))])
}

/// Records the change and makes it. If the change was made without a line, returns the reason.
fn write_switch(
    context: &Context<'_>,
    locked: &mut dyn Locked,
    settings: &Settings,
    on: bool,
) -> Result<Option<Error>> {
    let before = settings.enabled;
    let mut edits: Vec<(&[&str], _)> = vec![(&["enabled"], Some(on.into()))];
    // Whether it is now turned on or off, it has been on. A damaged section prevents neither.
    if !settings.license.was_enabled() && settings.license.takes_keys() {
        let now = toml::value::Datetime::from(context.now());
        edits.push((LicenseSection::FIRST_ENABLED, Some(now.into())));
    }
    edits.extend(trial::beginning(settings, context.now()));
    let text = editing::edit(locked, &Document::Settings, &edits)?;
    let action = if on { "enable" } else { "disable" };
    let change = Change { action, object: None, values: values("enabled", before, on) };
    // SECURITY: a change that weakens protection is recorded durably before it is made, with one
    // documented exception. `disable` must work when no login does: a frozen process that holds the
    // lock of the trail must not keep everyone out. So `disable` proceeds without its line, and
    // the store keeps the change durably, before it is made, until the next change or `init`
    // records it.
    let keys = records::key_ring(locked).ok();
    let recorded = context.audit(locked, keys.as_ref(), change);
    let problem = match recorded {
        Ok(()) => None,
        Err(problem) if on => return Err(problem),
        Err(problem) => {
            let values = toml::Table::from_iter([("enabled".to_owned(), vec![before, on].into())]);
            locked.keep_unrecorded(&context.unrecorded(action, values))?;
            Some(problem)
        }
    };
    locked.write(&Document::Settings, &text)?;
    Ok(problem)
}

/// Warns that the audit trail does not show yet that two-factor authentication is off.
fn warn_of_missing_line(context: &mut Context<'_>, problem: &Error) {
    context.warn(&format!("the audit trail does not show this change yet: {problem}"));
    if let Some(hint) = problem.hint() {
        context.hint(hint);
    }
    context.note("the next change, or 'rw2fa init', records it; until the trail can be written, no login is granted");
}

fn report_affected_users(context: &mut Context<'_>, opened: &Opened) -> Result<()> {
    let NameList { names, problems } = opened.store.list(DocumentKind::User)?;
    for problem in &problems {
        context.complain(problem);
    }
    let (mut first_logins, mut sms, mut without_number) = (FirstLogins::default(), 0, 0);
    for name in &names {
        let listing = match records::listing(&*opened.store, DocumentKind::User, name) {
            Ok(listing) => listing,
            Err(error) => {
                context.complain(&error);
                None
            }
        };
        let method = listing.as_ref().map_or(Method::App, |listing| listing.method);
        if method == Method::Sms {
            sms += 1;
            without_number += usize::from(listing.is_some_and(|listing| listing.phone.is_none()));
        }
        match records::state(&*opened.store, name) {
            Ok(Some(state)) if state.enrolment == Enrolment::Active || method == Method::Sms => {}
            Ok(Some(state)) => first_logins.add(&state, &opened.settings.advanced, context.now()),
            Ok(None) => context.complain(&missing_half(&*opened.store, DocumentKind::State, name)),
            Err(error) => context.complain(&error),
        }
    }
    let groups = opened.store.list(DocumentKind::Group)?;
    for problem in &groups.problems {
        context.complain(problem);
    }
    let groups = groups.names.len();
    context.note(&format!("listed: {}, {}", count(names.len(), "user"), count(groups, "group")));
    first_logins.report(context);
    report_sms(context, opened, sms, without_number);
    if names.is_empty() && groups == 0 {
        context.warn("no users are listed, so no login will need a code");
        context.hint("add one with: rw2fa users add NAME");
    }
    Ok(())
}

/// What the next login does for users who have not enrolled.
#[derive(Default)]
struct FirstLogins {
    /// How many see a QR code.
    shown: usize,
    /// How many were given a QR code or a temporary code, and are asked for a code.
    asked: usize,
    /// How many are refused, because they cannot enrol on their own.
    refused: usize,
}

impl FirstLogins {
    fn add(&mut self, state: &State, advanced: &Advanced, now: Timestamp) {
        let is_over = advanced.enrolment_closes(state).is_some_and(|end| now >= end);
        let has_temporary = state.temporary_code.as_ref().is_some_and(|code| code.is_live(now));
        if has_temporary || state.handed_over && state.has_live_pending_secret(now) {
            self.asked += 1;
        } else if is_over || advanced.needs_handing_over(state, now) {
            self.refused += 1;
        } else {
            self.shown += 1;
        }
    }

    fn report(&self, context: &mut Context<'_>) {
        if self.shown > 0 {
            context.note(&format!(
                "not enrolled yet: {}; each sees a QR code at the next login",
                count(self.shown, "user")
            ));
        }
        if self.asked > 0 {
            let users = count(self.asked, "user");
            context.note(&format!(
                "already given a QR code or a temporary code: {users}; each is asked for a code"
            ));
        }
        if self.refused > 0 {
            let users = count(self.refused, "user");
            context.warn(&format!(
                "not enrolled, and no login lets them enrol: {users}; they cannot sign in"
            ));
            context.hint(
                "'rw2fa enable --dry-run' shows who; give each a QR code: rw2fa users enrol NAME",
            );
        }
    }
}

/// Reports how many users get codes by SMS, and what keeps them from it.
fn report_sms(context: &mut Context<'_>, opened: &Opened, sms: usize, without_number: usize) {
    if sms == 0 {
        return;
    }
    let users = count(sms, "user");
    match crate::cli::sms::problem(&*opened.store, &opened.settings.sms) {
        None => context.note(&format!("codes by SMS: {users}")),
        Some(problem) => {
            context.warn(&format!("{users} cannot get a code by SMS: {problem}"));
            if let Some(hint) = problem.hint() {
                context.hint(hint);
            }
        }
    }
    if without_number > 0 {
        let users = count(without_number, "user");
        context
            .warn(&format!("codes by SMS, but no phone number: {users}; 'rw2fa doctor' shows who"));
    }
}
