//! `rw2fa sms configure`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::MASK;
use crate::account::sealed::Sealed;
use crate::cli::Done;
use crate::cli::change::Change;
use crate::cli::context::Context;
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::prompt;
use crate::error::{Error, ErrorKind, Result};
use crate::platform;
use crate::process::Line;
use crate::settings::sms::SmsSection;
use crate::sms::gateway::{
    self, Sender, check_account, check_api_key, check_token, parse_base, parse_proxy, parse_sender,
};
use crate::store::seal::NONCE;
use crate::store::{Document, Reader, Scope, Update, editing, records};

/// Name the gateway through which codes are sent
///
/// What is not named stays as it is; an empty text forgets it. On a terminal what is missing is asked
/// for. Everything is checked before anything is saved; nothing is sent.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa sms configure --account-sid AC… --auth-token-stdin \
                        --from +33700000000 <token.txt")]
pub(in crate::cli) struct ConfigureArgs {
    /// The SID of the Twilio account
    #[arg(long, value_name = "AC…")]
    account_sid: Option<String>,
    /// The SID of an API key of the account; the token is then the secret of the key
    #[arg(long, value_name = "SK…")]
    api_key: Option<String>,
    /// Read the token from standard input
    #[arg(long)]
    auth_token_stdin: bool,
    /// The sender: a number, a messaging service, a short code or a name
    #[arg(long, value_name = "+E164|MG…|NAME")]
    from: Option<String>,
    /// Where the API is, for an account of another region
    #[arg(long, value_name = "URL")]
    api_base: Option<String>,
    /// The HTTP proxy to go through
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Certificates to trust besides the system's, such as those of an inspecting proxy
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// The program that sends, in place of Twilio; an absolute path
    #[arg(long, value_name = "PATH")]
    command: Option<String>,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

/// The new section, and the token if it is new.
struct Wanted {
    section: SmsSection,
    token: Option<Zeroizing<String>>,
}

pub(super) fn run(context: &mut Context<'_>, args: &ConfigureArgs) -> Result<Done> {
    context.no_csv("sms configure")?;
    let opened = context.open()?;
    let keys = opened.keys()?;
    let wanted = build_wanted(context, args, &opened.settings.sms)?;
    let changed = opened.store.update(Scope::Settings, |locked| {
        let before = records::settings(locked)?.sms;
        if before != opened.settings.sms {
            return Err(Error::new(ErrorKind::Refused, "the gateway was changed meanwhile")
                .with_hint("look at it with 'rw2fa sms show', and try again"));
        }
        let mut after = wanted.section.clone();
        if let Some(token) = &wanted.token {
            // Read under the lock: a key that is being replaced must not seal anything after that.
            let nonce = context.process.random::<NONCE>()?;
            after.auth_token =
                Some(records::key_ring(locked)?.seal_token(token.as_bytes(), &nonce));
        }
        if before == after {
            return Ok(Changed::Unchanged);
        }
        let text = edited(locked, &before, &after)?;
        records::parse_settings(locked, &text)?;
        let values = audit_values(&before, &after);
        let change = Change { action: "sms configure", object: None, values };
        context.change(locked, Some(&keys), args.dry_run, change, |locked| {
            locked.write(&Document::Settings, &text)
        })?;
        let is_new = before == SmsSection::default();
        Ok(if is_new { Changed::Added } else { Changed::Changed })
    })?;
    let row = ChangeRow::new("setting", "SMS gateway", Ok(changed));
    let done = output::changes(context, args.dry_run, &[row])?;
    if !args.dry_run {
        report(context, &wanted.section);
    }
    Ok(done)
}

/// Applies an argument: `None` keeps the old text, an empty text clears it.
fn updated_text(old: Option<&String>, text: Option<&str>) -> Option<String> {
    match text.map(str::trim) {
        None => old.cloned(),
        Some("") => None,
        Some(text) => Some(text.to_owned()),
    }
}

fn build_wanted(
    context: &mut Context<'_>,
    args: &ConfigureArgs,
    old: &SmsSection,
) -> Result<Wanted> {
    let path = |old: &Option<PathBuf>, path: &Option<String>| match path.as_deref() {
        None => old.clone(),
        Some("") => None,
        Some(path) => Some(path.into()),
    };
    let mut section = SmsSection {
        account_sid: updated_text(old.account_sid.as_ref(), args.account_sid.as_deref()),
        api_key: updated_text(old.api_key.as_ref(), args.api_key.as_deref()),
        auth_token: old.auth_token.clone(),
        from: updated_text(old.from.as_ref(), args.from.as_deref()),
        api_base: updated_text(old.api_base.as_ref(), args.api_base.as_deref()),
        proxy: updated_text(old.proxy.as_ref(), args.proxy.as_deref()),
        ca_file: path(&old.ca_file, &args.ca_file),
        command: path(&old.command, &args.command),
    };
    let has_terminal = context.process.terminals.stdin && context.process.terminals.stderr;
    let by_command = section.command.is_some() && section.account_sid.is_none();
    let names_something = args.account_sid.is_some()
        || args.api_key.is_some()
        || args.auth_token_stdin
        || args.from.is_some()
        || args.api_base.is_some()
        || args.proxy.is_some()
        || args.ca_file.is_some()
        || args.command.is_some();
    if has_terminal && !by_command && !args.auth_token_stdin {
        ask(&mut section, names_something)?;
    }
    normalize(&mut section)?;
    // SECURITY: a token is sent only to the account and address that it was given for.
    if (&section.account_sid, &section.api_key, &section.api_base)
        != (&old.account_sid, &old.api_key, &old.api_base)
    {
        section.auth_token = None;
    }
    let token = token(context, args, &section, has_terminal && !names_something)?;
    if token.is_some() {
        // The token is sealed later, under the lock.
        section.auth_token = Some(Sealed(MASK.into()));
    }
    if section == SmsSection::default() {
        return Err(missing("--account-sid, --auth-token-stdin and --from, or --command"));
    }
    match gateway::problem(&section) {
        None => {}
        Some((key, what)) if what == "is missing" => {
            return Err(missing(if key == "auth-token" {
                "the token: --auth-token-stdin"
            } else if key == "from" {
                "the sender: --from"
            } else {
                "the account: --account-sid"
            }));
        }
        Some((key, what)) => return Err(Error::new(ErrorKind::Refused, format!("{key}: {what}"))),
    }
    Ok(Wanted { section, token })
}

fn missing(what: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("missing: {what}"))
        .with_hint("the README tells step by step where to find each")
}

