//! The options on the module's line in a PAM file.

use std::ffi::{CStr, CString};

/// Where Debian's package installs the verifier.
const VERIFIER: &str = "/usr/bin/rw2fa-verify";

/// How often a user may answer in one conversation, unless `retries` says otherwise.
const RETRIES: u8 = 3;

/// The most that `retries` may be. The lockout limits guessing; this limits how long a conversation takes.
const MOST_RETRIES: u8 = 10;

/// A kind of session, as the verifier knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    Html5,
    RemoteApp,
    Rdp,
}

/// What the module does with the password that an earlier module asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FirstPass {
    /// It is left alone.
    #[default]
    Ignore,
    /// It is tried as the typed field; then the user is asked.
    Try,
    /// It is the typed field. The user is never asked.
    Use,
}

/// How a QR code is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Qr {
    /// For terminals with a dark background.
    #[default]
    Dark,
    /// For terminals with a light background.
    Light,
    /// Not at all: the secret is enough.
    None,
}

/// The options.
#[expect(clippy::struct_excessive_bools, reason = "these are words of the line")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) session: Option<Session>,
    /// Password and code come in one field, and the password is passed on.
    pub(crate) forward_pass: bool,
    pub(crate) first_pass: FirstPass,
    pub(crate) prompt: Option<String>,
    pub(crate) retries: u8,
    pub(crate) verifier: CString,
    pub(crate) store: Option<CString>,
    pub(crate) language: Option<CString>,
    pub(crate) qr: Qr,
    /// What the user types is shown.
    pub(crate) echo: bool,
    /// Only users whose public key sshd has accepted are asked; others are refused.
    pub(crate) after_publickey: bool,
    /// Each call of the verifier is logged.
    pub(crate) debug: bool,
}

impl Session {
    /// The word for it on a command line.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Html5 => "html5",
            Self::RemoteApp => "remoteapp",
            Self::Rdp => "rdp",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Html5, Self::RemoteApp, Self::Rdp].into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Options {
    /// Reads the words of the line.
    ///
    /// # Errors
    /// What is wrong with the line. SECURITY: an unknown or invalid option refuses every login, because a
    /// mistyped one could otherwise weaken the check silently.
    pub(crate) fn parse(words: &[&CStr]) -> Result<Self, String> {
        let mut options = Self::default();
        for word in words {
            let word = word.to_str().map_err(|_| "an option is not UTF-8".to_owned())?;
            options.set(word)?;
        }
        if options.verifier.as_bytes().first() != Some(&b'/') {
            return Err("verifier= must be an absolute path".to_owned());
        }
        if options.session == Some(Session::Rdp) && (options.forward_pass || options.takes_first())
        {
            return Err(
                "session=rdp asks for no code: leave out forward_pass, use_first_pass and \
                        try_first_pass"
                    .to_owned(),
            );
        }
        Ok(options)
    }

    /// Whether the password of an earlier module is what the user typed for this one.
    pub(crate) fn takes_first(&self) -> bool {
        self.first_pass != FirstPass::Ignore
    }

    fn set(&mut self, word: &str) -> Result<(), String> {
        match word.split_once('=') {
            None => self.set_flag(word),
            Some((name, value)) => self.set_value(name, value),
        }
    }

    fn set_flag(&mut self, word: &str) -> Result<(), String> {
        match word {
            "forward_pass" => self.forward_pass = true,
            "try_first_pass" => self.first_pass = FirstPass::Try,
            "use_first_pass" => self.first_pass = FirstPass::Use,
            "echo" => self.echo = true,
            "after_publickey" => self.after_publickey = true,
            "debug" => self.debug = true,
            _ => return Err(format!("unknown option '{}'", word.escape_debug())),
        }
        Ok(())
    }

    fn set_value(&mut self, name: &str, value: &str) -> Result<(), String> {
        let invalid = |what: &str| format!("{name}= must be {what}");
        let text = || CString::new(value).map_err(|_| invalid("text"));
        if value.is_empty() {
            return Err(format!("'{}=' needs a value", name.escape_debug()));
        }
        match name {
            "session" => {
                let session = Session::from_word(value);
                self.session = Some(session.ok_or_else(|| invalid("html5, remoteapp or rdp"))?);
            }
            "prompt" => self.prompt = Some(value.to_owned()),
            "retries" => {
                let retries = value.parse().ok().filter(|count| (1..=MOST_RETRIES).contains(count));
                self.retries = retries.ok_or_else(|| invalid("a number from 1 to 10"))?;
            }
            "verifier" => self.verifier = text()?,
            "store" => self.store = Some(text()?),
            "language" => self.language = Some(text()?),
            "qr" => {
                self.qr = match value {
                    "dark" => Qr::Dark,
                    "light" => Qr::Light,
                    "none" => Qr::None,
                    _ => return Err(invalid("dark, light or none")),
                }
            }
            _ => return Err(format!("unknown option '{}='", name.escape_debug())),
        }
        Ok(())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            session: None,
            forward_pass: false,
            first_pass: FirstPass::Ignore,
            prompt: None,
            retries: RETRIES,
            verifier: CString::new(VERIFIER).unwrap_or_default(),
            store: None,
            language: None,
            qr: Qr::Dark,
            echo: false,
            after_publickey: false,
            debug: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options, String> {
        let words: Vec<CString> = words.iter().map(|word| CString::new(*word).unwrap()).collect();
        Options::parse(&words.iter().map(CString::as_c_str).collect::<Vec<_>>())
    }

    /// Guards what a line without options means.
    #[test]
    fn the_defaults_are_those_of_the_documents() {
        let options = parse(&[]).unwrap();
        assert_eq!(options.verifier.to_bytes(), b"/usr/bin/rw2fa-verify");
        assert_eq!((options.retries, options.session, options.echo), (3, None, false));
        assert!(!options.forward_pass && !options.takes_first() && !options.after_publickey);
    }

    #[test]
    fn every_option_is_read() {
        let options = parse(&[
            "session=html5",
            "forward_pass",
            "try_first_pass",
            "prompt=Code of your app: ",
            "retries=10",
            "verifier=/opt/verify",
            "store=/srv/store",
            "language=de",
            "qr=light",
            "echo",
            "after_publickey",
            "debug",
        ])
        .unwrap();
        assert_eq!(options.session, Some(Session::Html5));
        assert_eq!(options.first_pass, FirstPass::Try);
        assert_eq!(options.prompt.as_deref(), Some("Code of your app: "));
        assert_eq!((options.retries, options.qr), (10, Qr::Light));
        assert!(options.forward_pass && options.echo && options.after_publickey && options.debug);
        assert_eq!(options.store.unwrap().to_bytes(), b"/srv/store");
    }

    /// Guards that a mistake in the line is noticed.
    #[test]
    fn an_invalid_line_is_refused() {
        for line in [
            &["nullok"][..],
            &["session=ssh"],
            &["session"],
            &["session="],
            &["retries=0"],
            &["retries=11"],
            &["retries=three"],
            &["retries=-1"],
            &["verifier=rw2fa-verify"],
            &["verifier="],
            &["prompt="],
            &["qr=svg"],
            &["forward_pass=yes"],
            &["Debug"],
            &[""],
            &["session=rdp", "forward_pass"],
            &["session=rdp", "use_first_pass"],
        ] {
            assert!(parse(line).is_err(), "{line:?}");
        }
        let not_utf8 = CString::new(b"prompt=\xff".to_vec()).unwrap();
        assert!(Options::parse(&[not_utf8.as_c_str()]).is_err());
    }
}
