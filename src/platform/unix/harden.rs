//! Hardens the process at its start, so that its caller cannot make it fail at a chosen moment.
//!
//! A set-uid program inherits descriptors, limits and priorities from a caller it must not trust.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsFd, IntoRawFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::stat::{Mode, umask};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{Gid, Uid, setresgid, setresuid};

use super::Owner;

/// The first descriptor that is not a standard stream.
const FIRST_INHERITED: RawFd = 3;

/// The most descriptors that a login may need at once, with room to spare.
const NEEDED_DESCRIPTORS: usize = 16;

/// Where the system lists this process's open descriptors.
const DESCRIPTORS: &str = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };

/// The default timer slack, in nanoseconds.
#[cfg(target_os = "linux")]
const USUAL_TIMER_SLACK: nix::libc::c_ulong = 50_000;

/// The descriptors to close one by one if the system has no list.
const UNLISTED_DESCRIPTORS: std::ops::Range<RawFd> = FIRST_INHERITED..1024;

/// Does the parts of Rust's usual startup that a login needs.
///
/// If the caller closed a standard stream, opens `/dev/null` in its place, so that no document gets its
/// number. A closed pipe becomes an error, not a signal.
#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "only the descriptors are taken")]
pub fn begin() {
    let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let none = PollFlags::empty();
    let mut streams = [
        PollFd::new(stdin.as_fd(), none),
        PollFd::new(stdout.as_fd(), none),
        PollFd::new(stderr.as_fd(), none),
    ];
    let asked = poll(&mut streams, PollTimeout::ZERO);
    let is_closed = |stream: &PollFd<'_>| stream.revents() == Some(PollFlags::POLLNVAL);
    let closed = streams.iter().filter(|stream| is_closed(stream)).count();
    // Each takes the lowest free number; nothing else is open yet.
    let opened = (0..closed).all(|_| {
        let nowhere = OpenOptions::new().read(true).write(true).open("/dev/null");
        nowhere.map(IntoRawFd::into_raw_fd).is_ok()
    });
    let mut broken_pipe = SigSet::empty();
    broken_pipe.add(Signal::SIGPIPE);
    if asked.is_err() || !opened || broken_pipe.thread_block().is_err() {
        std::process::abort();
    }
}

/// Starts every run: private files, no core dumps, and when set-uid, the owner's ids for good and a reset
/// of everything the caller prepared.
///
/// Returns whether the program runs set-uid and must not trust its environment.
pub fn harden() -> bool {
    umask(Mode::from_bits_truncate(0o077));
    // If the system refuses to lower a limit, it is lower already.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
    let (real, effective) = (Uid::current(), Uid::effective());
    let (real_group, effective_group) = (Gid::current(), Gid::effective());
    if real == effective && real_group == effective_group {
        return false;
    }
    // SECURITY: timers or terminal keys that the caller set up must not end or stop this process between a
    // comparison and its charge, or while it holds a lock.
    let signals = SigSet::all().thread_block();
    nix::unistd::alarm::cancel();
    // SECURITY: while it keeps the caller's ids, the caller could trace or signal this process.
    let ids = setresgid(effective_group, effective_group, effective_group)
        .and_then(|()| setresuid(effective, effective, effective));
    if signals.is_err() || ids.is_err() {
        std::process::abort();
    }
    close_inherited();
    // The working directory may be on a file system that the caller wants to keep busy or to hang.
    let _ = std::env::set_current_dir("/");
    #[cfg(target_os = "linux")]
    {
        reset_oom_score();
        reset_affinity();
        // With more slack, a wait for a lock would last as long as the caller likes.
        let _ = nix::sys::prctl::set_timerslack(USUAL_TIMER_SLACK);
    }
    true
}

/// Closes every descriptor except the standard streams.
///
/// SECURITY: with too few free descriptors, a login would fail after its code was compared.
fn close_inherited() {
    let close = |descriptor: RawFd| {
        // A descriptor that is not open needs no closing.
        let _ = nix::unistd::close(descriptor);
    };
    // Reading the list needs a free descriptor.
    (FIRST_INHERITED..FIRST_INHERITED + 4).for_each(close);
    match listed_descriptors() {
        Ok(open) => open.into_iter().filter(|open| *open >= FIRST_INHERITED).for_each(close),
        Err(_) => UNLISTED_DESCRIPTORS.for_each(close),
    }
}

/// Lists the open descriptors, including that of the list itself, which is closed by then.
fn listed_descriptors() -> std::io::Result<Vec<RawFd>> {
    let mut open = Vec::new();
    for entry in fs::read_dir(DESCRIPTORS)? {
        let name = entry?.file_name();
        open.extend(name.to_str().and_then(|name| name.parse::<RawFd>().ok()));
    }
    Ok(open)
}

