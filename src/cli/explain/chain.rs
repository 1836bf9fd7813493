//! The chain of rules in evaluation order, with the finding of each.
//!
//! Which rules there are, and their order, is what the decision reports: see [`crate::verify::report`].

use serde::Serialize;

use super::{End, Look};
use crate::cli::context::{Opened, count};
use crate::cli::output::Column;
use crate::error::Result;
use crate::factor::lockout::LockoutState;
use crate::names::listing::Method;
use crate::names::matching::{Resolution, resolve};
use crate::names::name::Name;
use crate::names::spelling;
use crate::platform;
use crate::settings::Settings;
use crate::store::DocumentKind;
use crate::time::Timestamp;
use crate::verify::facts::{KnownGroups, covering_whitelist_entry, covers};
use crate::verify::report::Rule;
use crate::verify::rules::Rules;
use crate::verify::subject::{Account, Subject};

/// The link of the store, which no decision looks at.
pub(super) const STORE: &str = "store";

/// A rule and its finding.
#[derive(Serialize)]
pub(super) struct Link {
    rule: &'static str,
    result: &'static str,
    detail: Option<String>,
    /// The names in the detail, if there can be several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<String>,
    /// The requests that this rule decides.
    decides: Vec<&'static str>,
}

impl Link {
    fn names<'n>(mut self, names: impl IntoIterator<Item = &'n Name>) -> Self {
        self.names = names.into_iter().map(Name::canonical).collect();
        self
    }

    /// Returns whether this link says that neither the user nor any of their groups is listed.
    pub(super) fn says_not_listed(&self) -> bool {
        (self.rule, self.result) == ("listed", "no")
    }
}

pub(super) const COLUMNS: &[Column<Link>] = &[
    Column { name: "rule", cell: |link| link.rule.into(), is_useful: |_| true },
    Column { name: "result", cell: |link| link.result.into(), is_useful: |_| true },
    Column { name: "decides", cell: |link| link.decides.join(", "), is_useful: |_| true },
    Column {
        name: "detail",
        cell: |link| link.detail.clone().unwrap_or_default(),
        is_useful: |link| link.detail.is_some(),
    },
];

fn link(rule: &'static str, result: &'static str, detail: impl Into<Option<String>>) -> Link {
    Link { rule, result, detail: detail.into(), names: Vec::new(), decides: Vec::new() }
}

