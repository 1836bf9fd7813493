//! One login: what the user is shown and asked, and what the verifier's answers lead to.
//!
//! Knows neither PAM nor processes: both are behind traits, so that the tests can play them.

use zeroize::Zeroizing;

use crate::answer::{Answer, Outcome};
use crate::field;
use crate::options::{FirstPass, Options, Qr};
use crate::verifier::{Ask, Question};

/// The number of digits where the verifier does not say it.
const USUAL_DIGITS: usize = 6;

/// Text that the user typed.
pub(crate) type Typed = Zeroizing<Vec<u8>>;

/// The program that calls PAM.
pub(crate) trait Application {
    /// Shows a text.
    fn show(&self, text: &str);
    /// Shows a text to a user who is in, unless the program wants none.
    fn greet(&self, text: &str);
    /// Shows an error.
    fn show_error(&self, text: &str);
    /// Asks the user; `None` if the program cannot.
    fn prompt(&self, text: &str) -> Option<Typed>;
    /// The password that an earlier module asked for.
    fn password(&self) -> Option<Typed>;
    /// Passes a password on to later modules. Returns whether that worked.
    fn pass_on(&self, password: &[u8]) -> bool;
}

/// How a login ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The verifier granted it, for this reason.
    Granted(String),
    /// The user is refused, for this reason.
    Denied(String),
    /// Nothing could be decided, for this reason.
    Unavailable(String),
    /// The program cannot ask the user.
    NoConversation,
}

/// One login by a code.
pub(crate) struct Login<'a> {
    pub(crate) options: &'a Options,
    pub(crate) application: &'a dyn Application,
    pub(crate) verifier: &'a dyn Ask,
    /// Whether sshd has accepted the user's public key.
    pub(crate) has_key: bool,
}

/// A result that may end the login early.
type Step<T> = Result<T, Verdict>;

