//! The setting `rdp-after-portal`: plain RDP for a short time after a session opened in the portal.

use crate::sandbox::{Sandbox, Secret};

/// The setting in these tests, in seconds.
const WINDOW: i64 = 45;

/// A program that always succeeds, for the change to another method.
const SENDS: &str = if cfg!(windows) { r"C:\Windows\System32\hostname.exe" } else { "/bin/true" };

/// A store with the setting, in which alice has enrolled and no session has opened.
fn enrolled() -> (Sandbox, Secret) {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("rdp-after-portal", &WINDOW.to_string());
    let secret = sandbox.enrol("alice");
    sandbox.pass(30);
    (sandbox, secret)
}

/// Opens a session of this client without a code.
#[track_caller]
fn open(sandbox: &Sandbox, client: &[&str]) {
    let run = sandbox.verify(&[&["--session", "html5"], client, &["--", "alice"]].concat(), None);
    assert_eq!(run.end(), (0, "session-valid".to_owned()), "{run:?}");
}

/// Signs in with the next code.
#[track_caller]
fn sign_in(sandbox: &Sandbox, secret: &Secret, args: &[&str]) {
    let code = secret.code(sandbox.pass(30).now());
    let run = sandbox.verify(&[args, &["--", "alice"]].concat(), Some(&code));
    assert_eq!(run.reason(), "code-accepted", "{run:?}");
}

/// Returns whether plain RDP is let in, asked as a desktop server does: without a client.
#[track_caller]
fn connects(sandbox: &Sandbox) -> bool {
    let checked = sandbox.verify(&["--check", "--session", "rdp", "--", "alice"], None);
    let run = sandbox.verify(&["--session", "rdp", "--", "alice"], None);
    assert_eq!(checked.end(), run.end(), "--check answers the same");
    match (run.code, run.reason().as_str()) {
        (0, "session-valid") => true,
        (1, "rdp-not-allowed") => false,
        _ => panic!("{run:?}"),
    }
}

/// Guards the window to the second, from each session that opens: later sessions count, too, but extend no grant.
#[test]
fn rdp_may_follow_each_session_that_opens_for_so_long() {
    let (sandbox, _) = enrolled();
    assert!(!connects(&sandbox), "a sign-in opens no session");
    open(&sandbox, &[]);
    let until = sandbox.show("alice")["grants"][0]["valid_until"].clone();
    for (after, expected) in [(0, true), (1, true), (43, true), (1, false), (3600, false)] {
        assert_eq!(connects(sandbox.pass(after)), expected, "another {after} s later");
    }
    open(&sandbox, &[]);
    assert!(connects(&sandbox));
    assert!(connects(sandbox.pass(WINDOW - 1)), "the connection before did not use it up");
    assert!(!connects(sandbox.pass(1)), "and did not extend it");
    assert_eq!(sandbox.show("alice")["grants"][0]["valid_until"], until);
}

/// Guards which calls count as a session that opens, whatever client the portal names.
#[test]
fn only_a_session_that_opened_lets_rdp_follow() {
    let (sandbox, secret) = enrolled();
    sandbox.set("require-client", "true");
    let client = &["--client", "c1"][..];
    sign_in(&sandbox, &secret, client);
    assert!(!connects(&sandbox), "a sign-in");
    let checked = &["--check", "--session", "html5", "--client", "c1", "--", "alice"];
    assert_eq!(sandbox.verify(checked, None).reason(), "session-valid");
    assert!(!connects(&sandbox), "a check");
    let used = secret.code(sandbox.now());
    for code in [&used, "12345", &secret.wrong_code(sandbox.now())] {
        let run = sandbox.verify(&["--session=html5", "--client=c1", "--", "alice"], Some(code));
        assert_eq!(run.code, 1);
        assert!(!connects(&sandbox), "a refused code");
    }
    let other = &["--session", "html5", "--client", "c2", "--", "alice"];
    assert_eq!(sandbox.verify(other, None).reason(), "code-required");
    assert!(!connects(&sandbox), "a session that was refused");
    for session in ["html5", "remoteapp"] {
        sandbox.pass(WINDOW);
        sign_in(&sandbox, &secret, &[&["--session", session], client].concat());
        assert!(connects(&sandbox), "a code together with {session}");
    }
    open(sandbox.pass(WINDOW), client);
    assert!(connects(&sandbox));
}

