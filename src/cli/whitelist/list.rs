//! `rw2fa whitelist list`.

use serde::Serialize;

use crate::cli::Done;
use crate::cli::context::Context;
use crate::cli::output::{self, Column};
use crate::error::Result;
use crate::store::{DocumentKind, records};

#[derive(Serialize)]
struct Row {
    name: String,
    reason: Option<String>,
    until: Option<String>,
    state: &'static str,
    added: Option<String>,
}

const COLUMNS: &[Column<Row>] = &[
    Column { name: "name", cell: |row| row.name.clone(), is_useful: |_| true },
    Column {
        name: "reason",
        cell: |row| row.reason.clone().unwrap_or_default(),
        is_useful: |row| row.reason.is_some(),
    },
    Column {
        name: "until",
        cell: |row| row.until.clone().unwrap_or_default(),
        is_useful: |row| row.until.is_some(),
    },
    Column { name: "state", cell: |row| row.state.into(), is_useful: |_| true },
    Column {
        name: "added",
        cell: |row| row.added.clone().unwrap_or_default(),
        is_useful: |_| true,
    },
];

pub(super) fn list(context: &mut Context<'_>) -> Result<Done> {
    let opened = context.open()?;
    let now = context.now();
    let found = opened.store.list(DocumentKind::Whitelist)?;
    let mut problems = found.problems;
    let mut rows = Vec::with_capacity(found.names.len());
    for name in found.names {
        match records::whitelist_entry(&*opened.store, &name) {
            Ok(Some(entry)) => rows.push(Row {
                name: name.canonical(),
                state: if entry.is_valid(now) { "valid" } else { "expired" },
                reason: entry.reason,
                until: entry.until.map(|until| until.to_string()),
                added: Some(entry.added.to_string()),
            }),
            Ok(None) => {}
            Err(error) => {
                problems.push(error);
                let name = name.canonical();
                rows.push(Row { name, reason: None, until: None, state: "broken", added: None });
            }
        }
    }
    for problem in &problems {
        context.complain(problem);
    }
    let nothing = "the whitelist is empty: no user who needs a code can connect by RDP";
    output::list_or(context, "entries", &rows, COLUMNS, nothing)?;
    Ok(if problems.is_empty() { Done::All } else { Done::Partly })
}
