//! Measures the cost of one login: time relative to spawning `/bin/true` and to a minimal C program
//! (`floor.c`), a wrong code, a large store against a small one, instructions, size and memory.
//!
//! `cargo bench --bench login` measures the release verifier of this build; `-- --help` lists the
//! options. Nothing here fails because a machine is slow: it only prints measurements.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a program that measures"
)]

mod socket;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use rw2fa::names::name::Name;
use rw2fa::otp::{CodeGenerator, Digits, Secret, Step};
use rw2fa::store::dir::file_name;
use socket::Service;

/// Users whose logins are measured; the others only fill the store.
const ACTIVE: usize = 10;

/// How many steps before and after the current one are searched: the default of new stores.
const DISCREPANCY: i64 = 480;

const HELP: &str = "\
Usage: cargo bench --bench login [-- OPTIONS]

  --verifier PATH    measure this verifier, such as a statically linked one
  --place DIRECTORY  make the stores here, on the disk to measure
  --rounds N         rounds of logins, 1 to 4000 [default: 200]
  --users N          users of the large store [default: 100000]; 1000000 users take about 8 GB
  --help             print this";

struct Options {
    verifier: PathBuf,
    place: PathBuf,
    rounds: usize,
    users: usize,
}

struct Store {
    root: PathBuf,
    /// What decides logins in place of the caller.
    service: Option<Service>,
    secrets: Vec<Secret>,
    /// Logins so far: each uses a step that no earlier login used.
    logins: usize,
}

fn main() -> Result<()> {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(());
    };
    let place = tempfile::tempdir_in(&options.place)?;
    open(place.path())?;
    let floor = floor(place.path())?;
    println!("making stores of {ACTIVE} and {} users …", options.users);
    let mut small = Store::make(&options, &place.path().join("small"), ACTIVE)?;
    let mut large = Store::make(&options, &place.path().join("large"), options.users)?;
    let mut asked = Store::make(&options, &place.path().join("asked"), ACTIVE)?;
    asked.service = match Service::start(&options.verifier, &asked.root)? {
        Ok(service) => Some(service),
        Err(reason) => {
            println!("logins over the socket are not measured: {reason}");
            None
        }
    };
    let mut times: [Vec<Duration>; 7] = Default::default();
    for round in 0..options.rounds + 3 {
        let took = [
            timed(bare("/bin/true").stdin(Stdio::null()), 0)?,
            timed(bare(&floor.0).arg(&floor.1).stdin(small.code_file()?), 0)?,
            timed(bare(&floor.0).arg(&floor.1).arg("wrong").stdin(small.code_file()?), 0)?,
            small.login(&options)?,
            small.wrong_code(&options)?,
            large.login(&options)?,
            asked.login(&options)?,
        ];
        if round >= 3 {
            times.iter_mut().zip(took).for_each(|(times, took)| times.push(took));
        }
    }
    let [spawn, floor_accepted, floor_wrong, accepted, wrong, many, forwarded] = &times;
    println!("time, medians of {} rounds in turn:", options.rounds);
    println!("  {:<46}  {:>8.3} ms", "/bin/true", millis(spawn));
    let row = |label: &str, of, to| println!("  {label:<46}  {:>8.2}", ratio(of, to));
    row("accepted login / /bin/true", accepted, spawn);
    row("floor of an accepted login / /bin/true", floor_accepted, spawn);
    row("accepted login / its floor", accepted, floor_accepted);
    row(&format!("wrong code at discrepancy {DISCREPANCY} / /bin/true"), wrong, spawn);
    row("floor of a wrong code / /bin/true", floor_wrong, spawn);
    row("wrong code / its floor", wrong, floor_wrong);
    let large_store = format!("{} users / {ACTIVE} users, accepted logins", options.users);
    row(&large_store, many, accepted);
    if asked.service.is_some() {
        println!("  {:<46}  {:>8.3} ms", "accepted login, direct", millis(accepted));
        println!("  {:<46}  {:>8.3} ms", "accepted login, over the socket", millis(forwarded));
        row("accepted login, over the socket / direct", forwarded, accepted);
    }
    small.instructions(&options)?;
    let size = fs::metadata(&options.verifier)?.len();
    println!("size of the verifier          {size:>11} bytes");
    small.memory(&options)
}

