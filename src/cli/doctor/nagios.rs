//! `rw2fa doctor --format nagios`: the findings as a plugin of Nagios and Icinga prints them.
//!
//! The first line has the state, a summary and, after `|`, the counts. Further lines have the findings. The exit code
//! is the state.

use super::{DoctorArgs, Finding, Severity, findings};
use crate::cli::Globals;
use crate::cli::context::{Context, count};
use crate::error::Error;
use crate::printable::{printable, shortened};
use crate::process::Process;

/// The name of the service, which begins the first line.
const SERVICE: &str = "RW2FA";
/// The longest summary, in bytes. Pagers and mobile phones show only this.
const LONGEST_SUMMARY: usize = 300;
/// The longest message of a finding, in bytes.
const LONGEST_FINDING: usize = 600;
/// How much is printed, in bytes. Nagios reads 8 KiB, and some older agents 4 KiB.
const LONGEST_OUTPUT: usize = 4000;

/// A state of a service, which is also the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok = 0,
    Warning = 1,
    Critical = 2,
    Unknown = 3,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Warning => "WARNING",
            State::Critical => "CRITICAL",
            State::Unknown => "UNKNOWN",
        }
    }

    fn of(findings: &[Finding]) -> Self {
        let has = |severity| findings.iter().any(|finding| finding.severity == severity);
        if has(Severity::Error) {
            State::Critical
        } else if has(Severity::Warning) {
            State::Warning
        } else {
            State::Ok
        }
    }
}

/// Runs `doctor` as a plugin and returns its exit code.
pub(in crate::cli) fn main(process: &mut Process, globals: Globals, args: &DoctorArgs) -> u8 {
    let mut context = Context::new(process, globals);
    let found = findings(&mut context, args);
    let (state, text) = match &found {
        Ok(findings) => (State::of(findings), report(findings)),
        Err(error) => (State::Unknown, unknown(error)),
    };
    print(&mut context, state, &text)
}

/// Reports that `doctor` could not run and returns the exit code.
pub(in crate::cli) fn fail(process: &mut Process, globals: Globals, error: &Error) -> u8 {
    print(&mut Context::new(process, globals), State::Unknown, &unknown(error))
}

fn print(context: &mut Context<'_>, state: State, text: &str) -> u8 {
    let printed = context.print(text).and_then(|()| context.flush());
    (if printed.is_ok() { state } else { State::Unknown }) as u8
}

fn unknown(error: &Error) -> String {
    let hint = error.hint().map_or(String::new(), |hint| format!("hint: {}\n", plain(hint)));
    let summary = shortened(plain(&error.to_string()), LONGEST_SUMMARY);
    format!("{SERVICE} {} - {summary}\n{hint}", State::Unknown.as_str())
}

fn report(findings: &[Finding]) -> String {
    let number = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
    let mut summary = format!("{}, {}", count(errors, "error"), count(warnings, "warning"));
    if let Some(worst) = findings.first().filter(|finding| finding.severity != Severity::Info) {
        summary = format!("{summary}; {}: {}", worst.check, plain(&worst.message));
    }
    let summary = shortened(summary, LONGEST_SUMMARY);
    let state = State::of(findings).as_str();
    let mut text = format!(
        "{SERVICE} {state} - {summary}|errors={errors};;0;0 warnings={warnings};0;;0 notes={};;;0\n",
        number(Severity::Info)
    );
    for (at, finding) in findings.iter().enumerate() {
        let line = line(finding);
        if text.len() + line.len() > LONGEST_OUTPUT {
            let left = count(findings.len() - at, "more finding");
            text.extend([&left, ": run 'rw2fa doctor'\n"]);
            break;
        }
        text += &line;
    }
    text
}

fn line(finding: &Finding) -> String {
    let Finding { severity, check, message, remedy, .. } = finding;
    let short = |text: &str| shortened(plain(text), LONGEST_FINDING);
    let hint =
        remedy.as_ref().map_or(String::new(), |remedy| format!(" (hint: {})", short(remedy)));
    format!("{}: {check}: {}{hint}\n", severity.as_str(), short(message))
}

/// Escapes what has a meaning in the output of a plugin: `|` begins performance data, and a line ends the summary.
fn plain(text: &str) -> String {
    printable(text).replace('|', r"\x7c").replace('\n', r"\n").replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(severity: Severity, message: &str) -> Finding {
        Finding::new("check", severity, message)
    }

    /// Guards the states: the worst finding decides.
    #[test]
    fn the_worst_finding_is_the_state() {
        use Severity::{Error, Info, Warning};
        for (severities, state, words) in [
            (&[][..], State::Ok, "0 errors, 0 warnings|errors=0;;0;0 warnings=0;0;;0 notes=0;;;0"),
            (&[Info], State::Ok, "0 errors, 0 warnings|errors=0;;0;0 warnings=0;0;;0 notes=1;;;0"),
            (&[Warning, Info], State::Warning, "0 errors, 1 warning; check: x|"),
            (&[Error, Warning, Warning], State::Critical, "1 error, 2 warnings; check: x|"),
        ] {
            let findings: Vec<_> = severities.iter().map(|s| finding(*s, "x")).collect();
            let text = report(&findings);
            assert_eq!(State::of(&findings), state);
            let start = format!("RW2FA {} - {words}", state.as_str());
            assert!(text.starts_with(&start), "{text}");
            assert_eq!(text.lines().count(), 1 + findings.len());
        }
    }

    /// Guards the one `|` of the output, and its lines, against what findings quote.
    #[test]
    fn nothing_that_is_quoted_can_add_performance_data() {
        let odd = "a|b=1\nRW2FA OK\u{1b}[2J\t";
        let finding = finding(Severity::Error, odd).remedy("true | false");
        let text = report(&[finding]);
        let hint = "RW2FA CRITICAL - 1 error, 0 warnings; check: a\\x7cb=1\\nRW2FA OK\\u{1b}[2J |errors=1;;0;0 \
                    warnings=0;0;;0 notes=0;;;0\n\
                    error: check: a\\x7cb=1\\nRW2FA OK\\u{1b}[2J  (hint: true \\x7c false)\n";
        assert_eq!(text, hint);
        let error = Error::new(crate::error::ErrorKind::Store, odd).with_hint("x|y");
        let expected = "RW2FA UNKNOWN - a\\x7cb=1\\nRW2FA OK\\u{1b}[2J \nhint: x\\x7cy\n";
        assert_eq!(unknown(&error), expected);
    }

    /// Guards the size: agents read only so much.
    #[test]
    fn many_and_long_findings_are_cut() {
        let findings: Vec<_> = (0..50)
            .map(|number| finding(Severity::Error, &format!("{number} {}", "é".repeat(2000))))
            .collect();
        let text = report(&findings);
        assert!(text.len() < LONGEST_OUTPUT + 100, "{}", text.len());
        assert!(text.ends_with(" more findings: run 'rw2fa doctor'\n"), "{text}");
        assert!(text.lines().next().unwrap().len() < 400);
    }
}
