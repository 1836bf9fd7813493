//! Safe wrappers for the Windows calls that no safe crate offers.
//!
//! SECURITY: this is the only module of the crate in which `unsafe` is allowed. It makes no decisions; it
//! only passes bytes, numbers and text. All its blocks follow the same rules: text goes in as UTF-16 ending
//! in zero ([`wide`]), buffers go in with their true length, and data that the system returns by pointer is
//! copied before it is freed.
#![allow(unsafe_code, reason = "the system's own functions; see each block")]

pub(super) mod accounts;
pub(super) mod files;
pub(super) mod jobs;
pub(super) mod machine;

use std::ffi::{OsStr, OsString};
use std::os::windows::ffi::{OsStrExt, OsStringExt};

/// Converts text for the system. Text that contains a zero would be truncated, so it is an error.
fn wide(text: impl AsRef<OsStr>) -> std::io::Result<Vec<u16>> {
    let mut wide: Vec<u16> = text.as_ref().encode_wide().collect();
    if wide.contains(&0) {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    wide.push(0);
    Ok(wide)
}

/// Converts text from the system, up to the first zero.
fn narrow(wide: &[u16]) -> OsString {
    let end = wide.iter().position(|unit| *unit == 0).unwrap_or(wide.len());
    OsString::from_wide(&wide[..end])
}

/// Converts a result that is zero on failure.
fn check(result: i32) -> std::io::Result<()> {
    if result == 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}
