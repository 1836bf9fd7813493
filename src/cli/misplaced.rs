//! Names to be added that look like the value of an option, such as `30d` or `until=8h`.
//!
//! SECURITY: taken as names, they would list accounts that do not exist, and the option would be missing:
//! `whitelist add alice 30d` would let alice in for ever.

use clap::ValueEnum as _;

use crate::cli::context::Context;
use crate::cli::moment::{Counts, Moment};
use crate::cli::parse_name;
use crate::error::{Error, ErrorKind, Result};
use crate::names::listing::{Method, Phone};
use crate::printable::printable;
use crate::store::{Document, DocumentKind, Reader};
use crate::time::Timestamp;

/// The command whose names are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adding {
    /// `users add`, for users.
    Users,
    /// `users add`, for groups.
    Groups,
    /// `whitelist add`.
    Whitelist,
}

impl Adding {
    /// The kinds of documents that show that such a name is in use.
    fn kinds(self) -> &'static [DocumentKind] {
        match self {
            Adding::Users => &[DocumentKind::User, DocumentKind::State],
            Adding::Groups => &[DocumentKind::Group],
            Adding::Whitelist => {
                &[DocumentKind::Whitelist, DocumentKind::User, DocumentKind::State]
            }
        }
    }

    /// The options whose values people write as `option=value`.
    fn options(self) -> &'static [&'static str] {
        match self {
            Adding::Users | Adding::Groups => &["method", "phone", "notes", "group", "from"],
            Adding::Whitelist => &["until", "reason", "from"],
        }
    }
}

/// Rejects a command line with a name that looks like something else, before anything is added. Accepts
/// the name of an account or group that the system knows or that is listed.
///
/// # Errors
/// [`ErrorKind::Usage`] for the first such name.
pub(super) fn refuse(
    context: &Context<'_>,
    store: &dyn Reader,
    adding: Adding,
    names: &[String],
) -> Result<()> {
    for written in names {
        let Some(mistake) = mistake(written, adding) else { continue };
        if !is_in_use(context, store, adding, written)? {
            let quoted = printable(written);
            return Err(Error::new(ErrorKind::Usage, format!("'{quoted}' {}", mistake.what))
                .with_hint(mistake.hint));
        }
    }
    Ok(())
}

/// Returns whether the system has an account or group of this name, or an entry has it.
fn is_in_use(
    context: &Context<'_>,
    store: &dyn Reader,
    adding: Adding,
    written: &str,
) -> Result<bool> {
    // The command itself reports an invalid name.
    let Ok(name) = parse_name(written) else { return Ok(true) };
    for kind in adding.kinds() {
        if store.read(&Document::Of(*kind, name.clone()))?.is_some() {
            return Ok(true);
        }
    }
    let spellings = name.system_spellings(written);
    Ok(context.process.knows(&spellings, adding == Adding::Groups).unwrap_or(false))
}

/// Why a text is probably not a name, and what was meant.
#[derive(Debug, PartialEq, Eq)]
struct Mistake {
    what: &'static str,
    hint: String,
}

fn mistake(written: &str, adding: Adding) -> Option<Mistake> {
    let text = written.trim();
    let shown = printable(text);
    let found = |what, hint| Some(Mistake { what, hint });
    let meant = |option: &str, value: &str| format!("did you mean --{option} {}?", quoted(value));
    if is_distinguished_name(text) {
        let hint = "use the account name, such as alice or CORP\\alice";
        return found("is a distinguished name, not an account name", hint.into());
    }
    if let Some((key, value)) = text.split_once('=') {
        let key = key.trim_start_matches('-').to_lowercase();
        let hint = match &*key {
            "name" | "user" => format!("did you mean {}?", quoted(value)),
            key if adding.options().contains(&key) => meant(key, value),
            _ => "account names have no '='; options begin with --, as in --method app".into(),
        };
        return found("is not a name", hint);
    }
    if text.contains(',') {
        let names: Vec<_> =
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let hint = format!("separate names with spaces: {}", printable(&names.join(" ")));
        return found("contains a comma", hint);
    }
    let is_whitelist = adding == Adding::Whitelist;
    if is_time(text) || (is_whitelist && text.eq_ignore_ascii_case("never")) {
        let example =
            format!("to add an account of this name, write it with its domain: CORP\\{shown}");
        let hint = if is_whitelist { meant("until", text) } else { example };
        return found("looks like a time, not a name", hint);
    }
    if Phone::parse(text).is_some() {
        let hint = "a whitelist entry has no phone number";
        let hint = if is_whitelist { hint.into() } else { meant("phone", text) };
        return found("looks like a phone number, not a name", hint);
    }
    if !is_whitelist && Method::from_str(text, true).is_ok() {
        return found("looks like a method, not a name", meant("method", text));
    }
    None
}

