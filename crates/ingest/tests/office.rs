//! Office files built part by part: what a reader sees is what the parsers return.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use engraft_core::CharMap;
use engraft_ingest::parse::{Limits, parse};
use expect_test::{Expect, expect};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// One line per block: kind, page or place, quote, and what is indexed where that differs.
#[track_caller]
fn check(name: &str, parts: &[(&str, &str)], expected: Expect) {
    let outcome = match parse(name, &package(parts), &Limits::default()) {
        Ok(outcome) => outcome,
        Err(error) => return expected.assert_eq(&format!("! {error}")),
    };
    let content = &outcome.documents[0].content;
    let map = CharMap::new(&content.text);
    let mut shown = format!("title {:?}", content.title);
    for block in &content.blocks {
        let page = block.page.map(|page| format!(" p{page}")).unwrap_or_default();
        let place = block.place.as_ref().map(|place| format!(" {place}")).unwrap_or_default();
        let plain = block.plain.as_ref().map(|plain| format!(" => {plain}")).unwrap_or_default();
        write!(shown, "\n{:?}{page}{place} {:?}{plain}", block.kind, map.quote(block.span).unwrap()).unwrap();
    }
    content.warnings.iter().for_each(|warning| write!(shown, "\n! {warning}").unwrap());
    expected.assert_eq(&shown);
}

const TYPES: (&str, &str) = ("[Content_Types].xml", "<Types/>");

#[track_caller]
fn check_docx(body: &str, expected: Expect) {
    let document = format!("<w:document xmlns:w='w'><w:body>{body}</w:body></w:document>");
    let parts = [
        TYPES,
        ("_rels/.rels", "<R><R Id='1' Type='x/officeDocument' Target='word/document.xml'/></R>"),
        ("word/document.xml", &document),
        (
            "word/_rels/document.xml.rels",
            "<R><R Id='1' Type='x/styles' Target='styles.xml'/><R Id='2' Type='x/footnotes' Target='footnotes.xml'/>\
             <R Id='3' Type='x/numbering' Target='numbering.xml'/></R>",
        ),
        (
            "word/styles.xml",
            "<s><style styleId='Titel'><name val='Title'/></style><style styleId='H1'><name val='heading 1'/></style></s>",
        ),
        ("word/footnotes.xml", "<f><footnote id='2'><p><r><t>A note.</t></r></p></footnote></f>"),
        (
            "word/numbering.xml",
            "<n><abstractNum abstractNumId='1'><lvl ilvl='0'><numFmt val='decimal'/><lvlText val='%1.'/></lvl></abstractNum>\
             <num numId='5'><abstractNumId val='1'/></num></n>",
        ),
        ("docProps/core.xml", "<c><title>From properties</title></c>"),
    ];
    check("a.docx", &parts, expected);
}

