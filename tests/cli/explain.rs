//! `rw2fa explain`: names the rule that decides, in words that a help desk understands.
//!
//! `tests/properties/explain.rs` compares the answers with the verifier. These tests check the
//! wording.

use std::fs;

use crate::sandbox::{Sandbox, Secret, shown};
use serde_json::Value;

/// Runs `explain … --format json`, which must write nothing.
#[track_caller]
pub(crate) fn explain(sandbox: &Sandbox, args: &[&str]) -> Value {
    let before = sandbox.contents();
    let run = sandbox.admin(&[&["explain", "--format", "json"], args].concat());
    assert!(before == sandbox.contents(), "{args:?} wrote to the store");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}: {run:?}");
    run.json()
}

/// Returns the result and the detail of a rule of the chain.
pub(crate) fn found(explained: &Value, rule: &str) -> String {
    let chain = explained["chain"].as_array().unwrap();
    let link = chain.iter().find(|link| link["rule"] == rule);
    let Some(link) = link else { return "not asked".into() };
    match link["detail"].as_str() {
        Some(detail) => format!("{}: {detail}", link["result"].as_str().unwrap()),
        None => link["result"].as_str().unwrap().to_owned(),
    }
}

/// Returns the reason of an answer and its rule.
pub(crate) fn answer(explained: &Value, ask: &str) -> String {
    let answers = explained["answers"].as_array().unwrap();
    let answer = answers.iter().find(|answer| answer["ask"] == ask).unwrap();
    format!("{} by {}", answer["reason"].as_str().unwrap_or("-"), answer["rule"].as_str().unwrap())
}

pub(crate) fn list_group(sandbox: &Sandbox, name: &str) {
    let document = sandbox.document("groups", name);
    sandbox.write(&document, "method = \"app\"\nadded = 2026-11-24T08:00:00Z\n");
}

/// Guards the text output.
#[test]
fn the_text_shows_the_chain_and_the_answers() {
    let sandbox = Sandbox::with_users(&["CORP\\alice"]);
    sandbox.enrol("CORP\\alice");
    sandbox.admin_ok(&["whitelist", "add", "CORP\\alice", "--until", "8h", "--reason", "phone"]);
    let text = sandbox.admin_ok(&["explain", "Alice@corp.example"]);
    let place = sandbox.path().display().to_string();
    assert_eq!(
        text.replace(&place, "<store>"),
        "\
rule            result      decides           detail
store           ok                            <store>
enabled         on
groups          not-needed                    no group is listed
listed          entry                         corp\\alice: corp.example means corp (its first label)
ambiguous       no                            the secret was made for corp
whitelist       none        rdp               corp\\alice lets in only its own account and domain, not alice@corp.example
require-client  off
lock            open
grant           live        html5, remoteapp  the first session must open before 2026-11-24T09:00:00Z
enrolment       active      sign-in           since 2026-11-24T08:00:00Z
method          app

ask        outcome    reason           rule       exit code
sign-in    challenge  code-required    enrolment  3
html5      grant      session-valid    grant      0
remoteapp  grant      session-valid    grant      0
rdp        deny       rdp-not-allowed  whitelist  1
"
    );
}

