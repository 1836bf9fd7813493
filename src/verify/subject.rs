//! What a decision is made from: the user that a login name refers to, and the settings.

use crate::factor::sms::state::SentCode;
use crate::factor::state::State;
use crate::names::listing::{Method, Phone};
use crate::names::name::Name;
use crate::otp::Secret;
use crate::settings::Settings;

/// The input of a decision.
pub struct Facts<'a> {
    /// The settings of the store.
    pub settings: &'a Settings,
    /// The user that the login name refers to.
    pub subject: Subject,
    /// Whether the deployment may send another message today.
    pub today: DailyQuota,
}

/// The user that a login name refers to.
pub enum Subject {
    /// Not a listed user.
    Unlisted,
    /// Unknown, because the user's groups are unknown.
    GroupsUnknown,
    /// More than one user.
    Ambiguous,
    /// This user.
    Known(Box<Account>),
}

/// A user who is listed or belongs to a listed group.
pub struct Account {
    /// The user's name in the store.
    pub name: Name,
    /// How codes reach the user.
    pub method: Method,
    /// Whether the user is listed by name.
    pub listed: bool,
    /// The listed groups that the user belongs to, if the user's groups are known.
    pub groups: Option<Vec<Name>>,
    /// The stored state of the user.
    pub state: State,
    /// The decrypted secret, if the request can need it.
    pub secret: Option<Secret>,
    /// The phone number for SMS. Group members have none.
    pub phone: Option<Phone>,
    /// The decrypted code that was sent to the user, if the request can need it.
    pub sent_code: Option<SentCode>,
    /// The decrypted code that the user used last, if the request can need it.
    pub used_code: Option<SentCode>,
    /// The NetBIOS domain of the login, if it is known.
    pub domain: Option<String>,
    /// Whether a valid whitelist entry covers the login.
    pub whitelisted: bool,
}

/// Whether the deployment may send another message today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DailyQuota {
    /// Another message may be sent.
    Open,
    /// The daily limit is reached. It resets after this many seconds.
    Spent(u64),
}
