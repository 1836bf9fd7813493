//! The machine's names, and the directories of Windows.

use std::ffi::OsString;

use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::SystemInformation::{
    ComputerNameDnsDomain, ComputerNameDnsHostname, ComputerNameNetBIOS, GetComputerNameExW,
    GetSystemDirectoryW, GetSystemWindowsDirectoryW,
};
use windows_sys::Win32::UI::Shell::GetAllUsersProfileDirectoryW;

use super::narrow;

/// Longer than any of these names and paths.
const LONGEST: u32 = 1024;

/// The name of this machine in the domain name system, without the domain.
pub(in super::super) fn host_name() -> Option<OsString> {
    computer_name(ComputerNameDnsHostname)
}

/// The name of this machine as the domain of its own accounts.
pub(in super::super) fn netbios_name() -> Option<OsString> {
    computer_name(ComputerNameNetBIOS)
}

/// The domain of this machine in the domain name system.
pub(in super::super) fn dns_domain() -> Option<OsString> {
    computer_name(ComputerNameDnsDomain)
}

fn computer_name(format: i32) -> Option<OsString> {
    // SAFETY: the system writes at most `size` units to the buffer, and their number to `size`.
    filled(|buffer, size| unsafe { GetComputerNameExW(format, buffer, size) != 0 })
}

/// The data directory for all users, `%ProgramData%`, independent of the environment.
pub(in super::super) fn program_data() -> Option<OsString> {
    // SAFETY: the system writes at most `size` units to the buffer, and their number to `size`.
    filled(|buffer, size| unsafe { GetAllUsersProfileDirectoryW(buffer, size) != 0 })
}

/// The directory of the system's programs, `%SystemRoot%\System32`.
pub(in super::super) fn system_directory() -> Option<OsString> {
    // SAFETY: the system writes at most `LONGEST` units to the buffer, which `filled` made that long.
    filled(|buffer, _| (1..LONGEST).contains(&unsafe { GetSystemDirectoryW(buffer, LONGEST) }))
}

/// The directory of Windows, `%SystemRoot%`.
pub(in super::super) fn windows_directory() -> Option<OsString> {
    // SAFETY: the system writes at most `LONGEST` units to the buffer, which `filled` made that long.
    filled(|buffer, _| {
        (1..LONGEST).contains(&unsafe { GetSystemWindowsDirectoryW(buffer, LONGEST) })
    })
}

/// Makes a failing program end without opening a dialog.
pub(in super::super) fn show_no_windows() {
    // SAFETY: it sets flags of this process, and takes no pointers.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX) };
}

/// Returns the text that `call` writes to a buffer of [`LONGEST`] units, if it reports success.
fn filled(call: impl FnOnce(*mut u16, *mut u32) -> bool) -> Option<OsString> {
    let mut buffer = vec![0_u16; LONGEST as usize];
    let mut size = LONGEST;
    let is_filled = call(buffer.as_mut_ptr(), &raw mut size);
    is_filled.then(|| narrow(&buffer)).filter(|text| !text.is_empty())
}
