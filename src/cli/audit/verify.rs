//! `rw2fa audit verify`: checks that the trail was not modified and that it records every attempt.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use serde::Serialize;
use serde_json::{Value, json};

use super::read;
use crate::audit::{AttemptLog, BEGINS_LATER, Broken, Chain, Gap, MissingAttempts, UNKEYED};
use crate::cli::context::{Context, Opened, count};
use crate::cli::{Done, Format};
use crate::error::{Error, ErrorKind, Result};
use crate::platform;
use crate::store::records;
use crate::store::seal::AuditKey;

/// Check the chain of the audit trail, and print its head
///
/// Finds lines that were edited, removed, inserted or moved, and shows the file and the line. The
/// trail begins with the line of 'rw2fa init', or after the months that 'rw2fa audit archive' moved
/// away. Also finds login attempts that were counted against a user but never recorded. To notice
/// later that the newest lines were cut off, keep the head in another place, and pass it with --head.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa audit verify --head 5d41402abc4b2a76b9719d911017c592")]
pub(super) struct AuditVerifyArgs {
    /// A head printed earlier, which must be in the trail
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
    /// Include the archived months in this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    archive: Option<PathBuf>,
    /// Accept lines written without a key, for example while it was lost
    #[arg(long)]
    allow_unkeyed: bool,
    /// Accept attempts that were counted but never recorded, after a power failure, for example
    #[arg(long)]
    allow_missing_attempts: bool,
}

/// The error that stops reading.
const FOUND: &str = "the trail is broken";

/// How many problems of one kind are listed individually.
const LISTED: usize = 20;

/// What was found in the trail.
struct Findings {
    /// The first line that does not fit the chain.
    broken: Option<Broken>,
    gaps: Vec<Gap>,
    lines: usize,
    unkeyed: usize,
    head: Option<String>,
    is_head_found: bool,
    attempts: AttemptLog,
}

/// The report as JSON.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    whole: bool,
    lines: usize,
    head: Option<&'a str>,
    head_found: Option<bool>,
    broken: Option<Value>,
    gaps: Vec<Value>,
    unkeyed: usize,
    missing_attempts: &'a [MissingAttempts],
}

pub(super) fn run(context: &mut Context<'_>, args: &AuditVerifyArgs) -> Result<Done> {
    context.no_csv("audit verify")?;
    let wanted = args.head.as_deref().map(wanted_head).transpose()?;
    let opened = context.open()?;
    let keys = opened.keys()?.audit_keys();
    let mut found = examine(&opened, args, &keys, wanted.as_deref())?;
    // If reading stopped early, the end of the trail is unknown.
    let is_read = found.broken.is_none();
    let counters = if is_read { records::counters(&*opened.store)? } else { BTreeMap::new() };
    let mut missing = found.attempts.finish(&counters);
    if found.attempts.is_unsettled(&missing) {
        opened.store.drain()?;
        found = examine(&opened, args, &keys, wanted.as_deref())?;
        missing = found.attempts.finish(&counters);
    }
    let is_keyed = found.unkeyed == 0 || args.allow_unkeyed;
    // `init` writes the first line, so a trail without lines was erased.
    let is_whole = found.broken.is_none()
        && found.is_head_found
        && found.lines > 0
        && is_keyed
        && (missing.is_empty() || args.allow_missing_attempts);
    if context.globals.format == Format::Json {
        context.print_json(&found.report(is_whole, wanted.is_some(), &missing))?;
    } else {
        found.print(context)?;
    }
    complain(context, &found, is_keyed, &missing);
    Ok(if is_whole { Done::All } else { Done::Partly })
}

fn wanted_head(text: &str) -> Result<String> {
    let text = text.trim();
    if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::new(ErrorKind::Usage, "the head is not 32 hexadecimal digits")
            .with_hint("copy the head that 'rw2fa audit verify' printed"));
    }
    Ok(text.to_ascii_lowercase())
}

