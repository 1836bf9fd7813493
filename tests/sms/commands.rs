//! `rw2fa sms` and its settings: what is saved, what is refused, what is shown.

use std::fs;

use serde_json::{Value, json};

use crate::sandbox::{Run, Sandbox};
use crate::twilio::{ACCOUNT, KEY, SERVICE, TOKEN, configure};
use crate::{Outbox, read, sign_in, with_alice};

const SENDER: &str = "+33700000001";

fn settings(sandbox: &Sandbox) -> String {
    read(&sandbox.path().join("store.toml"))
}

fn configure_with(sandbox: &Sandbox, args: &[&str], stdin: &str) -> Run {
    sandbox.admin_with_stdin(&[&["sms", "configure"], args].concat(), stdin.as_bytes())
}

#[test]
fn saved_settings_are_reported_sealed_and_masked() {
    let sandbox = Sandbox::new();
    sandbox.edit(&sandbox.path().join("store.toml"), "enabled = false", "enabled = false # mine");
    let args = [
        "--account-sid",
        ACCOUNT,
        "--api-key",
        KEY,
        "--auth-token-stdin",
        "--from",
        "+33 7 00 00 00 01",
    ];
    let more = [
        "--api-base",
        "https://api.dublin.ie1.twilio.com/",
        "--proxy",
        "http://proxy.example.com:3128",
    ];
    let run = configure_with(&sandbox, &[&args[..], &more].concat(), &format!("  {TOKEN}\r\n"));
    assert_eq!((run.code, run.stdout.as_str()), (0, "SMS gateway: added\n"), "{run:?}");
    for words in [ACCOUNT, SENDER, "sealed", "rw2fa sms check", "rw2fa sms test"] {
        assert!(run.stderr.contains(words), "{words}: {run:?}");
    }
    let text = settings(&sandbox);
    assert!(text.contains("# mine") && text.contains("auth-token = \"s1:"), "{text}");
    let shown = sandbox.admin_ok(&["sms", "show", "--format", "json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let expected = json!({ "configured": true, "account_sid": ACCOUNT, "api_key": KEY,
        "auth_token": "********", "from": SENDER, "api_base": "https://api.dublin.ie1.twilio.com",
        "proxy": "http://proxy.example.com:3128", "ca_file": null, "command": null, "problem": null });
    assert_eq!(shown["sms"], expected);
    let words = sandbox.admin_ok(&["sms", "show"]);
    assert!(words.contains("Twilio") && words.contains("********"), "{words}");
    let all = format!("{run:?}{shown}{words}{}", crate::everything(&sandbox));
    assert!(!all.contains(TOKEN), "{all}");
    let trail = fs::read_dir(sandbox.path().join("audit")).unwrap();
    let trail: String = trail.map(|entry| read(&entry.unwrap().path())).collect();
    assert!(trail.contains("sms configure") && !trail.contains(SENDER), "{trail}");
    let status: Value =
        serde_json::from_str(&sandbox.admin_ok(&["status", "--format", "json"])).unwrap();
    assert_eq!(status["sms"], json!({ "configured": true, "last_result": null, "last_at": null }));
}

/// Guards a working gateway: invalid options change nothing, and the error names the flag.
#[test]
fn nothing_is_saved_unless_everything_is_valid() {
    let sandbox = Sandbox::new();
    configure(&sandbox, "http://127.0.0.1:9", &["--from", SENDER]);
    let before = settings(&sandbox);
    let program = sandbox.beside("nothing");
    for (args, stdin, words) in [
        (&["--account-sid", "AC12"][..], "", "--account-sid"),
        (&["--account-sid", KEY], "", "--account-sid"),
        (&["--api-key", ACCOUNT], "", "--api-key"),
        (&["--from", "06 12 34 56 78"], "", "--from"),
        (&["--from", "a name that is too long"], "", "--from"),
        (&["--from", "+336"], "", "--from"),
        (&["--api-base", "http://api.twilio.com"], "", "--api-base"),
        (&["--api-base", "https://a:b@api.twilio.com"], "", "--api-base"),
        (&["--proxy", "proxy:3128"], "", "--proxy"),
        (&["--command", "relative"], "", "absolute"),
        (&["--command", program.to_str().unwrap()], "", "is not a program"),
        (&["--auth-token-stdin"], "\n", "token"),
        (&["--auth-token-stdin"], "with space inside\n", "token"),
        (&["--account-sid", "AC00000000000000000000000000000000"], "", "--auth-token-stdin"),
        (&["--api-base", "https://api.dublin.ie1.twilio.com"], "", "--auth-token-stdin"),
        (&["--api-key", KEY], "", "--auth-token-stdin"),
        (&["--from", ""], "", "--from"),
    ] {
        let run = configure_with(&sandbox, args, stdin);
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
        assert!(run.stderr.contains(words), "{args:?}: {run:?}");
        assert_eq!(settings(&sandbox), before, "{args:?}");
    }
    let run = configure_with(&sandbox, &["--from", "Example"], "");
    assert_eq!(run.code, 0, "the token is kept: {run:?}");
    let run = configure_with(&sandbox, &["--from", "Example"], "");
    assert_eq!(run.stdout, "SMS gateway: unchanged\n", "{run:?}");
    let before = settings(&sandbox);
    let run = configure_with(&sandbox, &["--from", SERVICE, "--dry-run"], "");
    assert_eq!((run.code, settings(&sandbox)), (0, before), "{run:?}");
}

