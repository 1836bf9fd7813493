//! A store in memory with one user, on which the programs run in this process.

use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};

use rw2fa::process::Process;
use rw2fa::time::Timestamp;
use tempfile::TempDir;

/// 2026-11-24T08:00:00Z.
const NOW: i64 = 1_795_507_200;

#[derive(Clone, Default)]
struct Stream(Arc<Mutex<Vec<u8>>>);

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("one thread").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the store, which is created at the first call.
fn store() -> OsString {
    static STORE: OnceLock<TempDir> = OnceLock::new();
    let mut is_new = false;
    let directory = STORE.get_or_init(|| {
        is_new = true;
        TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a directory")
    });
    let path = directory.path().join("store").into_os_string();
    if is_new {
        for args in [&["init"][..], &["users", "add", "alice"], &["enable"]] {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            let (code, _) = run_in(rw2fa::cli::main, "rw2fa", path.clone(), args, Vec::new());
            assert_eq!(code, 0);
        }
    }
    path
}

fn run_in(
    main: fn(&mut Process) -> u8,
    program: &str,
    store: OsString,
    args: Vec<OsString>,
    stdin: Vec<u8>,
) -> (u8, Vec<u8>) {
    let stdout = Stream::default();
    let all = [OsString::from(program), "--store".into(), store].into_iter().chain(args);
    let now = Timestamp::from_unix(NOW);
    let (out, err) = (Box::new(stdout.clone()), Box::new(io::sink()));
    let code = main(&mut Process::sandboxed(all, now, stdin, out, err));
    let said = std::mem::take(&mut *stdout.0.lock().expect("one thread"));
    (code, said)
}

/// Runs a program and returns its exit code and its output.
pub fn run(
    main: fn(&mut Process) -> u8,
    program: &str,
    args: Vec<OsString>,
    stdin: Vec<u8>,
) -> (u8, Vec<u8>) {
    run_in(main, program, store(), args, stdin)
}
