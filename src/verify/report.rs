//! How a decision reports the rules that it applies, for `rw2fa explain`.

/// A rule of the decision, in order of application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Two-factor authentication is on.
    Enabled,
    /// The groups of the user are known, or not needed.
    Groups,
    /// The user or one of their groups is listed.
    Listed,
    /// The name means one user.
    Ambiguous,
    /// The whitelist lets the user connect by RDP.
    Whitelist,
    /// The user has just opened a session in the portal, which plain RDP may follow.
    RdpAfterPortal,
    /// The portal identifies its client, if the store requires that.
    RequireClient,
    /// The user is not locked.
    Lock,
    /// The client has a grant.
    Grant,
    /// The user has enrolled, or may enrol.
    Enrolment,
    /// The method by which the user gets codes.
    Method,
}

impl Rule {
    /// Every rule, in order of application.
    pub const ALL: [Self; 11] = [
        Self::Enabled,
        Self::Groups,
        Self::Listed,
        Self::Ambiguous,
        Self::Whitelist,
        Self::RdpAfterPortal,
        Self::RequireClient,
        Self::Lock,
        Self::Grant,
        Self::Enrolment,
        Self::Method,
    ];

    /// Its name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Enabled => "enabled",
            Rule::Groups => "groups",
            Rule::Listed => "listed",
            Rule::Ambiguous => "ambiguous",
            Rule::Whitelist => "whitelist",
            Rule::RdpAfterPortal => "rdp-after-portal",
            Rule::RequireClient => "require-client",
            Rule::Lock => "lock",
            Rule::Grant => "grant",
            Rule::Enrolment => "enrolment",
            Rule::Method => "method",
        }
    }
}

/// Observes which rules a decision applies. The verifier uses `()`, which costs nothing.
pub trait Observer {
    /// The decision applies this rule.
    fn applies(&mut self, rule: Rule);

    /// This rule, already applied, decides.
    fn decides(&mut self, rule: Rule);
}

impl Observer for () {
    #[inline]
    fn applies(&mut self, _: Rule) {}

    #[inline]
    fn decides(&mut self, _: Rule) {}
}

/// The rules that a decision applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The rules that were applied, in order.
    pub applied: Vec<Rule>,
    /// The rule that decided.
    pub decided: Option<Rule>,
}

impl Observer for Report {
    fn applies(&mut self, rule: Rule) {
        self.applied.push(rule);
    }

    fn decides(&mut self, rule: Rule) {
        self.decided = Some(rule);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::factor::attempts::Attempts;
    use crate::factor::state::State;
    use crate::names::listing::Method;
    use crate::names::name::Name;
    use crate::otp::Secret;
    use crate::settings::{self, Settings};
    use crate::time::Timestamp;
    use crate::verify::decision::{decide, decide_and_report};
    use crate::verify::request::{Ask, Request, Session};
    use crate::verify::subject::DailyQuota;
    use crate::verify::subject::{Account, Facts, Subject};

    fn settings(more: &str) -> Settings {
        let head = "schema = 1\nenabled = true\ncreated = 2026-11-24T08:00:00Z\n";
        settings::parse(&format!("{head}{more}")).unwrap()
    }

    fn known(method: Method, whitelisted: bool) -> Subject {
        let name = Name::parse("alice").unwrap();
        let state = State::reset(Timestamp::from_unix(0), Attempts { count: 0, lockout: None });
        Subject::Known(Box::new(Account {
            name,
            method,
            listed: true,
            groups: None,
            state,
            secret: None,
            phone: None,
            sent_code: None,
            used_code: None,
            domain: None,
            whitelisted,
        }))
    }

    /// Guards the order that `explain` shows: rules are applied in the order of [`Rule::ALL`], one of them
    /// decides, and reporting changes no decision.
    #[test]
    fn rules_are_applied_in_their_order() {
        let enrolment_is_over = "[advanced]\nenrolment-days = 1\n";
        let client_is_missing = "[advanced]\nrequire-client = true\n";
        let rdp_may_follow = "[advanced]\nrdp-after-portal = 60\n";
        let sign_in = Ask::SignIn;
        let (html5, rdp) = (Ask::Open(Session::Html5), Ask::Open(Session::Rdp));
        let is_sorted = |rules: &[Rule]| rules.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(is_sorted(&Rule::ALL));
        let mut seen = Vec::new();
        for (more, subject, ask, decided) in [
            ("", Subject::GroupsUnknown, sign_in, Rule::Groups),
            ("", Subject::Unlisted, rdp, Rule::Listed),
            ("", Subject::Ambiguous, html5, Rule::Ambiguous),
            ("", known(Method::App, true), rdp, Rule::Whitelist),
            ("", known(Method::App, false), rdp, Rule::Whitelist),
            (rdp_may_follow, known(Method::App, true), rdp, Rule::Whitelist),
            (rdp_may_follow, known(Method::App, false), rdp, Rule::RdpAfterPortal),
            (client_is_missing, known(Method::App, false), sign_in, Rule::RequireClient),
            ("", known(Method::App, false), html5, Rule::Grant),
            ("", known(Method::App, false), sign_in, Rule::Enrolment),
            (enrolment_is_over, known(Method::Sms, false), sign_in, Rule::Enrolment),
            ("", known(Method::Sms, false), sign_in, Rule::Method),
        ] {
            let settings = settings(more);
            let facts = Facts { settings: &settings, subject, today: DailyQuota::Open };
            let login = Name::parse("alice").unwrap();
            let request = Request::asking(&login, ask);
            let (now, fresh) = (Timestamp::from_unix(86_400), Secret::from_bytes([0; 20]));
            let mut report = Report::default();
            let observed = decide_and_report(&facts, &request, now, &fresh, &mut report).is_ok();
            assert_eq!(observed, decide(&facts, &request, now, &fresh).is_ok());
            assert_eq!(report.decided, Some(decided), "{report:?}");
            assert!(is_sorted(&report.applied) && report.applied.contains(&decided), "{report:?}");
            seen.extend(report.applied);
        }
        for rule in Rule::ALL {
            assert!(seen.contains(&rule), "{rule:?} was never applied");
        }
    }
}
