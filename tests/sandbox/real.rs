//! The built programs as real processes: empty environment, real clock.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Run;

/// The built programs on one store.
#[derive(Clone)]
pub(crate) struct Real {
    store: PathBuf,
}

impl Real {
    /// Returns the programs on the store at this path.
    pub(crate) fn new(store: PathBuf) -> Self {
        Self { store }
    }

    /// Returns `rw2fa-verify` on the store, not yet started.
    pub(crate) fn verifier<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        command(env!("CARGO_BIN_EXE_rw2fa-verify"), &self.store, args)
    }

    /// Returns `rw2fa` on the store, not yet started.
    pub(crate) fn tool<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        command(env!("CARGO_BIN_EXE_rw2fa"), &self.store, args)
    }

    /// Runs `rw2fa-verify`, with a code on standard input.
    pub(crate) fn verify(&self, args: &[&str], code: Option<&str>) -> Run {
        finish(self.start(args, code))
    }

    /// Starts `rw2fa-verify` and writes the code to it.
    pub(crate) fn start(&self, args: &[&str], code: Option<&str>) -> Child {
        let flag = code.map(|_| "--code-stdin");
        let mut child = self.verifier(flag.iter().chain(args)).spawn().expect("a process");
        if let (Some(mut stdin), Some(code)) = (child.stdin.take(), code) {
            // A process that was killed in the meantime does not read.
            let _ = writeln!(stdin, "{code}");
        }
        child
    }

    /// Runs `rw2fa` with empty standard input.
    pub(crate) fn admin(&self, args: &[&str]) -> Run {
        finish(self.tool(args).spawn().expect("a process"))
    }
}

/// Fills the file system of this new file, by a process of its own. The processes that tests start at
/// the same time would inherit a descriptor of this one, and keep the space in use for a while after
/// the file is removed.
pub(crate) fn fill_disk(path: &Path) {
    let mut fill = Command::new("sh");
    fill.args(["-c", r#"exec cat /dev/zero >"$1""#, "sh"]).arg(path).stderr(Stdio::null());
    let status = fill.status().expect("a process");
    assert_eq!(status.code(), Some(1), "the disk is not full");
}

/// Returns the real time in Unix seconds, which real processes use.
#[expect(clippy::disallowed_methods, reason = "real processes have the real clock")]
pub(crate) fn real_now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.expect("a time after 1970").as_secs()).expect("a time before the sun dies")
}

/// Returns whether a process was killed. On Windows its exit code is then 1, like that of a denied
/// login, but without any message.
pub(crate) fn was_killed(output: &std::process::Output) -> bool {
    let says = |text: &[u8], word: &str| String::from_utf8_lossy(text).contains(word);
    match output.status.code() {
        None => true,
        Some(1) if cfg!(windows) => {
            !says(&output.stdout, r#""outcome":"deny""#) && !says(&output.stderr, "error: ")
        }
        Some(_) => false,
    }
}

/// Waits for a process that must not die of a signal.
pub(crate) fn finish(child: Child) -> Run {
    let output = child.wait_with_output().expect("an ended process");
    let code = output.status.code().unwrap_or_else(|| panic!("died: {output:?}"));
    Run {
        code: u8::try_from(code).expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn command<A: AsRef<OsStr>>(
    program: &str,
    store: &PathBuf,
    args: impl IntoIterator<Item = A>,
) -> Command {
    let mut command = Command::new(program);
    command.env_clear().arg("--store").arg(store).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
