//! The portal protocol: which rule decides, what the answer is, and which calls are usage errors.

mod answers;
mod languages;
mod order;
mod reasons;
mod request;
mod usage;
