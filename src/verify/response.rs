//! The answer to the portal: its fields, its messages and its two formats.

use std::fmt::Write;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::factor::state::Shown;
use crate::names::listing::Method;
use crate::names::name::Name;
use crate::otp::{self, qr};
use crate::settings::duration;
use crate::verify::details::{Details, EnrolmentNotice, RetryAfter};
use crate::verify::outcome::Decision;
use crate::verify::reason::Reason;
use crate::verify::request::QrForm;

/// One answer. The fields are in the order of the JSON.
#[derive(Serialize)]
pub struct Response {
    schema: u32,
    user: String,
    outcome: &'static str,
    reason: &'static str,
    #[serde(flatten)]
    details: Details,
    message: String,
}

/// How to present a decision.
pub struct Presentation<'a> {
    /// The issuer shown in the authenticator app.
    pub issuer: &'a str,
    /// The format of the QR code.
    pub qr: QrForm,
}

impl Response {
    /// The answer to a decision about `user`.
    ///
    /// # Errors
    /// When the QR code cannot be drawn.
    pub fn new(user: &Name, decision: Decision, present: &Presentation<'_>) -> Result<Self> {
        let mut details = decision.details;
        if let (Some(secret), Some(digits)) = (&details.shown_secret, details.digits) {
            let uri = otp::enrolment_uri(present.issuer, &user.canonical(), secret, digits);
            let picture = match present.qr {
                QrForm::Svg => Some(qr::svg(&uri)),
                QrForm::Png => Some(qr::png_data_uri(&uri)),
                QrForm::None => None,
            };
            let qr = picture
                .transpose()
                .map_err(|error| Error::new(ErrorKind::System, format!("no QR code: {error}")))?;
            let (secret, qr) = (secret.to_base32(), qr.map(Zeroizing::new));
            details.enrolment = Some(EnrolmentNotice { uri, secret, qr });
        }
        Ok(Self::with(user, decision.reason, details))
    }

    /// The answer when no decision was possible.
    pub fn failure(user: &Name, reason: Reason) -> Self {
        Self::with(user, reason, Details::default())
    }

    fn with(user: &Name, reason: Reason, details: Details) -> Self {
        Self {
            schema: 1,
            user: user.canonical(),
            outcome: reason.outcome().as_str(),
            reason: reason.as_str(),
            message: message(reason, &details),
            details,
        }
    }

    /// The answer as one line of JSON, including the newline.
    pub fn json(&self) -> Result<Zeroizing<String>> {
        let mut text = Zeroizing::new(String::with_capacity(8192));
        *text = serde_json::to_string(self).map_err(|error| {
            Error::new(ErrorKind::System, format!("cannot write the answer: {error}"))
        })?;
        text.push('\n');
        Ok(text)
    }

    /// The answer as text for people. Draws the QR code if there is `ink`.
    pub fn text(&self, ink: Option<qr::Ink>) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(8192));
        // Writing into memory cannot fail.
        let _ =
            writeln!(text, "{}: {} ({})\n{}", self.user, self.outcome, self.reason, self.message);
        if let Some(enrolment) = &self.details.enrolment {
            if let Some(Ok(drawing)) = ink.map(|ink| qr::terminal(&enrolment.uri, ink)) {
                let drawing = Zeroizing::new(drawing);
                text.push_str(&drawing);
            }
            let _ = writeln!(text, "secret  {}\nuri     {}", *enrolment.secret, *enrolment.uri);
        }
        if let Some(sms) = self.details.sms.as_ref().filter(|sms| sms.retry_after > 0) {
            let _ = writeln!(text, "another SMS in  {}", duration::words(sms.retry_after));
        }
        if let Some(left) = self.details.attempts_left {
            let _ = writeln!(text, "attempts left  {left}");
        }
        if let Some(grant) = &self.details.grant {
            let _ = match &grant.valid_until {
                Some(until) => writeln!(text, "sessions can open until {until}"),
                None => writeln!(text, "the first session must open before {}", grant.open_before),
            };
        }
        text
    }
}

