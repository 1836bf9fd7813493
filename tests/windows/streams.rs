//! Arguments, output and exit codes of the real programs.

use crate::sandbox::{Sandbox, Secret, real_now};

/// Guards names in all scripts: on the command line, in documents, and in piped output.
#[test]
fn names_are_read_and_written_as_utf_8() {
    let sandbox = Sandbox::with_users(&[]);
    let real = sandbox.real();
    let names = ["Zoë", "東京", "Ωmega", "naïve😀", r"CORP\Ålesund"];
    let added = real.admin(&[&["users", "add"], &names[..]].concat());
    assert_eq!(added.code, 0, "{added:?}");
    let (table, csv) =
        (real.admin(&["users", "list"]), real.admin(&["users", "list", "--format", "csv"]));
    for name in names {
        let canonical = name.to_lowercase();
        assert!(table.stdout.contains(&canonical), "{name}: {table:?}");
        assert!(csv.stdout.contains(&canonical), "{name}: {csv:?}");
        let shown = real.verify(&["--qr", "none", "--", name], None);
        assert_eq!(shown.json()["user"], canonical, "{shown:?}");
        let code = Secret::of(&shown.json()).code(real_now());
        assert_eq!(real.verify(&["--", name], Some(&code)).reason(), "activated", "{name}");
    }
}

/// Guards the exit codes, which portals rely on.
#[test]
fn outcomes_are_exit_codes() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.at_real_time();
    let secret = sandbox.enrol("alice");
    let real = sandbox.real();
    let code = |args: &[&str], code: Option<&str>| real.verify(args, code).code;
    assert_eq!(code(&["--", "stranger"], None), 0);
    assert_eq!(code(&["--", "alice"], Some(&secret.wrong_code(real_now()))), 1);
    assert_eq!(code(&["--bogus"], None), 2);
    assert_eq!(code(&["--help"], None), 2);
    assert_eq!(code(&["--", "alice"], None), 3);
    assert_eq!(code(&["--end", "--", "alice"], None), 5);
    std::fs::remove_file(sandbox.path().join("key")).unwrap();
    assert_eq!(code(&["--", "alice"], None), 4);
}

/// Guards codes on standard input that end with a Windows line ending.
#[test]
fn a_code_may_end_with_crlf() {
    use std::io::Write;
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.at_real_time();
    let secret = sandbox.enrol("alice");
    let code = secret.code(sandbox.now() + 30);
    let mut child = sandbox.real().verifier(["--code-stdin", "--", "alice"]).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{code}\r\n").as_bytes()).unwrap();
    assert_eq!(crate::sandbox::finish(child).reason(), "code-accepted");
}

/// Guards colours: a pipe gets none unless they are requested.
#[test]
fn colours_appear_only_on_request() {
    let sandbox = Sandbox::with_users(&[]);
    let real = sandbox.real();
    let plain = real.admin(&["status"]);
    assert!(!plain.stdout.contains('\u{1b}'), "{plain:?}");
    assert!(plain.stdout.contains("two-factor authentication  on"), "{plain:?}");
    // Without a console, nothing interprets them; no text may be lost.
    let always = ["--color", "always", "status"];
    let run = real.admin(&always);
    assert!(run.stdout.contains("two-factor authentication"), "{run:?}");
    let mut command = real.tool(always);
    let run = crate::sandbox::finish(command.env("TERM", "xterm").spawn().unwrap());
    assert!(run.stdout.contains("\u{1b}["), "{run:?}");
    assert!(run.stdout.contains("two-factor authentication"), "{run:?}");
}
