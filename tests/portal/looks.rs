//! How the pages look and read: on a phone, in the dark, without a mouse.

use std::path::Path;

use crate::browser::Browser;
use crate::gateway::Gateway;
use crate::has_tools;
use crate::stage::{ALICE, BOB, CAROL, Phone, Stage, type_code};

/// Visits every page once, by name.
fn tour(stage: &Stage, browser: &Browser, mut seen: impl FnMut(&str, &Browser)) {
    browser.goto(&stage.url("/"));
    seen("sign-in", browser);
    stage.type_password(browser, "alice", "correct horse 9");
    seen("sign-in-wrong", browser);
    stage.type_password(browser, "alice", ALICE);
    let secret = browser.find("#secret").text();
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
    browser.find("a[href='/code?with=recovery-code']").follow();
    seen("recovery-code", browser);
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
    browser.find(".account button").follow();
    let gateway = Gateway::of(stage);
    stage.admin(&["users", "add", "bob", "--method", "sms", "--phone", "+33612345678"]);
    stage.type_password(browser, "bob", BOB);
    seen("sms", browser);
    browser.find("[name=resend]").follow();
    seen("sms-not-yet", browser);
    type_code(browser, if gateway.code() == "123456" { "123457" } else { "123456" });
    seen("sms-wrong", browser);
}

/// Lists what is wrong with a page, as far as a program can detect it.
const EXAMINE: &str = r"
const wrong = [];
const all = css => [...document.querySelectorAll(css)];
const seen = e => e.checkVisibility() && e.getBoundingClientRect().width > 0;
if (document.documentElement.scrollWidth > innerWidth) wrong.push('scrolls sideways');
if (document.documentElement.lang != 'en') wrong.push('no language');
for (const tag of ['h1', 'main', 'title']) if (all(tag).length != 1) wrong.push('not one ' + tag);
for (const e of all('script, [style], style, [onclick], iframe')) wrong.push('not allowed: ' + e.outerHTML);
const ids = all('[id]').map(e => e.id);
if (new Set(ids).size != ids.length) wrong.push('an id twice: ' + ids);
for (const e of all('input:not([type=hidden])')) {
  if (!e.labels.length || !e.labels[0].innerText.trim()) wrong.push('no label: ' + e.id);
  if (!e.autocomplete) wrong.push('no autocomplete: ' + e.id);
}
for (const e of all('[aria-describedby]'))
  for (const id of e.getAttribute('aria-describedby').split(' '))
    if (!document.getElementById(id)) wrong.push('described by nothing: ' + id);
for (const e of all('img')) if (!e.hasAttribute('alt') || !e.naturalWidth) wrong.push('a broken picture');
for (const e of all('svg')) if (!e.getAttribute('aria-label') && !e.getAttribute('aria-hidden')) wrong.push('svg');
for (const e of all('form')) if (e.method != 'post' || !e.elements.token.value) wrong.push('a form without token');
for (const e of all('button, input:not([type=hidden]), .button'))
  if (seen(e) && e.getBoundingClientRect().height < 36) wrong.push('small: ' + e.outerHTML);
const parse = c => { const n = c.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
const light = c => { const f = c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
// Every background colour of an element: those of the nearest gradient, or of the nearest plain
// background.
const grounds = e => { for (; e; e = e.parentElement) {
  const style = getComputedStyle(e), plain = parse(style.backgroundColor);
  const found = (style.backgroundImage.match(/rgba?\([^)]*\)/g) || []).map(parse);
  if (plain[3] == 1) found.push(plain);
  if (found.length) return found; }
  return [[255, 255, 255]]; };
const least = (color, e) => Math.min(...grounds(e).map(ground => ratio(parse(color), ground)));
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let texts = 0;
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !seen(e)) continue;
  texts++;
  const found = least(getComputedStyle(e).color, e);
  if (found < 4.5) wrong.push('contrast ' + found.toFixed(1) + ': ' + walker.currentNode.data);
}
for (const e of all('input:not([type=hidden])')) {
  const found = least(getComputedStyle(e).borderTopColor, e.parentElement);
  if (found < 3) wrong.push('border of ' + e.id + ': ' + found.toFixed(1));
}
if (texts < 4) wrong.push('nearly empty');
return wrong;
";

