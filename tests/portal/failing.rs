//! A verifier that fails, lies, hangs or is missing lets no one in.

use std::time::{Duration, Instant};

use crate::has_tools;
use crate::stage::{ALICE, Stage};
use crate::visitor::Visitor;

/// Everything but exit code 0 with the outcome `grant` is a refusal, and so is an answer that
/// contradicts itself.
#[test]
fn only_a_clear_grant_lets_the_user_in() {
    if !has_tools() {
        return;
    }
    let answer = |outcome: &str, code: u8| {
        let line = format!(
            r#"{{"schema":1,"user":"alice","outcome":"{outcome}","reason":"new","message":"Hm."}}"#
        );
        format!("echo '{line}'; exit {code}")
    };
    let cases = [
        (answer("grant", 0), true, "200"),
        (answer("grant", 1), false, "503"),
        (answer("grant", 3), false, "503"),
        (answer("grant", 139), false, "503"),
        (answer("deny", 0), false, "503"),
        (answer("deny", 1), false, "403"),
        (answer("challenge", 0), false, "503"),
        (answer("challenge", 3), false, "200"),
        (answer("error", 4), false, "503"),
        (answer("ended", 5), false, "503"),
        (answer("Grant", 0), false, "503"),
        (answer("grant", 0).replace("outcome", "result"), false, "503"),
        (answer("grant", 0).replace("schema\":1", "schema\":2"), false, "503"),
        (answer("grant", 0).replace("\"schema\":1,", ""), false, "503"),
        ("exit 0".into(), false, "503"),
        ("exit 2".into(), false, "503"),
        ("echo grant".into(), false, "503"),
        (
            format!("{}; {}", answer("grant", 0).trim_end_matches("; exit 0"), answer("deny", 0)),
            false,
            "503",
        ),
        ("kill -9 $$".into(), false, "503"),
        ("head -c 3000000 /dev/zero".into(), false, "503"),
        ("printf '\\377\\376'".into(), false, "503"),
    ];
    for (script, is_in, status) in cases {
        let stage = Stage::with_script(&["alice"], &script);
        let mut visitor = Visitor::new(&stage);
        visitor.sign_in("alice", ALICE);
        assert_eq!(visitor.is_in(), is_in, "{script}");
        let page = visitor.get(if is_in { "/desktop" } else { "/code" });
        assert_eq!(page.status.to_string(), status, "{script}: {}", page.body);
        if !is_in {
            visitor.post("/code", &[("code", "123456")]);
            assert!(!visitor.is_in(), "{script}");
            visitor.get("/code");
        }
    }
}

/// A verifier that hangs is killed after 30 s, and a missing one lets no one in either.
#[test]
fn a_verifier_that_hangs_is_killed() {
    if !has_tools() {
        return;
    }
    let stage = Stage::with_script(&["alice"], "echo $$ >\"${0%/*}/pid\"; exec sleep 100");
    let began = Instant::now();
    let mut visitor = Visitor::new(&stage);
    visitor.sign_in("alice", ALICE);
    let took = began.elapsed();
    assert!(took > Duration::from_secs(29) && took < Duration::from_secs(50), "{took:?}");
    assert!(!visitor.is_in());
    assert!(stage.log().contains("did not end and was killed"), "{}", stage.log());
    let pid = std::fs::read_to_string(stage.beside("pid")).unwrap();
    let lives = || {
        let asked = std::process::Command::new("kill").args(["-0", pid.trim()]).output().unwrap();
        asked.status.success()
    };
    // It is there until the portal has collected its exit code.
    let killed = Instant::now();
    while lives() {
        assert!(killed.elapsed() < Duration::from_secs(20), "it still runs");
        std::thread::sleep(Duration::from_millis(50));
    }

    std::fs::remove_file(stage.beside("verifier")).unwrap();
    let page = visitor.get("/code");
    let page = if page.status == 503 { visitor.get("/code") } else { page };
    assert_eq!(page.status, 503);
    assert!(page.body.contains("Tell your administrator"), "{}", page.body);
    assert!(stage.log().contains("cannot run "), "{}", stage.log());
}
