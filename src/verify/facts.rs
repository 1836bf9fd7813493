//! Gathers from the store what a decision looks at. Everything except [`known_groups`] runs under the account's
//! lock.

use crate::error::{Error, ErrorKind, Result};
use crate::factor::sms::state::SentCode;
use crate::factor::state::{Enrolment, State};
use crate::names::listing::{Listing, Method, WhitelistEntry};
use crate::names::matching::{Resolution, covering_groups, netbios_of, resolve, whitelisted};
use crate::names::name::Name;
use crate::otp::Secret;
use crate::printable::printable;
use crate::process::Accounts;
use crate::settings::Settings;
use crate::store::seal::KeyRing;
use crate::store::user::{missing_half, open_code, open_secret};
use crate::store::{DocumentKind, Reader, records};
use crate::time::Timestamp;
use crate::verify::request::{Ask, Memberships, Request, Session};
use crate::verify::subject::DailyQuota;
use crate::verify::subject::{Account, Facts, Subject};

/// The hint when the portal passes a group whose name cannot be read.
const UNREADABLE_GROUP_HINT: &str =
    "let the portal pass the name as it is listed, or rename the group in the directory";

/// The user's groups, as far as they are known.
#[derive(Debug)]
pub enum KnownGroups {
    /// The groups; empty if the store lists no group.
    Known(Vec<Name>),
    /// Why the groups could not be determined.
    Unknown(Error),
}

/// Determines the user's groups. Runs before the lock is taken, because asking the system can be slow.
///
/// # Errors
/// When the store cannot be read.
pub fn known_groups(
    store: &dyn Reader,
    settings: &Settings,
    request: &Request,
    accounts: &dyn Accounts,
) -> Result<KnownGroups> {
    let unreadable = match &request.memberships {
        Memberships::Given(groups) => return Ok(KnownGroups::Known(groups.clone())),
        Memberships::Unreadable(problem) => Some(problem),
        Memberships::AskSystem => None,
    };
    let matters = settings.enabled
        && !matches!(request.ask, Ask::End)
        && store.has_any(DocumentKind::Group)?;
    if !matters {
        return Ok(KnownGroups::Known(Vec::new()));
    }
    let login = &request.login;
    let listed = store.names_like(DocumentKind::User, &login.key())?;
    if matches!(resolve(login, &listed, &settings.domains), Resolution::Entry(_)) {
        // A user listed by name needs a code whatever the groups are. If the user is removed from the list
        // before the lock is taken, the groups are unknown.
        let message = "the groups were not looked up, because the user is listed by name";
        return Ok(KnownGroups::Unknown(Error::new(ErrorKind::System, message)));
    }
    let groups = match unreadable {
        // SECURITY: a group whose name cannot be read could be a listed one.
        Some(problem) => {
            Err(Error::new(ErrorKind::Refused, problem.clone()).with_hint(UNREADABLE_GROUP_HINT))
        }
        // SECURITY: a portal that passes no groups may still have a member of a listed one before it.
        None if !settings.advanced.asks_system() => {
            let message = "the portal passed neither --group nor --no-groups, and the setting 'names' is 'portal', \
                           so the system is not asked";
            Err(Error::new(ErrorKind::System, message))
        }
        None => ask_system(login, &request.written, accounts),
    };
    Ok(groups.map_or_else(KnownGroups::Unknown, KnownGroups::Known))
}

/// Asks the system for the groups of an account.
///
/// # Errors
/// When the system cannot report all of them.
pub fn ask_system(login: &Name, written: &str, accounts: &dyn Accounts) -> Result<Vec<Name>> {
    let groups = accounts.groups(&login.system_spellings(written))?;
    // SECURITY: a group whose name cannot be parsed could be a listed group in another spelling.
    let parse = |group: &String| {
        Name::parse(group).map_err(|error| {
            let what = format!("the system names a group '{}': {error}", printable(group));
            Error::new(ErrorKind::System, what)
        })
    };
    groups.iter().map(parse).collect()
}

/// Gathers the facts for the decision about `request`.
///
/// # Errors
/// When a document is missing or damaged.
pub fn gather<'a>(
    store: &dyn Reader,
    settings: &'a Settings,
    request: &Request,
    groups: &KnownGroups,
    keys: Option<&KeyRing>,
    now: Timestamp,
) -> Result<Facts<'a>> {
    // A store that is switched off never asks for a code, so its other documents are not read.
    let needs_subject = settings.enabled || matches!(request.ask, Ask::End);
    let subject = if needs_subject {
        subject(store, settings, request, groups, keys, now)?
    } else {
        Subject::Unlisted
    };
    Ok(Facts { settings, subject, today: DailyQuota::Open })
}

