//! What a page says about itself: title, address, date, author, language.

use serde_json::{Value, json};

use super::dom::{Dom, Id, ROOT};
use crate::parse::build::{Builder, one_line};

/// Fills in title and metadata.
pub(super) fn describe(dom: &Dom, builder: &mut Builder) {
    let all = dom.below(ROOT);
    let meta = |names: &[&str]| {
        names.iter().find_map(|name| {
            all.iter().filter(|&&id| dom.tag(id) == "meta").find_map(|&id| {
                let says = ["name", "property", "itemprop", "http-equiv"];
                let named = says
                    .iter()
                    .any(|key| dom.attribute(id, key).is_some_and(|v| v.eq_ignore_ascii_case(name)));
                named
                    .then(|| dom.attribute(id, "content"))
                    .flatten()
                    .map(one_line)
                    .filter(|value| !value.is_empty())
            })
        })
    };
    let of_tag = |tag: &str| {
        let texts = all.iter().filter(|&&id| dom.tag(id) == tag).map(|&id| one_line(&dom.inner_text(id)));
        texts.into_iter().find(|text| !text.is_empty())
    };
    let title = of_tag("title");
    let short = meta(&["og:title", "twitter:title"]);
    builder.title = match (title, short) {
        // Titles carry the name of the site; the short form does not.
        (Some(title), Some(short)) if title.contains(&short) => Some(short),
        (Some(title), _) => Some(title),
        (None, Some(short)) => Some(short),
        (None, None) => of_tag("h1"),
    };
    let canonical = all.iter().find_map(|&id| {
        let is_canonical = dom.tag(id) == "link"
            && dom.attribute(id, "rel").is_some_and(|r| r.eq_ignore_ascii_case("canonical"));
        is_canonical.then(|| dom.attribute(id, "href")).flatten().map(|href| href.trim().to_string())
    });
    let address = canonical.filter(|url| url.starts_with("http")).or_else(|| meta(&["og:url"]));
    let dates = [
        "article:published_time",
        "datePublished",
        "date",
        "dc.date",
        "dcterms.created",
        "dc.date.issued",
        "pubdate",
        "publishdate",
        "sailthru.date",
        "citation_publication_date",
        "article:modified_time",
        "last-modified",
    ];
    let published =
        meta(&dates).as_deref().and_then(day).or_else(|| linked_data_date(dom, &all)).or_else(|| {
            all.iter()
                .filter(|&&id| dom.tag(id) == "time")
                .find_map(|&id| dom.attribute(id, "datetime").and_then(day))
        });
    let language = dom
        .find("html")
        .and_then(|id| dom.attribute(id, "lang"))
        .map(str::trim)
        .filter(|lang| !lang.is_empty());
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            builder.metadata.insert(key.to_string(), json!(value));
        }
    };
    put("canonical_url", address);
    put("published", published);
    put(
        "author",
        meta(&["author", "article:author", "dc.creator"]).filter(|author| !author.starts_with("http")),
    );
    put("description", meta(&["description", "og:description"]));
    put("lang", language.map(str::to_string));
}

/// `datePublished` of a JSON-LD script.
fn linked_data_date(dom: &Dom, all: &[Id]) -> Option<String> {
    let scripts = all.iter().filter(|&&id| dom.attribute(id, "type") == Some("application/ld+json"));
    for &script in scripts.take(20) {
        let Ok(data) = serde_json::from_str::<Value>(&dom.inner_text(script)) else { continue };
        let mut open = vec![data];
        while let Some(value) = open.pop() {
            match value {
                Value::Array(items) => open.extend(items),
                Value::Object(mut fields) => {
                    if let Some(date) = fields.get("datePublished").and_then(Value::as_str).and_then(day) {
                        return Some(date);
                    }
                    open.extend(fields.remove("@graph"));
                }
                _ => {}
            }
        }
    }
    None
}

/// The day of an ISO date, `2024-01-31`, also written `2024/01/31` or `20240131`.
fn day(text: &str) -> Option<String> {
    let text = text.trim();
    let digits: String = text.chars().take(10).filter(char::is_ascii_digit).collect();
    let shaped = text.chars().take(10).all(|c| c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | 'T'));
    if !shaped || digits.len() < 8 {
        return None;
    }
    let (year, month, day) = (&digits[..4], &digits[4..6], &digits[6..8]);
    let sound =
        ("1900".."2200").contains(&year) && ("01"..="12").contains(&month) && ("01"..="31").contains(&day);
    sound.then(|| format!("{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_the_usual_spellings() {
        assert_eq!(day("2024-01-31T12:00:00Z").as_deref(), Some("2024-01-31"));
        assert_eq!(day("2024/01/31").as_deref(), Some("2024-01-31"));
        assert_eq!(day("31 January 2024"), None);
        assert_eq!(day("2024-13-01"), None);
    }
}
