//! Checks that the trail records every charged attempt.
//!
//! Each account numbers its charged attempts from 1, and the line of an attempt carries its number. So a missing
//! number is an attempt that was counted but never recorded. The check keeps one number per user in memory.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::event::Event;
use super::line::Line;

/// The action of lines for a backup that replaced all users.
const IMPORT: &str = "store import";

/// The action of lines that remove a user from the list.
const REMOVE: &str = "users remove";

/// The key of the old and new number in lines that record a rebuilt counter.
const REPAIRED: &str = "attempts";

/// The problem of a number that is not higher than the last one.
pub const REPEATED: &str = "repeats the number of an attempt";

/// A run of attempts of one user that were counted but never recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MissingAttempts {
    /// The canonical name of the user.
    pub user: String,
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
}

impl std::fmt::Display for MissingAttempts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user, first, last } = self;
        if first == last {
            write!(f, "{user}: attempt {first} was counted but never recorded")
        } else {
            write!(f, "{user}: attempts {first} to {last} were counted but never recorded")
        }
    }
}

/// The last attempt of a user in the trail.
#[derive(Clone, Copy, Debug)]
struct Count {
    /// The last number; 0 if there is none.
    last: u64,
    /// Whether the user was removed after it. If the command was killed, the removal may not have happened.
    is_removed: bool,
}

/// A check that takes the lines of a trail, oldest first.
#[derive(Debug, Default)]
pub struct AttemptLog {
    users: HashMap<String, Count>,
    /// Whether every account started from 1 at the first line seen.
    is_from_one: bool,
    has_begun: bool,
    missing: Vec<MissingAttempts>,
}

impl AttemptLog {
    /// A check that has not seen any line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Processes the next line.
    ///
    /// # Errors
    /// [`REPEATED`] for a number that is not higher than the last one.
    pub fn feed(&mut self, line: &Line) -> Result<(), &'static str> {
        if !self.has_begun {
            self.has_begun = true;
            // After months that were moved away, the numbers go on.
            // Neither does the first line of a trail that replaces a lost one know how far the accounts had counted.
            self.is_from_one = line.is_first() && !line.replaces_another();
        }
        if let Some(Event::Change(change)) = line.event() {
            match (change.action, change.object) {
                (IMPORT, _) => {
                    self.users.clear();
                    self.is_from_one = false;
                }
                // A group with the same name has no attempts.
                (REMOVE, Some(user)) if !change.values.contains_key("group") => {
                    let last = self.users.get(user).map_or(0, |count| count.last);
                    self.users.insert(user.to_owned(), Count { last, is_removed: true });
                }
                (_, Some(user)) => {
                    let repaired =
                        change.values.get(REPAIRED).and_then(|pair| pair.get(1)?.as_u64());
                    if let Some(last) = repaired {
                        self.users.insert(user.to_owned(), Count { last, is_removed: false });
                    }
                }
                _ => {}
            }
        }
        line.attempt().map_or(Ok(()), |(user, number)| self.count(user, number))
    }

    fn count(&mut self, user: &str, number: u64) -> Result<(), &'static str> {
        // An account counts from 1.
        let before = number.checked_sub(1).ok_or(REPEATED)?;
        if let Some(recorded) = self.recorded(user, before) {
            if recorded > before {
                return Err(REPEATED);
            }
            self.missing.extend(missing(user, recorded, before));
        }
        match self.users.get_mut(user) {
            Some(count) => *count = Count { last: number, is_removed: false },
            None => {
                self.users.insert(user.to_owned(), Count { last: number, is_removed: false });
            }
        }
        Ok(())
    }

    /// The last recorded number of a user whose attempts should be recorded up to `expected`; `None` if nothing is
    /// known about earlier numbers, so that none can be missing.
    fn recorded(&self, user: &str, expected: u64) -> Option<u64> {
        match self.users.get(user) {
            Some(count) if count.is_removed && count.last != expected => Some(0),
            Some(count) => Some(count.last),
            None => self.is_from_one.then_some(0),
        }
    }

    /// The attempts of a user that are missing at the end, if the account's counter is at `present`.
    fn missing_at_the_end(&self, user: &str, present: u64) -> Option<MissingAttempts> {
        missing(user, self.recorded(user, present)?, present)
    }

    /// All missing attempts in the order of the trail, then those missing at the end, by user. `present` maps each
    /// account to its attempt counter.
    pub fn finish(&self, present: &BTreeMap<String, u64>) -> Vec<MissingAttempts> {
        let last = present.iter().filter_map(|(user, count)| self.missing_at_the_end(user, *count));
        self.missing.iter().cloned().chain(last).collect()
    }

    /// Whether `found` includes attempts missing at the end. A running login may have charged one that it has yet to
    /// record.
    pub fn is_unsettled(&self, found: &[MissingAttempts]) -> bool {
        found.len() > self.missing.len()
    }
}

