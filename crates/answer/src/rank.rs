//! How well each sentence of the sources answers a question.

use std::collections::{BTreeMap, BTreeSet};

use engraft_core::terms;

use crate::cue::Cue;
use crate::unit::{Unit, units};
use crate::{ExtractOptions, Meaning, Source};

/// What a sentence's score is made of; each about in `[0, 1]`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signals {
    /// Cosine of the question and the sentence below its headings; `None` when it was not embedded.
    pub cosine: Option<f32>,
    /// Weighted share of the question's content words in the sentence; rare words weigh more.
    pub covered: f32,
    /// The same, with the table's header, the headings and the title.
    pub placed: f32,
    /// Share of neighbouring pairs of the question's content words that stand within six words of each other.
    pub paired: f32,
    /// Whether it offers the sort of thing the question asks for.
    pub cue: f32,
    /// The passage's cosine to the question; 0 when unknown. It decides only which sentences are embedded.
    pub dense: f32,
    /// The passage's retrieval score over the best one's.
    pub standing: f32,
    /// The logarithm of its number of words, over five.
    pub length: f32,
}

/// A sentence or table row with its score.
#[derive(Clone, Debug)]
pub(crate) struct Ranked<'a> {
    pub(crate) unit: Unit<'a>,
    pub(crate) signals: Signals,
    pub(crate) terms: BTreeSet<String>,
    /// Its words with those of its table's header, its headings and its title.
    pub(crate) placed: BTreeSet<String>,
    /// Log-odds that it holds the answer.
    pub(crate) score: f32,
}

/// The question, read once.
pub(crate) struct Question<'q> {
    pub(crate) text: &'q str,
    pub(crate) cue: Cue,
    /// Its content words in order, each once.
    pub(crate) terms: Vec<String>,
    /// How much each tells, by how few sources have it.
    pub(crate) weights: BTreeMap<String, f32>,
    /// Its names and numbers: content words with a capital or digit, the first word left out.
    names: BTreeSet<String>,
    /// The content words of each source.
    held: Vec<BTreeSet<String>>,
}

impl<'q> Question<'q> {
    /// Reads a question against the sources that are there to answer it.
    pub(crate) fn read(text: &'q str, sources: &[Source<'_>]) -> Question<'q> {
        let mut seen = BTreeSet::new();
        let ordered: Vec<String> = terms(text).into_iter().filter(|term| seen.insert(term.clone())).collect();
        let held: Vec<BTreeSet<String>> = sources.iter().map(source_terms).collect();
        let weight = |term: &String| {
            let holders = held.iter().filter(|held| held.contains(term)).count() as f32;
            (1.0 + (sources.len() as f32 + 1.0) / (holders + 0.5)).ln()
        };
        let weights = ordered.iter().map(|term| (term.clone(), weight(term))).collect();
        let named = |word: &&str| word.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
        let names: BTreeSet<String> = text.split_whitespace().skip(1).filter(named).flat_map(terms).collect();
        Question { text, cue: Cue::of(text), terms: ordered, weights, names, held }
    }

    /// The share of its names and numbers among `terms`; 1 when it has none.
    pub(crate) fn named(&self, terms: &BTreeSet<String>) -> f32 {
        if self.names.is_empty() {
            return 1.0;
        }
        self.names.intersection(terms).count() as f32 / self.names.len() as f32
    }

    /// The greatest weight of a content word that `terms` lack, over the weight of all.
    pub(crate) fn missed(&self, terms: &BTreeSet<String>) -> f32 {
        let all: f32 = self.weights.values().sum();
        let missed =
            self.weights.iter().filter(|(term, _)| !terms.contains(*term)).map(|(_, weight)| *weight);
        if all > 0.0 { missed.fold(0.0, f32::max) / all } else { 1.0 }
    }

    /// The weighted share of the question's content words among `terms`; 0 when it has none.
    pub(crate) fn covered(&self, terms: &BTreeSet<String>) -> f32 {
        let all: f32 = self.weights.values().sum();
        let held: f32 =
            self.weights.iter().filter(|(term, _)| terms.contains(*term)).map(|(_, weight)| weight).sum();
        if all > 0.0 { held / all } else { 0.0 }
    }

    /// The weighted share of its content words that a source holds, with title and headings.
    pub(crate) fn covered_by(&self, source: usize) -> f32 {
        self.held.get(source).map_or(0.0, |held| self.covered(held))
    }

    /// The share of its names and numbers that a source holds; 1 when it has none.
    pub(crate) fn named_by(&self, source: usize) -> f32 {
        self.held.get(source).map_or(0.0, |held| self.named(held))
    }

    /// The greatest weight of a content word that a source lacks, over the weight of all.
    pub(crate) fn missed_by(&self, source: usize) -> f32 {
        self.held.get(source).map_or(1.0, |held| self.missed(held))
    }

    fn paired(&self, terms: &[String]) -> f32 {
        const NEAR: usize = 6;
        let pairs = self.terms.windows(2);
        let count = pairs.len();
        let near = pairs.filter(|pair| {
            let first = (0..terms.len()).filter(|&i| terms[i] == pair[0]);
            let near =
                |i: usize| terms[i.saturating_sub(NEAR)..terms.len().min(i + NEAR + 1)].contains(&pair[1]);
            first.into_iter().any(near)
        });
        if count == 0 { 0.0 } else { near.count() as f32 / count as f32 }
    }
}

