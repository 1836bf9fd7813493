//! Nagios runs `rw2fa doctor --format nagios` as a plugin.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::beside::Beside;
use crate::sandbox::{Sandbox, has, is_on_path};

/// What the example runs, and a test replaces: there is no account of the package, and another store.
const COMMAND: &str = "/usr/bin/sudo -n -u rw2fa /usr/bin/rw2fa doctor --format nagios";

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/nagios").join(name)
}

/// The same command for the built program and a store of the test.
fn plugin(sandbox: &Sandbox) -> String {
    let (program, store) = (env!("CARGO_BIN_EXE_rw2fa"), sandbox.path());
    format!("{program} --store {} doctor --format nagios", store.display())
}

/// A store for which `doctor` finds an error.
fn ill() -> Sandbox {
    let sandbox = Sandbox::with_users(&["alice"]);
    sandbox.edit(&sandbox.document("users", "alice"), "method", "a|b = 1\nmethod");
    sandbox
}

/// Guards the exit codes and the word for the state with a plugin that reads both of another one.
#[test]
fn a_plugin_of_plugins_understands_it() {
    let negate = "/usr/lib/nagios/plugins/negate";
    if !has(negate, "apt-get install monitoring-plugins-basic") {
        return;
    }
    let healthy = Sandbox::with_users(&["alice"]);
    let gone = Sandbox::new();
    fs::remove_dir_all(gone.path()).unwrap();
    for (sandbox, code, state, negated) in [
        (&healthy, 1, "WARNING", (&["-w", "OK"][..], 0, "OK")),
        (&ill(), 2, "CRITICAL", (&[][..], 0, "OK")),
        (&gone, 3, "UNKNOWN", (&["-u", "CRITICAL"][..], 2, "CRITICAL")),
    ] {
        let words = plugin(sandbox);
        let words: Vec<_> = words.split(' ').collect();
        let run = |command: &mut Command| {
            let output = command.env_clear().output().unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let (ended, text) = run(Command::new(words[0]).args(&words[1..]));
        assert_eq!(ended, Some(code), "{text}");
        assert!(text.starts_with(&format!("RW2FA {state} - ")), "{text}");
        let (options, code, state) = negated;
        let (ended, text) = run(Command::new(negate).arg("-s").args(options).args(&words));
        assert_eq!(ended, Some(code), "{text}");
        assert!(text.starts_with(&format!("RW2FA {state} - ")), "{text}");
    }
}

/// Guards the rule for sudo: it is valid, and allows the command that the definitions run.
#[test]
fn sudo_allows_the_command_of_the_definitions() {
    let rule = fs::read_to_string(example("rw2fa.sudoers")).unwrap();
    assert!(rule.ends_with("nagios ALL=(rw2fa) NOPASSWD: /usr/bin/rw2fa doctor --format nagios\n"));
    for file in ["rw2fa.cfg", "rw2fa.nrpe.cfg"] {
        assert!(fs::read_to_string(example(file)).unwrap().contains(COMMAND), "{file}");
    }
    let icinga = fs::read_to_string(example("rw2fa.icinga2.conf")).unwrap();
    let words = COMMAND.split(' ').map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    assert!(icinga.contains(&words), "{icinga}");
    if !has("/usr/sbin/visudo", "apt-get install sudo") {
        return;
    }
    // visudo wants a private file.
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("rule");
    crate::sandbox::write_private(&copy, &rule);
    let output = Command::new("/usr/sbin/visudo").args(["-c", "-f"]).arg(&copy).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// What Nagios needs besides the example: a host, a contact group, a period, and its own files in one directory.
fn configuration(directory: &Path) -> String {
    let place = directory.display();
    let user = Command::new("id").arg("-un").output().unwrap().stdout;
    let user = String::from_utf8(user).unwrap();
    let user = user.trim();
    let files = ["log_file", "object_cache_file", "precached_object_file", "status_file"];
    let files =
        files.iter().chain(&["temp_file", "state_retention_file", "command_file", "lock_file"]);
    let files: Vec<_> = files.map(|name| format!("{name}={place}/{name}\n")).collect();
    let files = files.concat();
    format!(
        "{files}cfg_file={place}/objects.cfg\ncfg_file={place}/rw2fa.cfg\ntemp_path={place}\n\
         check_result_path={place}/results\nnagios_user={user}\nnagios_group={user}\nuse_syslog=0\n\
         check_external_commands=0\nenable_notifications=0\ncheck_for_updates=0\n\
         service_inter_check_delay_method=n\nhost_inter_check_delay_method=n\n\
         status_update_interval=1\nexecute_service_checks=1\nexecute_host_checks=0\n\
         query_socket={place}/query\n"
    )
}

const OBJECTS: &str = "
define timeperiod {
  timeperiod_name 24x7
  alias always
  monday 00:00-24:00
  tuesday 00:00-24:00
  wednesday 00:00-24:00
  thursday 00:00-24:00
  friday 00:00-24:00
  saturday 00:00-24:00
  sunday 00:00-24:00
}
define command {
  command_name nothing
  command_line /bin/true
}
define contact {
  contact_name admin
  host_notification_commands nothing
  service_notification_commands nothing
  host_notification_period 24x7
  service_notification_period 24x7
}
define contactgroup {
  contactgroup_name admins
  alias administrators
  members admin
}
define host {
  host_name localhost
  address 127.0.0.1
  max_check_attempts 1
  check_period 24x7
  notification_period 24x7
  contact_groups admins
}
";

/// Guards the definitions in a real Nagios, which runs the check once and shows its state, text and counts.
///
/// Its Debian package installs a mail server, so the complete tests do not ask for it.
#[test]
fn nagios_runs_the_check() {
    if !is_on_path("/usr/sbin/nagios4") {
        #[expect(clippy::print_stdout, reason = "a skipped test reports it")]
        {
            println!("skipped: there is no nagios4: apt-get install nagios4-core");
        }
        return;
    }
    let sandbox = ill();
    let directory = sandbox.beside("nagios");
    fs::create_dir_all(directory.join("results")).unwrap();
    let main = directory.join("nagios.cfg");
    fs::write(&main, configuration(&directory)).unwrap();
    fs::write(directory.join("objects.cfg"), OBJECTS).unwrap();
    let definitions = fs::read_to_string(example("rw2fa.cfg")).unwrap();
    assert_eq!(definitions.matches(COMMAND).count(), 1);
    let definitions = definitions.replace(COMMAND, &plugin(&sandbox));
    fs::write(directory.join("rw2fa.cfg"), definitions).unwrap();
    let checked = Command::new("/usr/sbin/nagios4").arg("-v").arg(&main).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success() && said.contains("Total Errors:   0"), "{said}");

    let mut command = Beside::command("/usr/sbin/nagios4");
    let _nagios = Beside::start(command.arg(&main).stdout(Stdio::null()).stderr(Stdio::null()));
    let end = Instant::now() + Duration::from_secs(60);
    let status = loop {
        let text = fs::read_to_string(directory.join("status_file")).unwrap_or_default();
        let service = text.split_once("servicestatus {").map_or("", |(_, rest)| rest).to_owned();
        if service.contains("has_been_checked=1") {
            break service;
        }
        let log = fs::read_to_string(directory.join("log_file")).unwrap_or_default();
        assert!(Instant::now() < end, "{text}\n{log}");
        std::thread::sleep(Duration::from_millis(200));
    };
    let field = |name: &str| {
        let start = format!("\t{name}=");
        status.lines().find_map(|line| line.strip_prefix(&start)).unwrap_or("").to_owned()
    };
    assert_eq!(field("current_state"), "2", "{status}");
    assert!(field("plugin_output").starts_with("RW2FA CRITICAL - 1 error, "), "{status}");
    assert!(field("long_plugin_output").contains("error: documents: "), "{status}");
    assert!(field("performance_data").starts_with("errors=1;;0;0 warnings="), "{status}");
}
