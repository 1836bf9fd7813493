//! `rw2fa advanced`: the advanced settings.

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::change::{Change, values};
use crate::cli::context::Context;
use crate::cli::output::{self, ChangeRow, Changed, Column};
use crate::cli::prompt;
use crate::cli::status::describe_window;
use crate::cli::{Done, Format};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::sms::message;
use crate::otp::Digits;
use crate::printable::printable;
use crate::settings::advanced::{self, Advanced, KEYS};
use crate::settings::chance::{self, percent};
use crate::settings::key;
use crate::store::{Document, Scope, Update, editing, records};

/// Show and change the advanced settings
#[derive(Subcommand, Debug)]
#[command(after_help = "Example: rw2fa advanced set discrepancy 1")]
pub(super) enum AdvancedCommand {
    List(ListArgs),
    Get(GetArgs),
    Set(SetArgs),
    Unset(UnsetArgs),
}

/// List every setting, its value and its default
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa advanced list --format json")]
pub(super) struct ListArgs {}

/// Print the value of one setting
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa advanced get discrepancy")]
pub(super) struct GetArgs {
    /// The name of the setting
    key: String,
}

/// Change a setting
///
/// Durations may also be written as 90s, 30m, 8h, 3d or 2w. A value out of range is rejected, and nothing is written.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa advanced set discrepancy 1")]
pub(super) struct SetArgs {
    /// The name of the setting, or KEY=VALUE
    key: String,
    /// The new value; on a terminal, the command asks for a missing one
    #[arg(allow_hyphen_values = true)]
    value: Option<String>,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

/// Reset a setting to its default
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa advanced unset discrepancy")]
pub(super) struct UnsetArgs {
    /// The name of the setting
    key: String,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct SettingRow {
    key: &'static str,
    value: Value,
    default: Value,
    unit: Option<&'static str>,
    valid: String,
    meaning: &'static str,
}

pub(super) fn run(context: &mut Context<'_>, command: AdvancedCommand) -> Result<Done> {
    match command {
        AdvancedCommand::List(_) => list(context),
        AdvancedCommand::Get(args) => get(context, &args),
        AdvancedCommand::Set(args) => {
            let (key, value) = assignment(context, &args)?;
            change(context, key, Some(&value), args.dry_run)
        }
        AdvancedCommand::Unset(args) => change(context, find(&args.key)?, None, args.dry_run),
    }
}

/// An advanced setting.
type Key = key::Key<Advanced>;

fn find(name: &str) -> Result<&'static Key> {
    advanced::find(name).map_err(|message| {
        Error::new(ErrorKind::Usage, message).with_hint("'rw2fa advanced list' shows every setting")
    })
}

/// Returns the setting and its new value, from `KEY VALUE`, `KEY=VALUE`, or an answer on the terminal.
fn assignment(context: &Context<'_>, args: &SetArgs) -> Result<(&'static Key, toml::Value)> {
    let (name, value) = match (args.key.split_once('='), &args.value) {
        (Some((name, value)), None) => (name, Some(value)),
        (_, value) => (args.key.as_str(), value.as_deref()),
    };
    let key = find(name.trim())?;
    let value = match value {
        Some(value) => checked(key, value).map_err(|what| Error::new(ErrorKind::Usage, what))?,
        None if context.can_ask() => {
            let question = format!("{}, {}: ", key.name, key.valid());
            prompt::ask(&question, &usage_of(key), |answer| checked(key, answer))?
        }
        None => {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("no value for {} was given", key.name),
            )
            .with_hint(usage_of(key)));
        }
    };
    Ok((key, value))
}

fn usage_of(key: &Key) -> String {
    format!("rw2fa advanced set {} VALUE, where VALUE is {}", key.name, key.valid())
}

/// Reads and checks a typed value.
fn checked(key: &Key, text: &str) -> std::result::Result<toml::Value, String> {
    let value = key.read(text)?;
    key.assign(&mut Advanced::default(), &value).map(|()| value)
}

/// The value as a TOML value, with a placeholder for an unset issuer.
fn display_value(key: &Key, advanced: &Advanced) -> Option<toml::Value> {
    match key.value(advanced) {
        Some(toml::Value::String(text)) if text.is_empty() => {
            Some(toml::Value::String(advanced.issuer(&crate::platform::host_name())))
        }
        value => value,
    }
}

fn row(key: &'static Key, advanced: &Advanced) -> SettingRow {
    let json = |advanced| serde_json::to_value(display_value(key, advanced)).unwrap_or(Value::Null);
    SettingRow {
        key: key.name,
        value: json(advanced),
        default: json(&Advanced::default()),
        unit: key.unit().map(crate::settings::duration::Unit::as_str),
        valid: key.valid(),
        meaning: key.meaning,
    }
}

