//! Which listed name a login means, and which domain it belongs to.
//!
//! Pure comparisons of [`Name`]s. This file must not know where names are kept, what a listed name
//! gets, or who asks.
//!
//! Everything here but the whitelist protects: calling a listed account unlisted would skip its
//! second factor, so what cannot be told apart matches. Two domains are different only where both
//! are known NetBIOS names. The whitelist opens a door, so there what cannot be told apart does not
//! match.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::folding::fold;
use super::name::{Domain, Name, canonical_suffix, canonical_text, trimmed};

/// What the administrator told about domains.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    /// The NetBIOS domain that unqualified logins belong to; `None` if they may be of any.
    pub default: Option<String>,
    /// The NetBIOS domain of each DNS suffix, both in canonical text.
    pub aliases: BTreeMap<String, String>,
}

impl Domains {
    /// Brings both settings into canonical form.
    ///
    /// Empty texts are left out, and so is a suffix with two different domains: an unknown domain
    /// matches too much, a wrong one too little.
    pub fn new<S, T>(default: Option<&str>, aliases: impl IntoIterator<Item = (S, T)>) -> Self
    where
        S: AsRef<str>,
        T: AsRef<str>,
    {
        let mut known: BTreeMap<String, Option<String>> = BTreeMap::new();
        for (suffix, netbios) in aliases {
            let suffix = canonical_suffix(trimmed(suffix.as_ref()).trim_start_matches('@'));
            let netbios = Some(canonical_text(trimmed(netbios.as_ref())));
            let place = known.entry(suffix).or_insert_with(|| netbios.clone());
            if *place != netbios {
                *place = None;
            }
        }
        let aliases = known
            .into_iter()
            .filter_map(|(suffix, netbios)| Some((suffix, netbios?)))
            .filter(|(suffix, netbios)| !suffix.is_empty() && !netbios.is_empty())
            .collect();
        let default = default.map(|text| canonical_text(trimmed(text)));
        Self { default: default.filter(|text| !text.is_empty()), aliases }
    }
}

/// Which listed name a login means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution<'a> {
    /// None: no listed name can be this account.
    Unlisted,
    /// Exactly this one.
    Entry(&'a Name),
    /// Any of these; the caller must refuse to choose.
    Ambiguous(Vec<&'a Name>),
}

/// Finds the entry that `login` means among `entries`: all listed names that share its
/// [`key`](Name::key) (others are passed over).
///
/// Entries with the login's canonical account part come first; only where no such entry has a
/// compatible domain do other spellings count.
// SECURITY: `Unlisted` skips the second factor. It is only said where every entry of this account
// belongs to another NetBIOS domain than the login, and both are known.
pub fn resolve<'a>(login: &Name, entries: &'a [Name], domains: &Domains) -> Resolution<'a> {
    let same_account = of_account(login, entries);
    let home = login_domain(login, &same_account, domains);
    let mut found: Vec<&Name> = Vec::new();
    for &entry in &same_account {
        let place = entry_domain(entry, &same_account, domains);
        if compatible(home, place) && !found.contains(&entry) {
            found.push(entry);
        }
    }
    if found.iter().any(|entry| entry.account() == login.account()) {
        found.retain(|entry| entry.account() == login.account());
    }
    match found.as_slice() {
        [] => Resolution::Unlisted,
        [entry] => Resolution::Entry(entry),
        _ => Resolution::Ambiguous(found),
    }
}

/// The NetBIOS domain that `login` belongs to, folded, so that all spellings of it are equal;
/// `None` if it is not known. `entries` are those given to [`resolve`].
pub fn netbios_of(login: &Name, entries: &[Name], domains: &Domains) -> Option<String> {
    let same_account = of_account(login, entries);
    login_domain(login, &same_account, domains).map(|netbios| fold(netbios).into_owned())
}

/// An existing entry, other than `new` itself, that `new` cannot be told apart from: same account
/// in any spelling, and not known to be of another NetBIOS domain.
///
/// Entries of two different NetBIOS domains do not overlap, although an unqualified login can mean
/// both: it is ambiguous then.
pub fn overlapping<'a>(new: &Name, entries: &'a [Name], domains: &Domains) -> Option<&'a Name> {
    // First labels need no thought here: a label only counts where an entry has it as its NetBIOS
    // name, and that entry is then itself the overlap.
    let place = entry_domain(new, &[], domains);
    of_account(new, entries)
        .into_iter()
        .find(|entry| *entry != new && compatible(place, entry_domain(entry, &[], domains)))
}

