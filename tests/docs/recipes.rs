//! The recipes in `examples/`: scripts in bash, units of systemd.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::sandbox::{Sandbox, has};

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path)
}

/// Runs a script on a store, as an administrator would.
fn script(sandbox: &Sandbox, name: &str, args: &[&str]) -> Output {
    let programs = Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap();
    let mut command = Command::new(example("scripts").join(name));
    command.args(args).env_clear().current_dir(sandbox.path().parent().unwrap());
    command.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    command.env("RW2FA_OPTIONS", format!("--store {}", sandbox.path().display()));
    command.output().unwrap()
}

/// The output of a script, which must succeed.
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn state_of(sandbox: &Sandbox, user: &str) -> String {
    sandbox.show(user)["state"].as_str().unwrap_or_default().to_owned()
}

/// Guards onboarding: a dry run or a bad file changes nothing, a good file adds everyone, and only
/// the administrator can read the pictures.
#[test]
fn onboarding_from_a_file() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_users(&[]);
    let file = sandbox.beside("staff.csv");
    sandbox
        .write(&file, "name,type,method,phone\nalice,user,app,\n\"o'neil, p\",,,\nstaff,group,,\n");
    let trial = printed(&script(&sandbox, "onboard.sh", &["--dry-run", "staff.csv"]));
    assert_eq!(
        trial,
        "user alice: would be added\nuser o'neil, p: would be added\ngroup staff: would be added\n"
    );
    assert_eq!(sandbox.admin(&["users", "show", "alice"]).code, 1);
    let added = printed(&script(&sandbox, "onboard.sh", &["--qr-dir", "codes", "staff.csv"]));
    assert!(
        added.contains("codes/001.png: QR code for alice\n")
            && added.contains("codes/002.png: QR code for o'neil, p\n"),
        "{added}"
    );
    let picture = sandbox.beside("codes").join("002.png");
    assert_eq!(fs::metadata(picture).unwrap().permissions().mode() & 0o077, 0);
    assert_eq!(state_of(&sandbox, "alice"), "pending");
    let again = printed(&script(&sandbox, "onboard.sh", &["staff.csv"]));
    assert_eq!(again.matches("unchanged").count(), 3, "{again}");
    sandbox.write(&file, "name,type,method,phone\nbob,,,\nbob,,,\n");
    let refused = script(&sandbox, "onboard.sh", &["staff.csv"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("line 3"), "{refused:?}");
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(script(&sandbox, "onboard.sh", &[]).status.code(), Some(2));
}

/// Guards a group with the same name as a user: the user's secret stays, and the others get new
/// pictures without replacing existing ones.
#[test]
fn onboarding_draws_for_new_users_only() {
    let sandbox = Sandbox::with_users(&["staff"]);
    let file = sandbox.beside("staff.csv");
    sandbox.write(&file, "name,type,method,phone\nstaff,group,,\nCORP\\bob,user,,\n");
    fs::create_dir(sandbox.beside("codes")).unwrap();
    sandbox.write(&sandbox.beside("codes").join("001.png"), "of before");
    let added = printed(&script(&sandbox, "onboard.sh", &["--qr-dir", "codes", "staff.csv"]));
    assert_eq!(added, "staff: added\ncorp\\bob: added\ncodes/002.png: QR code for corp\\bob\n");
    assert_eq!(state_of(&sandbox, "staff"), "none");
    assert_eq!(fs::read_to_string(sandbox.beside("codes").join("001.png")).unwrap(), "of before");
}

