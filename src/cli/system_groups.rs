//! `rw2fa system-groups`: the verifier runs it to look up the groups of an account. Hidden: its
//! output is for the verifier only.

use clap::Args;

use crate::cli::Done;
use crate::cli::context::Context;
use crate::error::Result;
use crate::platform;

/// Print the groups of the first of these accounts that the system knows
#[derive(Args, Debug)]
pub(super) struct SystemGroupsArgs {
    /// Spellings of one account
    #[arg(required = true)]
    names: Vec<String>,
}

/// Prints each group followed by NUL, and a final newline to show that the list is complete.
pub(super) fn run(context: &mut Context<'_>, args: &SystemGroupsArgs) -> Result<Done> {
    for name in &args.names {
        if let Some(groups) = platform::groups_of(name)? {
            context.print(&format!("{}\0\n", groups.join("\0")))?;
            return Ok(Done::All);
        }
    }
    Ok(Done::Partly)
}
