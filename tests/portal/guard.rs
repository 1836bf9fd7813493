//! The portal's defences, against requests that no browser would send.

use std::time::{Duration, Instant};

use crate::has_tools;
use crate::stage::{ALICE, Phone, Stage};
use crate::visitor::{Visitor, secret};

/// Creates a visitor who has signed in with password and code, and their phone.
fn enrolled(stage: &Stage) -> (Visitor, Phone) {
    let mut visitor = Visitor::new(stage);
    assert_eq!(visitor.sign_in("alice", ALICE).status, 303);
    let page = visitor.get("/code");
    let mut phone = Phone::new(&secret(&page.body));
    let response = visitor.post("/code", &[("code", &phone.code())]);
    assert_eq!((response.status, response.header("location")), (303, "/desktop"));
    assert!(visitor.is_in());
    (visitor, phone)
}

/// Forms from other sites, forms without the right token, and forms without an origin change
/// nothing.
#[test]
fn forged_forms_are_refused() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let fields = [("name", "carol"), ("password", "correct horse 3")];
    for origin in ["https://evil.example", "null", "", "http://127.0.0.1:1", "http://127.0.0.1"] {
        let mut visitor = Visitor::new(&stage).from(origin);
        visitor.get("/");
        let response = visitor.post("/sign-in", &fields);
        assert_eq!(response.status, 403, "{origin:?}");
        assert!(!visitor.is_in());
    }
    for token in ["", "x", "RtjeteieQSnA3meRK-QpBGdEwV846fBEqQXCE7qvwCU"] {
        let mut visitor = Visitor::new(&stage);
        visitor.get("/");
        let response = visitor.post_raw("/sign-in", &[&[("token", token)], &fields[..]].concat());
        assert_eq!(response.status, 403, "{token:?}");
    }
    // One visitor's token is worthless to another.
    let (mut attacker, mut victim) = (Visitor::new(&stage), Visitor::new(&stage));
    attacker.get("/");
    victim.get("/");
    victim.token.clone_from(&attacker.token);
    assert_eq!(victim.post("/sign-in", &fields).status, 403);
    // Every form that changes something, for a signed-in visitor.
    let (visitor, _) = enrolled(&stage);
    for (path, fields) in [
        ("/open", &[("resource", "desktop")][..]),
        ("/code", &[("code", "123456")]),
        ("/code", &[("resend", "yes")]),
        ("/sign-out", &[]),
    ] {
        let log = stage.log();
        assert_eq!(visitor.clone().post_raw(path, fields).status, 403, "{path}");
        let foreign = visitor.clone().from("https://evil.example").post(path, fields);
        assert_eq!(foreign.status, 403, "{path}");
        assert!(!stage.log()[log.len()..].contains("alice"), "the verifier was asked for {path}");
        assert_eq!(visitor.clone().get(path).status, if path == "/code" { 303 } else { 404 });
    }
    assert!(visitor.is_in());
    // Two values for one field, and a form that is too long.
    let mut visitor = Visitor::new(&stage);
    visitor.get("/");
    assert_eq!(visitor.post("/sign-in", &[("name", "alice"), ("name", "carol")]).status, 400);
    assert_eq!(visitor.post("/sign-in", &[("password", &"x".repeat(20_000))]).status, 400);
}

/// Each step changes the id. The previous one opens nothing afterwards.
#[test]
fn ids_of_sessions_do_not_survive_a_step() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let (mut first, mut phone) = enrolled(&stage);
    first.post("/sign-out", &[]);
    let mut visitor = Visitor::new(&stage);
    visitor.get("/");
    let door = visitor.clone();
    assert_eq!(visitor.sign_in("alice", ALICE).header("location"), "/code");
    let password = visitor.clone();
    visitor.get("/code");
    let response = visitor.post("/code", &[("code", &phone.code())]);
    assert_eq!(response.header("location"), "/desktop");
    let code = visitor.clone();
    let cookies = [&door.cookie, &password.cookie, &code.cookie];
    assert!(cookies[0] != cookies[1] && cookies[1] != cookies[2] && cookies[0] != cookies[2]);
    assert!(code.is_in() && !password.is_in() && !door.is_in());
    // An id that did not come from the portal is not adopted.
    let mut planted = Visitor::new(&stage);
    planted.cookie = format!("portal={}", "A".repeat(43));
    let before = planted.cookie.clone();
    planted.sign_in("alice", ALICE);
    assert_ne!(planted.cookie, before);
    // The verifier never sees a cookie.
    let seen = stage.store().join("state");
    let log = stage.log();
    let value = code.cookie.split('=').nth(1).unwrap();
    assert!(!log.contains(value), "a cookie in the log");
    let grep = std::process::Command::new("grep").arg("-r").arg(value).arg(seen).status().unwrap();
    assert_eq!(grep.code(), Some(1), "a cookie in the store");
    // After the sign-out, none of the ids opens anything.
    visitor.get("/desktop");
    assert_eq!(visitor.post("/sign-out", &[]).status, 303);
    for old in [door, password, code, visitor] {
        assert!(!old.is_in());
    }
}

