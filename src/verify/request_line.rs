//! A request as one line of JSON: what `--request-stdin` reads, and what is forwarded to the socket.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::verify::arguments::{AnswerFormat, VerifyArgs, check_conflicts};
use crate::verify::options::{QrForm, Session};

/// The hint of every error here.
const HINT: &str = "man rw2fa-verify shows the fields of a request";

/// The fields of a request. They have the names of the options.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestLine {
    pub(super) schema: u32,
    pub(super) user: String,
    pub(super) code: Option<Zeroizing<String>>,
    pub(super) session: Option<String>,
    /// `None`: the system knows the groups.
    pub(super) groups: Option<Vec<String>>,
    pub(super) client: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) resend: Option<bool>,
    pub(super) check: Option<bool>,
    pub(super) end: Option<bool>,
    pub(super) qr: Option<String>,
    pub(super) language: Option<String>,
    pub(super) format: Option<String>,
    /// The store that the caller named. Another one refuses the request.
    pub(super) store: Option<String>,
    /// Whether the exit code and the text of standard error follow the answer.
    pub(super) report: Option<bool>,
}

impl RequestLine {
    /// Parses one line.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for anything but a request of schema 1. Errors never repeat a value, which may be a code.
    pub(super) fn parse(line: &str) -> Result<Self> {
        // The fields hold no objects, so no key but these can repeat, and each of them only once.
        let request: Self =
            serde_json::from_str(line).map_err(|error| invalid(&what_is_wrong(&error)))?;
        match request.schema {
            1 => Ok(request),
            _ => Err(invalid("'schema' must be 1")),
        }
    }

    /// The request that means the same as the arguments, with the code that came on standard input.
    pub(super) fn of(args: &VerifyArgs, code: Option<Zeroizing<String>>) -> Self {
        // What is not UTF-8 becomes U+FFFD, which no name or client may contain.
        let text = |value: &OsString| value.to_string_lossy().into_owned();
        let groups = args.groups.iter().map(text).collect::<Vec<_>>();
        Self {
            schema: 1,
            user: args.written().to_owned(),
            code,
            session: args.session.map(|session| session.as_str().into()),
            groups: (args.no_groups || !groups.is_empty()).then_some(groups),
            client: args.client.as_ref().map(text),
            ip: args.ip.as_ref().map(text),
            resend: Some(args.resend),
            check: Some(args.check),
            end: Some(args.end),
            qr: args.qr.map(|qr| qr.as_str().into()),
            language: args.language.as_ref().map(text),
            ..Self::default()
        }
    }

    /// Returns the arguments that mean the same, and the format of the answer.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for values and combinations that the command line does not accept either.
    pub(super) fn into_arguments(self) -> Result<(VerifyArgs, Option<AnswerFormat>)> {
        let groups = self.groups.as_deref();
        let args = VerifyArgs {
            user: Some(self.user),
            no_groups: groups.is_some_and(<[_]>::is_empty),
            groups: self.groups.into_iter().flatten().map(OsString::from).collect(),
            code: self.code,
            session: choice(self.session, Session::from_word, "'session' is unknown")?,
            check: self.check == Some(true),
            client: self.client.map(OsString::from),
            ip: self.ip.map(OsString::from),
            resend: self.resend == Some(true),
            end: self.end == Some(true),
            qr: choice(self.qr, QrForm::from_word, "'qr' is unknown")?,
            language: self.language.map(OsString::from),
            ..VerifyArgs::default()
        };
        check_conflicts(&args)?;
        Ok((args, choice(self.format, AnswerFormat::from_word, "'format' is unknown")?))
    }
}

fn choice<T>(
    word: Option<String>,
    from_word: fn(&str) -> Option<T>,
    problem: &str,
) -> Result<Option<T>> {
    word.map(|word| from_word(&word).ok_or_else(|| invalid(problem))).transpose()
}

/// Names a field that is unknown, missing or given twice. Other texts of the parser quote values.
// SECURITY: a name with digits may be a misplaced code, so it is not repeated.
fn what_is_wrong(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let field = text.split_once(" field `").and_then(|(problem, rest)| {
        let name = rest.split_once('`')?.0;
        let is_plain = name.bytes().all(|byte| byte.is_ascii_lowercase());
        is_plain.then(|| format!("{problem} field '{name}'"))
    });
    field.unwrap_or_else(|| "it is not JSON, or a value has the wrong type".into())
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("the request on standard input is invalid: {what}"))
        .with_hint(HINT)
}
