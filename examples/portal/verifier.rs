//! Runs `rw2fa-verify`, which alone decides who may enter.
//!
//! One process per question. SECURITY: anything but a clear grant is a refusal: a verifier that is
//! missing, hangs, dies, or gives an unknown answer lets no one in.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::log;

/// The verifier ends by itself within 20 s. Otherwise it is killed.
const LIMIT: Duration = Duration::from_secs(30);

/// The longest answer that is read: an enrolment with the largest QR code.
const LONGEST_ANSWER: u64 = 1 << 20;

/// The supported version of the protocol.
const SCHEMA: u32 = 1;

/// The verifier reads at most this many bytes of a code.
const LONGEST_CODE: usize = 255;

/// Where the verifier is, and which store it uses.
pub(crate) struct Verifier {
    /// The program.
    pub(crate) program: PathBuf,
    /// A store other than the system's. A set-uid verifier ignores it.
    pub(crate) store: Option<PathBuf>,
}

/// The user in question.
#[derive(Clone)]
pub(crate) struct Caller {
    /// The account as the directory spells it, never what was typed.
    pub(crate) account: String,
    /// The user's groups, as the directory knows them.
    pub(crate) groups: Vec<String>,
    /// Identifies this sign-in to the verifier. SECURITY: a separate random number, never the
    /// cookie: it appears on command lines, which other accounts of the machine can read.
    pub(crate) client: String,
    /// The user's address, for the audit trail.
    pub(crate) ip: Option<IpAddr>,
    /// The `Accept-Language` header of the user's browser, as it came: the verifier picks the best language.
    pub(crate) languages: Option<String>,
}

/// The two kinds of sessions that this portal opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A desktop in the browser.
    Html5,
    /// A server program in its own window.
    RemoteApp,
}

/// A question for the verifier.
pub(crate) enum Ask {
    /// What must this user do now? Sends an SMS or shows a QR code if needed.
    WhatIsNeeded,
    /// The same, and sends the SMS once more.
    Resend,
    /// Is this code right? With a session: also opens it.
    Code(String, Option<Kind>),
    /// May this session be opened or reconnected?
    Open(Kind),
    /// The same without opening it: was this client let in?
    Check(Kind),
    /// Signs the client out.
    End,
}

