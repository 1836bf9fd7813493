//! Turns the arguments of a login into a checked request.

use std::ffi::OsStr;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::factor::grant::ClientHash;
use crate::language::Preferences;
use crate::names::name::Name;
use crate::printable::{printable, shortened};
use crate::process::{Line, Process, Unreadable};
use crate::typing;
use crate::verify::arguments::VerifyArgs;
pub use crate::verify::options::{QrForm, Session};

/// How long to wait for a code on standard input.
const CODE_PATIENCE: Duration = Duration::from_secs(5);
/// The longest id of a portal session, in bytes.
const LONGEST_CLIENT: usize = 128;
/// The longest address that is recorded, in bytes.
const LONGEST_IP: usize = 64;
/// How much of the name of a group is quoted, in bytes.
const LONGEST_GROUP: usize = 300;

/// What the portal asks for.
#[derive(Clone, Copy, Debug)]
pub enum Ask {
    /// Sign in, or continue a sign-in with the code that was asked for.
    SignIn,
    /// Open a session, with or without a code.
    Open(Session),
    /// Sign out.
    End,
}

/// The source of the user's groups.
#[derive(Clone, Debug)]
pub enum Memberships {
    /// The portal passed them.
    Given(Vec<Name>),
    /// The portal passed one whose name cannot be read, for this reason.
    Unreadable(String),
    /// The operating system, which is asked if the store lists a group.
    AskSystem,
}

/// A checked request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The login name.
    pub login: Name,
    /// The login name as the portal wrote it.
    pub written: String,
    /// The source of the user's groups.
    pub memberships: Memberships,
    /// What the portal asks for.
    pub ask: Ask,
    /// The typed code; `None` if nothing was typed. Unreadable input becomes an empty text, which is not a
    /// code.
    pub code: Option<Zeroizing<String>>,
    /// Why the input is not text, if so.
    pub unreadable: Option<Unreadable>,
    /// Whether this is a dry run: nothing is written or shown.
    pub check: bool,
    /// Whether to send the SMS again.
    pub resend: bool,
    /// The hashed id of the portal session.
    pub client: Option<ClientHash>,
    /// Whether the id is not a valid one. Where an answer depends on the session, that is a bug in the
    /// caller.
    pub bad_client: bool,
    /// The address of the user's device, for the trail.
    pub ip: Option<String>,
    /// The format of the QR code.
    pub qr: QrForm,
    /// The languages that the user prefers.
    pub languages: Preferences,
    /// The account that sent the request over a socket, for the trail.
    pub caller: Option<u32>,
}

impl Request {
    /// A request that only asks, without a code, a client or groups from the portal.
    pub fn asking(login: &Name, ask: Ask) -> Self {
        Self {
            written: login.canonical(),
            login: login.clone(),
            memberships: Memberships::AskSystem,
            ask,
            code: None,
            unreadable: None,
            check: true,
            resend: false,
            client: None,
            bad_client: false,
            ip: None,
            qr: QrForm::None,
            languages: Preferences::default(),
            caller: None,
        }
    }

    /// Checks the arguments, and reads the code if it comes on standard input.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a bug in the caller; [`ErrorKind::Timeout`] when no code came in time.
    pub fn read(args: &VerifyArgs, process: &Process) -> Result<Self> {
        let usage = |message: String| Error::new(ErrorKind::Usage, message);
        let login = args.login()?;
        let (code, unreadable) = match &args.code {
            Some(text) => typed(Line::first(text.as_bytes(), typing::LONGEST_TYPED)),
            None if args.code_stdin => typed(read_code(process)?),
            None => (None, None),
        };
        if code.is_some() && (args.check || args.end || args.resend) {
            return Err(usage("--check, --resend and --end take no code".into()));
        }
        Ok(Self {
            login,
            written: args.written().to_owned(),
            memberships: memberships(&args.groups, args.no_groups),
            ask: match args.session {
                _ if args.end => Ask::End,
                Some(session) => Ask::Open(session),
                None => Ask::SignIn,
            },
            code,
            unreadable,
            check: args.check,
            resend: args.resend,
            // SECURITY: an invalid id must not count as no id, which would match the grants of other calls without
            // one.
            client: args.client.as_ref().map(|id| ClientHash::new(&id.to_string_lossy())),
            bad_client: args.client.as_ref().is_some_and(|id| !is_client(id)),
            ip: args.ip.as_deref().and_then(recorded_address),
            qr: args.qr.unwrap_or_default(),
            languages: args.languages(),
            caller: args.caller,
        })
    }

    /// The session to open, if any.
    pub fn session(&self) -> Option<Session> {
        match self.ask {
            Ask::Open(session) => Some(session),
            Ask::SignIn | Ask::End => None,
        }
    }

