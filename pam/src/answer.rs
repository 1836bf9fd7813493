//! The verifier's answer: one line of JSON of schema 1.
//!
//! SECURITY: the answer of an enrolment contains the secret. It is parsed in place, and what is kept of it is wiped.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// The version of the protocol.
const SCHEMA: u64 = 1;

/// The deepest nesting of an answer. Answers of schema 1 need 2.
const DEEPEST: usize = 8;

/// What the verifier decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Grant,
    Deny,
    Challenge,
    Error,
    Ended,
}

/// One answer.
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    /// A text for the user, on one line.
    pub(crate) message: String,
    /// How many digits a code has.
    pub(crate) digits: Option<usize>,
    pub(crate) enrolment: Option<Enrolment>,
    /// Whether the verifier keeps a grant for the client.
    pub(crate) has_grant: bool,
}

/// What an authenticator app needs.
pub(crate) struct Enrolment {
    pub(crate) secret: Zeroizing<String>,
    /// Lines of text, if the verifier drew the code as text.
    pub(crate) qr: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct Document<'a> {
    schema: u64,
    outcome: Outcome,
    #[serde(borrow)]
    reason: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
    digits: Option<usize>,
    #[serde(borrow)]
    enrolment: Option<EnrolmentDocument<'a>>,
    #[serde(borrow)]
    grant: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct EnrolmentDocument<'a> {
    secret: &'a str,
    #[serde(borrow)]
    qr: Option<&'a RawValue>,
}

impl Outcome {
    fn exit_code(self) -> i32 {
        match self {
            Self::Grant => 0,
            Self::Deny => 1,
            Self::Challenge => 3,
            Self::Error => 4,
            Self::Ended => 5,
        }
    }
}

impl Answer {
    /// Reads what a verifier printed that ended with this exit code.
    ///
    /// # Errors
    /// Why this is not an answer. SECURITY: it never quotes the output, which may contain a secret.
    pub(crate) fn read(exit_code: i32, printed: &[u8]) -> Result<Self, &'static str> {
        if exit_code == 2 {
            return Err("the verifier refused the call (exit code 2)");
        }
        let not_json = |_| "the verifier did not print one JSON document of schema 1";
        let raw: &RawValue = serde_json::from_slice(printed).map_err(not_json)?;
        if !has_unique_keys(raw, DEEPEST) {
            return Err("the verifier's answer repeats a key");
        }
        let document: Document<'_> = serde_json::from_str(raw.get()).map_err(not_json)?;
        if document.schema != SCHEMA {
            return Err("the verifier's answer is not of schema 1");
        }
        if document.outcome.exit_code() != exit_code {
            return Err("the verifier's exit code contradicts its answer");
        }
        Ok(Self {
            outcome: document.outcome,
            reason: document.reason.into_owned(),
            message: one_line(&document.message),
            digits: document.digits,
            enrolment: document.enrolment.map(|enrolment| Enrolment {
                secret: Zeroizing::new(enrolment.secret.to_owned()),
                qr: enrolment.qr.and_then(|qr| text_of(qr.get())),
            }),
            has_grant: document.grant.is_some(),
        })
    }
}

/// Whether no object in this value repeats a key. Parsers disagree on which of two equal keys counts.
fn has_unique_keys(value: &RawValue, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'{') => serde_json::from_str::<Entries<'_>>(text)
            .is_ok_and(|entries| entries.0.iter().all(|value| has_unique_keys(value, depth))),
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(text)
            .is_ok_and(|values| values.iter().all(|value| has_unique_keys(value, depth))),
        _ => true,
    }
}

/// The values of an object whose keys differ.
struct Entries<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let (mut keys, mut values) = (BTreeSet::new(), Vec::new());
                while let Some((key, value)) = map.next_entry::<Cow<'de, str>, &RawValue>()? {
                    if !keys.insert(key.into_owned()) {
                        return Err(serde::de::Error::custom("a repeated key"));
                    }
                    values.push(value);
                }
                Ok(Entries(values))
            }
        }
        from.deserialize_map(Visitor)
    }
}

