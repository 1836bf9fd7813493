//! `rw2fa users show`: shows everything but the secret.

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::{Entries, Row};
use crate::cli::context::Context;
use crate::cli::output;
use crate::cli::unlisted::not_listed;
use crate::cli::{Done, Format, parse_name};
use crate::error::Result;
use crate::factor::lockout::HARD_STOP;
use crate::factor::state::State;
use crate::names::name::Name;
use crate::platform;
use crate::settings::Settings;
use crate::store::user::missing_half;
use crate::store::{DocumentKind, Reader, records};
use crate::time::Timestamp;
use crate::verify::facts::covering_whitelist_entry;

/// Show everything about users and groups, except secrets
#[derive(Args, Debug)]
#[command(group(super::at_least_one()))]
#[command(after_help = "Example: rw2fa users show alice 'CORP\\bob'")]
pub(in crate::cli) struct ShowArgs {
    #[command(flatten)]
    entries: Entries,
}

#[derive(Serialize)]
struct Details {
    #[serde(flatten)]
    row: Row,
    added: Option<String>,
    activated: Option<String>,
    pending_since: Option<String>,
    shown: Option<ShownDetails>,
    digits: Option<u8>,
    drift_steps: i32,
    failures: u32,
    permanently_locked: bool,
    covered_by: Vec<String>,
    /// The members of a group who have signed in; `None` for a user.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<String>>,
    whitelist: Option<WhitelistDetails>,
    recovery_codes_left: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending_until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temporary_code: Option<TemporaryDetails>,
    grants: Vec<GrantDetails>,
}

#[derive(Serialize)]
struct ShownDetails {
    times: u32,
    last: String,
    ip: Option<String>,
}

#[derive(Serialize)]
struct WhitelistDetails {
    name: String,
    reason: Option<String>,
    until: Option<String>,
    valid: bool,
}

#[derive(Serialize)]
struct TemporaryDetails {
    valid_until: String,
    uses_left: u32,
}

#[derive(Serialize)]
struct GrantDetails {
    client: Option<String>,
    validated: String,
    open_before: String,
    first_session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_session: Option<String>,
    valid_until: Option<String>,
    #[serde(skip)]
    live: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &ShowArgs) -> Result<Done> {
    context.no_csv("users show")?;
    let opened = context.open()?;
    let now = context.now();
    let mut users = Vec::new();
    let mut done = Done::All;
    for (kind, text) in args.entries.targets().texts() {
        let details = match kind {
            DocumentKind::Group => group_details(context, &*opened.store, text, &mut done),
            _ => details(&*opened.store, &opened.settings, text, now),
        };
        match details {
            Ok(user) => users.push(user),
            Err(error) => {
                context.complain(&error);
                done = Done::Partly;
            }
        }
    }
    if context.globals.format == Format::Json {
        context.print_json(&json!({ "schema": 1, "users": users }))?;
        return Ok(done);
    }
    for (index, user) in users.iter().enumerate() {
        if index > 0 {
            context.print("\n")?;
        }
        output::pairs(context, &lines(user))?;
    }
    Ok(done)
}

fn details(store: &dyn Reader, settings: &Settings, text: &str, now: Timestamp) -> Result<Details> {
    let name = parse_name(text)?;
    let (listing, state) = super::read_user(store, &name)?;
    let state = match (&listing, state) {
        (_, Some(state)) => state,
        (Some(_), None) => return Err(missing_half(store, DocumentKind::State, &name)),
        (None, None) => return Err(not_listed(store, DocumentKind::User, &name)),
    };
    let whitelist = covering_whitelist_entry(store, settings, &name, now)?;
    let whitelist = whitelist.map(|(entry_name, entry)| WhitelistDetails {
        name: entry_name.canonical(),
        valid: entry.is_valid(now),
        reason: entry.reason,
        until: entry.until.map(|until| until.to_string()),
    });
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    let covering = super::covering(store, &state)?;
    let mut row = Row::of_user(&name, listing.as_ref(), &state, now);
    if listing.is_none() {
        row.cover(&state, covering.first().map(|(_, listing)| listing));
    }
    let method = row.method.unwrap_or_default();
    Ok(Details {
        row,
        added: listing.as_ref().map(|listing| listing.added.to_string()),
        activated: time(state.activated_by(method)),
        pending_since: time(state.pending_since.filter(|_| !super::is_active(&state))),
        shown: state.shown.as_ref().map(|shown| ShownDetails {
            times: shown.times,
            last: shown.last.to_string(),
            ip: shown.ip.clone(),
        }),
        digits: state.digits.map(crate::otp::Digits::get),
        drift_steps: state.drift,
        failures: state.failures().count,
        permanently_locked: state.failures().count >= HARD_STOP,
        covered_by: covering.iter().map(|(group, _)| group.canonical()).collect(),
        members: None,
        whitelist,
        recovery_codes_left: state.recovery_codes.left(),
        pending_until: time(state.pending_until),
        temporary_code: state.temporary_code.as_ref().filter(|code| code.is_live(now)).map(
            |code| TemporaryDetails {
                valid_until: code.until.to_string(),
                uses_left: code.uses_left,
            },
        ),
        grants: grants(&state, settings, now),
    })
}

