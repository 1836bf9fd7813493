//! Seals secrets: documents contain them encrypted and bound to their place.
//!
//! XChaCha20-Poly1305 under the data key. The associated data names the document and field, so a value
//! moved to another user does not open. A sealed value carries the id of its key.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::factor::sealed::{Field, Sealed};
use crate::names::name::Name;

/// The length of a nonce, in bytes.
pub const NONCE: usize = 24;

/// The first line of a key document.
const HEAD: &str =
    "# The key that seals the secrets of this store. Keep a copy apart from copies of the store.\n";

/// The format version of sealed values.
const VERSION: &str = "s1";

/// The place of the SMS gateway's token, which belongs to no user.
const TOKEN_PLACE: &str = "rw2fa settings sms auth-token";

/// A key that seals secrets, with the id that sealed values carry.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct DataKey {
    #[zeroize(skip)]
    id: String,
    bytes: [u8; 32],
}

/// The keys of a key document: the current key, the previous one while a rotation runs, and the audit keys
/// of all retired keys.
pub struct KeyRing {
    current: DataKey,
    previous: Option<DataKey>,
    retired: Vec<AuditKey>,
}

/// The key of the audit chain. It is derived from a data key, which cannot be computed back from it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct AuditKey {
    #[zeroize(skip)]
    id: String,
    bytes: [u8; 32],
}

impl DataKey {
    fn read(id: &str, text: &str) -> Result<Self, &'static str> {
        let key = Self::new(key_bytes(text)?);
        // SECURITY: the id is derived from the key, so a mistyped key is detected at once.
        if key.id == id { Ok(key) } else { Err("the key does not belong to its id") }
    }

    /// Builds the key from its bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        let digest = Sha256::new_with_prefix("rw2fa key id").chain_update(bytes).finalize();
        Self { id: HEXLOWER.encode(&digest[..4]), bytes }
    }

    /// Writes a key document that holds only this key.
    pub fn document(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{HEAD}{}", *self.line("current")))
    }

    fn line(&self, place: &str) -> Zeroizing<String> {
        let key = Zeroizing::new(BASE64URL_NOPAD.encode(&self.bytes));
        Zeroizing::new(format!("{place} {} {}\n", self.id, *key))
    }

    fn audit_key(&self) -> AuditKey {
        let digest = Sha256::new_with_prefix("rw2fa audit").chain_update(self.bytes);
        AuditKey { id: self.id.clone(), bytes: digest.finalize().into() }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.bytes.into())
    }
}

