//! Turns the command line into a checked request.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::factor::grant::ClientHash;
use crate::language::Preferences;
use crate::names::name::Name;
use crate::process::{Line, Process};
use crate::verify::arguments::VerifyArgs;
pub use crate::verify::options::{QrForm, Session};

/// The longest line that is read as a code, in bytes.
const LONGEST_CODE: usize = 256;
/// How long to wait for a code on standard input.
const CODE_PATIENCE: Duration = Duration::from_secs(5);
/// The longest id of a portal session, in bytes.
const LONGEST_CLIENT: usize = 128;
/// The longest address, in bytes.
const LONGEST_IP: usize = 64;

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
#[derive(Debug)]
pub enum Memberships {
    /// The portal passed them.
    Given(Vec<Name>),
    /// The operating system, which is asked if the store lists a group.
    AskSystem,
}

/// A checked request.
#[derive(Debug)]
pub struct Request {
    /// The login name.
    pub login: Name,
    /// The login name as the portal wrote it.
    pub written: String,
    /// The source of the user's groups.
    pub memberships: Memberships,
    /// What the portal asks for.
    pub ask: Ask,
    /// The typed code; `None` if nothing was typed. Unreadable input becomes an empty text.
    pub code: Option<Zeroizing<String>>,
    /// Whether this is a dry run: nothing is written or shown.
    pub check: bool,
    /// Whether to send the SMS again.
    pub resend: bool,
    /// The hashed id of the portal session.
    pub client: Option<ClientHash>,
    /// The address of the user's device.
    pub ip: Option<String>,
    /// The format of the QR code.
    pub qr: QrForm,
    /// The languages that the user prefers.
    pub languages: Preferences,
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
            check: true,
            resend: false,
            client: None,
            ip: None,
            qr: QrForm::None,
            languages: Preferences::default(),
        }
    }

    /// Checks the command line and reads the code.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a bug in the caller; [`ErrorKind::Timeout`] when no code came in time.
    pub fn read(args: &VerifyArgs, process: &Process) -> Result<Self> {
        let usage = |message: String| Error::new(ErrorKind::Usage, message);
        let login = args.login()?;
        let memberships = memberships(&args.groups, args.no_groups)?;
        let client = args.client.as_deref().map(checked_client).transpose()?;
        let ip = args.ip.as_deref().map(checked_ip).transpose()?;
        let code = if args.code_stdin { read_code(process)? } else { None };
        if code.is_some() && (args.check || args.end || args.resend) {
            return Err(usage("--check, --resend and --end take no code".into()));
        }
        Ok(Self {
            login,
            written: args.written().to_owned(),
            memberships,
            ask: match args.session {
                _ if args.end => Ask::End,
                Some(session) => Ask::Open(session),
                None => Ask::SignIn,
            },
            code,
            check: args.check,
            resend: args.resend,
            client,
            ip,
            qr: args.qr.unwrap_or_default(),
            languages: args.languages(),
        })
    }

    /// The session to open, if any.
    pub fn session(&self) -> Option<Session> {
        match self.ask {
            Ask::Open(session) => Some(session),
            Ask::SignIn | Ask::End => None,
        }
    }
}

/// Reads the source of the groups from `--group` and `--no-groups`.
///
/// # Errors
/// [`ErrorKind::Usage`] for a value that is not a valid name.
pub(crate) fn memberships(groups: &[String], no_groups: bool) -> Result<Memberships> {
    if groups.is_empty() && !no_groups {
        return Ok(Memberships::AskSystem);
    }
    let parse = |group: &String| {
        Name::parse(group)
            .map_err(|error| Error::new(ErrorKind::Usage, format!("--group: {error}")))
    };
    Ok(Memberships::Given(groups.iter().map(parse).collect::<Result<_>>()?))
}

/// Checks and hashes the value of `--client`.
///
/// # Errors
/// [`ErrorKind::Usage`] for a value that is empty, too long or not printable.
pub(crate) fn checked_client(client: &str) -> Result<ClientHash> {
    let valid = (1..=LONGEST_CLIENT).contains(&client.len())
        && client.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if valid {
        Ok(ClientHash::new(client))
    } else {
        Err(Error::new(
            ErrorKind::Usage,
            format!("--client must be 1 to {LONGEST_CLIENT} printable ASCII characters"),
        ))
    }
}

fn checked_ip(ip: &str) -> Result<String> {
    let valid = (1..=LONGEST_IP).contains(&ip.len())
        && ip.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:%-_[]/".contains(&byte));
    if valid {
        Ok(ip.to_owned())
    } else {
        Err(Error::new(ErrorKind::Usage, "--ip must be an address, like 192.0.2.7 or 2001:db8::7"))
    }
}

/// Reads the typed code; `None` for an empty line. Unreadable input counts as a (wrong) code.
fn read_code(process: &Process) -> Result<Option<Zeroizing<String>>> {
    Ok(match process.read_line(LONGEST_CODE, CODE_PATIENCE)? {
        Line::Text(text) if text.trim().is_empty() => None,
        Line::Text(text) => Some(text),
        Line::Unreadable => Some(Zeroizing::new(String::new())),
    })
}
