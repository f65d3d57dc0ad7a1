//! PDFs made here, line by line, and what is read from them.

use std::fmt::Write as _;

use engraft_core::{CharMap, Content, Fault};
use engraft_ingest::parse::{Limits, ParseError, parse};
use expect_test::{Expect, expect};
use lopdf::{
    Dictionary, Document, EncryptionState, EncryptionVersion, Object, Permissions, Stream, dictionary,
};

/// Places `text` at (x, y) in font `F` (regular) or `B` (bold).
fn show(font: &str, size: u32, x: u32, y: u32, text: &str) -> String {
    format!("BT /{font} {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n")
}

/// A PDF with one page per content stream.
fn document(pages: &[String]) -> Document {
    let mut doc = Document::with_version("1.5");
    let font = |name: &str| dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => name, "Encoding" => "WinAnsiEncoding" };
    let (regular, bold) = (doc.add_object(font("Helvetica")), doc.add_object(font("Helvetica-Bold")));
    let root = doc.new_object_id();
    let kids: Vec<Object> = pages
        .iter()
        .map(|content| {
            let content = doc.add_object(Stream::new(Dictionary::new(), content.as_bytes().to_vec()));
            let fonts = dictionary! { "F" => regular, "B" => bold };
            let resources = dictionary! { "Font" => fonts };
            let page = dictionary! { "Type" => "Page", "Parent" => root, "Contents" => content, "Resources" => resources };
            Object::Reference(doc.add_object(page))
        })
        .collect();
    let count = kids.len() as i64;
    let sheet: Vec<Object> = [0, 0, 600, 800].map(Object::Integer).to_vec();
    let tree = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count, "MediaBox" => sheet };
    doc.objects.insert(root, Object::Dictionary(tree));
    let catalog = doc.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
    doc.trailer.set("Root", catalog);
    doc
}

fn bytes(mut doc: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    doc.save_to(&mut bytes).expect("memory does not run out");
    bytes
}

fn read(bytes: &[u8]) -> Result<Content, ParseError> {
    parse("a.pdf", bytes, &Limits::default()).map(|mut outcome| outcome.documents.remove(0).content)
}

#[track_caller]
fn check(pages: &[String], expected: Expect) {
    let content = read(&bytes(document(pages))).expect("it is a sound PDF");
    let map = CharMap::new(&content.text);
    let mut shown = String::new();
    for block in &content.blocks {
        let quote = map.quote(block.span).expect("spans lie in the text");
        let plain = block.plain.as_ref().map(|plain| format!(" = {plain}")).unwrap_or_default();
        writeln!(shown, "{:?} p{} {quote}{plain}", block.kind, block.page.unwrap_or(0))
            .expect("strings grow");
    }
    content.warnings.iter().for_each(|warning| writeln!(shown, "! {warning}").expect("strings grow"));
    expected.assert_eq(&shown);
}

