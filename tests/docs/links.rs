//! The links in the documents: every file and heading that they point to exists.

use std::collections::BTreeSet;
use std::path::{Component, PathBuf};

use crate::pages::{Page, pages, repository};

/// Returns the anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn anchors(page: &Page) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for heading in page.prose().filter(|line| line.starts_with('#')) {
        assert!(found.insert(anchor(heading)), "{}: two headings {heading}", page.name);
    }
    found
}

fn targets(page: &Page) -> Vec<String> {
    let text = page.prose().collect::<Vec<_>>().join("\n");
    let rest = text.split("](").skip(1);
    rest.map(|rest| rest.split(')').next().unwrap_or_default().to_owned()).collect()
}

/// Returns what `target` means on `page`: a path below the root of the repository, and an anchor.
fn resolve(page: &Page, target: &str) -> (String, Option<String>) {
    let (file, anchor) = match target.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor.to_owned())),
        None => (target, None),
    };
    if file.is_empty() {
        return (page.name.clone(), anchor);
    }
    let mut path = PathBuf::from(&page.name);
    path.pop();
    for part in PathBuf::from(file).components() {
        match part {
            Component::ParentDir => assert!(path.pop(), "{}: {target} leads outside", page.name),
            part => path.push(part),
        }
    }
    (path.to_str().unwrap().replace('\\', "/"), anchor)
}

/// Returns what is wrong with the links on a page.
fn problems(page: &Page) -> Vec<String> {
    let mut found = Vec::new();
    for target in targets(page).iter().filter(|target| !target.starts_with("https://")) {
        let (file, anchor) = resolve(page, target);
        if file != page.name && !repository(&file).exists() {
            found.push(format!("{}: {target}: no such file", page.name));
        } else if let Some(anchor) = anchor {
            let known = if file == page.name { anchors(page) } else { anchors(&Page::read(&file)) };
            if !known.contains(&anchor) {
                found.push(format!("{}: {target}: no such heading", page.name));
            }
        }
    }
    found
}

/// Guards the links in every document.
#[test]
fn links_lead_somewhere() {
    let others = [
        "SECURITY.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "tests/mutants.md",
        "tests/windows/README.md",
    ];
    let examples = ["examples/portal/README.md", "examples/licensing/README.md"];
    let others = others.iter().chain(&examples).map(|name| Page::read(name));
    let problems: Vec<_> =
        pages().into_iter().chain(others).flat_map(|page| problems(&page)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Guards the search for broken links: it must be able to fail.
#[test]
fn broken_links_are_found() {
    let page = |text: &str| Page {
        name: "docs/page.md".into(),
        path: PathBuf::new(),
        text: format!("# One `two`: 3\n{text}\n"),
    };
    for fine in
        ["[a](#one-two-3)", "[a](../Cargo.toml)", "[a](https://example.com)", "```\n[a](b)\n```"]
    {
        assert_eq!(problems(&page(fine)), [""; 0], "{fine}");
    }
    for broken in ["[a](#two)", "[a](Cargo.toml)", "[a](../SECURITY.md#nothing)", "[a](../no.md#x)"]
    {
        assert_eq!(problems(&page(broken)).len(), 1, "{broken}");
    }
}

/// Guards that a reader finds every page: README.md links to it.
#[test]
fn the_readme_links_to_every_page() {
    let readme = Page::read("README.md");
    let linked: BTreeSet<_> =
        targets(&readme).iter().map(|target| resolve(&readme, target).0).collect();
    for page in pages().iter().filter(|page| page.name != readme.name) {
        assert!(linked.contains(&page.name), "README.md has no link to {}", page.name);
    }
}
