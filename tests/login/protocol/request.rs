//! `--request-stdin`: a request in JSON means the same as a command line, and nothing else is a request.

use serde_json::{Value, json};

use crate::sandbox::{Run, Sandbox, Secret, T0};

/// Asks with a request in JSON.
fn ask(sandbox: &Sandbox, request: &[u8]) -> Run {
    sandbox.verify_with_input(&["--request-stdin"], request)
}

/// Adds what every request has to these fields.
fn request(fields: Value) -> Vec<u8> {
    let mut request = json!({ "schema": 1, "user": "alice" });
    if let (Some(request), Value::Object(fields)) = (request.as_object_mut(), fields) {
        request.extend(fields);
    }
    serde_json::to_vec(&request).unwrap()
}

/// Guards that both forms of a request get the same answer, for every field.
#[test]
fn both_forms_of_a_request_get_the_same_answer() {
    let cases: [(&[&str], Value); 16] = [
        (&["alice"], json!({})),
        (&["alice"], json!({ "code": null, "session": null, "groups": null, "client": null })),
        (&["alice"], json!({ "ip": null, "resend": null, "check": null, "end": null })),
        (&["alice"], json!({ "qr": null, "language": null, "resend": false, "code": "" })),
        (&["--no-groups", "alice"], json!({ "groups": [] })),
        (&["--group=staff", "--group=it", "alice"], json!({ "groups": ["staff", "it"] })),
        (&["--group=", "alice"], json!({ "groups": [""] })),
        (&["--session=html5", "alice"], json!({ "session": "html5" })),
        (&["--session=rdp", "alice"], json!({ "session": "rdp" })),
        (&["--client=S 1", "--qr=png", "alice"], json!({ "client": "S 1", "qr": "png" })),
        (&["--client=é", "alice"], json!({ "client": "é" })),
        (&["--client=", "alice"], json!({ "client": "" })),
        (&["--check", "--language=de-AT", "alice"], json!({ "check": true, "language": "de-AT" })),
        (&["--end", "--client=S", "alice"], json!({ "end": true, "client": "S" })),
        (&["--resend", "--ip=192.0.2.1", "alice"], json!({ "resend": true, "ip": "192.0.2.1" })),
        (&["--format=text", "alice"], json!({ "format": "text" })),
    ];
    for (args, fields) in cases {
        let [line, json] = [(); 2].map(|()| Sandbox::with_users(&["alice"]));
        for sandbox in [&line, &json] {
            sandbox.admin_ok(&["users", "add", "--group", "staff"]);
        }
        let (expected, run) = (line.verify(args, None), ask(&json, &request(fields)));
        assert_eq!(run, expected, "{args:?}");
    }
}

/// Guards logins from the QR code to the lockout, with codes in every form that standard input accepts.
#[test]
fn a_code_in_a_request_is_charged_and_compared() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let first = ask(&sandbox, &request(json!({ "client": "S" })));
    let secret = Secret::of(&first.json());
    let code = |code: &str| {
        let run = ask(&sandbox, &request(json!({ "client": "S", "code": code })));
        (run.code, run.reason())
    };
    assert_eq!(code(&secret.code(T0)), (0, "activated".into()));
    assert_eq!(code(&secret.code(T0)), (1, "code-used".into()));
    for (step, end) in ["\r\n", "\n", "\0", "\0\n", "\nmore"].into_iter().enumerate() {
        let now = sandbox.pass(30 * (i64::try_from(step).unwrap() + 1)).now();
        assert_eq!(code(&format!("{}{end}", secret.code(now))), (0, "code-accepted".into()));
    }
    let wrong = secret.wrong_code(sandbox.now());
    for malformed in ["abc", "\u{fffd}", &"1".repeat(257)] {
        let answer = ask(&sandbox, &request(json!({ "code": malformed }))).json();
        assert_eq!(
            (&answer["reason"], &answer["attempts_left"]),
            (&json!("wrong-code"), &json!(5))
        );
    }
    for _ in 0..4 {
        assert_eq!(code(&wrong), (1, "wrong-code".into()));
    }
    assert_eq!(code(&wrong), (1, "locked".into()));
    assert_eq!(code(&secret.code(sandbox.now() + 30)), (1, "locked".into()));
}

