//! Hostile or careless input: arguments of a megabyte, bytes that are not text, file names with
//! control characters. And places where secrets and codes must never appear.

#[cfg(target_os = "linux")]
mod set_uid;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::process::Output;

use crate::sandbox::{Run, Sandbox, Secret, finish, real_now};
use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER, HEXUPPER};
use rw2fa::audit::{AdminChange, Event, Line, Link, Verification};
use rw2fa::time::Timestamp;

/// The longest answer to anything but a list.
const LONGEST: usize = 4096;

fn is_short(run: &Run, what: &[&str]) {
    let what: Vec<String> = what.iter().map(|text| text.chars().take(20).collect()).collect();
    for text in [&run.stdout, &run.stderr] {
        let start: String = text.chars().take(300).collect();
        assert!(text.len() <= LONGEST, "{what:?} is answered with {} bytes: {start}", text.len());
    }
}

/// Guards logs and terminals: an argument of any size is rejected with a short message.
#[test]
fn arguments_of_a_megabyte_are_refused_briefly() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    let before = sandbox.contents();
    let long = "x".repeat(1 << 20);
    // clap looks for suggestions for these, which is slow, and Linux passes 128 KiB at most.
    let misspelt = "x".repeat(1 << 14);
    let misspelt_option = format!("--{misspelt}");
    let dashed = format!("--{long}");
    let qualified = format!("{long}\\{long}");
    for args in [
        &["--", long.as_str()][..],
        &["--", &qualified],
        &["--user", &long],
        &["--client", &long, "--", "alice"],
        &["--session", &long, "--", "alice"],
        &["--format", &long, "--", "alice"],
        &["--qr", &long, "--", "alice"],
        &[&dashed, "--", "alice"],
        &["--", "alice", &long],
    ] {
        let run = sandbox.verify(args, None);
        assert!((run.code, run.stdout.as_str()) == (2, ""), "{}", run.code);
        is_short(&run, args);
    }
    // An address refuses no login, and a group matters to no user who is listed by name.
    for option in ["--ip", "--group"] {
        let args = [option, long.as_str(), "--check", "--", "alice"];
        let run = sandbox.verify(&args, None);
        assert_eq!(run.code, 3, "{option}");
        is_short(&run, &args);
    }
    for args in [
        &[misspelt.as_str()][..],
        &[&misspelt_option],
        &["users", &misspelt],
        &["users", "show", &long],
        &["users", "add", &long],
        &["users", "add", "bob", "--phone", &long],
        &["users", "add", "bob", "--notes", &long],
        &["users", "add", "--group", &long],
        &["users", "list", "--state", &misspelt],
        &["users", "reset", &long, "--yes"],
        &["users", "recovery-codes", "alice", "--count", &long],
        &["users", "enrol", "alice", "--qr-file", &long],
        &["whitelist", "add", "alice", "--reason", &long],
        &["whitelist", "add", "alice", "--until", &long],
        &["advanced", "set", &misspelt, "1"],
        &["advanced", "set", "issuer", &long],
        &["advanced", "set", "digits", &long],
        &["advanced", "set", "sms-message", &long],
        &["explain", &long],
        &["audit", "--user", &long],
        &["audit", "--since", &long],
        &["audit", "--outcome", &misspelt],
        &["audit", "verify", "--head", &long],
        &["store", "import", &long, "--yes"],
        &["store", "export", &long],
        &["license", "activate", &long],
        &["init", "--owner", &long],
        &["--store", &long, "status"],
        &["--format", &misspelt, "status"],
    ] {
        for form in [&[][..], &["--format=json"]] {
            let run = sandbox.admin(&[form, args].concat());
            let what: Vec<_> = args.iter().map(|text| &text[..text.len().min(20)]).collect();
            assert!(run.code != 0, "{what:?}");
            is_short(&run, args);
        }
    }
    let mut after = sandbox.contents();
    // A rejected command may have been recorded.
    after.retain(|path, _| path.extension().is_none_or(|ending| ending != "jsonl"));
    assert!(after.into_iter().all(|(path, bytes)| before[&path] == bytes), "something was changed");
}

