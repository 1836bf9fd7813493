//! `rw2fa doctor` on whole stores; each check has unit tests beside it.

#![allow(clippy::disallowed_methods, reason = "these tests damage files on purpose")]

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use crate::sandbox::{Run, Sandbox};
use serde_json::{Value, json};

/// Findings that depend on the server that runs the tests.
const OF_THE_SERVER: [&str; 4] = ["license", "clock", "disk-space", "file-system"];

/// Creates a store without findings.
fn sound() -> Sandbox {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    sandbox.admin_ok(&["advanced", "set", "discrepancy", "2"]);
    sandbox.admin_ok(&["advanced", "set", "require-client", "true"]);
    let gateway = if cfg!(windows) { r"C:\windows\system32\cmd.exe" } else { "/usr/bin/true" };
    sandbox.admin_ok(&["sms", "configure", "--command", gateway]);
    sandbox.admin_ok(&["users", "add", "carol", "--method", "sms", "--phone", "+33612345678"]);
    let entry = "reason = \"no keyboard\"\nadded = 2026-11-01T00:00:00Z\n";
    sandbox.write(&sandbox.path().join("whitelist/printer.toml"), entry);
    let vault = sandbox.beside("vault");
    crate::sandbox::make_private(&vault);
    fs::rename(sandbox.path().join("key"), vault.join("key")).unwrap();
    let line = format!("enabled = true\nkey-file = '{}'", vault.join("key").display());
    sandbox.edit(&sandbox.path().join("store.toml"), "enabled = true", &line);
    sandbox
}

fn examined(sandbox: &Sandbox) -> (Run, Vec<Value>) {
    let run = sandbox.admin(&["doctor", "--format", "json"]);
    let document = run.json();
    assert_eq!(document["schema"], 1);
    let all = document["findings"].as_array().unwrap();
    let ill = all.iter().any(|finding| finding["severity"] == "error");
    assert_eq!(run.code, u8::from(ill), "{run:?}");
    let known = |finding: &&Value| !OF_THE_SERVER.iter().any(|check| finding["check"] == *check);
    let kept = all.iter().filter(known).cloned().collect();
    (run, kept)
}

/// Guards against false alarms: administrators would ignore them.
#[test]
fn a_sound_store_has_no_findings() {
    let sandbox = sound();
    let before = sandbox.contents();
    let (_, found) = examined(&sandbox);
    assert_eq!(found, Vec::<Value>::new());
    assert_eq!(sandbox.contents(), before, "the examination changed something");
}

/// Damages a healthy store.
type Trouble = fn(&Sandbox);

