//! Group members over time: their documents, their secrets, and the groups that they join and
//! leave.

use std::fs;

use super::{enrol_member, knock, with_groups};
use crate::sandbox::{Sandbox, Secret};

fn login(sandbox: &Sandbox, options: &[&str], user: &str, secret: &Secret) -> String {
    let code = secret.code(sandbox.now());
    sandbox.verify(&[options, &["--", user]].concat(), Some(&code)).reason()
}

/// Guards a member's first login: one document, not listed, and the group is remembered.
#[test]
fn a_member_gets_a_state_at_the_first_login() {
    let sandbox = with_groups(&["staff"]);
    assert_eq!(sandbox.members_of("staff"), serde_json::json!([]));
    assert_eq!(knock(&sandbox, &["--group", "staff"], "Alice").reason(), "enrolment-required");
    assert!(!sandbox.document("users", "alice").exists());
    let shown = sandbox.show("alice");
    for (key, value) in [
        ("listed", false.into()),
        ("state", "pending".into()),
        ("method", "app".into()),
        ("added", serde_json::Value::Null),
        ("covered_by", serde_json::json!(["staff"])),
    ] {
        assert_eq!(shown[key], value, "{key}: {shown}");
    }
    assert_eq!(sandbox.members_of("staff"), serde_json::json!(["alice"]));
    assert_eq!(
        sandbox.admin_ok(&["users", "list"]),
        "\
name   type   method  state    listed
staff  group  app              true
alice  user   app     pending  false
"
    );
}

/// Guards leaving and rejoining. Without the group, a password is enough at once. Back in the
/// group, the old secret works, and used codes stay used.
#[test]
fn a_member_who_leaves_and_returns_keeps_the_secret() {
    let sandbox = with_groups(&["staff"]);
    let secret = enrol_member(&sandbox, &["staff"], "alice");
    let spent = secret.code(sandbox.now());
    sandbox.pass(30);
    assert_eq!(knock(&sandbox, &["--group", "other"], "alice").reason(), "not-listed");
    assert_eq!(knock(&sandbox, &["--no-groups"], "alice").reason(), "not-listed");
    assert_eq!(knock(&sandbox, &["--group", "staff"], "alice").reason(), "code-required");
    let again = sandbox.verify(&["--group", "staff", "--", "alice"], Some(&spent));
    assert_eq!(again.reason(), "code-used");
    assert_eq!(login(&sandbox, &["--group", "staff"], "alice", &secret), "code-accepted");
}

/// Guards the members of a group that is removed and listed again.
#[test]
fn a_group_listed_again_finds_its_members_enrolled() {
    let sandbox = with_groups(&["staff"]);
    let secret = enrol_member(&sandbox, &["staff"], "alice");
    sandbox.admin_ok(&["users", "remove", "--group", "staff", "--yes"]);
    sandbox.pass(30);
    assert_eq!(knock(&sandbox, &["--group", "staff"], "alice").reason(), "not-listed");
    let shown = sandbox.show("alice");
    assert_eq!(
        (&shown["covered_by"], &shown["method"]),
        (&serde_json::json!([]), &serde_json::Value::Null)
    );
    sandbox.admin_ok(&["users", "add", "--group", "staff"]);
    assert_eq!(knock(&sandbox, &["--group", "staff"], "alice").reason(), "code-required");
    assert_eq!(login(&sandbox, &["--group", "staff"], "alice", &secret), "code-accepted");
}

/// Guards wrong codes of members: one count, whichever group the portal names.
#[test]
fn wrong_codes_of_a_member_add_up_across_groups() {
    let sandbox = with_groups(&["staff", "vpn"]);
    let secret = enrol_member(&sandbox, &["staff"], "alice");
    for (at, code) in secret.wrong_codes(sandbox.now()).take(5).enumerate() {
        let group = ["staff", "vpn"][at % 2];
        let run = sandbox.verify(&["--group", group, "--", "alice"], Some(&code));
        assert_eq!(run.reason(), if at == 4 { "locked" } else { "wrong-code" });
    }
    assert_eq!(sandbox.show("alice")["failures"], 5);
    let locked = sandbox.verify(&["--group", "vpn", "--group", "staff", "--", "alice"], None);
    assert_eq!(locked.reason(), "locked");
}

/// Guards the choice of the method: that of the first covering group by name, in any order of the
/// portal.
#[test]
fn the_first_group_by_name_decides_the_method() {
    let sandbox = with_groups(&["beta", "alpha", "gamma"]);
    sandbox.edit(&sandbox.document("groups", "alpha"), "\"app\"", "\"sms\"");
    for (groups, method) in [
        (&["beta", "alpha"][..], "sms"),
        (&["alpha", "beta"], "sms"),
        (&["gamma", "beta"], "app"),
        (&["alpha"], "sms"),
    ] {
        let options: Vec<&str> = groups.iter().flat_map(|group| ["--group", group]).collect();
        let asked = [options.as_slice(), &["--session", "html5"]].concat();
        assert_eq!(knock(&sandbox, &asked, "alice").json()["method"], method, "{groups:?}");
    }
    // A user's own entry takes precedence over every group.
    sandbox.admin_ok(&["users", "add", "alice"]);
    let run = knock(&sandbox, &["--group", "alpha", "--session", "html5"], "alice");
    assert_eq!(run.json()["method"], "app");
    // Only the deciding group is read.
    sandbox.write(&sandbox.document("groups", "beta"), "?");
    assert_eq!(
        knock(&sandbox, &["--group", "alpha", "--group", "beta", "--session", "html5"], "eve")
            .json()["method"],
        "sms"
    );
}

