//! FreeRADIUS under the limits of Debian's unit, and a store of another account: logins go through the socket of
//! `rw2fa-verify.socket`, for which `systemd-socket-activate` stands in.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::machine::Machine;
use crate::ended::Ended;
use crate::sandbox::has;

const ALICE: (&str, &str) = ("alice", "correct horse");

/// Starts the verifier of the store's owner for each connection of FreeRADIUS' account.
fn start_service(machine: &Machine) -> Ended {
    machine.sh("mkdir -p /run/rw2fa; rm -f /run/rw2fa/verify.sock");
    let mut command = machine.inside(&[
        "systemd-socket-activate",
        "--listen=/run/rw2fa/verify.sock",
        "--accept",
        "--inetd",
        "setpriv",
        "--reuid=daemon",
        "--regid=daemon",
        "--clear-groups",
        "rw2fa-verify",
        "--request-stdin",
    ]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let service = Ended(command.spawn().unwrap());
    let started = Instant::now();
    while machine.sh("[ -S /run/rw2fa/verify.sock ] && echo yes || true").is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "the socket was not made");
        std::thread::sleep(Duration::from_millis(50));
    }
    machine.sh("chgrp freerad /run/rw2fa/verify.sock; chmod 660 /run/rw2fa/verify.sock");
    service
}

/// Guards logins of a server that can neither run a set-uid program nor read the store.
#[test]
fn the_verifier_of_the_owner_decides() {
    if !has("systemd-socket-activate", "apt-get install systemd") {
        return;
    }
    let script = "rw2fa --quiet init --owner daemon";
    let Some(machine) = Machine::with_store(script, &[ALICE]) else { return };
    let service = start_service(&machine);
    let secret = machine.enrol("alice");
    let state = machine.challenge("alice", ALICE.1);
    let wrong = machine.ask("alice", &machine.wrong_code(&secret), Some(&state));
    assert_eq!(wrong.kind, "Challenge", "{wrong:?}");
    let right = machine.ask("alice", &machine.next_code(&secret), wrong.state.as_deref());
    assert_eq!(right.shown(), ("Accept", String::new()), "{}", machine.log());
    let recorded = machine.sh("grep -c \"\\\"caller\\\":$(id -u freerad)\" /var/lib/rw2fa/audit/*");
    assert_ne!(recorded.trim(), "0");
    // Without the service, no one gets in.
    drop(service);
    assert_eq!(machine.ask("alice", ALICE.1, None).kind, "Reject");
    machine.check_log();
}
