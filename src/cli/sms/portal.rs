//! `rw2fa sms portal`: opens pages of Twilio.

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::{Done, Format};
use crate::error::Result;

/// Print the address of a Twilio page
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa sms portal trial")]
pub(in crate::cli) struct PortalArgs {
    /// The page
    #[arg(value_enum, default_value_t)]
    page: Page,
}

/// A page.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Page {
    /// A trial account
    Trial,
    /// The console: account SID, token, numbers, balance
    #[default]
    Console,
    /// The numbers that a trial account may send to
    VerifiedCallers,
    /// Twilio's service status
    Status,
    /// Help
    Support,
}

impl Page {
    fn url(self) -> &'static str {
        match self {
            Page::Trial => "https://www.twilio.com/try-twilio",
            Page::Console => "https://console.twilio.com/",
            Page::VerifiedCallers => {
                "https://console.twilio.com/us1/develop/phone-numbers/manage/verified"
            }
            Page::Status => "https://status.twilio.com/",
            Page::Support => "https://help.twilio.com/",
        }
    }
}

pub(super) fn run(context: &mut Context<'_>, args: &PortalArgs) -> Result<Done> {
    context.no_csv("sms portal")?;
    let url = args.page.url();
    if context.globals.format == Format::Json {
        context.print_json(&json!({ "schema": 1, "portal": { "url": url } }))?;
    } else {
        context.print(&format!("{url}\n"))?;
    }
    Ok(Done::All)
}
