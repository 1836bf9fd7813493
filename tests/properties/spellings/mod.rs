//! One account in all its spellings, end to end: which rule applied, and that no spelling is a way around.

mod property;
mod table;
