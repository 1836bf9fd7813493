//! `rw2fa init`: creates a store.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::{self, Context};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner};
use crate::settings;
use crate::store::seal::DataKey;
use crate::store::{self, Made, Scope, Update, records};

/// Create a store; existing files are never overwritten
///
/// In an existing store, it creates missing lock files, removes temporary files that killed
/// programs left behind, and records changes that the audit trail does not show yet.
/// Two-factor authentication is off in a new store: list users first, then run 'rw2fa enable'.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa init --owner rw2fa")]
pub(super) struct InitArgs {
    /// The account that owns the store and runs the verifier
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Windows: another account that may use the store, and so can read its secrets
    #[arg(long, value_name = "NAME")]
    service_account: Option<String>,
    /// Create a store for this user only, used if there is no system store
    #[arg(long, conflicts_with_all = ["owner", "store"])]
    per_user: bool,
    /// Start a new audit trail if the old one is lost; its first line says so
    #[arg(long, conflicts_with_all = ["owner", "service_account"])]
    new_trail: bool,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &InitArgs) -> Result<Done> {
    context.no_csv("init")?;
    let account = account(args)?;
    let path = place(context, args)?;
    let kind = "store";
    if args.dry_run {
        let row = ChangeRow::new(kind, path.display().to_string(), Ok(preview(&path, args)));
        return output::changes(context, true, &[row]);
    }
    if args.per_user
        && let Some(parent) = path.parent()
    {
        std::fs::create_dir_all(parent).map_err(|error| {
            Error::io(ErrorKind::System, format!("cannot create {}", parent.display()), error)
        })?;
    }
    if args.new_trail {
        store::open(&path)?.make_trail()?;
    }
    let text = settings::initial_text(context.now());
    let key = DataKey::new(*context.process.random()?);
    let made = store::create(&path, account, &text, &key.document())?;
    let added = made == Made::Store;
    let is_given = !added && grant_access(&path, account)?;
    // SECURITY: only for an empty store: an erased trail must not start again.
    let is_unfinished = !added && !args.new_trail && store::open(&path)?.is_unused()?;
    if added || is_given || is_unfinished {
        record(context, args, &path, account)?;
    }
    // In an existing store, adds what is missing and removes what killed programs left behind.
    let tidied = if added { 0 } else { store::open(&path)?.tidy(context.now())? };
    if tidied > 0 {
        let files = context::count(tidied, "temporary file");
        context.note(&format!("removed {files} that killed programs left behind"));
    }
    let recorded = if added { 0 } else { complete_trail(context, &path, args.new_trail)? };
    let locks = match made {
        Made::Locks(locks) => locks,
        Made::Store => 0,
    };
    if locks > 0 {
        context.note(&format!("created {} again", context::count(locks, "lock file")));
    }
    if added {
        context.hint("add users with 'rw2fa users add', then run 'rw2fa enable'");
        let key = path.join("key");
        context
            .hint(&format!("keep a copy of {} separate from copies of the store", key.display()));
    }
    let result = match (added, is_given || is_unfinished || tidied > 0 || locks > 0 || recorded > 0)
    {
        (true, _) => Changed::Added,
        (false, true) => Changed::Changed,
        (false, false) => Changed::Unchanged,
    };
    output::changes(context, false, &[ChangeRow::new(kind, path.display().to_string(), Ok(result))])
}

/// Chooses where the store is made.
fn place(context: &mut Context<'_>, args: &InitArgs) -> Result<PathBuf> {
    if !args.per_user {
        return Ok(context::store_path(context.process, context.globals.store.as_ref()));
    }
    let path = context::per_user_store().ok_or_else(|| {
        Error::new(ErrorKind::System, "this account has no home directory")
            .with_hint("choose the store with --store PATH")
    })?;
    if platform::system_store().exists() {
        context.warn("a system store exists, so this user's own store is used only with --store");
    }
    Ok(path)
}

/// Returns what `init` would do.
fn preview(path: &Path, args: &InitArgs) -> Changed {
    match (path.join("store.toml").exists(), args.new_trail) {
        (true, true) => Changed::Changed,
        (true, false) => Changed::Unchanged,
        (false, _) => Changed::Added,
    }
}

/// Records that the store was made, completed, or given to an account.
fn record(
    context: &mut Context<'_>,
    args: &InitArgs,
    path: &Path,
    account: Option<Owner>,
) -> Result<()> {
    let store = store::open(path)?;
    let keys = records::key_ring(&*store)?;
    let mut values = serde_json::Map::default();
    if let (true, Some(account)) = (args.service_account.is_some(), account) {
        let name = account.name();
        context.warn(&format!("{name} can now use the store and read the secrets in it"));
        values.insert("service-account".into(), serde_json::json!([null, account.to_string()]));
    }
    store.update(Scope::Settings, |locked| {
        let change = Change { action: "init", object: None, values: values.clone() };
        context.audit(locked, Some(&keys), change)
    })
}

/// Starts a new audit trail if `is_new`, records changes that are missing from it, and returns how
/// many there were.
fn complete_trail(context: &mut Context<'_>, path: &Path, is_new: bool) -> Result<usize> {
    let mut store = store::open(path)?;
    let unrecorded = store.unrecorded()?.len();
    if !is_new && unrecorded == 0 {
        return Ok(0);
    }
    // Unreadable settings or an interrupted import do not matter to the trail.
    if let Ok(settings) = records::unfinished_settings(&*store) {
        store::configure(&mut *store, &settings, None);
    }
    let keys = match records::key_ring(&*store) {
        Ok(keys) => Some(keys),
        // A trail must begin with a line that has a key.
        Err(error) if is_new => return Err(error),
        Err(_) => None,
    };
    store.update(Scope::Settings, |locked| {
        if !is_new {
            return context.record_late(locked, keys.as_ref()).map(drop);
        }
        let values = values("trail", "gone", "new");
        let change = Change { action: "init", object: None, values };
        context.audit_beginning(locked, keys.as_ref(), change)
    })?;
    if is_new {
        context
            .note("started a new audit trail; its first line says that the previous one is lost");
    }
    if unrecorded > 0 {
        let changes = context::count(unrecorded, "change");
        context.note(&format!("recorded {changes} missing from the audit trail"));
    }
    Ok(unrecorded + usize::from(is_new))
}

/// Returns the account that gets access to the store, besides its creator.
fn account(args: &InitArgs) -> Result<Option<Owner>> {
    if args.service_account.is_some() && !cfg!(windows) {
        return Err(Error::new(ErrorKind::Usage, "--service-account is for Windows")
            .with_hint("here the store belongs to one account: use --owner NAME"));
    }
    if args.owner.is_some() && cfg!(windows) {
        return Err(Error::new(ErrorKind::Usage, "--owner is not for Windows").with_hint(
            "here the store belongs to administrators; to let the portal's account use it: \
                 --service-account NAME",
        ));
    }
    args.service_account.as_deref().or(args.owner.as_deref()).map(Owner::named).transpose()
}

/// Gives an account access to an existing store. Returns whether that changed anything.
fn grant_access(path: &Path, account: Option<Owner>) -> Result<bool> {
    match account {
        Some(account) if !account.is_given(path)? => account.give(path).map(|()| true),
        _ => Ok(false),
    }
}
