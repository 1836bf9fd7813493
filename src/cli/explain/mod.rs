//! `rw2fa explain`: shows the answer to the next login, and the rule that decides it.
//!
//! Uses the verifier's own facts and decision. Writes nothing.

mod chain;
mod everybody;

pub(super) use everybody::report_forecast;

use std::path::PathBuf;

use clap::{Args, ValueHint};
use serde::Serialize;

use crate::cli::context::{Context, Opened};
use crate::cli::output::{self, Column};
use crate::cli::unlisted::nearest;
use crate::cli::{Done, Format, parse_name};
use crate::error::{Error, ErrorKind, Result};
use crate::names::name::Name;
use crate::otp::Secret;
use crate::store::{Scope, Update};
use crate::time::Timestamp;
use crate::verify::decision::{Ruling, decide_and_report};
use crate::verify::facts::{KnownGroups, gather, known_groups};
use crate::verify::login::keys;
use crate::verify::reason::{Outcome, Reason};
use crate::verify::report::{Report, Rule};
use crate::verify::request::{self, Ask, Memberships, Request, Session};
use crate::verify::subject::{Facts, Subject};
use crate::verify::{USAGE, reason_of};

/// Explain how the next login will be decided, and which rule decides it
///
/// Changes and sends nothing. The answers are those of 'rw2fa verify --check'. While two-factor
/// authentication is off, also shows what the answers will be once it is on.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa explain 'CORP\\alice' --no-groups --session rdp")]
pub(super) struct ExplainArgs {
    /// The user, as the portal passes it
    #[arg(value_name = "NAME", required_unless_present_any = ["all", "from"])]
    name: Option<String>,
    /// A group that the user is a member of; may be repeated
    #[arg(long = "group", value_name = "GROUP", conflicts_with_all = ["no_groups", "all"])]
    groups: Vec<String>,
    /// The user is not a member of any group
    #[arg(long, conflicts_with = "all")]
    no_groups: bool,
    /// The id of the portal session, to take its grants into account
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    client: Option<String>,
    /// Explain only this kind of session
    #[arg(long, value_enum, conflicts_with = "all")]
    session: Option<Session>,
    /// Show for every known user and group whether the next login needs a code, and why; also, what
    /// it gets once two-factor authentication is on
    #[arg(long, conflicts_with = "name")]
    all: bool,
    /// Show the same for the users of a CSV list; '-' is standard input
    #[arg(
        long, value_name = "FILE", value_hint = ValueHint::FilePath,
        conflicts_with_all = ["name", "all"]
    )]
    from: Option<PathBuf>,
}

/// All requests that work without a code.
const ASKS: [Ask; 4] = [
    Ask::SignIn,
    Ask::Open(Session::Html5),
    Ask::Open(Session::Remoteapp),
    Ask::Open(Session::Rdp),
];

/// The verifier's answer to one call, and the facts it is based on.
struct Look<'a> {
    request: Request,
    facts: Option<Facts<'a>>,
    end: End,
    /// The rule that decides.
    decided: Option<Rule>,
    /// The rules to show.
    rules: Vec<Rule>,
}

/// The rules to show when the store cannot be read: these need no facts about the user.
const WITHOUT_FACTS: [Rule; 2] = [Rule::Enabled, Rule::Groups];

/// How the call ends.
enum End {
    Decided(Reason),
    /// The caller did not name the session, which this store requires.
    MissingClient,
    Failed(ErrorKind, String),
}

impl End {
    fn failed(error: &Error) -> Self {
        Self::Failed(error.kind(), error.to_string())
    }
}

/// One answer of the verifier.
#[derive(Serialize)]
struct Answer {
    ask: &'static str,
    /// `None` when the call is invalid and the verifier answers nothing.
    outcome: Option<&'static str>,
    reason: Option<&'static str>,
    rule: &'static str,
    exit_code: u8,
}

/// Returns the groups that the command line gives.
///
/// # Errors
/// For a group whose name cannot be read.
fn given_memberships(args: &ExplainArgs) -> Result<Memberships> {
    match request::memberships(&args.groups, args.no_groups) {
        Memberships::Unreadable(problem) => Err(Error::new(ErrorKind::Usage, problem)),
        readable => Ok(readable),
    }
}