/// Guards the second between the session and the connection: the grant may end in between.
#[test]
fn rdp_may_follow_a_session_whose_grant_has_expired_since() {
    let (sandbox, secret) = enrolled();
    sandbox.set("validity-before-first-session", "0");
    sandbox.set("validity-after-first-session", "0");
    sign_in(&sandbox, &secret, &["--session", "html5"]);
    assert!(connects(sandbox.pass(1)), "each session needs its code");
    sandbox.set("validity-after-first-session", "1");
    sign_in(&sandbox, &secret, &["--session", "html5"]);
    open(sandbox.pass(59), &[]);
    assert!(connects(sandbox.pass(2)));
    let again = sandbox.verify(&["--session", "html5", "--", "alice"], None);
    assert_eq!(again.reason(), "code-required", "the connection opens no further session");
}

/// Guards everything that ends a grant: it ends this, too, at once.
#[test]
fn what_ends_the_grant_ends_rdp() {
    for end in [
        &["users", "revoke", "alice"][..],
        &["users", "revoke", "--all"],
        &["users", "reset", "alice", "--yes"],
        &["users", "lost-phone", "alice", "--yes"],
        &["users", "edit", "alice", "--method", "sms", "--phone", "+33612345678"],
        &["advanced", "unset", "rdp-after-portal"],
    ] {
        let (sandbox, _) = enrolled();
        open(&sandbox, &[]);
        sandbox.admin_ok(&["sms", "configure", "--command", SENDS]);
        assert!(connects(&sandbox));
        sandbox.admin_ok(end);
        assert!(!connects(&sandbox), "{end:?}");
    }
    let (sandbox, _) = enrolled();
    open(&sandbox, &[]);
    sandbox.admin_ok(&["users", "remove", "alice", "--yes"]);
    sandbox.admin_ok(&["users", "add", "alice"]);
    assert!(!connects(&sandbox), "removed and added again");
}

/// Guards the sign-out: it ends the window of its own client only, even where two opened sessions.
#[test]
fn a_sign_out_ends_rdp_unless_another_client_has_opened_a_session() {
    let (sandbox, secret) = enrolled();
    for client in ["c1", "c2"] {
        sign_in(&sandbox, &secret, &["--client", client]);
    }
    for client in ["c1", "c2"] {
        open(&sandbox, &["--client", client]);
    }
    for (client, left) in [("c1", true), ("c2", false)] {
        let run = sandbox.verify(&["--end", "--client", client, "--", "alice"], None);
        assert_eq!(run.code, 5, "{run:?}");
        assert_eq!(connects(&sandbox), left, "{client} signed out");
    }
}

/// Guards the lockout: a lock leaves open what was open, the hard stop ends it for good.
#[test]
fn a_lock_keeps_rdp_and_the_hard_stop_ends_it() {
    let (sandbox, secret) = enrolled();
    sandbox.set("lockout-attempts", "1");
    sandbox.set("lockout-seconds", "1");
    open(&sandbox, &[]);
    let wrong = |reason: &str| {
        let code = secret.wrong_code(sandbox.now());
        assert_eq!(sandbox.verify(&["--", "alice"], Some(&code)).reason(), reason);
    };
    wrong("locked");
    assert!(connects(&sandbox), "locked");
    sandbox.set_failures("alice", 100);
    assert!(!connects(&sandbox), "stopped");
    sandbox.set_failures("alice", 99);
    sandbox.pass(2);
    assert!(connects(&sandbox));
    wrong("locked");
    assert!(!connects(&sandbox), "stopped by the code");
    sandbox.admin_ok(&["users", "unlock", "alice"]);
    assert!(!connects(&sandbox), "unlocking restores nothing");
}

