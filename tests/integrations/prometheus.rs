//! Prometheus reads the metrics of `rw2fa status`, and its own tools find nothing wrong with them or with the alerts.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::beside::Beside;
use crate::sandbox::{Sandbox, has};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/prometheus").join(name)
}

fn has_prometheus() -> bool {
    ["promtool", "prometheus"].iter().all(|tool| has(tool, "apt-get install prometheus"))
}

/// A store with users, whose metrics have several samples in a family.
fn store() -> Sandbox {
    let sandbox = Sandbox::with_users(&["alice", "bob"]);
    sandbox.at_real_time().enrol("alice");
    sandbox
}

/// Runs promtool with this text on its standard input.
fn promtool(args: &[&str], directory: &Path, input: &str) -> Output {
    let mut command = Command::new("promtool");
    command.args(args).current_dir(directory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Guards the metrics against the checks of Prometheus itself, for a good, a broken and no store.
#[test]
fn promtool_finds_nothing_wrong_with_the_metrics() {
    if !has_prometheus() {
        return;
    }
    let sandbox = store();
    let good = sandbox.admin_ok(&["--format", "prometheus", "status"]);
    fs::remove_file(sandbox.path().join("key")).unwrap();
    let without_key = sandbox.admin(&["--format", "prometheus", "status"]).stdout;
    sandbox.write(&sandbox.path().join("store.toml"), "nonsense");
    let broken = sandbox.admin(&["--format", "prometheus", "status"]).stdout;
    for text in [good, without_key, broken] {
        let output = promtool(&["check", "metrics"], Path::new("/"), &text);
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        assert!(output.status.success() && said.is_empty(), "{output:?}\n{text}");
    }
    let odd = promtool(&["check", "metrics"], Path::new("/"), "rw2fa_up 1\n");
    assert!(!odd.status.success(), "promtool checks nothing: {odd:?}");
}

/// Guards the alerts: they are valid, silent for a healthy store, and each of them can fire.
#[test]
fn the_alerts_fire_when_they_should() {
    if !has_prometheus() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    fs::copy(example("rw2fa.rules.yml"), directory.path().join("rw2fa.rules.yml")).unwrap();
    fs::write(directory.path().join("rules.yml"), include_str!("rules.yml")).unwrap();
    for args in [&["check", "rules", "rw2fa.rules.yml"][..], &["test", "rules", "rules.yml"]] {
        let output = promtool(args, directory.path(), "");
        assert!(output.status.success(), "{args:?}: {output:?}");
    }
}

/// Guards the names in the alerts, which the program must print, and the page, which must have each of them.
#[test]
fn the_alerts_are_about_metrics_that_exist() {
    let sandbox = store();
    let text = sandbox.admin_ok(&["--format", "prometheus", "status"]);
    let rules = fs::read_to_string(example("rw2fa.rules.yml")).unwrap();
    let words = rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let metrics: Vec<_> = words.filter(|word| word.starts_with("rw2fa_")).collect();
    assert!(metrics.len() >= 8, "{metrics:?}");
    for metric in metrics.into_iter().filter(|metric| *metric != "rw2fa_clock_synchronised") {
        assert!(text.contains(&format!("# TYPE {metric} gauge\n")), "{metric} is in no metric");
    }
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/integrations/monitoring.md");
    let page = fs::read_to_string(page).unwrap();
    for metric in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let metric = metric.trim_end_matches(" gauge");
        assert!(page.contains(&format!("`{metric}`")), "{metric} is not documented");
    }
}

/// Runs the example script on a store.
fn collect(sandbox: &Sandbox, directory: &Path, path: &str) -> Output {
    let mut command = Command::new(example("rw2fa-metrics.sh"));
    command.arg(directory).env_clear().env("PATH", path);
    command.env("RW2FA_OPTIONS", format!("--store {}", sandbox.path().display()));
    command.output().unwrap()
}

/// Guards the script for `node_exporter`: a whole file or the old one, which others can read, and nothing left behind.
#[test]
fn the_script_replaces_the_file_as_a_whole() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = store();
    let directory = sandbox.beside("collector");
    fs::create_dir(&directory).unwrap();
    let file = directory.join("rw2fa.prom");
    let programs = Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let output = collect(&sandbox, &directory, &path);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    assert!(fs::read_to_string(&file).unwrap().contains("\nrw2fa_up 1\n"));

    sandbox.write(&sandbox.path().join("store.toml"), "nonsense");
    let output = collect(&sandbox, &directory, &path);
    assert!(output.status.success(), "the metrics say it: {output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("error: "), "{output:?}");
    let broken = fs::read_to_string(&file).unwrap();
    assert!(broken.contains("\nrw2fa_up 0\n"), "{broken}");

    let output = collect(&sandbox, &directory, "/usr/bin:/bin");
    assert_eq!(output.status.code(), Some(127), "there is no rw2fa: {output:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), broken, "the old file stays");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "nothing is left behind");
}

/// Guards that systemd understands the units, with the script where they say it is.
#[test]
fn the_units_are_understood() {
    if !has("systemd-analyze", "apt-get install systemd") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let script = example("rw2fa-metrics.sh").display().to_string();
    for unit in ["rw2fa-metrics.service", "rw2fa-metrics.timer"] {
        let text = fs::read_to_string(example(unit)).unwrap();
        assert_eq!(text.contains("=/usr/local/sbin/rw2fa-metrics "), unit.ends_with("service"));
        let text = text.replace("/usr/local/sbin/rw2fa-metrics", &script);
        fs::write(directory.path().join(unit), text).unwrap();
    }
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--man=no", "./rw2fa-metrics.service", "./rw2fa-metrics.timer"]);
    let output = command.current_dir(directory.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && !said.contains("rw2fa-metrics"), "{said}");
}

/// Answers every HTTP request with this text, until the test ends.
fn serve(text: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            while lines.next().is_some_and(|line| !line.is_empty()) {}
            drop(lines);
            let head = "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n\r\n";
            let _ =
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(text.as_bytes()));
        }
    });
    address
}