/// The check, its severity, the damage, and words of the message.
const TROUBLES: &[(&str, &str, Trouble, &str)] = &[
    (
        "discrepancy",
        "warning",
        |s| drop(s.admin_ok(&["advanced", "set", "discrepancy", "480"])),
        "9.2 %",
    ),
    ("digits", "warning", |s| drop(s.admin_ok(&["advanced", "set", "digits", "8"])), "digits 8"),
    (
        "require-client",
        "info",
        |s| drop(s.admin_ok(&["advanced", "unset", "require-client"])),
        "--client",
    ),
    ("enabled", "warning", |s| drop(s.admin_ok(&["disable", "--yes"])), "off"),
    ("documents", "error", |s| s.edit(&s.document("users", "bob"), "app", "fax"), "bob.toml"),
    ("documents", "error", |s| fs::remove_file(s.document("users", "bob")).unwrap(), "bob"),
    ("documents", "error", |s| fs::remove_file(s.beside("vault/key")).unwrap(), "key is missing"),
    (
        "documents",
        "error",
        |s| s.edit(&s.path().join("store.toml"), "enabled", "enable"),
        "store.toml",
    ),
    #[cfg(unix)]
    (
        "permissions",
        "error",
        |s| {
            let file = s.path().join("locks/07");
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        },
        "locks/07",
    ),
    ("locks", "error", |s| fs::remove_file(s.path().join("locks/08")).unwrap(), "08 is missing"),
    #[cfg(unix)]
    (
        "links",
        "error",
        |s| symlink("/etc/passwd", s.path().join("audit/2020-01.jsonl")).unwrap(),
        "2020-01",
    ),
    ("temporary-files", "warning", |s| left_behind(s, 3600), ".tmp-alice.toml"),
    (
        "key",
        "info",
        |s| {
            fs::rename(s.beside("vault/key"), s.path().join("key")).unwrap();
            let line = format!("key-file = '{}'\n", s.beside("vault").join("key").display());
            s.edit(&s.path().join("store.toml"), &line, "");
        },
        "can open every secret",
    ),
    ("enrolment", "warning", |s| _ = s.pass(31 * 86_400), "alice, bob, carol"),
    (
        "enrolment-days",
        "warning",
        |s| {
            s.set("enrolment-days", "7");
            s.pass(8 * 86_400);
        },
        "can no longer sign in: alice, bob, carol",
    ),
    ("audit-trail", "error", |s| move_away(s, "audit"), "audit is missing"),
    (
        "audit-trail",
        "error",
        |s| {
            move_away(s, "audit");
            crate::sandbox::make_private(&s.path().join("audit"));
        },
        "the audit trail was removed",
    ),
    (
        "audit-trail",
        "error",
        |s| make_directory(s, "audit/2026-11.jsonl"),
        "2026-11.jsonl is a directory",
    ),
    (
        "audit-month",
        "warning",
        |s| {
            let audit = s.path().join("audit");
            fs::rename(audit.join("2026-11.jsonl"), audit.join("2099-03.jsonl")).unwrap();
        },
        "2099-03.jsonl is the audit trail of a future month",
    ),
    ("locks", "error", |s| make_directory(s, "locks/audit"), "audit"),
    ("locks", "error", |s| make_directory(s, "locks/09"), "09"),
    ("locks", "error", |s| move_away(s, "locks"), "locks is missing"),
    (
        "unrecorded",
        "warning",
        |s| {
            move_away(s, "audit");
            s.admin_ok(&["disable", "--yes"]);
            s.edit(&s.path().join("store.toml"), "enabled = false", "enabled = true");
            fs::rename(s.beside("away"), s.path().join("audit")).unwrap();
        },
        "'disable' at 2026-11-24T08:00:00Z by ",
    ),
    (
        "sms-number",
        "error",
        |s| s.edit(&s.document("users", "bob"), "\"app\"", "\"sms\""),
        "no phone number: bob",
    ),
    ("lockout", "info", |s| fail(s, 5), "alice"),
    ("hard-stop", "warning", |s| fail(s, 100), "100 wrong codes"),
    (
        "whitelist",
        "info",
        |s| whitelist(s, "reason = \"kiosk\"\nuntil = 2026-11-23T00:00:00Z"),
        "expired whitelist entries: kiosk",
    ),
    ("whitelist", "warning", |s| whitelist(s, ""), "without a reason: kiosk"),
    (
        "groups",
        "warning",
        |s| {
            s.write(
                &s.path().join("groups/sales.toml"),
                "method = \"app\"\nadded = 2026-11-24T08:00:00Z\n",
            );
        },
        "have never signed in: sales",
    ),
    (
        "clock-set-back",
        "error",
        |s| {
            s.pass(7200);
            enrol(s);
            s.pass(-7200);
        },
        "alice",
    ),
];

fn move_away(sandbox: &Sandbox, part: &str) {
    fs::rename(sandbox.path().join(part), sandbox.beside("away")).unwrap();
}

/// Replaces a file with a directory.
fn make_directory(sandbox: &Sandbox, file: &str) {
    let file = sandbox.path().join(file);
    fs::remove_file(&file).unwrap();
    crate::sandbox::make_private(&file);
}

/// Guards each check of the store: the problem, its severity, and the presence of a hint.
#[test]
fn each_problem_is_found() {
    for (check, severity, trouble, words) in TROUBLES {
        let sandbox = sound();
        trouble(&sandbox);
        let (_, found) = examined(&sandbox);
        let hits: Vec<_> = found.iter().filter(|finding| finding["check"] == *check).collect();
        assert_eq!(hits.len(), 1, "{check}: {found:?}");
        assert_eq!(hits[0]["severity"], *severity, "{check}");
        let message = hits[0]["message"].as_str().unwrap();
        assert!(message.contains(words), "{check}: {message}");
        assert!(hits[0]["remedy"].as_str().is_some_and(|text| !text.is_empty()), "{check}");
        let related = ["drift", "audit-time"];
        let allowed = |finding: &Value| {
            finding["check"] == *check || related.iter().any(|check| finding["check"] == *check)
        };
        assert!(found.iter().all(allowed), "{check} caused other findings: {found:?}");
    }
}

