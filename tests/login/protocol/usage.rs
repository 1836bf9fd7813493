//! Usage errors: exit code 2, and nothing on standard output that could be taken for an answer.

use crate::sandbox::{Sandbox, Secret};

/// Runs both programs on a store in which no one needs a code: every accepted call ends with 0.
fn both(
    sandbox: &Sandbox,
    args: &[&str],
    stdin: &[u8],
) -> [(&'static str, crate::sandbox::Run); 2] {
    let verify = if stdin.is_empty() {
        sandbox.verify(args, None)
    } else {
        sandbox.verify_with_stdin(args, stdin)
    };
    let code: &[&str] = if stdin.is_empty() { &[] } else { &["--code-stdin"] };
    let tool = sandbox.admin_with_stdin(&[&["verify"], code, args].concat(), stdin);
    [("rw2fa-verify", verify), ("rw2fa verify", tool)]
}

#[track_caller]
fn assert_refused(sandbox: &Sandbox, args: &[&str], stdin: &[u8]) {
    for (program, run) in both(sandbox, args, stdin) {
        assert_eq!(run.code, 2, "{program} {args:?}: {run:?}");
        assert_eq!(run.stdout, "", "{program} {args:?}");
        assert_ne!(run.stderr, "", "{program} {args:?}");
    }
}

#[test]
fn help_and_version_are_usage_errors_in_any_position() {
    let sandbox = Sandbox::new();
    for flag in ["--help", "-h", "--version", "-V"] {
        assert_refused(&sandbox, &[flag], b"");
        assert_refused(&sandbox, &[flag, "alice"], b"");
        assert_refused(&sandbox, &["alice", flag], b"");
        assert_refused(&sandbox, &["--session", "html5", flag, "--", "alice"], b"");
        assert_refused(&sandbox, &["--user", "alice", flag], b"");
        let run = sandbox.admin(&[flag, "verify", "alice"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "rw2fa {flag} verify: {run:?}");
    }
}

/// Guards against a store path that is not UTF-8 and so hides that the command is `verify`.
#[cfg(unix)]
#[test]
fn help_is_refused_after_a_store_of_any_name() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let mut command = Sandbox::new().real().tool(["--store"]);
    command.arg(OsString::from_vec(b"/tmp/\xff".to_vec())).args(["verify", "--help"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
}

#[test]
fn everything_after_two_dashes_is_a_user() {
    let sandbox = Sandbox::new();
    for user in ["--help", "-V", "--", "-x", "verify"] {
        for (program, run) in both(&sandbox, &["--", user], b"") {
            assert_eq!(run.code, 0, "{program} -- {user}: {run:?}");
        }
        let canonical = user.to_lowercase();
        assert_eq!(sandbox.verify(&["--", user], None).json()["user"], canonical);
        let option = format!("--user={user}");
        assert_eq!(sandbox.verify(&[&option], None).json()["user"], canonical);
    }
}

#[test]
fn unknown_words_and_missing_values_are_refused() {
    let sandbox = Sandbox::new();
    for args in [
        &[][..],
        &["--"],
        &["--bogus", "--", "alice"],
        &["-x", "--", "alice"],
        &["--session", "telnet", "--", "alice"],
        &["--session", "HTML5", "--", "alice"],
        &["--session", "--", "alice"],
        &["--session", "html5", "--session", "rdp", "--", "alice"],
        &["--qr", "gif", "--", "alice"],
        &["--format", "csv", "--", "alice"],
        &["--format", "xml", "--", "alice"],
        &["alice", "bob"],
        &["--user", "alice", "--", "bob"],
        &["--user", "alice", "--user", "bob"],
        &["--check", "--check", "--", "alice"],
        &["--check", "--end", "--", "alice"],
        &["--check", "--resend", "--", "alice"],
        &["--end", "--resend", "--", "alice"],
        &["--end", "--session", "html5", "--", "alice"],
        &["--group", "staff", "--no-groups", "--", "alice"],
        &["--code", "123456", "--", "alice"],
        &["--code-stdin=123456", "--", "alice"],
    ] {
        assert_refused(&sandbox, args, b"");
    }
}

#[test]
fn a_code_cannot_be_combined_with_check_end_or_resend() {
    let sandbox = Sandbox::new();
    for flag in ["--check", "--end", "--resend"] {
        assert_refused(&sandbox, &[flag, "--", "alice"], b"123456\n");
        assert_refused(&sandbox, &[flag, "--", "alice"], b"\xff\n");
        assert_ne!(sandbox.verify_with_stdin(&[flag, "--", "alice"], b"\n").code, 2, "no code");
    }
}

#[test]
fn an_invalid_name_is_refused_before_anything_is_decided() {
    let sandbox = Sandbox::new();
    let long = "a".repeat(257);
    let long_in_bytes = "é".repeat(129);
    for user in [
        "",
        " ",
        "\t",
        &long,
        &long_in_bytes,
        "ali\u{200b}ce",
        "ali\u{200d}ce",
        "\u{feff}alice",
        "alice\u{202e}",
        "\u{200f}alice",
        "ali\u{2066}ce",
        "ali\u{ad}ce",
        "ali\nce",
        "ali\u{1b}[2Jce",
        "ali\u{7f}ce",
        "ali\u{85}ce",
        "CORP\\",
        "\\alice",
        "alice@",
        "@corp.example",
        "A\\B\\alice",
        "CORP\\alice@corp.example",
        "alice＠corp.example",
    ] {
        assert_refused(&sandbox, &["--", user], b"");
        for (program, run) in both(&sandbox, &["--", user], b"") {
            let control = run.stderr.chars().any(|c| c.is_control() && c != '\n');
            assert!(!control, "{program}: {run:?}");
        }
    }
    let longest = "a".repeat(256);
    assert_eq!(sandbox.verify(&["--", &longest], None).code, 0);
    assert_eq!(sandbox.verify(&["--", " alice "], None).json()["user"], "alice");
}

/// Guards the ids of portal sessions: an invalid one is refused where the answer depends on the session, and
/// only there.
#[test]
fn a_client_is_printable_ascii_of_at_most_128_bytes() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    let long = "c".repeat(129);
    let invalid = ["", &long, "a\tb", "a\nb", "a\u{7f}", "é", "\u{200b}"];
    for client in invalid {
        for rest in [
            &["--", "alice"][..],
            &["--session", "html5", "--", "alice"],
            &["--end", "--", "alice"],
        ] {
            assert_refused(&sandbox, &[&["--client", client], rest].concat(), b"");
        }
        assert_eq!(sandbox.verify(&["--client", client, "--", "bob"], None).reason(), "not-listed");
    }
    let longest = "c".repeat(128);
    for client in [" ", "c1", "a b", "~!@#$%^&*()", &longest] {
        assert_eq!(sandbox.verify(&["--client", client, "--", "alice"], None).code, 3, "{client}");
    }
    sandbox.admin_ok(&["disable", "--yes"]);
    for client in invalid {
        assert_eq!(sandbox.verify(&["--client", client, "--", "alice"], None).reason(), "disabled");
    }
}

/// Guards that an address is for the trail only: no value refuses a login. It is recorded in a line that is safe
/// to show, and only an address becomes part of the message.
#[test]
fn any_address_is_recorded_and_refuses_no_login() {
    let long = "1".repeat(65);
    let cut = "1".repeat(64) + "…";
    for (address, recorded) in [
        ("192.0.2.7", Some("192.0.2.7")),
        ("fe80::1%eth0", Some("fe80::1%eth0")),
        ("192.0.2.7, 10.0.0.1", Some("192.0.2.7, 10.0.0.1")),
        ("192.0.2.7\n", Some("192.0.2.7")),
        ("\u{1b}[0m<b>", Some("\\u{1b}[0m<b>")),
        ("é", Some("é")),
        (&long, Some(cut.as_str())),
        ("", None),
    ] {
        let sandbox = Sandbox::with_users(&["alice"]);
        let address_option = format!("--ip={address}");
        let args = [address_option.as_str(), "--", "alice"];
        let secret = Secret::of(&sandbox.verify(&args, None).json());
        let run = sandbox.verify(&args, Some(&secret.code(sandbox.now())));
        assert_eq!(run.end(), (0, "activated".to_owned()), "{address:?}: {run:?}");
        assert!(!run.stdout.contains("<b>"), "{run:?}");
        let trail = sandbox.admin_ok(&["audit", "--format", "json"]);
        let trail: serde_json::Value = serde_json::from_str(&trail).unwrap();
        let last = trail["lines"].as_array().unwrap().last().unwrap();
        assert_eq!(last["ip"].as_str(), recorded, "{address:?}: {last}");
    }
}

/// Guards that a caller's mistake changes nothing.
#[test]
fn a_missing_client_is_a_usage_error_if_the_store_requires_one() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    sandbox.admin_ok(&["advanced", "set", "require-client", "true"]);
    let code = secret.code(sandbox.pass(30).now());
    let before = sandbox.contents();
    for args in
        [&["--", "alice"][..], &["--session", "html5", "--", "alice"], &["--check", "--", "alice"]]
    {
        assert_refused(&sandbox, args, b"");
    }
    assert_refused(&sandbox, &["--", "alice"], format!("{code}\n").as_bytes());
    assert_eq!(sandbox.contents(), before);
    let named = sandbox.verify(&["--client", "c1", "--", "alice"], Some(&code));
    assert_eq!(named.reason(), "code-accepted");
}

/// Guards portals that read only the exit code.
#[test]
fn real_processes_end_with_the_same_exit_codes() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let real = sandbox.real();
    for (args, code) in [
        (&["--", "bob"][..], 0),
        (&["--session", "rdp", "--", "alice"], 1),
        (&["--bogus"], 2),
        (&["--help"], 2),
        (&["--check", "--", "alice"], 3),
        (&["--end", "--", "alice"], 5),
    ] {
        assert_eq!(real.verify(args, None).code, code, "{args:?}");
        let tool = real.admin(&[&["verify", "--format", "json"], args].concat());
        assert_eq!(tool.code, code, "rw2fa verify {args:?}: {tool:?}");
    }
    std::fs::remove_file(sandbox.path().join("key")).unwrap();
    assert_eq!(real.verify(&["--", "alice"], None).code, 4);
}
