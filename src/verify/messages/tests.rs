use super::built_in::{CATALOGUES, text};
use super::custom::check;
use super::*;
use crate::factor::sms::message::{Alphabet, fill, segments};
use crate::factor::state::Shown;
use crate::names::listing::Method;
use crate::otp::Digits;
use crate::printable::printable;
use crate::store::memory::Memory;
use crate::store::{Document, Scope, Store, Update as _};
use crate::time::Timestamp;
use crate::verify::details::{Details, RetryAfter, SmsNotice};
use crate::verify::reason::Reason;
use crate::verify::wording::message;

fn tag(text: &str) -> Tag {
    Tag::parse(text).unwrap()
}

fn placeholders(text: &str) -> Vec<&str> {
    let mut found: Vec<_> =
        text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect();
    found.sort_unstable();
    found
}

/// Guards the built-in catalogues: each has every key in the same order, with the placeholders of the English text,
/// and is the document that a parser of TOML reads.
#[test]
fn every_catalogue_is_complete() {
    let keys: Vec<_> = Key::ALL.iter().map(|key| key.as_str()).collect();
    for (language, catalogue) in CATALOGUES {
        let written: Vec<_> =
            catalogue.lines().map(|line| line.split_once(" = ").unwrap().0).collect();
        assert_eq!(written, keys, "{language}");
        let parsed: toml::Table = catalogue.parse().unwrap();
        for key in Key::ALL {
            let found = text(&tag(language), *key).unwrap();
            assert_eq!(parsed[key.as_str()].as_str(), Some(found), "{language} {key:?}");
            assert!(!found.contains('\\') && printable(found) == found, "{language} {key:?}");
            let english = text(&Tag::english(), *key).unwrap();
            assert_eq!(placeholders(found), placeholders(english), "{language} {key:?}");
            let mut known = key.placeholders().to_vec();
            known.sort_unstable();
            assert_eq!(placeholders(english), known, "{key:?}");
        }
    }
}

