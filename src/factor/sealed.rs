//! A sealed value as documents hold it. What it seals, and how, is the business of [`crate::store::seal`].

use serde::{Deserialize, Serialize};

/// A sealed value: the id of its key and the encrypted text. See [`crate::store::seal`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(pub String);
