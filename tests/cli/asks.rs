//! Questions: everything that can be refused is checked before, and again after the answer; typed
//! values are checked one by one.

use crate::comfort::{nothing, on_terminal};
use crate::sandbox::{Run, Sandbox};

const SIZE: (u16, u16) = (50, 120);

/// Answers each of these prompts once, in this order.
fn answers<'a>(expected: &'a [(&'a str, &'a str)]) -> impl FnMut(&str) -> Option<String> + 'a {
    let mut left = expected.iter();
    let mut next = left.next();
    move |screen| {
        let (prompt, keys) = next?;
        let line = screen.rsplit('\n').next().unwrap_or_default();
        line.ends_with(prompt).then(|| {
            next = left.next();
            (*keys).to_owned()
        })
    }
}

/// Guards every command that asks: what can be refused is refused before the question, and nothing is
/// asked if nothing would change. Without a terminal, a question would end with exit code 2.
#[test]
fn what_can_be_refused_is_refused_before_the_question() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let file = sandbox.beside("existing");
    sandbox.write(&file, "");
    let file = file.to_str().unwrap();
    let missing = sandbox.beside("missing/file");
    let missing = missing.to_str().unwrap();
    sandbox.admin_ok(&["disable", "--yes"]);
    for (args, code, words) in [
        (&["users", "remove", "bob"][..], 1, "no user is called 'bob'"),
        (&["users", "remove", "--group", "staff"], 1, "no group is called 'staff'"),
        (&["users", "remove", r"a\b\c"], 1, "more than one backslash"),
        (&["users", "remove", "bob", "--ignore-missing"], 0, "bob: unchanged"),
        (&["users", "reset", "bob"], 1, "no user is called 'bob'"),
        (&["users", "reset", "--group", "staff"], 1, "no group is called 'staff'"),
        // A user without a secret has nothing to reset.
        (&["users", "reset", "alice"], 0, "alice: unchanged"),
        (&["users", "recovery-codes", "bob"], 1, "no user is called 'bob'"),
        (&["whitelist", "remove", "alice"], 1, "no whitelist entry is called 'alice'"),
        (&["sms", "remove"], 0, "SMS gateway: unchanged"),
        (&["disable"], 0, "two-factor authentication off: unchanged"),
        (&["key", "export", file], 1, "cannot create"),
        (&["key", "export", missing], 1, "cannot create"),
        (&["store", "export", "--reveal-secrets", file], 1, "cannot create"),
        (&["store", "export", "--reveal-secrets", missing], 1, "cannot create"),
        (&["store", "import", missing], 1, "cannot read"),
    ] {
        let run = sandbox.admin(args);
        let text = format!("{}{}", run.stdout, run.stderr);
        assert!(run.code == code && text.contains(words), "{args:?}: {run:?}");
        assert!(!text.contains("confirmation"), "{args:?}: {run:?}");
    }
    std::fs::remove_file(sandbox.path().join("key")).unwrap();
    let new = sandbox.beside("new");
    for args in [
        &["key", "export", new.to_str().unwrap()][..],
        &["key", "rotate"],
        &["store", "export", "--reveal-secrets", new.to_str().unwrap()],
        &["users", "remove", "alice"],
        &["users", "reset", "alice"],
    ] {
        let run = sandbox.admin(args);
        assert!(run.code == 4 && run.stderr.contains("is missing"), "{args:?}: {run:?}");
    }
    assert!(!new.exists(), "a refused export leaves no file");
}