/// Asks for missing values; for all of them if no option was given.
fn ask(section: &mut SmsSection, names_something: bool) -> Result<()> {
    let asked = |name: &str, what: &str, value: &mut Option<String>| -> Result<()> {
        if names_something && (value.is_some() || name == "API key") {
            return Ok(());
        }
        let old = value.as_ref().map_or(String::new(), |old| format!(" [{old}]"));
        let failed = |error| {
            Error::io(ErrorKind::System, "cannot ask on this terminal", error)
                .with_hint("name everything with flags: see 'rw2fa sms configure --help'")
        };
        let answer = prompt::line(&format!("{name}, {what}{old}: ")).map_err(failed)?;
        let Some(answer) = answer else { return Err(interrupted()) };
        match answer.trim() {
            "" => {}
            "-" => *value = None,
            answer => *value = Some(answer.to_owned()),
        }
        Ok(())
    };
    asked("Account SID", "AC…", &mut section.account_sid)?;
    asked("API key", "SK…, or Enter for none", &mut section.api_key)?;
    asked("Sender", "+33…, MG…, short code or name", &mut section.from)
}

fn interrupted() -> Error {
    Error::new(ErrorKind::Interrupted, "interrupted; nothing was changed")
}

/// Validates and normalizes what was given.
fn normalize(section: &mut SmsSection) -> Result<()> {
    let usage =
        |flag: &str, what: String| Error::new(ErrorKind::Usage, format!("--{flag}: {what}"));
    if let Some(sid) = &section.account_sid {
        check_account(sid).map_err(|what| usage("account-sid", what))?;
    }
    if let Some(key) = &section.api_key {
        check_api_key(key).map_err(|what| usage("api-key", what))?;
    }
    if let Some(from) = &mut section.from {
        match parse_sender(from).map_err(|what| usage("from", what))? {
            Sender::From(plain) | Sender::Service(plain) => *from = plain,
        }
    }
    if let Some(base) = &mut section.api_base {
        *base = parse_base(base).map_err(|what| usage("api-base", what))?;
    }
    if section.api_base.as_deref() == Some(gateway::API) {
        section.api_base = None;
    }
    if let Some(proxy) = &mut section.proxy {
        *proxy = parse_proxy(proxy).map_err(|what| usage("proxy", what))?;
    }
    if let Some(path) = &section.ca_file {
        gateway::check_ca_file(path).map_err(|what| usage("ca-file", what))?;
    }
    if let Some(path) = &section.command {
        gateway::check_command(path).map_err(|what| usage("command", what))?;
    }
    Ok(())
}

