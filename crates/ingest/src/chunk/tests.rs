//! The laws of chunks, and the small cases that show them.

use engraft_core::{Block, BlockKind, Span};
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

/// Four characters a token, marks and ideographs one each; adds up over white space as WordPiece does.
struct Pieces;

impl CountTokens for Pieces {
    fn count(&self, text: &str) -> usize {
        let (mut tokens, mut run) = (0, 0_usize);
        for c in text.chars().chain([' ']) {
            if c.is_ascii_alphanumeric() || (c.is_alphabetic() && c < '\u{2e80}') {
                run += 1;
                continue;
            }
            tokens += run.div_ceil(4) + usize::from(!c.is_whitespace());
            run = 0;
        }
        tokens
    }
}

/// Does not add up: a long text has more tokens than its parts.
struct Unfriendly;

impl CountTokens for Unfriendly {
    fn count(&self, text: &str) -> usize {
        let chars = text.chars().count();
        chars.div_ceil(3) + chars / 40
    }
}

/// A document of `# heading`, `| row` (its plain: `k: row`), and paragraph lines; blank lines are left out.
fn document(lines: &[&str]) -> Content {
    let mut content = Content::default();
    let mut at = 0;
    for line in lines {
        let words = line.trim_start_matches(['#', '|', ' ']);
        let marks = line.len() - words.len();
        let kind = match line.chars().next() {
            Some('#') => BlockKind::Heading(line.chars().take_while(|c| *c == '#').count() as u8),
            Some('|') => BlockKind::TableRow,
            _ => BlockKind::Paragraph,
        };
        let chars = line.chars().count();
        let plain = (kind == BlockKind::TableRow).then(|| format!("k: {words}"));
        let span = Span::new(at + marks, at + chars);
        content.blocks.extend(span.map(|span| Block { span, kind, page: None, place: None, plain }));
        content.text.push_str(line);
        content.text.push('\n');
        at += chars + 1;
    }
    content
}

fn shown(content: &Content, limits: &ChunkLimits) -> String {
    let map = CharMap::new(&content.text);
    let mut lines = String::new();
    for chunk in chunk(content, &Pieces, limits) {
        let quote = map.quote(chunk.span).unwrap().replace('\n', "⏎");
        let plain = chunk.plain.map(|plain| format!(" = {}", plain.replace('\n', "⏎"))).unwrap_or_default();
        lines.push_str(&format!("[{}] {quote}{plain}\n", chunk.heading.join(" > ")));
    }
    lines
}

#[track_caller]
fn check(lines: &[&str], window: usize, expected: Expect) {
    expected.assert_eq(&shown(&document(lines), &ChunkLimits { window, special: 2, context: 8 }));
}

