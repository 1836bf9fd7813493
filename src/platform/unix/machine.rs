//! The machine id, which stays the same across restarts.
//!
//! Owns where systems store it. It is confidential (machine-id(5)): only a hash of it is ever shown.

use crate::error::{Error, ErrorKind, Result};

/// Where Linux stores the id: systemd's file, then the older one of D-Bus.
#[cfg(target_os = "linux")]
const PLACES: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/// Returns the id of this machine, 32 hexadecimal digits.
///
/// # Errors
/// [`ErrorKind::System`] if it has none.
#[cfg(target_os = "linux")]
pub fn machine_id() -> Result<String> {
    let mut texts = PLACES.iter().filter_map(|place| std::fs::read_to_string(place).ok());
    texts.find_map(|text| id_in(&text)).ok_or_else(|| {
        let places = PLACES.join(" and in ");
        Error::new(ErrorKind::System, format!("no machine id in {places}"))
            .with_hint("create one: systemd-machine-id-setup, or dbus-uuidgen --ensure")
    })
}

/// Returns the id of this machine.
///
/// # Errors
/// [`ErrorKind::System`], because it is not known where this system stores it.
#[cfg(not(target_os = "linux"))]
pub fn machine_id() -> Result<String> {
    Err(Error::new(
        ErrorKind::System,
        "licences cannot be bound to a machine with this operating system yet",
    )
    .with_hint("run 'rw2fa license' on Linux"))
}

/// Parses the id in a file. Before the first start, the file is empty or `uninitialized`.
#[cfg(target_os = "linux")]
fn id_in(text: &str) -> Option<String> {
    let id = text.trim_end();
    let is_id = id.len() == 32
        && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        && id.bytes().any(|byte| byte != b'0');
    is_id.then(|| id.to_ascii_lowercase())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_a_machine_id_is_accepted() {
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(id_in(&format!("{id}\n")).as_deref(), Some(id));
        assert_eq!(id_in(&id.to_uppercase()).as_deref(), Some(id));
        for no_id in [
            "",
            "uninitialized\n",
            &id[1..],
            &"0".repeat(32),
            &format!("{id}0"),
            &id.replace('0', "g"),
        ] {
            assert_eq!(id_in(no_id), None, "{no_id}");
        }
    }
}
