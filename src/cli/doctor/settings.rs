//! Settings that work but are not advisable.

use super::{Finding, Severity};
use crate::otp::Digits;
use crate::settings::Settings;
use crate::settings::chance::{self, percent};

/// The widest acceptable window: a guess succeeds at most once in 100,000 tries.
const NARROW: u32 = 4;
/// How long a portal may take to connect after it opened a session, in seconds.
const LONG_FOR_RDP: u32 = 60;

/// Checks the settings. `drift` is the largest drift of any device, in steps.
pub(super) fn check(settings: &Settings, drift: u32) -> Vec<Finding> {
    let advanced = &settings.advanced;
    let mut findings = Vec::new();
    if !settings.enabled {
        let message = "two-factor authentication is off: a password alone is enough to sign in";
        findings.push(Finding::new("enabled", Severity::Warning, message).remedy("rw2fa enable"));
    }
    let enough = drift.max(1);
    if advanced.discrepancy > NARROW && advanced.discrepancy > enough {
        let chance = |width| {
            percent(chance::of_guessing(width, advanced.digits(), advanced.lockout()).hard_stop)
        };
        findings.push(
            Finding::new(
                "discrepancy",
                Severity::Warning,
                format!(
                    "with discrepancy {}, an attacker has a {} chance of guessing a code before \
                     an administrator must unlock the account; {enough} is enough for every device seen so far, \
                     and lowers the chance to {}",
                    advanced.discrepancy,
                    chance(advanced.discrepancy),
                    chance(enough)
                ),
            )
            .remedy(format!("rw2fa advanced set discrepancy {enough}")),
        );
    }
    if advanced.digits() != Digits::DEFAULT {
        let message = format!(
            "digits {}: some authenticator apps only support 6-digit codes",
            advanced.digits
        );
        let finding = Finding::new("digits", Severity::Warning, message);
        findings.push(finding.remedy("rw2fa advanced set digits 6"));
    }
    if advanced.rdp_after_portal > LONG_FOR_RDP {
        let message = format!(
            "rdp-after-portal {}: for so long after a user opens a session in the portal, the password alone is \
             enough to connect by RDP; portals connect within seconds",
            advanced.rdp_after_portal
        );
        let finding = Finding::new("rdp-after-portal", Severity::Warning, message);
        findings
            .push(finding.remedy(format!("rw2fa advanced set rdp-after-portal {LONG_FOR_RDP}")));
    }
    if !advanced.require_client {
        let message = "grants are not tied to a browser session: without --client from the \
                       portal, every session of the user can use the grant";
        let finding = Finding::new("require-client", Severity::Info, message);
        findings.push(finding.remedy("rw2fa advanced set require-client true"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(more: &str, drift: u32) -> Vec<&'static str> {
        let text = "schema = 1\nenabled = true\ncreated = 2026-11-24T08:00:00Z\n[advanced]\n\
                    discrepancy = 1\nrequire-client = true\n";
        let text = match more.split_once(" = ") {
            Some((key, _)) if text.contains(key) => {
                let kept = text.lines().filter(|line| !line.starts_with(key));
                kept.collect::<Vec<_>>().join("\n")
            }
            _ => text.to_owned(),
        };
        let head = if more.starts_with("enabled") {
            format!("{more}\n{text}")
        } else {
            format!("{text}\n{more}\n")
        };
        let settings = crate::settings::parse(&head).unwrap();
        check(&settings, drift).iter().map(|finding| finding.check).collect()
    }

    /// Guards each check of a setting, in its good and its bad case.
    #[test]
    fn each_setting_is_checked() {
        for (more, drift, expected) in [
            ("", 0, &[][..]),
            ("enabled = false", 0, &["enabled"]),
            ("discrepancy = 480", 0, &["discrepancy"]),
            ("discrepancy = 4", 0, &[]),
            ("discrepancy = 10", 10, &[]),
            ("discrepancy = 10", 9, &["discrepancy"]),
            ("digits = 8", 0, &["digits"]),
            ("rdp-after-portal = 60", 0, &[]),
            ("rdp-after-portal = 61", 0, &["rdp-after-portal"]),
            ("require-client = false", 0, &["require-client"]),
        ] {
            assert_eq!(found(more, drift), expected, "{more} {drift}");
        }
    }
}
