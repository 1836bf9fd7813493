//! Who is signed in: sessions in memory, and the cookie that names them.
//!
//! SECURITY: a session begins only after the right password, and gets a new random id at each step.
//! An id that someone planted or saw before a step is worthless after it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::accounts::Account;
use crate::auth::ReturnPath;
use crate::resources::Resource;
use crate::verifier::{Answer, Caller};

/// Time to type the code after the password.
const CODE_TIME: Duration = Duration::from_secs(10 * 60);
/// The longest time that a user stays signed in.
const WHOLE_TIME: Duration = Duration::from_secs(8 * 3600);
/// How long an answer of the verifier counts for further requests to the application behind nginx.
const FRESH: Duration = Duration::from_secs(5);
/// How long the second of two clicks may still come with the id of the first.
const DOUBLE_CLICK: Duration = Duration::from_secs(10);

/// 256 random bits in characters that cookies may contain.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Id(String);

impl Id {
    /// Creates a random id.
    pub(crate) fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(BASE64URL_NOPAD.encode(&bytes)))
    }

    /// Parses the value of a cookie that has the form of an id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// Returns the value of the cookie.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// How far the sign-in has come.
#[derive(Clone)]
pub(crate) enum Stage {
    /// The password was right; nothing else is known.
    CodeWanted,
    /// The verifier let the user in.
    SignedIn {
        /// The open sessions, and when each needs a new code.
        opened: Vec<Opened>,
        /// What the user wants to open with a code.
        opening: Option<&'static Resource>,
    },
}

/// A desktop or program that was opened.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) resource: &'static Resource,
    pub(crate) valid_until: Option<String>,
}

/// One sign-in.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) account: Account,
    pub(crate) caller: Caller,
    pub(crate) stage: Stage,
    /// The verifier's last answer, until a page has shown it. It may contain the secret of an
    /// enrolment, which is shown once.
    pub(crate) answer: Option<Answer>,
    /// Where the user wanted to go before signing in.
    pub(crate) next: Option<ReturnPath>,
    began: Instant,
    used: Instant,
    /// When the verifier last let a request to the application pass.
    checked: Option<Instant>,
    /// Set when the session continued under another id.
    retired: Option<Retired>,
    /// Held while a code of this sign-in is tried, under any of its ids.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
}

/// What is left of a session that continued under another id.
#[derive(Clone)]
struct Retired {
    since: Instant,
    /// The sealed code that advanced it, if there was one.
    code: Option<[u8; 32]>,
}

/// Which sessions a request may use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those with this current id.
    Current,
    /// Also those whose id was just replaced. Used for the second of two clicks, which must bring
    /// the code of the first again (see [`Sessions::is_accepted`]), and for the sign-out.
    JustReplaced,
}

/// All sessions.
pub(crate) struct Sessions {
    all: Mutex<HashMap<Id, Session>>,
    /// Seals form tokens and codes; a new key at each start.
    key: [u8; 64],
    idle: Duration,
}

impl Session {
    /// Creates a session for a user whose password was right.
    pub(crate) fn new(account: Account, caller: Caller) -> Self {
        let now = Instant::now();
        Self {
            account,
            caller,
            stage: Stage::CodeWanted,
            answer: None,
            next: None,
            began: now,
            used: now,
            checked: None,
            retired: None,
            turn: Arc::default(),
        }
    }

    /// Whether the verifier let the user in.
    pub(crate) fn is_signed_in(&self) -> bool {
        matches!(self.stage, Stage::SignedIn { .. })
    }

    /// Returns what the user wants to open with a code.
    pub(crate) fn opening(&self) -> Option<&'static Resource> {
        match &self.stage {
            Stage::SignedIn { opening, .. } => *opening,
            Stage::CodeWanted => None,
        }
    }

    /// Whether the user has opened this, and needs no code for it as far as the portal knows.
    pub(crate) fn has_opened(&self, resource: &Resource) -> bool {
        match &self.stage {
            Stage::SignedIn { opened, .. } => {
                opened.iter().any(|opened| opened.resource.id == resource.id)
            }
            Stage::CodeWanted => false,
        }
    }

    /// Records that the user needs a code to open this.
    pub(crate) fn needs_code_for(&mut self, resource: &'static Resource) {
        // Not the answer of the sign-in, which no page may have shown yet: the code page finds out what is needed.
        (self.answer, self.checked) = (None, None);
        if let Stage::SignedIn { opened, opening } = &mut self.stage {
            opened.retain(|opened| opened.resource.id != resource.id);
            *opening = Some(resource);
        }
    }

    /// Whether the verifier has just let a request to the application pass.
    pub(crate) fn is_fresh(&self) -> bool {
        self.checked.is_some_and(|checked| checked.elapsed() < FRESH)
    }

    /// Records that the verifier let a request to the application pass.
    pub(crate) fn set_fresh(&mut self) {
        self.checked = Some(Instant::now());
    }

    /// Returns where the user goes now: to the page that they wanted, once, or else to `page`.
    pub(crate) fn destination(&mut self, page: &str) -> String {
        self.next.take().map_or_else(|| page.to_owned(), |next| next.as_str().to_owned())
    }

    /// Whether it continued under another id.
    pub(crate) fn is_retired(&self) -> bool {
        self.retired.is_some()
    }

    fn is_over(&self, idle: Duration) -> bool {
        let whole = if self.is_signed_in() { WHOLE_TIME } else { CODE_TIME };
        self.began.elapsed() > whole
            || self.used.elapsed() > idle
            || self.retired.as_ref().is_some_and(|left| left.since.elapsed() > DOUBLE_CLICK)
    }
}

