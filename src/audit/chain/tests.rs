use serde_json::Map;

use super::*;
use crate::audit::{AdminChange, Event, Verification, write_lines};
use crate::store::AuditEnd;
use crate::store::seal::{DataKey, KeyRing};
use crate::time::Timestamp;

fn key_of(byte: u8) -> AuditKey {
    KeyRing::from_key(DataKey::new([byte; 32])).audit_key()
}

fn key() -> AuditKey {
    key_of(1)
}

/// Appends the line for `event` under `key`.
fn append(trail: &mut Vec<Vec<u8>>, key: Option<&AuditKey>, event: &Event<'_>) {
    let end = AuditEnd { last_line: trail.last().cloned(), torn: 0 };
    let bytes =
        write_lines(&end, key, Timestamp::from_unix(0), std::slice::from_ref(event)).unwrap();
    trail.push(bytes.strip_suffix(b"\n").unwrap().to_vec());
}

fn login(user: &str) -> Event<'_> {
    Event::Verification(Verification {
        user,
        outcome: "grant",
        reason: "code-accepted",
        session: None,
        client: None,
        ip: Some("192.0.2.1"),
        drift: Some(0),
        attempt: None,
        caller: None,
    })
}

fn init() -> Event<'static> {
    let values = Map::new();
    Event::Change(AdminChange { by: "root", action: "init", object: None, values, attempt: None })
}

/// A trail of `count` lines: the line of `init`, then logins.
fn trail(count: u32) -> Vec<Vec<u8>> {
    let mut trail: Vec<Vec<u8>> = Vec::new();
    append(&mut trail, Some(&key()), &init());
    for number in 1..count {
        append(&mut trail, Some(&key()), &login(&format!("user {number}")));
    }
    trail
}

/// Appends the archive line for a month that ends with `last`.
fn archived(trail: &mut Vec<Vec<u8>>, key: Option<&AuditKey>, last: &[u8]) {
    let last = Line::parse(last).unwrap().link();
    let (last_seq, last_mac) = (last.seq, last.mac.as_deref());
    append(
        trail,
        key,
        &Event::Archive(Archive { by: "root", month: "1969-12", last_seq, last_mac }),
    );
}

fn checked(trail: &[Vec<u8>]) -> Result<Option<String>, Broken> {
    check(trail.iter().map(Vec::as_slice), &[key()])
}

/// The line that breaks the chain, and its problem.
fn found(trail: &[Vec<u8>]) -> (usize, &'static str) {
    let broken = checked(trail).unwrap_err();
    (broken.line, broken.what)
}

#[test]
fn an_untouched_trail_is_whole() {
    assert!(checked(&trail(5)).unwrap().is_some());
}

/// Guards the beginning: the trail begins with the line of `init`, or after a month that a line under a key of this
/// store records as moved away.
#[test]
fn a_trail_has_a_known_beginning() {
    let whole = trail(5);
    assert_eq!(found(&whole[2..]), (1, BEGINS_LATER));
    let mut erased = Vec::new();
    append(&mut erased, Some(&key()), &login("alice"));
    append(&mut erased, Some(&key()), &login("alice"));
    assert_eq!(found(&erased), (1, BEGINS_LATER), "erased, then continued");
    let mut unkeyed = Vec::new();
    append(&mut unkeyed, None, &init());
    append(&mut unkeyed, Some(&key()), &login("alice"));
    assert_eq!(found(&unkeyed), (1, BEGINS_LATER), "anyone can write such a first line");

    let mut moved = whole.clone();
    archived(&mut moved, Some(&key()), &whole[1]);
    assert!(checked(&moved).is_ok());
    assert!(checked(&moved[2..]).is_ok());
    for (begin, what) in [(1, "before the end"), (3, "after the end"), (5, "the line itself")] {
        assert_eq!(found(&moved[begin..]), (1, BEGINS_LATER), "{what}");
    }
    let mut forged = whole.clone();
    archived(&mut forged, None, &whole[1]);
    assert_eq!(found(&forged[2..]), (1, BEGINS_LATER), "an archive line without a key");
    let mut forged = moved.clone();
    let text = String::from_utf8(forged[5].clone()).unwrap();
    let link = Line::parse(&whole[2]).unwrap().link().mac.unwrap();
    let old = Line::parse(&whole[1]).unwrap().link().mac.unwrap();
    forged[5] = text.replace(&old, &link).replace("\"last_seq\":2", "\"last_seq\":3").into_bytes();
    assert_eq!(found(&forged[3..]), (3, "was changed"));

    // A key reset may follow lines under a lost key, including an archive line.
    let mut lost = whole.clone();
    archived(&mut lost, Some(&key_of(2)), &whole[1]);
    assert_eq!(found(&lost[2..]), (4, UNKNOWN_KEY));
    append(&mut lost, Some(&key()), &Event::KeyReset { by: "root" });
    assert!(checked(&lost[2..]).is_ok());
}

/// Guards against an empty archive, which would let a trail begin anywhere.
#[test]
fn an_empty_archive_is_rejected() {
    let mut trail = Vec::new();
    append(&mut trail, Some(&key()), &login("alice"));
    let event = Event::Archive(Archive { by: "x", month: "1969-12", last_seq: 0, last_mac: None });
    append(&mut trail, Some(&key()), &event);
    assert_eq!(found(&trail), (1, BEGINS_LATER));
}