#[test]
fn blocks_under_one_heading_are_put_together_and_headings_part_them() {
    check(
        &["# Leave", "You get 30 days.", "Ask early.", "## Sick leave", "Call us."],
        40,
        expect![[r#"
            [Leave] You get 30 days.⏎Ask early.
            [Leave > Sick leave] Call us.
        "#]],
    );
}

#[test]
fn a_block_is_split_only_when_it_does_not_fit_alone() {
    check(
        &["one two three four.", "five six seven. eight nine ten. one two three."],
        14,
        expect![[r#"
            [] one two three four.⏎five six seven.
            [] eight nine ten. one two three.
        "#]],
    );
}

#[test]
fn the_last_two_chunks_share_evenly() {
    check(
        &["a b.", "a b.", "a b.", "a b.", "a b.", "a b."],
        17,
        expect![[r#"
            [] a b.⏎a b.⏎a b.
            [] a b.⏎a b.⏎a b.
        "#]],
    );
}

#[test]
fn a_word_longer_than_the_window_is_cut_between_characters() {
    check(
        &[&"abcdefgh".repeat(8)],
        10,
        expect![[r#"
        [] abcdefghabcdefghabcdefghabcdefgh
        [] abcdefghabcdefghabcdefghabcdefgh
    "#]],
    );
}

#[test]
fn rows_keep_their_header_in_plain_and_are_not_split() {
    check(
        &["# Prices", "| apple 3", "| pear 4", "| plum 5"],
        16,
        expect![[r#"
            [Prices] apple 3 = k: apple 3
            [Prices] pear 4⏎| plum 5 = k: pear 4⏎k: plum 5
        "#]],
    );
}

#[test]
fn a_row_that_does_not_fit_shares_its_plain_among_its_parts() {
    check(
        &["| one two three four five six seven eight nine ten"],
        10,
        expect![[r#"
            [] one two three four = k: one two three four
            [] five six seven eight nine ten = five six seven eight nine ten
        "#]],
    );
}

#[test]
fn headings_without_text_join_the_next_path_or_become_a_chunk() {
    check(
        &["# A", "## B", "## C", "text", "## D"],
        40,
        expect![[r#"
            [A > B > C] text
            [A] D
        "#]],
    );
    check(
        &["# A", "## B", "# C"],
        40,
        expect![[r#"
        [] A⏎## B⏎# C
    "#]],
    );
    check(
        &["# A", "## B", "## C", "## D", "## E", "text"],
        40,
        expect![[r#"
            [] B⏎## C⏎## D
            [A > E] text
        "#]],
    );
}

#[test]
fn context_drops_the_outermost_headings_and_never_the_innermost() {
    let path: Vec<String> = ["Part one", "Chapter two", "Section three"].map(String::from).into();
    let line = |title, budget| {
        context(title, &path, &Pieces, &ChunkLimits { window: 256, special: 2, context: budget })
    };
    expect!["Book > Part one > Chapter two > Section three"].assert_eq(&line(Some("Book"), 64));
    expect!["Book > Chapter two > Section three"].assert_eq(&line(Some("Book"), 11));
    expect!["Section three"].assert_eq(&line(Some("A very long title of a book"), 6));
    expect!["Section"].assert_eq(&line(None, 2));
    expect![""].assert_eq(&line(None, 0));
}

#[test]
fn a_context_repeats_neither_title_nor_parent() {
    let limits = ChunkLimits::default();
    expect!["Leave > Sick"].assert_eq(&context(
        Some("Leave"),
        &["Leave".into(), "Sick".into()],
        &Pieces,
        &limits,
    ));
}

#[test]
fn chunks_of_one_sheet_name_their_cells_and_sheets_are_not_mixed() {
    let mut content = document(&["| a", "| b", "| c"]);
    for (block, place) in content.blocks.iter_mut().zip(["Prices!A2:D2", "Prices!A3:D3", "Costs!A1:B1"]) {
        block.place = Some(place.to_string());
    }
    let places: Vec<_> =
        chunk(&content, &Pieces, &ChunkLimits::default()).into_iter().map(|c| c.place).collect();
    assert_eq!(places, [Some("Prices!A2:D3".to_string()), Some("Costs!A1:B1".to_string())]);
}

#[test]
fn an_edit_in_one_paragraph_changes_only_the_chunks_of_its_section() {
    let story = |word: &str| {
        let long = "A sentence of several words. ".repeat(9);
        let edited = format!("{long} {word}");
        document(&["# One", &long, &long, "# Two", &long, &edited, &long, "# Three", &long, &long])
    };
    let read = |content: &Content| -> Vec<(String, String)> {
        let map = CharMap::new(&content.text);
        let limits = ChunkLimits { window: 64, special: 2, context: 8 };
        let chunks = chunk(content, &Pieces, &limits);
        chunks.into_iter().map(|c| (c.heading.join(" > "), map.quote(c.span).unwrap().to_string())).collect()
    };
    let (before, after) = (read(&story("old")), read(&story("entirely new words that are longer")));
    let changed: Vec<&str> =
        after.iter().filter(|chunk| !before.contains(chunk)).map(|(heading, _)| heading.as_str()).collect();
    assert!(!changed.is_empty() && changed.iter().all(|heading| *heading == "Two"), "{changed:?}");
    assert!(changed.len() <= 2, "{changed:?}");
}

#[test]
fn borders_far_behind_an_edit_in_a_long_section_stay() {
    let paragraph = |i: usize| "word ".repeat(5 + (i * 7) % 23);
    let mut lines: Vec<String> = (0..200).map(paragraph).collect();
    let starts = |lines: &[String]| -> Vec<usize> {
        let content = document(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let end = content.text.chars().count();
        let limits = ChunkLimits { window: 66, special: 2, context: 8 };
        chunk(&content, &Pieces, &limits).iter().map(|chunk| end - chunk.span.start()).collect()
    };
    let before = starts(&lines);
    lines[3].push_str("some more words than there were before the edit was made");
    let after = starts(&lines);
    let kept = after.iter().filter(|start| before.contains(start)).count();
    assert!(kept * 10 >= after.len() * 8, "{kept} of {}", after.len());
}

/// Texts in many scripts, line ends and sizes.
fn words() -> impl Strategy<Value = String> {
    "([a-z]{1,12}|[.!?,;]|[0-9]{1,4}|\\PC{1,3}|[\u{590}-\u{6ff}]{1,6}|[\u{4e00}-\u{4e3f}]{1,20}|。|\u{1f468}\u{200d}\u{1f469}|a\u{301}| |\r\n|\n|\u{c}|\u{a0}|[x-z]{90,140}){0,40}"
}

fn documents() -> impl Strategy<Value = Content> {
    let block = (words(), 0u8..9, proptest::option::weighted(0.3, words()));
    proptest::collection::vec((block, "[ \n*|-]{0,4}"), 0..9).prop_map(|blocks| {
        let mut content = Content::default();
        for ((words, kind, plain), gap) in blocks {
            content.text.push_str(&gap);
            let start = content.text.chars().count();
            content.text.push_str(&words);
            let kind = match kind {
                0..=2 => BlockKind::Heading(kind + 1),
                3 => BlockKind::Code,
                4 => BlockKind::TableRow,
                5 => BlockKind::ListItem,
                _ => BlockKind::Paragraph,
            };
            let span = Span::new(start, content.text.chars().count());
            content.blocks.extend(span.map(|span| Block { span, kind, page: None, place: None, plain }));
        }
        content
    })
}

/// Every law of [`chunk`], for one document.
fn laws(content: &Content, count: &dyn CountTokens, limits: &ChunkLimits) -> Result<(), TestCaseError> {
    let map = CharMap::new(&content.text);
    let chunks = chunk(content, count, limits);
    prop_assert_eq!(&chunks, &chunk(content, count, limits));
    let mut end = 0;
    let mut covered = vec![false; map.chars()];
    for chunk in &chunks {
        prop_assert!(chunk.span.start() >= end);
        end = chunk.span.end();
        covered[chunk.span.start()..end].fill(true);
        let quote = map.quote(chunk.span);
        prop_assert!(quote.is_some_and(|quote| quote.trim() == quote), "{:?}", quote);
        let context = context(content.title.as_deref(), &chunk.heading, count, limits);
        prop_assert!(count.count(&context) <= limits.context);
        let read = encoder_text(&context, chunk.plain.as_deref().or(quote).unwrap_or_default());
        prop_assert!(
            count.count(&read) + limits.special <= limits.window,
            "{:?} has {}",
            read,
            count.count(&read)
        );
    }
    let chars: Vec<char> = content.text.chars().collect();
    let mut visible = false;
    for block in &content.blocks {
        let inside = block.span.start()..block.span.end();
        visible |= inside.clone().any(|i| !chars[i].is_whitespace());
        if !matches!(block.kind, BlockKind::Heading(_)) {
            prop_assert!(inside.clone().all(|i| covered[i] || chars[i].is_whitespace()));
        }
    }
    prop_assert_eq!(visible, !chunks.is_empty());
    Ok(())
}

#[test]
fn a_character_whose_plain_is_too_long_stands_for_itself() {
    let heading =
        Block { plain: Some(format!("{}。", "x".repeat(90))), ..block(0, 1, BlockKind::Heading(1)) };
    let tail =
        "zxzzzxxzyxxzxzxxyxyzxxyxyyxzxyxxzxzxxyzxzxxzyxxzxzyxyyxxxzxyxyzzxxxxyyxxyxxzzyyxxxzyyzyyyyyxzxyx";
    let plain = Some(format!(" 。\r\n?一一一一一一一一。{tail}\n"));
    let code = Block { plain, ..block(2, 5, BlockKind::Code) };
    let content = Content { text: "a|a\u{301}。".into(), blocks: vec![heading, code], ..Content::default() };
    for window in 12..60 {
        laws(&content, &Unfriendly, &ChunkLimits { window, special: 2, context: 6 }).unwrap();
    }
}

fn block(start: usize, end: usize, kind: BlockKind) -> Block {
    Block { span: Span::new(start, end).unwrap(), kind, page: None, place: None, plain: None }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn chunks_quote_fit_follow_and_cover(content in documents(), window in 12usize..60, context in 0usize..20) {
        laws(&content, &Pieces, &ChunkLimits { window, special: 2, context })?;
    }

    #[test]
    fn a_tokenizer_that_does_not_add_up_changes_no_law(content in documents(), window in 12usize..60) {
        laws(&content, &Unfriendly, &ChunkLimits { window, special: 2, context: 6 })?;
    }
}
