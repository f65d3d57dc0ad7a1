//! Laws of every parser: no input panics, and every span quotes the stored text.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use engraft_core::{CharMap, Content};
use engraft_ingest::parse::{Limits, Outcome, ParseError, is_risky, parse};
use proptest::prelude::*;

const NAMES: [&str; 24] = [
    "a.md", "a.txt", "a.csv", "a.tsv", "a.json", "a.jsonl", "a.xml", "a.html", "a.eml", "a.mbox", "a.rtf",
    "a.vtt", "a.ipynb", "a.pdf", "a.docx", "a.pptx", "a.xlsx", "a.xls", "a.ods", "a.odt", "a.epub", "a.zip",
    "a.doc", "a",
];

fn lawful(name: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let _ = is_risky(name, bytes);
    match parse(name, bytes, &Limits::default()) {
        Ok(outcome) => {
            for parsed in &outcome.documents {
                quotes_in_order(&parsed.content)?;
            }
            for failure in &outcome.failures {
                prop_assert!(!failure.message.contains("gave up"), "{failure:?}");
            }
            let json = serde_json::to_string(&outcome).unwrap();
            prop_assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome);
        }
        Err(ParseError::Malformed(message)) => {
            prop_assert!(!message.contains("gave up") && !message.contains("overlap"), "{message}")
        }
        Err(_) => {}
    }
    Ok(())
}

fn quotes_in_order(content: &Content) -> Result<(), TestCaseError> {
    let map = CharMap::new(&content.text);
    let mut end = 0;
    for block in &content.blocks {
        prop_assert!(block.span.start() >= end);
        end = block.span.end();
        let quote = map.quote(block.span);
        prop_assert!(quote.is_some_and(|quote| !quote.trim().is_empty()), "{block:?} quotes {quote:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600), name in prop::sample::select(&NAMES[..])) {
        lawful(name, &bytes)?;
    }

    #[test]
    fn random_text(
        text in "(\\PC|\r\n|\n|\n\n|[\u{590}-\u{6ff}]|[\u{4e00}-\u{4eff}]|\u{1f468}\u{200d}\u{1f469}|a\u{301}){0,80}",
        name in prop::sample::select(&NAMES[..]),
    ) {
        lawful(name, text.as_bytes())?;
    }

    #[test]
    fn markup_in_any_order(
        parts in prop::collection::vec(prop::sample::select(&[
            "# ", "- ", "1. ", "> ", "```", "|", "|-|-|\n", "\n", "\n\n", "    ", "[a](b)", "![", "](", "**", "`", "<b>", "</b>", "<!--", "-->",
            "&amp;", "---\n", "title: x\n", "\r\n", "é", "漢", "word ", "[^1]", "[^1]: ", "\\", "\t", ":", "=", "<div>", "\u{a0}", "+++\n", "~~~\n",
        ][..]), 0..60),
        name in prop::sample::select(&["a.md", "a.html", "a.txt", "a.eml", "a.vtt"][..]),
    ) {
        lawful(name, parts.concat().as_bytes())?;
    }

    #[test]
    fn values_and_fields_in_any_order(
        parts in prop::collection::vec(prop::sample::select(&[
            ",", ";", "\"", "'", "\n", "\r\n", "\t", "|", "a", "1.5", "é", " ", "{", "}", "[", "]", "\"a\":", "null", "\"x\"", "sep=;\n", "{\"id\":1}\n",
        ][..]), 0..60),
        name in prop::sample::select(&["a.csv", "a.tsv", "a.json", "a.jsonl", "a.ipynb", "a"][..]),
    ) {
        lawful(name, parts.concat().as_bytes())?;
    }

    #[test]
    fn control_words_and_tags_in_any_order(
        parts in prop::collection::vec(prop::sample::select(&[
            "{", "}", "\\par ", "\\u8364?", "\\'e9", "\\cell", "\\row ", "\\intbl", "{\\*\\x ", "\\bin3 ", "word", "\\uc0", "{\\info{\\title T}}", "\\outlinelevel1 ",
            "<a>", "</a>", "<a b='c'>", "<![CDATA[x]]>", "&l;", "&#65;", "<title>", "</title>", "<p", "'", "<?x?>", "<!DOCTYPE a>",
        ][..]), 0..60),
        opening in prop::sample::select(&["{\\rtf1 ", "<?xml version='1.0'?><r>"][..]),
    ) {
        lawful("a", (opening.to_string() + &parts.concat()).as_bytes())?;
    }
}

#[test]
fn deep_nesting_is_bounded() {
    for open in ["> ", "- ", "[", "*a ", "<b>", "{", "{\\rtf1 {", "<?xml?><a>", "{\"a\":", "(", "**_", "| "] {
        let text = open.repeat(20_000);
        for name in ["a.md", "a.html", "a.json", "a"] {
            lawful(name, text.as_bytes()).unwrap();
        }
    }
}
