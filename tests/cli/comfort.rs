//! Usability: choosing from a list, tables that fit, closed pipes, and messages for empty lists.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::sandbox::{Sandbox, has};

/// Runs `rw2fa` on a terminal of this size. Whenever the screen ends with new text that `answer`
/// recognises, its keys are typed. Returns the exit code and the screen.
pub(crate) fn on_terminal(
    sandbox: &Sandbox,
    (rows, columns): (u16, u16),
    args: &str,
    answer: &mut dyn FnMut(&str) -> Option<String>,
) -> Option<(i32, String)> {
    let program = env!("CARGO_BIN_EXE_rw2fa");
    let command = format!(
        "stty rows {rows} cols {columns}; exec '{program}' --store '{}' {args}",
        sandbox.path().display()
    );
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).env_clear().env("TERM", "xterm");
    script.env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh");
    if !has("script", "apt-get install bsdutils") {
        return None;
    }
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut screen = Vec::new();
    let mut byte = [0];
    while stdout.read(&mut byte).is_ok_and(|read| read > 0) {
        screen.push(byte[0]);
        if let Some(keys) = answer(&String::from_utf8_lossy(&screen)) {
            // Leaves a human pause before typing.
            std::thread::sleep(Duration::from_millis(500));
            for key in keys.split_inclusive(['\u{1b}', ' ', '\r']) {
                stdin.write_all(key.as_bytes()).unwrap();
                stdin.flush().unwrap();
            }
        }
    }
    let code = child.wait().unwrap().code()?;
    Some((code, String::from_utf8_lossy(&screen).replace("\r\n", "\n")))
}

pub(crate) fn nothing(_: &str) -> Option<String> {
    None
}

/// Shown once the list is drawn in full: this group exists on every system.
const OFFERED: &str = "group users";

/// Types `keys` once the list is drawn, after pressing Down until the cursor is on the group.
fn choose(keys: &'static str) -> impl FnMut(&str) -> Option<String> {
    let mut typed = false;
    move |screen| {
        let at = screen.find(OFFERED)?;
        // The cursor is hidden before the list is drawn, and what follows the group is drawn with
        // it.
        if typed || !screen[at..].contains('\n') {
            return None;
        }
        typed = true;
        let first = screen.find("cancels").unwrap();
        let above = screen[first..at].matches('\n').count() - 1;
        Some(keys.replace('↓', &"j".repeat(above)))
    }
}

/// Guards `users add` without names: the choice is added, and cancelling changes nothing.
#[test]
fn users_can_be_chosen_from_a_list() {
    for (keys, code, added) in [("↓ \r", 0, true), ("\r", 1, false), ("\u{3}", 130, false)] {
        let sandbox = Sandbox::new();
        let size = (200, 100);
        let Some(end) = on_terminal(&sandbox, size, "users add", &mut choose(keys)) else { return };
        assert_eq!(end.0, code, "{keys:?}: {end:?}");
        let listed = sandbox.admin(&["users", "show", "--group", "users"]).code == 0;
        assert_eq!(listed, added, "{keys:?}: {end:?}");
        let (hidden, shown) = (end.1.rfind("\u{1b}[?25l"), end.1.rfind("\u{1b}[?25h"));
        assert!(shown > hidden, "the cursor was left hidden: {end:?}");
    }
    // Listed users are not offered, and there is no prompt without a terminal.
    let sandbox = Sandbox::new();
    sandbox.admin_ok(&["users", "add", "--group", "users"]);
    let mut give_up = |screen: &str| screen.ends_with("cancels").then(|| "\u{3}".to_owned());
    let Some(end) = on_terminal(&sandbox, (200, 100), "users add", &mut give_up) else { return };
    assert!(!end.1.contains("group users\n"), "{end:?}");
    assert_eq!(on_terminal(&sandbox, (200, 100), "users add --yes", &mut nothing).unwrap().0, 2);
    assert_eq!(sandbox.admin(&["users", "add"]).code, 2);
}

