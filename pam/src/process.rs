//! Runs the verifier: no shell, no inherited environment, descriptors or signal handling, and a time limit.
//!
//! Neither `std::process` nor `fork` will do. A program that calls PAM may ignore SIGCHLD, or wait for any child
//! in a handler of its own: the exit code, which decides the login, would then be lost. So the child is made by
//! `clone` without an exit signal: the kernel keeps its exit code until exactly this process is asked for it, and
//! the program that calls PAM never notices the child. A program that is started gets the exit signal back, so the
//! child itself stays what it is, waits for the verifier, and ends with its exit code.
//!
//! SECURITY: with `handle.rs` the only file in which `unsafe` is allowed.

#![allow(unsafe_code, reason = "see each block")]

use std::ffi::{CStr, CString, c_char, c_int, c_long};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::ptr::null;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, pthread_sigmask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, pipe2};
use zeroize::Zeroizing;

/// The longest answer that is read, in bytes. The documents promise less than half of it.
const LONGEST_ANSWER: usize = 256 * 1024;

/// How much of standard error is kept, in bytes. The rest is read and dropped.
const KEPT_ERRORS: usize = 2048;

/// The whole environment of the verifier.
const ENVIRONMENT: [&CStr; 2] = [c"PATH=/usr/sbin:/usr/bin:/sbin:/bin", c"LANG=C.UTF-8"];

/// How long one look at the streams takes at most, so that the end of the verifier is noticed even if a process
/// that it left running keeps a stream open.
const GLANCE: u16 = 50;

/// How long a killed verifier is waited for. A set-uid one cannot be killed by another account.
const AFTER_KILL: Duration = Duration::from_secs(1);

/// The result of the verifier.
pub(crate) struct Finished {
    /// The exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Zeroizing<Vec<u8>>,
    /// The beginning of standard error.
    pub(crate) stderr: Vec<u8>,
}

/// Runs a program with these arguments, the first of which is its name. `input`, at most a few hundred bytes, is
/// all of its standard input.
///
/// # Errors
/// If it cannot be started, prints too much, or does not end within `limit`; it is then killed with everything it
/// started.
pub(crate) fn run(
    program: &CStr,
    arguments: &[CString],
    input: &[u8],
    limit: Duration,
) -> io::Result<Finished> {
    let deadline = Instant::now().checked_add(limit).ok_or(ErrorKind::InvalidInput)?;
    let (stdin, mut typed) = pipe()?;
    let (stdout, child_stdout) = pipe()?;
    let (stderr, child_stderr) = pipe()?;
    // The input fits into the pipe, and this process still holds its reading end: writing neither waits nor raises
    // SIGPIPE, which would end the program that calls PAM.
    typed.write_all(input)?;
    drop(typed);
    for stream in [&stdout, &stderr] {
        fcntl(stream, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    }
    let argv = pointers(arguments.iter().map(CString::as_c_str));
    let envp = pointers(ENVIRONMENT);
    let plan = Plan {
        program: program.as_ptr(),
        argv: argv.as_ptr(),
        envp: envp.as_ptr(),
        streams: [stdin.as_raw_fd(), child_stdout.as_raw_fd(), child_stderr.as_raw_fd()],
        // SAFETY: these calls only read the ids of this process.
        ids: unsafe { (libc::geteuid(), libc::getegid()) },
    };
    let child = Child::start(&plan)?;
    drop((stdin, child_stdout, child_stderr));
    let (stdout, stderr) = (Stream::new(stdout, LONGEST_ANSWER), Stream::new(stderr, KEPT_ERRORS));
    child.exchange(stdout, stderr, deadline)
}

/// Makes a pipe whose ends are not among the three standard streams, which the caller may have closed.
fn pipe() -> io::Result<(File, File)> {
    let (reading, writing) = pipe2(OFlag::O_CLOEXEC)?;
    Ok((above_streams(reading)?, above_streams(writing)?))
}

fn above_streams(end: OwnedFd) -> io::Result<File> {
    if end.as_raw_fd() > 2 {
        return Ok(end.into());
    }
    let moved = fcntl(&end, FcntlArg::F_DUPFD_CLOEXEC(3))?;
    // SAFETY: the system has just opened this descriptor for this function.
    Ok(unsafe { OwnedFd::from_raw_fd(moved) }.into())
}

/// Returns pointers to the texts, and the null pointer that ends such a list.
fn pointers<'a>(texts: impl IntoIterator<Item = &'a CStr>) -> Vec<*const c_char> {
    texts.into_iter().map(CStr::as_ptr).chain([null()]).collect()
}

