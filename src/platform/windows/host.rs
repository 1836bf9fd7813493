//! The Windows host: its disks, its clock, its id, its programs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::api::{files, machine};
use crate::error::{Error, ErrorKind, Result};
use crate::platform::FileSystem;

/// Where Windows stores the machine id, which its setup creates.
const ID_PLACE: &str = r"SOFTWARE\Microsoft\Cryptography";

/// How to fix the clock.
pub const CLOCK_REMEDY: &str = "w32tm /config /update /manualpeerlist:HOST /syncfromflags:manual, then w32tm /resync; \
     in a domain: w32tm /resync";

/// Returns the location of `path`.
pub fn file_system(path: &Path) -> FileSystem {
    match files::is_remote(path) {
        Ok(true) => FileSystem::Network("SMB"),
        Ok(false) => FileSystem::Local,
        Err(_) => FileSystem::Unknown("of an unknown type"),
    }
}

/// Windows reports a directory that cannot be written only on a write.
///
/// # Errors
/// None.
pub fn check_writable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Windows reports a full disk only on a write.
pub fn is_full(_: &std::fs::File) -> bool {
    false
}

/// Returns how many more bytes this account can write at `path`.
pub fn free_bytes(path: &Path) -> Option<u64> {
    files::free_bytes(path).ok()
}

/// Windows has no limit on the number of files.
pub fn free_inodes(_: &Path) -> Option<u64> {
    None
}

/// Windows reports a read-only file system only on a write.
pub fn is_read_only(_: &Path) -> bool {
    false
}

/// Returns the command that makes `path` writable after this error.
pub fn unlock_command(path: &Path, is_directory: bool, error: &std::io::Error) -> Option<String> {
    let (all, deep) = if is_directory { (r"\*", " /S") } else { ("", "") };
    (error.kind() == std::io::ErrorKind::PermissionDenied)
        .then(|| format!("attrib -R \"{}{all}\"{deep}", path.display()))
}

/// Reports whether the Windows Time service keeps the clock synchronised; `None` if unknown, for example
/// because it is not running.
pub fn clock_synchronised() -> Option<bool> {
    let program = PathBuf::from(machine::system_directory()?).join("w32tm.exe");
    let output =
        crate::platform::child::run(&program, &["/query", "/status"], b"", Duration::from_secs(5))
            .ok()?;
    if output.code == Some(0) { is_synchronised(&output.stdout) } else { None }
}

/// Parses the output of `w32tm /query /status`, whose words are in the system's language. The first line is
/// the leap indicator, where 3 means "not synchronised"; the second is the stratum, 0 if there is none.
fn is_synchronised(status: &[u8]) -> Option<bool> {
    let mut lines =
        status.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let mut number = || {
        let line = lines.next()?;
        let value = line.get(line.iter().position(|byte| *byte == b':')? + 1..)?.trim_ascii_start();
        let end = value.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(value.len());
        std::str::from_utf8(value.get(..end)?).ok()?.parse::<u8>().ok()
    };
    match (number()?, number()?) {
        (0..=2, 1..=15) => Some(true),
        (3, _) | (_, 0 | 16) => Some(false),
        _ => None,
    }
}

/// The path of this program.
pub fn program() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// Reports whether the program at `path` runs as its owner, which Windows does not support, and whether
/// everyone may start it.
pub fn starts_for_others(_: &Path) -> Option<(bool, bool)> {
    None
}

/// Returns the id of this machine, 32 hexadecimal digits.
///
/// # Errors
/// [`ErrorKind::System`] if it has none.
pub fn machine_id() -> Result<String> {
    let found = windows_registry::LOCAL_MACHINE
        .open(ID_PLACE)
        .and_then(|key| key.get_string("MachineGuid"))
        .ok();
    found.as_deref().and_then(id_in).ok_or_else(|| {
        Error::new(ErrorKind::System, format!(r"no machine id in HKLM\{ID_PLACE}, MachineGuid"))
            .with_hint("repair Windows: its installation creates one")
    })
}

/// Returns the digits of a GUID.
fn id_in(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('{').trim_end_matches('}');
    let id: String = text.chars().filter(|letter| *letter != '-').collect();
    let is_id = id.len() == 32
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        && id.bytes().any(|byte| byte != b'0');
    is_id.then(|| id.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards that the output of w32tm is understood in every language, and that unexpected output means
    /// "unknown".
    #[test]
    fn the_time_service_is_understood_in_every_language() {
        for (status, expected) in [
            (
                "Leap Indicator: 0(no warning)\r\nStratum: 4 (secondary reference - syncd by (S)NTP)\r\n",
                Some(true),
            ),
            (
                "Sprungindikator: 0(keine Warnung)\r\nStratum: 2 (Sekund\u{e4}rreferenz)\r\n",
                Some(true),
            ),
            (
                "Indicateur de dérive : 3(non synchronisé)\r\nCouche : 0 (non spécifié)\r\n",
                Some(false),
            ),
            ("Leap Indicator: 3(not synchronized)\r\nStratum: 0 (unspecified)\r\n", Some(false)),
            ("Leap Indicator: 0(no warning)\r\nStratum: 0 (unspecified)\r\n", Some(false)),
            (
                "\r\nLeap Indicator: 1(last minute has 61 seconds)\r\n\r\nStratum: 1 (primary)\r\n",
                Some(true),
            ),
            (
                "The following error occurred: The service has not been started. (0x80070426)\r\n",
                None,
            ),
            ("Leap Indicator: 0(no warning)\r\n", None),
            ("Leap Indicator: 7\r\nStratum: 3\r\n", None),
            ("", None),
        ] {
            assert_eq!(is_synchronised(status.as_bytes()), expected, "{status}");
        }
        // The console's code page is not UTF-8.
        assert_eq!(is_synchronised(b"\x8apart: 0(\x84)\r\nStratum: 3 (\x94)\r\n"), Some(true));
    }

    #[test]
    fn only_a_machine_id_is_accepted() {
        let id = "0123456789abcdef0123456789abcdef";
        for text in
            [id, "01234567-89AB-cdef-0123-456789abcdef", "{01234567-89ab-cdef-0123-456789abcdef}"]
        {
            assert_eq!(id_in(text).as_deref(), Some(id), "{text}");
        }
        for text in ["", "x", &id[1..], &"0".repeat(32), &id.replace('0', "g")] {
            assert_eq!(id_in(text), None, "{text}");
        }
    }
}
