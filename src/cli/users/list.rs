//! `rw2fa users list`.

use clap::{Args, ValueEnum};

use super::{Row, Rows};
use crate::cli::Done;
use crate::cli::context::Context;
use crate::cli::output::{self, Column};
use crate::error::Result;
use crate::names::listing::Method;

/// List users and groups
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa users list --state pending --format csv")]
pub(in crate::cli) struct ListArgs {
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

pub(super) fn run(context: &mut Context<'_>, args: &ListArgs) -> Result<Done> {
    let opened = context.open()?;
    let Rows { mut rows, strays } = super::rows(&*opened.store, context.now())?;
    let mut done = Done::All;
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
    let nothing = if rows.is_empty() {
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
