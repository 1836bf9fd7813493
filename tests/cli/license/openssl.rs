//! Tests with OpenSSL, where it is installed: it reproduces the test licences, and the licences
//! from `examples/licensing/issue.sh` are valid.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{TOKENS, show};
use crate::sandbox::{Sandbox, has};

fn script(path: &str, args: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let mut command = Command::new(script);
    command.args(args).stdin(Stdio::null()).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.output().unwrap()
}

fn issue(args: &[&str]) -> Output {
    script("examples/licensing/issue.sh", args)
}

/// Guards that another implementation produces the same test licences from the published key.
#[test]
fn the_test_licences_match_those_of_openssl() {
    if !has("openssl", "apt-get install openssl") {
        return;
    }
    let made = script("tests/cli/license/tokens.sh", &[]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(
        String::from_utf8_lossy(&made.stdout) == TOKENS,
        "tests/cli/license/tokens.txt differs from the output of tokens.sh"
    );
}

const ORDER: [&str; 6] =
    ["--serial", "7GRS-RBNB-DFT7-SX10", "--order", "B-2", "--email", "it@example.com"];

/// Guards the script that issues licences: its licences are accepted with all requested attributes.
#[test]
fn issued_licences_are_accepted() {
    if !has("openssl", "apt-get install openssl") {
        return;
    }
    let sandbox = Sandbox::new();
    // The script reads the real clock.
    sandbox.at_real_time();
    for (args, edition, days, users) in [
        (vec![], "enterprise", None, None),
        (
            vec!["--edition", "mobile-web", "--days", "90", "--users", "250"],
            "mobile-web",
            Some(90),
            Some(250),
        ),
    ] {
        let issued = issue(&[&ORDER[..], &args].concat());
        assert!(issued.status.success(), "{}", String::from_utf8_lossy(&issued.stderr));
        let file = sandbox.beside("license.lic");
        sandbox.write(&file, &String::from_utf8(issued.stdout).unwrap());
        sandbox.admin_ok(&["license", "activate", file.to_str().unwrap()]);
        let shown = show(&sandbox);
        assert_eq!((&shown["state"], &shown["edition"]), (&"licensed".into(), &edition.into()));
        assert_eq!((&shown["order_number"], &shown["email"]), (&"B-2".into(), &ORDER[5].into()));
        // The licence may be issued a second after the sandbox read its time.
        let left = shown["days_left"].as_u64();
        assert!(left == days || left == days.map(|days| days + 1), "{left:?} {days:?}");
        assert_eq!(shown["max_users"].as_u64(), users);
    }
}

/// Guards the script from issuing licences that rw2fa would reject.
#[test]
fn the_script_refuses_invalid_requests() {
    if !has("openssl", "apt-get install openssl") {
        return;
    }
    for (args, words) in [
        (vec![], "--serial is missing"),
        (vec!["--serial", "7GRS-RBNB-DFT7-SX1", "--order", "1", "--email", "a@b"], "serial number"),
        (
            vec!["--serial", "7GRS-RBNB-DFT7-SXIO", "--order", "1", "--email", "a@b"],
            "serial number",
        ),
        ([&ORDER[..], &["--edition", "gold"]].concat(), "edition"),
        ([&ORDER[..], &["--users", "0"]].concat(), "--users"),
        ([&ORDER[..], &["--users", "08"]].concat(), "--users"),
        ([&ORDER[..], &["--days", "-1"]].concat(), "--days"),
        ([&ORDER[..], &["--order", "a\"b"]].concat(), "order number"),
        ([&ORDER[..], &["--key", "/dev/null"]].concat(), "cannot sign"),
        ([&ORDER[..], &["--colour", "red"]].concat(), "--colour"),
        ([&ORDER[..], &["--days"]].concat(), "--days needs a value"),
    ] {
        let output = issue(&args);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty(), "{args:?}");
        assert!(complaint.contains(words), "{args:?}: {complaint}");
    }
}
