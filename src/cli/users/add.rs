//! `rw2fa users add`.

use std::time::Duration;

use clap::Args;

use super::{Entries, Target, check_method, check_number, check_phone, for_each, masked};
use crate::account::listing::{Listing, Method, Phone};
use crate::account::matching::overlapping;
use crate::account::name::Name;
use crate::account::state::State;
use crate::cli::Done;
use crate::cli::context::{Change, Context, Opened, values};
use crate::cli::license::Gate;
use crate::cli::output::Changed;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::sms::number;
use crate::store::{Document, Kind, Scope, Store, records};
use crate::verify::facts::missing_half;

/// Put users and groups on the list
///
/// From the next login on they need a code (once 'rw2fa enable' was run). At the first one they see a
/// QR code for their authenticator app.
#[derive(Args, Debug)]
#[command(
    after_help = "A user is NAME, DOMAIN\\NAME or NAME@DNS-SUFFIX. Members of a listed group need a code \
    too.\n\nExample: rw2fa users add alice 'CORP\\bob' carol@corp.example"
)]
pub(in crate::cli) struct AddArgs {
    #[command(flatten)]
    entries: Entries,
    /// How codes reach them
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Where SMS go, as +33612345678
    #[arg(long, value_parser = number::parse)]
    phone: Option<Phone>,
    /// Anything worth remembering
    #[arg(long, value_name = "TEXT")]
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
    check_phone(args.phone.as_ref(), &args.entries)?;
    let opened = context.open()?;
    check_method(&opened, Some(args.method), &args.entries)?;
    let keys = opened.keys()?;
    let mut gate = Gate::of(context, &opened)?;
    let started = std::time::Instant::now();
    let mut unknown = Vec::new();
    let entries = args.entries.texts();
    let done =
        for_each(context, &opened, args.dry_run, entries, &mut |context, opened, target| {
            let name = target.name;
            // A warning may be left out where the system is slow, a promise may not.
            let is_asked = args.must_exist || started.elapsed() <= SYSTEM_PATIENCE;
            let is_known = !is_asked || is_known(context, target);
            if !is_known && args.must_exist {
                return Err(Error::new(ErrorKind::NotFound, "the system knows no such name")
                    .hint("check the spelling, or add it without --must-exist"));
            }
            check_number(name, args.method, args.phone.as_ref())?;
            let mut result = Changed::Unchanged;
            opened.store.update(Scope::Account(&name.key()), &mut |transaction| {
                let listing = Listing {
                    method: args.method,
                    phone: args.phone.clone(),
                    notes: args.notes.clone(),
                    added: context.now(),
                };
                let missing = match target.kind {
                    Kind::Group => missing_group(opened, target, &listing)?,
                    _ => missing(opened, name, &listing)?,
                };
                if missing == Missing::Nothing {
                    return Ok(());
                }
                gate.admit(&opened.store, target.kind, name)?;
                result = Changed::Added;
                if args.dry_run {
                    return Ok(());
                }
                // The state first: a kill in between leaves a user who is not listed yet. That it belongs to
                // a listed user is written last: from then on a lost listing is an error, not a removal.
                if missing == Missing::StateAndListing {
                    records::write_state(transaction, name, &State::new(listing.added))?;
                }
                records::write_listing(transaction, target.kind, name, &listing)?;
                if target.kind == Kind::User
                    && let Some(state) = records::state(&opened.store, name)?
                {
                    records::write_state(transaction, name, &State { listed: true, ..state })?;
                }
                let name = name.canonical();
                let mut values = values("method", None, Some(listing.method));
                if let Some(phone) = masked(listing.phone.as_ref()) {
                    values.insert("phone".into(), serde_json::json!([null, phone]));
                }
                if let Some(notes) = &listing.notes {
                    values.insert("notes".into(), serde_json::json!([null, notes]));
                }
                let change = Change { action: "users add", object: Some(&name), values };
                context.audit(transaction, Some(&keys), change)
            })?;
            if !is_known && result == Changed::Added {
                unknown.push(name.canonical());
            }
            Ok(result.into())
        })?;
    super::doubt(context, args.phone.as_ref());
    if !unknown.is_empty() {
        context.warn(&format!(
            "the system knows no account or group called {}: check the spelling, since whoever was meant \
             is not protected otherwise",
            super::who(&unknown)
        ));
    }
    Ok(done)
}

/// How long the system is asked for names, in all, before the warning about unknown ones is left out.
const SYSTEM_PATIENCE: Duration = Duration::from_secs(5);

/// Whether the system knows the target, as far as it can be asked.
fn is_known(context: &Context<'_>, target: &Target<'_>) -> bool {
    let spellings = target.name.system_spellings(target.written);
    let is_group = target.kind == Kind::Group;
    context.process.knows(&spellings, is_group).unwrap_or(true)
}

/// What has to be written for a user to be listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Nothing,
    Listing,
    StateAndListing,
}

/// Whether an entry is listed with these attributes.
///
/// # Errors
/// When it is listed with others.
fn same_listing(opened: &Opened, kind: Kind, name: &Name, listing: &Listing) -> Result<bool> {
    let Some(present) = records::listing(&opened.store, kind, name)? else { return Ok(false) };
    let same = present.method == listing.method
        && (listing.phone.is_none() || present.phone == listing.phone)
        && (listing.notes.is_none() || present.notes == listing.notes);
    if same {
        return Ok(true);
    }
    let option = if kind == Kind::Group { "--group " } else { "" };
    Err(Error::new(ErrorKind::Conflict, "is listed with other attributes")
        .hint(format!("change them with: rw2fa users edit {option}'{name}'")))
}

/// What is missing for a group to be listed. Groups may overlap: any match counts.
fn missing_group(opened: &Opened, target: &Target<'_>, listing: &Listing) -> Result<Missing> {
    let present = same_listing(opened, Kind::Group, target.name, listing)?;
    Ok(if present { Missing::Nothing } else { Missing::Listing })
}

/// What is missing for `name` to be listed.
///
/// # Errors
/// When the name is listed with other attributes, or overlaps another entry.
fn missing(opened: &Opened, name: &Name, listing: &Listing) -> Result<Missing> {
    let store = &opened.store;
    let present = same_listing(opened, Kind::User, name, listing)?;
    let has_state = store.read(&Document::Of(Kind::State, name.clone()))?.is_some();
    if present {
        // A listed user without a state is a loss that only 'reset' may mend.
        return if has_state {
            Ok(Missing::Nothing)
        } else {
            Err(missing_half(store, Kind::State, name))
        };
    }
    let mut others = store.names_like(Kind::User, &name.key())?;
    others.extend(store.names_like(Kind::State, &name.key())?);
    others.retain(|other| other != name);
    if let Some(other) = overlapping(name, &others, &opened.settings.domains) {
        return Err(Error::new(
            ErrorKind::Conflict,
            format!("overlaps '{other}': one login could mean both"),
        )
        .hint("use one entry for both, or give both their NetBIOS domain: DOMAIN\\NAME"));
    }
    Ok(if has_state { Missing::Listing } else { Missing::StateAndListing })
}
