//! Calls `rw2fa-verify`, which alone decides.

use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

use zeroize::{Zeroize, Zeroizing};

use crate::answer::{Answer, Outcome};
use crate::options::{Options, Qr};
use crate::process;

/// How long one call may take. The verifier ends by itself within 20 s.
const LIMIT: Duration = Duration::from_secs(25);

/// The longest text that is passed on as a code, in bytes. The verifier calls more a wrong code.
const LONGEST_CODE: usize = 255;

/// The most of an address that is passed on, in bytes. The verifier records 64.
const LONGEST_ADDRESS: usize = 256;

/// The longest name that is passed on, in bytes: the longest login name of Linux is shorter.
const LONGEST_NAME: usize = 4096;

/// A question for the verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question<'a> {
    /// What does this user need? Shows a QR code or sends a message, if that is needed.
    Start,
    /// The same, without showing or sending anything.
    Check,
    /// Is this code right?
    Code(&'a [u8]),
    /// May this user connect by plain RDP?
    Rdp,
    /// The grant of this conversation is not needed any more.
    End,
}

/// Who is asked about.
pub(crate) struct Subject {
    pub(crate) user: CString,
    /// Where the user comes from, if the program that calls PAM says so.
    pub(crate) address: Option<CString>,
}

/// What answers questions. A test has another one.
pub(crate) trait Ask {
    /// Asks.
    ///
    /// # Errors
    /// The reason for a missing answer, for the system log.
    fn ask(&self, question: Question<'_>) -> Result<Answer, String>;
}

/// The verifier for one user and one conversation.
pub(crate) struct Verifier<'a> {
    options: &'a Options,
    subject: &'a Subject,
    client: String,
    log: &'a dyn Fn(&str),
}

impl<'a> Verifier<'a> {
    /// # Errors
    /// If the system has no random numbers.
    pub(crate) fn new(
        options: &'a Options,
        subject: &'a Subject,
        log: &'a dyn Fn(&str),
    ) -> Result<Self, String> {
        // SECURITY: a random id, so that a grant that this conversation earns opens nothing else.
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers: {error}"))?;
        let client = format!("pam-{:032x}", u128::from_be_bytes(bytes));
        Ok(Self { options, subject, client, log })
    }

    /// Builds the command line. Values and their options are one argument, and the name comes last, after `--`.
    fn arguments(&self, question: Question<'_>) -> Result<Vec<CString>, String> {
        let mut arguments = vec![c"rw2fa-verify".to_owned()];
        let mut add = |name: &CStr, value: &[u8]| {
            let mut text = name.to_bytes().to_vec();
            text.extend_from_slice(value);
            // Values come from C, so they contain no NUL.
            arguments.push(CString::new(text).map_err(|_| "an argument contains NUL".to_owned())?);
            Ok::<_, String>(())
        };
        if let Some(store) = &self.options.store {
            add(c"--store=", store.to_bytes())?;
        }
        if question == Question::Rdp {
            // Without --client: RDP does not need one, even if `require-client` is on.
            add(c"--session=rdp", b"")?;
        } else {
            add(c"--client=", self.client.as_bytes())?;
        }
        if let Some(address) = &self.subject.address {
            let address = address.to_bytes();
            add(c"--ip=", address.get(..LONGEST_ADDRESS).unwrap_or(address))?;
        }
        if let Some(language) = &self.options.language {
            add(c"--language=", language.to_bytes())?;
        }
        match question {
            Question::Start => {
                let form: &CStr = if self.options.qr == Qr::None { c"none" } else { c"utf8" };
                add(c"--qr=", form.to_bytes())?;
            }
            Question::Check => add(c"--check", b"")?,
            Question::Code(_) => {
                add(c"--code-stdin", b"")?;
                let form: &CStr = if self.options.qr == Qr::None { c"none" } else { c"utf8" };
                add(c"--qr=", form.to_bytes())?;
                if let Some(session) = self.options.session {
                    add(c"--session=", session.as_str().as_bytes())?;
                }
            }
            Question::Rdp => {}
            Question::End => add(c"--end", b"")?,
        }
        add(c"--", b"")?;
        add(c"", self.subject.user.to_bytes())?;
        Ok(arguments)
    }

    fn call(&self, question: Question<'_>) -> Result<Answer, String> {
        if self.subject.user.to_bytes().len() > LONGEST_NAME {
            return Err("the name of the user is too long".to_owned());
        }
        let program = &self.options.verifier;
        let arguments = self.arguments(question)?;
        let input = input(question);
        let finished = process::run(program, &arguments, &input, LIMIT).map_err(|error| {
            let what = match error.kind() {
                std::io::ErrorKind::TimedOut => "it did not end within 25 s".to_owned(),
                _ => error.to_string(),
            };
            format!("{} failed: {what}", program.to_string_lossy())
        })?;
        let errors = || quoted_errors(&finished.stderr, &input);
        let Some(code) = finished.code else {
            return Err(format!("a signal ended the verifier{}", errors()));
        };
        if code == 127 && finished.stdout.is_empty() {
            return Err(format!("{} cannot be run", program.to_string_lossy()));
        }
        let answer = Answer::read(code, &finished.stdout);
        let answer = answer.map_err(|problem| format!("{problem}{}", errors()))?;
        if answer.outcome == Outcome::Error {
            return Err(format!("{}{}", answer.reason, errors()));
        }
        Ok(answer)
    }
}

