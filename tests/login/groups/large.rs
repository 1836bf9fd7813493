//! A group with very many members: the system's entry for it is longer than any usual buffer.

use std::process::Command;

/// Replaces the list of groups in a mount namespace of its own, and asks for the groups of an account.
const SCRIPT: &str = r#"
set -eu
mount --bind "$1" /etc/group
exec "$2" system-groups -- root
"#;

/// Guards members of a group whose entry has more than 1 MiB: their groups are known.
#[test]
fn a_group_of_very_many_members_is_known() {
    if !crate::sandbox::may_be_the_system() {
        return;
    }
    let members = (0..300_000).map(|at| format!("member{at:06},")).collect::<Vec<_>>().concat();
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!("root:x:0:\nlarge:x:4242:{members}root\n");
    assert!(text.len() > 3 << 20);
    std::fs::write(file.path(), text).unwrap();
    let output = Command::new("unshare")
        .args(["-m", "/bin/sh", "-c", SCRIPT, "sh"])
        .arg(file.path())
        .arg(env!("CARGO_BIN_EXE_rw2fa"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "root\0large\0\n", "{output:?}");
}
