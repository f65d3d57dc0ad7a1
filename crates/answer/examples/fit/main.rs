//! Fits the constants of the extractive reader and says how well they do.
//!
//! `cargo run --release -p engraft-answer --example fit` prints the weights of a sentence's score (`src/rank.rs`), of
//! support (`src/support.rs`), and what they reach on XQuAD, PubMedQA and a staff handbook: each question is asked once
//! as it is and once with the passages that answer it taken away. Weights are judged on groups (articles, abstracts,
//! pages) they were not fitted on, by halves, and then fitted on all.

mod data;
mod logistic;

use data::{Asked, Cached, Set};
use engraft_answer::{ExtractOptions, explain, extract};
use engraft_core::{Embed, Span};
use logistic::{Rows, auroc, fit, log_odds};

/// Passages handed to the reader.
const SOURCES: usize = 6;

fn main() {
    let (Some(model), Some(xquad), Some(pubmedqa), Some(handbook)) = (
        engraft_testkit::model(),
        engraft_testkit::data("rag-xquad"),
        engraft_testkit::data("rag-pubmedqa"),
        engraft_testkit::data("kb-18f-handbook"),
    ) else {
        return;
    };
    let embed = Cached::open(&model);
    let sets =
        [data::xquad(&xquad, &embed), data::pubmedqa(&pubmedqa, &embed), data::handbook(&handbook, &embed)];
    for set in &sets {
        println!("{}: {} passages, {} questions", set.name, set.passages.len(), set.questions.len());
    }
    for with in [true, false] {
        println!("\n== {} ==", if with { "with an encoder" } else { "words only" });
        sentences(&sets[0], &embed, with);
        spans(&sets[0], &embed, with);
        support(&sets, &embed, with);
    }
}

fn encoder(embed: &Cached, with: bool) -> Option<&dyn Embed> {
    with.then_some(embed as &dyn Embed)
}

/// Without an encoder there is no dense leg either.
fn sources<'a>(
    set: &'a Set,
    question: &str,
    hidden: &[String],
    embed: &Cached,
    with: bool,
) -> Vec<engraft_answer::Source<'a>> {
    let mut found = set.search(question, SOURCES, hidden, embed);
    if !with {
        found.iter_mut().for_each(|source| source.dense = None);
    }
    found
}

/// A sentence's score: does it hold the whole answer?
fn sentences(set: &Set, embed: &Cached, with: bool) {
    let options = ExtractOptions { embed_units: usize::MAX, ..ExtractOptions::default() };
    let mut halves: [Rows; 2] = Default::default();
    for asked in &set.questions {
        let sources = sources(set, &asked.question, &[], embed, with);
        for unit in explain(&asked.question, &sources, &options, encoder(embed, with)) {
            let held = sources[unit.source].uri == asked.gold[0]
                && asked.answer.is_some_and(|answer| unit.span.contains(answer));
            let mut features: Vec<f64> =
                unit.signals.values().iter().map(|value| f64::from(*value)).collect();
            features.extend(unit.signals.cosine.map(f64::from));
            halves[half(set.group_of(asked))].push((features, held));
        }
    }
    report("sentence", halves);
}

fn half(group: &str) -> usize {
    group.bytes().fold(7_usize, |hash, byte| hash.wrapping_mul(31) + usize::from(byte)) / 3 % 2
}

fn report(what: &str, halves: [Rows; 2]) {
    for (train, held_out) in [(0, 1), (1, 0)] {
        let weights = fit(&halves[train], 1.0);
        let scores: Vec<(f64, bool)> =
            halves[held_out].iter().map(|(x, label)| (log_odds(&weights, x), *label)).collect();
        println!("{what}: AUROC {:.3} on {} rows held out", auroc(&scores), scores.len());
    }
    let all: Rows = halves.into_iter().flatten().collect();
    let weights: Vec<String> = fit(&all, 1.0).iter().map(|weight| format!("{weight:.2}")).collect();
    println!("{what}: weights [constant, values.., cosine] = [{}]", weights.join(", "));
}

/// How often the quotes hold the whole answer, and how long they are.
fn spans(set: &Set, embed: &Cached, with: bool) {
    for margin in [0.0, 1.0, 2.0, 3.0] {
        let options = ExtractOptions { margin, ..ExtractOptions::default() };
        let (mut held, mut letters, mut top) = (0, 0, 0);
        for asked in &set.questions {
            let sources = sources(set, &asked.question, &[], embed, with);
            top += usize::from(sources[0].uri == asked.gold[0]);
            let found = extract(&asked.question, &sources, &options, encoder(embed, with));
            held += usize::from(holds(asked, &found.draft.markers, &sources));
            letters += found.draft.markers.iter().map(|marker| marker.quote.chars().count()).sum::<usize>();
        }
        let n = set.questions.len();
        println!(
            "margin {margin}: answer inside the quotes {:.3} ({held} of {n}), {} characters quoted on average, passage ranked first {:.3}",
            held as f32 / n as f32,
            letters / n,
            top as f32 / n as f32,
        );
    }
}

fn holds(asked: &Asked, markers: &[engraft_core::Marker], sources: &[engraft_answer::Source<'_>]) -> bool {
    let answer: Option<Span> = asked.answer;
    let inside = |span: Option<Span>| span.zip(answer).is_some_and(|(span, answer)| span.contains(answer));
    markers.iter().any(|marker| sources[marker.source].uri == asked.gold[0] && inside(marker.span))
}

/// Support: do the sources hold an answer at all?
fn support(sets: &[Set], embed: &Cached, with: bool) {
    let mut halves: [Rows; 2] = Default::default();
    for set in sets {
        let mut shown = Vec::new();
        for asked in &set.questions {
            for hidden in [&[][..], &asked.gold] {
                let sources = sources(set, &asked.question, hidden, embed, with);
                let answerable = sources.iter().any(|source| asked.gold.contains(&source.uri));
                if hidden.is_empty() && !answerable {
                    continue;
                }
                let found =
                    extract(&asked.question, &sources, &ExtractOptions::default(), encoder(embed, with));
                shown.push((f64::from(found.support), answerable));
                let mut features: Vec<f64> =
                    found.evidence.values().iter().map(|value| f64::from(*value)).collect();
                features.extend(found.evidence.cosine.map(f64::from));
                // The handbook says many things on several pages: without the passage a question may still be
                // answered, so its labels are shown and not learnt from.
                if set.name != "handbook" {
                    halves[half(set.group_of(asked))].push((features, answerable));
                }
            }
        }
        print!("{}: AUROC {:.3} with the weights in the code;", set.name, auroc(&shown));
        for threshold in [0.3, 0.4, 0.5, 0.6, 0.7] {
            let share = |label: bool| {
                let of: Vec<bool> = shown
                    .iter()
                    .filter(|(_, held)| *held == label)
                    .map(|(support, _)| *support >= threshold)
                    .collect();
                of.iter().filter(|answered| **answered).count() as f64 / of.len() as f64
            };
            print!(
                " at {threshold} answered {:.2} of answerable and {:.2} of the others;",
                share(true),
                share(false)
            );
        }
        println!();
    }
    report("support", halves);
}
