//! Help, completions and manual pages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sandbox::{Sandbox, has};
use rw2fa::verify::reason::Reason;

/// How to regenerate the committed files.
const REMEDY: &str = "run 'bash .ci/generate' and commit what it changes";

/// Shells, and the files that hold their completions.
const SHELLS: [(&str, &str); 5] = [
    ("bash", "rw2fa.bash"),
    ("zsh", "rw2fa.zsh"),
    ("fish", "rw2fa.fish"),
    ("powershell", "rw2fa.ps1"),
    ("elvish", "rw2fa.elv"),
];

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files in a directory, by name.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{error}: {REMEDY}"));
    let paths = entries.map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.map(|path| (name(&path), fs::read_to_string(&path).unwrap())).collect()
}

/// Guards that the program prints `completions/`.
#[test]
fn completions_are_printed() {
    let sandbox = Sandbox::new();
    let committed = files(&repository("completions"));
    assert_eq!(committed.len(), SHELLS.len(), "{:?}", committed.keys());
    for (shell, file) in SHELLS {
        let printed = sandbox.admin_ok(&["completions", shell]);
        assert_eq!(committed.get(file), Some(&printed), "completions/{file}");
    }
}

/// Guards that `man/` is what the program writes, on every system.
#[test]
fn manual_pages_are_fresh() {
    let sandbox = Sandbox::new();
    let directory = sandbox.beside("man");
    fs::create_dir(&directory).unwrap();
    sandbox.admin_ok(&["man", directory.to_str().unwrap()]);
    let (committed, written) = (files(&repository("man")), files(&directory));
    let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&written), "{REMEDY}");
    for (name, text) in &written {
        assert!(committed[name] == *text, "man/{name} is stale: {REMEDY}");
    }
    let listed: Vec<_> = sandbox.admin_ok(&["man"]).lines().map(str::to_owned).collect();
    assert_eq!(listed.len(), written.len());
}

/// Guards files elsewhere: a link in the place of a page is replaced, not followed.
#[cfg(unix)]
#[test]
fn manual_pages_follow_no_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = Sandbox::new();
    let (directory, other) = (sandbox.beside("man"), sandbox.beside("other"));
    fs::create_dir(&directory).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test makes the file that must stay")]
    fs::write(&other, "precious").unwrap();
    for name in ["rw2fa.1", "rw2fa.1.tmp"] {
        symlink(&other, directory.join(name)).unwrap();
    }
    sandbox.admin_ok(&["man", directory.to_str().unwrap()]);
    assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
    let page = fs::symlink_metadata(directory.join("rw2fa.1")).unwrap();
    assert!(page.is_file() && page.permissions().mode() & 0o777 == 0o644, "{page:?}");
    assert_eq!(files(&directory).len(), files(&repository("man")).len());
}

/// Guards that the pages describe the whole protocol.
#[test]
fn manual_pages_are_complete() {
    let pages = files(&repository("man"));
    let bold = |word: &str| format!("\\fB{}\\fR", word.replace('-', "\\-"));
    for reason in Reason::ALL {
        assert!(pages["rw2fa-verify.1"].contains(&bold(reason.as_str())), "{reason:?}");
    }
    for code in 0..=5 {
        assert!(pages["rw2fa-verify.1"].contains(&format!("\n.B {code}\n")), "exit code {code}");
    }
}

/// Guards that `mandoc` finds no fault with the pages.
#[test]
fn manual_pages_are_clean() {
    if !has("mandoc", "apt-get install mandoc") {
        return;
    }
    for entry in fs::read_dir(repository("man")).unwrap() {
        let page = entry.unwrap().path();
        let output = Command::new("mandoc").arg("-Tlint").arg(&page).output().unwrap();
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        // `clap_mangen` writes a paragraph as one line.
        let mut problems = lines.lines().filter(|line| !line.contains("line longer than 80 bytes"));
        assert_eq!(problems.next(), None, "{lines}");
    }
}

/// Every command, as its words.
fn commands() -> Vec<Vec<String>> {
    let sandbox = Sandbox::new();
    let mut found = vec![Vec::new()];
    let mut at = 0;
    while at < found.len() {
        let words: Vec<String> = found[at].clone();
        at += 1;
        if words.first().is_some_and(|word| word == "verify") {
            continue;
        }
        let args: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = sandbox.admin_ok(&args);
        let list = help.split("Commands:\n").nth(1).unwrap_or_default();
        for line in list.lines().take_while(|line| !line.is_empty()) {
            // A line that is indented further continues the line before it.
            let Some(word) = line[2..].split(' ').next().filter(|word| !word.is_empty()) else {
                continue;
            };
            if word != "help" {
                found.push([words.as_slice(), &[word.to_owned()]].concat());
            }
        }
    }
    found
}

/// Guards that the help of every command has an example, and mentions no internal command.
#[test]
fn every_help_has_an_example() {
    let sandbox = Sandbox::new();
    let commands = commands();
    assert!(commands.len() > 40, "{commands:?}");
    for words in commands {
        if words.first().is_some_and(|word| word == "verify") {
            // Its help is for developers of portals; asking for it is a usage error.
            continue;
        }
        let args: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = sandbox.admin_ok(&args);
        assert!(help.contains("Example"), "rw2fa {}: {help}", words.join(" "));
        assert!(!help.contains("system-groups"), "{help}");
    }
    for args in [&["--format", "json"][..], &["--format=text"], &[]] {
        let run = sandbox.admin(args);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(!run.stderr.contains("system-groups"), "{run:?}");
    }
}
