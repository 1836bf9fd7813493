//! Challenges that wait for a code: a file for each, in a directory that only FreeRADIUS' account may use.
//!
//! A file's name is the hash of a challenge's State, so the directory does not hold what a client sends. Renaming
//! the file redeems it: of several processes, one succeeds. Files vanish when FreeRADIUS stops, if the directory is
//! in its runtime directory; a user then begins again.

use std::fs::{self, Metadata};
use std::io::{ErrorKind as IoErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::json;
use crate::platform::{self, Owner};
use crate::time::Timestamp;

/// How long after the password a code may follow, in seconds.
pub(super) const LIFETIME: u64 = 300;

/// How many files the directory may hold. Only a client with a right password adds one.
const MOST: usize = 10_000;

/// The largest file, in bytes.
const LARGEST: u64 = 16 * 1024;

/// A challenge.
#[derive(Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Ticket {
    /// The user whose password was right.
    pub(super) user: String,
    /// The RADIUS client that got the challenge.
    pub(super) client: String,
    /// The time from which on it is void, in Unix seconds.
    pub(super) until: i64,
}

/// What was found for a State.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redeemed {
    /// A challenge, which is now used up.
    Ticket(Ticket),
    /// A challenge that is too old.
    Expired,
    /// Nothing: invented, used before, or from before a restart.
    Unknown,
}

/// The directory.
pub(super) struct Tickets<'a> {
    directory: &'a Path,
    now: Timestamp,
}

impl<'a> Tickets<'a> {
    /// Opens the directory, and creates it if it is missing.
    ///
    /// # Errors
    /// If another account could use it.
    pub(super) fn open(directory: &'a Path, now: Timestamp) -> Result<Self> {
        let place = directory.display();
        let failed = |what: &str, error| {
            Error::io(ErrorKind::System, format!("cannot {what} {place}"), error).with_hint(
                "--tickets must name a directory whose parent belongs to FreeRADIUS' account",
            )
        };
        match platform::make_private_directory(directory) {
            Err(error) if error.kind() != IoErrorKind::AlreadyExists => {
                return Err(failed("create", error));
            }
            _ => {}
        }
        let metadata = fs::symlink_metadata(directory).map_err(|error| failed("examine", error))?;
        if !metadata.is_dir() {
            return Err(Error::new(ErrorKind::System, format!("{place} is not a directory")));
        }
        // SECURITY: who can write here can sign in without a password.
        match platform::privacy_problem(directory, None, &metadata, Owner::current()) {
            Some((problem, hint)) => Err(Error::new(ErrorKind::System, problem).with_hint(hint)),
            None => Ok(Self { directory, now }),
        }
    }

    /// Remembers a challenge.
    pub(super) fn issue(&self, state: &[u8], ticket: &Ticket) -> Result<()> {
        self.sweep()?;
        let text = serde_json::to_vec(ticket)
            .map_err(|error| Error::new(ErrorKind::System, error.to_string()))?;
        self.create(&self.ticket(state), &text)
    }

    /// Takes the challenge of this State: no other process gets it again.
    pub(super) fn redeem(&self, state: &[u8]) -> Result<Redeemed> {
        let Some(bytes) = self.take(&self.ticket(state))? else { return Ok(Redeemed::Unknown) };
        let ticket: Ticket = json::from_slice(&bytes)
            .map_err(|_| Error::new(ErrorKind::System, "a challenge is damaged"))?;
        let latest = self.now.plus(LIFETIME).unix();
        // One that ends too late was written by a clock that has been set back.
        let is_live = self.now.unix() < ticket.until && ticket.until <= latest;
        Ok(if is_live { Redeemed::Ticket(ticket) } else { Redeemed::Expired })
    }

    /// Keeps the reply of a challenge for the second call of the same request.
    pub(super) fn keep_reply(&self, handle: &[u8], reply: &str) -> Result<()> {
        self.create(&self.reply(handle), reply.as_bytes())
    }

    /// Takes the reply that was kept under this handle.
    pub(super) fn take_reply(&self, handle: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.take(&self.reply(handle))
    }

    fn ticket(&self, state: &[u8]) -> PathBuf {
        self.directory.join(format!("{}.ticket", HEXLOWER.encode(&Sha256::digest(state))))
    }

    fn reply(&self, handle: &[u8]) -> PathBuf {
        self.directory.join(format!("{}.reply", HEXLOWER.encode(&Sha256::digest(handle))))
    }

    fn create(&self, path: &Path, content: &[u8]) -> Result<()> {
        let mut file = platform::make_private_file(path).map_err(|error| self.failed(error))?;
        file.write_all(content).map_err(|error| {
            // A part of it is of no use.
            let _ = fs::remove_file(path);
            self.failed(error)
        })
    }

