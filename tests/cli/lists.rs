//! Lists of names: what `users list --format csv` prints, and what `--from` of every command does
//! with it.

use crate::sandbox::{Run, Sandbox, Secret};

const CSV: [&str; 4] = ["users", "list", "--format", "csv"];

fn csv(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.admin_ok(&[&CSV[..], args].concat())
}

fn with_list(sandbox: &Sandbox, args: &[&str], list: &str) -> Run {
    sandbox.admin_with_stdin(&[args, &["--from", "-"]].concat(), list.as_bytes())
}

/// Creates a store with a listed group, an enrolled member, and listed users.
fn store() -> Sandbox {
    let sandbox = Sandbox::with_users(&["alice", "CORP\\bob", "carl"]);
    sandbox.admin_ok(&["users", "add", "--group", "staff"]);
    let member = ["--qr", "none", "--group", "staff", "--", "mia"];
    let secret = Secret::of(&sandbox.verify(&member, None).json());
    let code = secret.code(sandbox.now());
    assert_eq!(sandbox.verify(&member, Some(&code)).reason(), "activated");
    sandbox
}

fn states(sandbox: &Sandbox) -> Vec<String> {
    let list = sandbox.admin(&["users", "list", "--format", "json"]).json();
    let entries = list["entries"].as_array().unwrap();
    entries.iter().map(|entry| format!("{} {}", entry["name"], entry["state"])).collect()
}

/// Guards a round trip: the list that is read back has the same names, types, methods, numbers and
/// notes, and no members of groups.
#[test]
fn a_list_is_read_back_as_it_was() {
    let sandbox = store();
    for (name, notes) in [
        ("+cmd|x", "=1+1"),
        ("'+quoted", "'=1"),
        ("''@a", "two\nlines\r\n\"quoted\", and;so\ton\n"),
        ("\u{e000}private", "\u{e000}\u{1b}[2J\u{202e}"),
        ("-1", "  blanks  "),
        ("名前 \"x\"", ""),
        ("+336x", "\n"),
    ] {
        sandbox.admin_ok(&[
            "users",
            "add",
            "--notes",
            notes,
            "--phone",
            "+33612345678",
            "--",
            name,
        ]);
    }
    sandbox.admin_ok(&["users", "edit", "--group", "staff", "--notes", "a, b"]);
    let list = csv(&sandbox, &[]);
    for cell in ["\n'+cmd|x,", "'=1+1", "\n''+quoted,", "\n'''@a,", "\u{e000}private"] {
        assert!(list.contains(cell), "{cell:?}: {list}");
    }
    let copy = Sandbox::new();
    let read = with_list(&copy, &["users", "add", "--format", "json"], &list);
    assert_eq!(read.code, 0, "{read:?}");
    assert_eq!(read.json()["skipped"], 1, "{read:?}");
    assert_eq!(read.stderr, "skipped 1 user, not listed but covered by a group\n", "{read:?}");
    let entries = |sandbox: &Sandbox| {
        let list = sandbox.admin(&["users", "list", "--format", "json"]).json();
        let entries = list["entries"].as_array().unwrap().clone();
        let listed = entries.into_iter().filter(|entry| entry["listed"] == true);
        let fields = ["name", "type", "method", "phone", "notes"];
        listed.map(|entry| fields.map(|field| entry[field].clone())).collect::<Vec<_>>()
    };
    assert_eq!(entries(&copy), entries(&sandbox));
    assert_eq!(entries(&copy).len(), 11);
    let again = with_list(&copy, &["users", "add"], &csv(&copy, &[]));
    assert_eq!((again.code, again.stdout.matches(": unchanged\n").count()), (0, 11), "{again:?}");
}

