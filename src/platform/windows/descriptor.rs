//! Security descriptors: the owner of a file and its access list ([MS-DTYP] 2.4.6).
//!
//! Reads and writes them as the system's bytes. An unreadable one is `None`; callers must then assume the
//! worst.

use super::sid::Sid;

/// All rights to a file.
pub(super) const FULL: u32 = 0x001f_01ff;
/// The rights to read, write and remove, but not to change permissions.
pub(super) const MODIFY: u32 = 0x0013_01bf;
/// The right to read.
pub(super) const READ: u32 = 0x0012_0089;

/// Control flag: there is an access list.
const HAS_LIST: u16 = 0x0004;
/// Control flag: nothing is inherited from the parent directory.
const PROTECTED: u16 = 0x1000;
/// Control flag: the descriptor is one contiguous block.
const SELF_RELATIVE: u16 = 0x8000;
/// Entry flags: files and directories below inherit it.
const INHERITED_BELOW: u8 = 0x03;
/// Entry flag: it applies only below the directory.
const INHERIT_ONLY: u8 = 0x08;

/// The owner and the access list of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    /// The owner.
    pub(super) owner: Sid,
    /// The allowed accounts; `None`: everyone.
    pub(super) allowed: Option<Vec<Allowed>>,
}

/// An entry that grants access.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    /// The account or group.
    pub(super) who: Sid,
    /// The granted rights.
    pub(super) rights: u32,
    /// Whether it applies only below a directory.
    pub(super) only_below: bool,
}

impl Descriptor {
    /// Parses a contiguous descriptor.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let control = u16_at(bytes, 2)?;
        let owner = match u32_at(bytes, 4)? {
            0 => return None,
            at => Sid::read(bytes.get(at..)?)?,
        };
        let list = u32_at(bytes, 16)?;
        let allowed = if control & HAS_LIST == 0 || list == 0 {
            None
        } else {
            Some(read_list(bytes.get(list..)?)?)
        };
        Some(Self { owner, allowed })
    }
}

/// Returns the entries that grant access. Entries that deny it to an account change nothing for the others.
fn read_list(bytes: &[u8]) -> Option<Vec<Allowed>> {
    let count = u16_at(bytes, 4)?;
    let mut allowed = Vec::new();
    let mut at = 8;
    for _ in 0..count {
        let (kind, flags) = (*bytes.get(at)?, *bytes.get(at + 1)?);
        let size = usize::from(u16_at(bytes, at + 2)?);
        let entry = bytes.get(at..at.checked_add(size.max(8))?)?;
        let only_below = flags & INHERIT_ONLY != 0;
        let rights = u32::from_le_bytes(*entry.get(4..8)?.first_chunk()?);
        match kind {
            // Plain, or with a condition, which is assumed to be met.
            0 | 9 => allowed.push(Allowed { who: Sid::read(entry.get(8..)?)?, rights, only_below }),
            // Deny entries: plain, for objects, and both with a condition.
            1 | 6 | 10 | 12 => {}
            // Object entries do not apply to files; any other type may grant access.
            _ => return None,
        }
        at += entry.len();
    }
    Some(allowed)
}

/// Whether everything below inherits the entries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Below {
    /// For a directory: files in it have the same access.
    Same,
    /// For a file.
    Nothing,
}

/// Builds a descriptor that gives only these accounts access and inherits nothing.
pub(super) fn private(owner: Option<Sid>, allowed: &[(Sid, u32)], below: Below) -> Vec<u8> {
    let flags = if below == Below::Same { INHERITED_BELOW } else { 0 };
    let mut entries = Vec::new();
    for (who, rights) in allowed {
        entries.extend([0, flags]);
        entries.extend(u16_of(8 + who.as_bytes().len()));
        entries.extend(rights.to_le_bytes());
        entries.extend(who.as_bytes());
    }
    let owner = owner.as_ref().map_or(&[][..], Sid::as_bytes);
    let list = 20 + owner.len();
    let mut bytes = vec![1, 0];
    bytes.extend((HAS_LIST | PROTECTED | SELF_RELATIVE).to_le_bytes());
    bytes.extend(u32_of(if owner.is_empty() { 0 } else { 20 }));
    bytes.extend([0; 8]);
    bytes.extend(u32_of(list));
    bytes.extend(owner);
    bytes.extend([2, 0]);
    bytes.extend(u16_of(8 + entries.len()));
    bytes.extend(u16_of(allowed.len()));
    bytes.extend([0; 2]);
    bytes.extend(entries);
    bytes
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

/// Converts the length of a few identifiers of at most 68 bytes each.
fn u16_of(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes()
}

fn u32_of(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::sid::{ADMINISTRATORS, CREATOR_OWNER, SYSTEM};
    use super::*;

    fn made() -> Vec<u8> {
        private(Some(ADMINISTRATORS), &[(SYSTEM, FULL), (ADMINISTRATORS, MODIFY)], Below::Same)
    }

    #[test]
    fn a_written_descriptor_is_read_back() {
        let read = Descriptor::read(&made()).unwrap();
        assert_eq!(read.owner, ADMINISTRATORS);
        let allowed = |who, rights| Allowed { who, rights, only_below: false };
        let expected = vec![allowed(SYSTEM, FULL), allowed(ADMINISTRATORS, MODIFY)];
        assert_eq!(read.allowed, Some(expected));
    }

    /// Guards that a missing list means everyone, and that a truncated one is never taken as harmless.
    #[test]
    fn unclear_descriptors_are_never_private() {
        let whole = made();
        for length in 0..whole.len() {
            assert_eq!(Descriptor::read(&whole[..length]), None, "{length}");
        }
        for control in [SELF_RELATIVE, SELF_RELATIVE | PROTECTED] {
            let mut open = whole.clone();
            open[2..4].copy_from_slice(&control.to_le_bytes());
            assert_eq!(Descriptor::read(&open).unwrap().allowed, None);
        }
        let mut no_list = whole.clone();
        no_list[16..20].fill(0);
        assert_eq!(Descriptor::read(&no_list).unwrap().allowed, None);
        let no_owner = private(None, &[(SYSTEM, FULL)], Below::Nothing);
        assert_eq!(Descriptor::read(&no_owner), None);
    }

    /// Guards that each type of entry is known or refused.
    #[test]
    fn entry_types_are_distinguished() {
        let bytes = private(Some(SYSTEM), &[(CREATOR_OWNER, FULL)], Below::Same);
        let kind = 20 + SYSTEM.as_bytes().len() + 8;
        for (number, expected) in [
            (0, Some(1)),
            (9, Some(1)),
            (1, Some(0)),
            (10, Some(0)),
            (5, None),
            (11, None),
            (4, None),
        ] {
            let mut bytes = bytes.clone();
            bytes[kind] = number;
            let count = Descriptor::read(&bytes).map(|read| read.allowed.unwrap().len());
            assert_eq!(count, expected, "{number}");
        }
        let mut below = bytes;
        below[kind + 1] |= INHERIT_ONLY;
        assert!(Descriptor::read(&below).unwrap().allowed.unwrap()[0].only_below);
    }
}
