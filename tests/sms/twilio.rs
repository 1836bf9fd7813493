//! Twilio's published API: the requests, and what each answer leads to.

use serde_json::{Value, json};

use crate::sandbox::{Run, Sandbox};
use crate::server::{Answer, Server};
use crate::{NUMBER, code_in};

pub(crate) const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub(crate) const KEY: &str = "SK0123456789abcdef0123456789abcdef";
pub(crate) const SERVICE: &str = "MG0123456789abcdef0123456789abcdef";
pub(crate) const TOKEN: &str = "fedcba9876543210fedcba9876543210";
const SENDER: &str = "+33700000001";

/// Twilio's answer to an accepted message.
pub(crate) fn taken() -> Answer {
    let body = json!({ "sid": "SM0123456789abcdef0123456789abcdef", "status": "queued",
        "error_code": null, "num_segments": "1" });
    Answer::Say(201, body.to_string())
}

/// Twilio's answer to a refused message.
fn refused(status: u16, code: u32, message: &str) -> Answer {
    let body = json!({ "code": code, "message": message, "status": status,
        "more_info": format!("https://www.twilio.com/docs/errors/{code}") });
    Answer::Say(status, body.to_string())
}

/// Configures the store for Twilio at this address.
pub(crate) fn configure(sandbox: &Sandbox, base: &str, more: &[&str]) -> Run {
    let args =
        ["sms", "configure", "--account-sid", ACCOUNT, "--auth-token-stdin", "--api-base", base];
    let args = [&args[..], more].concat();
    let run = sandbox.admin_with_stdin(&args, format!("{TOKEN}\n").as_bytes());
    assert_eq!(run.code, 0, "{run:?}");
    run
}

fn with_server(answer: Answer) -> (Sandbox, Server) {
    let (sandbox, server) = (Sandbox::new(), Server::saying(answer));
    configure(&sandbox, &server.url(), &["--from", SENDER]);
    (sandbox, server)
}

fn deliver(sandbox: &Sandbox, body: &str) -> Run {
    let message = json!({ "schema": 1, "to": NUMBER, "body": body });
    sandbox.admin_with_stdin(&["sms", "deliver"], message.to_string().as_bytes())
}

/// Guards proxies: the request goes to the proxy, and the address of the API is not contacted
/// directly.
#[test]
fn a_message_goes_through_the_configured_proxy() {
    let (sandbox, proxy) = (Sandbox::new(), Server::saying(taken()));
    // Nothing listens on this port.
    let nobody = "http://127.0.0.1:1";
    configure(&sandbox, nobody, &["--from", SENDER, "--proxy", &proxy.url()]);
    let run = deliver(&sandbox, "0042");
    assert_eq!(run.code, 0, "{run:?}");
    let [request] = &proxy.requests()[..] else { panic!("{:?}", proxy.requests()) };
    let path = format!("{nobody}/2010-04-01/Accounts/{ACCOUNT}/Messages.json");
    assert_eq!((request.path.as_str(), request.field("Body")), (path.as_str(), Some("0042")));
}

