//! Explains in words why an entry and a login are the same account.
//!
//! Decides nothing. It only explains pairs that [`matching`](super::matching) has matched.

use super::matching::{Domains, netbios_of};
use super::name::{Domain, Name};

/// Explains why `entry`, found among `entries`, matches `login`.
pub fn explain_match(login: &Name, entry: &Name, entries: &[Name], domains: &Domains) -> String {
    let mut reasons = Vec::new();
    if login.account() != entry.account() {
        reasons.push("accents and letter variants are ignored".to_owned());
    }
    reasons.extend(explain_domain(login, entry, entries, domains));
    if reasons.is_empty() { "the same name".into() } else { reasons.join("; ") }
}

fn explain_domain(
    login: &Name,
    entry: &Name,
    entries: &[Name],
    domains: &Domains,
) -> Option<String> {
    if login.domain() == entry.domain() {
        return None;
    }
    if *entry.domain() == Domain::Unqualified {
        return Some("an entry without a domain matches every domain".into());
    }
    if let (Domain::Unqualified, Some(default)) = (login.domain(), &domains.default) {
        return Some(format!("a login without a domain belongs to {default} ([domains] default)"));
    }
    match (netbios_of(login, entries, domains), netbios_of(entry, entries, domains)) {
        (Some(of_login), Some(_)) => Some(match (suffix(login), suffix(entry)) {
            (Some(suffix), _) | (None, Some(suffix)) => {
                let by = if domains.aliases.contains_key(suffix) {
                    "[domains] aliases"
                } else {
                    "its first label"
                };
                format!("{suffix} means {of_login} ({by})")
            }
            (None, None) => format!("another spelling of the domain {of_login}"),
        }),
        (None, _) => Some(explain_unknown(login, "a login")),
        (_, None) => Some(explain_unknown(entry, "an entry")),
    }
}

/// Explains why a name with an unknown domain matches every domain.
fn explain_unknown(name: &Name, what: &str) -> String {
    match name.domain() {
        Domain::Unqualified => format!("{what} without a domain matches every domain"),
        Domain::Local => format!(r"{what} with .\ matches every domain"),
        Domain::NetBios(text) | Domain::Suffix(text) => {
            format!("{text} is not a known domain, so {what} with it matches every domain")
        }
    }
}

/// The DNS domain in a name, if it has one.
fn suffix(name: &Name) -> Option<&str> {
    match name.domain() {
        Domain::Suffix(text) => Some(text),
        Domain::NetBios(text) if text.contains('.') => Some(text.trim_end_matches('.')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    const CASES: &[(&str, &str, Option<&str>, &str)] = &[
        ("alice", "ALICE", None, "the same name"),
        ("alice", r"CORP\alice", None, "an entry without a domain matches every domain"),
        (r"CORP\alice", "alice", None, "a login without a domain matches every domain"),
        (r"CORP\alice", "alice", Some("CORP"), "a login without a domain belongs to corp \
           ([domains] default)"),
        (r"CORP\alice", r".\alice", None, r"a login with .\ matches every domain"),
        (r"CORP\alice", "alice@alt.example", None, "alt.example means corp ([domains] aliases)"),
        (r"CORP\alice", "alice@corp.example", None, "corp.example means corp (its first label)"),
        (r"CORP\alice", r"corp.example\alice", None, "corp.example means corp (its first label)"),
        ("alice@alt.example", r"CORP\alice", None, "alt.example means corp ([domains] aliases)"),
        (r"CORP\alice", "alice@x.example", None, "x.example is not a known domain, so a login with it matches every \
             domain"),
        ("alice@x.example", r"CORP\alice", None, "x.example is not a known domain, so an entry with it matches every \
             domain"),
        (r"CORP\alice", r"Çorp\alice", None, "another spelling of the domain corp"),
        ("müller", "muller", None, "accents and letter variants are ignored"),
        ("müller", r"CORP\muller", None, "accents and letter variants are ignored; an entry \
          without a domain matches \
             every domain"),
    ];

    /// Guards what the help desk reads: each kind of match has its own explanation.
    #[test]
    fn each_kind_of_match_is_explained() {
        for (entry, login, default, expected) in CASES {
            let domains = Domains::new(*default, [("alt.example", "CORP")]);
            let entries = [Name::parse(entry).unwrap()];
            let login = Name::parse(login).unwrap();
            let explained = explain_match(&login, &entries[0], &entries, &domains);
            assert_eq!(explained, *expected, "{login}, {entry}");
        }
    }
}