impl KeyRing {
    /// Parses a key document.
    ///
    /// # Errors
    /// What is wrong with it. The error never quotes the document.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (mut current, mut previous, mut retired) = (None, None, Vec::new());
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let (place, id, key) = match words.as_slice() {
                [] => continue,
                ["current", id, key] => (&mut current, id, key),
                ["previous", id, key] => (&mut previous, id, key),
                ["retired", id, key] => {
                    retired.push(AuditKey { id: (*id).to_owned(), bytes: key_bytes(key)? });
                    continue;
                }
                // SECURITY: the line is not quoted because it could hold the key.
                _ => {
                    return Err("a line is not 'current', 'previous' or 'retired' with ID and KEY");
                }
            };
            if place.replace(DataKey::read(id, key)?).is_some() {
                return Err("a key appears twice");
            }
        }
        Ok(Self { current: current.ok_or("the current key is missing")?, previous, retired })
    }

    /// Writes the key document of this ring.
    pub fn document(&self) -> Zeroizing<String> {
        let mut text = self.current.document();
        if let Some(previous) = &self.previous {
            text.push_str(&previous.line("previous"));
        }
        for key in &self.retired {
            let bytes = Zeroizing::new(BASE64URL_NOPAD.encode(&key.bytes));
            // Each piece is a wiped string of its own.
            text.push_str(&Zeroizing::new(format!("retired {} {}\n", key.id, *bytes)));
        }
        text
    }

    /// Begins a rotation: `new` seals from now on, and the current key still opens.
    ///
    /// # Errors
    /// If a rotation is already running: its previous key is still needed.
    pub fn begin_rotation(self, new: DataKey) -> Result<Self, &'static str> {
        if self.previous.is_some() {
            return Err("a key rotation was not finished");
        }
        Ok(Self { current: new, previous: Some(self.current), retired: self.retired })
    }

    /// Ends a rotation: drops the previous key but keeps its audit key.
    #[must_use]
    pub fn end_rotation(mut self) -> Self {
        self.retired.extend(self.previous.take().map(|key| key.audit_key()));
        self
    }

    /// Replaces all keys with `new`, keeping only their audit keys.
    #[must_use]
    pub fn replaced_by(self, new: DataKey) -> Self {
        let retired = self.audit_keys();
        Self { current: new, previous: None, retired }
    }

    /// Builds a ring of one key.
    pub fn from_key(key: DataKey) -> Self {
        Self { current: key, previous: None, retired: Vec::new() }
    }

    /// The id of the current key.
    pub fn id(&self) -> &str {
        &self.current.id
    }

    /// The id of the previous key, while a rotation runs.
    pub fn previous_id(&self) -> Option<&str> {
        self.previous.as_ref().map(|key| key.id.as_str())
    }

    /// Reports whether a value was sealed with the current key, according to its id.
    pub fn is_current(&self, sealed: &Sealed) -> bool {
        sealed.0.split(':').nth(1) == Some(&self.current.id)
    }

    /// Seals `plain` as `field` of `name`.
    pub fn seal(&self, name: &Name, field: Field, plain: &[u8], nonce: &[u8; NONCE]) -> Sealed {
        self.seal_at(&place(name, field), plain, nonce)
    }

    /// Seals the token of the SMS gateway.
    pub fn seal_token(&self, plain: &[u8], nonce: &[u8; NONCE]) -> Sealed {
        self.seal_at(TOKEN_PLACE, plain, nonce)
    }

    fn seal_at(&self, aad: &str, plain: &[u8], nonce: &[u8; NONCE]) -> Sealed {
        let payload = Payload { msg: plain, aad: aad.as_bytes() };
        // In-memory encryption fails only beyond 256 GiB; an empty text never opens.
        let text =
            self.current.cipher().encrypt(&XNonce::from(*nonce), payload).unwrap_or_default();
        let id = &self.current.id;
        let nonce = BASE64URL_NOPAD.encode(nonce);
        Sealed(format!("{VERSION}:{id}:{nonce}:{}", BASE64URL_NOPAD.encode(&text)))
    }

    /// Opens a value that was sealed as `field` of `name`.
    ///
    /// # Errors
    /// Why it does not open.
    pub fn open(
        &self,
        name: &Name,
        field: Field,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        self.open_at(&place(name, field), sealed)
    }

    /// Opens the token of the SMS gateway.
    ///
    /// # Errors
    /// Why it does not open.
    pub fn open_token(&self, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        self.open_at(TOKEN_PLACE, sealed)
    }

    fn open_at(&self, aad: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, &'static str> {
        let mut parts = sealed.0.split(':');
        let (Some(VERSION), Some(id), Some(nonce), Some(text), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("the sealed value is damaged");
        };
        let key = [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .find(|key| key.id == id)
            .ok_or("it was sealed with a key that this store does not have")?;
        let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let nonce: Option<[u8; NONCE]> = decode(nonce).and_then(|bytes| bytes.try_into().ok());
        let (Some(nonce), Some(text)) = (nonce, decode(text)) else {
            return Err("the sealed value is damaged");
        };
        key.cipher()
            .decrypt(&XNonce::from(nonce), Payload { msg: &text, aad: aad.as_bytes() })
            .map(Zeroizing::new)
            .map_err(|_| "the sealed value was changed, or moved from another place")
    }

    /// The key that chains new audit lines.
    pub fn audit_key(&self) -> AuditKey {
        self.current.audit_key()
    }

    /// The keys that check the audit trail, one for each key that this store ever had.
    pub fn audit_keys(&self) -> Vec<AuditKey> {
        let keys = [Some(&self.current), self.previous.as_ref()];
        let mut keys: Vec<_> = keys.into_iter().flatten().map(DataKey::audit_key).collect();
        keys.extend(self.retired.iter().cloned());
        keys
    }
}

impl AuditKey {
    /// The id of the data key that it was derived from.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Authenticates one audit line: HMAC-SHA-256, truncated to 128 bits (RFC 2104, section 5).
    pub fn authenticate(&self, line: &[u8]) -> String {
        HEXLOWER.encode(&mac(&self.bytes, line)[..16])
    }
}

fn key_bytes(text: &str) -> Result<[u8; 32], &'static str> {
    let decoded = BASE64URL_NOPAD.decode(text.as_bytes()).map(Zeroizing::new);
    let bytes = decoded.ok().and_then(|bytes| bytes.as_slice().try_into().ok());
    bytes.ok_or("the key is not 32 bytes in base64url")
}

