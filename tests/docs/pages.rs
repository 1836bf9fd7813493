//! The pages that users read: README.md and `docs/`.
//!
//! An HTML comment before a fenced block or a table says what it is:
//!
//! - `<!-- tour -->`: commands that are run, and the output that they must print. `…` is any text within a line.
//! - `<!-- run -->`: commands that are run and must end with exit code 0.
//! - `<!-- not run: REASON -->`: commands that would change the machine. Their options must exist.
//! - `<!-- before`, up to a line `-->`: commands that the page does not show, run at this point.
//! - `<!-- file: PATH -->`: a file of this repository, which `files.rs` compares.
//! - `<!-- chances -->`: a table, compared with the library's. `tables.rs` compares the generated ones.
//! - `<!-- settings document -->`, `<!-- user document -->`: documents of a store.
//! - `<!-- answers -->`, `<!-- requests -->`: answers of the verifier, requests to it, one per line.

use std::fs;
use std::path::{Path, PathBuf};

/// A document of the repository.
pub(crate) struct Page {
    /// The path below the root of the repository.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn read(name: &str) -> Self {
        let path = repository(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), path, text }
    }

    /// The lines outside fenced blocks.
    pub(crate) fn prose(&self) -> impl Iterator<Item = &str> {
        let mut is_fenced = false;
        self.text.lines().filter(move |line| {
            let is_fence = line.starts_with("```");
            is_fenced ^= is_fence;
            !is_fenced && !is_fence
        })
    }
}

pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// README.md and every page in `docs/` and `docs/integrations/`.
pub(crate) fn pages() -> Vec<Page> {
    let mut names = vec!["README.md".to_owned()];
    for directory in ["docs", "docs/integrations"] {
        for entry in fs::read_dir(repository(directory)).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_file() {
                names.push(format!("{directory}/{}", path.file_name().unwrap().to_str().unwrap()));
            }
        }
    }
    names.sort();
    names.iter().map(|name| Page::read(name)).collect()
}

/// Returns the blocks and tables below `<!-- marker -->` on all pages, as lines.
pub(crate) fn marked(marker: &str) -> Vec<Vec<String>> {
    let comment = format!("<!-- {marker} -->");
    let mut found = Vec::new();
    for page in pages() {
        let mut lines = page.text.lines();
        while let Some(line) = lines.next() {
            if line != comment {
                continue;
            }
            let first = lines.next().unwrap_or_default();
            let block = if first.starts_with("```") {
                lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect()
            } else {
                assert!(first.starts_with('|'), "{}: nothing to check below {line}", page.name);
                // The line below the header only draws the table.
                let rows = lines.by_ref().skip(1).take_while(|line| line.starts_with('|'));
                rows.map(str::to_owned).collect()
            };
            found.push(block);
        }
    }
    assert!(!found.is_empty(), "no page has {comment}");
    found
}

/// Returns the cells of a line of a table.
pub(crate) fn cells(line: &str) -> Vec<String> {
    let inner = line.trim_matches('|');
    inner.split(" | ").map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
}
