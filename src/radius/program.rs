//! One request: from the attributes to the reply and the exit code.
//!
//! FreeRADIUS logs what a program prints when its exit code is not 0. So this program prints nothing that is secret
//! then: for a challenge, only a handle, with which the policy gets the reply in a second call (`--reply`).

use std::ffi::OsString;

use clap::Parser as _;
use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::platform::child;
use crate::printable::printable;
use crate::process::Process;
use crate::typing;
use crate::verify::reason::{Outcome, Reason};

use super::arguments::Cli;
use super::attributes::Attributes;
use super::reply::Reply;
use super::tickets::{LIFETIME, Redeemed, Ticket, Tickets};
use super::verifier::{Answer, Ask, Verifier};

/// The exit codes, which the exec module maps to return codes.
// SECURITY: 0 and 3 are `ok`, and let a user in who has passed the password check. Of the others, `authorize` and
// `post-auth` take 4, 7, 8 and 9 for a success. 1 (`reject`), 2 (`fail`) and 6 (`userlock`) refuse the user in every
// section, so a policy that does not handle challenges lets no one in.
const GRANTED: u8 = 0;
const REJECTED: u8 = 1;
const FAILED: u8 = 2;
const CHALLENGED: u8 = 6;

/// What a user gets to see when nothing could be decided.
const UNAVAILABLE: &str = "Sign-in is not available right now. Tell your administrator.";
/// What a user gets to see who has no app yet.
const ENROL_FIRST: &str =
    "You have not set up your second factor yet. Sign in to the portal first, then try again here.";

/// What the request gets.
enum Ruling {
    /// The user may enter.
    Grant { reason: String, message: Option<String> },
    /// The user may not enter.
    Reject { reason: String, message: String },
    /// The user has to enter a code, until a point in time.
    Challenge { reason: String, message: Zeroizing<String>, until: i64 },
}

/// A request from a user whose password was right.
struct Login<'a> {
    cli: &'a Cli,
    tickets: Tickets<'a>,
    verifier: Verifier,
    user: String,
    client: String,
}

/// Runs `rw2fa-radius` in this environment and returns its exit code.
pub fn main(
    process: &mut Process,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> u8 {
    let cli = match Cli::try_parse_from(&process.args) {
        Ok(cli) => cli,
        Err(error) => {
            // SECURITY: not 0 for --help: FreeRADIUS would let the user in.
            let _ = process.stderr.write_all(error.render().to_string().as_bytes());
            return FAILED;
        }
    };
    let attributes = Attributes::new(environment);
    let printed = if cli.reply {
        print_reply(process, &cli, &attributes)
    } else {
        decide(process, &cli, &attributes)
            .and_then(|(login, ruling)| print_ruling(process, &login, ruling))
    };
    printed.unwrap_or_else(|error| report(process, &error))
}

/// Decides the request.
fn decide<'a>(
    process: &Process,
    cli: &'a Cli,
    attributes: &Attributes,
) -> Result<(Login<'a>, Ruling)> {
    let login = Login::new(process, cli, attributes)?;
    let ruling = if let Some(state) = attributes.octets("STATE")? {
        let typed = attributes.text("USER_PASSWORD")?.unwrap_or_default();
        login.answer_challenge(&state, &typed)?
    } else {
        let code = attributes.text("RW2FA_CODE")?;
        let until = process.now().plus(LIFETIME).unix();
        login.begin(code.as_deref().map(String::as_str), until)?
    };
    Ok((login, ruling))
}

impl<'a> Login<'a> {
    fn new(process: &Process, cli: &'a Cli, attributes: &Attributes) -> Result<Self> {
        let mut user = None;
        // The first one that is there: the policy's choice, the name without its realm, the name as it came.
        for name in ["RW2FA_USER", "STRIPPED_USER_NAME", "USER_NAME"] {
            user = user.map_or_else(|| attributes.text(name), |user| Ok(Some(user)))?;
        }
        let user = user.ok_or_else(|| {
            Error::new(ErrorKind::Usage, "the request has no user name")
                .with_hint("FreeRADIUS runs this program: see docs/integrations/radius.md")
        })?;
        // SECURITY: the system would cut an argument at a NUL.
        if user.contains('\0') {
            return Err(Error::new(ErrorKind::Refused, "the user's name contains NUL"));
        }
        // SECURITY: the policy adds it last. Without it, attributes may be missing: FreeRADIUS passes 1,023 at most.
        let client = attributes.text("RW2FA_CLIENT")?.ok_or_else(|| {
            Error::new(ErrorKind::Usage, "the request has no Rw2fa-Client")
                .with_hint("call the module with the policy rw2fa_second_factor")
        })?;
        let program = match &cli.verifier {
            Some(program) => program.clone(),
            None => child::sibling("rw2fa-verify", process.elevated)?,
        };
        Ok(Self {
            cli,
            tickets: Tickets::open(&cli.tickets, process.now())?,
            verifier: Verifier::new(program, options(process, cli, attributes)?, &user),
            client: client.to_string(),
            user: user.to_string(),
        })
    }

