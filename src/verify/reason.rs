//! Why a verification ended as it did: the reasons of the portal protocol.

use serde::{Serialize, Serializer};

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
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident = $word:literal => $outcome:ident, portal $advice:literal;
    )+) => {
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
                match self { $(Reason::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// What the portal should do or show.
            pub fn advice(self) -> &'static str {
                match self { $(Reason::$variant => $advice,)+ }
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
        portal "let in";
    /// Neither the user nor any of their groups is listed.
    NotListed = "not-listed" => Grant,
        portal "let in";
    /// The whitelist lets the user connect by RDP.
    Whitelisted = "whitelisted" => Grant,
        portal "let in";
    /// A grant of this client is live. With `--session=rdp`: the user has just opened a session in the portal, and
    /// `rdp-after-portal` lets RDP follow.
    SessionValid = "session-valid" => Grant,
        portal "open the session";
    /// The code is correct.
    CodeAccepted = "code-accepted" => Grant,
        portal "let in";
    /// The first correct code: the app is set up, or the number confirmed.
    Activated = "activated" => Grant,
        portal "let in; show `message`, which says how often the QR code was shown";
    /// A recovery code was correct, and is used up.
    RecoveryCodeAccepted = "recovery-code-accepted" => Grant,
        portal "let in; show `message`";
    /// A temporary code from an administrator was correct.
    TemporaryCodeAccepted = "temporary-code-accepted" => Grant,
        portal "let in; show `message`";
    /// Plain RDP needs a whitelist entry.
    RdpNotAllowed = "rdp-not-allowed" => Deny,
        portal "refuse; point to the web portal";
    /// Too many wrong codes.
    Locked = "locked" => Deny,
        portal "refuse; `retry_after` is the number of seconds, or `null` if an administrator must unlock";
    /// The user may no longer enrol without an administrator.
    EnrolmentClosed = "enrolment-closed" => Deny,
        portal "refuse; the administrator helps with `users enrol` or `users reset`";
    /// This code, or a later one, was accepted before.
    CodeUsed = "code-used" => Deny,
        portal "see *The same code twice*; else ask for the next code";
    /// The code is wrong, or not a code.
    WrongCode = "wrong-code" => Deny,
        portal "ask again; `attempts_left` is how many are left";
    /// A code is needed. At a sign-in by app, `enrolled` is false if an administrator gave the user
    /// a QR code or a temporary code, which no login shows. With `--session`, it is false if the user
    /// must sign in first: call without `--session`.
    CodeRequired = "code-required" => Challenge,
        portal "show a field for `digits` digits; let it take 19 characters, so that a recovery code fits";
    /// The user has no app yet.
    EnrolmentRequired = "enrolment-required" => Challenge,
        portal "show `enrolment.qr`, `enrolment.secret` below it, and a field for the code";
    /// A code was sent by SMS.
    SmsSent = "sms-sent" => Challenge,
        portal "show a field for the code and `sms.to`";
    /// A code was sent earlier and is still valid.
    SmsAlreadySent = "sms-already-sent" => Challenge,
        portal "the same, with a button that calls with `--resend`";
    /// Another message may not be sent yet.
    SmsNotYet = "sms-not-yet" => Challenge,
        portal "show `message`; `sms.retry_after` is the number of seconds. After `--resend`, keep the field: an earlier code may still be valid";
    /// The store cannot be used.
    Store = "store" => Error,
        portal "refuse; the administrator looks at standard error";
    /// Another process held the lock for 5 s; standard error names it.
    Busy = "busy" => Error,
        portal "refuse; the user may try again";
    /// The user's groups cannot be determined.
    GroupsUnknown = "groups-unknown" => Error,
        portal "refuse; the administrator looks at standard error";
    /// The name could mean several users.
    AmbiguousUser = "ambiguous-user" => Error,
        portal "refuse; the user signs in with the domain's name";
    /// No message was sent, or it is not known whether it was.
    SmsFailed = "sms-failed" => Error,
        portal "refuse; the administrator looks at standard error";
    /// Something took too long, for example the code on standard input.
    Timeout = "timeout" => Error,
        portal "refuse; the user may try again";
    /// The grants of this client are ended.
    Ended = "ended" => Ended,
        portal "show the sign-in page";
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_str().serialize(serializer)
    }
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
            "temporary-code-accepted",
        ];
        assert_eq!(grants, expected);
    }
}
