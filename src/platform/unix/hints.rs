//! Commands for hints, ready to paste into a shell.

use std::path::Path;

use super::Owner;

/// How to get the rights that a command lacks, for hints.
pub const AS_ADMINISTRATOR: &str = "run as root";

/// Returns the command that closes everything below `path` to other accounts.
pub fn close_command(path: &Path) -> String {
    format!("chmod -R go-rwx {}", quoted(path))
}

/// Returns how to repair many files below `root` that do not belong to `owner`, or have several links.
pub fn hint_for_strangers(root: &Path, owner: Owner) -> String {
    let (place, owner) = (quoted(root), owner.name());
    format!(
        "list them: find {place} ! -user {owner} -o -type f -links +1; if they are yours: chown -R {owner} {place}, \
         and remove the other names of files that have several"
    )
}

/// Returns how to find the links below `root`.
pub fn hint_for_links(root: &Path) -> String {
    format!("list them: find {} -type l; replace each link with the file itself", quoted(root))
}

/// Returns how to make the file system of `path` writable again.
pub fn remount_command(path: &Path) -> String {
    let place = quoted(path);
    format!(
        "look in the system's log for the reason, then: mount -o remount,rw $(findmnt -no TARGET -T {place})"
    )
}

/// Returns the command that moves `path` out of the way.
pub fn set_aside_command(path: &Path) -> String {
    let place = quoted(path);
    format!("mv {place} {place}.aside")
}

/// Returns the command that appends audit files of future months to that of the current month, in
/// `directory`.
pub fn join_command(directory: &Path, lock: &Path, future: &[String], present: &str) -> String {
    let quoted_lock = quoted(lock);
    let script = format!(
        "cd {} && cat {} >>{present} && rm {}",
        quoted(directory),
        future.join(" "),
        future.join(" ")
    );
    format!("umask 077; flock {quoted_lock} sh -c {}", quoted(Path::new(&script)))
}

/// Quotes a path or a name for a shell.
pub fn quoted(word: impl AsRef<Path>) -> String {
    let text = word.as_ref().display().to_string();
    if text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+@%:".contains(c)) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