/// Guards tables: coloured, no line wider than the terminal, and names never split.
#[test]
fn tables_fit_the_terminal() {
    let sandbox = Sandbox::with_users(&["alice", r"CORP\a-rather-long-name"]);
    sandbox.admin_ok(&["whitelist", "add", "alice", "--reason", &"many words ".repeat(15)]);
    sandbox.enrol("alice");
    for columns in [50, 60, 80, 200] {
        for args in ["users list", "whitelist list", "advanced list", "explain --all"] {
            let Some((code, screen)) = on_terminal(&sandbox, (40, columns), args, &mut nothing)
            else {
                return;
            };
            assert_eq!(code, 0, "{screen}");
            assert!(screen.contains("\u{1b}["), "{args}: no colour: {screen}");
            for line in screen.lines() {
                let width = dialoguer::console::measure_text_width(line);
                assert!(width <= usize::from(columns), "{args} at {columns}: {width}: {line}");
            }
            let is_whole = args != "users list" || screen.contains(r"corp\a-rather-long-name");
            assert!(is_whole, "{args} at {columns}: {screen}");
        }
    }
}

/// Guards text for people: on a terminal its lines end at words, and a command in it stays in one line.
#[test]
fn text_ends_at_words_of_the_terminal() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for columns in [40, 60, 100] {
        for args in [
            "doctor",
            "users show nobody",
            "users add CORP/dave",
            "users list --state wrong",
            "status",
        ] {
            let Some((_, screen)) = on_terminal(&sandbox, (40, columns), args, &mut nothing) else {
                return;
            };
            for line in screen.lines() {
                let width = dialoguer::console::measure_text_width(line);
                let is_whole =
                    line.contains("rw2fa") || line.contains('\'') || !line.trim().contains(' ');
                assert!(width <= usize::from(columns) || is_whole, "{args} at {columns}: {line}");
            }
        }
        let (_, screen) = on_terminal(&sandbox, (40, columns), "doctor", &mut nothing).unwrap();
        assert!(screen.contains("rw2fa advanced set discrepancy 1"), "{screen}");
    }
}

/// Guards the progress bar: shown on a terminal, removed at the end, and absent elsewhere.
#[test]
fn long_work_shows_a_progress_bar() {
    let sandbox = Sandbox::new();
    let file = sandbox.beside("many.csv");
    let lines: Vec<_> = (0..400).map(|n| format!("user{n},,,\n")).collect();
    sandbox.write(&file, &format!("name,type,method,phone\n{}", lines.concat()));
    let args = format!("users add --from '{}' --dry-run", file.display());
    let Some((code, screen)) = on_terminal(&sandbox, (40, 80), &args, &mut nothing) else { return };
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("checking ["), "{screen}");
    assert!(screen.contains("user user399: would be added"), "{screen}");
    let quiet = on_terminal(&sandbox, (40, 80), &format!("{args} --quiet"), &mut nothing).unwrap();
    assert!(!quiet.1.contains("checking"), "{quiet:?}");
    let piped =
        sandbox.real().admin(&["users", "add", "--from", file.to_str().unwrap(), "--dry-run"]);
    assert!(!piped.stderr.contains("checking"), "{piped:?}");
}

/// Guards the progress bar of commands on a whole store: check, import and doctor.
#[test]
fn work_on_a_whole_store_shows_a_progress_bar() {
    let sandbox = Sandbox::new();
    let lines: Vec<_> = (0..400).map(|n| format!("user{n},,,\n")).collect();
    let text = format!("name,type,method,phone\n{}", lines.concat());
    let add = ["users", "add", "--from", "-", "--quiet"];
    assert_eq!(sandbox.admin_with_stdin(&add, text.as_bytes()).code, 0);
    let file = sandbox.beside("export.toml").display().to_string();
    sandbox.admin_ok(&["store", "export", &file]);
    for (args, bar, end) in [
        ("store check".to_owned(), "checking [", "documents checked, 0 problems"),
        (format!("store import '{file}' --yes"), "importing [", "user user399: changed"),
        ("doctor".to_owned(), "checking [", "warning"),
    ] {
        let Some((_, screen)) = on_terminal(&sandbox, (40, 80), &args, &mut nothing) else {
            return;
        };
        assert!(screen.contains(bar) && screen.contains(end), "{args}: {screen}");
        // The bar is erased before any other output.
        assert!(screen.rfind(bar) < screen.rfind("\u{1b}[2K"), "{args}: {screen:?}");
        assert!(screen.rfind(bar) < screen.find(end), "{args}: {screen:?}");
        let quiet = on_terminal(&sandbox, (40, 80), &format!("{args} --quiet"), &mut nothing);
        assert!(!quiet.unwrap().1.contains(bar), "{args}");
        let args: Vec<_> = args.split(' ').map(|arg| arg.trim_matches('\'')).collect();
        let piped = sandbox.real().admin(&args);
        assert!(!piped.stderr.contains(bar), "{piped:?}");
    }
}

