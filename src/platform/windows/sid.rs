//! Security identifiers of accounts and groups ([MS-DTYP] 2.4.2).

use std::fmt;

/// The largest size in bytes: 8, and 15 numbers of 4.
const LONGEST: usize = 68;

/// A security identifier in the system's binary form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Sid {
    /// Zero after the length, so that equal identifiers compare equal.
    bytes: [u8; LONGEST],
}

/// The system itself.
pub(super) const SYSTEM: Sid = Sid::of_nt(&[18]);
/// The group of administrators.
pub(super) const ADMINISTRATORS: Sid = Sid::of_nt(&[32, 544]);
/// The owner of Windows's own files.
pub(super) const TRUSTED_INSTALLER: Sid =
    Sid::of_nt(&[80, 956_008_885, 3_418_522_649, 1_831_038_044, 1_853_292_631, 2_271_478_464]);
/// A placeholder for the creator of a file.
pub(super) const CREATOR_OWNER: Sid = Sid::new(3, &[0]);
/// A placeholder for the owner of a file.
pub(super) const OWNER_RIGHTS: Sid = Sid::new(3, &[4]);
/// The null identifier, which no account has.
pub(super) const NOBODY: Sid = Sid::new(0, &[0]);

impl Sid {
    const fn of_nt(numbers: &[u32]) -> Self {
        Self::new(5, numbers)
    }

    /// Builds `S-1-<authority>-<numbers>` from at most 15 numbers.
    const fn new(authority: u8, numbers: &[u32]) -> Self {
        let mut bytes = [0; LONGEST];
        bytes[0] = 1;
        #[allow(clippy::cast_possible_truncation, reason = "at most 15")]
        let count = numbers.len() as u8;
        bytes[1] = count;
        bytes[7] = authority;
        let mut at = 0;
        while at < numbers.len() {
            let number = numbers[at].to_le_bytes();
            let mut byte = 0;
            while byte < 4 {
                bytes[8 + 4 * at + byte] = number[byte];
                byte += 1;
            }
            at += 1;
        }
        Self { bytes }
    }

    /// Reads the identifier at the start of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (revision, count) = (*bytes.first()?, usize::from(*bytes.get(1)?));
        let length = 8 + 4 * count;
        if revision != 1 || length > LONGEST {
            return None;
        }
        let mut sid = Self { bytes: [0; LONGEST] };
        sid.bytes[..length].copy_from_slice(bytes.get(..length)?);
        Some(sid)
    }

    /// Parses an identifier written as `S-1-5-…`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("S-1-")?.split('-');
        let authority = parts.next()?.parse().ok()?;
        let numbers: Vec<u32> = parts.map(str::parse).collect::<Result<_, _>>().ok()?;
        let sid = (numbers.len() <= 15).then(|| Self::new(authority, &numbers))?;
        (sid.to_string() == text).then_some(sid)
    }

    /// Returns the system's binary form.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..8 + 4 * usize::from(self.bytes[1])]
    }

    /// Returns the authority and the numbers below it.
    fn numbers(&self) -> (u64, Vec<u32>) {
        let (head, tail) = self.as_bytes().split_at(8);
        let authority = head[2..].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let numbers = tail.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
        (authority, numbers.collect())
    }

    /// Reports whether this is the system or the administrators group.
    pub(super) fn is_administrative(&self) -> bool {
        *self == SYSTEM || *self == ADMINISTRATORS
    }

    /// Reports whether administrators create and name such groups: those of domains and machines, and the
    /// built-in ones. The others represent ways to sign in.
    pub(super) fn is_ordinary_group(&self) -> bool {
        matches!(self.numbers(), (5, numbers) if matches!(numbers.first(), Some(21 | 32)))
    }

    /// Reports whether this is a single service or web-server pool, which Windows calls a group.
    pub(super) fn is_service(&self) -> bool {
        match self.numbers() {
            // LOCAL SERVICE and NETWORK SERVICE.
            (5, numbers) if matches!(numbers[..], [19 | 20]) => true,
            // NT SERVICE\NAME and IIS APPPOOL\NAME; a shorter one means all of them.
            (5, numbers) => matches!(numbers[..], [80 | 82, _, _, _, _, _]),
            _ => false,
        }
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (authority, numbers) = self.numbers();
        write!(f, "S-1-{authority}")?;
        numbers.iter().try_for_each(|number| write!(f, "-{number}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the numbers that decide who is an administrator.
    #[test]
    fn known_identifiers_are_written_as_windows_writes_them() {
        for (sid, text) in [
            (SYSTEM, "S-1-5-18"),
            (ADMINISTRATORS, "S-1-5-32-544"),
            (CREATOR_OWNER, "S-1-3-0"),
            (NOBODY, "S-1-0-0"),
        ] {
            assert_eq!(sid.to_string(), text);
            assert_eq!(Sid::parse(text), Some(sid));
            assert_eq!(Sid::read(sid.as_bytes()), Some(sid));
        }
        assert_eq!(SYSTEM.as_bytes(), [1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
    }

    /// Guards that invalid text and bytes are rejected.
    #[test]
    fn invalid_identifiers_are_rejected() {
        for text in
            ["", "S-1", "S-1-", "S-1-5-", "S-1-5--1", "S-2-5-18", "s-1-5-18", "S-1-5-018", "*"]
        {
            assert_eq!(Sid::parse(text), None, "{text}");
        }
        assert_eq!(Sid::parse(&format!("S-1-5{}", "-1".repeat(16))), None);
        assert!(Sid::parse(&format!("S-1-5{}", "-1".repeat(15))).is_some());
        for bytes in [
            &[][..],
            &[1],
            &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0],
            &[1, 16],
            &[2, 0, 0, 0, 0, 0, 0, 5],
        ] {
            assert_eq!(Sid::read(bytes), None, "{bytes:?}");
        }
    }

    /// Guards which accounts can be given a store, though Windows calls them groups.
    #[test]
    fn one_service_differs_from_all_services() {
        let is_service = |text| Sid::parse(text).unwrap().is_service();
        for one in ["S-1-5-19", "S-1-5-20", "S-1-5-80-1-2-3-4-5", "S-1-5-82-1-2-3-4-5"] {
            assert!(is_service(one), "{one}");
        }
        for many in ["S-1-5-80-0", "S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-82-0", "S-1-5-18"]
        {
            assert!(!is_service(many), "{many}");
        }
    }
}
