//! Writes the outcome of a decision: the next state of the user and a line of the audit trail.

use crate::audit::{self, Event, Verification};
use crate::error::{Error, ErrorKind, Result};
use crate::factor::attempts::Attempts;
use crate::factor::grant::ClientHash;
use crate::factor::sealed::{Field, Sealed};
use crate::names::name::Name;
use crate::process::Process;
use crate::store::seal::{KeyRing, NONCE};
use crate::store::{Document, DocumentKind, Locked, Text, records};
use crate::time::Timestamp;
use crate::verify::outcome::Decision;
use crate::verify::request::{Request, Session};
use crate::verify::subject::{Facts, Subject};

/// The next state of a user, ready to be written.
pub(super) struct Next {
    pub(super) document: Document,
    pub(super) text: Text,
    /// The sealed code that was generated for this message.
    pub(super) made: Option<Sealed>,
    /// The attempt counter, if it changes.
    attempts: Option<Attempts>,
}

/// Prepares the next state of the user; `None` if nothing changes.
pub(super) fn next_state(
    process: &Process,
    facts: &Facts<'_>,
    decision: &Decision,
    keys: Option<&KeyRing>,
) -> Result<Option<Next>> {
    let (Subject::Known(account), Some(next)) = (&facts.subject, &decision.next) else {
        return Ok(None);
    };
    let mut next = next.clone();
    next.listed = account.listed;
    if let Some(groups) = &account.groups {
        next.groups = groups.iter().map(Name::canonical).collect();
    }
    let seal = |field, plain: &[u8]| {
        let keys = keys.ok_or_else(|| {
            Error::new(ErrorKind::Store, "the key needed to seal a secret is missing")
        })?;
        let nonce = process.random::<NONCE>()?;
        Ok::<_, Error>(keys.seal(&account.name, field, plain, &nonce))
    };
    if let Some(secret) = &decision.new_secret {
        next.secret = Some(seal(Field::Secret, secret.as_bytes())?);
    }
    let mut made = None;
    if let Some(sent) = decision.outgoing.as_ref().and_then(|outgoing| outgoing.made.as_ref()) {
        made = Some(seal(Field::SmsCode, sent.to_plain().as_bytes())?);
        next.sms.code.clone_from(&made);
    }
    let document = Document::Of(DocumentKind::State, account.name.clone());
    let attempts = Some(next.attempts).filter(|attempts| *attempts != account.state.attempts);
    Ok(Some(Next { document, text: records::state_text(&next)?, made, attempts }))
}

/// Writes the audit line, then the next state of the user.
pub(super) fn remember(
    locked: &mut dyn Locked,
    name: &Name,
    request: &Request,
    decision: &Decision,
    next: Option<&Next>,
    keys: Option<&KeyRing>,
    now: Timestamp,
) -> Result<()> {
    let Some(Next { document, text, attempts, .. }) = next else {
        return record(locked, name, request, decision, keys, now);
    };
    if let (Some(attempts), Document::Of(_, name)) = (attempts, document) {
        records::write_attempts(locked, name, *attempts)?;
    }
    // SECURITY: a grant is recorded before it exists, so a login that cannot be recorded leaves nothing that
    // opens sessions. A wrong code was charged before it was compared.
    let name = name.canonical();
    let (key, event) = (keys.map(KeyRing::audit_key), event(&name, request, decision));
    audit::append_and_write(locked, key.as_ref(), now, &event, (document, text))
}

/// Writes only the audit line.
pub(super) fn record(
    locked: &mut dyn Locked,
    name: &Name,
    request: &Request,
    decision: &Decision,
    keys: Option<&KeyRing>,
    now: Timestamp,
) -> Result<()> {
    let name = name.canonical();
    let (key, event) = (keys.map(KeyRing::audit_key), event(&name, request, decision));
    audit::append(locked, key.as_ref(), now, &event)
}

/// The audit event of a decision.
fn event<'a>(user: &'a str, request: &'a Request, decision: &Decision) -> Event<'a> {
    Event::Verification(Verification {
        user,
        outcome: decision.reason.outcome().as_str(),
        reason: decision.reason.as_str(),
        session: request.session().map(Session::as_str),
        client: request.client.as_ref().map(ClientHash::as_str),
        ip: request.ip.as_deref(),
        drift: decision.details.drift,
        attempt: decision.details.attempt,
        caller: request.caller,
    })
}
