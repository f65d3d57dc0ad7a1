//! Rows to blocks: lines are joined to paragraphs, and headings, list items, code and tables are told apart.

use std::collections::{BTreeMap, BTreeSet};

use engraft_core::BlockKind;

use super::line::is_ideograph;
use super::row::Row;
use super::table::{Table, tables};
use crate::parse::build::{Builder, labelled_row, one_line};

/// Longer lines of larger type are running text.
const MAX_HEADING_CHARS: usize = 160;

/// A block in the making.
#[derive(Debug)]
struct Draft {
    kind: BlockKind,
    text: String,
    page: u32,
    /// The rows it was made of: first, last.
    rows: (usize, usize),
    plain: Option<String>,
}

/// Writes the rows of a document as blocks. `outline` holds the titles of the document's own table of contents, in
/// the form of [`key`], with their levels.
pub(super) fn write(rows: &[Row], outline: &BTreeMap<String, u8>, builder: &mut Builder) {
    let style = Style::of(rows);
    let mut drafts: Vec<Draft> = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let end = at + rows[at..].iter().take_while(|row| row.region == rows[at].region).count();
        region(rows, at, end, &style, &mut drafts);
        at = end;
    }
    merge_across_regions(&mut drafts, rows, &style);
    let levels = style.levels(&drafts, rows, outline);
    for (draft, level) in drafts.into_iter().zip(levels) {
        builder.page = Some(draft.page);
        let kind = level.map_or(draft.kind, BlockKind::Heading);
        if let Some(block) = builder.push(kind, &draft.text) {
            block.plain = draft.plain;
        }
    }
}

/// What is usual in the document.
struct Style {
    /// The size of running text.
    body: f32,
    /// Words with a hyphen inside, in lower case.
    hyphenated: BTreeSet<String>,
    /// Words without.
    whole: BTreeSet<String>,
}

impl Style {
    fn of(rows: &[Row]) -> Style {
        let mut sizes: BTreeMap<i32, usize> = BTreeMap::new();
        let (mut hyphenated, mut whole) = (BTreeSet::new(), BTreeSet::new());
        for cell in rows.iter().flat_map(|row| &row.cells) {
            *sizes.entry((cell.size * 2.0).round() as i32).or_default() += cell.weight();
            for word in cell.text.split(' ') {
                let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '-').to_lowercase();
                if word.trim_matches('-').contains('-') {
                    hyphenated.insert(word);
                } else if !word.ends_with('-') {
                    whole.insert(word);
                }
            }
        }
        let body =
            sizes.iter().max_by_key(|(_, weight)| **weight).map_or(10.0, |(size, _)| *size as f32 / 2.0);
        Style { body, hyphenated, whole }
    }

    /// Appends a line to a paragraph: a word divided at its end is made whole, blanks come where the script has them.
    fn join(&self, text: &mut String, next: &str) {
        let tail = text.chars().next_back();
        let head = next.chars().next();
        let (Some(tail), Some(head)) = (tail, head) else {
            text.push_str(next);
            return;
        };
        if tail == '-' && head.is_lowercase() {
            let start = text.rfind(' ').map_or(0, |at| at + 1);
            let first = text[start..].trim_end_matches('-').to_lowercase();
            let rest = next.split(' ').next().unwrap_or(next).to_lowercase();
            let rest = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
            let first = first.trim_start_matches(|c: char| !c.is_alphanumeric());
            if first.chars().next_back().is_some_and(char::is_alphabetic) {
                let divided = !self.hyphenated.contains(&format!("{first}-{rest}"))
                    || self.whole.contains(&format!("{first}{rest}"));
                if divided {
                    text.pop();
                }
                text.push_str(next);
                return;
            }
        }
        let tight = (is_ideograph(tail) && is_ideograph(head)) || (tail == '-' && head.is_alphabetic());
        if !tight {
            text.push(' ');
        }
        text.push_str(next);
    }

    /// For each draft the level of heading it is, if any.
    fn levels(&self, drafts: &[Draft], rows: &[Row], outline: &BTreeMap<String, u8>) -> Vec<Option<u8>> {
        let size = |draft: &Draft| ((rows[draft.rows.0].size() * 2.0).round() / 2.0).max(0.5);
        let heading = |draft: &Draft| self.looks_like_heading(draft, rows);
        let mut larger: Vec<i32> = drafts
            .iter()
            .filter(|draft| heading(draft) && size(draft) >= 1.12 * self.body)
            .map(|draft| (size(draft) * 2.0) as i32)
            .collect();
        larger.sort_unstable();
        larger.dedup();
        larger.reverse();
        let level = |draft: &Draft| {
            if draft.kind != BlockKind::Paragraph && draft.kind != BlockKind::ListItem {
                return None;
            }
            if let Some(level) = outline.get(&key(&draft.text)) {
                return Some((*level).clamp(1, 6));
            }
            if !heading(draft) {
                return None;
            }
            let rank = larger.iter().position(|&s| s <= (size(draft) * 2.0) as i32).unwrap_or(larger.len());
            let numbered = numbering(&draft.text);
            Some(if numbered > 1 { numbered.min(6) } else { (rank + 1).min(6) as u8 })
        };
        drafts.iter().map(level).collect()
    }

    fn looks_like_heading(&self, draft: &Draft, rows: &[Row]) -> bool {
        let (first, last) = draft.rows;
        let chars = draft.text.chars().count();
        if !matches!(draft.kind, BlockKind::Paragraph | BlockKind::ListItem)
            || chars > MAX_HEADING_CHARS
            || last - first > 3
        {
            return false;
        }
        if draft.text.chars().filter(|c| c.is_alphabetic()).count() < 2 {
            return false;
        }
        let size = rows[first].size();
        let bold = rows[first..=last].iter().all(Row::bold);
        let ends_open = !draft.text.ends_with(['.', ',', ';']) || numbering(&draft.text) > 0 && chars < 60;
        let numbered_item = draft.kind == BlockKind::ListItem && numbering(&draft.text) == 0;
        if numbered_item || !ends_open {
            return false;
        }
        size >= 1.12 * self.body || (bold && size >= 0.85 * self.body && last - first <= 1 && chars <= 100)
    }
}

