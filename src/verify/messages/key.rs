//! The keys of the messages, and the placeholders of each.

/// Declares the keys: name, placeholders, and when the text is shown.
macro_rules! keys {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal [$($placeholder:literal)*];)+) => {
        /// One text that users see.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Key { $($(#[doc = $doc])+ $variant,)+ }

        impl Key {
            /// Every key, in the order of the catalogues.
            pub const ALL: &[Key] = &[$(Key::$variant),+];

            /// Its name in catalogues.
            pub fn as_str(self) -> &'static str {
                match self { $(Key::$variant => $word,)+ }
            }

            /// When the text is shown.
            pub fn meaning(self) -> &'static str {
                match self { $(Key::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// The placeholders that its text can have.
            pub fn placeholders(self) -> &'static [&'static str] {
                match self { $(Key::$variant => &[$($placeholder),*],)+ }
            }
        }
    };
}

keys! {
    /// `disabled`, `not-listed`
    NoCodeNeeded = "no-code-needed" [];
    /// `whitelisted`
    Whitelisted = "whitelisted" [];
    /// `session-valid`
    SessionValid = "session-valid" [];
    /// `code-accepted`
    CodeAccepted = "code-accepted" [];
    /// `activated`, if it is unknown when the QR code was shown; part of the next two
    Activated = "activated" [];
    /// `activated`, after the QR code was shown once
    ActivatedShownOnce = "activated-shown-once" ["activated" "when" "place"];
    /// `activated`, after the QR code was shown several times
    ActivatedShownOften = "activated-shown-often" ["activated" "times" "when" "place"];
    /// `activated` by SMS
    ActivatedBySms = "activated-by-sms" [];
    /// `recovery-code-accepted`, with this many codes left
    RecoveryCodeAccepted = "recovery-code-accepted" ["count"];
    /// the same, in the singular
    RecoveryCodeAcceptedOne = "recovery-code-accepted-one" ["count"];
    /// `recovery-code-accepted`, without codes left
    RecoveryCodeAcceptedLast = "recovery-code-accepted-last" [];
    /// `temporary-code-accepted`, with this many uses left
    TemporaryCodeAccepted = "temporary-code-accepted" ["count"];
    /// `temporary-code-accepted`, without uses left
    TemporaryCodeAcceptedLast = "temporary-code-accepted-last" [];
    /// `rdp-not-allowed`
    RdpNotAllowed = "rdp-not-allowed" [];
    /// `locked`, until an administrator unlocks the account
    Locked = "locked" [];
    /// `locked`, for this long
    LockedFor = "locked-for" ["time"];
    /// `enrolment-closed`
    EnrolmentClosed = "enrolment-closed" [];
    /// `code-used`
    CodeUsed = "code-used" [];
    /// `code-used` by SMS
    CodeUsedBySms = "code-used-by-sms" [];
    /// `wrong-code`
    WrongCode = "wrong-code" [];
    /// `wrong-code` by SMS
    WrongCodeBySms = "wrong-code-by-sms" [];
    /// `wrong-code`, with one attempt left
    WrongCodeBeforeLock = "wrong-code-before-lock" [];
    /// `wrong-code`, for text that cannot be a code
    NotACode = "not-a-code" ["digits"];
    /// the same, for a user who may have recovery codes
    NotACodeOrRecovery = "not-a-code-or-recovery" ["digits"];
    /// the same, for a user who has only a temporary code
    NotATemporaryCode = "not-a-temporary-code" [];
    /// `code-required`, if the number of digits is unknown
    CodeRequired = "code-required" [];
    /// `code-required`
    CodeRequiredDigits = "code-required-digits" ["digits"];
    /// `code-required`, for a user with an app and a temporary code
    CodeRequiredOrTemporary = "code-required-or-temporary" [];
    /// `code-required`, for a user with a temporary code
    CodeRequiredTemporary = "code-required-temporary" [];
    /// `code-required` by SMS
    CodeRequiredBySms = "code-required-by-sms" [];
    /// `enrolment-required`
    EnrolmentRequired = "enrolment-required" [];
    /// `sms-sent`
    SmsSent = "sms-sent" ["phone"];
    /// `sms-already-sent`
    SmsAlreadySent = "sms-already-sent" ["phone"];
    /// `sms-not-yet`
    SmsNotYet = "sms-not-yet" ["time"];
    /// `store`, `groups-unknown`
    Unavailable = "unavailable" [];
    /// `busy`
    Busy = "busy" [];
    /// `ambiguous-user`
    AmbiguousUser = "ambiguous-user" [];
    /// `sms-failed`
    SmsFailed = "sms-failed" [];
    /// `timeout`
    Timeout = "timeout" [];
    /// `ended`
    Ended = "ended" [];
    /// `{when}` of `activated`: in this second
    ShownNow = "shown-now" [];
    /// `{when}` of `activated`: this long ago
    ShownAgo = "shown-ago" ["time"];
    /// `{place}` of `activated`, if the address is known
    ShownTo = "shown-to" ["ip"];
    /// part of a `{time}`
    TimeDays = "time-days" ["count"];
    /// the same, in the singular
    TimeDaysOne = "time-days-one" ["count"];
    /// part of a `{time}`
    TimeHours = "time-hours" ["count"];
    /// part of a `{time}`
    TimeMinutes = "time-minutes" ["count"];
    /// part of a `{time}`
    TimeSeconds = "time-seconds" ["count"];
    /// the text message, unless `sms-message` is set
    SmsText = "sms-text" ["issuer" "code"];
}

impl Key {
    /// Finds the key of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.as_str() == name)
    }

    /// The placeholders without which a text would be useless.
    pub fn required_placeholders(self) -> &'static [&'static str] {
        match self {
            Self::SmsText => &["code"],
            _ => &[],
        }
    }

    /// The key for exactly one of what this key counts.
    pub(super) fn singular(self) -> Self {
        match self {
            Self::RecoveryCodeAccepted => Self::RecoveryCodeAcceptedOne,
            Self::TimeDays => Self::TimeDaysOne,
            other => other,
        }
    }
}
