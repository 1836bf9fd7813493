//! The exact answers: every byte of JSON that a portal reads.

use crate::sandbox::{Sandbox, Secret, read_text_qr};

/// Creates a store with a known issuer.
fn store() -> Sandbox {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.admin_ok(&["advanced", "set", "issuer", "Example Ltd"]);
    sandbox
}

#[track_caller]
fn assert_answer(run: &crate::sandbox::Run, code: u8, expected: &str) {
    assert_eq!(run.stdout, format!("{expected}\n"), "{run:?}");
    assert_eq!((run.code, run.stderr.as_str()), (code, ""), "{run:?}");
}

#[test]
fn the_first_login_shows_secret_uri_and_qr_code() {
    let sandbox = store();
    let shown = sandbox.verify(&["--qr", "none", "--", "Alice"], None);
    let secret = Secret::of(&shown.json()).to_base32();
    assert_eq!(secret.len(), 32, "160 bits");
    assert_answer(
        &shown,
        3,
        &r#"{"schema":1,"user":"alice","outcome":"challenge","reason":"enrolment-required","method":"app","digits":6,"enrolled":false,"enrolment":{"uri":"otpauth://totp/Example%20Ltd:alice?secret=SECRET&issuer=Example%20Ltd&algorithm=SHA1&digits=6&period=30","secret":"SECRET"},"message":"Scan the QR code with your authenticator app, then enter the code that it shows.","language":"en"}"#
            .replace("SECRET", &secret),
    );
    let svg = sandbox.verify(&["--", "alice"], None).json();
    let drawn = svg["enrolment"]["qr"].as_str().unwrap();
    assert!(drawn.starts_with("<svg") || drawn.starts_with("<?xml"), "{drawn:.60}");
    assert_eq!(sandbox.verify(&["--qr", "svg", "--", "alice"], None).json(), svg);
    let png = sandbox.verify(&["--qr", "png", "--", "alice"], None).json();
    let drawn = png["enrolment"]["qr"].as_str().unwrap();
    assert!(drawn.starts_with("data:image/png;base64,"), "{drawn:.60}");
}

#[test]
fn the_qr_code_contains_the_uri() {
    let sandbox = store();
    let answer = sandbox.verify(&["--qr", "png", "--", "alice"], None).json();
    let data = answer["enrolment"]["qr"].as_str().unwrap();
    let base64 = data.strip_prefix("data:image/png;base64,").unwrap();
    let bytes = data_encoding::BASE64.decode(base64.as_bytes()).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    let (width, height) = (frame.width as usize, frame.height as usize);
    let dark = |x: usize, y: usize| match frame.bit_depth {
        png::BitDepth::One => pixels[y * frame.line_size + x / 8] >> (7 - x % 8) & 1 == 0,
        _ => pixels[y * frame.line_size + x * frame.color_type.samples()] < 128,
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        if dark(x, y) { 0 } else { 255 }
    });
    let (_, text) = image.detect_grids()[0].decode().unwrap();
    assert_eq!(text, answer["enrolment"]["uri"].as_str().unwrap());
}

/// Guards callers that show the code on a terminal: plain lines that a phone can read.
#[test]
fn the_qr_code_as_text_contains_the_uri() {
    let sandbox = store();
    let answer = sandbox.verify(&["--qr=utf8", "--", "alice"], None).json();
    let drawn = answer["enrolment"]["qr"].as_str().unwrap();
    assert_eq!(read_text_qr(drawn), answer["enrolment"]["uri"].as_str().unwrap());
    assert!(drawn.ends_with('\n') && drawn.chars().all(|c| "█▀▄ \n".contains(c)), "{drawn}");
    let widths: Vec<usize> = drawn.lines().map(|line| line.chars().count()).collect();
    assert!(widths.iter().all(|width| *width == widths[0] && *width < 80), "{widths:?}");
}

#[test]
fn a_right_code_earns_a_grant() {
    let sandbox = store();
    let shown = sandbox.verify(&["--ip", "192.0.2.7", "--", "alice"], None);
    let secret = Secret::of(&shown.json());
    assert_answer(
        &sandbox.login("alice", &secret),
        0,
        r#"{"schema":1,"user":"alice","outcome":"grant","reason":"activated","method":"app","enrolled":true,"grant":{"validated":"2026-11-24T08:00:00Z","open_before":"2026-11-24T09:00:00Z","valid_until":null},"message":"Your authenticator app is set up and you are signed in. The QR code was shown once, just now, to 192.0.2.7.","language":"en"}"#,
    );
    assert_answer(
        &sandbox.at(30).login("alice", &secret),
        0,
        r#"{"schema":1,"user":"alice","outcome":"grant","reason":"code-accepted","method":"app","enrolled":true,"grant":{"validated":"2026-11-24T08:00:30Z","open_before":"2026-11-24T09:00:30Z","valid_until":null},"message":"You are signed in.","language":"en"}"#,
    );
    assert_answer(
        &sandbox.at(90).verify(&["--session", "remoteapp", "--", "alice"], None),
        0,
        r#"{"schema":1,"user":"alice","outcome":"grant","reason":"session-valid","method":"app","enrolled":true,"grant":{"validated":"2026-11-24T08:00:30Z","open_before":"2026-11-24T09:00:30Z","valid_until":"2026-11-24T16:01:30Z"},"message":"Your session is opening.","language":"en"}"#,
    );
    assert_answer(
        &sandbox
            .at(60)
            .verify(&["--session", "html5", "--", "alice"], Some(&secret.code(sandbox.now()))),
        0,
        r#"{"schema":1,"user":"alice","outcome":"grant","reason":"code-accepted","method":"app","enrolled":true,"grant":{"validated":"2026-11-24T08:01:00Z","open_before":"2026-11-24T09:01:00Z","valid_until":"2026-11-24T16:01:00Z"},"message":"You are signed in.","language":"en"}"#,
    );
}

