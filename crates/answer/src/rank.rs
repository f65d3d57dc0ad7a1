//! How well each sentence of the sources answers a question.

use std::collections::{BTreeMap, BTreeSet};

use engraft_core::Embed;

use crate::cue::Cue;
use crate::unit::{Unit, units};
use crate::words::terms;
use crate::{ExtractOptions, Source};

/// What a sentence's score is made of; each about in `[0, 1]`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signals {
    /// Cosine of question and sentence; `None` when it was not embedded.
    pub cosine: Option<f32>,
    /// Weighted share of the question's content words in the sentence; rare words weigh more.
    pub covered: f32,
    /// Share of neighbouring pairs of the question's content words that stand within six words of each other.
    pub paired: f32,
    /// Whether it offers the sort of thing the question asks for.
    pub cue: f32,
    /// The passage's BM25 score over the best one's.
    pub lexical: f32,
    /// One over the passage's rank.
    pub rank: f32,
    /// The logarithm of its number of words, over five.
    pub length: f32,
}

/// A sentence or table row with its score.
#[derive(Clone, Debug)]
pub(crate) struct Ranked<'a> {
    pub(crate) unit: Unit<'a>,
    pub(crate) signals: Signals,
    pub(crate) terms: BTreeSet<String>,
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
        let names = text.split_whitespace().skip(1).filter(named).flat_map(terms).collect();
        Question { text, cue: Cue::of(text), terms: ordered, weights, names, held }
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
        let found =
            |held: &BTreeSet<String>| self.names.intersection(held).count() as f32 / self.names.len() as f32;
        self.held.get(source).filter(|_| !self.names.is_empty()).map_or(1.0, found)
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
    embed: Option<&dyn Embed>,
) -> Vec<Ranked<'a>> {
    let best_lexical = sources.iter().filter_map(|source| source.lexical).fold(0.0, f32::max);
    let mut ranked = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let units = units(index, source);
        let words: Vec<Vec<String>> = units.iter().map(|unit| terms(unit.text)).collect();
        let sets: Vec<BTreeSet<String>> = words.iter().map(|words| words.iter().cloned().collect()).collect();
        for (i, unit) in units.into_iter().enumerate() {
            let signals = Signals {
                cosine: None,
                covered: question.covered(&sets[i]),
                paired: question.paired(&words[i]),
                cue: question.cue.found_in(unit.text, question.text),
                lexical: source.lexical.map_or(0.0, |score| score / best_lexical.max(1e-6)),
                rank: 1.0 / (index + 1) as f32,
                length: (1.0 + words[i].len() as f32).ln() / 5.0,
            };
            ranked.push(Ranked { unit, signals, terms: sets[i].clone(), score: signals.log_odds() });
        }
    }
    if let Some(embed) = embed {
        add_cosines(question.text, &mut ranked, options.embed_units, embed);
    }
    ranked
}

/// Embeds the most promising units and scores them again.
fn add_cosines(question: &str, ranked: &mut [Ranked<'_>], most: usize, embed: &dyn Embed) {
    let mut order: Vec<usize> = (0..ranked.len()).collect();
    order.sort_by(|&a, &b| ranked[b].score.total_cmp(&ranked[a].score).then(a.cmp(&b)));
    order.truncate(most);
    let mut texts = vec![question];
    texts.extend(order.iter().map(|&i| ranked[i].unit.text));
    // One text that is too long must not cost the others their vectors.
    let vectors: Vec<Option<Vec<f32>>> = match embed.embed(&texts) {
        Ok(vectors) => vectors.into_iter().map(Some).collect(),
        Err(_) => {
            texts.iter().map(|text| embed.embed(&[text]).ok().and_then(|mut vectors| vectors.pop())).collect()
        }
    };
    let Some((Some(asked), vectors)) = vectors.split_first() else {
        return;
    };
    for (&i, vector) in order.iter().zip(vectors) {
        let cosine = vector.as_ref().map(|vector| asked.iter().zip(vector).map(|(a, b)| a * b).sum());
        ranked[i].signals.cosine = cosine;
        ranked[i].score = ranked[i].signals.log_odds();
    }
}

impl Signals {
    /// The signals in the order of the weights, the cosine left out.
    pub fn values(&self) -> [f32; 6] {
        [self.covered, self.paired, self.cue, self.lexical, self.rank, self.length]
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

// Fitted by `examples/fit`; the order is that of `Signals::values`.
const WITH_COSINE_START: f32 = -11.65;
const WITH_COSINE_FACTOR: f32 = 4.15;
const WITH_COSINE: [f32; 6] = [4.00, 1.02, 0.37, 2.25, 3.34, 1.18];
const WORDS_ONLY_START: f32 = -10.45;
const WORDS_ONLY: [f32; 6] = [4.97, 1.48, 0.41, 2.46, 3.92, 0.78];
