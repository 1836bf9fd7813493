//! The set-uid verifier, started by a caller who controls what it inherits.
//!
//! Needs root, and its own mount namespace with an empty file system on `/var/lib`: the system
//! store created there vanishes with the namespace.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::sandbox::{Run, Secret, finish, has, may_be_the_system, real_now};

const VERIFIER: &str = "/var/lib/bin/rw2fa-verify";

const SETUP: &str = r#"
set -eu
umask 022
mount -t tmpfs -o mode=755 rw2fa-test /var/lib
mkdir /var/lib/bin /var/lib/nosuid
mount -t tmpfs -o mode=755,nosuid rw2fa-test /var/lib/nosuid
cp "$1" /var/lib/bin/rw2fa-verify
cp "$2" /var/lib/bin/rw2fa
tool=/var/lib/bin/rw2fa
$tool --quiet init --owner daemon
$tool --quiet users add alice >/var/lib/out
$tool --quiet enable >/var/lib/out
chown daemon:daemon /var/lib/bin/rw2fa-verify
chmod 4755 /var/lib/bin/rw2fa-verify
cp -p /var/lib/bin/rw2fa-verify /var/lib/nosuid/rw2fa-verify
cp "$1" /var/lib/bin/foreign
chown bin:bin /var/lib/bin/foreign
chmod 4755 /var/lib/bin/foreign
echo ready
exec sleep 600
"#;

/// A namespace with a system store that lists alice.
struct System(Child);

impl System {
    fn new() -> Option<Self> {
        if !may_be_the_system() || !has("nsenter", "apt-get install util-linux") {
            return None;
        }
        let mut unshare = Command::new("unshare");
        unshare.args(["-m", "/bin/sh", "-c", SETUP, "sh"]);
        unshare.args([env!("CARGO_BIN_EXE_rw2fa-verify"), env!("CARGO_BIN_EXE_rw2fa")]);
        let mut child = unshare.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let system = Self(child);
        assert_eq!(line, "ready\n", "the store could not be made");
        Some(system)
    }

