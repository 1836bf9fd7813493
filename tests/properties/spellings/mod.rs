//! One account in all its spellings, end to end: which rule applies, and that no spelling is a way
//! around it.

mod property;
mod table;
