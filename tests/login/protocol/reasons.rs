//! Every documented reason can occur, with its outcome and exit code.

use std::fs::File;

use rw2fa::verify::reason::{Outcome, Reason};

use crate::sandbox::{Run, Sandbox};

/// A document of a group or a user, written by hand.
const BY_APP: &str = "method = \"app\"\nadded = 2026-11-24T08:00:00Z\n";
const WHITELISTED: &str = "added = 2026-11-24T08:00:00Z\n";

/// Produces an answer with this reason.
fn brought_about(reason: Reason) -> Run {
    match reason {
        Reason::Disabled => Sandbox::new().verify(&["--", "alice"], None),
        Reason::NotListed => Sandbox::with_users(&["bob"]).verify(&["--", "alice"], None),
        Reason::Whitelisted => whitelisted(),
        Reason::SessionValid => {
            let sandbox = Sandbox::with_users(&["alice"]);
            sandbox.enrol("alice");
            sandbox.verify(&["--session", "html5", "--", "alice"], None)
        }
        Reason::CodeAccepted => {
            let sandbox = Sandbox::with_users(&["alice"]);
            let secret = sandbox.enrol("alice");
            sandbox.pass(30).login("alice", &secret)
        }
        Reason::Activated => activated(),
        Reason::TemporaryCodeAccepted => {
            let sandbox = Sandbox::with_users(&["alice"]);
            let code = sandbox.admin_ok(&["users", "temporary-code", "alice"]);
            sandbox.verify(&["--", "alice"], Some(code.trim()))
        }
        Reason::RdpNotAllowed => {
            let sandbox = Sandbox::with_users(&["alice"]);
            sandbox.verify(&["--session", "rdp", "--", "alice"], None)
        }
        Reason::Locked => locked(),
        Reason::EnrolmentClosed => {
            let sandbox = Sandbox::with_users(&["alice"]);
            sandbox.admin_ok(&["advanced", "set", "enrolment-days", "1"]);
            sandbox.at(86_400).verify(&["--", "alice"], None)
        }
        Reason::CodeUsed => {
            let sandbox = Sandbox::with_users(&["alice"]);
            let secret = sandbox.enrol("alice");
            sandbox.login("alice", &secret)
        }
        Reason::WrongCode => {
            let sandbox = Sandbox::with_users(&["alice"]);
            let secret = sandbox.enrol("alice");
            sandbox.verify(&["--", "alice"], Some(&secret.wrong_code(sandbox.now())))
        }
        Reason::CodeRequired => {
            let sandbox = Sandbox::with_users(&["alice"]);
            sandbox.enrol("alice");
            sandbox.verify(&["--", "alice"], None)
        }
        Reason::EnrolmentRequired => Sandbox::with_users(&["alice"]).verify(&["--", "alice"], None),
        Reason::SmsSent => by_sms(SENDS).verify(&["--", "alice"], None),
        Reason::SmsAlreadySent => {
            let sandbox = by_sms(SENDS);
            sandbox.verify(&["--", "alice"], None);
            sandbox.verify(&["--", "alice"], None)
        }
        Reason::SmsNotYet => {
            let sandbox = by_sms(SENDS);
            sandbox.verify(&["--", "alice"], None);
            sandbox.verify(&["--resend", "--", "alice"], None)
        }
        Reason::SmsFailed => by_sms(FAILS).verify(&["--", "alice"], None),
        Reason::Store => {
            let sandbox = Sandbox::with_users(&["alice"]);
            sandbox.write(&sandbox.path().join("store.toml"), "");
            sandbox.verify(&["--", "alice"], None)
        }
        Reason::Busy => busy(),
        Reason::GroupsUnknown => {
            let sandbox = Sandbox::with_users(&[]);
            sandbox.write(&sandbox.document("groups", "staff"), BY_APP);
            sandbox.verify(&["--", "alice"], None)
        }
        Reason::AmbiguousUser => {
            Sandbox::with_users(&["CORP\\alice", "EMEA\\alice"]).verify(&["--", "alice"], None)
        }
        Reason::Timeout => timeout(),
        Reason::Ended => Sandbox::with_users(&["alice"]).verify(&["--end", "--", "alice"], None),
        Reason::RecoveryCodeAccepted => {
            let sandbox = Sandbox::with_users(&["alice"]);
            sandbox.enrol("alice");
            let codes = sandbox.admin_ok(&["users", "recovery-codes", "alice"]);
            sandbox.verify(&["--", "alice"], codes.lines().next())
        }
    }
}

