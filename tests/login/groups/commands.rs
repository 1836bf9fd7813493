//! The commands on groups: their exact output, and what they leave in the store.

use std::fs;

use super::{enrol_member, knock, with_groups};
use crate::sandbox::{Run, Sandbox};

/// Guards the JSON of `users list`: the fields and their order, groups before users, members as not
/// listed.
#[test]
fn the_list_as_json_is_exact() {
    let sandbox = with_groups(&[r"CORP\sales"]);
    sandbox.admin_ok(&["users", "add", "alice", "--phone", "+33612345678"]);
    enrol_member(&sandbox, &[r"CORP\Sales"], "zoe");
    let secret = sandbox.enrol("alice");
    sandbox.pass(10);
    for code in secret.wrong_codes(sandbox.now()).take(5) {
        sandbox.verify(&["--no-groups", "--", "alice"], Some(&code));
    }
    let list = sandbox.admin(&["users", "list", "--format", "json"]).json();
    assert_eq!(
        list.to_string(),
        concat!(
            r#"{"schema":1,"entries":["#,
            r#"{"name":"corp\\sales","type":"group","method":"app","phone":null,"state":null,"enrolment":null,"listed":true,"locked_until":null,"last_login":null,"notes":null},"#,
            r#"{"name":"alice","type":"user","method":"app","phone":"+33612345678","state":"locked","enrolment":"active","listed":true,"locked_until":"2026-11-24T08:01:10Z","last_login":"2026-11-24T08:00:00Z","notes":null},"#,
            r#"{"name":"zoe","type":"user","method":"app","phone":null,"state":"active","enrolment":"active","listed":false,"locked_until":null,"last_login":"2026-11-24T08:00:00Z","notes":null}]}"#
        )
    );
}

/// Guards the order, the columns that scripts read, and the filters on groups.
#[test]
fn groups_are_listed_first() {
    let sandbox = with_groups(&["zebras", r"CORP\sales"]);
    sandbox.admin_ok(&["users", "add", "alice", "bob"]);
    enrol_member(&sandbox, &["zebras"], "mia");
    let head = "name,type,method,phone,state,enrolment,listed,locked_until,last_login,notes\n";
    let groups = "corp\\sales,group,app,,,,true,,,\nzebras,group,app,,,,true,,,\n";
    let users = "alice,user,app,,none,none,true,,,\nbob,user,app,,none,none,true,,,\n";
    let member = "mia,user,app,,active,active,false,,2026-11-24T08:00:00Z,\n";
    for (filter, rows) in [
        (&[][..], [groups, users, member].concat()),
        (&["--type", "group"], groups.to_owned()),
        (&["--type", "user"], [users, member].concat()),
        (&["--state", "active"], member.to_owned()),
        (&["--state", "none"], users.to_owned()),
        (&["--method", "sms"], String::new()),
        (&["--type", "group", "--method", "app"], groups.to_owned()),
    ] {
        let list = sandbox.admin_ok(&[&["users", "list", "--format", "csv"], filter].concat());
        assert_eq!(list, [head, &rows].concat(), "{filter:?}");
    }
}

/// Guards `add --group`: each entry is tried, groups may overlap, and users come first in the
/// report.
#[test]
fn add_lists_groups() {
    let sandbox = Sandbox::new();
    let both =
        ["users", "add", "alice", "--group", r"CORP\Sales", "--group", "sales", "--group", ""];
    assert_eq!(
        sandbox.admin(&both),
        Run::new(
            1,
            "user alice: added\ngroup corp\\sales: added\ngroup sales: added\n",
            "error: '': the name is empty\n"
        )
    );
    assert_eq!(
        sandbox.admin(&["users", "add", "--group", "SALES", "--format", "json"]).json().to_string(),
        r#"{"schema":1,"dry_run":false,"changes":[{"type":"group","name":"sales","result":"unchanged","covered_by":[],"error":null}]}"#
    );
    assert_eq!(
        sandbox.admin(&["users", "add", "--group", "sales", "--notes", "x"]),
        Run::new(
            1,
            "",
            "error: group sales: already listed, with different settings\n\
             hint: change them with: rw2fa users edit --group sales --notes x\n"
        )
    );
    // A user and a group may have the same name.
    assert_eq!(sandbox.admin_ok(&["users", "add", "sales"]), "user sales: added\n");
    let dry = sandbox.contents();
    assert_eq!(
        sandbox.admin_ok(&["users", "add", "--group", "vpn", "--dry-run"]),
        "group vpn: would be added\n"
    );
    assert!(sandbox.contents() == dry, "a dry run wrote to the store");
    for (args, words) in [
        (&["--group", "vpn", "--phone", "+33612345678"][..], "one user at a time"),
        (&["bob", "--group", "vpn", "--phone", "+33612345678"], "one user at a time"),
        (&[], "no users to add"),
    ] {
        let refused = sandbox.admin(&[&["users", "add"], args].concat());
        assert_eq!(refused.code, 2, "{args:?}: {refused:?}");
        assert!(refused.stderr.contains(words), "{args:?}: {refused:?}");
    }
}

