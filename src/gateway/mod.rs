//! The SMS gateway: checks each part of the `[sms]` section.

pub mod number;
pub mod refusal;
pub mod twilio;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use reqwest::Url;
use zeroize::Zeroizing;

use crate::settings::key::{Key, Section};
use crate::settings::sms::SmsSection;
use crate::store::seal::KeyRing;

/// The address of Twilio's API.
pub const API: &str = "https://api.twilio.com";

/// A Twilio account, ready to use.
pub struct Account {
    /// The SID of the account.
    pub sid: String,
    /// The user name: the account, or one of its API keys.
    pub user: String,
    /// The token of the account, or the secret of the API key.
    pub token: Zeroizing<String>,
    /// The address of the API, without a trailing slash.
    pub base: String,
    /// The proxy to use.
    pub proxy: Option<String>,
    /// Certificates to trust besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// The sender of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A number, a short code or a name.
    From(String),
    /// A messaging service, which chooses a number.
    Service(String),
}

/// Reports whether a text is a SID: two letters and 32 hexadecimal digits.
fn is_sid(text: &str, letters: &str) -> bool {
    text.strip_prefix(letters)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Checks the SID of an account.
pub fn check_account(text: &str) -> Result<(), String> {
    let problem = "the account SID is 'AC' and 32 hexadecimal digits; the console shows it";
    is_sid(text, "AC").then_some(()).ok_or_else(|| problem.into())
}

/// Checks the SID of an API key.
pub fn check_api_key(text: &str) -> Result<(), String> {
    let problem = "the SID of an API key is 'SK' and 32 hexadecimal digits; the console shows it";
    is_sid(text, "SK").then_some(()).ok_or_else(|| problem.into())
}

/// Checks a token, without ever quoting it.
pub fn check_token(text: &str) -> Result<(), String> {
    let fits = (8..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let problem = "a token has 8 to 256 visible ASCII characters: copy it from the console again";
    fits.then_some(()).ok_or_else(|| problem.into())
}

/// Parses a sender.
pub fn parse_sender(text: &str) -> Result<Sender, String> {
    let plain = || Ok(Sender::From(text.to_owned()));
    if text.starts_with('+') {
        return number::parse(text).map(|phone| Sender::From(phone.to_string()));
    }
    if text.starts_with("MG") && text.len() > 11 {
        let problem = "the SID of a messaging service is 'MG' and 32 hexadecimal digits";
        return if is_sid(text, "MG") {
            Ok(Sender::Service(text.into()))
        } else {
            Err(problem.into())
        };
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let problem = "a short code has 3 to 8 digits; a number begins with '+' and its country";
        return if (3..=8).contains(&text.len()) { plain() } else { Err(problem.into()) };
    }
    let is_name = (1..=11).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" +-_&".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text.trim() == text;
    if is_name {
        return plain();
    }
    Err("the sender is a number (+33…), a messaging service (MG…), a short code, or a name of at most \
         11 letters and digits"
        .into())
}

/// Reports whether a host is this machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || plain.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn parse_url(text: &str, what: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).map_err(|error| format!("{what} is not a valid address: {error}"))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(format!("{what} has no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{what} must not contain a name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{what} must end with the host, or with a path"));
    }
    Ok(url)
}

