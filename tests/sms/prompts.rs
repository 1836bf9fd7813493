//! `rw2fa sms configure` on a real terminal: it asks for missing values, and shows no token.
//!
//! `script` of util-linux provides the terminal. Without it, a full run fails, and any other run
//! skips these tests.

#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::sandbox::{Sandbox, has};
use crate::twilio::{ACCOUNT, TOKEN};

/// Runs `rw2fa` on a terminal, and answers each question as soon as it ends with ": ".
fn on_terminal(sandbox: &Sandbox, args: &str, answers: &[&str]) -> Option<(i32, String)> {
    let program = env!("CARGO_BIN_EXE_rw2fa");
    in_shell(&format!("'{program}' --store '{}' {args}", sandbox.path().display()), answers)
}

/// Does the same with a shell command.
fn in_shell(command: &str, answers: &[&str]) -> Option<(i32, String)> {
    let mut script = Command::new("script");
    script.args(["-qec", command, "/dev/null"]).env_clear().env("TERM", "xterm");
    script.env("PATH", "/usr/bin:/bin").stdin(Stdio::piped()).stdout(Stdio::piped());
    if !has("script", "apt-get install bsdutils") {
        return None;
    }
    let mut child = script.spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut screen, mut byte) = (Vec::new(), [0]);
    let mut answers = answers.iter();
    while stdout.read(&mut byte).is_ok_and(|read| read > 0) {
        screen.extend_from_slice(&byte);
        let line = screen.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let is_question = ["Account", "API key", "Sender", "Token"]
            .iter()
            .any(|question| line.starts_with(question.as_bytes()));
        if is_question
            && screen.ends_with(b": ")
            && let Some(answer) = answers.next()
        {
            // A user reads the question before typing.
            std::thread::sleep(Duration::from_secs(1));
            stdin.write_all(answer.as_bytes()).unwrap();
            stdin.flush().unwrap();
        }
    }
    drop(stdin);
    let code = child.wait().unwrap().code()?;
    Some((code, String::from_utf8_lossy(&screen).replace("\r\n", "\n")))
}

#[test]
fn missing_values_are_asked_for_and_the_token_is_never_shown() {
    let sandbox = Sandbox::new();
    let (account, token) = (format!("{ACCOUNT}\r"), format!("{TOKEN}\r"));
    let answers = [account.as_str(), "\r", "+33700000001\r", token.as_str()];
    let Some((code, screen)) = on_terminal(&sandbox, "sms configure", &answers) else { return };
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("SMS gateway: added"), "{screen}");
    assert!(!screen.contains(TOKEN), "{screen}");
    let shown = sandbox.admin_ok(&["sms", "show"]);
    assert!(shown.contains(ACCOUNT) && shown.contains("+33700000001"), "{shown}");
    // Again, with Enter for every value that is to stay.
    let answers = ["\r", "\r", "Example\r", "\r"];
    let Some((code, screen)) = on_terminal(&sandbox, "sms configure", &answers) else { return };
    assert!(code == 0 && screen.contains("SMS gateway: changed"), "{screen}");
    // Only values without a flag are asked for.
    sandbox.admin_ok(&["sms", "remove", "--yes"]);
    let args = format!("sms configure --account-sid {ACCOUNT} --from Example");
    let Some((code, screen)) = on_terminal(&sandbox, &args, &[&token]) else { return };
    assert!(code == 0 && !screen.contains("Sender"), "{screen}");
    // Ctrl-C at a question changes nothing.
    sandbox.admin_ok(&["sms", "remove", "--yes"]);
    let Some((code, screen)) = on_terminal(&sandbox, "sms configure", &["\u{3}"]) else { return };
    assert!(code == 130 && screen.contains("nothing was changed"), "{code}: {screen}");
    assert!(sandbox.admin_ok(&["sms", "show"]).contains("none"));
}

/// Guards the terminal: however the question for the token ends, typed text is visible afterwards.
#[test]
fn the_terminal_shows_typed_text_again_afterwards() {
    let sandbox = Sandbox::new();
    let program = env!("CARGO_BIN_EXE_rw2fa");
    let store = sandbox.path().display().to_string();
    // Ctrl-C goes to every program in the foreground. The shell must survive it to examine the
    // terminal.
    let command = format!(
        "trap : INT QUIT TSTP; '{program}' --store '{store}' sms configure --account-sid {ACCOUNT} \
         --from Example; echo \"ended with $?\"; stty -a"
    );
    let token = format!("{TOKEN}\r");
    for (keys, code, expected) in [
        ("\u{3}", 130, "^C\nerror: interrupted; nothing was changed\n"),
        // Text typed before Ctrl-C does not count.
        ("not the token\u{3}", 130, "^C\nerror: interrupted; nothing was changed\n"),
        // Neither Ctrl-\\ nor Ctrl-Z ends or stops it.
        ("\u{1c}\u{1a}\r", 130, "error: a token has 8 to 256 visible ASCII characters"),
        (token.as_str(), 0, "SMS gateway: added\n"),
    ] {
        // A token that is not valid is asked for again.
        let Some((_, screen)) = in_shell(&command, &[keys, "\u{3}"]) else { return };
        assert!(screen.contains(&format!("ended with {code}\n")), "{keys:?}: {screen}");
        assert!(screen.contains(expected), "{keys:?}: {screen}");
        let flags: Vec<_> = screen.split([' ', ';', '\n']).collect();
        for flag in ["echo", "isig", "icanon"] {
            assert!(
                flags.contains(&flag),
                "{keys:?}: the terminal was left with -{flag}: {screen}"
            );
        }
        assert!(!screen.contains("not the token") && !screen.contains(TOKEN), "{screen}");
    }
}

/// Guards the answers: each is checked at once, and only the wrong one is asked for again.
#[test]
fn a_wrong_answer_is_asked_for_again() {
    let sandbox = Sandbox::new();
    let (account, token) = (format!("{ACCOUNT}\r"), format!("{TOKEN}\r"));
    let answers = [
        "\r",
        "AC1\r",
        account.as_str(),
        "SK1\r",
        "\r",
        "-\r",
        "1234567890123456\r",
        "Example\r",
        "tiny12\r",
        token.as_str(),
    ];
    let Some((code, screen)) = on_terminal(&sandbox, "sms configure", &answers) else { return };
    assert!(code == 0 && screen.contains("SMS gateway: added"), "{screen}");
    for (question, times) in
        [("Account SID, ", 3), ("API key, ", 2), ("Sender, ", 3), ("Token, ", 2)]
    {
        assert_eq!(screen.matches(question).count(), times, "{question}: {screen}");
    }
    assert_eq!(screen.matches("error: ").count(), 6, "{screen}");
    assert!(!screen.contains("tiny12") && !screen.contains(TOKEN), "{screen}");
    // Options are checked before anything is asked.
    let args = "sms configure --from 1234567890123456";
    let Some((code, screen)) = on_terminal(&Sandbox::new(), args, &[]) else { return };
    assert!(code == 2 && screen.contains("error: --from: "), "{screen}");
    assert!(!screen.contains("Account SID"), "{screen}");
}