/// Guards running writers: their temporary files are not leftovers.
#[test]
fn a_recent_temporary_file_is_left_alone() {
    let sandbox = sound();
    left_behind(&sandbox, 0);
    assert_eq!(examined(&sandbox).1, Vec::<Value>::new());
}

/// Guards the leftovers of a killed `users add --from`: they are found and removed unless in use.
#[cfg(target_os = "linux")]
#[test]
fn abandoned_drafts_are_found() {
    let sandbox = sound();
    let aside = sandbox.path().join(".tmp-bulk");
    crate::sandbox::make_private(&aside);
    for name in ["0", "1"] {
        sandbox.write(&aside.join(name), "listed = true\n");
    }
    let path = sandbox.path();
    let init = ["init", "--store", path.to_str().unwrap()];
    let used = fs::File::open(&aside).unwrap();
    used.lock().unwrap();
    assert_eq!(examined(&sandbox).1, Vec::<Value>::new());
    assert_eq!(sandbox.admin(&init).code, 0);
    assert!(aside.join("1").exists(), "it is in use");
    drop(used);
    let (_, found) = examined(&sandbox);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["check"], "temporary-files");
    assert!(found[0]["message"].as_str().unwrap().contains(".tmp-bulk"), "{found:?}");
    let tidied = sandbox.admin(&init);
    assert!(tidied.code == 0 && tidied.stderr.contains("2 temporary files"), "{tidied:?}");
    assert!(!aside.exists());
    assert_eq!(examined(&sandbox).1, Vec::<Value>::new());
}

