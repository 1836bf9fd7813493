//! `rw2fa-verify`: decides one login of the remote-work portal. See [`rw2fa::verify`].

use std::process::ExitCode;

use rw2fa::process::Process;

fn main() -> ExitCode {
    ExitCode::from(rw2fa::verify::main(&mut Process::real()))
}
