//! The names that complete a command line: of users, groups, whitelist entries and settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgMatches, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::cli::context::store_path;
use crate::names::name::canonical_text;
use crate::process::Process;
use crate::settings::advanced::KEYS;
use crate::store::{self, DocumentKind};

/// The kind of names that an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Users,
    Groups,
    Whitelist,
    Settings,
}

/// The information in the finished words of a command line.
pub(super) struct Typed {
    /// The store named by `--store`, or the one that the command would use.
    store: Arc<PathBuf>,
    /// The matched values of the command.
    values: ArgMatches,
    is_escaped: bool,
    /// Whether the last word may begin with a dash and still be a name.
    allows_dash: bool,
}

impl Typed {
    /// Reads the words before the last. The first is the name of the program.
    pub(super) fn parse(
        process: &Process,
        definition: Command,
        before: &[String],
        last: &str,
    ) -> Self {
        let matches = definition.ignore_errors(true).try_get_matches_from(before);
        let mut values = matches.unwrap_or_default();
        let option = values.try_get_one::<PathBuf>("store").ok().flatten().cloned();
        while let Some((_, below)) = values.remove_subcommand() {
            values = below;
        }
        let is_escaped = before.iter().any(|word| word == "--");
        Self {
            // An empty name is the name of no store, so no names complete.
            store: Arc::new(store_path(process, option.as_ref()).unwrap_or_default()),
            values,
            is_escaped,
            allows_dash: is_escaped || last.starts_with("--") && last.contains('='),
        }
    }

    /// Returns whether a `--` precedes the last word, which is then not an option.
    pub(super) fn is_escaped(&self) -> bool {
        self.is_escaped
    }

    /// Adds names to the arguments that take them.
    pub(super) fn offer_names(&self, root: Command) -> Command {
        self.offer_names_below(root, &[])
    }

    fn offer_names_below(&self, command: Command, path: &[&str]) -> Command {
        let command = command
            // The engine stops at an unknown option before a value that may begin with a dash.
            .mut_args(|arg| self.offer_names_of(arg.allow_hyphen_values(false), path));
        command.mut_subcommands(|below| {
            let name = below.get_name().to_owned();
            self.offer_names_below(below, &[path, &[name.as_str()]].concat())
        })
    }

    fn offer_names_of(&self, arg: Arg, path: &[&str]) -> Arg {
        let id = arg.get_id().to_string();
        let Some(wanted) = wanted(path, &id) else { return arg };
        let given = self.values.try_get_many::<String>(&id).ok().flatten();
        let given: Vec<_> = given.into_iter().flatten().map(|name| canonical_text(name)).collect();
        let (store, allows_dash) = (Arc::clone(&self.store), self.allows_dash);
        arg.add(ArgValueCompleter::new(move |typed: &std::ffi::OsStr| {
            let prefix = canonical_text(&typed.to_string_lossy());
            let is_offered = |name: &String| {
                name.starts_with(&prefix)
                    && !given.contains(name)
                    && (allows_dash || !name.starts_with('-'))
            };
            let names = names(&store, wanted).into_iter().filter(is_offered);
            names.map(CompletionCandidate::new).collect()
        }))
    }
}

/// Returns the kind of names that an argument of a command takes.
fn wanted(path: &[&str], id: &str) -> Option<Wanted> {
    match (path, id) {
        (_, "group" | "groups") => Some(Wanted::Groups),
        (_, "user") => Some(Wanted::Users),
        (["advanced", _], "key") => Some(Wanted::Settings),
        (["whitelist", "remove"], "names") => Some(Wanted::Whitelist),
        // New users have no document yet.
        (["users", "add"], _) => None,
        (["users", _] | ["whitelist", "add"] | ["explain" | "verify"], "name" | "names") => {
            Some(Wanted::Users)
        }
        _ => None,
    }
}

/// Lists the names of this kind; none if the store cannot be used.
fn names(store: &Path, wanted: Wanted) -> Vec<String> {
    let kinds: &[DocumentKind] = match wanted {
        Wanted::Settings => return KEYS.iter().map(|key| key.name.to_owned()).collect(),
        Wanted::Users => &[DocumentKind::User, DocumentKind::State],
        Wanted::Groups => &[DocumentKind::Group],
        Wanted::Whitelist => &[DocumentKind::Whitelist],
    };
    let Ok(store) = store::open(store) else { return Vec::new() };
    let mut names = Vec::new();
    for kind in kinds {
        names.extend(store.list(*kind).unwrap_or_default().names);
    }
    names.sort();
    names.dedup();
    names.iter().map(ToString::to_string).collect()
}
