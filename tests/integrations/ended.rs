//! A process that ends with its test.

use std::process::Child;

/// The process. It is killed when this is dropped, also by a test that fails.
pub(crate) struct Ended(pub(crate) Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
