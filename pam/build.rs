//! Lets `-lpam` find the library without its development files.
//!
//! `libpam.so`, which the linker looks for, comes with the headers. Every Linux system with PAM has `libpam.so.0`.
//! A linker script of the first name that names the second links the same library on a bare machine.

#![allow(
    clippy::disallowed_methods,
    reason = "a build script gets its directory in a variable, and writes there"
)]
#![allow(clippy::print_stdout, reason = "this is how a build script talks to cargo")]

use std::io::{Error, Result};
use std::path::Path;

fn main() -> Result<()> {
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| Error::other("cargo sets OUT_DIR"))?;
    std::fs::write(Path::new(&out).join("libpam.so"), "INPUT(libpam.so.0)\n")?;
    println!("cargo:rustc-link-search=native={}", Path::new(&out).display());
    println!("cargo:rerun-if-changed=build.rs");
    Ok(())
}
