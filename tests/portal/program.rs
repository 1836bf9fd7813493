//! The program itself: the demonstration that it sets up, and what it refuses.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::beside::Beside;
use crate::has_tools;
use crate::stage::{ALICE, BOB, CAROL, program};
use crate::visitor::Visitor;

/// `cargo run --example portal` creates a store, prints the passwords, and leaves nothing behind.
#[test]
fn the_demonstration_cleans_up() {
    if !has_tools() {
        return;
    }
    let mut command = Beside::command(program());
    let mut portal = Beside::start(command.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::null()));
    let lines = portal.lines().map_while(Result::ok);
    let mut greeting = Vec::new();
    for line in lines {
        greeting.push(line);
        if greeting.last().unwrap().starts_with("Open ") {
            break;
        }
    }
    let said = |start: &str| {
        let found = greeting.iter().find_map(|line| line.strip_prefix(start));
        found.unwrap_or_else(|| panic!("no {start:?} in {greeting:#?}")).to_owned()
    };
    let store = PathBuf::from(said("A throwaway store is at "));
    assert!(store.join("store.toml").exists());
    assert!(said("  alice  ").starts_with(ALICE) && said("  carol  ").starts_with(CAROL));
    let address = said("The portal listens on ").parse().unwrap();
    let mut bob = Visitor::at(address);
    assert_eq!(bob.sign_in("bob", BOB).status, 303);
    let page = bob.get("/code").body;
    assert!(page.contains("sent to +33*******78"), "{page}");
    let line = said("  bob    ");
    let outbox = std::fs::read_to_string(line.rsplit(' ').next().unwrap()).unwrap();
    let message: serde_json::Value = serde_json::from_str(outbox.trim()).unwrap();
    let code = message["body"].as_str().unwrap().rsplit(' ').next().unwrap();
    bob.post("/code", &[("code", code)]);
    assert!(bob.is_in());
    assert_eq!(portal.end().code(), Some(0));
    assert!(!store.parent().unwrap().exists(), "the store is left behind");
}

/// Plain HTTP is for this machine only, and an origin must be one.
#[test]
fn it_refuses_unsafe_options() {
    if !has_tools() {
        return;
    }
    let accounts = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/portal/accounts.toml");
    for (args, complaint) in [
        (&["--listen", "0.0.0.0:0"][..], "only this machine may listen"),
        (&["--listen", "[::]:0", "--accounts", accounts], "only this machine may listen"),
        (&["--origin", "https://portal.example"], "--accounts"),
        (&["--origin", "http://portal.example", "--accounts", accounts], "--origin is https://"),
        (&["--origin", "https://a.example/b", "--accounts", accounts], "--origin is https://"),
        (&["--accounts", "/nonexistent"], "cannot read /nonexistent"),
        (&["--accounts", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")], "is invalid"),
    ] {
        let mut portal = Beside::command(program());
        portal.args(args);
        if !args.contains(&"--listen") {
            portal.args(["--listen", "127.0.0.1:0"]);
        }
        let run = portal.output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(!run.status.success() && said.contains(complaint), "{args:?}: {run:?}");
        assert!(run.stdout.is_empty(), "{args:?}: {run:?}");
    }
}

/// Each hash has its own salt.
#[test]
fn hashes_are_salted() {
    if !has_tools() {
        return;
    }
    let hash = || {
        let mut portal = Command::new(program());
        portal.arg("--hash-password").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut portal = portal.spawn().unwrap();
        portal.stdin.take().unwrap().write_all(b"secret\n").unwrap();
        String::from_utf8(portal.wait_with_output().unwrap().stdout).unwrap()
    };
    let (first, second) = (hash(), hash());
    assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
    assert_ne!(first, second);
}
