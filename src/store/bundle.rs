//! A whole store as one TOML document, written by an export and read by an import.
//!
//! Documents that people edit are included as text, so comments survive; a user's state is included as
//! tables. The key is not included. This file checks a bundle on its own; [`crate::store::restore`] applies
//! it to a store.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::factor::state::State;
use crate::language::Tag;
use crate::names::listing::{Listing, WhitelistEntry};
use crate::names::matching::overlapping;
use crate::names::name::{AccountKey, Name};
use crate::settings::{self, Settings};
use crate::store::file::{LARGEST as LARGEST_DOCUMENT, LARGEST_MESSAGES, Limit};
use crate::store::{Text, records};
use crate::time::{Timestamp, readable};

/// The largest bundle that is read. 100,000 active users take 60 MB, measured; reading takes 25 times as
/// much memory.
pub const LARGEST_MEBIBYTES: u64 = 256;

/// The format version of bundles.
const SCHEMA: u32 = 1;

/// How a bundle contains secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secrets {
    /// Sealed with the key of the store.
    Sealed,
    /// In base32, readable by anyone.
    Revealed,
}

/// The head of a bundle.
#[derive(Serialize)]
struct Head<'a> {
    schema: u32,
    #[serde(with = "readable")]
    exported: Timestamp,
    secrets: Secrets,
    key: &'a str,
    settings: &'a str,
}

/// A user's two documents.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserEntry {
    name: String,
    /// The administrator's settings; `None` for a user who is only listed through a group.
    pub settings: Option<String>,
    /// The program's own data.
    pub state: Option<State>,
}

/// A group or whitelist entry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    settings: String,
}

/// The texts for users in one language.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessagesEntry {
    language: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: u32,
    #[serde(with = "readable")]
    exported: Timestamp,
    secrets: Secrets,
    key: String,
    settings: String,
    #[serde(default)]
    users: Vec<UserEntry>,
    #[serde(default)]
    groups: Vec<Entry>,
    #[serde(default)]
    whitelist: Vec<Entry>,
    #[serde(default)]
    messages: Vec<MessagesEntry>,
}

/// A checked bundle.
pub struct Bundle {
    /// When it was exported.
    pub exported: Timestamp,
    /// How it contains secrets.
    pub secrets: Secrets,
    /// The id of the key of the store it was exported from.
    pub key: String,
    /// The text of the settings.
    pub text: String,
    /// The parsed settings.
    pub settings: Settings,
    /// Users, in order.
    pub users: BTreeMap<Name, UserEntry>,
    /// Texts of group documents.
    pub groups: BTreeMap<Name, String>,
    /// Texts of whitelist documents.
    pub whitelist: BTreeMap<Name, String>,
    /// Texts for users, by language.
    pub messages: BTreeMap<Tag, String>,
}

/// Writes the head of a bundle.
pub fn head(exported: Timestamp, secrets: Secrets, key: &str, settings: &str) -> Result<String> {
    let comment = match secrets {
        Secrets::Sealed => {
            "# A whole rw2fa store, without its key: `rw2fa store import` reads it.\n"
        }
        Secrets::Revealed => {
            "# A whole rw2fa store, WITH THE SECRETS OF ALL USERS: anyone who reads it can compute their codes.\n"
        }
    };
    let head = Head { schema: SCHEMA, exported, secrets, key, settings };
    Ok(comment.to_owned() + &toml(&head)?)
}

/// Writes one user.
pub fn user(name: &Name, settings: Option<String>, state: Option<State>) -> Result<Text> {
    #[derive(Serialize)]
    struct One {
        users: [UserEntry; 1],
    }
    let entry = UserEntry { name: name.canonical(), settings, state };
    toml(&One { users: [entry] }).map(|text| Text::new(format!("\n{text}")))
}

/// Writes one group or whitelist entry; `list` is `groups` or `whitelist`.
pub fn other(list: &'static str, name: &Name, settings: String) -> Result<String> {
    let entry = Entry { name: name.canonical(), settings };
    toml(&BTreeMap::from([(list, [entry])])).map(|text| format!("\n{text}"))
}

/// Writes the texts for users in one language.
pub fn messages(language: &Tag, text: String) -> Result<String> {
    let entry = MessagesEntry { language: language.to_string(), text };
    toml(&BTreeMap::from([("messages", [entry])])).map(|text| format!("\n{text}"))
}

fn toml(value: &impl Serialize) -> Result<String> {
    toml::to_string_pretty(value)
        .map_err(|error| Error::new(ErrorKind::System, format!("cannot write the export: {error}")))
}

/// The last line of a bundle. If it is missing, the file was cut short.
pub const END: &str = "\n# end of export\n";

impl Bundle {
    /// Reports whether a file that begins with these bytes may be a bundle, by its first key.
    pub fn may_begin(start: &[u8]) -> bool {
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        let mut lines = start.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#"));
        let keys = ["schema", "exported", "secrets", "key", "settings"];
        first.is_none_or(|line| keys.iter().any(|key| line.starts_with(key.as_bytes())))
    }

