//! `pam_rw2fa.so`: the second factor of programs that use PAM, such as sshd, sudo and xrdp.
//!
//! The module asks; `rw2fa-verify` decides. Anything but a clear grant refuses the login.
//!
//! - `options.rs` reads the module's line, `login.rs` holds the conversation, `verifier.rs` calls the verifier and
//!   `answer.rs` reads its answer; `field.rs` splits a password from a code.
//! - `handle.rs` is the program that calls PAM, `process.rs` runs the verifier. They alone contain `unsafe`.
//!
//! # Panics
//!
//! A panic must not end sshd, and must not cross into C. The lints below refuse what can panic. Should one happen
//! all the same, the entry points of pam-bindings catch it and refuse the login, which takes a program that
//! unwinds. So this crate does not compile where panics abort, as they do in the release profile of the programs:
//! `cargo pam` builds it with a profile of its own.

#![cfg(target_os = "linux")]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unimplemented,
        clippy::unreachable
    )
)]

#[cfg(panic = "abort")]
compile_error!("a panic would end the program that calls PAM: build the module with 'cargo pam'");

mod answer;
mod field;
mod handle;
mod login;
mod options;
mod process;
mod verifier;

use std::ffi::CStr;

use pam::constants::{PamFlag, PamResultCode};
use pam::module::{PamHandle, PamHooks};

use handle::{Priority, Program, shown};
use login::{Application, Login, Verdict};
use options::{Options, Session};
use verifier::{Subject, Verifier};

struct Module;

/// The entry points. Their names are those that PAM looks up.
mod entry {
    use super::Module;
    pam::pam_hooks!(Module);
}

impl PamHooks for Module {
    fn sm_authenticate(handle: &mut PamHandle, words: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        decide(Program::new(handle, flags, "auth"), &words, Stage::Auth)
    }

    /// Succeeds: there are no credentials. A refusal, or no opinion, would fail a stack that this module alone
    /// decides.
    fn sm_setcred(_: &mut PamHandle, _: Vec<&CStr>, _: PamFlag) -> PamResultCode {
        PamResultCode::PAM_SUCCESS
    }

    fn acct_mgmt(handle: &mut PamHandle, words: Vec<&CStr>, flags: PamFlag) -> PamResultCode {
        decide(Program::new(handle, flags, "account"), &words, Stage::Account)
    }
}

/// The module's place in the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Auth,
    Account,
}

/// Decides one login, and logs the decision.
fn decide(mut program: Program<'_>, words: &[&CStr], stage: Stage) -> PamResultCode {
    let options = Options::parse(words).and_then(|options| {
        // SECURITY: no code can be asked for there, and no opinion would let logins by key in.
        let is_misplaced = stage == Stage::Account && options.session != Some(Session::Rdp);
        if is_misplaced {
            Err("in account, the module needs session=rdp".to_owned())
        } else {
            Ok(options)
        }
    });
    let options = match options {
        Ok(options) => options,
        Err(problem) => {
            program.log(Priority::Error, &format!("refused: {problem}"));
            return refusal(stage);
        }
    };
    program.echo(options.echo);
    let Some(user) = program.user() else {
        program.log(Priority::Error, "refused: PAM does not know the user's name");
        return refusal(stage);
    };
    let subject = Subject { user, address: program.address() };
    let verdict = verdict(&program, &options, &subject);
    log_verdict(&program, &subject, &verdict);
    code_of(&verdict, stage)
}

fn verdict(program: &Program<'_>, options: &Options, subject: &Subject) -> Verdict {
    let has_key = program.has_key();
    if options.after_publickey && !has_key {
        program.show_error("Sign in with your key.");
        return Verdict::Denied("sshd has not accepted a public key".to_owned());
    }
    let log = |text: &str| program.log(Priority::Info, text);
    let verifier = match Verifier::new(options, subject, &log) {
        Ok(verifier) => verifier,
        Err(problem) => return Verdict::Unavailable(problem),
    };
    let login = Login { options, application: program, verifier: &verifier, has_key };
    if options.session == Some(Session::Rdp) { login.rdp() } else { login.run() }
}

