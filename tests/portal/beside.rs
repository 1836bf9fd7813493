//! Programs that run in the background of a test.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A program that ends when this value is dropped, and after three minutes in any case, even if the
/// tests are killed.
pub(crate) struct Beside(Child);

impl Beside {
    /// Builds the command that starts such a program.
    pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=5", "180"]).arg(program);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("a program"))
    }

    /// Returns the lines that it prints.
    pub(crate) fn lines(&mut self) -> Lines<BufReader<ChildStdout>> {
        BufReader::new(self.0.stdout.take().expect("its output")).lines()
    }

    /// Ends it as a service manager would.
    pub(crate) fn end(&mut self) -> ExitStatus {
        // Not `Child::kill`: only this signal is passed on by `timeout`.
        let _ = Command::new("kill").arg(self.0.id().to_string()).stderr(Stdio::null()).status();
        self.0.wait().expect("an end")
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After the program has ended, no process has this id.
        if matches!(self.0.try_wait(), Ok(None)) {
            self.end();
        }
    }
}
