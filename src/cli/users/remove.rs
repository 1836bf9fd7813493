//! `rw2fa users remove`.

use std::collections::HashSet;
use std::time::Duration;

use clap::Args;

use super::{DryRun, Effect, Entries, FromList, KNOWN, ask_and_change};
use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened};
use crate::cli::output::Changed;
use crate::cli::target::{Takes, Target, Targets};
use crate::cli::unlisted::not_listed;
use crate::error::Result;
use crate::factor::state::State;
use crate::names::matching::covering_groups;
use crate::names::name::Name;
use crate::store::seal::KeyRing;
use crate::store::{Document, DocumentKind, Reader, Scope, Update, records};
use crate::verify::facts::ask_system;

/// How long to wait for the system, in total, for the groups that still cover users.
const SYSTEM_PATIENCE: Duration = Duration::from_secs(5);

/// Remove users and groups from the list, and destroy the users' secrets
///
/// From the next login on, they can sign in with a password alone, unless a listed group covers them.
#[derive(Args, Debug)]
#[command(group(super::at_least_one_or_list()))]
#[command(after_help = "Example, in a script: rw2fa users remove alice --ignore-missing --yes")]
pub(in crate::cli) struct RemoveArgs {
    #[command(flatten)]
    entries: Entries,
    #[command(flatten)]
    list: FromList,
    /// Do not fail for a name that is not listed
    #[arg(long)]
    ignore_missing: bool,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &RemoveArgs) -> Result<Done> {
    context.no_csv("users remove")?;
    let list = args.list.read(context, Takes::Everything)?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let targets = match list {
        None => args.entries.targets(),
        Some(mut list) => {
            if !args.ignore_missing {
                list.find_unknown(&*opened.store, &KNOWN, &[DocumentKind::Group])?;
            }
            list.finish(context)?.0
        }
    };
    let going = targets.groups.iter().filter_map(|group| Name::parse(group).ok()).collect();
    let mut patience = SYSTEM_PATIENCE;
    let mut remove = |context: &mut Context<'_>, opened: &Opened, target: &Target<'_>, mode| {
        if target.kind == DocumentKind::Group {
            return remove_group(context, opened, &keys, args, target, mode);
        }
        // The system may be slow, so it is asked before the lock is taken, and only for a report.
        let is_reported = mode == DryRun::No || args.dry_run;
        let started = std::time::Instant::now();
        let by_system = if is_reported && !patience.is_zero() {
            system_groups(context, opened, target)?
        } else {
            Vec::new()
        };
        patience = patience.saturating_sub(started.elapsed());
        let covering = Covering { by_system: &by_system, going: &going };
        remove_user(context, opened, &keys, args, target, covering, mode)
    };
    ask_and_change(context, &opened, args.dry_run, &targets, &question, &mut remove)
}

/// What is known of the groups that cover a user.
#[derive(Clone, Copy)]
struct Covering<'a> {
    /// The listed groups that the system names.
    by_system: &'a [String],
    /// The groups that the same command removes.
    going: &'a HashSet<Name>,
}

