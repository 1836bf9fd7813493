//! What users read and copy: README.md, docs/, the examples, completions, help and manual pages.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where it fails")]

#[cfg(unix)]
#[path = "../portal/beside.rs"]
mod beside;
#[cfg(unix)]
#[path = "../portal/browser.rs"]
#[allow(dead_code, reason = "the portal uses more of it")]
mod browser;
#[cfg(unix)]
mod callers;
#[cfg(unix)]
#[path = "../portal/camera.rs"]
mod camera;
#[cfg(unix)]
mod dotnet;
#[cfg(unix)]
mod examples;
#[cfg(unix)]
mod files;
mod generated;
mod homes;
#[cfg(unix)]
#[path = "../portal/http.rs"]
#[expect(clippy::format_push_string, reason = "requests are short")]
mod http;
mod links;
mod pages;
#[cfg(unix)]
mod powershell;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod recipes;
#[path = "../sandbox/mod.rs"]
mod sandbox;
mod settings;
#[cfg(target_os = "linux")]
mod shells;
#[cfg(unix)]
mod sign_in_page;
mod tables;
#[cfg(unix)]
mod tour;
