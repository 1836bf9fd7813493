//! Matches a login to a listed name and to a domain.
//!
//! Only compares [`Name`]s. This file must not know where names are stored, what a listed name is used
//! for, or who asks.
//!
//! Calling a listed account unlisted would skip its second factor, so names that cannot be distinguished
//! match. Two domains are different only if both are known NetBIOS names. The whitelist is the exception:
//! it grants access, so names that cannot be distinguished do not match.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::folding::fold;
use super::name::{Domain, Name, canonical_suffix, canonical_text, trimmed};

/// The domain settings of the administrator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domains {
    /// The NetBIOS domain of unqualified logins; `None` if they can belong to any domain.
    pub default: Option<String>,
    /// The NetBIOS domain of each DNS suffix, both in canonical text.
    pub aliases: BTreeMap<String, String>,
}

impl Domains {
    /// Converts both settings to canonical form.
    ///
    /// Drops empty texts and suffixes with two different domains. Failing safe, an unknown domain matches too
    /// much, while a wrong one would match too little.
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

/// The listed name that a login refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution<'a> {
    /// No listed name can be this account.
    Unlisted,
    /// Exactly this name.
    Entry(&'a Name),
    /// Any of these names. The caller must not choose one.
    Ambiguous(Vec<&'a Name>),
}

/// Finds the entry that `login` refers to. `entries` must hold all listed names that share its
/// [`key`](Name::key); others are ignored.
///
/// Entries with the login's canonical account part take precedence. Other spellings count only if no such
/// entry has a compatible domain.
// SECURITY: `Unlisted` skips the second factor. It is returned only if every entry of this account belongs to
// a known NetBIOS domain other than the login's known domain.
pub fn resolve<'a>(login: &Name, entries: &'a [Name], domains: &Domains) -> Resolution<'a> {
    let same_account = entries_of_account(login, entries);
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

/// The NetBIOS domain of `login`, folded so that all its spellings are equal; `None` if it is unknown.
/// `entries` are the same as for [`resolve`].
pub fn netbios_of(login: &Name, entries: &[Name], domains: &Domains) -> Option<String> {
    let same_account = entries_of_account(login, entries);
    login_domain(login, &same_account, domains).map(|netbios| fold(netbios).into_owned())
}

/// An existing entry, other than `new` itself, that cannot be distinguished from `new`: the same account in
/// any spelling, and not known to belong to another NetBIOS domain.
///
/// Entries of two different NetBIOS domains do not overlap, although an unqualified login is ambiguous
/// between them.
pub fn overlapping<'a>(new: &Name, entries: &'a [Name], domains: &Domains) -> Option<&'a Name> {
    // First labels can be ignored: a label only counts if an entry has it as its NetBIOS name, and that
    // entry then overlaps by itself.
    let place = entry_domain(new, &[], domains);
    entries_of_account(new, entries)
        .into_iter()
        .find(|entry| *entry != new && compatible(place, entry_domain(entry, &[], domains)))
}

/// The listed groups that match one of the `memberships`, each once and in the order of `listed`.
/// Compares like [`resolve`], but counts every match: nothing is ambiguous.
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

/// Whether the whitelist entry `entry` covers `login`: the same canonical account part in the same domain.
/// Follows aliases, but ignores first labels, and treats accents and other spellings as different.
///
/// - An unqualified entry covers the unqualified login and `.\alice` only.
/// - An unqualified login belongs to the default domain, if one is set.
/// - The entry `.\alice` covers `.\alice` only.
// SECURITY: a match grants access, so anything uncertain does not match.
pub fn whitelisted(login: &Name, entry: &Name, domains: &Domains) -> bool {
    if login.account() != entry.account() {
        return false;
    }
    if *entry.domain() == Domain::Unqualified {
        return matches!(login.domain(), Domain::Unqualified | Domain::Local);
    }
    exact_domain(login, domains) == exact_domain(entry, domains)
}

/// The domain of a name for the whitelist. Follows aliases and the default, but never guesses.
fn exact_domain(name: &Name, domains: &Domains) -> Domain {
    let mapped = match name.domain() {
        Domain::Unqualified => domains.default.as_ref(),
        Domain::Suffix(suffix) => domains.aliases.get(suffix),
        Domain::Local | Domain::NetBios(_) => None,
    };
    mapped.map_or_else(|| name.domain().clone(), |netbios| Domain::NetBios(netbios.clone()))
}

fn entries_of_account<'a>(name: &Name, entries: &'a [Name]) -> Vec<&'a Name> {
    let key = fold(name.account());
    entries.iter().filter(|entry| fold(entry.account()) == key).collect()
}

/// The NetBIOS domain of a login; `None` if it is unknown.
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

/// The NetBIOS domain of an entry; `None` if it is unknown or if the entry covers any domain.
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

/// The NetBIOS domain for the text before a backslash.
// SECURITY: Windows treats `corp.example\alice` as `CORP\alice`. NetBIOS names have no dot, so text with a
// dot is a DNS name and must not count as a different NetBIOS domain.
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

/// The NetBIOS domain of a DNS suffix: by alias, or by its first label if an entry of this account has that
/// NetBIOS name.
// SECURITY: a label that equals the default domain or the domain of another account's entry does not count,
// because that guess could only turn a match into a mismatch. For the same reason the texts are compared
// without folding: an unusual spelling is an unknown domain.
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

/// Whether a text contains a dot of any script.
fn is_dns(text: &str) -> bool {
    fold(text).contains(['.', '。'])
}

/// Whether two domains may be the same. Only two known domains can differ, and not just in spelling.
fn compatible(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other || fold(one) == fold(other),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
