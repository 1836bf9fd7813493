//! Values of options of the verifier: kinds of sessions, and forms of the QR code.

use clap::ValueEnum;

/// A kind of session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Session {
    /// In the browser.
    Html5,
    /// A published application.
    Remoteapp,
    /// A plain RDP connection; only the whitelist opens it, or rdp-after-portal.
    Rdp,
}

impl Session {
    /// The word for it on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Session::Html5 => "html5",
            Session::Remoteapp => "remoteapp",
            Session::Rdp => "rdp",
        }
    }
}

/// The format of the QR code in an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum QrForm {
    /// SVG text.
    #[default]
    Svg,
    /// A PNG picture as a data URI.
    Png,
    /// Lines of half blocks, for a terminal with a dark background.
    Utf8,
    /// No picture; the answer still contains the secret and its URI.
    None,
}

impl QrForm {
    /// The word for it on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            QrForm::Svg => "svg",
            QrForm::Png => "png",
            QrForm::Utf8 => "utf8",
            QrForm::None => "none",
        }
    }
}
