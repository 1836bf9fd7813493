//! `rw2fa store export`: writes the whole store to one file.

use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroize;

use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened, count};
use crate::cli::file_argument::Destination;
use crate::cli::progress::Progress;
use crate::error::{Error, ErrorKind, Result};
use crate::factor;
use crate::factor::state::State;
use crate::language::Tag;
use crate::names::name::Name;
use crate::store::bundle::{self, Secrets};
use crate::store::seal::{KeyRing, NONCE};
use crate::store::user::{missing_half, open_sealed};
use crate::store::{Document, DocumentKind, LanguageList, Reader, Scope, Text, Update, records};

/// Write the whole store into one TOML file
///
/// Contains the settings, users with their sealed secrets, groups, whitelist and messages, but not the
/// key or the audit trail. Logins continue meanwhile.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa store export /backup/rw2fa-2026-11-24.toml")]
pub(in crate::cli) struct StoreExportArgs {
    /// A new file that only its owner can read; '-' is standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write the secrets unsealed, readable by anyone who has the file
    #[arg(long)]
    reveal_secrets: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &StoreExportArgs) -> Result<Done> {
    context.only_text("store export")?;
    let secrets = if args.reveal_secrets { Secrets::Revealed } else { Secrets::Sealed };
    if secrets == Secrets::Revealed {
        Destination::check(&args.file)?;
        context.check_store_and_key()?;
        context.confirm(
            "The file will contain every user's secret, unsealed: anyone who reads it can compute their codes.",
        )?;
    }
    let mut destination = Destination::create(&args.file)?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let store = &*opened.store;
    let users = names(store, &[DocumentKind::User, DocumentKind::State])?;
    let groups = names(store, &[DocumentKind::Group])?;
    let whitelist = names(store, &[DocumentKind::Whitelist])?;
    let languages = languages(store)?;
    // SECURITY: the audit line is durable before anything leaves the store.
    store.update(Scope::Settings, |locked| {
        let values = values("secrets", None, Some(secrets));
        let change = Change { action: "store export", object: None, values };
        context.audit(locked, Some(&keys), change)
    })?;
    let settings = text(store, &Document::Settings)?;
    let settings = settings.ok_or_else(|| gone(store, &Document::Settings))?;
    let settings = with_token(context, &opened, &keys, secrets, settings)?;
    destination.write(context, &bundle::head(context.now(), secrets, keys.id(), &settings)?)?;
    let length = export_users(context, &opened, &keys, secrets, &users, &mut destination)?;
    for (list, kind, names) in [
        ("groups", DocumentKind::Group, &groups),
        ("whitelist", DocumentKind::Whitelist, &whitelist),
    ] {
        for name in names {
            let part = export_listing(store, list, kind, name)?;
            destination.write(context, &part)?;
        }
    }
    export_messages(context, store, &languages, &mut destination)?;
    destination.write(context, bundle::END)?;
    destination.finish()?;
    if length > bundle::LARGEST_MEBIBYTES << 20 {
        let limit = bundle::LARGEST_MEBIBYTES;
        context.warn(&format!(
            "the export is larger than the {limit} MiB that 'store import' can read: back up the directory too"
        ));
    }
    context.note(&format!(
        "exported: {}, {}, {}",
        count(users.len(), "user"),
        count(groups.len(), "group"),
        match whitelist.len() {
            1 => "1 whitelist entry".to_owned(),
            number => format!("{number} whitelist entries"),
        }
    ));
    Ok(Done::All)
}

/// Returns the settings, with the token of the SMS gateway in the same form as the other secrets.
fn with_token(
    context: &Context<'_>,
    opened: &Opened,
    keys: &KeyRing,
    secrets: Secrets,
    text: String,
) -> Result<Text> {
    let text = Text::new(text);
    let Some(sealed) = records::parse_settings(&*opened.store, &text)?.sms.auth_token else {
        return Ok(text);
    };
    if secrets == Secrets::Sealed && keys.is_current(&sealed) {
        return Ok(text);
    }
    let token = keys.open_token(&sealed).map_err(|problem| {
        records::wrong_sms(&*opened.store, ErrorKind::Store, "auth-token", problem)
            .with_hint("enter the token again: rw2fa sms configure --auth-token-stdin")
    })?;
    let written = match secrets {
        Secrets::Revealed => Text::new(String::from_utf8_lossy(&token).into_owned()),
        // During a key rotation: an export must open with one key.
        Secrets::Sealed => {
            Text::new(keys.seal_token(&token, &*context.process.random::<NONCE>()?).0)
        }
    };
    Ok(Text::new(text.replace(&sealed.0, &written)))
}

