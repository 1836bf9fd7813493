//! `rw2fa license`: the serial number, the portal, and the licence of this machine.
//!
//! Also answers what other commands ask about the licence: its status, who counts, and whether
//! another user may be added. No login depends on it.

mod activate;
mod show;
pub(super) mod trial;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::context::{Context, Opened, count};
use crate::cli::{Done, Format, output};
use crate::error::Result;
use crate::factor::state::Enrolment;
use crate::license::serial::Serial;
use crate::license::status::{LicenseState, LicenseStatus};
use crate::license::vendor::{PORTAL, VendorKey};
use crate::license::{self, PRODUCT, Refusal};
use crate::names::name::Name;
use crate::settings::Settings;
use crate::store::{DocumentKind, Reader, records};

/// Show and activate the licence of this machine
#[derive(Subcommand, Debug)]
#[command(after_help = "Example: rw2fa license activate license.lic")]
pub(super) enum LicenseCommand {
    Serial(SerialArgs),
    Portal(PortalArgs),
    Activate(activate::ActivateArgs),
    Show(show::ShowArgs),
}

/// Print the serial number of this machine, for which licences are issued
///
/// The serial number is a hash of the machine's id, which it does not reveal.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa license serial")]
pub(super) struct SerialArgs {}

/// Show where to get a licence, and what you need there
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa license portal")]
pub(super) struct PortalArgs {}

pub(super) fn run(context: &mut Context<'_>, command: &LicenseCommand) -> Result<Done> {
    match command {
        LicenseCommand::Serial(_) => print_serial(context),
        LicenseCommand::Portal(_) => portal(context),
        LicenseCommand::Activate(args) => activate::run(context, args),
        LicenseCommand::Show(_) => show::run(context),
    }
}

fn print_serial(context: &mut Context<'_>) -> Result<Done> {
    context.no_csv("license serial")?;
    let serial = serial(context)?;
    if context.globals.format == Format::Json {
        context.print_json(&json!({ "schema": 1, "serial": serial.as_str() }))?;
    } else {
        context.print(&format!("{serial}\n"))?;
    }
    Ok(Done::All)
}

fn portal(context: &mut Context<'_>) -> Result<Done> {
    context.no_csv("license portal")?;
    let serial = serial(context)?;
    if context.globals.format == Format::Json {
        context.print_json(&json!({
            "schema": 1,
            "portal": {
                "address": PORTAL,
                "order_number": null,
                "email": null,
                "serial": serial.as_str(),
                "product": PRODUCT,
            },
        }))?;
        return Ok(Done::All);
    }
    output::pairs(
        context,
        &[
            ("portal", PORTAL.into()),
            ("order number", "from the confirmation of your order".into()),
            ("e-mail", "the address of that order".into()),
            ("serial number", serial.to_string()),
            ("product", PRODUCT.into()),
        ],
    )?;
    context.hint("install the licence you get with 'rw2fa license activate license.lic'");
    Ok(Done::All)
}

/// Returns the serial number of this machine.
fn serial(context: &Context<'_>) -> Result<Serial> {
    Ok(Serial::of_machine(&context.process.machine_id()?))
}

/// Returns the status of the licence in the store's settings.
///
/// # Errors
/// When this program's key is invalid. Problems of the licence itself are part of the status.
pub(super) fn current_status(context: &Context<'_>, settings: &Settings) -> Result<LicenseStatus> {
    let key = VendorKey::built_in()?;
    let stored = settings.license.token().map(|token| match serial(context) {
        Ok(serial) => license::read(token.as_bytes(), &key, &serial),
        Err(error) => Err(Refusal::Machine(error.to_string())),
    });
    Ok(LicenseStatus::new(settings.created, stored, context.now()))
}

/// Returns whether this build has the development key, with which anyone can issue licences.
pub(super) fn has_development_key() -> bool {
    VendorKey::built_in().is_ok_and(|key| key.is_development())
}

/// Describes a licence in one line.
pub(super) fn describe(status: &LicenseStatus) -> String {
    let days = |days: u64| count(usize::try_from(days).unwrap_or(usize::MAX), "day");
    match (status.state, &status.license) {
        (LicenseState::Licensed, Some(license)) => {
            let users = match status.max_users() {
                Some(most) => format!("up to {}", count(most as usize, "user")),
                None => "any number of users".into(),
            };
            let end = match status.days_left {
                Some(left) => format!("{} left", days(left)),
                None => "no end date".into(),
            };
            format!("{}, {users}, {end}", license.edition.as_str())
        }
        (LicenseState::Trial, _) if !status.is_begun => "trial, not started yet".into(),
        (LicenseState::Trial | LicenseState::Licensed, _) => {
            format!("trial, {} left", days(status.days_left.unwrap_or_default()))
        }
        (LicenseState::Expired, Some(license)) => {
            let end = license.expires.map(|end| format!(" at {end}")).unwrap_or_default();
            format!("expired{end}; users on the list still need a code")
        }
        (LicenseState::Expired, None) => {
            "trial is over; users on the list still need a code".into()
        }
    }
}