/// Reads the trail up to the first line that does not fit.
fn examine(
    opened: &Opened,
    args: &AuditVerifyArgs,
    keys: &[AuditKey],
    wanted: Option<&str>,
) -> Result<Findings> {
    let mut chain = Chain::new(keys);
    let mut attempts = AttemptLog::new();
    let mut broken = None;
    let mut is_head_found = wanted.is_none();
    let result = read(opened, args.archive.as_deref(), &mut |place, bytes| {
        let fed = chain.feed(place, bytes).and_then(|line| {
            let counted = line.map_or(Ok(()), |line| attempts.feed(&line));
            counted.map_err(|what| Broken { file: place.file.to_owned(), line: place.line, what })
        });
        is_head_found = is_head_found || chain.head() == wanted;
        fed.map_err(|problem| {
            broken = Some(problem);
            Error::new(ErrorKind::Refused, FOUND)
        })
    });
    if broken.is_none() {
        result?;
        broken = chain.finish().err();
    }
    Ok(Findings {
        broken,
        gaps: chain.gaps().to_vec(),
        lines: chain.count(),
        unkeyed: chain.unkeyed(),
        head: chain.head().map(str::to_owned),
        is_head_found,
        attempts,
    })
}

impl Findings {
    fn report<'a>(
        &'a self,
        whole: bool,
        is_head_wanted: bool,
        missing_attempts: &'a [MissingAttempts],
    ) -> Report<'a> {
        let place = |file: &str, line, what| json!({ "file": file, "line": line, "what": what });
        let broken = self.broken.as_ref();
        Report {
            schema: 1,
            whole,
            lines: self.lines,
            head: self.head.as_deref().filter(|_| broken.is_none()),
            head_found: is_head_wanted.then_some(self.is_head_found),
            broken: broken.map(|broken| place(&broken.file, broken.line, broken.what)),
            gaps: self.gaps.iter().map(|gap| place(&gap.file, gap.line, gap.what)).collect(),
            unkeyed: self.unkeyed,
            missing_attempts,
        }
    }

    fn print(&self, context: &mut Context<'_>) -> Result<()> {
        for Gap { file, line, what } in &self.gaps {
            context.print_words(&format!("{file}, line {line} {what}\n"))?;
        }
        if self.broken.is_none() {
            context.print(&format!("{} checked\n", count(self.lines, "line")))?;
            context.print(&format!("head {}\n", self.head.as_deref().unwrap_or("none")))?;
        }
        Ok(())
    }
}

/// Reports each problem and what to do about it.
fn complain(
    context: &mut Context<'_>,
    found: &Findings,
    is_keyed: bool,
    missing: &[MissingAttempts],
) {
    if let Some(Broken { file, line, what }) = &found.broken {
        let hint = if *what == BEGINS_LATER {
            "if months were moved away by hand, put their files back, then use 'rw2fa audit archive'; \
             if not, someone removed lines"
        } else {
            "someone changed the trail by hand, or the power failed during a write: compare it with a backup of the \
             file"
        };
        context.complain_in_words(&format!("{file}, line {line} {what}"), Some(hint));
    } else if found.lines == 0 {
        context.complain_in_words(
            "the trail is empty, although 'init' writes its first line: it was erased or moved \
             away",
            Some("put the files back from a backup"),
        );
    } else if !found.is_head_found {
        context.complain_in_words(
            "the given head is not in the trail: lines were cut off, or it belongs to another store",
            Some("if its month was archived, add --archive with the directory of the archive"),
        );
    }
    if !is_keyed {
        let first = found.gaps.iter().find(|gap| gap.what == UNKEYED);
        let place = first.map(|gap| format!(", first in {}, line {}", gap.file, gap.line));
        let lines = count(found.unkeyed, "line");
        context.complain_in_words(
            &format!("{lines} written without a key{}", place.unwrap_or_default()),
            Some("anyone can write such lines; if the key was lost at that time, add --allow-unkeyed"),
        );
    }
    let listed = missing.len().min(LISTED);
    for (at, attempts) in missing.iter().take(LISTED).enumerate() {
        let hint = format!(
            "a program was killed or the disk was full before the line was written; if it happens \
             often, someone may be guessing codes: rw2fa audit --user {}; to accept the missing \
             attempts, add --allow-missing-attempts",
            platform::quoted(&attempts.user)
        );
        context.complain_in_words(&attempts.to_string(), (at + 1 == listed).then_some(&hint));
    }
    if let Some(more @ 1..) = missing.len().checked_sub(LISTED) {
        let hint = "'rw2fa audit verify --format json' lists all of them";
        context.complain_in_words(&format!("{more} more like this"), Some(hint));
    }
}
