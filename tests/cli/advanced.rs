//! `rw2fa advanced`: the settings, their bounds, and the reported chances of guessing.

use std::fs;

use crate::sandbox::{Run, Sandbox};
use rw2fa::settings::advanced::KEYS;
use serde_json::{Value, json};

/// Key, default, minimum and maximum, or two valid texts. Pins values that matter for security; the bounds of
/// every key are checked by `tests/docs/settings.rs`.
fn keys() -> Vec<(&'static str, Value, Value, Value)> {
    let number =
        |key, default: u32, least: u32, most: u32| (key, json!(default), json!(least), json!(most));
    vec![
        number("discrepancy", 480, 0, 2880),
        ("issuer", Value::Null, json!("x"), json!("é".repeat(64))),
        number("validity-after-first-session", 480, 0, 43_200),
        number("validity-before-first-session", 3600, 0, 86_400),
        number("digits", 6, 4, 12),
        (
            "sms-message",
            json!("Your %ISSUER% verification code is: %CODE%"),
            json!("%CODE%"),
            json!("\"%CODE%\"\n'x' \\ # [a]"),
        ),
        number("sms-validity", 600, 60, 14_400),
        number("sms-interval", 30, 0, 86_400),
        number("sms-hourly-limit", 6, 0, 1000),
        number("sms-daily-limit", 0, 0, 1_000_000),
        number("lockout-attempts", 5, 1, 100),
        number("lockout-seconds", 60, 1, 86_400),
        ("names", json!("system"), json!("system"), json!("portal")),
        number("enrolment-days", 0, 0, 365),
        ("require-client", json!(false), json!(true), json!(false)),
    ]
}

fn get(sandbox: &Sandbox, key: &str) -> Value {
    sandbox.admin(&["advanced", "get", key, "--format", "json"]).json()["setting"].clone()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Guards the name, order, default and bounds of every setting, written and read back.
#[test]
fn every_key_has_its_default_and_takes_both_bounds() {
    let sandbox = Sandbox::new();
    let listed = sandbox.admin(&["advanced", "list", "--format", "json"]).json();
    let rows = listed["settings"].as_array().unwrap();
    let before = fs::read_to_string(sandbox.path().join("store.toml")).unwrap();
    for (key, default, least, most) in keys() {
        let row = rows.iter().find(|row| row["key"] == key).unwrap();
        if key == "issuer" {
            assert!(text(&row["default"]).ends_with(" remote-work"), "{row}");
        } else {
            assert_eq!((&row["value"], &row["default"]), (&default, &default), "{key}");
        }
        for value in [&most, &least] {
            let run = sandbox.admin(&["advanced", "set", key, &text(value)]);
            assert_eq!((run.code, run.stdout), (0, format!("setting {key}: changed\n")), "{key}");
            assert_eq!(&get(&sandbox, key)["value"], value, "{key}");
            assert_eq!(sandbox.admin_ok(&["advanced", "get", key]), format!("{}\n", text(value)));
        }
        assert_eq!(
            sandbox.admin_ok(&["advanced", "unset", key]),
            format!("setting {key}: changed\n")
        );
        assert_eq!(get(&sandbox, key)["value"], row["default"], "{key}");
        assert_eq!(
            sandbox.admin_ok(&["advanced", "unset", key]),
            format!("setting {key}: unchanged\n")
        );
    }
    assert_eq!(fs::read_to_string(sandbox.path().join("store.toml")).unwrap(), before);
}

/// Guards the store from invalid values: the error names the bound or the format, and nothing is
/// written.
#[test]
fn invalid_values_are_refused_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    let before = sandbox.contents();
    let mut cases: Vec<(&str, String, String)> = Vec::new();
    for (key, _, least, most) in keys() {
        if let (Some(least), Some(most)) = (least.as_i64(), most.as_i64()) {
            for value in [least - 1, most + 1] {
                cases.push((key, value.to_string(), format!("{key} must be {least} to {most}")));
            }
            for value in ["", "six", "4.5", "0x10", "99999999999999999999"] {
                cases.push((key, value.into(), key.into()));
            }
        }
    }
    let after = "validity-after-first-session";
    for (key, value, words) in [
        (after, "90s", "'90s' is not a whole number of minutes"),
        (after, "721h", "must be 0 to 43200 minutes"),
        (after, "8 weeks", "a duration like 90s, 30m, 8h, 3d or 2w"),
        ("issuer", "", "1 to 64 characters"),
        ("issuer", "a:b", "must not contain ':'"),
        ("issuer", "a\u{1b}b", "control characters"),
        ("sms-message", "your code", "must contain %CODE%"),
        ("require-client", "perhaps", "must be true or false"),
        ("discrepency", "1", "did you mean 'discrepancy'?"),
        ("colour", "1", "'rw2fa advanced list' shows every setting"),
    ] {
        cases.push((key, value.into(), words.into()));
    }
    cases.push(("issuer", "é".repeat(65), "1 to 64 characters".into()));
    for (key, value, words) in cases {
        let run = sandbox.admin(&["advanced", "set", key, &value]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{key} {value:?}: {run:?}");
        assert!(run.stderr.contains(&words), "{key} {value:?}: {run:?}");
    }
    for args in [&["get", "dgits"][..], &["unset", "dgits"]] {
        let run = sandbox.admin(&[&["advanced"], args].concat());
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("did you mean 'digits'?"), "{run:?}");
    }
    assert!(sandbox.contents() == before, "something was written");
}

