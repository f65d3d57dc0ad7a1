//! Tables of any format: which rows are headers, and rows for the reader and for the index.

use engraft_core::BlockKind;

use super::build::{Builder, labelled_row, one_line};

/// A row of cells, from the left; columns line up across rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// What each cell shows; empty where a merged cell reaches in.
    pub(crate) cells: Vec<String>,
    /// What each cell means: as `cells`, with merged cells repeated. Empty: the same as `cells`.
    pub(crate) values: Vec<String>,
    /// Where it is, such as `Prices!A2:D2`.
    pub(crate) place: Option<String>,
}

impl Row {
    /// A row without merged cells.
    pub(crate) fn of(cells: Vec<String>) -> Row {
        Row { cells, ..Row::default() }
    }

    /// What each cell means.
    pub(crate) fn meaning(&self) -> &[String] {
        if self.values.is_empty() { &self.cells } else { &self.values }
    }

    /// How many cells show something.
    pub(crate) fn filled(&self) -> usize {
        self.cells.iter().filter(|cell| !cell.trim().is_empty()).count()
    }
}

/// Adds a table, one block a row. `marked` rows at its top are known to be headers; `None`: look for them.
pub(crate) fn push_table(builder: &mut Builder, rows: &[Row], marked: Option<usize>) {
    let labels_left = rows.iter().any(|row| row.cells.len() == 2 && row.cells[0].trim_end().ends_with(':'));
    let headers =
        marked.unwrap_or_else(|| usize::from(!labels_left && rows.len() > 1 && looks_like_header(&rows[0])));
    let names = header_names(&rows[..headers.min(rows.len())]);
    for (index, row) in rows.iter().enumerate() {
        let names = if index < headers { &[] } else { names.as_slice() };
        push_row(builder, names, row);
    }
}

/// Adds one row, its cells labelled with `names` for the index.
pub(crate) fn push_row(builder: &mut Builder, names: &[String], row: &Row) {
    let shown: Vec<String> = row.cells.iter().map(|cell| one_line(cell)).collect();
    let line = shown.join(" | ");
    let line = line.trim_end_matches([' ', '|']);
    let line = line.trim_start_matches([' ', '|']);
    let Some(block) = builder.push(BlockKind::TableRow, line) else { return };
    block.plain = labelled_row(names, row.meaning()).filter(|plain| plain != line);
    block.place = row.place.clone();
}

/// The name of each column, the rows of a header one above the other.
pub(crate) fn header_names(headers: &[Row]) -> Vec<String> {
    let width = headers.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let name = |column: usize| {
        let mut parts: Vec<String> = Vec::new();
        for row in headers {
            let part = row.meaning().get(column).map(|cell| one_line(cell)).unwrap_or_default();
            if !part.is_empty() && parts.last() != Some(&part) {
                parts.push(part);
            }
        }
        parts.join(" ")
    };
    (0..width).map(name).collect()
}

/// Whether a row reads like column names: two or more, nearly all filled, short, different, and none a number.
pub(crate) fn looks_like_header(row: &Row) -> bool {
    let names: Vec<&str> = row.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
    let mut different = names.clone();
    different.sort_unstable();
    different.dedup();
    let wordy = |name: &&str| name.chars().count() <= 80 && !looks_like_value(name);
    names.len() >= 2
        && names.len() * 3 >= row.cells.len() * 2
        && different.len() * 3 >= names.len() * 2
        && names.iter().all(wordy)
}

/// Whether a cell holds an amount or a date rather than a name; years are names.
fn looks_like_value(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    let is_year = digits == 4 && cell.len() == 4 && (cell.starts_with("19") || cell.starts_with("20"));
    digits > 0 && letters < digits && !is_year
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::Limits;
    use super::*;

    #[track_caller]
    fn check(rows: &[&[&str]], expected: Expect) {
        let mut builder = Builder::new("text/plain", &Limits::default());
        let rows: Vec<Row> =
            rows.iter().map(|row| Row::of(row.iter().map(|cell| cell.to_string()).collect())).collect();
        push_table(&mut builder, &rows, None);
        let content = builder.finish().unwrap();
        let plain: Vec<_> = content.blocks.iter().filter_map(|block| block.plain.as_deref()).collect();
        expected.assert_eq(&format!("{}\n--\n{}", content.text, plain.join("\n")));
    }

    #[test]
    fn the_first_row_names_the_columns() {
        check(
            &[&["Item", "Price"], &["Bolt", "9"], &["Nut", ""]],
            expect![[r#"
            Item | Price
            Bolt | 9
            Nut
            --
            Item; Price
            Item: Bolt; Price: 9
            Item: Nut"#]],
        );
    }

    #[test]
    fn labels_on_the_left_are_no_header() {
        check(
            &[&["Name:", "Ann"], &["Phone:", "123"]],
            expect![[r#"
            Name: | Ann
            Phone: | 123
            --
            Name: Ann
            Phone: 123"#]],
        );
    }

    #[test]
    fn numbers_are_no_header() {
        check(
            &[&["1", "2"], &["3", "4"]],
            expect![[r#"
            1 | 2
            3 | 4
            --
            1; 2
            3; 4"#]],
        );
    }
}