/// A reason with details that change its message, and the English message.
type Case = (Reason, Details, &'static str);

fn by_sms(retry_after: u64) -> Details {
    let sms = Some(SmsNotice { to: "+33*******78".into(), retry_after });
    Details { method: Some(Method::Sms), sms, ..Details::default() }
}

fn shown(times: u32, ip: Option<&str>, shown_ago: u64) -> Details {
    let shown = Shown { times, last: Timestamp::from_unix(0), ip: ip.map(str::to_owned) };
    Details { shown: Some(shown), shown_ago, ..Details::default() }
}

fn expecting_temporary(method: Method, enrolled: bool) -> Details {
    let (method, enrolled) = (Some(method), Some(enrolled));
    Details { expects_temporary: true, method, enrolled, ..Details::default() }
}

fn malformed(enrolled: bool, expects_temporary: bool) -> Details {
    let (digits, enrolled) = (Some(Digits::DEFAULT), Some(enrolled));
    Details { malformed: true, digits, enrolled, expects_temporary, ..Details::default() }
}

fn plain() -> Details {
    Details::default()
}

#[rustfmt::skip]
fn grants() -> Vec<Case> {
    let recovery = |left| Details { recovery_codes_left: Some(left), ..plain() };
    let temporary = |left| Details { temporary_uses_left: Some(left), ..plain() };
    vec![
        (Reason::Disabled, plain(), "No code is needed."),
        (Reason::NotListed, plain(), "No code is needed."),
        (Reason::Whitelisted, plain(), "You may connect by RDP without a code."),
        (Reason::SessionValid, plain(), "Your session is opening."),
        (Reason::CodeAccepted, plain(), "You are signed in."),
        (Reason::Activated, plain(), "Your authenticator app is set up and you are signed in."),
        (Reason::Activated, by_sms(0), "Your number is confirmed and you are signed in."),
        (Reason::Activated, shown(1, None, 0),
            "Your authenticator app is set up and you are signed in. The QR code was shown once, just now."),
        (Reason::Activated, shown(1, Some("192.0.2.7"), 48),
            "Your authenticator app is set up and you are signed in. The QR code was shown once, 48 s ago, to \
             192.0.2.7."),
        (Reason::Activated, shown(3, Some("::1"), 90),
            "Your authenticator app is set up and you are signed in. The QR code was shown 3 times, last 1 min 30 s \
             ago, to ::1. If one of them was not you, tell your administrator."),
        (Reason::RecoveryCodeAccepted, recovery(0), "You are signed in. That was your last recovery code."),
        (Reason::RecoveryCodeAccepted, recovery(1),
            "You are signed in. Each recovery code works once; codes left: 1."),
        (Reason::RecoveryCodeAccepted, recovery(9),
            "You are signed in. Each recovery code works once; codes left: 9."),
        (Reason::TemporaryCodeAccepted, temporary(3),
            "You are signed in with your temporary code. Uses left: 3."),
        (Reason::TemporaryCodeAccepted, temporary(0),
            "You are signed in with your temporary code. It cannot be used again."),
        (Reason::Ended, plain(), "You are signed out."),
    ]
}

#[rustfmt::skip]
fn denials() -> Vec<Case> {
    let locked = Details { retry_after: Some(RetryAfter::Seconds(60)), ..plain() };
    let last = Details { attempts_left: Some(1), ..plain() };
    vec![
        (Reason::RdpNotAllowed, plain(),
            "You may not connect by RDP. Use the web portal, or ask your administrator."),
        (Reason::Locked, plain(), "Too many wrong codes. Only your administrator can unlock your account."),
        (Reason::Locked, locked, "Too many wrong codes. Try again in 1 min with a new code."),
        (Reason::EnrolmentClosed, plain(),
            "You can no longer set up your second factor on your own. Ask your administrator."),
        (Reason::CodeUsed, plain(),
            "This code was already used. Wait for your app's next code and enter that one."),
        (Reason::CodeUsed, by_sms(0), "This code was already used. Ask for a new one."),
        (Reason::WrongCode, plain(),
            "The code is wrong. Check the clock of your device and try the next code."),
        (Reason::WrongCode, by_sms(0), "The code is wrong or too old. Enter the newest one."),
        (Reason::WrongCode, last, "The code is wrong. One more wrong code locks your account for a while."),
        (Reason::WrongCode, malformed(false, false), "This is not a code. A code has 6 digits."),
        (Reason::WrongCode, malformed(true, false),
            "This is not a code. A code has 6 digits, and a recovery code has 16 letters and digits."),
        (Reason::WrongCode, malformed(false, true), "This is not a code. A temporary code has 16 letters and digits."),
        (Reason::Store, plain(), "Sign-in is not available right now. Tell your administrator."),
        (Reason::Busy, plain(), "Sign-in is busy. Try again."),
        (Reason::GroupsUnknown, plain(), "Sign-in is not available right now. Tell your administrator."),
        (Reason::AmbiguousUser, plain(),
            "This name could mean several users. Put the name of your domain in front of it."),
        (Reason::SmsFailed, plain(), "No code could be sent to your phone. Ask your administrator."),
        (Reason::Timeout, plain(), "Sign-in took too long. Try again."),
    ]
}

#[rustfmt::skip]
fn challenges() -> Vec<Case> {
    let digits = Details { digits: Some(Digits::DEFAULT), ..plain() };
    vec![
        (Reason::CodeRequired, plain(), "Enter the code that your app shows."),
        (Reason::CodeRequired, digits, "Enter the 6 digits that your app shows."),
        (Reason::CodeRequired, by_sms(0), "A code by SMS is required."),
        (Reason::CodeRequired, expecting_temporary(Method::App, true),
            "Enter the code that your app shows, or your temporary code."),
        (Reason::CodeRequired, expecting_temporary(Method::App, false),
            "Enter the temporary code that your administrator gave you."),
        (Reason::CodeRequired, expecting_temporary(Method::Sms, true),
            "Enter the temporary code that your administrator gave you."),
        (Reason::EnrolmentRequired, plain(),
            "Scan the QR code with your authenticator app, then enter the code that it shows."),
        (Reason::SmsSent, by_sms(30), "A code was sent to +33*******78."),
        (Reason::SmsAlreadySent, by_sms(30), "A code was already sent to +33*******78. Enter that one."),
        (Reason::SmsNotYet, by_sms(90_061),
            "Another code cannot be sent yet. Try again in 1 d 1 h 1 min 1 s."),
    ]
}

fn cases() -> Vec<Case> {
    [grants(), denials(), challenges()].into_iter().flatten().collect()
}

/// Guards the message of every reason in every language: it is there, is one line, has every placeholder filled in,
/// and is not the English one.
#[test]
fn every_reason_has_a_message_in_every_language() {
    let cases = cases();
    for reason in Reason::ALL {
        assert!(cases.iter().any(|(tested, ..)| tested == reason), "{reason:?} is not tested");
    }
    for (language, _) in CATALOGUES {
        let speaker = Speaker::without_store(&Preferences::parse(language));
        for (reason, details, english) in &cases {
            let said = speaker.say(&message(*reason, details));
            assert_eq!(said.language, tag(language), "{reason:?}");
            assert_eq!(said.text == *english, language == "en", "{language}: {said:?}");
            let is_plain =
                !said.text.contains(['{', '}', '\n']) && printable(&said.text) == said.text;
            assert!(is_plain && said.text.ends_with('.'), "{said:?}");
        }
    }
}

/// Guards the values of placeholders: nothing that the English message says is lost in another language.
#[test]
fn every_language_says_every_detail() {
    for (language, _) in CATALOGUES {
        let speaker = Speaker::without_store(&Preferences::parse(language));
        for (reason, details, english) in cases() {
            let said = speaker.say(&message(reason, &details)).text;
            let digits = |text: &str| {
                let mut digits: Vec<_> = text.chars().filter(char::is_ascii_digit).collect();
                digits.sort_unstable();
                digits
            };
            assert_eq!(digits(&said), digits(english), "{language}: {said}");
        }
    }
}

#[test]
fn durations_and_counts_have_the_forms_of_the_language() {
    for (language, day, days) in [
        ("en", "1 d 2 h", "2 d 5 s"),
        ("de", "1 Tag 2 h", "2 Tagen 5 s"),
        ("fr", "1 jour 2 h", "2 jours 5 s"),
        ("es", "1 día 2 h", "2 días 5 s"),
        ("it", "1 giorno 2 h", "2 giorni 5 s"),
        ("pt", "1 dia 2 h", "2 dias 5 s"),
        ("nl", "1 dag 2 h", "2 dagen 5 s"),
    ] {
        let language = tag(language);
        let catalogue = Catalogue { language: &language, custom: Texts::default() };
        for (seconds, expected) in [(93_600, day), (172_805, days), (0, "0 s"), (60, "1 min")] {
            assert_eq!(catalogue.time(seconds).as_deref(), Some(expected), "{language}");
        }
    }
    for (language, one, many) in [
        ("de", "bleibt noch 1 Code.", "bleiben noch 2 Codes."),
        ("es", "le queda 1 código.", "le quedan 2 códigos."),
        ("it", "ne rimane 1.", "ne rimangono 2."),
        ("pt", "resta 1 código.", "restam 2 códigos."),
        ("nl", "nog 1 code.", "nog 2 codes."),
    ] {
        let speaker = Speaker::without_store(&Preferences::parse(language));
        for (left, expected) in [(1, one), (2, many)] {
            let said = speaker.say(&Phrase::counted(Key::RecoveryCodeAccepted, left)).text;
            assert!(said.ends_with(expected), "{said}");
        }
    }
}

/// Guards costs: a code in any language is one segment, with an issuer of up to 40 characters.
#[test]
fn a_text_message_is_one_segment_in_every_language() {
    for (language, _) in CATALOGUES {
        let speaker = Speaker::without_store(&Preferences::parse(language));
        let template = speaker.sms_template(&Advanced::default());
        let body = fill(&template, "123456", &"x".repeat(40));
        let (alphabet, parts) = segments(&body);
        let is_wide = matches!(language, "es" | "pt");
        assert_eq!((alphabet == Alphabet::Ucs2, parts), (is_wide, 1), "{language}: {}", *body);
    }
    let english = Speaker::without_store(&Preferences::default());
    assert_eq!(english.sms_template(&Advanced::default()), Advanced::default().sms_message);
    let own = Advanced { sms_message: "%CODE% {issuer}".into(), ..Advanced::default() };
    let german = Speaker::without_store(&Preferences::parse("de"));
    assert_eq!(german.sms_template(&own), "%CODE% {issuer}");
}

/// A store with these catalogues.
fn store(catalogues: &[(&str, &str)]) -> Box<dyn Store> {
    let store = Memory::default().open();
    for (language, text) in catalogues {
        let write = store.update(Scope::Settings, |locked| {
            locked.write(&Document::Messages(tag(language)), text)
        });
        write.unwrap();
    }
    store
}

#[test]
fn the_texts_of_a_store_come_first() {
    let store = store(&[
        ("de", "busy = \"Moment!\"\n"),
        ("de-AT", "timeout = \"Zu langsam.\"\nsms-text = \"{code} ({issuer})\"\n"),
        (
            "pl",
            "busy = \"Zajęte.\"\nlocked-for = \"Za {time}.\"\ntime-minutes = \"{count} minut\"\n",
        ),
        ("ja", "nonsense"),
    ]);
    let english = "Sign-in took too long. Try again.";
    let german = "Die Anmeldung hat zu lange gedauert. Versuchen Sie es noch einmal.";
    for (wanted, setting, reason, text, language) in [
        ("de", "en", Reason::Busy, "Moment!", "de"),
        ("de", "en", Reason::Timeout, german, "de"),
        ("de-AT", "en", Reason::Timeout, "Zu langsam.", "de-AT"),
        ("de-AT", "en", Reason::Busy, "Moment!", "de"),
        ("", "de", Reason::Busy, "Moment!", "de"),
        ("pl", "de", Reason::Busy, "Zajęte.", "pl"),
        ("pl", "de", Reason::Timeout, german, "de"),
        ("pl", "pl", Reason::Timeout, english, "en"),
        (
            "pl,fr;q=0.5",
            "de",
            Reason::Timeout,
            "La connexion a pris trop de temps. Réessayez.",
            "fr",
        ),
        ("ja", "de", Reason::Timeout, german, "de"),
        ("ko", "xx", Reason::Timeout, english, "en"),
    ] {
        let settings = Advanced { language: setting.into(), ..Advanced::default() };
        let speaker = Speaker::new(&Preferences::parse(wanted), &settings, &*store);
        let said = speaker.say(&message(reason, &Details::default()));
        assert_eq!((said.text.as_str(), said.language.as_str()), (text, language), "{wanted}");
    }
    // A message is never in two languages: Polish lacks seconds.
    let speaker = Speaker::new(&Preferences::parse("pl"), &Advanced::default(), &*store);
    for (seconds, language) in [(120, "pl"), (121, "en")] {
        let details =
            Details { retry_after: Some(RetryAfter::Seconds(seconds)), ..Details::default() };
        let said = speaker.say(&message(Reason::Locked, &details));
        assert_eq!(said.language.as_str(), language, "{said:?}");
    }
    let speaker = Speaker::new(&Preferences::parse("de-AT"), &Advanced::default(), &*store);
    assert_eq!(speaker.sms_template(&Advanced::default()), "%CODE% (%ISSUER%)");
}

/// Guards users from a wrong catalogue: an unusable text is reported, and the program's text is shown.
#[test]
fn an_unusable_text_is_replaced_and_reported() {
    let long = format!("busy = \"{}\"", "x".repeat(1001));
    for (text, problem) in [
        ("busy = \"\"", Some("line 1: busy is empty")),
        ("busy = \"  \"", Some("busy is empty")),
        ("\nbusy = 3", Some("line 2: busy must be a text, not integer")),
        ("busy = [\"a\"]", Some("busy must be a text, not array")),
        ("bussy = \"a\"", Some("bussy is not the key of a message")),
        ("\"\\u001b\" = \"a\"", Some("\\u{1b} is not the key of a message")),
        ("busy = \"{time}\"", Some("busy has the unknown placeholder {time}")),
        ("busy = \"a { b\"", Some("busy contains a brace")),
        ("busy = \"a } b\"", Some("busy contains a brace")),
        ("busy = \"a {} b\"", Some("unknown placeholder {}")),
        ("busy = \"a\\u0000b\"", Some("another control character")),
        ("busy = \"a\\nb\"", Some("contains a line break")),
        ("busy = \"a\\u001b[2Jb\"", Some("another control character")),
        ("busy = \"a\\u202eb\"", Some("another control character")),
        ("busy = \"a\\u2028b\"", Some("another control character")),
        ("busy = \"\"\"a\nb\"\"\"", Some("contains a line break")),
        (&long, Some("busy has more than 1000 characters")),
        ("busy = \"a\"\nbusy = \"b\"", Some("line 2: duplicate key")),
        ("busy = ", Some("line 1: ")),
        ("busy", Some("line 1: ")),
        ("a\0b", Some("line 1: ")),
        ("[messages]\nbusy = \"a\"", Some("messages is not the key of a message")),
        ("sms-text = \"Hello\"", Some("sms-text lacks {code}")),
        ("sms-text = \"{code}\"", None),
        ("locked-for = \"Later.\"", None),
        ("", None),
        ("# nothing yet\n", None),
    ] {
        let store = store(&[("de", text)]);
        let found = check(&*store);
        let messages: Vec<_> = found.problems.iter().map(ToString::to_string).collect();
        assert_eq!(found.catalogues, 1);
        assert_eq!(messages.len(), usize::from(problem.is_some()), "{text}: {messages:?}");
        let holds =
            |part: &str| messages[0].contains("messages/de.toml") && messages[0].contains(part);
        assert!(problem.is_none_or(holds), "{text}: {messages:?}");
        assert!(found.problems.iter().all(|problem| problem.hint().is_some()));
        let speaker = Speaker::new(&Preferences::parse("de"), &Advanced::default(), &*store);
        let said = speaker.say(&Key::Busy.into());
        let expected = "Die Anmeldung ist gerade ausgelastet. Versuchen Sie es noch einmal.";
        assert_eq!((said.text.as_str(), said.language.as_str()), (expected, "de"), "{text}");
        assert!(speaker.sms_template(&Advanced::default()).contains("%CODE%"));
    }
}

#[test]
fn a_further_language_needs_every_text() {
    let whole = CATALOGUES[1].1;
    let without = |keys: &[&str]| -> String {
        let is_kept = |line: &&str| keys.iter().all(|key| !line.starts_with(&format!("{key} = ")));
        whole.split_inclusive('\n').filter(is_kept).collect()
    };
    for (language, text, problem) in [
        ("pl", whole.to_owned(), None),
        ("pl", without(&["busy"]), Some("the text of busy is missing")),
        ("pl", without(&["ended", "busy"]), Some("2 texts are missing, such as busy")),
        // The singular is optional, and regions have the texts of their language.
        ("pl", without(&["time-days-one", "recovery-code-accepted-one"]), None),
        ("de-AT", without(&["busy"]), None),
    ] {
        let store = store(&[(language, &text)]);
        let problems: Vec<_> = check(&*store).problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), usize::from(problem.is_some()), "{problems:?}");
        assert!(problem.is_none_or(|problem| problems[0].contains(problem)), "{problems:?}");
    }
    let one = store(&[("pl", &without(&["recovery-code-accepted-one"]))]);
    let speaker = Speaker::new(&Preferences::parse("pl"), &Advanced::default(), &*one);
    let said = speaker.say(&Phrase::counted(Key::RecoveryCodeAccepted, 1));
    assert!(said.language == tag("pl") && said.text.ends_with("noch 1 Codes."), "{said:?}");
}
