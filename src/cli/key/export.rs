//! `rw2fa key export`: copies the key, to be stored apart from copies of the store.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Done;
use crate::cli::change::Change;
use crate::cli::context::Context;
use crate::cli::target::Target;
use crate::error::Result;
use crate::store::{Scope, Update, records};

/// Copy the key, to keep it separate from copies of the store
///
/// Without the key, the secrets of the store are lost. With the key and a copy of the store, anyone
/// can compute every user's codes.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa key export /media/escrow/rw2fa.key")]
pub(in crate::cli) struct KeyExportArgs {
    /// A new file that only its owner can read; '-' is standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(context: &mut Context<'_>, args: &KeyExportArgs) -> Result<Done> {
    context.no_csv("key export")?;
    Target::check(&args.file)?;
    context.check_store_and_key()?;
    context.confirm(
        "Anyone with this copy and a copy of the store can compute every user's codes: keep them in different places.",
    )?;
    let mut target = Target::create(&args.file)?;
    let opened = context.open()?;
    // SECURITY: the audit line is durable before the key leaves the store. The key is read under
    // the lock: a rotation that began in the meantime would make the copy useless.
    let document = opened.store.update(Scope::Settings, |locked| {
        let keys = records::key_ring(locked)?;
        let change = Change {
            action: "key export",
            object: Some(keys.id()),
            values: serde_json::Map::default(),
        };
        context.audit(locked, Some(&keys), change).map(|()| keys.document())
    })?;
    target.write(context, &document)?;
    target.finish()?;
    context.note("the key was copied; after 'rw2fa key rotate', export it again");
    Ok(Done::All)
}
