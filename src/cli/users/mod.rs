//! `rw2fa users`: the list of users who need a code.
//!
//! This file owns what the commands share: finding names and applying a change to several names.

mod add;
mod asking;
mod batch;
mod edit;
mod enrol;
mod entry;
mod file_entry;
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

use std::collections::HashMap;
use std::path::PathBuf;

use clap::{Subcommand, ValueHint};
use serde_json::{Map, Value};

use crate::cli::change::values;
use crate::cli::context::{Context, Opened};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::progress::Progress;
use crate::cli::target::{ListOfTargets, Takes, Target, Targets};
use crate::cli::unlisted::not_listed;
use crate::cli::{Done, parse_name, sms};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::attempts::Attempts;
use crate::factor::state::{Enrolment, State};
use crate::gateway::number;
use crate::names::listing::{Listing, Method, Phone};
use crate::names::name::Name;
use crate::store::user::missing_half;
use crate::store::{DocumentKind, NameList, Reader, records};

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
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "from"])]
    names: Vec<String>,
    /// All users
    #[arg(long, conflicts_with_all = ["names", "from"])]
    all: bool,
    /// The users of a CSV list; '-' is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "names")]
    from: Option<PathBuf>,
}

/// The documents of users whom a command knows, listed or not.
const KNOWN: [DocumentKind; 2] = [DocumentKind::User, DocumentKind::State];

impl Selection {
    /// Opens the store, and returns the users.
    fn open(&self, context: &mut Context<'_>) -> Result<(Opened, Targets)> {
        let list = self.from.as_deref();
        let list = list.map(|path| ListOfTargets::read(context, path, Takes::Users)).transpose()?;
        let opened = context.open()?;
        if let Some(mut list) = list {
            list.find_unknown(&*opened.store, &KNOWN, &[])?;
            return Ok((opened, list.finish(context)?.0));
        }
        if !self.all {
            return Ok((opened, Targets::given(&self.names, &[])));
        }
        let users: Vec<_> = all_users(&*opened.store)?.iter().map(ToString::to_string).collect();
        Ok((opened, Targets::given(&users, &[])))
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

/// A list of users and groups, instead of arguments.
#[derive(clap::Args, Debug, Default)]
struct FromList {
    /// The users and groups of a CSV list; '-' is standard input
    #[arg(
        long, value_name = "FILE", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["names", "groups"]
    )]
    from: Option<PathBuf>,
}

impl FromList {
    /// Reads the list, if there is one. Must happen before the store is opened.
    fn read(&self, context: &mut Context<'_>, takes: Takes) -> Result<Option<ListOfTargets>> {
        self.from.as_deref().map(|path| ListOfTargets::read(context, path, takes)).transpose()
    }
}

/// Requires at least one user or group.
fn at_least_one() -> clap::ArgGroup {
    clap::ArgGroup::new("somebody").args(["names", "groups"]).required(true).multiple(true)
}

/// Requires at least one user or group, or a list.
fn at_least_one_or_list() -> clap::ArgGroup {
    at_least_one().arg("from")
}

impl Entries {
    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.groups.is_empty()
    }

    fn targets(&self) -> Targets {
        Targets::given(&self.names, &self.groups)
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

/// Lists the users who were members of one of the groups at their last verification, group by group,
/// and the states that cannot be read: a damaged one does not hide other members.
fn members(store: &dyn Reader, groups: &[Name]) -> Result<(Vec<Name>, Vec<Error>)> {
    let places: HashMap<_, _> =
        groups.iter().enumerate().rev().map(|(at, group)| (group.canonical(), at)).collect();
    let NameList { names, mut problems } = store.list(DocumentKind::State)?;
    let mut members = Vec::new();
    for name in names {
        match records::state_document(store, &name) {
            Ok(Some(state)) => {
                let first = state.groups.iter().filter_map(|group| places.get(group)).min();
                members.extend(first.map(|first| (*first, name)));
            }
            Ok(None) => {}
            Err(error) => problems.push(error),
        }
    }
    members.sort();
    Ok((members.into_iter().map(|(_, name)| name).collect(), problems))
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
fn for_each(
    context: &mut Context<'_>,
    opened: &Opened,
    dry_run: bool,
    targets: &Targets,
    change: &mut dyn FnMut(&mut Context<'_>, &Opened, &Target<'_>) -> Result<Effect>,
) -> Result<Done> {
    let mut rows = Vec::with_capacity(targets.users.len() + targets.groups.len());
    let progress = Progress::new(context, "working", rows.capacity());
    for entry in targets.texts() {
        progress.advance(1);
        rows.push(try_one(context, opened, entry, change));
    }
    drop(progress);
    output::changes_of_list(context, dry_run, &rows, targets.skipped)
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