/// The message for the user, in English. Not meant to be parsed.
fn message(reason: Reason, details: &Details) -> String {
    let by_sms = details.method == Some(Method::Sms);
    let to = details.sms.as_ref().map(|sms| &sms.to);
    let special = match reason {
        Reason::RecoveryCodeAccepted => {
            details.recovery_codes_left.filter(|left| *left > 0).map(|left| {
                format!("You are signed in. Each recovery code works once; codes left: {left}.")
            })
        }
        Reason::TemporaryCodeAccepted => details
            .temporary_uses_left
            .filter(|left| *left > 0)
            .map(|left| format!("You are signed in with your temporary code. Uses left: {left}.")),
        Reason::CodeRequired if details.expects_temporary => {
            let has_app = details.enrolled == Some(true) && !by_sms;
            Some(if has_app {
                "Enter the code that your app shows, or your temporary code.".into()
            } else {
                "Enter the temporary code that your administrator gave you.".into()
            })
        }
        Reason::Activated if by_sms => {
            Some("Your number is confirmed and you are signed in.".into())
        }
        Reason::Activated => details
            .shown
            .as_ref()
            .map(|shown| activated(reason.message(), shown, details.shown_ago)),
        Reason::Locked => match details.retry_after {
            Some(RetryAfter::Seconds(seconds)) => Some(format!(
                "Too many wrong codes. Try again in {} with a new code.",
                duration::words(seconds)
            )),
            _ => None,
        },
        Reason::CodeUsed if by_sms => Some("This code was already used. Ask for a new one.".into()),
        Reason::WrongCode if details.malformed => Some(not_a_code(details)),
        Reason::WrongCode if details.attempts_left == Some(1) => {
            Some("The code is wrong. One more wrong code locks your account for a while.".into())
        }
        Reason::WrongCode if by_sms => {
            Some("The code is wrong or too old. Enter the newest one.".into())
        }
        Reason::CodeRequired if by_sms => Some("A code by SMS is required.".into()),
        Reason::CodeRequired => details
            .digits
            .map(|digits| format!("Enter the {} digits that your app shows.", digits.get())),
        Reason::SmsSent => to.map(|to| format!("A code was sent to {to}.")),
        Reason::SmsAlreadySent => {
            to.map(|to| format!("A code was already sent to {to}. Enter that one."))
        }
        Reason::SmsNotYet => {
            let wait = details.sms.as_ref().map_or(0, |sms| sms.retry_after);
            let wait = duration::words(wait);
            Some(format!("Another code cannot be sent yet. Try again in {wait}."))
        }
        _ => None,
    };
    special.unwrap_or_else(|| reason.message().to_owned())
}

/// The message about text that cannot be a code: what a code looks like.
fn not_a_code(details: &Details) -> String {
    let mut text = String::from("This is not a code.");
    // Writing to a string cannot fail.
    if let Some(digits) = details.digits {
        let _ = write!(text, " A code has {} digits.", digits.get());
    }
    if details.enrolled == Some(true) {
        text.push_str(" A recovery code has 16 letters and digits.");
    }
    text
}

/// The message after the first code of an app: when and where its QR code was shown.
fn activated(head: &str, shown: &Shown, ago: u64) -> String {
    // A relative time, because the user's time zone is unknown.
    let when = match ago {
        0 => "just now".to_owned(),
        seconds => format!("{} ago", duration::words(seconds)),
    };
    let place = shown.ip.as_ref().map_or(String::new(), |ip| format!(", to {ip}"));
    if shown.times > 1 {
        format!(
            "{head} The QR code was shown {} times, last {when}{place}. If one of them was not you, tell \
             your administrator.",
            shown.times
        )
    } else {
        format!("{head} The QR code was shown once, {when}{place}.")
    }
}