/// Guards standard input: a megabyte of anything is read up to its limit, and no further.
#[test]
fn a_megabyte_on_standard_input_is_not_read_in_full() {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.enrol("alice");
    for byte in [b'1', b'\0', b'\xff', b' ', b'-'] {
        let run = sandbox.verify_with_stdin(&["--", "alice"], &vec![byte; 1 << 20]);
        assert_eq!(run.end(), (1, "wrong-code".into()), "{byte}");
        is_short(&run, &[]);
        for args in [
            &["users", "test", "alice", "--code-stdin"][..],
            &["store", "import", "-", "--yes"],
            &["license", "activate", "-"],
        ] {
            let run = sandbox.admin_with_stdin(args, &vec![byte; 1 << 20]);
            assert_ne!(run.code, 0, "{args:?} {byte}");
            is_short(&run, args);
        }
    }
    assert_eq!(sandbox.show("alice")["failures"], 0, "input that cannot be a code is not charged");
}

/// Guards both programs against arguments that are not UTF-8, which no shell prevents.
#[test]
fn arguments_that_are_not_utf8_are_refused() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let real = sandbox.real();
    let before = sandbox.contents();
    let text = |text: &str| OsString::from(text);
    let no_text = || OsString::from_vec(b"al\xffce\xc3".to_vec());
    let joined = |head: &str| OsString::from_vec([head.as_bytes(), b"\xff\xfe"].concat());
    for args in [
        vec![no_text()],
        vec![text("--"), no_text()],
        vec![joined("--user=")],
        vec![joined("--client="), text("--"), text("alice")],
        vec![joined("--session="), text("--"), text("alice")],
        vec![joined("--qr="), text("--"), text("alice")],
        vec![joined("--format="), text("--"), text("alice")],
        vec![joined("--"), text("--"), text("alice")],
        vec![joined("-"), text("--"), text("alice")],
    ] {
        let run = finish(real.verifier(&args).spawn().unwrap());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {run:?}");
        assert!(!run.stderr.is_empty() && !run.stderr.contains("panicked"), "{args:?}: {run:?}");
    }
    // An address refuses no login, and a group matters to no user who is listed by name.
    for option in [joined("--group="), joined("--ip=")] {
        let args = [option, text("--check"), text("--"), text("alice")];
        let run = finish(real.verifier(&args).spawn().unwrap());
        assert_eq!(run.code, 3, "{args:?}: {run:?}");
    }
    for args in [
        vec![no_text()],
        vec![text("users"), no_text()],
        vec![text("users"), text("show"), no_text()],
        vec![text("users"), text("add"), no_text()],
        vec![text("users"), text("edit"), text("alice"), joined("--notes=")],
        vec![text("whitelist"), text("add"), text("alice"), joined("--reason=")],
        vec![text("advanced"), text("set"), text("issuer"), no_text()],
        vec![text("explain"), no_text()],
        vec![text("audit"), joined("--user=")],
        vec![text("license"), text("activate"), no_text()],
        vec![text("store"), text("import"), no_text()],
        vec![text("store"), text("import"), text("--yes"), no_text()],
        vec![text("status"), joined("--store=")],
        vec![text("status"), joined("--format=")],
    ] {
        let run = finish(real.tool(&args).spawn().unwrap());
        assert!(matches!(run.code, 1 | 2 | 4), "{args:?}: {run:?}");
        assert!(!run.stderr.is_empty() && !run.stderr.contains("panicked"), "{args:?}: {run:?}");
    }
    assert!(sandbox.contents() == before, "something was changed");
}

/// Puts a text somewhere into a store.
type Plant = fn(&Sandbox, &str);

