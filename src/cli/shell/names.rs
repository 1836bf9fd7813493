//! `rw2fa complete-names`: completes names for the shell scripts. Hidden: its output is for them
//! only.
//!
//! Never reports why there are no names: no store, no permission, a damaged document.

use clap::{Arg, ArgAction, Args, Command, Subcommand};

use super::line::{self, Line};
use crate::account::name::canonical_text;
use crate::cli::Done;
use crate::cli::context::Context;
use crate::settings::advanced::KEYS;
use crate::store::DocumentKind;

/// Print the names that could be meant at the end of a command line
#[derive(Args, Debug)]
pub(in crate::cli) struct CompleteNamesArgs {
    #[command(subcommand)]
    form: Form,
}

#[derive(Subcommand, Debug)]
enum Form {
    /// A line as bash has it, and the characters at which bash breaks words
    Bash { line: String, breaks: String },
    /// The words after the name of the program, each behind a '=', the last one unfinished
    Words { words: Vec<String> },
}

/// The kind of names that can complete the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Users,
    Groups,
    Whitelist,
    Settings,
}

/// Prints names, one per line; exit code 1 where no name is expected.
pub(in crate::cli) fn run(
    context: &mut Context<'_>,
    args: &CompleteNamesArgs,
    command: &Command,
) -> crate::error::Result<Done> {
    context.globals.quiet = true;
    let line = match &args.form {
        Form::Bash { line, breaks } => line::parse_bash(line, breaks),
        Form::Words { words } => {
            let word = |word: &String| word.strip_prefix('=').unwrap_or(word).to_owned();
            Some(Line::from_words(words.iter().map(word).collect()))
        }
    };
    let Some(line) = line else { return Ok(Done::Partly) };
    let Some(place) = place(&line.words, command) else { return Ok(Done::Partly) };
    if let Some(store) = place.store {
        context.globals.store = Some(store.into());
    }
    // For `--group=NAME`, splits off the option.
    let (option, typed) = match line.last().split_once('=') {
        Some((option, typed)) if place.is_joined => (format!("{option}="), typed),
        _ => (String::new(), line.last()),
    };
    let prefix = canonical_text(typed);
    for name in names(context, place.wanted) {
        if name.starts_with(&prefix)
            && !place.given.contains(&name)
            // A name that begins with `-` would be read as an option.
            && (!name.starts_with('-') || place.is_joined || place.only_names)
            && let Some(text) = line.quoted(&format!("{option}{name}"))
        {
            context.print(&format!("{text}\n"))?;
        }
    }
    Ok(Done::All)
}

/// Lists the wanted names; none if the store cannot be used.
fn names(context: &mut Context<'_>, wanted: Wanted) -> Vec<String> {
    let kinds: &[DocumentKind] = match wanted {
        Wanted::Settings => return KEYS.iter().map(|key| key.name.to_owned()).collect(),
        Wanted::Users => &[DocumentKind::User, DocumentKind::State],
        Wanted::Groups => &[DocumentKind::Group],
        Wanted::Whitelist => &[DocumentKind::Whitelist],
    };
    let Ok(store) = context.open_store() else { return Vec::new() };
    let mut names = Vec::new();
    for kind in kinds {
        names.extend(store.list(*kind).unwrap_or_default().names);
    }
    names.sort();
    names.dedup();
    names.iter().map(ToString::to_string).collect()
}

/// A place where a name is expected.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    wanted: Wanted,
    /// Names that are already on the line.
    given: Vec<String>,
    /// Whether the name is joined to its option: `--group=NAME`.
    is_joined: bool,
    /// Whether a '--' precedes it.
    only_names: bool,
    /// The value of `--store`.
    store: Option<String>,
}

