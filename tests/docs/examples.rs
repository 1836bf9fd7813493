//! Runs the programs in `examples/`, so that what newcomers try first keeps working.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::sandbox::has;

/// The directory of the programs under test.
fn programs() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap().to_owned()
}

/// The phone example, built now if this run of cargo did not build examples.
fn phone() -> PathBuf {
    let phone = programs().join("examples/phone");
    if !phone.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--offline", "--example", "phone"]);
        cargo.arg("--target-dir").arg(programs().parent().unwrap());
        if programs().ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "the phone example does not build");
    }
    phone
}

/// Runs the phone with `input` on standard input.
fn ask_phone(args: &[&str], input: &str) -> Output {
    run_with_input(Command::new(phone()).args(args), input)
}

fn run_with_input(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    // A program that rejects its arguments does not read its input.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The secret of RFC 6238, appendix B.
const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Guards the phone's codes against the vectors of RFC 6238, and that it takes the number of digits
/// from a URI.
#[test]
fn the_phone_shows_the_codes_of_the_rfc() {
    let uri = |rest: &str| format!("otpauth://totp/srv%20x:alice?secret={RFC}&issuer=srv{rest}");
    for (args, input, code) in [
        (vec!["--at", "59", "--digits", "8"], RFC.to_owned(), "94287082"),
        (vec!["--at", "59"], RFC.to_lowercase(), "287082"),
        (vec!["--at", "1111111109"], uri("&algorithm=SHA1&digits=8&period=30"), "07081804"),
        (vec!["--at", "1111111109"], uri(""), "081804"),
        (vec!["--at", "2000000000", "--digits", "4"], uri("&digits=8"), "9037"),
    ] {
        let output = ask_phone(&args, &format!("{input}\n"));
        assert_eq!(text(&output.stdout), format!("{code}\n"), "{args:?} {input}");
        assert!(output.status.success());
    }
}

/// Guards that the phone rejects what it cannot compute, and never repeats a secret in its
/// messages.
#[test]
fn the_phone_refuses_what_it_does_not_know() {
    for input in [
        "",
        "no secret at all",
        "otpauth://hotp/x:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=1",
        "otpauth://totp/x:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA256",
        "otpauth://totp/x:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=60",
        "otpauth://totp/x:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=13",
        "otpauth://totp/x:alice?issuer=x",
    ] {
        let output = ask_phone(&[], &format!("{input}\n"));
        assert_eq!(output.status.code(), Some(1), "{input}");
        assert!(output.stdout.is_empty(), "{input}");
        let message = text(&output.stderr);
        assert!(message.starts_with("phone: ") && !message.contains(RFC), "{input}: {message}");
    }
    // Secrets are not accepted as arguments.
    assert_eq!(ask_phone(&[RFC], "").status.code(), Some(2));
}

/// Guards the phone against a second implementation, oathtool, at the current time.
#[test]
fn the_phone_agrees_with_oathtool() {
    let oathtool = |digits: &str| {
        let mut command = Command::new("oathtool");
        run_with_input(
            command.args(["--totp", "--base32", "--now", "2026-11-24 08:00:00 UTC"]).args([
                "--digits", digits, "-", // the secret from standard input
            ]),
            RFC,
        )
    };
    if !has("oathtool", "apt-get install oathtool") {
        return;
    }
    for digits in ["6", "7", "8"] {
        let expected = oathtool(digits);
        assert!(expected.status.success(), "{}", text(&expected.stderr));
        let output = ask_phone(&["--at", "1795507200", "--digits", digits], RFC);
        assert_eq!(text(&output.stdout), text(&expected.stdout), "{digits} digits");
    }
}

/// Runs the quick start without a terminal, from another directory, in a nearly empty environment.
fn quickstart(programs: &Path, temporary: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart.sh");
    let mut command = Command::new(script);
    command.arg("--bin").arg(programs).current_dir(temporary).env_clear();
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("TMPDIR", temporary);
    run_with_input(&mut command, "")
}

/// Guards that the quick start runs through, draws a QR code, and leaves nothing behind.
#[test]
fn the_quick_start_runs_through() {
    phone();
    let temporary = tempfile::tempdir().unwrap();
    let output = quickstart(&programs(), temporary.path());
    let (shown, complaints) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{shown}\n{complaints}");
    for part in ["\"activated\"", "\"code-used\"", "\"session-valid\"", "█▀▀▀▀▀█", "Next:"]
    {
        assert!(shown.contains(part), "{part} is not in:\n{shown}");
    }
    let left: Vec<_> = temporary.path().read_dir().unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Guards that the quick start notices when a step goes wrong: here, a verifier that lets everyone
/// in.
#[test]
fn the_quick_start_fails_when_a_step_goes_wrong() {
    let temporary = tempfile::tempdir().unwrap();
    let broken = temporary.path().join("bin");
    std::fs::create_dir_all(broken.join("examples")).unwrap();
    std::os::unix::fs::symlink(programs().join("rw2fa"), broken.join("rw2fa")).unwrap();
    std::os::unix::fs::symlink(phone(), broken.join("examples/phone")).unwrap();
    std::os::unix::fs::symlink("/bin/true", broken.join("rw2fa-verify")).unwrap();
    let output = quickstart(&broken, temporary.path());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("ended with 0 instead of 3"));
}