    /// Reads a bundle.
    ///
    /// # Errors
    /// Everything that is wrong with it; each error names the entry.
    pub fn parse(text: &str) -> Result<Self, Vec<Error>> {
        // SECURITY: an import would remove every user who is missing from a truncated file.
        if !text.trim_end().ends_with(END.trim()) {
            return Err(vec![wrong(
                "the file is not a complete export: its last line '# end of export' is missing"
                    .into(),
            )]);
        }
        let document: Document = toml::from_str(text).map_err(|error| {
            let line = records::line_of(text, error.span().map_or(0, |span| span.start));
            // SECURITY: a parser quotes unexpected text, which may be a secret.
            let message = records::without_values(error.message());
            vec![wrong(format!("line {line}: {message}"))]
        })?;
        if document.schema != SCHEMA {
            let what = format!("schema {} is not known to this program", document.schema);
            return Err(vec![wrong(what).with_hint("use the version of rw2fa that exported it")]);
        }
        let mut problems = Vec::new();
        problems.extend(too_long("settings", &document.settings, LARGEST_DOCUMENT));
        let settings = settings::parse(&document.settings).map_err(|problem| {
            let line = records::line_of(&document.settings, problem.at);
            problems.push(wrong(format!("settings, line {line}: {}", problem.message)));
        });
        let mut users = BTreeMap::new();
        for mut entry in document.users {
            let what = format!("user '{}'", entry.name);
            match Name::parse(&entry.name) {
                Err(error) => problems.push(wrong(format!("{what}: {error}"))),
                Ok(name) => {
                    problems
                        .extend(entry.problem().map(|problem| wrong(format!("{what}: {problem}"))));
                    problems.extend(too_long(
                        &what,
                        entry.settings.as_deref().unwrap_or_default(),
                        LARGEST_DOCUMENT,
                    ));
                    if let Some(state) = &mut entry.state {
                        state.listed = entry.settings.is_some();
                    }
                    if users.insert(name, entry).is_some() {
                        problems.push(wrong(format!("{what} appears twice")));
                    }
                }
            }
        }
        let groups = others("group", document.groups, &mut problems, |text| {
            toml::from_str::<Listing>(text).err()
        });
        let whitelist = others("whitelist entry", document.whitelist, &mut problems, |text| {
            toml::from_str::<WhitelistEntry>(text).err()
        });
        let messages = all_messages(document.messages, &mut problems);
        let Ok(settings) = settings else { return Err(problems) };
        problems.extend(overlaps(&users, &settings));
        if !problems.is_empty() {
            return Err(problems);
        }
        let Document { exported, secrets, key, settings: text, .. } = document;
        Ok(Self { exported, secrets, key, text, settings, users, groups, whitelist, messages })
    }
}

impl UserEntry {
    fn problem(&self) -> Option<String> {
        let listing = self.settings.as_deref().map(toml::from_str::<Listing>);
        match (&listing, &self.state) {
            (Some(Err(error)), _) => Some(records::without_values(error.message())),
            (_, None) => Some("the state is missing".into()),
            (None, Some(state)) if state.listed => {
                Some("the settings are missing, though the user is listed".into())
            }
            (_, Some(state)) => state.contradiction().map(str::to_owned),
        }
    }
}

fn others(
    kind: &str,
    entries: Vec<Entry>,
    problems: &mut Vec<Error>,
    check: fn(&str) -> Option<toml::de::Error>,
) -> BTreeMap<Name, String> {
    let mut found = BTreeMap::new();
    for Entry { name: text, settings } in entries {
        let what = format!("{kind} '{text}'");
        problems.extend(too_long(&what, &settings, LARGEST_DOCUMENT));
        if let Some(error) = check(&settings) {
            let message = records::without_values(error.message());
            problems.push(wrong(format!("{what}: {message}")));
        }
        match Name::parse(&text) {
            Err(error) => problems.push(wrong(format!("{what}: {error}"))),
            Ok(name) => {
                if found.insert(name, settings).is_some() {
                    problems.push(wrong(format!("{what} appears twice")));
                }
            }
        }
    }
    found
}

/// Returns the texts for users. Wrong ones are kept, because the store can have them too: 'doctor' reports them.
fn all_messages(entries: Vec<MessagesEntry>, problems: &mut Vec<Error>) -> BTreeMap<Tag, String> {
    let mut found = BTreeMap::new();
    for MessagesEntry { language, text } in entries {
        let what = format!("messages '{}'", language.escape_debug());
        problems.extend(too_long(&what, &text, LARGEST_MESSAGES));
        match Tag::parse(&language) {
            None => problems.push(wrong(format!("{what}: this is not a language"))),
            Some(language) => {
                if found.insert(language, text).is_some() {
                    problems.push(wrong(format!("{what} appear twice")));
                }
            }
        }
    }
    found
}

/// Reports a document that is too large for the store to read back.
fn too_long(what: &str, text: &str, most: Limit) -> Option<Error> {
    let problem = || wrong(format!("{what}: the document is larger than {}", most.words));
    (text.len() as u64 > most.bytes).then(problem)
}

/// Reports listed users who overlap, so that one login could mean several of them.
fn overlaps(users: &BTreeMap<Name, UserEntry>, settings: &Settings) -> Vec<Error> {
    let mut accounts: BTreeMap<AccountKey, Vec<Name>> = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, _) in users.iter().filter(|(_, entry)| entry.settings.is_some()) {
        let alike = accounts.entry(name.key()).or_default();
        if let Some(other) = overlapping(name, alike, &settings.domains) {
            problems.push(wrong(format!("user '{name}' overlaps '{other}'")));
        }
        alike.push(name.clone());
    }
    problems
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Refused, what)
}