fn log_verdict(program: &Program<'_>, subject: &Subject, verdict: &Verdict) {
    let (priority, decision) = match verdict {
        Verdict::Granted(reason) => (Priority::Info, format!("granted: {reason}")),
        Verdict::Denied(reason) => (Priority::Notice, format!("denied: {reason}")),
        Verdict::Unavailable(problem) => (Priority::Error, format!("refused: {problem}")),
        Verdict::NoConversation => {
            (Priority::Error, "refused: the program cannot ask for a code".to_owned())
        }
    };
    let address = subject.address.as_ref();
    let from = address.map(|address| format!(" from '{}'", shown(address.to_bytes())));
    let user = shown(subject.user.to_bytes());
    program.log(priority, &format!("user '{user}'{}: {decision}", from.unwrap_or_default()));
}

/// The result for PAM. Only a grant is `PAM_SUCCESS`.
// SECURITY: every refusal is one that no common stack skips, unlike `PAM_AUTHINFO_UNAVAIL` and `PAM_USER_UNKNOWN`,
// and sshd shows the last message only for `PAM_AUTH_ERR`.
fn code_of(verdict: &Verdict, stage: Stage) -> PamResultCode {
    match (verdict, stage) {
        (Verdict::Granted(_), _) => PamResultCode::PAM_SUCCESS,
        (Verdict::NoConversation, Stage::Auth) => PamResultCode::PAM_CONV_ERR,
        (Verdict::Denied(_) | Verdict::Unavailable(_) | Verdict::NoConversation, _) => {
            refusal(stage)
        }
    }
}

fn refusal(stage: Stage) -> PamResultCode {
    match stage {
        Stage::Auth => PamResultCode::PAM_AUTH_ERR,
        Stage::Account => PamResultCode::PAM_PERM_DENIED,
    }
}

#[cfg(test)]
mod tests {
    use PamResultCode::{PAM_AUTH_ERR, PAM_CONV_ERR, PAM_PERM_DENIED, PAM_SUCCESS};

    use super::*;

    /// Guards the results that administrators write in their stacks.
    #[test]
    fn only_a_grant_is_success() {
        let why = || "x".to_owned();
        for (verdict, auth, account) in [
            (Verdict::Granted(why()), PAM_SUCCESS, PAM_SUCCESS),
            (Verdict::Denied(why()), PAM_AUTH_ERR, PAM_PERM_DENIED),
            (Verdict::Unavailable(why()), PAM_AUTH_ERR, PAM_PERM_DENIED),
            (Verdict::NoConversation, PAM_CONV_ERR, PAM_PERM_DENIED),
        ] {
            assert_eq!(code_of(&verdict, Stage::Auth), auth);
            assert_eq!(code_of(&verdict, Stage::Account), account);
        }
    }

    /// Guards sshd: a panic refuses the login, and ends nothing.
    #[test]
    #[expect(unsafe_code, reason = "the entry points take pointers")]
    fn a_panic_is_a_refusal() {
        let handle = std::ptr::NonNull::<PamHandle>::dangling().as_ptr();
        let panics = |_: &mut PamHandle, _: Vec<&CStr>| panic!("a test");
        // SAFETY: a handle has no size here, so any pointer to one is valid, and there are no arguments.
        let result = unsafe { pam::macros::invoke_hook(handle, 0, std::ptr::null(), panics) };
        assert_eq!(result, PamResultCode::PAM_ABORT);
    }

    /// Guards the log against lines that a user adds by their name.
    #[test]
    fn names_are_escaped() {
        for (name, expected) in [
            (&b"alice"[..], "alice"),
            (b"a\nb: granted", "a\\nb: granted"),
            (b"\xff\x1b[2J'", "\\xff\\x1b[2J\\'"),
        ] {
            assert_eq!(shown(name), expected);
        }
        assert!(shown(&[b'\n'; 10_000]).len() < 200);
    }
}