#[test]
fn refusals_say_what_to_do_next() {
    let sandbox = store();
    let secret = sandbox.enrol("alice");
    let wrong = secret.wrong_code(sandbox.now());
    assert_answer(
        &sandbox.login("alice", &secret),
        1,
        r#"{"schema":1,"user":"alice","outcome":"deny","reason":"code-used","method":"app","digits":6,"enrolled":true,"message":"This code was already used. Wait for your app's next code and enter that one.","language":"en"}"#,
    );
    for left in [4, 3, 2, 1] {
        let message = match left {
            1 => "The code is wrong. One more wrong code locks your account for a while.",
            _ => "The code is wrong. Check the clock of your device and try the next code.",
        };
        assert_answer(
            &sandbox.verify(&["--", "alice"], Some(&wrong)),
            1,
            &format!(
                r#"{{"schema":1,"user":"alice","outcome":"deny","reason":"wrong-code","method":"app","digits":6,"enrolled":true,"attempts_left":{left},"message":"{message}","language":"en"}}"#
            ),
        );
    }
    let locked = r#"{"schema":1,"user":"alice","outcome":"deny","reason":"locked","method":"app","enrolled":true,"retry_after":60,"message":"Too many wrong codes. Try again in 1 min with a new code.","language":"en"}"#;
    assert_answer(&sandbox.verify(&["--", "alice"], Some(&wrong)), 1, locked);
    assert_answer(&sandbox.verify(&["--", "alice"], None), 1, locked);
    sandbox.set_failures("alice", 100);
    assert_answer(
        &sandbox.verify(&["--", "alice"], None),
        1,
        r#"{"schema":1,"user":"alice","outcome":"deny","reason":"locked","method":"app","enrolled":true,"retry_after":null,"message":"Too many wrong codes. Only your administrator can unlock your account.","language":"en"}"#,
    );
}

#[test]
fn challenges_say_what_to_enter() {
    let sandbox = store();
    assert_answer(
        &sandbox.verify(&["--session", "html5", "--", "alice"], None),
        3,
        r#"{"schema":1,"user":"alice","outcome":"challenge","reason":"code-required","method":"app","digits":6,"enrolled":false,"message":"Enter the 6 digits that your app shows.","language":"en"}"#,
    );
    assert_answer(
        &sandbox.verify(&["--check", "--", "alice"], None),
        3,
        r#"{"schema":1,"user":"alice","outcome":"challenge","reason":"enrolment-required","method":"app","digits":6,"enrolled":false,"message":"Scan the QR code with your authenticator app, then enter the code that it shows.","language":"en"}"#,
    );
    sandbox.enrol("alice");
    assert_answer(
        &sandbox.verify(&["--", "alice"], None),
        3,
        r#"{"schema":1,"user":"alice","outcome":"challenge","reason":"code-required","method":"app","digits":6,"enrolled":true,"message":"Enter the 6 digits that your app shows.","language":"en"}"#,
    );
}

#[test]
fn answers_that_involve_no_code_are_short() {
    let off = Sandbox::new();
    assert_answer(
        &off.verify(&["--", "CORP\\Alice"], None),
        0,
        r#"{"schema":1,"user":"corp\\alice","outcome":"grant","reason":"disabled","message":"No code is needed.","language":"en"}"#,
    );
    let sandbox = store();
    assert_answer(
        &sandbox.verify(&["--", "bob"], None),
        0,
        r#"{"schema":1,"user":"bob","outcome":"grant","reason":"not-listed","message":"No code is needed.","language":"en"}"#,
    );
    assert_answer(
        &sandbox.verify(&["--session", "rdp", "--", "alice"], None),
        1,
        r#"{"schema":1,"user":"alice","outcome":"deny","reason":"rdp-not-allowed","message":"You may not connect by RDP. Use the web portal, or ask your administrator.","language":"en"}"#,
    );
    assert_answer(
        &sandbox.verify(&["--end", "--", "alice"], None),
        5,
        r#"{"schema":1,"user":"alice","outcome":"ended","reason":"ended","message":"You are signed out.","language":"en"}"#,
    );
}

#[test]
fn rw2fa_verify_gives_the_same_answers_and_defaults_to_text() {
    let sandbox = store();
    let expected = sandbox.verify(&["--qr", "none", "--check", "--", "alice"], None);
    let same = sandbox.admin(&["verify", "--format", "json", "--check", "--", "alice"]);
    assert_eq!(same, expected);
    let text = sandbox.admin(&["verify", "--check", "--", "alice"]);
    assert_eq!(text.code, 3);
    assert!(text.stdout.starts_with("alice: challenge (enrolment-required)\n"), "{text:?}");
    let text = sandbox.verify(&["--format", "text", "--", "bob"], None);
    assert_eq!(text.code, 0);
    assert_eq!(text.stdout, "bob: grant (not-listed)\nNo code is needed.\n");
}
