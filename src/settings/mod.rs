//! The settings of a store, read from `store.toml`.
//!
//! Each key is declared once, with `key::section!` or in `license::KEYS`.

pub mod advanced;
pub mod chance;
mod choice;
pub mod duration;
pub mod head;
pub mod key;
pub mod license;
mod reading;
pub mod sms;

use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeTable;

use crate::names::matching::Domains;
use crate::platform::SystemLog;
use crate::settings::advanced::Advanced;
use crate::settings::head::{AuditSection, DomainsSection, Head};
use crate::settings::key::{Section, Valid};
use crate::settings::license::LicenseSection;
pub use crate::settings::reading::Problem;
use crate::settings::reading::{read_keys, read_table, unknown};
use crate::settings::sms::SmsSection;
use crate::time::Timestamp;

/// The schema version of documents that this program reads and writes.
pub const SCHEMA: u32 = 1;

/// The contents of `store.toml`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether two-factor authentication is on.
    pub enabled: bool,
    /// When the store was created; the trial starts here.
    pub created: Timestamp,
    /// The location of the data key, if it is outside the store.
    pub key_file: Option<PathBuf>,
    /// The advanced settings, with defaults filled in.
    pub advanced: Advanced,
    /// The licence, not checked.
    pub license: LicenseSection,
    /// The names of domains.
    pub domains: Domains,
    /// The SMS gateway.
    pub sms: SmsSection,
    /// Whether the system log gets a copy of the audit trail.
    pub syslog: bool,
}

/// Parses the text of `store.toml`.
///
/// # Errors
/// The first problem.
pub fn parse(text: &str) -> Result<Settings, Problem> {
    let (settings, importing) = read(text)?;
    match importing {
        None => Ok(settings),
        Some(at) => Err(Problem {
            at,
            message: "an import into this store was not finished".into(),
            hint: Some("run the import again"),
        }),
    }
}

/// Parses the text of `store.toml`, even if an import is unfinished.
///
/// # Errors
/// The first problem.
pub fn parse_unfinished(text: &str) -> Result<Settings, Problem> {
    read(text).map(|(settings, _)| settings)
}

/// Returns the settings, and the position of the key that marks a running import.
fn read(text: &str) -> Result<(Settings, Option<usize>), Problem> {
    let mut document = DeTable::parse(text)?.into_inner();
    check_schema(&document)?;
    let position = |table, key| position_of(table, key, text).unwrap_or(0);
    let license = LicenseSection::take(&mut document)?;
    let advanced = read_table::<Advanced>(&mut document)?;
    let domains = read_table::<DomainsSection>(&mut document)?;
    let sms = read_table::<SmsSection>(&mut document)?;
    let audit = read_table::<AuditSection>(&mut document)?;
    for name in document.keys() {
        let known = || Head::KEYS.iter().map(|key| key.name).chain(TABLES);
        if !known().any(|known| known == name.get_ref()) {
            let message = unknown(name.get_ref(), known());
            return Err(Problem { at: name.span().start, message, hint: None });
        }
    }
    let head = read_keys::<Head>(document.into_iter().collect())?;
    if audit.syslog && !SystemLog::IS_OFFERED {
        return Err(Problem {
            at: position(AuditSection::TABLE, "syslog"),
            message: "syslog: this system has no system log".into(),
            hint: Some("set 'syslog = false' in the file"),
        });
    }
    let settings = Settings {
        enabled: head.enabled,
        created: head.created,
        key_file: head.key_file,
        advanced,
        license,
        domains: Domains::new(domains.default.as_deref(), domains.aliases),
        sms,
        syslog: audit.syslog,
    };
    Ok((settings, head.importing.then(|| position(Head::TABLE, "importing"))))
}

/// Checks the schema first: a newer document can have keys that this program does not know.
fn check_schema(document: &DeTable<'_>) -> Result<(), Problem> {
    let Some(value) = document.get("schema") else { return Ok(()) };
    let Some(schema) = value.get_ref().as_integer().map(ToString::to_string) else { return Ok(()) };
    if schema == SCHEMA.to_string() {
        return Ok(());
    }
    Err(Problem {
        at: value.span().start,
        message: format!(
            "schema {schema} is not supported by this program, which supports {SCHEMA}"
        ),
        hint: Some("use the version of rw2fa that created the store, or a newer one"),
    })
}

/// The tables of the document.
const TABLES: [&str; 5] = [
    Advanced::TABLE,
    SmsSection::TABLE,
    AuditSection::TABLE,
    DomainsSection::TABLE,
    LicenseSection::TABLE,
];

/// Returns the byte position of a key of a table, or of the table if the key is missing.
pub fn position_of(table: &str, key: &str, text: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?.into_inner();
    let start = |table: &DeTable<'_>| {
        table.get_key_value(key).map(|(name, _): (&Spanned<_>, _)| name.span().start)
    };
    if table.is_empty() {
        return start(&document);
    }
    let section = document.get(table)?;
    let found = section.get_ref().as_table().and_then(start);
    Some(found.unwrap_or(section.span().start))
}

/// A key of the document, as manual pages and documents describe it.
pub struct Described {
    /// The table; empty for the keys above all tables.
    pub table: &'static str,
    /// The purpose of the table.
    pub about: &'static str,
    /// The key.
    pub name: &'static str,
    /// Its purpose, in one line.
    pub meaning: &'static str,
    /// Its valid values.
    pub valid: Valid,
    /// Whether the document must contain it.
    pub is_required: bool,
    /// Its default, if it has one.
    pub default: Option<String>,
}

/// Describes every key of `store.toml`, table by table.
pub fn described() -> Vec<Described> {
    let mut all = describe::<Head>();
    all.extend(describe::<Advanced>());
    all.extend(describe::<SmsSection>());
    all.extend(describe::<AuditSection>());
    all.extend(describe::<DomainsSection>());
    all.extend(LicenseSection::described());
    all
}

