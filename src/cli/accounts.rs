//! Looks new names up in the accounts of the system.

use std::time::{Duration, Instant};

use crate::cli::context::Context;
use crate::cli::target::Target;
use crate::error::{Error, ErrorKind, Result};
use crate::settings::Settings;
use crate::store::DocumentKind;

/// How long to wait for the system, in total, before the warning about unknown names is skipped.
const SYSTEM_PATIENCE: Duration = Duration::from_secs(5);

/// Looks up names in the system's accounts.
pub(super) struct System {
    is_asked: bool,
    must_exist: bool,
    started: Instant,
}

impl System {
    /// Starts a lookup. With `must_exist`, an unknown name is an error.
    ///
    /// # Errors
    /// [`ErrorKind::Refused`] with `must_exist`, when only the portal knows the names.
    pub(super) fn new(settings: &Settings, must_exist: bool) -> Result<Self> {
        let is_asked = settings.advanced.asks_system();
        if must_exist && !is_asked {
            let what =
                "--must-exist needs this system's accounts, and the setting 'names' is 'portal'";
            return Err(Error::new(ErrorKind::Refused, what)
                .with_hint("leave out --must-exist, or run: rw2fa advanced set names system"));
        }
        Ok(Self { is_asked, must_exist, started: Instant::now() })
    }

    /// Returns whether the system knows the target; `None` if it cannot or need not be asked.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] with `must_exist`, when it does not.
    pub(super) fn knows(
        &mut self,
        context: &Context<'_>,
        target: &Target<'_>,
    ) -> Result<Option<bool>> {
        // A warning may be skipped if the system is slow, a required check may not.
        let is_late = !self.must_exist && self.started.elapsed() > SYSTEM_PATIENCE;
        if !self.is_asked || is_late {
            return Ok(None);
        }
        let spellings = target.name.system_spellings(target.written);
        let is_group = target.kind == DocumentKind::Group;
        let is_known = context.process.knows(&spellings, is_group);
        if is_known == Some(false) && self.must_exist {
            return Err(Error::new(
                ErrorKind::NotFound,
                "this system has no account or group of this name",
            )
            .with_hint("check the spelling, or add it without --must-exist"));
        }
        Ok(is_known)
    }
}
