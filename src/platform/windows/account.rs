//! What Windows knows of accounts and groups.

use std::ffi::OsString;
use std::io;

use super::api::{accounts, machine};
use super::sid::Sid;
use crate::error::{Error, ErrorKind, Result};

/// What kind of thing a name means, `SID_NAME_USE`: a user, a machine of the domain.
const ACCOUNTS: [i32; 2] = [1, 9];
/// A group of a domain, one of a machine, and one that every Windows has.
const GROUPS: [i32; 3] = [2, 4, 5];

/// An account or a group.
pub(super) struct Found {
    /// Its identifier.
    pub(super) sid: Sid,
    kind: i32,
    domain: String,
}

impl Found {
    /// Whether it is one account.
    pub(super) fn is_account(&self) -> bool {
        ACCOUNTS.contains(&self.kind)
    }
}

/// What the system knows by this name: `NAME`, `DOMAIN\NAME`, `NAME@DOMAIN`, or `.\NAME` on this machine.
pub(super) fn look_up(name: &str) -> std::io::Result<Option<Found>> {
    let name = match name.strip_prefix(r".\") {
        Some(account) => format!(r"{}\{account}", netbios_name()?),
        None => name.to_owned(),
    };
    let found = accounts::look_up(&name)?;
    Ok(match found {
        Some(found) => {
            Some(Found { sid: found.sid, kind: found.kind, domain: text(found.domain)? })
        }
        None => None,
    })
}

/// `DOMAIN\NAME`, or the identifier of what has no name.
pub(super) fn name_of(sid: &Sid) -> String {
    match accounts::name_of(sid) {
        Ok(Some((domain, name))) => qualified(&domain.to_string_lossy(), &name.to_string_lossy()),
        _ => sid.to_string(),
    }
}

fn qualified(domain: &str, name: &str) -> String {
    if domain.is_empty() { name.to_owned() } else { format!(r"{domain}\{name}") }
}

/// The account that started this program, for the audit trail.
pub fn caller() -> String {
    accounts::current().map_or_else(|_| "unknown".into(), |sid| name_of(&sid))
}

/// The name of this server.
pub fn host_name() -> String {
    machine::host_name()
        .and_then(|name| name.into_string().ok())
        .unwrap_or_else(|| "server".to_owned())
}

/// The groups of the account `name`; `None` if the system knows no such account. It may wait for a domain
/// controller.
///
/// Accounts of this machine are in groups of it, and groups of a machine are in no others. For an account of a domain the system works out all
/// groups that it would have if it signed in here, also those that groups are in.
///
/// # Errors
/// When the groups cannot be told in full: a group without a name counts as that.
pub fn groups_of(name: &str) -> Result<Option<Vec<String>>> {
    let failed = |error| Error::io(ErrorKind::System, "the system cannot tell the groups", error);
    let Some(found) = look_up(name).map_err(failed)?.filter(Found::is_account) else {
        return Ok(None);
    };
    let is_local = netbios_name().map_err(failed)?.eq_ignore_ascii_case(&found.domain);
    let groups = if is_local { local_groups(&found.sid) } else { domain_groups(&found.sid) };
    groups.map(Some).map_err(failed)
}

fn local_groups(sid: &Sid) -> std::io::Result<Vec<String>> {
    let Some((_, account)) = accounts::name_of(sid)? else {
        return Err(io::ErrorKind::NotFound.into());
    };
    accounts::local_groups(&text(account)?)?.into_iter().map(text).collect()
}

fn domain_groups(sid: &Sid) -> std::io::Result<Vec<String>> {
    let mut groups = Vec::new();
    for group in accounts::all_groups(sid)? {
        match accounts::name_of(&group)? {
            // Groups of this machine are told without its name, as for its own accounts.
            Some((domain, name)) => {
                let (domain, name) = (text(domain)?, text(name)?);
                let is_local = domain == "BUILTIN" || netbios_name()?.eq_ignore_ascii_case(&domain);
                groups.push(if is_local { name } else { qualified(&domain, &name) });
            }
            // SECURITY: a group whose name cannot be told could be a listed one.
            None if group.is_ordinary_group() => {
                let what = format!("group {group} has no name");
                return Err(std::io::Error::new(io::ErrorKind::NotFound, what));
            }
            None => {}
        }
    }
    Ok(groups)
}

/// Nothing: Ctrl-C ends the program, and the console shows the cursor to the next one.
pub fn hold_interrupts() {}

/// The accounts and groups that this machine keeps, each in order. Those of a domain are not offered: it may
/// have any number.
pub fn people_and_groups() -> (Vec<String>, Vec<String>) {
    // What the system does not tell, or what is no text, cannot be chosen, but still be named.
    let names = |listed: std::io::Result<Vec<OsString>>| {
        let listed = listed.unwrap_or_default().into_iter();
        let mut names: Vec<_> = listed.filter_map(|name| name.into_string().ok()).collect();
        names.sort();
        names
    };
    (names(accounts::accounts_here()), names(accounts::groups_here()))
}

/// Whether the system knows an account, or a group, of this name.
pub fn knows(name: &str, is_group: bool) -> bool {
    let Ok(Some(found)) = look_up(name) else { return false };
    if is_group { GROUPS.contains(&found.kind) } else { found.is_account() }
}

fn netbios_name() -> std::io::Result<String> {
    machine::netbios_name().ok_or(io::ErrorKind::NotFound).map_err(Into::into).and_then(text)
}

/// SECURITY: a name that is no Unicode text could be a listed one: it is an error, not left out.
fn text(name: OsString) -> std::io::Result<String> {
    name.into_string().map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards the groups of accounts of a domain: all are told, or none. Where there is no domain,
    /// `tests/windows/authz.c` stands in for the part of Windows that asks one.
    #[test]
    fn a_domain_tells_all_groups_or_none() {
        #[expect(clippy::disallowed_methods, reason = "what the test is told by who runs it")]
        if std::env::var_os("RW2FA_TEST_DOMAIN").is_none() {
            return;
        }
        let groups = |number| {
            let sid = Sid::parse(&format!("S-1-5-21-1-2-3-{number}")).unwrap();
            domain_groups(&sid).map_err(|error| error.to_string())
        };
        assert_eq!(groups(1105).unwrap(), ["Administrators", "Users", "Everyone"]);
        let unnamed = groups(1106).unwrap_err();
        assert_eq!(unnamed, "group S-1-5-21-1-2-3-513 has no name");
        assert!(groups(1107).is_err(), "no domain answered");
    }
}
