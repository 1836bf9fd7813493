//! What the command line says about itself: help, mistyped subcommands and usage errors.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind as ClapErrorKind};
use clap::{ArgAction, Command};

use crate::cli::advanced;
use crate::error::{Error, ErrorKind};
use crate::printable::printable;

/// The last line of a command's help.
const MORE_OPTIONS: &str = "See 'rw2fa --help' for --store, --format, --yes, --quiet and --color.";

/// Words that people type, and the subcommands that do the same, in order of preference.
const SYNONYMS: &[(&[&str], &[&str])] = &[
    (&["delete", "del", "rm", "erase", "drop"], &["remove", "unset"]),
    (&["new", "create", "insert"], &["add", "init"]),
    (&["setup", "install"], &["init"]),
    (&["ls", "all"], &["list"]),
    (&["info", "get", "view", "cat"], &["show", "list"]),
    (&["change", "modify", "update", "set"], &["edit", "configure"]),
    (&["reset", "default"], &["unset"]),
    (&["on", "start", "activate"], &["enable"]),
    (&["off", "stop", "deactivate"], &["disable"]),
    (&["backup", "save", "dump"], &["export"]),
    (&["restore", "load"], &["import"]),
    (&["logout", "sign-out"], &["revoke"]),
    (&["settings", "config"], &["advanced"]),
    (&["log", "logs", "history"], &["audit"]),
];

/// Adapts the definition for people who read help: the global options are shown once, by
/// `rw2fa --help`, and `advanced set` lists the settings.
pub(super) fn with_help(mut root: Command) -> Command {
    root.build();
    root.mut_subcommands(shortened_help).mut_subcommand("advanced", |command| {
        command.mut_subcommand("set", |command| {
            let help =
                format!("{}\n\nExample: rw2fa advanced set discrepancy 1", advanced::keys_help());
            command.after_long_help(format!("{help}\n\n{MORE_OPTIONS}"))
        })
    })
}

/// Hides the global options in a command and its subcommands.
fn shortened_help(command: Command) -> Command {
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    command
        .mut_args(|arg| {
            let is_common = arg.is_global_set() || matches!(arg.get_action(), ArgAction::Version);
            let hide = arg.is_hide_set() || is_common;
            arg.hide(hide)
        })
        .after_help(format!("{after}\n\n{MORE_OPTIONS}"))
        .mut_subcommands(shortened_help)
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
                "--store" | "--format" | "--color" => _ = args.next(),
                option if option.starts_with('-') => {}
                _ => return Some(word),
            }
        }
    })
}

/// Suggests the subcommand that does what a mistyped one means, in place of one that only looks
/// like it.
pub(super) fn suggest_synonym(error: &mut clap::Error, root: &Command, args: &[OsString]) {
    if error.kind() != ClapErrorKind::InvalidSubcommand {
        return;
    }
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    if let Some(synonym) = synonym(parent(root, args), typed) {
        let suggestion = ContextValue::Strings(vec![synonym.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, suggestion);
    }
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
        .filter(|(words, _)| words.contains(&&*typed))
        .flat_map(|(_, meant)| *meant)
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
            Some(ContextValue::Strings(words)) if !words.is_empty() => {
                Some(format!("did you mean '{}'?", words.join("' or '")))
            }
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Any, Cli};
    use crate::settings::advanced::KEYS;
    use clap::CommandFactory;

    fn definition() -> Command {
        with_help(Cli::<Any>::command())
    }

    fn help(args: &[&str]) -> String {
        let error = definition().try_get_matches_from(args).unwrap_err();
        assert_eq!(error.kind(), ClapErrorKind::DisplayHelp, "{args:?}: {error}");
        error.to_string()
    }

    #[test]
    fn the_options_of_every_command_are_described_once() {
        for args in [&["rw2fa", "--help"][..], &["rw2fa", "help"]] {
            assert!(help(args).contains("--quiet\n"), "{args:?}");
        }
        for args in [
            &["rw2fa", "users", "--help"][..],
            &["rw2fa", "users", "list", "--help"],
            &["rw2fa", "help", "users", "list"],
        ] {
            let text = help(args);
            assert!(!text.contains("--quiet\n") && text.contains(MORE_OPTIONS), "{text}");
        }
    }

    #[test]
    fn the_help_of_set_lists_every_setting() {
        let text = help(&["rw2fa", "advanced", "set", "--help"]);
        for key in KEYS {
            assert!(text.contains(&format!("\n  {}\n", key.name)), "{}: {text}", key.name);
        }
        assert!(text.contains("1 to 86400 seconds; default: 60"), "{text}");
    }

    #[test]
    fn synonyms_are_suggested() {
        for (args, suggestion) in [
            (&["rw2fa", "users", "delete", "alice"][..], "'remove'"),
            (&["rw2fa", "--store", "users", "whitelist", "-q", "new"], "'add'"),
            (&["rw2fa", "advanced", "reset", "digits"], "'unset'"),
            (&["rw2fa", "create"], "'init'"),
            (&["rw2fa", "users", "sho"], "'show'"),
        ] {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            let mut definition = definition();
            let mut error = definition.try_get_matches_from_mut(&args).unwrap_err();
            suggest_synonym(&mut error, &definition, &args);
            let error = usage_error(&error, &definition, &args);
            let hint = format!("did you mean {suggestion}?");
            assert_eq!(error.hint(), Some(&*hint), "{args:?}: {error}");
        }
    }
}
