//! The portal protocol.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]
mod sandbox;
use sandbox::Sandbox;

/// smoke
#[test]
fn smoke() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    println!("{}", sandbox.show("alice"));
    println!("{:?}", sandbox.pass(30).login("alice", &secret));
    println!("{:?}", sandbox.verify(&["--session", "html5", "--", "alice"], None));
    println!("{:?}", sandbox.contents().keys());
    println!("{}", std::fs::read_to_string(sandbox.document("state", "alice")).unwrap());
    println!("{}", std::fs::read_to_string(sandbox.document("users", "alice")).unwrap());
    println!("{}", std::fs::read_to_string(sandbox.path().join("store.toml")).unwrap());
}