/// Guards the JSON document to the byte: fields, order, and null for absent values.
#[test]
fn the_json_document_is_exact() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let explained = explain(&sandbox, &["ALICE", "--session", "rdp"]);
    let place = sandbox.path_in_json();
    assert_eq!(
        explained.to_string().replace(&place, "<store>"),
        r#"{"schema":1,"user":"alice","login":"alice","chain":[{"rule":"store","result":"ok","detail":"<store>","decides":[]},{"rule":"enabled","result":"on","detail":null,"decides":[]},{"rule":"groups","result":"not-needed","detail":"no group is listed","decides":[]},{"rule":"listed","result":"entry","detail":"alice: the same name","decides":[]},{"rule":"ambiguous","result":"no","detail":null,"decides":[]},{"rule":"whitelist","result":"none","detail":null,"decides":["rdp"]},{"rule":"require-client","result":"off","detail":null,"decides":[]},{"rule":"lock","result":"open","detail":null,"decides":[]},{"rule":"grant","result":"none","detail":null,"decides":[]},{"rule":"enrolment","result":"none","detail":null,"decides":[]},{"rule":"method","result":"app","detail":null,"decides":[]}],"answers":[{"ask":"rdp","outcome":"deny","reason":"rdp-not-allowed","rule":"whitelist","exit_code":1}]}"#
    );
    assert_eq!(
        explain(&sandbox, &[".\\alice"])["user"],
        "alice",
        "as the verifier spells the name"
    );
}

/// Guards the end of the chain: nothing follows a rule that decides everything.
#[test]
fn the_chain_ends_where_everything_is_decided() {
    let sandbox = Sandbox::new();
    sandbox.admin_ok(&["users", "add", "CORP\\alice", "EMEA\\alice"]);
    let explained = explain(&sandbox, &["alice"]);
    assert_eq!(answer(&explained, "sign-in"), "disabled by enabled");
    assert_eq!(found(&explained, "groups"), "not asked");
    sandbox.admin_ok(&["enable"]);

    let explained = explain(&sandbox, &["alice"]);
    assert_eq!(answer(&explained, "rdp"), "ambiguous-user by ambiguous");
    assert_eq!(found(&explained, "listed"), "several: corp\\alice, emea\\alice");
    assert_eq!(found(&explained, "whitelist"), "not asked");

    let explained = explain(&sandbox, &["ASIA\\alice"]);
    assert_eq!(answer(&explained, "html5"), "not-listed by listed");
    let detail = "no: asia\\alice is in a different domain from corp\\alice, emea\\alice";
    assert_eq!(found(&explained, "listed"), detail);
    let explained = explain(&sandbox, &["bob"]);
    assert_eq!(found(&explained, "listed"), "no: not listed, neither by name nor by a group");
    assert_eq!(found(&explained, "ambiguous"), "not asked");
}

/// Guards a secret that belongs to an account of the same name in another domain.
#[test]
fn a_login_from_another_domain_than_the_secret_is_ambiguous() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("CORP\\alice");
    let explained = explain(&sandbox, &["EMEA\\alice"]);
    assert_eq!(answer(&explained, "sign-in"), "ambiguous-user by ambiguous");
    let detail = "yes: the secret was made for corp, and the login is in emea";
    assert_eq!(found(&explained, "ambiguous"), detail);
    assert_eq!(found(&explained, "whitelist"), "not asked");
    let explained = explain(&sandbox, &["CORP\\alice"]);
    assert_eq!(found(&explained, "ambiguous"), "no: the secret was made for corp");
    assert_eq!(answer(&explained, "sign-in"), "code-required by enrolment");
}

/// Guards groups: which are known, which of them is listed, and that they are not needed for a user
/// who is listed.
#[test]
fn groups_cover_users() {
    let sandbox = Sandbox::with_users(&["alice"]);
    list_group(&sandbox, "staff");
    let explained = explain(&sandbox, &["bob", "--group", "guests", "--group", "CORP\\Staff"]);
    assert_eq!(found(&explained, "groups"), "known: guests, corp\\staff; listed: staff");
    assert_eq!(found(&explained, "listed"), "group: staff");
    assert_eq!(answer(&explained, "sign-in"), "enrolment-required by enrolment");
    let explained = explain(&sandbox, &["bob", "--group", "guests"]);
    assert_eq!(found(&explained, "groups"), "known: guests; none of them is listed");
    assert_eq!(answer(&explained, "sign-in"), "not-listed by listed");
    let explained = explain(&sandbox, &["alice", "--no-groups"]);
    assert_eq!(found(&explained, "groups"), "none");
    assert_eq!(found(&explained, "listed"), "entry: alice: the same name");
    let explained = explain(&sandbox, &["alice"]);
    assert!(found(&explained, "groups").starts_with("not-needed: "), "{explained}");
    let explained = explain(&sandbox, &["bob"]);
    assert!(found(&explained, "groups").starts_with("unknown: "), "{explained}");
    assert_eq!(found(&explained, "listed"), "unknown: not listed by name");
    assert_eq!(answer(&explained, "sign-in"), "groups-unknown by groups");
}

