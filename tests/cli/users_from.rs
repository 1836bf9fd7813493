//! `rw2fa users add --from`: which files are accepted, which are rejected, and that a kill leaves
//! no half-listed user.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use crate::sandbox::{Run, Sandbox};

const FROM_STDIN: [&str; 4] = ["users", "add", "--from", "-"];

fn add(sandbox: &Sandbox, lines: &str, more: &[&str]) -> Run {
    let text = format!("name,type,method,phone\n{lines}");
    sandbox.admin_with_stdin(&[&FROM_STDIN[..], more].concat(), text.as_bytes())
}

fn lines(numbers: Range<usize>, line: impl Fn(usize) -> String) -> String {
    numbers.map(line).collect::<Vec<_>>().concat()
}

fn listed(sandbox: &Sandbox) -> String {
    sandbox.admin_ok(&["users", "list", "--format", "csv"])
}

/// Guards that users and groups are added, from a file and from standard input, with one audit line
/// each.
#[test]
fn entries_are_added() {
    let sandbox = Sandbox::new();
    let file = sandbox.beside("staff.csv");
    sandbox.write(
        &file,
        "\u{feff}name,type,method,phone\r\nAlice,user,app,\r\n\"CORP\\Staff, all\",group,,\r\n",
    );
    let added = sandbox.admin(&["users", "add", "--from", file.to_str().unwrap()]);
    assert_eq!(added.stdout, "alice: added\ncorp\\staff, all: added\n", "{added:?}");
    assert_eq!(added.code, 0);
    let again = add(&sandbox, "bob,,,+33612345678\nalice,,,\n", &[]);
    assert_eq!((again.code, again.stdout.as_str()), (0, "bob: added\nalice: unchanged\n"));
    assert_eq!(sandbox.show("bob")["phone"], "+33612345678");
    let trail = sandbox.admin_ok(&["audit", "--format", "json"]);
    assert_eq!(trail.matches("users add").count(), 3, "{trail}");
    assert_eq!(sandbox.admin(&["audit", "verify"]).code, 0);
}

/// Guards a round trip: a list that is read back names the same users, whatever characters their
/// names start with.
#[test]
fn names_with_special_characters_survive_a_round_trip() {
    let names = [
        "=cmd",
        "+1x",
        "-dash",
        "'quoted",
        "\u{e000}private",
        "\u{f8ff}",
        "a,b",
        "a\"b",
        "corp\\u{e000}",
        "名前",
    ];
    let sandbox = Sandbox::new();
    let quoted = |name: &&str| format!("\"{}\",,,\n", name.replace('"', "\"\""));
    let lines: String = names.iter().map(quoted).collect();
    let added = add(&sandbox, &lines, &[]);
    assert_eq!(added.code, 0, "{added:?}");
    let (text, other) = (listed(&sandbox), Sandbox::new());
    assert_eq!(other.admin_with_stdin(&FROM_STDIN, text.as_bytes()).code, 0);
    assert_eq!(listed(&other), text);
    let json = |sandbox: &Sandbox| sandbox.admin_ok(&["users", "list", "--format", "json"]);
    assert_eq!(json(&other), json(&sandbox));
    let entries: serde_json::Value = serde_json::from_str(&json(&other)).unwrap();
    let entries = entries["entries"].as_array().unwrap();
    let found: BTreeSet<_> = entries.iter().filter_map(|entry| entry["name"].as_str()).collect();
    assert_eq!(found, BTreeSet::from(names));
    let screen = sandbox.admin_on_terminal(&["users", "list", "--format", "csv"]).stdout;
    assert!(screen.contains("\\u{e000}private") && !screen.contains('\u{e000}'), "{screen}");
}