/// The missing numbers after `recorded` up to `until`, if any.
fn missing(user: &str, recorded: u64, until: u64) -> Option<MissingAttempts> {
    let user = user.to_owned();
    (recorded < until).then(|| MissingAttempts { user, first: recorded + 1, last: until })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::super::event::{AdminChange, Verification};
    use super::super::line::Link;
    use super::*;
    use crate::time::Timestamp;

    fn line(seq: u64, event: &Event<'_>) -> Line {
        let link = Link { seq: seq - 1, mac: None };
        let (bytes, _) = Line::write(&link, None, Timestamp::from_unix(0), event).unwrap();
        Line::parse(&bytes).unwrap()
    }

    /// The line of a step: `alice 3` is an attempt, `test alice 3` an attempt by an administrator, anything else an
    /// action and its object.
    fn step(text: &str) -> Line {
        let words: Vec<&str> = text.split(' ').collect();
        let change = |action, object, group: bool, attempt| {
            let mut values = Map::new();
            values.insert(if group { "group" } else { "enrolment" }.into(), json!(["x", null]));
            Event::Change(AdminChange { by: "root", action, object, values, attempt })
        };
        let event = match words[..] {
            ["init"] => return line(1, &change("init", None, false, None)),
            ["init", "anew"] => {
                let values = [("trail".into(), json!(["gone", "new"]))].into_iter().collect();
                let (action, object) = ("init", None);
                let event = AdminChange { by: "root", action, object, values, attempt: None };
                return line(1, &Event::Change(event));
            }
            ["import"] => change(IMPORT, None, false, None),
            ["remove", user] => change(REMOVE, Some(user), false, None),
            ["ungroup", group] => change(REMOVE, Some(group), true, None),
            ["reset", user] => change("users reset", Some(user), false, None),
            ["repair", user, number] => {
                let values = [("attempts".into(), json!([null, number.parse::<u64>().unwrap()]))];
                let (action, object) = ("users unlock", Some(user));
                let values = values.into_iter().collect();
                Event::Change(AdminChange { by: "root", action, object, values, attempt: None })
            }
            ["test", user, number] => {
                change("users test", Some(user), false, Some(number.parse().unwrap()))
            }
            [user, number] => Event::Verification(Verification {
                user,
                outcome: "deny",
                reason: "wrong-code",
                session: None,
                client: None,
                ip: None,
                drift: None,
                attempt: (number != "-").then(|| number.parse().unwrap()),
                caller: None,
            }),
            _ => panic!("{text}"),
        };
        line(9, &event)
    }

    /// Guards each rule: which numbers are missing, and which step repeats one.
    #[test]
    fn missing_and_repeated_numbers_are_found() {
        let missing = |user: &str, first, last| MissingAttempts { user: user.into(), first, last };
        for (steps, expected, repeated_at) in [
            ("init, alice 1, bob 1, alice -, alice 2, test alice 3, bob 2", vec![], None),
            ("init, alice 2", vec![missing("alice", 1, 1)], None),
            (
                "init, alice 1, alice 5, alice 7",
                vec![missing("alice", 2, 4), missing("alice", 6, 6)],
                None,
            ),
            ("init, alice 1, bob 3, alice 2", vec![missing("bob", 1, 2)], None),
            ("init, alice 1, reset alice, alice 1", vec![], Some(3)),
            ("init, alice 2, alice 1", vec![missing("alice", 1, 1)], Some(2)),
            ("init, alice 0", vec![], Some(1)),
            ("bob -, alice 0", vec![], Some(1)),
            ("init anew, alice 41, alice 43", vec![missing("alice", 42, 42)], None),
            // A counter that was made again.
            ("init, alice 1, repair alice 1, alice 2", vec![], None),
            ("init, alice 9, repair alice 4, alice 5", vec![missing("alice", 1, 8)], None),
            ("init, alice 1, repair alice 4, alice 6", vec![missing("alice", 5, 5)], None),
            // Removed and listed again.
            ("init, alice 1, remove alice, alice 1, alice 2", vec![], None),
            ("init, alice 1, remove alice, alice 3", vec![missing("alice", 1, 2)], None),
            // The removal was killed before it happened.
            ("init, alice 1, alice 2, remove alice, alice 3", vec![], None),
            ("init, alice 1, ungroup alice, alice 1", vec![], Some(3)),
            // A trail whose beginning was moved away.
            ("bob -, alice 40, alice 41, bob 7, bob 9", vec![missing("bob", 8, 8)], None),
            ("bob -, alice 40, remove alice, alice 1", vec![], None),
            ("bob -, alice 40, remove carol, carol 2", vec![missing("carol", 1, 1)], None),
            ("bob -, alice 40, alice 40", vec![], Some(2)),
            // A backup that replaced all users.
            (
                "init, alice 5, import, alice 3, alice 5",
                vec![missing("alice", 1, 4), missing("alice", 4, 4)],
                None,
            ),
            ("init, alice 1, import, bob 9, import, bob 9", vec![], None),
            ("init, alice 1, import, alice 1, alice 1", vec![], Some(4)),
        ] {
            let mut attempts = AttemptLog::new();
            let fed: Vec<_> = steps.split(", ").map(|text| attempts.feed(&step(text))).collect();
            let repeated = fed.iter().position(|result| *result == Err(REPEATED));
            assert_eq!(repeated, repeated_at, "{steps}");
            assert_eq!(attempts.finish(&BTreeMap::new()), expected, "{steps}");
        }
    }

    /// Guards the end of the trail: attempts that the counter includes but no line records.
    #[test]
    fn numbers_that_are_missing_at_the_end_are_found() {
        let found = |steps: &str, present: &[(&str, u64)]| {
            let mut attempts = AttemptLog::new();
            for text in steps.split(", ") {
                attempts.feed(&step(text)).unwrap();
            }
            let mut counted: BTreeMap<_, _> =
                present.iter().map(|(user, count)| ((*user).to_owned(), *count)).collect();
            let listed: Vec<_> =
                attempts.finish(&counted).iter().map(ToString::to_string).collect();
            // A user without any line in the trail.
            counted.insert("carol".to_owned(), 2);
            let has_carol = attempts.finish(&counted).len() > listed.len();
            (listed.join("; "), has_carol)
        };
        let one = "alice: attempt 2 was counted but never recorded";
        let many = "alice: attempts 2 to 4 were counted but never recorded";
        let again = "alice: attempts 1 to 2 were counted but never recorded";
        let bob = "bob: attempts 1 to 2 were counted but never recorded";
        for (steps, present, expected) in [
            ("init, alice 1", &[("alice", 1)][..], (String::new(), true)),
            ("init, alice 1", &[("alice", 2)], (one.to_owned(), true)),
            ("init, bob 3, alice 1", &[("alice", 4), ("bob", 3)], (format!("{bob}; {many}"), true)),
            ("bob -, alice 1", &[("alice", 4)], (many.to_owned(), false)),
            ("init, alice 1, remove alice", &[("alice", 0)], (String::new(), true)),
            ("init, alice 1, remove alice", &[("alice", 1)], (String::new(), true)),
            ("init, alice 1, remove alice", &[("alice", 2)], (again.to_owned(), true)),
            ("init, alice 1, import", &[("alice", 4)], (String::new(), false)),
        ] {
            assert_eq!(found(steps, present), expected, "{steps}");
        }
    }
}
