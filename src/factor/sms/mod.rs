//! SMS: a user's codes, and the message that brings them.

pub mod message;
pub mod state;

use crate::factor::Part;
use crate::factor::sealed::{Field, Sealed};
use crate::factor::state::State;
use crate::time::Timestamp;

/// The part of codes sent by SMS.
pub struct SmsPart;

impl Part for SmsPart {
    fn sealed<'s>(&self, state: &'s mut State) -> Vec<(Field, &'s mut Sealed)> {
        let codes = [&mut state.sms.code, &mut state.sms.used];
        codes.into_iter().flatten().map(|sealed| (Field::SmsCode, sealed)).collect()
    }

    fn is_proved(&self, state: &State) -> bool {
        state.sms.proved.is_some()
    }

    fn abandon(&self, state: &mut State) {
        state.sms.drop_code();
    }

    fn export(&self, state: &mut State) {
        state.sms.drop_code();
        state.sms.used = None;
    }

    fn restore(&self, state: &mut State, _: Option<&State>, _: Timestamp) {
        self.export(state);
    }
}
