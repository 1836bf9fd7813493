//! The page after the password: whatever the verifier wants of the user.

use maud::{Markup, PreEscaped, html};

use crate::pages::{alert, card, page as whole_page, status, token_field};
use crate::sessions::Session;
use crate::verifier::{Answer, Enrolment, Method, Outcome};

/// What the user wants to type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// What his app shows, or what was sent to him.
    Code,
    /// One of those that he has on paper. The verifier takes it in the same place.
    RecoveryCode,
}

/// Chooses the page by reason, and by the outcome where the reason is not known.
pub(crate) fn page(token: &str, session: &Session, answer: &Answer, field: Field) -> Markup {
    match (answer.outcome, answer.reason.as_str(), &answer.enrolment) {
        (Outcome::Challenge, _, Some(enrolment)) => activation(token, session, answer, enrolment),
        (Outcome::Challenge, _, None) | (Outcome::Deny, "wrong-code" | "code-used", _) => {
            code(token, session, answer, field)
        }
        (Outcome::Deny, "locked", _) => locked(token, session, answer),
        _ => refused(token, session, answer),
    }
}

/// A field for a code.
fn code(token: &str, session: &Session, answer: &Answer, field: Field) -> Markup {
    let is_wrong = answer.outcome == Outcome::Deny;
    let on_paper = field == Field::RecoveryCode;
    let by_sms = answer.method == Some(Method::Sms) && !on_paper;
    let heading = match (on_paper, by_sms) {
        (true, _) => "Enter a recovery code",
        (false, true) => "Check your phone",
        (false, false) => "Enter your code",
    };
    card(
        &title(heading, is_wrong),
        &html! {
            (for_whom(session))
            h1 { (heading) }
            @if is_wrong {
                (alert(&answer.message, attempts_left(answer).as_deref()))
            } @else if on_paper {
                p.lead { "Each code on your list signs you in once, in place of the code from your phone." }
            } @else if by_sms {
                // Whether, and where to, a message was sent: news, also after a press of the button below.
                (status(&answer.message))
            } @else {
                p.lead { (answer.message) }
            }
            (code_form(token, answer, field))
            @if by_sms {
                (resend_form(token, answer))
            }
            @if on_paper {
                p.aside { a href="/code" { "Use the code from your phone" } }
            } @else if answer.enrolled == Some(true) {
                p.aside { a href="/code?with=recovery-code" { "Use a recovery code" } }
            } @else if !by_sms && answer.enrolled == Some(false) && answer.reason != "code-required" {
                // What was handed over in person is shown by no login.
                p.aside { a href="/code" { "Show the QR code again" } }
            }
            (leave(token, session))
        },
    )
}

/// QR code and secret of somebody who has no app yet.
fn activation(token: &str, session: &Session, answer: &Answer, enrolment: &Enrolment) -> Markup {
    whole_page(
        "Set up your authenticator app",
        &html! {},
        &html! {
            div.card.wide {
                (for_whom(session))
                h1 { "Set up your authenticator app" }
                p.lead { "From now on you sign in with your password and a code from your phone. This takes a minute." }
                div.setup {
                    @if let Some(qr) = &enrolment.qr {
                        // Made by our own verifier: one SVG element without scripts or styles.
                        div.see {
                            figure.qr { (PreEscaped(qr)) }
                            p.hint { "Whoever sees this picture or the key can make your codes. Do not share or photograph it." }
                        }
                    }
                    ol.steps {
                        li {
                            h2 { "Get an app" }
                            p { "Google Authenticator, Microsoft Authenticator, Authy, or any other that shows codes." }
                        }
                        li {
                            h2 { "Scan the QR code" }
                            p { "On this phone already? " a href=(enrolment.uri) { "Open your app" } ". Or type this key into it:" }
                            p.secret { code id="secret" { @for part in parts(&enrolment.secret) { span { (part) } wbr; } } }
                        }
                        li {
                            h2 { "Enter the code that it shows" }
                            (code_form(token, answer, Field::Code))
                        }
                    }
                }
                (leave(token, session))
            }
        },
    )
}

