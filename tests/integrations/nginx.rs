//! nginx in front of an application, with the example portal as the sign-in page: `examples/nginx/rw2fa.conf`, as it is.
//!
//! The application must never be reached without a sign-in. It records each request that it gets.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::beside::Beside;
use crate::sandbox::{Sandbox, Secret, has, real_now, write_script};

/// How browsers reach the site.
const ORIGIN: &str = "https://portal.example";
/// The password of alice in accounts.toml.
const PASSWORD: &str = "correct horse 1";
/// How long the portal may use an answer of the verifier again, and a second more.
const STALE: Duration = Duration::from_secs(6);

/// A response.
#[derive(Debug)]
struct Response {
    status: u16,
    head: String,
    body: String,
}

impl Response {
    fn header(&self, name: &str) -> &str {
        let find = |line: &'_ str| {
            let (found, _) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(())
        };
        let line = self.head.lines().find(|line| find(line).is_some());
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    }

    fn location(&self) -> (u16, &str) {
        (self.status, self.header("location"))
    }
}

/// Sends these bytes and reads until the server closes.
fn exchange(server: SocketAddr, request: &str) -> Response {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    let text = text.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&text);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Response { status, head: head.to_owned(), body: body.to_owned() }
}

/// The application: answers each request with its head, and remembers it.
struct Application {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Application {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let all = Arc::clone(&seen);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let lines = BufReader::new(&stream).lines().map_while(Result::ok);
                let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
                let head = head.join("\n");
                all.lock().unwrap().push(head.clone());
                let answer = if head.contains("/app/own-401") {
                    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\nConnection: close\r\n\r\nown"
                        .into()
                } else if head.to_lowercase().contains("\nupgrade: websocket") {
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello".into()
                } else {
                    format!(
                        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{head}",
                        head.len()
                    )
                };
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { address, seen }
    }

    /// Returns the requests since the last call.
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// The whole site: nginx, the portal with its store, and the application.
struct Site {
    sandbox: Sandbox,
    application: Application,
    portal: Option<Beside>,
    _nginx: Beside,
    address: SocketAddr,
}

/// Returns an address that was free a moment ago, and is used right away.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path)
}

/// Returns the built example of the portal. Cargo builds it for `cargo test` without a filter of targets.
fn portal_program() -> PathBuf {
    let programs = Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--offline", "--example", "portal"]);
    cargo.arg("--target-dir").arg(programs.parent().unwrap());
    if programs.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "the portal example does not build");
    programs.join("examples/portal")
}

impl Site {
    /// Starts everything; `None` if nginx is not installed. The verifier can be stopped with the file `broken`.
    fn start() -> Option<Self> {
        if !has("/usr/sbin/nginx", "apt-get install nginx-light") {
            return None;
        }
        let sandbox = Sandbox::with_users(&["alice"]);
        sandbox.at_real_time();
        let verifier = sandbox.beside("verifier");
        let (broken, real) = (sandbox.beside("broken"), env!("CARGO_BIN_EXE_rw2fa-verify"));
        let script = format!("[ ! -e '{}' ] || exit 9\nexec '{real}' \"$@\"", broken.display());
        write_script(&verifier, &script);
        let portal_address = free();
        let mut portal = Beside::command(portal_program());
        portal.args(["--origin", ORIGIN, "--listen", &portal_address.to_string(), "--accounts"]);
        portal.arg(example("portal/accounts.toml")).arg("--store").arg(sandbox.path());
        portal.arg("--verifier").arg(&verifier);
        let log = fs::File::create(sandbox.beside("portal.log")).unwrap();
        let mut portal = Beside::start(portal.stderr(log));
        let listens = portal.lines().map_while(Result::ok).any(|line| line.contains("listens on"));
        assert!(listens, "{}", fs::read_to_string(sandbox.beside("portal.log")).unwrap());
        let (application, address) = (Application::start(), free());
        let nginx = nginx(&sandbox, address, portal_address, application.address);
        Some(Self { sandbox, application, portal: Some(portal), _nginx: nginx, address })
    }