/// Takes a user off the list and destroys the secret.
fn remove_user(
    context: &Context<'_>,
    opened: &Opened,
    keys: &KeyRing,
    args: &RemoveArgs,
    target: &Target<'_>,
    covering: Covering<'_>,
    mode: DryRun,
) -> Result<Effect> {
    let (store, name) = (&*opened.store, target.name);
    let user = target.document();
    let state = Document::Of(DocumentKind::State, name.clone());
    store.update(Scope::Account(&name.key()), |locked| {
        // Damaged documents can be removed too, so they are not read here.
        if locked.read(&user)?.is_none() && locked.read(&state)?.is_none() {
            return if args.ignore_missing {
                Ok(Changed::Unchanged.into())
            } else {
                Err(not_listed(locked, DocumentKind::User, name))
            };
        }
        let covered_by = still_covering(locked, target, covering.by_system, covering.going)?;
        let before = records::state_document(locked, name).ok().flatten();
        let was = before.as_ref().map(|before| before.enrolment);
        let object = name.canonical();
        let change = Change {
            action: "users remove",
            object: Some(&object),
            values: values("enrolment", was, None),
        };
        // A kill between these steps leaves the user listed or not listed: a state that says
        // 'listed' must never exist without a listing, or the user could not sign in at all.
        context.change(locked, Some(keys), mode == DryRun::Yes, change, |locked| {
            if let Some(before) = before.filter(|before| before.listed) {
                records::write_state(locked, name, &State { listed: false, ..before })?;
            }
            locked.remove(&user)?;
            records::remove_state(locked, name).map(drop)
        })?;
        Ok(Effect { changed: Changed::Removed, covered_by })
    })
}

fn question(targets: &Targets) -> String {
    let end = match (targets.users.as_slice(), targets.groups.as_slice()) {
        (_, []) => "their secrets are destroyed, and they can sign in with a password alone",
        ([], _) => "the members can sign in with a password alone; their secrets are kept",
        _ => {
            "the users' secrets are destroyed, and they and the groups' members can sign in with a password alone"
        }
    };
    format!("This removes {}: {end}.", targets.describe())
}

/// Returns the listed groups that cover a user according to the system; none if it cannot tell.
fn system_groups(
    context: &Context<'_>,
    opened: &Opened,
    target: &Target<'_>,
) -> Result<Vec<String>> {
    let store = &*opened.store;
    if !opened.settings.advanced.asks_system() || !store.has_any(DocumentKind::Group)? {
        return Ok(Vec::new());
    }
    let asked = ask_system(target.name, target.written, context.process.accounts());
    let Ok(memberships) = asked else { return Ok(Vec::new()) };
    let listed = store.list(DocumentKind::Group)?.names;
    let covering = covering_groups(&memberships, &listed, &opened.settings.domains);
    Ok(covering.into_iter().map(Name::canonical).collect())
}

/// Returns the listed groups that still cover a user: those of the last login, and those the system
/// names, except `going`: groups that the same command removes.
fn still_covering(
    store: &dyn Reader,
    target: &Target<'_>,
    by_system: &[String],
    going: &HashSet<Name>,
) -> Result<Vec<String>> {
    // A damaged state has no groups; the user is removed anyway.
    let state = records::state(store, target.name).ok().flatten();
    let mut names = by_system.to_vec();
    if let Some(state) = &state {
        names.extend(state.groups.iter().cloned());
    }
    names.sort();
    names.dedup();
    let mut covering = Vec::new();
    for name in names.iter().filter_map(|name| Name::parse(name).ok()) {
        if !going.contains(&name)
            && store.read(&Document::Of(DocumentKind::Group, name.clone()))?.is_some()
        {
            covering.push(name.canonical());
        }
    }
    Ok(covering)
}

/// Takes a group off the list. Its members keep their secrets, in case it is listed again.
fn remove_group(
    context: &Context<'_>,
    opened: &Opened,
    keys: &KeyRing,
    args: &RemoveArgs,
    target: &Target<'_>,
    mode: DryRun,
) -> Result<Effect> {
    let (store, name) = (&*opened.store, target.name);
    store.update(Scope::Account(&name.key()), |locked| {
        if locked.read(&target.document())?.is_none() {
            return if args.ignore_missing {
                Ok(Changed::Unchanged.into())
            } else {
                Err(not_listed(locked, DocumentKind::Group, name))
            };
        }
        let name = name.canonical();
        let values = values("group", Some(&name), None);
        let change = Change { action: "users remove", object: Some(&name), values };
        context.change(locked, Some(keys), mode == DryRun::Yes, change, |locked| {
            locked.remove(&target.document()).map(drop)
        })?;
        Ok(Changed::Removed.into())
    })
}
