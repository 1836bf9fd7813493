//! The life of a user: enrolment, codes, locks and grants over time.

mod check;
mod clock;
mod codes;
mod enrolment;
mod grants;
mod lockout;
mod rdp;
mod recovery;

use std::collections::BTreeSet;

use crate::sandbox::{Sandbox, Secret};

/// Enrols a user whose codes of these steps around now are all different.
///
/// Among a thousand codes, two are usually the same. A test that relies on one of those would fail
/// now and then.
fn enrol_with_distinct_codes(sandbox: &Sandbox, user: &str, steps: std::ops::Range<i64>) -> Secret {
    loop {
        let secret = sandbox.enrol(user);
        let codes = steps.clone().map(|step| secret.code(sandbox.now() + 30 * step));
        if codes.collect::<BTreeSet<_>>().len() == steps.clone().count() {
            return secret;
        }
        sandbox.admin_ok(&["users", "reset", user, "--yes"]);
    }
}
