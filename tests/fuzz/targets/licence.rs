//! Reads any text as a licence: only what the vendor signed is accepted, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rw2fa::license::claims::License;
use rw2fa::license::jws;
use rw2fa::license::vendor::VendorKey;
use rw2fa::time::Timestamp;

fuzz_target!(|data: &[u8]| {
    let key = VendorKey::built_in().expect("a key is built in");
    if let Ok(payload) = jws::open(data, &key) {
        let _ = License::parse(&payload);
    }
    if let Ok(license) = License::parse(data) {
        let _ = license.check_time(Timestamp::from_unix(1_795_507_200));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = (VendorKey::from_base64(text), Timestamp::parse(text));
    }
});
