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
        Self::with_options(owner, way, &[])
    }

    /// `options` come before those of the files.
    fn with_options(owner: Owner, way: Way, options: &[&str]) -> Option<Self> {
        let needed =
            [("sshd", "openssh-server"), ("ssh", "openssh-client"), ("script", "bsdutils")];
        let machine = Machine::new(owner, &needed)?;
        let (stack, drop_in) = match way {
            Way::Password => ("sshd", "sshd_config.conf"),
            Way::Key => ("sshd-key", "sshd_config-key.conf"),
        };
        machine.install(&format!("examples/pam/{stack}"), "/etc/pam.d/sshd");
        let to = "/etc/ssh/sshd_config.d/10-rw2fa.conf";
        machine.install(&format!("examples/pam/{drop_in}"), to);
        machine.sh("ssh-keygen -A >/dev/null; mkdir -p /run/sshd");
        let port = free_port();
        let sshd = machine
            .command("/usr/sbin/sshd")
            .args(["-D", "-E", "/var/log/sshd", "-p", &port.to_string()])
            .args(["-o", "ListenAddress=127.0.0.1"])
            .args(options.iter().flat_map(|option| ["-o", option]))
            .spawn()
            .unwrap();
        wait_for_port(port);
        Some(Self { machine, _sshd: sshd, port })
    }

    /// Starts a client of this user, with more options.
    fn client(&self, user: &str, options: &str) -> Terminal {
        let line = format!(
            "ssh -F none -p {} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
             -o NumberOfPasswordPrompts=1 {options} {user}@127.0.0.1 'echo in as $USER'",
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
        assert!(server.machine.show("alice")["grants"].as_array().unwrap().is_empty());
    }
}

/// Guards the lockout: its text is shown, and the right code does not help.
#[test]
fn a_lockout_is_shown_and_ends_the_conversation() {
    let Some(server) = Server::new(Owner::Rw2fa, Way::Password) else { return };
    server.machine.add_users("alice");
    let mut app = server.machine.enrol("alice");
    for codes in [3, 2] {
        let mut client = server.with_password("alice");
        for _ in 0..codes {
            client.expect("Code: ");
            client.type_line(&app.wrong_code());
        }
        let text = assert_refused(client);
        assert_eq!(text.contains("Too many wrong codes"), codes == 2, "{text}");
    }
    let text = assert_refused(server.with_password("alice"));
    assert!(text.contains("Too many wrong codes") && !text.contains("Code: "), "{text}");
    server.machine.wait_for_log("user 'alice' from '127.0.0.1': denied: locked");
    server.machine.sh("rw2fa --quiet users unlock alice");
    let mut client = server.with_password("alice");
    client.expect("Code: ");
    client.type_line(&app.code());
    assert_in(client, "alice");
}

/// Guards the order of the stack: a wrong password is refused before anything is said about codes.
#[test]
fn without_the_password_nothing_is_shown() {
    let Some(server) = Server::new(Owner::Root, Way::Password) else { return };
    server.machine.add_users("alice");
    let mut client = server.client("alice", "");
    client.expect("Password: ");
    client.type_line("not the password");
    let text = assert_refused(client);
    assert!(!text.contains("QR") && !text.contains("Code"), "{text}");
    assert_eq!(server.machine.log(), "");
    // Debian's own default of sshd, the method that cannot ask: refused, and no code is charged.
    assert_refused(server.client("alice", "-o PreferredAuthentications=password"));
}

/// Guards sshd's method `password`, which answers every prompt with the password: if it is on, no listed user gets in,
/// and no password is charged as a guess.
#[test]
fn the_password_method_lets_no_listed_user_in() {
    let options = ["PasswordAuthentication=yes", "AuthenticationMethods=any"];
    let Some(server) = Server::with_options(Owner::Root, Way::Password, &options) else { return };
    server.machine.add_users("alice");
    server.machine.sh("printf 'alice:123456\\n' | chpasswd");
    let app = server.machine.enrol("alice");
    let password = |user: &str, password: &str| {
        let mut client = server.client(user, "-o PreferredAuthentications=password");
        client.expect("password: ");
        client.type_line(password);
        client
    };
    assert_refused(password("alice", "123456"));
    assert_in(password("bob", PASSWORD), "bob");
    let why = "user 'alice' from '127.0.0.1': denied: the program answered the prompt for the code with the password";
    server.machine.wait_for_log(why);
    assert_eq!(server.machine.show("alice")["failures"], 0);
    drop(app);
}

