//! The claims of a licence.

use std::num::NonZeroU32;

use serde::{Deserialize, Deserializer, Serialize};

use crate::license::jws::{parse_json, shorten};
use crate::license::refusal::{LEEWAY, PRODUCT, Refusal};
use crate::time::Timestamp;

/// The longest claim, in bytes.
const LONGEST_CLAIM: usize = 256;

/// The edition that was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edition {
    /// For browsers and phones.
    MobileWeb,
    /// For everything.
    Enterprise,
}

impl Edition {
    /// The word for it in licences and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MobileWeb => "mobile-web",
            Self::Enterprise => "enterprise",
        }
    }
}

/// A licence with a valid signature of the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    /// The order number.
    pub order_number: String,
    /// The e-mail address of the customer.
    pub email: String,
    /// The serial number of the licensed machine.
    pub serial: String,
    /// The edition that was bought.
    pub edition: Edition,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends; `None` if never.
    pub expires: Option<Timestamp>,
    /// The maximum number of users; `None` if unlimited.
    pub max_users: Option<NonZeroU32>,
}

// An unknown claim is an error, because it could restrict the licence, as `nbf` does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    product: String,
    serial: String,
    order_number: String,
    email: String,
    edition: Edition,
    iat: u64,
    #[serde(default, deserialize_with = "non_null")]
    exp: Option<u64>,
    #[serde(default, deserialize_with = "non_null")]
    max_users: Option<NonZeroU32>,
}

/// Deserializes a field that may be absent but not `null`.
pub(super) fn non_null<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(from).map(Some)
}

impl License {
    /// Parses the claims of a payload that the vendor signed.
    ///
    /// # Errors
    /// [`Refusal::Claims`], [`Refusal::Product`], [`Refusal::Backwards`].
    pub fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        let claims: Claims = parse_json(payload).map_err(Refusal::Claims)?;
        if claims.product != PRODUCT {
            return Err(Refusal::Product(shorten(&claims.product)));
        }
        for (name, text) in [
            ("serial", &claims.serial),
            ("order_number", &claims.order_number),
            ("email", &claims.email),
        ] {
            let problem = match text {
                text if text.trim().is_empty() => "is empty",
                text if text.len() > LONGEST_CLAIM => "is too long",
                text if text.chars().any(char::is_control) => "contains control characters",
                _ => continue,
            };
            return Err(Refusal::Claims(format!("`{name}` {problem}")));
        }
        let issued = time(claims.iat);
        let expires = claims.exp.map(time);
        if let Some(expires) = expires.filter(|expires| *expires <= issued) {
            return Err(Refusal::Backwards { issued, expires });
        }
        Ok(Self {
            order_number: claims.order_number,
            email: claims.email,
            serial: claims.serial,
            edition: claims.edition,
            issued,
            expires,
            max_users: claims.max_users,
        })
    }

    /// Checks that the licence is valid at `now`.
    ///
    /// # Errors
    /// [`Refusal::NotYet`] and [`Refusal::Expired`].
    pub fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.issued > now.plus(LEEWAY) {
            return Err(Refusal::NotYet(self.issued));
        }
        match self.expires {
            // RFC 7519, section 4.1.4: expired on or after that time.
            Some(expires) if now >= expires => Err(Refusal::Expired(expires)),
            _ => Ok(()),
        }
    }
}

fn time(seconds: u64) -> Timestamp {
    Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"product":"Two-Factor Authentication","serial":"0000-0000-0000-0000","order_number":"A-1","email":"it@example.com","edition":"enterprise","iat":1000000,"exp":2000000,"max_users":5}"#;

    fn refused(payload: &str) -> String {
        License::parse(payload.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn only_optional_claims_may_be_absent() {
        let license = License::parse(WHOLE.as_bytes()).unwrap();
        assert_eq!(license.max_users.map(NonZeroU32::get), Some(5));
        let bare = WHOLE.replace(r#","exp":2000000,"max_users":5"#, "");
        let bare = License::parse(bare.as_bytes()).unwrap();
        assert_eq!((bare.expires, bare.max_users), (None, None));
        let map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(WHOLE).unwrap();
        for name in map.keys().filter(|name| !["exp", "max_users"].contains(&name.as_str())) {
            let mut rest = map.clone();
            rest.remove(name);
            let text = refused(&serde_json::to_string(&rest).unwrap());
            assert!(text.contains(&format!("missing field `{name}`")), "{text}");
        }
        for name in map.keys() {
            let twice = WHOLE.replacen('{', &format!("{{\"{name}\":{},", map[name]), 1);
            assert!(refused(&twice).contains(&format!("duplicate field `{name}`")), "{twice}");
            let mut null = map.clone();
            null.insert(name.clone(), serde_json::Value::Null);
            let text = refused(&serde_json::to_string(&null).unwrap());
            assert!(text.contains("null") || text.contains("cannot be read"), "{name}: {text}");
        }
    }

    #[test]
    fn claims_have_the_right_type_and_are_within_bounds() {
        for (old, new, words) in [
            ("1000000", "\"1000000\"", "invalid type: string"),
            ("1000000", "1000000.0", "invalid type: floating point"),
            ("1000000", "-1", "invalid value: integer `-1`"),
            ("2000000", "1e400", "number out of range"),
            ("2000000", "1000000", "before it was issued"),
            ("2000000", "999999", "before it was issued"),
            (":5", ":0", "invalid value: integer `0`"),
            (":5", ":4294967296", "invalid value: integer `4294967296`"),
            (":5", ":\"5\"", "invalid type: string"),
            (":5", ":true", "invalid type: boolean"),
            ("enterprise", "gold", "unknown variant `gold`"),
            ("\"A-1\"", "1", "invalid type: integer"),
            ("A-1", "", "`order_number` is empty"),
            ("A-1", "A\\u001b[31m", "`order_number` contains control characters"),
            ("Two-Factor", "Three-Factor", "product 'Three-Factor Authentication'"),
            ("\"iat\"", "\"nbf\":1,\"iat\"", "unknown field `nbf`"),
        ] {
            let text = refused(&WHOLE.replace(old, new));
            assert!(text.contains(words), "{new}: {text}");
        }
        let long = WHOLE.replace("it@example.com", &"x".repeat(257));
        assert!(refused(&long).contains("`email` is too long"));
        assert!(refused("[]").contains("not a JSON object"));
        assert!(refused(&format!("{WHOLE}{WHOLE}")).contains("trailing"));
    }

    #[test]
    fn a_licence_begins_with_leeway_and_ends_at_the_exact_second() {
        let license = License::parse(WHOLE.as_bytes()).unwrap();
        let at = |now| license.check_time(Timestamp::from_unix(now));
        assert!(matches!(at(999_699), Err(Refusal::NotYet(_))));
        assert_eq!(at(999_700), Ok(()));
        assert_eq!(at(1_999_999), Ok(()));
        assert!(matches!(at(2_000_000), Err(Refusal::Expired(_))));
    }
}