    /// Sends a request with these header lines.
    fn send(&self, line: &str, headers: &str, body: &str) -> Response {
        let length = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        let request = format!(
            "{line}\r\nHost: portal.example\r\nConnection: close\r\n{headers}{length}\r\n{body}"
        );
        exchange(self.address, &request)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.sandbox.beside("portal.log")).unwrap()
    }
}

/// Starts nginx with the example, unchanged, in a minimal configuration around it.
fn nginx(
    sandbox: &Sandbox,
    address: SocketAddr,
    portal: SocketAddr,
    application: SocketAddr,
) -> Beside {
    let place = sandbox.beside("nginx");
    fs::create_dir(&place).unwrap();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("    {name}_temp_path {}/{name};\n", place.display()));
    let text = format!(
        "daemon off;\nmaster_process off;\npid {0}/pid;\nerror_log {0}/error.log;\nevents {{}}\nhttp {{\n{1}\
         \x20   access_log off;\n    upstream rw2fa_portal {{ server {portal}; }}\n\
         \x20   upstream rw2fa_app {{ server {application}; }}\n    server {{\n        listen {address};\n\
         \x20       server_name portal.example;\n        include {2};\n    }}\n}}\n",
        place.display(),
        temporary.concat(),
        example("nginx/rw2fa.conf").display(),
    );
    let file = place.join("nginx.conf");
    fs::write(&file, text).unwrap();
    let mut command = Beside::command("/usr/sbin/nginx");
    command.arg("-c").arg(&file).arg("-p").arg(&place).arg("-e").arg(place.join("error.log"));
    let nginx = Beside::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    let end = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(address).is_err() {
        let log = fs::read_to_string(place.join("error.log")).unwrap_or_default();
        assert!(Instant::now() < end, "nginx does not listen: {log}");
        std::thread::sleep(Duration::from_millis(50));
    }
    nginx
}

/// A browser: one cookie, the token of the last page, and a phone.
struct Browser<'a> {
    site: &'a Site,
    cookie: String,
    token: String,
    secret: Option<Secret>,
    steps: i64,
}

/// Returns the text between `before` and the next quotation mark.
fn field(body: &str, before: &str) -> Option<String> {
    body.split_once(before)?.1.split('"').next().map(str::to_owned)
}

impl<'a> Browser<'a> {
    fn new(site: &'a Site) -> Self {
        Self { site, cookie: String::new(), token: String::new(), secret: None, steps: 0 }
    }

    fn headers(&self) -> String {
        if self.cookie.is_empty() { String::new() } else { format!("Cookie: {}\r\n", self.cookie) }
    }

    fn get(&mut self, path: &str) -> Response {
        let response = self.site.send(&format!("GET {path} HTTP/1.1"), &self.headers(), "");
        self.remember(response)
    }

    fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let token = self.token.clone();
        let fields = [&[("token", token.as_str())], fields].concat();
        let body: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let headers = format!(
            "{}Origin: {ORIGIN}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
            self.headers()
        );
        let line = format!("POST {path} HTTP/1.1");
        let response = self.site.send(&line, &headers, &body.join("&"));
        self.remember(response)
    }

    fn remember(&mut self, response: Response) -> Response {
        if let Some((cookie, _)) = response.header("set-cookie").split_once(';') {
            cookie.clone_into(&mut self.cookie);
        }
        if let Some(token) = field(&response.body, "name=\"token\" value=\"") {
            self.token = token;
        }
        response
    }

    /// Types the password into the page at `path`; returns where the site leads then.
    fn type_password(&mut self, path: &str) -> String {
        let page = self.get(path);
        let next = field(&page.body, "name=\"next\" value=\"").unwrap_or_default();
        let next = next.replace("&amp;", "&");
        let fields = [("name", "alice"), ("password", PASSWORD), ("next", &next)];
        let response = self.post("/sign-in", &fields);
        assert_eq!(response.status, 303, "{response:?}");
        response.header("location").to_owned()
    }

    /// Types the next code; returns where the site leads then.
    fn type_code(&mut self) -> String {
        let page = self.get("/code");
        if let Some(uri) = field(&page.body, "href=\"otpauth://") {
            let secret = uri.split_once("secret=").unwrap().1.split('&').next().unwrap();
            self.secret = Some(Secret::from_base32(secret));
        }
        let secret = self.secret.as_ref().expect("an enrolled user");
        // Each code is accepted once, so each login takes a later one than the last.
        let code = secret.code(real_now() + 60 * self.steps);
        self.steps += 1;
        let response = self.post("/code", &[("code", &code)]);
        assert_eq!(response.status, 303, "{response:?}");
        response.header("location").to_owned()
    }

    /// Signs in with password and code.
    fn sign_in(&mut self, path: &str) -> String {
        assert_eq!(self.type_password(path), "/code");
        self.type_code()
    }
}

