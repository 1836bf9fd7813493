//! Holds README.md to what the programs do: its commands are run, its tables and answers compared.
//!
//! An HTML comment before a block or a table says what it is:
//!
//! - `<!-- tour -->`: the `$` commands of all such blocks are run in one shell, in order, and their output
//!   is compared. `…` stands for any text within a line.
//! - `<!-- setup -->`: the `#` commands are run in another store and must end with 0.
//! - `<!-- operating -->`: the same, all of them in one shell.
//! - `<!-- chances -->`: a table, compared with the library's. `tables.rs` compares the generated ones.
//! - `<!-- settings document -->`, `<!-- user document -->`: documents of a store, read as such.
//! - `<!-- answers -->`: answers of the verifier, one a line.
//! - `<!-- caller LANGUAGE -->`: a caller of the verifier, run where the language is installed.
#![expect(clippy::disallowed_methods, reason = "a test may write files as it likes")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rw2fa::factor::lockout::Rules;
use rw2fa::otp::Digits;
use rw2fa::settings::chance::{of_guessing, percent};
use rw2fa::verify::reason::Reason;

use crate::sandbox::write_script;

/// Stands between the outputs of two commands of the tour.
const SEPARATOR: &str = "\u{1}";

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// What stands below each `<!-- marker -->`: the lines of the fenced block or table that follows.
fn marked(marker: &str) -> Vec<Vec<String>> {
    let text = readme();
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line != format!("<!-- {marker} -->") {
            continue;
        }
        let first = lines.next().unwrap_or_default();
        let block: Vec<String> = if first.starts_with("```") {
            lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect()
        } else {
            assert!(first.starts_with('|'), "nothing to check below {line}");
            // The line below the head only draws the table.
            lines
                .by_ref()
                .skip(1)
                .take_while(|line| line.starts_with('|'))
                .map(str::to_owned)
                .collect()
        };
        found.push(block);
    }
    assert!(!found.is_empty(), "README.md has no <!-- {marker} -->");
    found
}

/// The cells of a line of a table.
fn cells(line: &str) -> Vec<String> {
    let inner = line.trim_matches('|');
    inner.split(" | ").map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
}

fn programs() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap().to_owned()
}

/// A command that finds the programs under test, in `directory`, with nothing else of this environment.
fn command(program: &str, directory: &Path) -> Command {
    // What stands in `bin` of the directory comes first: a made-up verifier, where a test makes one.
    let path = format!(
        "{}/bin:{programs}:{programs}/examples:/usr/local/bin:/usr/bin:/bin",
        directory.display(),
        programs = programs().display()
    );
    let mut command = Command::new(program);
    command.current_dir(directory).env_clear().env("PATH", path).env("HOME", directory);
    command.env("RW2FA_STORE", directory.join("store"));
    command
}

fn run(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    // A program that ends early reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn stdout_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Both streams of a script, in the order in which they were written.
fn shell(script: &str, directory: &Path) -> Output {
    run(command("bash", directory).arg("-c").arg(format!("exec 2>&1\n{script}")), "")
}

fn rw2fa(directory: &Path, args: &[&str]) {
    let output = run(command("rw2fa", directory).args(args), "");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes sure that the phone is there, also when this run of cargo built no examples.
fn build_phone() {
    let programs = programs();
    if !programs.join("examples/phone").exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--offline", "--example", "phone"]);
        cargo.arg("--target-dir").arg(programs.parent().unwrap());
        if programs.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "the phone example does not build");
    }
}

