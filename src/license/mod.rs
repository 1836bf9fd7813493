//! Licences: reads one, checks its signature and claims, and derives the license status of a store.
//!
//! Callers provide files, the clock and the machine id. Only the administration tool uses this: no login ever
//! depends on a licence.

pub mod claims;
pub mod jws;
mod refusal;
pub mod serial;
pub mod status;
pub mod vendor;

pub use refusal::{LEEWAY, LONGEST, PRODUCT, Part, Refusal};

use crate::license::claims::License;
use crate::license::serial::Serial;
use crate::license::vendor::VendorKey;

/// Reads a licence for the machine with this serial number. Does not check its dates:
/// [`License::check_time`] does.
///
/// # Errors
/// The first problem. The signature is checked before anything it covers is read.
pub fn read(text: &[u8], key: &VendorKey, machine: &Serial) -> Result<License, Refusal> {
    let payload = jws::open(text, key)?;
    let license = License::parse(&payload)?;
    if license.serial != machine.as_str() {
        return Err(Refusal::Serial { found: license.serial, machine: machine.clone() });
    }
    Ok(license)
}
