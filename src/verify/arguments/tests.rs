use std::iter::once;

use clap::CommandFactory;
use clap::builder::PossibleValue;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Every defined option in every form, its values, and words that are not options.
fn vocabulary() -> Vec<OsString> {
    let mut words: Vec<OsString> = [
        "alice",
        "",
        "-",
        "--",
        "-x",
        "-h",
        "-V",
        "--help",
        "--version",
        "--help=x",
        "--bogus",
        "--=",
        "--cli",
        "-5",
        "HTML5",
        "a b",
        "é",
    ]
    .map(OsString::from)
    .to_vec();
    for argument in Cli::command().get_arguments() {
        let Some(long) = argument.get_long() else { continue };
        let values = argument.get_possible_values();
        let names = values.iter().flat_map(PossibleValue::get_name_and_aliases);
        for value in names.chain(["", "x", "-x"]) {
            words.push(value.into());
            words.push(format!("--{long}={value}").into());
        }
        words.push(format!("--{long}").into());
    }
    #[cfg(unix)]
    for bytes in [&b"\xff"[..], b"--user=\xff", b"--language=\xff", b"--\xff", b"-\xff"] {
        words.push(std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec()));
    }
    words
}

/// Guards the help, which is a text because building the definition would slow down every login.
/// `RW2FA_GENERATE=1` writes it.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test that writes a generated file")]
fn the_help_is_fresh() {
    let help = Cli::command().term_width(100).render_long_help().to_string() + "\n";
    if std::env::var_os("RW2FA_GENERATE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/verify/help.txt");
        std::fs::write(path, help).unwrap();
    } else {
        assert_eq!(HELP, help, "run .ci/generate");
    }
    assert_eq!(VERSION, Cli::command().render_version());
}

/// Asserts that both parsers agree about a command line.
#[track_caller]
fn assert_agreed(words: &[OsString]) {
    let line: Vec<OsString> = once("rw2fa-verify".into()).chain(words.iter().cloned()).collect();
    let defined = Cli::try_parse_from(&line);
    let read = parse(&line);
    match (&defined, &read) {
        (Ok(defined), Ok(read)) => assert_eq!(defined, read, "{words:?}"),
        (Err(_), Err(Rejected::Invalid(error))) => {
            assert_eq!(error.kind(), ErrorKind::Usage, "{words:?}");
        }
        (Err(error), Err(Rejected::Help | Rejected::Version)) => {
            assert!(error.exit_code() == 0 || words.len() > 1, "{words:?}");
        }
        _ => panic!("{words:?}: defined {defined:?}, read {read:?}"),
    }
}

#[test]
fn both_parsers_agree_on_one_and_two_words() {
    let words = vocabulary();
    assert_agreed(&[]);
    for first in &words {
        assert_agreed(std::slice::from_ref(first));
        for second in &words {
            assert_agreed(&[first.clone(), second.clone()]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn both_parsers_agree_on_longer_lines(
        words in prop::collection::vec(select(vocabulary()), 3..9),
    ) {
        assert_agreed(&words);
    }

    /// Guards valid lines: flags and attached values, then a user.
    #[test]
    fn both_parsers_agree_on_sensible_lines(
        words in prop::collection::vec(select(sensible()), 0..5),
    ) {
        let line: Vec<OsString> =
            words.into_iter().chain(["--".into(), "alice".into()]).collect();
        assert_agreed(&line);
    }
}

fn sensible() -> Vec<OsString> {
    ["--no-groups", "--code-stdin", "--check", "--resend", "--end", "--group=a", "--group=b"]
        .into_iter()
        .chain(["--session=html5", "--client=c", "--ip=::1", "--qr=png", "--format=text"])
        .chain(["--store=/s"])
        .map(OsString::from)
        .collect()
}

/// Guards codes in the wrong place: an error never repeats a value.
#[test]
fn an_error_repeats_no_value() {
    for words in [
        &["--code-stdin=314159"][..],
        &["--code=314159"],
        &["--session=314159"],
        &["a", "314159"],
        &["-314159"],
        &["--314159"],
    ] {
        let line: Vec<OsString> = once(&"v").chain(words).map(OsString::from).collect();
        let Err(Rejected::Invalid(error)) = parse(&line) else { panic!("{words:?}") };
        assert!(!error.to_string().contains("314159"), "{error}");
    }
}
