//! The administration tool: one file per command, with its arguments beside its run function.
//!
//! This file owns the command line as a whole and the exit code. `output` renders rows.

mod accounts;
mod advanced;
mod alike;
mod audit;
mod change;
mod context;
mod csv_file;
mod doctor;
mod enable;
mod explain;
mod file_argument;
mod init;
mod key;
mod license;
mod lost_backslash;
mod man;
mod moment;
mod new_names;
mod output;
mod progress;
mod prompt;
mod shell;
mod sms;
mod status;
mod store;
mod system_groups;
mod target;
mod unlisted;
mod usage;
mod users;
mod whitelist;
mod wrapping;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind as ClapErrorKind;
use clap::{Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::printable::{printable, shortened};
use crate::process::Process;
use crate::verify;
use crate::verify::arguments::{AnswerFormat, VerifyArgs};

/// The format of a command's data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables and lines for people
    #[default]
    #[value(alias = "table")]
    Text,
    /// One JSON document
    Json,
    /// Comma-separated values, for commands that print a list
    Csv,
    /// Metrics for Prometheus; 'status' only
    Prometheus,
    /// Output and exit code of a plugin for Nagios or Icinga; 'doctor' only
    Nagios,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The help heading for options common to all commands.
const EVERYWHERE: &str = "Global options";

/// Options that every command understands.
#[derive(Args, Clone, Debug)]
pub struct Globals {
    /// Use this store instead of RW2FA_STORE or the system's
    #[arg(long, global = true, value_name = "PATH", help_heading = EVERYWHERE)]
    pub store: Option<PathBuf>,
    /// Format of the output
    #[arg(long, global = true, value_enum, default_value_t, help_heading = EVERYWHERE)]
    pub format: Format,
    /// Answer yes to every question
    #[arg(long, short = 'y', global = true, help_heading = EVERYWHERE)]
    pub yes: bool,
    /// Print only data and errors
    #[arg(long, short = 'q', global = true, help_heading = EVERYWHERE)]
    pub quiet: bool,
    /// Use colours
    #[arg(
        long, alias = "colour", global = true, value_enum, default_value_t, value_name = "WHEN",
        help_heading = EVERYWHERE
    )]
    pub color: Color,
}

/// Two-factor authentication for the remote-work portal
///
/// Manages the users who need a second factor, and verifies their codes.
#[derive(Parser, Debug)]
#[command(name = "rw2fa", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 invalid command line, 4 store or system failed, \
                        130 interrupted.\n\nExample, a first setup: rw2fa init; rw2fa users add alice; \
                        rw2fa enable"
)]
struct Cli<C: Subcommand> {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: C,
}

/// Every command.
#[derive(Subcommand, Debug)]
enum Any {
    #[command(flatten)]
    Public(Command),
    #[command(flatten)]
    Internal(Internal),
}

/// Commands that programs run, not people: no help, no man page and no completion names them.
#[derive(Subcommand, Debug)]
enum Internal {
    #[command(hide = true)]
    SystemGroups(system_groups::SystemGroupsArgs),
}

#[derive(Subcommand, Debug)]
enum Command {
    Init(init::InitArgs),
    Status(status::StatusArgs),
    Enable(enable::EnableArgs),
    Disable(enable::DisableArgs),
    #[command(subcommand)]
    Users(users::UsersCommand),
    #[command(subcommand)]
    Whitelist(whitelist::WhitelistCommand),
    Explain(explain::ExplainArgs),
    #[command(subcommand)]
    Advanced(advanced::AdvancedCommand),
    #[command(subcommand)]
    Sms(sms::SmsCommand),
    #[command(subcommand)]
    License(license::LicenseCommand),
    Audit(audit::AuditArgs),
    #[command(subcommand)]
    Key(key::KeyCommand),
    #[command(subcommand)]
    Store(store::StoreCommand),
    Doctor(doctor::DoctorArgs),
    #[command(after_help = "Example: rw2fa verify --no-groups -- alice")]
    Verify(VerifyArgs),
    Completions(shell::CompletionsArgs),
    Man(man::ManArgs),
}

/// How a command completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Everything was done.
    All,
    /// Some of it failed, and the output shows which.
    Partly,
}

/// Runs the program `rw2fa` and returns its exit code.
pub fn main(process: &mut Process) -> u8 {
    if shell::answer(process, completed_definition) {
        return 0;
    }
    let mut definition = usage::with_help(Cli::<Any>::command());
    let matches = definition.try_get_matches_from_mut(&process.args);
    match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => run(process, cli),
        Err(mut error) => {
            usage::suggest_synonym(&mut error, &definition, &process.args);
            if asks_to_verify(&process.args) {
                refuse_to_verify(process, &error, &definition)
            } else {
                show_clap_message(process, &error, &definition)
            }
        }
    }
}

