//! The table `[advanced]` of `store.toml`.

use crate::factor::grant::Validity;
use crate::factor::lockout::Rules;
use crate::factor::state::State;
use crate::language::Tag;
use crate::otp::Digits;
use crate::settings::choice::choice;
use crate::settings::duration::Unit::{Days, Minutes, Seconds};
use crate::settings::key::{Key, Section, Spec, section};
use crate::settings::reading::nearest;
use crate::time::Timestamp;

section! {
    /// The advanced settings, which 'rw2fa advanced set' changes.
    Advanced = "advanced";
    /// how many 30 s steps before and after its own step an app code is accepted
    "discrepancy" discrepancy: u32 = 480, Spec::number(0, 2880);
    /// name shown in the authenticator app
    "issuer" issuer: String = String::new(),
        Spec::text("1 to 64 characters without ':'", check_issuer).or("the server's name and remote-work");
    /// further sessions need no new code for this long after the first one opened
    "validity-after-first-session" validity_after_first_session: u32 = 480,
        Spec::duration(0, 43_200, Minutes);
    /// the first session must open within this time after a code; 0: together with the code
    "validity-before-first-session" validity_before_first_session: u32 = 3600,
        Spec::duration(0, 86_400, Seconds);
    /// plain RDP is let in for this long after the user opened a session in the portal; 0: never
    "rdp-after-portal" rdp_after_portal: u32 = 0, Spec::duration(0, 300, Seconds);
    /// number of digits of a code, for users who enrol from now on
    "digits" digits: u32 = u32::from(Digits::DEFAULT.get()), Spec::number(4, 12);
    /// text of the SMS; %CODE% and %ISSUER% are replaced
    "sms-message" sms_message: String = "Your %ISSUER% verification code is: %CODE%".into(),
        Spec::text("a text with %CODE%", check_message);
    /// how long a code sent by SMS is valid
    "sms-validity" sms_validity: u32 = 600, Spec::duration(60, 14_400, Seconds);
    /// minimum time between two messages to one user
    "sms-interval" sms_interval: u32 = 30, Spec::duration(0, 86_400, Seconds);
    /// maximum messages to one user within an hour; 0: no limit
    "sms-hourly-limit" sms_hourly_limit: u32 = 6, Spec::number(0, 1000);
    /// maximum messages to all users within a day; 0: no limit
    "sms-daily-limit" sms_daily_limit: u32 = 0, Spec::number(0, 1_000_000);
    /// how many wrong codes in a row lock a user
    "lockout-attempts" lockout_attempts: u32 = 5, Spec::number(1, 100);
    /// length of the first lock; it doubles with each further wrong code, up to 1 h
    "lockout-seconds" lockout_seconds: u32 = 60, Spec::duration(1, 86_400, Seconds);
    /// who knows the names of users and groups: `system` looks them up in this server's accounts; `portal` does
    /// not, and the groups of a user are those that the portal passes
    "names" names: NameSource = NameSource::System, Spec::choice(NameSource::WORDS);
    /// how many days listed users have to enrol on their own; 0: no limit
    "enrolment-days" enrolment_days: u32 = 0, Spec::duration(0, 365, Days);
    /// where users get their first QR code: at their first login, or only from an administrator
    "enrolment" enrolment: SecretSource = SecretSource::SelfService, Spec::choice(SecretSource::WORDS);
    /// whether the portal must name its session with --client
    "require-client" require_client: bool = false, Spec::flag();
    /// language of the messages to users, unless the portal passes one that is available
    "language" language: String = "en".into(),
        Spec::text("a language, such as de or pt-BR", check_language);
}

choice! {
    /// Who knows the names of users and groups.
    NameSource {
        /// The accounts of the operating system.
        System = "system",
        /// The portal, which has a directory of its own.
        Portal = "portal",
    }
}

choice! {
    /// Where users get the secret of their authenticator app.
    SecretSource {
        /// From a login, which shows it.
        SelfService = "self-service",
        /// From an administrator, who hands it over.
        HandedOver = "handed-over",
    }
}

/// Every advanced setting, in the order in which they are listed.
pub const KEYS: &[Key<Advanced>] = Advanced::KEYS;

impl Advanced {
    /// Returns the digits for users who enrol from now on.
    pub fn digits(&self) -> Digits {
        u8::try_from(self.digits).ok().and_then(Digits::new).unwrap_or(Digits::DEFAULT)
    }

    /// Returns the window for codes of `digits`: the setting, limited so that guessing stays hard.
    pub fn discrepancy_for(&self, digits: Digits) -> u32 {
        self.discrepancy.min(digits.widest_discrepancy())
    }

    /// Returns how long grants last.
    pub fn validity(&self) -> Validity {
        Validity {
            before_first_session: u64::from(self.validity_before_first_session),
            after_first_session: u64::from(self.validity_after_first_session) * 60,
        }
    }

    /// Returns whether names are looked up in the accounts of this server.
    pub fn asks_system(&self) -> bool {
        self.names == NameSource::System
    }

    /// Returns the lockout rules.
    pub fn lockout(&self) -> Rules {
        Rules { attempts: self.lockout_attempts, seconds: self.lockout_seconds }
    }

