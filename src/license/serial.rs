//! The serial number of a machine, which a licence is bound to.

use std::fmt;

use sha2::{Digest, Sha256};

/// Separates this hash from other hashes of the same machine id.
const PURPOSE: &[u8] = b"rw2fa license serial number, version 1\0";

/// Crockford's base32 digits: no I, L, O and U.
const DIGITS: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A serial number in four groups of four digits, such as `0A1B-2C3D-4E5F-6G7H`: 80 bits of a hash of the
/// machine id.
///
/// It does not reveal the machine id, which must stay on the machine (machine-id(5)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serial(String);

impl Serial {
    /// Computes the serial number for a machine id.
    pub fn of_machine(id: &str) -> Self {
        let hash = Sha256::new().chain_update(PURPOSE).chain_update(id.as_bytes()).finalize();
        let mut bits =
            hash.iter().take(10).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let mut digits = [0; 16];
        for digit in digits.iter_mut().rev() {
            *digit = DIGITS[(bits & 31) as usize];
            bits >>= 5;
        }
        let groups = digits.chunks(4).map(|group| group.iter().copied().map(char::from).collect());
        Self(groups.collect::<Vec<String>>().join("-"))
    }

    /// The number as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    /// Guards existing licences: a changed serial number would invalidate all of them.
    #[test]
    fn the_serial_of_a_machine_never_changes() {
        assert_eq!(Serial::of_machine(ID).as_str(), "7GRS-RBNB-DFT7-SX10");
    }

    #[test]
    fn a_serial_has_sixteen_digits_and_hides_the_id() {
        let numbers: Vec<_> =
            (0..200).map(|n| Serial::of_machine(&format!("{n:032x}")).to_string()).collect();
        for number in &numbers {
            let plain = number.replace('-', "");
            assert_eq!((number.len(), plain.len()), (19, 16), "{number}");
            assert!(plain.bytes().all(|digit| DIGITS.contains(&digit)), "{number}");
        }
        assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]));
        // Not a plain hash of the id, which another program may have published.
        let plain = data_encoding::HEXUPPER.encode(&Sha256::digest(ID)[..8]);
        assert_ne!(Serial::of_machine(ID).as_str().replace('-', ""), plain);
    }
}
