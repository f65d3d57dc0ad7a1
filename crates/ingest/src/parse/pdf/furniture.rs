//! Running headers, footers and page numbers: lines at the edges of pages that come back page after page.

use std::collections::{BTreeMap, BTreeSet};

use super::row::Row;

/// Fewer pages than this show no pattern.
const MIN_PAGES: usize = 3;
/// A line at the same place of this many pages is no chance.
const ENOUGH_PAGES: usize = 6;

/// Removes the rows that repeat at the edge of many pages, and returns their texts without their numbers.
pub(super) fn remove(rows: &mut Vec<Row>, pages: usize) -> BTreeSet<String> {
    let mut seen: BTreeMap<(String, i32), BTreeSet<u32>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.at_edge) {
        seen.entry((pattern(&row.text()), height(row))).or_default().insert(row.page);
    }
    // Left and right pages often differ, hence less than half; parts of a long document have their own.
    let least = MIN_PAGES.max(pages * 4 / 10).min(ENOUGH_PAGES);
    let repeats = |row: &Row| {
        let pattern = pattern(&row.text());
        let at = height(row);
        // A line may sit on either side of a rounding border.
        let pages: BTreeSet<u32> =
            (at - 1..=at + 1).filter_map(|at| seen.get(&(pattern.clone(), at))).flatten().copied().collect();
        pages.len() >= least
    };
    let removed: Vec<bool> = rows.iter().map(|row| row.at_edge && repeats(row)).collect();
    if removed.iter().all(|&removed| removed) {
        // Every page says the same: that is all there is.
        return BTreeSet::new();
    }
    let mut texts = BTreeSet::new();
    let mut nth = 0;
    rows.retain(|row| {
        let keep = !removed[nth];
        if !keep {
            texts.insert(pattern(&row.text()));
        }
        nth += 1;
        keep
    });
    texts
}

/// The text with every number made `#`, so that page numbers agree.
fn pattern(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if c.is_numeric() => {
                if !out.ends_with('#') {
                    out.push('#');
                }
            }
            c => out.extend(c.to_lowercase()),
        }
    }
    if is_roman(out.trim()) { "#".to_string() } else { out }
}

fn is_roman(text: &str) -> bool {
    (1..=6).contains(&text.len()) && text.bytes().all(|b| b"ivxlc".contains(&b))
}

/// Where on the page; a bare page number may stand anywhere at the edge.
fn height(row: &Row) -> i32 {
    let text = pattern(&row.text());
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let bare = text.contains('#')
        && words.into_iter().all(|word| matches!(word, "page" | "of" | "seite" | "von" | "p"));
    if bare { 0 } else { (row.y() / 8.0).round() as i32 }
}
