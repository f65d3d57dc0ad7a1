//! scratch
mod data;
mod hits;
mod logistic;
use std::io::Write;
use data::Cached;
use engraft_answer::{ExtractOptions, explain, extract};
use engraft_core::{CharMap, Embed};
use hits::Hits;
fn main() {
    let mut args = std::env::args().skip(1);
    let folder = std::path::PathBuf::from(args.next().unwrap());
    let mode = args.next().unwrap();
    let with = args.next().unwrap() == "with";
    let units: usize = args.next().unwrap().parse().unwrap();
    let mut out = std::io::BufWriter::new(std::fs::File::create(args.next().unwrap()).unwrap());
    let embed = Cached::open(&engraft_testkit::model().unwrap());
    let encoder = with.then_some(&embed as &dyn Embed);
    let options = ExtractOptions { embed_units: units, ..ExtractOptions::default() };
    for name in ["sample", "updates", "xquad"] {
        let set = Hits::open(&folder, name);
        for (n, asked) in set.asked.iter().enumerate() {
            for hidden in [false, true] {
                if hidden && (!asked.answerable() || mode == "sentences") { continue; }
                if mode == "sentences" && (!asked.answerable() || name == "xquad" && n % 2 == 1) { continue; }
                let mut sources = set.sources(asked, 8, hidden);
                if !with { sources.iter_mut().for_each(|s| s.dense = None); }
                if mode == "sentences" {
                    let rows: Vec<_> = explain(&asked.question, &sources, &options, encoder).into_iter().map(|unit| {
                        let s = &sources[unit.source];
                        let words = CharMap::new(s.text).quote(unit.span).unwrap();
                        serde_json::json!({"x": unit.signals.values(), "c": unit.signals.cosine, "p": unit.signals.plain, "y": asked.holds(&s.uri, unit.span, words), "t": words, "s": unit.score})
                    }).collect();
                    writeln!(out, "{}", serde_json::json!({"set": name, "id": asked.id, "q": asked.question, "rows": rows})).unwrap();
                } else {
                    let found = extract(&asked.question, &sources, &options, encoder);
                    let y = found.draft.markers.iter().any(|m| asked.holds(&sources[m.source].uri, m.span.unwrap(), &m.quote));
                    writeln!(out, "{}", serde_json::json!({"set": name, "id": asked.id, "q": asked.question, "hidden": hidden, "answerable": asked.answerable(), "x": found.evidence.values(), "c": found.evidence.cosine, "y": y, "m": found.draft.message, "p": found.support})).unwrap();
                }
            }
        }
    }
}
