//! What the trial and the licence limit, and what they never affect.

use std::fs;

use super::{activate, settings_file, show, token};
use crate::sandbox::{Sandbox, Secret};

const DAY: i64 = 86_400;

/// Guards the end of the trial: adding users and the first `enable` are refused with a hint;
/// logins, `disable`, and enabling again are not.
#[test]
fn after_the_trial_no_user_can_be_added() {
    let new = Sandbox::new();
    new.pass(30 * DAY);
    let run = new.admin(&["enable"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("error: the trial of 30 days is over\nhint: "), "{run:?}");
    assert!(run.stderr.contains("rw2fa license portal"), "{run:?}");
    assert_eq!(new.admin(&["enable", "--dry-run"]).code, 1);

    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    let secret = sandbox.enrol("alice");
    sandbox.pass(30 * DAY - 1);
    sandbox.admin_ok(&["users", "add", "carl"]);
    sandbox.pass(1);
    let run = sandbox.admin(&["users", "add", "dora", "alice"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, "alice: unchanged\n"), "{run:?}");
    assert!(run.stderr.contains("dora: the trial of 30 days is over"), "{run:?}");
    assert_eq!(sandbox.admin(&["users", "show", "dora"]).code, 1);
    let group = sandbox.admin(&["users", "add", "--group", "sales"]);
    assert!(group.stderr.contains("sales: the trial of 30 days is over"), "{group:?}");
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    assert_eq!(sandbox.verify(&["--", "bob"], None).reason(), "enrolment-required");
    sandbox.admin_ok(&["users", "edit", "bob", "--notes", "x"]);
    sandbox.admin_ok(&["users", "reset", "bob", "--yes"]);
    sandbox.admin_ok(&["disable", "--yes"]);
    assert_eq!(sandbox.admin_ok(&["enable"]), "two-factor authentication on: changed\n");
    assert_eq!(sandbox.verify(&["--", "bob"], None).reason(), "enrolment-required");
    sandbox.admin_ok(&["users", "remove", "carl", "--yes"]);
    assert_eq!(show(&sandbox)["state"], "expired");
    // With the clock set back, 30 days are left again, never more.
    sandbox.pass(-3650 * DAY);
    assert_eq!(show(&sandbox)["days_left"], 30);
}

/// Guards a store that was enabled before its program had licences, and one enabled since: both can
/// be enabled again, whatever the section contains.
#[test]
fn a_store_enabled_once_can_be_enabled_again() {
    let sandbox = Sandbox::new();
    let file = settings_file(&sandbox);
    sandbox.edit(&file, "enabled = false", "enabled = true # by hand");
    sandbox.pass(40 * DAY);
    sandbox.admin_ok(&["disable", "--yes"]);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("enabled = false # by hand"), "{text}");
    assert!(text.contains("\n[license]\nfirst-enabled = 2027-01-03T08:00:00Z\n"), "{text}");
    sandbox.admin_ok(&["enable"]);
    sandbox.admin_ok(&["disable", "--yes"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), text, "the first date is kept");
    sandbox.edit(&file, "first-enabled = 2027-01-03T08:00:00Z", "first-enabled = \"some day\"");
    sandbox.admin_ok(&["enable"]);
    sandbox.edit(&file, "[license]\nfirst-enabled = \"some day\"\n", "");
    sandbox.write(&file, &format!("license = 3\n{}", fs::read_to_string(&file).unwrap()));
    sandbox.admin_ok(&["disable", "--yes"]);
    assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "disabled");
}

