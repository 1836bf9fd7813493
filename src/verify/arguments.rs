//! The command line of the verifier.
//!
//! [`Cli`] defines it for `rw2fa verify`, the help and the manual pages. A login parses the same command line
//! with [`parse`], word by word: building the clap definition would take longer than the rest of the login and
//! add a tenth to the program's size. Tests check that both parsers agree. With `--request-stdin`, the request
//! comes as a line of JSON instead: see `request_line.rs`.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use clap_lex::{ArgCursor, RawArgs};

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::language::Preferences;
use crate::names::name::Name;
use crate::verify::options::{QrForm, Session};

/// The hint of every usage error.
const HINT: &str = "'rw2fa-verify --help' shows the options";

/// Decide one login or session of the remote-work portal.
///
/// Exit codes: 0 grant, 1 deny, 2 invalid call, 3 challenge, 4 error, 5 ended. Let a user in only
/// on exit code 0 and the outcome "grant".
#[derive(Parser, Debug, Default, PartialEq, Eq)]
#[command(name = "rw2fa-verify", version)]
pub struct Cli {
    /// Use this store instead of RW2FA_STORE or the system's
    #[arg(long, value_name = "PATH")]
    pub store: Option<PathBuf>,
    /// Format of the answer [default: json]
    #[arg(long, value_enum)]
    pub format: Option<AnswerFormat>,
    /// What is asked
    #[command(flatten)]
    pub verify: VerifyArgs,
}

/// The format of the verifier's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// Lines for people.
    #[value(alias = "table")]
    Text,
    /// One line of JSON.
    Json,
}

/// Decide one login or session; the portal calls this after it has accepted the password.
#[derive(Args, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "these are the flags of the protocol")]
pub struct VerifyArgs {
    /// The user, as the portal's password check returned it
    #[arg(value_name = "USER", required_unless_present_any = ["user", "request_stdin"], conflicts_with = "user")]
    pub(super) name: Option<String>,
    /// The user, as an option instead of an argument
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
    /// A group that the user is a member of; may be repeated
    #[arg(long = "group", value_name = "GROUP", conflicts_with = "no_groups")]
    pub(super) groups: Vec<OsString>,
    /// The user is not a member of any group
    #[arg(long)]
    pub(super) no_groups: bool,
    /// Read the code from standard input, as one line; an empty line means no code
    #[arg(long)]
    pub(super) code_stdin: bool,
    /// The kind of session that is being opened or reconnected
    #[arg(long, value_enum)]
    pub(super) session: Option<Session>,
    /// Only answer, without writing anything, sending anything or showing a secret
    #[arg(long, conflicts_with_all = ["resend", "end"])]
    pub(super) check: bool,
    /// An opaque id of the portal session; never the cookie itself
    #[arg(long, value_name = "ID")]
    pub(super) client: Option<OsString>,
    /// The address of the user's device, for the audit trail
    #[arg(long, value_name = "ADDR")]
    pub(super) ip: Option<OsString>,
    /// Send the SMS again
    #[arg(long, conflicts_with = "end")]
    pub(super) resend: bool,
    /// Sign the user out: end the grants of this client
    #[arg(long, conflicts_with = "session")]
    pub(super) end: bool,
    /// Format of the QR code at enrolment [default: svg]
    #[arg(long, value_enum)]
    pub(super) qr: Option<QrForm>,
    /// Language of the message: a tag such as pt-BR, or the browser's Accept-Language header
    #[arg(long, value_name = "TAG")]
    pub(super) language: Option<OsString>,
    /// Read the request from standard input instead, as one line of JSON
    #[arg(long, conflicts_with_all = ["name", "user", "groups", "no_groups", "code_stdin", "session", "check",
        "client", "ip", "resend", "end", "qr", "language"])]
    pub(super) request_stdin: bool,
    /// The code of a request in JSON.
    #[arg(skip)]
    pub(super) code: Option<Zeroizing<String>>,
    /// The account that sent the request over a socket.
    #[arg(skip)]
    pub(super) caller: Option<u32>,
}

impl VerifyArgs {
    /// The login name.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it is not a valid name.
    pub fn login(&self) -> Result<Name> {
        Name::parse(self.written())
            .map_err(|error| Error::new(ErrorKind::Usage, format!("the user: {error}")))
    }

