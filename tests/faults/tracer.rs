//! Runs programs under strace, which kills or stops them, or makes them fail, at one of their
//! system calls.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

/// One system call of a program that completed its work.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// Its number among the calls of this name, counted from 1.
    pub(crate) nth: usize,
    /// The call with its arguments, for messages.
    pub(crate) text: String,
}

/// Calls that change files, make them durable, or write the answer.
const CHANGES: [&str; 13] = [
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "syncfs",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "flock",
];

impl Call {
    /// Returns whether this call changes something that outlives the process.
    pub(crate) fn changes(&self) -> bool {
        CHANGES.contains(&self.name.as_str()) || self.text.contains("O_CREAT")
    }

    /// Returns the option of strace that does `what` at this call.
    pub(crate) fn inject(&self, what: &str) -> [String; 2] {
        [
            format!("--trace={}", self.name),
            format!("--inject={}:{what}:when={}", self.name, self.nth),
        ]
    }
}

/// Why strace cannot be used here; `None` if it can.
static OBSTACLE: LazyLock<Option<String>> = LazyLock::new(|| {
    let kill = ["-f", "-o", "/dev/null", "--inject=exit_group:signal=KILL:when=1", "true"];
    match Command::new("strace").args(kill).output() {
        Err(error) => Some(format!("strace cannot be run ({error})")),
        Ok(output) if output.status.signal() == Some(9) => None,
        Ok(output) => Some(format!(
            "strace may not trace here: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
});

/// Returns whether programs can be traced; otherwise skips or fails the test.
pub(crate) fn is_available() -> bool {
    OBSTACLE.as_ref().is_none_or(|obstacle| {
        crate::sandbox::skipped(obstacle);
        false
    })
}

/// Returns the same for tests that read paths and data of the programs. Only root can: they are not
/// dumpable.
pub(crate) fn sees_arguments() -> bool {
    is_available() && crate::sandbox::is_root()
}

/// Returns `command` under strace with these options, with its output in `log`.
pub(crate) fn traced(command: &Command, log: &Path, options: &[String]) -> Command {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-s", "160", "-o"]).arg(log).args(options).arg("--");
    traced.arg(command.get_program()).args(command.get_args()).env_clear();
    traced.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    traced
}

/// Writes `stdin` to a program that was started.
pub(crate) fn feed(child: &mut Child, stdin: &str) {
    use std::io::Write;
    if let Some(mut pipe) = child.stdin.take() {
        // A program that was killed in the meantime does not read.
        let _ = pipe.write_all(stdin.as_bytes());
    }
}

/// The result of a program under strace.
#[derive(Debug)]
pub(crate) struct End {
    /// The exit code; `None` if it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `command` under strace with these options.
pub(crate) fn run(command: &Command, log: &Path, options: &[String], stdin: &str) -> End {
    let mut child = traced(command, log, options).spawn().unwrap();
    feed(&mut child, stdin);
    let output = child.wait_with_output().unwrap();
    let end = End {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    let signal = output.status.signal();
    assert!(matches!(signal, None | Some(9)), "died of signal {signal:?}: {end:?}");
    end
}

/// Returns the calls of `command`, starting with the first that names `place`.
pub(crate) fn calls(command: &Command, log: &Path, stdin: &str, place: &Path) -> Vec<Call> {
    let end = run(command, log, &[], stdin);
    assert!(end.code.is_some(), "{end:?}");
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut calls = Vec::new();
    let place = place.display().to_string();
    let mut is_begun = false;
    for line in fs::read_to_string(log).unwrap().lines() {
        let Some((_, text)) = line.split_once(' ') else { continue };
        let Some((name, _)) = text.trim_start().split_once('(') else { continue };
        if name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            continue;
        }
        let nth = counts.entry(name.to_owned()).or_default();
        *nth += 1;
        // The command line names the place too.
        is_begun |= name != "execve" && text.contains(&place);
        if is_begun {
            let text = text.trim().chars().take(160).collect();
            calls.push(Call { name: name.to_owned(), nth: *nth, text });
        }
    }
    assert!(calls.iter().any(Call::changes), "{command:?} changes nothing: {calls:#?}");
    calls
}

/// Lists what `command` writes, makes durable and publishes, in this order, by file name.
pub(crate) fn steps(command: &Command, log: &Path, stdin: &str) -> Vec<String> {
    let end = run(command, log, &["-y".into(), "-s0".into()], stdin);
    assert_eq!(end.code, Some(0), "{end:?}");
    let text = fs::read_to_string(log).unwrap();
    let steps = text.lines().filter_map(|line| {
        let (name, arguments) = line.split_once(' ')?.1.trim_start().split_once('(')?;
        let file = |end: char| Some(arguments.split(end).next()?.rsplit('/').next()?.to_owned());
        match name {
            "write" if arguments.starts_with("1<") => Some("answer".into()),
            "write" => Some(format!("write {}", file('>')?)),
            "fsync" | "fdatasync" => Some(format!("sync {}", file('>')?)),
            "rename" => {
                let to = arguments.split('"').nth(3)?.rsplit('/').next()?;
                Some(format!("put {to} in place"))
            }
            _ => None,
        }
    });
    steps.collect()
}

/// Chooses about `most` of these calls: all that change something and those right after them, and
/// an even selection of the others.
pub(crate) fn chosen(calls: Vec<Call>, most: usize) -> Vec<Call> {
    let matters: Vec<bool> = (0..calls.len())
        .map(|at| calls[at].changes() || at.checked_sub(1).is_some_and(|at| calls[at].changes()))
        .collect();
    let (matter, others): (Vec<_>, Vec<_>) =
        calls.into_iter().zip(matters).partition(|(_, matters)| *matters);
    let evenly = |calls: Vec<(Call, bool)>, most: usize| {
        let stride = calls.len().div_ceil(most.max(1)).max(1);
        calls.into_iter().step_by(stride).map(|(call, _)| call).collect::<Vec<_>>()
    };
    let mut kept = evenly(matter, most);
    kept.extend(evenly(others, most.saturating_sub(kept.len())));
    kept
}