impl Login<'_> {
    /// Asks for the code.
    pub(crate) fn run(&self) -> Verdict {
        let result = if self.options.forward_pass { self.one_field() } else { self.code() };
        result.unwrap_or_else(|verdict| verdict)
    }

    /// Asks the verifier about plain RDP, without a code.
    pub(crate) fn rdp(&self) -> Verdict {
        let answer = match self.ask(Question::Rdp) {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        match answer.outcome {
            Outcome::Grant => Verdict::Granted(answer.reason),
            _ => self.refuse(answer),
        }
    }

    /// The usual case: a field of its own for the code.
    fn code(&self) -> Step<Verdict> {
        let password = self.application.password();
        // SECURITY: a stranger must not see the secret of a user who has not enrolled, or have messages sent. So
        // that takes a password or a key, and `--check` where the module comes before both.
        let is_proven = self.has_key || password.is_some() && !self.options.takes_first();
        let first = self.ask(if is_proven { Question::Start } else { Question::Check })?;
        match first.outcome {
            Outcome::Grant => return Ok(Verdict::Granted(first.reason)),
            Outcome::Challenge if is_proven => {
                self.challenge(&first);
                if first.reason == "sms-not-yet" {
                    return Ok(Verdict::Denied(first.reason));
                }
            }
            Outcome::Challenge => self.check_unproven(&first)?,
            _ => return Ok(self.refuse(first)),
        }
        let digits = first.digits.unwrap_or(USUAL_DIGITS);
        let ready = password.as_ref().filter(|text| match self.options.first_pass {
            FirstPass::Ignore => false,
            FirstPass::Try => field::looks_like_code(text, digits),
            FirstPass::Use => true,
        });
        Ok(self.codes(ready.cloned(), password.as_ref(), is_proven))
    }

    /// Password and code in one field; the password is passed on.
    fn one_field(&self) -> Step<Verdict> {
        let ready = self.application.password().filter(|_| self.options.takes_first());
        let field = match ready {
            Some(field) => field,
            None if self.options.first_pass == FirstPass::Use => {
                return Err(Verdict::Denied("no earlier module asked for a password".to_owned()));
            }
            None => self.prompt(self.options.prompt.as_deref().unwrap_or("Password and code: "))?,
        };
        // SECURITY: the password is not checked yet, so nothing is shown or sent.
        let first = self.ask(Question::Check)?;
        match first.outcome {
            Outcome::Grant => return Ok(self.passing_on(&field, Verdict::Granted(first.reason))),
            Outcome::Challenge => self.check_unproven(&first)?,
            _ => return Ok(self.refuse(first)),
        }
        let digits = first.digits.unwrap_or(USUAL_DIGITS);
        let Some((password, code)) = field::split(&field, digits) else {
            self.application.show_error("Type the code directly after the password.");
            return Err(Verdict::Denied("the field does not end with a code".to_owned()));
        };
        let verdict = self.codes(Some(Zeroizing::new(code.to_vec())), Some(&field), false);
        Ok(self.passing_on(password, verdict))
    }

    /// Tries codes until one is right or no attempt is left. `ready` is tried first.
    fn codes(
        &self,
        mut ready: Option<Typed>,
        password: Option<&Typed>,
        is_proven: bool,
    ) -> Verdict {
        let mut last = "no code".to_owned();
        for _ in 0..self.options.retries {
            let is_asked = ready.is_none();
            let typed = match ready.take() {
                Some(typed) => typed,
                None if self.options.first_pass == FirstPass::Use => break,
                None => match self.prompt(self.code_prompt()) {
                    Ok(typed) => typed,
                    Err(verdict) => return verdict,
                },
            };
            // SECURITY: to the verifier, blank text is no code, and a question without a code may send a message.
            if is_blank(&typed) {
                continue;
            }
            // SECURITY: some programs answer every prompt with the password. If it consists of digits, it would be
            // charged as a guess.
            if is_asked && password == Some(&typed) {
                self.application.show_error("That is the password, not a code.");
                "the program answered the prompt for the code with the password"
                    .clone_into(&mut last);
                continue;
            }
            let answer = match self.ask(Question::Code(&typed)) {
                Ok(answer) => answer,
                Err(verdict) => return verdict,
            };
            match answer.outcome {
                Outcome::Grant => return self.welcome(answer),
                Outcome::Challenge => {
                    // SECURITY: the user may have been reset since the first question.
                    if !is_proven && let Err(verdict) = self.check_unproven(&answer) {
                        return verdict;
                    }
                    self.challenge(&answer);
                }
                Outcome::Deny if matches!(answer.reason.as_str(), "wrong-code" | "code-used") => {
                    self.application.show_error(&answer.message);
                }
                _ => return self.refuse(answer),
            }
            last = answer.reason;
        }
        Verdict::Denied(last)
    }

    fn code_prompt(&self) -> &str {
        // In the other case, the text is that of the field.
        let own = self.options.prompt.as_deref().filter(|_| !self.options.forward_pass);
        own.unwrap_or("Code: ")
    }

    /// Refuses a user who can only continue with what a stranger must not see.
    fn check_unproven(&self, answer: &Answer) -> Step<()> {
        if answer.reason == "enrolment-required" {
            self.application
                .show_error("Your authenticator app is not set up yet. Ask your administrator.");
            let why = "enrolment-required, and no password or key was checked before";
            return Err(Verdict::Denied(why.to_owned()));
        }
        Ok(())
    }

    /// Shows what the user needs for a code.
    fn challenge(&self, answer: &Answer) {
        self.application.show(&answer.message);
        let Some(enrolment) = &answer.enrolment else { return };
        if let Some(qr) = &enrolment.qr {
            match self.options.qr {
                Qr::Dark => self.application.show(qr),
                Qr::Light => self.application.show(&inverted(qr)),
                Qr::None => {}
            }
        }
        let text = Zeroizing::new(format!("Secret: {}", *enrolment.secret));
        self.application.show(&text);
    }

    /// Lets the user in, and says what they should know.
    fn welcome(&self, answer: Answer) -> Verdict {
        let has_news = ["activated", "recovery-code-accepted", "temporary-code-accepted"]
            .contains(&&*answer.reason);
        if has_news {
            self.application.greet(&answer.message);
        }
        if answer.has_grant {
            // This conversation opens no further session. A user has room for few grants, and those of the portal
            // must stay. If this fails, the grant ends by itself, and no one else knows its client.
            let _ = self.verifier.ask(Question::End);
        }
        Verdict::Granted(answer.reason)
    }

    fn refuse(&self, answer: Answer) -> Verdict {
        self.application.show_error(&answer.message);
        match answer.outcome {
            Outcome::Deny | Outcome::Challenge => Verdict::Denied(answer.reason),
            Outcome::Grant | Outcome::Error | Outcome::Ended => Verdict::Unavailable(answer.reason),
        }
    }

    fn ask(&self, question: Question<'_>) -> Step<Answer> {
        self.verifier.ask(question).map_err(|problem| {
            self.application
                .show_error("The code cannot be checked right now. Tell your administrator.");
            Verdict::Unavailable(problem)
        })
    }

    fn prompt(&self, text: &str) -> Step<Typed> {
        self.application.prompt(text).ok_or(Verdict::NoConversation)
    }

    /// Passes the password on if the login is granted.
    fn passing_on(&self, password: &[u8], verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::Granted(_) if !self.application.pass_on(password) => {
                Verdict::Unavailable("the password cannot be passed on".to_owned())
            }
            verdict => verdict,
        }
    }
}

/// Reports whether text has no letter and no digit.
fn is_blank(typed: &[u8]) -> bool {
    std::str::from_utf8(typed).is_ok_and(|text| !text.chars().any(char::is_alphanumeric))
}

/// Swaps the dark and the light half of each block.
fn inverted(qr: &str) -> Zeroizing<String> {
    let mut swapped = Zeroizing::new(String::with_capacity(qr.len().saturating_mul(3)));
    swapped.extend(qr.chars().map(|c| match c {
        '█' => ' ',
        ' ' => '█',
        '▀' => '▄',
        '▄' => '▀',
        other => other,
    }));
    swapped
}

#[cfg(test)]
mod tests;
