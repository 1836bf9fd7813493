//! The declarations of `store.toml`: the parser and the manual page agree with them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rw2fa::settings::key::Valid;
use rw2fa::settings::{Described, described, parse};

const HEAD: &str = "schema = 1\nenabled = true\ncreated = 2026-11-24T08:00:00Z\n";

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A document with one more key, and the line of that key.
fn document(table: &str, line: &str) -> (String, usize) {
    if table.is_empty() {
        let key = line.split(' ').next().unwrap();
        let others: Vec<_> = HEAD.lines().filter(|line| !line.starts_with(key)).collect();
        return (format!("{line}\n{}\n", others.join("\n")), 1);
    }
    (format!("{HEAD}[{table}]\n{line}\n"), 5)
}

/// Every word in the source of the settings: names of fields, and texts.
fn words() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for entry in fs::read_dir(repository("src/settings")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap().replace('_', "-");
        let is_part = |c: char| c.is_ascii_lowercase() || c == '-';
        let found = text.split(|c| !is_part(c)).map(|word| word.trim_matches('-').to_owned());
        words.extend(found.filter(|word| !word.is_empty()));
    }
    words
}

/// Guards against undocumented keys: every word in the source that the parser accepts as a key is
/// declared, and in the manual page.
#[test]
fn every_key_that_is_read_is_declared_and_in_the_manual() {
    let declared = described();
    let tables: BTreeSet<_> = declared.iter().map(|key| key.table).collect();
    let page = fs::read_to_string(repository("man/rw2fa-store.5")).unwrap();
    let words = words();
    let mut read = 0;
    for table in tables.iter().filter(|table| **table != "license") {
        for word in &words {
            let (text, _) = document(table, &format!("{word} = 1"));
            let is_known = match parse(&text) {
                Ok(_) => true,
                Err(problem) => !problem.message.contains("unknown field"),
            };
            if table.is_empty() && tables.contains(word.as_str()) || !is_known {
                continue;
            }
            let is_declared = declared.iter().any(|key| (key.table, key.name) == (*table, word));
            assert!(is_declared, "[{table}] {word} is read but not declared");
            read += 1;
        }
    }
    let strict = declared.iter().filter(|key| key.table != "license").count();
    assert_eq!(read, strict, "a declared key is not read");
    for key in &declared {
        let section = page.split(&format!("[{}]", key.table)).last().unwrap();
        let name = format!("\n\\fB{}\\fR\n", key.name.replace('-', "\\-"));
        assert!(section.contains(&name), "[{}] {} is not in the manual", key.table, key.name);
    }
}

/// Guards the bounds: the documented ones are enforced, and the error names the line, key and
/// bounds.
#[test]
fn declared_bounds_are_enforced() {
    let mut tried = 0;
    for Described { table, name, valid, .. } in described() {
        let Valid::Number { least, most, .. } = valid else { continue };
        let (least, most) = (i64::from(least), i64::from(most));
        for (number, is_valid) in
            [(least - 1, false), (least, true), (most, true), (most + 1, false)]
        {
            let (text, line) = document(table, &format!("{name} = {number}"));
            match parse(&text) {
                Ok(_) => assert!(is_valid, "{name} = {number} is accepted"),
                Err(problem) => {
                    assert!(!is_valid, "{name} = {number}: {problem:?}");
                    assert_eq!(text[..problem.at].lines().count(), line, "{problem:?}");
                    let message = problem.message;
                    assert!(message.contains(name), "{message}");
                    assert!(message.contains(&most.to_string()), "{message}");
                }
            }
            tried += 1;
        }
    }
    assert!(tried >= 40, "{tried}");
}

/// Guards the types: a value of another type is an error that names line, key and the valid values.
#[test]
fn declared_types_are_enforced() {
    for key in described().iter().filter(|key| key.table != "license") {
        let mut accepted = Vec::new();
        for value in ["1", "true", "\"%CODE%\"", "2026-11-24T08:00:00Z", "{ a = \"b\" }", "[]"] {
            let (text, line) = document(key.table, &format!("{} = {value}", key.name));
            match parse(&text) {
                Ok(_) => accepted.push(value),
                // The type is right: an import is running, or this is Windows, which has no such
                // log.
                Err(problem)
                    if ["was not finished", "no such log"]
                        .iter()
                        .any(|end| problem.message.ends_with(end)) =>
                {
                    accepted.push(value);
                }
                Err(problem) => {
                    assert_eq!(text[..problem.at].lines().count(), line, "{text}: {problem:?}");
                    assert!(problem.message.contains(key.name), "{text}: {problem:?}");
                }
            }
        }
        let expected = match key.valid {
            // Below the smallest value.
            Valid::Number { least, .. } if least > 1 => vec![],
            Valid::Number { .. } => vec!["1"],
            Valid::Flag => vec!["true"],
            // No value of this list is one of the words.
            Valid::Choice(_) => vec![],
            Valid::Text { .. } | Valid::Word(_) => vec!["\"%CODE%\""],
            Valid::Time => vec!["2026-11-24T08:00:00Z"],
            Valid::Map(_) => vec!["{ a = \"b\" }"],
        };
        assert_eq!(accepted, expected, "[{}] {}", key.table, key.name);
    }
}
