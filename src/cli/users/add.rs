//! `rw2fa users add`: adds entries by name. `from_file` adds those of a file.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::entry::{ACTION, Missing, audit_values, missing, warn_of_unknown, write_missing};
use super::{
    Entries, check_gateway, check_method, check_phone, for_each, from_file, parse_notes, pick,
};
use crate::cli::Done;
use crate::cli::accounts::System;
use crate::cli::change::Change;
use crate::cli::context::{Context, Opened};
use crate::cli::license::Gate;
use crate::cli::lost_backslash::warn_of_lost_backslashes;
use crate::cli::new_names::{Adding, NewNames};
use crate::cli::output::Changed;
use crate::cli::target::Target;
use crate::error::Result;
use crate::gateway::number::NumberOption;
use crate::names::listing::{Listing, Method};
use crate::store::seal::KeyRing;
use crate::store::{Locked, Scope, Update};

/// Add users and groups to the list
///
/// From the next login on, they need a code (after 'rw2fa enable'). At the first login, they see a
/// QR code for their authenticator app.
///
/// --from reads a CSV list with the columns name,type,method,phone,notes, of which only name is
/// required. It takes what 'rw2fa users list --format csv' prints, and skips users who are not listed
/// themselves. The whole list is checked before anyone is added. An empty type means user; an empty
/// method means the one in --method.
#[derive(Args, Debug)]
#[command(
    after_help = "A user is NAME, DOMAIN\\NAME or NAME@DNS-SUFFIX. Members of a listed group need a code \
    too.\n\nExamples:\n  rw2fa users add alice 'CORP\\bob' carol@corp.example\n  \
    rw2fa users add --from staff.csv --must-exist --dry-run"
)]
pub(in crate::cli) struct AddArgs {
    #[command(flatten)]
    entries: Entries,
    /// Add the users and groups of a CSV list; '-' is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["names", "groups", "phone", "notes"])]
    from: Option<PathBuf>,
    /// How they get codes
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// The phone number for SMS, such as +33612345678; an empty text means none
    #[arg(long, value_parser = NumberOption::parse)]
    phone: Option<NumberOption>,
    /// A note
    #[arg(long, value_name = "TEXT", value_parser = parse_notes)]
    notes: Option<String>,
    /// Fail for a name that this system does not know, instead of warning
    #[arg(long)]
    must_exist: bool,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &AddArgs) -> Result<Done> {
    context.no_csv("users add")?;
    if let Some(path) = &args.from {
        let options = from_file::Options {
            method: args.method,
            must_exist: args.must_exist,
            dry_run: args.dry_run,
        };
        return from_file::run(context, path, &options);
    }
    if args.entries.is_empty() {
        pick::must_be_possible(context)?;
    }
    let phone = args.phone.as_ref().and_then(NumberOption::number);
    check_phone(phone, &args.entries)?;
    let opened = context.open()?;
    check_gateway(&opened, Some(args.method))?;
    let picked;
    let entries = if args.entries.is_empty() {
        picked = pick::pick(&opened)?;
        &picked
    } else {
        &args.entries
    };
    let new_names = NewNames::new(context, &opened);
    new_names.check(Adding::Users, &entries.names)?;
    new_names.check(Adding::Groups, &entries.groups)?;
    let keys = opened.keys()?;
    let mut gate = Gate::new(context, &opened)?;
    let mut system = System::new(&opened.settings, args.must_exist)?;
    let (mut unknown, mut unconfirmed) = (Vec::new(), Vec::new());
    let targets = entries.targets();
    let done =
        for_each(context, &opened, args.dry_run, &targets, &mut |context, opened, target| {
            let name = target.name;
            check_method(target.kind, args.method, phone)?;
            let is_known = system.knows(context, target)?;
            let listing = Listing {
                method: args.method,
                phone: phone.cloned(),
                notes: args.notes.clone().filter(|notes| !notes.is_empty()),
                added: context.now(),
            };
            let entry = Entry { target, listing: &listing, dry_run: args.dry_run };
            let changed = opened.store.update(Scope::Account(&name.key()), |locked| {
                add(context, opened, locked, &keys, &mut gate, &entry)
            })?;
            if changed == Changed::Added {
                unknown.extend((is_known == Some(false)).then(|| name.canonical()));
                unconfirmed.extend((is_known != Some(true)).then(|| name.canonical()));
            }
            Ok(changed.into())
        })?;
    super::warn_of_unknown_range(context, phone);
    warn_of_unknown(context, &unknown);
    warn_of_lost_backslashes(context, &opened, &unconfirmed);
    Ok(done)
}

/// One entry to add.
struct Entry<'a> {
    target: &'a Target<'a>,
    listing: &'a Listing,
    dry_run: bool,
}

fn add(
    context: &Context<'_>,
    opened: &Opened,
    locked: &mut dyn Locked,
    keys: &KeyRing,
    gate: &mut Gate,
    entry: &Entry<'_>,
) -> Result<Changed> {
    let Entry { target: Target { kind, name, .. }, listing, dry_run } = *entry;
    let missing = missing(locked, &opened.settings, *kind, name, listing)?;
    if missing == Missing::Nothing {
        return Ok(Changed::Unchanged);
    }
    if missing.adds() {
        gate.admit(locked, *kind, name)?;
    }
    let object = name.canonical();
    let change = Change { action: ACTION, object: Some(&object), values: audit_values(listing) };
    context.change(locked, Some(keys), dry_run, change, |locked| {
        write_missing(locked, *kind, name, listing, missing)
    })?;
    Ok(Changed::Added)
}
