//! Codes: which are valid, and that each is accepted once.

use super::enrol_with_distinct_codes;
use crate::sandbox::{Sandbox, Secret, T0};

/// Noon, four hours after the tests start.
const NOON: i64 = 4 * 3600;

fn end(sandbox: &Sandbox, code: &str) -> (u8, String) {
    sandbox.verify(&["--", "alice"], Some(code)).end()
}

#[test]
fn the_window_ends_at_the_documented_steps() {
    for (device, expected) in [
        (NOON - 80, "code-accepted"),  // 11:58:40, 3 steps behind
        (NOON - 100, "wrong-code"),    // 11:58:20, 4 steps behind
        (NOON + 119, "code-accepted"), // 12:01:59, 3 steps ahead
        (NOON + 120, "wrong-code"),    // 12:02:00, 4 steps ahead
        (NOON, "code-accepted"),       // shows 14:00 in UTC+2
    ] {
        let sandbox = Sandbox::with_users(&["alice"]);
        sandbox.set("discrepancy", "3");
        let secret = enrol_with_distinct_codes(&sandbox, "alice", 0..500);
        sandbox.at(NOON);
        let run = sandbox.verify(&["--", "alice"], Some(&secret.code(T0 + device)));
        assert_eq!(run.reason(), expected, "device at noon {:+} s", device - NOON);
    }
}

#[test]
fn by_default_a_device_may_be_off_by_exactly_four_hours() {
    for (device, expected) in [
        (NOON - 4 * 3600, "code-accepted"),
        (NOON - 4 * 3600 - 1, "wrong-code"),
        (NOON + 4 * 3600 + 29, "code-accepted"),
        (NOON + 4 * 3600 + 30, "wrong-code"),
    ] {
        let sandbox = Sandbox::with_users(&["alice"]);
        sandbox.at(-86_400);
        let secret = sandbox.enrol("alice");
        let code = secret.code(T0 + device);
        let mut others = (-480..=480).map(|step| secret.code(T0 + NOON + 30 * step));
        if expected == "wrong-code" && others.any(|other| other == code) {
            continue;
        }
        sandbox.at(NOON);
        assert_eq!(sandbox.verify(&["--", "alice"], Some(&code)).reason(), expected, "{device}");
    }
}

#[test]
fn a_discrepancy_of_zero_accepts_only_the_current_code() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("discrepancy", "0");
    let secret = enrol_with_distinct_codes(&sandbox, "alice", -10..20);
    sandbox.at(300);
    assert_eq!(end(&sandbox, &secret.code(T0 + 299)).1, "wrong-code");
    assert_eq!(end(&sandbox, &secret.code(T0 + 330)).1, "wrong-code");
    assert_eq!(end(&sandbox, &secret.code(T0 + 329)).1, "code-accepted");
}

#[test]
fn a_code_is_accepted_once() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = enrol_with_distinct_codes(&sandbox, "alice", -10..60);
    let code = secret.code(sandbox.at(600).now());
    assert_eq!(end(&sandbox, &code), (0, "code-accepted".to_owned()));
    for later in [0, 29, 30, 600] {
        assert_eq!(end(sandbox.at(600 + later), &code), (1, "code-used".to_owned()), "{later}");
    }
    for earlier in [0, 300, 570] {
        let code = secret.code(T0 + earlier);
        assert_eq!(end(&sandbox, &code).1, "code-used", "a step before the last one: {earlier}");
    }
    assert_eq!(sandbox.show("alice")["failures"], 0, "a used code is not charged");
    assert_eq!(end(sandbox.at(1230), &secret.code(T0 + 1230)).1, "code-accepted");
}

#[test]
fn the_activating_code_counts_as_used() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    assert_eq!(end(&sandbox, &secret.code(T0)), (1, "code-used".to_owned()));
}

#[test]
fn spaces_and_dashes_in_a_code_are_ignored() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let forms: [fn(&str) -> String; 5] = [
        |code| format!("  {code}  "),
        |code| format!("{} {}", &code[..3], &code[3..]),
        |code| format!("{}-{}", &code[..3], &code[3..]),
        |code| format!("{code}\r"),
        |code| format!("\t{code}\t"),
    ];
    for form in forms {
        let typed = form(&secret.code(sandbox.pass(30).now()));
        assert_eq!(end(&sandbox, &typed).1, "code-accepted", "{typed:?}");
    }
}

#[test]
fn leading_zeros_are_part_of_a_code() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let mut times = (1..).map(|step| T0 + 30 * step);
    let time = times.find(|time| secret.code(*time).starts_with('0')).unwrap();
    let code = secret.code(time);
    sandbox.at(time - T0);
    assert_eq!(end(&sandbox, &code[1..]).1, "wrong-code");
    assert_eq!(end(&sandbox, &format!("0{code}")).1, "wrong-code");
    assert_eq!(end(&sandbox, &code).1, "code-accepted");
}