/// Guards the wording for `rdp-after-portal`: until when RDP is let in, and nothing while the setting is off.
#[test]
fn rdp_after_a_session_is_explained() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    let rule = "rdp-after-portal";
    assert_eq!(found(&explain(&sandbox, &["alice"]), rule), "not asked");
    sandbox.set(rule, "45");
    let explained = explain(&sandbox, &["alice"]);
    assert_eq!(found(&explained, rule), "none: no session opened in the last 45 s");
    assert_eq!(answer(&explained, "rdp"), "rdp-not-allowed by rdp-after-portal");
    sandbox.verify(&["--session", "html5", "--", "alice"], None);
    let explained = explain(sandbox.pass(44), &["alice"]);
    let detail =
        "open: a session opened at 2026-11-24T08:00:00Z; RDP is let in until 2026-11-24T08:00:45Z";
    assert_eq!(found(&explained, rule), detail);
    assert_eq!(answer(&explained, "rdp"), "session-valid by rdp-after-portal");
    assert_eq!(sandbox.show("alice")["grants"][0]["last_session"], "2026-11-24T08:00:00Z");
}

/// Guards the wording for the whitelist: the matching entry with its end and reason, and near
/// misses.
#[test]
fn the_whitelist_entry_is_named() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.domains("aliases = { \"corp.example\" = \"CORP\" }\n");
    let entry = ["whitelist", "add", "alice@corp.example", "--until", "1h", "--reason", "phone"];
    sandbox.admin_ok(&entry);
    let explained = explain(&sandbox, &["CORP\\alice"]);
    assert_eq!(
        found(&explained, "whitelist"),
        "valid: alice@corp.example until 2026-11-24T09:00:00Z: phone"
    );
    assert_eq!(answer(&explained, "rdp"), "whitelisted by whitelist");
    let explained = explain(sandbox.at(3600), &["CORP\\alice"]);
    assert_eq!(
        found(&explained, "whitelist"),
        "expired: alice@corp.example expired at 2026-11-24T09:00:00Z: phone"
    );
    assert_eq!(answer(&explained, "rdp"), "rdp-not-allowed by whitelist");
    let explained = explain(&sandbox, &["alice"]);
    let detail = "none: alice@corp.example lets in only its own account and domain, not alice";
    assert_eq!(found(&explained, "whitelist"), detail);
}

/// Guards locks: their end, the number of wrong codes, and who can help.
#[test]
fn a_lock_is_shown_with_its_end() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let secret = sandbox.enrol("alice");
    let mut wrong = secret.wrong_codes(sandbox.now());
    sandbox.verify(&["--", "alice"], Some(&wrong.next().unwrap()));
    assert_eq!(found(&explain(&sandbox, &["alice"]), "lock"), "open: 1 wrong code in a row");
    for code in wrong.by_ref().take(4) {
        sandbox.verify(&["--", "alice"], Some(&code));
    }
    let explained = explain(&sandbox, &["alice"]);
    assert_eq!(
        found(&explained, "lock"),
        "locked: until 2026-11-24T08:01:00Z; 5 wrong codes in a row"
    );
    assert_eq!(answer(&explained, "sign-in"), "locked by lock");
    assert_eq!(answer(&explained, "html5"), "session-valid by grant", "a lock keeps grants");
    sandbox.set_failures("alice", 100);
    assert_eq!(
        found(&explain(&sandbox, &["alice"]), "lock"),
        "stopped: 100 wrong codes in a row; unlock with: rw2fa users unlock alice"
    );
}

