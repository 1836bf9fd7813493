//! The SMS command of a set-uid verifier: only a file that root alone can have put there, run as
//! the store's owner, with nothing inherited from the caller.
//!
//! Needs root, and its own mount namespace with an empty file system on `/var/lib`.

use std::process::Command;

/// Prints a line for each run: its tag, the exit code, and the answer.
const SCRIPT: &str = r#"
set -eu
umask 022
mount -t tmpfs -o mode=755 rw2fa-test /var/lib
mkdir /var/lib/bin /var/lib/marks /var/lib/open
chmod 1777 /var/lib/marks
chmod 777 /var/lib/open
cp "$1" /var/lib/bin/rw2fa-verify
cp "$2" /var/lib/bin/rw2fa
tool=/var/lib/bin/rw2fa
cat >/var/lib/bin/command <<'END'
#!/bin/sh
{ cat; echo; id -un; pwd; grep -z . /proc/$$/environ | tr '\0' '\n' | grep -vE '^(PWD|SHLVL|_|OLDPWD)='; } >/var/lib/marks/ran
exit 0
END
chmod 755 /var/lib/bin/command
cp /var/lib/bin/command /var/lib/open/command
cp /var/lib/bin/command /var/lib/bin/foreign
chown nobody /var/lib/bin/foreign
ln -s command /var/lib/bin/link
$tool --quiet init --owner daemon
$tool --quiet sms configure --command /var/lib/bin/command
$tool --quiet advanced set sms-interval 0
$tool --quiet advanced set sms-hourly-limit 0
for user in good open foreign link twilio; do
  $tool --quiet users add $user --method sms --phone +33612345678
done
$tool --quiet enable
chown daemon:daemon /var/lib/bin/rw2fa-verify
chmod 4755 /var/lib/bin/rw2fa-verify
cd /tmp
try() {
  code=0
  answer=$(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all \
    env -i SECRET_OF_THE_CALLER=1 PATH=/var/lib/open /var/lib/bin/rw2fa-verify -- "$1" \
    </dev/null 2>/var/lib/stderr) || code=$?
  echo "$1 $code $answer"
  sed "s/^/$1-stderr 0 /" /var/lib/stderr
}
try good
sed 's/^/ran 0 /' /var/lib/marks/ran
rm /var/lib/marks/ran
$tool --quiet sms configure --command /var/lib/open/command
try open
$tool --quiet sms configure --command /var/lib/bin/foreign
try foreign
$tool --quiet sms configure --command /var/lib/bin/link
try link
echo 0123456789abcdef | $tool --quiet sms configure --command '' --auth-token-stdin --from Example \
  --account-sid AC0123456789abcdef0123456789abcdef --api-base http://127.0.0.1:9
try twilio
ls -A /var/lib/marks | sed 's/^/mark 1 /'
find /var/lib/rw2fa ! -user daemon | sed 's/^/owner 1 /'
echo "end 0 {}"
"#;

/// Guards secrets and accounts against everyone who may start the verifier.
#[test]
fn a_set_uid_verifier_runs_only_what_root_put_there() {
    if !crate::sandbox::may_be_the_system() {
        return;
    }
    let output = Command::new("unshare")
        .args(["-m", "/bin/sh", "-c", SCRIPT, "sh"])
        .args([env!("CARGO_BIN_EXE_rw2fa-verify"), env!("CARGO_BIN_EXE_rw2fa")])
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let all = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stdout.ends_with("end 0 {}\n"), "{all}");
    for (tag, end) in [
        ("good", "3 sms-sent"),
        ("open", "4 sms-failed"),
        ("foreign", "4 sms-failed"),
        ("link", "4 sms-failed"),
        ("twilio", "4 sms-failed"),
    ] {
        let (code, reason) = end.split_once(' ').unwrap();
        let start = format!("{tag} {code} ");
        let answer = stdout.lines().find_map(|line| line.strip_prefix(&start)).expect(&all);
        let answer: serde_json::Value = serde_json::from_str(answer).expect(&all);
        assert_eq!(answer["reason"], reason, "{tag}: {all}");
    }
    for words in [
        "open-stderr 0 rw2fa-verify: /var/lib/open can be written by others",
        "foreign-stderr 0 rw2fa-verify: /var/lib/bin/foreign belongs to nobody, not to root",
        "link-stderr 0 rw2fa-verify: /var/lib/bin/link is a link",
        "twilio-stderr 0 rw2fa-verify: no SMS was sent: cannot connect to http://127.0.0.1:9",
        "\"to\":\"+33612345678\"",
        "ran 0 daemon\nran 0 /\n",
    ] {
        assert!(all.contains(words), "{words}: {all}");
    }
    // The command got the message, the owner's account and directory, and no variables.
    let ran = stdout.lines().filter(|line| line.starts_with("ran 0 ")).count();
    assert_eq!(ran, 3, "{all}");
    for tag in ["mark 1 ", "owner 1 "] {
        assert!(!all.contains(tag), "{tag}: {all}");
    }
}
