//! A phone for trying things out: prints the current code of an enrolment.
//!
//! Reads an otpauth URI, or a secret in base32, from standard input. A secret does not belong on a
//! command line, where every account of the machine can read it.
//!
//! ```console
//! $ echo GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ | cargo run --quiet --example phone -- --at 59
//! 287082
//! ```

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use rw2fa::otp::{CodeGenerator, Digits, Secret, Step};
use rw2fa::process::{Line, Process};

/// The longest line that is read: an otpauth URI with long names.
const LONGEST_LINE: usize = 4096;

/// Print the current code of an otpauth URI or a base32 secret on standard input
#[derive(Parser)]
#[command(name = "phone")]
struct Args {
    /// The time to compute the code for, in seconds since 1970 [default: now]
    #[arg(long, value_name = "UNIX_SECONDS")]
    at: Option<i64>,
    /// The number of digits [default: that of the URI, or 6]
    #[arg(long, value_parser = parse_digits)]
    digits: Option<Digits>,
}

/// What an authenticator app keeps of one enrolment.
struct Enrolment {
    secret: Secret,
    digits: Option<Digits>,
}

fn main() -> ExitCode {
    let mut process = Process::real();
    let args = Args::parse_from(&process.args);
    match show_code(&mut process, &args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(process.stderr, "phone: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn show_code(process: &mut Process, args: &Args) -> Result<()> {
    let line = match process.read_line(LONGEST_LINE, Duration::from_secs(60))? {
        Line::Text(text) => text,
        Line::Unreadable(problem) => bail!(problem.error()),
    };
    let enrolment = read_enrolment(line.trim())?;
    let digits = args.digits.or(enrolment.digits).unwrap_or(Digits::DEFAULT);
    let seconds = args.at.unwrap_or_else(|| process.now().unix());
    let code = CodeGenerator::new(&enrolment.secret).code(Step::at(seconds), digits);
    writeln!(process.stdout, "{}", code.as_str()).context("cannot print the code")?;
    process.stdout.flush().context("cannot print the code")
}

/// Reads the text of a QR code, or the secret below it.
fn read_enrolment(text: &str) -> Result<Enrolment> {
    let Some(rest) = text.strip_prefix("otpauth://") else {
        let secret =
            Secret::from_base32(text).context("this is neither an otpauth URI nor a secret")?;
        return Ok(Enrolment { secret, digits: None });
    };
    let (label, query) = rest.split_once('?').context("the URI has no parameters")?;
    ensure!(label.starts_with("totp/"), "only time-based codes (totp) are supported");
    let (mut secret, mut digits) = (None, None);
    for parameter in query.split('&') {
        match parameter.split_once('=') {
            Some(("secret", value)) => secret = Secret::from_base32(value),
            Some(("digits", value)) => digits = Some(parse_digits(value)?),
            Some(("algorithm", value)) => ensure!(value == "SHA1", "only SHA1 is supported"),
            Some(("period", value)) => ensure!(value == "30", "only a period of 30 s is supported"),
            _ => {}
        }
    }
    Ok(Enrolment { secret: secret.context("the URI has no readable secret")?, digits })
}

fn parse_digits(text: &str) -> Result<Digits> {
    let digits = text.parse().ok().and_then(Digits::new);
    digits.context("a code has 4 to 12 digits")
}
