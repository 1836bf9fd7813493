//! Two-factor authentication for the remote-work remote-desktop portal.
//!
//! This library backs three programs. Administrators use `rw2fa` to choose who needs a code. The portal runs
//! `rw2fa-verify` once per login and trusts its exit code. FreeRADIUS runs `rw2fa-radius`, which asks `rw2fa-verify`.
//!
//! # How a login is processed
//!
//! 1. [`verify::request`] checks the command line and reads the code from standard input.
//! 2. [`store::open`] opens the store, such as a directory of small documents that only its owner can access
//!    ([`store::dir`]).
//! 3. [`verify::facts::known_groups`] reads the user's groups from the system, if any group is listed.
//!    No lock is held yet.
//! 4. [`verify::facts`] takes the account's lock and gathers the input of the decision: the settings, the
//!    user that the name refers to ([`names::matching`]), the user's documents ([`store::records`]) and
//!    the user's secret ([`store::seal`]).
//! 5. [`verify::decision`] decides, without any I/O. [`otp`] compares codes.
//! 6. The [`audit`] line and the next state are written durably. A grant is recorded before it exists, and
//!    a wrong code is charged before it is recorded.
//! 7. [`verify::response`] prints one line of JSON, and the outcome becomes the exit code.
//!
//! Only [`process`] reads the clock, randomness, environment variables and standard streams. Only [`platform`]
//! depends on the operating system.
//!
//! ```
//! use rw2fa::names::matching::{Domains, Resolution, resolve};
//! use rw2fa::names::name::Name;
//!
//! let listed = [Name::parse("CORP\\alice").unwrap()];
//! let login = Name::parse("Alice").unwrap();
//! assert!(matches!(resolve(&login, &listed, &Domains::default()), Resolution::Entry(_)));
//! ```

pub mod audit;
pub mod cli;
pub mod error;
pub mod factor;
pub mod gateway;
pub mod json;
pub mod language;
pub mod license;
pub mod names;
pub mod otp;
pub mod platform;
pub mod printable;
pub mod process;
pub mod radius;
pub mod settings;
pub mod store;
pub mod time;
pub mod typing;
pub mod verify;
