//! What a user proves a login with, and what the program keeps of each user.
//!
//! A folder per factor owns its part of the state, its sealed values and its check. [`state`] is the document that the
//! parts form together; [`attempts`], [`lockout`] and [`grant`] are the same for every factor.

pub mod app;
pub mod attempts;
pub mod grant;
pub mod lockout;
pub mod recovery;
pub mod sealed;
pub mod sms;
pub mod state;
pub mod temporary;
pub mod typed;

use zeroize::Zeroizing;

use crate::factor::sealed::{Field, Sealed};
use crate::factor::state::State;
use crate::time::Timestamp;

/// A kind of proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// Codes of an authenticator app.
    App,
    /// Codes sent by SMS.
    Sms,
    /// Recovery codes.
    Recovery,
    /// Temporary codes.
    Temporary,
}

/// What each factor does with its part of a user's state.
pub trait Part {
    /// Returns the sealed values, with the field that each is bound to.
    fn sealed<'s>(&self, state: &'s mut State) -> Vec<(Field, &'s mut Sealed)> {
        let _ = state;
        Vec::new()
    }

    /// Reports whether the user has ever signed in with this factor.
    fn is_proved(&self, state: &State) -> bool {
        let _ = state;
        false
    }

    /// Drops what was begun and not proved yet, because codes reach the user in another way from now on.
    fn abandon(&self, state: &mut State) {
        let _ = state;
    }

    /// Drops what a backup must not hold because it will have expired.
    fn export(&self, state: &mut State) {
        let _ = state;
    }

    /// Adapts the part of a backup to what happened since. `same` is the present state if it has the same secret.
    // SECURITY: nothing that was used since the backup becomes usable again.
    fn restore(&self, state: &mut State, same: Option<&State>, now: Timestamp) {
        let _ = (state, same, now);
    }

    /// Returns what is wrong with the part by itself.
    fn contradiction(&self, state: &State) -> Option<&'static str> {
        let _ = state;
        None
    }
}

impl Factor {
    /// All factors.
    pub const ALL: [Factor; 4] = [Factor::App, Factor::Sms, Factor::Recovery, Factor::Temporary];

    /// Returns what the factor does with its part of the state.
    pub fn part(self) -> &'static dyn Part {
        match self {
            Factor::App => &app::AppPart,
            Factor::Sms => &sms::SmsPart,
            Factor::Recovery => &recovery::RecoveryPart,
            Factor::Temporary => &temporary::TemporaryPart,
        }
    }
}

/// The parts of all factors, in a fixed order.
pub fn parts() -> impl Iterator<Item = &'static dyn Part> {
    Factor::ALL.into_iter().map(Factor::part)
}

/// Calls `each` with every sealed value of a user and the field that it is bound to. Stops when `each` fails.
///
/// # Errors
/// Those of `each`.
pub fn for_each_sealed<E>(
    state: &mut State,
    mut each: impl FnMut(Field, &mut Sealed) -> Result<(), E>,
) -> Result<(), E> {
    parts().try_for_each(|part| {
        part.sealed(state).into_iter().try_for_each(|(field, sealed)| each(field, sealed))
    })
}

impl State {
    /// Whether the user has entered a correct code of any method.
    pub fn has_proved_anything(&self) -> bool {
        parts().any(|part| part.is_proved(self))
    }

    /// Finds fields that contradict each other or are damaged; `None` if the state is consistent.
    pub fn contradiction(&self) -> Option<&'static str> {
        parts().find_map(|part| part.contradiction(self))
    }
}

impl Field {
    /// Reports whether the plain bytes are what the field holds.
    pub fn accepts(self, plain: &[u8]) -> bool {
        match self {
            Field::Secret => app::accepts(plain),
            Field::SmsCode => sms::state::SentCode::from_plain(plain).is_some(),
        }
    }

    /// Returns the plain bytes as an export shows them that reveals secrets.
    pub fn reveal(self, plain: &[u8]) -> Zeroizing<String> {
        match self {
            Field::Secret => app::reveal(plain),
            Field::SmsCode => Zeroizing::new(String::from_utf8_lossy(plain).into_owned()),
        }
    }

    /// Reads what [`Field::reveal`] wrote; `None` if it is something else.
    pub fn unreveal(self, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Field::Secret => app::unreveal(text),
            Field::SmsCode => Some(Zeroizing::new(text.as_bytes().to_vec())),
        }
    }
}
