//! A real client: sshd with Debian's `pam_radius_auth`.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::machine::{Machine, SHARED};
use crate::ended::Ended;
use crate::sandbox::{has, skipped};

const ALICE: (&str, &str) = ("alice", "correct horse");

/// Makes an account without a password of its own, and an SSH server that asks RADIUS.
const SETUP: &str = r#"
mkdir -p /var/lib/etc /var/lib/home /run/sshd
cd /var/lib/etc
cp -p /etc/passwd /etc/shadow /etc/group .
echo 'alice:x:4242:65534::/var/lib/home:/bin/sh' >>passwd
echo 'alice:*:19000::::::' >>shadow
cat >pam <<END
auth required pam_radius_auth.so
account required pam_permit.so
session required pam_permit.so
END
echo "127.0.0.1 $SHARED 30 127.0.0.4" >pam_radius
chmod 600 pam_radius
ssh-keygen -q -t ed25519 -N '' -f host_key
cat >sshd_config <<END
Port 22
ListenAddress 127.0.0.1
HostKey /var/lib/etc/host_key
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication yes
MaxAuthTries 2
END
mount --bind passwd /etc/passwd
mount --bind shadow /etc/shadow
mount --bind pam /etc/pam.d/sshd
mount --bind pam_radius /etc/pam_radius_auth.conf
"#;

/// Signs in with a password, then answers each prompt with one more argument, and prints what it sees.
const CLIENT: &str = r#"
set timeout 40
spawn ssh -tt -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o NumberOfPasswordPrompts=1 alice@127.0.0.1 echo let-in
foreach answer $argv {
  expect {
    -re {[Pp]assword: $} {}
    -re {6 digits that your app shows} {}
    -re {the next code} {}
    eof { exit }
    timeout { exit 1 }
  }
  send -- "$answer\r"
}
# The prompt after a wrong code, if there are no more answers.
expect {
  eof {}
  -re {the next code} {}
}
"#;

/// Guards a whole sign-in by SSH: the challenge is shown, the right code lets the user in, a wrong one does not.
#[test]
fn ssh_through_pam_radius_asks_for_the_code() {
    let is_installed = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib"]
        .iter()
        .any(|library| Path::new(library).join("security/pam_radius_auth.so").exists());
    if !is_installed {
        skipped("there is no pam_radius_auth: apt-get install libpam-radius-auth");
        return;
    }
    if !has("/usr/sbin/sshd", "apt-get install openssh-server")
        || !has("ssh", "apt-get install openssh-client")
        || !has("expect", "apt-get install expect")
    {
        return;
    }
    let Some(machine) = Machine::new(&[ALICE]) else { return };
    machine.sh(&format!("SHARED='{SHARED}'\n{SETUP}"));
    let secret = machine.enrol("alice");
    let mut sshd =
        machine.inside(&["/usr/sbin/sshd", "-D", "-e", "-f", "/var/lib/etc/sshd_config"]);
    sshd.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let _server = Ended(sshd.spawn().unwrap());
    let started = Instant::now();
    while machine.sh("ssh-keyscan -T 2 127.0.0.1 2>/dev/null || true").is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "sshd does not answer");
        std::thread::sleep(Duration::from_millis(100));
    }
    machine.write("/var/lib/client", CLIENT);
    let login = |answers: &[&str]| {
        let args = [&["expect", "-f", "/var/lib/client", "--"], answers].concat();
        let output = machine.inside(&args).stdin(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let is_in = |seen: &str| seen.lines().any(|line| line.trim() == "let-in");
    let seen = login(&[ALICE.1, &machine.next_code(&secret)]);
    assert!(seen.contains("Enter the 6 digits that your app shows."), "{seen}\n{}", machine.log());
    assert!(is_in(&seen), "{seen}\n{}", machine.log());
    let wrong = machine.wrong_code(&secret);
    let seen = login(&[ALICE.1, &wrong, &machine.next_code(&secret)]);
    assert!(seen.contains("The code is wrong.") && is_in(&seen), "{seen}\n{}", machine.log());
    for answers in [&["wrong password"][..], &[ALICE.1, &wrong, &wrong, &wrong]] {
        let seen = login(answers);
        assert!(!is_in(&seen), "{answers:?}: {seen}");
    }
    machine.check_log();
}
