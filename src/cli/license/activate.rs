//! `rw2fa license activate`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::{counted, describe, serial, warn};
use crate::cli::Done;
use crate::cli::change::Change;
use crate::cli::context::Context;
use crate::cli::output::{self, ChangeRow, Changed};
use crate::error::{Error, ErrorKind, Result};
use crate::license::claims::License;
use crate::license::status::LicenseStatus;
use crate::license::vendor::VendorKey;
use crate::license::{self, LONGEST, Refusal};
use crate::settings::license::LicenseSection;
use crate::store::{Document, Scope, Update, editing, records};

/// What Windows editors put at the start of a text file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Check a licence and install it
///
/// If the licence is rejected, the previous one is kept.
#[derive(Args, Debug)]
#[command(after_help = "Example: rw2fa license activate license.lic")]
pub(in crate::cli) struct ActivateArgs {
    /// The file from the licensing portal
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Show what would be done, without changing anything
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &ActivateArgs) -> Result<Done> {
    context.no_csv("license activate")?;
    // Must happen before the store is opened: after that, this may be an account that cannot read
    // the file.
    let text = read(&args.file)?;
    let opened = context.open()?;
    let (store, now) = (&*opened.store, context.now());
    let (key, machine) = (VendorKey::built_in()?, serial(context)?);
    let refused = |refusal: Refusal| refusal.to_error(&args.file.display().to_string());
    let license = license::read(&text, &key, &machine).map_err(refused)?;
    license.check_time(now).map_err(refused)?;
    let token = String::from_utf8_lossy(&text).into_owned();
    let keys = opened.keys()?;
    let changed = store.update(Scope::Settings, |locked| {
        let before = records::settings(locked)?.license.token();
        if before.as_deref() == Some(token.as_str()) {
            return Ok(Changed::Unchanged);
        }
        let edited = Some(toml_edit::Value::from(token.as_str()));
        let text = editing::edit(locked, &Document::Settings, &[(LicenseSection::TOKEN, edited)])?;
        records::parse_settings(locked, &text)?;
        let changed = if before.is_some() { Changed::Changed } else { Changed::Added };
        let old = before.and_then(|token| license::read(token.as_bytes(), &key, &machine).ok());
        let values = changes(old.as_ref(), &license);
        let object = Some(license.order_number.as_str());
        let change = Change { action: "license activate", object, values };
        context.change(locked, Some(&keys), args.dry_run, change, |locked| {
            locked.write(&Document::Settings, &text)
        })?;
        Ok(changed)
    })?;
    let order = license.order_number.clone();
    let status = LicenseStatus::new(opened.settings.created, Some(Ok(license)), now);
    context.note(&format!("licence: {}", describe(&status)));
    let users = counted(store)?;
    warn(context, &status, users);
    output::changes(context, args.dry_run, &[ChangeRow::new("license", order, Ok(changed))])
}

/// Reads the licence without what editors and browsers add: a byte order mark, and trailing blanks
/// and line breaks. Of a file that is too long, reads enough to notice.
fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| {
        let what = format!("cannot read {}", path.display());
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Refused,
            _ => ErrorKind::System,
        };
        Error::io(kind, what, error).with_hint("use the license.lic from the licensing portal")
    };
    // A pipe or a device could block the program.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::new(ErrorKind::Refused, format!("{} is not a file", path.display()))
            .with_hint("use the license.lic from the licensing portal"));
    }
    let mut text = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(LONGEST as u64 + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() > LONGEST {
        return Ok(text);
    }
    let text = from_utf16(&text).unwrap_or(text);
    let license = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
    Ok(license.trim_ascii_end().to_vec())
}

/// Decodes what PowerShell's `>` writes: UTF-16, with its own byte order mark.
fn from_utf16(text: &[u8]) -> Option<Vec<u8>> {
    let (mark, units) = text.split_at_checked(2)?;
    let decode: fn([u8; 2]) -> u16 = match mark {
        b"\xff\xfe" => u16::from_le_bytes,
        b"\xfe\xff" => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = units.chunks_exact(2).map(|unit| decode([unit[0], unit[1]])).collect();
    String::from_utf16(&units).ok().map(String::into_bytes)
}

/// Builds old and new value for the audit trail, without the name of the customer.
fn changes(old: Option<&License>, new: &License) -> Map<String, Value> {
    fn facts(license: &License) -> [(&'static str, Value); 4] {
        [
            ("order-number", json!(license.order_number)),
            ("edition", json!(license.edition)),
            ("expires", json!(license.expires.map(|end| end.to_string()))),
            ("max-users", json!(license.max_users)),
        ]
    }
    let old = old.map(facts);
    let mut map = Map::new();
    for (at, (name, value)) in facts(new).into_iter().enumerate() {
        let before = old.as_ref().map_or(Value::Null, |old| old[at].1.clone());
        map.insert(name.to_owned(), json!([before, value]));
    }
    map
}
