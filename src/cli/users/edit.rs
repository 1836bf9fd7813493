//! `rw2fa users edit`.

use clap::Args;

use super::{
    Entries, FromList, LONGEST_NOTES, check_gateway, check_method, check_phone, for_each,
    parse_notes,
};
use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened};
use crate::cli::output::Changed;
use crate::cli::target::{Takes, Target, first_few};
use crate::cli::unlisted::not_listed;
use crate::error::{Error, ErrorKind, Result};
use crate::factor;
use crate::factor::state::{Enrolment, State};
use crate::gateway::number::NumberOption;
use crate::names::listing::{Listing, Method, Phone};
use crate::names::name::Name;
use crate::platform;
use crate::printable::shortened;
use crate::store::seal::KeyRing;
use crate::store::{DocumentKind, Locked, Scope, Update, editing, records};

/// Change the method, phone or notes of users and groups; enrolled secrets are kept
#[derive(Args, Debug)]
#[command(group(super::at_least_one_or_list()))]
#[command(after_help = "Example: rw2fa users edit alice --phone +33612345678")]
pub(in crate::cli) struct EditArgs {
    #[command(flatten)]
    entries: Entries,
    #[command(flatten)]
    list: FromList,
    /// How they get codes
    #[arg(long, value_enum)]
    method: Option<Method>,
    /// The phone number for SMS, such as +33612345678; an empty text deletes it
    #[arg(long, value_parser = NumberOption::parse, conflicts_with = "from")]
    phone: Option<NumberOption>,
    /// A note; an empty text deletes it
    #[arg(long, value_name = "TEXT", value_parser = parse_notes)]
    notes: Option<String>,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &EditArgs) -> Result<Done> {
    context.no_csv("users edit")?;
    if args.method.is_none() && args.phone.is_none() && args.notes.is_none() {
        return Err(Error::new(ErrorKind::Usage, "nothing to change")
            .with_hint("use --method, --phone or --notes"));
    }
    let number = args.phone.as_ref().and_then(NumberOption::number);
    if args.list.from.is_none() {
        check_phone(number, &args.entries)?;
    }
    let list = args.list.read(context, Takes::Listed)?;
    let opened = context.open()?;
    check_gateway(&opened, args.method)?;
    let keys = opened.keys()?;
    let targets = match list {
        None => args.entries.targets(),
        Some(mut list) => {
            list.find_unknown(&*opened.store, &[DocumentKind::User], &[DocumentKind::Group])?;
            list.finish(context)?.0
        }
    };
    let mut unenrolled = Unenrolled::default();
    let done =
        for_each(context, &opened, args.dry_run, &targets, &mut |context, opened, target| {
            let changed = opened.store.update(Scope::Account(&target.name.key()), |locked| {
                edit_one(context, opened, locked, &keys, args, target, &mut unenrolled)
            })?;
            Ok(changed.into())
        })?;
    super::warn_of_unknown_range(context, number);
    unenrolled.report(context);
    Ok(done)
}

fn edit_one(
    context: &Context<'_>,
    opened: &Opened,
    locked: &mut dyn Locked,
    keys: &KeyRing,
    args: &EditArgs,
    target: &Target<'_>,
    unenrolled: &mut Unenrolled,
) -> Result<Changed> {
    let (name, document) = (target.name, target.document());
    let Some(before) = records::listing(locked, target.kind, name)? else {
        return Err(not_listed(locked, target.kind, name));
    };
    let Edits { edits, audited } = Edits::new(&before, args);
    if edits.is_empty() {
        return Ok(Changed::Unchanged);
    }
    if args.method.is_some() || args.phone.is_some() {
        let number = args.phone.as_ref().and_then(NumberOption::number);
        let kept = before.phone.as_ref().filter(|_| args.phone.is_none());
        let method = args.method.unwrap_or(before.method);
        check_method(target.kind, method, number.or(kept))?;
    }
    let text = editing::edit(locked, &document, &edits)?;
    let object = name.canonical();
    let change = Change { action: "users edit", object: Some(&object), values: audited };
    context.change(locked, Some(keys), args.dry_run, change, |locked| {
        let is_user = target.kind == DocumentKind::User;
        let new_method = args.method.filter(|method| is_user && *method != before.method);
        if let Some(method) = new_method {
            // Done first, so that grants earned by the old method never apply to the new one.
            let state = change_method(locked, name)?;
            if let Some(state) = state.filter(|state| is_starting_over(state, method)) {
                let advanced = &opened.settings.advanced;
                unenrolled.add(name, advanced.needs_handing_over(&state, context.now()));
            }
        }
        locked.write(&document, &text)
    })?;
    Ok(Changed::Changed)
}

