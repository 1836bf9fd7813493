//! Logins that are forwarded to the verifier of the store's owner. `systemd-socket-activate` does what systemd does
//! with `rw2fa-verify.socket`: it starts one verifier for each connection.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::sandbox::{Run, Secret, copy_program, finish, has, is_root, real_now};

/// The account that owns the store: `daemon` on every Linux.
const OWNER: u32 = 1;
/// The portal's account.
const PORTAL: u32 = 65_534;
/// The group of the socket.
const GROUP: u32 = 60_060;
/// Another account, and its group.
const STRANGER: u32 = 60_061;

/// A store of another account, and what answers for it.
struct Service {
    directory: tempfile::TempDir,
    child: Child,
}

impl Service {
    /// Starts the verifier of the owner, as systemd does.
    fn start() -> Option<Self> {
        let directory = Self::prepare()?;
        let child = Self::listen(&directory, OWNER, &[]);
        Some(Self { directory, child })
    }

    /// Starts this script of `account` in its place.
    fn of(account: u32, script: &str) -> Option<Self> {
        let directory = Self::prepare()?;
        let child = Self::listen(&directory, account, &["sh", "-c", script]);
        Some(Self { directory, child })
    }

    fn prepare() -> Option<tempfile::TempDir> {
        if !is_root() || !has("systemd-socket-activate", "apt-get install systemd") {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path();
        fs::set_permissions(place, fs::Permissions::from_mode(0o755)).unwrap();
        copy_program(env!("CARGO_BIN_EXE_rw2fa"), &place.join("rw2fa"));
        copy_program(env!("CARGO_BIN_EXE_rw2fa-verify"), &place.join("rw2fa-verify"));
        for args in
            [&["init", "--owner", "daemon"][..], &["users", "add", "alice", "bob"], &["enable"]]
        {
            let mut tool = Command::new(place.join("rw2fa"));
            tool.env_clear().arg("--store").arg(place.join("store")).args(args);
            let output = tool.output().unwrap();
            assert!(output.status.success(), "{args:?}: {output:?}");
        }
        Some(directory)
    }

    /// Listens at the socket, and runs a command, or the verifier, for each connection.
    fn listen(directory: &tempfile::TempDir, account: u32, command: &[&str]) -> Child {
        let place = directory.path();
        let socket = place.join("verify.sock");
        let program = place.join("rw2fa-verify");
        let mut listener = Command::new("setpriv");
        // Only the owner's account for the verifier: systemd itself is root.
        let listens_as = if command.is_empty() { 0 } else { account };
        listener.args(ids(listens_as, listens_as)).arg("systemd-socket-activate");
        if listens_as != 0 {
            fs::set_permissions(place, fs::Permissions::from_mode(0o777)).unwrap();
        }
        listener.arg(format!("--listen={}", socket.display())).args(["--accept", "--inetd"]);
        if command.is_empty() {
            listener.arg("setpriv").args(ids(account, account)).arg(program);
            listener.args(["--request-stdin", "--store"]).arg(place.join("store"));
        } else {
            listener.args(command);
        }
        listener.stdin(Stdio::null()).stderr(fs::File::create(place.join("log")).unwrap());
        let child = listener.spawn().unwrap();
        wait_until("the socket is there", || socket.exists());
        chown(&socket, None, Some(GROUP)).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o660)).unwrap();
        child
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Returns the verifier as these ids, with the socket and the store in its environment.
    fn verifier(&self, user: u32, group: u32, args: &[&str]) -> Command {
        let mut command = Command::new("setpriv");
        command.args(ids(user, group)).arg(self.path("rw2fa-verify")).args(args).env_clear();
        command
            .env("RW2FA_SOCKET", self.path("verify.sock"))
            .env("RW2FA_STORE", self.path("store"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the verifier as the portal's account.
    fn forwarded(&self, args: &[&str], stdin: &[u8]) -> Run {
        run(self.verifier(PORTAL, GROUP, args), stdin)
    }

    /// Runs the verifier as the owner, which decides itself.
    fn direct(&self, args: &[&str], stdin: &[u8]) -> Run {
        run(self.verifier(OWNER, OWNER, args), stdin)
    }

    /// Connects as root, which may ask, too.
    fn connect(&self) -> UnixStream {
        let log = || fs::read_to_string(self.path("log")).unwrap();
        let stream = UnixStream::connect(self.path("verify.sock"));
        let stream = stream.unwrap_or_else(|error| panic!("{error}: {}", log()));
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    fn trail(&self) -> String {
        let files = fs::read_dir(self.path("store/audit")).unwrap();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    /// Counts the programs that answer connections now.
    fn answering(&self) -> usize {
        let id = self.child.id();
        let list = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        list.split_whitespace().count()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The options of `setpriv` for an account.
fn ids(user: u32, group: u32) -> [String; 3] {
    [format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".into()]
}

fn run(mut command: Command, stdin: &[u8]) -> Run {
    let mut child = command.spawn().unwrap();
    // A program that refuses reads nothing.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    finish(child)
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Guards the promise that a forwarded login has the output and the exit code of one that is decided here.
#[test]
fn forwarded_answers_are_the_same() {
    let Some(service) = Service::start() else { return };
    for args in [
        &["--no-groups", "--check", "--", "alice"][..],
        &["--no-groups", "--check", "--format=text", "--language=fr", "--", "alice"],
        &["--no-groups", "--session=html5", "--client=S1", "--", "alice"],
        &["--no-groups", "--session=rdp", "--", "alice"],
        &["--group=a", "--group=b", "--ip=192.0.2.7", "--", "carol"],
        &["--end", "--client=S1", "--", "alice"],
        &["--no-groups", "--client=é", "--", "alice"],
        &["--no-groups", "--client=", "--", "alice"],
        &["--no-groups", "--bogus", "--", "alice"],
        &["--no-groups", "--check", "--code-stdin", "--", "alice"],
        &["--no-groups", "--", ""],
        &["--no-groups", "--", "a\u{fffd}b"],
        &["--help"],
    ] {
        let (direct, forwarded) =
            (service.direct(args, b"123456\n"), service.forwarded(args, b"123456\n"));
        assert_eq!(forwarded, direct, "{args:?}");
    }
}

/// Guards whole logins, which are charged and recorded together with the account that asked.
#[test]
fn a_login_is_decided_and_recorded() {
    let Some(service) = Service::start() else { return };
    let args = ["--no-groups", "--client=S1", "--", "alice"];
    let secret = Secret::of(&service.forwarded(&args, b"").json());
    let with_code = [&["--code-stdin"], &args[..]].concat();
    let enter = |input: &[u8]| service.forwarded(&with_code, input).end();
    let now = real_now();
    let code = secret.code(now);
    assert_eq!(enter(format!("{code}\r\n").as_bytes()), (0, "activated".into()));
    assert_eq!(enter(format!("{code}\n").as_bytes()), (1, "code-used".into()));
    let utf16: Vec<u8> = code.bytes().flat_map(|byte| [byte, 0]).collect();
    let run = service.forwarded(&with_code, &utf16);
    assert_eq!(run.end(), (1, "wrong-code".into()));
    assert!(run.stderr.contains("standard input is UTF-16"), "{run:?}");
    for _ in 0..4 {
        assert_eq!(enter(secret.wrong_code(now).as_bytes()), (1, "wrong-code".into()));
    }
    assert_eq!(enter(secret.wrong_code(now).as_bytes()), (1, "locked".into()));
    let trail = service.trail();
    let recorded = trail.lines().filter(|line| line.contains(&format!("\"caller\":{PORTAL}")));
    assert_eq!(recorded.count(), 9, "{trail}");
    assert!(!trail.contains(&code), "{trail}");
}

/// Guards who may ask: root, the owner and the group of the socket, whatever its mode is.
#[test]
fn only_the_group_of_the_socket_gets_an_answer() {
    let Some(service) = Service::start() else { return };
    let args = ["--no-groups", "--session=html5", "--", "alice"];
    let as_ids = |user, group| run(service.verifier(user, group, &args), b"").end();
    assert_eq!(as_ids(STRANGER, STRANGER), (4, "store".into()));
    let socket = service.path("verify.sock");
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(as_ids(STRANGER, STRANGER), (4, "store".into()), "the mode lets it in");
    wait_until("the refusal is logged", || {
        let log = fs::read_to_string(service.path("log")).unwrap();
        log.contains(&format!("account {STRANGER} is not in the group of the socket"))
    });
    assert!(!service.trail().contains("verification"), "nothing was decided");
    assert_eq!(as_ids(STRANGER, GROUP), (3, "code-required".into()));
    let mut further = service.verifier(STRANGER, STRANGER, &args);
    let group = format!("--groups={GROUP}");
    let mut with_group = Command::new("setpriv");
    with_group.args([&format!("--reuid={STRANGER}"), &format!("--regid={STRANGER}"), &group]);
    with_group.args(further.get_args().skip(3));
    with_group.env_clear().envs(further.get_envs().filter_map(|(key, value)| Some((key, value?))));
    with_group.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    further = with_group;
    assert_eq!(run(further, b"").end(), (3, "code-required".into()), "a further group counts");
}

/// Guards that a request reaches only the store that is meant: not the system's in place of a named one, nor another
/// one behind a named socket.
#[test]
fn a_named_store_is_never_replaced() {
    let Some(service) = Service::start() else { return };
    let other = service.path("other");
    fs::create_dir(&other).unwrap();
    let other = format!("--store={}", other.display());
    let run = service.forwarded(&[&other, "--no-groups", "--", "stranger"], b"");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains("this verifier serves the store at"), "{run:?}");
    let mut without_socket = service.verifier(PORTAL, GROUP, &["--no-groups", "--", "stranger"]);
    without_socket.env_remove("RW2FA_SOCKET");
    let run = self::run(without_socket, b"");
    assert_eq!(run.end(), (4, "store".into()), "{run:?}");
    assert!(run.stderr.contains("belongs to daemon"), "{run:?}");
}

/// Guards the caller against whatever else may be at the socket: each failure is an error, and no code goes to an
/// account that is neither root nor the owner.
#[test]
fn no_other_program_can_grant() {
    let grant =
        r#"{"schema":1,"user":"alice","outcome":"grant","reason":"code-accepted","message":""}"#;
    let report = r#"{"exit_code":0,"stderr":""}"#;
    for script in [
        "exit 0".to_owned(),
        "cat >/dev/null".to_owned(),
        "cat >/dev/null; echo".to_owned(),
        format!("cat >/dev/null; echo '{grant}'"),
        format!("cat >/dev/null; printf %s '{grant}\n{report}'"),
        format!("cat >/dev/null; echo '{grant}'; echo '{report} '; echo x"),
        format!("cat >/dev/null; echo '{grant}'; echo '{{\"exit_code\":0}}'"),
        format!("cat >/dev/null; echo '{grant}'; echo '{{\"exit_code\":256,\"stderr\":\"\"}}'"),
        format!(
            "cat >/dev/null; echo '{grant}'; echo '{{\"exit_code\":0,\"exit_code\":0,\"stderr\":\"\"}}'"
        ),
        format!("cat >/dev/null; head -c 3000000 /dev/zero; echo '{report}'"),
        "cat >/dev/null; head -c 100000 /dev/urandom".to_owned(),
        "kill -9 $$".to_owned(),
    ] {
        let Some(service) = Service::of(0, &script) else { return };
        let run = service.forwarded(&["--no-groups", "--code-stdin", "--", "alice"], b"123456\n");
        assert_eq!(run.end(), (4, "store".into()), "{script}: {run:?}");
        assert!(run.stderr.contains("no answer from the verifier"), "{script}: {run:?}");
    }
    let script = format!("cat >\"$(dirname \"$0\")/got\"; echo '{grant}'; echo '{report}'");
    let Some(service) = Service::of(STRANGER, &script) else { return };
    let run = service.forwarded(&["--no-groups", "--code-stdin", "--", "alice"], b"123456\n");
    assert_eq!(run.end(), (4, "store".into()), "{run:?}");
    assert!(run.stderr.contains("neither root nor the store's owner"), "{run:?}");
    drop(service);
    let Some(mut service) = Service::start() else { return };
    service.child.kill().unwrap();
    service.child.wait().unwrap();
    let run = service.forwarded(&["--no-groups", "--", "alice"], b"");
    assert_eq!(run.end(), (4, "store".into()), "nothing listens: {run:?}");
}

/// Guards the limit on a login: a service that hangs is an error after 20 s.
#[test]
fn a_hanging_service_is_an_error() {
    let Some(service) = Service::of(0, "exec sleep 100") else { return };
    let started = Instant::now();
    let run = service.forwarded(&["--no-groups", "--", "alice"], b"");
    assert_eq!(run.end(), (4, "timeout".into()), "{run:?}");
    assert!(started.elapsed() >= Duration::from_secs(19), "{:?}", started.elapsed());
}

/// Guards the service against callers that send nothing, too little, too much, or never read: logins go on meanwhile,
/// and no verifier is left behind.
#[test]
fn hostile_callers_block_nobody() {
    let Some(service) = Service::start() else { return };
    let (soft, hard) =
        nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).unwrap();
    let wanted = hard.min(soft.max(4096));
    nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE, wanted, hard)
        .unwrap();
    let silent: Vec<_> = (0..1000).map(|_| service.connect()).collect();
    let run = service.forwarded(&["--no-groups", "--session=html5", "--", "alice"], b"");
    assert_eq!(run.end(), (3, "code-required".into()), "{run:?}");
    let request = json!({ "schema": 1, "user": "alice", "groups": [], "session": "html5" });
    let request = format!("{request}\n");
    let mut never_read = Vec::new();
    for _ in 0..20 {
        let mut stream = service.connect();
        stream.write_all(request.as_bytes()).unwrap();
        never_read.push(stream);
    }
    let answers = [
        (vec![], true),
        (request.as_bytes()[..20].to_vec(), true),
        (vec![b'1'; 1_000_000], true),
        (b"\n".to_vec(), true),
        (b"GET / HTTP/1.0\r\n\r\n".to_vec(), true),
        (request.clone().into_bytes(), false),
    ];
    for (sent, is_refused) in answers {
        let mut stream = service.connect();
        // The verifier may end before it has read everything.
        let _ = stream.write_all(&sent).and_then(|()| stream.shutdown(std::net::Shutdown::Write));
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert_eq!(answer.is_empty(), is_refused, "{}", String::from_utf8_lossy(&answer));
    }
    wait_until("all verifiers have ended", || service.answering() == 0);
    drop((silent, never_read));
    let run = service.forwarded(&["--no-groups", "--session=html5", "--", "alice"], b"");
    assert_eq!(run.end(), (3, "code-required".into()), "{run:?}");
}
