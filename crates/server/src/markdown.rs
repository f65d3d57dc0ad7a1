//! Markdown as HTML that cannot do harm: raw HTML is shown as it is written, links lead to the web only.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, html};

/// The HTML of a Markdown text. Headings start at the second level, for the page has its own first.
pub(crate) fn render(markdown: &str) -> Markup {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut out = String::new();
    html::push_html(&mut out, Parser::new_ext(markdown, options).map(tame));
    PreEscaped(out)
}

fn tame(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: safe(dest_url, link_type), title, id })
        }
        // A picture from elsewhere would tell its server who reads; its description remains.
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(pulldown_cmark::TagEnd::Image) => Event::End(pulldown_cmark::TagEnd::Emphasis),
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: lower(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(pulldown_cmark::TagEnd::Heading(level)) => {
            Event::End(pulldown_cmark::TagEnd::Heading(lower(level)))
        }
        other => other,
    }
}

fn safe<'a>(url: CowStr<'a>, kind: LinkType) -> CowStr<'a> {
    let lower = url.to_ascii_lowercase();
    let harmless = ["http://", "https://", "mailto:", "#", "/"].iter().any(|start| lower.starts_with(start));
    if harmless || kind == LinkType::Email { url } else { CowStr::Borrowed("#") }
}

fn lower(level: pulldown_cmark::HeadingLevel) -> pulldown_cmark::HeadingLevel {
    use pulldown_cmark::HeadingLevel::{H2, H3, H4, H5, H6};
    match level as usize {
        1 => H2,
        2 => H3,
        3 => H4,
        4 => H5,
        _ => H6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[expect(clippy::needless_pass_by_value, reason = "expect! makes a value")]
    #[track_caller]
    fn check(markdown: &str, expected: Expect) {
        expected.assert_eq(&render(markdown).into_string());
    }

    #[test]
    fn markdown_becomes_html_one_heading_level_lower() {
        check(
            "# Rules\n\nBe *kind*.",
            expect![[r#"
            <h2>Rules</h2>
            <p>Be <em>kind</em>.</p>
        "#]],
        );
    }

    #[test]
    fn raw_html_is_shown_never_run() {
        check(
            "<script>alert(1)</script>\n\nand <img src=x onerror=alert(1)>",
            expect![[r#"
            &lt;script&gt;alert(1)&lt;/script&gt;
            <p>and &lt;img src=x onerror=alert(1)&gt;</p>
        "#]],
        );
    }

    #[test]
    fn links_run_no_script_and_pictures_load_nothing() {
        check(
            "[a](javascript:alert(1)) [b](JaVaScRiPt:x) [c](data:text/html,x) [d](https://example.org)",
            expect![[r##"
            <p><a href="#">a</a> <a href="#">b</a> <a href="#">c</a> <a href="https://example.org">d</a></p>
        "##]],
        );
        check(
            "![a cat](https://example.org/cat.png)",
            expect![[r#"
            <p><em>a cat</em></p>
        "#]],
        );
    }
}
