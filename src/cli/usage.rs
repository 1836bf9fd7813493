//! What the command line says about itself: help, mistyped subcommands and usage errors.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind as ClapErrorKind};
use clap::{Arg, ArgAction, Command};

use crate::cli::advanced;
use crate::error::{Error, ErrorKind};
use crate::platform;
use crate::printable::printable;

/// The last line of a command's help.
const MORE_OPTIONS: &str = "See 'rw2fa --help' for --store, --format, --yes, --quiet and --color.";

/// What happens when someone types a synonym of a subcommand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typed {
    /// The subcommand runs: a hidden alias, for other spellings and for words that mean exactly the
    /// same.
    Runs,
    /// The error suggests the subcommand.
    Suggests,
}

/// Words that people type, and the subcommands that do the same, in order of preference.
const SYNONYMS: &[(Typed, &[&str], &[&str])] = &[
    (Typed::Runs, &["licence", "licences", "licenses"], &["license"]),
    (Typed::Runs, &["user"], &["users"]),
    (Typed::Runs, &["enroll"], &["enrol"]),
    (Typed::Runs, &["ls"], &["list"]),
    (Typed::Runs, &["rm", "del", "delete"], &["remove"]),
    (Typed::Suggests, &["delete", "del", "rm", "remove", "erase", "drop"], &["remove", "unset"]),
    (Typed::Suggests, &["new", "create", "insert"], &["add", "init"]),
    (Typed::Suggests, &["setup", "install"], &["init"]),
    (Typed::Suggests, &["all"], &["list"]),
    (Typed::Suggests, &["info", "get", "view", "cat"], &["show", "list"]),
    (Typed::Suggests, &["change", "modify", "update", "set"], &["edit", "configure"]),
    (Typed::Suggests, &["reset", "default"], &["unset"]),
    (Typed::Suggests, &["on", "start", "activate"], &["enable"]),
    (Typed::Suggests, &["off", "stop", "deactivate"], &["disable"]),
    (Typed::Suggests, &["backup", "save", "dump"], &["export"]),
    (Typed::Suggests, &["restore", "load"], &["import"]),
    (Typed::Suggests, &["logout", "sign-out"], &["revoke"]),
    (Typed::Suggests, &["settings", "config"], &["advanced"]),
    (Typed::Suggests, &["log", "logs", "history"], &["audit"]),
    (Typed::Suggests, &["check", "health"], &["doctor"]),
    (Typed::Suggests, &["group", "groups"], &["users"]),
];

/// Options that people type, and the options that do the same.
const OPTION_SYNONYMS: &[(&[&str], &str)] = &[
    (&["--json"], "--format json"),
    (&["--csv"], "--format csv"),
    (&["--output"], "--format"),
    (&["--no-color", "--no-colour", "--nocolor"], "--color never"),
    (&["--force", "--assume-yes", "--no-confirm"], "--yes"),
    (&["--dryrun", "--simulate", "--no-act"], "--dry-run"),
    (&["--silent"], "--quiet"),
];

/// Adds the synonyms that run, as hidden aliases: neither help nor completion lists them.
pub(super) fn with_aliases(command: Command) -> Command {
    let names: Vec<_> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    command.mut_subcommands(|sub| {
        let aliases = SYNONYMS
            .iter()
            .filter(|(typed, _, meant)| *typed == Typed::Runs && meant.contains(&sub.get_name()))
            .flat_map(|(_, words, _)| *words)
            .filter(|word| !names.iter().any(|name| name == *word));
        let aliases: Vec<_> = aliases.copied().collect();
        with_aliases(sub.aliases(aliases))
    })
}

/// Adapts the definition for people who read help: the options of every command are shown once, by
/// `rw2fa --help`, and `advanced set` lists the settings.
pub(super) fn with_help(root: Command) -> Command {
    let mut root = with_aliases(root);
    root.build();
    root.mut_args(in_any_case).mut_subcommands(shortened_help).mut_subcommand(
        "advanced",
        |command| {
            command.mut_subcommand("set", |command| {
                let help = format!(
                    "{}\n\nExample: rw2fa advanced set discrepancy 1",
                    advanced::keys_help()
                );
                command.after_long_help(format!("{help}\n\n{MORE_OPTIONS}"))
            })
        },
    )
}

