//! `rw2fa users reset`.

use std::collections::HashSet;

use clap::Args;

use super::{DryRun, FromList, KNOWN, all_users, ask_and_change, members, repaired};
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened};
use crate::cli::output::Changed;
use crate::cli::target::{Takes, Target, Targets};
use crate::cli::unlisted::not_listed;
use crate::cli::{Done, parse_name};
use crate::error::{Error, Result};
use crate::factor::state::State;
use crate::names::name::Name;
use crate::settings::advanced::SecretSource;
use crate::store::seal::KeyRing;
use crate::store::user::missing_half;
use crate::store::{Document, DocumentKind, Locked, Reader, Scope, Update, records};

/// Delete users' secrets: the next login shows a new QR code
///
/// Also clears failed attempts, lockouts, grants and recovery codes. Keeps the method and the phone number.
#[derive(Args, Debug)]
#[command(after_help = "Example, after a phone was lost: rw2fa users reset alice")]
pub(in crate::cli) struct ResetArgs {
    /// The users
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "groups", "from"])]
    names: Vec<String>,
    /// All enrolled members of this listed group; may be repeated
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
    /// All users
    #[arg(long, conflicts_with_all = ["names", "groups", "from"])]
    all: bool,
    #[command(flatten)]
    list: FromList,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &ResetArgs) -> Result<Done> {
    context.no_csv("users reset")?;
    let list = args.list.read(context, Takes::Everything)?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let given = match list {
        None => Targets::given(&args.names, &args.groups),
        Some(mut list) => {
            list.find_unknown(&*opened.store, &KNOWN, &[DocumentKind::Group])?;
            list.finish(context)?.0
        }
    };
    let (targets, problems) = users_to_reset(&*opened.store, args.all, &given)?;
    for problem in &problems {
        context.complain(problem);
    }
    if targets.is_empty() {
        // An empty list was noted already.
        match given.groups.as_slice() {
            [] if given.skipped.is_some() => {}
            [] => context.note("no users to reset: none are listed"),
            _ => context.note("no users to reset: no member of the group has signed in yet"),
        }
    }
    let enrolment = opened.settings.advanced.enrolment;
    let question = |targets: &Targets| question(targets, enrolment);
    let mut reset = |context: &mut Context<'_>, opened: &Opened, target: &Target<'_>, mode| {
        let name = target.name;
        let changed = opened.store.update(Scope::Account(&name.key()), |locked| {
            reset_user(context, opened, locked, &keys, name, mode == DryRun::Yes)
        })?;
        Ok(changed.into())
    };
    let done = ask_and_change(context, &opened, args.dry_run, &targets, &question, &mut reset)?;
    Ok(if problems.is_empty() { done } else { Done::Partly })
}

fn question(targets: &Targets, enrolment: SecretSource) -> String {
    let next = match enrolment {
        SecretSource::SelfService => {
            "At the next login, the password alone is enough to see a new QR code."
        }
        SecretSource::HandedOver => {
            "They cannot sign in until 'rw2fa users enrol' gives each a new QR code."
        }
    };
    format!("This deletes the secrets, recovery codes and grants of {}. {next}", targets.describe())
}

fn reset_user(
    context: &Context<'_>,
    opened: &Opened,
    locked: &mut dyn Locked,
    keys: &KeyRing,
    name: &Name,
    dry_run: bool,
) -> Result<Changed> {
    let start = Start::over(context, locked, name)?;
    // If enrolment closes after some days, a reset opens it again.
    let closes = opened.settings.advanced.enrolment_days > 0;
    let is_fresh = |old: &State| {
        let open_since = if closes { start.fresh.open_since } else { old.open_since };
        *old == State { open_since, listed: old.listed, ..start.fresh.clone() }
    };
    if !start.is_repaired && start.before.as_ref().is_some_and(is_fresh) {
        return Ok(Changed::Unchanged);
    }
    start.write(context, locked, keys, "users reset", name, dry_run)?;
    Ok(Changed::Changed)
}

/// A user who starts over with nothing that was used so far.
pub(super) struct Start {
    /// The state so far, if it can be read.
    pub(super) before: Option<State>,
    /// The new state, with the same failed attempts behind it.
    pub(super) fresh: State,
    /// Whether the attempt counter was missing or damaged.
    is_repaired: bool,
}

impl Start {
    /// Prepares the new state of a user. Neither the state nor the counter has to be readable.
    ///
    /// # Errors
    /// When the user is not known, or their settings are missing.
    pub(super) fn over(context: &Context<'_>, locked: &dyn Locked, name: &Name) -> Result<Self> {
        let listing = records::listing(locked, DocumentKind::User, name)?;
        let document = Document::Of(DocumentKind::State, name.clone());
        if listing.is_none() && locked.read(&document)?.is_none() {
            return Err(not_listed(locked, DocumentKind::User, name));
        }
        let mut before = records::state_document(locked, name).ok().flatten();
        let (attempts, is_repaired) = records::repaired_attempts(locked, name, before.as_ref());
        if let Some(before) = &mut before {
            before.attempts = attempts;
        }
        if listing.is_none() && before.as_ref().is_some_and(|before| before.listed) {
            return Err(missing_half(locked, DocumentKind::User, name));
        }
        let groups = before.as_ref().map(|before| before.groups.clone()).unwrap_or_default();
        let fresh =
            State { listed: listing.is_some(), groups, ..State::reset(context.now(), attempts) };
        Ok(Self { before, fresh, is_repaired })
    }

    /// Records `action` and writes the new state and a repaired counter.
    pub(super) fn write(
        &self,
        context: &Context<'_>,
        locked: &mut dyn Locked,
        keys: &KeyRing,
        action: &str,
        name: &Name,
        dry_run: bool,
    ) -> Result<()> {
        let was = self.before.as_ref().map(|before| before.enrolment);
        let mut values = values("enrolment", was, Some(self.fresh.enrolment));
        if self.is_repaired {
            values.extend(repaired(self.fresh.attempts));
        }
        let object = name.canonical();
        let change = Change { action, object: Some(&object), values };
        context.change(locked, Some(keys), dry_run, change, |locked| {
            if self.is_repaired {
                records::write_attempts(locked, name, self.fresh.attempts)?;
            }
            records::write_state(locked, name, &self.fresh)
        })
    }
}

/// Lists the users to reset, each once, and the states that cannot be read.
fn users_to_reset(store: &dyn Reader, all: bool, given: &Targets) -> Result<(Targets, Vec<Error>)> {
    if all {
        let users: Vec<_> = all_users(store)?.iter().map(ToString::to_string).collect();
        return Ok((Targets::given(&users, &[]), Vec::new()));
    }
    let mut users = given.users.clone();
    let mut problems = Vec::new();
    let mut groups = Vec::with_capacity(given.groups.len());
    for group in &given.groups {
        let group = parse_name(group)?;
        if records::listing(store, DocumentKind::Group, &group)?.is_none() {
            return Err(not_listed(store, DocumentKind::Group, &group));
        }
        groups.push(group);
    }
    if !groups.is_empty() {
        let seen: HashSet<Name> = users.iter().filter_map(|name| Name::parse(name).ok()).collect();
        let (members, unread) = members(store, &groups)?;
        problems = unread;
        users.extend(members.iter().filter(|name| !seen.contains(name)).map(Name::canonical));
    }
    Ok((Targets { users, groups: Vec::new(), skipped: given.skipped }, problems))
}
