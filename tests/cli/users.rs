//! `rw2fa users list` and `show`: what is shown of users, as text, JSON and CSV.

use std::fs;

use crate::sandbox::{Run, Sandbox};

/// Creates a store with one user of each kind: never seen, pending, active, locked, stopped, a
/// group.
fn one_of_each() -> Sandbox {
    let sandbox = Sandbox::with_users(&["nora", "paul", "CORP\\anna", "luke"]);
    let group = sandbox.path().join("groups/corp%5csales.toml");
    sandbox.write(&group, "method = \"app\"\nadded = 2026-11-24T08:00:00Z\n");
    sandbox.verify(&["--qr", "none", "--no-groups", "--ip", "192.0.2.7", "--", "paul"], None);
    for user in ["CORP\\anna", "luke"] {
        let shown = sandbox.verify(&["--qr", "none", "--no-groups", "--", user], None);
        let secret = crate::sandbox::Secret::of(&shown.json());
        let code = secret.code(sandbox.now());
        sandbox.verify(&["--no-groups", "--client", "c1", "--", user], Some(&code));
        if user == "luke" {
            sandbox.pass(60);
            for code in secret.wrong_codes(sandbox.now()).take(5) {
                sandbox.verify(&["--no-groups", "--", user], Some(&code));
            }
        }
    }
    sandbox
}

/// Guards the table for people: its order, and that it hides empty columns.
#[test]
fn the_list_as_text_hides_empty_columns() {
    let sandbox = one_of_each();
    assert_eq!(
        sandbox.admin_ok(&["users", "list"]),
        "\
name        type   method  state    enrolment  locked until          last login
corp\\sales  group  app
corp\\anna   user   app     active   active                           2026-11-24T08:00:00Z
luke        user   app     locked   active     2026-11-24T08:02:00Z  2026-11-24T08:00:00Z
nora        user   app     none     none
paul        user   app     pending  pending
"
    );
    let fresh = Sandbox::with_users(&["alice"]);
    assert_eq!(
        fresh.admin_ok(&["users", "list"]),
        "name   type  method  state\nalice  user  app     none\n"
    );
    assert_eq!(Sandbox::new().admin_ok(&["users", "list"]), "");
}

/// Guards the columns for scripts, which are always complete.
#[test]
fn the_list_as_csv_has_every_column() {
    assert_eq!(
        one_of_each().admin_ok(&["users", "list", "--format", "csv"]),
        "\
name,type,method,phone,state,enrolment,listed,locked_until,last_login,notes
corp\\sales,group,app,,,,true,,,
corp\\anna,user,app,,active,active,true,,2026-11-24T08:00:00Z,
luke,user,app,,locked,active,true,2026-11-24T08:02:00Z,2026-11-24T08:00:00Z,
nora,user,app,,none,none,true,,,
paul,user,app,,pending,pending,true,,,
"
    );
    assert_eq!(
        Sandbox::new().admin_ok(&["users", "list", "--format", "csv"]),
        "name,type,method,phone,state,enrolment,listed,locked_until,last_login,notes\n"
    );
}

/// Guards the JSON document to the byte: fields, order, and null for absent values.
#[test]
fn the_list_as_json_is_exact() {
    let sandbox = one_of_each();
    let text = sandbox.admin_ok(&["users", "list", "--state", "locked", "--format", "json"]);
    assert_eq!(
        text,
        r#"{
  "schema": 1,
  "entries": [
    {
      "name": "luke",
      "type": "user",
      "method": "app",
      "phone": null,
      "state": "locked",
      "enrolment": "active",
      "listed": true,
      "locked_until": "2026-11-24T08:02:00Z",
      "last_login": "2026-11-24T08:00:00Z",
      "notes": null
    }
  ]
}
"#
    );
    let groups = sandbox.admin(&["users", "list", "--type", "group", "--format", "json"]).json();
    assert_eq!(
        groups.to_string(),
        r#"{"schema":1,"entries":[{"name":"corp\\sales","type":"group","method":"app","phone":null,"state":null,"enrolment":null,"listed":true,"locked_until":null,"last_login":null,"notes":null}]}"#
    );
    assert_eq!(
        Sandbox::new().admin(&["users", "list", "--format", "json"]).json().to_string(),
        r#"{"schema":1,"entries":[]}"#
    );
}