fn subject(
    store: &dyn Reader,
    settings: &Settings,
    request: &Request,
    groups: &KnownGroups,
    keys: Option<&KeyRing>,
    now: Timestamp,
) -> Result<Subject> {
    let login = &request.login;
    let domains = &settings.domains;
    let key = login.key();
    let listed = store.names_like(DocumentKind::User, &key)?;
    let stateful = store.names_like(DocumentKind::State, &key)?;
    let (name, is_listed) = match find_entry(login, &listed, &stateful, settings) {
        Found::Entry(name, is_listed) => (name, is_listed),
        Found::SeveralEntries => return Ok(Subject::Ambiguous),
        Found::SeveralStates(names) => {
            return match_several_states(store, settings, request, groups, &names);
        }
    };
    let mut all = listed.clone();
    all.extend(stateful);
    let state = match request.ask {
        // A sign-out only revokes access, so a damaged counter must not prevent it.
        Ask::End => records::state_document(store, &name)?,
        _ => records::state(store, &name)?,
    };
    let listing = if is_listed {
        let listing = records::listing(store, DocumentKind::User, &name)?;
        listing.ok_or_else(|| missing_half(store, DocumentKind::User, &name))?
    } else {
        match unlisted(store, settings, request, groups, &name, state.as_ref())? {
            Ok(listing) => listing,
            Err(subject) => return Ok(subject),
        }
    };
    let state = state.map_or_else(|| missing_state(store, &name, &listing, is_listed), Ok)?;
    let codes = if can_need_secret(request) {
        open_codes(store, keys, &name, &listing, &state)?
    } else {
        Codes::default()
    };
    let needs_whitelist = matches!(request.ask, Ask::Open(Session::Rdp));
    let whitelisted = needs_whitelist && is_whitelisted(store, settings, login, now)?;
    Ok(Subject::Known(Box::new(Account {
        domain: netbios_of(login, &all, domains),
        name,
        method: listing.method,
        listed: is_listed,
        groups: listed_groups(store, settings, request, groups)?,
        state,
        secret: codes.secret,
        phone: listing.phone.filter(|_| is_listed),
        sent_code: codes.sent,
        used_code: codes.used,
        whitelisted,
    })))
}

/// Returns the state of a user who has none: a member of a group may sign in for the first time.
fn missing_state(
    store: &dyn Reader,
    name: &Name,
    listing: &Listing,
    is_listed: bool,
) -> Result<State> {
    if is_listed {
        return Err(missing_half(store, DocumentKind::State, name));
    }
    // A counter without a state is left over from a killed process. Its failed attempts are forgiven.
    Ok(State::reset(listing.added, records::repaired_attempts(store, name, None).0))
}

fn is_whitelisted(
    store: &dyn Reader,
    settings: &Settings,
    login: &Name,
    now: Timestamp,
) -> Result<bool> {
    let entry = covering_whitelist_entry(store, settings, login, now)?;
    Ok(entry.is_some_and(|(_, entry)| entry.is_valid(now)))
}

/// Returns the listing that a group gives to a user who is not listed by name, or the subject if there is none.
fn unlisted(
    store: &dyn Reader,
    settings: &Settings,
    request: &Request,
    groups: &KnownGroups,
    name: &Name,
    state: Option<&State>,
) -> Result<std::result::Result<Listing, Subject>> {
    if state.is_some_and(|state| state.listed) {
        return Err(missing_half(store, DocumentKind::User, name));
    }
    let listing = match (&request.ask, groups) {
        (Ask::End, _) => state.map(|state| member_listing(state.open_since, Method::App)),
        (_, KnownGroups::Unknown(_)) => return Ok(Err(Subject::GroupsUnknown)),
        _ => covering_listing(store, settings, groups)?,
    };
    Ok(listing.ok_or(Subject::Unlisted))
}

/// Returns the listed groups of the user. A sign-out does not look up groups, so they are unknown.
fn listed_groups(
    store: &dyn Reader,
    settings: &Settings,
    request: &Request,
    groups: &KnownGroups,
) -> Result<Option<Vec<Name>>> {
    match groups {
        KnownGroups::Known(_) if !matches!(request.ask, Ask::End) => {
            covers(store, settings, groups).map(Some)
        }
        _ => Ok(None),
    }
}

/// The entry that a login name refers to.
enum Found<'a> {
    /// This one, and whether it is listed by name.
    Entry(Name, bool),
    /// Several listed users.
    SeveralEntries,
    /// No listed user, and the states of several.
    SeveralStates(Vec<&'a Name>),
}

