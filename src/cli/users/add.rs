//! `rw2fa users add`.

use clap::Args;

use super::{check_method, for_each, parse_phone};
use crate::account::listing::{Listing, Method, Phone};
use crate::account::matching::overlapping;
use crate::account::name::Name;
use crate::account::state::State;
use crate::cli::Done;
use crate::cli::context::{Change, Context, Opened, values};
use crate::cli::license::Gate;
use crate::cli::output::Changed;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::store::{Document, Kind, Scope, Store, records};
use crate::verify::facts::missing_half;

/// Put users on the list
///
/// From the next login on they need a code (once 'rw2fa enable' was run). At the first one they see a
/// QR code for their authenticator app.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa users add alice 'CORP\\bob' carol@corp.example")]
pub(in crate::cli) struct AddArgs {
    /// The users: NAME, DOMAIN\NAME or NAME@DNS-SUFFIX
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// How codes reach them
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Where SMS go, as +33612345678
    #[arg(long, value_parser = parse_phone)]
    phone: Option<Phone>,
    /// Anything worth remembering
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &AddArgs) -> Result<Done> {
    context.no_csv("users add")?;
    check_method(Some(args.method))?;
    if args.phone.is_some() && args.names.len() > 1 {
        return Err(Error::new(ErrorKind::Usage, "--phone is for one user at a time"));
    }
    let opened = context.open()?;
    let keys = opened.keys()?;
    let mut gate = Gate::of(context, &opened)?;
    for_each(context, &opened, args.dry_run, &args.names, &mut |context, opened, name| {
        let mut result = Changed::Unchanged;
        opened.store.update(Scope::Account(&name.key()), &mut |transaction| {
            let listing = Listing {
                method: args.method,
                phone: args.phone.clone(),
                notes: args.notes.clone(),
                added: context.now(),
            };
            let missing = missing(opened, name, &listing)?;
            if missing == Missing::Nothing {
                return Ok(());
            }
            gate.admit(&opened.store, name)?;
            result = Changed::Added;
            if args.dry_run {
                return Ok(());
            }
            // The state first: a kill in between leaves a user who is not listed yet. That it belongs to
            // a listed user is written last: from then on a lost listing is an error, not a removal.
            if missing == Missing::StateAndListing {
                records::write_state(transaction, name, &State::new(listing.added))?;
            }
            records::write_listing(transaction, Kind::User, name, &listing)?;
            if let Some(state) = records::state(&opened.store, name)? {
                records::write_state(transaction, name, &State { listed: true, ..state })?;
            }
            let name = name.canonical();
            let mut values = values("method", None, Some(listing.method));
            if let Some(phone) = &listing.phone {
                values.insert("phone".into(), serde_json::json!([null, phone]));
            }
            if let Some(notes) = &listing.notes {
                values.insert("notes".into(), serde_json::json!([null, notes]));
            }
            let change = Change { action: "users add", object: Some(&name), values };
            context.audit(transaction, Some(&keys), change)
        })?;
        Ok(result)
    })
}

/// What has to be written for a user to be listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Missing {
    Nothing,
    Listing,
    StateAndListing,
}

/// What is missing for `name` to be listed.
///
/// # Errors
/// When the name is listed with other attributes, or overlaps another entry.
fn missing(opened: &Opened, name: &Name, listing: &Listing) -> Result<Missing> {
    let store = &opened.store;
    let present = records::listing(store, Kind::User, name)?;
    let has_state = store.read(&Document::Of(Kind::State, name.clone()))?.is_some();
    if let Some(present) = present {
        let same = present.method == listing.method
            && (listing.phone.is_none() || present.phone == listing.phone)
            && (listing.notes.is_none() || present.notes == listing.notes);
        if !same {
            return Err(Error::new(ErrorKind::Conflict, "is listed with other attributes")
                .hint(format!("change them with: rw2fa users edit {name}")));
        }
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
