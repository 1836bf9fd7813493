//! The portal protocol: which rule decides, how it is answered, and what is a bug in the caller.

mod answers;
mod order;
mod reasons;
mod usage;
