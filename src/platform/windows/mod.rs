//! Windows: security descriptors instead of modes, other ways to wait, and no set-uid.

mod account;
mod api;
mod descriptor;
mod host;
mod input;
mod security;
mod sid;

use std::fs::{File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_DELETE_PENDING, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION,
    ERROR_USER_MAPPED_FILE,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
};
use windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;

use crate::platform::LockHolder;

pub use account::*;
pub use host::*;
pub use input::*;
pub use security::*;

/// How to get the rights that a command lacks, for hints.
pub const AS_ADMINISTRATOR: &str = "run as administrator";

/// How long to wait for a file that another program has open.
const PATIENCE: Duration = Duration::from_secs(1);

/// Starts every run: suppresses error dialogs, and makes files that an administrator creates belong to the
/// administrators group. Returns `false`, because Windows has no set-uid.
pub fn harden() -> bool {
    api::machine::show_no_windows();
    if api::accounts::is_member(&sid::ADMINISTRATORS).unwrap_or(false) {
        // If this fails, files belong to the account itself, and the next run reports that.
        let _ = api::accounts::set_default_owner(&sid::ADMINISTRATORS);
    }
    false
}

/// On Windows, a caller cannot set limits of this process.
pub fn limit_problem() -> Option<&'static str> {
    None
}

/// On Windows, nothing gives a program the rights of another account.
pub fn set_uid_obstacle(_: Owner) -> Option<String> {
    None
}

/// Windows does not list the holders of locks.
pub fn lock_holder(_: &File) -> LockHolder {
    LockHolder::Unknown
}

/// On Windows, each file that others may use is reported separately.
pub fn is_exposed(_: &Metadata, _: Owner) -> bool {
    false
}

/// Returns the command that closes everything below `path` to other accounts.
pub fn close_command(path: &Path) -> String {
    format!("icacls \"{}\" /reset /T", path.display())
}

/// Returns how to repair many files below `root` that other accounts may use.
pub fn hint_for_strangers(root: &Path, _: Owner) -> String {
    close_command(root)
}

/// Returns how to find the links below `root`.
pub fn hint_for_links(root: &Path) -> String {
    format!("list them: dir \"{}\" /AL /S; replace each link with the file itself", root.display())
}

/// Returns the command that moves `path` out of the way.
pub fn set_aside_command(path: &Path) -> String {
    format!("move \"{0}\" \"{0}.aside\"", path.display())
}

/// Returns what to do about audit files of future months.
pub fn join_command(directory: &Path, _: &Path, future: &[String], present: &str) -> String {
    format!(
        "while no one signs in, append {} to {present} in {}, and remove what was appended",
        future.join(" and "),
        directory.display()
    )
}

/// The path of the system-wide store.
pub fn system_store() -> PathBuf {
    let data = api::machine::program_data().unwrap_or_else(|| r"C:\ProgramData".into());
    PathBuf::from(data).join("rw2fa")
}

/// Returns options that open a file, never the target of a link. A new file inherits the permissions of its
/// directory.
pub fn private_file() -> OpenOptions {
    let mut options = File::options();
    // This also opens directories, which are then rejected because they are not files.
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS);
    options
}

/// A link itself is opened, and then rejected because it is not a file.
pub fn is_link_error(_: &Error) -> bool {
    false
}

/// Windows never discards a child's exit code.
pub fn is_forgotten_child(_: &Error) -> bool {
    false
}

/// Reports whether colours can be written: to a console that supports them, which this enables, or if
/// `TERM` names a terminal. Otherwise the library that writes colours would lose the text too.
pub fn takes_colors() -> bool {
    crossterm::ansi_support::supports_ansi()
}

/// Parts of Windows need this variable. Also keeps a console window from opening.
pub fn prepare_child(command: &mut Command) {
    command.creation_flags(CREATE_NO_WINDOW);
    if let Some(directory) = api::machine::windows_directory() {
        command.env("SystemRoot", directory);
    }
}

/// A program and everything it starts; what it started before [`Family::from_child`] is left alone.
pub struct Family(Option<api::jobs::Job>);

impl Family {
    /// Groups a program that was just started with everything it starts.
    pub fn from_child(child: &Child) -> Self {
        // If the system creates no job, only the program itself can be ended.
        Self(api::jobs::Job::from_child(child).ok())
    }

    /// Kills the program and everything it started.
    pub fn kill(&self) {
        if let Some(job) = &self.0 {
            // If all of it has ended, there is nothing to kill.
            let _ = job.end();
        }
    }
}

/// On Windows, a replaced file can still be read.
pub fn was_replaced(_: &Metadata) -> bool {
    false
}

/// Performs a file operation, retrying for a second while another program, such as a virus scanner, an
/// indexer or an editor, has the file open.
pub fn with_retry<T>(act: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    // Some calls report "access denied" for a file that is being removed or is open without sharing.
    retry(
        act,
        &[
            ERROR_SHARING_VIOLATION,
            ERROR_LOCK_VIOLATION,
            ERROR_USER_MAPPED_FILE,
            ERROR_DELETE_PENDING,
            ERROR_ACCESS_DENIED,
        ],
    )
}

/// Opens a file, retrying for a second while another program does not share it.
pub fn open_with_retry(options: &OpenOptions, path: &Path) -> std::io::Result<File> {
    retry(|| options.open(path), &[ERROR_SHARING_VIOLATION, ERROR_DELETE_PENDING])
}

fn retry<T>(
    mut act: impl FnMut() -> std::io::Result<T>,
    while_error_is: &[u32],
) -> std::io::Result<T> {
    let started = Instant::now();
    loop {
        let result = act();
        let code = result.as_ref().err().and_then(Error::raw_os_error);
        let passes = code
            .and_then(|code| u32::try_from(code).ok())
            .is_some_and(|code| while_error_is.contains(&code));
        if !passes || started.elapsed() >= PATIENCE {
            return result;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Makes the names in a directory durable as far as possible: NTFS keeps a journal of names, and only some
/// file systems can flush it on request.
pub fn sync_directory(path: &Path) -> std::io::Result<()> {
    let mut options = private_file();
    match options.write(true).open(path) {
        Ok(directory) => {
            let _ = directory.sync_all();
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Err(error),
        Err(_) => Ok(()),
    }
}

/// Makes the contents of a file durable that is open for reading. This needs write access; a read-only file
/// is taken as it is.
pub fn sync_read_file(_: &File, path: &Path) -> std::io::Result<()> {
    match private_file().append(true).open(path) {
        Ok(file) => file.sync_data(),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// Windows has no such hint.
pub fn begin_to_sync(_: &mut File, _: usize) {}

/// Returns how to make the drive of `path` writable again.
pub fn remount_command(path: &Path) -> String {
    format!(
        "look in the system's event log for the reason why the drive of {} cannot be written",
        quoted(path)
    )
}

/// Quotes a path or a name for a command line.
pub fn quoted(word: impl AsRef<Path>) -> String {
    let text = word.as_ref().display().to_string();
    if text.chars().all(|c| c.is_ascii_alphanumeric() || r"\:._-+".contains(c)) {
        text
    } else {
        format!("\"{text}\"")
    }
}
