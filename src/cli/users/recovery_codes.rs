//! `rw2fa users recovery-codes`: codes that let a user in without their device, shown once.

use clap::Args;
use serde_json::json;
use zeroize::Zeroizing;

use super::{is_active, known_state};
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened, count};
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::{Done, Format, parse_name};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::recovery::RecoveryCode;
use crate::factor::recovery::RecoveryCodes;
use crate::factor::state::State;
use crate::names::name::Name;
use crate::store::{Reader, Scope, Update, records};

/// Create single-use codes for a user who might lose their device, and show them once
///
/// They replace the user's earlier recovery codes. Each signs the user in once, under the same
/// lockout as the codes of their app. A reset deletes them.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa users recovery-codes alice --count 5")]
pub(in crate::cli) struct RecoveryCodesArgs {
    /// The user
    #[arg(value_name = "NAME")]
    name: String,
    /// How many codes to create
    #[arg(
        long, value_name = "NUMBER", default_value_t = 10,
        value_parser = clap::value_parser!(u8).range(1..=i64::from(RecoveryCodes::MOST))
    )]
    count: u8,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &RecoveryCodesArgs) -> Result<Done> {
    context.no_csv("users recovery-codes")?;
    let name = parse_name(&args.name)?;
    let opened = context.open()?;
    opened.keys()?;
    let left = enrolled_state(&*opened.store, &name)?.recovery_codes.left();
    if args.dry_run {
        let row = ChangeRow::new("user", name.canonical(), Ok(Changed::Changed));
        return output::changes(context, true, &[row]);
    }
    if left > 0 {
        let codes = count(left, "recovery code");
        context.confirm(&format!("{name} has {codes}. New ones replace them."))?;
    }
    let codes = make(context, &opened, &name, args.count, left)?;
    show(context, &name, &codes)
}

/// Reads the state of a user who may have recovery codes.
fn enrolled_state(store: &dyn Reader, name: &Name) -> Result<State> {
    let state = known_state(store, name)?;
    if !is_active(&state) && state.sms.proved.is_none() {
        return Err(Error::new(ErrorKind::Refused, format!("{name} has not enrolled yet"))
            .with_hint("create recovery codes after the first login with a code"));
    }
    Ok(state)
}

/// Replaces the user's recovery codes, of which at most `known` may be left.
fn make(
    context: &Context<'_>,
    opened: &Opened,
    name: &Name,
    number: u8,
    known: usize,
) -> Result<Vec<RecoveryCode>> {
    let store = &*opened.store;
    store.update(Scope::Account(&name.key()), |locked| {
        let keys = records::key_ring(locked)?;
        let mut next = enrolled_state(locked, name)?;
        let mut codes = Vec::new();
        let before = next.recovery_codes.left();
        if before > known && !context.globals.yes {
            let what = format!("another command gave {name} new recovery codes meanwhile");
            return Err(Error::new(ErrorKind::Refused, what)
                .with_hint("run the command again to replace those too"));
        }
        let mut fresh = RecoveryCodes::default();
        for _ in 0..number {
            let code = RecoveryCode::from_random(*context.process.random()?);
            fresh.add(&code, &*context.process.random()?);
            codes.push(code);
        }
        let object = name.canonical();
        let change = Change {
            action: "users recovery-codes",
            object: Some(&object),
            values: values("recovery-codes", before, fresh.left()),
        };
        next.recovery_codes = fresh;
        context.change(locked, Some(&keys), false, change, |locked| {
            records::write_state(locked, name, &next)
        })?;
        Ok(codes)
    })
}

fn show(context: &mut Context<'_>, name: &Name, codes: &[RecoveryCode]) -> Result<Done> {
    let texts: Vec<Zeroizing<String>> = codes.iter().map(RecoveryCode::display).collect();
    let shown = if context.globals.format == Format::Json {
        let codes: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
        context.print_json(&json!({
            "schema": 1,
            "recovery_codes": { "name": name.canonical(), "codes": codes }
        }))
    } else {
        texts.iter().try_for_each(|text| {
            context.print(text)?;
            context.print("\n")
        })
    };
    shown.and_then(|()| context.flush()).map_err(|error| {
        error.with_hint(
            "the new codes could not be shown: run the command again with standard output open",
        )
    })?;
    context.note(&format!(
        "each code signs {name} in once; the codes are not shown again, so print them or keep \
         them safe"
    ));
    Ok(Done::All)
}