/// Guards a member who is listed and later removed. Listing keeps the secret; removal destroys it,
/// and the group makes the user enrol again.
#[test]
fn a_member_who_is_listed_keeps_the_secret_until_removed() {
    let sandbox = with_groups(&["staff"]);
    let secret = enrol_member(&sandbox, &["staff"], "alice");
    assert_eq!(sandbox.admin_ok(&["users", "add", "alice"]), "user alice: added\n");
    sandbox.pass(30);
    assert_eq!(login(&sandbox, &["--no-groups"], "alice", &secret), "code-accepted");
    assert_eq!(login(sandbox.pass(30), &["--group", "staff"], "alice", &secret), "code-accepted");
    assert_eq!(
        sandbox.admin_ok(&["users", "remove", "alice", "--yes"]),
        "user alice: removed (still covered by group staff)\n"
    );
    assert_eq!(knock(&sandbox, &["--no-groups"], "alice").reason(), "not-listed");
    let other = enrol_member(&sandbox, &["staff"], "alice");
    assert_ne!(other, secret);
}

/// Guards a member's remembered groups: a sign-out says nothing about groups, so none is forgotten.
#[test]
fn a_sign_out_forgets_no_group() {
    let sandbox = with_groups(&["staff"]);
    let secret = enrol_member(&sandbox, &["staff"], "alice");
    for options in [&["--end"][..], &["--end", "--no-groups"], &["--end", "--group", "other"]] {
        sandbox.pass(30);
        assert_eq!(login(&sandbox, &["--group", "staff"], "alice", &secret), "code-accepted");
        assert_eq!(knock(&sandbox, options, "alice").end(), (5, "ended".into()));
        assert_eq!(
            sandbox.show("alice")["covered_by"],
            serde_json::json!(["staff"]),
            "{options:?}"
        );
        assert_eq!(sandbox.show("alice")["grants"], serde_json::json!([]));
    }
    assert_eq!(
        knock(&sandbox, &["--group", "staff", "--session", "html5"], "alice").reason(),
        "code-required"
    );
}

/// Guards two people with the same account name: each domain has its own state, and an unqualified
/// login that could be either is refused.
#[test]
fn states_of_members_are_bound_to_their_domain() {
    let sandbox = with_groups(&["staff"]);
    let group = ["--group", "staff"];
    let corp = enrol_member(&sandbox, &["staff"], r"CORP\alice");
    let other = enrol_member(&sandbox, &["staff"], r"OTHER\alice");
    assert_ne!(corp, other);
    sandbox.pass(30);
    let crossed = sandbox
        .verify(&["--group", "staff", "--", r"OTHER\alice"], Some(&corp.code(sandbox.now())));
    assert_eq!(crossed.reason(), "wrong-code");
    assert_eq!(login(&sandbox, &group, r"corp\ALICE", &corp), "code-accepted");
    assert_eq!(login(sandbox.pass(30), &group, "alice@corp.example", &corp), "code-accepted");
    assert_eq!(knock(&sandbox, &group, "alice").end(), (4, "ambiguous-user".into()));
    assert_eq!(
        knock(&sandbox, &["--end"], "alice").end(),
        (4, "ambiguous-user".into()),
        "whose grants?"
    );
    assert_eq!(knock(&sandbox, &["--no-groups"], "alice").reason(), "not-listed");
    assert_eq!(
        sandbox.admin_ok(&["users", "list", "--type", "user", "--format", "csv"]),
        "\
name,type,method,phone,state,enrolment,listed,locked_until,last_login,notes
corp\\alice,user,app,,active,active,false,,2026-11-24T08:01:00Z,
other\\alice,user,app,,active,active,false,,2026-11-24T08:00:00Z,
"
    );
    // An unqualified state belongs to the first domain that enrols.
    let local = with_groups(&["staff"]);
    assert_eq!(knock(&local, &group, "alice").reason(), "enrolment-required");
    assert_eq!(knock(&local, &group, r"CORP\alice").reason(), "enrolment-required");
    assert_eq!(
        local.admin_ok(&["users", "list", "--type", "user", "--format", "csv"]).lines().count(),
        2
    );
}

/// Guards against lost documents: two states marked as listed without settings do not count as
/// removed, even for a login that could mean both.
#[test]
fn lost_settings_of_two_users_let_no_one_in() {
    let sandbox = Sandbox::with_users(&[r"CORP\alice", r"OTHER\alice"]);
    let users = [r"corp%5calice", r"other%5calice"].map(|name| sandbox.document("users", name));
    for user in &users {
        fs::remove_file(user).unwrap();
    }
    for login in ["alice", r".\alice", "alice@x.example", r"CORP\alice", r"OTHER\alice"] {
        let run = knock(&sandbox, &["--no-groups"], login);
        assert_eq!(run.end(), (4, "store".into()), "{login}: {run:?}");
        assert!(run.stderr.contains("is missing"), "{run:?}");
    }
}
