//! A store that can be reset to its initial state as often as a test likes.

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use crate::sandbox::{Real, Run, Sandbox, Secret, real_now};

/// The directories of a store, except the locks.
const DIRECTORIES: [&str; 5] = ["users", "state", "groups", "whitelist", "audit"];

/// A store with two enrolled users, alice and bob, and one who has not enrolled, carol.
pub(crate) struct Arena {
    pub(crate) sandbox: Sandbox,
    pub(crate) real: Real,
    pub(crate) alice: Secret,
    pub(crate) bob: Secret,
    template: Vec<(PathBuf, Vec<u8>)>,
    /// How many steps from now have used codes.
    steps: Cell<i64>,
    /// The same when the store was first reset: earlier codes may be used after each reset.
    steps_kept: Cell<Option<i64>>,
}

impl Arena {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// Creates an arena whose store is prepared once.
    pub(crate) fn with(prepare: impl FnOnce(&Sandbox)) -> Self {
        let sandbox = Sandbox::with_users(&[]);
        sandbox.at_real_time();
        sandbox.admin_ok(&["users", "add", "alice", "bob", "carol"]);
        let [alice, bob] = ["alice", "bob"].map(|name| sandbox.enrol(name));
        prepare(&sandbox);
        let real = sandbox.real();
        let template = Self::template_of(&sandbox);
        let (steps, steps_kept) = (Cell::new(2), Cell::new(None));
        Self { sandbox, real, alice, bob, template, steps, steps_kept }
    }

    /// Takes the current store as the new initial state.
    pub(crate) fn keep(mut self) -> Self {
        self.template = Self::template_of(&self.sandbox);
        self
    }

    fn template_of(sandbox: &Sandbox) -> Vec<(PathBuf, Vec<u8>)> {
        let kept = |path: &PathBuf| !path.starts_with(sandbox.path().join("locks"));
        sandbox.contents().into_iter().filter(|(path, _)| kept(path)).collect()
    }

    /// Resets the store. Codes that were returned since the last reset are unused again.
    pub(crate) fn restore(&self) {
        let kept = self.steps_kept.get().unwrap_or(self.steps.get());
        self.steps_kept.set(Some(kept));
        self.steps.set(kept);
        let root = self.sandbox.path();
        let _ = fs::remove_dir_all(self.archive());
        for directory in DIRECTORIES {
            let path = root.join(directory);
            fs::remove_dir_all(&path).unwrap();
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        }
        for entry in fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_file() {
                fs::remove_file(entry).unwrap();
            }
        }
        for (path, bytes) in &self.template {
            let parent = path.parent().unwrap();
            if !parent.exists() {
                fs::create_dir(parent).unwrap();
                fs::set_permissions(parent, fs::Permissions::from_mode(0o700)).unwrap();
            }
            fs::write(path, bytes).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    /// Returns the directory for archived months; removed when the store is reset.
    pub(crate) fn archive(&self) -> PathBuf {
        self.sandbox.beside("archive")
    }

    /// Returns a valid code from a step that no other call uses. Several hundred are available until
    /// the store is reset.
    pub(crate) fn code(&self, secret: &Secret) -> String {
        // A code that also belongs to another step of the window would prove nothing.
        loop {
            let step = self.steps.get();
            assert!(step < 400, "no unused code is left");
            self.steps.set(step + 1);
            let now = real_now();
            let code = secret.code(now + 30 * step);
            let same = (-5..480).filter(|step| secret.code(now + 30 * step) == code).count();
            if same == 1 {
                return code;
            }
        }
    }

    /// Returns the verifier as these tests call it.
    pub(crate) fn verifier(&self, args: &[&str]) -> Command {
        self.real.verifier(["--no-groups", "--qr", "none"].iter().chain(args))
    }

    /// Runs the verifier in this process.
    pub(crate) fn ask(&self, args: &[&str], code: Option<&str>) -> Run {
        let args = [&["--no-groups", "--qr", "none"], args].concat();
        self.sandbox.at_real_time().verify(&args, code)
    }

    /// Returns the reason of an answer that is not an error.
    pub(crate) fn reason(&self, args: &[&str], code: Option<&str>) -> String {
        let run = self.ask(args, code);
        assert_ne!(run.code, 4, "{run:?}");
        run.reason()
    }

    /// Runs the administration tool in this process; it must succeed.
    pub(crate) fn admin(&self, args: &[&str]) -> String {
        self.sandbox.at_real_time().admin_ok(args)
    }

    /// Returns every line of the audit trail.
    pub(crate) fn trail(&self) -> String {
        let files = self.sandbox.contents().into_iter();
        let trail = files.filter(|(path, _)| path.extension().is_some_and(|end| end == "jsonl"));
        trail.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned()).collect()
    }

    /// Lists the temporary files in the store.
    pub(crate) fn strays(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = self.sandbox.contents().into_keys().collect();
        files.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with(".tmp-"));
        files
    }

    /// Checks that a stray file, if any, is removed when the store is tidied, but not while its
    /// writer may still run.
    pub(crate) fn assert_tidied(&self) {
        let strays = self.strays();
        if strays.is_empty() {
            return;
        }
        self.admin(&["init"]);
        assert_eq!(self.strays(), strays, "removed while their writer was running");
        for stray in &strays {
            let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(90);
            fs::File::open(stray).unwrap().set_modified(long_ago).unwrap();
        }
        assert!(self.admin(&["init"]).contains("changed"));
        assert_eq!(self.strays(), Vec::<PathBuf>::new());
    }

    /// Checks what must always hold: every document can be read, the trail is intact, and it
    /// records every listed user.
    pub(crate) fn assert_sound(&self) {
        let check = self.sandbox.admin(&["store", "check"]);
        assert_eq!(check.code, 0, "{check:?}");
        // A kill may keep a charged attempt from being recorded.
        let verify = self.sandbox.admin(&["audit", "verify", "--allow-missing-attempts"]);
        assert_eq!(verify.code, 0, "{verify:?}");
        let trail = self.trail();
        for name in self.listed() {
            let line = format!("\"action\":\"users add\",\"object\":\"{name}\"");
            assert!(trail.contains(&line), "{name} is listed, but the trail does not record it");
        }
    }

    /// Runs the same checks with real processes, as far as the store's owner can.
    pub(crate) fn assert_sound_for_real_programs(&self) {
        for command in [&["store", "check"][..], &["audit", "verify"]] {
            let run = self.real.admin(command);
            assert_eq!(run.code, 0, "{command:?}: {run:?}");
        }
    }

    /// Returns the listed users and groups.
    pub(crate) fn listed(&self) -> Vec<String> {
        let list = self.sandbox.admin(&["users", "list", "--format", "json"]).json();
        let entries = list["entries"].as_array().unwrap().iter();
        let listed = entries.filter(|entry| entry["listed"] == true);
        listed.map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns whether the state of a user is marked as listed.
    pub(crate) fn is_marked(&self, name: &str) -> bool {
        let text = fs::read_to_string(self.sandbox.document("state", name)).unwrap();
        text.contains("listed = true\n")
    }

    /// Checks that alice and bob can sign in.
    pub(crate) fn assert_all_users_can_sign_in(&self) {
        for (name, secret) in [("alice", &self.alice), ("bob", &self.bob)] {
            let code = self.code(secret);
            let run = self.ask(&["--", name], Some(&code));
            assert_eq!(run.end(), (0, "code-accepted".into()), "{name}: {run:?}");
        }
    }
}

/// Returns whether to run the thorough tests.
pub(crate) fn is_full() -> bool {
    std::env::var_os("RW2FA_TEST_FULL").is_some()
}