    /// Returns a program to run inside the namespace.
    fn inside(&self, args: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.0.id().to_string(), "-m", "--"]).args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Returns a shell of an unprivileged account that runs this script with these arguments.
    fn hostile(&self, script: &str, args: &[&str]) -> Command {
        let drop =
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"];
        self.inside(&[&drop[..], &["bash", "-c", script, "bash"], args].concat())
    }

    /// Runs the verifier after this preparation.
    fn verify(&self, preparation: &str, code: Option<&str>) -> Run {
        let script = format!("{preparation}\nexec {VERIFIER} \"$@\"");
        let flag = code.map(|_| "--code-stdin");
        let args: Vec<_> = flag.into_iter().chain(["--qr", "none", "--", "alice"]).collect();
        let mut child = self.hostile(&script, &args).spawn().unwrap();
        if let (Some(mut stdin), Some(code)) = (child.stdin.take(), code) {
            // A verifier that refuses reads nothing.
            let _ = writeln!(stdin, "{code}");
        }
        finish(child)
    }

    /// Counts the lines of the audit trail that contain this text.
    fn recorded(&self, text: &str) -> usize {
        let trail =
            finish(self.inside(&["sh", "-c", "cat /var/lib/rw2fa/audit/*"]).spawn().unwrap());
        trail.stdout.lines().filter(|line| line.contains(text)).count()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Guards the charge of each guess: with all but three descriptors taken by the caller, a login is
/// decided and recorded as usual; with too low a limit nothing is compared.
#[test]
fn inherited_descriptors_leave_no_guess_uncharged() {
    let Some(system) = System::new() else { return };
    let secret = Secret::of(&system.verify("", None).json());
    let fill = "ulimit -n 64; for number in {3..60}; do eval \"exec $number</dev/null\"; done";
    let run = system.verify(fill, Some(&secret.code(real_now())));
    assert_eq!(run.end(), (0, "activated".into()), "{run:?}");
    assert_eq!(system.recorded("\"reason\":\"activated\""), 1);
    let run = system.verify(fill, Some(&secret.wrong_code(real_now())));
    assert_eq!(run.end(), (1, "wrong-code".into()), "{run:?}");
    assert_eq!(system.recorded("\"reason\":\"wrong-code\""), 1);
    // The verifier cannot raise a hard limit that its caller lowered.
    for limit in [8, 20, 63] {
        let run = system.verify(&format!("ulimit -n {limit}"), Some(&secret.code(real_now() + 30)));
        assert_eq!(run.end(), (4, "store".into()), "{limit}: {run:?}");
        assert!(run.stderr.contains("the number of open files is limited"), "{limit}: {run:?}");
    }
    let run = system.verify("ulimit -Sn 8", Some(&secret.code(real_now() + 30)));
    assert_eq!(run.end(), (0, "code-accepted".into()), "a soft limit is raised: {run:?}");
}

/// Guards a login against inherited state: open descriptors, a high OOM score, a busy working
/// directory, and a CPU chosen by the caller.
#[test]
fn inherited_process_state_is_reset() {
    let Some(system) = System::new() else { return };
    let script = format!(
        "cd /var/lib/bin; exec 7</etc/passwd 200>/dev/null; taskset -pc 0 $$ >/dev/null
         echo 10000000000 >/proc/self/timerslack_ns
         echo 1000 >/proc/self/oom_score_adj && exec {VERIFIER} --code-stdin -- alice"
    );
    let mut child = system.hostile(&script, &[]).spawn().unwrap();
    let place = format!("/proc/{}", child.id());
    let started = Instant::now();
    // It waits for the code once it has reset everything.
    let is_waiting = || {
        let program = fs::read_to_string(format!("{place}/comm")).unwrap();
        let wait = fs::read_to_string(format!("{place}/wchan")).unwrap_or_default();
        program == "rw2fa-verify\n" && (wait.contains("pipe") || wait.contains("poll"))
    };
    while !is_waiting() && started.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let text = |name: &str| fs::read_to_string(format!("{place}/{name}")).unwrap();
    assert_eq!(text("comm"), "rw2fa-verify\n", "it did not start");
    assert_eq!(text("oom_score_adj"), "0\n");
    assert_eq!(text("timerslack_ns"), "50000\n");
    let open = fs::read_dir(format!("{place}/fd")).unwrap();
    let open: Vec<_> = open.map(|entry| fs::read_link(entry.unwrap().path()).unwrap()).collect();
    // Its three standard streams, and standard input once more.
    let is_stream = |path: &std::path::PathBuf| path.to_str().unwrap().starts_with("pipe:");
    assert!(open.len() <= 4 && open.iter().all(is_stream), "{open:?}");
    assert_eq!(fs::read_link(format!("{place}/cwd")).unwrap().to_str(), Some("/"));
    let status = text("status");
    let processors = status.lines().find(|line| line.starts_with("Cpus_allowed_list")).unwrap();
    let expected = fs::read_to_string("/proc/self/status").unwrap();
    assert!(expected.contains(processors), "{processors}");
    // Not dumpable again: root owns the files that expose its memory.
    let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(format!("{place}/mem")).unwrap());
    assert_eq!(owner, 0);
    drop(child.stdin.take());
    assert_eq!(finish(child).reason(), "enrolment-required");
}

/// Guards the message for a service in which set-uid has no effect: the reason is given.
#[test]
fn a_set_uid_bit_without_effect_is_explained() {
    let Some(system) = System::new() else { return };
    let script = format!("exec setpriv --no-new-privs {VERIFIER} -- alice");
    let run = finish(system.hostile(&script, &[]).spawn().unwrap());
    assert_eq!(run.end(), (4, "store".into()), "{run:?}");
    assert!(run.stderr.contains("NoNewPrivileges=no"), "{run:?}");
    let script = "exec /var/lib/nosuid/rw2fa-verify -- alice";
    let run = finish(system.hostile(script, &[]).spawn().unwrap());
    assert_eq!(run.end(), (4, "store".into()), "{run:?}");
    assert!(run.stderr.contains("mounted 'nosuid'"), "{run:?}");
    let script = "exec /var/lib/bin/foreign -- alice";
    let run = finish(system.hostile(script, &[]).spawn().unwrap());
    assert_eq!(run.end(), (4, "store".into()), "{run:?}");
    assert!(run.stderr.contains("belongs to bin, not to daemon: chown 1 "), "{run:?}");
}