/// Guards the number of users: listed users count, and those enrolled through a group. One user too
/// many is refused, and existing users stay.
#[test]
fn users_beyond_the_licence_are_refused() {
    let sandbox = Sandbox::with_users(&["alice"]);
    assert_eq!(activate(&sandbox, "good").code, 0);
    sandbox.admin_ok(&["users", "add", "--group", "sales"]);
    let member =
        |name: &str| sandbox.verify(&["--group", "sales", "--qr", "none", "--", name], None);
    let secret = Secret::of(&member("mia").json());
    assert_eq!(show(&sandbox)["users"], 1, "mia has seen a QR code and not enrolled");
    let code = secret.code(sandbox.now());
    let enrolled = sandbox.verify(&["--group", "sales", "--", "mia"], Some(&code));
    assert_eq!(enrolled.reason(), "activated");
    assert_eq!(show(&sandbox)["users"], 2);
    let run = sandbox.admin(&["users", "add", "bob", "carl", "mia"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, "bob: added\nmia: added\n"), "{run:?}");
    assert!(
        run.stderr.contains("carl: the licence is for 3 users, and this would make 4"),
        "{run:?}"
    );
    assert_eq!(show(&sandbox)["users"], 3, "mia counts once");
    sandbox.admin_ok(&["users", "add", "--group", "support"]);
    assert_eq!(show(&sandbox)["users"], 3, "a group does not count");
    assert!(sandbox.admin_ok(&["license", "show"]).contains("3 of 3"));

    // A smaller licence removes no users.
    let run = activate(&sandbox, "good-one-user");
    assert_eq!(run.code, 0);
    let over = "the licence is for 1 user, and there are 3: no more can be added";
    assert!(run.stderr.contains(over), "{run:?}");
    let status = sandbox.admin(&["status"]);
    assert!(status.stderr.contains(over), "{status:?}");
    assert_eq!(member("bob").reason(), "enrolment-required");
    assert_eq!(sandbox.admin(&["users", "add", "dora"]).code, 1);
    sandbox.admin_ok(&["disable", "--yes"]);
    sandbox.admin_ok(&["enable"]);
    sandbox.admin_ok(&["users", "remove", "bob", "mia", "alice", "--yes"]);
    sandbox.admin_ok(&["users", "add", "dora"]);

    // A first enable with too many users.
    let new = Sandbox::new();
    new.admin_ok(&["users", "add", "alice", "bob"]);
    assert_eq!(activate(&new, "good-one-user").code, 0);
    let run = new.admin(&["enable"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("the licence is for 1 user, and this would make 2"), "{run:?}");
}

/// Guards the end of a licence: a warning 30 days before, and then the same limits as after a
/// trial.
#[test]
fn a_licence_warns_before_it_ends_and_then_limits_like_a_trial() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    assert_eq!(activate(&sandbox, "good").code, 0);
    let warned =
        |sandbox: &Sandbox| sandbox.admin(&["status"]).stderr.contains("the licence ends in");
    sandbox.at(334 * DAY);
    assert!(!warned(&sandbox));
    sandbox.at(335 * DAY);
    assert!(warned(&sandbox));
    sandbox.admin_ok(&["users", "add", "bob"]);
    sandbox.at(365 * DAY);
    assert!(!warned(&sandbox));
    let status = sandbox.admin_ok(&["status"]);
    assert!(
        status.contains("expired at 2027-11-24T08:00:00Z; users on the list still need a code"),
        "{status}"
    );
    let run = sandbox.admin(&["users", "add", "carl"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("the licence expired at 2027-11-24T08:00:00Z"), "{run:?}");
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    let shown = show(&sandbox);
    assert_eq!((&shown["state"], &shown["days_left"]), (&"expired".into(), &0.into()));
    assert_eq!(shown["max_users"], serde_json::Value::Null);
    assert_eq!(shown["order_number"], "A-1001");
    // An expired licence during the trial period is not a trial.
    let early = Sandbox::new();
    let text = fs::read_to_string(settings_file(&early)).unwrap();
    early.write(
        &settings_file(&early),
        &format!("{text}[license]\ntoken = \"{}\"\n", token("expired")),
    );
    assert_eq!(early.admin(&["users", "add", "x"]).code, 1);
}

/// Guards logins: the verifier's decision does not depend on the section, and the administrator
/// sees what is wrong.
#[test]
fn no_login_depends_on_the_licence() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let file = settings_file(&sandbox);
    let text = fs::read_to_string(&file).unwrap();
    let text = text.split("\n[license]").next().unwrap().to_owned() + "\n";
    let (foreign, changed) = (token("other-serial"), token("other-claims"));
    for (section, problem) in [
        (String::new(), None),
        (format!("[license]\ntoken = \"{foreign}\"\n"), Some("0000-0000-0000-0000")),
        (format!("[license]\ntoken = \"{changed}\"\n"), Some("signature")),
        ("[license]\ntoken = \"\"\n".into(), Some("empty")),
        ("[license]\ntoken = 5\n".into(), Some("not a licence")),
        ("[license]\ntoken = [{ a = 1 }]\n".into(), Some("not a licence")),
        ("[license.token]\nx = 1\n".into(), Some("not a licence")),
        ("[[license]]\ntoken = 1\n".into(), None),
    ] {
        sandbox.write(&file, &format!("{text}{section}"));
        sandbox.pass(30);
        assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted", "{section}");
        let shown = show(&sandbox);
        assert_eq!(shown["state"], "trial", "{section}");
        let found = shown["problem"].as_str();
        assert_eq!(found.is_some(), problem.is_some(), "{section}: {found:?}");
        assert!(found.unwrap_or_default().contains(problem.unwrap_or_default()), "{found:?}");
        let status = sandbox.admin(&["status"]);
        assert_eq!(status.code, 0);
        assert_eq!(status.stderr.contains("licence in the store is not used"), problem.is_some());
    }
    // A store that moved to another machine.
    sandbox.write(&file, &text);
    assert_eq!(activate(&sandbox, "good").code, 0);
    sandbox.on_machine("fedcba9876543210fedcba9876543210");
    assert_eq!(show(&sandbox)["state"], "trial");
    sandbox.pass(40 * DAY);
    assert_eq!(show(&sandbox)["state"], "expired");
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
}
