//! Runs the drawing commands of a page and notes where each character lands.

use std::collections::BTreeMap;
use std::rc::Rc;

use lopdf::content::Content;
use lopdf::{DecompressError, Dictionary, Document, Object, ObjectId};

use super::annotation::appearances;
use super::font::{Font, numbers};
use super::matrix::Matrix;

/// Forms within forms, and saved states within saved states.
const MAX_NESTING: usize = 16;
const MAX_STATES: usize = 256;
/// Commands that drawing a form counts for.
const FORM_COST: usize = 200;
/// Characters of one page; a dense one has 10,000.
const MAX_PAGE_CHARACTERS: usize = 400_000;

/// A character on the page, in the frame in which its line runs from left to right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    pub(super) c: char,
    /// Left and right edge, in points.
    pub(super) x0: f32,
    pub(super) x1: f32,
    /// Baseline, upwards.
    pub(super) y: f32,
    /// Font size as drawn.
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) mono: bool,
    /// Quarter turns of the line from the horizontal.
    pub(super) turn: u8,
}

/// What all pages of a document share: loaded fonts and the work left.
pub(super) struct Reader<'a> {
    doc: &'a Document,
    fonts: BTreeMap<ObjectId, Rc<Font>>,
    /// Commands that may still be run, and characters that may still be kept.
    commands: usize,
    characters: usize,
    /// Bytes one stream may unpack to, and all streams that are still to come.
    stream_bytes: usize,
    bytes_left: usize,
    /// Shown codes that stand for no known character.
    pub(super) unknown: usize,
    /// Whether the work ran out before the pages did.
    pub(super) exhausted: bool,
    /// Whether the content of some page unpacks to more than is allowed.
    pub(super) oversized: bool,
}

#[derive(Clone)]
struct State {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    char_space: f32,
    word_space: f32,
    scale: f32,
    leading: f32,
    rise: f32,
}

