//! `rw2fa whitelist`: who may connect by RDP without a code, from the command to the verifier's
//! answer.

use std::fs;

use crate::sandbox::{Run, Sandbox, shown};
use serde_json::Value;

/// The suffix corp.example means CORP.
const ALIASES: &str = "aliases = { \"corp.example\" = \"CORP\" }\n";

/// Returns the answer for a plain RDP login.
fn rdp(sandbox: &Sandbox, login: &str) -> String {
    sandbox.verify(&["--session", "rdp", "--no-groups", "--", login], None).reason()
}

fn add(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.admin(&[&["whitelist", "add"], args].concat())
}

/// Returns the entries of the list.
fn entries(sandbox: &Sandbox) -> Vec<Value> {
    let run = sandbox.admin(&["whitelist", "list", "--format", "json"]);
    run.json()["entries"].as_array().unwrap().clone()
}

/// Returns the administrative changes in the audit trail: action, object, values.
fn audited(sandbox: &Sandbox) -> Vec<String> {
    let text = fs::read_to_string(sandbox.path().join("audit/2026-11.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| line["action"].as_str().is_some_and(|a| a.starts_with("whitelist")))
        .map(|line| format!("{} {} {}", line["action"], line["object"], line["values"]))
        .collect()
}

/// Guards the whole life of an entry: the report, the answer, and the trail.
#[test]
fn an_entry_is_added_changed_and_removed() {
    let sandbox = Sandbox::with_users(&["alice"]);
    assert_eq!(rdp(&sandbox, "alice"), "rdp-not-allowed");
    let args = ["Alice", "--reason", " new phone ", "--until", "8h"];
    let added = add(&sandbox, &args);
    assert_eq!(
        added,
        Run {
            code: 0,
            stdout: "whitelist entry alice: added (until 2026-11-24T16:00:00Z)\n".into(),
            stderr: String::new()
        }
    );
    assert_eq!(rdp(&sandbox, "alice"), "whitelisted");
    let until = ["alice", "--until", "2026-11-24T17:00:00+01:00"];
    assert_eq!(
        add(&sandbox, &until).stdout,
        "whitelist entry alice: unchanged (until 2026-11-24T16:00:00Z)\n",
        "the same moment, the same reason"
    );
    assert_eq!(
        add(&sandbox, &["alice", "--until", "never"]).stdout,
        "whitelist entry alice: changed\n"
    );
    assert_eq!(
        add(&sandbox, &["alice", "--reason", ""]).stdout,
        "whitelist entry alice: changed\n"
    );
    let before = sandbox.contents();
    assert_eq!(add(&sandbox, &["alice"]).stdout, "whitelist entry alice: unchanged\n");
    assert!(before == sandbox.contents(), "unchanged writes nothing, not even the trail");
    assert_eq!(
        sandbox.admin_ok(&["whitelist", "remove", "alice"]),
        "whitelist entry alice: removed\n"
    );
    assert_eq!(rdp(&sandbox, "alice"), "rdp-not-allowed");
    assert_eq!(
        audited(&sandbox),
        [
            r#""whitelist add" "alice" {"reason":[null,"new phone"],"until":[null,"2026-11-24T16:00:00Z"]}"#,
            r#""whitelist add" "alice" {"until":["2026-11-24T16:00:00Z","never"]}"#,
            r#""whitelist add" "alice" {"reason":["new phone",null]}"#,
            r#""whitelist remove" "alice" {"until":["never",null]}"#,
        ]
    );
}

/// Guards the list in its three formats, and that an expired entry is marked as expired.
#[test]
fn the_list_is_shown_in_every_format() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.admin_ok(&["whitelist", "list"]), "");
    add(&sandbox, &["CORP\\bob"]);
    assert_eq!(
        sandbox.admin_ok(&["whitelist", "list"]),
        "name      state  added\ncorp\\bob  valid  2026-11-24T08:00:00Z\n"
    );
    add(&sandbox, &["alice", "--reason", "new phone", "--until", "1h"]);
    sandbox.pass(3600);
    assert_eq!(
        sandbox.admin_ok(&["whitelist", "list"]),
        "\
name      reason     until                 state    added
alice     new phone  2026-11-24T09:00:00Z  expired  2026-11-24T08:00:00Z
corp\\bob                                   valid    2026-11-24T08:00:00Z
"
    );
    assert_eq!(
        sandbox.admin_ok(&["whitelist", "list", "--format", "csv"]),
        "\
name,reason,until,state,added
alice,new phone,2026-11-24T09:00:00Z,expired,2026-11-24T08:00:00Z
corp\\bob,,,valid,2026-11-24T08:00:00Z
"
    );
    let json = sandbox.admin(&["whitelist", "list", "--format", "json"]).json();
    assert_eq!(
        json.to_string(),
        r#"{"schema":1,"entries":[{"name":"alice","reason":"new phone","until":"2026-11-24T09:00:00Z","state":"expired","added":"2026-11-24T08:00:00Z"},{"name":"corp\\bob","reason":null,"until":null,"state":"valid","added":"2026-11-24T08:00:00Z"}]}"#
    );
}