/// Returns the token, if a new one is given.
fn token(
    context: &mut Context<'_>,
    args: &ConfigureArgs,
    section: &SmsSection,
    asks_all: bool,
) -> Result<Option<Zeroizing<String>>> {
    let has_terminal = context.process.terminals.stdin && context.process.terminals.stderr;
    let token = if args.auth_token_stdin && !has_terminal {
        match context.process.read_line(512, Duration::from_secs(60))? {
            Line::Text(text) => text,
            Line::Unreadable => Zeroizing::new(String::new()),
        }
    } else if has_terminal
        && (args.auth_token_stdin
            || section.account_sid.is_some() && (asks_all || section.auth_token.is_none()))
    {
        let keeps =
            if section.auth_token.is_some() { " (Enter keeps the present one)" } else { "" };
        let answer = prompt::hidden(&format!("Token, not shown{keeps}: "));
        let answer = answer.map_err(|error| match error.kind() {
            std::io::ErrorKind::Interrupted => interrupted(),
            _ => Error::io(ErrorKind::System, "cannot ask on this terminal", error)
                .with_hint("use --auth-token-stdin"),
        })?;
        if answer.trim().is_empty() && section.auth_token.is_some() {
            return Ok(None);
        }
        answer
    } else {
        return Ok(None);
    };
    let token = Zeroizing::new(token.trim().to_owned());
    check_token(&token).map_err(|what| Error::new(ErrorKind::Usage, what))?;
    Ok(Some(token))
}

/// Lists every key of the section with its value.
fn key_values(section: &SmsSection) -> [(&'static str, Option<String>); 8] {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    [
        ("account-sid", section.account_sid.clone()),
        ("api-key", section.api_key.clone()),
        ("auth-token", section.auth_token.as_ref().map(|sealed| sealed.0.clone())),
        ("from", section.from.clone()),
        ("api-base", section.api_base.clone()),
        ("proxy", section.proxy.clone()),
        ("ca-file", path(&section.ca_file)),
        ("command", path(&section.command)),
    ]
}

/// Returns the settings with the new section.
fn edited(reader: &dyn Reader, before: &SmsSection, after: &SmsSection) -> Result<String> {
    let changed = key_values(before).into_iter().zip(key_values(after));
    let changed: Vec<_> = changed
        .filter(|(old, new)| old != new)
        .map(|(_, (key, new))| (["sms", key], new.map(toml_edit::Value::from)))
        .collect();
    let edits: Vec<(&[&str], _)> =
        changed.iter().map(|(path, value)| (&path[..], value.clone())).collect();
    editing::edit(reader, &Document::Settings, &edits)
}

/// Builds the values for the audit trail: neither the token nor complete phone numbers.
fn audit_values(before: &SmsSection, after: &SmsSection) -> Map<String, Value> {
    let audit_value = |key: &str, value: Option<String>| match (key, value) {
        ("auth-token", Some(_)) => Some(MASK.to_owned()),
        ("from", Some(from)) => {
            Some(crate::account::listing::Phone::parse(&from).map_or(from, |phone| phone.masked()))
        }
        (_, value) => value,
    };
    let changed =
        key_values(before).into_iter().zip(key_values(after)).filter(|(old, new)| old != new);
    changed
        .map(|((key, old), (_, new))| {
            (key.to_owned(), json!([audit_value(key, old), audit_value(key, new)]))
        })
        .collect()
}

/// Reports what was saved, and how to test it.
fn report(context: &mut Context<'_>, section: &SmsSection) {
    if let Some(command) = &section.command {
        context.note(&format!("codes go to the command {}", command.display()));
        if let Some(problem) = platform::trust_problem(command) {
            let consequence = if cfg!(windows) {
                "others could put another program in its place"
            } else {
                "a set-uid verifier will not run it"
            };
            context.warn(&format!("{consequence}: {problem}"));
        }
    } else if let (Some(account), Some(from)) = (&section.account_sid, &section.from) {
        context.note(&format!(
            "saved: Twilio account {account}, sender {from}, and the token, sealed in the store"
        ));
        context.note("ask Twilio whether they work: rw2fa sms check");
    }
    context.note("send a message to your own phone: rw2fa sms test +33…");
}
