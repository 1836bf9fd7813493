use super::*;
use crate::store::seal::{DataKey, KeyRing};

const MAC: &str = "73fb35b06b99e245be28ec237e13f76d";

fn key() -> AuditKey {
    KeyRing::from_key(DataKey::new([1; 32])).audit_key()
}

fn written(key: Option<&AuditKey>, event: &Event<'_>) -> String {
    let link = Link { seq: 6, mac: Some(MAC.into()) };
    let now = Timestamp::from_unix(1_795_507_200);
    String::from_utf8(Line::write(&link, key, now, event).unwrap().0).unwrap()
}

fn verification() -> Event<'static> {
    Event::Verification(Verification {
        user: "corp\\älice\u{2028}\u{7f}\u{1}",
        outcome: "deny",
        reason: "wrong-code",
        session: Some("html5"),
        client: None,
        ip: Some("192.0.2.1"),
        drift: Some(-3),
        attempt: Some(7),
        caller: Some(1001),
    })
}

fn change() -> Event<'static> {
    let values = serde_json::json!({ "b": [null, { "z": 1, "a": [true, -2, "x"] }], "a": [1, 2] });
    Event::Change(AdminChange {
        by: "root (sudo: eve)",
        action: "advanced",
        object: Some("b"),
        values: values.as_object().unwrap().clone(),
        attempt: None,
    })
}

/// Guards the round trip of every event and all its fields, with and without a key.
#[test]
fn every_event_is_read_back() {
    for event in [
        verification(),
        change(),
        Event::Repair { torn_bytes: u64::MAX },
        Event::KeyReset { by: "root" },
        Event::Archive(Archive { by: "r", month: "2026-09", last_seq: 3, last_mac: Some(MAC) }),
        Event::Archive(Archive { by: "r", month: "2026-09", last_seq: 3, last_mac: None }),
    ] {
        for key in [Some(&key()), None] {
            let text = written(key, &event);
            let line = Line::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(line.event(), Some(event.clone()), "{text}");
            assert_eq!(line.to_bytes(), text.as_bytes());
            assert_eq!(Link::after(text.as_bytes()), line.link());
            assert_eq!((line.seq(), line.time()), (7, "2026-11-24T08:00:00Z"));
            assert_eq!(line.follows(), Some(Link { seq: 6, mac: Some(MAC.into()) }));
            assert_eq!(line.key(), key.map(AuditKey::id));
            assert_eq!(key.is_some_and(|key| line.is_authentic(key)), key.is_some());
            let other = KeyRing::from_key(DataKey::new([2; 32])).audit_key();
            assert!(!line.is_authentic(&other));
        }
    }
}

