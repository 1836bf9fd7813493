//! `rw2fa users add`: entries by name. Those of a file are the business of `from_file`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Map, Value};

use super::{
    Entries, Target, check_gateway, check_method, check_phone, for_each, from_file, parse_notes,
    pick,
};
use crate::account::listing::{Listing, Method, Phone};
use crate::account::matching::overlapping;
use crate::account::name::Name;
use crate::account::state::State;
use crate::cli::Done;
use crate::cli::context::{Change, Context, Opened, values};
use crate::cli::license::Gate;
use crate::cli::output::Changed;
use crate::error::{Error, ErrorKind, Result};
use crate::sms::number;
use crate::store::user::missing_half;
use crate::store::{Document, DocumentKind, Scope, Store, Transaction, records};

/// Put users and groups on the list
///
/// From the next login on they need a code (once 'rw2fa enable' was run). At the first one they see a
/// QR code for their authenticator app.
///
/// --from reads a CSV file with the header name,type,method,phone; more columns, such as those of
/// 'rw2fa users list --format csv', are ignored. It is checked as a whole before anybody is added. An
/// empty type means user, an empty method that of --method.
#[derive(Args, Debug)]
#[command(
    after_help = "A user is NAME, DOMAIN\\NAME or NAME@DNS-SUFFIX. Members of a listed group need a code \
    too.\n\nExamples:\n  rw2fa users add alice 'CORP\\bob' carol@corp.example\n  \
    rw2fa users add --from staff.csv --must-exist --dry-run"
)]
pub(in crate::cli) struct AddArgs {
    #[command(flatten)]
    entries: Entries,
    /// Users and groups of a CSV file; '-' is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["names", "groups", "phone", "notes"])]
    from: Option<PathBuf>,
    /// How codes reach them
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Where SMS go, as +33612345678
    #[arg(long, value_parser = number::parse)]
    phone: Option<Phone>,
    /// Anything worth remembering
    #[arg(long, value_name = "TEXT", value_parser = parse_notes)]
    notes: Option<String>,
    /// A name that the system does not know is an error, not only worth a warning
    #[arg(long)]
    must_exist: bool,
    /// Only tell what would be done
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
    check_phone(args.phone.as_ref(), &args.entries)?;
    let opened = context.open()?;
    check_gateway(&opened, Some(args.method))?;
    let picked;
    let entries = if args.entries.is_empty() {
        picked = pick::pick(&opened)?;
        &picked
    } else {
        &args.entries
    };
    let keys = opened.keys()?;
    let mut gate = Gate::of(context, &opened)?;
    let mut system = System::new(args.must_exist);
    let mut unknown = Vec::new();
    let entries = entries.texts();
    let done =
        for_each(context, &opened, args.dry_run, entries, &mut |context, opened, target| {
            let name = target.name;
            check_method(target.kind, args.method, args.phone.as_ref())?;
            let is_known = system.knows(context, target)?;
            let listing = Listing {
                method: args.method,
                phone: args.phone.clone(),
                notes: args.notes.clone(),
                added: context.now(),
            };
            let mut result = Changed::Unchanged;
            opened.store.update(Scope::Account(&name.key()), &mut |transaction| {
                let missing = missing(opened, target.kind, name, &listing)?;
                if missing == Missing::Nothing {
                    return Ok(());
                }
                if missing.adds() {
                    gate.admit(&opened.store, target.kind, name)?;
                }
                result = Changed::Added;
                if args.dry_run {
                    return Ok(());
                }
                let object = name.canonical();
                let change =
                    Change { action: ACTION, object: Some(&object), values: told_of(&listing) };
                // SECURITY: the line is durable first: nobody is listed of whom the trail does not tell.
                context.audit(transaction, Some(&keys), change)?;
                put(opened, transaction, target.kind, name, &listing, missing)
            })?;
            if !is_known && result == Changed::Added {
                unknown.push(name.canonical());
            }
            Ok(result.into())
        })?;
    super::doubt(context, args.phone.as_ref());
    warn_of_unknown(context, &unknown);
    Ok(done)
}

/// Writes what is missing for an entry to be listed. The trail tells of it already.
pub(super) fn put(
    opened: &Opened,
    transaction: &mut dyn Transaction,
    kind: DocumentKind,
    name: &Name,
    listing: &Listing,
    missing: Missing,
) -> Result<()> {
    // The state first: a kill in between leaves a user who is not listed yet. That it belongs to a
    // listed user is written last: from then on a lost listing is an error, not a removal.
    if missing == Missing::StateAndListing {
        records::remove_stray_attempts(transaction, name)?;
        records::write_state(transaction, name, &State::new(listing.added))?;
    }
    if missing.adds() {
        records::write_listing(transaction, kind, name, listing)?;
    }
    if kind == DocumentKind::User
        && let Some(state) = records::state_document(&opened.store, name)?
    {
        records::write_state(transaction, name, &State { listed: true, ..state })?;
    }
    Ok(())
}