/// Guards names and patterns: those of other commands, in any spelling; a name that is not listed is
/// an error, and a pattern that matches nothing is not.
#[test]
fn names_and_patterns_select_rows() {
    let sandbox = one_of_each();
    let list = |names: &[&str]| {
        let run = sandbox.admin(&[&["users", "list", "--format", "json"], names].concat());
        let entries = run.json()["entries"].as_array().unwrap().clone();
        let names: Vec<_> =
            entries.iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect();
        (run.code, names.join(" "), run.stderr)
    };
    for (names, expected) in [
        (&["luke"][..], "luke"),
        (&[" LUKE ", "Nora"], "luke nora"),
        (&["CORP\\*"], "corp\\sales corp\\anna"),
        (&["*A*", "paul"], "corp\\sales corp\\anna nora paul"),
        (&["????"], "luke nora paul"),
        (&["zz*"], ""),
        (&["*", "--state", "locked"], "luke"),
    ] {
        assert_eq!(list(names), (0, expected.to_owned(), String::new()), "{names:?}");
    }
    let (code, names, stderr) = list(&["luke", "anna", "nor"]);
    assert_eq!((code, names.as_str()), (1, "luke"), "{stderr}");
    assert!(stderr.contains("no user is called 'anna'"), "{stderr}");
    assert!(stderr.contains("did you mean 'nora'?"), "{stderr}");
}

/// Guards each filter, and two combined.
#[test]
fn filters_select_users() {
    let sandbox = one_of_each();
    for (args, names) in [
        (&["--type", "group"][..], &["corp\\sales"][..]),
        (&["--type", "user"], &["corp\\anna", "luke", "nora", "paul"]),
        (&["--state", "none"], &["nora"]),
        (&["--state", "pending"], &["paul"]),
        (&["--state", "active"], &["corp\\anna"]),
        (&["--state", "locked"], &["luke"]),
        (&["--method", "sms"], &[]),
        (&["--method", "app", "--type", "group"], &["corp\\sales"]),
        (&["--state", "active", "--type", "group"], &[]),
    ] {
        let all = [&["users", "list", "--format", "csv"], args].concat();
        let text = sandbox.admin_ok(&all);
        let found: Vec<_> = text.lines().skip(1).map(|line| line.split(',').next()).collect();
        let expected: Vec<_> = names.iter().map(|name| Some(*name)).collect();
        assert_eq!(found, expected, "{args:?}");
    }
    // After the lock ends, the state is the enrolment again.
    sandbox.pass(60);
    assert!(!sandbox.admin_ok(&["users", "list"]).contains("locked"));
}