    /// Reads a file that no other process can take as well.
    fn take(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let taken = path.with_extension(format!("taken-{}", std::process::id()));
        match fs::rename(path, &taken) {
            Err(error) if error.kind() == IoErrorKind::NotFound => return Ok(None),
            result => result.map_err(|error| self.failed(error))?,
        }
        let opened = platform::private_file().read(true).open(&taken);
        let mut content = Zeroizing::new(Vec::new());
        let read = opened.and_then(|file| file.take(LARGEST).read_to_end(&mut content));
        let removed = fs::remove_file(&taken);
        read.and(removed).map_err(|error| self.failed(error))?;
        Ok(Some(content))
    }

    /// Removes old files, and refuses to add one to too many.
    fn sweep(&self) -> Result<()> {
        let mut live = 0;
        for entry in fs::read_dir(self.directory).map_err(|error| self.failed(error))? {
            let entry = entry.map_err(|error| self.failed(error))?;
            if entry.metadata().is_ok_and(|metadata| self.is_old(&metadata)) {
                // Another process may remove it, too.
                let _ = fs::remove_file(entry.path());
            } else {
                live += 1;
            }
        }
        if live < MOST {
            return Ok(());
        }
        let what = format!("{} holds {live} challenges", self.directory.display());
        Err(Error::new(ErrorKind::System, what).with_hint("they end after 5 minutes"))
    }

    fn is_old(&self, metadata: &Metadata) -> bool {
        let Ok(modified) = metadata.modified() else { return false };
        let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let written = Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        written.until(self.now) > LIFETIME
    }

    fn failed(&self, error: std::io::Error) -> Error {
        let what = format!("cannot use {}", self.directory.display());
        Error::io(ErrorKind::System, what, error)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const NOW: i64 = 1_795_507_200;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(NOW + seconds)
    }

    fn ticket(until: i64) -> Ticket {
        Ticket { user: "alice".into(), client: "vpn".into(), until: NOW + until }
    }

    /// Guards challenges: each works once, until its end, and not after the clock was set back.
    #[test]
    fn a_ticket_works_once_and_expires() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("tickets");
        let open = |seconds| Tickets::open(&directory, at(seconds)).unwrap();
        for (redeemed_at, is_live) in [(0, true), (299, true), (300, false), (-1, false)] {
            open(0).issue(b"state", &ticket(300)).unwrap();
            let found = open(redeemed_at).redeem(b"state").unwrap();
            let expected = if is_live { Redeemed::Ticket(ticket(300)) } else { Redeemed::Expired };
            assert_eq!(found, expected, "{redeemed_at}");
            assert_eq!(open(0).redeem(b"state").unwrap(), Redeemed::Unknown);
        }
        assert_eq!(open(0).redeem(b"").unwrap(), Redeemed::Unknown);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
    }

    #[test]
    fn a_state_is_issued_once() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("tickets");
        let tickets = Tickets::open(&directory, at(0)).unwrap();
        tickets.issue(b"state", &ticket(300)).unwrap();
        assert!(tickets.issue(b"state", &ticket(300)).is_err());
    }

    /// Guards the size of the directory: old files are removed, whatever they are.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "files by hand, of real times")]
    fn old_files_are_swept() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("tickets");
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        let open =
            |seconds| Tickets::open(&directory, Timestamp::from_unix(now + seconds)).unwrap();
        open(0).issue(b"1", &ticket(300)).unwrap();
        open(0).keep_reply(b"1", "text").unwrap();
        open(200).issue(b"2", &ticket(300)).unwrap();
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 3);
        open(400).issue(b"3", &ticket(300)).unwrap();
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_of_others_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let (open, link) = (place.path().join("open"), place.path().join("link"));
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o750)).unwrap();
        symlink(place.path(), &link).unwrap();
        let file = place.path().join("file");
        fs::File::create(&file).unwrap();
        for bad in [&open, &link, &file, &place.path().join("missing/tickets")] {
            assert!(Tickets::open(bad, at(0)).is_err(), "{}", bad.display());
        }
    }

    #[test]
    fn a_reply_is_taken_once() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("tickets");
        let tickets = Tickets::open(&directory, at(0)).unwrap();
        tickets.keep_reply(b"handle", "text").unwrap();
        assert_eq!(tickets.take_reply(b"other").unwrap(), None);
        assert_eq!(tickets.take_reply(b"handle").unwrap().unwrap().as_slice(), b"text");
        assert_eq!(tickets.take_reply(b"handle").unwrap(), None);
    }
}
