use super::*;

fn shell(script: &str, input: &[u8], limit: u64) -> io::Result<Finished> {
    let arguments: Vec<CString> =
        ["sh", "-c", script].iter().map(|text| CString::new(*text).unwrap()).collect();
    run(c"/bin/sh", &arguments, input, Duration::from_millis(limit))
}

fn printed(script: &str) -> String {
    let finished = shell(script, b"", 60_000).unwrap();
    assert_eq!(finished.code, Some(0), "{script}: {:?}", String::from_utf8_lossy(&finished.stderr));
    String::from_utf8(finished.stdout.to_vec()).unwrap()
}

#[test]
fn streams_and_exit_code_pass() {
    let finished = shell("cat; echo problem >&2; exit 7", b"123456\n", 60_000).unwrap();
    assert_eq!((finished.code, finished.stdout.as_slice()), (Some(7), &b"123456\n"[..]));
    assert_eq!(finished.stderr, b"problem\n");
    assert_eq!(shell("kill -9 $$", b"", 60_000).unwrap().code, None);
}

/// Guards that nothing of the calling program reaches the verifier.
#[test]
fn the_environment_is_fixed_and_nothing_is_inherited() {
    let held = File::open("/dev/null").unwrap();
    fcntl(&held, FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty())).unwrap();
    let variables = printed("/usr/bin/env | grep -vE '^(PWD|SHLVL|_|OLDPWD)=' | sort");
    assert_eq!(variables, "LANG=C.UTF-8\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
    // The shell lists its own directory with one more descriptor.
    assert_eq!(printed("ls /proc/self/fd | wc -l").trim(), "4");
    assert_eq!(printed("pwd"), "/\n");
    let masks = printed("grep -E '^Sig(Blk|Ign):' /proc/self/status");
    assert!(masks.lines().all(|line| line.ends_with("\t0000000000000000")), "{masks}");
}

/// Guards the exit code against programs that ignore the end of their children, or wait for any child.
#[test]
fn callers_that_handle_children_in_their_own_way_change_nothing() {
    // SAFETY: SIG_IGN runs no code. The other tests of this program do not use SIGCHLD.
    let before = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    for code in [0, 1, 3] {
        let finished = shell(&format!("exit {code}"), b"", 60_000).unwrap();
        assert_eq!(finished.code, Some(code));
    }
    // SAFETY: as above.
    unsafe { libc::signal(libc::SIGCHLD, before) };
    let stolen = std::thread::spawn(|| {
        let since = Instant::now();
        while since.elapsed() < Duration::from_millis(300) {
            if let Ok(WaitStatus::Exited(..)) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                return true;
            }
        }
        false
    });
    assert_eq!(shell("sleep 0.1; exit 5", b"", 60_000).unwrap().code, Some(5));
    assert!(!stolen.join().unwrap(), "another part of the program saw the child");
}

/// Guards against a login that waits forever, and against processes that are left running.
#[test]
fn a_program_that_hangs_is_killed_with_what_it_started() {
    let started = Instant::now();
    for script in
        ["sleep 60", "exec >&- 2>&-; sleep 60", "trap '' TERM; yes >&2", "sleep 60 & wait"]
    {
        let error = shell(script, b"", 300).err().expect(script);
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{script}");
    }
    assert!(started.elapsed() < Duration::from_secs(30));
    // What it left running is not waited for.
    assert_eq!(shell("sleep 60 & exit 5", b"", 30_000).unwrap().code, Some(5));
    assert!(started.elapsed() < Duration::from_secs(40));
}

#[test]
fn output_is_limited() {
    assert!(shell("head -c 1000000 /dev/zero", b"", 60_000).is_err());
    let finished = shell("head -c 1000000 /dev/zero >&2", b"", 60_000).unwrap();
    assert_eq!((finished.code, finished.stderr.len()), (Some(0), KEPT_ERRORS));
}

/// Guards against SIGPIPE, which would end the calling program.
#[test]
fn a_program_that_does_not_read_is_no_problem() {
    for script in ["exit 3", "exec <&-; exit 3"] {
        assert_eq!(shell(script, &[b'1'; 257], 60_000).unwrap().code, Some(3));
    }
}

#[test]
fn a_missing_program_is_exit_code_127() {
    let finished = run(c"/nonexistent", &[c"x".to_owned()], b"", Duration::from_secs(60)).unwrap();
    assert_eq!(finished.code, Some(127));
}
