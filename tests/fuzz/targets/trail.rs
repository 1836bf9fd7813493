//! Reads any bytes as a trail. A line that the strict reader accepts is written back as the same
//! bytes and has no other reading. Nothing panics.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use rw2fa::audit::{self, AttemptLog, Chain, Event, Line, Link};
use rw2fa::store::Place;
use rw2fa::store::seal::{DataKey, KeyRing};
use serde_json::{Map, Value};

fuzz_target!(|data: &[u8]| {
    let keys = KeyRing::from_key(DataKey::new([1; 32])).audit_keys();
    let mut chain = Chain::new(&keys);
    let mut attempts = AttemptLog::new();
    let is_ended = data.ends_with(b"\n");
    let mut is_broken = false;
    for (at, bytes) in data.split(|byte| *byte == b'\n').enumerate() {
        let Some(line) = Line::parse(bytes) else {
            is_broken =
                is_broken || chain.feed(&Place { file: "f", line: at, is_ended }, bytes).is_err();
            continue;
        };
        assert_eq!(line.to_bytes(), bytes);
        assert_eq!(Link::after(bytes), line.link());
        let read: Map<String, Value> = serde_json::from_slice(bytes).expect("JSON");
        assert_eq!(serde_json::to_vec(&read).expect("JSON"), bytes, "a duplicate key");
        assert_eq!(read["event"], line.kind());
        assert_eq!(read.get("user").and_then(Value::as_str), user(&line));
        assert!(line.mac().is_some() == line.key().is_some());
        let _ = attempts.feed(&line);
        is_broken =
            is_broken || chain.feed(&Place { file: "f", line: at, is_ended }, bytes).is_err();
    }
    let _ = (chain.finish(), chain.head().map(str::len), chain.gaps().len(), is_broken);
    let missing = attempts.finish(&BTreeMap::from([("alice".to_owned(), u64::MAX)]));
    assert!(missing.iter().all(|found| found.first <= found.last));
    let _ = audit::check(data.split(|byte| *byte == b'\n'), &keys);
});

/// Returns the user of a login.
fn user(line: &Line) -> Option<&str> {
    match line.event() {
        Some(Event::Verification(verification)) => Some(verification.user),
        _ => None,
    }
}
