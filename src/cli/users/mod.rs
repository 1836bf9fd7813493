//! `rw2fa users`: the list of users who need a code.
//!
//! This file owns what the commands share: finding names and applying a change to several names.

mod add;
mod asking;
mod batch;
mod csv_file;
mod edit;
mod enrol;
mod entry;
mod from_file;
mod handing_over;
mod list;
mod lost_phone;
mod pick;
mod recovery_codes;
mod remove;
mod reset;
mod rows;
mod show;
mod temporary_code;
mod test;
mod unlock;

use clap::Subcommand;
use serde_json::{Map, Value};

use crate::cli::change::values;
use crate::cli::context::{Context, Opened, not_listed};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::progress::Progress;
use crate::cli::{Done, parse_name, sms};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::attempts::Attempts;
use crate::factor::state::{Enrolment, State};
use crate::gateway::number;
use crate::names::listing::{Listing, Method, Phone};
use crate::names::name::Name;
use crate::store::user::missing_half;
use crate::store::{Document, DocumentKind, NameList, Reader, records};

use asking::{DryRun, ask_and_change};
use rows::covering;
pub(super) use rows::{Row, Rows, by_sms, rows};

/// Manage the users who need a code
#[derive(Subcommand, Debug)]
#[command(after_help = "Example: rw2fa users add alice")]
pub(super) enum UsersCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Add(add::AddArgs),
    Edit(edit::EditArgs),
    Enrol(enrol::EnrolArgs),
    Reset(reset::ResetArgs),
    Remove(remove::RemoveArgs),
    Unlock(unlock::UnlockArgs),
    Revoke(unlock::RevokeArgs),
    Test(test::TestArgs),
    RecoveryCodes(recovery_codes::RecoveryCodesArgs),
    TemporaryCode(temporary_code::TemporaryCodeArgs),
    LostPhone(lost_phone::LostPhoneArgs),
}

pub(super) fn run(context: &mut Context<'_>, command: UsersCommand) -> Result<Done> {
    match command {
        UsersCommand::List(args) => list::run(context, &args),
        UsersCommand::Show(args) => show::run(context, &args),
        UsersCommand::Add(args) => add::run(context, &args),
        UsersCommand::Edit(args) => edit::run(context, &args),
        UsersCommand::Enrol(args) => enrol::run(context, &args),
        UsersCommand::Reset(args) => reset::run(context, &args),
        UsersCommand::Remove(args) => remove::run(context, &args),
        UsersCommand::Unlock(args) => unlock::unlock(context, &args),
        UsersCommand::Revoke(args) => unlock::revoke(context, &args),
        UsersCommand::Test(args) => test::run(context, &args),
        UsersCommand::RecoveryCodes(args) => recovery_codes::run(context, &args),
        UsersCommand::TemporaryCode(args) => temporary_code::run(context, &args),
        UsersCommand::LostPhone(args) => lost_phone::run(context, &args),
    }
}

/// Reads both documents of a user.
fn read_user(store: &dyn Reader, name: &Name) -> Result<(Option<Listing>, Option<State>)> {
    let listing = records::listing(store, DocumentKind::User, name)?;
    let state = records::state(store, name)?;
    if listing.is_none() && state.as_ref().is_some_and(|state| state.listed) {
        return Err(missing_half(store, DocumentKind::User, name));
    }
    Ok((listing, state))
}

/// Reads the state of a known user.
///
/// # Errors
/// [`ErrorKind::NotFound`] for an unknown user, and problems with the documents.
fn known_state(store: &dyn Reader, name: &Name) -> Result<State> {
    match read_user(store, name)? {
        (_, Some(state)) => Ok(state),
        (Some(_), None) => Err(missing_half(store, DocumentKind::State, name)),
        (None, None) => Err(not_listed(store, DocumentKind::User, name)),
    }
}