/// Guards a clock that was set back: a session from the future does not count.
#[test]
fn rdp_follows_no_session_from_the_future() {
    let (sandbox, _) = enrolled();
    open(&sandbox, &[]);
    assert!(!connects(sandbox.pass(-1)));
    assert!(!connects(sandbox.pass(-86_400)));
    assert!(connects(sandbox.pass(86_401)), "the clock is right again");
}

/// Guards a backup: neither an export nor its import brings a window back.
#[test]
fn an_import_lets_no_rdp_in() {
    let (sandbox, _) = enrolled();
    open(&sandbox, &[]);
    let file = sandbox.beside("export.toml").display().to_string();
    sandbox.admin_ok(&["store", "export", &file]);
    assert!(connects(&sandbox));
    sandbox.admin_ok(&["store", "import", &file, "--yes"]);
    assert!(!connects(&sandbox));
}

/// Guards the order of the rules: what decides RDP without the setting still comes first.
#[test]
fn listing_and_whitelist_come_before_it() {
    let (sandbox, _) = enrolled();
    sandbox.admin_ok(&["users", "add", "CORP\\bob", "EMEA\\bob"]);
    let ask = |name| sandbox.verify(&["--session", "rdp", "--", name], None).end();
    assert_eq!(ask("carol"), (0, "not-listed".to_owned()));
    assert_eq!(ask("bob"), (4, "ambiguous-user".to_owned()));
    open(&sandbox, &[]);
    let before = std::fs::read(sandbox.document("state", "alice")).unwrap();
    for spelling in ["alice", "ALICE", "CORP\\alice", "alice@corp.example"] {
        assert_eq!(ask(spelling), (0, "session-valid".to_owned()), "{spelling}");
    }
    assert_eq!(std::fs::read(sandbox.document("state", "alice")).unwrap(), before);
    sandbox.admin_ok(&["whitelist", "add", "alice"]);
    assert_eq!(ask("alice"), (0, "whitelisted".to_owned()));
    std::fs::remove_file(sandbox.counter("alice")).unwrap();
    assert_eq!(ask("alice"), (4, "store".to_owned()));
}

/// Guards members of a listed group: their sessions count like those of users.
#[test]
fn it_covers_members_of_a_group() {
    let (sandbox, _) = enrolled();
    let document = sandbox.document("groups", "staff");
    sandbox.write(&document, "method = \"app\"\nadded = 2026-11-24T08:00:00Z\n");
    let ask = |args: &[&str], code: Option<&str>| {
        sandbox.verify(&[args, &["--group=staff", "--qr=none", "--", "carol"]].concat(), code)
    };
    let secret = Secret::of(&ask(&[], None).json());
    assert_eq!(ask(&["--session=rdp"], None).reason(), "rdp-not-allowed");
    let code = secret.code(sandbox.now());
    assert_eq!(ask(&["--session=html5"], Some(&code)).reason(), "activated");
    assert_eq!(ask(&["--session=rdp"], None).end(), (0, "session-valid".to_owned()));
}

/// Guards the document: without the setting, a session writes nothing new.
#[test]
fn without_the_setting_no_opening_is_recorded() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    open(&sandbox, &[]);
    open(sandbox.pass(5), &[]);
    let document = sandbox.document("state", "alice");
    assert!(!std::fs::read_to_string(&document).unwrap().contains("last-session"));
    sandbox.set("rdp-after-portal", "60");
    assert!(!connects(&sandbox), "opened before the setting");
    open(&sandbox, &[]);
    assert!(std::fs::read_to_string(&document).unwrap().contains("last-session"));
    assert!(sandbox.admin(&["advanced", "set", "rdp-after-portal", "301"]).code != 0);
}