#[test]
fn a_message_is_one_post_with_basic_authentication_and_a_form() {
    for (more, user, from) in [
        (&["--from", SENDER][..], ACCOUNT, ("From", SENDER)),
        (&["--from", "Example IT"], ACCOUNT, ("From", "Example IT")),
        (&["--from", "12345", "--api-key", KEY], KEY, ("From", "12345")),
        (&["--from", SERVICE], ACCOUNT, ("MessagingServiceSid", SERVICE)),
    ] {
        let (sandbox, server) = (Sandbox::new(), Server::saying(taken()));
        configure(&sandbox, &server.url(), more);
        let run = deliver(&sandbox, "Your é&=+% code: 0042");
        assert_eq!((run.code, run.stdout.as_str()), (0, "taken\n"), "{run:?}");
        let requests = server.requests();
        let [request] = requests.as_slice() else { panic!("{requests:?}") };
        assert_eq!(request.method, "POST");
        assert_eq!(request.path, format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
        assert_eq!(request.basic, Some((user.to_owned(), TOKEN.to_owned())));
        assert_eq!(request.content_type, "application/x-www-form-urlencoded");
        assert_eq!(request.field("To"), Some(NUMBER));
        assert_eq!(request.field("Body"), Some("Your é&=+% code: 0042"));
        assert_eq!(request.field(from.0), Some(from.1));
        assert_eq!(request.form.len(), 3, "{request:?}");
    }
}

/// Guards the error messages: no number, code or token is quoted, whatever the gateway says.
#[test]
fn each_error_is_one_sentence_with_its_code_and_a_hint() {
    let quoting = format!("'{NUMBER}' got 'code 987654' by {TOKEN}");
    for (status, code, words, hint) in [
        (401, 20003, "the account SID, API key or token is wrong", "sms configure"),
        (400, 21608, "a trial account can only send to verified numbers", "verified-callers"),
        (400, 21219, "a trial account can only send to verified numbers", "verified-callers"),
        (403, 21408, "may not send to the country", "Geo permissions"),
        (429, 20429, "too many requests", "wait a minute"),
        (400, 21614, "not a mobile number", "users edit"),
        (400, 21211, "the number is not valid", "users edit"),
        (400, 21659, "the sender is not a number of the account", "--from"),
        (400, 99999, "got 'code …", "https://www.twilio.com/docs/api/errors/99999"),
    ] {
        let (sandbox, server) = with_server(refused(status, code, &quoting));
        let run = deliver(&sandbox, "code 987654");
        assert_eq!((run.code, run.stdout.lines().count()), (1, 1), "{code}: {run:?}");
        for part in ["Twilio refused: ", words, hint, &format!("({code})")] {
            assert!(run.stdout.contains(part), "{code}, {part}: {run:?}");
        }
        assert_eq!(
            server.requests().len(),
            1,
            "{code}: a gateway that answered is not asked again"
        );
        let test = sandbox.admin(&["sms", "test", NUMBER]);
        assert_eq!(test.code, 1, "{test:?}");
        assert!(test.stderr.contains(words) && test.stderr.contains("hint: "), "{test:?}");
        let all =
            format!("{}{}{}{}", run.stdout, run.stderr, test.stderr, crate::everything(&sandbox));
        for secret in [NUMBER, "987654", TOKEN] {
            assert!(!all.contains(secret), "{code}: {secret}: {all}");
        }
    }
}

/// Guards the limits: exit code 1 promises that nothing was sent, and is used only where that is
/// certain.
#[test]
fn an_uncertain_result_is_reported_as_such_and_not_retried() {
    for (what, answer, code) in [
        ("429", Answer::Say(429, "slow down".into()), 1),
        ("404", Answer::Say(404, "<html>".into()), 1),
        ("500", refused(500, 20500, "oops"), 4),
        ("502", Answer::Say(502, "<html>bad gateway".into()), 4),
        ("redirect", Answer::Say(307, String::new()), 4),
        ("cut", Answer::Cut, 4),
        ("no JSON", Answer::Say(201, "Your code was sent!".into()), 4),
        ("other JSON", Answer::Say(201, "{\"status\":\"queued\"}".into()), 4),
        ("a duplicate key", Answer::Say(201, "{\"sid\":\"SM1\",\"x\":1,\"x\":2}".into()), 4),
        ("empty", Answer::Say(200, String::new()), 4),
        ("huge", Answer::Flood(50_000_000), 4),
    ] {
        let (sandbox, server) = with_server(answer);
        let started = std::time::Instant::now();
        let run = deliver(&sandbox, "code 123456");
        assert_eq!(run.code, code, "{what}: {run:?}");
        assert!(run.stdout.len() > 20 && run.stdout.len() < 500, "{what}: {run:?}");
        assert_eq!(server.requests().len(), 1, "{what}");
        assert!(started.elapsed().as_secs() < 9, "{what}");
    }
}

/// Guards the user who waits for a code: a message that Twilio accepts but fails at once counts as
/// not sent.
#[test]
fn an_accepted_message_that_failed_is_a_failure() {
    let failed = |status: &str, code: Value| {
        let mut body = json!({ "sid": "SM0123456789abcdef0123456789abcdef", "status": status });
        body["error_message"] = if code.is_null() { Value::Null } else { "Carrier said no".into() };
        body["error_code"] = code;
        Answer::Say(201, body.to_string())
    };
    for (answer, code, words) in [
        (failed("failed", json!(21614)), 1, "the number is not a mobile number (21614)"),
        (failed("undelivered", json!(null)), 1, "and its status is undelivered"),
        (failed("canceled", json!(null)), 1, "and its status is canceled"),
        (failed("undelivered", json!(30003)), 1, "the phone cannot be reached"),
        (failed("undelivered", json!(30007)), 1, "the mobile network filtered the message"),
        (failed("failed", json!(39999)), 1, "Carrier said no (39999)"),
        (failed("queued", json!(21610)), 4, "replied STOP to the sender (21610)"),
        (failed("queued", json!("21610")), 4, "reported an error"),
        (failed("queued", json!(null)), 0, "taken"),
        (failed("sent", json!(null)), 0, "taken"),
    ] {
        let (sandbox, server) = with_server(answer);
        let run = deliver(&sandbox, "code 987654");
        assert_eq!((run.code, server.requests().len()), (code, 1), "{words}: {run:?}");
        assert!(run.stdout.contains(words), "{words}: {run:?}");
        let test = sandbox.admin(&["sms", "test", NUMBER]);
        assert_eq!(test.code == 0, code == 0, "{words}: {test:?}");
    }
}

#[test]
fn a_hanging_gateway_is_given_up_before_the_verifier_times_out() {
    let runs = [Answer::Hang, Answer::Stall].map(|answer| {
        std::thread::spawn(move || {
            let (sandbox, server) = with_server(answer);
            let started = std::time::Instant::now();
            let run = deliver(&sandbox, "code 123456");
            (run, started.elapsed().as_millis(), server.requests().len())
        })
    });
    for run in runs {
        let (run, took, requests) = run.join().unwrap();
        assert_eq!((run.code, requests), (4, 1), "{run:?}");
        assert!((8500..10_000).contains(&took), "{took} ms: {run:?}");
    }
}

/// Guards the only retry: it happens only if nothing can have been accepted.
#[test]
fn a_failed_connection_is_tried_twice() {
    let sandbox = Sandbox::new();
    let server = Server::start(|_| taken(), |_| None);
    let port = server.port();
    drop(server);
    configure(&sandbox, &format!("http://127.0.0.1:{port}"), &["--from", SENDER]);
    let run = deliver(&sandbox, "code 123456");
    assert_eq!(run.code, 1, "nothing was sent for sure: {run:?}");
    assert!(run.stdout.contains("cannot connect to http://127.0.0.1"), "{run:?}");
    // A TLS handshake that fails counts as no connection, and can be counted here.
    let server = Server::start(|_| taken(), |_| None);
    let base = format!("https://127.0.0.1:{}", server.port());
    configure(&sandbox, &base, &["--from", SENDER]);
    let run = deliver(&sandbox, "code 123456");
    assert_eq!((run.code, server.connections()), (1, 2), "{run:?}");
}

#[test]
fn an_invalid_message_is_refused() {
    let (sandbox, server) = with_server(taken());
    for text in [
        "",
        "{}",
        "[]",
        "{\"schema\":1,\"to\":\"+33612345678\"}",
        "{\"schema\":2,\"to\":\"+33612345678\",\"body\":\"SECRET1\"}",
        "{\"schema\":1,\"to\":\"0612345678\",\"body\":\"SECRET1\"}",
        "{\"schema\":1,\"to\":\"+33612345678\",\"body\":\"SECRET1\"",
        "{\"schema\":1,\"to\":\"+33612345678\",\"body\":\"x\",\"body\":\"SECRET1\"}",
        "{\"schema\":1,\"to\":\"+33612345678\",\"body\":\"SECRET1\",\"x\":{\"a\":1,\"a\":2}}",
    ] {
        let run = sandbox.admin_with_stdin(&["sms", "deliver"], text.as_bytes());
        assert_eq!(run.code, 1, "{text}: {run:?}");
        assert!(!format!("{run:?}").contains("SECRET1"), "{run:?}");
    }
    let long = vec![b' '; 20_000];
    assert_eq!(sandbox.admin_with_stdin(&["sms", "deliver"], &long).code, 1);
    assert_eq!(server.requests().len(), 0);
}

/// Guards the whole path: verifier, `rw2fa sms deliver` beside it, gateway, and back.
#[test]
fn a_login_through_twilio_succeeds_once() {
    let (sandbox, server) = with_server(taken());
    sandbox.admin_ok(&["users", "add", "alice", "--method", "sms", "--phone", NUMBER]);
    sandbox.admin_ok(&["enable"]);
    let real = sandbox.real();
    let sent = real.verify(&["--", "alice"], None);
    assert_eq!(sent.end(), (3, "sms-sent".to_owned()), "{sent:?}");
    let requests = server.requests();
    assert_eq!((requests.len(), requests[0].field("To")), (1, Some(NUMBER)));
    let code = code_in(requests[0].field("Body").unwrap());
    assert_eq!(real.verify(&["--", "alice"], Some(&code)).reason(), "activated");
    assert_eq!(real.verify(&["--", "alice"], Some(&code)).reason(), "code-used");
}

#[test]
fn a_message_refused_by_twilio_is_reported_with_the_reason() {
    let (sandbox, server) = with_server(refused(400, 21608, &format!("{NUMBER} is unverified")));
    sandbox.admin_ok(&["users", "add", "alice", "--method", "sms", "--phone", NUMBER]);
    sandbox.admin_ok(&["enable"]);
    for turn in 1..=2 {
        let run = sandbox.real().verify(&["--", "alice"], None);
        assert_eq!(run.end(), (4, "sms-failed".to_owned()), "{run:?}");
        assert!(
            run.stderr.contains("a trial account can only send to verified numbers"),
            "{run:?}"
        );
        assert!(!run.stderr.contains(NUMBER) && !run.stdout.contains(NUMBER), "{run:?}");
        assert_eq!(server.requests().len(), turn, "a refused message delays no one");
    }
}

#[test]
fn check_reports_account_and_balance_and_sends_nothing() {
    let account = |status: &'static str, kind: &'static str| {
        Server::start(
            move |request| {
                let is_balance = request.path.ends_with("/Balance.json");
                Answer::Say(
                    200,
                    if is_balance {
                        json!({ "account_sid": ACCOUNT, "balance": "14.2", "currency": "USD" })
                    } else {
                        json!({ "sid": ACCOUNT, "status": status, "type": kind })
                    }
                    .to_string(),
                )
            },
            |stream| Some(Box::new(stream)),
        )
    };
    for (status, kind, code, doctor) in
        [("active", "Full", 0, 0), ("active", "Trial", 0, 0), ("suspended", "Full", 1, 1)]
    {
        let (sandbox, server) = (Sandbox::new(), account(status, kind));
        configure(&sandbox, &server.url(), &["--from", SENDER]);
        let run = sandbox.admin(&["sms", "check", "--format", "json"]);
        assert_eq!(run.code, code, "{run:?}");
        let sms = run.json()["sms"].clone();
        let expected = json!({ "credentials": "accepted", "status": status, "type": kind,
            "balance": "14.2", "currency": "USD" });
        assert_eq!(sms, expected);
        assert_eq!(run.stderr.contains("verified numbers"), kind == "Trial", "{run:?}");
        let paths: Vec<_> =
            server.requests().iter().map(|r| (r.method.clone(), r.path.clone())).collect();
        let base = format!("/2010-04-01/Accounts/{ACCOUNT}");
        let expected =
            ["", "/Balance"].map(|part| ("GET".to_owned(), format!("{base}{part}.json")));
        assert_eq!(paths, expected);
        let found = |args: &[&str]| -> Vec<String> {
            let run = sandbox.admin(&[&["doctor", "--format", "json"], args].concat());
            let findings = run.json()["findings"].as_array().unwrap().clone();
            findings.iter().map(|f| f["check"].as_str().unwrap().to_owned()).collect()
        };
        assert!(
            !found(&[]).iter().any(|check| check.starts_with("sms-")),
            "asked without --online"
        );
        let sms = found(&["--online"]).iter().filter(|check| check.starts_with("sms-")).count();
        assert_eq!(sms, usize::from(kind == "Trial") + doctor, "{status} {kind}");
    }
}

#[test]
fn check_reports_wrong_credentials_and_missing_rights_of_a_key() {
    let (sandbox, server) = with_server(refused(401, 20003, "Authenticate"));
    let run = sandbox.admin(&["sms", "check"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("token is wrong") && run.stderr.contains("20003"), "{run:?}");
    let doctor = sandbox.admin(&["doctor", "--online", "--format", "json"]);
    assert!(doctor.stdout.contains("sms-account") && doctor.code == 1, "{doctor:?}");
    drop(server);
    let server = Server::start(
        |request| {
            if request.path.ends_with("/Balance.json") {
                Answer::Say(200, "{\"balance\":\"1.5\",\"currency\":\"EUR\"}".into())
            } else {
                refused(401, 20003, "not with this key")
            }
        },
        |stream| Some(Box::new(stream)),
    );
    configure(&sandbox, &server.url(), &["--api-key", KEY]);
    let run = sandbox.admin(&["sms", "check", "--format", "json"]);
    assert_eq!((run.code, &run.json()["sms"]["status"]), (0, &Value::Null), "{run:?}");
    assert_eq!(run.json()["sms"]["balance"], "1.5");
}

#[test]
fn test_sends_the_text_of_the_setting_with_zeros() {
    let (sandbox, server) = with_server(taken());
    sandbox.set("issuer", "Example");
    let run = sandbox.admin(&["sms", "test", "+33 6 12 34 56 78"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.starts_with(&format!("{NUMBER}: sent (SM")), "{run:?}");
    assert!(run.stderr.contains("1 SMS in GSM-7"), "{run:?}");
    let requests = server.requests();
    assert_eq!(requests[0].field("Body"), Some("Your Example verification code is: 000000"));
    let trail = crate::everything(&sandbox);
    assert!(trail.contains("sms test") && !trail.contains(NUMBER), "{trail}");
    for wrong in ["0612345678", "+3361234567", "+"] {
        assert_eq!(sandbox.admin(&["sms", "test", wrong]).code, 2, "{wrong}");
    }
    assert_eq!(server.requests().len(), 1);
}
