//! Two-factor authentication for the remote-work remote-desktop portal.
//!
//! Two programs are made of this library: `rw2fa`, with which administrators say who needs a code, and
//! `rw2fa-verify`, which the portal runs once for each login and whose exit code it trusts.
//!
//! # The way of one login
//!
//! 1. [`verify::request`] checks the command line and reads the code from standard input.
//! 2. [`store::dir`] opens the store: a directory of small documents that only its owner may use.
//! 3. The settings are read, and where groups matter the system is asked for them, without a lock
//!    ([`verify::facts::known_groups`]).
//! 4. Under the lock of the account, [`verify::facts`] gathers what the decision looks at: the
//!    settings, whom the name means ([`account::matching`]), his documents ([`store::records`]), and
//!    his secret ([`store::seal`]).
//! 5. [`verify::decision`] decides. It is a function without input or output; codes are compared by
//!    [`otp`].
//! 6. The line of the [`audit`] trail and the next state are written and durable: a grant is recorded
//!    before it exists, a wrong code is charged before it is recorded.
//! 7. [`verify::response`] answers with one line of JSON, and the outcome becomes the exit code.
//!
//! Clock, randomness, variables and streams enter in [`process`] alone, and what differs between systems in [`platform`].
//!
//! ```
//! use rw2fa::account::matching::{Domains, Resolution, resolve};
//! use rw2fa::account::name::Name;
//!
//! let listed = [Name::parse("CORP\\alice").unwrap()];
//! let login = Name::parse("Alice").unwrap();
//! assert!(matches!(resolve(&login, &listed, &Domains::default()), Resolution::Entry(_)));
//! ```

// The platform layer of Windows needs a few calls that no safe crate offers.
#![cfg_attr(not(windows), forbid(unsafe_code))]

pub mod account;
pub mod audit;
pub mod child;
pub mod cli;
pub mod error;
pub mod json;
pub mod license;
pub mod otp;
pub mod platform;
pub mod printable;
pub mod process;
pub mod settings;
pub mod sms;
pub mod store;
pub mod time;
pub mod verify;
