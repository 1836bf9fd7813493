//! Progress of long work: a bar on standard error, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::context::Context;

/// Shorter work than this finishes too quickly for a bar.
const WORTH_A_BAR: usize = 200;

/// How often a bar is drawn, per second.
const REFRESH: u8 = 10;

/// A bar that disappears when dropped; does nothing without a terminal.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Prepares a bar that is created once the first step gives the total.
    pub(super) fn deferred<'c>(
        context: &'c Context<'_>,
        what: &'static str,
    ) -> impl FnMut(usize, usize) + use<'c> {
        let is_seen = Self::is_seen(context);
        let mut progress = None;
        move |done, total| {
            progress.get_or_insert_with(|| Self::start(is_seen, what, total)).set(done);
        }
    }

    /// Creates a bar for `total` steps of work called `what`: a word such as `adding`.
    pub(super) fn new(context: &Context<'_>, what: &'static str, total: usize) -> Self {
        Self::start(Self::is_seen(context), what, total)
    }

    fn is_seen(context: &Context<'_>) -> bool {
        context.process.terminals.stderr && !context.globals.quiet
    }

    fn start(is_seen: bool, what: &'static str, total: usize) -> Self {
        if !is_seen || total < WORTH_A_BAR {
            return Self { bar: None };
        }
        let target = ProgressDrawTarget::stderr_with_hz(REFRESH);
        let bar = ProgressBar::with_draw_target(Some(total as u64), target).with_message(what);
        let style = ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len}, {eta} left");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(1000 / u64::from(REFRESH)));
        Self { bar: Some(bar) }
    }

    /// Sets the number of completed steps.
    pub(super) fn set(&self, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(steps as u64);
        }
    }

    /// Adds to the number of completed steps.
    pub(super) fn advance(&self, steps: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(steps as u64);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
