//! The verifier's message is in the language of the browser, and marked with it.

use crate::has_tools;
use crate::stage::{ALICE, Stage};
use crate::visitor::Visitor;

/// The page after text that is not a code, in a browser that asks for these languages.
fn page_after_a_wrong_code(stage: &Stage, languages: &str) -> String {
    let mut visitor = Visitor::new(stage).saying("accept-language", languages);
    visitor.sign_in("alice", ALICE);
    visitor.get("/code");
    visitor.post("/code", &[("code", "not a code")]);
    visitor.get("/code").body
}

#[test]
fn a_message_is_in_the_language_of_the_browser() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let english = r#"lang="en" dir="auto">This is not a code."#;
    let german = r#"lang="de" dir="auto">Das ist kein Code."#;
    let long = "de,".repeat(400);
    for (languages, message) in [
        ("de-AT,de;q=0.9,en;q=0.8", german),
        ("tlh,de;q=0.5", german),
        ("fr", r#"lang="fr" dir="auto">Ce n"#),
        ("en-GB", english),
        ("", english),
        ("--help", english),
        ("'; --end", english),
        (&long, english),
    ] {
        let page = page_after_a_wrong_code(&stage, languages);
        assert!(page.contains(message), "{languages}: {page}");
        assert!(page.contains(r#"<html lang="en">"#), "{page}");
    }
}
