//! One key of `store.toml`: its type, bounds, unit, default and meaning.
//!
//! `section!` declares a table of the document. The struct, the parser, the defaults, the commands and the
//! manual page all come from that declaration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml::Value;

use crate::factor::sealed::Sealed;
use crate::settings::duration::{self, Unit};
use crate::time::Timestamp;

/// The values that a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Valid {
    /// A number within bounds.
    Number {
        /// The smallest value.
        least: u32,
        /// The largest value.
        most: u32,
        /// The unit, if it is a duration.
        unit: Option<Unit>,
    },
    /// `true` or `false`.
    Flag,
    /// A text that passes the check.
    Text {
        /// Describes the valid texts.
        words: &'static str,
        /// Returns why a text is not valid.
        check: fn(&str) -> Result<(), &'static str>,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A text that [`crate::gateway`] or another part of the program checks where it is used.
    Word(&'static str),
    /// A date and a time.
    Time,
    /// A table of texts.
    Map(&'static str),
}

impl Valid {
    /// Describes the valid values.
    pub fn describe(self) -> String {
        match self {
            Valid::Number { least, most, unit: Some(unit) } => {
                format!("{least} to {most} {}", unit.as_str())
            }
            Valid::Number { least, most, unit: None } if least == most => least.to_string(),
            Valid::Number { least, most, unit: None } => format!("{least} to {most}"),
            Valid::Flag => "true or false".into(),
            Valid::Text { words, .. } | Valid::Word(words) | Valid::Map(words) => words.into(),
            Valid::Choice(words) => words.join(" or "),
            Valid::Time => "a time like 2026-11-24T08:00:00Z".into(),
        }
    }
}

/// How an administrator names the key on the command line and reads it in answers.
#[derive(Clone, Copy, Debug)]
pub struct CommandOption {
    /// The name in prompts and answers.
    pub label: &'static str,
    /// The placeholder of its value in the help.
    pub value_name: &'static str,
}

/// Everything about a key except its name, its meaning and its place in the struct.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The valid values.
    pub valid: Valid,
    /// Whether the document must contain the key.
    pub is_required: bool,
    /// The default in words, if it is not a fixed value.
    pub default_words: Option<&'static str>,
    /// The option of `rw2fa sms configure` that sets the key.
    pub option: Option<CommandOption>,
}

impl Spec {
    const fn new(valid: Valid) -> Self {
        Self { valid, is_required: false, default_words: None, option: None }
    }

    /// A number within bounds.
    pub const fn number(least: u32, most: u32) -> Self {
        Self::new(Valid::Number { least, most, unit: None })
    }

    /// A duration within bounds.
    pub const fn duration(least: u32, most: u32, unit: Unit) -> Self {
        Self::new(Valid::Number { least, most, unit: Some(unit) })
    }

    /// `true` or `false`.
    pub const fn flag() -> Self {
        Self::new(Valid::Flag)
    }

    /// A text that is checked when the document is read.
    pub const fn text(words: &'static str, check: fn(&str) -> Result<(), &'static str>) -> Self {
        Self::new(Valid::Text { words, check })
    }

    /// One of these words.
    pub const fn choice(words: &'static [&'static str]) -> Self {
        Self::new(Valid::Choice(words))
    }

    /// A text that is checked where it is used.
    pub const fn word(words: &'static str) -> Self {
        Self::new(Valid::Word(words))
    }

    /// A date and a time.
    pub const fn time() -> Self {
        Self::new(Valid::Time)
    }

    /// A table of texts.
    pub const fn map(words: &'static str) -> Self {
        Self::new(Valid::Map(words))
    }

    /// Makes the key required.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// Describes a default that is not a fixed value.
    #[must_use]
    pub const fn or(mut self, words: &'static str) -> Self {
        self.default_words = Some(words);
        self
    }

    /// Names the key for `rw2fa sms configure`.
    #[must_use]
    pub const fn option(mut self, label: &'static str, value_name: &'static str) -> Self {
        self.option = Some(CommandOption { label, value_name });
        self
    }
}

/// A type that a key can have.
pub trait KeyType: Sized {
    /// Reads a value; `None` if it has another type or is out of range.
    fn read(value: &Value) -> Option<Self>;

    /// Returns the value for the document; `None` if the key is not set.
    fn write(&self) -> Option<Value>;
}

impl KeyType for u32 {
    fn read(value: &Value) -> Option<Self> {
        value.as_integer().and_then(|number| Self::try_from(number).ok())
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Integer(i64::from(*self)))
    }
}

impl KeyType for bool {
    fn read(value: &Value) -> Option<Self> {
        value.as_bool()
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Boolean(*self))
    }
}

impl KeyType for String {
    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }

    fn write(&self) -> Option<Value> {
        Some(Value::String(self.clone()))
    }
}

impl KeyType for PathBuf {
    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(Self::from)
    }

    fn write(&self) -> Option<Value> {
        Some(Value::String(self.display().to_string()))
    }
}

impl KeyType for Sealed {
    fn read(value: &Value) -> Option<Self> {
        String::read(value).map(Self)
    }

    fn write(&self) -> Option<Value> {
        self.0.write()
    }
}

impl KeyType for Timestamp {
    fn read(value: &Value) -> Option<Self> {
        value.as_datetime().and_then(|time| Self::try_from(*time).ok())
    }

    fn write(&self) -> Option<Value> {
        Some(Value::Datetime((*self).into()))
    }
}

impl KeyType for BTreeMap<String, String> {
    fn read(value: &Value) -> Option<Self> {
        let entries = value.as_table()?.iter();
        entries.map(|(name, value)| Some((name.clone(), String::read(value)?))).collect()
    }

