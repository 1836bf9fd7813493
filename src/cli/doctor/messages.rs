//! Messages to users: the catalogues of the store, and the language of the settings.

use super::{Finding, Severity};
use crate::error::Error;
use crate::language::{Preferences, Tag};
use crate::settings::advanced::Advanced;
use crate::store::Reader;
use crate::verify::messages::{built_in, custom};

/// Checks the catalogues. A wrong text changes no decision, so none of the findings is an error.
pub(super) fn catalogues(
    store: &dyn Reader,
    is_new: impl Fn(&Error) -> bool,
) -> impl Iterator<Item = Finding> {
    let problems = custom::check(store).problems.into_iter().filter(move |problem| is_new(problem));
    problems.map(|problem| Finding::from_problem("messages", Severity::Warning, &problem))
}

/// Checks that there are messages in the language of the settings.
pub(super) fn language(store: &dyn Reader, settings: &Advanced) -> Option<Finding> {
    let wanted = Tag::parse(&settings.language)?;
    let mut available: Vec<Tag> = built_in::languages().collect();
    available.extend(store.languages().ok()?.languages);
    let chosen = Preferences::default().choose(&available, Some(&wanted));
    let is_there = chosen.iter().any(|tag| tag.primary() == wanted.primary());
    let message =
        format!("the setting 'language' is {wanted}, but there are no messages in that language");
    let remedy =
        format!("write messages/{wanted}.toml in the store, or: rw2fa advanced unset language");
    (!is_there).then(|| Finding::new("messages", Severity::Warning, message).remedy(remedy))
}