/// What the child does. Its pointers are valid until the function that made it returns.
struct Plan {
    program: *const c_char,
    argv: *const *const c_char,
    envp: *const *const c_char,
    streams: [c_int; 3],
    ids: (libc::uid_t, libc::gid_t),
}

/// The verifier while it runs.
struct Child {
    pid: Pid,
    is_reaped: bool,
}

impl Child {
    /// Starts the program. Signals are blocked until it runs, so that no handler of the caller runs in the child.
    fn start(plan: &Plan) -> io::Result<Self> {
        let mut before = SigSet::empty();
        pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), Some(&mut before))?;
        let zero: c_long = 0;
        // SAFETY: without flags this is `fork` without an exit signal. The child has a copy of all memory, and calls
        // only `become_supervisor`, which never returns.
        let pid = unsafe { libc::syscall(libc::SYS_clone, zero, zero, zero, zero, zero) };
        if pid == 0 {
            // SAFETY: this is the child, and the pointers of the plan are valid in its copy of the memory.
            unsafe { become_supervisor(plan) }
        }
        let failure = Errno::last();
        pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
        match i32::try_from(pid) {
            Ok(pid) if pid > 0 => Ok(Self { pid: Pid::from_raw(pid), is_reaped: false }),
            _ => Err(failure.into()),
        }
    }

    /// Reads both streams until the program has ended.
    fn exchange(
        mut self,
        mut stdout: Stream,
        mut stderr: Stream,
        deadline: Instant,
    ) -> io::Result<Finished> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            wait_for(&[&stdout, &stderr], left)?;
            // The order matters: what the program wrote before it ended is read after its end is known.
            let ended = self.ended()?;
            stdout.fill()?;
            stderr.fill()?;
            if stdout.is_cut {
                return Err(io::Error::other("it printed too much"));
            }
            if let Some(status) = ended {
                let code = match status {
                    WaitStatus::Exited(_, code) => Some(code),
                    _ => None,
                };
                return Ok(Finished { code, stdout: stdout.kept, stderr: stderr.take() });
            }
        }
    }

    /// Returns how the program ended, or `None` while it runs.
    fn ended(&mut self) -> io::Result<Option<WaitStatus>> {
        let status = retry(|| waitpid(self.pid, Some(WaitPidFlag::WNOHANG | WaitPidFlag::__WALL)))?;
        if matches!(status, WaitStatus::Exited(..) | WaitStatus::Signaled(..)) {
            self.is_reaped = true;
            return Ok(Some(status));
        }
        Ok(None)
    }
}