#[test]
fn word_headings_lists_and_footnotes() {
    check_docx(
        "<w:p><w:pPr><w:pStyle w:val='H1'/></w:pPr><w:r><w:t>Scope</w:t></w:r></w:p>\
         <w:p><w:r><w:t xml:space='preserve'>See </w:t></w:r><w:hyperlink><w:r><w:t>the site</w:t></w:r></w:hyperlink>\
         <w:r><w:footnoteReference w:id='2'/></w:r></w:p>\
         <w:p><w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='5'/></w:numPr></w:pPr><w:r><w:t>first</w:t></w:r></w:p>\
         <w:p><w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='5'/></w:numPr></w:pPr><w:r><w:t>second</w:t></w:r></w:p>",
        expect![[r#"
            title Some("From properties")
            Heading(1) "Scope"
            Paragraph "See the site"
            Paragraph "A note."
            ListItem "1. first"
            ListItem "2. second""#]],
    );
}

#[test]
fn word_keeps_insertions_and_drops_deletions_and_hidden_text() {
    check_docx(
        "<w:p><w:r><w:t xml:space='preserve'>Pay in </w:t></w:r><w:del><w:r><w:delText>30</w:delText></w:r></w:del>\
         <w:ins><w:r><w:t>14</w:t></w:r></w:ins><w:r><w:t xml:space='preserve'> days</w:t></w:r>\
         <w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r></w:p>",
        expect![[r#"
            title Some("From properties")
            Paragraph "Pay in 14 days"
            ! hidden text was left out"#]],
    );
}

#[test]
fn word_tables_merge_cells_and_drop_deleted_rows() {
    let cell = |properties: &str, words: &str| {
        format!("<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:tc>")
    };
    let table = format!(
        "<w:tbl><w:tr>{}{}{}</w:tr><w:tr>{}{}{}</w:tr><w:tr>{}{}{}</w:tr><w:tr><w:trPr><w:del/></w:trPr>{}</w:tr></w:tbl>",
        cell("", "Region"),
        cell("", "Month"),
        cell("", "Sales"),
        cell("<w:vMerge w:val='restart'/>", "North"),
        cell("", "May"),
        cell("", "3"),
        cell("<w:vMerge/>", ""),
        cell("", "June"),
        cell("", "4"),
        cell("", "gone"),
    );
    check_docx(
        &table,
        expect![[r#"
        title Some("From properties")
        TableRow "Region | Month | Sales" => Region; Month; Sales
        TableRow "North | May | 3" => Region: North; Month: May; Sales: 3
        TableRow "June | 4" => Region: North; Month: June; Sales: 4"#]],
    );
}

#[test]
fn word_text_boxes_are_read_once() {
    check_docx(
        "<w:p><w:r><w:t>Before</w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx><w:txbxContent>\
         <w:p><w:r><w:t>In the box</w:t></w:r></w:p></w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict>\
         <w:txbxContent><w:p><w:r><w:t>In the box</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback>\
         </mc:AlternateContent></w:r></w:p>",
        expect![[r#"
            title Some("From properties")
            Paragraph "Before"
            Paragraph "In the box""#]],
    );
}

#[test]
fn a_word_file_without_its_main_part_is_damaged() {
    check(
        "a.docx",
        &[TYPES, ("word/styles.xml", "<s/>")],
        expect!["! the file is damaged: the part word/document.xml is missing"],
    );
}

#[test]
fn slides_are_pages_with_titles_tables_and_notes() {
    let shape = |placeholder: &str, words: &str| {
        format!(
            "<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:txBody>{words}</p:txBody></p:sp>"
        )
    };
    let line = |words: &str| format!("<a:p><a:r><a:t>{words}</a:t></a:r></a:p>");
    let cell = |words: &str| format!("<a:tc><a:txBody>{}</a:txBody></a:tc>", line(words));
    let slide = format!(
        "<p:sld><p:spTree>{}{}{}<p:graphicFrame><p:nvGraphicFramePr/><a:tbl><a:tr>{}{}</a:tr><a:tr>{}{}</a:tr></a:tbl></p:graphicFrame></p:spTree></p:sld>",
        shape("<p:ph idx='1'/>", &(line("one") + &line("two"))),
        shape("<p:ph type='title'/>", &line("Plan")),
        shape("<p:ph type='sldNum'/>", &line("7")),
        cell("Item"),
        cell("Price"),
        cell("Bolt"),
        cell("9"),
    );
    let notes = format!(
        "<p:notes><p:spTree>{}</p:spTree></p:notes>",
        shape("<p:ph type='body'/>", &line("Say hello."))
    );
    let parts = [
        TYPES,
        ("_rels/.rels", "<R><R Id='1' Type='x/officeDocument' Target='ppt/presentation.xml'/></R>"),
        (
            "ppt/presentation.xml",
            "<p:presentation><p:sldIdLst><p:sldId id='256' r:id='rId9'/></p:sldIdLst></p:presentation>",
        ),
        (
            "ppt/_rels/presentation.xml.rels",
            "<R><R Id='rId9' Type='x/slide' Target='slides/slide1.xml'/></R>",
        ),
        ("ppt/slides/slide1.xml", &slide),
        (
            "ppt/slides/_rels/slide1.xml.rels",
            "<R><R Id='n' Type='x/notesSlide' Target='../notesSlides/n1.xml'/></R>",
        ),
        ("ppt/notesSlides/n1.xml", &notes),
    ];
    check(
        "a.pptx",
        &parts,
        expect![[r#"
        title Some("Plan")
        Heading(2) p1 "Plan"
        ListItem p1 "one"
        ListItem p1 "two"
        TableRow p1 "Item | Price" => Item; Price
        TableRow p1 "Bolt | 9" => Item: Bolt; Price: 9
        Paragraph p1 "Say hello.""#]],
    );
}

#[track_caller]
fn check_xlsx(rows: &str, expected: Expect) {
    let sheet = format!(
        "<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>{rows}</sheetData><mergeCells count='1'><mergeCell ref='A2:A3'/></mergeCells></worksheet>"
    );
    let parts = [
        ("[Content_Types].xml", "<Types/>"),
        (
            "_rels/.rels",
            "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='r1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument' Target='xl/workbook.xml'/></Relationships>",
        ),
        (
            "xl/workbook.xml",
            "<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'><sheets><sheet name='Price list' sheetId='1' r:id='rId1'/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='rId1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet' Target='worksheets/sheet1.xml'/><Relationship Id='rId2' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles' Target='styles.xml'/></Relationships>",
        ),
        (
            "xl/styles.xml",
            "<styleSheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><cellXfs count='2'><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>",
        ),
        ("xl/worksheets/sheet1.xml", &sheet),
    ];
    check("a.xlsx", &parts, expected);
}

#[test]
fn sheets_name_columns_read_dates_and_fill_merged_cells() {
    let text = |place: &str, words: &str| format!("<c r='{place}' t='inlineStr'><is><t>{words}</t></is></c>");
    let rows = format!(
        "<row r='1'>{}{}{}</row><row r='2'>{}{}<c r='C2' s='1'><v>45418</v></c></row><row r='3'>{}<c r='C3' t='n'><f>1+1</f><v>2.5</v></c></row><row r='7'>{}</row>",
        text("A1", "Group"),
        text("B1", "Item"),
        text("C1", "When"),
        text("A2", "Screws"),
        text("B2", "M4"),
        text("B3", "M5"),
        text("B7", "A remark below"),
    );
    check_xlsx(
        &rows,
        expect![[r#"
        title None
        Heading(1) "Price list"
        TableRow 'Price list'!A1:C1 "Group | Item | When" => Group; Item; When
        TableRow 'Price list'!A2:C2 "Screws | M4 | 2024-05-06" => Group: Screws; Item: M4; When: 2024-05-06
        TableRow 'Price list'!B3:C3 "M5 | 2.5" => Group: Screws; Item: M5; When: 2.5
        TableRow 'Price list'!B7 "A remark below""#]],
    );
}

#[test]
fn a_cell_in_the_last_corner_costs_no_rectangle() {
    check_xlsx(
        "<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>2</v></c></row>",
        expect![[r#"
        title None
        Heading(1) "Price list"
        TableRow 'Price list'!A1 "1"
        TableRow 'Price list'!XFD1048576 "2""#]],
    );
}

#[test]
fn open_document_texts_are_read() {
    let content = "<office:document-content><office:body><office:text><text:h text:outline-level='2'>Head</text:h>\
        <text:p>One<text:s text:c='2'/>two<text:note><text:note-body><text:p>A note.</text:p></text:note-body></text:note></text:p>\
        <text:list><text:list-item><text:p>item</text:p></text:list-item></text:list>\
        <table:table><table:table-row><table:table-cell><text:p>Item</text:p></table:table-cell><table:table-cell><text:p>Price</text:p></table:table-cell></table:table-row>\
        <table:table-row><table:table-cell><text:p>Bolt</text:p></table:table-cell><table:table-cell><text:p>9</text:p></table:table-cell></table:table-row></table:table>\
        </office:text></office:body></office:document-content>";
    let parts = [("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", content)];
    check(
        "a.odt",
        &parts,
        expect![[r#"
        title None
        Heading(2) "Head"
        Paragraph "One  two"
        Paragraph "A note."
        ListItem "item"
        TableRow "Item | Price" => Item; Price
        TableRow "Bolt | 9" => Item: Bolt; Price: 9"#]],
    );
}

#[test]
fn open_document_sheets_are_read_like_any_other() {
    let words = |text: &str| {
        format!("<table:table-cell office:value-type='string'><text:p>{text}</text:p></table:table-cell>")
    };
    let content = format!(
        "<office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' \
         xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' \
         xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'><office:body><office:spreadsheet>\
         <table:table table:name='Price list'><table:table-row>{}{}{}</table:table-row><table:table-row>{}\
         <table:table-cell office:value-type='float' office:value='9.5'><text:p>9.50</text:p></table:table-cell>\
         <table:table-cell office:value-type='date' office:date-value='2024-05-06'><text:p>06.05.24</text:p></table:table-cell>\
         </table:table-row></table:table></office:spreadsheet></office:body></office:document-content>",
        words("Item"),
        words("Price"),
        words("Since"),
        words("Bolt"),
    );
    let parts = [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        (
            "META-INF/manifest.xml",
            "<manifest:manifest xmlns:manifest='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'/>",
        ),
        ("content.xml", &content),
    ];
    check(
        "a.ods",
        &parts,
        expect![[r#"
        title None
        Heading(1) "Price list"
        TableRow 'Price list'!A1:C1 "Item | Price | Since" => Item; Price; Since
        TableRow 'Price list'!A2:C2 "Bolt | 9.5 | 2024-05-06" => Item: Bolt; Price: 9.5; Since: 2024-05-06"#]],
    );
}

#[test]
fn an_electronic_book_is_read_in_the_order_of_its_spine() {
    let parts = [
        ("mimetype", "application/epub+zip"),
        (
            "META-INF/container.xml",
            "<container><rootfiles><rootfile full-path='OEBPS/b.opf'/></rootfiles></container>",
        ),
        (
            "OEBPS/b.opf",
            "<package><metadata><dc:title>Book</dc:title></metadata><manifest><item id='a' href='a%201.xhtml'/><item id='b' href='b.xhtml'/></manifest><spine><itemref idref='b'/><itemref idref='a'/></spine></package>",
        ),
        ("OEBPS/a 1.xhtml", "<html><body><h1>Two</h1><p>Last&nbsp;<b>wo</b>rds.</p></body></html>"),
        ("OEBPS/b.xhtml", "<html><body><h1>One</h1><ul><li>x</li><li><p>y</p></li></ul>loose</body></html>"),
    ];
    check(
        "a.epub",
        &parts,
        expect![[r#"
        title Some("Book")
        Heading(1) "One"
        ListItem "x"
        ListItem "y"
        Paragraph "loose"
        Heading(1) "Two"
        Paragraph "Last words.""#]],
    );
}