/// Guards a round trip of the whitelist: reasons and ends, without entries that let no one in.
#[test]
fn a_whitelist_is_read_back_as_it_was() {
    let sandbox = Sandbox::new();
    for args in [
        &["+a", "--reason", "=1+1", "--until", "8h"][..],
        &["CORP\\b", "--reason", "new phone, old", "--until", "never"],
        &["c"],
        &["old", "--until", "1h"],
    ] {
        sandbox.admin_ok(&[&["whitelist", "add"], args].concat());
    }
    sandbox.pass(7200);
    let list = sandbox.admin_ok(&["whitelist", "list", "--format", "csv"]);
    let copy = Sandbox::new();
    copy.pass(7200);
    let read = with_list(&copy, &["whitelist", "add"], &list);
    assert_eq!((read.code, read.stderr.as_str()), (0, "skipped 1 expired entry\n"), "{read:?}");
    let shown = |sandbox: &Sandbox| {
        let list = sandbox.admin(&["whitelist", "list", "--format", "json"]).json();
        let entries = list["entries"].as_array().unwrap().clone();
        let valid = entries.into_iter().filter(|entry| entry["state"] == "valid");
        valid
            .map(|entry| ["name", "reason", "until"].map(|field| entry[field].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&copy), shown(&sandbox));
    assert_eq!(shown(&copy).len(), 3);
    let bad =
        "name,reason,until,state\na,,yesterday,\nb,,2020-01-01,\nc,,,broken\nd,\u{7f},,\nd,,,\n";
    let before = copy.contents();
    let refused = with_list(&copy, &["whitelist", "add"], bad);
    let errors: Vec<_> = refused.stderr.lines().filter(|l| l.starts_with("error: ")).collect();
    for (error, expected) in errors.iter().zip([
        "line 2: 'a': until: 'yesterday' is not a date",
        "line 3: 'b': until: 2020-01-02T00:00:00Z is in the past",
        "line 4: 'c': the list was made from a damaged document",
        "line 5: 'd': a reason is one line",
        "line 6: 'd': already in line 5",
        "standard input has 5 bad lines; nothing was changed",
    ]) {
        assert!(error.contains(expected), "{expected}: {refused:?}");
    }
    assert_eq!((refused.code, errors.len()), (1, 6), "{refused:?}");
    let past = with_list(&copy, &["whitelist", "add", "--until", "2020-01-01"], "name\na\n");
    assert!(past.stderr.contains("rw2fa whitelist remove --from FILE\n"), "{past:?}");
    assert_eq!(copy.contents(), before);
    let removed = with_list(&copy, &["whitelist", "remove"], "name\n+a\nc\n");
    assert_eq!(removed.stdout, "whitelist entry +a: removed\nwhitelist entry c: removed\n");
    let missing = with_list(&copy, &["whitelist", "remove"], "name\nCORP\\b\nzoe\n");
    assert!(missing.stderr.contains("line 3: no whitelist entry is called 'zoe'"), "{missing:?}");
    assert_eq!(shown(&copy).len(), 1, "nothing was removed");
}

/// Guards every command that takes a list: what `users list` prints is taken unchanged.
#[test]
fn each_command_takes_what_the_list_prints() {
    let sandbox = store();
    for name in ["alice", "carl"] {
        sandbox.enrol(name);
        sandbox.set_failures(name, 150);
    }
    let locked = csv(&sandbox, &["--state", "locked"]);
    let unlocked = with_list(&sandbox, &["users", "unlock"], &locked);
    assert_eq!(unlocked.stdout, "user alice: changed\nuser carl: changed\n", "{unlocked:?}");
    assert_eq!((unlocked.code, unlocked.stderr.as_str()), (0, ""));
    let all = csv(&sandbox, &[]);
    for (args, code, changed, stderr) in [
        (&["users", "unlock"][..], 0, 4, "skipped 1 group\n"),
        (&["users", "revoke"], 0, 4, "skipped 1 group\n"),
        (
            &["users", "edit", "--notes", "x"],
            0,
            4,
            "skipped 1 user, not listed but covered by a group\n",
        ),
        (&["whitelist", "add", "--reason", "x"], 0, 4, "skipped 1 group\n"),
        (&["whitelist", "remove"], 0, 4, "skipped 1 group\n"),
        (&["users", "reset", "--yes"], 0, 4, ""),
        (&["users", "remove", "--yes", "--dry-run"], 0, 5, ""),
        (&["users", "remove", "--yes"], 0, 5, ""),
    ] {
        let run = with_list(&sandbox, args, &all);
        assert_eq!((run.code, run.stdout.lines().count()), (code, changed), "{args:?}: {run:?}");
        assert_eq!(run.stderr, stderr, "{args:?}");
    }
    assert!(states(&sandbox).is_empty(), "{:?}", states(&sandbox));
}

/// Guards `explain --from`: for each user the answer of `explain NAME`.
#[test]
fn explain_takes_a_list() {
    let sandbox = store();
    let list = "name,type\nalice,user\nzoe,\nmia,user\nstaff,group\n";
    let run = with_list(&sandbox, &["explain", "--no-groups", "--format", "csv"], list);
    assert_eq!(run.stderr, "skipped 1 group\n", "{run:?}");
    assert_eq!(
        run.stdout,
        "name,type,listed,asked,outcome,reason,why,once_enabled,whitelisted\n\
         alice,user,true,true,challenge,enrolment-required,listed,enrolment-required,false\n\
         zoe,user,false,false,grant,not-listed,in no listed group,not-listed,false\n\
         mia,user,false,false,grant,not-listed,in no listed group,not-listed,false\n"
    );
    let covered = with_list(&sandbox, &["explain", "--group", "staff", "--format", "json"], list);
    let entries = covered.json()["entries"].clone();
    assert_eq!(entries[1]["asked"], true, "{covered:?}");
    assert_eq!(entries[2]["reason"], "code-required", "{covered:?}");
}

/// Guards that a list is checked as a whole before anything is done.
#[test]
fn one_bad_line_prevents_all_changes() {
    let sandbox = store();
    let before = sandbox.contents();
    let list = "name;type\nalice;\nalcie;\nstaff;user\nteam;group\nalice;user\n;x\n";
    for args in [
        &["users", "remove", "--yes"][..],
        &["users", "reset", "--yes"],
        &["users", "edit", "--notes", "x"],
    ] {
        let run = with_list(&sandbox, args, list);
        let errors: Vec<_> = run.stderr.lines().filter(|l| l.starts_with("error: ")).collect();
        assert_eq!(
            errors,
            [
                "error: standard input, line 3: no user is called 'alcie'",
                "error: standard input, line 4: no user is called 'staff'",
                "error: standard input, line 5: no group is called 'team'",
                "error: standard input, line 6: 'alice': already in line 2",
                "error: standard input, line 7: '': the name is empty",
                "error: standard input has 5 bad lines; nothing was changed",
            ],
            "{args:?}"
        );
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    }
    assert_eq!(sandbox.contents(), before);
    let run = with_list(&sandbox, &["users", "remove", "--yes", "--ignore-missing"], "name\nzoe\n");
    assert_eq!((run.code, run.stdout.as_str()), (0, "user zoe: unchanged\n"));
}

/// Guards an empty list: it is no error and no work, in every command, and needs no answer.
#[test]
fn an_empty_list_is_no_work() {
    let sandbox = store();
    let before = sandbox.contents();
    let empty = csv(&sandbox, &["--state", "locked"]);
    for args in [
        &["users", "add"][..],
        &["users", "unlock"],
        &["users", "revoke"],
        &["users", "reset"],
        &["users", "remove"],
        &["users", "edit", "--notes", "x"],
        &["whitelist", "add"],
        &["whitelist", "remove"],
        &["explain"],
    ] {
        for list in [empty.as_str(), "name\n", "name;type\r\n;\r\n"] {
            let run = with_list(&sandbox, args, list);
            assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{args:?}: {run:?}");
            let note = "standard input names 0 users and groups: nothing to do\n";
            assert_eq!(run.stderr, note, "{args:?}");
        }
        let json = with_list(&sandbox, &[args, &["--format", "json"]].concat(), "name\n").json();
        let list = if args == ["explain"] { &json["entries"] } else { &json["changes"] };
        assert!(list.as_array().is_some_and(Vec::is_empty), "{args:?}: {json}");
    }
    assert_eq!(sandbox.contents(), before);
}

/// Guards questions: they cannot be asked on a standard input that is the list.
#[test]
fn a_list_on_standard_input_needs_yes() {
    let sandbox = store();
    let file = sandbox.beside("list.csv");
    sandbox.write(&file, "name\nalice\n");
    sandbox.enrol("alice");
    for command in ["reset", "remove"] {
        let run = with_list(&sandbox, &["users", command], "name\nalice\n");
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains("standard input is the list"), "{run:?}");
        assert!(run.stderr.contains("--yes"), "{run:?}");
        let dry = with_list(&sandbox, &["users", command, "--dry-run"], "name\nalice\n");
        assert_eq!(dry.code, 0, "{dry:?}");
        let from_file = ["users", command, "--from", file.to_str().unwrap()];
        let run = sandbox.admin(&from_file);
        assert!(run.code == 2 && run.stderr.contains("without a terminal"), "{run:?}");
        let run = sandbox.admin(&[&from_file[..], &["--yes"]].concat());
        assert_eq!(run.code, 0, "{run:?}");
    }
}

