//! `rw2fa users test`: lets the help desk check a code without spending it.

use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use super::known_state;
use crate::cli::change::{Change, values};
use crate::cli::context::{Context, Opened};
use crate::cli::prompt;
use crate::cli::{Done, Format, parse_name};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::sealed::Sealed;
use crate::names::listing::Method;
use crate::names::name::Name;
use crate::otp::PERIOD;
use crate::platform;
use crate::process::Line;
use crate::settings::advanced::Advanced;
use crate::settings::duration;
use crate::store::user::{open_code, open_secret};
use crate::store::{Document, DocumentKind, Scope, Update, records};
use crate::typing::{self, LONGEST_TYPED};
use crate::verify::trial::{CodeTest, Expected, Trial};

/// Check a user's code, and show how far the device's clock is off
///
/// Does not use the code up. Recognises the codes of a device whose clock is up to 24 hours off. A code from
/// another device counts as a failed attempt.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa users test alice --code-stdin <<< 123456")]
pub(in crate::cli) struct TestArgs {
    /// The user
    #[arg(value_name = "NAME")]
    name: String,
    /// Read the code from standard input instead of asking for it on the terminal
    #[arg(long)]
    code_stdin: bool,
}

#[derive(Serialize)]
struct Report {
    name: String,
    result: &'static str,
    step: Option<u64>,
    time: Option<String>,
    drift_steps: Option<i64>,
    window_steps: u32,
    retry_after: Option<u64>,
}

pub(super) fn run(context: &mut Context<'_>, args: &TestArgs) -> Result<Done> {
    context.no_csv("users test")?;
    let name = parse_name(&args.name)?;
    let opened = context.open()?;
    known_state(&*opened.store, &name)?;
    let code = typed_code(context, args, &name)?;
    let trial = test(context, &opened, &name, &code)?;
    let (step, drift) = match trial {
        Trial::Right { step, drift }
        | Trial::Used { step, drift }
        | Trial::OutsideWindow { step, drift } => (Some(step), Some(drift)),
        _ => (None, None),
    };
    let time = step
        .and_then(|step| i64::try_from(step.get()).ok())
        .map(|step| crate::time::Timestamp::from_unix(step.saturating_mul(PERIOD)).to_string());
    let report = Report {
        name: name.canonical(),
        result: trial.as_str(),
        step: step.map(crate::otp::Step::get),
        time,
        drift_steps: drift,
        window_steps: window_steps(&opened.settings.advanced),
        retry_after: match trial {
            Trial::Locked(seconds) => Some(seconds),
            _ => None,
        },
    };
    if context.globals.format == Format::Json {
        context.print_json(&json!({ "schema": 1, "test": report }))?;
    } else {
        let text = sentence(&trial, window_steps(&opened.settings.advanced), &name);
        context.print(&format!("{name}: {text}\n"))?;
    }
    let is_accepted = trial.belongs_to_user() && !matches!(trial, Trial::OutsideWindow { .. });
    Ok(if is_accepted { Done::All } else { Done::Partly })
}

/// Reads the code from standard input, or asks for it. A one-time code may be seen.
fn typed_code(
    context: &mut Context<'_>,
    args: &TestArgs,
    name: &Name,
) -> Result<Zeroizing<String>> {
    let hint = format!(
        "pass it on standard input: rw2fa users test {} --code-stdin",
        platform::quoted(name.canonical())
    );
    if !args.code_stdin {
        if !context.can_ask() {
            return Err(Error::new(ErrorKind::Usage, "no code was given").with_hint(hint));
        }
        return prompt::ask("Code: ", &hint, |answer| match answer {
            "" => Err("type the code that the user reads out, or press Ctrl-C to cancel".into()),
            answer => Ok(Zeroizing::new(answer.to_owned())),
        });
    }
    if context.process.terminals.stdin {
        context.note("Type the code, then press Enter:");
    }
    match context.process.read_line(LONGEST_TYPED, Duration::from_secs(60))? {
        Line::Text(text) if typing::is_blank(&text) => {
            Err(Error::new(ErrorKind::Usage, "no code on standard input"))
        }
        Line::Text(text) => Ok(text),
        Line::Unreadable(problem) => Err(problem.error()),
    }
}

