//! Reads any text as a name: its canonical form and its file name both stand for the same account.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rw2fa::names::matching::{Domains, Resolution, covering_groups, resolve, whitelisted};
use rw2fa::names::name::Name;
use rw2fa::factor::recovery::RecoveryCode;
use rw2fa::factor::typed::Typed;
use rw2fa::otp::{Digits, Secret};
use rw2fa::printable::printable;
use rw2fa::store::dir::file_name;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let shown = printable(text);
    assert!(shown.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
    for digits in [Digits::MIN, Digits::DEFAULT, Digits::MAX] {
        let _ = Typed::parse(text, digits);
    }
    let _ = (RecoveryCode::parse(text), Secret::from_base32(text));

    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(name) = Name::parse(first) else { return };
    let again = Name::parse(&name.canonical()).expect("a canonical name is a name");
    assert_eq!((&again, again.key()), (&name, name.key()));
    let parts = file_name::encode(&name);
    assert!(parts.iter().all(|part| !part.contains(['/', '\\', '\0']) && !part.starts_with('.')));
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    assert_eq!(file_name::decode(&parts), Some(name.clone()), "{parts:?}");

    let Ok(other) = Name::parse(second) else { return };
    let domains = Domains::default();
    let entries = [other.clone()];
    let matches = matches!(resolve(&name, &entries, &domains), Resolution::Entry(_));
    // A listed user shares lock and counter with the matching entry.
    assert!(!matches || name.key() == other.key());
    let _ = covering_groups(&[name.clone()], &entries, &domains);
    assert!(!whitelisted(&name, &other, &domains) || name.key() == other.key());
});
