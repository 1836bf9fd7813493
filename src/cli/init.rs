//! `rw2fa init`: creates a store.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::Done;
use crate::cli::change::{Change, values};
use crate::cli::context::{self, Context};
use crate::cli::license::trial;
use crate::cli::output::{self, ChangeRow, Changed};
use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner};
use crate::settings;
use crate::store::seal::DataKey;
use crate::store::{self, Made, Scope, Store, Update, records};

/// Create a store; existing files are never overwritten
///
/// In an existing store, it creates missing lock files, removes temporary files that killed
/// programs left behind, and records changes that the audit trail does not show yet. If 'audit/' is
/// missing, it starts a new audit trail, whose first line says that the previous one is lost.
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
    /// Start a new audit trail even if the lost one left an empty 'audit/' behind
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
    let is_store = is_store(&path)?;
    let is_lost = is_store && store::open(&path)?.lacks_trail()?;
    let is_new_trail = args.new_trail || is_lost;
    if args.dry_run {
        let row =
            ChangeRow::new(kind, path.display().to_string(), Ok(preview(is_store, is_new_trail)));
        return output::changes(context, true, &[row]);
    }
    if args.per_user
        && let Some(parent) = path.parent()
    {
        std::fs::create_dir_all(parent).map_err(|error| {
            Error::io(ErrorKind::System, format!("cannot create {}", parent.display()), error)
        })?;
    }
    if is_new_trail {
        let store = open_configured(&path)?;
        // A trail must begin with a line that has a key.
        records::key_ring(&*store)?;
        store.make_trail()?;
    }
    let text = settings::initial_text(context.now());
    let key = DataKey::new(*context.process.random()?);
    let made = store::create(&path, account, &text, &key.document())?;
    let added = made == Made::Store;
    // First, because a new trail begins with the line that says so.
    let begun = if is_new_trail { complete_trail(context, &path, true)? } else { 0 };
    let is_given = !added && grant_access(&path, account)?;
    // SECURITY: only for an empty store: an erased trail must not start again.
    let is_unfinished = !added && !is_new_trail && store::open(&path)?.is_unused()?;
    if added || is_given || is_unfinished {
        record(context, args, &path, account)?;
    }
    let result = match made {
        Made::Store => {
            advise(context, &path);
            Changed::Added
        }
        Made::Locks(locks) => {
            let is_repaired = repair(context, &path, locks)?;
            let is_changed = begun > 0 || is_given || is_unfinished || is_repaired;
            if is_changed { Changed::Changed } else { Changed::Unchanged }
        }
    };
    output::changes(context, false, &[ChangeRow::new(kind, path.display().to_string(), Ok(result))])
}

/// Says what to do after a store was made.
fn advise(context: &mut Context<'_>, path: &Path) {
    trial::warn_of_clock(context);
    context.hint("add users with 'rw2fa users add', then run 'rw2fa enable'");
    let key = path.join("key");
    context.hint(&format!("keep a copy of {} separate from copies of the store", key.display()));
}

/// Adds what an existing store lacks, and removes what killed programs left behind. Returns whether that changed
/// anything. `locks` is the number of lock files that were created.
fn repair(context: &mut Context<'_>, path: &Path, locks: usize) -> Result<bool> {
    let tidied = store::open(path)?.tidy(context.now())?;
    if tidied > 0 {
        let files = context::count(tidied, "temporary file");
        context.note(&format!("removed {files} that killed programs left behind"));
    }
    let recorded = complete_trail(context, path, false)?;
    if locks > 0 {
        context.note(&format!("created {} again", context::count(locks, "lock file")));
    }
    let is_started = trial::start(context, &*open_configured(path)?)?;
    Ok(tidied > 0 || recorded > 0 || locks > 0 || is_started)
}

/// Chooses where the store is made.
fn place(context: &mut Context<'_>, args: &InitArgs) -> Result<PathBuf> {
    if !args.per_user {
        return context::store_path(context.process, context.globals.store.as_ref());
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

/// Returns whether there is a store at `path`. A path that this account cannot search, or that runs through a file,
/// counts as none: the steps that need it report the problem.
///
/// # Errors
/// When the system reports another problem.
fn is_store(path: &Path) -> Result<bool> {
    let settings = path.join("store.toml");
    match settings.try_exists() {
        Ok(exists) => Ok(exists),
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(false)
        }
        Err(error) => {
            let what = format!("cannot examine {}", settings.display());
            Err(Error::io(ErrorKind::Store, what, error))
        }
    }
}

/// Opens the store with its key in place. Unreadable settings or an interrupted import do not matter to the trail.
fn open_configured(path: &Path) -> Result<Box<dyn Store>> {
    let mut store = store::open(path)?;
    if let Ok(settings) = records::unfinished_settings(&*store) {
        store::configure(&mut *store, &settings, None);
    }
    Ok(store)
}

/// Returns what `init` would do.
fn preview(is_store: bool, is_new_trail: bool) -> Changed {
    match (is_store, is_new_trail) {
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
    let store = open_configured(path)?;
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
    let store = open_configured(path)?;
    let unrecorded = store.unrecorded()?.len();
    if !is_new && unrecorded == 0 {
        return Ok(0);
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
        context.warn(
            "the audit trail was missing: started a new one, whose first line says that the previous one is lost",
        );
        context.hint("if you find the previous one, keep it outside of the store");
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
