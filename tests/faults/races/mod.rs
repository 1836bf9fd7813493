//! Real processes that run concurrently, are stopped or killed, or have broken streams.

mod kills;
mod parallel;
mod streams;

use std::collections::BTreeSet;

use crate::sandbox::{Sandbox, Secret, real_now};

/// Creates a store whose users are added and enrolled at the real time.
fn enrolled(users: &[&str]) -> (Sandbox, Vec<Secret>) {
    let sandbox = Sandbox::with_users(&[]);
    sandbox.at_real_time();
    sandbox.admin_ok(&[&["users", "add"], users].concat());
    let secrets = users.iter().map(|user| sandbox.enrol(user)).collect();
    (sandbox, secrets)
}

/// Returns the codes of the next three hours, each at its first occurrence.
///
/// All of them are in the window, so that a test need not wait for the next step, and no step ends
/// at an unlucky moment.
fn coming_codes(secret: &Secret) -> impl Iterator<Item = String> + use<'_> {
    let mut seen = BTreeSet::from([secret.code(real_now()), secret.code(real_now() - 30)]);
    let start = real_now();
    let codes = (2..360).map(move |step| secret.code(start + 30 * step));
    codes.filter(move |code| seen.insert(code.clone()))
}
