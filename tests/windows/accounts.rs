//! Accounts and groups of Windows, the machine's id, and the account behind a change.

use rw2fa::platform;

use crate::sandbox::Sandbox;

/// Returns the account that runs this test, without its domain.
fn me() -> String {
    let caller = platform::caller();
    caller.rsplit('\\').next().unwrap().to_owned()
}

/// Guards the system's group membership, through the real programs: a member needs a code, and an
/// unknown account is refused.
#[test]
fn members_of_a_group_of_windows_are_asked() {
    let sandbox = Sandbox::with_users(&[]);
    let groups = platform::groups_of(&me()).unwrap().expect("an account that exists");
    let mine = groups.first().expect("an account is in some group");
    sandbox.admin_ok(&["users", "add", "--group", mine]);
    let real = sandbox.real();
    let end = |args: &[&str]| real.verify(&[&["--qr", "none"], args].concat(), None).end();
    for spelling in [me(), format!(r".\{}", me()), platform::caller()] {
        let found = end(&["--check", "--", &spelling]);
        assert_eq!(found, (3, "enrolment-required".into()), "{spelling} in {mine}");
    }
    assert_eq!(end(&["--", "nobody here"]), (4, "groups-unknown".into()));
    assert_eq!(end(&["--", mine]), (4, "groups-unknown".into()), "a group is not an account");
    assert_eq!(end(&["--no-groups", "--", "nobody here"]), (0, "not-listed".into()));
    sandbox.admin_ok(&["users", "remove", "--yes", "--group", mine]);
    sandbox.admin_ok(&["users", "add", "--group", "no such group"]);
    assert_eq!(end(&["--", &me()]), (0, "not-listed".into()));
}

/// Guards the warning about unknown names.
#[test]
fn unknown_names_cause_a_warning() {
    for (name, is_group, expected) in [
        (&*me(), false, true),
        (&*me(), true, false),
        ("Administrators", true, true),
        ("Administrators", false, false),
        ("nobody here", false, false),
        ("nobody here", true, false),
        ("with\0zero", false, false),
    ] {
        assert_eq!(platform::knows(name, is_group), expected, "{name}");
    }
    let sandbox = Sandbox::with_users(&[]);
    let real = sandbox.real();
    let added = real.admin(&["users", "add", "nobody-here", &me()]);
    assert_eq!(added.code, 0, "{added:?}");
    assert!(added.stderr.contains("called nobody-here: check"), "{added:?}");
    let must = real.admin(&["users", "add", "nobody-there", "--must-exist"]);
    assert_eq!(must.code, 1, "{must:?}");
}

/// Guards the identity that licences are bound to.
#[test]
fn the_serial_number_comes_from_the_machine() {
    let sandbox = Sandbox::new();
    let real = sandbox.real();
    let serial = real.admin(&["license", "serial"]);
    assert_eq!(serial.code, 0, "{serial:?}");
    assert_eq!(serial.stdout.trim().len(), "XXXX-XXXX-XXXX-XXXX".len(), "{serial:?}");
    assert_eq!(real.admin(&["license", "serial"]), serial);
    let id = platform::machine_id().unwrap();
    assert_eq!(id.len(), 32);
    assert!(!serial.stdout.contains(&id), "the id itself must not be shown");
}

/// Guards evidence: the trail names the account of Windows.
#[test]
fn the_trail_names_the_account() {
    let sandbox = Sandbox::new();
    let real = sandbox.real();
    assert_eq!(real.admin(&["enable"]).code, 0);
    let trail = real.admin(&["audit", "--format", "json"]);
    let caller = serde_json::to_string(&platform::caller()).unwrap();
    assert!(trail.stdout.contains(&caller), "{caller}: {trail:?}");
}