    /// The languages that the user prefers. What is not a language is skipped, so that no header of a browser
    /// refuses a login.
    pub(super) fn languages(&self) -> Preferences {
        let text = self.language.as_deref().unwrap_or_default();
        Preferences::parse(&text.to_string_lossy())
    }

    pub(super) fn written(&self) -> &str {
        self.user.as_ref().or(self.name.as_ref()).map_or("", String::as_str)
    }
}

impl AnswerFormat {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "json" => Some(AnswerFormat::Json),
            "text" | "table" => Some(AnswerFormat::Text),
            _ => None,
        }
    }
}

impl Session {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Session::Html5, Session::Remoteapp, Session::Rdp]
            .into_iter()
            .find(|session| session.as_str() == word)
    }
}

impl QrForm {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        [QrForm::Svg, QrForm::Png, QrForm::Utf8, QrForm::None]
            .into_iter()
            .find(|form| form.as_str() == word)
    }
}

/// Why a command line is not a request.
#[derive(Debug)]
pub enum Rejected {
    /// `--help` was given.
    Help,
    /// `--version` was given.
    Version,
    /// The command line is invalid.
    Invalid(Error),
}

impl From<Error> for Rejected {
    fn from(error: Error) -> Self {
        Self::Invalid(error)
    }
}

/// The text of `rw2fa-verify --help`. A test checks that it is what [`Cli`] defines.
pub const HELP: &str = include_str!("help.txt");

/// The text of `rw2fa-verify --version`.
pub const VERSION: &str = concat!("rw2fa-verify ", env!("CARGO_PKG_VERSION"), "\n");

/// Parses the command line of `rw2fa-verify`. The first word is the program.
///
/// # Errors
/// [`Rejected::Invalid`] for anything that [`Cli`] does not define. Errors never repeat a value, which may be a
/// code. `--help` and `--version` are rejected too: from a portal, they are bugs.
pub fn parse(args: &[OsString]) -> Result<Cli, Rejected> {
    let raw = RawArgs::new(args);
    let mut cursor = raw.cursor();
    raw.next_os(&mut cursor);
    let mut cli = Cli::default();
    while let Some(word) = raw.next(&mut cursor) {
        if word.is_escape() {
            for user in raw.remaining(&mut cursor) {
                once(&mut cli.verify.name, "USER", text("USER", user)?)?;
            }
        } else if let Some((name, attached)) = word.to_long() {
            let name = name.map_err(|_| unknown(&word.display().to_string()))?;
            match (name, attached) {
                ("help", None) => return Err(Rejected::Help),
                ("version", None) => return Err(Rejected::Version),
                _ => {}
            }
            parse_option(&mut cli, name, Value { attached, raw: &raw, cursor: &mut cursor })?;
        } else if word.is_short() {
            return Err(match word.to_value_os().as_encoded_bytes() {
                b"-h" => Rejected::Help,
                b"-V" => Rejected::Version,
                _ => unknown(&word.display().to_string()).into(),
            });
        } else {
            once(&mut cli.verify.name, "USER", text("USER", word.to_value_os())?)?;
        }
    }
    check_conflicts(&cli.verify)?;
    Ok(cli)
}

/// Parses one option into `cli`.
fn parse_option(cli: &mut Cli, name: &str, value: Value<'_>) -> Result<()> {
    let verify = &mut cli.verify;
    match name {
        "store" => once(&mut cli.store, name, path(name, value.take(name)?)?),
        "format" => once(
            &mut cli.format,
            name,
            choice(name, value, AnswerFormat::from_word, "json or text")?,
        ),
        "user" => once(&mut verify.user, name, text(name, value.take(name)?)?),
        "group" => {
            verify.groups.push(value.take(name)?.to_owned());
            Ok(())
        }
        "no-groups" => flag(&mut verify.no_groups, name, &value),
        "code-stdin" => flag(&mut verify.code_stdin, name, &value),
        "request-stdin" => flag(&mut verify.request_stdin, name, &value),
        "session" => once(
            &mut verify.session,
            name,
            choice(name, value, Session::from_word, "html5, remoteapp or rdp")?,
        ),
        "check" => flag(&mut verify.check, name, &value),
        "client" => once(&mut verify.client, name, value.take(name)?.to_owned()),
        "ip" => once(&mut verify.ip, name, value.take(name)?.to_owned()),
        "resend" => flag(&mut verify.resend, name, &value),
        "end" => flag(&mut verify.end, name, &value),
        "qr" => once(
            &mut verify.qr,
            name,
            choice(name, value, QrForm::from_word, "svg, png, utf8 or none")?,
        ),
        "language" => once(&mut verify.language, name, value.take(name)?.to_owned()),
        _ => Err(unknown(&format!("--{name}"))),
    }
}

