//! `rw2fa status`, `enable` and `disable`: are my users protected?

use std::fs;

use crate::sandbox::{Run, Sandbox, shown};

/// The warning of every build without a vendor's key.
const DEVELOPMENT: &str = "warning: this build accepts licences signed with the public \
                           development key, so anyone can issue one; logins are not \
                           affected\nhint: install a build made with RW2FA_VENDOR_KEY\n";

fn status(sandbox: &Sandbox, args: &[&str]) -> Run {
    let run = sandbox.admin(&[args, &["status"]].concat());
    let (place, in_json) = (sandbox.path().display().to_string(), sandbox.path_in_json());
    let stdout = run.stdout.replace(&place, "<store>").replace(&in_json, "<store>");
    Run { stdout, ..run }
}

/// Guards the text output, and its warning while two-factor authentication is off.
#[test]
fn status_is_shown_as_text() {
    let sandbox = Sandbox::new();
    let expected = "\
two-factor authentication  off
users                      0 listed or seen: 0 active, 0 pending, 0 never enrolled, 0 locked
groups                     0
whitelist                  0 valid, 0 expired
SMS                        not configured
licence                    trial, 30 days left (DEVELOPMENT KEY)
clock                      synchronisation unknown
window                     a code is valid 4 h before and after its own 30 s
chance of one guess        0.096 %
store                      <store>
";
    let off = "warning: two-factor authentication is off: no login needs a code\n\
               hint: turn it on with: rw2fa enable\n";
    let off = format!("{off}{DEVELOPMENT}");
    assert_eq!(status(&sandbox, &[]), Run { code: 0, stdout: expected.into(), stderr: off });
    assert_eq!(
        status(&sandbox, &["-q"]),
        Run { code: 0, stdout: expected.into(), stderr: String::new() }
    );
    sandbox.admin_ok(&["enable"]);
    assert_eq!(
        status(&sandbox, &[]).stderr,
        format!(
            "warning: no users are listed, so no login needs a code\n\
             hint: add one with: rw2fa users add NAME\n\
             {DEVELOPMENT}"
        )
    );
    sandbox.admin_ok(&["users", "add", "alice"]);
    sandbox.pass(86_400);
    let on = status(&sandbox, &[]);
    assert_eq!(on.stderr, DEVELOPMENT);
    assert!(on.stdout.starts_with("two-factor authentication  on\n"), "{on:?}");
    assert!(on.stdout.contains("trial, 29 days left"), "{on:?}");
    sandbox.pass(28 * 86_400 + 1);
    let last = status(&sandbox, &[]);
    assert!(last.stdout.contains("trial, 1 day left"));
    let ends = "warning: the trial ends in 1 day; after that, no users can be added\nhint: rw2fa license portal\n";
    assert_eq!(last.stderr, format!("{DEVELOPMENT}{ends}"));
    sandbox.pass(86_400);
    let over = status(&sandbox, &[]);
    assert!(over.stdout.contains("trial is over; users on the list still need a code"), "{over:?}");
}