/// A run over one content stream.
struct Run<'r, 'a> {
    reader: &'r mut Reader<'a>,
    glyphs: &'r mut Vec<Glyph>,
    resources: Vec<&'a Dictionary>,
    local_fonts: BTreeMap<Vec<u8>, Rc<Font>>,
    state: State,
    saved: Vec<State>,
    text: Matrix,
    line: Matrix,
    /// For each open marked-content section, whether it is a running header, footer or watermark.
    marked: Vec<bool>,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// A reader that runs at most `commands` commands, keeps at most `characters` characters and unpacks no stream
    /// to more than `stream_bytes`.
    pub(super) fn new(
        doc: &'a Document,
        commands: usize,
        characters: usize,
        stream_bytes: usize,
    ) -> Reader<'a> {
        let fonts = BTreeMap::new();
        // Pages share letterheads: what is drawn often is unpacked often.
        let bytes_left = stream_bytes.saturating_mul(4);
        Reader {
            doc,
            fonts,
            commands,
            characters,
            stream_bytes,
            bytes_left,
            unknown: 0,
            exhausted: false,
            oversized: false,
        }
    }

    /// The characters of a page in the order in which they are drawn; what cannot be read is passed over.
    pub(super) fn glyphs(&mut self, page: ObjectId) -> Vec<Glyph> {
        let mut glyphs = Vec::new();
        let doc = self.doc;
        let Ok(dict) = doc.get_dictionary(page) else { return glyphs };
        let resources = inherited(doc, dict, b"Resources").into_iter().collect::<Vec<_>>();
        let content = match doc.get_page_content_with_limit(page, self.stream_bytes) {
            Ok(content) => content,
            Err(lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. })) => {
                self.oversized = true;
                return glyphs;
            }
            Err(_) => Vec::new(),
        };
        self.spend(content.len());
        self.run(&content, resources.clone(), Matrix::IDENTITY, 0, &mut glyphs);
        for (appearance, matrix) in appearances(doc, dict) {
            self.run_form(appearance, &resources, matrix, 1, &mut glyphs);
        }
        glyphs
    }

    fn run(
        &mut self,
        content: &[u8],
        resources: Vec<&'a Dictionary>,
        ctm: Matrix,
        depth: usize,
        glyphs: &mut Vec<Glyph>,
    ) {
        let state = State {
            ctm,
            font: None,
            size: 1.0,
            char_space: 0.0,
            word_space: 0.0,
            scale: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        let mut run = Run {
            reader: self,
            glyphs,
            resources,
            local_fonts: BTreeMap::new(),
            state,
            saved: Vec::new(),
            text: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
            marked: Vec::new(),
            depth,
        };
        for operation in Content::decode_iter(content) {
            let Ok(operation) = operation else { break };
            if run.reader.commands == 0 || run.reader.characters == 0 {
                run.reader.exhausted = true;
                break;
            }
            run.reader.commands -= 1;
            run.execute(&operation.operator, &operation.operands);
        }
    }

    fn run_form(
        &mut self,
        form: &'a Object,
        outer: &[&'a Dictionary],
        ctm: Matrix,
        depth: usize,
        glyphs: &mut Vec<Glyph>,
    ) {
        let Ok(stream) = form.as_stream() else { return };
        if depth > MAX_NESTING {
            return;
        }
        let Ok(content) = stream.get_plain_content_with_limit(self.stream_bytes) else { return };
        // Unpacking costs as much as many commands.
        self.commands = self.commands.saturating_sub(FORM_COST + content.len() / 64);
        self.spend(content.len());
        let mut resources: Vec<&Dictionary> = Vec::new();
        resources.extend(stream.dict.get_deref(b"Resources", self.doc).and_then(Object::as_dict).ok());
        resources.extend(outer.iter().take(MAX_NESTING));
        let matrix = Matrix::from_numbers(&numbers(&stream.dict, b"Matrix", self.doc));
        self.run(&content, resources, matrix.unwrap_or(Matrix::IDENTITY).then(ctm), depth, glyphs);
    }

    fn spend(&mut self, bytes: usize) {
        self.bytes_left = self.bytes_left.saturating_sub(bytes);
        if self.bytes_left == 0 {
            self.commands = 0;
        }
    }

    fn font(&mut self, object: &'a Object) -> Option<Rc<Font>> {
        let (id, resolved) = self.doc.dereference(object).ok()?;
        if let Some(font) = id.and_then(|id| self.fonts.get(&id)) {
            return Some(font.clone());
        }
        let font = Rc::new(Font::load(resolved.as_dict().ok()?, self.doc, self.stream_bytes));
        if let Some(id) = id {
            self.fonts.insert(id, font.clone());
        }
        Some(font)
    }
}

impl<'a> Run<'_, 'a> {
    fn execute(&mut self, operator: &str, operands: &[Object]) {
        let number = |at: usize| operands.get(at).and_then(|o| o.as_float().ok()).unwrap_or(0.0);
        let state = &mut self.state;
        match operator {
            "q" if self.saved.len() < MAX_STATES => self.saved.push(state.clone()),
            "Q" => {
                if let Some(saved) = self.saved.pop() {
                    self.state = saved;
                }
            }
            "cm" => {
                let all: Vec<f32> = (0..6).map(number).collect();
                if let Some(matrix) = Matrix::from_numbers(&all) {
                    state.ctm = matrix.then(state.ctm);
                }
            }
            "BT" => (self.text, self.line) = (Matrix::IDENTITY, Matrix::IDENTITY),
            "Tc" => state.char_space = number(0),
            "Tw" => state.word_space = number(0),
            "Tz" => state.scale = number(0) / 100.0,
            "TL" => state.leading = number(0),
            "Ts" => state.rise = number(0),
            "Tf" => {
                state.size = number(1);
                if let Some(Object::Name(name)) = operands.first() {
                    self.select_font(name);
                }
            }
            "Td" => self.move_line(number(0), number(1)),
            "TD" => {
                state.leading = -number(1);
                self.move_line(number(0), number(1));
            }
            "Tm" => {
                let all: Vec<f32> = (0..6).map(number).collect();
                if let Some(matrix) = Matrix::from_numbers(&all) {
                    (self.text, self.line) = (matrix, matrix);
                }
            }
            "T*" => self.next_line(),
            "Tj" => self.show_all(operands),
            "'" => {
                self.next_line();
                self.show_all(operands);
            }
            "\"" => {
                (state.word_space, state.char_space) = (number(0), number(1));
                self.next_line();
                self.show_all(operands);
            }
            "TJ" => {
                if let Some(Object::Array(items)) = operands.first() {
                    self.show_all(items);
                }
            }
            "Do" => {
                if let Some(Object::Name(name)) = operands.first() {
                    self.draw_form(name);
                }
            }
            "BMC" => self.marked.push(false),
            "BDC" => self.marked.push(is_furniture(operands)),
            "EMC" => {
                self.marked.pop();
            }
            _ => {}
        }
    }

    fn resource(&self, kind: &[u8], name: &[u8]) -> Option<&'a Object> {
        let doc = self.reader.doc;
        self.resources.iter().find_map(|resources| {
            resources.get_deref(kind, doc).and_then(Object::as_dict).ok().and_then(|kind| kind.get(name).ok())
        })
    }

    fn select_font(&mut self, name: &[u8]) {
        if let Some(font) = self.local_fonts.get(name) {
            self.state.font = Some(font.clone());
            return;
        }
        let loaded = self.resource(b"Font", name).and_then(|object| self.reader.font(object));
        // Text in a font that is missing still reads as Latin.
        let font = loaded.unwrap_or_else(|| {
            Rc::new(Font::load(&Dictionary::new(), self.reader.doc, self.reader.stream_bytes))
        });
        self.local_fonts.insert(name.to_vec(), font.clone());
        self.state.font = Some(font);
    }

    fn draw_form(&mut self, name: &[u8]) {
        let Some(object) = self.resource(b"XObject", name) else { return };
        let Ok((_, form)) = self.reader.doc.dereference(object) else { return };
        let is_form = form.as_stream().is_ok_and(|s| {
            s.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|subtype| subtype == b"Form")
        });
        if is_form && !self.marked.contains(&true) {
            let resources = std::mem::take(&mut self.resources);
            self.reader.run_form(form, &resources, self.state.ctm, self.depth + 1, self.glyphs);
            self.resources = resources;
        }
    }

    fn move_line(&mut self, x: f32, y: f32) {
        self.line = Matrix::translation(x, y).then(self.line);
        self.text = self.line;
    }

    fn next_line(&mut self) {
        self.move_line(0.0, -self.state.leading);
    }

    /// Shows strings and moves by numbers, as the operands of `TJ` say.
    fn show_all(&mut self, items: &[Object]) {
        let Some(font) = self.state.font.clone() else { return };
        for item in items {
            match item {
                Object::String(bytes, _) => self.show(&font, bytes),
                other => {
                    if let Ok(kerning) = other.as_float() {
                        let by = -kerning / 1000.0 * self.state.size;
                        self.advance(&font, if font.vertical { by } else { by * self.state.scale });
                    }
                }
            }
        }
    }

    fn advance(&mut self, font: &Font, by: f32) {
        let step = if font.vertical { Matrix::translation(0.0, -by) } else { Matrix::translation(by, 0.0) };
        self.text = step.then(self.text);
    }

    fn show(&mut self, font: &Font, bytes: &[u8]) {
        let hidden = self.marked.contains(&true);
        font.decode(bytes, |shown| {
            let state = &self.state;
            let extra = state.char_space + if shown.is_space { state.word_space } else { 0.0 };
            let (width, by) = if font.vertical {
                (state.size, state.size + extra)
            } else {
                (shown.width * state.size * state.scale, (shown.width * state.size + extra) * state.scale)
            };
            if !hidden {
                self.place(font, shown.text, width);
            }
            self.advance(font, by);
        });
    }

    /// Notes the characters of one code, which share its `width`.
    fn place(&mut self, font: &Font, text: &str, width: f32) {
        if text.is_empty() {
            self.reader.unknown += 1;
            return;
        }
        let to_page = self.text.then(self.state.ctm);
        let along = if font.vertical { (0.0, -1.0) } else { (1.0, 0.0) };
        let direction = to_page.apply_vector(along.0, along.1);
        let Some(turn) = quarter_turns(direction) else { return };
        let unit = direction.0.hypot(direction.1);
        let up = to_page.apply_vector(0.0, 1.0);
        let size = (up.0.hypot(up.1) * self.state.size).abs();
        let (x, y) = to_page.apply(0.0, self.state.rise);
        let (x, y) = match turn {
            0 => (x, y),
            1 => (y, -x),
            2 => (-x, -y),
            _ => (-y, x),
        };
        let width = (width * unit).abs();
        if !(x.is_finite() && y.is_finite() && width.is_finite() && (0.1..2000.0).contains(&size)) {
            return;
        }
        let count = text.chars().count();
        let step = width / count as f32;
        for (nth, c) in text.chars().enumerate() {
            if self.reader.characters == 0 || self.glyphs.len() >= MAX_PAGE_CHARACTERS {
                self.reader.exhausted = true;
                return;
            }
            self.reader.characters -= 1;
            let x0 = x + step * nth as f32;
            let (bold, mono) = (font.bold, font.mono);
            self.glyphs.push(Glyph { c, x0, x1: x0 + step, y, size, bold, mono, turn });
        }
    }
}