/// The content words of a passage with its title and headings.
fn source_terms(source: &Source<'_>) -> BTreeSet<String> {
    let heading = source.title.iter().chain(&source.heading).flat_map(|line| terms(line));
    heading.chain(terms(source.passage())).collect()
}

/// Every unit of the sources with its score, in the order of the sources.
pub(crate) fn rank<'a>(
    question: &Question<'_>,
    sources: &[Source<'a>],
    options: &ExtractOptions,
    meaning: Option<Meaning<'_>>,
) -> Vec<Ranked<'a>> {
    let best_score = sources.iter().map(|source| source.score).fold(0.0, f32::max);
    let mut ranked = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let above: BTreeSet<String> =
            source.title.iter().chain(&source.heading).flat_map(|line| terms(line)).collect();
        for unit in units(index, source) {
            let words = terms(unit.text);
            let own: BTreeSet<String> = words.iter().cloned().collect();
            let mut placed: BTreeSet<String> = own.union(&above).cloned().collect();
            placed.extend(unit.header.map(terms).unwrap_or_default());
            let signals = Signals {
                cosine: None,
                covered: question.covered(&own),
                placed: question.covered(&placed),
                paired: question.paired(&words),
                cue: question.cue.found_in(unit.text, question.text),
                dense: source.dense.unwrap_or(0.0),
                standing: (source.score / best_score.max(1e-6)).clamp(0.0, 1.0),
                length: (1.0 + words.len() as f32).ln() / 5.0,
            };
            let score = signals.log_odds() - if unit.label { LABEL } else { 0.0 };
            ranked.push(Ranked { unit, signals, terms: own, placed, score });
        }
    }
    if let Some(meaning) = meaning {
        add_cosines(&mut ranked, sources, options.embed_units, meaning);
    }
    ranked
}

/// Embeds the most promising units, each below its headings, and scores them again.
fn add_cosines(ranked: &mut [Ranked<'_>], sources: &[Source<'_>], most: usize, meaning: Meaning<'_>) {
    let mut order: Vec<usize> = (0..ranked.len()).filter(|&i| !ranked[i].unit.label).collect();
    let promise = |i: usize| ranked[i].score + PROMISE_OF_DENSE * ranked[i].signals.dense;
    order.sort_by(|&a, &b| promise(b).total_cmp(&promise(a)).then(a.cmp(&b)));
    order.truncate(most);
    let told: Vec<String> = order.iter().map(|&i| below_headings(&ranked[i].unit, sources)).collect();
    let texts: Vec<&str> = told.iter().map(String::as_str).collect();
    for (&i, cosine) in order.iter().zip(meaning.cosines(&texts)) {
        ranked[i].signals.cosine = cosine;
        ranked[i].score = ranked[i].signals.log_odds();
    }
}

/// A unit as it is embedded: below its last two headings, or the title.
fn below_headings(unit: &Unit<'_>, sources: &[Source<'_>]) -> String {
    let source = &sources[unit.source];
    let last = &source.heading[source.heading.len().saturating_sub(2)..];
    let above: Vec<&str> = if last.is_empty() {
        source.title.iter().map(String::as_str).collect()
    } else {
        last.iter().map(String::as_str).collect()
    };
    format!("{}{}{}", above.join(". "), if above.is_empty() { "" } else { ". " }, unit.told())
}

impl Signals {
    /// The signals in the order of the weights, the cosines left out.
    pub fn values(&self) -> [f32; 6] {
        [self.covered, self.placed, self.paired, self.cue, self.standing, self.length]
    }

    /// The log-odds that the sentence holds the answer.
    fn log_odds(&self) -> f32 {
        let (weights, start) = match self.cosine {
            Some(cosine) => (&WITH_COSINE, WITH_COSINE_START + WITH_COSINE_FACTOR * cosine),
            None => (&WORDS_ONLY, WORDS_ONLY_START),
        };
        start + weights.iter().zip(self.values()).map(|(weight, value)| weight * value).sum::<f32>()
    }
}

/// How far down a unit goes that says nothing itself, in log-odds.
const LABEL: f32 = 8.0;
/// What a passage's cosine adds to the log-odds by which sentences are picked for embedding.
const PROMISE_OF_DENSE: f32 = 6.0;

// Fitted by `examples/fit`; the order is that of `Signals::values`.
const WITH_COSINE_START: f32 = -12.22;
const WITH_COSINE_FACTOR: f32 = 4.76;
const WITH_COSINE: [f32; 6] = [3.10, 0.10, 0.70, 1.18, 5.90, 0.77];
const WORDS_ONLY_START: f32 = -11.16;
const WORDS_ONLY: [f32; 6] = [3.21, 1.07, 0.93, 1.21, 6.84, 0.96];
