//! The members of a JSON object, read without a type of its own, which would make the verifier larger.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use zeroize::Zeroize;

/// The most members that an object may have.
const MOST: usize = 32;

/// The members of an object. No two have the same key.
pub(super) struct Members(pub(super) Vec<(String, Value)>);

impl Members {
    /// Parses one object; `None` if it is something else, repeats a key, or has too many.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }
}

impl Drop for Members {
    /// Wipes the texts: one of them may be a code.
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members(Vec::new());
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            if members.0.len() >= MOST || members.0.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom("a repeated key"));
            }
            members.0.push((key, value));
        }
        Ok(members)
    }
}
