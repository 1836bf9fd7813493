//! `rw2fa users enrol`: creates a secret to be handed over in person.

use clap::Args;

use super::handing_over::{self, HandOver, Made};
use super::known_state;
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::{Done, Format, parse_name};
use crate::error::Result;
use crate::names::name::Name;
use crate::store::{Scope, Update, records};

/// Create a user's secret and show its QR code, to hand over in person
///
/// The QR code is valid for 24 hours, or as long as --for says, until a login confirms it with a
/// correct code. No login shows it. If it expires, the user cannot enrol until you run this command
/// again. A secret that a login showed before no longer works. For a user who has enrolled, run
/// 'rw2fa users reset' first.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa users enrol alice --for 3d --qr-file alice.png")]
pub(in crate::cli) struct EnrolArgs {
    /// The user
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    hand_over: HandOver,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &EnrolArgs) -> Result<Done> {
    context.no_csv("users enrol")?;
    let name = parse_name(&args.name)?;
    let file = args.hand_over.open_file(args.dry_run)?;
    let opened = context.open()?;
    let made = make(context, &opened, &name, args)?;
    if args.dry_run {
        context.note(&format!("{name}: would create a secret and show its QR code"));
        // For people, the note says it all.
        if context.globals.format != Format::Text {
            let row = ChangeRow::new("user", name.canonical(), Ok(Changed::Changed));
            return output::changes(context, true, &[row]);
        }
        return Ok(Done::All);
    }
    args.hand_over.show(context, &opened.settings, file, &name, &made)
}

/// Creates and stores the user's secret, or renews the one handed over already.
fn make(context: &Context<'_>, opened: &Opened, name: &Name, args: &EnrolArgs) -> Result<Made> {
    opened.store.update(Scope::Account(&name.key()), |locked| {
        // Read under the lock: a key that is being replaced must not seal anything after that.
        let keys = records::key_ring(locked)?;
        let state = known_state(locked, name)?;
        handing_over::check_method(locked, name)?;
        let made = args.hand_over.make(context, &opened.settings, locked, &keys, name, &state)?;
        let object = name.canonical();
        let mut values = values("enrolment", state.enrolment, made.next.enrolment);
        values.extend(made.recorded());
        let change = Change { action: "users enrol", object: Some(&object), values };
        context.change(locked, Some(&keys), args.dry_run, change, |locked| {
            records::write_state(locked, name, &made.next)
        })?;
        Ok(made)
    })
}