/// Guards the canonical form: text that a lenient parser would accept is not a line.
#[test]
fn text_that_is_not_canonical_is_not_a_line() {
    let line = written(Some(&key()), &verification());
    let unkeyed = written(None, &verification());
    let edited = written(Some(&key()), &change());
    let end = line.rfind('}').unwrap();
    let behind = |text: &str| format!("{}{text}}}", &line[..end]);
    for (what, text) in [
        ("text after the authenticator", behind(r#","user":"bob","outcome":"grant""#)),
        ("a second authenticator", behind(&format!(r#","mac":"{MAC}""#))),
        ("an unknown field", line.replace(r#","key":"#, r#","color":"red","key":"#)),
        ("a field of another event", line.replace(r#","key":"#, r#","torn_bytes":1,"key":"#)),
        ("a duplicate key", unkeyed.replace(r#","reason""#, r#","outcome":"deny","reason""#)),
        (
            "a duplicate key, escaped",
            unkeyed.replace(r#","reason""#, r#","\u006futcome":"grant","reason""#),
        ),
        ("a duplicate key within", edited.replace(r#"{"z":1"#, r#"{"z":0,"z":1"#)),
        ("another order", line.replace(r#""schema":1,"seq":7"#, r#""seq":7,"schema":1"#)),
        ("a space", line.replacen(':', ": ", 1)),
        ("a space before", format!(" {line}")),
        ("a space after", format!("{line} ")),
        ("a carriage return", format!("{line}\r")),
        ("a newline", format!("{line}\n")),
        ("a byte order mark", format!("\u{feff}{line}")),
        ("two lines", format!("{line}{line}")),
        ("an escaped letter", line.replace("deny", "\\u0064eny")),
        ("an escaped slash", line.replace("wrong-code", "wrong\\/code")),
        ("an upper-case digit", line.replace("\\u0001", "\\u0001\\u000A")),
        ("a number as text", line.replace(r#""seq":7"#, r#""seq":"7""#)),
        ("a fraction", line.replace(r#""seq":7"#, r#""seq":7.0"#)),
        ("a null", line.replace(r#""session":"html5""#, r#""session":null"#)),
        ("a missing field", line.replace(r#""reason":"wrong-code","#, "")),
        ("another schema", line.replace(r#""schema":1"#, r#""schema":2"#)),
        ("another time", line.replace("08:00:00Z", "09:00:00+01:00")),
        ("an invalid time", line.replace("2026-11-24T08:00:00Z", "yesterday")),
        ("an unknown event", line.replace("verification", "vacation")),
        ("no authenticator", line[..end - 41].to_owned() + "}"),
        ("a null authenticator", line[..end - 34].to_owned() + "null}"),
        (
            "an authenticator without a key",
            unkeyed.replace(r#""mac":null"#, &format!(r#""mac":"{MAC}""#)),
        ),
        ("a short authenticator", line.replace(MAC, &MAC[1..])),
        ("an authenticator in capitals", line.replace(MAC, &MAC.to_uppercase())),
        ("a list", "[1,7]".to_owned()),
        ("a part", line[..end].to_owned()),
        ("nothing", String::new()),
    ] {
        assert!(![&line, &unkeyed, &edited].contains(&&text), "{what}: nothing was changed");
        assert!(Line::parse(text.as_bytes()).is_none(), "{what}: {text}");
    }
    assert!(Line::parse(&[line.as_bytes(), b"\0"].concat()).is_none());
    assert!(Line::parse(&line.as_bytes()[1..]).is_none());
}

/// Guards the beginning of a trail: only the line of `init` can be the first.
#[test]
fn only_the_line_of_init_is_the_first() {
    let first = |link: &Link, action: &str, object: Option<&str>| {
        let event = Event::Change(AdminChange {
            by: "root",
            action,
            object,
            values: Map::new(),
            attempt: None,
        });
        let (line, _) = Line::write(link, Some(&key()), Timestamp::from_unix(0), &event).unwrap();
        Line::parse(&line).unwrap().is_first()
    };
    let later = Link { seq: 1, mac: Some(MAC.into()) };
    assert!(first(&Link::first(), "init", None));
    assert!(!first(&Link::first(), "enable", None));
    assert!(!first(&Link::first(), "init", Some("x")));
    assert!(!first(&later, "init", None));
    assert!(!first(&Link { seq: 0, mac: Some(MAC.into()) }, "init", None));
}

/// Guards attempts by an administrator, whose lines name the user in another field.
#[test]
fn an_attempt_belongs_to_the_user_or_to_the_object() {
    let mut tested = change();
    if let Event::Change(change) = &mut tested {
        change.attempt = Some(4);
    }
    for (event, expected) in [
        (verification(), Some(("corp\\älice\u{2028}\u{7f}\u{1}", 7))),
        (tested, Some(("b", 4))),
        (change(), None),
    ] {
        let text = written(Some(&key()), &event);
        assert_eq!(Line::parse(text.as_bytes()).unwrap().attempt(), expected);
    }
}

/// Guards the chain: a line with text behind its authenticator, or without a whole one, offers no link.
#[test]
fn the_ends_of_a_line_make_its_link() {
    let whole = written(Some(&key()), &verification());
    let after = |text: &str| Link::after(text.as_bytes());
    assert_ne!(after(&whole), Link::first());
    for text in [
        String::new(),
        "{}".into(),
        whole[..whole.len() - 1].into(),
        format!("{whole} "),
        whole.replace('}', ",\"user\":\"bob\"}"),
        whole.replace("\"seq\":7", "\"seq\":x"),
        whole.replace("\"mac\":\"", "\"mac\":\"0"),
        whole.replace("\"schema\":1", "\"schema\":2"),
    ] {
        assert_eq!(after(&text), Link::first(), "{text}");
    }
}
