//! Accounts: the one that runs this program, lookups by name, and the groups of an account.

use std::ffi::{OsString, c_void};
use std::io::{Error, ErrorKind, Result};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{ERROR_NONE_MAPPED, HANDLE, LUID};
use windows_sys::Win32::NetworkManagement::NetManagement::{
    FILTER_NORMAL_ACCOUNT, LG_INCLUDE_INDIRECT, LOCALGROUP_INFO_0, LOCALGROUP_USERS_INFO_0,
    MAX_PREFERRED_LENGTH, NetApiBufferFree, NetLocalGroupEnum, NetUserEnum, NetUserGetLocalGroups,
    USER_INFO_0,
};
use windows_sys::Win32::Security::Authorization::{
    AUTHZ_RM_FLAG_NO_AUDIT, AuthzContextInfoGroupsSids, AuthzFreeContext, AuthzFreeResourceManager,
    AuthzGetInformationFromContext, AuthzInitializeContextFromSid, AuthzInitializeResourceManager,
};
use windows_sys::Win32::Security::{
    CheckTokenMembership, GetLengthSid, GetTokenInformation, IsValidSid, LookupAccountNameW,
    LookupAccountSidW, PSID, SID_AND_ATTRIBUTES, SetTokenInformation, TOKEN_ADJUST_DEFAULT,
    TOKEN_GROUPS, TOKEN_OWNER, TOKEN_USER, TokenOwner, TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::super::sid::Sid;
use super::{check, narrow, wide};

/// The pseudo-handle of this process's token: `GetCurrentProcessToken`.
const OWN_TOKEN: HANDLE = -4_isize as HANDLE;

/// Longer than any name of an account or a domain.
const LONGEST_NAME: u32 = 1024;

/// The result of a name lookup.
pub(in super::super) struct Meaning {
    /// The account or group.
    pub(in super::super) sid: Sid,
    /// Its type, `SID_NAME_USE`.
    pub(in super::super) kind: i32,
    /// Its domain or machine.
    pub(in super::super) domain: OsString,
}

/// The account that this process runs as.
pub(in super::super) fn current() -> Result<Sid> {
    // Aligned for the pointer at its start; an identifier has at most 68 bytes.
    let mut buffer = [0_u64; 32];
    let mut needed = 0;
    // SAFETY: the system writes at most the size of the buffer, which is longer than the structure and
    // the longest identifier, and the identifier it points to lies in the same buffer.
    unsafe {
        let (pointer, size) = (buffer.as_mut_ptr().cast::<c_void>(), size_of_val(&buffer));
        let size = u32::try_from(size).unwrap_or(0);
        check(GetTokenInformation(OWN_TOKEN, TokenUser, pointer, size, &raw mut needed))?;
        sid_at((*pointer.cast::<TOKEN_USER>()).User.Sid)
    }
}

/// Reports whether this process currently has the rights of a group.
pub(in super::super) fn is_member(group: &Sid) -> Result<bool> {
    let group = Aligned::new(group);
    let mut is_member = 0;
    // SAFETY: no token means that of the calling thread; the identifier is only read.
    check(unsafe { CheckTokenMembership(null_mut(), group.pointer(), &raw mut is_member) })?;
    Ok(is_member != 0)
}

/// Makes `owner` the owner of everything this process creates from now on.
pub(in super::super) fn set_default_owner(owner: &Sid) -> Result<()> {
    let owner = Aligned::new(owner);
    let mut token = null_mut();
    // SAFETY: the system sets the handle, which is owned and closed by `token` from here on.
    let token = unsafe {
        check(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_DEFAULT, &raw mut token))?;
        OwnedHandle::from_raw_handle(token)
    };
    let value = TOKEN_OWNER { Owner: owner.pointer() };
    // SAFETY: the structure and the identifier it points to live until here, and are only read.
    check(unsafe {
        let size = u32::try_from(size_of::<TOKEN_OWNER>()).unwrap_or(0);
        let value = (&raw const value).cast();
        SetTokenInformation(token.as_raw_handle(), TokenOwner, value, size)
    })
}

