//! Completions in real shells: keys are typed on a terminal, and the completed command is run.
//!
//! `script` of util-linux provides the terminal. PowerShell is not available everywhere, so its
//! script is only parsed.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::sandbox::{Run, Sandbox, has, write_script};

/// The shells' prompt.
const PROMPT: &str = "READY> ";

/// How long a shell may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Keys up to Tab, and what the completed command must print. Names are cut where the next one
/// begins to differ.
const TYPED: &[(&str, &str)] = &[
    ("rw2fa --format json users show al", r#""name": "alice""#),
    ("rw2fa --format json users show AL", r#""name": "alice""#),
    ("rw2fa --format json users show carol@co", r#""name": "carol@corp.example""#),
    ("rw2fa --format json users show zo", r#""name": "zoe quell""#),
    ("rw2fa --format json users show o", r#""name": "o'neil""#),
    ("rw2fa --format json users show 'corp\\b", r#""name": "corp\\bob""#),
    ("rw2fa --format json users show --group rem", r#""name": "remote staff""#),
    ("rw2fa --format json audit --user al", r#""lines":"#),
    ("rw2fa advanced get disc", "480"),
    ("rw2fa --format json whitelist remove --dry-run w", r#""name": "wendy""#),
    ("rw2fa --format json stat", r#""discrepancy": 480"#),
    ("rw2fa --format json users list --type gr", r#""name": "remote staff""#),
    ("rw2fa --format j", r#"{"schema":1,"error""#),
    ("rw2fa --format json users show mü", r#""name": "müller""#),
    ("rw2fa --format json users show --group=rem", r#""name": "remote staff""#),
    ("rw2fa --format json users show '$", r#""name": "$dollar*""#),
    ("rw2fa --format json users show corp.ex:1", r#""name": "corp.ex:1:x""#),
    ("rw2fa help users unl", "rw2fa users unlock"),
];

/// A shell on a terminal.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: Arc<Mutex<Vec<u8>>>,
    /// How much of the screen was read.
    seen: usize,
}

impl Terminal {
    fn start(command: &str, directory: &Path, store: &Path) -> Self {
        let programs = Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap();
        let mut script = Command::new("script");
        script.args(["-qec", command, "/dev/null"]).env_clear().current_dir(directory);
        script.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
        script.env("HOME", directory).env("ZDOTDIR", directory).env("XDG_CONFIG_HOME", directory);
        script.env("XDG_DATA_HOME", directory).env("TERM", "xterm").env("LC_ALL", "C.UTF-8");
        script.env("RW2FA_STORE", store).env("SHELL", "/bin/sh");
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (keys, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let screen = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut chunk) {
                written.lock().unwrap().extend_from_slice(&chunk[..read]);
            }
        });
        Self { child, keys, screen, seen: 0 }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()[self.seen..]).into_owned()
    }

    /// Waits until the shell has printed this after the previous wait.
    fn wait_for(&mut self, what: &str) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let screen = self.screen.lock().unwrap();
            let mut windows = screen[self.seen..].windows(what.len());
            if let Some(at) = windows.position(|window| window == what.as_bytes()) {
                self.seen += at + what.len();
                return Ok(());
            }
            drop(screen);
            if started.elapsed() > PATIENCE {
                return Err(self.text());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn type_keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // `script` ends when its terminal does.
        let _ = self.keys.write_all(b"\x03\x04");
        std::thread::sleep(Duration::from_millis(100));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A store with names that need quoting in shells.
fn store() -> Sandbox {
    let sandbox =
        Sandbox::with_users(&["alice", r"CORP\bob", "carol@corp.example", "o'neil", "zoe quell"]);
    sandbox.admin_ok(&["users", "add", "Müller", "$dollar*", "corp.ex:1:x"]);
    sandbox.admin_ok(&["users", "add", "--group", "Remote Staff"]);
    sandbox.admin_ok(&["whitelist", "add", "wendy"]);
    sandbox
}

fn completions(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file)
}

/// Types every line into a shell, and checks what the completed commands print. `end` completes and
/// runs the line.
fn check_shell(command: &str, directory: &Path, store: &Sandbox, end: &str) {
    let mut terminal = Terminal::start(command, directory, &store.path());
    terminal.wait_for(PROMPT).unwrap_or_else(|screen| panic!("{command}: no prompt: {screen}"));
    for (keys, printed) in TYPED {
        // Elvish offers only what begins with exactly the typed text.
        if command.starts_with("elvish") && keys.ends_with("AL") {
            continue;
        }
        terminal.type_keys(&format!("{keys}{end}"));
        let end = terminal.wait_for(printed);
        end.unwrap_or_else(|screen| panic!("{command}: {keys}: {printed} is not in: {screen}"));
        let end = terminal.wait_for(PROMPT);
        end.unwrap_or_else(|screen| panic!("{command}: {keys}: no prompt: {screen}"));
    }
    // Without a store, or where any text is allowed, nothing is offered.
    terminal.type_keys("rw2fa --store /nonexistent users show al\tx\x15echo do\"\"ne\r");
    terminal.wait_for("done").unwrap();
    assert!(!terminal.text().contains("there is no store"), "{}", terminal.text());
}

#[test]
fn bash_completes_names() {
    if !has("script", "apt-get install bsdutils") {
        return;
    }
    let (store, directory) = (store(), tempfile::tempdir().unwrap());
    let setup = format!("PS1='{PROMPT}'\nsource '{}'\n", completions("rw2fa.bash").display());
    store.write(&store.beside("bashrc"), &setup);
    let command = format!("bash --noprofile --rcfile '{}' -i", store.beside("bashrc").display());
    check_shell(&command, directory.path(), &store, "\t\r");
}

/// Guards completion of a program's path: the program does not run before the line is finished.
#[test]
fn bash_runs_no_program_that_was_only_typed() {
    let (store, directory) = (store(), tempfile::tempdir().unwrap());
    let foreign = directory.path().join("rw2fa");
    write_script(&foreign, ": >started");
    let programs = Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap();
    let typed = "source \"$1\"; COMP_LINE='./rw2fa users show al'; COMP_POINT=${#COMP_LINE}
        _rw2fa ./rw2fa al show; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", typed, "bash"]).arg(completions("rw2fa.bash"));
    bash.current_dir(directory.path()).env("RW2FA_STORE", store.path());
    bash.env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    let output = bash.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "alice\n", "{output:?}");
    assert!(!directory.path().join("started").exists(), "it was run");
}

/// Runs what a completion script runs.
fn ask(sandbox: &Sandbox, shell: &str, words: &[&str]) -> Run {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rw2fa"));
    program.env("RW2FA_COMPLETE", shell).env("RW2FA_STORE", sandbox.path());
    let output = program.arg("--").args(words).output().unwrap();
    Run {
        code: u8::try_from(output.status.code().unwrap()).unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Guards names that look like options: they are offered only where they are parsed as names.
#[test]
fn names_like_options_are_offered_behind_two_dashes() {
    let sandbox = store();
    sandbox.admin_ok(&["users", "add", "--", "-y"]);
    sandbox.admin_ok(&["users", "add", "--group=--all"]);
    for (words, offered) in [
        (&["users", "show", ""][..], &[][..]),
        (&["users", "show", "--", ""], &["-y"]),
        (&["users", "show", "--group", ""], &[]),
        (&["users", "show", "--group", "-"], &[]),
        (&["users", "show", "--group="], &["--group=--all", "--group=remote staff"]),
    ] {
        let names = ask(&sandbox, "elvish", &[&["rw2fa"], words].concat());
        let dashed: Vec<_> = names.stdout.lines().filter(|name| name.starts_with('-')).collect();
        assert_eq!(dashed, offered, "{words:?}: {names:?}");
    }
}

/// Guards PowerShell's several quote characters, and that Tab runs nothing.
#[test]
fn powershell_quotes_names_by_its_own_rules() {
    let script = fs::read_to_string(completions("rw2fa.ps1")).unwrap();
    assert!(script.contains("::EscapeSingleQuotedStringContent($value)"));
    assert!(!script.contains("& $commandElements") && !script.contains("Invoke-Expression"));
}

#[test]
fn zsh_completes_names() {
    if !has("script", "apt-get install bsdutils") || !has("zsh", "apt-get install zsh") {
        return;
    }
    let (store, directory) = (store(), tempfile::tempdir().unwrap());
    let functions = directory.path().join("functions");
    fs::create_dir(&functions).unwrap();
    fs::copy(completions("rw2fa.zsh"), functions.join("_rw2fa")).unwrap();
    let setup = format!(
        "PS1='{PROMPT}'\nfpath=('{}' $fpath)\nautoload -Uz compinit\ncompinit -u -D\nunsetopt beep\n",
        functions.display()
    );
    store.write(&store.beside("zshrc"), &setup);
    fs::copy(store.beside("zshrc"), directory.path().join(".zshrc")).unwrap();
    check_shell("zsh -i", directory.path(), &store, "\t\r");
}

#[test]
fn fish_completes_names() {
    if !has("script", "apt-get install bsdutils") || !has("fish", "apt-get install fish") {
        return;
    }
    let (store, directory) = (store(), tempfile::tempdir().unwrap());
    let scripts = directory.path().join("fish/completions");
    fs::create_dir_all(&scripts).unwrap();
    fs::copy(completions("rw2fa.fish"), scripts.join("rw2fa.fish")).unwrap();
    let setup = format!("function fish_prompt; echo -n '{PROMPT}'; end\nset -g fish_greeting\n");
    store.write(&store.beside("config.fish"), &setup);
    fs::copy(store.beside("config.fish"), directory.path().join("fish/config.fish")).unwrap();
    check_shell("fish -i", directory.path(), &store, "\t\r");
}

#[test]
fn elvish_completes_names() {
    if !has("script", "apt-get install bsdutils") || !has("elvish", "apt-get install elvish") {
        return;
    }
    let (store, directory) = (store(), tempfile::tempdir().unwrap());
    let setup = format!(
        "eval (slurp < '{}')\nset edit:prompt = {{ put '{PROMPT}' }}\nset edit:rprompt = {{ }}\n",
        completions("rw2fa.elv").display()
    );
    store.write(&store.beside("rc.elv"), &setup);
    let command = format!("elvish -rc '{}'", store.beside("rc.elv").display());
    // The first Enter accepts the candidate.
    check_shell(&command, directory.path(), &store, "\t\r\r");
}

/// Guards that completion silently offers nothing where there is nothing to offer.
#[test]
fn completion_is_harmless() {
    let sandbox = store();
    let before = sandbox.contents();
    let offered = |shell: &str, words: &[&str]| {
        let run = ask(&sandbox, shell, words);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell} {words:?}");
        run.stdout
    };
    let names =
        "$dollar*\nalice\ncarol@corp.example\ncorp.ex:1:x\ncorp\\bob\nmüller\no'neil\nzoe quell\n";
    for (words, expected) in [
        (&["rw2fa", "users", "show", ""][..], names),
        (&["rw2fa", "users", "show", "ALICE", "-y", "ca"], "carol@corp.example\n"),
        (&["rw2fa", "users", "show", "ALICE", "al"], ""),
        (&["rw2fa", "users", "enrol", "alice", ""], ""),
        (&["rw2fa", "verify", "--no-groups", "--", "al"], "alice\n"),
        (&["rw2fa", "audit", "--user", "al"], "alice\n"),
        (&["rw2fa", "users", "edit", "--method", "s"], "sms\n"),
        (&["rw2fa", "users", "list", "--state", "l"], "locked\n"),
        (&["rw2fa", "help", "whitelist", "rem"], "remove\n"),
        // Other spellings complete, but are not offered.
        (&["rw2fa", "lic"], "license\n"),
        (&["rw2fa", "user", "show", "al"], "alice\n"),
        (&["rw2fa", "users", "l"], "list\nlost-phone\n"),
        (&["rw2fa", "system"], ""),
        (&["rw2fa", "users", "add", ""], ""),
        (&["rw2fa", "users", "edit", "--phone", ""], ""),
        (&["rw2fa", "advanced", "set", "digits", "--store", "--x", ""], ""),
        (&["rw2fa", "nonsense", "$(reboot)"], ""),
        (&["rw2fa"], ""),
        (&[], ""),
        (&["rw2fa", "--store", "/nonexistent", "users", "show", ""], ""),
        (&["rw2fa", "users", "--store=/nonexistent", "show", ""], ""),
    ] {
        assert_eq!(offered("elvish", words), expected, "{words:?}");
    }
    for (command, names) in [
        ("users show|users edit|users reset|users remove|users unlock|users revoke", "alice\n"),
        ("users enrol|users test|users recovery-codes|explain|verify|whitelist add", "alice\n"),
        ("whitelist remove", "wendy\n"),
        ("advanced get|advanced set|advanced unset", "digits\n"),
        ("users show --group|explain --group|verify --group", "remote staff\n"),
    ] {
        for command in command.split('|') {
            let last = &names[..3];
            let words: Vec<_> =
                ["rw2fa"].into_iter().chain(command.split(' ')).chain([last]).collect();
            assert_eq!(offered("elvish", &words), names, "{command}");
        }
    }
    assert_eq!(offered("powershell", &["=rw2fa", "=users", "=show", "=al"]), "alice\n");
    assert_eq!(offered("fish", &["rw2fa", "sta"]).split('\t').next(), Some("status"));
    assert_eq!(
        offered("zsh", &["rw2fa", "users", "show", "corp"]),
        "corp.ex\\:1\\:x\ncorp\\\\bob\n"
    );
    assert_eq!(offered("bash", &["rw2fa users show zo", "zo"]), "zoe\\ quell\n");
    assert_eq!(offered("bash", &["rw2fa users show $(", " "]), "");
    assert_eq!(offered("nonsense", &["rw2fa", "system"]), "");
    sandbox.write(&sandbox.path().join("store.toml"), "nonsense");
    assert!(!offered("elvish", &["rw2fa", "users", "show", "a"]).contains("error"));
    sandbox.write(
        &sandbox.path().join("store.toml"),
        std::str::from_utf8(&before[&sandbox.path().join("store.toml")]).unwrap(),
    );
    assert_eq!(sandbox.contents(), before);
}

/// Guards logins: the variable alone never makes a command succeed.
#[test]
fn only_a_completion_script_is_answered() {
    let sandbox = store();
    for (args, code) in [(&["verify", "--no-groups", "--", "alice"][..], 3), (&["nonsense"], 2)] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_rw2fa"));
        program.env("RW2FA_COMPLETE", "bash").env("RW2FA_STORE", sandbox.path());
        let output = program.args(args).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
    }
}