/// The second of two submits comes with the cookie of the first. With the same code it gets in.
/// With any other code it does not, even one that the verifier calls used. After a while, the
/// cookie is worthless.
#[test]
fn the_second_submit_needs_the_code_too() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let (mut first, mut phone) = enrolled(&stage);
    first.post("/sign-out", &[]);
    let mut visitor = Visitor::new(&stage);
    visitor.sign_in("alice", ALICE);
    visitor.get("/code");
    let mut second = visitor.clone();
    let mut thief = visitor.clone();
    let code = phone.code();
    visitor.post("/code", &[("code", &code)]);
    // At or below the last accepted step, the verifier calls every code of the device used, even
    // one that was never typed. None of these reaches it.
    let asked = stage.log().matches("alice").count();
    for other in [phone.code_at(-400), phone.code_at(-1), phone.wrong_codes().next().unwrap()] {
        let refused = thief.post("/code", &[("code", &other)]);
        assert_eq!(refused.header("location"), "/?notice=expired", "{}", stage.log());
        assert!(!thief.is_in());
    }
    let refused = thief.post("/code", &[("code", &code), ("resend", "yes")]);
    assert_eq!(refused.header("location"), "/?notice=expired");
    assert_eq!(stage.log().matches("alice").count(), asked, "{}", stage.log());
    // The same code, typed differently.
    let spaced = format!(" {}-{} ", &code[..3], &code[3..]);
    let response = second.post("/code", &[("code", &spaced)]);
    assert_eq!((response.status, response.header("location")), (303, "/desktop"));
    assert!(second.is_in() && visitor.is_in());
    assert_ne!(second.cookie, visitor.cookie);
    let log = stage.log();
    assert!(log.contains("code-used: Deny") && log.contains("session-valid: Grant"), "{log}");
    // Both are one sign-in: ending it ends both.
    second.get("/desktop");
    second.post("/sign-out", &[]);
    assert!(!second.is_in() && !visitor.is_in());

    let mut visitor = Visitor::new(&stage);
    visitor.sign_in("alice", ALICE);
    visitor.get("/code");
    let mut late = visitor.clone();
    let code = phone.code();
    visitor.post("/code", &[("code", &code)]);
    std::thread::sleep(Duration::from_secs(11));
    let response = late.post("/code", &[("code", &code)]);
    assert_eq!(response.header("location"), "/?notice=expired");
    assert!(visitor.is_in());
}

/// A form without a code would show the QR code once more, or send an SMS: it does not reach the verifier.
#[test]
fn an_empty_field_is_not_a_call() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let mut visitor = Visitor::new(&stage);
    visitor.sign_in("alice", ALICE);
    visitor.get("/code");
    let asked = stage.log().matches("alice").count();
    for blank in ["", " ", "\t"] {
        assert_eq!(visitor.post("/code", &[("code", blank)]).status, 204, "{blank:?}");
    }
    assert_eq!(stage.log().matches("alice").count(), asked, "{}", stage.log());
    visitor.post("/code", &[("code", "x")]);
    assert_eq!(stage.log().matches("alice").count(), asked + 1, "{}", stage.log());
}

/// A code opens a session, and the form is sent twice: both requests open it, and no other code
/// does.
#[test]
fn a_session_opens_for_the_second_submit_too() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let (mut visitor, mut phone) = enrolled(&stage);
    stage.admin(&["users", "revoke", "alice"]);
    visitor.get("/desktop");
    assert_eq!(visitor.post("/open", &[("resource", "writer")]).header("location"), "/code");
    visitor.get("/code");
    let (mut second, mut thief, old) = (visitor.clone(), visitor.clone(), visitor.clone());
    assert!(old.is_in());
    let code = phone.code();
    for submit in [&mut visitor, &mut second] {
        let response = submit.post("/code", &[("code", &code)]);
        assert_eq!(response.header("location"), "/session/writer", "{}", stage.log());
        assert_eq!(submit.get("/session/writer").status, 200);
    }
    thief.post("/code", &[("code", &phone.wrong_codes().next().unwrap())]);
    assert_eq!(thief.get("/session/writer").status, 303);
    assert!(!old.is_in(), "the id from before the code");
}