/// Returns whether a text is a duration, a date or a time. A short number counts as a duration; a longer
/// one may be an account called after its number.
fn is_time(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let begins_with_digit = lower.starts_with(|c: char| c.is_ascii_digit());
    let is_duration = begins_with_digit
        && !is_number(&lower)
        && lower.chars().all(|c| c.is_ascii_digit() || "smhdw".contains(c));
    is_duration
        || (is_number(&lower) && lower.len() <= 3)
        || Moment::parse("", text, Timestamp::from_unix(0), Counts::Forward).is_ok()
        || is_date(text)
}

/// Returns whether a text has the form of a date, even one that does not exist: 2026-02-30, 31.12.2026.
fn is_date(text: &str) -> bool {
    ['-', '.'].into_iter().any(|separator| {
        let parts: Vec<_> = text.split(separator).collect();
        let is_short = |part: &&str| (1..=4).contains(&part.len());
        let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        parts.len() == 3
            && parts.iter().all(|part| is_short(part) && is_number(part))
            && parts.iter().any(|part| part.len() == 4)
    })
}

/// Returns whether a text is a name as LDAP writes it: `CN=Alice,OU=staff`.
fn is_distinguished_name(text: &str) -> bool {
    let attributes = ["cn", "ou", "dc", "uid", "o", "samaccountname", "userprincipalname"];
    text.split_once('=').is_some_and(|(key, _)| {
        attributes.iter().any(|attribute| key.trim().eq_ignore_ascii_case(attribute))
    })
}

/// Quotes a value for a command line if it has blanks.
fn quoted(value: &str) -> String {
    let value = printable(value.trim());
    if value.contains(char::is_whitespace) { format!("'{value}'") } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the whitelist against entries for ever, and the list against accounts that do not exist.
    #[test]
    fn values_of_options_are_no_names() {
        use Adding::{Groups, Users, Whitelist};
        for (text, adding, hint) in [
            ("30d", Whitelist, "did you mean --until 30d?"),
            ("2h30m", Whitelist, "--until 2h30m"),
            ("1w", Whitelist, "--until 1w"),
            ("8H", Whitelist, "--until 8H"),
            ("30", Whitelist, "--until 30"),
            ("never", Whitelist, "--until never"),
            ("2026-12-31", Whitelist, "--until 2026-12-31"),
            ("2026-12-24T18:00:00+01:00", Whitelist, "--until 2026-12-24T18:00:00+01:00"),
            ("31.12.2026", Whitelist, "--until 31.12.2026"),
            ("until=8h", Whitelist, "did you mean --until 8h?"),
            ("reason=new phone", Whitelist, "--reason 'new phone'"),
            ("30d", Users, "CORP\\30d"),
            ("30d", Groups, "CORP\\30d"),
            ("phone=+33612345678", Users, "did you mean --phone +33612345678?"),
            ("+33612345678", Users, "did you mean --phone +33612345678?"),
            ("Method=sms", Users, "did you mean --method sms?"),
            ("sms", Users, "did you mean --method sms?"),
            ("name=carl", Users, "did you mean carl?"),
            ("colour=red", Users, "options begin with --"),
            ("al,bob", Users, "separate names with spaces: al bob"),
            ("al, bob,", Groups, "separate names with spaces: al bob"),
            ("CN=Alice,OU=x", Users, "use the account name"),
            ("ou=staff", Groups, "use the account name"),
        ] {
            let found = mistake(text, adding).map(|mistake| mistake.hint).unwrap_or_default();
            assert!(found.contains(hint), "{text}: {found}");
        }
    }

    /// Guards accounts with unusual names.
    #[test]
    fn names_are_names() {
        for text in [
            "alice",
            "CORP\\alice",
            "alice@corp.example",
            ".\\7d",
            "CORP\\7d",
            "1234567",
            "dms",
            "d",
            "h2",
            "7dwarfs",
            "never",
            "2026-team",
            "1.2",
            "10.0.0.1",
            "alice-2026-12-31",
            "remote staff",
        ] {
            assert_eq!(mistake(text, Adding::Users), None, "{text}");
        }
    }
}
