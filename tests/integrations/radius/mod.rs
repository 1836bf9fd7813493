//! FreeRADIUS with the configuration in `examples/freeradius`, as docs/integrations/radius.md installs it.

mod failures;
mod ldap;
mod logins;
mod machine;
mod program;
mod socket;
mod ssh;
