use std::cell::RefCell;
use std::collections::VecDeque;

use super::*;

/// A program that answers from a list, and a verifier that answers from another.
#[derive(Default)]
struct Stage {
    typed: RefCell<VecDeque<&'static str>>,
    /// Every prompt gets this, as from sshd's method `password`.
    always: Option<&'static str>,
    password: Option<&'static str>,
    answers: RefCell<VecDeque<Result<Answer, String>>>,
    /// Everything that happened, in order.
    seen: RefCell<Vec<String>>,
}

impl Stage {
    fn note(&self, text: String) {
        self.seen.borrow_mut().push(text);
    }
}

impl Application for Stage {
    fn show(&self, text: &str) {
        self.note(format!("show {text}"));
    }

    fn greet(&self, text: &str) {
        self.note(format!("greet {text}"));
    }

    fn show_error(&self, text: &str) {
        self.note(format!("error {text}"));
    }

    fn prompt(&self, text: &str) -> Option<Typed> {
        self.note(format!("prompt {text}"));
        let typed = self.always.or_else(|| self.typed.borrow_mut().pop_front())?;
        Some(Zeroizing::new(typed.as_bytes().to_vec()))
    }

    fn password(&self) -> Option<Typed> {
        self.password.map(|text| Zeroizing::new(text.as_bytes().to_vec()))
    }

    fn pass_on(&self, password: &[u8]) -> bool {
        self.note(format!("pass on {}", String::from_utf8_lossy(password)));
        true
    }
}