/// Hides the global options in a command and its subcommands.
fn shortened_help(command: Command) -> Command {
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    // Programs run `verify`: it accepts only what its protocol says.
    let is_strict = command.get_name() == "verify";
    command
        .mut_args(|arg| {
            let is_common = arg.is_global_set() || matches!(arg.get_action(), ArgAction::Version);
            let hide = arg.is_hide_set() || is_common;
            if is_strict { arg.hide(hide) } else { in_any_case(arg.hide(hide)) }
        })
        .after_help(format!("{after}\n\n{MORE_OPTIONS}"))
        .mut_subcommands(shortened_help)
}

/// Accepts the fixed words that an option takes in capitals too.
fn in_any_case(arg: Arg) -> Arg {
    let has_words = !arg.get_possible_values().is_empty() && arg.get_action().takes_values();
    if has_words { arg.ignore_case(true) } else { arg }
}

/// Returns the words of the command line that name a command or an argument, without options and
/// the values of global options.
pub(super) fn plain_words(args: &[OsString]) -> impl Iterator<Item = String> {
    // An argument that is not UTF-8 still counts: skipping it would shift the ones after it.
    let mut args = args.iter().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    std::iter::from_fn(move || {
        loop {
            let word = args.next()?;
            match &*word {
                "--store" | "--format" | "--color" | "--colour" => _ = args.next(),
                option if option.starts_with('-') => {}
                _ => return Some(word),
            }
        }
    })
}

/// Suggests what a mistyped command line means, where clap cannot know it.
pub(super) fn suggest_synonym(error: &mut clap::Error, root: &Command, args: &[OsString]) {
    match error.kind() {
        ClapErrorKind::InvalidSubcommand => suggest_subcommand(error, root, args),
        ClapErrorKind::MissingRequiredArgument => name_alternatives(error, parent(root, args)),
        ClapErrorKind::UnknownArgument => {
            suggest_option(error);
            explain_code(error, parent(root, args));
        }
        _ => {}
    }
}

/// Suggests the option that does what a mistyped one means.
fn suggest_option(error: &mut clap::Error) {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg) else { return };
    let typed = typed.split('=').next().unwrap_or_default().to_lowercase();
    let Some((_, meant)) = OPTION_SYNONYMS.iter().find(|(words, _)| words.contains(&&*typed))
    else {
        return;
    };
    error.remove(ContextKind::Suggested);
    error.insert(ContextKind::SuggestedArg, ContextValue::String((*meant).to_owned()));
}

/// Suggests the subcommand that does what a mistyped one means, in place of one that only looks
/// like it.
fn suggest_subcommand(error: &mut clap::Error, root: &Command, args: &[OsString]) {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    let parent = parent(root, args);
    let is_root = parent.get_name() == root.get_name();
    let suggestions = if let Some(synonym) = synonym(parent, typed) {
        vec![synonym.to_owned()]
    } else if is_root {
        commands_below(root, typed)
    } else if parent.get_name() == "audit" && !is_misspelt(parent, typed) {
        vec![format!("rw2fa audit --user {}", platform::quoted(Path::new(typed)))]
    } else {
        Vec::new()
    };
    if !suggestions.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(suggestions));
    }
}

/// Returns whether a word is a subcommand with a typing error. clap's own rule is too generous where the
/// word may be a name.
fn is_misspelt(parent: &Command, typed: &str) -> bool {
    parent.get_subcommands().any(|sub| strsim::damerau_levenshtein(sub.get_name(), typed) <= 2)
}

/// Finds commands of two words by their second one. One about users comes before all others.
fn commands_below(root: &Command, typed: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    let find = |meant: &dyn Fn(&Command) -> Option<String>| -> Vec<String> {
        let parents = root.get_subcommands().filter(|parent| parent.get_name() != "help");
        parents
            .filter_map(|parent| Some(format!("rw2fa {} {}", parent.get_name(), meant(parent)?)))
            .collect()
    };
    let mut found =
        find(&|parent| parent.find_subcommand(&typed).map(|command| command.get_name().to_owned()));
    if found.is_empty() {
        found = find(&|parent| synonym(parent, &typed).map(str::to_owned));
    }
    let users = found.iter().find(|command| command.starts_with("rw2fa users ")).cloned();
    users.map_or(found, |command| vec![command])
}