    fn write(&self) -> Option<Value> {
        let entries = self.iter().map(|(name, text)| (name.clone(), text.clone().into()));
        (!self.is_empty()).then(|| Value::Table(entries.collect()))
    }
}

impl<T: KeyType> KeyType for Option<T> {
    fn read(value: &Value) -> Option<Self> {
        T::read(value).map(Some)
    }

    fn write(&self) -> Option<Value> {
        self.as_ref().and_then(T::write)
    }
}

/// Returns a meaning without the backticks of the documents, for help and manual pages.
pub fn plain(meaning: &str) -> String {
    meaning.replace('`', "")
}

/// One key of the table that `S` holds.
#[derive(Debug)]
pub struct Key<S: 'static> {
    /// Its name in documents and commands.
    pub name: &'static str,
    /// Its purpose, in one line.
    pub meaning: &'static str,
    /// Its valid values.
    pub spec: Spec,
    /// Returns its value.
    pub get: fn(&S) -> Option<Value>,
    /// Sets its value; `None` for a value of another type.
    pub set: fn(&mut S, &Value) -> Option<()>,
    /// Sets its default.
    pub reset: fn(&mut S),
}

/// A table of the document.
pub trait Section: Default + 'static {
    /// Its name; empty for the keys above all tables.
    const TABLE: &'static str;
    /// Its purpose.
    const ABOUT: &'static str;
    /// Its keys, in the order in which they are listed.
    const KEYS: &'static [Key<Self>];

    /// Finds the key of this name.
    fn find(name: &str) -> Option<&'static Key<Self>> {
        Self::KEYS.iter().find(|key| key.name == name)
    }
}

/// Declares a table of `store.toml`: a struct, its defaults, and the properties of each key.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:ident = $table:literal;
        $(
            $(#[doc = $meaning:literal])+
            $key:literal $field:ident: $type:ty = $default:expr, $spec:expr;
        )+
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = $meaning])+ pub $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $crate::settings::key::Section for $name {
            const TABLE: &'static str = $table;
            const ABOUT: &'static str = concat!($($about),+).trim_ascii();
            const KEYS: &'static [$crate::settings::key::Key<Self>] = &[$(
                $crate::settings::key::Key {
                    name: $key,
                    meaning: concat!($($meaning),+).trim_ascii(),
                    spec: $spec,
                    get: |section| $crate::settings::key::KeyType::write(&section.$field),
                    set: |section, value| {
                        section.$field = $crate::settings::key::KeyType::read(value)?;
                        Some(())
                    },
                    reset: |section| section.$field = $default,
                },
            )+];
        }
    };
}
pub(super) use section;

impl<S> Key<S> {
    /// Parses a value that an administrator typed.
    ///
    /// # Errors
    /// The expected value, with the key's name and bounds.
    pub fn read(&self, text: &str) -> Result<Value, String> {
        match self.spec.valid {
            Valid::Number { unit: Some(unit), .. } => duration::parse(text, unit)
                .map(Value::Integer)
                .map_err(|error| format!("{}: {error}", self.name)),
            Valid::Number { .. } => text
                .trim()
                .parse()
                .map(Value::Integer)
                .map_err(|_| format!("{} must be {}", self.name, self.valid())),
            Valid::Flag => match text.trim() {
                "true" | "yes" | "on" => Ok(Value::Boolean(true)),
                "false" | "no" | "off" => Ok(Value::Boolean(false)),
                _ => Err(format!("{} must be true or false", self.name)),
            },
            Valid::Choice(_) => Ok(Value::String(text.trim().to_owned())),
            Valid::Text { .. } | Valid::Word(_) | Valid::Time | Valid::Map(_) => {
                Ok(Value::String(text.to_owned()))
            }
        }
    }

    /// Stores a value in `section`.
    ///
    /// # Errors
    /// The expected value, with the key's name and bounds; `section` is then unchanged.
    pub fn assign(&self, section: &mut S, value: &Value) -> Result<(), String> {
        let name = self.name;
        let wrong = |found: &str| format!("{name} must be {}, not {found}", self.valid());
        match (self.spec.valid, value) {
            (Valid::Number { least, most, .. }, Value::Integer(number))
                if !(i64::from(least)..=i64::from(most)).contains(number) =>
            {
                return Err(wrong(&number.to_string()));
            }
            (Valid::Text { check, .. }, Value::String(text)) => {
                check(text).map_err(|error| format!("{name} {error}"))?;
            }
            (Valid::Choice(words), Value::String(text)) if !words.contains(&text.as_str()) => {
                return Err(wrong(&format!("'{}'", text.escape_debug())));
            }
            (Valid::Time, Value::Datetime(time)) => {
                Timestamp::try_from(*time).map_err(|error| format!("{name}: {error}"))?;
            }
            _ => {}
        }
        (self.set)(section, value).ok_or_else(|| wrong(value.type_str()))
    }

    /// Returns the value in `section`; `None` if the key is not set.
    pub fn value(&self, section: &S) -> Option<Value> {
        (self.get)(section)
    }

    /// Returns the value in `section`, formatted for people.
    pub fn text(&self, section: &S) -> Option<String> {
        self.value(section).map(|value| match value {
            Value::String(text) => text,
            value => value.to_string(),
        })
    }

    /// The unit of the setting.
    pub fn unit(&self) -> Option<Unit> {
        if let Valid::Number { unit, .. } = self.spec.valid { unit } else { None }
    }

    /// Describes the valid values.
    pub fn valid(&self) -> String {
        self.spec.valid.describe()
    }
}