/// Looks up an account or group by name; `None` if the system does not know it.
pub(in super::super) fn look_up(name: &str) -> Result<Option<Meaning>> {
    let name = wide(name)?;
    let mut sid = [0_u64; 16];
    let mut domain = vec![0_u16; LONGEST_NAME as usize];
    let (mut sid_size, mut domain_size) = (128, LONGEST_NAME);
    let mut kind = 0;
    // SAFETY: the name is only read; the system writes at most the sizes that are given with the two
    // buffers.
    let result = check(unsafe {
        let (sid, domain) = (sid.as_mut_ptr().cast(), domain.as_mut_ptr());
        let (sid_size, domain_size) = (&raw mut sid_size, &raw mut domain_size);
        LookupAccountNameW(null(), name.as_ptr(), sid, sid_size, domain, domain_size, &raw mut kind)
    });
    match result {
        Err(error) if is_unknown(&error) => return Ok(None),
        other => other?,
    }
    let bytes: Vec<u8> = sid.iter().flat_map(|part| part.to_ne_bytes()).collect();
    let sid = Sid::read(&bytes).ok_or(ErrorKind::InvalidData)?;
    Ok(Some(Meaning { sid, kind, domain: narrow(&domain) }))
}

/// Returns the domain and name of an account or group; `None` if the system does not know it.
pub(in super::super) fn name_of(sid: &Sid) -> Result<Option<(OsString, OsString)>> {
    let sid = Aligned::new(sid);
    let mut name = vec![0_u16; LONGEST_NAME as usize];
    let mut domain = name.clone();
    let (mut name_size, mut domain_size) = (LONGEST_NAME, LONGEST_NAME);
    let mut kind = 0;
    // SAFETY: the identifier is only read; the system writes at most the sizes that are given with the
    // two buffers.
    let result = check(unsafe {
        let (name, domain) = (name.as_mut_ptr(), domain.as_mut_ptr());
        let (name_size, domain_size) = (&raw mut name_size, &raw mut domain_size);
        let (sid, kind) = (sid.pointer(), &raw mut kind);
        LookupAccountSidW(null(), sid, name, name_size, domain, domain_size, kind)
    });
    match result {
        Err(error) if is_unknown(&error) => Ok(None),
        other => other.map(|()| Some((narrow(&domain), narrow(&name)))),
    }
}

/// Returns the groups of this machine that contain an account, directly or through a group of its domain.
pub(in super::super) fn local_groups(account: &str) -> Result<Vec<OsString>> {
    let account = wide(account)?;
    listed(|buffer, read, total| {
        // SAFETY: the name is only read; the system makes the list, whose entries are pointers to text.
        let status = unsafe {
            let (server, name, most) = (null(), account.as_ptr(), MAX_PREFERRED_LENGTH);
            NetUserGetLocalGroups(server, name, 0, LG_INCLUDE_INDIRECT, buffer, most, read, total)
        };
        const { assert!(size_of::<LOCALGROUP_USERS_INFO_0>() == size_of::<*mut u16>()) };
        status
    })
}

/// Lists the accounts of this machine.
pub(in super::super) fn accounts_here() -> Result<Vec<OsString>> {
    listed(|buffer, read, total| {
        // SAFETY: no pointers go in; the system makes the list, whose entries are pointers to text.
        let status = unsafe {
            let (server, most) = (null(), MAX_PREFERRED_LENGTH);
            NetUserEnum(server, 0, FILTER_NORMAL_ACCOUNT, buffer, most, read, total, null_mut())
        };
        const { assert!(size_of::<USER_INFO_0>() == size_of::<*mut u16>()) };
        status
    })
}

/// Lists the groups of this machine.
pub(in super::super) fn groups_here() -> Result<Vec<OsString>> {
    listed(|buffer, read, total| {
        // SAFETY: no pointers go in; the system makes the list, whose entries are pointers to text.
        let status = unsafe {
            let (server, most) = (null(), MAX_PREFERRED_LENGTH);
            NetLocalGroupEnum(server, 0, buffer, most, read, total, null_mut())
        };
        const { assert!(size_of::<LOCALGROUP_INFO_0>() == size_of::<*mut u16>()) };
        status
    })
}

/// Returns the names in a list that the system allocates: `call` sets its address, its number of entries,
/// and the total number.
fn listed(call: impl FnOnce(*mut *mut u8, *mut u32, *mut u32) -> u32) -> Result<Vec<OsString>> {
    let (mut buffer, mut read, mut total) = (null_mut(), 0, 0);
    let status = call(&raw mut buffer, &raw mut read, &raw mut total);
    let mut names = Vec::new();
    if !buffer.is_null() {
        if status == 0 {
            #[expect(clippy::cast_ptr_alignment, reason = "the system aligns what it allocates")]
            let list = buffer.cast::<*const u16>();
            for at in 0..read as usize {
                // SAFETY: the list holds `read` pointers, each to text ending in zero in the same
                // memory, and is freed only below.
                names.push(unsafe { text_at(*list.add(at)) });
            }
        }
        // SAFETY: the system made this memory for the call, and nothing points into it any more.
        unsafe { NetApiBufferFree(buffer.cast()) };
    }
    match i32::try_from(status) {
        Ok(0) if read == total => Ok(names),
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(status) => Err(Error::from_raw_os_error(status)),
        Err(_) => Err(ErrorKind::Other.into()),
    }
}

