//! Who is signed in: sessions in memory, and the cookie that names them.
//!
//! SECURITY: a session begins when the password was right, never before, and gets a new random id at
//! each step. An id that somebody planted or saw before a step is worth nothing after it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::accounts::Account;
use crate::resources::Resource;
use crate::verifier::{Answer, Caller};

/// Time to type the code after the password.
const CODE_TIME: Duration = Duration::from_secs(10 * 60);
/// Longest time somebody stays signed in.
const WHOLE_TIME: Duration = Duration::from_secs(8 * 3600);
/// So long the second of two clicks may still come with the id of the first.
const DOUBLE_CLICK: Duration = Duration::from_secs(10);

/// 256 random bits in the alphabet of cookies.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Id(String);

impl Id {
    /// A new one.
    pub(crate) fn new() -> Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(BASE64URL_NOPAD.encode(&bytes)))
    }

    /// What a cookie says, if it has the form of an id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The value of the cookie.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// How far somebody has come.
#[derive(Clone)]
pub(crate) enum Stage {
    /// The password was right; nothing else is known.
    CodeWanted,
    /// The verifier let him in.
    SignedIn {
        /// What he has opened, and when that needs a new code.
        opened: Vec<Opened>,
        /// What he wants to open, if that needs a code first.
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
    /// What the verifier said last, until a page has shown it. It may hold the secret of an enrolment,
    /// which is shown once.
    pub(crate) answer: Option<Answer>,
    began: Instant,
    used: Instant,
    /// Set when the session went on under another id.
    retired: Option<Retired>,
    /// Held while a code of this sign-in is tried, under whatever id.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
}

/// What is left of a session that went on under another id.
#[derive(Clone)]
struct Retired {
    since: Instant,
    /// The sealed code that brought it further, if one did.
    code: Option<[u8; 32]>,
}

/// Which sessions a request may use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those that go on under this id.
    Current,
    /// Those whose id was replaced just now, too: for the second of two clicks, which has to bring the
    /// code of the first again (see [`Sessions::is_accepted`]), and for the sign-out.
    JustReplaced,
}

/// All sessions.
pub(crate) struct Sessions {
    all: Mutex<HashMap<Id, Session>>,
    /// Seals the tokens of forms, and codes; a new one at each start.
    key: [u8; 64],
    idle: Duration,
}

impl Session {
    /// A session of somebody whose password was right.
    pub(crate) fn new(account: Account, caller: Caller) -> Self {
        let now = Instant::now();
        Self {
            account,
            caller,
            stage: Stage::CodeWanted,
            answer: None,
            began: now,
            used: now,
            retired: None,
            turn: Arc::default(),
        }
    }

    /// Whether the verifier let him in.
    pub(crate) fn is_signed_in(&self) -> bool {
        matches!(self.stage, Stage::SignedIn { .. })
    }

    /// What he wants to open with a code.
    pub(crate) fn opening(&self) -> Option<&'static Resource> {
        match &self.stage {
            Stage::SignedIn { opening, .. } => *opening,
            Stage::CodeWanted => None,
        }
    }

    /// Whether it went on under another id.
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
    /// None yet. Who does nothing for `idle` is signed out.
    pub(crate) fn new(idle: Duration) -> Result<Self> {
        let mut key = [0; 64];
        getrandom::fill(&mut key)?;
        Ok(Self { all: Mutex::default(), key, idle })
    }

    /// The session of this id, if it lives. Being asked for keeps it alive.
    pub(crate) fn get(&self, id: &Id, scope: Scope) -> Option<Session> {
        let mut all = self.lock();
        let session = all.get_mut(id)?;
        if session.is_over(self.idle) || (session.is_retired() && scope == Scope::Current) {
            return None;
        }
        session.used = Instant::now();
        Some(session.clone())
    }

    /// Begins a session under a new id.
    pub(crate) fn begin(&self, session: Session) -> Result<Id> {
        let id = Id::new()?;
        self.lock().insert(id.clone(), session);
        Ok(id)
    }

    /// Goes on under a new id. The old one is good for the second of two clicks only, which brings the
    /// same code, and soon for nothing. `None` if the sign-in was ended meanwhile.
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
        // SECURITY: under the same lock, so that no sign-out comes between.
        if !all.values().any(|other| other.caller.client == session.caller.client) {
            return Ok(None);
        }
        if let Some(left) = all.get_mut(old) {
            left.retired.get_or_insert(Retired { since: now, code });
        }
        all.insert(id.clone(), session);
        Ok(Some(id))
    }

    /// Whether this very code brought a session further that is retired now. Compares in constant time.
    pub(crate) fn is_accepted(&self, session: &Session, code: &str) -> bool {
        let accepted = session.retired.as_ref().and_then(|left| left.code);
        accepted.is_some_and(|accepted| self.seal_code(code).verify(&accepted.into()).is_ok())
    }

    /// Changes a session that lives.
    pub(crate) fn change(&self, id: &Id, change: impl FnOnce(&mut Session)) {
        if let Some(session) = self.lock().get_mut(id) {
            change(session);
        }
    }

    /// Ends all that belongs to one sign-in.
    pub(crate) fn end(&self, client: &str) {
        self.lock().retain(|_, session| session.caller.client != client);
    }

    /// Forgets sessions that are over; returns whom the verifier should be told about.
    pub(crate) fn sweep(&self) -> Vec<Caller> {
        let mut all = self.lock();
        let over: Vec<Caller> = all
            .extract_if(|_, session| session.is_over(self.idle))
            .map(|(_, session)| session.caller)
            .collect();
        let lives = |client: &str| all.values().any(|session| session.caller.client == client);
        over.into_iter().filter(|caller| !lives(&caller.client)).collect()
    }

    /// The token that forms of this visitor must bring back. A page of another site cannot know it.
    pub(crate) fn form_token(&self, id: &Id) -> String {
        BASE64URL_NOPAD.encode(&self.seal("form", id.as_str()).finalize().into_bytes())
    }

    /// Whether a form brought the right token. Compares in constant time.
    pub(crate) fn is_form_token(&self, id: &Id, token: &str) -> bool {
        let token = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap_or_default();
        self.seal("form", id.as_str()).verify_slice(&token).is_ok()
    }

    /// A code without what the verifier ignores in it.
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
        // Nothing in here is left half changed by a panic.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
