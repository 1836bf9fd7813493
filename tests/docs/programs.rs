//! The programs under test, run as a reader of the pages runs them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::pages::repository;

pub(crate) fn programs() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap().to_owned()
}

/// Returns a command that finds the programs under test, and runs in `directory` with an otherwise
/// empty environment.
pub(crate) fn command(program: &str, directory: &Path) -> Command {
    // The directory's `bin` comes first: some tests put a fake verifier there.
    let path = format!(
        "{}/bin:{programs}:{programs}/examples:/usr/local/bin:/usr/bin:/bin",
        directory.display(),
        programs = programs().display()
    );
    let mut command = Command::new(program);
    command.current_dir(directory).env_clear().env("PATH", path).env("HOME", directory);
    command.env("RW2FA_STORE", directory.join("store")).env("DOCS", repository("docs"));
    command
}

pub(crate) fn run(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    // A program that ends early does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

pub(crate) fn stdout_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a script with both streams on standard output, in the order in which they were written.
pub(crate) fn shell(script: &str, directory: &Path) -> Output {
    run(command("bash", directory).arg("-c").arg(format!("exec 2>&1\n{script}")), "")
}

pub(crate) fn rw2fa(directory: &Path, args: &[&str]) {
    let output = run(command("rw2fa", directory).args(args), "");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Builds the phone if this run of cargo built no examples.
pub(crate) fn build_phone() {
    let programs = programs();
    if !programs.join("examples/phone").exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--offline", "--example", "phone"]);
        cargo.arg("--target-dir").arg(programs.parent().unwrap());
        if programs.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "the phone example does not build");
    }
}