/// Whether `actual` is `pattern`, where `…` is any text.
fn matches(pattern: &str, actual: &str) -> bool {
    let mut pieces = pattern.trim_end().split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = actual.trim_end().strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Guards the comparison itself: it must be able to fail.
#[test]
fn an_ellipsis_is_any_text_and_nothing_else_is() {
    for (pattern, actual, same) in [
        ("abc", "abc", true),
        ("abc", "abcd", false),
        ("abc", "xabc", false),
        ("a…c", "abbbc", true),
        ("a…c", "abbb", false),
        ("…/store: added", "/tmp/x/store: added", true),
        ("a…b…c", "axxbyyc", true),
        ("a…b…c", "axxcyyb", false),
        ("secret  …", "secret  GEZD", true),
    ] {
        assert_eq!(matches(pattern, actual), same, "{pattern} and {actual}");
    }
}

/// Whether a line tells which accounts this machine has.
fn hangs_on_the_machine(line: &str) -> bool {
    line.starts_with("warning: the system knows no account or group called ")
}

/// Guards the quick tour: every command is run, and shows what the README says.
#[test]
fn the_tour_is_what_happens() {
    build_phone();
    let mut script = String::new();
    let mut tour: Vec<(String, Vec<String>)> = Vec::new();
    for line in marked("tour").concat() {
        if let Some(command) = line.strip_prefix("$ ") {
            script.extend([command, "\nprintf '", SEPARATOR, "'\n"]);
            tour.push((command.to_owned(), Vec::new()));
        } else if let Some((_, expected)) = tour.last_mut() {
            expected.push(line);
        }
    }
    assert!(tour.len() > 5, "the tour is gone");
    let directory = tempfile::tempdir().unwrap();
    let shown = stdout_of(&shell(&script, directory.path()));
    let outputs: Vec<&str> = shown.split(SEPARATOR).collect();
    assert_eq!(outputs.len(), tour.len() + 1, "{shown}");
    for ((command, expected), actual) in tour.iter().zip(outputs) {
        let actual: Vec<&str> = actual.lines().filter(|line| !hangs_on_the_machine(line)).collect();
        let mut expected = expected.clone();
        expected.retain(|line| !hangs_on_the_machine(line));
        let same = expected.len() == actual.len()
            && expected.iter().zip(&actual).all(|(pattern, line)| matches(pattern, line));
        assert!(
            same,
            "$ {command}\nREADME.md says:\n{}\nand it is:\n{}",
            expected.join("\n"),
            actual.join("\n")
        );
    }
}

/// Guards the first setup: its commands exist and succeed.
#[test]
fn the_setup_succeeds() {
    let directory = tempfile::tempdir().unwrap();
    rw2fa(directory.path(), &["init"]);
    for line in marked("setup").concat() {
        let command = line.strip_prefix("# ").unwrap_or_else(|| panic!("{line}"));
        let output = shell(command, directory.path());
        assert!(output.status.success(), "{command}: {}", stdout_of(&output));
    }
}

/// Guards the section on operating: backup, restore and checks succeed one after the other.
#[test]
fn operating_it_succeeds() {
    let directory = tempfile::tempdir().unwrap();
    rw2fa(directory.path(), &["init"]);
    rw2fa(directory.path(), &["users", "add", "alice"]);
    let commands = marked("operating").concat();
    let mut script = String::from("set -e\n");
    for line in &commands {
        script.push_str(line.strip_prefix("# ").unwrap_or_else(|| panic!("{line}")));
        script.push('\n');
    }
    let output = shell(&script, directory.path());
    assert!(output.status.success(), "{}", stdout_of(&output));
}

/// The words below `Commands:` in the help of `rw2fa …`.
fn subcommands(words: &[&str]) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let help = stdout_of(&run(command("rw2fa", directory.path()).args(words).arg("--help"), ""));
    let list = help.split("Commands:\n").nth(1).unwrap_or_default();
    list.lines()
        .take_while(|line| !line.is_empty())
        // A long help goes on in further lines, which are indented more.
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|word| !word.is_empty() && *word != "help")
        .map(str::to_owned)
        .collect()
}

/// Guards that the README names every command of the tool.
#[test]
fn every_command_is_named() {
    let text = readme();
    let top = subcommands(&[]);
    assert!(top.len() > 4, "{top:?}");
    for word in &top {
        assert!(
            text.contains(&format!("`{word} ")) || text.contains(&format!("`{word}`")),
            "{word}"
        );
    }
    for group in ["users", "whitelist", "key", "store"] {
        for word in subcommands(&[group]) {
            let named = [" ", "`"].map(|end| text.contains(&format!("`{group} {word}{end}")));
            assert!(named.contains(&true), "{group} {word} is not in README.md");
        }
    }
}

/// Guards the documents shown: the program reads them, with every key in its place.
#[test]
fn the_documents_can_be_read() {
    let text = marked("settings document").concat().join("\n").replace("# key-file", "key-file");
    let settings = rw2fa::settings::parse(&text).unwrap();
    assert!(settings.key_file.is_some() && settings.domains.default.is_some());
    assert_eq!((settings.advanced.discrepancy, settings.domains.aliases.len()), (1, 1));
    let text = marked("user document").concat().join("\n");
    let listing: rw2fa::names::listing::Listing = toml::from_str(&text).unwrap();
    assert!(listing.phone.is_some() && listing.notes.is_some());
}

/// Guards the chances of guessing that the README tells.
#[test]
fn the_chances_are_computed() {
    let rules = Rules { attempts: 5, seconds: 60 };
    for line in marked("chances").concat() {
        let row = cells(&line);
        let chance = of_guessing(row[0].parse().unwrap(), Digits::DEFAULT, rules);
        let actual = [percent(chance.one), percent(chance.day), percent(chance.hard_stop)];
        assert_eq!(row[2..], actual, "{line}");
    }
}

/// Guards the answers shown: JSON, known reasons, the right outcome.
#[test]
fn the_answers_are_of_the_protocol() {
    for line in marked("answers").concat() {
        let answer: serde_json::Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let reason = Reason::ALL.iter().find(|reason| answer["reason"] == reason.as_str());
        let reason = reason.unwrap_or_else(|| panic!("{line}"));
        assert_eq!(answer["outcome"], reason.outcome().as_str(), "{line}");
        assert_eq!((&answer["schema"], &answer["user"]), (&1.into(), &"alice".into()), "{line}");
        assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()), "{line}");
    }
}

