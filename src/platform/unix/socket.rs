//! Sockets between the callers of a verifier and the verifier of the store's owner.

use std::io::{Error, ErrorKind, Result};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrLike, SockaddrStorage, UnixAddr, connect,
    getsockname, getsockopt, socket,
};
use nix::unistd::Uid;

use super::input::StdinFd;
use super::{Owner, api};

/// How long to wait before connecting again to a socket whose queue is full.
const QUEUE_INTERVAL: Duration = Duration::from_millis(10);

/// Whether the store at `root` belongs to another account, or cannot be found. Root becomes the owner instead.
pub fn is_of_another_account(root: &Path) -> bool {
    let current = Owner::current();
    if current.is_administrator() {
        return false;
    }
    std::fs::metadata(root).map_or(true, |found| found.uid() != current.uid)
}

/// Returns the number of the account that is connected to standard input; `None` if standard input is not a socket with
/// a name.
///
/// # Errors
/// If that account may not ask: it is not root, the owner, or a member of the socket's group. If it comes from a
/// network.
// SECURITY: this holds whatever the mode of the socket, and of the directories around it, lets in.
pub fn peer_of_stdin() -> Result<Option<u32>> {
    let refused = |what: &str| Err(Error::new(ErrorKind::PermissionDenied, what));
    let stdin = StdinFd;
    let address: SockaddrStorage = match getsockname(stdin.as_fd().as_raw_fd()) {
        Err(Errno::ENOTSOCK) => return Ok(None),
        other => other?,
    };
    if address.family() != Some(AddressFamily::Unix) {
        return refused("requests over a network are not accepted");
    }
    let Some(path) = address.as_unix_addr().and_then(UnixAddr::path) else { return Ok(None) };
    let peer = getsockopt(&stdin, PeerCredentials)?;
    let is_member = || {
        let group = std::fs::metadata(path)?.gid();
        Ok::<_, Error>(
            peer.gid() == group || api::peer_groups(stdin.as_fd().as_raw_fd())?.contains(&group),
        )
    };
    if peer.uid() == 0 || peer.uid() == Uid::effective().as_raw() || is_member()? {
        return Ok(Some(peer.uid()));
    }
    let (uid, group) = (peer.uid(), std::fs::metadata(path)?.gid());
    refused(&format!("account {uid} is not in the group of the socket, which is group {group}"))
}

/// Sends `request` to the socket at `path`, and returns all that comes back, up to `most` bytes.
///
/// # Errors
/// If neither root nor the owner of the store at `root` listens there. [`ErrorKind::TimedOut`] at `deadline`.
pub fn exchange(
    path: &Path,
    root: &Path,
    request: &[u8],
    most: usize,
    deadline: Instant,
) -> Result<Vec<u8>> {
    let stream = UnixStream::from(connected(path, deadline)?);
    let server = getsockopt(&stream, PeerCredentials)?.uid();
    let is_owner = || std::fs::metadata(root).is_ok_and(|store| store.uid() == server);
    // SECURITY: the request holds a code, and the answer may be a grant.
    if server != 0 && !is_owner() {
        let what = format!("account {server} listens there, neither root nor the store's owner");
        return Err(Error::new(ErrorKind::PermissionDenied, what));
    }
    super::write_until(&stream, request, deadline)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    super::read_until(&stream, most, deadline, &mut || Ok(false))
}

/// Connects to a socket, and waits while its queue is full.
fn connected(path: &Path, deadline: Instant) -> Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let found = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    let address = UnixAddr::new(path)?;
    loop {
        match connect(found.as_raw_fd(), &address) {
            Ok(()) => return Ok(found),
            Err(Errno::EAGAIN) if Instant::now() < deadline => std::thread::sleep(QUEUE_INTERVAL),
            Err(Errno::EAGAIN) => return Err(ErrorKind::TimedOut.into()),
            Err(error) => return Err(error.into()),
        }
    }
}
