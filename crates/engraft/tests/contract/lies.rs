//! Small files that claim to be huge. They are read by the real worker, which has ten seconds and 512 MiB: what they cost is
//! bounded by what they hold, and what cannot be taken is named.

use std::io::{Cursor, Write};

use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::bench::Bench;

/// What becomes of the file beside a good one: the texts of its documents, or how it failed.
fn outcome(name: &str, bytes: &[u8]) -> Result<Vec<String>, Value> {
    let bench = Bench::lexical();
    bench.write("good.md", "The good page.\n");
    std::fs::write(bench.docs().join(name), bytes).unwrap();
    let report = bench.ingest();
    assert_eq!(bench.found(&["good"])[0], "good.md", "{report}");
    if let Some(failure) = report["failures"].get(0) {
        assert!(!failure["hint"].as_str().unwrap().is_empty(), "{failure}");
        return Err(failure.clone());
    }
    let listed = bench.json(&["docs", "list"]);
    let uris =
        listed["documents"].as_array().unwrap().iter().map(|document| document["uri"].as_str().unwrap());
    let read = uris.filter(|uri| *uri != "good.md").map(|uri| bench.json(&["docs", "show", uri]));
    Ok(read.map(|shown| shown["text"].as_str().unwrap().to_string()).collect())
}

#[track_caller]
fn reads(name: &str, bytes: &[u8], expected: &[&str]) {
    assert_eq!(outcome(name, bytes).unwrap(), expected);
}

#[track_caller]
fn fails(name: &str, bytes: &[u8], kind: &str, says: &str) {
    let failure = outcome(name, bytes).unwrap_err();
    assert_eq!(failure["kind"], kind, "{failure}");
    assert!(failure["message"].as_str().unwrap().contains(says), "{failure}");
}

/// A PDF of these objects, the first of which is the catalogue.
fn pdf(objects: &[String]) -> Vec<u8> {
    let mut text = "%PDF-1.4\n".to_string();
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(format!("{:010} 00000 n \n", text.len()));
        text += &format!("{} 0 obj\n{object}\nendobj\n", at + 1);
    }
    let (start, size) = (text.len(), objects.len() + 1);
    text += &format!("xref\n0 {size}\n0000000000 65535 f \n{}", places.concat());
    text += &format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    text.into_bytes()
}

/// The objects behind one page of text: the page itself, its content and its font, from number `first` on.
fn page(first: usize, parent: usize) -> Vec<String> {
    let show = "BT /F 12 Tf 72 700 Td (The keeper sleeps at noon.) Tj ET";
    vec![
        format!(
            "<< /Type /Page /Parent {parent} 0 R /MediaBox [0 0 600 800] /Contents {} 0 R /Resources << /Font << /F {} 0 R >> >> >>",
            first + 1,
            first + 2
        ),
        format!("<< /Length {} >>\nstream\n{show}\nendstream", show.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_string(),
    ]
}

#[test]
fn a_pdf_that_claims_a_million_pages_has_those_it_has() {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>".to_string(),
    ];
    objects.extend(page(3, 2));
    reads("claims.pdf", &pdf(&objects), &["The keeper sleeps at noon."]);
}

#[test]
fn a_pdf_whose_only_page_stands_a_million_times_in_its_tree_costs_no_more_than_its_objects() {
    let mut objects = vec!["<< /Type /Catalog /Pages 2 0 R >>".to_string()];
    // Six levels of ten times the same child, the last of which is the page.
    for level in 0..6 {
        let kids = format!("{} 0 R ", level + 3).repeat(10);
        objects.push(format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", 10_usize.pow(6 - level)));
    }
    objects.extend(page(8, 7));
    let texts = outcome("tree.pdf", &pdf(&objects)).unwrap();
    let pages: Vec<&str> = texts[0].split("\n\n").collect();
    assert!(texts.len() == 1 && pages.len() <= objects.len(), "{} pages", pages.len());
    assert!(pages.iter().all(|page| *page == "The keeper sleeps at noon."));
}

#[test]
fn a_pdf_with_more_pages_than_are_read_is_refused() {
    let kids: String = (0..5_001).map(|page| format!("{} 0 R ", page + 5)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_string(),
        format!("<< /Type /Pages /Kids [{kids}] /Count 5001 >>"),
    ];
    let shared = page(2, 2);
    objects.extend_from_slice(&shared[1..]);
    let one = shared[0].clone();
    objects.extend(std::iter::repeat_n(one, 5_001));
    fails("book.pdf", &pdf(&objects), "too_large", "pages over the limit of 5000");
}

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn xlsx(sheet: &str) -> Vec<u8> {
    let (main, office) = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    );
    let relations = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>\
             <Relationship Id='r1' Type='{office}/{kind}' Target='{target}'/></Relationships>"
        )
    };
    package(&[
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", &relations("officeDocument", "xl/workbook.xml")),
        (
            "xl/workbook.xml",
            &format!(
                "<workbook xmlns='{main}' xmlns:r='{office}'><sheets><sheet name='S' sheetId='1' r:id='r1'/></sheets></workbook>"
            ),
        ),
        ("xl/_rels/workbook.xml.rels", &relations("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", &format!("<worksheet xmlns='{main}'>{sheet}</worksheet>")),
    ])
}

#[test]
fn a_sheet_that_claims_every_cell_there_can_be_has_those_it_has() {
    let claim = "<dimension ref='A1:XFD1048576'/>";
    let cells = "<sheetData><row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>2</v></c></row></sheetData>";
    let merged = "<mergeCells count='1'><mergeCell ref='A1:XFD1048576'/></mergeCells>";
    reads("claims.xlsx", &xlsx(&format!("{claim}{cells}{merged}")), &["S\n\n1\n2"]);
}

#[test]
fn a_sheet_that_repeats_one_cell_for_ever_is_refused() {
    let cell = "<table:table-cell table:number-columns-repeated='16384' office:value-type='string'><text:p>x</text:p></table:table-cell>";
    let sheet = format!(
        "<office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' \
         xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'>\
         <office:body><office:spreadsheet><table:table table:name='S'><table:table-row table:number-rows-repeated='1048576'>{cell}\
         </table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    );
    let bytes = package(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", "<manifest/>"),
        ("content.xml", &sheet),
    ]);
    fails("repeats.ods", &bytes, "too_large", "cells over the limit");
}

/// The archive with what its records say of a member's unpacked size changed: in the directory at its end, and before the member.
fn claiming(mut bytes: Vec<u8>, size: u32) -> Vec<u8> {
    for (record, field) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        let at = bytes.windows(4).position(|window| window == record).unwrap() + field;
        bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
    }
    bytes
}

#[test]
fn an_archive_that_lies_about_sizes_costs_what_it_holds() {
    let note = package(&[("note.txt", "The keeper sleeps at noon.")]);
    reads("honest.zip", &note, &["The keeper sleeps at noon."]);
    reads("huge.zip", &claiming(note, 0xffff_fff0), &["The keeper sleeps at noon."]);
    let zeros = package(&[("zeros.txt", &"0".repeat(64 << 20))]);
    fails("small.zip", &claiming(zeros.clone(), 10), "malformed", "larger than its declared");
    fails("bomb.zip", &zeros, "too_large", "unpacked bytes per packed byte");
}
