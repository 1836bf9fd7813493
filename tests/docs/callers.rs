//! The callers of the verifier in `examples/callers/`, each run through its `main`, as from a
//! terminal.
#![expect(clippy::disallowed_methods, reason = "a test may write files as it likes")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::dotnet::Sdk;
use crate::pages::repository;
use crate::programs::{build_phone, command, run, rw2fa, shell, stdout_of};
use crate::sandbox::{has, write_script};

/// Creates a store in which alice has to enrol, and returns the code that her phone shows.
fn pending_alice(directory: &Path) -> String {
    build_phone();
    rw2fa(directory, &["init"]);
    rw2fa(directory, &["users", "add", "alice"]);
    rw2fa(directory, &["enable"]);
    let script = "rw2fa verify --no-groups -- alice | sed -n 's/^secret *//p' | phone";
    stdout_of(&shell(script, directory)).trim().to_owned()
}

/// Returns another code of the same length.
fn wrong(code: &str) -> String {
    let other = |digit: char| if digit == '5' { '4' } else { '5' };
    code.chars().map(other).collect()
}

/// A caller of the verifier, with its own working directory.
struct Caller<'a> {
    start: &'a [&'a str],
    directory: tempfile::TempDir,
}

impl Caller<'_> {
    fn directory(&self) -> &Path {
        self.directory.path()
    }

    fn run(&self, args: &[&str], code: &str) -> Output {
        let mut caller = command(self.start[0], self.directory());
        // Names must arrive as UTF-8 even in a locale whose character set has none of their letters.
        caller.args(&self.start[1..]).args(args).env("LC_ALL", "C");
        run(&mut caller, &format!("{code}\n"))
    }

    /// Runs the caller, which must exit with this code and print only this reason.
    #[track_caller]
    fn expect(&self, args: &[&str], code: &str, expected: (i32, &str)) -> Output {
        let output = self.run(args, code);
        let text = stdout_of(&output);
        let answer = (output.status.code().unwrap_or(-1), text.trim_end());
        assert_eq!(answer, expected, "{:?} {args:?}: {output:?}", self.start);
        output
    }

    /// Replaces the real verifier with a fake one.
    fn fake(&self, script: &str) {
        let bin = self.directory().join("bin");
        fs::create_dir_all(&bin).unwrap();
        write_script(&bin.join("rw2fa-verify"), script);
    }
}

/// Names that a shell, an option parser or a quoting rule could change.
const NAMES: [&str; 10] = [
    "--help",
    "-x",
    "two words",
    " ",
    "\"double\" 'single'",
    "back\\slash\\\\\" \\",
    "$(touch found) `touch found` $HOME; touch found",
    "%PATH% !x! ^& *",
    "Zoë Åström",
    "李雷 😀",
];

/// Runs a caller with the real verifier, then with fake ones.
fn check(start: &[&str]) {
    let caller = Caller { start, directory: tempfile::tempdir().unwrap() };
    check_logins(&caller);
    check_arguments(&caller);
    check_bad_answers(&caller);
    check_long_output(&caller);
    check_hanging(&caller);
    check_missing(&caller);
}

/// Checks each kind of answer of the real verifier.
fn check_logins(caller: &Caller<'_>) {
    let code = pending_alice(caller.directory());
    caller.expect(&["alice"], "", (1, "enrolment-required"));
    caller.expect(&["alice"], &wrong(&code), (1, "wrong-code"));
    caller.expect(&["alice"], "x".repeat(300).as_str(), (1, "wrong-code"));
    caller.expect(&["alice"], &code, (0, "activated"));
    caller.expect(&["alice"], &code, (1, "code-used"));
    caller.expect(&["alice"], "", (1, "code-required"));
    caller.expect(&["alice", "--session", "rdp"], &code, (1, "rdp-not-allowed"));
    caller.expect(&["bob", "--session", "rdp"], "", (0, "not-listed"));
    // A caller that passed the name as an option would get exit code 2.
    for name in ["bob", "--help", "-x", "two words", "Zoë Åström"] {
        caller.expect(&[name], "", (0, "not-listed"));
    }
    caller.expect(&["bob", "--session", "no-such-kind"], "", (1, "wrong-call"));
    fs::remove_dir_all(caller.directory().join("store")).unwrap();
    let output = caller.expect(&["bob"], "", (1, "store"));
    assert!(!output.stderr.is_empty(), "standard error of the verifier is lost");
}

