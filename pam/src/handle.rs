//! The program that calls PAM, in safe functions: what the module reads, shows, asks and logs.
//!
//! SECURITY: with `process.rs` the only file in which `unsafe` is allowed.

#![allow(unsafe_code, reason = "see each block")]

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::null_mut;

use nix::libc;
use pam::constants::{
    PAM_ERROR_MSG, PAM_PROMPT_ECHO_OFF, PAM_PROMPT_ECHO_ON, PAM_SILENT, PAM_TEXT_INFO, PamFlag,
    PamMessageStyle,
};
use pam::conv::Conv;
use pam::items::{AuthTok, Item, RHost, Service, User};
use pam::module::PamHandle;
use zeroize::{Zeroize, Zeroizing};

use crate::login::{Application, Typed};

unsafe extern "C" {
    // Not among those of pam-bindings, which links the library.
    fn pam_getenv(pamh: *mut PamHandle, name: *const c_char) -> *const c_char;
}

/// How important a line of the system log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    Info,
    Notice,
    Error,
}

/// The program that calls PAM.
pub(crate) struct Program<'a> {
    handle: RefCell<&'a mut PamHandle>,
    is_silent: bool,
    echo: bool,
    stage: &'static str,
}

impl<'a> Program<'a> {
    /// `stage` is `auth` or `account`, for the log.
    pub(crate) fn new(handle: &'a mut PamHandle, flags: PamFlag, stage: &'static str) -> Self {
        let is_silent = flags & PAM_SILENT != 0;
        Self { handle: RefCell::new(handle), is_silent, echo: false, stage }
    }

    /// Shows what the user types.
    pub(crate) fn echo(&mut self, echo: bool) {
        self.echo = echo;
    }

    /// The account that is signing in, as PAM knows it now. Asks for it if it is not known yet.
    pub(crate) fn user(&self) -> Option<CString> {
        if self.item::<User<'_>, _>(|user| user.is_empty()).unwrap_or(true) {
            // A name that is not UTF-8 is an error here, and read below.
            let _ = self.handle.try_borrow_mut().ok()?.get_user(None);
        }
        self.item::<User<'_>, _>(|user| (**user).to_owned()).filter(|user| !user.is_empty())
    }

    /// Where the user comes from.
    pub(crate) fn address(&self) -> Option<CString> {
        self.item::<RHost<'_>, _>(|host| (**host).to_owned()).filter(|host| !host.is_empty())
    }

    /// Whether sshd has accepted a public key of the user in this connection: it says so in a variable of PAM,
    /// which users cannot set.
    pub(crate) fn has_key(&self) -> bool {
        let Ok(mut handle) = self.handle.try_borrow_mut() else { return false };
        // SAFETY: the handle is valid, the name ends with NUL, and a result that is not null is a text that lives
        // until the handle is used again.
        let info = unsafe {
            let info = pam_getenv(&raw mut **handle, c"SSH_AUTH_INFO_0".as_ptr());
            if info.is_null() { None } else { Some(CStr::from_ptr(info)) }
        };
        // One line for each method that has succeeded.
        let mut lines = info.unwrap_or_default().to_bytes().split(|byte| *byte == b'\n');
        lines.any(|line| line.starts_with(b"publickey "))
    }

    /// Writes a line to the system log. Control characters are escaped.
    pub(crate) fn log(&self, priority: Priority, text: &str) {
        let service = self.item::<Service<'_>, _>(|service| shown(service.to_bytes()));
        let service = service.unwrap_or_else(|| "unknown".to_owned());
        let line = format!("pam_rw2fa({service}:{}): {text}", self.stage);
        let line: String = line
            .chars()
            .flat_map(|c| {
                let escaped = c.is_control().then(|| c.escape_default());
                let plain = (!c.is_control()).then_some(c);
                escaped.into_iter().flatten().chain(plain)
            })
            .collect();
        let Ok(line) = CString::new(line) else { return };
        let level = match priority {
            Priority::Info => libc::LOG_INFO,
            Priority::Notice => libc::LOG_NOTICE,
            Priority::Error => libc::LOG_ERR,
        };
        // SAFETY: the format takes one text, which ends with NUL.
        unsafe { libc::syslog(libc::LOG_AUTHPRIV | level, c"%s".as_ptr(), line.as_ptr()) };
    }

    fn item<'h, T: Item<'h>, R>(&'h self, read: impl FnOnce(T) -> R) -> Option<R> {
        let handle = self.handle.try_borrow().ok()?;
        // SAFETY: the handle outlives this value. The item is used only until `read` returns.
        let handle: &'h PamHandle = unsafe { &*std::ptr::from_ref::<PamHandle>(&**handle) };
        let item: T = handle.get_item().ok()??;
        Some(read(item))
    }

    /// Sends one message to the program, and returns what the user typed.
    fn send(&self, style: PamMessageStyle, text: &str) -> Option<Typed> {
        // SECURITY: pam-bindings would leave its copy of a text in memory, and a text may be a secret.
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().saturating_add(1)));
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
        let text = CStr::from_bytes_with_nul(&bytes).ok()?;
        self.item::<Conv<'_>, _>(|conversation| {
            let conversation = conversation.into_raw().cast::<Conversation>();
            // SAFETY: this is PAM's `struct pam_conv`, which lives as long as the handle.
            unsafe { converse(&*conversation, style, text) }
        })?
    }
}

