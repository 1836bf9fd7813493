//! The verifier beside this program: who may start it.

use std::path::Path;

use super::{Finding, Severity};
use crate::platform;

/// Checks the verifier in the directory of `program`.
pub(super) fn check(program: Option<&Path>) -> Option<Finding> {
    let name = format!("rw2fa-verify{}", std::env::consts::EXE_SUFFIX);
    let path = program?.parent()?.join(name);
    let (is_elevated, is_open) = platform::starts_for_others(&path)?;
    if !(is_elevated && is_open) {
        return None;
    }
    let message = format!(
        "{} runs as the store's owner and anyone may start it: every account of this server can try codes and see the \
         answers",
        path.display()
    );
    let finding = Finding::new("verifier", Severity::Error, message);
    Some(finding.remedy(format!("chmod 4750 {}", platform::quoted(&path))))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Guards the mode of a set-uid verifier.
    #[test]
    fn a_world_executable_set_uid_verifier_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("rw2fa");
        assert_eq!(check(Some(&program)), None, "there is none");
        let verifier = directory.path().join("rw2fa-verify");
        fs::File::create(&verifier).unwrap();
        for (mode, is_bad) in [(0o4750, false), (0o755, false), (0o4755, true), (0o4751, true)] {
            fs::set_permissions(&verifier, fs::Permissions::from_mode(mode)).unwrap();
            let found = check(Some(&program));
            assert_eq!(found.is_some(), is_bad, "{mode:o}");
        }
    }
}
