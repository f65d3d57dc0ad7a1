//! Form fields and text notes: what they show on the page.

use lopdf::{Dictionary, Document, Object};

use super::font::numbers;
use super::matrix::Matrix;

/// The visible text of form fields and text notes: their appearance streams, and where these go.
pub(super) fn appearances<'a>(doc: &'a Document, page: &'a Dictionary) -> Vec<(&'a Object, Matrix)> {
    let Ok(Object::Array(annotations)) = page.get_deref(b"Annots", doc) else { return Vec::new() };
    let shown = |annotation: &'a Object| {
        let annotation = doc.dereference(annotation).ok()?.1.as_dict().ok()?;
        let subtype = annotation.get_deref(b"Subtype", doc).and_then(Object::as_name).ok()?;
        let flags = annotation.get_deref(b"F", doc).and_then(Object::as_i64).unwrap_or(0);
        let kind = annotation.get_deref(b"FT", doc).and_then(Object::as_name).ok().or_else(|| {
            let parent = annotation.get_deref(b"Parent", doc).and_then(Object::as_dict).ok()?;
            parent.get_deref(b"FT", doc).and_then(Object::as_name).ok()
        });
        let hidden = flags & 2 != 0 || kind == Some(b"Btn");
        if !matches!(subtype, b"Widget" | b"FreeText" | b"Stamp") || hidden {
            return None;
        }
        let appearance = annotation.get_deref(b"AP", doc).and_then(Object::as_dict).ok()?;
        let normal = appearance.get_deref(b"N", doc).ok()?;
        let stream = normal.as_stream().ok()?;
        let rect = numbers(annotation, b"Rect", doc);
        let bbox = numbers(&stream.dict, b"BBox", doc);
        let (x, y) = (rect.first()?.min(*rect.get(2)?), rect.get(1)?.min(*rect.get(3)?));
        let (from_x, from_y) = (bbox.first().unwrap_or(&0.0), bbox.get(1).unwrap_or(&0.0));
        Some((normal, Matrix::translation(x - from_x, y - from_y)))
    };
    annotations.iter().take(2000).filter_map(shown).collect()
}
