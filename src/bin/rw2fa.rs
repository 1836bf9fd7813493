//! `rw2fa`: the administration tool. See [`rw2fa::cli`].

use std::process::ExitCode;

use rw2fa::platform;
use rw2fa::process::Process;

fn main() -> ExitCode {
    ExitCode::from(rw2fa::cli::main(
        &mut Process::real()
            .with_lookup(platform::knows)
            .with_clock_check(platform::clock_synchronised),
    ))
}