/// What this is called in the audit trail.
pub(super) const ACTION: &str = "users add";

/// What the audit trail tells of a new entry.
pub(super) fn told_of(listing: &Listing) -> Map<String, Value> {
    let mut values = values("method", None, Some(listing.method));
    if let Some(phone) = listing.phone.as_ref().map(Phone::masked) {
        values.insert("phone".into(), serde_json::json!([null, phone]));
    }
    if let Some(notes) = &listing.notes {
        values.insert("notes".into(), serde_json::json!([null, notes]));
    }
    values
}

/// Warns of names that the system does not know.
pub(super) fn warn_of_unknown(context: &mut Context<'_>, unknown: &[String]) {
    if !unknown.is_empty() {
        context.warn(&format!(
            "the system knows no account or group called {}: check the spelling, since whoever was meant \
             is not protected otherwise",
            super::who(unknown)
        ));
    }
}

/// How long the system is asked for names, in all, before the warning about unknown ones is left out.
const SYSTEM_PATIENCE: Duration = Duration::from_secs(5);

/// The system's accounts, asked whether they include a name.
pub(super) struct System {
    must_exist: bool,
    started: Instant,
}

impl System {
    /// With `--must-exist` a name that it does not know is an error.
    pub(super) fn new(must_exist: bool) -> Self {
        Self { must_exist, started: Instant::now() }
    }

    /// Whether the system knows the target, as far as it can be asked.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with `--must-exist`, when it does not.
    pub(super) fn knows(&mut self, context: &Context<'_>, target: &Target<'_>) -> Result<bool> {
        // A warning may be left out where the system is slow, a promise may not.
        if !self.must_exist && self.started.elapsed() > SYSTEM_PATIENCE {
            return Ok(true);
        }
        let spellings = target.name.system_spellings(target.written);
        let is_group = target.kind == DocumentKind::Group;
        let is_known = context.process.knows(&spellings, is_group).unwrap_or(true);
        if !is_known && self.must_exist {
            return Err(Error::new(ErrorKind::NotFound, "the system knows no such name")
                .with_hint("check the spelling, or add it without --must-exist"));
        }
        Ok(is_known)
    }
}

/// What has to be written for an entry to be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Nothing,
    /// The mark in the state: whoever listed the user was killed before it was written.
    Mark,
    Listing,
    StateAndListing,
}

impl Missing {
    /// Whether the list gets longer.
    pub(super) fn adds(self) -> bool {
        matches!(self, Missing::Listing | Missing::StateAndListing)
    }
}

/// What is missing for an entry to be listed with these attributes.
///
/// # Errors
/// When the name is listed with other attributes, or overlaps another entry.
pub(super) fn missing(
    opened: &Opened,
    kind: DocumentKind,
    name: &Name,
    listing: &Listing,
) -> Result<Missing> {
    let present = same_listing(opened, kind, name, listing)?;
    if kind == DocumentKind::Group {
        // Groups may overlap: any match counts.
        return Ok(if present { Missing::Nothing } else { Missing::Listing });
    }
    let store = &opened.store;
    let has_state = store.read(&Document::Of(DocumentKind::State, name.clone()))?.is_some();
    if present {
        // A listed user without a state is a loss that only 'reset' may mend.
        if !has_state {
            return Err(missing_half(store, DocumentKind::State, name));
        }
        // A damaged state is told by those who need it.
        let is_marked = records::state(store, name).map_or(true, |s| s.is_none_or(|s| s.listed));
        return Ok(if is_marked { Missing::Nothing } else { Missing::Mark });
    }
    let mut others = store.names_like(DocumentKind::User, &name.key())?;
    others.extend(store.names_like(DocumentKind::State, &name.key())?);
    if let Some(other) = overlapping(name, &others, &opened.settings.domains) {
        return Err(overlap(&format!("'{other}'")));
    }
    Ok(if has_state { Missing::Listing } else { Missing::StateAndListing })
}

/// The error that a new entry could mean the same login as another one.
pub(super) fn overlap(other: &str) -> Error {
    Error::new(ErrorKind::Conflict, format!("overlaps {other}: one login could mean both"))
        .with_hint("use one entry for both, or give both their NetBIOS domain: DOMAIN\\NAME")
}

/// Whether an entry is listed with these attributes.
///
/// # Errors
/// When it is listed with others.
fn same_listing(
    opened: &Opened,
    kind: DocumentKind,
    name: &Name,
    listing: &Listing,
) -> Result<bool> {
    let Some(present) = records::listing(&opened.store, kind, name)? else { return Ok(false) };
    let same = present.method == listing.method
        && (listing.phone.is_none() || present.phone == listing.phone)
        && (listing.notes.is_none() || present.notes == listing.notes);
    if same {
        return Ok(true);
    }
    let option = if kind == DocumentKind::Group { "--group " } else { "" };
    Err(Error::new(ErrorKind::Conflict, "is listed with other attributes")
        .with_hint(format!("change them with: rw2fa users edit {option}'{name}'")))
}
