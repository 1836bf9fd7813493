//! Which licences are accepted and which are rejected.

use std::fs;

use super::{TOKENS, activate, activate_bytes, settings_file, show, token};
use crate::sandbox::{Run, Sandbox};

/// Guards the serial number that licences are bound to, and that it does not reveal the machine's
/// id.
#[test]
fn the_portal_command_shows_the_serial_number() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.admin_ok(&["license", "serial"]), "7GRS-RBNB-DFT7-SX10\n");
    let json = sandbox.admin_ok(&["license", "serial", "--format", "json"]);
    assert_eq!(json, "{\n  \"schema\": 1,\n  \"serial\": \"7GRS-RBNB-DFT7-SX10\"\n}\n");
    let portal = sandbox.admin(&["license", "portal"]);
    assert_eq!(
        portal,
        Run {
            code: 0,
            stdout: "\
portal         https://license.remote-work.example/
order number   from the confirmation of your order
e-mail         the address of that order
serial number  7GRS-RBNB-DFT7-SX10
product        Two-Factor Authentication
"
            .into(),
            stderr: "hint: install the licence you get with 'rw2fa license activate license.lic'\n"
                .into(),
        }
    );
    let json = sandbox.admin(&["license", "portal", "--format", "json"]);
    assert_eq!(
        json.json().to_string(),
        r#"{"schema":1,"portal":{"address":"https://license.remote-work.example/","order_number":null,"email":null,"serial":"7GRS-RBNB-DFT7-SX10","product":"Two-Factor Authentication"}}"#
    );
    sandbox.on_machine("fedcba9876543210fedcba9876543210");
    assert_ne!(sandbox.admin_ok(&["license", "serial"]), "7GRS-RBNB-DFT7-SX10\n");
    assert_eq!(sandbox.admin(&["--format", "csv", "license", "serial"]).code, 2);
}

/// Guards activation: what is stored, kept, recorded in the trail, and shown.
#[test]
fn a_licence_is_activated_and_shown() {
    let sandbox = Sandbox::new();
    let before = fs::read_to_string(settings_file(&sandbox)).unwrap();
    let dry = ["license", "activate", "--dry-run"];
    let file = sandbox.beside("license.lic");
    sandbox.write(&file, token("good"));
    let run = sandbox.admin(&[&dry[..], &[file.to_str().unwrap()]].concat());
    assert_eq!((run.code, run.stdout.as_str()), (0, "licence A-1001: would be added\n"), "{run:?}");
    assert_eq!(fs::read_to_string(settings_file(&sandbox)).unwrap(), before, "a dry run");

    let run = activate(&sandbox, "good");
    assert_eq!((run.code, run.stdout.as_str()), (0, "licence A-1001: added\n"), "{run:?}");
    assert!(run.stderr.contains("licence: enterprise, up to 3 users, 365 days left\n"), "{run:?}");
    let after = fs::read_to_string(settings_file(&sandbox)).unwrap();
    let section = format!("\n[license]\ntoken = \"{}\"\n", token("good"));
    assert_eq!(after, format!("{before}{section}"), "comments and order are kept");
    assert_eq!(activate(&sandbox, "good").stdout, "licence A-1001: unchanged\n");
    assert_eq!(activate(&sandbox, "good-without-end").stdout, "licence A-1001: changed\n");
    assert_eq!(activate(&sandbox, "good").stdout, "licence A-1001: changed\n");
    let trail = sandbox.contents().into_iter().find(|(path, _)| path.ends_with("2026-11.jsonl"));
    let trail = String::from_utf8(trail.unwrap().1).unwrap();
    assert!(!trail.contains(token("good")) && !trail.contains("it@example.com"), "{trail}");
    for part in [
        r#""action":"license activate","object":"A-1001""#,
        r#""expires":[null,"2027-11-24T08:00:00Z"]"#,
        r#""max-users":[3,3]"#,
    ] {
        assert!(trail.contains(part), "{part}: {trail}");
    }

    assert_eq!(
        sandbox.admin_ok(&["license", "show"]),
        "\
licence        enterprise, up to 3 users, 365 days left
order number   A-1001
e-mail         it@example.com
issued         2026-11-24T08:00:00Z
ends           2027-11-24T08:00:00Z
users counted  0 of 3
serial number  7GRS-RBNB-DFT7-SX10
key            DEVELOPMENT KEY: anyone can issue licences for this build
"
    );
    let json = sandbox.admin(&["license", "show", "--format", "json"]);
    assert_eq!(
        json.json().to_string(),
        r#"{"schema":1,"license":{"state":"licensed","days_left":365,"max_users":3,"development_key":true,"users":0,"serial":"7GRS-RBNB-DFT7-SX10","edition":"enterprise","order_number":"A-1001","email":"it@example.com","issued":"2026-11-24T08:00:00Z","expires":"2027-11-24T08:00:00Z","problem":null}}"#
    );
    let status = sandbox.admin(&["status", "--format", "json"]).json();
    assert_eq!(
        status["license"].to_string(),
        r#"{"state":"licensed","days_left":365,"max_users":3,"development_key":true}"#
    );
}