/// Too many wrong codes.
fn locked(token: &str, session: &Session, answer: &Answer) -> Markup {
    card(
        &title("Sign-in locked", true),
        &html! {
            h1 { "Sign-in locked" }
            (alert(&answer.message, None))
            @if answer.retry_after.is_some() {
                p { "Codes that you type before then are not looked at. If it was not you who typed the \
                     wrong codes, somebody knows your password: tell your administrator." }
                a.button.primary href="/code" { "Try again" }
            }
            (leave(token, session))
        },
    )
}

/// Nothing that the user can mend.
fn refused(token: &str, session: &Session, answer: &Answer) -> Markup {
    let is_error = answer.outcome != Outcome::Deny;
    let heading = if is_error { "Sign-in is not available" } else { "You cannot sign in" };
    card(
        &title(heading, true),
        &html! {
            h1 { (heading) }
            (alert(&answer.message, None))
            @if is_error { a.button.primary href="/code" { "Try again" } }
            (leave(token, session))
            // For the call to the help desk; it tells nothing about the user.
            p.hint { "Reference: " (answer.reason) }
        },
    )
}

/// The field, with all that helps phones, password managers and screen readers.
fn code_form(token: &str, answer: &Answer, field: Field) -> Markup {
    let is_wrong = answer.outcome == Outcome::Deny;
    let described = if is_wrong { "error code-hint" } else { "code-hint" };
    let on_paper = field == Field::RecoveryCode;
    let hint = match answer.digits {
        _ if on_paper => "16 letters and digits".into(),
        Some(digits) => format!("{digits} digits"),
        None => "The digits of your code".into(),
    };
    html! {
        form method="post" action="/code" {
            (token_field(token))
            label for="code" { @if on_paper { "Recovery code" } @else { "Code" } }
            // Neither `pattern` nor a short `maxlength`: spaces and dashes are allowed in a code, and a
            // recovery code is right in this field, too.
            input.code id="code" name="code" type="text"
                inputmode=(if on_paper { "text" } else { "numeric" })
                autocomplete=(if on_paper { "off" } else { "one-time-code" })
                autocapitalize="none" autocorrect="off" spellcheck="false" maxlength="40" required
                autofocus[answer.enrolment.is_none()]
                aria-describedby=(described) aria-invalid=[is_wrong.then_some("true")];
            p.hint id="code-hint" { (hint) }
            button.primary type="submit" { "Continue" }
        }
    }
}

/// The same message again. A form of its own, so that the empty field for the code does not stop it.
fn resend_form(token: &str, answer: &Answer) -> Markup {
    let wait = answer.sms.as_ref().and_then(|sms| sms.retry_after).filter(|seconds| *seconds > 0);
    html! {
        form.aside method="post" action="/code" {
            (token_field(token))
            button.plain type="submit" name="resend" value="yes" { "Send the message again" }
            // Where no message may be sent yet, the verifier's own words tell when.
            @if let Some(seconds) = wait.filter(|_| answer.reason != "sms-not-yet") {
                p.hint { "Possible in " (seconds) " seconds." }
            }
        }
    }
}

/// The way out: back to what is open, or to the password page.
fn leave(token: &str, session: &Session) -> Markup {
    html! {
        @if session.is_signed_in() {
            p.aside { a href="/desktop" { "Back to your desktop" } }
        } @else {
            form.aside method="post" action="/sign-out" {
                (token_field(token))
                button.plain type="submit" { "Use another account" }
            }
        }
    }
}

fn for_whom(session: &Session) -> Markup {
    html! {
        p.who {
            (session.account.full_name)
            @if let Some(resource) = session.opening() { " · to open " strong { (resource.title) } }
        }
    }
}

fn title(heading: &str, is_error: bool) -> String {
    if is_error { format!("Error: {heading}") } else { heading.to_owned() }
}

fn attempts_left(answer: &Answer) -> Option<String> {
    match answer.attempts_left? {
        1 => Some("1 attempt left.".into()),
        left => Some(format!("{left} attempts left.")),
    }
}

/// Groups of four, which are easier to type. There are no spaces between them when it is copied.
fn parts(secret: &str) -> impl Iterator<Item = &str> {
    (0..secret.len()).step_by(4).filter_map(|at| secret.get(at..(at + 4).min(secret.len())))
}
