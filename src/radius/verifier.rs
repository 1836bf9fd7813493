//! Asks `rw2fa-verify`, as docs/portal.md describes it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::json;
use crate::platform::child;
use crate::verify::reason::Outcome;

/// How long all questions of one request may take. The exec module's `timeout` is longer.
const PATIENCE: Duration = Duration::from_secs(22);

/// The version of the protocol.
const SCHEMA: u32 = 1;

/// The verifier reads at most this many bytes of a code.
const LONGEST_CODE: usize = 255;

/// A question about a user.
#[derive(Clone, Copy)]
pub(super) enum Ask<'a> {
    /// Does the user need a code? Changes, sends and shows nothing.
    Check,
    /// The same; sends a message or shows a secret, if the user needs it.
    Begin,
    /// Is this code right?
    Code(&'a str),
    /// Ends what a right code has granted.
    End,
}

/// The verifier, for one request.
pub(super) struct Verifier {
    program: PathBuf,
    options: Vec<OsString>,
    user: String,
    deadline: Instant,
}

/// The verifier's answer. SECURITY: not `Debug`, because it may contain a secret.
pub(super) struct Answer {
    /// What to do.
    pub(super) outcome: Outcome,
    /// Why.
    pub(super) reason: String,
    /// A text for the user.
    pub(super) message: String,
    /// Where the user gets codes.
    pub(super) method: Option<String>,
    /// The secret of a new user, in base32.
    pub(super) secret: Option<Zeroizing<String>>,
}

/// The fields of an answer that matter here. Further ones may come.
#[derive(Deserialize)]
struct Document {
    schema: u32,
    outcome: String,
    reason: String,
    message: String,
    method: Option<String>,
    enrolment: Option<Enrolment>,
}

#[derive(Deserialize)]
struct Enrolment {
    secret: Zeroizing<String>,
}

impl Verifier {
    /// Prepares to ask this program about a user.
    pub(super) fn new(program: PathBuf, options: Vec<OsString>, user: &str) -> Self {
        Self { program, options, user: user.to_owned(), deadline: Instant::now() + PATIENCE }
    }

    /// Asks.
    ///
    /// # Errors
    /// If the verifier gives no answer that can be trusted.
    pub(super) fn ask(&self, question: Ask<'_>) -> Result<Answer> {
        let (option, input) = match question {
            Ask::Check => (Some("--check"), Zeroizing::default()),
            Ask::Begin => (None, Zeroizing::default()),
            Ask::Code(code) => (Some("--code-stdin"), line(code)),
            Ask::End => (Some("--end"), Zeroizing::default()),
        };
        // SECURITY: an array of arguments, the user's name after `--`, and the code on standard input.
        let mut args = self.options.clone();
        args.extend(option.map(OsString::from));
        args.extend(["--".into(), OsString::from(&self.user)]);
        let patience = self.deadline.saturating_duration_since(Instant::now());
        let output = child::run(&self.program, &args, input.as_bytes(), patience)?;
        Answer::read(output.code, &Zeroizing::new(output.stdout))
    }
}

/// The line with the code. Text that cannot be one line is not a code, either.
fn line(code: &str) -> Zeroizing<String> {
    let is_line = code.len() <= LONGEST_CODE && !code.contains(['\r', '\n']);
    Zeroizing::new(format!("{}\n", if is_line { code } else { "not a code" }))
}

impl Answer {
    /// Reads what a verifier printed that ended with this exit code.
    // SECURITY: nothing is quoted in an error, because it may be a secret.
    fn read(exit_code: Option<i32>, printed: &[u8]) -> Result<Self> {
        let failed = |what: &str| Error::new(ErrorKind::System, what);
        let exit_code = match exit_code {
            Some(2) => {
                return Err(Error::new(ErrorKind::Refused, "the verifier refused the call")
                    .with_hint("the name is not valid, or the options of rw2fa-radius are wrong"));
            }
            Some(code) => code,
            None => return Err(failed("the verifier was killed")),
        };
        let document: Document = json::from_slice(printed)
            .map_err(|_| failed(&format!("the verifier ended with {exit_code} and no answer")))?;
        if document.schema != SCHEMA {
            return Err(failed("the verifier's answer has an unknown schema"));
        }
        // SECURITY: only exit code and outcome together decide.
        let named = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == document.outcome);
        let outcome = named
            .filter(|outcome| i32::from(outcome.exit_code()) == exit_code)
            .ok_or_else(|| failed("the verifier's exit code contradicts its answer"))?;
        Ok(Self {
            outcome,
            reason: document.reason,
            message: document.message,
            method: document.method,
            secret: document.enrolment.map(|enrolment| enrolment.secret),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(outcome: &str) -> String {
        format!(r#"{{"schema":1,"outcome":"{outcome}","reason":"r","message":"m","new":[]}}"#)
    }

    /// Guards the only way in: exit code 0 together with the outcome `grant`.
    #[test]
    fn exit_code_and_outcome_must_agree() {
        for outcome in Outcome::ALL {
            for exit_code in -1..=9 {
                let read = Answer::read(Some(exit_code), answer(outcome.as_str()).as_bytes());
                let expected = exit_code == i32::from(outcome.exit_code());
                assert_eq!(read.is_ok(), expected, "{outcome:?} {exit_code}");
            }
        }
        assert!(Answer::read(None, answer("grant").as_bytes()).is_err());
    }

    #[test]
    fn garbage_is_not_an_answer() {
        for text in [
            String::new(),
            "grant".into(),
            answer("grant") + &answer("grant"),
            answer("grant").replace("\"schema\":1", "\"schema\":2"),
            answer("grant").replace("\"schema\":1,", ""),
            answer("grant").replace("\"reason\"", "\"outcome\":\"deny\",\"reason\""),
            answer("Grant"),
            answer("grant").replace("\"message\":\"m\"", "\"message\":null"),
        ] {
            assert!(Answer::read(Some(0), text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_code_is_one_line() {
        for (code, expected) in [
            ("123456", "123456\n"),
            ("1\n2", "not a code\n"),
            ("1\r", "not a code\n"),
            (&"1".repeat(256), "not a code\n"),
        ] {
            assert_eq!(line(code).as_str(), expected);
        }
    }
}
