//! Failures of the administration tool: usage, prompts, error formats, and text that must not reach
//! a terminal.

use crate::sandbox::{Run, Sandbox};
use serde_json::Value;

fn error(run: &Run) -> Value {
    assert_eq!(run.stdout, "", "{run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
    let document: Value = serde_json::from_str(&run.stderr).unwrap_or_else(|_| panic!("{run:?}"));
    assert_eq!(document["schema"], 1);
    document["error"].clone()
}

/// Guards scripts: with `--format json` every failure is one document on stderr, including usage
/// errors.
#[test]
fn errors_are_json_if_json_is_requested() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for (args, code, kind, message, hint) in [
        (&["users", "sho"][..], 2, "usage", "unrecognized subcommand 'sho'", "'show'"),
        (&["stats"], 2, "usage", "unrecognized subcommand 'stats'", "'status'"),
        (&["users"], 2, "usage", "a subcommand is missing", "--help"),
        (&["users", "add"], 2, "usage", "no users to add", "--from FILE"),
        (&["users", "edit"], 2, "usage", "were not provided: <NAME|--group <GROUP>>", "--help"),
        (&["users", "list", "--stat", "x"], 2, "usage", "unexpected argument '--stat'", "--state"),
        (&["users", "list", "--state", "lockd"], 2, "usage", "invalid value 'lockd'", "'locked'"),
        (&["users", "add", "x", "--phone", "12"], 2, "usage", "+33612345678", "--help"),
        (&["disable"], 2, "usage", "ask for confirmation", "--yes"),
        (&["advanced", "get", "dgits"], 2, "usage", "did you mean 'digits'?", "advanced list"),
        (&["users", "enrol", "alcie"], 1, "not-found", "no user is called 'alcie'", "'alice'"),
        (&["users", "enrol", "a\u{9b}"], 1, "refused", "U+009B", ""),
        (
            &["users", "add", "x", "--method", "sms"],
            1,
            "refused",
            "no SMS gateway",
            "sms configure",
        ),
    ] {
        for form in [&["--format", "json"][..], &["--format=json"]] {
            let run = sandbox.admin(&[form, args].concat());
            assert_eq!(run.code, code, "{args:?}: {run:?}");
            let error = error(&run);
            assert_eq!(error["kind"], kind, "{args:?}: {error}");
            let text = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
            assert!(text("message").contains(message), "{args:?}: {error}");
            assert!(text("hint").contains(hint), "{args:?}: {error}");
        }
    }
    let missing = sandbox.admin(&["--format", "json", "users", "show", "bob", "carl"]);
    assert_eq!(missing.json().to_string(), r#"{"schema":1,"users":[]}"#);
    assert_eq!(missing.stderr.lines().count(), 2, "one document for each failure: {missing:?}");
}

/// Guards typing errors: the closest command is suggested.
#[test]
fn a_mistyped_command_gets_a_suggestion() {
    let sandbox = Sandbox::new();
    for (args, nearest) in [
        (&["usres"][..], "'users'"),
        (&["users", "ad"], "'add'"),
        (&["advanced", "lst"], "'list'"),
        (&["stauts"], "'status'"),
        (&["users", "list", "--fromat", "csv"], "'--format'"),
    ] {
        let run = sandbox.admin(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert!(run.stderr.contains(nearest), "{args:?}: {run:?}");
    }
}

/// Guards automation: without a terminal the program neither prompts nor hangs, and names the
/// required flag.
#[test]
fn confirmation_without_a_terminal_names_the_flag() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    let before = sandbox.contents();
    for args in [
        &["disable"][..],
        &["users", "reset", "alice"],
        &["users", "reset", "--all"],
        &["users", "remove", "alice"],
    ] {
        let run = sandbox.admin_with_stdin(args, b"y\ny\n");
        assert_eq!(
            run,
            Run {
                code: 2,
                stdout: String::new(),
                stderr: "error: cannot ask for confirmation without a terminal\n\
                         hint: add --yes to confirm in advance\n"
                    .into(),
            },
            "{args:?}"
        );
    }
    assert!(sandbox.contents() == before, "something was changed");
    for args in [
        &["users", "reset", "alice", "--yes"][..],
        &["users", "remove", "alice", "-y"],
        &["--yes", "disable"],
    ] {
        assert_eq!(sandbox.admin(args).code, 0, "{args:?}");
    }
}

/// Guards `--format csv`: for a command without a list it is a usage error, and nothing is done.
#[test]
fn csv_is_refused_by_commands_without_a_list() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let before = sandbox.contents();
    for args in [
        &["init"][..],
        &["status"],
        &["enable"],
        &["disable", "--yes"],
        &["users", "show", "alice"],
        &["users", "add", "bob"],
        &["users", "edit", "alice", "--notes", "x"],
        &["users", "enrol", "alice"],
        &["users", "reset", "alice", "--yes"],
        &["users", "remove", "alice", "--yes"],
        &["users", "unlock", "alice"],
        &["users", "revoke", "alice"],
        &["users", "test", "alice", "--code-stdin"],
        &["advanced", "get", "digits"],
        &["advanced", "set", "digits", "8"],
        &["advanced", "unset", "digits"],
        &["verify", "alice"],
    ] {
        let run = sandbox.admin(&[&["--format", "csv"], args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {run:?}");
        let command: Vec<_> = args.iter().take(if args[0].len() == 5 { 2 } else { 1 }).collect();
        let name = if args[0] == "advanced" { &args[..2] } else { &args[..command.len()] };
        assert_eq!(
            run.stderr,
            format!(
                "error: {} does not support --format csv\nhint: use --format json or --format text\n",
                name.join(" ")
            ),
            "{args:?}"
        );
    }
    assert!(sandbox.contents() == before, "something was changed");
    for args in [&["users", "list"][..], &["advanced", "list"]] {
        assert_eq!(sandbox.admin(&[&["--format", "csv"], args].concat()).code, 0, "{args:?}");
    }
    let table = sandbox.admin_ok(&["--format", "table", "users", "list"]);
    assert_eq!(table, sandbox.admin_ok(&["users", "list"]));
}

/// Guards logs: `--quiet` leaves data and errors.
#[test]
fn quiet_leaves_data_and_errors() {
    let sandbox = Sandbox::new();
    for (args, has_data) in [
        (&["-q", "status"][..], true),
        (&["-q", "enable"], false),
        (&["-q", "users", "add", "alice"], false),
        (&["-q", "users", "list"], true),
        (&["--quiet", "advanced", "set", "digits", "8"], false),
        (&["users", "enrol", "alice", "-q"], true),
    ] {
        let run = sandbox.admin(args);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}: {run:?}");
        assert_eq!(!run.stdout.is_empty(), has_data, "{args:?}: {run:?}");
    }
    let failed = sandbox.admin(&["-q", "users", "show", "bob"]);
    assert!(failed.stderr.starts_with("error: no user is called 'bob'\n"), "{failed:?}");
}

/// Guards colours: shown on terminals, absent from files and pipes.
#[test]
fn colours_appear_only_where_wanted() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let colours = |args: &[&str]| sandbox.admin_ok(args).contains('\u{1b}');
    assert!(!colours(&["users", "list"]));
    assert!(!colours(&["users", "list", "--color", "never"]));
    assert!(colours(&["users", "list", "--color", "always"]));
    assert!(colours(&["status", "--color", "always"]));
    assert!(!colours(&["users", "list", "--color", "always", "--format", "json"]));
    assert!(!colours(&["users", "list", "--color", "always", "--format", "csv"]));
    let plain: String = console_text(&sandbox.admin_ok(&["users", "list", "--color", "always"]));
    assert_eq!(plain, "name   type  method  state\nalice  user  app     none\n");
}

