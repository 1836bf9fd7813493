//! Passwords: a STAND-IN for your directory. Replace this file.
//!
//! A real portal asks Active Directory, LDAP or PAM whether the password is right, and takes the
//! account's name and groups from the answer. This one reads a small file of hashes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail, ensure};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use serde::Deserialize;
use tokio::sync::Semaphore;

/// The longest password that is hashed.
const LONGEST_PASSWORD: usize = 1024;

/// How many passwords are checked at once. Each check takes 19 MiB, and strangers may send any
/// number.
const AT_ONCE: usize = 2;

/// What the directory knows about a user.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    /// The one spelling used everywhere else.
    pub(crate) name: String,
    /// The name shown on pages.
    pub(crate) full_name: String,
    /// The groups, passed to the verifier.
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    /// Argon2id, in the form of a PHC string.
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    account: Vec<Account>,
}

/// The stand-in directory.
pub(crate) struct Directory {
    accounts: HashMap<String, Account>,
    /// Compared with if there is no such account.
    decoy: String,
    turns: Semaphore,
}

impl Directory {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let document: Document =
            toml::from_str(&text).with_context(|| format!("{} is invalid", path.display()))?;
        let mut accounts = HashMap::new();
        for account in document.account {
            ensure!(
                PasswordHash::new(&account.password).is_ok(),
                "the password of {:?} is not a hash: create one with --hash-password",
                account.name
            );
            let name = key(&account.name);
            if accounts.insert(name, account).is_some() {
                bail!("{} contains an account twice", path.display());
            }
        }
        let decoy = hash_password("nobody's password")?;
        Ok(Self { accounts, decoy, turns: Semaphore::new(AT_ONCE) })
    }

    /// Returns the account if it exists and the password is right.
    ///
    /// SECURITY: unknown names cause the same work, so that neither the answer nor the time reveals
    /// which accounts exist.
    pub(crate) async fn sign_in(
        self: &Arc<Self>,
        name: &str,
        password: String,
    ) -> Result<Option<Account>> {
        if password.len() > LONGEST_PASSWORD {
            return Ok(None);
        }
        let account = self.accounts.get(&key(name)).cloned();
        let hash = account.as_ref().map_or(&self.decoy, |account| &account.password).clone();
        let _turn = self.turns.acquire().await?;
        let matches = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash).is_ok_and(|hash| {
                Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
            })
        })
        .await?;
        Ok(account.filter(|_| matches))
    }
}

/// Hashes a password for the file of accounts.
pub(crate) fn hash_password(password: &str) -> Result<String> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)?;
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| anyhow!("cannot hash: {error}"))?;
    Ok(hash.to_string())
}

/// Returns the form in which names are compared. They are passed on as the directory spells them.
fn key(name: &str) -> String {
    name.trim().to_lowercase()
}
