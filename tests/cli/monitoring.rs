//! What monitoring systems read: metrics for Prometheus, the output of a plugin for Nagios.

use std::collections::BTreeMap;

use crate::sandbox::Sandbox;

/// A program that always succeeds, as an SMS gateway.
const SENDS: &str = if cfg!(windows) { r"C:\Windows\System32\hostname.exe" } else { "/bin/true" };

/// Runs `status` and returns its exit code and its metrics, each checked for its form.
fn metrics(sandbox: &Sandbox) -> (u8, BTreeMap<String, f64>) {
    let run = sandbox.admin(&["--format", "prometheus", "status"]);
    let mut values = BTreeMap::new();
    let mut family = "";
    for line in run.stdout.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(name.starts_with("rw2fa_") && help.ends_with('.'), "{line}");
            family = name;
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert_eq!(rest, format!("{family} gauge"));
        } else {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let name = sample.split('{').next().unwrap();
            assert_eq!(name, family, "a sample follows its family: {line}");
            let twice = values.insert(sample.to_owned(), value.parse().unwrap());
            assert_eq!(twice, None, "{line} has two values");
        }
    }
    (run.code, values)
}

/// Guards the metrics of a store with users in each state.
#[test]
fn status_prints_metrics() {
    let sandbox = Sandbox::with_users(&["alice", "bob", "carl", "dora"]);
    sandbox.enrol("alice");
    let secret = sandbox.enrol("dora");
    let wrong = secret.wrong_codes(sandbox.now()).take(5);
    wrong.for_each(|code| _ = sandbox.verify(&["--", "dora"], Some(&code)));
    sandbox.verify(&["--", "bob"], None);
    sandbox.admin_ok(&["sms", "configure", "--command", SENDS]);
    let phone = ["--method", "sms", "--phone", "+33612345678"];
    sandbox.admin_ok(&[&["users", "add", "eve"], &phone[..]].concat());
    sandbox.admin_ok(&["users", "add", "--group", "staff"]);
    sandbox.admin_ok(&["whitelist", "add", "alice"]);
    let (code, values) = metrics(&sandbox);
    assert_eq!(code, 0);
    for (sample, expected) in [
        ("rw2fa_up", 1.0),
        ("rw2fa_enabled", 1.0),
        ("rw2fa_healthy", 1.0),
        ("rw2fa_problems{check=\"key\"}", 0.0),
        ("rw2fa_users{state=\"active\",method=\"app\"}", 1.0),
        ("rw2fa_users{state=\"pending\",method=\"app\"}", 1.0),
        ("rw2fa_users{state=\"locked\",method=\"app\"}", 1.0),
        ("rw2fa_users{state=\"none\",method=\"app\"}", 1.0),
        ("rw2fa_users{state=\"none\",method=\"sms\"}", 1.0),
        ("rw2fa_users{state=\"active\",method=\"sms\"}", 0.0),
        ("rw2fa_groups", 1.0),
        ("rw2fa_whitelist_entries{state=\"valid\"}", 1.0),
        ("rw2fa_whitelist_entries{state=\"expired\"}", 0.0),
        ("rw2fa_unreadable_documents", 0.0),
        ("rw2fa_license_state{state=\"trial\"}", 1.0),
        ("rw2fa_license_state{state=\"expired\"}", 0.0),
        ("rw2fa_license_remaining_seconds", 30.0 * 86_400.0),
        ("rw2fa_license_users", 5.0),
        ("rw2fa_audit_unrecorded_changes", 0.0),
        ("rw2fa_sms_configured", 1.0),
        #[expect(clippy::cast_precision_loss, reason = "the time is far smaller than 2^53")]
        ("rw2fa_status_timestamp_seconds", sandbox.now() as f64),
    ] {
        assert_eq!(values.get(sample), Some(&expected), "{sample}: {values:?}");
    }
    assert!(values["rw2fa_guess_chance_ratio"] > 0.0009);
    assert!(!values.contains_key("rw2fa_license_max_users"), "no limit: {values:?}");
    let text = sandbox.admin_ok(&["--format", "prometheus", "status"]);
    let secrets = [secret.to_base32(), "alice".into(), "dora".into(), "33612345678".into()];
    for secret in secrets {
        assert!(!text.contains(&secret), "metrics name no one: {text}");
    }
}

