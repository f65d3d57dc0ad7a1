//! Questions whose passage is known, from three public sets, and a small hybrid search over each set's passages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use engraft_answer::Source;
use engraft_core::{CountTokens, Embed, EmbedError, Span};
use engraft_nn::{Encoder, EncoderOptions, Tokenizer};
use serde_json::Value;

/// A passage of a set.
pub(crate) struct Passage {
    pub(crate) id: String,
    /// Passages of one group are held out together.
    pub(crate) group: String,
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
    pub(crate) name: &'static str,
    pub(crate) passages: Vec<Passage>,
    pub(crate) questions: Vec<Asked>,
    vectors: Vec<Vec<f32>>,
    words: Vec<BTreeMap<String, f32>>,
    holders: BTreeMap<String, f32>,
}

impl Set {
    pub(crate) fn new(
        name: &'static str,
        passages: Vec<Passage>,
        questions: Vec<Asked>,
        embed: &dyn Embed,
    ) -> Set {
        let texts: Vec<String> = passages.iter().map(Passage::read).collect();
        let vectors =
            embed.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>()).expect("passages embed");
        let words: Vec<BTreeMap<String, f32>> = texts.iter().map(|text| counts(text)).collect();
        let mut holders = BTreeMap::new();
        words
            .iter()
            .flat_map(BTreeMap::keys)
            .for_each(|word| *holders.entry(word.clone()).or_insert(0.0) += 1.0);
        Set { name, passages, questions, vectors, words, holders }
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
            text: &passage.text,
            span: Span::new(0, passage.text.chars().count()).expect("no passage is empty"),
            updated_at: String::new(),
            superseded: false,
            score,
            dense: Some(dense),
            lexical: (lexical > 0.0).then_some(lexical),
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

    /// The group that holds a question: that of its passage.
    pub(crate) fn group_of(&self, asked: &Asked) -> &str {
        let passage = self.passages.iter().find(|passage| asked.gold.contains(&passage.id));
        passage.map_or("", |passage| &passage.group)
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
        group: string(row, "title"),
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
    Set::new("xquad", passages.collect(), questions, embed)
}

/// PubMedQA: 500 questions, each answered by the sections of its own abstract.
pub(crate) fn pubmedqa(folder: &Path, embed: &dyn Embed) -> Set {
    let (mut passages, mut questions) = (Vec::new(), Vec::new());
    for row in lines(&folder.join("pubmedqa.jsonl")) {
        let id = string(&row, "_id");
        let mut gold = Vec::new();
        for (i, section) in row["contexts"].as_array().into_iter().flatten().enumerate() {
            let passage = format!("{id}-{i}");
            gold.push(passage.clone());
            let heading = vec![string(section, "section")];
            passages.push(Passage {
                id: passage,
                group: id.clone(),
                title: None,
                heading,
                text: string(section, "text"),
            });
        }
        questions.push(Asked { question: string(&row, "question"), gold, answer: None });
    }
    passages.retain(|passage| !passage.text.trim().is_empty());
    Set::new("pubmedqa", passages, questions, embed)
}

/// A staff handbook: pages cut at headings, and questions that were headings, which are blanked.
pub(crate) fn handbook(folder: &Path, embed: &dyn Embed) -> Set {
    let faq = lines(&folder.join("faq.jsonl"));
    let (mut passages, mut questions) = (Vec::new(), Vec::new());
    let mut by_file: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
    for (i, row) in faq.iter().enumerate() {
        by_file
            .entry(string(row, "file"))
            .or_default()
            .push((row["line"].as_u64().unwrap_or_default() as usize, i));
        questions.push(Asked { question: string(row, "question"), gold: Vec::new(), answer: None });
    }
    let mut files = Vec::new();
    let mut open = vec![folder.join("t1")];
    while let Some(path) = open.pop() {
        match std::fs::read_dir(&path) {
            Ok(entries) => open.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => files.push(path),
        }
    }
    files.sort();
    for file in files {
        let name = file.strip_prefix(folder.join("t1")).unwrap_or(&file).to_string_lossy().into_owned();
        let asked = by_file
            .iter()
            .find(|(key, _)| key.ends_with(&name) || name.ends_with(key.as_str()))
            .map(|(_, rows)| rows.clone());
        page(
            &name,
            &std::fs::read_to_string(&file).unwrap_or_default(),
            &asked.unwrap_or_default(),
            &mut passages,
            &mut questions,
        );
    }
    questions.retain(|asked| !asked.gold.is_empty());
    Set::new("handbook", passages, questions, embed)
}

/// Adds one page's passages of at most 150 words, and notes which answer a blanked question.
fn page(
    name: &str,
    text: &str,
    asked: &[(usize, usize)],
    passages: &mut Vec<Passage>,
    questions: &mut [Asked],
) {
    let title = text
        .lines()
        .find_map(|line| line.strip_prefix("title: "))
        .unwrap_or(name)
        .trim_matches(['"', '\''])
        .to_string();
    let mut path: Vec<(usize, String, Option<usize>)> = Vec::new();
    let mut body = String::new();
    let mut close =
        |body: &mut String, path: &[(usize, String, Option<usize>)], passages: &mut Vec<Passage>| {
            let text = std::mem::take(body).trim().to_string();
            if text.chars().filter(|c| c.is_alphabetic()).count() < 20 {
                return;
            }
            let id = format!("{name}#{}", passages.len());
            path.iter()
                .filter_map(|(_, _, question)| *question)
                .for_each(|question| questions[question].gold.push(id.clone()));
            let heading = path
                .iter()
                .map(|(_, heading, _)| heading.clone())
                .filter(|heading| !heading.is_empty())
                .collect();
            passages.push(Passage { id, group: name.to_string(), title: Some(title.clone()), heading, text });
        };
    for (number, line) in text.lines().enumerate() {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&level) && line[level..].starts_with(' ') {
            close(&mut body, &path, passages);
            path.retain(|(above, _, _)| *above < level);
            let question = asked.iter().find(|(line, _)| *line == number + 1).map(|(_, question)| *question);
            let words = if question.is_some() { String::new() } else { line[level..].trim().to_string() };
            path.push((level, words, question));
            continue;
        }
        if body.split_whitespace().count() + line.split_whitespace().count() > 150 {
            close(&mut body, &path, passages);
        }
        body.push_str(line.get(..900).unwrap_or(line));
        body.push('\n');
    }
    close(&mut body, &path, passages);
}

/// The reference encoder; every text is encoded once and, being for measuring only, cut at the window.
pub(crate) struct Cached {
    encoder: Encoder,
    tokenizer: Tokenizer,
    vectors: Mutex<BTreeMap<String, Vec<f32>>>,
}

impl Cached {
    pub(crate) fn open(model: &Path) -> Cached {
        Cached {
            encoder: Encoder::open(model, EncoderOptions { threads: 2, ..EncoderOptions::default() })
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
