//! An SMS gateway on loopback: speaks Twilio's API, and keeps the messages.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::stage::Stage;

/// The gateway. It ends with the tests.
pub(crate) struct Gateway {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    messages: Vec<Message>,
    is_refusing: bool,
}

/// A message that was sent.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) to: String,
    pub(crate) body: String,
}

impl Gateway {
    /// Starts a gateway and configures the store to use it.
    pub(crate) fn of(stage: &Stage) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gateway = Self { address: listener.local_addr().unwrap(), kept: Arc::default() };
        let kept = Arc::clone(&gateway.kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up does not affect the next one.
                let _ = answer(stream, &kept);
            }
        });
        let base = format!("http://{}", gateway.address);
        let sid = format!("AC{}", "0".repeat(32));
        let args = ["sms", "configure", "--account-sid", &sid, "--from", "+33612345679"];
        let more = ["--auth-token-stdin", "--api-base", &base];
        stage.admin_with_stdin(&[&args[..], &more].concat(), "0123456789abcdef0123456789abcdef\n");
        gateway
    }

    /// Refuses every message from now on, or accepts every message.
    pub(crate) fn refuse(&self, is_refusing: bool) {
        self.kept.lock().unwrap().is_refusing = is_refusing;
    }

    /// Returns every message so far.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.kept.lock().unwrap().messages.clone()
    }

    /// Returns the code in the last message.
    pub(crate) fn code(&self) -> String {
        let body = self.messages().pop().expect("a message").body;
        body.rsplit(' ').next().expect("a code").to_owned()
    }
}

fn answer(stream: TcpStream, kept: &Mutex<Kept>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(found) = line.to_lowercase().strip_prefix("content-length:") {
            length = found.trim().parse().unwrap_or(0);
        }
    }
    let mut form = vec![0; length];
    reader.read_exact(&mut form)?;
    let form = String::from_utf8_lossy(&form).into_owned();
    let field = |name: &str| {
        let found = form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let text = found.unwrap_or_default().replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let mut kept = kept.lock().unwrap();
    let (status, body) = if kept.is_refusing {
        ("400 Bad Request", r#"{"code":21608,"message":"unverified","status":400}"#)
    } else {
        kept.messages.push(Message { to: field("To"), body: field("Body") });
        ("201 Created", r#"{"sid":"SM00000000000000000000000000000000","status":"queued"}"#)
    };
    write!(
        reader.into_inner(),
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