/// Guards the check of names: an unknown name causes a warning, or with `--must-exist` a failure.
/// Accounts and groups are looked up separately.
#[test]
fn add_reports_names_unknown_to_the_system() {
    let sandbox = Sandbox::new();
    let system = sandbox.system();
    system.set("alice", &["staff"]);
    let warning = |names: &str| {
        format!(
            "warning: this system has no account or group called {names}: check the spelling, because a misspelt entry protects no one\n"
        )
    };
    assert_eq!(
        sandbox.admin(&["users", "add", "Alice", "--group", "staff"]),
        Run::new(0, "user alice: added\ngroup staff: added\n", "")
    );
    assert_eq!(
        sandbox.admin(&["users", "add", "staff", "--group", "alice"]),
        Run::new(0, "user staff: added\ngroup alice: added\n", &warning("staff, alice")),
        "an account is not a group"
    );
    assert_eq!(
        sandbox.admin(&["users", "add", "staff"]),
        Run::new(0, "user staff: unchanged\n", "")
    );
    let must =
        ["users", "add", "--must-exist", r".\alice", "alcie", "--group", "stuff", "--dry-run"];
    let refused = sandbox.admin(&must);
    assert_eq!(refused.code, 1, "{refused:?}");
    for name in ["user alcie", "group stuff"] {
        let words = format!("error: {name}: this system has no account or group of this name\n");
        assert!(refused.stderr.contains(&words), "{refused:?}");
    }
    assert!(!sandbox.document("groups", "stuff").exists());
}

/// Guards `edit --group`: notes and method change, comments are kept.
#[test]
fn edit_changes_groups() {
    let sandbox = with_groups(&["sales"]);
    let document = sandbox.document("groups", "sales");
    let text = fs::read_to_string(&document).unwrap();
    sandbox.write(&document, &format!("# the people on the road\n{text}"));
    let edit = ["users", "edit", "--group", "Sales", "--notes", "since May"];
    assert_eq!(sandbox.admin(&edit), Run::new(0, "group sales: changed\n", ""));
    assert_eq!(sandbox.admin(&edit), Run::new(0, "group sales: unchanged\n", ""));
    let text = fs::read_to_string(&document).unwrap();
    assert!(text.starts_with("# the people on the road\n"), "{text}");
    assert!(text.contains("notes = \"since May\""), "{text}");
    assert_eq!(
        sandbox.admin(&["users", "edit", "--group", "salse", "--notes", "x"]),
        Run::new(1, "", "error: no group is called 'salse'\nhint: did you mean 'sales'?\n")
    );
    let sms = sandbox.admin(&["users", "edit", "--group", "sales", "--method", "sms"]);
    assert_eq!(sms.code, 1, "{sms:?}");
}

/// Guards `show`: a group shows its known members, and a member the groups that cover them.
#[test]
fn show_lists_members_and_covering_groups() {
    let sandbox = with_groups(&["sales", "vpn"]);
    sandbox.admin_ok(&["users", "edit", "--group", "sales", "--notes", "on the road"]);
    enrol_member(&sandbox, &["vpn", "sales"], "zoe");
    enrol_member(&sandbox, &["sales"], "adam");
    assert_eq!(
        sandbox.admin_ok(&["users", "show", "zoe", "--group", "Sales"]),
        "\
name              zoe
listed            no, seen at a login
state             active
method            app
covered by group  sales, vpn
activated         2026-11-24T08:00:00Z
QR code shown     once, at 2026-11-24T08:00:00Z
last login        2026-11-24T08:00:00Z
digits            6
grant             no client: first session before 2026-11-24T09:00:00Z

group         sales
listed        yes
method        app
members seen  adam, zoe
notes         on the road
added         2026-11-24T08:00:00Z
"
    );
    let json = sandbox.admin(&["users", "show", "--group", "vpn", "--format", "json"]).json();
    assert_eq!(
        (&json["users"][0]["type"], &json["users"][0]["members"]),
        (&"group".into(), &serde_json::json!(["zoe"]))
    );
    assert_eq!(
        sandbox.admin(&["users", "show", "--group", "ghosts"]),
        Run::new(
            1,
            "",
            "error: no group is called 'ghosts'\nhint: 'rw2fa users list' shows every user and group\n"
        )
    );
    // A damaged state is reported, and hides no member.
    sandbox.write(&sandbox.document("state", "adam"), "?");
    let damaged = sandbox.admin(&["users", "show", "--group", "sales"]);
    assert_eq!(damaged.code, 1, "{damaged:?}");
    assert!(damaged.stdout.contains("members seen  zoe\n"), "{damaged:?}");
    assert!(damaged.stderr.contains("adam.toml"), "{damaged:?}");
}