/// Guards monitoring when something is wrong: the problem is counted, and a broken store still has metrics.
#[test]
fn problems_are_metrics_and_exit_codes() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    let document = sandbox.document("users", "alice");
    sandbox.edit(&document, "method", "methode");
    let (code, values) = metrics(&sandbox);
    assert_eq!((code, values["rw2fa_healthy"]), (1, 0.0));
    for sample in ["rw2fa_problems{check=\"documents\"}", "rw2fa_unreadable_documents"] {
        assert_eq!(values.get(sample), Some(&1.0), "{sample}");
    }
    sandbox.edit(&document, "methode", "method");
    std::fs::remove_file(sandbox.path().join("key")).unwrap();
    let (code, values) = metrics(&sandbox);
    assert_eq!((code, values["rw2fa_problems{check=\"key\"}"]), (1, 1.0));

    sandbox.edit(&sandbox.path().join("store.toml"), "created", "creatd");
    let run = sandbox.admin(&["--format", "prometheus", "status"]);
    assert!(run.stdout.contains("\nrw2fa_up 0\n"), "{run:?}");
    assert!(run.stderr.starts_with("error: "), "{run:?}");
    let text = sandbox.admin(&["status"]);
    assert_eq!((run.code, text.stdout.as_str()), (text.code, ""), "as for text");
    let (_, values) = metrics(&sandbox);
    assert_eq!(values.len(), 3, "{values:?}");
}

/// Runs `doctor` as a plugin and checks the form of its output.
#[track_caller]
fn plugin(sandbox: &Sandbox, args: &[&str]) -> (u8, String) {
    let run = sandbox.admin(&[&["--format", "nagios", "doctor"], args].concat());
    let first = run.stdout.lines().next().unwrap_or_default();
    let states = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];
    let start = format!("RW2FA {} - ", states[usize::from(run.code)]);
    assert!(first.starts_with(&start), "{run:?}");
    assert_eq!(run.stdout.matches('|').count(), usize::from(run.code != 3), "{run:?}");
    assert_eq!(run.stderr, "", "agents do not read it");
    (run.code, run.stdout)
}

/// Guards the exit codes of a plugin, from a store with warnings only to one that cannot be opened.
#[test]
fn doctor_is_a_plugin() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let (code, text) = plugin(&sandbox, &[]);
    assert_eq!(code, 1, "a build with the development key: {text}");
    assert!(text.contains("|errors=0;;0;0 warnings="), "{text}");
    assert!(text.contains("\nwarning: discrepancy: with discrepancy 480"), "{text}");
    sandbox.edit(&sandbox.document("users", "alice"), "method", "a|b = \"x|y\"\nmethod");
    let (code, text) = plugin(&sandbox, &[]);
    assert_eq!(code, 2);
    assert!(text.contains("\nerror: documents: "), "{text}");
    for args in [&["--no-such-option"][..], &["--ntp"]] {
        let (code, text) = plugin(&sandbox, args);
        assert_eq!((code, text.contains(args[0])), (3, true), "{text}");
    }
    std::fs::remove_dir_all(sandbox.path()).unwrap();
    let (code, text) = plugin(&sandbox, &[]);
    assert_eq!((code, text.contains("\nhint: ")), (3, true), "{text}");
}

/// Guards every other command: it refuses formats that it does not print, before it does anything.
#[test]
fn only_one_command_prints_each_format() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let before = sandbox.contents();
    for (format, only, commands) in [
        ("prometheus", "status", &["doctor", "audit", "users list", "verify -- alice", "disable"]),
        ("nagios", "doctor", &["status", "audit", "advanced list", "verify -- bob", "store check"]),
    ] {
        for command in commands {
            let words: Vec<_> = command.split(' ').collect();
            let run = sandbox.admin(&[&["--format", format], &words[..]].concat());
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{command}: {run:?}");
            let expected = format!(
                "error: only '{only}' supports --format {format}\nhint: rw2fa {only} --format {format}\n"
            );
            assert_eq!(run.stderr, expected, "{command}");
        }
    }
    assert!(before == sandbox.contents());
}

/// Guards completion: a format is offered only after the command that prints it.
#[test]
#[cfg(unix)]
fn each_command_completes_its_formats() {
    let offered = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rw2fa"));
        command.env_clear().env("RW2FA_COMPLETE", "fish").args(["--", "rw2fa"]).args(words);
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let first = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
        text.lines().map(first).collect::<Vec<_>>()
    };
    for (words, expected) in [
        (&["status", "--format", ""][..], &["text", "json", "prometheus"][..]),
        (&["doctor", "--format", ""], &["text", "json", "nagios"]),
        (&["users", "list", "--format", ""], &["text", "json", "csv"]),
        (&["--format", ""], &["text", "json", "csv"]),
    ] {
        assert_eq!(offered(words), expected, "{words:?}");
    }
}