/// The listed groups that one of the `memberships` means, each once and in the order of `listed`.
/// Groups are compared as [`resolve`] does, but any match counts: nothing is ambiguous.
pub fn covering_groups<'a>(
    memberships: &[Name],
    listed: &'a [Name],
    domains: &Domains,
) -> Vec<&'a Name> {
    let mut places: HashMap<Cow<'_, str>, Vec<&'a Name>> = HashMap::new();
    for group in listed {
        let same_account = places.entry(fold(group.account())).or_default();
        if !same_account.contains(&group) {
            same_account.push(group);
        }
    }
    let mut covering: HashSet<&'a Name> = HashSet::new();
    for membership in memberships {
        let Some(same_account) = places.get(&fold(membership.account())) else {
            continue;
        };
        let home = login_domain(membership, same_account, domains);
        for &group in same_account {
            if compatible(home, entry_domain(group, same_account, domains)) {
                covering.insert(group);
            }
        }
    }
    listed.iter().filter(|group| covering.remove(group)).collect()
}

/// Whether the whitelist entry `entry` lets `login` in: the same canonical account part in the same
/// domain. Aliases are followed; first labels, accents and other spellings count for nothing.
///
/// - An unqualified entry lets in the unqualified login and `.\alice`, nobody else.
/// - An unqualified login belongs to the default domain, where that is set.
/// - `.\alice` as an entry lets in `.\alice` only.
// SECURITY: a match opens a door, so a doubt is a no.
pub fn whitelisted(login: &Name, entry: &Name, domains: &Domains) -> bool {
    if login.account() != entry.account() {
        return false;
    }
    if *entry.domain() == Domain::Unqualified {
        return matches!(login.domain(), Domain::Unqualified | Domain::Local);
    }
    exact_domain(login, domains) == exact_domain(entry, domains)
}

/// The domain for the whitelist: aliases and the default are followed, nothing is guessed.
fn exact_domain(name: &Name, domains: &Domains) -> Domain {
    let mapped = match name.domain() {
        Domain::Unqualified => domains.default.as_ref(),
        Domain::Suffix(suffix) => domains.aliases.get(suffix),
        Domain::Local | Domain::NetBios(_) => None,
    };
    mapped.map_or_else(|| name.domain().clone(), |netbios| Domain::NetBios(netbios.clone()))
}

fn of_account<'a>(name: &Name, entries: &'a [Name]) -> Vec<&'a Name> {
    let key = fold(name.account());
    entries.iter().filter(|entry| fold(entry.account()) == key).collect()
}

/// The NetBIOS domain of a login; `None` stands for a domain that is not known.
fn login_domain<'n>(
    login: &'n Name,
    same_account: &[&Name],
    domains: &'n Domains,
) -> Option<&'n str> {
    match login.domain() {
        Domain::Unqualified => {
            let default = domains.default.as_deref().filter(|text| !text.is_empty())?;
            prefix_domain(default, same_account, domains)
        }
        _ => entry_domain(login, same_account, domains),
    }
}

/// The NetBIOS domain of an entry; `None` stands for one that is not known or for any.
fn entry_domain<'n>(
    entry: &'n Name,
    same_account: &[&Name],
    domains: &'n Domains,
) -> Option<&'n str> {
    match entry.domain() {
        Domain::Unqualified | Domain::Local => None,
        Domain::NetBios(prefix) => prefix_domain(prefix, same_account, domains),
        Domain::Suffix(suffix) => suffix_domain(suffix, same_account, domains),
    }
}

/// The NetBIOS domain that the text before a backslash names.
// SECURITY: Windows takes `corp.example\alice` for `CORP\alice`. A NetBIOS name has no dot, so a
// text with one is a DNS name and not yet another domain.
fn prefix_domain<'n>(
    prefix: &'n str,
    same_account: &[&Name],
    domains: &'n Domains,
) -> Option<&'n str> {
    if is_dns(prefix) {
        suffix_domain(prefix.trim_end_matches('.'), same_account, domains)
    } else {
        Some(prefix)
    }
}

/// The NetBIOS domain of a DNS suffix: by alias, else by its first label if that is the NetBIOS
/// name of an entry of this account.
// SECURITY: that the label is the default domain, or the domain of somebody else's entry, does not
// count: the guess could only turn a match into none. The texts are compared as they are, for the
// same reason: an odd spelling is an unknown domain.
fn suffix_domain<'n>(
    suffix: &'n str,
    same_account: &[&Name],
    domains: &'n Domains,
) -> Option<&'n str> {
    if let Some(netbios) = domains.aliases.get(suffix) {
        return Some(netbios.as_str()).filter(|text| !text.is_empty() && !is_dns(text));
    }
    let label = suffix.split('.').next()?;
    same_account
        .iter()
        .any(|entry| matches!(entry.domain(), Domain::NetBios(prefix) if prefix == label))
        .then_some(label)
}

/// Whether a text has a dot of any script.
fn is_dns(text: &str) -> bool {
    fold(text).contains(['.', '。'])
}

/// Only two known domains can differ, and only if they differ in more than their spelling.
fn compatible(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other || fold(one) == fold(other),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
