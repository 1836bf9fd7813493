//! `rw2fa-verify`: decides one login to the remote-work portal. See [`rw2fa::verify`].
//!
//! On Linux it starts like a C program. Rust's own startup reads the process's memory map, to recognise stack
//! overflows, and loads a library for backtraces. Together they cost a sixth of this short process.
//! [`rw2fa::platform::begin`] does the part of the startup that is needed.
#![cfg_attr(all(target_os = "linux", target_env = "gnu"), no_main)]

use rw2fa::process::Process;

/// Runs the program and returns its exit code.
fn verify() -> u8 {
    rw2fa::verify::main(&mut Process::real())
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(verify())
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod start {
    #![allow(
        unsafe_code,
        reason = "the symbol `main` and a library are named to the linker; nothing is called"
    )]

    use std::ffi::c_int;

    // Links libgcc_eh statically: panics abort, so the shared unwinder is never needed.
    // SAFETY: the block declares no items, so no declaration can be wrong.
    #[cfg(not(target_feature = "crt-static"))]
    #[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
    unsafe extern "C" {}

    /// The entry point that the C library calls.
    // SAFETY: no other symbol is named `main`, and the C library calls it once, as `int main()`.
    #[unsafe(no_mangle)]
    extern "C" fn main() -> c_int {
        rw2fa::platform::begin();
        c_int::from(super::verify())
    }
}
