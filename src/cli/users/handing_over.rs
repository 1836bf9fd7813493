//! Secrets that an administrator hands over in person: creates one, and shows its QR code.

use std::path::{Path, PathBuf};

use clap::Args;
use dialoguer::console::{Term, measure_text_width};
use serde_json::{Map, Value, json};

use super::is_active;
use crate::cli::change::values;
use crate::cli::context::{Context, count};
use crate::cli::file_argument::NewFile;
use crate::cli::{Done, Format};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::app::showing::{Showing, show_secret};
use crate::factor::sealed::Field;
use crate::factor::state::{Shown, State};
use crate::names::listing::Method;
use crate::names::name::Name;
use crate::otp::{self, Digits, Secret, qr};
use crate::platform;
use crate::settings::Settings;
use crate::settings::duration;
use crate::store::seal::{KeyRing, NONCE};
use crate::store::user::open_secret;
use crate::store::{DocumentKind, Locked, records};
use crate::time::Timestamp;

/// The longest life of a secret that is handed over, in seconds.
const LONGEST_LIFE: u64 = 30 * 86_400;

/// How to hand a secret over.
#[derive(Args, Debug)]
pub(super) struct HandOver {
    /// How long the QR code is valid, such as 8h, 3d or 2w
    #[arg(long = "for", value_name = "DURATION", default_value = "24h", value_parser = parse_life)]
    life: u64,
    /// Write the QR code to this new .png or .svg file instead of drawing it
    #[arg(long, value_name = "FILE")]
    qr_file: Option<PathBuf>,
}

fn parse_life(text: &str) -> std::result::Result<u64, String> {
    duration::within(text, 60, LONGEST_LIFE)
}

/// A secret to hand over.
pub(super) struct Made {
    /// The user's state with the secret.
    pub(super) next: State,
    secret: Secret,
    digits: Digits,
    until: Timestamp,
    /// How often and where a login page showed another secret, which no longer works.
    replaced: Option<Shown>,
}

/// Checks that a user may get a secret for an app.
///
/// # Errors
/// For a user who gets codes by SMS.
pub(super) fn check_method(locked: &dyn Locked, name: &Name) -> Result<()> {
    let listing = records::listing(locked, DocumentKind::User, name)?;
    if listing.is_some_and(|listing| listing.method == Method::Sms) {
        return Err(Error::new(ErrorKind::Refused, format!("{name} gets codes by SMS")).with_hint(
            format!(
                "to use an app instead: rw2fa users edit {} --method app",
                platform::quoted(name.canonical())
            ),
        ));
    }
    Ok(())
}

impl Made {
    /// Describes the secret for the audit trail.
    pub(super) fn recorded(&self) -> Map<String, Value> {
        values("valid-until", None, Some(self.until.to_string()))
    }
}

impl HandOver {
    /// Opens the file for the QR code. Must happen before the program switches to the account of the store's owner,
    /// which may not be allowed to write there.
    ///
    /// # Errors
    /// When the file exists, cannot be created, or has another ending.
    pub(super) fn open_file(&self, dry_run: bool) -> Result<Option<Picture>> {
        let Some(path) = &self.qr_file else { return Ok(None) };
        let form = PictureForm::of(path)?;
        Ok(if dry_run { None } else { Some(Picture { form, file: NewFile::create(path)? }) })
    }

    /// Creates the secret of a user in `state`, or renews the one that was handed over already.
    ///
    /// # Errors
    /// When the user has enrolled, and when the present secret cannot be read.
    pub(super) fn make(
        &self,
        context: &Context<'_>,
        settings: &Settings,
        locked: &dyn Locked,
        keys: &KeyRing,
        name: &Name,
        state: &State,
    ) -> Result<Made> {
        if is_active(state) {
            return Err(Error::new(ErrorKind::Refused, format!("{name} has already enrolled"))
                .with_hint(format!(
                    "start over with a new secret: rw2fa users reset {}",
                    platform::quoted(name.canonical())
                )));
        }
        let now = context.now();
        let until = now.plus(self.life);
        let fresh = Secret::from_bytes(*context.process.random()?);
        let domain = state.domain.clone();
        let showing = Showing { ip: None, domain, handed_over_until: Some(until) };
        let replaced = state
            .shown
            .clone()
            .filter(|_| state.has_live_pending_secret(now) && !state.handed_over);
        let (mut next, new_secret) =
            show_secret(state, settings.advanced.digits(), now, &fresh, showing);
        let secret = match (new_secret, &state.secret) {
            (None, Some(sealed)) => open_secret(locked, Some(keys), name, sealed)?,
            (new, _) => {
                let secret = new.unwrap_or(fresh);
                let nonce = context.process.random::<NONCE>()?;
                next.secret = Some(keys.seal(name, Field::Secret, secret.as_bytes(), &nonce));
                secret
            }
        };
        let digits = next.digits.unwrap_or_else(|| settings.advanced.digits());
        Ok(Made { next, secret, digits, until, replaced })
    }