/// Guards the question about several names: it is about those that would change, and the others are
/// reported.
#[test]
fn the_question_is_about_what_would_change() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let run = sandbox.admin(&["users", "remove", "alice", "carol"]);
    assert!(run.code == 2 && run.stderr.contains("add --yes"), "{run:?}");
    let mut yes = answers(&[("[y/N] ", "y\r")]);
    let end = on_terminal(&sandbox, SIZE, "users remove alice carol", &mut yes);
    let Some((code, screen)) = end else { return };
    assert!(code == 1 && screen.contains("This removes alice: "), "{screen}");
    assert!(screen.contains("alice: removed\n"), "{screen}");
    assert!(screen.contains("error: no user is called 'carol'"), "{screen}");
    let mut no = answers(&[("[y/N] ", "n\r")]);
    let (code, screen) = on_terminal(&sandbox, SIZE, "users remove bob carol", &mut no).unwrap();
    assert!(code == 1 && screen.contains("nothing was changed"), "{screen}");
    assert_eq!(sandbox.admin(&["users", "show", "bob"]).code, 0);
    // With --yes there is one pass and no question.
    let run = sandbox.admin(&["users", "remove", "bob", "carol", "--yes"]);
    let expected = "error: no user is called 'carol'\n\
                    hint: 'rw2fa users list' shows every user and group\n";
    assert_eq!(run, Run::new(1, "user bob: removed\n", expected));
}

/// Guards the time between question and answer: the change checks again what it finds.
#[test]
fn what_changed_during_the_question_is_checked_again() {
    let account = format!("AC{}", "0".repeat(32));
    let configure = ["sms", "configure", "--account-sid", &account, "--from", "Example"];
    let configure = [&configure[..], &["--auth-token-stdin"]].concat();
    let sandbox = Sandbox::with_users(&["alice"]);
    assert_eq!(sandbox.admin_with_stdin(&configure, b"12345678").code, 0);
    let other = ["sms", "configure", "--from", "Other"];
    for (args, meanwhile, words) in [
        (
            "users remove alice",
            &["users", "remove", "alice", "--yes"][..],
            "no user is called 'alice'",
        ),
        ("sms remove", &other, "the gateway was changed by another command"),
    ] {
        let mut answer = |screen: &str| {
            screen.ends_with("[y/N] ").then(|| {
                sandbox.admin_ok(meanwhile);
                "y\r".to_owned()
            })
        };
        let Some((code, screen)) = on_terminal(&sandbox, SIZE, args, &mut answer) else { return };
        assert!(code == 1 && screen.contains(words), "{args}: {screen}");
    }
    assert!(sandbox.admin_ok(&["sms", "show"]).contains("Other"));
}

/// Guards `sms remove`, which cannot be undone.
#[test]
fn removing_the_gateway_is_confirmed() {
    let sandbox = Sandbox::new();
    let account = format!("AC{}", "0".repeat(32));
    let args = ["sms", "configure", "--account-sid", &account, "--from", "x", "--auth-token-stdin"];
    assert_eq!(sandbox.admin_with_stdin(&args, b"12345678").code, 0);
    sandbox.admin_ok(&["users", "add", "alice", "--method", "sms", "--phone", "+33612345678"]);
    let run = sandbox.admin(&["sms", "remove"]);
    assert!(run.code == 2 && run.stderr.contains("add --yes"), "{run:?}");
    assert_eq!(sandbox.admin(&["sms", "remove", "--dry-run"]).code, 0);
    let mut no = answers(&[("[y/N] ", "n\r")]);
    let Some((code, screen)) = on_terminal(&sandbox, SIZE, "sms remove", &mut no) else { return };
    assert!(code == 1 && screen.contains("1 user who gets codes by SMS"), "{screen}");
    assert!(sandbox.admin_ok(&["sms", "show"]).contains(&account));
    assert_eq!(sandbox.admin_ok(&["sms", "remove", "--yes"]), "SMS gateway: removed\n");
}