/// Guards the whole document of an active user: it contains everything but the secret.
#[test]
fn show_prints_everything_but_the_secret() {
    let sandbox = one_of_each();
    let run = sandbox.admin(&["users", "show", "corp\\ANNA", "--format", "json"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let client = run.json()["users"][0]["grants"][0]["client"].as_str().unwrap().to_owned();
    assert_eq!(
        run.stdout.replace(&client, "<client>"),
        r#"{
  "schema": 1,
  "users": [
    {
      "name": "corp\\anna",
      "type": "user",
      "method": "app",
      "phone": null,
      "state": "active",
      "enrolment": "active",
      "listed": true,
      "locked_until": null,
      "last_login": "2026-11-24T08:00:00Z",
      "notes": null,
      "added": "2026-11-24T08:00:00Z",
      "activated": "2026-11-24T08:00:00Z",
      "pending_since": null,
      "shown": {
        "times": 1,
        "last": "2026-11-24T08:00:00Z",
        "ip": null
      },
      "digits": 6,
      "drift_steps": 0,
      "failures": 0,
      "permanently_locked": false,
      "covered_by": [],
      "whitelist": null,
      "recovery_codes_left": 0,
      "grants": [
        {
          "client": "<client>",
          "validated": "2026-11-24T08:00:00Z",
          "open_before": "2026-11-24T09:00:00Z",
          "first_session": null,
          "valid_until": null
        }
      ]
    }
  ]
}
"#
    );
}

/// Guards the text output for one user, and that showing a user writes nothing.
#[test]
fn show_prints_text_and_writes_nothing() {
    let sandbox = one_of_each();
    sandbox.write(
        &sandbox.path().join("whitelist/luke.toml"),
        "until = 2026-12-01T00:00:00Z\nadded = 2026-11-24T08:00:00Z\n",
    );
    let before = sandbox.contents();
    assert_eq!(
        sandbox.admin_ok(&["users", "show", "paul", "luke"]),
        "\
name           paul
listed         yes
state          pending
method         app
added          2026-11-24T08:00:00Z
pending since  2026-11-24T08:00:00Z
QR code shown  once, at 2026-11-24T08:00:00Z to 192.0.2.7
digits         6

name                  luke
listed                yes
state                 locked
locked until          2026-11-24T08:02:00Z
method                app
added                 2026-11-24T08:00:00Z
activated             2026-11-24T08:00:00Z
QR code shown         once, at 2026-11-24T08:00:00Z
last login            2026-11-24T08:00:00Z
digits                6
wrong codes in a row  5
whitelisted for RDP   yes until 2026-12-01T00:00:00Z
grant                 no client: first session before 2026-11-24T09:00:00Z
"
        .replace(
            "no client",
            &format!("client {}", sandbox.show("luke")["grants"][0]["client"].as_str().unwrap())
        )
    );
    assert_eq!(sandbox.contents(), before);
}

/// Guards several names: known users are shown, the others are reported with a suggestion.
#[test]
fn show_suggests_a_name_for_an_unknown_user() {
    let sandbox = Sandbox::with_users(&["alice", "CORP\\bob"]);
    let run = sandbox.admin(&["users", "show", "alcie", "alice", "bob", "xyz"]);
    assert_eq!(
        run,
        Run {
            code: 1,
            stdout: "name    alice\nlisted  yes\nstate   none\nmethod  app\n\
                     added   2026-11-24T08:00:00Z\n"
                .into(),
            stderr: "error: no user is called 'alcie'\nhint: did you mean 'alice'?\n\
                     error: no user is called 'bob'\nhint: did you mean 'corp\\bob'?\n\
                     error: no user is called 'xyz'\n\
                     hint: 'rw2fa users list' shows every user and group\n"
                .into(),
        }
    );
}

/// Guards the other users: one damaged document is reported with a hint and hides no one else.
#[test]
fn one_damaged_document_hides_no_user() {
    let sandbox = Sandbox::with_users(&["alice", "bert", "carol", "dora"]);
    let (bert, carol) = (sandbox.document("state", "bert"), sandbox.document("users", "carol"));
    let text = fs::read_to_string(&bert).unwrap();
    sandbox.write(&bert, text.trim_end_matches("# end\n"));
    sandbox.edit(&carol, "method = \"app\"", "method = \"fax\"");
    fs::remove_file(sandbox.document("state", "dora")).unwrap();
    let stray = sandbox.document("users", "alice").with_file_name("ALIX.toml");
    sandbox.write(&stray, "");
    let list = sandbox.admin(&["users", "list"]);
    assert_eq!(list.code, 1);
    assert_eq!(
        list.stdout,
        "\
name   type  method  state
alice  user  app     none
bert   user          broken
carol  user          broken
dora   user          broken
"
    );
    let status = sandbox.admin(&["status"]);
    assert_eq!(status.code, 1, "{status:?}");
    assert!(
        status.stdout.contains(
            "4 listed or seen: 0 active, 0 pending, 1 never enrolled, 0 locked; 4 \
             documents cannot be read"
        ),
        "{status:?}"
    );
    for run in [&list, &status] {
        for (path, problem, hint) in [
            (&bert, "cut short", "rw2fa users reset bert"),
            (&carol, "line 1", "fix the document by hand"),
            (&sandbox.path().join("state"), "is missing, though dora", "rw2fa users reset dora"),
            (&stray, "has a name that rw2fa never uses", "remove it"),
        ] {
            let named = run
                .stderr
                .lines()
                .any(|line| line.contains(path.to_str().unwrap()) && line.contains(problem));
            assert!(named, "{problem}: {run:?}");
            assert!(run.stderr.contains(hint), "{hint}: {run:?}");
        }
    }
    let json = sandbox.admin(&["users", "list", "--format", "json"]);
    assert_eq!(json.code, 1);
    assert_eq!(json.json()["entries"].as_array().unwrap().len(), 4);
    for line in json.stderr.lines() {
        let error: serde_json::Value = serde_json::from_str(line).expect("JSON on every line");
        assert_eq!(error["error"]["kind"], "store", "{line}");
    }
}