/// Guards the JSON document to the byte.
#[test]
fn status_is_shown_as_json() {
    let sandbox = Sandbox::with_users(&["alice", "bob", "carl", "dora"]);
    sandbox.enrol("alice");
    let secret = sandbox.enrol("dora");
    let wrong = secret.wrong_codes(sandbox.now()).take(5);
    wrong.for_each(|code| _ = sandbox.verify(&["--", "dora"], Some(&code)));
    sandbox.verify(&["--", "bob"], None);
    let whitelist = sandbox.path().join("whitelist");
    sandbox.write(&whitelist.join("x.toml"), "added = 2026-11-24T08:00:00Z\n");
    let past = "until = 2026-11-24T08:00:00Z\nadded = 2026-11-24T07:00:00Z\n";
    sandbox.write(&whitelist.join("y.toml"), past);
    let run = status(&sandbox, &["--format", "json"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(
        run.json().to_string(),
        r#"{"schema":1,"enabled":true,"store":{"location":"<store>","schema":1},"license":{"state":"trial","days_left":30,"max_users":null,"development_key":true},"users":{"total":4,"none":1,"pending":1,"active":1,"locked":1},"groups":0,"whitelist":{"active":1,"expired":1},"sms":{"configured":false,"last_result":null,"last_at":null},"audit":{"unrecorded":0},"clock":{"synchronised":null},"window":{"discrepancy":480,"seconds":14400,"guess_chance":0.000961},"problems":[]}"#
    );
}

/// Guards the output with damaged documents: they are named, and the rest is shown. Logins that need them fail.
#[test]
fn status_shows_the_rest_despite_damage() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.write(&sandbox.path().join("whitelist/x.toml"), "until = soon\n");
    sandbox.write(&sandbox.path().join("whitelist/Y.toml"), "");
    sandbox.write(&sandbox.path().join("groups/g.toml"), "method = 1\n");
    let run = status(&sandbox, &[]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("1 listed or seen"), "{run:?}");
    assert!(run.stdout.contains("; 1 document cannot be read"), "{run:?}");
    for file in ["whitelist/x.toml, line 1", "whitelist/Y.toml", "groups/g.toml, line 1"] {
        assert!(run.stderr.contains(&shown(file)), "{file}: {run:?}");
    }
    assert_eq!(run.stderr.matches("hint: ").count(), 4, "{run:?}");
    fs::remove_dir_all(sandbox.path().join("whitelist")).unwrap();
    assert_eq!(status(&sandbox, &[]).code, 4, "a store with a missing folder cannot be read");
}

/// Guards the switch: its question, its message when nothing changes, and that `disable` needs no
/// key.
#[test]
fn enable_and_disable_report_what_they_changed() {
    let sandbox = Sandbox::new();
    let text = |args: &[&str]| {
        let run = sandbox.admin(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        (run.stdout, run.stderr)
    };
    assert_eq!(
        text(&["enable"]),
        (
            "two-factor authentication on: changed\n".into(),
            "listed: 0 users, 0 groups\n\
             warning: no users are listed, so no login will need a code\n\
             hint: add one with: rw2fa users add NAME\n"
                .into()
        )
    );
    sandbox.admin_ok(&["users", "add", "alice", "bob"]);
    sandbox.enrol("alice");
    assert_eq!(
        text(&["enable"]),
        (
            "two-factor authentication on: unchanged\n".into(),
            "listed: 2 users, 0 groups\nnot enrolled yet: 1 user; each sees a QR code at the next login\n"
                .into()
        )
    );
    let key = fs::read_to_string(sandbox.path().join("key")).unwrap();
    fs::remove_file(sandbox.path().join("key")).unwrap();
    let no_key = sandbox.admin(&["enable"]);
    assert_eq!(no_key.code, 4);
    assert!(no_key.stderr.contains("restore your copy of the key"), "{no_key:?}");
    assert_eq!(
        text(&["disable", "--yes"]),
        ("two-factor authentication off: changed\n".into(), String::new())
    );
    assert_eq!(text(&["disable"]).0, "two-factor authentication off: unchanged\n");
    assert_eq!(sandbox.verify(&["--", "alice"], None).end(), (0, "disabled".into()));
    sandbox.write(&sandbox.path().join("key"), &key);
    text(&["enable"]);
    assert_eq!(sandbox.verify(&["--", "alice"], None).end(), (3, "code-required".into()));
}

/// Guards scripts: the change as JSON.
#[test]
fn the_switch_is_reported_as_json() {
    let run = Sandbox::new().admin(&["-q", "enable", "--format", "json"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!(
        run.json().to_string(),
        r#"{"schema":1,"dry_run":false,"changes":[{"type":"setting","name":"two-factor authentication on","result":"changed","covered_by":[],"error":null}]}"#
    );
}
