//! A machine with FreeRADIUS and a store: namespaces of mounts and networks of their own, which vanish with the
//! test. The server has Debian's configuration, the commands of the page installed ours.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::sandbox::{Secret, has, may_be_the_system, real_now};

/// The secret that the server shares with its clients.
pub(super) const SHARED: &str = "shared-by-server-and-client";

/// The clients: name, address, and what differs from the example.
const CLIENTS: [(&str, &str, &str, &str); 4] = [
    ("vpn", "127.0.0.1", "", ""),
    ("wifi", "127.0.0.2", "", ""),
    ("old", "127.0.0.3", "#rw2fa_one_field", "rw2fa_one_field"),
    // pam_radius_auth sends no Message-Authenticator.
    ("ssh", "127.0.0.4", "authenticator = yes", "authenticator = no"),
];

/// Makes the machine. `/usr/bin` becomes a directory of links, to which our programs are added.
const SETUP: &str = r#"
set -eu
umask 022
ip link set lo up
for place in /var/lib /run /var/log /usr/share/doc; do
  mount -t tmpfs -o mode=755 rw2fa-test "$place"
done
mkdir /var/lib/usr-bin /var/lib/bin /var/lib/raddb /run/freeradius /var/log/freeradius
cp -a /etc/freeradius/3.0/. /var/lib/raddb
mount -t tmpfs -o mode=755 rw2fa-test /etc/freeradius
mkdir /etc/freeradius/3.0
cp -a /var/lib/raddb/. /etc/freeradius/3.0
mount --bind /usr/bin /var/lib/usr-bin
cp -rs /var/lib/usr-bin/. /var/lib/bin
mount --bind /var/lib/bin /usr/bin
cp "$1/rw2fa" "$1/rw2fa-verify" "$1/rw2fa-radius" /usr/bin
mkdir -p /usr/share/doc/rw2fa/examples
cp -r "$2/examples/freeradius" /usr/share/doc/rw2fa/examples
chown freerad:freerad /run/freeradius /var/log/freeradius
eval "$3"
rw2fa --quiet enable >/dev/null
echo ready
exec sleep 900
"#;

