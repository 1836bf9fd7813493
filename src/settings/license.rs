//! The table `[license]` of `store.toml`.
//!
//! Any value of its keys is accepted, so that no login fails because of a licence. Only the administration
//! tool interprets them. Unknown keys are refused: they may be settings that belong above this table.

use toml::de::{DeTable, DeValue};

use crate::settings::Described;
use crate::settings::key::Valid;
use crate::settings::reading::{Problem, to_value, unknown};

/// The keys that the program writes, their valid values and their meaning.
const KEYS: [(&str, Valid, &str); 2] = [
    ("first-enabled", Valid::Time, "when two-factor authentication was first enabled"),
    ("token", Valid::Word("a licence"), "the licence, stored by 'rw2fa license activate'"),
];

/// The hint for an unknown key.
const HINT: &str = "remove the line, or move it to the table that it belongs to";

/// The content of the section, not interpreted.
#[derive(Clone, Debug, Default)]
pub struct LicenseSection(Option<toml::Value>);

impl LicenseSection {
    /// The name of the table.
    pub const TABLE: &str = "license";
    /// The key path of the activated licence.
    pub const TOKEN: &[&str] = &["license", "token"];
    /// The key path of the time when two-factor authentication was first enabled.
    pub const FIRST_ENABLED: &[&str] = &["license", "first-enabled"];

    /// Takes the table out of the document.
    ///
    /// # Errors
    /// If it has an unknown key, or a number that is too large for TOML.
    pub(super) fn take(document: &mut DeTable<'_>) -> Result<Self, Problem> {
        let known = || KEYS.into_iter().map(|(name, ..)| name);
        let table = document.get(Self::TABLE).map(toml::Spanned::get_ref);
        let tables = match table {
            Some(DeValue::Array(array)) => {
                array.iter().filter_map(|v| v.get_ref().as_table()).collect()
            }
            Some(value) => value.as_table().into_iter().collect(),
            None => Vec::new(),
        };
        for name in tables.iter().flat_map(|table| table.keys()) {
            if !known().any(|known| known == name.get_ref()) {
                let message = unknown(name.get_ref(), known());
                return Err(Problem { at: name.span().start, message, hint: Some(HINT) });
            }
        }
        document.remove(Self::TABLE).map(to_value).transpose().map(Self)
    }

    /// Describes the keys of the table.
    pub(super) fn described() -> impl Iterator<Item = Described> {
        KEYS.into_iter().map(|(name, valid, meaning)| Described {
            table: Self::TABLE,
            about: "The licence, written by the program.",
            name,
            meaning,
            valid,
            is_required: false,
            default: None,
        })
    }

    /// Returns the licence, if there is one.
    pub fn token(&self) -> Option<String> {
        let token = self.0.as_ref()?.get("token")?;
        // A value of another type is reported as invalid when it is parsed as a licence.
        Some(token.as_str().map_or_else(|| token.to_string(), str::to_owned))
    }

    /// Reports whether two-factor authentication was ever enabled.
    pub fn was_enabled(&self) -> bool {
        // Even an invalid time shows that it was.
        self.0.as_ref().is_some_and(|section| section.get("first-enabled").is_some())
    }

    /// Reports whether keys can be added to the section.
    pub fn takes_keys(&self) -> bool {
        self.0.as_ref().is_none_or(toml::Value::is_table)
    }
}
