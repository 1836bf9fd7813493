//! Why a verification ended as it did: the closed list of the portal protocol.

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
        $variant:ident = $word:literal => $outcome:ident, show $message:literal, portal $advice:literal;
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

            /// The message for the user where nothing more is known.
            pub fn message(self) -> &'static str {
                match self { $(Reason::$variant => $message,)+ }
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
        show "No code is needed.",
        portal "let in";
    /// Neither the user nor any of their groups is listed.
    NotListed = "not-listed" => Grant,
        show "No code is needed.",
        portal "let in";
    /// The whitelist lets the user connect by RDP.
    Whitelisted = "whitelisted" => Grant,
        show "You may connect by RDP without a code.",
        portal "let in";
    /// A grant of this client is live.
    SessionValid = "session-valid" => Grant,
        show "Your session is opening.",
        portal "open the session";
    /// The code is right.
    CodeAccepted = "code-accepted" => Grant,
        show "You are signed in.",
        portal "let in";
    /// The first right code: the app is set up, or the number confirmed.
    Activated = "activated" => Grant,
        show "Your authenticator app is set up and you are signed in.",
        portal "let in; show `message`, which says how often the QR code was shown";
    /// A recovery code was right, and is used up.
    RecoveryCodeAccepted = "recovery-code-accepted" => Grant,
        show "You are signed in. That was your last recovery code.",
        portal "let in; show `message`";
    /// A temporary code from an administrator was right.
    TemporaryCodeAccepted = "temporary-code-accepted" => Grant,
        show "You are signed in with your temporary code. It cannot be used again.",
        portal "let in; show `message`";
    /// Plain RDP needs a whitelist entry.
    RdpNotAllowed = "rdp-not-allowed" => Deny,
        show "You may not connect by RDP. Use the web portal, or ask your administrator.",
        portal "refuse; point to the web portal";
    /// Too many wrong codes.
    Locked = "locked" => Deny,
        show "Too many wrong codes. Only your administrator can unlock your account.",
        portal "refuse; `retry_after` is the number of seconds, or `null` if an administrator must unlock";
    /// The user may no longer enrol without an administrator.
    EnrolmentClosed = "enrolment-closed" => Deny,
        show "You can no longer set up your second factor on your own. Ask your administrator.",
        portal "refuse; the administrator helps with `users enrol` or `users reset`";
    /// This code, or a later one, was accepted before.
    CodeUsed = "code-used" => Deny,
        show "This code was already used. Wait for your app's next code and enter that one.",
        portal "see *The same code twice*; else ask for the next code";
    /// The code is wrong, or not a code.
    WrongCode = "wrong-code" => Deny,
        show "The code is wrong. Check the clock of your device and try the next code.",
        portal "ask again; `attempts_left` is how many are left";
    /// A code is needed. If `enrolled` is false, the user has a QR code that was handed over in
    /// person and that no login shows.
    CodeRequired = "code-required" => Challenge,
        show "Enter the code that your app shows.",
        portal "show a field for `digits` digits; let it take 19 characters, so that a recovery code fits";
    /// The user has no app yet.
    EnrolmentRequired = "enrolment-required" => Challenge,
        show "Scan the QR code with your authenticator app, then enter the code that it shows.",
        portal "show `enrolment.qr`, `enrolment.secret` below it, and a field for the code";
    /// A code was sent by SMS.
    SmsSent = "sms-sent" => Challenge,
        show "A code was sent to your phone.",
        portal "show a field for the code and `sms.to`";
    /// A code was sent earlier and is still valid.
    SmsAlreadySent = "sms-already-sent" => Challenge,
        show "A code was already sent to your phone. Enter that one.",
        portal "the same, with a button that calls with `--resend`";
    /// Another message may not be sent yet.
    SmsNotYet = "sms-not-yet" => Challenge,
        show "Another code cannot be sent yet. Try again later.",
        portal "the same; `sms.retry_after` is the number of seconds";
    /// The store cannot be used.
    Store = "store" => Error,
        show "Sign-in is not available right now. Tell your administrator.",
        portal "refuse; the administrator looks at standard error";
    /// Another process held the lock for 5 s; standard error names it.
    Busy = "busy" => Error,
        show "Sign-in is busy. Try again.",
        portal "refuse; the user may try again";
    /// The user's groups cannot be determined.
    GroupsUnknown = "groups-unknown" => Error,
        show "Sign-in is not available right now. Tell your administrator.",
        portal "refuse; the administrator looks at standard error";
    /// The name could mean several users.
    AmbiguousUser = "ambiguous-user" => Error,
        show "This name could mean several users. Put the name of your domain in front of it.",
        portal "refuse; the user signs in with the domain's name";
    /// No message was sent, or it is not known whether it was.
    SmsFailed = "sms-failed" => Error,
        show "No code could be sent to your phone. Ask your administrator.",
        portal "refuse; the administrator looks at standard error";
    /// Something took too long, for example the code on standard input.
    Timeout = "timeout" => Error,
        show "Sign-in took too long. Try again.",
        portal "refuse; the user may try again";
    /// The grants of this client are ended.
    Ended = "ended" => Ended,
        show "You are signed out.",
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
