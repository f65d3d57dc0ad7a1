//! Regions to rows, and rows to the paragraphs, headings, list items and table rows of a document.

use super::line::Segment;

/// A line of a region, with one cell per segment.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// From left to right.
    pub(super) cells: Vec<Segment>,
    /// From 1.
    pub(super) page: u32,
    /// Counts regions through the document: rows of different regions are not neighbours.
    pub(super) region: usize,
    /// Whether it stands in the top or bottom eighth of its page.
    pub(super) at_edge: bool,
}

impl Row {
    /// The text of all cells, blank between.
    pub(super) fn text(&self) -> String {
        self.cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Baseline of the first cell.
    pub(super) fn y(&self) -> f32 {
        self.cells.first().map_or(0.0, |cell| cell.y)
    }

    /// The size of most of its text.
    pub(super) fn size(&self) -> f32 {
        self.cells.iter().max_by_key(|cell| cell.weight()).map_or(0.0, |cell| cell.size)
    }

    /// Left edge.
    pub(super) fn x0(&self) -> f32 {
        self.cells.iter().map(|cell| cell.x0).fold(f32::INFINITY, f32::min)
    }

    /// Right edge.
    pub(super) fn x1(&self) -> f32 {
        self.cells.iter().map(|cell| cell.x1).fold(f32::NEG_INFINITY, f32::max)
    }

    /// Whether all of it is bold.
    pub(super) fn bold(&self) -> bool {
        self.cells.iter().all(|cell| cell.bold)
    }

    /// Whether all of it is in a font of even width.
    pub(super) fn mono(&self) -> bool {
        self.cells.iter().all(|cell| cell.mono)
    }
}

/// The rows of one region from top to bottom.
pub(super) fn rows(segments: Vec<Segment>, page: u32, region: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for segment in segments {
        let near = rows.iter_mut().rev().take(3).find(|row| row.cells[0].beside(&segment));
        match near {
            Some(row) => row.cells.push(segment),
            None => rows.push(Row { cells: vec![segment], page, region, at_edge: false }),
        }
    }
    for row in &mut rows {
        row.cells.sort_by(|a, b| a.x0.total_cmp(&b.x0));
        join_marker(&mut row.cells);
    }
    rows
}

/// A bullet or a number stands apart from its item, and a currency sign from its amount, but is no cell of a table.
fn join_marker(cells: &mut Vec<Segment>) {
    let mut at = 0;
    while at + 1 < cells.len() {
        let (marker, item) = (&cells[at], &cells[at + 1]);
        let inner = marker.text.trim_start_matches('(').trim_end_matches([')', '.']);
        let bullet = marker.weight() == 1 && !marker.text.starts_with(char::is_alphanumeric);
        let counts = inner.len() <= 4 && inner.bytes().all(|b| b.is_ascii_alphanumeric());
        let number = marker.text.len() > inner.len() && counts;
        let opens = at == 0 && (bullet || number) && item.x0 - marker.x1 < 4.0 * item.size;
        let currency =
            matches!(marker.text.as_str(), "$" | "€" | "£" | "¥") && item.x0 - marker.x1 < 12.0 * item.size;
        if opens || currency {
            let marker = cells.remove(at);
            let blank = if currency { "" } else { " " };
            cells[at].text.insert_str(0, &format!("{}{blank}", marker.text));
            cells[at].x0 = if currency { cells[at].x0 } else { marker.x0 };
        }
        at += 1;
    }
}

/// Marks the rows in the top and bottom eighth of the stretch that the rows of a page take up.
pub(super) fn mark_edges(rows: &mut [Row]) {
    let top = rows.iter().map(Row::y).fold(f32::NEG_INFINITY, f32::max);
    let bottom = rows.iter().map(Row::y).fold(f32::INFINITY, f32::min);
    let margin = (top - bottom) / 8.0;
    for row in rows {
        row.at_edge = row.y() >= top - margin || row.y() <= bottom + margin;
    }
}