/// Returns the associated data, which names the document and field of a value.
fn place(name: &Name, field: Field) -> String {
    format!("rw2fa state {} of {name}", field.as_str())
}

fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // HMAC accepts keys of any length, so the fallback is never used; it would match nothing.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| mac.chain_update(message).finalize().into_bytes().into())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(byte: u8) -> KeyRing {
        KeyRing::parse(&DataKey::new([byte; 32]).document()).unwrap()
    }

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_place() {
        let sealed = ring(1).seal(&name("alice"), Field::Secret, b"secret", &[7; NONCE]);
        let open = |ring: KeyRing, who: &str, sealed: &Sealed| {
            ring.open(&name(who), Field::Secret, sealed).map(|plain| plain.to_vec())
        };
        assert_eq!(open(ring(1), "alice", &sealed), Ok(b"secret".to_vec()));
        assert!(open(ring(1), "bob", &sealed).unwrap_err().contains("moved"));
        assert!(open(ring(2), "alice", &sealed).unwrap_err().contains("key"));
        assert!(!sealed.0.contains("secret"));
        let token = ring(1).seal_token(b"token", &[7; NONCE]);
        assert_eq!(ring(1).open_token(&token).map(|plain| plain.to_vec()), Ok(b"token".to_vec()));
        assert!(open(ring(1), "alice", &token).is_err() && ring(1).open_token(&sealed).is_err());
        assert!(ring(1).open(&name("alice"), Field::SmsCode, &sealed).is_err());
    }

    #[test]
    fn a_changed_value_never_opens() {
        let sealed = ring(1).seal(&name("alice"), Field::Secret, b"secret", &[7; NONCE]);
        for at in 0..sealed.0.len() {
            let mut bytes = sealed.0.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = Sealed(String::from_utf8(bytes).unwrap());
            let opened = ring(1).open(&name("alice"), Field::Secret, &changed);
            assert!(opened.is_err(), "byte {at}: {}", changed.0);
        }
        for text in ["", "s1", "s1:::", "s1:a:b:c:d"] {
            assert!(ring(1).open(&name("alice"), Field::Secret, &Sealed(text.into())).is_err());
        }
    }

    #[test]
    fn blank_lines_in_a_key_document_are_ignored() {
        let text = DataKey::new([1; 32]).document();
        let spaced = format!("\n{}\n \n", text.replace('\n', "\n\n"));
        assert_eq!(KeyRing::parse(&spaced).unwrap().id(), ring(1).id());
    }

    #[test]
    fn a_mistyped_key_is_detected_and_never_quoted() {
        let text = DataKey::new([1; 32]).document();
        for damaged in [text.replace("AQ", "AR"), text.replace("current", ""), String::new()] {
            let message = KeyRing::parse(&damaged).err().unwrap();
            assert!(!message.contains("AQ"), "{message}");
        }
    }

    /// Guards a rotation: both keys open while it runs, the old key never opens afterwards, and its audit
    /// lines can still be checked.
    #[test]
    fn after_a_rotation_only_the_audit_key_of_the_old_key_remains() {
        let sealed = ring(1).seal(&name("alice"), Field::Secret, b"secret", &[7; NONCE]);
        let opens = |ring: &KeyRing| ring.open(&name("alice"), Field::Secret, &sealed).is_ok();
        let written = |ring: &KeyRing| KeyRing::parse(&ring.document()).unwrap();
        let during = written(&ring(1).begin_rotation(DataKey::new([2; 32])).unwrap());
        assert!(opens(&during) && !during.is_current(&sealed) && ring(1).is_current(&sealed));
        assert_eq!(during.previous_id(), Some(ring(1).id()));
        let after = written(&during.end_rotation());
        assert!(!opens(&after) && after.previous_id().is_none());
        let twice = written(&after.replaced_by(DataKey::new([3; 32])));
        let ids: Vec<_> = twice.audit_keys().iter().map(|key| key.id().to_owned()).collect();
        assert_eq!(ids, [ring(3).id(), ring(2).id(), ring(1).id()]);
        assert_eq!(
            twice.audit_keys()[2].authenticate(b"x"),
            ring(1).audit_key().authenticate(b"x")
        );
        let old = Zeroizing::new(BASE64URL_NOPAD.encode(&[1; 32]));
        assert!(!twice.document().contains(&*old), "the document still holds a retired key");
        let again = ring(1).begin_rotation(DataKey::new([2; 32])).unwrap();
        assert!(again.begin_rotation(DataKey::new([3; 32])).is_err());
    }
}