/// A client that sends a password as it is: radclient takes a backslash in it for an escape. Prints the type of the
/// answer.
const CLIENT: &str = r#"
import hashlib, hmac, os, socket, sys
source, shared, user, password = (os.fsencode(argument) for argument in sys.argv[1:])
vector = os.urandom(16)
padded = password.ljust(max(16, -(-len(password) // 16) * 16), b"\0")
hidden, last = b"", vector
for at in range(0, len(padded), 16):
    key = hashlib.md5(shared + last).digest()
    last = bytes(a ^ b for a, b in zip(padded[at:at + 16], key))
    hidden += last
attributes = b"".join(bytes([kind, len(value) + 2]) + value for kind, value in [(1, user), (2, hidden), (80, bytes(16))])
packet = b"\1\7" + (20 + len(attributes)).to_bytes(2, "big") + vector + attributes
packet = packet[:-16] + hmac.new(shared, packet, "md5").digest()
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.bind((source.decode(), 0))
client.settimeout(30)
client.sendto(packet, ("127.0.0.1", 1812))
print({2: "Accept", 3: "Reject", 11: "Challenge"}[client.recv(4096)[0]])
"#;

/// The machine. What it runs ends with it.
pub(super) struct Machine {
    namespace: Child,
    server: RefCell<Option<Child>>,
    /// Passwords, codes and secrets, which no log may contain.
    secrets: RefCell<Vec<String>>,
    codes: Cell<i64>,
}

/// The answer to a request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) kind: String,
    pub(super) state: Option<String>,
    pub(super) messages: Vec<String>,
    pub(super) text: String,
}

impl Machine {
    /// Starts a machine on which these users have passwords, or returns `None` if that is not possible here.
    /// FreeRADIUS' account owns the store.
    pub(super) fn new(users: &[(&str, &str)]) -> Option<Self> {
        Self::with_store("rw2fa --quiet init --owner freerad", users)
    }

    /// Starts a machine with the store that this script makes.
    pub(super) fn with_store(script: &str, users: &[(&str, &str)]) -> Option<Self> {
        if !may_be_the_system() {
            return None;
        }
        for (program, package) in [
            ("/usr/sbin/freeradius", "freeradius"),
            ("radclient", "freeradius-utils"),
            ("ip", "iproute2"),
            ("python3", "python3"),
            ("nsenter", "util-linux"),
        ] {
            if !has(program, &format!("apt-get install {package}")) {
                return None;
            }
        }
        let programs = Path::new(env!("CARGO_BIN_EXE_rw2fa-radius")).parent().unwrap();
        let mut unshare = Command::new("unshare");
        unshare.args(["-mn", "/bin/sh", "-c", SETUP, "sh"]).arg(programs);
        unshare
            .args([env!("CARGO_MANIFEST_DIR"), script])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut namespace = unshare.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(namespace.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let machine = Self {
            namespace,
            server: RefCell::default(),
            secrets: RefCell::default(),
            codes: Cell::default(),
        };
        assert_eq!(line, "ready\n", "the machine could not be made");
        machine.configure(users);
        machine.start();
        Some(machine)
    }

    /// Installs the configuration as the page says, with these users and two clients.
    fn configure(&self, users: &[(&str, &str)]) {
        let page = fs::read_to_string(repository("docs/integrations/radius.md")).unwrap();
        let mark = "<!-- not run: the tests of RADIUS do, with FreeRADIUS -->\n```console\n";
        let (install, _) = page.split_once(mark).unwrap().1.split_once("```").unwrap();
        self.sh(&install.lines().map(|line| line.replacen("# ", "", 1) + "\n").collect::<String>());
        let mut text = String::new();
        for (user, password) in users {
            self.hide(password);
            let line = [&quoted(user), " Cleartext-Password := ", &quoted(password), "\n"];
            text.push_str(&line.concat());
        }
        self.write("/etc/freeradius/3.0/mods-config/files/authorize", &text);
        let example = fs::read_to_string(repository("examples/freeradius/clients.conf")).unwrap();
        let clients: String = CLIENTS
            .iter()
            .map(|(name, address, old, new)| {
                let text = example.replace("192.0.2.10", address).replace("CHANGE-ME", SHARED);
                text.replace("client vpn", &format!("client {name}")).replace(old, new)
            })
            .collect();
        self.write("/etc/freeradius/3.0/clients.conf", &clients);
        // The log settings that leak most.
        self.sh(
            r"conf=/etc/freeradius/3.0/radiusd.conf
            sed -Ei 's/^(\s*auth(_badpass|_goodpass)?) = no/\1 = yes/; s/reject_delay = 1/reject_delay = 0/' $conf
            [ $(grep -Ec '^\s*auth(_badpass|_goodpass)? = yes|reject_delay = 0' $conf) = 4 ]
            chown -R freerad:freerad /etc/freeradius",
        );
    }

    /// Starts the server, with the part of Debian's unit that set-uid programs cannot work under.
    pub(super) fn start(&self) {
        let mut command = self.inside(&["setpriv", "--no-new-privs", "freeradius", "-f"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.server.replace(Some(command.spawn().unwrap()));
        let started = Instant::now();
        while !self.log().contains("Ready to process requests") {
            assert!(started.elapsed() < Duration::from_secs(60), "{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Stops the server.
    pub(super) fn stop(&self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Returns a program to run on the machine.
    pub(super) fn inside(&self, args: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.namespace.id().to_string(), "-m", "-n", "--"]).args(args);
        command
    }

    /// Runs a script as root and returns what it prints.
    pub(super) fn sh(&self, script: &str) -> String {
        let output = self.inside(&["bash", "-euc", script]).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{script}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let mut command = self.inside(&["tee", path]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{path}");
    }

    /// From now on, no log may contain this.
    pub(super) fn hide(&self, secret: &str) {
        self.secrets.borrow_mut().push(secret.to_owned());
    }

    /// Lists a user, who then proves a code of an app.
    pub(super) fn enrol(&self, user: &str) -> Secret {
        self.sh(&format!("rw2fa --quiet users add {user} >/dev/null"));
        let verify = "setpriv --reuid freerad --regid freerad --clear-groups rw2fa-verify --no-groups --qr=none";
        let shown = self.sh(&format!("{verify} -- {user} || [ $? = 3 ]"));
        let secret = Secret::of(&serde_json::from_str(&shown).unwrap());
        self.hide(&secret.to_base32());
        let code = self.next_code(&secret);
        self.sh(&format!("{verify} --code-stdin -- {user} <<<{code}"));
        secret
    }

    /// Makes new recovery codes.
    pub(super) fn recovery_codes(&self, user: &str) -> Vec<String> {
        let command = format!("rw2fa users recovery-codes {user} --yes --format json");
        let printed: serde_json::Value = serde_json::from_str(&self.sh(&command)).unwrap();
        let codes = printed["recovery_codes"]["codes"].as_array().unwrap();
        let codes: Vec<_> = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
        for code in &codes {
            self.hide(code);
        }
        codes
    }

    /// Returns a code that no login has used.
    pub(super) fn next_code(&self, secret: &Secret) -> String {
        let step = self.codes.replace(self.codes.get() + 1);
        let code = secret.code(real_now() + 30 * step);
        self.hide(&code);
        code
    }

    /// Returns a code that is wrong.
    pub(super) fn wrong_code(&self, secret: &Secret) -> String {
        let code = secret.wrong_code(real_now());
        self.hide(&code);
        code
    }

    /// Sends a request of the first client and returns the answer.
    pub(super) fn ask(&self, user: &str, password: &str, state: Option<&str>) -> Answer {
        self.ask_from("127.0.0.1", user, password, state)
    }

    /// Sends a request from this address.
    pub(super) fn ask_from(
        &self,
        address: &str,
        user: &str,
        password: &str,
        state: Option<&str>,
    ) -> Answer {
        let mut more = format!("User-Password = {}", quoted(password));
        more.extend(state.map(|state| format!(", State = {state}")));
        self.send(address, &format!("User-Name = {}, {more}", quoted(user)))
    }

    /// Sends a request with these attributes.
    pub(super) fn send(&self, address: &str, attributes: &str) -> Answer {
        Answer::read(&self.begin(address, attributes).wait_with_output().unwrap())
    }

    /// Sends a request without waiting for the answer.
    pub(super) fn begin(&self, address: &str, attributes: &str) -> Child {
        let mut command =
            self.inside(&["radclient", "-x", "-r", "1", "-t", "30", "127.0.0.1", "auth", SHARED]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let text = format!(
            "Packet-Src-IP-Address = {address}, Message-Authenticator = 0x00, {attributes}\n"
        );
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child
    }

    /// Sends this password as it is, and returns the type of the answer.
    pub(super) fn ask_exactly(&self, address: &str, user: &str, password: &str) -> String {
        let args = ["python3", "-c", CLIENT, address, SHARED, user, password];
        let output = self.inside(&args).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Gets a challenge with the right password.
    pub(super) fn challenge(&self, user: &str, password: &str) -> String {
        let answer = self.ask(user, password, None);
        assert_eq!(answer.kind, "Challenge", "{answer:?}\n{}", self.log());
        let state = answer.state.unwrap();
        self.hide(&state);
        state
    }

    /// Returns everything that the server logged.
    pub(super) fn log(&self) -> String {
        self.sh("find /var/log/freeradius -type f -exec cat {} +")
    }

    /// Checks that no log contains a secret.
    pub(super) fn check_log(&self) {
        let log = self.log();
        assert!(log.contains("Login OK") || log.contains("Login incorrect"), "nothing was logged");
        let secrets = self.secrets.borrow();
        let (states, secrets): (Vec<_>, Vec<_>) =
            secrets.iter().partition(|secret| secret.starts_with("0x"));
        for state in states {
            assert!(!log.contains(&state[2..]), "{state} is in the log:\n{log}");
        }
        // A random number may contain any six digits.
        let words = log.split_inclusive([' ', ',', '\'']).filter(|word| !word.starts_with("0x"));
        let log: String = words.collect();
        for secret in secrets {
            assert!(!log.contains(secret.as_str()), "{secret} is in the log:\n{log}");
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.stop();
        let _ = self.namespace.kill();
        let _ = self.namespace.wait();
    }
}

impl Answer {
    pub(super) fn read(output: &Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let received = text.split_once("Received Access-").map_or("", |(_, received)| received);
        let kind = received.split(' ').next().unwrap_or_default().to_owned();
        let values = |name: &str| -> Vec<String> {
            let lines = received.lines().map(str::trim);
            let values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
            values.map(|value| value.trim_matches('"').to_owned()).collect()
        };
        let (state, messages) = (values("State").pop(), values("Reply-Message"));
        Self {
            kind,
            state,
            messages,
            text: format!("{text}{}", String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// Returns the kind and the messages.
    pub(super) fn shown(&self) -> (&str, String) {
        (&self.kind, self.messages.concat())
    }
}

/// Writes a text as FreeRADIUS' files and radclient read it.
pub(super) fn quoted(text: &str) -> String {
    quoted_bytes(text.as_bytes())
}

/// Writes bytes as radclient reads them.
pub(super) fn quoted_bytes(bytes: &[u8]) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric();
    let escaped = bytes.iter().map(|byte| {
        if plain(byte) { char::from(*byte).to_string() } else { format!("\\{byte:03o}") }
    });
    format!("'{}'", escaped.collect::<String>())
}

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