/// A problem of the licence, and its hint.
pub(super) struct Concern {
    pub(super) message: String,
    pub(super) remedy: &'static str,
}

/// Lists the problems of the licence for a store with this number of users.
pub(super) fn concerns(status: &LicenseStatus, users: usize) -> Vec<Concern> {
    const PORTAL: &str = "rw2fa license portal";
    let mut concerns = Vec::new();
    let mut say = |message: String, remedy| concerns.push(Concern { message, remedy });
    if has_development_key() {
        say(
            "this build accepts licences signed with the public development key, so anyone can \
             issue one; logins are not affected"
                .into(),
            "install a build made with RW2FA_VENDOR_KEY",
        );
    }
    match &status.refusal {
        Some(Refusal::Expired(_)) | None => {}
        Some(refusal) => {
            say(format!("the licence in the store is not used: {refusal}"), refusal.hint());
        }
    }
    if status.state == LicenseState::Trial && !status.is_begun {
        say(
            "the trial has not started: the clock was wrong when the store was made".into(),
            "set the clock, then: rw2fa init",
        );
    }
    if status.ends_soon() {
        let what = if status.state == LicenseState::Trial { "trial" } else { "licence" };
        let left = status.days_left.unwrap_or_default();
        let left = count(usize::try_from(left).unwrap_or(usize::MAX), "day");
        say(format!("the {what} ends in {left}; after that, no users can be added"), PORTAL);
    }
    if status.state == LicenseState::Expired {
        let what = if status.license.is_some() { "licence" } else { "trial" };
        say(
            format!(
                "the {what} is over: no users can be added, and users on the list still need a code"
            ),
            PORTAL,
        );
    }
    if let Some(most) = status.max_users().filter(|most| users > *most as usize) {
        let most = count(most as usize, "user");
        say(
            format!("the licence is for {most}, and there are {users}: no more can be added"),
            PORTAL,
        );
    }
    concerns
}

/// Warns of the licence's problems.
pub(super) fn warn(context: &mut Context<'_>, status: &LicenseStatus, users: usize) {
    for Concern { message, remedy } in concerns(status, users) {
        context.warn(&message);
        context.hint(remedy);
    }
}

/// Counts the users toward the licence's limit: those who are listed, and those who have enrolled
/// as members of a listed group.
///
/// A member's document that cannot be read does not count.
pub(super) fn counted(store: &dyn Reader) -> Result<usize> {
    let listed = store.list(DocumentKind::User)?.names;
    let members = store.list(DocumentKind::State)?.names;
    let members = members.into_iter().filter(|name| listed.binary_search(name).is_err());
    Ok(listed.len() + members.filter(|name| has_enrolled(store, name)).count())
}

fn has_enrolled(store: &dyn Reader, name: &Name) -> bool {
    let state = records::state(store, name).ok().flatten();
    state.is_some_and(|state| state.enrolment == Enrolment::Active)
}

/// Allows users to be added as long as the licence permits.
///
/// Users are counted once. Two commands that run at the same time may together add a few too many;
/// the next one is refused.
pub(super) struct Gate {
    status: LicenseStatus,
    users: usize,
}

impl Gate {
    /// Builds the gate for a store.
    pub(super) fn new(context: &Context<'_>, opened: &Opened) -> Result<Self> {
        let status = current_status(context, &opened.settings)?;
        // Without a limit there is no need to count what may be many users.
        let users = match status.max_users() {
            Some(_) => counted(&*opened.store)?,
            None => 0,
        };
        Ok(Self { status, users })
    }

    /// Admits the listing of `name` and counts it. A group counts by its enrolled members.
    ///
    /// # Errors
    /// When the trial or the licence has ended, or there would be too many users.
    pub(super) fn admit(
        &mut self,
        store: &dyn Reader,
        kind: DocumentKind,
        name: &Name,
    ) -> Result<()> {
        let is_new = kind == DocumentKind::User && !has_enrolled(store, name);
        let users = self.users + usize::from(is_new);
        self.status.admit(users)?;
        self.users = users;
        Ok(())
    }

    /// Admits a change that adds no users by itself.
    ///
    /// # Errors
    /// When the trial or the licence has ended, or there are too many users already.
    pub(super) fn check(&self) -> Result<()> {
        self.status.admit(self.users)
    }
}