/// How many numbers open a numbered heading: 2 for `2.1 Scope`, 0 for none.
fn numbering(text: &str) -> u8 {
    let Some((first, rest)) = text.split_once(' ') else { return 0 };
    let parts: Vec<&str> = first.trim_end_matches('.').split('.').collect();
    let numbered =
        parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    let titled = rest.chars().next().is_some_and(char::is_uppercase);
    if numbered && titled && parts.len() <= 5 { parts.len() as u8 } else { 0 }
}

/// The form in which titles are compared: letters and digits only, in lower case.
pub(super) fn key(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Writes rows `from..to`, which belong to one region.
fn region(rows: &[Row], from: usize, to: usize, style: &Style, drafts: &mut Vec<Draft>) {
    let mut found = tables(&rows[from..to]).into_iter().peekable();
    let usual = Usual::of(&rows[from..to]);
    let mut at = from;
    while at < to {
        if let Some(table) = found.next_if(|table| from + table.from == at) {
            at = from + table.to;
            push_table(&table, rows, from, drafts);
            continue;
        }
        let row = &rows[at];
        let starts =
            at == from || drafts.last().is_none_or(|d| d.rows.1 + 1 != at || d.kind == BlockKind::TableRow);
        let text = one_line(&row.text());
        let (kind, text) = kind_of(row, &text);
        match drafts.last_mut() {
            Some(last) if !starts && continues(last, &rows[last.rows.0..=at], kind, &usual) => {
                if kind == BlockKind::Code {
                    last.text.push('\n');
                    last.text.push_str(&text);
                } else {
                    style.join(&mut last.text, &text);
                }
                last.rows.1 = at;
            }
            _ => drafts.push(Draft { kind, text, page: row.page, rows: (at, at), plain: None }),
        }
        at += 1;
    }
}

/// The edges and the line pitch of a region.
struct Usual {
    x0: f32,
    x1: f32,
    pitch: f32,
}

impl Usual {
    fn of(rows: &[Row]) -> Usual {
        let x0 = rows.iter().map(Row::x0).fold(f32::INFINITY, f32::min);
        let x1 = rows.iter().map(Row::x1).fold(f32::NEG_INFINITY, f32::max);
        let mut pitches: Vec<f32> = rows
            .windows(2)
            .map(|pair| (pair[0].y() - pair[1].y()) / pair[1].size().max(1.0))
            .filter(|pitch| (0.8..2.5).contains(pitch))
            .collect();
        pitches.sort_by(f32::total_cmp);
        let pitch = pitches.get(pitches.len() / 2).copied().unwrap_or(1.2);
        Usual { x0, x1, pitch }
    }
}

/// Whether the last of `rows` carries on the paragraph made of those before it.
fn continues(draft: &Draft, rows: &[Row], kind: BlockKind, usual: &Usual) -> bool {
    let [first, .., next] = rows else { return false };
    let before = &rows[rows.len() - 2];
    let gap = before.y() - next.y();
    let size = next.size().max(1.0);
    if gap <= 0.0 || gap > (1.35 * usual.pitch).max(1.15) * size.max(before.size()) {
        return false;
    }
    if draft.kind == BlockKind::Code || kind == BlockKind::Code {
        return draft.kind == kind;
    }
    if kind == BlockKind::ListItem
        || (size - before.size()).abs() > 0.1 * size
        || before.bold() != next.bold() && ends(before, usual)
    {
        return false;
    }
    let indented = next.x0() - before.x0() > 0.8 * size && next.x0() - usual.x0 < 6.0 * size;
    if draft.kind == BlockKind::ListItem {
        // Items hang: their further lines start at or right of the first.
        return next.x0() > first.x0() - 0.5 * size
            && !(ends(before, usual) && next.x0() < first.x0() + 0.3 * size);
    }
    if indented && (ends_sentence(before) || ends(before, usual)) && rows.len() > 2
        || indented && ends_sentence(before)
    {
        return false;
    }
    // Bold lines that do not fill the measure are titles, one per line.
    let titles = before.bold() && next.bold() && !next.text().starts_with(char::is_lowercase);
    !(ends(before, usual) && (ends_sentence(before) || titles))
}

/// Whether a row stops well before the right edge.
fn ends(row: &Row, usual: &Usual) -> bool {
    row.x1() < usual.x1 - 0.15 * (usual.x1 - usual.x0)
}

fn ends_sentence(row: &Row) -> bool {
    row.text()
        .trim_end_matches(['"', '”', '’', ')', ']'])
        .ends_with(['.', '!', '?', ':', '。', '！', '？', '؟'])
}

/// What a row opens, and its text without the bullet.
fn kind_of(row: &Row, text: &str) -> (BlockKind, String) {
    if row.mono() && text.chars().count() > 2 {
        // Indentation says something in code.
        return (BlockKind::Code, text.to_string());
    }
    let mut chars = text.chars();
    let first = chars.next().unwrap_or(' ');
    let rest = chars.as_str();
    if "•◦▪▫●○■□‣∙·➢➤✓–—*".contains(first) && rest.starts_with(' ') && !rest.trim().is_empty()
        || "•●▪‣".contains(first) && rest.chars().any(char::is_alphabetic)
    {
        return (BlockKind::ListItem, rest.trim().to_string());
    }
    if first == '-' && rest.starts_with(' ') && rest.trim().chars().next().is_some_and(char::is_alphabetic) {
        return (BlockKind::ListItem, rest.trim().to_string());
    }
    let marker = text.split(' ').next().unwrap_or_default();
    let inner = marker.trim_start_matches('(').trim_end_matches([')', '.']);
    let closed = marker.len() > inner.len() && (marker.ends_with(')') || marker.ends_with('.'));
    let short = inner.chars().count() <= 2 && !inner.is_empty();
    let counts = inner.bytes().all(|b| b.is_ascii_digit())
        || inner.len() == 1 && inner.bytes().all(|b| b.is_ascii_lowercase());
    if closed && short && counts && text.len() > marker.len() {
        return (BlockKind::ListItem, text.to_string());
    }
    (BlockKind::Paragraph, text.to_string())
}

fn push_table(table: &Table, rows: &[Row], from: usize, drafts: &mut Vec<Draft>) {
    let span = (from + table.from, from + table.to - 1);
    for (nth, cells) in table.rows.iter().enumerate() {
        let text = cells.iter().map(|cell| cell.trim()).collect::<Vec<_>>().join(" | ");
        let headers: &[String] = if nth < table.header_rows { &[] } else { &table.headers };
        let plain = labelled_row(headers, cells);
        drafts.push(Draft { kind: BlockKind::TableRow, text, page: rows[span.0].page, rows: span, plain });
    }
}

/// Joins a paragraph that a column or page break divides.
fn merge_across_regions(drafts: &mut Vec<Draft>, rows: &[Row], style: &Style) {
    let mut merged: Vec<Draft> = Vec::with_capacity(drafts.len());
    for draft in drafts.drain(..) {
        if let Some(last) = merged.last_mut() {
            let (end, start) = (&rows[last.rows.1], &rows[draft.rows.0]);
            let open = matches!(last.kind, BlockKind::Paragraph | BlockKind::ListItem)
                && last.text.chars().count() > 40
                && !ends_sentence(end);
            let goes_on = draft.kind == BlockKind::Paragraph
                && draft.text.chars().next().is_some_and(|c| c.is_lowercase() || is_ideograph(c));
            if end.region != start.region
                && open
                && goes_on
                && start.page <= end.page + 1
                && (end.size() - start.size()).abs() < 0.1 * end.size()
            {
                style.join(&mut last.text, &draft.text);
                last.rows.1 = draft.rows.1;
                continue;
            }
        }
        merged.push(draft);
    }
    *drafts = merged;
}