/// Parses the address of an API and removes its trailing slash.
pub fn parse_base(text: &str) -> Result<String, String> {
    let url = parse_url(text, "the address of the API")?;
    // SECURITY: this connection carries the token.
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
        return Err(
            "the address of the API must begin with https:// (http:// only for this machine)"
                .into(),
        );
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Parses the address of a proxy.
pub fn parse_proxy(text: &str) -> Result<String, String> {
    let url = parse_url(text, "the proxy")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the proxy must begin with http:// or https://".into());
    }
    if url.path() != "/" {
        return Err("the proxy must end with its host or port".into());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The largest certificate file, in mebibytes; those of a whole system take less than one.
const LARGEST_CERTIFICATES: u64 = 4;

/// Checks a certificate file.
pub fn check_ca_file(path: &Path) -> Result<(), String> {
    certificates(path).map(drop)
}

/// Reads the certificates in a file.
pub(super) fn certificates(path: &Path) -> Result<Vec<reqwest::Certificate>, String> {
    let place = path.display();
    if !path.is_absolute() {
        return Err(format!("{place} must be an absolute path"));
    }
    let failed = |error: std::io::Error| format!("cannot read {place}: {error}");
    // Reading a pipe or a device could block.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(format!("{place} is not a file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    let read =
        file.take((LARGEST_CERTIFICATES << 20) + 1).read_to_end(&mut bytes).map_err(failed)?;
    if read as u64 > LARGEST_CERTIFICATES << 20 {
        return Err(format!("{place} is larger than {LARGEST_CERTIFICATES} MiB"));
    }
    match reqwest::Certificate::from_pem_bundle(&bytes) {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(format!("{place} does not contain a certificate in PEM format")),
    }
}

/// Checks an SMS command.
pub fn check_command(path: &Path) -> Result<(), String> {
    let place = path.display();
    if !path.is_absolute() {
        return Err(format!("{place} must be an absolute path"));
    }
    if !path.is_file() {
        return Err(format!("{place} is not a program"));
    }
    Ok(())
}

/// Checks the value of a key of the section and returns it in its usual form.
///
/// # Errors
/// Why the value cannot be used.
pub fn normalized(key: &str, text: &str) -> Result<String, String> {
    let unchanged = |()| text.to_owned();
    match key {
        "account-sid" => check_account(text).map(unchanged),
        "api-key" => check_api_key(text).map(unchanged),
        "from" => parse_sender(text).map(|sender| match sender {
            Sender::From(plain) | Sender::Service(plain) => plain,
        }),
        "api-base" => parse_base(text),
        "proxy" => parse_proxy(text),
        "ca-file" => check_ca_file(Path::new(text)).map(unchanged),
        "command" => check_command(Path::new(text)).map(unchanged),
        // The token is sealed; opening it checks it.
        "auth-token" => Ok(text.to_owned()),
        _ => Err("is not checked".to_owned()),
    }
}

/// Returns the first problem in the section, with its key.
pub fn problem(section: &SmsSection) -> Option<(&'static str, String)> {
    let wrong =
        |key: &Key<SmsSection>| Some((key.name, normalized(key.name, &key.text(section)?).err()?));
    SmsSection::KEYS.iter().find_map(wrong).or_else(|| {
        let has_some = *section != SmsSection::default();
        let missing = [
            ("account-sid", section.account_sid.is_none()),
            ("auth-token", section.auth_token.is_none()),
            ("from", section.from.is_none()),
        ];
        let (key, _) = missing.into_iter().find(|(_, missing)| *missing)?;
        (has_some && section.command.is_none()).then(|| (key, "is missing".to_owned()))
    })
}

/// Returns the account that the section names, with its token opened.
///
/// # Errors
/// The wrong key, and why it is wrong.
pub fn account(section: &SmsSection, keys: &KeyRing) -> Result<Account, (&'static str, String)> {
    if let Some(problem) = problem(section) {
        return Err(problem);
    }
    let missing = |key| (key, "is missing".to_owned());
    let sid = section.account_sid.clone().ok_or_else(|| missing("account-sid"))?;
    let sealed = section.auth_token.as_ref().ok_or_else(|| missing("auth-token"))?;
    let token = keys.open_token(sealed).map_err(|problem| ("auth-token", problem.to_owned()))?;
    let token = std::str::from_utf8(&token).map_err(|_| ("auth-token", "is damaged".to_owned()))?;
    let base = section.api_base.as_deref().unwrap_or(API);
    Ok(Account {
        user: section.api_key.clone().unwrap_or_else(|| sid.clone()),
        sid,
        token: Zeroizing::new(token.to_owned()),
        base: parse_base(base).map_err(|problem| ("api-base", problem))?,
        proxy: section.proxy.clone(),
        ca_file: section.ca_file.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_numbers_services_short_codes_or_names() {
        let service = format!("MG{}", "0".repeat(32));
        for (text, expected) in [
            ("+33612345678", Some(Sender::From("+33612345678".into()))),
            (service.as_str(), Some(Sender::Service(service.clone()))),
            ("12345", Some(Sender::From("12345".into()))),
            ("Example IT", Some(Sender::From("Example IT".into()))),
            ("MGM", Some(Sender::From("MGM".into()))),
            ("+336", None),
            ("12", None),
            ("123456789", None),
            ("MG0000000000000000", None),
            ("Example Company", None),
            ("a\nb", None),
            (" a", None),
            ("&&&", None),
            ("", None),
        ] {
            assert_eq!(parse_sender(text).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn an_api_must_use_tls_or_be_local() {
        for (text, expected) in [
            ("https://api.dublin.ie1.twilio.com/", Some("https://api.dublin.ie1.twilio.com")),
            ("https://example.com/twilio/", Some("https://example.com/twilio")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://[::1]:8080", Some("http://[::1]:8080")),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("http://api.twilio.com", None),
            ("http://localhost.example.com", None),
            ("http://127.0.0.1.example.com", None),
            ("https://name:word@api.twilio.com", None),
            ("https://api.twilio.com/?a=b", None),
            ("ftp://127.0.0.1", None),
            ("api.twilio.com", None),
            ("", None),
        ] {
            assert_eq!(parse_base(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn proxies_sids_and_tokens_are_checked() {
        for (text, valid) in [
            ("http://proxy.example.com:3128", true),
            ("https://proxy.example.com", true),
            ("http://user:word@proxy.example.com", false),
            ("socks5://proxy.example.com", false),
            ("http://proxy.example.com/path", false),
            ("proxy:3128", false),
        ] {
            assert_eq!(parse_proxy(text).is_ok(), valid, "{text}");
        }
        let sid = |letters: &str, length| format!("{letters}{}", "a".repeat(length));
        assert!(check_account(&sid("AC", 32)).is_ok() && check_api_key(&sid("SK", 32)).is_ok());
        for wrong in [sid("SK", 32), sid("AC", 31), sid("AC", 33), format!("AC{}", "g".repeat(32))]
        {
            assert!(check_account(&wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "short", "with a space in it", "with\u{7f}control", &"x".repeat(257)] {
            let problem = check_token(wrong).unwrap_err();
            assert!(wrong.is_empty() || !problem.contains(wrong), "{problem}");
        }
        assert!(check_token(&"x".repeat(32)).is_ok());
    }

    /// Guards memory and time: a certificate file is a regular file of limited size.
    #[cfg(unix)]
    #[test]
    fn certificate_files_have_a_size_limit() {
        let problem = check_ca_file(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(problem, "/dev/zero is not a file");
        let large = tempfile::NamedTempFile::new().unwrap();
        large.as_file().set_len(10 << 30).unwrap();
        let problem = check_ca_file(large.path()).unwrap_err();
        assert!(problem.ends_with(" is larger than 4 MiB"), "{problem}");
    }

    #[test]
    fn an_incomplete_section_names_the_missing_key() {
        let section = |text: &str| {
            let head = "schema = 1\nenabled = true\ncreated = 2026-11-24T08:00:00Z\n[sms]\n";
            crate::settings::parse(&format!("{head}{text}")).unwrap().sms
        };
        let sid = format!("AC{}", "0".repeat(32));
        let whole = format!("account-sid = \"{sid}\"\nauth-token = \"x\"\nfrom = \"12345\"\n");
        assert_eq!(problem(&section(&whole)), None);
        assert_eq!(problem(&section("")), None);
        for (more, less, key) in [
            ("", "from", "from"),
            ("", "auth-token", "auth-token"),
            ("", "account-sid", "account-sid"),
            ("api-base = \"http://example.com\"\n", "-", "api-base"),
            ("command = \"relative\"\n", "-", "command"),
            ("ca-file = \"/nonexistent\"\n", "-", "ca-file"),
        ] {
            let lines = whole.lines().filter(|line| !line.starts_with(less));
            let text = lines.collect::<Vec<_>>().join("\n") + "\n" + more;
            assert_eq!(problem(&section(&text)).unwrap().0, key, "{text}");
        }
    }

    /// Guards against a key without a check, and against a default that the manual page describes wrongly.
    #[test]
    fn every_key_is_checked() {
        for key in SmsSection::KEYS.iter().filter(|key| key.name != "auth-token") {
            let mut section = SmsSection::default();
            key.assign(&mut section, &toml::Value::String("\u{1}".into())).unwrap();
            let (name, what) = problem(&section).unwrap();
            assert_eq!(name, key.name);
            assert_ne!(what, "is not checked", "{name}");
        }
        let base = SmsSection::find("api-base").unwrap();
        assert_eq!(base.spec.default_words, Some(API));
    }
}
