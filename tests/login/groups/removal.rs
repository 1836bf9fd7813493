//! `users remove`: which groups still cover a user, and how that is reported.

use rw2fa::error::ErrorKind;

use super::{enrol_member, knock, with_groups};
use crate::sandbox::{Run, Sandbox};

fn remove(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.admin(&[&["users", "remove", "--yes"], args].concat())
}

fn covered_by(sandbox: &Sandbox, args: &[&str]) -> String {
    let run = remove(sandbox, &[args, &["--format", "json"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    run.json()["changes"][0]["covered_by"].to_string()
}

/// Guards the warning in text and JSON, with groups from the last login and from the system.
#[test]
fn remove_reports_the_groups_that_still_cover_a_user() {
    let sandbox = with_groups(&["sales", r"CORP\vpn"]);
    sandbox.admin_ok(&["users", "add", "anna", "bert", "carl", "dora"]);
    enrol_member(&sandbox, &["sales"], "anna");
    enrol_member(&sandbox, &["sales"], "bert");
    let system = sandbox.system();
    system.set("anna", &["users", "VPN"]);
    system.set("carl", &["users", r"corp\vpn"]);
    system.set("dora", &["users"]);
    assert_eq!(
        remove(&sandbox, &["anna", "--dry-run"]).stdout,
        "user anna: would be removed (still covered by group corp\\vpn, sales)\n"
    );
    assert_eq!(covered_by(&sandbox, &["anna"]), r#"["corp\\vpn","sales"]"#);
    // The system does not know bert, so the groups from the last login remain.
    assert_eq!(
        remove(&sandbox, &["bert", "carl", "dora"]),
        Run {
            code: 0,
            stdout: "user bert: removed (still covered by group sales)\n\
                     user carl: removed (still covered by group corp\\vpn)\n\
                     user dora: removed\n"
                .into(),
            stderr: String::new()
        }
    );
    assert_eq!(knock(&sandbox, &[], "anna").reason(), "enrolment-required");
    assert_eq!(knock(&sandbox, &[], "dora").reason(), "not-listed");
}

/// Guards a removal while the directory is unreachable: it is not refused.
#[test]
fn remove_does_not_need_the_system() {
    let sandbox = with_groups(&["sales"]);
    sandbox.admin_ok(&["users", "add", "anna"]);
    enrol_member(&sandbox, &["sales"], "anna");
    sandbox.system().fail(ErrorKind::Timeout);
    assert_eq!(covered_by(&sandbox, &["anna"]), r#"["sales"]"#);
}

/// Guards the truth of the warning: a group that is no longer listed, or that the same command
/// removes, covers no one.
#[test]
fn removed_groups_cover_no_one() {
    let sandbox = with_groups(&["sales", "vpn"]);
    sandbox.admin_ok(&["users", "add", "anna"]);
    enrol_member(&sandbox, &["sales", "vpn"], "anna");
    sandbox.system().set("anna", &["sales", "vpn"]);
    assert_eq!(
        remove(&sandbox, &["anna", "--group", "SALES", "--dry-run"]).stdout,
        "user anna: would be removed (still covered by group vpn)\ngroup sales: would be removed\n"
    );
    remove(&sandbox, &["--group", "vpn"]);
    assert_eq!(
        remove(&sandbox, &["anna", "--group", "Sales"]).stdout,
        "user anna: removed\ngroup sales: removed\n"
    );
    assert_eq!(knock(&sandbox, &[], "anna").reason(), "not-listed");
}

/// Guards scripts: removing a missing entry, with and without the flag, and the question.
#[test]
fn removing_a_missing_group_fails_unless_allowed() {
    let sandbox = with_groups(&["sales"]);
    assert_eq!(
        remove(&sandbox, &["--group", "ghosts"]).stderr,
        "error: no group is called 'ghosts'\nhint: 'rw2fa users list' shows every user and group\n"
    );
    assert_eq!(
        remove(&sandbox, &["--group", "ghosts", "--ignore-missing"]).stdout,
        "group ghosts: unchanged\n"
    );
    let asked = sandbox.admin(&["users", "remove", "--group", "sales"]);
    assert_eq!(asked.code, 2);
    assert!(asked.stderr.contains("--yes"), "{asked:?}");
    assert_eq!(
        remove(&sandbox, &["--group", "sales", "--format", "json"]).json().to_string(),
        r#"{"schema":1,"dry_run":false,"changes":[{"type":"group","name":"sales","result":"removed","covered_by":[],"error":null}]}"#
    );
    // Damaged documents can be removed, too.
    sandbox.admin_ok(&["users", "add", "--group", "sales"]);
    sandbox.write(&sandbox.document("groups", "sales"), "?");
    assert_eq!(remove(&sandbox, &["--group", "sales"]).stdout, "group sales: removed\n");
}

/// Guards a member who is removed without having been listed: the secret is destroyed, and the user
/// enrols again.
#[test]
fn a_member_who_is_removed_enrols_again() {
    let sandbox = with_groups(&["sales"]);
    let secret = enrol_member(&sandbox, &["sales"], "anna");
    assert_eq!(covered_by(&sandbox, &["anna"]), r#"["sales"]"#);
    sandbox.pass(30);
    assert_ne!(enrol_member(&sandbox, &["sales"], "anna"), secret);
}
