//! `rw2fa users list`.

use std::collections::{HashMap, HashSet};

use clap::{Args, ValueEnum};

use super::{Row, Rows};
use crate::cli::context::Context;
use crate::cli::output::{self, Column};
use crate::cli::unlisted::not_listed;
use crate::cli::{Done, parse_name};
use crate::error::{Error, Result};
use crate::names::listing::Method;
use crate::names::name::Name;
use crate::names::pattern::Pattern;
use crate::store::{DocumentKind, Reader};

/// List users and groups
///
/// A NAME with '*' (any characters) or '?' (one character) is a pattern. It is compared with whole
/// names, in any case.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  rw2fa users list --state pending --format csv\n  \
                  rw2fa users list 'CORP\\*' alice")]
pub(in crate::cli) struct ListArgs {
    /// Show only these users and groups; all without any
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Show only users, or only groups
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<EntryType>,
    /// Show only users in this state
    #[arg(long, value_enum)]
    state: Option<UserState>,
    /// Show only entries with this method
    #[arg(long, value_enum)]
    method: Option<Method>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EntryType {
    User,
    Group,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum UserState {
    None,
    Pending,
    Active,
    Locked,
}

impl UserState {
    fn as_str(self) -> &'static str {
        match self {
            UserState::None => "none",
            UserState::Pending => "pending",
            UserState::Active => "active",
            UserState::Locked => "locked",
        }
    }
}

fn or_empty(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

const COLUMNS: &[Column<Row>] = &[
    Column { name: "name", cell: |row| row.name.clone(), is_useful: |_| true },
    Column { name: "type", cell: |row| row.kind.into(), is_useful: |_| true },
    Column {
        name: "method",
        cell: |row| or_empty(row.method.map(Method::as_str)),
        is_useful: |_| true,
    },
    Column {
        name: "phone",
        cell: |row| or_empty(row.phone.as_deref()),
        is_useful: |row| row.phone.is_some(),
    },
    Column { name: "state", cell: |row| or_empty(row.state), is_useful: |_| true },
    Column {
        name: "enrolment",
        cell: |row| or_empty(row.enrolment),
        is_useful: |row| row.enrolment.is_some() && row.enrolment != row.state,
    },
    Column { name: "listed", cell: |row| row.listed.to_string(), is_useful: |row| !row.listed },
    Column {
        name: "locked_until",
        cell: |row| or_empty(row.locked_until.as_deref()),
        is_useful: |row| row.locked_until.is_some(),
    },
    Column {
        name: "last_login",
        cell: |row| or_empty(row.last_login.as_deref()),
        is_useful: |row| row.last_login.is_some(),
    },
    Column {
        name: "notes",
        cell: |row| or_empty(row.notes.as_deref()),
        // 'users show' shows them to people: they may have many lines.
        is_useful: |_| false,
    },
];

/// The names and patterns of the command line.
#[derive(Default)]
struct Wanted {
    is_everything: bool,
    names: HashMap<String, Name>,
    patterns: Vec<Pattern>,
    /// Arguments that are neither.
    problems: Vec<Error>,
}

impl Wanted {
    fn parse(texts: &[String]) -> Self {
        let mut wanted = Self { is_everything: texts.is_empty(), ..Self::default() };
        for text in texts {
            if let Some(pattern) = Pattern::parse(text) {
                wanted.patterns.push(pattern);
                continue;
            }
            match parse_name(text) {
                Ok(name) => _ = wanted.names.insert(name.canonical(), name),
                Err(problem) => wanted.problems.push(problem),
            }
        }
        wanted
    }

    fn wants(&self, name: &str) -> bool {
        self.is_everything
            || self.names.contains_key(name)
            || self.patterns.iter().any(|pattern| pattern.matches(name))
    }

    /// Returns a problem for each name that no row has. A pattern may match nothing.
    fn missing(self, store: &dyn Reader, rows: &[Row]) -> Vec<Error> {
        let found: HashSet<_> = rows.iter().map(|row| &row.name).collect();
        let mut missing: Vec<_> =
            self.names.iter().filter(|(text, _)| !found.contains(text)).collect();
        missing.sort();
        let missing = missing.iter().map(|(_, name)| not_listed(store, DocumentKind::User, name));
        self.problems.into_iter().chain(missing).collect()
    }
}

pub(super) fn run(context: &mut Context<'_>, args: &ListArgs) -> Result<Done> {
    let opened = context.open()?;
    let Rows { mut rows, strays } = super::rows(&*opened.store, context.now())?;
    let mut done = Done::All;
    let is_store_empty = rows.is_empty();
    let wanted = Wanted::parse(&args.names);
    rows.retain(|row| wanted.wants(&row.name));
    for missing in wanted.missing(&*opened.store, &rows) {
        context.complain(&missing);
        done = Done::Partly;
    }
    for stray in &strays {
        context.complain(stray);
        done = Done::Partly;
    }
    for row in &rows {
        if let Some(problem) = &row.problem {
            context.complain(problem);
            done = Done::Partly;
        }
    }
    let nothing = if is_store_empty {
        "no users or groups are listed; add one with: rw2fa users add NAME"
    } else {
        "no entry matches; 'rw2fa users list' shows all of them"
    };
    rows.retain(|row| {
        let kind = match args.kind {
            None => true,
            Some(EntryType::User) => row.is_user(),
            Some(EntryType::Group) => !row.is_user(),
        };
        kind && args.state.is_none_or(|state| row.state == Some(state.as_str()))
            && args.method.is_none_or(|method| row.method == Some(method))
    });
    output::list_or(context, "entries", &rows, COLUMNS, nothing)?;
    Ok(done)
}
