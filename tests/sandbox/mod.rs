//! A throwaway store and the two programs on it, for the tests.
//!
//! Most tests run the programs in-process: without an environment, with a clock that only the test
//! moves, and with the same randomness at each run, so that no test fails occasionally because two
//! codes happen to be equal. [`Real`] runs the built programs as separate processes, with the real
//! clock.

#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod accounts;
mod forks;
mod qr;
mod real;
mod tools;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use hmac::{Hmac, KeyInit, Mac};
use rw2fa::platform::SystemLog;
use rw2fa::process::Process;
use rw2fa::time::Timestamp;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

pub(crate) use accounts::FakeAccounts;
pub(crate) use forks::is_unlocked;
#[cfg(unix)]
pub(crate) use forks::{copy_program, write_script};
pub(crate) use qr::read_text_qr;
pub(crate) use real::{Real, fill_disk, finish, real_now, was_killed};
pub(crate) use tools::{has, is_on_path, skipped};
#[cfg(unix)]
pub(crate) use tools::{is_root, may_be_the_system};

/// The start time of the tests: 2026-11-24T08:00:00Z, the first second of a step.
pub(crate) const T0: i64 = 1_795_507_200;

/// A new store and its clock.
pub(crate) struct Sandbox {
    directory: TempDir,
    now: Cell<i64>,
    drawn: Rc<Cell<u64>>,
    machine: Cell<Option<&'static str>>,
    accounts: RefCell<Option<FakeAccounts>>,
    system_log: RefCell<Option<PathBuf>>,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) code: u8,
    /// The data on standard output.
    pub(crate) stdout: String,
    /// The messages on standard error.
    pub(crate) stderr: String,
}

/// The secret of a user, as stored in the authenticator app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Secret {
    bytes: Vec<u8>,
}

impl Sandbox {
    /// Creates a store at [`T0`] in which two-factor authentication is off and no user is listed.
    pub(crate) fn new() -> Self {
        Self::within(TempDir::new().expect("a temporary directory"))
    }

