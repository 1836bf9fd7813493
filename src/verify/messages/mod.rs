//! The texts that users see, in their language.
//!
//! [`key`] names the texts, [`built_in`] has those of the program, [`custom`] those of a store. [`Speaker`] chooses the
//! language and fills in the placeholders. [`crate::verify::wording`] decides which text an answer has.

pub mod built_in;
pub mod custom;
pub mod key;
#[cfg(test)]
mod tests;

use crate::language::{Preferences, Tag};
use crate::settings::advanced::Advanced;
use crate::store::Reader;
use crate::verify::messages::custom::Texts;
use crate::verify::messages::key::Key;

/// A text and the values of its placeholders.
#[derive(Debug)]
pub struct Phrase {
    key: Key,
    values: Vec<(&'static str, Value)>,
    /// What the text counts, if it has a singular.
    count: Option<u64>,
}

/// The value of a placeholder.
#[derive(Debug)]
pub enum Value {
    /// This text in every language.
    Text(String),
    /// A duration in seconds.
    Time(u64),
    /// Another text of the same language.
    Phrase(Phrase),
}

impl From<Key> for Phrase {
    fn from(key: Key) -> Self {
        Self::new(key, Vec::new())
    }
}

impl Phrase {
    /// A text with these values.
    pub fn new(key: Key, values: Vec<(&'static str, Value)>) -> Self {
        Self { key, values, count: None }
    }

    /// A text about `count` things.
    pub fn counted(key: Key, count: u64) -> Self {
        let values = vec![("count", Value::Text(count.to_string()))];
        Self { key, values, count: Some(count) }
    }
}

/// A message in the language that was found for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// The message.
    pub text: String,
    /// Its language.
    pub language: Tag,
}

/// Says things in the language of a user.
pub struct Speaker<'a> {
    /// The catalogues of the store; `None` if there is no store.
    store: Option<&'a dyn Reader>,
    /// The languages to try in turn, each with whether the store has a catalogue for it.
    languages: Vec<(Tag, bool)>,
}

impl<'a> Speaker<'a> {
    /// A speaker for a user with these preferences.
    pub fn new(wanted: &Preferences, settings: &Advanced, store: &'a dyn Reader) -> Self {
        let custom = store.languages().map(|list| list.languages).unwrap_or_default();
        let otherwise = Tag::parse(&settings.language);
        Self::with(wanted, otherwise.as_ref(), Some(store), &custom)
    }

    /// A speaker without a store, for when it cannot be used.
    pub fn without_store(wanted: &Preferences) -> Self {
        Self::with(wanted, None, None, &[])
    }

    fn with(
        wanted: &Preferences,
        otherwise: Option<&Tag>,
        store: Option<&'a dyn Reader>,
        custom: &[Tag],
    ) -> Self {
        let available: Vec<Tag> = built_in::languages().chain(custom.iter().cloned()).collect();
        let chosen = wanted.choose(&available, otherwise);
        let languages = chosen.into_iter().map(|tag| {
            let is_custom = custom.contains(&tag);
            (tag, is_custom)
        });
        Self { store, languages: languages.collect() }
    }

    /// Says a phrase in the first language that has all of its texts.
    pub fn say(&self, phrase: &Phrase) -> Said {
        let mut said = self.catalogues().filter_map(|catalogue| {
            let text = catalogue.say(phrase)?;
            Some(Said { text, language: catalogue.language.clone() })
        });
        // English has every text.
        said.next().unwrap_or_else(|| Said { text: String::new(), language: Tag::english() })
    }

    /// Returns the text of an SMS, with the placeholders of the setting: the setting, if it has been changed.
    pub fn sms_template(&self, settings: &Advanced) -> String {
        if settings.has_own_sms_message() {
            return settings.sms_message.clone();
        }
        let mut texts = self.catalogues().filter_map(|found| {
            let text = found.text(Key::SmsText)?;
            Some(text.replace("{issuer}", "%ISSUER%").replace("{code}", "%CODE%"))
        });
        texts.next().unwrap_or_else(|| settings.sms_message.clone())
    }

    /// Returns the catalogues in turn. Reads one only when those before it lacked a text.
    fn catalogues(&self) -> impl Iterator<Item = Catalogue<'_>> {
        self.languages.iter().map(|(language, is_custom)| {
            let store = self.store.filter(|_| *is_custom);
            let custom = store.map_or_else(Texts::default, |store| Texts::read(store, language));
            Catalogue { language, custom }
        })
    }
}

/// The texts of one language.
struct Catalogue<'a> {
    language: &'a Tag,
    custom: Texts,
}

impl Catalogue<'_> {
    fn text(&self, key: Key) -> Option<&str> {
        self.custom.get(key).or_else(|| built_in::text(self.language, key))
    }

    /// Fills in a phrase; `None` if this language lacks a text.
    fn say(&self, phrase: &Phrase) -> Option<String> {
        let is_singular = phrase.count.is_some_and(|count| self.language.is_singular(count));
        let singular = if is_singular { self.text(phrase.key.singular()) } else { None };
        let mut rest = singular.or_else(|| self.text(phrase.key))?;
        let mut said = String::with_capacity(2 * rest.len());
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}')?;
            said.push_str(before);
            match &phrase.values.iter().find(|(other, _)| *other == name)?.1 {
                Value::Text(text) => said.push_str(text),
                Value::Time(seconds) => said.push_str(&self.time(*seconds)?),
                Value::Phrase(phrase) => said.push_str(&self.say(phrase)?),
            }
            rest = after;
        }
        said.push_str(rest);
        Some(said)
    }

    /// Formats a duration, such as `2 h 30 min`.
    fn time(&self, seconds: u64) -> Option<String> {
        let parts = [
            (Key::TimeDays, seconds / 86_400),
            (Key::TimeHours, seconds / 3600 % 24),
            (Key::TimeMinutes, seconds / 60 % 60),
            (Key::TimeSeconds, seconds % 60),
        ];
        let mut said = String::new();
        for (key, count) in parts {
            if count > 0 || key == Key::TimeSeconds && seconds == 0 {
                if !said.is_empty() {
                    said.push(' ');
                }
                said.push_str(&self.say(&Phrase::counted(key, count))?);
            }
        }
        Some(said)
    }
}
