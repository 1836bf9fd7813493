//! xrdp on a machine of its own, and a real RDP client.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::namespace::{Machine, Owner, PASSWORD, free_port, wait_for_port, wait_until};

/// A machine that users connect to by RDP.
pub(crate) struct Desktop {
    pub(crate) machine: Machine,
    port: u16,
    /// The screen of the client.
    display: String,
    /// End with the machine.
    _servers: Vec<Child>,
}

impl Desktop {
    /// Starts xrdp with the file that docs/integrations/xrdp.md shows. `None` if the test must be skipped.
    pub(crate) fn new(owner: Owner) -> Option<Self> {
        let machine = Machine::new(
            owner,
            &[
                ("xrdp", "xrdp"),
                ("xrdp-sesman", "xrdp"),
                ("/usr/lib/xorg/modules/libxorgxrdp.so", "xorgxrdp"),
                ("xfreerdp", "freerdp2-x11"),
                ("Xvfb", "xvfb"),
            ],
        )?;
        machine.install("examples/pam/xrdp-sesman", "/etc/pam.d/xrdp-sesman");
        let (port, sesman) = (free_port(), free_port());
        // A number of a display that other tests do not use. A desktop is a file that says that it opened.
        let display = 200 + port % 2000;
        machine.sh(&format!(
            "sed -i 's|^ListenPort=.*|ListenPort={sesman}|; s|^X11DisplayOffset=.*|X11DisplayOffset={display}|' \
             /etc/xrdp/sesman.ini
             sed -i 's|^port=3389|port=tcp://127.0.0.1:{port}|; s|^autorun=.*|autorun=Xorg|' /etc/xrdp/xrdp.ini
             printf '#!/bin/sh\\n: >$HOME/opened\\nsleep 600\\n' >/etc/xrdp/startwm.sh
             chmod 755 /etc/xrdp/startwm.sh"
        ));
        let start = |program: &str| {
            let mut server = machine.command(program);
            server.arg("--nodaemon").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let mut servers = vec![start("xrdp-sesman")];
        wait_for_port(sesman);
        servers.push(start("xrdp"));
        wait_for_port(port);
        let mut screen = machine.command("Xvfb");
        screen.args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"]);
        let mut screen = screen.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut number = String::new();
        BufReader::new(screen.stdout.take().unwrap()).read_line(&mut number).unwrap();
        servers.push(screen);
        Some(Self { machine, port, display: format!(":{}", number.trim()), _servers: servers })
    }

    /// Connects as a user with this password, until the desktop opens or the log has `refusal`. Returns whether it
    /// opened.
    #[track_caller]
    pub(crate) fn opens(&self, user: &str, password: &str, refusal: &str) -> bool {
        self.machine.sh(&format!("rm -f /home/{user}/opened; : >/var/log/syslog"));
        let mut client = self
            .machine
            .command("xfreerdp")
            .env("DISPLAY", &self.display)
            .env("HOME", "/tmp")
            .args(["/cert:ignore", "/log-level:ERROR", &format!("/v:127.0.0.1:{}", self.port)])
            .args([format!("/u:{user}"), format!("/p:{password}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let has_opened =
            || self.machine.try_sh(&format!("test -e /home/{user}/opened")).status.success();
        let is_refused = || {
            let log = self.machine.sh("cat /var/log/syslog");
            log.contains(refusal)
        };
        let is_decided = wait_until(|| has_opened() || is_refused());
        // A desktop that opens in spite of a refusal would take a moment.
        if is_decided && !has_opened() {
            std::thread::sleep(std::time::Duration::from_secs(2));
        }
        let _ = client.kill();
        let _ = client.wait();
        assert!(
            is_decided,
            "{user} was neither let in nor refused: {}",
            self.machine.sh("cat /var/log/syslog")
        );
        has_opened()
    }

    /// Connects as a user who may fail at the whitelist.
    #[track_caller]
    pub(crate) fn lets_in(&self, user: &str) -> bool {
        self.opens(user, PASSWORD, &format!("user '{user}': denied: rdp-not-allowed"))
    }
}