/// Guards `reset --group`: it resets every known member, listed or not, and no one else.
#[test]
fn reset_of_a_group_affects_only_its_members() {
    let sandbox = with_groups(&["sales", "vpn"]);
    sandbox.admin_ok(&["users", "add", "lena", "luke"]);
    enrol_member(&sandbox, &["sales"], "adam");
    enrol_member(&sandbox, &["sales", "vpn"], "lena");
    enrol_member(&sandbox, &["vpn"], "vera");
    sandbox.enrol("luke");
    knock(&sandbox, &["--group", "sales"], "pia");
    let reset = ["users", "reset", "--group", "Sales"];
    let refused = sandbox.admin(&reset);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("--yes"), "{refused:?}");
    assert_eq!(
        sandbox.admin_ok(&["users", "reset", "--group", "sales", "--dry-run"]),
        "user adam: would be changed\nuser lena: would be changed\nuser pia: would be changed\n"
    );
    assert_eq!(
        sandbox.admin(&["users", "reset", "--group", "vpn", "--group", "sales", "LENA", "--yes"]),
        Run::new(
            0,
            "user lena: changed\nuser vera: changed\nuser adam: changed\nuser pia: changed\n",
            ""
        ),
        "each member once"
    );
    let state = |user| sandbox.show(user)["state"].clone();
    assert_eq!(
        ["adam", "lena", "vera", "pia", "luke"].map(state),
        ["none", "none", "none", "none", "active"]
    );
    assert_eq!(knock(&sandbox, &["--group", "sales"], "adam").reason(), "enrolment-required");
    // A reset keeps the remembered groups, so that a second one finds the members, too.
    assert_eq!(sandbox.members_of("sales"), serde_json::json!(["adam", "lena", "pia"]));
    assert_eq!(
        sandbox.admin(&["users", "reset", "--group", "ghosts", "--yes"]).stderr,
        "error: no group is called 'ghosts'\nhint: 'rw2fa users list' shows every user and group\n"
    );
    let empty = with_groups(&["sales"]);
    assert_eq!(
        empty.admin(&["users", "reset", "--group", "sales"]),
        Run::new(0, "", "no users to reset: no member of the group has signed in yet\n")
    );
    // A state that cannot be read may belong to a member: it is reported, and the others are reset.
    sandbox.write(&sandbox.document("state", "adam"), "?");
    let damaged = sandbox.admin(&["users", "reset", "--group", "vpn", "--yes"]);
    assert_eq!(
        (damaged.code, damaged.stdout.as_str()),
        (1, "user lena: unchanged\nuser vera: unchanged\n")
    );
    assert!(damaged.stderr.contains("adam.toml"), "{damaged:?}");
}

/// Guards `status` and `enable`: groups are counted, and a store with only a group is not empty.
#[test]
fn groups_are_counted() {
    let sandbox = Sandbox::new();
    sandbox.admin_ok(&["users", "add", "--group", "sales", "--group", "vpn"]);
    let enabled = sandbox.admin(&["enable"]);
    assert!(enabled.stderr.contains("listed: 0 users, 2 groups\n"), "{enabled:?}");
    assert!(!enabled.stderr.contains("no users are listed"), "{enabled:?}");
    let status = sandbox.admin(&["status", "--format", "json"]).json();
    assert_eq!((&status["groups"], &status["users"]["total"]), (&2.into(), &0.into()));
    let status = sandbox.admin(&["status"]);
    assert!(!status.stderr.contains("no users are listed"), "{status:?}");
}

/// Guards the audit trail: it records that groups are listed and removed, and the logins of
/// members.
#[test]
fn changes_of_groups_are_in_the_audit_trail() {
    let sandbox = with_groups(&["sales"]);
    knock(&sandbox, &["--group", "sales"], "zoe");
    sandbox.admin_ok(&["users", "remove", "--group", "sales", "--yes"]);
    let contents = sandbox.contents();
    let (_, trail) = contents
        .iter()
        .find(|(path, _)| path.extension().is_some_and(|ending| ending == "jsonl"))
        .unwrap();
    let trail = String::from_utf8(trail.clone()).unwrap();
    for words in
        ["\"users add\"", "\"sales\"", "\"zoe\"", "\"enrolment-required\"", "\"users remove\""]
    {
        assert!(trail.contains(words), "{words}:\n{trail}");
    }
}

/// Guards against a mistyped name, which leaves the intended user unprotected: `doctor` reports it.
#[test]
fn doctor_reports_names_unknown_to_the_system() {
    let sandbox = Sandbox::new();
    let system = sandbox.system();
    system.set("alice", &["staff"]);
    sandbox.admin_ok(&["users", "add", "alice", "--group", "staff"]);
    let unknown_names = || {
        let document = sandbox.admin(&["doctor", "--format", "json"]).json();
        let findings = document["findings"].as_array().unwrap().iter();
        let names = findings.filter(|finding| finding["check"] == "names");
        names.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(unknown_names(), Vec::<String>::new());
    sandbox.admin_ok(&["users", "add", "alcie", "--group", "stuff"]);
    let unknown_names = unknown_names();
    assert_eq!(unknown_names.len(), 2, "{unknown_names:?}");
    assert!(
        unknown_names[0].starts_with("users")
            && unknown_names[0].ends_with("protects no one): alcie"),
        "{unknown_names:?}"
    );
    assert!(
        unknown_names[1].starts_with("groups")
            && unknown_names[1].ends_with("protects no one): stuff"),
        "{unknown_names:?}"
    );
}