impl Ask for Verifier<'_> {
    fn ask(&self, question: Question<'_>) -> Result<Answer, String> {
        let started = Instant::now();
        let result = self.call(question);
        if self.options.debug {
            let kind = match question {
                Question::Start => "start",
                Question::Check => "check",
                Question::Code(_) => "code",
                Question::Rdp => "rdp",
                Question::End => "end",
            };
            let reason = result.as_ref().map_or("no answer", |answer| &answer.reason);
            (self.log)(&format!(
                "debug: {kind}: {reason} after {} ms",
                started.elapsed().as_millis()
            ));
        }
        result
    }
}

/// Returns what the verifier reads: the code as one line.
fn input(question: Question<'_>) -> Zeroizing<Vec<u8>> {
    let Question::Code(code) = question else { return Zeroizing::default() };
    let is_line = code.len() <= LONGEST_CODE && !code.contains(&b'\n');
    let code = if is_line { code } else { b"not a code" };
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_CODE.saturating_add(1)));
    line.extend_from_slice(code);
    line.push(b'\n');
    line
}

/// Returns what the verifier said on standard error, for the log. SECURITY: nothing of it if it repeats the code,
/// which the real verifier never does.
fn quoted_errors(stderr: &[u8], input: &[u8]) -> String {
    let code = input.trim_ascii();
    let shows_code = !code.is_empty() && stderr.windows(code.len()).any(|part| part == code);
    let mut text = stderr.trim_ascii().get(..400).unwrap_or(stderr.trim_ascii()).to_vec();
    let shown = if text.is_empty() || shows_code {
        String::new()
    } else {
        format!(": {}", text.escape_ascii().to_string().replace("\\n", "; "))
    };
    text.zeroize();
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Session;

    fn subject(user: &[u8], address: Option<&[u8]>) -> Subject {
        Subject {
            user: CString::new(user).unwrap(),
            address: address.map(|address| CString::new(address).unwrap()),
        }
    }

    fn line(options: &Options, subject: &Subject, question: Question<'_>) -> Vec<String> {
        let verifier = Verifier::new(options, subject, &|_| {}).unwrap();
        let arguments = verifier.arguments(question).unwrap();
        let client = format!("--client={}", verifier.client);
        let shown = arguments.iter().map(|argument| argument.to_string_lossy().into_owned());
        shown.map(|argument| argument.replace(&client, "--client=X")).collect()
    }

    /// Guards that no name or address is taken for an option.
    #[test]
    fn hostile_names_stay_names() {
        let options = Options::default();
        for name in ["-x", "--help", "--", "a b", "a\nb", "", &"n".repeat(256)] {
            let line = line(&options, &subject(name.as_bytes(), Some(b"--end")), Question::Start);
            let expected = ["rw2fa-verify", "--client=X", "--ip=--end", "--qr=utf8", "--", name];
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn each_question_has_its_options() {
        let options = Options {
            session: Some(Session::Html5),
            store: Some(c"/s".to_owned()),
            qr: Qr::None,
            ..Options::default()
        };
        let subject = subject(b"alice", Some(&[b'a'; 300]));
        let address = format!("--ip={}", "a".repeat(LONGEST_ADDRESS));
        for (question, own) in [
            (Question::Start, &["--client=X", &address, "--qr=none"][..]),
            (Question::Check, &["--client=X", &address, "--check"]),
            (
                Question::Code(b"1"),
                &["--client=X", &address, "--code-stdin", "--qr=none", "--session=html5"],
            ),
            (Question::Rdp, &["--session=rdp", &address]),
            (Question::End, &["--client=X", &address, "--end"]),
        ] {
            let expected = [&["rw2fa-verify", "--store=/s"], own, &["--", "alice"]].concat();
            assert_eq!(line(&options, &subject, question), expected);
        }
    }

    /// Guards that conversations share no grant.
    #[test]
    fn every_conversation_is_a_client_of_its_own() {
        let (options, subject) = (Options::default(), subject(b"alice", None));
        let client = || Verifier::new(&options, &subject, &|_| {}).unwrap().client;
        assert_ne!(client(), client());
        assert_eq!(client().len(), 36);
    }

    #[test]
    fn a_code_is_one_line() {
        for (typed, read) in [
            (&b"123456"[..], &b"123456\n"[..]),
            (b"a\nb", b"not a code\n"),
            (&[b'1'; 256], b"not a code\n"),
            (b"\xff", b"\xff\n"),
        ] {
            assert_eq!(input(Question::Code(typed)).as_slice(), read);
        }
        assert!(input(Question::Start).is_empty());
    }

    /// Guards the log against codes, and against lines that a name or an error could add.
    #[test]
    fn errors_are_quoted_on_one_line_without_the_code() {
        assert_eq!(quoted_errors(b"a\nb\x1b[2J\n", b""), ": a; b\\x1b[2J");
        assert_eq!(quoted_errors(b"wrong: 123456", b"123456\n"), "");
        assert_eq!(quoted_errors(b"", b"123456\n"), "");
        assert!(quoted_errors(&[b'\xff'; 2048], b"1\n").len() < 1700);
    }
}
