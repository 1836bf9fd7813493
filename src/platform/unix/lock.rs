//! Finds the process that holds a lock, for error messages.

use std::fs::File;

use crate::platform::LockHolder;

/// How often to read the table of locks before the holder counts as hidden.
#[cfg(target_os = "linux")]
const READS: u32 = 8;

/// Finds the process that holds the lock on `file`.
#[cfg(target_os = "linux")]
pub fn lock_holder(file: &File) -> LockHolder {
    use std::os::unix::fs::MetadataExt;

    let Ok(metadata) = file.metadata() else { return LockHolder::Unknown };
    let device = metadata.dev();
    let device = (nix::sys::stat::major(device), nix::sys::stat::minor(device));
    // The kernel passes the table in parts, and loses a line between two of them when a lock before it is
    // released meanwhile.
    for _ in 0..READS {
        let Ok(table) = std::fs::read_to_string("/proc/locks") else { return LockHolder::Unknown };
        if let Some(holder) = linux::holder_in(&table, device, metadata.ino()) {
            return linux::look_at(holder);
        }
    }
    LockHolder::Hidden
}

/// Other systems do not list their locks.
#[cfg(not(target_os = "linux"))]
pub fn lock_holder(_: &File) -> LockHolder {
    LockHolder::Unknown
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::path::{Path, PathBuf};

    use crate::platform::{LockHolder, Pause};

    /// Finds the process that holds the lock on this file, in the kernel's lock table.
    ///
    /// On some file systems (btrfs) the table has a different device than `stat`. The inode then decides,
    /// if one of our programs holds the lock.
    pub(super) fn holder_in(table: &str, (major, minor): (u64, u64), inode: u64) -> Option<u32> {
        let locks = || table.lines().filter_map(entry).filter(|(_, place)| place.2 == inode);
        let exact = locks().find(|(_, place)| (place.0, place.1) == (major, minor));
        let ours = |pid: &u32| name(*pid).is_some_and(|name| name.starts_with("rw2fa"));
        exact.map(|(pid, _)| pid).or_else(|| locks().map(|(pid, _)| pid).find(ours))
    }

    /// Returns the process and the file (device and inode) of a line like `1: FLOCK  ADVISORY  WRITE 708
    /// 00:13:1050 0 EOF`, unless the process is waiting for the lock.
    fn entry(line: &str) -> Option<(u32, (u64, u64, u64))> {
        let mut words = line.split_whitespace().skip(1);
        if words.next()? != "FLOCK" {
            return None;
        }
        let pid = words.nth(2)?.parse().ok().filter(|pid| *pid > 0)?;
        let mut place = words.next()?.split(':');
        let mut number = |radix| u64::from_str_radix(place.next()?, radix).ok();
        Some((pid, (number(16)?, number(16)?, number(10)?)))
    }

    /// Describes a process that holds a lock.
    pub(super) fn look_at(pid: u32) -> LockHolder {
        let name = name(pid).unwrap_or_default();
        let pause = if is_stopped(pid) {
            Some(Pause::Stopped)
        } else {
            frozen_group(pid).map(Pause::Frozen)
        };
        LockHolder::Process { pid, name, pause }
    }

    fn name(pid: u32) -> Option<String> {
        let text = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        Some(text.trim_end().to_owned())
    }

    /// Reports whether a signal or a debugger has stopped the process.
    fn is_stopped(pid: u32) -> bool {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The program's name is in parentheses, and may contain some itself.
        let state = text.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
        matches!(state, Some('T' | 't'))
    }

    /// Returns the file that freezes the control group of the process, if the group is frozen.
    fn frozen_group(pid: u32) -> Option<PathBuf> {
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
        let group = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
        let root = Path::new("/sys/fs/cgroup");
        let group = root.join(group);
        let above = group.ancestors().take_while(|group| group.starts_with(root));
        let mut switches = above.map(|group| group.join("cgroup.freeze"));
        switches.find(|path| fs::read_to_string(path).is_ok_and(|text| text.trim() == "1"))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Guards against naming the wrong process: it holds this file, and is not waiting for it.
        #[test]
        fn the_holder_is_found_by_device_and_inode() {
            let table = "1: POSIX  ADVISORY  READ  10 fe:00:77 128 128\n\
                         2: FLOCK  ADVISORY  WRITE 11 fe:01:77 0 EOF\n\
                         3: FLOCK  ADVISORY  WRITE 12 fe:00:77 0 EOF\n\
                         3: -> FLOCK  ADVISORY  WRITE 13 fe:00:77 0 EOF\n\
                         4: FLOCK  ADVISORY  WRITE 0 fe:00:78 0 EOF\n\
                         5: FLOCK\n\n";
            assert_eq!(holder_in(table, (0xfe, 0), 77), Some(12));
            assert_eq!(holder_in(table, (0xfe, 1), 77), Some(11));
            assert_eq!(holder_in(table, (0xfe, 0), 78), None, "no process of this namespace");
            assert_eq!(
                holder_in(table, (0xfe, 2), 77),
                None,
                "neither of them is a program of ours"
            );
        }
    }
}