/// The verifier's answer. SECURITY: not `Debug`, because an enrolment contains the user's secret.
#[derive(Clone, Deserialize)]
pub(crate) struct Answer {
    /// The version of the protocol.
    schema: u32,
    /// Grant, deny, challenge, error or ended.
    pub(crate) outcome: Outcome,
    /// The reason, by which the page is chosen. An unknown one gets the page of its outcome.
    pub(crate) reason: String,
    /// A short text for the user. Shown, never parsed.
    pub(crate) message: String,
    /// The language of the message, for the `lang` attribute. Earlier verifiers have only English messages.
    #[serde(default = "english")]
    pub(crate) language: String,
    /// How codes reach the user.
    pub(crate) method: Option<Method>,
    /// How many digits a code has.
    pub(crate) digits: Option<u8>,
    /// Whether the user has proved a code before.
    pub(crate) enrolled: Option<bool>,
    /// How many wrong codes are left until the lock.
    pub(crate) attempts_left: Option<u32>,
    /// Seconds until a code is compared again; absent if an administrator has to unlock.
    pub(crate) retry_after: Option<u64>,
    /// What the user's app needs.
    pub(crate) enrolment: Option<Enrolment>,
    /// When another message may be sent. `message` also says where it went.
    pub(crate) sms: Option<Sms>,
    /// The grant.
    pub(crate) grant: Option<Grant>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Grant,
    Deny,
    Challenge,
    Error,
    Ended,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Method {
    App,
    Sms,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Enrolment {
    pub(crate) uri: String,
    pub(crate) secret: String,
    pub(crate) qr: Option<String>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Sms {
    pub(crate) retry_after: Option<u64>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Grant {
    pub(crate) valid_until: Option<String>,
}

impl Verifier {
    /// Asks, and always returns an answer: a refusal if nothing could be decided.
    ///
    /// The question continues even if the browser disconnects: a code that is being spent is spent
    /// completely, and the second of two clicks finds that out.
    pub(crate) async fn ask(self: &Arc<Self>, caller: &Caller, ask: Ask) -> Answer {
        let (verifier, caller) = (Arc::clone(self), caller.clone());
        let question = tokio::spawn(async move {
            let answer = verifier.run(&caller, &ask).await;
            let answer = answer.unwrap_or_else(|error| Answer::undecided(&error));
            log(&format!("{:?} {}: {:?}", caller.account, answer.reason, answer.outcome));
            answer
        });
        question.await.unwrap_or_else(|error| Answer::undecided(&error.into()))
    }

    async fn run(&self, caller: &Caller, ask: &Ask) -> Result<Answer> {
        // SECURITY: an array of arguments, never a shell. The environment is empty, so nothing from
        // the portal's environment reaches the verifier.
        let mut command = Command::new(&self.program);
        command.env_clear().kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        if let Some(store) = &self.store {
            command.arg("--store").arg(store);
        }
        command.args(arguments(caller, ask));
        let mut child =
            command.spawn().with_context(|| format!("cannot run {}", self.program.display()))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let exchange = async {
            // SECURITY: the code goes through standard input, because other accounts can read
            // arguments.
            let line = format!("{}\n", ask.code().unwrap_or_default());
            if let Some(mut stdin) = stdin {
                // It may end without reading; its answer says more than this error.
                let _ = stdin.write_all(line.as_bytes()).await;
            }
            let mut printed = String::new();
            if let Some(stdout) = stdout {
                stdout.take(LONGEST_ANSWER).read_to_string(&mut printed).await?;
            }
            Ok::<_, std::io::Error>((printed, child.wait().await?))
        };
        // Dropping the exchange kills the child process.
        let (printed, status) = tokio::time::timeout(LIMIT, exchange)
            .await
            .context("the verifier did not end and was killed")?
            .context("the verifier's output could not be read")?;
        Answer::read(status.code(), &printed)
    }
}

/// Builds the command line. The user's name comes last, after `--`.
fn arguments(caller: &Caller, ask: &Ask) -> Vec<String> {
    // Name and value in one argument: otherwise a value that begins with `-`, as random ids
    // sometimes do, would be taken for an option.
    let mut args = vec![format!("--client={}", caller.client)];
    args.extend(caller.ip.map(|ip| format!("--ip={ip}")));
    args.extend(caller.languages.iter().map(|languages| format!("--language={languages}")));
    let session = |kind: Kind| format!("--session={}", kind.argument());
    match ask {
        Ask::WhatIsNeeded => {}
        Ask::Resend => args.push("--resend".into()),
        Ask::Code(_, kind) => {
            args.push("--code-stdin".into());
            args.extend(kind.map(session));
        }
        Ask::Open(kind) => args.push(session(*kind)),
        Ask::Check(kind) => {
            args.extend([session(*kind), "--check".into()]);
        }
        Ask::End => args.push("--end".into()),
    }
    // SECURITY: always one of the two. Without either, the verifier would ask the operating system,
    // which may know other groups than the directory that checked the password.
    if caller.groups.is_empty() {
        args.push("--no-groups".into());
    }
    args.extend(caller.groups.iter().map(|group| format!("--group={group}")));
    args.extend(["--".into(), caller.account.clone()]);
    args
}

fn english() -> String {
    "en".into()
}

impl Ask {
    fn code(&self) -> Option<&str> {
        match self {
            // The verifier reads one line. Text with a line break cannot be a code.
            Ask::Code(code, _) if code.len() <= LONGEST_CODE && !code.contains(['\r', '\n']) => {
                Some(code)
            }
            Ask::Code(..) => Some("not a code"),
            _ => None,
        }
    }
}

impl Kind {
    fn argument(self) -> &'static str {
        match self {
            Kind::Html5 => "html5",
            Kind::RemoteApp => "remoteapp",
        }
    }
}

impl Answer {
    /// Whether the user may enter. The only place that decides this.
    pub(crate) fn is_granted(&self) -> bool {
        // SECURITY: answers are created only by `read`, which has compared the exit code.
        self.outcome == Outcome::Grant
    }

    /// Reads the answer of a verifier with this exit code and output.
    fn read(exit_code: Option<i32>, printed: &str) -> Result<Self> {
        let Some(exit_code) = exit_code else { bail!("the verifier was killed") };
        ensure!(exit_code != 2, "the verifier was called with invalid arguments");
        // The output is not quoted: it may contain a secret.
        let answer: Self = serde_json::from_str(printed)
            .map_err(|_| anyhow::anyhow!("exit code {exit_code} without a valid answer"))?;
        ensure!(answer.schema == SCHEMA, "schema {} is not supported", answer.schema);
        let expected = match answer.outcome {
            Outcome::Grant => 0,
            Outcome::Deny => 1,
            Outcome::Challenge => 3,
            Outcome::Error => 4,
            Outcome::Ended => 5,
        };
        // SECURITY: exit code and outcome must agree.
        ensure!(exit_code == expected, "exit code {exit_code} contradicts the outcome");
        Ok(answer)
    }

    /// The answer used when the verifier gave none.
    fn undecided(error: &anyhow::Error) -> Self {
        log(&format!("the verifier failed: {error:#}"));
        Self {
            schema: SCHEMA,
            outcome: Outcome::Error,
            reason: "no-answer".into(),
            message: "Sign-in is not available right now. Tell your administrator.".into(),
            language: english(),
            method: None,
            digits: None,
            enrolled: None,
            attempts_left: None,
            retry_after: None,
            enrolment: None,
            sms: None,
            grant: None,
        }
    }
}