/// Guards a login that replaces the leftovers of a killed one: its file stays.
#[test]
fn a_temporary_file_is_removed_only_under_its_lock() {
    let sandbox = sound();
    sandbox.at_real_time();
    left_behind(&sandbox, 3600);
    let path = sandbox.document("state", "alice").with_file_name(".tmp-alice.toml");
    // Holds every account lock as a writer would.
    let locks = fs::read_dir(sandbox.path().join("locks")).unwrap();
    let held = |name: &std::ffi::OsStr| name.len() == 2;
    let locks = locks.map(|entry| entry.unwrap()).filter(|entry| held(&entry.file_name()));
    let locks: Vec<_> = locks.map(|entry| fs::File::open(entry.path()).unwrap()).collect();
    assert_eq!(locks.len(), 256);
    for lock in &locks {
        lock.lock().unwrap();
    }
    let init = sandbox.real().tool(["init"]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    assert!(path.exists(), "it was removed without the lock");
    left_behind(&sandbox, 0);
    drop(locks);
    let init = crate::sandbox::finish(init);
    assert_eq!(init.code, 0, "{init:?}");
    assert!(path.exists(), "the file of a running writer was removed");
    left_behind(&sandbox, 3600);
    assert_eq!(crate::sandbox::finish(sandbox.real().tool(["init"]).spawn().unwrap()).code, 0);
    assert!(!path.exists(), "the leftover was not removed");
}

/// Guards the drift of devices; the largest also limits the recommended window.
#[test]
fn a_device_with_a_wrong_clock_is_reported() {
    let sandbox = sound();
    sandbox.admin_ok(&["advanced", "set", "discrepancy", "480"]);
    let secret = enrol(&sandbox);
    sandbox.pass(30);
    let code = secret.code(sandbox.now() + 300);
    assert_eq!(
        sandbox.verify(&["--client", "c", "--", "alice"], Some(&code)).reason(),
        "code-accepted"
    );
    let (_, found) = examined(&sandbox);
    let of =
        |check: &str| found.iter().filter(|f| f["check"] == check).cloned().collect::<Vec<_>>();
    assert_eq!(of("drift").len(), 2, "{found:?}");
    assert!(
        of("drift")[0]["message"].as_str().unwrap().contains("5 min ahead: alice"),
        "{found:?}"
    );
    assert_eq!(of("discrepancy")[0]["remedy"], "rw2fa advanced set discrepancy 10");
}

/// Guards working groups: one with a known member is not a finding.
#[test]
fn a_group_with_a_member_is_not_a_finding() {
    let sandbox = sound();
    let text = "method = \"app\"\nadded = 2026-11-24T08:00:00Z\n";
    sandbox.write(&sandbox.path().join("groups/sales.toml"), text);
    let run = sandbox.verify(&["--client", "c", "--group", "SALES", "--", "dave"], None);
    assert_eq!(run.reason(), "enrolment-required", "{run:?}");
    assert_eq!(examined(&sandbox).1, Vec::<Value>::new());
}

/// Guards the output formats, and a time server that does not answer.
#[test]
fn findings_are_shown_as_text_and_csv() {
    let sandbox = sound();
    sandbox.admin_ok(&["advanced", "set", "digits", "8"]);
    let text = sandbox.admin(&["doctor"]).stdout;
    assert!(text.contains("warning: digits: digits 8"), "{text}");
    assert!(text.contains("\n  hint: rw2fa advanced set digits 6\n"), "{text}");
    // The other one reports that this is a development build.
    assert!(text.contains(" 2 warnings\n"), "{text}");
    let csv = sandbox.admin(&["doctor", "--format", "csv"]).stdout;
    assert!(csv.starts_with("check,severity,message,remedy\n"), "{csv}");
    let run = sandbox.admin(&["doctor", "--ntp", "127.0.0.1:1", "--format", "json"]);
    let document = run.json();
    let found = document["findings"].as_array().unwrap().iter().find(|f| f["check"] == "ntp");
    assert_eq!(found.unwrap()["severity"], json!("warning"), "{run:?}");
}

fn enrol(sandbox: &Sandbox) -> crate::sandbox::Secret {
    let shown = sandbox.verify(&["--client", "c", "--qr", "none", "--", "alice"], None);
    let secret = crate::sandbox::Secret::of(&shown.json());
    let code = secret.code(sandbox.now());
    let run = sandbox.verify(&["--client", "c", "--", "alice"], Some(&code));
    assert_eq!(run.reason(), "activated");
    secret
}

/// Enters wrong codes until alice is locked.
fn fail(sandbox: &Sandbox, times: u32) {
    enrol(sandbox);
    let path = sandbox.document("state", "alice");
    let until = sandbox.now() + 60;
    let lockout =
        format!("failures = {times}\n\n[lockout]\nuntil = {until}\nseconds = 60\n\n[shown]");
    sandbox.edit(&path, "\n[shown]", &lockout);
}

fn whitelist(sandbox: &Sandbox, more: &str) {
    let text = format!("{more}\nadded = 2026-11-01T00:00:00Z\n");
    sandbox.write(&sandbox.path().join("whitelist/kiosk.toml"), &text);
}

/// Creates a temporary file written this many seconds before the sandbox's time.
fn left_behind(sandbox: &Sandbox, seconds: i64) {
    let directory = sandbox.document("state", "alice");
    let path = directory.with_file_name(".tmp-alice.toml");
    sandbox.write(&path, "half");
    let time = u64::try_from(sandbox.now() - seconds).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(time)).unwrap();
}

/// Guards against dangerous advice: a user who can no longer enrol should be reset or handed a QR
/// code. Removing the user would leave only the password.
#[test]
fn no_hint_removes_a_user_who_did_not_enrol() {
    for days in ["0", "7"] {
        let sandbox = sound();
        sandbox.set("enrolment-days", days);
        sandbox.pass(40 * 86_400);
        let (_, found) = examined(&sandbox);
        let remedies: Vec<_> = found.iter().map(|finding| finding["remedy"].to_string()).collect();
        assert!(remedies.iter().any(|remedy| remedy.contains("users enrol alice")), "{remedies:?}");
        assert!(!remedies.iter().any(|remedy| remedy.contains("remove")), "{remedies:?}");
    }
}

