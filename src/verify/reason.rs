//! Why a verification ended as it did: the closed list of the portal protocol.

/// What the portal has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Let the user in.
    Grant,
    /// Refuse.
    Deny,
    /// Ask for a code, or show the enrolment page.
    Challenge,
    /// Refuse: the verifier could not decide.
    Error,
    /// The sign-out is done.
    Ended,
}

impl Outcome {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Grant, Self::Challenge, Self::Deny, Self::Error, Self::Ended];

    /// The exit code of the verifier.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Grant => 0,
            Outcome::Deny => 1,
            Outcome::Challenge => 3,
            Outcome::Error => 4,
            Outcome::Ended => 5,
        }
    }

    /// The word for it in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Grant => "grant",
            Outcome::Deny => "deny",
            Outcome::Challenge => "challenge",
            Outcome::Error => "error",
            Outcome::Ended => "ended",
        }
    }
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal => $outcome:ident,)+) => {
        /// Why a verification ended as it did.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Reason { $($(#[doc = $doc])+ $variant,)+ }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &[Reason] = &[$(Reason::$variant),+];

            /// The word for it in answers.
            pub fn as_str(self) -> &'static str {
                match self { $(Reason::$variant => $word,)+ }
            }

            /// What it means, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Reason::$variant => concat!($($doc),+),)+ }
            }

            /// What the portal has to do.
            pub fn outcome(self) -> Outcome {
                match self { $(Reason::$variant => Outcome::$outcome,)+ }
            }
        }
    };
}

reasons! {
    /// Two-factor authentication is off.
    Disabled = "disabled" => Grant,
    /// Neither the user nor a group of his is listed.
    NotListed = "not-listed" => Grant,
    /// The whitelist lets the user connect by RDP.
    Whitelisted = "whitelisted" => Grant,
    /// A grant of this client is live.
    SessionValid = "session-valid" => Grant,
    /// The code is right.
    CodeAccepted = "code-accepted" => Grant,
    /// The code is right, and the first one of this secret.
    Activated = "activated" => Grant,
    /// The recovery code is right, and now spent.
    RecoveryCodeAccepted = "recovery-code-accepted" => Grant,
    /// Only the whitelist lets users connect by RDP.
    RdpNotAllowed = "rdp-not-allowed" => Deny,
    /// Too many wrong codes.
    Locked = "locked" => Deny,
    /// The time to enrol without help is over.
    EnrolmentClosed = "enrolment-closed" => Deny,
    /// The code was accepted before.
    CodeUsed = "code-used" => Deny,
    /// The code is wrong.
    WrongCode = "wrong-code" => Deny,
    /// A code is needed.
    CodeRequired = "code-required" => Challenge,
    /// The user has to set up the authenticator app.
    EnrolmentRequired = "enrolment-required" => Challenge,
    /// A code was sent by SMS.
    SmsSent = "sms-sent" => Challenge,
    /// A code was sent before and is still good.
    SmsAlreadySent = "sms-already-sent" => Challenge,
    /// No further SMS may be sent yet.
    SmsNotYet = "sms-not-yet" => Challenge,
    /// The store cannot be used.
    Store = "store" => Error,
    /// The lock was not had in time.
    Busy = "busy" => Error,
    /// The user's groups cannot be determined.
    GroupsUnknown = "groups-unknown" => Error,
    /// The name could mean several users.
    AmbiguousUser = "ambiguous-user" => Error,
    /// The SMS could not be sent.
    SmsFailed = "sms-failed" => Error,
    /// Something took longer than it may.
    Timeout = "timeout" => Error,
    /// The grants of this client are ended.
    Ended = "ended" => Ended,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_grants_exit_with_zero() {
        for reason in Reason::ALL {
            let zero = reason.outcome().exit_code() == 0;
            assert_eq!(zero, reason.outcome() == Outcome::Grant, "{reason:?}");
        }
        let grants: Vec<_> = Reason::ALL
            .iter()
            .filter(|reason| reason.outcome() == Outcome::Grant)
            .map(|reason| reason.as_str())
            .collect();
        let expected = [
            "disabled",
            "not-listed",
            "whitelisted",
            "session-valid",
            "code-accepted",
            "activated",
            "recovery-code-accepted",
        ];
        assert_eq!(grants, expected);
    }
}
