//! The calls of Windows that no safe crate offers, each wrapped so that callers need no `unsafe`.
//!
//! SECURITY: this is the only module of the crate in which `unsafe` is allowed. It decides nothing: it
//! hands bytes, numbers and text back and forth. What is common to all its blocks: text goes in as
//! UTF-16 ending in zero ([`wide`]), buffers go in with their true length, and what the system returns
//! by pointer is copied before it is freed.
#![allow(unsafe_code, reason = "the system's own functions; see each block")]

pub(super) mod accounts;
pub(super) mod files;
pub(super) mod jobs;
pub(super) mod machine;

use std::ffi::{OsStr, OsString};
use std::os::windows::ffi::{OsStrExt, OsStringExt};

/// Text as the system takes it. Text with a zero inside would be cut off there.
fn wide(text: impl AsRef<OsStr>) -> std::io::Result<Vec<u16>> {
    let mut wide: Vec<u16> = text.as_ref().encode_wide().collect();
    if wide.contains(&0) {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    wide.push(0);
    Ok(wide)
}

/// Text as the system gives it: what is before the first zero.
fn narrow(wide: &[u16]) -> OsString {
    let end = wide.iter().position(|unit| *unit == 0).unwrap_or(wide.len());
    OsString::from_wide(&wide[..end])
}

/// Whether a call that returns zero on failure succeeded.
fn check(result: i32) -> std::io::Result<()> {
    if result == 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}
