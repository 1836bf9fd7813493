//! Names to be added that cannot be meant: values of options such as `30d` or `until=8h`, distinguished names, and
//! domains written with a slash.
//!
//! SECURITY: taken as names, they would list accounts that do not exist, and an option would be missing:
//! `whitelist add alice 30d` would let alice in for ever.

use clap::ValueEnum as _;

use crate::cli::context::{Context, Opened};
use crate::cli::moment::{Counts, FORMS, Moment};
use crate::cli::parse_name;
use crate::error::{Error, ErrorKind, Result};
use crate::names::listing::{Method, Phone};
use crate::names::name::folded;
use crate::platform;
use crate::printable::printable;
use crate::process::Process;
use crate::store::{Document, DocumentKind};
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

/// Checks new names against the store and the system.
pub(super) struct NewNames<'a> {
    process: &'a Process,
    opened: &'a Opened,
}

impl<'a> NewNames<'a> {
    pub(super) fn new(context: &'a Context<'_>, opened: &'a Opened) -> Self {
        Self { process: context.process, opened }
    }

    /// Rejects a command line with a name that cannot be meant, before anything is added.
    ///
    /// # Errors
    /// The error for the first such name.
    pub(super) fn check(&self, adding: Adding, names: &[String]) -> Result<()> {
        names.iter().try_for_each(|written| self.refuse(mistake(written, adding), adding, written))
    }

    /// Rejects a name of a list that cannot be meant.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] or [`ErrorKind::Refused`] for such a name.
    pub(super) fn check_line(&self, adding: Adding, written: &str) -> Result<()> {
        let mistake = mistake(written, adding).filter(|mistake| !mistake.is_for_lists);
        self.refuse(mistake, adding, written)
    }

    /// Accepts the name of an account or group that the system knows or that is listed.
    fn refuse(&self, mistake: Option<Mistake>, adding: Adding, written: &str) -> Result<()> {
        let Some(mistake) = mistake else { return Ok(()) };
        if self.is_in_use(adding, written)? {
            return Ok(());
        }
        let what = format!("'{}' {}", printable(written), mistake.what);
        Err(Error::new(mistake.kind, what).with_hint(mistake.hint))
    }

    /// Returns whether the system has an account or group of this name, or an entry has it.
    fn is_in_use(&self, adding: Adding, written: &str) -> Result<bool> {
        // The command itself reports an invalid name.
        let Ok(name) = parse_name(written) else { return Ok(true) };
        for kind in adding.kinds() {
            let document = Document::Of(*kind, name.clone());
            if self.opened.store.read(&document)?.is_some() {
                return Ok(true);
            }
        }
        let spellings = name.system_spellings(written);
        Ok(self.opened.settings.advanced.asks_system()
            && self.process.knows(&spellings, adding == Adding::Groups) == Some(true))
    }
}

/// Why a text is probably not a name, and what was meant.
#[derive(Debug, PartialEq, Eq)]
struct Mistake {
    kind: ErrorKind,
    what: &'static str,
    hint: String,
    /// Whether a list may have such a name, where it is no mistyped option.
    is_for_lists: bool,
}

impl Mistake {
    fn only_typed(self) -> Self {
        Self { is_for_lists: true, ..self }
    }
}

fn mistake(written: &str, adding: Adding) -> Option<Mistake> {
    let text = written.trim();
    let shown = printable(text);
    let found =
        |what, hint| Some(Mistake { kind: ErrorKind::Usage, what, hint, is_for_lists: false });
    let quoted = |value: &str| platform::quoted(printable(value.trim()));
    let meant = |option: &str, value: &str| format!("did you mean --{option} {}?", quoted(value));
    if is_distinguished_name(text) {
        let hint = "use the account name, such as alice or 'CORP\\alice'";
        return found("is a distinguished name, not an account name", hint.into());
    }
    if let Some((key, value)) = text.split_once('=') {
        let key = key.trim_start_matches('-').to_lowercase();
        let hint = match &*key {
            "name" | "user" => format!("did you mean {}?", quoted(value)),
            key if adding.options().contains(&key) => meant(key, value),
            _ => {
                let hint = "account names have no '='; options begin with --, as in --method app";
                return found("is not a name", hint.into()).map(Mistake::only_typed);
            }
        };
        return found("is not a name", hint);
    }
    if text.contains(',') {
        let names: Vec<_> =
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let hint = format!("separate names with spaces: {}", printable(&names.join(" ")));
        return found("contains a comma", hint).map(Mistake::only_typed);
    }
    if folded(text).contains('/') {
        let what = "contains '/', which separates no domain";
        return found(what, hint_for_slash(text))
            .map(|found| Mistake { kind: ErrorKind::Refused, ..found });
    }
    let is_whitelist = adding == Adding::Whitelist;
    let is_never = text.eq_ignore_ascii_case("never");
    if is_whitelist && is_never || !is_never && is_time(text) {
        let example =
            format!("to add an account of this name, write it with its domain: 'CORP\\{shown}'");
        let hint = match (is_whitelist, is_end(text)) {
            (true, true) => meant("until", text),
            (true, false) => format!("give the end with --until: {FORMS}, or never"),
            (false, _) => example,
        };
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

/// Returns how to write a name with a slash.
fn hint_for_slash(text: &str) -> String {
    let is_part = |part: &str| !part.trim().is_empty() && !part.contains(['/', '\\', '@', '\'']);
    match text.split_once('/') {
        Some((domain, account)) if is_part(domain) && is_part(account) => {
            format!("write the domain with a backslash, and quote the name: '{domain}\\{account}'")
        }
        _ => "write the name without '/'; a domain is written with a backslash, in quotes: 'CORP\\alice'".into(),
    }
}

/// Returns whether `--until` takes this text.
fn is_end(text: &str) -> bool {
    text.eq_ignore_ascii_case("never")
        || Moment::parse("", text, Timestamp::from_unix(0), Counts::Forward).is_ok()
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
    is_duration || (is_number(&lower) && lower.len() <= 3) || is_end(text) || is_date(text)
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
            ("30", Whitelist, "give the end with --until: 2026-12-31"),
            ("never", Whitelist, "--until never"),
            ("2026-12-31", Whitelist, "--until 2026-12-31"),
            ("2026-12-24T18:00:00+01:00", Whitelist, "--until 2026-12-24T18:00:00+01:00"),
            ("31.12.2026", Whitelist, "give the end with --until: 2026-12-31"),
            ("Never", Whitelist, "--until Never"),
            ("CORP/dave", Users, "'CORP\\dave'"),
            ("a/b/c", Groups, "write the name without '/'"),
            ("until=8h", Whitelist, "did you mean --until 8h?"),
            ("30d", Users, "'CORP\\30d'"),
            ("30d", Groups, "'CORP\\30d'"),
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
        for value in ["it's new", "new phone"] {
            let found = mistake(&format!("reason={value}"), Whitelist).unwrap().hint;
            assert_eq!(found, format!("did you mean --reason {}?", platform::quoted(value)));
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