/// Guards missing values: asked for on a terminal until they are valid, and an error elsewhere.
#[test]
fn a_missing_value_is_asked_for() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    for (args, words) in [
        (&["users", "test", "alice"][..], "rw2fa users test alice --code-stdin"),
        (&["advanced", "set", "digits"], "rw2fa advanced set digits VALUE, where VALUE is 4 to 12"),
    ] {
        let run = sandbox.admin(args);
        assert!(run.code == 2 && run.stderr.contains(words), "{args:?}: {run:?}");
    }
    // What can be refused is refused before the question.
    let run = sandbox.admin(&["users", "test", "bob"]);
    assert!(run.code == 1 && run.stderr.contains("no user is called 'bob'"), "{run:?}");
    let keys = [(": ", "six\r"), (": ", "3\r"), (": ", "7\r")];
    let end = on_terminal(&sandbox, SIZE, "advanced set digits", &mut answers(&keys));
    let Some((code, screen)) = end else { return };
    assert_eq!(screen.matches("digits, 4 to 12: ").count(), 3, "{screen}");
    assert!(screen.contains("error: digits must be 4 to 12, not 3\n"), "{screen}");
    assert!(code == 0 && screen.contains("digits: changed\n"), "{screen}");
    let keys = [("Code: ", "\r"), ("Code: ", "not a code\r")];
    let (code, screen) =
        on_terminal(&sandbox, SIZE, "users test alice", &mut answers(&keys)).unwrap();
    assert!(code == 1 && screen.contains("error: type the code"), "{screen}");
    assert!(screen.contains("alice: "), "{screen}");
    let (code, screen) =
        on_terminal(&sandbox, SIZE, "users test alice", &mut answers(&[("Code: ", "\u{3}")]))
            .unwrap();
    assert!(code == 130 && screen.contains("interrupted; nothing was changed"), "{screen}");
}

/// Guards `KEY=VALUE`, which means the same as `KEY VALUE`.
#[test]
fn a_setting_may_be_written_with_an_equals_sign() {
    let sandbox = Sandbox::new();
    for (args, code, key, value) in [
        (&["digits=8"][..], 0, "digits", "8"),
        (&["discrepancy = 3"], 0, "discrepancy", "3"),
        (&["issuer=a=b"], 0, "issuer", "a=b"),
        (&["validity-after-first-session=2w"], 0, "validity-after-first-session", "20160"),
        (&["names=portal"], 0, "names", "portal"),
        (&["issuer", "c=d"], 0, "issuer", "c=d"),
        (&["digits="], 2, "digits", "8"),
        (&["digits=13"], 2, "digits", "8"),
        (&["digits=5", "6"], 2, "digits", "8"),
        (&["names=ldap"], 2, "names", "portal"),
        (&["window=1"], 2, "discrepancy", "3"),
    ] {
        let run = sandbox.admin(&[&["advanced", "set"], args].concat());
        assert_eq!(run.code, code, "{args:?}: {run:?}");
        assert_eq!(sandbox.admin_ok(&["advanced", "get", key]), format!("{value}\n"), "{args:?}");
    }
}

/// Guards QR codes on a terminal without colours: no escape sequence, and a note on the background.
#[test]
fn a_qr_code_has_no_colours_if_none_are_wanted() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let coloured = sandbox.admin_ok(&["users", "enrol", "alice"]);
    assert!(coloured.contains("\u{1b}[38;5;16;48;5;231m"), "{coloured:?}");
    let run = sandbox.admin(&["users", "enrol", "alice", "--color", "never"]);
    assert!(run.stdout.contains('█') && !run.stdout.contains('\u{1b}'), "{run:?}");
    assert!(run.stderr.contains("drawn without colours, for a dark background"), "{run:?}");
    for (variables, background) in
        [(&[("NO_COLOR", "1")][..], "dark"), (&[("NO_COLOR", "1"), ("COLORFGBG", "0;15")], "light")]
    {
        let mut tool = sandbox.real().tool(["users", "enrol", "alice"]);
        let output = tool.envs(variables.iter().copied()).output().unwrap();
        let (drawn, notes) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && !drawn.contains('\u{1b}'), "{drawn}{notes}");
        // The border around the code is light.
        let first = drawn.chars().next().unwrap();
        assert_eq!(first, if background == "dark" { '█' } else { ' ' }, "{drawn}");
        assert!(notes.contains(&format!("for a {background} background")), "{notes}");
    }
    let bob = "--color never verify --no-groups -- bob";
    sandbox.admin_ok(&["users", "add", "bob"]);
    let Some((code, screen)) = on_terminal(&sandbox, SIZE, bob, &mut nothing) else { return };
    assert!(code == 3 && screen.contains('█') && !screen.contains('\u{1b}'), "{screen:?}");
}
