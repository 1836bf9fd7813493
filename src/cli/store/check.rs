//! `rw2fa store check`: reads and checks every document, and tries what a login needs.

use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::cli::context::{Context, count};
use crate::cli::output::{self, Column};
use crate::cli::progress::Progress;
use crate::cli::{Done, Format};
use crate::error::{Error, Result};
use crate::store::inspection::inspect;
use crate::store::{self, records};
use crate::verify::messages::custom;

/// Check every document, do what a login does, and report problems
///
/// Checks the settings, the key, both documents of every user, groups, whitelist entries, messages, and
/// that every secret opens. Takes each lock, opens the audit trail, writes and removes temporary files. Changes
/// nothing. To check the lines of the audit trail, use 'rw2fa audit verify'.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa store check && rw2fa store export backup.toml")]
pub(in crate::cli) struct StoreCheckArgs {}

/// One problem.
#[derive(Serialize)]
struct Row {
    message: String,
    remedy: Option<String>,
}

impl Row {
    fn from_problem(problem: &Error) -> Self {
        Self { message: problem.to_string(), remedy: problem.hint().map(str::to_owned) }
    }
}

const COLUMNS: &[Column<Row>] = &[
    Column { name: "message", cell: |row| row.message.clone(), is_useful: |_| true },
    Column {
        name: "remedy",
        cell: |row| row.remedy.clone().unwrap_or_default(),
        is_useful: |row| row.remedy.is_some(),
    },
];

pub(super) fn run(context: &mut Context<'_>, _: &StoreCheckArgs) -> Result<Done> {
    let mut store = context.open_store()?;
    if let Ok(settings) = records::unfinished_settings(&*store) {
        store::configure(&mut *store, &settings, None);
    }
    let found = inspect(&*store, &mut |_| {}, &mut Progress::deferred(context, "checking"));
    let messages = custom::check(&*store);
    let documents = found.documents + messages.catalogues;
    let problems = found.problems.iter().chain(&messages.problems);
    let mut rows: Vec<_> = problems.map(Row::from_problem).collect();
    for problem in
        store.health_problems(context.now()).into_iter().filter(|problem| problem.is_error)
    {
        let row = Row::from_problem(&problem.error);
        if rows.iter().all(|known| known.message != row.message) {
            rows.push(row);
        }
    }
    match context.globals.format {
        Format::Json => context.print_json(&json!({
            "schema": 1,
            "documents": documents,
            "problems": rows,
        }))?,
        Format::Csv => output::list(context, "problems", &rows, COLUMNS)?,
        Format::Text => {
            let checked = count(documents, "document");
            let found = count(rows.len(), "problem");
            context.print(&format!("{checked} checked, {found}\n"))?;
            for problem in &rows {
                context.complain_in_words(&problem.message, problem.remedy.as_deref());
            }
        }
    }
    Ok(if rows.is_empty() { Done::All } else { Done::Partly })
}
