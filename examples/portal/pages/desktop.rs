//! The pages of a signed-in user.

use maud::{Markup, html};

use crate::pages::{message, page, status, token_field};
use crate::resources::{self, Resource};
use crate::sessions::{Opened, Session, Stage};
use crate::verifier::Kind;

/// The page of things to open.
pub(crate) fn desktop(token: &str, session: &Session) -> Markup {
    page(
        "Your desktop",
        &bar(token, session),
        &html! {
            div.room {
                // Here the verifier reports how often the QR code was shown, and to whom.
                @if let Some(answer) = &session.answer {
                    @if matches!(answer.reason.as_str(), "activated" | "recovery-code-accepted") {
                        (status(&message(answer)))
                    }
                }
                h1 { "Welcome, " (session.account.full_name) }
                p.lead { "What would you like to open?" }
                ul.tiles {
                    @for resource in resources::ALL { li { (tile(token, session, resource)) } }
                }
            }
        },
    )
}

fn tile(token: &str, session: &Session, resource: &Resource) -> Markup {
    let is_open = opened(session).iter().any(|opened| opened.resource.id == resource.id);
    html! {
        form.tile method="post" action="/open" {
            (token_field(token))
            input type="hidden" name="resource" value=(resource.id);
            (icon(resource.kind))
            h2 { (resource.title) }
            p { (resource.text) }
            p.badges {
                span.badge { (kind(resource.kind)) }
                @if is_open { span.badge.on { "Open" } }
            }
            // The name of each button says what it opens, even when a screen reader reads it alone.
            button.primary type="submit" aria-label={ @if is_open { "Reconnect " } @else { "Open " } (resource.title) } {
                @if is_open { "Reconnect" } @else { "Open" }
            }
        }
    }
}

/// The page of an open session.
pub(crate) fn session(token: &str, session: &Session, opened: &Opened) -> Markup {
    let resource = opened.resource;
    page(
        resource.title,
        &bar(token, session),
        &html! {
            div.room {
                h1 { (resource.title) }
                p.badges { span.badge.on { "Connected" } span.badge { (kind(resource.kind)) } }
                div.screen {
                    (icon(resource.kind))
                    p { "Your portal shows the session here. This example has no desktops." }
                }
                dl.facts {
                    div { dt { "Account" } dd { (session.account.name) } }
                    @if let Some(until) = &opened.valid_until {
                        div { dt { "More sessions without a code until" } dd { time datetime=(until) { (words(until)) } } }
                    }
                }
                p { a.button href="/desktop" { "Back to your desktop" } }
            }
        },
    )
}

fn bar(token: &str, session: &Session) -> Markup {
    html! {
        form.account method="post" action="/sign-out" {
            (token_field(token))
            span.user { (session.account.full_name) }
            button.small type="submit" { "Sign out" }
        }
    }
}

fn opened(session: &Session) -> &[Opened] {
    match &session.stage {
        Stage::SignedIn { opened, .. } => opened,
        Stage::CodeWanted => &[],
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Html5 => "HTML5",
        Kind::RemoteApp => "RemoteApp",
    }
}

fn icon(kind: Kind) -> Markup {
    html! {
        svg.icon viewBox="0 0 24 24" aria-hidden="true" {
            @match kind {
                Kind::Html5 => path d="M3 4h18v12H3zM9 20h6M12 16v4" {},
                Kind::RemoteApp => path d="M4 5h16v14H4zM4 9h16M7 7h.01M10 7h.01" {},
            }
        }
    }
}

/// Formats `2026-11-24T16:00:30Z` for people.
fn words(time: &str) -> String {
    match (time.get(..10), time.get(11..16)) {
        (Some(day), Some(hour)) => format!("{day}, {hour} UTC"),
        _ => time.to_owned(),
    }
}
