//! A machine of its own for one test: a private mount and process namespace in which `/etc`, `/run`, `/home` and more are
//! copies, and rw2fa is installed. Nothing that a test does in it is left on the machine.
//!
//! Accounts: alice, bob and carol, with the password [`PASSWORD`]; rw2fa and rw2fa-portal. Needs root.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::sandbox::{has, may_be_the_system, real_now};

/// The password of every account.
pub(crate) const PASSWORD: &str = "wonderland";

/// How long a test waits for another program. Machines may be slow; a test that fails takes this long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Who owns the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// root, who runs the verifier, too.
    Root,
    /// The account rw2fa, as the Debian package makes it. Programs of root become that account to decide a login.
    Rw2fa,
}

/// The machine.
pub(crate) struct Machine {
    /// Holds the namespaces: they end with it.
    anchor: Child,
}

impl Machine {
    /// Makes a machine with the PAM module and a new store, in which nobody is listed and two-factor authentication is
    /// on. `None` if this test must be skipped: not root, or one of the programs, given with their Debian packages, is
    /// missing.
    pub(crate) fn new(owner: Owner, needed: &[(&str, &str)]) -> Option<Self> {
        let needed = needed.iter().chain(&[("socat", "socat"), ("nsenter", "util-linux")]);
        let has_all = |(program, package): &(&str, &str)| {
            let sbin = Path::new("/usr/sbin").join(program);
            sbin.exists() || has(program, &format!("apt-get install {package}"))
        };
        if !may_be_the_system() || !needed.clone().all(has_all) {
            return None;
        }
        let script = repository("tests/integrations/namespace.sh");
        let mut anchor = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh"])
            .arg(script)
            .args([env!("CARGO_BIN_EXE_rw2fa-verify"), env!("CARGO_BIN_EXE_rw2fa")])
            .arg(module())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(anchor.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let machine = Self { anchor };
        assert_eq!(line, "ready\n", "the namespace was not made");
        machine.sh(match owner {
            Owner::Root => "rw2fa --quiet init",
            Owner::Rw2fa => "rw2fa --quiet init --owner rw2fa",
        });
        machine.sh("rw2fa --quiet enable");
        Some(machine)
    }

    /// A program in the machine, with a fixed environment, not yet started.
    pub(crate) fn command(&self, program: &str) -> Command {
        let space = |kind: &str| format!("/proc/{}/ns/{kind}", self.anchor.id());
        let mut command = Command::new("nsenter");
        command.arg(format!("--mount={}", space("mnt")));
        command.arg(format!("--pid={}", space("pid_for_children")));
        command.args(["--wd=/", "--", program]).env_clear();
        command
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LANG", "C.UTF-8")
            .env("TERM", "xterm");
        command.stdin(Stdio::null());
        command
    }

    /// Runs a shell script as root, whatever its end.
    pub(crate) fn try_sh(&self, script: &str) -> Output {
        self.command("/bin/sh").args(["-euc", script]).output().unwrap()
    }

    /// Runs a shell script as root, which must succeed; returns its output.
    #[track_caller]
    pub(crate) fn sh(&self, script: &str) -> String {
        let output = self.try_sh(script);
        assert!(output.status.success(), "{script}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Installs a file of this repository, unchanged.
    pub(crate) fn install(&self, file: &str, to: &str) {
        self.put(&repository(file), to, "644");
    }

    /// Copies a file from outside: `/tmp` in the machine is not that of the test.
    pub(crate) fn put(&self, file: &Path, to: &str, mode: &str) {
        let mut install = self.command("/bin/sh");
        install.args(["-euc", r#"cat >"$1"; chmod "$2" "$1""#, "sh", to, mode]);
        let status = install.stdin(std::fs::File::open(file).unwrap()).status().unwrap();
        assert!(status.success(), "{to} was not written");
    }

    /// Lists users.
    pub(crate) fn add_users(&self, names: &str) {
        self.sh(&format!("rw2fa --quiet users add {names}"));
    }

    /// Enrols a user through the verifier. The code of this step is then spent.
    pub(crate) fn enrol(&self, user: &str) -> Authenticator {
        let ask = format!("rw2fa-verify --no-groups --qr none -- {user} || [ $? = 3 ]");
        let answer: serde_json::Value = serde_json::from_str(&self.sh(&ask)).unwrap();
        let mut app = Authenticator::new(crate::sandbox::Secret::of(&answer));
        let code = app.code();
        self.sh(&format!("echo {code} | rw2fa-verify --no-groups --code-stdin -- {user}"));
        app
    }

    /// The lines of the system log that the PAM module wrote.
    pub(crate) fn log(&self) -> String {
        // The lines of others have line breaks, and those of the module begin with their priority.
        let log =
            self.try_sh("sed 's/<8[0-9]>/\\n/g' /var/log/syslog | grep pam_rw2fa || true").stdout;
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Waits until the PAM module has logged this.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, wanted: &str) {
        let found = wait_until(|| self.log().contains(wanted));
        assert!(found, "the log lacks {wanted:?}:\n{}", self.log());
    }

    /// What `users show` says of a user.
    pub(crate) fn show(&self, user: &str) -> serde_json::Value {
        let shown = self.sh(&format!("rw2fa users show {user} --format json"));
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        shown["users"][0].clone()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.anchor.kill();
        let _ = self.anchor.wait();
    }
}

/// The app of a user. Each of its codes is of another step, so that none is used twice.
pub(crate) struct Authenticator {
    secret: crate::sandbox::Secret,
    ahead: i64,
    last: String,
}

impl Authenticator {
    pub(crate) fn new(secret: crate::sandbox::Secret) -> Self {
        Self { secret, ahead: 0, last: String::new() }
    }

    /// The next code. The window of codes is wide enough for many.
    pub(crate) fn code(&mut self) -> String {
        self.ahead += 60;
        self.last = self.secret.code(real_now() + self.ahead);
        self.last.clone()
    }

    /// The code before the next one.
    pub(crate) fn used_code(&self) -> String {
        self.last.clone()
    }

    pub(crate) fn wrong_code(&self) -> String {
        self.secret.wrong_code(real_now())
    }

    pub(crate) fn secret(&self) -> String {
        self.secret.to_base32()
    }
}

/// Builds the PAM module once, with what built this test; returns its path.
fn module() -> &'static Path {
    static MODULE: OnceLock<PathBuf> = OnceLock::new();
    MODULE.get_or_init(|| {
        let target = Path::new(env!("CARGO_BIN_EXE_rw2fa")).ancestors().nth(2).unwrap();
        let built = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--quiet", "--package", "pam_rw2fa", "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(built.success(), "the PAM module was not built");
        target.join("debug/libpam_rw2fa.so")
    })
}

pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Waits until something is so; returns whether it became so in time.
pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) -> bool {
    let since = Instant::now();
    while !is_so() {
        if since.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    true
}

/// A port on which nothing listens.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until a server of this machine listens.
#[track_caller]
pub(crate) fn wait_for_port(port: u16) {
    let connects = |address: &str| TcpStream::connect((address, port)).is_ok();
    let listens = wait_until(|| connects("127.0.0.1") || connects("::1"));
    assert!(listens, "nothing listens on port {port}");
}