/// Guards the whole way: the application is reached after password and code only, at the address that the user
/// wanted, with the user's name; and no longer after the sign-out.
#[test]
fn the_application_is_reached_after_a_sign_in_only() {
    let Some(site) = Site::start() else { return };
    let mut browser = Browser::new(&site);
    let wanted = "/app/report?a=1&b=%2f..%2f";
    let sent = browser.get(wanted);
    assert_eq!(sent.location(), (302, "/?return=/app/report?a=1&b=%2f..%2f"));
    assert_eq!(browser.type_password("/?return=/app/report?a=1&b=%2f..%2f"), "/code");
    assert_eq!(browser.get(wanted).status, 302, "the password is not enough");
    assert_eq!(site.application.seen(), [""; 0]);
    assert_eq!(browser.type_code(), wanted, "{}", site.log());

    let cookie = browser.cookie.clone();
    browser.cookie = format!("theme=dark; {cookie}; lang=de");
    let page = browser.get(wanted);
    assert_eq!(page.status, 200, "{page:?}\n{}", site.log());
    let seen = site.application.seen();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].starts_with(&format!("GET {wanted} HTTP/1.1\n")), "{seen:?}");
    assert!(seen[0].contains("\nX-Remote-User: alice"), "{seen:?}");
    assert!(seen[0].contains("\nCookie: theme=dark; lang=de"), "{seen:?}");
    let value = cookie.split_once('=').unwrap().1;
    assert!(!seen[0].contains(value), "the application gets the portal's cookie: {seen:?}");
    browser.cookie = cookie;
    assert_eq!(browser.get("/app/own-401").status, 401, "the application's own answer");
    // A second page of someone who is signed in leads there at once, if it is of this site.
    assert_eq!(browser.get("/?return=/app/x").location(), (303, "/app/x"));
    for elsewhere in ["//evil.example/", "/\\evil.example", "https://evil.example/", "/%09/../"] {
        let response = browser.get(&format!("/?return={elsewhere}"));
        let (status, location) = response.location();
        let is_here = location == "/desktop" || location == "/%09/../";
        assert!(status == 303 && is_here, "{elsewhere}: {response:?}");
    }
    assert_eq!(browser.get("/auth").status, 404, "the answer is for nginx only");
    assert_eq!(browser.get("/rw2fa-auth").status, 404);

    site.application.seen();
    browser.get("/desktop");
    let signed_in = browser.cookie.clone();
    assert_eq!(browser.post("/sign-out", &[]).location(), (303, "/?notice=signed-out"));
    browser.cookie = signed_in;
    assert_eq!(browser.get(wanted).status, 302, "signed out");
    assert_eq!(site.application.seen(), [""; 0]);
}