/// Guards the last second: an entry ends at `until` for the verifier and every command.
#[test]
fn an_entry_ends_at_its_second() {
    let sandbox = Sandbox::with_users(&["alice"]);
    add(&sandbox, &["alice", "--until", "1h"]);
    for (at, reason, state, valid) in [
        (3599, "whitelisted", "valid", true),
        (3600, "rdp-not-allowed", "expired", false),
        (3601, "rdp-not-allowed", "expired", false),
    ] {
        assert_eq!(rdp(sandbox.at(at), "alice"), reason, "{at}");
        assert_eq!(entries(&sandbox)[0]["state"], state, "{at}");
        assert_eq!(sandbox.show("alice")["whitelist"]["valid"], valid, "{at}");
    }
}

/// Guards the formats of an end, above all that a date includes its whole day.
#[test]
fn an_end_is_a_day_a_time_or_a_duration() {
    let sandbox = Sandbox::new();
    for (number, (text, expected)) in [
        ("2026-11-24", "2026-11-25T00:00:00Z"),
        ("2026-12-31", "2027-01-01T00:00:00Z"),
        ("2026-11-24T08:00:01Z", "2026-11-24T08:00:01Z"),
        ("2026-12-24T18:00:00+01:00", "2026-12-24T17:00:00Z"),
        ("2026-12-24T18:00", "2026-12-24T18:00:00Z"),
        ("2026-11-24T18:00:00", "2026-11-24T18:00:00Z"),
        ("30d", "2026-12-24T08:00:00Z"),
        ("2w", "2026-12-08T08:00:00Z"),
        ("1h30m", "2026-11-24T09:30:00Z"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("user{number}");
        let run = add(&sandbox, &[&name, "--until", text]);
        assert_eq!(
            run.stdout,
            format!("whitelist entry {name}: added (until {expected})\n"),
            "{text}"
        );
        let found = entries(&sandbox).into_iter().find(|entry| entry["name"] == *name);
        assert_eq!(found.unwrap()["until"], expected, "{text}");
    }
    for (text, code) in [
        ("2026-11-23", 1),
        ("2026-11-24T08:00:00Z", 1),
        ("0s", 1),
        ("1970-01-01", 1),
        ("tomorrow", 2),
        ("8", 2),
        ("", 2),
        ("18:00", 2),
        ("2027-02-29", 2),
        ("99999999999999999999d", 2),
        ("\u{1b}[2J", 2),
    ] {
        let before = sandbox.contents();
        let run = add(&sandbox, &["zoe", "--until", text]);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{text}: {run:?}");
        assert!(run.stderr.contains("--until") && !run.stderr.contains('\u{1b}'), "{run:?}");
        assert!(before == sandbox.contents(), "{text}");
    }
}

/// Guards the strict comparison of names, in both directions: the listed account is let in, and
/// every other spelling that might be that account is not.
#[test]
fn only_the_same_account_of_the_same_domain_is_let_in() {
    const DEFAULT: &str = "default = \"CORP\"\naliases = { \"corp.example\" = \"CORP\" }\n";
    for (entry, domains, let_in, not_let_in) in [
        (
            "alice",
            ALIASES,
            &["alice", "ALICE", ".\\Alice", " alice "][..],
            &["CORP\\alice", "alice@corp.example", "alicé", "ａlice"][..],
        ),
        (
            "CORP\\alice",
            ALIASES,
            &["CORP\\alice", "corp\\ALICE", "alice@corp.example", "Alice@CORP.EXAMPLE."],
            &[
                "alice",
                ".\\alice",
                "CORP\\alicé",
                "corp.example\\alice",
                "alice@corp",
                "çorp\\alice",
            ],
        ),
        (
            "CORP\\alice",
            DEFAULT,
            &["CORP\\alice", "alice", "alice@corp.example"],
            &[".\\alice", "EMEA\\alice", "alice@emea.example"],
        ),
        (
            "alice@corp.example",
            ALIASES,
            &["CORP\\alice", "alice@corp.example"],
            &["alice", ".\\alice", "alice@x.example"],
        ),
        (".\\alice", ALIASES, &[".\\alice", ".\\ALICE"], &["alice", "CORP\\alice"]),
        (
            "alice@x.example",
            ALIASES,
            &["alice@X.example"],
            &["alice@y.example", "x.example\\alice"],
        ),
    ] {
        let sandbox = Sandbox::with_users(&["alice"]);
        sandbox.domains(domains);
        add(&sandbox, &[entry]);
        for login in let_in {
            assert_eq!(rdp(&sandbox, login), "whitelisted", "{login} by {entry}{domains}");
        }
        for login in not_let_in {
            assert_eq!(rdp(&sandbox, login), "rdp-not-allowed", "{login} by {entry}{domains}");
        }
    }
}

/// Guards that the whitelist affects nothing but plain RDP.
#[test]
fn the_whitelist_affects_only_rdp() {
    let sandbox = Sandbox::with_users(&["alice"]);
    add(&sandbox, &["alice"]);
    for args in [&["--", "alice"][..], &["--session", "html5", "--", "alice"]] {
        assert_eq!(sandbox.verify(args, None).code, 3, "{args:?}");
    }
}

/// Guards against accidental renewal: an expired entry needs a new end.
#[test]
fn an_expired_entry_is_not_renewed_without_an_end() {
    let sandbox = Sandbox::with_users(&["alice"]);
    add(&sandbox, &["alice", "--until", "1h"]);
    sandbox.pass(3600);
    for args in [&["alice"][..], &["alice", "--reason", "again"]] {
        let run = add(&sandbox, args);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{args:?}");
        assert_eq!(
            run.stderr,
            "error: whitelist entry alice: the entry expired at 2026-11-24T09:00:00Z\n\
             hint: renew it: rw2fa whitelist add alice --until 8h\n"
        );
    }
    assert_eq!(rdp(&sandbox, "alice"), "rdp-not-allowed");
    assert_eq!(
        add(&sandbox, &["alice", "--until", "never"]).stdout,
        "whitelist entry alice: changed\n"
    );
    assert_eq!(rdp(&sandbox, "alice"), "whitelisted");
}

/// Guards terminals and files from the text of a reason.
#[test]
fn a_reason_is_one_short_line() {
    let sandbox = Sandbox::new();
    for bad in ["a\nb", "a\tb", "\u{1b}[2J", "a\u{7f}", "a\u{202e}b", "a\u{2028}b", "a\u{200b}"] {
        let run = add(&sandbox, &["alice", "--reason", bad]);
        assert_eq!((run.code, entries(&sandbox).len()), (2, 0), "{bad:?}: {run:?}");
    }
    let longest = "é".repeat(200);
    assert_eq!(add(&sandbox, &["bob", "--reason", &format!("{longest}x")]).code, 2);
    assert_eq!(add(&sandbox, &["bob", "--reason", &longest]).code, 0);
    assert_eq!(entries(&sandbox)[0]["reason"], longest);
}

/// Guards scripts: JSON changes, several names, dry runs, and the exit code when one of them
/// failed.
#[test]
fn each_of_several_names_is_tried() {
    let sandbox = Sandbox::new();
    let before = sandbox.contents();
    let args = ["alice", "a\\b\\c", "bob", "--until", "8h", "--format", "json"];
    let dry = add(&sandbox, &[&args[..], &["--dry-run"]].concat());
    assert!(before == sandbox.contents(), "a dry run writes nothing");
    let run = add(&sandbox, &args);
    assert_eq!((dry.code, run.code), (1, 1));
    assert_eq!(
        run.stdout.replace("\"dry_run\": false", "\"dry_run\": true"),
        dry.stdout,
        "a dry run reports the same changes"
    );
    assert_eq!(
        run.json().to_string(),
        r#"{"schema":1,"dry_run":false,"changes":[{"type":"whitelist","name":"alice","result":"added","covered_by":[],"error":null,"until":"2026-11-24T16:00:00Z"},{"type":"whitelist","name":"a\\b\\c","result":"failed","covered_by":[],"error":"'a\\b\\c': the name contains more than one backslash: write it as CORP\\alice","kind":"refused"},{"type":"whitelist","name":"bob","result":"added","covered_by":[],"error":null,"until":"2026-11-24T16:00:00Z"}]}"#
    );
    let before = sandbox.contents();
    let dry = sandbox.admin(&["whitelist", "remove", "alice", "alicia", "--dry-run"]);
    assert!(before == sandbox.contents());
    assert_eq!((dry.code, dry.stdout.as_str()), (1, "whitelist entry alice: would be removed\n"));
    assert_eq!(
        dry.stderr,
        "error: no whitelist entry is called 'alicia'\nhint: did you mean 'alice'?\n"
    );
    let run = sandbox.admin(&["whitelist", "remove", "zoe", "bob", "--ignore-missing"]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (0, "whitelist entry zoe: unchanged\nwhitelist entry bob: removed\n")
    );
    for args in [
        &["whitelist", "add", "x", "--format", "csv"][..],
        &["whitelist", "remove", "x", "--format", "csv"],
        &["whitelist", "add"],
        &["whitelist"],
    ] {
        assert_eq!(sandbox.admin(args).code, 2, "{args:?}");
    }
}

/// Guards against access that remains after a removal: another entry may match the same login.
#[test]
fn removing_warns_of_another_matching_entry() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.domains(ALIASES);
    add(&sandbox, &["CORP\\alice", "alice@corp.example", "alice"]);
    let run = sandbox.admin(&["whitelist", "remove", "CORP\\alice"]);
    assert_eq!(
        run.stderr,
        "warning: the whitelist entry 'alice@corp.example' still lets 'corp\\alice' in\n"
    );
    assert_eq!(rdp(&sandbox, "CORP\\alice"), "whitelisted");
    assert_eq!(sandbox.admin(&["whitelist", "remove", "alice@corp.example"]).stderr, "");
    assert_eq!(rdp(&sandbox, "CORP\\alice"), "rdp-not-allowed");
}

