//! The sign-in page for ASP.NET Core in `examples/callers/csharp/`: built, started, and used with
//! real and with fake verifiers.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use data_encoding::BASE64;

use crate::beside::Beside;
use crate::browser::Browser;
use crate::camera::scan;
use crate::dotnet::Sdk;
use crate::http::{Response, send};
use crate::pages::repository;
use crate::programs::{command, programs, run, rw2fa, stdout_of};
use crate::sandbox::{Secret, has, real_now, write_script};

/// The page, running with a store of its own. Everyone's password is `right`.
struct Site {
    directory: tempfile::TempDir,
    _server: Beside,
    address: SocketAddr,
}

impl Site {
    /// Builds the page and starts it.
    fn start(sdk: &Sdk) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let source = |name: &str| {
            fs::read_to_string(repository("examples/callers/csharp").join(name)).unwrap()
        };
        let mut page = source("SignInPage.cs");
        for (declaration, body) in [
            ("CheckPassword(string name, string password)", "password == \"right\" ? name : null"),
            ("GroupsOf(string account)", "new string[0]"),
        ] {
            let yours = format!("{declaration} => throw new NotImplementedException();");
            assert!(page.contains(&yours), "{page}");
            page = page.replace(&yours, &format!("{declaration} => {body};"));
        }
        let files = [("SignInPage.cs", page), ("SecondFactor.cs", source("SecondFactor.cs"))];
        let program = sdk.build(directory.path(), "Microsoft.NET.Sdk.Web", "SignInPage", &files);
        for args in [&["init"][..], &["users", "add", "alice", "carol"], &["enable"]] {
            rw2fa(directory.path(), args);
        }
        let bin = directory.path().join("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(programs().join("rw2fa-verify"), bin.join("rw2fa-verify"))
            .unwrap();
        let mut server = Beside::command(&sdk.dotnet);
        server.arg(program).args(["--urls", "http://127.0.0.1:0"]);
        server.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        server.env("HOME", directory.path()).env("RW2FA_STORE", directory.path().join("store"));
        server.stderr(fs::File::create(directory.path().join("errors")).unwrap());
        let mut server = Beside::start(&mut server);
        let mut lines = server.lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.split_once("Now listening on: http://")?.1.trim_end().parse().ok()
        });
        // A full pipe would block the server.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { directory, _server: server, address: address.expect("the address of the server") }
    }

    fn verifier(&self) -> PathBuf {
        self.directory.path().join("bin/rw2fa-verify")
    }

    /// Replaces the verifier with a script.
    fn fake(&self, script: &str) {
        // The file may be a link to the real one, or be running.
        let _ = fs::remove_file(self.verifier());
        write_script(&self.verifier(), script);
    }

    fn errors(&self) -> String {
        fs::read_to_string(self.directory.path().join("errors")).unwrap()
    }

    /// Returns how many grants of a user are live, as the administrator sees them.
    fn grants(&self, user: &str) -> usize {
        let args = ["users", "show", user, "--format", "json"];
        let shown = stdout_of(&run(command("rw2fa", self.directory.path()).args(args), ""));
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        shown["users"][0]["grants"].as_array().unwrap_or_else(|| panic!("{shown}")).len()
    }

    fn guest(&self) -> Guest {
        Guest { server: self.address, cookies: BTreeMap::new(), token: String::new() }
    }
}

/// A visitor with a cookie jar.
#[derive(Clone)]
struct Guest {
    server: SocketAddr,
    cookies: BTreeMap<String, String>,
    /// The token of the last page.
    token: String,
}

impl Guest {
    fn get(&mut self, path: &str) -> Response {
        self.send("GET", path, "")
    }