impl Ask for Stage {
    fn ask(&self, question: Question<'_>) -> Result<Answer, String> {
        self.note(match question {
            Question::Code(code) => format!("code {}", String::from_utf8_lossy(code)),
            other => format!("{other:?}"),
        });
        let next = self.answers.borrow_mut().pop_front();
        next.unwrap_or_else(|| Err("nothing".to_owned()))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as the verifier returns it")]
fn answer(outcome: Outcome, reason: &str) -> Result<Answer, String> {
    Ok(Answer {
        outcome,
        reason: reason.to_owned(),
        message: format!("<{reason}>"),
        digits: Some(6),
        enrolment: None,
        has_grant: outcome == Outcome::Grant && reason == "code-accepted",
    })
}

/// Answers by their reasons.
fn answers(reasons: &[&str]) -> RefCell<VecDeque<Result<Answer, String>>> {
    let outcome = |reason: &str| match reason {
        "disabled"
        | "not-listed"
        | "whitelisted"
        | "activated"
        | "code-accepted"
        | "recovery-code-accepted" => Outcome::Grant,
        "code-required" | "enrolment-required" | "sms-sent" | "sms-not-yet" => Outcome::Challenge,
        "ended" => Outcome::Ended,
        _ => Outcome::Deny,
    };
    let one = |reason: &&str| match *reason {
        "failure" => Err("failure".to_owned()),
        reason => answer(outcome(reason), reason),
    };
    RefCell::new(reasons.iter().map(one).collect())
}

fn run(stage: &Stage, options: &Options) -> Verdict {
    Login { options, application: stage, verifier: stage, has_key: false }.run()
}

fn granted(reason: &str) -> Verdict {
    Verdict::Granted(reason.to_owned())
}

fn denied(reason: &str) -> Verdict {
    Verdict::Denied(reason.to_owned())
}

/// Guards every way through a conversation after the password.
#[test]
fn logins_after_the_password() {
    let unavailable = Verdict::Unavailable("failure".to_owned());
    for (reasons, typed, verdict) in [
        (&["not-listed"][..], &[][..], granted("not-listed")),
        (&["disabled"], &[], granted("disabled")),
        (&["locked"], &[], denied("locked")),
        (&["failure"], &[], unavailable.clone()),
        (&["code-required", "code-accepted"], &["1"], granted("code-accepted")),
        (
            &["code-required", "wrong-code", "code-used", "code-accepted"],
            &["1", "2", "3"],
            granted("code-accepted"),
        ),
        (
            &["code-required", "wrong-code", "wrong-code", "wrong-code"],
            &["1", "2", "3", "4"],
            denied("wrong-code"),
        ),
        (&["code-required", "wrong-code", "locked"], &["1", "2", "3"], denied("locked")),
        (&["code-required", "code-accepted"], &["", "1"], granted("code-accepted")),
        (&["code-required"], &["", "", "", "1"], denied("no code")),
        (&["code-required", "failure"], &["1", "2"], unavailable),
        (&["code-required"], &[], Verdict::NoConversation),
        (&["enrolment-required", "activated"], &["1"], granted("activated")),
        (&["sms-sent", "code-accepted"], &["1"], granted("code-accepted")),
        (&["sms-not-yet", "code-accepted"], &["1"], denied("sms-not-yet")),
        (&["future-reason"], &[], denied("future-reason")),
        (
            &["code-required", "enrolment-closed", "code-accepted"],
            &["1", "2"],
            denied("enrolment-closed"),
        ),
        (&["code-required", "ended"], &["1"], Verdict::Unavailable("ended".to_owned())),
        (&["ended"], &[], Verdict::Unavailable("ended".to_owned())),
    ] {
        let stage = Stage {
            answers: answers(reasons),
            typed: RefCell::new(typed.iter().copied().collect()),
            password: Some("secret"),
            ..Stage::default()
        };
        assert_eq!(run(&stage, &Options::default()), verdict, "{reasons:?}: {:?}", stage.seen);
        assert_eq!(stage.seen.borrow()[0], "Start");
    }
}

/// Guards users who have not enrolled: without a password or a key, nothing is shown or sent.
#[test]
fn a_stranger_sees_no_secret() {
    for options in [
        Options::default(),
        Options { forward_pass: true, ..Options::default() },
        Options { first_pass: FirstPass::Use, ..Options::default() },
    ] {
        let stage = Stage {
            answers: answers(&["enrolment-required"]),
            typed: RefCell::new(["secret123456", "1"].into()),
            password: options.takes_first().then_some("123456"),
            ..Stage::default()
        };
        assert!(matches!(run(&stage, &options), Verdict::Denied(_)));
        let seen = stage.seen.borrow();
        assert!(
            seen.contains(&"Check".to_owned()) && !seen.contains(&"Start".to_owned()),
            "{seen:?}"
        );
        assert!(!seen.iter().any(|line| line.starts_with("show ")), "{seen:?}");
    }
    let stage = Stage { answers: answers(&["not-listed"]), ..Stage::default() };
    let options = Options::default();
    Login { options: &options, application: &stage, verifier: &stage, has_key: true }.run();
    assert_eq!(*stage.seen.borrow(), ["Start"]);
}

/// Guards users whose password nobody checked: blank text is no question without a code, which could send a message, and
/// a reset in the meantime shows no secret.
#[test]
fn a_stranger_gets_nothing_by_a_code() {
    for blank in [" ", "\t", " - ", "\u{200b}"] {
        let stage = Stage {
            answers: answers(&["code-required", "sms-sent"]),
            typed: RefCell::new([blank, blank, blank].into()),
            ..Stage::default()
        };
        assert_eq!(run(&stage, &Options::default()), denied("no code"), "{blank:?}");
        let seen = stage.seen.borrow();
        assert!(!seen.iter().any(|line| line.starts_with("code ")), "{seen:?}");
    }
    let mut second = answer(Outcome::Challenge, "enrolment-required").unwrap();
    second.enrolment =
        Some(crate::answer::Enrolment { secret: Zeroizing::new("ABC".to_owned()), qr: None });
    let first = answer(Outcome::Challenge, "code-required");
    let stage = Stage {
        answers: RefCell::new([first, Ok(second)].into()),
        typed: RefCell::new(["123456"].into()),
        ..Stage::default()
    };
    assert!(matches!(run(&stage, &Options::default()), Verdict::Denied(_)));
    let seen = stage.seen.borrow();
    assert!(!seen.iter().any(|line| line.contains("ABC")), "{seen:?}");
}

/// Guards against a password that is charged as a guess: sshd answers every prompt with it if its method is
/// `password`.
#[test]
fn the_password_is_never_sent_as_a_code() {
    // Where the option says that the password may be the code, it is tried once.
    for (first_pass, tries) in [(FirstPass::Ignore, 0), (FirstPass::Try, 1), (FirstPass::Use, 1)] {
        let stage = Stage {
            answers: answers(&["code-required", "wrong-code", "code-accepted"]),
            always: Some("123456"),
            password: Some("123456"),
            ..Stage::default()
        };
        let options = Options { first_pass, ..Options::default() };
        assert!(matches!(run(&stage, &options), Verdict::Denied(_)));
        let seen = stage.seen.borrow();
        let tried = seen.iter().filter(|line| line.starts_with("code ")).count();
        assert_eq!(tried, tries, "{seen:?}");
    }
}

#[test]
fn an_enrolment_is_shown_for_both_backgrounds() {
    for (qr, drawn) in [(Qr::Dark, Some("█ ▀▄")), (Qr::Light, Some(" █▄▀")), (Qr::None, None)]
    {
        let mut first = answer(Outcome::Challenge, "enrolment-required").unwrap();
        first.enrolment = Some(crate::answer::Enrolment {
            secret: Zeroizing::new("ABC".to_owned()),
            qr: Some(Zeroizing::new("█ ▀▄".to_owned())),
        });
        let stage = Stage {
            answers: RefCell::new([Ok(first), answer(Outcome::Grant, "activated")].into()),
            typed: RefCell::new(["123456"].into()),
            password: Some("secret"),
            ..Stage::default()
        };
        assert_eq!(run(&stage, &Options { qr, ..Options::default() }), granted("activated"));
        let mut expected = vec!["Start".to_owned(), "show <enrolment-required>".to_owned()];
        expected.extend(drawn.map(|text| format!("show {text}")));
        let rest = ["show Secret: ABC", "prompt Code: ", "code 123456", "greet <activated>"];
        expected.extend(rest.map(str::to_owned));
        assert_eq!(*stage.seen.borrow(), expected);
    }
}

/// Guards the portal's grants: a login ends its own.
#[test]
fn the_grant_of_a_login_is_ended() {
    let stage = Stage {
        answers: answers(&["code-required", "code-accepted", "ended"]),
        typed: RefCell::new(["1"].into()),
        password: Some("secret"),
        ..Stage::default()
    };
    run(&stage, &Options { prompt: Some("Code of your app: ".to_owned()), ..Options::default() });
    let expected = ["Start", "show <code-required>", "prompt Code of your app: ", "code 1", "End"];
    assert_eq!(*stage.seen.borrow(), expected);
}

/// Guards the password that the next module gets.
#[test]
fn a_field_with_password_and_code() {
    let forward = Options { forward_pass: true, ..Options::default() };
    let use_first = Options { first_pass: FirstPass::Use, ..forward.clone() };
    let try_first = Options { first_pass: FirstPass::Try, ..forward.clone() };
    for (options, password, typed, reasons, verdict, end) in [
        (
            &forward,
            None,
            &["secret123456"][..],
            &["code-required", "code-accepted", "ended"][..],
            granted("code-accepted"),
            "pass on secret",
        ),
        (&forward, None, &["secret"], &["not-listed"], granted("not-listed"), "pass on secret"),
        (
            &forward,
            Some("old"),
            &["secret123456"],
            &["code-required", "code-accepted", "ended"],
            granted("code-accepted"),
            "pass on secret",
        ),
        (
            &forward,
            None,
            &["secret000000", "123456"],
            &["code-required", "wrong-code", "code-accepted", "ended"],
            granted("code-accepted"),
            "pass on secret",
        ),
        (
            &forward,
            None,
            &["secret"],
            &["code-required"],
            denied("the field does not end with a code"),
            "",
        ),
        (
            &use_first,
            Some("secret123456"),
            &[],
            &["code-required", "code-accepted", "ended"],
            granted("code-accepted"),
            "pass on secret",
        ),
        (
            &use_first,
            Some("secret123456"),
            &["123456"],
            &["code-required", "wrong-code"],
            denied("wrong-code"),
            "",
        ),
        (
            &use_first,
            None,
            &["secret123456"],
            &["code-required"],
            denied("no earlier module asked for a password"),
            "",
        ),
        (
            &try_first,
            None,
            &["secret123456"],
            &["code-required", "code-accepted", "ended"],
            granted("code-accepted"),
            "pass on secret",
        ),
    ] {
        let stage = Stage {
            answers: answers(reasons),
            typed: RefCell::new(typed.iter().copied().collect()),
            password,
            ..Stage::default()
        };
        assert_eq!(run(&stage, options), verdict, "{:?}", stage.seen);
        let seen = stage.seen.borrow();
        let passed = seen.iter().find(|line| line.starts_with("pass on"));
        assert_eq!(passed.map_or("", |line| line), end, "{seen:?}");
        assert!(!seen.contains(&"Start".to_owned()), "{seen:?}");
    }
}

/// Guards what `use_first_pass` and `try_first_pass` mean without `forward_pass`.
#[test]
fn the_password_of_an_earlier_module_as_the_code() {
    for (first_pass, password, reasons, verdict) in [
        (
            FirstPass::Use,
            Some("123456"),
            &["code-required", "code-accepted"][..],
            granted("code-accepted"),
        ),
        (
            FirstPass::Use,
            Some("123456"),
            &["code-required", "wrong-code", "code-accepted"],
            denied("wrong-code"),
        ),
        (FirstPass::Use, None, &["code-required", "code-accepted"], denied("no code")),
        (
            FirstPass::Try,
            Some("123456"),
            &["code-required", "code-accepted"],
            granted("code-accepted"),
        ),
        (
            FirstPass::Try,
            Some("123456"),
            &["code-required", "wrong-code", "code-accepted"],
            granted("code-accepted"),
        ),
        (
            FirstPass::Try,
            Some("secret"),
            &["code-required", "code-accepted"],
            granted("code-accepted"),
        ),
    ] {
        let stage = Stage {
            answers: answers(reasons),
            typed: RefCell::new(["654321"].into()),
            password,
            ..Stage::default()
        };
        let options = Options { first_pass, ..Options::default() };
        assert_eq!(run(&stage, &options), verdict, "{first_pass:?} {password:?}: {:?}", stage.seen);
        assert!(!stage.seen.borrow().contains(&"code secret".to_owned()));
    }
}

/// Guards plain RDP: the whitelist decides, and no one is asked.
#[test]
fn rdp_asks_no_one() {
    let options = Options { session: Some(crate::options::Session::Rdp), ..Options::default() };
    for (reason, verdict) in [
        ("whitelisted", granted("whitelisted")),
        ("not-listed", granted("not-listed")),
        ("rdp-not-allowed", denied("rdp-not-allowed")),
        ("code-required", denied("code-required")),
        ("failure", Verdict::Unavailable("failure".to_owned())),
    ] {
        let stage = Stage { answers: answers(&[reason]), always: Some("1"), ..Stage::default() };
        let login =
            Login { options: &options, application: &stage, verifier: &stage, has_key: false };
        assert_eq!(login.rdp(), verdict);
        let seen = stage.seen.borrow();
        assert!(
            seen[0] == "Rdp" && !seen.iter().any(|line| line.starts_with("prompt")),
            "{seen:?}"
        );
    }
}
