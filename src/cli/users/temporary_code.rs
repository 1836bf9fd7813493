//! `rw2fa users temporary-code`: lets a user in for a short time without a second factor of their own.

use clap::Args;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::known_state;
use crate::cli::change::Change;
use crate::cli::context::{Context, Opened, count};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::{Done, Format, parse_name};
use crate::error::Result;
use crate::factor::lockout::LockoutState;
use crate::factor::recovery::RecoveryCode;
use crate::factor::state::State;
use crate::factor::temporary::TemporaryCode;
use crate::names::name::Name;
use crate::platform;
use crate::settings::duration;
use crate::store::{Scope, Update, records};
use crate::time::Timestamp;

/// Create a temporary code for a user who has no phone today, and show it once
///
/// The user types it at the login instead of a code from the app or by SMS, whether they have enrolled or not. It does
/// not enrol the user. While it can be used, the user's logins show no QR code and send no SMS. A new code replaces
/// the previous one; a reset deletes it.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa users temporary-code alice --for 8h --uses 3")]
pub(in crate::cli) struct TemporaryCodeArgs {
    /// The user
    #[arg(value_name = "NAME")]
    name: String,
    /// How long the code is valid, such as 30m, 8h, 2d or 1w
    #[arg(long = "for", value_name = "DURATION", default_value = "8h", value_parser = parse_life)]
    life: u64,
    /// How many logins it is valid for
    #[arg(
        long, value_name = "NUMBER", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(TemporaryCode::MOST_USES))
    )]
    uses: u32,
    /// Delete the user's temporary code instead
    #[arg(long, conflicts_with_all = ["life", "uses"])]
    revoke: bool,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

fn parse_life(text: &str) -> std::result::Result<u64, String> {
    duration::within(text, 60, TemporaryCode::LONGEST)
}

pub(super) fn run(context: &mut Context<'_>, args: &TemporaryCodeArgs) -> Result<Done> {
    context.no_csv("users temporary-code")?;
    let name = parse_name(&args.name)?;
    let opened = context.open()?;
    let (now, until) = (context.now(), context.now().plus(args.life));
    let code = RecoveryCode::from_random(*context.process.random()?);
    let salt = context.process.random()?;
    let made = TemporaryCode::new(&code, &salt, now, until, args.uses);
    let new = Some(made).filter(|_| !args.revoke);
    let (changed, state) = replace(context, &opened, &name, new, args.dry_run)?;
    if args.revoke || args.dry_run {
        let row = ChangeRow::new("user", name.canonical(), Ok(changed));
        return output::changes(context, args.dry_run, &[row]);
    }
    show(context, &name, &code, args.uses, until)?;
    if state.failures().rebased(now).state_at(now) != LockoutState::Open {
        context.warn(&format!("{name} is locked, so no code is accepted"));
        let quoted = platform::quoted(name.canonical());
        context.hint(&format!("unlock the user: rw2fa users unlock {quoted}"));
    }
    Ok(Done::All)
}

/// Replaces the user's temporary code, and returns the new state.
fn replace(
    context: &Context<'_>,
    opened: &Opened,
    name: &Name,
    new: Option<TemporaryCode>,
    dry_run: bool,
) -> Result<(Changed, State)> {
    opened.store.update(Scope::Account(&name.key()), |locked| {
        let keys = records::key_ring(locked)?;
        let before = known_state(locked, name)?;
        if before.temporary_code == new {
            return Ok((Changed::Unchanged, before));
        }
        let values = recorded(before.temporary_code.as_ref(), new.as_ref());
        let next = State { temporary_code: new, ..before };
        let object = name.canonical();
        let change = Change { action: "users temporary-code", object: Some(&object), values };
        context.change(locked, Some(&keys), dry_run, change, |locked| {
            records::write_state(locked, name, &next)
        })?;
        Ok((Changed::Changed, next))
    })
}

/// Describes the old and the new code for the audit trail.
fn recorded(old: Option<&TemporaryCode>, new: Option<&TemporaryCode>) -> Map<String, Value> {
    let until = |code: Option<&TemporaryCode>| code.map(|code| code.until.to_string());
    let uses = |code: Option<&TemporaryCode>| code.map(|code| code.uses_left);
    let mut values = Map::new();
    values.insert("valid-until".into(), json!([until(old), until(new)]));
    values.insert("uses-left".into(), json!([uses(old), uses(new)]));
    values
}

fn show(
    context: &mut Context<'_>,
    name: &Name,
    code: &RecoveryCode,
    uses: u32,
    until: Timestamp,
) -> Result<()> {
    let text: Zeroizing<String> = code.display();
    let shown = if context.globals.format == Format::Json {
        context.print_json(&json!({
            "schema": 1,
            "temporary_code": {
                "name": name.canonical(),
                "code": text.as_str(),
                "uses": uses,
                "valid_until": until.to_string(),
            }
        }))
    } else {
        context.print(&format!("{}\n", *text))
    };
    shown.and_then(|()| context.flush()).map_err(|error| {
        let hint = "the code could not be shown: run the command again, with standard output open";
        error.with_hint(hint)
    })?;
    let logins = count(uses as usize, "login");
    context.note(&format!("{name} can use it for {logins} until {until}; it is not shown again"));
    Ok(())
}
