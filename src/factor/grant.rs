//! Grants: an accepted code earns one, and sessions open under it until it expires.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::time::Timestamp;

/// The most grants that one user can have. One more ends the oldest.
pub const MOST: usize = 16;

/// The hashed id of a portal session. The hash cannot be used to take over the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientHash(String);

impl ClientHash {
    /// Hashes the id that the portal passed.
    pub fn new(client: &str) -> Self {
        let digest = Sha256::digest(client.as_bytes());
        Self(data_encoding::HEXLOWER.encode(&digest[..16]))
    }

    /// The hash in hexadecimal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Permission for a portal session to open sessions, earned with an accepted code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grant {
    /// The portal session that it belongs to. Without one, it covers calls without `--client`.
    pub client: Option<ClientHash>,
    /// When the code was accepted.
    pub validated: Timestamp,
    /// When the first session opened under it.
    pub first_session: Option<Timestamp>,
    /// When the last session opened under it, recorded only while `rdp-after-portal` is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_session: Option<Timestamp>,
}

/// How long grants last under the current settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Seconds from the code to the first session.
    pub before_first_session: u64,
    /// Seconds from the first session to the last.
    pub after_first_session: u64,
}

impl Grant {
    /// The deadline for the first session.
    pub fn open_before(&self, validity: Validity) -> Timestamp {
        self.validated.plus(validity.before_first_session)
    }

    /// When the grant ends for further sessions; `None` before the first session.
    pub fn valid_until(&self, validity: Validity) -> Option<Timestamp> {
        self.first_session.map(|first| first.plus(validity.after_first_session))
    }

    /// Whether a session may open at `now`. The end is exclusive: with a validity of 0 nothing opens.
    ///
    /// A grant from the future is not live: the clock was set back in the meantime.
    pub fn is_live(&self, now: Timestamp, validity: Validity) -> bool {
        if self.validated > now || self.first_session.is_some_and(|first| first > now) {
            return false;
        }
        now < self.valid_until(validity).unwrap_or_else(|| self.open_before(validity))
    }

    /// Whether a session opened less than `seconds` before `now`. A session from the future does not count: the clock
    /// was set back in the meantime.
    pub fn opened_within(&self, seconds: u64, now: Timestamp) -> bool {
        self.last_session.is_some_and(|last| last <= now && now < last.plus(seconds))
    }
}

/// Adds `grant`. Removes the client's previous grant, expired grants, and the oldest ones beyond [`MOST`].
pub fn add(grants: &mut Vec<Grant>, grant: Grant, now: Timestamp, validity: Validity) {
    grants.retain(|old| old.client != grant.client && old.is_live(now, validity));
    grants.push(grant);
    grants.sort_by_key(|grant| grant.validated);
    let surplus = grants.len().saturating_sub(MOST);
    grants.drain(..surplus);
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALIDITY: Validity = Validity { before_first_session: 3600, after_first_session: 28_800 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn grant(client: &str, validated: i64) -> Grant {
        Grant {
            client: Some(ClientHash::new(client)),
            validated: at(validated),
            first_session: None,
            last_session: None,
        }
    }

    #[test]
    fn both_validities_are_exact_to_the_second() {
        let unopened = grant("a", 1000);
        let opened = Grant { first_session: Some(at(2000)), ..unopened.clone() };
        for (grant, now, live) in [
            (&unopened, 999, false),
            (&unopened, 1000, true),
            (&unopened, 4599, true),
            (&unopened, 4600, false),
            (&opened, 1999, false),
            (&opened, 2000, true),
            (&opened, 30_799, true),
            (&opened, 30_800, false),
        ] {
            assert_eq!(grant.is_live(at(now), VALIDITY), live, "{grant:?} at {now}");
        }
    }

    /// Guards the time in which plain RDP may follow: a session counts from its own second on, and none from the future.
    #[test]
    fn a_session_is_recent_to_the_second() {
        let opened = Grant { last_session: Some(at(2000)), ..grant("a", 1000) };
        for (now, seconds, recent) in [
            (1999, 60, false),
            (2000, 60, true),
            (2059, 60, true),
            (2060, 60, false),
            (2000, 0, false),
            (2000, 1, true),
        ] {
            assert_eq!(opened.opened_within(seconds, at(now)), recent, "{seconds} s at {now}");
        }
        let first = Grant { first_session: Some(at(2000)), ..grant("a", 1000) };
        assert!(!first.opened_within(60, at(2000)), "opened while the setting was off");
    }

    #[test]
    fn a_validity_of_zero_opens_nothing() {
        let none = Validity { before_first_session: 0, after_first_session: 0 };
        let unopened = grant("a", 1000);
        assert!(!unopened.is_live(at(1000), none));
        let opened = Grant { first_session: Some(at(1000)), ..unopened };
        assert!(!opened.is_live(at(1000), none));
    }

    #[test]
    fn the_seventeenth_client_ends_the_oldest() {
        let mut grants = Vec::new();
        for number in 0..17 {
            let grant = grant(&format!("client {number}"), 1000 + number);
            add(&mut grants, grant, at(1000 + number), VALIDITY);
        }
        assert_eq!(grants.len(), MOST);
        assert!(!grants.iter().any(|grant| grant.client == Some(ClientHash::new("client 0"))));
        assert!(grants.iter().any(|grant| grant.client == Some(ClientHash::new("client 16"))));
    }

    /// Guards the form of the stored id: the first 128 bits of its SHA-256.
    #[test]
    fn a_client_is_shown_as_its_hash() {
        assert_eq!(ClientHash::new("abc").as_str(), "ba7816bf8f01cfea414140de5dae2223");
    }

    #[test]
    fn a_client_has_one_grant() {
        let mut grants = vec![grant("a", 1000)];
        add(&mut grants, grant("a", 1100), at(1100), VALIDITY);
        assert_eq!(grants, [grant("a", 1100)]);
    }
}