/// Guards the end of a grant: the application closes, and one code, not the password, opens it again.
#[test]
fn an_ended_grant_needs_a_code() {
    let Some(site) = Site::start() else { return };
    let mut browser = Browser::new(&site);
    assert_eq!(browser.sign_in("/?return=/app/"), "/app/");
    assert_eq!(browser.get("/app/").status, 200, "{}", site.log());
    let show = || site.sandbox.real().admin(&["users", "show", "alice", "--format", "json"]).json();
    assert!(show()["users"][0]["grants"][0]["first_session"].is_string(), "the session is open");
    let revoked = site.sandbox.real().admin(&["users", "revoke", "alice"]);
    assert_eq!(revoked.code, 0, "{revoked:?}");
    std::thread::sleep(STALE);
    site.application.seen();
    assert_eq!(browser.get("/app/page").location(), (302, "/?return=/app/page"));
    assert_eq!(browser.get("/app/page").status, 302);
    assert_eq!(browser.get("/?return=/app/page").location(), (303, "/code"));
    assert_eq!(site.application.seen(), [""; 0]);
    assert_eq!(browser.type_code(), "/app/page", "{}", site.log());
    assert_eq!(browser.get("/app/page").status, 200, "{}", site.log());
    assert_eq!(site.application.seen().len(), 1);
}

/// Guards failures: without an answer of the verifier or the portal, nothing passes.
#[test]
fn nothing_passes_when_something_is_down() {
    let Some(mut site) = Site::start() else { return };
    let mut browser = Browser::new(&site);
    assert_eq!(browser.sign_in("/?return=/app/"), "/app/");
    assert_eq!(browser.get("/app/").status, 200, "{}", site.log());
    let cookie = browser.cookie.clone();
    site.application.seen();
    fs::write(site.sandbox.beside("broken"), "").unwrap();
    std::thread::sleep(STALE);
    assert_eq!(browser.get("/app/").status, 500, "the verifier is down: {}", site.log());
    fs::remove_file(site.sandbox.beside("broken")).unwrap();
    assert_eq!(browser.get("/app/").status, 200, "and up again");
    site.application.seen();
    site.portal.take().unwrap().end();
    let down = site.send("GET /app/ HTTP/1.1", &format!("Cookie: {cookie}\r\n"), "");
    assert_eq!(down.status, 500, "{down:?}");
    assert_eq!(site.application.seen(), [""; 0]);
}

