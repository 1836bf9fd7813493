//! Reads JSON from other programs, refusing objects that repeat a key.
//!
//! Parsers disagree on which of two equal keys counts, so such a text means different things to different
//! programs.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

/// Parses a JSON document in which no object, at any depth, repeats a key.
///
/// # Errors
/// If it is not valid JSON, not a `T`, or repeats a key.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice::<UniqueKeys>(bytes)?;
    serde_json::from_slice(bytes)
}

/// Any JSON value without duplicate keys. The value is discarded.
struct UniqueKeys;

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(UniqueKeysVisitor)
    }
}

struct UniqueKeysVisitor;

impl<'de> Visitor<'de> for UniqueKeysVisitor {
    type Value = UniqueKeys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_unit<E: de::Error>(self) -> Result<UniqueKeys, E> {
        Ok(UniqueKeys)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<UniqueKeys, A::Error> {
        while list.next_element::<UniqueKeys>()?.is_some() {}
        Ok(UniqueKeys)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueKeys, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if let Some(key) = keys.replace(key) {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
            map.next_value::<UniqueKeys>()?;
        }
        Ok(UniqueKeys)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Guards every reader of JSON: a repeated key, at any depth and in any spelling, is an error.
    #[test]
    fn a_repeated_key_is_refused() {
        for (text, is_good) in [
            (r#"{"a":1,"b":[{"a":null},{"a":true}],"c":{"a":-1.5}}"#, true),
            (r#"["a","a",{}]"#, true),
            (r#"{"a":1,"a":1}"#, false),
            (r#"{"a":1,"b":2,"a":3}"#, false),
            (r#"{"a":1,"\u0061":2}"#, false),
            (r#"{"a":{"b":1,"b":2}}"#, false),
            (r#"[[{"b":1,"b":2}]]"#, false),
            (r#"{"a":1}{"a":1}"#, false),
            (r#"{"a":1"#, false),
            ("", false),
        ] {
            assert_eq!(from_slice::<Value>(text.as_bytes()).is_ok(), is_good, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert!(from_slice::<Value>(deep.as_bytes()).is_err(), "the depth has a limit");
    }

    /// Guards future readers: production code parses JSON only with this module, or one of the two strict readers of
    /// the verifier.
    #[test]
    fn no_other_code_reads_json() {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut places = vec![source.clone()];
        let mut found = Vec::new();
        while let Some(place) = places.pop() {
            if place.is_dir() {
                places
                    .extend(std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let name = place.strip_prefix(&source).unwrap().display().to_string();
            // The last one is a test module.
            let is_reader = ["json.rs", "audit/line.rs", "verify/members.rs", "verify/late.rs"]
                .contains(&name.replace('\\', "/").as_str());
            if is_reader || name.ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&place).unwrap();
            let code = text.split("mod tests").next().unwrap();
            if code.contains("serde_json::from_") {
                found.push(name);
            }
        }
        assert_eq!(found, Vec::<String>::new(), "use crate::json::from_slice");
    }
}
