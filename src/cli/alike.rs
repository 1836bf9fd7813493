//! Problems that differ only in the file or the user that they concern, shown as one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::error::Error;
use crate::names::name::Name;
use crate::platform;

/// How many further files are named individually.
const LISTED: usize = 4;

/// One problem of one or more files.
#[derive(Debug)]
pub(super) struct Alike {
    /// The message and the hint of the first.
    message: String,
    hint: Option<String>,
    /// The hint with a placeholder for the user.
    hint_for_all: Option<String>,
    /// The files, where the messages name them.
    pub(super) paths: Vec<String>,
    count: usize,
}

impl Alike {
    /// The first message, and what else it concerns.
    pub(super) fn message(&self) -> String {
        let more = self.count - 1;
        let next: Vec<_> = self.paths.iter().skip(1).take(LISTED).map(String::as_str).collect();
        match more {
            0 => self.message.clone(),
            more if next.len() == more => {
                format!("{}; the same is true of {}", self.message, next.join(", "))
            }
            more => {
                format!(
                    "{}; the same is true of {more} more, such as {}",
                    self.message,
                    next.join(", ")
                )
            }
        }
    }

    /// The hint for all of them.
    pub(super) fn hint(&self) -> Option<&str> {
        if self.is_one() { self.hint.as_deref() } else { self.hint_for_all.as_deref() }
    }

    /// Reports whether it is about one file only.
    pub(super) fn is_one(&self) -> bool {
        self.count == 1
    }
}

/// Groups problems that have the same words. `location` is where the store is; a message that names a file begins its
/// path with it.
pub(super) fn group<'a>(
    location: &str,
    problems: impl IntoIterator<Item = (Option<&'a Name>, &'a Error)>,
) -> Vec<Alike> {
    let mut groups: Vec<Alike> = Vec::new();
    let mut known: BTreeMap<(String, Option<String>), usize> = BTreeMap::new();
    for (name, error) in problems {
        let message = error.to_string();
        let name = name.map(Name::canonical);
        let path = path_in(&message, location).map(str::to_owned);
        let hint_for_all = error.hint().map(|hint| without(hint, name.as_deref(), path.as_deref()));
        let words = without(&message, name.as_deref(), path.as_deref());
        match known.entry((words, hint_for_all.clone())) {
            Entry::Occupied(at) => {
                let group = &mut groups[*at.get()];
                group.count += 1;
                group.paths.extend(path);
            }
            Entry::Vacant(place) => {
                place.insert(groups.len());
                groups.push(Alike {
                    hint: error.hint().map(str::to_owned),
                    paths: path.into_iter().collect(),
                    count: 1,
                    message,
                    hint_for_all,
                });
            }
        }
    }
    groups
}

/// The first path below `location` in a message.
fn path_in<'m>(message: &'m str, location: &str) -> Option<&'m str> {
    let start = message.find(location)?;
    let rest = &message[start + location.len()..];
    let end = rest.find([' ', ',']).unwrap_or(rest.len());
    let end = rest.find(": ").map_or(end, |colon| end.min(colon));
    Some(&message[start..start + location.len() + end])
}

/// Replaces the path and the user's name, as a whole word, with placeholders.
fn without(text: &str, name: Option<&str>, path: Option<&str>) -> String {
    let text = path.map_or_else(|| text.to_owned(), |path| text.replace(path, "FILE"));
    let Some(name) = name.filter(|name| !name.is_empty()) else { return text };
    let quoted = platform::quoted(name);
    // A name in quotes stands where other names are without.
    let text = if quoted == name { text } else { text.replace(&quoted, "NAME") };
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut kept = String::new();
    let mut end = 0;
    for (start, found) in text.match_indices(name) {
        let before = text[..start].chars().next_back();
        let after = text[start + found.len()..].chars().next();
        if !is_part(before) && !is_part(after) {
            kept += &text[end..start];
            kept += "NAME";
            end = start + found.len();
        }
    }
    kept + &text[end..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    /// Guards readable reports: the same problem of many files is shown once, with one hint.
    #[test]
    fn problems_with_the_same_words_are_one() {
        let names: Vec<_> =
            (0..9).map(|number| Name::parse(&format!("u{number}")).unwrap()).collect();
        let problem = |name: &Name, what: &str| {
            Error::new(ErrorKind::Store, format!("/s/state/{name}.toml: {what}"))
                .with_hint(format!("run 'rw2fa users reset {name}'"))
        };
        let mut problems: Vec<_> =
            names.iter().map(|name| (Some(name), problem(name, "does not open"))).collect();
        problems.insert(1, (Some(&names[0]), problem(&names[0], "is damaged")));
        let found = group("/s", problems.iter().map(|(name, error)| (*name, error)));
        let [first, second] = &found[..] else { panic!("{found:?}") };
        assert_eq!(
            first.message(),
            "/s/state/u0.toml: does not open; the same is true of 8 more, such as /s/state/u1.toml, \
             /s/state/u2.toml, /s/state/u3.toml, /s/state/u4.toml"
        );
        assert_eq!(first.hint(), Some("run 'rw2fa users reset NAME'"));
        assert_eq!((first.paths.len(), second.paths.len()), (9, 1));
        assert_eq!(second.hint(), Some("run 'rw2fa users reset u0'"));
        let few = group("/s", problems[..3].iter().map(|(name, error)| (*name, error)));
        assert!(few[0].message().ends_with("; the same is true of /s/state/u1.toml"), "{few:?}");
    }

    #[test]
    fn a_path_ends_before_the_words_that_follow() {
        for (message, expected) in [
            ("/s/key is missing", Some("/s/key")),
            ("/s/store.toml, line 3: bad", Some("/s/store.toml")),
            ("cannot list /s/users/278: denied", Some("/s/users/278")),
            ("/s", Some("/s")),
            ("the key was lost", None),
        ] {
            assert_eq!(path_in(message, "/s"), expected, "{message}");
        }
        assert_eq!(without("reset a, also anna", Some("a"), None), "reset NAME, also anna");
    }
}