/// Builds the command line without the internal commands.
fn public_definition() -> clap::Command {
    Cli::<Command>::command().disable_help_subcommand(true)
}

/// Builds the command line that shells complete: each command offers only the formats that it prints.
fn completed_definition() -> clap::Command {
    let values = |formats: &[Format]| {
        PossibleValuesParser::new(formats.iter().filter_map(ValueEnum::to_possible_value))
    };
    let own = |format| {
        let formats = values(&[Format::Text, Format::Json, format]);
        Arg::new("format").long("format").value_parser(formats)
    };
    usage::with_aliases(Cli::<Command>::command())
        .mut_arg("format", |arg| {
            arg.value_parser(values(&[Format::Text, Format::Json, Format::Csv]))
        })
        .mut_subcommand("status", |command| command.arg(own(Format::Prometheus)))
        .mut_subcommand("doctor", |command| command.arg(own(Format::Nagios)))
}

/// Returns whether the command is `verify`, where asking for help is a bug in the caller.
fn asks_to_verify(args: &[OsString]) -> bool {
    usage::plain_words(args).next().is_some_and(|command| command == "verify")
}

fn run(process: &mut Process, cli: Cli<Any>) -> u8 {
    process.color = match cli.globals.color {
        Color::Auto => None,
        Color::Always => Some(true),
        Color::Never => Some(false),
    };
    if let Err(error) = check_format(cli.globals.format, &cli.command) {
        return Context::new(process, cli.globals).fail(&error);
    }
    match &cli.command {
        Any::Public(Command::Verify(args)) => return run_verify(process, &cli.globals, args),
        Any::Public(Command::Doctor(args)) if cli.globals.format == Format::Nagios => {
            return doctor::nagios::main(process, cli.globals, args);
        }
        _ => {}
    }
    let mut context = Context::new(process, cli.globals);
    let result = match cli.command {
        Any::Public(command) => run_command(&mut context, command),
        Any::Internal(Internal::SystemGroups(args)) => system_groups::run(&mut context, &args),
    };
    // A command that failed halfway still reports what it did.
    let printed = context.flush();
    match result.and_then(|done| printed.map(|()| done)) {
        Ok(Done::All) => 0,
        Ok(Done::Partly) => 1,
        Err(error) if error.is_broken_pipe() => UNREAD,
        Err(error) => context.fail(&error),
    }
}

/// Rejects a format that only one other command prints.
fn check_format(format: Format, command: &Any) -> Result<()> {
    let (word, only) = match (format, command) {
        (Format::Text | Format::Json | Format::Csv, _)
        | (Format::Prometheus, Any::Public(Command::Status(_)))
        | (Format::Nagios, Any::Public(Command::Doctor(_))) => return Ok(()),
        (Format::Prometheus, _) => ("prometheus", "status"),
        (Format::Nagios, _) => ("nagios", "doctor"),
    };
    let what = format!("only '{only}' supports --format {word}");
    Err(Error::new(ErrorKind::Usage, what).with_hint(format!("rw2fa {only} --format {word}")))
}

/// The exit code when standard output was closed early, as by `head`: that of other programs, which
/// SIGPIPE ends.
const UNREAD: u8 = 141;

fn run_command(context: &mut Context<'_>, command: Command) -> Result<Done> {
    match command {
        Command::Init(args) => init::run(context, &args),
        Command::Status(args) => status::run(context, &args),
        Command::Enable(args) => enable::enable(context, &args),
        Command::Disable(args) => enable::disable(context, &args),
        Command::Users(command) => users::run(context, command),
        Command::Whitelist(command) => whitelist::run(context, command),
        Command::Explain(args) => explain::run(context, &args),
        Command::Advanced(command) => advanced::run(context, command),
        Command::Sms(command) => sms::run(context, &command),
        Command::License(command) => license::run(context, &command),
        Command::Audit(args) => audit::run(context, &args),
        Command::Key(command) => key::run(context, &command),
        Command::Store(command) => store::run(context, &command),
        Command::Doctor(args) => doctor::run(context, &args),
        Command::Completions(args) => shell::run(context, &args),
        Command::Man(args) => man::run(context, &args, public_definition()),
        // Handled by `run_verify`, which has its own protocol.
        Command::Verify(_) => Ok(Done::Partly),
    }
}

