//! Reads any file as a list of users: it is refused or could be added, and a dry run writes
//! nothing.
#![no_main]

mod sandbox;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let args = ["users", "add", "--from", "-", "--dry-run", "--format", "json"];
    let args = args.map(Into::into).to_vec();
    let (code, said) = sandbox::run(rw2fa::cli::main, "rw2fa", args, data.to_vec());
    assert!(matches!(code, 0..=2), "{code}");
    if code == 0 {
        serde_json::from_slice::<serde_json::Value>(&said).expect("JSON");
    }
    let list = ["users", "list", "--format", "csv"].map(Into::into).to_vec();
    let (_, listed) = sandbox::run(rw2fa::cli::main, "rw2fa", list, Vec::new());
    assert_eq!(listed.iter().filter(|byte| **byte == b'\n').count(), 2, "a user was added");
});
