//! `pam_rw2fa.so` in the programs that load it.

mod sshd;