/// Guards everything that is not a request: exit code 2, no answer, and no value on standard error, because any may be a
/// code.
#[test]
fn anything_else_is_refused_without_an_answer() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let deep = format!("{{\"schema\":1,\"user\":{}", "[".repeat(100_000));
    let long = request(json!({ "ip": "9".repeat(256 * 1024) }));
    let many = "\"ip\":null,".repeat(100);
    let many = format!("{{{many}\"schema\":1,\"user\":\"alice\"}}");
    for input in [
        &b""[..],
        b"\n",
        b"314159\n",
        b"{}",
        b"[]",
        b"null",
        br#""alice""#,
        br#"{"user":"alice"}"#,
        br#"{"schema":1}"#,
        br#"{"schema":2,"user":"alice"}"#,
        br#"{"schema":"1","user":"alice"}"#,
        br#"{"schema":1,"user":"alice""#,
        br#"{"schema":1,"user":"alice"} {}"#,
        br#"{"schema":1,"user":"alice","user":"bob"}"#,
        br#"{"schema":1,"user":"alice","\u0075ser":"bob"}"#,
        br#"{"schema":1,"user":"alice","code":"314159","code":"314159"}"#,
        br#"{"schema":1,"user":"alice","code":314159}"#,
        br#"{"schema":1,"user":"alice","314159":true}"#,
        br#"{"schema":1,"user":"alice","Code":"314159"}"#,
        br#"{"schema":1,"user":"alice","code":["314159"]}"#,
        br#"{"schema":1,"user":"alice","session":"314159"}"#,
        br#"{"schema":1,"user":"alice","groups":"staff"}"#,
        br#"{"schema":1,"user":"alice","groups":[1]}"#,
        br#"{"schema":1,"user":"alice","groups":{"a":1}}"#,
        br#"{"schema":1,"user":"alice","check":1}"#,
        br#"{"schema":1,"user":"alice","check":"true"}"#,
        br#"{"schema":1,"user":"alice","check":true,"code":"314159"}"#,
        br#"{"schema":1,"user":"alice","check":true,"end":true}"#,
        br#"{"schema":1,"user":"alice","end":true,"session":"html5"}"#,
        br#"{"schema":1,"user":"alice","qr":"gif"}"#,
        br#"{"schema":1,"user":"alice","format":"csv"}"#,
        br#"{"schema":1,"user":"alice","help":true}"#,
        br#"{"schema":1,"user":"alice","no-groups":true}"#,
        br#"{"schema":1,"user":"alice","request-stdin":true}"#,
        br#"{"schema":1,"user":"alice","code-stdin":true}"#,
        br#"{"schema":1,"user":"alice","store":"/tmp"}"#,
        br#"{"schema":1,"user":""}"#,
        br#"{"schema":1,"user":"a/b\u0000"}"#,
        b"{\"schema\":1,\"user\":\"al\xffce\"}",
        b"{\0\"\0s\0",
        deep.as_bytes(),
        many.as_bytes(),
        &long,
    ] {
        let run = ask(&sandbox, input);
        let shown = String::from_utf8_lossy(&input[..input.len().min(80)]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{shown}: {run:?}");
        assert!(!run.stderr.is_empty() && !run.stderr.contains("314159"), "{shown}: {run:?}");
    }
}

/// Guards the command line of a service: a request on standard input and one in the arguments are never mixed.
#[test]
fn no_other_option_goes_with_a_request() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for extra in ["alice", "--user=alice", "--no-groups", "--code-stdin", "--check", "--client=a"] {
        let run = sandbox.verify_with_input(&["--request-stdin", extra], &request(json!({})));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{extra}: {run:?}");
    }
    let run = sandbox.verify_with_input(&["--request-stdin", "--format=text"], &request(json!({})));
    assert!(run.stdout.starts_with("alice: challenge"), "{run:?}");
    let run = sandbox.admin_with_stdin(&["verify", "--request-stdin"], &request(json!({})));
    assert!(run.stdout.starts_with("alice: challenge"), "rw2fa verify: {run:?}");
}

/// Guards the report, by which a caller at the other end of a socket gets what it cannot see.
#[test]
fn a_report_follows_the_answer() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let report = |fields: Value| {
        let run = ask(&sandbox, &request(fields));
        let (answer, line) = run.stdout.trim_end().rsplit_once('\n').unwrap_or(("", &run.stdout));
        let report: Value = serde_json::from_str(line).unwrap();
        assert_eq!(report["exit_code"], run.code, "{run:?}");
        assert_eq!(report["stderr"], run.stderr, "{run:?}");
        (run.code, answer.to_owned(), run.stderr.clone())
    };
    let (code, answer, stderr) = report(json!({ "report": true }));
    assert_eq!((code, stderr.as_str()), (3, ""));
    assert!(answer.starts_with(r#"{"schema":1,"user":"alice","outcome":"challenge""#), "{answer}");
    let (code, answer, stderr) = report(json!({ "report": true, "client": "é" }));
    assert_eq!((code, answer.as_str()), (2, ""));
    assert!(stderr.contains("--client must be"), "{stderr}");
    let (code, answer, stderr) = report(json!({ "report": true, "store": "/another" }));
    assert_eq!((code, answer.as_str()), (2, ""));
    assert!(stderr.contains("this verifier serves the store at"), "{stderr}");
    let run = ask(&sandbox, &request(json!({ "report": false })));
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
}
