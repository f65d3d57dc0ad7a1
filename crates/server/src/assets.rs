//! Style sheets, modules and icons: built into the binary, addressed by their content, cached for good.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Every file that is served, by name.
const FILES: &[(&str, &[u8])] = &[
    ("studio.css", include_bytes!("../assets/studio.css")),
    ("lead.css", include_bytes!("../assets/lead.css")),
    ("lead.js", include_bytes!("../assets/lead.js")),
    ("api.js", include_bytes!("../assets/api.js")),
    ("arcs.js", include_bytes!("../assets/arcs.js")),
    ("build.js", include_bytes!("../assets/build.js")),
    ("bulk.js", include_bytes!("../assets/bulk.js")),
    ("cite.js", include_bytes!("../assets/cite.js")),
    ("conflict.js", include_bytes!("../assets/conflict.js")),
    ("diff.js", include_bytes!("../assets/diff.js")),
    ("dom.js", include_bytes!("../assets/dom.js")),
    ("draft.js", include_bytes!("../assets/draft.js")),
    ("form.js", include_bytes!("../assets/form.js")),
    ("frame.js", include_bytes!("../assets/frame.js")),
    ("guide.js", include_bytes!("../assets/guide.js")),
    ("kept.js", include_bytes!("../assets/kept.js")),
    ("keys.js", include_bytes!("../assets/keys.js")),
    ("marks.js", include_bytes!("../assets/marks.js")),
    ("moved.js", include_bytes!("../assets/moved.js")),
    ("options.js", include_bytes!("../assets/options.js")),
    ("outbox.js", include_bytes!("../assets/outbox.js")),
    ("paint.js", include_bytes!("../assets/paint.js")),
    ("pair.js", include_bytes!("../assets/pair.js")),
    ("passages.js", include_bytes!("../assets/passages.js")),
    ("queue.js", include_bytes!("../assets/queue.js")),
    ("relations.js", include_bytes!("../assets/relations.js")),
    ("sheet.js", include_bytes!("../assets/sheet.js")),
    ("spans.js", include_bytes!("../assets/spans.js")),
    ("suggest.js", include_bytes!("../assets/suggest.js")),
    ("talk.js", include_bytes!("../assets/talk.js")),
    ("text.js", include_bytes!("../assets/text.js")),
    ("timer.js", include_bytes!("../assets/timer.js")),
    ("toast.js", include_bytes!("../assets/toast.js")),
    ("undo.js", include_bytes!("../assets/undo.js")),
    ("weigh.js", include_bytes!("../assets/weigh.js")),
    ("work.js", include_bytes!("../assets/work.js")),
    ("write.js", include_bytes!("../assets/write.js")),
    ("alone.js", include_bytes!("../assets/alone.js")),
    ("wire.js", include_bytes!("../assets/wire.js")),
    ("icon.svg", include_bytes!("../assets/icon.svg")),
];

/// The address of an asset. All share one folder named by the hash of all, so modules import each other by name.
pub(crate) fn url(name: &str) -> String {
    debug_assert!(FILES.iter().any(|(known, _)| *known == name), "{name} is not in FILES");
    format!("/assets/{}/{name}", hash())
}

/// Sends an asset. An older page may still ask under an older hash: it gets what there is now, uncached.
pub(crate) async fn send(Path((asked, name)): Path<(String, String)>) -> Response {
    let Some((_, bytes)) = FILES.iter().find(|(known, _)| *known == name) else {
        return Problem::missing(format!("there is no asset `{name}`"), "reload the page").into_response();
    };
    let cache = if asked == hash() { "public, max-age=31536000, immutable" } else { "no-cache" };
    ([(CONTENT_TYPE, mime(&name)), (CACHE_CONTROL, cache)], *bytes).into_response()
}

fn mime(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let mut hasher = blake3::Hasher::new();
        for (name, bytes) in FILES {
            hasher.update(name.as_bytes()).update(&[0]).update(bytes);
        }
        hasher.finalize().to_hex()[..16].to_string()
    })
}