/// PAM's `struct pam_conv`, whose fields pam-bindings keeps to itself.
#[repr(C)]
struct Conversation {
    talk: Option<
        unsafe extern "C" fn(c_int, *mut *const Message, *mut *mut Response, *mut c_void) -> c_int,
    >,
    data: *mut c_void,
}

/// PAM's `struct pam_message`.
#[repr(C)]
struct Message {
    style: c_int,
    text: *const c_char,
}

/// PAM's `struct pam_response`.
#[repr(C)]
struct Response {
    text: *mut c_char,
    code: c_int,
}

/// Sends one message, and takes the answer: a copy that is wiped. That of the program is wiped and freed.
///
/// # Safety
/// The conversation must be that of a valid handle.
unsafe fn converse(
    conversation: &Conversation,
    style: PamMessageStyle,
    text: &CStr,
) -> Option<Typed> {
    let message = Message { style, text: text.as_ptr() };
    let (mut messages, mut responses) = (&raw const message, null_mut::<Response>());
    let talk = conversation.talk?;
    // SAFETY: one message, and room for the pointer to the answers, as PAM defines it. If the function succeeds, the
    // answers are one response from `malloc`, or missing, and so is its text, which ends with NUL.
    unsafe {
        let result = talk(1, &raw mut messages, &raw mut responses, conversation.data);
        if result != 0 || responses.is_null() {
            return None;
        }
        let text = (*responses).text;
        let typed = (!text.is_null()).then(|| {
            let bytes = CStr::from_ptr(text).to_bytes().to_vec();
            std::slice::from_raw_parts_mut(text.cast::<u8>(), bytes.len()).zeroize();
            libc::free(text.cast());
            Zeroizing::new(bytes)
        });
        libc::free(responses.cast());
        typed
    }
}

impl Application for Program<'_> {
    // The flag PAM_SILENT, which sudo always sets, does not hide what the user needs for an answer.
    fn show(&self, text: &str) {
        self.send(PAM_TEXT_INFO, text);
    }

    fn show_error(&self, text: &str) {
        self.send(PAM_ERROR_MSG, text);
    }

    fn greet(&self, text: &str) {
        if !self.is_silent {
            self.send(PAM_TEXT_INFO, text);
        }
    }

    fn prompt(&self, text: &str) -> Option<Typed> {
        self.send(if self.echo { PAM_PROMPT_ECHO_ON } else { PAM_PROMPT_ECHO_OFF }, text)
    }

    fn password(&self) -> Option<Typed> {
        self.item::<AuthTok<'_>, _>(|password| Zeroizing::new(password.as_bytes().to_vec()))
    }

    fn pass_on(&self, password: &[u8]) -> bool {
        let mut text = Zeroizing::new(Vec::with_capacity(password.len().saturating_add(1)));
        text.extend_from_slice(password);
        text.push(0);
        let Ok(password) = CStr::from_bytes_with_nul(&text) else { return false };
        let Ok(mut handle) = self.handle.try_borrow_mut() else { return false };
        let pointer: *const c_char = password.as_ptr();
        // SAFETY: the pointer is that of a text that lives until PAM has copied it.
        let item = unsafe { AuthTok::from_raw(pointer) };
        handle.set_item_str(item).is_ok()
    }
}

/// The beginning of a name or an address as text for the log: ASCII without control characters and quotes.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let part = bytes.get(..64).unwrap_or(bytes);
    let more = if part.len() < bytes.len() { "…" } else { "" };
    format!("{}{more}", part.escape_ascii())
}
