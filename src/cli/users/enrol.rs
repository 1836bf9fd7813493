//! `rw2fa users enrol`: creates a pending secret to be handed over in person.

use std::path::{Path, PathBuf};

use clap::Args;
use dialoguer::console::{Term, measure_text_width};
use serde_json::json;

use super::{is_active, known_state};
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened, count};
use crate::cli::file_argument::NewFile;
use crate::cli::{Done, Format, parse_name};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::app::showing::{Showing, show_secret};
use crate::factor::sealed::Field;
use crate::factor::state::Shown;
use crate::names::listing::Method;
use crate::names::name::Name;
use crate::otp::{self, Digits, Secret, qr};
use crate::platform;
use crate::store::seal::NONCE;
use crate::store::user::open_secret;
use crate::store::{DocumentKind, Scope, Update, records};

/// Create a user's secret and show its QR code, to hand it over in person
///
/// The secret is valid for 30 minutes after it is first shown, until a login confirms it with a
/// correct code. No login shows it; a secret that a login showed before no longer works. For a user
/// who has enrolled, run 'rw2fa users reset' first.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa users enrol alice --qr-file alice.png")]
pub(in crate::cli) struct EnrolArgs {
    /// The user
    #[arg(value_name = "NAME")]
    name: String,
    /// Write the QR code to this new .png or .svg file instead of drawing it
    #[arg(long, value_name = "FILE")]
    qr_file: Option<PathBuf>,
    /// Show what would be done, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &EnrolArgs) -> Result<Done> {
    context.no_csv("users enrol")?;
    let name = parse_name(&args.name)?;
    // Opened before the program becomes the owner of the store, who may not be allowed to write
    // there.
    let file = match &args.qr_file {
        Some(path) if !args.dry_run => Some((picture_form(path)?, NewFile::create(path)?)),
        Some(path) => {
            picture_form(path)?;
            None
        }
        None => None,
    };
    let opened = context.open()?;
    let Some(made) = make_secret(context, &opened, &name, args.dry_run)? else {
        context.note(&format!("{name}: would make a secret and show it"));
        return Ok(Done::All);
    };
    let issuer = opened.settings.advanced.issuer(&platform::host_name());
    let uri = otp::enrolment_uri(&issuer, &name.canonical(), &made.secret, made.digits);
    let shown = show(context, args, file, &name, &made.secret, &uri);
    // After the QR code, which would push a warning out of sight.
    warn_of_void(context, &name, made.void);
    shown
}

/// Shows a secret, or writes its QR code to a file.
fn show(
    context: &mut Context<'_>,
    args: &EnrolArgs,
    file: Option<(Picture, NewFile)>,
    name: &Name,
    secret: &Secret,
    uri: &str,
) -> Result<Done> {
    let failed = |error: qr::QrError| Error::new(ErrorKind::System, format!("no QR code: {error}"));
    if let Some((form, mut file)) = file {
        let picture = match form {
            Picture::Png => qr::png(uri).map_err(failed)?,
            Picture::Svg => qr::svg(uri).map_err(failed)?.into_bytes(),
        };
        file.write(&picture)?;
        file.finish()?;
    }
    if context.globals.format == Format::Json {
        context.print_json(&json!({
            "schema": 1,
            "enrolment": {
                "name": name.canonical(),
                "uri": uri,
                "secret": *secret.to_base32(),
                "qr_file": args.qr_file.as_ref().map(|path| path.display().to_string()),
            }
        }))?;
        return Ok(Done::All);
    }
    if let Some(path) = &args.qr_file {
        context.note(&format!("the QR code is in {}; delete the file after use", path.display()));
        return Ok(Done::All);
    }
    let drawn = qr::terminal(uri).map_err(failed)?;
    context.print(&drawn)?;
    context.print(&format!("secret  {}\nuri     {}\n", *secret.to_base32(), uri))?;
    context.flush()?;
    warn_of_small_terminal(context, &drawn);
    context
        .note("valid for 30 minutes after it is first shown; the first correct code activates it");
    Ok(Done::All)
}

/// A secret to hand over.
struct Made {
    secret: Secret,
    digits: Digits,
    /// What a login page showed before, which is now void.
    void: Option<Shown>,
}

/// Creates a user's secret, or returns the one handed over already; `None` for a dry run.
fn make_secret(
    context: &Context<'_>,
    opened: &Opened,
    name: &Name,
    dry_run: bool,
) -> Result<Option<Made>> {
    let (store, settings) = (&*opened.store, &opened.settings);
    store.update(Scope::Account(&name.key()), |locked| {
        // Read under the lock: a key that is being replaced must not seal anything after that.
        let keys = records::key_ring(locked)?;
        let state = known_state(locked, name)?;
        let listing = records::listing(locked, DocumentKind::User, name)?;
        if listing.is_some_and(|listing| listing.method == Method::Sms) {
            return Err(Error::new(ErrorKind::Refused, format!("codes reach {name} by SMS"))
                .with_hint(format!("for an app: rw2fa users edit {name} --method app")));
        }
        if is_active(&state) {
            return Err(Error::new(ErrorKind::Refused, format!("{name} has enrolled already"))
                .with_hint(format!("start over with a new secret: rw2fa users reset {name}")));
        }
        if dry_run {
            return Ok(None);
        }
        let now = context.now();
        let fresh = Secret::from_bytes(*context.process.random()?);
        let showing = Showing { ip: None, domain: state.domain.clone(), handed_over: true };
        let void = state
            .shown
            .clone()
            .filter(|_| state.has_live_pending_secret(now) && !state.handed_over);
        let (mut next, new_secret) =
            show_secret(&state, settings.advanced.digits(), now, &fresh, showing);
        let secret = match (new_secret, &state.secret) {
            (None, Some(sealed)) => open_secret(locked, Some(&keys), name, sealed)?,
            (new, _) => {
                let secret = new.unwrap_or(fresh);
                let nonce = context.process.random::<NONCE>()?;
                next.secret = Some(keys.seal(name, Field::Secret, secret.as_bytes(), &nonce));
                secret
            }
        };
        let object = name.canonical();
        let change = Change {
            action: "users enrol",
            object: Some(&object),
            values: values("enrolment", state.enrolment, next.enrolment),
        };
        context.change(locked, Some(&keys), dry_run, change, |locked| {
            records::write_state(locked, name, &next)
        })?;
        let digits = next.digits.unwrap_or_else(|| settings.advanced.digits());
        Ok(Some(Made { secret, digits, void }))
    })
}

/// Warns if a login page showed another secret before.
fn warn_of_void(context: &mut Context<'_>, name: &Name, void: Option<Shown>) {
    let Some(Shown { times, ip, .. }) = void else { return };
    let times = usize::try_from(times).unwrap_or(usize::MAX);
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

/// The format of a picture.
#[derive(Clone, Copy)]
enum Picture {
    Png,
    Svg,
}

fn picture_form(path: &Path) -> Result<Picture> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "png" => Ok(Picture::Png),
        "svg" => Ok(Picture::Svg),
        _ => Err(Error::new(
            ErrorKind::Usage,
            format!("{} does not end in .png or .svg", path.display()),
        )),
    }
}
