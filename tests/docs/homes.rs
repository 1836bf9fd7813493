//! Every fact has one home: a page that names each command, reason, exit code and key.

use std::collections::{BTreeMap, BTreeSet};

use rw2fa::error::ErrorKind;
use rw2fa::factor::lockout::Rules;
use rw2fa::otp::Digits;
use rw2fa::settings::chance::{of_guessing, percent};
use rw2fa::settings::described;
use rw2fa::verify::reason::{Outcome, Reason};

use crate::pages::{Page, cells, marked, pages};
use crate::sandbox::Sandbox;

/// The maximum size of README.md: what a newcomer reads in one go.
const README_LIMIT: usize = 12 * 1024;

/// The help of each command, by its words.
#[derive(Default)]
struct Helps {
    texts: BTreeMap<Vec<String>, String>,
}

impl Helps {
    fn of(&mut self, words: &[String]) -> String {
        let ask = || {
            let args: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
            let run = Sandbox::new().admin(&args);
            run.stdout + &run.stderr
        };
        self.texts.entry(words.to_vec()).or_insert_with(ask).clone()
    }

    /// Returns the words below `Commands:` in the help of a command.
    fn subcommands(&mut self, words: &[String]) -> Vec<String> {
        let help = self.of(words);
        let list = help.split("Commands:\n").nth(1).unwrap_or_default();
        list.lines()
            .take_while(|line| !line.is_empty())
            // Long help continues on further lines, which are indented more.
            .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
            .filter(|word| !word.is_empty() && *word != "help")
            .map(str::to_owned)
            .collect()
    }
}

/// Guards the length of README.md.
#[test]
fn the_readme_is_short() {
    let length = Page::read("README.md").text.len();
    assert!(length <= README_LIMIT, "README.md has {length} bytes: move text to docs/");
}

/// Whether the table of commands in `text` has `word below`, in its own row or together with
/// others.
fn is_in_table(text: &str, word: &str, below: &str) -> bool {
    let starts = |row: &&str, name: &str| {
        ["`", " "].iter().any(|end| row.starts_with(&format!("| `{name}{end}")))
    };
    let is_named = |row: &str, name: &str| {
        ["`", " "].iter().any(|end| row.contains(&format!("/ `{name}{end}")))
    };
    let mut rows = text.lines().filter(|line| line.starts_with("| `"));
    if below.is_empty() {
        return rows.any(|row| starts(&row, word) || is_named(row, word));
    }
    let name = format!("{word} {below}");
    rows.any(|row| starts(&row, &name) || starts(&row, word) && is_named(row, below))
}

