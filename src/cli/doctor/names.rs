//! Names that the system does not know: mistyped, or of deleted accounts.

use std::time::{Duration, Instant};

use super::{Finding, Names, Severity};
use crate::names::name::Name;
use crate::platform;
use crate::process::Process;
use crate::store::{DocumentKind, Reader};

/// How long to wait for the system, in total.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks up every listed user and group in the system.
pub(super) fn check(store: &dyn Reader, process: &Process) -> Vec<Finding> {
    let started = Instant::now();
    let is_known = |name: &Name, is_group| {
        let canonical = name.canonical();
        process.knows(&name.system_spellings(&canonical), is_group)
    };
    let mut findings = Vec::new();
    for kind in [DocumentKind::User, DocumentKind::Group] {
        let mut unknown = Names::default();
        let names = store.list(kind).unwrap_or_default().names;
        for (seen, name) in names.iter().enumerate() {
            if started.elapsed() > PATIENCE {
                findings.push(unfinished(kind, names.len() - seen, name));
                break;
            }
            match is_known(name, kind == DocumentKind::Group) {
                Some(true) => {}
                Some(false) => unknown.add(name),
                // This program cannot query the system.
                None => return Vec::new(),
            }
        }
        if !unknown.is_empty() {
            let message = format!(
                "{} that this system does not know (a misspelt entry protects no one): {}",
                noun(kind),
                unknown.summary()
            );
            let option = if kind == DocumentKind::Group { "--group " } else { "" };
            let hint = format!(
                "if a name is misspelt: rw2fa users add with the right spelling, then rw2fa users remove {option}{}",
                unknown.first_quoted()
            );
            let finding = Finding::new("names", Severity::Warning, message).names(&unknown);
            findings.push(finding.remedy(hint));
        }
    }
    findings
}

fn noun(kind: DocumentKind) -> &'static str {
    if kind == DocumentKind::Group { "groups" } else { "users" }
}

fn unfinished(kind: DocumentKind, rest: usize, next: &Name) -> Finding {
    let seconds = PATIENCE.as_secs();
    let database = if kind == DocumentKind::Group { "group" } else { "passwd" };
    let message = format!(
        "the system's name service is slow: {rest} {} were not looked up within {seconds} s",
        noun(kind)
    );
    Finding::new("names", Severity::Info, message).remedy(format!(
        "see how long one name takes: time getent {database} {}",
        platform::quoted(next.canonical())
    ))
}