    /// The address of the user's device, if it looks like one. Anything else is only recorded.
    // SECURITY: it becomes part of a message, which a portal may show without escaping it.
    pub fn address(&self) -> Option<&str> {
        let is_plain = |ip: &&str| {
            ip.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:%-_[]/".contains(&byte))
        };
        self.ip.as_deref().filter(is_plain)
    }
}

/// Reads the source of the groups from `--group` and `--no-groups`.
pub(crate) fn memberships<G: AsRef<OsStr>>(groups: &[G], no_groups: bool) -> Memberships {
    if groups.is_empty() && !no_groups {
        return Memberships::AskSystem;
    }
    let names: std::result::Result<_, _> = groups.iter().map(|g| group(g.as_ref())).collect();
    names.map_or_else(Memberships::Unreadable, Memberships::Given)
}

/// Reads the name of one group, or says what is wrong with it.
fn group(text: &OsStr) -> std::result::Result<Name, String> {
    let name = text.to_str().ok_or_else(|| "the name is not UTF-8".to_owned());
    let name = name.and_then(|name| Name::parse(name).map_err(|error| error.to_string()));
    name.map_err(|error| {
        let quoted = shortened(printable(&text.to_string_lossy()), LONGEST_GROUP);
        format!("--group '{quoted}': {error}")
    })
}

/// Why a decision that depends on the portal session is impossible: a bug in the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientProblem {
    /// The store requires `--client`, and the call lacks it.
    Missing,
    /// The id is not a valid one.
    Invalid,
}

impl ClientProblem {
    /// The error that names the bug.
    pub fn error(self) -> Error {
        match self {
            ClientProblem::Missing => Error::new(ErrorKind::Usage, "this store requires --client")
                .with_hint("pass the portal's session id, or set require-client to false"),
            ClientProblem::Invalid => Error::new(
                ErrorKind::Usage,
                format!("--client must be 1 to {LONGEST_CLIENT} printable ASCII characters"),
            ),
        }
    }
}

/// Checks and hashes the value of `--client`.
///
/// # Errors
/// [`ErrorKind::Usage`] for a value that is empty, too long or not printable.
pub(crate) fn checked_client(client: &str) -> Result<ClientHash> {
    let is_valid = is_client(client.as_ref());
    is_valid.then(|| ClientHash::new(client)).ok_or_else(|| ClientProblem::Invalid.error())
}

fn is_client(client: &OsStr) -> bool {
    let bytes = client.as_encoded_bytes();
    (1..=LONGEST_CLIENT).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}

/// Returns the text that is recorded of `--ip`: any value, escaped and shortened. `None` if it is blank.
fn recorded_address(ip: &OsStr) -> Option<String> {
    let text = ip.to_string_lossy();
    if typing::is_blank(&text) {
        return None;
    }
    let escaped = printable(text.trim()).replace('\n', "\\n").replace('\t', "\\t");
    Some(shortened(escaped, LONGEST_IP))
}

/// Reads the line with the code from standard input.
pub(super) fn read_code(process: &Process) -> Result<Line> {
    process.read_line(typing::LONGEST_TYPED, CODE_PATIENCE)
}

/// The typed code of a line; `None` for an empty line. Unreadable input counts as a (wrong) code.
fn typed(line: Line) -> (Option<Zeroizing<String>>, Option<Unreadable>) {
    match line {
        Line::Text(text) if typing::is_blank(&text) => (None, None),
        Line::Text(text) => (Some(text), None),
        Line::Unreadable(problem) => (Some(Zeroizing::new(String::new())), Some(problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards that any address can be recorded, in a line of limited length that is safe to show, and that
    /// only a plain one becomes part of a message.
    #[test]
    fn any_address_is_recorded() {
        let login = Name::parse("alice").unwrap();
        for (given, recorded, is_shown) in [
            ("192.0.2.7", Some("192.0.2.7"), true),
            (" 2001:db8::7%eth0 ", Some("2001:db8::7%eth0"), true),
            ("[2001:db8::7]:443", Some("[2001:db8::7]:443"), true),
            ("192.0.2.7, 10.0.0.1", Some("192.0.2.7, 10.0.0.1"), false),
            ("<b>x</b>", Some("<b>x</b>"), false),
            ("a\nb\tc\u{1b}[2J\u{202e}", Some("a\\nb\\tc\\u{1b}[2J\\u{202e}"), false),
            ("", None, false),
            (" \u{200b}", None, false),
        ] {
            let ip = recorded_address(given.as_ref());
            assert_eq!(ip.as_deref(), recorded, "{given:?}");
            let request = Request { ip, ..Request::asking(&login, Ask::SignIn) };
            assert_eq!(request.address().is_some(), is_shown, "{given:?}");
        }
        let long = recorded_address("9".repeat(100_000).as_ref()).unwrap();
        assert_eq!(long, "9".repeat(64) + "…");
    }
}
