//! A sign-in portal with two factors, to copy from: password page, activation, codes, and a page whose
//! buttons open sessions. Every decision is made by the real `rw2fa-verify`.
//!
//! ```console
//! $ cargo run --example portal
//! ```
//!
//! creates a throwaway store with a few users, and prints the address of the portal and the
//! passwords. README.md in this directory explains the rest: what is a stand-in here, and what the
//! portal is safe against.

mod accounts;
mod auth;
mod demo;
mod desktop;
mod pages;
mod resources;
mod sessions;
mod sign_in;
mod verifier;
mod web;

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header;
use axum::middleware::map_response_with_state;
use axum::routing::{get, post};
use clap::Parser;
use tokio::net::TcpListener;

use crate::accounts::Directory;
use crate::demo::Demo;
use crate::sessions::Sessions;
use crate::verifier::{Ask, Verifier};
use crate::web::Site;

/// The longest form that is read.
const LONGEST_FORM: usize = 16 * 1024;

/// Run the example portal
///
/// Without --accounts it creates a throwaway store with users whose passwords are public, and
/// listens for this machine only.
#[derive(Parser)]
#[command(name = "portal")]
struct Args {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR:PORT")]
    listen: SocketAddr,
    /// The https address that browsers use, if a reverse proxy on this machine handles TLS
    #[arg(long, value_name = "URL", requires = "accounts")]
    origin: Option<String>,
    /// Names and password hashes; see accounts.toml of this example
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// The store, instead of the system's
    #[arg(long, value_name = "PATH", requires = "accounts")]
    store: Option<PathBuf>,
    /// The verifier [default: /usr/local/bin/rw2fa-verify]
    #[arg(long, value_name = "PATH", requires = "accounts")]
    verifier: Option<PathBuf>,
    /// Sign users out after this long without a request
    #[arg(long, value_name = "SECONDS", default_value_t = 900,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    idle: u64,
    /// Print the hash of the password on standard input, for the file of accounts
    #[arg(long)]
    hash_password: bool,
}

/// The state shared by all handlers.
pub(crate) struct Portal {
    site: Site,
    directory: Arc<Directory>,
    verifier: Arc<Verifier>,
    sessions: Sessions,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<()> {
    if args.hash_password {
        return hash_password();
    }
    let listener = TcpListener::bind(args.listen)
        .await
        .with_context(|| format!("cannot listen on {}: try --listen 127.0.0.1:0", args.listen))?;
    let address = listener.local_addr()?;
    let site = site(&args, address)?;
    let place = site.origins.join(" or ");
    let (demo, accounts, verifier) = if let Some(accounts) = args.accounts {
        let program = args.verifier.unwrap_or_else(|| "/usr/local/bin/rw2fa-verify".into());
        (None, accounts, Verifier { program, store: args.store })
    } else {
        let demo = Demo::new()?;
        let verifier = Verifier { program: demo.verifier(), store: Some(demo.store()) };
        (Some(demo), Demo::accounts(), verifier)
    };
    let portal = Arc::new(Portal {
        site,
        directory: Arc::new(Directory::read(&accounts)?),
        verifier: Arc::new(verifier),
        sessions: Sessions::new(Duration::from_secs(args.idle))?,
    });
    let service = routes(&portal).into_make_service_with_connect_info::<SocketAddr>();
    if let Some(demo) = &demo {
        say(&demo.greeting());
    }
    say(&format!("The portal listens on {address}"));
    say(&format!("Open {place} in a browser"));
    tokio::select! {
        served = axum::serve(listener, service) => served.context("the portal stopped")?,
        () = sweep(&portal, Duration::from_secs((args.idle / 4).clamp(1, 30))) => {}
        signal = stopped() => signal?,
    }
    Ok(())
}

fn routes(portal: &Arc<Portal>) -> Router {
    let style = [(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "max-age=600")];
    let logo = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "max-age=600")];
    Router::new()
        .route("/", get(sign_in::entrance))
        .route("/sign-in", post(sign_in::sign_in))
        .route("/code", get(sign_in::code_page).post(sign_in::code))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/auth", get(auth::auth))
        .route("/desktop", get(desktop::desktop))
        .route("/open", post(desktop::open))
        .route("/session/{id}", get(desktop::session))
        .route("/style.css", get((style, include_str!("style.css"))))
        .route("/logo.svg", get((logo, include_str!("logo.svg"))))
        .fallback(desktop::not_found)
        .method_not_allowed_fallback(desktop::not_found)
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .layer(map_response_with_state(Arc::clone(portal), web::headers))
        .with_state(Arc::clone(portal))
}

/// Determines how browsers reach the portal.
fn site(args: &Args, address: SocketAddr) -> Result<Site> {
    if let Some(origin) = &args.origin {
        let host = origin.strip_prefix("https://").unwrap_or_default();
        let is_origin = !host.is_empty() && !host.contains(['/', '?', '#', '@']);
        ensure!(is_origin, "--origin is https:// and a host, without a path");
        return Ok(Site { origins: vec![origin.to_ascii_lowercase()], is_behind_tls: true });
    }
    // SECURITY: without TLS, everyone on the way can read passwords, codes and cookies.
    ensure!(address.ip().is_loopback(), "without TLS (see --origin) only this machine may listen");
    let origin = format!("http://{address}");
    let named = format!("http://localhost:{}", address.port());
    Ok(Site { origins: vec![named, origin], is_behind_tls: false })
}

/// Removes sessions that have ended, and ends their grants. Never returns.
async fn sweep(portal: &Portal, pause: Duration) {
    loop {
        tokio::time::sleep(pause).await;
        for caller in portal.sessions.sweep() {
            portal.verifier.ask(&caller, Ask::End).await;
        }
    }
}

/// Returns when the portal is asked to stop.
async fn stopped() -> Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this program reads its own standard input")]
fn hash_password() -> Result<()> {
    let mut password = String::new();
    std::io::stdin().take(4096).read_to_string(&mut password)?;
    say(&accounts::hash_password(password.trim_end_matches(['\r', '\n']))?);
    Ok(())
}

/// Prints a line for the person who started the portal.
#[expect(clippy::disallowed_methods, reason = "this program has its own streams")]
fn say(text: &str) {
    // If no one reads the output any more, the portal continues.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Logs a line. SECURITY: never a password, a code, a cookie, or the answer of an enrolment.
#[expect(clippy::disallowed_methods, reason = "this program has its own streams")]
pub(crate) fn log(text: &str) {
    let _ = writeln!(std::io::stderr(), "portal: {text}");
}
