//! The section `[license]` of `store.toml`.
//!
//! Whatever stands there, the document is read: no login may fail because of it. What it means is found
//! out only when the administration tool asks.

use serde::Deserialize;

/// What stands in the section, unread.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct LicenseSection(Option<toml::Value>);

impl LicenseSection {
    /// The key of the licence as it was activated.
    pub const TOKEN: &[&str] = &["license", "token"];
    /// The key of when two-factor authentication was first on.
    pub const FIRST_ENABLED: &[&str] = &["license", "first-enabled"];

    /// The licence, if there is one.
    pub fn token(&self) -> Option<String> {
        let token = self.0.as_ref()?.get("token")?;
        // What is no text is no licence either, and is told so when it is read as one.
        Some(token.as_str().map_or_else(|| token.to_string(), str::to_owned))
    }

    /// Whether two-factor authentication was ever on.
    pub fn was_enabled(&self) -> bool {
        // A time that somebody spoilt still tells that there was one.
        self.0.as_ref().is_some_and(|section| section.get("first-enabled").is_some())
    }

    /// Whether keys can be written into it.
    pub fn takes_keys(&self) -> bool {
        self.0.as_ref().is_none_or(toml::Value::is_table)
    }
}