/// Charges an attempt, compares the code, and records the result.
fn test(context: &Context<'_>, opened: &Opened, name: &Name, typed: &str) -> Result<Trial> {
    let (store, now) = (&*opened.store, context.now());
    let advanced = &opened.settings.advanced;
    store.update(Scope::Account(&name.key()), |locked| {
        let keys = records::key_ring(locked)?;
        let mut state = known_state(locked, name)?;
        let listing = records::listing(locked, DocumentKind::User, name)?;
        let is_by_sms = listing.is_some_and(|listing| listing.method == Method::Sms);
        let open = |sealed: &Option<Sealed>| {
            let sealed = sealed.as_ref().filter(|_| is_by_sms);
            sealed.map(|sealed| open_code(locked, Some(&keys), name, sealed)).transpose()
        };
        let (sent, used) = (open(&state.sms.code)?, open(&state.sms.used)?);
        let secret = state.secret.as_ref().filter(|_| !is_by_sms);
        let secret =
            secret.map(|sealed| open_secret(locked, Some(&keys), name, sealed)).transpose()?;
        let expected = if is_by_sms {
            Expected::Sms { sent: sent.as_ref(), used: used.as_ref() }
        } else {
            Expected::App(secret.as_ref())
        };
        let test = CodeTest { advanced, expected, typed, now };
        let mut attempt = None;
        let trial = if let Some(trial) = test.without_comparison(&state) {
            trial
        } else {
            locked.prepare(&now.month(), &Document::Of(DocumentKind::State, name.clone()))?;
            let rules = advanced.lockout();
            let charge = records::charge(locked, name, &mut state, rules, now)?;
            attempt = Some(charge.number());
            test.compare(&state, &charge)
        };
        let object = name.canonical();
        let values = values("result", None, Some(trial.as_str()));
        let change = Change { action: "users test", object: Some(&object), values };
        context.audit_attempt(locked, Some(&keys), change, attempt)?;
        if attempt.is_some() && trial.belongs_to_user() {
            state.forgive_last();
            records::write_state(locked, name, &state)?;
        }
        Ok(trial)
    })
}

/// Returns by how many steps a device's clock may be off.
fn window_steps(advanced: &Advanced) -> u32 {
    advanced.discrepancy_for(advanced.digits())
}

fn sentence(trial: &Trial, window: u32, name: &Name) -> String {
    let window = duration::words(u64::from(window) * PERIOD.unsigned_abs());
    let clock = |drift: i64| {
        let off = duration::words(drift.unsigned_abs() * PERIOD.unsigned_abs());
        match drift {
            0 => "the device's clock is right".to_owned(),
            1.. => format!("the device's clock is about {off} fast"),
            _ => format!("the device's clock is about {off} slow"),
        }
    };
    match trial {
        Trial::Right { drift: 0, .. } => "right code; the device's clock is right".into(),
        Trial::Right { drift, .. } => {
            format!("right code; {}, and logins accept up to {window}", clock(*drift))
        }
        Trial::Used { drift, .. } => {
            format!("right code, but it or a later one was already used; {}", clock(*drift))
        }
        Trial::OutsideWindow { drift, .. } => format!(
            "right code, but {}, and logins accept at most {window}: turn on automatic time on the device",
            clock(*drift)
        ),
        Trial::SentRight => "right code: it is the one that was sent by SMS".into(),
        Trial::SentUsed => "this code was sent by SMS, and was already used".into(),
        Trial::Temporary(0) => "this temporary code is used up".into(),
        Trial::Temporary(left) => {
            format!("right code: it is the user's temporary code; uses left: {left}")
        }
        Trial::RecoveryLeft => "right code: it is a recovery code that can still be used".into(),
        Trial::RecoveryUsed => "this is a recovery code that was already used".into(),
        Trial::Wrong => "not a code from this device; this counts as a failed attempt".into(),
        Trial::Malformed => "this is not a code; it does not count as an attempt".into(),
        Trial::Locked(seconds) => {
            format!("locked for {}; the code was not checked", duration::words(*seconds))
        }
        Trial::Stopped => format!(
            "locked until an administrator runs: rw2fa users unlock {}; the code was not checked",
            platform::quoted(name.canonical())
        ),
        Trial::NoSecret => {
            "the user has no code to check yet; 'rw2fa explain' shows what the next login does"
                .into()
        }
    }
}
