//! The id of the machine, which stays the same from start to start.
//!
//! Owns where systems keep it. It is confidential (machine-id(5)): nothing but a hash of it is ever shown.

use crate::error::{Error, ErrorKind, Result};

/// Where Linux keeps the id: systemd, and before it D-Bus.
#[cfg(target_os = "linux")]
const PLACES: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/// The id of this machine, 32 hexadecimal digits.
///
/// # Errors
/// [`ErrorKind::System`] when there is none.
#[cfg(target_os = "linux")]
pub fn machine_id() -> Result<String> {
    let mut texts = PLACES.iter().filter_map(|place| std::fs::read_to_string(place).ok());
    texts.find_map(|text| id_in(&text)).ok_or_else(|| {
        let places = PLACES.join(" and in ");
        Error::new(ErrorKind::System, format!("this machine has no id in {places}"))
            .with_hint("make one: systemd-machine-id-setup, or dbus-uuidgen --ensure")
    })
}

/// The id of this machine.
///
/// # Errors
/// [`ErrorKind::System`]: where this system keeps it is not known.
#[cfg(not(target_os = "linux"))]
pub fn machine_id() -> Result<String> {
    Err(Error::new(ErrorKind::System, "licences are not bound to machines of this system yet")
        .with_hint("run 'rw2fa license' on Linux"))
}

/// The id that a file holds, if it is one. Before the first start it is empty, or `uninitialized`.
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
    fn only_an_id_is_one() {
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
