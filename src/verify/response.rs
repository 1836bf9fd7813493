//! The answer to the portal: its fields, its messages and its two formats.

use std::fmt::Write;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::names::name::Name;
use crate::otp::{self, qr};
use crate::settings::duration;
use crate::verify::details::{Details, EnrolmentNotice};
use crate::verify::messages::{Said, Speaker};
use crate::verify::outcome::Decision;
use crate::verify::reason::Reason;
use crate::verify::request::QrForm;
use crate::verify::wording;

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
    language: String,
}

/// How to present a decision.
pub struct Presentation<'a> {
    /// The issuer shown in the authenticator app.
    pub issuer: &'a str,
    /// The format of the QR code.
    pub qr: QrForm,
    /// Words the message.
    pub speaker: &'a Speaker<'a>,
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
                QrForm::Utf8 => Some(qr::terminal(&uri, qr::Ink::LightText)),
                QrForm::None => None,
            };
            let qr = picture
                .transpose()
                .map_err(|error| Error::new(ErrorKind::System, format!("no QR code: {error}")))?;
            let (secret, qr) = (secret.to_base32(), qr.map(Zeroizing::new));
            details.enrolment = Some(EnrolmentNotice { uri, secret, qr });
        }
        Ok(Self::with(user, decision.reason, details, present.speaker))
    }

    /// The answer when no decision was possible.
    pub fn failure(user: &Name, reason: Reason, speaker: &Speaker<'_>) -> Self {
        Self::with(user, reason, Details::default(), speaker)
    }

    fn with(user: &Name, reason: Reason, details: Details, speaker: &Speaker<'_>) -> Self {
        let Said { text, language } = speaker.say(&wording::message(reason, &details));
        Self {
            schema: 1,
            user: user.canonical(),
            outcome: reason.outcome().as_str(),
            reason: reason.as_str(),
            details,
            message: text,
            language: language.to_string(),
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
