//! A running portal with its own store, and what a user holds: a browser and a phone.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

use crate::beside::Beside;
use crate::browser::Browser;
use crate::sandbox::{Run, Sandbox, Secret, finish, real_now};

/// A portal that runs until this value is dropped.
pub(crate) struct Stage {
    sandbox: Sandbox,
    _portal: Beside,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where browsers go.
    origin: String,
}

/// The authenticator app of one user.
pub(crate) struct Phone {
    secret: String,
    /// Codes are accepted once, so each login takes a later one than the last.
    steps_ahead: i64,
}

impl Stage {
    /// Starts a portal with these users listed, and the verifier under test.
    pub(crate) fn new(users: &[&str]) -> Self {
        Self::with(users, &[])
    }

    /// Does the same with more arguments for the portal.
    pub(crate) fn with(users: &[&str], args: &[&str]) -> Self {
        let sandbox = Sandbox::with_users(&[]);
        sandbox.at_real_time();
        if !users.is_empty() {
            sandbox.admin_ok(&[&["users", "add"], users].concat());
        }
        Self::start(sandbox, Path::new(env!("CARGO_BIN_EXE_rw2fa-verify")), args)
    }

    /// Starts a portal whose verifier is this shell script. `$VERIFY` is the real one.
    pub(crate) fn with_script(users: &[&str], script: &str) -> Self {
        let sandbox = Sandbox::with_users(&[]);
        sandbox.at_real_time();
        sandbox.admin_ok(&[&["users", "add"], users].concat());
        let path = sandbox.beside("verifier");
        let real = env!("CARGO_BIN_EXE_rw2fa-verify");
        // Written by another process. A program that a parallel test starts could inherit the open
        // file, and a file open for writing cannot be run.
        let made = Command::new("sh")
            .args(["-c", "printf '#!/bin/sh\\nVERIFY=%s\\n%s\\n' \"$2\" \"$3\" >\"$1\"", "sh"])
            .args([path.to_str().unwrap(), real, script])
            .status();
        assert!(made.unwrap().success());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        Self::start(sandbox, &path, &[])
    }

    fn start(sandbox: Sandbox, verifier: &Path, args: &[&str]) -> Self {
        let accounts = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/portal/accounts.toml");
        let mut portal = Beside::command(program());
        portal.args(["--listen", "127.0.0.1:0", "--accounts"]).arg(accounts);
        portal.arg("--store").arg(sandbox.path()).arg("--verifier").arg(verifier).args(args);
        let log = fs::File::create(sandbox.beside("log")).unwrap();
        let mut portal = Beside::start(portal.stderr(log));
        let mut lines = portal.lines().map_while(Result::ok);
        let greeting = lines.find(|line| line.starts_with("The portal listens on "));
        let address = greeting.as_ref().and_then(|line| line.rsplit(' ').next()?.parse().ok());
        let address = address.unwrap_or_else(|| {
            panic!(
                "the portal did not start: {}",
                fs::read_to_string(sandbox.beside("log")).unwrap()
            )
        });
        Self { sandbox, _portal: portal, address, origin: format!("http://{address}") }
    }

    /// Makes browsers go through a proxy from now on.
    pub(crate) fn at(mut self, origin: &str) -> Self {
        origin.clone_into(&mut self.origin);
        self
    }

    /// Returns the address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Runs `rw2fa` on the store.
    pub(crate) fn admin(&self, args: &[&str]) -> Run {
        let run = self.sandbox.real().admin(args);
        assert_eq!(run.code, 0, "rw2fa {args:?}: {run:?}");
        run
    }

    /// Does the same with this standard input.
    pub(crate) fn admin_with_stdin(&self, args: &[&str], stdin: &str) -> Run {
        let mut child = self.sandbox.real().tool(args).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let run = finish(child);
        assert_eq!(run.code, 0, "rw2fa {args:?}: {run:?}");
        run
    }

    /// Returns what the portal has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.sandbox.beside("log")).unwrap()
    }

    /// Returns the path of the store.
    pub(crate) fn store(&self) -> PathBuf {
        self.sandbox.path()
    }

    /// Returns a path for a file of the test.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.sandbox.beside(name)
    }

    /// Types name and password into the page.
    pub(crate) fn type_password(&self, browser: &Browser, name: &str, password: &str) {
        browser.goto(&self.url("/"));
        browser.find("#name").fill(name);
        browser.find("#password").fill(password);
        browser.find("button[type=submit]").follow();
    }

    /// Completes the first login of alice.
    pub(crate) fn enrol_alice(&self, browser: &Browser) -> Phone {
        self.type_password(browser, "alice", ALICE);
        let mut phone = Phone::new(&browser.find("#secret").text());
        type_code(browser, &phone.code());
        assert_eq!(browser.path(), "/desktop", "{}", browser.text());
        phone
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            #[expect(clippy::print_stdout, reason = "helps to find the fault")]
            {
                println!("{}", self.log());
            }
        }
    }
}

/// The passwords of accounts.toml.
pub(crate) const ALICE: &str = "correct horse 1";
pub(crate) const BOB: &str = "correct horse 2";
pub(crate) const CAROL: &str = "correct horse 3";

/// Types a code and sends it.
pub(crate) fn type_code(browser: &Browser, code: &str) {
    browser.find("#code").fill(code);
    browser.find("form:has(#code) button").follow();
}

/// Signs out with the button of the page.
pub(crate) fn sign_out(browser: &Browser) {
    browser.find("form[action='/sign-out'] button").follow();
    assert_eq!(browser.path(), "/?notice=signed-out");
}

impl Phone {
    /// Creates a phone with this secret, in base32.
    pub(crate) fn new(secret: &str) -> Self {
        Self { secret: secret.to_owned(), steps_ahead: 0 }
    }

    /// Returns a code that was not used before.
    pub(crate) fn code(&mut self) -> String {
        self.steps_ahead += 2;
        self.code_at(self.steps_ahead - 2)
    }

    /// Returns the code of the step this far from now, computed by oathtool.
    pub(crate) fn code_at(&self, steps: i64) -> String {
        let time = real_now() + 30 * steps;
        let output = Command::new("oathtool")
            .args(["--totp", "--base32", "--now", &format!("@{time}"), "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .and_then(|mut child| {
                child.stdin.take().unwrap().write_all(self.secret.as_bytes())?;
                child.wait_with_output()
            })
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Returns codes that stay wrong for hours.
    pub(crate) fn wrong_codes(&self) -> impl Iterator<Item = String> + use<> {
        Secret::from_base32(&self.secret).wrong_codes(real_now())
    }
}

/// Returns the built example. Builds it now if this run of cargo did not, or if it is out of date.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let programs = Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap();
        let program = programs.join("examples/portal");
        let built = fs::metadata(&program).and_then(|file| file.modified()).ok();
        if built.is_none_or(|built| built < newest()) {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.args(["build", "--quiet", "--locked", "--offline", "--example", "portal"]);
            cargo.arg("--target-dir").arg(programs.parent().unwrap());
            if programs.ends_with("release") {
                cargo.arg("--release");
            }
            assert!(cargo.status().unwrap().success(), "the portal example does not build");
        }
        program
    })
}

/// Returns when the example was last changed.
fn newest() -> SystemTime {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/portal");
    let files =
        ["", "pages"].into_iter().flat_map(|part| fs::read_dir(sources.join(part)).unwrap());
    let files = files.map(|file| file.unwrap().path()).filter(|file| {
        file.extension().is_some_and(|end| end == "rs" || end == "css" || end == "svg")
    });
    files.map(|file| fs::metadata(file).unwrap().modified().unwrap()).max().unwrap()
}
