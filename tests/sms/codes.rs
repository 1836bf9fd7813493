//! The life of a code: sent, typed, used, expired.

use crate::sandbox::Sandbox;
use crate::{
    MASKED, NUMBER, Outbox, another, everything, resend, sign_in, type_code, with_alice,
    with_proved_alice,
};

#[test]
fn the_first_login_proves_the_number_and_later_ones_sign_in() {
    let (sandbox, outbox) = with_alice();
    let sent = sign_in(&sandbox);
    let answer = sent.json();
    assert_eq!((sent.code, answer["reason"].as_str()), (3, Some("sms-sent")), "{sent:?}");
    assert_eq!(answer["outcome"], "challenge");
    assert_eq!((answer["method"].as_str(), answer["digits"].as_u64()), (Some("sms"), Some(6)));
    assert_eq!(answer["enrolled"], false);
    assert_eq!(answer["sms"], serde_json::json!({ "to": MASKED, "retry_after": 30 }));
    assert!(!sent.stdout.contains(NUMBER), "{sent:?}");
    let messages = outbox.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!((&messages[0]["schema"], &messages[0]["to"]), (&1.into(), &NUMBER.into()));
    assert_eq!(messages[0].as_object().unwrap().len(), 3, "{messages:?}");
    assert!(messages[0]["body"].as_str().unwrap().starts_with("Your "), "{messages:?}");
    let right = type_code(&sandbox, &outbox.code());
    assert_eq!(right.end(), (0, "activated".to_owned()), "{right:?}");
    assert_eq!(right.json()["grant"]["open_before"], "2026-11-24T09:00:00Z");
    assert_eq!(sandbox.show("alice")["enrolment"], "active");
    assert_eq!(sandbox.show("alice")["activated"], "2026-11-24T08:00:00Z");
    sandbox.at(3600);
    let sent = sign_in(&sandbox);
    assert_eq!((sent.reason().as_str(), &sent.json()["enrolled"]), ("sms-sent", &true.into()));
    let right = type_code(&sandbox, &outbox.code());
    assert_eq!(right.end(), (0, "code-accepted".to_owned()), "{right:?}");
    assert_eq!(outbox.count(), 2);
}

#[test]
fn a_reload_sends_nothing_and_a_resend_sends_the_same_code() {
    let (sandbox, outbox) = with_alice();
    sign_in(&sandbox);
    let code = outbox.code();
    for later in [0, 1, 29, 30, 300] {
        let again = sign_in(sandbox.at(later));
        assert_eq!(again.end(), (3, "sms-already-sent".to_owned()), "{later}: {again:?}");
        assert_eq!(again.json()["sms"]["to"], MASKED);
        assert_eq!(again.json()["sms"]["retry_after"], 30_i64.saturating_sub(later).max(0));
    }
    assert_eq!(outbox.count(), 1);
    sandbox.at(29);
    let early = resend(&sandbox);
    assert_eq!(early.end(), (3, "sms-not-yet".to_owned()), "{early:?}");
    assert_eq!(early.json()["sms"]["retry_after"], 1);
    assert_eq!(resend(sandbox.at(30)).reason(), "sms-sent");
    assert_eq!((outbox.count(), outbox.code()), (2, code.clone()));
    assert_eq!(resend(sandbox.at(540)).reason(), "sms-sent", "one minute left");
    assert_eq!(outbox.code(), code);
    assert_eq!(type_code(sandbox.at(599), &code).reason(), "activated");
}

#[test]
fn a_code_about_to_expire_is_replaced_and_the_old_one_stops_working() {
    let (sandbox, outbox) = with_alice();
    sign_in(&sandbox);
    let old = outbox.code();
    assert_eq!(resend(sandbox.at(541)).reason(), "sms-sent");
    let new = outbox.code();
    assert_ne!(old, new);
    assert_eq!(type_code(&sandbox, &old).reason(), "wrong-code");
    assert_eq!(type_code(sandbox.at(1140), &new).reason(), "activated", "it has its own lifetime");
}

#[test]
fn a_code_expires_to_the_second_and_is_then_charged() {
    for (later, reason) in [(599, "activated"), (600, "wrong-code"), (-1, "wrong-code")] {
        let (sandbox, outbox) = with_alice();
        sign_in(&sandbox);
        let run = type_code(sandbox.at(later), &outbox.code());
        assert_eq!(run.reason(), reason, "{later}: {run:?}");
        let failures = i32::from(reason == "wrong-code");
        assert_eq!(sandbox.show("alice")["failures"], failures, "{later}");
    }
    let (sandbox, outbox) = with_alice();
    sandbox.set("sms-validity", "60");
    sign_in(&sandbox);
    let old = outbox.code();
    assert_eq!(sign_in(sandbox.at(59)).reason(), "sms-already-sent");
    assert_eq!(sign_in(sandbox.at(60)).reason(), "sms-sent");
    assert_ne!(outbox.code(), old);
}