/// Programs that always succeed and always fail, whatever their arguments.
const SENDS: &str = if cfg!(windows) { r"C:\Windows\System32\hostname.exe" } else { "/bin/true" };
const FAILS: &str = if cfg!(windows) { r"C:\Windows\System32\taskkill.exe" } else { "/bin/false" };

fn by_sms(command: &str) -> Sandbox {
    let sandbox = Sandbox::with_users(&[]);
    sandbox.admin_ok(&["sms", "configure", "--command", command]);
    sandbox.admin_ok(&["users", "add", "alice", "--method", "sms", "--phone", "+33612345678"]);
    sandbox
}

fn whitelisted() -> Run {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.write(&sandbox.document("whitelist", "alice"), WHITELISTED);
    sandbox.verify(&["--session", "rdp", "--", "alice"], None)
}

fn activated() -> Run {
    let sandbox = Sandbox::with_users(&["alice"]);
    let shown = sandbox.verify(&["--", "alice"], None);
    sandbox.login("alice", &crate::sandbox::Secret::of(&shown.json()))
}

fn locked() -> Run {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["advanced", "set", "lockout-attempts", "1"]);
    let secret = sandbox.enrol("alice");
    sandbox.verify(&["--", "alice"], Some(&secret.wrong_code(sandbox.now())))
}

/// Another process holds the locks of all accounts.
fn busy() -> Run {
    let sandbox = Sandbox::with_users(&["alice"]);
    let held: Vec<File> = std::fs::read_dir(sandbox.path().join("locks"))
        .unwrap()
        .map(|entry| File::open(entry.unwrap().path()).unwrap())
        .inspect(|file| file.lock().unwrap())
        .collect();
    let run = sandbox.verify(&["--", "alice"], None);
    drop(held);
    run
}

/// Standard input is a pipe that stays silent.
fn timeout() -> Run {
    let sandbox = Sandbox::with_users(&["alice"]);
    let mut child = sandbox.real().verifier(["--code-stdin", "--", "alice"]).spawn().unwrap();
    let silent = child.stdin.take();
    let run = crate::sandbox::finish(child);
    drop(silent);
    run
}

#[test]
fn every_reason_can_occur_with_its_exit_code() {
    for reason in Reason::ALL {
        let run = brought_about(*reason);
        let answer = run.json();
        assert_eq!(answer["reason"], reason.as_str(), "{run:?}");
        assert_eq!(answer["outcome"], reason.outcome().as_str(), "{run:?}");
        let code = match reason.outcome() {
            Outcome::Grant => 0,
            Outcome::Deny => 1,
            Outcome::Challenge => 3,
            Outcome::Error => 4,
            Outcome::Ended => 5,
        };
        assert_eq!(run.code, code, "{run:?}");
        assert_eq!(answer["schema"], 1, "{run:?}");
        assert!(answer["user"].as_str().unwrap().ends_with("alice"), "{run:?}");
        assert!(answer["message"].as_str().unwrap().ends_with('.'), "{run:?}");
        assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
        let complains = reason.outcome() == Outcome::Error
            && matches!(
                reason,
                Reason::Store
                    | Reason::Busy
                    | Reason::Timeout
                    | Reason::GroupsUnknown
                    | Reason::SmsFailed
            );
        assert_eq!(!run.stderr.is_empty(), complains, "{run:?}");
    }
}

