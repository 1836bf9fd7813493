use super::*;
use crate::audit::{Event, Verification, lines};
use crate::store::AuditEnd;
use crate::store::seal::{DataKey, KeyRing};
use crate::time::Timestamp;

fn key_of(byte: u8) -> AuditKey {
    KeyRing::parse(&DataKey::new([byte; 32]).document()).unwrap().audit_key()
}

fn key() -> AuditKey {
    key_of(1)
}

/// Appends what `event` becomes under `key`.
fn append(trail: &mut Vec<Vec<u8>>, key: Option<&AuditKey>, event: &Event<'_>) {
    let end = AuditEnd { last_line: trail.last().cloned(), torn: 0 };
    let bytes = lines(&end, key, Timestamp::from_unix(0), std::slice::from_ref(event)).unwrap();
    trail.push(bytes.strip_suffix(b"\n").unwrap().to_vec());
}

fn trail(count: u32) -> Vec<Vec<u8>> {
    let mut trail: Vec<Vec<u8>> = Vec::new();
    for number in 0..count {
        let end = AuditEnd { last_line: trail.last().cloned(), torn: 0 };
        let user = format!("user {number}");
        let event = Event::Verification(Verification {
            user: &user,
            outcome: "grant",
            reason: "code-accepted",
            session: None,
            client: None,
            ip: Some("192.0.2.1"),
            drift: Some(0),
            attempt: None,
        });
        let bytes =
            lines(&end, Some(&key()), Timestamp::from_unix(0), std::slice::from_ref(&event))
                .unwrap();
        trail.push(bytes.strip_suffix(b"\n").unwrap().to_vec());
    }
    trail
}

fn checked(trail: &[Vec<u8>]) -> Result<Option<String>, Broken> {
    check(trail.iter().map(Vec::as_slice), &[key()])
}

#[test]
fn an_untouched_trail_is_whole() {
    assert!(checked(&trail(5)).unwrap().is_some());
    assert!(checked(&trail(5)[2..]).is_ok(), "old lines may be moved away");
}

#[test]
fn edited_removed_reordered_and_inserted_lines_are_found() {
    let good = trail(5);
    let mut edited = good.clone();
    edited[2] = String::from_utf8(edited[2].clone()).unwrap().replace("user 2", "user 9").into();
    assert_eq!(checked(&edited).unwrap_err(), Broken { line: 3, what: "was changed" });
    let mut removed = good.clone();
    removed.remove(2);
    assert_eq!(checked(&removed).unwrap_err().line, 3);
    let mut reordered = good.clone();
    reordered.swap(2, 3);
    assert_eq!(checked(&reordered).unwrap_err().line, 3);
    let mut inserted = good.clone();
    inserted.insert(3, good[1].clone());
    assert_eq!(checked(&inserted).unwrap_err().line, 4);
}

#[test]
fn a_torn_line_is_closed_by_a_recorded_repair() {
    let mut trail = trail(2);
    let torn = trail[1][..20].to_vec();
    let end = AuditEnd { last_line: Some(trail[1].clone()), torn: 20 };
    let event = Event::Repair { torn_bytes: 0 };
    let bytes =
        lines(&end, Some(&key()), Timestamp::from_unix(0), std::slice::from_ref(&event)).unwrap();
    trail.push(torn);
    assert!(checked(&trail).is_ok(), "a torn line at the end was never answered");
    trail.extend(bytes.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec));
    assert_eq!(trail.len(), 5);
    assert!(checked(&trail).is_ok());
    trail.remove(3);
    assert!(checked(&trail).is_err());
}

/// Guards that a line nobody signed shows, and that none of a series of them can vanish.
#[test]
fn lines_without_a_key_are_told_and_counted() {
    let mut trail = trail(2);
    for _ in 0..3 {
        append(&mut trail, None, &Event::Repair { torn_bytes: 0 });
    }
    append(&mut trail, Some(&key()), &Event::KeyReset { by: "root" });
    let keys = [key()];
    let mut chain = Chain::new(&keys);
    for line in &trail {
        chain.feed(line).unwrap();
    }
    assert_eq!(chain.finish(), Ok(()));
    assert_eq!(chain.gaps().len(), 2, "{:?}", chain.gaps());
    assert_eq!(chain.gaps()[0], Gap { line: 3, what: UNCHAINED });
    trail.remove(3);
    assert_eq!(checked(&trail).unwrap_err().line, 4, "a line without a key was removed");
}

/// Guards the lost key: its lines need a reset after them, by a key that is there.
#[test]
fn lines_of_a_lost_key_need_a_reset_after_them() {
    let mut trail = trail(3);
    append(&mut trail, Some(&key_of(2)), &Event::Repair { torn_bytes: 0 });
    assert_eq!(checked(&trail).unwrap_err(), Broken { line: 4, what: UNKNOWN_KEY });
    append(&mut trail, Some(&key()), &Event::Repair { torn_bytes: 0 });
    assert_eq!(checked(&trail).unwrap_err().line, 4, "no reset");
    append(&mut trail, Some(&key()), &Event::KeyReset { by: "root" });
    assert!(checked(&trail).is_ok());
    let forged = String::from_utf8(trail[5].clone()).unwrap().replace("root", "ruth");
    trail[5] = forged.into();
    assert_eq!(checked(&trail).unwrap_err(), Broken { line: 6, what: "was changed" });
}

/// Guards rotation: lines of earlier keys are checked with what is kept of them.
#[test]
fn every_line_is_checked_with_its_own_key() {
    let mut trail = trail(3);
    append(&mut trail, Some(&key_of(2)), &Event::Repair { torn_bytes: 0 });
    let keys = [key_of(2), key()];
    assert!(check(trail.iter().map(Vec::as_slice), &keys).is_ok());
    let edited = String::from_utf8(trail[1].clone()).unwrap().replace("user 1", "user 9");
    trail[1] = edited.into();
    assert_eq!(check(trail.iter().map(Vec::as_slice), &keys).unwrap_err().line, 2);
}
