//! Finds the tables among the rows of a region: rows whose cells stand under each other.

use super::line::Segment;
use super::row::Row;

/// Rows that may name the columns together.
const MAX_HEADER_ROWS: usize = 3;

/// Rows of one table on one page.
const MAX_ROWS: usize = 300;
/// Cells that are compared with each other.
const MAX_CELLS: usize = 4_000;

/// A table found in rows `from..to`.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The cells, one list per row, one text per column; header rows included.
    pub(super) rows: Vec<Vec<String>>,
    /// How many of the rows name the columns.
    pub(super) header_rows: usize,
    /// The names of the columns; empty when the table does not give them.
    pub(super) headers: Vec<String>,
}

/// The tables of `rows`, which belong to one region, in order.
pub(super) fn tables(rows: &[Row]) -> Vec<Table> {
    let mut found = Vec::new();
    let mut at = 0;
    let width =
        rows.iter().map(Row::x1).fold(f32::MIN, f32::max) - rows.iter().map(Row::x0).fold(f32::MAX, f32::min);
    while at < rows.len() {
        let to = end_of_run(rows, at, width);
        match table(rows, at, to) {
            Some(table) => {
                at = table.to;
                found.push(table);
            }
            None => at += 1,
        }
    }
    found
}

/// The end of the run of rows from `from` on that have several cells, with the short single lines between them.
fn end_of_run(rows: &[Row], from: usize, width: f32) -> usize {
    let mut to = from;
    let mut at = from;
    while let Some(row) = rows.get(at).filter(|_| at < from + MAX_ROWS) {
        let near = at == from || rows[at - 1].y() - row.y() < 3.5 * row.size().max(rows[at - 1].size());
        if !near {
            break;
        }
        if row.cells.len() > 1 {
            to = at + 1;
        } else if at == from || at - to >= 2 || row.x1() - row.x0() > 0.6 * width {
            break;
        }
        at += 1;
    }
    to
}

fn table(rows: &[Row], from: usize, to: usize) -> Option<Table> {
    let run = &rows[from..to];
    if run.iter().filter(|row| row.cells.len() > 1).count() < 2 {
        return None;
    }
    let columns = columns(run);
    if columns.len() < 2 {
        return None;
    }
    let mut cells: Vec<Vec<String>> = Vec::new();
    let mut bold = Vec::new();
    let mut covers: Vec<Vec<String>> = Vec::new();
    for (nth, row) in run.iter().enumerate() {
        let mut line = vec![String::new(); columns.len()];
        let mut cover = vec![String::new(); columns.len()];
        for cell in &row.cells {
            let (first, last) = place(cell, &columns);
            add(&mut line[first], &cell.text);
            cover[first..=last].iter_mut().for_each(|slot| add(slot, &cell.text));
        }
        let close = nth > 0 && run[nth - 1].y() - row.y() < 1.35 * row.size();
        let wraps = line[0].is_empty() && close && row.cells.len() < columns.len() && nth > 1;
        match cells.last_mut() {
            Some(above) if wraps && !above[0].is_empty() => {
                above.iter_mut().zip(&line).for_each(|(above, text)| add(above, text));
            }
            _ => {
                cells.push(line);
                covers.push(cover);
                bold.push(row.bold());
            }
        }
    }
    if cells.len() < 2 {
        return None;
    }
    let header_rows = header_rows(&cells, bold[0] && !bold.iter().all(|&b| b));
    let mut headers = vec![String::new(); if header_rows > 0 { columns.len() } else { 0 }];
    for cover in &covers[..header_rows] {
        headers.iter_mut().zip(cover).for_each(|(header, text)| add(header, text));
    }
    Some(Table { from, to, rows: cells, header_rows, headers })
}

