//! `rw2fa audit --follow`: shows new lines of the trail as they are written, until it is interrupted.

use std::time::Duration;

use super::printer::{Fragments, Printer, Shape};
use super::{AuditArgs, Filter, Rows};
use crate::cli::Done;
use crate::cli::context::{Context, Opened};
use crate::error::Result;
use crate::store::upkeep::TrailPosition;

/// How long to wait between two looks at the trail. A look reads only what is new.
const PAUSE: Duration = Duration::from_secs(1);

/// How many earlier lines are shown, unless the arguments choose some.
const EARLIER: usize = 10;

pub(super) fn run(
    context: &mut Context<'_>,
    opened: &Opened,
    filter: &Filter,
    args: &AuditArgs,
) -> Result<Done> {
    let earlier = args.lines.or(args.since.is_none().then_some(EARLIER));
    let (mut position, mut fragments) = (TrailPosition::default(), Fragments::default());
    let mut rows = Rows::new(Printer::begin(context, Shape::Lines)?, earlier);
    opened.store.audit_lines_after(&mut position, &mut |place, bytes| {
        filter.pass(place, bytes, &mut fragments, &mut |row| rows.add(context, row))
    })?;
    let mut printer = rows.print(context)?;
    fragments.report(context);
    // Ctrl-C ends the program here, as it ends other programs that follow a file.
    loop {
        context.flush()?;
        std::thread::sleep(PAUSE);
        opened.store.audit_lines_after(&mut position, &mut |place, bytes| {
            filter.pass(place, bytes, &mut fragments, &mut |row| printer.print(context, &row))
        })?;
    }
}
