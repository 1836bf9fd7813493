//! An SMS command for tests on Windows, where scripts cannot be run: does what `command.sh` does.
//!
//! Keeps each message in a file beside itself, and ends as the file with the extension .mode says.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio, exit};
use std::time::Duration;

fn beside(ending: &str) -> PathBuf {
    let mut name = std::env::current_exe().unwrap().into_os_string();
    name.push(ending);
    name.into()
}

fn linger() -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("linger").stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

fn main() {
    // A process that a command leaves running. It reports later that it is alive.
    if std::env::args().nth(1).as_deref() == Some("linger") {
        std::thread::sleep(Duration::from_secs(15));
        std::fs::write(beside(".lingered"), "").unwrap();
        return;
    }
    let mode = std::fs::read_to_string(beside(".mode")).unwrap_or_default();
    if mode != "deaf" {
        let mut message = String::new();
        std::io::stdin().read_to_string(&mut message).unwrap();
        // In one write: several commands may record a message at the same time.
        let line = format!("{}\n", message.trim_end());
        let mut log = OpenOptions::new().append(true).create(true).open(beside(".log")).unwrap();
        log.write_all(line.as_bytes()).unwrap();
    }
    if ["HOME", "USERPROFILE", "RW2FA_STORE"].iter().any(|name| std::env::var_os(name).is_some()) {
        exit(99);
    }
    if std::env::args_os().len() > 1 {
        exit(98);
    }
    let mut stdout = std::io::stdout();
    match mode.as_str() {
        "refuse" => exit(1),
        "die" => std::process::abort(),
        "fail" => exit(7),
        "garbage" => stdout.write_all(b"\xff\xfe").unwrap(),
        "flood" => {
            // The reader may have stopped reading.
            let _ = stdout.write_all(&vec![b'y'; 3_000_000]);
        }
        "hang" | "deaf" => std::thread::sleep(Duration::from_secs(60)),
        "parent" | "family" => {
            let mut child = linger();
            if mode == "family" {
                child.wait().unwrap();
            }
        }
        "slow" => std::thread::sleep(Duration::from_secs(3)),
        "talk" => println!("queued"),
        _ => {}
    }
}
