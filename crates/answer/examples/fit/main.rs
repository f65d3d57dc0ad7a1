//! Fits the constants of the extractive reader and says how well they do.
//!
//! First `python3 crates/answer/examples/fit/hits.py OUT`, then
//! `cargo run --release -p engraft-answer --example fit -- OUT` prints the weights of a sentence's score (`src/rank.rs`),
//! those of the evidence and those of support (`src/support.rs`), and what they reach on questions they were not fitted on:
//! sentences and evidence by five parts, support on the sets of the evidence. Each depends on the one before: when weights
//! change, put them in the code and run again.

#[expect(dead_code, reason = "the test of quality searches a set by itself, here the binary did")]
mod data;
mod hits;
mod logistic;
mod support;

use data::Cached;
use engraft_answer::{Evidence, ExtractOptions, Meaning, explain, extract};
use engraft_core::{Embed, Span};
use hits::{Asked, Hits};
use logistic::{Row, auroc, fit, log_odds};

/// Passages handed to the reader, as `ask` does.
const SOURCES: usize = 8;
/// Parts for cross-validation.
const PARTS: usize = 5;
/// What sentences and evidence are fitted on, and support is measured with.
const SETS: [&str; 3] = ["sample", "updates", "xquad-en"];

fn main() {
    let (Some(folder), Some(model)) = (std::env::args().nth(1), engraft_testkit::model()) else {
        return;
    };
    let embed = Cached::open(&model);
    let open = |name| Hits::open(folder.as_ref(), name);
    let (sets, others) = (SETS.map(open), support::SETS.map(open));
    for encoder in [Some(&embed as &dyn Embed), None] {
        println!("\n== {} ==", if encoder.is_some() { "with an encoder" } else { "words only" });
        report("sentence", &sentences(&sets, encoder));
        let seen = seen(&sets, encoder);
        report("evidence", &evidence(&seen));
        support::report(&self::seen(&others, encoder), &seen);
    }
}

fn sources<'a>(set: &'a Hits, asked: &Asked, hidden: bool, with: bool) -> Vec<engraft_answer::Source<'a>> {
    let mut found = set.sources(asked, SOURCES, hidden);
    if !with {
        found.iter_mut().for_each(|source| source.dense = None);
    }
    found
}

/// The question's vector; empty without an encoder.
fn vector(encoder: Option<&dyn Embed>, question: &str) -> Vec<f32> {
    encoder
        .map(|encoder| encoder.embed(&[question]).expect("a question embeds").remove(0))
        .unwrap_or_default()
}

fn part(id: &str) -> usize {
    id.bytes().fold(7_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte))) / 7 % PARTS
}

fn features(values: &[f32], cosine: Option<f32>) -> Vec<f64> {
    values.iter().copied().chain(cosine).map(f64::from).collect()
}

/// A sentence's score: does it hold the answer? XQuAD, which has most questions, gives every second and counts half.
fn sentences(sets: &[Hits], encoder: Option<&dyn Embed>) -> Vec<Row> {
    let options = ExtractOptions { embed_units: usize::MAX, ..ExtractOptions::default() };
    let mut rows = Vec::new();
    for set in sets {
        let (step, weight) = if set.name == "xquad-en" { (2, 1.0) } else { (1, 2.0) };
        for asked in set.asked.iter().step_by(step).filter(|asked| asked.answerable()) {
            let sources = sources(set, asked, false, encoder.is_some());
            let vector = vector(encoder, &asked.question);
            let meaning = encoder.map(|encoder| Meaning { question: &vector, encoder });
            for unit in explain(&asked.question, &sources, &options, meaning) {
                let source = &sources[unit.source];
                let words = source.text.quote(unit.span).unwrap_or_default();
                if encoder.is_some() == unit.signals.cosine.is_some() {
                    rows.push(Row {
                        set: set.name,
                        part: part(&asked.id),
                        x: features(&unit.signals.values(), unit.signals.cosine),
                        label: asked.holds(&source.uri, unit.span, words),
                        weight,
                    });
                }
            }
        }
    }
    rows
}