    /// Creates the same store in memory if possible: for tests with many writes.
    pub(crate) fn in_memory() -> Self {
        let place = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new());
        Self::within(place.expect("a temporary directory"))
    }

    fn within(directory: TempDir) -> Self {
        let sandbox = Self {
            directory,
            now: Cell::new(T0),
            drawn: Rc::default(),
            machine: Cell::default(),
            accounts: RefCell::default(),
            system_log: RefCell::default(),
        };
        let init = sandbox.admin(&["init"]);
        assert_eq!(init.code, 0, "{init:?}");
        sandbox
    }

    /// Creates a store in which these users are listed and two-factor authentication is on.
    pub(crate) fn with_users(names: &[&str]) -> Self {
        let sandbox = Self::new();
        if !names.is_empty() {
            sandbox.admin_ok(&[&["users", "add"], names].concat());
        }
        sandbox.admin_ok(&["enable"]);
        sandbox
    }

    /// Returns the path of the store.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    /// Returns the path of the store as shown in JSON.
    pub(crate) fn path_in_json(&self) -> String {
        let quoted = serde_json::to_string(&self.path()).expect("a path of plain text");
        quoted.trim_matches('"').to_owned()
    }

    /// Returns a path beside the store, for other files.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Returns the time in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.now.get()
    }

    /// Sets the clock to this many seconds after [`T0`].
    pub(crate) fn at(&self, seconds_after_t0: i64) -> &Self {
        self.now.set(T0 + seconds_after_t0);
        self
    }

    /// Sets the clock to the real time, for tests with real processes.
    pub(crate) fn at_real_time(&self) -> &Self {
        self.now.set(real_now());
        self
    }

    /// Moves the clock; a negative number sets it back.
    pub(crate) fn pass(&self, seconds: i64) -> &Self {
        self.now.set(self.now.get() + seconds);
        self
    }

    /// Runs `rw2fa` on the store.
    pub(crate) fn admin(&self, args: &[&str]) -> Run {
        self.admin_with_stdin(args, b"")
    }

    /// Runs `rw2fa`, which must succeed; returns its data.
    pub(crate) fn admin_ok(&self, args: &[&str]) -> String {
        let run = self.admin(args);
        assert_eq!(run.code, 0, "rw2fa {args:?}: {run:?}");
        run.stdout
    }

    /// Sets a setting with `rw2fa advanced set`.
    pub(crate) fn set(&self, key: &str, value: &str) {
        self.admin_ok(&["advanced", "set", key, value]);
    }

    /// Runs `rw2fa` with this text on its standard input.
    pub(crate) fn admin_with_stdin(&self, args: &[&str], stdin: &[u8]) -> Run {
        self.run(rw2fa::cli::main, self.admin_arguments(args), stdin)
    }

    /// Runs `rw2fa` with a terminal as its standard output.
    pub(crate) fn admin_on_terminal(&self, args: &[&str]) -> Run {
        let main = |process: &mut Process| {
            process.terminals.stdout = true;
            rw2fa::cli::main(process)
        };
        self.run(main, self.admin_arguments(args), b"")
    }

    fn admin_arguments(&self, args: &[&str]) -> Vec<OsString> {
        let all = [OsString::from("rw2fa"), "--store".into(), self.path().into()];
        all.into_iter().chain(args.iter().map(OsString::from)).collect()
    }

    /// Runs `rw2fa-verify` on the store, with a code on standard input.
    pub(crate) fn verify(&self, args: &[&str], code: Option<&str>) -> Run {
        match code {
            Some(code) => self.verify_with_stdin(args, format!("{code}\n").as_bytes()),
            None => self.verify_with_input(args, b""),
        }
    }

    /// Runs `rw2fa-verify --code-stdin` with these bytes on its standard input.
    pub(crate) fn verify_with_stdin(&self, args: &[&str], stdin: &[u8]) -> Run {
        self.verify_with_input(&[&["--code-stdin"], args].concat(), stdin)
    }

    /// Runs `rw2fa-verify` with these bytes on its standard input.
    pub(crate) fn verify_with_input(&self, args: &[&str], stdin: &[u8]) -> Run {
        let store = self.path();
        let all = [OsString::from("rw2fa-verify"), "--store".into(), store.into()];
        let all = all.into_iter().chain(args.iter().map(OsString::from));
        self.run(rw2fa::verify::main, all, stdin)
    }

    /// Runs one of the programs in this process.
    fn run(
        &self,
        main: fn(&mut Process) -> u8,
        args: impl IntoIterator<Item = OsString>,
        stdin: &[u8],
    ) -> Run {
        let (stdout, stderr) = (Stream::default(), Stream::default());
        let now = Timestamp::from_unix(self.now());
        let streams: [Box<dyn Write>; 2] = [Box::new(stdout.clone()), Box::new(stderr.clone())];
        let [out, err] = streams;
        let drawn = Rc::clone(&self.drawn);
        let mut process = Process::sandboxed(args, now, stdin.to_vec(), out, err)
            .with_random(move |bytes| fill(bytes, &drawn));
        if let Some(id) = self.machine.get() {
            process = process.with_machine_id(id);
        }
        if let Some(path) = &*self.system_log.borrow() {
            process = process.with_system_log(SystemLog::at(path.clone()));
        }
        if let Some(accounts) = &*self.accounts.borrow() {
            accounts::look_into(accounts);
            process = process.with_accounts(accounts.clone()).with_lookup(accounts::lookup);
        }
        let code = main(&mut process);
        Run { code, stdout: stdout.text(), stderr: stderr.text() }
    }

    /// Moves the store to the machine with this id.
    pub(crate) fn on_machine(&self, id: &'static str) -> &Self {
        self.machine.set(Some(id));
        self
    }

    /// Sets the path of the system log, which may or may not exist.
    pub(crate) fn system_log(&self, path: &Path) -> &Self {
        self.system_log.replace(Some(path.to_owned()));
        self
    }

    /// Makes the operating system return no random numbers.
    pub(crate) fn without_random(&self) -> &Self {
        self.drawn.set(u64::MAX);
        self
    }

    /// Installs a fake account database for the programs.
    pub(crate) fn system(&self) -> FakeAccounts {
        self.accounts.borrow_mut().get_or_insert_default().clone()
    }

    /// Signs `user` in with the code that the app shows now.
    pub(crate) fn login(&self, user: &str, secret: &Secret) -> Run {
        self.verify(&["--", user], Some(&secret.code(self.now())))
    }

    /// Performs the first login and first code of a listed user. The code of the current step is
    /// then spent.
    pub(crate) fn enrol(&self, user: &str) -> Secret {
        let shown = self.verify(&["--qr", "none", "--", user], None);
        assert_eq!(shown.reason(), "enrolment-required", "{shown:?}");
        let secret = Secret::of(&shown.json());
        let activated = self.login(user, &secret);
        assert_eq!(activated.reason(), "activated", "{activated:?}");
        secret
    }

    /// Returns `users show` of one user.
    pub(crate) fn show(&self, user: &str) -> Value {
        let text = self.admin_ok(&["users", "show", user, "--format", "json"]);
        let shown: Value = serde_json::from_str(&text).expect("JSON");
        shown["users"][0].clone()
    }

    /// Returns the members of a group who have signed in, as shown by `users show`.
    pub(crate) fn members_of(&self, group: &str) -> Value {
        let text = self.admin_ok(&["users", "show", "--group", group, "--format", "json"]);
        let shown: Value = serde_json::from_str(&text).expect("JSON");
        shown["users"][0]["members"].clone()
    }

    /// Returns the file of a document whose name needs no encoding: `users`, `state`, `groups`,
    /// `whitelist`.
    pub(crate) fn document(&self, kind: &str, name: &str) -> PathBuf {
        let file = format!("{name}.toml");
        let directory = self.path().join(kind);
        files_below(&directory)
            .into_iter()
            .find(|path| path.file_name().is_some_and(|found| *found == *file))
            .unwrap_or_else(|| directory.join(file))
    }

    /// Writes a file of the store by hand.
    pub(crate) fn write(&self, path: &Path, text: &str) {
        assert!(path.starts_with(self.directory.path()), "{} is elsewhere", path.display());
        write_private(path, text);
    }

    /// Replaces a part of a document by hand.
    pub(crate) fn edit(&self, path: &Path, old: &str, new: &str) {
        let text = fs::read_to_string(path).expect("a document");
        assert!(text.contains(old), "{} lacks {old:?}:\n{text}", path.display());
        self.write(path, &text.replace(old, new));
    }

    /// Returns the file of a user's attempt counter.
    pub(crate) fn counter(&self, name: &str) -> PathBuf {
        self.document("state", name).with_extension("attempts")
    }

    /// Raises the attempt counter of an enrolled user by hand, so that this many attempts have
    /// failed.
    pub(crate) fn set_failures(&self, name: &str, failures: u64) {
        let state = fs::read_to_string(self.document("state", name)).expect("a state");
        let forgiven = state.lines().find_map(|line| line.strip_prefix("forgiven = "));
        let forgiven: u64 = forgiven.map_or(0, |number| number.parse().expect("a number"));
        let counter = self.counter(name);
        let text = fs::read_to_string(&counter).expect("a counter");
        let (_, rest) = text.split_once('\n').expect("several lines");
        self.write(&counter, &format!("attempts = {:>20}\n{rest}", forgiven + failures));
    }

    /// Adds lines to the table `[domains]`.
    pub(crate) fn domains(&self, lines: &str) -> &Self {
        let settings = self.path().join("store.toml");
        let text = fs::read_to_string(&settings).expect("the settings");
        let kept = text.split("\n[domains]").next().expect("the settings before the domains");
        self.write(&settings, &format!("{kept}\n[domains]\n{lines}\n"));
        self
    }

    /// Returns every file of the store and its contents.
    pub(crate) fn contents(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = files_below(&self.path());
        files.into_iter().map(|path| (path.clone(), fs::read(path).expect("a file"))).collect()
    }

    /// Returns the same store for real processes, with the real clock.
    pub(crate) fn real(&self) -> Real {
        Real::new(self.path())
    }
}