/// Removes escape sequences and trailing blanks.
fn console_text(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Guards terminals and logs: control characters in arguments and documents are escaped.
#[test]
fn control_characters_never_reach_a_terminal() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let evil = "x\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\u{200b}\u{7f}\r";
    sandbox.admin_ok(&["users", "edit", "alice", "--notes", evil]);
    let whitelist = sandbox.path().join("whitelist/alice.toml");
    sandbox.write(&whitelist, "reason = \"\\u001b[2J\"\nadded = 2026-11-24T08:00:00Z\n");
    let ip = format!("--ip={evil}");
    for form in ["text", "json"] {
        let format = format!("--format={form}");
        for args in [
            &["users", "show", "alice"][..],
            &["users", "show", evil],
            &["explain", "alice"],
            &["explain", evil],
            &["explain", "alice", "--client", evil],
            &["whitelist", "list"],
            &["whitelist", "add", evil],
            &["whitelist", "add", "alice", "--reason", evil],
            &["whitelist", "add", "alice", "--until", evil],
            &["whitelist", "remove", evil],
            &["users", "add", evil],
            &["users", "enrol", evil],
            &["users", "remove", "--yes", evil],
            &["users", "list", "--state", evil],
            &["advanced", "set", evil, "1"],
            &["advanced", "set", "digits", evil],
            &["advanced", "set", "validity-before-first-session", evil],
            &["advanced", "set", "issuer", evil],
            &["init", "--owner", evil],
            &[evil],
            &["verify", evil],
            &["verify", &ip, "alice"],
        ] {
            let run = sandbox.admin(&[&[format.as_str()], args].concat());
            for text in [&run.stdout, &run.stderr] {
                let raw = text
                    .chars()
                    .find(|c| (c.is_control() && *c != '\n') || "\u{202e}\u{200b}".contains(*c));
                assert_eq!(raw, None, "{args:?}: {text:?}");
            }
        }
    }
    let shown = sandbox.show("alice");
    assert_eq!(shown["notes"], evil, "JSON must keep the original characters");
}