/// Returns every group that an account would have when signing in here, from its domain.
pub(in super::super) fn all_groups(account: &Sid) -> Result<Vec<Sid>> {
    let account = Aligned::new(account);
    let mut context = Context { manager: null_mut(), client: null_mut() };
    // SAFETY: no callbacks and no name are given; the system sets the handle, which `context` frees.
    check(unsafe {
        let (flags, manager) = (AUTHZ_RM_FLAG_NO_AUDIT, &raw mut context.manager);
        AuthzInitializeResourceManager(flags, None, None, None, null(), manager)
    })?;
    // SAFETY: the identifier is only read; the system sets the handle, which `context` frees.
    check(unsafe {
        let (manager, client) = (context.manager, &raw mut context.client);
        let id = LUID { LowPart: 0, HighPart: 0 };
        AuthzInitializeContextFromSid(0, account.pointer(), manager, null(), id, null(), client)
    })?;
    let mut needed = 0;
    // SAFETY: without a buffer, the system only reports the required length.
    unsafe {
        let (client, what) = (context.client, AuthzContextInfoGroupsSids);
        AuthzGetInformationFromContext(client, what, 0, &raw mut needed, null_mut());
    }
    let mut buffer = vec![0_u64; (needed as usize).div_ceil(8).max(2)];
    let size = u32::try_from(size_of_val(buffer.as_slice())).unwrap_or(0);
    // SAFETY: the system writes at most `size` bytes to the buffer, which is aligned for the structure.
    check(unsafe {
        let (client, what) = (context.client, AuthzContextInfoGroupsSids);
        let pointer = buffer.as_mut_ptr().cast();
        AuthzGetInformationFromContext(client, what, size, &raw mut needed, pointer)
    })?;
    let groups = buffer.as_ptr().cast::<TOKEN_GROUPS>();
    // SAFETY: the buffer holds the structure now: a count and that many entries, each of which points to
    // an identifier in the same buffer.
    unsafe {
        let first = (&raw const (*groups).Groups).cast::<SID_AND_ATTRIBUTES>();
        (0..(*groups).GroupCount as usize).map(|at| sid_at((*first.add(at)).Sid)).collect()
    }
}

/// Handles of the system, freed on drop.
struct Context {
    manager: *mut c_void,
    client: *mut c_void,
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: each handle is null or came from the system, and is used no more.
        unsafe {
            if !self.client.is_null() {
                AuthzFreeContext(self.client);
            }
            if !self.manager.is_null() {
                AuthzFreeResourceManager(self.manager);
            }
        }
    }
}

/// An identifier in memory that is aligned for the system.
struct Aligned([u64; 9]);

impl Aligned {
    fn new(sid: &Sid) -> Self {
        let mut parts = [0; 9];
        for (part, bytes) in parts.iter_mut().zip(sid.as_bytes().chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            *part = u64::from_ne_bytes(whole);
        }
        Self(parts)
    }

    /// Returns a pointer for functions that only read the identifier.
    fn pointer(&self) -> PSID {
        self.0.as_ptr().cast_mut().cast()
    }
}

fn is_unknown(error: &Error) -> bool {
    error.raw_os_error() == i32::try_from(ERROR_NONE_MAPPED).ok()
}

/// Copies the identifier at `pointer`.
///
/// # Safety
/// `pointer` is null or points to an identifier.
unsafe fn sid_at(pointer: PSID) -> Result<Sid> {
    // SAFETY: the caller guarantees the pointer; the system checks the identifier and returns its length.
    let bytes = unsafe {
        if pointer.is_null() || IsValidSid(pointer) == 0 {
            return Err(ErrorKind::InvalidData.into());
        }
        std::slice::from_raw_parts(pointer.cast::<u8>(), GetLengthSid(pointer) as usize)
    };
    Sid::read(bytes).ok_or_else(|| ErrorKind::InvalidData.into())
}

/// Copies the text at `pointer`.
///
/// # Safety
/// `pointer` is null or points to text ending in zero.
unsafe fn text_at(pointer: *const u16) -> OsString {
    let mut length = 0;
    // SAFETY: the caller guarantees that a zero comes before the end of the memory.
    unsafe {
        while !pointer.is_null() && *pointer.add(length) != 0 {
            length += 1;
        }
        if pointer.is_null() {
            return OsString::new();
        }
        narrow(std::slice::from_raw_parts(pointer, length))
    }
}