    /// Shows a secret, or writes its QR code to the file.
    ///
    /// # Errors
    /// When it cannot be drawn or written.
    pub(super) fn show(
        &self,
        context: &mut Context<'_>,
        settings: &Settings,
        file: Option<Picture>,
        name: &Name,
        made: &Made,
    ) -> Result<Done> {
        let issuer = settings.advanced.issuer(&platform::host_name());
        let uri = otp::enrolment_uri(&issuer, &name.canonical(), &made.secret, made.digits);
        if let Some(file) = file {
            file.write(&uri)?;
        }
        let shown = self.print(context, name, made, &uri);
        // After the QR code, which would push a warning out of sight.
        warn_of_replaced(context, name, made.replaced.as_ref());
        shown
    }

    fn print(
        &self,
        context: &mut Context<'_>,
        name: &Name,
        made: &Made,
        uri: &str,
    ) -> Result<Done> {
        let until = made.until;
        if context.globals.format == Format::Json {
            context.print_json(&json!({
                "schema": 1,
                "enrolment": {
                    "name": name.canonical(),
                    "uri": uri,
                    "secret": *made.secret.to_base32(),
                    "qr_file": self.qr_file.as_ref().map(|path| path.display().to_string()),
                    "valid_until": until.to_string(),
                }
            }))?;
            return Ok(Done::All);
        }
        if let Some(path) = &self.qr_file {
            let path = path.display();
            context.note(&format!("the QR code is in {path}; delete the file after use"));
        } else {
            let ink = context.process.ink();
            let drawn = qr::terminal(uri, ink).map_err(|error| not_drawn(&error))?;
            context.print(&drawn)?;
            let secret = made.secret.to_base32();
            context.print(&format!("secret  {}\nuri     {uri}\n", *secret))?;
            context.flush()?;
            warn_of_small_terminal(context, &drawn);
            note_background(context, ink);
        }
        context.note(&format!("valid until {until}; the first correct code activates it"));
        Ok(Done::All)
    }
}

fn not_drawn(error: &qr::QrError) -> Error {
    Error::new(ErrorKind::System, format!("cannot draw the QR code: {error}"))
}

/// Warns if a login page showed another secret before.
fn warn_of_replaced(context: &mut Context<'_>, name: &Name, replaced: Option<&Shown>) {
    let Some(Shown { times, ip, .. }) = replaced else { return };
    let times = usize::try_from(*times).unwrap_or(usize::MAX);
    context.warn(&format!(
        "a login page has already shown {name} another secret ({}, last to {}); that one no longer works",
        count(times, "time"),
        ip.as_deref().unwrap_or("an unknown address")
    ));
}

/// Warns if the QR code is larger than the terminal: part of a code cannot be scanned.
fn warn_of_small_terminal(context: &mut Context<'_>, drawn: &str) {
    let size = Term::stdout().size_checked().filter(|_| context.process.terminals.stdout);
    let Some((rows, columns)) = size else { return };
    let height = drawn.lines().count();
    let width = drawn.lines().map(measure_text_width).max().unwrap_or(0);
    if height >= usize::from(rows) || width > usize::from(columns) {
        context.warn(&format!(
            "this terminal is too small for the QR code ({width} × {} needed, {columns} × {rows} available): enlarge \
             it and run the command again, or use --qr-file",
            height + 1
        ));
    }
}

/// Notes the background that a QR code without colours needs.
fn note_background(context: &mut Context<'_>, ink: qr::Ink) {
    let background = match ink {
        qr::Ink::BlackOnWhite => return,
        qr::Ink::LightText => "dark",
        qr::Ink::DarkText => "light",
    };
    context.note(&format!(
        "drawn without colours, for a {background} background; if a phone cannot read it, use --qr-file"
    ));
}

/// A new file for a QR code.
pub(super) struct Picture {
    form: PictureForm,
    file: NewFile,
}

impl Picture {
    fn write(mut self, uri: &str) -> Result<()> {
        let picture = match self.form {
            PictureForm::Png => qr::png(uri).map_err(|error| not_drawn(&error))?,
            PictureForm::Svg => qr::svg(uri).map_err(|error| not_drawn(&error))?.into_bytes(),
        };
        self.file.write(&picture)?;
        self.file.finish()
    }
}

/// The format of a picture.
#[derive(Clone, Copy)]
enum PictureForm {
    Png,
    Svg,
}

impl PictureForm {
    fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "png" => Ok(Self::Png),
            "svg" => Ok(Self::Svg),
            _ => Err(Error::new(
                ErrorKind::Usage,
                format!("{} does not end in .png or .svg", path.display()),
            )),
        }
    }
}