/// Quarter turns of a direction; `None` for slanted text, which is a watermark or part of a drawing.
fn quarter_turns((x, y): (f32, f32)) -> Option<u8> {
    let (longer, shorter) = if x.abs() > y.abs() { (x.abs(), y.abs()) } else { (y.abs(), x.abs()) };
    if longer.is_nan() || longer <= 0.0 || shorter > 0.3 * longer {
        return None;
    }
    Some(match (x.abs() > y.abs(), x > 0.0, y > 0.0) {
        (true, true, _) => 0,
        (false, _, true) => 1,
        (true, false, _) => 2,
        (false, _, false) => 3,
    })
}

/// Whether marked content is declared a running header, footer or watermark (ISO 32000-1, 14.8.2.2).
fn is_furniture(operands: &[Object]) -> bool {
    let [Object::Name(tag), Object::Dictionary(properties)] = operands else { return false };
    let is = |key: &[u8], names: &[&[u8]]| {
        properties.get(key).and_then(Object::as_name).is_ok_and(|n| names.contains(&n))
    };
    tag == b"Artifact"
        && (is(b"Type", &[b"Pagination"]) || is(b"Subtype", &[b"Header", b"Footer", b"Watermark"]))
}

/// A page attribute that may stand on a page or on a node above it.
fn inherited<'a>(doc: &'a Document, page: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
    let mut node = page;
    for _ in 0..64 {
        if let Ok(found) = node.get_deref(key, doc).and_then(Object::as_dict) {
            return Some(found);
        }
        node = node.get_deref(b"Parent", doc).and_then(Object::as_dict).ok()?;
    }
    None
}
