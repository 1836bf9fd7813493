//! `rw2fa key reset`: recovery from a lost key.
//!
//! The new key is written first. A kill after that leaves secrets that no key opens: those users
//! are refused, not let in, until the command is run again.

use clap::Args;

use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened, count};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::error::Result;
use crate::factor;
use crate::factor::state::State;
use crate::names::name::Name;
use crate::settings::sms::SmsSection;
use crate::store::seal::{DataKey, KeyRing};
use crate::store::user::open_sealed;
use crate::store::{Document, DocumentKind, Reader, Scope, Update, editing, records};

/// Replace a lost key: every secret is deleted, and every user enrols again
///
/// Works without the old key. At the next login, each user sees a new QR code after the password
/// alone, as at the first login. If you have a copy of the key, restore it instead.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa key reset --dry-run")]
pub(in crate::cli) struct KeyResetArgs {
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &KeyResetArgs) -> Result<Done> {
    context.no_csv("key reset")?;
    let opened = context.open()?;
    let users = opened.store.list(DocumentKind::State)?.names.len();
    if args.dry_run {
        let mut rows = drop_secrets(context, &opened, None)?;
        rows.extend(drop_token(context, &opened, None)?);
        return output::changes(context, true, &rows);
    }
    retired_key(&*opened.store)?;
    context.confirm(&format!(
        "This deletes the secrets of {}. At the next login, the password alone is enough to see a \
         new QR code. If you have a copy of the key, restore it instead.",
        count(users, "user")
    ))?;
    let keys = replace_key(context, &opened)?;
    opened.store.drain()?;
    let mut rows = vec![ChangeRow::new("key", keys.id(), Ok(Changed::Changed))];
    rows.extend(drop_secrets(context, &opened, Some(&keys))?);
    rows.extend(drop_token(context, &opened, Some(&keys))?);
    context.hint(
        "keep a copy of the new key separate from copies of the store: rw2fa key export FILE",
    );
    output::changes(context, false, &rows)
}

fn replace_key(context: &mut Context<'_>, opened: &Opened) -> Result<KeyRing> {
    let store = &*opened.store;
    store.update(Scope::Settings, |locked| {
        let new = DataKey::new(*context.process.random()?);
        let ring = match retired_key(locked)? {
            Some(ring) => ring.replaced_by(new),
            None => KeyRing::from_key(new),
        };
        records::write_key_ring(locked, &ring)?;
        context.audit_key_reset(locked, &ring)?;
        Ok(ring)
    })
}

/// Returns the existing key, which still verifies the lines that it signed; `None` if it is missing
/// or damaged.
///
/// # Errors
/// When it cannot be read, for example because of wrong permissions: it must be repaired, not given
/// up.
fn retired_key(reader: &dyn Reader) -> Result<Option<KeyRing>> {
    let text = reader.key_file().read()?;
    Ok(text.and_then(|text| KeyRing::parse(&text).ok()))
}

/// Resets the enrolment of every user whose secret the new key does not open. Without `keys`, only
/// reports them.
fn drop_secrets(
    context: &mut Context<'_>,
    opened: &Opened,
    keys: Option<&KeyRing>,
) -> Result<Vec<ChangeRow>> {
    let found = opened.store.list(DocumentKind::State)?;
    let strays = found.problems.into_iter();
    let mut rows: Vec<_> = strays.map(|error| ChangeRow::new("user", "", Err(error))).collect();
    for name in &found.names {
        match drop_secret(context, opened, keys, name) {
            Ok(Changed::Unchanged) => {}
            result => rows.push(ChangeRow::new("user", name.canonical(), result)),
        }
    }
    Ok(rows)
}

fn drop_secret(
    context: &Context<'_>,
    opened: &Opened,
    keys: Option<&KeyRing>,
    name: &Name,
) -> Result<Changed> {
    let store = &*opened.store;
    store.update(Scope::Account(&name.key()), |locked| {
        let Some(mut state) = records::state_document(locked, name)? else {
            return Ok(Changed::Unchanged);
        };
        // Users who enrolled after the key was replaced keep their secret.
        let is_kept = factor::for_each_sealed(&mut state, |field, sealed| {
            open_sealed(locked, keys, name, field, sealed).map(drop)
        });
        if is_kept.is_ok() {
            return Ok(Changed::Unchanged);
        }
        let Some(keys) = keys else { return Ok(Changed::Changed) };
        let (attempts, is_repaired) = records::repaired_attempts(locked, name, Some(&state));
        let fresh = State { listed: state.listed, ..State::reset(context.now(), attempts) };
        let object = name.canonical();
        let change = Change {
            action: "key reset",
            object: Some(&object),
            values: values("enrolment", state.enrolment, fresh.enrolment),
        };
        context.change(locked, Some(keys), false, change, |locked| {
            if is_repaired {
                records::write_attempts(locked, name, attempts)?;
            }
            records::write_state(locked, name, &fresh)
        })?;
        Ok(Changed::Changed)
    })
}

/// Drops the token of the SMS gateway if the new key does not open it. Without `keys`, only reports
/// it.
fn drop_token(
    context: &mut Context<'_>,
    opened: &Opened,
    keys: Option<&KeyRing>,
) -> Result<Option<ChangeRow>> {
    let store = &*opened.store;
    let is_lost = store.update(Scope::Settings, |locked| {
        let Some(sealed) = records::settings(locked)?.sms.auth_token else { return Ok(false) };
        let is_lost = keys.is_none_or(|keys| keys.open_token(&sealed).is_err());
        let (true, Some(keys)) = (is_lost, keys) else { return Ok(is_lost) };
        let text = editing::edit(locked, &Document::Settings, &[(SmsSection::TOKEN, None)])?;
        let values = values("auth-token", Some("set"), None);
        let change = Change { action: "key reset", object: Some("sms"), values };
        context.change(locked, Some(keys), false, change, |locked| {
            locked.write(&Document::Settings, &text)
        })?;
        Ok(true)
    })?;
    if is_lost && keys.is_some() {
        context.note(
            "enter the token of the SMS gateway again: rw2fa sms configure --auth-token-stdin",
        );
    }
    Ok(is_lost.then(|| ChangeRow::new("setting", "SMS token", Ok(Changed::Removed))))
}