fn run_verify(process: &mut Process, globals: &Globals, args: &VerifyArgs) -> u8 {
    let format = match globals.format {
        Format::Text => AnswerFormat::Text,
        Format::Json => AnswerFormat::Json,
        Format::Csv | Format::Prometheus | Format::Nagios => {
            let error = Error::new(ErrorKind::Usage, "verify does not support --format csv")
                .with_hint("use --format json or --format text");
            return Context::new(process, globals.clone()).fail(&error);
        }
    };
    let root = match context::store_path(process, globals.store.as_ref()) {
        Ok(root) => root,
        Err(error) => return Context::new(process, globals.clone()).fail(&error),
    };
    verify::run(process, &root, args, Some(format))
}

/// Reports what is wrong with the command line of `verify`, or prints its help.
///
/// SECURITY: standard output stays empty and the exit code is never 0, so that a portal that passes a
/// user called `--help` does not let anyone in.
fn refuse_to_verify(process: &mut Process, error: &clap::Error, definition: &clap::Command) -> u8 {
    if is_asked_for(error) {
        return show_on_stderr(process, error);
    }
    report_usage_error(process, error, definition, Format::Text)
}

/// Returns whether the user asked for the text: it is help or a version, not an error.
fn is_asked_for(error: &clap::Error) -> bool {
    matches!(error.kind(), ClapErrorKind::DisplayHelp | ClapErrorKind::DisplayVersion)
}

/// Prints help and version on standard output, and everything else as an error.
fn show_clap_message(process: &mut Process, error: &clap::Error, definition: &clap::Command) -> u8 {
    if is_asked_for(error) {
        let text = printable(&error.render().to_string());
        let shown = process.stdout.write_all(text.as_bytes()).and_then(|()| process.stdout.flush());
        return match shown {
            Ok(()) => 0,
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => UNREAD,
            Err(_) => ErrorKind::System.exit_code(),
        };
    }
    if wants_format(&process.args, "nagios")
        && usage::plain_words(&process.args).next().is_some_and(|command| command == "doctor")
    {
        let error = usage::usage_error(error, definition, &process.args);
        return doctor::nagios::fail(process, Globals::plain(Format::Nagios), &error);
    }
    if wants_format(&process.args, "json") {
        return report_usage_error(process, error, definition, Format::Json);
    }
    if error.kind() == ClapErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return show_on_stderr(process, error);
    }
    report_usage_error(process, error, definition, Format::Text)
}

/// Prints help on standard error, where it is an answer to an incorrect command line.
fn show_on_stderr(process: &mut Process, error: &clap::Error) -> u8 {
    let text = printable(&error.render().to_string());
    // If standard error is closed, there is nowhere to report that.
    let _ = process.stderr.write_all(text.as_bytes());
    ErrorKind::Usage.exit_code()
}

fn report_usage_error(
    process: &mut Process,
    error: &clap::Error,
    definition: &clap::Command,
    format: Format,
) -> u8 {
    let error = usage::usage_error(error, definition, &process.args);
    Context::new(process, Globals::plain(format)).fail(&error)
}

/// Returns whether a command line that cannot be read asks for this format.
fn wants_format(args: &[OsString], format: &str) -> bool {
    let is_format = |word: &OsString| word.eq_ignore_ascii_case(format);
    args.windows(2).any(|pair| pair[0] == "--format" && is_format(&pair[1]))
        || args.iter().any(|arg| arg.eq_ignore_ascii_case(format!("--format={format}")))
}

impl Globals {
    /// The options of a command line that cannot be read, except for the format.
    fn plain(format: Format) -> Self {
        Self { store: None, format, yes: false, quiet: false, color: Color::Never }
    }
}

/// How much of an invalid name is quoted.
const LONGEST_NAME: usize = 300;

fn parse_name(text: &str) -> Result<crate::names::name::Name> {
    crate::names::name::Name::parse(text).map_err(|error| {
        let quoted = shortened(text.to_owned(), LONGEST_NAME);
        Error::new(ErrorKind::Refused, format!("'{quoted}': {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::<Any>::command().debug_assert();
        public_definition().debug_assert();
        completed_definition().debug_assert();
    }

    #[test]
    fn verify_is_recognised_after_global_options() {
        let asks =
            |args: &[&str]| asks_to_verify(&args.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(asks(&["rw2fa", "verify", "--help"]));
        assert!(asks(&["rw2fa", "--store", "x", "-q", "--format=json", "verify", "--version"]));
        assert!(!asks(&["rw2fa", "users", "show", "verify", "--help"]));
        assert!(!asks(&["rw2fa", "--help"]));
    }
}
