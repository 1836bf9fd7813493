//! Reads any text as a document: it is read or refused, and what was read is written back
//! unchanged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rw2fa::factor::attempts::Attempts;
use rw2fa::names::listing::{Listing, WhitelistEntry};
use rw2fa::factor::lockout::Rules;
use rw2fa::factor::state::State;
use rw2fa::audit;
use rw2fa::factor::recovery::RecoveryCode;
use rw2fa::settings;
use rw2fa::store::bundle::Bundle;
use rw2fa::store::seal::{DataKey, KeyRing};
use rw2fa::time::Timestamp;

fuzz_target!(|data: &[u8]| {
    let keys = KeyRing::from_key(DataKey::new([1; 32]));
    let _ = audit::check(data.split(|byte| *byte == b'\n'), &[keys.audit_key()]);
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(problem) = settings::parse(text) {
        assert!(problem.at <= text.len());
    }
    let _ = KeyRing::parse(text);
    assert!(Attempts::from_text(text).is_none_or(|attempts| attempts.to_text() == text));
    let _ = Bundle::parse(text);
    let _ = toml::from_str::<Listing>(text);
    let _ = toml::from_str::<WhitelistEntry>(text);
    if let Ok(mut state) = toml::from_str::<State>(text) {
        let _ = state.contradiction();
        let left = state.recovery_codes.left();
        let (rules, now) = (Rules { attempts: 5, seconds: 60 }, Timestamp::from_unix(0));
        let charge =
            state.attempts.charge(state.failures(), rules, now, |_| Ok(())).expect("a charge");
        state.recovery_codes.spend(&RecoveryCode::from_random([7; 10]), &charge);
        assert!(state.recovery_codes.left() <= left);
        let written = toml::to_string(&state).expect("a state is written");
        assert_eq!(toml::from_str::<State>(&written).expect("and read again"), state);
    }
});
