//! `rw2fa users lost-phone`: replaces the secret of a lost device in one step.

use clap::Args;

use super::handing_over::{HandOver, Made, Picture};
use super::reset::Start;
use crate::cli::context::{Context, Opened};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::{Done, parse_name};
use crate::error::Result;
use crate::names::listing::{Listing, Method};
use crate::names::name::Name;
use crate::platform;
use crate::store::{DocumentKind, Scope, Update, records};

/// Replace the secret of a lost phone, and show a new QR code to hand over
///
/// Deletes the user's secret, recovery codes, temporary code and failed attempts, and ends their grants; open sessions
/// continue. Then creates a new secret, as 'rw2fa users enrol' does, so that a password alone never shows a QR code.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa users lost-phone alice")]
pub(in crate::cli) struct LostPhoneArgs {
    /// The user
    #[arg(value_name = "NAME")]
    name: String,
    /// Create no secret: the next login shows a QR code to anyone with the password
    #[arg(long, conflicts_with_all = ["life", "qr_file"])]
    self_service: bool,
    #[command(flatten)]
    hand_over: HandOver,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

/// How the user gets codes after this.
enum Next {
    /// From an app, with a secret to hand over.
    HandedOver(Box<Made>),
    /// From an app, with a secret that the next login shows.
    SelfService,
    /// By SMS to the same number as before.
    Sms(Listing),
}

pub(super) fn run(context: &mut Context<'_>, args: &LostPhoneArgs) -> Result<Done> {
    context.no_csv("users lost-phone")?;
    let name = parse_name(&args.name)?;
    let file = args.hand_over.open_file(args.dry_run)?;
    let opened = context.open()?;
    if !args.dry_run {
        // Looks the user up before asking.
        replace(context, &opened, &name, args, true)?;
        context.confirm(&format!(
            "This deletes the secret and the recovery codes of {name}, and ends their grants."
        ))?;
    }
    let next = replace(context, &opened, &name, args, args.dry_run)?;
    show(context, &opened, &name, args, file, &next)
}

/// Resets the user and creates the new secret in one write, so that a kill leaves the old state or the new one.
fn replace(
    context: &Context<'_>,
    opened: &Opened,
    name: &Name,
    args: &LostPhoneArgs,
    dry_run: bool,
) -> Result<Next> {
    opened.store.update(Scope::Account(&name.key()), |locked| {
        let keys = records::key_ring(locked)?;
        let mut start = Start::over(context, locked, name)?;
        let listing = records::listing(locked, DocumentKind::User, name)?;
        let next = match listing.filter(|listing| listing.method == Method::Sms) {
            Some(listing) => Next::Sms(listing),
            None if args.self_service => Next::SelfService,
            None => {
                let settings = &opened.settings;
                let made =
                    args.hand_over.make(context, settings, locked, &keys, name, &start.fresh)?;
                start.fresh = made.next.clone();
                Next::HandedOver(Box::new(made))
            }
        };
        start.write(context, locked, &keys, "users lost-phone", name, dry_run)?;
        Ok(next)
    })
}

fn show(
    context: &mut Context<'_>,
    opened: &Opened,
    name: &Name,
    args: &LostPhoneArgs,
    file: Option<Picture>,
    next: &Next,
) -> Result<Done> {
    if let (Next::HandedOver(made), false) = (next, args.dry_run) {
        return args.hand_over.show(context, &opened.settings, file, name, made);
    }
    let row = ChangeRow::new("user", name.canonical(), Ok(Changed::Changed));
    let done = output::changes(context, args.dry_run, &[row])?;
    match next {
        Next::HandedOver(_) => {
            context.note(&format!("{name}: would create a secret and show its QR code"));
        }
        Next::SelfService => {}
        Next::Sms(listing) => {
            let quoted = platform::quoted(name.canonical());
            let number = listing.phone.as_ref().map_or("no number".into(), ToString::to_string);
            context.warn(&format!(
                "{name} still gets codes by SMS at {number}: have the SIM card blocked, or change the number with \
                 'rw2fa users edit {quoted} --phone NUMBER'"
            ));
        }
    }
    Ok(done)
}