/// A store in which alice has to enrol, and the code that her phone shows for it.
fn pending_alice(directory: &Path) -> String {
    build_phone();
    rw2fa(directory, &["init"]);
    rw2fa(directory, &["users", "add", "alice"]);
    rw2fa(directory, &["enable"]);
    let script = "rw2fa verify --no-groups -- alice | sed -n 's/^secret *//p' | phone";
    stdout_of(&shell(script, directory)).trim().to_owned()
}

/// A call of the caller that [`check_caller`] tries, and whether it must let in.
const CALLS: [(&str, &str, bool); 5] = [
    // Without a code there is a challenge; a code works once; who is not listed needs none, and a name
    // that looks like an option is a name.
    ("alice", "", false),
    ("--help", "", true),
    ("alice", "CODE", true),
    ("alice", "CODE", false),
    ("nobody", "", true),
];

/// Runs a caller: `program` is given the user, the client and the code, and must print `granted`
/// if and only if the user may enter.
fn check_caller(program: &mut dyn FnMut(&Path, [&str; 3]) -> Output) {
    let directory = tempfile::tempdir().unwrap();
    let code = pending_alice(directory.path());
    for (user, typed, granted) in CALLS {
        let typed = if typed == "CODE" { code.as_str() } else { typed };
        let output = program(directory.path(), [user, "client-1", typed]);
        let text = stdout_of(&output);
        let said = text.trim() == "granted";
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, granted, "{user} {typed}: {text} {complaints}");
    }
    // A store that is gone lets nobody in.
    fs::remove_dir_all(directory.path().join("store")).unwrap();
    let text = stdout_of(&program(directory.path(), ["nobody", "client-1", ""]));
    assert_eq!(text.trim(), "refused");
    // Neither an exit code alone nor an outcome alone lets in, nor an end by a signal.
    for (answer, end) in [
        ("{\"schema\":1,\"user\":\"nobody\",\"outcome\":\"grant\"}", "exit 4"),
        ("{\"schema\":1,\"user\":\"nobody\",\"outcome\":\"grant\"}", "kill -9 $$"),
        ("{\"schema\":1,\"user\":\"nobody\",\"outcome\":\"deny\"}", "exit 0"),
        ("grant", "exit 0"),
        ("", "exit 0"),
    ] {
        make_verifier(directory.path(), &format!("echo '{answer}'\n{end}\n"));
        let text = stdout_of(&program(directory.path(), ["nobody", "client-1", ""]));
        assert_eq!(text.trim(), "refused", "{answer} {end}");
    }
}

/// Puts a made-up verifier in the place of the real one.
fn make_verifier(directory: &Path, script: &str) {
    let bin = directory.join("bin");
    fs::create_dir_all(&bin).unwrap();
    write_script(&bin.join("rw2fa-verify"), script);
}

/// The text of the caller in this language, and `None` where the language is not installed.
fn caller(language: &str, interpreter: &str) -> Option<String> {
    let block = marked(&format!("caller {language}")).concat().join("\n");
    Command::new(interpreter).arg("--version").output().ok().map(|_| block)
}

/// Guards the caller in bash.
#[test]
fn the_bash_caller_lets_in_on_a_grant_only() {
    let source = caller("bash", "bash").unwrap();
    let script =
        format!("{source}\nif second_factor \"$@\"; then echo granted; else echo refused; fi");
    check_caller(&mut |directory, args| {
        run(command("bash", directory).arg("-c").arg(&script).arg("caller").args(args), "")
    });
}

/// Guards the caller in PHP, where PHP is installed.
#[test]
fn the_php_caller_lets_in_on_a_grant_only() {
    let Some(source) = caller("php", "php") else { return };
    let script = format!(
        "{source}\n$answer = second_factor($argv[1], $argv[2], $argv[3]);\n\
         echo $answer['granted'] ? 'granted' : 'refused';\n"
    );
    check_caller(&mut |directory, args| {
        let file = directory.join("caller.php");
        fs::write(&file, &script).unwrap();
        run(command("php", directory).arg(&file).args(args), "")
    });
}

/// Guards the caller in JavaScript, where Node is installed.
#[test]
fn the_node_caller_lets_in_on_a_grant_only() {
    let Some(source) = caller("node", "node") else { return };
    let script = format!(
        "{source}\nconst answer = await secondFactor(...process.argv.slice(2));\n\
         console.log(answer.granted ? 'granted' : 'refused');\n"
    );
    check_caller(&mut |directory, args| {
        let file = directory.join("caller.mjs");
        fs::write(&file, &script).unwrap();
        run(command("node", directory).arg(&file).args(args), "")
    });
}

/// Guards the links: files and headings that the README points to exist.
#[test]
fn links_lead_somewhere() {
    let text = readme();
    let slug = |heading: &str| -> String {
        let kept = heading.to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    let headings: BTreeSet<String> = text
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| slug(line.trim_start_matches('#').trim()))
        .collect();
    for rest in text.split("](").skip(1) {
        let target = rest.split(')').next().unwrap_or_default();
        if let Some(anchor) = target.strip_prefix('#') {
            assert!(headings.contains(anchor), "no heading is #{anchor}");
        } else if !target.starts_with("https://") {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(target).exists(), "{target}");
        }
    }
}