/// Where a text can be put.
const PLANTS: &[(&str, Plant)] = &[
    ("a name of a file", |sandbox, evil| {
        sandbox.write(&sandbox.path().join(format!("groups/{evil}.toml")), "");
    }),
    ("a name of a directory", |sandbox, evil| {
        fs::create_dir(sandbox.path().join(format!("groups/{evil}+"))).unwrap();
        sandbox.write(&sandbox.path().join(format!("groups/{evil}+/a.toml")), "");
    }),
    ("a shard", |sandbox, evil| {
        let shard = sandbox.path().join(format!("users/{evil}"));
        fs::create_dir(&shard).unwrap();
        sandbox.write(&shard.join("a.toml"), "");
    }),
    ("a left-behind file", |sandbox, evil| {
        let path = sandbox.path().join(format!("groups/.tmp-{evil}"));
        sandbox.write(&path, "");
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        fs::File::open(path).unwrap().set_modified(long_ago).unwrap();
    }),
    ("a link", |sandbox, evil| {
        let path = sandbox.path().join(format!("groups/{evil}.toml"));
        std::os::unix::fs::symlink("/etc/passwd", path).unwrap();
    }),
    ("a key of the settings", |sandbox, evil| {
        let path = sandbox.path().join("store.toml");
        sandbox.edit(&path, "[advanced]", &format!("[advanced]\n\"{}\" = 1\n", toml(evil)));
    }),
    ("a place of the key", |sandbox, evil| {
        let path = sandbox.path().join("store.toml");
        let line = format!("key-file = \"/nowhere/{}\"\n\n[advanced]", toml(evil));
        sandbox.edit(&path, "[advanced]", &line);
    }),
    ("a key of a user", |sandbox, evil| {
        let path = sandbox.document("users", "alice");
        sandbox.edit(&path, "method", &format!("\"{}\" = 1\nmethod", toml(evil)));
    }),
    ("a raw key of a user", |sandbox, evil| {
        let path = sandbox.document("users", "alice");
        sandbox.edit(&path, "method", &format!("{evil} = 1\nmethod"));
    }),
    ("notes and method of a group", |sandbox, evil| {
        let text =
            format!("method = \"app\"\nnotes = \"{}\"\nadded = 2026-11-24T08:00:00Z\n", toml(evil));
        sandbox.write(&sandbox.path().join("groups/staff.toml"), &text);
    }),
    ("a line of the trail", |sandbox, evil| {
        let directory = sandbox.path().join("audit");
        let file = fs::read_dir(directory).unwrap().next().unwrap().unwrap().path();
        let values = serde_json::json!({ evil: [evil, evil] }).as_object().unwrap().clone();
        let change =
            AdminChange { by: evil, action: evil, object: Some(evil), values, attempt: None };
        let mut text = fs::read_to_string(&file).unwrap();
        for event in [login(evil), Event::Change(change)] {
            let link = Link::after(text.lines().last().unwrap().as_bytes());
            let now = Timestamp::from_unix(sandbox.now());
            let (line, _) = Line::write(&link, None, now, &event).unwrap();
            text += &(String::from_utf8(line).unwrap() + "\n");
        }
        sandbox.write(&file, &format!("{text}{evil}\n"));
    }),
];

/// Builds a login with the same text in every field.
fn login(text: &str) -> Event<'_> {
    Event::Verification(Verification {
        user: text,
        outcome: text,
        reason: text,
        session: Some(text),
        client: Some(text),
        ip: Some(text),
        drift: None,
        attempt: None,
        caller: None,
    })
}

/// Guards terminals against the contents of the store: file names, keys and values of documents,
/// lines of the trail.
#[test]
fn control_characters_in_the_store_never_reach_a_terminal() {
    // Short: long words of a document are not quoted at all.
    let evil = "\u{1b}owned\u{9b}J";
    for (what, plant) in PLANTS {
        let sandbox = Sandbox::with_users(&["alice"]);
        plant(&sandbox, evil);
        let mut output = String::new();
        for args in [
            &["status"][..],
            &["users", "list"],
            &["users", "show", "alice"],
            &["users", "show", "--group", "staff"],
            &["users", "reset", "--group", "staff", "--dry-run"],
            &["users", "edit", "alice", "--notes", "x"],
            &["explain", "alice"],
            &["explain", "--all"],
            &["whitelist", "list"],
            &["advanced", "list"],
            &["audit"],
            &["audit", "verify"],
            &["store", "check"],
            &["doctor"],
            &["key", "rotate", "--yes"],
            &["init"],
        ] {
            for form in ["text", "json", "csv"] {
                let all = [&["--format", form], args].concat();
                // CSV is data: it is escaped on a terminal only.
                let run = if form == "csv" {
                    sandbox.admin_on_terminal(&all)
                } else {
                    sandbox.admin(&all)
                };
                is_tame(&run, what, args);
                output.push_str(&run.stdout);
                output.push_str(&run.stderr);
            }
        }
        for args in [&["--", "alice"][..], &["--group", "staff", "--format", "text", "--", "alice"]]
        {
            let run = sandbox.verify(args, None);
            is_tame(&run, what, args);
            output.push_str(&run.stderr);
        }
        let shows = output.contains("owned") || *what == "a link" || what.contains("shard");
        assert!(shows, "{what} was shown nowhere, so this proves nothing");
    }
}