/// Checks that names arrive unchanged, and that the code arrives on standard input only.
fn check_arguments(caller: &Caller<'_>) {
    caller.fake("printf '%s\\n' \"$@\" >arguments\ncat >input");
    for name in NAMES {
        caller.expect(&[name], "123 456", (1, "bad-answer"));
        let read = |file| fs::read_to_string(caller.directory().join(file)).unwrap();
        assert_eq!(read("arguments"), format!("--code-stdin\n--no-groups\n--\n{name}\n"));
        assert_eq!(read("input"), "123 456\n");
        assert!(!caller.directory().join("found").exists(), "a shell saw the name");
    }
}

/// Checks that only a single document with `grant`, together with exit code 0, lets a user in.
fn check_bad_answers(caller: &Caller<'_>) {
    let answer = |outcome: &str| {
        format!(r#"{{"schema":1,"user":"u","outcome":"{outcome}","reason":"fake","message":"é"}}"#)
    };
    let grant = answer("grant");
    let of_schema = |schema: &str| grant.replace("\"schema\":1", schema);
    let cut = &grant[..grant.len() - 1];
    for (printed, end, expected) in [
        (grant.as_str(), "exit 0", (0, "fake")),
        (&answer("deny"), "exit 1", (1, "fake")),
        (&answer("ended"), "exit 5", (1, "fake")),
        ("", "exit 0", (1, "bad-answer")),
        ("grant", "exit 0", (1, "bad-answer")),
        ("null", "exit 0", (1, "bad-answer")),
        ("\"grant\"", "exit 0", (1, "bad-answer")),
        (&answer("deny"), "exit 0", (1, "bad-answer")),
        (&answer("Grant"), "exit 0", (1, "bad-answer")),
        (&answer("grant "), "exit 0", (1, "bad-answer")),
        (&answer("grant\\n"), "exit 0", (1, "bad-answer")),
        (&answer("toString"), "exit 0", (1, "bad-answer")),
        (&grant, "exit 1", (1, "bad-answer")),
        (&grant, "exit 4", (1, "bad-answer")),
        (&grant, "exit 77", (1, "bad-answer")),
        (&grant, "exit 2", (1, "wrong-call")),
        (&grant, "kill -9 $$", (1, "killed")),
        (cut, "exit 0", (1, "bad-answer")),
        (&cut[..40], "exit 0", (1, "bad-answer")),
        (&format!("{grant}{grant}"), "exit 0", (1, "bad-answer")),
        (&format!("{grant}\n{}", answer("deny")), "exit 0", (1, "bad-answer")),
        (&format!("{grant} x"), "exit 0", (1, "bad-answer")),
        (&format!("x {grant}"), "exit 0", (1, "bad-answer")),
        (&format!("[{grant}]"), "exit 0", (1, "bad-answer")),
        (&of_schema("\"schema\":2"), "exit 0", (1, "bad-answer")),
        (&of_schema("\"schema\":\"1\""), "exit 0", (1, "bad-answer")),
        (&of_schema("\"schema\":true"), "exit 0", (1, "bad-answer")),
        (&of_schema("\"other\":1"), "exit 0", (1, "bad-answer")),
        (&grant.replace("\"fake\"", "7"), "exit 0", (1, "bad-answer")),
        (&grant.replace('é', "\\u00e9\\\"\\n\\\\"), "exit 0", (0, "fake")),
        (&grant.replace('é', "\\x"), "exit 0", (1, "bad-answer")),
        (
            &grant.replace("1,", "1,\"a\":[1.5e3,{},[],null,{\"b\":[false]}],"),
            "exit 0",
            (0, "fake"),
        ),
        (&grant.replace("1,", "1,,"), "exit 0", (1, "bad-answer")),
        (&grant.replace("1,", "1,\"a\":tru,"), "exit 0", (1, "bad-answer")),
        (&grant.replace('}', ",}"), "exit 0", (1, "bad-answer")),
    ] {
        caller.fake(&format!("cat <<'E'\n{printed}\nE\n{end}"));
        let output = caller.run(&["u"], "123456");
        let text = stdout_of(&output);
        let answer = (output.status.code().unwrap_or(-1), text.trim_end());
        assert_eq!(answer, expected, "{:?}: {printed}, {end}: {output:?}", caller.start);
    }
}

/// Checks that a full pipe blocks neither side, and that either end of the code's pipe may be
/// closed early.
fn check_long_output(caller: &Caller<'_>) {
    let answer = r#"{"schema":1,"user":"u","outcome":"grant","reason":"fake","message":"m"}"#;
    let five_megabytes = "yes 0123456789 | head -c 5000000";
    caller.fake(&format!("{five_megabytes} >&2\necho '{answer}'"));
    let output = caller.expect(&["u"], "123456", (0, "fake"));
    assert!(output.stderr.len() < 10_000, "{} bytes of errors", output.stderr.len());
    caller.fake(&format!("exec <&-\necho '{answer}'\n{five_megabytes} >&2"));
    caller.expect(&["u"], "123456", (0, "fake"));
    caller.fake(&format!("echo '{answer}'\n{five_megabytes}\nexit 0"));
    caller.expect(&["u"], "123456", (1, "bad-answer"));
}

/// Checks the time limit: with a verifier that can be killed, with one whose streams stay open
/// after the kill, as with a set-uid verifier, and with one that has closed them.
fn check_hanging(caller: &Caller<'_>) {
    let answer = r#"{"schema":1,"user":"u","outcome":"grant","reason":"fake","message":"m"}"#;
    for script in [
        "exec sleep 20",
        "sleep 20; exit 0",
        &format!("echo '{answer}'; sleep 20; exit 0"),
        &format!("echo '{answer}'; exec >&- 2>&- <&-; sleep 20; exit 0"),
    ] {
        caller.fake(script);
        let started = Instant::now();
        caller.expect(&["u", "--limit", "0.5"], "123456", (1, "time-limit"));
        assert!(started.elapsed() < Duration::from_secs(15), "{:?}: {script}", caller.start);
    }
}

/// Checks a missing verifier, and one that cannot be executed.
fn check_missing(caller: &Caller<'_>) {
    caller.expect(&["u", "--program", "/nowhere/rw2fa-verify"], "", (1, "not-started"));
    caller.expect(&["u", "--program", "no-such-rw2fa-verify"], "123456", (1, "not-started"));
    let file = caller.directory().join("file");
    fs::write(&file, "no program").unwrap();
    caller.expect(&["u", "--program", file.to_str().unwrap()], "", (1, "not-started"));
}

fn example(name: &str) -> String {
    repository("examples/callers").join(name).to_str().unwrap().to_owned()
}

/// Guards the caller in bash.
#[test]
fn the_bash_caller_lets_in_on_a_grant_only() {
    if has("jq", "install jq") {
        check(&["bash", &example("second_factor.sh")]);
    }
}

/// Guards the caller in Python.
#[test]
fn the_python_caller_lets_in_on_a_grant_only() {
    if has("python3", "install python3") {
        check(&["python3", "-B", &example("second_factor.py")]);
    }
}

/// Guards the caller in JavaScript.
#[test]
fn the_node_caller_lets_in_on_a_grant_only() {
    if has("node", "install nodejs") {
        check(&["node", &example("second_factor.mjs")]);
    }
}

/// Guards the caller in PHP.
#[test]
fn the_php_caller_lets_in_on_a_grant_only() {
    if has("php", "install php-cli") {
        check(&["php", &example("second_factor.php")]);
    }
}

/// Guards the caller in C#, on .NET.
#[test]
fn the_csharp_caller_lets_in_on_a_grant_only() {
    let Some(sdk) = Sdk::find() else { return };
    let directory = tempfile::tempdir().unwrap();
    let source = fs::read_to_string(example("csharp/SecondFactor.cs")).unwrap();
    let files = [("SecondFactor.cs", source)];
    let program = sdk.build(directory.path(), "Microsoft.NET.Sdk", "SecondFactor", &files);
    check(&[sdk.dotnet.to_str().unwrap(), program.to_str().unwrap()]);
}

/// Guards the caller in C#, on Mono.
#[test]
fn the_csharp_caller_lets_in_on_a_grant_only_on_mono() {
    if !has("mcs", "install mono-mcs") || !has("mono", "install mono-runtime") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("caller.exe");
    let mut compiler = Command::new("mcs");
    compiler
        .arg("-warnaserror")
        .arg(format!("-out:{}", program.display()))
        .arg(example("csharp/SecondFactor.cs"));
    let output = run(&mut compiler, "");
    assert!(output.status.success(), "{output:?}");
    check(&["mono", program.to_str().unwrap()]);
}