impl Run {
    /// Builds a run with this result.
    pub(crate) fn new(code: u8, stdout: &str, stderr: &str) -> Self {
        Self { code, stdout: stdout.to_owned(), stderr: stderr.to_owned() }
    }

    /// Parses the document on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns the reason in an answer of the verifier.
    pub(crate) fn reason(&self) -> String {
        self.json()["reason"].as_str().expect("a reason").to_owned()
    }

    /// Returns exit code and reason in an answer of the verifier.
    pub(crate) fn end(&self) -> (u8, String) {
        (self.code, self.reason())
    }
}

impl Secret {
    /// Returns the secret that an answer shows.
    pub(crate) fn of(answer: &Value) -> Self {
        let text = answer["enrolment"]["secret"].as_str();
        Self::from_base32(text.unwrap_or_else(|| panic!("no secret in {answer}")))
    }

    /// Reads a secret in base32.
    pub(crate) fn from_base32(text: &str) -> Self {
        let bytes = data_encoding::BASE32_NOPAD.decode(text.as_bytes()).expect("base32");
        Self { bytes }
    }

    /// Formats the secret in base32.
    pub(crate) fn to_base32(&self) -> String {
        data_encoding::BASE32_NOPAD.encode(&self.bytes)
    }

    /// Returns the code of six digits that an app shows at `unix_time`.
    pub(crate) fn code(&self, unix_time: i64) -> String {
        self.code_of(unix_time, 6)
    }