#[test]
fn an_empty_store_needs_everything_and_never_waits_for_an_answer() {
    let sandbox = Sandbox::new();
    for (args, stdin, words) in [
        (&[][..], "", "--account-sid"),
        (&["--account-sid", ACCOUNT], "", "--auth-token-stdin"),
        (&["--account-sid", ACCOUNT, "--auth-token-stdin"], TOKEN, "--from"),
        (&["--from", SENDER], "", "--account-sid"),
    ] {
        let run = configure_with(&sandbox, args, stdin);
        assert!(run.code == 2 && run.stderr.contains(words), "{args:?}: {run:?}");
    }
    for command in ["check", "test"] {
        let args =
            [&["sms", command][..], if command == "test" { &[SENDER] } else { &[] }].concat();
        let run = sandbox.admin(&args);
        assert!(run.code == 1 && run.stderr.contains("'rw2fa sms configure' first"), "{run:?}");
    }
    assert!(sandbox.admin_ok(&["sms", "show"]).contains("none"));
    assert_eq!(sandbox.admin_ok(&["sms", "remove", "--yes"]), "SMS gateway: unchanged\n");
}

#[test]
fn another_gateway_replaces_twilio_and_can_be_replaced_by_it() {
    let sandbox = Sandbox::new();
    configure(&sandbox, "http://127.0.0.1:9", &["--from", SENDER]);
    let outbox = Outbox::of(&sandbox);
    let run = sandbox.admin(&["sms", "test", "+33612345678"]);
    assert_eq!((run.code, outbox.count()), (0, 1), "{run:?}");
    assert_eq!(outbox.messages()[0]["to"], "+33612345678");
    outbox.mode("refuse");
    let run = sandbox.admin(&["sms", "test", "+33612345678"]);
    assert!(run.code == 1 && run.stderr.contains("exit code 1"), "{run:?}");
    let run = configure_with(&sandbox, &["--command", outbox.path.to_str().unwrap()], "");
    // On Windows, the test's directory belongs to the administrators if they run it.
    let is_warned = run.stderr.contains("a set-uid verifier will not run it");
    assert!(is_warned || cfg!(windows), "{run:?}");
    let run = configure_with(&sandbox, &["--command", ""], "");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(sandbox.admin(&["sms", "test", "+33612345678"]).stderr.contains("127.0.0.1:9"));
    assert_eq!(outbox.count(), 2);
    sandbox.admin_ok(&["sms", "remove", "--yes"]);
    let text = settings(&sandbox);
    assert!(!text.contains("[sms]") && !text.contains(ACCOUNT), "{text}");
}

#[test]
fn the_section_may_be_edited_by_hand_and_is_checked() {
    let sandbox = Sandbox::new();
    configure(&sandbox, "http://127.0.0.1:9", &["--from", SENDER]);
    let path = sandbox.path().join("store.toml");
    let text = settings(&sandbox);
    sandbox.write(&path, &text.replace("from = ", "# the sender\nfrom = "));
    configure_with(&sandbox, &["--from", "Example"], "");
    assert!(
        settings(&sandbox).contains("# the sender\nfrom = \"Example\""),
        "{}",
        settings(&sandbox)
    );
    sandbox.write(&path, &text.replace("from = ", "form = "));
    let run = sandbox.admin(&["sms", "show"]);
    assert!(run.code == 4 && run.stderr.contains("form") && run.stderr.contains("line"), "{run:?}");
    sandbox.write(&path, &text.replace(SENDER, "no sender at all"));
    let run = sandbox.admin(&["sms", "check"]);
    assert!(run.code == 1 && run.stderr.contains("[sms] from"), "{run:?}");
    let doctor = sandbox.admin(&["doctor", "--format", "json"]);
    assert!(doctor.stdout.contains("sms-gateway"), "{doctor:?}");
}

