//! `rw2fa store check`: reads and checks every document, and tries what a login needs.

use std::collections::BTreeSet;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use crate::cli::alike::{self, Alike};
use crate::cli::context::{Context, count};
use crate::cli::output::{self, Column};
use crate::cli::progress::Progress;
use crate::cli::{Done, Format};
use crate::error::Result;
use crate::store::inspection::inspect;
use crate::store::upkeep::Extent;
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
    /// The files that it concerns.
    paths: Vec<String>,
}

impl From<&Alike> for Row {
    fn from(group: &Alike) -> Self {
        let (remedy, paths) = (group.hint().map(str::to_owned), group.paths.clone());
        Self { message: group.message(), remedy, paths }
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
    let health = store.health_problems(context.now(), Extent::Whole).into_iter();
    let health: Vec<_> = health.filter(|problem| problem.is_error).collect();
    // A file that cannot be used can fail as a document and as a part of a login: report it once.
    let known: BTreeSet<_> = found.problems().map(|(_, problem)| problem.to_string()).collect();
    let health = health.iter().map(|problem| (None, &problem.error));
    let health = health.filter(|(_, problem)| !known.contains(&problem.to_string()));
    let catalogues = messages.problems.iter().map(|problem| (None, problem));
    let problems = found.problems().chain(catalogues).chain(health);
    let rows: Vec<_> = alike::group(&store.location(), problems).iter().map(Row::from).collect();
    match context.globals.format {
        Format::Json => context.print_json(&json!({
            "schema": 1,
            "documents": documents,
            "problems": rows,
        }))?,
        Format::Csv => output::list(context, "problems", &rows, COLUMNS)?,
        Format::Text | Format::Prometheus | Format::Nagios => {
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
