//! Codes and the token across a key rotation, a lost key, and a restore.

use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::server::Server;
use crate::twilio::{TOKEN, configure, taken};
use crate::{NUMBER, Outbox, read, sign_in, type_code, with_alice, with_proved_alice};

/// Creates a store with a token, and with an outstanding code for alice.
fn with_token() -> (Sandbox, Outbox, Server) {
    let (sandbox, outbox) = with_proved_alice();
    let server = Server::saying(taken());
    configure(&sandbox, &server.url(), &["--from", "Example"]);
    assert_eq!(sign_in(&sandbox).reason(), "sms-sent", "the command takes precedence");
    (sandbox, outbox, server)
}

fn settings(sandbox: &Sandbox) -> String {
    read(&sandbox.path().join("store.toml"))
}

/// Returns whether the token still works at the gateway.
fn token_works(sandbox: &Sandbox, server: &Server) -> bool {
    let before = server.requests().len();
    sandbox.admin_ok(&["sms", "configure", "--command", ""]);
    let run = sandbox.admin(&["sms", "test", NUMBER]);
    let requests = server.requests();
    let word = requests.get(before).and_then(|request| request.basic.clone());
    run.code == 0 && word.is_some_and(|(_, word)| word == TOKEN)
}

#[test]
fn a_rotation_reseals_codes_and_token() {
    let (sandbox, outbox, server) = with_token();
    let (used, code) = (outbox.messages()[0]["body"].as_str().unwrap().to_owned(), outbox.code());
    let old = settings(&sandbox);
    let run = sandbox.admin(&["key", "rotate", "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("sealed with the new key: 2 secrets"), "{run:?}");
    assert_ne!(settings(&sandbox), old);
    let check = sandbox.admin(&["store", "check"]);
    assert_eq!(check.code, 0, "{check:?}");
    assert_eq!(type_code(&sandbox, &crate::code_in(&used)).reason(), "code-used");
    assert_eq!(type_code(&sandbox, &code).reason(), "code-accepted");
    assert!(token_works(&sandbox, &server));
}

#[test]
fn a_lost_key_makes_codes_and_token_useless() {
    let (sandbox, outbox, _server) = with_token();
    std::fs::remove_file(sandbox.path().join("key")).unwrap();
    assert_eq!(type_code(&sandbox, &outbox.code()).end(), (4, "store".to_owned()));
    let dry = sandbox.admin(&["key", "reset", "--dry-run"]);
    assert!(dry.stdout.contains("user alice: would be changed"), "{dry:?}");
    assert!(dry.stdout.contains("SMS token: would be removed"), "{dry:?}");
    let run = sandbox.admin(&["key", "reset", "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("sms configure --auth-token-stdin"), "{run:?}");
    assert!(!settings(&sandbox).contains("auth-token"), "{}", settings(&sandbox));
    assert_eq!(sandbox.show("alice")["enrolment"], "none");
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "wrong-code");
    let again = sign_in(&sandbox);
    assert_eq!(
        (again.reason().as_str(), &again.json()["enrolled"]),
        ("sms-sent", &Value::from(false))
    );
    assert_eq!(sandbox.admin(&["store", "check"]).code, 0);
}

#[test]
fn a_restored_backup_has_the_token_and_no_outstanding_code() {
    let (sandbox, outbox, server) = with_token();
    let backup = sandbox.beside("backup.toml");
    let file = backup.to_str().unwrap();
    sandbox.admin_ok(&["store", "export", file]);
    let text = read(&backup);
    assert!(!text.contains(TOKEN) && text.contains("auth-token = \"s1:"), "{text}");
    let code = outbox.code();
    sandbox.admin_ok(&["store", "import", "--yes", file]);
    assert_eq!(type_code(&sandbox, &code).reason(), "wrong-code");
    assert_eq!(sandbox.show("alice")["enrolment"], "active");
    sandbox.pass(3600);
    assert_eq!(sign_in(&sandbox).reason(), "sms-sent");
    assert_eq!(type_code(&sandbox, &outbox.code()).reason(), "code-accepted");
    assert!(token_works(&sandbox, &server));
}

#[test]
fn a_backup_under_another_key_is_refused_unless_its_secrets_are_revealed() {
    let (sandbox, _outbox, server) = with_token();
    let (sealed, revealed) = (sandbox.beside("sealed.toml"), sandbox.beside("revealed.toml"));
    sandbox.admin_ok(&["store", "export", sealed.to_str().unwrap()]);
    sandbox.admin_ok(&["store", "export", "--yes", "--reveal-secrets", revealed.to_str().unwrap()]);
    assert!(read(&revealed).contains(TOKEN));
    let other = Sandbox::new();
    other.pass(3600);
    other.admin_ok(&["key", "rotate", "--yes"]);
    let run = other.admin(&["store", "import", "--yes", sealed.to_str().unwrap()]);
    assert!(run.code == 1 && run.stderr.contains("[sms] auth-token"), "{run:?}");
    other.admin_ok(&["store", "import", "--yes", revealed.to_str().unwrap()]);
    assert!(!settings(&other).contains(TOKEN), "{}", settings(&other));
    assert!(token_works(&other, &server));
    assert_eq!(other.admin(&["store", "check"]).code, 0);
}

/// Guards against values that were moved or changed by hand: they are reported, and let no one in.
#[test]
fn damaged_codes_and_tokens_are_reported() {
    let (sandbox, outbox) = with_alice();
    sign_in(&sandbox);
    let state = sandbox.document("state", "alice");
    sandbox.edit(&state, "code = \"s1:", "code = \"s1:0");
    let run = type_code(&sandbox, &outbox.code());
    assert_eq!(run.end(), (4, "store".to_owned()), "{run:?}");
    assert!(run.stderr.contains("users reset alice"), "{run:?}");
    assert!(sandbox.admin(&["store", "check"]).stderr.contains("alice"), "check reports it");
    sandbox.admin_ok(&["users", "reset", "alice", "--yes"]);
    let server = Server::saying(taken());
    configure(&sandbox, &server.url(), &["--from", "Example"]);
    sandbox.edit(&sandbox.path().join("store.toml"), "auth-token = \"s1:", "auth-token = \"s1:0");
    let check = sandbox.admin(&["store", "check"]);
    assert!(check.code == 1 && check.stderr.contains("[sms] auth-token"), "{check:?}");
    assert!(!token_works(&sandbox, &server));
    let count = sandbox.path().join("sms-count.toml");
    sandbox.write(&count, "day = \"x\"\n");
    sandbox.set("sms-daily-limit", "5");
    sandbox.admin_ok(&["sms", "configure", "--command", outbox.path.to_str().unwrap()]);
    assert_eq!(sign_in(sandbox.pass(3600)).end(), (4, "store".to_owned()));
}
