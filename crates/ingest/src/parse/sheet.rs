//! Workbooks (XLSX, XLSM, XLSB, XLS, ODS): every sheet a heading, every row a block that names its columns.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use calamine::{Dimensions, Ods, OdsError, Reader, SheetType, Sheets, open_workbook_auto_from_rs};
use engraft_core::{BlockKind, Content};

use super::ParseError;
use super::build::{Builder, one_line};
use super::cell::{address, show, show_ref};
use super::compound::{Compound, u16_at};
use super::job::Job;
use super::package::Package;
use super::table::{Row, header_names, looks_like_header, push_row};

/// The filled cells of one sheet, by row and column.
type Cells = BTreeMap<u32, BTreeMap<u32, String>>;

/// Reads a workbook.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    if bytes.starts_with(b"PK") {
        audit(bytes, job)?;
    } else if let Ok(file) = Compound::open(bytes) {
        if file.runs_in_circles() {
            return Err(ParseError::Malformed("a chain of its sectors never ends".to_string()));
        }
        if has_password(&file) {
            return Err(ParseError::Encrypted);
        }
    }
    let mut book = open(bytes, job.limits.max_cells)?;
    let mime = match &book {
        Sheets::Xls(_) => "application/vnd.ms-excel",
        Sheets::Xlsb(_) => "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
        Sheets::Ods(_) => "application/vnd.oasis.opendocument.spreadsheet",
        Sheets::Xlsx(_) => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    };
    let mut builder = Builder::new(mime, job.limits);
    let sheets = book.sheets_metadata().to_vec();
    if sheets.len() > job.limits.max_pages {
        return Err(ParseError::too_large("sheets", job.limits.max_pages));
    }
    let mut left = job.limits.max_cells;
    for sheet in sheets.iter().filter(|sheet| !matches!(sheet.typ, SheetType::Vba | SheetType::ChartSheet)) {
        match read_sheet(&mut book, &sheet.name, &mut left, job.limits.max_cells) {
            Ok((cells, merged)) => push_sheet(&mut builder, &sheet.name, &cells, &merged),
            Err(ParseError::TooLarge { what, limit }) => return Err(ParseError::TooLarge { what, limit }),
            Err(error) => builder.warnings.push(format!("sheet {} was left out: {error}", sheet.name)),
        }
    }
    // Headings alone are no content.
    if builder.is_empty() && !builder.warnings.is_empty() {
        return Err(ParseError::Malformed(builder.warnings.join("; ")));
    }
    builder.finish()
}

/// The workbook behind `bytes`, whatever its format. Tried as ODS first: that reader alone says when repeats come to too many
/// cells, while a guess at the format says only that it failed.
fn open(bytes: &[u8], max_cells: usize) -> Result<Sheets<Cursor<&[u8]>>, ParseError> {
    match Ods::new(Cursor::new(bytes)) {
        Ok(book) => Ok(Sheets::Ods(book)),
        Err(OdsError::CellLimitExceeded { .. }) => Err(ParseError::too_large("cells", max_cells)),
        Err(_) => {
            open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| book_error(&error.to_string()))
        }
    }
}

