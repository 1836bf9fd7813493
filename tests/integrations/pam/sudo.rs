//! sudo, with the file that docs/integrations/ssh.md shows.

use crate::namespace::{Machine, Owner, PASSWORD};
use crate::terminal::Terminal;

fn machine() -> Option<Machine> {
    let machine = Machine::new(Owner::Rw2fa, &[("sudo", "sudo"), ("script", "bsdutils")])?;
    machine.install("examples/pam/sudo", "/etc/pam.d/sudo");
    machine.install("examples/pam/sudo-i", "/etc/pam.d/sudo-i");
    machine.sh(
        "printf 'Defaults lecture=never\\nalice ALL=(ALL:ALL) ALL\\nbob ALL=(ALL:ALL) ALL\\n' \
         >/etc/sudoers.d/test && chmod 440 /etc/sudoers.d/test",
    );
    machine.add_users("alice");
    Some(machine)
}

/// Guards sudo: password and code, retries in one conversation, and users who need no code.
#[test]
fn password_and_code() {
    let Some(machine) = machine() else { return };
    let mut app = machine.enrol("alice");
    let as_root = "sudo --reset-timestamp id -u";
    let mut sudo = Terminal::start(&machine, "alice", as_root);
    sudo.expect("password for alice: ");
    sudo.type_line(PASSWORD);
    let shown = sudo.expect("Code: ");
    assert!(shown.contains("Enter the 6 digits that your app shows."), "{shown}");
    let wrong = app.wrong_code();
    sudo.type_line(&wrong);
    sudo.expect("The code is wrong.");
    sudo.expect("Code: ");
    sudo.type_line(&app.code());
    let (code, text) = sudo.end();
    assert!(code == 0 && text.ends_with("\n0\n"), "{code}: {text}");
    machine.wait_for_log("pam_rw2fa(sudo:auth): user 'alice': granted: code-accepted");
    // A shell of root has a file of its own.
    let mut sudo = Terminal::start(&machine, "alice", "sudo --reset-timestamp -i id -u");
    sudo.expect("password for alice: ");
    sudo.type_line(PASSWORD);
    sudo.expect("Code: ");
    sudo.type_line(&app.code());
    let (code, text) = sudo.end();
    assert!(code == 0 && text.ends_with("\n0\n"), "{code}: {text}");
    // The user who types is the one whose code is asked for, not root.
    let mut sudo = Terminal::start(&machine, "bob", as_root);
    sudo.expect("password for bob: ");
    sudo.type_line(PASSWORD);
    let (code, text) = sudo.end();
    assert!(code == 0 && text.ends_with("\n0\n"), "{code}: {text}");
}

/// Guards that sudo refuses without the code, and without a terminal.
#[test]
fn without_a_code_nothing_runs() {
    let Some(machine) = machine() else { return };
    let app = machine.enrol("alice");
    let mut sudo = Terminal::start(&machine, "alice", "sudo id -u");
    // sudo asks three times for a password, and the module three times for a code, until the fifth locks alice.
    for codes in [3, 2, 0] {
        sudo.expect("password for alice: ");
        sudo.type_line(PASSWORD);
        for _ in 0..codes {
            sudo.expect("Code: ");
            sudo.type_line(&app.wrong_code());
        }
    }
    sudo.expect("Too many wrong codes.");
    let (code, text) = sudo.end();
    assert!(code == 1 && !text.contains("\n0\n"), "{code}: {text}");
    let run = "setpriv --reuid=alice --regid=alice --clear-groups sudo -n id -u";
    let output = machine.try_sh(run);
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    let password = format!("printf '{PASSWORD}\\n{PASSWORD}\\n{PASSWORD}\\n'");
    let output = machine.try_sh(&format!("{password} | {}", run.replace("-n", "-S")));
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
}
