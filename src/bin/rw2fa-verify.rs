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

    /// The entry point that the C library calls.
    // SAFETY: no other symbol is named `main`, and the C library calls it once, as `int main()`.
    #[unsafe(no_mangle)]
    extern "C" fn main() -> c_int {
        rw2fa::platform::begin();
        c_int::from(super::verify())
    }
}

/// Replaces the unwinder: panics abort, and print no backtrace. So no library is loaded for it, and the linker leaves
/// out the reader of debug information, a tenth of the program, which a caller could run with a variable.
#[cfg(all(target_os = "linux", target_env = "gnu", panic = "abort"))]
mod no_unwinder {
    #![allow(unsafe_code, reason = "symbols of the unwinder are defined; nothing is called")]

    use std::ffi::{c_int, c_void};

    /// Reports the end of the stack at once.
    // SAFETY: only the standard library calls it, with these arguments. 5 is `_URC_END_OF_STACK`.
    #[unsafe(no_mangle)]
    extern "C" fn _Unwind_Backtrace(_: *const c_void, _: *mut c_void) -> c_int {
        5
    }

    /// Defines functions that only a running unwinder would call.
    macro_rules! never_called {
        ($($name:ident)*) => {$(
            // SAFETY: no other symbol has this name, and it is never called.
            #[unsafe(no_mangle)]
            extern "C" fn $name() {
                std::process::abort()
            }
        )*};
    }

    never_called! {
        _Unwind_DeleteException _Unwind_GetCFA _Unwind_GetDataRelBase _Unwind_GetIP _Unwind_GetIPInfo
        _Unwind_GetLanguageSpecificData _Unwind_GetRegionStart _Unwind_GetTextRelBase _Unwind_RaiseException
        _Unwind_Resume _Unwind_SetGR _Unwind_SetIP
    }
}
