//! The authenticator app: its secret, and what a login page shows of it.

pub mod showing;