/// Guards the formats in which durations are accepted.
#[test]
fn durations_are_read_in_the_unit_of_the_key() {
    let sandbox = Sandbox::new();
    for (key, typed, stored) in [
        ("validity-after-first-session", "8h", 480),
        ("validity-after-first-session", "3600s", 60),
        ("validity-after-first-session", "480m", 480),
        ("validity-before-first-session", "1h30m", 5400),
        ("validity-before-first-session", "90", 90),
        ("sms-validity", "10m", 600),
        ("lockout-seconds", "1d", 86_400),
        ("enrolment-days", "14d", 14),
    ] {
        sandbox.admin_ok(&["advanced", "set", key, typed]);
        assert_eq!(get(&sandbox, key)["value"], stored, "{key} {typed}");
    }
}

/// Guards what an administrator wrote into store.toml by hand.
#[test]
fn comments_and_order_survive() {
    let sandbox = Sandbox::new();
    let store = sandbox.path().join("store.toml");
    let by_hand = "\
# ours
enabled = false # not yet
schema = 1
created = 2026-11-24T08:00:00Z

[license]
first-enabled = 2026-11-24T08:00:00Z # on a Tuesday

[domains]
default = \"CORP\"

[advanced] # see the manual
# two minutes
discrepancy = 4   # steps
issuer = 'corp'
";
    sandbox.write(&store, by_hand);
    sandbox.admin_ok(&["advanced", "set", "discrepancy", "3"]);
    sandbox.admin_ok(&["advanced", "set", "digits", "8"]);
    sandbox.admin_ok(&["enable"]);
    let expected = by_hand
        .replace("discrepancy = 4 ", "discrepancy = 3 ")
        .replace("enabled = false", "enabled = true")
        + "digits = 8\n";
    assert_eq!(fs::read_to_string(&store).unwrap(), expected);
    sandbox.admin_ok(&["advanced", "unset", "discrepancy"]);
    let unset = expected.replace("discrepancy = 3   # steps\n", "");
    assert_eq!(
        fs::read_to_string(&store).unwrap(),
        unset,
        "the comment above is removed with its key"
    );
    sandbox.write(&store, &unset.replace("digits", "# ours too\ndigits"));
    sandbox.admin_ok(&["advanced", "unset", "digits"]);
    let last = unset.replace("digits = 8", "# ours too");
    assert_eq!(fs::read_to_string(&store).unwrap(), last, "a comment above the last key");
}

/// Guards the figures that administrators base decisions on.
#[test]
fn the_chances_of_guessing_are_reported() {
    let sandbox = Sandbox::new();
    let set = |key: &str, value: &str| sandbox.admin(&["advanced", "set", key, value]);
    assert_eq!(
        set("discrepancy", "480"),
        Run {
            code: 0,
            stdout: "setting discrepancy: changed\n".into(),
            stderr: "a code is valid 4 h before and after its own 30 s\n\
                     chance of guessing a code: 0.096 % in one try, 3.1 % in a day, 9.2 % before an administrator must unlock the account\n"
                .into(),
        }
    );
    assert_eq!(
        set("discrepancy", "1").stderr,
        "a code is valid 30 s before and after its own 30 s\n\
         chance of guessing a code: 0.0003 % in one try, 0.01 % in a day, 0.03 % before an administrator must unlock the account\n"
    );
    assert_eq!(
        set("discrepancy", "0").stderr.lines().next(),
        Some("a code is valid only during its own 30 s")
    );
    assert_eq!(
        set("discrepancy", "2880").stderr,
        "warning: with 6 digits, discrepancy 499 is used instead of 2880, so that a guess succeeds at most once in \
         1,000 tries\n\
         a code is valid 4 h 9 min 30 s before and after its own 30 s\n\
         chance of guessing a code: 0.1 % in one try, 3.2 % in a day, 9.5 % before an administrator must unlock the account\n"
    );
    assert_eq!(
        set("digits", "4").stderr,
        "warning: some authenticator apps only support 6-digit codes: try 4 digits with your \
         users' apps first\n\
         users who have already enrolled keep their number of digits\n\
         warning: with 4 digits, discrepancy 4 is used instead of 2880, so that a guess succeeds at most once in \
         1,000 tries\n\
         a code is valid 2 min before and after its own 30 s\n\
         chance of guessing a code: 0.09 % in one try, 2.9 % in a day, 8.6 % before an administrator must unlock the account\n"
    );
    assert!(set("lockout-attempts", "10").stderr.contains("in a day"));
    assert_eq!(set("sms-validity", "60").stderr, "");
    assert_eq!(sandbox.admin(&["-q", "advanced", "set", "digits", "5"]).stderr, "");
}

/// Guards the three formats of the list.
#[test]
fn the_list_is_shown_in_every_format() {
    let sandbox = Sandbox::new();
    sandbox.admin_ok(&["advanced", "set", "issuer", "corp"]);
    let host = text(&get(&sandbox, "issuer")["default"]);
    let csv = sandbox.admin_ok(&["advanced", "list", "--format", "csv"]).replace(&host, "<host>");
    let start = "\
key,value,default,valid,meaning
discrepancy,480,480,0 to 2880,how many 30 s steps before and after its own step an app code is accepted
issuer,corp,<host>,1 to 64 characters without ':',name shown in the authenticator app
validity-after-first-session,480,480,0 to 43200 minutes,further sessions need no new code for this long after the first one opened
";
    assert!(csv.starts_with(start), "{csv}");
    let text = sandbox.admin_ok(&["advanced", "list"]);
    let words: Vec<_> = text.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    let names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(words, [&["key"], names.as_slice()].concat());
    assert!(text.contains("lockout-seconds                60 seconds "), "{text}");
    let one = get(&sandbox, "lockout-seconds");
    assert_eq!(
        one.to_string(),
        r#"{"key":"lockout-seconds","value":60,"default":60,"unit":"seconds","valid":"1 to 86400 seconds","meaning":"length of the first lock; it doubles with each further wrong code, up to 1 h"}"#
    );
}
