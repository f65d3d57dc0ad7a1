//! Pages, and what is read from them.

use std::fmt::Write as _;

use engraft_core::{CharMap, Content};
use engraft_ingest::parse::{Limits, ParseError, parse};
use expect_test::{Expect, expect};

fn read(page: &[u8]) -> Result<Content, ParseError> {
    parse("a.html", page, &Limits::default()).map(|mut outcome| outcome.documents.remove(0).content)
}

#[track_caller]
fn check(page: &str, expected: Expect) {
    let content = read(page.as_bytes()).expect("the page has text");
    let map = CharMap::new(&content.text);
    let mut shown = String::new();
    for block in &content.blocks {
        let quote = map.quote(block.span).expect("spans lie in the text");
        let plain = block.plain.as_ref().map(|plain| format!(" = {plain}")).unwrap_or_default();
        writeln!(shown, "{:?} {quote}{plain}", block.kind).expect("strings grow");
    }
    expected.assert_eq(&shown);
}

const ARTICLE: &str = "<p>The office opens at eight in the morning and closes at seven in the evening, on all days of the week \
    but Sunday, when nobody works, and on public holidays, when only the guard is in the house.</p>\
    <p>Visitors sign the book at the desk, wear a badge that can be seen, and are met by the person they come to see, \
    who also brings them back to the door when the visit is over.</p>\
    <p>Parking is free below the building for those who have a card, and costs two euros an hour for all others, \
    who find the machine at the exit, which takes coins and cards.</p>";

#[test]
fn navigation_banners_and_related_links_go_and_the_article_stays() {
    let page = format!(
        "<html><body><nav><a href=/>Home</a> <a href=/b>Blog</a></nav><div class=cookie-consent>We use cookies to make \
         this page better, do you agree with that? <button>Yes</button></div><main><h1>Visiting us</h1>{ARTICLE}</main>\
         <div class=related><h3>Related</h3><a href=1>One</a><a href=2>Two</a></div><footer>© Us</footer></body></html>"
    );
    check(
        &page,
        expect![[r#"
        Heading(1) Visiting us
        Paragraph The office opens at eight in the morning and closes at seven in the evening, on all days of the week but Sunday, when nobody works, and on public holidays, when only the guard is in the house.
        Paragraph Visitors sign the book at the desk, wear a badge that can be seen, and are met by the person they come to see, who also brings them back to the door when the visit is over.
        Paragraph Parking is free below the building for those who have a card, and costs two euros an hour for all others, who find the machine at the exit, which takes coins and cards.
    "#]],
    );
}

#[test]
fn an_article_in_a_part_with_an_unlikely_name_is_kept() {
    let content =
        read(format!("<body><div class=sidebar>{ARTICLE}</div></body>").as_bytes()).expect("it has text");
    assert!(content.text.contains("takes coins and cards"));
}

#[test]
fn lists_code_and_line_breaks_keep_their_form() {
    check(
        "<h2>Steps</h2><ol start=3><li>Open<li>Close</ol><ul><li>a<ul><li>b</ul></ul><pre>if x:\n    y</pre><p>1<br>2",
        expect![[r#"
        Heading(2) Steps
        ListItem 3. Open
        ListItem 4. Close
        ListItem a
        ListItem b
        Code if x:
            y
        Paragraph 1
        2
    "#]],
    );
}

#[test]
fn rows_carry_their_headers_also_across_merged_cells() {
    check(
        "<table><thead><tr><th>City<th colspan=2>Limit</tr></thead><tr><td rowspan=2>Rome<td>90<td>EUR</tr><tr><td>95<td>USD</tr></table>",
        expect![[r#"
            TableRow City | Limit = City; Limit; Limit
            TableRow Rome | 90 | EUR = City: Rome; Limit: 90; Limit: EUR
            TableRow 95 | USD = City: Rome; Limit: 95; Limit: USD
        "#]],
    );
}

#[test]
fn a_table_that_arranges_the_page_is_no_table() {
    check(
        "<table><tr><td><h1>Title</h1><p>Text</p><table><tr><td>a<td>b</tr></table></td></tr></table>",
        expect![[r#"
        Heading(1) Title
        Paragraph Text
        TableRow a | b = a; b
    "#]],
    );
}

#[test]
fn the_head_gives_title_address_date_and_language() {
    let content = read(
        b"<html lang=de><head><title>Regeln - Firma</title><meta property=og:title content=Regeln>\
          <link rel=canonical href='https://a.example/regeln'><script type='application/ld+json'>\
          {\"@graph\":[{\"datePublished\":\"2024-02-03T10:00\"}]}</script></head><p>Gr\xfc\xdfe aus K\xf6ln an alle.",
    )
    .expect("it has text");
    assert_eq!(content.title.as_deref(), Some("Regeln"));
    assert_eq!(content.metadata["canonical_url"], "https://a.example/regeln");
    assert_eq!(content.metadata["published"], "2024-02-03");
    assert_eq!(content.metadata["lang"], "de");
    assert_eq!(content.text, "Grüße aus Köln an alle.");
}

#[test]
fn entities_are_resolved_and_hidden_parts_left_out() {
    check(
        "<p>R&amp;D &lt; 5&nbsp;&euro;<span style='display: none'>x</span><script>y</script>",
        expect![[r#"
        Paragraph R&D < 5 €
    "#]],
    );
}

#[test]
fn deep_nesting_ends_well() {
    let deep = "<div>".repeat(20_000) + "end";
    assert_eq!(read(deep.as_bytes()).map_err(|error| error.code()), Err("too_large"));
    assert!(
        read(("<p>start</p>".to_string() + &deep).as_bytes()).is_ok_and(|content| content.text == "start")
    );
}
