use super::*;
use crate::cli::{Any, Cli};
use crate::settings::advanced::KEYS;
use clap::CommandFactory;

fn definition() -> Command {
    with_help(Cli::<Any>::command())
}

fn help(args: &[&str]) -> String {
    let error = definition().try_get_matches_from(args).unwrap_err();
    assert_eq!(error.kind(), ClapErrorKind::DisplayHelp, "{args:?}: {error}");
    error.to_string()
}

#[test]
fn the_options_of_every_command_are_described_once() {
    for args in [&["rw2fa", "--help"][..], &["rw2fa", "help"]] {
        assert!(help(args).contains("--quiet\n"), "{args:?}");
    }
    for args in [
        &["rw2fa", "users", "--help"][..],
        &["rw2fa", "users", "list", "--help"],
        &["rw2fa", "help", "users", "list"],
    ] {
        let text = help(args);
        assert!(!text.contains("--quiet\n") && text.contains(MORE_OPTIONS), "{text}");
    }
}

#[test]
fn the_help_of_set_lists_every_setting() {
    let text = help(&["rw2fa", "advanced", "set", "--help"]);
    for key in KEYS {
        assert!(text.contains(&format!("\n  {}\n", key.name)), "{}: {text}", key.name);
    }
    assert!(text.contains("1 to 86400 seconds; default: 60"), "{text}");
}

fn suggested(args: &[&str]) -> String {
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    let mut definition = definition();
    let mut error = definition.try_get_matches_from_mut(&args).unwrap_err();
    suggest_synonym(&mut error, &definition, &args);
    error.to_string()
}

/// Guards what the message says about missing names and misplaced codes.
#[test]
fn usage_errors_name_what_is_possible() {
    for (args, words) in [
        (&["rw2fa", "users", "reset"][..], "<NAME>...|--group <GROUP>|--all"),
        (&["rw2fa", "users", "unlock", "-q"], "<NAME>...|--all"),
        (&["rw2fa", "users", "test", "alice", "123456"], "never passed as arguments: --code-stdin"),
        (&["rw2fa", "verify", "alice", "123456"], "never passed as arguments: --code-stdin"),
    ] {
        let text = suggested(args);
        assert!(text.contains(words), "{args:?}: {text}");
        assert!(!text.contains("123456"), "{text}");
    }
}

/// Guards the words that options take: any case for people, the exact words for portals.
#[test]
fn words_are_accepted_in_any_case() {
    for args in [
        &["rw2fa", "users", "add", "alice", "--method", "SMS"][..],
        &["rw2fa", "--format", "CSV", "users", "list", "--type", "User"],
        &["rw2fa", "users", "list", "--format", "Json", "--color", "NEVER"],
        &["rw2fa", "explain", "alice", "--session", "RDP"],
        &["rw2fa", "audit", "--outcome", "Deny"],
    ] {
        assert!(definition().try_get_matches_from(args).is_ok(), "{args:?}");
    }
    for args in [
        &["rw2fa", "verify", "alice", "--session", "RDP"][..],
        &["rw2fa", "verify", "alice", "--format", "JSON"],
    ] {
        assert!(definition().try_get_matches_from(args).is_err(), "{args:?}");
    }
}

#[test]
fn synonyms_are_suggested() {
    let quoted = crate::platform::quoted("o'brien");
    let qualified = format!("this? rw2fa audit --user {quoted}");
    for (args, suggestion) in [
        (&["rw2fa", "users", "erase", "alice"][..], "'remove'"),
        (&["rw2fa", "advanced", "rm", "digits"], "'unset'"),
        (&["rw2fa", "advanced", "remove", "digits"], "'unset'"),
        (&["rw2fa", "groups"], "'users'"),
        (&["rw2fa", "--store", "users", "whitelist", "-q", "new"], "'add'"),
        (&["rw2fa", "advanced", "reset", "digits"], "'unset'"),
        (&["rw2fa", "create"], "'init'"),
        (&["rw2fa", "users", "sho"], "'show'"),
        (&["rw2fa", "list"], "'rw2fa users list'"),
        (&["rw2fa", "Add", "alice"], "'rw2fa users add'"),
        (&["rw2fa", "unlock", "alice"], "'rw2fa users unlock'"),
        (&["rw2fa", "reset", "alice"], "'rw2fa users reset'"),
        (&["rw2fa", "set", "digits", "8"], "'rw2fa advanced set'"),
        (&["rw2fa", "erase", "alice"], "'rw2fa users remove'"),
        (&["rw2fa", "rotate"], "'rw2fa key rotate'"),
        (&["rw2fa", "audit", "alice"], "'rw2fa audit --user alice'"),
        (&["rw2fa", "audit", "o'brien"], qualified.as_str()),
        (&["rw2fa", "audit", "verfy"], "'verify'"),
        (&["rw2fa", "status", "--json"], "'--format json'"),
        (&["rw2fa", "users", "list", "--csv"], "'--format csv'"),
        (&["rw2fa", "--no-colour", "status"], "'--color never'"),
        (&["rw2fa", "users", "rm", "alice", "--force"], "'--yes'"),
        (&["rw2fa", "users", "add", "alice", "--simulate"], "'--dry-run'"),
        (&["rw2fa", "advanced", "set", "digits", "6", "--json"], "'--format json'"),
    ] {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        let mut definition = definition();
        let mut error = definition.try_get_matches_from_mut(&args).unwrap_err();
        suggest_synonym(&mut error, &definition, &args);
        let error = usage_error(&error, &definition, &args);
        let end = if suggestion.starts_with("this?") { "" } else { "?" };
        let hint = format!("did you mean {suggestion}{end}");
        assert_eq!(error.hint(), Some(&*hint), "{args:?}: {error}");
    }
}

/// Guards aliases: they run, are hidden, and never shadow a command or lead to `verify`.
#[test]
fn other_spellings_run() {
    for (args, name) in [
        (&["rw2fa", "licence", "show"][..], "license"),
        (&["rw2fa", "user", "ls"], "users"),
        (&["rw2fa", "user", "enroll", "alice"], "users"),
        (&["rw2fa", "users", "delete", "alice"], "users"),
        (&["rw2fa", "whitelist", "rm", "alice"], "whitelist"),
        (&["rw2fa", "sms", "rm"], "sms"),
        (&["rw2fa", "advanced", "ls"], "advanced"),
    ] {
        let matches = definition().try_get_matches_from(args).unwrap();
        assert_eq!(matches.subcommand_name(), Some(name), "{args:?}");
    }
    for args in [&["rw2fa", "--help"][..], &["rw2fa", "users", "--help"]] {
        let text = help(args);
        for hidden in ["licence", "user", "enroll", "delete", "rm", "ls"] {
            assert!(!text.contains(&format!("\n  {hidden} ")), "{hidden}: {text}");
        }
        assert!(text.contains("\n  users ") || text.contains("\n  remove "), "{text}");
        assert!(!text.contains("alias"), "{text}");
    }
    let root = with_aliases(Cli::<Any>::command());
    let verify = root.find_subcommand("verify").unwrap();
    assert_eq!(verify.get_all_aliases().count(), 0);
    root.debug_assert();
}
