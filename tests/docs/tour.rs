//! Runs the commands of every page: one shell and one throwaway directory for each page.

use std::path::Path;
use std::sync::OnceLock;

use crate::pages::{Page, pages};
use crate::programs::{build_phone, shell, stdout_of};

/// Separates the outputs of two commands.
const SEPARATOR: &str = "\u{1}";

/// What is expected of a command.
enum Expected {
    /// End with exit code 0.
    Success,
    /// Print these lines.
    Output(Vec<String>),
}

struct Step {
    command: String,
    expected: Expected,
}

/// Collects the commands of a page, in the order in which a reader types them.
fn steps(page: &Page) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = page.text.lines();
    let mut marker = "";
    while let Some(line) = lines.next() {
        assert!(!line.trim_start().starts_with("```") || line.starts_with("```"), "{line}");
        if line == "<!-- before" {
            let hidden = lines.by_ref().take_while(|line| *line != "-->");
            steps.extend(
                hidden.map(|command| Step {
                    command: command.to_owned(),
                    expected: Expected::Success,
                }),
            );
        } else if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if language == "console" {
                add_block(&mut steps, marker, &block, &page.name);
            }
        }
        marker = line;
    }
    steps
}

/// Adds the commands of a terminal block.
fn add_block(steps: &mut Vec<Step>, marker: &str, block: &[&str], page: &str) {
    let is_tour = marker == "<!-- tour -->";
    let is_run = is_tour || marker == "<!-- run -->";
    assert!(
        is_run || marker.starts_with("<!-- not run: "),
        "{page}: a comment must say whether these commands are run: {block:?}"
    );
    for line in block.iter().filter(|_| is_run) {
        let command = line.strip_prefix("$ ").or_else(|| line.strip_prefix("# "));
        if let Some(command) = command {
            let expected = if is_tour { Expected::Output(Vec::new()) } else { Expected::Success };
            steps.push(Step { command: command.to_owned(), expected });
        } else if let Some(Step { expected: Expected::Output(lines), .. }) = steps.last_mut() {
            lines.push((*line).to_owned());
        } else {
            panic!("{page}: not a command: {line}");
        }
    }
}

/// Whether `actual` matches `pattern`, where `…` stands for any text.
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

/// Whether a line depends on the accounts of this machine.
fn depends_on_the_machine(line: &str) -> bool {
    line.starts_with("warning: this system has no account or group called ")
}

/// Runs the commands of a page. The error shows the first one that does not do what the page says.
fn check(page: &Page, directory: &Path) -> Result<(), String> {
    let steps = steps(page);
    let mut script = String::new();
    for step in &steps {
        script.extend([&step.command, "\nprintf '\\001%s\\001' $?\n"]);
    }
    let shown = stdout_of(&shell(&script, directory));
    let mut parts = shown.split(SEPARATOR);
    for step in &steps {
        let (output, code) = (parts.next().unwrap_or_default(), parts.next());
        let is_fine = match &step.expected {
            Expected::Success => code == Some("0"),
            Expected::Output(expected) => {
                let kept = |line: &&str| !depends_on_the_machine(line);
                let actual: Vec<&str> = output.lines().filter(kept).collect();
                let expected: Vec<&str> =
                    expected.iter().map(String::as_str).filter(kept).collect();
                expected.len() == actual.len()
                    && expected.iter().zip(&actual).all(|(pattern, line)| matches(pattern, line))
            }
        };
        if !is_fine {
            let says = match &step.expected {
                Expected::Success => "exit code 0".to_owned(),
                Expected::Output(lines) => lines.join("\n"),
            };
            let code = code.unwrap_or("none");
            return Err(format!(
                "$ {}\n{} says:\n{says}\nand it is (exit code {code}):\n{output}",
                step.command, page.name
            ));
        }
    }
    Ok(())
}

/// Guards every command that a page shows: it is run, and does what the page says.
#[test]
fn the_commands_of_every_page_do_what_it_says() {
    build_phone();
    let failures = OnceLock::new();
    std::thread::scope(|scope| {
        for page in pages() {
            let failures = &failures;
            scope.spawn(move || {
                let directory = tempfile::tempdir().unwrap();
                if let Err(failure) = check(&page, directory.path()) {
                    let _ = failures.set(failure);
                }
            });
        }
    });
    assert!(failures.get().is_none(), "{}", failures.get().unwrap());
}

/// Guards the runner itself: a wrong output and a failure are found, and nothing is skipped silently.
#[test]
fn a_wrong_page_is_found() {
    let check = |text: &str| {
        let (name, text) = ("page".to_owned(), text.to_owned());
        let directory = tempfile::tempdir().unwrap();
        check(&Page { name, path: directory.path().into(), text }, directory.path())
    };
    let block =
        |marker: &str, lines: &str| format!("<!-- {marker} -->\n```console\n{lines}\n```\n");
    assert_eq!(check(&block("tour", "$ echo a\na\n$ false\n$ echo b\n…")), Ok(()));
    assert_eq!(check(&block("run", "# x=1\n# [ $x = 1 ]")), Ok(()));
    assert_eq!(check("<!-- before\nx=1\n-->\n"), Ok(()));
    for wrong in [
        block("tour", "$ echo a\nb"),
        block("tour", "$ echo a"),
        block("tour", "$ true\na"),
        block("run", "# false"),
        block("run", "# exit 0\n# true"),
        "<!-- before\nfalse\n-->\n".to_owned(),
    ] {
        assert!(check(&wrong).is_err(), "{wrong}");
    }
}