/// Guards against an error that reports `store` but spends codes or shows secrets.
#[test]
fn anything_missing_or_damaged_is_an_error_and_never_a_grant() {
    type Damage = fn(&Sandbox);
    let damages: &[(&str, Damage)] = &[
        ("no store", |s| std::fs::remove_dir_all(s.path()).unwrap()),
        ("no settings", |s| std::fs::remove_file(s.path().join("store.toml")).unwrap()),
        ("no key", |s| std::fs::remove_file(s.path().join("key")).unwrap()),
        ("an empty key", |s| s.write(&s.path().join("key"), "")),
        ("no state", |s| std::fs::remove_file(s.document("state", "alice")).unwrap()),
        ("an empty state", |s| s.write(&s.document("state", "alice"), "")),
        ("a state cut short", |s| s.edit(&s.document("state", "alice"), "# end\n", "")),
        ("no secret", |s| s.edit(&s.document("state", "alice"), "secret =", "# secret =")),
        ("another secret", |s| {
            s.edit(&s.document("state", "alice"), "secret = \"s1:", "secret = \"s1:0");
        }),
        ("an unknown key", |s| {
            s.edit(&s.document("state", "alice"), "digits =", "drif = 1\ndigits =");
        }),
        ("no listing", |s| std::fs::remove_file(s.document("users", "alice")).unwrap()),
        ("an empty listing", |s| s.write(&s.document("users", "alice"), "")),
        ("no users", |s| std::fs::remove_dir_all(s.path().join("users")).unwrap()),
        ("no states", |s| std::fs::remove_dir_all(s.path().join("state")).unwrap()),
        ("no groups", |s| std::fs::remove_dir_all(s.path().join("groups")).unwrap()),
        ("no locks", |s| std::fs::remove_dir_all(s.path().join("locks")).unwrap()),
        ("no audit trail", |s| std::fs::remove_dir_all(s.path().join("audit")).unwrap()),
        ("no enabled", |s| s.edit(&s.path().join("store.toml"), "enabled = true", "")),
        ("a newer schema", |s| s.edit(&s.path().join("store.toml"), "schema = 1", "schema = 2")),
        ("an import that runs", |s| {
            s.edit(
                &s.path().join("store.toml"),
                "enabled = true",
                "enabled = true\nimporting = true",
            );
        }),
        ("an unknown setting", |s| {
            s.edit(&s.path().join("store.toml"), "[advanced]", "[advanced]\ncolour = 1");
        }),
    ];
    for (what, damage) in damages {
        let sandbox = Sandbox::with_users(&["alice"]);
        let secret = sandbox.enrol("alice");
        damage(&sandbox);
        let run = sandbox.pass(30).login("alice", &secret);
        assert_eq!((run.code, run.reason().as_str()), (4, "store"), "{what}: {run:?}");
        assert!(!run.stderr.is_empty(), "{what}: no message says what to fix");
        assert!(!run.stderr.contains(&secret.to_base32()), "{what}: {run:?}");
    }
}

/// Guards that a secret is opened only to compare a code with it. A damaged secret affects neither
/// challenges, nor sessions, nor signing out.
#[test]
fn requests_without_a_code_need_no_secret() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    sandbox.edit(&sandbox.document("state", "alice"), "secret = \"s1:", "secret = \"s1:0");
    for (args, reason) in [
        (&["--check"][..], "code-required"),
        (&["--session", "html5"], "session-valid"),
        (&["--session", "rdp"], "rdp-not-allowed"),
        (&["--end"], "ended"),
        (&[], "store"),
    ] {
        let run = sandbox.verify(&[args, &["--", "alice"]].concat(), None);
        assert_eq!(run.reason(), reason, "{args:?}: {run:?}");
    }
}

/// Guards that others can neither read secrets nor plant documents.
#[cfg(unix)]
#[test]
fn a_store_that_others_can_use_or_that_holds_links_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    for (place, mode) in
        [("", 0o750), ("", 0o701), ("key", 0o640), ("store.toml", 0o604), ("state", 0o770)]
    {
        let sandbox = Sandbox::with_users(&["alice"]);
        let secret = sandbox.enrol("alice");
        let path = sandbox.path().join(place);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let run = sandbox.pass(30).login("alice", &secret);
        assert_eq!(run.end(), (4, "store".to_owned()), "{place} {mode:o}: {run:?}");
        assert!(run.stderr.contains("chmod"), "{place} {mode:o}: {run:?}");
    }
    for (kind, hard) in [("state", false), ("state", true), ("users", false)] {
        let sandbox = Sandbox::with_users(&["alice"]);
        let secret = sandbox.enrol("alice");
        let (document, elsewhere) = (sandbox.document(kind, "alice"), sandbox.beside("elsewhere"));
        std::fs::rename(&document, &elsewhere).unwrap();
        if hard {
            std::fs::hard_link(&elsewhere, &document).unwrap();
        } else {
            symlink(&elsewhere, &document).unwrap();
        }
        let run = sandbox.pass(30).login("alice", &secret);
        assert_eq!(run.end(), (4, "store".to_owned()), "{kind}, hard: {hard}: {run:?}");
    }
}

/// Guards against predictable secrets.
#[test]
fn without_random_numbers_nothing_is_decided() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let run = sandbox.without_random().verify(&["--", "alice"], None);
    assert_eq!(run.end(), (4, "store".to_owned()), "{run:?}");
    assert_eq!(sandbox.show("alice")["enrolment"], "none");
}
