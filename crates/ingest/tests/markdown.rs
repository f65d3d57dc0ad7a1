//! Markdown and plain text keep every letter; blocks point at the words.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;

use engraft_core::CharMap;
use engraft_ingest::parse::{Limits, parse};
use expect_test::{Expect, expect};

#[track_caller]
fn check(text: &str, expected: Expect) {
    let outcome = parse("a.md", text.as_bytes(), &Limits::default()).unwrap();
    let content = &outcome.documents[0].content;
    assert_eq!(content.text, text);
    let map = CharMap::new(&content.text);
    let mut shown = format!("title {:?}", content.title);
    for block in &content.blocks {
        let plain = block.plain.as_ref().map(|plain| format!(" => {plain:?}")).unwrap_or_default();
        write!(shown, "\n{:?} {:?}{plain}", block.kind, map.quote(block.span).unwrap()).unwrap();
    }
    expected.assert_eq(&shown);
}

#[test]
fn headings_lose_their_marks() {
    check(
        "# One ##\r\n\r\nTwo *words*\r\n===\r\n### `three`\r\n",
        expect![[r#"
        title Some("One")
        Heading(1) "One"
        Heading(1) "Two *words*" => "Two words"
        Heading(3) "`three`" => "three""#]],
    );
}

#[test]
fn front_matter_gives_the_title_and_is_no_block() {
    check(
        "---\ntitle: Leave\n---\n\n# Other\n\nText.\n",
        expect![[r#"
        title Some("Leave")
        Heading(1) "Other"
        Paragraph "Text.""#]],
    );
}

#[test]
fn paragraphs_lose_link_targets_and_line_breaks() {
    check(
        "See [the **site**](https://a.example/x \"t\") and\n![a cat](cat.png) <https://b.example>.\\\nNext &amp; \\*last\\*.\n",
        expect![[r#"
        title None
        Paragraph "See [the **site**](https://a.example/x \"t\") and\n![a cat](cat.png) <https://b.example>.\\\nNext &amp; \\*last\\*." => "See the site and a cat https://b.example. Next & *last*.""#]],
    );
}

#[test]
fn items_nest_and_may_hold_paragraphs() {
    check(
        "- one\n  - inner\n- two\n\n  more\n1. [ ] task\n",
        expect![[r#"
        title None
        ListItem "one"
        ListItem "inner"
        ListItem "two"
        ListItem "more"
        ListItem "[ ] task" => "task""#]],
    );
}

#[test]
fn table_rows_name_their_columns() {
    check(
        "| Item | Price |\n|---|--:|\n| Bolt | 9 |\n| [Nut](n) | |\n",
        expect![[r#"
        title None
        TableRow "| Item | Price |" => "Item; Price"
        TableRow "| Bolt | 9 |" => "Item: Bolt; Price: 9"
        TableRow "| [Nut](n) | |" => "Item: Nut""#]],
    );
}

#[test]
fn code_is_quoted_as_it_stands() {
    check(
        "```rust\nfn a() {}\n\nlet b = \"`\";\n```\n\n    indented\n",
        expect![[r#"
        title None
        Code "fn a() {}\n\nlet b = \"`\";"
        Code "indented""#]],
    );
}

#[test]
fn html_is_stripped_from_what_is_indexed() {
    check(
        "<details><summary>More</summary>\n<p>in <b>bold</b></p>\n</details>\n\nA<br>b <kbd>c</kbd>\n\n<!-- nothing -->\n",
        expect![[r#"
        title None
        Paragraph "<details><summary>More</summary>\n<p>in <b>bold</b></p>\n</details>" => "More in bold"
        Paragraph "A<br>b <kbd>c</kbd>" => "A b c""#]],
    );
}

#[test]
fn quotes_and_footnotes_are_paragraphs() {
    check(
        "> one\n> two\n\nText[^1]\n\n[^1]: The note.\n",
        expect![[r#"
        title None
        Paragraph "one\n> two" => "one two"
        Paragraph "Text[^1]" => "Text"
        Paragraph "The note.""#]],
    );
}

#[test]
fn right_to_left_cjk_and_emoji_keep_their_places() {
    check(
        "# שלום עולם\n\n你好，世界。👩‍👩‍👧 e\u{301}\n\n* مرحبا\n",
        expect![[r#"
        title Some("שלום עולם")
        Heading(1) "שלום עולם"
        Paragraph "你好，世界。👩\u{200d}👩\u{200d}👧 e\u{301}"
        ListItem "مرحبا""#]],
    );
}