fn describe<S: Section>() -> Vec<Described> {
    let defaults = S::default();
    let key = |key: &key::Key<S>| Described {
        table: S::TABLE,
        about: S::ABOUT,
        name: key.name,
        meaning: key.meaning,
        valid: key.spec.valid,
        is_required: key.spec.is_required,
        default: match key.spec.default_words {
            Some(words) => Some(words.into()),
            None if key.spec.is_required => None,
            None => key.value(&defaults).map(|value| value.to_string()),
        },
    };
    S::KEYS.iter().map(key).collect()
}

/// Returns the text of a new `store.toml`.
pub fn initial_text(created: Timestamp) -> String {
    format!(
        "# Settings of rw2fa; may be edited by hand.\n\
         schema = {SCHEMA}\n\
         enabled = false\n\
         created = {created}\n\
         \n\
         # Keys: rw2fa advanced list\n\
         [advanced]\n\
         \n\
         # Keys: default = \"CORP\", aliases = {{ \"corp.example\" = \"CORP\" }}\n\
         [domains]\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::records::line_of;

    const HEAD: &str = "schema = 1\nenabled = true\ncreated = 2026-11-24T08:00:00Z\n";

    fn problem(text: &str) -> (usize, String) {
        let problem = parse(text).unwrap_err();
        (line_of(text, problem.at), problem.message)
    }

    #[test]
    fn a_new_store_is_disabled_and_has_the_defaults() {
        let settings = parse(&initial_text(Timestamp::from_unix(1_795_000_000))).unwrap();
        assert!(!settings.enabled);
        assert_eq!(settings.advanced, Advanced::default());
        assert_eq!(settings.created.unix(), 1_795_000_000);
    }

    #[test]
    fn required_keys_must_be_present() {
        for line in ["schema = 1\n", "enabled = true\n", "created = 2026-11-24T08:00:00Z\n"] {
            let (_, message) = problem(&HEAD.replace(line, ""));
            assert!(message.contains("missing field"), "{message}");
        }
        assert!(parse(HEAD).is_ok());
        assert!(parse("").is_err(), "an emptied file must not read as 'disabled'");
    }

    #[test]
    fn problems_name_the_key_and_its_position() {
        for (more, line, words) in [
            ("[advanced]\ndiscrepancy = 2881\n", 5, "discrepancy"),
            ("[advanced]\ndiscrepancy = \"480\"\n", 5, "discrepancy"),
            ("[advanced]\n\ndiscrepency = 3\n", 6, "discrepency"),
            ("[advanced]\nissuer = \"a:b\"\n", 5, "issuer"),
            ("colour = 1\n", 4, "colour"),
            ("[domains]\nfoo = 1\n", 5, "foo"),
            ("[sms]\n\nform = \"+33612345678\"\n", 6, "form"),
            ("[audit]\nsyslog = \"yes\"\n", 5, "syslog must be true or false, not string"),
            ("[audit]\nlog = true\n", 5, "unknown field `log`"),
            ("sms = 3\n", 4, "sms must be a table, not integer"),
            ("[sms]\nproxy = 5\n", 5, "proxy must be an http or https address"),
            ("[domains]\naliases = { \"corp.example\" = 5 }\n", 5, "aliases must be a table"),
        ] {
            let (found, message) = problem(&format!("{HEAD}{more}"));
            assert!(message.contains(words), "{message}");
            assert_eq!(found, line, "{more}: {message}");
        }
    }

    #[test]
    fn any_licence_section_is_accepted() {
        for (more, token, enabled) in [
            ("", None, false),
            ("[license]\n", None, false),
            ("[license]\ntoken = \"a.b.c\"\n", Some("a.b.c"), false),
            ("license = { token = \"a.b.c\", first-enabled = \"x\" }\n", Some("a.b.c"), true),
            ("[license]\nfirst-enabled = 2026-11-24T08:00:00Z\n", None, true),
            ("[license]\ntoken = 5\nother = []\n", Some("5"), false),
            ("license = 3\n", None, false),
            ("[[license]]\ntoken = \"x\"\n", None, false),
        ] {
            let section = parse(&format!("{HEAD}{more}")).unwrap().license;
            assert_eq!(section.token().as_deref(), token, "{more}");
            assert_eq!(section.was_enabled(), enabled, "{more}");
        }
    }

    #[test]
    fn a_newer_schema_and_an_unfinished_import_are_refused() {
        assert!(problem(&HEAD.replace("schema = 1", "schema = 2")).1.contains("schema 2"));
        assert!(problem(&format!("{HEAD}importing = true\n")).1.contains("import"));
    }

    #[test]
    fn keys_are_found_in_every_notation() {
        for (text, key, line) in [
            ("a = 1\n\n[sms]\n# x\nfrom = \"12345\"\nproxy = 5\n", "from", Some(5)),
            ("a = 1\n\n[sms]\n# x\nfrom = \"12345\"\nproxy = 5\n", "proxy", Some(6)),
            ("a = 1\n\n[sms]\nfrom = \"12345\"\n[advanced]\nproxy = 1\n", "proxy", Some(3)),
            ("sms = { from = \"1\",\n  \"proxy\" = \"\" }\n", "proxy", Some(2)),
            ("x = 1\nsms.from = \"1\"\nsms.proxy = \"\"\n", "proxy", Some(3)),
            ("from = 1\n", "from", None),
            ("[sms\n", "from", None),
        ] {
            let at = position_of("sms", key, text);
            assert_eq!(at.map(|at| text[..at].matches('\n').count() + 1), line, "{key} in {text}");
        }
    }
}
