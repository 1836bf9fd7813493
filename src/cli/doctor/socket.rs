//! The socket through which other accounts ask the verifier: whether it answers, who may ask, and what systemd lets
//! the verifier do.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Finding, Severity};
use crate::platform;
use crate::verify::SOCKET;

/// Where the kernel lists the sockets on which someone listens.
const LISTENERS: &str = "/proc/net/unix";

/// Where administrators change the service.
const CHANGES: [&str; 2] =
    ["/etc/systemd/system/rw2fa-verify@.service", "/etc/systemd/system/rw2fa-verify@.service.d"];

/// Checks the socket of the system, if there is one. `sends` says whether logins send messages.
pub(super) fn check(sends: bool) -> Vec<Finding> {
    let listeners = fs::read_to_string(LISTENERS).ok();
    check_at(Path::new(SOCKET), listeners.as_deref(), &CHANGES.map(PathBuf::from), sends)
}

fn check_at(
    socket: &Path,
    listeners: Option<&str>,
    changes: &[PathBuf],
    sends: bool,
) -> Vec<Finding> {
    let Some(found) = fs::metadata(socket).ok().filter(|found| found.file_type().is_socket())
    else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let place = socket.display();
    let end = format!(" {place}");
    if listeners.is_some_and(|list| !list.lines().any(|line| line.ends_with(&end))) {
        let message = format!("nothing listens at {place}, so the portal's logins fail");
        let finding = Finding::new("verifier-socket", Severity::Error, message);
        findings.push(finding.remedy("systemctl restart rw2fa-verify.socket"));
    }
    if found.permissions().mode() & 0o002 != 0 {
        let message = format!(
            "every account may connect to {place}; the verifier refuses those outside the socket's group, but each of \
             them can take its time"
        );
        let finding = Finding::new("verifier-socket", Severity::Warning, message);
        findings.push(finding.remedy(format!("chmod o= {}", platform::quoted(socket))));
    }
    if sends && !changes.iter().any(|place| allows_network(place)) {
        let message = "logins over the socket have no network, so they cannot send codes by SMS";
        let finding = Finding::new("verifier-network", Severity::Warning, message);
        findings.push(finding.remedy(
            "copy sms.conf of the examples to /etc/systemd/system/rw2fa-verify@.service.d/, then run \
             'systemctl daemon-reload'",
        ));
    }
    findings
}

/// Reports whether a unit, or a file in a directory of additions to it, allows the network.
fn allows_network(place: &Path) -> bool {
    let allows = |file: &Path| {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines().any(|line| line.replace(' ', "") == "PrivateNetwork=no")
    };
    let Ok(entries) = fs::read_dir(place) else { return allows(place) };
    entries.flatten().any(|entry| allows(&entry.path()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// Guards what is found about a socket: its listener, its mode, and the network of its service.
    #[test]
    fn a_socket_is_examined() {
        let directory = tempfile::tempdir().unwrap();
        let (socket, additions) = (directory.path().join("s"), directory.path().join("d"));
        fs::create_dir(&additions).unwrap();
        let found = |listeners: Option<&str>, sends| {
            let changes = [directory.path().join("none"), additions.clone()];
            let findings = check_at(&socket, listeners, &changes, sends);
            findings.iter().map(|finding| finding.message.as_str()).collect::<String>()
        };
        assert_eq!(found(Some(""), true), "", "there is no socket");
        let listener = UnixListener::bind(&socket).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o660)).unwrap();
        let list = fs::read_to_string(LISTENERS).unwrap();
        assert_eq!(found(Some(&list), false), "");
        assert_eq!(found(None, false), "", "the kernel lists nothing");
        assert!(found(Some(""), false).starts_with("nothing listens"));
        let similar = list.replace(&format!("{}\n", socket.display()), "/other\n");
        assert!(found(Some(&similar), false).starts_with("nothing listens"));
        assert!(found(Some(&list), true).starts_with("logins over the socket have no network"));
        fs::copy(
            concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/examples/systemd/rw2fa-verify@.service.d/sms.conf"
            ),
            additions.join("sms.conf"),
        )
        .unwrap();
        assert_eq!(found(Some(&list), true), "");
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(found(Some(&list), false).starts_with("every account may connect"));
        drop(listener);
    }
}
