//! What a document says of its own date and standing.

use engraft_core::Metadata;

/// Metadata keys under which documents say their date, most telling first.
const KEYS: [&str; 8] =
    ["updated", "last_updated", "modified", "last_modified", "date", "published", "effective", "created"];

/// The document's own date (ISO, as it wrote it), or `came_in`.
pub(crate) fn dated(metadata: &Metadata, came_in: &str) -> String {
    let own = KEYS.iter().find_map(|key| {
        let (_, value) = metadata.iter().find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        value.as_str().filter(|date| date.len() >= 4 && date.starts_with(|c: char| c.is_ascii_digit()))
    });
    own.unwrap_or(came_in).to_string()
}

/// Whether the document says of itself that it no longer holds.
pub(crate) fn is_superseded(metadata: &Metadata) -> bool {
    metadata.iter().any(|(key, value)| match key.to_lowercase().as_str() {
        "superseded_by" | "replaced_by" => !value.is_null(),
        "superseded" | "obsolete" | "archived" => value.as_bool() == Some(true),
        "status" => value.as_str().is_some_and(|status| {
            ["superseded", "obsolete", "archived", "withdrawn", "expired"]
                .contains(&status.to_lowercase().as_str())
        }),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(metadata: serde_json::Value) -> String {
        dated(&serde_json::from_value(metadata).unwrap(), "2026-01-01T00:00:00Z")
    }

    #[test]
    fn a_document_that_says_its_date_is_believed() {
        assert_eq!(check(json!({"Date": "2024-03-01", "updated": "2025-06-30"})), "2025-06-30");
    }

    #[test]
    fn a_document_may_say_that_it_no_longer_holds() {
        let says = |metadata| is_superseded(&serde_json::from_value(metadata).unwrap());
        assert!(says(json!({"Status": "Superseded"})) && says(json!({"superseded_by": "new.md"})));
        assert!(!says(json!({"status": "current", "archived": false})));
    }

    #[test]
    fn one_that_does_not_speaks_for_the_day_it_came_in() {
        assert_eq!(check(json!({"date": "soon", "updated": 3})), "2026-01-01T00:00:00Z");
    }
}