/// A code that the verifier calls used does not pass as a second click while the first is under
/// way.
#[test]
fn an_old_code_is_not_taken_for_a_second_submit() {
    if !has_tools() {
        return;
    }
    // Both verifiers run at once if the portal allows it: the right code is answered slowly.
    let stage = Stage::with_script(
        &["alice"],
        "case \" $* \" in *' --code-stdin '*) \"$VERIFY\" \"$@\"; end=$?; sleep 2; exit $end ;; esac\n\
         exec \"$VERIFY\" \"$@\"",
    );
    let (mut first, mut phone) = enrolled(&stage);
    first.post("/sign-out", &[]);
    let mut visitor = Visitor::new(&stage);
    visitor.sign_in("alice", ALICE);
    visitor.get("/code");
    let mut thief = visitor.clone();
    let (code, old) = (phone.code(), phone.code_at(-400));
    let submit = std::thread::spawn(move || {
        visitor.post("/code", &[("code", &code)]);
        visitor.is_in()
    });
    std::thread::sleep(Duration::from_millis(1200));
    thief.post("/code", &[("code", &old)]);
    assert!(!thief.is_in(), "{}", stage.log());
    assert!(submit.join().unwrap());
}

/// A sign-out ends a sign-in that is under way: afterwards neither the portal nor the store lets
/// anyone in.
#[test]
fn a_sign_out_ends_a_sign_in_under_way() {
    if !has_tools() {
        return;
    }
    let stage = Stage::with_script(
        &["alice"],
        "case \" $* \" in *' --code-stdin '*) : >>\"${0%/*}/begun\"; sleep 3 ;; esac\n\
         exec \"$VERIFY\" \"$@\"",
    );
    let (mut first, mut phone) = enrolled(&stage);
    first.get("/desktop");
    first.post("/sign-out", &[]);
    // Arrives late, with the id from before a code that was just accepted.
    for is_late in [false, true] {
        std::fs::remove_file(stage.beside("begun")).unwrap();
        let mut visitor = Visitor::new(&stage);
        visitor.sign_in("alice", ALICE);
        visitor.get("/code");
        let mut before = visitor.clone();
        let (mut submit, code) = (visitor.clone(), phone.code());
        let submit = std::thread::spawn(move || {
            let response = submit.post("/code", &[("code", &code)]);
            (response.header("location").to_owned(), submit)
        });
        if is_late {
            let (location, inside) = submit.join().unwrap();
            assert_eq!(location, "/desktop");
            assert!(inside.is_in());
            before.post("/sign-out", &[]);
            assert!(!inside.is_in(), "{}", stage.log());
        } else {
            let end = Instant::now() + Duration::from_secs(30);
            while !stage.beside("begun").exists() {
                assert!(Instant::now() < end, "the verifier was not asked");
                std::thread::sleep(Duration::from_millis(20));
            }
            before.post("/sign-out", &[]);
            let (location, outside) = submit.join().unwrap();
            assert_eq!(location, "/?notice=expired", "{}", stage.log());
            assert!(!outside.is_in());
        }
        let shown = stage.admin(&["users", "show", "alice", "--format", "json"]).json();
        assert_eq!(shown["users"][0]["grants"], serde_json::json!([]), "{}", stage.log());
    }
}

/// Two browsers send the same code at once: one gets in, the other does not.
#[test]
fn one_code_signs_one_client_in() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let (mut first, mut phone) = enrolled(&stage);
    first.post("/sign-out", &[]);
    let code = phone.code();
    let visitors: Vec<Visitor> = (0..4)
        .map(|_| {
            let mut visitor = Visitor::new(&stage);
            visitor.sign_in("alice", ALICE);
            visitor.get("/code");
            visitor
        })
        .collect();
    let posts = visitors.into_iter().map(|mut visitor| {
        let code = code.clone();
        std::thread::spawn(move || {
            visitor.post("/code", &[("code", &code)]);
            visitor.is_in()
        })
    });
    let posts: Vec<_> = posts.collect();
    let inside = posts.into_iter().map(|post| post.join().unwrap());
    assert_eq!(inside.filter(|is_in| *is_in).count(), 1);
}

