//! Lists the entries of a directory one by one, without copying them: a login reads many.

use std::io;
use std::path::Path;

/// Calls `each` with the name of every directory entry, and whether it is a directory.
///
/// # Errors
/// If the directory cannot be read to its end.
#[cfg(target_os = "linux")]
pub fn for_each_entry(path: &Path, each: &mut dyn FnMut(&[u8], bool)) -> io::Result<()> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    use nix::libc::O_DIRECTORY;
    use rustix::fs::{FileType, RawDir};

    let directory = std::fs::File::options().read(true).custom_flags(O_DIRECTORY).open(path)?;
    let mut buffer = Vec::with_capacity(32 * 1024);
    let mut entries = RawDir::new(directory, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        let is_directory = match entry.file_type() {
            FileType::Directory => true,
            // Some file systems do not store the type with the name.
            FileType::Unknown => {
                std::fs::symlink_metadata(path.join(OsStr::from_bytes(name)))?.is_dir()
            }
            _ => false,
        };
        each(name, is_directory);
    }
    Ok(())
}

/// Calls `each` with the name of every directory entry, and whether it is a directory.
///
/// # Errors
/// If the directory cannot be read to its end.
#[cfg(not(target_os = "linux"))]
pub fn for_each_entry(path: &Path, each: &mut dyn FnMut(&[u8], bool)) -> io::Result<()> {
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let is_directory = entry.file_type()?.is_dir();
        each(entry.file_name().as_encoded_bytes(), is_directory);
    }
    Ok(())
}
