//! An SNTP client (RFC 4330) that sends one packet and accepts one answer.
//!
//! The crate `rsntp` is not used. It recognises an answer by the time of the request, which others can guess,
//! where a random number is used here. It fails at the first stray packet, takes an unsynchronised server's
//! time, reads the clock itself, and needs to know in advance whether an address is IPv6. Choosing the address,
//! checking the answer and wording the errors would remain.

use std::net::{ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::printable::printable;
use crate::process::Process;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

const PORT: u16 = 123;

/// Seconds from 1900, the NTP epoch, to 1970.
const NTP_EPOCH: u64 = 2_208_988_800;

/// Returns how many milliseconds the clock of this server is behind `host`.
pub(super) fn offset(process: &Process, host: &str) -> Result<i64> {
    let failed = |error| {
        Error::io(ErrorKind::System, format!("cannot query {}", printable(host)), error)
            .with_hint("use a time server that this server can reach over UDP")
    };
    let socket = connect(host).map_err(failed)?;
    // SECURITY: a random number replaces our timestamp, so that only a server that saw the request
    // can answer.
    let nonce = *process.random::<8>()?;
    let mut request = [0; 48];
    request[0] = 0b00_100_011;
    request[40..].copy_from_slice(&nonce);
    let sent = process.unix_millis();
    let started = Instant::now();
    socket.send(&request).map_err(failed)?;
    loop {
        let left = PATIENCE.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(silent(host));
        }
        socket.set_read_timeout(Some(left)).map_err(failed)?;
        let mut answer = [0; 48];
        match socket.recv(&mut answer) {
            Ok(48..) => {}
            Ok(_) => continue,
            Err(error) if is_timeout(&error) => return Err(silent(host)),
            Err(error) => return Err(failed(error)),
        }
        let trip = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        if let Some((received, answered)) = times(&answer, nonce) {
            return Ok(i64::midpoint(received - sent, answered - (sent + trip)));
        }
    }
}

fn connect(host: &str) -> std::io::Result<UdpSocket> {
    let has_port = host.rsplit_once(':').is_some_and(|(name, port)| {
        port.parse::<u16>().is_ok() && (!name.contains(':') || name.ends_with(']'))
    });
    let addresses: Vec<_> = if has_port {
        host.to_socket_addrs()?.collect()
    } else {
        (host.trim_matches(['[', ']']), PORT).to_socket_addrs()?.collect()
    };
    let missing = || std::io::Error::new(std::io::ErrorKind::NotFound, "the name has no address");
    let address = addresses.first().ok_or_else(missing)?;
    let here = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(here)?;
    socket.connect(address)?;
    Ok(socket)
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

fn silent(host: &str) -> Error {
    let message = format!("{} did not answer within 3 s", printable(host));
    Error::new(ErrorKind::Timeout, message)
        .with_hint("use a time server that this server can reach over UDP")
}

/// Returns when the server received the request and when it answered, if the answer is valid.
fn times(answer: &[u8; 48], nonce: [u8; 8]) -> Option<(i64, i64)> {
    let is_server = answer[0] & 0b111 == 4;
    let is_synchronised = answer[0] >> 6 != 3 && (1..16).contains(&answer[1]);
    if !is_server || !is_synchronised || answer[24..32] != nonce {
        return None;
    }
    Some((millis(&answer[32..40])?, millis(&answer[40..48])?))
}

/// Converts an NTP timestamp to milliseconds since 1970. Timestamps before 1968 belong to the era
/// from 2036 on.
fn millis(bytes: &[u8]) -> Option<i64> {
    let number = u64::from_be_bytes(bytes.try_into().ok()?);
    let (seconds, fraction) = (number >> 32, number & 0xffff_ffff);
    let seconds = if seconds & 0x8000_0000 == 0 { seconds + (1 << 32) } else { seconds };
    let millis = seconds.checked_sub(NTP_EPOCH)? * 1000 + ((fraction * 1000) >> 32);
    i64::try_from(millis).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    const NOW: i64 = 1_795_507_200;

    /// Starts a loopback server that answers once, with `change` applied to a valid answer.
    fn server(ahead: i64, change: fn(&mut [u8; 48])) -> String {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            let mut request = [0; 48];
            let (_, from) = socket.recv_from(&mut request).unwrap();
            let mut answer = [0; 48];
            answer[0] = 0b00_100_100;
            answer[1] = 2;
            answer[24..32].copy_from_slice(&request[40..48]);
            let seconds = u64::try_from(NOW + ahead).unwrap() + NTP_EPOCH;
            let time = ((seconds << 32) | 0x8000_0000).to_be_bytes();
            answer[32..40].copy_from_slice(&time);
            answer[40..48].copy_from_slice(&time);
            change(&mut answer);
            socket.send_to(&answer, from).unwrap();
        });
        address
    }

    fn asked(host: &str) -> Result<i64> {
        let sink = || Box::new(std::io::sink());
        let now = Timestamp::from_unix(NOW);
        offset(&Process::sandboxed(["rw2fa"], now, Vec::new(), sink(), sink()), host)
    }

    /// Guards the arithmetic, in both directions.
    #[test]
    fn the_offset_is_computed_in_both_directions() {
        for ahead in [0, 90, -90] {
            let offset = asked(&server(ahead, |_| {})).unwrap();
            let expected = ahead * 1000 + 500;
            // The round-trip time is not known exactly.
            assert!((offset - expected).abs() < 1500, "{ahead}: {offset}");
        }
    }

    /// Guards against invalid answers: from a client, unsynchronised, or to another request.
    #[test]
    fn invalid_answers_are_rejected() {
        let mut good = [0; 48];
        good[0] = 0b00_100_100;
        good[1] = 1;
        good[32] = 0xee;
        good[40] = 0xee;
        assert!(times(&good, [0; 8]).is_some());
        assert!(times(&good, [1; 8]).is_none());
        for (at, value) in [(0, 0b00_100_011), (0, 0b11_100_100), (1, 0), (1, 16)] {
            let mut bad = good;
            bad[at] = value;
            assert!(times(&bad, [0; 8]).is_none(), "{at} {value}");
        }
        let silent = asked(&server(0, |answer| answer[1] = 0)).unwrap_err();
        assert_eq!(silent.kind(), ErrorKind::Timeout);
    }

    /// Guards the era that begins in 2036.
    #[test]
    fn timestamps_after_2036_are_read() {
        let at = |seconds: u64| millis(&((seconds & 0xffff_ffff) << 32).to_be_bytes()).unwrap();
        for unix in [1_795_507_200_u64, 2_085_978_496, 2_100_000_000] {
            assert_eq!(at(unix + NTP_EPOCH), i64::try_from(unix).unwrap() * 1000);
        }
    }
}
