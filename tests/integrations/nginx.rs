//! nginx in front of an application, with the example portal as the sign-in page: `examples/nginx/rw2fa.conf`, as it is.
//!
//! The application must never be reached without a sign-in. It records each request that it gets.

mod site;

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::sandbox::has;
use site::{Browser, Site, example, exchange};

/// How long the portal may use an answer of the verifier again, and a second more.
const STALE: Duration = Duration::from_secs(6);

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
    // Nor any of several cookies of its name, which a browser may send.
    for others in [
        format!("portal={value}; theme=dark"),
        format!("theme=dark; __Host-portal={value}; portal={value}"),
        format!("portal={value};portal={value}; portal={value}; portal={value}"),
    ] {
        browser.cookie = format!("{cookie}; {others}");
        browser.get(wanted);
        let seen = site.application.seen();
        assert!(!seen.concat().contains(value), "{others}: {seen:?}");
    }
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
