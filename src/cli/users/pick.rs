//! `rw2fa users add` without names, on a terminal: offers the system's accounts and groups.

use dialoguer::MultiSelect;
use dialoguer::console::Term;

use super::Entries;
use crate::cli::context::{Context, Opened};
use crate::cli::prompt;
use crate::error::{Error, ErrorKind, Result};
use crate::names::name::Name;
use crate::platform;
use crate::printable::printable;
use crate::store::DocumentKind;

/// The alternative if there is nothing to choose from.
const BY_NAME: &str = "name them: rw2fa users add NAME; or use --group GROUP or --from FILE";

/// Checks that a prompt is possible.
///
/// # Errors
/// [`ErrorKind::Usage`] without a terminal, or where prompts are not wanted.
pub(super) fn must_be_possible(context: &Context<'_>) -> Result<()> {
    if context.globals.yes || !context.can_ask() {
        return Err(Error::new(ErrorKind::Usage, "no users to add").with_hint(BY_NAME));
    }
    Ok(())
}

/// Asks which users and groups need a code.
///
/// # Errors
/// [`ErrorKind::Declined`] when none is chosen.
pub(super) fn pick(opened: &Opened) -> Result<Entries> {
    if !opened.settings.advanced.asks_system() {
        let what = "there is nothing to choose from, because the setting 'names' is 'portal'";
        return Err(Error::new(ErrorKind::Usage, what).with_hint(BY_NAME));
    }
    let (accounts, groups) = platform::people_and_groups();
    let accounts = unlisted(opened, DocumentKind::User, accounts)?;
    let groups = unlisted(opened, DocumentKind::Group, groups)?;
    if accounts.is_empty() && groups.is_empty() {
        return Err(Error::new(
            ErrorKind::NotFound,
            "every account and group that this system shows is already on the list",
        )
        .with_hint(BY_NAME));
    }
    let users = accounts.iter().map(|name| printable(name));
    let items: Vec<_> =
        users.chain(groups.iter().map(|name| format!("group {}", printable(name)))).collect();
    let chosen = ask(&items)?;
    let mut entries = Entries::default();
    for at in chosen {
        match accounts.get(at) {
            Some(name) => entries.names.push(name.clone()),
            None => entries.groups.extend(groups.get(at - accounts.len()).cloned()),
        }
    }
    if entries.is_empty() {
        return Err(Error::new(ErrorKind::Declined, "no one was chosen; nothing was changed"));
    }
    Ok(entries)
}

/// Removes names that are already listed.
fn unlisted(opened: &Opened, kind: DocumentKind, names: Vec<String>) -> Result<Vec<String>> {
    let listed = opened.store.list(kind)?.names;
    let is_listed = |name: &Name| listed.binary_search(name).is_ok();
    let wanted = |name: &String| Name::parse(name).is_ok_and(|name| !is_listed(&name));
    Ok(names.into_iter().filter(wanted).collect())
}

/// Lets the user choose some of the items.
fn ask(items: &[String]) -> Result<Vec<usize>> {
    // Ctrl-C would end the program with the cursor hidden: report it as an error instead.
    platform::hold_interrupts();
    let terminal = Term::stderr();
    let answer = MultiSelect::new()
        .with_prompt("Who needs a code? Space selects, Enter confirms, Esc cancels")
        .items(items)
        .report(false)
        .interact_on_opt(&terminal);
    let _ = terminal.show_cursor();
    match answer {
        Ok(chosen) => Ok(chosen.unwrap_or_default()),
        Err(dialoguer::Error::IO(error)) => Err(prompt::unanswered(error, BY_NAME)),
    }
}