/// Guards documents edited by hand: comments stay, and a damaged one is named, lets no one in, and
/// can be removed.
#[test]
fn documents_are_edited_in_place_and_damaged_ones_shown() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let document = sandbox.document("whitelist", "alice");
    sandbox.write(
        &document,
        "# agreed by phone\nreason = \"x\" # why\nadded = 2026-11-24T08:00:00Z\n",
    );
    assert_eq!(add(&sandbox, &["alice", "--reason", "y", "--until", "1h"]).code, 0);
    assert_eq!(
        fs::read_to_string(&document).unwrap(),
        "# agreed by phone\nreason = \"y\" # why\nadded = 2026-11-24T08:00:00Z\n\
         until = 2026-11-24T09:00:00Z\n"
    );
    sandbox.write(&document, "until = soon\nadded = 2026-11-24T08:00:00Z\n");
    assert_eq!(rdp(&sandbox, "alice"), "store");
    let list = sandbox.admin(&["whitelist", "list"]);
    assert_eq!((list.code, list.stdout.as_str()), (1, "name   state   added\nalice  broken\n"));
    assert!(list.stderr.contains(&shown("whitelist/alice.toml, line 1")), "{list:?}");
    let run = add(&sandbox, &["alice"]);
    assert!(
        run.code == 1 && run.stderr.contains(&shown("whitelist/alice.toml, line 1")),
        "{run:?}"
    );
    sandbox.admin_ok(&["whitelist", "remove", "alice"]);
    assert_eq!(rdp(&sandbox, "alice"), "rdp-not-allowed");
}