/// Asks the API of Prometheus; `None` if it does not answer yet.
fn ask(server: SocketAddr, path: &str) -> Option<serde_json::Value> {
    let mut stream = TcpStream::connect(server).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()
}

/// Guards the metrics in a real Prometheus, which scrapes them and evaluates the alerts.
#[test]
fn prometheus_scrapes_the_metrics() {
    if !has_prometheus() {
        return;
    }
    let sandbox = store();
    sandbox.admin_ok(&["disable", "--yes"]);
    let target = serve(sandbox.admin_ok(&["--format", "prometheus", "status"]));
    let rules = example("rw2fa.rules.yml");
    let config = format!(
        "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\nrule_files: [{}]\n\
         scrape_configs:\n- job_name: rw2fa\n  static_configs: [{{targets: ['{target}']}}]\n",
        rules.display()
    );
    let file = sandbox.beside("prometheus.yml");
    fs::write(&file, config).unwrap();
    // Free a moment ago, and used again right away.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = SocketAddr::from(([127, 0, 0, 1], port));
    let mut command = Beside::command("prometheus");
    command.arg(format!("--config.file={}", file.display()));
    command.arg(format!("--storage.tsdb.path={}", sandbox.beside("data").display()));
    command.arg(format!("--web.listen-address={server}"));
    let _prometheus = Beside::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    let end = Instant::now() + Duration::from_secs(60);
    let value = |query: &str| {
        let answer = ask(server, &format!("/api/v1/query?query={query}"))?;
        let value = answer["data"]["result"][0]["value"][1].as_str()?.to_owned();
        Some(value)
    };
    let query = "ALERTS{alertname=\"Rw2faOff\"}";
    while value(query).is_none() {
        assert!(Instant::now() < end, "no alert: {:?}", ask(server, "/api/v1/targets"));
        std::thread::sleep(Duration::from_millis(200));
    }
    for (query, expected) in [
        ("rw2fa_up", "1"),
        ("rw2fa_enabled", "0"),
        ("sum(rw2fa_users)", "2"),
        ("rw2fa_users{state=\"active\",method=\"app\"}", "1"),
        ("count(rw2fa_build_info)", "1"),
        ("rw2fa_guess_chance_ratio>0.0009", "0.000961"),
    ] {
        assert_eq!(value(query).as_deref(), Some(expected), "{query}");
    }
    let rules = ask(server, "/api/v1/rules").unwrap().to_string();
    assert!(
        rules.contains("\"health\":\"ok\"") && !rules.contains("\"health\":\"err\""),
        "{rules}"
    );
}
