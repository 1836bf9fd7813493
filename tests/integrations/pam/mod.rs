//! `pam_rw2fa.so` in the programs that load it.

mod hostile;
mod sshd;
mod stacks;
mod sudo;
mod xrdp;
