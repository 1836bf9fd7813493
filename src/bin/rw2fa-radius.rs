//! `rw2fa-radius`: the second factor for FreeRADIUS. See `rw2fa::radius`.

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    let environment = rw2fa::process::environment();
    ExitCode::from(rw2fa::radius::main(&mut rw2fa::process::Process::real(), environment))
}

/// FreeRADIUS runs on Unix only. 2 means to it that the program failed.
#[cfg(not(unix))]
fn main() -> ExitCode {
    ExitCode::from(2)
}
