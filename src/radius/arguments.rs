//! The command line of `rw2fa-radius`.

use std::path::PathBuf;

use clap::Parser;

/// Where challenges are remembered. `/run/freeradius` is the runtime directory of Debian's FreeRADIUS.
const TICKETS: &str = "/run/freeradius/rw2fa";

/// Decide one RADIUS login; FreeRADIUS calls this after it has accepted the password
///
/// The request's attributes are the environment, as FreeRADIUS' exec module passes them. Standard output has
/// reply attributes. The documentation has the configuration to use: docs/integrations/radius.md.
///
/// Exit codes: 0 let the user in, 1 reject, 2 failed, 6 challenge. Every section of FreeRADIUS takes 1, 2 and 6
/// for a refusal, unless the policy turns 6 into an Access-Challenge. --help and --version end with 2 too.
#[derive(Parser, Debug, PartialEq, Eq)]
#[command(
    name = "rw2fa-radius",
    version,
    after_help = "Example, in the exec module of FreeRADIUS:\n  program = \"/usr/bin/rw2fa-radius --no-groups\""
)]
pub struct Cli {
    /// Print the reply of the challenge that this request has just got; the policy asks for it
    #[arg(long)]
    pub reply: bool,
    /// Show new users the key for their app in the challenge; without it, they must sign in to the portal first
    #[arg(long)]
    pub show_enrolment: bool,
    /// The users are in no group; without it, groups are those in Rw2fa-Group, or else the system's
    #[arg(long)]
    pub no_groups: bool,
    /// The directory that remembers challenges; only FreeRADIUS' account may use it
    #[arg(long, value_name = "DIR", default_value = TICKETS)]
    pub tickets: PathBuf,
    /// Another verifier than the rw2fa-verify beside this program
    #[arg(long, value_name = "PATH")]
    pub verifier: Option<PathBuf>,
    /// Another store than the system's
    #[arg(long, value_name = "PATH")]
    pub store: Option<PathBuf>,
}
