//! `rw2fa audit verify`: whether anybody touched the trail.

use clap::Args;
use serde_json::json;

use crate::audit::Chain;
use crate::cli::context::{Context, count};
use crate::cli::{Done, Format};
use crate::error::{Error, Kind, Result};
use crate::store::Store;

/// Check the chain of the audit trail, and print its head
///
/// Finds a line that was edited, removed, inserted or moved, and names its file and line. Old months
/// may have been moved away. To notice later that the newest lines were cut off, keep the head in
/// another place, and give it with --head.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa audit verify --head 5d41402abc4b2a76b9719d911017c592")]
pub(super) struct AuditVerifyArgs {
    /// A head that was printed earlier; it must be in the trail
    #[arg(long, value_name = "HASH")]
    head: Option<String>,
}

/// Why reading stopped.
const FOUND: &str = "the trail is broken";

pub(super) fn run(context: &mut Context<'_>, args: &AuditVerifyArgs) -> Result<Done> {
    context.no_csv("audit verify")?;
    if let Some(head) = &args.head
        && !(head.trim().len() == 32 && head.trim().bytes().all(|byte| byte.is_ascii_hexdigit()))
    {
        return Err(Error::new(Kind::Usage, "the head is not 32 hexadecimal digits")
            .hint("give it as 'rw2fa audit verify' printed it"));
    }
    let opened = context.open()?;
    let keys = opened.keys()?.audit_keys();
    let mut chain = Chain::new(&keys);
    let wanted = args.head.as_deref().map(|head| head.trim().to_ascii_lowercase());
    let mut is_head_found = wanted.is_none();
    let mut broken = None;
    // Where each gap is: a line number of the whole trail tells nobody a file.
    let mut gaps: Vec<(String, usize, &str)> = Vec::new();
    let mut lost: Option<(String, usize)> = None;
    let read = opened.store.audit_lines(&mut |place, line| {
        if let Err(problem) = chain.feed(line) {
            broken = Some((place.file.to_owned(), place.line, problem.what));
            return Err(Error::new(Kind::Refused, FOUND));
        }
        if let Some(gap) = chain.gaps().get(gaps.len()) {
            gaps.push((place.file.to_owned(), place.line, gap.what));
        }
        match chain.finish() {
            Ok(()) => lost = None,
            Err(_) if lost.is_none() => lost = Some((place.file.to_owned(), place.line)),
            Err(_) => {}
        }
        is_head_found = is_head_found || chain.head() == wanted.as_deref();
        Ok(())
    });
    if broken.is_none() {
        read?;
        if let (Err(problem), Some((file, line))) = (chain.finish(), lost) {
            broken = Some((file, line, problem.what));
        }
    }
    let head = chain.head();
    // The first line is written by `init`: a trail without lines was erased.
    let is_erased = chain.count() == 0;
    let is_whole = broken.is_none() && is_head_found && !is_erased;
    if context.globals.format == Format::Json {
        let place = |(file, line, what): &(String, usize, &str)| json!({ "file": file, "line": line, "what": what });
        context.print_json(&json!({
            "schema": 1,
            "whole": is_whole,
            "lines": chain.count(),
            "head": head.filter(|_| broken.is_none()),
            "head_found": args.head.as_ref().map(|_| is_head_found),
            "broken": broken.as_ref().map(place),
            "gaps": gaps.iter().map(place).collect::<Vec<_>>(),
        }))?;
    } else {
        for (file, line, what) in &gaps {
            context.print(&format!("{file}, line {line}: {what}\n"))?;
        }
        if broken.is_none() {
            context.print(&format!("{} checked\n", count(chain.count(), "line")))?;
            context.print(&format!("head {}\n", head.unwrap_or("none")))?;
        }
    }
    if let Some((file, line, what)) = &broken {
        let hint = "somebody changed the trail by hand, or the power failed while it was written: \
                    compare it with a backup of the file";
        context.complain_in_words(&format!("{file}, line {line}: {what}"), Some(hint));
    } else if is_erased {
        context.complain_in_words(
            "the trail is empty, though 'init' writes its first line: it was erased, or moved away whole",
            Some("put the files back from a backup"),
        );
    } else if !is_head_found {
        context.complain_in_words(
            "the head that was given is not in the trail: lines were cut off, or it is of another store",
            Some("if its month was moved away, put that file back and check again"),
        );
    }
    Ok(if is_whole { Done::All } else { Done::Partly })
}
