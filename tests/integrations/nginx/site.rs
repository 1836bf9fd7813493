//! A site for the tests: nginx, the portal with its store, the application, and a browser.

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
pub(super) const ORIGIN: &str = "https://portal.example";
/// The password of alice in accounts.toml.
pub(super) const PASSWORD: &str = "correct horse 1";

/// A response.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Response {
    pub(super) fn header(&self, name: &str) -> &str {
        let find = |line: &'_ str| {
            let (found, _) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(())
        };
        let line = self.head.lines().find(|line| find(line).is_some());
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    }

    pub(super) fn location(&self) -> (u16, &str) {
        (self.status, self.header("location"))
    }
}

/// Sends these bytes and reads until the server closes.
pub(super) fn exchange(server: SocketAddr, request: &str) -> Response {
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
pub(super) struct Application {
    pub(super) address: SocketAddr,
    pub(super) seen: Arc<Mutex<Vec<String>>>,
}

impl Application {
    pub(super) fn start() -> Self {
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
    pub(super) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// The whole site: nginx, the portal with its store, and the application.
pub(super) struct Site {
    pub(super) sandbox: Sandbox,
    pub(super) application: Application,
    pub(super) portal: Option<Beside>,
    pub(super) _nginx: Beside,
    pub(super) address: SocketAddr,
}

/// Returns an address that was free a moment ago, and is used right away.
pub(super) fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub(super) fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path)
}

/// Returns the built example of the portal. Cargo builds it for `cargo test` without a filter of targets.
pub(super) fn portal_program() -> PathBuf {
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
    pub(super) fn start() -> Option<Self> {
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
    pub(super) fn send(&self, line: &str, headers: &str, body: &str) -> Response {
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

    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.sandbox.beside("portal.log")).unwrap()
    }
}

/// Starts nginx with the example, unchanged, in a minimal configuration around it.
pub(super) fn nginx(
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
pub(super) struct Browser<'a> {
    pub(super) site: &'a Site,
    pub(super) cookie: String,
    pub(super) token: String,
    pub(super) secret: Option<Secret>,
    pub(super) steps: i64,
}

/// Returns the text between `before` and the next quotation mark.
pub(super) fn field(body: &str, before: &str) -> Option<String> {
    body.split_once(before)?.1.split('"').next().map(str::to_owned)
}

impl<'a> Browser<'a> {
    pub(super) fn new(site: &'a Site) -> Self {
        Self { site, cookie: String::new(), token: String::new(), secret: None, steps: 0 }
    }

    pub(super) fn headers(&self) -> String {
        if self.cookie.is_empty() { String::new() } else { format!("Cookie: {}\r\n", self.cookie) }
    }

    pub(super) fn get(&mut self, path: &str) -> Response {
        let response = self.site.send(&format!("GET {path} HTTP/1.1"), &self.headers(), "");
        self.remember(response)
    }

    pub(super) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
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

    pub(super) fn remember(&mut self, response: Response) -> Response {
        if let Some((cookie, _)) = response.header("set-cookie").split_once(';') {
            cookie.clone_into(&mut self.cookie);
        }
        if let Some(token) = field(&response.body, "name=\"token\" value=\"") {
            self.token = token;
        }
        response
    }

    /// Types the password into the page at `path`; returns where the site leads then.
    pub(super) fn type_password(&mut self, path: &str) -> String {
        let page = self.get(path);
        let next = field(&page.body, "name=\"next\" value=\"").unwrap_or_default();
        let next = next.replace("&amp;", "&");
        let fields = [("name", "alice"), ("password", PASSWORD), ("next", &next)];
        let response = self.post("/sign-in", &fields);
        assert_eq!(response.status, 303, "{response:?}");
        response.header("location").to_owned()
    }

    /// Types the next code; returns where the site leads then.
    pub(super) fn type_code(&mut self) -> String {
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
    pub(super) fn sign_in(&mut self, path: &str) -> String {
        assert_eq!(self.type_password(path), "/code");
        self.type_code()
    }
}