fn find_entry<'a>(
    login: &Name,
    listed: &[Name],
    stateful: &'a [Name],
    settings: &Settings,
) -> Found<'a> {
    let domains = &settings.domains;
    // SECURITY: a user listed by name takes precedence. A leftover state in another spelling must not replace
    // an entry that the directory treats as the same account.
    match resolve(login, listed, domains) {
        Resolution::Ambiguous(_) => Found::SeveralEntries,
        Resolution::Entry(name) => Found::Entry(name.clone(), true),
        Resolution::Unlisted => match resolve(login, stateful, domains) {
            Resolution::Entry(name) => Found::Entry(name.clone(), false),
            Resolution::Unlisted => Found::Entry(member_name(login, listed, settings), false),
            Resolution::Ambiguous(names) => Found::SeveralStates(names),
        },
    }
}

/// The subject when the name matches no listed user but the states of several.
fn match_several_states(
    store: &dyn Reader,
    settings: &Settings,
    request: &Request,
    groups: &KnownGroups,
    names: &[&Name],
) -> Result<Subject> {
    if matches!(request.ask, Ask::End) || !covers(store, settings, groups)?.is_empty() {
        return Ok(Subject::Ambiguous);
    }
    // SECURITY: a lost settings document is an error; it must not count as a removed user.
    for name in names {
        if records::state(store, name)?.is_some_and(|state| state.listed) {
            return Err(missing_half(store, DocumentKind::User, name));
        }
    }
    Ok(match groups {
        KnownGroups::Unknown(_) => Subject::GroupsUnknown,
        KnownGroups::Known(_) => Subject::Unlisted,
    })
}

/// The name for the first state of a group member, qualified with the domain if it is known.
fn member_name(login: &Name, listed: &[Name], settings: &Settings) -> Name {
    match netbios_of(login, listed, &settings.domains) {
        Some(domain) => {
            Name::parse(&format!("{domain}\\{}", login.account())).unwrap_or_else(|_| login.clone())
        }
        None => login.clone(),
    }
}

/// The listed groups that the user belongs to.
///
/// # Errors
/// When the groups cannot be listed.
pub fn covers(store: &dyn Reader, settings: &Settings, groups: &KnownGroups) -> Result<Vec<Name>> {
    let KnownGroups::Known(memberships) = groups else { return Ok(Vec::new()) };
    if memberships.is_empty() {
        return Ok(Vec::new());
    }
    let listed = store.scan(DocumentKind::Group)?;
    Ok(covering_groups(memberships, &listed, &settings.domains).into_iter().cloned().collect())
}

/// The settings that a user gets from listed groups. The first group by name decides the method.
fn covering_listing(
    store: &dyn Reader,
    settings: &Settings,
    groups: &KnownGroups,
) -> Result<Option<Listing>> {
    let covering = covers(store, settings, groups)?;
    let Some(first) = covering.first() else { return Ok(None) };
    let listing = records::listing(store, DocumentKind::Group, first)?;
    Ok(Some(listing.ok_or_else(|| missing_half(store, DocumentKind::Group, first))?))
}

fn member_listing(added: Timestamp, method: Method) -> Listing {
    Listing { method, phone: None, notes: None, added }
}

/// The whitelist entry that lets `login` connect by RDP at `now`, or else an expired entry that would have.
///
/// # Errors
/// When a matching entry is damaged.
pub fn covering_whitelist_entry(
    store: &dyn Reader,
    settings: &Settings,
    login: &Name,
    now: Timestamp,
) -> Result<Option<(Name, WhitelistEntry)>> {
    let mut over = None;
    for name in store.names_like(DocumentKind::Whitelist, &login.key())? {
        if !whitelisted(login, &name, &settings.domains) {
            continue;
        }
        let Some(entry) = records::whitelist_entry(store, &name)? else { continue };
        if entry.is_valid(now) {
            return Ok(Some((name, entry)));
        }
        over = over.or(Some((name, entry)));
    }
    Ok(over)
}

fn can_need_secret(request: &Request) -> bool {
    match request.ask {
        Ask::SignIn => !request.check,
        Ask::Open(Session::Rdp) | Ask::End => false,
        Ask::Open(_) => request.code.is_some(),
    }
}

/// The decrypted values that codes are compared with.
#[derive(Default)]
struct Codes {
    secret: Option<Secret>,
    sent: Option<SentCode>,
    used: Option<SentCode>,
}

fn open_codes(
    store: &dyn Reader,
    keys: Option<&KeyRing>,
    name: &Name,
    listing: &Listing,
    state: &State,
) -> Result<Codes> {
    let mut codes = Codes::default();
    if let (Some(sealed), Method::App) = (&state.secret, listing.method) {
        codes.secret = Some(open_secret(store, keys, name, sealed)?);
    }
    if listing.method == Method::App && state.enrolment == Enrolment::Active {
        return Ok(codes);
    }
    let sealed = [(&state.sms.code, &mut codes.sent), (&state.sms.used, &mut codes.used)];
    for (sealed, open) in sealed {
        if let Some(sealed) = sealed {
            *open = Some(open_code(store, keys, name, sealed)?);
        }
    }
    Ok(codes)
}