/// Reads a user's state and repairs a missing or damaged attempt counter. Returns whether the
/// counter must be written.
///
/// # Errors
/// As for [`known_state`], except for the counter.
fn repairable_state(store: &dyn Reader, name: &Name) -> Result<(State, bool)> {
    let listing = records::listing(store, DocumentKind::User, name)?;
    let Some(state) = records::state_document(store, name)? else {
        return known_state(store, name).map(|state| (state, false));
    };
    if listing.is_none() && state.listed {
        return Err(missing_half(store, DocumentKind::User, name));
    }
    let (attempts, is_repaired) = records::repaired_attempts(store, name, Some(&state));
    Ok((State { attempts, ..state }, is_repaired))
}

/// Builds the values of a repaired attempt counter for the audit trail.
fn repaired(attempts: Attempts) -> Map<String, Value> {
    values("attempts", None, Some(attempts.count))
}

/// Which users a command is about.
#[derive(clap::Args, Debug)]
struct Selection {
    /// The users
    #[arg(value_name = "NAME", required_unless_present = "all")]
    names: Vec<String>,
    /// All users
    #[arg(long, conflicts_with = "names")]
    all: bool,
}

impl Selection {
    fn texts(&self, store: &dyn Reader) -> Result<Vec<String>> {
        if !self.all {
            return Ok(self.names.clone());
        }
        Ok(all_users(store)?.iter().map(ToString::to_string).collect())
    }
}

/// Users and groups that a command is about.
#[derive(clap::Args, Debug, Default)]
struct Entries {
    /// The users
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// A group; may be repeated
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
}

/// Requires at least one user or group.
fn at_least_one() -> clap::ArgGroup {
    clap::ArgGroup::new("somebody").args(["names", "groups"]).required(true).multiple(true)
}

impl Entries {
    fn push(&mut self, (kind, written): (DocumentKind, &String)) {
        match kind {
            DocumentKind::Group => self.groups.push(written.clone()),
            _ => self.names.push(written.clone()),
        }
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.groups.is_empty()
    }

    /// Lists the entries with their kinds, users first.
    fn texts(&self) -> impl Iterator<Item = (DocumentKind, &String)> {
        let users = self.names.iter().map(|name| (DocumentKind::User, name));
        users.chain(self.groups.iter().map(|name| (DocumentKind::Group, name)))
    }

    /// Describes the entries for a question.
    fn describe(&self) -> String {
        match (self.names.as_slice(), self.groups.as_slice()) {
            (names, []) => describe_names(names),
            ([], groups) => format!("the group {}", groups.join(", ")),
            (names, groups) => {
                format!("{} and the group {}", describe_names(names), groups.join(", "))
            }
        }
    }
}

/// Lists all users who are listed or have a state.
fn all_users(store: &dyn Reader) -> Result<Vec<Name>> {
    let mut names = store.scan(DocumentKind::User)?;
    names.extend(store.scan(DocumentKind::State)?);
    names.sort();
    names.dedup();
    Ok(names)
}

/// Lists the users who were members of a group at their last verification, and the states that
/// cannot be read: a damaged one does not hide other members.
fn members(store: &dyn Reader, group: &Name) -> Result<(Vec<Name>, Vec<Error>)> {
    let group = group.canonical();
    let NameList { names, mut problems } = store.list(DocumentKind::State)?;
    let mut members = Vec::new();
    for name in names {
        match records::state_document(store, &name) {
            Ok(Some(state)) if state.groups.contains(&group) => members.push(name),
            Ok(_) => {}
            Err(error) => problems.push(error),
        }
    }
    Ok((members, problems))
}

/// Names a few users in a question, and counts many.
fn describe_names(names: &[String]) -> String {
    match names {
        [] => "no one".into(),
        [name] => name.clone(),
        names if names.len() <= 5 => names.join(", "),
        names => format!("{} users", names.len()),
    }
}

/// One user or group that a command is to change.
struct Target<'a> {
    kind: DocumentKind,
    name: &'a Name,
    /// The name as written on the command line.
    written: &'a str,
}

impl Target<'_> {
    fn document(&self) -> Document {
        Document::Of(self.kind, self.name.clone())
    }
}

/// What happened to a target.
struct Effect {
    changed: Changed,
    /// Groups that still cover a user who was taken off the list.
    covered_by: Vec<String>,
}

impl From<Changed> for Effect {
    fn from(changed: Changed) -> Self {
        Self { changed, covered_by: Vec::new() }
    }
}