/// Builds the chain behind the answers to `looks`, all about `login`.
///
/// # Errors
/// When the store cannot be read for the additional details.
pub(super) fn chain(
    opened: &Opened,
    login: &Name,
    looks: &[Look<'_>],
    known: Option<&KnownGroups>,
    now: Timestamp,
) -> Result<Vec<Link>> {
    let mut chain = vec![store(opened, looks)];
    rules(opened, login, looks, known, now, &mut chain)?;
    for link in &mut chain {
        let decided = looks.iter().filter(|look| look.rule() == link.rule);
        link.decides = decided.map(Look::ask).collect();
    }
    Ok(chain)
}

fn store(opened: &Opened, looks: &[Look<'_>]) -> Link {
    let failure = looks.iter().find_map(|look| match &look.end {
        End::Failed(_, message) => Some(message.clone()),
        End::Decided(_) | End::MissingClient => None,
    });
    match failure {
        Some(failure) => link(STORE, "failed", failure),
        None => link(STORE, "ok", opened.store.location()),
    }
}

/// Builds a link for each rule that the decisions applied.
fn rules(
    opened: &Opened,
    login: &Name,
    looks: &[Look<'_>],
    known: Option<&KnownGroups>,
    now: Timestamp,
    chain: &mut Vec<Link>,
) -> Result<()> {
    let Some(look) = looks.iter().find(|look| look.facts.is_some()).or(looks.first()) else {
        return Ok(());
    };
    for rule in &look.rules {
        chain.extend(finding(opened, login, *rule, look, known, now)?);
    }
    Ok(())
}

/// Builds the link of a rule; `None` if too little is known about the user.
fn finding(
    opened: &Opened,
    login: &Name,
    rule: Rule,
    look: &Look<'_>,
    known: Option<&KnownGroups>,
    now: Timestamp,
) -> Result<Option<Link>> {
    let settings = &opened.settings;
    let subject = look.facts.as_ref().map(|facts| &facts.subject);
    let rules = match subject {
        Some(Subject::Known(account)) => {
            Some(Rules { advanced: &settings.advanced, account, request: &look.request, now })
        }
        _ => None,
    };
    Ok(match rule {
        Rule::Enabled => Some(enabled(settings)),
        Rule::Groups => known
            .filter(|_| settings.enabled)
            .map(|known| groups(opened, known, subject))
            .transpose()?,
        Rule::Listed => subject.map(|subject| listed(opened, login, subject)).transpose()?,
        Rule::Ambiguous => Some(rules.map_or_else(several_users, ambiguous)),
        Rule::Whitelist => rules.map(|_| whitelist(opened, login, now)).transpose()?,
        Rule::RdpAfterPortal => rules.and_then(rdp_after_portal),
        Rule::RequireClient => rules.map(require_client),
        Rule::Lock => rules.map(lock),
        Rule::Grant => rules.map(grant),
        Rule::Enrolment => rules.map(enrolment),
        Rule::Method => rules.map(|rules| method(rules, settings)),
    })
}

fn enabled(settings: &Settings) -> Link {
    if settings.enabled {
        return link("enabled", "on", None);
    }
    let hint = "no login needs a code; turn it on with: rw2fa enable";
    link("enabled", "off", hint.to_owned())
}

fn listed(opened: &Opened, login: &Name, subject: &Subject) -> Result<Link> {
    let Opened { store, settings } = opened;
    let listed = store.names_like(DocumentKind::User, &login.key())?;
    let domains = &settings.domains;
    Ok(match subject {
        Subject::GroupsUnknown => link("listed", "unknown", "not listed by name".to_owned()),
        Subject::Unlisted => link("listed", "no", unlisted(login, &listed)).names(&listed),
        Subject::Ambiguous => {
            let mut all = listed.clone();
            if matches!(resolve(login, &listed, domains), Resolution::Unlisted) {
                all = store.names_like(DocumentKind::State, &login.key())?;
            }
            let meant = match resolve(login, &all, domains) {
                Resolution::Ambiguous(names) => names,
                Resolution::Entry(_) | Resolution::Unlisted => Vec::new(),
            };
            let detail = meant.iter().map(|name| name.canonical()).collect::<Vec<_>>().join(", ");
            link("listed", "several", detail).names(meant)
        }
        Subject::Known(account) if account.listed => {
            let why = spelling::explain_match(login, &account.name, &listed, domains);
            link("listed", "entry", format!("{}: {why}", account.name))
        }
        Subject::Known(account) => {
            let by = account.groups.iter().flatten().next();
            link("listed", "group", by.map(Name::canonical)).names(account.groups.iter().flatten())
        }
    })
}

fn several_users() -> Link {
    let detail = "this login could mean any of them; sign in with the NetBIOS domain to make it \
                  unambiguous";
    link("ambiguous", "yes", detail.to_owned())
}

fn groups(opened: &Opened, known: &KnownGroups, subject: Option<&Subject>) -> Result<Link> {
    let (store, settings) = (&*opened.store, &opened.settings);
    let joined = |names: &[Name]| names.iter().map(Name::canonical).collect::<Vec<_>>().join(", ");
    Ok(match known {
        KnownGroups::Unknown(doubt) => {
            let is_listed = matches!(subject, Some(Subject::Known(account)) if account.listed);
            link("groups", if is_listed { "not-needed" } else { "unknown" }, doubt.to_string())
        }
        KnownGroups::Known(_) if !store.has_any(DocumentKind::Group)? => {
            link("groups", "not-needed", "no group is listed".to_owned())
        }
        KnownGroups::Known(names) if names.is_empty() => link("groups", "none", None),
        KnownGroups::Known(names) => {
            let listed = covers(store, settings, known)?;
            let listed = match listed.as_slice() {
                [] => "none of them is listed".to_owned(),
                listed => format!("listed: {}", joined(listed)),
            };
            link("groups", "known", format!("{}; {listed}", joined(names))).names(names)
        }
    })
}

/// Describes listed entries with the same account name that belong to another user.
fn unlisted(login: &Name, listed: &[Name]) -> String {
    let others: Vec<_> = listed.iter().map(Name::canonical).collect();
    match others.as_slice() {
        [] => "not listed, neither by name nor by a group".into(),
        others => format!("{login} is in a different domain from {}", others.join(", ")),
    }
}

fn ambiguous(rules: Rules<'_>) -> Link {
    let Account { state, domain, .. } = rules.account;
    match (&state.domain, domain) {
        (Some(bound), Some(own)) if rules.is_of_another_domain() => {
            let detail = format!("the secret was made for {bound}, and the login is in {own}");
            link("ambiguous", "yes", detail)
        }
        (Some(bound), _) => link("ambiguous", "no", format!("the secret was made for {bound}")),
        (None, _) => link("ambiguous", "no", None),
    }
}

fn whitelist(opened: &Opened, login: &Name, now: Timestamp) -> Result<Link> {
    let (store, settings) = (&*opened.store, &opened.settings);
    let found = match covering_whitelist_entry(store, settings, login, now) {
        Ok(found) => found,
        Err(error) => return Ok(link("whitelist", "failed", error.to_string())),
    };
    let Some((name, entry)) = found else {
        let near = store.names_like(DocumentKind::Whitelist, &login.key())?;
        let texts: Vec<_> = near.iter().map(Name::canonical).collect();
        let detail = (!near.is_empty()).then(|| {
            format!("{} lets in only its own account and domain, not {login}", texts.join(", "))
        });
        return Ok(link("whitelist", "none", detail).names(&near));
    };
    let is_valid = entry.is_valid(now);
    let until = entry.until.map_or(String::new(), |until| {
        format!("{} {until}", if is_valid { " until" } else { " expired at" })
    });
    let reason = entry.reason.map_or(String::new(), |reason| format!(": {reason}"));
    let detail = format!("{name}{until}{reason}");
    Ok(link("whitelist", if is_valid { "valid" } else { "expired" }, detail))
}

/// Builds the link of `rdp-after-portal`; `None` if it is off.
fn rdp_after_portal(rules: Rules<'_>) -> Option<Link> {
    let seconds = u64::from(rules.advanced.rdp_after_portal);
    let last = |at: usize| rules.account.state.grants.get(at)?.last_session;
    let rule = Rule::RdpAfterPortal.as_str();
    Some(match rules.recent_session().and_then(last) {
        _ if seconds == 0 => return None,
        Some(last) => {
            let until = last.plus(seconds);
            link(rule, "open", format!("a session opened at {last}; RDP is let in until {until}"))
        }
        None => link(rule, "none", format!("no session opened in the last {seconds} s")),
    })
}

fn require_client(rules: Rules<'_>) -> Link {
    let result = match (rules.lacks_client(), rules.advanced.require_client) {
        (true, _) => "missing",
        (false, true) => "named",
        (false, false) => "off",
    };
    let detail = rules.lacks_client().then(|| "the portal must pass --client".to_owned());
    link("require-client", result, detail)
}

fn lock(rules: Rules<'_>) -> Link {
    let failures = rules.failures().count as usize;
    let wrong = format!("{} in a row", count(failures, "wrong code"));
    match rules.lockout_state() {
        LockoutState::Open => link("lock", "open", (failures > 0).then_some(wrong)),
        LockoutState::Locked(seconds) => {
            link("lock", "locked", format!("until {}; {wrong}", rules.now.plus(seconds)))
        }
        LockoutState::Stopped => {
            let name = platform::quoted(rules.account.name.canonical());
            link("lock", "stopped", format!("{wrong}; unlock with: rw2fa users unlock {name}"))
        }
    }
}

fn grant(rules: Rules<'_>) -> Link {
    let validity = rules.advanced.validity();
    let grants = &rules.account.state.grants;
    let live = rules.live_grant();
    let others = grants
        .iter()
        .enumerate()
        .filter(|(at, grant)| Some(*at) != live && grant.is_live(rules.now, validity));
    let others = match others.count() {
        0 => None,
        others => Some(format!("{} of other clients", count(others, "grant"))),
    };
    let Some(grant) = live.and_then(|at| grants.get(at)) else {
        return link("grant", "none", others);
    };
    let until = match grant.valid_until(validity) {
        Some(until) => format!("sessions can open until {until}"),
        None => format!("the first session must open before {}", grant.open_before(validity)),
    };
    let detail = [Some(until), others].into_iter().flatten().collect::<Vec<_>>().join("; ");
    link("grant", "live", detail)
}

fn enrolment(rules: Rules<'_>) -> Link {
    let state = &rules.account.state;
    let mut details = Vec::new();
    if let Some(code) = state.temporary_code.as_ref().filter(|code| code.is_live(rules.now)) {
        details.push(format!("has a temporary code until {}", code.until));
    }
    if rules.is_handed_over() {
        details.push("a QR code was handed over, and no code from it was entered yet".to_owned());
    }
    if rules.needs_handed_over_secret() && !rules.is_handed_over() {
        let name = platform::quoted(rules.account.name.canonical());
        details.push(format!("needs a QR code from an administrator: rw2fa users enrol {name}"));
    }
    if let Some(end) = rules.enrolment_closes() {
        let is_closed = rules.now >= end;
        details.push(format!("{} {end}", if is_closed { "closed since" } else { "closes at" }));
    }
    let activated = state.activated_by(rules.account.method);
    if let Some(activated) = activated.filter(|_| rules.is_active()) {
        details.push(format!("since {activated}"));
    }
    let detail = (!details.is_empty()).then(|| details.join("; "));
    link("enrolment", state.enrolment_by(rules.account.method).as_str(), detail)
}

fn method(rules: Rules<'_>, settings: &Settings) -> Link {
    let Account { name, method, phone, .. } = rules.account;
    if !rules.needs_sms() {
        return link("method", method.as_str(), None);
    }
    let detail = match (settings.sms.is_configured(), phone) {
        (false, _) => "a sign-in would send a code, but no SMS gateway is configured".to_owned(),
        (true, None) => format!("a sign-in would send a code, but {name} has no phone number"),
        (true, Some(phone)) if *method == Method::App => {
            let to = phone.masked();
            format!(
                "a code is sent to {to} before the QR code is shown, because so far the user has \
                 only used codes by SMS"
            )
        }
        (true, Some(phone)) => format!("a sign-in sends a code to {}", phone.masked()),
    };
    link("method", method.as_str(), detail)
}
