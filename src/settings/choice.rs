//! Keys whose value is one of a few words.

/// Declares the type of a key whose value is one of a few words.
macro_rules! choice {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $doc:literal])+ $value:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $doc])+ $value,)+ }

        impl $name {
            const WORDS: &'static [&'static str] = &[$($word),+];
        }

        impl $crate::settings::key::KeyType for $name {
            fn read(value: &toml::Value) -> Option<Self> {
                match value.as_str()? {
                    $($word => Some(Self::$value),)+
                    _ => None,
                }
            }

            fn write(&self) -> Option<toml::Value> {
                Some(match self { $(Self::$value => $word,)+ }.into())
            }
        }
    };
}
pub(super) use choice;