/// Guards readable reports: damage by one command is one finding, and one command repairs it.
#[cfg(unix)]
#[test]
fn damage_by_one_command_is_one_finding() {
    let sandbox = sound();
    let root = sandbox.path();
    for path in sandbox.contents().into_keys() {
        for path in path.ancestors().take_while(|path| **path != root) {
            let mode = fs::metadata(path).unwrap().permissions().mode();
            fs::set_permissions(path, fs::Permissions::from_mode(mode | 0o040)).unwrap();
        }
    }
    let (_, found) = examined(&sandbox);
    let of = |check: &str| found.iter().filter(|f| f["check"] == check).count();
    assert_eq!((of("permissions"), found.len()), (1, 1), "{found:?}");
    assert!(
        found[0]["message"]
            .as_str()
            .unwrap()
            .contains(" files and directories can be used by others")
    );
    assert_eq!(found[0]["remedy"], format!("chmod -R go-rwx {}", root.display()));
    let remedy = found[0]["remedy"].as_str().unwrap().to_owned();
    assert!(std::process::Command::new("sh").args(["-c", &remedy]).status().unwrap().success());
    assert_eq!(examined(&sandbox).1, Vec::<Value>::new());
}

/// Guards the trail after a clock that was ahead: the next line is written to a file of the present
/// month, the chain stays intact, and months can be archived. Logins and changes do the same.
#[test]
fn a_clock_that_was_ahead_does_not_keep_the_trail_in_the_future() {
    for is_login in [true, false] {
        let sandbox = sound();
        let change = |number: &str| {
            sandbox.admin_ok(&["advanced", "set", "discrepancy", number]);
        };
        for years in [73, 74] {
            sandbox.at(years * 365 * 86_400);
            change(if years == 73 { "3" } else { "4" });
        }
        sandbox.at(20);
        assert_eq!(trail_files(&sandbox), ["2026-11.jsonl", "2099-11.jsonl", "2100-11.jsonl"]);
        // What reads the trail renames nothing.
        for args in [&["doctor"][..], &["audit"], &["audit", "verify"], &["store", "check"]] {
            sandbox.admin(args);
        }
        assert_eq!(trail_files(&sandbox).len(), 3);
        if is_login {
            sandbox.verify(&["--", "nobody"], None);
        } else {
            change("2");
        }
        let expected = ["2026-11.jsonl", "2026-11b.jsonl", "2026-11c.jsonl"];
        assert_eq!(trail_files(&sandbox), expected);
        assert_eq!(sandbox.admin(&["audit", "verify"]).code, 0);
        let (_, found) = examined(&sandbox);
        assert!(!found.iter().any(|finding| finding["check"] == "audit-month"), "{found:?}");
        let dated = found.iter().find(|finding| finding["check"] == "audit-time").unwrap();
        let message = dated["message"].as_str().unwrap();
        assert!(message.contains("2 lines dated in the future, up to 2100-11-"), "{message}");
        // The next month begins a file of its own, and the parts of this one can be archived.
        sandbox.at(31 * 86_400);
        change("6");
        assert_eq!(trail_files(&sandbox)[3..], ["2026-12.jsonl"]);
        let archive = sandbox.beside("archive");
        let place = archive.to_str().unwrap();
        sandbox.admin_ok(&["audit", "archive", "--before", "2026-12", place]);
        assert_eq!(trail_files(&sandbox), ["2026-12.jsonl"]);
        assert_eq!(sandbox.admin(&["audit", "verify"]).code, 0);
        assert_eq!(sandbox.admin(&["audit", "verify", "--archive", place]).code, 0);
    }
}