/// Guards that names are given once: as arguments or as a list.
#[test]
fn a_list_excludes_names() {
    let sandbox = store();
    for args in [
        &["users", "remove", "--from", "-", "alice"][..],
        &["users", "reset", "--from", "-", "--group", "staff"],
        &["users", "reset", "--from", "-", "--all"],
        &["users", "unlock", "--from", "-", "alice"],
        &["users", "unlock", "--from", "-", "--all"],
        &["users", "edit", "--from", "-", "--phone", "+33612345678"],
        &["users", "edit", "--from", "-"],
        &["whitelist", "add", "--from", "-", "alice"],
        &["whitelist", "remove", "--from", "-", "alice"],
        &["explain", "--from", "-", "alice"],
        &["explain", "--from", "-", "--all"],
    ] {
        let run = sandbox.admin_with_stdin(args, b"name\nalice\n");
        assert_eq!(run.code, 2, "{args:?}: {run:?}");
    }
}

/// Guards lists against what cannot be meant as a name: each such line is reported, and nothing is added.
#[test]
fn a_list_with_values_of_options_is_refused() {
    let sandbox = Sandbox::new();
    let list = "name\nalice\n30d\nuntil=8h\n\"CN=Alice,OU=x\"\nCORP/bob\n\"Staff, Remote\"\n";
    let before = sandbox.contents();
    for (command, wrong) in [("users", &[3, 5, 6][..]), ("whitelist", &[3, 4, 5, 6])] {
        let run = with_list(&sandbox, &[command, "add"], list);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
        for line in 2..=7 {
            let is_reported = run.stderr.contains(&format!("line {line}: "));
            assert_eq!(is_reported, wrong.contains(&line), "{command}, {line}: {run:?}");
        }
    }
    assert_eq!(sandbox.contents(), before);
}

