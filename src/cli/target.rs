//! The users and groups that a command is about: given as arguments, or as a list with `--from`.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::cli::context::{Context, count};
use crate::cli::csv_file::{Line, List};
use crate::error::{Error, ErrorKind, Result};
use crate::names::name::Name;
use crate::store::{Document, DocumentKind, Reader};

/// One user or group that a command is to change.
pub(super) struct Target<'a> {
    pub(super) kind: DocumentKind,
    pub(super) name: &'a Name,
    /// The name as written on the command line or in the list.
    pub(super) written: &'a str,
}

impl Target<'_> {
    pub(super) fn document(&self) -> Document {
        Document::Of(self.kind, self.name.clone())
    }
}

/// All users and groups that a command is about.
#[derive(Debug, Default)]
pub(super) struct Targets {
    pub(super) users: Vec<String>,
    pub(super) groups: Vec<String>,
    /// How many lines of the list were skipped; `None` without a list.
    pub(super) skipped: Option<usize>,
}

/// Which lines of a list a command takes. It skips the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Users and groups.
    Everything,
    /// Users and groups that are listed themselves, not only covered by a group.
    Listed,
    Users,
}

impl Takes {
    pub(super) fn takes(self, line: &Line) -> bool {
        match self {
            Takes::Everything => true,
            Takes::Listed => line.is_listed,
            Takes::Users => line.kind == DocumentKind::User,
        }
    }

    /// Says how many lines were skipped, if any.
    pub(super) fn note_skipped(self, context: &mut Context<'_>, number: usize) {
        if number > 0 {
            context.note(&match self {
                Takes::Everything | Takes::Users => format!("skipped {}", count(number, "group")),
                Takes::Listed => {
                    let users = count(number, "user");
                    format!("skipped {users}, not listed but covered by a group")
                }
            });
        }
    }
}

impl Targets {
    /// Takes the names of the command line.
    pub(super) fn given(users: &[String], groups: &[String]) -> Self {
        Self { users: users.to_vec(), groups: groups.to_vec(), skipped: None }
    }

    /// Adds a name.
    pub(super) fn push(&mut self, (kind, written): (DocumentKind, &String)) {
        match kind {
            DocumentKind::Group => self.groups.push(written.clone()),
            _ => self.users.push(written.clone()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }

    /// Lists the names with their kinds, users first.
    pub(super) fn texts(&self) -> impl Iterator<Item = (DocumentKind, &String)> {
        let users = self.users.iter().map(|name| (DocumentKind::User, name));
        users.chain(self.groups.iter().map(|name| (DocumentKind::Group, name)))
    }

    /// Describes the names for a question: a few by name, many by number.
    pub(super) fn describe(&self) -> String {
        let users = (!self.users.is_empty()).then(|| match self.users.len() {
            many if many > FEW => count(many, "user"),
            _ => self.users.join(", "),
        });
        let groups = (!self.groups.is_empty()).then(|| match self.groups.len() {
            many if many > FEW => count(many, "group"),
            1 => format!("the group {}", self.groups.join(", ")),
            _ => format!("the groups {}", self.groups.join(", ")),
        });
        users.into_iter().chain(groups).collect::<Vec<_>>().join(" and ")
    }
}

/// The most names that a question or a message lists.
pub(super) const FEW: usize = 5;

/// Lists the first few names, and counts the others: `alice, bob and 3 more`.
pub(super) fn first_few(names: &[impl AsRef<str>]) -> String {
    let first = names.iter().take(FEW).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(FEW) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// The list of `--from`, of which each line is one name.
pub(super) struct ListOfTargets {
    pub(super) list: List,
    takes: Takes,
    skipped: usize,
}

impl ListOfTargets {
    /// Reads a list; `-` is standard input. Must happen before the store is opened.
    ///
    /// # Errors
    /// When it cannot be read as text.
    pub(super) fn read(context: &mut Context<'_>, path: &Path, takes: Takes) -> Result<Self> {
        let mut list = List::read(context, path)?;
        let skipped = list.keep(|_, line| takes.takes(line));
        list.find_duplicates();
        Ok(Self { list, takes, skipped })
    }

    /// Finds names without a document of one of these kinds.
    ///
    /// # Errors
    /// When the documents cannot be listed.
    pub(super) fn find_unknown(
        &mut self,
        store: &dyn Reader,
        user: &[DocumentKind],
        group: &[DocumentKind],
    ) -> Result<()> {
        // All names at once: a look-up for each line would read the same directories again.
        let mut known: HashMap<DocumentKind, HashSet<Name>> = HashMap::new();
        for (kind, documents) in [(DocumentKind::User, user), (DocumentKind::Group, group)] {
            for document in documents {
                known.entry(kind).or_default().extend(store.list(*document)?.names);
            }
        }
        for line in &self.list.lines {
            if known.get(&line.kind).is_none_or(|names| !names.contains(&line.name)) {
                let document = user.first().filter(|_| line.kind == DocumentKind::User);
                let what = document.unwrap_or(&line.kind);
                let problem = format!("no {what} is called '{}'", line.name);
                let problem = Error::new(ErrorKind::NotFound, problem)
                    .with_hint("check the spelling, or remove the line");
                self.list.problems.push((line.number, problem));
            }
        }
        Ok(())
    }

    /// Returns the names, if no line has a problem.
    ///
    /// # Errors
    /// When a line has one. Each is reported by its number.
    pub(super) fn finish(mut self, context: &mut Context<'_>) -> Result<(Targets, List)> {
        self.list.refuse_problems(context, "nothing was changed")?;
        self.takes.note_skipped(context, self.skipped);
        let mut targets = Targets { skipped: Some(self.skipped), ..Targets::default() };
        for line in &self.list.lines {
            let names = match line.kind {
                DocumentKind::Group => &mut targets.groups,
                _ => &mut targets.users,
            };
            names.push(line.written.clone());
        }
        Ok((targets, self.list))
    }
}
