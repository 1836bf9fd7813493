//! `rw2fa license`: which licences are accepted, and what they allow.
//!
//! The licences are in `tokens.txt`, made with OpenSSL by `tokens.sh`.

mod activation;
mod limits;
#[cfg(unix)]
mod openssl;
#[cfg(unix)]
mod packages;

use std::fs;
use std::path::PathBuf;

use crate::sandbox::{Run, Sandbox};

/// One line per licence: its name and the licence.
const TOKENS: &str = include_str!("tokens.txt");

/// Returns the licence with this name.
fn token(name: &str) -> &'static str {
    let mut lines = TOKENS.lines();
    let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("tokens.txt has no '{name}'"))
}

fn activate_bytes(sandbox: &Sandbox, bytes: &[u8]) -> Run {
    let file = sandbox.beside("license.lic");
    #[expect(clippy::disallowed_methods, reason = "tests write files directly")]
    fs::write(&file, bytes).unwrap();
    sandbox.admin(&["license", "activate", file.to_str().unwrap()])
}

fn activate(sandbox: &Sandbox, name: &str) -> Run {
    activate_bytes(sandbox, format!("{}\n", token(name)).as_bytes())
}

fn settings_file(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join("store.toml")
}

fn show(sandbox: &Sandbox) -> serde_json::Value {
    let run = sandbox.admin(&["license", "show", "--format", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    run.json()["license"].clone()
}
