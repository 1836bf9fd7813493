//! `rw2fa key rotate`: creates a new key and reseals every secret with it while logins continue.
//!
//! Why no login is lost and no secret left behind:
//!
//! 1. The ring {current: new, previous: old} is written first. From here on both keys open.
//! 2. Every writer reads the ring under the lock of the account whose secret it seals.
//!    [`crate::store::Locks::drain`] acquires each of these locks once, so every login that read the ring before
//!    step 1 has written its document. Later logins seal with the new key.
//! 3. Only then are the documents listed; each is resealed under its account's lock. So the list
//!    holds everything that the old key sealed, and a login sees the document before or after,
//!    never between.
//! 4. The old key is dropped once all of that is durable. A login that still has it in memory read
//!    its document under the lock, and writes it back as sealed with the new key, or seals with the
//!    new key.
//!
//! A kill leaves step 1 undone, or a ring of two keys that opens everything; the next run continues
//! from there. No key that a document of this store may still need is dropped.

use clap::Args;

use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened, count};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::progress::Progress;
use crate::error::{Error, ErrorKind, Result};
use crate::factor;
use crate::names::name::Name;
use crate::settings::sms::SmsSection;
use crate::store::seal::{DataKey, KeyRing, NONCE};
use crate::store::user::open_sealed;
use crate::store::{Document, DocumentKind, Scope, Update, editing, records};

/// Create a new key and seal all secrets with it; logins continue
///
/// Users do not have to enrol again. Copies of the old key open nothing that is sealed from now on,
/// so export the key again. If a rotation is interrupted, run this again.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa key rotate && rw2fa key export rw2fa.key")]
pub(in crate::cli) struct KeyRotateArgs {
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &KeyRotateArgs) -> Result<Done> {
    context.no_csv("key rotate")?;
    let opened = context.open()?;
    let present = opened.keys()?;
    if args.dry_run {
        let row = ChangeRow::new("key", present.id(), Ok(Changed::Changed));
        return output::changes(context, true, &[row]);
    }
    let users = count(opened.store.list(DocumentKind::State)?.names.len(), "user");
    context.confirm(&format!(
        "This creates a new key and seals the secrets of {users} with it. Copies of the current \
         key will no longer open them: export the key again afterwards."
    ))?;
    let (id, previous) = begin_rotation(context, &opened)?;
    opened.store.drain()?;
    let found = opened.store.list(DocumentKind::State)?;
    let mut rows: Vec<_> =
        found.problems.into_iter().map(|error| ChangeRow::new("user", "", Err(error))).collect();
    let mut sealed = 0;
    let progress = Progress::new(context, "sealing", found.names.len());
    for name in &found.names {
        progress.advance(1);
        match reseal_user(context, &opened, name) {
            Ok(false) => {}
            Ok(true) => sealed += 1,
            Err(error) => rows.push(ChangeRow::new("user", name.canonical(), Err(error))),
        }
    }
    drop(progress);
    match reseal_token(context, &opened) {
        Ok(false) => {}
        Ok(true) => sealed += 1,
        Err(error) => rows.push(ChangeRow::new("setting", "SMS gateway", Err(error))),
    }
    context.note(&format!("sealed with the new key: {}", count(sealed, "secret")));
    let is_whole = rows.is_empty();
    let end = if is_whole {
        end_rotation(context, &opened, &id, &previous)
    } else {
        Err(Error::new(ErrorKind::Refused, "the old key is still needed and was kept").with_hint(
            "fix the documents listed above, or reset their users, then run 'rw2fa key rotate' again",
        ))
    };
    rows.push(ChangeRow::new("key", id, end.map(|()| Changed::Changed)));
    output::changes(context, false, &rows)
}

/// Puts a new key before the current one, unless a rotation is in progress. Returns the ids of
/// both.
fn begin_rotation(context: &mut Context<'_>, opened: &Opened) -> Result<(String, String)> {
    let store = &*opened.store;
    store.update(Scope::Settings, |locked| {
        let ring = records::key_ring(locked)?;
        if let Some(previous) = ring.previous_id() {
            return Ok((ring.id().to_owned(), previous.to_owned()));
        }
        let old = ring.id().to_owned();
        let new = DataKey::new(*context.process.random()?);
        let ring = ring.begin_rotation(new).map_err(|what| Error::new(ErrorKind::Refused, what))?;
        records::write_key_ring(locked, &ring)?;
        let change =
            Change { action: "key rotate", object: None, values: values("key", &*old, ring.id()) };
        context.audit(locked, Some(&ring), change)?;
        Ok((ring.id().to_owned(), old))
    })
}

/// Reseals the secrets of `name` with the current key. Returns whether that was necessary.
fn reseal_user(context: &Context<'_>, opened: &Opened, name: &Name) -> Result<bool> {
    let store = &*opened.store;
    store.update(Scope::Account(&name.key()), |locked| {
        let ring = records::key_ring(locked)?;
        let Some(mut state) = records::state_document(locked, name)? else { return Ok(false) };
        let mut was_old = false;
        factor::for_each_sealed(&mut state, |field, sealed| {
            if !ring.is_current(sealed) {
                let plain = open_sealed(locked, Some(&ring), name, field, sealed)?;
                *sealed = ring.seal(name, field, &plain, &*context.process.random::<NONCE>()?);
                was_old = true;
            }
            Ok::<_, Error>(())
        })?;
        if was_old {
            records::write_state(locked, name, &state)?;
        }
        Ok(was_old)
    })
}

/// Reseals the token of the SMS gateway with the current key. Returns whether that was necessary.
fn reseal_token(context: &Context<'_>, opened: &Opened) -> Result<bool> {
    let store = &*opened.store;
    store.update(Scope::Settings, |locked| {
        let ring = records::key_ring(locked)?;
        let token = records::settings(locked)?.sms.auth_token;
        let Some(sealed) = token.filter(|sealed| !ring.is_current(sealed)) else {
            return Ok(false);
        };
        let token = ring.open_token(&sealed).map_err(|problem| {
            records::wrong_sms(locked, ErrorKind::Store, "auth-token", problem)
                .with_hint("enter the token again: rw2fa sms configure --auth-token-stdin")
        })?;
        let nonce = context.process.random::<NONCE>()?;
        let sealed = ring.seal_token(&token, &nonce).0;
        let edits = [(SmsSection::TOKEN, Some(sealed.into()))];
        let text = editing::edit(locked, &Document::Settings, &edits)?;
        locked.write(&Document::Settings, &text)?;
        Ok(true)
    })
}

/// Drops the previous key, but keeps its audit key.
fn end_rotation(context: &Context<'_>, opened: &Opened, id: &str, previous: &str) -> Result<()> {
    let store = &*opened.store;
    store.update(Scope::Settings, |locked| {
        let ring = records::key_ring(locked)?;
        // SECURITY: another run may have ended this rotation and even started the next one, whose
        // previous key is still needed.
        if (ring.id(), ring.previous_id()) != (id, Some(previous)) {
            return Ok(());
        }
        let ring: KeyRing = ring.end_rotation();
        records::write_key_ring(locked, &ring)?;
        let change = Change {
            action: "key rotate",
            object: None,
            values: values("previous", Some(previous), None),
        };
        context.audit(locked, Some(&ring), change)
    })
}
