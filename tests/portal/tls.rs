//! Behind a TLS proxy, in the browser: the cookie that requires TLS.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::beside::Beside;
use crate::browser::Browser;
use crate::has_tools;
use crate::stage::Stage;

/// A whole sign-in over TLS. The browser accepts the `__Host-` cookie and sends it.
#[test]
fn the_cookie_is_bound_to_the_host() {
    if !has_tools() {
        return;
    }
    // Free a moment ago, and used again right away.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let origin = format!("https://127.0.0.1:{port}");
    let stage = Stage::with(&["alice"], &["--origin", &origin]);
    let (key, certificate) = (stage.beside("key.pem"), stage.beside("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-subj", "/CN=127.0.0.1", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let listen = format!(
        "OPENSSL-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,verify=0,key={},cert={}",
        key.display(),
        certificate.display()
    );
    let mut socat = Beside::command("socat");
    socat.arg(&listen).arg(format!("TCP:{}", stage.address)).stderr(Stdio::null());
    let _proxy = Beside::start(&mut socat);
    let end = Instant::now() + Duration::from_secs(20);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "no proxy");
        std::thread::sleep(Duration::from_millis(50));
    }

    let stage = stage.at(&origin);
    let browser = Browser::new();
    stage.enrol_alice(&browser);
    let cookies = browser.cookies();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert_eq!(cookies[0]["name"], "__Host-portal");
    assert_eq!(cookies[0]["httpOnly"], true);
    assert_eq!(cookies[0]["secure"], true);
    assert_eq!(cookies[0]["sameSite"], "Lax");
    assert_eq!(cookies[0]["path"], "/");
    assert_eq!(browser.run("return document.cookie"), "", "a script can read the cookie");
    browser.find("[aria-label='Open Windows desktop']").follow();
    assert_eq!(browser.path(), "/session/desktop");
    browser.find(".account button").follow();
    assert_eq!(browser.path(), "/?notice=signed-out");
}