/// Guards that another store can read the output of `users list`.
#[test]
fn a_list_can_be_read_again() {
    let sandbox = Sandbox::new();
    let lines = lines(0..40, |n| format!("user{n},user,app,+3361234{n:04}\n"));
    assert_eq!(add(&sandbox, &format!("{lines}staff,group,,\n"), &[]).code, 0);
    let (text, other) = (listed(&sandbox), Sandbox::new());
    assert_eq!(other.admin_with_stdin(&FROM_STDIN, text.as_bytes()).code, 0);
    assert_eq!(listed(&other), text);
    assert_eq!(
        other.admin_with_stdin(&FROM_STDIN, text.as_bytes()).stdout.matches("unchanged").count(),
        41
    );
    assert_eq!(other.admin_ok(&["store", "check"]), sandbox.admin_ok(&["store", "check"]));
}

/// Guards that one bad line prevents all changes, and that each is reported by its number.
#[test]
fn every_bad_line_is_reported_and_nothing_is_written() {
    let sandbox = Sandbox::with_users(&["CORP\\carol", "CORP\\erin"]);
    let before = sandbox.contents();
    let refused = add(
        &sandbox,
        "alice,user,app,\nALICE,,,\nerin,,,\nCORP\\carol,,,+33612345678\n\"b\nb\",,,\nCORP\\dave,,,\n\
         dave@corp,,,\nstaff,group,,\nStaff,group,,\nfrank,usr,,\n",
        &[],
    );
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    let message: Vec<_> =
        refused.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(
        message,
        [
            "error: standard input, line 3: 'alice': already in line 2",
            "error: standard input, line 4: 'erin': overlaps 'corp\\erin': a login could match both",
            "error: standard input, line 5: 'corp\\carol': already listed, with different settings",
            "error: standard input, line 6: a field spans several lines",
            "error: standard input, line 9: 'dave@corp': overlaps 'corp\\dave' in line 8: a login could \
             match both",
            "error: standard input, line 11: 'staff': already in line 10",
            "error: standard input, line 12: 'usr' is not a valid type: write user or group",
            "error: standard input has 7 bad lines; no one was added",
        ],
        "{refused:?}"
    );
    assert_eq!(sandbox.contents(), before);
    let system = sandbox.system();
    system.set("alice", &[]);
    let unknown = add(&sandbox, "alice,,,\nbob,,,\n", &["--must-exist"]);
    assert!(
        unknown.stderr.contains("line 3: 'bob': this system has no account or group of this name"),
        "{unknown:?}"
    );
    assert_eq!(sandbox.contents(), before);
}

/// Guards `--dry-run`, an empty list, a licence that is too small, and invalid files.
#[test]
fn nothing_is_written_without_valid_entries() {
    let sandbox = Sandbox::new();
    let before = sandbox.contents();
    let dry = add(&sandbox, "alice,,,\n", &["--dry-run"]);
    assert_eq!((dry.code, dry.stdout.as_str()), (0, "alice: would be added\n"));
    assert_eq!(add(&sandbox, "", &[]).code, 0);
    sandbox.pass(31 * 86_400);
    let late = add(&sandbox, "alice,,,\nbob,,,\n", &[]);
    assert_eq!(late.code, 1);
    assert_eq!(late.stderr.matches("the trial of 30 days is over").count(), 1, "{late:?}");
    for (bytes, message) in [
        (&b"\xff\xfen\0a\0"[..], "is not UTF-8"),
        (b"name;type;method;phone\n", "not separated by commas"),
        (b"", "has no column 'name'"),
    ] {
        let run = sandbox.admin_with_stdin(&FROM_STDIN, bytes);
        assert!(run.code == 1 && run.stderr.contains(message), "{run:?}");
    }
    let missing = sandbox.admin(&["users", "add", "--from", "/nonexistent/x.csv"]);
    assert_eq!(missing.code, 1);
    for args in [&["--from", "-", "alice"][..], &["--from", "-", "--group", "g"], &[]] {
        assert_eq!(sandbox.admin(&[&["users", "add"], args].concat()).code, 2, "{args:?}");
    }
    assert_eq!(sandbox.contents(), before);
}

