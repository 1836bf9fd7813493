//! `rw2fa store`: the store as a whole.

mod check;
mod export;
mod import;

use clap::Subcommand;

use crate::cli::Done;
use crate::cli::context::Context;
use crate::error::Result;

/// Check, export or restore the whole store
#[derive(Subcommand, Debug)]
#[command(after_help = "Example: rw2fa store export backup.toml")]
pub(super) enum StoreCommand {
    Check(check::StoreCheckArgs),
    Export(export::StoreExportArgs),
    Import(import::StoreImportArgs),
}

pub(super) fn run(context: &mut Context<'_>, command: &StoreCommand) -> Result<Done> {
    match command {
        StoreCommand::Check(args) => check::run(context, args),
        StoreCommand::Export(args) => export::run(context, args),
        StoreCommand::Import(args) => import::run(context, args),
    }
}
