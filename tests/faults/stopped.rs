//! A process that is stopped while it holds a lock.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::arena::Arena;
use crate::sandbox::{Run, finish, has};
use crate::tracer;

/// A login that stopped at a system call.
struct Stopped {
    tracer: Child,
    pid: Pid,
}

impl Stopped {
    /// Starts a login of alice that stops at its nth call of this name.
    fn at(arena: &Arena, (call, nth): (&str, usize), code: &str) -> Self {
        let log = arena.sandbox.beside("strace");
        let verifier = arena.verifier(&["--code-stdin", "--client", "c", "--", "alice"]);
        let options =
            [format!("--trace={call}"), format!("--inject={call}:signal=STOP:when={nth}")];
        let mut tracer = tracer::traced(&verifier, &log, &options).spawn().unwrap();
        tracer::feed(&mut tracer, &format!("{code}\n"));
        let pid = Self::wait(&log);
        Self { tracer, pid }
    }

    /// Waits until the process has stopped.
    fn wait(log: &Path) -> Pid {
        let started = Instant::now();
        loop {
            let text = fs::read_to_string(log).unwrap_or_default();
            if text.contains("stopped by SIGSTOP") {
                return Pid::from_raw(text.split(' ').next().unwrap().parse().unwrap());
            }
            assert!(started.elapsed() < Duration::from_secs(30), "it did not stop: {text}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn send(&self, signal: Signal) {
        kill(self.pid, signal).unwrap();
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = self.tracer.wait();
    }
}

/// Guards the portal: waiting for a stopped program ends with an error after 5 s; other logins get
/// in.
#[test]
fn waiting_for_a_stopped_login_ends_in_an_error_and_others_get_in() {
    if !tracer::is_available() {
        return;
    }
    // The first two stop with the lock of the account: when they make the charge durable, and the
    // line of the trail. The third one also holds the lock of the trail, when it writes its line.
    let stops = [(("fdatasync", 1), true), (("fdatasync", 2), true), (("write", 2), false)];
    for (call, others_get_in) in stops {
        let arena = Arena::with(|sandbox| {
            sandbox.admin_ok(&["advanced", "set", "lockout-attempts", "10"]);
        });
        let wrong = arena.alice.wrong_code(arena.sandbox.at_real_time().now());
        let stopped = Stopped::at(&arena, call, &wrong);
        let started = Instant::now();
        let busy =
            arena.real.verify(&["--no-groups", "--", "alice"], Some(&arena.code(&arena.alice)));
        assert_eq!(busy.end(), (4, "busy".into()), "{call:?}: {busy:?}");
        let waited = started.elapsed();
        let patience = Duration::from_millis(4900)..Duration::from_secs(15);
        assert!(patience.contains(&waited), "{call:?}: {waited:?}");
        let bob = arena.real.verify(&["--no-groups", "--", "bob"], Some(&arena.code(&arena.bob)));
        let expected = if others_get_in { (0, "code-accepted") } else { (4, "busy") };
        assert_eq!(bob.end(), (expected.0, expected.1.into()), "{call:?}: {bob:?}");
        assert_eq!(arena.sandbox.show("bob")["failures"], 0, "{call:?}: charged, and not compared");
        assert_eq!(arena.real.admin(&["users", "list"]).code, 0, "{call:?}: reading needs no lock");
        stopped.send(Signal::SIGCONT);
        let mut stopped = stopped;
        let status = stopped.tracer.wait().unwrap();
        assert_eq!(status.code(), Some(1), "{call:?}: it continues where it stopped");
        assert_eq!(arena.sandbox.show("alice")["failures"], 1, "{call:?}");
        arena.assert_all_users_can_sign_in();
        arena.assert_sound();
    }
}

/// Guards against a lock that outlives its holder.
#[test]
fn a_stopped_process_that_is_killed_frees_its_lock() {
    if !tracer::is_available() {
        return;
    }
    let arena = Arena::new();
    let code = arena.code(&arena.alice);
    let mut stopped = Stopped::at(&arena, ("fsync", 1), &code);
    let waiting =
        arena.real.start(&["--no-groups", "--", "alice"], Some(&arena.code(&arena.alice)));
    std::thread::sleep(Duration::from_millis(300));
    stopped.send(Signal::SIGKILL);
    stopped.tracer.wait().unwrap();
    let run = finish(waiting);
    assert_eq!(run.end(), (0, "code-accepted".into()), "{run:?}");
    arena.assert_sound();
    arena.assert_all_users_can_sign_in();
    assert_eq!(arena.strays(), Vec::<std::path::PathBuf>::new());
}

/// A process that is stopped while it holds a lock.
struct Holder(Child);

impl Holder {
    fn new(lock: &Path) -> Option<Self> {
        if !has("flock", "apt-get install util-linux") {
            return None;
        }
        let mut flock = Command::new("flock");
        let child = flock.arg("--no-fork").arg(lock).args(["sleep", "600"]).spawn().unwrap();
        let holder = Self(child);
        let file = fs::File::open(lock).unwrap();
        let started = Instant::now();
        while file.try_lock().is_ok() || holder.name() != "sleep\n" {
            file.unlock().unwrap();
            assert!(started.elapsed() < Duration::from_secs(30), "it did not take the lock");
            std::thread::sleep(Duration::from_millis(5));
        }
        holder.send(Signal::SIGSTOP);
        Some(holder)
    }

    fn name(&self) -> String {
        fs::read_to_string(format!("/proc/{}/comm", self.0.id())).unwrap()
    }

    fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id().try_into().unwrap()), signal).unwrap();
    }

    /// Checks that a message names this process, the lock, and the fix.
    fn assert_named_in(&self, text: &str, lock: &str) {
        let pid = self.0.id();
        for words in [
            &format!("process {pid} (sleep) held the lock "),
            &format!("/locks/{lock} for 5 s"),
            &format!("it is suspended: resume it with 'kill -CONT {pid}'"),
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lines_with(arena: &Arena, text: &str) -> Vec<String> {
    let trail = arena.trail();
    trail.lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
}

/// Guards the administrator's last resort. While a stopped process holds the lock of the trail,
/// logins are `busy` and name it, and `disable` works anyway. The next change records that with its
/// original time.
#[test]
fn disable_does_not_wait_for_the_lock_of_the_trail() {
    let arena = Arena::new();
    let lock = arena.sandbox.path().join("locks/audit");
    let Some(holder) = Holder::new(&lock) else { return };
    let login = arena.real.start(&["--no-groups", "--", "alice"], Some(&arena.code(&arena.alice)));
    let doctor = arena.real.tool(["doctor", "--format", "json"]).spawn().unwrap();
    let check = arena.real.tool(["store", "check"]).spawn().unwrap();
    let disable = arena.real.tool(["disable", "--yes"]).spawn().unwrap();
    let [login, doctor, check, disable] = [login, doctor, check, disable].map(finish);
    assert_eq!(login.end(), (4, "busy".into()), "{login:?}");
    holder.assert_named_in(&login.stderr, "audit");
    assert_eq!(doctor.code, 1, "{doctor:?}");
    holder.assert_named_in(&doctor.stdout, "audit");
    assert_eq!(check.code, 1, "{check:?}");
    holder.assert_named_in(&check.stderr, "audit");
    assert_eq!((disable.code, disable.stdout.contains("changed")), (0, true), "{disable:?}");
    holder.assert_named_in(&disable.stderr, "audit");
    assert!(disable.stderr.contains("does not show this change yet"), "{disable:?}");
    let settings = fs::read_to_string(arena.sandbox.path().join("store.toml")).unwrap();
    assert!(settings.contains("enabled = false"), "{settings}");
    assert_eq!(lines_with(&arena, "\"disable\""), Vec::<String>::new());
    let status = arena.real.admin(&["status"]);
    assert!(status.stderr.contains("does not show 1 change yet"), "{status:?}");

    holder.send(Signal::SIGCONT);
    drop(holder);
    let doctor = arena.real.admin(&["doctor"]);
    assert!(doctor.stdout.contains("warning: unrecorded: "), "{doctor:?}");
    assert!(doctor.stdout.contains("'disable' at "), "{doctor:?}");
    arena.admin(&["users", "edit", "alice", "--notes", "x"]);
    let [line] = &lines_with(&arena, "\"disable\"")[..] else { panic!("{}", arena.trail()) };
    assert!(
        line.contains(r#""enabled":[true,false]"#) && line.contains(r#""at":[null,"20"#),
        "{line}"
    );
    let trail = arena.trail();
    assert!(trail.find("\"disable\"") < trail.find("\"users edit\""), "{trail}");
    let kept = fs::read_dir(arena.sandbox.path().join("unrecorded")).unwrap().count();
    assert_eq!(kept, 0, "kept although it was recorded");
    assert!(!arena.real.admin(&["status"]).stderr.contains("does not show"));
    arena.assert_sound();
}

/// Guards that `init` and `enable` record unrecorded changes too, and that `enable` needs its own
/// line.
#[test]
fn unrecorded_changes_are_recorded_by_init_and_enable() {
    type Free<'a> = &'a dyn Fn(&Arena) -> Run;
    let init = |arena: &Arena| arena.sandbox.at_real_time().admin(&["init"]);
    let enable = |arena: &Arena| arena.sandbox.at_real_time().admin(&["enable"]);
    let again = |arena: &Arena| arena.sandbox.at_real_time().admin(&["disable"]);
    for record in [&init as Free<'_>, &enable, &again] {
        let arena = Arena::new();
        // Unreadable to every account, including root.
        let month = fs::read_dir(arena.sandbox.path().join("audit")).unwrap().next().unwrap();
        let month = month.unwrap().path();
        let aside = arena.sandbox.beside("month");
        fs::rename(&month, &aside).unwrap();
        crate::sandbox::make_private(&month);
        let disable = arena.sandbox.admin(&["disable", "--yes"]);
        assert_eq!(disable.code, 0, "{disable:?}");
        assert!(disable.stderr.contains("does not show this change yet"), "{disable:?}");
        let enable = arena.sandbox.admin(&["enable"]);
        assert_eq!(enable.code, 4, "nothing else is changed without its line: {enable:?}");
        fs::remove_dir(&month).unwrap();
        fs::rename(&aside, &month).unwrap();
        let recorded = record(&arena);
        assert_eq!(recorded.code, 0, "{recorded:?}");
        assert_eq!(lines_with(&arena, "\"disable\"").len(), 1, "{}", arena.trail());
        arena.assert_sound();
    }
}

/// Guards that no change is lost: a kill while recording leaves the change to the next command.
#[test]
fn unrecorded_changes_survive_a_kill() {
    if !tracer::is_available() {
        return;
    }
    let arena = Arena::new();
    let kept = arena.sandbox.path().join("unrecorded");
    let change = "at = 2026-11-27T16:00:00Z\nby = \"root\"\naction = \"disable\"\n\n\
                  [values]\nenabled = [true, false]\n";
    crate::sandbox::make_private(&kept);
    let init = arena.real.tool(["init"]);
    let log = arena.sandbox.beside("strace");
    arena.sandbox.write(&kept.join("1-0.toml"), change);
    let calls = tracer::calls(&init, &log, "", &arena.sandbox.path());
    assert!(!kept.join("1-0.toml").exists(), "it was not recorded");
    let mut killed = 0;
    for call in calls.iter().filter(|call| call.changes()) {
        arena.restore();
        arena.sandbox.write(&kept.join("1-0.toml"), change);
        let end = tracer::run(&init, &log, &call.inject("signal=KILL"), "");
        killed += usize::from(end.code.is_none());
        arena.admin(&["init"]);
        let lines = lines_with(&arena, "\"disable\"").len();
        assert!((1..=2).contains(&lines), "{lines} lines after {call:?}");
        assert!(!kept.join("1-0.toml").exists(), "{call:?}");
        arena.assert_sound();
    }
    assert!(killed >= 3, "{killed} of {calls:?}");
}

/// Guards the last resort on a failing disk: a change that cannot be made durable in the trail is
/// kept beside it.
#[test]
fn disable_works_with_a_failing_trail() {
    if !tracer::is_available() {
        return;
    }
    let arena = Arena::new();
    let log = arena.sandbox.beside("strace");
    let disable = arena.real.tool(["disable", "--yes"]);
    let inject = ["--trace=fdatasync".into(), "--inject=fdatasync:error=EIO".into()];
    let end = tracer::run(&disable, &log, &inject, "");
    assert_eq!(end.code, Some(0), "{end:?}");
    assert!(end.stderr.contains("does not show this change yet: cannot write "), "{end:?}");
    assert!(end.stderr.contains("the disk is failing"), "{end:?}");
    arena.admin(&["enable"]);
    // The line whose write failed may also be there.
    let lines = lines_with(&arena, "\"disable\"");
    assert!((1..=2).contains(&lines.len()), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("\"at\":[null,")), "{lines:?}");
    arena.assert_sound();
}