    /// Reports whether the administrator chose the text of the SMS. The default is sent in the user's language.
    pub fn has_own_sms_message(&self) -> bool {
        self.sms_message != Self::default().sms_message
    }

    /// Returns when a user in this state can no longer enrol on their own, if `enrolment-days` limits that.
    pub fn enrolment_closes(&self, state: &State) -> Option<Timestamp> {
        let days = u64::from(self.enrolment_days);
        (days > 0 && !state.has_proved_anything()).then(|| state.open_since.plus(days * 86_400))
    }

    /// Returns whether no login shows a user in this state a QR code: because of the settings, or because one was
    /// handed over and expired.
    pub fn needs_handing_over(&self, state: &State, now: Timestamp) -> bool {
        self.enrolment == SecretSource::HandedOver || state.has_lapsed(now)
    }

    /// Returns the name shown in the authenticator app, on the server called `host`.
    pub fn issuer(&self, host: &str) -> String {
        if self.issuer.is_empty() {
            let host: String = host.chars().filter(|c| *c != ':').take(52).collect();
            format!("{host} remote-work")
        } else {
            self.issuer.clone()
        }
    }
}

fn check_issuer(text: &str) -> Result<(), &'static str> {
    let length = text.chars().count();
    if !(1..=64).contains(&length) {
        Err("must have 1 to 64 characters")
    } else if text.contains(':') {
        Err("must not contain ':', which separates it from the account in the app")
    } else if text.chars().any(char::is_control) || text.trim() != text {
        Err("must not contain control characters, nor begin or end with a space")
    } else {
        Ok(())
    }
}

fn check_language(text: &str) -> Result<(), &'static str> {
    Tag::parse(text).map(drop).ok_or("must be a language, such as de or pt-BR")
}

fn check_message(text: &str) -> Result<(), &'static str> {
    if !text.contains("%CODE%") {
        Err("must contain %CODE%, where the code goes")
    } else if text.chars().any(|c| c.is_control() && c != '\n') {
        Err("must not contain control characters")
    } else if text.chars().count() > 480 {
        Err("must have at most 480 characters")
    } else {
        Ok(())
    }
}

/// What people call a setting, and its name.
const SYNONYMS: [(&str, &str); 6] = [
    ("window", "discrepancy"),
    ("drift", "discrepancy"),
    ("skew", "discrepancy"),
    ("code-length", "digits"),
    ("max-attempts", "lockout-attempts"),
    ("lockout", "lockout-attempts"),
];

/// Finds the setting of this name.
///
/// # Errors
/// If there is none; the error names the closest one.
pub fn find(name: &str) -> Result<&'static Key<Advanced>, String> {
    Advanced::find(name).ok_or_else(|| {
        let synonym = SYNONYMS.iter().find(|(word, _)| word.eq_ignore_ascii_case(name));
        let meant = synonym
            .map(|(_, meant)| *meant)
            .or_else(|| nearest(name, KEYS.iter().map(|key| key.name)))
            .map_or(String::new(), |meant| format!("; did you mean '{meant}'?"));
        format!("unknown setting '{}'{meant}", name.escape_debug())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_are_read_in_the_unit_of_the_setting() {
        let read = |name: &str, text: &str| find(name).unwrap().read(text);
        let after = "validity-after-first-session";
        assert_eq!(read(after, "8h"), Ok(toml::Value::Integer(480)));
        assert_eq!(read("validity-before-first-session", "1h"), Ok(toml::Value::Integer(3600)));
        assert_eq!(read("require-client", "yes"), Ok(toml::Value::Boolean(true)));
        assert!(read("digits", "six").is_err());
        assert!(read("require-client", "perhaps").is_err());
    }

    #[test]
    fn a_mistyped_name_suggests_the_closest() {
        assert!(find("discrepency").err().unwrap().contains("'discrepancy'"));
        for (american, british) in
            [("enrollment-days", "enrolment-days"), ("enrollment", "'enrolment'")]
        {
            assert!(find(american).err().unwrap().contains(british), "{american}");
        }
        assert!(find("window").err().unwrap().contains("'discrepancy'"));
        assert!(find("lockout-atempts").err().unwrap().contains("'lockout-attempts'"));
        assert!(!find("colour").err().unwrap().contains("did you mean"));
    }

    #[test]
    fn issuers_and_messages_are_checked() {
        for (text, valid) in [
            ("corp remote-work", true),
            ("", false),
            ("a:b", false),
            (" a", false),
            ("a\u{1b}[2J", false),
            (&"é".repeat(64), true),
            (&"é".repeat(65), false),
        ] {
            assert_eq!(check_issuer(text).is_ok(), valid, "{text:?}");
        }
        assert!(check_message("Code: %CODE%").is_ok());
        assert!(check_message("Code: 1234").is_err());
    }

    #[test]
    fn the_window_is_never_wider_than_guessing_allows() {
        let advanced = Advanced { discrepancy: 2880, ..Advanced::default() };
        for (digits, widest) in [(4, 4), (5, 49), (6, 499), (7, 2880), (12, 2880)] {
            assert_eq!(advanced.discrepancy_for(Digits::new(digits).unwrap()), widest, "{digits}");
        }
    }
}
