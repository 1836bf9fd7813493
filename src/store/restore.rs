//! Replaces the contents of a store with a bundle, without allowing replays or logins without a code.
//!
//! The settings say `importing` from the first write to the last, so a verification that begins in between
//! fails. One that began earlier has read the old settings. Entries are therefore added before others are
//! removed: a user listed before and after is listed throughout.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::factor;
use crate::factor::lockout::Failures;
use crate::factor::sealed::{Field, Sealed};
use crate::factor::state::State;
use crate::names::name::Name;
use crate::settings::Settings;
use crate::settings::sms::SmsSection;
use crate::store::bundle::{Bundle, Secrets, UserEntry};
use crate::store::seal::{KeyRing, NONCE};
use crate::store::{
    Document, DocumentKind, Locked, NameList, Reader, Scope, Text, Update, editing, records,
};
use crate::time::Timestamp;

/// A bundle whose secrets this store can open.
pub struct Restoration<'a> {
    keys: &'a KeyRing,
    bundle: &'a Bundle,
    now: Timestamp,
}

/// What a sealed value holds.
type Plain = Zeroizing<Vec<u8>>;

/// Generates the nonce of one sealing.
pub type Nonces<'a> = dyn Fn() -> Result<Zeroizing<[u8; NONCE]>> + 'a;

/// The effect of an import on one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The store does not have it yet.
    Added,
    /// The store has it, and it is overwritten.
    Replaced,
    /// Only the store has it.
    Removed,
}

impl<'a> Restoration<'a> {
    /// Checks that every secret of the bundle can be opened.
    ///
    /// # Errors
    /// One error for each user whose secret cannot be opened.
    pub fn new(keys: &'a KeyRing, bundle: &'a Bundle, now: Timestamp) -> Result<Self, Vec<Error>> {
        let plan = Self { keys, bundle, now };
        let problems: Vec<_> = bundle
            .users
            .iter()
            .filter_map(|(name, entry)| plan.plain_values(name, entry.state.as_ref()?).err())
            .collect();
        let problems: Vec<_> = problems.into_iter().chain(plan.token().err()).collect();
        if problems.is_empty() { Ok(plan) } else { Err(problems) }
    }

    /// Lists the effect on each entry, with its kind and name, in order.
    ///
    /// # Errors
    /// If the store cannot be listed.
    pub fn effects(&self, reader: &dyn Reader) -> Result<Vec<(DocumentKind, Name, Effect)>> {
        let mut effects = Vec::new();
        for (kind, wanted) in self.wanted() {
            let mut all: BTreeMap<Name, Effect> =
                present(reader, kind)?.into_iter().map(|name| (name, Effect::Removed)).collect();
            for name in wanted {
                let present = all.contains_key(&name);
                all.insert(name, if present { Effect::Replaced } else { Effect::Added });
            }
            effects.extend(all.into_iter().map(|(name, effect)| (kind, name, effect)));
        }
        Ok(effects)
    }

    /// Writes all documents except the settings, which say `importing` meanwhile. Calls `advance` for each
    /// of the [`Self::effects`].
    ///
    /// # Errors
    /// If something could not be written. Repeating the import repairs it.
    pub fn write(
        &self,
        locked: &dyn Locked,
        nonces: &Nonces<'_>,
        advance: &mut dyn FnMut(),
    ) -> Result<()> {
        for (name, text) in &self.bundle.groups {
            put(locked, DocumentKind::Group, name, text)?;
            advance();
        }
        for (name, entry) in &self.bundle.users {
            self.put_user(locked, name, entry, nonces)?;
            advance();
        }
        for name in present(locked, DocumentKind::Whitelist)? {
            if !self.bundle.whitelist.contains_key(&name) {
                remove(locked, DocumentKind::Whitelist, &name)?;
                advance();
            }
        }
        for (name, text) in &self.bundle.whitelist {
            put(locked, DocumentKind::Whitelist, name, text)?;
            advance();
        }
        for name in present(locked, DocumentKind::User)? {
            if !self.bundle.users.contains_key(&name) {
                remove_user(locked, &name)?;
                advance();
            }
        }
        for name in present(locked, DocumentKind::Group)? {
            if !self.bundle.groups.contains_key(&name) {
                remove(locked, DocumentKind::Group, &name)?;
                advance();
            }
        }
        Ok(())
    }

