//! New names that look like `DOMAIN\\NAME` whose backslash the shell removed. Such an entry would protect another
//! account than the intended one, or no account.

use std::collections::BTreeSet;

use crate::cli::context::{Context, Opened};
use crate::names::name::{Domain, Name};
use crate::platform;
use crate::store::DocumentKind;

/// The most names that are warned about one by one.
const MOST_WARNINGS: usize = 5;

/// Warns of new names without a domain that begin with the name of one: in most shells, `CORP\\alice` without
/// quotes is `CORPalice`. `names` are new ones that the system does not confirm.
pub(super) fn warn_of_lost_backslashes(
    context: &mut Context<'_>,
    opened: &Opened,
    names: &[String],
) {
    let names: Vec<_> = names.iter().filter_map(|name| Name::parse(name).ok()).collect();
    if !names.iter().any(|name| *name.domain() == Domain::Unqualified) {
        return;
    }
    let domains = known_domains(opened, &names);
    let lost: Vec<_> = names.iter().filter_map(|name| lost_backslash(name, &domains)).collect();
    for (name, domain, account) in lost.iter().take(MOST_WARNINGS) {
        context.warn(&format!(
            "'{name}' begins with the domain '{domain}': was it written without quotes, so that the shell removed a \
             backslash?"
        ));
        context.hint(&format!(
            "if you mean {account} of {domain}, add {}, and remove {}",
            platform::quoted(format!("{domain}\\{account}")),
            platform::quoted(name.canonical())
        ));
    }
    if lost.len() > MOST_WARNINGS {
        let more = lost.len() - MOST_WARNINGS;
        context.warn(&format!("{more} more names begin with the name of a domain"));
    }
}

/// Splits a name that begins with the name of a domain.
fn lost_backslash<'n>(
    name: &'n Name,
    domains: &'n BTreeSet<String>,
) -> Option<(&'n Name, &'n str, &'n str)> {
    if *name.domain() != Domain::Unqualified {
        return None;
    }
    let split = |domain: &'n String| {
        let account = name.account().strip_prefix(domain.as_str())?;
        // `corp-backup` is a name of its own.
        account.starts_with(char::is_alphanumeric).then_some((name, domain.as_str(), account))
    };
    domains.iter().filter_map(split).max_by_key(|(_, domain, _)| domain.len())
}

/// Lists the NetBIOS domains that occur in the settings, in listed and in new names, and this machine's.
fn known_domains(opened: &Opened, new: &[Name]) -> BTreeSet<String> {
    let kinds = [DocumentKind::User, DocumentKind::Group, DocumentKind::Whitelist];
    // Names that cannot be listed only make the warning less likely.
    let listed = kinds.into_iter().filter_map(|kind| opened.store.list(kind).ok());
    let listed = listed.flat_map(|list| list.names);
    let of_names = listed.chain(new.iter().cloned()).filter_map(|name| match name.domain() {
        Domain::NetBios(domain) => Some(domain.clone()),
        Domain::Unqualified | Domain::Local | Domain::Suffix(_) => None,
    });
    let domains = &opened.settings.domains;
    let of_settings = domains.default.iter().chain(domains.aliases.values()).cloned();
    let own = platform::domain_name().map(|domain| domain.to_lowercase());
    of_names.chain(of_settings).chain(own).filter(|domain| !domain.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards which names are warned about.
    #[test]
    fn a_lost_backslash_is_recognised() {
        let domains = ["corp", "corpeu", "emea"].map(str::to_owned).into();
        for (name, expected) in [
            ("CORPalice9", Some(("corp", "alice9"))),
            ("corpeualice", Some(("corpeu", "alice"))),
            ("EmeaBob", Some(("emea", "bob"))),
            ("corp", None),
            ("corp-backup", None),
            ("corp.backup", None),
            ("alice", None),
            ("acorpalice", None),
            (r"CORP\corpalice", None),
            ("corpalice@corp.example", None),
        ] {
            let name = Name::parse(name).unwrap();
            let found =
                lost_backslash(&name, &domains).map(|(_, domain, account)| (domain, account));
            assert_eq!(found, expected, "{name}");
        }
    }
}