/// Each page at 320 px and on a desktop, light and dark: nothing sticks out, everything has a
/// label, and every text and field has enough contrast (WCAG AA). If `RW2FA_PORTAL_PICTURES` names
/// a directory, pictures of all pages are written there.
#[test]
fn every_page_is_accessible() {
    if !has_tools() {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "this variable asks for pictures")]
    let pictures = std::env::var_os("RW2FA_PORTAL_PICTURES");
    let (stage, browser) = (Stage::new(&["alice"]), Browser::new());
    stage.admin(&["advanced", "set", "issuer", "Example remote-work"]);
    let mut pages = 0;
    tour(&stage, &browser, |name, browser| {
        pages += 1;
        for (scheme, width) in [("light", 320), ("dark", 320), ("light", 1024), ("dark", 1024)] {
            browser.resize(width, 800);
            browser.prefer(scheme);
            let wrong = browser.run(EXAMINE);
            assert_eq!(wrong, serde_json::json!([]), "{name}, {scheme}, {width} px");
        }
        if let Some(directory) = &pictures {
            take_pictures(Path::new(directory), name, browser);
        }
        let ground = browser.run("return getComputedStyle(document.body).backgroundColor");
        assert_eq!(ground, "rgb(14, 20, 27)", "{name} is not dark");
        let error = browser.has("[role=alert]");
        assert_eq!(error, browser.title().starts_with("Error: "), "{name}: {}", browser.title());
    });
    assert_eq!(pages, 18);
}

/// Guards the examination itself: it must be able to fail.
#[test]
fn the_examination_finds_faults() {
    if !has_tools() {
        return;
    }
    let (stage, browser) = (Stage::new(&["alice"]), Browser::new());
    browser.goto(&stage.url("/"));
    assert_eq!(browser.run(EXAMINE), serde_json::json!([]));
    for (damage, complaint) in [
        ("document.querySelector('label').remove()", "no label: name"),
        ("document.querySelector('h1').style.color = '#888'", "not allowed"),
        ("document.querySelector('.lead').setAttribute('id', 'name')", "an id twice"),
        ("document.querySelector('.card').style.minWidth = '3000px'", "scrolls sideways"),
        ("document.querySelector('[name=token]').value = ''", "a form without token"),
    ] {
        browser.reload();
        browser.run(damage);
        let wrong = browser.run(EXAMINE).to_string();
        assert!(wrong.contains(complaint), "{damage}: {wrong}");
    }
    browser.reload();
    let faint = "document.styleSheets[0].insertRule('.lead { color: #999 !important }', 0)";
    browser.run(faint);
    assert!(browser.run(EXAMINE).to_string().contains("contrast 2.8"), "{}", browser.run(EXAMINE));
}

/// The whole sign-in with the keyboard alone.
#[test]
fn the_keyboard_alone_is_enough() {
    const TAB: &str = "\u{e004}";
    const ENTER: &str = "\u{e007}";
    if !has_tools() {
        return;
    }
    let (stage, browser) = (Stage::new(&["alice"]), Browser::new());
    browser.goto(&stage.url("/"));
    // The first field has the focus.
    browser.type_keys(&format!("alice{TAB}{ALICE}"));
    browser.follow_keys(ENTER);
    let mut phone = Phone::new(&browser.find("#secret").text());
    // The page with the QR code is read from the top. The first stop skips the bar.
    browser.type_keys(TAB);
    assert_eq!(browser.run("return document.activeElement.innerText"), "Skip to content");
    let ring = browser.run("return getComputedStyle(document.activeElement).outlineStyle");
    assert_eq!(ring, "solid", "the focus is visible");
    browser.type_keys(ENTER);
    assert_eq!(browser.run("return document.activeElement.id"), "main");
    browser.type_keys(&format!("{TAB}{TAB}"));
    assert_eq!(browser.run("return document.activeElement.id"), "code");
    browser.type_keys(&phone.wrong_codes().next().unwrap());
    browser.follow_keys(ENTER);
    assert_eq!(browser.run("return document.activeElement.id"), "code", "after an error");
    browser.type_keys(&phone.code());
    browser.follow_keys(ENTER);
    assert_eq!(browser.path(), "/desktop");
    browser.type_keys(&TAB.repeat(4));
    let focus = "return document.activeElement.getAttribute('aria-label')";
    assert_eq!(browser.run(focus), "Open Windows desktop");
    browser.follow_keys(ENTER);
    assert_eq!(browser.path(), "/session/desktop");
}

/// Takes pictures of a page at its full height, for people to look at. Leaves it dark.
fn take_pictures(directory: &Path, name: &str, browser: &Browser) {
    for (device, scheme, width, height) in [
        ("desk", "light", 1024, 720),
        ("desk", "dark", 1024, 720),
        ("phone", "light", 320, 640),
        ("phone", "dark", 390, 844),
    ] {
        browser.resize(width, height);
        browser.prefer(scheme);
        let whole = browser.run("return document.documentElement.scrollHeight").as_u64().unwrap();
        browser.resize(width, u32::try_from(whole).unwrap().max(height));
        let file = directory.join(format!("{name}-{device}-{scheme}.png"));
        #[expect(clippy::disallowed_methods, reason = "a picture is not a document")]
        std::fs::write(file, browser.screenshot()).unwrap();
    }
}