/// Finds which names can complete these words, of which the last is unfinished.
fn place(words: &[String], root: &Command) -> Option<Place> {
    let (last, words) = words.split_last()?;
    let (mut command, mut path) = (root, Vec::new());
    let (mut given, mut store) = (Vec::new(), None);
    let mut open_option: Option<&Arg> = None;
    let mut only_names = false;
    for word in words {
        if let Some(option) = open_option.take() {
            if option.get_id() == "store" {
                store = Some(word.clone());
            }
        } else if word == "--" {
            only_names = true;
        } else if word.starts_with('-') && !only_names {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word.as_str(), None),
            };
            let option = option(command, root, name);
            match value {
                Some(value) if option.is_some_and(|option| option.get_id() == "store") => {
                    store = Some(value.to_owned());
                }
                Some(_) => {}
                None => open_option = option.filter(|option| takes_value(option)),
            }
        } else if let Some(below) = command.find_subcommand(word) {
            command = below;
            path.push(below.get_name());
        } else {
            given.push(canonical_text(word));
        }
    }
    let joined = last.split_once('=').filter(|_| last.starts_with("--") && !only_names);
    let is_joined = joined.is_some() && open_option.is_none();
    if let (Some((name, _)), true) = (joined, is_joined) {
        open_option = option(command, root, name);
    }
    let wanted = match open_option {
        Some(option) => of_option(option.get_id().as_str())?,
        None if last.starts_with('-') && !only_names => return None,
        None => expected_after(&path, given.len())?,
    };
    Some(Place { wanted, given, is_joined, only_names, store })
}

fn option<'c>(command: &'c Command, root: &'c Command, word: &str) -> Option<&'c Arg> {
    let name = word.strip_prefix("--")?;
    let mut options = command.get_arguments().chain(root.get_arguments());
    options.find(|option| option.get_long() == Some(name))
}

fn takes_value(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::Set | ArgAction::Append)
}

fn of_option(id: &str) -> Option<Wanted> {
    match id {
        "group" | "groups" => Some(Wanted::Groups),
        "user" => Some(Wanted::Users),
        _ => None,
    }
}

/// Returns what a command expects after this number of values.
fn expected_after(path: &[&str], values: usize) -> Option<Wanted> {
    let is_first = values == 0;
    match path {
        ["users", "show" | "edit" | "reset" | "remove" | "unlock" | "revoke"]
        | ["whitelist", "add"] => Some(Wanted::Users),
        ["users", "enrol" | "test" | "recovery-codes"] | ["explain" | "verify"] if is_first => {
            Some(Wanted::Users)
        }
        ["whitelist", "remove"] => Some(Wanted::Whitelist),
        ["advanced", "get" | "set" | "unset"] if is_first => Some(Wanted::Settings),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::public_definition;

    fn wanted(text: &str) -> Option<Wanted> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        place(&words, &public_definition()).map(|place| place.wanted)
    }

    /// Guards which names are expected where, wherever options are placed.
    #[test]
    fn names_complete_only_where_they_are_expected() {
        for (line, expected) in [
            ("users show ", Some(Wanted::Users)),
            ("--store /x users show al", Some(Wanted::Users)),
            ("--store=/x --format json users -y reset alice ", Some(Wanted::Users)),
            ("users show --group ", Some(Wanted::Groups)),
            ("users show --group=st", Some(Wanted::Groups)),
            ("users show --phone=st", None),
            ("users show --group staff ", Some(Wanted::Users)),
            ("users show -- -x", Some(Wanted::Users)),
            ("users enrol alice ", None),
            ("users add ", None),
            ("users add --group ", Some(Wanted::Groups)),
            ("audit --user ", Some(Wanted::Users)),
            ("verify --group ", Some(Wanted::Groups)),
            ("explain ", Some(Wanted::Users)),
            ("whitelist remove a ", Some(Wanted::Whitelist)),
            ("advanced get ", Some(Wanted::Settings)),
            ("advanced set digits ", None),
            ("users show --", None),
            ("users edit --phone ", None),
            ("users ", None),
            ("", None),
        ] {
            assert_eq!(wanted(line), expected, "{line}");
        }
    }

    /// Guards that the commands above exist: a renamed one would silently lose its names.
    #[test]
    fn every_command_with_names_exists() {
        let root = public_definition();
        for path in [
            "users show",
            "users edit",
            "users reset",
            "users remove",
            "users unlock",
            "users revoke",
            "users enrol",
            "users test",
            "explain",
            "verify",
            "whitelist add",
            "whitelist remove",
            "advanced get",
            "advanced set",
            "advanced unset",
        ] {
            let found =
                path.split(' ').try_fold(&root, |command, word| command.find_subcommand(word));
            assert!(found.is_some(), "{path}");
        }
    }
}