/// Collects the details of a group.
fn group_details(
    context: &mut Context<'_>,
    store: &dyn Reader,
    text: &str,
    done: &mut Done,
) -> Result<Details> {
    let name = parse_name(text)?;
    let Some(listing) = records::listing(store, DocumentKind::Group, &name)? else {
        return Err(not_listed(store, DocumentKind::Group, &name));
    };
    let (members, problems) = super::members(store, std::slice::from_ref(&name))?;
    for problem in &problems {
        context.complain(problem);
        *done = Done::Partly;
    }
    Ok(Details {
        row: Row::of_group(&name, &listing),
        added: Some(listing.added.to_string()),
        activated: None,
        pending_since: None,
        shown: None,
        digits: None,
        drift_steps: 0,
        failures: 0,
        permanently_locked: false,
        covered_by: Vec::new(),
        members: Some(members.iter().map(Name::canonical).collect()),
        whitelist: None,
        recovery_codes_left: 0,
        pending_until: None,
        temporary_code: None,
        grants: Vec::new(),
    })
}

fn grants(state: &State, settings: &Settings, now: Timestamp) -> Vec<GrantDetails> {
    let validity = settings.advanced.validity();
    let details = |grant: &crate::factor::grant::Grant| GrantDetails {
        client: grant.client.as_ref().map(|client| client.as_str().to_owned()),
        validated: grant.validated.to_string(),
        open_before: grant.open_before(validity).to_string(),
        first_session: grant.first_session.map(|time| time.to_string()),
        last_session: grant.last_session.map(|time| time.to_string()),
        valid_until: grant.valid_until(validity).map(|time| time.to_string()),
        live: grant.is_live(now, validity),
    };
    state.grants.iter().map(details).collect()
}

fn describe_shown(shown: &ShownDetails) -> String {
    let place = shown.ip.as_ref().map_or(String::new(), |ip| format!(" to {ip}"));
    match shown.times {
        1 => format!("once, at {}{place}", shown.last),
        times => format!("{times} times, last at {}{place}", shown.last),
    }
}

fn describe_drift(steps: i32) -> String {
    let seconds = i64::from(steps.unsigned_abs()) * crate::otp::PERIOD;
    let words = crate::settings::duration::words(seconds.unsigned_abs());
    let side = if steps > 0 { "ahead" } else { "behind" };
    format!("the device's clock was about {words} {side} at the last login")
}

fn describe_whitelisting(entry: &WhitelistDetails, user: &str) -> String {
    let until = match (&entry.until, entry.valid) {
        (None, _) => "yes".to_owned(),
        (Some(until), true) => format!("yes until {until}"),
        (Some(until), false) => format!("expired at {until}"),
    };
    if entry.name == user { until } else { format!("{until}, by the entry {}", entry.name) }
}

fn lines(user: &Details) -> Vec<(&'static str, String)> {
    let row = &user.row;
    let mut lines = vec![
        (if row.is_user() { "name" } else { "group" }, row.name.clone()),
        ("listed", if row.listed { "yes".into() } else { "no, seen at a login".into() }),
    ];
    let mut add = |name, value: Option<String>| {
        if let Some(value) = value {
            lines.push((name, value));
        }
    };
    add("state", row.state.map(str::to_owned));
    add(
        "locked until",
        match (&row.locked_until, user.permanently_locked) {
            (_, true) => Some(format!(
                "until an administrator runs: rw2fa users unlock {}",
                platform::quoted(&row.name)
            )),
            (until, false) => until.clone(),
        },
    );
    add("method", row.method.map(|method| method.as_str().to_owned()));
    add("phone", row.phone.clone());
    let joined = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    add("covered by group", joined(&user.covered_by));
    add("members seen", user.members.as_deref().and_then(joined));
    add("notes", user.row.notes.clone());
    add("added", user.added.clone());
    add("pending since", user.pending_since.clone());
    add("QR code valid until", user.pending_until.clone());
    add("activated", user.activated.clone());
    add("QR code shown", user.shown.as_ref().map(describe_shown));
    add("last login", row.last_login.clone());
    add("digits", user.digits.map(|digits| digits.to_string()));
    add("drift", (user.drift_steps != 0).then(|| describe_drift(user.drift_steps)));
    add("wrong codes in a row", (user.failures > 0).then(|| user.failures.to_string()));
    let left = user.recovery_codes_left;
    add("recovery codes left", (left > 0).then(|| left.to_string()));
    let temporary = user
        .temporary_code
        .as_ref()
        .map(|code| format!("valid until {}, uses left: {}", code.valid_until, code.uses_left));
    add("temporary code", temporary);
    let whitelist = user.whitelist.as_ref();
    add("whitelisted for RDP", whitelist.map(|entry| describe_whitelisting(entry, &row.name)));
    for grant in user.grants.iter().filter(|grant| grant.live) {
        let client = grant.client.as_ref();
        let client = client.map_or("no client".into(), |client| format!("client {client}"));
        let until = match &grant.valid_until {
            Some(until) => format!("sessions can open until {until}"),
            None => format!("first session before {}", grant.open_before),
        };
        add("grant", Some(format!("{client}: {until}")));
    }
    lines
}