/// Undoes a raised risk of this process being killed when memory runs out.
#[cfg(target_os = "linux")]
fn reset_oom_score() {
    const PATH: &str = "/proc/self/oom_score_adj";
    let score = fs::read_to_string(PATH).ok().and_then(|text| text.trim().parse().ok());
    let Some(score) = score.filter(|score: &i32| *score > 0) else { return };
    // SECURITY: the files in /proc of a process that is not dumpable belong to root, so it is dumpable while it
    // writes one. That opens no door: all its ids are the owner's by now, so only the owner, who may read the
    // store anyway, could trace it. Nothing secret is in its memory yet.
    let _ = nix::sys::prctl::set_dumpable(true);
    let write = |score: i32| {
        let file = OpenOptions::new().write(true).open(PATH);
        file.and_then(|mut file| write!(file, "{score}")).is_ok()
    };
    // No lower score is allowed than the one that the administrator set for the service.
    let _ = (0..score).step_by(100).any(write);
    if nix::sys::prctl::set_dumpable(false).is_err() {
        std::process::abort();
    }
}

/// Lets this process run on every processor available to its service.
#[cfg(target_os = "linux")]
fn reset_affinity() {
    use nix::sched::{CpuSet, sched_setaffinity};

    let mut all = CpuSet::new();
    let is_full = (0..CpuSet::count()).all(|processor| all.set(processor).is_ok());
    if is_full {
        // If this fails, the login is slow but correct.
        let _ = sched_setaffinity(nix::unistd::Pid::from_raw(0), &all);
    }
}

/// Returns the resource limit that could make this process fail where its caller wants it to, if there is
/// one.
///
/// SECURITY: a caller who limits the size of files could make a login fail after its attempt was charged, and learn
/// whether the code was right.
pub fn limit_problem() -> Option<&'static str> {
    let unlimited = [
        (Resource::RLIMIT_FSIZE, "the size of files is limited"),
        (Resource::RLIMIT_CPU, "the processor time is limited"),
        (Resource::RLIMIT_AS, "the memory is limited"),
        (Resource::RLIMIT_DATA, "the memory is limited"),
    ];
    let limited = unlimited.into_iter().find(|(resource, _)| {
        // The hard limit is the administrator's choice; the soft one is raised to it.
        let Ok((_, hard)) = getrlimit(*resource) else { return true };
        setrlimit(*resource, hard, hard).is_err() || hard != RLIM_INFINITY
    });
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
    let is_low = |resource, least| getrlimit(resource).is_ok_and(|(soft, _)| soft < least);
    let too_low = [
        (
            is_low(Resource::RLIMIT_NOFILE, 64) || !has_free_descriptors(NEEDED_DESCRIPTORS),
            "the number of open files is limited",
        ),
        (is_low(Resource::RLIMIT_STACK, 1024 * 1024), "the stack is limited"),
    ];
    let low = too_low.into_iter().find(|(is_low, _)| *is_low).map(|(_, problem)| problem);
    limited.map(|(_, problem)| problem).or(low)
}

/// Tests whether this process can open `count` more descriptors, by opening them.
fn has_free_descriptors(count: usize) -> bool {
    let Ok(first) = File::open("/") else { return false };
    let more: Vec<_> = (1..count).map_while(|_| first.try_clone().ok()).collect();
    more.len() + 1 == count
}

/// Returns why the set-uid bit of this program did not take effect for `owner`, if it is set.
pub fn set_uid_obstacle(owner: Owner) -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let metadata = fs::metadata(&program).ok()?;
    if metadata.mode() & 0o4000 == 0 {
        return None;
    }
    if metadata.uid() != owner.uid {
        let (actual, wanted) = (Owner::in_metadata(&metadata).name(), owner.name());
        let (place, id) = (super::quoted(&program), owner.uid);
        // Changing the owner clears the set-uid bit.
        return Some(format!(
            "the set-uid program {place} belongs to {actual}, not to {wanted}: chown {id} {place} && chmod u+s {place}"
        ));
    }
    ineffective_set_uid(&program).map(str::to_owned)
}

/// Returns why the system ignores the set-uid bit of this program, if it does.
fn ineffective_set_uid(program: &Path) -> Option<&'static str> {
    #[cfg(target_os = "linux")]
    if nix::sys::prctl::get_no_new_privs() == Ok(true) {
        return Some(
            "the service that started this program sets NoNewPrivileges, so its set-uid bit has no effect: \
             set NoNewPrivileges=no in the unit of that service",
        );
    }
    let is_ignored = statvfs(program).is_ok_and(|found| found.flags().contains(FsFlags::ST_NOSUID));
    is_ignored.then_some(
        "the file system that holds this program is mounted 'nosuid', so its set-uid bit has no effect: \
         install the program elsewhere",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the count of free descriptors: descriptors that fail to open are not counted.
    #[test]
    fn free_descriptors_are_counted_by_opening_them() {
        assert!(has_free_descriptors(NEEDED_DESCRIPTORS));
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        if let Ok(most) = usize::try_from(hard).map(|hard| hard.min(1 << 20)) {
            assert!(!has_free_descriptors(most), "the standard streams take some");
        }
    }
}
