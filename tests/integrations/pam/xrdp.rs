//! xrdp, with the file that docs/integrations/xrdp.md shows and a real RDP client.

use crate::desktop::Desktop;
use crate::namespace::{Owner, PASSWORD};

/// Guards a portal's own connections: a session that a user opened in the portal lets plain RDP follow, until the user
/// signs out.
#[test]
fn plain_rdp_follows_a_session_of_the_portal() {
    let Some(desktop) = Desktop::new(Owner::Rw2fa) else { return };
    let machine = &desktop.machine;
    machine.add_users("alice");
    machine.sh("rw2fa --quiet advanced set rdp-after-portal 300");
    machine.enrol("alice");
    assert!(!desktop.lets_in("alice"), "signed in, but no session is open");
    machine.sh("rw2fa-verify --no-groups --session html5 -- alice");
    assert!(desktop.lets_in("alice"), "a session has just opened");
    machine.wait_for_log("pam_rw2fa(xrdp-sesman:account): user 'alice': granted: session-valid");
    machine.sh("rw2fa-verify --no-groups --end -- alice || [ $? = 5 ]");
    assert!(!desktop.lets_in("alice"), "signed out");
}

/// Guards plain RDP: only the whitelist lets a listed user in, and only together with the password.
#[test]
fn the_whitelist_decides() {
    let Some(desktop) = Desktop::new(Owner::Rw2fa) else { return };
    let machine = &desktop.machine;
    machine.add_users("alice");
    assert!(desktop.lets_in("bob"), "a user who is not listed");
    assert!(!desktop.lets_in("alice"), "a listed user");
    machine.sh("rw2fa --quiet whitelist add alice");
    assert!(!desktop.opens("alice", "not the password", "authentication failure"));
    assert!(desktop.lets_in("alice"), "a user on the whitelist");
    machine.wait_for_log("pam_rw2fa(xrdp-sesman:account): user 'alice': granted: whitelisted");
    machine.sh("rw2fa --quiet whitelist remove alice --yes");
    machine.sh("mv /usr/bin/rw2fa-verify /usr/bin/away");
    assert!(!desktop.opens("carol", PASSWORD, "user 'carol': refused: "), "without a verifier");
}
