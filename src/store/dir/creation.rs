//! Creates a store, and determines whether a directory is one.
//!
//! Owns what `init` creates: directories, lock files, key and settings. Their order ensures that a
//! kill never leaves something that looks like a store.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::platform::{self, Owner};
use crate::store::dir::files::{ACCOUNT_LOCKS, Files, KEY, SMS_LOCK};
use crate::store::file;
use crate::store::key_file::KeyFile;

/// The hint when the audit trail is missing.
pub(super) const NEW_TRAIL_HINT: &str =
    "restore it from a backup; without one, start a new trail: rw2fa init --new-trail";

/// The directories of a store.
const DIRECTORIES: [&str; 6] = ["users", "state", "groups", "whitelist", "audit", "locks"];

/// A directory in which a store is being created or completed.
pub(in crate::store) struct Begun {
    root: PathBuf,
    owner: Owner,
    /// Whether it already contained a store.
    existed: bool,
}

/// Prepares the directory at `root` for a store of `owner`. Existing parts are not changed.
///
/// If the directory contains something else, or belongs to another account.
pub(in crate::store) fn begin(root: &Path, owner: Option<Owner>) -> Result<Begun> {
    let root = &without_trailing_slash(root);
    if let Ok(metadata) = fs::symlink_metadata(root) {
        refuse_link(root, &metadata)?;
        if !metadata.is_dir() {
            return Err(file::broken(root, "is not a directory").with_hint("choose another place"));
        }
        let (present, current) = (Owner::of_store(root, &metadata)?, Owner::current());
        if !present.accepts(current) && !current.is_administrator() {
            let present = present.name();
            return Err(file::broken(root, &format!("belongs to {present}"))
                .with_hint(format!("{}, or as {present}", platform::AS_ADMINISTRATOR)));
        }
    }
    // SECURITY: anyone who can replace a parent directory could choose the directory that is given
    // away.
    if owner.is_some()
        && let Some(problem) = parent_of(root).and_then(|parent| platform::trust_problem(&parent))
    {
        return Err(Error::new(ErrorKind::Refused, problem).with_hint(
            "use a directory above it that only the administrator can write to, or run 'rw2fa init' as that account",
        ));
    }
    let existed = is_there(&root.join("store.toml"))?;
    if !existed {
        prepare_root(root, owner)?;
    }
    let metadata = fs::symlink_metadata(root).map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot examine {}", root.display()), error)
    })?;
    let wanted = owner;
    let owner = Owner::of_store(root, &metadata)?;
    // On Unix a store has one owner, and no other account's verifier could use it.
    if let Some(wanted) = wanted.filter(|wanted| cfg!(unix) && !owner.accepts(*wanted)) {
        let (place, wanted) = (platform::quoted(root), wanted.name());
        let message = format!("the store {place} belongs to {}, not to {wanted}", owner.name());
        return Err(Error::new(ErrorKind::Refused, message)
            .with_hint(format!("to hand it over: chown -R {wanted}: {place}")));
    }
    Ok(Begun { root: root.clone(), owner, existed })
}

impl Begun {
    /// The account that owns the directory.
    pub(in crate::store) fn owner(&self) -> Owner {
        self.owner
    }

    /// Reports whether the directory already contained a store.
    pub(in crate::store) fn existed(&self) -> bool {
        self.existed
    }

    /// The file of the data key, unless the settings name another.
    pub(in crate::store) fn key_file(&self) -> KeyFile {
        KeyFile::new(self.root.join(KEY), self.owner)
    }

    /// Creates the missing parts of the store except the settings. Returns the number of lock files among them.
    ///
    /// # Errors
    /// If an existing store lacks more than locks, or something cannot be written.
    pub(in crate::store) fn complete(&self) -> Result<usize> {
        let root = &self.root;
        // SECURITY: a new key would make every sealed secret useless.
        if !self.existed && holds_documents(root)? {
            return Err(Error::new(
                ErrorKind::Store,
                format!(
                    "{} contains documents of a store, but store.toml is missing",
                    root.display()
                ),
            )
            .with_hint("restore store.toml from a backup, or use another directory"));
        }
        for directory in DIRECTORIES {
            let place = root.join(directory);
            if !self.existed {
                file::make_directory(&place)?;
                continue;
            }
            // SECURITY: a missing trail is a loss, so never create a new one silently.
            let is_trail = directory == "audit" && !is_there(&place)?;
            file::check_directory(&place, self.owner).map_err(|problem| {
                if is_trail { problem.with_hint(NEW_TRAIL_HINT) } else { problem }
            })?;
        }
        make_locks(&root.join("locks"))
    }

    /// Writes the settings of a new store, after everything else. A directory without settings is
    /// not a store, so a kill never leaves something that looks like one.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(in crate::store) fn write_settings(&self, settings: &str) -> Result<()> {
        file::replace(&self.root.join("store.toml"), settings.as_bytes())
    }
}

impl Files {
    /// Reports whether the directory of the audit trail is missing.
    ///
    /// # Errors
    /// If this cannot be determined.
    pub(super) fn lacks_trail(&self) -> Result<bool> {
        is_there(&self.root().join("audit")).map(|is_there| !is_there)
    }