pub(super) fn run(context: &mut Context<'_>, args: &ExplainArgs) -> Result<Done> {
    let text = match (&args.name, &args.from) {
        (Some(text), _) => text,
        (None, Some(path)) => return everybody::of_list(context, path, args),
        (None, None) => return everybody::run(context),
    };
    context.no_csv("explain NAME")?;
    let login = parse_name(text)?;
    let ask_about = |ask: Ask| {
        let client = args.client.as_deref().map(request::checked_client).transpose()?;
        let memberships = given_memberships(args)?;
        let written = text.clone();
        Ok(Request { written, memberships, client, ..Request::asking(&login, ask) })
    };
    let asks = args.session.map_or(ASKS.to_vec(), |session| vec![Ask::Open(session)]);
    let requests: Vec<Request> = asks.into_iter().map(ask_about).collect::<Result<_>>()?;
    let mut opened = context.open()?;
    let Some(present) = Explanation::new(context, &opened, &login, &requests)? else {
        return Ok(Done::All);
    };
    let mut once_enabled = None;
    if !opened.settings.enabled {
        // Only in memory: the rules are applied as they will be.
        opened.settings.enabled = true;
        once_enabled = Explanation::new(context, &opened, &login, &requests)?;
    }
    let all = || std::iter::once(&present).chain(&once_enabled);
    if context.globals.format == Format::Text
        && all().any(Explanation::says_not_listed)
        && let Some(other) = nearest(&*opened.store, crate::store::DocumentKind::User, &login)
    {
        context.note(&format!("'{login}' is not listed: did you mean '{other}'?"));
    }
    if context.globals.format == Format::Json {
        let login = login.canonical();
        let Explanation { user, chain, answers } = present;
        let document = Document { schema: 1, user, login, chain, answers, once_enabled };
        context.print_json(&document)?;
        return Ok(Done::All);
    }
    present.print(context)?;
    if let Some(later) = once_enabled {
        context.print("\nonce two-factor authentication is on:\n\n")?;
        later.print(context)?;
    }
    Ok(Done::All)
}

/// The JSON document of the command.
#[derive(Serialize)]
struct Document {
    schema: u32,
    user: String,
    login: String,
    chain: Vec<chain::Link>,
    answers: Vec<Answer>,
    /// What the answers will be; absent if two-factor authentication is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    once_enabled: Option<Explanation>,
}

/// The answers to all requests, and the rules behind them.
#[derive(Serialize)]
struct Explanation {
    user: String,
    chain: Vec<chain::Link>,
    answers: Vec<Answer>,
}

impl Explanation {
    /// Explains the answers to `requests`, all about `login`; `None` if there are no requests.
    fn new(
        context: &Context<'_>,
        opened: &Opened,
        login: &Name,
        requests: &[Request],
    ) -> Result<Option<Self>> {
        // A user's groups are the same for each request, and looking them up may be slow.
        let Some(first) = requests.first() else { return Ok(None) };
        let groups = groups_of(context, opened, first);
        let looks = requests.iter().map(|request| look(context, opened, request.clone(), &groups));
        let looks: Vec<Look<'_>> = looks.collect();
        Ok(Some(Self {
            answers: looks.iter().map(Look::answer).collect(),
            chain: chain::chain(opened, login, &looks, groups.as_ref().ok(), context.now())?,
            user: looks.iter().find_map(Look::user).unwrap_or(login).canonical(),
        }))
    }

    fn says_not_listed(&self) -> bool {
        self.chain.iter().any(chain::Link::says_not_listed)
    }

    fn print(&self, context: &mut Context<'_>) -> Result<()> {
        output::list(context, "chain", &self.chain, chain::COLUMNS)?;
        context.print("\n")?;
        output::list(context, "answers", &self.answers, COLUMNS)
    }
}

const COLUMNS: &[Column<Answer>] = &[
    Column { name: "ask", cell: |row| row.ask.into(), is_useful: |_| true },
    Column { name: "outcome", cell: |row| row.outcome.unwrap_or("-").into(), is_useful: |_| true },
    Column {
        name: "reason",
        cell: |row| row.reason.unwrap_or("none: the portal called rw2fa-verify incorrectly").into(),
        is_useful: |_| true,
    },
    Column { name: "rule", cell: |row| row.rule.into(), is_useful: |_| true },
    Column { name: "exit_code", cell: |row| row.exit_code.to_string(), is_useful: |_| true },
];

