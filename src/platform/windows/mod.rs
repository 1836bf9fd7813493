//! Windows: security descriptors instead of modes, other ways to wait, and no working as somebody else.

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
    ERROR_ACCESS_DENIED, ERROR_CRC, ERROR_DELETE_PENDING, ERROR_IO_DEVICE, ERROR_LOCK_VIOLATION,
    ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE,
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

/// How long a file that another program keeps open is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The first act of every run: no windows that somebody must close, and files that belong to the group of
/// administrators where one of them works. Returns `false`: nobody works as somebody else here.
pub fn harden() -> bool {
    api::machine::show_no_windows();
    if api::accounts::is_member(&sid::ADMINISTRATORS).unwrap_or(false) {
        // Where it fails, files belong to the account itself, and the next run says so.
        let _ = api::accounts::set_default_owner(&sid::ADMINISTRATORS);
    }
    false
}

/// Limits of this process are not a caller's to set here.
pub fn limit_problem() -> Option<&'static str> {
    None
}

/// Nothing gives a program the rights of another account here.
pub fn set_uid_obstacle(_: Owner) -> Option<&'static str> {
    None
}

/// Windows does not list who holds a lock.
pub fn lock_holder(_: &File) -> LockHolder {
    LockHolder::Unknown
}

/// Each file that others may use is a problem of its own here.
pub fn is_exposed(_: &Metadata, _: Owner) -> bool {
    false
}

/// The command that closes everything below `path` to others.
pub fn close_command(path: &Path) -> String {
    format!("icacls \"{}\" /reset /T", path.display())
}

/// The command that puts what is at `path` aside.
pub fn set_aside_command(path: &Path) -> String {
    format!("move \"{0}\" \"{0}.aside\"", path.display())
}

/// What to do about audit files whose months are still to come.
pub fn join_command(directory: &Path, _: &Path, future: &[String], present: &str) -> String {
    format!(
        "while nobody signs in, append {} to {present} in {}, and remove what was appended",
        future.join(" and "),
        directory.display()
    )
}

/// Where the store of the whole system is.
pub fn system_store() -> PathBuf {
    let data = api::machine::program_data().unwrap_or_else(|| r"C:\ProgramData".into());
    PathBuf::from(data).join("rw2fa")
}

/// Options that open a file, and not what a link leads to. Who may use a new one follows from its
/// directory.
pub fn private_file() -> OpenOptions {
    let mut options = File::options();
    // With this a directory can be opened too, and is then found not to be a file.
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS);
    options
}

/// A link is opened itself, and then found not to be a file.
pub fn is_link_error(_: &Error) -> bool {
    false
}

/// Whether an error says that the disk could not do what it was told.
pub fn is_disk_failure(error: &Error) -> bool {
    let code = error.raw_os_error().and_then(|code| u32::try_from(code).ok());
    code.is_some_and(|code| [ERROR_IO_DEVICE, ERROR_CRC].contains(&code))
}

/// The system always tells how a child ended.
pub fn is_forgotten_child(_: &Error) -> bool {
    false
}

/// Whether colours can be written: to a console that understands them, which is told to, or where `TERM`
/// names a terminal. Without either the library that writes them would lose the text with them.
pub fn takes_colors() -> bool {
    crossterm::ansi_support::supports_ansi()
}

/// Without this variable parts of Windows do not work; and no window is to open for it.
pub fn prepare_child(command: &mut Command) {
    command.creation_flags(CREATE_NO_WINDOW);
    if let Some(directory) = api::machine::windows_directory() {
        command.env("SystemRoot", directory);
    }
}

/// A program, together with what it starts; what it started before [`Family::of`] is left alone.
pub struct Family(Option<api::jobs::Job>);

impl Family {
    /// The family of a program that was just started.
    pub fn of(child: &Child) -> Self {
        // Where the system makes none, only the program itself can be ended.
        Self(api::jobs::Job::of(child).ok())
    }

    /// Ends the program and what it started.
    pub fn kill(&self) {
        if let Some(job) = &self.0 {
            // There is nothing to kill if all of it has ended.
            let _ = job.end();
        }
    }
}

/// A file that was replaced can be read as it was.
pub fn was_replaced(_: &Metadata) -> bool {
    false
}

/// Does something with a file, again and again for a second while another program keeps it open: a virus
/// scanner, an indexer, an editor.
pub fn patiently<T>(act: impl FnMut() -> std::io::Result<T>) -> std::io::Result<T> {
    // What is being removed, or open without sharing, is "access denied" to some calls.
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

/// Opens a file, again and again for a second while another program does not share it.
pub fn open_patiently(options: &OpenOptions, path: &Path) -> std::io::Result<File> {
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

/// Makes the names in a directory durable, as far as the system lets itself be asked to: NTFS keeps a
/// journal of names, and only some file systems can be told to write it now.
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

/// Makes durable what was written to a file that is open for reading. Only who may write to a file can ask
/// for that; one that was made read-only is taken as it is.
pub fn sync_read_file(_: &File, path: &Path) -> std::io::Result<()> {
    match private_file().append(true).open(path) {
        Ok(file) => file.sync_data(),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// There is no such hint here.
pub fn begin_to_sync(_: &mut File, _: usize) {}

/// `path` as the command prompt and PowerShell take it.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.chars().all(|c| c.is_ascii_alphanumeric() || r"\:._-".contains(c)) {
        text
    } else {
        format!("\"{text}\"")
    }
}

/// The command that removes a file.
pub fn remove_command(path: &Path) -> String {
    format!("del {}", quoted(path))
}
