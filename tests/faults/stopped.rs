//! A process that is stopped while it holds a lock.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::arena::Arena;
use crate::sandbox::finish;
use crate::tracer;

/// A login that stopped at a system call.
struct Stopped {
    tracer: Child,
    pid: Pid,
}

impl Stopped {
    /// Starts a login of alice that stops at its call of this name, the first, second or a later one.
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

    /// The process, once it has stopped.
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

/// Guards the portal: whoever waits for a stopped program is told so after 5 s, everybody else gets in.
#[test]
fn whoever_waits_for_it_is_told_and_others_get_in() {
    if !tracer::is_there() {
        return;
    }
    // The first two stop with the lock of the account: when they make the charge durable, and the line of the
    // trail. The third one stops with the lock of the trail too, when it writes its line.
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
        assert_eq!(arena.real.admin(&["users", "list"]).code, 0, "{call:?}: reading needs no lock");
        stopped.send(Signal::SIGCONT);
        let mut stopped = stopped;
        let status = stopped.tracer.wait().unwrap();
        assert_eq!(status.code(), Some(1), "{call:?}: it goes on where it stopped");
        assert_eq!(arena.sandbox.show("alice")["failures"], 1, "{call:?}");
        arena.lets_everybody_in();
        arena.is_sound();
    }
}

/// Guards against a lock that outlives its holder.
#[test]
fn a_stopped_process_that_is_killed_frees_its_lock() {
    if !tracer::is_there() {
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
    arena.is_sound();
    arena.lets_everybody_in();
    assert_eq!(arena.strays(), Vec::<std::path::PathBuf>::new());
}
