//! The account database of the C library, and the groups behind a socket, in safe functions.
//!
//! SECURITY: this is the only module of the Unix platform in which `unsafe` is allowed. It makes no decisions.
//! Safe crates read an entry into a buffer of at most 1 MiB, which a group with very many members does not fit.

#![allow(unsafe_code, reason = "the system's own functions; see each block")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::io::{Error, ErrorKind, Result};
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use nix::libc;

/// The first size of a buffer for one entry, in bytes.
const FIRST_ENTRY: usize = 16 * 1024;

/// The largest entry that is read, in bytes: a group of some million members.
const LARGEST_ENTRY: usize = 64 * 1024 * 1024;

/// The first number of groups that an account has room for.
const FIRST_GROUPS: usize = 256;

/// The most groups that one account may have.
const MOST_GROUPS: usize = 16 * 1024 * 1024;

/// The type that `getgrouplist` has for the number of a group.
#[cfg(not(target_vendor = "apple"))]
type GroupId = libc::gid_t;
#[cfg(target_vendor = "apple")]
type GroupId = c_int;

/// An account.
pub(super) struct User {
    pub(super) name: CString,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Looks up an account by name.
pub(super) fn user_by_name(name: &str) -> Result<Option<User>> {
    let Ok(name) = CString::new(name) else { return Ok(None) };
    growing(FIRST_ENTRY, LARGEST_ENTRY, |size| {
        let (mut entry, mut found) = (MaybeUninit::<libc::passwd>::uninit(), null_mut());
        let mut buffer = vec![0 as c_char; size];
        // SAFETY: the name ends with NUL, and the system writes at most `size` bytes into the buffer. If it found the
        // account, `found` points to `entry`, and the text in it to the buffer, which lives until it is copied.
        unsafe {
            let result = libc::getpwnam_r(
                name.as_ptr(),
                entry.as_mut_ptr(),
                buffer.as_mut_ptr(),
                size,
                &raw mut found,
            );
            known(result, found, |entry| User {
                name: CStr::from_ptr(entry.pw_name).to_owned(),
                uid: entry.pw_uid,
                gid: entry.pw_gid,
            })
        }
    })
}

/// Reports whether a group of this name exists.
pub(super) fn has_group(name: &str) -> Result<bool> {
    let Ok(name) = CString::new(name) else { return Ok(false) };
    let found = group(&|entry, buffer, size, found| {
        // SAFETY: the name ends with NUL, and the pointers are those of `group`.
        unsafe { libc::getgrnam_r(name.as_ptr(), entry, buffer, size, found) }
    })?;
    Ok(found.is_some())
}

/// Returns the name of the group with this number.
pub(super) fn group_name(gid: u32) -> Result<Option<String>> {
    group(&|entry, buffer, size, found| {
        // SAFETY: the pointers are those of `group`.
        unsafe { libc::getgrgid_r(gid, entry, buffer, size, found) }
    })
}

/// A function of the system that looks up a group.
type LookUpGroup<'a> =
    dyn Fn(*mut libc::group, *mut c_char, usize, *mut *mut libc::group) -> c_int + 'a;

/// Returns the name of the group that `look_up` finds.
fn group(look_up: &LookUpGroup<'_>) -> Result<Option<String>> {
    let name = growing(FIRST_ENTRY, LARGEST_ENTRY, |size| {
        let (mut entry, mut found) = (MaybeUninit::<libc::group>::uninit(), null_mut());
        let mut buffer = vec![0 as c_char; size];
        let result = look_up(entry.as_mut_ptr(), buffer.as_mut_ptr(), size, &raw mut found);
        // SAFETY: if the system found the group, `found` points to `entry`, and the text in it to the buffer, which
        // lives until it is copied.
        unsafe { known(result, found, |entry| CStr::from_ptr(entry.gr_name).to_owned()) }
    })?;
    let text = |name: CString| name.into_string().map_err(|_| ErrorKind::InvalidData.into());
    name.map(text).transpose()
}

/// Copies an entry, if the system found one.
///
/// # Safety
/// If `found` is not null, it must point to an entry.
unsafe fn known<E, T>(
    result: c_int,
    found: *mut E,
    copy: impl FnOnce(&E) -> T,
) -> std::result::Result<Option<T>, c_int> {
    match result {
        // SAFETY: a pointer that is not null points to an entry.
        0 => Ok(unsafe { found.as_ref() }.map(copy)),
        error => Err(error),
    }
}

/// Returns the numbers of all groups of an account.
pub(super) fn group_ids(user: &User) -> Result<Vec<u32>> {
    growing(FIRST_GROUPS, MOST_GROUPS, |size| {
        let mut ids = vec![0; size];
        let mut count = c_int::try_from(size).unwrap_or(c_int::MAX);
        // SAFETY: the name ends with NUL, and the system writes at most `count` numbers, for which there is room.
        let result = unsafe {
            let gid = user.gid as GroupId;
            libc::getgrouplist(user.name.as_ptr(), gid, ids.as_mut_ptr(), &raw mut count)
        };
        let count = usize::try_from(count).unwrap_or_default();
        if result < 0 || count > size {
            // The only failure is that there are more groups.
            return Err(libc::ERANGE);
        }
        ids.truncate(count);
        #[allow(clippy::unnecessary_cast, reason = "the types differ on macOS")]
        Ok(ids.into_iter().map(|id: GroupId| id as u32).collect())
    })
}

/// Returns the numbers of the further groups of the process at the other end of a socket.
#[cfg(target_os = "linux")]
pub(super) fn peer_groups(socket: std::os::fd::RawFd) -> Result<Vec<u32>> {
    growing(FIRST_GROUPS, MOST_GROUPS, |size| {
        let mut ids = vec![0; size];
        let width = size_of::<libc::gid_t>();
        let mut length = libc::socklen_t::try_from(size * width).unwrap_or(libc::socklen_t::MAX);
        // SAFETY: the system writes at most `length` bytes into the buffer, which has as many.
        let result = unsafe {
            let (level, option) = (libc::SOL_SOCKET, libc::SO_PEERGROUPS);
            libc::getsockopt(socket, level, option, ids.as_mut_ptr().cast(), &raw mut length)
        };
        if result != 0 {
            return Err(Error::last_os_error().raw_os_error().unwrap_or(libc::EIO));
        }
        ids.truncate(usize::try_from(length).unwrap_or_default() / width);
        Ok(ids)
    })
}

/// Calls `read` with sizes from `first` to `largest`, each twice the one before, until it no longer reports
/// that the buffer is too small.
fn growing<T>(
    first: usize,
    largest: usize,
    mut read: impl FnMut(usize) -> std::result::Result<T, c_int>,
) -> Result<T> {
    let mut size = first;
    loop {
        match read(size) {
            Ok(found) => return Ok(found),
            Err(libc::EINTR) => {}
            Err(libc::ERANGE) if size < largest => size = size.saturating_mul(2).min(largest),
            Err(error) => return Err(Error::from_raw_os_error(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards that buffers grow up to their limit, only if they are too small, and that every other failure is
    /// reported.
    #[test]
    fn buffers_grow_up_to_their_limit() {
        for (needed, expected) in [
            (1, Some(vec![4])),
            (9, Some(vec![4, 8, 16])),
            (20, Some(vec![4, 8, 16, 20])),
            (21, None),
        ] {
            let mut sizes = Vec::new();
            let found = growing(4, 20, |size| {
                sizes.push(size);
                if size < needed { Err(libc::ERANGE) } else { Ok(()) }
            });
            match expected {
                Some(expected) => assert_eq!((found.is_ok(), sizes), (true, expected), "{needed}"),
                None => assert_eq!(found.unwrap_err().raw_os_error(), Some(libc::ERANGE)),
            }
        }
        let mut interrupted = 0;
        let found = growing(4, 20, |_| {
            interrupted += 1;
            if interrupted < 3 { Err(libc::EINTR) } else { Err::<(), _>(libc::EIO) }
        });
        assert_eq!((found.unwrap_err().raw_os_error(), interrupted), (Some(libc::EIO), 3));
    }

    /// Guards the lookups against the accounts that every system has.
    #[test]
    fn the_accounts_of_the_system_are_found() {
        let root = user_by_name("root").unwrap().unwrap();
        assert_eq!((root.name.to_str().unwrap(), root.uid, root.gid), ("root", 0, 0));
        assert!(group_ids(&root).unwrap().contains(&0));
        let group = group_name(0).unwrap().unwrap();
        assert!(has_group(&group).unwrap());
        for name in ["no such account", "a\0b", ""] {
            assert!(user_by_name(name).unwrap().is_none(), "{name:?}");
            assert!(!has_group(name).unwrap(), "{name:?}");
        }
        assert_eq!(group_name(4_294_967_290).unwrap(), None);
    }
}