/// Guards every column: a misspelt one must not be ignored, because its values would be missing.
#[test]
fn every_misspelt_column_is_refused() {
    let sandbox = Sandbox::new();
    for column in ["nmae", "typ", "metod", "phon", "note", "listd", "reson", "untill", "stat"] {
        let list = format!("name,{column}\nroot,8h\n").replace("name,nmae", "nmae,x");
        let run = with_list(&sandbox, &["whitelist", "add", "--dry-run"], &list);
        assert!(run.code == 1 && run.stderr.contains("did you mean"), "{column}: {run:?}");
    }
    let expired = with_list(&sandbox, &["whitelist", "add"], "name,state\nroot,Expired\n");
    assert!(expired.stderr.contains("skipped 1 expired entry"), "{expired:?}");
}

/// Guards `explain --from` while two-factor authentication is off: it shows what `--all` shows.
#[test]
fn explain_previews_a_list() {
    let sandbox = store();
    sandbox.admin_ok(&["disable", "--yes"]);
    let run = with_list(&sandbox, &["explain", "--format", "json"], "name\nalice\n");
    let entry = &run.json()["entries"][0];
    assert_eq!((&entry["listed"], &entry["reason"]), (&true.into(), &"disabled".into()), "{run:?}");
    assert_eq!(entry["once_enabled"], "enrolment-required", "{run:?}");
}

/// Guards long lists: every line is checked before anything is done.
#[test]
fn long_lists_are_checked_as_a_whole() {
    let sandbox = Sandbox::in_memory();
    // Wine is slow at opening files.
    let half = if cfg!(windows) { 500 } else { 20_000 };
    let lines: Vec<_> = (0..half).map(|n| format!("user{n},user\ngroup{n},group\n")).collect();
    let list = format!("name,type\n{}", lines.concat());
    let bad = format!("has {} bad lines", 2 * half);
    for args in [&["users", "remove", "--yes"][..], &["users", "reset", "--yes"]] {
        let run = with_list(&sandbox, args, &list);
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains(&bad), "{}", run.stderr.len());
    }
    let dry = with_list(&sandbox, &["users", "remove", "--ignore-missing", "--dry-run"], &list);
    assert_eq!((dry.code, dry.stdout.lines().count()), (0, 2 * half));
}

/// Guards bad lines of every kind: with codes by SMS but without a gateway, too, each is listed.
#[test]
fn no_check_hides_another() {
    let sandbox = store();
    let list = "name;type;method;phone;notes\nann;;sms;+33612345678;\nbob;;sms;0612;\n\
                eve;;push;;\nalice;;sms;+33612345678;\nteam;group;sms;;\n";
    let run = with_list(&sandbox, &["users", "add"], list);
    let errors: Vec<_> = run.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    for (line, words) in [
        (2, "'ann': no SMS gateway"),
        (3, "'0612' is not a phone number"),
        (4, "'push' is not a valid method"),
        (5, "'alice': already listed"),
        (5, "'alice': no SMS gateway"),
        (6, "'team': a group has no phone numbers"),
    ] {
        let found = errors.iter().any(|error| {
            error.contains(&format!("standard input, line {line}: ")) && error.contains(words)
        });
        assert!(found, "{line} {words}: {run:?}");
    }
    assert!(run.stderr.contains("has 5 bad lines; no one was added"), "{run:?}");
    sandbox.pass(31 * 86_400);
    let run = with_list(&sandbox, &["users", "add"], "name,type\nann,\nbob,usr\n");
    for words in ["line 3: 'usr' is not a valid type", "the trial of 30 days is over"] {
        assert!(run.code == 1 && run.stderr.contains(words), "{words}: {run:?}");
    }
}
