//! A program on a terminal, and a user who waits for text and types.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use crate::namespace::{Machine, PATIENCE};

/// A terminal, and what it shows.
pub(crate) struct Terminal {
    script: Child,
    keyboard: ChildStdin,
    screen: Receiver<Vec<u8>>,
    bytes: Vec<u8>,
    /// How much of the text has been waited for.
    seen: usize,
}

impl Terminal {
    /// Starts a shell command on a terminal of its own, as an account of the machine.
    pub(crate) fn start(machine: &Machine, account: &str, line: &str) -> Self {
        let mut command: Command = machine.command("setpriv");
        command.args([
            &format!("--reuid={account}"),
            &format!("--regid={account}"),
            "--init-groups",
        ]);
        command.args(["script", "--quiet", "--flush", "--return", "--command", line, "/dev/null"]);
        let mut script = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (keyboard, mut output) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { script, keyboard, screen, bytes: Vec::new(), seen: 0 }
    }

    /// Waits for a text, and returns what was shown before it since the last one.
    #[track_caller]
    pub(crate) fn expect(&mut self, wanted: &str) -> String {
        let since = Instant::now();
        loop {
            let text = self.text();
            let rest = text.get(self.seen..).unwrap_or_default();
            if let Some(at) = rest.find(wanted) {
                let before = rest[..at].to_owned();
                self.seen += at + wanted.len();
                return before;
            }
            let left = PATIENCE.saturating_sub(since.elapsed());
            let Ok(bytes) = self.screen.recv_timeout(left) else {
                panic!("the terminal does not show {wanted:?}:\n{text}");
            };
            self.bytes.extend(bytes);
        }
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, text: &str) {
        // A program that has ended does not read; what it showed says more.
        let _ = self.keyboard.write_all(format!("{text}\r").as_bytes());
    }

    /// Waits for the end; returns the exit code, and all that was shown since the last text that was waited for.
    #[track_caller]
    pub(crate) fn end(mut self) -> (i32, String) {
        let since = Instant::now();
        while let Ok(bytes) = self.screen.recv_timeout(PATIENCE.saturating_sub(since.elapsed())) {
            self.bytes.extend(bytes);
        }
        assert!(since.elapsed() < PATIENCE, "the program does not end:\n{}", self.text());
        let text = self.text();
        let code = self.script.wait().unwrap().code().unwrap_or(-1);
        (code, text.get(self.seen..).unwrap_or_default().to_owned())
    }

    fn text(&self) -> String {
        // The beginning of a character may be all that is there.
        String::from_utf8_lossy(&self.bytes).replace('\r', "")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}