/// Lists every setting with its range, unit, default and meaning, for the help.
pub(super) fn keys_help() -> String {
    let defaults = Advanced::default();
    let lines = KEYS.iter().map(|key| {
        let default = match (key.spec.default_words, key.value(&defaults)) {
            (Some(words), _) => words.to_owned(),
            (None, Some(toml::Value::String(text))) => text,
            (None, value) => value.map_or_else(String::new, |value| value.to_string()),
        };
        format!("  {}\n      {}\n      {}; default: {default}", key.name, key.meaning, key.valid())
    });
    format!("Settings:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// Formats a JSON value for people.
fn format_value(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

const COLUMNS: &[Column<SettingRow>] = &[
    Column { name: "key", cell: |row| row.key.into(), is_useful: |_| true },
    Column { name: "value", cell: |row| format_value(&row.value), is_useful: |_| true },
    Column { name: "default", cell: |row| format_value(&row.default), is_useful: |_| true },
    Column { name: "valid", cell: |row| row.valid.clone(), is_useful: |_| true },
    Column { name: "meaning", cell: |row| row.meaning.into(), is_useful: |_| true },
];

/// Columns that fit a terminal of 80 characters.
const COLUMNS_FOR_PEOPLE: &[Column<SettingRow>] = &[
    Column { name: "key", cell: |row| row.key.into(), is_useful: |_| true },
    Column { name: "value", cell: with_unit, is_useful: |_| true },
    Column {
        name: "default",
        cell: |row| {
            if row.value == row.default { String::new() } else { format_value(&row.default) }
        },
        is_useful: |row| row.value != row.default,
    },
    Column {
        name: "meaning",
        cell: |row| format!("{} ({})", row.meaning, row.valid),
        is_useful: |_| true,
    },
];

fn with_unit(row: &SettingRow) -> String {
    let value = format_value(&row.value);
    row.unit.map_or(value.clone(), |unit| format!("{value} {unit}"))
}

fn list(context: &mut Context<'_>) -> Result<Done> {
    let opened = context.open()?;
    let rows: Vec<_> = KEYS.iter().map(|key| row(key, &opened.settings.advanced)).collect();
    let columns = match context.globals.format {
        Format::Text => COLUMNS_FOR_PEOPLE,
        Format::Json | Format::Csv | Format::Prometheus | Format::Nagios => COLUMNS,
    };
    output::list(context, "settings", &rows, columns)?;
    Ok(Done::All)
}

fn get(context: &mut Context<'_>, args: &GetArgs) -> Result<Done> {
    context.no_csv("advanced get")?;
    let key = find(&args.key)?;
    let opened = context.open()?;
    let row = row(key, &opened.settings.advanced);
    if context.globals.format == Format::Json {
        context.print_json(&json!({ "schema": 1, "setting": row }))?;
    } else {
        context.print(&format!("{}\n", printable(&format_value(&row.value))))?;
    }
    Ok(Done::All)
}

/// Sets or unsets one setting.
fn change(
    context: &mut Context<'_>,
    key: &'static Key,
    value: Option<&toml::Value>,
    dry_run: bool,
) -> Result<Done> {
    context.no_csv(if value.is_some() { "advanced set" } else { "advanced unset" })?;
    let opened = context.open()?;
    let (changed, after) = opened.store.update(Scope::Settings, |locked| {
        let before = records::settings(locked)?;
        let edited = value
            .map(|value| value.to_string().parse())
            .transpose()
            .map_err(|_| Error::new(ErrorKind::System, format!("cannot write {}", key.name)))?;
        let text =
            editing::edit(locked, &Document::Settings, &[(&["advanced", key.name], edited)])?;
        let after = records::parse_settings(locked, &text)?.advanced;
        let (old, new) = (key.value(&before.advanced), key.value(&after));
        let is_same_text = locked.read(&Document::Settings)?.is_some_and(|old| *old == text);
        if is_same_text {
            return Ok((Changed::Unchanged, after));
        }
        let values = values(key.name, old, new);
        let change = Change { action: "advanced", object: Some(key.name), values };
        let keys = records::key_ring(locked)?;
        context.change(locked, Some(&keys), dry_run, change, |locked| {
            locked.write(&Document::Settings, &text)
        })?;
        Ok((Changed::Changed, after))
    })?;
    report_consequences(context, key, &after);
    output::changes(context, dry_run, &[ChangeRow::new("setting", key.name, Ok(changed))])
}

/// Reports what the new settings mean for users and for attackers who guess codes.
fn report_consequences(context: &mut Context<'_>, key: &Key, after: &Advanced) {
    let digits = after.digits();
    if key.name == "digits" && digits != Digits::DEFAULT {
        context.warn(&format!(
            "some authenticator apps only support {}-digit codes: try {} digits with your users' \
             apps first",
            Digits::DEFAULT.get(),
            digits.get()
        ));
    }
    if key.name == "digits" {
        context.note("users who have already enrolled keep their number of digits");
    }
    if key.name == "sms-message" {
        report_segments(context, after);
    }
    if !matches!(key.name, "discrepancy" | "digits" | "lockout-attempts" | "lockout-seconds") {
        return;
    }
    let effective = after.discrepancy_for(digits);
    if effective < after.discrepancy {
        context.warn(&format!(
            "with {} digits, discrepancy {effective} is used instead of {}, so that a guess \
             succeeds at most once in 1,000 tries",
            digits.get(),
            after.discrepancy
        ));
    }
    let chances = chance::of_guessing(after.discrepancy, digits, after.lockout());
    context.note(&describe_window(after));
    context.note(&format!(
        "chance of guessing a code: {} in one try, {} in a day, {} before an administrator must unlock the account",
        percent(chances.one),
        percent(chances.day),
        percent(chances.hard_stop)
    ));
}

/// Reports how many SMS a message with this text takes, and warns of unknown placeholders.
fn report_segments(context: &mut Context<'_>, after: &Advanced) {
    for placeholder in message::unknown_placeholders(&after.sms_message) {
        context.warn(&format!(
            "{placeholder} is sent unchanged: only %CODE% and %ISSUER% are replaced"
        ));
    }
    let zeros = "0".repeat(usize::from(after.digits().get()));
    let issuer = after.issuer(&crate::platform::host_name());
    let (alphabet, parts) = message::segments(&message::fill(&after.sms_message, &zeros, &issuer));
    context.note(&format!("each message takes {parts} SMS in {}", alphabet.as_str()));
    if alphabet == message::Alphabet::Ucs2 {
        context.note("without the characters that GSM-7 lacks, one SMS would hold 160 characters instead of 70");
    }
}
