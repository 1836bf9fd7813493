//! How the pages look and read: on a phone, in the dark, without a mouse.

use crate::browser::Browser;
use crate::has_tools;
use crate::stage::{ALICE, CAROL, Phone, Stage, type_code};

/// Every page once, by name.
fn tour(stage: &Stage, browser: &Browser, mut seen: impl FnMut(&str, &Browser)) {
    browser.goto(&stage.url("/"));
    seen("sign-in", browser);
    stage.type_password(browser, "alice", "correct horse 9");
    seen("sign-in-wrong", browser);
    stage.type_password(browser, "alice", ALICE);
    let secret = browser.find("#secret").text().replace(['\n', ' '], "");
    let mut phone = Phone::new(&secret);
    seen("activation", browser);
    let wrong: Vec<String> = phone.wrong_codes().take(3).collect();
    type_code(browser, &wrong[0]);
    seen("activation-wrong", browser);
    type_code(browser, &phone.code());
    seen("desktop-first", browser);
    browser.find("[aria-label='Open Windows desktop']").follow();
    seen("session", browser);
    browser.goto(&stage.url("/desktop"));
    seen("desktop", browser);
    browser.find(".account button").follow();
    seen("signed-out", browser);
    stage.type_password(browser, "alice", ALICE);
    seen("code", browser);
    type_code(browser, &wrong[1]);
    seen("code-wrong", browser);
    stage.admin(&["advanced", "set", "lockout-attempts", "1"]);
    type_code(browser, &wrong[2]);
    seen("locked", browser);
    stage.admin(&["advanced", "unset", "lockout-attempts"]);
    stage.admin(&["users", "unlock", "alice"]);
    let key = stage.store().join("key");
    std::fs::rename(&key, stage.beside("key")).unwrap();
    browser.reload();
    seen("error", browser);
    std::fs::rename(stage.beside("key"), &key).unwrap();
    browser.goto(&stage.url("/nowhere"));
    seen("not-found", browser);
    browser.goto(&stage.url("/code"));
    browser.find("form[action='/sign-out'] button").follow();
    stage.type_password(browser, "carol", CAROL);
    seen("desktop-carol", browser);
}

/// Pictures of every page, to look at: `cargo test --test portal pictures -- --ignored`.
#[test]
#[ignore = "makes pictures for people"]
fn pictures() {
    assert!(has_tools());
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/portal-pictures");
    std::fs::create_dir_all(&directory).unwrap();
    let sizes = [("desk", "light", 1024, 720), ("desk", "dark", 1024, 720), ("phone", "light", 320, 640), ("phone", "dark", 390, 844)];
    for (device, scheme, width, height) in sizes {
        let (stage, browser) = (Stage::new(&["alice"]), Browser::new());
        browser.resize(width, height);
        browser.prefer(scheme);
        tour(&stage, &browser, |name, browser| {
            // As high as the page.
            let whole = browser.run("return document.documentElement.scrollHeight").as_u64().unwrap();
            browser.resize(width, u32::try_from(whole).unwrap().max(height));
            let file = directory.join(format!("{name}-{device}-{scheme}.png"));
            #[expect(clippy::disallowed_methods, reason = "a picture is no document")]
            std::fs::write(file, browser.screenshot()).unwrap();
            browser.resize(width, height);
        });
    }
}
