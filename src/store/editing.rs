//! Edits documents that administrators may also edit by hand: comments and order survive.

use crate::error::{Error, ErrorKind, Result};
use crate::store::records::{located, required};
use crate::store::{Document, Reader};

/// Changes keys of a hand-editable document, keeping comments and order. `None` removes a key.
///
/// # Errors
/// If the document is missing or is not TOML.
pub fn edit(
    store: &dyn Reader,
    document: &Document,
    changes: &[(&[&str], Option<toml_edit::Value>)],
) -> Result<String> {
    let text = required(store, document, "restore it from a backup")?;
    let mut tree: toml_edit::DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| {
            let at = error.span().map_or(0, |span| span.start);
            located(store, document, &text, at, error.message())
        })?;
    for (path, value) in changes {
        let Some((key, tables)) = path.split_last() else { continue };
        let mut table = tree.as_table_mut() as &mut dyn toml_edit::TableLike;
        for name in tables {
            let next = table.entry(name).or_insert_with(toml_edit::table);
            table = next.as_table_like_mut().ok_or_else(|| {
                let place = store.describe(document);
                Error::new(ErrorKind::Store, format!("{place}: '{name}' is not a table"))
            })?;
        }
        match (value, table.get_mut(key)) {
            (Some(value), Some(item)) => {
                let mut value = value.clone();
                if let Some(old) = item.as_value() {
                    *value.decor_mut() = old.decor().clone();
                }
                *item = toml_edit::Item::Value(value);
            }
            (Some(value), None) => {
                table.insert(key, toml_edit::Item::Value(value.clone()));
            }
            (None, _) => remove_key(table, key),
        }
    }
    Ok(tree.to_string())
}

/// Removes a key and moves the comment above it to a neighbouring key, so that no user's comment is lost.
fn remove_key(table: &mut dyn toml_edit::TableLike, key: &str) {
    let prefix =
        table.key(key).and_then(|key| key.leaf_decor().prefix()?.as_str().map(str::to_owned));
    let comment = prefix.filter(|prefix| prefix.contains('#'));
    let is_value =
        |(name, item): (&str, &toml_edit::Item)| item.is_value().then(|| name.to_owned());
    let next = table.iter().skip_while(|(name, _)| *name != key).skip(1).find_map(is_value);
    table.remove(key);
    let Some(comment) = comment else { return };
    if let Some(mut next) = next.and_then(|next| table.key_mut(&next)) {
        let decor = next.leaf_decor_mut();
        let old = decor.prefix().and_then(|old| old.as_str()).unwrap_or_default();
        decor.set_prefix(comment + old);
        return;
    }
    let last = table.iter().filter_map(is_value).last();
    let last = last.and_then(|last| table.get_mut(&last)).and_then(toml_edit::Item::as_value_mut);
    if let Some(last) = last {
        let decor = last.decor_mut();
        let old = decor.suffix().and_then(|old| old.as_str()).unwrap_or_default().to_owned();
        decor.set_suffix(format!("{old}\n{}", comment.trim_end()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards users' comments: a comment stays when the setting below it is removed.
    #[test]
    fn the_comment_of_a_removed_key_moves_to_its_neighbour() {
        for (key, expected) in [
            ("a", "# why\nb = 2\nc = 3\nd = 4\n"),
            ("b", "a = 1\n# why\nc = 3\nd = 4\n"),
            ("c", "a = 1\n# why\nb = 2\nd = 4\n"),
        ] {
            let text = "a = 1\n# why\nb = 2\nc = 3\nd = 4\n";
            let mut document: toml_edit::DocumentMut = text.parse().unwrap();
            remove_key(document.as_table_mut(), key);
            assert_eq!(document.to_string(), expected, "without {key}");
        }
    }
}
