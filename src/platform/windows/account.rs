//! Accounts and groups of Windows.

use std::ffi::OsString;
use std::io;

use super::api::{accounts, machine};
use super::sid::Sid;
use crate::error::{Error, ErrorKind, Result};

/// Types of accounts, `SID_NAME_USE`: a user, and a computer of the domain.
const ACCOUNTS: [i32; 2] = [1, 9];
/// Types of groups: of a domain, of a machine, and built in.
const GROUPS: [i32; 3] = [2, 4, 5];

/// An account or a group.
pub(super) struct Found {
    /// Its identifier.
    pub(super) sid: Sid,
    kind: i32,
    domain: String,
}

impl Found {
    /// Reports whether it is a single account.
    pub(super) fn is_account(&self) -> bool {
        ACCOUNTS.contains(&self.kind)
    }
}

/// Looks up a name: `NAME`, `DOMAIN\NAME`, `NAME@DOMAIN`, or `.\NAME` on this machine.
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

/// Returns `DOMAIN\NAME`, or the identifier if it has no name.
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

/// The first label of this server's domain, which is often the NetBIOS name of its directory.
pub fn domain_name() -> Option<String> {
    let name = machine::dns_domain()?.into_string().ok()?;
    name.split('.').next().filter(|label| !label.is_empty()).map(str::to_owned)
}

/// Returns the groups of the account `name`; `None` if the system does not know the account. May wait for a
/// domain controller.
///
/// An account of this machine can be in groups of the machine, and those cannot be nested. For a domain
/// account, the system computes all groups that it would have when signing in here, including nested ones.
///
/// # Errors
/// If the list may be incomplete, for example because a group has no name.
pub fn groups_of(name: &str) -> Result<Option<Vec<String>>> {
    let failed = |error| Error::io(ErrorKind::System, "cannot look up the groups", error);
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
            // Groups of this machine are named without it, as for its own accounts.
            Some((domain, name)) => {
                let (domain, name) = (text(domain)?, text(name)?);
                let is_local = domain == "BUILTIN" || netbios_name()?.eq_ignore_ascii_case(&domain);
                groups.push(if is_local { name } else { qualified(&domain, &name) });
            }
            // SECURITY: a group without a known name could be a listed one.
            None if group.is_ordinary_group() => {
                let what = format!("group {group} has no name");
                return Err(std::io::Error::new(io::ErrorKind::NotFound, what));
            }
            None => {}
        }
    }
    Ok(groups)
}

/// Does nothing: Ctrl-C ends the program, and the console shows the cursor again.
pub fn hold_interrupts() {}

/// Returns the accounts and groups of this machine, each in order. Those of a domain are left out: there
/// may be any number.
pub fn people_and_groups() -> (Vec<String>, Vec<String>) {
    // Names that the system does not list, or that are not text, cannot be chosen but can still be typed.
    let names = |listed: std::io::Result<Vec<OsString>>| {
        let listed = listed.unwrap_or_default().into_iter();
        let mut names: Vec<_> = listed.filter_map(|name| name.into_string().ok()).collect();
        names.sort();
        names
    };
    (names(accounts::accounts_here()), names(accounts::groups_here()))
}

/// Reports whether the system knows an account, or a group, of this name.
pub fn knows(name: &str, is_group: bool) -> bool {
    let Ok(Some(found)) = look_up(name) else { return false };
    if is_group { GROUPS.contains(&found.kind) } else { found.is_account() }
}

fn netbios_name() -> std::io::Result<String> {
    machine::netbios_name().ok_or(io::ErrorKind::NotFound).map_err(Into::into).and_then(text)
}

/// SECURITY: a name that is not valid Unicode could be a listed one, so it is an error and never left out.
fn text(name: OsString) -> std::io::Result<String> {
    name.into_string().map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards domain accounts: all their groups are returned, or an error. Without a domain,
    /// `tests/windows/authz.c` simulates the part of Windows that asks one.
    #[test]
    fn a_domain_returns_all_groups_or_an_error() {
        #[expect(clippy::disallowed_methods, reason = "the runner passes a value to this test")]
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
