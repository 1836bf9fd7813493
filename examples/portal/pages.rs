//! Pages: their common parts, the password page, and error pages.
//!
//! They need no scripts. `maud` escapes every value.

pub(crate) mod desktop;
pub(crate) mod second_factor;

use maud::{DOCTYPE, Markup, html};

use crate::auth::ReturnPath;
use crate::verifier::Answer;

/// What the sign-in page reports.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The name or the password was wrong.
    Wrong,
    /// The session has ended.
    Expired,
    /// The user has signed out.
    SignedOut,
}

/// Builds a whole page. An error comes first in its title, for users of screen readers.
fn page(title: &str, bar: &Markup, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " – remote-work" }
                link rel="icon" href="/logo.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#main" { "Skip to content" }
                header.bar {
                    a.brand href="/" { img src="/logo.svg" alt="" width="28" height="28"; "remote-work" }
                    (bar)
                }
                main id="main" tabindex="-1" { (main) }
                footer { "Trouble? Your administrator can help." }
            }
        }
    }
}

/// Builds a page with one card in the middle.
fn card(title: &str, content: &Markup) -> Markup {
    page(title, &html! {}, &html! { div.card { (content) } })
}

/// Shows the verifier's message, marked with its language: the rest of the page is in English.
fn message(answer: &Answer) -> Markup {
    html! { span lang=(answer.language) dir="auto" { (answer.message) } }
}

/// Shows an error that screen readers announce at once, and that the field below refers to.
fn alert(text: &Markup, more: Option<&str>) -> Markup {
    html! {
        div.notice.error id="error" role="alert" {
            p { (text) }
            @if let Some(more) = more { p { strong { (more) } } }
        }
    }
}

/// Shows a notice.
fn status(text: &Markup) -> Markup {
    html! { div.notice role="status" { p { (text) } } }
}

/// Returns the field that proves that a form comes from our own page.
fn token_field(token: &str) -> Markup {
    html! { input type="hidden" name="token" value=(token); }
}

/// The password page.
pub(crate) fn sign_in(
    token: &str,
    name: &str,
    next: Option<&ReturnPath>,
    notice: Option<Notice>,
) -> Markup {
    let is_wrong = notice == Some(Notice::Wrong);
    let described = is_wrong.then_some("error");
    let title = if is_wrong { "Error: Sign in" } else { "Sign in" };
    card(
        title,
        &html! {
            h1 { "Sign in" }
            @match notice {
                Some(Notice::Wrong) => (alert(&html! { "The name or the password is wrong." }, None)),
                Some(Notice::Expired) => (status(&html! { "You were signed out after a period of inactivity. Sign in again." })),
                Some(Notice::SignedOut) => (status(&html! { "You are signed out." })),
                None => p.lead { "Use the name and password of your company account." },
            }
            form method="post" action="/sign-in" {
                (token_field(token))
                @if let Some(next) = next { input type="hidden" name="next" value=(next.as_str()); }
                label for="name" { "User name" }
                input id="name" name="name" value=(name) type="text" autocomplete="username"
                    autocapitalize="none" autocorrect="off" spellcheck="false" maxlength="256" required
                    autofocus[!is_wrong] aria-describedby=[described] aria-invalid=[described.map(|_| "true")];
                label for="password" { "Password" }
                input id="password" name="password" type="password" autocomplete="current-password"
                    maxlength="1024" required
                    autofocus[is_wrong] aria-describedby=[described] aria-invalid=[described.map(|_| "true")];
                button.primary type="submit" { "Sign in" }
            }
        },
    )
}

/// For a rejected form: from another site, or from an outdated page.
pub(crate) fn out_of_date() -> Markup {
    problem("This page is out of date", "Nothing was changed. Continue, and try again from there.")
}

/// For an unknown address.
pub(crate) fn not_found() -> Markup {
    problem("There is no such page", "The address may be mistyped, or the page may have expired.")
}

/// For an internal failure.
pub(crate) fn failed() -> Markup {
    problem(
        "Something went wrong",
        "Nothing was changed. Try again. If the problem persists, tell your administrator.",
    )
}

fn problem(title: &str, text: &str) -> Markup {
    card(
        title,
        &html! {
            h1 { (title) }
            p { (text) }
            a.button.primary href="/" { "Continue" }
        },
    )
}