    /// The first request: the password was right. Some clients send a code with it.
    fn begin(&self, code: Option<&str>, until: i64) -> Result<Ruling> {
        // Asks without side effects first: showing a secret that no one sees would let it expire.
        let check = self.verifier.ask(Ask::Check)?;
        if check.outcome != Outcome::Challenge || self.must_enrol_elsewhere(&check) {
            return self.rule(check, None);
        }
        if let Some(code) = code {
            return self.rule(self.ask_about(code)?, None);
        }
        let has_app = check.method.as_deref() == Some("app");
        if check.reason == Reason::CodeRequired.as_str() && has_app {
            return self.rule(check, Some(until));
        }
        self.rule(self.verifier.ask(Ask::Begin)?, Some(until))
    }

    /// A further request: the code, and the State of the challenge.
    fn answer_challenge(&self, state: &[u8], typed: &str) -> Result<Ruling> {
        let refused =
            |reason: &str| Ok(Ruling::Reject { reason: reason.to_owned(), message: String::new() });
        let ticket = match self.tickets.redeem(state)? {
            Redeemed::Ticket(ticket) => ticket,
            Redeemed::Expired => return refused("state-expired"),
            Redeemed::Unknown => return refused("state-unknown"),
        };
        // SECURITY: the password of another user proves nothing, nor does one that another client checked.
        if ticket.user != self.user || ticket.client != self.client {
            return refused("state-of-another");
        }
        // An empty field is not an attempt. Asking without a code could send another message.
        let answer = if typing::is_blank(typed) {
            self.verifier.ask(Ask::Check)
        } else {
            self.ask_about(typed)
        };
        self.rule(answer?, Some(ticket.until))
    }

    /// Asks about a code.
    fn ask_about(&self, code: &str) -> Result<Answer> {
        let answer = self.verifier.ask(Ask::Code(code))?;
        if answer.outcome == Outcome::Grant {
            // This login opens no further session. A user has room for few grants, and those of the portal must stay.
            // If this fails, the grant ends by itself, and no one else knows its client.
            let _ = self.verifier.ask(Ask::End);
        }
        Ok(answer)
    }

    /// Turns an answer into a ruling. The user may enter a code, or another one, until `until`.
    // SECURITY: the only place that grants.
    fn rule(&self, answer: Answer, until: Option<i64>) -> Result<Ruling> {
        if self.must_enrol_elsewhere(&answer) {
            return Ok(Ruling::Reject { reason: answer.reason, message: ENROL_FIRST.into() });
        }
        let may_retry = [Reason::WrongCode.as_str(), Reason::CodeUsed.as_str()]
            .contains(&answer.reason.as_str());
        Ok(match (answer.outcome, until) {
            (Outcome::Grant, _) => {
                let message = is_news(&answer.reason).then_some(answer.message);
                Ruling::Grant { reason: answer.reason, message }
            }
            (Outcome::Challenge, Some(until)) => {
                Ruling::Challenge { message: prompt(&answer), reason: answer.reason, until }
            }
            (Outcome::Deny, Some(until)) if may_retry => {
                let message = Zeroizing::new(answer.message);
                Ruling::Challenge { reason: answer.reason, message, until }
            }
            (Outcome::Deny | Outcome::Challenge, _) => {
                Ruling::Reject { reason: answer.reason, message: answer.message }
            }
            (Outcome::Error | Outcome::Ended, _) => {
                let what = format!("the verifier could not decide: {}", printable(&answer.reason));
                return Err(Error::new(ErrorKind::System, what));
            }
        })
    }

    fn must_enrol_elsewhere(&self, answer: &Answer) -> bool {
        !self.cli.show_enrolment && answer.reason == Reason::EnrolmentRequired.as_str()
    }
}

