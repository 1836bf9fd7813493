//! A request as one line of JSON: what `--request-stdin` reads, and what is forwarded to the socket.
//!
//! The fields have the names of the options. A request is read by turning it into a command line, so both mean the same.

use std::ffi::{OsStr, OsString};

use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::verify::arguments::{self, AnswerFormat, Cli, Rejected, VerifyArgs};
use crate::verify::members::Members;

/// The hint of every error here.
const HINT: &str = "man rw2fa-verify shows the fields of a request";

/// The fields that are options with a value.
const TEXTS: [&str; 8] = ["user", "session", "client", "ip", "qr", "language", "format", "store"];

/// The fields that are options without a value.
const FLAGS: [&str; 3] = ["resend", "check", "end"];

/// A request in JSON.
pub(super) struct RequestLine {
    /// The command line that means the same.
    pub(super) cli: Cli,
    /// Whether the exit code and the text of standard error follow the answer.
    pub(super) wants_report: bool,
}

/// Reads one line.
///
/// # Errors
/// [`ErrorKind::Usage`] for anything but a request of schema 1. Errors never repeat a value, which may be a code.
pub(super) fn read(line: &[u8]) -> Result<RequestLine> {
    let members = Members::parse(line)
        .ok_or_else(|| invalid("it is not a JSON object, or repeats a field"))?;
    let (mut code, mut wants_report, mut has_schema) = (None, false, false);
    let mut words = vec![OsString::from("rw2fa-verify")];
    for (key, value) in &members.0 {
        match (key.as_str(), value) {
            ("schema", value) => has_schema = value.as_u64() == Some(1),
            ("report", Value::Bool(wanted)) => wants_report = *wanted,
            ("code", Value::String(text)) => code = Some(Zeroizing::new(text.clone())),
            ("code" | "groups" | "report", Value::Null) => {}
            ("groups", Value::Array(groups)) => add_groups(&mut words, groups)?,
            (key, value) => words.extend(option(key, value)?),
        }
    }
    if !has_schema {
        return Err(invalid("'schema' must be 1"));
    }
    let mut cli = arguments::parse(&words).map_err(|rejected| match rejected {
        Rejected::Invalid(error) => error.with_hint(HINT),
        Rejected::Help | Rejected::Version => invalid("it is not a request"),
    })?;
    cli.verify.code = code;
    Ok(RequestLine { cli, wants_report })
}

fn add_groups(words: &mut Vec<OsString>, groups: &[Value]) -> Result<()> {
    if groups.is_empty() {
        words.push("--no-groups".into());
    }
    for group in groups {
        let name = group.as_str().ok_or_else(|| unexpected("groups"))?;
        words.push(format!("--group={name}").into());
    }
    Ok(())
}

/// The option that a field sets; `None` if it is not set.
fn option(key: &str, value: &Value) -> Result<Option<OsString>> {
    let is_flag = FLAGS.contains(&key);
    match value {
        Value::String(text) if TEXTS.contains(&key) => Ok(Some(format!("--{key}={text}").into())),
        Value::Bool(true) if is_flag => Ok(Some(format!("--{key}").into())),
        Value::Bool(false) if is_flag => Ok(None),
        Value::Null if is_flag || TEXTS.contains(&key) => Ok(None),
        _ => Err(unexpected(key)),
    }
}

// SECURITY: an unknown name may be a misplaced code, so a name with digits is not repeated.
fn unexpected(key: &str) -> Error {
    let is_known = ["schema", "code", "groups", "report"].contains(&key);
    if is_known || FLAGS.contains(&key) || TEXTS.contains(&key) {
        return invalid(&format!("the value of '{key}' has the wrong type"));
    }
    let is_plain = key.len() <= 20 && key.bytes().all(|byte| byte.is_ascii_lowercase());
    invalid(&if is_plain {
        format!("the field '{key}' is unknown")
    } else {
        "a field is unknown".into()
    })
}

/// Writes the request that means the same as a command line, with the code that came on standard input. `store` is the
/// store that the caller named.
pub(super) fn write(
    args: &VerifyArgs,
    format: AnswerFormat,
    store: Option<&OsStr>,
    code: Option<&str>,
) -> Zeroizing<String> {
    let session = args.session.map(|session| OsStr::new(session.as_str()));
    let qr = args.qr.map(|qr| OsStr::new(qr.as_str()));
    let text = (format == AnswerFormat::Text).then_some(OsStr::new("text"));
    let mut line = Line(Zeroizing::new(String::from("{\"schema\":1,\"report\":true")));
    for (key, value) in [
        ("user", Some(OsStr::new(args.written()))),
        ("code", code.map(OsStr::new)),
        ("session", session),
        ("client", args.client.as_deref()),
        ("ip", args.ip.as_deref()),
        ("qr", qr),
        ("language", args.language.as_deref()),
        ("format", text),
        ("store", store),
    ] {
        if let Some(value) = value {
            line.key(key);
            line.text(value);
        }
    }
    for (key, is_set) in [("resend", args.resend), ("check", args.check), ("end", args.end)] {
        if is_set {
            line.key(key);
            line.0.push_str("true");
        }
    }
    if args.no_groups || !args.groups.is_empty() {
        line.key("groups");
        line.0.push('[');
        for (index, group) in args.groups.iter().enumerate() {
            line.0.push_str(if index == 0 { "" } else { "," });
            line.text(group);
        }
        line.0.push(']');
    }
    line.0.push_str("}\n");
    line.0
}

/// A line of JSON that is being written.
struct Line(Zeroizing<String>);

impl Line {
    fn key(&mut self, key: &str) {
        self.0.push_str(",\"");
        self.0.push_str(key);
        self.0.push_str("\":");
    }

    /// Writes a text. What is not UTF-8 becomes U+FFFD, which no name or client may contain.
    fn text(&mut self, text: &OsStr) {
        // Writing a text into memory cannot fail.
        let quoted = serde_json::to_string(&text.to_string_lossy()).map(Zeroizing::new);
        self.0.push_str(&quoted.unwrap_or_default());
    }
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("the request on standard input is invalid: {what}"))
        .with_hint(HINT)
}
