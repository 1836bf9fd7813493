//! How far long work has come: a bar on standard error, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::context::Context;

/// Fewer steps than this are done before anybody looks.
const WORTH_A_BAR: usize = 200;

/// How often a bar is drawn, in times a second.
const REFRESH: u8 = 10;

/// A bar that goes when it is dropped; nothing where nobody looks.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar for `total` steps of work that is called `what`: a word such as `adding`.
    pub(super) fn new(context: &Context<'_>, what: &'static str, total: usize) -> Self {
        let is_seen = context.process.terminals.stderr && !context.globals.quiet;
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

    /// So many more steps are done.
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