    /// Computes the code of RFC 6238 without the library under test.
    pub(crate) fn code_of(&self, unix_time: i64, digits: usize) -> String {
        let step = unix_time.div_euclid(30);
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.bytes).expect("a key");
        mac.update(&step.to_be_bytes());
        let mac: [u8; 20] = mac.finalize().into_bytes().into();
        let at = usize::from(mac[19] & 15);
        let bytes = [mac[at] & 0x7f, mac[at + 1], mac[at + 2], mac[at + 3]];
        let number = u64::from(u32::from_be_bytes(bytes));
        format!("{:0digits$}", number % 10_u64.pow(u32::try_from(digits).expect("few digits")))
    }

    /// Returns a code of six digits that is wrong at `unix_time`.
    pub(crate) fn wrong_code(&self, unix_time: i64) -> String {
        self.wrong_codes(unix_time).next().expect("most codes are wrong")
    }

    /// Returns the codes of six digits that belong to no step of the widest window around
    /// `unix_time`, nor to one of the first ten minutes, in which tests log in.
    pub(crate) fn wrong_codes(&self, unix_time: i64) -> impl Iterator<Item = String> + use<> {
        let window = (-500..=500).map(|step| unix_time + 30 * step);
        let first = (0..20).map(|step| T0 + 30 * step);
        let right: BTreeSet<String> = window.chain(first).map(|time| self.code(time)).collect();
        (0..1_000_000).map(|code| format!("{code:06}")).filter(move |code| !right.contains(code))
    }
}

/// Formats a path below the store as messages of this system show it.
pub(crate) fn shown(path: &str) -> String {
    path.replace('/', std::path::MAIN_SEPARATOR_STR)
}

/// A stream whose contents a test can read.
#[derive(Clone, Default)]
struct Stream(Rc<RefCell<Vec<u8>>>);

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("UTF-8")
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, text: &str) {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).expect("a writable file");
    file.write_all(text.as_bytes()).expect("room on the disk");
}

/// Creates a directory that only its owner may use.
pub(crate) fn make_private(path: &Path) {
    fs::create_dir(path).expect("a new directory");
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .expect("an own directory");
}

/// Checks that only its owner may use a file. Under Wine there are no access lists to check.
pub(crate) fn check_private(path: &Path) {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(path).expect("a file"));
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    #[cfg(not(unix))]
    assert!(path.is_file(), "{}", path.display());
}

/// Fills bytes with values derived from the number of earlier calls.
fn fill(bytes: &mut [u8], drawn: &Cell<u64>) -> bool {
    if drawn.get() == u64::MAX {
        return false;
    }
    for chunk in bytes.chunks_mut(32) {
        chunk.copy_from_slice(&Sha256::digest(drawn.get().to_be_bytes())[..chunk.len()]);
        drawn.set(drawn.get() + 1);
    }
    true
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}