/// The text of a JSON string whose only escapes are line feeds, as those of a QR code are. `serde_json` would
/// leave an unwiped copy in memory.
fn text_of(json: &str) -> Option<Zeroizing<String>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = Zeroizing::new(String::with_capacity(inner.len()));
    for (at, part) in inner.split('\\').enumerate() {
        let part = if at == 0 {
            part
        } else {
            text.push('\n');
            part.strip_prefix('n')?
        };
        text.push_str(part);
    }
    Some(text)
}

/// The text with spaces for control characters, so that it cannot steer a terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: i32, text: &str) -> Result<Answer, &'static str> {
        Answer::read(code, text.as_bytes())
    }

    fn answer(outcome: &str, rest: &str) -> String {
        format!(
            r#"{{"schema":1,"user":"alice","outcome":"{outcome}","reason":"r","message":"m"{rest}}}"#
        )
    }

    /// Guards the only way in: exit code 0 together with the outcome `grant`.
    #[test]
    fn exit_code_and_outcome_must_agree() {
        let words = [("grant", 0), ("deny", 1), ("challenge", 3), ("error", 4), ("ended", 5)];
        for (word, own) in words {
            for code in -1..=255 {
                let is_read = read(code, &answer(word, "")).is_ok();
                assert_eq!(is_read, code == own, "{word} with exit code {code}");
            }
        }
    }

    /// Guards against answers that parsers read in different ways.
    #[test]
    fn anything_but_one_document_of_schema_1_is_no_answer() {
        let good = answer("grant", "");
        for text in [
            String::new(),
            "\n".to_owned(),
            "grant".to_owned(),
            "[]".to_owned(),
            "{}".to_owned(),
            format!("{good}{good}"),
            format!("{good}x"),
            good.replace(r#""schema":1"#, r#""schema":2"#),
            good.replace(r#""schema":1"#, r#""schema":"1""#),
            good.replace(r#""schema":1"#, r#""schema":1.0"#),
            good.replace(r#""schema":1,"#, ""),
            good.replace(r#""message":"m""#, r#""note":"m""#),
            good.replace("grant", "Grant"),
            good.replace("grant", "granted"),
            answer("deny", r#","outcome":"grant""#),
            answer("grant", r#","outcome":"deny""#),
            answer("grant", r#","x":1,"x":2"#),
            answer("grant", r#","x":[{"y":{"z":1,"z":1}}]"#),
            answer("grant", &format!(r#","x":{}{}"#, "[".repeat(100_000), "]".repeat(100_000))),
            good.trim_end_matches('}').to_owned(),
        ] {
            let shown: String = text.chars().take(200).collect();
            assert!(read(0, &text).is_err(), "{shown}");
        }
        assert!(Answer::read(0, b"\xff\xfe").is_err());
        assert!(read(0, &format!("{good}\n")).is_ok());
        assert!(read(0, &answer("grant", r#","new":{"x":[1,2,{"x":1}]}"#)).is_ok());
    }

    #[test]
    fn an_enrolment_is_read() {
        let text = answer(
            "challenge",
            r#","digits":6,"enrolment":{"uri":"u","secret":"ABC","qr":"█ ▀\n▄▄▄\n"}"#,
        );
        let answer = read(3, &text).unwrap();
        let enrolment = answer.enrolment.unwrap();
        assert_eq!((enrolment.secret.as_str(), answer.digits), ("ABC", Some(6)));
        assert_eq!(enrolment.qr.unwrap().as_str(), "█ ▀\n▄▄▄\n");
    }

    /// Guards the terminal: a QR code is plain lines, and a message is one line.
    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        for qr in [r#""\u001b[2J""#, r#""a\tb""#, r#""\\""#, "null", "7", r#""\"""#] {
            assert!(text_of(qr).is_none(), "{qr}");
        }
        let text = answer("deny", "").replace(r#""m""#, r#""a\n\u001b[2Jb""#);
        assert_eq!(read(1, &text).unwrap().message, "a  [2Jb");
    }
}
