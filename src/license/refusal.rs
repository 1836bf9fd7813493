//! Why a text is not accepted as a licence.

use std::fmt;

use crate::error::{Error, ErrorKind};
use crate::license::serial::Serial;
use crate::time::Timestamp;

/// The product that a licence must be for.
pub const PRODUCT: &str = "Two-Factor Authentication";

/// The longest licence file, in bytes.
pub const LONGEST: usize = 64 * 1024;

/// How far the portal's clock may be ahead of this machine's clock, in seconds.
pub const LEEWAY: u64 = 300;

/// Why a text is not accepted as a licence for this machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// More than [`LONGEST`] bytes.
    #[error("it is longer than 64 KiB, the limit for a licence")]
    TooLong,
    /// The text is not three parts of base64url characters.
    #[error("it is not a licence file: expected one line of three parts, separated by dots")]
    Form,
    /// A part is not canonical base64url.
    #[error("its {0} is damaged: not valid base64url without padding")]
    Encoding(Part),
    /// The header is invalid; the text says why.
    #[error("its header cannot be read: {0}")]
    Header(String),
    /// The header names another algorithm.
    #[error("it is signed with the algorithm '{0}'; only EdDSA is accepted")]
    Algorithm(String),
    /// The vendor's key did not sign this text.
    #[error(
        "its signature is not valid: the file was changed, cut short, or signed by someone else"
    )]
    Signature,
    /// The signature is valid, but a claim is missing, unknown, duplicated or of the wrong type.
    #[error("its contents cannot be read: {0}")]
    Claims(String),
    /// The licence is for another product.
    #[error("it is for the product '{0}', not for '{PRODUCT}'")]
    Product(String),
    /// The licence is for another machine.
    #[error("it is for the serial number {found}, and this machine has {machine}")]
    Serial {
        /// The serial number in the licence.
        found: String,
        /// The serial number of this machine.
        machine: Serial,
    },
    /// The licence ends before it begins.
    #[error("it ends ({expires}) before it was issued ({issued})")]
    Backwards {
        /// When it was issued.
        issued: Timestamp,
        /// When it ends.
        expires: Timestamp,
    },
    /// The licence was issued in the future.
    #[error(
        "it is not valid yet: it was issued at {0}, which is in the future by this machine's clock"
    )]
    NotYet(Timestamp),
    /// The licence has expired.
    #[error("it expired at {0}")]
    Expired(Timestamp),
    /// The machine has no usable id; the text says why.
    #[error("cannot determine the serial number of this machine: {0}")]
    Machine(String),
}

impl Refusal {
    /// The hint for the administrator.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty | Self::TooLong | Self::Form | Self::Encoding(_) => {
                "download license.lic again, and use the file unchanged"
            }
            Self::Header(_) | Self::Algorithm(_) | Self::Claims(_) => {
                "it may be meant for a newer rw2fa: update, or ask the vendor for another licence"
            }
            Self::Signature => "download license.lic again, from 'rw2fa license portal' only",
            Self::Product(_) => {
                "order a licence for this product: 'rw2fa license portal' shows where"
            }
            Self::Serial { .. } => {
                "ask the portal for a licence for the serial number that 'rw2fa license serial' prints"
            }
            Self::Backwards { .. } => "ask the vendor for another licence",
            Self::NotYet(_) => "correct this machine's clock, then try again",
            Self::Expired(_) => "renew it: 'rw2fa license portal' shows where",
            Self::Machine(_) => "give the machine an id: systemd-machine-id-setup",
        }
    }

    /// The error of a command about the licence `what`.
    pub fn to_error(&self, what: &str) -> Error {
        Error::new(ErrorKind::Refused, format!("{what}: {self}")).with_hint(self.hint())
    }
}

/// A part of a compact JWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The header, which names the algorithm.
    Header,
    /// The signed content.
    Payload,
    /// The signature over header and payload.
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}
