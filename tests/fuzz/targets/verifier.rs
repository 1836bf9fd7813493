//! Any arguments and any standard input: exit code and answer agree, and alice, whose secret is
//! unknown, is never let in.
//!
//! Each line is an argument. Everything after an empty line is standard input.
#![no_main]

mod sandbox;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let end = data.windows(2).position(|pair| pair == b"\n\n");
    let (args, stdin) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 2..]));
    let args: Vec<OsString> =
        args.split(|byte| *byte == b'\n').map(|arg| OsString::from_vec(arg.to_vec())).collect();
    // Other stores must not be opened.
    if args.iter().any(|arg| arg.as_encoded_bytes().starts_with(b"--sto")) {
        return;
    }
    let (code, said) = sandbox::run(rw2fa::verify::main, "rw2fa-verify", args, stdin.to_vec());
    if code == 2 {
        assert!(said.is_empty());
        return;
    }
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(&said) else {
        // Text output.
        assert!(code <= 5, "{code}");
        return;
    };
    let outcomes = ["grant", "deny", "", "challenge", "error", "ended"];
    assert_eq!(answer["outcome"], outcomes[usize::from(code)]);
    let user = answer["user"].as_str().unwrap_or_default();
    let is_alice = user == "alice" || user.ends_with("\\alice");
    assert!(!is_alice || code != 0, "{answer}");
});