    /// Returns the final settings: those of the bundle, with the keys that belong to this server kept.
    ///
    /// # Errors
    /// If the present text is not valid TOML.
    pub fn settings(
        &self,
        reader: &dyn Reader,
        present: &str,
        nonces: &Nonces<'_>,
    ) -> Result<Text> {
        let parse = |text: &str| {
            text.parse::<toml_edit::DocumentMut>().map_err(|_| {
                let place = reader.describe(&Document::Settings);
                Error::new(ErrorKind::Store, format!("{place} is not valid TOML"))
                    .with_hint("fix it by hand")
            })
        };
        let (here, mut next) = (parse(present)?, parse(&self.bundle.text)?);
        // The key's location, the start of the trial and the licence belong to this server.
        for key in ["created", "key-file", "license"] {
            match here.get(key) {
                Some(item) => next.insert(key, item.clone()),
                None => next.remove(key),
            };
        }
        next.remove("importing");
        if let (Some(token), Secrets::Revealed) = (self.token()?, self.bundle.secrets) {
            let [section, key] = SmsSection::TOKEN else { return Err(self.no_token("is damaged")) };
            next[section][key] = toml_edit::value(self.keys.seal_token(&token, &*nonces()?).0);
        }
        let text = Text::new(next.to_string());
        records::parse_settings(reader, &text)?;
        Ok(text)
    }

    /// Returns the token of the SMS gateway, if the bundle has one.
    fn token(&self) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(written) = &self.bundle.settings.sms.auth_token else { return Ok(None) };
        match self.bundle.secrets {
            Secrets::Revealed => Ok(Some(Zeroizing::new(written.0.clone().into_bytes()))),
            Secrets::Sealed => {
                self.keys.open_token(written).map(Some).map_err(|problem| self.no_token(problem))
            }
        }
    }

    fn no_token(&self, problem: &str) -> Error {
        Error::new(ErrorKind::Refused, format!("[sms] auth-token: {problem}")).with_hint(format!(
            "put the key of the store it was exported from (id {}) into this store first, or remove \
             the token from the file",
            self.bundle.key
        ))
    }

    fn wanted(&self) -> [(DocumentKind, Vec<Name>); 3] {
        let names = |map: &BTreeMap<Name, String>| map.keys().cloned().collect();
        [
            (DocumentKind::Group, names(&self.bundle.groups)),
            (DocumentKind::User, self.bundle.users.keys().cloned().collect()),
            (DocumentKind::Whitelist, names(&self.bundle.whitelist)),
        ]
    }

    fn put_user(
        &self,
        locks: &dyn Locked,
        name: &Name,
        entry: &UserEntry,
        nonces: &Nonces<'_>,
    ) -> Result<()> {
        let Some(state) = &entry.state else { return Ok(()) };
        locks.update(Scope::Account(&name.key()), |locked| {
            let mut state = state.clone();
            // A damaged document is replaced; it cannot show which codes were used.
            let here = records::state_document(locked, name).ok().flatten();
            let (attempts, is_repaired) = records::repaired_attempts(locked, name, here.as_ref());
            let failures = here.as_ref().map(|here| State { attempts, ..here.clone() }.failures());
            keep_failures(&mut state, failures.unwrap_or_default());
            let plain = self.plain_values(name, &state)?;
            let same = here.filter(|here| self.has_same_values(name, here, &plain));
            factor::parts().for_each(|part| part.restore(&mut state, same.as_ref(), self.now));
            self.seal(name, &mut state, &plain, nonces)?;
            state.grants.clear();
            if is_repaired || state.has_proved_anything() || attempts.count > 0 {
                state.attach_attempts(attempts);
                if is_repaired || attempts.count == 0 {
                    records::write_attempts(locked, name, attempts)?;
                }
            }
            records::write_state(locked, name, &state)?;
            let document = Document::Of(DocumentKind::User, name.clone());
            match &entry.settings {
                Some(text) => locked.write(&document, text),
                None => locked.remove(&document).map(drop),
            }
        })
    }

    /// Returns what the sealed values of a user in the bundle hold.
    fn plain_values(&self, name: &Name, state: &State) -> Result<Vec<(Field, Plain)>> {
        let mut values = Vec::new();
        let mut state = state.clone();
        factor::parts().for_each(|part| part.export(&mut state));
        factor::for_each_sealed(&mut state, |field, written| {
            values.push((field, self.plain_value(name, field, written)?));
            Ok::<_, Error>(())
        })?;
        Ok(values)
    }

    fn plain_value(&self, name: &Name, field: Field, written: &Sealed) -> Result<Plain> {
        let refused =
            |problem: &str| Error::new(ErrorKind::Refused, format!("user '{name}': {problem}"));
        if self.bundle.secrets == Secrets::Revealed {
            let problem = "the secret is not base32";
            return field.unreveal(&written.0).ok_or_else(|| refused(problem));
        }
        let problem = match self.keys.open(name, field, written) {
            Ok(plain) if field.accepts(&plain) => return Ok(plain),
            Ok(_) => "the secret does not have the length of a secret",
            Err(problem) => problem,
        };
        Err(refused(problem).with_hint(format!(
            "put the key of the store it was exported from (id {}) into this store first",
            self.bundle.key
        )))
    }

    /// Reports whether the state in this store holds the same secret.
    fn has_same_values(&self, name: &Name, here: &State, plain: &[(Field, Plain)]) -> bool {
        let is_secret = |(field, _): &&(Field, Plain)| *field == Field::Secret;
        let Some(((_, wanted), sealed)) = plain.iter().find(is_secret).zip(here.secret.as_ref())
        else {
            return false;
        };
        self.keys.open(name, Field::Secret, sealed).is_ok_and(|here| here == *wanted)
    }

    /// Seals the values that the state still holds after its parts were adapted.
    fn seal(
        &self,
        name: &Name,
        state: &mut State,
        plain: &[(Field, Plain)],
        nonces: &Nonces<'_>,
    ) -> Result<()> {
        factor::for_each_sealed(state, |field, sealed| {
            let found = plain.iter().find(|(other, _)| *other == field);
            let (_, plain) = found.ok_or_else(|| {
                Error::new(ErrorKind::System, format!("user '{name}': a secret was lost"))
            })?;
            *sealed = self.keys.seal(name, field, plain, &*nonces()?);
            Ok::<_, Error>(())
        })
    }
}