/// The options of every question.
fn options(process: &Process, cli: &Cli, attributes: &Attributes) -> Result<Vec<OsString>> {
    let session = HEXLOWER.encode(&process.random::<16>()?[..]);
    let mut options = vec![format!("--client=radius-{session}").into(), "--qr=none".into()];
    if let Some(store) = &cli.store {
        let mut option = OsString::from("--store=");
        option.push(store);
        options.push(option);
    }
    let groups = attributes.texts("RW2FA_GROUP")?;
    if cli.no_groups {
        options.push("--no-groups".into());
    } else {
        options.extend(groups.iter().map(|group| format!("--group={}", group.as_str()).into()));
    }
    // For the trail only: an unreadable address does not refuse the login.
    if let Ok(Some(address)) = attributes.text("CALLING_STATION_ID") {
        options.push(format!("--ip={}", printable(&address)).into());
    }
    Ok(options)
}

/// Whether the message of this grant says something that the user should know.
fn is_news(reason: &str) -> bool {
    [Reason::Activated, Reason::RecoveryCodeAccepted, Reason::TemporaryCodeAccepted]
        .iter()
        .any(|news| news.as_str() == reason)
}

/// The text that asks for the code. For a new user, it contains the secret.
fn prompt(answer: &Answer) -> Zeroizing<String> {
    let Some(secret) = &answer.secret else { return Zeroizing::new(answer.message.clone()) };
    let mut text = Zeroizing::new(String::with_capacity(256));
    text.push_str("Add an account to your authenticator app with this key:");
    for group in secret.as_bytes().chunks(4) {
        text.push(' ');
        text.extend(group.iter().map(|byte| char::from(*byte)));
    }
    text.push_str(" - then enter the code that the app shows.");
    text
}

/// Prints the reply attributes of a ruling, and returns its exit code.
fn print_ruling(process: &mut Process, login: &Login<'_>, ruling: Ruling) -> Result<u8> {
    let (reply, code) = match ruling {
        Ruling::Grant { reason, message } => {
            let reply = Reply::default().text("Rw2fa-Reason", &reason);
            (reply.message(message.as_deref().unwrap_or_default()), GRANTED)
        }
        Ruling::Reject { reason, message } => {
            (Reply::default().text("Rw2fa-Reason", &reason).message(&message), REJECTED)
        }
        Ruling::Challenge { reason, message, until } => {
            let (state, handle) = (process.random::<32>()?, process.random::<16>()?);
            let (user, client) = (login.user.clone(), login.client.clone());
            login.tickets.issue(&state[..], &Ticket { user, client, until })?;
            let reply = Reply::default().octets("State", &state[..]).message(&message);
            login.tickets.keep_reply(&handle[..], &Zeroizing::new(reply.line().to_owned()))?;
            let reply = Reply::default().text("Rw2fa-Reason", &reason);
            (reply.octets("Rw2fa-Handle", &handle[..]), CHALLENGED)
        }
    };
    print(process, reply.line().as_bytes())?;
    Ok(code)
}

/// Prints the reply of the challenge that the first call of this request has prepared.
fn print_reply(process: &mut Process, cli: &Cli, attributes: &Attributes) -> Result<u8> {
    let handle = attributes.octets("RW2FA_HANDLE")?.unwrap_or_default();
    let tickets = Tickets::open(&cli.tickets, process.now())?;
    let Some(reply) = tickets.take_reply(&handle)? else {
        return Err(Error::new(ErrorKind::Refused, "no challenge is waiting for this reply"));
    };
    print(process, &reply)?;
    Ok(GRANTED)
}

fn print(process: &mut Process, line: &[u8]) -> Result<()> {
    let stdout = &mut process.stdout;
    let written =
        stdout.write_all(line).and_then(|()| stdout.write_all(b"\n")).and_then(|()| stdout.flush());
    written.map_err(|error| Error::io(ErrorKind::System, "cannot write the reply", error))
}

/// Reports an error and returns the exit code. FreeRADIUS discards standard error, unless it is debugging, but logs
/// the reply.
fn report(process: &mut Process, error: &Error) -> u8 {
    let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    let text = format!("rw2fa-radius: {error}{hint}\n");
    let _ = process.stderr.write_all(printable(&text).as_bytes());
    let is_refusal = error.kind() == ErrorKind::Refused;
    let message = if is_refusal { "" } else { UNAVAILABLE };
    let reply = Reply::default().text("Rw2fa-Reason", &format!("error: {error}")).message(message);
    // The exit code refuses the user, whether this is written or not.
    let _ = print(process, reply.line().as_bytes());
    if is_refusal { REJECTED } else { FAILED }
}