    /// Creates the directory of a new audit trail where the old one is missing.
    ///
    /// # Errors
    /// If there is an audit trail.
    pub(super) fn make_trail(&self) -> Result<()> {
        let directory = self.root().join("audit");
        if file::has_directory(&directory, self.owner())? && !file::entries(&directory)?.is_empty()
        {
            let what = format!("{} already contains an audit trail", directory.display());
            return Err(Error::new(ErrorKind::Refused, what).with_hint(
                "a new one can be started only if the old one is lost; 'rw2fa doctor' shows what is wrong",
            ));
        }
        file::make_directory(&directory)
    }

    /// Reports whether the store is still empty, without even the audit line of `init` (which a kill can
    /// prevent).
    ///
    /// # Errors
    /// If a directory cannot be listed.
    pub(super) fn is_unused(&self) -> Result<bool> {
        holds_documents(self.root()).map(|holds| !holds)
    }

    /// Lists the missing lock files that some command or login needs.
    pub(super) fn missing_locks(&self) -> Vec<PathBuf> {
        let needed = lock_names().filter(|name| name != SMS_LOCK);
        let is_missing = |path: &PathBuf| matches!(is_there(path), Ok(false));
        needed.map(|name| self.lock_path(&name)).filter(is_missing).collect()
    }
}

/// Removes a trailing slash from `path`, which would make the system follow a link.
pub(super) fn without_trailing_slash(path: &Path) -> PathBuf {
    path.components().collect()
}

/// Refuses a link as the store: its target could be changed to another store.
pub(super) fn refuse_link(root: &Path, metadata: &fs::Metadata) -> Result<()> {
    if !metadata.is_symlink() {
        return Ok(());
    }
    let hint = match fs::canonicalize(root) {
        Ok(target) => format!("use the directory itself: --store {}", target.display()),
        Err(_) => "use the directory itself with --store".to_owned(),
    };
    Err(Error::new(ErrorKind::Store, format!("{} is a link", root.display())).with_hint(hint))
}

/// Reports whether the directories of a store contain anything beyond what an interrupted `init`
/// leaves.
pub(super) fn holds_documents(root: &Path) -> Result<bool> {
    for directory in DIRECTORIES.iter().filter(|directory| **directory != "locks") {
        if !file::entries(&root.join(directory))?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Creates the root directory of a new store.
fn prepare_root(root: &Path, owner: Option<Owner>) -> Result<()> {
    match platform::make_private_directory(root) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let ours = |name: &str| {
                DIRECTORIES.contains(&name) || name == KEY || platform::OWN_FILES.contains(&name)
            };
            let foreign = file::entries(root)?.into_iter().find(|(name, _)| !ours(name));
            if let Some((name, _)) = foreign {
                return Err(Error::new(
                    ErrorKind::Refused,
                    format!(
                        "{} already contains something else ({})",
                        root.display(),
                        name.escape_debug()
                    ),
                )
                .with_hint("use a directory that does not exist or is empty"));
            }
            let metadata = fs::symlink_metadata(root).map_err(|error| {
                Error::io(ErrorKind::Store, format!("cannot examine {}", root.display()), error)
            })?;
            let expected = owner.unwrap_or_else(Owner::current);
            let present = Owner::of_store(root, &metadata)?;
            if !present.accepts(expected) && !present.accepts(Owner::current()) {
                return Err(Error::new(
                    ErrorKind::Refused,
                    format!("{} belongs to {}", root.display(), present.name()),
                )
                .with_hint("use a directory that does not exist or that you own"));
            }
            if let Some((problem, hint)) = platform::privacy_problem(root, None, &metadata, present)
            {
                return Err(Error::new(ErrorKind::Refused, problem).with_hint(hint));
            }
        }
        Err(error) => {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound => "create the directory above it first".to_owned(),
                std::io::ErrorKind::PermissionDenied => format!(
                    "{}, or create a store of your own: rw2fa init --per-user",
                    platform::AS_ADMINISTRATOR
                ),
                _ => "use another place with --store".to_owned(),
            };
            let what = format!("cannot create {}", root.display());
            return Err(Error::io(ErrorKind::Store, what, error).with_hint(hint));
        }
    }
    owner.map_or(Ok(()), |owner| owner.give(root))
}

/// Lists the names of all lock files.
pub(super) fn lock_names() -> impl Iterator<Item = String> {
    let accounts = (0..ACCOUNT_LOCKS).map(|number| format!("{number:02x}"));
    accounts.chain(["settings", "audit", SMS_LOCK].map(str::to_owned))
}

/// Creates the missing lock files. Returns their number.
fn make_locks(directory: &Path) -> Result<usize> {
    let mut made = 0;
    for name in lock_names() {
        let path = directory.join(name);
        let mut options = platform::private_file();
        match options.write(true).create_new(true).open(&path) {
            Ok(_) => made += 1,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                let what = format!("cannot create {}", path.display());
                return Err(Error::io(ErrorKind::Store, what, error));
            }
        }
    }
    platform::sync_directory(directory).map_err(|error| {
        Error::io(ErrorKind::Store, format!("cannot create {}", directory.display()), error)
    })?;
    Ok(made)
}

/// Returns the parent directory of `root` with links resolved, if it exists.
fn parent_of(root: &Path) -> Option<PathBuf> {
    let parent = root.parent()?;
    // SECURITY: a bare name is in the working directory, which anyone may own.
    let is_here = parent.as_os_str().is_empty();
    fs::canonicalize(if is_here { Path::new(".") } else { parent }).ok()
}

/// Reports whether anything is at `path`, even a broken link. An unclear answer is an error, not `false`.
fn is_there(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => {
            let what = format!("cannot examine {}", path.display());
            Err(Error::io(ErrorKind::Store, what, error))
        }
    }
}