/// Before the password is right, everyone gets the same answer, whether the account is unknown,
/// known, enrolled or locked. The verifier is not asked.
#[test]
fn nothing_is_revealed_before_the_password() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice", "bob"]);
    let (mut visitor, _) = enrolled(&stage);
    visitor.post("/sign-out", &[]);
    let log = stage.log();
    let answers = ["alice", "bob", "carol", "nobody", "--help", "", "alice\u{0}"].map(|name| {
        let mut visitor = Visitor::new(&stage);
        let response = visitor.sign_in(name, "wrong");
        assert!(!visitor.is_in());
        let page = response.body.replace(&visitor.token, "TOKEN");
        let named = format!("name=\"name\" value=\"{name}\"");
        assert!(page.contains(&named), "{page}");
        (response.status, page.replace(&named, "NAME"))
    });
    assert_eq!(answers[0].0, 403);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    let log = &stage.log()[log.len()..];
    assert!(!log.contains("alice") && !log.contains("bob"), "{log}");
    // What was typed comes back as text, never as part of the page.
    let mut visitor = Visitor::new(&stage);
    let response = visitor.sign_in("\"><script>alert(1)</script>", "x");
    assert!(!response.body.contains("<script"), "{}", response.body);
}

/// Pages that need a code cannot be reached without one in any way.
#[test]
fn no_page_opens_before_the_code() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let (mut visitor, mut phone) = enrolled(&stage);
    visitor.post("/sign-out", &[]);
    let mut visitor = Visitor::new(&stage);
    visitor.sign_in("alice", ALICE);
    visitor.get("/code");
    for path in ["/desktop", "/session/desktop"] {
        assert_eq!(visitor.get(path).header("location"), "/code", "{path}");
    }
    assert_eq!(visitor.post("/open", &[("resource", "desktop")]).header("location"), "/code");
    for code in ["", " ", "12345", "abcdef", "000000\n", "--help", &"1".repeat(300), "１２３４５６"]
    {
        visitor.get("/code");
        visitor.post("/code", &[("code", code)]);
        assert!(!visitor.is_in(), "{code:?}");
    }
    visitor.get("/code");
    let lines = format!("{}\n{}", phone.code(), phone.code());
    visitor.post("/code", &[("code", &lines)]);
    assert!(!visitor.is_in(), "two lines");
    visitor.get("/code");
    visitor.post("/code", &[("code", &phone.code())]);
    assert!(visitor.is_in());
    assert_eq!(visitor.get("/session/desktop").status, 404, "it was not opened");
    visitor.get("/desktop");
    assert_eq!(visitor.post("/open", &[("resource", "../etc")]).status, 404);
}

/// The headers of pages, errors and files.
#[test]
fn every_response_has_its_security_headers() {
    if !has_tools() {
        return;
    }
    let stage = Stage::new(&["alice"]);
    let mut visitor = Visitor::new(&stage);
    let page = visitor.get("/");
    let cookie = page.header("set-cookie").to_owned();
    assert!(cookie.starts_with("portal="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    visitor.sign_in("alice", ALICE);
    for path in ["/", "/code", "/desktop", "/nowhere", "/sign-in", "/style.css", "/session/%00"] {
        let response = visitor.get(path);
        let header = |name: &str| response.header(name).to_owned();
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{path}: {policy}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        let cached = if path == "/style.css" { "max-age=600" } else { "no-store" };
        assert_eq!(header("cache-control"), cached, "{path}");
        for wrong in ["<script", " style=", " on", "javascript:"] {
            let attribute = response.body.contains(wrong) && wrong != " on";
            assert!(!attribute, "{path} has {wrong}");
        }
    }
    // Behind TLS.
    let stage = Stage::with(&["alice"], &["--origin", "https://portal.example"]);
    let mut visitor = Visitor::new(&stage)
        .from("https://portal.example")
        .saying("X-Forwarded-For", "198.51.100.9, 192.0.2.7");
    let page = visitor.get("/");
    let cookie = page.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-portal="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    assert!(page.header("strict-transport-security").starts_with("max-age="));
    assert_eq!(visitor.sign_in("alice", ALICE).status, 303);
    let mut phone = Phone::new(&secret(&visitor.get("/code").body));
    visitor.post("/code", &[("code", &phone.code())]);
    // The address that our proxy added, not the one that the user sent.
    let page = visitor.get("/desktop").body;
    assert!(page.contains("192.0.2.7") && !page.contains("198.51.100.9"), "{page}");
}