/// Guards the table of commands: it has every command of the tool.
#[test]
fn every_command_has_a_home() {
    let (text, mut helps) = (Page::read("docs/administration.md").text, Helps::default());
    let mut seen = 0;
    for word in helps.subcommands(&[]) {
        let mut below = helps.subcommands(std::slice::from_ref(&word));
        if below.is_empty() || word == "audit" {
            below.push(String::new());
        }
        for below in below {
            let is_named = is_in_table(&text, &word, &below);
            assert!(is_named, "docs/administration.md has no row for 'rw2fa {word} {below}'");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
    assert!(!is_in_table(&text, "users", "lost") && !is_in_table(&text, "nothing", ""));
}

/// Returns the commands that a page mentions: code in sentences, and lines in a terminal.
fn mentioned(page: &Page, commands: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for line in page.prose() {
        let line = line.replace("\\|", "|");
        for span in line.split('`').skip(1).step_by(2) {
            // Tables omit the name of the program.
            match span.split_once(' ') {
                Some(("rw2fa", _)) => found.push(span.to_owned()),
                Some((word, _)) if commands.iter().any(|command| command == word) => {
                    found.push(format!("rw2fa {span}"));
                }
                _ => {}
            }
        }
    }
    for line in page.text.lines() {
        let command = ["$ ", "# ", ".\\"].iter().find_map(|prompt| line.strip_prefix(prompt));
        found.extend(command.filter(|line| line.starts_with("rw2fa ")).map(str::to_owned));
    }
    found
}

/// Returns what is wrong with a command that a page mentions.
fn problem(command: &str, helps: &mut Helps) -> Option<String> {
    let command = command.split(" # ").next().unwrap_or_default();
    let command = command.split([';', '>', '<']).next().unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    for word in command.split_whitespace().skip(1) {
        let below = helps.subcommands(&words);
        // An internal command, which is not in the help.
        let is_hidden = word == "deliver";
        if is_hidden || below.iter().any(|below| below == word) {
            words.push(word.to_owned());
        } else if !word.starts_with('-') && words.is_empty() {
            return Some(format!("'{word}' is not a command"));
        } else if ["users", "whitelist", "key", "store", "advanced", "sms", "license"]
            .contains(&words.last().map_or("", String::as_str))
            && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
            && !word.starts_with('-')
        {
            return Some(format!("'{word}' is not a command of '{}'", words.join(" ")));
        }
    }
    if words.first().is_some_and(|word| word == "verify") {
        return None;
    }
    let help = helps.of(&words);
    let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
    for (at, _) in command.match_indices("--") {
        let option: String = command[at..].chars().take_while(|c| is_part(*c)).collect();
        let is_known = help.split(|c| !is_part(c)).any(|word| word == option);
        if option.len() > 2 && !is_known {
            return Some(format!("'{}' has no {option}", words.join(" ")));
        }
    }
    None
}

/// Guards that every command and option that a page mentions exists.
#[test]
fn every_command_that_is_mentioned_exists() {
    let (mut helps, mut seen) = (Helps::default(), 0);
    let commands = helps.subcommands(&[]);
    for page in pages().into_iter().chain([Page::read("SECURITY.md")]) {
        for command in mentioned(&page, &commands) {
            seen += 1;
            let parts = command.trim_start_matches("rw2fa ").split(" | rw2fa ");
            for command in parts.map(|part| format!("rw2fa {part}")) {
                let problem = problem(&command, &mut helps);
                assert_eq!(problem, None, "{}: {command}", page.name);
            }
        }
    }
    assert!(seen > 200, "{seen}");
    for wrong in
        ["rw2fa user list", "rw2fa users lost", "rw2fa users list --nothing", "rw2fa init --yess"]
    {
        assert!(problem(wrong, &mut helps).is_some(), "{wrong}");
    }
}

/// Guards the table of reasons.
#[test]
fn every_reason_has_a_home() {
    let text = Page::read("docs/portal.md").text;
    for reason in Reason::ALL {
        let row = format!("| `{}` | `{}` |", reason.as_str(), reason.outcome().as_str());
        assert!(text.contains(&row), "docs/portal.md has no row {row}");
    }
}

/// Guards the tables of exit codes, and the kinds of errors.
#[test]
fn every_exit_code_has_a_home() {
    let portal = Page::read("docs/portal.md").text;
    for outcome in Outcome::ALL {
        let row = format!("| {} | `{}` |", outcome.exit_code(), outcome.as_str());
        assert!(portal.contains(&row), "docs/portal.md has no row {row}");
    }
    let administration = Page::read("docs/administration.md").text;
    let (_, section) = administration.split_once("\n## Exit codes\n").unwrap();
    for kind in ErrorKind::ALL {
        let row = format!("\n| {} |", kind.exit_code());
        assert!(section.contains(&row), "docs/administration.md has no row {row}");
        let word = format!("`{}`", kind.as_str());
        assert!(administration.contains(&word), "docs/administration.md does not name {word}");
    }
}

/// Guards the keys of `store.toml`: each is on the page of its table.
#[test]
fn every_key_has_a_home() {
    let homes = BTreeMap::from([
        ("advanced", "docs/settings.md"),
        ("sms", "docs/sms.md"),
        ("", "docs/operations.md"),
        ("audit", "docs/operations.md"),
        ("domains", "docs/operations.md"),
        ("license", "docs/operations.md"),
    ]);
    // Written only by the program, and described in rw2fa-store(5).
    let internal = BTreeSet::from(["importing", "auth-token", "token"]);
    let named = |key: &str, text: &str| {
        let starts = ["`", "\n", "\n# ", "`--"];
        let ends = ["`", " ="];
        let any =
            |start: &&str| ends.iter().any(|end| text.contains(&format!("{start}{key}{end}")));
        starts.iter().any(any) || text.contains(&format!("`--{key} "))
    };
    for key in described().iter().filter(|key| !internal.contains(key.name)) {
        let home = homes[key.table];
        assert!(
            named(key.name, &Page::read(home).text),
            "{home} has no [{}] {}",
            key.table,
            key.name
        );
    }
}

/// Guards the example documents: the program can read them, with every key in its place.
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

/// Guards the chances of guessing.
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

/// Guards the example answers: JSON, known reasons, the right outcome.
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

/// Guards the example requests: each is one that the verifier decides.
#[test]
fn the_requests_are_of_the_protocol() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for line in marked("requests").concat() {
        let run = sandbox.verify_with_input(&["--request-stdin"], line.as_bytes());
        assert_ne!(run.code, 2, "{line}: {run:?}");
    }
}

/// Guards the other JSON examples: each line is a document.
#[test]
fn json_is_json() {
    for page in pages() {
        let blocks = page.text.split("\n```json\n").skip(1);
        for line in blocks.flat_map(|block| block.lines().take_while(|line| *line != "```")) {
            let parsed = serde_json::from_str::<serde_json::Value>(line);
            assert!(parsed.is_ok(), "{}: {line}", page.name);
        }
    }
}