impl Drop for Child {
    /// Kills what still runs, and everything that it started.
    fn drop(&mut self) {
        if self.is_reaped {
            return;
        }
        let group = self.pid.as_raw().checked_neg().map(Pid::from_raw);
        for target in group.into_iter().chain([self.pid]) {
            // A group that has no process yet, or a process of another account.
            let _ = kill(target, Signal::SIGKILL);
        }
        let since = Instant::now();
        while since.elapsed() < AFTER_KILL && matches!(self.ended(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// One output stream of the program.
struct Stream {
    /// `None` at its end.
    source: Option<File>,
    kept: Zeroizing<Vec<u8>>,
    most: usize,
    /// Whether there was more than is kept.
    is_cut: bool,
}

impl Stream {
    fn new(source: File, most: usize) -> Self {
        // SECURITY: the buffer never grows, which would leave an unwiped copy behind.
        let kept = Zeroizing::new(Vec::with_capacity(most));
        Self { source: Some(source), kept, most, is_cut: false }
    }

    /// Reads what is there.
    fn fill(&mut self) -> io::Result<()> {
        let mut buffer = Zeroizing::new([0; 4096]);
        // A stream that is never empty must not hide the deadline.
        for _ in 0..64 {
            let Some(source) = &mut self.source else { return Ok(()) };
            match source.read(buffer.as_mut_slice()) {
                Ok(0) => self.source = None,
                Ok(count) => {
                    let room = self.most.saturating_sub(self.kept.len());
                    let part = buffer.get(..count.min(room)).unwrap_or_default();
                    self.kept.extend_from_slice(part);
                    self.is_cut |= count > room;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut *self.kept)
    }
}

/// Waits until one of the streams has something, or has ended, or a moment has passed.
fn wait_for(streams: &[&Stream], left: Duration) -> io::Result<()> {
    let open = streams.iter().filter_map(|stream| stream.source.as_ref());
    let mut waiting: Vec<_> =
        open.map(|source| PollFd::new(source.as_fd(), PollFlags::POLLIN)).collect();
    let most = if waiting.is_empty() { 1 } else { GLANCE };
    let millis = u16::try_from(left.as_millis()).unwrap_or(most).clamp(1, most);
    match poll(&mut waiting, PollTimeout::from(millis)) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn retry<T>(mut call: impl FnMut() -> nix::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            result => return Ok(result?),
        }
    }
}

/// Starts the verifier from the child, and ends as it does. Calls only what is allowed after a `fork` in a program
/// with threads: system calls.
///
/// # Safety
/// Only in a new child, with a plan whose pointers are valid.
unsafe fn become_supervisor(plan: &Plan) -> ! {
    // SAFETY: system calls with numbers, and with pointers to local values.
    unsafe {
        // The function of glibc would leave out two signals. All zero means: the default, no flags, no mask.
        let default = [0_u64; 8];
        for signal in 1..=64 {
            let (signal, size): (c_long, c_long) = (signal, 8);
            libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), null::<u64>(), size);
        }
        // Its own session and process group: the keys of a terminal do not reach it, and it can be killed with
        // everything it starts.
        libc::setsid();
        let (zero, exit_signal): (c_long, c_long) = (0, c_long::from(libc::SIGCHLD));
        let pid = libc::syscall(libc::SYS_clone, exit_signal, zero, zero, zero, zero);
        if pid == 0 {
            become_verifier(plan)
        }
        let Ok(pid) = c_int::try_from(pid) else { libc::_exit(127) };
        if pid < 0 {
            libc::_exit(127)
        }
        close_from(0);
        let mut status = 0;
        while libc::waitpid(pid, &raw mut status, 0) != pid {
            if *libc::__errno_location() != libc::EINTR {
                libc::kill(libc::getpid(), libc::SIGKILL);
            }
        }
        if libc::WIFEXITED(status) {
            libc::_exit(libc::WEXITSTATUS(status))
        }
        // A signal ended it, so one ends this process, too.
        libc::kill(libc::getpid(), libc::SIGKILL);
        libc::_exit(127)
    }
}

/// Turns a child into the verifier. The functions of glibc that change ids would wait for threads that the child
/// does not have.
///
/// # Safety
/// Only in a new child, with a plan whose pointers are valid.
unsafe fn become_verifier(plan: &Plan) -> ! {
    // SAFETY: system calls with numbers, and with pointers that the caller vouches for.
    unsafe {
        let root = c"/";
        let mut is_ready = libc::chdir(root.as_ptr()) == 0;
        for (stream, number) in plan.streams.into_iter().zip(0..) {
            is_ready &= libc::dup2(stream, number) == number;
        }
        close_from(3);
        let (uid, gid) = plan.ids;
        let (uid, gid) = (c_long::from(uid), c_long::from(gid));
        if uid == 0 {
            // SECURITY: the groups of the user, which sudo keeps, are none of the verifier's.
            is_ready &= libc::syscall(libc::SYS_setgroups, 0 as c_long, null::<libc::gid_t>()) == 0;
        }
        // One account, not two: otherwise the verifier would take the real one for that of its caller.
        is_ready &= libc::syscall(libc::SYS_setresgid, gid, gid, gid) == 0;
        is_ready &= libc::syscall(libc::SYS_setresuid, uid, uid, uid) == 0;
        let none = SigSet::empty();
        is_ready &= libc::sigprocmask(libc::SIG_SETMASK, none.as_ref(), std::ptr::null_mut()) == 0;
        if is_ready {
            libc::execve(plan.program, plan.argv, plan.envp);
        }
        libc::_exit(127)
    }
}

/// Closes every descriptor from this one on.
///
/// # Safety
/// Only in a new child.
unsafe fn close_from(first: c_int) {
    // SAFETY: system calls with numbers, and a pointer to a local value.
    unsafe {
        let (last, no_flags): (c_long, c_long) = (c_long::from(u32::MAX), 0);
        if libc::syscall(libc::SYS_close_range, c_long::from(first), last, no_flags) == 0 {
            return;
        }
        // Linux before 5.9. Descriptors above the present limit are rare: the limit was lowered later.
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        let last = c_int::try_from(limit.rlim_max.min(1 << 20)).unwrap_or(1 << 20);
        for descriptor in first..last {
            libc::close(descriptor);
        }
    }
}

#[cfg(test)]
mod tests;