#[test]
fn edited_removed_reordered_and_inserted_lines_are_found() {
    let good = trail(5);
    let text = String::from_utf8(good[2].clone()).unwrap();
    let mut edited = good.clone();
    edited[2] = text.replace("user 2", "user 9").into();
    assert_eq!(found(&edited), (3, "was changed"));
    let mut longer = good.clone();
    longer[2] = text.replace("\"}", "\",\"user\":\"bob\",\"outcome\":\"grant\"}").into();
    assert_eq!(found(&longer), (3, NOT_CANONICAL), "text after the authenticator");
    let mut removed = good.clone();
    removed.remove(2);
    assert_eq!(found(&removed).0, 3);
    let mut reordered = good.clone();
    reordered.swap(2, 3);
    assert_eq!(found(&reordered).0, 3);
    let mut inserted = good.clone();
    inserted.insert(3, good[1].clone());
    assert_eq!(found(&inserted).0, 4);
    inserted[3] = b"x".to_vec();
    assert_eq!(found(&inserted), (4, NOT_CANONICAL));
}

/// Guards the last line: a crash leaves it without a newline. With a newline, a line that is not canonical was edited.
#[test]
fn text_at_the_end_is_torn_only_without_a_newline() {
    let keys = [key()];
    for is_ended in [true, false] {
        let mut chain = Chain::new(&keys);
        for (at, line) in trail(3).iter().enumerate() {
            let place = Place { file: "f", line: at + 1, is_ended: true };
            chain.feed(&place, line).unwrap();
        }
        assert!(
            chain.feed(&Place { file: "f", line: 4, is_ended }, b"{\"schema\"").unwrap().is_none()
        );
        let broken = Broken { file: "f".into(), line: 4, what: NOT_CANONICAL };
        assert_eq!(chain.finish(), if is_ended { Err(broken) } else { Ok(()) });
    }
}

#[test]
fn a_torn_line_is_closed_by_a_recorded_repair() {
    let mut trail = trail(2);
    let torn = trail[1][..20].to_vec();
    let end = AuditEnd { last_line: Some(trail[1].clone()), torn: 20 };
    let event = login("alice");
    let bytes = write_lines(&end, Some(&key()), Timestamp::from_unix(0), &[event]).unwrap();
    trail.push(torn);
    assert!(checked(&trail).is_ok(), "a torn last line belongs to a login that was never answered");
    trail.extend(bytes.split(|byte| *byte == b'\n').filter(|l| !l.is_empty()).map(<[u8]>::to_vec));
    assert_eq!(trail.len(), 5);
    assert!(checked(&trail).is_ok());
    let mut longer = trail.clone();
    longer[2].push(b'x');
    assert_eq!(found(&longer), (3, NOT_CANONICAL), "not the text that was repaired");
    trail.remove(3);
    assert!(checked(&trail).is_err());
}

/// Guards lines without a key: they are rejected, and removing one of several is detected.
#[test]
fn lines_without_a_key_are_reported_and_counted() {
    let mut trail = trail(2);
    for _ in 0..3 {
        append(&mut trail, None, &login("alice"));
    }
    append(&mut trail, Some(&key()), &Event::KeyReset { by: "root" });
    let keys = [key()];
    let mut chain = Chain::new(&keys);
    for (at, line) in trail.iter().enumerate() {
        chain.feed(&Place { file: "f", line: at + 1, is_ended: true }, line).unwrap();
    }
    assert_eq!((chain.finish(), chain.unkeyed()), (Ok(()), 3));
    assert_eq!(chain.gaps().len(), 2, "{:?}", chain.gaps());
    assert_eq!(chain.gaps()[0], Gap { file: "f".into(), line: 3, what: UNKEYED });
    assert_eq!(found(&trail), (3, UNKEYED));
    trail.remove(3);
    assert_eq!(found(&trail).0, 4, "a line without a key was removed");
}

/// Guards lines under a lost key: a reset under a known key must follow them.
#[test]
fn lines_of_a_lost_key_need_a_reset_after_them() {
    let mut trail = trail(3);
    append(&mut trail, Some(&key_of(2)), &login("alice"));
    assert_eq!(found(&trail), (4, UNKNOWN_KEY));
    append(&mut trail, Some(&key()), &login("alice"));
    assert_eq!(found(&trail).0, 4, "no reset");
    append(&mut trail, Some(&key()), &Event::KeyReset { by: "root" });
    assert!(checked(&trail).is_ok());
    let forged = String::from_utf8(trail[5].clone()).unwrap().replace("root", "ruth");
    trail[5] = forged.into();
    assert_eq!(found(&trail), (6, "was changed"));
}

/// Guards key rotation: lines of earlier keys are checked with the audit keys kept from them.
#[test]
fn every_line_is_checked_with_its_own_key() {
    let mut trail = trail(3);
    append(&mut trail, Some(&key_of(2)), &login("alice"));
    let keys = [key_of(2), key()];
    assert!(check(trail.iter().map(Vec::as_slice), &keys).is_ok());
    let edited = String::from_utf8(trail[1].clone()).unwrap().replace("user 1", "user 9");
    trail[1] = edited.into();
    assert_eq!(check(trail.iter().map(Vec::as_slice), &keys).unwrap_err().line, 2);
}
