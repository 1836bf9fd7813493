//! The settings of a store, read from `store.toml`.

pub mod advanced;
pub mod chance;
pub mod duration;
pub mod license;
pub mod sms;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use crate::account::matching::Domains;
use crate::platform::SystemLog;
use crate::settings::advanced::Advanced;
use crate::settings::license::LicenseSection;
use crate::settings::sms::SmsSection;
use crate::time::{Timestamp, readable};

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

/// A wrong value and its position in the document.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The byte position.
    pub at: usize,
    /// What is wrong, with the name of the key.
    pub message: String,
    /// A hint, if the fix is not obvious.
    pub hint: Option<&'static str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    schema: Spanned<u32>,
    enabled: bool,
    #[serde(with = "readable")]
    created: Timestamp,
    key_file: Option<PathBuf>,
    importing: Option<Spanned<bool>>,
    #[serde(default)]
    advanced: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    #[serde(default)]
    license: LicenseSection,
    #[serde(default)]
    domains: DomainsDocument,
    #[serde(default)]
    sms: SmsSection,
    #[serde(default)]
    audit: AuditDocument,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditDocument {
    syslog: Option<Spanned<bool>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DomainsDocument {
    default: Option<String>,
    #[serde(default)]
    aliases: BTreeMap<String, String>,
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
            message: "an import into this store did not end".into(),
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
    let document: Document = toml::from_str(text).map_err(|error| Problem {
        at: error.span().map_or(0, |span| span.start),
        message: error.message().to_owned(),
        hint: None,
    })?;
    let schema = *document.schema.get_ref();
    if schema != SCHEMA {
        return Err(Problem {
            at: document.schema.span().start,
            message: format!("schema {schema} is not known to this program, which knows {SCHEMA}"),
            hint: Some("use the version of rw2fa that made the store, or a newer one"),
        });
    }
    let importing = document.importing.filter(|importing| *importing.get_ref());
    let mut advanced = Advanced::default();
    for (name, value) in document.advanced {
        let at =
            |span: std::ops::Range<usize>, message| Problem { at: span.start, message, hint: None };
        let key = advanced::find(name.get_ref()).map_err(|message| at(name.span(), message))?;
        let span = value.span();
        key.assign(&mut advanced, value.get_ref()).map_err(|message| at(span, message))?;
    }
    let syslog = document.audit.syslog.filter(|wanted| *wanted.get_ref());
    if let (Some(wanted), false) = (&syslog, SystemLog::IS_OFFERED) {
        return Err(Problem {
            at: wanted.span().start,
            message: "syslog: this system has no such log".into(),
            hint: Some("set it to false"),
        });
    }
    let settings = Settings {
        enabled: document.enabled,
        created: document.created,
        key_file: document.key_file,
        advanced,
        license: document.license,
        domains: Domains::new(document.domains.default.as_deref(), document.domains.aliases),
        sms: document.sms,
        syslog: syslog.is_some(),
    };
    Ok((settings, importing.map(|importing| importing.span().start)))
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
            ("[audit]\nsyslog = \"yes\"\n", 5, "boolean"),
            ("[audit]\nlog = true\n", 5, "log"),
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
}