/// Guards grants: their client, and their end.
#[test]
fn a_grant_belongs_to_its_client() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let shown = sandbox.verify(&["--qr", "none", "--", "alice"], None);
    let code = Secret::of(&shown.json()).code(sandbox.now());
    sandbox.verify(&["--client", "c1", "--", "alice"], Some(&code));
    let explained = explain(&sandbox, &["alice", "--client", "c2"]);
    assert_eq!(found(&explained, "grant"), "none: 1 grant of other clients");
    assert_eq!(answer(&explained, "html5"), "code-required by grant");
    let explained = explain(&sandbox, &["alice", "--client", "c1"]);
    assert_eq!(
        found(&explained, "grant"),
        "live: the first session must open before 2026-11-24T09:00:00Z"
    );
    sandbox.verify(&["--client", "c1", "--session", "html5", "--", "alice"], None);
    let explained = explain(&sandbox, &["alice", "--client", "c1"]);
    assert_eq!(found(&explained, "grant"), "live: sessions can open until 2026-11-24T16:00:00Z");
    assert_eq!(answer(&explained, "remoteapp"), "session-valid by grant");

    sandbox.set("require-client", "true");
    let explained = explain(&sandbox, &["alice"]);
    assert_eq!(found(&explained, "require-client"), "missing: the portal must pass --client");
    let first = &explained["answers"][0];
    assert_eq!(
        first.to_string(),
        r#"{"ask":"sign-in","outcome":null,"reason":null,"rule":"require-client","exit_code":2}"#
    );
    assert_eq!(answer(&explained, "rdp"), "rdp-not-allowed by whitelist");
    assert_eq!(found(&explain(&sandbox, &["alice", "--client", "c1"]), "require-client"), "named");
}

/// Guards the days left to enrol, and a QR code that was handed over.
#[test]
fn the_days_to_enrol_are_shown() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.set("enrolment-days", "1");
    let explained = explain(sandbox.at(86_399), &["alice"]);
    assert_eq!(found(&explained, "enrolment"), "none: closes at 2026-11-25T08:00:00Z");
    let explained = explain(sandbox.at(86_400), &["alice"]);
    assert_eq!(found(&explained, "enrolment"), "none: closed since 2026-11-25T08:00:00Z");
    assert_eq!(answer(&explained, "sign-in"), "enrolment-closed by enrolment");
    sandbox.admin_ok(&["users", "enrol", "alice"]);
    assert_eq!(
        found(&explain(&sandbox, &["alice"]), "enrolment"),
        "pending: a QR code was handed over, and no code from it was entered yet; closed since \
         2026-11-25T08:00:00Z"
    );
}

/// Guards damaged documents: the answer is the verifier's, and the chain names file and line.
#[test]
fn a_damaged_document_is_named() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let whitelist = sandbox.document("whitelist", "alice");
    sandbox.write(&whitelist, "until = soon\n");
    let explained = explain(&sandbox, &["alice"]);
    assert_eq!(answer(&explained, "sign-in"), "enrolment-required by enrolment");
    assert_eq!(answer(&explained, "rdp"), "store by store");
    assert!(found(&explained, "store").starts_with("failed: "), "{explained}");
    assert!(
        found(&explained, "whitelist").contains(&shown("whitelist/alice.toml, line 1")),
        "{explained}"
    );
    fs::remove_file(whitelist).unwrap();
    fs::remove_file(sandbox.document("state", "alice")).unwrap();
    let explained = explain(&sandbox, &["alice"]);
    assert!(
        found(&explained, "store").contains("is missing, though alice is listed"),
        "{explained}"
    );
    assert_eq!(found(&explained, "listed"), "not asked");
    sandbox.write(&sandbox.path().join("store.toml"), "enabled = true\n");
    assert_eq!(sandbox.admin(&["explain", "alice"]).code, 4, "without settings there is no chain");
}

