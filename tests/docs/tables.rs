//! The tables of the documents that are generated from the definitions in the program.

use std::fs;

use rw2fa::settings::advanced::{Advanced, KEYS};
use rw2fa::settings::described;
use rw2fa::settings::key::Section as _;
use rw2fa::settings::sms::SmsSection;
use rw2fa::verify::reason::Reason;

use crate::pages::{Page, pages};

/// Set by `.ci/generate`: tables are rewritten instead of compared.
const GENERATE: &str = "RW2FA_GENERATE";

/// The rows of the generated tables, by the comment above each.
fn tables() -> [(&'static str, Vec<String>); 3] {
    let advanced = described().into_iter().filter(|key| key.table == Advanced::TABLE);
    let settings = advanced.zip(KEYS).map(|(described, key)| {
        let fixed = key.text(&Advanced::default()).filter(|_| key.spec.default_words.is_none());
        let default = fixed.map_or(described.default.unwrap(), |fixed| format!("`{fixed}`"));
        format!("| `{}` | {default} | {} | {} |", key.name, key.valid(), key.meaning)
    });
    let help = crate::sandbox::Sandbox::new().admin_ok(&["sms", "configure", "--help"]);
    let options = SmsSection::KEYS.iter().map(|key| {
        // clap generates the help from the declaration.
        let start = format!("--{}", key.name);
        let mut lines = help.lines().map(str::trim).skip_while(|line| !line.starts_with(&start));
        let option = lines.next().unwrap().replace(['<', '>'], "").replace('|', "\\|");
        let meaning: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
        let meaning = meaning.join(" ");
        format!("| `{option}` | {} |", uncapitalized(&meaning))
    });
    let reasons = Reason::ALL.iter().map(|reason| {
        let (word, outcome) = (reason.as_str(), reason.outcome().as_str());
        let meaning = uncapitalized(reason.meaning().trim_end_matches('.'));
        format!("| `{word}` | `{outcome}` | {meaning} | {} |", reason.advice())
    });
    [
        ("settings", settings.collect()),
        ("sms options", options.collect()),
        ("reasons", reasons.collect()),
    ]
}

fn uncapitalized(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_lowercase() + rest
}

/// Replaces the rows of the table below a comment; `None` if the text has no such comment.
fn with_table(text: &str, marker: &str, rows: &[String]) -> Option<String> {
    let (before, after) = text.split_once(&format!("<!-- {marker} -->\n"))?;
    let head: Vec<_> = after.lines().take(2).collect();
    let rest: String =
        after.split_inclusive('\n').skip_while(|line| line.starts_with('|')).collect();
    let table = [head, rows.iter().map(String::as_str).collect()].concat().join("\n");
    Some(format!("{before}<!-- {marker} -->\n{table}\n{rest}"))
}

/// Guards the tables of settings, options and reasons: they match the program.
#[test]
#[expect(clippy::disallowed_methods, reason = "writes a document, not a store")]
fn tables_are_fresh() {
    let documents = pages();
    for (marker, rows) in tables() {
        let mut found = 0;
        // Read again: another table of the page may have been rewritten.
        for Page { name, path, .. } in &documents {
            let text = fs::read_to_string(path).unwrap();
            let Some(fresh) = with_table(&text, marker, &rows) else { continue };
            found += 1;
            if std::env::var_os(GENERATE).is_some() {
                fs::write(path, fresh).unwrap();
                continue;
            }
            assert!(text == fresh, "<!-- {marker} --> in {name} is stale: run 'bash .ci/generate'");
        }
        assert_eq!(found, 1, "<!-- {marker} -->");
    }
}