#[test]
fn a_used_code_is_reported_and_costs_nothing() {
    let (sandbox, outbox) = with_alice();
    sign_in(&sandbox);
    let code = outbox.code();
    assert_eq!(type_code(&sandbox, &code).reason(), "activated");
    for later in [0, 60, 700, 100_000] {
        let again = type_code(sandbox.at(later), &code);
        assert_eq!(again.end(), (1, "code-used".to_owned()), "{later}: {again:?}");
    }
    let shown = sandbox.show("alice");
    assert_eq!((&shown["failures"], shown["grants"].as_array().unwrap().len()), (&0.into(), 1));
    assert_eq!(sign_in(&sandbox).reason(), "sms-sent");
    assert_eq!(type_code(&sandbox, &code).reason(), "code-used", "with another code outstanding");
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "code-accepted");
    assert_eq!(
        type_code(&sandbox, &code).reason(),
        "wrong-code",
        "only the last used code is remembered"
    );
}

/// Guards against guessing: wrong codes are charged like those of an app, and sending does not
/// reset the count.
#[test]
fn wrong_codes_lock_and_sending_never_forgives_them() {
    let (sandbox, outbox) = with_alice();
    sign_in(&sandbox);
    let wrong = another(&outbox.code());
    for left in (1..=4).rev() {
        let run = type_code(&sandbox, &wrong);
        assert_eq!(
            (run.reason().as_str(), &run.json()["attempts_left"]),
            ("wrong-code", &left.into())
        );
        assert_eq!(
            type_code(&sandbox, "12").reason(),
            "wrong-code",
            "a malformed code is not charged"
        );
    }
    assert_eq!(resend(sandbox.at(30)).reason(), "sms-sent");
    assert_eq!(sandbox.show("alice")["failures"], 4);
    assert_eq!(type_code(&sandbox, &wrong).end(), (1, "locked".to_owned()));
    let messages = outbox.count();
    assert_eq!(sign_in(sandbox.at(61)).reason(), "locked");
    assert_eq!(resend(&sandbox).reason(), "locked");
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "locked", "not compared");
    assert_eq!(outbox.count(), messages, "nothing is sent while locked");
    assert_eq!(type_code(sandbox.at(91), &outbox.code()).reason(), "activated");
    assert_eq!(sandbox.show("alice")["failures"], 0);
}

/// Guards the bill: nothing is sent to users who need no code, open a session, or only check.
#[test]
fn nothing_is_sent_unless_a_code_is_needed() {
    let (sandbox, outbox) = with_alice();
    for (args, reason) in [
        (&["--session", "html5"][..], "code-required"),
        (&["--session", "remoteapp", "--client", "c"], "code-required"),
        (&["--session", "html5", "--resend"], "code-required"),
        (&["--session", "rdp"], "rdp-not-allowed"),
        (&["--check"], "code-required"),
        (&["--session", "html5", "--check"], "code-required"),
        (&["--end", "--client", "c"], "ended"),
    ] {
        let run = sandbox.verify(&[args, &["--", "alice"]].concat(), None);
        assert_eq!(run.reason(), reason, "{args:?}: {run:?}");
    }
    assert_eq!(sandbox.verify(&["--", "bob"], None).reason(), "not-listed");
    sandbox.admin_ok(&["explain", "alice"]);
    sandbox.admin_ok(&["disable", "--yes"]);
    assert_eq!(sign_in(&sandbox).reason(), "disabled");
    assert_eq!(outbox.count(), 0);
}

#[test]
fn a_code_opens_the_session_in_the_same_call_and_belongs_to_its_client() {
    let (sandbox, outbox) = with_alice();
    sandbox.verify(&["--client", "c1", "--", "alice"], None);
    let opened = sandbox
        .verify(&["--client", "c1", "--session", "html5", "--", "alice"], Some(&outbox.code()));
    assert_eq!(opened.end(), (0, "activated".to_owned()), "{opened:?}");
    assert!(opened.json()["grant"]["valid_until"].is_string());
    for (client, reason) in [("c1", "session-valid"), ("c2", "code-required")] {
        let session =
            sandbox.verify(&["--client", client, "--session", "html5", "--", "alice"], None);
        assert_eq!(session.reason(), reason, "{client}");
    }
}

#[test]
fn codes_have_the_number_of_digits_set_when_they_were_made() {
    let (sandbox, outbox) = with_alice();
    sandbox.set("sms-interval", "0");
    for digits in [4, 6, 8, 10, 12] {
        sandbox.pass(1000);
        sandbox.set("digits", &digits.to_string());
        let sent = sign_in(&sandbox);
        assert_eq!(sent.json()["digits"], digits, "{sent:?}");
        let code = outbox.code();
        assert_eq!(code.len(), digits, "{code}");
        sandbox.set("digits", "6");
        let spaced = format!(" {}-{} {} ", &code[..1], &code[1..2], &code[2..]);
        assert_eq!(type_code(&sandbox, &spaced).code, 0, "{code}");
    }
}

