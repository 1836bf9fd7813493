//! `rw2fa users edit`.

use clap::Args;

use super::{
    Entries, LONGEST_NOTES, check_method, check_phone, for_each, parse_notes, parse_phone,
};
use crate::account::listing::{Method, Phone};
use crate::cli::Done;
use crate::cli::context::{Change, Context, not_listed, values};
use crate::cli::output::Changed;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::printable::shortened;
use crate::store::{Kind, Scope, Store, records};

/// Change method, phone or notes of users and groups; an enrolled secret is kept
#[derive(Args, Debug)]
#[command(group(super::somebody()))]
#[command(after_help = "Example: rw2fa users edit alice --phone +33612345678")]
pub(in crate::cli) struct EditArgs {
    #[command(flatten)]
    entries: Entries,
    /// How codes reach them
    #[arg(long, value_enum)]
    method: Option<Method>,
    /// Where SMS go, as +33612345678
    #[arg(long, value_parser = parse_phone)]
    phone: Option<Phone>,
    /// Anything worth remembering; an empty text forgets it
    #[arg(long, value_name = "TEXT", value_parser = parse_notes)]
    notes: Option<String>,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &EditArgs) -> Result<Done> {
    context.no_csv("users edit")?;
    if args.method.is_none() && args.phone.is_none() && args.notes.is_none() {
        return Err(Error::new(ErrorKind::Usage, "nothing to change")
            .hint("name what to change: --method, --phone or --notes"));
    }
    check_method(args.method)?;
    check_phone(args.phone.as_ref(), &args.entries)?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let entries = args.entries.texts();
    for_each(context, &opened, args.dry_run, entries, &mut |context, opened, target| {
        let (store, name) = (&opened.store, target.name);
        let document = target.document();
        let mut result = Changed::Unchanged;
        store.update(Scope::Account(&name.key()), &mut |transaction| {
            let Some(before) = records::listing(store, target.kind, name)? else {
                return Err(not_listed(store, target.kind, name));
            };
            let mut edits: Vec<(&[&str], Option<toml_edit::Value>)> = Vec::new();
            let mut audited = serde_json::Map::new();
            if let Some(method) = args.method.filter(|method| *method != before.method) {
                edits.push((&["method"], Some(method.as_str().into())));
                audited.extend(values("method", before.method, method));
            }
            if let Some(phone) =
                args.phone.as_ref().filter(|new| before.phone.as_ref() != Some(*new))
            {
                edits.push((&["phone"], Some(phone.to_string().into())));
                audited.extend(values("phone", before.phone.clone(), Some(phone.clone())));
            }
            // Written by hand, they may be longer than a line of the trail.
            let old_notes = shortened(before.notes.clone().unwrap_or_default(), 4 * LONGEST_NOTES);
            if let Some(notes) = args.notes.as_ref().filter(|notes| **notes != old_notes) {
                let value = (!notes.is_empty()).then(|| notes.as_str().into());
                edits.push((&["notes"], value));
                audited.extend(values("notes", &old_notes, notes));
            }
            if edits.is_empty() {
                return Ok(());
            }
            result = Changed::Changed;
            if args.dry_run {
                return Ok(());
            }
            let text = records::edit(store, &document, &edits)?;
            transaction.write(&document, &text)?;
            let is_user = target.kind == Kind::User;
            if is_user && args.method.is_some_and(|method| method != before.method) {
                end_grants(store, transaction, name)?;
            }
            let name = name.canonical();
            let change = Change { action: "users edit", object: Some(&name), values: audited };
            context.audit(transaction, Some(&keys), change)
        })?;
        Ok(result.into())
    })
}

/// A change of method ends what codes of the old one earned.
fn end_grants(
    store: &dyn Store,
    transaction: &mut dyn crate::store::Transaction,
    name: &crate::account::name::Name,
) -> Result<()> {
    let Some(mut state) = records::state(store, name)? else { return Ok(()) };
    state.grants.clear();
    records::write_state(transaction, name, &state)
}