/// Unpacks every member once under the limits before the workbook reader does so without any.
fn audit(bytes: &[u8], job: &Job) -> Result<(), ParseError> {
    let mut package = Package::open(bytes, job)?;
    if let Ok(Some(manifest)) = package.xml("META-INF/manifest.xml")
        && manifest.contains("encryption-data")
    {
        return Err(ParseError::Encrypted);
    }
    for index in 0..package.len() {
        let Some(name) = package.file_name(index)? else { continue };
        if [".xml", ".bin", ".rels"].iter().any(|end| name.to_ascii_lowercase().ends_with(end)) {
            match package.read_at(index) {
                Err(error @ ParseError::TooLarge { .. }) => return Err(error),
                Err(ParseError::Encrypted) => return Err(ParseError::Encrypted),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether an XLS workbook opens with the record that says it is encrypted ([MS-XLS] 2.4.117).
fn has_password(file: &Compound) -> bool {
    const FILE_PASS: u16 = 0x2f;
    const SHEET: u16 = 0x85;
    let Some(stream) = file.stream("Workbook").or_else(|| file.stream("Book")) else { return false };
    let mut at = 0;
    while at + 4 <= stream.len() {
        match u16_at(&stream, at) {
            FILE_PASS => return true,
            SHEET => return false,
            _ => at += 4 + u16_at(&stream, at + 2) as usize,
        }
    }
    false
}

fn book_error(message: &str) -> ParseError {
    if message.to_ascii_lowercase().contains("password") {
        return ParseError::Encrypted;
    }
    ParseError::Malformed(message.to_string())
}

/// The filled cells of a sheet and its merged ranges; `left` counts down over the sheets.
fn read_sheet(
    book: &mut Sheets<Cursor<&[u8]>>,
    name: &str,
    left: &mut usize,
    max_cells: usize,
) -> Result<(Cells, Vec<Dimensions>), ParseError> {
    let mut cells = Cells::new();
    let mut keep = |row: u32, column: u32, words: String| {
        if words.trim().is_empty() {
            return Ok(());
        }
        *left = left.checked_sub(1).ok_or_else(|| ParseError::too_large("cells", max_cells))?;
        cells.entry(row).or_default().insert(column, words);
        Ok(())
    };
    let failed = |error: &dyn std::fmt::Display| ParseError::Malformed(error.to_string());
    let merged = match book {
        // Cell by cell: a lone cell in the last corner must not cost a full rectangle.
        Sheets::Xlsx(book) => {
            let mut reader = book.worksheet_cells_reader(name).map_err(|error| failed(&error))?;
            while let Some(cell) = reader.next_cell().map_err(|error| failed(&error))? {
                let (row, column) = cell.get_position();
                keep(row, column, show_ref(cell.get_value()))?;
            }
            drop(reader);
            book.merge_cells_by_sheet_name(name).unwrap_or_default()
        }
        Sheets::Xlsb(book) => {
            let mut reader = book.worksheet_cells_reader(name).map_err(|error| failed(&error))?;
            while let Some(cell) = reader.next_cell().map_err(|error| failed(&error))? {
                let (row, column) = cell.get_position();
                keep(row, column, show_ref(cell.get_value()))?;
            }
            Vec::new()
        }
        Sheets::Xls(_) | Sheets::Ods(_) => {
            let range = book.worksheet_range(name).map_err(|error| failed(&error))?;
            let (top, first) = range.start().unwrap_or((0, 0));
            for (row, column, value) in range.used_cells() {
                keep(top + row as u32, first + column as u32, show(value))?;
            }
            match book {
                Sheets::Xls(book) => book.merge_cells_by_sheet_name(name).unwrap_or_default(),
                _ => Vec::new(),
            }
        }
    };
    Ok((cells, merged))
}

/// Adds a sheet: its name, then its rows; blank rows part its tables.
fn push_sheet(builder: &mut Builder, name: &str, cells: &Cells, merged: &[Dimensions]) {
    if cells.is_empty() {
        return;
    }
    builder.push(BlockKind::Heading(1), name);
    let above = fill_down(cells, merged);
    let mut region: Vec<(u32, &BTreeMap<u32, String>)> = Vec::new();
    let mut names = Names::default();
    for (&row, columns) in cells {
        if region.last().is_some_and(|&(last, _)| row > last + 1) {
            push_region(builder, name, &region, &above, &mut names);
            region.clear();
        }
        region.push((row, columns));
    }
    push_region(builder, name, &region, &above, &mut names);
}

/// The column names in force, and the first column they were read for.
#[derive(Default)]
struct Names(BTreeMap<u32, String>);

/// Adds rows without a blank one between them: captions, a header, data.
fn push_region(
    builder: &mut Builder,
    sheet: &str,
    region: &[(u32, &BTreeMap<u32, String>)],
    above: &BTreeMap<(u32, u32), String>,
    names: &mut Names,
) {
    let mut may_be_header = true;
    let is_remark = region.len() == 1 && region[0].1.len() == 1;
    for (index, &(row, columns)) in region.iter().enumerate() {
        let first = columns.keys().next().copied().unwrap_or(0);
        let last = columns.keys().next_back().copied().unwrap_or(0);
        let inherited = |column: u32| above.get(&(row, column)).cloned();
        let line = Row {
            cells: columns.values().cloned().collect(),
            values: Vec::new(),
            place: Some(place(sheet, row, first, last)),
        };
        let wide = region.get(index + 1).is_some_and(|(_, next)| next.len() > 1);
        if may_be_header && columns.len() > 1 {
            may_be_header = false;
            if wide && looks_like_header(&line) {
                let header = header_names(&[Row::of(
                    (first..=last)
                        .map(|column| {
                            columns.get(&column).cloned().or_else(|| inherited(column)).unwrap_or_default()
                        })
                        .collect(),
                )]);
                names.0 = (first..=last).zip(header).filter(|(_, name)| !name.is_empty()).collect();
                push_row(builder, &[], &line);
                continue;
            }
            // A table under other columns does not go by the names of the one before.
            if index == 0 && !names.0.keys().any(|column| columns.contains_key(column)) {
                names.0.clear();
            }
        }
        let reaching = above.range((row, 0)..=(row, u32::MAX)).map(|(&(_, column), _)| column);
        let used: BTreeSet<u32> = columns.keys().copied().chain(reaching).collect();
        let value =
            |column: &u32| columns.get(column).cloned().or_else(|| inherited(*column)).unwrap_or_default();
        // A lone cell below a table is a remark on it.
        let name = |column: &u32| names.0.get(column).filter(|_| !is_remark).cloned().unwrap_or_default();
        let labels: Vec<String> = used.iter().map(name).collect();
        let line = Row { values: used.iter().map(value).collect(), ..line };
        push_row(builder, &labels, &line);
    }
}

/// What merged cells repeat: the value of their first cell, at every other position. Huge merges are left as they are.
fn fill_down(cells: &Cells, merged: &[Dimensions]) -> BTreeMap<(u32, u32), String> {
    let mut filled = BTreeMap::new();
    for range in merged.iter().take(10_000).filter(|range| range.len() <= 1_000) {
        let Some(value) = cells.get(&range.start.0).and_then(|row| row.get(&range.start.1)) else { continue };
        for row in range.start.0..=range.end.0 {
            for column in range.start.1..=range.end.1 {
                if (row, column) != range.start {
                    filled.insert((row, column), value.clone());
                }
            }
        }
    }
    filled
}

/// `Sheet!A2:D2`; names with other characters than letters and digits are quoted as in formulas.
fn place(sheet: &str, row: u32, first: u32, last: u32) -> String {
    let sheet = one_line(sheet);
    let bare = sheet.chars().all(|c| c.is_alphanumeric() || c == '_');
    let sheet = if bare { sheet } else { format!("'{}'", sheet.replace('\'', "''")) };
    let from = address(row, first);
    if first == last { format!("{sheet}!{from}") } else { format!("{sheet}!{from}:{}", address(row, last)) }
}
