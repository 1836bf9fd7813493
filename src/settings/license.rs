//! The section `[license]` of `store.toml`.
//!
//! Any content is accepted, so that no login fails because of it. Only the administration tool interprets
//! it.

use serde::Deserialize;

/// The content of the section, not interpreted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct LicenseSection(Option<toml::Value>);

impl LicenseSection {
    /// The key path of the activated licence.
    pub const TOKEN: &[&str] = &["license", "token"];
    /// The key path of the time when two-factor authentication was first enabled.
    pub const FIRST_ENABLED: &[&str] = &["license", "first-enabled"];

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