#[test]
fn a_title_is_a_heading_and_lines_are_joined_to_paragraphs() {
    let page = show("F", 20, 50, 750, "Leave policy")
        + &show("F", 10, 50, 700, "Everyone has thirty days of leave a year, and may carry over")
        + &show("F", 10, 50, 688, "five of them. The rest is lost at the end of March.")
        + &show("B", 10, 50, 660, "Sick leave")
        + &show("F", 10, 50, 640, "Tell your manager on the first day, before ten in the morning.");
    check(
        &[page],
        expect![[r#"
        Heading(1) p1 Leave policy
        Paragraph p1 Everyone has thirty days of leave a year, and may carry over five of them. The rest is lost at the end of March.
        Heading(2) p1 Sick leave
        Paragraph p1 Tell your manager on the first day, before ten in the morning.
    "#]],
    );
}

#[test]
fn a_word_divided_at_the_end_of_a_line_is_made_whole() {
    let page = show("F", 10, 50, 700, "The company pays for the certifi-")
        + &show("F", 10, 50, 688, "cation and for a well-known course, and the well-")
        + &show("F", 10, 50, 676, "known one is the better.");
    check(
        &[page],
        expect![[r#"
        Paragraph p1 The company pays for the certification and for a well-known course, and the well-known one is the better.
    "#]],
    );
}

#[test]
fn the_left_column_is_read_before_the_right() {
    let mut page = show("F", 18, 100, 750, "Two columns of news");
    for line in 0..4 {
        page +=
            &show("F", 10, 50, 700 - 12 * line, &format!("left line {line} with words to fill the column"));
        page +=
            &show("F", 10, 310, 700 - 12 * line, &format!("right line {line} with words to fill the column"));
    }
    check(
        &[page],
        expect![[r#"
        Heading(1) p1 Two columns of news
        Paragraph p1 left line 0 with words to fill the column left line 1 with words to fill the column left line 2 with words to fill the column left line 3 with words to fill the column right line 0 with words to fill the column right line 1 with words to fill the column right line 2 with words to fill the column right line 3 with words to fill the column
    "#]],
    );
}

#[test]
fn cells_under_each_other_are_rows_that_name_their_columns() {
    let rows = [("Trip", "Limit", "Since"), ("Berlin", "120 EUR", "2023"), ("London", "180 EUR", "2024")];
    let mut page = String::new();
    for (nth, (a, b, c)) in (0..).zip(rows) {
        let y = 700 - 14 * nth;
        page += &(show("F", 10, 50, y, a) + &show("F", 10, 200, y, b) + &show("F", 10, 350, y, c));
    }
    check(
        &[page],
        expect![[r#"
        TableRow p1 Trip | Limit | Since = Trip; Limit; Since
        TableRow p1 Berlin | 120 EUR | 2023 = Trip: Berlin; Limit: 120 EUR; Since: 2023
        TableRow p1 London | 180 EUR | 2024 = Trip: London; Limit: 180 EUR; Since: 2024
    "#]],
    );
}

#[test]
fn running_headers_and_page_numbers_go_and_pages_stay_known() {
    let page = |number: u32, text: &str| {
        show("F", 9, 50, 780, "Handbook of the company")
            + &show("F", 10, 50, 600, text)
            + &show("F", 9, 300, 20, &number.to_string())
    };
    let texts = ["One is about work.", "Two is about leave.", "Three is about pay.", "Four is about travel."];
    let pages: Vec<String> = (1..).zip(texts).map(|(number, text)| page(number, text)).collect();
    check(
        &pages,
        expect![[r#"
        Paragraph p1 One is about work.
        Paragraph p2 Two is about leave.
        Paragraph p3 Three is about pay.
        Paragraph p4 Four is about travel.
        ! running headers, footers and page numbers were left out
    "#]],
    );
}

#[test]
fn bullets_and_numbers_open_list_items() {
    let page = show("F", 10, 50, 700, "\\225 bring a badge")
        + &show("F", 10, 50, 688, "\\225 bring a laptop")
        + &show("F", 10, 50, 676, "1. sit down");
    check(
        &[page],
        expect![[r#"
        ListItem p1 bring a badge
        ListItem p1 bring a laptop
        ListItem p1 1. sit down
    "#]],
    );
}

#[test]
fn pages_without_text_say_so() {
    assert_eq!(read(&bytes(document(&["0 0 10 10 re f".to_string()]))), Err(ParseError::Scan));
    assert!(ParseError::Scan.hint().is_some_and(|hint| hint.contains("OCR")));
}

#[test]
fn an_empty_password_opens_and_another_does_not() {
    for (password, opens) in [("", true), ("secret", false)] {
        let mut doc = document(&[show("F", 10, 50, 700, "Only for us")]);
        doc.trailer
            .set("ID", Object::Array(vec![Object::string_literal("id"), Object::string_literal("id")]));
        let version = EncryptionVersion::V2 {
            document: &doc,
            owner_password: "owner",
            user_password: password,
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).expect("the settings are sound");
        doc.encrypt(&state).expect("it can be encrypted");
        let content = read(&bytes(doc));
        match opens {
            true => assert_eq!(content.map(|content| content.text), Ok("Only for us".to_string())),
            false => assert_eq!(content, Err(ParseError::Encrypted)),
        }
    }
}

#[test]
fn forms_that_draw_themselves_end() {
    let mut doc = document(&["/X Do".to_string()]);
    let form = doc.new_object_id();
    let inside = dictionary! { "XObject" => dictionary! { "X" => form } };
    let dict = dictionary! { "Type" => "XObject", "Subtype" => "Form", "Resources" => inside.clone() };
    doc.objects.insert(form, Object::Stream(Stream::new(dict, b"/X Do /X Do /X Do".to_vec())));
    for object in doc.objects.values_mut() {
        if let Ok(page) = object.as_dict_mut()
            && page.has_type(b"Page")
        {
            page.set("Resources", inside.clone());
        }
    }
    assert_eq!(read(&bytes(doc)), Err(ParseError::Scan));
}
