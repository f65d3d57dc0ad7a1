//! What Word and PowerPoint packages share: document properties, and the choice between markup alternatives.

use serde_json::Value;

use super::ParseError;
use super::build::Builder;
use super::package::Package;
use super::xml::{Node, Xml};

/// Reads `docProps/core.xml` into title and metadata.
pub(crate) fn properties(
    package: &mut Package,
    builder: &mut Builder,
    max_depth: usize,
) -> Result<(), ParseError> {
    let relation = package.relations("")?.into_values().find(|relation| relation.kind == "core-properties");
    let path = relation.map_or("docProps/core.xml".to_string(), |relation| relation.target);
    // Properties are a courtesy: what is wrong with them must not cost the document.
    let Ok(Some(text)) = package.xml(&path) else { return Ok(()) };
    let Ok(xml) = Xml::parse(&text, max_depth) else { return Ok(()) };
    let Some(root) = xml.root() else { return Ok(()) };
    for node in root.children() {
        let value = node.text().trim().to_string();
        let key = match node.name() {
            "title" => {
                builder.title = Some(value).filter(|title| !title.is_empty());
                continue;
            }
            "creator" => "author",
            "lastModifiedBy" => "modified_by",
            name @ ("created" | "modified" | "subject" | "keywords" | "description" | "category"
            | "language") => name,
            _ => continue,
        };
        if !value.is_empty() {
            builder.metadata.insert(key.to_string(), Value::String(value));
        }
    }
    Ok(())
}

/// The branch of `mc:AlternateContent` to read: the newer markup, or what stands in for it.
pub(crate) fn alternative(node: Node<'_>) -> Option<Node<'_>> {
    let worded = |branch: &Node<'_>| branch.find("t").is_some();
    node.children().filter(|child| child.is("Choice") || child.is("Fallback")).find(worded)
}
