//! rsyslog receives the copies of the audit trail, parses them and filters on their fields.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::beside::Beside;
use crate::sandbox::{Sandbox, has};

/// Guards the example for rsyslog with the real daemon: refused logins, and only those, are in its file, and what a
/// visitor chooses can neither forge a line nor another field's value.
#[test]
fn refused_logins_are_in_a_file_of_their_own() {
    let daemon = "/usr/sbin/rsyslogd";
    if !has(daemon, "apt-get install rsyslog") {
        return;
    }
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.at_real_time().enrol("alice");
    let settings = sandbox.path().join("store.toml");
    sandbox.edit(&settings, "[domains]", "[audit]\nsyslog = true\n\n[domains]");
    let (socket, refused) = (sandbox.beside("log"), sandbox.beside("rw2fa-refused.log"));
    let all = sandbox.beside("all.log");
    sandbox.system_log(&socket);

    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rsyslog/rw2fa.conf");
    let example = fs::read_to_string(example).unwrap();
    let file = "/var/log/rw2fa-refused.log";
    assert_eq!(example.matches(file).count(), 1);
    let own = sandbox.beside("rw2fa.conf");
    fs::write(&own, example.replace(file, &refused.display().to_string())).unwrap();
    let main = sandbox.beside("rsyslog.conf");
    let text = format!(
        "global(workDirectory=\"{}\")\nmodule(load=\"imuxsock\" SysSock.Use=\"off\")\n\
         input(type=\"imuxsock\" Socket=\"{}\")\ninclude(file=\"{}\")\n\
         action(type=\"omfile\" file=\"{}\" template=\"RSYSLOG_DebugFormat\")\n",
        socket.parent().unwrap().display(),
        socket.display(),
        own.display(),
        all.display()
    );
    fs::write(&main, text).unwrap();
    let checked = Command::new(daemon).arg("-N1").arg("-f").arg(&main).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");

    let mut command = Beside::command(daemon);
    command.args(["-n", "-f"]).arg(&main).arg("-i").arg(sandbox.beside("pid"));
    let _rsyslog = Beside::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    let end = Instant::now() + Duration::from_secs(60);
    while std::os::unix::net::UnixDatagram::unbound().unwrap().connect(&socket).is_err() {
        assert!(Instant::now() < end, "rsyslog does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    sandbox.verify(&["--", "alice"], None);
    let wrong = secret.wrong_code(sandbox.now());
    let forged = "192.0.2.7\n2026 user=bob outcome=grant\",\"user\":\"bob";
    assert_eq!(sandbox.verify(&["--ip", forged, "--", "alice"], Some(&wrong)).code, 1);
    let rdp = sandbox.verify(&["--session", "rdp", "--ip", "192.0.2.8", "--", "alice"], None);
    assert_eq!(rdp.code, 1);
    sandbox.set("lockout-attempts", "1");
    assert_eq!(sandbox.verify(&["--", "alice"], Some(&wrong)).reason(), "locked");
    let lines = loop {
        let text = fs::read_to_string(&refused).unwrap_or_default();
        if text.lines().count() >= 3 {
            break text.lines().map(str::to_owned).collect::<Vec<_>>();
        }
        let all = fs::read_to_string(&all).unwrap_or_default();
        assert!(Instant::now() < end, "{text}\n{all}");
        std::thread::sleep(Duration::from_millis(100));
    };
    for (line, expected) in lines.iter().zip([
        " notice user=alice outcome=deny reason=wrong-code session= ip=192.0.2.7",
        " notice user=alice outcome=deny reason=rdp-not-allowed session=rdp ip=192.0.2.8 attempt=",
        " warning user=alice outcome=deny reason=locked session= ip= attempt=3",
    ]) {
        assert!(line.contains(expected), "{line:?} lacks {expected:?}");
    }
    assert!(lines[0].ends_with(" attempt=2"), "{lines:?}");
    assert_eq!(lines.len(), 3, "{lines:?}");
    let all = fs::read_to_string(&all).unwrap();
    assert!(all.contains("code-required") && all.contains("\"action\":\"advanced\""), "{all}");
    for hidden in [wrong, secret.to_base32()] {
        assert!(!all.contains(&hidden), "{all}");
    }
}
