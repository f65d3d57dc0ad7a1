//! Tables of a page: which hold data and which only arrange it, and the rows of those with data.

use engraft_core::BlockKind;

use super::boilerplate::Selection;
use super::dom::{Dom, Id, Step};
use super::measure::is_block;
use super::write::push_collapsed;
use crate::parse::build::Builder;
use crate::parse::table::{Row, push_table};

/// Columns and rows a cell may span; pages claim more.
const MAX_SPAN: usize = 60;
/// Rows and cells of one table that are read.
const MAX_ROWS: usize = 50_000;
const MAX_CELLS: usize = 300;
/// Characters of a cell from which on it is a text rather than a value.
const LONG_CELL: usize = 1_000;

/// Per node, whether it is a table that only arranges the page.
pub(super) fn layout_tables(dom: &Dom, selection: &Selection) -> Vec<bool> {
    let mut layout = vec![false; dom.len()];
    // What was seen of the tables that are open: nested tables, cells in the fullest row, marks of data.
    let mut open: Vec<Seen> = Vec::new();
    dom.walk(selection.root, |step| match step {
        Step::Enter(id) => {
            if selection.dropped[id] {
                return false;
            }
            match dom.tag(id) {
                "table" => {
                    if let Some(outer) = open.last_mut() {
                        outer.nested = true;
                    }
                    let role = dom.attribute(id, "role");
                    open.push(Seen {
                        arranges: role == Some("presentation") || role == Some("none"),
                        ..Seen::default()
                    });
                }
                "tr" => open.last_mut().into_iter().for_each(|seen| seen.cells = 0),
                tag @ ("td" | "th") => {
                    if let Some(seen) = open.last_mut() {
                        seen.cells += 1;
                        seen.fullest = seen.fullest.max(seen.cells);
                        seen.marked |= tag == "th";
                        seen.length = 0;
                    }
                }
                "caption" | "thead" => open.last_mut().into_iter().for_each(|seen| seen.marked = true),
                "h1" | "h2" | "h3" | "form" => {
                    open.last_mut().into_iter().for_each(|seen| seen.structured = true)
                }
                _ => {}
            }
            if let (Some(text), Some(seen)) = (dom.text(id), open.last_mut()) {
                seen.length += text.trim().len();
                seen.longest = seen.longest.max(seen.length);
            }
            true
        }
        Step::Leave(id) => {
            if dom.tag(id) == "table"
                && !selection.dropped[id]
                && let Some(seen) = open.pop()
            {
                layout[id] = seen.is_layout();
            }
            true
        }
    });
    layout
}

#[derive(Debug, Default)]
struct Seen {
    nested: bool,
    arranges: bool,
    marked: bool,
    structured: bool,
    cells: usize,
    fullest: usize,
    /// Bytes of the cell that is open, and of the longest.
    length: usize,
    longest: usize,
}

impl Seen {
    fn is_layout(&self) -> bool {
        self.nested
            || self.arranges
            || self.fullest < 2 && !self.marked
            || !self.marked && (self.structured || self.longest > LONG_CELL)
    }
}

/// Writes the rows of a table with data.
pub(super) fn write(dom: &Dom, selection: &Selection, table: Id, builder: &mut Builder) {
    let mut rows: Vec<Row> = Vec::new();
    let mut marked = 0;
    // Cells of rows above that reach down: (column, rows left, what they say).
    let mut reaching: Vec<(usize, usize, String)> = Vec::new();
    for id in dom.below(table) {
        if selection.dropped[id] || rows.len() >= MAX_ROWS {
            continue;
        }
        match dom.tag(id) {
            "caption" => {
                builder.push(BlockKind::Paragraph, &cell_text(dom, selection, id));
            }
            "tr" => {
                let cells: Vec<Id> = dom
                    .children(id)
                    .filter(|&c| matches!(dom.tag(c), "td" | "th") && !selection.dropped[c])
                    .take(MAX_CELLS)
                    .collect();
                let in_head = dom.parent(id).is_some_and(|parent| dom.tag(parent) == "thead");
                let is_header = in_head || (!cells.is_empty() && cells.iter().all(|&c| dom.tag(c) == "th"));
                if is_header && marked == rows.len() && !cells.is_empty() {
                    marked += 1;
                }
                rows.push(row(dom, selection, &cells, &mut reaching));
            }
            _ => {}
        }
    }
    rows.retain(|row| row.filled() > 0);
    push_table(builder, &rows, (marked > 0).then_some(marked.min(rows.len())));
}

fn row(dom: &Dom, selection: &Selection, cells: &[Id], reaching: &mut Vec<(usize, usize, String)>) -> Row {
    let span = |id: Id, name: &str| {
        dom.attribute(id, name).and_then(|n| n.trim().parse::<usize>().ok()).unwrap_or(1).clamp(1, MAX_SPAN)
    };
    let mut row = Row::default();
    let mut starting = Vec::new();
    let fill = |row: &mut Row, reaching: &[(usize, usize, String)]| {
        while let Some((_, _, text)) = reaching.iter().find(|(column, ..)| *column == row.cells.len()) {
            row.cells.push(String::new());
            row.values.push(text.clone());
        }
    };
    for &cell in cells {
        fill(&mut row, reaching);
        if row.cells.len() >= MAX_CELLS {
            break;
        }
        let text = cell_text(dom, selection, cell);
        let (across, down) = (span(cell, "colspan"), span(cell, "rowspan"));
        for nth in 0..across {
            if down > 1 {
                starting.push((row.cells.len(), down, text.clone()));
            }
            row.cells.push(if nth == 0 { text.clone() } else { String::new() });
            row.values.push(text.clone());
        }
    }
    fill(&mut row, reaching);
    reaching.extend(starting);
    reaching.iter_mut().for_each(|(_, left, _)| *left -= 1);
    reaching.retain(|(_, left, _)| *left > 0);
    row
}

/// The words of a cell in one line.
fn cell_text(dom: &Dom, selection: &Selection, root: Id) -> String {
    let mut line = String::new();
    dom.walk(root, |step| {
        let (Step::Enter(id) | Step::Leave(id)) = step;
        if selection.dropped[id] {
            return false;
        }
        if is_block(dom.tag(id)) || dom.tag(id) == "br" {
            push_collapsed(&mut line, " ");
        }
        if let (Step::Enter(_), Some(text)) = (step, dom.text(id)) {
            push_collapsed(&mut line, text);
        }
        true
    });
    line.trim().to_string()
}
