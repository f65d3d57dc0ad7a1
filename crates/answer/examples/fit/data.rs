//! Questions whose passage is known, and a small hybrid search over the passages, for a test that needs no index.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use engraft_answer::Source;
use engraft_core::{CharMap, CountTokens, Embed, EmbedError, Span};
use engraft_nn::{Encoder, EncoderOptions, Precision, Tokenizer};
use serde_json::Value;

/// A passage of a set.
pub(crate) struct Passage {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) heading: Vec<String>,
    pub(crate) text: String,
}

/// A question, the passages that answer it, and where the answer is in the first of them when that is known.
pub(crate) struct Asked {
    pub(crate) question: String,
    pub(crate) gold: Vec<String>,
    pub(crate) answer: Option<Span>,
}

/// A set of passages and questions with their vectors.
pub(crate) struct Set {
    pub(crate) passages: Vec<Passage>,
    pub(crate) questions: Vec<Asked>,
    vectors: Vec<Vec<f32>>,
    words: Vec<BTreeMap<String, f32>>,
    holders: BTreeMap<String, f32>,
}

impl Set {
    pub(crate) fn new(passages: Vec<Passage>, questions: Vec<Asked>, embed: &dyn Embed) -> Set {
        let texts: Vec<String> = passages.iter().map(Passage::read).collect();
        let vectors =
            embed.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>()).expect("passages embed");
        let words: Vec<BTreeMap<String, f32>> = texts.iter().map(|text| counts(text)).collect();
        let mut holders = BTreeMap::new();
        words
            .iter()
            .flat_map(BTreeMap::keys)
            .for_each(|word| *holders.entry(word.clone()).or_insert(0.0) += 1.0);
        Set { passages, questions, vectors, words, holders }
    }

    /// The `k` best passages by the sum of cosine and scaled BM25, without those in `hidden`.
    pub(crate) fn search(
        &self,
        question: &str,
        k: usize,
        hidden: &[String],
        embed: &dyn Embed,
    ) -> Vec<Source<'_>> {
        let vector = embed.embed(&[question]).expect("a question embeds").remove(0);
        let asked: BTreeSet<String> = counts(question).into_keys().collect();
        let shown = (0..self.passages.len()).filter(|&i| !hidden.contains(&self.passages[i].id));
        let mut found: Vec<(f32, f32, usize)> =
            shown.map(|i| (dot(&vector, &self.vectors[i]), self.bm25(&asked, i), i)).collect();
        let best = found.iter().map(|found| found.1).fold(1e-6, f32::max);
        found.sort_by(|a, b| (b.0 + b.1 / best).total_cmp(&(a.0 + a.1 / best)).then(a.2.cmp(&b.2)));
        found.truncate(k);
        found
            .into_iter()
            .map(|(dense, lexical, i)| self.source(i, dense, lexical, dense + lexical / best))
            .collect()
    }

    fn source(&self, i: usize, dense: f32, lexical: f32, score: f32) -> Source<'_> {
        let passage = &self.passages[i];
        Source {
            uri: passage.id.clone(),
            title: passage.title.clone(),
            heading: passage.heading.clone(),
            page: None,
            text: Arc::new(CharMap::new(&passage.text)),
            span: Span::new(0, passage.text.chars().count()).expect("no passage is empty"),
            updated_at: String::new(),
            superseded: false,
            score,
            dense: Some(dense),
            lexical: Some(lexical).filter(|score| *score > 0.0),
        }
    }

    fn bm25(&self, asked: &BTreeSet<String>, i: usize) -> f32 {
        let length: f32 = self.words[i].values().sum();
        asked
            .iter()
            .filter_map(|word| self.words[i].get_key_value(word))
            .map(|(word, count)| {
                let holders = self.holders[word];
                let rarity = (1.0 + (self.passages.len() as f32 - holders + 0.5) / (holders + 0.5)).ln();
                rarity * count * 1.9 / (count + 0.9 * (0.6 + 0.4 * length / 120.0))
            })
            .sum()
    }
}

impl Passage {
    fn read(&self) -> String {
        let above: Vec<&str> = self.title.iter().chain(&self.heading).map(String::as_str).collect();
        format!("{}\n{}", above.join(" > "), self.text)
    }
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn counts(text: &str) -> BTreeMap<String, f32> {
    let mut counts = BTreeMap::new();
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word.trim_end_matches('s').to_string()).or_insert(0.0) += 1.0;
    }
    counts
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn string(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_string()
}

/// XQuAD in English: 120 passages, 612 questions, answers as exact spans.
pub(crate) fn xquad(folder: &Path, embed: &dyn Embed) -> Set {
    let rows = lines(&folder.join("en.passages.jsonl"));
    let passages = rows.iter().map(|row| Passage {
        id: string(row, "_id"),
        title: Some(string(row, "title").replace('_', " ")),
        heading: Vec::new(),
        text: string(row, "text"),
    });
    let questions = lines(&folder.join("en.questions.jsonl"))
        .iter()
        .map(|row| {
            let start = row["start"].as_u64().unwrap_or_default() as usize;
            Asked {
                question: string(row, "text"),
                gold: vec![string(row, "passage")],
                answer: Span::new(start, start + string(row, "answer").chars().count()),
            }
        })
        .collect();
    Set::new(passages.collect(), questions, embed)
}

/// The reference encoder, rounded as for answers; every text is encoded once and, being for measuring only, cut at the window.
pub(crate) struct Cached {
    encoder: Encoder,
    tokenizer: Tokenizer,
    vectors: Mutex<BTreeMap<String, Vec<f32>>>,
}

impl Cached {
    pub(crate) fn open(model: &Path) -> Cached {
        Cached {
            encoder: Encoder::open(
                model,
                EncoderOptions { threads: 2, precision: Precision::Int8, ..EncoderOptions::default() },
            )
            .expect("the model opens"),
            tokenizer: Tokenizer::open(model).expect("the tokenizer opens"),
            vectors: Mutex::default(),
        }
    }
}

impl CountTokens for Cached {
    fn count(&self, text: &str) -> usize {
        self.tokenizer.count(text)
    }
}

impl Embed for Cached {
    fn name(&self) -> &str {
        "all-MiniLM-L6-v2"
    }
    fn dim(&self) -> usize {
        384
    }
    fn window(&self) -> usize {
        256
    }
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut known = self.vectors.lock().expect("no thread panicked");
        let new: BTreeSet<&str> = texts.iter().copied().filter(|text| !known.contains_key(*text)).collect();
        let ids = new.iter().map(|text| {
            let mut ids = Vec::new();
            self.tokenizer.encode(text, &mut ids);
            if ids.len() > 256 {
                let last = ids[ids.len() - 1];
                ids.truncate(255);
                ids.push(last);
            }
            ids
        });
        let ids: Vec<Vec<u32>> = ids.collect();
        let failed = |error: engraft_nn::ModelError| EmbedError::Engine {
            model: self.name().into(),
            message: error.to_string(),
        };
        let vectors = self.encoder.encode_ids(&ids).map_err(failed)?;
        known.extend(new.into_iter().map(str::to_string).zip(vectors));
        Ok(texts.iter().map(|text| known[*text].clone()).collect())
    }
}