/// Guards licences that passed through an editor or an e-mail: whatever was added around the line
/// is ignored.
#[test]
fn additions_around_a_licence_are_ignored() {
    for (what, start, end) in [
        ("a byte order mark", "\u{feff}", "\r\n"),
        ("a blank last line", "", "\n\n"),
        ("blank last lines of Windows", "", "\r\n\r\n \r\n"),
        ("trailing blanks", "", "  \t\n"),
        ("all of it", "\u{feff}", " \n\n"),
    ] {
        let sandbox = Sandbox::new();
        let file = format!("{start}{}{end}", token("good"));
        let run = activate_bytes(&sandbox, file.as_bytes());
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (0, "licence A-1001: added\n"),
            "{what}: {run:?}"
        );
        // The store holds the licence alone, so activating the same one without additions changes
        // nothing.
        assert_eq!(activate(&sandbox, "good").stdout, "licence A-1001: unchanged\n", "{what}");
    }
}

/// Guards licences that PowerShell wrote to a file, which makes them UTF-16.
#[test]
fn a_licence_in_utf_16_is_accepted() {
    let text = format!("\u{feff}{}\r\n", token("good"));
    let encode =
        |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    for bytes in [encode(u16::to_le_bytes), encode(u16::to_be_bytes)] {
        let run = activate_bytes(&Sandbox::new(), &bytes);
        assert_eq!((run.code, run.stdout.as_str()), (0, "licence A-1001: added\n"), "{run:?}");
        let cut = activate_bytes(&Sandbox::new(), &bytes[..bytes.len() - 7]);
        assert_eq!(cut.code, 1, "{cut:?}");
    }
}

/// Guards that valid licences from another implementation are accepted, with any line ending.
#[test]
fn good_licences_are_accepted() {
    let sandbox = Sandbox::new();
    for (name, days, users) in [
        ("good-typ", Some(365), Some(3)),
        ("good-mobile-web", Some(365), Some(3)),
        ("good-without-end", None, Some(3)),
        ("good-without-max-users", Some(365), None),
        ("good-one-user", Some(365), Some(1)),
        ("good-leeway", Some(365), Some(3)),
    ] {
        for end in ["", "\n", "\r\n"] {
            let run = activate_bytes(&sandbox, format!("{}{end}", token(name)).as_bytes());
            assert_eq!(run.code, 0, "{name}: {run:?}");
        }
        let shown = show(&sandbox);
        assert_eq!(shown["state"], "licensed", "{name}");
        assert_eq!(shown["days_left"].as_u64(), days, "{name}");
        assert_eq!(shown["max_users"].as_u64(), users, "{name}");
    }
}

/// Rejected licences, and the words that name the cause.
const REFUSED: &[(&str, &str)] = &[
    ("without-product", "missing field `product`"),
    ("without-serial", "missing field `serial`"),
    ("without-order_number", "missing field `order_number`"),
    ("without-email", "missing field `email`"),
    ("without-edition", "missing field `edition`"),
    ("without-iat", "missing field `iat`"),
    ("other-product", "it is for the product 'Two-Factor Authentication Server'"),
    ("other-serial", "serial number 0000-0000-0000-0000, and this machine has 7GRS-RBNB-DFT7-SX10"),
    ("other-edition", "unknown variant `gold`"),
    ("not-yet", "not valid yet: it was issued at 2026-11-24T08:05:01Z"),
    ("expired", "it expired at 2026-11-24T08:00:00Z"),
    ("backwards", "it ends (2026-11-24T07:59:59Z) before it was issued (2026-11-24T08:00:00Z)"),
    ("twice", "duplicate field `max_users`"),
    ("unknown-claim", "unknown field `nbf`"),
    ("iat-text", "invalid type: string"),
    ("exp-null", "invalid type: null"),
    ("max-users-zero", "invalid value: integer `0`"),
    ("max-users-negative", "invalid value: integer `-1`"),
    ("max-users-fraction", "invalid type: floating point"),
    ("order-number-number", "invalid type: integer `1001`"),
    ("email-empty", "`email` is empty"),
    ("list", "it is not a JSON object"),
    ("no-json", "it is not a JSON object"),
    ("two-documents", "trailing characters"),
    ("header-crit", "unknown field `crit`"),
    ("header-jwk", "unknown field `jwk`"),
    ("header-kid", "unknown field `kid`"),
    ("header-x5c", "unknown field `x5c`"),
    ("header-b64", "unknown field `b64`"),
    ("header-alg-twice", "duplicate field `alg`"),
    ("header-typ", "typ 'at+jwt'"),
    ("header-rs256", "algorithm 'RS256'; only EdDSA"),
    ("alg-none", "algorithm 'none'; only EdDSA"),
    ("alg-none-signed", "algorithm 'none'; only EdDSA"),
    ("alg-hs256", "algorithm 'HS256'; only EdDSA"),
    ("other-key", "its signature is not valid"),
    ("other-claims", "its signature is not valid"),
];

