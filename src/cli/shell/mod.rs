//! Shell completion: the scripts in `completions/`, which `rw2fa completions` prints, and the
//! answers to them.
//!
//! A script only sets [`VARIABLE`] and runs `rw2fa -- WORDS`; `clap_complete` finds the candidates.
//! Its own scripts are not used: they pass words with their quotes, the one for bash splits names
//! at `@` and inserts candidates unquoted, and the one for PowerShell evaluates the unfinished
//! line.

mod bash;
mod names;

use std::ffi::OsString;
use std::path::Path;

use clap::{Args, Command};
use clap_complete::{CompletionCandidate, Shell, engine};

use self::bash::Line;
use self::names::Typed;
use crate::cli::Done;
use crate::cli::context::Context;
use crate::error::Result;
use crate::process::Process;

/// The environment variable that asks for candidates. Its value is a shell.
const VARIABLE: &str = "RW2FA_COMPLETE";

/// Print a script that completes commands and names in a shell
///
/// Completes the names of users and groups if the account may read the store.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    rw2fa completions bash >/usr/share/bash-completion/completions/rw2fa\n  \
    rw2fa completions zsh >/usr/share/zsh/vendor-completions/_rw2fa\n  \
    rw2fa completions fish >/usr/share/fish/vendor_completions.d/rw2fa.fish\n  \
    rw2fa completions powershell | Out-String | Invoke-Expression\n  \
    eval (rw2fa completions elvish | slurp)")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(context: &mut Context<'_>, args: &CompletionsArgs) -> Result<Done> {
    context.only_text("completions")?;
    context.print(match args.shell {
        Shell::Zsh => include_str!("../../../completions/rw2fa.zsh"),
        Shell::Fish => include_str!("../../../completions/rw2fa.fish"),
        Shell::PowerShell => include_str!("../../../completions/rw2fa.ps1"),
        Shell::Elvish => include_str!("../../../completions/rw2fa.elv"),
        _ => include_str!("../../../completions/rw2fa.bash"),
    })?;
    Ok(Done::All)
}

/// Answers a completion script. Returns whether one asked.
///
/// Prints nothing but candidates. If the store cannot be read, there are no names.
// SECURITY: no command line of a user begins with `--`, so the variable alone changes nothing. In
// particular, `rw2fa verify` still decides a login.
pub(super) fn answer(process: &mut Process, definition: fn() -> Command) -> bool {
    let Some(shell) = process.variable(VARIABLE) else { return false };
    if process.args.get(1).is_none_or(|first| first != "--") {
        return false;
    }
    let mark = if shell == "powershell" { "=" } else { "" };
    let plain = |word: &OsString| {
        let word = word.to_string_lossy();
        word.strip_prefix(mark).unwrap_or(&word).to_owned()
    };
    let words: Vec<_> = process.args.iter().skip(2).map(plain).collect();
    let text = candidates(process, &shell.to_string_lossy(), &words, definition);
    let text = text.unwrap_or_default();
    // If the shell has gone, no one needs candidates.
    let _ = process.stdout.write_all(text.as_bytes()).and_then(|()| process.stdout.flush());
    true
}

/// Returns the candidates for the last of these words, one per line, as this shell reads them.
fn candidates(
    process: &Process,
    shell: &str,
    words: &[String],
    definition: fn() -> Command,
) -> Option<String> {
    let line = if shell == "bash" { Some(Line::parse(words)?) } else { None };
    let found = complete(process, line.as_ref().map_or(words, |line| &line.words), definition);
    let lines = found.iter().filter_map(|candidate| match shell {
        "bash" => line.as_ref()?.quoted(&value(candidate)),
        "zsh" => {
            let value = value(candidate).replace('\\', r"\\").replace(':', r"\:");
            let help = help(candidate).map(|help| format!(":{}", help.replace('\\', r"\\")));
            Some(value + &help.unwrap_or_default())
        }
        "fish" | "powershell" => {
            let help = help(candidate).map(|help| format!("\t{help}"));
            Some(value(candidate) + &help.unwrap_or_default())
        }
        _ => Some(value(candidate)),
    });
    Some(lines.map(|line| line + "\n").collect())
}

/// Returns the candidates for the last of these words. The first is the name of the program.
fn complete(
    process: &Process,
    words: &[String],
    definition: fn() -> Command,
) -> Vec<CompletionCandidate> {
    let Some((last, before)) = words.split_last().filter(|(_, before)| !before.is_empty()) else {
        return Vec::new();
    };
    let typed = Typed::parse(process, definition(), before, last);
    let mut command = typed.offer_names(definition());
    let args = words.iter().map(Into::into).collect();
    let found = engine::complete(&mut command, args, before.len(), Some(Path::new(".")));
    let mut found = found.unwrap_or_default();
    found.retain(|candidate| {
        let value = value(candidate);
        // Options are offered only after a dash, and a file name must not forge a line.
        (typed.is_escaped() || last.starts_with('-') || !value.starts_with('-'))
            && !value.contains(char::is_control)
    });
    found
}

fn value(candidate: &CompletionCandidate) -> String {
    candidate.get_value().to_string_lossy().into_owned()
}

fn help(candidate: &CompletionCandidate) -> Option<String> {
    candidate.get_help().and_then(|help| help.to_string().lines().next().map(str::to_owned))
}