/// Lists the names of these kinds, each once.
fn names(store: &dyn Reader, kinds: &[DocumentKind]) -> Result<Vec<Name>> {
    let mut names = Vec::new();
    for kind in kinds {
        names.extend(store.scan(*kind)?);
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// Lists the languages that have texts for users.
///
/// # Errors
/// If a document there would be missing from the export.
fn languages(store: &dyn Reader) -> Result<Vec<Tag>> {
    let LanguageList { languages, problems } = store.languages()?;
    problems.into_iter().next().map_or(Ok(languages), Err)
}

/// Exports the messages in these languages.
fn export_messages(
    context: &mut Context<'_>,
    store: &dyn Reader,
    languages: &[Tag],
    destination: &mut Destination,
) -> Result<()> {
    for language in languages {
        // Removed in the meantime.
        let Some(text) = text(store, &Document::Messages(language.clone()))? else { continue };
        destination.write(context, &bundle::messages(language, text)?)?;
    }
    Ok(())
}

/// Exports these users, and returns the length of what was written, in bytes.
fn export_users(
    context: &mut Context<'_>,
    opened: &Opened,
    keys: &KeyRing,
    secrets: Secrets,
    users: &[Name],
    destination: &mut Destination,
) -> Result<u64> {
    let progress = Progress::new(context, "exporting", users.len());
    let mut length = 0;
    for name in users {
        progress.advance(1);
        let part = export_user(context, opened, keys, secrets, name)?;
        length += part.len() as u64;
        destination.write(context, &part)?;
    }
    Ok(length)
}

/// Exports one user; empty if the user was removed in the meantime.
fn export_user(
    context: &Context<'_>,
    opened: &Opened,
    keys: &KeyRing,
    secrets: Secrets,
    name: &Name,
) -> Result<Text> {
    let store = &*opened.store;
    // The lock keeps both documents consistent.
    store.update(Scope::Account(&name.key()), |locked| {
        let document = Document::Of(DocumentKind::User, name.clone());
        let listing = records::listing(locked, DocumentKind::User, name)?.is_some();
        let settings = if listing { text(locked, &document)? } else { None };
        let state: Option<State> = records::state(locked, name)?;
        match &state {
            None if listing => return Err(missing_half(locked, DocumentKind::State, name)),
            None => return Ok(Text::default()),
            Some(state) if state.listed && !listing => {
                return Err(missing_half(locked, DocumentKind::User, name));
            }
            Some(_) => {}
        }
        let Some(mut state) = state else { return Ok(Text::default()) };
        state.detach_attempts();
        factor::parts().for_each(|part| part.export(&mut state));
        factor::for_each_sealed(&mut state, |field, sealed| {
            let plain = open_sealed(locked, Some(keys), name, field, sealed)?;
            match secrets {
                Secrets::Revealed => sealed.0 = field.reveal(&plain).to_string(),
                // During a key rotation: an export must open with one key.
                Secrets::Sealed if !keys.is_current(sealed) => {
                    let nonce = context.process.random::<NONCE>()?;
                    *sealed = keys.seal(name, field, &plain, &nonce);
                }
                Secrets::Sealed => {}
            }
            Ok::<_, Error>(())
        })?;
        let part = bundle::user(name, settings, Some(state.clone()))?;
        factor::for_each_sealed(&mut state, |_, sealed| {
            sealed.0.zeroize();
            Ok::<_, Error>(())
        })?;
        Ok(part)
    })
}

/// Exports one group or whitelist entry; empty if it was removed in the meantime.
fn export_listing(
    store: &dyn Reader,
    list: &'static str,
    kind: DocumentKind,
    name: &Name,
) -> Result<String> {
    match kind {
        DocumentKind::Whitelist => records::whitelist_entry(store, name).map(drop)?,
        _ => records::listing(store, kind, name).map(drop)?,
    }
    match text(store, &Document::Of(kind, name.clone()))? {
        Some(text) => bundle::other(list, name, text),
        None => Ok(String::new()),
    }
}

fn text(store: &dyn Reader, document: &Document) -> Result<Option<String>> {
    Ok(store.read(document)?.map(|text| text.to_string()))
}

fn gone(store: &dyn Reader, document: &Document) -> Error {
    Error::new(ErrorKind::Store, format!("{} is missing", store.describe(document)))
        .with_hint("restore it from a backup")
}
