//! Values that are probably not what was meant: names without their backslash, phone numbers with odd
//! characters, the empty name of a store.

use crate::sandbox::{Sandbox, finish};

/// Guards names with a slash, which would list another account than the intended one: no command lists them, and
/// each says what to write.
#[test]
fn a_slash_is_not_a_backslash() {
    let sandbox = Sandbox::new();
    sandbox.system();
    let file = |name: &str| format!("name,type,method,phone\n{name},,,\n");
    for (name, hint) in [
        ("CORP/alice", r"quote the name: 'CORP\alice'"),
        ("CORP／alice", "write the name without '/'"),
        ("CORP/sales/alice", "write the name without '/'"),
        ("alice/", "write the name without '/'"),
        ("CORP/alice@corp.example", "write the name without '/'"),
    ] {
        for run in [
            sandbox.admin(&["users", "add", name]),
            sandbox.admin(&["users", "add", "--dry-run", name]),
            sandbox.admin(&["users", "add", "--group", name]),
            sandbox.admin(&["whitelist", "add", name]),
            sandbox.admin_with_stdin(&["users", "add", "--from", "-"], file(name).as_bytes()),
        ] {
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{name}: {run:?}");
            assert!(
                run.stderr.contains("contains '/', which separates no domain"),
                "{name}: {run:?}"
            );
            assert!(run.stderr.contains(hint), "{name}: {run:?}");
        }
    }
    assert_eq!(sandbox.admin_ok(&["users", "list"]), "");
    // Other commands take the name: it may be an older entry, and a login of it is a login.
    let whitelist = sandbox.path().join("whitelist/corp%2falice.toml");
    sandbox.write(&whitelist, "added = 2026-11-24T08:00:00Z\n");
    let run = sandbox.admin(&["whitelist", "add", "CORP/alice", "--reason", "x"]);
    assert_eq!(run.stdout, "whitelist entry corp/alice: changed\n", "{run:?}");
    assert_eq!(sandbox.admin(&["whitelist", "remove", "CORP/alice"]).code, 0);
    // An account or a group may really be called so.
    sandbox.system().set("CORP/alice", &["CORP/staff"]);
    sandbox.admin_ok(&["users", "add", "CORP/alice", "--group", "CORP/staff"]);
    assert_eq!(
        sandbox.admin(&["users", "add", "CORP/alice"]).stdout,
        "user corp/alice: unchanged\n"
    );
}

/// Guards against a shell that removed a backslash: a name that begins with a known domain is listed, with a
/// warning that shows how to write it.
#[test]
fn a_lost_backslash_is_a_warning() {
    let warning = "warning: 'corpalice9' begins with the domain 'corp'";
    let hint = r"hint: if you mean alice9 of corp, add 'corp\alice9', and remove corpalice9";
    let by_default = "default = \"CORP\"\n";
    let by_alias = "aliases = { \"corp.example\" = \"CORP\" }\n";
    for (listed, domains) in [
        (&["users", "add", r"CORP\bob"][..], ""),
        (&["users", "add", "--group", r"CORP\staff"], ""),
        (&["whitelist", "add", r"CORP\bob"], ""),
        (&[], by_default),
        (&[], by_alias),
    ] {
        for add in [
            &["users", "add", "CORPalice9"][..],
            &["users", "add", "--dry-run", "CORPalice9"],
            &["users", "add", "--group", "CORPalice9"],
            &["whitelist", "add", "CORPalice9"],
        ] {
            let sandbox = Sandbox::new();
            let system = sandbox.system();
            if !listed.is_empty() {
                sandbox.admin_ok(listed);
            }
            let settings = sandbox.path().join("store.toml");
            let text = std::fs::read_to_string(&settings).unwrap();
            let (head, old) = text.split_once("[domains]\n").unwrap_or((&text, ""));
            let domains = if domains.is_empty() { old } else { domains };
            sandbox.write(&settings, &format!("{head}[domains]\n{domains}"));
            let run = sandbox.admin(add);
            assert_eq!(run.code, 0, "{add:?}: {run:?}");
            assert!(run.stderr.contains(warning) && run.stderr.contains(hint), "{add:?}: {run:?}");
            // Nothing is wrong with a name that the system knows, or that has another domain.
            system.set("CORPalice8", &["CORPalice8"]);
            for name in ["CORPalice8", r"EMEA\CORPalice7", "corp-backup"] {
                let (last, head) = add.split_last().unwrap();
                assert_eq!(*last, "CORPalice9");
                let run = sandbox.admin(&[head, &[name]].concat());
                assert!(run.code == 0 && !run.stderr.contains("begins with"), "{name}: {run:?}");
            }
        }
    }
}

