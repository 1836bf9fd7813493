//! The callers of the verifier that docs/portal.md offers to copy.
#![expect(clippy::disallowed_methods, reason = "a test may write files as it likes")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::pages::marked;
use crate::programs::{build_phone, command, run, rw2fa, shell, stdout_of};
use crate::sandbox::write_script;

/// Makes a store in which alice has to enrol; returns the code that her phone shows.
fn pending_alice(directory: &Path) -> String {
    build_phone();
    rw2fa(directory, &["init"]);
    rw2fa(directory, &["users", "add", "alice"]);
    rw2fa(directory, &["enable"]);
    let script = "rw2fa verify --no-groups -- alice | sed -n 's/^secret *//p' | phone";
    stdout_of(&shell(script, directory)).trim().to_owned()
}

/// Users and codes that [`check_caller`] tries, and whether the caller must let the user in.
const CALLS: [(&str, &str, bool); 5] = [
    // Without a code there is a challenge; a code works once; users who are not listed need none, and a
    // name that looks like an option is a name.
    ("alice", "", false),
    ("--help", "", true),
    ("alice", "CODE", true),
    ("alice", "CODE", false),
    ("nobody", "", true),
];

/// Runs a caller: `program` is given the user, the client and the code, and must print `granted`
/// if and only if the user may enter.
fn check_caller(program: &mut dyn FnMut(&Path, [&str; 3]) -> Output) {
    let directory = tempfile::tempdir().unwrap();
    let code = pending_alice(directory.path());
    for (user, typed, granted) in CALLS {
        let typed = if typed == "CODE" { code.as_str() } else { typed };
        let output = program(directory.path(), [user, "client-1", typed]);
        let text = stdout_of(&output);
        let said = text.trim() == "granted";
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said, granted, "{user} {typed}: {text} {complaints}");
    }
    // A store that is gone lets nobody in.
    fs::remove_dir_all(directory.path().join("store")).unwrap();
    let text = stdout_of(&program(directory.path(), ["nobody", "client-1", ""]));
    assert_eq!(text.trim(), "refused");
    // Neither an exit code alone nor an outcome alone lets in, nor an end by a signal.
    for (answer, end) in [
        ("{\"schema\":1,\"user\":\"nobody\",\"outcome\":\"grant\"}", "exit 4"),
        ("{\"schema\":1,\"user\":\"nobody\",\"outcome\":\"grant\"}", "kill -9 $$"),
        ("{\"schema\":1,\"user\":\"nobody\",\"outcome\":\"deny\"}", "exit 0"),
        ("grant", "exit 0"),
        ("", "exit 0"),
    ] {
        make_verifier(directory.path(), &format!("echo '{answer}'\n{end}\n"));
        let text = stdout_of(&program(directory.path(), ["nobody", "client-1", ""]));
        assert_eq!(text.trim(), "refused", "{answer} {end}");
    }
}

/// Puts a fake verifier in the place of the real one.
fn make_verifier(directory: &Path, script: &str) {
    let bin = directory.join("bin");
    fs::create_dir_all(&bin).unwrap();
    write_script(&bin.join("rw2fa-verify"), script);
}

/// Returns the text of the caller in this language; `None` where the language is not installed.
fn caller(language: &str, interpreter: &str) -> Option<String> {
    let block = marked(&format!("caller {language}")).concat().join("\n");
    Command::new(interpreter).arg("--version").output().ok().map(|_| block)
}

/// Guards the caller in bash.
#[test]
fn the_bash_caller_lets_in_on_a_grant_only() {
    let source = caller("bash", "bash").unwrap();
    let script =
        format!("{source}\nif second_factor \"$@\"; then echo granted; else echo refused; fi");
    check_caller(&mut |directory, args| {
        run(command("bash", directory).arg("-c").arg(&script).arg("caller").args(args), "")
    });
}

/// Guards the caller in PHP, where PHP is installed.
#[test]
fn the_php_caller_lets_in_on_a_grant_only() {
    let Some(source) = caller("php", "php") else { return };
    let script = format!(
        "{source}\n$answer = second_factor($argv[1], $argv[2], $argv[3]);\n\
         echo $answer['granted'] ? 'granted' : 'refused';\n"
    );
    check_caller(&mut |directory, args| {
        let file = directory.join("caller.php");
        fs::write(&file, &script).unwrap();
        run(command("php", directory).arg(&file).args(args), "")
    });
}

/// Guards the caller in JavaScript, where Node is installed.
#[test]
fn the_node_caller_lets_in_on_a_grant_only() {
    let Some(source) = caller("node", "node") else { return };
    let script = format!(
        "{source}\nconst answer = await secondFactor(...process.argv.slice(2));\n\
         console.log(answer.granted ? 'granted' : 'refused');\n"
    );
    check_caller(&mut |directory, args| {
        let file = directory.join("caller.mjs");
        fs::write(&file, &script).unwrap();
        run(command("node", directory).arg(&file).args(args), "")
    });
}