/// Guards an enrolled group member: the existing state is kept when a file lists the user.
#[test]
fn an_enrolled_member_keeps_the_secret() {
    let sandbox = Sandbox::with_users(&[]);
    sandbox.admin_ok(&["users", "add", "--group", "staff"]);
    let shown = sandbox.verify(&["--qr", "none", "--group", "staff", "--", "user7"], None);
    let secret = crate::sandbox::Secret::of(&shown.json());
    let code = secret.code(sandbox.now());
    assert_eq!(sandbox.verify(&["--group", "staff", "--", "user7"], Some(&code)).code, 0);
    let lines = lines(0..40, |n| format!("user{n},,,\n"));
    assert_eq!(add(&sandbox, &lines, &[]).stdout.matches(": added").count(), 40);
    sandbox.pass(60);
    assert_eq!(sandbox.login("user7", &secret).reason(), "code-accepted");
    assert_eq!(sandbox.show("user7")["listed"], true);
}

/// Guards that a kill at any moment leaves no half-listed entries, and that the same command
/// completes the rest.
#[test]
fn a_kill_leaves_no_user_half_listed() {
    // Files are slow under Wine.
    const USERS: usize = if cfg!(windows) { 100 } else { 600 };
    let sandbox = Sandbox::new();
    let real = sandbox.real();
    let file = sandbox.beside("many.csv");
    let text = lines(0..USERS, |n| format!("user{n},,,\n"));
    sandbox.write(&file, &format!("name,type,method,phone\n{text}"));
    let args = ["users", "add", "--from", file.to_str().unwrap()];
    let mut kills = 0;
    // Each time a bit later, until the command completes.
    for pause in std::iter::successors(Some(4), |pause| Some(pause * 5 / 4 + 1)) {
        let mut child = real.tool(args).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let check = sandbox.admin(&["store", "check"]);
        assert_eq!(check.code, 0, "killed after {pause} ms: {check:?}");
        assert_eq!(sandbox.admin(&["users", "list"]).code, 0);
        if !crate::sandbox::was_killed(&output) {
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            break;
        }
        kills += 1;
        assert!(pause < 60_000, "the command never completed");
    }
    assert!(kills > 0, "no run was killed");
    assert_eq!(listed(&sandbox).lines().count(), USERS + 1);
    assert_eq!(sandbox.admin(&["audit", "verify"]).code, 0);
    // If the last kill came after the last user, nothing was left to add or to stage.
    sandbox.admin_ok(&["init"]);
    assert!(!sandbox.path().join(".tmp-bulk").exists(), "the staging directory was left behind");
}

/// Guards two concurrent runs: both succeed, or one is refused as busy; no user is lost.
#[test]
fn concurrent_runs_lose_no_user() {
    let sandbox = Sandbox::new();
    let real = sandbox.real();
    let start = |first: usize| {
        let file = sandbox.beside(&format!("{first}.csv"));
        let text = lines(first..first + 300, |n| format!("user{n},,,\n"));
        sandbox.write(&file, &format!("name,type,method,phone\n{text}"));
        real.tool(["users", "add", "--from", file.to_str().unwrap()]).spawn().unwrap()
    };
    let ends = [start(0), start(200)].map(crate::sandbox::finish);
    assert!(ends.iter().any(|end| end.code == 0), "{ends:?}");
    for end in &ends {
        assert!(end.code == 0 || end.stderr.contains("another program is adding users"), "{end:?}");
    }
    for first in [0, 200] {
        assert_eq!(crate::sandbox::finish(start(first)).code, 0);
    }
    assert_eq!(listed(&sandbox).lines().count(), 501);
    assert_eq!(sandbox.admin(&["store", "check"]).code, 0);
}