/// Guards the warning about a QR code that is too large to scan.
#[test]
fn a_small_terminal_causes_a_warning() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let warning = "enlarge it and run the command again, or use --qr-file";
    let small = on_terminal(&sandbox, (24, 80), "users enrol alice", &mut nothing);
    let Some(small) = small else { return };
    assert!(small.0 == 0 && small.1.contains(warning), "{small:?}");
    let large = on_terminal(&sandbox, (60, 100), "users enrol alice", &mut nothing).unwrap();
    assert!(large.0 == 0 && !large.1.contains(warning), "{large:?}");
}

/// Guards `| head`: the program ends quietly, as if by SIGPIPE.
#[test]
fn a_pipe_closed_early_is_not_an_error() {
    let sandbox = Sandbox::new();
    let lines: Vec<_> =
        (0..900).map(|n| format!("user-with-a-rather-long-name-{n},,,\n")).collect();
    let text = format!("name,type,method,phone\n{}", lines.concat());
    let args = ["users", "add", "--from", "-", "--quiet"];
    assert_eq!(sandbox.admin_with_stdin(&args, text.as_bytes()).code, 0);
    // More than fits into a pipe.
    for args in [&["audit"][..], &["users", "list", "--format", "json"]] {
        let mut child = sandbox.real().tool(args).spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(141), "{args:?}: {output:?}");
        assert!(!first.is_empty() && output.stderr.is_empty(), "{args:?}: {output:?}");
    }
}

/// Guards empty lists: a message on standard error for people, an empty list for programs.
#[test]
fn an_empty_list_comes_with_a_message_for_people() {
    let sandbox = Sandbox::new();
    for (args, words) in [
        (
            &["users", "list"][..],
            "no users or groups are listed; add one with: rw2fa users add NAME\n",
        ),
        (&["whitelist", "list"], "the whitelist is empty"),
        (&["explain", "--all"], "no users or groups are listed"),
    ] {
        let run = sandbox.admin(args);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
        assert!(run.stderr.starts_with(words), "{run:?}");
        let json = sandbox.admin(&[args, &["--format", "json"]].concat());
        assert_eq!((json.json()["entries"].to_string().as_str(), json.stderr.as_str()), ("[]", ""));
        let csv = sandbox.admin(&[args, &["--format", "csv"]].concat());
        assert_eq!(csv.stdout.lines().count(), 1, "{csv:?}");
    }
    sandbox.admin_ok(&["users", "add", "alice"]);
    let none = sandbox.admin(&["users", "list", "--state", "locked"]);
    assert!(none.stdout.is_empty() && none.stderr.contains("no entry matches"), "{none:?}");
}

/// Guards the suggestion for a mistyped name that `explain` treats as an unlisted user.
#[test]
fn explain_suggests_the_closest_name() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let slipped = sandbox.admin(&["explain", "alcie", "--no-groups"]);
    assert_eq!(slipped.stderr, "'alcie' is not listed: did you mean 'alice'?\n", "{slipped:?}");
    assert_eq!(slipped.code, 0);
    for name in ["alice", "somebody-else"] {
        assert_eq!(sandbox.admin(&["explain", name, "--no-groups"]).stderr, "", "{name}");
    }
}
