//! Windows jobs: a program together with everything it starts.

use std::io::{Error, Result};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::process::Child;

use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, TerminateJobObject,
};

use super::check;

/// A program and everything it starts from now on.
pub(in super::super) struct Job(OwnedHandle);

impl Job {
    /// Creates a job that holds this program.
    pub(in super::super) fn from_child(child: &Child) -> Result<Self> {
        // SAFETY: both pointers may be null: the job has no name, and is only for this account.
        let handle = unsafe { CreateJobObjectW(std::ptr::null(), std::ptr::null()) };
        if handle.is_null() {
            return Err(Error::last_os_error());
        }
        // SAFETY: the handle is open, and nothing else closes it.
        let job = unsafe { OwnedHandle::from_raw_handle(handle) };
        // SAFETY: both handles are open as long as `job` and `child`.
        check(unsafe { AssignProcessToJobObject(job.as_raw_handle(), child.as_raw_handle()) })?;
        Ok(Self(job))
    }

    /// Ends all of them.
    pub(in super::super) fn end(&self) -> Result<()> {
        // SAFETY: the handle is open as long as `self`.
        check(unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) })
    }
}
