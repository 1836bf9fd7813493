//! Programs that run beside a test.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A program that ends with this value, and after three minutes in any case: also when the tests are
/// killed.
pub(crate) struct Beside(Child);

impl Beside {
    /// How to start a program so.
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

    /// The lines that it prints.
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
        // A program that has ended already has no such id.
        if matches!(self.0.try_wait(), Ok(None)) {
            self.end();
        }
    }
}