/// Parses the options; `None` for `--help`.
fn options() -> Result<Option<Options>> {
    let mut options = Options {
        verifier: env!("CARGO_BIN_EXE_rw2fa-verify").into(),
        place: ".".into(),
        rounds: 200,
        users: 100_000,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--verifier" => options.verifier = fs::canonicalize(value()?)?,
            "--place" => options.place = value()?.into(),
            "--rounds" => options.rounds = value()?.parse()?,
            "--users" => options.users = value()?.parse()?,
            "--help" => return Ok(None),
            // Added by cargo.
            "--bench" => {}
            other => bail!("unknown argument {other}; --help lists the options"),
        }
    }
    ensure!(options.rounds > 0 && options.rounds <= 4000, "--rounds is 1 to 4000");
    ensure!(options.users >= ACTIVE, "--users is at least {ACTIVE}");
    Ok(Some(options))
}

/// Compiles the C program and creates its working directory.
fn floor(place: &Path) -> Result<(PathBuf, PathBuf)> {
    let (program, directory) = (place.join("floor-program"), place.join("floor"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/floor.c");
    let status = Command::new("cc").arg("-O2").arg("-o").arg(&program).arg(source).status()?;
    ensure!(status.success(), "cc failed: a C compiler is needed for the floor");
    fs::create_dir(&directory)?;
    fs::write(directory.join("state"), [b'x'; 300])?;
    fs::write(directory.join("attempts"), [b'0'; 16])?;
    Ok((program, directory))
}

fn now() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}

/// Returns a program without an environment.
fn bare(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command
}

fn timed(command: &mut Command, expected: i32) -> Result<Duration> {
    command.stdout(Stdio::null());
    let started = Instant::now();
    let status = command.status()?;
    let took = started.elapsed();
    ensure!(status.code() == Some(expected), "{command:?} ended with {status}");
    Ok(took)
}

fn median(times: impl IntoIterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.into_iter().collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn millis(times: &[Duration]) -> f64 {
    median(times.iter().map(|time| time.as_secs_f64() * 1000.0))
}

/// Returns the median ratio of neighbouring runs, so that a machine that slows down slows both.
fn ratio(of: &[Duration], to: &[Duration]) -> f64 {
    median(of.iter().zip(to).map(|(of, to)| of.as_secs_f64() / to.as_secs_f64()))
}

impl Store {
    /// Creates a store with `users` users, of whom [`ACTIVE`] have enrolled by real logins.
    fn make(options: &Options, root: &Path, users: usize) -> Result<Self> {
        let admin = |args: &[&str]| -> Result<()> {
            let mut command = bare(env!("CARGO_BIN_EXE_rw2fa"));
            command.arg("--store").arg(root).arg("--quiet").args(args);
            timed(&mut command, 0).map(|_| ())
        };
        admin(&["init"])?;
        admin(&["enable"])?;
        let mut store =
            Self { root: root.to_owned(), secrets: Vec::new(), logins: 0, service: None };
        for user in 0..ACTIVE {
            let name = format!("user{user}");
            admin(&["users", "add", &name])?;
            let output = store.verifier(options, &name).args(["--qr", "none"]).output()?;
            let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
            let secret = answer["enrolment"]["secret"].as_str().context("no secret was shown")?;
            store.secrets.push(Secret::from_base32(secret).context("no secret was shown")?);
        }
        // The others are copies: adding them by command would measure the disk for minutes.
        let document = |kind: &str, name: &str| -> Result<PathBuf> {
            let name = Name::parse(name)?;
            let mut path = root.join(kind).join(file_name::shard(&name.key()));
            fs::create_dir_all(&path)?;
            make_private(&path)?;
            path.extend(file_name::encode(&name));
            Ok(path)
        };
        let listing = fs::read(document("users", "user0")?)?;
        let state = b"enrolment = \"none\"\nopen-since = 1795507200\n# end\n";
        for user in ACTIVE..users {
            let name = format!("user{user}");
            write_private(&document("users", &name)?, &listing)?;
            write_private(&document("state", &name)?, state)?;
        }
        for _ in 0..ACTIVE {
            store.login(options)?;
        }
        Ok(store)
    }

    fn verifier(&self, options: &Options, user: &str) -> Command {
        let mut command = match &self.service {
            Some(service) => service.verifier(),
            None => bare(&options.verifier),
        };
        command.arg("--store").arg(&self.root).args(["--no-groups", "--client", "c1"]);
        command.arg("--user").arg(user);
        command
    }

    /// Writes the next login's code to a file for standard input.
    fn code_file(&mut self) -> Result<File> {
        let path = self.root.with_extension("code");
        let (_, code) = self.next_code()?;
        fs::write(&path, code)?;
        Ok(File::open(path)?)
    }

    /// Returns the next user, and a code of an unused step near the current one.
    fn next_code(&self) -> Result<(String, String)> {
        let (user, turn) = (self.logins % ACTIVE, self.logins / ACTIVE);
        let step = Step::at(now()?).offset(i64::try_from(turn)? - 200).context("no such step")?;
        let secret = self.secrets.get(user).context("no such user")?;
        let code = CodeGenerator::new(secret).code(step, Digits::DEFAULT);
        Ok((format!("user{user}"), format!("{}\n", code.as_str())))
    }

    fn login(&mut self, options: &Options) -> Result<Duration> {
        let (user, _) = self.next_code()?;
        let code = self.code_file()?;
        self.logins += 1;
        timed(self.verifier(options, &user).arg("--code-stdin").stdin(code), 0)
    }

    /// Measures a wrong code of the next user. Their next accepted login resets the count, so no
    /// user is locked.
    fn wrong_code(&mut self, options: &Options) -> Result<Duration> {
        let (user, code) = self.next_wrong_code()?;
        let path = self.root.with_extension("code");
        fs::write(&path, code)?;
        timed(self.verifier(options, &user).arg("--code-stdin").stdin(File::open(path)?), 1)
    }

    /// Returns the next user, and a code that is wrong now and in the next minutes.
    fn next_wrong_code(&self) -> Result<(String, String)> {
        let (user, _) = self.next_code()?;
        let secret = self.secrets.get(self.logins % ACTIVE).context("no such user")?;
        let (generator, step) = (CodeGenerator::new(secret), Step::at(now()?));
        let codes: HashSet<String> = (-DISCREPANCY - 1..=DISCREPANCY + 60)
            .filter_map(|offset| step.offset(offset))
            .map(|step| generator.code(step, Digits::DEFAULT).as_str().to_owned())
            .collect();
        let wrong = (0..).map(|number: u32| format!("{number:06}"));
        let wrong =
            wrong.into_iter().find(|code| !codes.contains(code)).context("no wrong code")?;
        Ok((user, format!("{wrong}\n")))
    }

    /// Counts the instructions of an accepted and of a wrong code with callgrind.
    fn instructions(&mut self, options: &Options) -> Result<()> {
        for (what, wrong) in [("an accepted code", false), ("a wrong code", true)] {
            let (user, code) = if wrong { self.next_wrong_code()? } else { self.next_code()? };
            let path = self.root.with_extension("code");
            fs::write(&path, code)?;
            let plain = self.verifier(options, &user);
            let mut command = Command::new("valgrind");
            command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
            command.arg(plain.get_program()).args(plain.get_args()).arg("--code-stdin");
            command.stdin(File::open(path)?).env_clear().env("PATH", "/usr/bin:/bin");
            self.logins += 1;
            let Ok(output) = command.output() else {
                println!("instructions: valgrind is not installed");
                return Ok(());
            };
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let count = text.lines().find_map(|line| line.split("refs:").nth(1)).unwrap_or("?");
            let answer = String::from_utf8_lossy(&output.stdout).into_owned();
            let expected = if wrong { "wrong-code" } else { "code-accepted" };
            ensure!(answer.contains(expected), "{what}: {answer}");
            println!("instructions of {what:<17} {:>11}", count.trim());
        }
        Ok(())
    }

    /// Measures the peak memory of a login with GNU time.
    fn memory(&mut self, options: &Options) -> Result<()> {
        let (user, _) = self.next_code()?;
        let code = self.code_file()?;
        let plain = self.verifier(options, &user);
        let mut command = Command::new("/usr/bin/time");
        command.args(["-f", "%M"]).arg(plain.get_program()).args(plain.get_args());
        self.logins += 1;
        match command.arg("--code-stdin").stdin(code).output() {
            Ok(output) => {
                let kilobytes = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                println!("peak memory of a login        {kilobytes:>11} KB");
            }
            Err(_) => println!("peak memory: GNU time is not installed"),
        }
        Ok(())
    }
}

/// Lets other accounts reach what is in the directory.
#[cfg(unix)]
fn open(directory: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(directory, fs::Permissions::from_mode(0o755))?)
}

#[cfg(not(unix))]
fn open(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(unix)]
fn make_private(directory: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?)
}

#[cfg(unix)]
fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(bytes)?;
    Ok(())
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    Ok(fs::write(path, bytes)?)
}