/// Guards spreadsheets: exports for people contain no formulas, no matter who chose the text.
#[test]
fn no_export_for_people_contains_a_formula() {
    let evil = "+HYPERLINK(1)";
    let sandbox = Sandbox::with_users(&[evil, "alice"]);
    sandbox.admin_ok(&["whitelist", "add", "+carol", "--reason", "@SUM(1)"]);
    sandbox.admin_ok(&["advanced", "set", "issuer", "+cmd|x"]);
    sandbox.verify(&["--session", "-2+3", "--", evil], Some("000000"));
    let mut found = 0;
    for args in [
        &["audit"][..],
        &["whitelist", "list"],
        &["explain", "--all"],
        &["advanced", "list"],
        &["store", "check"],
        &["doctor"],
    ] {
        let run = sandbox.admin(&[&["--format", "csv"], args].concat());
        for record in csv::Reader::from_reader(run.stdout.as_bytes()).records() {
            for cell in &record.unwrap() {
                found += usize::from(cell.starts_with("'+"));
                let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                let is_number = cell.parse::<f64>().is_ok() || cell == "-";
                assert!(!is_formula || is_number, "{args:?}: {cell:?}");
            }
        }
    }
    assert!(found >= 4, "{found} formulas were found, so this proves little");
}

/// Escapes a text for a TOML string.
fn toml(text: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && c != '\\' && c != '"';
    let escaped = |c: char| format!("\\u{:04X}", u32::from(c));
    text.chars().map(|c| if plain(c) { c.to_string() } else { escaped(c) }).collect()
}

fn is_tame(run: &Run, what: &str, args: &[&str]) {
    for text in [&run.stdout, &run.stderr] {
        let wild = text.chars().find(|c| {
            (c.is_control() && *c != '\n' && *c != '\t') || matches!(c, '\u{202e}' | '\u{200b}')
        });
        assert_eq!(wild, None, "{what}, {args:?}: {text:?}");
    }
}

/// Returns every form in which a secret can be written.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let base32 = data_encoding::BASE32_NOPAD.encode(secret);
    let mut forms = vec![secret.to_vec()];
    forms.extend(
        [
            base32.to_lowercase(),
            base32,
            HEXLOWER.encode(secret),
            HEXUPPER.encode(secret),
            BASE64_NOPAD.encode(secret),
            BASE64.encode(secret),
            data_encoding::BASE64URL_NOPAD.encode(secret),
        ]
        .map(String::into_bytes),
    );
    forms
}

/// Everything that a whole life of a store printed and left behind, by its origin.
#[derive(Default)]
struct Traces(Vec<(String, Vec<u8>)>);

impl Traces {
    fn run(&mut self, mut command: std::process::Command, stdin: &str) -> Output {
        let what = format!("{:?}", command.get_args().collect::<Vec<_>>());
        let mut child = command.spawn().unwrap();
        // While it runs, any user can read its command line.
        let cmdline = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
        // A program that reads no input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        self.0.push((format!("the process list, {what}"), cmdline));
        self.0.push((format!("standard error of {what}"), output.stderr.clone()));
        output
    }