/// Guards that an unclosed quote never swallows users silently.
#[test]
fn an_unclosed_quote_prevents_all_changes() {
    let sandbox = Sandbox::new();
    let before = sandbox.contents();
    for text in [
        "name,type,method,phone,notes\nalice,user,app,,\"\nbob,user,app,,\n",
        "name,type,method,phone,\"notes\nalice,user,app,,\nbob,user,app,,\n",
    ] {
        let refused = sandbox.admin_with_stdin(&FROM_STDIN, text.as_bytes());
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{text:?}");
        assert!(refused.stderr.contains("a field spans several lines"), "{refused:?}");
    }
    assert_eq!(sandbox.contents(), before);
}

/// Guards that an unavailable lock affects only the users of that lock, and that each skipped name
/// is reported.
#[test]
fn a_held_lock_affects_only_its_own_users() {
    const USERS: usize = 600;
    let sandbox = Sandbox::new();
    let text = lines(0..USERS, |n| format!("user{n},,,\n"));
    // One in the middle: some locks come before it, others after it.
    let held = std::fs::File::open(sandbox.path().join("locks/80")).unwrap();
    held.lock().unwrap();
    let partly = add(&sandbox, &text, &[]);
    drop(held);
    assert_eq!(partly.code, 1, "{partly:?}");
    let (added, failed) =
        (partly.stdout.matches(": added").count(), partly.stderr.matches("held the lock").count());
    assert!(failed > 0 && failed < 20, "{failed} failed");
    assert_eq!(added + failed, USERS);
    let message = format!("{failed} of {USERS} names were not added");
    assert!(partly.stderr.contains(&message), "{}", partly.stderr);
    for line in partly.stderr.lines().filter(|line| line.contains("held the lock")) {
        let name = line.split('\'').nth(1).unwrap();
        assert!(!partly.stdout.contains(&format!("{name}: added\n")), "{line}");
    }
    assert_eq!(listed(&sandbox).lines().count(), added + 1);
    assert_eq!(sandbox.admin(&["store", "check"]).code, 0);
    let rest = add(&sandbox, &text, &[]);
    assert_eq!((rest.code, rest.stdout.matches(": added").count()), (0, failed), "{rest:?}");
    let trail = sandbox.admin_ok(&["audit", "--format", "json"]);
    assert_eq!(trail.matches("users add").count(), USERS);
}

/// Guards new users: they do not inherit the failed attempts of a counter that a kill left behind.
#[test]
fn new_users_do_not_inherit_a_leftover_counter() {
    let sandbox = Sandbox::with_users(&["alice", "bob", "user1", "carol"]);
    sandbox.admin_ok(&["users", "add", "--group", "staff"]);
    for name in ["alice", "bob", "user1", "carol"] {
        sandbox.enrol(name);
        sandbox.set_failures(name, 150);
        let counter = sandbox.counter(name);
        let left = std::fs::read_to_string(&counter).unwrap();
        sandbox.admin_ok(&["users", "remove", name, "--yes"]);
        assert!(!counter.exists());
        sandbox.write(&counter, &left);
    }
    let file = |names: &[String]| format!("name,type,method,phone\n{}", names.concat());
    let add = |names: &[String]| {
        let run = sandbox.admin_with_stdin(&FROM_STDIN, file(names).as_bytes());
        assert_eq!(run.code, 0, "{run:?}");
    };
    sandbox.admin_ok(&["users", "add", "alice"]);
    add(&["bob,,,\n".into()]);
    add(&(0..40).map(|n| format!("user{n},,,\n")).collect::<Vec<_>>());
    for name in ["alice", "bob", "user1"] {
        assert_eq!(sandbox.show(name)["failures"], 0, "{name}");
        let secret = sandbox.enrol(name);
        sandbox.pass(30);
        assert_eq!(sandbox.login(name, &secret).reason(), "code-accepted", "{name}");
    }
    // A member has no document before the first login.
    let member = ["--qr", "none", "--group", "staff", "--", "carol"];
    let secret = crate::sandbox::Secret::of(&sandbox.verify(&member, None).json());
    let code = secret.code(sandbox.now());
    assert_eq!(sandbox.verify(&member, Some(&code)).reason(), "activated");
    assert_eq!(sandbox.admin(&["store", "check"]).code, 0);
}
