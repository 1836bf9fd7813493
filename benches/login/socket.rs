//! A login that another account's verifier decides: `systemd-socket-activate` starts it for each connection, as systemd
//! does with `rw2fa-verify.socket`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

/// The owner of the store, and the account that asks. Neither needs to exist.
const OWNER: u32 = 1;
const CALLER: u32 = 65_534;

/// What listens at a socket.
pub(crate) struct Service {
    child: Child,
    socket: PathBuf,
    verifier: PathBuf,
}

impl Service {
    /// Hands the store at `root` over to another account, and listens for logins. `None`, with the reason, where this
    /// cannot be measured.
    pub(crate) fn start(
        verifier: &Path,
        root: &Path,
    ) -> Result<std::result::Result<Self, &'static str>> {
        let place = root.parent().context("a store has a place")?;
        let reaches = |program: &str| as_caller(Command::new(program)).arg(place).output();
        if !reaches("ls").is_ok_and(|output| output.status.success()) {
            return Ok(Err("run it as root, with a --place that other accounts can reach"));
        }
        let owner = format!("{OWNER}:{OWNER}");
        let changed = Command::new("chown").arg("-R").arg(owner).arg(root).status()?;
        anyhow::ensure!(changed.success(), "the store could not be handed over");
        let copy = place.join("rw2fa-verify");
        fs::copy(verifier, &copy)?;
        let socket = place.join("verify.sock");
        let mut listener = Command::new("systemd-socket-activate");
        listener.arg(format!("--listen={}", socket.display())).args(["--accept", "--inetd"]);
        // It runs as root, and becomes the owner itself.
        listener.arg(&copy).args(["--request-stdin", "--store"]).arg(root);
        listener.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(child) = listener.spawn() else {
            return Ok(Err("systemd-socket-activate is not installed"));
        };
        let service = Self { child, socket, verifier: copy };
        for _ in 0..500 {
            if service.socket.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let group = CALLER.to_string();
        let changed = Command::new("chgrp").arg(group).arg(&service.socket).status()?;
        anyhow::ensure!(changed.success(), "nothing listens");
        let mode = Command::new("chmod").arg("660").arg(&service.socket).status()?;
        anyhow::ensure!(mode.success(), "the mode of the socket could not be set");
        Ok(Ok(service))
    }

    /// Returns the verifier, to be run by the account that asks.
    pub(crate) fn verifier(&self) -> Command {
        let mut command = as_caller(Command::new(&self.verifier));
        command.env_clear().env("RW2FA_SOCKET", &self.socket);
        command
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
fn as_caller(mut command: Command) -> Command {
    use std::os::unix::process::CommandExt;
    command.uid(CALLER).gid(CALLER);
    command
}

#[cfg(not(unix))]
fn as_caller(_: Command) -> Command {
    Command::new("no such program")
}
