//! `rw2fa-verify`: decides one login of the remote-work portal. See [`rw2fa::verify`].
//!
//! On Linux it starts as a C program does. Rust's own start reads the map of the process's memory, to tell
//! an overflow of the stack from other faults, and loads a library to print backtraces: together a sixth of
//! what this process costs before it does anything. What is needed of that start does
//! [`rw2fa::platform::begin`].
#![cfg_attr(all(target_os = "linux", target_env = "gnu"), no_main)]

use rw2fa::process::Process;

/// The whole program; returns its exit code.
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

    // What unwinds the stack, which a panic that aborts never does, becomes part of the program.
    // SAFETY: the block declares nothing, so nothing can be declared wrongly.
    #[cfg(not(target_feature = "crt-static"))]
    #[link(name = "gcc_eh", kind = "static", modifiers = "-bundle")]
    unsafe extern "C" {}

    /// Where the C library starts the program.
    // SAFETY: nothing else in the program is called `main`, and the C library calls it once, as `int main()`.
    #[unsafe(no_mangle)]
    extern "C" fn main() -> c_int {
        rw2fa::platform::begin();
        c_int::from(super::verify())
    }
}
