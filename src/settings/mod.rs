//! The settings of a store: what `store.toml` says.

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

/// The schema of documents that this program reads and writes.
pub const SCHEMA: u32 = 1;

/// What `store.toml` says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether codes are asked for at all.
    pub enabled: bool,
    /// When the store was made; the trial counts from here.
    pub created: Timestamp,
    /// Where the data key is, when it is not in the store.
    pub key_file: Option<PathBuf>,
    /// The advanced settings, defaults filled in.
    pub advanced: Advanced,
    /// The licence, not looked at.
    pub license: LicenseSection,
    /// How domains are named.
    pub domains: Domains,
    /// Through which gateway messages go.
    pub sms: SmsSection,
    /// Whether the system's log gets a copy of the audit trail.
    pub syslog: bool,
}

/// A value of the wrong kind or out of bounds, and where it stands in the document.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The byte at which it stands.
    pub at: usize,
    /// What is wrong, naming the key.
    pub message: String,
    /// The way out, when it is not plain.
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

/// Reads the text of `store.toml`.
///
/// # Errors
/// The first thing that is wrong with it.
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

/// Reads the text of `store.toml`, also of a store into which an import did not end.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse_unfinished(text: &str) -> Result<Settings, Problem> {
    read(text).map(|(settings, _)| settings)
}

/// The settings, and where they say that an import runs.
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

/// The text of a new `store.toml`.
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

    const HEAD: &str = "schema = 1\nenabled = true\ncreated = 2026-11-24T08:00:00Z\n";

    fn problem(text: &str) -> (usize, String) {
        let problem = parse(text).unwrap_err();
        (text[..problem.at].matches('\n').count() + 1, problem.message)
    }

    #[test]
    fn a_new_store_is_disabled_and_has_the_defaults() {
        let settings = parse(&initial_text(Timestamp::from_unix(1_795_000_000))).unwrap();
        assert!(!settings.enabled);
        assert_eq!(settings.advanced, Advanced::default());
        assert_eq!(settings.created.unix(), 1_795_000_000);
    }

    #[test]
    fn what_is_required_may_not_be_missing() {
        for line in ["schema = 1\n", "enabled = true\n", "created = 2026-11-24T08:00:00Z\n"] {
            let (_, message) = problem(&HEAD.replace(line, ""));
            assert!(message.contains("missing field"), "{message}");
        }
        assert!(parse(HEAD).is_ok());
        assert!(parse("").is_err(), "an emptied file must not read as 'disabled'");
    }

    #[test]
    fn problems_name_the_key_and_stand_at_its_line() {
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
    fn nothing_that_stands_for_a_licence_is_a_problem() {
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