/// Lists the files of the audit trail.
fn trail_files(sandbox: &Sandbox) -> Vec<String> {
    let files = fs::read_dir(sandbox.path().join("audit")).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Guards the fix for a trail that a wrong clock began in the future: the chain stays intact.
#[cfg(target_os = "linux")]
#[test]
fn the_hint_for_future_months_keeps_the_chain_intact() {
    let sandbox = sound();
    let trail = sandbox.path().join("audit");
    fs::rename(trail.join("2026-11.jsonl"), trail.join("2099-11.jsonl")).unwrap();
    let (_, found) = examined(&sandbox);
    let finding = found.iter().find(|finding| finding["check"] == "audit-month").unwrap();
    let remedy = finding["remedy"].as_str().unwrap();
    let command = remedy.split_once(": ").unwrap().1;
    assert!(
        std::process::Command::new("sh").args(["-c", command]).status().unwrap().success(),
        "{remedy}"
    );
    let (_, found) = examined(&sandbox);
    assert_eq!(found, Vec::<Value>::new());
    assert_eq!(trail_files(&sandbox), ["2026-11.jsonl"]);
    sandbox.admin_ok(&["advanced", "set", "discrepancy", "6"]);
    let verify = sandbox.admin(&["audit", "verify"]);
    assert_eq!(verify.code, 0, "{verify:?}");
}

/// Guards recovery from a lost trail: only an administrator starts a new one, and its first line says so. From then on,
/// the loss is reported.
#[test]
fn a_lost_trail_is_restarted_and_the_loss_is_recorded() {
    let sandbox = sound();
    let refused = sandbox.admin(&["init", "--new-trail"]);
    assert_eq!(refused.code, 1, "an existing trail was replaced: {refused:?}");
    move_away(&sandbox, "audit");
    let login = sandbox.verify(&["--client", "c", "--", "alice"], None);
    assert_eq!(login.end(), (4, "store".into()), "{login:?}");
    assert!(login.stderr.contains("rw2fa init --new-trail"), "{login:?}");
    assert!(!sandbox.path().join("audit").exists());
    // Changes that could not be recorded in the meantime follow the first line.
    sandbox.admin_ok(&["disable", "--yes"]);
    for args in [&["init", "--new-trail", "--dry-run"][..], &["init", "--dry-run"]] {
        let dry = sandbox.admin_ok(args);
        assert!(dry.contains("would be changed"), "{dry}");
        assert!(!sandbox.path().join("audit").exists(), "{dry}");
    }
    // Without the key, the first line would prove nothing.
    let key = sandbox.beside("vault").join("key");
    fs::rename(&key, key.with_extension("away")).unwrap();
    let no_key = sandbox.admin(&["init"]);
    assert!(no_key.code == 4 && !sandbox.path().join("audit").exists(), "{no_key:?}");
    fs::rename(key.with_extension("away"), &key).unwrap();
    let run = sandbox.admin(&["init"]);
    assert!(run.code == 0 && run.stderr.contains("the audit trail was missing"), "{run:?}");
    let trail = fs::read_to_string(sandbox.path().join("audit/2026-11.jsonl")).unwrap();
    let [first, second] = trail.lines().collect::<Vec<_>>()[..] else { panic!("{trail}") };
    assert!(first.contains(r#""action":"init""#) && first.contains(r#""seq":1,"#), "{trail}");
    assert!(first.contains(r#""values":{"trail":["gone","new"]}"#), "{trail}");
    assert!(second.contains(r#""action":"disable""#), "{trail}");
    let verify = sandbox.admin(&["audit", "verify"]);
    assert_eq!(verify.code, 0, "{verify:?}");
    assert!(verify.stdout.contains("begins a new trail: the one before it was lost"), "{verify:?}");
    assert_eq!(sandbox.admin(&["init", "--new-trail"]).code, 1);
    sandbox.admin_ok(&["enable"]);
    let (_, found) = examined(&sandbox);
    let checks: Vec<_> = found.iter().map(|finding| finding["check"].as_str().unwrap()).collect();
    assert_eq!(checks, ["audit-begin"]);
}

/// Guards the report of a trail that was emptied, after a login has begun it again.
#[test]
fn a_trail_that_a_login_began_again_is_reported() {
    let sandbox = sound();
    move_away(&sandbox, "audit");
    crate::sandbox::make_private(&sandbox.path().join("audit"));
    sandbox.verify(&["--client", "c", "--", "alice"], None);
    let (_, found) = examined(&sandbox);
    let [finding] = &found[..] else { panic!("{found:?}") };
    assert_eq!(
        (&finding["check"], &finding["severity"]),
        (&json!("audit-begin"), &json!("warning"))
    );
    assert_eq!(sandbox.admin(&["audit", "verify"]).code, 1);
}
