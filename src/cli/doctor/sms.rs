//! The SMS gateway: whether it is configured where needed, works, and has credit.

use super::{Finding, Names, Severity};
use crate::cli::sms::Health;
use crate::error::{Error, Result};
use crate::settings::Settings;
use crate::settings::sms::SmsSection;

/// A balance below this is nearly used up, in any currency.
const LOW: f64 = 10.0;

/// Checks the settings. `problem` is why nothing can be sent, if anything; `by_sms` are the users
/// who get their codes by SMS.
pub(super) fn check(settings: &Settings, problem: Option<&Error>, by_sms: &Names) -> Vec<Finding> {
    let is_needed = !by_sms.is_empty();
    let mut findings = Vec::new();
    let is_begun = settings.sms != SmsSection::default();
    if let Some(problem) = problem.filter(|_| is_begun || is_needed) {
        findings.push(broken(problem, by_sms));
    }
    if let (Some(command), true) = (&settings.sms.command, is_needed)
        && let Some(problem) = crate::platform::trust_problem(command)
    {
        let (consequence, remedy) = if cfg!(windows) {
            (
                "other accounts could replace the SMS command",
                r"put it where only administrators can write, for example into C:\Program Files",
            )
        } else {
            (
                "a set-uid verifier will not run the SMS command",
                "put it where only root can write, for example into /usr/local/lib",
            )
        };
        let message = format!("{consequence}: {problem}");
        findings.push(Finding::new("sms-command", Severity::Warning, message).remedy(remedy));
    }
    let advanced = &settings.advanced;
    if is_needed && advanced.sms_hourly_limit == 0 && advanced.sms_daily_limit == 0 {
        let message =
            "the number of SMS is not limited: anyone who knows a password can run up costs";
        let finding = Finding::new("sms-limits", Severity::Warning, message);
        findings.push(finding.remedy("rw2fa advanced set sms-hourly-limit 6"));
    }
    findings
}

/// Reports a gateway that does not work, with a severity that depends on who needs it.
fn broken(problem: &Error, by_sms: &Names) -> Finding {
    if by_sms.is_empty() {
        return Finding::from_problem("sms-gateway", Severity::Warning, problem);
    }
    let message = format!("{problem}, but these users get codes by SMS: {}", by_sms.summary());
    let finding = Finding::new("sms-gateway", Severity::Error, message);
    finding.remedy(problem.hint().unwrap_or("rw2fa sms configure"))
}

/// Checks what Twilio reports about the account.
pub(super) fn online(health: &Result<Health>) -> Vec<Finding> {
    let health = match health {
        Ok(health) => health,
        Err(error) => return vec![Finding::from_problem("sms-account", Severity::Error, error)],
    };
    let mut findings = Vec::new();
    if !health.is_active() {
        let message = "the Twilio account is not active, so nothing is sent";
        let finding = Finding::new("sms-account", Severity::Error, message);
        findings.push(finding.remedy("rw2fa sms portal console"));
    }
    if health.kind.as_deref() == Some("Trial") {
        let message = "the Twilio account is a trial: it can only send to verified numbers";
        let finding = Finding::new("sms-account", Severity::Warning, message);
        findings.push(finding.remedy("rw2fa sms portal verified-callers"));
    }
    let balance = health.balance.as_ref().and_then(|text| text.parse::<f64>().ok());
    if let Some(balance) = balance.filter(|balance| *balance < LOW) {
        let severity = if balance <= 0.0 { Severity::Error } else { Severity::Warning };
        let currency = health.currency.as_deref().unwrap_or_default();
        let message = format!("the Twilio balance is {balance} {currency}");
        let finding = Finding::new("sms-balance", severity, message.trim_end());
        findings.push(finding.remedy("rw2fa sms portal console"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn health(status: &str, kind: &str, balance: &str) -> Health {
        let if_known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let currency = if_known("USD");
        Health {
            status: if_known(status),
            kind: if_known(kind),
            balance: if_known(balance),
            currency,
        }
    }

    fn checks(findings: &[Finding]) -> Vec<(&'static str, Severity)> {
        findings.iter().map(|finding| (finding.check, finding.severity)).collect()
    }

    /// Guards each account condition that Twilio can report, good and bad.
    #[test]
    fn each_account_condition_is_reported() {
        use Severity::{Error as Bad, Warning};
        for (status, kind, balance, expected) in [
            ("active", "Full", "10.0", &[][..]),
            ("", "", "", &[]),
            ("active", "Full", "9.99", &[("sms-balance", Warning)]),
            ("active", "Full", "-0.5", &[("sms-balance", Bad)]),
            ("suspended", "Full", "100", &[("sms-account", Bad)]),
            ("active", "Trial", "100", &[("sms-account", Warning)]),
        ] {
            assert_eq!(
                checks(&online(&Ok(health(status, kind, balance)))),
                expected,
                "{status} {kind}"
            );
        }
        let failed = Err(Error::new(ErrorKind::Refused, "Twilio refused").with_hint("do this"));
        assert_eq!(checks(&online(&failed)), [("sms-account", Bad)]);
    }

    /// Guards the error about users whose codes cannot be sent.
    #[test]
    fn severity_depends_on_who_needs_the_gateway() {
        let head = "schema = 1\nenabled = true\ncreated = 2026-11-24T08:00:00Z\n";
        let sid = format!("AC{}", "0".repeat(32));
        let whole =
            format!("[sms]\naccount-sid = \"{sid}\"\nauth-token = \"x\"\nfrom = \"12345\"\n");
        let cut = whole.replace("from", "# from");
        let unlimited = format!("[advanced]\nsms-hourly-limit = 0\n{whole}");
        let mut somebody = Names::default();
        somebody.add(&"alice");
        let nobody = Names::default();
        for (text, users, expected) in [
            ("", &nobody, &[][..]),
            (&whole, &somebody, &[]),
            ("", &somebody, &[("sms-gateway", Severity::Error)]),
            (&cut, &somebody, &[("sms-gateway", Severity::Error)]),
            (&cut, &nobody, &[("sms-gateway", Severity::Warning)]),
            (&unlimited, &somebody, &[("sms-limits", Severity::Warning)]),
            (&unlimited, &nobody, &[]),
        ] {
            let settings = crate::settings::parse(&format!("{head}{text}")).unwrap();
            let found = crate::gateway::problem(&settings.sms).map(|(key, _)| key);
            let found = found.or((settings.sms == SmsSection::default()).then_some("all"));
            let problem = found.map(|key| Error::new(ErrorKind::Refused, key));
            let findings = check(&settings, problem.as_ref(), users);
            assert_eq!(checks(&findings), expected, "{text}");
        }
    }
}
