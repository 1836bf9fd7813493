//! Files that the documents show: `<!-- file: PATH -->` before a block says which.

use std::fs;

use crate::pages::{pages, repository};

/// Guards that a page shows a file as it is. With `RW2FA_GENERATE`, writes it into the page.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = ".ci/generate asks for it this way, and pages are no documents of a store"
)]
fn shown_files_are_the_files() {
    let mut seen = 0;
    for page in pages() {
        let (mut fresh, mut lines) = (String::new(), page.text.lines());
        while let Some(line) = lines.next() {
            fresh.extend([line, "\n"]);
            let file = line.strip_prefix("<!-- file: ").and_then(|rest| rest.strip_suffix(" -->"));
            let Some(file) = file else { continue };
            let fence = lines.next().unwrap_or_default();
            assert!(fence.starts_with("```"), "{}: no block below {line}", page.name);
            lines.by_ref().take_while(|line| *line != "```").for_each(drop);
            let text = fs::read_to_string(repository(file))
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            fresh.extend([fence, "\n", &text, "```\n"]);
            seen += 1;
        }
        if std::env::var_os("RW2FA_GENERATE").is_some() {
            fs::write(&page.path, &fresh).unwrap();
        }
        assert!(
            fresh == page.text || std::env::var_os("RW2FA_GENERATE").is_some(),
            "{} shows an old file: bash .ci/generate",
            page.name
        );
    }
    assert!(seen > 3, "{seen}");
}