    /// Sends a form with the token of the last page.
    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let token = self.token.clone();
        let fields = [&[("__RequestVerificationToken", token.as_str())], fields].concat();
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        self.send("POST", path, &fields.join("&"))
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Response {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = vec![("Accept-Language", "en")];
        let cookies = cookies.join("; ");
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        if method == "POST" {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        let response = send(self.server, method, path, &headers, body);
        for (_, cookie) in response.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split_once(';').unwrap().0.split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(token) = between(&response.body, "RequestVerificationToken\" value=\"", "\"") {
            token.clone_into(&mut self.token);
        }
        response
    }

    /// Opens the page and sends the password.
    fn sign_in(&mut self, name: &str, password: &str) -> Response {
        self.get("/sign-in");
        self.post("/sign-in", &[("name", name), ("password", password)])
    }

    fn code(&mut self, code: &str) -> Response {
        self.post("/sign-in", &[("code", code)])
    }

    /// Returns the first page for users who are in, if it opens.
    fn front_page(&self) -> Option<String> {
        let response = self.clone().get("/");
        let is_in = response.status == 200 && response.body.contains("is signed in");
        assert!(is_in || response.header("location").contains("/sign-in"), "{response:?}");
        is_in.then_some(response.body)
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}

/// Returns the secret on a page that shows the QR code.
#[track_caller]
fn secret_on(page: &Response) -> Secret {
    Secret::from_base32(between(&page.body, "<code>", "</code>").expect("a secret"))
}

/// Guards that the page lets in after the password and a code alone, and that it says why a
/// verifier without an answer lets no one in.
#[test]
fn the_sign_in_page_lets_in_on_a_grant_only() {
    let Some(sdk) = Sdk::find() else { return };
    let site = Site::start(&sdk);
    let alice = check_first_sign_in(&site);
    check_sign_out(&site, alice);
    check_forgery(&site);
    check_in_a_browser(&site);
    check_hostile_text(&site);
    check_bad_verifiers(&site);
}

/// Checks each step of a new user. Returns the user's browser, which is in.
fn check_first_sign_in(site: &Site) -> Guest {
    let mut guest = site.guest();
    assert_eq!(guest.front_page(), None, "in at once");
    let wrong = guest.sign_in("alice", "wrong");
    assert!(wrong.body.contains("The name or the password is wrong."), "{wrong:?}");
    assert!(!wrong.body.contains("name=\"code\""), "{wrong:?}");

    let page = guest.sign_in("alice", "right");
    let secret = secret_on(&page);
    // The page encodes the plus signs of base64.
    let body = page.body.replace("&#x2B;", "+");
    let qr = between(&body, "<img src=\"data:image/svg+xml;base64,", "\"").expect("a QR code");
    let qr = BASE64.decode(qr.as_bytes()).unwrap();
    assert!(qr.starts_with(b"<svg"), "{}", String::from_utf8_lossy(&qr));
    assert!(page.header("cache-control").contains("no-store"), "{page:?}");
    assert!(page.header("content-security-policy").contains("default-src 'none'"), "{page:?}");
    let is_password = |value: &str| value.starts_with(".AspNetCore.password=");
    let cookie = page.headers.iter().find(|(_, value)| is_password(value)).unwrap();
    for flag in ["; secure", "; httponly", "; samesite=strict"] {
        assert!(cookie.1.contains(flag), "{flag}: {cookie:?}");
    }
    assert_eq!(guest.front_page(), None, "in after the password alone");
    // The cookie of the first step is not one of the second, whatever its name.
    let mut forged = guest.clone();
    let password = forged.cookies[".AspNetCore.password"].clone();
    forged.cookies.insert(".AspNetCore.entered".to_owned(), password);
    assert_eq!(forged.front_page(), None, "in with the cookie of the password");

    let again = guest.code(" ");
    assert!(again.body.contains("Enter the code."), "{again:?}");
    let wrong = guest.code(&secret.wrong_code(real_now()));
    assert!(wrong.body.contains("The code is wrong"), "{wrong:?}");
    assert!(wrong.body.contains("name=\"code\"") && !wrong.body.contains("<code>"), "{wrong:?}");
    assert_eq!(guest.front_page(), None, "in after a wrong code");
    let right = guest.code(&secret.code(real_now()));
    assert_eq!((right.status, right.header("location")), (302, "/"), "{right:?}");
    let front = guest.front_page().expect("in after the right code");
    assert!(front.contains("alice is signed in"), "{front}");
    assert!(front.contains("Your authenticator app is set up"), "{front}");
    assert!(!guest.cookies.contains_key(".AspNetCore.password"), "{:?}", guest.cookies);

    // A user who is not listed needs the password alone.
    let mut bob = site.guest();
    bob.sign_in("bob", "wrong");
    assert_eq!(bob.front_page(), None);
    bob.sign_in("bob", "right");
    assert!(bob.front_page().unwrap().contains("bob is signed in"));
    guest
}

/// Checks that a sign-out closes the page, and ends the client's grants.
fn check_sign_out(site: &Site, mut guest: Guest) {
    assert_eq!(site.grants("alice"), 1);
    guest.get("/");
    guest.post("/sign-out", &[]);
    assert_eq!(guest.front_page(), None, "in after the sign-out");
    assert_eq!(site.grants("alice"), 0);
}

/// Checks requests that do not come from a form of the page.
fn check_forgery(site: &Site) {
    // Another site's form brings neither token nor cookie.
    let mut victim = site.guest();
    let fields = "name=bob&password=right";
    let forged = victim.send("POST", "/sign-in", fields);
    assert!(forged.body.contains("This page was out of date."), "{forged:?}");
    assert_eq!(victim.front_page(), None, "in by another site's form");
    // A code without the password before it.
    victim.get("/sign-in");
    let early = victim.code("123456");
    assert!(early.body.contains("Sign in again."), "{early:?}");
    assert!(early.body.contains("name=\"password\""), "{early:?}");
    victim.cookies.insert(".AspNetCore.entered".to_owned(), "x".repeat(200));
    assert_eq!(victim.front_page(), None, "in with an invented cookie");
    // A sign-out needs the token, too.
    let mut bob = site.guest();
    bob.sign_in("bob", "right");
    bob.send("POST", "/sign-out", "");
    assert!(bob.front_page().is_some(), "signed out by another site's form");
}

/// Checks that a camera can read the QR code, and that a browser obeys all of the page's rules.
fn check_in_a_browser(site: &Site) {
    if !has("chromium", "install chromium") || !has("chromedriver", "install chromium-driver") {
        return;
    }
    let browser = Browser::new();
    browser.goto(&format!("http://localhost:{}/", site.address.port()));
    assert!(browser.path().starts_with("/sign-in?"), "{}", browser.path());
    browser.find("[name=name]").fill("carol");
    browser.find("[name=password]").fill("right");
    browser.find("button").follow();
    let uri = scan(&browser.screenshot());
    let secret = browser.find("code").text();
    assert!(uri.contains(&format!("secret={secret}")), "{uri} and {secret}");
    let code = Secret::from_base32(&secret).code(real_now());
    browser.follow_keys(&format!("{code}\u{e007}"));
    assert_eq!(browser.path(), "/");
    assert!(browser.text().contains("carol is signed in."), "{}", browser.text());
    browser.find("button").follow();
    assert_eq!(browser.path(), "/sign-in");
}

/// Checks that text from outside stays text.
fn check_hostile_text(site: &Site) {
    let script = "<script>alert(1)</script>";
    let name = site.guest().sign_in(&format!("x{script}\" '&"), "right");
    assert!(!name.body.contains(script), "{name:?}");
    site.fake(&format!(
        "cat <<'E'\n{{\"schema\":1,\"outcome\":\"challenge\",\"reason\":\"{script}\",\
         \"message\":\"{script}\",\"enrolment\":{{\"qr\":\"{script}\",\"secret\":\"{script}\"}}}}\nE\nexit 3"
    ));
    let page = site.guest().sign_in("alice", "right");
    assert!(page.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page:?}");
    assert!(!page.body.contains("<script"), "{page:?}");
}

/// Checks verifiers that hang, end early, print garbage or are missing.
fn check_bad_verifiers(site: &Site) {
    let grant = r#"{"schema":1,"user":"alice","outcome":"grant","reason":"fake","message":"m"}"#;
    // A grant from the same script lets in: the refusals below are not those of a broken test.
    site.fake(&format!("echo '{grant}'"));
    let mut guest = site.guest();
    guest.sign_in("alice", "right");
    assert!(guest.front_page().is_some(), "{}", site.errors());

    let started = site.directory.path().join("started");
    site.fake(&format!("echo '{grant}'\n: >'{}'\nexec sleep 60", started.display()));
    let mut hung = site.guest();
    let hanging = std::thread::spawn(move || {
        let begun = Instant::now();
        let page = hung.sign_in("alice", "right");
        (hung, page, begun.elapsed())
    });
    wait_for(&started);
    for (script, reason) in [
        ("exit 0".to_owned(), "bad-answer"),
        ("exit 1".to_owned(), "bad-answer"),
        (format!("printf '%s' '{}'", &grant[..60]), "bad-answer"),
        ("head -c 3000000 /dev/urandom".to_owned(), "bad-answer"),
        (format!("echo '{grant}'; echo garbage"), "bad-answer"),
        (format!("echo '{grant}'; exit 1"), "bad-answer"),
        (format!("echo '{grant}'; exit 2"), "wrong-call"),
        (format!("echo '{grant}'; kill -9 $$"), "killed"),
    ] {
        site.fake(&script);
        expect_refusal(site, &script, reason);
    }
    fs::remove_file(site.verifier()).unwrap();
    expect_refusal(site, "missing", "not-started");
    assert!(site.errors().contains("rw2fa-verify: not-started: "), "{}", site.errors());

    let (hung, page, elapsed) = hanging.join().unwrap();
    assert!(page.body.contains("Reason: time-limit"), "{page:?}");
    assert_eq!(hung.front_page(), None, "in by a verifier that hangs");
    assert!(elapsed < Duration::from_secs(50), "{elapsed:?}");
}

/// Checks that neither the password nor a code lets in, and that the page says why.
#[track_caller]
fn expect_refusal(site: &Site, case: &str, reason: &str) {
    let mut guest = site.guest();
    let first = guest.sign_in("alice", "right");
    guest.get("/sign-in");
    let second = guest.code("123456");
    for page in [first, second] {
        assert!(page.body.contains(&format!("Reason: {reason}<")), "{case}: {page:?}");
        assert!(page.body.contains("Tell your administrator."), "{case}: {page:?}");
    }
    assert_eq!(guest.front_page(), None, "{case}");
}

fn wait_for(path: &Path) {
    let end = Instant::now() + Duration::from_secs(60);
    while !path.exists() {
        assert!(Instant::now() < end, "{} did not appear", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}
