//! `rw2fa man`: the manual pages, generated from the definition of the command line.
//!
//! What the definition does not contain is kept beside this file: the portal protocol
//! (`protocol.roff`), what FreeRADIUS passes and gets (`radius.roff`), and the documents of the store (`store.roff`). Pages contain no build date and
//! nothing about this machine, so the output is reproducible.

mod page;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory};
use roff::{Roff, bold, roman};

use self::page::Page;
use crate::cli::Done;
use crate::cli::context::{Context, count};
use crate::error::{Error, ErrorKind, Result};
use crate::radius;
use crate::settings;
use crate::settings::key::plain;
use crate::verify::arguments;
use crate::verify::reason::Reason;

/// Write the manual pages to a directory, or list them
///
/// There is a page for each command, rw2fa-verify(1) for the portal protocol, rw2fa-radius(1) for FreeRADIUS and
/// rw2fa-store(5) for the documents of the store.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  rw2fa man\n  rw2fa man /usr/local/share/man/man1")]
pub(in crate::cli) struct ManArgs {
    /// The directory; existing pages in it are replaced
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

pub(super) fn run(context: &mut Context<'_>, args: &ManArgs, command: Command) -> Result<Done> {
    context.only_text("man")?;
    let pages = pages(command)?;
    let Some(directory) = &args.directory else {
        for page in &pages {
            context.print(&format!("{}\n", page.file))?;
        }
        return Ok(Done::All);
    };
    for page in &pages {
        let path = directory.join(&page.file);
        write(&path, &page.text()).map_err(|error| {
            Error::io(ErrorKind::Refused, format!("cannot write {}", path.display()), error)
                .with_hint("use an existing directory that you can write to")
        })?;
    }
    context.note(&format!("{} written", count(pages.len(), "page")));
    Ok(Done::All)
}

/// Replaces a page. A link is replaced, not followed.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let result = create_file(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Creates a world-readable file: other files of this program are private.
fn create_file(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.write_all(text.as_bytes())
}

/// Builds all pages: the commands, the verifier, the store.
fn pages(mut root: Command) -> Result<Vec<Page>> {
    root.build();
    let mut pages = Vec::new();
    add_command_pages(&root, &[], &mut pages)?;
    pages.push(of_verifier()?);
    pages.push(of_radius()?);
    pages.push(of_store()?);
    Ok(pages)
}

/// Adds the pages of a command and its subcommands.
fn add_command_pages(command: &Command, above: &[&str], pages: &mut Vec<Page>) -> Result<()> {
    let path = [above, &[command.get_name()]].concat();
    let name = path.join("-");
    if name == VERIFIER {
        // Documented by the page of the program that does the same.
        return Ok(());
    }
    let mut page = Page::for_command(command, &name, &path.join(" "))?;
    let mut related = Vec::new();
    if !above.is_empty() {
        related.push((above.join("-"), 1));
    }
    related
        .extend(command.get_subcommands().map(|below| (format!("{name}-{}", below.get_name()), 1)));
    related.push(("rw2fa-store".into(), 5));
    page.see_also(&related)?;
    pages.push(page);
    command.get_subcommands().try_for_each(|below| add_command_pages(below, &path, pages))
}

const VERIFIER: &str = "rw2fa-verify";
const RADIUS: &str = "rw2fa-radius";

fn of_verifier() -> Result<Page> {
    let mut page = Page::for_command(&arguments::Cli::command(), VERIFIER, VERIFIER)?;
    page.add_source(include_str!("protocol.roff"));
    let mut reasons = Roff::new();
    reasons.control("SH", ["REASONS"]);
    reasons.text([roman(
        "More may come within schema 1: for a reason that you do not know, go by the outcome.",
    )]);
    for reason in Reason::ALL {
        reasons.control("TP", []);
        reasons.text([bold(reason.as_str()), roman(format!(" ({})", reason.outcome().as_str()))]);
        reasons.text([roman(plain(reason.meaning()))]);
    }
    page.add(&reasons)?;
    page.see_also(&[("rw2fa".into(), 1), ("rw2fa-store".into(), 5)])?;
    Ok(page)
}

fn of_radius() -> Result<Page> {
    let mut page = Page::for_command(&radius::arguments::Cli::command(), RADIUS, RADIUS)?;
    page.add_source(include_str!("radius.roff"));
    page.see_also(&[(VERIFIER.into(), 1), ("rw2fa".into(), 1)])?;
    Ok(page)
}

fn of_store() -> Result<Page> {
    let mut page = Page::new("rw2fa-store", 5)?;
    page.add_source(include_str!("store.roff"));
    let mut settings = Roff::new();
    settings.control("SH", ["store.toml"]);
    let mut table = None;
    for key in settings::described() {
        if table != Some(key.table) {
            table = Some(key.table);
            if !key.table.is_empty() {
                settings.control("SS", [format!("[{}]", key.table).as_str()]);
            }
            settings.text([roman(key.about)]);
        }
        settings.control("TP", []);
        settings.text([bold(key.name)]);
        let default = match (key.default, key.is_required) {
            (Some(default), _) => format!(" Default: {default}."),
            (None, true) => " Required.".to_owned(),
            (None, false) => String::new(),
        };
        let (meaning, valid) = (plain(key.meaning), key.valid.describe());
        settings.text([roman(format!("{meaning}.{default} Valid: {valid}."))]);
    }
    page.add(&settings)?;
    page.see_also(&[("rw2fa".into(), 1), (VERIFIER.into(), 1)])?;
    Ok(page)
}
