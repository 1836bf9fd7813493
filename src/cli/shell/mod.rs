//! `rw2fa completions`: scripts that complete commands, options and values in a shell, and names
//! from the store.
//!
//! `clap_complete` generates commands and options from the definition of the command line. Names
//! change, so each script runs the hidden command `complete-names` for them.

pub(super) mod line;
pub(super) mod names;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::cli::Done;
use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};

/// Print a script that completes commands and names in a shell
///
/// Names of users and groups are those of the store, as far as the account that types may read it.
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

pub(super) fn run(
    context: &mut Context<'_>,
    args: &CompletionsArgs,
    command: Command,
) -> Result<Done> {
    context.no_csv("completions")?;
    let script = script(args.shell, command)?;
    context.print(&script)?;
    Ok(Done::All)
}

/// Builds the script for a shell.
fn script(shell: Shell, mut command: Command) -> Result<String> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut command, "rw2fa", &mut bytes);
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::new(ErrorKind::System, "the completions are not UTF-8"))?;
    Ok(match shell {
        Shell::Bash => bash(&text),
        Shell::Zsh => zsh(&text),
        Shell::Fish => text + include_str!("names.fish"),
        Shell::PowerShell => power_shell(&text),
        Shell::Elvish => elvish(&text),
        _ => text,
    })
}

/// Removes argument placeholders from the offered words, and asks for names last.
fn bash(text: &str) -> String {
    let is_word = |word: &&str| !word.contains(['<', '[']);
    let mut script = String::new();
    for line in text.lines() {
        match line.split_once("opts=\"") {
            Some((indent, words)) => {
                let words = words.trim_end_matches('"').split(' ').filter(is_word);
                let words = words.collect::<Vec<_>>().join(" ");
                script.extend([indent, "opts=\"", &words, "\""]);
            }
            None => script += line,
        }
        script.push('\n');
    }
    let registration = script.find("\nif [[ \"${BASH_VERSINFO[0]}\"").unwrap_or(script.len());
    let (definition, registration) = script.split_at(registration);
    let registration = registration.replace("-F _rw2fa ", "-F _rw2fa_or_names ");
    format!("{}\n\n{}{registration}", definition.trim_end(), include_str!("names.bash"))
}

/// Asks for names where the definition has nothing better.
fn zsh(text: &str) -> String {
    let text =
        text.replace(":_default'", ":_rw2fa_names'").replace(":_default\"", ":_rw2fa_names\"");
    let begin = "_rw2fa() {\n";
    // The generated code changes `words`; names are completed from the original line.
    let saved = format!(
        "{}\n{begin}    local -a _rw2fa_words=(\"${{(@Q)words[2,CURRENT-1]}}\")\n",
        include_str!("names.zsh")
    );
    text.replacen(begin, &saved, 1)
}

fn power_shell(text: &str) -> String {
    let end = "    $completions.Where{";
    text.replacen(end, &format!("{}\n{end}", include_str!("names.ps1")), 1)
}

fn elvish(text: &str) -> String {
    text.replacen("    $completions[$command]\n", include_str!("names.elv"), 1)
}
