//! Random texts with spans, sent through every format that holds spans.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_annotate::format::{ExportOptions, Exporter, Format, ImportOptions, Input, import};
use engraft_annotate::{Answer, LabelledSpan, Record, Schema};
use serde_json::json;

/// SplitMix64 (Steele, Lea and Flood 2014): small, seeded, the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

const PIECES: [&str; 40] = [
    "Ann",
    "bought",
    "a",
    " ",
    " ",
    " ",
    "\n",
    "\r\n",
    "\t",
    ".",
    ",",
    "\"",
    "\\",
    "\\n",
    "#",
    "O",
    "👩‍👩‍👧",
    "👍🏽",
    "🇩🇪",
    "😀",
    "é",
    "e\u{301}",
    "ﬃ",
    "ß",
    "שלום",
    "\u{202e}",
    "القاهرة",
    "東京",
    "가",
    "ก็",
    "नमस्ते",
    "𝔅",
    "𐍈",
    "\u{200b}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{0}",
    "\u{85}",
    "\u{10fffd}",
];

/// A text that begins with its number: of two equal ones in a row CoNLL, which names none, makes one item.
fn text(random: &mut Random, number: usize) -> String {
    let mut text = number.to_string();
    for _ in 0..1 + random.below(24) {
        if random.below(5) == 0 {
            // Any code point but a surrogate.
            text.extend(char::from_u32(random.below(0x11_0000) as u32));
        } else {
            text.push_str(PIECES[random.below(PIECES.len())]);
        }
    }
    text
}

/// Spans in order, no two alike; with gaps where the format holds them.
fn spans(random: &mut Random, text: &str, gaps: bool) -> Vec<serde_json::Value> {
    let chars = text.chars().count();
    let mut found = BTreeMap::new();
    for _ in 0..random.below(5) {
        let mut edges: Vec<usize> = (0..4).map(|_| random.below(chars + 1)).collect();
        edges.sort_unstable();
        let label = ["ORG", "PER"][random.below(2)];
        if gaps && random.below(3) == 0 && edges[0] < edges[1] && edges[1] < edges[2] && edges[2] < edges[3] {
            let parts = json!([[edges[0], edges[1]], [edges[2], edges[3]]]);
            let span =
                json!({ "char_start": edges[0], "char_end": edges[3], "label": label, "parts": parts });
            found.insert((edges[0], edges[3], label), span);
        } else if edges[0] < edges[3] {
            let span = json!({ "char_start": edges[0], "char_end": edges[3], "label": label });
            found.insert((edges[0], edges[3], label), span);
        }
    }
    found.into_values().collect()
}

/// What a format is expected to keep of a span: all of it; of CoNLL, the words.
fn kept(span: &LabelledSpan, format: Format) -> (String, String, Vec<(usize, usize)>) {
    if format == Format::Conll {
        let words: String = span.quote.split_whitespace().collect();
        return (span.label.clone(), words, Vec::new());
    }
    let parts =
        if span.parts.is_empty() { vec![(span.char_start, span.char_end)] } else { span.parts.clone() };
    (span.label.clone(), span.quote.clone(), parts)
}

/// Sends `count` random texts through each format and panics where a span does not come back; of CoNLL, where one comes back
/// that was not sent, or fewer do than the losses say. Each format with its texts and spans.
pub(crate) fn through_every_format(count: usize, seed: u64, folder: &Path) -> Vec<(Format, usize, usize)> {
    let formats = [
        Format::Jsonl,
        Format::LabelStudio,
        Format::Argilla,
        Format::Doccano,
        Format::Prodigy,
        Format::Csv,
        Format::Brat,
        Format::Conll,
    ];
    formats.into_iter().map(|format| (format, count, through(format, count, seed, folder))).collect()
}

fn through(format: Format, count: usize, seed: u64, folder: &Path) -> usize {
    let gaps = matches!(format, Format::Jsonl | Format::Csv | Format::Brat);
    let schema = json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{
            "name": "entities", "type": "spans", "field": "text", "options": ["ORG", "PER"], "overlapping": true,
            "discontinuous": gaps,
        }],
    });
    let schema = Schema::read_value(&schema).expect("the schema is right");
    let mut random = Random(seed);
    let path = folder.join(format.name());
    let mut exporter =
        Exporter::create(format, &schema, &path, &ExportOptions::default()).expect("a new file");
    let mut sent = Vec::with_capacity(count);
    for number in 0..count {
        let text = text(&mut random, number);
        let answers = json!({ "entities": spans(&mut random, &text, gaps) });
        let response = json!({ "user": "imported", "status": "submitted", "answers": answers });
        let record =
            json!({ "id": format!("{number:07}"), "fields": { "text": text }, "responses": [response] });
        let record = Record::read(&schema, &record).expect("a right record");
        exporter.write(&record).expect("written");
        sent.push(record);
    }
    let losses = exporter.finish().expect("finished").losses;
    let mut back = Vec::with_capacity(count);
    let report = import(format, &schema, Input::Path(&path), &ImportOptions::default(), &mut |record| {
        back.push(record);
        Ok(())
    });
    let report = report.expect("it is read");
    assert!(report.rejected.is_empty(), "{format}: {:?}", report.rejected.first());
    assert_eq!(back.len(), sent.len(), "{format}");
    let mut total = 0;
    let mut missing = 0;
    for (sent, back) in sent.iter().zip(&back) {
        let (sent_spans, back_spans) = (of(sent), of(back));
        total += back_spans.len();
        if format == Format::Conll {
            let words: Vec<_> = sent_spans.iter().map(|span| kept(span, format)).collect();
            assert!(
                back_spans.iter().all(|span| words.contains(&kept(span, format))),
                "{format}: {sent:?} {back:?}"
            );
            missing += sent_spans.len() - back_spans.len();
        } else {
            assert_eq!(sent.fields, back.fields, "{format}");
            let all =
                |spans: &[LabelledSpan]| spans.iter().map(|span| kept(span, format)).collect::<Vec<_>>();
            assert_eq!(all(sent_spans), all(back_spans), "{format}");
        }
    }
    let counted = losses
        .iter()
        .filter(|loss| loss.what.starts_with("a span") || loss.what.starts_with("a second label"));
    assert_eq!(missing as u64, counted.map(|loss| loss.count).sum::<u64>(), "{format}: {losses:?}");
    total
}

fn of(record: &Record) -> &[LabelledSpan] {
    match record.responses.first().and_then(|response| response.answers.get("entities")) {
        Some(Answer::Spans(spans)) => spans,
        _ => &[],
    }
}
