//! Copies of the audit trail in the system log: complete, and never blocking.

#![allow(clippy::disallowed_methods, reason = "files and variables of the tests themselves")]

use std::fs;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::sandbox::{Sandbox, Secret};

/// Creates a store that sends its lines to a socket beside it, if `syslog` says so; the socket does
/// not exist yet.
fn store(syslog: &str) -> (Sandbox, Secret, PathBuf) {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let settings = sandbox.path().join("store.toml");
    sandbox.edit(&settings, "[domains]", &format!("[audit]\nsyslog = {syslog}\n\n[domains]"));
    let place = sandbox.beside("log");
    sandbox.system_log(&place);
    (sandbox, secret, place)
}

fn listen(place: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(place).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

/// Returns the messages waiting at the socket.
fn received(socket: &UnixDatagram) -> Vec<String> {
    let mut buffer = vec![0; 65536];
    let mut messages = Vec::new();
    while let Ok(length) = socket.recv(&mut buffer) {
        messages.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
    }
    messages
}

/// Returns the lines of the audit trail.
fn trail(sandbox: &Sandbox) -> Vec<String> {
    let mut files: Vec<_> = sandbox.contents().into_iter().collect();
    files.retain(|(path, _)| path.extension().is_some_and(|ending| ending == "jsonl"));
    let texts = files.into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Guards that each line arrives unchanged, in a datagram of its own, with a severity of its own.
#[test]
fn each_line_is_copied() {
    let (sandbox, secret, place) = store("true");
    let before = trail(&sandbox).len();
    let socket = listen(&place);
    sandbox.pass(30);
    assert_eq!(sandbox.login("alice", &secret).reason(), "code-accepted");
    sandbox.verify(&["--", "alice"], Some(&secret.wrong_code(sandbox.now())));
    sandbox.admin_ok(&["users", "edit", "alice", "--notes", "line\nbreak \u{1b}[31m \u{9b}31m"]);
    // A line that was cut off is followed by its repair.
    let month = fs::read_dir(sandbox.path().join("audit")).unwrap().next().unwrap().unwrap().path();
    let torn = fs::read_to_string(&month).unwrap() + "{\"torn";
    sandbox.write(&month, &torn);
    sandbox.admin_ok(&["users", "add", "bob"]);
    let lines: Vec<String> =
        trail(&sandbox).split_off(before).into_iter().filter(|line| line != "{\"torn").collect();
    let messages = received(&socket);
    assert_eq!((messages.len(), lines.len()), (5, 5), "{messages:?}");
    // A grant, a wrong code, a change, a repair, and a change.
    let severities = [6, 5, 5, 4, 5];
    for ((message, line), severity) in messages.iter().zip(&lines).zip(severities) {
        let head = format!("<{}>rw2fa[{}]: ", 10 * 8 + severity, std::process::id());
        let copy = message.strip_prefix(&head).expect(message);
        assert!(!copy.chars().any(char::is_control), "{copy:?} contains a control character");
        let [copy, line] =
            [copy, line].map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
        assert_eq!(copy, line);
    }
    let all = messages.concat();
    assert!(!all.contains(&secret.to_base32()), "{all}");
}

#[test]
fn nothing_is_sent_unless_configured() {
    let (sandbox, secret, place) = store("false");
    let socket = listen(&place);
    assert_eq!(sandbox.pass(30).login("alice", &secret).reason(), "code-accepted");
    sandbox.admin_ok(&["users", "add", "bob"]);
    assert_eq!(received(&socket), Vec::<String>::new());
}

/// Guards logins against a full log: its queue holds a few messages, and nothing reads them.
#[test]
fn a_full_log_does_not_block() {
    let (sandbox, _, place) = store("true");
    let socket = listen(&place);
    let before = trail(&sandbox).len();
    let started = Instant::now();
    for _ in 0..600 {
        assert_eq!(sandbox.verify(&["--", "alice"], None).reason(), "code-required");
    }
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert_eq!(trail(&sandbox).len() - before, 600, "the trail is complete anyway");
    let arrived = received(&socket).len();
    assert!((1..600).contains(&arrived), "the log was never full: {arrived}");
}

/// Guards logins against anything that may be in the place of the log.
#[test]
fn logins_work_without_a_log() {
    type Plant = fn(&Path);
    let plants: [(&str, Plant); 5] = [
        ("nothing", |_| {}),
        ("a file", |place| fs::write(place, "").unwrap()),
        ("a directory", |place| fs::create_dir(place).unwrap()),
        ("a socket without a listener", |place| drop(UnixDatagram::bind(place).unwrap())),
        ("a stream", |place| drop(UnixListener::bind(place).unwrap())),
    ];
    for (what, plant) in plants {
        let (sandbox, secret, place) = store("true");
        plant(&place);
        let run = sandbox.pass(30).login("alice", &secret);
        assert_eq!(run.end(), (0, "code-accepted".into()), "{what}: {run:?}");
        assert_eq!(run.stderr, "", "{what}");
        sandbox.admin_ok(&["users", "add", "bob"]);
        let doctor = sandbox.admin(&["doctor", "--format", "json"]).json();
        let findings = doctor["findings"].as_array().unwrap();
        assert!(findings.iter().any(|found| found["check"] == "syslog"), "{what}: {findings:?}");
    }
    let (sandbox, _, place) = store("true");
    let _socket = listen(&place);
    let doctor = sandbox.admin(&["doctor", "--format", "json"]);
    assert!(!doctor.stdout.contains("\"syslog\""), "{doctor:?}");
}

/// An isolated system, in which `/dev/log` is a socket of the test and the verifier is set-uid.
const SCRIPT: &str = r#"
set -eu
umask 022
mount -t tmpfs -o mode=755 rw2fa-test /var/lib
mkdir /var/lib/bin
cp "$1" /var/lib/bin/rw2fa-verify
cp "$2" /var/lib/bin/rw2fa
tool=/var/lib/bin/rw2fa
$tool --quiet init --owner daemon
printf '\n[audit]\nsyslog = true\n' >>/var/lib/rw2fa/store.toml
chown daemon:daemon /var/lib/bin/rw2fa-verify
chmod 4755 /var/lib/bin/rw2fa-verify
mount --bind "$3" /dev
$tool --quiet users add alice
$tool --quiet enable
/usr/bin/setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
  /var/lib/bin/rw2fa-verify --qr none -- alice || echo "exit code $?"
"#;

/// Guards the real programs: both write to the system's socket, including the set-uid verifier.
#[test]
fn the_set_uid_verifier_writes_to_the_log_of_the_system() {
    if !crate::sandbox::may_be_the_system() {
        return;
    }
    let device = tempfile::tempdir().unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode;
    fs::set_permissions(device.path(), mode(0o755)).unwrap();
    fs::write(device.path().join("null"), "").unwrap();
    fs::set_permissions(device.path().join("null"), mode(0o666)).unwrap();
    let place = device.path().join("log");
    let socket = listen(&place);
    fs::set_permissions(&place, mode(0o666)).unwrap();
    let output = Command::new("unshare")
        .args(["-m", "/bin/sh", "-c", SCRIPT, "sh"])
        .args([env!("CARGO_BIN_EXE_rw2fa-verify"), env!("CARGO_BIN_EXE_rw2fa")])
        .arg(device.path())
        .output()
        .unwrap();
    let all = format!("{output:?}");
    assert!(output.status.success() && all.contains("exit code 3"), "{all}");
    let messages = received(&socket);
    let contains = |words: &str| messages.iter().any(|message| message.contains(words));
    assert!(contains("\"users add\"") && contains("\"enrolment-required\""), "{messages:?}\n{all}");
    let starts = |message: &String| {
        let is_change = message.contains("\"event\":\"change\"");
        message.starts_with(if is_change { "<85>rw2fa[" } else { "<86>rw2fa[" })
    };
    assert!(messages.iter().all(starts), "{messages:?}");
}