impl Sessions {
    /// Creates an empty table. Users idle for `idle` are signed out.
    pub(crate) fn new(idle: Duration) -> Result<Self> {
        let mut key = [0; 64];
        getrandom::fill(&mut key)?;
        Ok(Self { all: Mutex::default(), key, idle })
    }

    /// Returns the session with this id, if it has not ended, and keeps it alive.
    pub(crate) fn get(&self, id: &Id, scope: Scope) -> Option<Session> {
        let mut all = self.lock();
        let session = all.get_mut(id)?;
        if session.is_over(self.idle) || (session.is_retired() && scope == Scope::Current) {
            return None;
        }
        session.used = Instant::now();
        Some(session.clone())
    }

    /// Starts a session under a new id.
    pub(crate) fn begin(&self, session: Session) -> Result<Id> {
        let id = Id::new()?;
        self.lock().insert(id.clone(), session);
        Ok(id)
    }

    /// Continues under a new id. The old one is good only for the second of two clicks, with the
    /// same code, and only for a short time. `None` if the sign-in was ended in the meantime.
    pub(crate) fn advance(
        &self,
        old: &Id,
        mut session: Session,
        code: Option<&str>,
    ) -> Result<Option<Id>> {
        let (id, now) = (Id::new()?, Instant::now());
        (session.used, session.retired) = (now, None);
        let code = code.map(|code| self.seal_code(code).finalize().into_bytes().into());
        let mut all = self.lock();
        // SECURITY: under the same lock, so that no sign-out comes in between.
        if !all.values().any(|other| other.caller.client == session.caller.client) {
            return Ok(None);
        }
        if let Some(left) = all.get_mut(old) {
            left.retired.get_or_insert(Retired { since: now, code });
        }
        all.insert(id.clone(), session);
        Ok(Some(id))
    }

    /// Whether this exact code advanced a session that is now retired. Compares in constant time.
    pub(crate) fn is_accepted(&self, session: &Session, code: &str) -> bool {
        let accepted = session.retired.as_ref().and_then(|left| left.code);
        accepted.is_some_and(|accepted| self.seal_code(code).verify(&accepted.into()).is_ok())
    }

    /// Changes a session that has not ended.
    pub(crate) fn change(&self, id: &Id, change: impl FnOnce(&mut Session)) {
        if let Some(session) = self.lock().get_mut(id) {
            change(session);
        }
    }

    /// Ends everything that belongs to one sign-in.
    pub(crate) fn end(&self, client: &str) {
        self.lock().retain(|_, session| session.caller.client != client);
    }

    /// Removes sessions that have ended, and returns the callers to sign out at the verifier.
    pub(crate) fn sweep(&self) -> Vec<Caller> {
        let mut all = self.lock();
        let over: Vec<Caller> = all
            .extract_if(|_, session| session.is_over(self.idle))
            .map(|(_, session)| session.caller)
            .collect();
        let lives = |client: &str| all.values().any(|session| session.caller.client == client);
        over.into_iter().filter(|caller| !lives(&caller.client)).collect()
    }

    /// Returns the token that this visitor's forms must bring back. A page of another site cannot
    /// know it.
    pub(crate) fn form_token(&self, id: &Id) -> String {
        BASE64URL_NOPAD.encode(&self.seal("form", id.as_str()).finalize().into_bytes())
    }

    /// Whether a form brought the right token. Compares in constant time.
    pub(crate) fn is_form_token(&self, id: &Id, token: &str) -> bool {
        let token = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap_or_default();
        self.seal("form", id.as_str()).verify_slice(&token).is_ok()
    }

    /// Seals a code without the characters that the verifier ignores.
    fn seal_code(&self, code: &str) -> Hmac<Sha256> {
        self.seal("code", &code.trim().replace([' ', '-'], "").to_ascii_uppercase())
    }

    fn seal(&self, purpose: &str, text: &str) -> Hmac<Sha256> {
        let mut seal = <Hmac<Sha256> as KeyInit>::new(&self.key.into());
        seal.update(purpose.as_bytes());
        seal.update(b"\0");
        seal.update(text.as_bytes());
        seal
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Session>> {
        // No entry is left half-changed by a panic.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