/// Guards logins by key and code: neither alone is enough, and the password is not asked for.
#[test]
fn public_key_and_code() {
    let Some(server) = Server::new(Owner::Rw2fa, Way::Key) else { return };
    server.machine.add_users("alice");
    server.machine.sh(
        "ssh-keygen -q -t ed25519 -N '' -f /home/bob/key && chown bob:bob /home/bob/key && \
         for user in alice bob; do mkdir -p /home/$user/.ssh && \
         cp /home/bob/key.pub /home/$user/.ssh/authorized_keys; done",
    );
    let key = "-i /home/bob/key";
    let mut app = first_login(server.client("alice", key), "alice");
    let mut client = server.client("alice", key);
    let shown = client.expect("Code: ");
    assert!(!shown.contains("assword"), "{shown}");
    client.type_line(&app.wrong_code());
    client.expect("Code: ");
    client.type_line(&app.code());
    assert_in(client, "alice");
    // A user who is not listed needs only the key; without it, no one is asked.
    assert_in(server.client("bob", key), "bob");
    for user in ["alice", "bob"] {
        let text = assert_refused(server.client(user, ""));
        assert!(!text.contains("Code: "), "{text}");
    }
}

/// Guards the file for keys against a configuration of sshd that does not ask for one: everyone is refused.
#[test]
fn the_file_for_keys_refuses_logins_without_a_key() {
    let options = ["AuthenticationMethods=keyboard-interactive"];
    let Some(server) = Server::with_options(Owner::Root, Way::Key, &options) else { return };
    server.machine.add_users("alice");
    server.machine.enrol("alice");
    for user in ["alice", "bob"] {
        let text = assert_refused(server.client(user, ""));
        assert!(text.contains("Sign in with your key.") && !text.contains("Code: "), "{text}");
    }
    server
        .machine
        .wait_for_log("user 'bob' from '127.0.0.1': denied: sshd has not accepted a public key");
}

/// Guards that a verifier that does not answer lets no one in, and that turning it off does.
#[test]
fn without_an_answer_no_one_gets_in() {
    let Some(server) = Server::new(Owner::Root, Way::Password) else { return };
    let machine = &server.machine;
    machine.add_users("alice");
    machine.sh("mv /usr/bin/rw2fa-verify /usr/bin/away");
    let text = assert_refused(server.with_password("bob"));
    assert!(text.contains("cannot be checked right now"), "{text}");
    machine
        .wait_for_log("user 'bob' from '127.0.0.1': refused: /usr/bin/rw2fa-verify cannot be run");
    machine.sh("printf '#!/bin/sh\\nexec sleep 600\\n' >/usr/bin/rw2fa-verify && chmod 755 /usr/bin/rw2fa-verify");
    assert_refused(server.with_password("bob"));
    machine.wait_for_log("user 'bob' from '127.0.0.1': refused: /usr/bin/rw2fa-verify failed: it did not end within 25 s");
    assert!(!machine.sh("ps ax").contains("sleep 600"), "the verifier is still there");
    machine
        .sh("mv /usr/bin/away /usr/bin/rw2fa-verify && mv /var/lib/rw2fa/key /var/lib/rw2fa/gone");
    assert_refused(server.with_password("alice"));
    machine.wait_for_log("user 'alice' from '127.0.0.1': refused: store: ");
    machine.sh("mv /mnt/security/pam_rw2fa.so /mnt/away.so");
    assert_refused(server.with_password("bob"));
    machine.wait_for_log("PAM unable to dlopen(pam_rw2fa.so)");
    machine.sh("mv /mnt/away.so /mnt/security/pam_rw2fa.so");
    machine.sh("rw2fa --quiet disable --yes");
    assert_in(server.with_password("alice"), "alice");
}