/// The value of an option: after `=`, or the next word.
struct Value<'a> {
    attached: Option<&'a OsStr>,
    raw: &'a RawArgs,
    cursor: &'a mut ArgCursor,
}

impl<'a> Value<'a> {
    /// Takes the value. A next word that looks like an option is not a value.
    fn take(self, name: &str) -> Result<&'a OsStr> {
        let Self { attached, raw, cursor } = self;
        let detached = || {
            let next = raw.peek_os(cursor)?;
            let is_value = next == "-" || !next.as_encoded_bytes().starts_with(b"-");
            if is_value { raw.next_os(cursor) } else { None }
        };
        attached.or_else(detached).ok_or_else(|| usage(format!("--{name} needs a value")))
    }
}

fn once<T>(place: &mut Option<T>, name: &str, value: T) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(name)),
    }
}

fn flag(place: &mut bool, name: &str, value: &Value<'_>) -> Result<()> {
    if value.attached.is_some() {
        return Err(usage(format!("--{name} takes no value")));
    }
    if std::mem::replace(place, true) { Err(twice(name)) } else { Ok(()) }
}

fn choice<T>(
    name: &str,
    value: Value<'_>,
    from_word: fn(&str) -> Option<T>,
    words: &str,
) -> Result<T> {
    let word = value.take(name)?;
    word.to_str().and_then(from_word).ok_or_else(|| usage(format!("--{name} must be {words}")))
}

fn text(name: &str, value: &OsStr) -> Result<String> {
    let text = value.to_str().ok_or_else(|| usage(format!("{} is not UTF-8", displayed(name))))?;
    Ok(text.to_owned())
}

fn path(name: &str, value: &OsStr) -> Result<PathBuf> {
    if value.is_empty() { Err(usage(format!("--{name} needs a value"))) } else { Ok(value.into()) }
}

/// Rejects options that conflict.
pub(super) fn check_conflicts(args: &VerifyArgs) -> Result<()> {
    let asks_by_line = VerifyArgs { request_stdin: true, ..VerifyArgs::default() };
    let clashes = [
        (
            args.request_stdin && *args != asks_by_line,
            "--request-stdin takes only --store and --format beside it",
        ),
        (args.name.is_some() && args.user.is_some(), "USER and --user cannot be used together"),
        (
            !args.groups.is_empty() && args.no_groups,
            "--group and --no-groups cannot be used together",
        ),
        (args.check && args.resend, "--check and --resend cannot be used together"),
        (args.check && args.end, "--check and --end cannot be used together"),
        (args.end && args.resend, "--end and --resend cannot be used together"),
        (args.end && args.session.is_some(), "--end and --session cannot be used together"),
        (args.name.is_none() && args.user.is_none() && !args.request_stdin, "USER is missing"),
    ];
    match clashes.into_iter().find(|(clash, _)| *clash) {
        Some((_, message)) => Err(usage(message)),
        None => Ok(()),
    }
}

fn unknown(word: &str) -> Error {
    // SECURITY: a word with digits may be a misplaced code, so it is not repeated.
    if word.contains(|c: char| c.is_numeric()) {
        return usage("unexpected argument");
    }
    usage(format!("unexpected argument '{word}'"))
}

/// Returns an argument's name as it is written on the command line.
fn displayed(name: &str) -> String {
    if name == "USER" { name.to_owned() } else { format!("--{name}") }
}

fn twice(name: &str) -> Error {
    usage(format!("{} is given more than once", displayed(name)))
}

fn usage(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, message).with_hint(HINT)
}

#[cfg(test)]
mod tests;
