//! Permissions and locations of files.

use std::fs::File;
use std::io::{Error, Result};
use std::os::windows::io::{AsRawHandle, FromRawHandle};
use std::path::Path;

use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, GENERIC_WRITE, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetKernelObjectSecurity, OWNER_SECURITY_INFORMATION,
    PROTECTED_DACL_SECURITY_INFORMATION, SECURITY_ATTRIBUTES, SetKernelObjectSecurity,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_SHARE_DELETE, GetDiskFreeSpaceExW, GetDriveTypeW,
    GetFileInformationByHandle, GetVolumePathNameW,
};

use super::{check, wide};

/// The drive type of a network drive, by `GetDriveTypeW`.
const REMOTE: u32 = 4;

/// Longer than any path.
const LONG_PATH: u32 = 33_000;

/// Returns the contiguous security descriptor of an open file: its owner and access list.
pub(in super::super) fn descriptor(file: &File) -> Result<Vec<u8>> {
    let what = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    // Eight bytes each, for the alignment. Enough for twenty accounts; if not, the system reports the size.
    let mut buffer = vec![0_u64; 128];
    loop {
        let room = size(&buffer);
        let mut needed = 0;
        // SAFETY: the handle is open as long as `file`; the system writes at most `room` bytes to the
        // buffer, and the length to `needed`.
        let result = check(unsafe {
            let pointer = buffer.as_mut_ptr().cast();
            GetKernelObjectSecurity(file.as_raw_handle(), what, pointer, room, &raw mut needed)
        });
        match result {
            Ok(()) => return Ok(buffer.iter().flat_map(|part| part.to_ne_bytes()).collect()),
            Err(error) if is_too_small(&error) && needed > room => {
                buffer.resize(needed.div_ceil(8) as usize, 0);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Replaces the access list of an open file with that of a contiguous `descriptor`.
pub(in super::super) fn set_descriptor(file: &File, descriptor: &[u8]) -> Result<()> {
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    let mut aligned = aligned(descriptor);
    // SAFETY: the handle is open as long as `file`; the descriptor is whole, aligned and only read.
    check(unsafe {
        SetKernelObjectSecurity(file.as_raw_handle(), what, aligned.as_mut_ptr().cast())
    })
}

/// Creates a directory with a contiguous security descriptor.
pub(in super::super) fn create_directory(path: &Path, descriptor: &[u8]) -> Result<()> {
    let path = wide(path)?;
    let mut aligned = aligned(descriptor);
    let attributes = attributes(&mut aligned);
    // SAFETY: path and attributes are only read, and the descriptor they point to lives until here.
    check(unsafe { CreateDirectoryW(path.as_ptr(), &raw const attributes) })
}

/// Creates a file with a contiguous security descriptor and opens it for writing. Until it is closed, other
/// programs can open it only to remove it.
pub(in super::super) fn create_file(path: &Path, descriptor: &[u8]) -> Result<File> {
    let path = wide(path)?;
    let mut aligned = aligned(descriptor);
    let attributes = attributes(&mut aligned);
    // SECURITY: a link that leads nowhere is in the way like any other file, and is not followed.
    // SAFETY: path and attributes are only read, and the descriptor they point to lives until here.
    let handle = unsafe {
        CreateFileW(
            path.as_ptr(),
            GENERIC_WRITE,
            FILE_SHARE_DELETE,
            &raw const attributes,
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT,
            std::ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(Error::last_os_error());
    }
    // SAFETY: the handle is open, and nothing else closes it.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Builds the attributes of a new file; valid as long as the descriptor does not move.
fn attributes(descriptor: &mut [u64]) -> SECURITY_ATTRIBUTES {
    SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or(0),
        lpSecurityDescriptor: descriptor.as_mut_ptr().cast(),
        bInheritHandle: 0,
    }
}

/// Returns how many names an open file has.
pub(in super::super) fn links(file: &File) -> Result<u32> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open as long as `file`; the system fills the structure.
    check(unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) })?;
    Ok(found.nNumberOfLinks)
}

/// Returns how many more bytes this account can write at `path`.
pub(in super::super) fn free_bytes(path: &Path) -> Result<u64> {
    let path = wide(path)?;
    let mut free = 0;
    // SAFETY: the path is only read; the system writes one number, and none where null is given.
    check(unsafe {
        let (total, all) = (std::ptr::null_mut(), std::ptr::null_mut());
        GetDiskFreeSpaceExW(path.as_ptr(), &raw mut free, total, all)
    })?;
    Ok(free)
}

/// Reports whether `path` is on another machine.
pub(in super::super) fn is_remote(path: &Path) -> Result<bool> {
    let path = wide(path)?;
    let mut volume = vec![0_u16; LONG_PATH as usize];
    // SAFETY: the path is only read; the system writes at most `LONG_PATH` units to the buffer.
    check(unsafe { GetVolumePathNameW(path.as_ptr(), volume.as_mut_ptr(), LONG_PATH) })?;
    // SAFETY: the buffer holds text ending in zero now, and is only read.
    Ok(unsafe { GetDriveTypeW(volume.as_ptr()) } == REMOTE)
}

fn is_too_small(error: &Error) -> bool {
    error.raw_os_error() == i32::try_from(ERROR_INSUFFICIENT_BUFFER).ok()
}

fn size(buffer: &[u64]) -> u32 {
    u32::try_from(size_of_val(buffer)).unwrap_or(u32::MAX)
}

/// Copies the bytes to memory that is aligned for the system.
fn aligned(bytes: &[u8]) -> Vec<u64> {
    let parts = bytes.chunks(8).map(|part| {
        let mut whole = [0; 8];
        whole[..part.len()].copy_from_slice(part);
        u64::from_ne_bytes(whole)
    });
    parts.collect()
}
