//! `rw2fa sms configure`.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{MASK, TOKEN};
use crate::cli::Done;
use crate::cli::change::Change;
use crate::cli::context::Context;
use crate::cli::output::{self, ChangeRow, Changed};
use crate::cli::prompt;
use crate::error::{Error, ErrorKind, Result};
use crate::factor::sealed::Sealed;
use crate::gateway::{self, check_token};
use crate::platform;
use crate::process::Line;
use crate::settings::key::{Key, Section, plain};
use crate::settings::sms::SmsSection;
use crate::store::seal::NONCE;
use crate::store::{Document, Reader, Scope, Update, editing, records};

/// Configure the gateway that sends codes
///
/// Options that are not given keep their value; an empty text removes one. On a terminal, the
/// command asks for what is missing. Everything is checked before anything is saved; nothing is
/// sent.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa sms configure --account-sid AC… --auth-token-stdin \
                        --from +33700000000 <token.txt")]
pub(in crate::cli) struct ConfigureArgs {
    #[command(flatten)]
    given: Given,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

/// The keys of the section that were given, each with its text.
#[derive(Debug, Default)]
struct Given {
    texts: Vec<(&'static Key<SmsSection>, String)>,
    auth_token_stdin: bool,
}

/// The option that reads the token.
const TOKEN_OPTION: &str = "auth-token-stdin";

impl Args for Given {
    fn augment_args(command: Command) -> Command {
        let options = SmsSection::KEYS.iter().filter_map(|key| Some((key, key.spec.option?)));
        options.fold(command, |command, (key, option)| {
            command.arg(if key.name == TOKEN {
                let label = option.label;
                let help =
                    format!("Read the {label} from standard input; it is sealed and never shown");
                Arg::new(TOKEN_OPTION).long(TOKEN_OPTION).action(ArgAction::SetTrue).help(help)
            } else {
                let arg = Arg::new(key.name).long(key.name).value_name(option.value_name);
                arg.help(capitalized(&plain(key.meaning)))
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        let mut given = Self::default();
        given.update_from_arg_matches(matches)?;
        Ok(given)
    }

    fn update_from_arg_matches(
        &mut self,
        matches: &ArgMatches,
    ) -> std::result::Result<(), clap::Error> {
        let keys = SmsSection::KEYS.iter().filter(|key| key.name != TOKEN);
        self.texts = keys
            .filter_map(|key| Some((key, matches.get_one::<String>(key.name)?.clone())))
            .collect();
        self.auth_token_stdin = matches.get_flag(TOKEN_OPTION);
        Ok(())
    }
}

/// Returns a text that begins with a capital letter.
fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or(String::new(), |first| format!("{}{}", first.to_uppercase(), chars.as_str()))
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
            return Err(super::changed_meanwhile());
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

fn build_wanted(
    context: &mut Context<'_>,
    args: &ConfigureArgs,
    old: &SmsSection,
) -> Result<Wanted> {
    let mut section = old.clone();
    for (key, text) in &args.given.texts {
        // Checked before anything is asked.
        let text = match text.trim() {
            "" => String::new(),
            text => checked(key, text)?,
        };
        set(key, &mut section, &text)?;
    }
    let has_terminal = context.can_ask();
    let by_command = section.command.is_some() && section.account_sid.is_none();
    let names_something = !args.given.texts.is_empty() || args.given.auth_token_stdin;
    if has_terminal && !by_command && !args.given.auth_token_stdin {
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

/// Sets a key; an empty text resets it.
fn set(key: &Key<SmsSection>, section: &mut SmsSection, text: &str) -> Result<()> {
    if text.is_empty() {
        (key.reset)(section);
        return Ok(());
    }
    key.assign(section, &toml::Value::String(text.into()))
        .map_err(|message| Error::new(ErrorKind::Usage, message))
}

fn missing(what: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("missing: {what}"))
        .with_hint("docs/sms.md shows step by step where to find each")
}

/// A value that the command asks for on a terminal.
struct Question {
    key: &'static str,
    text: &'static str,
    is_required: bool,
}

const QUESTIONS: [Question; 3] = [
    Question { key: "account-sid", text: "Account SID, AC…", is_required: true },
    Question { key: "api-key", text: "API key, SK…, or Enter for none", is_required: false },
    Question { key: "from", text: "Sender, +33…, MG…, short code or name", is_required: true },
];

/// Asks for missing values; for all of them if no option was given.
fn ask(section: &mut SmsSection, names_something: bool) -> Result<()> {
    for question in QUESTIONS {
        let Some(key) = SmsSection::find(question.key) else { continue };
        let old = key.text(section).unwrap_or_default();
        if names_something && (!old.is_empty() || !question.is_required) {
            continue;
        }
        let shown = if old.is_empty() { String::new() } else { format!(" [{old}]") };
        let text = prompt::ask(
            &format!("{}{shown}: ", question.text),
            "pass everything as options: see 'rw2fa sms configure --help'",
            |answer| {
                let answer = if answer.is_empty() { &old } else { answer };
                match answer {
                    "" | "-" if question.is_required => {
                        Err("this value is needed; Ctrl-C ends without changing anything".into())
                    }
                    "" | "-" => Ok(String::new()),
                    answer => gateway::normalized(key.name, answer),
                }
            },
        )?;
        set(key, section, &text)?;
    }
    Ok(())
}

/// Validates and normalizes what was given.
fn normalize(section: &mut SmsSection) -> Result<()> {
    for key in SmsSection::KEYS {
        let Some(text) = key.text(section) else { continue };
        let plain = checked(key, &text)?;
        let is_default = key.spec.default_words == Some(plain.as_str());
        set(key, section, if is_default { "" } else { &plain })?;
    }
    Ok(())
}

/// Checks a value and returns it in its usual form.
fn checked(key: &Key<SmsSection>, text: &str) -> Result<String> {
    gateway::normalized(key.name, text)
        .map_err(|what| Error::new(ErrorKind::Usage, format!("--{}: {what}", key.name)))
}

/// Returns the token, if a new one is given.
fn token(
    context: &mut Context<'_>,
    args: &ConfigureArgs,
    section: &SmsSection,
    asks_all: bool,
) -> Result<Option<Zeroizing<String>>> {
    let has_terminal = context.can_ask();
    let token = if args.given.auth_token_stdin && !has_terminal {
        match context.process.read_line(512, Duration::from_secs(60))? {
            Line::Text(text) => text,
            Line::Unreadable(problem) => return Err(problem.error()),
        }
    } else if has_terminal
        && (args.given.auth_token_stdin
            || section.account_sid.is_some() && (asks_all || section.auth_token.is_none()))
    {
        let has_old = section.auth_token.is_some();
        let keeps = if has_old { " (Enter keeps the present one)" } else { "" };
        let question = format!("Token, not shown{keeps}: ");
        return prompt::ask_hidden(&question, "use --auth-token-stdin", |answer| {
            if answer.is_empty() && has_old {
                return Ok(None);
            }
            check_token(answer).map(|()| Some(Zeroizing::new(answer.to_owned())))
        });
    } else {
        return Ok(None);
    };
    let token = Zeroizing::new(token.trim().to_owned());
    check_token(&token).map_err(|what| Error::new(ErrorKind::Usage, what))?;
    Ok(Some(token))
}

/// Lists the changed keys, with their old and new values.
fn changed_keys<'a>(
    before: &'a SmsSection,
    after: &'a SmsSection,
) -> impl Iterator<Item = (&'static str, Option<String>, Option<String>)> + 'a {
    let values = |key: &Key<SmsSection>| (key.name, key.text(before), key.text(after));
    SmsSection::KEYS.iter().map(values).filter(|(_, old, new)| old != new)
}

/// Returns the settings with the new section.
fn edited(reader: &dyn Reader, before: &SmsSection, after: &SmsSection) -> Result<String> {
    let changed: Vec<_> = changed_keys(before, after)
        .map(|(key, _, new)| ([SmsSection::TABLE, key], new.map(toml_edit::Value::from)))
        .collect();
    let edits: Vec<(&[&str], _)> =
        changed.iter().map(|(path, value)| (&path[..], value.clone())).collect();
    editing::edit(reader, &Document::Settings, &edits)
}

/// Builds the values for the audit trail: neither the token nor complete phone numbers.
fn audit_values(before: &SmsSection, after: &SmsSection) -> Map<String, Value> {
    let audit_value = |key: &str, value: Option<String>| match (key, value) {
        (TOKEN, Some(_)) => Some(MASK.to_owned()),
        ("from", Some(from)) => {
            Some(crate::names::listing::Phone::parse(&from).map_or(from, |phone| phone.masked()))
        }
        (_, value) => value,
    };
    changed_keys(before, after)
        .map(|(key, old, new)| {
            (key.to_owned(), json!([audit_value(key, old), audit_value(key, new)]))
        })
        .collect()
}

/// Reports what was saved, and how to test it.
fn report(context: &mut Context<'_>, section: &SmsSection) {
    if let Some(command) = &section.command {
        context.note(&format!("codes are sent by the command {}", command.display()));
        if let Some(problem) = platform::trust_problem(command) {
            let consequence = if cfg!(windows) {
                "other accounts could replace it"
            } else {
                "a set-uid verifier will not run it"
            };
            context.warn(&format!("{consequence}: {problem}"));
        }
    } else if let (Some(account), Some(from)) = (&section.account_sid, &section.from) {
        context.note(&format!(
            "saved: Twilio account {account}, sender {from}, and the token, sealed in the store"
        ));
        context.hint("ask Twilio whether they work: rw2fa sms check");
    }
    context.hint("send a message to your own phone: rw2fa sms test +33…");
}