/// Guards lists: entries of the same command or file show which domains there are, and a long list of warnings is
/// short.
#[test]
fn a_lost_backslash_is_found_within_one_list() {
    let sandbox = Sandbox::new();
    sandbox.system();
    let run = sandbox.admin(&["users", "add", "--dry-run", r"CORP\bob", "CORPalice9"]);
    assert!(run.stderr.contains("'corpalice9' begins with the domain 'corp'"), "{run:?}");
    let names = (0..20).map(|at| format!("CORPuser{at},,,\n")).collect::<Vec<_>>().concat();
    let file = format!("name,type,method,phone\nCORP\\bob,,,\n{names}");
    let run = sandbox.admin_with_stdin(&["users", "add", "--from", "-"], file.as_bytes());
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.stderr.matches("begins with the domain").count(), 5, "{run:?}");
    assert!(run.stderr.contains("15 more names begin with the name of a domain"), "{run:?}");
    let run = sandbox.admin(&["users", "add", "CORPzoe", "--quiet"]);
    assert_eq!(run.stderr, "");
}

/// Guards numbers as people paste them, and that an empty one clears the old one.
#[test]
fn a_phone_number_is_folded_and_cleared() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let phone = |user: &str| sandbox.show(user)["phone"].as_str().map(str::to_owned);
    for pasted in ["＋３３　６１２３４５６７８", "\u{202a}+33\u{a0}6 12\u{2011}34 56 78\u{202c}"]
    {
        sandbox.admin_ok(&["users", "edit", "alice", "--phone", pasted]);
        assert_eq!(phone("alice").as_deref(), Some("+33612345678"), "{pasted}");
        let run = sandbox.admin(&["users", "edit", "alice", "--phone", "", "--dry-run"]);
        assert_eq!(run.stdout, "user alice: would be changed\n", "{run:?}");
        assert_eq!(
            sandbox.admin_ok(&["users", "edit", "alice", "--phone", ""]),
            "user alice: changed\n"
        );
        assert_eq!(phone("alice"), None);
    }
    assert_eq!(
        sandbox.admin_ok(&["users", "edit", "alice", "bob", "--phone", " "]),
        "user alice: unchanged\nuser bob: unchanged\n"
    );
    sandbox.admin_ok(&["users", "add", "carol", "--phone", ""]);
    assert_eq!(phone("carol"), None);
    let file = "name,type,method,phone\ndave,,,\u{a0}\nerin,,,＋３３６１２３４５６７８\n";
    let run = sandbox.admin_with_stdin(&["users", "add", "--from", "-"], file.as_bytes());
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!((phone("dave"), phone("erin").as_deref()), (None, Some("+33612345678")));
    // What is still wrong is named, because it cannot be told from a right character.
    for run in [
        sandbox.admin(&["users", "edit", "alice", "--phone", "+3361234567О"]),
        sandbox.admin_with_stdin(
            &["users", "add", "--from", "-"],
            "name,type,method,phone\nfred,,,+3361234567О\n".as_bytes(),
        ),
    ] {
        assert!(run.code != 0 && run.stderr.contains("'О' (U+041E)"), "{run:?}");
    }
}

/// Guards users who get codes by SMS: their number cannot be cleared, except with the method.
#[test]
fn the_number_of_a_user_by_sms_is_not_cleared() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let document = sandbox.document("users", "alice");
    sandbox.write(
        &document,
        "method = \"sms\"\nphone = \"+33612345678\"\nadded = 2026-11-24T08:00:00Z\n",
    );
    let run = sandbox.admin(&["users", "edit", "alice", "--phone", ""]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("codes by SMS need a phone number"), "{run:?}");
    assert!(run.stderr.contains("--method app"), "{run:?}");
    assert_eq!(sandbox.show("alice")["phone"], "+33612345678");
    sandbox.admin_ok(&["users", "edit", "alice", "--phone", "", "--method", "app"]);
    assert!(sandbox.show("alice")["phone"].is_null());
    let trail = sandbox.admin_ok(&["audit", "--format", "json"]);
    assert!(trail.contains(r#""phone":["+33*******78",null]"#), "{trail}");
}

/// Guards against a script whose variable is unset: both programs refuse an empty name of a store, wherever it comes
/// from, and use no other store.
#[test]
fn an_empty_name_of_a_store_is_refused() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let programs = [
        env!("CARGO_BIN_EXE_rw2fa-verify"),
        env!("CARGO_BIN_EXE_rw2fa"),
        env!("CARGO_BIN_EXE_rw2fa"),
    ];
    let lines = [&["--", "alice"][..], &["users", "list"], &["verify", "--", "alice"]];
    for (program, line) in programs.into_iter().zip(lines) {
        for (option, variable) in
            [(Some("--store="), None), (Some("--store="), Some("x")), (None, Some(""))]
        {
            let mut command = std::process::Command::new(program);
            command.env_clear().current_dir(sandbox.path()).args(option).args(line);
            command.envs(variable.map(|value| ("RW2FA_STORE", value)));
            command.stdin(std::process::Stdio::null());
            let stdout = std::process::Stdio::piped();
            let child =
                command.stdout(stdout).stderr(std::process::Stdio::piped()).spawn().unwrap();
            let run = finish(child);
            let case = format!("{program} {option:?} {variable:?} {line:?}: {run:?}");
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{case}");
            let named = if option.is_some() { "--store" } else { "RW2FA_STORE is empty" };
            assert!(run.stderr.contains(named), "{case}");
        }
    }
}