/// Guards `users show`: it shows the entry that applies, in any spelling.
#[test]
fn show_reports_the_entry_that_applies() {
    let sandbox = Sandbox::with_users(&["CORP\\alice", "bob"]);
    sandbox.domains(ALIASES);
    add(&sandbox, &["alice@corp.example", "--until", "1h", "--reason", "why not"]);
    assert_eq!(
        sandbox.show("CORP\\alice")["whitelist"].to_string(),
        r#"{"name":"alice@corp.example","reason":"why not","until":"2026-11-24T09:00:00Z","valid":true}"#
    );
    let text = sandbox.admin_ok(&["users", "show", "CORP\\alice"]);
    let line = "yes until 2026-11-24T09:00:00Z, by the entry alice@corp.example\n";
    assert!(text.contains(line), "{text}");
    let text = sandbox.pass(3600).admin_ok(&["users", "show", "CORP\\alice"]);
    assert!(text.contains("  expired at 2026-11-24T09:00:00Z, by"), "{text}");
    // The valid one of two entries counts.
    add(&sandbox, &["CORP\\alice"]);
    assert_eq!(sandbox.show("CORP\\alice")["whitelist"]["name"], "corp\\alice");
    add(&sandbox, &["CORP\\bob"]);
    assert_eq!(sandbox.show("bob")["whitelist"], Value::Null, "another account");
}

/// Guards against entries for ever: with an option's value among the names, no one is added.
#[test]
fn a_forgotten_option_adds_no_one() {
    let sandbox = Sandbox::new();
    let before = sandbox.contents();
    for (command, words) in [
        (&["whitelist", "add", "alice", "30d"][..], "did you mean --until 30d?"),
        (&["whitelist", "add", "alice", "until=8h"], "did you mean --until 8h?"),
        (&["users", "add", "alice", "phone=+33612345678"], "did you mean --phone +33612345678?"),
        (&["users", "add", "alice", "--group", "CN=Staff,OU=x"], "use the account name"),
        (&["users", "add", "al,bob"], "separate names with spaces: al bob"),
    ] {
        let refused = sandbox.admin(command);
        assert_eq!(refused.code, 2, "{command:?}: {refused:?}");
        assert!(refused.stderr.contains(words), "{command:?}: {refused:?}");
        assert_eq!(sandbox.contents(), before, "{command:?}");
    }
    sandbox.admin_ok(&["users", "add", "CORP\\7d"]);
    let added = sandbox.admin(&["whitelist", "add", "alice"]);
    assert_eq!(added.stdout, "whitelist entry alice: added (no end)\n");
}