/// Guards hand-edited settings: each invalid value is reported with file, line and key, like those
/// of other sections, by every command.
#[test]
fn an_invalid_value_is_reported_with_its_line() {
    let (sandbox, _outbox) = with_alice();
    let path = sandbox.path().join("store.toml");
    let text = settings(&sandbox);
    let head = format!("{}\n# by hand\n[sms]\n", &text[..text.find("[sms]").unwrap()]);
    let first = head.matches('\n').count() + 1;
    let whole = [
        ("account-sid", format!("\"{ACCOUNT}\"")),
        ("auth-token", "\"s1:x\"".into()),
        ("from", "\"Example\"".into()),
        ("api-base", "\"https://example.com\"".into()),
        ("proxy", "\"http://example.com:1\"".into()),
    ];
    let lines = |wrong: &str, value: Option<&str>| -> String {
        let kept = whole.iter().filter(|(key, _)| *key != wrong || value.is_some());
        let line = |(key, right): &(&str, String)| {
            format!("{key} = {}\n", if *key == wrong { value.unwrap() } else { right })
        };
        kept.map(line).collect()
    };
    for (key, value, line) in [
        ("account-sid", Some("\"AC0\""), first),
        ("from", Some("\"no sender at all\""), first + 2),
        ("api-base", Some("\"http://example.com\""), first + 3),
        ("proxy", Some("\"example.com\""), first + 4),
        // A missing key is reported at the line of the section.
        ("from", None, first - 1),
    ] {
        sandbox.write(&path, &format!("{head}{}", lines(key, value)));
        let problem = format!("{}, line {line}: [sms] {key}: ", path.display());
        for args in [
            &["sms", "check"][..],
            &["sms", "test", "+33612345678"],
            &["sms", "show"],
            &["status"],
            &["doctor"],
            &["enable"],
            &["users", "add", "bob", "--method", "sms", "--phone", "+33612345678"],
        ] {
            let run = sandbox.admin(args);
            assert!(
                format!("{}{}", run.stdout, run.stderr).contains(&problem),
                "{problem}: {run:?}"
            );
        }
    }
    sandbox.write(&path, &format!("{head}command = \"relative\"\n"));
    let problem = format!("{}, line {first}: [sms] command: ", path.display());
    let login = sign_in(&sandbox);
    assert!(login.code == 4 && login.stderr.contains(&problem), "{login:?}");
    // A token that does not open is reported with its line, too.
    sandbox.write(&path, &format!("{head}{}", lines("", None)));
    let check = sandbox.admin(&["store", "check"]);
    let problem = format!("{}, line {}: [sms] auth-token: ", path.display(), first + 1);
    assert!(check.code == 1 && check.stderr.contains(&problem), "{check:?}");
}

#[test]
fn the_portal_command_prints_the_page() {
    let sandbox = Sandbox::new();
    for (page, words) in [
        (&[][..], "console.twilio.com"),
        (&["console"], "console.twilio.com"),
        (&["trial"], "try-twilio"),
        (&["verified-callers"], "verified"),
        (&["status"], "status.twilio.com"),
        (&["support"], "help.twilio.com"),
    ] {
        let text = sandbox.admin_ok(&[&["sms", "portal"], page].concat());
        assert!(text.starts_with("https://") && text.contains(words), "{page:?}: {text}");
    }
    assert_eq!(sandbox.admin(&["sms", "portal", "other"]).code, 2);
    let json = sandbox.admin_ok(&["sms", "portal", "trial", "--format", "json"]);
    assert!(json.contains("\"url\": \"https://www.twilio.com/try-twilio\""), "{json}");
}

#[test]
fn the_message_text_is_checked_and_its_length_reported() {
    let sandbox = Sandbox::new();
    let set = |text: &str| sandbox.admin(&["advanced", "set", "sms-message", text]);
    assert_eq!(set("no code here").code, 2);
    sandbox.admin_ok(&["advanced", "set", "issuer", "Example"]);
    for (text, length, warned) in [
        ("%CODE%", "takes 1 SMS in GSM-7", None),
        ("%ISSUER%: %CODE%", "takes 1 SMS in GSM-7", None),
        ("Ваш код: %CODE%", "takes 1 SMS in UCS-2", None),
        (&format!("{}%CODE%", "x".repeat(154)), "takes 1 SMS in GSM-7", None),
        (&format!("{}%CODE%", "x".repeat(155)), "takes 2 SMS in GSM-7", None),
        (&format!("ç{}%CODE%", "x".repeat(64)), "takes 2 SMS in UCS-2", None),
        ("%USER% %CODE%", "takes 1 SMS", Some("%USER% is sent unchanged")),
    ] {
        let run = set(text);
        assert!(run.code == 0 && run.stderr.contains(length), "{text}: {run:?}");
        let warning = warned.unwrap_or("sent unchanged");
        assert_eq!(run.stderr.contains(warning), warned.is_some(), "{text}: {run:?}");
    }
}

#[test]
fn users_of_sms_are_listed_with_their_state_and_number() {
    let (sandbox, outbox) = with_alice();
    let listed =
        |args: &[&str]| sandbox.admin_ok(&[&["users", "list", "--format", "csv"], args].concat());
    assert!(
        listed(&[]).contains("alice,user,sms,+33612345678,none,none,true,,"),
        "{}",
        listed(&[])
    );
    crate::sign_in(&sandbox);
    assert!(listed(&["--state", "pending"]).contains("alice"), "{}", listed(&[]));
    crate::type_code(&sandbox, &outbox.code());
    assert!(listed(&["--state", "active", "--method", "sms"]).contains("alice"), "{}", listed(&[]));
    let status: Value =
        serde_json::from_str(&sandbox.admin_ok(&["status", "--format", "json"])).unwrap();
    let expected =
        json!({ "configured": true, "last_result": "sent", "last_at": "2026-11-24T08:00:00Z" });
    assert_eq!((&status["sms"], &status["users"]["active"]), (&expected, &json!(1)));
    assert!(sandbox.admin_ok(&["status"]).contains("last message sent at 2026-11-24T08:00:00Z"));
}
