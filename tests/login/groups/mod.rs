//! Listed groups: the commands, who is a member and who decides that, and what happens to members.

#![allow(clippy::print_stdout, reason = "a partly skipped test reports it")]
#![allow(clippy::disallowed_methods, reason = "real processes have the real clock and environment")]

mod bad_input;
mod commands;
#[cfg(target_os = "linux")]
mod large;
mod members;
mod membership;
#[cfg(unix)]
mod processes;
mod removal;
#[cfg(target_os = "linux")]
mod set_uid;

use crate::sandbox::{Run, Sandbox, Secret};

/// Creates a store that is enabled and lists these groups.
fn with_groups(names: &[&str]) -> Sandbox {
    let sandbox = Sandbox::with_users(&[]);
    for name in names {
        sandbox.admin_ok(&["users", "add", "--group", name]);
    }
    sandbox
}

/// Signs in without a code.
fn knock(sandbox: &Sandbox, options: &[&str], user: &str) -> Run {
    sandbox.verify(&[&["--qr", "none"], options, &["--", user]].concat(), None)
}

/// Completes the first login of a member of these groups, as named by the portal.
fn enrol_member(sandbox: &Sandbox, groups: &[&str], user: &str) -> Secret {
    let options: Vec<&str> = groups.iter().flat_map(|group| ["--group", group]).collect();
    let shown = knock(sandbox, &options, user);
    assert_eq!(shown.reason(), "enrolment-required", "{shown:?}");
    let secret = Secret::of(&shown.json());
    let code = secret.code(sandbox.now());
    let run = sandbox.verify(&[options.as_slice(), &["--", user]].concat(), Some(&code));
    assert_eq!(run.reason(), "activated", "{run:?}");
    secret
}
