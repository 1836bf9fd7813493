//! `rw2fa users remove`.

use std::time::Duration;

use clap::Args;

use super::{Effect, Entries, Target, for_each};
use crate::account::matching::covering_groups;
use crate::account::name::Name;
use crate::account::state::State;
use crate::cli::Done;
use crate::cli::context::{Change, Context, Opened, not_listed, values};
use crate::cli::output::Changed;
use crate::error::Result;
use crate::store::seal::KeyRing;
use crate::store::{Document, DocumentKind, Scope, Store, records};
use crate::verify::facts::ask_system;

/// How long to wait for the system, in total, for the groups that still cover users.
const SYSTEM_PATIENCE: Duration = Duration::from_secs(5);

/// Take users and groups off the list; the secrets of users are destroyed
///
/// From the next login on a password alone lets them in, unless a listed group covers them.
#[derive(Args, Debug)]
#[command(group(super::at_least_one()))]
#[command(after_help = "Example, in a script: rw2fa users remove alice --ignore-missing --yes")]
pub(in crate::cli) struct RemoveArgs {
    #[command(flatten)]
    entries: Entries,
    /// A name that is not listed is no failure
    #[arg(long)]
    ignore_missing: bool,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &RemoveArgs) -> Result<Done> {
    context.no_csv("users remove")?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    if !args.dry_run {
        context.confirm(&question(&args.entries))?;
    }
    let asking_since = std::time::Instant::now();
    let entries = args.entries.texts();
    for_each(context, &opened, args.dry_run, entries, &mut |context, opened, target| {
        if target.kind == DocumentKind::Group {
            return remove_group(context, opened, &keys, args, target);
        }
        let (store, name) = (&opened.store, target.name);
        let user = target.document();
        // The system may be slow, so it is asked before the lock is taken.
        let by_system = if asking_since.elapsed() < SYSTEM_PATIENCE {
            system_groups(context, opened, target)?
        } else {
            Vec::new()
        };
        let mut covered_by = Vec::new();
        let state = Document::Of(DocumentKind::State, name.clone());
        let mut result = Changed::Unchanged;
        store.update(Scope::Account(&name.key()), &mut |transaction| {
            // Damaged documents can be removed too, so they are not read here.
            if store.read(&user)?.is_none() && store.read(&state)?.is_none() {
                return args
                    .ignore_missing
                    .then_some(())
                    .ok_or_else(|| not_listed(store, DocumentKind::User, name));
            }
            result = Changed::Removed;
            covered_by = still_covering(store, target, &by_system, args)?;
            if args.dry_run {
                return Ok(());
            }
            // A kill between these steps leaves the user listed or not listed: a state that says
            // 'listed' must never exist without a listing, or the user could not sign in at all.
            let before = records::state_document(store, name).ok().flatten();
            let was = before.as_ref().map(|before| before.enrolment);
            let object = name.canonical();
            let change = Change {
                action: "users remove",
                object: Some(&object),
                values: values("enrolment", was, None),
            };
            // SECURITY: the audit line is durable before the change is made, so no change that
            // weakens protection goes unrecorded.
            context.audit(transaction, Some(&keys), change)?;
            if let Some(before) = before.filter(|before| before.listed) {
                records::write_state(transaction, name, &State { listed: false, ..before })?;
            }
            transaction.remove(&user)?;
            records::remove_state(transaction, name).map(drop)
        })?;
        Ok(Effect { changed: result, covered_by })
    })
}

fn question(entries: &Entries) -> String {
    let end = match (entries.names.as_slice(), entries.groups.as_slice()) {
        (_, []) => "the secret is destroyed, and a password alone lets the user in",
        ([], _) => "a password alone lets its members in; their secrets are kept",
        _ => {
            "the secrets of the users are destroyed, and a password alone lets them and the members in"
        }
    };
    format!("This removes {}: {end}.", entries.describe())
}

/// Returns the listed groups that cover a user according to the system; none if it cannot tell.
fn system_groups(
    context: &Context<'_>,
    opened: &Opened,
    target: &Target<'_>,
) -> Result<Vec<String>> {
    let store = &opened.store;
    if !store.has_any(DocumentKind::Group)? {
        return Ok(Vec::new());
    }
    let asked = ask_system(target.name, target.written, context.process.accounts());
    let Ok(memberships) = asked else { return Ok(Vec::new()) };
    let listed = store.list(DocumentKind::Group)?.names;
    let covering = covering_groups(&memberships, &listed, &opened.settings.domains);
    Ok(covering.into_iter().map(Name::canonical).collect())
}

/// Returns the listed groups that still cover a user: those of the last login, and those the system
/// names, except groups that the same command removes.
fn still_covering(
    store: &dyn Store,
    target: &Target<'_>,
    by_system: &[String],
    args: &RemoveArgs,
) -> Result<Vec<String>> {
    // A damaged state has no groups; the user is removed all the same.
    let state = records::state(store, target.name).ok().flatten();
    let mut names = by_system.to_vec();
    if let Some(state) = &state {
        names.extend(state.groups.iter().cloned());
    }
    names.sort();
    names.dedup();
    let going: Vec<Name> =
        args.entries.groups.iter().filter_map(|group| Name::parse(group).ok()).collect();
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
) -> Result<Effect> {
    let (store, name) = (&opened.store, target.name);
    let mut result = Changed::Unchanged;
    store.update(Scope::Account(&name.key()), &mut |transaction| {
        if store.read(&target.document())?.is_none() {
            return args
                .ignore_missing
                .then_some(())
                .ok_or_else(|| not_listed(store, DocumentKind::Group, name));
        }
        result = Changed::Removed;
        if args.dry_run {
            return Ok(());
        }
        let name = name.canonical();
        let values = values("group", Some(&name), None);
        let change = Change { action: "users remove", object: Some(&name), values };
        // SECURITY: the audit line is durable before the change is made, so no change that weakens
        // protection goes unrecorded.
        context.audit(transaction, Some(keys), change)?;
        transaction.remove(&target.document()).map(|_| ())
    })?;
    Ok(result.into())
}
