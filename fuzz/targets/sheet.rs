//! A worksheet of an Excel workbook.
#![no_main]

use libfuzzer_sys::fuzz_target;

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const SHEETS: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

fuzz_target!(|bytes: &[u8]| {
    let relation = |kind: &str, target: &str| {
        let relation = format!("<Relationship Id='r1' Type='{OFFICE}/{kind}' Target='{target}'/>");
        format!("<Relationships xmlns='{PACKAGE}'>{relation}</Relationships>").into_bytes()
    };
    let book = format!("<workbook xmlns='{SHEETS}' xmlns:r='{OFFICE}'><sheets><sheet name='a' sheetId='1' r:id='r1'/></sheets></workbook>");
    engraft_fuzz::check_package(
        "a.xlsx",
        &[
            ("[Content_Types].xml", b"<Types/>"),
            ("_rels/.rels", &relation("officeDocument", "xl/workbook.xml")),
            ("xl/workbook.xml", book.as_bytes()),
            ("xl/_rels/workbook.xml.rels", &relation("worksheet", "worksheets/s.xml")),
            ("xl/worksheets/s.xml", bytes),
        ],
    );
});
