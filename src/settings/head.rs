//! The keys of `store.toml` above its tables, and the small tables `[audit]` and `[domains]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::settings::SCHEMA;
use crate::settings::key::{Spec, section};
use crate::time::Timestamp;

section! {
    /// The keys above all tables.
    Head = "";
    /// version of the document's format
    "schema" schema: u32 = SCHEMA, Spec::number(SCHEMA, SCHEMA).required();
    /// whether listed users need a code
    "enabled" enabled: bool = false, Spec::flag().required();
    /// when the store was made; the trial starts here
    "created" created: Timestamp = Timestamp::from_unix(0), Spec::time().required();
    /// file of the key that seals the secrets
    "key-file" key_file: Option<PathBuf> = None,
        Spec::word("a path").or("'key' in the store's directory");
    /// true while an import runs; no login is decided until it ends
    "importing" importing: bool = false, Spec::flag();
}

section! {
    /// The audit trail.
    AuditSection = "audit";
    /// whether the system log gets a copy of each line of the audit trail; not on Windows
    "syslog" syslog: bool = false, Spec::flag();
}

section! {
    /// The names of Windows domains.
    DomainsSection = "domains";
    /// NetBIOS domain of logins that name none
    "default" default: Option<String> = None, Spec::word("a NetBIOS domain");
    /// DNS suffixes and the NetBIOS domains that they mean
    "aliases" aliases: BTreeMap<String, String> = BTreeMap::new(),
        Spec::map("a table such as { \"corp.example\" = \"CORP\" }");
}