/// Looks up the user's groups as the verifier would.
fn groups_of(context: &Context<'_>, opened: &Opened, request: &Request) -> Result<KnownGroups> {
    known_groups(&*opened.store, &opened.settings, request, context.process.accounts())
}

/// Makes the verifier's decision, under the lock that it would take.
fn look<'a>(
    context: &Context<'_>,
    opened: &'a Opened,
    request: Request,
    groups: &Result<KnownGroups>,
) -> Look<'a> {
    let (store, settings) = (&*opened.store, &opened.settings);
    let rules = WITHOUT_FACTS.to_vec();
    let look = Look { request, facts: None, end: End::MissingClient, decided: None, rules };
    let groups = match groups {
        Ok(groups) => groups,
        Err(error) => return Look { end: End::failed(error), ..look },
    };
    let request = &look.request;
    let looked = store.update(Scope::Account(&request.login.key()), |locked| {
        let now = context.now();
        let keys = keys(locked, settings)?;
        let facts = gather(locked, settings, request, groups, keys.as_ref(), now)?;
        let fresh = Secret::from_bytes(*context.process.random()?);
        let mut report = Report::default();
        let end = match decide_and_report(&facts, request, now, &fresh, &mut report) {
            // Without a code, no code is compared.
            Ok(Ruling::Decided(decision)) => End::Decided(decision.reason),
            Ok(Ruling::Compare) | Err(_) => End::MissingClient,
        };
        let rules = applied_rules(&facts, request, now, &fresh);
        Ok::<_, Error>((facts, end, report.decided, rules))
    });
    match looked {
        Ok((facts, end, decided, rules)) => {
            Look { facts: Some(facts), end, decided, rules, ..look }
        }
        Err(error) => Look { end: End::failed(&error), ..look },
    }
}

impl Look<'_> {
    /// Returns the user that the verifier would name.
    fn user(&self) -> Option<&Name> {
        match &self.facts.as_ref()?.subject {
            Subject::Known(account) => Some(&account.name),
            _ => None,
        }
    }

    /// Returns the reason that the verifier would answer; `None` for an invalid call.
    fn reason(&self) -> Option<Reason> {
        match &self.end {
            End::Decided(reason) => Some(*reason),
            End::MissingClient => None,
            End::Failed(kind, _) => Some(reason_of(*kind)),
        }
    }

    fn answer(&self) -> Answer {
        let outcome = self.reason().map(Reason::outcome);
        Answer {
            ask: self.ask(),
            outcome: outcome.map(Outcome::as_str),
            reason: self.reason().map(Reason::as_str),
            rule: self.rule(),
            exit_code: outcome.map_or(USAGE, Outcome::exit_code),
        }
    }

    fn ask(&self) -> &'static str {
        self.request.session().map_or("sign-in", Session::as_str)
    }

    /// Returns the rule of the chain that decides.
    fn rule(&self) -> &'static str {
        match self.end {
            End::Failed(..) => chain::STORE,
            End::Decided(_) | End::MissingClient => self.decided.map_or(chain::STORE, Rule::as_str),
        }
    }
}

/// Returns the rules that decisions about these facts apply. If all asks are decided by the same rule, it hides
/// what follows. Otherwise, every rule says something about the user.
fn applied_rules(
    facts: &Facts<'_>,
    request: &Request,
    now: Timestamp,
    fresh: &Secret,
) -> Vec<Rule> {
    let reports = ASKS.map(|ask| {
        let mut report = Report::default();
        let request =
            Request { client: request.client.clone(), ..Request::asking(&request.login, ask) };
        // Only the report matters here.
        let _ = decide_and_report(facts, &request, now, fresh, &mut report);
        report
    });
    match &reports {
        [first, others @ ..] if others.iter().all(|other| other.decided == first.decided) => {
            first.applied.clone()
        }
        _ => Rule::ALL.to_vec(),
    }
}