/// Tries and reports each entry, and returns whether any failed.
fn for_each<'t>(
    context: &mut Context<'_>,
    opened: &Opened,
    dry_run: bool,
    entries: impl IntoIterator<Item = (DocumentKind, &'t String)>,
    change: &mut dyn FnMut(&mut Context<'_>, &Opened, &Target<'_>) -> Result<Effect>,
) -> Result<Done> {
    let entries: Vec<_> = entries.into_iter().collect();
    let mut rows = Vec::with_capacity(entries.len());
    let progress = Progress::new(context, "working", entries.len());
    for entry in entries {
        progress.advance(1);
        rows.push(try_one(context, opened, entry, change));
    }
    drop(progress);
    output::changes(context, dry_run, &rows)
}

/// Applies a change to one entry.
fn try_one(
    context: &mut Context<'_>,
    opened: &Opened,
    (kind, written): (DocumentKind, &String),
    change: &mut dyn FnMut(&mut Context<'_>, &Opened, &Target<'_>) -> Result<Effect>,
) -> ChangeRow {
    let word = if kind == DocumentKind::Group { "group" } else { "user" };
    let name = match parse_name(written) {
        Ok(name) => name,
        Err(error) => return ChangeRow::new(word, written.clone(), Err(error)),
    };
    match change(context, opened, &Target { kind, name: &name, written }) {
        Err(error) => ChangeRow::new(word, name.canonical(), Err(error)),
        Ok(effect) => ChangeRow {
            covered_by: effect.covered_by,
            ..ChangeRow::new(word, name.canonical(), Ok(effect.changed))
        },
    }
}

/// Turns user names into entries.
fn users(names: &[String]) -> impl Iterator<Item = (DocumentKind, &String)> {
    names.iter().map(|name| (DocumentKind::User, name))
}

/// Rejects the method `sms` if no message can be sent.
fn check_gateway(opened: &Opened, method: Option<Method>) -> Result<()> {
    let is_needed = method == Some(Method::Sms);
    sms::problem(&*opened.store, &opened.settings.sms).filter(|_| is_needed).map_or(Ok(()), Err)
}

/// Rejects the method `sms` for users without a phone number.
fn check_method(kind: DocumentKind, method: Method, phone: Option<&Phone>) -> Result<()> {
    if method != Method::Sms {
        return Ok(());
    }
    if kind == DocumentKind::Group {
        let message = "a group has no phone numbers, so its members cannot get codes by SMS";
        return Err(Error::new(ErrorKind::Refused, message).with_hint(
            "add its members one by one: rw2fa users add NAME --method sms --phone +33612345678",
        ));
    }
    if phone.is_none() {
        return Err(Error::new(ErrorKind::Refused, "codes by SMS need a phone number")
            .with_hint("add the number with --phone +…, or use --method app"));
    }
    Ok(())
}

/// Warns about a number outside the known numbering plans.
fn warn_of_unknown_range(context: &mut Context<'_>, phone: Option<&Phone>) {
    if let Some(phone) = phone.filter(|phone| !number::is_known(phone)) {
        context.warn(&format!(
            "{phone} is not in any known number range: check the digits, or send a test with \
             'rw2fa sms test {phone}'"
        ));
    }
}

/// Rejects `--phone` for more than one user, and for groups.
fn check_phone(phone: Option<&Phone>, entries: &Entries) -> Result<()> {
    if phone.is_some() && (entries.names.len() != 1 || !entries.groups.is_empty()) {
        return Err(Error::new(ErrorKind::Usage, "--phone works with one user at a time"));
    }
    Ok(())
}

/// The longest notes, in characters: they are part of documents and of audit lines.
const LONGEST_NOTES: usize = 1000;

fn parse_notes(text: &str) -> std::result::Result<String, String> {
    if text.chars().count() > LONGEST_NOTES {
        return Err(format!("at most {LONGEST_NOTES} characters"));
    }
    Ok(text.to_owned())
}

/// Returns whether enrolment with an app is complete.
fn is_active(state: &State) -> bool {
    state.enrolment == Enrolment::Active
}