/// Guards against each kind of invalid licence: rejected by name, with a hint, and the previous
/// licence stays unchanged.
#[test]
fn invalid_licences_are_refused_with_the_cause() {
    let sandbox = Sandbox::new();
    assert_eq!(activate(&sandbox, "good").code, 0);
    let before = sandbox.contents();
    let refused = |what: &str, run: &Run, words: &str| {
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{what}: {run:?}");
        assert!(run.stderr.contains(words), "{what} {words}: {run:?}");
        assert!(run.stderr.contains("license.lic: ") && run.stderr.contains("\nhint: "), "{run:?}");
        assert_eq!(sandbox.contents(), before, "{what}");
    };
    for (name, words) in REFUSED {
        refused(name, &activate(&sandbox, name), words);
    }
    let names = TOKENS.lines().map(|line| line.split(' ').next().unwrap());
    for name in names.filter(|name| !name.starts_with("good")) {
        assert!(REFUSED.iter().any(|(tried, _)| tried == &name), "{name} was not tried");
    }
    let good = token("good");
    let text = |text: String| text.into_bytes();
    for (what, bytes, words) in [
        ("empty", Vec::new(), "it is empty"),
        ("a newline", b"\n".to_vec(), "it is empty"),
        ("10 MB", vec![b'a'; 10 << 20], "longer than 64 KiB"),
        ("64 KiB and a byte", vec![b'a'; (64 << 10) + 1], "longer than 64 KiB"),
        ("64 KiB", vec![b'a'; 64 << 10], "it is not a licence"),
        ("binary", (0..=255).cycle().take(2000).collect(), "it is not a licence"),
        ("a page", b"<!DOCTYPE html>\n<title>Sign in</title>".to_vec(), "it is not a licence"),
        ("another line", text(format!("{good}\nx")), "it is not a licence"),
        ("another part", text(format!("{good}.e30")), "it is not a licence"),
        ("a blank before", text(format!(" {good}")), "it is not a licence"),
        ("two marks before", text(format!("\u{feff}\u{feff}{good}")), "it is not a licence"),
        ("only a mark", text("\u{feff}\n".into()), "it is empty"),
        ("two parts", text(good.rsplit_once('.').unwrap().0.into()), "it is not a licence"),
        ("cut", text(good[..good.len() - 4].into()), "its signature is"),
        ("padding", text(format!("{good}==")), "its signature is damaged: not valid base64url"),
        (
            "no signature",
            text(good.rsplit_once('.').unwrap().0.to_owned() + "."),
            "its signature is",
        ),
    ] {
        refused(what, &activate_bytes(&sandbox, &bytes), words);
    }
    // The last of the 86 characters of a signature has four unused bits.
    let last = good.chars().last().unwrap();
    let other = char::from(u8::try_from(last).unwrap() + 1);
    let other = good[..good.len() - 1].to_owned() + &other.to_string();
    refused(
        "another spelling",
        &activate_bytes(&sandbox, other.as_bytes()),
        "its signature is damaged",
    );
    for at in (0..good.len()).step_by(7) {
        let mut changed = good.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'E' } else { b'A' };
        let run = activate_bytes(&sandbox, &changed);
        assert_eq!(run.code, 1, "byte {at}: {run:?}");
    }
    assert_eq!(sandbox.contents(), before);
}

/// Guards the file argument: anything but a file is named in the error, and never blocks.
#[test]
fn anything_but_a_file_is_refused() {
    let sandbox = Sandbox::new();
    let beside = |name: &str| sandbox.beside(name).to_str().unwrap().to_owned();
    let missing = sandbox.admin(&["license", "activate", &beside("none.lic")]);
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("none.lic: "), "{missing:?}");
    let device = if cfg!(unix) { "/dev/zero".to_owned() } else { beside("store") };
    for place in [beside("store"), device] {
        let run = sandbox.admin(&["license", "activate", &place]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("is not a file"), "{run:?}");
    }
    assert_eq!(sandbox.admin(&["license", "activate"]).code, 2);
}