#[test]
fn an_empty_line_is_not_a_code() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    for stdin in [
        &b""[..],
        b"\n",
        b"\r\n",
        b"  \t \n",
        "\u{a0}\u{3000}\n".as_bytes(),
        "\u{200b}\u{200e}\n".as_bytes(),
        b"\0",
        b"\r\0",
    ] {
        let run = sandbox.verify_with_stdin(&["--", "alice"], stdin);
        assert_eq!(run.end(), (3, "code-required".to_owned()), "{stdin:?}");
    }
}

#[test]
fn input_that_cannot_be_a_code_is_wrong_and_never_charged() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let code = secret.code(sandbox.pass(30).now());
    let long = "1".repeat(300);
    let padded = format!("{code}{}", " ".repeat(300));
    let typed: Vec<&[u8]> = vec![
        b"abcdef",
        b"12345a",
        &code.as_bytes()[..5],
        b"1234567",
        b"+12345",
        b"-",
        b"1.2345",
        b"0x1234",
        long.as_bytes(),
        padded.as_bytes(),
        b"\xff\xfe123456",
        b"\xff123456",
        b"123456\x00\x00",
        b"123\x00456",
        b"1\x002\x003\x004\x005\x006\x00\r\x00",
        b"\x1b[A",
        "12345²".as_bytes(),
        b"' OR 1=1 --",
    ];
    let before = sandbox.show("alice");
    for typed in typed {
        let run = sandbox.verify_with_stdin(&["--", "alice"], &[typed, b"\n"].concat());
        assert_eq!(run.end(), (1, "wrong-code".to_owned()), "{}", typed.escape_ascii());
        assert_eq!(run.json()["attempts_left"], 5, "{}", typed.escape_ascii());
        let message =
            "This is not a code. A code has 6 digits. A recovery code has 16 letters and digits.";
        assert_eq!(run.json()["message"], message, "{}", typed.escape_ascii());
        assert_eq!(sandbox.show("alice"), before, "{}", typed.escape_ascii());
    }
    assert_eq!(end(&sandbox, &code).1, "code-accepted");
}

/// Guards what people type and paste, and what programs write after it: every spelling of a code is that code,
/// which is accepted once.
#[test]
fn every_spelling_of_a_code_is_the_same_code() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let in_script = |code: &str, zero: u32| -> String {
        let digit = |c: char| char::from_u32(zero + c.to_digit(10).unwrap()).unwrap();
        code.chars().map(digit).collect()
    };
    let spellings: &[&dyn Fn(&str) -> String] = &[
        &|code| in_script(code, 0xff10),
        &|code| in_script(code, 0x660),
        &|code| in_script(code, 0x6f0),
        &|code| in_script(code, 0x966),
        &|code| format!("{}\u{a0}{}", &code[..3], &code[3..]),
        &|code| format!("{}\t{}", &code[..3], &code[3..]),
        &|code| format!("{}\u{2009}{}", &code[..3], &code[3..]),
        &|code| format!("{}\u{2013}{}", &code[..3], &code[3..]),
        &|code| format!("{}\u{2011}{}", &code[..3], &code[3..]),
        &|code| format!("\u{200f}{}\u{200b}{}\u{200e}", &code[..3], &code[3..]),
        &|code| format!("\u{feff}{code}"),
        &|code| format!("{code}\0"),
        &|code| format!("{code}\r\n\0"),
        &|code| format!("{code}\0\n"),
    ];
    for spelling in spellings {
        let code = secret.code(sandbox.pass(30).now());
        let typed = spelling(&code);
        assert_eq!(end(&sandbox, &typed), (0, "code-accepted".to_owned()), "{typed:?}");
        for spelling in spellings {
            let again = spelling(&code);
            assert_eq!(end(&sandbox, &again).1, "code-used", "{typed:?}, then {again:?}");
        }
    }
}

/// Guards the cause of input that is not text: the user reads what a code looks like, and standard error says
/// what is wrong, but never the code.
#[test]
fn standard_error_says_why_input_is_not_text() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let code = secret.code(sandbox.pass(30).now());
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    for (input, words) in [
        (utf16(&format!("\u{feff}{code}\r\n")), "standard input is UTF-16"),
        (utf16(&format!("{code}\r\n")), "standard input is UTF-16"),
        ([code.as_bytes(), b"\xe9\n"].concat(), "standard input is not UTF-8"),
        (
            format!("{code}{}\n", " ".repeat(300)).into_bytes(),
            "the line on standard input is too long",
        ),
    ] {
        let run = sandbox.verify_with_stdin(&["--", "alice"], &input);
        assert_eq!(run.end(), (1, "wrong-code".to_owned()), "{words}: {run:?}");
        assert!(run.stderr.contains(words) && run.stderr.contains("\nhint: "), "{run:?}");
        assert!(!run.stderr.contains(&code) && !run.stdout.contains(&code), "{run:?}");
        // Nothing is wrong for a user who needs no code.
        let run = sandbox.verify_with_stdin(&["--", "bob"], &input);
        assert_eq!((run.reason(), run.stderr), ("not-listed".to_owned(), String::new()));
    }
    assert_eq!(end(&sandbox, &code).1, "code-accepted", "nothing was charged or used up");
}