/// A question as the reader saw it.
pub(crate) struct Seen {
    pub(crate) set: &'static str,
    part: usize,
    answerable: bool,
    /// Whether the documents that answer it were taken away.
    pub(crate) hidden: bool,
    pub(crate) evidence: Evidence,
    /// Whether the quotes hold the answer.
    pub(crate) right: bool,
}

/// Every question as it is and, where something answers it, with that taken away; where nothing was quoted there is nothing to
/// weigh.
fn seen(sets: &[Hits], encoder: Option<&dyn Embed>) -> Vec<Seen> {
    let mut all = Vec::new();
    for set in sets {
        let (mut right, mut answered, mut wrong, mut hidden_answered) = ([0; 2], [0; 2], [0; 2], [0; 2]);
        for asked in &set.asked {
            let vector = vector(encoder, &asked.question);
            let meaning = encoder.map(|encoder| Meaning { question: &vector, encoder });
            for hidden in [false, true].into_iter().take(1 + usize::from(asked.answerable())) {
                let sources = sources(set, asked, hidden, encoder.is_some());
                let found = extract(&asked.question, &sources, &ExtractOptions::default(), meaning);
                let holds = |source: usize, span: Option<Span>, quote: &str| {
                    span.is_some_and(|span| asked.holds(&sources[source].uri, span, quote))
                };
                let label =
                    found.draft.markers.iter().any(|marker| holds(marker.source, marker.span, &marker.quote));
                let said = usize::from(found.support >= ExtractOptions::default().threshold);
                let count = match (asked.answerable(), hidden) {
                    (true, false) => &mut answered,
                    (true, true) => &mut hidden_answered,
                    (false, _) => &mut wrong,
                };
                count[0] += said;
                count[1] += 1;
                right[0] += usize::from(label) * said;
                right[1] += usize::from(label);
                if encoder.is_some() == found.evidence.cosine.is_some() && found.evidence.quoted {
                    let (answerable, part) = (asked.answerable(), part(&asked.id));
                    let (set, evidence) = (set.name, found.evidence);
                    all.push(Seen { set, part, answerable, hidden, evidence, right: label });
                }
            }
        }
        let share = |[hits, of]: [usize; 2]| format!("{hits} of {of}");
        println!(
            "{} with the weights in the code: answered {}, rightly {}; answer taken away {}, unanswerable {}",
            set.name,
            share(answered),
            share(right),
            share(hidden_answered),
            share(wrong)
        );
    }
    all
}

/// Evidence: do the quotes hold the answer?
fn evidence(seen: &[Seen]) -> Vec<Row> {
    let row = |seen: &Seen| Row {
        set: seen.set,
        part: seen.part,
        x: features(&seen.evidence.values(), seen.evidence.cosine),
        label: seen.right,
        weight: weight(seen.set, seen.answerable, seen.hidden),
    };
    seen.iter().map(row).collect()
}

/// What a question counts: the few of the handbooks against the many of XQuAD.
fn weight(set: &str, answerable: bool, hidden: bool) -> f64 {
    match (set, answerable, hidden) {
        ("xquad-en", ..) | ("sample", true, true) => 1.0,
        ("updates", ..) | (_, true, false) => 2.0,
        (_, false, _) => 4.0,
        _ => 1.0,
    }
}

fn report(what: &str, rows: &[Row]) {
    let mut scores = Vec::new();
    for held_out in 0..PARTS {
        let weights = fit(rows.iter().filter(|row| row.part != held_out), 1.0);
        let held = rows.iter().filter(|row| row.part == held_out);
        scores.extend(held.map(|row| (row.set, log_odds(&weights, &row.x), row.label)));
    }
    for set in SETS {
        let of: Vec<(f64, bool)> =
            scores.iter().filter(|row| row.0 == set).map(|row| (row.1, row.2)).collect();
        println!("{what}: {set}: AUROC {:.3} on {} rows held out", auroc(&of), of.len());
    }
    let weights: Vec<String> = fit(rows.iter(), 1.0).iter().map(|weight| format!("{weight:.2}")).collect();
    println!("{what}: weights [constant, values.., cosine] = [{}]", weights.join(", "));
}
