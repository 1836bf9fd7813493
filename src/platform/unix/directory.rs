//! Lists the accounts and groups of this system for the user to choose from.
//!
//! Name services may know more than they list, so a missing account may still exist.

use std::path::Path;
use std::time::Duration;

use crate::platform::child;

/// How long to wait for the name services.
const PATIENCE: Duration = Duration::from_secs(5);

/// The ids of regular accounts and groups: the range of Debian and others.
const PEOPLE: std::ops::Range<u32> = 1000..60_000;

/// Returns the regular accounts and the groups they may be in, each in order.
pub fn people_and_groups() -> (Vec<String>, Vec<String>) {
    let accounts = people(&database("passwd"));
    let groups = groups(&database("group"));
    (accounts, groups)
}

/// Reads a database from the name services, or from its file if that fails.
fn database(name: &str) -> String {
    let asked = child::run(Path::new("/usr/bin/getent"), &[name], b"", PATIENCE);
    match asked {
        Ok(output) if !output.stdout.is_empty() => String::from_utf8_lossy(&output.stdout).into(),
        _ => std::fs::read_to_string(Path::new("/etc").join(name)).unwrap_or_default(),
    }
}

fn people(passwd: &str) -> Vec<String> {
    let mut names: Vec<_> = passwd
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let id: u32 = fields.get(2)?.parse().ok()?;
            PEOPLE.contains(&id).then(|| fields[0].to_owned())
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Lists the groups of regular accounts: those with members, those in the id range, and `users`.
fn groups(group: &str) -> Vec<String> {
    let mut names: Vec<_> = group
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let id: u32 = fields.get(2)?.parse().ok()?;
            let has_members = fields.get(3).is_some_and(|members| !members.is_empty());
            let is_theirs = has_members || PEOPLE.contains(&id) || fields[0] == "users";
            is_theirs.then(|| fields[0].to_owned())
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_accounts_are_separated_from_system_accounts() {
        let passwd = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:\nzoe:x:1001:1001:Zoe:/home/zoe:\n\
                      CORP\\bob:x:1002:1002::/:\nnobody:x:65534:65534::/:\nbroken\n:x:y:z\n";
        assert_eq!(people(passwd), ["CORP\\bob", "zoe"]);
        let group = "root:x:0:\nsudo:x:27:zoe\nusers:x:100:\nstaff:x:50:\nzoe:x:1001:\nbroken:x\n";
        assert_eq!(groups(group), ["sudo", "users", "zoe"]);
    }
}