/// Lists the names in the store. For users, this includes everyone with a state or settings.
fn present(reader: &dyn Reader, kind: DocumentKind) -> Result<Vec<Name>> {
    // Skips invalid names, which 'store check' reports: an import must be able to repair a store.
    let NameList { mut names, .. } = reader.list(kind)?;
    if kind == DocumentKind::User {
        names.extend(reader.list(DocumentKind::State)?.names);
        names.sort();
        names.dedup();
    }
    Ok(names)
}

fn put(locks: &dyn Locked, kind: DocumentKind, name: &Name, text: &str) -> Result<()> {
    locks.update(Scope::Account(&name.key()), |locked| {
        locked.write(&Document::Of(kind, name.clone()), text)
    })
}

fn remove(locks: &dyn Locked, kind: DocumentKind, name: &Name) -> Result<()> {
    locks.update(Scope::Account(&name.key()), |locked| {
        locked.remove(&Document::Of(kind, name.clone())).map(drop)
    })
}

fn remove_user(locks: &dyn Locked, name: &Name) -> Result<()> {
    locks.update(Scope::Account(&name.key()), |locked| {
        locked.remove(&Document::Of(DocumentKind::User, name.clone()))?;
        records::remove_state(locked, name).map(drop)
    })
}

/// Keeps the failed attempts of the bundle or of this store, whichever are more.
// SECURITY: a backup must not give back attempts that were charged since.
fn keep_failures(state: &mut State, here: Failures) {
    state.detach_attempts();
    state.failures = state.failures.max(here.count);
    state.lockout =
        state.lockout.into_iter().chain(here.lockout).max_by_key(|lockout| lockout.until);
}

/// Returns the text of the settings while an import runs.
pub fn importing_settings(store: &dyn Reader) -> Result<String> {
    editing::edit(store, &Document::Settings, &[(&["importing"], Some(true.into()))])
}

/// Reports whether an import turns two-factor authentication off.
pub fn turns_off(present: &Settings, bundle: &Bundle) -> bool {
    present.enabled && !bundle.settings.enabled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{self, initial_text};
    use crate::store::bundle;

    /// Guards the confirmation before an import that turns two-factor authentication off.
    #[test]
    fn an_import_reports_when_it_turns_protection_off() {
        let at = Timestamp::from_unix(0);
        let off = initial_text(at);
        let on = off.replace("enabled = false", "enabled = true");
        for (present, imported, expected) in
            [(&on, &off, true), (&on, &on, false), (&off, &off, false), (&off, &on, false)]
        {
            let text = bundle::head(at, Secrets::Sealed, "", imported).unwrap() + bundle::END;
            let imported = Bundle::parse(&text).ok().unwrap();
            assert_eq!(turns_off(&settings::parse(present).ok().unwrap(), &imported), expected);
        }
    }
}