/// Guards a changed number: from that moment, the old phone is useless.
#[test]
fn a_code_stops_working_when_the_number_changes() {
    for by_hand in [false, true] {
        let (sandbox, outbox) = with_alice();
        sign_in(&sandbox);
        let code = outbox.code();
        if by_hand {
            sandbox.edit(&sandbox.document("users", "alice"), NUMBER, "+33698765432");
        } else {
            sandbox.admin_ok(&["users", "edit", "alice", "--phone", "+33698765432"]);
        }
        assert_eq!(type_code(&sandbox, &code).reason(), "wrong-code", "by hand: {by_hand}");
        sandbox.pass(30);
        assert_eq!(sign_in(&sandbox).json()["sms"]["to"], "+33*******32");
        assert_ne!(outbox.code(), code);
    }
}

#[test]
fn without_gateway_or_number_no_one_gets_in_and_the_reason_is_reported() {
    let (sandbox, outbox) = with_proved_alice();
    let document = sandbox.document("users", "alice");
    let text = crate::read(&document);
    sandbox.write(&document, &text.replace("phone", "# phone"));
    let run = sign_in(&sandbox);
    assert_eq!(run.end(), (4, "sms-failed".to_owned()), "{run:?}");
    assert!(run.stderr.contains("alice has no phone number"), "{run:?}");
    assert!(run.stderr.contains("rw2fa users edit alice --phone"), "{run:?}");
    sandbox.write(&document, &text);
    sandbox.admin_ok(&["sms", "remove", "--yes"]);
    let run = sign_in(&sandbox);
    assert_eq!(run.end(), (4, "sms-failed".to_owned()), "{run:?}");
    assert!(run.stderr.contains("no SMS gateway is configured"), "{run:?}");
    assert_eq!(outbox.count(), 1);
}

/// Guards secrets: code and whole number appear only in the message and the listing.
#[test]
fn code_and_number_appear_nowhere_else() {
    let (sandbox, outbox) = with_alice();
    let mut said = String::new();
    let mut note = |run: &crate::sandbox::Run| said.extend([&*run.stdout, &*run.stderr]);
    note(&sign_in(&sandbox));
    let code = outbox.code();
    note(&sign_in(&sandbox));
    note(&resend(sandbox.at(40)));
    let kept = everything(&sandbox);
    note(&type_code(&sandbox, &another(&code)));
    note(&type_code(&sandbox, &code));
    outbox.mode("refuse");
    note(&sign_in(sandbox.at(4000)));
    note(&sandbox.admin(&["users", "edit", "alice", "--phone", "+33698765432"]));
    note(&sandbox.admin(&["audit"]));
    said += &everything(&sandbox);
    for (text, what) in [(&kept, "kept while outstanding"), (&said, "said or kept")] {
        for secret in [code.as_str(), NUMBER, "612345678", "698765432"] {
            assert!(!text.contains(secret), "{secret} is {what}: {text}");
        }
    }
    assert!(said.contains(MASKED), "{said}");
}

#[test]
fn the_text_is_the_setting_with_its_placeholders_filled_in() {
    let (sandbox, outbox) = with_alice();
    sandbox.set("issuer", "Example");
    sandbox.set("sms-message", "%ISSUER%: %X% 5 % à %CODE%");
    sign_in(&sandbox);
    let body = outbox.messages()[0]["body"].as_str().unwrap().to_owned();
    assert_eq!(body, format!("Example: %X% 5 % à {}", outbox.code()));
}

#[test]
fn reset_and_unlisting_forget_the_outstanding_code() {
    let (sandbox, outbox) = with_proved_alice();
    sign_in(&sandbox);
    sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "wrong-code");
    let sent = sign_in(&sandbox);
    assert_eq!((sent.reason().as_str(), &sent.json()["enrolled"]), ("sms-sent", &false.into()));
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "activated");
}

/// Guards spellings: they share the code, the counter and the limits.
#[test]
fn every_spelling_shares_the_outstanding_code() {
    let (sandbox, outbox) = with_alice();
    assert_eq!(sandbox.verify(&["--", "CORP\\Alice"], None).reason(), "sms-sent");
    for login in ["alice", "ALICE", "corp\\alice", "alice@corp.example"] {
        let run = sandbox.verify(&["--", login], None);
        assert_eq!(run.reason(), "sms-already-sent", "{login}: {run:?}");
    }
    let other = sandbox.verify(&["--", "EMEA\\alice"], None);
    assert_eq!(
        other.end(),
        (4, "ambiguous-user".to_owned()),
        "the code is that of CORP: {other:?}"
    );
    assert_eq!(outbox.count(), 1);
    assert_eq!(sandbox.verify(&["--", "alice"], Some(&outbox.code())).reason(), "activated");
}

#[test]
fn group_members_without_numbers_are_refused() {
    let sandbox = Sandbox::with_users(&[]);
    Outbox::of(&sandbox);
    let group = "method = \"sms\"\nphone = \"+33612345678\"\nadded = 2026-11-24T08:00:00Z\n";
    sandbox.write(&sandbox.document("groups", "staff"), group);
    let run = sandbox.verify(&["--group", "staff", "--", "bob"], None);
    assert_eq!(run.end(), (4, "sms-failed".to_owned()), "{run:?}");
}