/// Guards the nightly report: it names who is missing, is silent if no one is, and fails if the
/// store cannot be read.
#[test]
fn the_report_tells_who_is_missing() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    sandbox.at_real_time();
    sandbox.enrol("alice");
    assert_eq!(
        printed(&script(&sandbox, "pending-report.sh", &[])),
        "Never signed in (1):\n  bob\n"
    );
    sandbox.enrol("bob");
    assert_eq!(printed(&script(&sandbox, "pending-report.sh", &[])), "");
    sandbox.admin_ok(&["users", "add", "x \"y\" z", "--group", "staff"]);
    sandbox.verify(&["--qr", "none", "--no-groups", "--", "x \"y\" z"], None);
    assert_eq!(
        printed(&script(&sandbox, "pending-report.sh", &[])),
        "Saw the QR code, and typed no code yet (1):\n  x \"y\" z\n"
    );
    sandbox.write(&sandbox.path().join("store.toml"), "nonsense");
    assert!(!script(&sandbox, "pending-report.sh", &[]).status.success());
}

/// Guards off-boarding: users are removed from both lists, and one failing name does not stop the
/// rest.
#[test]
fn off_boarding() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    sandbox.admin_ok(&["whitelist", "add", "alice", "carol"]);
    let trial = printed(&script(&sandbox, "offboard.sh", &["--dry-run", "alice"]));
    assert_eq!(trial, "user alice: would be removed\nwhitelist entry alice: would be removed\n");
    let removed = printed(&script(&sandbox, "offboard.sh", &["alice", "carol"]));
    assert_eq!(removed.matches(": removed").count(), 3, "{removed}");
    assert_eq!(script(&sandbox, "offboard.sh", &["", "bob"]).status.code(), Some(1));
    assert_eq!(sandbox.admin_ok(&["users", "list", "--format", "csv"]).lines().count(), 1);
    assert_eq!(script(&sandbox, "offboard.sh", &[]).status.code(), Some(2));
}

/// The units that are installed.
const UNITS: [&str; 4] =
    ["rw2fa-doctor.service", "rw2fa-doctor.timer", "rw2fa-verify.socket", "rw2fa-verify@.service"];

/// Guards that systemd understands the units, that the commands in them are some, and that logins are sandboxed.
#[test]
fn the_units_are_understood() {
    if !has("systemd-analyze", "apt-get install systemd") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_rw2fa");
    let verifier = env!("CARGO_BIN_EXE_rw2fa-verify");
    for unit in UNITS {
        let text = fs::read_to_string(example("systemd").join(unit)).unwrap();
        // The manual page is in its place only after an installation.
        let lines = text.lines().filter(|line| !line.starts_with("Documentation="));
        let text = lines
            .collect::<Vec<_>>()
            .join("\n")
            .replace("ExecStart=rw2fa ", &format!("ExecStart={program} "))
            .replace("ExecStart=rw2fa-verify ", &format!("ExecStart={verifier} "));
        assert!(!unit.ends_with(".service") || text.contains(program), "{text}");
        let mut file = fs::File::create(directory.path().join(unit)).unwrap();
        std::io::Write::write_all(&mut file, format!("{text}\n").as_bytes()).unwrap();
    }
    // A bare name is looked up here: where README.md installs the programs, and where the package does.
    let searched = Command::new("systemd-path").arg("search-binaries-default").output().unwrap();
    let searched = String::from_utf8(searched.stdout).unwrap();
    for place in ["/usr/local/bin", "/usr/bin"] {
        assert!(searched.trim().split(':').any(|searched| searched == place), "{searched}");
    }
    let mut command = Command::new("systemd-analyze");
    command.arg("verify").arg("--man=no").current_dir(directory.path());
    command.args(UNITS.map(|unit| format!("./{unit}")));
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !told.contains("rw2fa-"), "{told}");
    let mut command = Command::new("systemd-analyze");
    command.args(["security", "--offline=yes", "--no-pager", "--threshold=20"]);
    let output = command.arg(example("systemd").join("rw2fa-verify@.service")).output().unwrap();
    assert!(output.status.success(), "the exposure level is above 2: {output:?}");
    let sandbox = Sandbox::new();
    assert_ne!(sandbox.admin(&["--color", "never", "doctor"]).code, 2);
}
