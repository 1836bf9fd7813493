//! `rw2fa key`: the key that seals the secrets.

mod export;
mod reset;
mod rotate;

use clap::Subcommand;

use crate::cli::Done;
use crate::cli::context::Context;
use crate::error::Result;

/// Export, rotate or reset the key that seals the secrets
#[derive(Subcommand, Debug)]
#[command(after_help = "Example: rw2fa key export /media/safe/rw2fa.key")]
pub(super) enum KeyCommand {
    Export(export::KeyExportArgs),
    Rotate(rotate::KeyRotateArgs),
    Reset(reset::KeyResetArgs),
}

pub(super) fn run(context: &mut Context<'_>, command: &KeyCommand) -> Result<Done> {
    match command {
        KeyCommand::Export(args) => export::run(context, args),
        KeyCommand::Rotate(args) => rotate::run(context, args),
        KeyCommand::Reset(args) => reset::run(context, args),
    }
}
