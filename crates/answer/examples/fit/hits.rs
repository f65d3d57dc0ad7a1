//! Questions with the passages the released binary found for them, as `hits.py` writes them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use engraft_answer::Source;
use engraft_core::{CharMap, Span};
use serde_json::Value;

/// A question with what was found for it.
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) question: String,
    /// Where the answer is: a document, the words, and their place there when it is known. None: nowhere.
    gold: Vec<(String, String, Option<usize>)>,
    hits: Vec<Value>,
}

/// A set of questions over the same documents.
pub(crate) struct Hits {
    pub(crate) name: &'static str,
    texts: BTreeMap<String, String>,
    pub(crate) asked: Vec<Asked>,
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

fn number(value: &Value) -> usize {
    value.as_u64().unwrap_or_default() as usize
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Hits {
    pub(crate) fn open(folder: &Path, name: &'static str) -> Hits {
        let text =
            std::fs::read_to_string(folder.join(format!("{name}.jsonl"))).expect("hits.py wrote the file");
        let mut rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
        let first = rows.next().expect("the first line holds the texts");
        let texts = first["texts"].as_object().into_iter().flatten();
        let texts = texts.map(|(uri, text)| (uri.clone(), string(text))).collect();
        let asked = rows.map(|row| Asked {
            id: string(&row["id"]),
            question: string(&row["question"]),
            gold: (row["gold"].as_array().into_iter().flatten())
                .map(|gold| {
                    let start = gold["start"].as_u64().map(|start| start as usize);
                    (string(&gold["uri"]), string(&gold["quote"]), start)
                })
                .collect(),
            hits: row["hits"].as_array().cloned().unwrap_or_default(),
        });
        Hits { name, texts, asked: asked.collect() }
    }

    /// The best `k` passages for a question, those of the documents that answer it left out when `hidden`.
    pub(crate) fn sources(&self, asked: &Asked, k: usize, hidden: bool) -> Vec<Source<'_>> {
        let of_gold = |hit: &&Value| asked.gold.iter().any(|(uri, ..)| *uri == string(&hit["uri"]));
        let shown = asked.hits.iter().filter(|hit| !(hidden && of_gold(hit)));
        shown.take(k).map(|hit| self.source(hit)).collect()
    }

    fn source(&self, hit: &Value) -> Source<'_> {
        let uri = string(&hit["uri"]);
        let leg = |name: &str| hit["legs"][name]["score"].as_f64().map(|score| score as f32);
        let heading = string(&hit["heading"]);
        Source {
            text: Arc::new(CharMap::new(&self.texts[&uri])),
            title: hit["title"].as_str().map(str::to_string),
            heading: heading.split(" > ").filter(|part| !part.is_empty()).map(str::to_string).collect(),
            page: None,
            span: Span::new(number(&hit["char_start"]), number(&hit["char_end"])).expect("no hit is empty"),
            updated_at: String::new(),
            superseded: false,
            score: hit["score"].as_f64().unwrap_or_default() as f32,
            dense: leg("dense"),
            lexical: leg("lexical"),
            uri,
        }
    }
}

impl Asked {
    pub(crate) fn answerable(&self) -> bool {
        !self.gold.is_empty()
    }

    /// Whether these words of a document are part of what answers the question, or hold it.
    pub(crate) fn holds(&self, uri: &str, span: Span, words: &str) -> bool {
        self.gold.iter().filter(|(gold, ..)| gold == uri).any(|(_, quote, start)| match start {
            Some(start) => span.start() <= *start && start + quote.chars().count() <= span.end(),
            None => {
                let (words, quote) = (flat(words), flat(quote));
                words.contains(&quote) || words.chars().count() > 25 && quote.contains(&words)
            }
        })
    }
}