/// The users who now get codes from an app, and have not set one up.
#[derive(Default)]
struct Unenrolled {
    /// The next login shows them a QR code.
    shown: Vec<String>,
    /// No login does.
    refused: Vec<String>,
}

impl Unenrolled {
    fn add(&mut self, name: &Name, needs_handing_over: bool) {
        let names = if needs_handing_over { &mut self.refused } else { &mut self.shown };
        names.push(name.canonical());
    }

    fn report(&self, context: &mut Context<'_>) {
        if !self.shown.is_empty() {
            context.note(&format!(
                "no authenticator app set up yet: {}. The next login shows a QR code, after a code by SMS if one \
                 worked before.",
                first_few(&self.shown)
            ));
        }
        if let Some(first) = self.refused.first() {
            let (names, first) = (first_few(&self.refused), platform::quoted(first));
            context.warn(&format!("not enrolled, and no login lets them enrol: {names}"));
            context.hint(&format!("hand over a QR code: rw2fa users enrol {first}"));
        }
    }
}

/// What is written into a document, and the values for the trail.
#[derive(Default)]
struct Edits {
    edits: Vec<(&'static [&'static str], Option<toml_edit::Value>)>,
    audited: serde_json::Map<String, serde_json::Value>,
}

impl Edits {
    /// Compares the arguments with the current listing.
    fn new(before: &Listing, args: &EditArgs) -> Self {
        let mut all = Self::default();
        if let Some(method) = args.method.filter(|method| *method != before.method) {
            all.edits.push((&["method"], Some(method.as_str().into())));
            all.audited.extend(values("method", before.method, method));
        }
        let old_phone = before.phone.as_ref();
        if let Some(phone) = args.phone.as_ref().map(NumberOption::number)
            && phone != old_phone
        {
            all.edits.push((&["phone"], phone.map(|phone| phone.to_string().into())));
            let masked = (old_phone.map(Phone::masked), phone.map(Phone::masked));
            all.audited.extend(values("phone", masked.0, masked.1));
        }
        // Notes written by hand may be longer than a line of the trail allows.
        let old_notes = shortened(before.notes.clone().unwrap_or_default(), 4 * LONGEST_NOTES);
        if let Some(notes) = args.notes.as_ref().filter(|notes| **notes != old_notes) {
            let value = (!notes.is_empty()).then(|| notes.as_str().into());
            all.edits.push((&["notes"], value));
            all.audited.extend(values("notes", &old_notes, notes));
        }
        all
    }
}

/// Returns whether a user in this state has yet to set up the app that they now get codes from.
fn is_starting_over(state: &State, method: Method) -> bool {
    method == Method::App && state.enrolment_by(method) != Enrolment::Active
}

/// Ends the grants earned by the old method, and its outstanding code. Returns the user's new state.
fn change_method(locked: &mut dyn Locked, name: &Name) -> Result<Option<State>> {
    let Some(mut state) = records::state(locked, name)? else { return Ok(None) };
    state.grants.clear();
    factor::parts().for_each(|part| part.abandon(&mut state));
    records::write_state(locked, name, &state)?;
    Ok(Some(state))
}