/// Guards automation by exit code: 0 done, 1 could not, 2 usage, 4 store.
#[test]
fn real_processes_end_with_the_documented_exit_codes() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let real = sandbox.real();
    for (args, code) in [
        (&["users", "list"][..], 0),
        (&["--help"], 0),
        (&["users", "add", "--help"], 0),
        (&["--version"], 0),
        (&["users", "show", "bob"], 1),
        (&["users", "remove", "alice"], 2),
        (&["nonsense"], 2),
        (&[], 2),
    ] {
        assert_eq!(real.admin(args).code, code, "{args:?}");
    }
    std::fs::remove_file(sandbox.path().join("key")).unwrap();
    assert_eq!(real.admin(&["users", "add", "bob"]).code, 4);
}

/// Guards the help: every command has a one-line description, and no line is too wide.
#[test]
fn every_command_has_a_description_and_an_example() {
    let sandbox = Sandbox::new();
    for args in [
        &["init"][..],
        &["status"],
        &["enable"],
        &["disable"],
        &["users"],
        &["users", "list"],
        &["users", "show"],
        &["users", "add"],
        &["users", "edit"],
        &["users", "enrol"],
        &["users", "reset"],
        &["users", "remove"],
        &["users", "unlock"],
        &["users", "revoke"],
        &["users", "test"],
        &["advanced"],
        &["advanced", "list"],
        &["advanced", "get"],
        &["advanced", "set"],
        &["advanced", "unset"],
    ] {
        let help = sandbox.admin(&[args, &["-h"]].concat());
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{args:?}");
        let about = help.stdout.lines().next().unwrap_or_default();
        assert!(about.len() > 10 && !about.starts_with("Usage"), "{args:?}: {about}");
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 100), "{}", help.stdout);
        let usage = help.stdout.lines().find(|line| line.starts_with("Usage")).unwrap_or_default();
        let takes_names = usage.contains("NAME") || usage.contains("<KEY>");
        assert!(!takes_names || help.stdout.contains("Example"), "{}", help.stdout);
    }
}

/// Guards other spellings: they do the same, and where a word cannot run, the hint says what does.
#[test]
fn other_spellings_run_or_have_a_hint() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for (typed, meant) in [
        (&["licence", "show"][..], &["license", "show"][..]),
        (&["user", "ls"], &["users", "list"]),
        (&["users", "rm", "alice", "--dry-run"], &["users", "remove", "alice", "--dry-run"]),
        (&["whitelist", "delete", "alice"], &["whitelist", "remove", "alice"]),
        (&["users", "enroll", "bob"], &["users", "enrol", "bob"]),
        (&["status", "--colour", "never"], &["status", "--color", "never"]),
    ] {
        assert_eq!(sandbox.admin(typed), sandbox.admin(meant), "{typed:?}");
    }
    for (args, hint) in [
        (&["users", "list", "--json"][..], "'--format json'"),
        (&["advanced", "get", "enrollment-days"], "'enrolment-days'"),
        (&["advanced", "set", "enrollment-days=3"], "'enrolment-days'"),
    ] {
        let run = sandbox.admin(args);
        assert!(run.code == 2 && run.stderr.contains(hint), "{args:?}: {run:?}");
        let run = sandbox.admin(&[&["--format", "json"], args].concat());
        assert!(run.stderr.starts_with('{') && run.stderr.contains(hint), "{args:?}: {run:?}");
    }
}
