//! sshd, with the files that docs/integrations/ssh.md shows and a real client.

use std::process::Child;

use crate::namespace::{Authenticator, Machine, Owner, PASSWORD, free_port, wait_for_port};
use crate::sandbox::{Secret, read_text_qr};
use crate::terminal::Terminal;

/// A machine whose sshd asks for codes.
struct Server {
    machine: Machine,
    /// Ends with the machine.
    _sshd: Child,
    port: u16,
}

/// The two ways that the document shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Password and code.
    Password,
    /// Public key and code.
    Key,
}

impl Server {
    fn new(owner: Owner, way: Way) -> Option<Self> {
        let needed = [("sshd", "openssh-server"), ("ssh", "openssh-client"), ("script", "bsdutils")];
        let machine = Machine::new(owner, &needed)?;
        let (stack, drop_in) = match way {
            Way::Password => ("sshd", "sshd_config.conf"),
            Way::Key => ("sshd-key", "sshd_config-key.conf"),
        };
        machine.install(&format!("examples/pam/{stack}"), "/etc/pam.d/sshd");
        let to = "/etc/ssh/sshd_config.d/50-rw2fa.conf";
        machine.install(&format!("examples/pam/{drop_in}"), to);
        machine.sh("ssh-keygen -A >/dev/null; mkdir -p /run/sshd");
        let port = free_port();
        let sshd = machine
            .command("/usr/sbin/sshd")
            .args(["-D", "-E", "/var/log/sshd", "-p", &port.to_string()])
            .args(["-o", "ListenAddress=127.0.0.1"])
            .spawn()
            .unwrap();
        wait_for_port(port);
        Some(Self { machine, _sshd: sshd, port })
    }

    /// Starts a client of this user, with more options.
    fn client(&self, user: &str, options: &str) -> Terminal {
        let line = format!(
            "ssh -F none -p {} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
             -o LogLevel=ERROR -o NumberOfPasswordPrompts=1 {options} {user}@127.0.0.1 'echo in as $USER'",
            self.port
        );
        Terminal::start(&self.machine, "bob", &line)
    }

    /// Starts a client that has typed the password.
    fn with_password(&self, user: &str) -> Terminal {
        let mut client = self.client(user, "");
        client.expect("Password: ");
        client.type_line(PASSWORD);
        client
    }
}

#[track_caller]
fn assert_in(client: Terminal, user: &str) {
    let (code, text) = client.end();
    assert!(code == 0 && text.contains(&format!("in as {user}\n")), "{code}: {text}");
}

#[track_caller]
fn assert_refused(client: Terminal) -> String {
    let (code, text) = client.end();
    assert!(code == 255 && !text.contains("in as"), "{code}: {text}");
    text
}

/// Signs a user in for the first time: reads the QR code off the terminal, as a phone does.
fn first_login(mut client: Terminal, user: &str) -> Authenticator {
    let message = client.expect("enter the code that it shows.\n");
    assert!(message.contains("Scan the QR code"), "{message}");
    let shown = client.expect("Code: ");
    let drawing: String = shown.split_inclusive('\n').filter(|line| line.contains('█')).collect();
    let secret = shown.split("Secret: ").nth(1).unwrap().trim().to_owned();
    let uri = read_text_qr(&drawing);
    assert!(uri.contains(&format!("secret={secret}&")), "{secret} is not in {uri}");
    let mut app = Authenticator::new(Secret::from_base32(&secret));
    client.type_line(&app.code());
    // Its message comes after the login, with those of the session.
    assert_in(client, user);
    app
}

/// Guards the whole life of a user of sshd, with a store of root and with one of the account rw2fa.
#[test]
fn password_and_code() {
    for owner in [Owner::Root, Owner::Rw2fa] {
        let Some(server) = Server::new(owner, Way::Password) else { return };
        server.machine.add_users("alice carol");
        // A user who is not listed needs no code.
        assert_in(server.with_password("bob"), "bob");
        let mut app = first_login(server.with_password("alice"), "alice");
        // Two mistakes, and the right code in the same conversation.
        let mut client = server.with_password("alice");
        let before = client.expect("Code: ");
        assert!(before.contains("Enter the 6 digits") && !before.contains("Secret"), "{before}");
        client.type_line(&app.wrong_code());
        client.expect("The code is wrong.");
        client.expect("Code: ");
        client.type_line(&app.used_code());
        client.expect("This code was already used.");
        client.expect("Code: ");
        client.type_line(&app.code());
        assert_in(client, "alice");
        for line in [
            "pam_rw2fa(sshd:auth): user 'bob' from '127.0.0.1': granted: not-listed",
            "pam_rw2fa(sshd:auth): user 'alice' from '127.0.0.1': granted: activated",
            "pam_rw2fa(sshd:auth): user 'alice' from '127.0.0.1': granted: code-accepted",
        ] {
            server.machine.wait_for_log(line);
        }
        let log = server.machine.log();
        assert!(!log.contains(&app.secret()) && !log.contains(&app.used_code()), "{log}");
        // The portal's grants are left alone: a login leaves none behind.
        let sessions = server.machine.sh("rw2fa users show alice --format json");
        assert!(!sessions.contains("\"client\""), "{sessions}");
    }
}