#[test]
fn only_the_first_line_is_read() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let code = secret.code(sandbox.pass(30).now());
    let below = sandbox.verify_with_stdin(&["--", "alice"], format!("\n{code}\n").as_bytes());
    assert_eq!(below.reason(), "code-required");
    let first = sandbox.verify_with_stdin(&["--", "alice"], format!("{code}\nx\n").as_bytes());
    assert_eq!(first.reason(), "code-accepted");
}

/// Guards standard input: nothing on it is taken for a code unless the portal says so.
#[test]
fn without_code_stdin_nothing_is_read() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let code = secret.code(sandbox.pass(30).now());
    let mut child = sandbox.real().verifier(["--", "alice"]).spawn().unwrap();
    // A program that has already ended does not read.
    let _ = std::io::Write::write_all(child.stdin.as_mut().unwrap(), code.as_bytes());
    assert_eq!(crate::sandbox::finish(child).reason(), "code-required");
}

#[test]
fn every_user_keeps_the_number_of_digits_they_enrolled_with() {
    let names: Vec<String> = (4..=12).map(|digits| format!("user{digits}")).collect();
    let users: Vec<&str> = names.iter().map(String::as_str).collect();
    let sandbox = Sandbox::with_users(&users);
    let mut secrets = Vec::new();
    for (digits, user) in (4..=12).zip(&users) {
        sandbox.set("digits", &digits.to_string());
        let shown = sandbox.verify(&["--", user], None).json();
        assert_eq!(shown["digits"], digits);
        let uri = shown["enrolment"]["uri"].as_str().unwrap();
        assert!(uri.contains(&format!("&digits={digits}&")), "{uri}");
        let secret = Secret::of(&shown);
        let code = secret.code_of(sandbox.now(), digits);
        assert_eq!(code.len(), digits);
        let run = sandbox.verify(&["--", user], Some(&code));
        assert_eq!(run.end(), (0, "activated".to_owned()), "{digits} digits");
        secrets.push(secret);
    }
    for other in ["6", "12", "4"] {
        sandbox.set("digits", other);
        sandbox.pass(300);
        for ((digits, user), secret) in (4..=12).zip(&users).zip(&secrets) {
            let asked = sandbox.verify(&["--", user], None).json();
            assert_eq!(asked["digits"], digits);
            let shorter = secret.code_of(sandbox.now(), digits - 1);
            let run = sandbox.verify(&["--", user], Some(&shorter));
            assert_eq!(run.reason(), "wrong-code", "{digits} digits, one missing");
            let code = secret.code_of(sandbox.now(), digits);
            let run = sandbox.verify(&["--", user], Some(&code));
            assert_eq!(run.end(), (0, "code-accepted".to_owned()), "{digits} digits");
            assert_eq!(sandbox.show(user)["digits"], digits);
        }
    }
}

/// Guards against easy guesses with few digits: with four, the window is ± 4 steps.
#[test]
fn few_digits_narrow_the_window() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("digits", "4");
    let (secret, at) = loop {
        let secret = Secret::of(&sandbox.verify(&["--", "alice"], None).json());
        let codes: Vec<_> = (0..=20).map(|step| secret.code_of(T0 + 30 * step, 4)).collect();
        let mut sorted = codes.clone();
        sorted.sort();
        sorted.dedup();
        if sorted.len() == codes.len() {
            break (secret, T0 + 300);
        }
        sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    };
    assert_eq!(end(&sandbox, &secret.code_of(T0, 4)).1, "activated");
    sandbox.at(300);
    assert_eq!(end(&sandbox, &secret.code_of(at + 150, 4)).1, "wrong-code");
    assert_eq!(end(&sandbox, &secret.code_of(at - 150, 4)).1, "wrong-code");
    assert_eq!(end(&sandbox, &secret.code_of(at - 120, 4)).1, "code-accepted");
    assert_eq!(end(&sandbox, &secret.code_of(at + 120, 4)).1, "code-accepted");
}

#[test]
fn the_help_desk_can_check_a_code_without_spending_it() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let code = secret.code(sandbox.pass(30).now());
    let test = |code: &str| {
        sandbox.admin_with_stdin(&["users", "test", "alice", "--code-stdin"], code.as_bytes()).code
    };
    assert_eq!(test(&code), 0);
    assert_eq!(test(&secret.wrong_code(sandbox.now())), 1);
    assert_eq!(sandbox.show("alice")["failures"], 1, "charged as at a login");
    assert_eq!(end(&sandbox, &code).1, "code-accepted");
}