/// Guards `--all`: who is asked for a code at the next login, and why.
#[test]
fn all_users_are_shown_in_every_format() {
    let sandbox = Sandbox::with_users(&["alice", "newcomer0"]);
    sandbox.enrol("alice");
    list_group(&sandbox, "staff");
    sandbox.verify(&["--group", "staff", "--qr", "none", "--", "carol"], None);
    sandbox.set("require-client", "true");
    let before = sandbox.contents();
    assert_eq!(
        sandbox.admin_ok(&["explain", "--all"]),
        "\
name       type   listed  asked  outcome    reason              why
staff      group  true    true   challenge  enrolment-required  members at their first login
alice      user   true    true   challenge  code-required       listed
carol      user   false   true   challenge  enrolment-required  by group staff
newcomer0  user   true    true   challenge  enrolment-required  listed
"
    );
    assert!(before == sandbox.contents(), "explain --all wrote to the store");
    sandbox.set("enrolment-days", "1");
    sandbox.pass(86_400);
    assert_eq!(
        sandbox.admin_ok(&["explain", "--all", "--format", "csv"]),
        "\
name,type,listed,asked,outcome,reason,why,once_enabled,whitelisted
staff,group,true,false,deny,enrolment-closed,members at their first login,enrolment-closed,false
alice,user,true,true,challenge,code-required,listed,code-required,false
carol,user,false,false,deny,enrolment-closed,by group staff,enrolment-closed,false
newcomer0,user,true,false,deny,enrolment-closed,listed,enrolment-closed,false
"
    );
    sandbox.admin_ok(&["disable", "--yes"]);
    let explained = explain(&sandbox, &["--all"]);
    assert_eq!(
        explained["entries"][1].to_string(),
        r#"{"name":"alice","type":"user","listed":true,"asked":false,"outcome":"grant","reason":"disabled","why":"two-factor authentication is off","once_enabled":"code-required","whitelisted":false}"#
    );
    let empty = Sandbox::new().admin(&["explain", "--all", "--format", "json"]);
    assert_eq!(empty.json().to_string(), r#"{"schema":1,"entries":[]}"#);
}

/// Guards `--all` against a damaged document and files that are not documents.
#[test]
fn a_damaged_document_hides_no_other_user() {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    sandbox.write(&sandbox.document("state", "alice"), "");
    let explained = explain(&sandbox, &["--all"]);
    let rows = explained["entries"].as_array().unwrap();
    assert_eq!((&rows[0]["reason"], &rows[0]["asked"]), (&"store".into(), &false.into()));
    assert!(rows[0]["why"].as_str().unwrap().contains("alice.toml"), "{explained}");
    assert_eq!(rows[1]["reason"], "enrolment-required");
    sandbox.write(&sandbox.path().join("groups/X.toml"), "");
    let run = sandbox.admin(&["explain", "--all"]);
    assert!(run.code == 1 && run.stderr.contains(&shown("groups/X.toml")), "{run:?}");
}

/// Guards the command line.
#[test]
fn invalid_arguments_are_refused() {
    let sandbox = Sandbox::with_users(&["alice"]);
    for args in [
        &["explain"][..],
        &["explain", "alice", "--all"],
        &["explain", "--all", "--group", "staff"],
        &["explain", "--all", "--no-groups"],
        &["explain", "--all", "--client", "c1"],
        &["explain", "--all", "--session", "rdp"],
        &["explain", "alice", "--group", "staff", "--no-groups"],
        &["explain", "alice", "--format", "csv"],
        &["explain", "alice", "--client", ""],
        &["explain", "alice", "--session", "vnc"],
        &["explain", "alice", "--group", "@"],
    ] {
        let run = sandbox.admin(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {run:?}");
    }
    assert_eq!(sandbox.admin(&["explain", "a\\b\\c"]).code, 1);
}