/// Guards hostile requests, with and without a sign-in: none reaches the application without one, and the user's name
/// cannot be forged.
#[test]
fn hostile_requests_do_not_pass() {
    let Some(site) = Site::start() else { return };
    let forged = "X-Remote-User: admin\r\nX_Remote_User: admin\r\nx-remote-user: root\r\n\
                  X-Portal-User: admin\r\nX-Original-URI: /\r\nX-Original-URL: /style.css\r\n\
                  X-Rewrite-URL: /style.css\r\nX-Forwarded-Uri: /\r\nX-Original-Method: OPTIONS\r\n\
                  X-HTTP-Method-Override: OPTIONS\r\nIf-None-Match: *\r\n\
                  If-Modified-Since: Sat, 28 Nov 2099 00:00:00 GMT\r\nRange: bytes=0-0\r\n\
                  X-Accel-Redirect: /app/\r\nAuthorization: Basic YWxpY2U6eA==\r\nExpect: 100-continue\r\n";
    let websocket = "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let planted = format!("Cookie: __Host-portal={}\r\n", "A".repeat(43));
    let lines = [
        "GET /app/ HTTP/1.1",
        "GET /app/ HTTP/1.0",
        "HEAD /app/ HTTP/1.1",
        "OPTIONS /app/ HTTP/1.1",
        "POST /app/ HTTP/1.1",
        "PROPFIND /app/ HTTP/1.1",
        "GET //app/ HTTP/1.1",
        "GET /app//x HTTP/1.1",
        "GET /app%2fx HTTP/1.1",
        "GET /%61pp/ HTTP/1.1",
        "GET /./app/ HTTP/1.1",
        "GET /style.css/../app/ HTTP/1.1",
        "GET /style.css/%2e%2e/app/ HTTP/1.1",
        "GET /style.css/..%2fapp/ HTTP/1.1",
        "GET /app/../app/ HTTP/1.1",
        "GET /app/..;/app/ HTTP/1.1",
        "GET /app/?x=/style.css HTTP/1.1",
        "GET /app/%00 HTTP/1.1",
        "GET /app/%0d%0aX: y HTTP/1.1",
        "GET /APP/ HTTP/1.1",
        "GET http://portal.example/app/ HTTP/1.1",
        "GET http://evil.example/app/ HTTP/1.1",
        "GET /rw2fa-auth HTTP/1.1",
        "GET /@rw2fa_sign_in HTTP/1.1",
    ];
    for line in lines {
        for headers in ["", forged, websocket, &planted] {
            let response = site.send(line, headers, "");
            assert!(!(200..300).contains(&response.status), "{line} {headers}: {response:?}");
            assert_ne!(response.status, 101, "{line} {headers}");
            let location = response.header("location");
            assert!(location.is_empty() || location.starts_with("/?return="), "{line}: {location}");
        }
    }
    // Two requests in one connection, the second one inside the body of the first.
    let smuggled = "GET /app/ HTTP/1.1\r\nHost: x\r\n\r\n";
    for framing in ["Transfer-Encoding: chunked\r\n", "Transfer-Encoding: xchunked\r\n"] {
        let request = format!(
            "POST /style.css HTTP/1.1\r\nHost: portal.example\r\n{framing}Content-Length: 5\r\n\r\n0\r\n\r\n{smuggled}"
        );
        let response = exchange(site.address, &request);
        assert!(!response.body.contains("X-Remote-User"), "{response:?}");
    }
    let no_host = exchange(site.address, "GET /app/ HTTP/1.0\r\n\r\n");
    assert_eq!(no_host.location(), (302, "/?return=/app/"));
    let evil = exchange(
        site.address,
        "GET /app/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(evil.location(), (302, "/?return=/app/"), "the host is not in the address");
    assert_eq!(site.application.seen(), [""; 0], "reached without a sign-in");

    let mut browser = Browser::new(&site);
    // The address to return to is checked, not believed.
    assert_eq!(browser.sign_in("/?return=//evil.example/"), "/desktop");
    let cookie = browser.headers();
    for headers in [forged, websocket] {
        let response = site.send("GET /app/x HTTP/1.1", &format!("{cookie}{headers}"), "");
        assert!(matches!(response.status, 200 | 101), "{response:?}\n{}", site.log());
        let seen = site.application.seen();
        let head = seen.concat().to_lowercase().replace('_', "-");
        let names: Vec<_> = head.lines().filter(|line| line.starts_with("x-remote-user")).collect();
        assert_eq!(names, ["x-remote-user: alice"], "{seen:?}");
        assert_eq!(head.contains("upgrade: websocket"), headers == websocket, "{seen:?}");
    }
    let old = site.send("GET /app/x HTTP/1.0", &cookie, "");
    assert_eq!(old.status, 200, "{old:?}");
}

/// Guards the page and the site's example: what they name exists, and nginx accepts it.
#[test]
fn the_example_of_a_site_is_accepted() {
    if !has("/usr/sbin/nginx", "apt-get install nginx-light")
        || !has("openssl", "apt-get install openssl")
    {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path();
    let (key, certificate) = (place.join("key.pem"), place.join("fullchain.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-subj", "/CN=portal.example", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let site = fs::read_to_string(example("nginx/site.conf")).unwrap();
    let configuration = example("nginx/rw2fa.conf").display().to_string();
    let site = site
        .replace("/etc/ssl/portal.example", &place.display().to_string())
        .replace("/etc/nginx/rw2fa.conf", &configuration)
        .replace("listen 80;", "listen 127.0.0.1:8088;")
        .replace("listen 443 ", "listen 127.0.0.1:8448 ");
    let text = format!(
        "pid {0}/pid;\nerror_log {0}/log;\nevents {{}}\nhttp {{\naccess_log off;\n{site}\n}}\n",
        place.display()
    );
    fs::write(place.join("nginx.conf"), text).unwrap();
    let mut command = Command::new("/usr/sbin/nginx");
    command.arg("-t").arg("-p").arg(place).arg("-e").arg(place.join("log"));
    let output = command.arg("-c").arg(place.join("nginx.conf")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}