    /// Runs a program whose output must not contain a secret either.
    fn silent(&mut self, command: std::process::Command, stdin: &str) -> Run {
        let what = format!("{:?}", command.get_args().collect::<Vec<_>>());
        let output = self.run(command, stdin);
        self.0.push((format!("standard output of {what}"), output.stdout.clone()));
        Run {
            code: u8::try_from(output.status.code().unwrap()).unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Works with a store as administrators do, and returns the documents of all its keys.
fn administration(sandbox: &Sandbox, traces: &mut Traces) -> Vec<String> {
    let real = sandbox.real();
    let (escrow, export) = (sandbox.beside("escrow"), sandbox.beside("export"));
    let [escrow, export] = [&escrow, &export].map(|path| path.to_str().unwrap());
    let keys = |sandbox: &Sandbox| fs::read_to_string(sandbox.path().join("key")).unwrap();
    let mut documents = vec![keys(sandbox)];
    traces.silent(real.tool(["key", "export", escrow, "--yes"]), "");
    traces.silent(real.tool(["store", "export", export]), "");
    traces.silent(real.tool(["store", "export", "-"]), "");
    traces.silent(real.tool(["key", "rotate", "--yes"]), "");
    documents.push(keys(sandbox));
    for args in [
        &["status"][..],
        &["users", "list"],
        &["users", "show", "alice", "bob"],
        &["audit"],
        &["audit", "verify"],
        &["store", "check"],
        &["doctor"],
        &["explain", "alice"],
        &["store", "import", escrow, "--yes"],
        &["license", "activate", escrow],
    ] {
        for form in ["--format=text", "--format=json"] {
            traces.silent(real.tool([&[form], args].concat()), "");
        }
    }
    traces.0.push(("the export".into(), fs::read(export).unwrap()));
    documents
}

/// Puts a secret where it does not belong, which the programs then report.
fn damage(sandbox: &Sandbox, traces: &mut Traces, alice: &Secret) {
    let real = sandbox.real();
    // Documents with a secret in the wrong place, and a key that does not fit.
    let state = sandbox.document("state", "alice");
    let whole = fs::read_to_string(&state).unwrap();
    let plain = alice.to_base32();
    for damaged in [
        whole.replace("secret = \"s1:", &format!("secret = \"{plain}:")),
        whole.replace("digits = 6", &format!("digits = \"{plain}\"")),
        whole.replace("digits = 6", &format!("{plain} = 6")),
    ] {
        sandbox.write(&state, &damaged);
        for command in
            [real.verifier(["--code-stdin", "--", "alice"]), real.tool(["store", "check"])]
        {
            traces.silent(command, "123456\n");
        }
    }
    sandbox.write(&state, &whole);
}

fn forms_of_keys(documents: &[String]) -> Vec<(String, Vec<Vec<u8>>)> {
    let lines = documents.iter().flat_map(|document| document.lines());
    let keys =
        lines.filter(|line| !line.starts_with('#')).map(|line| line.split(' ').nth(2).unwrap());
    let bytes = keys.map(|key| data_encoding::BASE64URL_NOPAD.decode(key.as_bytes()).unwrap());
    bytes.map(|bytes| ("a key".to_owned(), forms(&bytes))).collect()
}

fn forms_of_code(code: &str) -> Vec<Vec<u8>> {
    let plain = code.replace('-', "");
    if plain.len() == 6 {
        // Six digits may occur by chance in a hash or a time, but not between these characters.
        return [" ", "\"", "'", "=", ":", "(", "\n"]
            .map(|before| format!("{before}{code}").into_bytes())
            .to_vec();
    }
    vec![code.as_bytes().to_vec(), plain.into_bytes()]
}

/// Guards secrets and codes: they appear only in output that shows them on purpose, and in no other
/// output, message, document, audit line or argument.
#[test]
fn secrets_and_codes_do_not_leak() {
    let sandbox = Sandbox::new();
    let real = sandbox.real();
    let mut traces = Traces::default();
    let mut hidden: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
    traces.silent(real.tool(["users", "add", "alice", "bob"]), "");
    traces.silent(real.tool(["enable"]), "");

    // The three ways to show a secret.
    let shown = traces.run(real.verifier(["--qr", "none", "--", "alice"]), "");
    let alice = Secret::of(&serde_json::from_slice(&shown.stdout).unwrap());
    let shown = traces.run(real.tool(["users", "enrol", "bob", "--format", "json"]), "");
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let bob = Secret::of(&serde_json::json!({ "enrolment": shown["enrolment"] }));
    for (name, secret) in [("alice", &alice), ("bob", &bob)] {
        let bytes = data_encoding::BASE32_NOPAD.decode(secret.to_base32().as_bytes()).unwrap();
        hidden.push((format!("the secret of {name}"), forms(&bytes)));
    }

    let codes: Vec<String> = (2..6).map(|step| alice.code(real_now() + 30 * step)).collect();
    let wrong = alice.wrong_code(real_now());
    let mut typed = vec![wrong.clone(), "98765432".to_owned(), "A1B2-C3D4-E5F6-G7H9".to_owned()];
    let login = ["--code-stdin", "--client", "the-client-id", "--ip", "192.0.2.7", "--", "alice"];
    let reasons: Vec<String> = [&codes[0], &codes[0], &codes[1], &wrong, &typed[1], &typed[2]]
        .map(|code| traces.silent(real.verifier(login), &format!("{code}\n")).reason())
        .to_vec();
    let expected =
        ["activated", "code-used", "code-accepted", "wrong-code", "wrong-code", "wrong-code"];
    assert_eq!(reasons, expected);
    let made = traces.run(real.tool(["users", "recovery-codes", "alice"]), "");
    let made = String::from_utf8(made.stdout).unwrap();
    let recovery: Vec<&str> = made.lines().collect();
    for code in &recovery[..2] {
        let run = traces.silent(real.verifier(login), &format!("{code}\n"));
        assert_eq!(run.reason(), "recovery-code-accepted");
    }
    let test = ["users", "test", "alice", "--code-stdin"];
    for code in [&*codes[2], &*wrong, recovery[2]] {
        traces.silent(real.tool(test), &format!("{code}\n"));
    }
    typed.extend(codes);
    typed.extend(recovery.iter().map(|code| (*code).to_owned()));

    let documents = administration(&sandbox, &mut traces);
    damage(&sandbox, &mut traces, &alice);
    for (path, bytes) in sandbox.contents() {
        if path.file_name().is_none_or(|name| name != "key") {
            traces.0.push((path.display().to_string(), bytes));
        }
    }
    hidden.extend(forms_of_keys(&documents));
    hidden.extend(typed.iter().map(|code| ("a code".to_owned(), forms_of_code(code))));
    assert!(traces.0.len() > 80, "{}", traces.0.len());
    for (place, bytes) in &traces.0 {
        for (what, forms) in &hidden {
            let found = forms
                .iter()
                .any(|form| bytes.windows(form.len()).any(|window| window == form.as_slice()));
            assert!(!found, "{what} is found in {place}: {:?}", String::from_utf8_lossy(bytes));
        }
    }
}

/// Guards memory: the programs leave no core dump and let no process of the same account read their
/// memory.
#[cfg(target_os = "linux")]
#[test]
fn no_core_is_dumped() {
    let sandbox = Sandbox::with_users(&["alice"]);
    let real = sandbox.real();
    let waits = [
        real.verifier(["--code-stdin", "--", "alice"]),
        real.tool(["users", "test", "alice", "--code-stdin"]),
    ];
    for mut command in waits {
        let mut child = command.spawn().unwrap();
        let limits = format!("/proc/{}/limits", child.id());
        let started = std::time::Instant::now();
        let line = loop {
            let text = fs::read_to_string(&limits).unwrap();
            let line = text.lines().find(|line| line.starts_with("Max core file size")).unwrap();
            let words: Vec<&str> = line.split_whitespace().collect();
            // Until the program has started, the limits are those of the test.
            if words[4..6] == ["0", "0"] || started.elapsed().as_secs() > 5 {
                break (words[4].to_owned(), words[5].to_owned());
            }
        };
        assert_eq!(line, ("0".into(), "0".into()));
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