/// Names what can be given instead of missing names: a group, all users, or a list.
fn name_alternatives(error: &mut clap::Error, command: &Command) {
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else { return };
    let has = |option: &str| command.get_arguments().any(|arg| arg.get_long() == Some(option));
    let [name] = missing.as_slice() else { return };
    if !["<NAME>", "<NAME>..."].contains(&name.as_str()) {
        return;
    }
    let options = [("group", "--group <GROUP>"), ("all", "--all"), ("from", "--from <FILE>")];
    let given = options.iter().filter(|(option, _)| has(option)).map(|(_, text)| *text);
    let alternatives: Vec<_> = std::iter::once(name.as_str()).chain(given).collect();
    let alternatives = vec![alternatives.join("|")];
    error.insert(ContextKind::InvalidArg, ContextValue::Strings(alternatives));
}

/// Explains how to give a code to a command that was given one as an argument.
// SECURITY: other users of the system can see arguments. The message does not repeat the code.
fn explain_code(error: &mut clap::Error, command: &Command) {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg) else { return };
    let reads_code = command.get_arguments().any(|arg| arg.get_long() == Some("code-stdin"));
    if !reads_code || typed.starts_with('-') {
        return;
    }
    let tip = "codes are typed, never passed as arguments: --code-stdin";
    error.insert(ContextKind::InvalidArg, ContextValue::String("CODE".into()));
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
}

/// Returns the last command that `args` name.
fn parent<'a>(root: &'a Command, args: &[OsString]) -> &'a Command {
    let mut command = root;
    for word in plain_words(args) {
        match command.find_subcommand(&word) {
            Some(below) => command = below,
            None => break,
        }
    }
    command
}

fn synonym(parent: &Command, typed: &str) -> Option<&'static str> {
    let typed = typed.to_lowercase();
    SYNONYMS
        .iter()
        .filter(|(_, words, _)| words.contains(&&*typed))
        .flat_map(|(_, _, meant)| *meant)
        .copied()
        .find(|name| parent.find_subcommand(name).is_some())
}

/// Reduces clap's message of several lines to an error and a hint.
pub(super) fn usage_error(error: &clap::Error, root: &Command, args: &[OsString]) -> Error {
    let command = parent(root, args);
    let help = format!("see '{} --help'", command.get_bin_name().unwrap_or(root.get_name()));
    if matches!(
        error.kind(),
        ClapErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ClapErrorKind::MissingSubcommand
    ) {
        // clap's own message would list internal commands.
        return Error::new(ErrorKind::Usage, "a subcommand is missing").with_hint(help);
    }
    let text = printable(&error.render().to_string());
    let mut paragraphs = text.trim_start_matches("error: ").split("\n\n");
    let on_one_line = |text: &str| {
        text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
    };
    let message = on_one_line(paragraphs.next().unwrap_or_default());
    let tip = paragraphs.find_map(|text| text.trim().strip_prefix("tip: ")).map(on_one_line);
    Error::new(ErrorKind::Usage, message).with_hint(suggestion(error).or(tip).unwrap_or(help))
}

/// Asks whether the user meant one of the words that clap suggests.
fn suggestion(error: &clap::Error) -> Option<String> {
    [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue]
        .into_iter()
        .find_map(|kind| match error.get(kind) {
            Some(ContextValue::String(word)) => Some(format!("did you mean '{word}'?")),
            // A command with quotes of its own.
            Some(ContextValue::Strings(words)) if words.iter().any(|word| word.contains('\'')) => {
                Some(format!("did you mean this? {}", words.join(" or ")))
            }
            Some(ContextValue::Strings(words)) if !words.is_empty() => {
                Some(format!("did you mean '{}'?", words.join("' or '")))
            }
            _ => None,
        })
}

#[cfg(test)]
mod tests;
