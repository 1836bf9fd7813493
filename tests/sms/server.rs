//! A gateway on this machine that speaks HTTP, records its requests, and answers as configured.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How the gateway answers.
#[derive(Clone)]
pub(crate) enum Answer {
    /// With this status and body.
    Say(u16, String),
    /// No answer until the gateway ends.
    Hang,
    /// Closes the connection.
    Cut,
    /// The beginning of an answer, and then nothing more.
    Stall,
    /// This many bytes.
    Flood(usize),
}

/// A recorded request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// User and password of HTTP basic authentication.
    pub(crate) basic: Option<(String, String)>,
    pub(crate) content_type: String,
    /// The fields of the form, in order.
    pub(crate) form: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// A stream of bytes, plain or inside TLS.
pub(crate) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

type Wrap = dyn Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync;

struct Shared {
    answers: Box<dyn Fn(&Request) -> Answer + Send + Sync>,
    requests: Mutex<Vec<Request>>,
    connections: Mutex<usize>,
    wrap: Box<Wrap>,
    is_over: AtomicBool,
}

/// The gateway; it ends when this value is dropped.
pub(crate) struct Server {
    shared: Arc<Shared>,
    port: u16,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a gateway with the same answer to everything.
    pub(crate) fn saying(answer: Answer) -> Self {
        Self::start(move |_| answer.clone(), |stream| Some(Box::new(stream)))
    }

    /// Starts a gateway whose answers depend on the request, on wrapped streams.
    pub(crate) fn start(
        answers: impl Fn(&Request) -> Answer + Send + Sync + 'static,
        wrap: impl Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            answers: Box::new(answers),
            requests: Mutex::default(),
            connections: Mutex::default(),
            wrap: Box::new(wrap),
            is_over: AtomicBool::new(false),
        });
        let inside = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let mut served = Vec::new();
            for stream in listener.incoming() {
                if inside.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                *inside.connections.lock().unwrap() += 1;
                let inside = Arc::clone(&inside);
                served.push(std::thread::spawn(move || serve(&inside, stream)));
            }
            for thread in served {
                let _ = thread.join();
            }
        });
        Self { shared, port, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// Returns how many connections were made.
    pub(crate) fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(shared: &Shared, stream: TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    let Some(mut stream) = (shared.wrap)(stream) else { return };
    let Some(request) = read_request(&mut *stream) else { return };
    let answer = (shared.answers)(&request);
    shared.requests.lock().unwrap().push(request);
    let head = |status: u16, length: usize| {
        format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n"
        )
    };
    match answer {
        Answer::Say(status, body) => {
            let _ = stream.write_all(format!("{}{body}", head(status, body.len())).as_bytes());
        }
        Answer::Cut => {}
        Answer::Hang => wait(shared),
        Answer::Stall => {
            let _ = stream.write_all(format!("{}{{\"sid\":", head(201, 1000)).as_bytes());
            let _ = stream.flush();
            wait(shared);
        }
        Answer::Flood(length) => {
            let _ = stream.write_all(head(201, length).as_bytes());
            let chunk = vec![b'1'; 65536];
            let mut left = length;
            while left > 0 && !shared.is_over.load(Ordering::SeqCst) {
                let part = left.min(chunk.len());
                if stream.write_all(&chunk[..part]).is_err() {
                    return;
                }
                left -= part;
            }
        }
    }
    let _ = stream.flush();
}

fn wait(shared: &Shared) {
    for _ in 0..600 {
        if shared.is_over.load(Ordering::SeqCst) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn read_request(stream: &mut dyn Stream) -> Option<Request> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 64 * 1024 || stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let basic = header("authorization").and_then(|value| {
        let encoded = value.strip_prefix("Basic ")?.to_owned();
        let plain = data_encoding::BASE64.decode(encoded.as_bytes()).ok()?;
        let plain = String::from_utf8(plain).ok()?;
        plain.split_once(':').map(|(user, word)| (user.to_owned(), word.to_owned()))
    });
    let mut words = head.split(' ');
    Some(Request {
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        basic,
        content_type: header("content-type").unwrap_or_default(),
        form: form(&String::from_utf8(body).ok()?),
    })
}

/// Parses the fields of `application/x-www-form-urlencoded`.
fn form(body: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8().unwrap().into_owned()
    };
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}