/// The horizontal stretches in which the cells stand, left to right; cells that overlap share one.
///
/// A cell over several cells of another row, such as a heading over two columns, does not count.
fn columns(rows: &[Row]) -> Vec<(f32, f32)> {
    let few = rows.iter().map(|row| row.cells.len()).sum::<usize>() < MAX_CELLS;
    let spans_many = |cell: &Segment| {
        few && rows.iter().any(|row| {
            let under = |c: &&Segment| c.x1.min(cell.x1) - c.x0.max(cell.x0) > 0.1 * cell.size;
            let narrower = row.cells.iter().filter(under).any(|c| c.x1 - c.x0 < cell.x1 - cell.x0);
            narrower && row.cells.iter().filter(under).take(2).count() > 1
        })
    };
    let all: Vec<&Segment> =
        rows.iter().filter(|row| row.cells.len() > 1).flat_map(|row| &row.cells).collect();
    let mut spans: Vec<(f32, f32)> =
        all.iter().filter(|cell| !spans_many(cell)).map(|c| (c.x0, c.x1)).collect();
    if spans.len() * 2 < all.len() {
        return Vec::new();
    }
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut columns: Vec<(f32, f32)> = Vec::new();
    for (from, to) in spans {
        match columns.last_mut() {
            Some(last) if from < last.1 => last.1 = last.1.max(to),
            _ => columns.push((from, to)),
        }
    }
    columns
}

/// The first and last column that a cell stands over.
fn place(cell: &Segment, columns: &[(f32, f32)]) -> (usize, usize) {
    let shared = |&(from, to): &(f32, f32)| cell.x1.min(to) - cell.x0.max(from);
    let over = |column: &(f32, f32)| shared(column) > 0.5 * (column.1 - column.0).min(cell.x1 - cell.x0);
    let first = columns.iter().position(over);
    let last = columns.iter().rposition(over);
    first.zip(last).unwrap_or_else(|| {
        let nearest = (0..columns.len()).max_by(|&a, &b| shared(&columns[a]).total_cmp(&shared(&columns[b])));
        (nearest.unwrap_or(0), nearest.unwrap_or(0))
    })
}

fn add(cell: &mut String, text: &str) {
    if !cell.is_empty() {
        cell.push(' ');
    }
    cell.push_str(text);
}

fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_ascii_digit()).count();
    let year = text.len() == 4 && digits == 4 && (text.starts_with("19") || text.starts_with("20"));
    digits > 0 && !year && digits * 2 >= text.chars().filter(|c| !c.is_whitespace()).count()
}

/// How many rows at the top name the columns.
fn header_rows(rows: &[Vec<String>], stands_out: bool) -> usize {
    // The corner over the names of the rows is empty.
    let corner = |row: &&Vec<String>| row[0].is_empty() && !row.iter().any(|cell| is_number(cell));
    let corners = rows.iter().take(MAX_HEADER_ROWS).take_while(corner).count();
    if corners > 0 && corners < rows.len() {
        return corners;
    }
    let first = &rows[0];
    let named = first.iter().filter(|cell| !cell.is_empty()).count();
    if named + 1 < first.len() || first.iter().any(|cell| is_number(cell)) {
        return 0;
    }
    let numeric = rows[1..].iter().any(|row| row.iter().skip(1).any(|cell| is_number(cell)));
    let labels = rows.iter().filter(|row| row[0].ends_with(':')).count();
    usize::from(labels * 2 < rows.len() && (stands_out || numeric || first.len() > 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[(&str, f32, f32)], y: f32) -> Row {
        let cells = cells.iter().map(|&(text, x0, x1)| Segment {
            text: text.to_string(),
            x0,
            x1,
            y,
            size: 10.0,
            bold: false,
            mono: false,
        });
        Row { cells: cells.collect(), page: 1, region: 0, at_edge: false }
    }

    #[test]
    fn a_heading_over_two_columns_names_both() {
        let rows = [
            row(&[("Year ended", 100.0, 200.0)], 100.0),
            row(&[("2022", 110.0, 130.0), ("2023", 170.0, 190.0)], 88.0),
            row(&[("Sales", 0.0, 40.0), ("7", 120.0, 130.0), ("9", 180.0, 190.0)], 76.0),
            row(&[("Costs", 0.0, 40.0), ("6", 120.0, 130.0), ("5", 180.0, 190.0)], 64.0),
        ];
        let found = tables(&rows);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].headers, ["", "2022", "2023"]);
        assert_eq!(found[0].rows[1], ["Sales", "7", "9"]);
    }

    #[test]
    fn prose_is_no_table() {
        let rows = [row(&[("some words", 0.0, 80.0)], 20.0), row(&[("and more", 0.0, 80.0)], 8.0)];
        assert!(tables(&rows).is_empty());
    }
}
