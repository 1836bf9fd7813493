//! Explains Twilio's error codes to users. No decision depends on this table.

/// Each error code, its meaning, and what to do.
const MEANINGS: &[(u32, &str, &str)] = &[
    (
        20003,
        "the account SID, API key or token is wrong",
        "copy both from the console again ('rw2fa sms portal console') and run 'rw2fa sms configure'",
    ),
    (
        20404,
        "the account or the address does not exist",
        "check --account-sid, and --api-base if it is set: 'rw2fa sms show'",
    ),
    (
        20429,
        "too many requests",
        "wait a minute; if it keeps happening, ask Twilio for a higher rate",
    ),
    (21211, "the number is not valid", "correct it with 'rw2fa users edit NAME --phone +…'"),
    (
        21212,
        "the sender is not valid",
        "run 'rw2fa sms configure --from' with a number or service of your account",
    ),
    (
        21219,
        "a trial account can only send to verified numbers, and this one is not verified",
        "verify the number ('rw2fa sms portal verified-callers') or upgrade the account",
    ),
    (
        21408,
        "the account may not send to the country of this number",
        "allow the country in the console: Messaging, Settings, Geo permissions",
    ),
    (
        21606,
        "the sender is not a number of the account that can send SMS to this number",
        "run 'rw2fa sms configure --from' with a number of your account that can send SMS",
    ),
    (
        21608,
        "a trial account can only send to verified numbers, and this one is not verified",
        "verify the number ('rw2fa sms portal verified-callers') or upgrade the account",
    ),
    (
        21610,
        "the owner of this number replied STOP to the sender",
        "ask the owner to send START to the sender's number, or use another sender",
    ),
    (
        21612,
        "this sender cannot reach this number",
        "run 'rw2fa sms configure --from' with a sender that reaches the country",
    ),
    (
        21614,
        "the number is not a mobile number",
        "give the user a mobile number with 'rw2fa users edit NAME --phone +…'",
    ),
    (
        21659,
        "the sender is not a number of the account",
        "run 'rw2fa sms configure --from' with a number or service of your account",
    ),
    (30001, "too many messages are waiting already", "wait a few minutes"),
    (30002, "the account is suspended", "look at the account: 'rw2fa sms portal console'"),
    (
        30003,
        "the phone cannot be reached: it is off, or has no network",
        "ask the user to switch the phone on and try again",
    ),
    (
        30004,
        "the phone or its network blocks messages of this sender",
        "have the user ask the mobile network, or use another sender: 'rw2fa sms configure --from'",
    ),
    (
        30005,
        "the number does not exist any more, or its phone cannot be reached",
        "check the number: 'rw2fa users show NAME'; correct it with 'rw2fa users edit NAME --phone +…'",
    ),
    (
        30006,
        "the number is a landline, or its network takes no messages",
        "give the user a mobile number with 'rw2fa users edit NAME --phone +…'",
    ),
    (
        30007,
        "the mobile network filtered the message as unwanted",
        "use a registered sender ('rw2fa sms configure --from'), and ask Twilio about the sender's reputation",
    ),
    (
        30008,
        "the mobile network did not deliver the message, and did not say why",
        "try again; if it fails again, use another sender: 'rw2fa sms configure --from'",
    ),
    (
        30034,
        "the sender is not registered for messages to the United States (A2P 10DLC)",
        "register it in the console: 'rw2fa sms portal console'",
    ),
    (
        63038,
        "the account has reached its daily limit of messages",
        "wait until tomorrow, or ask Twilio for a higher limit",
    ),
];

/// Returns the meaning of an error code and what to do, if it is known.
pub fn meaning(code: u32) -> Option<(&'static str, &'static str)> {
    let found = MEANINGS.iter().find(|(known, ..)| *known == code);
    found.map(|(_, what, hint)| (*what, *hint))
}

/// Makes a gateway's message safe to show: removes numbers, codes and long words, and puts it on one line.
// SECURITY: a gateway quotes numbers, and a hostile one may quote anything it was sent.
pub fn scrubbed(text: &str) -> String {
    let mut shown = String::new();
    for word in text.split_whitespace().take(40) {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let word = if digits >= 4 || word.chars().count() > 24 { "…" } else { word };
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(word);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        assert!(MEANINGS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(meaning(21608).unwrap().0.contains("trial"));
        assert!(meaning(1).is_none());
    }

    #[test]
    fn no_number_code_or_token_is_shown() {
        for (text, expected) in [
            ("The number +33612345678 is\nunverified.", "The number … is unverified."),
            ("your code is 123-456.", "your code is …"),
            ("token 0123456789abcdef0123456789abcdef", "token …"),
            ("token abcdefghabcdefghabcdefghabcdefgh", "token …"),
            ("error 429", "error 429"),
        ] {
            assert_eq!(scrubbed(text), expected);
        }
        assert!(scrubbed(&"x ".repeat(10_000)).len() < 100);
    }
}
